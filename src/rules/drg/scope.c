/* SPDX-License-Identifier: Apache-2.0 */

/* Which names are in scope while a text is parsed (DMN 1.5, 10.3.1.4 and 10.3.2.11). All names of the model have
 * numbers before the first text is parsed, so that each is found behind a point; elsewhere only those in scope are. */

#include "reader.h"

enum error drg_name(struct drg_reader *reader, const xmlNode *at, feel_name *ret)
{
    struct slice text;

    TRY(xml_attribute(reader->arena, at, "name", &text));
    *ret = 0;
    enum error error = text.length ? feel_names_introduce(reader->names, text, ret) : OK;
    return error == ERROR_VALUE ? fault_set(reader->fault, error, "The name at line %u is too long.", xml_line(at))
                                : error;
}

/* The next node in the order of the text, without recursion; NULL behind the last. */
static const xmlNode *following(const xmlNode *node, const xmlNode *root)
{
    if (node->children)
        return node->children;
    while (node != root && !node->next)
        node = node->parent;
    return node == root ? NULL : node->next;
}

static bool in_namespace(const xmlNode *node, const xmlNode *root)
{
    return node->type == XML_ELEMENT_NODE && node->ns &&
           strcmp((const char *)node->ns->href, (const char *)root->ns->href) == 0;
}

static size_t count_components(const xmlNode *root)
{
    size_t count = 0;

    for (const xmlNode *n = root; n; n = following(n, root))
        count += xml_is(n, "itemComponent");
    return count;
}

static enum error enter_names(struct drg_reader *reader, const xmlNode *root)
{
    feel_name name;

    for (const xmlNode *n = root; n; n = following(n, root)) {
        if (n == root || !in_namespace(n, root))
            continue;
        TRY(drg_name(reader, n, &name));
        if (xml_is(n, "itemComponent"))
            reader->component[reader->component_count++] = name;
    }
    return OK;
}

enum error drg_enter_names(struct drg_reader *reader)
{
    size_t components = 0;

    for (size_t i = 0; i < reader->source_count; i++)
        components += count_components(xmlDocGetRootElement(reader->source[i].document));
    reader->component = arena_array(reader->arena, components, sizeof *reader->component);
    if (!reader->component)
        return ERROR_MEMORY;
    for (size_t i = 0; i < reader->source_count; i++)
        TRY(enter_names(reader, xmlDocGetRootElement(reader->source[i].document)));
    return OK;
}

static void show(struct drg_reader *reader, feel_name name, bool shown)
{
    if (shown)
        feel_names_show(reader->names, name);
    else
        feel_names_hide(reader->names, name);
}

void drg_show_components(struct drg_reader *reader, bool shown)
{
    for (size_t i = 0; i < reader->component_count; i++)
        show(reader, reader->component[i], shown);
}

void drg_show_needs(struct drg_reader *reader, const struct drg_node *node, bool shown)
{
    for (size_t i = 0; i < node->need_count; i++)
        show(reader, node->need[i].import ? node->need[i].import : node->need[i].node->variable, shown);
}
