/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "compile.h"

#include <stdlib.h>

#include "column.h"
#include "crypto/encode.h"
#include "profile.h"
#include "rules/format.h"

/* One output column: its closed list, and the number in it of each row's value. */
struct outcome {
    enum rule_kind kind;
    bool ordered;
    uint32_t value_count;
    struct slice *value;
};

struct table {
    const struct dmn_decision *source;
    enum rule_hit_policy hit_policy;
    struct column *column;
    struct outcome *outcome;
    uint16_t *row_value; /* rule_count × output_count */
    uint32_t *order;     /* the rules in the order they are written out */
    bool fits;
};

struct compiler {
    struct arena *arena;
    const struct dmn_model *model;
    const struct pack *pack; /* NULL: a model by itself */
    struct report *report;
    struct table table[RULE_DECISIONS_MAX]; /* by number in the model */
    uint32_t placed[RULE_DECISIONS_MAX];    /* numbers in the model, feeders first */
    uint32_t placed_count;
};

static void misfit(struct compiler *compiler, struct table *table, uint32_t line, struct slice clause, const char *why)
{
    struct report_place place = {.line = line, .decision = table->source->name, .clause = clause};

    table->fits = false;
    report_add(compiler->report, &place, "%s", why);
}

static enum error make_columns(struct compiler *compiler, struct table *table)
{
    table->column = arena_array(compiler->arena, table->source->input_count, sizeof *table->column);
    if (!table->column)
        return ERROR_MEMORY;
    for (uint32_t i = 0; i < table->source->input_count; i++) {
        bool fits;
        TRY(column_make(compiler->arena, compiler->model, table->source, i, compiler->pack != NULL, compiler->report,
                        &table->column[i], &fits));
        table->fits &= fits;
    }
    return OK;
}

static bool same_value(const struct outcome *outcome, uint32_t index, const struct cell_value *value)
{
    return slice_equal(outcome->value[index], value->text);
}

static uint32_t find_value(const struct outcome *outcome, const struct cell_value *value)
{
    uint32_t i = 0;

    while (i < outcome->value_count && !same_value(outcome, i, value))
        i++;
    return i;
}

static void add_value(struct compiler *compiler, struct table *table, uint32_t output, const struct cell_value *value)
{
    static const enum rule_kind kinds[] = {
        [CELL_STRING] = RULE_TEXT, [CELL_NUMBER] = RULE_DECIMAL, [CELL_BOOLEAN] = RULE_BOOLEAN};
    const struct dmn_clause *clause = &table->source->output[output];
    struct outcome *outcome = &table->outcome[output];

    if (value->kind == CELL_NULL) {
        misfit(compiler, table, clause->line, clause->name, "null is no result: leave the row out");
        return;
    }
    if (value->kind == CELL_DATE) {
        misfit(compiler, table, clause->line, clause->name, "a date is no result of a compiled table");
        return;
    }
    if (outcome->value_count > 0 && outcome->kind != kinds[value->kind])
        misfit(compiler, table, clause->line, clause->name, "the values of an output are of different types");
    outcome->kind = kinds[value->kind];
    if (outcome->value_count < RULE_VALUES_MAX && find_value(outcome, value) == outcome->value_count)
        outcome->value[outcome->value_count++] = value->text;
}

/* Values in the order of the output's own list, which is the order of priority; else as they first appear. */
static enum error make_outcome(struct compiler *compiler, struct table *table, uint32_t output)
{
    const struct dmn_decision *source = table->source;
    const struct cell_tests *listed = &source->output[output].allowed;
    struct outcome *outcome = &table->outcome[output];

    outcome->value = arena_array(compiler->arena, listed->count + source->rule_count, sizeof *outcome->value);
    if (!outcome->value)
        return ERROR_MEMORY;
    outcome->ordered = listed->count > 0 && !listed->negated;
    for (size_t i = 0; outcome->ordered && i < listed->count; i++)
        if (listed->test[i].relation == CELL_EQUAL)
            add_value(compiler, table, output, &listed->test[i].value);
    for (uint32_t r = 0; r < source->rule_count; r++) {
        const struct cell_value *value = &source->rule[r].value[output];
        add_value(compiler, table, output, value);
        table->row_value[r * source->output_count + output] = (uint16_t)find_value(outcome, value);
    }
    return OK;
}

static enum error make_outcomes(struct compiler *compiler, struct table *table)
{
    const struct dmn_decision *source = table->source;

    table->outcome = arena_array(compiler->arena, source->output_count, sizeof *table->outcome);
    table->row_value = arena_array(compiler->arena, (size_t)source->rule_count * source->output_count,
                                   sizeof(uint16_t));
    if (!table->outcome || !table->row_value)
        return ERROR_MEMORY;
    for (uint32_t i = 0; i < source->output_count; i++) {
        TRY(make_outcome(compiler, table, i));
        if (table->outcome[i].value_count >= RULE_VALUES_MAX)
            misfit(compiler, table, source->output[i].line, source->output[i].name, "the output has too many values");
        if (table->hit_policy == RULE_COLLECT && table->outcome[i].value_count > RULE_COLLECTED_MAX)
            misfit(compiler, table, source->output[i].line, source->output[i].name, "too many values to collect");
    }
    return OK;
}

static int compare_rows(const void *a, const void *b, void *context)
{
    const struct table *table = context;
    uint32_t left = *(const uint32_t *)a, right = *(const uint32_t *)b, outputs = table->source->output_count;

    for (uint32_t i = 0; table->hit_policy == RULE_PRIORITY && i < outputs; i++) {
        int order = (int)table->row_value[left * outputs + i] - (int)table->row_value[right * outputs + i];
        if (table->outcome[i].ordered && order != 0)
            return order;
    }
    return (left > right) - (left < right);
}

/* DMN 1.5, 8.2.10: of several rows PRIORITY takes the one whose output stands first in its list. Sorted so once, the
 * first row that matches is the answer. */
static enum error order_rows(struct compiler *compiler, struct table *table)
{
    uint32_t count = table->source->rule_count;

    table->order = arena_array(compiler->arena, count, sizeof *table->order);
    if (!table->order)
        return ERROR_MEMORY;
    for (uint32_t i = 0; i < count; i++)
        table->order[i] = i;
    qsort_r(table->order, count, sizeof *table->order, compare_rows, table);
    if (table->hit_policy == RULE_PRIORITY && !table->outcome[0].ordered)
        misfit(compiler, table, table->source->line, slice_of("", 0), "PRIORITY needs the list of output values");
    return OK;
}

static enum error make_table(struct compiler *compiler, uint32_t number)
{
    struct table *table = &compiler->table[number];

    table->source = &compiler->model->decision[number];
    table->fits = table->source->has_table && !table->source->broken;
    if (!table->fits)
        return OK;
    if (!format_hit_policy_of(table->source->hit_policy, &table->hit_policy)) {
        misfit(compiler, table, table->source->line, slice_of("", 0), "the hit policy is not supported");
        return OK;
    }
    TRY(make_columns(compiler, table));
    TRY(make_outcomes(compiler, table));
    return order_rows(compiler, table);
}

static bool is_placed(const struct compiler *compiler, uint32_t number, uint32_t *ret_at)
{
    for (uint32_t i = 0; i < compiler->placed_count; i++) {
        if (compiler->placed[i] == number) {
            *ret_at = i;
            return true;
        }
    }
    return false;
}

static bool feeders_are_placed(const struct compiler *compiler, const struct table *table)
{
    uint32_t at;

    for (uint32_t i = 0; i < table->source->input_count; i++)
        if (table->column[i].fed_decision >= 0 && !is_placed(compiler, (uint32_t)table->column[i].fed_decision, &at))
            return false;
    return true;
}

/* Feeders before those they feed. What is left over feeds itself in a circle, or rests on what could not be
 * compiled. */
static void place_tables(struct compiler *compiler)
{
    uint32_t before, at;

    do {
        before = compiler->placed_count;
        for (uint32_t i = 0; i < compiler->model->decision_count; i++)
            if (compiler->table[i].fits && !is_placed(compiler, i, &at) &&
                feeders_are_placed(compiler, &compiler->table[i]))
                compiler->placed[compiler->placed_count++] = i;
    } while (compiler->placed_count != before);
    for (uint32_t i = 0; i < compiler->model->decision_count; i++)
        if (compiler->table[i].fits && !is_placed(compiler, i, &at))
            misfit(compiler, &compiler->table[i], compiler->table[i].source->line, slice_of("", 0),
                   "it rests on itself, or on a decision that cannot be used");
}

static void write_bits(struct json_writer *json, const struct table *table, uint32_t input, uint32_t slot)
{
    const struct dmn_decision *source = table->source;
    char hex[2 * (RULE_ROWS_MAX / 8)];
    size_t bytes = (source->rule_count + 7) / 8;

    for (size_t b = 0; b < bytes; b++) {
        uint8_t bits = 0;
        for (uint32_t r = (uint32_t)b * 8; r < source->rule_count && r < (b + 1) * 8; r++)
            if (column_passes(&table->column[input], &source->rule[table->order[r]].test[input], slot))
                bits |= (uint8_t)(1u << (r % 8));
        encode_hex(slice_of(&bits, 1), hex + 2 * b);
    }
    json_string(json, slice_of(hex, 2 * bytes));
}

static void write_texts(struct json_writer *json, const char *name, const struct slice *text, uint32_t count)
{
    json_key(json, name);
    json_begin_array(json);
    for (uint32_t i = 0; i < count; i++)
        json_string(json, text[i]);
    json_end_array(json);
}

static void write_integer(struct json_writer *json, const char *name, int64_t number)
{
    json_key(json, name);
    json_integer(json, number);
}

static void write_flag(struct json_writer *json, const char *name, bool flag)
{
    json_key(json, name);
    json_bool(json, flag);
}

static void write_number_domain(struct json_writer *json, const struct column *column)
{
    const struct rule_domain *domain = &column->domain;

    write_integer(json, "min", domain->minimum);
    write_integer(json, "max", domain->maximum);
    write_integer(json, "scale", domain->scale);
    write_flag(json, "nullable", domain->nullable);
    json_key(json, "start");
    json_begin_array(json);
    for (uint32_t i = 0; i < column->slot_count - (domain->nullable ? 1 : 0); i++)
        json_integer(json, column->start[i]);
    json_end_array(json);
}

static void write_feed(const struct compiler *compiler, struct json_writer *json, const struct column *column)
{
    uint32_t at;

    json_key(json, "from");
    if (column->fed_decision < 0 || !is_placed(compiler, (uint32_t)column->fed_decision, &at)) {
        json_null(json);
        return;
    }
    json_begin_object(json);
    write_integer(json, "decision", at);
    write_integer(json, "output", column->fed_output);
    json_end_object(json);
}

static void write_input(const struct compiler *compiler, struct json_writer *json, const struct table *table,
                        uint32_t input)
{
    const struct column *column = &table->column[input];

    json_begin_object(json);
    json_member_string(json, "name", column->name);
    json_member_cstring(json, "kind", format_kind(column->domain.kind));
    if (rule_kind_is_number(column->domain.kind)) {
        write_number_domain(json, column);
    } else {
        write_texts(json, "values", column->domain.value, column->domain.value_count);
        write_flag(json, "open", column->domain.open);
    }
    write_feed(compiler, json, column);
    json_key(json, "rows");
    json_begin_array(json);
    for (uint32_t slot = 0; slot < column->slot_count; slot++)
        write_bits(json, table, input, slot);
    json_end_array(json);
    json_end_object(json);
}

static void write_output(struct json_writer *json, const struct table *table, uint32_t output)
{
    const struct outcome *outcome = &table->outcome[output];

    json_begin_object(json);
    json_member_string(json, "name", table->source->output[output].name);
    json_member_cstring(json, "kind", format_kind(outcome->kind));
    write_flag(json, "ordered", outcome->ordered);
    write_texts(json, "values", outcome->value, outcome->value_count);
    json_end_object(json);
}

static void write_citation(struct json_writer *json, const struct rule_citation *citation)
{
    json_key(json, "cite");
    json_begin_object(json);
    json_member_string(json, "source", citation->source);
    json_member_string(json, "article", citation->article);
    json_member_string(json, "language", citation->language);
    json_member_string(json, "text", citation->text);
    json_end_object(json);
}

static void write_tell(struct json_writer *json, const struct rule_tell *tell)
{
    json_key(json, "tell");
    json_begin_object(json);
    json_member_string(json, "text", tell->text);
    json_member_string(json, "language", tell->language);
    json_member_string(json, "source", tell->source);
    json_member_string(json, "article", tell->article);
    json_member_string(json, "since", tell->since);
    json_end_object(json);
}

/* null stands for "still in force". */
static void write_date(struct json_writer *json, const char *name, struct slice date)
{
    json_key(json, name);
    if (date.length)
        json_string(json, date);
    else
        json_null(json);
}

static void write_row(const struct compiler *compiler, struct json_writer *json, const struct table *table,
                      uint32_t rule)
{
    const struct dmn_decision *source = table->source;
    struct pack_row row = {0};
    struct rule_tell tell;

    if (compiler->pack)
        row = pack_row(compiler->pack, source->rule[rule].id);
    json_begin_object(json);
    json_member_string(json, "id", source->rule[rule].id);
    write_integer(json, "number", rule + 1);
    json_key(json, "out");
    json_begin_array(json);
    for (uint32_t i = 0; i < source->output_count; i++)
        json_integer(json, table->row_value[rule * source->output_count + i]);
    json_end_array(json);
    write_citation(json, &row.citation);
    write_date(json, "valid_from", row.valid_from);
    write_date(json, "valid_to", row.valid_to);
    if (compiler->pack && slice_is(source->name, RULE_WARNING) &&
        pack_warning(compiler->pack, source->rule[rule].value[0].text, &tell))
        write_tell(json, &tell);
    json_end_object(json);
}

static void write_table(const struct compiler *compiler, struct json_writer *json, const struct table *table)
{
    json_begin_object(json);
    json_member_string(json, "name", table->source->name);
    json_member_cstring(json, "hit", format_hit_policy(table->hit_policy));
    json_key(json, "inputs");
    json_begin_array(json);
    for (uint32_t i = 0; i < table->source->input_count; i++)
        write_input(compiler, json, table, i);
    json_end_array(json);
    json_key(json, "outputs");
    json_begin_array(json);
    for (uint32_t i = 0; i < table->source->output_count; i++)
        write_output(json, table, i);
    json_end_array(json);
    json_key(json, "rows");
    json_begin_array(json);
    for (uint32_t i = 0; i < table->source->rule_count; i++)
        write_row(compiler, json, table, table->order[i]);
    json_end_array(json);
    json_end_object(json);
}

static void write_set(const struct compiler *compiler, struct slice dmn, struct buffer *into)
{
    static const struct pack none = {.id = {"", 0}, .version = {"", 0}, .draft = true};
    const struct pack *pack = compiler->pack ? compiler->pack : &none;
    struct json_writer json = json_writer(into);
    struct hash dmn_hash = hash_sha256(dmn);

    json_begin_object(&json);
    json_member_cstring(&json, "format", FORMAT_RULES);
    json_member_cstring(&json, "profile", compiler->pack ? "verified" : "open");
    json_member_string(&json, "pack", pack->id);
    json_member_string(&json, "version", pack->version);
    write_flag(&json, "draft", pack->draft);
    write_date(&json, "valid_from", pack->valid_from);
    write_date(&json, "valid_to", pack->valid_to);
    format_write_hash(&json, "dmn_sha256", &dmn_hash);
    format_write_hash(&json, "pack_sha256", &pack->hash);
    json_key(&json, "decisions");
    json_begin_array(&json);
    for (uint32_t i = 0; i < compiler->placed_count; i++)
        write_table(compiler, &json, &compiler->table[compiler->placed[i]]);
    json_end_array(&json);
    json_end_object(&json);
}

/* What the reader would refuse must not be written: it has the last word on facts and feeds that do not fit
 * together. */
static enum error check_readable(const struct buffer *compiled, struct fault *fault)
{
    const struct rule_set *set;
    CLEANUP_ARENA struct arena *arena = arena_new(RULE_SET_BYTES_MAX * (size_t)4);

    TRY(buffer_check(compiled));
    if (!arena)
        return ERROR_MEMORY;
    enum error error = rule_set_load(arena, buffer_view(compiled), &set, fault);
    if (error == ERROR_CORRUPT && fault)
        fault->code = ERROR_PROFILE;
    return error == ERROR_CORRUPT ? ERROR_PROFILE : error;
}

static enum error compile(struct arena *arena, struct slice dmn, const struct pack *pack, struct report *report,
                          struct buffer *ret_compiled, struct fault *fault)
{
    struct compiler *compiler = arena_alloc(arena, sizeof *compiler);

    if (!compiler)
        return ERROR_MEMORY;
    *compiler = (struct compiler){.arena = arena, .pack = pack, .report = report};
    TRY(dmn_read(arena, dmn, report, &compiler->model, fault));
    if (pack)
        profile_check(compiler->model, pack, report);
    for (uint32_t i = 0; i < compiler->model->decision_count; i++)
        TRY(make_table(compiler, i));
    place_tables(compiler);
    if (pack && report->count > 0)
        return fault_set(fault, ERROR_PROFILE, "The model departs from the verified profile in %zu places.",
                         report->count);
    if (compiler->placed_count == 0)
        return fault_set(fault, ERROR_PROFILE, "No decision of the model can be used.");
    write_set(compiler, dmn, ret_compiled);
    return check_readable(ret_compiled, fault);
}

enum error compile_pack(struct arena *arena, struct slice dmn, struct slice pack_json, struct report *report,
                        struct buffer *ret_compiled, struct fault *fault)
{
    struct pack pack;

    TRY(pack_read(arena, pack_json, &pack, fault));
    return compile(arena, dmn, &pack, report, ret_compiled, fault);
}

enum error compile_model(struct arena *arena, struct slice dmn, struct report *report, struct buffer *ret_compiled,
                         struct fault *fault)
{
    return compile(arena, dmn, NULL, report, ret_compiled, fault);
}
