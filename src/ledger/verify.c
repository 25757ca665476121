/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "verify.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/file.h"
#include "checkpoint.h"
#include "verify_inside.h"

void verify_fault_at(struct verifier *verifier, const char *file, uint64_t begin, uint64_t end, uint64_t index,
                     const char *what)
{
    struct verify_fault fault = {file, begin, end, index, what};

    verifier->summary.faults++;
    if (verifier->report)
        verifier->report(verifier->context, &fault);
}

void verify_fault_file(struct verifier *verifier, const char *file, const char *what)
{
    verify_fault_at(verifier, file, 0, 0, VERIFY_NO_INDEX, what);
}

int verify_open(struct verifier *verifier, const char *file, bool count, uint64_t *ret_size)
{
    char path[PATH_MAX];
    struct stat status;

    snprintf(path, sizeof path, "%s/%s", verifier->directory, file);
    int descriptor = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    if (descriptor >= 0 && (fstat(descriptor, &status) != 0 || !S_ISREG(status.st_mode)))
        file_close(&descriptor);
    if (descriptor < 0)
        return -1;
    *ret_size = (uint64_t)status.st_size;
    if (count) {
        verifier->summary.files++;
        verifier->summary.bytes += *ret_size;
    }
    return descriptor;
}

static enum error read_checkpoint(struct verifier *verifier)
{
    char path[PATH_MAX];
    struct checkpoint checkpoint;
    struct slice note;
    CLEANUP_ARENA struct arena *arena = arena_new(2 * NOTE_BYTES_MAX);

    if (!arena)
        return ERROR_MEMORY;
    snprintf(path, sizeof path, "%s/checkpoint", verifier->directory);
    enum error error = file_read(arena, path, NOTE_BYTES_MAX, &note, NULL);
    if (error == ERROR_MEMORY)
        return error;
    if (error != OK) {
        verify_fault_file(verifier, "checkpoint", "It is missing or cannot be read.");
        return OK;
    }
    verifier->summary.files++;
    verifier->summary.bytes += note.length;
    if (checkpoint_verify(note, verifier->key, &checkpoint) != OK) {
        verify_fault_at(verifier, "checkpoint", 0, note.length, VERIFY_NO_INDEX,
                        "It is not signed by this log's key, or not a checkpoint.");
        return OK;
    }
    verifier->checkpoint.head = checkpoint.head;
    verifier->has_checkpoint = true;
    verifier->summary.checkpoint_size = checkpoint.head.size;
    return OK;
}

static void judge_checkpoint(struct verifier *verifier)
{
    if (!verifier->has_checkpoint || verifier->checkpoint.met)
        return;
    bool shorter = verifier->checkpoint.head.size > verifier->frontier.size;
    verify_fault_file(verifier, "checkpoint",
                      shorter ? "The journal has fewer entries than were signed for."
                              : "The journal's entries are not those that were signed for.");
}

static void judge_remembered(struct verifier *verifier)
{
    if (!verifier->has_remembered || verifier->remembered.met)
        return;
    bool shorter = verifier->remembered.head.size > verifier->frontier.size;
    verify_fault_file(verifier, "journal",
                      shorter ? "The log is shorter than the checkpoint that was remembered."
                              : "The log is not a continuation of the checkpoint that was remembered.");
}

static void judge_declared(struct verifier *verifier)
{
    if (verifier->minimum > 0 && !verifier->declared.met)
        verify_fault_file(verifier, "journal", "This is not the log of which entries were declared to be let go.");
}

static enum error verify_all(struct verifier *verifier)
{
    TRY(read_checkpoint(verifier));
    TRY(verify_journal(verifier));
    TRY(verify_files(verifier));
    judge_checkpoint(verifier);
    judge_remembered(verifier);
    judge_declared(verifier);
    verifier->summary.head = tree_frontier_head(&verifier->frontier);
    return verifier->summary.faults == 0 ? OK : ERROR_CORRUPT;
}

static enum error set_remembered(struct verifier *verifier, struct slice note)
{
    struct checkpoint checkpoint;

    if (note.length == 0)
        return OK;
    TRY(checkpoint_verify(note, verifier->key, &checkpoint));
    verifier->remembered.head = checkpoint.head;
    verifier->has_remembered = true;
    return OK;
}

static void verifier_free(struct verifier *verifier)
{
    cursor_free(&verifier->cursor);
    free(verifier->bundle);
    free(verifier);
}

enum error ledger_verify(const char *directory, const struct note_key *key, struct slice remembered,
                         verify_report *report, void *context, struct verify_summary *ret_summary)
{
    static const struct ledger_pruned nothing;

    return ledger_verify_pruned(directory, key, remembered, &nothing, report, context, ret_summary);
}

enum error ledger_verify_pruned(const char *directory, const struct note_key *key, struct slice remembered,
                                const struct ledger_pruned *pruned, verify_report *report, void *context,
                                struct verify_summary *ret_summary)
{
    *ret_summary = (struct verify_summary){0};
    if (strlen(directory) + 1 + TILE_PATH_MAX > PATH_MAX) /* room for every name of a log's file */
        return ERROR_IO;
    struct verifier *verifier = calloc(1, sizeof *verifier);
    if (!verifier)
        return ERROR_MEMORY;
    verifier->directory = directory;
    verifier->key = key;
    verifier->report = report;
    verifier->context = context;
    verifier->minimum = pruned->minimum;
    verifier->declared.head = pruned->head;
    verifier->claimed_tile = UINT64_MAX;
    verifier->bundle = malloc(VERIFY_BUNDLE_MAX);
    enum error error = verifier->bundle ? cursor_init(&verifier->cursor) : ERROR_MEMORY;
    if (error == OK)
        error = set_remembered(verifier, remembered);
    if (error == OK)
        error = verify_all(verifier);
    *ret_summary = verifier->summary;
    verifier_free(verifier);
    return error;
}
