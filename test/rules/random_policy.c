/* SPDX-License-Identifier: Apache-2.0 */
#include "random_policy.h"

#define COLUMNS_MAX 9
#define ROWS_MAX 7

struct column {
    const char *name;
    const char *values[6]; /* texts; ends with NULL */
    enum { TEXTS, YEARS, DAYS } kind;
};

struct output {
    const char *name;
    const char *values[8];
};

static int pick(struct world *world, int count)
{
    uint32_t bits;

    world->random(world, &bits, sizeof bits);
    return (int)(bits % (uint32_t)count);
}

static int count_of(const char *const *words)
{
    int count = 0;

    while (words[count])
        count++;
    return count;
}

/* ---- heads ---- */

static void write_list(const char *const *words, int first, struct buffer *into)
{
    int count = count_of(words);

    for (int i = 0; i < count; i++)
        buffer_format(into, "%s\"%s\"", i ? ", " : "", words[(first + i) % count]);
    buffer_byte(into, '\n');
}

static void write_column(const struct column *column, struct buffer *into)
{
    if (column->kind == YEARS) {
        buffer_format(into, "in %s number null, [0..30]\n", column->name);
    } else if (column->kind == DAYS) {
        buffer_format(into, "in %s date [date(\"2026-01-01\")..date(\"2026-12-31\")]\n", column->name);
    } else {
        buffer_format(into, "in %s string ", column->name);
        write_list(column->values, 0, into);
    }
}

/* The order of the values is the order of priority: any of them. */
static void write_head(struct world *world, const char *name, const struct column *column, int columns,
                       const struct output *output, int outputs, struct buffer *into)
{
    static const char *const policies[] = {"PRIORITY", "PRIORITY", "PRIORITY", "PRIORITY",
                                           "PRIORITY", "PRIORITY", "ANY",      "UNIQUE"};

    buffer_format(into, "decision %s %s\n", name, policies[pick(world, 8)]);
    for (int i = 0; i < columns; i++)
        write_column(&column[i], into);
    for (int i = 0; i < outputs; i++) {
        buffer_format(into, "out %s ", output[i].name);
        write_list(output[i].values, pick(world, 4) ? 0 : pick(world, count_of(output[i].values)), into);
    }
}

/* ---- rows ---- */

static void write_texts_cell(struct world *world, const struct column *column, struct buffer *into)
{
    int count = count_of(column->values), first = pick(world, count), listed = 1 + pick(world, count - 1);
    bool negated = pick(world, 4) == 0;

    buffer_string(into, negated ? "not(" : "");
    for (int i = 0; i < listed; i++)
        buffer_format(into, "%s\"%s\"", i ? ", " : "", column->values[(first + i) % count]);
    buffer_string(into, negated ? ")" : "");
}

static void write_years_cell(struct world *world, struct buffer *into)
{
    static const int bounds[] = {0, 5, 17, 18, 30};
    int a = bounds[pick(world, 5)], b = bounds[pick(world, 5)];
    static const char *const relations[] = {"<", "<=", ">", ">="};

    switch (pick(world, 6)) {
    case 0:
        buffer_format(into, "(%d..%d]", a < b ? a : b, a < b ? b : a);
        break;
    case 1:
        buffer_format(into, "null, [%d..%d)", a < b ? a : b, a < b ? b : a);
        break;
    case 2:
        buffer_string(into, "null");
        break;
    case 3:
        buffer_format(into, "not(%s %d)", relations[pick(world, 4)], a);
        break;
    case 4:
        buffer_format(into, "null, %d", a);
        break;
    default:
        buffer_format(into, "%s%s %d", pick(world, 2) ? "null, " : "", relations[pick(world, 4)], a);
    }
}

static void write_cell(struct world *world, const struct column *column, struct buffer *into)
{
    static const char *const days[] = {"< date(\"2026-07-01\")", ">= date(\"2026-07-01\")",
                                       "(date(\"2026-02-01\")..date(\"2026-07-01\")]", "not(date(\"2026-07-01\"))"};

    if (pick(world, 2))
        buffer_byte(into, '-');
    else if (column->kind == TEXTS)
        write_texts_cell(world, column, into);
    else if (column->kind == YEARS)
        write_years_cell(world, into);
    else
        buffer_string(into, days[pick(world, 4)]);
}

/* A last row for everything makes most tables total. */
static void write_rows(struct world *world, const char *name, const struct column *column, int columns,
                       const struct output *output, int outputs, struct buffer *into)
{
    int rows = 1 + pick(world, ROWS_MAX);
    bool has_last = pick(world, 10) > 0;

    for (int r = 0; r < rows; r++) {
        buffer_format(into, "row %s_%d |", name, r);
        for (int i = 0; i < columns; i++) {
            buffer_byte(into, ' ');
            if (has_last && r + 1 == rows)
                buffer_byte(into, '-');
            else
                write_cell(world, &column[i], into);
            buffer_string(into, " |");
        }
        for (int i = 0; i < outputs; i++)
            buffer_format(into, "%s \"%s\"", i ? " |" : "", output[i].values[pick(world, count_of(output[i].values))]);
        buffer_byte(into, '\n');
    }
}

static void write_table(struct world *world, const char *name, const struct column *column, int columns,
                        const struct output *output, int outputs, struct buffer *into)
{
    write_head(world, name, column, columns, output, outputs, into);
    write_rows(world, name, column, columns, output, outputs, into);
}

/* ---- care ---- */

static const struct column status = {"status", {"citizen_resident", "undocumented", "tolerated", "unknown"}, TEXTS};

static const struct column care_columns[] = {
    {"urgency", {"immediate", "urgent", "deferrable", "unknown"}, TEXTS},
    {"age_years", {NULL}, YEARS},
    {"certificate", {"yes", "no", "unknown"}, TEXTS},
    {"means", {"below", "above", "unknown"}, TEXTS},
    {"as_of", {NULL}, DAYS},
};

static const struct output care_outputs[] = {
    {"access", {"FULL", "AS_RESIDENT", "BASKET", "URGENT_ONLY", "ASK_CLINICIAN", "NONE_FUNDED"}},
    {"may_refuse", {"no", "ask_clinician"}},
    {"charge", {"FREE", "BILL_LATER", "ASK", "PREPAY"}},
};

/* Its list stands in another order where it is fed. */
static const struct output group_outputs[] = {{"group", {"near", "far", "unknown"}}};
static const struct column group = {"group", {"unknown", "near", "far"}, TEXTS};

void random_care_write(struct world *world, const char *name, struct buffer *into)
{
    struct column column[COLUMNS_MAX];
    int columns = 0;
    bool is_fed = pick(world, 3) == 0;

    if (is_fed) {
        buffer_string(into, "known as_of\n");
        write_table(world, "group", &status, 1, group_outputs, 1, into);
        column[columns++] = group;
    }
    if (!is_fed || pick(world, 2))
        column[columns++] = status;
    for (size_t i = 0; i < sizeof care_columns / sizeof *care_columns; i++)
        if (pick(world, 8))
            column[columns++] = care_columns[i];
    if (!is_fed)
        buffer_string(into, "known as_of\n");
    write_table(world, name, column, columns, care_outputs, 3, into);
}

/* ---- data ---- */

static const struct column sector = {"sector", {"health", "immigration", "lawenforcement", "unknown"}, TEXTS};
static const struct column purpose = {"purpose", {"TREAT", "HPAYMT", "ENFORCE", "unknown"}, TEXTS};
static const struct column order = {"order", {"valid", "open", "none", "unknown"}, TEXTS};

void random_disclosure_write(struct world *world, struct buffer *into)
{
    const struct column standing_columns[] = {sector, purpose};
    const struct output standing[] = {{"standing", {"care", "billing", "nobody"}}};
    const struct column columns[] = {{"standing", {"nobody", "care", "billing"}, TEXTS},
                                     purpose,
                                     {"action", {"read", "write", "unknown"}, TEXTS},
                                     {"drawer", {"identity", "clinical", "coverage"}, TEXTS},
                                     order};
    const struct output outcome[] = {{"outcome", {"NONE", "EXISTENCE", "SUMMARY", "FULL"}}};

    buffer_string(into, "known drawer\n");
    write_table(world, "standing", standing_columns, 2, standing, 1, into);
    write_table(world, "disclosure", columns, 5, outcome, 1, into);
}

void random_law_write(struct world *world, struct buffer *into)
{
    const struct column columns[] = {{"holder", {"care_provider", "school", "unknown"}, TEXTS}, sector, order};
    const struct output outcome[] = {{"outcome", {"NONE", "DEIDENTIFIED", "ON_COURT_ORDER"}}};

    write_table(world, "disclosure_law", columns, 3, outcome, 1, into);
}
