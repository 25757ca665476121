/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* Small rule sets at random, in the words that the properties speak of, as text for model_text.h: some hold, most break
 * something. The same world gives the same text. */

#include "base/buffer.h"
#include "base/world.h"

/* `name`: care_floor or entitlement. Sometimes a table feeds it, sometimes it does not ask for urgency, status or
 * age. */
void random_care_write(struct world *world, const char *name, struct buffer *into);

/* The decision disclosure with one that feeds it. */
void random_disclosure_write(struct world *world, struct buffer *into);

/* The decision disclosure_law; to stand behind an entitlement in the same set. */
void random_law_write(struct world *world, struct buffer *into);
