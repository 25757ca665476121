/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* A growing array with a maximum: what the audit must remember from one entry to another. */

#include <stdbool.h>
#include <stddef.h>

struct list {
    void *items;
    size_t count, capacity, item_bytes, maximum;
    bool full; /* something was left out */
};

static inline struct list list_new(size_t item_bytes, size_t maximum)
{
    return (struct list){.item_bytes = item_bytes, .maximum = maximum};
}

/* A zeroed new item at the end; NULL when it is full or there is no memory. Moves the others. */
void *list_add(struct list *list);
void *list_at(const struct list *list, size_t index);
void list_free(struct list *list);
/* Of a sorted list of plain bytes: leaves one of those that are alike. Gives how many went. */
size_t list_distinct(struct list *list);
void list_sort(struct list *list, int (*compare)(const void *, const void *));
