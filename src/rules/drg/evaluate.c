/* SPDX-License-Identifier: Apache-2.0 */
#include "evaluate.h"

struct drg_run *drg_run_of(struct feel_run *feel)
{
    return (struct drg_run *)(void *)((char *)feel - offsetof(struct drg_run, feel));
}

static enum error new_scope(struct drg_run *run, struct drg_scope *ret)
{
    ret->known = arena_array(run->feel.arena, run->model->node_count, sizeof *ret->known);
    return ret->known ? OK : ERROR_MEMORY;
}

enum error drg_run_start(struct drg_run *run, struct arena *arena, const struct drg_model *model, int64_t now_ms)
{
    *run = (struct drg_run){.feel = feel_run(arena, model->names, now_ms), .model = model};
    return new_scope(run, &run->scope);
}

static enum error know(struct drg_run *run, const struct drg_scope *scope, const struct drg_node *node,
                       struct feel_value value)
{
    struct drg_known *known = &scope->known[node->number];

    TRY(feel_coerce(&run->feel, value, node->type, &known->value));
    known->known = true;
    if (known->value.kind == FEEL_NULL && value.kind != FEEL_NULL)
        feel_note(&run->feel, "the value of `%.*s` is not of its type", SLICE_PRINT(node->name));
    return OK;
}

enum error drg_give(struct drg_run *run, const struct drg_node *node, struct feel_value value, bool *ret_fits)
{
    TRY(know(run, &run->scope, node, value));
    *ret_fits = value.kind == FEEL_NULL || run->scope.known[node->number].value.kind != FEEL_NULL;
    return OK;
}

/* ---- what a node may see ---- */

static enum error decide_in(struct drg_run *run, const struct drg_scope *scope, const struct drg_node *node,
                            struct feel_value *ret);

static enum error value_of(struct drg_run *run, const struct drg_scope *scope, const struct drg_node *node,
                           struct feel_value *ret)
{
    switch (node->kind) {
    case DRG_DECISION:
        return decide_in(run, scope, node, ret);
    case DRG_INPUT:
        *ret = scope->known[node->number].value; /* null where it was never given */
        return OK;
    default:
        *ret = (struct feel_value){.kind = FEEL_FUNCTION, .function = &node->function};
        return OK;
    }
}

static enum error add_import(struct drg_run *run, const struct feel_entry *from, size_t count, feel_name import,
                             struct feel_entry *entry, size_t *filled)
{
    struct feel_context *context = arena_alloc(run->feel.arena, sizeof *context);

    if (!context)
        return ERROR_MEMORY;
    *context = (struct feel_context){count, from};
    entry[(*filled)++] = (struct feel_entry){import, {.kind = FEEL_CONTEXT, .context = context}};
    return OK;
}

/* Requirements as variables; those of one import, which stand together, as a context by the import's name. */
static enum error frame_of(struct drg_run *run, const struct drg_scope *scope, const struct drg_need *need,
                           size_t need_count, struct feel_frame *ret)
{
    struct feel_entry *entry = arena_array(run->feel.arena, need_count, sizeof *entry);
    size_t filled = 0;

    if (!entry)
        return ERROR_MEMORY;
    for (size_t i = 0; i < need_count;) {
        struct feel_entry *inner = entry;
        size_t *count = &filled, imported = 0, start = i;
        if (need[i].import) {
            size_t room = need_count - i;
            inner = arena_array(run->feel.arena, room, sizeof *inner);
            count = &imported;
        }
        if (!inner)
            return ERROR_MEMORY;
        for (; i < need_count && need[i].import == need[start].import; i++) {
            struct feel_value value;
            TRY(value_of(run, scope, need[i].node, &value));
            inner[(*count)++] = (struct feel_entry){need[i].node->variable, value};
        }
        if (need[start].import)
            TRY(add_import(run, inner, imported, need[start].import, entry, &filled));
    }
    *ret = (struct feel_frame){.count = filled, .entry = entry};
    return OK;
}

/* ---- decisions ---- */

static enum error decide_anew(struct drg_run *run, const struct drg_scope *scope, const struct drg_node *node)
{
    struct feel_frame *frame = arena_alloc(run->feel.arena, sizeof *frame);
    struct feel_value value = feel_null();

    if (!frame)
        return ERROR_MEMORY;
    TRY(frame_of(run, scope, node->need, node->need_count, frame));
    if (node->logic)
        TRY(drg_evaluate(run, node->logic, frame, &value));
    return know(run, scope, node, value);
}

static enum error decide_in(struct drg_run *run, const struct drg_scope *scope, const struct drg_node *node,
                            struct feel_value *ret)
{
    if (!scope->known[node->number].known) {
        if (run->levels > DRG_LEVELS_MAX)
            return ERROR_TOO_DEEP;
        run->levels++;
        enum error error = decide_anew(run, scope, node);
        run->levels--;
        if (error != OK)
            return error;
    }
    *ret = scope->known[node->number].value;
    return OK;
}

enum error drg_decide(struct drg_run *run, const struct drg_node *decision, struct feel_value *ret)
{
    return decide_in(run, &run->scope, decision, ret);
}

/* ---- services ---- */

static enum error service_result(struct drg_run *run, const struct drg_scope *scope, const struct drg_node *service,
                                 struct feel_value *ret)
{
    struct feel_frame frame;

    TRY(frame_of(run, scope, service->output, service->output_count, &frame));
    if (service->output_count == 1) {
        TRY(value_of(run, scope, service->output[0].node, ret));
    } else {
        struct feel_context *context = arena_alloc(run->feel.arena, sizeof *context);
        if (!context)
            return ERROR_MEMORY;
        *context = (struct feel_context){frame.count, frame.entry};
        *ret = (struct feel_value){.kind = FEEL_CONTEXT, .context = context};
    }
    return feel_coerce(&run->feel, *ret, service->type, ret);
}

enum error drg_call_service(struct drg_run *run, const struct drg_node *service, struct feel_value *ret)
{
    /* Its input decisions are what was given for them, and never evaluated. */
    for (size_t i = 0; i < service->function.parameter_count; i++)
        run->scope.known[service->argument[i]->number].known = true;
    return service_result(run, &run->scope, service, ret);
}

static enum error call_service(struct feel_run *feel, const void *context, const struct feel_value *argument,
                               struct feel_value *ret)
{
    struct drg_run *run = drg_run_of(feel);
    const struct drg_node *service = context;
    struct drg_scope scope;

    TRY(new_scope(run, &scope));
    for (size_t i = 0; i < service->function.parameter_count; i++)
        scope.known[service->argument[i]->number] = (struct drg_known){true, argument[i]};
    return service_result(run, &scope, service, ret);
}

/* ---- knowledge models ---- */

static enum error call_knowledge(struct feel_run *feel, const void *context, const struct feel_value *argument,
                                 struct feel_value *ret)
{
    struct drg_run *run = drg_run_of(feel);
    const struct drg_node *knowledge = context;
    size_t count = knowledge->function.parameter_count;
    struct feel_frame *frame = arena_array(feel->arena, 2, sizeof *frame);
    struct feel_entry *entry = arena_array(feel->arena, count, sizeof *entry);

    if (!frame || !entry)
        return ERROR_MEMORY;
    TRY(frame_of(run, &run->scope, knowledge->need, knowledge->need_count, &frame[0]));
    for (size_t i = 0; i < count; i++)
        entry[i] = (struct feel_entry){knowledge->function.parameter[i].name, argument[i]};
    frame[1] = (struct feel_frame){.outer = &frame[0], .count = count, .entry = entry};
    *ret = feel_null();
    if (!knowledge->logic)
        feel_note(feel, "the knowledge model `%.*s` has no logic that is supported", SLICE_PRINT(knowledge->name));
    else
        TRY(drg_evaluate(run, knowledge->logic, &frame[1], ret));
    return feel_coerce(feel, *ret, knowledge->type, ret);
}

enum error drg_call_knowledge(struct drg_run *run, const struct drg_node *knowledge, const struct feel_entry *argument,
                              size_t count, struct feel_value *ret)
{
    return feel_call_named(&run->feel, &knowledge->function, argument, count, ret);
}

void drg_make_function(struct drg_node *node)
{
    node->function.kind = FEEL_FOREIGN;
    node->function.context = node;
    node->function.call = node->kind == DRG_SERVICE ? call_service : call_knowledge;
}
