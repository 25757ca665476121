/* SPDX-License-Identifier: Apache-2.0 */

/* Proves that the ring opens to its root alone, that a node of the first version keeps its keys, and that a change of the
 * root that is cut off at any step leaves a ring that the old root or the new one opens, with every row of the key store
 * in reach. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/file.h"
#include "crypto/encode.h"
#include "crypto/seal.h"
#include "keys/keystore.h"
#include "scratch.h"

static const struct secret_key old_root = {{42}}, new_root = {{43}};

struct rings {
    struct scratch scratch;
    struct world world;
    char path[160], offer[160];
    struct ring *ring;
};

static struct rings rings_new(void)
{
    struct rings rings = {.scratch = scratch_make(), .world = world_driven(5, 0)};

    snprintf(rings.path, sizeof rings.path, "%s", scratch_path(&rings.scratch, "ring"));
    snprintf(rings.offer, sizeof rings.offer, "%s", scratch_path(&rings.scratch, "ring.offer"));
    return rings;
}

static enum error open_with(struct rings *rings, const struct secret_key *root)
{
    ring_close(rings->ring);
    rings->ring = NULL;
    return ring_open(rings->path, root, false, &rings->world, &rings->ring, NULL);
}

static void rings_close(struct rings *rings)
{
    ring_close(rings->ring);
    scratch_remove(&rings->scratch);
}

#define WITH_RINGS __attribute__((cleanup(rings_close))) struct rings

static void copy_keys(const struct ring *ring, struct secret_key key[RING_USES])
{
    for (int use = 0; use < RING_USES; use++)
        key[use] = *ring_key(ring, (enum ring_use)use);
}

static void every_key_is_its_own_and_comes_back(void **state)
{
    WITH_RINGS rings = rings_new();
    struct secret_key first[RING_USES], again[RING_USES];

    (void)state;
    assert_int_equal(open_with(&rings, &old_root), ERROR_FILE_MISSING);
    assert_int_equal(ring_create(rings.path, &old_root, &rings.world), OK);
    assert_int_equal(ring_create(rings.path, &old_root, &rings.world), ERROR_EXISTS);
    assert_int_equal(open_with(&rings, &old_root), OK);
    copy_keys(rings.ring, first);
    assert_int_equal(open_with(&rings, &old_root), OK);
    copy_keys(rings.ring, again);
    assert_memory_equal(first, again, sizeof first);
    for (int a = 0; a < RING_USES; a++)
        for (int b = 0; b < a; b++)
            assert_memory_not_equal(&first[a], &first[b], sizeof *first);
    assert_int_equal(open_with(&rings, &new_root), ERROR_SEALED);
}

static void a_node_of_the_first_version_keeps_its_keys(void **state)
{
    WITH_RINGS rings = rings_new();
    const struct secret_key persons = seal_derive(&old_root, "persons", 0), third = seal_derive(&old_root, "sector", 3);

    (void)state;
    for (int round = 0; round < 2; round++) {
        assert_int_equal(ring_open(rings.path, &old_root, true, &rings.world, &rings.ring, NULL), OK);
        assert_memory_equal(ring_key(rings.ring, RING_PERSONS), &persons, sizeof persons);
        assert_memory_equal(ring_key(rings.ring, RING_SECTOR + 3), &third, sizeof third);
        assert_int_equal(ring_epoch(rings.ring), 0);
        ring_close(rings.ring);
        rings.ring = NULL;
    }
    assert_true(file_exists(rings.path));
}

static void no_byte_of_the_file_can_be_changed(void **state)
{
    WITH_RINGS rings = rings_new();
    CLEANUP_ARENA struct arena *arena = arena_new(1 << 20);
    struct slice text;

    (void)state;
    assert_int_equal(ring_create(rings.path, &old_root, &rings.world), OK);
    assert_int_equal(file_read(arena, rings.path, 16384, &text, NULL), OK);
    char *changed = arena_alloc(arena, text.length);
    for (size_t at = 0; at < text.length - 1; at += 7) {
        memcpy(changed, text.data, text.length);
        changed[at] = changed[at] == '0' ? '1' : '0';
        assert_int_equal(file_replace_derived(rings.path, slice_of(changed, text.length), 0600), OK);
        assert_int_not_equal(open_with(&rings, &old_root), OK);
    }
    assert_int_equal(file_replace_derived(rings.path, slice_of(changed, 0), 0600), OK);
    assert_int_equal(open_with(&rings, &old_root), ERROR_SYNTAX);
}

/* The steps of a change of the root, and after how many the machine stops. */
static void change_until(struct rings *rings, int steps)
{
    if (steps >= 1)
        assert_int_equal(ring_offer(rings->offer, &old_root, &new_root, &rings->world), OK);
    if (steps >= 2)
        assert_int_equal(ring_accept(rings->ring, rings->offer, 1000), OK);
    if (steps >= 3)
        assert_int_equal(ring_settle(rings->ring), OK);
}

static void whichever_root_is_there_opens_the_ring(void **state)
{
    (void)state;
    for (int steps = 0; steps <= 3; steps++)
        for (int is_new = 0; is_new < 2; is_new++) {
            WITH_RINGS rings = rings_new();
            struct secret_key before[RING_USES], after[RING_USES];
            assert_int_equal(ring_create(rings.path, &old_root, &rings.world), OK);
            assert_int_equal(open_with(&rings, &old_root), OK);
            copy_keys(rings.ring, before);
            change_until(&rings, steps);
            /* The file of the root is replaced between the second step and the third: both may be met after it. */
            bool opens = is_new ? steps >= 2 : steps < 3;
            assert_int_equal(open_with(&rings, is_new ? &new_root : &old_root), opens ? OK : ERROR_SEALED);
            if (!opens)
                continue;
            copy_keys(rings.ring, after);
            bool changed = steps >= 2;
            assert_int_equal(ring_epoch(rings.ring), changed);
            assert_int_equal(memcmp(&before[RING_PERSONS], &after[RING_PERSONS], 32) != 0, changed);
            assert_int_equal(memcmp(&before[RING_TOKEN], &after[RING_TOKEN], 32) != 0, changed);
            assert_memory_equal(&before[RING_SECTOR], &after[RING_SECTOR], sizeof before - RING_SECTOR * 32);
            assert_memory_equal(&before[RING_POSTING], &after[RING_POSTING], 32);
            assert_memory_equal(&before[RING_DESTROYED], &after[RING_DESTROYED], 32);
            if (changed)
                assert_memory_equal(ring_before(rings.ring, RING_PERSONS), &before[RING_PERSONS], 32);
            /* And from now on the other one does not. */
            assert_int_equal(open_with(&rings, is_new ? &old_root : &new_root), ERROR_SEALED);
        }
}

static void an_offer_of_somebody_else_is_refused(void **state)
{
    WITH_RINGS rings = rings_new();

    (void)state;
    assert_int_equal(ring_create(rings.path, &old_root, &rings.world), OK);
    assert_int_equal(open_with(&rings, &old_root), OK);
    assert_int_equal(ring_accept(rings.ring, rings.offer, 0), ERROR_FILE_MISSING);
    assert_int_equal(ring_offer(rings.offer, &new_root, &old_root, &rings.world), OK);
    assert_int_equal(ring_accept(rings.ring, rings.offer, 0), ERROR_SEALED);
    assert_int_equal(ring_epoch(rings.ring), 0);
}

static struct keystore *store_of(struct rings *rings)
{
    struct keystore *keystore = NULL;

    assert_int_equal(
        keystore_open(scratch_path(&rings->scratch, "keys.db"), rings->ring, &rings->world, &keystore, NULL), OK);
    return keystore;
}

static struct id person_numbered(unsigned number)
{
    return (struct id){{(uint8_t)(number >> 8), (uint8_t)number, 7}};
}

#define PERSONS 600 /* more than two steps */

/* Every person's drawers open to what they opened to, at every step of wrapping them anew, after a restart at any of
 * them, and when the predecessor is gone. */
static void rows_are_wrapped_anew_while_they_are_read(void **state)
{
    static struct secret_key key[PERSONS][DRAWER_COUNT];
    uint8_t oversight[SEAL_PUBLIC_BYTES];
    const struct secret_key private_key = {{77}};
    WITH_RINGS rings = rings_new();
    struct keystore_person person;
    struct secret_key hour, again, drawer[DRAWER_COUNT];
    bool done = false;
    int steps = 0;

    (void)state;
    seal_box_public(&private_key, oversight);
    assert_int_equal(ring_create(rings.path, &old_root, &rings.world), OK);
    assert_int_equal(open_with(&rings, &old_root), OK);
    struct keystore *keystore = store_of(&rings);
    assert_int_equal(keystore_hour(keystore, 472222, oversight, &hour), OK);
    for (unsigned i = 0; i < PERSONS; i++) {
        struct id id = person_numbered(i);
        assert_int_equal(keystore_add_person(keystore, &id), OK);
        assert_int_equal(keystore_person(keystore, &id, DRAWER_ALL, &person, key[i]), OK);
    }
    assert_int_equal(keystore_rewrap(keystore, &done), ERROR_CONFLICT);
    assert_int_equal(keystore_commit(keystore), OK);
    change_until(&rings, 3);
    assert_int_equal(ring_accept(rings.ring, rings.offer, 0), ERROR_SEALED);
    while (!done) {
        assert_int_equal(keystore_rewrap(keystore, &done), OK);
        if (++steps == 2) { /* the power fails */
            keystore_close(keystore);
            assert_int_equal(open_with(&rings, &new_root), OK);
            keystore = store_of(&rings);
        }
        for (unsigned i = 0; i < PERSONS; i += 37) {
            struct id id = person_numbered(i);
            assert_int_equal(keystore_person(keystore, &id, DRAWER_ALL, &person, drawer), OK);
            assert_memory_equal(drawer, key[i], sizeof drawer);
        }
        assert_true(steps < 20);
    }
    assert_true(steps > 3);
    assert_int_equal(ring_forget(rings.ring, RING_PERSONS), OK);
    assert_int_equal(ring_forget(rings.ring, RING_YEARS), OK);
    keystore_close(keystore);
    assert_int_equal(open_with(&rings, &new_root), OK);
    assert_null(ring_before(rings.ring, RING_PERSONS));
    keystore = store_of(&rings);
    for (unsigned i = 0; i < PERSONS; i++) {
        struct id id = person_numbered(i);
        assert_int_equal(keystore_person(keystore, &id, DRAWER_ALL, &person, drawer), OK);
        assert_memory_equal(drawer, key[i], sizeof drawer);
    }
    assert_int_equal(keystore_hour_find(keystore, 472222, &again), OK);
    assert_memory_equal(&again, &hour, sizeof hour);
    keystore_close(keystore);
}

static void a_second_change_waits_for_the_first(void **state)
{
    static const struct secret_key third = {{44}};
    WITH_RINGS rings = rings_new();

    (void)state;
    assert_int_equal(ring_create(rings.path, &old_root, &rings.world), OK);
    assert_int_equal(open_with(&rings, &old_root), OK);
    change_until(&rings, 3);
    assert_int_equal(ring_offer(rings.offer, &new_root, &third, &rings.world), OK);
    assert_int_equal(ring_accept(rings.ring, rings.offer, 0), ERROR_CONFLICT);
    assert_int_equal(ring_epoch(rings.ring), 1);
    assert_int_equal(ring_forget(rings.ring, RING_PERSONS), OK);
    assert_int_equal(ring_forget(rings.ring, RING_YEARS), OK);
    assert_int_equal(ring_forget(rings.ring, RING_APPROVERS), OK);
    assert_int_equal(ring_accept(rings.ring, rings.offer, 0), OK);
    assert_int_equal(ring_settle(rings.ring), OK);
    assert_int_equal(open_with(&rings, &third), OK);
}

static void a_signing_key_has_a_predecessor_for_its_time(void **state)
{
    WITH_RINGS rings = rings_new();
    bool forgot;

    (void)state;
    assert_int_equal(ring_create(rings.path, &old_root, &rings.world), OK);
    assert_int_equal(open_with(&rings, &old_root), OK);
    const struct secret_key first = *ring_key(rings.ring, RING_SIGN_ACCESS);
    assert_int_equal(ring_renew(rings.ring, RING_SIGN_ACCESS, 100), OK);
    assert_int_equal(ring_renew(rings.ring, RING_SIGN_ACCESS, 100), ERROR_CONFLICT);
    assert_int_equal(open_with(&rings, &old_root), OK);
    assert_memory_equal(ring_before(rings.ring, RING_SIGN_ACCESS), &first, sizeof first);
    assert_memory_not_equal(ring_key(rings.ring, RING_SIGN_ACCESS), &first, sizeof first);
    /* What nobody was told of is not forgotten. */
    assert_true(ring_untold(rings.ring, RING_SIGN_ACCESS));
    assert_int_equal(ring_forget_expired(rings.ring, 100, &forgot), OK);
    assert_false(forgot);
    assert_int_equal(ring_told(rings.ring, RING_SIGN_ACCESS), OK);
    assert_int_equal(ring_forget_expired(rings.ring, 99, &forgot), OK);
    assert_false(forgot);
    assert_int_equal(ring_forget_expired(rings.ring, 100, &forgot), OK);
    assert_true(forgot);
    assert_int_equal(open_with(&rings, &old_root), OK);
    assert_null(ring_before(rings.ring, RING_SIGN_ACCESS));
}

/* As ring.h states the format. */
static void write_ring(struct rings *rings, const struct secret_key *root, struct slice body, struct buffer *text)
{
    struct secret_key key = seal_derive(root, "ring", 0);
    uint8_t sealed[2048];

    assert_true(body.length + SEAL_OVERHEAD <= sizeof sealed);
    if (text->length == 0)
        buffer_string(text, "hospitium-ring 1\n");
    seal(&key, &rings->world, SLICE("ring 1"), body, sealed);
    char *room = buffer_room(text, 2 * (body.length + SEAL_OVERHEAD));
    encode_hex(slice_of(sealed, body.length + SEAL_OVERHEAD), room);
    buffer_byte(text, '\n');
    assert_int_equal(file_replace(rings->path, buffer_view(text), 0600), OK);
}

/* One key: epoch ‖ 1 ‖ code ‖ number ‖ flags ‖ until ‖ now ‖ before. */
static void one_key(uint32_t epoch, uint8_t code, uint8_t number, struct buffer *body)
{
    static const uint8_t keys[2 * SECRET_KEY_BYTES];

    buffer_u32(body, epoch);
    buffer_byte(body, 1);
    buffer_byte(body, code);
    buffer_byte(body, number);
    buffer_byte(body, 0);
    buffer_u64(body, 0);
    buffer_bytes(body, keys, sizeof keys);
}

/* The seal keeps strangers out; what an older or newer program of ours wrote is read with the same care. */
static void what_is_inside_the_seal_is_read_with_care(void **state)
{
    static const struct {
        uint8_t code, number;
        int cut; /* bytes that are missing at the end; below zero: too many */
        enum error error;
    } cases[] = {
        {1, 0, 0, OK},              /* the others are made */
        {200, 0, 0, ERROR_VERSION}, /* a key that this program does not know would be lost */
        {1, 1, 0, ERROR_VERSION},
        {64, 250, 0, ERROR_VERSION},
        {1, 0, 1, ERROR_SYNTAX},
        {1, 0, 72, ERROR_SYNTAX},
        {1, 0, 74, ERROR_VERSION},
        {1, 0, -1, ERROR_SYNTAX},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        WITH_RINGS rings = rings_new();
        CLEANUP_BUFFER struct buffer body = buffer_new(4096), text = buffer_new(8192);
        one_key(5, cases[i].code, cases[i].number, &body);
        buffer_byte(&body, 0);
        body.length = (size_t)((int)body.length - 1 - cases[i].cut);
        write_ring(&rings, &old_root, buffer_view(&body), &text);
        if (open_with(&rings, &old_root) != cases[i].error)
            fail_msg("case %zu", i);
        if (cases[i].error == OK)
            assert_int_equal(ring_epoch(rings.ring), 5);
    }
}

/* A change that was cut off leaves two lines; more than that nobody writes. */
static void a_third_root_has_no_line(void **state)
{
    static const struct secret_key third = {{44}};
    WITH_RINGS rings = rings_new();
    CLEANUP_BUFFER struct buffer body = buffer_new(4096), text = buffer_new(65536);

    (void)state;
    one_key(1, 1, 0, &body);
    write_ring(&rings, &new_root, buffer_view(&body), &text);
    write_ring(&rings, &third, buffer_view(&body), &text);
    write_ring(&rings, &old_root, buffer_view(&body), &text);
    assert_int_equal(open_with(&rings, &old_root), ERROR_SEALED);
    assert_int_equal(open_with(&rings, &third), OK);
    /* And the others' lines are gone. */
    assert_int_equal(open_with(&rings, &new_root), ERROR_SEALED);
}

static void a_file_that_is_no_ring_is_refused(void **state)
{
    static char many[40000];
    static const struct {
        const char *text;
        enum error error;
    } cases[] = {
        {"", ERROR_SYNTAX},
        {"hospitium-ring 2\n00\n", ERROR_SYNTAX},
        {"hospitium-ring 1\n", ERROR_SEALED},
        {"hospitium-ring 1\n00\n", ERROR_SYNTAX},
        {"hospitium-ring "
         "1\n000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000\n",
         ERROR_SEALED},
        {"hospitium-ring "
         "1\nz00000000000000000000000000000000000000000000000000000000000000000000000000000000000000000\n",
         ERROR_SYNTAX},
    };
    WITH_RINGS rings = rings_new();

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_int_equal(file_replace(rings.path, slice_from_string(cases[i].text), 0600), OK);
        if (open_with(&rings, &old_root) != cases[i].error)
            fail_msg("case %zu", i);
    }
    memset(many, '0', sizeof many);
    memcpy(many, "hospitium-ring 1\n", 17);
    assert_int_equal(file_replace(rings.path, slice_of(many, 10000), 0600), OK); /* one line, too long for any ring */
    assert_int_equal(open_with(&rings, &old_root), ERROR_SYNTAX);
    assert_int_equal(file_replace(rings.path, slice_of(many, sizeof many), 0600), OK);
    assert_int_not_equal(open_with(&rings, &old_root), OK);
}

/* A disk that takes nothing: the ring in memory is what it was, and what it was is in the file. */
static void a_change_that_cannot_be_written_did_not_happen(void **state)
{
    WITH_RINGS rings = rings_new();
    struct secret_key before[RING_USES], after[RING_USES];
    char away[200];

    (void)state;
    assert_int_equal(file_make_directory(scratch_path(&rings.scratch, "keys")), OK);
    snprintf(rings.path, sizeof rings.path, "%s", scratch_path(&rings.scratch, "keys/ring"));
    snprintf(away, sizeof away, "%s", scratch_path(&rings.scratch, "away"));
    assert_int_equal(ring_create(rings.path, &old_root, &rings.world), OK);
    assert_int_equal(open_with(&rings, &old_root), OK);
    assert_int_equal(ring_offer(rings.offer, &old_root, &new_root, &rings.world), OK);
    copy_keys(rings.ring, before);
    assert_int_equal(rename(scratch_path(&rings.scratch, "keys"), away), 0);

    assert_int_not_equal(ring_accept(rings.ring, rings.offer, 1000), OK);
    assert_int_not_equal(ring_renew(rings.ring, RING_SIGN_ACCESS, 2000), OK);
    assert_int_equal(ring_epoch(rings.ring), 0);
    copy_keys(rings.ring, after);
    assert_memory_equal(before, after, sizeof before);
    for (int use = 0; use < RING_USES; use++)
        assert_null(ring_before(rings.ring, (enum ring_use)use));
    assert_false(ring_untold(rings.ring, RING_SIGN_ACCESS));

    /* And when the disk is back, it goes. */
    assert_int_equal(rename(away, scratch_path(&rings.scratch, "keys")), 0);
    assert_int_equal(ring_renew(rings.ring, RING_SIGN_ACCESS, 2000), OK);
    assert_int_equal(ring_accept(rings.ring, rings.offer, 1000), OK);
}

static void an_offer_is_read_whole_or_not_at_all(void **state)
{
    WITH_RINGS rings = rings_new();

    (void)state;
    assert_int_equal(ring_create(rings.path, &old_root, &rings.world), OK);
    assert_int_equal(open_with(&rings, &old_root), OK);
    assert_int_equal(file_replace(rings.offer, SLICE("short"), 0600), OK);
    assert_int_equal(ring_accept(rings.ring, rings.offer, 0), ERROR_SEALED);
    assert_int_equal(ring_epoch(rings.ring), 0);
}

static void who_has_no_predecessor_forgets_none(void **state)
{
    WITH_RINGS rings = rings_new();

    (void)state;
    assert_int_equal(ring_create(rings.path, &old_root, &rings.world), OK);
    assert_int_equal(open_with(&rings, &old_root), OK);
    assert_int_equal(unlink(rings.path), 0);
    assert_int_equal(ring_forget(rings.ring, RING_PERSONS), OK);
    assert_false(file_exists(rings.path)); /* nothing changed, so nothing was written */
}

/* The epoch before last is forgotten on purpose: whoever kept such a row, and nothing else, opens nothing with it. */
static void a_row_of_a_forgotten_epoch_opens_to_nobody(void **state)
{
    WITH_RINGS rings = rings_new();
    const struct id person = person_numbered(1);
    struct keystore_person found;
    struct secret_key key[DRAWER_COUNT], hour;
    static const uint8_t nobody[SEAL_PUBLIC_BYTES] = {9};
    bool done = false;

    (void)state;
    assert_int_equal(ring_create(rings.path, &old_root, &rings.world), OK);
    assert_int_equal(open_with(&rings, &old_root), OK);
    struct keystore *keystore = store_of(&rings);
    assert_int_equal(keystore_add_person(keystore, &person), OK);
    assert_int_equal(keystore_commit(keystore), OK);
    assert_int_equal(keystore_hour(keystore, 8766, nobody, &hour), OK);
    change_until(&rings, 3);
    assert_int_equal(keystore_person(keystore, &person, DRAWER_ALL, &found, key), OK);
    assert_int_equal(ring_forget(rings.ring, RING_PERSONS), OK);
    assert_int_equal(ring_forget(rings.ring, RING_YEARS), OK);
    assert_int_equal(keystore_person(keystore, &person, DRAWER_ALL, &found, key), ERROR_SEALED);
    assert_int_equal(keystore_person(keystore, &person, 0, &found, NULL), OK); /* it is still known that she is there */
    assert_int_equal(keystore_hour_find(keystore, 8767, &hour), ERROR_SEALED);
    assert_int_equal(keystore_rewrap(keystore, &done), ERROR_SEALED);
    assert_false(done);
    keystore_close(keystore);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_key_is_its_own_and_comes_back),
        cmocka_unit_test(a_node_of_the_first_version_keeps_its_keys),
        cmocka_unit_test(no_byte_of_the_file_can_be_changed),
        cmocka_unit_test(whichever_root_is_there_opens_the_ring),
        cmocka_unit_test(an_offer_of_somebody_else_is_refused),
        cmocka_unit_test(rows_are_wrapped_anew_while_they_are_read),
        cmocka_unit_test(a_second_change_waits_for_the_first),
        cmocka_unit_test(a_signing_key_has_a_predecessor_for_its_time),
        cmocka_unit_test(what_is_inside_the_seal_is_read_with_care),
        cmocka_unit_test(a_third_root_has_no_line),
        cmocka_unit_test(a_file_that_is_no_ring_is_refused),
        cmocka_unit_test(a_change_that_cannot_be_written_did_not_happen),
        cmocka_unit_test(an_offer_is_read_whole_or_not_at_all),
        cmocka_unit_test(who_has_no_predecessor_forgets_none),
        cmocka_unit_test(a_row_of_a_forgotten_epoch_opens_to_nobody),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
