/* SPDX-License-Identifier: Apache-2.0 */
#include "encode.h"

#include <sodium.h>

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
