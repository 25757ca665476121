/* SPDX-License-Identifier: Apache-2.0 */
#include "vocabulary.h"

struct word {
    enum vocabulary_list list;
    unsigned number;
    const char *word;
};

enum {
    LIST_sector = VOCABULARY_SECTOR,
    LIST_role = VOCABULARY_ROLE,
    LIST_purpose = VOCABULARY_PURPOSE,
    LIST_training = VOCABULARY_TRAINING,
    LIST_action = VOCABULARY_ACTION,
    LIST_relation = VOCABULARY_RELATION,
    LIST_consent = VOCABULARY_CONSENT,
    LIST_break_glass = VOCABULARY_BREAK_GLASS,
    LIST_order = VOCABULARY_ORDER,
    LIST_self = VOCABULARY_SELF,
};

#define PREFIX_sector(name) SECTOR_##name
#define PREFIX_role(name) ROLE_##name
#define PREFIX_purpose(name) PURPOSE_##name
#define PREFIX_training(name) TRAINING_##name
#define PREFIX_action(name) ACTION_##name
#define PREFIX_relation(name) RELATION_##name
#define PREFIX_consent(name) CONSENT_##name
#define PREFIX_break_glass(name) BREAK_GLASS_##name
#define PREFIX_order(name) ORDER_##name
#define PREFIX_self(name) SELF_##name

static const struct word words[] = {
#define WORD(list, name, text) {(enum vocabulary_list)LIST_##list, PREFIX_##list(name), text},
#include "vocabulary.def"
#undef WORD
    {VOCABULARY_DRAWER, DRAWER_IDENTITY, "identity"}, {VOCABULARY_DRAWER, DRAWER_CONTACT, "contact"},
    {VOCABULARY_DRAWER, DRAWER_CLINICAL, "clinical"}, {VOCABULARY_DRAWER, DRAWER_SENSITIVE, "sensitive"},
    {VOCABULARY_DRAWER, DRAWER_SOCIAL, "social"},     {VOCABULARY_DRAWER, DRAWER_COVERAGE, "coverage"},
    {VOCABULARY_DRAWER, DRAWER_AUDIT, "audit"},
};

const char *vocabulary_word(enum vocabulary_list list, unsigned number)
{
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (words[i].list == list && words[i].number == number)
            return words[i].word;
    return "unknown";
}

const char *vocabulary_outcome(enum outcome outcome)
{
    static const char *const names[OUTCOME_COUNT] = {"NONE", "EXISTENCE", "SUMMARY", "FULL"};
    return (unsigned)outcome < OUTCOME_COUNT ? names[outcome] : "NONE";
}

int vocabulary_number(enum vocabulary_list list, struct slice word)
{
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (words[i].list == list && slice_is(word, words[i].word))
            return (int)words[i].number;
    return -1;
}
