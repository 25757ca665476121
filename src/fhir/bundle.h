/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* Bundles: what a transaction or batch asks for, in the order it has to be done, and the bundles that are answered.
 *
 * A transaction is planned, then resolved, then executed:
 *   1. fhir_bundle_plan reads the entries, orders them (FHIR R4, 3.1.0.11.2: DELETE, POST, PUT and PATCH, GET) and
 *      collects the conditional references ("Practitioner?identifier=…").
 *   2. The caller fills `assigned` of every entry that creates ("Patient/<id>") and `target` of each conditional.
 *   3. fhir_bundle_resource writes an entry's resource with all of these put in.
 * Plans live in the arena beside the parsed bundle. */

#include "types.h"

#define FHIR_BUNDLE_ENTRIES_MAX 5000

enum fhir_method { FHIR_DELETE, FHIR_POST, FHIR_PUT, FHIR_PATCH, FHIR_GET, FHIR_HEAD };

struct fhir_entry {
    size_t index; /* where it stands in the bundle, from 0: answers go back in that order */
    enum fhir_method method;
    const struct fhir_type *type; /* of the URL; NULL for a GET of the whole system */
    struct slice id;              /* of the URL; empty where it has none */
    struct slice url;             /* as sent */
    struct slice query;           /* behind `?` in the URL; empty */
    struct slice if_none_exist;   /* a query; empty */
    struct slice if_match;        /* an ETag; empty */
    struct slice if_none_match;
    struct slice full_url;
    const struct json *resource; /* NULL for DELETE and GET */
    struct slice assigned;       /* "Type/<id>"; from the URL where it names one, else by the caller */
    enum error failed;           /* in a batch: why this entry cannot be done; a transaction fails as a whole */
};

struct fhir_conditional {
    struct slice reference; /* as it stands in the resources */
    const struct fhir_type *type;
    struct slice query;
    struct slice target; /* "Type/<id>", by the caller */
    size_t entry;        /* index in the bundle of the first entry that uses it */
};

struct fhir_plan {
    bool transaction;         /* else batch */
    struct fhir_entry *entry; /* in the order of doing */
    size_t entries;
    size_t *place; /* of the bundle's i-th entry in that order */
    struct fhir_conditional *conditional;
    size_t conditionals;
    const struct fhir_names *names; /* full URLs and conditional references, hashed (names.h) */
};

/* ERROR_VALUE, ERROR_REQUIRED, ERROR_UNKNOWN_TYPE, ERROR_TOO_LARGE past FHIR_BUNDLE_ENTRIES_MAX,
 * ERROR_CONFLICT when two entries have the same fullUrl or change the same resource, ERROR_UNSUPPORTED for an
 * operation, ERROR_MEMORY. `fault` names the entry: "entry 12 …". The resources inside are not validated: what is
 * stored is validated by whoever stores it. */
MUST_CHECK enum error fhir_bundle_plan(struct arena *arena, const struct json *bundle, struct fhir_plan *ret_plan,
                                       struct fault *fault);

/* The resource of an entry with every urn:uuid and conditional reference replaced by its target and, when `id` is not
 * empty, with that id in place of its own. In a batch entries do not know each other: there a urn: leads nowhere.
 * ERROR_VALUE, naming the entry, when a urn: or conditional reference leads nowhere; ERROR_TOO_LARGE. */
MUST_CHECK enum error fhir_bundle_resource(const struct fhir_plan *plan, const struct fhir_entry *entry,
                                           struct slice id, struct buffer *into, struct fault *fault);

/* Where a reference of the plan leads: the assigned "Type/<id>" of the entry with that fullUrl, or a conditional's
 * target. Empty when it leads nowhere (yet). */
struct slice fhir_bundle_resolve(const struct fhir_plan *plan, struct slice reference);

/* ---- answers ---- */

enum fhir_bundle_type {
    FHIR_SEARCHSET,
    FHIR_HISTORY,
    FHIR_TRANSACTION_RESPONSE,
    FHIR_BATCH_RESPONSE,
    FHIR_COLLECTION,
};

struct fhir_bundle_head {
    enum fhir_bundle_type type;
    int64_t timestamp_ms;
    int64_t total;     /* negative: left out */
    struct slice self; /* full URLs; empty: left out */
    struct slice next;
};

/* begin, any number of entries, end. The buffer is checked by the caller at the end. */
struct fhir_bundle_writer {
    struct json_writer json;
    bool has_entries; /* FHIR has no empty lists: the first entry opens it */
};

struct fhir_bundle_writer fhir_bundle_begin(struct buffer *into, const struct fhir_bundle_head *head);
void fhir_bundle_end(struct fhir_bundle_writer *writer);

/* A hit of a search; `mode` is "match", "include" or "outcome". `resource` is JSON text. */
void fhir_bundle_hit(struct fhir_bundle_writer *writer, struct slice full_url, struct slice resource, const char *mode);

/* A hit of Patient/$match, with its score (0 to 1) and match-grade. */
void fhir_bundle_match(struct fhir_bundle_writer *writer, struct slice full_url, struct slice resource, double score,
                       const char *grade);

/* What became of one request. Empty slices and a zero time are left out. */
struct fhir_response {
    int status;
    struct slice location;
    uint64_t version; /* of the ETag; 0: left out */
    int64_t last_modified_ms;
    struct slice outcome;  /* an OperationOutcome as JSON text */
    struct slice resource; /* JSON text */
    struct slice full_url;
    const char *method; /* for history: what made this version; NULL: left out */
    struct slice url;   /* for history */
};
void fhir_bundle_response(struct fhir_bundle_writer *writer, const struct fhir_response *response);
