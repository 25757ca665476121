/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* A claim about every case, and the search for whom it does not hold.
 *
 * Either about one person (`broken`), or about two who differ in one fact alone (`fare`, `compares`): the first, the
 * subject, must not fare worse than the second. The search goes on after the first failure, so that all rows that cause
 * one are named; of the first person only those facts are told without which the claim might hold. */

#include "base/buffer.h"
#include "property.h"

/* How somebody fares, on the scales that the claim looks at. Higher is better for the person. */
#define CLAIM_SCALES 2
struct claim_fare {
    bool answered; /* by all tables; without an answer the claim is broken */
    int scale[CLAIM_SCALES];
};

struct claim {
    struct proof *proof;
    enum rule_property property;
    const char *scope;
    const char *who; /* "A person" */
    const struct space *space;
    const uint8_t **box; /* whom it is about */
    uint64_t seen;       /* facts that the functions below look at, besides the results: bit f for fact f */
    int blamed;          /* the decision of the space whose row causes a failure */
    const void *context;

    /* About one person; NULL: about two. */
    bool (*broken)(const struct claim *claim, const struct space_case *found);

    /* About two. */
    int varied; /* the fact in which they differ */
    struct claim_fare (*fare)(const struct claim *claim, const struct space_case *found);
    bool (*compares)(const struct space_fact *varied, uint32_t subject, uint32_t reference);

    /* Says what is wrong: "row X gives … where …". `reference` is NULL where the claim is about one person, or where
     * the subject gets no answer. */
    void (*tell)(const struct claim *claim, struct buffer *into, const struct space_case *subject,
                 const struct space_case *reference);
};

/* What a search found so far; one may be used for several claims, one after the other. */
struct finding {
    uint64_t cells;
    struct property_verdict failure; /* counterexample empty: none so far */
    uint8_t *blamed;                 /* of the rows of `rules`, a byte each */
    const struct rule_decision *rules;
};

/* Goes through every case of the claim. ERROR_MEMORY. */
MUST_CHECK enum error claim_check(const struct claim *claim, struct finding *finding);

/* Adds the verdict of what was found. ERROR_MEMORY. */
MUST_CHECK enum error claim_record(const struct claim *claim, struct finding *finding);

/* Checks and records: for a claim that one search settles. */
MUST_CHECK enum error claim_prove(const struct claim *claim);

/* Cases with these words of a fact only; ends with NULL. False: the fact does not have them all. */
MUST_CHECK enum error claim_keep(struct claim *claim, int fact, const char *const *words, bool *ret_has_all);

/* For `compares`: the subject does not know the fact, the other one does. */
bool claim_is_unknown_beside(const struct space_fact *varied, uint32_t subject, uint32_t reference);

/* "row DE-07 (Asylbewerberleistungsgesetz, § 4)": with what it cites, or without. */
void claim_write_row(struct buffer *into, const struct rule_row *row);
void claim_write_citation(struct buffer *into, const struct rule_row *row);
