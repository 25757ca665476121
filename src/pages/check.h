/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* Parts of the page that checks on the phone. Private to this layer. */

#include "check_page.h"
#include "html.h"

/* Fields for what the rules of the place ask beyond the care form: in a message's words where there is one, else in the
 * rule's own. */
void check_write_facts(struct html *html, const struct rule_fact *fact, size_t facts);

/* All that the script can show, as templates: words, and the shapes of the answer and of a proof. */
void check_write_templates(struct html *html, const struct page *page);
