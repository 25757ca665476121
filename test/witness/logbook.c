/* SPDX-License-Identifier: Apache-2.0 */
#include "logbook.h"

#include <stdio.h>
#include <string.h>

void logbook_make(struct logbook *logbook, const char *origin, uint8_t number)
{
    uint8_t public_key[SIGN_PUBLIC_BYTES];

    snprintf(logbook->origin, sizeof logbook->origin, "%s", origin);
    memset(logbook->seed.byte, number, sizeof logbook->seed.byte);
    sign_public(&logbook->seed, public_key);
    logbook->key = note_key_make(slice_from_string(logbook->origin), public_key);
    for (unsigned branch = 0; branch < LOGBOOK_BRANCHES; branch++) {
        for (unsigned i = 0; i < LOGBOOK_SIZE_MAX; i++) {
            char entry[32];
            snprintf(entry, sizeof entry, "%s %u", branch > 0 && i >= branch ? "other" : "entry", i);
            logbook->leaf[branch][i] = tree_hash_leaf(slice_from_string(entry));
        }
    }
}

struct tree_head logbook_head(const struct logbook *logbook, unsigned branch, uint64_t size)
{
    struct tree_frontier frontier = {0};

    for (uint64_t i = 0; i < size; i++)
        tree_frontier_append(&frontier, &logbook->leaf[branch][i]);
    return tree_frontier_head(&frontier);
}

bool logbook_agree(const struct logbook *logbook, unsigned branch_a, uint64_t size_a, unsigned branch_b,
                   uint64_t size_b)
{
    uint64_t size = size_a < size_b ? size_a : size_b;
    struct tree_head a = logbook_head(logbook, branch_a, size), b = logbook_head(logbook, branch_b, size);

    return hash_equal(&a.root, &b.root);
}

struct source {
    const struct logbook *logbook;
    unsigned branch;
};

static enum error node(void *context, unsigned level, uint64_t index, struct hash *ret_hash)
{
    const struct source *source = context;
    struct hash left, right;

    if (level == 0) {
        *ret_hash = source->logbook->leaf[source->branch][index];
        return OK;
    }
    TRY(node(context, level - 1, 2 * index, &left));
    TRY(node(context, level - 1, 2 * index + 1, &right));
    *ret_hash = tree_hash_node(&left, &right);
    return OK;
}

struct tree_proof logbook_consistency(const struct logbook *logbook, unsigned branch, uint64_t older, uint64_t size)
{
    struct source context = {logbook, branch};
    const struct tree_source source = {&context, node};
    struct tree_proof proof = {.count = 0};

    if (older > 0 && older < size)
        assert_int_equal(OK, tree_consistency(&source, older, size, &proof));
    return proof;
}

void logbook_sign(const struct logbook *logbook, unsigned branch, uint64_t size, struct buffer *into)
{
    const struct checkpoint checkpoint = {logbook->key.name, logbook_head(logbook, branch, size)};

    assert_int_equal(OK, checkpoint_sign(&checkpoint, &logbook->seed, into));
}

void logbook_request(const struct logbook *logbook, unsigned branch, uint64_t older, uint64_t size, struct buffer *into)
{
    CLEANUP_BUFFER struct buffer note = buffer_new(NOTE_BYTES_MAX);
    struct tree_proof proof = logbook_consistency(logbook, branch, older, size);

    logbook_sign(logbook, branch, size, &note);
    assert_int_equal(OK, request_write(older, &proof, buffer_view(&note), into));
}
