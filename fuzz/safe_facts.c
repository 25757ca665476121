/* SPDX-License-Identifier: Apache-2.0 */

/* A person's block of facts: as it comes from the door, and, since that never gets past the seal, sealed here so that what
 * is inside is read too. */

#include <stdlib.h>

#include "safe/facts.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct secret_key key = {{1}};
static const struct id person = {{2}};

/* As facts.h states the format and the binding. */
static void seal_inside(struct slice inside, struct buffer *block)
{
    struct {
        char use[8];
        uint8_t person[ID_BYTES];
        uint64_t version;
    } binding = {.use = "facts", .version = 7};
    struct world world = world_driven(1, 0);

    memcpy(binding.person, person.byte, ID_BYTES);
    buffer_u64(block, 7);
    void *room = buffer_room(block, inside.length + SEAL_OVERHEAD);
    if (room)
        seal(&key, &world, slice_of(&binding, sizeof binding), inside, room);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    CLEANUP_BUFFER struct buffer block = buffer_new(1u << 20), again = buffer_new(1u << 20);
    struct world world = world_driven(1, 0);
    static struct facts facts, back;
    struct slice bytes = slice_of(data, size);

    if (size > 0 && facts_open(&key, &person, bytes, &facts) == OK)
        abort(); /* nobody can make a block without the key */
    seal_inside(bytes, &block);
    if (facts_open(&key, &person, buffer_view(&block), &facts) != OK)
        return 0;
    if (facts.count > FACTS_MAX)
        abort();
    (void)facts_relation(&facts, &person, 5);
    (void)facts_consent(&facts, &person, 5);
    (void)facts_break_glass(&facts, &person, 5);
    facts_seal(&key, &world, &person, &facts, &again);
    if (again.failed || facts_open(&key, &person, buffer_view(&again), &back) != OK || back.count != facts.count)
        abort();
    return 0;
}
