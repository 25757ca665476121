/* SPDX-License-Identifier: Apache-2.0 */
#include "witnessing.h"

#include <stdio.h>

#include "base/file.h"
#include "base/log.h"
#include "crypto/encode.h"
#include "ledger/cosignature.h"
#include "state.h"

#define SECOND_NS INT64_C(1000000000)
#define LINES_MAX (POLICY_MEMBERS_MAX * COSIGNATURE_LINE_MAX)

static const char *const cosigned_file[LOGS] = {
    [LOG_ACCESS] = "log/access.cosigned", [LOG_PUBLIC] = "log/public.cosigned"};

static bool is_witness(const struct policy_member *member)
{
    return member->needed == 0;
}

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
    if (policy_check(witnessing->files.policy, &key, note, &verdict) != OK)
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

    for (unsigned log = 0; log < LOGS; log++) {
        struct witnessed *witnessed = &witnessing->log[log];
        witnessed->enough = buffer_new(NOTE_BYTES_MAX + LINES_MAX);
        for (size_t i = 0; i < WITNESSING_ROUNDS; i++) {
            witnessed->round[i].note = buffer_new(NOTE_BYTES_MAX);
            witnessed->round[i].lines = buffer_new(LINES_MAX);
        }
    }
    TRY(witness_files_open(&witnessing->files, safe->node.directory, fault));
    for (unsigned log = 0; witnessing->files.policy && log < LOGS; log++)
        TRY(read_cosigned(safe, log));
    return OK;
}

void witnessing_close(struct safe *safe)
{
    for (unsigned log = 0; log < LOGS; log++) {
        struct witnessed *witnessed = &safe->witnessing.log[log];
        buffer_free(&witnessed->enough);
        for (size_t i = 0; i < WITNESSING_ROUNDS; i++) {
            buffer_free(&witnessed->round[i].note);
            buffer_free(&witnessed->round[i].lines);
        }
    }
    witness_files_close(&safe->witnessing.files);
}

static void forget_round(struct round *round)
{
    buffer_clear(&round->note);
    buffer_clear(&round->lines);
    memset(round->cosigned, 0, sizeof round->cosigned);
    round->head = (struct tree_head){0};
}

static void forget_rounds(struct witnessed *witnessed)
{
    for (size_t i = 0; i < WITNESSING_ROUNDS; i++)
        forget_round(&witnessed->round[i]);
}

static void forget_enough(struct witnessed *witnessed)
{
    buffer_clear(&witnessed->enough);
    witnessed->enough_head = (struct tree_head){0};
}

void witnessing_forget(struct safe *safe)
{
    for (unsigned log = 0; log < LOGS; log++) {
        forget_rounds(&safe->witnessing.log[log]);
        forget_enough(&safe->witnessing.log[log]);
    }
}

/* ---- the owner's files have changed ---- */

/* When it was heard last stays with the witness, whatever its number is now. */
static void renumber(struct witnessing *witnessing, const struct policy *before)
{
    int64_t heard_ns[POLICY_MEMBERS_MAX] = {0};
    const struct policy *policy = witnessing->files.policy;

    for (unsigned m = 0; m < policy->members; m++)
        for (unsigned b = 0; before && b < before->members; b++)
            if (is_witness(&policy->member[m]) && is_witness(&before->member[b]) &&
                note_key_same(&policy->member[m].key, &before->member[b].key))
                heard_ns[m] = witnessing->heard_ns[b];
    memcpy(witnessing->heard_ns, heard_ns, sizeof heard_ns);
}

/* Who is enough now decides on what was cosigned before. */
static void judge_anew(struct safe *safe, unsigned log)
{
    struct witnessed *witnessed = &safe->witnessing.log[log];
    struct note_key key = key_of(safe, log);
    struct policy_verdict verdict;

    forget_rounds(witnessed);
    if (witnessed->enough.length > 0 &&
        policy_check(safe->witnessing.files.policy, &key, buffer_view(&witnessed->enough), &verdict) != OK)
        forget_enough(witnessed);
}

static enum error look_at_files(struct safe *safe)
{
    struct witnessing *witnessing = &safe->witnessing;
    const struct policy *before = witnessing->files.policy;
    bool changed;

    enum error error = witness_files_look(&witnessing->files, safe->node.directory, &changed);
    if (!changed)
        return error;
    renumber(witnessing, before);
    for (unsigned log = 0; log < LOGS; log++)
        judge_anew(safe, log);
    return error;
}

/* What the courier goes by, told from others: not by a count, which a safe that starts anew would begin anew. */
static uint64_t mark_of(const struct safe *safe)
{
    const struct witness_file *file = safe->witnessing.files.file;
    struct hash part[] = {hash_sha256(file[WITNESS_POLICY].text), hash_sha256(file[WITNESS_REGION].text),
                          hash_sha256(file[WITNESS_AUTHORITIES].text)};
    struct hash hash = hash_sha256(slice_of(part, sizeof part));
    struct reader reader = reader_of(hash_slice(&hash));

    return reader_u64(&reader);
}

/* mark u64, of what the courier has; -> mark u64 ‖ interval u64, and where the marks differ ‖ policy ‖ region ‖
 * authorities, texts. */
enum error answer_witnesses(struct safe *safe, struct request *request)
{
    struct reader reader = reader_of(request->payload);
    uint64_t known = reader_u64(&reader);

    if (!reader_done(&reader))
        return ERROR_SYNTAX;
    TRY(look_at_files(safe));
    uint64_t mark = mark_of(safe);
    buffer_u64(&request->answer, mark);
    buffer_u64(&request->answer, safe->cadence.witness_interval_s);
    for (size_t i = 0; mark != known && i < WITNESS_FILES; i++)
        protocol_text_write(safe->witnessing.files.file[i].text, &request->answer);
    return buffer_check(&request->answer);
}

/* ---- what is served ---- */

/* A minute, beyond the time that may pass between two rounds. */
static int64_t stale_ns(const struct safe *safe)
{
    return (60 + (int64_t)safe->cadence.witness_interval_s) * SECOND_NS;
}

/* Which round was of that size; WITNESSING_ROUNDS when there was none, or too long ago. */
static unsigned round_of_size(const struct witnessed *witnessed, uint64_t size)
{
    unsigned i = 0;

    while (i < WITNESSING_ROUNDS && (witnessed->round[i].note.length == 0 || witnessed->round[i].head.size != size))
        i++;
    return i;
}

struct slice witnessing_enough(const struct safe *safe, unsigned log, uint64_t size, struct tree_head *ret_head)
{
    const struct witnessed *witnessed = &safe->witnessing.log[log];
    bool fresh = witnessed->enough_head.size == size || world_stopwatch_ns() - witnessed->enough_ns < stale_ns(safe);

    if (witnessed->enough.length == 0 || !fresh)
        return slice_of("", 0);
    *ret_head = witnessed->enough_head;
    return buffer_view(&witnessed->enough);
}

struct slice witnessing_lines(const struct safe *safe, unsigned log, uint64_t size)
{
    const struct witnessed *witnessed = &safe->witnessing.log[log];
    unsigned round = round_of_size(witnessed, size);

    return round < WITNESSING_ROUNDS ? buffer_view(&witnessed->round[round].lines) : slice_of("", 0);
}

/* ---- a round: the courier asks what is to be cosigned ---- */

/* The newest round is of the newest checkpoint that strangers may see. */
static enum error begin_round(struct safe *safe, unsigned log)
{
    struct witnessed *witnessed = &safe->witnessing.log[log];
    struct round *newest = &witnessed->round[witnessed->newest];
    struct note_key key = key_of(safe, log);
    CLEANUP_BUFFER struct buffer note = buffer_new(NOTE_BYTES_MAX);
    struct checkpoint checkpoint;

    TRY(publishing_newest(safe, log, &note));
    TRY(checkpoint_verify(buffer_view(&note), &key, &checkpoint));
    if (newest->note.length > 0 && newest->head.size == checkpoint.head.size)
        return OK; /* nothing new: more may cosign it, or anew */
    unsigned next = (witnessed->newest + 1) % WITNESSING_ROUNDS;
    newest = &witnessed->round[next];
    forget_round(newest);
    buffer_slice(&newest->note, buffer_view(&note));
    TRY(buffer_check(&newest->note));
    newest->head = checkpoint.head;
    witnessed->newest = next;
    return OK;
}

static void write_hash_line(const struct hash *hash, struct buffer *into)
{
    encode_base64(hash_slice(hash), into);
    buffer_byte(into, '\n');
}

/* The body of add-checkpoint (C2SP tlog-witness), from what the witness cosigned last. */
static enum error write_submission(struct safe *safe, unsigned log, uint64_t old, const struct round *round,
                                   struct buffer *answer)
{
    struct tree_proof proof = {.count = 0};

    if (old > round->head.size)
        return ERROR_CONFLICT;
    if (old > 0 && old < round->head.size)
        TRY(ledger_consistency(log_of(safe, log), old, round->head.size, &proof));
    buffer_format(answer, "old %llu\n", (unsigned long long)old);
    for (size_t i = 0; i < proof.count; i++)
        write_hash_line(&proof.hash[i], answer);
    buffer_byte(answer, '\n');
    buffer_slice(answer, buffer_view(&round->note));
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
    if (!safe->witnessing.files.policy)
        return ERROR_NOT_FOUND;
    const struct witnessed *witnessed = &safe->witnessing.log[log];
    if (begins) {
        TRY(begin_round(safe, log));
        buffer_slice(&request->answer, buffer_view(&witnessed->round[witnessed->newest].note));
        return buffer_check(&request->answer);
    }
    unsigned round = round_of_size(witnessed, size);
    if (round == WITNESSING_ROUNDS)
        return ERROR_CONFLICT;
    return write_submission(safe, log, old, &witnessed->round[round], &request->answer);
}

/* ---- and brings back what they said ---- */

/* Takes the lines that hold, of whichever witnesses. */
static enum error take_lines(struct safe *safe, unsigned log, struct round *round, struct slice lines)
{
    struct witnessing *witnessing = &safe->witnessing;
    const struct policy *policy = witnessing->files.policy;
    struct note note;
    bool any = false;

    TRY(note_parse(buffer_view(&round->note), &note));
    for (unsigned m = 0; m < policy->members; m++) {
        const struct policy_member *member = &policy->member[m];
        struct buffer *into = round->cosigned[m] ? NULL : &round->lines;
        size_t before = round->lines.length;
        if (!is_witness(member))
            continue;
        enum error error = cosignature_accept(note.text, lines, &member->key, NULL, into);
        if (error == ERROR_MEMORY) { /* half of a line is none, and the next answer may be taken */
            round->lines.length = before;
            round->lines.failed = round->lines.starved = false;
            return error;
        }
        if (error != OK)
            continue;
        any = true;
        round->cosigned[m] = true;
        if (log == LOG_ACCESS)
            witnessing->heard_ns[m] = world_stopwatch_ns();
    }
    return any ? OK : ERROR_SIGNATURE;
}

/* What enough have cosigned is kept, so that a node that starts anew shows it at once; never something older. */
static void keep_if_enough(struct safe *safe, unsigned log, const struct round *round)
{
    struct witnessed *witnessed = &safe->witnessing.log[log];

    if (!policy_quorum(safe->witnessing.files.policy, round->cosigned) ||
        round->head.size < witnessed->enough_head.size)
        return;
    buffer_clear(&witnessed->enough);
    buffer_slice(&witnessed->enough, buffer_view(&round->note));
    buffer_slice(&witnessed->enough, buffer_view(&round->lines));
    witnessed->enough_head = round->head;
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
    if (!safe->witnessing.files.policy)
        return ERROR_NOT_FOUND;
    if (reader.rest.length == 0) {
        safe->witnessing.forks++;
        return OK;
    }
    struct witnessed *witnessed = &safe->witnessing.log[log];
    unsigned round = round_of_size(witnessed, size);
    if (round == WITNESSING_ROUNDS)
        return ERROR_CONFLICT;
    TRY(take_lines(safe, log, &witnessed->round[round], reader.rest));
    keep_if_enough(safe, log, &witnessed->round[round]);
    return OK;
}

/* ---- for whoever watches the node ---- */

static uint64_t age_of(const struct safe *safe, unsigned log)
{
    const struct witnessed *witnessed = &safe->witnessing.log[log];
    int64_t age = safe->now_ns / SECOND_NS - witnessed->enough_s;

    return witnessed->enough.length == 0 ? UINT64_MAX : age > 0 ? (uint64_t)age : 0;
}

/* -> six u64: witnesses, those that have not cosigned the access log for longer than a round and a minute, forks that
 * they told of, the age in seconds of either log's newest checkpoint that enough have cosigned (all ones: there is
 * none), and how many of the owner's files are not in force as they lie there. */
enum error answer_witnessing(struct safe *safe, struct request *request)
{
    const struct witnessing *witnessing = &safe->witnessing;
    const struct policy *policy = witnessing->files.policy;
    uint64_t witnesses = 0, behind = 0;
    int64_t now = world_stopwatch_ns();

    for (unsigned m = 0; policy && m < policy->members; m++) {
        if (!is_witness(&policy->member[m]))
            continue;
        witnesses++;
        behind += witnessing->heard_ns[m] == 0 || now - witnessing->heard_ns[m] > stale_ns(safe);
    }
    buffer_u64(&request->answer, witnesses);
    buffer_u64(&request->answer, behind);
    buffer_u64(&request->answer, witnessing->forks);
    buffer_u64(&request->answer, age_of(safe, LOG_ACCESS));
    buffer_u64(&request->answer, age_of(safe, LOG_PUBLIC));
    buffer_u64(&request->answer, witness_files_refused(&witnessing->files));
    return OK;
}
