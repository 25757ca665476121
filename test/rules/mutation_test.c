/* SPDX-License-Identifier: Apache-2.0 */

/* Proves the prover: small mistakes in the cells of every shipped pack. Whatever breaks a property is refuted, and what
 * is refuted is broken, in the opinion of an oracle that decides case by case and knows nothing of how the prover goes
 * about it. HOSPITIUM_MUTANTS says how many mistakes of each pack, or `all`; without it a dozen. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>

#include "model_text.h"
#include "mutant.h"
#include "oracle.h"
#include "oracle_triage.h"
#include "policy_edit.h"
#include "rules/combine.h"
#include "rules/dmn/compile.h"
#include "text/date.h"

#define PACKS_MAX 64
#define BYTES_MAX (16 << 20)
#define MEMORY ((size_t)256 << 20)
/* CASES: that the oracle tries of one property, where the mistake can change more. */
#ifdef __SANITIZE_ADDRESS__
#define MUTANTS_OF_A_PACK 1
#define CASES 200
#else
#define MUTANTS_OF_A_PACK 12
#define CASES 1500
#endif

struct tally {
    unsigned mutants, not_rules, broken, seen_by_oracle, missed, false_alarms;
};

struct shipped {
    const char *name;
    struct slice dmn, json;
    const struct rule_set *set, *base;
};

/* One mutant and what it changes. */
struct trial {
    const struct shipped *pack;
    const struct mutant *mutant;
    const struct rule_set *set;
    const struct rule_decision *before, *after; /* the table that it changes */
    uint32_t row_before, row_after;
    const struct proof *proof;
    struct world *world;
    struct tally *tally;
    bool broken, seen;
};

static void note_missed(struct trial *trial, const char *property, const char *scope)
{
    const struct mutant *mutant = trial->mutant;

    print_message("missed: %s, row %.*s, column %u := %.*s: %s %s\n", trial->pack->name, SLICE_PRINT(mutant->row),
                  mutant->column, SLICE_PRINT(mutant->text), property, scope);
    trial->tally->missed++;
}

static void note_false_alarm(struct trial *trial, const struct property_verdict *verdict)
{
    const struct mutant *mutant = trial->mutant;

    print_message("false alarm: %s, row %.*s, column %u := %.*s: %s %s: %.*s\n", trial->pack->name,
                  SLICE_PRINT(mutant->row), mutant->column, SLICE_PRINT(mutant->text),
                  rule_property_entry(verdict->property)->name, verdict->scope, SLICE_PRINT(verdict->counterexample));
    trial->tally->false_alarms++;
}

/* ---- which cases a mutant can change ---- */

static bool row_passes(const struct rule_decision *decision, uint32_t row, uint32_t input, int64_t value)
{
    int64_t slot = rule_input_slot(&decision->input[input], value);

    return slot >= 0 &&
           rule_input_column(decision, &decision->input[input], (uint32_t)slot)[row / 64] >> (row % 64) & 1;
}

/* Of each fact the values that the row let pass or lets pass now. */
struct box {
    uint8_t value[ORACLE_FACTS_MAX][ORACLE_VALUES_MAX];
    uint32_t count[ORACLE_FACTS_MAX];
};

static void all_of(const struct oracle *oracle, struct box *box)
{
    for (uint32_t f = 0; f < oracle->fact_count; f++) {
        box->count[f] = oracle->fact[f].count;
        for (uint32_t v = 0; v < box->count[f]; v++)
            box->value[f][v] = (uint8_t)v;
    }
}

static const struct oracle_table *table_of(const struct oracle *oracle, const struct rule_set *set)
{
    return oracle->data.decision                                        ? &oracle->data
           : oracle->pack.decision && oracle->pack.decision->set == set ? &oracle->pack
                                                                        : &oracle->floor;
}

static void keep_row(const struct trial *trial, const struct oracle *oracle, struct box *box)
{
    const struct oracle_table *table = table_of(oracle, trial->set);

    for (uint32_t i = 0; i < trial->after->input_count; i++) {
        const struct rule_input *input = &trial->after->input[i];
        int fact = input->fact < 0 ? -1 : table->fact_of[input->fact];
        uint32_t kept = 0;
        if (fact < 0)
            continue;
        for (uint32_t v = 0; v < oracle->fact[fact].count; v++) {
            int64_t value = table->value_of[input->fact][v];
            if (row_passes(trial->before, trial->row_before, i, value) ||
                row_passes(trial->after, trial->row_after, i, value))
                box->value[fact][kept++] = (uint8_t)v;
        }
        box->count[fact] = kept;
    }
}

static void keep_words(const struct oracle *oracle, struct box *box, const char *name, const char *const *words)
{
    int fact = oracle_find(oracle, name);
    uint32_t kept = 0;

    if (fact < 0)
        return;
    for (uint32_t v = 0; v < box->count[fact]; v++)
        for (size_t w = 0; words[w]; w++)
            if (slice_is(oracle->fact[fact].text[box->value[fact][v]], words[w])) {
                box->value[fact][kept++] = box->value[fact][v];
                break;
            }
    box->count[fact] = kept;
}

/* ---- the oracle's search ---- */

static bool try_all(const struct oracle *oracle, const struct box *box, const struct property_verdict *verdict,
                    uint32_t count)
{
    for (uint32_t number = 0; number < count; number++) {
        struct oracle_case at = {0};
        uint32_t rest = number;
        for (uint32_t f = 0; f < oracle->fact_count; f++) {
            at.value[f] = box->value[f][rest % box->count[f]];
            rest /= box->count[f];
        }
        if (oracle_refutes(oracle, verdict->property, verdict->scope, &at))
            return true;
    }
    return false;
}

static bool try_some(struct trial *trial, const struct oracle *oracle, const struct box *box,
                     const struct property_verdict *verdict)
{
    for (uint32_t number = 0; number < CASES; number++) {
        struct oracle_case at = {0};
        uint32_t bits[ORACLE_FACTS_MAX];
        trial->world->random(trial->world, bits, sizeof bits);
        for (uint32_t f = 0; f < oracle->fact_count; f++)
            at.value[f] = box->value[f][bits[f] % box->count[f]];
        if (oracle_refutes(oracle, verdict->property, verdict->scope, &at))
            return true;
    }
    return false;
}

static bool search_box(struct trial *trial, const struct oracle *oracle, const struct box *box,
                       const struct property_verdict *verdict)
{
    uint64_t count = 1;

    for (uint32_t f = 0; f < oracle->fact_count; f++)
        if (box->count[f] == 0)
            return false;
    for (uint32_t f = 0; f < oracle->fact_count && count <= CASES; f++)
        count *= box->count[f];
    return count <= CASES ? try_all(oracle, box, verdict, (uint32_t)count) : try_some(trial, oracle, box, verdict);
}

static bool finds_failure(struct trial *trial, const struct oracle *oracle, const struct property_verdict *verdict)
{
    static const char *const may_not_wait[] = {"immediate", "urgent", "unknown", NULL};
    static const char *const sectors[] = {"immigration", "lawenforcement", NULL}, *const enforce[] = {"ENFORCE", NULL};
    struct box box = {0}, other;

    all_of(oracle, &box);
    keep_row(trial, oracle, &box);
    other = box;
    switch (verdict->property) {
    case PROPERTY_NON_DENIAL:
    case PROPERTY_STATUS_BLIND:
    case PROPERTY_STATUS_BLIND_CHARGE:
    case PROPERTY_EVIDENCE:
        keep_words(oracle, &box, "urgency", may_not_wait);
        return search_box(trial, oracle, &box, verdict);
    case PROPERTY_FIREWALL:
        keep_words(oracle, &box, "sector", sectors);
        keep_words(oracle, &other, "purpose", enforce);
        return search_box(trial, oracle, &box, verdict) || search_box(trial, oracle, &other, verdict);
    default:
        return search_box(trial, oracle, &box, verdict);
    }
}

/* ---- one property ---- */

static bool is_about_data(const struct trial *trial, size_t number)
{
    const struct property_verdict *verdict = &trial->proof->verdict[number];

    if (verdict->property == PROPERTY_FIREWALL || verdict->property == PROPERTY_PURPOSE ||
        verdict->property == PROPERTY_OBLIGATIONS)
        return true;
    /* missing-facts of care stands before that of data */
    for (size_t i = 0; verdict->property == PROPERTY_MISSING_FACTS && i < number; i++)
        if (trial->proof->verdict[i].property == PROPERTY_MISSING_FACTS &&
            strcmp(trial->proof->verdict[i].scope, verdict->scope) == 0)
            return true;
    return false;
}

static const struct rule_decision *data_table(const struct rule_set *set, enum rule_property property)
{
    if (property == PROPERTY_OBLIGATIONS)
        return rule_set_decision(set, SLICE("obligations"));
    const struct rule_decision *law = rule_set_decision(set, SLICE("disclosure_law"));

    return law ? law : rule_set_decision(set, SLICE("disclosure"));
}

static void make_oracle(const struct trial *trial, size_t number, struct oracle *ret)
{
    const struct property_verdict *verdict = &trial->proof->verdict[number];
    const struct rule_decision *pack = rule_set_decision(trial->set, SLICE(COMBINE_PACK));
    const struct rule_decision *floor = rule_set_decision(trial->pack->base ? trial->pack->base : trial->set,
                                                          SLICE(COMBINE_FLOOR));

    if (is_about_data(trial, number))
        oracle_make(ret, NULL, NULL, data_table(trial->set, verdict->property), trial->set->draft);
    else if (pack && strcmp(verdict->scope, "alone") == 0 && verdict->property != PROPERTY_REFINEMENT)
        oracle_make(ret, NULL, pack, NULL, trial->set->draft);
    else
        oracle_make(ret, floor, pack, NULL, trial->set->draft);
}

/* Does the mutated table have a part in what the oracle decides? */
static bool takes_part(const struct trial *trial, const struct oracle *oracle)
{
    const struct rule_decision *decision = table_of(oracle, trial->set)->decision;

    return decision && decision->set == trial->set && decision->chain >> trial->after->number & 1;
}

static void judge(struct trial *trial, size_t number)
{
    static struct oracle oracle;
    const struct property_verdict *verdict = &trial->proof->verdict[number];

    make_oracle(trial, number, &oracle);
    bool fails = takes_part(trial, &oracle) && finds_failure(trial, &oracle, verdict);
    if (fails && verdict->proved)
        note_missed(trial, rule_property_entry(verdict->property)->name, verdict->scope);
    /* Without a person: the table lacks the words, which no cell can change. */
    if (!verdict->proved && verdict->person_count > 0 && !fails && !oracle_confirms(&oracle, verdict))
        note_false_alarm(trial, verdict);
    if (rule_property_blocks(verdict->property)) {
        trial->broken |= !verdict->proved;
        trial->seen |= fails;
    }
}

/* ---- totality, days and dead rows: of one table by itself ---- */

static uint32_t values_of(const struct rule_input *input, int64_t *value)
{
    bool number = rule_kind_is_number(input->domain.kind);
    uint32_t count = 0;

    for (uint32_t slot = 0; slot < input->slot_count; slot++)
        value[count++] = !number                                                   ? slot
                         : input->domain.nullable && slot + 1 == input->slot_count ? RULE_UNKNOWN
                                                                                   : input->start[slot];
    return count;
}

struct tries {
    uint64_t tried;
    bool all; /* each case, or some by chance */
    bool gap, row_decides;
};

/* Decides the changed table for the cases that the row lets pass. */
static struct tries try_table(struct trial *trial, bool before_too)
{
    static int64_t value[RULE_INPUTS_MAX][RULE_VALUES_MAX];
    const struct rule_decision *decision = trial->after;
    uint32_t count[RULE_INPUTS_MAX];
    uint64_t all = 1;
    struct tries tries = {0};

    for (uint32_t i = 0; i < decision->input_count; i++) {
        uint32_t kept = 0, known = values_of(&decision->input[i], value[i]);
        for (uint32_t v = 0; v < known; v++)
            if (row_passes(trial->after, trial->row_after, i, value[i][v]) ||
                (before_too && row_passes(trial->before, trial->row_before, i, value[i][v])))
                value[i][kept++] = value[i][v];
        count[i] = kept;
        all = all > 1000000 ? all : all * kept;
    }
    tries.all = all <= 10 * (uint64_t)CASES;
    for (; all > 0 && tries.tried < (tries.all ? all : CASES); tries.tried++) {
        struct rule_result result;
        int64_t at[RULE_INPUTS_MAX];
        uint32_t bits[RULE_INPUTS_MAX];
        uint64_t rest = tries.tried;
        trial->world->random(trial->world, bits, sizeof bits);
        for (uint32_t i = 0; i < decision->input_count; i++) {
            at[i] = value[i][(tries.all ? rest : bits[i]) % count[i]];
            rest /= count[i];
        }
        enum error error = rules_decide(decision, at, &result);
        tries.gap |= error != OK || !result.row;
        tries.row_decides |= error == OK && result.row == &decision->row[trial->row_after];
    }
    return tries;
}

/* The case that the prover names has no answer in some table that asks for just these facts. */
static bool confirms_gap(const struct trial *trial, const struct property_verdict *verdict)
{
    for (uint32_t d = 0; d < trial->set->decision_count; d++) {
        const struct rule_decision *decision = &trial->set->decision[d];
        int64_t at[RULE_INPUTS_MAX];
        struct rule_result result;
        bool all = decision->input_count == verdict->person_count;
        for (uint32_t f = 0; all && f < verdict->person_count; f++) {
            int input = rule_decision_input(decision, verdict->person[f].name);
            all = input >= 0 &&
                  rule_value_of(&decision->input[input].domain, verdict->person[f].value, &at[input]) == OK;
        }
        if (all && (rules_decide(decision, at, &result) != OK || !result.row))
            return true;
    }
    return false;
}

static bool is_total(struct trial *trial)
{
    const struct property_verdict *verdict = &trial->proof->verdict[0];
    struct tries tries = try_table(trial, true);

    assert_int_equal(PROPERTY_TOTALITY, verdict->property);
    trial->broken |= !verdict->proved;
    trial->seen |= tries.gap;
    if (tries.gap && verdict->proved)
        note_missed(trial, "totality", "alone");
    if (!verdict->proved && !tries.gap && !confirms_gap(trial, verdict))
        note_false_alarm(trial, verdict);
    return verdict->proved && !tries.gap;
}

static bool lists_row(const struct property_verdict *verdict, struct slice id)
{
    for (uint32_t r = 0; r < verdict->row_count; r++)
        if (slice_equal(verdict->row[r]->id, id))
            return true;
    return false;
}

static void judge_dead_row(struct trial *trial, const struct property_verdict *verdict)
{
    struct tries tries = try_table(trial, false);
    bool fed = trial->after->chain != UINT32_C(1) << trial->after->number;
    bool said_dead = lists_row(verdict, trial->mutant->row);

    if (trial->after->hit_policy != RULE_PRIORITY)
        return;
    if (tries.row_decides && said_dead && !fed)
        note_false_alarm(trial, verdict);
    if (tries.all && !tries.row_decides && !said_dead)
        note_missed(trial, "no-dead-row", "alone");
}

static struct slice day_words(struct buffer *into, int64_t day)
{
    buffer_clear(into);
    date_write_day(into, (int32_t)day);
    return buffer_view(into);
}

/* Is there a day, from the set's first on, that the row lets pass and on which it is not in force? Each day of six
 * years and the last. */
static bool has_gap(const struct trial *trial)
{
    CLEANUP_BUFFER struct buffer text = buffer_new(16);
    const struct rule_row *row = &trial->after->row[trial->row_after];
    int as_of = rule_decision_input(trial->after, SLICE("as_of"));
    int64_t first = date_day_number(2026, 1, 1), last = date_day_number(2099, 12, 31);

    assert_true(slice_is(trial->set->valid_from, "2026-01-01"));
    for (int64_t day = first; day <= last; day = day == first + 6 * 365 ? last : day + 1) {
        if (as_of >= 0 && !row_passes(trial->after, trial->row_after, (uint32_t)as_of, day))
            continue;
        struct slice words = day_words(&text, day);
        if (slice_compare(words, row->valid_from) < 0 ||
            (row->valid_to.length && slice_compare(words, row->valid_to) > 0))
            return true;
    }
    return false;
}

static void judge_days(struct trial *trial, const struct property_verdict *verdict)
{
    bool gap = has_gap(trial);

    trial->broken |= !verdict->proved;
    trial->seen |= gap;
    if (gap && verdict->proved)
        note_missed(trial, "no-gap-in-time", "alone");
    if (!gap && !verdict->proved)
        note_false_alarm(trial, verdict);
}

static void judge_triage(struct trial *trial, const struct property_verdict *verdict)
{
    struct oracle_row row = {trial->before, trial->after, trial->row_before, trial->row_after};
    const struct rule_decision *triage = rule_set_decision(trial->set, SLICE("triage"));
    bool fails = triage->chain >> trial->after->number & 1 &&
                 oracle_triage_finds(&row, verdict->property, trial->world, CASES);

    trial->broken |= !verdict->proved;
    trial->seen |= fails;
    if (fails && verdict->proved)
        note_missed(trial, rule_property_entry(verdict->property)->name, verdict->scope);
    if (!verdict->proved && !fails && !oracle_triage_confirms(trial->set, verdict))
        note_false_alarm(trial, verdict);
}

/* ---- one mutant ---- */

static void judge_all(struct trial *trial)
{
    if (!is_total(trial))
        return;
    for (size_t i = 1; i < trial->proof->count; i++) {
        const struct property_verdict *verdict = &trial->proof->verdict[i];
        if (verdict->property == PROPERTY_NO_GAP)
            judge_days(trial, verdict);
        else if (verdict->property == PROPERTY_NO_DEAD_ROW)
            judge_dead_row(trial, verdict);
        else if (verdict->property == PROPERTY_TRIAGE_MONOTONE || verdict->property == PROPERTY_TRIAGE_ASSESSED)
            judge_triage(trial, verdict);
        else if (verdict->property != PROPERTY_CITATIONS && strcmp(verdict->scope, "warning") != 0)
            judge(trial, i);
    }
}

static void find_row(struct slice id, const struct rule_set *set, const struct rule_decision **ret_decision,
                     uint32_t *ret_row)
{
    for (uint32_t d = 0; d < set->decision_count; d++)
        for (uint32_t r = 0; r < set->decision[d].row_count; r++)
            if (slice_equal(set->decision[d].row[r].id, id)) {
                *ret_decision = &set->decision[d];
                *ret_row = r;
            }
}

static bool compiles(struct arena *arena, const struct shipped *pack, struct slice dmn, const struct rule_set **ret_set)
{
    CLEANUP_BUFFER struct buffer lines = buffer_new(BYTES_MAX), compiled = buffer_new(BYTES_MAX);
    struct report report = {.into = &lines};

    return compile_pack(arena, dmn, pack->json, &report, &compiled, NULL) == OK &&
           rule_set_load(arena, buffer_view(&compiled), ret_set, NULL) == OK;
}

static void try_mutant(const struct shipped *pack, const struct mutant *mutant, struct world *world,
                       struct tally *tally)
{
    CLEANUP_ARENA struct arena *arena = arena_new(MEMORY);
    struct trial trial = {.pack = pack, .mutant = mutant, .world = world, .tally = tally};
    struct fault fault = {0};

    tally->mutants++;
    if (!compiles(arena, pack, mutant_apply(arena, pack->dmn, mutant), &trial.set)) {
        tally->not_rules++;
        return;
    }
    if (prove(arena, trial.set, pack->base, &trial.proof, &fault) != OK)
        fail_msg("%s", fault.detail);
    find_row(mutant->row, pack->set, &trial.before, &trial.row_before);
    find_row(mutant->row, trial.set, &trial.after, &trial.row_after);
    judge_all(&trial);
    assert_int_equal(!trial.broken, prove_holds(trial.proof));
    tally->broken += trial.broken;
    tally->seen_by_oracle += trial.seen;
}

/* ---- all packs ---- */

static void load(struct arena *arena, const char *name, struct shipped *ret)
{
    ret->name = name;
    ret->dmn = model_file(arena, arena_format(arena, "policy/%s/rules.dmn", name).data);
    ret->json = model_file(arena, arena_format(arena, "policy/%s/pack.json", name).data);
    ret->set = model_policy(arena, name);
    ret->base = rule_set_decision(ret->set, SLICE(COMBINE_PACK)) ? model_policy(arena, "joint-standard") : NULL;
}

/* `wanted`: how many mutants, chosen by chance; UINT32_MAX: each one. */
static void try_pack(const char *name, struct world *world, uint32_t wanted, struct tally *total)
{
    CLEANUP_ARENA struct arena *arena = arena_new(MEMORY);
    struct tally tally = {0};
    struct shipped pack;

    load(arena, name, &pack);
    struct mutants mutants = mutants_of(arena, pack.dmn, pack.set);
    assert_true(mutants.count > MUTANTS_OF_A_PACK);
    bool all = wanted >= mutants.count;
    for (uint32_t i = 0; i < (all ? mutants.count : wanted); i++) {
        uint32_t bits;
        world->random(world, &bits, sizeof bits);
        try_mutant(&pack, &mutants.mutant[all ? i : bits % mutants.count], world, &tally);
    }
    print_message("%-16s %5u of %5u mutants, %u no rules, %u broken (%u seen by the oracle), %u missed, "
                  "%u false alarms\n",
                  name, tally.mutants, mutants.count, tally.not_rules, tally.broken, tally.seen_by_oracle, tally.missed,
                  tally.false_alarms);
    total->mutants += tally.mutants;
    total->not_rules += tally.not_rules;
    total->broken += tally.broken;
    total->seen_by_oracle += tally.seen_by_oracle;
    total->missed += tally.missed;
    total->false_alarms += tally.false_alarms;
}

static uint32_t wanted_mutants(void)
{
    const char *wanted = getenv("HOSPITIUM_MUTANTS");
    uint64_t count;

    if (!wanted)
        return MUTANTS_OF_A_PACK;
    return slice_to_u64(slice_from_string(wanted), &count) ? (uint32_t)count : UINT32_MAX;
}

static void what_breaks_a_property_is_refuted_and_nothing_else(void **state)
{
    const char *name[PACKS_MAX];
    CLEANUP_ARENA struct arena *arena = arena_new(MEMORY);
    struct world world = world_driven(20260101, 0);
    struct tally total = {0};

    (void)state;
    size_t count = policy_names(arena, name, PACKS_MAX);
    assert_true(count >= 2);
    for (size_t i = 0; i < count; i++)
        try_pack(name[i], &world, wanted_mutants(), &total);
    print_message("%u mutants, %u no rules, %u broken (%u seen by the oracle), %u missed, %u false alarms\n",
                  total.mutants, total.not_rules, total.broken, total.seen_by_oracle, total.missed, total.false_alarms);
    assert_true(total.broken > 0 && total.broken < total.mutants);
    assert_true(total.seen_by_oracle > total.broken / 2);
    assert_int_equal(0, total.missed);
    assert_int_equal(0, total.false_alarms);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_breaks_a_property_is_refuted_and_nothing_else),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
