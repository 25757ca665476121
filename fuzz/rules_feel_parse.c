/* SPDX-License-Identifier: Apache-2.0 */

/* Any bytes as a FEEL text: refused or a tree whose bounds hold, and refused or not, no name of the text stays in scope.
 * The first byte says what is read: an expression, unary tests, a type. */

#include <stdlib.h>

#include "rules/feel/parse.h"

#define INPUT_MAX (64 << 10)

static void require(bool condition)
{
    if (!condition)
        abort();
}

/* Nodes of the tree. Recursion is allowed: that is what the height promises. */
static size_t count(const struct feel_node *node, uint32_t below, size_t length)
{
    size_t nodes = 1;

    if (!node)
        return 0;
    require(node->kind < FEEL_NODE_KIND_COUNT && node->at <= length);
    require(node->height >= 1 && node->height < below);
    nodes += count(node->left, node->height, length) + count(node->right, node->height, length) +
             count(node->third, node->height, length);
    for (size_t i = 0; i < node->child_count; i++)
        nodes += count(node->child[i], node->height, length);
    for (size_t i = 0; i < node->entry_count; i++)
        nodes += count(node->entry[i].value, node->height, length) + count(node->entry[i].to, node->height, length);
    return nodes;
}

static void read_one(struct arena *arena, struct feel_names *names, char way, struct slice text)
{
    const struct feel_node *node = NULL;
    const struct feel_type *type = NULL;
    struct fault fault = {0};
    enum error error;

    if (way == 'T')
        error = feel_parse_type(arena, names, NULL, text, &type, &fault);
    else
        error = (way == '?' ? feel_parse_tests : feel_parse)(arena, names, NULL, text, &node, &fault);
    require(error == OK || fault.detail[0] != '\0');
    require(error == OK || (!node && !type));
    require(count(node, FEEL_HEIGHT_MAX + 1, text.length) <= text.length + 1);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t length);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t length)
{
    CLEANUP_ARENA struct arena *arena = arena_new((size_t)64 << 20);
    struct feel_names *names = feel_names_new(arena);
    struct slice probe = SLICE("a-b c");
    feel_name name;

    if (length == 0 || length > INPUT_MAX || feel_names_introduce(names, probe, &name) != OK)
        return 0;
    read_one(arena, names, (char)data[0], slice_of(data + 1, length - 1));
    require(feel_names_match_in_scope(names, probe, &name) == 0);
    return 0;
}
