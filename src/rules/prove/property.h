/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* The properties, each a walk through every case, and what came of it. */

#include "base/arena.h"
#include "crypto/hash.h"
#include "rules/record.h"
#include "space.h"

#define PROOF_VERDICTS_MAX 48
#define PROPERTY_ROWS_MAX 100 /* rows that are named of one failure; the rest is counted */
#define PROPERTY_EVERY_DAY INT64_MIN

/* Words of a verdict. */
#define PROPERTY_PROVED "proved"
#define PROPERTY_REFUTED "refuted"
#define PROPERTY_REPORTED "reported"
#define PROPERTY_UNPROVED "unproved"
#define PROPERTY_DISAGREE "DISAGREE"

/* A fact of somebody for whom a property does not hold, in the words that `hospitium decide` takes. */
struct property_fact {
    struct slice name, value;
};

struct property_verdict {
    enum rule_property property;
    const char *scope; /* "alone", or "combined": together with the floor of the joint standard */
    bool proved;
    uint64_t cells;              /* cases that were gone through */
    struct slice counterexample; /* a sentence about one person; empty when proved */

    /* The person of the sentence, all facts; and with whom she was compared: the same, but for one fact. */
    const struct property_fact *person;
    uint32_t person_count;
    struct property_fact beside; /* no name: with nobody */

    const struct rule_row *const *row; /* all that cause the failure, each once, at most PROPERTY_ROWS_MAX */
    uint32_t row_count, rows_in_all;

    /* The second proof (second.h). */
    bool has_text;        /* it is about cases, and the texts were made */
    const char *about;    /* the decision; NULL: all of them, or no text */
    const char *z3;       /* PROPERTY_PROVED, _REFUTED, _UNPROVED; NULL: the solver was not asked */
    struct slice z3_says; /* the case of its refutation, or why it does not answer */
    struct hash smt_hash; /* of the text that it was given */
};

struct proof {
    struct arena *arena;
    struct fault *fault;
    const struct rule_set *set;
    const struct rule_set *base; /* NULL: the set is the joint standard itself */
    int64_t day;                 /* of every fact `as_of`; or PROPERTY_EVERY_DAY */
    struct slice solver;         /* name and version; empty: none was asked, or there is none */
    size_t count;
    struct property_verdict verdict[PROOF_VERDICTS_MAX];
};

/* Each adds its verdicts. A property that does not hold is no error. ERROR_MEMORY, ERROR_PROFILE (the tables cannot be
 * walked; then nothing is proved), ERROR_VALUE (proof->day is outside of what the tables ask). */
MUST_CHECK enum error property_form(struct proof *proof);        /* totality, citations, no dead row */
MUST_CHECK enum error property_time(struct proof *proof);        /* no gap in time */
MUST_CHECK enum error property_care(struct proof *proof);        /* of care_floor or entitlement, where there is one */
MUST_CHECK enum error property_disclosure(struct proof *proof);  /* of disclosure, where there is one */
MUST_CHECK enum error property_obligations(struct proof *proof); /* of obligations, where there are any */
MUST_CHECK enum error property_law(struct proof *proof);         /* of disclosure_law and warning, where there is one */
MUST_CHECK enum error property_triage(struct proof *proof);      /* of triage, where there is one */

/* Which rows of a decision decide some case: one byte a row, by a walk through every case of it and what feeds it (of a
 * long chain: of it alone, whatever might feed it). */
MUST_CHECK enum error property_deciders(struct proof *proof, const struct rule_decision *decision,
                                        const uint8_t **ret_decides, uint64_t *ret_cells);

/* What both proofs say: proved, refuted; reported where a property that does not block fails; unproved where the solver
 * does not answer; DISAGREE where one proves what the other refutes, so that one of them is wrong. */
const char *property_word(const struct property_verdict *verdict);

/* Does this verdict keep the set from being activated? A contradiction always does. */
bool property_prevents(const struct property_verdict *verdict);

/* For the sources of this folder. */
#define PROPERTY_AS_OF "as_of"

struct property_verdict *property_record(struct proof *proof, enum rule_property property, const char *scope,
                                         uint64_t cells, struct slice counterexample);

/* Rows that fall short of what is claimed of each row. */
struct row_list {
    const struct rule_decision *decision; /* of the first one */
    const struct rule_row *row[PROPERTY_ROWS_MAX];
    uint32_t count; /* with those past the maximum */
};
void row_list_add(struct row_list *list, const struct rule_decision *decision, const struct rule_row *row);

/* "Row BE-13 of entitlement cites nothing." Proved where the list is empty. ERROR_MEMORY. */
MUST_CHECK enum error row_list_record(struct proof *proof, enum rule_property property, uint64_t cells,
                                      const struct row_list *list, const char *what);

/* The cases of a space that proof->day leaves: all, or those of one day. Each pointer may be set to other cells. */
MUST_CHECK enum error property_box(struct proof *proof, const struct space *space, const uint8_t ***ret_box);

/* A counterexample must never be lost to a lack of memory: an empty one would read as a proof. */
struct slice property_sentence(struct slice sentence);
