/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* What the tests of pages, and the program that renders them for browsers, show: an invented node and its visitors. */

#include "pages/access_page.h"
#include "pages/check_page.h"

extern const struct page_site SAMPLE_SITE; /* the desk speaks French */

struct page sample_page(enum language language, const char *path);

/* A woman without papers with a feverish child: must be seen now. */
struct care_answer sample_answer(void);

/* A warning in English, and one of an enemy. */
extern const struct care_notice SAMPLE_NOTICE;

/* The check on the phone, as a node serves it whose rules ask four things more: with and without messages, a number, a
 * day. */
struct check_page sample_check(void);

/* Six looks, one of each kind, with text of an enemy in the last. */
extern const struct access_entry SAMPLE_LOOKS[8];
struct access_list sample_looks(void);

/* Writes a name with markup, quotes and direction overrides. */
extern const char ENEMY[];
