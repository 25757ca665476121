/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "ledger.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "bundles.h"
#include "checkpoint.h"
#include "derived.h"
#include "journal.h"
#include "proof.h"

#define SEGMENT_BYTES (64 * 1024 * 1024)
/* What the batch buffer keeps between appends: a large batch must not stay in memory for good. */
#define BATCH_KEPT_BYTES (256 * 1024)

struct ledger {
    char path[PATH_MAX - TILE_PATH_MAX]; /* so that every name of a file below it fits */
    char journal_path[PATH_MAX];
    char origin_text[NOTE_NAME_MAX];
    struct slice origin;
    const struct secret_key *seed, *seed_before;
    struct world *world;
    struct journal *journal;
    struct derived *derived;
    int lock;
    struct buffer batch;
    struct buffer note; /* the checkpoint of `note_size` entries, when not empty */
    uint64_t note_size;
    bool published; /* the files say what `note_size` does */
    bool on_demand;
    struct ledger_pruned pruned;
    struct tree_head published_head;
    struct buffer published_note; /* of that head */
};

static enum error set_paths(struct ledger *ledger, const char *directory)
{
    if (snprintf(ledger->path, sizeof ledger->path, "%s", directory) >= (int)sizeof ledger->path)
        return ERROR_IO;
    snprintf(ledger->journal_path, PATH_MAX, "%s/journal", directory);
    return OK;
}

static enum error take_lock(struct ledger *ledger)
{
    char path[PATH_MAX];

    snprintf(path, sizeof path, "%s/lock", ledger->path);
    return file_lock(path, &ledger->lock);
}

static void ledger_free(struct ledger *ledger)
{
    derived_free(ledger->derived);
    journal_close(ledger->journal);
    file_close(&ledger->lock);
    buffer_free(&ledger->batch);
    buffer_free(&ledger->note);
    buffer_free(&ledger->published_note);
    free(ledger);
}

static enum error ledger_new(const char *directory, const struct ledger_settings *settings, struct ledger **ret_ledger)
{
    if (!note_name_allowed(settings->origin))
        return ERROR_VALUE;
    struct ledger *ledger = calloc(1, sizeof *ledger);
    if (!ledger)
        return ERROR_MEMORY;
    memcpy(ledger->origin_text, settings->origin.data, settings->origin.length);
    ledger->origin = slice_of(ledger->origin_text, settings->origin.length);
    ledger->seed = settings->seed;
    ledger->seed_before = settings->seed_before;
    ledger->world = settings->world;
    ledger->lock = -1;
    ledger->batch = buffer_new(BATCH_BYTES_MAX);
    ledger->note = buffer_new(2 * CHECKPOINT_BYTES_MAX);
    ledger->published_note = buffer_new(NOTE_BYTES_MAX);
    ledger->on_demand = settings->on_demand;
    ledger->pruned = settings->pruned;
    enum error error = set_paths(ledger, directory);
    if (error != OK) {
        ledger_free(ledger);
        return error;
    }
    *ret_ledger = ledger;
    return OK;
}

static struct journal_settings journal_settings_of(const struct ledger *ledger, const struct ledger_settings *settings)
{
    return (struct journal_settings){
        .directory = ledger->journal_path,
        .origin = ledger->origin,
        .io = settings->io ? *settings->io : ledger_io_system(),
        .segment_bytes = settings->segment_bytes ? settings->segment_bytes : SEGMENT_BYTES,
        .minimum = settings->pruned.minimum,
        .ahead_bytes = settings->ahead_bytes < LEDGER_AHEAD_MAX ? settings->ahead_bytes : LEDGER_AHEAD_MAX,
    };
}

/* The journal's directory must survive a crash as well as the files in it. */
static enum error sync_directory(const struct ledger_io *io, const char *path)
{
    CLEANUP_DESCRIPTOR int descriptor = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    return descriptor >= 0 && io->fsync(io->context, descriptor) == 0 ? OK : ERROR_IO;
}

static enum error make_directories(struct ledger *ledger, const struct ledger_io *io)
{
    char parent[PATH_MAX];

    TRY(file_make_directory(ledger->journal_path));
    TRY(sync_directory(io, ledger->path));
    snprintf(parent, sizeof parent, "%s/..", ledger->path);
    return sync_directory(io, parent);
}

static enum error create(struct ledger *ledger, const struct ledger_settings *settings, struct fault *fault)
{
    struct journal_settings journal = journal_settings_of(ledger, settings);

    enum error error = make_directories(ledger, &journal.io);
    if (error == OK)
        error = take_lock(ledger);
    if (error == OK)
        error = journal_create(&journal, &ledger->journal);
    if (error != OK)
        return fault_set(fault, error, "%s", ledger->path);
    TRY(derived_new(ledger->path, ledger->journal, &ledger->derived));
    return ledger_publish(ledger);
}

enum error ledger_create(const char *directory, const struct ledger_settings *settings, struct ledger **ret_ledger,
                         struct fault *fault)
{
    struct ledger *ledger;

    TRY(ledger_new(directory, settings, &ledger));
    enum error error = create(ledger, settings, fault);
    if (error != OK) {
        ledger_free(ledger);
        return error;
    }
    *ret_ledger = ledger;
    return OK;
}

static enum error remember_published(struct ledger *ledger, struct tree_head head, struct slice note)
{
    ledger->published_head = head;
    buffer_clear(&ledger->published_note);
    buffer_slice(&ledger->published_note, note);
    return buffer_check(&ledger->published_note);
}

/* The checkpoint that was published last. `present` is false when there is none, or when a crash kept its bytes from
 * the disk; anything else that does not verify was tampered with, or is another log's. */
static enum error read_checkpoint(struct ledger *ledger, struct tree_head *ret_head, bool *ret_present,
                                  struct fault *fault)
{
    char path[PATH_MAX];
    uint8_t public_key[SIGN_PUBLIC_BYTES];
    struct checkpoint checkpoint;
    struct slice note;
    CLEANUP_ARENA struct arena *arena = arena_new(2 * NOTE_BYTES_MAX);

    if (!arena)
        return ERROR_MEMORY;
    snprintf(path, sizeof path, "%s/checkpoint", ledger->path);
    enum error error = file_read(arena, path, NOTE_BYTES_MAX, &note, fault);
    *ret_present = error == OK && note.length > 0 && note.data[0] != '\0';
    if (error == ERROR_FILE_MISSING || (error == OK && !*ret_present))
        return OK;
    TRY(error);
    sign_public(ledger->seed, public_key);
    struct note_key key = note_key_make(ledger->origin, public_key);
    error = checkpoint_verify(note, &key, &checkpoint);
    if (error != OK && ledger->seed_before) { /* it was signed before the key changed */
        sign_public(ledger->seed_before, public_key);
        key = note_key_make(ledger->origin, public_key);
        error = checkpoint_verify(note, &key, &checkpoint);
    }
    if (error != OK)
        return fault_set(fault, ERROR_CORRUPT, "checkpoint: it is not signed by this log's key");
    *ret_head = checkpoint.head;
    return remember_published(ledger, checkpoint.head, note);
}

struct replay {
    struct derived *derived;
    const struct tree_head *expected;
    bool met; /* the tree went through the expected head */
};

static void compare_head(struct replay *replay)
{
    struct tree_head head = derived_head(replay->derived);

    if (head.size == replay->expected->size)
        replay->met = hash_equal(&head.root, &replay->expected->root);
}

static enum error replay_entry(void *context, uint64_t index, const struct record *record)
{
    struct replay *replay = context;

    derived_add(replay->derived, record->leaf);
    if (index + 1 == replay->expected->size)
        compare_head(replay);
    return OK;
}

/* Adds the journal's entries from the present edge on. *ret_met: the tree went through `expected`. */
static enum error replay(struct ledger *ledger, const struct tree_head *expected, bool *ret_met, struct fault *fault)
{
    struct replay state = {ledger->derived, expected, false};

    compare_head(&state);
    TRY(journal_scan(ledger->journal, derived_head(ledger->derived).size, journal_size(ledger->journal), replay_entry,
                     &state, fault));
    *ret_met = state.met;
    return OK;
}

/* Builds the tree: the first `full` entries from their tile files, the rest from the journal. */
static enum error build_from(struct ledger *ledger, uint64_t full, const struct tree_head *published, bool *ret_met,
                             struct fault *fault)
{
    *ret_met = false;
    derived_reset(ledger->derived);
    if (full < journal_first(ledger->journal))
        return OK; /* what is gone only the tiles can give */
    if (full > 0 && derived_restore(ledger->derived, full) != OK)
        return OK;
    return replay(ledger, published, ret_met, fault);
}

/* Tiles up to the published checkpoint are taken from their files, because its root vouches for them; everything behind
 * it is derived from the journal, because nothing vouches for files that were written without sync. Files are written
 * only after the tree was found right: a log that is refused is left as evidence. */
static enum error build_tree(struct ledger *ledger, const struct tree_head *published, bool present,
                             struct ledger_recovery *recovery, struct fault *fault)
{
    bool met;
    uint64_t full = present ? published->size - published->size % TILE_WIDTH : 0;

    derived_hold_files(ledger->derived, true);
    TRY(build_from(ledger, full, published, &met, fault));
    if (!met && full > 0) {
        full = 0;
        recovery->derived_rebuilt = true;
        TRY(build_from(ledger, full, published, &met, fault));
    }
    if (present && !met)
        return fault_set(fault, ERROR_CORRUPT, "the journal is not what the checkpoint was signed for");
    recovery->derived_rebuilt |= !present;
    derived_hold_files(ledger->derived, false);
    if (journal_size(ledger->journal) - full < TILE_WIDTH)
        return OK; /* no tile has become full, so none is to be written */
    return build_from(ledger, full, published, &met, fault);
}

/* A full disk must not keep a log from opening or closing: what could not be published is made up for later. */
static void publish_if_possible(struct ledger *ledger)
{
    if (!ledger->on_demand && ledger_publish(ledger) != OK)
        ledger->published = false;
}

static enum error open_journal(struct ledger *ledger, const struct ledger_settings *settings, struct fault *fault)
{
    struct journal_settings journal = journal_settings_of(ledger, settings);

    if (!file_exists(ledger->journal_path))
        return fault_set(fault, ERROR_FILE_MISSING, "%s", ledger->journal_path);
    TRY(take_lock(ledger));
    return journal_open(&journal, &ledger->journal, fault);
}

static enum error open_all(struct ledger *ledger, const struct ledger_settings *settings,
                           struct ledger_recovery *recovery, struct fault *fault)
{
    struct tree_head published = {0};
    bool present = false;

    TRY(open_journal(ledger, settings, fault));
    TRY(read_checkpoint(ledger, &published, &present, fault));
    if (present && published.size > journal_size(ledger->journal))
        return fault_set(fault, ERROR_CORRUPT, "the journal has fewer entries than the checkpoint was signed for");
    TRY(journal_settle(ledger->journal, &recovery->cut_bytes));
    TRY(derived_new(ledger->path, ledger->journal, &ledger->derived));
    derived_set_minimum(ledger->derived, ledger->pruned.minimum);
    if (!present && ledger->pruned.minimum > 0) { /* the declaration vouches for the tiles as a checkpoint does */
        published = ledger->pruned.head;
        present = true;
    }
    TRY(build_tree(ledger, &published, present, recovery, fault));
    derived_doubt_files(ledger->derived);
    publish_if_possible(ledger);
    return OK;
}

enum error ledger_open(const char *directory, const struct ledger_settings *settings, struct ledger **ret_ledger,
                       struct ledger_recovery *recovery, struct fault *fault)
{
    struct ledger *ledger;
    struct ledger_recovery found = {0};

    TRY(ledger_new(directory, settings, &ledger));
    enum error error = open_all(ledger, settings, &found, fault);
    if (error != OK) {
        ledger_free(ledger);
        return error;
    }
    if (recovery)
        *recovery = found;
    *ret_ledger = ledger;
    return OK;
}

void ledger_close(struct ledger *ledger)
{
    if (!ledger)
        return;
    publish_if_possible(ledger);
    ledger_free(ledger);
}

uint64_t ledger_size(const struct ledger *ledger)
{
    return journal_size(ledger->journal);
}

struct slice ledger_origin(const struct ledger *ledger)
{
    return ledger->origin;
}

int64_t ledger_last_time_ns(const struct ledger *ledger)
{
    return journal_last_time_ns(ledger->journal);
}

struct tree_head ledger_head(const struct ledger *ledger)
{
    return derived_head(ledger->derived);
}

static void forget_batch(struct ledger *ledger)
{
    if (ledger->batch.capacity > BATCH_KEPT_BYTES)
        buffer_free(&ledger->batch);
    else
        buffer_clear(&ledger->batch);
}

enum error ledger_append(struct ledger *ledger, const struct ledger_entry *entries, size_t count, unsigned flags,
                         uint64_t *ret_first_index)
{
    uint64_t first = journal_size(ledger->journal);
    int64_t now = ledger->world->now_ns(ledger->world), last = journal_last_time_ns(ledger->journal);

    if (now < last || flags & LEDGER_KEEP_TIME)
        now = last; /* a clock set back must not make the log forget how late it was */
    *ret_first_index = first;
    if (count == 0)
        return OK;
    enum error error = batch_write(entries, count, first, now, &ledger->batch);
    if (error == OK)
        error = journal_append(ledger->journal, buffer_view(&ledger->batch), count, now, flags & LEDGER_EMERGENCY);
    forget_batch(ledger);
    TRY(error);
    for (size_t i = 0; i < count; i++)
        derived_add(ledger->derived, entries[i].leaf);
    ledger->published = false;
    return OK;
}

/* The second signature under the same text: what follows the empty line of a note of its own. */
static enum error sign_too(const struct checkpoint *checkpoint, const struct secret_key *seed, struct buffer *note)
{
    CLEANUP_BUFFER struct buffer other = buffer_new(CHECKPOINT_BYTES_MAX);

    TRY(checkpoint_sign(checkpoint, seed, &other));
    buffer_slice(note, slice_from(buffer_view(&other), slice_search(buffer_view(&other), SLICE("\n\n")) + 2));
    return buffer_check(note);
}

/* The signed checkpoint of the present tree, borrowed. */
static enum error present_note(struct ledger *ledger, struct slice *ret_note)
{
    struct checkpoint checkpoint = {ledger->origin, derived_head(ledger->derived)};

    if (ledger->note.length == 0 || ledger->note_size != checkpoint.head.size) {
        buffer_clear(&ledger->note);
        enum error error = checkpoint_sign(&checkpoint, ledger->seed, &ledger->note);
        if (error == OK && ledger->seed_before)
            error = sign_too(&checkpoint, ledger->seed_before, &ledger->note);
        if (error != OK) {
            buffer_clear(&ledger->note); /* the half of one must not pass for one */
            return error;
        }
        ledger->note_size = checkpoint.head.size;
    }
    *ret_note = buffer_view(&ledger->note);
    return OK;
}

enum error ledger_checkpoint(struct ledger *ledger, struct buffer *ret_note)
{
    struct slice note;

    TRY(present_note(ledger, &note));
    buffer_slice(ret_note, note);
    return buffer_check(ret_note);
}

void ledger_rekey(struct ledger *ledger, const struct secret_key *seed_before)
{
    ledger->seed_before = seed_before;
    buffer_clear(&ledger->note);
    ledger->published = false;
}

enum error ledger_publish(struct ledger *ledger)
{
    struct slice note;

    if (ledger->published)
        return OK;
    TRY(present_note(ledger, &note));
    TRY(derived_publish(ledger->derived, note, ledger->on_demand));
    ledger->published = true;
    return remember_published(ledger, derived_head(ledger->derived), note);
}

struct tree_head ledger_published(const struct ledger *ledger, struct slice *ret_note)
{
    *ret_note = buffer_view(&ledger->published_note);
    return ledger->published_head;
}

enum error ledger_inclusion(struct ledger *ledger, uint64_t index, uint64_t size, struct tree_proof *ret_proof)
{
    struct tree_source source = derived_source(ledger->derived);

    if (size > ledger_size(ledger))
        return ERROR_NOT_FOUND;
    return tree_inclusion(&source, index, size, ret_proof);
}

enum error ledger_consistency(struct ledger *ledger, uint64_t older_size, uint64_t size, struct tree_proof *ret_proof)
{
    struct tree_source source = derived_source(ledger->derived);

    if (size > ledger_size(ledger))
        return ERROR_NOT_FOUND;
    return tree_consistency(&source, older_size, size, ret_proof);
}

enum error ledger_proof_text(struct ledger *ledger, uint64_t index, struct slice extra, struct buffer *ret_text)
{
    struct slice note;

    TRY(present_note(ledger, &note));
    return ledger_proof_text_under(ledger, index, extra, ledger_size(ledger), note, ret_text);
}

enum error ledger_proof_text_under(struct ledger *ledger, uint64_t index, struct slice extra, uint64_t size,
                                   struct slice note, struct buffer *ret_text)
{
    struct tree_proof path;

    TRY(ledger_inclusion(ledger, index, size, &path));
    return proof_write(extra, index, &path, note, ret_text);
}

struct copy {
    struct arena *arena;
    struct slice *leaf;
    struct slice *sealed;
    struct hash expected; /* of the leaf, as the tree has it */
};

static enum error copy_slice(struct arena *arena, struct slice from, struct slice *ret_to)
{
    if (!ret_to)
        return OK;
    struct slice to = arena_copy(arena, from);
    if (!to.data)
        return ERROR_MEMORY;
    *ret_to = to;
    return OK;
}

static enum error copy_record(void *context, uint64_t index, const struct record *record)
{
    const struct copy *copy = context;
    struct hash hash = tree_hash_leaf(record->leaf);

    if (!hash_equal(&hash, &copy->expected))
        return ERROR_CORRUPT;
    TRY(copy_slice(copy->arena, record->leaf, copy->leaf));
    return copy_slice(copy->arena, record->sealed, copy->sealed);
}

enum error ledger_read(struct ledger *ledger, uint64_t index, struct arena *arena, struct slice *ret_leaf,
                       struct slice *ret_sealed)
{
    struct copy copy = {.arena = arena, .leaf = ret_leaf, .sealed = ret_sealed};

    if (index >= ledger_size(ledger))
        return ERROR_NOT_FOUND;
    if (index < ledger_minimum(ledger))
        return ERROR_TERM_OVER;
    struct tree_source source = derived_source(ledger->derived);
    TRY(source.node(source.context, 0, index, &copy.expected));
    return journal_scan(ledger->journal, index, index + 1, copy_record, &copy, NULL);
}

uint64_t ledger_minimum(const struct ledger *ledger)
{
    return ledger->pruned.minimum; /* a journal that begins behind it does not open */
}

enum error ledger_prunable(struct ledger *ledger, int64_t time_ns, uint64_t *ret_minimum)
{
    uint64_t published = ledger->published_head.size - ledger->published_head.size % TILE_WIDTH;

    TRY(journal_older_than(ledger->journal, time_ns, ret_minimum));
    if (*ret_minimum > published)
        *ret_minimum = ledger_minimum(ledger); /* the tiles must carry an opening over what is gone */
    return OK;
}

enum error ledger_prune_prepare(struct ledger *ledger, uint64_t minimum, struct ledger_pruning *pruning, bool *ret_done)
{
    return derived_keep_tiles(ledger->derived, minimum, &pruning->next, ret_done);
}

enum error ledger_prune(struct ledger *ledger, uint64_t minimum, struct ledger_pruning *pruning, bool *ret_done)
{
    bool dropped;

    ledger->pruned = (struct ledger_pruned){minimum, derived_head(ledger->derived)};
    derived_set_minimum(ledger->derived, minimum);
    *ret_done = false;
    TRY(journal_drop_segment(ledger->journal, minimum, &dropped));
    return dropped ? bundles_drop(ledger->path, minimum, &pruning->next, ret_done) : OK;
}

enum error ledger_tile(struct ledger *ledger, unsigned level, uint64_t index, unsigned width, struct buffer *ret_tile)
{
    if (level >= TILE_LEVELS || width > TILE_WIDTH)
        return ERROR_NOT_FOUND;
    struct tile_name name = {.level = (uint8_t)level, .index = index, .width = (uint16_t)width};
    return derived_tile(ledger->derived, &name, ret_tile);
}

enum error ledger_bundle(struct ledger *ledger, uint64_t index, unsigned width, struct buffer *ret_bundle)
{
    return derived_bundle(ledger->derived, index, width, ret_bundle);
}
