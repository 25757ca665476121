/* SPDX-License-Identifier: Apache-2.0 */

/* Proves promises 2, 5 and 9 for the node as a whole: whatever the disk does at whatever operation of the whole story,
 * a node that is opened again holds everything that was confirmed, has an entry for everything that was shown, and has
 * nothing by half. HOSPITIUM_CRASH=all takes every point; else a choice, decided by HOSPITIUM_CRASH_SEED. */

#define _GNU_SOURCE
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "disk.h"
#include "image.h"
#include "points.h"
#include "story.h"

#define SCATTERINGS 3 /* chances a point */
#define CUTS_A_POINT (CUT_KINDS - 1 + SCATTERINGS)

struct mark {
    size_t operations;
    struct story story;
};

/* One chapter as it was told on a good disk. */
struct chapter {
    unsigned number;
    struct image *before;
    struct story story_before;
    struct mark mark[STORY_STEPS_MAX]; /* by step */
    struct disk_operation *operation;
    size_t operations;
};

#define TALES_MAX 8

/* A story as it was told on a good disk. */
struct told {
    const struct tale *tale;
    char node[96];
    struct chapter chapter[STORY_CHAPTERS_MAX];
};

static struct {
    char directory[64], work[96];
    struct story *story; /* of whoever tells one, also in a child */
    const struct told *now;
} crash;
static struct told stories[TALES_MAX];

/* ---- the good day ---- */

static void remember_mark(void *context, size_t step)
{
    struct chapter *chapter = context;

    chapter->mark[step] = (struct mark){disk_count(), *crash.story};
}

/* What is kept must outlive the next chapter's watching. */
static void keep_operations(struct chapter *chapter)
{
    struct disk_operation *kept = calloc(chapter->operations + 1, sizeof *kept);

    for (size_t i = 0; i < chapter->operations; i++) {
        kept[i] = *disk_operation(i);
        if (kept[i].data) {
            kept[i].data = malloc(kept[i].length + 1);
            memcpy(kept[i].data, disk_operation(i)->data, kept[i].length);
        }
    }
    chapter->operation = kept;
}

static void tell_on_a_good_disk(struct told *told, unsigned number)
{
    struct chapter *chapter = &told->chapter[number];
    const struct tale *tale = told->tale;

    chapter->number = number;
    disk_watch(told->node, true);
    chapter->before = image_read(told->node);
    chapter->story_before = *crash.story;
    enum error error = story_tell(tale, told->node, number, crash.story, false, remember_mark, chapter);
    disk_rest();
    if (error != OK)
        fail_msg("%s, chapter %u: %s", tale->name, number, error_entry(error)->name);
    for (size_t i = story_first(tale, number); i < story_first(tale, number + 1); i++)
        if (!crash.story->confirmed[i])
            fail_msg("%s: %s", tale->step[i].name,
                     crash.story->error[i] < ERROR_COUNT ? error_entry(crash.story->error[i])->name : "wrong");
    chapter->operations = disk_count();
    keep_operations(chapter);
}

/* HOSPITIUM_CRASH_STORY names one that is told alone. */
static bool is_wanted(const struct tale *tale)
{
    const char *wanted = getenv("HOSPITIUM_CRASH_STORY");

    return !wanted || strcmp(wanted, tale->name) == 0;
}

static int tell(size_t number)
{
    struct told *told = &stories[number];
    char command[400];

    told->tale = tales[number];
    snprintf(told->node, sizeof told->node, "%s/node%zu", crash.directory, number);
    snprintf(command, sizeof command,
             "mkdir %s && cd %s/node && cp -aL node settings rules %s && cd %s && rm -rf keys log vault", told->node,
             whole_template_directory(), told->node, told->node);
    if (system(command) != 0)
        return -1;
    *crash.story = (struct story){0};
    for (unsigned chapter = 0; chapter < told->tale->chapters; chapter++)
        tell_on_a_good_disk(told, chapter);
    return 0;
}

static int tell_all(void **state)
{
    if (whole_template_make(state) != 0)
        return -1;
    snprintf(crash.directory, sizeof crash.directory, "%s/hospitium-crash-XXXXXX", points_directory());
    if (!mkdtemp(crash.directory))
        return -1;
    snprintf(crash.work, sizeof crash.work, "%s/work", crash.directory);
    crash.story = points_shared(sizeof *crash.story);
    for (size_t i = 0; i < tales_count; i++)
        if (is_wanted(tales[i]) && tell(i) != 0)
            return -1;
    return 0;
}

static int remove_all(void **state)
{
    image_remove(crash.directory);
    return whole_template_remove(state);
}

/* ---- power cuts ---- */

/* What was confirmed when operation `count` was the last. */
static struct story story_at(const struct chapter *chapter, size_t count)
{
    struct story story = chapter->story_before;
    const struct tale *tale = crash.now->tale;
    size_t step = story_first(tale, chapter->number), end = story_first(tale, chapter->number + 1);

    while (step < end && chapter->mark[step].operations <= count)
        story = chapter->mark[step++].story;
    if (step < end)
        story.begun[step] = true;
    story.clock_s = STORY_START_S + tale->begins_s[chapter->number];
    return story;
}

struct cut {
    unsigned chapter;
    size_t operations; /* that have happened */
    enum image_cut kind;
    uint64_t seed;
};

static struct cut cut_of(size_t index)
{
    struct cut cut = {.chapter = crash.now->tale->first};
    size_t point = index / CUTS_A_POINT, variant = index % CUTS_A_POINT;

    while (point > crash.now->chapter[cut.chapter].operations)
        point -= crash.now->chapter[cut.chapter++].operations + 1;
    cut.operations = point;
    cut.kind = variant < CUT_KINDS ? (enum image_cut)variant : CUT_SCATTERED;
    cut.seed = points_seed() * 1000003 + index;
    return cut;
}

static size_t cuts_in_all(void)
{
    size_t count = 0;

    for (size_t i = crash.now->tale->first; i < crash.now->tale->chapters; i++)
        count += crash.now->chapter[i].operations + 1;
    return count * CUTS_A_POINT;
}

static void name_cut(void *context, size_t index, char name[200])
{
    struct cut cut = cut_of(index);
    static const struct disk_operation none;
    const struct disk_operation *last = cut.operations ? &crash.now->chapter[cut.chapter].operation[cut.operations - 1]
                                                       : &none;

    (void)context;
    snprintf(name, 200, "%s, chapter %u, cut after operation %zu (%s %.80s), %s", crash.now->tale->name, cut.chapter,
             cut.operations, disk_word(last->kind), last->name, image_cut_word(cut.kind));
}

/* Points come in order, so that each child tells the chapter once. */
static const struct image *image_at(const struct cut *cut)
{
    static const struct chapter *chapter;
    static size_t told;

    if (chapter != &crash.now->chapter[cut->chapter] || told > cut->operations) {
        chapter = &crash.now->chapter[cut->chapter];
        told = 0;
    }
    while (told < cut->operations)
        image_tell(chapter->before, &chapter->operation[told++]);
    return chapter->before;
}

static bool run_cut(void *context, size_t index, char why[256])
{
    struct cut cut = cut_of(index);
    struct story story = story_at(&crash.now->chapter[cut.chapter], cut.operations);

    (void)context;
    image_write(image_at(&cut), cut.kind, cut.seed, crash.work);
    bool survived = story_survived(crash.now->tale, crash.work, &story, false, why);
    image_remove(crash.work);
    return survived;
}

/* The next story that was told. */
static bool next_tale(void)
{
    crash.now = crash.now ? crash.now + 1 : stories;
    while (crash.now < stories + tales_count && !crash.now->tale)
        crash.now++;
    if (crash.now < stories + tales_count)
        return true;
    crash.now = NULL;
    return false;
}

static size_t run_points(const struct points *points, const char *what)
{
    size_t ran, failed = points_run(points, &ran);

    print_message("%s: %zu %s of %zu, %zu failed\n", crash.now->tale->name, ran, what, points->count, failed);
    return failed;
}

static void a_power_cut_at_any_operation_of_a_story_loses_nothing_confirmed(void **state)
{
    size_t failed = 0;

    (void)state;
    while (next_tale()) {
        size_t taken = points_many(crash.now->tale->points.cuts);
        struct points points = {cuts_in_all(), taken, points_seed(), run_cut, name_cut, NULL};
        failed += run_points(&points, "power cuts");
    }
    assert_int_equal(failed, 0);
}

/* ---- failing operations ---- */

struct failure_kind {
    const char *name;
    enum disk_fault_kind kind;
    int error;
};
static const struct failure_kind failure_kind[] = {
    {"fails once with EIO", FAULT_ONCE, EIO},          {"fails once with ENOSPC", FAULT_ONCE, ENOSPC},
    {"fails for ever with EIO", FAULT_FOR_EVER, EIO},  {"fails for ever with ENOSPC", FAULT_FOR_EVER, ENOSPC},
    {"is written by half", FAULT_SHORT_WRITE, ENOSPC},
};
#define FAILURE_KINDS (sizeof failure_kind / sizeof *failure_kind)

struct failing {
    const struct chapter *chapter;
    const struct disk_operation *operation;
    size_t number;
    const struct failure_kind *kind;
};

static struct failing failing_of(size_t index)
{
    size_t point = index / FAILURE_KINDS;
    const struct chapter *chapter = &crash.now->chapter[crash.now->tale->first];

    while (point >= chapter->operations)
        point -= chapter++->operations;
    return (struct failing){chapter, &chapter->operation[point], point, &failure_kind[index % FAILURE_KINDS]};
}

static size_t failures_in_all(void)
{
    size_t count = 0;

    for (size_t i = crash.now->tale->first; i < crash.now->tale->chapters; i++)
        count += crash.now->chapter[i].operations;
    return count * FAILURE_KINDS;
}

static void name_failure(void *context, size_t index, char name[200])
{
    struct failing failing = failing_of(index);

    (void)context;
    snprintf(name, 200, "%s, chapter %u, operation %zu (%s %.80s) %s", crash.now->tale->name, failing.chapter->number,
             failing.number + 1, disk_word(failing.operation->kind), failing.operation->name, failing.kind->name);
}

/* Named by its place among the operations on its own file, which no other thread's work moves. */
static struct disk_fault fault_of(const struct failing *failing)
{
    struct disk_fault fault = {.kind = failing->kind->kind, .error = failing->kind->error, .count = 1};

    snprintf(fault.name, sizeof fault.name, "%s", failing->operation->name);
    for (size_t i = 0; i < failing->number; i++)
        fault.count += strcmp(failing->chapter->operation[i].name, fault.name) == 0;
    return fault;
}

static void tell_on_a_bad_disk(void *context)
{
    struct failing *failing = context;
    struct disk_fault fault = fault_of(failing);

    disk_watch(crash.work, false);
    disk_fail(&fault);
    (void)!story_tell(crash.now->tale, crash.work, failing->chapter->number, crash.story, fault.kind != FAULT_FOR_EVER,
                      NULL, NULL);
}

/* Has anything been written to the file since it was last synced? Closing a store syncs what every commit has synced. */
static bool syncs_something(const struct failing *failing)
{
    const struct disk_operation *operation = failing->chapter->operation;

    for (size_t i = failing->number; i-- > 0;)
        if (strcmp(operation[i].name, failing->operation->name) == 0)
            return operation[i].kind != DISK_SYNC;
    return false;
}

static bool must_abort(const struct failing *failing)
{
    const char *name = failing->operation->name;

    if (failing->operation->kind != DISK_SYNC || failing->kind->kind == FAULT_SHORT_WRITE ||
        (failing->kind->kind == FAULT_FOR_EVER && failing->kind->error == ENOSPC) || !syncs_something(failing))
        return false;
    return strstr(name, "/journal/") || strcmp(name, "vault/vault.db-wal") == 0 ||
           strcmp(name, "keys/keys.db-wal") == 0;
}

static bool ended_well(const struct failing *failing, int status, char why[256])
{
    const struct tale *tale = crash.now->tale;
    unsigned chapter = failing->chapter->number;
    bool aborted = WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT;
    bool sync = failing->operation->kind == DISK_SYNC || failing->operation->kind == DISK_SYNC_FOLDER;

    if (status != 0 && !(aborted && (sync || failing->kind->kind == FAULT_FOR_EVER)))
        snprintf(why, 256, "the process ended with status %d", status);
    else if (must_abort(failing) && !aborted)
        snprintf(why, 256, "the process went on after a failed sync");
    else if (status == 0 && failing->kind->kind != FAULT_FOR_EVER && crash.story->confirmed[0])
        for (size_t i = story_first(tale, chapter); i < story_first(tale, chapter + 1); i++)
            if (!crash.story->confirmed[i] && !tale->step[i].once)
                snprintf(why, 256, "%s: tried again on a good disk, and still %s", tale->step[i].name,
                         crash.story->error[i] < ERROR_COUNT ? error_entry(crash.story->error[i])->name : "wrong");
    return why[0] == '\0';
}

static bool run_failure(void *context, size_t index, char why[256])
{
    struct failing failing = failing_of(index);

    (void)context;
    if (failing.kind->kind == FAULT_SHORT_WRITE && failing.operation->kind != DISK_WRITE)
        return true;
    *crash.story = failing.chapter->story_before;
    image_write(failing.chapter->before, CUT_KILLED, 0, crash.work);
    bool well = ended_well(&failing, points_fork(tell_on_a_bad_disk, &failing), why);
    well = well && story_survived(crash.now->tale, crash.work, crash.story, false, why);
    image_remove(crash.work);
    return well;
}

static void a_failing_operation_is_an_error_or_the_end_but_never_a_lie(void **state)
{
    size_t failed = 0;

    (void)state;
    while (next_tale()) {
        size_t taken = points_many(crash.now->tale->points.failures);
        struct points points = {failures_in_all(), taken, points_seed(), run_failure, name_failure, NULL};
        failed += run_points(&points, "failing operations");
    }
    assert_int_equal(failed, 0);
}

/* ---- flips at rest ---- */

/* Before the last chapter: nobody has panicked. */
#define FLIPPED (&crash.now->chapter[crash.now->tale->chapters - 1])
#define MASKS 3
static const unsigned char mask[MASKS] = {0x01, 0x80, 0xff};

static void name_flip(void *context, size_t index, char name[200])
{
    const size_t *file = context;

    snprintf(name, 200, "%s, byte %zu of %.80s xor 0x%02x", crash.now->tale->name, index / MASKS,
             image_name(FLIPPED->before, *file), mask[index % MASKS]);
}

static bool run_flip(void *context, size_t index, char why[256])
{
    const size_t *file = context;

    image_flip(FLIPPED->before, *file, index / MASKS, mask[index % MASKS]);
    image_write(FLIPPED->before, CUT_KILLED, 0, crash.work);
    bool survived = story_survived(crash.now->tale, crash.work, &FLIPPED->story_before, true, why);
    image_remove(crash.work);
    image_flip(FLIPPED->before, *file, index / MASKS, mask[index % MASKS]);
    return survived;
}

/* The logs are flipped byte by byte in damage_test.c, and nobody reads the copy here. */
static bool is_flipped_here(const char *name)
{
    static const char *const elsewhere[] = {"copy", "log/access/", "log/public/"};

    for (size_t i = 0; i < sizeof elsewhere / sizeof *elsewhere; i++)
        if (strncmp(name, elsewhere[i], strlen(elsewhere[i])) == 0)
            return false;
    return true;
}

static size_t flip_all_files(size_t *all)
{
    size_t failed = 0;

    for (size_t i = 0; i < image_files(FLIPPED->before); i++) {
        struct points points = {MASKS * image_length(FLIPPED->before, i),
                                points_many(crash.now->tale->points.flips),
                                points_seed(),
                                run_flip,
                                name_flip,
                                &i};
        size_t ran;
        if (!is_flipped_here(image_name(FLIPPED->before, i)) || points.count == 0 || points.taken == 0)
            continue;
        failed += points_run(&points, &ran);
        print_message("%s: %zu flips of %zu\n", image_name(FLIPPED->before, i), ran, points.count);
        *all += ran;
    }
    return failed;
}

static void a_flipped_byte_is_an_error_or_changes_no_answer(void **state)
{
    size_t failed = 0, all = 0;

    (void)state;
    while (next_tale())
        failed += flip_all_files(&all);
    print_message("%zu flips at rest, %zu failed\n", all, failed);
    assert_int_equal(failed, 0);
}

int main(int argc, char **argv)
{
    if (argc > 1)
        cmocka_set_test_filter(argv[1]);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_power_cut_at_any_operation_of_a_story_loses_nothing_confirmed),
        cmocka_unit_test(a_failing_operation_is_an_error_or_the_end_but_never_a_lie),
        cmocka_unit_test(a_flipped_byte_is_an_error_or_changes_no_answer),
    };
    return cmocka_run_group_tests(tests, tell_all, remove_all);
}
