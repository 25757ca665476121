/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* Birth dates as evidence. Many of the people this is for have a date that a clerk chose: 1 January of a year that was
 * guessed. Such a date says little when it agrees and must not speak against anybody when it does not. */

#include "person.h"

struct birth_evidence {
    double bits;   /* log2 of how much likelier this is for one person than for two */
    bool full_day; /* the same day, known as such on both sides */
};

struct birth_evidence birth_compare(const struct identity_person *a, const struct identity_person *b);

/* The day is likely a clerk's: 1 January, or said to be a default or an estimate. */
bool birth_is_placeholder(const struct identity_person *person);
