/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* Which records to compare at all: terms that two records of one person are likely to share. A record is found when it
 * shares one term with the one that is looked for.
 *
 * The terms are personal data in plain text. The vault keys them before they are stored; nothing else may keep them. */

#include "person.h"

#define IDENTITY_TERMS_MAX 96

struct identity_terms {
    struct personal term[IDENTITY_TERMS_MAX]; /* no two alike */
    size_t count;
};

/* Two kinds of names in common; or one and the year of birth; or the day of birth (day and month in either order), if
 * it is no placeholder. Terms live in the arena. ERROR_MEMORY. */
MUST_CHECK enum error identity_blocking_terms(const struct identity_person *person, struct arena *arena,
                                              struct identity_terms *ret_terms);
