/* SPDX-License-Identifier: Apache-2.0 */
#include "rules.h"

#include <stdlib.h>

#include "crypto/encode.h"
#include "json.h"

#define TEXT_MAX 256

/* The facts that decide on access, and the words that each may have. */
enum { SECTOR, ROLE, PURPOSE, TRAINING, ACTION, DRAWER, RELATION, CONSENT, BREAK_GLASS, LAWFUL_ORDER, SELF, FACTS };
static const struct {
    const char *name;
    enum vocabulary_list list;
    unsigned words;
    bool open; /* an event does not tell it: gone through */
} fact_words[FACTS] = {
    [SECTOR] = {"sector", VOCABULARY_SECTOR, SECTOR_COUNT, false},
    [ROLE] = {"role", VOCABULARY_ROLE, ROLE_COUNT, false},
    [PURPOSE] = {"purpose", VOCABULARY_PURPOSE, PURPOSE_COUNT, false},
    [TRAINING] = {"training", VOCABULARY_TRAINING, TRAINING_COUNT, true},
    [ACTION] = {"action", VOCABULARY_ACTION, ACTION_COUNT, false},
    [DRAWER] = {"drawer", VOCABULARY_DRAWER, DRAWER_COUNT, false},
    [RELATION] = {"relation", VOCABULARY_RELATION, RELATION_COUNT, true},
    [CONSENT] = {"consent", VOCABULARY_CONSENT, CONSENT_COUNT, true},
    [BREAK_GLASS] = {"break_glass", VOCABULARY_BREAK_GLASS, BREAK_GLASS_COUNT, true},
    [LAWFUL_ORDER] = {"order", VOCABULARY_ORDER, ORDER_COUNT, true},
    [SELF] = {"self", VOCABULARY_SELF, SELF_COUNT, true},
};

struct input {
    struct slice value[RULES_VALUES_MAX];
    unsigned values;
    unsigned fact; /* FACTS: fed by another table */
    uint32_t fed_table, fed_output;
    int value_of[RULES_VALUES_MAX]; /* of a fact's word, or of the feeder's value; -1: none */
    uint64_t lets[RULES_VALUES_MAX][RULES_WORDS];
};

struct row {
    struct slice id, source;
    uint32_t number;
    uint16_t out[8];
};

struct output {
    struct slice value[RULES_VALUES_MAX];
    unsigned values;
    bool ordered;
};

struct table {
    struct slice name;
    bool readable; /* PRIORITY or UNIQUE, over lists of words alone */
    struct input *input;
    struct row *row;
    struct output output[8];
    unsigned inputs, rows, outputs;
};

struct rules {
    yyjson_doc *doc; /* owns the texts */
    struct table table[RULES_TABLES_MAX];
    unsigned tables;
    struct table *disclosure;
};

/* ---- loading ---- */

static bool read_words(yyjson_val *array, struct slice *into, unsigned *ret_count)
{
    if (!yyjson_is_arr(array) || yyjson_arr_size(array) == 0 || yyjson_arr_size(array) > RULES_VALUES_MAX)
        return false;
    for (struct json_items i = json_items(array); json_next(&i);) {
        into[i.index] = json_text(i.value);
        if (into[i.index].length == 0 || into[i.index].length > TEXT_MAX)
            return false;
    }
    *ret_count = (unsigned)yyjson_arr_size(array);
    return true;
}

static bool read_bits(struct slice hex, unsigned rows, uint64_t words[RULES_WORDS])
{
    uint8_t bytes[RULES_ROWS_MAX / 8];
    size_t length = (rows + 7) / 8;

    if (hex.length != 2 * length || decode_hex(hex, bytes, length) != OK)
        return false;
    for (size_t i = 0; i < length; i++)
        words[i / 8] |= (uint64_t)bytes[i] << (i % 8 * 8);
    return rows % 64 == 0 || words[rows / 64] >> (rows % 64) == 0;
}

static int index_of(const struct slice *value, unsigned values, struct slice word)
{
    for (unsigned v = 0; v < values; v++)
        if (slice_equal(value[v], word))
            return (int)v;
    return -1;
}

static void map_fact(struct input *input, struct slice name)
{
    input->fact = 0;
    while (input->fact < FACTS && !slice_is(name, fact_words[input->fact].name))
        input->fact++;
    for (unsigned w = 0; input->fact < FACTS && w < fact_words[input->fact].words; w++)
        input->value_of[w] = index_of(input->value, input->values,
                                      slice_from_string(vocabulary_word(fact_words[input->fact].list, w)));
}

/* Tables stand feeders first. */
static bool map_feed(const struct rules *rules, const struct table *table, yyjson_val *from, struct input *input)
{
    int64_t fed = json_number_at(from, "decision"), number = json_number_at(from, "output");

    if (fed < 0 || fed >= table - rules->table || !rules->table[fed].readable || number < 0 ||
        number >= rules->table[fed].outputs)
        return false;
    const struct output *output = &rules->table[fed].output[number];
    input->fact = FACTS;
    input->fed_table = (uint32_t)fed;
    input->fed_output = (uint32_t)number;
    for (unsigned v = 0; v < output->values; v++)
        input->value_of[v] = index_of(input->value, input->values, output->value[v]);
    return true;
}

static bool read_input(const struct rules *rules, const struct table *table, yyjson_val *json, struct input *input)
{
    yyjson_val *from = json_at(json, "from"), *rows = json_at(json, "rows");

    if (!slice_is(json_text_at(json, "kind"), "text") || yyjson_is_true(json_at(json, "open")) ||
        !read_words(json_at(json, "values"), input->value, &input->values))
        return false;
    map_fact(input, json_text_at(json, "name"));
    if (yyjson_is_obj(from) ? !map_feed(rules, table, from, input) : input->fact == FACTS)
        return false;
    if (!yyjson_is_arr(rows) || yyjson_arr_size(rows) != input->values)
        return false;
    for (struct json_items i = json_items(rows); json_next(&i);)
        if (!read_bits(json_text(i.value), table->rows, input->lets[i.index]))
            return false;
    return true;
}

static bool read_output(yyjson_val *json, struct output *output)
{
    output->ordered = yyjson_is_true(json_at(json, "ordered"));
    return read_words(json_at(json, "values"), output->value, &output->values);
}

static bool read_row(const struct table *table, yyjson_val *json, struct row *row)
{
    yyjson_val *out = json_at(json, "out");
    int64_t number = json_number_at(json, "number");

    row->id = json_text_at(json, "id");
    row->source = json_text_at(json_at(json, "cite"), "source");
    row->number = (uint32_t)number;
    if (row->id.length == 0 || number < 1 || number > UINT16_MAX || !yyjson_is_arr(out) ||
        yyjson_arr_size(out) != table->outputs)
        return false;
    for (struct json_items i = json_items(out); json_next(&i);) {
        if (!yyjson_is_uint(i.value) || yyjson_get_uint(i.value) >= table->output[i.index].values)
            return false;
        row->out[i.index] = (uint16_t)yyjson_get_uint(i.value);
    }
    return true;
}

static bool read_items(const struct rules *rules, struct table *table, yyjson_val *json)
{
    for (struct json_items i = json_items(json_at(json, "outputs")); json_next(&i);)
        if (!read_output(i.value, &table->output[i.index]))
            return false;
    for (struct json_items i = json_items(json_at(json, "rows")); json_next(&i);)
        if (!read_row(table, i.value, &table->row[i.index]))
            return false;
    for (struct json_items i = json_items(json_at(json, "inputs")); json_next(&i);)
        if (!read_input(rules, table, i.value, &table->input[i.index]))
            return false;
    return true;
}

static size_t count_of(yyjson_val *json, const char *name, size_t most)
{
    size_t count = yyjson_arr_size(json_at(json, name));

    return count <= most ? count : 0;
}

/* A table that cannot be read here (numbers, lists of results) is passed over; it matters only if disclosure needs it.
 */
static enum error read_table(struct rules *rules, struct table *table, yyjson_val *json)
{
    struct slice hit = json_text_at(json, "hit");

    table->name = json_text_at(json, "name");
    table->inputs = (unsigned)count_of(json, "inputs", RULES_INPUTS_MAX);
    table->outputs = (unsigned)count_of(json, "outputs", sizeof table->output / sizeof *table->output);
    table->rows = (unsigned)count_of(json, "rows", RULES_ROWS_MAX);
    if (table->inputs == 0 || table->outputs == 0 || table->rows == 0 ||
        (!slice_is(hit, "PRIORITY") && !slice_is(hit, "UNIQUE")))
        return OK;
    table->input = calloc(table->inputs, sizeof *table->input);
    table->row = calloc(table->rows, sizeof *table->row);
    if (!table->input || !table->row)
        return ERROR_MEMORY;
    table->readable = read_items(rules, table, json);
    return OK;
}

static enum error read_tables(struct rules *rules)
{
    yyjson_val *root = yyjson_doc_get_root(rules->doc), *list = json_at(root, "decisions");

    if (!slice_is(json_text_at(root, "format"), "hospitium-rules/1") || yyjson_arr_size(list) > RULES_TABLES_MAX)
        return ERROR_CORRUPT;
    for (struct json_items i = json_items(list); json_next(&i);) {
        struct table *table = &rules->table[rules->tables++];
        TRY(read_table(rules, table, i.value));
        if (table->readable && slice_is(table->name, "disclosure"))
            rules->disclosure = table;
    }
    return rules->disclosure ? OK : ERROR_CORRUPT;
}

enum error rules_load(struct slice bytes, struct rules **ret_rules)
{
    struct rules *rules = calloc(1, sizeof *rules);

    if (!rules)
        return ERROR_MEMORY;
    rules->doc = bytes.length <= RULES_BYTES_MAX ? json_read(bytes) : NULL;
    enum error error = rules->doc ? read_tables(rules) : ERROR_CORRUPT;
    if (error != OK) {
        rules_free(rules);
        return error;
    }
    *ret_rules = rules;
    return OK;
}

void rules_free(struct rules *rules)
{
    if (!rules)
        return;
    for (unsigned t = 0; t < rules->tables; t++) {
        free(rules->table[t].input);
        free(rules->table[t].row);
    }
    yyjson_doc_free(rules->doc);
    free(rules);
}

/* ---- deciding ---- */

/* DMN 1.5, 8.2.10: of the rows that match, the one whose outputs come first in the order of their values. */
static bool better(const struct table *table, const struct row *a, const struct row *b)
{
    for (unsigned o = 0; o < table->outputs; o++)
        if (table->output[o].ordered && a->out[o] != b->out[o])
            return a->out[o] < b->out[o];
    return a->number < b->number;
}

static const struct row *best_row(const struct table *table, const uint64_t *matching)
{
    const struct row *best = NULL;

    for (unsigned r = 0; r < table->rows; r++)
        if (matching[r / 64] >> (r % 64) & 1 && (!best || better(table, &table->row[r], best)))
            best = &table->row[r];
    return best;
}

static const struct row *decide_table(const struct table *table, const unsigned fact[FACTS],
                                      const struct row *const *decided)
{
    uint64_t matching[RULES_WORDS];

    memset(matching, 0xFF, sizeof matching);
    for (unsigned i = 0; i < table->inputs; i++) {
        const struct input *input = &table->input[i];
        const struct row *fed = input->fact == FACTS ? decided[input->fed_table] : NULL;
        if (input->fact == FACTS && !fed)
            return NULL;
        int value = input->value_of[fed ? fed->out[input->fed_output] : fact[input->fact]];
        if (value < 0)
            return NULL;
        for (unsigned w = 0; w < RULES_WORDS; w++)
            matching[w] &= input->lets[value][w];
    }
    return best_row(table, matching);
}

static const struct row *decide(const struct rules *rules, const unsigned fact[FACTS])
{
    const struct row *decided[RULES_TABLES_MAX] = {NULL};
    unsigned last = (unsigned)(rules->disclosure - rules->table);

    for (unsigned t = 0; t <= last; t++)
        if (rules->table[t].readable)
            decided[t] = decide_table(&rules->table[t], fact, decided);
    return decided[last];
}

/* ---- judging ---- */

static const struct row *find_row(const struct rules *rules, struct slice id)
{
    for (unsigned r = 0; r < rules->disclosure->rows; r++)
        if (slice_equal(rules->disclosure->row[r].id, id))
            return &rules->disclosure->row[r];
    return NULL;
}

bool rules_has_row(const struct rules *rules, struct slice row)
{
    return find_row(rules, row) != NULL;
}

bool rules_cites(const struct rules *rules, struct slice row, struct slice citation)
{
    const struct row *found = find_row(rules, row);

    return found && slice_equal(found->source, citation);
}

/* On what ground somebody stands, as docs/formats.md says it of `basis`. */
static const char *basis_of(const unsigned fact[FACTS])
{
    if (fact[LAWFUL_ORDER] == ORDER_VALID || fact[LAWFUL_ORDER] == ORDER_OPEN)
        return "order";
    if (fact[SELF] == SELF_YES)
        return "self";
    if (fact[BREAK_GLASS] == BREAK_GLASS_ACTIVE && fact[PURPOSE] == PURPOSE_ETREAT)
        return "vital_interest";
    if (fact[RELATION] == RELATION_OPEN_ENCOUNTER)
        return "care_relation";
    if (fact[CONSENT] == CONSENT_PERMIT)
        return "consent";
    return fact[RELATION] == RELATION_PAST ? "past_care" : "task";
}

/* The next combination of what an event does not tell; false after the last. */
static bool next_open(unsigned fact[FACTS])
{
    for (unsigned f = 0; f < FACTS; f++) {
        if (!fact_words[f].open)
            continue;
        if (++fact[f] < fact_words[f].words)
            return true;
        fact[f] = 0;
    }
    return false;
}

/* Does the combination fit what the event does tell? */
static bool fits(const struct rules_case *asked, const unsigned fact[FACTS])
{
    if (asked->basis.length > 0 && !slice_is(asked->basis, basis_of(fact)))
        return false;
    if (fact[BREAK_GLASS] == BREAK_GLASS_ACTIVE && fact[PURPOSE] == PURPOSE_ETREAT && !asked->glass)
        return false;
    return asked->ordered || fact[LAWFUL_ORDER] == ORDER_NONE;
}

/* Sets *ret_cells when the row decided some combination; true when it did so with this outcome. */
static bool judge_open(const struct rules *rules, const struct rules_case *asked, unsigned fact[FACTS], bool *ret_cells)
{
    const struct output *outcome = &rules->disclosure->output[0];

    do {
        if (!fits(asked, fact))
            continue;
        const struct row *row = decide(rules, fact);
        if (!row || !slice_equal(row->id, asked->row))
            continue;
        *ret_cells = true;
        if (slice_is(outcome->value[row->out[0]], vocabulary_outcome((enum outcome)asked->outcome)))
            return true;
    } while (next_open(fact));
    return false;
}

enum rules_verdict rules_judge(const struct rules *rules, const struct rules_case *asked)
{
    bool cells = false;

    for (unsigned d = 0; d < DRAWER_COUNT; d++)
        for (unsigned a = 0; a < ACTION_COUNT; a++) {
            unsigned fact[FACTS] = {[SECTOR] = (unsigned)asked->sector,
                                    [ROLE] = (unsigned)asked->role,
                                    [PURPOSE] = (unsigned)asked->purpose,
                                    [ACTION] = a,
                                    [DRAWER] = d};
            if (!(asked->drawers & 1u << d) || !(asked->actions & 1u << a))
                continue;
            if (judge_open(rules, asked, fact, &cells))
                return RULES_FIT;
        }
    return cells ? RULES_NO_OUTCOME : RULES_NO_CELLS;
}
