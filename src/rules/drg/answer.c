/* SPDX-License-Identifier: Apache-2.0 */
#include "answer.h"

#include "json.h"

#define NAMES_BYTES_MAX 180 /* of decisions to choose from, in a message */

/* ---- what is asked ---- */

static bool *required_by_others(struct arena *arena, const struct drg_model *model)
{
    bool *required = arena_array(arena, model->node_count, sizeof *required);

    for (size_t i = 0; required && i < model->node_count; i++)
        for (size_t n = 0; n < model->node[i].need_count; n++)
            required[model->node[i].need[n].node->number] = true;
    return required;
}

static enum error list_names(const struct drg_model *model, struct fault *fault)
{
    CLEANUP_BUFFER struct buffer names = buffer_new(NAMES_BYTES_MAX);

    for (size_t i = 0; i < model->node_count; i++)
        if (model->node[i].kind == DRG_DECISION && model->node[i].unit == 0)
            buffer_format(&names, "%s%.*s", names.length ? ", " : "", SLICE_PRINT(model->node[i].name));
    return fault_set(fault, ERROR_USAGE, "Name one of the decisions: %.*s%s.", SLICE_PRINT(buffer_view(&names)),
                     buffer_check(&names) == OK ? "" : " …");
}

/* The only decision of the first file that no other node requires; NULL: there is none, or several. */
static const struct drg_node *the_last(const struct drg_model *model, const bool *required)
{
    const struct drg_node *found = NULL;

    for (size_t i = 0; i < model->node_count; i++) {
        const struct drg_node *node = &model->node[i];
        if (node->kind != DRG_DECISION || node->unit != 0 || required[i])
            continue;
        if (found)
            return NULL;
        found = node;
    }
    return found;
}

static const struct drg_node *by_name(const struct drg_model *model, struct slice name)
{
    const struct drg_node *decision = drg_find(model, DRG_DECISION, slice_of("", 0), name);

    return decision ? decision : drg_find(model, DRG_SERVICE, slice_of("", 0), name);
}

/* ---- what it rests on ---- */

struct search {
    const struct drg_node *asked;
    bool *seen;
    size_t waiting_count, input_count;
    const struct drg_node **waiting, **input;
};

static void wait_for(struct search *search, const struct drg_node *node)
{
    if (search->seen[node->number])
        return;
    search->seen[node->number] = true;
    search->waiting[search->waiting_count++] = node;
}

static const struct drg_node *next_of(struct search *search)
{
    const struct drg_node *node = search->waiting[--search->waiting_count];

    for (size_t i = 0; i < node->need_count; i++)
        wait_for(search, node->need[i].node);
    for (size_t i = 0; i < node->output_count; i++)
        wait_for(search, node->output[i].node);
    return node;
}

static enum error refuse_broken(struct search *search, struct fault *fault)
{
    wait_for(search, search->asked);
    while (search->waiting_count > 0) {
        const struct drg_node *node = next_of(search);
        if (node->broken)
            return fault_set(fault, ERROR_SYNTAX, "`%.*s`, at line %u, cannot be read.", SLICE_PRINT(node->name),
                             node->line);
    }
    return OK;
}

/* Input data of a service that is called within are its arguments, and not asked for; those of a service that is asked
 * for itself are all there is. */
static void gather_inputs(struct search *search)
{
    const struct drg_node *asked = search->asked;

    if (asked->kind == DRG_SERVICE) {
        for (size_t i = 0; i < asked->function.parameter_count; i++)
            search->input[search->input_count++] = asked->argument[i];
        return;
    }
    wait_for(search, asked);
    while (search->waiting_count > 0) {
        const struct drg_node *node = search->waiting[search->waiting_count - 1];
        if (node->kind == DRG_SERVICE) {
            search->waiting_count--;
            continue;
        }
        next_of(search);
        if (node->kind == DRG_INPUT)
            search->input[search->input_count++] = node;
    }
}

static enum error search_new(struct arena *arena, const struct drg_model *model, const struct drg_node *asked,
                             struct search *ret)
{
    /* A service's parameters may name one node several times. */
    size_t room = model->node_count + asked->function.parameter_count;

    *ret = (struct search){.asked = asked,
                           .seen = arena_array(arena, model->node_count, sizeof(bool)),
                           .waiting = arena_array(arena, model->node_count, sizeof(struct drg_node *)),
                           .input = arena_array(arena, room, sizeof(struct drg_node *))};
    return ret->seen && ret->waiting && ret->input ? OK : ERROR_MEMORY;
}

static enum error find_known(struct arena *arena, const struct drg_model *model, struct drg_question *into)
{
    const struct drg_node **known = arena_array(arena, DRG_INPUTS_MAX, sizeof *known);

    if (!known)
        return ERROR_MEMORY;
    for (size_t i = 0; i < model->node_count; i++)
        if (model->node[i].kind == DRG_INPUT)
            known[into->known_count++] = &model->node[i];
    into->known = known;
    return OK;
}

enum error drg_ask(struct arena *arena, const struct drg_model *model, struct slice name, struct drg_question *ret,
                   struct fault *fault)
{
    const bool *required = required_by_others(arena, model);
    struct search search;

    if (!required)
        return ERROR_MEMORY;
    const struct drg_node *asked = name.length > 0 ? by_name(model, name) : the_last(model, required);
    if (!asked)
        return list_names(model, fault);
    TRY(search_new(arena, model, asked, &search));
    TRY(refuse_broken(&search, fault));
    TRY(search_new(arena, model, asked, &search));
    gather_inputs(&search);
    struct drg_question question = {
        .model = model, .asked = asked, .input_count = search.input_count, .input = search.input};
    TRY(find_known(arena, model, &question));
    *ret = question;
    return OK;
}

/* ---- the answer ---- */

static bool has_name(const struct drg_node *const *node, size_t count, struct slice name)
{
    for (size_t i = 0; i < count; i++)
        if (slice_equal(node[i]->name, name))
            return true;
    return false;
}

static enum error refuse_strangers(const struct drg_question *question, const struct json *inputs, struct fault *fault)
{
    for (struct json_items i = json_items(inputs); json_next(&i);)
        if (!has_name(question->known, question->known_count, i.key) &&
            !has_name(question->input, question->input_count, i.key))
            return fault_set(fault, ERROR_VALUE, "The model has no input `%.*s`.", SLICE_PRINT(i.key));
    return OK;
}

static enum error give_inputs(struct drg_run *run, const struct drg_question *question, const struct json *inputs,
                              struct fault *fault)
{
    if (json_kind(inputs) != JSON_OBJECT)
        return fault_set(fault, ERROR_JSON, "The inputs are not one JSON object.");
    TRY(refuse_strangers(question, inputs, fault));
    for (size_t i = 0; i < question->input_count; i++) {
        const struct drg_node *node = question->input[i];
        const struct json *json = json_member_slice(inputs, node->name);
        struct feel_value value;
        bool fits;
        if (json_kind(json) == JSON_ABSENT)
            return fault_set(fault, ERROR_REQUIRED, "The input `%.*s` is missing; null says that it is not known.",
                             SLICE_PRINT(node->name));
        TRY(drg_from_json(&run->feel, node->name, node->type, json, &value, fault));
        TRY(drg_give(run, node, value, &fits));
    }
    return OK;
}

static enum error join_notes(const struct feel_run *run, struct slice *ret)
{
    *ret = slice_of("", 0);
    for (size_t i = 0; i < run->note_count; i++) {
        *ret = arena_format(run->arena, "%.*s%s%.*s", SLICE_PRINT(*ret), i ? "; " : "", SLICE_PRINT(run->note[i]));
        if (!ret->data)
            return ERROR_MEMORY;
    }
    return OK;
}

enum error drg_answer(struct arena *scratch, const struct drg_question *question, struct slice inputs, int64_t now_ms,
                      struct buffer *into, bool *ret_null, struct slice *ret_notes, struct fault *fault)
{
    struct feel_value value;
    const struct json *root;
    struct drg_run run;

    TRY(drg_run_start(&run, scratch, question->model, now_ms));
    TRY(json_parse(scratch, inputs, &root, fault));
    TRY(give_inputs(&run, question, root, fault));
    if (question->asked->kind == DRG_SERVICE)
        TRY(drg_call_service(&run, question->asked, &value));
    else
        TRY(drg_decide(&run, question->asked, &value));
    TRY(join_notes(&run.feel, ret_notes));
    feel_write_json(into, question->model->names, value);
    *ret_null = value.kind == FEEL_NULL;
    return buffer_check(into);
}
