/* SPDX-License-Identifier: Apache-2.0 */
#include "record.h"

#include <endian.h>
#include <string.h>

#define SEGMENT_MAGIC SLICE("HOSPLOG1")
#define SECTOR 512
#define CHECK_BYTES 8

static uint64_t check_of(struct slice first, struct slice second)
{
    struct hash hash = hash_sha256_parts((const struct slice[]){first, second}, 2);
    struct reader reader = reader_of(hash_slice(&hash));

    return reader_u64(&reader);
}

void segment_head_write(const struct segment_head *head, struct slice origin, struct buffer *into)
{
    size_t start = into->length;

    buffer_slice(into, SEGMENT_MAGIC);
    buffer_u32(into, head->number);
    buffer_u64(into, head->first_index);
    if (!into->failed)
        buffer_u64(into, check_of(slice_from(buffer_view(into), start), origin));
}

enum error segment_head_read(struct slice bytes, struct slice origin, struct segment_head *ret_head)
{
    struct reader reader = reader_of(bytes);
    struct slice magic = reader_bytes(&reader, SEGMENT_MAGIC.length);
    struct segment_head head = {reader_u32(&reader), reader_u64(&reader)};
    uint64_t check = reader_u64(&reader);

    if (!reader_done(&reader) || !slice_equal(magic, SEGMENT_MAGIC))
        return ERROR_CORRUPT;
    if (check != check_of(slice_of(bytes.data, SEGMENT_HEAD_BYTES - CHECK_BYTES), origin))
        return ERROR_CORRUPT;
    *ret_head = head;
    return OK;
}

bool ledger_is_padding(struct slice leaf)
{
    return leaf.length == LEDGER_PADDING_BYTES && (uint8_t)leaf.data[0] == LEDGER_PADDING_VERSION;
}

static bool is_commitment(struct slice leaf)
{
    return leaf.length == LEDGER_COMMITMENT_BYTES && (uint8_t)leaf.data[0] == LEDGER_COMMITMENT_VERSION;
}

/* The rule of struct ledger_entry: the leaf vouches for the sealed bytes, or there are none. */
static bool leaf_vouches(struct slice leaf, struct slice sealed)
{
    if (ledger_is_padding(leaf))
        return sealed.length == 0;
    if (!is_commitment(leaf))
        return sealed.length == 0 && (uint8_t)leaf.data[0] != LEDGER_COMMITMENT_VERSION &&
               (uint8_t)leaf.data[0] != LEDGER_PADDING_VERSION;
    struct hash hash = hash_sha256(sealed);
    return memcmp(hash.byte, leaf.data + LEDGER_COMMITMENT_BYTES - HASH_BYTES, HASH_BYTES) == 0;
}

void ledger_commitment(const struct hash *event_hash, struct slice sealed, uint8_t ret_leaf[LEDGER_COMMITMENT_BYTES])
{
    struct hash sealed_hash = hash_sha256(sealed);

    ret_leaf[0] = LEDGER_COMMITMENT_VERSION;
    memcpy(ret_leaf + 1, event_hash->byte, HASH_BYTES);
    memcpy(ret_leaf + 1 + HASH_BYTES, sealed_hash.byte, HASH_BYTES);
}

static uint64_t record_check(uint64_t index, uint32_t sealed_length, struct slice leaf)
{
    uint8_t head[8 + 4 + 2];
    uint64_t wire_index = htobe64(index);
    uint32_t wire_sealed = htobe32(sealed_length);
    uint16_t wire_leaf = htobe16((uint16_t)leaf.length);

    memcpy(head, &wire_index, 8);
    memcpy(head + 8, &wire_sealed, 4);
    memcpy(head + 12, &wire_leaf, 2);
    return check_of(slice_of(head, sizeof head), leaf);
}

static enum error record_write(const struct ledger_entry *entry, uint64_t index, struct buffer *into)
{
    if (entry->leaf.length == 0 || entry->leaf.length > LEDGER_LEAF_MAX || entry->sealed.length > LEDGER_SEALED_MAX)
        return ERROR_TOO_LARGE;
    if (!leaf_vouches(entry->leaf, entry->sealed))
        return ERROR_VALUE;
    buffer_u32(into, (uint32_t)entry->sealed.length);
    buffer_u16(into, (uint16_t)entry->leaf.length);
    buffer_u64(into, record_check(index, (uint32_t)entry->sealed.length, entry->leaf));
    buffer_slice(into, entry->leaf);
    buffer_slice(into, entry->sealed);
    return buffer_check(into);
}

static void batch_head_write(const struct batch_head *head, struct buffer *into)
{
    size_t start = into->length;

    buffer_u32(into, BATCH_MARK);
    buffer_u64(into, head->first_index);
    buffer_u64(into, (uint64_t)head->time_ns);
    buffer_u32(into, head->count);
    buffer_u32(into, head->bytes);
    if (!into->failed)
        buffer_u64(into, check_of(slice_from(buffer_view(into), start), slice_of("", 0)));
}

static size_t records_bytes(const struct ledger_entry *entries, size_t count)
{
    size_t bytes = 0;

    for (size_t i = 0; i < count && bytes <= BATCH_RECORDS_MAX; i++)
        bytes += RECORD_HEAD_BYTES + entries[i].leaf.length + entries[i].sealed.length;
    return bytes;
}

enum error batch_write(const struct ledger_entry *entries, size_t count, uint64_t first_index, int64_t time_ns,
                       struct buffer *into)
{
    if (count == 0 || count > LEDGER_BATCH_ENTRIES_MAX)
        return ERROR_TOO_LARGE;
    size_t bytes = records_bytes(entries, count);
    if (bytes > BATCH_RECORDS_MAX)
        return ERROR_TOO_LARGE;
    batch_head_write(&(struct batch_head){first_index, time_ns, (uint32_t)count, (uint32_t)bytes}, into);
    for (size_t i = 0; i < count; i++)
        TRY(record_write(&entries[i], first_index + i, into));
    buffer_u32(into, BATCH_END);
    return buffer_check(into);
}

enum error batch_head_read(struct slice bytes, struct batch_head *ret_head)
{
    struct reader reader = reader_of(bytes);
    uint32_t mark = reader_u32(&reader);
    struct batch_head head = {.first_index = reader_u64(&reader), .time_ns = (int64_t)reader_u64(&reader)};
    head.count = reader_u32(&reader);
    head.bytes = reader_u32(&reader);
    uint64_t check = reader_u64(&reader);

    if (!reader_done(&reader) || mark != BATCH_MARK)
        return ERROR_CORRUPT;
    if (check != check_of(slice_of(bytes.data, BATCH_HEAD_BYTES - CHECK_BYTES), slice_of("", 0)))
        return ERROR_CORRUPT;
    if (head.count == 0 || head.count > LEDGER_BATCH_ENTRIES_MAX || head.bytes > BATCH_RECORDS_MAX ||
        head.bytes < (uint64_t)head.count * (RECORD_HEAD_BYTES + 1) || head.first_index > UINT64_MAX - head.count)
        return ERROR_CORRUPT;
    *ret_head = head;
    return OK;
}

bool batch_tail_holds(struct slice bytes)
{
    struct reader reader = reader_of(bytes);

    return reader_u32(&reader) == BATCH_END && reader_done(&reader);
}

size_t batch_search(struct slice bytes)
{
    struct batch_head head;

    for (size_t at = 0; at + BATCH_HEAD_BYTES <= bytes.length; at++) {
        struct slice candidate = slice_of(bytes.data + at, BATCH_HEAD_BYTES);
        struct reader reader = reader_of(candidate);
        if (reader_u32(&reader) == BATCH_MARK && batch_head_read(candidate, &head) == OK)
            return at;
    }
    return bytes.length;
}

enum error record_measure(struct slice bytes, size_t *ret_bytes)
{
    struct reader reader = reader_of(bytes);
    uint32_t sealed_length = reader_u32(&reader);
    uint16_t leaf_length = reader_u16(&reader);

    if (reader.failed || sealed_length > LEDGER_SEALED_MAX || leaf_length == 0 || leaf_length > LEDGER_LEAF_MAX)
        return ERROR_CORRUPT;
    *ret_bytes = (size_t)RECORD_HEAD_BYTES + leaf_length + sealed_length;
    return OK;
}

enum record_fault record_read(struct slice bytes, uint64_t index, struct record *ret_record)
{
    struct reader reader = reader_of(bytes);
    uint32_t sealed_length = reader_u32(&reader);
    uint16_t leaf_length = reader_u16(&reader);
    uint64_t check = reader_u64(&reader);
    struct slice leaf = reader_bytes(&reader, leaf_length);
    struct slice sealed = reader_bytes(&reader, sealed_length);

    if (!reader_done(&reader) || leaf.length == 0)
        return RECORD_BAD_HEAD_OR_LEAF;
    *ret_record = (struct record){leaf, sealed};
    if (check != record_check(index, sealed_length, leaf))
        return RECORD_BAD_HEAD_OR_LEAF;
    return leaf_vouches(leaf, sealed) ? RECORD_HOLDS : RECORD_BAD_SEALED;
}

static bool all_zero(const char *bytes, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        if (bytes[i] != 0)
            return false;
    }
    return true;
}

bool batch_is_unfinished(struct slice bytes, uint64_t offset)
{
    struct batch_head head;

    if (bytes.length < BATCH_HEAD_BYTES)
        return true;
    if (batch_head_read(slice_of(bytes.data, BATCH_HEAD_BYTES), &head) == OK) {
        size_t whole = (size_t)BATCH_HEAD_BYTES + head.bytes + BATCH_TAIL_BYTES;
        if (bytes.length < whole || all_zero(bytes.data + whole - BATCH_TAIL_BYTES, BATCH_TAIL_BYTES))
            return true;
    }
    for (size_t at = 0; at < bytes.length;) {
        size_t piece = SECTOR - (offset + at) % SECTOR;
        if (piece > bytes.length - at)
            piece = bytes.length - at;
        if (all_zero(bytes.data + at, piece))
            return true;
        at += piece;
    }
    return false;
}
