/* SPDX-License-Identifier: Apache-2.0 */
#include "geometry.h"

/* The slots of one input that one row lets pass. Most are one interval, so that two numbers decide. */
struct span {
    uint32_t first, last, count; /* count 0: no slot */
    const uint64_t *slots;       /* slot s is bit s % 64 of word s / 64 */
};

struct maker {
    const struct rule_decision *decision;
    struct span *span; /* row × input_count + input */
    struct geometry_pair *pair;
    size_t room, count, in_all;
};

static bool passes(const struct rule_decision *decision, uint32_t input, uint32_t slot, uint32_t row)
{
    return rule_input_column(decision, &decision->input[input], slot)[row / 64] >> (row % 64) & 1;
}

bool geometry_is_possible(const struct rule_decision *decision, uint32_t row)
{
    for (uint32_t i = 0; i < decision->input_count; i++) {
        uint32_t slot = 0;
        while (slot < decision->input[i].slot_count && !passes(decision, i, slot, row))
            slot++;
        if (slot == decision->input[i].slot_count)
            return false;
    }
    return true;
}

static bool has_all_of(const struct rule_decision *decision, uint32_t row, uint32_t other)
{
    for (uint32_t i = 0; i < decision->input_count; i++)
        for (uint32_t slot = 0; slot < decision->input[i].slot_count; slot++)
            if (passes(decision, i, slot, row) && !passes(decision, i, slot, other))
                return false;
    return true;
}

int64_t geometry_cover(const struct rule_decision *decision, uint32_t row)
{
    for (uint32_t other = 0; decision->hit_policy == RULE_PRIORITY && other < row; other++)
        if (has_all_of(decision, row, other))
            return other;
    return -1;
}

/* ---- all rows at once ---- */

static uint32_t slot_words(const struct rule_input *input)
{
    return (input->slot_count + 63) / 64;
}

/* Rows whose bit differs from that of the slot before begin or end a run there, so that long intervals cost nothing. */
static void add_run(struct maker *maker, uint32_t input, uint32_t row, uint32_t first, uint32_t end)
{
    struct span *span = &maker->span[(size_t)row * maker->decision->input_count + input];
    uint64_t *slots = (uint64_t *)(uintptr_t)span->slots;

    if (span->count == 0)
        span->first = first;
    span->last = end - 1;
    span->count += end - first;
    for (uint32_t slot = first; slot < end;) {
        uint32_t in_word = 64 - slot % 64, left = end - slot, take = in_word < left ? in_word : left;
        uint64_t bits = take == 64 ? ~UINT64_C(0) : ((UINT64_C(1) << take) - 1) << slot % 64;
        slots[slot / 64] |= bits;
        slot += take;
    }
}

static void make_spans_of(struct maker *maker, uint32_t number, uint32_t *began)
{
    const struct rule_decision *decision = maker->decision;
    const struct rule_input *input = &decision->input[number];

    for (uint32_t slot = 0; slot <= input->slot_count; slot++) {
        for (uint32_t w = 0; w < decision->words; w++) {
            uint64_t before = slot > 0 ? rule_input_column(decision, input, slot - 1)[w] : 0;
            uint64_t now = slot < input->slot_count ? rule_input_column(decision, input, slot)[w] : 0;
            for (uint64_t bits = before ^ now; bits; bits &= bits - 1) {
                uint32_t row = w * 64 + (uint32_t)__builtin_ctzll(bits);
                if (before >> (row % 64) & 1)
                    add_run(maker, number, row, began[row], slot);
                else
                    began[row] = slot;
            }
        }
    }
}

static enum error make_spans(struct arena *arena, struct maker *maker)
{
    const struct rule_decision *decision = maker->decision;
    uint32_t *began = arena_array(arena, decision->row_count, sizeof *began);

    maker->span = arena_array(arena, (size_t)decision->row_count * decision->input_count, sizeof *maker->span);
    if (!began || !maker->span)
        return ERROR_MEMORY;
    for (uint32_t i = 0; i < decision->input_count; i++) {
        uint32_t words = slot_words(&decision->input[i]);
        uint64_t *slots = arena_array(arena, (size_t)decision->row_count * words, sizeof *slots);
        if (!slots)
            return ERROR_MEMORY;
        for (uint32_t r = 0; r < decision->row_count; r++)
            maker->span[(size_t)r * decision->input_count + i].slots = slots + (size_t)r * words;
        make_spans_of(maker, i, began);
    }
    return OK;
}

static bool is_interval(const struct span *span)
{
    return span->count == span->last - span->first + 1;
}

static bool share(const struct span *a, const struct span *b)
{
    if (a->count == 0 || b->count == 0 || a->first > b->last || b->first > a->last)
        return false;
    if (is_interval(a) && is_interval(b))
        return true;
    for (uint32_t w = (a->first > b->first ? a->first : b->first) / 64;
         w <= (a->last < b->last ? a->last : b->last) / 64; w++)
        if (a->slots[w] & b->slots[w])
            return true;
    return false;
}

static bool is_inside(const struct span *a, const struct span *b)
{
    if (a->first < b->first || a->last > b->last)
        return false;
    for (uint32_t w = a->first / 64; !is_interval(b) && w <= a->last / 64; w++)
        if (a->slots[w] & ~b->slots[w])
            return false;
    return true;
}

typedef bool compare_spans(const struct span *a, const struct span *b);

static bool in_every_input(const struct maker *maker, uint32_t a, uint32_t b, compare_spans *compare)
{
    uint32_t inputs = maker->decision->input_count;

    for (uint32_t i = 0; i < inputs; i++)
        if (!compare(&maker->span[(size_t)a * inputs + i], &maker->span[(size_t)b * inputs + i]))
            return false;
    return true;
}

static void add_pair(struct arena *arena, struct maker *maker, struct geometry_pair pair)
{
    if (maker->in_all++ >= GEOMETRY_PAIRS_MAX)
        return;
    if (maker->count == maker->room) {
        size_t room = maker->room ? 2 * maker->room : 256;
        struct geometry_pair *grown = arena_array(arena, room, sizeof *grown);
        if (!grown)
            return;
        if (maker->count)
            memcpy(grown, maker->pair, maker->count * sizeof *grown);
        maker->pair = grown;
        maker->room = room;
    }
    maker->pair[maker->count++] = pair;
}

/* The inner row adds nothing when it says the same, or stands behind where the first that matches decides. */
static struct geometry_pair inner_pair(const struct maker *maker, uint32_t row, uint32_t other, bool same)
{
    bool behind = maker->decision->hit_policy == RULE_PRIORITY && row > other;

    return (struct geometry_pair){same || behind ? GEOMETRY_SUBSUMED : GEOMETRY_INSIDE, row, other, same};
}

static void compare_rows(struct arena *arena, struct maker *maker, uint32_t a, uint32_t b)
{
    const struct rule_decision *decision = maker->decision;

    if (!in_every_input(maker, a, b, share))
        return;
    bool same = memcmp(decision->row[a].output, decision->row[b].output,
                       decision->output_count * sizeof decision->row[a].output[0]) == 0;
    if (in_every_input(maker, b, a, is_inside))
        add_pair(arena, maker, inner_pair(maker, b, a, same));
    else if (in_every_input(maker, a, b, is_inside))
        add_pair(arena, maker, inner_pair(maker, a, b, same));
    else
        add_pair(arena, maker, (struct geometry_pair){GEOMETRY_OVERLAP, a, b, same});
}

enum error geometry_make(struct arena *arena, const struct rule_decision *decision, struct geometry *ret_geometry)
{
    struct maker maker = {.decision = decision};

    TRY(make_spans(arena, &maker));
    for (uint32_t a = 0; a < decision->row_count; a++)
        for (uint32_t b = a + 1; b < decision->row_count; b++)
            compare_rows(arena, &maker, a, b);
    *ret_geometry = (struct geometry){decision, maker.pair, maker.count, maker.in_all};
    return OK;
}
