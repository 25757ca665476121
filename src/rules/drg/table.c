/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE

/* Decision tables (DMN 1.5, 10.3.2.10 and 8.2.10): which rules match, then what the hit policy makes of them.
 *
 * Where the standard leaves a result undefined (two rules of a UNIQUE table, rules of an ANY table that disagree), it
 * is null: never one of the two. */

#include <stdlib.h>

#include "evaluate.h"
#include "rules/feel/builtin.h"

struct hit {
    const struct drg_rule *rule;
    size_t number;
    struct feel_value value;
    size_t *rank; /* one an output */
};

struct matching {
    struct drg_run *run;
    const struct drg_table *table;
    const struct feel_frame *frame;
    struct feel_value *input;
    bool *allowed; /* is the input among its clause's values? */
    size_t count;
    struct hit *hit;
};

static enum error passes(struct matching *matching, const struct feel_node *tests, struct feel_value value, bool *ret)
{
    enum feel_truth truth;

    TRY(feel_passes(&matching->run->feel, tests, value, matching->frame, &truth));
    *ret = truth == FEEL_TRUE;
    return OK;
}

static enum error evaluate_inputs(struct matching *matching)
{
    const struct drg_table *table = matching->table;
    struct arena *arena = matching->run->feel.arena;

    matching->input = arena_array(arena, table->input_count, sizeof *matching->input);
    matching->allowed = arena_array(arena, table->input_count, sizeof *matching->allowed);
    if (!matching->input || !matching->allowed)
        return ERROR_MEMORY;
    for (size_t i = 0; i < table->input_count; i++) {
        TRY(drg_evaluate(matching->run, table->input[i].expression, matching->frame, &matching->input[i]));
        matching->allowed[i] = true;
        if (table->input[i].allowed)
            TRY(passes(matching, table->input[i].allowed, matching->input[i], &matching->allowed[i]));
    }
    return OK;
}

/* `-` lets every value pass that the clause allows. */
static bool is_any(const struct feel_node *tests)
{
    return tests->child_count == 0 && !tests->negated;
}

static enum error rule_matches(struct matching *matching, const struct drg_rule *rule, bool *ret)
{
    *ret = true;
    for (size_t i = 0; i < matching->table->input_count && *ret; i++) {
        if (is_any(rule->test[i]))
            *ret = matching->allowed[i];
        else
            TRY(passes(matching, rule->test[i], matching->input[i], ret));
    }
    return OK;
}

/* FIRST needs no more than one hit, UNIQUE no more than two. */
static size_t hits_wanted(const struct drg_table *table)
{
    if (table->hit_policy == DRG_FIRST)
        return 1;
    return table->hit_policy == DRG_UNIQUE ? 2 : SIZE_MAX;
}

static enum error add_hit(struct matching *matching, size_t rule, size_t *room)
{
    if (matching->count == *room) {
        size_t more = *room ? 2 * *room : 4;
        struct hit *hit = arena_array(matching->run->feel.arena, more, sizeof *hit);
        if (!hit)
            return ERROR_MEMORY;
        if (matching->count)
            memcpy(hit, matching->hit, matching->count * sizeof *hit);
        matching->hit = hit;
        *room = more;
    }
    matching->hit[matching->count++] = (struct hit){.rule = &matching->table->rule[rule], .number = rule};
    return OK;
}

static enum error match_rules(struct matching *matching)
{
    size_t wanted = hits_wanted(matching->table), room = 0;
    bool matches;

    for (size_t r = 0; r < matching->table->rule_count && matching->count < wanted; r++) {
        TRY(rule_matches(matching, &matching->table->rule[r], &matches));
        if (matches)
            TRY(add_hit(matching, r, &room));
    }
    return OK;
}

/* ---- outputs ---- */

/* One value, or a context of several. `expression`: one an output; NULL: null. */
static enum error evaluate_outputs(struct matching *matching, const struct drg_expression *const *expression,
                                   struct feel_entry **ret_entry, struct feel_value *ret)
{
    const struct drg_table *table = matching->table;
    struct drg_run *run = matching->run;
    struct feel_entry *entry = arena_array(run->feel.arena, table->output_count, sizeof *entry);
    struct feel_context *context = arena_alloc(run->feel.arena, sizeof *context);

    if (!entry || !context)
        return ERROR_MEMORY;
    for (size_t o = 0; o < table->output_count; o++) {
        entry[o].name = table->output[o].name;
        if (expression[o])
            TRY(drg_evaluate(run, expression[o], matching->frame, &entry[o].value));
        TRY(feel_coerce(&run->feel, entry[o].value, table->output[o].type, &entry[o].value));
    }
    *context = (struct feel_context){table->output_count, entry};
    *ret_entry = entry;
    *ret = table->output_count == 1 ? entry[0].value : (struct feel_value){.kind = FEEL_CONTEXT, .context = context};
    return OK;
}

static enum error default_outputs(struct matching *matching, struct feel_value *ret)
{
    const struct drg_table *table = matching->table;
    const struct drg_expression **expression = arena_array(matching->run->feel.arena, table->output_count,
                                                           sizeof(struct drg_expression *));
    struct feel_entry *entry;
    bool any = false;

    if (!expression)
        return ERROR_MEMORY;
    for (size_t o = 0; o < table->output_count; o++) {
        expression[o] = table->output[o].fallback;
        any = any || expression[o];
    }
    *ret = feel_null();
    return any ? evaluate_outputs(matching, expression, &entry, ret) : OK;
}

/* A value's place in the list of its output; one that is not there comes last. */
static enum error rank_of(struct matching *matching, const struct drg_output *output, struct feel_value value,
                          size_t *ret)
{
    bool found = false;

    for (*ret = 0; *ret < output->priority_count; ++*ret) {
        TRY(passes(matching, &output->priority[*ret], value, &found));
        if (found)
            break;
    }
    return OK;
}

static enum error evaluate_hit(struct matching *matching, struct hit *hit)
{
    const struct drg_table *table = matching->table;
    struct feel_entry *entry;

    TRY(evaluate_outputs(matching, hit->rule->output, &entry, &hit->value));
    if (table->hit_policy != DRG_PRIORITY && table->hit_policy != DRG_OUTPUT_ORDER)
        return OK;
    hit->rank = arena_array(matching->run->feel.arena, table->output_count, sizeof *hit->rank);
    if (!hit->rank)
        return ERROR_MEMORY;
    for (size_t o = 0; o < table->output_count; o++)
        TRY(rank_of(matching, &table->output[o], entry[o].value, &hit->rank[o]));
    return OK;
}

/* ---- hit policies ---- */

/* Outputs count from left to right; among equals the order of the rules. */
static int by_rank(const void *a, const void *b, void *table)
{
    const struct hit *left = a, *right = b;
    const struct drg_table *of = table;

    for (size_t o = 0; o < of->output_count; o++)
        if (left->rank[o] != right->rank[o])
            return left->rank[o] < right->rank[o] ? -1 : 1;
    return left->number < right->number ? -1 : left->number > right->number;
}

static void sort_hits(struct matching *matching)
{
    struct drg_table table = *matching->table;

    qsort_r(matching->hit, matching->count, sizeof *matching->hit, by_rank, &table);
}

static bool all_agree(const struct matching *matching)
{
    for (size_t i = 1; i < matching->count; i++)
        if (feel_equal(matching->hit[0].value, matching->hit[i].value) != FEEL_TRUE)
            return false;
    return true;
}

static enum error list_of_hits(struct matching *matching, struct feel_value *ret)
{
    struct feel_value *item = arena_array(matching->run->feel.arena, matching->count, sizeof *item);

    if (!item)
        return ERROR_MEMORY;
    for (size_t i = 0; i < matching->count; i++)
        item[i] = matching->hit[i].value;
    return feel_list(matching->run->feel.arena, item, matching->count, ret);
}

/* Aggregations are the built-in functions of these names; over several outputs there are none. */
static enum error aggregate(struct matching *matching, const char *name, struct feel_value *ret)
{
    size_t count;
    const struct feel_builtin *builtin = feel_builtins(&count);
    int number = feel_builtin_find(slice_from_string(name));
    struct feel_value list;

    *ret = feel_null();
    if (matching->table->output_count > 1 || number < 0) {
        feel_note(&matching->run->feel, "several outputs cannot be aggregated");
        return OK;
    }
    TRY(list_of_hits(matching, &list));
    return builtin[number].call(&matching->run->feel, &list, 1, ret);
}

static enum error one_of(struct matching *matching, bool certain, struct feel_value *ret)
{
    if (!certain)
        feel_note(&matching->run->feel, "several rules match (lines %u and %u) that the hit policy cannot choose from",
                  matching->hit[0].rule->line, matching->hit[1].rule->line);
    *ret = certain ? matching->hit[0].value : feel_null();
    return OK;
}

static enum error apply_policy(struct matching *matching, struct feel_value *ret)
{
    switch (matching->table->hit_policy) {
    case DRG_UNIQUE:
        return one_of(matching, matching->count == 1, ret);
    case DRG_ANY:
        return one_of(matching, all_agree(matching), ret);
    case DRG_PRIORITY:
        sort_hits(matching);
        return one_of(matching, true, ret);
    case DRG_FIRST:
        return one_of(matching, true, ret);
    case DRG_OUTPUT_ORDER:
        sort_hits(matching);
        return list_of_hits(matching, ret);
    case DRG_RULE_ORDER:
    case DRG_COLLECT:
        return list_of_hits(matching, ret);
    case DRG_COLLECT_SUM:
        return aggregate(matching, "sum", ret);
    case DRG_COLLECT_MIN:
        return aggregate(matching, "min", ret);
    case DRG_COLLECT_MAX:
        return aggregate(matching, "max", ret);
    case DRG_COLLECT_COUNT:
        return aggregate(matching, "count", ret);
    }
    return ERROR_INTERNAL;
}

enum error drg_evaluate_table(struct drg_run *run, const struct drg_table *table, const struct feel_frame *frame,
                              struct feel_value *ret)
{
    struct matching matching = {.run = run, .table = table, .frame = frame};

    TRY(evaluate_inputs(&matching));
    TRY(match_rules(&matching));
    if (matching.count == 0)
        return default_outputs(&matching, ret);
    for (size_t i = 0; i < matching.count; i++)
        TRY(evaluate_hit(&matching, &matching.hit[i]));
    return apply_policy(&matching, ret);
}
