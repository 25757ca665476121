/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* The verified profile: what a model must keep to so that each property of it can be proved by going through finitely
 * many cases, and so that no value is ever granted or refused by silence. Only such models may be activated.
 *
 * Typed inputs with a closed list of values and an explicit `unknown` (for numbers: `null` in the list); whole numbers
 * in a closed range; at most nine inputs; UNIQUE, ANY, PRIORITY or COLLECT; outputs from a closed list; a unique id for
 * each row; words in pack.json for each warning. */

#include "model.h"
#include "pack.h"

#define PROFILE_INPUTS_MAX 9 /* WHO SMART Guidelines: a table relying on 10 or more inputs is not readable */

/* Adds a line to `report` for each departure. */
void profile_check(const struct dmn_model *model, const struct pack *pack, struct report *report);
