/* SPDX-License-Identifier: Apache-2.0 */

/* Every credential that looked must be one that the public log counted: of its role and sector, issued before its first
 * look and good until its last. The public log names none, so the question is whether all that looked can be told apart
 * among all that were issued: each takes, in the order of first looks, the one that expires soonest of those that fit.
 * If this fails, no other choice would do. */

#include "credentials.h"

#include <stdlib.h>

#include "audit.h"

#define SLACK_S 1 /* looks are stamped in milliseconds, credentials in seconds */

/* ---- who looked ---- */

static size_t slot_of(const struct credentials *all, const struct id *id)
{
    uint64_t hash;

    memcpy(&hash, id->byte, sizeof hash);
    size_t slot = (size_t)hash & (all->slots - 1);
    while (all->slot[slot].entry_plus_one && memcmp(all->slot[slot].id.byte, id->byte, ID_BYTES) != 0)
        slot = (slot + 1) & (all->slots - 1);
    return slot;
}

static bool grow(struct credentials *all)
{
    struct credentials larger = {.slots = all->slots ? 2 * all->slots : 1024};

    if (larger.slots > 2 * CREDENTIALS_MAX || !(larger.slot = calloc(larger.slots, sizeof *larger.slot)))
        return false;
    for (size_t i = 0; i < all->slots; i++)
        if (all->slot[i].entry_plus_one)
            larger.slot[slot_of(&larger, &all->slot[i].id)] = all->slot[i];
    larger.count = all->count;
    free(all->slot);
    *all = larger;
    return true;
}

bool credentials_used(struct credentials *all, const struct event *event, uint64_t entry)
{
    if (2 * (all->count + 1) > all->slots && !grow(all)) {
        all->full = true;
        return true;
    }
    struct used *used = &all->slot[slot_of(all, &event->looker.credential)];
    if (!used->entry_plus_one) {
        *used = (struct used){.id = event->looker.credential,
                              .role = event->role,
                              .sector = event->sector,
                              .first_ms = event->time_ms,
                              .entry_plus_one = entry + 1};
        all->count++;
    }
    used->last_ms = event->time_ms > used->last_ms ? event->time_ms : used->last_ms;
    used->first_ms = event->time_ms < used->first_ms ? event->time_ms : used->first_ms;
    return used->role == event->role && used->sector == event->sector;
}

void credentials_free(struct credentials *all)
{
    free(all->slot);
    *all = (struct credentials){0};
}

/* ---- who was issued one ---- */

static int compare(int64_t a, int64_t b)
{
    return (a > b) - (a < b);
}

static int used_order(const void *a, const void *b)
{
    const struct used *left = a, *right = b;
    int order = compare(left->role * 64 + left->sector, right->role * 64 + right->sector);

    return order ? order : compare(left->first_ms, right->first_ms);
}

static int issued_by_end(const void *a, const void *b)
{
    const struct issued *left = a, *right = b;
    int order = compare(left->role * 64 + left->sector, right->role * 64 + right->sector);

    return order ? order : compare(left->until_s, right->until_s);
}

static int issued_by_begin(const void *a, const void *b)
{
    const struct issued *left = *(const struct issued *const *)a, *right = *(const struct issued *const *)b;
    int order = compare(left->role * 64 + left->sector, right->role * 64 + right->sector);

    return order ? order : compare(left->from_s, right->from_s);
}

/* How many of the issued ones at [begin, end) are free, as a tree of sums: the first free one behind a place is found
 * in as many steps as the tree is high. */
struct free_ones {
    uint32_t *sum;
    size_t width;
};

static void set_free(struct free_ones *ones, size_t place, bool is_free)
{
    size_t node = ones->width + place;

    ones->sum[node] = is_free;
    for (node /= 2; node > 0; node /= 2)
        ones->sum[node] = ones->sum[2 * node] + ones->sum[2 * node + 1];
}

/* SIZE_MAX when there is none from `place` on. */
static size_t first_free(const struct free_ones *ones, size_t place)
{
    size_t node = ones->width + place;

    if (place >= ones->width)
        return SIZE_MAX;
    while (ones->sum[node] == 0) {
        while (node > 1 && node % 2 == 1)
            node /= 2;
        if (node <= 1)
            return SIZE_MAX;
        node++;
    }
    while (node < ones->width)
        node = ones->sum[2 * node] ? 2 * node : 2 * node + 1;
    return node - ones->width;
}

struct matching {
    struct issued *issued; /* by role, sector, end */
    const struct issued **by_begin;
    size_t count, begun;
    struct free_ones ones;
};

static int group_of(int role, int sector)
{
    return role * 64 + sector;
}

/* The first place whose group and end are not before the use's. */
static size_t place_of(const struct matching *matching, const struct used *used)
{
    size_t low = 0, high = matching->count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        const struct issued *issued = &matching->issued[middle];
        int order = compare(group_of(issued->role, issued->sector), group_of(used->role, used->sector));
        if (order < 0 || (order == 0 && issued->until_s + SLACK_S < used->last_ms / 1000))
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static bool match(struct matching *matching, const struct used *used)
{
    for (; matching->begun < matching->count; matching->begun++) {
        const struct issued *next = matching->by_begin[matching->begun];
        int order = compare(group_of(next->role, next->sector), group_of(used->role, used->sector));
        if (order > 0 || (order == 0 && next->from_s > used->first_ms / 1000 + SLACK_S))
            break;
        set_free(&matching->ones, (size_t)(next - matching->issued), true);
    }
    size_t found = first_free(&matching->ones, place_of(matching, used));
    if (found >= matching->count ||
        group_of(matching->issued[found].role, matching->issued[found].sector) != group_of(used->role, used->sector))
        return false;
    set_free(&matching->ones, found, false);
    return true;
}

static void judge(struct audit *audit, struct matching *matching, const struct used *used)
{
    bool system = used->role == ROLE_SYSTEM && used->sector == SECTOR_SYSTEM;

    if (match(matching, used))
        audit->report.count[system ? COUNT_CREDENTIALS_SYSTEM : COUNT_CREDENTIALS]++;
    else if (audit->told.restored)
        audit->report.count[COUNT_CREDENTIALS_OLD]++;
    else
        report_add(&audit->report, FINDING_CREDENTIAL_UNTOLD,
                   PLACE_ENTRY("log/access/journal", used->entry_plus_one - 1), "%s of %s",
                   vocabulary_word(VOCABULARY_ROLE, (unsigned)used->role),
                   vocabulary_word(VOCABULARY_SECTOR, (unsigned)used->sector));
}

static size_t gather(struct credentials *all)
{
    size_t count = 0;

    for (size_t i = 0; i < all->slots; i++)
        if (all->slot[i].entry_plus_one)
            all->slot[count++] = all->slot[i];
    if (count > 0)
        qsort(all->slot, count, sizeof *all->slot, used_order);
    return count;
}

void credentials_judge(struct audit *audit, struct credentials *all)
{
    struct list *issued = &audit->told.issued;
    struct matching matching = {.issued = issued->items, .count = issued->count, .ones.width = 1};

    while (matching.ones.width < issued->count)
        matching.ones.width *= 2;
    list_sort(issued, issued_by_end);
    matching.ones.sum = calloc(2 * matching.ones.width, sizeof *matching.ones.sum);
    matching.by_begin = calloc(issued->count + 1, sizeof *matching.by_begin);
    if (matching.ones.sum && matching.by_begin) {
        for (size_t i = 0; i < issued->count; i++)
            matching.by_begin[i] = list_at(issued, i);
        qsort(matching.by_begin, issued->count, sizeof *matching.by_begin, issued_by_begin);
        size_t count = gather(all);
        for (size_t i = 0; i < count; i++)
            judge(audit, &matching, &all->slot[i]);
    }
    free(matching.ones.sum);
    free(matching.by_begin);
}
