/* SPDX-License-Identifier: Apache-2.0 */
#include "blocking.h"

#include "birth.h"

/* Of longer names the first ones: fifteen pairs. */
#define WORDS_MAX 6

_Static_assert(1 + IDENTITY_NAMES_MAX * (WORDS_MAX + WORDS_MAX * (WORDS_MAX - 1) / 2) <= IDENTITY_TERMS_MAX,
               "every term has room");

static bool has_term(const struct identity_terms *terms, struct slice text)
{
    for (size_t i = 0; i < terms->count; i++)
        if (slice_equal(terms->term[i].text, text))
            return true;
    return false;
}

/* `text` was formatted into the arena, so NULL means that it is full. */
static enum error add(struct identity_terms *terms, struct slice text)
{
    if (!text.data)
        return ERROR_MEMORY;
    if (!has_term(terms, text))
        terms->term[terms->count++] = (struct personal){text};
    return OK;
}

static enum error add_pair(struct identity_terms *terms, struct arena *arena, const char *a, const char *b)
{
    bool in_order = strcmp(a, b) <= 0;

    return add(terms, arena_format(arena, "names|%s|%s", in_order ? a : b, in_order ? b : a));
}

static enum error add_name(struct identity_terms *terms, struct arena *arena, const struct identity_person *person,
                           const struct identity_name *name)
{
    const struct identity_token *word[IDENTITY_TOKENS_MAX];
    struct identity_skeleton skeleton[WORDS_MAX];
    size_t words = identity_name_words(name, word);

    for (size_t i = 0; i < words && i < WORDS_MAX; i++) {
        skeleton[i] = identity_token_skeleton(word[i]);
        if (person->has_birth)
            TRY(add(terms, arena_format(arena, "name|%s|%d", skeleton[i].letter, person->birth.year)));
        for (size_t j = 0; j < i; j++)
            TRY(add_pair(terms, arena, skeleton[j].letter, skeleton[i].letter));
    }
    return OK;
}

static enum error add_birth(struct identity_terms *terms, struct arena *arena, const struct identity_person *person)
{
    const struct date *birth = &person->birth;
    bool in_order = birth->month <= birth->day;

    if (!person->has_birth || birth->precision < DATE_DAY || birth_is_placeholder(person))
        return OK;
    return add(terms, arena_format(arena, "born|%d|%d|%d", birth->year, in_order ? birth->month : birth->day,
                                   in_order ? birth->day : birth->month));
}

enum error identity_blocking_terms(const struct identity_person *person, struct arena *arena,
                                   struct identity_terms *ret_terms)
{
    struct identity_terms terms = {.count = 0};

    TRY(add_birth(&terms, arena, person));
    for (size_t i = 0; i < person->names; i++)
        TRY(add_name(&terms, arena, person, &person->name[i]));
    *ret_terms = terms;
    return OK;
}
