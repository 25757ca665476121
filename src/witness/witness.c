/* SPDX-License-Identifier: Apache-2.0 */
#include "witness.h"

#include <inttypes.h>
#include <stdlib.h>

#include "ledger/checkpoint.h"

struct known {
    struct slice origin;                   /* owned */
    struct hash hash;                      /* of the origin */
    struct note_key key[WITNESS_KEYS_MAX]; /* named by `origin` */
    unsigned keys;
    struct tree_head head;
    uint64_t time_s;
    struct buffer note; /* text, the log's signatures, the cosignature */
    size_t line_length; /* of the cosignature, at the end of `note` */
    bool given;         /* the cosignature has been given out in this run */
};

struct witness {
    struct witness_settings settings;
    struct slice name; /* owned */
    struct note_key key;
    struct known **log;
    unsigned logs;
    uint64_t latest_s; /* of all cosignatures */
    bool shut;
    struct witness_counts counts;
};

/* ---- what is known ---- */

static struct slice copy(struct slice text)
{
    char *bytes = malloc(text.length + 1);

    if (bytes)
        memcpy(bytes, text.data, text.length);
    return slice_of(bytes, bytes ? text.length : 0);
}

static void release(struct slice text)
{
    union {
        const char *in;
        char *out;
    } bytes = {text.data};

    free(bytes.out);
}

enum error witness_new(const struct witness_settings *settings, struct witness **ret_witness)
{
    uint8_t public_key[SIGN_PUBLIC_BYTES];

    if (!note_name_allowed(settings->name))
        return ERROR_VALUE;
    struct witness *witness = calloc(1, sizeof *witness);
    if (!witness)
        return ERROR_MEMORY;
    witness->settings = *settings;
    witness->name = copy(settings->name);
    witness->log = calloc(WITNESS_LOGS_MAX, sizeof *witness->log);
    if (!witness->name.data || !witness->log) {
        witness_free(witness);
        return ERROR_MEMORY;
    }
    sign_public(settings->seed, public_key);
    witness->key = cosignature_key_make(witness->name, public_key);
    *ret_witness = witness;
    return OK;
}

static void known_free(struct known *known)
{
    if (!known)
        return;
    release(known->origin);
    buffer_free(&known->note);
    free(known);
}

void witness_free(struct witness *witness)
{
    if (!witness)
        return;
    for (unsigned i = 0; i < witness->logs; i++)
        known_free(witness->log[i]);
    free(witness->log);
    release(witness->name);
    free(witness);
}

static struct known *find(const struct witness *witness, struct slice origin)
{
    for (unsigned i = 0; i < witness->logs; i++)
        if (slice_equal(witness->log[i]->origin, origin))
            return witness->log[i];
    return NULL;
}

static enum error add_known(struct witness *witness, struct slice origin, struct known **ret_known)
{
    if (witness->logs == WITNESS_LOGS_MAX)
        return ERROR_TOO_MANY;
    struct known *known = calloc(1, sizeof *known);
    if (!known)
        return ERROR_MEMORY;
    known->origin = copy(origin);
    if (!known->origin.data) {
        known_free(known);
        return ERROR_MEMORY;
    }
    known->hash = hash_sha256(origin);
    known->head = (struct tree_head){0, tree_hash_empty()};
    known->note = buffer_new(NOTE_BYTES_MAX + COSIGNATURE_LINE_MAX);
    witness->log[witness->logs++] = known;
    *ret_known = known;
    return OK;
}

enum error witness_know(struct witness *witness, const struct note_key *key)
{
    struct known *known = find(witness, key->name);

    if (key->algorithm == NOTE_ML_DSA_44)
        return ERROR_UNSUPPORTED;
    if (!known)
        TRY(add_known(witness, key->name, &known));
    for (unsigned i = 0; i < known->keys; i++)
        if (known->key[i].id == key->id && note_key_same(&known->key[i], key))
            return OK;
    if (known->keys == WITNESS_KEYS_MAX)
        return ERROR_TOO_MANY;
    known->key[known->keys] = *key;
    known->key[known->keys++].name = known->origin;
    return OK;
}

/* Where the last line of a note begins. */
static size_t last_line(struct slice note)
{
    size_t at = note.length - 1;

    while (at > 0 && note.data[at - 1] != '\n')
        at--;
    return at;
}

/* The state must be one that this witness could have left: its note says what its head says. */
static enum error check_note(const struct witness *witness, const struct state *state)
{
    struct checkpoint checkpoint;
    struct note note;
    uint64_t time_s;

    if (state->note.length == 0)
        return state->head.size == 0 && state->time_s == 0 ? OK : ERROR_CORRUPT;
    if (note_parse(state->note, &note) != OK || checkpoint_parse_foreign(note.text, &checkpoint) != OK ||
        cosignature_verify(&note, &witness->key, &time_s) != OK)
        return ERROR_CORRUPT;
    bool same = slice_equal(checkpoint.origin, state->origin) && checkpoint.head.size == state->head.size &&
                hash_equal(&checkpoint.head.root, &state->head.root) && time_s == state->time_s;
    return same ? OK : ERROR_CORRUPT;
}

enum error witness_recall(struct witness *witness, struct slice bytes)
{
    struct state state;

    TRY(state_parse(bytes, &state));
    struct known *known = find(witness, state.origin);
    if (!known)
        return ERROR_NOT_FOUND;
    TRY(check_note(witness, &state));
    buffer_clear(&known->note);
    buffer_slice(&known->note, state.note);
    TRY(buffer_check(&known->note));
    known->head = state.head;
    known->time_s = state.time_s;
    known->line_length = state.note.length > 0 ? state.note.length - last_line(state.note) : 0;
    known->given = false;
    witness->latest_s = state.time_s > witness->latest_s ? state.time_s : witness->latest_s;
    return OK;
}

/* ---- add-checkpoint: checking ---- */

int witness_status(enum witness_answer answer)
{
    static const int status[WITNESS_ANSWERS] = {
        [WITNESS_COSIGNED] = 200, [WITNESS_MALFORMED] = 400,    [WITNESS_UNSIGNED] = 403, [WITNESS_UNKNOWN] = 404,
        [WITNESS_STALE] = 409,    [WITNESS_INCONSISTENT] = 422, [WITNESS_NOT_KEPT] = 503,
    };

    return status[answer];
}

static bool is_signed_by_log(const struct known *known, const struct note *note)
{
    bool found = false;
    uint64_t time_s;

    for (unsigned i = 0; i < known->keys; i++) {
        if (!note_is_signed(note, &known->key[i]))
            continue;
        if (note_verify_any(note, &known->key[i], &time_s) != OK)
            return false; /* the note is malformed, whatever else stands there */
        found = true;
    }
    return found;
}

enum error witness_verify_by_log(const struct witness *witness, struct slice origin, const struct note *note)
{
    const struct known *known = find(witness, origin);

    if (!known)
        return ERROR_NOT_FOUND;
    return is_signed_by_log(known, note) ? OK : ERROR_SIGNATURE;
}

/* One size, two roots, both signed by the log: no proof can heal that. */
static void look_for_split(struct witness *witness, const struct known *known, const struct tree_head *head,
                           struct slice other)
{
    if (known->note.length == 0 || head->size != known->head.size || hash_equal(&head->root, &known->head.root))
        return;
    witness->counts.splits++;
    if (witness->settings.split)
        witness->settings.split(witness->settings.context, known->origin, buffer_view(&known->note), other);
}

/* tlog-witness: nothing needs to be proved of the empty tree, and then nothing may be. */
static bool is_consistent(const struct tree_head *older, const struct tree_head *newer, const struct tree_proof *proof)
{
    struct hash empty = tree_hash_empty();

    if (newer->size == 0 && !hash_equal(&newer->root, &empty))
        return false;
    if (older->size == 0)
        return proof->count == 0;
    return tree_verify_consistency(older, newer, tree_proof_path(proof)) == OK;
}

/* Text and those signatures that were verified; others' lines are not ours to pass on. */
static enum error signed_note(const struct known *known, const struct note *note, struct buffer *into)
{
    LEFT_UNSET struct note_signature_bytes signature;

    buffer_slice(into, note->text);
    buffer_byte(into, '\n');
    for (unsigned i = 0; i < known->keys; i++)
        for (size_t at = 0; note_next_signature(note, &known->key[i], &at, &signature);)
            note_signature_write(&known->key[i], slice_of(signature.byte, signature.length), into);
    return buffer_check(into);
}

static bool can_be_recorded(const struct witness *witness, const struct known *known, const struct note *note)
{
    CLEANUP_BUFFER struct buffer text = buffer_new(witness->settings.record_bytes_max);

    return witness->settings.record_bytes_max == 0 || signed_note(known, note, &text) == OK;
}

static enum witness_answer consider(struct witness *witness, struct slice body, struct witness_offer *offer,
                                    struct buffer *ret_body)
{
    struct checkpoint checkpoint;
    struct request request;

    if (request_parse(body, &request) != OK || note_parse(request.checkpoint, &offer->note) != OK ||
        checkpoint_parse_foreign(offer->note.text, &checkpoint) != OK)
        return WITNESS_MALFORMED;
    struct known *known = find(witness, checkpoint.origin);
    if (!known)
        return WITNESS_UNKNOWN;
    if (!is_signed_by_log(known, &offer->note))
        return WITNESS_UNSIGNED;
    if (request.old_size > checkpoint.head.size || !can_be_recorded(witness, known, &offer->note))
        return WITNESS_MALFORMED;
    look_for_split(witness, known, &checkpoint.head, request.checkpoint);
    if (request.old_size != known->head.size) {
        buffer_format(ret_body, "%" PRIu64 "\n", known->head.size);
        return WITNESS_STALE;
    }
    if (!is_consistent(&known->head, &checkpoint.head, &request.proof))
        return WITNESS_INCONSISTENT;
    for (offer->log = 0; witness->log[offer->log] != known;)
        offer->log++;
    offer->head = checkpoint.head;
    offer->expected = known->head;
    return WITNESS_COSIGNED;
}

enum witness_answer witness_consider(struct witness *witness, struct slice body, struct witness_offer *ret_offer,
                                     struct buffer *ret_body)
{
    enum witness_answer answer = consider(witness, body, ret_offer, ret_body);

    if (answer != WITNESS_COSIGNED)
        witness->counts.answers[answer]++;
    return answer;
}

/* ---- add-checkpoint: cosigning ---- */

/* Never before the last one, whatever the machine's clock says. */
static uint64_t time_now(struct witness *witness)
{
    int64_t now_s = world_now_s(witness->settings.world);
    uint64_t time_s = now_s > 0 ? (uint64_t)now_s : 1;

    return time_s > witness->latest_s ? time_s : witness->latest_s;
}

/* The same text within the same second: the same line, and nothing to write. So whoever repeats a log's checkpoint at a
 * witness costs it one write a second at most. */
static bool is_given(const struct known *known, const struct witness_offer *offer, uint64_t time_s)
{
    return known->given && known->time_s == time_s && known->note.length > offer->note.text.length &&
           slice_starts_with(buffer_view(&known->note), offer->note.text) &&
           known->note.data[offer->note.text.length] == '\n';
}

static enum error keep(struct witness *witness, const struct known *known, const struct state *state)
{
    CLEANUP_BUFFER struct buffer bytes = buffer_new(2 * STATE_BYTES_MAX);

    TRY(state_write(state, &bytes));
    enum error error = witness->settings.keep(witness->settings.context, known->origin, buffer_view(&bytes));
    if (error != OK && error != ERROR_DISK_FULL)
        witness->shut = true;
    return error;
}

/* Kept first, then recorded, then remembered; the caller gives the line out after that. */
static enum error cosign(struct witness *witness, struct known *known, const struct witness_offer *offer,
                         uint64_t time_s)
{
    CLEANUP_BUFFER struct buffer note = buffer_new(NOTE_BYTES_MAX + COSIGNATURE_LINE_MAX);

    TRY(signed_note(known, &offer->note, &note));
    size_t signed_length = note.length;
    TRY(cosignature_make(offer->note.text, witness->name, witness->settings.seed, time_s, &note));
    const struct state state = {known->origin, offer->head, time_s, buffer_view(&note)};
    TRY(keep(witness, known, &state));

    struct buffer before = known->note;
    known->note = note;
    note = before; /* freed with the scope */
    known->line_length = known->note.length - signed_length;
    known->head = offer->head;
    known->time_s = time_s;
    known->given = false;
    witness->latest_s = time_s;
    if (witness->settings.record)
        TRY(witness->settings.record(witness->settings.context, known->origin,
                                     slice_of(known->note.data, signed_length)));
    known->given = true;
    return OK;
}

static enum witness_answer cosign_or_not(struct witness *witness, const struct witness_offer *offer,
                                         struct buffer *ret_body)
{
    struct known *known = witness->log[offer->log];

    if (witness->shut)
        return WITNESS_NOT_KEPT;
    /* tlog-witness, "add-checkpoint", the race: what was checked against must still be what is remembered. */
    if (known->head.size != offer->expected.size || !hash_equal(&known->head.root, &offer->expected.root)) {
        buffer_format(ret_body, "%" PRIu64 "\n", known->head.size);
        return WITNESS_STALE;
    }
    uint64_t now_s = (uint64_t)world_now_s(witness->settings.world), time_s = time_now(witness);
    if (!is_given(known, offer, time_s) && cosign(witness, known, offer, time_s) != OK)
        return WITNESS_NOT_KEPT;
    witness->counts.clock_back += time_s > now_s;
    buffer_slice(ret_body, slice_from(buffer_view(&known->note), known->note.length - known->line_length));
    return WITNESS_COSIGNED;
}

enum witness_answer witness_cosign(struct witness *witness, const struct witness_offer *offer, struct buffer *ret_body)
{
    enum witness_answer answer = cosign_or_not(witness, offer, ret_body);

    witness->counts.answers[answer]++;
    return answer;
}

enum witness_answer witness_add_checkpoint(struct witness *witness, struct slice body, struct buffer *ret_body)
{
    LEFT_UNSET struct witness_offer offer;
    enum witness_answer answer = witness_consider(witness, body, &offer, ret_body);

    return answer == WITNESS_COSIGNED ? witness_cosign(witness, &offer, ret_body) : answer;
}

/* ---- looking ---- */

unsigned witness_logs(const struct witness *witness)
{
    return witness->logs;
}

struct witness_seen witness_log_at(const struct witness *witness, unsigned log)
{
    const struct known *known = witness->log[log];

    return (struct witness_seen){known->origin, known->head, known->time_s, buffer_view(&known->note)};
}

bool witness_log_by_hash(const struct witness *witness, const struct hash *hash, struct witness_seen *ret_seen)
{
    for (unsigned i = 0; i < witness->logs; i++) {
        if (!hash_equal(&witness->log[i]->hash, hash))
            continue;
        *ret_seen = witness_log_at(witness, i);
        return true;
    }
    return false;
}

struct note_key witness_key(const struct witness *witness)
{
    return witness->key;
}

bool witness_is_shut(const struct witness *witness)
{
    return witness->shut;
}

const struct witness_counts *witness_counts(const struct witness *witness)
{
    return &witness->counts;
}
