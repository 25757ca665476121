/* SPDX-License-Identifier: Apache-2.0 */

/* Proves that no change of a log's files escapes the auditor: every byte is flipped once, every file is cut and
 * removed, entries are swapped, tiles exchanged, the whole log rolled back. An auditor that says yes to everything
 * fails here. */

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

#define ENTRIES 300
#define FILES_MAX 32

/* The last faults that were reported. */
struct faults {
    size_t count;
    char file[8][64];
    uint64_t begin[8], end[8], index[8];
};

static void remember_fault(void *context, const struct verify_fault *fault)
{
    struct faults *faults = context;

    if (faults->count < 8) {
        snprintf(faults->file[faults->count], sizeof faults->file[0], "%s", fault->file);
        faults->begin[faults->count] = fault->begin;
        faults->end[faults->count] = fault->end;
        faults->index[faults->count] = fault->index;
    }
    faults->count++;
}

static enum error verify(const struct fixture *fixture, struct slice remembered, struct faults *ret_faults)
{
    struct verify_summary summary;

    *ret_faults = (struct faults){0};
    enum error error = ledger_verify(fixture->log, &fixture->key, remembered, remember_fault, ret_faults, &summary);
    assert_int_equal(summary.faults, ret_faults->count);
    return error;
}

/* Short sealed bytes, so that flipping every byte of the log takes seconds. */
static void append_short(struct ledger *ledger, size_t count)
{
    struct ledger_entry entry[ENTRIES];
    uint8_t leaf[ENTRIES][LEDGER_COMMITMENT_BYTES], sealed[ENTRIES][24];
    uint64_t first;

    for (size_t i = 0; i < count; i++) {
        struct world bytes = world_driven(i + 1, 0);
        size_t length = 8 + i % 16;
        bytes.random(&bytes, sealed[i], length);
        struct hash event = hash_sha256(slice_of(sealed[i], 4));
        ledger_commitment(&event, slice_of(sealed[i], length), leaf[i]);
        entry[i] = (struct ledger_entry){slice_of(leaf[i], sizeof leaf[i]), slice_of(sealed[i], length)};
    }
    for (size_t i = 0; i < count; i += 7)
        assert_int_equal(OK, ledger_append(ledger, entry + i, count - i < 7 ? count - i : 7, 0, &first));
}

static void make_short_log(struct fixture *fixture)
{
    fixture_make(fixture);
    fixture->settings.segment_bytes = 12000;
    struct ledger *ledger = fixture_create(fixture);
    append_short(ledger, ENTRIES);
    ledger_close(ledger);
}

/* The files of the log, relative to it. One list at a time, because nftw passes no context. */
static struct {
    size_t prefix;
    size_t count;
    char name[FILES_MAX][64];
} list;

static int list_one(const char *path, const struct stat *status, int type, struct FTW *walk)
{
    if (type == FTW_F && status->st_size > 0) {
        assert_true(list.count < FILES_MAX);
        snprintf(list.name[list.count++], sizeof list.name[0], "%s", path + list.prefix);
    }
    return 0;
}

static void list_files(const struct fixture *fixture)
{
    list.count = 0;
    list.prefix = strlen(fixture->log) + 1;
    assert_int_equal(0, nftw(fixture->log, list_one, 16, FTW_PHYS));
}

static bool some_fault_covers(const struct faults *faults, const char *file, uint64_t offset)
{
    for (size_t i = 0; i < faults->count && i < 8; i++) {
        if (strcmp(faults->file[i], file) == 0 && faults->begin[i] <= offset && offset < faults->end[i])
            return true;
    }
    return false;
}

static void an_untouched_log_has_no_fault(void **state)
{
    struct fixture fixture;
    struct faults faults;
    struct verify_summary summary;

    make_short_log(&fixture);
    assert_int_equal(OK, verify(&fixture, slice_of("", 0), &faults));
    assert_int_equal(OK, ledger_verify(fixture.log, &fixture.key, slice_of("", 0), NULL, NULL, &summary));
    assert_int_equal(ENTRIES, summary.head.size);
    assert_int_equal(ENTRIES, summary.checkpoint_size);
    list_files(&fixture);
    assert_int_equal(list.count + 1, summary.files); /* and the empty lock */
    fixture_remove(&fixture);
}

static void every_flipped_byte_is_found_where_it_is(void **state)
{
    struct fixture fixture;
    struct faults faults;
    size_t flips = 0;

    make_short_log(&fixture);
    list_files(&fixture);
    assert_true(list.count >= 9); /* three segments, two tiles and two bundles, one tile above, the checkpoint */
    for (size_t i = 0; i < list.count; i++) {
        const char *file = list.name[i];
        struct slice content = read_whole(&fixture, fixture_path(&fixture, file));
        int descriptor = open(fixture_path(&fixture, file), O_WRONLY | O_CLOEXEC);
        for (size_t at = 0; at < content.length; at++, flips++) {
            char flipped = (char)(content.data[at] ^ (1 << at % 8));
            assert_int_equal(1, pwrite(descriptor, &flipped, 1, (off_t)at));
            if (verify(&fixture, slice_of("", 0), &faults) != ERROR_CORRUPT || !some_fault_covers(&faults, file, at))
                fail_msg("a flip of byte %zu of %s was not found", at, file);
            assert_int_equal(1, pwrite(descriptor, &content.data[at], 1, (off_t)at));
        }
        close(descriptor);
    }
    assert_int_equal(OK, verify(&fixture, slice_of("", 0), &faults));
    print_message("%zu flips in %zu files, all found\n", flips, list.count);
    fixture_remove(&fixture);
}

/* One changed entry is one fault, with its number. */
static void a_changed_entry_is_named(void **state)
{
    struct fixture fixture;
    struct faults faults;

    make_short_log(&fixture);
    struct slice journal = read_whole(&fixture, fixture_path(&fixture, "journal/000000"));
    size_t at = SEGMENT_HEAD_BYTES, length;
    for (uint64_t index = 0; index < 21; index++) {
        if (index % 7 == 0)
            at += BATCH_HEAD_BYTES + (index ? BATCH_TAIL_BYTES : 0);
        assert_int_equal(OK, record_measure(slice_from(journal, at), &length));
        for (size_t inside = RECORD_HEAD_BYTES; inside < length; inside += 11) {
            struct slice changed = arena_copy(fixture.arena, journal);
            ((char *)(uintptr_t)changed.data)[at + inside] ^= 0x40;
            write_whole(fixture_path(&fixture, "journal/000000"), changed);
            assert_int_equal(ERROR_CORRUPT, verify(&fixture, slice_of("", 0), &faults));
            assert_int_equal(1, faults.count);
            assert_int_equal(index, faults.index[0]);
        }
        at += length;
    }
    fixture_remove(&fixture);
}

static void every_cut_file_and_every_missing_file_is_found(void **state)
{
    struct fixture fixture;
    struct faults faults;

    make_short_log(&fixture);
    list_files(&fixture);
    for (size_t i = 0; i < list.count; i++) {
        const char *path = fixture_path(&fixture, list.name[i]);
        struct slice content = read_whole(&fixture, path);
        for (size_t length = 0; length < content.length; length += 1 + (content.length - length) / 40) {
            write_whole(path, slice_of(content.data, length));
            assert_int_equal(ERROR_CORRUPT, verify(&fixture, slice_of("", 0), &faults));
        }
        assert_int_equal(0, unlink(path));
        assert_int_equal(ERROR_CORRUPT, verify(&fixture, slice_of("", 0), &faults));
        write_whole(path, content);
    }
    assert_int_equal(OK, verify(&fixture, slice_of("", 0), &faults));
    fixture_remove(&fixture);
}

static void a_batch_cut_off_at_its_edge_is_found(void **state)
{
    struct fixture fixture;
    struct faults faults;

    make_short_log(&fixture);
    list_files(&fixture);
    const char *path = fixture_path(&fixture, "journal/000002");
    struct slice content = read_whole(&fixture, path);
    size_t last = 0;
    for (size_t at = 1; at < content.length; at++) {
        at += batch_search(slice_from(content, at));
        last = at < content.length ? at : last;
    }
    write_whole(path, slice_of(content.data, last));
    assert_int_equal(ERROR_CORRUPT, verify(&fixture, slice_of("", 0), &faults));
    fixture_remove(&fixture);
}

/* Appends `count` samples in which `first` and `second` have changed places. */
static void append_swapped(struct ledger *ledger, uint64_t count, uint64_t first, uint64_t second)
{
    uint64_t index;

    for (uint64_t i = 0; i < count; i++) {
        struct ledger_entry entry = sample_entry(i == first ? second : i == second ? first : i);
        assert_int_equal(OK, ledger_append(ledger, &entry, 1, 0, &index));
    }
}

/* Somebody without the key rewrites the journal with all checks right: once alone, once with all tiles. */
static void swapped_entries_are_found_whatever_is_rewritten_with_them(void **state)
{
    struct fixture honest, forged;
    struct faults faults;

    fixture_make(&honest);
    fixture_make(&forged);
    struct ledger *ledger = fixture_create(&honest);
    append_swapped(ledger, ENTRIES, 0, 0);
    ledger_close(ledger);
    ledger = fixture_create(&forged);
    append_swapped(ledger, ENTRIES, 20, 21);
    ledger_close(ledger);
    list_files(&forged);
    for (int with_tiles = 0; with_tiles < 2; with_tiles++) {
        for (size_t i = 0; i < list.count; i++) {
            bool tile = strncmp(list.name[i], "tile/", 5) == 0;
            if (strcmp(list.name[i], "checkpoint") == 0 || (tile && !with_tiles))
                continue;
            struct slice content = read_whole(&forged, fixture_path(&forged, list.name[i]));
            write_whole(fixture_path(&honest, list.name[i]), content);
        }
        assert_int_equal(ERROR_CORRUPT, verify(&honest, slice_of("", 0), &faults));
        assert_true(faults.count > 0);
        assert_string_equal(with_tiles ? "checkpoint" : "tile/entries/000", faults.file[0]);
        /* Tiles that fit the checkpoint let the log open quickly, but a false entry is not read from it. */
        ledger = NULL;
        enum error opened = ledger_open(honest.log, &honest.settings, &ledger, NULL, NULL);
        assert_int_equal(with_tiles ? ERROR_CORRUPT : OK, opened);
        if (!with_tiles)
            assert_int_equal(ERROR_CORRUPT, ledger_read(ledger, 20, honest.arena, NULL, NULL));
        ledger_close(ledger);
    }
    fixture_remove(&honest);
    fixture_remove(&forged);
}

/* Opening must not repair the tiles after a forged journal: they are the evidence. */
static void a_refused_log_is_left_as_it_is(void **state)
{
    static const char *const files[] = {"journal/000000", "tile/0/000", "tile/0/001.p/44", "tile/entries/000",
                                        "checkpoint"};
    enum { FILES = sizeof files / sizeof files[0] };
    struct fixture honest, forged;
    struct slice before[FILES];
    struct ledger *ledger;

    fixture_make(&honest);
    fixture_make(&forged);
    ledger = fixture_create(&honest);
    append_swapped(ledger, ENTRIES, 0, 0);
    ledger_close(ledger);
    ledger = fixture_create(&forged);
    append_swapped(ledger, ENTRIES, 20, 270);
    ledger_close(ledger);
    struct slice journal = read_whole(&forged, fixture_path(&forged, "journal/000000"));
    write_whole(fixture_path(&honest, "journal/000000"), journal);
    for (size_t i = 0; i < FILES; i++)
        before[i] = read_whole(&honest, fixture_path(&honest, files[i]));
    assert_int_equal(ERROR_CORRUPT, ledger_open(honest.log, &honest.settings, &ledger, NULL, NULL));
    for (size_t i = 0; i < FILES; i++)
        assert_true(slice_equal(before[i], read_whole(&honest, fixture_path(&honest, files[i]))));
    fixture_remove(&honest);
    fixture_remove(&forged);
}

static void exchanged_tiles_are_found(void **state)
{
    struct fixture fixture;
    struct faults faults;
    static const char *const pairs[][2] = {{"tile/0/000", "tile/0/001"}, {"tile/entries/000", "tile/entries/001"}};

    fixture_make(&fixture);
    struct ledger *ledger = fixture_create(&fixture);
    append_until(ledger, 600, 64);
    ledger_close(ledger);
    assert_int_equal(OK, verify(&fixture, slice_of("", 0), &faults));
    for (size_t i = 0; i < 2; i++) {
        struct slice first = read_whole(&fixture, fixture_path(&fixture, pairs[i][0]));
        struct slice second = read_whole(&fixture, fixture_path(&fixture, pairs[i][1]));
        write_whole(fixture_path(&fixture, pairs[i][0]), second);
        write_whole(fixture_path(&fixture, pairs[i][1]), first);
        assert_int_equal(ERROR_CORRUPT, verify(&fixture, slice_of("", 0), &faults));
        assert_string_equal(pairs[i][0], faults.file[0]);
        write_whole(fixture_path(&fixture, pairs[i][0]), first);
        write_whole(fixture_path(&fixture, pairs[i][1]), second);
    }
    fixture_remove(&fixture);
}

static void what_does_not_belong_is_found(void **state)
{
    struct fixture fixture;
    struct faults faults;
    static const char *const strangers[] = {
        "notes", "journal/backup", "journal/0000000", "tile/0/001", "tile/0/000.p/256", "tile/8/000", "lock",
        "tile/entries/001.p/45",
    };

    make_short_log(&fixture);
    for (size_t i = 0; i < sizeof strangers / sizeof strangers[0]; i++) {
        const char *path = fixture_path(&fixture, strangers[i]);
        char parent[256];
        snprintf(parent, sizeof parent, "%s", path);
        *strrchr(parent, '/') = '\0';
        assert_int_equal(OK, file_make_directory(parent));
        write_whole(path, SLICE("x"));
        if (verify(&fixture, slice_of("", 0), &faults) != ERROR_CORRUPT)
            fail_msg("%s was not found", strangers[i]);
        assert_int_equal(0, unlink(path));
        if (strcmp(strangers[i], "lock") == 0)
            write_whole(path, SLICE(""));
    }
    fixture_remove(&fixture);
}

/* Journal, tiles and checkpoint of an older day are consistent among themselves: only memory helps. */
static void a_log_rolled_back_whole_is_found_by_who_remembers(void **state)
{
    struct fixture fixture;
    struct faults faults;
    CLEANUP_BUFFER struct buffer note = buffer_new(1024);

    fixture_make(&fixture);
    struct ledger *ledger = fixture_create(&fixture);
    append_until(ledger, 40, 8);
    ledger_close(ledger);
    struct fixture older = fixture;
    snprintf(older.log, sizeof older.log, "%s/older", older.directory);
    char command[256];
    snprintf(command, sizeof command, "cp -r %s %s", fixture.log, older.log);
    assert_int_equal(0, system(command));
    ledger = fixture_open(&fixture);
    append_until(ledger, 50, 8);
    assert_int_equal(OK, ledger_checkpoint(ledger, &note));
    append_until(ledger, 60, 8);
    ledger_close(ledger);

    assert_int_equal(OK, verify(&fixture, buffer_view(&note), &faults));
    assert_int_equal(OK, verify(&older, slice_of("", 0), &faults));
    assert_int_equal(ERROR_CORRUPT, verify(&older, buffer_view(&note), &faults));
    assert_int_equal(ERROR_SYNTAX, verify(&older, SLICE("not a checkpoint"), &faults));
    fixture_remove(&fixture);
}

static void where_no_log_is_none_is_verified(void **state)
{
    struct fixture fixture;
    struct faults faults;

    fixture_make(&fixture);
    assert_int_equal(ERROR_FILE_MISSING, verify(&fixture, slice_of("", 0), &faults));
    fixture_remove(&fixture);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_untouched_log_has_no_fault),
        cmocka_unit_test(every_flipped_byte_is_found_where_it_is),
        cmocka_unit_test(a_changed_entry_is_named),
        cmocka_unit_test(every_cut_file_and_every_missing_file_is_found),
        cmocka_unit_test(a_batch_cut_off_at_its_edge_is_found),
        cmocka_unit_test(swapped_entries_are_found_whatever_is_rewritten_with_them),
        cmocka_unit_test(a_refused_log_is_left_as_it_is),
        cmocka_unit_test(exchanged_tiles_are_found),
        cmocka_unit_test(what_does_not_belong_is_found),
        cmocka_unit_test(a_log_rolled_back_whole_is_found_by_who_remembers),
        cmocka_unit_test(where_no_log_is_none_is_verified),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
