/* SPDX-License-Identifier: Apache-2.0 */
#include "space.h"

#include <stdlib.h>

#include "base/buffer.h"
#include "text/date.h"

/* One place in a table where a fact is asked for. */
struct use {
    const struct rule_decision *rules;
    uint32_t decision, input;
};

struct maker {
    struct arena *arena;
    struct fault *fault;
    bool isolated;
    struct space *space;
    struct space_decision *decision;
    struct space_fact *fact;
    struct use *use; /* of the fact being made */
    uint32_t use_count;
};

static const struct rule_input *used_input(const struct use *use)
{
    return &use->rules->input[use->input];
}

static bool is_fact(const struct maker *maker, const struct rule_input *input)
{
    return input->fact >= 0 || maker->isolated;
}

static enum error add_decision(struct maker *maker, const struct rule_decision *rules)
{
    struct space *space = maker->space;

    if (space_find_decision(space, rules) >= 0)
        return OK;
    if (space->decision_count == RULE_DECISIONS_MAX || space->word_count + rules->words > SPACE_WORDS_MAX)
        return fault_set(maker->fault, ERROR_PROFILE, "The tables are too large to be walked through.");
    struct space_input *input = arena_array(maker->arena, rules->input_count, sizeof *input);
    if (!input)
        return ERROR_MEMORY;
    maker->decision[space->decision_count++] = (struct space_decision){
        .rules = rules, .input = input, .first_word = space->word_count};
    space->word_count += rules->words;
    return OK;
}

/* Feeders first: in a set they have lower numbers. */
static enum error add_chain(struct maker *maker, const struct rule_decision *rules)
{
    if (maker->isolated)
        return add_decision(maker, rules);
    for (uint32_t chain = rules->chain; chain; chain &= chain - 1)
        TRY(add_decision(maker, &rules->set->decision[__builtin_ctz(chain)]));
    return OK;
}

static void find_uses(struct maker *maker, struct slice name)
{
    maker->use_count = 0;
    for (uint32_t d = 0; d < maker->space->decision_count; d++) {
        const struct rule_decision *rules = maker->decision[d].rules;
        for (uint32_t i = 0; i < rules->input_count; i++)
            if (is_fact(maker, &rules->input[i]) && slice_equal(rules->input[i].name, name))
                maker->use[maker->use_count++] = (struct use){rules, d, i};
    }
}

/* The slot that a text falls in at one use, or -1. */
static int64_t slot_of_text(const struct rule_input *input, struct slice words)
{
    int64_t value;

    return rule_value_of(&input->domain, words, &value) == OK ? rule_input_slot(input, value) : -1;
}

static enum error check_text_domains(struct maker *maker, struct slice name)
{
    const struct rule_domain *first = &used_input(&maker->use[0])->domain;

    for (uint32_t u = 0; u < maker->use_count; u++) {
        const struct rule_domain *domain = &used_input(&maker->use[u])->domain;
        bool same = domain->kind == first->kind && domain->value_count == first->value_count && !domain->open;
        for (uint32_t i = 0; same && i < first->value_count; i++)
            same = slot_of_text(used_input(&maker->use[u]), first->value[i]) >= 0;
        if (!same)
            return fault_set(maker->fault, ERROR_PROFILE, "The fact %.*s has other values in two tables.",
                             SLICE_PRINT(name));
    }
    return OK;
}

static enum error make_text_cells(struct maker *maker, struct space_fact *fact)
{
    const struct rule_domain *domain = &used_input(&maker->use[0])->domain;
    struct space_cell *cell = arena_array(maker->arena, domain->value_count, sizeof *cell);

    if (!cell)
        return ERROR_MEMORY;
    TRY(check_text_domains(maker, fact->name));
    fact->cell = cell;
    for (uint32_t i = 0; i < domain->value_count; i++)
        cell[fact->cell_count++] = (struct space_cell){i, domain->value[i]};
    return OK;
}

static int compare_numbers(const void *a, const void *b)
{
    int64_t left = *(const int64_t *)a, right = *(const int64_t *)b;

    return (left > right) - (left < right);
}

/* The breakpoints of all uses in one ascending list, without repetition. */
static enum error join_starts(struct maker *maker, int64_t **ret_start, uint32_t *ret_count)
{
    uint32_t count = 0, kept = 0, room = 0;

    for (uint32_t u = 0; u < maker->use_count; u++)
        room += used_input(&maker->use[u])->slot_count;
    int64_t *start = arena_array(maker->arena, room, sizeof *start);
    if (!start)
        return ERROR_MEMORY;
    for (uint32_t u = 0; u < maker->use_count; u++) {
        const struct rule_input *input = used_input(&maker->use[u]);
        for (uint32_t i = 0; i < input->slot_count - (input->domain.nullable ? 1 : 0); i++)
            start[count++] = input->start[i];
    }
    qsort(start, count, sizeof *start, compare_numbers);
    for (uint32_t i = 0; i < count; i++)
        if (kept == 0 || start[i] != start[kept - 1])
            start[kept++] = start[i];
    *ret_start = start;
    *ret_count = kept;
    return OK;
}

static struct slice interval_words(struct arena *arena, enum rule_kind kind, int64_t start, int64_t end)
{
    if (kind != RULE_DATE)
        return arena_format(arena, "%lld to %lld", (long long)start, (long long)end);
    CLEANUP_BUFFER struct buffer words = buffer_new(64);
    date_write_day(&words, (int32_t)start);
    buffer_string(&words, " to ");
    date_write_day(&words, (int32_t)end);
    return arena_copy(arena, buffer_view(&words));
}

static enum error make_number_cells(struct maker *maker, struct space_fact *fact)
{
    const struct rule_domain *domain = &used_input(&maker->use[0])->domain;
    int64_t *start = NULL;
    uint32_t count = 0;

    for (uint32_t u = 0; u < maker->use_count; u++) {
        const struct rule_domain *other = &used_input(&maker->use[u])->domain;
        if (other->kind != domain->kind || other->minimum != domain->minimum || other->maximum != domain->maximum ||
            other->nullable != domain->nullable)
            return fault_set(maker->fault, ERROR_PROFILE, "The fact %.*s has other values in two tables.",
                             SLICE_PRINT(fact->name));
    }
    TRY(join_starts(maker, &start, &count));
    struct space_cell *cell = arena_array(maker->arena, count + 1, sizeof *cell);
    if (!cell)
        return ERROR_MEMORY;
    fact->cell = cell;
    for (uint32_t i = 0; i < count; i++) {
        int64_t end = i + 1 < count ? start[i + 1] - 1 : domain->maximum;
        struct slice words = interval_words(maker->arena, domain->kind, start[i], end);
        if (!words.data)
            return ERROR_MEMORY;
        cell[fact->cell_count++] = (struct space_cell){start[i], words, end};
    }
    if (domain->nullable)
        cell[fact->cell_count++] = (struct space_cell){RULE_UNKNOWN, SLICE("unknown")};
    return OK;
}

static int64_t slot_of_cell(const struct rule_input *input, const struct space_cell *cell)
{
    return rule_kind_is_number(input->domain.kind) ? rule_input_slot(input, cell->value)
                                                   : slot_of_text(input, cell->words);
}

static enum error map_cells(struct maker *maker, const struct space_fact *fact, uint32_t number)
{
    for (uint32_t u = 0; u < maker->use_count; u++) {
        const struct use *use = &maker->use[u];
        uint32_t *slot = arena_array(maker->arena, fact->cell_count, sizeof *slot);
        if (!slot)
            return ERROR_MEMORY;
        for (uint32_t c = 0; c < fact->cell_count; c++)
            slot[c] = (uint32_t)slot_of_cell(used_input(use), &fact->cell[c]);
        struct space_input *input = (struct space_input *)(uintptr_t)&maker->decision[use->decision].input[use->input];
        *input = (struct space_input){.fact = (int32_t)number, .slot = slot};
    }
    return OK;
}

static enum error make_fact(struct maker *maker, struct slice name)
{
    uint32_t number = maker->space->fact_count;
    struct space_fact *fact = &maker->fact[number];

    if (number == SPACE_FACTS_MAX)
        return fault_set(maker->fault, ERROR_PROFILE, "There are too many facts to walk through.");
    maker->space->fact_count++;
    fact->name = name;
    find_uses(maker, name);
    fact->kind = used_input(&maker->use[0])->domain.kind;
    TRY(rule_kind_is_number(fact->kind) ? make_number_cells(maker, fact) : make_text_cells(maker, fact));
    return map_cells(maker, fact, number);
}

/* Which decision of the space stands before `at` in the same set and has this number. */
static uint32_t find_feeder(const struct space *space, const struct rule_decision *fed, int32_t number)
{
    return (uint32_t)space_find_decision(space, &fed->set->decision[number]);
}

static enum error make_inputs(struct maker *maker, uint32_t number)
{
    const struct rule_decision *rules = maker->decision[number].rules;

    for (uint32_t i = 0; i < rules->input_count; i++) {
        const struct rule_input *input = &rules->input[i];
        struct space_input *made = (struct space_input *)(uintptr_t)&maker->decision[number].input[i];
        if (!is_fact(maker, input))
            *made = (struct space_input){.fact = -1, .feeder = find_feeder(maker->space, rules, input->fed_decision)};
        else if (!made->slot)
            TRY(make_fact(maker, input->name));
    }
    return OK;
}

enum error space_make(struct arena *arena, const struct rule_decision *const *decision, uint32_t count, bool isolated,
                      const struct space **ret_space, struct fault *fault)
{
    struct maker maker = {.arena = arena, .fault = fault, .isolated = isolated};

    maker.space = arena_alloc(arena, sizeof *maker.space);
    maker.decision = arena_array(arena, RULE_DECISIONS_MAX, sizeof *maker.decision);
    maker.fact = arena_array(arena, SPACE_FACTS_MAX, sizeof *maker.fact);
    maker.use = arena_array(arena, (size_t)RULE_DECISIONS_MAX * RULE_INPUTS_MAX, sizeof *maker.use);
    if (!maker.space || !maker.decision || !maker.fact || !maker.use)
        return ERROR_MEMORY;
    maker.space->decision = maker.decision;
    maker.space->fact = maker.fact;
    for (uint32_t i = 0; i < (isolated ? 1 : count); i++)
        TRY(add_chain(&maker, decision[i]));
    for (uint32_t d = 0; d < maker.space->decision_count; d++)
        TRY(make_inputs(&maker, d));
    *ret_space = maker.space;
    return OK;
}

int space_find_fact(const struct space *space, const char *name)
{
    for (uint32_t i = 0; i < space->fact_count; i++)
        if (slice_is(space->fact[i].name, name))
            return (int)i;
    return -1;
}

int space_find_decision(const struct space *space, const struct rule_decision *rules)
{
    for (uint32_t i = 0; i < space->decision_count; i++)
        if (space->decision[i].rules == rules)
            return (int)i;
    return -1;
}

int space_find_cell(const struct space_fact *fact, const char *words)
{
    for (uint32_t c = 0; c < fact->cell_count; c++)
        if (slice_is(fact->cell[c].words, words))
            return (int)c;
    return -1;
}

bool space_has_unknown(const struct space_fact *fact)
{
    return space_find_cell(fact, "unknown") >= 0;
}
