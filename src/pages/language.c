/* SPDX-License-Identifier: Apache-2.0 */
#include "language.h"

/* English: one for 1. */
static enum plural plural_english(uint64_t n)
{
    return n == 1 ? PLURAL_ONE : PLURAL_OTHER;
}

/* French: one for 0 and 1; many for whole millions, which take "de" before the noun. */
static enum plural plural_french(uint64_t n)
{
    if (n <= 1)
        return PLURAL_ONE;
    return n % 1000000 == 0 ? PLURAL_MANY : PLURAL_OTHER;
}

/* Arabic: all six. */
static enum plural plural_arabic(uint64_t n)
{
    uint64_t hundredth = n % 100;

    if (n <= 2)
        return n == 0 ? PLURAL_ZERO : n == 1 ? PLURAL_ONE : PLURAL_TWO;
    if (hundredth >= 3 && hundredth <= 10)
        return PLURAL_FEW;
    return hundredth >= 11 ? PLURAL_MANY : PLURAL_OTHER;
}

static const struct {
    const char *tag;
    const char *direction;
    const char *own_name;
    enum plural (*plural)(uint64_t number);
} LANGUAGES[LANGUAGE_COUNT] = {
#define LANGUAGE(name, tag, direction, own_name, plural) {tag, direction, own_name, plural},
#include "languages.def"
#undef LANGUAGE
};

const char *language_tag(enum language language)
{
    return LANGUAGES[language].tag;
}

const char *language_direction(enum language language)
{
    return LANGUAGES[language].direction;
}

const char *language_own_name(enum language language)
{
    return LANGUAGES[language].own_name;
}

enum plural language_plural(enum language language, uint64_t number)
{
    return LANGUAGES[language].plural(number);
}

bool language_from_tag(struct slice tag, enum language *ret_language)
{
    for (size_t i = 0; i < LANGUAGE_COUNT; i++)
        if (slice_is(tag, LANGUAGES[i].tag)) {
            *ret_language = (enum language)i;
            return true;
        }
    return false;
}

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

/* "fr", "FR-be" and "fr-Latn-BE" all ask for French. */
static bool language_from_range(struct slice range, enum language *ret_language)
{
    char primary[8];
    struct slice subtag = slice_cut(&range, '-');

    if (subtag.length == 0 || subtag.length > sizeof primary)
        return false;
    for (size_t i = 0; i < subtag.length; i++)
        primary[i] = lower(subtag.data[i]);
    return language_from_tag(slice_of(primary, subtag.length), ret_language);
}

static struct slice trim(struct slice text)
{
    while (text.length && (text.data[0] == ' ' || text.data[0] == '\t'))
        text = slice_from(text, 1);
    while (text.length && (text.data[text.length - 1] == ' ' || text.data[text.length - 1] == '\t'))
        text.length--;
    return text;
}

/* A weight in thousandths: qvalue of RFC 9110, 12.4.2: "0", "1", and at most three digits behind a point. */
static bool read_weight(struct slice text, unsigned *ret_weight)
{
    if (text.length == 0 || text.length > 5 || (text.data[0] != '0' && text.data[0] != '1'))
        return false;
    if (text.length > 1 && text.data[1] != '.')
        return false;

    unsigned weight = text.data[0] == '1' ? 1000 : 0, place = 100;
    for (size_t i = 2; i < text.length; i++, place /= 10) {
        if (text.data[i] < '0' || text.data[i] > '9')
            return false;
        weight += (unsigned)(text.data[i] - '0') * place;
    }
    if (weight > 1000)
        return false;
    *ret_weight = weight;
    return true;
}

/* One element, "fr-BE;q=0.8". Without a weight it counts as 1. */
static bool read_preference(struct slice element, enum language *ret_language, unsigned *ret_weight)
{
    struct slice rest = element;
    struct slice range = trim(slice_cut(&rest, ';'));
    struct slice weight = trim(rest);

    *ret_weight = 1000;
    if (range.length != trim(element).length) {
        if (weight.length < 2 || lower(weight.data[0]) != 'q' || weight.data[1] != '=')
            return false;
        if (!read_weight(slice_from(weight, 2), ret_weight))
            return false;
    }
    return language_from_range(range, ret_language);
}

static enum language best_preference(struct slice header, enum language otherwise)
{
    enum language best = otherwise, language;
    unsigned best_weight = 0, weight;

    if (header.length > LANGUAGE_HEADER_MAX)
        return otherwise;
    while (header.length) {
        if (read_preference(slice_cut(&header, ','), &language, &weight) && weight > best_weight) {
            best = language;
            best_weight = weight;
        }
    }
    return best;
}

enum language language_choose(struct slice parameter, struct slice cookie, struct slice accept_language)
{
    enum language language;

    if (language_from_tag(parameter, &language) || language_from_tag(cookie, &language))
        return language;
    return best_preference(accept_language, (enum language)0);
}
