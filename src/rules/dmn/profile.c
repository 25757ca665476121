/* SPDX-License-Identifier: Apache-2.0 */
#include "profile.h"

#include "rules/format.h"

struct check {
    const struct dmn_model *model;
    const struct pack *pack;
    struct report *report;
    const struct dmn_decision *decision;
};

static struct report_place clause_place(const struct check *check, const struct dmn_clause *clause)
{
    return (struct report_place){.line = clause->line, .decision = check->decision->name, .clause = clause->name};
}

static struct report_place row_place(const struct check *check, const struct dmn_rule *rule, struct slice clause)
{
    return (struct report_place){.line = rule->line,
                                 .decision = check->decision->name,
                                 .row = (uint32_t)(rule - check->decision->rule) + 1,
                                 .row_id = rule->id,
                                 .clause = clause};
}

static bool lists(const struct cell_tests *allowed, struct slice text)
{
    for (size_t i = 0; i < allowed->count; i++)
        if (slice_equal(allowed->test[i].value.text, text))
            return true;
    return false;
}

static bool is_closed_list(const struct cell_tests *allowed)
{
    if (allowed->negated || allowed->count == 0)
        return false;
    for (size_t i = 0; i < allowed->count; i++)
        if (allowed->test[i].relation != CELL_EQUAL || allowed->test[i].value.kind != CELL_STRING)
            return false;
    return true;
}

static bool is_whole_range(const struct cell_test *test)
{
    return test->relation == CELL_WITHIN && !test->low_open && !test->high_open && test->value.scale == 0 &&
           test->high.scale == 0;
}

/* `[0..120]`, with `null` beside it where unknown is allowed. */
static bool is_closed_range(const struct cell_tests *allowed)
{
    size_t ranges = 0;

    for (size_t i = 0; i < allowed->count; i++) {
        const struct cell_test *test = &allowed->test[i];
        if (is_whole_range(test))
            ranges++;
        else if (test->relation != CELL_EQUAL || test->value.kind != CELL_NULL)
            return false;
    }
    return !allowed->negated && ranges == 1;
}

static void check_fact(const struct check *check, const struct dmn_clause *clause)
{
    struct report_place place = clause_place(check, clause);

    if (clause->type == DMN_STRING && !is_closed_list(&clause->allowed))
        report_add(check->report, &place, "the input needs a closed list of values");
    else if (clause->type == DMN_NUMBER && !is_closed_range(&clause->allowed))
        report_add(check->report, &place, "the input needs one closed range of whole numbers, such as null, [0..120]");
    else if (clause->type == DMN_DATE && !is_closed_range(&clause->allowed))
        report_add(check->report, &place, "the input needs one closed range of days");
    else if (clause->type == DMN_BOOLEAN)
        report_add(check->report, &place, "true and false have no unknown: use \"yes\", \"no\", \"unknown\"");
    else if (clause->type != DMN_STRING && clause->type != DMN_NUMBER && clause->type != DMN_DATE)
        report_add(check->report, &place, "the input needs a type: string, number or date");
    else if (!lists(&clause->allowed, clause->type == DMN_STRING ? SLICE("unknown") : SLICE("null")) &&
             !pack_knows(check->pack, clause->name))
        report_add(check->report, &place, "the values need %s, or pack.json must list the fact under `known`",
                   clause->type == DMN_STRING ? "\"unknown\"" : "null");
}

static void check_input(const struct check *check, const struct dmn_clause *clause)
{
    struct dmn_feed feed;

    if (!dmn_feeder(check->model, clause->name, &feed)) {
        check_fact(check, clause);
        return;
    }
    struct report_place place = clause_place(check, clause);
    if (feed.output == DMN_NO_OUTPUT)
        report_add(check->report, &place, "the decision has several outputs: write `decision.output`");
    else if (slice_is(check->model->decision[feed.decision].hit_policy, "COLLECT"))
        report_add(check->report, &place, "a collected list cannot feed an input");
}

static void check_output(const struct check *check, const struct dmn_clause *clause)
{
    struct report_place place = clause_place(check, clause);

    if (!is_closed_list(&clause->allowed))
        report_add(check->report, &place, "the output needs a closed list of values");
}

/* What a cell may speak of: the column's own list, or the list of the output that feeds it. */
static const struct cell_tests *allowed_of(const struct check *check, const struct dmn_clause *clause)
{
    struct dmn_feed feed;

    if (clause->allowed.count == 0 && dmn_feeder(check->model, clause->name, &feed) && feed.output != DMN_NO_OUTPUT)
        return &check->model->decision[feed.decision].output[feed.output].allowed;
    return &clause->allowed;
}

static bool in_range(const struct cell_tests *allowed, int64_t number)
{
    for (size_t i = 0; i < allowed->count; i++)
        if (is_whole_range(&allowed->test[i]))
            return number >= allowed->test[i].value.digits && number <= allowed->test[i].high.digits;
    return false;
}

static void check_literal(const struct check *check, const struct dmn_rule *rule, const struct dmn_clause *clause,
                          const struct cell_value *value)
{
    struct report_place place = row_place(check, rule, clause->name);
    const struct cell_tests *allowed = allowed_of(check, clause);

    if (value->kind == CELL_NUMBER && value->scale > 0)
        report_add(check->report, &place, "%.*s is no whole number", SLICE_PRINT(value->text));
    else if (cell_is_number(value->kind) ? !in_range(allowed, value->digits) : !lists(allowed, value->text))
        report_add(check->report, &place, "%.*s is not among the values of the column", SLICE_PRINT(value->text));
}

/* In FEEL null = 4 is false, so not(4) lets the unknown pass, and not(> 4) does not: nobody should have to know. */
static bool passes_unknown_by_silence(const struct check *check, const struct dmn_clause *clause,
                                      const struct cell_tests *tests)
{
    bool equals = false, names_null = false;

    if (!tests->negated || !lists(allowed_of(check, clause), SLICE("null")))
        return false;
    for (size_t i = 0; i < tests->count; i++) {
        names_null |= tests->test[i].value.kind == CELL_NULL;
        equals |= tests->test[i].relation == CELL_EQUAL && cell_is_number(tests->test[i].value.kind);
    }
    return equals && !names_null;
}

static void check_row_inputs(const struct check *check, const struct dmn_rule *rule)
{
    for (uint32_t i = 0; i < check->decision->input_count; i++) {
        const struct dmn_clause *clause = &check->decision->input[i];
        const struct cell_tests *tests = &rule->test[i];
        if (tests->empty) {
            struct report_place place = row_place(check, rule, clause->name);
            report_add(check->report, &place, "the cell is empty: write - where it does not matter");
        }
        if (passes_unknown_by_silence(check, clause, tests)) {
            struct report_place place = row_place(check, rule, clause->name);
            report_add(check->report, &place, "not(…) with a number says nothing of null: write not(null, …)");
        }
        for (size_t k = 0; k < tests->count; k++) {
            check_literal(check, rule, clause, &tests->test[k].value);
            if (tests->test[k].relation == CELL_WITHIN)
                check_literal(check, rule, clause, &tests->test[k].high);
        }
    }
}

static void check_row_outputs(const struct check *check, const struct dmn_rule *rule)
{
    for (uint32_t i = 0; i < check->decision->output_count; i++) {
        const struct dmn_clause *clause = &check->decision->output[i];
        if (rule->value[i].kind == CELL_STRING && lists(&clause->allowed, rule->value[i].text))
            continue;
        struct report_place place = row_place(check, rule, clause->name);
        report_add(check->report, &place, "%.*s is not among the values of the output",
                   SLICE_PRINT(rule->value[i].text));
    }
}

/* What is warned of must be told in words; pack.json has them. */
static void check_row_warning(const struct check *check, const struct dmn_rule *rule)
{
    struct report_place place = row_place(check, rule, check->decision->output[0].name);
    struct slice id = rule->value[0].text;
    struct rule_tell tell;

    if (!slice_is(id, RULE_WARNING_NONE) && !pack_warning(check->pack, id, &tell))
        report_add(check->report, &place, "pack.json does not say under `warnings` what %.*s tells", SLICE_PRINT(id));
}

static bool id_is_taken(const struct check *check, const struct dmn_rule *rule)
{
    for (const struct dmn_decision *d = check->model->decision; d <= check->decision; d++)
        for (uint32_t i = 0; i < d->rule_count && &d->rule[i] != rule; i++)
            if (slice_equal(d->rule[i].id, rule->id))
                return true;
    return false;
}

static void check_row(const struct check *check, const struct dmn_rule *rule)
{
    struct report_place place = row_place(check, rule, slice_of("", 0));

    if (rule->id.length == 0)
        report_add(check->report, &place, "the row has no id");
    else if (id_is_taken(check, rule))
        report_add(check->report, &place, "the row's id is taken by another row");
    check_row_inputs(check, rule);
    check_row_outputs(check, rule);
    if (slice_is(check->decision->name, RULE_WARNING) && check->decision->output_count > 0)
        check_row_warning(check, rule);
}

static void check_decision(const struct check *check)
{
    const struct dmn_decision *decision = check->decision;
    const struct report_place place = {.line = decision->line, .decision = decision->name};
    enum rule_hit_policy policy;

    if (!format_hit_policy_of(decision->hit_policy, &policy))
        report_add(check->report, &place, "the hit policy %.*s is not UNIQUE, ANY, PRIORITY or COLLECT",
                   SLICE_PRINT(decision->hit_policy));
    if (decision->input_count > PROFILE_INPUTS_MAX)
        report_add(check->report, &place, "the table has %u inputs, at most %d are readable", decision->input_count,
                   PROFILE_INPUTS_MAX);
    for (uint32_t i = 0; i < decision->input_count; i++)
        check_input(check, &decision->input[i]);
    for (uint32_t i = 0; i < decision->output_count; i++)
        check_output(check, &decision->output[i]);
    for (uint32_t i = 0; i < decision->rule_count; i++)
        check_row(check, &decision->rule[i]);
}

void profile_check(const struct dmn_model *model, const struct pack *pack, struct report *report)
{
    struct check check = {.model = model, .pack = pack, .report = report};

    for (uint32_t i = 0; i < model->decision_count; i++) {
        check.decision = &model->decision[i];
        /* What could not be read is reported already. */
        if (check.decision->has_table && !check.decision->broken)
            check_decision(&check);
    }
}
