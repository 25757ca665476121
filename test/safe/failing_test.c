/* SPDX-License-Identifier: Apache-2.0 */

/* Proves that a request for which memory or a call of the system fails, whichever and wherever, is refused and discloses
 * nothing, and that the safe goes on: the next one is answered. */

#include "requests.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "safe/state.h"
#include "unlucky.h"

#define ATTEMPTS_A_NODE 40

/* ---- every failure of each ---- */

/* The error of the one request; the answer of a refusal says at most what is wrong. */
static enum error answered(struct bench *bench, const struct work *work, struct slice message)
{
    buffer_clear(&bench->whole.answer);
    enum error error = safe_answer(bench->whole.safe, message, &bench->whole.answer);
    if (error != OK)
        return error;
    struct reader reader = reader_of(buffer_view(&bench->whole.answer));
    reader_u32(&reader);
    assert_int_equal(reader_u16(&reader), 1);
    error = (enum error)reader_u16(&reader);
    struct slice payload = protocol_text_read(&reader, PROTOCOL_MESSAGE_MAX);
    assert_true(reader_done(&reader));
    if (error != OK && payload.length > 0 && work->kind != PROTOCOL_ORDER && work->kind != PROTOCOL_ACCESS)
        fail_msg("%s: a refusal with %zu bytes", work->name, payload.length);
    if (error != OK && payload.length > 0 && work->kind == PROTOCOL_ACCESS) {
        struct grant grant;
        assert_int_equal(grant_read(bench->whole.arena, payload, &grant), OK);
        for (size_t i = 0; i < grant.targets; i++)
            assert_int_equal(grant.target[i].drawers, 0); /* and no key */
    }
    return error;
}

static bool is_memory(enum unlucky_call call)
{
    return call == UNLUCKY_malloc || call == UNLUCKY_calloc || call == UNLUCKY_realloc || call == UNLUCKY_arena ||
           call == UNLUCKY_cipher;
}

/* The entry of an access says who asked, and all of it can be read; what is handed back to be stored is there. */
static void assert_whole(struct bench *bench, const struct work *work, uint64_t entry)
{
    struct event_opened event;
    const struct json *json;
    struct grant grant;

    if (work->kind == PROTOCOL_ACCESS) {
        struct reader reader = reader_of(slice_from(buffer_view(&bench->whole.answer), 8));
        struct slice payload = protocol_text_read(&reader, PROTOCOL_MESSAGE_MAX);
        assert_int_equal(grant_read(bench->whole.arena, payload, &grant), OK);
        entry = grant.leaf;
        if (work->ready == ready_registration || work->ready == ready_broken_glass)
            assert_true(grant.target[0].facts.length > 0);
    }
    assert_int_equal(entry_open(bench->whole.safe, entry, NULL, &event), OK);
    assert_int_equal(json_parse(bench->whole.arena, event.json, &json, NULL), OK);
    if (work->kind == PROTOCOL_ACCESS) {
        assert_int_equal(json_parse(bench->whole.arena, event.looker, &json, NULL), OK);
        assert_true(json_text(json_member(json, "actor")).length > 0);
    }
}

/* False when there were fewer such calls. */
static bool fails_well(struct bench *bench, const struct work *work, enum unlucky_call call, size_t nth)
{
    CLEANUP_BUFFER struct buffer message = buffer_new(PROTOCOL_MESSAGE_MAX);

    buffer_clear(&bench->payload);
    tokens(bench);
    work->ready(bench);
    assert_int_equal(buffer_check(&bench->payload), OK);
    buffer_u16(&message, 1);
    buffer_byte(&message, (uint8_t)work->kind);
    protocol_text_write(buffer_view(&bench->payload), &message);
    assert_non_null(buffer_room(&bench->whole.answer, 1));
    uint64_t before = ledger_size(bench->whole.safe->access_log);
    unlucky_fail(call, nth, false, EIO);
    enum error error = answered(bench, work, buffer_view(&message));
    bool failed = unlucky_end();
    bool has_entry = ledger_size(bench->whole.safe->access_log) > before;
    if (!failed && error != OK)
        fail_msg("%s: %s", work->name, error_entry(error)->name);
    if (error == OK && (work->kind == PROTOCOL_ACCESS || (work->kind == PROTOCOL_COMPLETE && has_entry)))
        assert_whole(bench, work, before);
    if (error != OK && error != (is_memory(call) ? ERROR_MEMORY : ERROR_IO)) /* and never a refusal */
        fail_msg("%s, %s %zu: %s", work->name, unlucky_name[call], nth, error_entry(error)->name);
    enum error again = answered(bench, work, buffer_view(&message));
    bool done = (has_entry || work->kind != PROTOCOL_ACCESS) && /* what has no entry was not done */
                (again == ERROR_CONFLICT || again == ERROR_NOT_FOUND || again == ERROR_EXISTS);
    if (failed && again != OK && !(work->once && done))
        fail_msg("%s, %s %zu: and then %s", work->name, unlucky_name[call], nth, error_entry(again)->name);
    return failed;
}

static void every_failure_refuses_and_discloses_nothing(void **state)
{
    static const enum unlucky_call calls[] = {UNLUCKY_arena,  UNLUCKY_malloc, UNLUCKY_calloc, UNLUCKY_realloc,
                                              UNLUCKY_cipher, UNLUCKY_pwrite, UNLUCKY_pread,  UNLUCKY_rename,
                                              UNLUCKY_open,   UNLUCKY_unlink};
    size_t all = 0;

    (void)state;
    for (size_t i = 0; i < sizeof works / sizeof *works; i++) {
        struct bench bench;
        unsigned attempts = 0;
        bench_open(&bench);
        for (size_t j = 0; j < sizeof calls / sizeof *calls; j++)
            for (size_t nth = 1; nth <= ATTEMPTS_A_NODE && fails_well(&bench, &works[i], calls[j], nth); nth++) {
                all++;
                if (++attempts % ATTEMPTS_A_NODE == 0) {
                    bench_close(&bench);
                    bench_open(&bench);
                }
            }
        bench_close(&bench);
    }
    print_message("%zu failures\n", all);
    assert_true(all > 200);
}

/* Not even room to read what is asked: each is told so, and the door may go on. */
static void a_message_without_memory_is_refused_one_by_one(void **state)
{
    CLEANUP_BUFFER struct buffer message = buffer_new(4096), answer = buffer_new(4096);
    struct whole whole;

    (void)state;
    whole_open(&whole);
    buffer_u16(&message, 2);
    for (int i = 0; i < 2; i++) {
        buffer_byte(&message, PROTOCOL_HELLO);
        protocol_text_write(SLICE(""), &message);
    }
    for (size_t nth = 1; nth <= 2; nth++) {
        buffer_clear(&answer);
        unlucky_fail(UNLUCKY_arena, nth, false, ENOMEM);
        assert_int_equal(safe_answer(whole.safe, buffer_view(&message), &answer), OK);
        assert_true(unlucky_end());
        struct reader reader = reader_of(buffer_view(&answer));
        assert_int_equal(reader_u32(&reader), answer.length - 4);
        assert_int_equal(reader_u16(&reader), 2);
        for (int i = 0; i < 2; i++) {
            assert_int_equal(reader_u16(&reader), ERROR_MEMORY);
            assert_int_equal(reader_u32(&reader), 0);
        }
        assert_true(reader_done(&reader));
    }
    whole_close(&whole);
}

/* ---- half of a request ---- */

/* Whose payload says nothing, or nothing that has an end. */
static bool has_a_form(const struct work *work)
{
    return work->ready != nothing && work->kind != PROTOCOL_PRUNE && work->kind != PROTOCOL_COSIGNED;
}

static void a_request_cut_anywhere_or_with_a_byte_more_is_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof works / sizeof *works; i++) {
        struct bench bench;
        if (!has_a_form(&works[i]))
            continue;
        bench_open(&bench);
        tokens(&bench);
        works[i].ready(&bench);
        buffer_byte(&bench.payload, 'x');
        size_t whole = bench.payload.length - 1;
        for (size_t length = 0; length <= whole + 1;
             length += whole > 300 && length > 40 && length + 40 < whole ? 7 : 1) {
            CLEANUP_BUFFER struct buffer message = buffer_new(PROTOCOL_MESSAGE_MAX);
            if (length == whole || (works[i].kind == PROTOCOL_COSIGN && length == 1)) /* a round begins */
                continue;
            buffer_u16(&message, 1);
            buffer_byte(&message, (uint8_t)works[i].kind);
            protocol_text_write(slice_of(bench.payload.data, length), &message);
            if (answered(&bench, &works[i], buffer_view(&message)) == OK)
                fail_msg("%s: %zu of %zu bytes", works[i].name, length, whole);
        }
        bench_close(&bench);
    }
}

static void a_message_that_is_none_is_refused_whole(void **state)
{
    static const struct {
        const char *bytes;
        size_t length;
    } cases[] = {
        {"", 0},     {"\0", 1},     {"\0\0", 2},           {"\xff\xff", 2},
        {"\0\1", 2}, {"\0\1\1", 3}, {"\0\1\1\0\0\0\1", 7}, {"\0\1\1\0\0\0\0x", 8},
    };
    struct whole whole;

    (void)state;
    whole_open(&whole);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        buffer_clear(&whole.answer);
        assert_int_equal(safe_answer(whole.safe, slice_of(cases[i].bytes, cases[i].length), &whole.answer),
                         ERROR_SYNTAX);
        assert_int_equal(whole.answer.length, 0);
    }
    for (unsigned kind = PROTOCOL_WITNESSING + 1; kind < 256; kind++)
        assert_int_equal(whole_ask(&whole, (enum protocol_kind)kind, SLICE(""), NULL), ERROR_UNSUPPORTED);
    assert_int_equal(whole_ask(&whole, (enum protocol_kind)0, SLICE(""), NULL), ERROR_UNSUPPORTED);
    whole_close(&whole);
}

/* ---- opening, and what is due ---- */

static const enum unlucky_call memory_and_files[] = {UNLUCKY_arena, UNLUCKY_malloc, UNLUCKY_calloc, UNLUCKY_realloc,
                                                     UNLUCKY_open,  UNLUCKY_pread,  UNLUCKY_read,   UNLUCKY_fstat};

/* With a released order, a cosigned checkpoint, a term: all there is to be read. */
static void everything(struct bench *bench)
{
    bench_open(bench);
    tokens(bench);
    released_order(bench);
    buffer_clear(&bench->payload);
    ready_cosigned(bench);
    assert_int_equal(whole_ask(&bench->whole, PROTOCOL_COSIGNED, buffer_view(&bench->payload), NULL), OK);
}

static void a_safe_that_could_not_be_opened_lost_nothing(void **state)
{
    struct bench bench;
    struct grant grant;
    size_t all = 0;

    (void)state;
    everything(&bench);
    struct slice facts = whole_register(&bench.whole, &bela);
    for (size_t j = 0; j < sizeof memory_and_files / sizeof *memory_and_files; j++) {
        bool failed = true;
        for (size_t nth = 1; failed; nth++) {
            struct safe_options options = {
                .directory = bench.whole.directory, .world = &bench.whole.world, .cadence = bench.whole.cadence};
            struct fault fault = {0};
            enum unlucky_call call = memory_and_files[j];
            safe_close(bench.whole.safe);
            bench.whole.safe = NULL;
            unlucky_fail(call, nth, false, EIO);
            enum error error = safe_open(&options, &bench.whole.safe, &fault);
            failed = unlucky_end();
            all += failed;
            if (error != OK && (!failed || error != (is_memory(call) ? ERROR_MEMORY : ERROR_IO)))
                fail_msg("%s %zu: %s (%s)", unlucky_name[call], nth, error_entry(error)->name, fault.detail);
            if (error == OK)
                continue;
            assert_null(bench.whole.safe);
            assert_int_equal(safe_open(&options, &bench.whole.safe, &fault), OK);
        }
    }
    print_message("%zu failures while opening\n", all);
    whole_reopen(&bench.whole);
    assert_true(route_is_there(&bench.whole));
    assert_int_equal(look_at(&bench.whole, whole_token(&bench.whole, &NURSE), &bela, facts, &grant), OK);
    bench_close(&bench);
}

/* What was begun can be begun again once it is cleared away, and opens then. */
static void a_node_that_could_not_be_made_says_so(void **state)
{
    static const enum unlucky_call calls[] = {UNLUCKY_calloc, UNLUCKY_arena, UNLUCKY_malloc, UNLUCKY_open,
                                              UNLUCKY_rename, UNLUCKY_mkdir, UNLUCKY_pwrite, UNLUCKY_write};
    struct whole whole;
    char command[300];
    size_t all = 0;

    (void)state;
    whole_open(&whole);
    snprintf(command, sizeof command, "cd %s && rm -rf keys log", whole.directory);
    for (size_t j = 0; j < sizeof calls / sizeof *calls; j++) {
        bool failed = true;
        for (size_t nth = 1; failed && nth < 25; nth++) {
            struct safe_options options = {.directory = whole.directory, .world = &whole.world};
            struct fault fault = {0};
            safe_close(whole.safe);
            whole.safe = NULL;
            assert_int_equal(system(command), 0);
            unlucky_fail(calls[j], nth, false, EIO);
            enum error error = safe_create(&options, &fault);
            failed = unlucky_end();
            all += failed;
            if (error != OK && (!failed || error != (is_memory(calls[j]) ? ERROR_MEMORY : ERROR_IO)))
                fail_msg("%s %zu: %s", unlucky_name[calls[j]], nth, error_entry(error)->name);
            if (error == OK)
                assert_int_equal(safe_open(&options, &whole.safe, &fault), OK);
        }
    }
    print_message("%zu failures while a node is made\n", all);
    assert_true(all > 40);
    whole_close(&whole);
}

/* She is told when it is due, or a little later, and once. */
static void what_is_due_and_fails_is_made_up_for(void **state)
{
    static const enum unlucky_call calls[] = {UNLUCKY_arena, UNLUCKY_malloc, UNLUCKY_pwrite, UNLUCKY_rename,
                                              UNLUCKY_pread};
    size_t all = 0;

    (void)state;
    for (size_t j = 0; j < sizeof calls / sizeof *calls; j++) {
        bool failed = true;
        for (size_t nth = 1; failed && nth < 20; nth++) {
            struct bench bench;
            everything(&bench);
            assert_int_equal(told_of(&bench.whole, &anna), 0);
            world_advance(&bench.whole.world, DAYS(190) * 1000000000);
            (void)whole_token(&bench.whole, &NURSE);
            unlucky_fail(calls[j], nth, false, EIO);
            safe_idle(bench.whole.safe);
            failed = unlucky_end();
            all += failed;
            for (int i = 0; i < 3; i++) {
                world_advance(&bench.whole.world, INT64_C(600) * 1000000000);
                (void)whole_token(&bench.whole, &NURSE);
                safe_idle(bench.whole.safe);
            }
            size_t told = told_of(&bench.whole, &anna);
            whole_reopen(&bench.whole);
            safe_idle(bench.whole.safe);
            if (told < 3 || told != told_of(&bench.whole, &anna))
                fail_msg("%s %zu: %zu lines", unlucky_name[calls[j]], nth, told);
            bench_close(&bench);
        }
    }
    print_message("%zu failures of what is due\n", all);
    assert_true(all > 10);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_failure_refuses_and_discloses_nothing),
        cmocka_unit_test(a_message_without_memory_is_refused_one_by_one),
        cmocka_unit_test(a_request_cut_anywhere_or_with_a_byte_more_is_refused),
        cmocka_unit_test(a_message_that_is_none_is_refused_whole),
        cmocka_unit_test(a_safe_that_could_not_be_opened_lost_nothing),
        cmocka_unit_test(a_node_that_could_not_be_made_says_so),
        cmocka_unit_test(what_is_due_and_fails_is_made_up_for),
    };
    return cmocka_run_group_tests(tests, whole_template_make, whole_template_remove);
}
