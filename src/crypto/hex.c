/* SPDX-License-Identifier: Apache-2.0 */

/* The part of encode.h that needs no library, so that the rules can be carried where there is none. */

#include "encode.h"

void encode_hex(struct slice bytes, char *into)
{
    static const char digits[] = "0123456789abcdef";

    for (size_t i = 0; i < bytes.length; i++) {
        uint8_t byte = (uint8_t)bytes.data[i];
        into[2 * i] = digits[byte >> 4];
        into[2 * i + 1] = digits[byte & 15];
    }
}

static int hex_value(char digit)
{
    if (digit >= '0' && digit <= '9')
        return digit - '0';
    if (digit >= 'a' && digit <= 'f')
        return digit - 'a' + 10;
    return -1;
}

enum error decode_hex(struct slice text, void *into, size_t length)
{
    uint8_t *out = into;

    if (text.length != 2 * length)
        return ERROR_SYNTAX;
    for (size_t i = 0; i < length; i++) {
        int high = hex_value(text.data[2 * i]), low = hex_value(text.data[2 * i + 1]);
        if (high < 0 || low < 0)
            return ERROR_SYNTAX;
        out[i] = (uint8_t)(high << 4 | low);
    }
    return OK;
}
