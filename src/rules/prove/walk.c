/* SPDX-License-Identifier: Apache-2.0 */

/* The walk itself. Facts are fixed one after the other; at each step the rows that can still decide are kept. What they
 * and the results so far say is the state of the walk: from the same state the same follows, so a state that was
 * met before is not walked again. States are compared whole, never by a hash alone. */

#include "space.h"

#define STATES_MAX (UINT32_C(1) << 16) /* remembered; past that the walk only gets slower */
#define STATES_FIRST 512               /* room at the start; it doubles */
#define DECIDED_OUTPUTS_MAX 5          /* of 12 bits (RULE_VALUES_MAX), in one word */
#define WALK_BYTES_MAX ((size_t)256 << 20)

/* Where one step of the walk narrows the rows of a table. */
struct narrowing {
    uint32_t decision, input;
};

struct step {
    uint32_t fact;
    uint32_t narrowing_count;
    struct narrowing narrowing[RULE_DECISIONS_MAX];
    uint32_t ready_count; /* tables that can be decided once this fact is fixed */
    uint32_t ready[RULE_DECISIONS_MAX];
};

struct walk {
    struct arena *arena;
    const struct space *space;
    const struct space_tour *tour;
    struct step step[SPACE_FACTS_MAX];
    uint64_t below[SPACE_FACTS_MAX + 1]; /* cells from this depth on */
    uint64_t *rows;                      /* (fact_count + 1) × word_count */
    uint64_t *certain;                   /* likewise: rows that pass whatever is still to be fixed */
    uint64_t *state;                     /* the present one, then those that are remembered */
    uint32_t state_words, state_count, state_room;
    uint32_t *slot_of_state; /* hash table of 2 × state_room: number of a remembered state */
    uint32_t ready_at[RULE_DECISIONS_MAX];
    struct space_case found;
    space_visit *visit;
    void *context;
    uint64_t cells;
};

static const struct rule_row *row_number(const struct rule_decision *rules, uint32_t word, uint64_t bits)
{
    return &rules->row[word * 64 + (uint32_t)__builtin_ctzll(bits)];
}

static bool same_outputs(const struct rule_decision *rules, const struct rule_row *a, const struct rule_row *b)
{
    return memcmp(a->output, b->output, rules->output_count * sizeof a->output[0]) == 0;
}

static void collect_row(const struct rule_decision *rules, const struct rule_row *row, struct rule_result *result)
{
    for (uint32_t i = 0; i < rules->output_count; i++)
        result->collected[i] |= UINT64_C(1) << row->output[i];
}

/* The same rules as rules_decide, on rows that are already narrowed. */
static enum error decide_rows(const struct rule_decision *rules, const uint64_t *rows, struct rule_result *result)
{
    result->row = NULL;
    memset(result->collected, 0, rules->output_count * sizeof result->collected[0]);
    for (uint32_t word = 0; word < rules->words; word++) {
        for (uint64_t bits = rows[word]; bits; bits &= bits - 1) {
            const struct rule_row *row = row_number(rules, word, bits);
            if (rules->hit_policy == RULE_COLLECT)
                collect_row(rules, row, result);
            else if (result->row && (rules->hit_policy == RULE_UNIQUE || !same_outputs(rules, result->row, row)))
                return ERROR_ROWS_DISAGREE;
            if (!result->row)
                result->row = row;
            if (rules->hit_policy == RULE_PRIORITY)
                goto found;
        }
    }
    if (!result->row)
        return ERROR_NO_ROW;
found:
    for (uint32_t i = 0; i < rules->output_count; i++)
        result->output[i] = result->row->output[i];
    return OK;
}

static void narrow(uint64_t *rows, const uint64_t *column, uint32_t words)
{
    for (uint32_t w = 0; w < words; w++)
        rows[w] &= column[w];
}

/* `rows`: those of all tables that the facts let pass. A table that rests on an undecided one is undecided too. */
static void decide(const struct space *space, const uint64_t *rows, uint32_t number, struct space_case *found)
{
    const struct space_decision *decision = &space->decision[number];
    const struct rule_decision *rules = decision->rules;
    uint64_t left[SPACE_WORDS_MAX];

    memcpy(left, rows + decision->first_word, rules->words * sizeof *left);
    for (uint32_t i = 0; i < rules->input_count; i++) {
        const struct space_input *input = &decision->input[i];
        const struct rule_input *source = &rules->input[i];
        if (input->fact >= 0)
            continue;
        found->verdict[number] = found->verdict[input->feeder];
        if (found->verdict[number] != OK)
            return;
        int64_t value = source->fed_value[found->result[input->feeder].output[source->fed_output]];
        narrow(left, rule_input_column(rules, source, (uint32_t)rule_input_slot(source, value)), rules->words);
    }
    found->verdict[number] = decide_rows(rules, left, &found->result[number]);
}

/* Narrows a table's rows to those that one of its inputs lets pass. */
static void pass_input(const struct space_decision *decision, uint32_t input, uint32_t cell, uint64_t *rows)
{
    const struct rule_decision *rules = decision->rules;
    uint32_t slot = decision->input[input].slot[cell];

    narrow(rows + decision->first_word, rule_input_column(rules, &rules->input[input], slot), rules->words);
}

void space_begin(const struct space *space, uint64_t *rows)
{
    memset(rows, 0xff, space->word_count * sizeof *rows);
}

void space_narrow(const struct space *space, uint32_t fact, uint32_t cell, uint64_t *rows)
{
    for (uint32_t d = 0; d < space->decision_count; d++) {
        const struct space_decision *decision = &space->decision[d];
        for (uint32_t i = 0; i < decision->rules->input_count; i++)
            if (decision->input[i].fact == (int32_t)fact)
                pass_input(decision, i, cell, rows);
    }
}

void space_decide_rows(const struct space *space, const uint64_t *rows, struct space_case *found)
{
    found->space = space;
    for (uint32_t d = 0; d < space->decision_count; d++)
        decide(space, rows, d, found);
}

void space_decide(const struct space *space, struct space_case *found)
{
    uint64_t rows[SPACE_WORDS_MAX];

    space_begin(space, rows);
    for (uint32_t f = 0; f < space->fact_count; f++)
        space_narrow(space, f, found->cell[f], rows);
    space_decide_rows(space, rows, found);
}

/* In a PRIORITY table nothing behind a row that is certain to pass can decide any more: states that differ in such rows
 * alone are the same. */
static void cut(const struct walk *walk, uint64_t *rows, uint32_t depth)
{
    const struct space *space = walk->space;
    const uint64_t *certain = walk->certain + (size_t)depth * space->word_count;

    for (uint32_t d = 0; d < space->decision_count; d++) {
        uint32_t word = space->decision[d].first_word, end = word + space->decision[d].rules->words;
        while (word < end && !(rows[word] & certain[word]))
            word++;
        if (word == end)
            continue;
        uint64_t first = rows[word] & certain[word];
        first &= ~first + 1;
        rows[word] &= first | (first - 1);
        memset(rows + word + 1, 0, (end - word - 1) * sizeof *rows);
    }
}

static void fix(struct walk *walk, uint32_t depth, uint32_t cell)
{
    const struct space *space = walk->space;
    const struct step *step = &walk->step[depth];
    uint64_t *rows = walk->rows + (size_t)(depth + 1) * space->word_count;

    walk->found.cell[step->fact] = cell;
    memcpy(rows, rows - space->word_count, space->word_count * sizeof *rows);
    for (uint32_t i = 0; i < step->narrowing_count; i++)
        pass_input(&space->decision[step->narrowing[i].decision], step->narrowing[i].input, cell, rows);
    cut(walk, rows, depth + 1);
    for (uint32_t i = 0; i < step->ready_count; i++)
        decide(space, rows, step->ready[i], &walk->found);
}

/* What a decided table still means for what follows, as one number: its verdict, its row, or its outputs of 12 bits
 * each. */
static uint64_t decided_state(const struct walk *walk, uint32_t number)
{
    const struct rule_result *result = &walk->found.result[number];
    uint64_t outputs = 0;

    if (walk->found.verdict[number] != OK)
        return (uint64_t)walk->found.verdict[number];
    if (walk->tour->rows)
        return ERROR_COUNT + result->row->number;
    for (uint32_t i = 0; i < walk->space->decision[number].rules->output_count; i++)
        outputs = outputs << 12 | result->output[i];
    return ERROR_COUNT + outputs;
}

static bool has_decided_state(const struct walk *walk, uint32_t number, uint32_t depth)
{
    const struct rule_decision *rules = walk->space->decision[number].rules;

    return walk->ready_at[number] < depth && rules->hit_policy != RULE_COLLECT &&
           rules->output_count <= DECIDED_OUTPUTS_MAX;
}

static uint64_t *state_of(const struct walk *walk, uint32_t number)
{
    return walk->state + (size_t)number * walk->state_words;
}

/* Writes the state before `depth` into place 0: depth, rows or results of each table, cells that the visit looks at. */
static void write_state(struct walk *walk, uint32_t depth)
{
    const struct space *space = walk->space;
    uint64_t *state = state_of(walk, 0);

    *state++ = depth;
    memcpy(state, walk->rows + (size_t)depth * space->word_count, space->word_count * sizeof *state);
    for (uint32_t d = 0; d < space->decision_count; d++) {
        const struct space_decision *decision = &space->decision[d];
        if (!has_decided_state(walk, d, depth))
            continue;
        memset(state + decision->first_word, 0, decision->rules->words * sizeof *state);
        state[decision->first_word] = decided_state(walk, d);
    }
    state += space->word_count;
    for (uint32_t step = 0; step < space->fact_count; step++) {
        uint32_t fact = walk->step[step].fact;
        *state++ = step < depth && walk->tour->seen >> fact & 1 ? walk->found.cell[fact] : 0;
    }
}

static uint32_t hash_state(const uint64_t *state, uint32_t words)
{
    uint64_t hash = 0;

    for (uint32_t i = 0; i < words; i++)
        hash = (hash ^ state[i]) * UINT64_C(0x9e3779b97f4a7c15) ^ hash >> 29;
    return (uint32_t)(hash >> 32);
}

/* Where the state `number` is in the hash table, or would be. */
static uint32_t find_slot(const struct walk *walk, uint32_t number)
{
    uint32_t at = hash_state(state_of(walk, number), walk->state_words) % (2 * walk->state_room);

    for (; walk->slot_of_state[at]; at = (at + 1) % (2 * walk->state_room))
        if (memcmp(state_of(walk, walk->slot_of_state[at]), state_of(walk, number),
                   walk->state_words * sizeof *walk->state) == 0)
            break;
    return at;
}

/* Room for `room` states, with those known so far. Without memory nothing changes: the walk only gets slower. */
static bool grow(struct walk *walk, uint32_t room)
{
    uint64_t *state = arena_array(walk->arena, (size_t)(room + 1) * walk->state_words, sizeof *state);
    uint32_t *slot = arena_array(walk->arena, 2 * (size_t)room, sizeof *slot);

    if (!state || !slot)
        return false;
    if (walk->state)
        memcpy(state, walk->state, (size_t)(walk->state_count + 1) * walk->state_words * sizeof *state);
    walk->state = state;
    walk->slot_of_state = slot;
    walk->state_room = room;
    for (uint32_t number = 1; number <= walk->state_count; number++)
        walk->slot_of_state[find_slot(walk, number)] = number;
    return true;
}

/* Remembers the state before `depth`, unless it was met before: then says so. */
static bool was_met(struct walk *walk, uint32_t depth)
{
    write_state(walk, depth);
    uint32_t at = find_slot(walk, 0);
    if (walk->slot_of_state[at])
        return true;
    if (walk->state_count == walk->state_room) {
        if (walk->state_room == STATES_MAX || !grow(walk, 2 * walk->state_room))
            return false;
        at = find_slot(walk, 0);
    }
    walk->slot_of_state[at] = ++walk->state_count;
    memcpy(state_of(walk, walk->state_count), walk->state, walk->state_words * sizeof *walk->state);
    return false;
}

/* As deep as there are facts, at most SPACE_FACTS_MAX. */
static bool walk_from(struct walk *walk, uint32_t depth)
{
    if (depth == walk->space->fact_count) {
        walk->cells++;
        return walk->visit(walk->context, &walk->found);
    }
    const struct step *step = &walk->step[depth];
    for (uint32_t cell = 0; cell < walk->space->fact[step->fact].cell_count; cell++) {
        if (!space_box_has(walk->tour->box, step->fact, cell))
            continue;
        fix(walk, depth, cell);
        if (depth + 1 < walk->space->fact_count && was_met(walk, depth + 1))
            walk->cells += walk->below[depth + 1];
        else if (!walk_from(walk, depth + 1))
            return false;
    }
    return true;
}

static void order_facts(struct walk *walk, const struct space_tour *tour)
{
    uint32_t depth = 0;

    for (uint32_t f = 0; f < walk->space->fact_count; f++)
        if ((int)f != tour->last)
            walk->step[depth++].fact = f;
    if (tour->last >= 0)
        walk->step[depth].fact = (uint32_t)tour->last;
}

static uint64_t count_cells(const struct walk *walk, const struct step *step)
{
    uint64_t count = 0;

    for (uint32_t cell = 0; cell < walk->space->fact[step->fact].cell_count; cell++)
        count += space_box_has(walk->tour->box, step->fact, cell);
    return count;
}

static uint32_t depth_of(const struct walk *walk, uint32_t fact)
{
    uint32_t depth = 0;

    while (walk->step[depth].fact != fact)
        depth++;
    return depth;
}

static void plan_table(struct walk *walk, uint32_t number)
{
    const struct space_decision *decision = &walk->space->decision[number];
    uint32_t ready = 0;

    for (uint32_t i = 0; i < decision->rules->input_count; i++) {
        const struct space_input *input = &decision->input[i];
        uint32_t depth = input->fact >= 0 ? depth_of(walk, (uint32_t)input->fact) : walk->ready_at[input->feeder];
        if (depth > ready)
            ready = depth;
        if (input->fact >= 0) {
            struct step *step = &walk->step[depth];
            step->narrowing[step->narrowing_count++] = (struct narrowing){number, i};
        }
    }
    walk->ready_at[number] = ready;
    walk->step[ready].ready[walk->step[ready].ready_count++] = number;
}

/* Narrows to the rows that every value of an input lets pass: of a fact every cell that is gone through, of what is fed
 * every slot. */
static void pass_any(const struct walk *walk, const struct space_decision *decision, uint32_t input, uint64_t *rows)
{
    const struct rule_input *source = &decision->rules->input[input];
    int32_t fact = decision->input[input].fact;

    for (uint32_t slot = 0; fact < 0 && slot < source->slot_count; slot++)
        narrow(rows, rule_input_column(decision->rules, source, slot), decision->rules->words);
    for (uint32_t cell = 0; fact >= 0 && cell < walk->space->fact[fact].cell_count; cell++)
        if (space_box_has(walk->tour->box, (uint32_t)fact, cell))
            narrow(rows, rule_input_column(decision->rules, source, decision->input[input].slot[cell]),
                   decision->rules->words);
}

static void find_certain(struct walk *walk, uint32_t depth)
{
    const struct space *space = walk->space;

    for (uint32_t d = 0; d < space->decision_count; d++) {
        const struct space_decision *decision = &space->decision[d];
        uint64_t *rows = walk->certain + (size_t)depth * space->word_count + decision->first_word;
        if (decision->rules->hit_policy != RULE_PRIORITY)
            continue;
        memset(rows, 0xff, decision->rules->words * sizeof *rows);
        for (uint32_t i = 0; i < decision->rules->input_count; i++)
            if (decision->input[i].fact < 0 || depth_of(walk, (uint32_t)decision->input[i].fact) >= depth)
                pass_any(walk, decision, i, rows);
    }
}

static void plan(struct walk *walk)
{
    for (uint32_t d = 0; d < walk->space->decision_count; d++)
        plan_table(walk, d);
    for (uint32_t depth = 0; depth <= walk->space->fact_count; depth++)
        find_certain(walk, depth);
    walk->below[walk->space->fact_count] = 1;
    for (uint32_t depth = walk->space->fact_count; depth-- > 0;)
        walk->below[depth] = walk->below[depth + 1] * count_cells(walk, &walk->step[depth]);
}

static enum error make_room(struct walk *walk)
{
    const struct space *space = walk->space;

    walk->state_words = 1 + space->word_count + space->fact_count;
    walk->rows = arena_array(walk->arena, (size_t)(space->fact_count + 1) * space->word_count, sizeof *walk->rows);
    walk->certain = arena_array(walk->arena, (size_t)(space->fact_count + 1) * space->word_count,
                                sizeof *walk->certain);
    if (!walk->rows || !walk->certain || !grow(walk, STATES_FIRST))
        return ERROR_MEMORY;
    /* At the start every row is possible; bits past the last row are cleared by the first column. */
    space_begin(space, walk->rows);
    return OK;
}

static enum error walk_all(struct arena *arena, const struct space *space, const struct space_tour *tour,
                           space_visit *visit, void *context, uint64_t *ret_cells)
{
    struct walk *walk = arena_alloc(arena, sizeof *walk);

    if (!walk)
        return ERROR_MEMORY;
    *walk = (struct walk){
        .arena = arena, .space = space, .tour = tour, .found = {.space = space}, .visit = visit, .context = context};
    TRY(make_room(walk));
    order_facts(walk, tour);
    plan(walk);
    walk_from(walk, 0);
    *ret_cells = walk->cells;
    return OK;
}

enum error space_walk(const struct space *space, const struct space_tour *tour, space_visit *visit, void *context,
                      uint64_t *ret_cells)
{
    CLEANUP_ARENA struct arena *arena = arena_new(WALK_BYTES_MAX);

    return arena ? walk_all(arena, space, tour, visit, context, ret_cells) : ERROR_MEMORY;
}
