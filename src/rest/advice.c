/* SPDX-License-Identifier: Apache-2.0 */
#include "advice.h"

#include <time.h>

#include "care/entitlement.h"
#include "crypto/secret.h"
#include "safe/rulesets.h"

#define INPUTS_MAX 24

struct care_rules {
    const struct entitlement *entitlement;
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
    *ret_rules = rules;
    return OK;
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

enum error advice_give(const struct care_rules *rules, const struct advice_input *input, size_t inputs, int64_t now_s,
                       struct advice *ret_advice, struct fault *fault)
{
    struct entitlement_fact fact[INPUTS_MAX + 1];
    struct entitlement_answer answer;
    struct slice missing = slice_of("", 0);
    char day[16];

    if (inputs > INPUTS_MAX)
        return ERROR_VALUE;
    for (size_t i = 0; i < inputs; i++) {
        if (!advice_asks(rules, input[i].name))
            return fault_set(fault, ERROR_VALUE, "there is no input of that name");
        fact[i] = (struct entitlement_fact){input[i].name, input[i].value};
    }
    if (advice_asks(rules, SLICE("as_of")) && !is_said(fact, inputs, SLICE("as_of")))
        fact[inputs++] = (struct entitlement_fact){SLICE("as_of"), local_day(now_s, day)};
    enum error error = entitlement_ask(rules->entitlement, fact, inputs, &answer, &missing);
    secret_wipe(fact, sizeof fact);
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
