/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* A proof record on its way to a person: said in lines, and kept so that the same question is not worked out twice. */

#include "base/arena.h"
#include "base/buffer.h"
#include "base/error.h"
#include "crypto/hash.h"
#include "text/json.h"

/* One line a property, the person of each failure and the rows that cause it, and a summary. */
void proof_print(const struct json *record);

/* Is all proved that blocks activation? */
bool proof_record_holds(const struct json *record);

/* What a record depends on: compiled bytes, those of the joint standard (or empty), the day, and this program. */
struct hash proof_key(struct slice compiled, struct slice base, int64_t day);

/* The record that was kept under this key, in the folder. False: there is none, or it is damaged. For authors alone: a
 * record that activates rules is always worked out anew. */
bool proof_find(struct arena *arena, const char *folder, const struct hash *key, struct slice *ret_record);
MUST_CHECK enum error proof_keep(struct arena *arena, const char *folder, const struct hash *key, struct slice record);
