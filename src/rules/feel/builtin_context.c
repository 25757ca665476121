/* SPDX-License-Identifier: Apache-2.0 */

/* Context functions (DMN 1.5, table 81). Keys made at run time have numbers, but are in no scope. */

#include "builtins.h"

struct entries {
    struct feel_entry *entry;
    size_t count;
};

static enum error entries_of(struct feel_run *run, size_t room, struct entries *ret)
{
    if (room > FEEL_LIST_MAX)
        return ERROR_TOO_COSTLY;
    *ret = (struct entries){.entry = arena_array(run->arena, room, sizeof *ret->entry)};
    return ret->entry ? OK : ERROR_MEMORY;
}

/* Overrides the entry of that name where it stands, else adds it as the last. */
static enum error put(struct feel_run *run, struct entries *entries, feel_name name, const struct feel_value *value)
{
    size_t at = 0;

    while (at < entries->count && entries->entry[at].name != name)
        at++;
    TRY(feel_spend(run, at / 8 + 1));
    entries->entry[at] = (struct feel_entry){.name = name, .value = *value};
    if (at == entries->count)
        entries->count++;
    return OK;
}

/* The number of a key; false in `ret_valid` for one that is too long. */
static enum error key_name(struct feel_run *run, struct slice key, bool *ret_valid, feel_name *ret)
{
    enum error error = feel_names_introduce(run->names, key, ret);

    *ret_valid = error != ERROR_VALUE;
    return error == ERROR_VALUE ? OK : error;
}

FEEL_BUILTIN(get_value)
{
    struct feel_value context, key;
    const struct feel_value *found;
    feel_name name;

    if (!feel_as(&argument[0], FEEL_CONTEXT, &context) || !feel_as(&argument[1], FEEL_STRING, &key))
        return feel_unfit(run, "get value", ret);
    TRY(feel_spend(run, context.context->count / 8));
    name = feel_names_find(run->names, key.string);
    found = name ? feel_context_get(context.context, name) : NULL;
    if (!found)
        return feel_null_because(run, ret, "get value: the context has no such key");
    *ret = *found;
    return OK;
}

static enum error key_and_value(struct feel_run *run, feel_name *ret_key, feel_name *ret_value)
{
    TRY(feel_names_introduce(run->names, SLICE("key"), ret_key));
    return feel_names_introduce(run->names, SLICE("value"), ret_value);
}

FEEL_BUILTIN(get_entries)
{
    struct feel_items items = {0};
    struct feel_value context, pair;
    feel_name key, value;

    if (!feel_as(&argument[0], FEEL_CONTEXT, &context))
        return feel_unfit(run, "get entries", ret);
    TRY(key_and_value(run, &key, &value));
    for (size_t i = 0; i < context.context->count; i++) {
        const struct feel_entry *from = &context.context->entry[i];
        struct feel_entry *entry = arena_array(run->arena, 2, sizeof *entry);
        if (!entry)
            return ERROR_MEMORY;
        entry[0] = (struct feel_entry){.name = key, .value = feel_string(feel_names_text(run->names, from->name))};
        entry[1] = (struct feel_entry){.name = value, .value = from->value};
        TRY(feel_context(run, entry, 2, &pair));
        TRY(feel_items_add(run, &items, pair));
    }
    return feel_items_list(run, &items, ret);
}

/* Adds what {key: …, value: …} says. False where it says neither, or a key again. */
static enum error add_pair(struct feel_run *run, struct entries *entries, const struct feel_value *pair, feel_name key,
                           feel_name value, bool *ret_fits)
{
    const struct feel_value *name = NULL, *is = NULL;
    size_t before = entries->count;
    feel_name number;

    if (pair->kind == FEEL_CONTEXT) {
        name = feel_context_get(pair->context, key);
        is = feel_context_get(pair->context, value);
    }
    *ret_fits = name && is && name->kind == FEEL_STRING;
    if (!*ret_fits)
        return OK;
    TRY(key_name(run, name->string, ret_fits, &number));
    if (!*ret_fits)
        return OK;
    TRY(put(run, entries, number, is));
    *ret_fits = entries->count > before;
    return OK;
}

FEEL_BUILTIN(context)
{
    struct feel_list room;
    const struct feel_list *list = feel_to_list(&argument[0], &room);
    struct entries entries;
    feel_name key, value;
    bool fits = true;

    if (!list)
        return feel_unfit(run, "context", ret);
    TRY(key_and_value(run, &key, &value));
    TRY(entries_of(run, list->count, &entries));
    for (size_t i = 0; i < list->count && fits; i++)
        TRY(add_pair(run, &entries, &list->item[i], key, value, &fits));
    if (!fits)
        return feel_null_because(run, ret, "context: an item without \"key\" or \"value\", or a key that stands twice");
    return feel_context(run, entries.entry, entries.count, ret);
}

bool feel_key_is_text(const struct feel_value *argument)
{
    return argument[1].kind == FEEL_STRING;
}

/* Puts a value at the end of a path of keys, making new each context on the way. Null where one of them is none. */
static enum error put_at(struct feel_run *run, const struct feel_value *into, const struct feel_value *key,
                         size_t count, const struct feel_value *value, struct feel_value *ret)
{
    struct feel_value inner = *value;
    struct entries entries;
    feel_name name;
    bool valid;

    if (into->kind != FEEL_CONTEXT || key->kind != FEEL_STRING)
        return feel_unfit(run, "context put", ret);
    TRY(key_name(run, key->string, &valid, &name));
    if (!valid)
        return feel_unfit(run, "context put", ret);
    if (count > 1) {
        const struct feel_value none = feel_null(), *within = feel_context_get(into->context, name);
        TRY(put_at(run, within ? within : &none, key + 1, count - 1, value, &inner));
        if (inner.kind == FEEL_NULL) {
            *ret = inner;
            return OK;
        }
    }
    TRY(feel_spend(run, into->context->count));
    TRY(entries_of(run, into->context->count + 1, &entries));
    if (into->context->count)
        memcpy(entries.entry, into->context->entry, into->context->count * sizeof *entries.entry);
    entries.count = into->context->count;
    TRY(put(run, &entries, name, &inner));
    return feel_context(run, entries.entry, entries.count, ret);
}

FEEL_BUILTIN(context_put)
{
    struct feel_value context;
    struct feel_list room;
    const struct feel_list *keys = feel_to_list(&argument[1], &room);

    if (!feel_as(&argument[0], FEEL_CONTEXT, &context) || !keys || keys->count == 0)
        return feel_unfit(run, "context put", ret);
    if (keys->count > FEEL_VALUE_DEPTH_MAX)
        return ERROR_TOO_DEEP;
    return put_at(run, &context, keys->item, keys->count, &argument[2], ret);
}

FEEL_BUILTIN(context_merge)
{
    struct feel_list room;
    const struct feel_list *list = feel_to_list(&argument[0], &room);
    struct entries entries;
    size_t total = 0;

    for (size_t i = 0; list && i < list->count; i++) {
        if (list->item[i].kind != FEEL_CONTEXT)
            return feel_unfit(run, "context merge", ret);
        total += list->item[i].context->count;
    }
    if (!list)
        return feel_unfit(run, "context merge", ret);
    TRY(feel_spend(run, list->count));
    TRY(entries_of(run, total, &entries));
    for (size_t i = 0; i < list->count; i++)
        for (size_t j = 0; j < list->item[i].context->count; j++) {
            const struct feel_entry *entry = &list->item[i].context->entry[j];
            TRY(put(run, &entries, entry->name, &entry->value));
        }
    return feel_context(run, entries.entry, entries.count, ret);
}
