/* SPDX-License-Identifier: Apache-2.0 */

/* Any bytes as a .dmn file for the general engine: refused, or read and every decision, service and knowledge model of it
 * evaluated without inputs, within small limits. Two files in one input are parted by a zero byte: the second may be
 * imported. */

#include <stdlib.h>

#include "rules/drg/answer.h"

#define INPUT_MAX (64 << 10)
#define MODEL_BYTES_MAX ((size_t)64 << 20)
#define RUN_BYTES_MAX ((size_t)32 << 20)
#define STEPS_MAX (1 << 18)
#define NODES_MAX 64 /* asked of one model */

static void require(bool condition)
{
    if (!condition)
        abort();
}

static enum error evaluate(struct drg_run *run, const struct drg_node *node, struct feel_value *ret)
{
    switch (node->kind) {
    case DRG_DECISION:
        return drg_decide(run, node, ret);
    case DRG_SERVICE:
        return drg_call_service(run, node, ret);
    case DRG_KNOWLEDGE:
        return drg_call_knowledge(run, node, NULL, 0, ret);
    default:
        *ret = feel_null();
        return OK;
    }
}

/* The same question twice has the same answer, and what conforms to its type conforms again. */
static void ask(struct arena *arena, const struct drg_model *model, const struct drg_node *node)
{
    CLEANUP_BUFFER struct buffer first = buffer_new(1 << 20), second = buffer_new(1 << 20);
    struct buffer *written[] = {&first, &second};
    enum error error[2] = {OK, OK};

    for (int i = 0; i < 2; i++) {
        struct feel_value value;
        struct drg_run run;
        arena_reset(arena);
        if (drg_run_start(&run, arena, model, 0) != OK)
            return;
        run.feel.steps_most = STEPS_MAX;
        error[i] = evaluate(&run, node, &value);
        require(error[i] == OK || error[i] == ERROR_MEMORY || error[i] == ERROR_TOO_DEEP ||
                error[i] == ERROR_TOO_COSTLY || error[i] == ERROR_TOO_LARGE);
        if (error[i] == OK)
            feel_write_json(written[i], model->names, value);
    }
    if (error[0] == OK && error[1] == OK)
        require(slice_equal(buffer_view(&first), buffer_view(&second)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t length);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t length)
{
    CLEANUP_ARENA struct arena *arena = arena_new(MODEL_BYTES_MAX), *scratch = arena_new(RUN_BYTES_MAX);
    CLEANUP_BUFFER struct buffer lines = buffer_new(1 << 20);
    struct slice rest = slice_of(data, length), file[2];
    struct report report = {.into = &lines};
    const struct drg_model *model;

    if (length > INPUT_MAX)
        return 0;
    file[0] = slice_cut(&rest, '\0');
    file[1] = rest;
    if (drg_read(arena, file, 2, &report, &model, NULL) != OK)
        return 0;
    for (size_t i = 0; i < model->node_count && i < NODES_MAX; i++)
        ask(scratch, model, &model->node[i]);
    return 0;
}
