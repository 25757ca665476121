/* SPDX-License-Identifier: Apache-2.0 */

/* Lines of shares, as somebody typed them. Each line is read as it is, and once more with the check that fits it, since
 * nobody mistypes into a hash. What is read writes back to the same line; whatever shares come together, no key comes out
 * that they do not commit to. */

#include <stdlib.h>

#include "crypto/encode.h"
#include "keys/shares.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define CHECK_DIGITS 8

static void with_check(struct slice line, struct buffer *into)
{
    char check[CHECK_DIGITS];

    buffer_slice(into, line);
    buffer_byte(into, ' ');
    struct hash hash = hash_sha256(buffer_view(into));
    encode_hex(slice_of(hash.byte, sizeof check / 2), check);
    buffer_bytes(into, check, sizeof check);
}

static bool read_back(struct slice line, struct share *share)
{
    CLEANUP_BUFFER struct buffer again = buffer_new(2 * SHARE_LINE_MAX);
    struct share back;

    if (share_read(line, share) != OK)
        return false;
    if (share->need < 2 || share->need > share->count || share->count > SHARES_MAX || share->number == 0 ||
        share->number > share->count)
        abort();
    share_write(share, &again);
    if (buffer_check(&again) != OK || share_read(buffer_view(&again), &back) != OK ||
        memcmp(&back, share, sizeof back) != 0)
        abort();
    return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice text = slice_of(data, size);
    struct share share[SHARES_MAX];
    struct fault fault = {0};
    struct secret_key key;
    size_t given = 0;

    while (text.length > 0 && given < SHARES_MAX) {
        CLEANUP_BUFFER struct buffer checked = buffer_new(2 * SHARE_LINE_MAX);
        struct slice line = slice_cut(&text, '\n');
        with_check(line, &checked);
        if (read_back(line, &share[given]))
            given++;
        else if (buffer_check(&checked) == OK && read_back(buffer_view(&checked), &share[given]))
            given++;
    }
    enum error error = shares_combine(share, given, &key, &fault);
    if (error != OK && fault.detail[0] == '\0')
        abort(); /* whoever typed it is told what is wrong */
    return 0;
}
