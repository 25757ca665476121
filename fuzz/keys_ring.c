/* SPDX-License-Identifier: Apache-2.0 */

/* The file of the ring, from whoever has the disk; and, since that never gets past the seal, a body that is sealed here
 * so that what is inside is read too. Input: a byte (0: the file as it is; 1: sealed; 2: sealed, behind the line of
 * another root; 3: a file of the first version is looked for first), then the text. */

#include "scratch_file.h"

#include "crypto/encode.h"
#include "crypto/seal.h"
#include "keys/ring.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define BODY_MAX 4096
static const struct secret_key root = {{1}}, other = {{2}};

/* As ring.h states the format and the binding. */
static void write_line(const struct secret_key *of, struct slice body, struct buffer *into)
{
    struct world world = world_driven(1, 0);
    struct secret_key key = seal_derive(of, "ring", 0);
    uint8_t sealed[BODY_MAX + SEAL_OVERHEAD];

    seal(&key, &world, SLICE("ring 1"), body, sealed);
    char *room = buffer_room(into, 2 * (body.length + SEAL_OVERHEAD));
    if (room)
        encode_hex(slice_of(sealed, body.length + SEAL_OVERHEAD), room);
    buffer_byte(into, '\n');
}

static void make_text(uint8_t form, struct slice bytes, struct buffer *text)
{
    if (form == 0) {
        buffer_slice(text, bytes);
        return;
    }
    buffer_string(text, "hospitium-ring 1\n");
    if (form == 2)
        write_line(&other, bytes, text);
    write_line(&root, bytes, text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    CLEANUP_BUFFER struct buffer text = buffer_new(1 << 16);
    struct world world = world_driven(1, 0);
    struct fault fault = {0};
    struct ring *ring = NULL;

    const char *path = scratch_path();
    if (size < 1 || size > BODY_MAX)
        return 0;
    make_text(data[0] % 4, slice_of(data + 1, size - 1), &text);
    FILE *file = fopen(path, "w");
    if (!file || fwrite(text.data, 1, text.length, file) != text.length || fclose(file) != 0)
        abort();
    if (ring_open(path, &root, data[0] % 4 == 3, &world, &ring, &fault) != OK)
        return 0;
    if (data[0] % 4 == 0)
        abort(); /* nobody can make a ring without its root */
    uint32_t epoch = ring_epoch(ring);
    for (int use = 0; use < RING_USES; use++)
        (void)ring_before(ring, (enum ring_use)use);
    ring_close(ring);
    if (ring_open(path, &root, false, &world, &ring, &fault) != OK || ring_epoch(ring) != epoch)
        abort(); /* what was opened is whole and opens again */
    ring_close(ring);
    return 0;
}
