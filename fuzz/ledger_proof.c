/* SPDX-License-Identifier: Apache-2.0 */

/* Proof files from anywhere: what is accepted writes back to the same bytes, and proves nothing to a stranger's key. */

#include <stdlib.h>

#include "crypto/encode.h"
#include "ledger/proof.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void write_back(const struct proof *proof, struct slice input)
{
    CLEANUP_BUFFER struct buffer written = buffer_new(2 * PROOF_TEXT_MAX);
    static uint8_t extra[PROOF_TEXT_MAX];
    size_t length = 0;

    if (decode_base64(proof->extra, extra, sizeof extra, &length) != OK || length > PROOF_EXTRA_MAX)
        return; /* only its alphabet was checked */
    if (proof_write(slice_of(extra, length), proof->index, &proof->path, proof->checkpoint, &written) != OK ||
        !slice_equal(buffer_view(&written), input))
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice input = slice_of(data, size);
    static const uint8_t zeros[SIGN_PUBLIC_BYTES];
    struct note_key key = note_key_make(SLICE("log.example"), zeros);
    struct proof_shown shown;
    struct proof proof;

    if (proof_parse(input, &proof) == OK)
        write_back(&proof, input);
    CLEANUP_ARENA struct arena *arena = arena_new(4 * PROOF_TEXT_MAX);
    if (arena && proof_open(input, &key, arena, &shown) == OK)
        abort();
    return 0;
}
