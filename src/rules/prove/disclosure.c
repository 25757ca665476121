/* SPDX-License-Identifier: Apache-2.0 */

/* What is proved of disclosure: the chain from who asks to how much of a drawer opens, walked as one. */

#include "property.h"

/* The words of the outcome, from nothing to everything. */
static const char *const outcomes[] = {"NONE", "EXISTENCE", "SUMMARY", "FULL"};
#define OUTCOMES 4

struct inquiry {
    struct proof *proof;
    const struct space *space;
    int at;                  /* disclosure, in the space */
    unsigned rank[OUTCOMES]; /* value number -> how much is open */
    int sector, purpose, action, drawer, order;
    int varied;
    unsigned least, at_unknown; /* of the cases that differ in `varied` alone */
    struct slice counterexample;
};

static struct slice word_of(const struct inquiry *inquiry, const struct space_case *found, int fact)
{
    return inquiry->space->fact[fact].cell[found->cell[fact]].words;
}

/* What no row decides is not given: the safe refuses on any error. */
static unsigned openness(const struct inquiry *inquiry, const struct space_case *found)
{
    return found->verdict[inquiry->at] == OK ? inquiry->rank[found->result[inquiry->at].output[0]] : 0;
}

static bool refute(struct inquiry *inquiry, const struct space_case *found, const char *what)
{
    const struct rule_row *row = found->verdict[inquiry->at] == OK ? found->result[inquiry->at].row : NULL;

    inquiry->counterexample = property_sentence(inquiry->proof, "Somebody", found, "%s: %s, by row %.*s.", what,
                                                outcomes[openness(inquiry, found)],
                                                SLICE_PRINT(row ? row->id : SLICE("none")));
    return false;
}

static bool gets_nothing(void *context, const struct space_case *found)
{
    struct inquiry *inquiry = context;

    if (slice_is(word_of(inquiry, found, inquiry->order), "valid"))
        return true;
    return openness(inquiry, found) == 0 || refute(inquiry, found, "is let through the firewall");
}

/* Which drawers belong to which purpose, to be looked into and to be written. What is not listed opens nothing. */
static const struct {
    const char *purpose, *looks_into, *writes;
} belongs[] = {
    {"TREAT", "identity contact clinical sensitive social", "identity contact clinical sensitive social audit"},
    {"ETREAT", "identity contact clinical sensitive social", "identity contact clinical sensitive social audit"},
    {"CAREMGT", "identity contact social", "identity contact social"},
    {"HPAYMT", "coverage", "coverage"},
    {"PATRQT", "identity contact clinical sensitive social coverage audit",
     "identity contact clinical sensitive social coverage audit"},
    {"HLEGAL", "audit", ""},
    {"HOPERAT", "audit", "identity contact clinical sensitive social coverage audit"},
};

static bool names(const char *list, struct slice word)
{
    struct slice rest = slice_from_string(list);

    while (rest.length > 0)
        if (slice_equal(slice_cut(&rest, ' '), word))
            return true;
    return false;
}

static bool is_looking(struct slice action)
{
    return !slice_is(action, "write") && !slice_is(action, "register") && !slice_is(action, "erase");
}

static bool keeps_to_purpose(void *context, const struct space_case *found)
{
    struct inquiry *inquiry = context;
    struct slice purpose = word_of(inquiry, found, inquiry->purpose), drawer = word_of(inquiry, found, inquiry->drawer);

    if (openness(inquiry, found) == 0)
        return true;
    for (size_t i = 0; i < sizeof belongs / sizeof belongs[0]; i++)
        if (slice_is(purpose, belongs[i].purpose) &&
            names(is_looking(word_of(inquiry, found, inquiry->action)) ? belongs[i].looks_into : belongs[i].writes,
                  drawer))
            return true;
    return refute(inquiry, found, "opens a drawer that does not belong to the purpose");
}

static bool unknown_opens_least(void *context, const struct space_case *found)
{
    struct inquiry *inquiry = context;
    const struct space_fact *varied = &inquiry->space->fact[inquiry->varied];
    uint32_t cell = found->cell[inquiry->varied];
    unsigned open = openness(inquiry, found);

    if (cell == 0 || open < inquiry->least)
        inquiry->least = open;
    if (slice_is(varied->cell[cell].words, "unknown"))
        inquiry->at_unknown = open;
    if (cell + 1 == varied->cell_count && inquiry->at_unknown > inquiry->least)
        return refute(inquiry, found, "would get more if a fact were not known");
    return true;
}

static enum error tour_cells(struct inquiry *inquiry, int fact, const char *const *words, uint64_t *cells)
{
    uint64_t named = space_cells_named(&inquiry->space->fact[fact], words), seen;
    struct space_tour tour = {.last = -1, .only = fact, .cells = named, .seen = UINT64_C(1) << inquiry->order};
    int wanted = 0;

    while (words[wanted])
        wanted++;
    if (__builtin_popcountll(named) != wanted) {
        inquiry->counterexample = SLICE("The tables do not know the words of enforcement.");
        return OK;
    }
    TRY(space_walk(inquiry->space, &tour, gets_nothing, inquiry, &seen));
    *cells += seen;
    return OK;
}

static enum error prove_firewall(struct inquiry *inquiry)
{
    static const char *const sectors[] = {"immigration", "lawenforcement", NULL}, *const purposes[] = {"ENFORCE", NULL};
    uint64_t cells = 0;

    inquiry->counterexample = slice_of("", 0);
    TRY(tour_cells(inquiry, inquiry->sector, sectors, &cells));
    if (inquiry->counterexample.length == 0)
        TRY(tour_cells(inquiry, inquiry->purpose, purposes, &cells));
    property_record(inquiry->proof, PROPERTY_FIREWALL, "alone", cells, inquiry->counterexample);
    return OK;
}

static enum error prove_purpose(struct inquiry *inquiry)
{
    struct space_tour tour = SPACE_ALL;
    uint64_t cells = 0;

    tour.seen = UINT64_C(1) << inquiry->purpose | UINT64_C(1) << inquiry->action | UINT64_C(1) << inquiry->drawer;
    inquiry->counterexample = slice_of("", 0);
    TRY(space_walk(inquiry->space, &tour, keeps_to_purpose, inquiry, &cells));
    property_record(inquiry->proof, PROPERTY_PURPOSE, "alone", cells, inquiry->counterexample);
    return OK;
}

static enum error prove_missing_facts(struct inquiry *inquiry)
{
    uint64_t cells = 0;

    inquiry->counterexample = slice_of("", 0);
    for (uint32_t f = 0; f < inquiry->space->fact_count && inquiry->counterexample.length == 0; f++) {
        struct space_tour tour = {.last = (int)f, .only = -1};
        uint64_t seen;
        if (!space_has_unknown(&inquiry->space->fact[f]))
            continue;
        inquiry->varied = (int)f;
        TRY(space_walk(inquiry->space, &tour, unknown_opens_least, inquiry, &seen));
        cells += seen;
    }
    property_record(inquiry->proof, PROPERTY_MISSING_FACTS, "alone", cells, inquiry->counterexample);
    return OK;
}

static enum error rank_outcomes(struct inquiry *inquiry, const struct rule_decision *disclosure)
{
    const struct rule_output *output = &disclosure->output[0];

    if (disclosure->hit_policy == RULE_COLLECT || disclosure->output_count != 1 || output->value_count > OUTCOMES)
        return fault_set(inquiry->proof->fault, ERROR_PROFILE, "The decision disclosure must give one outcome.");
    for (uint32_t value = 0; value < output->value_count; value++) {
        unsigned rank = 0;
        while (rank < OUTCOMES && !slice_is(output->value[value], outcomes[rank]))
            rank++;
        if (rank == OUTCOMES)
            return fault_set(inquiry->proof->fault, ERROR_PROFILE, "The decision disclosure has an outcome %.*s.",
                             SLICE_PRINT(output->value[value]));
        inquiry->rank[value] = rank;
    }
    return OK;
}

static enum error find_facts(struct inquiry *inquiry)
{
    const struct {
        const char *name;
        int *ret;
    } wanted[] = {{"sector", &inquiry->sector},
                  {"purpose", &inquiry->purpose},
                  {"action", &inquiry->action},
                  {"drawer", &inquiry->drawer},
                  {"order", &inquiry->order}};

    for (size_t i = 0; i < sizeof wanted / sizeof wanted[0]; i++) {
        *wanted[i].ret = space_find_fact(inquiry->space, wanted[i].name);
        if (*wanted[i].ret < 0)
            return fault_set(inquiry->proof->fault, ERROR_PROFILE, "The disclosure tables never ask for the fact %s.",
                             wanted[i].name);
    }
    return OK;
}

enum error property_disclosure(struct proof *proof)
{
    const struct rule_decision *disclosure = rule_set_decision(proof->set, SLICE("disclosure"));
    struct inquiry inquiry = {.proof = proof};

    if (!disclosure)
        return OK;
    TRY(rank_outcomes(&inquiry, disclosure));
    TRY(space_make(proof->arena, &disclosure, 1, false, &inquiry.space, proof->fault));
    inquiry.at = space_find_decision(inquiry.space, disclosure);
    TRY(find_facts(&inquiry));
    TRY(prove_firewall(&inquiry));
    TRY(prove_purpose(&inquiry));
    return prove_missing_facts(&inquiry);
}
