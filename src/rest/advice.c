/* SPDX-License-Identifier: Apache-2.0 */
#include "advice.h"

#include <time.h>

#include "care/entitlement.h"
#include "crypto/secret.h"
#include "safe/rulesets.h"

#define INPUTS_MAX 24

struct care_rules {
    const struct entitlement *entitlement;
    const struct rule_set *pack; /* or NULL */
};

struct pack_found {
    struct arena *arena;
    const char *directory;
    const struct rule_set *joint;
    const struct rule_set *pack;
    struct fault *fault;
};

/* A node has one jurisdiction's pack; of several, the first by name has the desk's questions. Sets of something else
 * (triage, referral) have none. */
static enum error take_first(void *context, const char *name)
{
    struct pack_found *found = context;
    const struct rule_set *set;

    if (found->pack)
        return OK;
    TRY(rulesets_load(found->arena, found->directory, name, found->joint, &set, found->fault));
    if (rule_set_decision(set, SLICE(COMBINE_PACK)))
        found->pack = set;
    return OK;
}

enum error advice_load(struct arena *arena, const char *directory, struct care_rules **ret_rules, struct fault *fault)
{
    struct care_rules *rules = arena_alloc(arena, sizeof *rules);
    struct pack_found found = {.arena = arena, .directory = directory, .fault = fault};

    if (!rules)
        return ERROR_MEMORY;
    TRY(rulesets_load(arena, directory, RULESETS_JOINT, NULL, &found.joint, fault));
    TRY(rulesets_packs(directory, take_first, &found));
    TRY(entitlement_new(arena, found.joint, found.pack, &rules->entitlement, fault));
    rules->pack = found.pack;
    *ret_rules = rules;
    return OK;
}

const struct rule_fact *advice_facts(const struct care_rules *rules, size_t *ret_count)
{
    return entitlement_facts(rules->entitlement, ret_count);
}

bool advice_asks(const struct care_rules *rules, struct slice name)
{
    size_t count;
    const struct rule_fact *fact = entitlement_facts(rules->entitlement, &count);

    for (size_t i = 0; i < count; i++)
        if (slice_equal(fact[i].name, name))
            return true;
    return false;
}

/* Law holds by the calendar of its place. */
static struct slice local_day(int64_t now_s, char day[static 16])
{
    time_t seconds = now_s;
    struct tm local = {0};

    if (!localtime_r(&seconds, &local))
        return slice_of("", 0);
    return slice_of(day, strftime(day, 16, "%Y-%m-%d", &local));
}

static bool is_said(const struct entitlement_fact *fact, size_t count, struct slice name)
{
    for (size_t i = 0; i < count; i++)
        if (slice_equal(fact[i].name, name))
            return true;
    return false;
}

/* A question as the rules take it, with the day; holds what was said, so it is wiped. */
struct question {
    struct entitlement_fact fact[INPUTS_MAX + 1];
    size_t facts;
    char day[16];
};

static void question_wipe(struct question *question)
{
    secret_wipe(question, sizeof *question);
}

#define CLEANUP_QUESTION __attribute__((cleanup(question_wipe)))

static enum error take_inputs(const struct care_rules *rules, const struct advice_input *input, size_t inputs,
                              int64_t now_s, struct question *ret_question, struct fault *fault)
{
    if (inputs > INPUTS_MAX)
        return ERROR_VALUE;
    ret_question->facts = 0;
    for (size_t i = 0; i < inputs; i++) {
        if (!advice_asks(rules, input[i].name) && !warning_rests_on(rules->pack, input[i].name))
            return fault_set(fault, ERROR_VALUE, "there is no input of that name");
        ret_question->fact[ret_question->facts++] = (struct entitlement_fact){input[i].name, input[i].value};
    }
    if (!is_said(ret_question->fact, ret_question->facts, SLICE("as_of")))
        ret_question->fact[ret_question->facts++] = (struct entitlement_fact){SLICE("as_of"),
                                                                              local_day(now_s, ret_question->day)};
    return OK;
}

enum error advice_warn(const struct care_rules *rules, const struct advice_input *input, size_t inputs, int64_t now_s,
                       struct warning ret_warning[static WARNINGS_MAX], size_t *ret_count, struct fault *fault)
{
    CLEANUP_QUESTION struct question question;
    struct slice missing = slice_of("", 0);

    TRY(take_inputs(rules, input, inputs, now_s, &question, fault));
    enum error error = warning_ask(rules->pack, question.fact, question.facts, ret_warning, ret_count, &missing);
    return error == OK ? OK : fault_set(fault, error, "input %.*s", SLICE_PRINT(missing));
}

enum error advice_give(const struct care_rules *rules, const struct advice_input *input, size_t inputs, int64_t now_s,
                       struct advice *ret_advice, struct fault *fault)
{
    CLEANUP_QUESTION struct question question;
    struct entitlement_answer answer;
    struct slice missing = slice_of("", 0);

    TRY(take_inputs(rules, input, inputs, now_s, &question, fault));
    enum error error = entitlement_ask(rules->entitlement, question.fact, question.facts, &answer, &missing);
    if (error != OK)
        return fault_set(fault, error, "input %.*s", SLICE_PRINT(missing));
    *ret_advice = (struct advice){
        .access = answer.access,
        .may_refuse = answer.may_refuse,
        .charge = answer.charge,
        .paper = answer.paper,
        .who_helps = answer.who_helps,
        .pack = answer.set->pack,
        .row = answer.row->id,
        .source = answer.row->citation.source,
        .article = answer.row->citation.article,
        .text = answer.row->citation.text,
        .draft = answer.draft,
    };
    return OK;
}
