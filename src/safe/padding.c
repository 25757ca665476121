/* SPDX-License-Identifier: Apache-2.0 */
#include "padding.h"

#include "base/log.h"
#include "state.h"

/* In one batch of the log: about a millisecond, and no more than a message of the door can bring. */
#define FILL_MAX 512

_Static_assert(LEDGER_BATCH_ENTRIES_MAX >= FILL_MAX, "one batch takes it");

uint64_t padding_step(uint64_t happened, uint64_t least)
{
    uint64_t step = 1;

    if (happened <= least)
        return least;
    while (step < happened)
        step *= 2;
    return step;
}

bool padding_is_filling(const struct safe *safe)
{
    return safe->padding.target != 0;
}

void padding_open(struct safe *safe)
{
    struct slice note;
    uint64_t published = ledger_published(safe->access_log, &note).size;

    /* Without a checkpoint nobody has been shown anything; where the steps begin is free. */
    safe->padding.base = note.length > 0 ? published : ledger_size(safe->access_log);
}

static enum error append_padding(struct safe *safe, size_t count)
{
    struct ledger_entry entry[FILL_MAX];
    uint8_t leaf[FILL_MAX][LEDGER_PADDING_BYTES];
    uint64_t first;

    for (size_t i = 0; i < count; i++) {
        leaf[i][0] = LEDGER_PADDING_VERSION;
        safe->world->random(safe->world, leaf[i] + 1, LEDGER_PADDING_BYTES - 1);
        entry[i] = (struct ledger_entry){.leaf = slice_of(leaf[i], LEDGER_PADDING_BYTES)};
    }
    return ledger_append(safe->access_log, entry, count, LEDGER_KEEP_TIME, &first);
}

/* What cannot be padded is not shown: the next tick tries again from the size that strangers know. */
static void give_up(struct safe *safe, enum error error)
{
    safe->padding.target = 0;
    LOG(WARNING, "safe.not_padded", FIELD_ERROR(error));
}

static enum error fill(struct safe *safe, uint64_t most)
{
    struct padding *padding = &safe->padding;
    uint64_t missing = padding->target - ledger_size(safe->access_log);
    size_t count = (size_t)(missing < most ? missing : most);

    while (count > 0) {
        size_t now = count < FILL_MAX ? count : FILL_MAX;
        TRY(append_padding(safe, now));
        count -= now;
    }
    person_index_reached(safe->index, ledger_size(safe->access_log));
    return OK;
}

/* The step is full: this size may be seen. */
static bool publish_step(struct safe *safe)
{
    if (ledger_size(safe->access_log) != safe->padding.target)
        return false;
    safe->padding.target = 0;
    if (ledger_publish(safe->access_log) != OK) {
        LOG(WARNING, "safe.checkpoint_not_written");
        return false;
    }
    safe->padding.base = ledger_size(safe->access_log);
    return true;
}

void padding_begin(struct safe *safe)
{
    struct padding *padding = &safe->padding;

    if (padding->least == 0 || padding->target != 0)
        return;
    padding->target = padding->base + padding_step(ledger_size(safe->access_log) - padding->base, padding->least);
}

bool padding_fill(struct safe *safe)
{
    if (!padding_is_filling(safe))
        return false;
    enum error error = fill(safe, FILL_MAX);
    if (error == OK)
        return publish_step(safe);
    give_up(safe, error);
    return false;
}

enum error padding_append(struct safe *safe, const struct ledger_entry *entry, size_t count, unsigned flags,
                          uint64_t *ret_first)
{
    if (padding_is_filling(safe) && ledger_size(safe->access_log) + count > safe->padding.target) {
        enum error error = fill(safe, UINT64_MAX);
        if (error == OK)
            (void)publish_step(safe);
        else
            give_up(safe, error);
    }
    return ledger_append(safe->access_log, entry, count, flags, ret_first);
}
