/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* People in words: whom a sentence of the prover is about. Only what matters of them is said. */

#include "base/buffer.h"
#include "space.h"

#define PERSON_CHILD "A child" /* as `who`: only children are meant, whatever older people a cell has too */

/* "A child of 8, undocumented, means above, deferrable": whoever is in the box. Facts of which it has every cell are
 * left out. `who` begins the sentence ("A person", "Somebody"); empty: nothing but the facts. */
void person_write(struct buffer *into, const struct space *space, space_box *box, const char *who);

/* "undocumented", "without certificate", "stay_days 0 to 89": one fact, some of its cells. */
void person_write_fact(struct buffer *into, const struct space_fact *fact, const uint8_t *cells);
