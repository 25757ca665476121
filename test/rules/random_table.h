/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* Random decision tables, as data that a test can evaluate row by row without any of the code under test, and as text
 * for model_text.h. Inputs are a text of VALUES values `v0`…, the last of which is `unknown`, or a number null,
 * [0..RANGE]. */

#include "base/buffer.h"
#include "base/world.h"
#include "rules/rule_set.h"

#define RANDOM_INPUTS_MAX 4
#define RANDOM_ROWS_MAX 12
#define RANDOM_VALUES 4
#define RANDOM_RANGE 9
#define RANDOM_OUTPUTS 3

enum random_cell_kind { CELL_ANY, CELL_LIST, CELL_NOT_LIST, CELL_BELOW, CELL_ABOVE, CELL_BETWEEN, CELL_NULL_OR_BELOW };

struct random_cell {
    enum random_cell_kind kind;
    int a, b; /* values or bounds */
};

struct random_table {
    enum rule_hit_policy hit_policy;
    int input_count, row_count;
    bool is_number[RANDOM_INPUTS_MAX];
    struct random_cell cell[RANDOM_ROWS_MAX][RANDOM_INPUTS_MAX];
    int output[RANDOM_ROWS_MAX];
};

struct random_table random_table(struct world *world);
void random_table_write(const struct random_table *table, const char *name, struct buffer *into);

/* How many values an input has: of a number also the unknown, as the last. */
int random_value_count(const struct random_table *table, int input);
int64_t random_value(const struct random_table *table, int input, int number);

/* Row by row. Fills the rows that match. */
int random_matches(const struct random_table *table, const int *number, bool *ret_row);
