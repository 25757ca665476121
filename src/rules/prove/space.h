/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* Every case that decision tables can tell apart, walked through one by one.
 *
 * A table sees of a number only between which breakpoints it lies, and texts come from closed lists. So finitely many
 * cells stand for all cases, and going through them all is a proof that needs no solver and that anybody can run again.
 * Works on compiled tables: on what decides, not on what an author wrote. Tables of several sets are walked together;
 * facts of the same name are the same fact.
 *
 * What makes it quick: when the facts fixed so far leave the same rows possible in every table as earlier ones did,
 * what follows is the same too, and is counted without being walked again. */

#include "base/arena.h"
#include "rules/rule_set.h"

#define SPACE_FACTS_MAX RULE_FACTS_MAX
#define SPACE_WORDS_MAX 64 /* 4096 rows in all tables together */

struct space_cell {
    int64_t value;      /* one that stands for all of the cell; a number of the first domain that has the fact */
    struct slice words; /* "health", "18 to 120", "unknown" */
    int64_t end;        /* of an interval: its last value */
};

struct space_fact {
    struct slice name;
    enum rule_kind kind;
    uint32_t cell_count;
    const struct space_cell *cell;
};

struct space_input {
    int32_t fact;         /* or -1 when fed */
    uint32_t feeder;      /* decision of the space */
    const uint32_t *slot; /* cell -> slot */
};

struct space_decision {
    const struct rule_decision *rules;
    const struct space_input *input;
    uint32_t first_word; /* where its rows stand among those of all tables */
};

struct space {
    uint32_t fact_count, decision_count, word_count;
    const struct space_fact *fact;
    const struct space_decision *decision; /* feeders first */
};

/* The space of these decisions and all that feed them; with `isolated`, of the first one alone, with what feeds it as
 * further facts. ERROR_PROFILE when a fact has other values in two sets (named in `fault`) or the tables are too large
 * to be walked, ERROR_MEMORY. */
MUST_CHECK enum error space_make(struct arena *arena, const struct rule_decision *const *decision, uint32_t count,
                                 bool isolated, const struct space **ret_space, struct fault *fault);

int space_find_fact(const struct space *space, const char *name);
bool space_has_unknown(const struct space_fact *fact);
int space_find_cell(const struct space_fact *fact, const char *words);
int space_find_decision(const struct space *space, const struct rule_decision *rules);

/* Some cells of each fact: of fact f all where box[f] is NULL, else cell c where box[f][c] is not 0. */
typedef const uint8_t *const space_box;

static inline bool space_box_has(space_box *box, uint32_t fact, uint32_t cell)
{
    return !box || !box[fact] || box[fact][cell];
}

/* One cell of the space and what the tables say there. */
struct space_case {
    const struct space *space;
    uint32_t cell[SPACE_FACTS_MAX];
    enum error verdict[RULE_DECISIONS_MAX];        /* OK, ERROR_NO_ROW, ERROR_ROWS_DISAGREE */
    struct rule_result result[RULE_DECISIONS_MAX]; /* row, output and collected; slots are not filled */
};

/* How to walk. The fact `last` changes fastest, so that cases which differ in it alone come one after the other,
 * starting with its first cell. `seen` are the facts that the visit looks at itself, besides the results: bit f for
 * fact f. Cases that differ in other facts only, and not in any result, are visited once; with `rows` only where the
 * same rows decide. */
struct space_tour {
    int last;       /* -1: none */
    space_box *box; /* which cases to go through; NULL: all */
    uint64_t seen;
    bool rows;
};
#define SPACE_ALL ((struct space_tour){.last = -1})

/* Calls for each case until a call returns false. ret_cells: how many cells that covers. ERROR_MEMORY. */
typedef bool space_visit(void *context, const struct space_case *found);
MUST_CHECK enum error space_walk(const struct space *space, const struct space_tour *tour, space_visit *visit,
                                 void *context, uint64_t *ret_cells);

/* Decides the tables for found->cell: for one case what the walk does for all. */
void space_decide(const struct space *space, struct space_case *found);

/* The same in steps, for another walk: `rows` (space->word_count words) are those of all tables that are still
 * possible; each fact narrows them; in the end they decide. */
void space_begin(const struct space *space, uint64_t *rows);
void space_narrow(const struct space *space, uint32_t fact, uint32_t cell, uint64_t *rows);
void space_decide_rows(const struct space *space, const uint64_t *rows, struct space_case *found);
