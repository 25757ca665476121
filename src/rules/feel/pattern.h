/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* Texts by character and by pattern: what FEEL's string functions need. Patterns are XPath's (XQuery and XPath
 * Functions and Operators 3.1, 5.6; DMN 1.5, table 75), carried out by ICU after their dialect has been turned into its
 * own: class subtraction `[a-z-[aeiou]]`, `\i`, `\c`, block names `\p{IsGreek}`, the flags s, m, i, x, q. ICU's limits
 * on time and memory are set, so that no pattern can hang (ERROR_TOO_COSTLY).
 *
 * One difference: a back-reference to a group that took no part matches nothing, where XPath has it match the empty
 * text.
 *
 * Results live in the arena. Texts are valid UTF-8 (ERROR_VALUE where not). Any thread; ERROR_MEMORY. */

#include "base/arena.h"
#include "base/error.h"
#include "base/slice.h"

/* ERROR_VALUE: no valid pattern or flag. */
MUST_CHECK enum error pattern_matches(struct arena *arena, struct slice text, struct slice pattern, struct slice flags,
                                      bool *ret_matches);
/* `replacement`: `$1`, `\$` and `\\` as in XPath. ERROR_VALUE also for a pattern that matches the empty text, which
 * XPath forbids, and for a `$` or `\` that means nothing. */
MUST_CHECK enum error pattern_replace(struct arena *arena, struct slice text, struct slice pattern,
                                      struct slice replacement, struct slice flags, struct slice *ret);
/* The pieces between matches; the text itself when there is none. ERROR_VALUE also for a delimiter that matches the
 * empty text. */
MUST_CHECK enum error pattern_split(struct arena *arena, struct slice text, struct slice delimiter,
                                    struct slice **ret_pieces, size_t *ret_count);

/* The work that patterns did on this thread so far, in ten thousands of ICU's steps (well under a millisecond each), so
 * that whoever runs many can hold them to account together. */
uint64_t pattern_work(void);

/* Unicode's full mappings, independent of locale. */
MUST_CHECK enum error pattern_upper(struct arena *arena, struct slice text, struct slice *ret);
MUST_CHECK enum error pattern_lower(struct arena *arena, struct slice text, struct slice *ret);
