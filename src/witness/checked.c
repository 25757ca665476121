/* SPDX-License-Identifier: Apache-2.0 */
#include "checked.h"

#include "crypto/encode.h"
#include "crypto/hash.h"

static void write_line(struct slice text, struct buffer *into)
{
    struct hash hash = hash_sha256(text);
    char digits[2 * HASH_BYTES];

    encode_hex(hash_slice(&hash), digits);
    buffer_format(into, "check %.*s\n", (int)sizeof digits, digits);
}

enum error checked_write(struct slice text, struct buffer *into)
{
    buffer_slice(into, text);
    write_line(text, into);
    return buffer_check(into);
}

enum error checked_parse(struct slice bytes, struct slice *ret_text)
{
    CLEANUP_BUFFER struct buffer line = buffer_new(CHECKED_LINE_BYTES + 1);

    if (bytes.length < CHECKED_LINE_BYTES)
        return ERROR_CORRUPT;
    struct slice text = slice_of(bytes.data, bytes.length - CHECKED_LINE_BYTES);
    write_line(text, &line);
    if (buffer_check(&line) != OK || !slice_equal(buffer_view(&line), slice_from(bytes, text.length)))
        return ERROR_CORRUPT;
    *ret_text = text;
    return OK;
}
