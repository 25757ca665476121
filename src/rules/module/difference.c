/* SPDX-License-Identifier: Apache-2.0 */
#include "difference.h"

#include <stdio.h>

#include "rules/prove/person.h"
#include "text/json.h"

#define SENTENCE_BYTES_MAX 8000

static const char *const scales[CHANGE_SCALES] = {
    [CHANGE_ACCESS] = "access", [CHANGE_REFUSAL] = "may_refuse", [CHANGE_CHARGE] = "charge"};

static struct slice row_id(const struct rule_row *row)
{
    return row ? row->id : SLICE("none");
}

static void write_who(struct buffer *into, const struct changes *changes, const struct change_group *group)
{
    size_t before = into->length;

    person_write(into, changes->space, group->box, "");
    if (into->length == before)
        buffer_string(into, "everybody");
}

/* "undocumented, means above, deferrable: BASKET → ASK_CLINICIAN (rows X → Y), 12 cases" */
static void write_sentence(struct buffer *into, const struct changes *changes, const struct change_group *group)
{
    const char *between = " (rows ";

    write_who(into, changes, group);
    buffer_format(into, ": %s %s → %s", scales[group->scale], change_word(group->scale, group->before),
                  change_word(group->scale, group->after));
    for (uint32_t i = 0; i < group->row_count; i++) {
        buffer_format(into, "%s%.*s → %.*s", between, SLICE_PRINT(row_id(group->rows[i].before)),
                      SLICE_PRINT(row_id(group->rows[i].after)));
        between = ", ";
    }
    if (group->row_count > 0)
        buffer_string(into, group->more_rows ? " and more)" : ")");
    buffer_format(into, ", %llu cases", (unsigned long long)group->cells);
}

/* Of those who lose, or of those who gain: the largest groups; how many are left over, and their cases. */
struct side {
    const struct change_group *group[CHANGE_NAMED_MAX];
    size_t count, groups_left;
    uint64_t cells_left;
};

static struct side side_of(const struct changes *changes, bool loses)
{
    struct side side = {0};

    for (size_t i = 0; i < changes->count; i++) {
        if (changes->group[i].loses != loses)
            continue;
        if (side.count < CHANGE_NAMED_MAX) {
            side.group[side.count++] = &changes->group[i];
            continue;
        }
        side.groups_left++;
        side.cells_left += changes->group[i].cells;
    }
    return side;
}

bool difference_harms(const struct changes *changes)
{
    return changes->count > 0 && changes->group[0].loses;
}

static void print_side(const struct changes *changes, bool loses)
{
    struct side side = side_of(changes, loses);
    const char *word = loses ? "Loses" : "Gains";

    for (size_t i = 0; i < side.count; i++) {
        CLEANUP_BUFFER struct buffer text = buffer_new(SENTENCE_BYTES_MAX);
        write_sentence(&text, changes, side.group[i]);
        printf("%s: %.*s\n", word, SLICE_PRINT(buffer_view(&text)));
    }
    if (side.groups_left)
        printf("%s: %zu smaller groups more, %llu cases\n", word, side.groups_left,
               (unsigned long long)side.cells_left);
}

void difference_print(const struct changes *changes, const struct rule_set *before, const struct rule_set *after)
{
    printf("%.*s %.*s instead of %.*s %.*s, %llu cases compared\n", SLICE_PRINT(after->pack),
           SLICE_PRINT(after->version), SLICE_PRINT(before->pack), SLICE_PRINT(before->version),
           (unsigned long long)changes->cells);
    print_side(changes, true);
    print_side(changes, false);
    if (changes->count == 0)
        printf("Nobody gains and nobody loses.\n");
    else if (!difference_harms(changes))
        printf("Nobody loses.\n");
}

/* ---- as JSON ---- */

static void write_rows(struct json_writer *json, const struct change_group *group)
{
    json_key(json, "rows");
    json_begin_array(json);
    for (uint32_t i = 0; i < group->row_count; i++) {
        json_begin_object(json);
        json_member_string(json, "before", row_id(group->rows[i].before));
        json_member_string(json, "after", row_id(group->rows[i].after));
        json_end_object(json);
    }
    json_end_array(json);
    json_key(json, "more_rows");
    json_bool(json, group->more_rows);
}

/* Facts that matter only: fact -> the cells of the group, in words. */
static void write_facts(struct json_writer *json, const struct space *space, const struct change_group *group)
{
    json_key(json, "facts");
    json_begin_object(json);
    for (uint32_t f = 0; f < space->fact_count; f++) {
        const struct space_fact *fact = &space->fact[f];
        if (!memchr(group->box[f], 0, fact->cell_count))
            continue;
        json_key_slice(json, fact->name);
        json_begin_array(json);
        for (uint32_t c = 0; c < fact->cell_count; c++)
            if (group->box[f][c])
                json_string(json, fact->cell[c].words);
        json_end_array(json);
    }
    json_end_object(json);
}

static void write_group(struct json_writer *json, const struct changes *changes, const struct change_group *group)
{
    CLEANUP_BUFFER struct buffer text = buffer_new(SENTENCE_BYTES_MAX);

    write_sentence(&text, changes, group);
    json_begin_object(json);
    json_member_cstring(json, "scale", scales[group->scale]);
    json_member_cstring(json, "before", change_word(group->scale, group->before));
    json_member_cstring(json, "after", change_word(group->scale, group->after));
    json_key(json, "cells");
    json_integer(json, (int64_t)group->cells);
    json_member_string(json, "sentence", buffer_view(&text));
    write_facts(json, changes->space, group);
    write_rows(json, group);
    json_end_object(json);
}

static void write_side(struct json_writer *json, const struct changes *changes, bool loses)
{
    struct side side = side_of(changes, loses);

    json_key(json, loses ? "loses" : "gains");
    json_begin_object(json);
    json_key(json, "groups");
    json_begin_array(json);
    for (size_t i = 0; i < side.count; i++)
        write_group(json, changes, side.group[i]);
    json_end_array(json);
    json_key(json, "groups_left");
    json_integer(json, (int64_t)side.groups_left);
    json_key(json, "cells_left");
    json_integer(json, (int64_t)side.cells_left);
    json_end_object(json);
}

void difference_write(const struct changes *changes, const struct rule_set *before, const struct rule_set *after,
                      struct buffer *into)
{
    struct json_writer json = json_writer(into);

    json_begin_object(&json);
    json_member_cstring(&json, "format", "hospitium-difference/1");
    json_member_string(&json, "pack", after->pack);
    json_member_string(&json, "before", before->version);
    json_member_string(&json, "after", after->version);
    json_key(&json, "cells");
    json_integer(&json, (int64_t)changes->cells);
    write_side(&json, changes, true);
    write_side(&json, changes, false);
    json_end_object(&json);
    buffer_byte(into, '\n');
}
