/* SPDX-License-Identifier: Apache-2.0 */

/* Messages of several requests. Proves that each gets its own answer and the entry it is told of, that completions are one
 * entry that stands before them, that a message which is not one changes nothing, and what becomes of each part when the
 * disk is full or the keys cannot be written. */

#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <sqlite3.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <cmocka.h>

#include "whole_node.h"

#define BIT(drawer) (1u << DRAWER_##drawer)
#define ITEMS_MAX (PROTOCOL_BATCH_MAX + 1)

static const struct id anna = {{0xA1, 1}}, bela = {{0xB1, 2}}, cleo = {{0xC1, 3}};
static const struct whole_person self_of_anna = {
    ROLE_PATIENT, SECTOR_PATIENT, 1u << PURPOSE_PATRQT, "none", {{0xA1, 1}}};

struct item {
    enum error error;
    struct slice payload;
    struct grant grant; /* of an access */
};

/* A message that grows, and its answers. */
struct message {
    struct whole *whole;
    struct buffer bytes;
    enum protocol_kind kind[ITEMS_MAX];
    uint16_t count;
};

static struct message message_of(struct whole *whole)
{
    struct message message = {.whole = whole, .bytes = buffer_new(8u << 20)};

    buffer_u16(&message.bytes, 0);
    return message;
}

static void add(struct message *message, enum protocol_kind kind, struct slice payload)
{
    message->kind[message->count++] = kind;
    buffer_byte(&message->bytes, (uint8_t)kind);
    protocol_text_write(payload, &message->bytes);
    message->bytes.data[0] = (char)(message->count >> 8);
    message->bytes.data[1] = (char)message->count;
}

static void add_access(struct message *message, const struct whole_person *who, enum action action, unsigned drawers,
                       const struct id *person, struct slice facts)
{
    CLEANUP_BUFFER struct buffer payload = buffer_new(65536);
    struct access_target target = {.person = *person, .facts = facts, .fresh = action == ACTION_WRITE};

    access_write(&(struct access){.token = whole_token(message->whole, who),
                                  .action = action,
                                  .drawers = drawers,
                                  .purpose = (enum purpose)__builtin_ctz(who->purposes),
                                  .needed = OUTCOME_FULL,
                                  .type = SLICE("Patient"),
                                  .target = &target,
                                  .targets = 1},
                 &payload);
    add(message, PROTOCOL_ACCESS, buffer_view(&payload));
}

static void add_completion(struct message *message, uint64_t leaf)
{
    CLEANUP_BUFFER struct buffer payload = buffer_new(64);

    completion_write(&(struct completion){leaf, OK, 1}, &payload);
    add(message, PROTOCOL_COMPLETE, buffer_view(&payload));
}

static enum error send_message(struct message *message, struct item *item)
{
    struct whole *whole = message->whole;

    buffer_clear(&whole->answer);
    enum error error = safe_answer(whole->safe, buffer_view(&message->bytes), &whole->answer);
    if (error != OK) {
        assert_int_equal(whole->answer.length, 0);
        return error;
    }
    struct reader reader = reader_of(buffer_view(&whole->answer));
    assert_int_equal(reader_u32(&reader), whole->answer.length - 4);
    assert_int_equal(reader_u16(&reader), message->count);
    for (size_t i = 0; i < message->count; i++) {
        item[i] = (struct item){.error = (enum error)reader_u16(&reader)};
        item[i].payload = arena_copy(whole->arena, protocol_text_read(&reader, PROTOCOL_MESSAGE_MAX));
        if (message->kind[i] == PROTOCOL_ACCESS && item[i].payload.length > 0)
            assert_int_equal(grant_read(whole->arena, item[i].payload, &item[i].grant), OK);
    }
    assert_true(reader_done(&reader));
    return OK;
}

static bool has_key(const struct grant *grant)
{
    static const struct secret_key none[DRAWER_COUNT];

    for (size_t i = 0; i < grant->targets; i++)
        if (memcmp(grant->target[i].key, none, sizeof none) != 0)
            return true;
    return false;
}

static enum error read_alone(struct whole *whole, const struct id *person, struct slice facts)
{
    struct message message = message_of(whole);
    struct item item[1];

    add_access(&message, &NURSE, ACTION_READ, BIT(IDENTITY), person, facts);
    assert_int_equal(send_message(&message, item), OK);
    buffer_free(&message.bytes);
    return item[0].error;
}

/* ---- what each part is answered ---- */

static void each_request_has_its_own_answer_and_entry(void **state)
{
    static struct item item[ITEMS_MAX];
    struct whole whole;

    (void)state;
    whole_open(&whole);
    struct slice facts = arena_copy(whole.arena, whole_register(&whole, &anna));
    struct message message = message_of(&whole);
    add_completion(&message, 0);
    add_access(&message, &NURSE, ACTION_READ, BIT(IDENTITY), &anna, facts);
    add(&message, PROTOCOL_CREDENTIAL, whole_token(&whole, &NURSE));
    add_access(&message, &OFFICER, ACTION_READ, BIT(IDENTITY), &anna, facts);
    add_completion(&message, 0);
    add(&message, PROTOCOL_HELLO, SLICE(""));
    add(&message, PROTOCOL_COMPLETE, SLICE("short"));
    add(&message, PROTOCOL_ACCESS, SLICE("nonsense"));
    add_access(&message, &self_of_anna, ACTION_READ, BIT(IDENTITY), &anna, facts);
    uint64_t before = whole_entries(&whole);
    assert_int_equal(send_message(&message, item), OK);
    static const enum error errors[] = {OK, OK, OK, ERROR_REFUSED, OK, OK, ERROR_COUNT, ERROR_COUNT, OK};
    for (size_t i = 0; i < sizeof errors / sizeof *errors; i++)
        if (errors[i] == ERROR_COUNT)
            assert_int_not_equal(item[i].error, OK);
        else
            assert_int_equal(item[i].error, errors[i]);
    /* The completions' one entry, then those of the accesses in order. */
    assert_int_equal(item[1].grant.leaf, before + 1);
    assert_int_equal(item[3].grant.leaf, before + 2);
    assert_int_equal(item[8].grant.leaf, before + 3);
    assert_true(has_key(&item[1].grant) && has_key(&item[8].grant));
    assert_false(has_key(&item[3].grant));
    assert_int_equal(whole_entries(&whole), before + 4);
    buffer_free(&message.bytes);
    whole_close(&whole);
}

/* Only what says so is a completion, and only when it can be read. */
static void what_is_no_completion_is_no_entry(void **state)
{
    CLEANUP_BUFFER struct buffer payload = buffer_new(64);
    static struct item item[ITEMS_MAX];
    struct whole whole;

    (void)state;
    whole_open(&whole);
    uint64_t before = whole_entries(&whole);
    completion_write(&(struct completion){0, OK, 1}, &payload);
    struct message message = message_of(&whole);
    add(&message, PROTOCOL_CREDENTIAL, buffer_view(&payload));
    add(&message, PROTOCOL_HELLO, buffer_view(&payload));
    add(&message, PROTOCOL_COMPLETE, SLICE("short"));
    add(&message, PROTOCOL_OVERSIGHT_COUNTS, buffer_view(&payload));
    assert_int_equal(send_message(&message, item), OK);
    assert_int_not_equal(item[0].error, OK);
    assert_int_not_equal(item[2].error, OK);
    assert_int_equal(item[3].error, OK);
    assert_int_equal(whole_entries(&whole), before);
    buffer_free(&message.bytes);
    whole_close(&whole);
}

static void a_message_that_is_not_one_changes_nothing(void **state)
{
    static struct item item[ITEMS_MAX];
    struct whole whole;

    (void)state;
    whole_open(&whole);
    struct slice facts = arena_copy(whole.arena, whole_register(&whole, &anna));
    uint64_t before = whole_entries(&whole);
    struct message none = message_of(&whole), much = message_of(&whole), more = message_of(&whole);
    assert_int_equal(send_message(&none, item), ERROR_SYNTAX);
    add_access(&more, &NURSE, ACTION_READ, BIT(IDENTITY), &anna, facts);
    buffer_byte(&more.bytes, 0); /* a byte behind the last request */
    assert_int_equal(send_message(&more, item), ERROR_SYNTAX);
    for (size_t i = 0; i < PROTOCOL_BATCH_MAX; i++)
        add(&much, PROTOCOL_OVERSIGHT_COUNTS, SLICE(""));
    assert_int_equal(send_message(&much, item), OK);
    assert_int_equal(item[PROTOCOL_BATCH_MAX - 1].error, OK);
    add(&much, PROTOCOL_OVERSIGHT_COUNTS, SLICE(""));
    assert_int_equal(send_message(&much, item), ERROR_SYNTAX);
    assert_int_equal(whole_entries(&whole), before);
    assert_int_equal(read_alone(&whole, &anna, facts), OK);
    buffer_free(&none.bytes);
    buffer_free(&much.bytes);
    buffer_free(&more.bytes);
    whole_close(&whole);
}

static void a_clock_five_seconds_back_is_ironed_out_and_no_more(void **state)
{
    struct whole whole;

    (void)state;
    whole_open(&whole);
    struct slice facts = arena_copy(whole.arena, whole_register(&whole, &anna));
    world_advance(&whole.world, INT64_C(-5) * 1000000000);
    assert_int_equal(read_alone(&whole, &anna, facts), OK);
    world_advance(&whole.world, -1);
    assert_int_equal(read_alone(&whole, &anna, facts), ERROR_CLOCK);
    whole_close(&whole);
}

/* ---- a full disk ---- */

/* In the place of the C library's: what the disk has left to give. */
static off_t room = INT64_MAX;

int fallocate(int descriptor, int mode, off_t offset, off_t length)
{
    if (length > room) {
        errno = ENOSPC;
        return -1;
    }
    return (int)syscall(SYS_fallocate, descriptor, mode, offset, length);
}

#define RESERVE (1024 * 1024) /* what the journal keeps for emergencies */

/* Nothing is left but the reserve. */
static void fill_the_disk(struct whole *whole)
{
    room = RESERVE;
    whole_reopen(whole);
    room = 0;
}

/* Broken before the disk was full; a look of the same hour is an emergency still. */
static struct slice glass_of(struct whole *whole, struct slice token, struct slice facts)
{
    struct access_target target = {.person = anna, .facts = facts};
    struct access access = {.token = token,
                            .purpose = PURPOSE_ETREAT,
                            .action = ACTION_READ,
                            .drawers = BIT(IDENTITY),
                            .needed = OUTCOME_FULL,
                            .type = SLICE("Patient"),
                            .target = &target,
                            .targets = 1,
                            .open_glass = true,
                            .reason = SLICE("unconscious, nobody with her")};
    struct grant grant;

    assert_int_equal(whole_access(whole, &access, &grant), OK);
    return grant.target[0].facts;
}

static void add_emergency(struct message *message, struct slice token, struct slice facts)
{
    CLEANUP_BUFFER struct buffer payload = buffer_new(65536);
    struct access_target target = {.person = anna, .facts = facts};

    access_write(&(struct access){.token = token,
                                  .purpose = PURPOSE_ETREAT,
                                  .action = ACTION_READ,
                                  .drawers = BIT(IDENTITY),
                                  .needed = OUTCOME_FULL,
                                  .type = SLICE("Patient"),
                                  .target = &target,
                                  .targets = 1},
                 &payload);
    add(message, PROTOCOL_ACCESS, buffer_view(&payload));
}

static void on_a_full_disk_emergencies_alone_are_served(void **state)
{
    static struct item item[ITEMS_MAX];
    struct whole whole;

    (void)state;
    for (int reserve = 1; reserve >= 0; reserve--) {
        whole_open(&whole);
        struct slice facts = arena_copy(whole.arena, whole_register(&whole, &anna));
        struct slice emergency = whole_token(&whole, &PHYSICIAN_EMERGENCY);
        facts = glass_of(&whole, emergency, facts);
        struct message message = message_of(&whole);
        add_completion(&message, 0);
        add(&message, PROTOCOL_OVERSIGHT_COUNTS, SLICE(""));
        add_access(&message, &NURSE, ACTION_READ, BIT(IDENTITY), &anna, facts);
        add_emergency(&message, emergency, facts);
        add_access(&message, &NURSE, ACTION_WRITE, BIT(IDENTITY), &bela, SLICE(""));
        add_emergency(&message, whole_token(&whole, &NURSE), facts); /* says so, and may not */
        struct whole_person both = PHYSICIAN_EMERGENCY;
        both.purposes |= 1u << PURPOSE_TREAT;
        both.organization = NURSE.organization; /* may treat her too; and asks for that alone */
        CLEANUP_BUFFER struct buffer payload = buffer_new(65536);
        struct access_target target = {.person = anna, .facts = facts};
        access_write(&(struct access){.token = whole_token(&whole, &both),
                                      .purpose = PURPOSE_TREAT,
                                      .action = ACTION_READ,
                                      .drawers = BIT(IDENTITY),
                                      .needed = OUTCOME_FULL,
                                      .type = SLICE("Patient"),
                                      .target = &target,
                                      .targets = 1},
                     &payload);
        add(&message, PROTOCOL_ACCESS, buffer_view(&payload));
        target.person = bela;
        buffer_clear(&payload);
        access_write(&(struct access){.token = SLICE("hsp1_nobody"), .target = &target, .targets = 1}, &payload);
        add(&message, PROTOCOL_ACCESS, buffer_view(&payload));
        add(&message, PROTOCOL_COMPLETE, SLICE("short"));
        fill_the_disk(&whole);
        uint64_t before = whole_entries(&whole);
        if (!reserve)
            whole_files_may_grow_to(1);
        assert_int_equal(send_message(&message, item), OK);
        whole_files_may_grow_to(RLIM_INFINITY);
        room = INT64_MAX;
        assert_int_equal(item[0].error, ERROR_DISK_FULL); /* what was returned is not in the log */
        assert_int_equal(item[1].error, OK);              /* what has no entry needs no disk */
        assert_int_not_equal(item[2].error, OK);
        assert_int_not_equal(item[4].error, OK);
        assert_int_not_equal(item[5].error, OK);
        assert_int_not_equal(item[6].error, OK);
        assert_int_equal(item[7].error, ERROR_UNAUTHENTICATED); /* and was none without it */
        assert_int_equal(item[8].error, ERROR_SYNTAX);
        assert_false(has_key(&item[2].grant) || has_key(&item[4].grant));
        assert_int_equal(item[4].grant.targets ? item[4].grant.target[0].facts.length : 0, 0);
        if (reserve) {
            assert_int_equal(item[2].error, ERROR_DISK_FULL);
            assert_string_equal(error_entry(item[3].error)->name, error_entry(OK)->name);
            assert_true(has_key(&item[3].grant));
            assert_int_equal(item[3].grant.leaf, before);
            assert_int_equal(whole_entries(&whole), before + 1);
        } else {
            assert_int_equal(item[3].error, ERROR_DISK_FULL);
            assert_false(has_key(&item[3].grant));
        }
        whole_reopen(&whole);
        assert_int_equal(read_alone(&whole, &anna, facts), OK);
        whole_register(&whole, &bela); /* ERROR_EXISTS if her keys had been kept */
        buffer_free(&message.bytes);
        whole_close(&whole);
    }
}

/* ---- keys that cannot be written ---- */

static void when_keys_cannot_be_written_only_what_changes_them_fails(void **state)
{
    static struct item item[ITEMS_MAX];
    struct access_target both[] = {{.person = cleo, .fresh = true}, {.person = anna, .fresh = true}};
    struct whole whole;
    sqlite3 *other;
    char path[160];

    (void)state;
    whole_open(&whole);
    struct slice facts = arena_copy(whole.arena, whole_register(&whole, &anna));
    struct message message = message_of(&whole);
    add_access(&message, &NURSE, ACTION_WRITE, BIT(IDENTITY), &bela, SLICE(""));
    add_access(&message, &NURSE, ACTION_READ, BIT(IDENTITY), &anna, facts);
    CLEANUP_BUFFER struct buffer payload = buffer_new(65536);
    access_write(&(struct access){.token = whole_token(&whole, &NURSE),
                                  .action = ACTION_WRITE,
                                  .drawers = BIT(IDENTITY),
                                  .needed = OUTCOME_FULL,
                                  .type = SLICE("Patient"),
                                  .target = both,
                                  .targets = 2},
                 &payload);
    add(&message, PROTOCOL_ACCESS, buffer_view(&payload)); /* the second of them is known already */

    snprintf(path, sizeof path, "%s/keys/keys.db", whole.directory);
    assert_int_equal(sqlite3_open(path, &other), SQLITE_OK);
    assert_int_equal(sqlite3_exec(other, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
    assert_int_equal(send_message(&message, item), OK);
    assert_int_equal(item[0].error, ERROR_LOCKED);
    assert_false(has_key(&item[0].grant));
    assert_int_equal(item[0].grant.targets ? item[0].grant.target[0].facts.length : 0, 0);
    assert_int_equal(item[1].error, OK);
    assert_true(has_key(&item[1].grant));
    assert_int_equal(item[2].error, ERROR_EXISTS);
    assert_int_equal(sqlite3_exec(other, "ROLLBACK", NULL, NULL, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_close(other), SQLITE_OK);
    whole_register(&whole, &bela);
    whole_register(&whole, &cleo);
    buffer_free(&message.bytes);
    whole_close(&whole);
}

/* ---- what is left of a message ---- */

/* A new hour, whose key cannot be written: what was returned is not said in an entry that nobody could open. */
static void without_a_key_of_the_hour_there_is_no_entry_of_completions(void **state)
{
    static struct item item[ITEMS_MAX];
    struct whole whole;
    sqlite3 *other;
    char path[160];

    (void)state;
    whole_open(&whole);
    uint64_t before = whole_entries(&whole);
    struct message message = message_of(&whole);
    add_completion(&message, 0);
    world_advance(&whole.world, INT64_C(3600) * 1000000000);
    snprintf(path, sizeof path, "%s/keys/keys.db", whole.directory);
    assert_int_equal(sqlite3_open(path, &other), SQLITE_OK);
    assert_int_equal(sqlite3_exec(other, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
    assert_int_equal(send_message(&message, item), OK);
    assert_int_equal(item[0].error, ERROR_LOCKED); /* and whoever said it knows */
    assert_int_equal(whole_entries(&whole), before);
    assert_int_equal(sqlite3_exec(other, "ROLLBACK", NULL, NULL, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_close(other), SQLITE_OK);
    assert_int_equal(send_message(&message, item), OK);
    assert_int_equal(item[0].error, OK);
    assert_int_equal(whole_entries(&whole), before + 1);
    buffer_free(&message.bytes);
    whole_close(&whole);
}

static void an_answer_without_room_is_an_error(void **state)
{
    struct whole whole;

    (void)state;
    whole_open(&whole);
    struct message message = message_of(&whole);
    add(&message, PROTOCOL_HELLO, SLICE(""));
    for (size_t bytes = 0; bytes < 12; bytes++) {
        CLEANUP_BUFFER struct buffer answer = buffer_new(bytes);
        assert_int_equal(safe_answer(whole.safe, buffer_view(&message.bytes), &answer), ERROR_TOO_LARGE);
    }
    buffer_free(&message.bytes);
    whole_close(&whole);
}

static void a_message_leaves_no_memory_behind(void **state)
{
    struct whole whole;
    size_t before = 0;

    (void)state;
    whole_open(&whole);
    struct slice facts = arena_copy(whole.arena, whole_register(&whole, &anna));
    struct message message = message_of(&whole);
    for (int i = 0; i < 8; i++)
        add_access(&message, &NURSE, ACTION_READ, BIT(IDENTITY), &anna, facts);
    for (int i = 0; i < 64; i++) {
        buffer_clear(&whole.answer);
        assert_int_equal(safe_answer(whole.safe, buffer_view(&message.bytes), &whole.answer), OK);
        if (i == 31)
            before = whole_memory();
    }
    if (whole_memory() > before + 32 * 8 * 256) /* what is sealed alone would be 256 B and more of each */
        fail_msg("%zu bytes more", whole_memory() - before);
    buffer_free(&message.bytes);
    whole_close(&whole);
}

static void a_safe_that_is_shut_answers_no_more(void **state)
{
    static struct item item[ITEMS_MAX];
    struct whole whole;

    (void)state;
    whole_open(&whole);
    struct message message = message_of(&whole);
    add(&message, PROTOCOL_PANIC, SLICE(""));
    assert_int_equal(send_message(&message, item), OK);
    assert_int_equal(item[0].error, OK);
    assert_int_equal(send_message(&message, item), ERROR_SHUT);
    buffer_free(&message.bytes);
    whole_close(&whole);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_request_has_its_own_answer_and_entry),
        cmocka_unit_test(what_is_no_completion_is_no_entry),
        cmocka_unit_test(a_message_that_is_not_one_changes_nothing),
        cmocka_unit_test(a_clock_five_seconds_back_is_ironed_out_and_no_more),
        cmocka_unit_test(on_a_full_disk_emergencies_alone_are_served),
        cmocka_unit_test(when_keys_cannot_be_written_only_what_changes_them_fails),
        cmocka_unit_test(without_a_key_of_the_hour_there_is_no_entry_of_completions),
        cmocka_unit_test(an_answer_without_room_is_an_error),
        cmocka_unit_test(a_message_leaves_no_memory_behind),
        cmocka_unit_test(a_safe_that_is_shut_answers_no_more),
    };
    return cmocka_run_group_tests(tests, whole_template_make, whole_template_remove);
}
