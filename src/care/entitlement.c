/* SPDX-License-Identifier: Apache-2.0 */
#include "entitlement.h"

#include "crypto/secret.h"
#include "question.h"

/* One of the two tables, with the messages of the words that only it knows. */
struct table {
    const struct rule_set *set;
    struct care_table care;
    uint64_t asks;        /* facts of the set that it rests on */
    int paper, who_helps; /* outputs, or -1 */
    const struct slice *paper_key, *who_helps_key;
};

struct entitlement {
    struct table floor, pack; /* pack.set is NULL without one */
    size_t fact_count;
    struct rule_fact fact[2 * RULE_FACTS_MAX];
    struct slice access_key[DUE_ACCESS_COUNT], charge_key[DUE_CHARGE_COUNT];
};

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static enum error make_key(struct arena *arena, const char *prefix, struct slice word, struct slice *ret)
{
    struct slice key = arena_format(arena, "%s.%.*s", prefix, SLICE_PRINT(word));

    if (!key.data)
        return ERROR_MEMORY;
    for (size_t i = 0; i < key.length; i++)
        ((char *)(uintptr_t)key.data)[i] = lower(key.data[i]);
    *ret = key;
    return OK;
}

/* The keys of all words of one output, by value number. */
static enum error make_keys(struct arena *arena, const struct rule_decision *decision, int output, const char *prefix,
                            const struct slice **ret)
{
    if (output < 0)
        return OK;
    uint32_t count = decision->output[output].value_count;
    struct slice *key = arena_array(arena, count, sizeof *key);
    if (!key)
        return ERROR_MEMORY;
    for (uint32_t i = 0; i < count; i++)
        TRY(make_key(arena, prefix, decision->output[output].value[i], &key[i]));
    *ret = key;
    return OK;
}

static enum error make_table(struct arena *arena, const struct rule_set *set, const char *name, struct table *ret,
                             struct fault *fault)
{
    const struct rule_decision *decision = rule_set_decision(set, slice_from_string(name));
    struct table table = {.set = set};

    if (!decision)
        return fault_set(fault, ERROR_CORRUPT, "The rule set %.*s lacks the decision %s.", SLICE_PRINT(set->pack),
                         name);
    TRY(combine_table(decision, &table.care, fault));
    table.asks = decision->chain_facts;
    table.paper = rule_decision_output(decision, SLICE("paper"));
    table.who_helps = rule_decision_output(decision, SLICE("who_helps"));
    TRY(make_keys(arena, decision, table.paper, "paper", &table.paper_key));
    TRY(make_keys(arena, decision, table.who_helps, "helper", &table.who_helps_key));
    *ret = table;
    return OK;
}

static bool has_fact(const struct entitlement *entitlement, struct slice name)
{
    for (size_t i = 0; i < entitlement->fact_count; i++)
        if (slice_equal(entitlement->fact[i].name, name))
            return true;
    return false;
}

static void add_facts(struct entitlement *entitlement, const struct table *table)
{
    for (uint32_t f = 0; f < table->set->fact_count; f++)
        if (table->asks >> f & 1 && !has_fact(entitlement, table->set->fact[f].name))
            entitlement->fact[entitlement->fact_count++] = table->set->fact[f];
}

static enum error make_word_keys(struct arena *arena, struct entitlement *entitlement)
{
    for (enum due_access a = 0; a < DUE_ACCESS_COUNT; a++)
        TRY(make_key(arena, "entitlement", slice_from_string(combine_access_word(a)), &entitlement->access_key[a]));
    for (enum due_charge c = 0; c < DUE_CHARGE_COUNT; c++)
        TRY(make_key(arena, "charge", slice_from_string(combine_charge_word(c)), &entitlement->charge_key[c]));
    return OK;
}

enum error entitlement_new(struct arena *arena, const struct rule_set *standard, const struct rule_set *pack,
                           const struct entitlement **ret, struct fault *fault)
{
    struct entitlement *entitlement = arena_alloc(arena, sizeof *entitlement);

    if (!entitlement)
        return ERROR_MEMORY;
    TRY(make_table(arena, standard, COMBINE_FLOOR, &entitlement->floor, fault));
    add_facts(entitlement, &entitlement->floor);
    if (pack) {
        TRY(make_table(arena, pack, COMBINE_PACK, &entitlement->pack, fault));
        add_facts(entitlement, &entitlement->pack);
    }
    TRY(make_word_keys(arena, entitlement));
    *ret = entitlement;
    return OK;
}

const struct rule_fact *entitlement_facts(const struct entitlement *entitlement, size_t *ret_count)
{
    *ret_count = entitlement->fact_count;
    return entitlement->fact;
}

static void result_wipe(struct rule_result *result)
{
    secret_wipe(result, sizeof *result);
}

#define CLEANUP_RESULT __attribute__((cleanup(result_wipe)))

static enum error ask_table(const struct table *table, const struct entitlement_fact *fact, size_t count,
                            struct rule_result *ret_result, struct slice *ret_missing)
{
    CLEANUP_QUESTION struct question question;
    const struct rule_decision *decision = table->care.decision;

    TRY(question_ask(decision, fact, count, &question, ret_missing));
    *ret_result = question.result[decision->number];
    return OK;
}

static bool can_wait(const struct entitlement_fact *fact, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (slice_is(fact[i].name, COMBINE_URGENCY))
            return slice_is(fact[i].value, "deferrable");
    return false;
}

static void say_word(const struct table *table, int output, const struct slice *keys, const struct rule_result *result,
                     struct slice *ret_word, struct slice *ret_key)
{
    if (output < 0)
        return;
    uint16_t value = result->output[output];
    *ret_word = table->care.decision->output[output].value[value];
    *ret_key = keys[value];
}

static void say_due(const struct entitlement *entitlement, struct entitlement_answer *answer)
{
    answer->access = slice_from_string(combine_access_word(answer->due.access));
    answer->access_key = entitlement->access_key[answer->due.access];
    answer->charge = slice_from_string(combine_charge_word(answer->due.charge));
    answer->charge_key = entitlement->charge_key[answer->due.charge];
    answer->may_refuse = slice_from_string(combine_refusal_word(answer->due.may_refuse));
    answer->may_refuse_key = answer->due.may_refuse == DUE_REFUSAL_NO ? SLICE("answer.refuse.no")
                                                                      : SLICE("answer.refuse.ask");
}

static void say_helper(const struct table *table, const struct rule_result *result, struct entitlement_answer *answer)
{
    say_word(table, table->who_helps, table->who_helps_key, result, &answer->who_helps, &answer->who_helps_key);
}

static void say_floor(const struct table *floor, const struct rule_result *result, bool deferrable,
                      struct entitlement_answer *answer)
{
    struct care_due due = combine_due(&floor->care, result);

    answer->due = combine_care(due, due, deferrable);
    answer->decided_by = ENTITLEMENT_FLOOR;
    answer->set = floor->set;
    answer->row = answer->charge_row = result->row;
    say_word(floor, floor->paper, floor->paper_key, result, &answer->paper, &answer->paper_key);
    say_helper(floor, result, answer);
}

/* Takes in what the pack says, over what the floor said. On equal terms the pack is named: it is the law of the
 * place. */
static void say_pack(const struct table *pack, const struct rule_result *result, bool deferrable,
                     struct entitlement_answer *answer)
{
    struct care_due floor_due = answer->due, pack_due = combine_due(&pack->care, result);

    if (pack->set->draft)
        pack_due = combine_soften_draft(pack_due);
    answer->due = combine_care(floor_due, pack_due, deferrable);
    answer->draft = pack->set->draft;
    if (pack_due.access >= floor_due.access) {
        answer->decided_by = ENTITLEMENT_PACK;
        answer->row = result->row;
        answer->set = pack->set;
    }
    if (pack_due.charge <= floor_due.charge)
        answer->charge_row = result->row;
    say_word(pack, pack->paper, pack->paper_key, result, &answer->paper, &answer->paper_key);
    struct slice floor_helper = answer->who_helps, floor_helper_key = answer->who_helps_key;
    say_helper(pack, result, answer);
    if (slice_is(answer->who_helps, "none")) {
        answer->who_helps = floor_helper;
        answer->who_helps_key = floor_helper_key;
    }
}

enum error entitlement_ask(const struct entitlement *entitlement, const struct entitlement_fact *fact, size_t count,
                           struct entitlement_answer *ret, struct slice *ret_missing)
{
    CLEANUP_RESULT struct rule_result floor = {0}, pack = {0};
    struct entitlement_answer answer = {0};
    bool deferrable = can_wait(fact, count);

    TRY(ask_table(&entitlement->floor, fact, count, &floor, ret_missing));
    if (entitlement->pack.set)
        TRY(ask_table(&entitlement->pack, fact, count, &pack, ret_missing));
    say_floor(&entitlement->floor, &floor, deferrable, &answer);
    if (entitlement->pack.set)
        say_pack(&entitlement->pack, &pack, deferrable, &answer);
    say_due(entitlement, &answer);
    *ret = answer;
    secret_wipe(&answer, sizeof answer);
    return OK;
}
