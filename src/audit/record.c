/* SPDX-License-Identifier: Apache-2.0 */
#include "record.h"

#include <string.h>

#define MARK UINT32_C(0xB17C4EAD)
#define END_MARK UINT32_C(0xE5D1BA7C)
#define MAGIC SLICE("HOSPLOG1")
#define CHECK 8

static bool check_holds(struct slice checked, struct slice more, uint64_t check)
{
    struct hash hash = hash_sha256_parts((const struct slice[]){checked, more}, 2);
    struct reader reader = reader_of(hash_slice(&hash));

    return reader_u64(&reader) == check;
}

bool segment_head_holds(struct slice bytes, struct slice origin, uint32_t number, uint64_t *ret_first)
{
    struct reader reader = reader_of(bytes);
    struct slice magic = reader_bytes(&reader, MAGIC.length);
    uint32_t own = reader_u32(&reader);
    uint64_t first = reader_u64(&reader), check = reader_u64(&reader);

    if (!reader_done(&reader) || !slice_equal(magic, MAGIC) || own != number)
        return false;
    *ret_first = first;
    return check_holds(slice_of(bytes.data, SEGMENT_HEAD - CHECK), origin, check);
}

bool batch_read(struct slice bytes, struct batch *ret_batch)
{
    struct reader reader = reader_of(bytes);
    uint32_t mark = reader_u32(&reader);
    struct batch batch = {.first = reader_u64(&reader), .time_ns = (int64_t)reader_u64(&reader)};
    batch.count = reader_u32(&reader);
    batch.bytes = reader_u32(&reader);
    uint64_t check = reader_u64(&reader);

    if (!reader_done(&reader) || mark != MARK ||
        !check_holds(slice_of(bytes.data, BATCH_HEAD - CHECK), slice_of("", 0), check))
        return false;
    if (batch.count == 0 || batch.count > BATCH_ENTRIES_MAX || batch.bytes > BATCH_BYTES_MAX ||
        batch.bytes < (uint64_t)batch.count * (RECORD_HEAD + 1) || batch.first > UINT64_MAX - batch.count)
        return false;
    *ret_batch = batch;
    return true;
}

bool batch_tail_holds(struct slice bytes)
{
    struct reader reader = reader_of(bytes);

    return reader_u32(&reader) == END_MARK && reader_done(&reader);
}

size_t batch_find(struct slice bytes)
{
    struct batch batch;

    for (size_t at = 0; at + BATCH_HEAD <= bytes.length; at++)
        if ((uint8_t)bytes.data[at] == MARK >> 24 && batch_read(slice_of(bytes.data + at, BATCH_HEAD), &batch))
            return at;
    return bytes.length;
}

size_t record_length(struct slice head)
{
    struct reader reader = reader_of(head);
    uint32_t sealed = reader_u32(&reader);
    uint16_t leaf = reader_u16(&reader);

    if (reader.failed || sealed > SEALED_MAX || leaf == 0 || leaf > LEAF_MAX)
        return 0;
    return (size_t)RECORD_HEAD + leaf + sealed;
}

/* The check covers the index too, which is not written in the record. */
static bool record_check_holds(struct slice head, uint64_t index, struct slice leaf, uint64_t check)
{
    uint8_t covered[8 + 6];

    for (int i = 0; i < 8; i++)
        covered[i] = (uint8_t)(index >> (56 - 8 * i));
    memcpy(covered + 8, head.data, 6);
    return check_holds(slice_of(covered, sizeof covered), leaf, check);
}

enum leaf_kind leaf_kind(struct slice leaf, struct slice sealed)
{
    uint8_t first = leaf.length ? (uint8_t)leaf.data[0] : 0;

    if (leaf.length == LEAF_BYTES && first == 1)
        return sealed.length > 0 ? LEAF_COMMITMENT : LEAF_WRONG;
    if (sealed.length > 0 || first == 1)
        return LEAF_WRONG;
    if (first == 2)
        return leaf.length == LEAF_BYTES ? LEAF_PADDING : LEAF_WRONG;
    return first >= ' ' ? LEAF_PLAIN : LEAF_WRONG;
}

static bool sealed_holds(struct slice leaf, struct slice sealed)
{
    if (leaf_kind(leaf, sealed) != LEAF_COMMITMENT)
        return sealed.length == 0;
    struct hash hash = hash_sha256(sealed);
    return memcmp(hash.byte, leaf.data + LEAF_BYTES - HASH_BYTES, HASH_BYTES) == 0;
}

bool record_read(struct slice bytes, uint64_t index, struct record *ret_record)
{
    struct reader reader = reader_of(bytes);
    uint32_t sealed_length = reader_u32(&reader);
    uint16_t leaf_length = reader_u16(&reader);
    uint64_t check = reader_u64(&reader);
    struct record record = {.leaf = reader_bytes(&reader, leaf_length), .sealed = reader_bytes(&reader, sealed_length)};

    if (!reader_done(&reader) || record.leaf.length == 0)
        return false;
    record.leaf_holds = record_check_holds(bytes, index, record.leaf, check);
    record.sealed_holds = sealed_holds(record.leaf, record.sealed);
    *ret_record = record;
    return true;
}
