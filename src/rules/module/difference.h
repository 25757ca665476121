/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* Who gains and who loses by a new version of a rule set, in sentences and as JSON. */

#include "base/arena.h"
#include "base/buffer.h"
#include "rules/prove/change.h"

void difference_print(const struct changes *changes, const struct rule_set *before, const struct rule_set *after);
void difference_write(const struct changes *changes, const struct rule_set *before, const struct rule_set *after,
                      struct buffer *into);

/* Is there anybody who loses? */
bool difference_harms(const struct changes *changes);
