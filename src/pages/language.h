/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* The languages of the pages: which one a reader gets, its direction, and its plural rule.
 *
 * Pure; any thread. What the browser sends may come from an enemy: a header longer than LANGUAGE_HEADER_MAX is ignored,
 * and what cannot be parsed is passed over, never guessed. */

#include <stdint.h>

#include "base/error.h"
#include "base/slice.h"

enum language {
#define LANGUAGE(name, tag, direction, own_name, plural) LANGUAGE_##name,
#include "languages.def"
#undef LANGUAGE
    LANGUAGE_COUNT
};

/* The cookie that remembers a choice made with ?lang=. */
#define LANGUAGE_COOKIE "lang"
#define LANGUAGE_PARAMETER "lang"
#define LANGUAGE_HEADER_MAX 256

/* CLDR plural categories. */
enum plural { PLURAL_ZERO, PLURAL_ONE, PLURAL_TWO, PLURAL_FEW, PLURAL_MANY, PLURAL_OTHER, PLURAL_COUNT };

/* For lang= and dir=, and the language's name in itself for the switch. */
const char *language_tag(enum language language);
const char *language_direction(enum language language);
const char *language_own_name(enum language language);

/* The exact tag of one of our languages ("fr"); false for anything else. */
MUST_CHECK bool language_from_tag(struct slice tag, enum language *ret_language);

/* What the reader chose with ?lang=, else the cookie, else the best of Accept-Language (RFC 9110, 12.5.4), else the
 * first language. Each may be empty. */
enum language language_choose(struct slice parameter, struct slice cookie, struct slice accept_language);

/* The plural category of a whole number, CLDR 44. */
enum plural language_plural(enum language language, uint64_t number);
