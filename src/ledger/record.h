/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* The journal's bytes. A segment file is a segment head and then batches; a batch is
 *
 *     head    u32 mark, u64 first index, u64 time, u32 entries, u32 bytes of records, u64 check
 *     records u32 sealed length, u16 leaf length, u64 check, leaf, sealed
 *     tail    u32 mark
 *
 * all big-endian. A check is the first 8 bytes of a SHA-256: over the head, and over a record's index, lengths and
 * leaf. The sealed bytes need none, because the leaf holds their hash. Checks find accidents; tampering is found by the
 * tree. A record begins with a zero byte and a mark does not, so that who stands on one always knows what it is.
 *
 * Pure; any thread. The bytes read may come from a broken or tampered disk. */

#include <stdbool.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/error.h"
#include "base/slice.h"
#include "ledger.h"

#define SEGMENT_HEAD_BYTES 28
#define BATCH_HEAD_BYTES 36
#define BATCH_TAIL_BYTES 4
#define BATCH_MARK UINT32_C(0xB17C4EAD)
#define BATCH_END UINT32_C(0xE5D1BA7C)
#define RECORD_HEAD_BYTES 14
#define RECORD_BYTES_MAX (RECORD_HEAD_BYTES + LEDGER_LEAF_MAX + LEDGER_SEALED_MAX)
#define BATCH_RECORDS_MAX (LEDGER_BATCH_BYTES_MAX + LEDGER_BATCH_ENTRIES_MAX * RECORD_HEAD_BYTES)
#define BATCH_BYTES_MAX (BATCH_HEAD_BYTES + BATCH_RECORDS_MAX + BATCH_TAIL_BYTES)

struct segment_head {
    uint32_t number;
    uint64_t first_index;
};

/* The check binds a segment to its log: `origin` goes into it. */
void segment_head_write(const struct segment_head *head, struct slice origin, struct buffer *into);
/* ERROR_CORRUPT. */
MUST_CHECK enum error segment_head_read(struct slice bytes, struct slice origin, struct segment_head *ret_head);

struct batch_head {
    uint64_t first_index;
    int64_t time_ns;
    uint32_t count;
    uint32_t bytes; /* of its records */
};

/* The whole batch: head, records, tail. ERROR_VALUE, ERROR_TOO_LARGE as ledger_append has them. */
MUST_CHECK enum error batch_write(const struct ledger_entry *entries, size_t count, uint64_t first_index,
                                  int64_t time_ns, struct buffer *into);
/* ERROR_CORRUPT. */
MUST_CHECK enum error batch_head_read(struct slice bytes, struct batch_head *ret_head);
bool batch_tail_holds(struct slice bytes);

/* Offset of the next batch head that holds, or bytes.length. */
size_t batch_search(struct slice bytes);

struct record {
    struct slice leaf;
    struct slice sealed;
};

/* How many bytes the record that begins here takes, with its head. ERROR_CORRUPT when no record begins here. */
MUST_CHECK enum error record_measure(struct slice bytes, size_t *ret_bytes);

enum record_fault { RECORD_HOLDS, RECORD_BAD_HEAD_OR_LEAF, RECORD_BAD_SEALED };

/* Reads the record of exactly these bytes. Slices borrow `bytes`; they are set unless the lengths do not fit. */
enum record_fault record_read(struct slice bytes, uint64_t index, struct record *ret_record) MUST_CHECK;

/* Did a crash leave this unfinished, or was it damaged later? `bytes` begin at `offset` of the file and end where the
 * batch or the file ends. A disk writes sectors as a whole, and what was never written reads as zeros; so an unfinished
 * batch ends early, lacks its end mark, or has a sector of nothing but zeros, and ciphertext has none. */
bool batch_is_unfinished(struct slice bytes, uint64_t offset);
