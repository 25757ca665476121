/* SPDX-License-Identifier: Apache-2.0 */
#include "primitive.h"

#include "text/date.h"

/* FHIR R4: "Strings SHALL NOT exceed 1MB". Binary content may be larger; the body's limit bounds it. */
#define STRING_MAX (1024 * 1024)

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static bool is_text(struct slice text)
{
    for (size_t i = 0; i < text.length; i++)
        if ((unsigned char)text.data[i] < 0x20 && !is_space(text.data[i]))
            return false;
    return text.length > 0 && text.length <= STRING_MAX;
}

/* No white space at all. */
static bool is_solid(struct slice text)
{
    for (size_t i = 0; i < text.length; i++)
        if ((unsigned char)text.data[i] <= 0x20)
            return false;
    return text.length > 0 && text.length <= STRING_MAX;
}

/* Words with single spaces between them. */
static bool is_code(struct slice text)
{
    bool after_space = true;

    for (size_t i = 0; i < text.length; i++) {
        bool space = is_space(text.data[i]);
        if ((space && after_space) || (unsigned char)text.data[i] < 0x20)
            return false;
        after_space = space;
    }
    return text.length > 0 && !after_space;
}

static bool is_id(struct slice text)
{
    for (size_t i = 0; i < text.length; i++) {
        char c = text.data[i];
        if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.'))
            return false;
    }
    return text.length > 0 && text.length <= 64;
}

/* urn:oid:2.16.840: arcs without leading zeros, the first 0 to 2. */
static bool is_oid(struct slice text)
{
    if (!slice_starts_with(text, SLICE("urn:oid:")))
        return false;
    struct slice rest = slice_from(text, 8);
    struct slice first = slice_cut(&rest, '.');
    if (first.length != 1 || first.data[0] < '0' || first.data[0] > '2' || rest.length == 0)
        return false;
    while (rest.length) {
        struct slice arc = slice_cut(&rest, '.');
        for (size_t i = 0; i < arc.length; i++)
            if (arc.data[i] < '0' || arc.data[i] > '9')
                return false;
        if (arc.length == 0 || (arc.length > 1 && arc.data[0] == '0'))
            return false;
    }
    return text.data[text.length - 1] != '.';
}

static bool is_uuid(struct slice text)
{
    static const char shape[] = "urn:uuid:xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";

    if (text.length != sizeof shape - 1)
        return false;
    for (size_t i = 0; i < text.length; i++) {
        char c = text.data[i];
        bool hex = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
        if (shape[i] == 'x' && i >= 9 ? !hex : c != shape[i])
            return false;
    }
    return true;
}

static bool is_base64(struct slice text)
{
    size_t digits = 0, padding = 0;

    for (size_t i = 0; i < text.length; i++) {
        char c = text.data[i];
        bool digit = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '+' || c == '/';
        if ((!digit && c != '=' && !is_space(c)) || (digit && padding))
            return false;
        digits += digit;
        padding += c == '=';
    }
    return digits > 0 && padding <= 2 && (digits + padding) % 4 == 0;
}

/* hh:mm:ss(.fff): read as the time of some day. */
static bool is_time(struct slice text)
{
    char instant[64];
    struct date date;

    if (text.length > 40)
        return false;
    size_t length = 0;
    memcpy(instant, "2000-01-01T", 11);
    length += 11;
    memcpy(instant + length, text.data, text.length);
    length += text.length;
    instant[length++] = 'Z';
    return date_parse(slice_of(instant, length), DATE_KIND_INSTANT, &date) == OK;
}

static bool is_date(struct slice text, enum date_kind kind)
{
    struct date date;
    return date_parse(text, kind, &date) == OK;
}

static bool is_integer(struct slice digits, int64_t least)
{
    bool negative = digits.length && digits.data[0] == '-';
    uint64_t value;

    if (!slice_to_u64(slice_from(digits, negative), &value) || value > (uint64_t)INT32_MAX + negative)
        return false;
    return (negative ? -(int64_t)value : (int64_t)value) >= least;
}

static const char *number_fault(enum fhir_primitive primitive, const struct json *value)
{
    if (json_kind(value) != JSON_NUMBER)
        return "is not a number";
    if (primitive == PRIMITIVE_DECIMAL)
        return NULL;
    int64_t least = primitive == PRIMITIVE_POSITIVEINT ? 1 : primitive == PRIMITIVE_UNSIGNEDINT ? 0 : INT32_MIN;
    return is_integer(json_text(value), least) ? NULL : "is not an integer of that range";
}

static const char *text_fault(enum fhir_primitive primitive, struct slice text)
{
    switch (primitive) {
    case PRIMITIVE_CODE:
        return is_code(text) ? NULL : "is not a code";
    case PRIMITIVE_ID:
        return is_id(text) ? NULL : "is not an id";
    case PRIMITIVE_URI:
    case PRIMITIVE_URL:
    case PRIMITIVE_CANONICAL:
        return is_solid(text) ? NULL : "is not a URI";
    case PRIMITIVE_OID:
        return is_oid(text) ? NULL : "is not an OID";
    case PRIMITIVE_UUID:
        return is_uuid(text) ? NULL : "is not a UUID";
    case PRIMITIVE_BASE64BINARY:
        return is_base64(text) ? NULL : "is not Base64";
    case PRIMITIVE_DATE:
        return is_date(text, DATE_KIND_DATE) ? NULL : "is not a date";
    case PRIMITIVE_DATETIME:
        return is_date(text, DATE_KIND_DATETIME) ? NULL : "is not a dateTime";
    case PRIMITIVE_INSTANT:
        return is_date(text, DATE_KIND_INSTANT) ? NULL : "is not an instant";
    case PRIMITIVE_TIME:
        return is_time(text) ? NULL : "is not a time";
    case PRIMITIVE_XHTML:
        return slice_starts_with(text, SLICE("<div")) && is_text(text) ? NULL : "does not begin with <div";
    default:
        return is_text(text) ? NULL : "is empty, too long or holds control characters";
    }
}

const char *fhir_primitive_fault(enum fhir_primitive primitive, const struct json *value)
{
    switch (primitive) {
    case PRIMITIVE_BOOLEAN:
        return json_kind(value) == JSON_BOOL ? NULL : "is not true or false";
    case PRIMITIVE_DECIMAL:
    case PRIMITIVE_INTEGER:
    case PRIMITIVE_UNSIGNEDINT:
    case PRIMITIVE_POSITIVEINT:
        return number_fault(primitive, value);
    default:
        return json_kind(value) == JSON_STRING ? text_fault(primitive, json_text(value)) : "is not a string";
    }
}
