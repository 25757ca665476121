/* SPDX-License-Identifier: Apache-2.0 */

/* A decision shall not require itself, directly or through others (DMN 1.5, 7.3.1: requirements are acyclic). Knowledge
 * models may call themselves; how deep is limited when they are called. */

#include "reader.h"

enum state { NEW, OPEN, DONE };

struct visit {
    struct drg_node *node;
    size_t next; /* requirement to look at */
};

struct search {
    struct drg_reader *reader;
    uint8_t *state; /* by number */
    struct visit stack[DRG_LEVELS_MAX + 1];
    size_t depth;
};

/* The i-th node that `node` cannot be decided without; NULL behind the last. */
static struct drg_node *requirement(const struct search *search, struct drg_node *node, size_t i)
{
    const struct drg_need *need = node->kind == DRG_SERVICE ? node->output : node->need;
    size_t count = node->kind == DRG_SERVICE ? node->output_count : node->need_count;

    return i < count ? &search->reader->node[need[i].node->number] : NULL;
}

static bool decides(const struct drg_node *node)
{
    return node->kind == DRG_DECISION || node->kind == DRG_SERVICE;
}

static enum error enter(struct search *search, struct drg_node *node)
{
    if (search->state[node->number] == OPEN)
        return fault_set(search->reader->fault, ERROR_VALUE,
                         "The decision `%.*s` at line %u requires itself, through its requirements.",
                         SLICE_PRINT(node->name), node->line);
    if (search->depth > DRG_LEVELS_MAX)
        return fault_set(search->reader->fault, ERROR_TOO_DEEP,
                         "More than %d decisions require each other in a row, at line %u.", DRG_LEVELS_MAX, node->line);
    search->state[node->number] = OPEN;
    search->stack[search->depth++] = (struct visit){.node = node};
    return OK;
}

static void leave(struct search *search)
{
    struct drg_node *node = search->stack[--search->depth].node;

    search->state[node->number] = DONE;
    if (search->depth > 0) {
        struct drg_node *above = search->stack[search->depth - 1].node;
        above->level = above->level > node->level ? above->level : node->level + 1;
    }
}

static enum error search_from(struct search *search, struct drg_node *node)
{
    TRY(enter(search, node));
    while (search->depth > 0) {
        struct visit *top = &search->stack[search->depth - 1];
        struct drg_node *next = requirement(search, top->node, top->next++);
        if (!next)
            leave(search);
        else if (decides(next) && search->state[next->number] != DONE)
            TRY(enter(search, next));
        else if (decides(next) && top->node->level <= next->level)
            top->node->level = next->level + 1;
    }
    return OK;
}

enum error drg_check_cycles(struct drg_reader *reader)
{
    struct search search = {.reader = reader, .state = arena_array(reader->arena, reader->node_count, 1)};

    if (!search.state)
        return ERROR_MEMORY;
    for (size_t i = 0; i < reader->node_count; i++)
        if (decides(&reader->node[i]) && search.state[i] == NEW)
            TRY(search_from(&search, &reader->node[i]));
    for (size_t i = 0; i < reader->node_count; i++)
        if (reader->node[i].level > DRG_LEVELS_MAX)
            return fault_set(reader->fault, ERROR_TOO_DEEP,
                             "More than %d decisions require each other in a row, at line %u.", DRG_LEVELS_MAX,
                             reader->node[i].line);
    return OK;
}
