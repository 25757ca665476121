/* SPDX-License-Identifier: Apache-2.0 */
#include "random_table.h"

static int pick(struct world *world, int count)
{
    uint32_t bits;

    world->random(world, &bits, sizeof bits);
    return (int)(bits % (uint32_t)count);
}

static struct random_cell random_cell(struct world *world, bool is_number)
{
    struct random_cell cell = {.kind = CELL_ANY};

    if (pick(world, 3) == 0)
        return cell;
    int most = is_number ? RANDOM_RANGE + 1 : RANDOM_VALUES;
    cell.kind = is_number ? (enum random_cell_kind)(1 + pick(world, 6)) : (enum random_cell_kind)(1 + pick(world, 2));
    cell.a = pick(world, most);
    cell.b = cell.a + pick(world, most - cell.a);
    return cell;
}

struct random_table random_table(struct world *world)
{
    struct random_table table = {
        .hit_policy = (enum rule_hit_policy)pick(world, 4),
        .input_count = 1 + pick(world, RANDOM_INPUTS_MAX),
        .row_count = 1 + pick(world, RANDOM_ROWS_MAX),
    };

    for (int i = 0; i < table.input_count; i++)
        table.is_number[i] = pick(world, 2);
    for (int r = 0; r < table.row_count; r++) {
        table.output[r] = pick(world, RANDOM_OUTPUTS);
        for (int i = 0; i < table.input_count; i++)
            table.cell[r][i] = random_cell(world, table.is_number[i]);
    }
    return table;
}

static void write_literal(struct buffer *into, bool is_number, int value)
{
    if (is_number)
        buffer_format(into, "%d", value);
    else if (value == RANDOM_VALUES - 1)
        buffer_string(into, "\"unknown\"");
    else
        buffer_format(into, "\"v%d\"", value);
}

static void write_cell(struct buffer *into, const struct random_cell *cell, bool is_number)
{
    switch (cell->kind) {
    case CELL_ANY:
        buffer_string(into, "-");
        break;
    case CELL_BELOW:
        buffer_format(into, "< %d", cell->a);
        break;
    case CELL_ABOVE:
        buffer_format(into, ">= %d", cell->a);
        break;
    case CELL_BETWEEN:
        buffer_format(into, "(%d..%d]", cell->a, cell->b);
        break;
    case CELL_NULL_OR_BELOW:
        buffer_format(into, "null, <= %d", cell->a);
        break;
    default:
        buffer_string(into, cell->kind != CELL_NOT_LIST ? "" : is_number ? "not(null, " : "not(");
        write_literal(into, is_number, cell->a);
        buffer_string(into, ", ");
        write_literal(into, is_number, cell->b);
        buffer_string(into, cell->kind == CELL_NOT_LIST ? ")" : "");
    }
}

static const char *const hit_policies[] = {"UNIQUE", "ANY", "PRIORITY", "COLLECT"};

void random_table_write(const struct random_table *table, const char *name, struct buffer *into)
{
    buffer_format(into, "decision %s %s\n", name, hit_policies[table->hit_policy]);
    for (int i = 0; i < table->input_count; i++)
        buffer_format(into, "in %s_i%d %s\n", name, i,
                      table->is_number[i] ? "number null, [0..9]" : "string \"v0\", \"v1\", \"v2\", \"unknown\"");
    buffer_string(into, "out o \"o0\", \"o1\", \"o2\"\n");
    for (int r = 0; r < table->row_count; r++) {
        buffer_format(into, "row %s_r%d |", name, r);
        for (int i = 0; i < table->input_count; i++) {
            buffer_byte(into, ' ');
            write_cell(into, &table->cell[r][i], table->is_number[i]);
            buffer_string(into, " |");
        }
        buffer_format(into, " \"o%d\"\n", table->output[r]);
    }
}

int random_value_count(const struct random_table *table, int input)
{
    return table->is_number[input] ? RANDOM_RANGE + 2 : RANDOM_VALUES;
}

int64_t random_value(const struct random_table *table, int input, int number)
{
    return table->is_number[input] && number == RANDOM_RANGE + 1 ? RULE_UNKNOWN : number;
}

static bool passes(const struct random_cell *cell, int number, bool is_null)
{
    switch (cell->kind) {
    case CELL_ANY:
        return true;
    case CELL_LIST:
        return !is_null && (number == cell->a || number == cell->b);
    case CELL_NOT_LIST:
        return !is_null && number != cell->a && number != cell->b;
    case CELL_BELOW:
        return !is_null && number < cell->a;
    case CELL_ABOVE:
        return !is_null && number >= cell->a;
    case CELL_BETWEEN:
        return !is_null && number > cell->a && number <= cell->b;
    default:
        return is_null || number <= cell->a;
    }
}

int random_matches(const struct random_table *table, const int *number, bool *ret_row)
{
    int count = 0;

    for (int r = 0; r < table->row_count; r++) {
        ret_row[r] = true;
        for (int i = 0; i < table->input_count; i++)
            ret_row[r] &= passes(&table->cell[r][i], number[i], table->is_number[i] && number[i] == RANDOM_RANGE + 1);
        count += ret_row[r];
    }
    return count;
}
