/* SPDX-License-Identifier: Apache-2.0 */

/* Proves that the access log's term is a term: after it entries are gone and their keys for nobody to open, before it
 * nothing goes, both are declared where everybody sees it, and a stop in the middle of it loses nothing else. */

#include "oversight_asks.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "safe/node.h"
#include "safe/padding.h"

#define YEAR_NS (INT64_C(8766) * 3600 * 1000000000)
#define TERM 3
#define PAD 128 /* so that a few ticks fill tiles and segments */

/* A padded node with a term and small segments. */
static void kept_open(struct whole *whole, unsigned years)
{
    whole_open(whole);
    whole->cadence = (struct safe_cadence){.pad = PAD, .segment_bytes = 8000, .retention_years = years};
    whole_reopen(whole);
    assert_int_equal(safe_begin(whole->safe), OK);
    safe_tick(whole->safe);
}

static void again(struct whole *whole)
{
    whole_reopen(whole);
    assert_int_equal(safe_begin(whole->safe), OK);
}

/* Many looks at her, the last of which is given. */
static uint64_t looks(struct whole *whole, struct slice facts, unsigned count)
{
    struct slice nurse = whole_token(whole, &NURSE);
    struct grant grant = {0};

    for (unsigned i = 0; i < count; i++) {
        enum error error = look_at(whole, nurse, &anna, facts, &grant);
        assert_true(error == OK || error == ERROR_REFUSED); /* years later she is nobody's patient here */
    }
    for (int i = 0; i < 3; i++)
        safe_tick(whole->safe);
    return grant.leaf;
}

struct progress {
    bool done;
    uint64_t minimum, let_go;
    uint32_t years;
};

static enum error step(struct whole *whole, bool begins, struct progress *ret_progress)
{
    struct slice answer;

    TRY(whole_ask(whole, PROTOCOL_PRUNE, begins ? SLICE("begin") : SLICE(""), &answer));
    struct reader reader = reader_of(answer);
    ret_progress->done = reader_byte(&reader);
    ret_progress->minimum = reader_u64(&reader);
    ret_progress->let_go = reader_u64(&reader);
    ret_progress->years = reader_u32(&reader);
    return reader_done(&reader) ? OK : ERROR_SYNTAX;
}

static struct progress prune(struct whole *whole)
{
    struct progress progress = {0};

    for (bool begins = true; !progress.done; begins = false)
        assert_int_equal(step(whole, begins, &progress), OK);
    return progress;
}

/* How many lines her own list has of looks before an entry, and since when it says it is whole. */
static unsigned lines_of(struct whole *whole, struct slice facts, uint64_t before, int64_t *ret_since_s)
{
    CLEANUP_BUFFER struct buffer payload = buffer_new(65536);
    struct whole_person patient = whole_patient(&anna);
    struct look_asked look;
    struct slice answer;

    buffer_u64(&payload, before);
    access_write(looking(&look, whole_token(whole, &patient), &anna, facts, BIT(AUDIT)), &payload);
    assert_int_equal(whole_ask(whole, PROTOCOL_EVENTS, buffer_view(&payload), &answer), OK);
    struct reader reader = reader_of(answer);
    unsigned count = reader_u16(&reader);
    for (unsigned i = 0; i < count; i++) {
        reader_u64(&reader);
        reader_bytes(&reader, 3);
        protocol_text_read(&reader, PROTOCOL_MESSAGE_MAX);
    }
    *ret_since_s = (int64_t)reader_u64(&reader);
    assert_true(reader_done(&reader));
    return count;
}

static enum error check_entry(struct whole *whole, uint64_t leaf)
{
    CLEANUP_BUFFER struct buffer payload = buffer_new(64);

    buffer_u64(&payload, leaf);
    return whole_ask(whole, PROTOCOL_CHECK, buffer_view(&payload), NULL);
}

/* The text of the newest entry of the public log that is of this kind; empty for none. */
static struct slice told(struct whole *whole, const char *kind)
{
    CLEANUP_BUFFER struct buffer payload = buffer_new(64);
    struct slice bundle, found = SLICE("");
    uint64_t size = whole_public_entries(whole);

    assert_true(size < 256);
    buffer_byte(&payload, 1);
    buffer_byte(&payload, 255);
    buffer_u64(&payload, 0);
    buffer_u16(&payload, (uint16_t)size);
    assert_int_equal(whole_ask(whole, PROTOCOL_TILE, buffer_view(&payload), &bundle), OK);
    struct reader reader = reader_of(bundle);
    for (uint64_t i = 0; i < size; i++) {
        uint16_t length = reader_u16(&reader);
        struct slice entry = reader_bytes(&reader, length);
        if (slice_search(entry, slice_from_string(kind)) != SIZE_MAX)
            found = arena_copy(whole->arena, entry);
    }
    return found;
}

static void after_the_term_looks_are_gone_and_the_list_says_so(void **state)
{
    struct whole whole;
    int64_t since;

    (void)state;
    kept_open(&whole, TERM);
    struct slice facts = whole_register(&whole, &anna);
    uint64_t old = looks(&whole, facts, 40);
    assert_true(told(&whole, "\"log.retention\"").length > 0);
    world_advance(&whole.world, (TERM + 2) * YEAR_NS);
    uint64_t young = looks(&whole, facts, 12);
    assert_int_equal(lines_of(&whole, facts, old + 1, &since), 41); /* registered, and looked at */
    assert_int_equal(since, 0);

    struct progress progress = prune(&whole);
    assert_true(progress.minimum > 20 && progress.minimum <= old + 4 * PAD);
    assert_int_equal(progress.let_go, progress.minimum);
    assert_true(progress.years > 0);
    assert_int_equal(check_entry(&whole, 5), ERROR_TERM_OVER);
    assert_int_equal(check_entry(&whole, old), ERROR_TERM_OVER); /* by its segment or by its key */
    assert_int_equal(check_entry(&whole, young), OK);
    assert_int_equal(lines_of(&whole, facts, old + 1, &since), 0);
    assert_int_equal(lines_of(&whole, facts, UINT64_MAX, &since), 12 + 3); /* the young ones, and the questions */
    assert_true(since > WHOLE_OPENED_S && since <= WHOLE_OPENED_S + (TERM + 2) * YEAR_NS / 1000000000);
    assert_true(told(&whole, "\"log.pruned\"").length > 0);
    assert_true(slice_search(told(&whole, "\"keys.destroyed\""), SLICE("\"commitment\"")) != SIZE_MAX);
    again(&whole);
    assert_int_equal(check_entry(&whole, 5), ERROR_TERM_OVER);
    looks(&whole, facts, 3);
    whole_close(&whole);
}

static void before_the_term_nothing_goes(void **state)
{
    struct whole whole;

    (void)state;
    kept_open(&whole, TERM);
    struct slice facts = whole_register(&whole, &anna);
    uint64_t old = looks(&whole, facts, 40);
    world_advance(&whole.world, (TERM - 1) * YEAR_NS);
    looks(&whole, facts, 12);
    struct progress progress = prune(&whole);
    assert_int_equal(progress.minimum, 0);
    assert_int_equal(progress.years, 0);
    assert_int_equal(check_entry(&whole, old), OK);
    assert_int_equal(told(&whole, "\"log.pruned\"").length, 0);
    whole_close(&whole);
}

static void without_a_declared_term_nothing_goes(void **state)
{
    struct whole whole;
    struct progress progress;

    (void)state;
    kept_open(&whole, 0);
    assert_int_equal(step(&whole, true, &progress), ERROR_VALUE);
    assert_int_equal(told(&whole, "\"log.retention\"").length, 0);
    whole.cadence.retention_years = 1;
    whole_reopen(&whole); /* a setting that was not told in public yet is no term */
    assert_int_equal(step(&whole, true, &progress), ERROR_VALUE);
    assert_int_equal(safe_begin(whole.safe), OK);
    assert_int_equal(step(&whole, true, &progress), OK);
    assert_true(slice_search(told(&whole, "\"log.retention\""), SLICE("\"years\":1,")) != SIZE_MAX);
    uint64_t size = whole_public_entries(&whole);
    again(&whole); /* told once */
    assert_int_equal(whole_public_entries(&whole), size);
    whole_close(&whole);
}

/* The node as it lies there, beside the one that goes on. */
static void copy_node(const struct whole *whole, struct whole *copy)
{
    static unsigned copies;
    char command[512];

    *copy = *whole;
    copy->safe = NULL;
    copy->arena = arena_new(64u << 20);
    copy->answer = buffer_new(2u * PROTOCOL_MESSAGE_MAX);
    char *slash = strrchr(copy->directory, '/') + 1;
    snprintf(slash, 16, "copy%u", copies++ % 10000);
    snprintf(command, sizeof command, "cp -a %s %s", whole->directory, copy->directory);
    assert_int_equal(system(command), 0);
}

/* The machine stops after each step in turn; what comes up opens, keeps what is young, and can finish. */
static void a_stop_after_any_step_is_taken_up_again(void **state)
{
    struct whole whole;
    unsigned steps = 0;
    struct progress progress = {0};

    (void)state;
    kept_open(&whole, TERM);
    struct slice facts = whole_register(&whole, &anna);
    looks(&whole, facts, 40);
    world_advance(&whole.world, (TERM + 2) * YEAR_NS);
    uint64_t young = looks(&whole, facts, 12);
    for (bool begins = true; !progress.done; begins = false, steps++) {
        struct whole stopped;
        copy_node(&whole, &stopped);
        again(&stopped);
        assert_int_equal(check_entry(&stopped, young), OK);
        struct progress finished = prune(&stopped);
        assert_true(finished.minimum > 20);
        assert_int_equal(check_entry(&stopped, young), OK);
        assert_int_equal(check_entry(&stopped, 5), ERROR_TERM_OVER);
        whole_close(&stopped);
        assert_int_equal(step(&whole, begins, &progress), OK);
    }
    assert_true(steps > 4);
    whole_close(&whole);
}

static void a_claim_that_the_public_log_does_not_know_opens_no_safe(void **state)
{
    CLEANUP_BUFFER struct buffer forged = buffer_new(4096);
    struct whole whole;
    struct fault fault = {0};
    struct slice mark;

    (void)state;
    kept_open(&whole, TERM);
    struct slice facts = whole_register(&whole, &anna);
    looks(&whole, facts, 40);
    world_advance(&whole.world, (TERM + 2) * YEAR_NS);
    looks(&whole, facts, 12);
    prune(&whole);
    safe_close(whole.safe);
    whole.safe = NULL;
    struct node_path path = node_path(whole.directory, "log/access.pruned");
    const char *kept = path.text;
    struct safe_options options = {.directory = whole.directory, .world = &whole.world, .cadence = whole.cadence};
    assert_int_equal(file_read(whole.arena, kept, 4096, &mark, NULL), OK);
    assert_int_equal(unlink(kept), 0);
    assert_int_equal(safe_open(&options, &whole.safe, &fault), ERROR_CORRUPT); /* entries are missing */
    buffer_slice(&forged, mark);
    size_t at = slice_search(mark, SLICE("\"minimum\":")) + 10;
    forged.data[at] = forged.data[at] == '9' ? '8' : (char)(forged.data[at] + 1);
    assert_int_equal(file_replace(kept, buffer_view(&forged), 0600), OK);
    assert_int_equal(safe_open(&options, &whole.safe, &fault), ERROR_CORRUPT);
    assert_int_equal(file_replace(kept, mark, 0600), OK);
    assert_int_equal(safe_open(&options, &whole.safe, &fault), OK);
    whole_close(&whole);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(after_the_term_looks_are_gone_and_the_list_says_so),
        cmocka_unit_test(before_the_term_nothing_goes),
        cmocka_unit_test(without_a_declared_term_nothing_goes),
        cmocka_unit_test(a_stop_after_any_step_is_taken_up_again),
        cmocka_unit_test(a_claim_that_the_public_log_does_not_know_opens_no_safe),
    };
    return cmocka_run_group_tests(tests, whole_template_make, whole_template_remove);
}
