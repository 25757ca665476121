/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* Characters and tokens of FEEL (DMN 1.5, 10.3.1.2, rules 25 to 30, 35 to 37, 61 to 62, and 10.3.1.4): what the table
 * of names and the parser both need, so that both cut a text in the same places. Reads UTF-8; a byte that is none
 * counts as a character of no kind. Pure. */

#include <stdbool.h>
#include <stdint.h>

#include "base/slice.h"

bool lex_is_name_start(uint32_t character);
bool lex_is_name_part(uint32_t character); /* also what may start one */

/* Bytes of white space at the front. */
size_t lex_space(struct slice text);
/* Bytes of white space and comments at the front. A comment without an end stays where it is. */
size_t lex_blank(struct slice text);
bool lex_at_comment(struct slice text);

/* Bytes of the longest run of name characters at the front; 0 where there is none. */
size_t lex_word(struct slice text);
/* Does a name start here? */
bool lex_at_name(struct slice text);
/* Bytes of the sign that may stand inside a name (rule 30); 0 where there is none. */
size_t lex_name_sign(struct slice text);
/* Bytes of the token at the front: a word or one character. 0 at the end alone. */
size_t lex_token(struct slice text);

/* Bytes of a numeric literal without its sign (rule 35; an exponent as DMN 1.5 has it); 0 where there is none. `1..2`
 * begins with the number 1. */
size_t lex_number(struct slice text);

/* Do two texts hold the same tokens? */
bool lex_same(struct slice a, struct slice b);
