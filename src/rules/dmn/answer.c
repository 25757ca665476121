/* SPDX-License-Identifier: Apache-2.0 */
#include "answer.h"

#include "text/json.h"

static bool feeds_another(const struct rule_set *set, uint32_t number)
{
    for (uint32_t d = number + 1; d < set->decision_count; d++)
        for (uint32_t i = 0; i < set->decision[d].input_count; i++)
            if (set->decision[d].input[i].fed_decision == (int32_t)number)
                return true;
    return false;
}

static enum error list_names(const struct rule_set *set, struct fault *fault)
{
    CLEANUP_BUFFER struct buffer names = buffer_new(4096);

    for (uint32_t d = 0; d < set->decision_count; d++)
        buffer_format(&names, "%s%.*s", d ? ", " : "", SLICE_PRINT(set->decision[d].name));
    return fault_set(fault, ERROR_USAGE, "Name one of the decisions: %.*s.", SLICE_PRINT(buffer_view(&names)));
}

enum error answer_decision(const struct rule_set *set, struct slice name, const struct rule_decision **ret_decision,
                           struct fault *fault)
{
    const struct rule_decision *found = NULL;

    if (name.length > 0)
        found = rule_set_decision(set, name);
    for (uint32_t d = 0; name.length == 0 && d < set->decision_count; d++) {
        if (feeds_another(set, d))
            continue;
        if (found)
            return list_names(set, fault);
        found = &set->decision[d];
    }
    if (!found)
        return list_names(set, fault);
    *ret_decision = found;
    return OK;
}

static bool fits_kind(const struct rule_domain *domain, const struct json *value)
{
    switch (json_kind(value)) {
    case JSON_STRING:
        return domain->kind == RULE_TEXT || domain->kind == RULE_DATE || json_is(value, "unknown");
    case JSON_NUMBER:
        return domain->kind == RULE_INTEGER || domain->kind == RULE_DECIMAL;
    case JSON_BOOL:
        return domain->kind == RULE_BOOLEAN;
    default:
        return false;
    }
}

static struct slice value_text(const struct json *value)
{
    if (json_kind(value) == JSON_BOOL)
        return json_is_true(value) ? SLICE("true") : SLICE("false");
    return json_text(value);
}

static enum error read_fact(const struct rule_fact *fact, const struct json *value, int64_t *ret, struct fault *fault)
{
    bool missing = json_kind(value) == JSON_ABSENT || json_kind(value) == JSON_NULL;

    if (missing) {
        *ret = RULE_UNKNOWN;
        if (fact->domain.nullable || (fact->domain.kind == RULE_TEXT && fact->domain.unknown >= 0))
            return OK;
        return fault_set(fault, ERROR_REQUIRED, "The input `%.*s` is missing, and the model has no unknown for it.",
                         SLICE_PRINT(fact->name));
    }
    if (!fits_kind(&fact->domain, value) || rule_value_of(&fact->domain, value_text(value), ret) != OK)
        return fault_set(fault, ERROR_VALUE, "The input `%.*s` has a value that the model does not allow.",
                         SLICE_PRINT(fact->name));
    return OK;
}

static enum error refuse_strangers(const struct rule_set *set, const struct json *inputs, struct fault *fault)
{
    for (struct json_items i = json_items(inputs); json_next(&i);)
        if (rule_set_fact(set, i.key) < 0)
            return fault_set(fault, ERROR_VALUE, "The model has no input `%.*s`.", SLICE_PRINT(i.key));
    return OK;
}

static enum error read_facts(const struct rule_decision *decision, const struct json *inputs, int64_t *fact,
                             struct fault *fault)
{
    const struct rule_set *set = decision->set;
    uint64_t needed = decision->chain_facts;

    if (json_kind(inputs) != JSON_OBJECT)
        return fault_set(fault, ERROR_JSON, "The inputs are not one JSON object.");
    TRY(refuse_strangers(set, inputs, fault));
    for (uint32_t f = 0; f < set->fact_count; f++) {
        fact[f] = RULE_UNKNOWN;
        if (needed >> f & 1)
            TRY(read_fact(&set->fact[f], json_member_slice(inputs, set->fact[f].name), &fact[f], fault));
    }
    return OK;
}

static void write_value(struct json_writer *json, const struct rule_output *output, uint32_t value)
{
    if (output->kind == RULE_TEXT)
        json_string(json, output->value[value]);
    else
        json_raw(json, output->value[value]);
}

static void write_outputs(struct json_writer *json, const struct rule_decision *decision, const struct rule_row *row)
{
    if (decision->output_count == 1) {
        write_value(json, &decision->output[0], row->output[0]);
        return;
    }
    json_begin_object(json);
    for (uint32_t i = 0; i < decision->output_count; i++) {
        json_key_slice(json, decision->output[i].name);
        write_value(json, &decision->output[i], row->output[i]);
    }
    json_end_object(json);
}

static void write_result(struct json_writer *json, const struct rule_decision *decision,
                         const struct rule_result *result)
{
    if (decision->hit_policy != RULE_COLLECT) {
        if (result->row)
            write_outputs(json, decision, result->row);
        else
            json_null(json);
        return;
    }
    json_begin_array(json);
    for (uint32_t r = 0; r < decision->row_count; r++)
        if (rule_row_matched(decision, result, &decision->row[r]))
            write_outputs(json, decision, &decision->row[r]);
    json_end_array(json);
}

static void write_row(struct json_writer *json, const struct rule_row *row)
{
    json_member_string(json, "row", row->id);
    json_key(json, "number");
    json_integer(json, row->number);
    if (row->citation.source.length == 0)
        return;
    json_key(json, "citation");
    json_begin_object(json);
    json_member_string(json, "source", row->citation.source);
    json_member_string(json, "article", row->citation.article);
    json_member_string(json, "language", row->citation.language);
    json_member_string(json, "text", row->citation.text);
    json_end_object(json);
}

static void write_matching(struct json_writer *json, const struct rule_decision *decision,
                           const struct rule_result *result)
{
    json_key(json, "matching");
    json_begin_array(json);
    for (uint32_t r = 0; r < decision->row_count; r++)
        if (rule_row_matched(decision, result, &decision->row[r]))
            json_string(json, decision->row[r].id);
    json_end_array(json);
}

static void write_step(struct json_writer *json, const struct rule_decision *decision, const struct rule_result *result)
{
    json_begin_object(json);
    json_member_string(json, "decision", decision->name);
    json_key(json, "result");
    write_result(json, decision, result);
    if (result->row) {
        write_row(json, result->row);
        write_matching(json, decision, result);
    }
    json_end_object(json);
}

static void write_explained(struct json_writer *json, const struct rule_decision *decision,
                            const struct rule_result *results)
{
    json_begin_object(json);
    json_key(json, "result");
    write_result(json, decision, &results[decision->number]);
    json_key(json, "because");
    json_begin_array(json);
    for (uint32_t d = 0; d <= decision->number; d++)
        if (results[d].row)
            write_step(json, &decision->set->decision[d], &results[d]);
    json_end_array(json);
    json_end_object(json);
}

enum error answer_json(struct arena *scratch, const struct rule_decision *decision, struct slice inputs, bool explain,
                       struct buffer *into, enum error *ret_verdict, struct fault *fault)
{
    struct rule_result results[RULE_DECISIONS_MAX] = {0};
    struct json_writer json = json_writer(into);
    int64_t fact[RULE_FACTS_MAX];
    const struct json *root;

    TRY(json_parse(scratch, inputs, &root, fault));
    TRY(read_facts(decision, root, fact, fault));
    enum error verdict = rules_decide_chain(decision, fact, results);
    if (verdict != OK && verdict != ERROR_NO_ROW && verdict != ERROR_ROWS_DISAGREE)
        return verdict;
    if (verdict != OK)
        json_null(&json);
    else if (explain)
        write_explained(&json, decision, results);
    else
        write_result(&json, decision, &results[decision->number]);
    *ret_verdict = verdict;
    return buffer_check(into);
}
