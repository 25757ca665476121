/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* What stands around the content of every page: head, language switch, the way out, and at the foot the promise and
 * whom to call. Private to this layer. */

#include "message.h"
#include "page.h"

/* Everything up to <main>. `layout` is a class of the style sheet for <body>. */
struct html shell_begin(struct buffer *out, const struct page *page, enum message_id title, struct markup layout);

/* Everything from </main> on. The result is the page function's own. */
MUST_CHECK enum error shell_end(struct html *html, const struct page *page);

/* <p> with the name and the telephone number; nothing when there is no name. */
void shell_contact(struct html *html, const struct page_contact *contact);
