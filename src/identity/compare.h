/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* Are these two records one person? Evidence is added up in bits (Fellegi and Sunter, "A theory for record linkage",
 * 1969) with weights set by hand; a trained model is to take their place behind this call.
 *
 * It must never call certain what twins, siblings or a clerk's default date could also explain: certain takes every
 * name and a real day of birth. Pure; any thread; some microseconds. */

#include "person.h"

/* http://terminology.hl7.org/CodeSystem/match-grade */
enum identity_grade { IDENTITY_CERTAINLY_NOT, IDENTITY_POSSIBLE, IDENTITY_PROBABLE, IDENTITY_CERTAIN };

struct identity_score {
    double probability; /* 0 to 1: FHIR's search.score */
    enum identity_grade grade;
    /* what it is made of, for who reviews it */
    double name_bits, birth_bits, gender_bits;
    double name_similarity;
};

struct identity_score identity_compare(const struct identity_person *a, const struct identity_person *b);

/* "certain", "probable", "possible", "certainly-not" */
const char *identity_grade_code(enum identity_grade grade);
