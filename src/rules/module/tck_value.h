/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* Values as the conformance kit writes them (testCases.xsd: value, component, list), and when two count as the same. */

#include "rules/dmn/xml.h"
#include "rules/feel/evaluate.h"

/* What stands in `holder`: an input node, an expected result, an item, a component. ERROR_UNSUPPORTED for a type that
 * FEEL does not have or a text that is not of its type, ERROR_MEMORY. */
MUST_CHECK enum error tck_value(struct feel_run *run, const xmlNode *holder, struct feel_value *ret);

/* Does null stand there? Nothing at all stands for null. */
bool tck_is_null(const xmlNode *holder);

/* Numbers within 1e-8, as the kit's own runners compare them; everything else exactly, contexts in any order. */
bool tck_same(struct feel_value a, struct feel_value b);
