/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* Proof records: what was proved of which compiled bytes. A node starts only with rule sets whose record holds: every
 * blocking property by going through every case, and if it is about cases by a solver too.
 *
 * This side only checks (the server has no prover): that the record speaks of exactly these bytes, and that every
 * blocking property which applies to the set stands in it as proved. Which ones apply is worked out from the set
 * itself, so a record cannot pass by leaving one out. Whether the record is genuine is for the public log to say, where
 * its hash stands. */

#include "rule_set.h"

enum rule_property {
    PROPERTY_TOTALITY,
    PROPERTY_NON_DENIAL,
    PROPERTY_STATUS_BLIND,
    PROPERTY_MISSING_FACTS,
    PROPERTY_FIREWALL,
    PROPERTY_PURPOSE,
    PROPERTY_OBLIGATIONS,
    PROPERTY_CITATIONS,
    PROPERTY_NO_GAP,
    PROPERTY_DRAFT_WIDENS,
    PROPERTY_TRIAGE_MONOTONE,
    PROPERTY_TRIAGE_ASSESSED,
    PROPERTY_TRIAGE_URGENT,
    PROPERTY_BLOCKING_COUNT, /* those above block activation; those below are reported */
    PROPERTY_STATUS_BLIND_CHARGE = PROPERTY_BLOCKING_COUNT,
    PROPERTY_CHILD_FLOOR,
    PROPERTY_CHILD_FLOOR_CHARGE,
    PROPERTY_REFINEMENT,
    PROPERTY_MONOTONE_NEED,
    PROPERTY_EVIDENCE,
    PROPERTY_NO_DEAD_ROW,
    PROPERTY_COUNT
};

struct rule_property_entry {
    const char *number;   /* in the catalogue, "P1" to "P12"; of triage charts "T1" to "T3" */
    const char *name;     /* in records and on the command line */
    const char *sentence; /* what is claimed, for people */
};

/* Must it be proved before a set can be activated? Real law fails some of the others; they are reported with the row
 * and the article that cause it. */
static inline bool rule_property_blocks(enum rule_property property)
{
    return property < PROPERTY_BLOCKING_COUNT;
}

const struct rule_property_entry *rule_property_entry(enum rule_property property);

/* Is this property claimed of this set? */
bool rule_property_applies(enum rule_property property, const struct rule_set *set);

/* Is it about cases, so that a solver proves it too? Citations, terms in time and dead rows are about rows; and that
 * nothing rests on a warning (scope "warning") about the shape of the tables. What is claimed of triage charts is gone
 * through, and not told to the solver yet. */
bool rule_property_is_of_cases(enum rule_property property, struct slice scope);

struct rule_record {
    struct hash dmn_hash, rules_hash;
    bool has_base;
    struct hash base_hash; /* compiled bytes of the joint standard that a pack was proved together with */
    struct hash record_hash;
    struct slice tool; /* which program, in which version */
};

/* Checks `record` against a loaded set. `base` is the joint standard's set for a pack, NULL for the joint standard
 * itself. ERROR_UNPROVED with the reason in `fault`, ERROR_VERSION, ERROR_JSON, ERROR_MEMORY. */
MUST_CHECK enum error rule_record_verify(struct arena *arena, const struct rule_set *set, const struct rule_set *base,
                                         struct slice record, struct rule_record *ret_record, struct fault *fault);
