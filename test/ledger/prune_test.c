/* SPDX-License-Identifier: Apache-2.0 */

/* Proves that old entries can be let go and the log stays what it was: newer entries are read and proved, older trees
 * are still continued, a stop after any step leaves a log that opens, and who finds entries missing without a
 * declaration, or another log than the declared one, says so. */

#include "fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "ledger/verify.h"

#define SECOND INT64_C(1000000000)
#define OLD 1500   /* entries of the first hour */
#define WHOLE 4000 /* and of a later one */

/* A log of two hours in small segments, so that about as many segments are old as are not. */
static struct ledger *two_hours(struct fixture *fixture)
{
    fixture_make(fixture);
    fixture->settings.segment_bytes = 20000;
    struct ledger *ledger = fixture_create(fixture);
    append_until(ledger, OLD, 50);
    world_advance(&fixture->world, 3600 * SECOND);
    append_until(ledger, WHOLE, 50);
    assert_int_equal(ledger_publish(ledger), OK);
    return ledger;
}

static int64_t half_an_hour_ago(struct fixture *fixture)
{
    return fixture->world.now_ns(&fixture->world) - 1800 * SECOND;
}

static uint64_t prunable(struct fixture *fixture, struct ledger *ledger)
{
    uint64_t minimum;

    assert_int_equal(ledger_prunable(ledger, half_an_hour_ago(fixture), &minimum), OK);
    return minimum;
}

static void prepare(struct ledger *ledger, uint64_t minimum)
{
    struct ledger_pruning pruning = {0};

    for (bool done = false; !done;)
        assert_int_equal(ledger_prune_prepare(ledger, minimum, &pruning, &done), OK);
}

static void prune(struct ledger *ledger, uint64_t minimum)
{
    struct ledger_pruning pruning = {0};

    for (bool done = false; !done;)
        assert_int_equal(ledger_prune(ledger, minimum, &pruning, &done), OK);
}

/* All steps; what would be declared. */
static struct ledger_pruned let_go(struct fixture *fixture, struct ledger *ledger)
{
    struct ledger_pruned pruned = {prunable(fixture, ledger), ledger_head(ledger)};

    assert_true(pruned.minimum > OLD / 2 && pruned.minimum <= OLD);
    prepare(ledger, pruned.minimum);
    prune(ledger, pruned.minimum);
    fixture->settings.pruned = pruned;
    return pruned;
}

static struct ledger *opened(struct fixture *fixture, enum error expected)
{
    struct ledger *ledger = NULL;
    struct fault fault = {0};

    assert_int_equal(ledger_open(fixture->log, &fixture->settings, &ledger, NULL, &fault), expected);
    return ledger;
}

static void print_fault(void *context, const struct verify_fault *fault)
{
    (void)context;
    print_message("%s, entry %llu: %s\n", fault->file, (unsigned long long)fault->index, fault->what);
}

static enum error verified(struct fixture *fixture, const struct ledger_pruned *pruned)
{
    struct verify_summary summary;
    verify_report *report = pruned->minimum > 0 ? print_fault : NULL;

    return ledger_verify_pruned(fixture->log, &fixture->key, slice_of("", 0), pruned, report, NULL, &summary);
}

/* What is kept is as it was, and what is gone says so. */
static void assert_kept(struct fixture *fixture, struct ledger *ledger, uint64_t minimum)
{
    struct tree_head head = ledger_head(ledger);
    struct tree_proof proof;
    struct slice leaf, sealed;

    assert_int_equal(ledger_minimum(ledger), minimum);
    for (uint64_t index = minimum > 40 ? minimum - 40 : 0; index < head.size; index += 13) {
        arena_reset(fixture->arena);
        enum error error = ledger_read(ledger, index, fixture->arena, &leaf, &sealed);
        assert_int_equal(error, index < minimum ? ERROR_TERM_OVER : OK);
        if (error != OK)
            continue;
        struct hash hash = tree_hash_leaf(sample_entry(index).leaf);
        assert_true(slice_equal(leaf, sample_entry(index).leaf));
        assert_int_equal(ledger_inclusion(ledger, index, head.size, &proof), OK);
        assert_int_equal(tree_verify_inclusion(&head, index, &hash, tree_proof_path(&proof)), OK);
    }
}

static void newer_entries_are_read_and_proved_and_older_trees_continued(void **state)
{
    struct fixture fixture;
    struct tree_proof proof;

    (void)state;
    struct ledger *ledger = two_hours(&fixture);
    struct ledger_pruned pruned = let_go(&fixture, ledger);
    assert_kept(&fixture, ledger, pruned.minimum);
    ledger_close(ledger);
    ledger = opened(&fixture, OK);
    assert_kept(&fixture, ledger, pruned.minimum);
    append_until(ledger, WHOLE + 600, 50);
    struct tree_head head = ledger_head(ledger);
    assert_int_equal(ledger_consistency(ledger, pruned.head.size, head.size, &proof), OK);
    assert_int_equal(tree_verify_consistency(&pruned.head, &head, tree_proof_path(&proof)), OK);
    assert_int_equal(ledger_consistency(ledger, 700, head.size, &proof), OK); /* of before the minimum: tiles stay */
    ledger_close(ledger);
    assert_int_equal(verified(&fixture, &pruned), OK);
    fixture_remove(&fixture);
}

static void a_log_is_pruned_again_when_more_has_become_old(void **state)
{
    struct fixture fixture;

    (void)state;
    struct ledger *ledger = two_hours(&fixture);
    struct ledger_pruned first = let_go(&fixture, ledger);
    world_advance(&fixture.world, 7200 * SECOND);
    append_until(ledger, WHOLE + 1000, 50);
    assert_int_equal(ledger_publish(ledger), OK);
    struct ledger_pruned second = {prunable(&fixture, ledger), ledger_head(ledger)};
    assert_true(second.minimum > first.minimum + 1000);
    prepare(ledger, second.minimum);
    prune(ledger, second.minimum);
    ledger_close(ledger);
    assert_int_equal(verified(&fixture, &first), ERROR_CORRUPT); /* more is gone than that */
    assert_int_equal(verified(&fixture, &second), OK);
    fixture.settings.pruned = second;
    ledger = opened(&fixture, OK);
    assert_kept(&fixture, ledger, second.minimum);
    ledger_close(ledger);
    fixture_remove(&fixture);
}

static void without_a_declaration_nothing_may_be_missing(void **state)
{
    static const struct ledger_pruned nothing;
    struct fixture fixture;

    (void)state;
    struct ledger *ledger = two_hours(&fixture);
    struct ledger_pruned pruned = let_go(&fixture, ledger), less = pruned;
    ledger_close(ledger);
    fixture.settings.pruned = nothing;
    assert_null(opened(&fixture, ERROR_CORRUPT));
    less.minimum--;
    fixture.settings.pruned = less;
    assert_null(opened(&fixture, ERROR_CORRUPT));
    assert_int_equal(verified(&fixture, &nothing), ERROR_CORRUPT);
    assert_int_equal(verified(&fixture, &less), ERROR_CORRUPT);
    less = pruned;
    less.head.root.byte[0] ^= 1; /* the declaration of another log */
    assert_int_equal(verified(&fixture, &less), ERROR_CORRUPT);
    assert_int_equal(verified(&fixture, &pruned), OK);
    fixture_remove(&fixture);
}

static void copy_log(struct fixture *fixture, struct fixture *copy)
{
    char command[512];

    *copy = *fixture;
    snprintf(copy->log, sizeof copy->log, "%s/copy", fixture->directory);
    snprintf(command, sizeof command, "rm -rf %s && cp -a %s %s", copy->log, fixture->log, copy->log);
    assert_int_equal(system(command), 0);
}

/* A machine that stops between any two steps: prepared, declared, and after each segment and each lot of bundles. */
static void a_stop_after_any_step_leaves_a_log_that_opens(void **state)
{
    struct fixture fixture, copy;
    struct ledger_pruning pruning = {0};
    unsigned steps = 0;

    (void)state;
    struct ledger *ledger = two_hours(&fixture);
    uint64_t minimum = prunable(&fixture, ledger);
    prepare(ledger, minimum);
    copy_log(&fixture, &copy);
    struct ledger *survivor = opened(&copy, OK); /* not declared: whole as before */
    assert_holds_samples(survivor, WHOLE);
    ledger_close(survivor);
    struct ledger_pruned declared = {minimum, ledger_head(ledger)};
    for (bool done = false; !done; steps++) {
        copy_log(&fixture, &copy);
        copy.settings.pruned = declared;
        assert_int_equal(verified(&copy, &declared), OK); /* as it was left */
        survivor = opened(&copy, OK);
        assert_kept(&copy, survivor, minimum);
        prune(survivor, minimum);
        append_until(survivor, WHOLE + 100, 50);
        ledger_close(survivor);
        assert_int_equal(verified(&copy, &declared), OK);
        assert_int_equal(ledger_prune(ledger, minimum, &pruning, &done), OK);
    }
    assert_true(steps > 5);
    ledger_close(ledger);
    fixture_remove(&fixture);
}

static void a_lost_checkpoint_is_no_loss_but_a_lost_tile_is_told(void **state)
{
    struct fixture fixture;

    (void)state;
    struct ledger *ledger = two_hours(&fixture);
    struct ledger_pruned pruned = let_go(&fixture, ledger);
    ledger_close(ledger);
    assert_int_equal(unlink(fixture_path(&fixture, "checkpoint")), 0);
    ledger = opened(&fixture, OK);
    assert_kept(&fixture, ledger, pruned.minimum);
    ledger_close(ledger);
    assert_int_equal(verified(&fixture, &pruned), OK);
    struct slice tile = read_whole(&fixture, fixture_path(&fixture, "tile/0/001"));
    ((char *)(uintptr_t)tile.data)[77] ^= 1;
    write_whole(fixture_path(&fixture, "tile/0/001"), tile);
    assert_int_equal(verified(&fixture, &pruned), ERROR_CORRUPT);
    assert_null(opened(&fixture, ERROR_CORRUPT));
    fixture_remove(&fixture);
}

static void what_no_checkpoint_covers_and_what_is_young_stays(void **state)
{
    struct fixture fixture;
    uint64_t minimum;

    (void)state;
    fixture_make(&fixture);
    fixture.settings.segment_bytes = 20000;
    fixture.settings.on_demand = true;
    struct ledger *ledger = fixture_create(&fixture);
    append_until(ledger, OLD, 50);
    world_advance(&fixture.world, 3600 * SECOND);
    append_until(ledger, OLD + 100, 50);
    assert_int_equal(prunable(&fixture, ledger), 0); /* nothing is published */
    assert_int_equal(ledger_publish(ledger), OK);
    assert_true(prunable(&fixture, ledger) > 0);
    assert_int_equal(ledger_prunable(ledger, INT64_MIN, &minimum), OK);
    assert_int_equal(minimum, 0);
    assert_int_equal(ledger_prunable(ledger, INT64_MAX, &minimum), OK); /* all is old: the last segment stays */
    assert_true(minimum < OLD + 100);
    ledger_close(ledger);
    fixture_remove(&fixture);
}

static void an_entry_of_an_open_log_is_read_from_its_bundles(void **state)
{
    struct fixture fixture;
    struct slice entry;

    (void)state;
    struct ledger *ledger = two_hours(&fixture);
    ledger_close(ledger);
    static const uint64_t indexes[] = {0, 255, 256, 3839, 3840, WHOLE - 1};
    for (size_t i = 0; i < sizeof indexes / sizeof *indexes; i++) {
        assert_int_equal(ledger_verify_entry(fixture.log, indexes[i], fixture.arena, &entry), OK);
        assert_true(slice_equal(entry, sample_entry(indexes[i]).leaf));
    }
    assert_int_equal(ledger_verify_entry(fixture.log, WHOLE, fixture.arena, &entry), ERROR_NOT_FOUND);
    fixture_remove(&fixture);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(newer_entries_are_read_and_proved_and_older_trees_continued),
        cmocka_unit_test(a_log_is_pruned_again_when_more_has_become_old),
        cmocka_unit_test(without_a_declaration_nothing_may_be_missing),
        cmocka_unit_test(a_stop_after_any_step_leaves_a_log_that_opens),
        cmocka_unit_test(a_lost_checkpoint_is_no_loss_but_a_lost_tile_is_told),
        cmocka_unit_test(what_no_checkpoint_covers_and_what_is_young_stays),
        cmocka_unit_test(an_entry_of_an_open_log_is_read_from_its_bundles),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
