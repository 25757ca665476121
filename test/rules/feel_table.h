/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* Tables of FEEL expressions and what they are: lines `expression  ==>  value` in the text files of test/rules/feel. The
 * value is written as string() writes it within a list, so that "a" and a are told apart; `null!` is a null that left a note of its
 * cause, `null` one that is a value like others. `given {…}` puts the entries of a context in scope for the lines below
 * it; a line that begins with `#` is a comment. */

#include "rules/feel/evaluate.h"

/* Checks each line; fails with all that differ. A file with fewer lines than `least` fails as well. */
void feel_table_holds(const char *file, size_t least);

/* Parses and evaluates one text in a run. Fails when it has no syntax or passes a limit. */
struct feel_value feel_table_value(struct feel_run *run, const struct feel_frame *frame, struct slice text);

#define FEEL_TABLE_NOW_MS 1582979696789 /* 2020-02-29T12:34:56.789Z, a Saturday */
