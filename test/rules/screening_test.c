/* SPDX-License-Identifier: Apache-2.0 */

/* Proves of the screening tables (policy/screening), in every case that they can tell apart: nothing is passed on
 * without permission, safety comes before anything else, a yes is never left without an answer, and status is neither
 * asked nor needed. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "model_text.h"
#include "policy_edit.h"
#include "rules/prove/space.h"

#define MEMORY ((size_t)64 << 20)

struct hearing {
    int need, answer, private, consent, urgency; /* facts */
    int step, referral;                          /* decisions */
    const char *broken;                          /* what does not hold; NULL: nothing so far */
    uint64_t visits, referrals;
};

static struct slice fact(const struct space_case *found, int number)
{
    return found->space->fact[number].cell[found->cell[number]].words;
}

static struct slice output(const struct space_case *found, int decision, uint32_t number)
{
    const struct rule_output *outputs = found->space->decision[decision].rules->output;

    return outputs[number].value[found->result[decision].output[number]];
}

static bool is_one_of(struct slice word, const char *const *words)
{
    for (; *words; words++)
        if (slice_is(word, *words))
            return true;
    return false;
}

/* What is wrong with this case; NULL: nothing. */
static const char *fault_of(const struct hearing *hearing, const struct space_case *found)
{
    static const char *const hidden[] = {"violence", "child_protection", NULL}, *const today[] = {"now", "same_day",
                                                                                                  NULL};
    struct slice step = output(found, hearing->step, 0), target = output(found, hearing->referral, 0);
    struct slice who = output(found, hearing->referral, 1), within = output(found, hearing->referral, 2);
    bool safety = is_one_of(fact(found, hearing->need), hidden),
         private = slice_is(fact(found, hearing->private), "yes");
    bool yes = slice_is(fact(found, hearing->answer), "yes"),
         now = slice_is(fact(found, hearing->urgency), "immediate");

    if (!slice_is(target, "none") && !(yes && slice_is(fact(found, hearing->consent), "permit")))
        return "a referral without permission, or of somebody who did not say yes";
    if (slice_is(target, "none") == slice_is(step, "refer"))
        return "a referral without a place to go, or a place without a referral";
    if (yes && slice_is(step, "nothing"))
        return "a yes without an answer";
    if (safety && !private && !slice_is(step, "private_first"))
        return "violence is spoken of where others hear it";
    if (safety && !slice_is(step, "nothing") && (!is_one_of(within, today) || !slice_is(who, "trained_colleague")))
        return "violence waits, or is left to somebody without training";
    if (safety && now && !slice_is(step, "nothing") && !slice_is(within, "now"))
        return "danger waits";
    return NULL;
}

static bool visit(void *context, const struct space_case *found)
{
    struct hearing *hearing = context;

    hearing->visits++;
    for (uint32_t d = 0; d < found->space->decision_count; d++)
        if (found->verdict[d] != OK)
            hearing->broken = "a case without an answer";
    if (!hearing->broken)
        hearing->broken = fault_of(hearing, found);
    hearing->referrals += !hearing->broken && !slice_is(output(found, hearing->referral, 0), "none");
    return !hearing->broken;
}

static struct hearing hear(struct arena *arena, const struct rule_set *set)
{
    const struct rule_decision *referral = rule_set_decision(set, SLICE("referral"));
    const struct rule_decision *step = rule_set_decision(set, SLICE("next_step"));
    struct space_tour tour = {.last = -1, .seen = UINT64_MAX, .rows = true};
    const struct space *space;
    uint64_t cells;

    assert_int_equal(OK, space_make(arena, &referral, 1, false, &space, NULL));
    struct hearing hearing = {.need = space_find_fact(space, "need"),
                              .answer = space_find_fact(space, "answer"),
                              .private = space_find_fact(space, "private"),
                              .consent = space_find_fact(space, "consent"),
                              .urgency = space_find_fact(space, "urgency"),
                              .step = space_find_decision(space, step),
                              .referral = space_find_decision(space, referral)};
    assert_int_equal(5, space->fact_count);
    assert_int_equal(OK, space_walk(space, &tour, visit, &hearing, &cells));
    return hearing;
}

static void nothing_is_passed_on_without_permission_and_safety_comes_first(void **state)
{
    CLEANUP_ARENA struct arena *arena = arena_new(MEMORY);
    struct hearing hearing = hear(arena, model_policy(arena, "screening"));

    (void)state;
    if (hearing.broken)
        fail_msg("%s", hearing.broken);
    assert_int_equal(11 * 4 * 3 * 4 * 4, hearing.visits); /* needs, answers, private, consent, urgency */
    assert_int_equal((6 * 3 + 5) * 4, hearing.referrals); /* five needs in private only */
}

static void harm_to_the_tables_is_found(void **state)
{
    static const struct {
        struct edit edit[3];
        const char *broken;
    } mutants[] = {
        {{{"N-41_consent", "\"permit\", \"none\""}, {"N-42_consent", "\"unknown\""}}, "without permission"},
        {{{"N-41_answer", "\"yes\", \"no\""}, {"N-45_consent", "not(\"permit\")"}}, "did not say yes"},
        {{{"N-43_out_step", "\"nothing\""}}, "a yes without an answer"},
        {{{"N-01_private", "\"no\""}}, "without an answer"},
        {{{"N-01_private", "\"no\""}, {"N-11_private", "\"yes\", \"unknown\""}}, "others hear it"},
        {{{"N-01_out_step", "\"inform\""}}, "others hear it"},
        {{{"R-violence-2_out_within", "\"seven_days\""}}, "violence waits"},
        {{{"R-inform-2_out_who_acts", "\"whoever_asked\""}}, "without training"},
        {{{"R-private-1_out_within", "\"same_day\""}}, "danger waits"},
        {{{"R-food-1_out_target", "\"none\""}}, "without a place to go"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof mutants / sizeof mutants[0]; i++) {
        CLEANUP_ARENA struct arena *arena = arena_new(MEMORY);
        struct policy mutated;
        policy_compile(arena, "screening", mutants[i].edit, NULL, &mutated);
        struct hearing hearing = hear(arena, mutated.set);
        if (!hearing.broken || !strstr(hearing.broken, mutants[i].broken))
            fail_msg("%s: %s", mutants[i].edit[0].cell, hearing.broken ? hearing.broken : "nothing found");
        buffer_free(&mutated.compiled);
    }
}

static void nobody_is_asked_about_status(void **state)
{
    static const char *const status[] = {"refugee", "nationality", "permit",  "visa", "detention",
                                         "route",   "status",      "citizen", NULL};
    CLEANUP_ARENA struct arena *arena = arena_new(MEMORY);
    const struct rule_set *set = model_policy(arena, "screening");
    const struct rule_decision *may_ask = rule_set_decision(set, SLICE("may_ask"));
    const struct rule_domain *question = &may_ask->input[0].domain;
    unsigned never = 0;

    (void)state;
    for (uint32_t f = 0; f < set->fact_count; f++)
        for (size_t s = 0; status[s]; s++)
            assert_true(slice_search(set->fact[f].name, slice_from_string(status[s])) == SIZE_MAX);
    for (int64_t v = 0; v < question->value_count; v++) {
        struct rule_result result;
        bool about_status = false;
        for (size_t s = 0; status[s]; s++)
            about_status |= slice_search(question->value[v], slice_from_string(status[s])) != SIZE_MAX;
        assert_int_equal(OK, rules_decide(may_ask, &v, &result));
        bool asks = slice_is(may_ask->output[0].value[result.output[0]], "ask");
        assert_false(about_status && asks);
        never += !asks;
    }
    assert_int_equal(6, never); /* five of status, and what is not known */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_is_passed_on_without_permission_and_safety_comes_first),
        cmocka_unit_test(harm_to_the_tables_is_found),
        cmocka_unit_test(nobody_is_asked_about_status),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
