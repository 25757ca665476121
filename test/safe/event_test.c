/* SPDX-License-Identifier: Apache-2.0 */

/* Proves that an entry of the log can be opened by whoever has its hour's key and by nobody else, that its size tells
 * little, that the leaf commits to both halves, and that the event names neither who looked nor other persons. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "crypto/encode.h"
#include "crypto/seal.h"
#include "ledger/ledger.h"
#include "safe/event.h"

static const struct secret_key hour_key = {{1}}, other_key = {{2}};
static const struct id anna = {{0xA1, 0xA2}}, bela = {{0xB1, 0xB2}};
static const uint8_t nonce[EVENT_NONCE_BYTES] = {9, 8, 7};

static struct credential nurse(void)
{
    return (struct credential){.id = {{0xC1, 0xC2}}, .actor = SLICE("nurse-karla"), .role = ROLE_NURSE,
                               .sector = SECTOR_HEALTH, .organization = {{6}}};
}

static void write_event(size_t targets, struct slice reason, struct buffer *plain)
{
    const struct access_target target[] = {{.person = anna}, {.person = bela}};
    struct credential credential = nurse();
    struct access access = {.action = ACTION_READ, .drawers = 1u << DRAWER_CLINICAL, .type = SLICE("Patient"),
                            .reason = reason, .target = target, .targets = targets};
    struct event_access event = {.time_ns = 1700000000000000000, .credential = &credential, .purpose = PURPOSE_TREAT, .looker_nonce = nonce,
                                 .access = &access, .row = SLICE("D-21"), .error = ERROR_REFUSED};

    buffer_bytes(plain, nonce, sizeof nonce);
    event_write_access(&event, nonce, plain);
    assert_int_equal(buffer_check(plain), OK);
}

/* A search that opened identity of both and the findings of one of them: each reads of herself alone. */
static void an_event_says_of_whom_each_drawer_was_opened(void **state)
{
    static const struct id carla = {{0xC1}};
    const struct access_target target[] = {{.person = anna}, {.person = bela}};
    const struct grant_target each[] = {{.drawers = 1u << DRAWER_IDENTITY},
                                        {.drawers = 1u << DRAWER_IDENTITY | 1u << DRAWER_CLINICAL}};
    CLEANUP_ARENA struct arena *arena = arena_new(1u << 20);
    CLEANUP_BUFFER struct buffer plain = buffer_new(EVENT_BYTES_MAX);
    struct credential credential = nurse();
    struct access access = {.action = ACTION_SEARCH, .drawers = DRAWER_ALL, .type = SLICE("Patient"), .target = target,
                            .targets = 2};
    struct event_access event = {.credential = &credential, .looker_nonce = nonce, .access = &access, .each = each,
                                 .drawers = each[0].drawers | each[1].drawers};
    unsigned drawers;

    (void)state;
    buffer_bytes(&plain, nonce, sizeof nonce);
    event_write_access(&event, nonce, &plain);
    struct slice whole = buffer_view(&plain);
    const struct event_opened opened = {.plain = whole, .json = slice_from(whole, EVENT_NONCE_BYTES)};
    assert_int_equal(event_drawers_of(&opened, &anna, arena, &drawers), OK);
    assert_int_equal(drawers, each[0].drawers);
    assert_int_equal(event_drawers_of(&opened, &bela, arena, &drawers), OK);
    assert_int_equal(drawers, each[1].drawers);
    assert_int_equal(event_drawers_of(&opened, &carla, arena, &drawers), OK);
    assert_int_equal(drawers, 0);
}

static struct buffer sealed_event(size_t reason_length, struct hash *ret_hash)
{
    static const char letters[4096] = {[0 ... 4095] = 'x'};
    CLEANUP_BUFFER struct buffer plain = buffer_new(EVENT_BYTES_MAX);
    struct buffer sealed = buffer_new(EVENT_BYTES_MAX);
    struct world world = world_driven(2, 0);

    write_event(1, slice_of(letters, reason_length), &plain);
    event_seal(&hour_key, 472222, &world, buffer_view(&plain), SLICE("{\"actor\":\"nurse-karla\"}"), &sealed, ret_hash);
    assert_int_equal(buffer_check(&sealed), OK);
    return sealed;
}

static void a_sealed_event_comes_back_whole(void **state)
{
    CLEANUP_ARENA struct arena *arena = arena_new(1u << 20);
    CLEANUP_BUFFER struct buffer plain = buffer_new(EVENT_BYTES_MAX);
    struct event_opened opened;
    struct hash hash;
    uint32_t hour = 0;

    (void)state;
    CLEANUP_BUFFER struct buffer sealed = sealed_event(3, &hash);
    write_event(1, SLICE("xxx"), &plain);
    assert_int_equal(event_hour(buffer_view(&sealed), &hour), OK);
    assert_int_equal(hour, 472222);
    assert_int_equal(event_open(&hour_key, buffer_view(&sealed), arena, &opened), OK);
    assert_true(slice_equal(opened.plain, buffer_view(&plain)));
    assert_true(slice_equal(opened.json, slice_from(buffer_view(&plain), EVENT_NONCE_BYTES)));
    assert_true(slice_is(opened.looker, "{\"actor\":\"nurse-karla\"}"));
}

static void a_touched_or_cut_event_does_not_open(void **state)
{
    CLEANUP_ARENA struct arena *arena = arena_new(1u << 20);
    struct event_opened opened;
    struct hash hash;

    (void)state;
    CLEANUP_BUFFER struct buffer sealed = sealed_event(3, &hash);
    assert_int_equal(event_open(&other_key, buffer_view(&sealed), arena, &opened), ERROR_SEALED);
    for (size_t i = 0; i < sealed.length; i++) { /* the first four bytes are the hour */
        arena_reset(arena);
        sealed.data[i] ^= 1;
        assert_int_equal(event_open(&hour_key, buffer_view(&sealed), arena, &opened), ERROR_SEALED);
        sealed.data[i] ^= 1;
        assert_int_equal(event_open(&hour_key, slice_of(sealed.data, i), arena, &opened), ERROR_SEALED);
    }
}

static void the_size_is_padded(void **state)
{
    size_t sizes = 0, before = 0;
    struct hash hash;

    (void)state;
    for (size_t reason = 1; reason <= 2 * EVENT_PADDING; reason++) {
        CLEANUP_BUFFER struct buffer sealed = sealed_event(reason, &hash);
        assert_int_equal((sealed.length - 5 - SEAL_OVERHEAD) % EVENT_PADDING, 0);
        sizes += sealed.length != before;
        before = sealed.length;
    }
    assert_in_range(sizes, 2, 3); /* of 256 different lengths */
}

static void the_leaf_commits_to_the_event_and_to_the_sealed_bytes(void **state)
{
    CLEANUP_BUFFER struct buffer plain = buffer_new(EVENT_BYTES_MAX);
    uint8_t leaf[LEDGER_COMMITMENT_BYTES];
    struct hash hash;

    (void)state;
    CLEANUP_BUFFER struct buffer sealed = sealed_event(3, &hash);
    write_event(1, SLICE("xxx"), &plain);
    struct hash of_event = hash_sha256(buffer_view(&plain)), of_sealed = hash_sha256(buffer_view(&sealed));
    ledger_commitment(&hash, buffer_view(&sealed), leaf);
    assert_int_equal(leaf[0], 1);
    assert_memory_equal(leaf + 1, of_event.byte, HASH_BYTES);
    assert_memory_equal(leaf + 33, of_sealed.byte, HASH_BYTES);
}

static bool names(const struct buffer *plain, const struct id *id)
{
    char hex[ID_TEXT_BYTES];

    encode_hex(id_slice(id), hex);
    return slice_search(buffer_view(plain), slice_of(hex, sizeof hex)) != SIZE_MAX;
}

static void the_event_names_neither_the_person_nor_who_looked(void **state)
{
    CLEANUP_BUFFER struct buffer plain = buffer_new(EVENT_BYTES_MAX), looker = buffer_new(512);
    struct credential credential = nurse();

    (void)state;
    write_event(1, SLICE(""), &plain);
    event_write_looker(&(struct event_looker){.credential = &credential, .nonce = nonce}, &looker);
    assert_false(names(&plain, &anna)); /* by a commitment alone, which the proof opens for her */
    assert_false(names(&plain, &credential.id));
    assert_true(slice_search(buffer_view(&plain), SLICE("nurse-karla")) == SIZE_MAX);
    assert_true(names(&looker, &credential.id));
    assert_true(slice_search(buffer_view(&looker), SLICE("nurse-karla")) != SIZE_MAX);
}

static void an_event_of_several_persons_names_none(void **state)
{
    CLEANUP_BUFFER struct buffer plain = buffer_new(EVENT_BYTES_MAX);
    struct hash commitment = hash_keyed(slice_of(nonce, sizeof nonce), id_slice(&bela));
    struct id shown;

    (void)state;
    memcpy(shown.byte, commitment.byte, ID_BYTES);
    write_event(2, SLICE(""), &plain);
    assert_false(names(&plain, &anna));
    assert_false(names(&plain, &bela));
    assert_true(names(&plain, &shown)); /* by which she, and whoever knows her id, finds herself */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_event_says_of_whom_each_drawer_was_opened),
        cmocka_unit_test(a_sealed_event_comes_back_whole),
        cmocka_unit_test(a_touched_or_cut_event_does_not_open),
        cmocka_unit_test(the_size_is_padded),
        cmocka_unit_test(the_leaf_commits_to_the_event_and_to_the_sealed_bytes),
        cmocka_unit_test(the_event_names_neither_the_person_nor_who_looked),
        cmocka_unit_test(an_event_of_several_persons_names_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
