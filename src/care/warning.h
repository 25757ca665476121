/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* What a person should be told before she takes a step: a jurisdiction may make it dangerous to apply for something,
 * and then she must hear so before she decides, not after. The words are the pack's own; no table may rest on them.
 *
 * Nothing is kept, logged or allocated for a question. Any thread. */

#include "entitlement.h"

#define WARNINGS_MAX RULE_COLLECTED_MAX

struct warning {
    struct slice id;
    const struct rule_tell *tell;
    const struct rule_row *row;
};

/* What `pack` warns of, in the order of its rows, each once; none where it is NULL or has no such decision. A fact that
 * is left out is unknown, and the step `unknown` gives all that is known against any step. Everything points into the
 * rule set. ERROR_VALUE, ERROR_REQUIRED as entitlement_ask. */
MUST_CHECK enum error warning_ask(const struct rule_set *pack, const struct entitlement_fact *fact, size_t count,
                                  struct warning ret_warning[static WARNINGS_MAX], size_t *ret_count,
                                  struct slice *ret_missing);

/* Does what it warns of rest on this fact? */
bool warning_rests_on(const struct rule_set *pack, struct slice name);
