/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "fixture.h"

#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/file.h"
#include "crypto/sign.h"
#include "ledger/record.h"

#define SAMPLES_KEPT 4096
#define SEALED_MOST 227

void fixture_make(struct fixture *fixture)
{
    uint8_t public_key[SIGN_PUBLIC_BYTES];

    *fixture = (struct fixture){.directory = "/tmp/hospitium-ledger-XXXXXX"};
    assert_non_null(mkdtemp(fixture->directory));
    snprintf(fixture->log, sizeof fixture->log, "%s/log", fixture->directory);
    fixture->world = world_driven(7, INT64_C(1700000000000000000));
    fixture->world.random(&fixture->world, fixture->seed.byte, SECRET_KEY_BYTES);
    sign_public(&fixture->seed, public_key);
    fixture->key = note_key_make(SLICE(FIXTURE_ORIGIN), public_key);
    fixture->settings = (struct ledger_settings){SLICE(FIXTURE_ORIGIN), &fixture->seed, &fixture->world, NULL, 0};
    fixture->arena = arena_new(64 * 1024 * 1024);
    assert_non_null(fixture->arena);
}

static int remove_one(const char *path, const struct stat *status, int type, struct FTW *walk)
{
    return remove(path);
}

void fixture_remove(struct fixture *fixture)
{
    assert_int_equal(0, nftw(fixture->directory, remove_one, 16, FTW_DEPTH | FTW_PHYS));
    arena_free(fixture->arena);
}

const char *fixture_path(const struct fixture *fixture, const char *name)
{
    static char path[256];

    snprintf(path, sizeof path, "%s/%s", fixture->log, name);
    return path;
}

struct ledger_entry sample_entry(uint64_t index)
{
    static uint8_t leaf[SAMPLES_KEPT][LEDGER_COMMITMENT_BYTES];
    static uint8_t sealed[SAMPLES_KEPT][SEALED_MOST];
    size_t slot = index % SAMPLES_KEPT, length = 100 + index * 31 % 128;
    struct world bytes = world_driven(index, 0);

    bytes.random(&bytes, sealed[slot], length);
    struct hash event = hash_sha256(slice_of(&index, sizeof index));
    ledger_commitment(&event, slice_of(sealed[slot], length), leaf[slot]);
    return (struct ledger_entry){slice_of(leaf[slot], LEDGER_COMMITMENT_BYTES), slice_of(sealed[slot], length)};
}

struct ledger *fixture_create(struct fixture *fixture)
{
    struct ledger *ledger = NULL;

    assert_int_equal(OK, ledger_create(fixture->log, &fixture->settings, &ledger, NULL));
    return ledger;
}

struct ledger *fixture_open(struct fixture *fixture)
{
    struct ledger *ledger = NULL;
    struct fault fault = {0};

    if (ledger_open(fixture->log, &fixture->settings, &ledger, NULL, &fault) != OK)
        fail_msg("%s: %s", error_entry(fault.code)->name, fault.detail);
    return ledger;
}

void append_until(struct ledger *ledger, uint64_t size, size_t batch)
{
    struct ledger_entry entry[256];
    uint64_t first;

    assert_true(batch <= 256);
    while (ledger_size(ledger) < size) {
        uint64_t next = ledger_size(ledger);
        size_t count = size - next < batch ? (size_t)(size - next) : batch;
        for (size_t i = 0; i < count; i++)
            entry[i] = sample_entry(next + i);
        assert_int_equal(OK, ledger_append(ledger, entry, count, 0, &first));
        assert_int_equal(next, first);
    }
}

void assert_holds_samples(struct ledger *ledger, uint64_t size)
{
    struct tree_head head = ledger_head(ledger);
    struct tree_frontier expected = {0};
    struct tree_proof proof;
    struct slice leaf, sealed;
    CLEANUP_ARENA struct arena *arena = arena_new(1 << 20);

    assert_int_equal(size, ledger_size(ledger));
    for (uint64_t i = 0; i < size; i++) {
        struct ledger_entry sample = sample_entry(i);
        arena_reset(arena);
        assert_int_equal(OK, ledger_read(ledger, i, arena, &leaf, &sealed));
        assert_true(slice_equal(sample.leaf, leaf));
        assert_true(slice_equal(sample.sealed, sealed));
        struct hash hash = tree_hash_leaf(leaf);
        tree_frontier_append(&expected, &hash);
        assert_int_equal(OK, ledger_inclusion(ledger, i, size, &proof));
        assert_int_equal(OK, tree_verify_inclusion(&head, i, &hash, tree_proof_path(&proof)));
    }
    struct tree_head derived = tree_frontier_head(&expected);
    assert_true(hash_equal(&derived.root, &head.root));
}

struct slice read_whole(struct fixture *fixture, const char *path)
{
    struct slice content;

    assert_int_equal(OK, file_read(fixture->arena, path, 16 * 1024 * 1024, &content, NULL));
    return content;
}

void write_whole(const char *path, struct slice content)
{
    int descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

    assert_true(descriptor >= 0);
    assert_int_equal(OK, file_write_all(descriptor, content.data, content.length));
    close(descriptor);
}

void put_head(struct buffer *into, uint64_t first, uint32_t count, uint32_t bytes)
{
    size_t start = into->length;

    buffer_u32(into, BATCH_MARK);
    buffer_u64(into, first);
    buffer_u64(into, 5);
    buffer_u32(into, count);
    buffer_u32(into, bytes);
    struct hash hash = hash_sha256(slice_from(buffer_view(into), start));
    buffer_bytes(into, hash.byte, 8);
}
