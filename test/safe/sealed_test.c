/* SPDX-License-Identifier: Apache-2.0 */

/* Proves that what opens with the right key is still read with care: blocks of facts, tokens, events and rows of the
 * safe's own tables that are sealed as they must be and say what nobody writes are SEALED, and nothing of them is used. */

#include "oversight_asks.h"

#include <sqlite3.h>
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "crypto/encode.h"
#include "crypto/seal.h"
#include "safe/event.h"
#include "safe/facts.h"
#include "safe/state.h"
#include "safe/token.h"
#include "unlucky.h"

static const struct secret_key key = {{3}};

/* ---- facts ---- */

static struct slice block_of(struct buffer *into, uint64_t version, struct slice plain)
{
    static struct world world;
    CLEANUP_BUFFER struct buffer bound = buffer_new(64);

    world = world_driven(1, 0);
    buffer_string(&bound, "facts");
    buffer_byte(&bound, 1);
    buffer_slice(&bound, id_slice(&anna));
    buffer_u64(&bound, version);
    buffer_clear(into);
    buffer_byte(into, 1);
    buffer_u64(into, version);
    seal(&key, &world, buffer_view(&bound), plain, buffer_room(into, plain.length + SEAL_OVERHEAD));
    return buffer_view(into);
}

static void facts_that_nobody_states_are_none(void **state)
{
    static const struct {
        const char *name;
        size_t bytes;
        uint16_t count;
        bool holds;
    } cases[] = {
        {"none", 2, 0, true},
        {"one, of which there is nothing", 2, 1, false},
        {"one, cut short", 20, 1, false},
        {"none, and a byte", 3, 0, false},
        {"too many", 2, 257, false},
        {"very many", 2, 65535, false},
    };
    CLEANUP_BUFFER struct buffer block = buffer_new(1u << 20);
    struct facts facts;

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char plain[64] = {(char)(cases[i].count >> 8), (char)cases[i].count};
        struct slice sealed = block_of(&block, 7, slice_of(plain, cases[i].bytes));
        if (facts_open(&key, &anna, sealed, &facts) != (cases[i].holds ? OK : ERROR_SEALED))
            fail_msg("%s", cases[i].name);
        assert_int_equal(facts_open(&key, &bela, sealed, &facts), ERROR_SEALED);
    }
    static char much[1u << 16];
    assert_int_equal(facts_open(&key, &anna, block_of(&block, 7, slice_of(much, sizeof much)), &facts), ERROR_SEALED);
    assert_int_equal(facts_open(&key, &anna, slice_of("\1\0\0\0", 4), &facts), ERROR_SEALED);
    assert_int_equal(facts_open(&key, &anna, slice_of("\2\0\0\0", 4), &facts), ERROR_SEALED);
    assert_int_equal(facts_open(&key, &anna, slice_of("\1\0\0\0\0\0\0\0\7short", 14), &facts), ERROR_SEALED);
}

/* ---- tokens ---- */

static void a_token_that_says_no_credential_is_nobodys(void **state)
{
    const struct token_keys keys = {.now = key};
    struct world world = world_driven(1, 0);
    char sealed[64], room[PROTOCOL_TOKEN_MAX], long_token[PROTOCOL_TOKEN_MAX + 8];
    CLEANUP_BUFFER struct buffer token = buffer_new(1024);
    struct credential credential = {.expires_s = 99};

    (void)state;
    seal(&key, &world, SLICE("token1"), SLICE("nobody"), sealed);
    buffer_string(&token, "hsp1_");
    encode_base64url(slice_of(sealed, 6 + SEAL_OVERHEAD), &token);
    assert_int_equal(token_open(&keys, buffer_view(&token), 5, room, &credential), ERROR_UNAUTHENTICATED);
    memset(long_token, 'A', sizeof long_token);
    memcpy(long_token, "hsp1_", 5);
    assert_int_equal(token_open(&keys, slice_of(long_token, sizeof long_token), 5, room, &credential),
                     ERROR_UNAUTHENTICATED);
}

/* ---- events ---- */

static void an_event_shorter_than_it_says_is_sealed(void **state)
{
    static const struct {
        const char *plain;
        size_t length;
        bool holds;
    } cases[] = {
        {"0123456789abcdef\0\0\0\2{}", 22, true},
        {"0123456789abcdef\0\0\0\3{}", 22, false},
        {"0123456789abcdef\xff\xff\xff\xff{}", 22, false},
        {"0123456789abcdef", 16, false},
        {"0123", 4, false},
    };
    CLEANUP_ARENA struct arena *arena = arena_new(1u << 20);
    struct world world = world_driven(1, 0);

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct event_opened event = {.json = SLICE("before")};
        char sealed[128] = {1, 0, 0, 0, 9};
        seal(&key, &world, slice_of("event\1\0\0\0\11", 10), slice_of(cases[i].plain, cases[i].length), sealed + 5);
        struct slice bytes = slice_of(sealed, 5 + cases[i].length + SEAL_OVERHEAD);
        assert_int_equal(event_open(&key, bytes, arena, &event), cases[i].holds ? OK : ERROR_SEALED);
        assert_true(slice_is(event.json, cases[i].holds ? "{}" : "before"));
    }
}

static void drawers_of_an_event_are_hers_alone(void **state)
{
    static const struct {
        const char *rest;
        unsigned drawers;
    } cases[] = {
        {"\"opened\":[\"identity\",\"nonsense\"]", BIT(IDENTITY)},
        {"\"opened\":[\"identity\",\"contact\"],\"openedOf\":{\"identity\":[\"x\",\"1\"],\"contact\":[\"0\"]}",
         BIT(CONTACT)},
        {"\"opened\":[\"identity\"],\"openedOf\":{}", 0},
        {"\"opened\":[]", 0},
    };
    CLEANUP_ARENA struct arena *arena = arena_new(1u << 20);
    struct slice nonce = SLICE("0123456789abcdef");
    struct hash commitment = hash_keyed(nonce, id_slice(&anna));
    char hex[ID_TEXT_BYTES], text[512];
    unsigned drawers;

    (void)state;
    encode_hex(slice_of(commitment.byte, ID_BYTES), hex);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        snprintf(text, sizeof text, "{\"persons\":[\"%.*s\"],%s}", (int)sizeof hex, hex, cases[i].rest);
        struct event_opened event = {.plain = nonce, .json = slice_from_string(text)};
        assert_int_equal(event_drawers_of(&event, &anna, arena, &drawers), OK);
        assert_int_equal(drawers, cases[i].drawers);
        assert_int_equal(event_drawers_of(&event, &bela, arena, &drawers), OK);
        assert_int_equal(drawers, 0);
    }
}

/* ---- what travels ---- */

static void a_grant_for_which_there_is_no_memory_is_none(void **state)
{
    struct grant_target target = {.drawers = BIT(IDENTITY), .facts = SLICE("facts")};
    const struct grant grant = {.row = SLICE("A-1"), .citation = SLICE("a law"), .target = &target, .targets = 1};
    CLEANUP_BUFFER struct buffer payload = buffer_new(65536);
    CLEANUP_ARENA struct arena *arena = arena_new(1u << 20);
    struct grant read = {.leaf = 99};
    bool failed = true;

    (void)state;
    grant_write(&grant, &payload);
    for (size_t nth = 1; failed; nth++) {
        unlucky_fail(UNLUCKY_arena, nth, false, 0);
        enum error error = grant_read(arena, buffer_view(&payload), &read);
        failed = unlucky_end();
        assert_int_equal(error, failed ? ERROR_MEMORY : OK);
        assert_int_equal(read.leaf, failed ? 99 : 0);
    }
}

/* ---- rows of the safe's tables ---- */

static enum error opened(struct whole *whole)
{
    struct safe_options options = {.directory = whole->directory, .world = &whole->world, .cadence = whole->cadence};
    struct fault fault;

    safe_close(whole->safe);
    whole->safe = NULL;
    return safe_open(&options, &whole->safe, &fault);
}

static const char *const spoil[] = {
    "UPDATE suspension SET sealed = x''",
    "UPDATE suspension SET sealed = x'02' || substr(sealed, 2)",
    "UPDATE suspension SET sealed = substr(sealed, 1, length(sealed) - 1)",
    "UPDATE suspension SET number = number + 1",
    "UPDATE suspension SET what = 0",
    "UPDATE suspension SET what = 4",
};

/* Who can write the file, and has no key. */
static void change(const struct whole *whole, const char *sql)
{
    sqlite3 *database;

    assert_int_equal(sqlite3_open(node_path(whole->directory, "log/index.db").text, &database), SQLITE_OK);
    assert_int_equal(sqlite3_exec(database, sql, NULL, NULL, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_changes(database), 1);
    assert_int_equal(sqlite3_close(database), SQLITE_OK);
}

/* A suspension that cannot be read must not lapse: the safe does not open without it. */
static void a_suspension_that_was_spoiled_keeps_the_safe_shut(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof spoil / sizeof *spoil; i++) {
        struct whole whole;
        whole_open(&whole);
        assert_int_equal(suspend_as(&whole, whole_token(&whole, &INES), SUSPENDED_ACTOR, "somebody", NULL), OK);
        safe_close(whole.safe);
        whole.safe = NULL;
        change(&whole, spoil[i]);
        enum error error = opened(&whole);
        if (error != ERROR_SEALED && error != ERROR_CORRUPT)
            fail_msg("%s: %s", spoil[i], error_entry(error)->name);
        assert_null(whole.safe);
        whole_close(&whole);
    }
}

static void what_is_suspended_has_a_name_of_at_most_64_bytes_and_there_are_256(void **state)
{
    struct whole whole;
    char name[SUSPENSION_SUBJECT_MAX + 2];
    unsigned held = 0;

    (void)state;
    whole_open(&whole);
    struct slice ines = whole_token(&whole, &INES);
    memset(name, 'n', sizeof name);
    name[SUSPENSION_SUBJECT_MAX + 1] = '\0';
    uint64_t entries = whole_public_entries(&whole);
    assert_int_equal(suspend_as(&whole, ines, SUSPENDED_ACTOR, name, NULL), ERROR_SYNTAX);
    assert_int_equal(suspend_as(&whole, ines, SUSPENDED_ACTOR, "", NULL), ERROR_VALUE);
    assert_int_equal(suspend_as(&whole, ines, SUSPENDED_ACTOR, "\xff\xfe", NULL), ERROR_UTF8);
    assert_int_equal(suspend_as(&whole, ines, SUSPENDED_RULE, "no such row", NULL), ERROR_NOT_FOUND);
    assert_int_equal(suspend_as(&whole, ines, SUSPENDED_COUNT, "somebody", NULL), ERROR_SYNTAX);
    assert_int_equal(lift_as(&whole, ines, 77), ERROR_NOT_FOUND);
    assert_int_equal(whole_public_entries(&whole), entries);
    enum error error = OK;
    while (error == OK) {
        snprintf(name, sizeof name, "somebody %u", held);
        error = suspend_as(&whole, ines, SUSPENDED_ACTOR, name, NULL);
        held += error == OK;
    }
    assert_int_equal(error, ERROR_TOO_MANY);
    assert_int_equal(held, SUSPENSIONS_MAX);
    whole_close(&whole);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(facts_that_nobody_states_are_none),
        cmocka_unit_test(a_token_that_says_no_credential_is_nobodys),
        cmocka_unit_test(an_event_shorter_than_it_says_is_sealed),
        cmocka_unit_test(drawers_of_an_event_are_hers_alone),
        cmocka_unit_test(a_grant_for_which_there_is_no_memory_is_none),
        cmocka_unit_test(a_suspension_that_was_spoiled_keeps_the_safe_shut),
        cmocka_unit_test(what_is_suspended_has_a_name_of_at_most_64_bytes_and_there_are_256),
    };
    return cmocka_run_group_tests(tests, whole_template_make, whole_template_remove);
}
