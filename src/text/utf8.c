/* SPDX-License-Identifier: Apache-2.0 */
#include "utf8.h"

#define REPLACEMENT 0xFFFD
#define CODE_POINT_MAX 0x10FFFF

static bool is_surrogate(uint32_t code_point)
{
    return code_point >= 0xD800 && code_point <= 0xDFFF;
}

/* How many bytes the first one announces, and its own bits; 0 when none starts so. */
static size_t announced(uint8_t first, uint32_t *ret_bits)
{
    if (first < 0x80)
        return *ret_bits = first, 1;
    if ((first & 0xE0) == 0xC0)
        return *ret_bits = first & 0x1F, 2;
    if ((first & 0xF0) == 0xE0)
        return *ret_bits = first & 0x0F, 3;
    if ((first & 0xF8) == 0xF0)
        return *ret_bits = first & 0x07, 4;
    return 0;
}

bool utf8_next(struct slice *rest, uint32_t *ret_code_point)
{
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000}; /* below it the form is overlong */
    uint32_t code_point;

    if (rest->length == 0)
        return false;
    size_t length = announced((uint8_t)rest->data[0], &code_point);
    if (length == 0 || length > rest->length)
        return false;
    for (size_t i = 1; i < length; i++) {
        uint8_t byte = (uint8_t)rest->data[i];
        if ((byte & 0xC0) != 0x80)
            return false;
        code_point = code_point << 6 | (byte & 0x3F);
    }
    if (code_point < least[length] || code_point > CODE_POINT_MAX || is_surrogate(code_point))
        return false;
    *rest = slice_from(*rest, length);
    *ret_code_point = code_point;
    return true;
}

bool utf8_valid(struct slice text)
{
    uint32_t code_point;

    while (utf8_next(&text, &code_point))
        ;
    return text.length == 0;
}

void utf8_put(struct buffer *into, uint32_t code_point)
{
    if (code_point > CODE_POINT_MAX || is_surrogate(code_point))
        code_point = REPLACEMENT;
    if (code_point < 0x80) {
        buffer_byte(into, (uint8_t)code_point);
        return;
    }
    size_t more = code_point < 0x800 ? 1 : code_point < 0x10000 ? 2 : 3;
    static const uint8_t first_bits[] = {0, 0xC0, 0xE0, 0xF0};
    buffer_byte(into, (uint8_t)(first_bits[more] | code_point >> 6 * more));
    while (more--)
        buffer_byte(into, (uint8_t)(0x80 | (code_point >> 6 * more & 0x3F)));
}

struct slice utf8_cut(struct slice text, size_t bytes)
{
    if (text.length <= bytes)
        return text;
    while (bytes > 0 && ((uint8_t)text.data[bytes] & 0xC0) == 0x80)
        bytes--;
    return slice_of(text.data, bytes);
}
