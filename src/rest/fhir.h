/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* What the FHIR handlers share. */

#include "fhir/search.h"
#include "fhir/types.h"
#include "handlers.h"
#include "reply.h"
#include "text/json.h"

/* The type of the path; answers ERROR_UNKNOWN_TYPE and returns NULL otherwise. */
const struct fhir_type *call_type(struct call *call);

/* The id of the path, inward. What is not an id of ours names nothing: ERROR_NOT_FOUND is answered and false returned.
 * */
bool call_id(struct call *call, const struct fhir_type *type, size_t parameter, struct id *ret_inside);

/* An id as text in a slice of the arena, as the asker's sector sees it. */
struct slice call_wire(struct call *call, const struct fhir_type *type, const struct id *inside);

/* Whose the resource of a change without a body is. One that is not there is taken for a person who is not there, so
 * that the rules are asked about it as about any other. */
MUST_CHECK enum error item_owner(struct call *call, struct gate_write_item *item);

/* A resource as it may be stored: stripped of what must not be here, and valid. */
MUST_CHECK enum error clean_resource(struct call *call, const struct json *sent, const struct json **ret_resource);

/* Reads the body as a resource of that type (any when NULL), stripped of what must not be stored and validated.
 * On an error it has been answered and NULL is returned. */
const struct json *call_resource(struct call *call, const struct fhir_type *type);

/* "Type/<wire id>" -> inside. False when it is not of this form. */
bool reference_inside(struct call *call, struct slice reference, struct id *ret_inside);

/* A write of one item and its answer. */
void call_write(struct call *call, struct gate_write_item *item, int status);

/* Index terms of a resource, for the item. */
MUST_CHECK enum error item_terms(struct arena *arena, const struct json *resource, struct gate_write_item *item);

/* The terms under which other records of the same person may be found. */
MUST_CHECK enum error match_terms(struct arena *arena, const struct json *patient, struct fhir_terms *ret_terms);

/* The person that a resource to be written belongs to. ERROR_REQUIRED, ERROR_VALUE. */
MUST_CHECK enum error item_person(struct call *call, const struct fhir_type *type, const struct json *resource,
                                  struct gate_write_item *item);

/* An organisation that is known by a short name has the id which that name gives. */
struct id common_id(struct call *call, const struct json *resource);
