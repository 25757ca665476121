/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* Calls of the safe's files to one another and to the layers below that fail when a test says so. The linker puts these
 * in front (`inner_wrap` of meson.build); calls within one file go on as they are. Arrays of an arena get blocks of
 * their own of exactly their size, so that AddressSanitizer sees who reads behind one. */

#include <stdlib.h>

#include "crypto/block.h"
#include "crypto/encode.h"
#include "keys/keystore.h"
#include "ledger/ledger.h"
#include "safe/state.h"
#include "store/writer.h"
#include "text/date.h"

/* What nothing in the safe says by itself. */
#define INNER_ERROR ERROR_TOO_DEEP

#define INNER_CALLS(CALL)                                                                                              \
    CALL(approval_read,                                                                                                \
         (struct slice a, const struct approvers *b, const struct id *c, int64_t d, struct credential *e,              \
          struct id *f, struct id *g),                                                                                 \
         (a, b, c, d, e, f, g))                                                                                        \
    CALL(buffer_check, (const struct buffer *a), (a))                                                                  \
    CALL(credential_read, (struct slice a, struct credential * b), (a, b))                                             \
    CALL(date_parse, (struct slice a, enum date_kind b, struct date * c), (a, b, c))                                   \
    CALL(decode_hex, (struct slice a, uint8_t * b, size_t c), (a, b, c))                                               \
    CALL(destroyed_tell, (struct safe * a), (a))                                                                       \
    CALL(entry_begin, (struct safe * a, struct request * b, uint8_t * c), (a, b, c))                                   \
    CALL(entry_hour_key, (struct safe * a, uint32_t b, struct secret_key * c), (a, b, c))                              \
    CALL(entry_open, (struct safe * a, uint64_t b, struct slice * c, struct event_opened * d), (a, b, c, d))           \
    CALL(entry_proof, (struct safe * a, uint64_t b, struct slice c, const struct event_opened *d, struct buffer *e),   \
         (a, b, c, d, e))                                                                                              \
    CALL(entry_seal, (struct safe * a, struct request * b, struct slice c), (a, b, c))                                 \
    CALL(event_drawers_of, (const struct event_opened *a, const struct id *b, struct arena *c, unsigned *d),           \
         (a, b, c, d))                                                                                                 \
    CALL(event_hour, (struct slice a, uint32_t * b), (a, b))                                                           \
    CALL(event_open, (const struct secret_key *a, struct slice b, struct arena *c, struct event_opened *d),            \
         (a, b, c, d))                                                                                                 \
    CALL(evidence_write_looker, (struct safe * a, struct json_writer * b, struct slice c), (a, b, c))                  \
    CALL(json_parse, (struct arena * a, struct slice b, const struct json **c, struct fault *d), (a, b, c, d))         \
    CALL(keystore_backup, (struct keystore * a, const char *b), (a, b))                                                \
    CALL(keystore_check, (struct keystore * a, store_finding * b, void *c), (a, b, c))                                 \
    CALL(keystore_hour, (struct keystore * a, uint32_t b, const uint8_t *c, struct secret_key *d), (a, b, c, d))       \
    CALL(keystore_hour_find, (struct keystore * a, uint32_t b, struct secret_key * c), (a, b, c))                      \
    CALL(ledger_checkpoint, (struct ledger * a, struct buffer * b), (a, b))                                            \
    CALL(ledger_read, (struct ledger * a, uint64_t b, struct arena * c, struct slice * d, struct slice * e),           \
         (a, b, c, d, e))                                                                                              \
    CALL(order_keep_again, (struct safe * a, const struct json *b, const struct json *c, uint64_t d), (a, b, c, d))    \
    CALL(oversight_authenticate, (struct safe * a, struct request * b, struct slice c), (a, b, c))                     \
    CALL(padding_append, (struct safe * a, const struct ledger_entry *b, size_t c, unsigned d, uint64_t *e),           \
         (a, b, c, d, e))                                                                                              \
    CALL(person_index_add, (struct person_index * a, const uint8_t *b, uint64_t c, bool d), (a, b, c, d))              \
    CALL(person_index_add_sealed,                                                                                      \
         (struct person_index * a, const uint8_t *b, uint64_t c, const struct id *d, int64_t e), (a, b, c, d, e))      \
    CALL(person_index_backup, (struct person_index * a, const char *b), (a, b))                                        \
    CALL(person_index_check, (struct person_index * a, store_finding * b, void *c), (a, b, c))                         \
    CALL(person_index_find,                                                                                            \
         (struct person_index * a, struct arena * b, const struct id *c, uint64_t d, size_t e, const uint64_t **f,     \
          size_t *g),                                                                                                  \
         (a, b, c, d, e, f, g))                                                                                        \
    CALL(person_index_has, (struct person_index * a, const struct id *b, uint64_t c, bool *d), (a, b, c, d))           \
    CALL(person_index_notices,                                                                                         \
         (struct person_index * a, struct arena * b, const struct id *c, size_t d, const uint64_t **e, size_t *f),     \
         (a, b, c, d, e, f))                                                                                           \
    CALL(person_index_revoke, (struct person_index * a, const uint8_t *b, int64_t c), (a, b, c))                       \
    CALL(person_index_revoked, (struct person_index * a, const struct id *b, bool *c), (a, b, c))                      \
    CALL(person_index_seen, (struct person_index * a, const struct id *b, const uint64_t *c, size_t d), (a, b, c, d))  \
    CALL(reviews_add, (struct reviews * a, const struct look *b), (a, b))                                              \
    CALL(reviews_count, (struct reviews * a, int64_t b, unsigned c, uint64_t *d), (a, b, c, d))                        \
    CALL(reviews_decide, (struct reviews * a, uint64_t b, enum review_verdict c, const struct id *d, int64_t e),       \
         (a, b, c, d, e))                                                                                              \
    CALL(reviews_escalate, (struct reviews * a, int64_t b, review_tell * c, void *d), (a, b, c, d))                    \
    CALL(reviews_flush, (struct reviews * a), (a))                                                                     \
    CALL(reviews_is_open, (struct reviews * a, uint64_t b, bool *c), (a, b, c))                                        \
    CALL(reviews_list,                                                                                                 \
         (struct reviews * a, struct arena * b, int64_t c, size_t d, const struct review **e, size_t *f),              \
         (a, b, c, d, e, f))                                                                                           \
    CALL(reviews_of, (struct reviews * a, uint64_t b, enum review_verdict * c), (a, b, c))                             \
    CALL(rotation_backup, (struct safe * a, const char *b), (a, b))                                                    \
    CALL(safe_publish, (struct safe * a, struct slice b, uint64_t * c), (a, b, c))                                     \
    CALL(seal_open, (const struct secret_key *a, struct slice b, struct slice c, void *d), (a, b, c, d))               \
    CALL(store_backup, (struct store * a, const char *b), (a, b))                                                      \
    CALL(store_derived, (struct store * a, bool b), (a, b))                                                            \
    CALL(store_end, (struct store_cursor * a), (a))                                                                    \
    CALL(store_one,                                                                                                    \
         (struct store * a, const struct store_statement *b, const struct store_value *c, size_t d,                    \
          struct store_cursor *e),                                                                                     \
         (a, b, c, d, e))                                                                                              \
    CALL(store_query,                                                                                                  \
         (struct store * a, const struct store_statement *b, const struct store_value *c, size_t d,                    \
          struct store_cursor *e),                                                                                     \
         (a, b, c, d, e))                                                                                              \
    CALL(store_run,                                                                                                    \
         (struct store * a, const struct store_statement *b, const struct store_value *c, size_t d, int64_t *e),       \
         (a, b, c, d, e))                                                                                              \
    CALL(suspensions_begin, (struct suspensions * a, enum suspended b, struct slice c, uint64_t * d, bool *e),         \
         (a, b, c, d, e))                                                                                              \
    CALL(suspensions_keep, (struct suspensions * a, struct world * b, const struct suspension_told *c), (a, b, c))     \
    CALL(suspensions_lift, (struct suspensions * a, uint64_t b, int64_t c), (a, b, c))                                 \
    CALL(suspensions_told, (struct suspensions * a, struct arena * b, uint64_t c, struct suspension_told * d),         \
         (a, b, c, d))                                                                                                 \
    CALL(token_open, (const struct token_keys *a, struct slice b, int64_t c, uint8_t *d, struct credential *e),        \
         (a, b, c, d, e))                                                                                              \
    CALL(writer_run_now, (struct store * a, const struct writer_job *b, size_t c), (a, b, c))

enum inner_call {
#define CALL(name, parameters, arguments) INNER_##name,
    INNER_CALLS(CALL)
#undef CALL
        INNER_buffer_room,
    INNER_arena_array,
    INNER_arena_copy,
    INNER_block_cipher_new,
    INNER_COUNT
};
static const char *const inner_name[INNER_COUNT] = {
#define CALL(name, parameters, arguments) #name,
    INNER_CALLS(CALL)
#undef CALL
        "buffer_room",
    "arena_array",
    "arena_copy",
    "block_cipher_new",
};

static struct {
    bool armed, failed;
    enum inner_call call;
    size_t left;
    enum error error;
} inner = {.error = INNER_ERROR};

/* The `nth` such call from now on fails, and only that one. */
static inline void inner_fail(enum inner_call call, size_t nth, enum error error)
{
    inner.call = call;
    inner.left = nth;
    inner.error = error;
    inner.failed = false;
    inner.armed = true;
}

/* True when it was reached. */
static inline bool inner_end(void)
{
    inner.armed = false;
    return inner.failed;
}

static bool inner_fails(enum inner_call call)
{
    if (!inner.armed || inner.failed || inner.call != call || --inner.left > 0)
        return false;
    return inner.failed = true;
}

#define CALL(name, parameters, arguments)                                                                              \
    enum error __real_##name parameters;                                                                               \
    enum error __wrap_##name parameters;                                                                               \
    enum error __wrap_##name parameters                                                                                \
    {                                                                                                                  \
        return inner_fails(INNER_##name) ? inner.error : __real_##name arguments;                                      \
    }
INNER_CALLS(CALL)
#undef CALL

void *__real_buffer_room(struct buffer *buffer, size_t length);
void *__wrap_buffer_room(struct buffer *buffer, size_t length);
void *__wrap_buffer_room(struct buffer *buffer, size_t length)
{
    if (!inner_fails(INNER_buffer_room))
        return __real_buffer_room(buffer, length);
    buffer->failed = true;
    return NULL;
}

struct slice __real_arena_copy(struct arena *arena, struct slice text);
struct slice __wrap_arena_copy(struct arena *arena, struct slice text);
struct slice __wrap_arena_copy(struct arena *arena, struct slice text)
{
    return inner_fails(INNER_arena_copy) ? slice_of(NULL, 0) : __real_arena_copy(arena, text);
}

struct block_cipher *__real_block_cipher_new(const struct secret_key *key);
struct block_cipher *__wrap_block_cipher_new(const struct secret_key *key);
struct block_cipher *__wrap_block_cipher_new(const struct secret_key *key)
{
    return inner_fails(INNER_block_cipher_new) ? NULL : __real_block_cipher_new(key);
}

/* Since when nothing is gone is said as well as it is known: no error of its own. */
int64_t __real_retention_kept_since(struct safe *safe);
int64_t __wrap_retention_kept_since(struct safe *safe);
int64_t __wrap_retention_kept_since(struct safe *safe)
{
    bool armed = inner.armed;

    inner.armed = false;
    int64_t since_s = __real_retention_kept_since(safe);
    inner.armed = armed;
    return since_s;
}

/* ---- arrays of exactly their size ---- */

static void *exact[1 << 16];
static size_t exact_count;

static inline void exact_free(void)
{
    while (exact_count > 0)
        free(exact[--exact_count]);
}

void *__real_arena_array(struct arena *arena, size_t count, size_t bytes);
void *__wrap_arena_array(struct arena *arena, size_t count, size_t bytes);
void *__wrap_arena_array(struct arena *arena, size_t count, size_t bytes)
{
    if (inner_fails(INNER_arena_array))
        return NULL;
    if (exact_count == sizeof exact / sizeof *exact || count > SIZE_MAX / (bytes ? bytes : 1))
        return __real_arena_array(arena, count, bytes);
    return exact[exact_count++] = calloc(count > 0 ? count : 1, bytes);
}
