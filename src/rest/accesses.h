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
    bool emergency; /* the glass was broken, or was used broken */
};

typedef void accesses_done(void *context, enum error error, const struct access_line *line, size_t count);

/* Newest first; asking is itself an access and heads the list. Lines live in call->arena. */
void accesses_list(struct call *call, const struct id *person, accesses_done *done, void *context);

void accesses_write(const struct access_line *line, size_t count, struct buffer *into);
