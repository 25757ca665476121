/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* What journal.c (writing) and journal_read.c (opening, reading) share. Nobody else includes it. */

#include "cursor.h"
#include "journal.h"

struct segment {
    uint64_t first_index;
    uint64_t *mark; /* offset of every MARK_EVERYth record of the segment, as far as it was walked */
    size_t mark_count;
    size_t mark_room;
};

struct journal {
    const char *path;
    struct slice origin;
    struct ledger_io io;
    uint64_t segment_bytes;
    uint64_t minimum;
    uint64_t ahead_bytes; /* how far zeros are written ahead of the end; 0: not at all */

    struct segment *segment; /* by place: file number less first_number */
    uint32_t first_number;   /* segments before it were dropped */
    size_t segment_count;
    size_t segment_room;
    int directory;

    int tail;           /* the last segment */
    uint64_t end;       /* where its next batch goes */
    uint64_t written;   /* where the file ends: behind `end` it holds zeros */
    uint64_t allocated; /* up to where the file system has promised room */
    uint64_t size;
    int64_t last_time_ns;
    bool broken; /* a half-written batch could not be cut off: no more appends */

    uint64_t unfinished;   /* bytes behind `end`, to be cut off by journal_settle */
    bool headless_segment; /* a segment behind the last has no head: to be removed by journal_settle */

    int reading; /* an older segment that is being read */
    size_t reading_segment;
    struct cursor cursor;
};

MUST_CHECK enum error journal_new(const struct journal_settings *settings, struct journal **ret_journal);
MUST_CHECK enum error journal_add_segment(struct journal *journal, uint64_t first_index);
/* By place, as in `segment`. */
int journal_open_segment(const struct journal *journal, size_t place, int flags) MUST_CHECK;
