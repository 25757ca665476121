/* SPDX-License-Identifier: Apache-2.0 */
#include "person.h"

enum error identity_person_add_name(struct identity_person *person, struct arena *arena, struct slice text,
                                    struct fault *fault)
{
    struct identity_name name = {.count = 0};

    TRY(identity_name_add(&name, arena, text, fault));
    if (name.count > 0 && person->names < IDENTITY_NAMES_MAX)
        person->name[person->names++] = name;
    return OK;
}

static enum error name_from_parts(const struct json *human_name, struct arena *arena, struct identity_name *name,
                                  struct fault *fault)
{
    for (struct json_items given = json_items(json_member(human_name, "given")); json_next(&given);)
        TRY(identity_name_add(name, arena, json_text(given.value), fault));
    TRY(identity_name_add(name, arena, json_text(json_member(human_name, "family")), fault));
    if (name->count > 0)
        return OK;
    return identity_name_add(name, arena, json_text(json_member(human_name, "text")), fault);
}

static enum error add_human_name(struct identity_person *person, const struct json *human_name, struct arena *arena,
                                 struct fault *fault)
{
    struct identity_name name = {.count = 0};

    TRY(name_from_parts(human_name, arena, &name, fault));
    if (name.count > 0)
        person->name[person->names++] = name;
    return OK;
}

/* http://hl7.org/fhir/R4/valueset-administrative-gender.html */
static enum identity_gender gender_of(const struct json *code)
{
    if (json_is(code, "female"))
        return IDENTITY_GENDER_FEMALE;
    if (json_is(code, "male"))
        return IDENTITY_GENDER_MALE;
    return json_is(code, "other") ? IDENTITY_GENDER_OTHER : IDENTITY_GENDER_UNKNOWN;
}

enum error identity_person_from_patient(const struct json *patient, struct arena *arena,
                                        struct identity_person *ret_person, struct fault *fault)
{
    struct identity_person person = {.gender = gender_of(json_member(patient, "gender"))};
    struct slice birth = json_text(json_member(patient, "birthDate"));

    for (struct json_items name = json_items(json_member(patient, "name")); json_next(&name);)
        if (person.names < IDENTITY_NAMES_MAX)
            TRY(add_human_name(&person, name.value, arena, fault));
    person.has_birth = date_parse(birth, DATE_KIND_DATE, &person.birth) == OK;
    *ret_person = person;
    return OK;
}
