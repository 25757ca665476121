/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* What an author wants to know of the rows of a set: which meet, which lie inside another, which never decide. */

#include "base/arena.h"
#include "base/buffer.h"
#include "rules/rule_set.h"

/* In lines on standard output; as JSON. ERROR_PROFILE (too large to be gone through), ERROR_TOO_LARGE, ERROR_MEMORY. */
MUST_CHECK enum error overlap_print(struct arena *arena, const struct rule_set *set, struct fault *fault);
MUST_CHECK enum error overlap_write(struct arena *arena, const struct rule_set *set, struct buffer *into,
                                    struct fault *fault);
