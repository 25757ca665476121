/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* Search: parameters from searches.def, parsed once, matched against one resource at a time. A parameter or modifier
 * that is not known is an error: a server that ignores it answers another question than the one asked.
 *
 * Two steps, so that nothing but tokens need lie open on disk: fhir_search_terms gives the index terms of a resource
 * when it is written, fhir_search_lookups what a query can look up among them; whatever comes back is only a
 * candidate, and fhir_search_matches decides on the resource itself, or on the part of it that the asker may see. */

#include "text/date.h"
#include "types.h"

/* FHIR_CODE is a token over a primitive: its system is implied and not compared. */
enum fhir_search_kind {
    FHIR_TOKEN,
    FHIR_CODE,
    FHIR_STRING,
    FHIR_DATE,
    FHIR_REFERENCE,
    FHIR_NUMBER,
    FHIR_QUANTITY,
    FHIR_URI,
};
enum fhir_modifier { FHIR_PLAIN, FHIR_EXACT, FHIR_CONTAINS, FHIR_NOT, FHIR_MISSING, FHIR_OF_TYPE };
enum fhir_prefix { FHIR_EQ, FHIR_NE, FHIR_LT, FHIR_GT, FHIR_GE, FHIR_LE, FHIR_SA, FHIR_EB };

/* One row of searches.def. */
struct fhir_parameter {
    struct slice type; /* "*" for all types */
    struct slice name;
    enum fhir_search_kind kind;
    struct slice paths; /* separated by `|` */
    bool indexed;       /* has index terms */
};

/* Walks the parameters of a type, those of "*" first: the first one after NULL, NULL after the last one. */
const struct fhir_parameter *fhir_parameter_next(const struct fhir_type *type, const struct fhir_parameter *previous);

#define FHIR_SEARCH_CRITERIA_MAX 32
#define FHIR_SEARCH_VALUES_MAX 200 /* of one parameter, separated by commas */
#define FHIR_SEARCH_SORTS_MAX 4
#define FHIR_SEARCH_COUNT_DEFAULT 50
#define FHIR_SEARCH_COUNT_MAX 1000

struct fhir_value {
    struct slice text;   /* code of a token, unit of a quantity, reference, URI; a string folded, but for :exact */
    struct slice system; /* of a token or quantity */
    bool any_system;     /* no `|` in it */
    enum fhir_prefix prefix;
    struct date date;
    struct slice number;
};

/* One parameter as it was asked: its values are OR, criteria are AND. */
struct fhir_criterion {
    const struct fhir_parameter *parameter;
    enum fhir_modifier modifier;
    const struct fhir_value *value;
    size_t count;
    bool missing;        /* value of :missing */
    struct slice target; /* type of :[type]; or empty */
};

struct fhir_sort {
    const struct fhir_parameter *parameter;
    bool descending;
};

struct fhir_search {
    const struct fhir_type *type;
    struct fhir_criterion criterion[FHIR_SEARCH_CRITERIA_MAX];
    size_t criteria;
    struct fhir_sort sort[FHIR_SEARCH_SORTS_MAX];
    size_t sorts;
    uint32_t count;      /* _count: entries wanted on a page; 0 is _summary=count too */
    bool total_only;     /* _summary=count or _count=0 */
    struct slice page;   /* _page: the server's own cursor, opaque here */
    struct slice person; /* "Patient/<id>" when the query names one person's compartment (patient, subject, …) */
};

/* `query` is what stands behind the `?`, percent-encoded. Everything lives in the arena.
 * ERROR_UNKNOWN_PARAMETER (`fault` names the parameter, never its value), ERROR_VALUE, ERROR_TOO_COSTLY past the limits
 * above, ERROR_NOT_ACCEPTABLE for another _format than JSON, ERROR_MEMORY. */
MUST_CHECK enum error fhir_search_parse(struct arena *arena, const struct fhir_type *type, struct slice query,
                                        struct fhir_search *ret_search, struct fault *fault);

/* Does the resource meet every criterion? It sees only what `resource` holds. */
bool fhir_search_matches(const struct fhir_search *search, const struct json *resource);

/* Order of two resources under _sort; 0 when it leaves them equal. */
int fhir_search_compare(const struct fhir_search *search, const struct json *a, const struct json *b);

/* Index terms. Plain text that tells about a person: the vault keys it before it is stored.
 *   Encounter.status=in-progress · Patient.identifier=sys|val · Patient.identifier=val
 *   Encounter.service-provider=Organization/<id> · Patient.birthdate=1990 · Patient.birthdate=1990-01-01
 *   Patient.family^had (the first three letters, folded)                                                              
 * */
struct fhir_terms {
    const struct slice *term;
    size_t count;
};

/* Of a resource, without duplicates. ERROR_TOO_LARGE past FHIR_TERMS_MAX, ERROR_MEMORY. */
#define FHIR_TERMS_MAX 256
MUST_CHECK enum error fhir_search_terms(struct arena *arena, const struct json *resource, struct fhir_terms *ret_terms);

/* For each criterion that can be looked up: terms of which any may match (OR). A resource that meets the criterion has
 * at least one of them; the converse does not hold. 0 lookups: the query needs another way in. ERROR_MEMORY. */
struct fhir_lookups {
    const struct fhir_terms *lookup;
    size_t count;
};
MUST_CHECK enum error fhir_search_lookups(struct arena *arena, const struct fhir_search *search,
                                          struct fhir_lookups *ret_lookups);

/* The query for the links of a Bundle: as it was sent, but with the _count that was really used and without _page. */
void fhir_search_write(const struct fhir_search *search, struct slice query, struct buffer *into);
