/* SPDX-License-Identifier: Apache-2.0 */
#include "percent.h"

#include <stdint.h>

enum { PATH = 1, QUERY = 2 };

static const uint8_t allowed[256] = {
    ['!'] = PATH | QUERY,         ['$' ... '/'] = PATH | QUERY,
    ['0' ... '9'] = PATH | QUERY, [':' ... ';'] = PATH | QUERY,
    ['='] = PATH | QUERY,         ['?'] = QUERY,
    ['@' ... 'Z'] = PATH | QUERY, ['[' ... '^'] = QUERY,
    ['_'] = PATH | QUERY,         ['`'] = QUERY,
    ['a' ... 'z'] = PATH | QUERY, ['{' ... '}'] = QUERY,
    ['~'] = PATH | QUERY,
};

static bool all_are(struct slice raw, uint8_t kind)
{
    for (size_t i = 0; i < raw.length; i++) {
        if (!(allowed[(uint8_t)raw.data[i]] & kind))
            return false;
    }
    return true;
}

bool percent_is_path(struct slice raw)
{
    return all_are(raw, PATH);
}

bool percent_is_query(struct slice raw)
{
    return all_are(raw, QUERY);
}

static int digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

bool percent_decode(struct slice raw, bool form, char *into, size_t *ret_length)
{
    size_t length = 0;

    for (size_t i = 0; i < raw.length; i++) {
        char c = raw.data[i];
        if (c == '+' && form)
            c = ' ';
        if (c == '%') {
            int high = raw.length - i > 2 ? digit(raw.data[i + 1]) : -1;
            int low = high >= 0 ? digit(raw.data[i + 2]) : -1;
            if (low < 0)
                return false;
            c = (char)(high << 4 | low);
            i += 2;
        }
        into[length++] = c;
    }
    *ret_length = length;
    return true;
}

bool percent_is_text(struct slice decoded, bool line_ends)
{
    for (size_t i = 0; i < decoded.length; i++) {
        uint8_t byte = (uint8_t)decoded.data[i];
        bool line_end = byte == '\t' || byte == '\r' || byte == '\n';
        if ((byte < 0x20 && !(line_ends && line_end)) || byte == 0x7F)
            return false;
        /* In UTF-8 U+0080 to U+009F are C2 80 to C2 9F; nothing else begins with C2 and goes on below A0. */
        if (byte == 0xC2 && i + 1 < decoded.length && (uint8_t)decoded.data[i + 1] < 0xA0)
            return false;
    }
    return true;
}
