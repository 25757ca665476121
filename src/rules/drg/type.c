/* SPDX-License-Identifier: Apache-2.0 */

/* Item definitions into types (DMN 1.5, 7.3.2). Each is an alias, made before any is filled in, so that they may name
 * each other in any order. */

#include <stdlib.h>

#include "reader.h"

#define CHAIN_MAX 64 /* types that are another's name or list of another, one behind the other */

static int by_name(const void *a, const void *b)
{
    return slice_compare(((const struct drg_item *)a)->name, ((const struct drg_item *)b)->name);
}

static const struct feel_type *find_item(const struct drg_source *source, struct slice name)
{
    struct drg_item key = {.name = name};
    const struct drg_item *item = NULL;

    if (source->item_count > 0)
        item = bsearch(&key, source->item, source->item_count, sizeof key, by_name);
    return item ? item->type : NULL;
}

/* `import.name`; the import's own name may have dots. An import without name brings in names as they are. */
static const struct feel_type *find_imported(const struct drg_reader *reader, struct slice name)
{
    const struct feel_type *found = NULL;

    for (size_t i = 0; i < reader->here->import_count && !found; i++) {
        const struct drg_import *import = &reader->here->import[i];
        struct slice prefix = import->text, rest = name;
        if (prefix.length > 0) {
            if (!slice_starts_with(name, prefix) || name.length <= prefix.length || name.data[prefix.length] != '.')
                continue;
            rest = slice_from(name, prefix.length + 1);
        }
        found = find_item(&reader->source[import->unit], rest);
    }
    return found;
}

static const struct feel_type *find_type(const void *context, struct slice name)
{
    const struct drg_reader *reader = context;
    const struct feel_type *type = find_item(reader->here, name);

    return type ? type : find_imported(reader, name);
}

/* As it stands, or without the prefix of its namespace (`feel:string`, DMN 1.1). */
static const struct feel_type *look_up(const struct drg_reader *reader, struct slice name)
{
    const struct feel_type *type = find_type(reader, name);

    return type ? type : feel_type_named(name);
}

enum error drg_type(struct drg_reader *reader, const xmlNode *at, struct slice name, const struct feel_type **ret)
{
    size_t colon = slice_find(name, ':');
    struct slice local = colon < name.length ? slice_from(name, colon + 1) : name;

    *ret = NULL;
    if (name.length == 0 || slice_is(local, "Any"))
        return OK;
    const struct feel_type *type = look_up(reader, name);
    if (!type)
        type = look_up(reader, local);
    enum error error = type ? OK : feel_parse_type(reader->arena, reader->names, &reader->types, name, &type, NULL);
    if (error == ERROR_MEMORY)
        return error;
    if (error != OK || !type)
        drg_report(reader, at, "There is no type `%.*s`.", SLICE_PRINT(name));
    else
        *ret = type;
    return OK;
}

enum error drg_type_of(struct drg_reader *reader, const xmlNode *at, const struct feel_type **ret)
{
    struct slice name;

    TRY(xml_attribute(reader->arena, at, "typeRef", &name));
    return drg_type(reader, at, name, ret);
}

static const struct feel_type *or_any(const struct feel_type *type)
{
    return type ? type : feel_type_named(SLICE("Any"));
}

static enum error new_type(struct drg_reader *reader, struct feel_type type, const struct feel_type **ret)
{
    struct feel_type *copy = arena_alloc(reader->arena, sizeof *copy);

    if (!copy)
        return ERROR_MEMORY;
    *copy = type;
    *ret = copy;
    return OK;
}

static enum error read_item(struct drg_reader *reader, const xmlNode *xml, const struct feel_type **ret);

static enum error read_components(struct drg_reader *reader, const xmlNode *xml, const struct feel_type **ret)
{
    struct feel_type type = {.kind = FEEL_TYPE_CONTEXT};
    struct feel_member *member = arena_array(reader->arena, xml_count(xml, "itemComponent"), sizeof *member);

    if (!member)
        return ERROR_MEMORY;
    for (const xmlNode *n = xml_child(xml, "itemComponent"); n; n = xml_next(n, "itemComponent")) {
        struct feel_member *one = &member[type.member_count];
        TRY(drg_name(reader, n, &one->name));
        TRY(read_item(reader, n, &one->type));
        type.member_count += one->name != 0;
    }
    type.member = member;
    return new_type(reader, type, ret);
}

static enum error read_function_item(struct drg_reader *reader, const xmlNode *xml, const struct feel_type **ret)
{
    struct feel_type type = {.kind = FEEL_TYPE_FUNCTION};
    struct feel_member *member = arena_array(reader->arena, xml_count(xml, "parameters"), sizeof *member);
    struct slice result;

    if (!member)
        return ERROR_MEMORY;
    for (const xmlNode *n = xml_child(xml, "parameters"); n; n = xml_next(n, "parameters")) {
        TRY(drg_type_of(reader, n, &member[type.member_count].type));
        member[type.member_count].type = or_any(member[type.member_count].type);
        type.member_count++;
    }
    type.member = member;
    TRY(xml_attribute(reader->arena, xml, "outputTypeRef", &result));
    TRY(drg_type(reader, xml, result, &type.element));
    type.element = or_any(type.element);
    return new_type(reader, type, ret);
}

static enum error read_inner(struct drg_reader *reader, const xmlNode *xml, const struct feel_type **ret)
{
    const xmlNode *function = xml_child(xml, "functionItem");
    struct slice name;

    if (xml_child(xml, "itemComponent"))
        return read_components(reader, xml, ret);
    if (function)
        return read_function_item(reader, function, ret);
    TRY(xml_child_content(reader->arena, xml, "typeRef", &name));
    TRY(drg_type(reader, xml, name, ret));
    *ret = or_any(*ret);
    return OK;
}

/* A list of values that cannot be read must not become a type without a list. */
static const struct feel_node null_literal = {.kind = FEEL_LITERAL, .value = {.kind = FEEL_NULL}};
static const struct feel_node *const null_child[] = {&null_literal};
static const struct feel_node only_null = {.kind = FEEL_TESTS, .child_count = 1, .child = null_child};

/* The type, constrained by the unary tests under the child `name`, where there are any. */
static enum error constrain(struct drg_reader *reader, const xmlNode *xml, const char *name,
                            const struct feel_type **type)
{
    struct feel_type alias = {.kind = FEEL_TYPE_ALIAS, .element = *type};

    const xmlNode *holder = xml_child(xml, name);
    size_t reported = reader->report->count;

    if (!holder)
        return OK;
    TRY(drg_read_tests(reader, holder, &alias.allowed));
    if (reader->report->count > reported)
        alias.allowed = &only_null;
    if (!alias.allowed)
        return OK;
    TRY(drg_name(reader, xml, &alias.name));
    return new_type(reader, alias, type);
}

/* `allowedValues` are for each item of a collection, `typeConstraint` for the whole (DMN 1.5, table 31). */
static enum error read_item(struct drg_reader *reader, const xmlNode *xml, const struct feel_type **ret)
{
    struct slice collection;

    TRY(read_inner(reader, xml, ret));
    TRY(constrain(reader, xml, "allowedValues", ret));
    TRY(xml_attribute(reader->arena, xml, "isCollection", &collection));
    if (slice_is(collection, "true") || slice_is(collection, "1"))
        TRY(new_type(reader, (struct feel_type){.kind = FEEL_TYPE_LIST, .element = *ret}, ret));
    return constrain(reader, xml, "typeConstraint", ret);
}

static enum error name_items(struct drg_reader *reader, struct drg_source *source)
{
    const xmlNode *root = xmlDocGetRootElement(source->document);

    source->item = arena_array(reader->arena, xml_count(root, "itemDefinition"), sizeof *source->item);
    if (!source->item)
        return ERROR_MEMORY;
    for (const xmlNode *n = xml_child(root, "itemDefinition"); n; n = xml_next(n, "itemDefinition")) {
        struct drg_item *item = &source->item[source->item_count++];
        feel_name name;
        item->xml = n;
        item->type = arena_alloc(reader->arena, sizeof *item->type);
        if (!item->type)
            return ERROR_MEMORY;
        TRY(xml_attribute(reader->arena, n, "name", &item->name));
        TRY(drg_name(reader, n, &name));
        *item->type = (struct feel_type){.kind = FEEL_TYPE_ALIAS, .name = name, .element = or_any(NULL)};
    }
    qsort(source->item, source->item_count, sizeof *source->item, by_name);
    return OK;
}

/* A type that is a name of itself, or a list of itself, has no values that could be checked in bounded time. */
static bool is_circular(const struct feel_type *type)
{
    for (int i = 0; i < CHAIN_MAX; i++) {
        if (type->kind != FEEL_TYPE_ALIAS && type->kind != FEEL_TYPE_LIST && type->kind != FEEL_TYPE_RANGE &&
            type->kind != FEEL_TYPE_FUNCTION)
            return false;
        if (!type->element)
            return false;
        type = type->element;
    }
    return true;
}

static enum error fill_items(struct drg_reader *reader, const struct drg_source *source)
{
    reader->here = source;
    for (size_t i = 0; i < source->item_count; i++) {
        const struct drg_item *item = &source->item[i];
        TRY(read_item(reader, item->xml, &item->type->element));
    }
    for (size_t i = 0; i < source->item_count; i++)
        if (is_circular(source->item[i].type)) {
            drg_report(reader, source->item[i].xml, "The type `%.*s` is defined by itself.",
                       SLICE_PRINT(source->item[i].name));
            source->item[i].type->element = or_any(NULL);
        }
    return OK;
}

enum error drg_read_types(struct drg_reader *reader)
{
    reader->types = (struct feel_types){.find = find_type, .context = reader};
    for (size_t i = 0; i < reader->source_count; i++)
        TRY(name_items(reader, &reader->source[i]));
    for (size_t i = 0; i < reader->source_count; i++)
        TRY(fill_items(reader, &reader->source[i]));
    return OK;
}
