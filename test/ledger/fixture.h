/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* A log in a directory of its own, and entries whose bytes follow from their number. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "ledger/ledger.h"
#include "ledger/note.h"

#define FIXTURE_ORIGIN "clinic.example/log/access"

struct fixture {
    char directory[64]; /* the log is in it */
    char log[80];
    struct world world;
    struct secret_key seed;
    struct note_key key;
    struct ledger_settings settings;
    struct arena *arena;
};

/* In place, because settings point into it. */
void fixture_make(struct fixture *fixture);
void fixture_remove(struct fixture *fixture);

/* A path inside the log; overwritten by the next call. */
const char *fixture_path(const struct fixture *fixture, const char *name);

/* Entry `index`: a commitment leaf and 100 to 227 sealed bytes. Valid until the next call with the same number modulo
 * 4096. */
struct ledger_entry sample_entry(uint64_t index);

struct ledger *fixture_create(struct fixture *fixture);
struct ledger *fixture_open(struct fixture *fixture);

/* Appends the samples from the present size up to `size`, `batch` at a time. */
void append_until(struct ledger *ledger, uint64_t size, size_t batch);

/* Every entry of the log is the sample of its number, and proves to be so. */
void assert_holds_samples(struct ledger *ledger, uint64_t size);

/* The head of a batch, as docs/formats.md has it: its first entry, how many, and how many bytes follow. */
void put_head(struct buffer *into, uint64_t first, uint32_t count, uint32_t bytes);

/* Whole files, for tests that damage them. */
struct slice read_whole(struct fixture *fixture, const char *path);
void write_whole(const char *path, struct slice content);
