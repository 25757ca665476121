/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* From a model to compiled bytes (rules/rule_set.h reads them). The bytes depend on nothing but the two inputs and the
 * mode, so that anybody can make them again and compare hashes. */

#include "base/buffer.h"
#include "model.h"
#include "pack.h"

/* A pack for the server. Any departure from the verified profile is a line in `report` and ERROR_PROFILE.
 * Also ERROR_XML, ERROR_SYNTAX, ERROR_JSON, ERROR_REQUIRED, ERROR_VALUE, ERROR_TOO_LARGE, ERROR_MEMORY. */
MUST_CHECK enum error compile_pack(struct arena *arena, struct slice dmn, struct slice pack_json, struct report *report,
                                   struct buffer *ret_compiled, struct fault *fault);

/* A model by itself, outside the profile: numbers with decimals, open texts, no citations. Decisions that cannot be
 * compiled are left out and reported; ERROR_PROFILE when none is left. Such bytes are never activated. */
MUST_CHECK enum error compile_model(struct arena *arena, struct slice dmn, struct report *report,
                                    struct buffer *ret_compiled, struct fault *fault);
