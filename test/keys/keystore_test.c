/* SPDX-License-Identifier: Apache-2.0 */

/* Proves that keys come back to the right root, person and drawer and to no other, and that what was destroyed is gone:
 * from the present store, from its file, and from a backup that is made to forget it too. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <sqlite3.h>
#include <stdio.h>
#include <unistd.h>

#include "base/file.h"
#include "keys/keystore.h"
#include "scratch.h"

static const struct id anna = {{1, 2, 3}}, bela = {{4, 5, 6}};
static const struct secret_key root = {{42}};

struct opened {
    struct scratch scratch;
    struct world world;
    struct ring *ring;
    struct keystore *keystore;
};

static void open_again(struct opened *opened)
{
    keystore_close(opened->keystore);
    opened->keystore = NULL;
    ring_close(opened->ring);
    opened->ring = NULL;
    const char *path = scratch_path(&opened->scratch, "ring");
    if (!file_exists(path))
        assert_int_equal(ring_create(path, &root, &opened->world), OK);
    assert_int_equal(ring_open(path, &root, false, &opened->world, &opened->ring, NULL), OK);
    assert_int_equal(
        keystore_open(scratch_path(&opened->scratch, "keys.db"), opened->ring, &opened->world, &opened->keystore, NULL),
        OK);
}

static struct opened opened_new(void)
{
    return (struct opened){.scratch = scratch_make(), .world = world_driven(5, 0)};
}

static void close_all(struct opened *opened)
{
    keystore_close(opened->keystore);
    ring_close(opened->ring);
    scratch_remove(&opened->scratch);
}

#define WITH_KEYSTORE __attribute__((cleanup(close_all))) struct opened

static void add(struct keystore *keystore, const struct id *person)
{
    assert_int_equal(keystore_add_person(keystore, person), OK);
    assert_int_equal(keystore_commit(keystore), OK);
}

static enum error find(struct keystore *keystore, const struct id *person)
{
    struct keystore_person found;
    struct secret_key key[DRAWER_COUNT];

    return keystore_person(keystore, person, DRAWER_ALL, &found, key);
}

/* Runs SQL on the file behind the store's back; gives the first column of the first row. */
static struct slice behind(struct opened *opened, const char *sql, char *into, size_t bytes)
{
    sqlite3 *database = NULL;
    sqlite3_stmt *statement = NULL;
    struct slice got = slice_of(into, 0);

    assert_int_equal(sqlite3_open(scratch_path(&opened->scratch, "keys.db"), &database), SQLITE_OK);
    assert_int_equal(sqlite3_prepare_v2(database, sql, -1, &statement, NULL), SQLITE_OK);
    int step = sqlite3_step(statement);
    assert_true(step == SQLITE_ROW || step == SQLITE_DONE);
    if (step == SQLITE_ROW) {
        got.length = (size_t)sqlite3_column_bytes(statement, 0);
        assert_true(got.length <= bytes);
        memcpy(into, sqlite3_column_blob(statement, 0), got.length);
    }
    sqlite3_finalize(statement);
    assert_int_equal(sqlite3_close(database), SQLITE_OK);
    return got;
}

/* As a disk changes bytes, which asks no constraint. */
static void behind_unchecked(struct opened *opened, const char *sql)
{
    sqlite3 *database = NULL;

    assert_int_equal(sqlite3_open(scratch_path(&opened->scratch, "keys.db"), &database), SQLITE_OK);
    assert_int_equal(sqlite3_exec(database, "PRAGMA ignore_check_constraints = ON", NULL, NULL, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_exec(database, sql, NULL, NULL, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_close(database), SQLITE_OK);
}

static void keys_are_there_at_once_and_after_reopening(void **state)
{
    WITH_KEYSTORE opened = opened_new();
    struct secret_key before[DRAWER_COUNT], after[DRAWER_COUNT];
    struct keystore_person person;

    (void)state;
    open_again(&opened);
    assert_int_equal(find(opened.keystore, &anna), ERROR_NOT_FOUND);
    assert_int_equal(keystore_add_person(opened.keystore, &anna), OK);
    assert_int_equal(keystore_person(opened.keystore, &anna, DRAWER_ALL, &person, before), OK);
    assert_int_equal(person.facts_version, 0);
    assert_int_equal(keystore_commit(opened.keystore), OK);
    open_again(&opened);
    assert_int_equal(keystore_person(opened.keystore, &anna, DRAWER_ALL, &person, after), OK);
    assert_memory_equal(before, after, sizeof before);
}

static void what_was_not_committed_is_not_kept(void **state)
{
    WITH_KEYSTORE opened = opened_new();

    (void)state;
    open_again(&opened);
    assert_int_equal(keystore_add_person(opened.keystore, &anna), OK);
    open_again(&opened);
    assert_int_equal(find(opened.keystore, &anna), ERROR_NOT_FOUND);
}

static void each_drawer_of_each_person_has_its_own_key(void **state)
{
    WITH_KEYSTORE opened = opened_new();
    struct secret_key key[2 * DRAWER_COUNT] = {0};
    struct keystore_person person;

    (void)state;
    open_again(&opened);
    add(opened.keystore, &anna);
    add(opened.keystore, &bela);
    assert_int_equal(keystore_person(opened.keystore, &anna, DRAWER_ALL, &person, key), OK);
    assert_int_equal(keystore_person(opened.keystore, &bela, DRAWER_ALL, &person, key + DRAWER_COUNT), OK);
    for (size_t i = 0; i < 2 * DRAWER_COUNT; i++)
        for (size_t j = 0; j < i; j++)
            assert_memory_not_equal(&key[i], &key[j], sizeof *key);
}

static void only_the_drawers_asked_for_are_opened(void **state)
{
    WITH_KEYSTORE opened = opened_new();
    struct secret_key key[DRAWER_COUNT], untouched;
    struct keystore_person person;

    (void)state;
    open_again(&opened);
    memset(key, 0xAA, sizeof key);
    memset(&untouched, 0xAA, sizeof untouched);
    add(opened.keystore, &anna);
    assert_int_equal(keystore_person(opened.keystore, &anna, 1u << DRAWER_CLINICAL, &person, key), OK);
    for (unsigned d = 0; d < DRAWER_COUNT; d++)
        assert_int_equal(memcmp(&key[d], &untouched, sizeof untouched) != 0, d == DRAWER_CLINICAL);
}

static void another_root_opens_nothing(void **state)
{
    static const struct secret_key wrong = {{43}};
    WITH_KEYSTORE opened = opened_new();
    struct keystore_person person;

    (void)state;
    open_again(&opened);
    add(opened.keystore, &anna);
    keystore_close(opened.keystore);
    opened.keystore = NULL;
    ring_close(opened.ring);
    assert_int_equal(unlink(scratch_path(&opened.scratch, "ring")), 0);
    assert_int_equal(ring_create(scratch_path(&opened.scratch, "ring"), &wrong, &opened.world), OK);
    assert_int_equal(ring_open(scratch_path(&opened.scratch, "ring"), &wrong, false, &opened.world, &opened.ring, NULL),
                     OK);
    assert_int_equal(
        keystore_open(scratch_path(&opened.scratch, "keys.db"), opened.ring, &opened.world, &opened.keystore, NULL),
        OK);
    assert_int_equal(find(opened.keystore, &anna), ERROR_SEALED);
    assert_int_equal(keystore_person(opened.keystore, &anna, 0, &person, NULL), OK);
}

static void a_row_put_in_anothers_place_does_not_open(void **state)
{
    WITH_KEYSTORE opened = opened_new();
    char room[1024];

    (void)state;
    open_again(&opened);
    add(opened.keystore, &anna);
    add(opened.keystore, &bela);
    keystore_close(opened.keystore);
    opened.keystore = NULL;
    behind(&opened,
           "UPDATE person_key SET wrapped = (SELECT wrapped FROM person_key WHERE hex(person) LIKE '0102%')"
           " WHERE hex(person) LIKE '0405%'",
           room, sizeof room);
    open_again(&opened);
    assert_int_equal(find(opened.keystore, &anna), OK);
    assert_int_equal(find(opened.keystore, &bela), ERROR_SEALED);
}

static void nobody_is_added_twice(void **state)
{
    WITH_KEYSTORE opened = opened_new();
    uint64_t count = 0;

    (void)state;
    open_again(&opened);
    assert_int_equal(keystore_add_person(opened.keystore, &anna), OK);
    assert_int_equal(keystore_add_person(opened.keystore, &anna), ERROR_EXISTS);
    assert_int_equal(keystore_commit(opened.keystore), OK);
    assert_int_equal(keystore_add_person(opened.keystore, &anna), ERROR_EXISTS);
    assert_int_equal(keystore_commit(opened.keystore), OK);
    assert_int_equal(keystore_count(opened.keystore, &count), OK);
    assert_int_equal(count, 1);
}

static void versions_of_facts_are_seen_in_the_batch_and_kept(void **state)
{
    WITH_KEYSTORE opened = opened_new();
    struct keystore_person person;

    (void)state;
    open_again(&opened);
    assert_int_equal(keystore_add_person(opened.keystore, &anna), OK);
    assert_int_equal(keystore_set_facts(opened.keystore, &anna, &(struct keystore_person){3, 2}), OK);
    assert_int_equal(keystore_set_facts(opened.keystore, &anna, &(struct keystore_person){4, 3}), OK);
    assert_int_equal(keystore_person(opened.keystore, &anna, 0, &person, NULL), OK);
    assert_int_equal(person.facts_version, 4);
    assert_int_equal(keystore_commit(opened.keystore), OK);
    open_again(&opened);
    assert_int_equal(keystore_person(opened.keystore, &anna, 0, &person, NULL), OK);
    assert_int_equal(person.facts_version, 4);
    assert_int_equal(person.facts_confirmed, 3);
}

static void a_batch_has_a_bound(void **state)
{
    WITH_KEYSTORE opened = opened_new();
    enum error error = OK;
    size_t taken = 0;

    (void)state;
    open_again(&opened);
    for (; taken < 100000 && error == OK; taken++)
        error = keystore_set_facts(opened.keystore, &anna, &(struct keystore_person){1, 1});
    assert_int_equal(error, ERROR_TOO_MANY);
    assert_int_equal(keystore_commit(opened.keystore), OK);
    assert_int_equal(keystore_set_facts(opened.keystore, &anna, &(struct keystore_person){1, 1}), OK);
}

struct commitments {
    struct hash hash[8];
    size_t count;
};

static void note_commitment(void *context, const struct hash *commitment)
{
    struct commitments *commitments = context;

    assert_true(commitments->count < 8);
    commitments->hash[commitments->count++] = *commitment;
}

static void a_destroyed_person_is_gone_at_once_and_for_good(void **state)
{
    WITH_KEYSTORE opened = opened_new();
    struct commitments listed = {.count = 0};
    struct hash commitment;

    (void)state;
    open_again(&opened);
    add(opened.keystore, &anna);
    add(opened.keystore, &bela);
    assert_int_equal(keystore_destroy(opened.keystore, &anna, 7, &commitment), OK);
    assert_int_equal(find(opened.keystore, &anna), ERROR_NOT_FOUND);
    assert_int_equal(keystore_commit(opened.keystore), OK);
    open_again(&opened);
    assert_int_equal(find(opened.keystore, &anna), ERROR_NOT_FOUND);
    assert_int_equal(find(opened.keystore, &bela), OK);
    assert_int_equal(keystore_destroyed(opened.keystore, note_commitment, &listed), OK);
    assert_int_equal(listed.count, 1);
    assert_true(hash_equal(&listed.hash[0], &commitment));
    assert_int_equal(keystore_destroy(opened.keystore, &anna, 8, &commitment), ERROR_NOT_FOUND);
}

static bool file_holds(struct opened *opened, const char *name, struct slice bytes)
{
    CLEANUP_ARENA struct arena *arena = arena_new(64u << 20);
    struct slice content;

    if (!file_exists(scratch_path(&opened->scratch, name)))
        return false;
    assert_int_equal(file_read(arena, scratch_path(&opened->scratch, name), 32u << 20, &content, NULL), OK);
    return slice_search(content, bytes) != SIZE_MAX;
}

static void destroyed_keys_leave_no_bytes_in_the_file(void **state)
{
    WITH_KEYSTORE opened = opened_new();
    struct hash commitment;
    char room[1024];

    (void)state;
    open_again(&opened);
    add(opened.keystore, &anna);
    add(opened.keystore, &bela);
    struct slice wrapped = behind(&opened, "SELECT wrapped FROM person_key WHERE hex(person) LIKE '0102%'", room,
                                  sizeof room);
    wrapped.length = 72; /* the person's own key: the drawers' hang from it */
    open_again(&opened);
    assert_true(file_holds(&opened, "keys.db", wrapped) || file_holds(&opened, "keys.db-wal", wrapped));
    assert_int_equal(keystore_destroy(opened.keystore, &anna, 7, &commitment), OK);
    assert_int_equal(keystore_commit(opened.keystore), OK);
    open_again(&opened);
    keystore_close(opened.keystore);
    opened.keystore = NULL;
    assert_false(file_holds(&opened, "keys.db", wrapped));
    assert_false(file_holds(&opened, "keys.db-wal", wrapped));
}

static void a_restored_backup_is_made_to_forget(void **state)
{
    static const struct hash unrelated = {{9}};
    WITH_KEYSTORE opened = opened_new();
    struct keystore *restored = NULL;
    struct hash commitment;
    bool found = true;

    (void)state;
    open_again(&opened);
    add(opened.keystore, &anna);
    add(opened.keystore, &bela);
    assert_int_equal(keystore_backup(opened.keystore, scratch_path(&opened.scratch, "copy.db")), OK);
    assert_int_equal(keystore_destroy(opened.keystore, &anna, 7, &commitment), OK);
    assert_int_equal(keystore_commit(opened.keystore), OK);

    assert_int_equal(
        keystore_open(scratch_path(&opened.scratch, "copy.db"), opened.ring, &opened.world, &restored, NULL), OK);
    assert_int_equal(find(restored, &anna), OK);
    assert_int_equal(keystore_replay(restored, &unrelated, 8, &found), OK);
    assert_false(found);
    assert_int_equal(keystore_replay(restored, &commitment, 8, &found), OK);
    assert_true(found);
    assert_int_equal(keystore_commit(restored), OK);
    assert_int_equal(find(restored, &anna), ERROR_NOT_FOUND);
    assert_int_equal(find(restored, &bela), OK);
    keystore_close(restored);
}

static void the_key_of_an_hour_stays_the_same(void **state)
{
    WITH_KEYSTORE opened = opened_new();
    uint8_t oversight[SEAL_PUBLIC_BYTES];
    const struct secret_key private_key = {{77}};
    struct secret_key first, second, again;

    (void)state;
    open_again(&opened);
    seal_box_public(&private_key, oversight);
    assert_int_equal(keystore_hour_find(opened.keystore, 472222, &first), ERROR_NOT_FOUND);
    assert_int_equal(keystore_hour(opened.keystore, 472222, oversight, &first), OK);
    assert_int_equal(keystore_hour(opened.keystore, 472223, oversight, &second), OK);
    assert_memory_not_equal(&first, &second, sizeof first);
    assert_int_equal(keystore_hour(opened.keystore, 472222, oversight, &again), OK);
    assert_memory_equal(&first, &again, sizeof first);
    open_again(&opened);
    assert_int_equal(keystore_hour_find(opened.keystore, 472222, &again), OK);
    assert_memory_equal(&first, &again, sizeof first);
    assert_int_equal(keystore_hour(opened.keystore, 472223, oversight, &again), OK);
    assert_memory_equal(&second, &again, sizeof second);
}

static void the_oversight_body_opens_the_key_of_an_hour(void **state)
{
    WITH_KEYSTORE opened = opened_new();
    uint8_t oversight[SEAL_PUBLIC_BYTES];
    const struct secret_key private_key = {{77}}, another = {{200}};
    struct secret_key key, shown;
    char room[256];

    (void)state;
    open_again(&opened);
    seal_box_public(&private_key, oversight);
    assert_int_equal(keystore_hour(opened.keystore, 472222, oversight, &key), OK);
    struct slice sealed = behind(&opened, "SELECT to_oversight FROM hour_key WHERE hour = 472222", room, sizeof room);
    assert_int_equal(sealed.length, SECRET_KEY_BYTES + SEAL_BOX_OVERHEAD);
    assert_int_equal(seal_box_open(oversight, &private_key, sealed, shown.byte), OK);
    assert_memory_equal(&shown, &key, sizeof key);
    assert_int_equal(seal_box_open(oversight, &another, sealed, shown.byte), ERROR_SEALED);
}

#define HOUR 472222
#define YEAR (HOUR / KEYSTORE_YEAR_HOURS)

/* Keys of an hour of the year before and of one of this year. */
static struct slice two_years(struct opened *opened, char room[static 512], size_t *ret_year_bytes)
{
    const struct secret_key private_key = {{77}};
    uint8_t oversight[SEAL_PUBLIC_BYTES];
    struct secret_key key;

    open_again(opened);
    seal_box_public(&private_key, oversight);
    assert_int_equal(keystore_hour(opened->keystore, HOUR - KEYSTORE_YEAR_HOURS, oversight, &key), OK);
    assert_int_equal(keystore_hour(opened->keystore, HOUR, oversight, &key), OK);
    assert_int_equal(keystore_hour_find(opened->keystore, HOUR - KEYSTORE_YEAR_HOURS, &key), OK);
    struct slice year = behind(opened, "SELECT wrapped FROM year_key ORDER BY year LIMIT 1", room, 256);
    struct slice hour = behind(opened, "SELECT under_year || to_oversight FROM hour_key ORDER BY hour LIMIT 1",
                               room + year.length, 256);
    *ret_year_bytes = year.length;
    return slice_of(room, year.length + hour.length);
}

static void a_destroyed_year_opens_for_nobody_and_the_others_stay(void **state)
{
    WITH_KEYSTORE opened = opened_new();
    struct secret_key key;
    char room[512];
    size_t year_bytes;
    uint32_t oldest;

    (void)state;
    struct slice bytes = two_years(&opened, room, &year_bytes);
    struct slice year = slice_of(bytes.data, year_bytes), hour = slice_from(bytes, year_bytes);
    assert_true(file_holds(&opened, "keys.db", year) || file_holds(&opened, "keys.db-wal", year));
    assert_int_equal(keystore_oldest_year(opened.keystore, &oldest), OK);
    assert_int_equal(oldest, YEAR - 1);
    assert_false(keystore_year_is_destroyed(opened.keystore, YEAR - 1));
    assert_int_equal(keystore_destroy_year(opened.keystore, YEAR - 1, 7), OK);
    assert_int_equal(keystore_hour_find(opened.keystore, HOUR - KEYSTORE_YEAR_HOURS, &key), ERROR_NOT_FOUND);
    assert_int_equal(keystore_hour_find(opened.keystore, HOUR, &key), OK);
    open_again(&opened);
    assert_true(keystore_year_is_destroyed(opened.keystore, YEAR - 1));
    assert_false(keystore_year_is_destroyed(opened.keystore, YEAR));
    assert_int_equal(keystore_destroy_year(opened.keystore, YEAR - 1, 8), ERROR_NOT_FOUND);
    assert_int_equal(keystore_oldest_year(opened.keystore, &oldest), OK);
    assert_int_equal(oldest, YEAR);
    keystore_close(opened.keystore);
    opened.keystore = NULL;
    static const char *const files[] = {"keys.db", "keys.db-wal"};
    for (size_t f = 0; f < 2; f++) {
        assert_false(file_holds(&opened, files[f], year));
        assert_false(file_holds(&opened, files[f], slice_of(hour.data, 40)));
        assert_false(file_holds(&opened, files[f], slice_from(hour, hour.length - 40)));
    }
}

static void a_restored_backup_is_made_to_forget_a_year(void **state)
{
    WITH_KEYSTORE opened = opened_new();
    struct keystore *restored = NULL;
    struct secret_key key;
    char room[512];
    size_t year_bytes;
    bool found = false;

    (void)state;
    two_years(&opened, room, &year_bytes);
    struct hash commitment = keystore_year_commitment(opened.keystore, YEAR - 1);
    assert_int_equal(keystore_backup(opened.keystore, scratch_path(&opened.scratch, "copy.db")), OK);
    assert_int_equal(keystore_destroy_year(opened.keystore, YEAR - 1, 7), OK);
    assert_int_equal(
        keystore_open(scratch_path(&opened.scratch, "copy.db"), opened.ring, &opened.world, &restored, NULL), OK);
    assert_int_equal(keystore_hour_find(restored, HOUR - KEYSTORE_YEAR_HOURS, &key), OK);
    assert_int_equal(keystore_replay(restored, &commitment, 9, &found), OK);
    assert_true(found);
    assert_int_equal(keystore_hour_find(restored, HOUR - KEYSTORE_YEAR_HOURS, &key), ERROR_NOT_FOUND);
    assert_int_equal(keystore_hour_find(restored, HOUR, &key), OK);
    keystore_close(restored);
}

/* What the file holds that no program of ours wrote: refused, and nothing opens. */
static void a_damaged_row_opens_nothing(void **state)
{
    static const char *const damage[] = {
        "UPDATE person_key SET wrapped = substr(wrapped, 1, 100)",
        "UPDATE person_key SET wrapped = CAST(x'02' || substr(wrapped, 2) AS BLOB)",
        "UPDATE person_key SET epoch = 7",
        "UPDATE person_key SET epoch = -1",
    };
    char room[16];

    (void)state;
    for (size_t i = 0; i < sizeof damage / sizeof *damage; i++) {
        WITH_KEYSTORE opened = opened_new();
        open_again(&opened);
        add(opened.keystore, &anna);
        behind(&opened, damage[i], room, sizeof room);
        if (find(opened.keystore, &anna) != ERROR_SEALED)
            fail_msg("%s", damage[i]);
        assert_int_equal(keystore_add_person(opened.keystore, &anna), ERROR_EXISTS);
    }
}

static void damaged_keys_of_hours_and_years_open_nothing(void **state)
{
    static const uint8_t oversight[SEAL_PUBLIC_BYTES] = {9};
    static const char *const damage[] = {
        "UPDATE hour_key SET under_year = substr(under_year, 1, 10)",
        "UPDATE year_key SET wrapped = substr(wrapped, 1, 10)",
        "UPDATE year_key SET epoch = 9",
        "UPDATE hour_key SET under_year = (SELECT under_year FROM hour_key WHERE hour = 101) WHERE hour = 100",
    };
    char room[16];

    (void)state;
    for (size_t i = 0; i < sizeof damage / sizeof *damage; i++) {
        WITH_KEYSTORE opened = opened_new();
        struct secret_key key;
        open_again(&opened);
        for (uint32_t hour = 100; hour < 103; hour++)
            assert_int_equal(keystore_hour(opened.keystore, hour, oversight, &key), OK);
        behind(&opened, damage[i], room, sizeof room);
        if (keystore_hour_find(opened.keystore, 100, &key) != ERROR_SEALED)
            fail_msg("%s", damage[i]);
        /* No new key takes its place: the events under the old one would be lost without a word. */
        assert_int_equal(keystore_hour(opened.keystore, 100, oversight, &key), ERROR_SEALED);
    }
}

static void a_damaged_commitment_is_not_passed_on(void **state)
{
    WITH_KEYSTORE opened = opened_new();
    struct hash commitment;

    (void)state;
    open_again(&opened);
    add(opened.keystore, &anna);
    assert_int_equal(keystore_destroy(opened.keystore, &anna, 5, &commitment), OK);
    assert_int_equal(keystore_commit(opened.keystore), OK);
    assert_int_equal(keystore_destroyed(opened.keystore, note_commitment, &commitment), OK);
    behind_unchecked(&opened, "UPDATE destroyed SET commitment = x'00'");
    assert_int_equal(keystore_destroyed(opened.keystore, note_commitment, &commitment), ERROR_CORRUPT);
}

static void a_file_that_is_no_key_store_is_not_opened(void **state)
{
    WITH_KEYSTORE opened = opened_new();
    struct keystore *keystore = NULL;
    struct fault fault = {0};

    (void)state;
    open_again(&opened);
    assert_int_equal(file_replace(scratch_path(&opened.scratch, "other.db"),
                                  SLICE("nothing that SQLite could have written, and long enough to be looked at"),
                                  0600),
                     OK);
    assert_int_not_equal(
        keystore_open(scratch_path(&opened.scratch, "other.db"), opened.ring, &opened.world, &keystore, &fault), OK);
    assert_null(keystore);
}

/* Wrapping anew waits until what a batch has begun is written. */
static void nothing_is_wrapped_anew_in_the_middle_of_a_batch(void **state)
{
    WITH_KEYSTORE opened = opened_new();
    bool done = true;

    (void)state;
    open_again(&opened);
    assert_int_equal(keystore_add_person(opened.keystore, &anna), OK);
    assert_int_equal(keystore_rewrap(opened.keystore, &done), ERROR_CONFLICT);
    assert_false(done);
    assert_int_equal(keystore_commit(opened.keystore), OK);
    assert_int_equal(keystore_rewrap(opened.keystore, &done), OK);
    assert_true(done);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keys_are_there_at_once_and_after_reopening),
        cmocka_unit_test(what_was_not_committed_is_not_kept),
        cmocka_unit_test(each_drawer_of_each_person_has_its_own_key),
        cmocka_unit_test(only_the_drawers_asked_for_are_opened),
        cmocka_unit_test(another_root_opens_nothing),
        cmocka_unit_test(a_row_put_in_anothers_place_does_not_open),
        cmocka_unit_test(nobody_is_added_twice),
        cmocka_unit_test(versions_of_facts_are_seen_in_the_batch_and_kept),
        cmocka_unit_test(a_batch_has_a_bound),
        cmocka_unit_test(a_destroyed_person_is_gone_at_once_and_for_good),
        cmocka_unit_test(destroyed_keys_leave_no_bytes_in_the_file),
        cmocka_unit_test(a_restored_backup_is_made_to_forget),
        cmocka_unit_test(the_key_of_an_hour_stays_the_same),
        cmocka_unit_test(the_oversight_body_opens_the_key_of_an_hour),
        cmocka_unit_test(a_destroyed_year_opens_for_nobody_and_the_others_stay),
        cmocka_unit_test(a_restored_backup_is_made_to_forget_a_year),
        cmocka_unit_test(a_damaged_row_opens_nothing),
        cmocka_unit_test(damaged_keys_of_hours_and_years_open_nothing),
        cmocka_unit_test(a_damaged_commitment_is_not_passed_on),
        cmocka_unit_test(a_file_that_is_no_key_store_is_not_opened),
        cmocka_unit_test(nothing_is_wrapped_anew_in_the_middle_of_a_batch),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
