/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* Names that would tell of somebody's status (words.def): of columns, of members, of what a code belongs to. */

#include <stdbool.h>

#include "base/slice.h"

bool word_is_forbidden(struct slice name);
/* In a JSON text: the name of any member, or what stands in `url`, `system` or `code`. False for what is no JSON. */
bool word_in_json(struct slice text);
