/* SPDX-License-Identifier: Apache-2.0 */

/* Values as text: as string() has them, and as JSON. A value nested beyond FEEL_VALUE_DEPTH_MAX cannot be written: the
 * buffer fails. */

#include "run.h"

#include "text/json.h"

struct writer {
    struct buffer *into;
    const struct feel_names *names;
    uint32_t depth;
    bool json;
};

static void write_value(struct writer *writer, const struct feel_value *value);

static bool too_deep(struct writer *writer)
{
    if (writer->depth >= FEEL_VALUE_DEPTH_MAX)
        writer->into->failed = true;
    return writer->into->failed;
}

static void quote(struct writer *writer, struct slice text)
{
    buffer_byte(writer->into, '"');
    json_escape(writer->into, text);
    buffer_byte(writer->into, '"');
}

static void write_number(struct writer *writer, const struct number *number)
{
    number_write(writer->into, *number);
}

static void write_list(struct writer *writer, const struct feel_list *list)
{
    buffer_byte(writer->into, '[');
    for (size_t i = 0; i < list->count && !too_deep(writer); i++) {
        if (i)
            buffer_string(writer->into, writer->json ? "," : ", ");
        write_value(writer, &list->item[i]);
    }
    buffer_byte(writer->into, ']');
}

/* Letters, digits, `_`, spaces between: what is a name wherever it stands. */
static bool is_plain(struct slice key)
{
    for (size_t i = 0; i < key.length; i++) {
        unsigned char c = (unsigned char)key.data[i];
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c >= 0x80;
        bool within = (c >= '0' && c <= '9') || (c == ' ' && i + 1 < key.length);
        if (!letter && !(within && i))
            return false;
    }
    return key.length > 0;
}

static void write_context(struct writer *writer, const struct feel_context *context)
{
    buffer_byte(writer->into, '{');
    for (size_t i = 0; i < context->count && !too_deep(writer); i++) {
        struct slice key = feel_names_text(writer->names, context->entry[i].name);
        if (i)
            buffer_string(writer->into, writer->json ? "," : ", ");
        if (writer->json || !is_plain(key))
            quote(writer, key);
        else
            buffer_slice(writer->into, key);
        buffer_string(writer->into, writer->json ? ":" : ": ");
        write_value(writer, &context->entry[i].value);
    }
    buffer_byte(writer->into, '}');
}

static void write_temporal(struct buffer *into, const struct feel_value *value)
{
    switch (value->kind) {
    case FEEL_DATE:
        temporal_write_date(into, value->date);
        break;
    case FEEL_TIME:
        temporal_write_time(into, *value->time);
        break;
    case FEEL_DATE_TIME:
        temporal_write_date_time(into, *value->date_time);
        break;
    case FEEL_YEARS_MONTHS:
        temporal_write_months(into, value->months);
        break;
    default:
        temporal_write_nanoseconds(into, *value->nanoseconds);
        break;
    }
}

static bool is_temporal(const struct feel_value *value)
{
    return value->kind >= FEEL_DATE && value->kind <= FEEL_DAYS_TIME;
}

/* An end of a range: a literal that range() reads again. */
static void write_end(struct writer *writer, const struct feel_value *end)
{
    if (!is_temporal(end)) {
        write_value(writer, end);
        return;
    }
    buffer_string(writer->into, "@\"");
    write_temporal(writer->into, end);
    buffer_byte(writer->into, '"');
}

static void write_range_text(struct writer *writer, const struct feel_range *range)
{
    if (range->is_test) {
        buffer_string(writer->into, range->negated ? "(!= " : "(= ");
        write_end(writer, &range->low);
        buffer_byte(writer->into, ')');
    } else if (range->low_unbounded || range->high_unbounded) {
        bool below = range->low_unbounded, open = below ? range->high_open : range->low_open;
        buffer_format(writer->into, "(%s%s ", below ? "<" : ">", open ? "" : "=");
        write_end(writer, below ? &range->high : &range->low);
        buffer_byte(writer->into, ')');
    } else {
        buffer_byte(writer->into, range->low_open ? '(' : '[');
        write_end(writer, &range->low);
        buffer_string(writer->into, "..");
        write_end(writer, &range->high);
        buffer_byte(writer->into, range->high_open ? ')' : ']');
    }
}

static void write_function_text(struct writer *writer, const struct feel_function *function)
{
    size_t count;

    if (function->kind == FEEL_BUILT_IN) {
        buffer_string(writer->into, feel_builtins(&count)[function->built_in].name);
        return;
    }
    buffer_string(writer->into, "function(");
    for (size_t i = 0; i < function->parameter_count; i++) {
        buffer_string(writer->into, i ? ", " : "");
        buffer_slice(writer->into, feel_names_text(writer->names, function->parameter[i].name));
    }
    buffer_byte(writer->into, ')');
}

/* What JSON has no form of is a text. */
static void write_as_text(struct writer *writer, const struct feel_value *value)
{
    CLEANUP_BUFFER struct buffer text = buffer_new(writer->into->maximum);
    struct writer plain = {.into = &text, .names = writer->names, .depth = writer->depth};

    write_value(&plain, value);
    writer->into->failed = writer->into->failed || text.failed;
    quote(writer, buffer_view(&text));
}

static void write_scalar(struct writer *writer, const struct feel_value *value)
{
    switch (value->kind) {
    case FEEL_NULL:
        buffer_string(writer->into, "null");
        break;
    case FEEL_BOOLEAN:
        buffer_string(writer->into, value->boolean ? "true" : "false");
        break;
    case FEEL_NUMBER:
        write_number(writer, value->number);
        break;
    case FEEL_STRING:
        quote(writer, value->string);
        break;
    default:
        if (writer->json)
            write_as_text(writer, value);
        else
            write_temporal(writer->into, value);
        break;
    }
}

static void write_value(struct writer *writer, const struct feel_value *value)
{
    if (too_deep(writer))
        return;
    writer->depth++;
    if (value->kind == FEEL_LIST)
        write_list(writer, value->list);
    else if (value->kind == FEEL_CONTEXT)
        write_context(writer, value->context);
    else if (value->kind >= FEEL_RANGE && writer->json)
        write_as_text(writer, value);
    else if (value->kind == FEEL_RANGE)
        write_range_text(writer, value->range);
    else if (value->kind == FEEL_FUNCTION)
        write_function_text(writer, value->function);
    else
        write_scalar(writer, value);
    writer->depth--;
}

void feel_write(struct buffer *into, const struct feel_names *names, struct feel_value value)
{
    struct writer writer = {.into = into, .names = names};

    if (value.kind == FEEL_STRING)
        buffer_slice(into, value.string);
    else
        write_value(&writer, &value);
}

void feel_write_json(struct buffer *into, const struct feel_names *names, struct feel_value value)
{
    struct writer writer = {.into = into, .names = names, .json = true};

    write_value(&writer, &value);
}
