/* SPDX-License-Identifier: Apache-2.0 */

/* hospitium log and hospitium verify: the logs as files, read without the node's keys. */

#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "command.h"
#include "control.h"
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
    else if (strcmp(position[0], "prove") == 0 && positions == 3)
        error = prove_public(position[1], position[2], &fault);
    else
        return command_usage(argv[0]);
    return error == OK ? EXIT_DONE : command_error(error, &fault);
}

/* ---- one proof ---- */

#define COMMITMENT_NONCE 16

/* RFC 6962: a leaf's hash begins with a zero byte. */
static struct hash leaf_hash(struct slice entry)
{
    static const char prefix[1];
    const struct slice part[] = {slice_of(prefix, 1), entry};

    return hash_sha256_parts(part, 2);
}

/* An entry of the access log is a commitment, which the extra data opens: SHA-256(sealed event) ‖ nonce ‖ event. */
static struct hash commitment_hash(struct slice extra)
{
    struct hash event = hash_sha256(slice_from(extra, HASH_BYTES));
    const struct slice part[] = {SLICE("\0\1"), hash_slice(&event), slice_of(extra.data, HASH_BYTES)};

    return hash_sha256_parts(part, 3);
}

static enum error read_extra(const struct proof *proof, struct arena *arena, struct slice *ret_extra)
{
    char *extra = arena_alloc(arena, PROOF_EXTRA_MAX);
    size_t length = 0;

    if (!extra)
        return ERROR_MEMORY;
    TRY(decode_base64(proof->extra, extra, PROOF_EXTRA_MAX, &length));
    *ret_extra = slice_of(extra, length);
    return OK;
}

/* An entry of the public log is the extra data itself. */
static enum error verify_entry(const struct proof *proof, const struct note_key *key, struct slice extra,
                               struct slice *ret_event)
{
    struct hash leaf = leaf_hash(extra);

    *ret_event = extra;
    if (extra.length < HASH_BYTES + COMMITMENT_NONCE || proof_verify(proof, key, &leaf) == OK)
        return proof_verify(proof, key, &leaf);
    leaf = commitment_hash(extra);
    *ret_event = slice_from(extra, HASH_BYTES + COMMITMENT_NONCE);
    return proof_verify(proof, key, &leaf);
}

static enum error verify_proof(const char *path, const char *key_path, struct fault *fault)
{
    CLEANUP_ARENA struct arena *arena = arena_new(ARENA_MAX);
    struct slice text, extra, event;
    struct note_key key;
    struct proof proof;

    if (!arena)
        return ERROR_MEMORY;
    TRY(read_key(arena, key_path, &key, fault));
    TRY(file_read(arena, path, PROOF_TEXT_MAX, &text, fault));
    TRY(proof_parse(text, &proof));
    TRY(read_extra(&proof, arena, &extra));
    TRY(verify_entry(&proof, &key, extra, &event));
    printf("This is entry %llu of the log %.*s:\n%.*s\n", (unsigned long long)proof.index, SLICE_PRINT(key.name),
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
