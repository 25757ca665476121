/* SPDX-License-Identifier: Apache-2.0 */

/* The gate as part of a node: when there is a route for orders, which entries a check asks after and what it finds, and
 * what is kept of a backup. */

#include <stdio.h>

#include "between.h"
#include "house.h"

static void was_done(void *context, enum error error)
{
    struct written *written = context;

    written->error = error;
    written->calls++;
    if (written->house->waiting > 0)
        house_answered(written->house);
}

/* ---- the route for orders ---- */

static enum error route_error;
static char route_bytes[24];
static size_t route_length;

static bool answer_route(enum protocol_kind kind, struct slice asked, enum error *ret_error, struct slice *ret_payload)
{
    (void)asked;
    *ret_error = route_error;
    *ret_payload = slice_of(route_bytes, route_length);
    return kind == PROTOCOL_ORDER_ROUTE;
}

static void say_route(enum error error, int64_t from_s, int64_t until_s, size_t length)
{
    struct buffer into = {.data = route_bytes, .capacity = 16, .maximum = 16};

    buffer_u64(&into, (uint64_t)from_s);
    buffer_u64(&into, (uint64_t)until_s);
    route_error = error;
    route_length = length;
    between.answer = answer_route;
}

static bool has_route(struct house *house)
{
    struct written written = {.house = house};

    gate_ask_order_route(house->gate, was_done, &written);
    assert_int_equal(written.calls, 1);
    assert_int_equal(written.error, OK); /* whatever is said */
    return gate_has_order_route(house->gate);
}

static void there_is_a_route_only_while_the_safe_says_so(void **state)
{
    static const struct {
        enum error error;
        int64_t from_s, until_s; /* from now on */
        size_t length;
        bool route;
    } cases[] = {
        {OK, 0, 1, 16, true},   {OK, -5, 1, 16, true},   {OK, 1, 9, 16, false},
        {OK, -5, 0, 16, false}, {OK, -5, -1, 16, false}, {ERROR_IO, 0, 9, 16, false},
        {OK, 0, 9, 15, false},  {OK, 0, 9, 17, false},   {OK, 0, 9, 0, false},
    };
    struct house house;

    (void)state;
    between_reset();
    house_open(&house);
    assert_int_equal(between.calls[PROTOCOL_ORDER_ROUTE], 1); /* the greeting asks */
    int64_t now = world_now_s(&house.whole.world);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        say_route(cases[i].error, now + cases[i].from_s, now + cases[i].until_s, cases[i].length);
        if (has_route(&house) != cases[i].route)
            fail_msg("case %zu", i);
    }
    say_route(OK, now, now + 9, 16);
    assert_true(has_route(&house));
    gate_shut(house.gate);
    assert_false(gate_has_order_route(house.gate));
    house_close(&house);
}

/* ---- checks ---- */

#define CHECKED_MAX 4096
static struct vault_version lying[CHECKED_MAX];
static size_t lying_count;

static enum error walk(vault_each *each, void *context)
{
    for (size_t i = 0; i < lying_count; i++)
        TRY(each(context, &lying[i]));
    return OK;
}

static struct {
    uint64_t leaf[CHECKED_MAX];
    size_t count;
    enum error error; /* said of each entry */
    struct slice payload, keys;
} said;

static bool answer_check(enum protocol_kind kind, struct slice asked, enum error *ret_error, struct slice *ret_payload)
{
    struct reader reader = reader_of(asked);

    if (kind == PROTOCOL_CHECK_KEYS) {
        *ret_payload = said.keys;
        return true;
    }
    if (kind != PROTOCOL_CHECK)
        return false;
    assert_true(said.count < CHECKED_MAX);
    said.leaf[said.count++] = reader_u64(&reader);
    assert_true(reader_done(&reader));
    *ret_error = said.error;
    *ret_payload = said.payload;
    return true;
}

static char findings[1024];

static void note_finding(void *context, struct slice line)
{
    size_t length = strlen(findings);

    (void)context;
    snprintf(findings + length, sizeof findings - length, "%.*s|", SLICE_PRINT(line));
}

static enum error check(struct house *house, enum error error, struct slice payload, struct slice keys)
{
    struct written written = {.house = house};
    struct arena *arena = arena_new(1u << 20);

    findings[0] = 0;
    said.count = 0;
    said.error = error;
    said.payload = payload;
    said.keys = keys;
    between.answer = answer_check;
    between.walk = walk;
    house->waiting = 0;
    gate_check(house->gate, &(struct gate_check){note_finding, was_done, &written}, arena);
    assert_int_equal(written.calls, 1);
    arena_free(arena);
    return written.error;
}

static void a_check_asks_after_each_entry_once(void **state)
{
    static const uint64_t once[] = {0, 7, 8, 7};
    struct house house;

    (void)state;
    between_reset();
    house_open(&house);
    lying[0] = (struct vault_version){.person = {{0}}, .leaf = 5}; /* nobody's */
    lying[1] = (struct vault_version){.person = anna, .leaf = 0};
    lying[2] = (struct vault_version){.person = anna, .leaf = 7};
    lying[3] = (struct vault_version){.person = anna, .leaf = 7};
    lying[4] = (struct vault_version){.person = anna, .leaf = VAULT_OLD_LOG | 9}; /* of before a restore */
    lying[5] = (struct vault_version){.person = anna, .leaf = 8};
    lying[6] = (struct vault_version){.person = anna, .leaf = 7};
    lying_count = 7;
    assert_int_equal(check(&house, OK, SLICE("\1"), SLICE("")), OK);
    assert_int_equal(said.count, 4);
    assert_memory_equal(said.leaf, once, sizeof once);

    for (lying_count = 0; lying_count < 3000; lying_count++)
        lying[lying_count] = (struct vault_version){.person = anna, .leaf = lying_count * 3};
    assert_int_equal(check(&house, OK, SLICE("\1"), SLICE("")), OK);
    assert_int_equal(said.count, 3000);
    for (size_t i = 0; i < 3000; i++)
        assert_int_equal(said.leaf[i], i * 3);

    between_fail(5); /* room for more entries */
    assert_int_equal(check(&house, OK, SLICE("\1"), SLICE("")), ERROR_MEMORY);
    assert_string_equal(between.failed, "arena_array");
    assert_int_equal(said.count, 0);

    between.error = ERROR_CORRUPT; /* the store found something: the rest is looked at all the same */
    between_fail(3);
    assert_int_equal(check(&house, OK, SLICE("\1"), SLICE("")), OK);
    assert_string_equal(between.failed, "vault_check");
    assert_int_equal(said.count, 3000);
    house_close(&house);
}

/* What could not be looked at is not found damaged; what the safe says of an entry or of a key is. */
static void a_check_tells_damage_from_what_it_could_not_see(void **state)
{
    static const struct {
        enum error error;
        struct slice payload, keys;
        enum error end;
        const char *findings;
    } cases[] = {
        {OK, {"\1", 1}, {"", 0}, OK, ""},
        {OK, {"\0", 1}, {"", 0}, ERROR_CORRUPT, "entry 7 does not permit the version that names it|"},
        {OK, {"\2", 1}, {"", 0}, ERROR_CORRUPT, "entry 7 does not permit the version that names it|"},
        {OK, {"", 0}, {"", 0}, ERROR_CORRUPT, "entry 7 does not permit the version that names it|"},
        {ERROR_NOT_FOUND,
         {"", 0},
         {"", 0},
         ERROR_CORRUPT,
         "entry 7, which permitted a stored version, is missing or damaged|"},
        {ERROR_CORRUPT,
         {"", 0},
         {"", 0},
         ERROR_CORRUPT,
         "entry 7, which permitted a stored version, is missing or damaged|"},
        {ERROR_TERM_OVER, {"", 0}, {"", 0}, OK, ""}, /* let go, as the public log declared */
        {ERROR_SAFE_UNREACHABLE, {"", 0}, {"", 0}, ERROR_SAFE_UNREACHABLE, ""},
        {ERROR_MEMORY, {"", 0}, {"", 0}, ERROR_MEMORY, ""},
        {ERROR_IO, {"", 0}, {"", 0}, ERROR_IO, ""},
        {ERROR_OVERLOADED, {"", 0}, {"", 0}, ERROR_OVERLOADED, ""},
        {OK, {"\1", 1}, {"\0\0\0\1a\0\0\0\1b", 10}, ERROR_CORRUPT, "a|b|"},
        {OK, {"\1", 1}, {"\0\0\0\1a\0\0\0\2b", 10}, ERROR_CORRUPT, "a||"}, /* cut short: something is there */
    };
    struct house house;

    (void)state;
    between_reset();
    house_open(&house);
    lying[0] = (struct vault_version){.person = anna, .leaf = 7};
    lying_count = 1;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        enum error error = check(&house, cases[i].error, cases[i].payload, cases[i].keys);
        if (error != cases[i].end || strcmp(findings, cases[i].findings) != 0)
            fail_msg("case %zu: %s, %s", i, error_entry(error)->name, findings);
    }
    house_close(&house);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(there_is_a_route_only_while_the_safe_says_so),
        cmocka_unit_test(a_check_asks_after_each_entry_once),
        cmocka_unit_test(a_check_tells_damage_from_what_it_could_not_see),
    };
    return cmocka_run_group_tests(tests, whole_template_make, whole_template_remove);
}
