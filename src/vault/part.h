/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* One drawer's part of one version of a resource, sealed. The bytes are bound to person, type, resource, version and
 * drawer, so that none of them can be passed off as another. A body holds the parts of a version one after the other:
 *
 *     u8 format ‖ parts of (u8 drawer ‖ u64 version it was sealed in ‖ u32 length ‖ sealed bytes)
 *
 * A part that a later version does not touch is carried over as it is, with the version that it was sealed in, so that
 * who may not open a drawer can still change the others. */

#include "base/arena.h"
#include "base/id.h"
#include "base/vocabulary.h"
#include "crypto/seal.h"

#define PART_FORMAT 1

struct part_place {
    const struct id *person;
    struct slice type;
    const struct id *resource;
};

struct part {
    enum drawer drawer;
    uint64_t version;
    struct slice sealed;
};

struct part_body {
    struct part part[DRAWER_COUNT];
    bool has[DRAWER_COUNT];
};

/* ERROR_CORRUPT. The parts borrow from `body`. */
MUST_CHECK enum error part_body_read(struct slice body, struct part_body *ret_body);
void part_body_write(const struct part_body *body, struct buffer *into);
unsigned part_body_mask(const struct part_body *body);

/* Seals `plain` into the arena. ERROR_MEMORY. */
MUST_CHECK enum error part_seal(struct arena *arena, struct world *world, const struct secret_key *key,
                                const struct part_place *place, enum drawer drawer, uint64_t version,
                                struct slice plain, struct part *ret_part);
/* Opens into the arena. ERROR_SEALED, ERROR_MEMORY. */
MUST_CHECK enum error part_open(struct arena *arena, const struct secret_key *key, const struct part_place *place,
                                const struct part *part, struct slice *ret_plain);
