/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* Letters that stand for sounds: the inside of name.h. A lower-case letter is itself; S is sh, C ch, T th (English),
 * D dh, G gh, Z zh, K kh. Doubled letters are one. */

#include "name.h"

/* Spells a Latin token (a to z, anything else is passed over) in these letters. */
struct identity_token letters_spell(struct slice latin, bool vowelless);

bool letter_is_vowel(char letter);

/* Cost of taking one letter for another, 0 to 1. `loose`: one of the tokens is vowelless and the other is not. */
double letter_exchange(char a, char b, bool loose);

/* Cost of a letter that the other token lacks, 0 to 1. */
double letter_skip(const struct identity_token *token, size_t at, bool loose);

/* The coarse consonant of a skeleton, 0 for none. */
char letter_coarse(char letter);
