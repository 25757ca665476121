/* SPDX-License-Identifier: Apache-2.0 */
#include "decider.h"

#define WORDS_MAX 16

/* Which list of the vocabulary feeds which fact of the rules, and how many words it has. */
static const struct {
    const char *fact;
    enum vocabulary_list list;
    unsigned words;
} feeds[] = {
    {"sector", VOCABULARY_SECTOR, SECTOR_COUNT},
    {"role", VOCABULARY_ROLE, ROLE_COUNT},
    {"purpose", VOCABULARY_PURPOSE, PURPOSE_COUNT},
    {"training", VOCABULARY_TRAINING, TRAINING_COUNT},
    {"action", VOCABULARY_ACTION, ACTION_COUNT},
    {"drawer", VOCABULARY_DRAWER, DRAWER_COUNT},
    {"relation", VOCABULARY_RELATION, RELATION_COUNT},
    {"consent", VOCABULARY_CONSENT, CONSENT_COUNT},
    {"break_glass", VOCABULARY_BREAK_GLASS, BREAK_GLASS_COUNT},
    {"order", VOCABULARY_ORDER, ORDER_COUNT},
    {"self", VOCABULARY_SELF, SELF_COUNT},
};
#define FEEDS (sizeof feeds / sizeof *feeds)

static const struct {
    const char *word;
    enum obligation obligation;
} obligation_words[] = {
    {"log", OBLIGATION_LOG},
    {"notify_person", OBLIGATION_NOTIFY},
    {"review", OBLIGATION_REVIEW},
    {"expire_1h", OBLIGATION_EXPIRE},
    {"redact_location", OBLIGATION_REDACT_LOCATION},
    {"subset", OBLIGATION_SUBSET},
    {"minimum", OBLIGATION_MINIMUM},
    {"tell_after_term", OBLIGATION_TELL_AFTER_TERM},
};
#define OBLIGATIONS (sizeof obligation_words / sizeof *obligation_words)

struct decider {
    const struct rule_decision *disclosure;
    const struct rule_decision *obligations;
    int fact[FEEDS];                         /* number of the fact in the rules */
    int64_t value[FEEDS][WORDS_MAX];         /* vocabulary number -> value in the rules */
    enum outcome outcome[OUTCOME_COUNT];     /* output value number -> outcome */
    unsigned obligation[RULE_COLLECTED_MAX]; /* output value number -> bit */
    int outcome_output;
    bool *suspended; /* a flag a row of disclosure */
};

static enum error map_words(struct decider *decider, const struct rule_set *set, size_t feed, struct fault *fault)
{
    int fact = rule_set_fact(set, slice_from_string(feeds[feed].fact));

    if (fact < 0)
        return fault_set(fault, ERROR_PROFILE, "the rules have no input %s", feeds[feed].fact);
    decider->fact[feed] = fact;
    for (unsigned word = 0; word < feeds[feed].words; word++) {
        const char *text = vocabulary_word(feeds[feed].list, word);
        if (rule_value_of(&set->fact[fact].domain, slice_from_string(text), &decider->value[feed][word]) != OK)
            return fault_set(fault, ERROR_PROFILE, "the rules' input %s has no value %s", feeds[feed].fact, text);
    }
    return OK;
}

static enum error map_outcomes(struct decider *decider, struct fault *fault)
{
    if (decider->disclosure->hit_policy == RULE_COLLECT)
        return fault_set(fault, ERROR_PROFILE, "the decision disclosure must be made by one row");
    decider->outcome_output = rule_decision_output(decider->disclosure, SLICE("outcome"));
    if (decider->outcome_output < 0)
        return fault_set(fault, ERROR_PROFILE, "the decision disclosure has no output outcome");
    const struct rule_output *output = &decider->disclosure->output[decider->outcome_output];
    for (unsigned o = 0; o < OUTCOME_COUNT; o++) {
        int value = rule_output_value(output, slice_from_string(vocabulary_outcome((enum outcome)o)));
        if (value >= OUTCOME_COUNT)
            return fault_set(fault, ERROR_PROFILE, "the decision disclosure has outcomes that are not known");
        if (value >= 0)
            decider->outcome[value] = (enum outcome)o;
    }
    return OK;
}

static enum error map_obligations(struct decider *decider, struct fault *fault)
{
    if (decider->obligations->hit_policy != RULE_COLLECT || decider->obligations->output_count != 1)
        return fault_set(fault, ERROR_PROFILE, "the decision obligations must COLLECT one output");
    if (!(decider->obligations->chain >> decider->disclosure->number & 1))
        return fault_set(fault, ERROR_PROFILE, "the decision obligations must rest on disclosure");
    for (size_t i = 0; i < OBLIGATIONS; i++) {
        int value = rule_output_value(&decider->obligations->output[0], slice_from_string(obligation_words[i].word));
        if (value >= 0)
            decider->obligation[value] = obligation_words[i].obligation;
    }
    return OK;
}

enum error decider_new(struct arena *arena, const struct rule_set *set, struct decider **ret_decider,
                       struct fault *fault)
{
    struct decider *decider = arena_alloc(arena, sizeof *decider);

    if (!decider)
        return ERROR_MEMORY;
    decider->disclosure = rule_set_decision(set, SLICE("disclosure"));
    decider->obligations = rule_set_decision(set, SLICE("obligations"));
    if (!decider->disclosure || !decider->obligations)
        return fault_set(fault, ERROR_PROFILE, "the rules have no decision disclosure or obligations");
    for (size_t feed = 0; feed < FEEDS; feed++)
        TRY(map_words(decider, set, feed, fault));
    TRY(map_outcomes(decider, fault));
    TRY(map_obligations(decider, fault));
    decider->suspended = arena_array(arena, decider->disclosure->row_count, sizeof *decider->suspended);
    if (!decider->suspended)
        return ERROR_MEMORY;
    *ret_decider = decider;
    return OK;
}

bool decider_has_row(const struct decider *decider, struct slice row)
{
    for (uint32_t i = 0; i < decider->disclosure->row_count; i++)
        if (slice_equal(decider->disclosure->row[i].id, row))
            return true;
    return false;
}

void decider_suspend(struct decider *decider, struct slice row, bool suspended)
{
    for (uint32_t i = 0; i < decider->disclosure->row_count; i++)
        if (slice_equal(decider->disclosure->row[i].id, row))
            decider->suspended[i] = suspended;
}

static unsigned obligations_of(const struct decider *decider, uint64_t collected)
{
    unsigned obligations = 0;

    for (uint64_t left = collected; left != 0; left &= left - 1)
        obligations |= decider->obligation[__builtin_ctzll(left)];
    return obligations;
}

struct decision decider_decide(const struct decider *decider, const struct decider_facts *facts)
{
    const unsigned said[FEEDS] = {facts->sector,      facts->role,   facts->purpose,  facts->training,
                                  facts->action,      facts->drawer, facts->relation, facts->consent,
                                  facts->break_glass, facts->order,  facts->self};
    struct rule_result result[RULE_DECISIONS_MAX];
    int64_t fact[RULE_FACTS_MAX];

    for (size_t i = 0; i < RULE_FACTS_MAX; i++)
        fact[i] = RULE_UNKNOWN;
    for (size_t feed = 0; feed < FEEDS; feed++)
        fact[decider->fact[feed]] = decider->value[feed][said[feed]];
    if (rules_decide_chain(decider->obligations, fact, result) != OK)
        return (struct decision){.outcome = OUTCOME_NONE, .row = SLICE("no rule permits it"), .citation = SLICE("")};

    const struct rule_result *disclosed = &result[decider->disclosure->number];
    bool suspended = decider->suspended[disclosed->row - decider->disclosure->row];
    return (struct decision){
        .outcome = suspended ? OUTCOME_NONE : decider->outcome[disclosed->output[decider->outcome_output]],
        .obligations = obligations_of(decider, result[decider->obligations->number].collected[0]),
        .row = disclosed->row->id,
        .citation = disclosed->row->citation.source,
        .article = disclosed->row->citation.article,
    };
}

struct slice decider_basis(const struct decider_facts *facts)
{
    if (facts->order == ORDER_VALID || facts->order == ORDER_OPEN)
        return SLICE("order");
    if (facts->self == SELF_YES)
        return SLICE("self");
    if (facts->break_glass == BREAK_GLASS_ACTIVE && facts->purpose == PURPOSE_ETREAT)
        return SLICE("vital_interest");
    if (facts->relation == RELATION_OPEN_ENCOUNTER)
        return SLICE("care_relation");
    if (facts->consent == CONSENT_PERMIT)
        return SLICE("consent");
    return facts->relation == RELATION_PAST ? SLICE("past_care") : SLICE("task");
}

void decider_obligations_write(unsigned obligations, struct buffer *into)
{
    bool first = true;

    for (size_t i = 0; i < OBLIGATIONS; i++) {
        if (!(obligations & obligation_words[i].obligation))
            continue;
        buffer_string(into, first ? "" : " ");
        buffer_string(into, obligation_words[i].word);
        first = false;
    }
}
