/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* The words of the rules' answers as a table. Private to this layer: the answer's page reads them, the page that checks
 * on the phone carries them all. Constant; any thread. */

#include "care_pages.h"
#include "message.h"

struct care_word {
    const char *word;
    enum message_id label;
};

struct care_word_list {
    const char *prefix; /* "entitlement.", as in the message ids */
    const struct care_word *word;
    unsigned count;
};

enum care_list {
#define WORDS(list, tag) CARE_LIST_##list,
#define WORD(list, name, word)
#define WORDS_END(list)
#include "care_words.def"
#undef WORDS
#undef WORD
#undef WORDS_END
    CARE_LIST_COUNT
};

extern const struct care_word_list care_word_table[CARE_LIST_COUNT];

/* What a person reads for the word; `number` is of the list's enum (CARE_CHARGE_FREE …). */
enum message_id care_word_label(enum care_list list, unsigned number);
