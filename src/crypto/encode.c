/* SPDX-License-Identifier: Apache-2.0 */
#include "encode.h"

#include <sodium.h>

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
    if (digit >= 'A' && digit <= 'F')
        return digit - 'A' + 10;
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

static void encode(struct slice bytes, int variant, struct buffer *into)
{
    size_t room = sodium_base64_encoded_len(bytes.length, variant); /* with the zero */
    char *text = buffer_room(into, room);

    if (!text)
        return;
    sodium_bin2base64(text, room, (const unsigned char *)bytes.data, bytes.length, variant);
    into->length--;
}

void encode_base64(struct slice bytes, struct buffer *into)
{
    encode(bytes, sodium_base64_VARIANT_ORIGINAL, into);
}

void encode_base64url(struct slice bytes, struct buffer *into)
{
    encode(bytes, sodium_base64_VARIANT_URLSAFE_NO_PADDING, into);
}

/* libsodium's decoder takes some bytes above 0x7F for digits. */
static bool is_ascii(struct slice text)
{
    for (size_t i = 0; i < text.length; i++) {
        if ((uint8_t)text.data[i] > 0x7F)
            return false;
    }
    return true;
}

static enum error decode(struct slice text, int variant, void *into, size_t maximum, size_t *ret_length)
{
    const char *end = NULL;

    if (!is_ascii(text))
        return ERROR_SYNTAX;
    if (sodium_base642bin(into, maximum, text.data, text.length, NULL, ret_length, &end, variant) != 0 ||
        end != text.data + text.length)
        return ERROR_SYNTAX;
    return OK;
}

enum error decode_base64(struct slice text, void *into, size_t maximum, size_t *ret_length)
{
    return decode(text, sodium_base64_VARIANT_ORIGINAL, into, maximum, ret_length);
}

enum error decode_base64url(struct slice text, void *into, size_t maximum, size_t *ret_length)
{
    return decode(text, sodium_base64_VARIANT_URLSAFE_NO_PADDING, into, maximum, ret_length);
}
