/* SPDX-License-Identifier: Apache-2.0 */

/* Four lines as flags, pattern, replacement and text: refused or carried out in bounded time, and what comes out is text.
 * No error but those that pattern.h names, so nothing that ICU refuses gets through the translation by chance. */

#include <stdlib.h>

#include "rules/feel/pattern.h"
#include "text/utf8.h"

#define INPUT_MAX 4096

static void require(bool condition)
{
    if (!condition)
        abort();
}

static bool expected(enum error error)
{
    return error == OK || error == ERROR_VALUE || error == ERROR_TOO_COSTLY || error == ERROR_MEMORY;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t length);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t length)
{
    CLEANUP_ARENA struct arena *arena = arena_new(16 << 20);
    struct slice text = slice_of(data, length), flags = slice_cut(&text, '\n'), pattern = slice_cut(&text, '\n'),
                 replacement = slice_cut(&text, '\n'), result = {0}, *pieces = NULL;
    size_t count = 0, sum = 0;
    bool matches = false;

    if (length > INPUT_MAX)
        return 0;
    enum error error = pattern_matches(arena, text, pattern, flags, &matches);
    require(expected(error));
    enum error replaced = pattern_replace(arena, text, pattern, replacement, flags, &result);
    require(expected(replaced) && utf8_valid(result));
    if (error == OK && replaced == OK && !matches)
        require(slice_equal(result, text));
    enum error split = pattern_split(arena, text, pattern, &pieces, &count);
    require(expected(split));
    for (size_t i = 0; i < count; i++) {
        require(utf8_valid(pieces[i]));
        sum += pieces[i].length;
    }
    require(sum <= text.length);
    if (pattern_upper(arena, text, &result) == OK)
        require(utf8_valid(result));
    return 0;
}
