/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* The properties as SMT-LIB 2.6 texts, for a solver. They are made from the cells as an author wrote them
 * (rules/dmn/model.h), never from the compiled tables that the enumeration goes through; and what the tables mean, what
 * the floor adds and what each property claims is said here once more, in the solver's words. So the two proofs check
 * each other: a mistake in one of them shows as a disagreement.
 *
 * A text states the facts, the tables, and that there is a case for which the claim does not hold. `unsat` means that
 * there is none. Names are those of the tables and the comments name rows and values, so that an auditor can read the
 * text and give it to another solver: it uses whole numbers and truth values only (logic QF_LIA).
 *
 * The same sources give the same bytes. Tables come from authors: no name can end a comment or a symbol. */

#include "base/buffer.h"
#include "crypto/hash.h"
#include "rules/dmn/model.h"
#include "rules/record.h"

#define SMT_CLAIMS_MAX 64
#define SMT_EVERY_DAY INT64_MIN

/* A rule set as its author wrote it. */
struct smt_source {
    const struct dmn_model *model;
    struct slice pack, version;
    bool draft;
    struct hash dmn_hash;
};

/* Reads rules.dmn and pack.json. Errors as of dmn_read and pack_read; ERROR_PROFILE for a model that could not be
 * compiled. */
MUST_CHECK enum error smt_source_read(struct arena *arena, struct slice dmn, struct slice pack_json,
                                      struct smt_source *ret_source, struct fault *fault);

struct smt_claim {
    enum rule_property property;
    const char *scope; /* as in the record: "alone", "combined" */
    const char *about; /* the decision; NULL: all of them */
};

/* What is claimed of a set and can be said of cases, in the order in which the enumeration proves it. `base`: the joint
 * standard, for a pack; NULL for the joint standard itself. Citations, terms in time and dead rows are about rows and
 * not about cases: they have no such text. */
size_t smt_claims(const struct smt_source *set, const struct smt_source *base,
                  struct smt_claim ret_claim[SMT_CLAIMS_MAX]);

/* A fact of the text, to read a solver's counterexample with. */
struct smt_fact {
    struct slice name, symbol;     /* the symbol without its bars */
    enum dmn_type type;            /* STRING, NUMBER or DATE */
    const struct cell_tests *list; /* STRING: its values; the number of one is its place */
    int64_t minimum, maximum;      /* others, inclusive */
    bool nullable;                 /* others: unknown is minimum - 1 */
};

struct smt_text {
    struct slice text; /* ends with a zero behind it */
    struct hash hash;  /* SHA-256 */
    uint32_t fact_count;
    const struct smt_fact *fact;
};

/* The text of one claim. `day`: of every fact `as_of`, or SMT_EVERY_DAY. ERROR_PROFILE (the tables do not have what the
 * property speaks of, and the enumeration refuses them too), ERROR_TOO_LARGE, ERROR_MEMORY. */
MUST_CHECK enum error smt_write(struct arena *arena, const struct smt_source *set, const struct smt_source *base,
                                const struct smt_claim *claim, int64_t day, struct smt_text *ret_text,
                                struct fault *fault);

/* "belgium-P2-non-denial-combined-entitlement.smt2" */
struct slice smt_file_name(struct arena *arena, const struct smt_source *set, const struct smt_claim *claim);

/* The value of a fact in a solver's answer (lines "name TAB number"), in the words that `hospitium decide` takes; empty
 * where the answer does not have it. */
struct slice smt_value(struct arena *arena, const struct smt_fact *fact, struct slice answer);

/* "status undocumented, age_years 17": the case of a solver's answer. */
struct slice smt_describe(struct arena *arena, const struct smt_text *text, struct slice answer);
