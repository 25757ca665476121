/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* Where the floor lives. What care is due is the better of the joint standard's floor and the jurisdiction's pack, on
 * two separate orders: access, and who pays. No row of any pack can lower the result, because this code and not a row
 * takes the better of the two (promise 1); and what the prover enumerates is this same code.
 *
 * Pure; any thread. */

#include "rule_set.h"

/* Decisions and outputs by name: `care_floor` in the joint standard, `entitlement` in a pack. */
#define COMBINE_FLOOR "care_floor"
#define COMBINE_PACK "entitlement"
#define COMBINE_URGENCY "urgency" /* the fact on which non-denial rests */

/* How much care is due for the need that was named. A higher number is more. */
enum due_access {
    DUE_ACCESS_NONE_FUNDED,   /* no public scheme pays for this */
    DUE_ACCESS_ASK_CLINICIAN, /* a clinician, and nobody else, says whether it can wait */
    DUE_ACCESS_URGENT_ONLY,   /* what cannot wait */
    DUE_ACCESS_ESSENTIAL,     /* what is essential, even if it is continuous */
    DUE_ACCESS_BASKET,        /* the scheme's list of services */
    DUE_ACCESS_AS_RESIDENT,   /* as for residents */
    DUE_ACCESS_FULL,
    DUE_ACCESS_COUNT
};

enum due_refusal { DUE_REFUSAL_NO, DUE_REFUSAL_ASK_CLINICIAN, DUE_REFUSAL_COUNT };

/* Who pays. A lower number is better for the person. */
enum due_charge {
    DUE_CHARGE_FREE,
    DUE_CHARGE_PROVIDER_REIMBURSED, /* free for her; the provider is paid by the scheme */
    DUE_CHARGE_COPAY,
    DUE_CHARGE_BILL_LATER,
    DUE_CHARGE_ASK, /* not known: ask, after care where care is urgent */
    DUE_CHARGE_PREPAY,
    DUE_CHARGE_COUNT
};

const char *combine_access_word(enum due_access access);
const char *combine_refusal_word(enum due_refusal refusal);
const char *combine_charge_word(enum due_charge charge);

struct care_due {
    enum due_access access;
    enum due_refusal may_refuse;
    enum due_charge charge;
};

/* Reads a care table's answers by their words. Made once for a decision. */
struct care_table {
    const struct rule_decision *decision;
    int access, may_refuse, charge; /* output indexes */
    uint8_t access_of[DUE_ACCESS_COUNT], refusal_of[DUE_REFUSAL_COUNT],
        charge_of[DUE_CHARGE_COUNT]; /* value number -> enum */
};

/* ERROR_CORRUPT when the table lacks one of the three outputs or has words that are not in the lists above. */
MUST_CHECK enum error combine_table(const struct rule_decision *decision, struct care_table *ret_table,
                                    struct fault *fault);
struct care_due combine_due(const struct care_table *table, const struct rule_result *result);

/* A draft pack may only widen: its "not funded" becomes "ask a clinician" and its "pay first" becomes "ask". */
struct care_due combine_soften_draft(struct care_due pack);

/* The better of both. `can_wait` is true only when the need is known to be deferrable: otherwise nobody may refuse and
 * nobody may ask for money first, whatever the tables say. */
struct care_due combine_care(struct care_due floor, struct care_due pack, bool can_wait);
