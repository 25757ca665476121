/* SPDX-License-Identifier: Apache-2.0 */
#include "list.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

void *list_add(struct list *list)
{
    if (list->count == list->capacity) {
        size_t capacity = list->capacity ? 2 * list->capacity : 64;
        capacity = capacity < list->maximum ? capacity : list->maximum;
        void *items = capacity > list->count ? realloc(list->items, capacity * list->item_bytes) : NULL;
        if (!items) {
            list->full = true;
            return NULL;
        }
        list->items = items;
        list->capacity = capacity;
    }
    void *item = list_at(list, list->count++);
    memset(item, 0, list->item_bytes);
    return item;
}

void *list_at(const struct list *list, size_t index)
{
    return (uint8_t *)list->items + index * list->item_bytes;
}

void list_free(struct list *list)
{
    free(list->items);
    *list = list_new(list->item_bytes, list->maximum);
}

void list_sort(struct list *list, int (*compare)(const void *, const void *))
{
    if (list->count > 0)
        qsort(list->items, list->count, list->item_bytes, compare);
}

size_t list_distinct(struct list *list)
{
    size_t kept = 0, before = list->count;

    for (size_t i = 0; i < before; i++)
        if (kept == 0 || memcmp(list_at(list, i), list_at(list, kept - 1), list->item_bytes) != 0)
            memmove(list_at(list, kept++), list_at(list, i), list->item_bytes);
    list->count = kept;
    return before - kept;
}
