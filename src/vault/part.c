/* SPDX-License-Identifier: Apache-2.0 */
#include "part.h"

#define TYPE_MAX 64
#define BINDING_MAX (8 + 2 * ID_BYTES + 8 + 1 + TYPE_MAX)

struct binding {
    char bytes[BINDING_MAX];
    size_t length;
};

static struct binding binding_of(const struct part_place *place, enum drawer drawer, uint64_t version)
{
    struct binding binding = {.length = 0};
    struct buffer into = {.data = binding.bytes, .capacity = BINDING_MAX, .maximum = BINDING_MAX};

    buffer_byte(&into, PART_FORMAT);
    buffer_slice(&into, id_slice(place->person));
    buffer_slice(&into, id_slice(place->resource));
    buffer_u64(&into, version);
    buffer_byte(&into, (uint8_t)drawer);
    buffer_slice(&into, place->type);
    binding.length = into.length;
    return binding;
}

enum error part_body_read(struct slice body, struct part_body *ret_body)
{
    struct reader reader = reader_of(body);

    *ret_body = (struct part_body){0};
    if (reader_byte(&reader) != PART_FORMAT)
        return ERROR_CORRUPT;
    while (!reader.failed && reader.rest.length > 0) {
        unsigned drawer = reader_byte(&reader);
        struct part part = {.drawer = (enum drawer)drawer, .version = reader_u64(&reader)};
        uint32_t length = reader_u32(&reader);
        part.sealed = reader_bytes(&reader, length);
        if (reader.failed || drawer >= DRAWER_COUNT || ret_body->has[drawer])
            return ERROR_CORRUPT;
        ret_body->part[drawer] = part;
        ret_body->has[drawer] = true;
    }
    return reader_done(&reader) ? OK : ERROR_CORRUPT;
}

void part_body_write(const struct part_body *body, struct buffer *into)
{
    buffer_byte(into, PART_FORMAT);
    for (unsigned d = 0; d < DRAWER_COUNT; d++) {
        if (!body->has[d])
            continue;
        buffer_byte(into, (uint8_t)d);
        buffer_u64(into, body->part[d].version);
        buffer_u32(into, (uint32_t)body->part[d].sealed.length);
        buffer_slice(into, body->part[d].sealed);
    }
}

unsigned part_body_mask(const struct part_body *body)
{
    unsigned mask = 0;

    for (unsigned d = 0; d < DRAWER_COUNT; d++)
        if (body->has[d])
            mask |= 1u << d;
    return mask;
}

enum error part_seal(struct arena *arena, struct world *world, const struct secret_key *key,
                     const struct part_place *place, enum drawer drawer, uint64_t version, struct slice plain,
                     struct part *ret_part)
{
    struct binding binding = binding_of(place, drawer, version);
    char *sealed = arena_alloc(arena, plain.length + SEAL_OVERHEAD);

    if (!sealed)
        return ERROR_MEMORY;
    seal(key, world, slice_of(binding.bytes, binding.length), plain, sealed);
    *ret_part = (struct part){drawer, version, slice_of(sealed, plain.length + SEAL_OVERHEAD)};
    return OK;
}

enum error part_open(struct arena *arena, const struct secret_key *key, const struct part_place *place,
                     const struct part *part, struct slice *ret_plain)
{
    struct binding binding = binding_of(place, part->drawer, part->version);

    if (part->sealed.length < SEAL_OVERHEAD)
        return ERROR_SEALED;
    char *plain = arena_alloc(arena, part->sealed.length - SEAL_OVERHEAD);
    if (!plain)
        return ERROR_MEMORY;
    TRY(seal_open(key, slice_of(binding.bytes, binding.length), part->sealed, plain));
    *ret_plain = slice_of(plain, part->sealed.length - SEAL_OVERHEAD);
    return OK;
}
