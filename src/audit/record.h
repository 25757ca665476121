/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* The bytes of a log's journal, read from docs/formats.md and not from the program that writes them:
 *
 *     segment = "HOSPLOG1" ‖ number u32 ‖ first index u64 ‖ check u64
 *     batch   = mark u32 ‖ first index u64 ‖ time u64 (ns) ‖ entries u32 ‖ bytes u32 ‖ check u64 ‖ records ‖
 *               end mark u32
 *     record  = sealed length u32 ‖ leaf length u16 ‖ check u64 ‖ leaf ‖ sealed
 *
 * Pure. Every byte may be hostile. */

#include <stdbool.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/slice.h"
#include "crypto/hash.h"

#define SEGMENT_HEAD 28
#define BATCH_HEAD 36
#define BATCH_TAIL 4
#define RECORD_HEAD 14
#define LEAF_MAX 1024
#define SEALED_MAX (64 * 1024)
#define RECORD_MAX (RECORD_HEAD + LEAF_MAX + SEALED_MAX)
#define BATCH_ENTRIES_MAX 4096
#define BATCH_BYTES_MAX (16 * 1024 * 1024 + BATCH_ENTRIES_MAX * RECORD_HEAD)

#define LEAF_BYTES 65 /* of a commitment and of padding */

enum leaf_kind {
    LEAF_COMMITMENT, /* u8 1 ‖ H(nonce ‖ event) ‖ H(sealed event) */
    LEAF_PADDING,    /* u8 2 ‖ 64 random bytes */
    LEAF_PLAIN,      /* text: a note or JSON */
    LEAF_WRONG,
};

struct batch {
    uint64_t first;
    int64_t time_ns;
    uint32_t count, bytes;
};

struct record {
    struct slice leaf, sealed;
    bool leaf_holds, sealed_holds;
};

bool segment_head_holds(struct slice bytes, struct slice origin, uint32_t number, uint64_t *ret_first);
bool batch_read(struct slice bytes, struct batch *ret_batch);
bool batch_tail_holds(struct slice bytes);
/* Where the next batch head that holds begins, or bytes.length. */
size_t batch_find(struct slice bytes);
/* Length of the record that begins here, from its head; 0 when there is none. */
size_t record_length(struct slice head);
/* `bytes` are exactly one record. False when they are none at all. */
bool record_read(struct slice bytes, uint64_t index, struct record *ret_record);
enum leaf_kind leaf_kind(struct slice leaf, struct slice sealed);
