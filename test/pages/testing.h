/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* Before every test of pages: cmocka, and looking into what was written. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "pages/message_table.h"
#include "samples.h"

#include <stdio.h>

static inline bool contains(const struct buffer *page, const char *text)
{
    return slice_search(buffer_view(page), slice_from_string(text)) != SIZE_MAX;
}

/* The text of a message that has one form and no arguments. */
static inline const char *message_string(enum language language, enum message_id id)
{
    return message_table[id].text[language][PLURAL_OTHER];
}

static inline bool says(const struct buffer *page, enum language language, enum message_id id)
{
    return contains(page, message_string(language, id));
}
