/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* A person's own view of the log: each look at her record as a line, with the role and the place of who looked, never
 * the name, for the API and the page. */

#include "app.h"

struct access_line {
    uint64_t entry;
    struct slice time; /* FHIR instant */
    struct slice role, sector, purpose, action;
    struct slice place; /* name of the organisation; empty when it is not known */
    struct slice asked[DRAWER_COUNT], opened[DRAWER_COUNT];
    size_t asked_count, opened_count;
    bool permitted;
    struct slice outcome, row, citation, obligations;
    struct slice basis;            /* of a permitted one: the ground it stands on; else empty */
    struct slice reason;           /* of a broken glass, in the words of who broke it */
    struct slice request;          /* the number of the request, to name in a question; empty for a command's */
    struct slice error;            /* of a refused one */
    struct slice type;             /* of the resource */
    struct slice organization;     /* id, hexadecimal */
    struct slice looker, resource; /* commitments */
    struct slice order;            /* the lawful order that it belongs to; else empty */
    struct slice authority, law, article, until, told, reads; /* of what became of an order */
    bool of_order;                 /* no look: an order came, was released, is told of */
    bool replaces;                 /* a write that replaces or deletes what was there */
    bool emergency;                /* the glass was broken, or was used broken */
    bool notice;                   /* she is to be told of it and has not seen it yet */
    uint8_t review;                /* 0: none; else 1 + enum review_verdict */
};

typedef void accesses_done(void *context, enum error error, const struct access_line *line, size_t count);

/* What she has not been told of yet first, then newest first; asking is itself an access and stands among them. Lines
 * live in call->arena. */
void accesses_list(struct call *call, const struct id *person, accesses_done *done, void *context);

void accesses_write(const struct access_line *line, size_t count, struct buffer *into);
