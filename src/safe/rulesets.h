/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* The active rule sets of a node: DIR/rules/joint-standard.rules.json and one NAME.rules.json a pack, each with its
 * NAME.proof.json and the sources that both were made of, NAME.dmn and NAME.pack.json. A set without a valid record is
 * not active: the node does not start with it. */

#include "base/arena.h"
#include "rules/rule_set.h"

#define RULESETS_JOINT "joint-standard"

/* Loads one and checks its record; `base` is the joint standard for a pack, NULL for the joint standard itself.
 * ERROR_FILE_MISSING, ERROR_UNPROVED, ERROR_CORRUPT; `fault` says which. */
MUST_CHECK enum error rulesets_load(struct arena *arena, const char *directory, const char *name,
                                    const struct rule_set *base, const struct rule_set **ret_set, struct fault *fault);

/* The same, and the SHA-256 of the record. */
MUST_CHECK enum error rulesets_load_proved(struct arena *arena, const char *directory, const char *name,
                                           const struct rule_set *base, const struct rule_set **ret_set,
                                           struct hash *ret_record, struct fault *fault);

typedef enum error rulesets_each(void *context, const char *name);
/* Calls for each pack's name (not the joint standard), in the order of their names. */
MUST_CHECK enum error rulesets_packs(const char *directory, rulesets_each *each, void *context);
