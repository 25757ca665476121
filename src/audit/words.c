/* SPDX-License-Identifier: Apache-2.0 */
#include "words.h"

#include "json.h"

#define PART_MAX 32
#define DEPTH_MAX 64

static const char *const forbidden[] = {
#define WORD(beginning) beginning,
#include "words.def"
#undef WORD
};

static bool is_upper(char c)
{
    return c >= 'A' && c <= 'Z';
}

static bool is_letter(char c)
{
    return is_upper(c) || (c >= 'a' && c <= 'z');
}

static bool begins_forbidden(const char *word, size_t length)
{
    for (size_t f = 0; f < sizeof forbidden / sizeof *forbidden; f++)
        if (slice_starts_with(slice_of(word, length), slice_from_string(forbidden[f])))
            return true;
    return false;
}

bool word_is_forbidden(struct slice name)
{
    char word[PART_MAX];
    size_t length = 0;

    for (size_t i = 0; i <= name.length; i++) {
        char c = i < name.length ? name.data[i] : ' ';
        bool begins = is_upper(c) && i > 0 && !is_upper(name.data[i - 1]);
        if (!is_letter(c) || begins) {
            if (begins_forbidden(word, length))
                return true;
            length = 0;
        }
        if (is_letter(c) && length < sizeof word)
            word[length++] = (char)(c | 0x20);
    }
    return false;
}

static bool names_code(struct slice name)
{
    return slice_is(name, "url") || slice_is(name, "system") || slice_is(name, "code");
}

static bool value_forbidden(yyjson_val *value, unsigned depth)
{
    if (depth > DEPTH_MAX)
        return true; /* nothing that is stored is so deep */
    for (struct json_items i = json_items(value); json_next(&i);) {
        struct slice name = json_text(i.name);
        if (word_is_forbidden(name) || (names_code(name) && word_is_forbidden(json_text(i.value))) ||
            value_forbidden(i.value, depth + 1))
            return true;
    }
    return false;
}

bool word_in_json(struct slice text)
{
    CLEANUP_JSON yyjson_doc *doc = json_read(text);

    return doc && value_forbidden(yyjson_doc_get_root(doc), 0);
}
