/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* A log that strangers can check: entries are only added, each is durable before anybody is told so, and a Merkle tree
 * (RFC 6962) with signed checkpoints (C2SP tlog-tiles, tlog-checkpoint) shows any later change.
 *
 * Keeps promises 2 and 5. Used by one process, the safe, in one thread; a lock keeps a second process out.
 *
 * On disk, below the directory:
 *     journal/NNNNNN       the truth: batches of entries, each written once and synced once (journal.h)
 *     tile/…, checkpoint   derived from it, in the C2SP layout, for serving and for other programs' verifiers
 *     lock                 empty
 *
 * Slices passed in are copied; what is read is put into the caller's arena. No function waits for anything but the
 * disk. */

#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buffer.h"
#include "base/error.h"
#include "base/slice.h"
#include "base/world.h"
#include "crypto/secret.h"
#include "io.h"
#include "tree.h"

struct ledger;

#define LEDGER_LEAF_MAX 1024
#define LEDGER_SEALED_MAX (64 * 1024)
/* The most one append takes: entries, and bytes of leaves and sealed events together. */
#define LEDGER_BATCH_ENTRIES_MAX 4096
#define LEDGER_BATCH_BYTES_MAX (16 * 1024 * 1024)
#define LEDGER_AHEAD_MAX (1024 * 1024) /* the reserve of the journal: more has no room */

/* A commitment leaf is version(1) ‖ H(nonce ‖ event)(32) ‖ H(sealed event)(32), with H = SHA-256. */
#define LEDGER_COMMITMENT_BYTES 65
#define LEDGER_COMMITMENT_VERSION 1

/* A padding leaf is version(1) ‖ 64 random bytes and stands for nothing: it makes the log grow by steps that do not
 * tell how much happened. Its hash looks like any other's. */
#define LEDGER_PADDING_BYTES 65
#define LEDGER_PADDING_VERSION 2

/* What is appended. Either a commitment leaf, and then `sealed` must be what its last 32 bytes are the hash of; or a
 * padding leaf; or plain bytes (the public log's JSON, an old log's last checkpoint), whose first byte is neither of
 * the two versions. With the latter two `sealed` must be empty: nothing is stored that the tree does not vouch for. */
struct ledger_entry {
    struct slice leaf;   /* 1 to LEDGER_LEAF_MAX bytes */
    struct slice sealed; /* at most LEDGER_SEALED_MAX bytes */
};

/* Fills `ret_leaf` with the commitment leaf for an event's hash, H(nonce ‖ event), and its sealed bytes. */
void ledger_commitment(const struct hash *event_hash, struct slice sealed, uint8_t ret_leaf[LEDGER_COMMITMENT_BYTES]);

bool ledger_is_padding(struct slice leaf);

/* A declaration that entries before `minimum` (C2SP tlog-tiles, "minimum index") are let go, made when the tree was
 * `head`: minimum <= head.size. Their hash tiles stay, so proofs of newer entries and between newer trees go on. */
struct ledger_pruned {
    uint64_t minimum;
    struct tree_head head;
};

/* What a log is opened with. `origin` is the log's name in its checkpoints (no space, no '+', at most 200 bytes) and is
 * copied; `seed` is the Ed25519 key that signs them, borrowed until ledger_close, as are `world` and `io`.
 * `io` may be NULL for the real system calls. */
struct ledger_settings {
    struct slice origin;
    const struct secret_key *seed;
    struct world *world;
    const struct ledger_io *io;
    uint64_t segment_bytes; /* when the journal begins a new file; 0 for 64 MiB */
    /* How far the journal's file is written with zeros ahead of its end, so that an append costs the disk one write and
     * not two; 0: not at all. At most LEDGER_AHEAD_MAX. */
    uint64_t ahead_bytes;
    /* The key that signed before, while verifiers still hold it: it signs too, and the last checkpoint may be signed by
     * it alone. Borrowed; NULL when there is none. */
    const struct secret_key *seed_before;
    /* Checkpoints are published by ledger_publish alone, and then durably: neither opening nor closing the log tells
     * strangers how far it has got. */
    bool on_demand;
    /* What was declared when entries were let go (ledger_prune_…); all zero: nothing was. */
    struct ledger_pruned pruned;
};

/* What opening found, for whoever logs it. */
struct ledger_recovery {
    uint64_t cut_bytes;   /* of a batch that a crash left unfinished; nobody had been told of it */
    bool derived_rebuilt; /* tiles were missing or wrong and were made anew from the journal */
};

/* Makes an empty log in `directory`, which is made if need be. ERROR_EXISTS when a log is there; ERROR_VALUE for a bad
 * origin; ERROR_DISK_FULL; ERROR_IO; ERROR_LOCKED. */
MUST_CHECK enum error ledger_create(const char *directory, const struct ledger_settings *settings,
                                    struct ledger **ret_ledger, struct fault *fault);

/* Opens one. A batch that a crash left unfinished is cut off; anything else that does not fit is ERROR_CORRUPT, with
 * file and offset in `fault`, and nothing is changed. Also ERROR_FILE_MISSING, ERROR_VERSION, ERROR_LOCKED, ERROR_IO,
 * ERROR_MEMORY. `recovery` and `fault` may be NULL. */
MUST_CHECK enum error ledger_open(const char *directory, const struct ledger_settings *settings,
                                  struct ledger **ret_ledger, struct ledger_recovery *recovery, struct fault *fault);

/* Publishes (see ledger_publish), unless the log does so on demand alone, and closes. Accepts NULL. */
void ledger_close(struct ledger *ledger);

/* This append may eat into the preallocated reserve: for emergency reads on a full disk, nothing else. */
#define LEDGER_EMERGENCY 1u
/* This append keeps the time of the one before: padding must not carry a clock that jumped into the log, where it would
 * stand in the way of the entries that follow. */
#define LEDGER_KEEP_TIME 2u

/* Appends the batch as a whole or not at all, with one write and one fdatasync. When it returns OK the entries are
 * durable and have the numbers from *ret_first_index on. A failed fdatasync aborts the process, because nobody can know
 * what is on the disk then. ERROR_DISK_FULL: nothing was appended, LEDGER_EMERGENCY may still pass. ERROR_IO: nothing
 * was appended; if that could not be undone either, every later append fails too. ERROR_VALUE: an entry is not as
 * ledger_entry asks. ERROR_TOO_LARGE: past the maxima above. An empty batch is OK and writes nothing. */
MUST_CHECK enum error ledger_append(struct ledger *ledger, const struct ledger_entry *entries, size_t count,
                                    unsigned flags, uint64_t *ret_first_index);

uint64_t ledger_size(const struct ledger *ledger);
struct slice ledger_origin(const struct ledger *ledger);
/* When the last batch was appended, by the clock that was given; 0 for an empty log. */
int64_t ledger_last_time_ns(const struct ledger *ledger);

/* Size and root of the tree now. No I/O. */
struct tree_head ledger_head(const struct ledger *ledger);

/* The checkpoint that was published last, and its head: size 0 and no note when none was. Borrowed until the next call.
 * */
struct tree_head ledger_published(const struct ledger *ledger, struct slice *ret_note);

/* Appends the signed checkpoint (a C2SP signed note) of the present tree to `ret_note`. Signs only when the tree has
 * grown since it last did (some 40 microseconds). Writes no file. */
MUST_CHECK enum error ledger_checkpoint(struct ledger *ledger, struct buffer *ret_note);

/* `seed` has changed under the log: the next checkpoint is signed with it, and with `seed_before` unless that is
 * NULL. */
void ledger_rekey(struct ledger *ledger, const struct secret_key *seed_before);

/* Brings the derived files up to the present size: checkpoint, partial tiles, and full tiles that could not be written
 * before. Call it about once a second when the log has grown. Not needed for durability. ERROR_DISK_FULL, ERROR_IO. */
MUST_CHECK enum error ledger_publish(struct ledger *ledger);

/* Letting go of old entries, in steps of some milliseconds between appends:
 *   1. ledger_prune_prepare until done: hash tiles that the journal can no longer give are checked and made durable;
 *   2. the caller declares `minimum` and the present head where everybody sees it, durably, and remembers it;
 *   3. ledger_prune until done: segments, oldest first, then bundles.
 * Between any two steps the log may stop and be opened again: before 2 as if nothing had been, after 2 with
 * `settings.pruned`, and then 3 is done again. Whatever is gone is told by ERROR_TERM_OVER. */
struct ledger_pruning {
    uint64_t next;
};
/* How far that may go for what was appended before `time_ns`: by whole segments, and never what the published
 * checkpoint does not cover. */
MUST_CHECK enum error ledger_prunable(struct ledger *ledger, int64_t time_ns, uint64_t *ret_minimum);
MUST_CHECK enum error ledger_prune_prepare(struct ledger *ledger, uint64_t minimum, struct ledger_pruning *pruning,
                                           bool *ret_done);
MUST_CHECK enum error ledger_prune(struct ledger *ledger, uint64_t minimum, struct ledger_pruning *pruning,
                                   bool *ret_done);
/* Entries before it are gone; 0 in a whole log. */
uint64_t ledger_minimum(const struct ledger *ledger);

/* Proofs against the tree of `size` entries, size <= ledger_size. ERROR_NOT_FOUND when there is no such entry or tree;
 * ERROR_IO, ERROR_CORRUPT. */
MUST_CHECK enum error ledger_inclusion(struct ledger *ledger, uint64_t index, uint64_t size,
                                       struct tree_proof *ret_proof);
/* 0 < older_size <= size. */
MUST_CHECK enum error ledger_consistency(struct ledger *ledger, uint64_t older_size, uint64_t size,
                                         struct tree_proof *ret_proof);

/* Appends a C2SP tlog-proof text for the entry against the present checkpoint: one file that anybody checks offline
 * with the log's public key (proof.h, tools/verify-log). `extra` is what leads to the entry, carried base64 in the
 * file: the entry itself, or for a commitment H(sealed event) ‖ nonce ‖ event; empty for none. */
MUST_CHECK enum error ledger_proof_text(struct ledger *ledger, uint64_t index, struct slice extra,
                                        struct buffer *ret_text);
/* The same against an earlier checkpoint of this log: `note`, of `size` entries. */
MUST_CHECK enum error ledger_proof_text_under(struct ledger *ledger, uint64_t index, struct slice extra, uint64_t size,
                                              struct slice note, struct buffer *ret_text);

/* Reads an entry back, checked against the tree. `ret_leaf` and `ret_sealed` may be NULL. ERROR_NOT_FOUND,
 * ERROR_CORRUPT, ERROR_IO, ERROR_MEMORY. */
MUST_CHECK enum error ledger_read(struct ledger *ledger, uint64_t index, struct arena *arena, struct slice *ret_leaf,
                                  struct slice *ret_sealed);

/* Appends hash tile (level, index) or entry bundle `index`, its first `width` items (1 to 256), as C2SP tlog-tiles has
 * them. ERROR_NOT_FOUND when the tree is not that wide; ERROR_IO, ERROR_CORRUPT. */
MUST_CHECK enum error ledger_tile(struct ledger *ledger, unsigned level, uint64_t index, unsigned width,
                                  struct buffer *ret_tile);
MUST_CHECK enum error ledger_bundle(struct ledger *ledger, uint64_t index, unsigned width, struct buffer *ret_bundle);

static inline void ledger_close_pointer(struct ledger **ledger)
{
    ledger_close(*ledger);
    *ledger = NULL;
}

#define CLEANUP_LEDGER __attribute__((cleanup(ledger_close_pointer)))
