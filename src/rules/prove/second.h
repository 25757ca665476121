/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* The second proof: each property that is about cases is also put to Z3, as a text made from the cells (smt.h). What
 * counts is what both proofs say (property_word): where they disagree there is a mistake in one of the two, and where
 * the solver says nothing, nothing is proved. */

#include "property.h"
#include "smt.h"
#include "solver.h"
#include "text/json.h"

/* The proof with the solver's half added. `set` and `base` are the sources that first->set and first->base were
 * compiled from. Without `solver` the texts and their hashes are made only, and what the solver said is taken from
 * `record`, for a replay; both may be NULL. ERROR_UNPROVED (other sources, or a property that the enumeration left
 * out), ERROR_PROFILE, ERROR_MEMORY. That the solver does not answer is no error. */
MUST_CHECK enum error second_proof(const struct proof *first, const struct smt_source *set,
                                   const struct smt_source *base, struct solver *solver, const struct json *record,
                                   const struct proof **ret_proof);
