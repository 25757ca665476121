/* SPDX-License-Identifier: Apache-2.0 */

/* The file of the root key, from whoever has the disk, and what opens it. Input: the secret, a line of its own; then the
 * file. A file opens only to a root that it was made for: under a secret that is made up here nothing does. */

#include "scratch_file.h"

#include "base/arena.h"
#include "keys/root.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Argon2id costs what it must, and a token's module is somebody else's program: neither is opened here. */
static bool is_cheap(const struct root_about *about)
{
    return about->kind == ROOT_PLAIN || about->kind == ROOT_CREDENTIAL || about->kind == ROOT_SHARE;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    CLEANUP_ARENA struct arena *arena = arena_new(1 << 16);
    struct slice text = slice_of(data, size), secret = slice_cut(&text, '\n');
    const char *path = scratch_write(text);
    struct fault fault = {0};
    struct root_about about;
    struct secret_key root;

    if (root_about(arena, path, &about) != OK)
        return 0;
    if (about.kind > ROOT_SHARE || (!about.has_ring && about.kind > ROOT_PASSPHRASE))
        abort();
    if (!is_cheap(&about))
        return 0;
    enum error error = root_open(path, secret, &root, &fault);
    if (about.kind == ROOT_PLAIN
            ? error != OK
            : error != OK && error != ERROR_SEALED && error != ERROR_SYNTAX && error != ERROR_CORRUPT)
        abort();
    return 0;
}
