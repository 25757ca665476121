/* SPDX-License-Identifier: Apache-2.0 */

/* Proves of what a safe reads when it opens, and of the little that it says by itself: a mark that is not what the
 * public log says is damage; a name, a path, a file that is none opens nothing; a safe that finds another one open waits
 * and then says so; witnesses that saw more than there is are told of and not shown; work that is due begins by itself. */

#include "oversight_asks.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/file.h"
#include "ledger/cosignature.h"
#include "ledger/policy.h"
#include "safe/node.h"
#include "safe/state.h"

/* No test waits for luck, and this one not for five seconds either. */
static unsigned slept;
int __wrap_nanosleep(const struct timespec *time, struct timespec *rest);
int __wrap_nanosleep(const struct timespec *time, struct timespec *rest)
{
    (void)rest;
    slept += (unsigned)(time->tv_nsec / 1000000);
    return 0;
}

static enum error opened(struct whole *whole, struct fault *fault)
{
    struct safe_options options = {.directory = whole->directory, .world = &whole->world, .cadence = whole->cadence};

    safe_close(whole->safe);
    whole->safe = NULL;
    *fault = (struct fault){0};
    return safe_open(&options, &whole->safe, fault);
}

static void put(const struct whole *whole, const char *name, struct slice content)
{
    assert_int_equal(file_replace(node_path(whole->directory, name).text, content, 0600), OK);
}

/* ---- the node's own file ---- */

static void a_name_is_small_letters_digits_dots_and_hyphens(void **state)
{
    static const char *const refused[] = {"", "A", "a_b", "a b", "a/b", "\xc3\xa9", "a{", "a`", "a:"};
    static const char *const allowed[] = {"a", "z", "0", "9", "north-2.clinic"};
    char longest[NODE_NAME_MAX + 2];

    (void)state;
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++)
        if (node_name_allowed(slice_from_string(refused[i])))
            fail_msg("%s is a name", refused[i]);
    for (size_t i = 0; i < sizeof allowed / sizeof *allowed; i++)
        if (!node_name_allowed(slice_from_string(allowed[i])))
            fail_msg("%s is none", allowed[i]);
    memset(longest, 'a', sizeof longest);
    assert_true(node_name_allowed(slice_of(longest, NODE_NAME_MAX)));
    assert_false(node_name_allowed(slice_of(longest, NODE_NAME_MAX + 1)));
}

static void a_file_that_is_no_nodes_opens_nothing(void **state)
{
#define HEX32 "00112233445566778899aabbccddeeff"
    static const char *const cases[] = {
        "",
        "hospitium-node 2\nnorth\ndemo\n" HEX32 "\n" HEX32 HEX32 "\n",
        "hospitium-node 1\nNorth\ndemo\n" HEX32 "\n" HEX32 HEX32 "\n",
        "hospitium-node 1\nnorth\ndemo\n0011\n" HEX32 HEX32 "\n",
        "hospitium-node 1\nnorth\ndemo\n" HEX32 "\n" HEX32 "\n",
    };
    static char path[4096];
    struct node node = {.name = "before"};
    struct whole whole;
    struct fault fault;

    (void)state;
    memset(path, 'p', sizeof path - 1);
    assert_int_equal(node_load(path, &node, &fault), ERROR_VALUE);
    whole_open(&whole);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        put(&whole, "node", slice_from_string(cases[i]));
        assert_int_equal(opened(&whole, &fault), ERROR_SYNTAX);
        assert_null(whole.safe);
    }
    assert_string_equal(node.name, "before");
    whole_close(&whole);
}

static void a_node_that_has_a_root_is_not_made_again(void **state)
{
    struct whole whole;
    struct fault fault;

    (void)state;
    whole_open(&whole);
    struct slice facts = whole_register(&whole, &anna);
    struct safe_options options = {.directory = whole.directory, .world = &whole.world};
    assert_int_equal(safe_create(&options, &fault), ERROR_EXISTS);
    struct grant grant;
    whole_reopen(&whole);
    assert_int_equal(look_at(&whole, whole_token(&whole, &NURSE), &anna, facts, &grant), OK);
    whole_close(&whole);
}

static void who_finds_another_one_open_waits_and_then_says_so(void **state)
{
    struct whole whole;
    struct safe *second = NULL;
    struct fault fault;

    (void)state;
    whole_open(&whole);
    struct safe_options options = {.directory = whole.directory, .world = &whole.world};
    slept = 0;
    assert_int_equal(safe_open(&options, &second, &fault), ERROR_LOCKED);
    assert_null(second);
    assert_true(slept >= 4000 && slept <= 10000);
    (void)whole_register(&whole, &anna); /* the first is none the worse */
    whole_close(&whole);
}

/* ---- the log's term ---- */

static void a_term_that_is_no_number_is_damage(void **state)
{
    struct whole whole;
    struct fault fault;

    (void)state;
    whole_open(&whole);
    put(&whole, "log/access.retention", SLICE("long\n"));
    assert_int_equal(opened(&whole, &fault), ERROR_CORRUPT);
    assert_non_null(strstr(fault.detail, "access.retention"));
    whole_close(&whole);
}

static void a_mark_that_declares_nothing_is_damage(void **state)
{
#define ROOT64 HEX32 HEX32
    static const char *const cases[] = {
        "{\"kind\":\"log.kept\",\"log\":\"access\",\"minimum\":\"1\",\"size\":\"2\",\"before\":\"3\",\"root\":\"" ROOT64
        "\"}",
        "{\"kind\":\"log.pruned\",\"log\":\"public\",\"minimum\":\"1\",\"size\":\"2\",\"before\":\"3\",\"root\":"
        "\"" ROOT64 "\"}",
        "{\"kind\":\"log.pruned\",\"log\":\"access\",\"minimum\":\"x\",\"size\":\"2\",\"before\":\"3\",\"root\":"
        "\"" ROOT64 "\"}",
        "{\"kind\":\"log.pruned\",\"log\":\"access\",\"minimum\":\"1\",\"size\":\"x\",\"before\":\"3\",\"root\":"
        "\"" ROOT64 "\"}",
        "{\"kind\":\"log.pruned\",\"log\":\"access\",\"minimum\":\"1\",\"size\":\"2\",\"before\":\"x\",\"root\":"
        "\"" ROOT64 "\"}",
        "{\"kind\":\"log.pruned\",\"log\":\"access\",\"minimum\":\"1\",\"size\":\"2\",\"before\":\"3\",\"root\":"
        "\"00\"}",
        "no JSON",
    };
    struct whole whole;
    struct fault fault;
    uint64_t index;

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        whole_open(&whole);
        struct slice text = slice_from_string(cases[i]);
        assert_int_equal(safe_publish(whole.safe, text, &index), OK); /* as if it had been declared */
        put(&whole, "log/access.pruned", arena_format(whole.arena, "%llu\n%s\n", (unsigned long long)index, cases[i]));
        if (opened(&whole, &fault) != ERROR_CORRUPT)
            fail_msg("%s", cases[i]);
        put(&whole, "log/access.pruned", arena_format(whole.arena, "soon\n%s\n", cases[i]));
        assert_int_equal(opened(&whole, &fault), ERROR_CORRUPT);
        put(&whole, "log/access.pruned", SLICE("0\nanother text\n"));
        assert_int_equal(opened(&whole, &fault), ERROR_CORRUPT);
        assert_int_equal(unlink(node_path(whole.directory, "log/access.pruned").text), 0);
        assert_int_equal(opened(&whole, &fault), OK);
        whole_close(&whole);
    }
}

/* What is due for as long as a day of running goes by itself, and never without a term. */
static void work_that_is_due_begins_by_itself_where_there_is_a_term(void **state)
{
    (void)state;
    for (unsigned years = 0; years <= 3; years += 3) {
        struct whole whole;
        whole_open(&whole);
        whole.cadence = (struct safe_cadence){.pad = 128, .segment_bytes = 8000, .retention_years = years};
        whole_reopen(&whole);
        assert_int_equal(safe_begin(whole.safe), OK);
        (void)whole_register(&whole, &anna);
        for (int i = 0; i < 4; i++)
            safe_tick(whole.safe);
        world_advance(&whole.world, INT64_C(8766) * 3600 * 1000000000 * 5);
        (void)whole_token(&whole, &NURSE);
        for (int i = 0; i < 4; i++)
            safe_tick(whole.safe);
        retention_idle(whole.safe);
        assert_false(retention_is_working(whole.safe)); /* not on the first day */
        whole.safe->retention.look_ns = 0;
        retention_idle(whole.safe);
        assert_int_equal(retention_is_working(whole.safe), years > 0);
        for (int i = 0; i < 1000 && retention_is_working(whole.safe); i++)
            assert_int_equal(retention_work(whole.safe), OK);
        assert_int_equal(ledger_minimum(whole.safe->access_log) > 0, years > 0);
        assert_int_equal(retention_work(whole.safe), OK); /* at rest there is nothing to do */
        struct slice answer;
        assert_int_equal(whole_ask(&whole, PROTOCOL_RETENTION, SLICE(""), &answer), OK);
        assert_int_equal(slice_search(answer, SLICE("keptSince")) != SIZE_MAX, years > 0);
        assert_int_equal(slice_search(answer, SLICE("declaration")) != SIZE_MAX, years > 0);
        whole_close(&whole);
    }
}

/* ---- witnesses ---- */

static const struct secret_key witness_seed = {{7}};

static void with_a_witness(struct whole *whole)
{
    CLEANUP_BUFFER struct buffer text = buffer_new(4096);
    uint8_t public_key[SIGN_PUBLIC_BYTES];

    whole_open(whole);
    sign_public(&witness_seed, public_key);
    struct note_key key = cosignature_key_make(SLICE("w.example"), public_key);
    buffer_string(&text, "witness w ");
    note_key_write(&key, &text);
    buffer_string(&text, "\ngroup g any w\nquorum g\n");
    put(whole, "witnesses", buffer_view(&text));
    whole->cadence = (struct safe_cadence){.pad = 2};
    whole_reopen(whole);
    safe_tick(whole->safe);
}

static struct slice begun(struct whole *whole, uint8_t log, uint64_t *ret_size)
{
    struct slice note;

    assert_int_equal(whole_ask(whole, PROTOCOL_COSIGN, slice_of(&log, 1), &note), OK);
    struct slice kept = arena_copy(whole->arena, note);
    slice_cut(&note, '\n');
    assert_true(slice_to_u64(slice_cut(&note, '\n'), ret_size));
    return kept;
}

static enum error hand_in(struct whole *whole, uint8_t log, uint64_t size, struct slice lines)
{
    CLEANUP_BUFFER struct buffer payload = buffer_new(1u << 20);

    buffer_byte(&payload, log);
    buffer_u64(&payload, size);
    buffer_slice(&payload, lines);
    return whole_ask(whole, PROTOCOL_COSIGNED, buffer_view(&payload), NULL);
}

static enum error cosign(struct whole *whole, uint8_t log)
{
    CLEANUP_BUFFER struct buffer line = buffer_new(COSIGNATURE_LINE_MAX);
    struct note note;
    uint64_t size;

    assert_int_equal(note_parse(begun(whole, log, &size), &note), OK);
    assert_int_equal(cosignature_make(note.text, SLICE("w.example"), &witness_seed, 1700000000, &line), OK);
    return hand_in(whole, log, size, buffer_view(&line));
}

struct doing {
    uint64_t witnesses, behind, forks, age[2];
};

static struct doing doing(struct whole *whole)
{
    struct slice answer;

    assert_int_equal(whole_ask(whole, PROTOCOL_WITNESSING, SLICE(""), &answer), OK);
    struct reader reader = reader_of(answer);
    struct doing doing = {reader_u64(&reader), reader_u64(&reader), reader_u64(&reader), {0}};
    doing.age[0] = reader_u64(&reader);
    doing.age[1] = reader_u64(&reader);
    return doing;
}

static void how_the_witnesses_are_doing_is_said_truly(void **state)
{
    struct whole whole;
    uint64_t size;

    (void)state;
    with_a_witness(&whole);
    struct doing at_first = doing(&whole);
    assert_int_equal(at_first.witnesses, 1); /* the group is none */
    assert_int_equal(at_first.behind, 1);
    assert_true(at_first.age[0] == UINT64_MAX && at_first.age[1] == UINT64_MAX);
    assert_int_equal(cosign(&whole, 1), OK);
    assert_int_equal(doing(&whole).behind, 1); /* the public log's cosignature does not stand for the other's */
    assert_int_equal(cosign(&whole, 0), OK);
    assert_int_equal(doing(&whole).behind, 0);
    assert_int_equal(doing(&whole).age[0], 0);
    world_advance(&whole.world, INT64_C(90) * 1000000000);
    (void)whole_token(&whole, &NURSE);
    assert_int_equal(doing(&whole).age[0], 90);
    whole.safe->witnessing.heard_ns[0] = 1; /* long ago by the stopwatch */
    assert_int_equal(doing(&whole).behind, 1);
    (void)begun(&whole, 0, &size);
    assert_int_equal(hand_in(&whole, 0, size, SLICE("")), OK); /* "this is not the log that I cosigned" */
    assert_int_equal(doing(&whole).forks, 1);
    whole_close(&whole);
}

static void what_no_courier_says_is_refused(void **state)
{
    struct whole whole;
    uint64_t size;
    static char much[1u << 19];
    CLEANUP_BUFFER struct buffer payload = buffer_new(64);
    struct slice body;

    (void)state;
    with_a_witness(&whole);
    assert_int_equal(hand_in(&whole, 0, 1, SLICE("line\n")), ERROR_CONFLICT); /* no round has begun */
    (void)begun(&whole, 0, &size);
    assert_int_equal(hand_in(&whole, 2, size, SLICE("line\n")), ERROR_SYNTAX);
    assert_int_equal(hand_in(&whole, 0, size, slice_of(much, sizeof much)), ERROR_SYNTAX);
    assert_int_equal(whole_ask(&whole, PROTOCOL_COSIGNED, SLICE("\0\0"), NULL), ERROR_SYNTAX);
    assert_int_equal(whole_ask(&whole, PROTOCOL_COSIGN, SLICE("\2"), NULL), ERROR_SYNTAX);
    assert_int_equal(whole_ask(&whole, PROTOCOL_COSIGN, slice_of("\0\0\0", 3), NULL), ERROR_SYNTAX);
    const uint64_t olds[] = {0, size};
    for (size_t i = 0; i < 2; i++) { /* of nothing, and of the same tree: no path is needed */
        buffer_clear(&payload);
        buffer_byte(&payload, 0);
        buffer_u64(&payload, olds[i]);
        buffer_u64(&payload, size);
        assert_int_equal(whole_ask(&whole, PROTOCOL_COSIGN, buffer_view(&payload), &body), OK);
        slice_cut(&body, '\n');
        assert_int_equal(slice_cut(&body, '\n').length, 0);
    }
    buffer_clear(&payload);
    buffer_byte(&payload, 0);
    buffer_u64(&payload, 0);
    buffer_u64(&payload, size + 1);
    assert_int_equal(whole_ask(&whole, PROTOCOL_COSIGN, buffer_view(&payload), NULL), ERROR_CONFLICT);
    whole_close(&whole);
}

static bool is_cosigned(struct whole *whole)
{
    const uint8_t log = 0;
    uint8_t public_key[SIGN_PUBLIC_BYTES];
    struct slice text;
    struct note note;

    sign_public(&witness_seed, public_key);
    struct note_key key = cosignature_key_make(SLICE("w.example"), public_key);
    assert_int_equal(whole_ask(whole, PROTOCOL_CHECKPOINT, slice_of(&log, 1), &text), OK);
    assert_int_equal(note_parse(text, &note), OK);
    return cosignature_verify(&note, &key, NULL) == OK;
}

/* A log put back to what it was yesterday: what witnesses have cosigned since is not shown for it. */
static void a_log_that_was_put_back_is_not_shown_as_what_witnesses_saw(void **state)
{
    struct whole whole;
    char command[700];

    (void)state;
    with_a_witness(&whole);
    whole_reopen(&whole);
    snprintf(command, sizeof command, "cp -a %s %s.old", whole.directory, whole.directory);
    assert_int_equal(system(command), 0);
    safe_tick(whole.safe);
    assert_int_equal(cosign(&whole, 0), OK);
    assert_true(is_cosigned(&whole));
    safe_close(whole.safe);
    whole.safe = NULL;
    snprintf(command, sizeof command, "cp %s/log/*cosigned* %s.old/log/ && rm -rf %s && mv %s.old %s", whole.directory,
             whole.directory, whole.directory, whole.directory, whole.directory);
    assert_int_equal(system(command), 0);
    whole_reopen(&whole);
    assert_false(is_cosigned(&whole));
    whole_close(&whole);
}

static void what_was_cosigned_long_ago_does_not_stand_in_front_of_what_is_new(void **state)
{
    struct whole whole;

    (void)state;
    with_a_witness(&whole);
    assert_int_equal(cosign(&whole, 0), OK);
    safe_tick(whole.safe);
    assert_true(is_cosigned(&whole)); /* for a minute */
    whole.safe->witnessing.log[0].enough_ns = INT64_MIN / 2;
    assert_false(is_cosigned(&whole));
    whole_close(&whole);
}

/* ---- its end ---- */

/* Also what came with the panic in one message. */
static void a_safe_that_has_shut_itself_answers_and_writes_nothing(void **state)
{
    static const uint8_t behind[] = {PROTOCOL_HELLO, PROTOCOL_CHECK_KEYS, PROTOCOL_WITNESSING};
    CLEANUP_BUFFER struct buffer message = buffer_new(64);
    struct whole whole;

    (void)state;
    whole_open(&whole);
    (void)whole_register(&whole, &anna);
    buffer_u16(&message, 1 + sizeof behind);
    buffer_byte(&message, PROTOCOL_PANIC);
    buffer_u32(&message, 0);
    for (size_t i = 0; i < sizeof behind; i++) {
        buffer_byte(&message, behind[i]);
        buffer_u32(&message, 0);
    }
    buffer_clear(&whole.answer);
    assert_int_equal(safe_answer(whole.safe, buffer_view(&message), &whole.answer), OK);
    struct reader reader = reader_of(buffer_view(&whole.answer));
    reader_u32(&reader);
    assert_int_equal(reader_u16(&reader), 1 + sizeof behind);
    for (size_t i = 0; i <= sizeof behind; i++) {
        assert_int_equal(reader_u16(&reader), i == 0 ? OK : ERROR_SHUT);
        assert_int_equal(protocol_text_read(&reader, 4096).length, 0);
    }
    assert_true(safe_is_shut(whole.safe));
    assert_null(whole.safe->access_log);
    safe_tick(whole.safe); /* and what is done without being asked is not done */
    safe_idle(whole.safe);
    whole_close(&whole);
}

static void a_key_that_there_is_not_is_not_changed(void **state)
{
    struct whole whole;

    (void)state;
    whole_open(&whole);
    uint64_t public = whole_public_entries(&whole);
    assert_int_equal(whole_ask(&whole, PROTOCOL_ROTATE, SLICE("\3"), NULL), ERROR_SYNTAX);
    assert_int_equal(whole_public_entries(&whole), public);
    whole_close(&whole);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_name_is_small_letters_digits_dots_and_hyphens),
        cmocka_unit_test(a_file_that_is_no_nodes_opens_nothing),
        cmocka_unit_test(a_node_that_has_a_root_is_not_made_again),
        cmocka_unit_test(who_finds_another_one_open_waits_and_then_says_so),
        cmocka_unit_test(a_term_that_is_no_number_is_damage),
        cmocka_unit_test(a_mark_that_declares_nothing_is_damage),
        cmocka_unit_test(work_that_is_due_begins_by_itself_where_there_is_a_term),
        cmocka_unit_test(how_the_witnesses_are_doing_is_said_truly),
        cmocka_unit_test(what_no_courier_says_is_refused),
        cmocka_unit_test(a_log_that_was_put_back_is_not_shown_as_what_witnesses_saw),
        cmocka_unit_test(a_safe_that_has_shut_itself_answers_and_writes_nothing),
        cmocka_unit_test(a_key_that_there_is_not_is_not_changed),
        cmocka_unit_test(what_was_cosigned_long_ago_does_not_stand_in_front_of_what_is_new),
    };
    return cmocka_run_group_tests(tests, whole_template_make, whole_template_remove);
}
