/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* A compiled rule set: DMN decision tables turned into breakpoints and bit sets, so that one decision costs a few dozen
 * nanoseconds and every access can be decided anew, without a cache.
 *
 * Serves promises 1 to 3: what is decided here, from bytes whose hash stands in a proof record, is what was proved.
 * The explanation is the row that decided, never a second description of it.
 *
 * A set is read once from its `.rules.json` bytes into an arena and never changes: any thread may use it. Deciding
 * allocates nothing. The bytes may come from an enemy: everything is checked when loading.
 *
 *     const struct rule_set *set;
 *     TRY(rule_set_load(arena, bytes, &set, fault));
 *     const struct rule_decision *disclosure = rule_set_decision(set, SLICE("disclosure"));
 *     int sector = rule_set_fact(set, SLICE("sector"));          // once, at start; -1 when there is none
 *     TRY(rule_value_of(&set->fact[sector].domain, SLICE("health"), &facts[sector]));
 *     TRY(rules_decide_chain(disclosure, facts, results));        // for each request
 *     results[disclosure->number].row->id;                         // why
 */

#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/slice.h"
#include "crypto/hash.h"

#define RULE_DECISIONS_MAX 16
#define RULE_INPUTS_MAX 32
#define RULE_OUTPUTS_MAX 8
#define RULE_FACTS_MAX 64
#define RULE_ROWS_MAX 32768
#define RULE_VALUES_MAX 4096  /* of one enumeration, and breakpoints of one number */
#define RULE_COLLECTED_MAX 64 /* values of an output of a COLLECT table: they are bits of one word */
#define RULE_SET_BYTES_MAX (64 << 20)
#define RULE_TELL_BYTES_MAX 2000
#define RULE_LANGUAGE_BYTES_MAX 35 /* RFC 5646, 4.4.1 */

/* The decision of a pack that says what a person should be told before a step, and its value for nothing. */
#define RULE_WARNING "warning"
#define RULE_WARNING_NONE "none_known"

/* Stands for "not known" in place of any value. Text domains that list `unknown` also have it as an ordinary value. */
#define RULE_UNKNOWN INT64_MIN

/* DMN 1.5, 8.2.10; the four that the verified profile allows. */
enum rule_hit_policy { RULE_UNIQUE, RULE_ANY, RULE_PRIORITY, RULE_COLLECT };

/* TEXT and BOOLEAN values are numbers of a closed list. INTEGER values are themselves. DATE values are days since
 * 1970-01-01, written YYYY-MM-DD. DECIMAL values are 2 × v ×
 * 10^scale where that is whole, and the odd number in between where it is not: exact for every comparison with a cell,
 * because no cell has more than `scale` decimals. */
enum rule_kind { RULE_TEXT, RULE_BOOLEAN, RULE_INTEGER, RULE_DECIMAL, RULE_DATE };

/* What a value may be. */
struct rule_domain {
    enum rule_kind kind;
    bool open;                 /* TEXT: any other text is value number value_count */
    bool nullable;             /* numbers: may be unknown */
    uint8_t scale;             /* DECIMAL */
    int32_t unknown;           /* TEXT: number of the value `unknown`, or -1 */
    uint32_t value_count;      /* TEXT, BOOLEAN (false, true) */
    const struct slice *value; /* their names */
    int64_t minimum, maximum;  /* numbers, inclusive */
};

/* What the caller has to say before a decision: an input that no other decision of the set feeds. The same name is the
 * same fact in every decision. */
struct rule_fact {
    struct slice name;
    struct rule_domain domain;
};

struct rule_citation {
    struct slice source;   /* "ECRI General Policy Recommendation 16" */
    struct slice article;  /* "paragraph 3" */
    struct slice language; /* of the source itself, BCP 47 */
    struct slice text;     /* what it says, in our own short words, in English */
};

/* What a row of the decision `warning` tells the person, in words for her. */
struct rule_tell {
    struct slice text;
    struct slice language; /* of `text`, BCP 47 */
    struct slice source, article;
    struct slice since; /* YYYY-MM-DD */
};

struct rule_row {
    struct slice id;
    uint32_t number; /* in the table as written, from 1 */
    struct rule_citation citation;
    const struct rule_tell *tell;      /* NULL but for a warning, which always has it in the verified profile */
    struct slice valid_from, valid_to; /* YYYY-MM-DD; valid_to is empty while it is in force */
    const uint16_t *output;            /* one value number an output */
};

struct rule_input {
    struct slice name;
    struct rule_domain domain;
    int32_t fact;             /* which fact, or -1 when fed */
    int32_t fed_decision;     /* which earlier decision feeds it, or -1 */
    uint32_t fed_output;      /* which output of that */
    const int64_t *fed_value; /* that output's value number -> a value of this input */
    uint32_t slot_count;      /* values that rows may tell apart: list values, or intervals (and the unknown last) */
    const int64_t *start;     /* numbers: first value of each interval, ascending */
    const uint64_t *column;   /* slot_count × words: the rows that each slot lets pass */
};

struct rule_output {
    struct slice name;
    enum rule_kind kind; /* TEXT, BOOLEAN or DECIMAL: how `value` is written in JSON */
    bool ordered;        /* its values have an order of priority: the order they stand in */
    uint32_t value_count;
    const struct slice *value;
};

struct rule_decision {
    const struct rule_set *set;
    uint32_t number; /* in the set; those that feed it have lower numbers */
    struct slice name;
    enum rule_hit_policy hit_policy;
    uint32_t chain;       /* itself and those that it rests on: bit n for decision number n */
    uint64_t chain_facts; /* what these ask for: bit f for fact f of the set */
    uint32_t input_count, output_count, row_count, words;
    const struct rule_input *input;
    const struct rule_output *output;
    const struct rule_row *row; /* PRIORITY: best first; else as written */
};

struct rule_set {
    struct slice pack;    /* id */
    struct slice version; /* of the pack */
    bool verified;        /* keeps to the verified profile: only these may be activated */
    bool draft;           /* not signed by a legal reviewer: may only widen */
    struct slice valid_from, valid_to;
    struct hash dmn_hash;   /* SHA-256 of the .dmn it was made from */
    struct hash pack_hash;  /* of its pack.json */
    struct hash rules_hash; /* of the compiled bytes themselves */
    uint32_t decision_count, fact_count;
    const struct rule_decision *decision;
    const struct rule_fact *fact;
};

/* Reads compiled bytes; everything is copied into `arena`, which must outlive the set.
 * ERROR_JSON, ERROR_VERSION (another format), ERROR_CORRUPT (with the place in `fault`, may be NULL), ERROR_TOO_LARGE,
 * ERROR_MEMORY. */
MUST_CHECK enum error rule_set_load(struct arena *arena, struct slice bytes, const struct rule_set **ret_set,
                                    struct fault *fault);

/* Lookups by name, for start-up. NULL or -1 when there is none. */
const struct rule_decision *rule_set_decision(const struct rule_set *set, struct slice name);
int rule_set_fact(const struct rule_set *set, struct slice name);
int rule_decision_input(const struct rule_decision *decision, struct slice name);
int rule_decision_output(const struct rule_decision *decision, struct slice name);
int rule_output_value(const struct rule_output *output, struct slice name);

/* The value that `text` names in `domain`: a listed name, `true`, a number such as `-12` or `1.50`, or a day. The text
 * `unknown` gives RULE_UNKNOWN or the listed value. ERROR_VALUE when the domain has no such value. */
MUST_CHECK enum error rule_value_of(const struct rule_domain *domain, struct slice text, int64_t *ret_value);

/* Is it compared by size (INTEGER, DECIMAL, DATE), so that columns are intervals? */
bool rule_kind_is_number(enum rule_kind kind);

struct rule_result {
    const struct rule_row *row;           /* that decided; of COLLECT the first one. NULL: none matched */
    uint16_t output[RULE_OUTPUTS_MAX];    /* value numbers of that row */
    uint64_t collected[RULE_OUTPUTS_MAX]; /* COLLECT only: bit v is set when a matching row has value v */
    uint32_t slot[RULE_INPUTS_MAX];       /* where the inputs fell, for rule_row_matched */
};

/* Decides one table. `value` has one value an input, in the table's order.
 * ERROR_VALUE: a value is outside its domain (or unknown where that is not declared). ERROR_NO_ROW: no row matches
 * (COLLECT: never). ERROR_ROWS_DISAGREE: several match under UNIQUE, or with other outputs under ANY. On any error
 * `ret_result` has no row. */
MUST_CHECK enum error rules_decide(const struct rule_decision *decision, const int64_t *value,
                                   struct rule_result *ret_result);

/* Decides a table and before it those that feed it. `fact` has set->fact_count values; `ret_results` has room for
 * set->decision_count results, and those of the decisions involved are filled. Errors as above. */
MUST_CHECK enum error rules_decide_chain(const struct rule_decision *decision, const int64_t *fact,
                                         struct rule_result *ret_results);

/* Did this row match too? For an explanation that shows every row that fits. */
bool rule_row_matched(const struct rule_decision *decision, const struct rule_result *result,
                      const struct rule_row *row);

/* The slot of `input` that `value` falls in, or -1 outside its domain. For the prover and for explanations. */
int64_t rule_input_slot(const struct rule_input *input, int64_t value);

/* The rows that `slot` lets pass: decision->words words, row r is bit r % 64 of word r / 64. */
static inline const uint64_t *rule_input_column(const struct rule_decision *decision, const struct rule_input *input,
                                                uint32_t slot)
{
    return input->column + (size_t)slot * decision->words;
}
