/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* The vault: versions of resources at rest, ciphertext only, and the few things needed to find them. Rows of a person
 * start with her internal id. What belongs to nobody (organisations, services) has the zero id and a plain body.
 *
 * Only the gate may see this (the build enforces it). Reads happen on the loop's thread from a connection of their own;
 * writes are jobs of the one writer with group commit, each all or nothing. */

#include "base/arena.h"
#include "base/buffer.h"
#include "base/id.h"
#include "base/loop.h"
#include "crypto/secret.h"
#include "store/store.h"

#define VAULT_TOKEN_BYTES 16
#define VAULT_TOKENS_MAX 512 /* postings of one resource */

struct vault;

/* Opens or makes the vault. With a loop, writes are done by a thread of the writer's own; without one, at once on the
 * caller's. */
MUST_CHECK enum error vault_open(const char *path, struct loop *loop, struct vault **ret_vault, struct fault *fault);
void vault_close(struct vault *vault); /* waits for writes under way; accepts NULL */

struct vault_version {
    struct id person;
    struct id resource;
    struct slice type;
    uint64_t version;
    int64_t time_ms;
    uint64_t leaf; /* of the entry that permitted it */
    bool deleted;
    struct slice body; /* part.h, or plain JSON of what belongs to nobody */
};

/* Between these two all reads see one state, and a record fits the facts that stand beside it; they also cost half. For
 * the reads of one call, never across a return to the loop. Ending twice does no harm. The calls of one round of the
 * loop share one state, for as long as none is told of a write: nobody reads what is older than what was confirmed. */
MUST_CHECK enum error vault_snapshot_begin(struct vault *vault);
void vault_snapshot_end(struct vault *vault);

/* Whose is a resource, and of which type? ERROR_NOT_FOUND. `ret_type` is copied to the arena. */
MUST_CHECK enum error vault_locate(struct vault *vault, struct arena *arena, const struct id *resource,
                                   struct id *ret_person, struct slice *ret_type);

/* The current version, copied to the arena. ERROR_NOT_FOUND. */
MUST_CHECK enum error vault_read(struct vault *vault, struct arena *arena, const struct id *person, struct slice type,
                                 const struct id *resource, struct vault_version *ret_version);
/* An older one; `version` from 1. */
MUST_CHECK enum error vault_read_version(struct vault *vault, struct arena *arena, const struct id *person,
                                         struct slice type, const struct id *resource, uint64_t version,
                                         struct vault_version *ret_version);

struct vault_list {
    const struct vault_version *version;
    size_t count;
    bool cut; /* there were more than the maximum */
};

/* Every version of a resource, newest first. */
MUST_CHECK enum error vault_history(struct vault *vault, struct arena *arena, const struct id *person,
                                    struct slice type, const struct id *resource, size_t maximum,
                                    struct vault_list *ret_list);
/* Current versions of one type of one person, or of all types when `type` is empty; deleted ones left out. */
MUST_CHECK enum error vault_scan(struct vault *vault, struct arena *arena, const struct id *person, struct slice type,
                                 size_t maximum, struct vault_list *ret_list);

/* The person's sealed block of facts; empty when there is none. */
MUST_CHECK enum error vault_facts(struct vault *vault, struct arena *arena, const struct id *person,
                                  struct slice *ret_facts);

/* Which resources have a posting under this token. */
struct vault_posting {
    struct id person;
    struct id resource;
};
MUST_CHECK enum error vault_postings(struct vault *vault, struct arena *arena, const uint8_t token[VAULT_TOKEN_BYTES],
                                     struct slice type, size_t maximum, const struct vault_posting **ret_posting,
                                     size_t *ret_count, bool *ret_cut);

#define VAULT_ANY_VERSION UINT64_MAX

struct vault_write {
    struct id person;
    struct id resource;
    struct slice type;
    uint64_t expected; /* the version that must be current; 0: none may be there; VAULT_ANY_VERSION */
    int64_t time_ms;
    uint64_t leaf;
    bool deleted;
    uint64_t version; /* to be stored as: the one after `expected` */
    struct slice body;
    const uint8_t (*token)[VAULT_TOKEN_BYTES];
    size_t tokens;
    bool keep_postings; /* the writer saw only a part: what it could not see stays findable */
};

struct vault_facts_write {
    struct id person;
    struct slice facts;
};

/* Lent until `done`. All or nothing: ERROR_PRECONDITION when a version is not as expected. */
struct vault_transaction {
    const struct vault_write *write;
    size_t writes;
    const struct vault_facts_write *facts;
    size_t facts_writes;
    const struct id *erase; /* whose rows go; NULL */
    void (*done)(void *context, enum error error);
    void *context;
    struct vault *vault; /* the vault's own business */
};

/* ERROR_OVERLOADED: not taken, `done` will not be called. */
MUST_CHECK enum error vault_submit(struct vault *vault, struct vault_transaction *transaction);

/* Each stored version, for `check`. */
typedef enum error vault_each(void *context, const struct vault_version *version);
MUST_CHECK enum error vault_walk(struct vault *vault, vault_each *each, void *context);

/* After a restore the log is a new one: what was permitted by entries of the old one is marked so (VAULT_OLD_LOG in
 * `leaf`), since their numbers mean nothing in the new one. */
#define VAULT_OLD_LOG (UINT64_C(1) << 62)
MUST_CHECK enum error vault_mark_restored(struct vault *vault);

MUST_CHECK enum error vault_backup(struct vault *vault, const char *path);
MUST_CHECK enum error vault_check(struct vault *vault, store_finding *finding, void *context);
