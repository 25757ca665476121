/* SPDX-License-Identifier: Apache-2.0 */

/* Two evaluators that were written apart must agree on the joint standard: for a case of which the auditor is told as
 * much as an event tells, it accepts exactly those rows and outcomes that src/rules reaches for some person and some
 * credential. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "audit/rules.h"
#include "base/file.h"
#include "rules/dmn/compile.h"
#include "rules/rule_set.h"

#define ARENA_MAX (256u << 20)
#define CASES 60

static struct arena *arena;
static struct slice compiled;
static const struct rule_set *set;
static const struct rule_decision *disclosure;

static const struct {
    const char *name;
    enum vocabulary_list list;
    unsigned words;
} facts[] = {
    {"sector", VOCABULARY_SECTOR, SECTOR_COUNT},
    {"role", VOCABULARY_ROLE, ROLE_COUNT},
    {"purpose", VOCABULARY_PURPOSE, PURPOSE_COUNT},
    {"action", VOCABULARY_ACTION, ACTION_COUNT},
    {"drawer", VOCABULARY_DRAWER, DRAWER_COUNT},
    {"training", VOCABULARY_TRAINING, TRAINING_COUNT},
    {"relation", VOCABULARY_RELATION, RELATION_COUNT},
    {"consent", VOCABULARY_CONSENT, CONSENT_COUNT},
    {"break_glass", VOCABULARY_BREAK_GLASS, BREAK_GLASS_COUNT},
    {"order", VOCABULARY_ORDER, ORDER_COUNT},
    {"self", VOCABULARY_SELF, SELF_COUNT},
};
enum { SECTOR, ROLE, PURPOSE, ACTION, DRAWER, TOLD, FACTS = sizeof facts / sizeof *facts };

static int make_rules(void **state)
{
    CLEANUP_BUFFER struct buffer bytes = buffer_new(RULE_SET_BYTES_MAX), report = buffer_new(65536);
    struct report nothing = {0};
    struct slice dmn, pack;

    (void)state;
    (void)report;
    arena = arena_new(ARENA_MAX);
    assert_int_equal(file_read(arena, SOURCE_ROOT "/policy/joint-standard/rules.dmn", 16u << 20, &dmn, NULL), OK);
    assert_int_equal(file_read(arena, SOURCE_ROOT "/policy/joint-standard/pack.json", 16u << 20, &pack, NULL), OK);
    assert_int_equal(compile_pack(arena, dmn, pack, &nothing, &bytes, NULL), OK);
    compiled = arena_copy(arena, buffer_view(&bytes));
    assert_int_equal(rule_set_load(arena, compiled, &set, NULL), OK);
    disclosure = rule_set_decision(set, SLICE("disclosure"));
    return 0;
}

static int drop_rules(void **state)
{
    (void)state;
    arena_free(arena);
    return 0;
}

/* ---- what src/rules reaches ---- */

struct reached {
    bool row[1024][OUTCOME_COUNT];
};

static int fact_number[FACTS];

static enum outcome outcome_of(const struct rule_result *result)
{
    struct slice word = disclosure->output[0].value[result->output[0]];

    for (unsigned o = 0; o < OUTCOME_COUNT; o++)
        if (slice_is(word, vocabulary_outcome((enum outcome)o)))
            return (enum outcome)o;
    fail_msg("an outcome without a name");
    return OUTCOME_NONE;
}

static void decide(const unsigned said[FACTS], struct reached *reached)
{
    int64_t fact[RULE_FACTS_MAX];
    struct rule_result result[RULE_DECISIONS_MAX];

    for (size_t f = 0; f < RULE_FACTS_MAX; f++)
        fact[f] = RULE_UNKNOWN;
    for (unsigned f = 0; f < FACTS; f++)
        assert_int_equal(rule_value_of(&set->fact[fact_number[f]].domain,
                                       slice_from_string(vocabulary_word(facts[f].list, said[f])),
                                       &fact[fact_number[f]]),
                         OK);
    assert_int_equal(rules_decide_chain(disclosure, fact, result), OK);
    const struct rule_result *disclosed = &result[disclosure->number];
    reached->row[disclosed->row - disclosure->row][outcome_of(disclosed)] = true;
}

static bool next(unsigned said[FACTS])
{
    for (unsigned f = TOLD; f < FACTS; f++) {
        if (++said[f] < facts[f].words)
            return true;
        said[f] = 0;
    }
    return false;
}

static void compare(const struct rules *rules, unsigned said[FACTS])
{
    static struct reached reached;
    struct rules_case asked = {.role = (int)said[ROLE],
                               .sector = (int)said[SECTOR],
                               .purpose = (int)said[PURPOSE],
                               .actions = 1u << said[ACTION],
                               .drawers = 1u << said[DRAWER],
                               .glass = true,
                               .ordered = true};

    memset(&reached, 0, sizeof reached);
    do
        decide(said, &reached);
    while (next(said));
    for (uint32_t r = 0; r < disclosure->row_count; r++)
        for (unsigned o = 0; o < OUTCOME_COUNT; o++) {
            asked.row = disclosure->row[r].id;
            asked.outcome = (int)o;
            bool fits = rules_judge(rules, &asked) == RULES_FIT;
            if (fits != reached.row[r][o])
                fail_msg("row %.*s, outcome %u: src/rules %d, the auditor %d", SLICE_PRINT(asked.row), o,
                         reached.row[r][o], fits);
        }
}

static void both_evaluators_reach_the_same_rows(void **state)
{
    struct rules *rules;
    uint64_t seed = 1;

    (void)state;
    assert_int_equal(rules_load(compiled, &rules), OK);
    for (unsigned f = 0; f < FACTS; f++)
        fact_number[f] = rule_set_fact(set, slice_from_string(facts[f].name));
    for (unsigned c = 0; c < CASES; c++) {
        unsigned said[FACTS] = {0};
        for (unsigned f = 0; f < TOLD; f++) {
            seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
            said[f] = (unsigned)(seed >> 33) % facts[f].words;
        }
        if (c % 2 == 0) /* half of them where most is permitted */
            said[SECTOR] = SECTOR_HEALTH, said[ROLE] = ROLE_NURSE, said[PURPOSE] = PURPOSE_TREAT + c / 2 % 2;
        compare(rules, said);
    }
    rules_free(rules);
}

static void a_basis_that_the_row_does_not_need_is_refused(void **state)
{
    struct rules *rules;
    struct rules_case asked = {.role = ROLE_PHYSICIAN,
                               .sector = SECTOR_HEALTH,
                               .purpose = PURPOSE_ETREAT,
                               .actions = 1u << ACTION_READ,
                               .drawers = 1u << DRAWER_CLINICAL,
                               .row = SLICE("D-28"),
                               .basis = SLICE("vital_interest"),
                               .glass = true,
                               .outcome = OUTCOME_FULL};

    (void)state;
    assert_int_equal(rules_load(compiled, &rules), OK);
    assert_int_equal(rules_judge(rules, &asked), RULES_FIT);
    asked.basis = SLICE("care_relation"); /* then another row would have decided */
    assert_int_equal(rules_judge(rules, &asked), RULES_NO_CELLS);
    asked.basis = SLICE("vital_interest");
    asked.glass = false; /* and no glass was broken */
    assert_int_equal(rules_judge(rules, &asked), RULES_NO_CELLS);
    asked.glass = true;
    asked.outcome = OUTCOME_SUMMARY;
    assert_int_equal(rules_judge(rules, &asked), RULES_NO_OUTCOME);
    assert_true(rules_cites(rules, SLICE("D-28"), SLICE("Hospitium joint standard")));
    assert_false(rules_cites(rules, SLICE("D-28"), SLICE("somebody said so")));
    assert_false(rules_has_row(rules, SLICE("D-99x")));
    rules_free(rules);
}

static void bytes_that_are_no_rules_are_refused(void **state)
{
    static const char *const texts[] = {
        "",
        "[]",
        "{}",
        "{\"format\":\"hospitium-rules/1\"}",
        "{\"format\":\"hospitium-rules/1\",\"decisions\":[]}",
        "{\"format\":\"hospitium-rules/1\",\"decisions\":[{\"name\":\"disclosure\",\"hit\":\"PRIORITY\","
        "\"outputs\":[{\"values\":[\"A\"]}],\"rows\":[{\"id\":\"R\",\"number\":1,\"out\":[1]}],"
        "\"inputs\":[{\"name\":\"sector\",\"kind\":\"text\",\"values\":[\"health\"],\"rows\":[\"01\"]}]}]}"};
    struct rules *rules;

    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        assert_int_equal(rules_load(slice_from_string(texts[i]), &rules), ERROR_CORRUPT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(both_evaluators_reach_the_same_rows),
        cmocka_unit_test(a_basis_that_the_row_does_not_need_is_refused),
        cmocka_unit_test(bytes_that_are_no_rules_are_refused),
    };

    return cmocka_run_group_tests(tests, make_rules, drop_rules);
}
