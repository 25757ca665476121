/* SPDX-License-Identifier: Apache-2.0 */
#include "smt_text.h"

#include <string.h>

static bool is_plain(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           (c != '\0' && strchr(".-_@+", c) != NULL);
}

struct slice smt_symbol(struct arena *arena, struct slice name)
{
    CLEANUP_BUFFER struct buffer symbol = buffer_new(3 * name.length + 1);

    for (size_t i = 0; i < name.length; i++) {
        if (is_plain(name.data[i]))
            buffer_byte(&symbol, (uint8_t)name.data[i]);
        else
            buffer_format(&symbol, "%%%02X", (unsigned char)name.data[i]);
    }
    return arena_copy(arena, buffer_view(&symbol));
}

void smt_comment(struct smt *smt, struct slice words)
{
    for (size_t i = 0; i < words.length; i++) {
        unsigned char c = (unsigned char)words.data[i];
        buffer_byte(smt->into, c >= 0x20 && c < 0x7f ? c : '?');
    }
}

/* SMT-LIB has no negative literals. */
void smt_number(struct smt *smt, int64_t number)
{
    if (number < 0)
        buffer_format(smt->into, "(- %llu)", -(unsigned long long)number);
    else
        buffer_format(smt->into, "%lld", (long long)number);
}

int smt_place_in(const char *const *words, struct slice word)
{
    for (int i = 0; words[i]; i++)
        if (slice_is(word, words[i]))
            return i;
    return -1;
}
