/* SPDX-License-Identifier: Apache-2.0 */

/* Proves that the decider is closed by default: to enforcement whatever it says, to whoever has no standing, and when the
 * rules are not what it needs. With the joint standard of a real node. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/file.h"
#include "safe/decider.h"
#include "safe/rulesets.h"
#include "whole_node.h"

static struct decider *decider_of(struct whole *whole)
{
    const struct rule_set *joint;
    struct decider *decider = NULL;

    assert_int_equal(rulesets_load(whole->arena, whole->directory, RULESETS_JOINT, NULL, &joint, NULL), OK);
    assert_int_equal(decider_new(whole->arena, joint, &decider, NULL), OK);
    return decider;
}

static struct decider_facts best_facts(void)
{
    return (struct decider_facts){.sector = SECTOR_HEALTH,
                                  .role = ROLE_NURSE,
                                  .purpose = PURPOSE_TREAT,
                                  .training = TRAINING_CURRENT,
                                  .action = ACTION_READ,
                                  .drawer = DRAWER_CLINICAL,
                                  .relation = RELATION_OPEN_ENCOUNTER,
                                  .consent = CONSENT_PERMIT,
                                  .break_glass = BREAK_GLASS_ACTIVE,
                                  .order = ORDER_VALID,
                                  .self = SELF_YES};
}

/* What an order is for: to read who one person is and how she is reached, in order to enforce; and before, whether she
 * is known. */
static bool is_of_an_order(const struct decider_facts *facts)
{
    bool read = facts->order == ORDER_VALID && facts->purpose == PURPOSE_ENFORCE && facts->action == ACTION_READ &&
                (facts->drawer == DRAWER_IDENTITY || facts->drawer == DRAWER_CONTACT);
    bool match = facts->order == ORDER_OPEN && facts->sector == SECTOR_OVERSIGHT && facts->purpose == PURPOSE_HLEGAL &&
                 facts->action == ACTION_MATCH && facts->drawer == DRAWER_IDENTITY;

    return read || match;
}

/* Every action and drawer, with all else as good as it can be. */
static bool is_closed(struct decider *decider, struct decider_facts facts)
{
    for (unsigned action = 0; action < ACTION_COUNT; action++) {
        for (unsigned drawer = 0; drawer < DRAWER_COUNT; drawer++) {
            facts.action = (enum action)action;
            facts.drawer = (enum drawer)drawer;
            if (decider_decide(decider, &facts).outcome != OUTCOME_NONE && !is_of_an_order(&facts))
                return false;
        }
    }
    return true;
}

static void enforcement_has_no_way_in(void **state)
{
    struct whole whole;

    (void)state;
    whole_open(&whole);
    struct decider *decider = decider_of(&whole);
    assert_int_equal(decider_decide(decider, &(struct decider_facts){0}).outcome, OUTCOME_NONE);
    struct decider_facts facts = best_facts();
    assert_int_equal(decider_decide(decider, &facts).outcome, OUTCOME_FULL); /* so that the rest says something */
    for (unsigned sector = 0; sector < SECTOR_COUNT; sector++) {
        for (unsigned role = 0; role < ROLE_COUNT; role++) {
            for (unsigned purpose = 0; purpose < PURPOSE_COUNT; purpose++) {
                bool enforcement = sector == SECTOR_IMMIGRATION || sector == SECTOR_LAWENFORCEMENT ||
                                   role == ROLE_OFFICER || purpose == PURPOSE_ENFORCE;
                facts = best_facts();
                facts.sector = (enum sector)sector;
                facts.role = (enum role)role;
                facts.purpose = (enum purpose)purpose;
                bool unknown = sector == SECTOR_UNKNOWN || purpose == PURPOSE_UNKNOWN;
                if ((enforcement || unknown) && !is_closed(decider, facts))
                    fail_msg("%s %s %s", vocabulary_word(VOCABULARY_SECTOR, sector),
                             vocabulary_word(VOCABULARY_ROLE, role), vocabulary_word(VOCABULARY_PURPOSE, purpose));
            }
        }
    }
    whole_close(&whole);
}

/* The facts of one case but for the order, counted out of a number; false past the last. */
static bool case_at(unsigned number, struct decider_facts *facts)
{
    bool best = number % 2;

    *facts = best_facts();
    if (!best) {
        facts->relation = RELATION_NONE;
        facts->consent = CONSENT_NONE;
        facts->break_glass = BREAK_GLASS_NO;
        facts->self = SELF_NO;
    }
    number /= 2;
    facts->drawer = (enum drawer)(number % DRAWER_COUNT), number /= DRAWER_COUNT;
    facts->action = (enum action)(number % ACTION_COUNT), number /= ACTION_COUNT;
    facts->purpose = (enum purpose)(number % PURPOSE_COUNT), number /= PURPOSE_COUNT;
    facts->role = (enum role)(number % ROLE_COUNT), number /= ROLE_COUNT;
    facts->sector = (enum sector)number;
    return number < SECTOR_COUNT;
}

static void an_order_makes_a_difference_where_it_is_for_and_nowhere_else(void **state)
{
    struct decider_facts facts;
    struct whole whole;
    unsigned opened = 0;

    (void)state;
    whole_open(&whole);
    struct decider *decider = decider_of(&whole);
    for (unsigned number = 0; case_at(number, &facts); number++) {
        facts.order = ORDER_NONE;
        enum outcome without = decider_decide(decider, &facts).outcome;
        for (unsigned order = 0; order < ORDER_COUNT; order++) {
            facts.order = (enum order)order;
            enum outcome with = decider_decide(decider, &facts).outcome;
            opened += with != without;
            if (with != without && !is_of_an_order(&facts))
                fail_msg("%s %s %s %s %s, order %s", vocabulary_word(VOCABULARY_SECTOR, facts.sector),
                         vocabulary_word(VOCABULARY_ROLE, facts.role),
                         vocabulary_word(VOCABULARY_PURPOSE, facts.purpose),
                         vocabulary_word(VOCABULARY_ACTION, facts.action),
                         vocabulary_word(VOCABULARY_DRAWER, facts.drawer), vocabulary_word(VOCABULARY_ORDER, order));
        }
    }
    assert_true(opened > 0);
    whole_close(&whole);
}

static enum error decider_with(struct whole *whole, const char *word, const char *instead, struct fault *fault)
{
    CLEANUP_BUFFER struct buffer edited = buffer_new(RULE_SET_BYTES_MAX);
    const struct rule_set *set;
    struct decider *decider;
    struct slice text, whole_text;

    assert_int_equal(file_read(whole->arena, node_path(whole->directory, "rules/joint-standard.rules.json").text,
                               RULE_SET_BYTES_MAX, &whole_text, NULL),
                     OK);
    text = whole_text;
    for (size_t at; (at = slice_search(text, slice_from_string(word))) != SIZE_MAX;) {
        buffer_slice(&edited, slice_of(text.data, at));
        buffer_string(&edited, instead);
        text = slice_from(text, at + strlen(word));
    }
    assert_true(text.length < whole_text.length);
    buffer_slice(&edited, text);
    struct slice kept = arena_copy(whole->arena, buffer_view(&edited));
    assert_int_equal(rule_set_load(whole->arena, kept, &set, NULL), OK);
    return decider_new(whole->arena, set, &decider, fault);
}

static void rules_that_lack_a_word_or_a_decision_are_refused(void **state)
{
    static const char *const changes[][3] = {
        {"\"disclosure\"", "\"disclosura\"", "no decision disclosure"},
        {"\"obligations\"", "\"obligationz\"", "no decision disclosure or obligations"},
        {"\"midwife\"", "\"midwive\"", "the rules' input role has no value midwife"},
        {"\"outcome\"", "\"outcame\"", "disclosure has no output outcome"},
        {"\"break_glass\"", "\"broke_glass\"", "the rules have no input break_glass"},
        {"\"ENFORCE\"", "\"INFORCE\"", "the rules' input purpose has no value ENFORCE"},
    };
    /* What may be decided, and what may be owed, need not all be used. */
    static const char *const unused[] = {"\"EXISTENCE\"", "\"notify_person\""};
    struct whole whole;

    (void)state;
    whole_open(&whole);
    assert_int_equal(decider_with(&whole, "\"midwife\"", "\"midwife\"", NULL), OK);
    for (size_t i = 0; i < sizeof changes / sizeof *changes; i++) {
        struct fault fault = {0};
        if (decider_with(&whole, changes[i][0], changes[i][1], &fault) != ERROR_PROFILE ||
            !strstr(fault.detail, changes[i][2]))
            fail_msg("without %s: %s", changes[i][0], fault.detail);
    }
    for (size_t i = 0; i < sizeof unused / sizeof *unused; i++)
        assert_int_equal(decider_with(&whole, unused[i], "\"another\"", NULL), OK);
    whole_close(&whole);
}

/* The joint standard with one decision put in another form. */
struct reformed {
    struct rule_set set;
    struct rule_decision decision[RULE_DECISIONS_MAX];
    struct rule_decision *disclosure, *obligations;
};

static void reform(struct whole *whole, struct reformed *reformed)
{
    const struct rule_set *joint;

    assert_int_equal(rulesets_load(whole->arena, whole->directory, RULESETS_JOINT, NULL, &joint, NULL), OK);
    reformed->set = *joint;
    for (size_t i = 0; i < joint->decision_count; i++) {
        reformed->decision[i] = joint->decision[i];
        reformed->decision[i].set = &reformed->set;
        if (slice_equal(joint->decision[i].name, SLICE("disclosure")))
            reformed->disclosure = &reformed->decision[i];
        if (slice_equal(joint->decision[i].name, SLICE("obligations")))
            reformed->obligations = &reformed->decision[i];
    }
    reformed->set.decision = reformed->decision;
}

static enum error decider_from(struct whole *whole, const struct reformed *reformed, const char *said)
{
    struct fault fault = {0};
    struct decider *decider;
    enum error error = decider_new(whole->arena, &reformed->set, &decider, &fault);

    if (error != OK && !strstr(fault.detail, said))
        fail_msg("%s", fault.detail);
    return error;
}

static void decisions_in_another_form_are_refused(void **state)
{
    static struct reformed reformed;
    struct rule_output output[2];
    struct slice values[OUTCOME_COUNT + 1];
    struct whole whole;

    (void)state;
    whole_open(&whole);
    reform(&whole, &reformed);
    assert_int_equal(decider_from(&whole, &reformed, ""), OK);
    reformed.obligations->hit_policy = RULE_PRIORITY;
    assert_int_equal(decider_from(&whole, &reformed, "must COLLECT one output"), ERROR_PROFILE);
    reform(&whole, &reformed);
    output[0] = output[1] = reformed.obligations->output[0];
    reformed.obligations->output = output;
    reformed.obligations->output_count = 2;
    assert_int_equal(decider_from(&whole, &reformed, "must COLLECT one output"), ERROR_PROFILE);
    reform(&whole, &reformed);
    reformed.disclosure->hit_policy = RULE_COLLECT;
    assert_int_equal(decider_from(&whole, &reformed, "must be made by one row"), ERROR_PROFILE);
    reform(&whole, &reformed);
    reformed.obligations->chain &= ~(1u << reformed.disclosure->number);
    assert_int_equal(decider_from(&whole, &reformed, "must rest on disclosure"), ERROR_PROFILE);
    /* More outcomes than there are, with a known one the last of them. */
    reform(&whole, &reformed);
    int number = rule_decision_output(reformed.disclosure, SLICE("outcome"));
    assert_true(number >= 0 && reformed.disclosure->output_count <= 2);
    memcpy(output, reformed.disclosure->output, reformed.disclosure->output_count * sizeof *output);
    for (size_t i = 0; i < OUTCOME_COUNT; i++)
        values[i] = SLICE("another");
    values[OUTCOME_COUNT] = SLICE("FULL");
    output[number].value = values;
    output[number].value_count = OUTCOME_COUNT + 1;
    reformed.disclosure->output = output;
    assert_int_equal(decider_from(&whole, &reformed, "outcomes that are not known"), ERROR_PROFILE);
    whole_close(&whole);
}

/* What a call that is made next finds where its own variables will be. */
__attribute__((noinline)) static void leave_behind(int64_t value)
{
    volatile int64_t left[4096];

    for (size_t i = 0; i < sizeof left / sizeof *left; i++)
        left[i] = value;
}

static void what_the_rules_ask_and_the_safe_cannot_say_is_unknown(void **state)
{
    static struct reformed reformed;
    struct rule_input input[RULE_INPUTS_MAX];
    struct decider *decider;
    struct whole whole;

    (void)state;
    whole_open(&whole);
    struct decider_facts facts = best_facts(), unsaid = best_facts();
    facts.sector = SECTOR_PATIENT, facts.role = ROLE_PATIENT, facts.purpose = PURPOSE_PATRQT;
    unsaid = facts;
    unsaid.self = SELF_UNKNOWN;
    struct decision known = decider_decide(decider_of(&whole), &facts);
    struct decision expected = decider_decide(decider_of(&whole), &unsaid);
    assert_int_equal(known.outcome, OUTCOME_FULL);
    assert_int_equal(expected.outcome, OUTCOME_NONE);
    /* The same rules, where `self` is another fact: one that nobody feeds. */
    reform(&whole, &reformed);
    memcpy(input, reformed.disclosure->input, reformed.disclosure->input_count * sizeof *input);
    reformed.disclosure->input = input;
    input[rule_decision_input(reformed.disclosure, SLICE("self"))].fact = RULE_FACTS_MAX - 1;
    assert_int_equal(decider_new(whole.arena, &reformed.set, &decider, NULL), OK);
    for (int64_t left = 0; left < SELF_COUNT; left++) {
        leave_behind(left);
        struct decision decision = decider_decide(decider, &facts);
        assert_int_equal(decision.outcome, OUTCOME_NONE);
        assert_true(slice_equal(decision.row, expected.row));
    }
    whole_close(&whole);
}

static void where_no_row_decides_nothing_opens(void **state)
{
    static struct reformed reformed;
    struct decider *decider;
    struct whole whole;
    uint64_t *none;

    (void)state;
    whole_open(&whole);
    struct rule_input input[RULE_INPUTS_MAX];
    struct decider_facts facts = best_facts();
    reform(&whole, &reformed);
    memcpy(input, reformed.disclosure->input, reformed.disclosure->input_count * sizeof *input);
    none = arena_array(whole.arena, (size_t)input[0].slot_count * reformed.disclosure->words, sizeof *none);
    assert_non_null(none);
    input[0].column = none; /* lets no row pass */
    reformed.disclosure->input = input;
    assert_int_equal(decider_new(whole.arena, &reformed.set, &decider, NULL), OK);
    struct decision decision = decider_decide(decider, &facts);
    assert_int_equal(decision.outcome, OUTCOME_NONE);
    assert_int_equal(decision.obligations, 0);
    assert_true(slice_is(decision.row, "no rule permits it"));
    whole_close(&whole);
}

/* Whatever memory there is: an error, or a decider that decides. */
static void with_too_little_memory_there_is_no_decider(void **state)
{
    const struct rule_set *joint;
    struct decider_facts facts = best_facts();
    struct whole whole;
    enum error error = ERROR_MEMORY;
    size_t refused = 0;

    (void)state;
    whole_open(&whole);
    assert_int_equal(rulesets_load(whole.arena, whole.directory, RULESETS_JOINT, NULL, &joint, NULL), OK);
    for (size_t bytes = 0; error != OK; bytes += 16, refused++) {
        CLEANUP_ARENA struct arena *arena = arena_new(bytes);
        struct decider *decider = NULL;
        error = decider_new(arena, joint, &decider, NULL);
        if (error == OK)
            assert_int_equal(decider_decide(decider, &facts).outcome, OUTCOME_FULL);
        else
            assert_int_equal(error, ERROR_MEMORY);
    }
    assert_true(refused > 2);
    whole_close(&whole);
}

/* The strongest ground there is, in the order of the law: an order, herself, her life, care, her word, care that was. */
static void the_ground_of_a_look_is_the_strongest_there_is(void **state)
{
    const struct decider_facts none = {.relation = RELATION_NONE,
                                       .consent = CONSENT_NONE,
                                       .break_glass = BREAK_GLASS_NO,
                                       .order = ORDER_NONE,
                                       .self = SELF_NO,
                                       .purpose = PURPOSE_ETREAT};
    struct decider_facts facts = none;

    (void)state;
    assert_true(slice_is(decider_basis(&facts), "task"));
    facts.relation = RELATION_PAST;
    assert_true(slice_is(decider_basis(&facts), "past_care"));
    facts.consent = CONSENT_PERMIT;
    assert_true(slice_is(decider_basis(&facts), "consent"));
    facts.relation = RELATION_OPEN_ENCOUNTER;
    assert_true(slice_is(decider_basis(&facts), "care_relation"));
    facts.consent = CONSENT_NONE;
    assert_true(slice_is(decider_basis(&facts), "care_relation"));
    facts.break_glass = BREAK_GLASS_ACTIVE;
    assert_true(slice_is(decider_basis(&facts), "vital_interest"));
    facts.purpose = PURPOSE_TREAT;
    assert_true(slice_is(decider_basis(&facts), "care_relation"));
    facts.purpose = PURPOSE_ETREAT;
    facts.self = SELF_YES;
    assert_true(slice_is(decider_basis(&facts), "self"));
    facts.order = ORDER_OPEN;
    assert_true(slice_is(decider_basis(&facts), "order"));
    facts.order = ORDER_VALID;
    assert_true(slice_is(decider_basis(&facts), "order"));
    facts = none;
    facts.self = SELF_YES;
    assert_true(slice_is(decider_basis(&facts), "self"));
}

/* What a row permitted is closed while it is suspended, and nothing else is. */
static void a_suspended_row_closes_what_it_opened_and_nothing_else(void **state)
{
    struct whole whole;

    (void)state;
    whole_open(&whole);
    struct decider *decider = decider_of(&whole);
    struct decider_facts facts = best_facts(), other = best_facts();
    other.sector = SECTOR_PATIENT, other.role = ROLE_PATIENT, other.purpose = PURPOSE_PATRQT;
    struct decision before = decider_decide(decider, &facts), others = decider_decide(decider, &other);
    assert_int_equal(before.outcome, OUTCOME_FULL);
    assert_int_equal(others.outcome, OUTCOME_FULL);
    assert_false(slice_equal(before.row, others.row));
    assert_true(decider_has_row(decider, before.row));
    assert_false(decider_has_row(decider, SLICE("D-00")));
    decider_suspend(decider, SLICE("D-00"), true); /* no such row: nothing closes */
    assert_int_equal(decider_decide(decider, &facts).outcome, OUTCOME_FULL);
    for (int twice = 0; twice < 2; twice++) {
        decider_suspend(decider, before.row, true);
        struct decision closed = decider_decide(decider, &facts);
        assert_int_equal(closed.outcome, OUTCOME_NONE);
        assert_true(slice_equal(closed.row, before.row));
        assert_int_equal(closed.obligations, before.obligations);
        assert_int_equal(decider_decide(decider, &other).outcome, OUTCOME_FULL);
    }
    decider_suspend(decider, others.row, true);
    decider_suspend(decider, before.row, false);
    assert_int_equal(decider_decide(decider, &facts).outcome, OUTCOME_FULL);
    assert_int_equal(decider_decide(decider, &other).outcome, OUTCOME_NONE);
    whole_close(&whole);
}

/* The table ends where its rows end: nothing behind them is looked at, nor is anything there closed. */
static void a_row_that_the_table_does_not_have_closes_nothing(void **state)
{
    static struct reformed reformed;
    struct decider_facts facts = best_facts();
    struct decider *decider;
    struct whole whole;

    (void)state;
    whole_open(&whole);
    reform(&whole, &reformed);
    size_t bytes = reformed.disclosure->row_count * sizeof *reformed.disclosure->row;
    struct rule_row *row = malloc(bytes); /* exactly: whoever reads on is noticed */
    assert_non_null(row);
    memcpy(row, reformed.disclosure->row, bytes);
    reformed.disclosure->row = row;
    assert_int_equal(decider_new(whole.arena, &reformed.set, &decider, NULL), OK);
    assert_false(decider_has_row(decider, SLICE("D-00")));
    decider_suspend(decider, SLICE("D-00"), true);
    assert_int_equal(decider_decide(decider, &facts).outcome, OUTCOME_FULL);
    struct slice last = row[reformed.disclosure->row_count - 1].id;
    assert_true(decider_has_row(decider, last));
    decider_suspend(decider, last, true);
    assert_int_equal(decider_decide(decider, &facts).outcome, OUTCOME_FULL);
    free(row);
    whole_close(&whole);
}

static void a_rule_set_without_its_proof_is_not_active(void **state)
{
    struct safe_options options;
    struct whole whole;
    struct fault fault = {0};

    (void)state;
    whole_open(&whole);
    safe_close(whole.safe);
    whole.safe = NULL;
    options = (struct safe_options){whole.directory, SLICE(""), &whole.world};
    struct node_path proof = node_path(whole.directory, "rules/joint-standard.proof.json");
    assert_int_equal(rename(proof.text, node_path(whole.directory, "kept").text), 0);
    assert_int_not_equal(safe_open(&options, &whole.safe, &fault), OK);
    assert_null(whole.safe);
    assert_int_equal(rename(node_path(whole.directory, "kept").text, proof.text), 0);
    assert_int_equal(safe_open(&options, &whole.safe, &fault), OK);
    whole_close(&whole);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(enforcement_has_no_way_in),
        cmocka_unit_test(an_order_makes_a_difference_where_it_is_for_and_nowhere_else),
        cmocka_unit_test(rules_that_lack_a_word_or_a_decision_are_refused),
        cmocka_unit_test(decisions_in_another_form_are_refused),
        cmocka_unit_test(what_the_rules_ask_and_the_safe_cannot_say_is_unknown),
        cmocka_unit_test(where_no_row_decides_nothing_opens),
        cmocka_unit_test(with_too_little_memory_there_is_no_decider),
        cmocka_unit_test(the_ground_of_a_look_is_the_strongest_there_is),
        cmocka_unit_test(a_suspended_row_closes_what_it_opened_and_nothing_else),
        cmocka_unit_test(a_row_that_the_table_does_not_have_closes_nothing),
        cmocka_unit_test(a_rule_set_without_its_proof_is_not_active),
    };
    return cmocka_run_group_tests(tests, whole_template_make, whole_template_remove);
}
