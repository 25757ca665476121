/* SPDX-License-Identifier: Apache-2.0 */
#include "names.h"

struct name {
    struct slice text; /* data NULL: free */
    size_t number;
};

struct fhir_names {
    size_t room; /* a power of two, at least twice the maximum */
    size_t left;
    uint64_t key;
    struct name *name;
};

/* FNV-1a over a start that differs from bundle to bundle (the arena's address, which the sender does not know); a
 * chain of collisions would need it. */
static size_t slot_of(const struct fhir_names *names, struct slice text)
{
    uint64_t hash = names->key;

    for (size_t i = 0; i < text.length; i++)
        hash = (hash ^ (uint8_t)text.data[i]) * 1099511628211u;
    hash ^= hash >> 32;
    return (size_t)hash & (names->room - 1);
}

struct fhir_names *fhir_names_new(struct arena *arena, size_t maximum)
{
    struct fhir_names *names = arena_alloc(arena, sizeof *names);

    if (!names)
        return NULL;
    names->room = 16;
    while (names->room < 2 * maximum)
        names->room *= 2;
    names->left = maximum;
    names->key = 14695981039346656037u ^ (uint64_t)(uintptr_t)names * 0x9E3779B97F4A7C15u;
    names->name = arena_array(arena, names->room, sizeof *names->name);
    return names->name ? names : NULL;
}

static struct name *find(const struct fhir_names *names, struct slice text)
{
    size_t at = slot_of(names, text);

    while (names->name[at].text.data && !slice_equal(names->name[at].text, text))
        at = (at + 1) & (names->room - 1);
    return &names->name[at];
}

bool fhir_names_add(struct fhir_names *names, struct slice name, size_t number)
{
    struct name *place = find(names, name);

    if (place->text.data || names->left == 0)
        return false;
    *place = (struct name){name, number};
    names->left--;
    return true;
}

size_t fhir_names_find(const struct fhir_names *names, struct slice name)
{
    const struct name *place = names ? find(names, name) : NULL;
    return place && place->text.data ? place->number : SIZE_MAX;
}
