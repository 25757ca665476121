/* SPDX-License-Identifier: Apache-2.0 */

/* Notes, checkpoints and keys from anywhere: what is accepted writes back to the same bytes. */

#include <stdlib.h>

#include "ledger/checkpoint.h"
#include "ledger/note.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void same(struct buffer *written, struct slice read)
{
    if (buffer_check(written) != OK || !slice_equal(buffer_view(written), read))
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice input = slice_of(data, size);
    CLEANUP_BUFFER struct buffer written = buffer_new(2 * NOTE_BYTES_MAX);
    static const uint8_t zeros[SIGN_PUBLIC_BYTES];
    struct note_key key;
    struct note note;
    struct checkpoint checkpoint;

    if (note_key_parse(input, &key) == OK) {
        note_key_write(&key, &written);
        same(&written, input);
    }
    buffer_clear(&written);
    if (checkpoint_parse_text(input, &checkpoint) == OK) {
        checkpoint_write_text(&checkpoint, &written);
        same(&written, input);
    }
    if (note_parse(input, &note) == OK) {
        key = note_key_make(note.signature[0].name, zeros);
        key.id = note.signature[0].key_id;
        if (note_verify(&note, &key) == OK)
            abort(); /* nobody holds the key of all zeros */
    }
    return 0;
}
