/* SPDX-License-Identifier: Apache-2.0 */
#include "request.h"

#include <inttypes.h>

#include "crypto/encode.h"

static const struct slice OLD = SLICE("old ");

/* The next line without its newline; false when it has none. */
static bool take_line(struct slice *rest, struct slice *ret_line)
{
    if (slice_find(*rest, '\n') == rest->length)
        return false;
    *ret_line = slice_cut(rest, '\n');
    return true;
}

static enum error take_old_size(struct slice *rest, uint64_t *ret_size)
{
    struct slice line;

    if (!take_line(rest, &line) || !slice_starts_with(line, OLD))
        return ERROR_SYNTAX;
    struct slice number = slice_from(line, OLD.length);
    if (number.length > 1 && number.data[0] == '0')
        return ERROR_SYNTAX;
    return slice_to_u64(number, ret_size) ? OK : ERROR_SYNTAX;
}

static enum error take_proof(struct slice *rest, struct tree_proof *ret_proof)
{
    struct slice line;
    size_t length;

    for (ret_proof->count = 0; take_line(rest, &line); ret_proof->count++) {
        if (line.length == 0)
            return OK;
        if (ret_proof->count == REQUEST_PROOF_MAX)
            return ERROR_SYNTAX;
        TRY(decode_base64(line, ret_proof->hash[ret_proof->count].byte, HASH_BYTES, &length));
        if (length != HASH_BYTES)
            return ERROR_SYNTAX;
    }
    return ERROR_SYNTAX; /* no empty line, no checkpoint */
}

enum error request_parse(struct slice body, struct request *ret_request)
{
    struct slice rest = body;

    if (body.length > REQUEST_BYTES_MAX)
        return ERROR_SYNTAX;
    TRY(take_old_size(&rest, &ret_request->old_size));
    TRY(take_proof(&rest, &ret_request->proof));
    ret_request->checkpoint = rest;
    return OK;
}

enum error request_write(uint64_t old_size, const struct tree_proof *proof, struct slice checkpoint,
                         struct buffer *into)
{
    buffer_format(into, "old %" PRIu64 "\n", old_size);
    for (size_t i = 0; i < proof->count; i++) {
        encode_base64(hash_slice(&proof->hash[i]), into);
        buffer_byte(into, '\n');
    }
    buffer_byte(into, '\n');
    buffer_slice(into, checkpoint);
    return buffer_check(into);
}
