/* SPDX-License-Identifier: Apache-2.0 */

/* hospitium tck DIR [--csv FILE] */

#define _GNU_SOURCE
#include <fnmatch.h>
#include <fts.h>
#include <stdio.h>
#include <string.h>

#include "base/world.h"
#include "command.h"
#include "tck.h"

#define MEMORY_MAX ((size_t)512 << 20)

#define LEVELS_MAX 10

struct tally {
    FILE *csv; /* NULL: none */
    int64_t now_ms;
    size_t passed, failed;
    struct level {
        size_t cases, passed;
        size_t values, values_passed; /* of cases that expect something other than null */
    } level[LEVELS_MAX];
};

/* The digit behind `compliance-level-` in the path; 0 without one. */
static struct level *level_of(struct tally *tally, const char *path)
{
    static const char mark[] = "compliance-level-";
    const char *found = strstr(path, mark);
    char digit = found ? found[sizeof mark - 1] : '0';

    return &tally->level[digit >= '0' && digit <= '9' ? digit - '0' : 0];
}

static void write_quoted(FILE *into, struct slice text)
{
    fputc('"', into);
    for (size_t i = 0; i < text.length; i++) {
        if (text.data[i] == '"')
            fputc('"', into);
        fputc(text.data[i] == '\n' ? ' ' : text.data[i], into);
    }
    fputc('"', into);
}

/* The kit's own columns: folder, file, case, verdict, remark. */
static void write_csv(const struct tally *tally, const FTSENT *entry, const struct tck_case *one)
{
    struct slice column[] = {slice_from_string(entry->fts_parent->fts_name), slice_from_string(entry->fts_name),
                             one->id, one->passed ? SLICE("SUCCESS") : SLICE("ERROR"), one->reason};

    for (size_t i = 0; tally->csv && i < sizeof column / sizeof column[0]; i++) {
        if (i > 0)
            fputc(',', tally->csv);
        write_quoted(tally->csv, column[i]);
    }
    if (tally->csv)
        fputc('\n', tally->csv);
}

static void count_case(struct tally *tally, struct level *level, const struct tck_case *one)
{
    tally->passed += one->passed;
    tally->failed += !one->passed;
    level->cases++;
    level->passed += one->passed;
    level->values += one->expects_value;
    level->values_passed += one->expects_value && one->passed;
}

static void run_file(struct tally *tally, const FTSENT *entry)
{
    CLEANUP_ARENA struct arena *arena = arena_new(MEMORY_MAX);
    struct level *level = level_of(tally, entry->fts_path);
    struct fault fault = {0};
    struct tck_file file;
    enum error error = arena ? tck_run(arena, entry->fts_accpath, tally->now_ms, &file, &fault) : ERROR_MEMORY;

    if (error != OK) {
        command_fail("tck", error, &fault);
        tally->failed++;
        level->cases++;
        return;
    }
    for (size_t i = 0; i < file.count; i++) {
        const struct tck_case *one = &file.cases[i];
        count_case(tally, level, one);
        write_csv(tally, entry, one);
        if (!one->passed)
            printf("failed %s %.*s: %.*s\n", entry->fts_name, SLICE_PRINT(one->id), SLICE_PRINT(one->reason));
    }
}

static void print_levels(const struct tally *tally)
{
    for (size_t i = 0; i < LEVELS_MAX; i++) {
        const struct level *level = &tally->level[i];
        if (level->cases > 0)
            printf("level %zu: %zu of %zu passed; of %zu that expect something other than null: %zu\n", i,
                   level->passed, level->cases, level->values, level->values_passed);
    }
}

static int by_name(const FTSENT **a, const FTSENT **b)
{
    return strcmp((*a)->fts_name, (*b)->fts_name);
}

static int run_folder(struct tally *tally, char *folder)
{
    char *paths[] = {folder, NULL};
    FTS *walk = fts_open(paths, FTS_PHYSICAL | FTS_NOCHDIR, by_name);

    if (!walk)
        return command_fail("tck", ERROR_FILE_MISSING, NULL);
    for (FTSENT *entry; (entry = fts_read(walk));)
        if (entry->fts_info == FTS_F && fnmatch("*-test-*.xml", entry->fts_name, 0) == 0)
            run_file(tally, entry);
    fts_close(walk);
    if (tally->passed + tally->failed == 0)
        return command_fail("tck", ERROR_FILE_MISSING,
                            &(struct fault){.detail = "There is no test case below the folder."});
    print_levels(tally);
    printf("%zu passed, %zu failed\n", tally->passed, tally->failed);
    return tally->failed ? EXIT_NO : EXIT_DONE;
}

int command_tck(int argc, char **argv)
{
    struct world world = world_real();
    struct tally tally = {.now_ms = world.now_ns(&world) / 1000000};
    bool with_csv = argc == 4 && strcmp(argv[2], "--csv") == 0;

    if (argc != 2 && !with_csv) {
        fprintf(stderr,
                "usage: hospitium tck DIR [--csv FILE]\nRuns the test cases of the DMN conformance kit below DIR.\n");
        return EXIT_USAGE;
    }
    if (with_csv && !(tally.csv = fopen(argv[3], "we")))
        return command_fail("tck", ERROR_IO, NULL);
    int code = run_folder(&tally, argv[1]);
    if (tally.csv && fclose(tally.csv) != 0)
        return command_fail("tck", ERROR_IO, NULL);
    return code;
}
