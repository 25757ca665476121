/* SPDX-License-Identifier: Apache-2.0 */

/* The writer. It leaves text as it is but for what RFC 8259, 7 says must be escaped, so that names in any script stay
 * readable in what is sent. */

#include "json.h"

#include <inttypes.h>

static bool must_escape(unsigned char byte)
{
    return byte < 0x20 || byte == '"' || byte == '\\';
}

static void escape_byte(struct buffer *into, unsigned char byte)
{
    static const char short_form[32] = {['\b'] = 'b', ['\t'] = 't', ['\n'] = 'n', ['\f'] = 'f', ['\r'] = 'r'};

    buffer_byte(into, '\\');
    if (byte == '"' || byte == '\\')
        buffer_byte(into, byte);
    else if (short_form[byte])
        buffer_byte(into, (uint8_t)short_form[byte]);
    else
        buffer_format(into, "u%04x", byte);
}

/* Does one of eight bytes have to be escaped? A subtraction borrows only from bytes that do. */
static bool any_must_escape(const char *eight)
{
    const uint64_t each = UINT64_C(0x0101010101010101), high = each << 7;
    uint64_t word;

    memcpy(&word, eight, sizeof word);
    uint64_t quote = word ^ each * '"', backslash = word ^ each * '\\';
    return (((word - each * 0x20) & ~word) | ((quote - each) & ~quote) | ((backslash - each) & ~backslash)) & high;
}

void json_escape(struct buffer *into, struct slice text)
{
    size_t clean = 0;

    for (size_t i = 0; i < text.length; i++) {
        while (text.length - i > 8 && !any_must_escape(text.data + i))
            i += 8;
        if (!must_escape((unsigned char)text.data[i]))
            continue;
        buffer_bytes(into, text.data + clean, i - clean);
        escape_byte(into, (unsigned char)text.data[i]);
        clean = i + 1;
    }
    if (text.length)
        buffer_bytes(into, text.data + clean, text.length - clean);
}

static void quote(struct buffer *into, struct slice text)
{
    buffer_byte(into, '"');
    json_escape(into, text);
    buffer_byte(into, '"');
}

/* Before a value or a key: the comma that the one before it asks for. */
static void separate(struct json_writer *writer)
{
    if (writer->comma)
        buffer_byte(writer->into, ',');
    writer->comma = true;
}

static void begin(struct json_writer *writer, uint8_t bracket)
{
    separate(writer);
    buffer_byte(writer->into, bracket);
    writer->comma = false;
}

static void end(struct json_writer *writer, uint8_t bracket)
{
    buffer_byte(writer->into, bracket);
    writer->comma = true;
}

void json_begin_object(struct json_writer *writer)
{
    begin(writer, '{');
}

void json_end_object(struct json_writer *writer)
{
    end(writer, '}');
}

void json_begin_array(struct json_writer *writer)
{
    begin(writer, '[');
}

void json_end_array(struct json_writer *writer)
{
    end(writer, ']');
}

void json_key_slice(struct json_writer *writer, struct slice name)
{
    separate(writer);
    quote(writer->into, name);
    buffer_byte(writer->into, ':');
    writer->comma = false;
}

void json_key(struct json_writer *writer, const char *name)
{
    json_key_slice(writer, slice_from_string(name));
}

void json_string(struct json_writer *writer, struct slice text)
{
    separate(writer);
    quote(writer->into, text);
}

void json_cstring(struct json_writer *writer, const char *text)
{
    json_string(writer, slice_from_string(text));
}

void json_integer(struct json_writer *writer, int64_t number)
{
    separate(writer);
    buffer_format(writer->into, "%" PRId64, number);
}

void json_bool(struct json_writer *writer, bool value)
{
    json_raw(writer, value ? SLICE("true") : SLICE("false"));
}

void json_null(struct json_writer *writer)
{
    json_raw(writer, SLICE("null"));
}

void json_raw(struct json_writer *writer, struct slice json)
{
    separate(writer);
    buffer_slice(writer->into, json);
}

static void write_items(struct json_writer *writer, const struct json *value)
{
    for (struct json_items items = json_items(value); json_next(&items);) {
        if (items.object_)
            json_key_slice(writer, items.key);
        json_value(writer, items.value);
    }
}

/* Recursion is bounded: json_parse lets nothing deeper than JSON_DEPTH_MAX through. */
void json_value(struct json_writer *writer, const struct json *value)
{
    switch (json_kind(value)) {
    case JSON_OBJECT:
        json_begin_object(writer);
        write_items(writer, value);
        json_end_object(writer);
        break;
    case JSON_ARRAY:
        json_begin_array(writer);
        write_items(writer, value);
        json_end_array(writer);
        break;
    case JSON_STRING:
        json_string(writer, json_text(value));
        break;
    case JSON_NUMBER:
        json_raw(writer, json_text(value));
        break;
    case JSON_BOOL:
        json_bool(writer, json_is_true(value));
        break;
    default:
        json_null(writer);
    }
}

void json_member_string(struct json_writer *writer, const char *name, struct slice text)
{
    json_key(writer, name);
    json_string(writer, text);
}

void json_member_cstring(struct json_writer *writer, const char *name, const char *text)
{
    json_member_string(writer, name, slice_from_string(text));
}

void json_member_value(struct json_writer *writer, const char *name, const struct json *value)
{
    json_key(writer, name);
    json_value(writer, value);
}

void json_write(struct buffer *into, const struct json *value)
{
    struct json_writer writer = json_writer(into);
    json_value(&writer, value);
}

static const struct json_edit *find_edit(const struct json_edit *edit, size_t count, struct slice name)
{
    for (size_t i = 0; i < count; i++)
        if (slice_equal(edit[i].name, name))
            return &edit[i];
    return NULL;
}

void json_write_edited(struct buffer *into, const struct json *object, const struct json_edit *edit, size_t count)
{
    struct json_writer writer = json_writer(into);

    json_begin_object(&writer);
    for (struct json_items members = json_items(object); json_next(&members);) {
        const struct json_edit *edited = find_edit(edit, count, members.key);
        if (edited && edited->json.length == 0)
            continue;
        json_key_slice(&writer, members.key);
        if (edited)
            json_raw(&writer, edited->json);
        else
            json_value(&writer, members.value);
    }
    for (size_t i = 0; i < count; i++) {
        if (edit[i].json.length == 0 || json_member_slice(object, edit[i].name))
            continue;
        json_key_slice(&writer, edit[i].name);
        json_raw(&writer, edit[i].json);
    }
    json_end_object(&writer);
}
