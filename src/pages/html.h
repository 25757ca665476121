/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* Writes HTML so that no untrusted text can become markup. There are two types: `struct markup` can be made only from a
 * string literal of ours, and `struct slice` is always escaped. No function takes a slice and writes it raw.
 *
 * Text of others is also cleaned: characters that turn the direction of what follows (a name that rewrites the line it
 * stands in) and control characters are dropped, and what is not UTF-8 becomes U+FFFD. Joiners, which Persian and Indic
 * names need, stay.
 *
 * A page is written in one pass into a bounded buffer; what does not fit sets buffer->failed. One thread at a time. */

#include "base/buffer.h"
#include "language.h"

/* Ours, from a literal. Never make one by hand. */
struct markup {
    const char *data;
    size_t length;
};

#define MARKUP(literal) ((struct markup){"" literal, sizeof(literal) - 1})

struct html {
    struct buffer *out;     /* borrowed */
    enum language language; /* of the messages written through it */
};

void html_markup(struct html *html, struct markup markup);

/* Escaped for an element's content and for a quoted attribute alike. */
void html_text(struct html *html, struct slice text);
void html_string(struct html *html, const char *string);

/* Text of others inside a line of ours: <bdi> keeps its direction from reordering what stands around it. */
void html_isolated(struct html *html, struct slice text);

/* A decimal number. */
void html_number(struct html *html, int64_t number);

/* ` name="value"`. */
void html_attribute(struct html *html, struct markup name, struct slice value);

/* ` href="…"` or ` action="…"`: a path of this site ("/…" but not "//…") or an https address. Anything else,
 * javascript: above all, becomes "/". */
void html_address(struct html *html, struct markup name, struct slice address);

/* ` href="tel:…"`: digits and a leading plus only. */
void html_telephone(struct html *html, struct slice number);

/* ` lang="…" dir="…"` of this writer's language. */
void html_direction(struct html *html);
