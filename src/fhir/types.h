/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* The resource types that are served (types.def), and whose person a resource belongs to. Static tables; any thread. */

#include "text/json.h"

enum fhir_kind {
    FHIR_PERSONAL, /* belongs to one person, sealed in drawers */
    FHIR_COMMON,   /* belongs to nobody: organisations, medications; plain */
};

struct fhir_type {
    struct slice name;
    enum fhir_kind kind;
    const char *person; /* paths to the person, in order, separated by `|`; "" for Patient itself and common types */
    bool writable;      /* false: written by the node alone (AuditEvent) */
};

/* NULL for a type that is not served. */
const struct fhir_type *fhir_type(struct slice name);
const struct fhir_type *fhir_type_of(const struct json *resource);

/* For tables that grow from this one: all types, in alphabetical order. NULL past the end. */
const struct fhir_type *fhir_type_at(size_t index);

/* The reference to the person that a resource belongs to: the first one on the type's paths that names a Patient, as it
 * stands in the resource ("Patient/…", or "urn:uuid:…" inside a bundle). ERROR_REQUIRED when a personal resource names
 * nobody; empty for Patient itself and for common types. */
MUST_CHECK enum error fhir_person(const struct json *resource, struct slice *ret_reference);

/* Walks a path of member names separated by dots through objects and arrays and calls for each value at its end. Stops
 * when the callback returns false; returns false then. */
typedef bool fhir_visit(void *context, const struct json *value);
bool fhir_walk(const struct json *resource, struct slice path, fhir_visit *visit, void *context);

/* Calls for every string that is a Reference.reference, at any depth. Same rules. */
bool fhir_references(const struct json *resource, fhir_visit *visit, void *context);
