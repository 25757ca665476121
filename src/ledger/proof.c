/* SPDX-License-Identifier: Apache-2.0 */
#include "proof.h"

#include <inttypes.h>

#include "crypto/encode.h"
#include "ledger.h"

static const struct slice FIRST_LINE = SLICE("c2sp.org/tlog-proof@v1");

enum error proof_write(struct slice extra, uint64_t index, const struct tree_proof *path, struct slice checkpoint,
                       struct buffer *into)
{
    if (extra.length > PROOF_EXTRA_MAX)
        return ERROR_TOO_LARGE;
    buffer_slice(into, FIRST_LINE);
    if (extra.length > 0) {
        buffer_string(into, "\nextra ");
        encode_base64(extra, into);
    }
    buffer_format(into, "\nindex %" PRIu64 "\n", index);
    for (size_t i = 0; i < path->count; i++) {
        encode_base64(hash_slice(&path->hash[i]), into);
        buffer_byte(into, '\n');
    }
    buffer_byte(into, '\n');
    buffer_slice(into, checkpoint);
    return buffer_check(into);
}

/* Takes the line that starts with `word`, if it is the next one. */
static bool take_line(struct slice *rest, struct slice word, struct slice *ret_value)
{
    if (!slice_starts_with(*rest, word))
        return false;
    *ret_value = slice_from(slice_cut(rest, '\n'), word.length);
    return true;
}

static enum error parse_extra(struct slice *rest, struct slice *ret_extra)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=";

    *ret_extra = slice_of("", 0);
    if (!take_line(rest, SLICE("extra "), ret_extra))
        return OK;
    if (ret_extra->length == 0 || ret_extra->length % 4 != 0 || ret_extra->length > PROOF_EXTRA_MAX / 3 * 4 + 4)
        return ERROR_SYNTAX;
    for (size_t i = 0; i < ret_extra->length; i++) {
        if (!ret_extra->data[i] || !strchr(digits, ret_extra->data[i]))
            return ERROR_SYNTAX;
    }
    return OK;
}

static enum error parse_path(struct slice *rest, struct tree_proof *ret_path)
{
    size_t length;

    ret_path->count = 0;
    for (;;) {
        if (rest->length == 0)
            return ERROR_SYNTAX; /* no empty line, no checkpoint */
        struct slice line = slice_cut(rest, '\n');
        if (line.length == 0)
            return OK;
        if (ret_path->count == TREE_PATH_MAX)
            return ERROR_SYNTAX;
        TRY(decode_base64(line, ret_path->hash[ret_path->count].byte, HASH_BYTES, &length));
        if (length != HASH_BYTES)
            return ERROR_SYNTAX;
        ret_path->count++;
    }
}

enum error proof_parse(struct slice text, struct proof *ret_proof)
{
    struct slice rest = text, index;

    if (text.length > PROOF_TEXT_MAX)
        return ERROR_TOO_LARGE;
    if (!slice_equal(slice_cut(&rest, '\n'), FIRST_LINE))
        return ERROR_SYNTAX;
    TRY(parse_extra(&rest, &ret_proof->extra));
    if (!take_line(&rest, SLICE("index "), &index) || (index.length > 1 && index.data[0] == '0') ||
        !slice_to_u64(index, &ret_proof->index))
        return ERROR_SYNTAX;
    TRY(parse_path(&rest, &ret_proof->path));
    ret_proof->checkpoint = rest;
    return OK;
}

enum error proof_verify(const struct proof *proof, const struct note_key *key, const struct hash *leaf)
{
    struct checkpoint checkpoint;

    TRY(checkpoint_verify(proof->checkpoint, key, &checkpoint));
    return tree_verify_inclusion(&checkpoint.head, proof->index, leaf, tree_proof_path(&proof->path));
}

static enum error decode_extra(const struct proof *proof, struct arena *arena, struct slice *ret_extra)
{
    size_t room = proof->extra.length / 4 * 3, length;
    char *bytes = arena_alloc(arena, room + 1);

    if (!bytes)
        return ERROR_MEMORY;
    TRY(decode_base64(proof->extra, bytes, room, &length));
    *ret_extra = slice_of(bytes, length);
    return OK;
}

/* The leaf of a commitment that is opened: version ‖ H(nonce ‖ event) ‖ H(sealed event). */
static struct hash commitment_leaf(struct slice sealed_hash, struct slice content)
{
    uint8_t leaf[LEDGER_COMMITMENT_BYTES] = {LEDGER_COMMITMENT_VERSION};
    struct hash event_hash = hash_sha256(content);

    memcpy(leaf + 1, event_hash.byte, HASH_BYTES);
    memcpy(leaf + 1 + HASH_BYTES, sealed_hash.data, HASH_BYTES);
    return tree_hash_leaf(slice_of(leaf, sizeof leaf));
}

enum error proof_show(const struct proof *proof, const struct tree_head *head, struct arena *arena,
                      struct proof_shown *ret_shown)
{
    struct tree_path path = tree_proof_path(&proof->path);
    struct slice extra;

    TRY(decode_extra(proof, arena, &extra));
    struct proof_shown shown = {.index = proof->index, .head = *head, .content = extra};
    struct hash leaf = tree_hash_leaf(extra);
    enum error error = tree_verify_inclusion(head, proof->index, &leaf, path);
    if (error == ERROR_PROOF && extra.length > HASH_BYTES) {
        shown.commitment = true;
        shown.content = slice_from(extra, HASH_BYTES);
        leaf = commitment_leaf(slice_of(extra.data, HASH_BYTES), shown.content);
        error = tree_verify_inclusion(head, proof->index, &leaf, path);
    }
    TRY(error);
    *ret_shown = shown;
    return OK;
}

enum error proof_open(struct slice text, const struct note_key *key, struct arena *arena, struct proof_shown *ret_shown)
{
    struct proof proof;
    struct checkpoint checkpoint;

    TRY(proof_parse(text, &proof));
    TRY(checkpoint_verify(proof.checkpoint, key, &checkpoint));
    return proof_show(&proof, &checkpoint.head, arena, ret_shown);
}
