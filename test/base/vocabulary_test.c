/* SPDX-License-Identifier: Apache-2.0 */

/* Proves that words and numbers name each other, and that numbers that were stored keep their meaning. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>

#include "base/vocabulary.h"

static const unsigned counts[VOCABULARY_LISTS] = {
    [VOCABULARY_SECTOR] = SECTOR_COUNT,     [VOCABULARY_ROLE] = ROLE_COUNT,
    [VOCABULARY_PURPOSE] = PURPOSE_COUNT,   [VOCABULARY_TRAINING] = TRAINING_COUNT,
    [VOCABULARY_ACTION] = ACTION_COUNT,     [VOCABULARY_RELATION] = RELATION_COUNT,
    [VOCABULARY_CONSENT] = CONSENT_COUNT,   [VOCABULARY_BREAK_GLASS] = BREAK_GLASS_COUNT,
    [VOCABULARY_ORDER] = ORDER_COUNT,       [VOCABULARY_SELF] = SELF_COUNT,
    [VOCABULARY_DRAWER] = DRAWER_COUNT,
};

static void each_word_names_its_number_and_no_other(void **state)
{
    (void)state;
    for (unsigned list = 0; list < VOCABULARY_LISTS; list++) {
        for (unsigned number = 0; number < counts[list]; number++) {
            const char *word = vocabulary_word((enum vocabulary_list)list, number);
            assert_int_equal(vocabulary_number((enum vocabulary_list)list, slice_from_string(word)), number);
            assert_int_equal(strcmp(word, "unknown") == 0, number == 0 && list != VOCABULARY_DRAWER);
        }
        assert_string_equal(vocabulary_word((enum vocabulary_list)list, counts[list]), "unknown");
        assert_string_equal(vocabulary_word((enum vocabulary_list)list, UINT32_MAX), "unknown");
        assert_int_equal(vocabulary_number((enum vocabulary_list)list, SLICE("no such word")), -1);
        assert_int_equal(vocabulary_number((enum vocabulary_list)list, SLICE("")), -1);
    }
}

/* Sealed facts, tokens and bodies hold the numbers: a word that moved would give the fact another meaning. */
static void stored_numbers_keep_their_meaning(void **state)
{
    static const struct {
        enum vocabulary_list list;
        unsigned number;
        const char *word;
    } kept[] = {
        {VOCABULARY_SECTOR, 1, "health"},         {VOCABULARY_SECTOR, 7, "immigration"},
        {VOCABULARY_SECTOR, 8, "lawenforcement"}, {VOCABULARY_ROLE, 2, "nurse"},
        {VOCABULARY_ROLE, 11, "officer"},         {VOCABULARY_PURPOSE, 1, "TREAT"},
        {VOCABULARY_PURPOSE, 2, "ETREAT"},        {VOCABULARY_PURPOSE, 10, "ENFORCE"},
        {VOCABULARY_RELATION, 1, "open_encounter"}, {VOCABULARY_CONSENT, 1, "permit"},
        {VOCABULARY_CONSENT, 2, "deny"},          {VOCABULARY_DRAWER, 0, "identity"},
        {VOCABULARY_DRAWER, 3, "sensitive"},      {VOCABULARY_DRAWER, 6, "audit"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof kept / sizeof *kept; i++)
        assert_string_equal(vocabulary_word(kept[i].list, kept[i].number), kept[i].word);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_word_names_its_number_and_no_other),
        cmocka_unit_test(stored_numbers_keep_their_meaning),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
