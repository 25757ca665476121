/* SPDX-License-Identifier: Apache-2.0 */
#include "care_words.h"

#include <strings.h>

#define WORDS(list, tag) static const struct care_word list##_WORDS[] = {
#define WORD(list, name, word) {word, MESSAGE_##list##_##name},
#define WORDS_END(list)                                                                                                \
    }                                                                                                                  \
    ;
#include "care_words.def"
#undef WORDS
#undef WORD
#undef WORDS_END

const struct care_word_list care_word_table[CARE_LIST_COUNT] = {
    [CARE_LIST_ENTITLEMENT] = {"entitlement.", ENTITLEMENT_WORDS, CARE_ENTITLEMENT_COUNT},
    [CARE_LIST_CHARGE] = {"charge.", CHARGE_WORDS, CARE_CHARGE_COUNT},
    [CARE_LIST_PAPER] = {"paper.", PAPER_WORDS, CARE_PAPER_COUNT},
    [CARE_LIST_HELPER] = {"helper.", HELPER_WORDS, CARE_HELPER_COUNT},
};

enum message_id care_word_label(enum care_list list, unsigned number)
{
    return care_word_table[list].word[number].label;
}

/* The index of the word, in either case; the list's count when it is not there. */
static unsigned find(enum care_list list, struct slice word)
{
    const struct care_word_list *known = &care_word_table[list];

    for (unsigned i = 0; i < known->count; i++)
        if (strlen(known->word[i].word) == word.length && strncasecmp(known->word[i].word, word.data, word.length) == 0)
            return i;
    return known->count;
}

#define WORDS(list, tag)                                                                                               \
    bool care_##tag##_read(struct slice word, enum care_##tag *ret_value)                                              \
    {                                                                                                                  \
        unsigned found = find(CARE_LIST_##list, word);                                                                 \
        if (found < CARE_##list##_COUNT)                                                                               \
            *ret_value = (enum care_##tag)found;                                                                       \
        return found < CARE_##list##_COUNT;                                                                            \
    }
#define WORD(list, name, word)
#define WORDS_END(list)
#include "care_words.def"
#undef WORDS
#undef WORD
#undef WORDS_END
