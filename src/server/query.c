/* SPDX-License-Identifier: Apache-2.0 */
#include "percent.h"
#include "server/http.h"
#include "text/utf8.h"

static enum error decode(struct arena *arena, struct slice raw, struct slice *ret_text)
{
    size_t length;
    char *into = arena_alloc(arena, raw.length + 1);

    if (!into)
        return ERROR_MEMORY;
    if (!percent_is_query(raw) || !percent_decode(raw, true, into, &length))
        return ERROR_SYNTAX;
    struct slice text = slice_of(into, length);
    if (!percent_is_text(text, true))
        return ERROR_SYNTAX;
    if (!utf8_valid(text))
        return ERROR_UTF8;
    *ret_text = text;
    return OK;
}

enum error http_query_next(struct slice *rest, struct arena *arena, struct slice *ret_name, struct slice *ret_value)
{
    struct slice name, value, pair = {0};

    while (rest->length > 0 && pair.length == 0)
        pair = slice_cut(rest, '&');
    if (pair.length == 0) {
        *ret_name = *ret_value = slice_of(NULL, 0);
        return OK;
    }
    struct slice raw_name = slice_cut(&pair, '=');
    TRY(decode(arena, raw_name, &name));
    TRY(decode(arena, pair, &value));
    *ret_name = name;
    *ret_value = value;
    return OK;
}
