/* SPDX-License-Identifier: Apache-2.0 */

/* hospitium log: the logs as files, read without the node's keys. */

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "command.h"
#include "control.h"
#include "crypto/encode.h"
#include "ledger/note.h"
#include "ledger/verify.h"
#include "safe/node.h"
#include "text/json.h"
#include "verify.h"

#define ARENA_MAX (8u << 20)
#define NOTE_MAX 65536

struct report {
    const char *log;
    struct buffer lines;
    unsigned found;
};

#define SHOWN_MAX 20

static void note_fault(void *context, const struct verify_fault *fault)
{
    struct report *report = context;

    if (report->found++ >= SHOWN_MAX)
        return;
    buffer_format(&report->lines, "log/%s/%s: ", report->log, fault->file);
    if (fault->end > fault->begin)
        buffer_format(&report->lines, "bytes %llu to %llu", (unsigned long long)fault->begin,
                      (unsigned long long)fault->end - 1);
    else
        buffer_string(&report->lines, "the file");
    if (fault->index != VERIFY_NO_INDEX)
        buffer_format(&report->lines, ", entry %llu", (unsigned long long)fault->index);
    buffer_format(&report->lines, ": %s\n", fault->what);
}

static bool is_running(const char *directory)
{
    CLEANUP_DESCRIPTOR int lock = -1;

    return file_lock(node_path(directory, "lock").text, &lock) == ERROR_LOCKED;
}

#define TRIES 5
#define WAIT_US 400000

/* A running node may be writing just now, and half a batch looks like damage: what is found there is looked at again.
 * */
static enum error verify_patiently(const char *directory, const char *log, const struct note_key *key,
                                   struct slice remembered, const struct ledger_pruned *pruned, struct report *report,
                                   struct verify_summary *summary)
{
    char below[64];

    snprintf(below, sizeof below, "log/%s", log);
    for (int i = 0;; i++) {
        buffer_clear(&report->lines);
        report->found = 0;
        enum error error = ledger_verify_pruned(node_path(directory, below).text, key, remembered, pruned, note_fault,
                                                report, summary);
        if (error != ERROR_CORRUPT || i == TRIES || !is_running(directory))
            return error;
        usleep(WAIT_US);
    }
}

static void print_sound(const char *log, const struct verify_summary *summary)
{
    printf("The %s log is as it was written: %llu entries", log, (unsigned long long)summary->head.size);
    if (summary->padding > 0)
        printf(", %llu of them padding", (unsigned long long)summary->padding);
    printf(", every byte of %llu checked.\n", (unsigned long long)summary->bytes);
    if (summary->minimum > 0)
        printf("Entries before %llu are gone, as the public log declares.\n", (unsigned long long)summary->minimum);
}

/* What log/access.pruned claims counts only if it stands in the public log, which is verified as well. */
static enum error read_pruned(struct arena *arena, const char *directory, struct ledger_pruned *ret_pruned)
{
    struct slice mark, told;
    const struct json *declaration;
    uint64_t index = 0;

    enum error error = file_read(arena, node_path(directory, "log/access.pruned").text, 4096, &mark, NULL);
    if (error != OK)
        return error == ERROR_FILE_MISSING ? OK : error;
    struct slice number = slice_cut(&mark, '\n'), text = slice_cut(&mark, '\n');
    if (!slice_to_u64(number, &index) ||
        ledger_verify_entry(node_path(directory, "log/public").text, index, arena, &told) != OK ||
        !slice_equal(told, text) || json_parse(arena, text, &declaration, NULL) != OK ||
        !json_is(json_member(declaration, "kind"), "log.pruned") ||
        !slice_to_u64(json_text(json_member(declaration, "size")), &ret_pruned->head.size) ||
        decode_hex(json_text(json_member(declaration, "root")), ret_pruned->head.root.byte, HASH_BYTES) != OK ||
        !slice_to_u64(json_text(json_member(declaration, "minimum")), &ret_pruned->minimum)) {
        *ret_pruned = (struct ledger_pruned){0};
        printf("log/access.pruned: the file: The public log has no such declaration.\n");
        return ERROR_CORRUPT;
    }
    return OK;
}

static enum error verify_one(struct arena *arena, const char *directory, const char *log, struct slice remembered,
                             const struct ledger_pruned *pruned, struct fault *fault)
{
    struct verify_summary summary = {0};
    struct report report = {.log = log, .lines = buffer_new(65536)};
    struct note_key key;
    char below[64];

    snprintf(below, sizeof below, "log/%s.vkey", log);
    TRY(verify_read_key(arena, node_path(directory, below).text, &key, fault));
    enum error error = verify_patiently(directory, log, &key, remembered, pruned, &report, &summary);
    printf("%.*s", SLICE_PRINT(buffer_view(&report.lines)));
    buffer_free(&report.lines);
    if (report.found > SHOWN_MAX)
        printf("… and %u more.\n", report.found - SHOWN_MAX);
    if (error == OK)
        print_sound(log, &summary);
    return error;
}

static enum error verify_logs(const char *directory, const char *remembered_file, struct fault *fault)
{
    CLEANUP_ARENA struct arena *arena = arena_new(ARENA_MAX);
    struct slice remembered = slice_of("", 0);

    if (!arena)
        return ERROR_MEMORY;
    if (remembered_file)
        TRY(file_read(arena, remembered_file, NOTE_MAX, &remembered, fault));
    static const struct ledger_pruned nothing;
    struct ledger_pruned pruned = {0};
    enum error declared = read_pruned(arena, directory, &pruned);
    enum error access = verify_one(arena, directory, "access", remembered, &pruned, fault);
    enum error public = verify_one(arena, directory, "public", slice_of("", 0), &nothing, fault);
    return access != OK ? access : public != OK ? public : declared;
}

static enum error print_checkpoint(const char *directory, const char *log, struct fault *fault)
{
    CLEANUP_ARENA struct arena *arena = arena_new(ARENA_MAX);
    struct slice note;
    char below[64];

    if (!arena)
        return ERROR_MEMORY;
    snprintf(below, sizeof below, "log/%.16s/checkpoint", log);
    TRY(file_read(arena, node_path(directory, below).text, NOTE_MAX, &note, fault));
    printf("%.*s", SLICE_PRINT(note));
    return OK;
}

static enum error prove_public(const char *directory, const char *index, struct fault *fault)
{
    CLEANUP_ARENA struct arena *arena = arena_new(ARENA_MAX);
    struct control *control = NULL;
    struct slice proof;
    char path[128];

    if (!arena)
        return ERROR_MEMORY;
    TRY(control_open(directory, &control, fault));
    snprintf(path, sizeof path, "/log/public/proof/%.20s", index);
    enum error error = control_get(control, arena, path, "", &proof, fault);
    control_close(control);
    if (error == OK)
        printf("%.*s", SLICE_PRINT(proof));
    return error;
}

static enum error prune(const char *directory, struct fault *fault)
{
    CLEANUP_ARENA struct arena *arena = arena_new(ARENA_MAX);
    struct control *control = NULL;
    const struct json *done;
    struct slice answer;

    if (!arena)
        return ERROR_MEMORY;
    TRY(control_open(directory, &control, fault));
    enum error error = control_post(control, arena, "/control/prune", SLICE("{}"), &answer, fault);
    control_close(control);
    TRY(error);
    TRY(json_parse(arena, answer, &done, NULL));
    printf("Let go: %.*s entries, and the audit keys of %.*s years. The access log begins with entry %.*s.\n",
           SLICE_PRINT(json_text(json_member(done, "entries"))), SLICE_PRINT(json_text(json_member(done, "years"))),
           SLICE_PRINT(json_text(json_member(done, "minimum"))));
    return OK;
}

int command_log(int argc, char **argv)
{
    const char *position[3], *remembered = NULL;
    const struct option_spec specs[] = {{"remembered", &remembered, NULL}};
    struct fault fault = {0};
    size_t positions;
    enum error error;

    if (!command_arguments(argc, argv, specs, 1, position, 3, &positions) || positions < 2)
        return command_usage(argv[0]);
    if (strcmp(position[0], "verify") == 0)
        error = verify_logs(position[1], remembered, &fault);
    else if (strcmp(position[0], "checkpoint") == 0)
        error = print_checkpoint(position[1], positions == 3 ? position[2] : "access", &fault);
    else if (strcmp(position[0], "prune") == 0 && positions == 2)
        error = prune(position[1], &fault);
    else if (strcmp(position[0], "prove") == 0 && positions == 3)
        error = prove_public(position[1], position[2], &fault);
    else
        return command_usage(argv[0]);
    return error == OK ? EXIT_DONE : command_error(error, &fault);
}
