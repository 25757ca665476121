/* SPDX-License-Identifier: Apache-2.0 */

/* How many entries a second the log makes durable, by entries in a commit, and how many the auditor checks.
 *
 *     ledger_bench [DIRECTORY]      a new directory below it, or below /var/tmp; removed afterwards
 *
 * Entries are the real thing: a 65-byte commitment over 384 sealed bytes. A commit is one write and one fdatasync. */

#define _GNU_SOURCE
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "ledger/ledger.h"
#include "ledger/verify.h"

#define ORIGIN "bench.example/log"
enum { SEALED = 384, MOST = 256, SAMPLES = 200000 };

static struct ledger_entry entry[MOST];
static uint8_t leaf[MOST][LEDGER_COMMITMENT_BYTES], sealed[MOST][SEALED];

static void stop_at(const char *what, enum error error)
{
    fprintf(stderr, "%s: %s\n", what, error_entry(error)->sentence);
    exit(1);
}

static void make_entries(struct world *world)
{
    for (size_t i = 0; i < MOST; i++) {
        struct hash event = hash_sha256(slice_of(&i, sizeof i));
        world->random(world, sealed[i], SEALED);
        ledger_commitment(&event, slice_of(sealed[i], SEALED), leaf[i]);
        entry[i] = (struct ledger_entry){slice_of(leaf[i], LEDGER_COMMITMENT_BYTES), slice_of(sealed[i], SEALED)};
    }
}

static double cpu_seconds(void)
{
    struct rusage usage;

    getrusage(RUSAGE_SELF, &usage);
    return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
           (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

static int by_size(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

/* Appends for `seconds` and prints a line of the table. */
static void bench_append(struct ledger *ledger, size_t batch, double seconds)
{
    static int64_t took[SAMPLES];
    size_t commits = 0;
    uint64_t first;
    double cpu = cpu_seconds();
    int64_t start = world_stopwatch_ns(), now = start;

    while ((double)(now - start) < seconds * 1e9 && commits < SAMPLES) {
        int64_t before = now;
        enum error error = ledger_append(ledger, entry, batch, 0, &first);
        if (error != OK)
            stop_at("append", error);
        now = world_stopwatch_ns();
        took[commits++] = now - before;
    }
    double entries = (double)(commits * batch), elapsed = (double)(now - start) / 1e9;
    qsort(took, commits, sizeof took[0], by_size);
    printf("%6zu %12.0f %10.2f %10.2f %10.2f\n", batch, entries / elapsed, (cpu_seconds() - cpu) * 1e6 / entries,
           (double)took[commits / 2] / 1e6, (double)took[commits * 99 / 100] / 1e6);
}

static void bench_proofs(struct ledger *ledger)
{
    enum { PROOFS = 2000 };
    uint64_t size = ledger_size(ledger);
    struct tree_proof proof;
    int64_t start = world_stopwatch_ns();

    for (uint64_t i = 0; i < PROOFS; i++) {
        enum error error = ledger_inclusion(ledger, i * 7919 % size, size, &proof);
        if (error != OK)
            stop_at("inclusion", error);
    }
    printf("inclusion proof of an entry anywhere: %.1f us\n", (double)(world_stopwatch_ns() - start) / 1e3 / PROOFS);
}

static void bench_open(const char *directory, const struct ledger_settings *settings)
{
    struct ledger *ledger;
    int64_t start = world_stopwatch_ns();
    enum error error = ledger_open(directory, settings, &ledger, NULL, NULL);

    if (error != OK)
        stop_at("open", error);
    printf("open %lu entries: %.1f ms\n", (unsigned long)ledger_size(ledger),
           (double)(world_stopwatch_ns() - start) / 1e6);
    ledger_close(ledger);
}

static void bench_verify(const char *directory, const struct secret_key *seed)
{
    uint8_t public_key[SIGN_PUBLIC_BYTES];
    struct verify_summary summary;

    sign_public(seed, public_key);
    struct note_key key = note_key_make(SLICE(ORIGIN), public_key);
    double cpu = cpu_seconds();
    int64_t start = world_stopwatch_ns();
    enum error error = ledger_verify(directory, &key, slice_of("", 0), NULL, NULL, &summary);
    if (error != OK)
        stop_at("verify", error);
    double entries = (double)summary.head.size, elapsed = (double)(world_stopwatch_ns() - start) / 1e9;
    printf("full verify: %.0f entries, %.0f entries/s, %.2f CPU us an entry, %.0f MB in %lu files\n", entries,
           entries / elapsed, (cpu_seconds() - cpu) * 1e6 / entries, (double)summary.bytes / 1e6,
           (unsigned long)summary.files);
}

static int remove_one(const char *path, const struct stat *status, int type, struct FTW *walk)
{
    return remove(path);
}

int main(int count, char **argument)
{
    char directory[256];
    struct world world = world_real();
    struct secret_key seed;
    struct ledger *ledger;
    static const size_t batches[] = {1, 8, 64, 256};

    snprintf(directory, sizeof directory, "%s/hospitium-bench-XXXXXX", count > 1 ? argument[1] : "/var/tmp");
    if (!mkdtemp(directory))
        stop_at(directory, ERROR_IO);
    world.random(&world, seed.byte, sizeof seed.byte);
    make_entries(&world);
    struct ledger_settings settings = {SLICE(ORIGIN), &seed, &world, NULL, 0};
    enum error error = ledger_create(directory, &settings, &ledger, NULL);
    if (error != OK)
        stop_at("create", error);

    printf(" batch    entries/s  CPU us/e.  p50 ms/c.  p99 ms/c.\n");
    for (size_t i = 0; i < sizeof batches / sizeof batches[0]; i++)
        bench_append(ledger, batches[i], 3);
    bench_proofs(ledger);
    ledger_close(ledger);
    bench_open(directory, &settings);
    bench_verify(directory, &seed);
    nftw(directory, remove_one, 16, FTW_DEPTH | FTW_PHYS);
    return 0;
}
