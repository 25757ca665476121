/* SPDX-License-Identifier: Apache-2.0 */

/* Whatever is parsed and written again means the same; dates and decimals in it are read or refused. */

#include <stdlib.h>

#include "text/date.h"
#include "text/decimal.h"
#include "text/fold.h"
#include "text/json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void read_leaf(const struct json *value)
{
    CLEANUP_BUFFER struct buffer folded = buffer_new(1u << 20);
    struct decimal decimal;
    struct date date;

    fold(json_text(value), &folded);
    if (decimal_parse(json_text(value), &decimal) == OK &&
        decimal_compare(decimal_lower(decimal), decimal_upper(decimal)) >= 0)
        abort();
    if (date_parse_search(json_text(value), &date) == OK && date_interval(date).from >= date_interval(date).to)
        abort();
}

static void read_leaves(const struct json *value)
{
    if (json_kind(value) == JSON_STRING || json_kind(value) == JSON_NUMBER)
        read_leaf(value);
    for (struct json_items items = json_items(value); json_next(&items);)
        read_leaves(items.value);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    CLEANUP_ARENA struct arena *arena = arena_new(16u << 20);
    CLEANUP_BUFFER struct buffer text = buffer_new(8u << 20);
    const struct json *once, *twice;

    if (!arena || json_parse(arena, slice_of(data, size), &once, NULL) != OK)
        return 0;
    json_write(&text, once);
    if (buffer_check(&text) != OK || json_parse(arena, buffer_view(&text), &twice, NULL) != OK || !json_equal(once, twice))
        abort();
    read_leaves(once);
    return 0;
}
