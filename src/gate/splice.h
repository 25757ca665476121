/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* A resource taken apart into drawers and put together again (drawers.def says what goes where).
 *
 * Splitting parses; it happens on writes. Joining does not: a body is the text of its members, ready to be copied,
 * with a table of where ids stand, so that a read costs a few copies and one block cipher an id (ARCHITECTURE.md,
 * "Ids", "One access"). What is not joined is not there: a drawer that was not granted has no bytes to leak.
 *
 * Format of a body, version 1 (numbers big-endian):
 *     u8 1 ‖ u32 n ‖ n × (u32 offset into text, 16-byte id) ‖ u32 × 3 lengths of meta, tags, security ‖ text
 *     text = members of meta, items of meta.tag, items of meta.security, members of the resource; no brackets
 * In the text 32 zeros stand where an id goes. Pure but for the arena; any thread. */

#include "base/id.h"
#include "base/vocabulary.h"
#include "text/json.h"

/* One body a drawer, in the order of enum drawer; empty where the resource has nothing in that drawer. */
struct splice_bodies {
    struct slice body[DRAWER_COUNT];
};

/* Which of the bodies are not empty, as a mask of drawers. */
unsigned splice_mask(const struct splice_bodies *bodies);

/* Where a top-level element of that type is sealed, as if nothing in it were sensitive. False for an unknown type. */
bool splice_drawer(struct slice type, struct slice element, enum drawer *ret_drawer);

/* Every drawer that a resource of this type may use, as a mask; 0 for an unknown type. */
unsigned splice_type_mask(struct slice type);

/* Does a code or a label in it move the whole resource to the sensitive drawer? */
bool splice_is_sensitive(const struct json *resource, struct slice type);

/* Turns an id of the text into the id to keep. False keeps the text as it is (an organisation's id is nobody's
 * secret). */
typedef bool splice_inward(void *context, struct slice type, const struct id *wire, struct id *ret_inside);

/* Splits the resource. resourceType, id, meta.versionId and meta.lastUpdated are left out: the header brings them back.
 * Local references are strings "Type/<32 lower-case hexadecimal digits>", also with /_history behind, of members named
 * `reference`. `inward` may be NULL: then every id is kept as it is.
 * ERROR_UNKNOWN_TYPE, ERROR_PARTIAL_VIEW when it is tagged SUBSETTED, ERROR_TOO_LARGE past SPLICE_TEXT_MAX,
 * ERROR_MEMORY. */
#define SPLICE_TEXT_MAX (16u << 20)
MUST_CHECK enum error splice_split(struct arena *arena, const struct json *resource, struct slice type,
                                   splice_inward *inward, void *context, struct splice_bodies *ret_bodies);

/* What the joined resource begins with. */
struct splice_header {
    struct slice type;
    struct id wire_id;
    uint64_t version;
    int64_t last_updated_ms;
    bool subsetted;        /* adds the tag SUBSETTED */
    struct slice tags;     /* more items of meta.tag, JSON without brackets; may be empty */
    struct slice security; /* more items of meta.security */
};

typedef void splice_outward(void *context, const struct id *inside, struct id *ret_wire);

/* Appends the resource with what the bodies hold, in the order of the drawers. An empty body is skipped. `outward` may
 * be NULL. The bodies come out of a seal, but a damaged one is still ERROR_CORRUPT and never read past its end. */
MUST_CHECK enum error splice_join(const struct splice_header *header, const struct splice_bodies *bodies,
                                  splice_outward *outward, void *context, struct buffer *into);

/* The ids in a body's table. ERROR_CORRUPT. */
size_t splice_reference_count(struct slice body);
MUST_CHECK enum error splice_reference(struct slice body, size_t index, struct id *ret_inside);
