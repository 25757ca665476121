/* SPDX-License-Identifier: Apache-2.0 */

/* hospitium log and hospitium verify: the logs as files, read without the node's keys. */

#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "command.h"
#include "crypto/encode.h"
#include "ledger/note.h"
#include "ledger/proof.h"
#include "ledger/verify.h"
#include "safe/node.h"

#define ARENA_MAX (8u << 20)
#define NOTE_MAX 65536

struct report {
    const char *log;
    unsigned shown;
};

#define SHOWN_MAX 20

static void print_fault(void *context, const struct verify_fault *fault)
{
    struct report *report = context;

    if (report->shown++ >= SHOWN_MAX)
        return;
    printf("log/%s/%s: ", report->log, fault->file);
    if (fault->end > fault->begin)
        printf("bytes %llu to %llu", (unsigned long long)fault->begin, (unsigned long long)fault->end - 1);
    else
        printf("the file");
    if (fault->index != VERIFY_NO_INDEX)
        printf(", entry %llu", (unsigned long long)fault->index);
    printf(": %s\n", fault->what);
}

static enum error read_key(struct arena *arena, const char *path, struct note_key *ret_key, struct fault *fault)
{
    struct slice text;

    TRY(file_read(arena, path, 4096, &text, fault));
    while (text.length > 0 && text.data[text.length - 1] == '\n')
        text.length--;
    return note_key_parse(text, ret_key);
}

static enum error verify_one(struct arena *arena, const char *directory, const char *log, struct slice remembered,
                             struct fault *fault)
{
    struct verify_summary summary = {0};
    struct report report = {.log = log};
    struct note_key key;
    char below[64];

    snprintf(below, sizeof below, "log/%s.vkey", log);
    TRY(read_key(arena, node_path(directory, below).text, &key, fault));
    snprintf(below, sizeof below, "log/%s", log);
    enum error error = ledger_verify(node_path(directory, below).text, &key, remembered, print_fault, &report, &summary);
    if (report.shown > SHOWN_MAX)
        printf("… and %u more.\n", report.shown - SHOWN_MAX);
    if (error == OK)
        printf("The %s log is as it was written: %llu entries, every byte of %llu checked.\n", log,
               (unsigned long long)summary.head.size, (unsigned long long)summary.bytes);
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
    enum error access = verify_one(arena, directory, "access", remembered, fault);
    enum error public = verify_one(arena, directory, "public", slice_of("", 0), fault);
    return access != OK ? access : public;
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
    else
        return command_usage(argv[0]);
    return error == OK ? EXIT_DONE : command_error(error, &fault);
}

/* ---- one proof ---- */

#define COMMITMENT_NONCE 16

/* Extra data: SHA-256(sealed event) ‖ nonce ‖ event. The leaf is 1 ‖ SHA-256(nonce ‖ event) ‖ SHA-256(sealed event). */
static enum error leaf_of(const struct proof *proof, struct arena *arena, struct hash *ret_leaf, struct slice *ret_event)
{
    char *extra = arena_alloc(arena, PROOF_EXTRA_MAX);
    uint8_t leaf[2 + 2 * HASH_BYTES] = {0, 1}; /* RFC 6962: a leaf's hash begins with a zero byte */
    size_t length;

    if (!extra)
        return ERROR_MEMORY;
    TRY(decode_base64(proof->extra, extra, PROOF_EXTRA_MAX, &length));
    if (length < HASH_BYTES + COMMITMENT_NONCE)
        return ERROR_SYNTAX;
    struct hash event = hash_sha256(slice_of(extra + HASH_BYTES, length - HASH_BYTES));
    memcpy(leaf + 2, event.byte, HASH_BYTES);
    memcpy(leaf + 2 + HASH_BYTES, extra, HASH_BYTES);
    *ret_leaf = hash_sha256(slice_of(leaf, sizeof leaf));
    *ret_event = slice_of(extra + HASH_BYTES + COMMITMENT_NONCE, length - HASH_BYTES - COMMITMENT_NONCE);
    return OK;
}

static enum error verify_proof(const char *path, const char *key_path, struct fault *fault)
{
    CLEANUP_ARENA struct arena *arena = arena_new(ARENA_MAX);
    struct slice text, event;
    struct note_key key;
    struct proof proof;
    struct hash leaf;

    if (!arena)
        return ERROR_MEMORY;
    TRY(read_key(arena, key_path, &key, fault));
    TRY(file_read(arena, path, PROOF_TEXT_MAX, &text, fault));
    TRY(proof_parse(text, &proof));
    TRY(leaf_of(&proof, arena, &leaf, &event));
    TRY(proof_verify(&proof, &key, &leaf));
    printf("This line is entry %llu of the log %.*s:\n%.*s\n", (unsigned long long)proof.index, SLICE_PRINT(key.name),
           SLICE_PRINT(event));
    return OK;
}

int command_verify(int argc, char **argv)
{
    const char *path, *key = NULL;
    const struct option_spec specs[] = {{"key", &key, NULL}};
    struct fault fault = {0};
    size_t positions;

    if (!command_arguments(argc, argv, specs, 1, &path, 1, &positions) || positions != 1 || !key)
        return command_usage(argv[0]);
    enum error error = verify_proof(path, key, &fault);
    return error == OK ? EXIT_DONE : command_error(error, &fault);
}
