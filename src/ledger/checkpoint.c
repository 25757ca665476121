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

/* The first three lines; what follows is left in `rest`. */
static enum error parse_lines(struct slice *rest, struct checkpoint *ret_checkpoint)
{
    size_t root_bytes;

    if (!slice_ends_with(*rest, SLICE("\n")))
        return ERROR_SYNTAX;
    ret_checkpoint->origin = slice_cut(rest, '\n');
    struct slice size = slice_cut(rest, '\n');
    struct slice root = slice_cut(rest, '\n');
    if (ret_checkpoint->origin.length == 0 || !parse_size(size, &ret_checkpoint->head.size))
        return ERROR_SYNTAX;
    TRY(decode_base64(root, ret_checkpoint->head.root.byte, HASH_BYTES, &root_bytes));
    return root_bytes == HASH_BYTES ? OK : ERROR_SYNTAX;
}

enum error checkpoint_parse_text(struct slice text, struct checkpoint *ret_checkpoint)
{
    struct checkpoint checkpoint;
    struct slice rest = text;

    TRY(parse_lines(&rest, &checkpoint));
    if (!note_name_allowed(checkpoint.origin) || rest.length > 0)
        return ERROR_SYNTAX;
    *ret_checkpoint = checkpoint;
    return OK;
}

enum error checkpoint_parse_foreign(struct slice text, struct checkpoint *ret_checkpoint)
{
    struct checkpoint checkpoint;
    struct slice rest = text;

    TRY(parse_lines(&rest, &checkpoint));
    while (rest.length > 0)
        if (slice_cut(&rest, '\n').length == 0)
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
