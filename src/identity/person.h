/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* What matching knows of a person: names, birth date, gender. It is personal data as a whole and has no way into a log
 * (base/log.h takes no struct). No nationality, no document numbers, no status: they are not asked for care. */

#include "name.h"
#include "text/date.h"
#include "text/json.h"

#define IDENTITY_NAMES_MAX 4

enum identity_gender { IDENTITY_GENDER_UNKNOWN, IDENTITY_GENDER_FEMALE, IDENTITY_GENDER_MALE, IDENTITY_GENDER_OTHER };

struct identity_person {
    struct identity_name name[IDENTITY_NAMES_MAX]; /* other spellings, other scripts, a name before marriage */
    size_t names;
    bool has_birth;
    struct date birth;
    enum date_provenance birth_provenance; /* DATE_STATED unless the caller knows more */
    enum identity_gender gender;
};

/* Adds a whole name; beyond IDENTITY_NAMES_MAX they are left out. Errors as identity_name_add. */
MUST_CHECK enum error identity_person_add_name(struct identity_person *person, struct arena *arena, struct slice text,
                                               struct fault *fault);

/* From a FHIR R4 Patient: every HumanName (given and family together, or text where both are missing), birthDate and
 * gender. What is missing or no date stays unknown. Errors as identity_name_add. */
MUST_CHECK enum error identity_person_from_patient(const struct json *patient, struct arena *arena,
                                                   struct identity_person *ret_person, struct fault *fault);
