/* SPDX-License-Identifier: Apache-2.0 */

/* Proves, over a whole log of more than 64 KiB and without leaving a byte out, that no damage escapes the auditor: each
 * byte flipped, each file cut, records, batches, segments, tiles and bundles in another's place, older files put back.
 * And that opening a damaged log either refuses or answers as before. The log of verify_test.c says where a fault is;
 * here it is counted. HOSPITIUM_CRASH=all flips each byte in three ways, cuts at each length and opens after each
 * flip. */

#define _GNU_SOURCE
#include "fixture.h"

#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "ledger/record.h"
#include "ledger/verify.h"

#define ENTRIES 345 /* a full tile and a part */
#define OLDER 200
#define FILES_MAX 48
#define LOG_BYTES (64 * 1024)

static const unsigned char mask[] = {0x01, 0x80, 0xff};
#define MASKS (sizeof mask)
/* One in so many bytes, unless it is all of them. */
#define CUT_EVERY 8
#define OPEN_EVERY 16

static bool all(void)
{
    const char *wanted = getenv("HOSPITIUM_CRASH");

    return wanted && strcmp(wanted, "all") == 0;
}

static struct {
    struct fixture fixture;
    struct slice note; /* remembered: of the whole log */
    struct slice older_note;
    size_t count, bytes;
    char name[FILES_MAX][64];
    struct slice content[FILES_MAX];
    size_t prefix;
} whole; /* made once: nothing of it changes for good */

static int list_one(const char *path, const struct stat *status, int type, struct FTW *walk)
{
    (void)walk;
    if (type == FTW_F && status->st_size > 0) {
        assert_true(whole.count < FILES_MAX);
        snprintf(whole.name[whole.count++], sizeof whole.name[0], "%s", path + whole.prefix);
    }
    return 0;
}

static struct slice checkpoint_of(struct ledger *ledger)
{
    CLEANUP_BUFFER struct buffer note = buffer_new(1024);

    assert_int_equal(OK, ledger_checkpoint(ledger, &note));
    return arena_copy(whole.fixture.arena, buffer_view(&note));
}

static void append_some(struct ledger *ledger, size_t from, size_t to)
{
    struct ledger_entry entry[7];
    uint8_t leaf[7][LEDGER_COMMITMENT_BYTES], sealed[7][24];
    uint64_t first;

    for (size_t at = from; at < to; at += 7) {
        size_t count = to - at < 7 ? to - at : 7;
        for (size_t i = 0; i < count; i++) {
            struct world bytes = world_driven(at + i + 1, 0);
            size_t length = 8 + (at + i) % 16;
            bytes.random(&bytes, sealed[i], length);
            struct hash event = hash_sha256(slice_of(sealed[i], 4));
            ledger_commitment(&event, slice_of(sealed[i], length), leaf[i]);
            entry[i] = (struct ledger_entry){slice_of(leaf[i], sizeof leaf[i]), slice_of(sealed[i], length)};
        }
        assert_int_equal(OK, ledger_append(ledger, entry, count, 0, &first));
    }
}

static int make_log(void **state)
{
    (void)state;
    fixture_make(&whole.fixture);
    whole.fixture.settings.segment_bytes = 12000;
    struct ledger *ledger = fixture_create(&whole.fixture);
    append_some(ledger, 0, OLDER);
    whole.older_note = checkpoint_of(ledger);
    append_some(ledger, OLDER, ENTRIES);
    whole.note = checkpoint_of(ledger);
    ledger_close(ledger);
    whole.prefix = strlen(whole.fixture.log) + 1;
    assert_int_equal(0, nftw(whole.fixture.log, list_one, 16, FTW_PHYS));
    for (size_t i = 0; i < whole.count; i++) {
        whole.content[i] = read_whole(&whole.fixture, fixture_path(&whole.fixture, whole.name[i]));
        whole.bytes += whole.content[i].length;
    }
    return whole.bytes >= LOG_BYTES ? 0 : -1;
}

static int remove_log(void **state)
{
    (void)state;
    fixture_remove(&whole.fixture);
    return 0;
}

static enum error verify_with(struct slice remembered)
{
    struct verify_summary summary;

    return ledger_verify(whole.fixture.log, &whole.fixture.key, remembered, NULL, NULL, &summary);
}

static enum error verify(void)
{
    return verify_with(slice_of("", 0));
}

static void restore(size_t file)
{
    write_whole(fixture_path(&whole.fixture, whole.name[file]), whole.content[file]);
}

static void every_byte_that_is_flipped_is_found(void **state)
{
    size_t flips = 0;

    (void)state;
    assert_int_equal(OK, verify());
    for (size_t i = 0; i < whole.count; i++) {
        int descriptor = open(fixture_path(&whole.fixture, whole.name[i]), O_WRONLY | O_CLOEXEC);
        for (size_t at = 0; at < whole.content[i].length; at++) {
            for (size_t m = all() ? 0 : at % MASKS; m < MASKS; m += all() ? 1 : MASKS, flips++) {
                char flipped = (char)(whole.content[i].data[at] ^ (char)mask[m]);
                assert_int_equal(1, pwrite(descriptor, &flipped, 1, (off_t)at));
                if (verify() != ERROR_CORRUPT)
                    fail_msg("byte %zu of %s xor 0x%02x was not found", at, whole.name[i], mask[m]);
            }
            assert_int_equal(1, pwrite(descriptor, &whole.content[i].data[at], 1, (off_t)at));
        }
        close(descriptor);
    }
    assert_int_equal(OK, verify());
    assert_int_equal(flips, (all() ? MASKS : 1) * whole.bytes);
    print_message("%zu flips of %zu bytes in %zu files, all found\n", flips, whole.bytes, whole.count);
}

static void every_file_that_is_cut_is_found(void **state)
{
    size_t cuts = 0;

    (void)state;
    for (size_t i = 0; i < whole.count; i++) {
        const char *path = fixture_path(&whole.fixture, whole.name[i]);
        for (size_t length = whole.content[i].length; length-- > 0;) {
            if (!all() && length % CUT_EVERY != i % CUT_EVERY && length + CUT_EVERY < whole.content[i].length)
                continue;
            cuts++;
            assert_int_equal(0, truncate(path, (off_t)length));
            if (verify() != ERROR_CORRUPT)
                fail_msg("%s with %zu bytes was not found", whole.name[i], length);
        }
        restore(i);
    }
    assert_int_equal(OK, verify());
    print_message("%zu cuts, all found\n", cuts);
}

/* ---- opening ---- */

static void restore_all(void)
{
    char command[256];

    snprintf(command, sizeof command, "rm -rf %s/tile %s/journal", whole.fixture.log, whole.fixture.log);
    assert_int_equal(0, system(command));
    for (size_t i = 0; i < whole.count; i++) {
        char parent[256];
        snprintf(parent, sizeof parent, "%s", fixture_path(&whole.fixture, whole.name[i]));
        *strrchr(parent, '/') = '\0';
        assert_int_equal(OK, file_make_directory(parent));
        restore(i);
    }
}

/* Each entry that is read is the one that was written, or an error. */
static void assert_answers_as_before(struct ledger *ledger, const char *name, size_t at)
{
    CLEANUP_ARENA struct arena *arena = arena_new(1 << 20);
    struct slice leaf, sealed;

    for (uint64_t i = 0; i < ledger_size(ledger); i += 3) {
        struct world bytes = world_driven(i + 1, 0);
        uint8_t expected[24];
        size_t length = 8 + i % 16;
        arena_reset(arena);
        bytes.random(&bytes, expected, length);
        if (ledger_read(ledger, i, arena, &leaf, &sealed) == OK && !slice_equal(sealed, slice_of(expected, length)))
            fail_msg("byte %zu of %s changes entry %llu", at, name, (unsigned long long)i);
    }
}

/* What opens must be the log that the stranger remembers, or the auditor says so. */
static bool opens_to_the_same(const char *name, size_t at)
{
    struct ledger *ledger = NULL;

    enum error error = ledger_open(whole.fixture.log, &whole.fixture.settings, &ledger, NULL, NULL);
    if (error != OK)
        return false;
    assert_answers_as_before(ledger, name, at);
    bool complete = ledger_size(ledger) == ENTRIES;
    ledger_close(ledger);
    if (!complete && verify_with(whole.note) == OK)
        fail_msg("byte %zu of %s: entries are gone and nobody notices", at, name);
    return true;
}

static void a_damaged_log_answers_as_before_or_does_not_open(void **state)
{
    size_t every = all() ? 1 : OPEN_EVERY, opened = 0, refused = 0;

    (void)state;
    for (size_t i = 0; i < whole.count; i++) {
        for (size_t at = i % every; at < whole.content[i].length; at += every) {
            struct slice damaged = arena_copy(whole.fixture.arena, whole.content[i]);
            ((char *)(uintptr_t)damaged.data)[at] ^= (char)mask[at / every % MASKS];
            write_whole(fixture_path(&whole.fixture, whole.name[i]), damaged);
            if (opens_to_the_same(whole.name[i], at)) {
                opened++;
                restore_all();
            } else {
                refused++;
                restore(i);
            }
        }
    }
    assert_int_equal(OK, verify());
    assert_true(opened > 0 && refused > 0);
    print_message("opened after %zu flips: %zu times as before, %zu times not at all\n", opened + refused, opened,
                  refused);
}

/* ---- another's place ---- */

/* Where records or batches of a segment begin, and where the last ends. */
struct parts {
    size_t at[512];
    size_t count;
};

static void find_batches(struct slice segment, struct parts *ret_parts)
{
    *ret_parts = (struct parts){.at = {SEGMENT_HEAD_BYTES}, .count = 1};
    for (size_t at = SEGMENT_HEAD_BYTES + 1; at < segment.length; at++) {
        at += batch_search(slice_from(segment, at));
        if (at < segment.length)
            ret_parts->at[ret_parts->count++] = at;
    }
    ret_parts->at[ret_parts->count] = segment.length;
}

static void find_records(struct slice segment, size_t batch_at, size_t batch_end, struct parts *ret_parts)
{
    size_t at = batch_at + BATCH_HEAD_BYTES, length;

    *ret_parts = (struct parts){0};
    while (at + BATCH_TAIL_BYTES < batch_end) {
        assert_int_equal(OK, record_measure(slice_from(segment, at), &length));
        ret_parts->at[ret_parts->count++] = at;
        at += length;
    }
    ret_parts->at[ret_parts->count] = at;
}

/* The segment with parts `a` and `b` (a < b) in each other's place. */
static struct slice exchanged(struct slice segment, const struct parts *parts, size_t a, size_t b)
{
    struct slice piece[5] = {
        slice_of(segment.data, parts->at[a]),
        slice_of(segment.data + parts->at[b], parts->at[b + 1] - parts->at[b]),
        slice_of(segment.data + parts->at[a + 1], parts->at[b] - parts->at[a + 1]),
        slice_of(segment.data + parts->at[a], parts->at[a + 1] - parts->at[a]),
        slice_from(segment, parts->at[b + 1]),
    };
    CLEANUP_BUFFER struct buffer into = buffer_new(1 << 20);

    for (size_t i = 0; i < 5; i++)
        buffer_slice(&into, piece[i]);
    assert_int_equal(into.length, segment.length);
    return arena_copy(whole.fixture.arena, buffer_view(&into));
}

static size_t exchange_all(size_t file, const struct parts *parts)
{
    size_t count = 0;

    for (size_t a = 0; a < parts->count; a++)
        for (size_t b = a + 1; b < parts->count; b++, count++) {
            write_whole(fixture_path(&whole.fixture, whole.name[file]), exchanged(whole.content[file], parts, a, b));
            if (verify() != ERROR_CORRUPT)
                fail_msg("%s: parts %zu and %zu", whole.name[file], a, b);
        }
    restore(file);
    return count;
}

static bool is_segment(size_t file)
{
    return strncmp(whole.name[file], "journal/", 8) == 0;
}

static void records_and_batches_in_anothers_place_are_found(void **state)
{
    struct parts batches, records;
    size_t count = 0;

    (void)state;
    for (size_t i = 0; i < whole.count; i++) {
        if (!is_segment(i))
            continue;
        find_batches(whole.content[i], &batches);
        assert_true(batches.count > 3);
        count += exchange_all(i, &batches);
        for (size_t b = 0; b < batches.count; b++) {
            find_records(whole.content[i], batches.at[b], batches.at[b + 1], &records);
            count += exchange_all(i, &records);
        }
    }
    assert_int_equal(OK, verify());
    assert_true(count > 1000);
    print_message("%zu exchanges of records and batches, all found\n", count);
}

/* Every file in the place of every other. */
static void files_in_anothers_place_are_found(void **state)
{
    size_t count = 0;

    (void)state;
    for (size_t i = 0; i < whole.count; i++)
        for (size_t j = 0; j < whole.count; j++, count++) {
            if (i == j || slice_equal(whole.content[i], whole.content[j]))
                continue;
            write_whole(fixture_path(&whole.fixture, whole.name[i]), whole.content[j]);
            if (verify() != ERROR_CORRUPT)
                fail_msg("%s holds %s", whole.name[i], whole.name[j]);
            restore(i);
        }
    assert_int_equal(OK, verify());
    print_message("%zu files in another's place, all found\n", count);
}

/* An older checkpoint is honestly signed, and a crash can leave one: with the whole journal behind it nothing is hidden.
 * The auditor says how old it is, and opening takes nothing away. */
static void an_older_checkpoint_alone_hides_nothing(void **state)
{
    struct verify_summary summary;
    struct ledger *ledger = NULL;

    (void)state;
    write_whole(fixture_path(&whole.fixture, "checkpoint"), whole.older_note);
    assert_int_equal(OK, ledger_verify(whole.fixture.log, &whole.fixture.key, whole.note, NULL, NULL, &summary));
    assert_int_equal(OLDER, summary.checkpoint_size);
    assert_int_equal(ENTRIES, summary.head.size);
    assert_int_equal(OK, ledger_open(whole.fixture.log, &whole.fixture.settings, &ledger, NULL, NULL));
    assert_int_equal(ENTRIES, ledger_size(ledger));
    ledger_close(ledger);
    restore_all();
    assert_int_equal(OK, verify_with(whole.note));
}

/* Journal, tiles and checkpoint of an older day, each mixture of them. */
static void older_files_that_are_put_back_are_found(void **state)
{
    struct fixture older;
    size_t count = 0;

    (void)state;
    fixture_make(&older);
    older.settings.segment_bytes = whole.fixture.settings.segment_bytes;
    struct ledger *ledger = fixture_create(&older);
    append_some(ledger, 0, OLDER);
    ledger_close(ledger);
    for (unsigned which = 1; which < 8; which++) {
        if (which == 4) /* the checkpoint alone: above */
            continue;
        for (size_t i = 0; i < whole.count; i++) {
            unsigned kind = is_segment(i) ? 1 : strcmp(whole.name[i], "checkpoint") == 0 ? 4 : 2;
            if (!(which & kind))
                continue;
            char path[256];
            snprintf(path, sizeof path, "%s", fixture_path(&older, whole.name[i]));
            if (file_exists(path))
                write_whole(fixture_path(&whole.fixture, whole.name[i]), read_whole(&older, path));
            else
                unlink(fixture_path(&whole.fixture, whole.name[i]));
        }
        if (verify_with(whole.note) != ERROR_CORRUPT)
            fail_msg("older files %u were not found", which);
        restore_all();
        count++;
    }
    assert_int_equal(OK, verify_with(whole.note));
    fixture_remove(&older);
    print_message("%zu mixtures with older files, all found\n", count);
}

int main(int argc, char **argv)
{
    if (argc > 1)
        cmocka_set_test_filter(argv[1]);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_byte_that_is_flipped_is_found),
        cmocka_unit_test(every_file_that_is_cut_is_found),
        cmocka_unit_test(a_damaged_log_answers_as_before_or_does_not_open),
        cmocka_unit_test(records_and_batches_in_anothers_place_are_found),
        cmocka_unit_test(files_in_anothers_place_are_found),
        cmocka_unit_test(an_older_checkpoint_alone_hides_nothing),
        cmocka_unit_test(older_files_that_are_put_back_are_found),
    };
    return cmocka_run_group_tests(tests, make_log, remove_log);
}
