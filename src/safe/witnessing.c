/* SPDX-License-Identifier: Apache-2.0 */
#include "witnessing.h"

#include <stdio.h>

#include "base/file.h"
#include "base/log.h"
#include "crypto/encode.h"
#include "ledger/cosignature.h"
#include "state.h"

#define SECOND_NS INT64_C(1000000000)
#define STALE_NS (60 * SECOND_NS)
#define LINES_MAX (POLICY_MEMBERS_MAX * COSIGNATURE_LINE_MAX)

static const char *const cosigned_file[LOGS] = {
    [LOG_ACCESS] = "log/access.cosigned", [LOG_PUBLIC] = "log/public.cosigned"};

static struct ledger *log_of(const struct safe *safe, unsigned log)
{
    return log == LOG_ACCESS ? safe->access_log : safe->public_log;
}

static struct note_key key_of(const struct safe *safe, unsigned log)
{
    uint8_t public_key[SIGN_PUBLIC_BYTES];

    sign_public(log == LOG_ACCESS ? &safe->keys->sign_access : &safe->keys->sign_public, public_key);
    return note_key_make(ledger_origin(log_of(safe, log)), public_key);
}

/* ---- opening ---- */

/* A cosigned checkpoint that lies beyond the log's end was cosigned of a log that is no longer here. */
static void look_for_rollback(const struct safe *safe, unsigned log, const struct tree_head *head)
{
    if (head->size > ledger_size(log_of(safe, log)))
        LOG(ERROR, "safe.log_is_shorter_than_witnesses_saw", FIELD("public", (bool)(log == LOG_PUBLIC)),
            FIELD("entries", ledger_size(log_of(safe, log))), FIELD("seen", head->size));
}

static enum error read_cosigned(struct safe *safe, unsigned log)
{
    struct witnessing *witnessing = &safe->witnessing;
    struct witnessed *witnessed = &witnessing->log[log];
    struct note_key key = key_of(safe, log);
    struct policy_verdict verdict;
    struct slice note;

    enum error error = file_read(safe->arena, node_path(safe->node.directory, cosigned_file[log]).text, NOTE_BYTES_MAX,
                                 &note, NULL);
    if (error == ERROR_FILE_MISSING)
        return OK;
    TRY(error);
    if (policy_check(witnessing->policy, &key, note, &verdict) != OK)
        return OK; /* the key or the policy has changed, or a crash cut it short: it is asked for again */
    look_for_rollback(safe, log, &verdict.checkpoint.head);
    if (verdict.checkpoint.head.size > ledger_size(log_of(safe, log)))
        return OK;
    witnessed->enough_head = verdict.checkpoint.head;
    buffer_slice(&witnessed->enough, note);
    return buffer_check(&witnessed->enough);
}

enum error witnessing_open(struct safe *safe, struct fault *fault)
{
    struct witnessing *witnessing = &safe->witnessing;
    struct slice text;

    witnessing->arena = arena_new(4 * POLICY_BYTES_MAX);
    if (!witnessing->arena)
        return ERROR_MEMORY;
    enum error error = file_read(witnessing->arena, node_path(safe->node.directory, "witnesses").text, POLICY_BYTES_MAX,
                                 &text, fault);
    if (error == ERROR_FILE_MISSING)
        return OK;
    TRY(error);
    TRY(policy_parse(text, witnessing->arena, &witnessing->policy, fault));
    for (unsigned log = 0; log < LOGS; log++) {
        struct witnessed *witnessed = &witnessing->log[log];
        witnessed->note = buffer_new(NOTE_BYTES_MAX);
        witnessed->lines = buffer_new(LINES_MAX);
        witnessed->enough = buffer_new(NOTE_BYTES_MAX + LINES_MAX);
        TRY(read_cosigned(safe, log));
    }
    return OK;
}

void witnessing_close(struct safe *safe)
{
    for (unsigned log = 0; log < LOGS; log++) {
        buffer_free(&safe->witnessing.log[log].note);
        buffer_free(&safe->witnessing.log[log].lines);
        buffer_free(&safe->witnessing.log[log].enough);
    }
    arena_free(safe->witnessing.arena);
}

static void forget_round(struct witnessed *witnessed)
{
    buffer_clear(&witnessed->note);
    buffer_clear(&witnessed->lines);
    memset(witnessed->cosigned, 0, sizeof witnessed->cosigned);
    witnessed->head = (struct tree_head){0};
}

void witnessing_forget(struct safe *safe)
{
    for (unsigned log = 0; log < LOGS; log++) {
        forget_round(&safe->witnessing.log[log]);
        buffer_clear(&safe->witnessing.log[log].enough);
    }
}

/* ---- what is served ---- */

struct slice witnessing_enough(const struct safe *safe, unsigned log, uint64_t size, struct tree_head *ret_head)
{
    const struct witnessed *witnessed = &safe->witnessing.log[log];
    bool fresh = witnessed->enough_head.size == size || world_stopwatch_ns() - witnessed->enough_ns < STALE_NS;

    if (witnessed->enough.length == 0 || !fresh)
        return slice_of("", 0);
    *ret_head = witnessed->enough_head;
    return buffer_view(&witnessed->enough);
}

struct slice witnessing_lines(const struct safe *safe, unsigned log, uint64_t size)
{
    const struct witnessed *witnessed = &safe->witnessing.log[log];

    return witnessed->head.size == size ? buffer_view(&witnessed->lines) : slice_of("", 0);
}

/* ---- a round: the courier asks what is to be cosigned ---- */

static enum error begin_round(struct safe *safe, unsigned log)
{
    struct witnessed *witnessed = &safe->witnessing.log[log];
    struct note_key key = key_of(safe, log);
    CLEANUP_BUFFER struct buffer note = buffer_new(NOTE_BYTES_MAX);
    struct checkpoint checkpoint;

    TRY(publishing_newest(safe, log, &note));
    TRY(checkpoint_verify(buffer_view(&note), &key, &checkpoint));
    if (witnessed->note.length > 0 && witnessed->head.size == checkpoint.head.size)
        return OK; /* nothing new: more may cosign it, or anew */
    forget_round(witnessed);
    witnessed->head = checkpoint.head;
    buffer_slice(&witnessed->note, buffer_view(&note));
    return buffer_check(&witnessed->note);
}

static void write_hash_line(const struct hash *hash, struct buffer *into)
{
    encode_base64(hash_slice(hash), into);
    buffer_byte(into, '\n');
}

/* The body of add-checkpoint (C2SP tlog-witness), from what the witness cosigned last. */
static enum error write_submission(struct safe *safe, unsigned log, uint64_t old, struct buffer *answer)
{
    struct witnessed *witnessed = &safe->witnessing.log[log];
    struct tree_proof proof = {.count = 0};

    if (old > witnessed->head.size)
        return ERROR_CONFLICT;
    if (old > 0 && old < witnessed->head.size)
        TRY(ledger_consistency(log_of(safe, log), old, witnessed->head.size, &proof));
    buffer_format(answer, "old %llu\n", (unsigned long long)old);
    for (size_t i = 0; i < proof.count; i++)
        write_hash_line(&proof.hash[i], answer);
    buffer_byte(answer, '\n');
    buffer_slice(answer, buffer_view(&witnessed->note));
    return buffer_check(answer);
}

/* log u8: begins a round, -> the checkpoint. log u8 ‖ old u64 ‖ size u64: -> what to send to a witness that cosigned
 * `old` last; ERROR_CONFLICT when the round is over. */
enum error answer_cosign(struct safe *safe, struct request *request)
{
    struct reader reader = reader_of(request->payload);
    uint8_t log = reader_byte(&reader);
    bool begins = reader.rest.length == 0;
    uint64_t old = begins ? 0 : reader_u64(&reader), size = begins ? 0 : reader_u64(&reader);

    if (!reader_done(&reader) || log >= LOGS)
        return ERROR_SYNTAX;
    if (!safe->witnessing.policy)
        return ERROR_NOT_FOUND;
    if (begins) {
        TRY(begin_round(safe, log));
        buffer_slice(&request->answer, buffer_view(&safe->witnessing.log[log].note));
        return buffer_check(&request->answer);
    }
    if (size != safe->witnessing.log[log].head.size)
        return ERROR_CONFLICT;
    return write_submission(safe, log, old, &request->answer);
}

/* ---- and brings back what they said ---- */

static bool is_witness(const struct policy_member *member)
{
    return member->needed == 0;
}

/* Takes the lines that hold, of whichever witnesses. */
static enum error take_lines(struct safe *safe, unsigned log, struct slice lines)
{
    struct witnessing *witnessing = &safe->witnessing;
    struct witnessed *witnessed = &witnessing->log[log];
    struct note note;
    bool any = false;

    TRY(note_parse(buffer_view(&witnessed->note), &note));
    for (unsigned m = 0; m < witnessing->policy->members; m++) {
        const struct policy_member *member = &witnessing->policy->member[m];
        struct buffer *into = witnessed->cosigned[m] ? NULL : &witnessed->lines;
        size_t before = witnessed->lines.length;
        if (!is_witness(member))
            continue;
        enum error error = cosignature_accept(note.text, lines, &member->key, NULL, into);
        if (error == ERROR_MEMORY) { /* half of a line is none, and the next answer may be taken */
            witnessed->lines.length = before;
            witnessed->lines.failed = witnessed->lines.starved = false;
            return error;
        }
        if (error != OK)
            continue;
        any = true;
        witnessed->cosigned[m] = true;
        if (log == LOG_ACCESS)
            witnessing->heard_ns[m] = world_stopwatch_ns();
    }
    return any ? OK : ERROR_SIGNATURE;
}

/* What enough have cosigned is kept, so that a node that starts anew shows it at once. */
static void keep_if_enough(struct safe *safe, unsigned log)
{
    struct witnessed *witnessed = &safe->witnessing.log[log];

    if (!policy_quorum(safe->witnessing.policy, witnessed->cosigned))
        return;
    buffer_clear(&witnessed->enough);
    buffer_slice(&witnessed->enough, buffer_view(&witnessed->note));
    buffer_slice(&witnessed->enough, buffer_view(&witnessed->lines));
    witnessed->enough_head = witnessed->head;
    witnessed->enough_ns = world_stopwatch_ns();
    witnessed->enough_s = safe->now_ns / SECOND_NS;
    if (file_replace(node_path(safe->node.directory, cosigned_file[log]).text, buffer_view(&witnessed->enough), 0644) !=
        OK)
        LOG(WARNING, "safe.cosigned_not_written");
}

/* log u8 ‖ size u64 ‖ lines: a witness's answer. log u8 ‖ size u64 alone: a witness says that this is not the log that
 * it cosigned. */
enum error answer_cosigned(struct safe *safe, struct request *request)
{
    struct reader reader = reader_of(request->payload);
    uint8_t log = reader_byte(&reader);
    uint64_t size = reader_u64(&reader);

    if (reader.failed || log >= LOGS || reader.rest.length > COSIGNED_MAX)
        return ERROR_SYNTAX;
    if (!safe->witnessing.policy)
        return ERROR_NOT_FOUND;
    if (reader.rest.length == 0) {
        safe->witnessing.forks++;
        return OK;
    }
    if (safe->witnessing.log[log].note.length == 0 || size != safe->witnessing.log[log].head.size)
        return ERROR_CONFLICT;
    TRY(take_lines(safe, log, reader.rest));
    keep_if_enough(safe, log);
    return OK;
}

/* ---- for whoever watches the node ---- */

static uint64_t age_of(const struct safe *safe, unsigned log)
{
    const struct witnessed *witnessed = &safe->witnessing.log[log];
    int64_t age = safe->now_ns / SECOND_NS - witnessed->enough_s;

    return witnessed->enough.length == 0 ? UINT64_MAX : age > 0 ? (uint64_t)age : 0;
}

/* -> five u64: witnesses, those that have not cosigned the access log for a minute, forks that they told of, and the
 * age in seconds of either log's newest checkpoint that enough have cosigned (all ones: there is none). */
enum error answer_witnessing(struct safe *safe, struct request *request)
{
    const struct witnessing *witnessing = &safe->witnessing;
    uint64_t witnesses = 0, behind = 0;
    int64_t now = world_stopwatch_ns();

    for (unsigned m = 0; witnessing->policy && m < witnessing->policy->members; m++) {
        if (!is_witness(&witnessing->policy->member[m]))
            continue;
        witnesses++;
        behind += witnessing->heard_ns[m] == 0 || now - witnessing->heard_ns[m] > STALE_NS;
    }
    buffer_u64(&request->answer, witnesses);
    buffer_u64(&request->answer, behind);
    buffer_u64(&request->answer, witnessing->forks);
    buffer_u64(&request->answer, age_of(safe, LOG_ACCESS));
    buffer_u64(&request->answer, age_of(safe, LOG_PUBLIC));
    return OK;
}
