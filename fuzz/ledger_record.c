/* SPDX-License-Identifier: Apache-2.0 */

/* The bytes of a tampered disk: heads, batches and records are refused or read within their bounds, and a record that
 * holds writes back to the same bytes. */

#include <stdlib.h>

#include "ledger/record.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void write_back(const struct record *record, struct slice bytes)
{
    CLEANUP_BUFFER struct buffer batch = buffer_new(BATCH_BYTES_MAX);
    struct ledger_entry entry = {record->leaf, record->sealed};

    if (batch_write(&entry, 1, 0, 0, &batch) != OK)
        abort();
    struct slice written = slice_of(batch.data + BATCH_HEAD_BYTES, batch.length - BATCH_HEAD_BYTES - BATCH_TAIL_BYTES);
    if (!slice_equal(written, bytes))
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice input = slice_of(data, size);
    struct segment_head segment;
    struct batch_head batch;
    struct record record;
    size_t length;

    if (segment_head_read(input, SLICE("log.example"), &segment) == OK && size != SEGMENT_HEAD_BYTES)
        abort();
    if (batch_head_read(input, &batch) == OK && (batch.count == 0 || size != BATCH_HEAD_BYTES))
        abort();
    if (batch_search(input) > size)
        abort();
    (void)batch_is_unfinished(input, 511);
    if (record_measure(input, &length) == OK && length <= size) {
        struct slice bytes = slice_of(data, length);
        if (record_read(bytes, 0, &record) == RECORD_HOLDS)
            write_back(&record, bytes);
    }
    return 0;
}
