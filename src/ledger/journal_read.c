/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "journal_inside.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"

#define MARK_EVERY 16
#define READ_AHEAD 4096

_Static_assert(RECORD_BYTES_MAX <= CURSOR_WINDOW, "a record fits the window");

static enum error corrupt(struct fault *fault, size_t number, uint64_t offset, const char *what)
{
    return fault_set(fault, ERROR_CORRUPT, "journal/%06zu at byte %llu: %s", number, (unsigned long long)offset, what);
}

/* Segments must be numbered without a gap: a missing one is not a shorter log. Only at the beginning some may be gone,
 * and then read_head asks what was declared. */
static enum error count_segments(const char *path, size_t *ret_count, uint32_t *ret_first, struct fault *fault)
{
    size_t count = 0;
    uint64_t lowest = UINT32_MAX, highest = 0, number;
    DIR *directory = opendir(path);

    if (!directory)
        return file_error(errno);
    for (struct dirent *entry; (entry = readdir(directory));) {
        if (strlen(entry->d_name) != 6 || !slice_to_u64(slice_from_string(entry->d_name), &number))
            continue;
        count++;
        highest = number > highest ? number : highest;
        lowest = number < lowest ? number : lowest;
    }
    closedir(directory);
    if (count == 0)
        return ERROR_FILE_MISSING;
    if (highest - lowest + 1 != count)
        return corrupt(fault, lowest + count - 1, 0, "a segment is missing");
    *ret_count = count;
    *ret_first = (uint32_t)lowest;
    return OK;
}

static enum error file_size(int descriptor, uint64_t *ret_size)
{
    struct stat status;

    if (fstat(descriptor, &status) != 0)
        return ERROR_IO;
    *ret_size = (uint64_t)status.st_size;
    return OK;
}

/* Reads a segment's head. *ret_unfinished: there is none, because making the segment was cut short. */
static enum error read_head(struct journal *journal, size_t place, bool last, bool *ret_unfinished,
                            struct fault *fault)
{
    static const char zeros[SEGMENT_HEAD_BYTES];
    CLEANUP_DESCRIPTOR int descriptor = journal_open_segment(journal, place, O_RDONLY);
    size_t number = journal->first_number + place;
    struct segment_head head;
    struct slice bytes;

    if (descriptor < 0)
        return file_error(errno);
    cursor_place(&journal->cursor, descriptor, 0, SEGMENT_HEAD_BYTES);
    bool whole = cursor_peek(&journal->cursor, SEGMENT_HEAD_BYTES, &bytes);
    if (journal->cursor.failed)
        return ERROR_IO;
    *ret_unfinished = last && (!whole || slice_equal(bytes, slice_of(zeros, sizeof zeros)));
    if (*ret_unfinished)
        return OK;
    uint64_t least = place == 0 ? 0 : journal->segment[place - 1].first_index + 1;
    if (!whole || segment_head_read(bytes, journal->origin, &head) != OK)
        return corrupt(fault, number, 0, "the segment's head does not hold, or it is another log's");
    if (head.number != number || head.first_index < least || (number == 0 && head.first_index != 0))
        return corrupt(fault, number, 0, "the segment is not in its place");
    if (place == 0 && head.first_index > journal->minimum)
        return corrupt(fault, number, 0, "entries before this segment are missing, and it was not declared");
    return journal_add_segment(journal, head.first_index);
}

static enum error read_heads(struct journal *journal, struct fault *fault)
{
    size_t count = 0;
    bool unfinished = false;

    TRY(count_segments(journal->path, &count, &journal->first_number, fault));
    for (size_t place = 0; place < count; place++)
        TRY(read_head(journal, place, place + 1 == count, &unfinished, fault));
    if (journal->segment_count == 0)
        return ERROR_FILE_MISSING;
    journal->headless_segment = unfinished;
    return OK;
}

/* Do the records and the tail of the batch at the cursor hold? */
static bool batch_holds(struct cursor *cursor, const struct batch_head *head)
{
    uint64_t end = cursor->at + BATCH_HEAD_BYTES + head->bytes;
    struct slice bytes;
    struct record record;
    size_t length;

    cursor->at += BATCH_HEAD_BYTES;
    for (uint32_t i = 0; i < head->count; i++) {
        if (!cursor_peek(cursor, RECORD_HEAD_BYTES, &bytes) || record_measure(bytes, &length) != OK)
            return false;
        if (!cursor_peek(cursor, length, &bytes) || record_read(bytes, head->first_index + i, &record) != RECORD_HOLDS)
            return false;
        cursor->at += length;
    }
    return cursor->at == end && cursor_peek(cursor, BATCH_TAIL_BYTES, &bytes) && batch_tail_holds(bytes);
}

/* Where the last byte that is not zero ends, at or behind `at`. */
static enum error find_used_end(const struct journal *journal, uint64_t at, uint64_t file_end, uint64_t *ret_end)
{
    char bytes[READ_AHEAD];

    while (file_end > at) {
        size_t length = file_end - at < sizeof bytes ? (size_t)(file_end - at) : sizeof bytes;
        if (pread(journal->tail, bytes, length, (off_t)(file_end - length)) != (ssize_t)length)
            return ERROR_IO;
        for (size_t used = length; used > 0; used--)
            if (bytes[used - 1] != 0) {
                *ret_end = file_end - length + used;
                return OK;
            }
        file_end -= length;
    }
    *ret_end = at;
    return OK;
}

/* Up to where what begins at `at` reaches: to the end of its batch where a head says so, else to the last byte used.
 * Zeros behind that were written ahead. */
static enum error find_rest_end(struct journal *journal, uint64_t at, uint64_t file_end, uint64_t *ret_end)
{
    struct batch_head head;
    struct slice bytes;

    TRY(find_used_end(journal, at, file_end, ret_end));
    journal->cursor.at = at;
    if (*ret_end == at || !cursor_peek(&journal->cursor, BATCH_HEAD_BYTES, &bytes) ||
        batch_head_read(bytes, &head) != OK)
        return journal->cursor.failed ? ERROR_IO : OK;
    uint64_t end = at + BATCH_HEAD_BYTES + head.bytes + BATCH_TAIL_BYTES;
    if (end > *ret_end)
        *ret_end = end < file_end ? end : file_end;
    return OK;
}

/* What begins at `at` does not hold. Nothing but zeros was written ahead. Else: only the last batch can be unfinished,
 * because the one before it was durable before it began: if anything follows, or it does not look like a torn write, it
 * was damaged later and must not be cut. */
static enum error judge_rest(struct journal *journal, uint64_t at, uint64_t file_end, struct fault *fault)
{
    size_t number = journal->first_number + journal->segment_count - 1;
    uint64_t end;

    TRY(find_rest_end(journal, at, file_end, &end));
    if (end == at)
        return OK;
    if (end - at > BATCH_BYTES_MAX)
        return corrupt(fault, number, at, "a batch does not hold and more follows");
    size_t length = (size_t)(end - at);
    char *bytes = malloc(length);
    if (!bytes)
        return ERROR_MEMORY;
    bool read = pread(journal->tail, bytes, length, (off_t)at) == (ssize_t)length;
    struct slice rest = slice_of(bytes, length);
    bool follows = length > 1 && batch_search(slice_from(rest, 1)) < length - 1;
    bool unfinished = batch_is_unfinished(rest, at);
    free(bytes);
    if (!read)
        return ERROR_IO;
    if (follows)
        return corrupt(fault, number, at, "a batch does not hold and another follows");
    if (!unfinished)
        return corrupt(fault, number, at, "the last batch does not hold and was not torn by a crash");
    journal->unfinished = file_end - at;
    return OK;
}

/* Does another batch begin at `at`? Then the one before it was durable. */
static bool another_begins(struct cursor *cursor, uint64_t at)
{
    struct slice bytes;

    cursor->at = at;
    struct reader reader = reader_of(cursor_peek(cursor, sizeof(uint32_t), &bytes) ? bytes : slice_of("", 0));
    return reader_u32(&reader) == BATCH_MARK; /* 0 where the file ends */
}

/* Steps over the batches of the last segment by their heads; looks inside the last one only. */
static enum error walk_tail(struct journal *journal, struct fault *fault)
{
    struct cursor *cursor = &journal->cursor;
    struct batch_head head;
    struct slice bytes;
    uint64_t file_end;

    TRY(file_size(journal->tail, &file_end));
    journal->end = SEGMENT_HEAD_BYTES;
    journal->written = file_end;
    journal->size = journal->segment[journal->segment_count - 1].first_index;
    cursor_place(cursor, journal->tail, SEGMENT_HEAD_BYTES, READ_AHEAD);
    while (journal->end < file_end) {
        cursor->at = journal->end;
        bool known = cursor_peek(cursor, BATCH_HEAD_BYTES, &bytes) && batch_head_read(bytes, &head) == OK &&
                     head.first_index == journal->size;
        uint64_t end = known ? journal->end + BATCH_HEAD_BYTES + head.bytes + BATCH_TAIL_BYTES : 0;
        bool holds = known && end <= file_end;
        if (holds && !another_begins(cursor, end)) {
            cursor->at = journal->end;
            holds = batch_holds(cursor, &head);
        }
        if (cursor->failed)
            return ERROR_IO;
        if (!holds)
            return judge_rest(journal, journal->end, file_end, fault);
        journal->end = end;
        journal->size += head.count;
        journal->last_time_ns = head.time_ns;
    }
    return OK;
}

/* The last segment may be empty; then the last batch's time is in the one before. */
static enum error find_last_time(struct journal *journal)
{
    struct slice bytes;
    struct batch_head head;
    size_t count = journal->segment_count;

    if (count < 2 || journal->size > journal->segment[count - 1].first_index)
        return OK;
    CLEANUP_DESCRIPTOR int descriptor = journal_open_segment(journal, count - 2, O_RDONLY);
    if (descriptor < 0)
        return file_error(errno);
    cursor_place(&journal->cursor, descriptor, SEGMENT_HEAD_BYTES, READ_AHEAD);
    while (cursor_peek(&journal->cursor, BATCH_HEAD_BYTES, &bytes) && batch_head_read(bytes, &head) == OK) {
        journal->last_time_ns = head.time_ns;
        journal->cursor.at += (uint64_t)BATCH_HEAD_BYTES + head.bytes + BATCH_TAIL_BYTES;
    }
    return journal->cursor.failed ? ERROR_IO : OK;
}

static enum error read_all_heads(struct journal *journal, struct fault *fault)
{
    TRY(read_heads(journal, fault));
    journal->tail = journal_open_segment(journal, journal->segment_count - 1, O_RDWR);
    if (journal->tail < 0)
        return file_error(errno);
    TRY(walk_tail(journal, fault));
    return find_last_time(journal);
}

enum error journal_open(const struct journal_settings *settings, struct journal **ret_journal, struct fault *fault)
{
    struct journal *journal;

    TRY(journal_new(settings, &journal));
    enum error error = read_all_heads(journal, fault);
    if (error != OK) {
        journal_close(journal);
        return error;
    }
    *ret_journal = journal;
    return OK;
}

/* The time of a segment's first batch. An empty last segment has none: then nothing before it is younger. */
static enum error first_time(struct journal *journal, size_t place, int64_t *ret_time_ns)
{
    CLEANUP_DESCRIPTOR int descriptor = journal_open_segment(journal, place, O_RDONLY);
    struct batch_head head;
    struct slice bytes;

    if (descriptor < 0)
        return file_error(errno);
    *ret_time_ns = INT64_MAX;
    cursor_place(&journal->cursor, descriptor, SEGMENT_HEAD_BYTES, READ_AHEAD);
    if (!cursor_peek(&journal->cursor, BATCH_HEAD_BYTES, &bytes))
        return journal->cursor.failed ? ERROR_IO : OK;
    TRY(batch_head_read(bytes, &head));
    *ret_time_ns = head.time_ns;
    return OK;
}

/* Times never go back from batch to batch, so a segment is older than what the next one begins with. */
enum error journal_older_than(struct journal *journal, int64_t time_ns, uint64_t *ret_first)
{
    size_t place = 0;
    int64_t next;

    for (; place + 1 < journal->segment_count; place++) {
        TRY(first_time(journal, place + 1, &next));
        if (next >= time_ns)
            break;
    }
    *ret_first = journal->segment[place].first_index;
    return OK;
}

static size_t segment_of(const struct journal *journal, uint64_t index)
{
    size_t low = 0, high = journal->segment_count;

    while (high - low > 1) {
        size_t middle = low + (high - low) / 2;
        if (journal->segment[middle].first_index <= index)
            low = middle;
        else
            high = middle;
    }
    return low;
}

static enum error place_in_segment(struct journal *journal, size_t number, uint64_t offset, size_t ahead)
{
    int descriptor = journal->tail;

    if (number + 1 < journal->segment_count) {
        if (journal->reading < 0 || journal->reading_segment != number) {
            file_close(&journal->reading);
            journal->reading = journal_open_segment(journal, number, O_RDONLY);
            journal->reading_segment = number;
        }
        if (journal->reading < 0)
            return errno == ENOENT ? ERROR_CORRUPT : ERROR_IO;
        descriptor = journal->reading;
    }
    cursor_place(&journal->cursor, descriptor, offset, ahead);
    return OK;
}

/* Moves to the next record, over the heads and tails of batches, and measures it. */
static enum error find_record(struct cursor *cursor, size_t *ret_length)
{
    struct slice bytes;

    while (cursor_peek(cursor, sizeof(uint32_t), &bytes)) {
        struct reader reader = reader_of(bytes);
        uint32_t word = reader_u32(&reader);
        if (word == BATCH_MARK)
            cursor->at += BATCH_HEAD_BYTES;
        else if (word == BATCH_END)
            cursor->at += BATCH_TAIL_BYTES;
        else if (!cursor_peek(cursor, RECORD_HEAD_BYTES, &bytes))
            break;
        else
            return record_measure(bytes, ret_length);
    }
    return cursor->failed ? ERROR_IO : ERROR_CORRUPT;
}

static enum error add_mark(struct segment *segment, uint64_t offset)
{
    if (segment->mark_count == segment->mark_room) {
        size_t room = segment->mark_room ? 2 * segment->mark_room : 64;
        uint64_t *grown = realloc(segment->mark, room * sizeof *grown);
        if (!grown)
            return ERROR_MEMORY;
        segment->mark = grown;
        segment->mark_room = room;
    }
    segment->mark[segment->mark_count++] = offset;
    return OK;
}

/* Places the cursor on or before the record, after the last mark there is, and leaves new marks on the way. */
static enum error place_on_record(struct journal *journal, size_t number, uint64_t index, size_t ahead)
{
    struct segment *segment = &journal->segment[number];
    uint64_t wanted = index - segment->first_index;
    uint64_t mark = wanted / MARK_EVERY;
    bool marked = mark < segment->mark_count;
    uint64_t at = marked ? mark : segment->mark_count ? segment->mark_count - 1 : 0;
    size_t length;

    TRY(place_in_segment(journal, number, segment->mark_count ? segment->mark[at] : SEGMENT_HEAD_BYTES,
                         marked ? ahead : CURSOR_WINDOW));
    for (uint64_t record = at * MARK_EVERY;; record++) {
        TRY(find_record(&journal->cursor, &length));
        if (record == MARK_EVERY * segment->mark_count)
            TRY(add_mark(segment, journal->cursor.at));
        if (record == wanted)
            return OK;
        journal->cursor.at += length;
    }
}

static enum error visit_segment(struct journal *journal, size_t number, uint64_t from, uint64_t to,
                                journal_visit *visit, void *context)
{
    struct cursor *cursor = &journal->cursor;
    struct slice bytes;
    struct record record;
    size_t length;

    TRY(place_on_record(journal, number, from, to - from > MARK_EVERY ? CURSOR_WINDOW : READ_AHEAD));
    for (uint64_t index = from; index < to; index++) {
        TRY(find_record(cursor, &length));
        if (!cursor_peek(cursor, length, &bytes))
            return cursor->failed ? ERROR_IO : ERROR_CORRUPT;
        if (record_read(bytes, index, &record) != RECORD_HOLDS)
            return ERROR_CORRUPT;
        cursor->at += length;
        TRY(visit(context, index, &record));
    }
    return OK;
}

enum error journal_scan(struct journal *journal, uint64_t from, uint64_t to, journal_visit *visit, void *context,
                        struct fault *fault)
{
    if (from > to || to > journal->size || from < journal_first(journal))
        return ERROR_NOT_FOUND;
    while (from < to) {
        size_t number = segment_of(journal, from);
        bool last = number + 1 == journal->segment_count;
        uint64_t end = last ? to : journal->segment[number + 1].first_index;
        uint64_t until = end < to ? end : to;
        enum error error = visit_segment(journal, number, from, until, visit, context);
        if (error == ERROR_CORRUPT)
            return corrupt(fault, journal->first_number + number, journal->cursor.at, "a record does not hold");
        TRY(error);
        from = until;
    }
    return OK;
}
