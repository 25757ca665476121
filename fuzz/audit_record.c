/* SPDX-License-Identifier: Apache-2.0 */

/* The bytes of a journal that somebody prepared: heads, records, notes and keys are read within their bounds. */

#include <stdlib.h>

#include "audit/note.h"
#include "audit/record.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice input = slice_of(data, size);
    struct checkpoint checkpoint;
    struct record record;
    struct batch batch;
    struct vkey key;
    uint64_t first;

    if (segment_head_holds(input, SLICE("log.example"), 0, &first) && size != SEGMENT_HEAD)
        abort();
    if (batch_read(input, &batch) && (batch.count == 0 || batch.count > BATCH_ENTRIES_MAX || size != BATCH_HEAD))
        abort();
    if (batch_find(input) > size)
        abort();
    size_t length = record_length(input);
    if (length > RECORD_MAX)
        abort();
    if (length > 0 && length <= size && record_read(slice_of(data, length), 0, &record) &&
        record.leaf.length + record.sealed.length + RECORD_HEAD != length)
        abort();
    if (vkey_read(input, &key) && key.name.length == 0)
        abort();
    if (checkpoint_read(input, &checkpoint) && checkpoint.origin.length == 0)
        abort();
    (void)succession_holds(input, input, input);
    return 0;
}
