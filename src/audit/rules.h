/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* A small evaluator of its own for the tables that decide on access: it reads the compiled rules (docs/formats.md,
 * "Compiled rules") and answers one question: can the row that an event names have decided this access, as the event
 * tells it, with this outcome? It shares nothing with src/rules.
 *
 * What an event does not tell (relation, consent, training …) is gone through, as far as the event's `basis` leaves it
 * open: so the answer is no only when no person and no credential could have led to that row.
 *
 * Bounds: RULES_* below; a set that passes them is not read. The bytes may be hostile. */

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "base/slice.h"
#include "base/vocabulary.h"

#define RULES_BYTES_MAX (16u << 20)
#define RULES_TABLES_MAX 16
#define RULES_INPUTS_MAX 16
#define RULES_VALUES_MAX 64
#define RULES_ROWS_MAX 512
#define RULES_WORDS (RULES_ROWS_MAX / 64)
#define RULES_SET_MAX 256 /* rule sets held at once */

struct rules; /* one compiled set */

/* Copies what it needs. ERROR_CORRUPT when it is no set with a readable decision `disclosure`; ERROR_MEMORY. */
MUST_CHECK enum error rules_load(struct slice bytes, struct rules **ret_rules);
void rules_free(struct rules *rules); /* accepts NULL */

/* Of the disclosure: is there such a row, and does it cite this source? */
bool rules_has_row(const struct rules *rules, struct slice row);
bool rules_cites(const struct rules *rules, struct slice row, struct slice citation);

struct rules_case {
    int role, sector, purpose; /* of the vocabulary */
    unsigned actions;          /* bits of enum action: those that may have been decided on */
    unsigned drawers;          /* asked for */
    struct slice basis;        /* "self", "consent" …; empty: not told */
    bool glass;                /* the event says that glass was broken */
    bool ordered;              /* it names a lawful order */
    struct slice row;
    int outcome; /* enum outcome */
};

enum rules_verdict { RULES_FIT, RULES_NO_CELLS, RULES_NO_OUTCOME };
enum rules_verdict rules_judge(const struct rules *rules, const struct rules_case *asked) MUST_CHECK;
