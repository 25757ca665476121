/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* What stands between the gate and all that it calls. The gate is built once more with this header in front
 * (meson.build), so that what it calls, and nothing else, goes through between.c: there the n-th call can fail, the
 * safe's answers can be changed or made up, and what the gate tells the safe is kept. */

#include <stdlib.h>

#include "base/file.h"
#include "crypto/block.h"
#include "safe/client.h"
#include "text/json.h"
#include "vault/part.h"
#include "vault/vault.h"

struct between {
    size_t fail_at; /* which call fails; 0: none */
    size_t count;   /* calls since then */
    const char *failed;
    enum error error;                        /* what it fails with, when it has a choice */
    const struct secret_key *last_key;       /* that a part was opened or sealed with */
    unsigned opened;                         /* parts */
    int ciphers;                             /* made and not yet freed */
    struct completion completion[2];         /* the last one, and the one before */
    unsigned calls[PROTOCOL_WITNESSING + 1]; /* to the safe, of each kind */
    const struct vault_transaction *stored;  /* the last one; lives as long as its request */
    bool cut;                                /* there are more postings than were asked for */
    /* Answers in the place of the safe when it returns true. May be NULL. */
    bool (*answer)(enum protocol_kind kind, struct slice asked, enum error *ret_error, struct slice *ret_payload);
    /* Changes what was read of the current version of a resource. May be NULL. */
    void (*read)(enum error *error, struct vault_version *version);
    /* What lies in the vault, when it is walked. May be NULL: what is there. */
    enum error (*walk)(vault_each *each, void *context);
};
extern struct between between;

void between_fail(size_t nth); /* from now on, once; 0: never */
void between_reset(void);

#define BETWEEN(name) extern __typeof__(name) between_##name
BETWEEN(malloc);
BETWEEN(calloc);
BETWEEN(arena_alloc);
BETWEEN(arena_array);
BETWEEN(arena_copy);
BETWEEN(block_cipher_free);
BETWEEN(block_cipher_new);
BETWEEN(buffer_check);
BETWEEN(file_make_directory);
BETWEEN(file_replace);
BETWEEN(json_parse);
BETWEEN(part_body_read);
BETWEEN(part_open);
BETWEEN(part_seal);
BETWEEN(safe_call);
BETWEEN(secret_pool_new);
BETWEEN(secret_take);
BETWEEN(vault_backup);
BETWEEN(vault_check);
BETWEEN(vault_facts);
BETWEEN(vault_history);
BETWEEN(vault_locate);
BETWEEN(vault_mark_restored);
BETWEEN(vault_open);
BETWEEN(vault_postings);
BETWEEN(vault_read);
BETWEEN(vault_read_version);
BETWEEN(vault_scan);
BETWEEN(vault_snapshot_begin);
BETWEEN(vault_submit);
BETWEEN(vault_walk);
#undef BETWEEN

#ifdef BETWEEN_GATE
#define malloc between_malloc
#define calloc between_calloc
#define arena_alloc between_arena_alloc
#define arena_array between_arena_array
#define arena_copy between_arena_copy
#define block_cipher_free between_block_cipher_free
#define block_cipher_new between_block_cipher_new
#define buffer_check between_buffer_check
#define file_make_directory between_file_make_directory
#define file_replace between_file_replace
#define json_parse between_json_parse
#define part_body_read between_part_body_read
#define part_open between_part_open
#define part_seal between_part_seal
#define safe_call between_safe_call
#define secret_pool_new between_secret_pool_new
#define secret_take between_secret_take
#define vault_backup between_vault_backup
#define vault_check between_vault_check
#define vault_facts between_vault_facts
#define vault_history between_vault_history
#define vault_locate between_vault_locate
#define vault_mark_restored between_vault_mark_restored
#define vault_open between_vault_open
#define vault_postings between_vault_postings
#define vault_read between_vault_read
#define vault_read_version between_vault_read_version
#define vault_scan between_vault_scan
#define vault_snapshot_begin between_vault_snapshot_begin
#define vault_submit between_vault_submit
#define vault_walk between_vault_walk
#endif
