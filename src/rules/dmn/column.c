/* SPDX-License-Identifier: Apache-2.0 */
#include "column.h"

#include <stdlib.h>

#include "rules/format.h"

struct making {
    struct arena *arena;
    const struct dmn_model *model;
    const struct dmn_decision *decision;
    const struct dmn_clause *clause;
    uint32_t input;
    struct report *report;
    struct column *column;
    size_t literals;
    bool fits;
};

static const struct slice truth_names[] = {{"false", 5}, {"true", 4}};

static void misfit(struct making *making, const struct dmn_rule *rule, const char *why)
{
    struct report_place place = {
        .line = making->clause->line, .decision = making->decision->name, .clause = making->clause->name};

    if (rule) {
        place.line = rule->line;
        place.row = (uint32_t)(rule - making->decision->rule) + 1;
        place.row_id = rule->id;
    }
    making->fits = false;
    report_add(making->report, &place, "%s", why);
}

/* Every literal of the column, through a callback: cells first, then the allowed values. */
typedef void visit_literal(struct making *making, const struct dmn_rule *rule, const struct cell_test *test);

static void visit_column(struct making *making, const struct dmn_decision *decision, uint32_t input,
                         visit_literal *visit)
{
    for (uint32_t r = 0; r < decision->rule_count; r++) {
        const struct dmn_rule *rule = &decision->rule[r];
        const struct cell_tests *tests = &rule->test[input];
        for (size_t i = 0; i < tests->count; i++)
            visit(making, rule, &tests->test[i]);
    }
}

static void visit_cells(struct making *making, visit_literal *visit)
{
    visit_column(making, making->decision, making->input, visit);
}

/* The columns of that name in all tables: what a fact may be is the same everywhere. */
static void visit_name(struct making *making, visit_literal *visit)
{
    for (uint32_t d = 0; d < making->model->decision_count; d++) {
        const struct dmn_decision *decision = &making->model->decision[d];
        for (uint32_t i = 0; decision->has_table && !decision->broken && i < decision->input_count; i++)
            if (slice_equal(decision->input[i].name, making->clause->name))
                visit_column(making, decision, i, visit);
    }
}

static enum cell_kind kind_of_literals(const struct making *making)
{
    for (uint32_t r = 0; r < making->decision->rule_count; r++) {
        const struct cell_tests *tests = &making->decision->rule[r].test[making->input];
        for (size_t i = 0; i < tests->count; i++)
            if (tests->test[i].value.kind != CELL_NULL)
                return tests->test[i].value.kind;
    }
    return CELL_STRING;
}

static bool kind_of_column(const struct making *making, bool whole, enum rule_kind *ret_kind)
{
    static const enum rule_kind of_literal[] = {[CELL_STRING] = RULE_TEXT,
                                                [CELL_NUMBER] = RULE_DECIMAL,
                                                [CELL_BOOLEAN] = RULE_BOOLEAN,
                                                [CELL_DATE] = RULE_DATE};

    switch (making->clause->type) {
    case DMN_STRING:
        *ret_kind = RULE_TEXT;
        return true;
    case DMN_NUMBER:
        *ret_kind = whole ? RULE_INTEGER : RULE_DECIMAL;
        return true;
    case DMN_BOOLEAN:
        *ret_kind = RULE_BOOLEAN;
        return true;
    case DMN_DATE:
        *ret_kind = RULE_DATE;
        return true;
    case DMN_UNTYPED:
        *ret_kind = of_literal[kind_of_literals(making)];
        return true;
    default:
        return false;
    }
}

/* Grows the list of a text column by a literal that is new. */
static void add_text(struct making *making, const struct dmn_rule *rule, const struct cell_test *test)
{
    struct rule_domain *domain = &making->column->domain;

    (void)rule;
    if (test->value.kind != CELL_STRING || domain->value_count == RULE_VALUES_MAX)
        return;
    for (uint32_t i = 0; i < domain->value_count; i++)
        if (slice_equal(domain->value[i], test->value.text))
            return;
    ((struct slice *)(uintptr_t)domain->value)[domain->value_count++] = test->value.text;
}

static void count_literal(struct making *making, const struct dmn_rule *rule, const struct cell_test *test)
{
    (void)rule;
    (void)test;
    making->literals++;
}

/* Room for every literal of the name, and one more. */
static size_t count_literals(struct making *making)
{
    making->literals = making->clause->allowed.count + 1;
    visit_name(making, count_literal);
    return making->literals;
}

static void find_unknown(struct rule_domain *domain)
{
    domain->unknown = -1;
    for (uint32_t i = 0; i < domain->value_count; i++)
        if (slice_is(domain->value[i], "unknown"))
            domain->unknown = (int32_t)i;
}

/* With a list of values the list is all there is; without one, what the cells name and anything else besides. */
static enum error make_text(struct making *making)
{
    struct rule_domain *domain = &making->column->domain;
    const struct cell_tests *allowed = &making->clause->allowed;
    struct slice *value = arena_array(making->arena, count_literals(making), sizeof *value);

    if (!value)
        return ERROR_MEMORY;
    domain->value = value;
    domain->open = allowed->count == 0;
    for (size_t i = 0; i < allowed->count; i++)
        add_text(making, NULL, &allowed->test[i]);
    if (domain->open)
        visit_name(making, add_text);
    if (allowed->negated || (!domain->open && domain->value_count != allowed->count))
        misfit(making, NULL, "the list of values must name each text once");
    if (domain->value_count == 0)
        value[domain->value_count++] = slice_of("", 0);
    find_unknown(domain);
    making->column->slot_count = domain->value_count + (domain->open ? 1 : 0);
    return OK;
}

static void make_boolean(struct making *making)
{
    struct rule_domain *domain = &making->column->domain;

    domain->value = truth_names;
    domain->value_count = 2;
    domain->unknown = -1;
    making->column->slot_count = 2;
}

static void widen_scale(struct making *making, const struct dmn_rule *rule, const struct cell_test *test)
{
    struct rule_domain *domain = &making->column->domain;

    (void)rule;
    if (test->value.kind == CELL_NUMBER && test->value.scale > domain->scale)
        domain->scale = test->value.scale;
    if (test->relation == CELL_WITHIN && test->high.scale > domain->scale)
        domain->scale = test->high.scale;
}

/* A literal as values of the domain are (rule_set.h, enum rule_kind). Literals have at most 17 digits, so only the
 * scale can carry one past the limit. */
static bool encode(const struct rule_domain *domain, const struct cell_value *value, int64_t *ret)
{
    int64_t number = value->digits;

    if (value->scale > domain->scale)
        return false;
    for (int i = value->scale; i < domain->scale; i++)
        if (__builtin_mul_overflow(number, 10, &number))
            return false;
    if (domain->kind == RULE_DECIMAL && __builtin_mul_overflow(number, 2, &number))
        return false;
    *ret = number;
    return number > -FORMAT_NUMBER_MAX && number < FORMAT_NUMBER_MAX;
}

static void apply_allowed(struct making *making, const struct cell_test *test)
{
    struct rule_domain *domain = &making->column->domain;
    bool closed_range = test->relation == CELL_WITHIN && !test->low_open && !test->high_open;

    if (test->relation == CELL_EQUAL && test->value.kind == CELL_NULL)
        domain->nullable = true;
    else if (!closed_range || !encode(domain, &test->value, &domain->minimum) ||
             !encode(domain, &test->high, &domain->maximum))
        misfit(making, NULL, "the values of a number are one closed range, and null where unknown is allowed");
}

/* First values of the intervals that one test begins or ends. */
static size_t test_starts(const struct rule_domain *domain, const struct cell_test *test, int64_t start[2])
{
    int64_t value, high;

    if (!cell_is_number(test->value.kind) || !encode(domain, &test->value, &value))
        return 0;
    switch (test->relation) {
    case CELL_LESS:
    case CELL_AT_LEAST:
        start[0] = value;
        return 1;
    case CELL_AT_MOST:
    case CELL_GREATER:
        start[0] = value + 1;
        return 1;
    case CELL_EQUAL:
        start[0] = value;
        start[1] = value + 1;
        return 2;
    default:
        if (!encode(domain, &test->high, &high))
            return 0;
        start[0] = value + (test->low_open ? 1 : 0);
        start[1] = high + (test->high_open ? 0 : 1);
        return 2;
    }
}

static int compare_starts(const void *a, const void *b)
{
    int64_t left = *(const int64_t *)a, right = *(const int64_t *)b;

    return (left > right) - (left < right);
}

static uint32_t sort_unique(int64_t *start, size_t count)
{
    uint32_t kept = 0;

    qsort(start, count, sizeof *start, compare_starts);
    for (size_t i = 0; i < count; i++)
        if (kept == 0 || start[i] != start[kept - 1])
            start[kept++] = start[i];
    return kept;
}

static enum error find_starts(struct making *making)
{
    const struct rule_domain *domain = &making->column->domain;
    int64_t *start = arena_array(making->arena, 2 * count_literals(making), sizeof *start);
    size_t count = 0;

    if (!start)
        return ERROR_MEMORY;
    start[count++] = domain->minimum;
    for (uint32_t r = 0; r < making->decision->rule_count; r++) {
        const struct cell_tests *tests = &making->decision->rule[r].test[making->input];
        for (size_t i = 0; i < tests->count; i++) {
            int64_t found[2];
            size_t ends = test_starts(domain, &tests->test[i], found);
            for (size_t k = 0; k < ends; k++)
                if (found[k] > domain->minimum && found[k] <= domain->maximum)
                    start[count++] = found[k];
        }
    }
    making->column->start = start;
    making->column->slot_count = sort_unique(start, count) + (domain->nullable ? 1 : 0);
    return OK;
}

static void check_size(struct making *making, const struct dmn_rule *rule, const struct cell_test *test)
{
    int64_t encoded;

    if ((cell_is_number(test->value.kind) && !encode(&making->column->domain, &test->value, &encoded)) ||
        (test->relation == CELL_WITHIN && !encode(&making->column->domain, &test->high, &encoded)))
        misfit(making, rule, "a number is too large, or has decimals where only whole numbers are allowed");
}

static enum error make_number(struct making *making)
{
    struct rule_domain *domain = &making->column->domain;
    const struct cell_tests *allowed = &making->clause->allowed;

    domain->minimum = -FORMAT_NUMBER_MAX;
    domain->maximum = FORMAT_NUMBER_MAX;
    domain->unknown = -1;
    if (domain->kind == RULE_DECIMAL) {
        visit_name(making, widen_scale);
        for (size_t i = 0; i < allowed->count; i++)
            widen_scale(making, NULL, &allowed->test[i]);
    }
    for (size_t i = 0; i < allowed->count; i++)
        apply_allowed(making, &allowed->test[i]);
    if (allowed->negated || domain->minimum > domain->maximum)
        misfit(making, NULL, "the range of a number is impossible");
    visit_cells(making, check_size);
    return find_starts(making);
}

static void check_kind(struct making *making, const struct dmn_rule *rule, const struct cell_test *test)
{
    static const enum cell_kind wanted[] = {[RULE_TEXT] = CELL_STRING,
                                            [RULE_BOOLEAN] = CELL_BOOLEAN,
                                            [RULE_INTEGER] = CELL_NUMBER,
                                            [RULE_DECIMAL] = CELL_NUMBER,
                                            [RULE_DATE] = CELL_DATE};
    const struct rule_domain *domain = &making->column->domain;

    if (test->value.kind == CELL_NULL && !domain->nullable)
        misfit(making, rule, "null is not among the values of the column");
    else if (test->value.kind != CELL_NULL && test->value.kind != wanted[domain->kind])
        misfit(making, rule, "the cell is of another type than its column");
}

/* A column without a list of its own takes that of the output which feeds it. */
static struct dmn_clause effective_clause(const struct dmn_model *model, const struct dmn_clause *clause,
                                          struct column *column)
{
    struct dmn_clause effective = *clause;
    struct dmn_feed feed;

    column->fed_decision = -1;
    if (!dmn_feeder(model, clause->name, &feed) || feed.output == DMN_NO_OUTPUT)
        return effective;
    const struct dmn_clause *output = &model->decision[feed.decision].output[feed.output];
    column->fed_decision = (int32_t)feed.decision;
    column->fed_output = feed.output;
    if (effective.allowed.count == 0 && output->type != DMN_NUMBER && output->type != DMN_DATE)
        effective.allowed = output->allowed;
    if (effective.type == DMN_UNTYPED)
        effective.type = output->type;
    return effective;
}

enum error column_make(struct arena *arena, const struct dmn_model *model, const struct dmn_decision *decision,
                       uint32_t input, bool whole, struct report *report, struct column *ret_column, bool *ret_fits)
{
    struct column column = {.name = decision->input[input].name};
    struct dmn_clause clause = effective_clause(model, &decision->input[input], &column);
    struct making making = {arena, model, decision, &clause, input, report, &column, 0, true};
    enum error error = OK;

    if (!kind_of_column(&making, whole, &column.domain.kind))
        misfit(&making, NULL, "the type of the input is not supported");
    else if (column.domain.kind == RULE_TEXT)
        error = make_text(&making);
    else if (column.domain.kind == RULE_BOOLEAN)
        make_boolean(&making);
    else
        error = make_number(&making);
    visit_cells(&making, check_kind);
    if (column.slot_count > RULE_VALUES_MAX)
        misfit(&making, NULL, "the column tells too many values apart");
    *ret_column = column;
    *ret_fits = making.fits;
    return error;
}

static bool number_passes(const struct rule_domain *domain, const struct cell_test *test, int64_t number)
{
    int64_t value, high;

    if (!cell_is_number(test->value.kind) || !encode(domain, &test->value, &value))
        return false;
    switch (test->relation) {
    case CELL_EQUAL:
        return number == value;
    case CELL_LESS:
        return number < value;
    case CELL_AT_MOST:
        return number <= value;
    case CELL_GREATER:
        return number > value;
    case CELL_AT_LEAST:
        return number >= value;
    default:
        return encode(domain, &test->high, &high) && (test->low_open ? number > value : number >= value) &&
               (test->high_open ? number < high : number <= high);
    }
}

static bool any_number_passes(const struct column *column, const struct cell_tests *tests, uint32_t slot)
{
    for (size_t i = 0; i < tests->count; i++)
        if (number_passes(&column->domain, &tests->test[i], column->start[slot]))
            return true;
    return false;
}

static bool names_null(const struct cell_tests *tests)
{
    for (size_t i = 0; i < tests->count; i++)
        if (tests->test[i].value.kind == CELL_NULL)
            return true;
    return false;
}

static bool names_text(const struct column *column, const struct cell_tests *tests, uint32_t slot)
{
    /* The slot past the list is any other text, which no cell can name. */
    if (slot == column->domain.value_count)
        return false;
    for (size_t i = 0; i < tests->count; i++)
        if (tests->test[i].value.kind != CELL_NULL &&
            slice_equal(tests->test[i].value.text, column->domain.value[slot]))
            return true;
    return false;
}

bool column_passes(const struct column *column, const struct cell_tests *tests, uint32_t slot)
{
    const struct rule_domain *domain = &column->domain;

    if (tests->count == 0)
        return true;
    if (domain->kind == RULE_TEXT || domain->kind == RULE_BOOLEAN)
        return names_text(column, tests, slot) != tests->negated;
    /* What is not known is let pass only where the cell says so: not(< 18) must not silently mean "or unknown". */
    if (domain->nullable && slot == column->slot_count - 1)
        return !tests->negated && names_null(tests);
    return any_number_passes(column, tests, slot) != tests->negated;
}
