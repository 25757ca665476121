/* SPDX-License-Identifier: Apache-2.0 */

/* Any bytes as the .dmn of a pack: whatever names and cells it has, each text for the solver has balanced parentheses,
 * closed symbols and one claim, and no word of it stands outside of symbols but those of the language. */

#include <stdlib.h>
#include <string.h>

#include "rules/prove/smt.h"

#define INPUT_MAX (64 << 10)

static const char PACK[] =
    "{\"format\":\"hospitium-pack/1\",\"id\":\"p\",\"version\":\"1\",\"valid_from\":\"2026-01-01\","
    "\"known\":[],\"sources\":{},\"rows\":{}}";

static void require(bool condition)
{
    if (!condition)
        abort();
}

static bool is_word(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           (c != '\0' && strchr(" \n-_:<>=", c) != NULL);
}

static void check_text(struct slice text)
{
    long depth = 0;
    bool symbol = false, comment = false;

    for (size_t i = 0; i < text.length; i++) {
        char c = text.data[i];
        require(c == '\n' || (c >= 0x20 && c < 0x7f));
        if (comment) {
            comment = c != '\n';
        } else if (c == '|') {
            symbol = !symbol;
        } else if (symbol) {
            require(c != '\n' && c != '\\' && c != ';');
        } else if (c == ';') {
            comment = true;
        } else {
            depth += (c == '(') - (c == ')');
            require(depth >= 0 && (c == '(' || c == ')' || is_word(c)));
        }
    }
    require(depth == 0 && !symbol && !comment && slice_ends_with(text, SLICE("\n(check-sat)\n")));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t length);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t length)
{
    CLEANUP_ARENA struct arena *arena = arena_new((size_t)256 << 20);
    struct smt_claim claim[SMT_CLAIMS_MAX];
    struct smt_source source;
    struct smt_text text;

    if (length > INPUT_MAX ||
        smt_source_read(arena, slice_of(data, length), slice_from_string(PACK), &source, NULL) != OK)
        return 0;
    size_t count = smt_claims(&source, NULL, claim);
    for (size_t i = 0; i < count; i++)
        if (smt_write(arena, &source, NULL, &claim[i], SMT_EVERY_DAY, &text, NULL) == OK)
            check_text(text.text);
    return 0;
}
