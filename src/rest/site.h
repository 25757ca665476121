/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* The pages on their way out: what the handlers share. */

#include "app.h"
#include "pages/care_pages.h"
#include "pages/headers.h"
#include "published.h"

/* The page for an error, in the reader's language. */
void site_reply_error(struct call *call, enum error error);

/* What is the same for all pages of this node, and one page of it in the reader's language. */
struct page_site site_of(const struct call *call);
struct page site_page(struct call *call, const struct page_site *site, const char *path);

/* Sends what a page function wrote, or the plainest of errors where `error` says that it failed. Takes the buffer
 * over. */
void site_finish(struct call *call, enum error error, int status, struct buffer *page, enum page_kind kind);

/* Sends bytes that are the same for everybody. `gzip` may be empty; `tag` may be empty, else whoever has them already
 * is told so. */
struct site_file {
    struct slice media_type, plain, gzip, tag;
};
void site_send_file(struct call *call, const struct site_file *file, enum page_kind kind);

/* What stands above the questions of care; lives in the call's arena. */
struct care_notice site_notice(struct call *call);

/* A file of published.h, and whether this node can offer the check on the phone at all. */
void site_send_published(struct call *call, const struct published_file *file, bool versioned);
bool site_check_offered(const struct call *call);
