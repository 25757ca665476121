/* SPDX-License-Identifier: Apache-2.0 */

/* Proves that the groups of people who gain or lose are exactly those whom a change touches: every case of both versions
 * is decided, and belongs to one group of each scale when it changed, to none when it did not. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "model_text.h"
#include "policy_edit.h"
#include "rules/prove/change.h"
#include "rules/prove/person.h"

#define MEMORY ((size_t)256 << 20)
#define HEAD                                                                                                           \
    "out access \"AS_RESIDENT\", \"BASKET\", \"ASK_CLINICIAN\"\nout may_refuse \"no\", \"ask_clinician\"\n"            \
    "out charge \"FREE\", \"ASK\"\n"

static const struct rule_decision *entitlement(const struct rule_set *set)
{
    return rule_set_decision(set, SLICE("entitlement"));
}

static struct changes changes_of(struct arena *arena, const struct rule_set *before, const struct rule_set *after)
{
    struct changes changes;
    struct fault fault = {0};

    if (change_find(arena, entitlement(before), entitlement(after), PROPERTY_EVERY_DAY, &changes, &fault) != OK)
        fail_msg("%s", fault.detail);
    return changes;
}

/* What a table says of a cell of the joint space, decided anew: the words of one output. */
static struct slice said(const struct rule_decision *decision, const struct space *space, const uint32_t *cell,
                         const char *output)
{
    int64_t value[RULE_INPUTS_MAX];
    struct rule_result result;

    for (uint32_t i = 0; i < decision->input_count; i++) {
        for (uint32_t f = 0; f < space->fact_count; f++) {
            if (!slice_equal(space->fact[f].name, decision->input[i].name))
                continue;
            value[i] = space->fact[f].cell[cell[f]].value;
        }
    }
    if (rules_decide(decision, value, &result) != OK)
        return SLICE("no answer");
    int at = rule_decision_output(decision, slice_from_string(output));
    return decision->output[at].value[result.output[at]];
}

static bool has_cell(const struct changes *changes, const struct change_group *group, const uint32_t *cell)
{
    for (uint32_t f = 0; f < changes->space->fact_count; f++)
        if (!group->box[f][cell[f]])
            return false;
    return true;
}

static bool next_cell(const struct space *space, uint32_t *cell)
{
    for (uint32_t f = 0; f < space->fact_count; f++) {
        if (++cell[f] < space->fact[f].cell_count)
            return true;
        cell[f] = 0;
    }
    return false;
}

static void check_cell(const struct changes *changes, const struct rule_decision *before,
                       const struct rule_decision *after, const uint32_t *cell, enum change_scale scale,
                       uint64_t *counted)
{
    static const char *const outputs[] = {"access", "may_refuse", "charge"};
    struct slice old = said(before, changes->space, cell, outputs[scale]);
    struct slice now = said(after, changes->space, cell, outputs[scale]);
    unsigned groups = 0;

    for (size_t g = 0; g < changes->count; g++) {
        const struct change_group *group = &changes->group[g];
        if (group->scale != scale || !has_cell(changes, group, cell))
            continue;
        groups++;
        counted[g]++;
        assert_true(slice_is(old, change_word(scale, group->before)) &&
                    slice_is(now, change_word(scale, group->after)));
    }
    assert_int_equal(!slice_equal(old, now), groups);
}

static void check_all(const struct rule_set *before, const struct rule_set *after, const struct changes *changes)
{
    uint64_t counted[256] = {0}, cells = 0;
    uint32_t cell[SPACE_FACTS_MAX] = {0};

    assert_true(changes->count < 256);
    do {
        cells++;
        for (enum change_scale scale = 0; scale < CHANGE_SCALES; scale++)
            check_cell(changes, entitlement(before), entitlement(after), cell, scale, counted);
    } while (next_cell(changes->space, cell));
    assert_int_equal(cells, changes->cells);
    for (size_t g = 0; g < changes->count; g++)
        assert_int_equal(counted[g], changes->group[g].cells);
}

static void groups_are_exactly_those_whom_a_change_touches(void **state)
{
    static const struct edit edits[][3] = {
        {{"CH-10_insured", "\"yes\", \"unknown\""}},
        {{"CH-02_out_charge", "\"FREE\""}},
        {{"CH-90_status", "-"}},
        {{"CH-10_urgency", "\"urgent\", \"deferrable\""}, {"CH-15_out_access", "\"BASKET\""}},
    };

    (void)state;
    for (size_t i = 0; i < sizeof edits / sizeof edits[0]; i++) {
        CLEANUP_ARENA struct arena *arena = arena_new(MEMORY);
        const struct rule_set *before = model_policy(arena, "switzerland");
        struct policy after;
        policy_compile(arena, "switzerland", edits[i], NULL, &after);
        struct changes changes = changes_of(arena, before, after.set);
        assert_true(changes.count > 0);
        check_all(before, after.set, &changes);
        struct changes back = changes_of(arena, after.set, before);
        check_all(after.set, before, &back);
        assert_int_equal(changes.group[0].loses, !back.group[back.count - 1].loses);
        buffer_free(&after.compiled);
    }
}

static void a_change_of_words_alone_touches_nobody(void **state)
{
    CLEANUP_ARENA struct arena *arena = arena_new(MEMORY);
    const struct rule_set *before = model_policy(arena, "switzerland");

    (void)state;
    assert_int_equal(0, changes_of(arena, before, model_policy(arena, "switzerland")).count);
}

static struct slice words_of(struct arena *arena, const struct changes *changes, size_t group)
{
    CLEANUP_BUFFER struct buffer text = buffer_new(4096);

    person_write(&text, changes->space, changes->group[group].box, "");
    return arena_copy(arena, buffer_view(&text));
}

static void a_fact_that_only_one_version_asks_for_splits_the_cases(void **state)
{
    CLEANUP_ARENA struct arena *arena = arena_new(MEMORY);
    const struct rule_set *before = model_verified(
        arena, "decision entitlement UNIQUE\nin means string \"above\", \"below\", \"unknown\"\n" HEAD
               "row A1 | \"above\" | \"ASK_CLINICIAN\" | \"no\" | \"ASK\"\n"
               "row A2 | \"below\", \"unknown\" | \"BASKET\" | \"no\" | \"ASK\"\n");
    const struct rule_set *after = model_verified(arena,
                                                  "decision entitlement UNIQUE\nin stay number null, [0..100]\n" HEAD
                                                  "row B1 | < 90 | \"ASK_CLINICIAN\" | \"no\" | \"ASK\"\n"
                                                  "row B2 | >= 90, null | \"BASKET\" | \"no\" | \"ASK\"\n");
    struct changes changes = changes_of(arena, before, after);

    (void)state;
    check_all(before, after, &changes);
    assert_int_equal(2, changes.count);
    assert_true(changes.group[0].loses && !changes.group[1].loses);
    assert_true(slice_is(words_of(arena, &changes, 0), "means below or unknown, stay 0 to 89"));
    assert_true(slice_is(words_of(arena, &changes, 1), "means above, stay 90 to 100 or unknown"));
    assert_int_equal(1, changes.group[0].row_count);
    assert_true(slice_is(changes.group[0].rows[0].before->id, "A2"));
    assert_true(slice_is(changes.group[0].rows[0].after->id, "B1"));
}

static void versions_whose_lists_differ_are_refused(void **state)
{
    CLEANUP_ARENA struct arena *arena = arena_new(MEMORY);
    const char *one = "decision entitlement UNIQUE\nin means string \"above\", \"unknown\"\n" HEAD
                      "row A1 | - | \"BASKET\" | \"no\" | \"ASK\"\n";
    const char *two = "decision entitlement UNIQUE\nin means string \"above\", \"below\", \"unknown\"\n" HEAD
                      "row A1 | - | \"BASKET\" | \"no\" | \"ASK\"\n";
    struct fault fault = {0};
    struct changes changes;

    (void)state;
    assert_int_equal(ERROR_PROFILE,
                     change_find(arena, entitlement(model_verified(arena, one)),
                                 entitlement(model_verified(arena, two)), PROPERTY_EVERY_DAY, &changes, &fault));
    assert_non_null(strstr(fault.detail, "means"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(groups_are_exactly_those_whom_a_change_touches),
        cmocka_unit_test(a_change_of_words_alone_touches_nobody),
        cmocka_unit_test(a_fact_that_only_one_version_asks_for_splits_the_cases),
        cmocka_unit_test(versions_whose_lists_differ_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
