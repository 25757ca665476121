/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* XPath's dialect of regular expressions turned into ICU's (XQuery and XPath Functions and Operators 3.1, 5.6.1; XML
 * Schema 1.1 part 2, appendix G). Every construct is read and written anew: what is not in XPath's grammar (lookahead,
 * possessive quantifiers, `\b`, octal numbers) is refused, so that nothing of ICU's own dialect gets through. For
 * pattern.c alone. Pure. */

#include "base/buffer.h"
#include "base/error.h"
#include "base/slice.h"

#define PATTERN_BYTES_MAX 8192
#define PATTERN_GROUPS_MAX 1000 /* in it, and within each other */
#define PATTERN_CLASSES_MAX 20  /* within each other */
#define PATTERN_TIMES_MAX 65535 /* of a quantifier */
#define PATTERN_SETS_MAX 250    /* escapes for sets; ICU takes up to 0.2 ms to build one */

/* Flags of 5.6.1.1. */
struct pattern_flags {
    bool dot_all, many_lines, ignore_case, free_space, literal;
};

/* ERROR_VALUE: a letter that is no flag. */
MUST_CHECK enum error pattern_read_flags(struct slice text, struct pattern_flags *ret);

/* Appends the pattern as ICU reads it without any flags. ERROR_VALUE: no valid pattern. ERROR_TOO_COSTLY: beyond the
 * limits above. ERROR_MEMORY. */
MUST_CHECK enum error pattern_translate(struct slice pattern, const struct pattern_flags *flags, struct buffer *into);

/* The parts of a translation, for pattern_class.c. */
struct translation {
    struct slice rest;
    struct buffer *into;
    struct pattern_flags flags;
    uint32_t set_count;   /* escapes for sets */
    uint32_t group_count; /* that capture, opened so far */
    bool group_closed[PATTERN_GROUPS_MAX + 1];
    uint32_t open_count;
    uint32_t open[PATTERN_GROUPS_MAX]; /* their numbers; 0: does not capture */
};

/* Behind a `[`, and up to its `]`. */
MUST_CHECK enum error pattern_class(struct translation *at, unsigned depth);
/* Behind a `\`: an escape for a set of characters, such as `\d` and `\p{Lu}`. ERROR_NOT_FOUND: it is none of these, and
 * nothing was taken. ERROR_VALUE, ERROR_TOO_COSTLY. */
MUST_CHECK enum error pattern_class_escape(struct translation *at);
/* Behind a `\`: an escape for one character. ERROR_VALUE. */
MUST_CHECK enum error pattern_character_escape(struct translation *at, uint32_t *ret);
/* One character; all that differ from it in case alone, where case is ignored. */
MUST_CHECK enum error pattern_character(struct translation *at, uint32_t character);

/* Takes that byte from the front, if it stands there. */
bool pattern_take(struct translation *at, char wanted);
