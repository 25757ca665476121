/* SPDX-License-Identifier: Apache-2.0 */

/* What a decision table says (DMN 1.5, 8.2), as equations. A row is a truth value: all its cells let the case pass. An
 * output is the place of its value in the output's own list, or -1. */

#include "rules/format.h"
#include "smt_text.h"

/* ---- in place ---- */

static enum error add_fed(struct smt *smt, const struct smt_table *table, const struct dmn_feed *feed,
                          struct smt_input *input)
{
    const struct dmn_model *model = table->source->model;

    TRY(smt_add_table(smt, table->set, table->source, &model->decision[feed->decision], false, feed->output + 1,
                      &input->feeder));
    struct slice symbol = arena_format(smt->arena, "%s fed %.*s %.*s", table->set, SLICE_PRINT(table->symbol),
                                       SLICE_PRINT(input->domain.symbol));
    if (!symbol.data)
        return ERROR_MEMORY;
    input->domain.symbol = symbol;
    input->fact = -1;
    input->output = feed->output;
    return OK;
}

static enum error add_inputs(struct smt *smt, struct smt_table *table, bool isolated)
{
    const struct dmn_decision *decision = table->decision;
    struct smt_input *input = arena_array(smt->arena, decision->input_count, sizeof *input);

    if (!input)
        return ERROR_MEMORY;
    table->input = input;
    for (uint32_t i = 0; i < decision->input_count; i++) {
        struct dmn_feed feed;
        TRY(smt_domain(smt, table->source->model, &decision->input[i], &input[i].domain));
        if (isolated || !dmn_feeder(table->source->model, decision->input[i].name, &feed))
            TRY(smt_add_fact(smt, &input[i].domain, &input[i].fact));
        else
            TRY(add_fed(smt, table, &feed, &input[i]));
    }
    return OK;
}

static enum error name_rows(struct smt *smt, struct smt_table *table)
{
    struct slice *row = arena_array(smt->arena, table->decision->rule_count, sizeof *row);

    if (!row)
        return ERROR_MEMORY;
    for (uint32_t r = 0; r < table->decision->rule_count; r++) {
        struct slice id = smt_symbol(smt->arena, table->decision->rule[r].id);
        row[r] = arena_format(smt->arena, "%s row %.*s", table->set, SLICE_PRINT(id));
        if (!id.data || !row[r].data)
            return ERROR_MEMORY;
    }
    table->row = row;
    table->symbol = smt_symbol(smt->arena, table->decision->name);
    return table->symbol.data ? OK : ERROR_MEMORY;
}

static int find_table(const struct smt *smt, const struct dmn_decision *decision)
{
    for (uint32_t t = 0; t < smt->table_count; t++)
        if (smt->table[t].decision == decision)
            return (int)t;
    return -1;
}

/* Feeders take their places first. What feeds itself in a circle was never compiled; here it runs out of places. */
enum error smt_add_table(struct smt *smt, const char *set, const struct smt_source *source,
                         const struct dmn_decision *decision, bool isolated, uint32_t outputs, int *ret_table)
{
    struct smt_table table = {.decision = decision, .set = set, .source = source, .outputs = outputs};
    int found = find_table(smt, decision);

    if (found >= 0) {
        if (smt->table[found].outputs < outputs)
            smt->table[found].outputs = outputs;
        *ret_table = found;
        return OK;
    }
    if (!decision->has_table || decision->broken || !format_hit_policy_of(decision->hit_policy, &table.policy))
        return fault_set(smt->fault, ERROR_PROFILE, "The decision %.*s has no table that can be used.",
                         SLICE_PRINT(decision->name));
    if (++smt->depth > RULE_DECISIONS_MAX)
        return fault_set(smt->fault, ERROR_PROFILE, "The decision %.*s rests on itself.", SLICE_PRINT(decision->name));
    TRY(name_rows(smt, &table));
    TRY(add_inputs(smt, &table, isolated));
    smt->depth--;
    *ret_table = (int)smt->table_count;
    smt->table[smt->table_count++] = table;
    return OK;
}

/* ---- rows ---- */

/* Does the second person's row differ at all? Fed inputs may. */
static bool is_own_row(const struct smt *smt, const struct smt_table *table, uint32_t row)
{
    if (smt->person[0] == '\0')
        return true;
    for (uint32_t i = 0; i < table->decision->input_count; i++)
        if (table->decision->rule[row].test[i].count > 0 &&
            (table->input[i].fact < 0 || smt_varies(smt, (uint32_t)table->input[i].fact)))
            return true;
    return false;
}

static void write_row_name(struct smt *smt, const struct smt_table *table, uint32_t row)
{
    buffer_format(smt->into, "|%s%.*s|", is_own_row(smt, table, row) ? smt->person : "", SLICE_PRINT(table->row[row]));
}

/* What stands before an input's symbol. */
static const char *person_of(const struct smt *smt, const struct smt_input *input)
{
    return input->fact < 0 ? smt->person : smt_person_of(smt, input->fact);
}

static struct slice input_symbol(const struct smt *smt, const struct smt_input *input)
{
    return input->fact < 0 ? input->domain.symbol : smt->fact[input->fact].symbol;
}

static void write_input(struct smt *smt, const struct smt_input *input)
{
    buffer_format(smt->into, "|%s%.*s|", person_of(smt, input), SLICE_PRINT(input_symbol(smt, input)));
}

static void write_is_value(struct smt *smt, const struct smt_input *input, struct slice value)
{
    struct slice symbol = smt_symbol(smt->arena, value);

    buffer_format(smt->into, "|%s%.*s = %.*s|", person_of(smt, input), SLICE_PRINT(input_symbol(smt, input)),
                  SLICE_PRINT(symbol));
}

static void write_comparison(struct smt *smt, const struct smt_input *input, const char *relation,
                             const struct cell_value *value)
{
    buffer_format(smt->into, "(%s ", relation);
    write_input(smt, input);
    buffer_byte(smt->into, ' ');
    smt_number(smt, value->digits);
    buffer_byte(smt->into, ')');
}

static void write_size_test(struct smt *smt, const struct smt_input *input, const struct cell_test *test)
{
    static const char *const relations[] = {
        [CELL_EQUAL] = "=", [CELL_LESS] = "<", [CELL_AT_MOST] = "<=", [CELL_GREATER] = ">", [CELL_AT_LEAST] = ">="};

    if (test->relation != CELL_WITHIN) {
        write_comparison(smt, input, relations[test->relation], &test->value);
        return;
    }
    buffer_string(smt->into, "(and ");
    write_comparison(smt, input, test->low_open ? ">" : ">=", &test->value);
    buffer_byte(smt->into, ' ');
    write_comparison(smt, input, test->high_open ? "<" : "<=", &test->high);
    buffer_byte(smt->into, ')');
}

static void write_test(struct smt *smt, const struct smt_input *input, const struct cell_test *test)
{
    buffer_byte(smt->into, ' ');
    if (test->value.kind == CELL_NULL)
        buffer_string(smt->into, "false"); /* of what is known */
    else if (input->domain.type == DMN_STRING)
        write_is_value(smt, input, test->value.text);
    else
        write_size_test(smt, input, test);
}

/* What the cell says of something known. */
static void write_tests(struct smt *smt, const struct smt_input *input, const struct cell_tests *tests)
{
    buffer_string(smt->into, tests->negated ? "(not (or false" : "(or false");
    for (size_t i = 0; i < tests->count; i++)
        write_test(smt, input, &tests->test[i]);
    buffer_string(smt->into, tests->negated ? "))" : ")");
}

static bool names_null(const struct cell_tests *tests)
{
    for (size_t i = 0; i < tests->count; i++)
        if (tests->test[i].value.kind == CELL_NULL)
            return true;
    return false;
}

/* Of texts `unknown` is a value like the others. A number that is not known passes where the cell names null, and
 * nowhere else: not in "< 18", and not in "not(< 18)" either. */
static void write_cell(struct smt *smt, const struct smt_input *input, const struct cell_tests *tests)
{
    bool passes_unknown = names_null(tests) && !tests->negated;

    if (!input->domain.nullable) {
        write_tests(smt, input, tests);
        return;
    }
    buffer_string(smt->into, passes_unknown ? "(ite " : "(and (not ");
    write_is_value(smt, input, SLICE("unknown"));
    buffer_string(smt->into, passes_unknown ? " true " : ") ");
    write_tests(smt, input, tests);
    buffer_byte(smt->into, ')');
}

static void write_row(struct smt *smt, const struct smt_table *table, uint32_t row)
{
    const struct dmn_rule *rule = &table->decision->rule[row];

    if (!is_own_row(smt, table, row))
        return;
    buffer_string(smt->into, "(declare-const ");
    write_row_name(smt, table, row);
    buffer_string(smt->into, " Bool)\n(assert (= ");
    write_row_name(smt, table, row);
    buffer_string(smt->into, " (and true true");
    for (uint32_t i = 0; i < table->decision->input_count; i++) {
        if (rule->test[i].count == 0)
            continue;
        buffer_string(smt->into, "\n  ");
        write_cell(smt, &table->input[i], &rule->test[i]);
    }
    buffer_string(smt->into, ")))\n");
}

/* ---- outputs ---- */

static void write_output_name_part(struct smt *smt, const struct smt_table *table, const char *verb, uint32_t output)
{
    struct slice symbol = smt_symbol(smt->arena, table->decision->output[output].name);

    buffer_format(smt->into, "|%s%s %s %.*s %.*s", smt->person, table->set, verb, SLICE_PRINT(table->symbol),
                  SLICE_PRINT(symbol));
}

static void write_output_name(struct smt *smt, const struct smt_table *table, uint32_t output)
{
    write_output_name_part(smt, table, "gives", output);
    buffer_byte(smt->into, '|');
}

static int place_of(const struct dmn_clause *output, struct slice value)
{
    for (size_t i = 0; i < output->allowed.count; i++)
        if (slice_equal(output->allowed.test[i].value.text, value))
            return (int)i;
    return -1;
}

static int row_place(const struct smt_table *table, uint32_t row, uint32_t output)
{
    return place_of(&table->decision->output[output], table->decision->rule[row].value[output].text);
}

static bool has_row_with(const struct smt_table *table, uint32_t output, int place)
{
    for (uint32_t r = 0; r < table->decision->rule_count; r++)
        if (row_place(table, r, output) == place)
            return true;
    return false;
}

/* Of a PRIORITY table a row speaks of an output only if it has the best of each output before it. */
static void write_candidate(struct smt *smt, const struct smt_table *table, uint32_t row, uint32_t output)
{
    bool compared = table->policy == RULE_PRIORITY && output > 0;

    buffer_string(smt->into, compared ? " (and " : " ");
    write_row_name(smt, table, row);
    for (uint32_t o = 0; compared && o < output; o++) {
        buffer_string(smt->into, " (= ");
        write_output_name(smt, table, o);
        buffer_format(smt->into, " %d)", row_place(table, row, o));
    }
    buffer_string(smt->into, compared ? ")" : "");
}

static void write_legend(struct smt *smt, const struct dmn_clause *output)
{
    buffer_string(smt->into, "; ");
    smt_comment(smt, output->name);
    for (size_t i = 0; i < output->allowed.count; i++) {
        buffer_format(smt->into, "%s %zu ", i ? "," : ":", i);
        smt_comment(smt, output->allowed.test[i].value.text);
    }
    buffer_byte(smt->into, '\n');
}

/* The first value of the list that a row gives which matches. */
static void write_output(struct smt *smt, const struct smt_table *table, uint32_t output)
{
    const struct dmn_clause *clause = &table->decision->output[output];
    size_t open = 0;

    write_legend(smt, clause);
    buffer_string(smt->into, "(declare-const ");
    write_output_name(smt, table, output);
    buffer_string(smt->into, " Int)\n(assert (= ");
    write_output_name(smt, table, output);
    for (size_t place = 0; place < clause->allowed.count; place++) {
        if (!has_row_with(table, output, (int)place))
            continue;
        buffer_string(smt->into, "\n  (ite (or false");
        for (uint32_t r = 0; r < table->decision->rule_count; r++)
            if (row_place(table, r, output) == (int)place)
                write_candidate(smt, table, r, output);
        buffer_format(smt->into, ") %zu", place);
        open++;
    }
    buffer_string(smt->into, " (- 1)");
    for (; open > 0; open--)
        buffer_byte(smt->into, ')');
    buffer_string(smt->into, "))\n");
}

/* The number of the first row that matches, from 1; 0 where none does. */
static void write_first_row(struct smt *smt, const struct smt_table *table)
{
    buffer_format(smt->into, "(declare-const |%s%s first %.*s| Int)\n(assert (= |%s%s first %.*s|", smt->person,
                  table->set, SLICE_PRINT(table->symbol), smt->person, table->set, SLICE_PRINT(table->symbol));
    for (uint32_t r = 0; r < table->decision->rule_count; r++) {
        buffer_string(smt->into, "\n  (ite ");
        write_row_name(smt, table, r);
        buffer_format(smt->into, " %u", r + 1);
    }
    buffer_string(smt->into, " 0");
    for (uint32_t r = 0; r < table->decision->rule_count; r++)
        buffer_byte(smt->into, ')');
    buffer_string(smt->into, "))\n");
}

/* UNIQUE: a row that matches is the first one. ANY: it has the outputs of the first one. */
static void write_agreement(struct smt *smt, const struct smt_table *table)
{
    for (uint32_t r = 0; r < table->decision->rule_count; r++) {
        buffer_string(smt->into, "\n  (or (not ");
        write_row_name(smt, table, r);
        buffer_string(smt->into, ") (and true true");
        if (table->policy == RULE_UNIQUE)
            buffer_format(smt->into, " (= |%s%s first %.*s| %u)", smt->person, table->set, SLICE_PRINT(table->symbol),
                          r + 1);
        for (uint32_t o = 0; table->policy == RULE_ANY && o < table->decision->output_count; o++) {
            buffer_string(smt->into, " (= ");
            write_output_name(smt, table, o);
            buffer_format(smt->into, " %d)", row_place(table, r, o));
        }
        buffer_string(smt->into, "))");
    }
}

static void write_collected_name(struct smt *smt, const struct smt_table *table, uint32_t output, size_t place)
{
    struct slice value = smt_symbol(smt->arena, table->decision->output[output].allowed.test[place].value.text);

    write_output_name_part(smt, table, "collects", output);
    buffer_format(smt->into, " %.*s|", SLICE_PRINT(value));
}

/* Of a COLLECT table: a truth value for each value of each output. */
static void write_collected(struct smt *smt, const struct smt_table *table, uint32_t output)
{
    for (size_t place = 0; place < table->decision->output[output].allowed.count; place++) {
        buffer_string(smt->into, "(declare-const ");
        write_collected_name(smt, table, output, place);
        buffer_string(smt->into, " Bool)\n(assert (= ");
        write_collected_name(smt, table, output, place);
        buffer_string(smt->into, " (or false false");
        for (uint32_t r = 0; r < table->decision->rule_count; r++)
            if (row_place(table, r, output) == (int)place)
                write_candidate(smt, table, r, output);
        buffer_string(smt->into, ")))\n");
    }
}

void smt_write_answers(struct smt *smt, int number)
{
    const struct smt_table *table = &smt->table[number];

    buffer_format(smt->into, "|%s%s answers %.*s|", smt->person, table->set, SLICE_PRINT(table->symbol));
}

/* A COLLECT table answers with what it collects in its first output. */
static void write_any_row(struct smt *smt, const struct smt_table *table)
{
    bool collects = table->policy == RULE_COLLECT;
    size_t count = collects ? table->decision->output[0].allowed.count : table->decision->rule_count;

    for (size_t i = 0; i < count; i++) {
        buffer_byte(smt->into, ' ');
        if (collects)
            write_collected_name(smt, table, 0, i);
        else
            write_row_name(smt, table, (uint32_t)i);
    }
}

/* Is there an answer, and one only? What rests on a table without an answer has none either. */
static void write_answers(struct smt *smt, int number)
{
    const struct smt_table *table = &smt->table[number];

    buffer_string(smt->into, "(declare-const ");
    smt_write_answers(smt, number);
    buffer_string(smt->into, " Bool)\n(assert (= ");
    smt_write_answers(smt, number);
    buffer_string(smt->into, " (and (or false");
    write_any_row(smt, table);
    buffer_string(smt->into, ") true");
    for (uint32_t i = 0; i < table->decision->input_count; i++) {
        if (table->input[i].fact >= 0)
            continue;
        buffer_byte(smt->into, ' ');
        smt_write_answers(smt, table->input[i].feeder);
    }
    if (table->policy == RULE_UNIQUE || table->policy == RULE_ANY)
        write_agreement(smt, table);
    buffer_string(smt->into, ")))\n");
}

void smt_write_output(struct smt *smt, int table, uint32_t output)
{
    write_output_name(smt, &smt->table[table], output);
}

int smt_find_output(const struct smt *smt, int table, const char *name)
{
    const struct dmn_decision *decision = smt->table[table].decision;

    for (uint32_t o = 0; o < decision->output_count; o++)
        if (slice_is(decision->output[o].name, name))
            return (int)o;
    return -1;
}

/* ---- tables ---- */

/* What feeds an input, in the numbers of the input's own list. */
static void write_fed(struct smt *smt, const struct smt_input *input)
{
    const struct smt_table *feeder = &smt->table[input->feeder];
    const struct dmn_clause *output = &feeder->decision->output[input->output];
    size_t open = 0;

    buffer_string(smt->into, "(declare-const ");
    write_input(smt, input);
    buffer_string(smt->into, " Int)\n(assert (= ");
    write_input(smt, input);
    for (size_t place = 0; place < output->allowed.count; place++, open++) {
        buffer_string(smt->into, " (ite (= ");
        write_output_name(smt, feeder, input->output);
        buffer_format(smt->into, " %zu) ", place);
        smt_number(smt, smt_find_value(&input->domain, output->allowed.test[place].value.text));
    }
    buffer_string(smt->into, " (- 1)");
    for (; open > 0; open--)
        buffer_byte(smt->into, ')');
    buffer_string(smt->into, "))\n");
    smt_write_values(smt, &input->domain);
}

static void write_head(struct smt *smt, const struct smt_table *table)
{
    static const char *const meaning[] = {
        [RULE_UNIQUE] = "one row only may match",
        [RULE_ANY] = "rows that match must agree",
        [RULE_PRIORITY] =
            "of the rows that match the one whose outputs, one after the other, stand first in their lists",
        [RULE_COLLECT] = "every row that matches adds its value",
    };

    buffer_format(smt->into, "\n; ---- %stable ", smt->person[0] ? "for the second person: " : "");
    smt_comment(smt, table->decision->name);
    buffer_string(smt->into, " of ");
    smt_comment(smt, table->source->pack);
    buffer_format(smt->into, ", %s: %s\n", format_hit_policy(table->policy), meaning[table->policy]);
}

/* Is this output needed, by the claim or to know whether rows agree? */
static bool is_needed(const struct smt_table *table, uint32_t output)
{
    return table->policy == RULE_ANY || output < table->outputs;
}

static bool is_first_of_name(const struct smt_table *table, uint32_t input)
{
    for (uint32_t i = 0; i < input; i++)
        if (slice_equal(table->input[i].domain.name, table->input[input].domain.name))
            return false;
    return true;
}

static void write_table(struct smt *smt, int number)
{
    const struct smt_table *table = &smt->table[number];

    write_head(smt, table);
    for (uint32_t i = 0; i < table->decision->input_count; i++)
        if (table->input[i].fact < 0 && is_first_of_name(table, i))
            write_fed(smt, &table->input[i]);
    for (uint32_t r = 0; r < table->decision->rule_count; r++)
        write_row(smt, table, r);
    for (uint32_t o = 0; o < table->decision->output_count; o++)
        if (table->policy == RULE_COLLECT)
            write_collected(smt, table, o);
        else if (is_needed(table, o))
            write_output(smt, table, o);
    if (table->policy == RULE_UNIQUE)
        write_first_row(smt, table);
    write_answers(smt, number);
}

void smt_write_tables(struct smt *smt)
{
    for (uint32_t t = 0; t < smt->table_count; t++)
        write_table(smt, (int)t);
}
