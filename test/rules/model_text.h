/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* Decision tables for tests in few lines, turned into DMN and a pack that cites every row:
 *
 *     decision care PRIORITY
 *     in urgency string "immediate", "unknown"
 *     in age number null, [0..120]
 *     out access "FULL", "NONE"
 *     row R1 | "immediate" | < 18 | "FULL"
 *
 * An input or output without a list of values has none. A line `known NAME` lists a fact as always known, `warns ID`
 * gives a warning its words; a line
 * `valid R1 2026-01-01 2026-09-30` gives a row's term (`-` for none), `term 2026-01-01 -` that of the set. */

#include "base/buffer.h"
#include "rules/rule_set.h"

void model_write(struct buffer *into, const char *text);
void model_write_pack(struct buffer *into, const char *text);

/* Compiled and loaded; the test fails where that does. */
const struct rule_set *model_verified(struct arena *arena, const char *text);
const struct rule_set *model_open(struct arena *arena, const char *text);

/* A file of the repository; the test fails where it cannot be read. */
struct slice model_file(struct arena *arena, const char *path);
/* policy/NAME, compiled and loaded. */
const struct rule_set *model_policy(struct arena *arena, const char *name);
