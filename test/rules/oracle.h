/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* A second opinion on what the prover says: one case after the other is decided by rules_decide, and the definition of
 * each property is applied to it as it stands in words. Shares nothing with src/rules/prove but the names. */

#include "base/world.h"
#include "rules/prove/property.h"

#define ORACLE_FACTS_MAX 40
#define ORACLE_VALUES_MAX 128

/* A fact and values that stand for all others: each listed text; of a number both sides of every breakpoint. */
struct oracle_fact {
    struct slice name;
    enum rule_kind kind;
    uint32_t count;
    int64_t number[ORACLE_VALUES_MAX]; /* numbers and days */
    struct slice text[ORACLE_VALUES_MAX];
};

/* A decision with the facts that it and its feeders ask for. */
struct oracle_table {
    const struct rule_decision *decision;
    int fact_of[RULE_FACTS_MAX];                         /* fact of the set -> fact of the oracle, or -1 */
    int64_t value_of[RULE_FACTS_MAX][ORACLE_VALUES_MAX]; /* and its values' numbers in the set */
};

struct oracle {
    bool draft;
    struct oracle_fact fact[ORACLE_FACTS_MAX];
    uint32_t fact_count;
    struct oracle_table floor, pack; /* of care; without a decision: not there */
    struct oracle_table data;        /* disclosure, disclosure_law or obligations */
};

/* Each number is the number of a value of that fact. */
struct oracle_case {
    uint8_t value[ORACLE_FACTS_MAX];
};

/* What is asked about; any decision may be NULL. */
void oracle_make(struct oracle *oracle, const struct rule_decision *floor, const struct rule_decision *pack,
                 const struct rule_decision *data, bool draft);

int oracle_find(const struct oracle *oracle, const char *name);

/* Does the property fail for this case, beside some other that differs in one fact, if the property is about two? */
bool oracle_refutes(const struct oracle *oracle, enum rule_property property, const char *scope,
                    const struct oracle_case *at);

/* The case that a verdict names, and whether it fails there as the verdict says. False too when a fact or value that it
 * names is not there. */
bool oracle_confirms(const struct oracle *oracle, const struct property_verdict *verdict);
