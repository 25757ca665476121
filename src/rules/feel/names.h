/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* FEEL names may hold spaces and signs (`Monthly Salary`, `date and time`, `loan-to-value`), so a text can only be cut
 * into words by somebody who knows the names that stand in scope (DMN 1.5, 10.3.1.4). This is that knowledge: one
 * table a model, from names (whitespace squeezed to one space) to small numbers, which the evaluator compares in place
 * of texts.
 *
 * Lives in an arena, grows, never forgets. One thread. */

#include "base/arena.h"
#include "base/error.h"
#include "base/slice.h"

#define FEEL_NAMES_MAX (1 << 20)
#define FEEL_NAME_BYTES_MAX 4096
#define FEEL_NAME_TOKENS_MAX 64 /* longer names have numbers but are not matched, so that matching takes bounded time */

struct feel_names;
typedef uint32_t feel_name; /* 0 is no name */

struct feel_names *feel_names_new(struct arena *arena) MUST_CHECK; /* knows the built-in functions; NULL: no memory */

/* The number of a name, entering it where it is new; it then stands in scope everywhere. The empty name has a number
 * too (a context may have the key "") but is matched nowhere. Names of the same tokens are the same name (10.3.1.4):
 * `a-b` and `a - b`; the first spelling is kept. ERROR_VALUE (too long), ERROR_TOO_LARGE (too many), ERROR_MEMORY. */
MUST_CHECK enum error feel_names_enter(struct feel_names *names, struct slice text, feel_name *ret);
/* The same for a name that stands in scope in a part of one text only (a key, a parameter, a variable): it has a
 * number, and is found behind a point and in filters, but elsewhere only between show and hide, which may nest. */
MUST_CHECK enum error feel_names_introduce(struct feel_names *names, struct slice text, feel_name *ret);
void feel_names_show(struct feel_names *names, feel_name name);
void feel_names_hide(struct feel_names *names, feel_name name);
/* 0 when it was never entered. */
feel_name feel_names_find(const struct feel_names *names, struct slice text);
struct slice feel_names_text(const struct feel_names *names, feel_name name);

/* The longest known name that `text` begins with (spaces in either may differ in number) and that ends where a word
 * could end. Returns its length in `text` in bytes, 0 where there is none. The second: of those in scope alone. */
size_t feel_names_match(const struct feel_names *names, struct slice text, feel_name *ret);
size_t feel_names_match_in_scope(const struct feel_names *names, struct slice text, feel_name *ret);
