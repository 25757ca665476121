/* SPDX-License-Identifier: Apache-2.0 */

/* Lists that grow and small values that built-in functions make again and again. */

#include "run.h"

#define FIRST_CAPACITY 8
#define TEXT_MAX ((size_t)64 << 20)

/* Numbers that loops count with and properties give: no room is made for them. */
#define SMALL_COUNT 256
#define EIGHT(n)                                                                                                       \
    {(n)}, {(n) + 1}, {(n) + 2}, {(n) + 3}, {(n) + 4}, {(n) + 5}, {(n) + 6},                                           \
    {                                                                                                                  \
        (n) + 7                                                                                                        \
    }
#define SIXTY_FOUR(n)                                                                                                  \
    EIGHT(n), EIGHT((n) + 8), EIGHT((n) + 16), EIGHT((n) + 24), EIGHT((n) + 32), EIGHT((n) + 40), EIGHT((n) + 48),     \
        EIGHT((n) + 56)
static const struct number small[SMALL_COUNT] = {SIXTY_FOUR(0), SIXTY_FOUR(64), SIXTY_FOUR(128), SIXTY_FOUR(192)};

enum error feel_items_reserve(struct feel_run *run, struct feel_items *items, size_t count)
{
    if (count > FEEL_LIST_MAX - items->count)
        return ERROR_TOO_COSTLY;
    if (items->count + count <= items->capacity)
        return OK;

    size_t capacity = items->count + count;
    struct feel_value *item = arena_array(run->arena, capacity, sizeof *item);
    if (!item)
        return ERROR_MEMORY;
    if (items->count)
        memcpy(item, items->item, items->count * sizeof *item);
    items->item = item;
    items->capacity = capacity;
    return OK;
}

enum error feel_items_add(struct feel_run *run, struct feel_items *items, struct feel_value value)
{
    TRY(feel_spend(run, 1));
    if (items->count == items->capacity) {
        size_t more = items->count ? items->count : FIRST_CAPACITY, most = FEEL_LIST_MAX - items->count;
        TRY(feel_items_reserve(run, items, more > most && most ? most : more));
    }
    items->item[items->count++] = value;
    return OK;
}

enum error feel_items_add_all(struct feel_run *run, struct feel_items *items, const struct feel_list *list)
{
    TRY(feel_spend(run, list->count));
    TRY(feel_items_reserve(run, items, list->count));
    if (list->count)
        memcpy(items->item + items->count, list->item, list->count * sizeof *list->item);
    items->count += list->count;
    return OK;
}

enum error feel_items_list(struct feel_run *run, const struct feel_items *items, struct feel_value *ret)
{
    struct feel_list *list = arena_alloc(run->arena, sizeof *list);

    if (!list)
        return ERROR_MEMORY;
    *list = (struct feel_list){.count = items->count, .item = items->item};
    *ret = (struct feel_value){.kind = FEEL_LIST, .list = list};
    return OK;
}

enum error feel_context(struct feel_run *run, const struct feel_entry *entry, size_t count, struct feel_value *ret)
{
    struct feel_context *context = arena_alloc(run->arena, sizeof *context);

    if (!context)
        return ERROR_MEMORY;
    *context = (struct feel_context){.count = count, .entry = entry};
    *ret = (struct feel_value){.kind = FEEL_CONTEXT, .context = context};
    return OK;
}

enum error feel_whole(struct feel_run *run, int64_t number, struct feel_value *ret)
{
    if (number >= 0 && number < SMALL_COUNT) {
        *ret = (struct feel_value){.kind = FEEL_NUMBER, .number = &small[number]};
        return OK;
    }
    return feel_number(run->arena, number_of(number), ret);
}

enum error feel_text(struct feel_run *run, struct slice text, struct feel_value *ret)
{
    struct slice copy;

    TRY(feel_spend(run, text.length / 64));
    copy = arena_copy(run->arena, text);
    if (!copy.data)
        return ERROR_MEMORY;
    *ret = feel_string(copy);
    return OK;
}

enum error feel_written(struct feel_run *run, struct feel_value value, struct slice *ret)
{
    CLEANUP_BUFFER struct buffer text = buffer_new(TEXT_MAX);
    struct slice copy;

    feel_write(&text, run->names, value);
    if (text.failed)
        return ERROR_TOO_COSTLY;
    TRY(feel_spend(run, text.length / 16));
    copy = arena_copy(run->arena, buffer_view(&text));
    if (!copy.data)
        return ERROR_MEMORY;
    *ret = copy;
    return OK;
}

struct feel_value feel_from_singleton(struct feel_value value)
{
    return value.kind == FEEL_LIST && value.list->count == 1 ? value.list->item[0] : value;
}

const struct feel_list *feel_to_list(const struct feel_value *value, struct feel_list *room)
{
    if (value->kind == FEEL_LIST)
        return value->list;
    if (value->kind == FEEL_NULL)
        return NULL;
    *room = (struct feel_list){.count = 1, .item = value};
    return room;
}

bool feel_as_whole(const struct feel_value *argument, int64_t *ret)
{
    struct feel_value number;
    struct number cut;

    if (!feel_as(argument, FEEL_NUMBER, &number))
        return false;
    if (number_to_int(*number.number, ret))
        return true;
    return number_round(*number.number, 0, NUMBER_DOWN, &cut) == OK && number_to_int(cut, ret);
}

enum error feel_unfit(struct feel_run *run, const char *function, struct feel_value *ret)
{
    return feel_null_because(run, ret, "%s: an argument is outside of its domain", function);
}

bool feel_portion(const struct feel_value *argument, size_t count, int64_t total, int64_t *ret_from,
                  int64_t *ret_length)
{
    int64_t start, length;

    if (!feel_as_whole(&argument[1], &start) || start == 0 || start > total || start < -total)
        return false;
    *ret_from = start > 0 ? start - 1 : total + start;
    *ret_length = total - *ret_from;
    if (count < 3 || argument[2].kind == FEEL_NULL)
        return true;
    if (!feel_as_whole(&argument[2], &length) || length < 1 || length > *ret_length)
        return false;
    *ret_length = length;
    return true;
}
