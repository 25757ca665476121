/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* JSON into FEEL values, as the declared type has it: dates, times and durations are strings in JSON. Input comes from
 * anybody; a message names the input and what was expected, never what was given. */

#include "rules/feel/evaluate.h"
#include "text/json.h"

/* `name`: of the input, for messages. ERROR_VALUE with the place in `fault` (`trip.legs[3].start: a date is expected`),
 * ERROR_MEMORY and the errors of feel_evaluate. `type` NULL: anything. */
MUST_CHECK enum error drg_from_json(struct feel_run *run, struct slice name, const struct feel_type *type,
                                    const struct json *json, struct feel_value *ret, struct fault *fault);
