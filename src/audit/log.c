/* SPDX-License-Identifier: Apache-2.0 */
#include "log.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

#include "base/file.h"
#include "files.h"

#define SEGMENTS_MAX 1000000
#define STAND_IN_MAX (8u << 20)

static struct place bytes_of(const struct log *log, uint64_t begin, uint64_t end, uint64_t entry)
{
    return PLACE_BYTES(log->file, begin, end, entry);
}

/* The next `length` bytes without moving on; false when the file has fewer. */
static bool peek(struct log *log, size_t length, struct slice *ret_bytes)
{
    bool inside = log->window_length > 0 && log->at >= log->window_at &&
                  log->at + length <= log->window_at + log->window_length;

    if (!inside) {
        log->window_at = log->at;
        log->window_length = file_pread(log->descriptor, log->window, LOG_WINDOW, log->at);
    }
    size_t skipped = (size_t)(log->at - log->window_at);
    if (log->window_length < skipped + length)
        return false;
    *ret_bytes = slice_of(log->window + skipped, length);
    return true;
}

/* ---- the tree ---- */

static void meet(struct log_mark *mark, const struct log *log)
{
    if (mark->checkpoint.size != log->tree.size)
        return;
    struct hash root = tree_root(&log->tree);
    mark->met = hash_equal(&root, &mark->checkpoint.root);
    mark->time_ns = log->last_time_ns;
}

static void meet_marks(struct log *log)
{
    if (log->has_checkpoint)
        meet(&log->checkpoint, log);
    if (log->has_cosigned)
        meet(&log->cosigned, log);
    if (log->let_go > 0)
        meet(&log->declared, log);
    for (size_t i = 0; i < log->remembered_count; i++)
        meet(&log->remembered[i], log);
}

static void add_leaf(struct log *log, const struct hash *leaf)
{
    log->row[0][log->tree.size % ROW] = *leaf;
    tree_add(&log->tree, leaf);
    meet_marks(log);
    uint64_t full = log->tree.size;
    if (full % ROW != 0)
        return;
    if (full > log->let_go)
        log_compare_bundle(log, full / ROW - 1);
    for (unsigned level = 0; full % ROW == 0 && level + 1 < LEVELS; level++) {
        full /= ROW;
        log_compare_full(log, level, full - 1);
        log->row[level + 1][(full - 1) % ROW] = tree_fold(log->row[level], ROW);
    }
}

/* Lost entries are stood in for by what the tiles say of them, so that one loss is told once. */
static void stand_in(struct log *log, uint64_t until)
{
    static const struct hash nothing;

    if (until - log->tree.size > STAND_IN_MAX) {
        log->stopped = true;
        return;
    }
    while (log->tree.size < until) {
        struct hash leaf = nothing;
        if (!log_claimed_leaf(log, log->tree.size, &leaf))
            leaf = nothing;
        add_leaf(log, &leaf);
    }
}

/* ---- records ---- */

static void take_record(struct log *log, const struct batch *batch, const struct record *record, uint64_t begin,
                        uint64_t end)
{
    struct log_entry entry = {.index = log->tree.size,
                              .time_ns = batch->time_ns,
                              .leaf = record->leaf,
                              .sealed = record->sealed,
                              .kind = leaf_kind(record->leaf, record->sealed),
                              .sealed_holds = record->sealed_holds,
                              .file = log->file,
                              .begin = begin,
                              .end = end};
    struct hash leaf = tree_leaf(record->leaf);

    if (!record->sealed_holds)
        report_add(log->report, FINDING_SEALED_CHANGED,
                   bytes_of(log, begin + RECORD_HEAD + record->leaf.length, end, entry.index), NULL);
    else if (entry.kind == LEAF_WRONG)
        report_add(log->report, FINDING_LEAF_UNKNOWN, bytes_of(log, begin, end, entry.index), NULL);
    add_leaf(log, &leaf);
    log->visit(log->context, &entry);
}

static bool record_stands(struct log *log, uint64_t at, uint64_t end, uint64_t index)
{
    uint64_t back = log->at;
    struct slice bytes;
    struct record record;
    size_t length = 0;

    log->at = at;
    bool stands = peek(log, RECORD_HEAD, &bytes) && (length = record_length(bytes)) > 0 && at + length <= end &&
                  peek(log, length, &bytes) && record_read(bytes, index, &record) && record.leaf_holds;
    log->at = back;
    return stands;
}

/* A bad stretch: goes on at the next record of the batch that holds. False when there is none. */
static bool skip_bad(struct log *log, uint64_t batch_end, uint64_t next_batch)
{
    uint64_t begin = log->at, until = batch_end < log->size ? batch_end : log->size, index = log->tree.size;

    for (uint64_t at = begin + RECORD_HEAD + 1; index + 1 < next_batch && at + RECORD_HEAD < until; at++)
        if (record_stands(log, at, until, index + 1)) {
            report_add(log->report, FINDING_RECORD_CHANGED, bytes_of(log, begin, at, index), NULL);
            stand_in(log, index + 1);
            log->at = at;
            return true;
        }
    return false;
}

static bool walk_record(struct log *log, const struct batch *batch, uint64_t batch_end)
{
    uint64_t begin = log->at;
    struct slice bytes;
    struct record record;
    size_t length = 0;

    if (!peek(log, RECORD_HEAD, &bytes) || (length = record_length(bytes)) == 0 || begin + length > batch_end ||
        !peek(log, length, &bytes) || !record_read(bytes, log->tree.size, &record))
        return false;
    if (!record.leaf_holds)
        return false;
    take_record(log, batch, &record, begin, begin + length);
    log->at = begin + length;
    return true;
}

static void walk_batch(struct log *log, const struct batch *batch)
{
    uint64_t end = log->at + BATCH_HEAD + batch->bytes, next = batch->first + batch->count;
    struct slice bytes;

    log->at += BATCH_HEAD;
    while (log->tree.size < next && !log->stopped) {
        if (walk_record(log, batch, end) || skip_bad(log, end, next))
            continue;
        bool cut = end > log->size;
        report_add(log->report, cut ? FINDING_CUT_OFF : FINDING_RECORD_CHANGED,
                   bytes_of(log, log->at, cut ? log->size : end, log->tree.size), NULL);
        if (!cut || (log->has_checkpoint && next <= log->checkpoint.checkpoint.size))
            stand_in(log, next);
        break;
    }
    log->at = end;
    if (end <= log->size && (!peek(log, BATCH_TAIL, &bytes) || !batch_tail_holds(bytes)))
        report_add(log->report, FINDING_BATCH_TAIL, bytes_of(log, end, end + BATCH_TAIL, next - 1), NULL);
    log->at = end + BATCH_TAIL;
}

/* ---- batches ---- */

static void resynchronize(struct log *log)
{
    uint64_t begin = log->at;
    struct slice bytes;

    log->at++;
    while (log->at < log->size) {
        uint64_t left = log->size - log->at;
        size_t length = left < LOG_WINDOW ? (size_t)left : LOG_WINDOW;
        if (!peek(log, length, &bytes)) {
            log->at = log->size;
            break;
        }
        size_t found = batch_find(bytes);
        log->at += found;
        if (found < length || left == length)
            break;
        log->at -= BATCH_HEAD - 1; /* a head may lie across the window's end */
    }
    report_add(log->report, FINDING_BATCH_HEAD, bytes_of(log, begin, log->at, log->tree.size), NULL);
}

static void check_time(struct log *log, const struct batch *batch)
{
    if (batch->time_ns < log->last_time_ns)
        report_add(log->report, FINDING_TIME_BACK, bytes_of(log, log->at, log->at + BATCH_HEAD, batch->first), NULL);
    else
        log->last_time_ns = batch->time_ns;
}

/* A node writes zeros ahead of its journal's end. */
static bool only_zeros_follow(struct log *log)
{
    uint64_t begin = log->at;
    struct slice bytes;
    bool zeros = true;

    while (zeros && log->at < log->size) {
        size_t length = log->size - log->at < LOG_WINDOW ? (size_t)(log->size - log->at) : LOG_WINDOW;
        zeros = peek(log, length, &bytes) && bytes.data[0] == 0 && memcmp(bytes.data, bytes.data + 1, length - 1) == 0;
        log->at += length;
    }
    if (!zeros)
        log->at = begin;
    return zeros;
}

static void walk_batches(struct log *log)
{
    struct slice bytes;
    struct batch batch;

    while (log->at < log->size && !log->stopped) {
        if (!peek(log, BATCH_HEAD, &bytes) || !batch_read(bytes, &batch)) {
            if (!only_zeros_follow(log))
                resynchronize(log);
            continue;
        }
        uint64_t end = log->at + BATCH_HEAD + batch.bytes + BATCH_TAIL;
        if (batch.first < log->tree.size) {
            report_add(log->report, FINDING_BATCH_PLACE, bytes_of(log, log->at, end, batch.first), NULL);
            log->at = end;
            continue;
        }
        if (batch.first > log->tree.size) {
            report_add(log->report, FINDING_ENTRIES_MISSING, bytes_of(log, log->at, log->at, log->tree.size),
                       "%" PRIu64 " entries", batch.first - log->tree.size);
            stand_in(log, batch.first);
        }
        check_time(log, &batch);
        if (!log->stopped)
            walk_batch(log, &batch);
    }
}

/* ---- segments ---- */

static bool walk_segment(struct log *log, unsigned number)
{
    struct slice bytes;
    uint64_t first = 0;

    snprintf(log->file, sizeof log->file, "log/%s/journal/%06u", log->name, number);
    CLEANUP_DESCRIPTOR int descriptor = file_open(log->directory, log->file, &log->size);
    if (descriptor < 0)
        return false;
    log->report->count[COUNT_FILES]++;
    log->descriptor = descriptor;
    log->at = 0;
    log->window_length = 0;
    if (!peek(log, SEGMENT_HEAD, &bytes) || !segment_head_holds(bytes, log->origin, number, &first))
        report_add(log->report, FINDING_SEGMENT_HEAD, bytes_of(log, 0, SEGMENT_HEAD, REPORT_NONE), NULL);
    else if (first != log->tree.size)
        report_add(log->report, FINDING_SEGMENT_HEAD, bytes_of(log, 0, SEGMENT_HEAD, first), NULL);
    log->at = SEGMENT_HEAD;
    walk_batches(log);
    return true;
}

/* What was let go is in the tree by its hashes. */
static void take_hashes(struct log *log, uint64_t until)
{
    struct hash leaf[ROW];

    while (log->tree.size < until) {
        if (log->tree.size % ROW == 0)
            log_claimed_tile(log, log->tree.size / ROW, leaf);
        struct hash next = leaf[log->tree.size % ROW];
        add_leaf(log, &next);
        log->report->count[COUNT_LET_GO]++;
    }
}

/* Segments go as a whole, oldest first: the first that is there begins where the rest ended. */
static void skip_let_go(struct log *log, unsigned number)
{
    char head[SEGMENT_HEAD];
    uint64_t size = 0, first = 0;

    snprintf(log->file, sizeof log->file, "log/%s/journal/%06u", log->name, number);
    CLEANUP_DESCRIPTOR int descriptor = file_open(log->directory, log->file, &size);
    bool holds = descriptor >= 0 && file_pread(descriptor, head, sizeof head, 0) == sizeof head &&
                 segment_head_holds(slice_of(head, sizeof head), log->origin, number, &first);
    take_hashes(log, holds && first < log->let_go ? first : log->let_go);
}

struct numbers {
    uint64_t first, last;
    bool any;
};

static void note_segment(void *context, const char *name, bool is_directory)
{
    struct numbers *numbers = context;
    struct slice text = slice_from_string(name);
    uint64_t number;

    if (is_directory || text.length != 6 || !slice_to_u64(text, &number))
        return;
    numbers->first = !numbers->any || number < numbers->first ? number : numbers->first;
    numbers->any = true;
    numbers->last = number > numbers->last ? number : numbers->last;
}

static enum error walk_journal(struct log *log)
{
    struct numbers numbers = {0};
    char below[64];

    snprintf(below, sizeof below, "log/%s/journal", log->name);
    TRY(file_list(log->directory, below, SEGMENTS_MAX, note_segment, &numbers));
    if (!numbers.any)
        return ERROR_FILE_MISSING;
    meet_marks(log); /* of an empty log */
    if (log->let_go > 0 && numbers.first > 0)
        skip_let_go(log, (unsigned)numbers.first);
    for (uint64_t number = log->let_go > 0 ? numbers.first : 0; number <= numbers.last && !log->stopped; number++)
        if (!walk_segment(log, (unsigned)number))
            report_add(log->report, FINDING_SEGMENT_MISSING, PLACE_ENTRY(log->file, log->tree.size), NULL);
    return OK;
}

/* ---- what was signed ---- */

static void judge_marks(struct log *log)
{
    char file[64];

    snprintf(file, sizeof file, "log/%s/checkpoint", log->name);
    if (log->has_checkpoint && !log->checkpoint.met)
        report_add(log->report,
                   log->checkpoint.checkpoint.size > log->tree.size ? FINDING_CHECKPOINT_SHORT
                                                                    : FINDING_CHECKPOINT_OTHER,
                   PLACE_ENTRY(file, log->checkpoint.checkpoint.size), "the journal has %" PRIu64, log->tree.size);
    snprintf(file, sizeof file, "log/%s.cosigned", log->name);
    if (log->has_cosigned && !log->cosigned.met)
        report_add(log->report, FINDING_COSIGNED_OTHER, PLACE_ENTRY(file, log->cosigned.checkpoint.size),
                   "the journal has %" PRIu64, log->tree.size);
    snprintf(file, sizeof file, "log/%s/journal", log->name);
    if (log->let_go > 0 && !log->declared.met)
        report_add(log->report, FINDING_LET_GO_OTHER, PLACE_ENTRY(file, log->let_go), NULL);
    for (size_t i = 0; i < log->remembered_count; i++) {
        const struct log_mark *mark = &log->remembered[i];
        if (!mark->met)
            report_add(log->report,
                       mark->checkpoint.size > log->tree.size ? FINDING_REMEMBERED_SHORT : FINDING_REMEMBERED_OTHER,
                       PLACE_ENTRY(file, mark->checkpoint.size), "the journal has %" PRIu64, log->tree.size);
    }
}

enum error log_walk(struct log *log)
{
    log->descriptor = -1;
    log->window = malloc(LOG_WINDOW);
    log->bundle = malloc(BUNDLE_MAX);
    if (!log->window || !log->bundle)
        return ERROR_MEMORY;
    TRY(walk_journal(log));
    log_compare_rest(log);
    judge_marks(log);
    return OK;
}

void log_free(struct log *log)
{
    free(log->window);
    free(log->bundle);
    log->window = log->bundle = NULL;
}
