/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* A triage chart beside the rules on care: whoever it makes red or yellow is treated, under every rule set. */

#include "property.h"

#define TRIAGE "triage"             /* the decision that gives a colour, the gravest first in its list */
#define TRIAGE_URGENCY "urgency_of" /* the one that says of each colour how urgent care is */

/* What the chart tells the rules on care of a colour: a value of their fact `urgency`. Empty: nothing. */
struct slice triage_urgency(const struct rule_decision *urgency, struct slice colour);

/* That nobody of any colour is denied care under `care`, a joint standard, or a pack alone and together with its joint
 * standard `base`: every colour of the chart with every case of the tables. Adds one verdict, whose scope is `scope`,
 * to `proof`, which is about the chart; in no record, since it is about more than one set. ERROR_VALUE (no chart, or no
 * care), ERROR_PROFILE, ERROR_CORRUPT, ERROR_MEMORY. */
MUST_CHECK enum error triage_prove_treated(struct proof *proof, const char *scope, const struct rule_set *care,
                                           const struct rule_set *base);
