/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* For the sources of smt*.c: a text while it is written. First all tables of a claim are put in place, feeders first,
 * and with them the facts; then facts and tables are written, once for each person that the claim speaks of.
 *
 * Symbols: |fact|, |fact = value|, |set row ID|, |set fed TABLE NAME|, |set gives TABLE OUTPUT|, |set answers TABLE|;
 * those of a second person begin with "B: ". No part of a name has a space (smt_symbol), so no two of them can be
 * alike. */

#include "smt.h"

#define SMT_FACTS_MAX (2 * RULE_FACTS_MAX) /* totality takes each table alone: what feeds it is a fact too */
#define SMT_TABLES_MAX (2 * RULE_DECISIONS_MAX)
#define SMT_DAY "as_of"

struct smt_input {
    int fact;               /* of the text, or -1 when fed */
    int feeder;             /* table of the text */
    uint32_t output;        /* of that table */
    struct smt_fact domain; /* what its cells speak of; when fed its symbol is "pack fed disclosure standing" */
};

struct smt_table {
    const struct dmn_decision *decision;
    const char *set; /* "floor" or "pack" */
    const struct smt_source *source;
    enum rule_hit_policy policy;
    struct slice symbol;     /* of the table's name */
    const struct slice *row; /* symbols of the rows, with the set: "pack row BE-01" */
    const struct smt_input *input;
    uint32_t outputs; /* how many of the outputs the claim needs, counted from the first */
};

struct smt {
    struct arena *arena;
    struct fault *fault;
    const struct smt_source *set, *base;
    const struct smt_claim *claim;
    int64_t day;
    struct buffer *into;
    uint32_t fact_count, table_count, depth;
    struct smt_fact fact[SMT_FACTS_MAX];
    struct smt_table table[SMT_TABLES_MAX];
    uint64_t varied;    /* facts that the second person has values of her own of: bit f */
    const char *person; /* whose definitions are written: "" or "B: " */
};

static inline bool smt_varies(const struct smt *smt, uint32_t fact)
{
    return fact < 64 && smt->varied >> fact & 1;
}

/* ---- names (smt_name.c) ---- */

/* A part of a symbol: what is no letter, digit or one of ".-_@+" becomes %XX. Data NULL without memory. */
struct slice smt_symbol(struct arena *arena, struct slice name);
/* For a comment: without anything that could end its line. */
void smt_comment(struct smt *smt, struct slice words);
void smt_number(struct smt *smt, int64_t number);
/* Place of a word in a list that ends with NULL, or -1. */
int smt_place_in(const char *const *words, struct slice word);

/* ---- facts (smt_fact.c) ---- */

/* What the cells of a column may speak of. ERROR_PROFILE. */
MUST_CHECK enum error smt_domain(struct smt *smt, const struct dmn_model *model, const struct dmn_clause *clause,
                                 struct smt_fact *ret_domain);
/* The fact of this domain's name, new or known. ERROR_PROFILE where it has other values in two tables. */
MUST_CHECK enum error smt_add_fact(struct smt *smt, const struct smt_fact *domain, int *ret_fact);
int smt_find_fact(const struct smt *smt, const char *name);
int smt_find_value(const struct smt_fact *domain, struct slice value); /* place in the list, or -1 */
bool smt_has_unknown(const struct smt_fact *fact);

/* Declarations of all facts, of the second person of those that vary, with their bounds and values. */
void smt_write_facts(struct smt *smt);
/* The values of a fact, or of what feeds an input. */
void smt_write_values(struct smt *smt, const struct smt_fact *fact);

/* "|B: urgency = urgent|", or `false` where the fact or the value is not there. Of the person that is written; for
 * values that are plain words. */
void smt_write_is(struct smt *smt, int fact, const char *value);
/* "(or …)" of several; ends with NULL. */
void smt_write_is_one(struct smt *smt, int fact, const char *const *values);
/* Has the fact all of these texts among its values? */
bool smt_has_values(const struct smt *smt, int fact, const char *const *values);
/* What stands before a fact's symbol for the person that is written. */
const char *smt_person_of(const struct smt *smt, int fact);

/* ---- tables (smt_table.c) ---- */

/* Puts a table in place, with all that feed it; with `isolated`, alone, with what feeds it as facts. `outputs`: how
 * many of its first outputs are needed. */
MUST_CHECK enum error smt_add_table(struct smt *smt, const char *set, const struct smt_source *source,
                                    const struct dmn_decision *decision, bool isolated, uint32_t outputs,
                                    int *ret_table);
/* Definitions of all tables, for the person that is written. */
void smt_write_tables(struct smt *smt);
/* The truth value: has the table an answer? And the place that it gives. */
void smt_write_answers(struct smt *smt, int table);
void smt_write_output(struct smt *smt, int table, uint32_t output);
int smt_find_output(const struct smt *smt, int table, const char *name); /* or -1 */

/* ---- two people (smt_pair.c) ---- */

uint64_t smt_facts_with_unknown(const struct smt *smt);
/* The second person is like the first in all facts but one, which the solver chooses among smt->varied. */
void smt_write_likeness(struct smt *smt);
/* "That fact is not known of the first." */
void smt_write_first_lacks(struct smt *smt);

/* ---- claims (smt.c) ---- */

#define SMT_DISCLOSURE "disclosure"
#define SMT_LAW "disclosure_law"

/* The comment behind which the claim is denied. */
void smt_write_claim(struct smt *smt);
/* A claim that the tables settle before any case is looked at: broken for every case, or for none. */
void smt_write_settled(struct smt *smt, bool broken, const char *why);

MUST_CHECK enum error smt_write_care(struct smt *smt);       /* smt_care.c */
MUST_CHECK enum error smt_write_disclosure(struct smt *smt); /* smt_disclosure.c */
