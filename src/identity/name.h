/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* Names as bags of tokens, in any script and any order.
 *
 * Serves promise 7 (one person is one record, across alphabets). What is a given name, a father's name or a family
 * name differs from people to people and from clerk to clerk, so nothing here depends on it. Each token is brought
 * into Latin letters and then into letters that stand for sounds ("sh", "sch" and "ش" are one), and two tokens are
 * compared by what it takes to turn one into the other: a vowel costs little, and next to nothing where one of the
 * scripts writes none.
 *
 * Pure but for transliteration; any thread. Bounded: what is more than the limits is cut, and `cut` says so. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"

#define IDENTITY_TOKENS_MAX 12
#define IDENTITY_LETTERS_MAX 24
#define IDENTITY_SKELETON_MAX 6

struct identity_token {
    char letter[IDENTITY_LETTERS_MAX]; /* sounds, see letters.h; not terminated */
    uint8_t length;
    uint8_t article; /* letters at the front that may be an article: 0 or 2 ("al", "el") */
    bool vowelless;  /* from a script that writes no short vowels */
    bool particle;   /* "bin", "al", "de": counts only where hardly anything else is there; Le and Van are names */
};

struct identity_name {
    struct identity_token token[IDENTITY_TOKENS_MAX];
    size_t count;
    bool cut;
};

/* Adds the tokens of `text` (UTF-8; at most 1024 bytes are looked at). "Abd al-Rahman" and "Abdurrahman" become one
 * token. `arena` for scratch. ERROR_UTF8, ERROR_MEMORY, ERROR_FILE_MISSING (see text/translit.h). */
MUST_CHECK enum error identity_name_add(struct identity_name *name, struct arena *arena, struct slice text,
                                        struct fault *fault);

/* The tokens that count: those that are no particles, or all of them if fewer than two are none. Returns how many. */
size_t identity_name_words(const struct identity_name *name,
                           const struct identity_token *ret_word[IDENTITY_TOKENS_MAX]);

/* 0 (nothing in common) to 1 (the same). Symmetric. */
double identity_token_similarity(const struct identity_token *a, const struct identity_token *b);

/* The consonants, coarsened, that survive most ways to spell and to transliterate a token: "smr" for Samira, Samirah
 * and سميرة. At least one letter. For looking up, never for deciding. */
struct identity_skeleton {
    char letter[IDENTITY_SKELETON_MAX + 1]; /* zero-terminated */
};
struct identity_skeleton identity_token_skeleton(const struct identity_token *token);

/* The best assignment of the tokens of the shorter name to those of the longer. */
struct identity_name_evidence {
    double similarity; /* 0 to 1, over the shorter name, less a little for each token left over in the longer */
    double bits;       /* log2 of how much likelier this is for one person than for two */
    double weakest;    /* similarity of the worst assigned pair; 0 when there is none */
    size_t assigned;   /* tokens of the shorter name */
};
struct identity_name_evidence identity_name_compare(const struct identity_name *a, const struct identity_name *b);
