/* SPDX-License-Identifier: Apache-2.0 */

/* Facts are fixed one after the other, as in the walk, and states that leave the same rows possible are met once. What
 * comes back from a state is a list of boxes over the facts that follow; a step joins the boxes of its cells that are
 * the same but for this fact. */

#include "change.h"

#include <stdlib.h>

#include "property.h"

#define CHANGE_BYTES_MAX ((size_t)512 << 20)
#define MERGE_MAX 4000 /* groups; past that they are only joined column by column */
#define NO_ANSWER 15
#define UNCHANGED 0

/* A box over the facts from some depth on. Each is kept once, so that equal boxes are the same pointer. */
struct box {
    uint32_t depth;
    uint32_t label;         /* 1 + before × 16 + after */
    const struct box *rest; /* over the facts that follow; NULL at the end */
    const uint8_t *cells;   /* of the fact at `depth` */
    struct box *next;       /* of the same hash */
    uint32_t entry;         /* scratch: where the list being made has it, plus 1 */
};

struct box_list {
    struct box **box;
    uint32_t count;
};

/* A state that was met, and what came of it. */
struct state {
    struct state *next;
    struct box_list list;
    uint32_t depth;
    uint64_t rows[];
};

#define BUCKETS (1u << 16)

struct comparison {
    struct arena *arena, *scratch;
    const struct space *space;
    const uint8_t **box;
    struct care_table before, after;
    int before_at, after_at;
    enum change_scale scale;
    struct state **state; /* BUCKETS */
    struct box **known;   /* BUCKETS */
};

const char *change_word(enum change_scale scale, uint8_t value)
{
    if (value == NO_ANSWER)
        return "no answer";
    return scale == CHANGE_ACCESS    ? combine_access_word(value)
           : scale == CHANGE_REFUSAL ? combine_refusal_word(value)
                                     : combine_charge_word(value);
}

static uint8_t value_of(const struct comparison *comparison, const struct care_table *table, int at,
                        const struct space_case *found)
{
    if (found->verdict[at] != OK)
        return NO_ANSWER;
    struct care_due due = combine_due(table, &found->result[at]);
    return comparison->scale == CHANGE_ACCESS    ? (uint8_t)due.access
           : comparison->scale == CHANGE_REFUSAL ? (uint8_t)due.may_refuse
                                                 : (uint8_t)due.charge;
}

static uint32_t label_of(const struct comparison *comparison, const uint64_t *rows)
{
    struct space_case found;

    space_decide_rows(comparison->space, rows, &found);
    uint8_t before = value_of(comparison, &comparison->before, comparison->before_at, &found);
    uint8_t after = value_of(comparison, &comparison->after, comparison->after_at, &found);
    return before == after ? UNCHANGED : 1 + before * 16u + after;
}

static uint32_t hash_bytes(const void *bytes, size_t length, uint32_t seed)
{
    const uint8_t *byte = bytes;
    uint64_t hash = seed * UINT64_C(0x9e3779b97f4a7c15);

    for (size_t i = 0; i < length; i++)
        hash = (hash ^ byte[i]) * UINT64_C(0x100000001b3);
    return (uint32_t)(hash >> 17) % BUCKETS;
}

/* ---- boxes ---- */

/* The one box that is so. NULL without memory. */
static struct box *intern(struct comparison *comparison, uint32_t depth, uint32_t label, const struct box *rest,
                          const uint8_t *cells, uint32_t cell_count)
{
    uint32_t seed = hash_bytes(&rest, sizeof rest, depth + 64 * label);
    struct box **known = &comparison->known[hash_bytes(cells, cell_count, seed)];

    for (struct box *box = *known; box; box = box->next)
        if (box->depth == depth && box->label == label && box->rest == rest &&
            (cell_count == 0 || memcmp(box->cells, cells, cell_count) == 0))
            return box;
    struct box *box = arena_alloc(comparison->scratch, sizeof *box);
    if (box) {
        *box = (struct box){.depth = depth, .label = label, .rest = rest, .cells = cells, .next = *known};
        *known = box;
    }
    return box;
}

static enum error make_leaf(struct comparison *comparison, const uint64_t *rows, struct box_list *ret)
{
    uint32_t label = label_of(comparison, rows);

    *ret = (struct box_list){0};
    if (label == UNCHANGED)
        return OK;
    ret->box = arena_alloc(comparison->scratch, sizeof(struct box *));
    if (!ret->box)
        return ERROR_TOO_LARGE;
    ret->box[0] = intern(comparison, comparison->space->fact_count, label, NULL, NULL, 0);
    ret->count = 1;
    return ret->box[0] ? OK : ERROR_TOO_LARGE;
}

/* Joins what came of each cell: boxes that go on alike become one, with all of those cells. */
static enum error join(struct comparison *comparison, uint32_t depth, const struct box_list *of_cell,
                       struct box_list *ret)
{
    uint32_t cells = comparison->space->fact[depth].cell_count, room = 0, count = 0;

    for (uint32_t c = 0; c < cells; c++)
        room += of_cell[c].count;
    struct box **box = arena_array(comparison->scratch, room, sizeof(struct box *));
    uint8_t **set = arena_array(comparison->scratch, room, sizeof(uint8_t *));
    if (!box || !set)
        return ERROR_TOO_LARGE;
    for (uint32_t c = 0; c < cells; c++) {
        for (uint32_t b = 0; b < of_cell[c].count; b++) {
            struct box *rest = of_cell[c].box[b];
            if (!rest->entry) {
                set[count] = arena_alloc(comparison->scratch, cells);
                if (!set[count])
                    return ERROR_TOO_LARGE;
                box[count] = rest;
                rest->entry = ++count;
            }
            set[rest->entry - 1][c] = 1;
        }
    }
    for (uint32_t i = 0; i < count; i++) {
        struct box *rest = box[i];
        rest->entry = 0;
        box[i] = intern(comparison, depth, rest->label, rest, set[i], cells);
        if (!box[i])
            return ERROR_TOO_LARGE;
    }
    *ret = (struct box_list){box, count};
    return OK;
}

/* ---- states ---- */

static struct state *find_state(struct comparison *comparison, uint32_t depth, const uint64_t *rows, bool *ret_new)
{
    size_t bytes = comparison->space->word_count * sizeof *rows;
    struct state **known = &comparison->state[hash_bytes(rows, bytes, depth)];

    *ret_new = false;
    for (struct state *state = *known; state; state = state->next)
        if (state->depth == depth && memcmp(state->rows, rows, bytes) == 0)
            return state;
    struct state *state = arena_alloc(comparison->scratch, sizeof *state + bytes);
    if (!state)
        return NULL;
    state->depth = depth;
    state->next = *known;
    memcpy(state->rows, rows, bytes);
    *known = state;
    *ret_new = true;
    return state;
}

/* As deep as there are facts, at most SPACE_FACTS_MAX. */
static enum error compare_from(struct comparison *comparison, uint32_t depth, const uint64_t *rows,
                               struct box_list *ret)
{
    const struct space *space = comparison->space;
    bool is_new;

    if (depth == space->fact_count)
        return make_leaf(comparison, rows, ret);
    struct state *state = find_state(comparison, depth, rows, &is_new);
    if (!state)
        return ERROR_TOO_LARGE;
    if (is_new) {
        struct box_list *of_cell = arena_array(comparison->scratch, space->fact[depth].cell_count, sizeof *of_cell);
        if (!of_cell)
            return ERROR_TOO_LARGE;
        for (uint32_t c = 0; c < space->fact[depth].cell_count; c++) {
            uint64_t left[SPACE_WORDS_MAX];
            if (!space_box_has(comparison->box, depth, c))
                continue;
            memcpy(left, rows, space->word_count * sizeof *left);
            space_narrow(space, depth, c, left);
            TRY(compare_from(comparison, depth + 1, left, &of_cell[c]));
        }
        TRY(join(comparison, depth, of_cell, &state->list));
    }
    *ret = state->list;
    return OK;
}

/* ---- groups ---- */

static uint32_t count_cells(const uint8_t *cells, uint32_t count)
{
    uint32_t chosen = 0;

    for (uint32_t c = 0; c < count; c++)
        chosen += cells[c];
    return chosen;
}

static bool is_loss(enum change_scale scale, uint8_t before, uint8_t after)
{
    if (before == NO_ANSWER || after == NO_ANSWER)
        return after == NO_ANSWER;
    return scale == CHANGE_ACCESS ? after < before : after > before;
}

static enum error make_group(struct comparison *comparison, const struct box *box, struct change_group *ret)
{
    const struct space *space = comparison->space;
    uint8_t before = (uint8_t)((box->label - 1) / 16), after = (uint8_t)((box->label - 1) % 16);

    *ret = (struct change_group){.scale = comparison->scale,
                                 .loses = is_loss(comparison->scale, before, after),
                                 .before = before,
                                 .after = after,
                                 .cells = 1};
    ret->box = arena_array(comparison->arena, SPACE_FACTS_MAX, sizeof(const uint8_t *));
    if (!ret->box)
        return ERROR_MEMORY;
    for (; box->rest; box = box->rest) {
        uint32_t cells = space->fact[box->depth].cell_count;
        ret->box[box->depth] = (const uint8_t *)arena_copy(comparison->arena, slice_of(box->cells, cells)).data;
        if (!ret->box[box->depth])
            return ERROR_MEMORY;
        ret->cells *= count_cells(box->cells, cells);
    }
    return OK;
}

/* The one fact in which two groups differ; -1: none or several. */
static int64_t only_difference(const struct space *space, const struct change_group *a, const struct change_group *b)
{
    int64_t fact = -1;

    if (a->before != b->before || a->after != b->after)
        return -1;
    for (uint32_t f = 0; f < space->fact_count; f++) {
        if (memcmp(a->box[f], b->box[f], space->fact[f].cell_count) == 0)
            continue;
        if (fact >= 0)
            return -1;
        fact = f;
    }
    return fact;
}

static bool merge_into(const struct space *space, struct change_group *into, const struct change_group *other)
{
    int64_t fact = only_difference(space, into, other);

    if (fact < 0)
        return false;
    uint8_t *cells = (uint8_t *)(uintptr_t)into->box[fact];
    for (uint32_t c = 0; c < space->fact[fact].cell_count; c++)
        cells[c] |= other->box[fact][c];
    into->cells += other->cells;
    return true;
}

/* Groups that differ in one fact alone become one, until there are none. */
static size_t merge_groups(const struct space *space, struct change_group *group, size_t count)
{
    bool merged = count <= MERGE_MAX;

    while (merged) {
        merged = false;
        for (size_t a = 0; a < count; a++)
            for (size_t b = a + 1; b < count; b++)
                if (merge_into(space, &group[a], &group[b])) {
                    group[b--] = group[--count];
                    merged = true;
                }
    }
    return count;
}

/* ---- rows ---- */

struct row_search {
    const struct comparison *comparison;
    struct change_group *group;
};

static const struct rule_row *row_at(const struct space_case *found, int at)
{
    return found->verdict[at] == OK ? found->result[at].row : NULL;
}

static bool note_rows(void *context, const struct space_case *found)
{
    struct row_search *search = context;
    struct change_group *group = search->group;
    struct change_rows rows = {row_at(found, search->comparison->before_at),
                               row_at(found, search->comparison->after_at)};

    for (uint32_t i = 0; i < group->row_count; i++)
        if (group->rows[i].before == rows.before && group->rows[i].after == rows.after)
            return true;
    group->more_rows = group->row_count == CHANGE_ROWS_MAX;
    if (group->more_rows)
        return false;
    group->rows[group->row_count++] = rows;
    return true;
}

static enum error find_rows(const struct comparison *comparison, struct change_group *group)
{
    struct space_tour tour = {.last = -1, .box = group->box, .rows = true};
    struct row_search search = {comparison, group};
    uint64_t cells;

    return space_walk(comparison->space, &tour, note_rows, &search, &cells);
}

/* ---- all ---- */

static int by_size(const void *a, const void *b)
{
    const struct change_group *left = a, *right = b;

    if (left->loses != right->loses)
        return left->loses ? -1 : 1;
    if (left->cells != right->cells)
        return left->cells > right->cells ? -1 : 1;
    return left->scale != right->scale ? (int)left->scale - (int)right->scale
                                       : left->before * 16 + left->after - right->before * 16 - right->after;
}

struct group_list {
    struct change_group *group;
    size_t count;
};

static enum error name_rows(const struct comparison *comparison, const struct group_list *all)
{
    size_t named[2] = {0};

    for (size_t i = 0; i < all->count; i++)
        if (named[all->group[i].loses]++ < CHANGE_NAMED_MAX)
            TRY(find_rows(comparison, &all->group[i]));
    return OK;
}

static enum error compare_scale(struct comparison *comparison, struct group_list *all)
{
    uint64_t rows[SPACE_WORDS_MAX];
    struct box_list list;

    comparison->state = arena_array(comparison->scratch, BUCKETS, sizeof(struct state *));
    comparison->known = arena_array(comparison->scratch, BUCKETS, sizeof(struct box *));
    if (!comparison->state || !comparison->known)
        return ERROR_MEMORY;
    space_begin(comparison->space, rows);
    TRY(compare_from(comparison, 0, rows, &list));
    struct change_group *group = arena_array(comparison->arena, all->count + list.count, sizeof *group);
    if (!group)
        return ERROR_MEMORY;
    if (all->count)
        memcpy(group, all->group, all->count * sizeof *group);
    for (uint32_t i = 0; i < list.count; i++)
        TRY(make_group(comparison, list.box[i], &group[all->count + i]));
    all->group = group;
    all->count += merge_groups(comparison->space, group + all->count, list.count);
    return OK;
}

static enum error compare_all(struct comparison *comparison, struct changes *ret)
{
    struct group_list all = {0};

    for (enum change_scale scale = 0; scale < CHANGE_SCALES; scale++) {
        CLEANUP_ARENA struct arena *scratch = arena_new(CHANGE_BYTES_MAX);
        if (!scratch)
            return ERROR_MEMORY;
        comparison->scratch = scratch;
        comparison->scale = scale;
        TRY(compare_scale(comparison, &all));
    }
    if (all.count)
        qsort(all.group, all.count, sizeof *all.group, by_size);
    ret->group = all.group;
    ret->count = all.count;
    return name_rows(comparison, &all);
}

enum error change_find(struct arena *arena, const struct rule_decision *before, const struct rule_decision *after,
                       int64_t day, struct changes *ret_changes, struct fault *fault)
{
    struct comparison comparison = {.arena = arena};
    const struct rule_decision *decisions[] = {before, after};
    struct proof days = {.arena = arena, .fault = fault, .set = after->set, .day = day};
    struct changes changes = {.cells = 1};

    TRY(combine_table(before, &comparison.before, fault));
    TRY(combine_table(after, &comparison.after, fault));
    TRY(space_make(arena, decisions, 2, false, &comparison.space, fault));
    TRY(property_box(&days, comparison.space, &comparison.box));
    comparison.before_at = space_find_decision(comparison.space, before);
    comparison.after_at = space_find_decision(comparison.space, after);
    changes.space = comparison.space;
    for (uint32_t f = 0; f < comparison.space->fact_count; f++) {
        uint32_t cells = 0;
        for (uint32_t c = 0; c < comparison.space->fact[f].cell_count; c++)
            cells += space_box_has(comparison.box, f, c);
        changes.cells *= cells;
    }
    TRY(compare_all(&comparison, &changes));
    *ret_changes = changes;
    return OK;
}
