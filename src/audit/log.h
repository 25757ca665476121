/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* One log's directory: the journal is walked, the tree hashed anew, and everything else (checkpoint, tiles, bundles,
 * what was remembered) compared with it. What the entries mean is the visitor's affair.
 *
 * Memory: a window of 1 MiB, a bundle, eight rows of 256 hashes; nothing grows with the log. */

#include "note.h"
#include "record.h"
#include "report.h"
#include "tree.h"

#define LEVELS 8
#define ROW 256
#define MARKS_MAX 16
#define LOG_WINDOW (1u << 20)
#define BUNDLE_MAX (ROW * (2 + LEAF_MAX))

struct log_entry {
    uint64_t index;
    int64_t time_ns;
    struct slice leaf, sealed;
    enum leaf_kind kind;
    bool sealed_holds;
    const char *file; /* of the segment, below the node's directory */
    uint64_t begin, end;
};
typedef void log_visit(void *context, const struct log_entry *entry);

/* A head that the log must have gone through. */
struct log_mark {
    struct slice note;
    struct checkpoint checkpoint;
    bool met;
    int64_t time_ns; /* of the last entry below it, once it was met */
};

struct log {
    struct report *report;
    const char *directory; /* of the node */
    const char *name;      /* "access", "public" */
    struct slice origin;
    struct slice first; /* of a restored log: the old one's checkpoint */
    log_visit *visit;
    void *context;
    struct vkey vkey; /* log/NAME.vkey */
    bool has_vkey, has_checkpoint;
    struct log_mark checkpoint;
    struct log_mark cosigned; /* log/NAME.cosigned, what witnesses have cosigned last */
    bool has_cosigned;
    struct log_mark remembered[MARKS_MAX];
    size_t remembered_count;
    uint64_t let_go;          /* entries before it were let go, as the public log declares */
    struct log_mark declared; /* the head that was declared with it */

    struct tree tree;
    struct hash row[LEVELS][ROW];
    int64_t last_time_ns;
    bool stopped;

    /* the segment being read */
    char file[64];
    int descriptor;
    uint64_t at, size;
    char *window;
    uint64_t window_at;
    size_t window_length;
    char *bundle;
};

/* Reads the log from its files. ERROR_FILE_MISSING when there is no journal; ERROR_MEMORY. Findings go to the report.
 */
MUST_CHECK enum error log_walk(struct log *log);
void log_free(struct log *log);

/* tiles.c: what was just filled, and, at the end, every other file below the log's directory. */
void log_compare_full(struct log *log, unsigned level, uint64_t index);
void log_compare_bundle(struct log *log, uint64_t index);
void log_compare_rest(struct log *log);
/* What tile (0, index / 256) says of a leaf that the journal lost. */
/* The leaves of a tile, as the tile says; what it does not say is zero. */
void log_claimed_tile(struct log *log, uint64_t index, struct hash ret_hash[ROW]);
bool log_claimed_leaf(struct log *log, uint64_t index, struct hash *ret_hash);
