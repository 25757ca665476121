/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* elements.def as tables, for this folder. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/slice.h"

enum fhir_primitive {
    PRIMITIVE_BASE64BINARY,
    PRIMITIVE_BOOLEAN,
    PRIMITIVE_CANONICAL,
    PRIMITIVE_CODE,
    PRIMITIVE_DATE,
    PRIMITIVE_DATETIME,
    PRIMITIVE_DECIMAL,
    PRIMITIVE_ID,
    PRIMITIVE_INSTANT,
    PRIMITIVE_INTEGER,
    PRIMITIVE_MARKDOWN,
    PRIMITIVE_OID,
    PRIMITIVE_POSITIVEINT,
    PRIMITIVE_STRING,
    PRIMITIVE_TIME,
    PRIMITIVE_UNSIGNEDINT,
    PRIMITIVE_URI,
    PRIMITIVE_URL,
    PRIMITIVE_UUID,
    PRIMITIVE_XHTML,
};

enum fhir_element_kind { FHIR_IS_PRIMITIVE, FHIR_IS_STRUCT, FHIR_IS_RESOURCE };

struct fhir_element {
    struct slice name;
    uint8_t kind; /* enum fhir_element_kind */
    uint8_t required;
    bool many;
    uint8_t choice;  /* of value[x] and the like: elements with the same number exclude each other; 0: none */
    uint16_t target; /* enum fhir_primitive, or the number of a struct */
    const char *codes;
};

/* The elements of one struct; never more than this many. */
#define FHIR_STRUCT_ELEMENTS_MAX 192

struct fhir_members {
    const struct fhir_element *element;
    size_t count;
};

/* The number of a resource type's struct, or -1. */
int fhir_struct_number(struct slice path);
struct fhir_members fhir_struct_members(unsigned number);

/* What the `_name` companion of a primitive is: id and extensions. */
struct fhir_members fhir_struct_companion(void);
