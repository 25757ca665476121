/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "verify_inside.h"

#include <assert.h>
#include <dirent.h>
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "record.h"

#define SEGMENTS_MAX 1000000
/* So many lost entries in a row are stood in for; who has lost more than a segment holds has lost the log. */
#define STAND_IN_MAX (8 * 1024 * 1024)

/* Where the walk stands. */
struct walk {
    struct verifier *verifier;
    char file[32];
    uint64_t file_end;
    uint64_t index; /* the next entry */
    bool loss_told; /* what is missing before the next batch was reported */
    bool stopped;   /* too much is lost to go on */
};

static void meet(struct verify_mark *mark, const struct verifier *verifier)
{
    if (mark->head.size != verifier->frontier.size)
        return;
    struct tree_head head = tree_frontier_head(&verifier->frontier);
    mark->met = hash_equal(&head.root, &mark->head.root);
}

static void meet_marks(struct verifier *verifier)
{
    meet(&verifier->checkpoint, verifier);
    meet(&verifier->remembered, verifier);
    meet(&verifier->declared, verifier);
}

static void add_leaf(struct walk *walk, const struct hash *leaf)
{
    struct verifier *verifier = walk->verifier;

    verifier->row[0][walk->index % TILE_WIDTH] = *leaf;
    tree_frontier_append(&verifier->frontier, leaf);
    walk->index++;
    meet_marks(verifier);
    uint64_t full = walk->index;
    if (full % TILE_WIDTH != 0)
        return;
    verify_full_bundle(verifier, full / TILE_WIDTH - 1);
    for (unsigned level = 0; full % TILE_WIDTH == 0; level++) {
        assert(level + 1 < TILE_LEVELS);
        full /= TILE_WIDTH;
        verify_full_tile(verifier, level, full - 1);
        verifier->row[level + 1][(full - 1) % TILE_WIDTH] = tile_fold(verifier->row[level], 8);
    }
}

static void fault(struct walk *walk, uint64_t begin, uint64_t end, uint64_t index, const char *what)
{
    verify_fault_at(walk->verifier, walk->file, begin, end, index, what);
}

/* Stands in for the lost entries before `until`, with what the hash tiles say of them. */
static void stand_in(struct walk *walk, uint64_t until)
{
    static const struct hash nothing;

    if (until - walk->index > STAND_IN_MAX && until > walk->verifier->minimum) {
        walk->stopped = true;
        return;
    }
    while (walk->index < until) {
        struct hash leaf;
        bool claimed = verify_claimed_leaf(walk->verifier, walk->index, &leaf);
        add_leaf(walk, claimed ? &leaf : &nothing);
    }
}

/* Does a good record of entry `index` begin at `at`, before `end`? */
static bool record_holds_at(struct cursor *cursor, uint64_t at, uint64_t end, uint64_t index)
{
    uint64_t back = cursor->at;
    struct slice bytes;
    struct record record;
    size_t length;

    cursor->at = at;
    bool holds = cursor_peek(cursor, RECORD_HEAD_BYTES, &bytes) && record_measure(bytes, &length) == OK &&
                 at + length <= end && cursor_peek(cursor, length, &bytes) &&
                 record_read(bytes, index, &record) == RECORD_HOLDS;
    cursor->at = back;
    return holds;
}

/* Reads one record. False when it is not known where the next one begins; the cursor stands on the bad one then. */
static bool walk_record(struct walk *walk, uint64_t batch_end, bool last)
{
    struct cursor *cursor = &walk->verifier->cursor;
    uint64_t begin = cursor->at;
    struct slice bytes;
    struct record record;
    size_t length;

    if (!cursor_peek(cursor, RECORD_HEAD_BYTES, &bytes) || record_measure(bytes, &length) != OK ||
        begin + length > batch_end || !cursor_peek(cursor, length, &bytes))
        return false;
    enum record_fault found = record_read(bytes, walk->index, &record);
    if (found != RECORD_BAD_HEAD_OR_LEAF) {
        if (found == RECORD_BAD_SEALED)
            fault(walk, begin + RECORD_HEAD_BYTES + record.leaf.length, begin + length, walk->index,
                  "The sealed event is not what the entry is the hash of.");
        struct hash leaf = tree_hash_leaf(record.leaf);
        add_leaf(walk, &leaf);
        walk->verifier->summary.padding += ledger_is_padding(record.leaf);
        cursor->at = begin + length;
        return true;
    }
    bool length_holds = last ? begin + length == batch_end
                             : record_holds_at(cursor, begin + length, batch_end, walk->index + 1);
    if (!length_holds)
        return false;
    fault(walk, begin, begin + length, walk->index, "The entry's record was changed.");
    stand_in(walk, walk->index + 1);
    cursor->at = begin + length;
    return true;
}

/* Finds a good record of one of the next entries of the batch behind a bad stretch. */
static bool find_next_record(struct walk *walk, uint64_t batch_end, uint64_t next_batch)
{
    struct cursor *cursor = &walk->verifier->cursor;
    uint64_t until = batch_end < walk->file_end ? batch_end : walk->file_end;
    uint64_t begin = cursor->at;

    for (uint64_t at = begin + RECORD_HEAD_BYTES + 1; at + RECORD_HEAD_BYTES < until; at++) {
        if (walk->index + 1 < next_batch && record_holds_at(cursor, at, until, walk->index + 1)) {
            fault(walk, begin, at, walk->index, "The entry's record was changed.");
            stand_in(walk, walk->index + 1);
            cursor->at = at;
            return true;
        }
    }
    return false;
}

static void walk_batch(struct walk *walk, const struct batch_head *head)
{
    struct cursor *cursor = &walk->verifier->cursor;
    uint64_t end = cursor->at + BATCH_HEAD_BYTES + head->bytes, next_batch = head->first_index + head->count;
    struct slice bytes;

    cursor->at += BATCH_HEAD_BYTES;
    while (walk->index < next_batch && !walk->stopped) {
        if (walk_record(walk, end, walk->index + 1 == next_batch) || find_next_record(walk, end, next_batch))
            continue;
        fault(walk, cursor->at, end < walk->file_end ? end : walk->file_end, walk->index,
              end > walk->file_end ? "The file ends inside a batch: a crash, or it was cut off."
                                   : "From here to the end of its batch the journal cannot be read.");
        walk->loss_told = true;
        if (end < walk->file_end || next_batch <= walk->verifier->checkpoint.head.size)
            stand_in(walk, next_batch);
        break;
    }
    cursor->at = end;
    if (end <= walk->file_end && !(cursor_peek(cursor, BATCH_TAIL_BYTES, &bytes) && batch_tail_holds(bytes)))
        fault(walk, end, end + BATCH_TAIL_BYTES, next_batch - 1,
              "The end of this entry's batch was changed or cut off.");
    cursor->at = end + BATCH_TAIL_BYTES;
}

/* Moves to the next batch head that holds, or to the end of the file. */
static void resynchronize(struct walk *walk)
{
    struct cursor *cursor = &walk->verifier->cursor;
    uint64_t begin = cursor->at;
    struct slice bytes;

    cursor->at = begin + 1;
    while (cursor->at < walk->file_end) {
        uint64_t left = walk->file_end - cursor->at;
        size_t length = left < CURSOR_WINDOW ? (size_t)left : CURSOR_WINDOW;
        if (!cursor_peek(cursor, length, &bytes))
            break;
        size_t found = batch_search(bytes);
        cursor->at += found;
        if (found < length || left == length)
            break;
        cursor->at -= BATCH_HEAD_BYTES - 1; /* a head may lie across the window's end */
    }
    if (cursor->at > walk->file_end || cursor->at <= begin)
        cursor->at = walk->file_end;
    fault(walk, begin, cursor->at, walk->index, "The head of a batch was changed; the batch cannot be read.");
    walk->loss_told = true;
}

/* Entries before `first` that should have been here are lost. */
static void cross_gap(struct walk *walk, uint64_t begin, uint64_t first)
{
    if (first == walk->index)
        return;
    if (walk->index == 0 && first <= walk->verifier->minimum) {
        walk->verifier->summary.minimum = first; /* let go, as it was declared */
        stand_in(walk, first);
        return;
    }
    if (!walk->loss_told)
        fault(walk, begin, begin, walk->index, "Entries before this place are missing.");
    stand_in(walk, first);
}

/* What a log writes ahead of its end, so that it need not grow with each batch. */
static bool only_zeros_follow(struct walk *walk)
{
    struct cursor *cursor = &walk->verifier->cursor;
    uint64_t begin = cursor->at;
    struct slice bytes;
    bool zeros = true;

    while (zeros && cursor->at < walk->file_end) {
        uint64_t left = walk->file_end - cursor->at;
        size_t length = left < CURSOR_WINDOW ? (size_t)left : CURSOR_WINDOW;
        zeros = cursor_peek(cursor, length, &bytes) && bytes.data[0] == 0 &&
                memcmp(bytes.data, bytes.data + 1, length - 1) == 0;
        cursor->at += length;
    }
    if (!zeros)
        cursor->at = begin;
    return zeros;
}

static void walk_batches(struct walk *walk)
{
    struct cursor *cursor = &walk->verifier->cursor;
    struct slice bytes;
    struct batch_head head;

    while (cursor->at < walk->file_end && !walk->stopped) {
        if (!cursor_peek(cursor, BATCH_HEAD_BYTES, &bytes) || batch_head_read(bytes, &head) != OK) {
            if (!only_zeros_follow(walk))
                resynchronize(walk);
            continue;
        }
        if (head.first_index < walk->index) {
            uint64_t end = cursor->at + BATCH_HEAD_BYTES + head.bytes + BATCH_TAIL_BYTES;
            fault(walk, cursor->at, end, head.first_index, "A batch stands here that belongs elsewhere.");
            cursor->at = end;
            continue;
        }
        cross_gap(walk, cursor->at, head.first_index);
        walk->loss_told = false;
        if (!walk->stopped)
            walk_batch(walk, &head);
    }
}

static void walk_head(struct walk *walk, uint64_t number)
{
    struct segment_head head;
    struct slice bytes;

    if (!cursor_peek(&walk->verifier->cursor, SEGMENT_HEAD_BYTES, &bytes) ||
        segment_head_read(bytes, walk->verifier->key->name, &head) != OK || head.number != number) {
        fault(walk, 0, SEGMENT_HEAD_BYTES, VERIFY_NO_INDEX, "The segment's head was changed, or is another log's.");
        return;
    }
    if (head.first_index < walk->index)
        fault(walk, 0, SEGMENT_HEAD_BYTES, head.first_index, "The segment stands where another belongs.");
    else
        cross_gap(walk, 0, head.first_index);
}

static enum error walk_segment(struct walk *walk, uint64_t number)
{
    struct cursor *cursor = &walk->verifier->cursor;

    snprintf(walk->file, sizeof walk->file, "journal/%06u", (unsigned)number);
    CLEANUP_DESCRIPTOR int descriptor = verify_open(walk->verifier, walk->file, true, &walk->file_end);
    if (descriptor < 0) {
        verify_fault_file(walk->verifier, walk->file, "The segment is missing or cannot be read.");
        walk->loss_told = true;
        return OK;
    }
    cursor_place(cursor, descriptor, 0, CURSOR_WINDOW);
    walk_head(walk, number);
    cursor->at = SEGMENT_HEAD_BYTES;
    walk_batches(walk);
    return cursor->failed ? ERROR_IO : OK;
}

/* Where segments were let go the first that is there says so itself, by the entry that it begins with. */
static enum error number_segments(struct verifier *verifier, uint64_t *ret_first, uint64_t *ret_last)
{
    char path[PATH_MAX];
    uint64_t number, first = UINT64_MAX, last = 0;

    snprintf(path, sizeof path, "%s/journal", verifier->directory);
    DIR *directory = opendir(path);
    if (!directory)
        return ERROR_FILE_MISSING;
    for (struct dirent *entry; (entry = readdir(directory));) {
        struct slice name = slice_from_string(entry->d_name);
        if (name.length != 6 || !slice_to_u64(name, &number))
            continue;
        first = number < first ? number : first;
        last = number > last ? number : last;
    }
    closedir(directory);
    *ret_first = verifier->minimum > 0 && first <= last ? first : 0;
    *ret_last = last;
    return first <= last ? OK : ERROR_FILE_MISSING;
}

enum error verify_journal(struct verifier *verifier)
{
    struct walk walk = {.verifier = verifier};
    uint64_t first = 0, last = 0;

    TRY(number_segments(verifier, &first, &last));
    meet_marks(verifier); /* of an empty log */
    for (uint64_t number = first; number <= last && !walk.stopped; number++)
        TRY(walk_segment(&walk, number));
    return OK;
}
