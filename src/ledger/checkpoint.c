/* SPDX-License-Identifier: Apache-2.0 */
#include "checkpoint.h"

#include <inttypes.h>

#include "crypto/encode.h"

void checkpoint_write_text(const struct checkpoint *checkpoint, struct buffer *into)
{
    buffer_format(into, "%.*s\n%" PRIu64 "\n", SLICE_PRINT(checkpoint->origin), checkpoint->head.size);
    encode_base64(hash_slice(&checkpoint->head.root), into);
    buffer_byte(into, '\n');
}

/* Decimal without leading zeroes, so that one number has one text. */
static bool parse_size(struct slice text, uint64_t *ret_size)
{
    if (text.length > 1 && text.data[0] == '0')
        return false;
    return slice_to_u64(text, ret_size);
}

enum error checkpoint_parse_text(struct slice text, struct checkpoint *ret_checkpoint)
{
    struct checkpoint checkpoint;
    size_t root_bytes;

    if (!slice_ends_with(text, SLICE("\n")))
        return ERROR_SYNTAX;
    struct slice rest = text;
    checkpoint.origin = slice_cut(&rest, '\n');
    struct slice size = slice_cut(&rest, '\n');
    struct slice root = slice_cut(&rest, '\n');
    if (!note_name_allowed(checkpoint.origin) || !parse_size(size, &checkpoint.head.size) || rest.length > 0)
        return ERROR_SYNTAX;
    TRY(decode_base64(root, checkpoint.head.root.byte, HASH_BYTES, &root_bytes));
    if (root_bytes != HASH_BYTES)
        return ERROR_SYNTAX;
    *ret_checkpoint = checkpoint;
    return OK;
}

enum error checkpoint_sign(const struct checkpoint *checkpoint, const struct secret_key *seed, struct buffer *into)
{
    CLEANUP_BUFFER struct buffer text = buffer_new(CHECKPOINT_BYTES_MAX);

    checkpoint_write_text(checkpoint, &text);
    TRY(buffer_check(&text));
    return note_sign(buffer_view(&text), checkpoint->origin, seed, into);
}

enum error checkpoint_verify(struct slice note, const struct note_key *key, struct checkpoint *ret_checkpoint)
{
    struct note parsed;
    struct checkpoint checkpoint;

    TRY(note_parse(note, &parsed));
    TRY(note_verify(&parsed, key));
    TRY(checkpoint_parse_text(parsed.text, &checkpoint));
    if (!slice_equal(checkpoint.origin, key->name))
        return ERROR_SIGNATURE;
    *ret_checkpoint = checkpoint;
    return OK;
}
