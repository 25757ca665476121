/* SPDX-License-Identifier: Apache-2.0 */

/* hospitium tck DIR [--csv FILE] */

#define _GNU_SOURCE
#include <fnmatch.h>
#include <fts.h>
#include <stdio.h>
#include <string.h>

#include "command.h"
#include "tck.h"

#define MEMORY_MAX ((size_t)512 << 20)

struct tally {
    FILE *csv; /* NULL: none */
    size_t passed, failed;
};

/* The kit's own columns: folder, file, case, verdict, remark. */
static void write_csv(const struct tally *tally, const FTSENT *entry, const struct tck_case *one)
{
    if (tally->csv)
        fprintf(tally->csv, "\"%s\",\"%s\",\"%.*s\",\"%s\",\"%s\"\n", entry->fts_parent->fts_name, entry->fts_name,
                SLICE_PRINT(one->id), one->passed ? "SUCCESS" : "ERROR", one->passed ? "" : one->reason);
}

static void run_file(struct tally *tally, const FTSENT *entry)
{
    CLEANUP_ARENA struct arena *arena = arena_new(MEMORY_MAX);
    struct fault fault = {0};
    struct tck_file file;
    enum error error = arena ? tck_run(arena, entry->fts_accpath, &file, &fault) : ERROR_MEMORY;

    if (error != OK) {
        command_fail("tck", error, &fault);
        tally->failed++;
        return;
    }
    for (size_t i = 0; i < file.count; i++) {
        const struct tck_case *one = &file.cases[i];
        tally->passed += one->passed;
        tally->failed += !one->passed;
        write_csv(tally, entry, one);
        if (!one->passed)
            printf("failed %s %.*s: %s\n", entry->fts_name, SLICE_PRINT(one->id), one->reason);
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
    printf("%zu passed, %zu failed\n", tally->passed, tally->failed);
    return tally->failed ? EXIT_NO : EXIT_DONE;
}

int command_tck(int argc, char **argv)
{
    struct tally tally = {0};
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
