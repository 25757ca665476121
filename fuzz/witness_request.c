/* SPDX-License-Identifier: Apache-2.0 */

/* Bodies of add-checkpoint from anybody, given to a witness that knows one log (whose checkpoints, signed by another
 * program, are among the seeds): it answers with a status of the protocol, keeps before it cosigns, and cosigns a body
 * twice with one line. */

#include <stdlib.h>

#include "ledger/note.h"
#include "witness/witness.h"

#define LOG                                                                                                            \
    "sigsum.org/v1/tree/4d6d8825a6bb689d459628312889dfbb0bcd41b5211d9e1ce768b0ff0309e562+5202289b+"                    \
    "Af/cLU2Y5BJNP+r3iMDC+av9eWCD0fBJVDfzAux5zxAP"
#define START_NS 1800000000000000000

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static unsigned kept;

static enum error keep(void *context, struct slice origin, struct slice bytes)
{
    struct state state;

    if (state_parse(bytes, &state) != OK || !slice_equal(state.origin, origin))
        abort();
    kept++;
    return OK;
}

static void ask(struct witness *witness, struct slice body)
{
    CLEANUP_BUFFER struct buffer first = buffer_new(4096), second = buffer_new(4096);
    enum witness_answer answer = witness_add_checkpoint(witness, body, &first);
    struct request request;

    if ((answer == WITNESS_COSIGNED) != (kept == 1) || answer == WITNESS_NOT_KEPT || witness_status(answer) < 200)
        abort();
    if (answer != WITNESS_COSIGNED)
        return;
    struct witness_seen seen = witness_log_at(witness, 0);
    if (request_parse(body, &request) != OK || request.old_size != 0 || request.proof.count != 0)
        abort();
    answer = witness_add_checkpoint(witness, body, &second);
    if (answer != (seen.head.size == 0 ? WITNESS_COSIGNED : WITNESS_STALE) || kept != 1)
        abort();
    if (answer == WITNESS_COSIGNED && !slice_equal(buffer_view(&first), buffer_view(&second)))
        abort();
}

static void write_back(struct slice body)
{
    CLEANUP_BUFFER struct buffer written = buffer_new(2 * REQUEST_BYTES_MAX);
    struct request request;

    if (request_parse(body, &request) != OK)
        return;
    if (request_write(request.old_size, &request.proof, request.checkpoint, &written) != OK ||
        !slice_equal(buffer_view(&written), body))
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct secret_key seed = {{7}};
    struct world world = world_driven(1, START_NS);
    const struct witness_settings settings = {
        .name = SLICE("fuzz.example"), .seed = &seed, .world = &world, .keep = keep};
    struct witness *witness = NULL;
    struct note_key log;

    kept = 0;
    write_back(slice_of(data, size));
    if (witness_new(&settings, &witness) == OK && note_key_parse(SLICE(LOG), &log) == OK &&
        witness_know(witness, &log) == OK)
        ask(witness, slice_of(data, size));
    witness_free(witness);
    return 0;
}
