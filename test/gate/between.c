/* SPDX-License-Identifier: Apache-2.0 */
#include "between.h"

struct between between;

void between_fail(size_t nth)
{
    between.fail_at = nth;
    between.count = 0;
    between.failed = NULL;
}

void between_reset(void)
{
    between = (struct between){.error = ERROR_IO};
}

static bool fails(const char *name)
{
    if (between.fail_at == 0 || ++between.count != between.fail_at)
        return false;
    between.failed = name;
    return true;
}

/* name(parameters) gives `failure` when it is its turn to fail. */
#define BETWEEN(result, name, parameters, arguments, failure)                                                          \
    result between_##name parameters                                                                                   \
    {                                                                                                                  \
        return fails(#name) ? (failure) : name arguments;                                                              \
    }
#define BETWEEN_ERROR(name, parameters, arguments) BETWEEN(enum error, name, parameters, arguments, between.error)

BETWEEN(void *, malloc, (size_t bytes), (bytes), NULL)
BETWEEN(void *, calloc, (size_t count, size_t bytes), (count, bytes), NULL)
BETWEEN(void *, arena_alloc, (struct arena * arena, size_t bytes), (arena, bytes), NULL)
BETWEEN(void *, arena_array, (struct arena * arena, size_t count, size_t bytes), (arena, count, bytes), NULL)
BETWEEN(struct slice, arena_copy, (struct arena * arena, struct slice text), (arena, text), slice_of(NULL, 0))
BETWEEN(enum error, buffer_check, (const struct buffer *buffer), (buffer), ERROR_MEMORY)
BETWEEN_ERROR(file_make_directory, (const char *path), (path))
BETWEEN_ERROR(file_replace, (const char *path, struct slice data, unsigned mode), (path, data, mode))
BETWEEN(enum error, json_parse,
        (struct arena * arena, struct slice text, const struct json **ret_root, struct fault *fault),
        (arena, text, ret_root, fault), ERROR_MEMORY)
BETWEEN(struct secret_pool *, secret_pool_new, (size_t slots, size_t bytes), (slots, bytes), NULL)
BETWEEN(void *, secret_take, (struct secret_pool * pool), (pool), NULL)
BETWEEN_ERROR(vault_backup, (struct vault * vault, const char *path), (vault, path))
BETWEEN_ERROR(vault_check, (struct vault * vault, store_finding *finding, void *context), (vault, finding, context))
BETWEEN_ERROR(vault_facts, (struct vault * vault, struct arena *arena, const struct id *person, struct slice *ret),
              (vault, arena, person, ret))
BETWEEN_ERROR(vault_history,
              (struct vault * vault, struct arena *arena, const struct id *person, struct slice type,
               const struct id *resource, size_t maximum, struct vault_list *ret),
              (vault, arena, person, type, resource, maximum, ret))
BETWEEN_ERROR(vault_locate,
              (struct vault * vault, struct arena *arena, const struct id *resource, struct id *ret_person,
               struct slice *ret_type),
              (vault, arena, resource, ret_person, ret_type))
BETWEEN_ERROR(vault_mark_restored, (struct vault * vault), (vault))
BETWEEN_ERROR(vault_open, (const char *path, struct loop *loop, struct vault **ret, struct fault *fault),
              (path, loop, ret, fault))
BETWEEN_ERROR(vault_read_version,
              (struct vault * vault, struct arena *arena, const struct id *person, struct slice type,
               const struct id *resource, uint64_t version, struct vault_version *ret),
              (vault, arena, person, type, resource, version, ret))
BETWEEN_ERROR(vault_scan,
              (struct vault * vault, struct arena *arena, const struct id *person, struct slice type, size_t maximum,
               struct vault_list *ret),
              (vault, arena, person, type, maximum, ret))
BETWEEN_ERROR(vault_snapshot_begin, (struct vault * vault), (vault))

/* ---- what is changed or kept on the way ---- */

struct block_cipher *between_block_cipher_new(const struct secret_key *key)
{
    struct block_cipher *cipher = fails("block_cipher_new") ? NULL : block_cipher_new(key);

    between.ciphers += cipher != NULL;
    return cipher;
}

void between_block_cipher_free(struct block_cipher *cipher)
{
    between.ciphers -= cipher != NULL;
    block_cipher_free(cipher);
}

enum error between_vault_postings(struct vault *vault, struct arena *arena, const uint8_t token[VAULT_TOKEN_BYTES],
                                  struct slice type, size_t maximum, const struct vault_posting **ret,
                                  size_t *ret_count, bool *ret_cut)
{
    if (fails("vault_postings"))
        return between.error;
    enum error error = vault_postings(vault, arena, token, type, maximum, ret, ret_count, ret_cut);
    *ret_cut |= between.cut;
    return error;
}

enum error between_vault_read(struct vault *vault, struct arena *arena, const struct id *person, struct slice type,
                              const struct id *resource, struct vault_version *ret)
{
    if (fails("vault_read"))
        return between.error;
    enum error error = vault_read(vault, arena, person, type, resource, ret);
    if (between.read)
        between.read(&error, ret);
    return error;
}

enum error between_vault_submit(struct vault *vault, struct vault_transaction *transaction)
{
    between.stored = transaction;
    return fails("vault_submit") ? between.error : vault_submit(vault, transaction);
}

enum error between_vault_walk(struct vault *vault, vault_each *each, void *context)
{
    if (fails("vault_walk"))
        return between.error;
    return between.walk ? between.walk(each, context) : vault_walk(vault, each, context);
}

/* ---- parts: which key, and how many ---- */

enum error between_part_body_read(struct slice body, struct part_body *ret)
{
    *ret = (struct part_body){0};
    return fails("part_body_read") ? ERROR_CORRUPT : part_body_read(body, ret);
}

enum error between_part_open(struct arena *arena, const struct secret_key *key, const struct part_place *place,
                             const struct part *part, struct slice *ret)
{
    between.last_key = key;
    between.opened++;
    return fails("part_open") ? ERROR_SEALED : part_open(arena, key, place, part, ret);
}

enum error between_part_seal(struct arena *arena, struct world *world, const struct secret_key *key,
                             const struct part_place *place, enum drawer drawer, uint64_t version, struct slice plain,
                             struct part *ret)
{
    between.last_key = key;
    return fails("part_seal") ? ERROR_MEMORY : part_seal(arena, world, key, place, drawer, version, plain, ret);
}

/* ---- the safe ---- */

void between_safe_call(struct safe_client *client, enum protocol_kind kind, struct slice payload, safe_done *done,
                       void *context)
{
    enum error error = OK;
    struct slice answer = SLICE("");

    between.calls[kind]++;
    if (kind == PROTOCOL_COMPLETE) {
        between.completion[1] = between.completion[0];
        if (completion_read(payload, &between.completion[0]) != OK)
            abort();
    }
    if (!done) {
        safe_call(client, kind, payload, done, context);
        return;
    }
    if (fails("safe_call")) {
        done(context, between.error, answer);
        return;
    }
    if (between.answer && between.answer(kind, payload, &error, &answer)) {
        done(context, error, answer);
        return;
    }
    safe_call(client, kind, payload, done, context);
}
