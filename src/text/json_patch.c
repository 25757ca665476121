/* SPDX-License-Identifier: Apache-2.0 */
#include "json_patch.h"

#include "json_tree.h"

/* One operation, taken apart. */
struct operation {
    struct slice op;
    struct slice path;
    struct slice from;
    const struct json *value;
};

/* yyjson copies and compares by recursion, so no tree may grow deep enough to matter: a copy into itself at most
 * doubles the depth, and after each operation it is back within the bound. Recursion here is bounded by the same
 * number. */
static bool too_deep(yyjson_mut_val *value, int depth_left)
{
    size_t index, count;
    yyjson_mut_val *key, *item;

    if (!yyjson_mut_is_ctn(value))
        return false;
    if (depth_left == 0)
        return true;
    if (yyjson_mut_is_arr(value)) {
        yyjson_mut_arr_foreach(value, index, count, item) if (too_deep(item, depth_left - 1)) return true;
    } else {
        yyjson_mut_obj_foreach(value, index, count, key, item) if (too_deep(item, depth_left - 1)) return true;
    }
    return false;
}

static yyjson_mut_val *value_at(yyjson_mut_doc *tree, struct slice path)
{
    return yyjson_mut_doc_ptr_getn(tree, path.data, path.length);
}

/* An object's member that is there already; yyjson would add a second one of that name. */
static bool is_member(yyjson_mut_doc *tree, struct slice path)
{
    yyjson_ptr_ctx place = {0};

    return yyjson_mut_doc_ptr_getx(tree, path.data, path.length, &place, NULL) && yyjson_mut_is_obj(place.ctn);
}

/* RFC 6902, 4.1: an object's member is added or replaced, an array's item is inserted, the whole document replaced. */
static enum error add(yyjson_mut_doc *tree, struct slice path, yyjson_mut_val *value)
{
    if (!value)
        return ERROR_MEMORY;
    if (path.length == 0) {
        tree->root = value;
        return OK;
    }
    if (is_member(tree, path))
        return yyjson_mut_doc_ptr_replacen(tree, path.data, path.length, value) ? OK : ERROR_VALUE;
    return yyjson_mut_doc_ptr_addx(tree, path.data, path.length, value, false, NULL, NULL) ? OK : ERROR_VALUE;
}

static enum error drop(yyjson_mut_doc *tree, struct slice path)
{
    if (path.length == 0)
        return ERROR_VALUE;
    return yyjson_mut_doc_ptr_removen(tree, path.data, path.length) ? OK : ERROR_VALUE;
}

static enum error replace(yyjson_mut_doc *tree, struct slice path, yyjson_mut_val *value)
{
    if (!value)
        return ERROR_MEMORY;
    if (path.length == 0)
        return add(tree, path, value);
    return yyjson_mut_doc_ptr_replacen(tree, path.data, path.length, value) ? OK : ERROR_VALUE;
}

static enum error copy(yyjson_mut_doc *tree, const struct operation *operation)
{
    yyjson_mut_val *source = value_at(tree, operation->from);
    return source ? add(tree, operation->path, yyjson_mut_val_mut_copy(tree, source)) : ERROR_VALUE;
}

/* RFC 6902, 4.4: a value cannot be moved into one of its own children. */
static enum error move(yyjson_mut_doc *tree, const struct operation *operation)
{
    struct slice from = operation->from, path = operation->path;
    bool into_itself = slice_starts_with(path, from) && path.length > from.length && path.data[from.length] == '/';
    yyjson_mut_val *source = value_at(tree, from);

    if (!source || into_itself)
        return ERROR_VALUE;
    if (slice_equal(from, path))
        return OK;
    yyjson_mut_val *moved = yyjson_mut_val_mut_copy(tree, source);
    TRY(drop(tree, from));
    return add(tree, path, moved);
}

static enum error test(yyjson_mut_doc *tree, const struct operation *operation)
{
    yyjson_mut_val *expected = yyjson_val_mut_copy(tree, json_node(operation->value));
    yyjson_mut_val *actual = value_at(tree, operation->path);

    if (!expected)
        return ERROR_MEMORY;
    return actual && yyjson_mut_equals(actual, expected) ? OK : ERROR_CONFLICT;
}

static enum error apply(yyjson_mut_doc *tree, const struct operation *operation)
{
    struct slice op = operation->op;

    if (slice_is(op, "remove"))
        return drop(tree, operation->path);
    if (slice_is(op, "move"))
        return move(tree, operation);
    if (slice_is(op, "copy"))
        return copy(tree, operation);
    if (slice_is(op, "test"))
        return test(tree, operation);
    yyjson_mut_val *value = yyjson_val_mut_copy(tree, json_node(operation->value));
    return slice_is(op, "add") ? add(tree, operation->path, value) : replace(tree, operation->path, value);
}

static bool is_pointer(const struct json *value)
{
    struct slice text = json_text(value);
    return json_kind(value) == JSON_STRING && (text.length == 0 || text.data[0] == '/');
}

static bool is_one_of(struct slice word, const char *a, const char *b, const char *c)
{
    return slice_is(word, a) || slice_is(word, b) || (c && slice_is(word, c));
}

static enum error read_operation(const struct json *item, struct operation *operation)
{
    const struct json *path = json_member(item, "path"), *from = json_member(item, "from");

    *operation = (struct operation){.op = json_text(json_member(item, "op")),
                                    .path = json_text(path),
                                    .from = json_text(from),
                                    .value = json_member(item, "value")};
    bool needs_from = is_one_of(operation->op, "move", "copy", NULL);
    bool needs_value = is_one_of(operation->op, "add", "replace", "test");
    if (!is_pointer(path) || (needs_from && !is_pointer(from)) || (needs_value && !operation->value))
        return ERROR_SYNTAX;
    return needs_from || needs_value || slice_is(operation->op, "remove") ? OK : ERROR_SYNTAX;
}

static enum error apply_item(yyjson_mut_doc *tree, const struct json *item)
{
    struct operation operation;

    TRY(read_operation(item, &operation));
    TRY(apply(tree, &operation));
    return too_deep(tree->root, JSON_DEPTH_MAX) ? ERROR_TOO_DEEP : OK;
}

static enum error write_tree(struct arena *arena, yyjson_mut_doc *tree, struct buffer *into)
{
    yyjson_alc allocator = json_allocator(arena);
    size_t length;
    char *text = yyjson_mut_write_opts(tree, YYJSON_WRITE_NOFLAG, &allocator, &length, NULL);

    if (!text)
        return ERROR_MEMORY;
    buffer_bytes(into, text, length);
    return buffer_check(into);
}

enum error json_patch(struct arena *arena, const struct json *document, const struct json *patch, struct buffer *into,
                      struct fault *fault)
{
    yyjson_alc allocator = json_allocator(arena);

    if (json_kind(patch) != JSON_ARRAY)
        return fault_set(fault, ERROR_SYNTAX, "a patch is an array of operations");
    if (json_count(patch) > JSON_PATCH_OPERATIONS_MAX)
        return fault_set(fault, ERROR_TOO_LARGE, "more than %d operations", JSON_PATCH_OPERATIONS_MAX);
    yyjson_mut_doc *tree = yyjson_mut_doc_new(&allocator);
    if (!tree)
        return ERROR_MEMORY;
    tree->root = yyjson_val_mut_copy(tree, json_node(document));
    if (!tree->root)
        return ERROR_MEMORY;

    for (struct json_items items = json_items(patch); json_next(&items);) {
        enum error failed = apply_item(tree, items.value);
        if (failed)
            return fault_set(fault, failed, "operation %zu", items.index);
    }
    return write_tree(arena, tree, into);
}
