/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "journal_inside.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"

/* Kept allocated behind the end of the journal: what emergency reads on a full disk are written into. */
#define RESERVE_BYTES (1024 * 1024)
/* Allocated at once beyond the reserve, so that the file system is asked rarely. */
#define ALLOCATION_STEP (4 * 1024 * 1024)

/* A failed sync leaves the kernel free to drop the data and report success the next time: nobody can know what is on
 * the disk, so the only honest thing is to stop, and to look again from the start. */
static void sync_or_die(struct journal *journal, int descriptor)
{
    if (journal->io.fdatasync(journal->io.context, descriptor) != 0)
        abort();
}

static void sync_directory_or_die(struct journal *journal)
{
    if (journal->io.fsync(journal->io.context, journal->directory) != 0)
        abort();
}

/* `until` lies behind what is allocated. */
static bool allocate(struct journal *journal, uint64_t until)
{
    if (journal->io.fallocate(journal->io.context, journal->tail, (off_t)journal->allocated,
                              (off_t)(until - journal->allocated)) == 0) {
        journal->allocated = until;
        return true;
    }
    /* Not every file system can: then there is no reserve, and the write itself tells when the disk is full. */
    return errno == EOPNOTSUPP || errno == ENOSYS;
}

/* Is there room for a batch that ends at `end`, with the reserve untouched unless in an emergency? */
static bool make_room(struct journal *journal, uint64_t end, bool emergency)
{
    if (end + RESERVE_BYTES <= journal->allocated)
        return true;
    if (allocate(journal, end + RESERVE_BYTES + ALLOCATION_STEP) || allocate(journal, end + RESERVE_BYTES))
        return true;
    return emergency && end <= journal->allocated;
}

static enum error write_at(struct journal *journal, int descriptor, struct slice bytes, uint64_t offset)
{
    while (bytes.length > 0) {
        ssize_t written = journal->io.pwrite(journal->io.context, descriptor, bytes.data, bytes.length, (off_t)offset);
        if (written < 0 && errno == EINTR)
            continue;
        if (written <= 0)
            return written < 0 ? file_error(errno) : ERROR_IO;
        offset += (uint64_t)written;
        bytes = slice_from(bytes, (size_t)written);
    }
    return OK;
}

/* A batch that is written over zeros changes neither the file's size nor where its blocks lie, so its sync is one write
 * to the disk and not two. Without room or on an error the file grows with each batch, as it would without zeros. */
static void write_ahead(struct journal *journal, uint64_t end)
{
    static const char zeros[16 * 1024];
    uint64_t until = end + journal->ahead_bytes;

    if (journal->ahead_bytes == 0 || end <= journal->written || until > journal->allocated)
        return;
    uint64_t at = journal->written > journal->end ? journal->written : journal->end;
    while (at < until) {
        size_t length = until - at < sizeof zeros ? (size_t)(until - at) : sizeof zeros;
        if (write_at(journal, journal->tail, slice_of(zeros, length), at) != OK)
            return;
        at += length;
        journal->written = at;
    }
}

/* Takes back a half-written batch. Cutting also gives back the blocks of the reserve, so they are asked for again. */
static void cut_to_end(struct journal *journal)
{
    if (journal->io.ftruncate(journal->io.context, journal->tail, (off_t)journal->end) != 0) {
        journal->broken = true;
        return;
    }
    journal->allocated = journal->written = journal->end;
    (void)allocate(journal, journal->end + RESERVE_BYTES);
}

static void segment_path(const struct journal *journal, size_t place, char path[PATH_MAX])
{
    snprintf(path, PATH_MAX, "%s/%06zu", journal->path, journal->first_number + place);
}

int journal_open_segment(const struct journal *journal, size_t place, int flags)
{
    char path[PATH_MAX];

    segment_path(journal, place, path);
    return open(path, flags | O_CLOEXEC, 0600);
}

enum error journal_add_segment(struct journal *journal, uint64_t first_index)
{
    if (journal->segment_count == journal->segment_room) {
        size_t room = journal->segment_room ? 2 * journal->segment_room : 16;
        struct segment *grown = realloc(journal->segment, room * sizeof *grown);
        if (!grown)
            return ERROR_MEMORY;
        journal->segment = grown;
        journal->segment_room = room;
    }
    journal->segment[journal->segment_count++] = (struct segment){.first_index = first_index};
    return OK;
}

/* Writes the head of a new segment into `descriptor` and reserves room behind it. */
static enum error fill_new_segment(struct journal *journal, size_t place)
{
    char bytes[SEGMENT_HEAD_BYTES + 1];
    struct buffer head = {.data = bytes, .capacity = sizeof bytes, .maximum = sizeof bytes};

    struct segment_head fresh = {(uint32_t)(journal->first_number + place), journal->size};
    segment_head_write(&fresh, journal->origin, &head);
    journal->allocated = journal->written = 0;
    if (!make_room(journal, SEGMENT_HEAD_BYTES, false))
        return ERROR_DISK_FULL;
    return write_at(journal, journal->tail, buffer_view(&head), 0);
}

/* Begins the segment at `place`. When that fails, the journal goes on as it was. */
static enum error begin_segment(struct journal *journal, size_t place)
{
    int former = journal->tail;
    uint64_t former_allocated = journal->allocated, former_written = journal->written;
    enum error error = ERROR_IO;

    journal->tail = journal_open_segment(journal, place, O_RDWR | O_CREAT | O_TRUNC);
    if (journal->tail >= 0)
        error = fill_new_segment(journal, place);
    else
        error = file_error(errno);
    if (error == OK)
        error = journal_add_segment(journal, journal->size);
    if (error != OK) {
        char path[PATH_MAX];
        segment_path(journal, place, path);
        unlink(path);
        file_close(&journal->tail);
        journal->tail = former;
        journal->allocated = former_allocated;
        journal->written = former_written;
        return error;
    }
    sync_or_die(journal, journal->tail);
    sync_directory_or_die(journal);
    if (former >= 0)
        (void)journal->io.ftruncate(journal->io.context, former, (off_t)journal->end); /* its reserve is not needed */
    file_close(&former);
    journal->end = journal->written = SEGMENT_HEAD_BYTES;
    return OK;
}

enum error journal_new(const struct journal_settings *settings, struct journal **ret_journal)
{
    struct journal *journal = calloc(1, sizeof *journal);

    if (!journal)
        return ERROR_MEMORY;
    *journal = (struct journal){.path = settings->directory,
                                .origin = settings->origin,
                                .io = settings->io,
                                .segment_bytes = settings->segment_bytes,
                                .minimum = settings->minimum,
                                .ahead_bytes = settings->ahead_bytes,
                                .tail = -1,
                                .reading = -1};
    journal->directory = open(settings->directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    enum error error = journal->directory < 0 ? file_error(errno) : cursor_init(&journal->cursor);
    if (error != OK) {
        journal_close(journal);
        return error;
    }
    *ret_journal = journal;
    return OK;
}

void journal_close(struct journal *journal)
{
    if (!journal)
        return;
    for (size_t i = 0; i < journal->segment_count; i++)
        free(journal->segment[i].mark);
    free(journal->segment);
    cursor_free(&journal->cursor);
    file_close(&journal->tail);
    file_close(&journal->reading);
    file_close(&journal->directory);
    free(journal);
}

enum error journal_create(const struct journal_settings *settings, struct journal **ret_journal)
{
    struct journal *journal;

    TRY(journal_new(settings, &journal));
    int descriptor = journal_open_segment(journal, 0, O_RDONLY);
    char head[SEGMENT_HEAD_BYTES];
    /* A segment without a head was never anybody's log: creating it was cut short. */
    bool exists = descriptor >= 0 && pread(descriptor, head, sizeof head, 0) == sizeof head && head[0] != '\0';
    file_close(&descriptor);
    enum error error = exists ? ERROR_EXISTS : begin_segment(journal, 0);
    if (error != OK) {
        journal_close(journal);
        return error;
    }
    *ret_journal = journal;
    return OK;
}

enum error journal_settle(struct journal *journal, uint64_t *ret_cut_bytes)
{
    uint64_t cut = journal->unfinished;

    if (journal->headless_segment) {
        char path[PATH_MAX];
        segment_path(journal, journal->segment_count, path);
        if (unlink(path) != 0)
            return file_error(errno);
        sync_directory_or_die(journal);
        journal->headless_segment = false;
    }
    if (cut > 0) {
        if (journal->io.ftruncate(journal->io.context, journal->tail, (off_t)journal->end) != 0)
            return file_error(errno);
        journal->written = journal->end;
    }
    /* A killed process may have left batches in the page cache that were never synced. */
    sync_or_die(journal, journal->tail);
    journal->unfinished = 0;
    journal->allocated = journal->end;
    (void)make_room(journal, journal->end, false);
    *ret_cut_bytes = cut;
    return OK;
}

uint64_t journal_size(const struct journal *journal)
{
    return journal->size;
}

uint64_t journal_first(const struct journal *journal)
{
    return journal->segment[0].first_index;
}

enum error journal_drop_segment(struct journal *journal, uint64_t minimum, bool *ret_done)
{
    char path[PATH_MAX];

    *ret_done = journal->segment_count < 2 || journal->segment[1].first_index > minimum;
    if (*ret_done)
        return OK;
    segment_path(journal, 0, path);
    file_close(&journal->reading);
    if (unlink(path) != 0)
        return file_error(errno);
    sync_directory_or_die(journal);
    free(journal->segment[0].mark);
    journal->segment_count--;
    journal->first_number++;
    memmove(journal->segment, journal->segment + 1, journal->segment_count * sizeof *journal->segment);
    return OK;
}

int64_t journal_last_time_ns(const struct journal *journal)
{
    return journal->last_time_ns;
}

enum error journal_append(struct journal *journal, struct slice batch, size_t count, int64_t time_ns, bool emergency)
{
    if (journal->broken)
        return ERROR_IO;
    /* When there is no room for another segment, this one grows on and its reserve stays of use. */
    if (journal->end >= journal->segment_bytes)
        (void)begin_segment(journal, journal->segment_count);
    if (!make_room(journal, journal->end + batch.length, emergency))
        return ERROR_DISK_FULL;
    write_ahead(journal, journal->end + batch.length);
    enum error error = write_at(journal, journal->tail, batch, journal->end);
    if (error != OK) {
        cut_to_end(journal);
        return error;
    }
    sync_or_die(journal, journal->tail);
    journal->end += batch.length;
    if (journal->end > journal->written)
        journal->written = journal->end;
    journal->size += count;
    journal->last_time_ns = time_ns;
    return OK;
}
