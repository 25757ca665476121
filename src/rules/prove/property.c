/* SPDX-License-Identifier: Apache-2.0 */
#include "property.h"

#include <assert.h>

struct property_verdict *property_record(struct proof *proof, enum rule_property property, const char *scope,
                                         uint64_t cells, struct slice counterexample)
{
    assert(proof->count < PROOF_VERDICTS_MAX);
    struct property_verdict *verdict = &proof->verdict[proof->count++];

    *verdict = (struct property_verdict){.property = property,
                                         .scope = scope,
                                         .proved = counterexample.length == 0,
                                         .cells = cells,
                                         .counterexample = counterexample};
    return verdict;
}

const char *property_word(const struct property_verdict *verdict)
{
    const char *z3 = verdict->z3 ? verdict->z3 : verdict->proved ? PROPERTY_PROVED : PROPERTY_REFUTED;

    if (strcmp(z3, verdict->proved ? PROPERTY_REFUTED : PROPERTY_PROVED) == 0)
        return PROPERTY_DISAGREE;
    if (!verdict->proved)
        return rule_property_blocks(verdict->property) ? PROPERTY_REFUTED : PROPERTY_REPORTED;
    return z3;
}

bool property_prevents(const struct property_verdict *verdict)
{
    const char *word = property_word(verdict);

    if (strcmp(word, PROPERTY_DISAGREE) == 0)
        return true;
    return rule_property_blocks(verdict->property) && strcmp(word, PROPERTY_PROVED) != 0;
}

struct slice property_sentence(struct slice sentence)
{
    return sentence.data && sentence.length ? sentence : SLICE("A case that there is no memory to describe.");
}

void row_list_add(struct row_list *list, const struct rule_decision *decision, const struct rule_row *row)
{
    if (list->count == 0)
        list->decision = decision;
    if (list->count < PROPERTY_ROWS_MAX)
        list->row[list->count] = row;
    list->count++;
}

enum error row_list_record(struct proof *proof, enum rule_property property, uint64_t cells,
                           const struct row_list *list, const char *what)
{
    if (list->count == 0) {
        property_record(proof, property, "alone", cells, slice_of("", 0));
        return OK;
    }
    struct slice sentence = arena_format(proof->arena, "Row %.*s of %.*s %s", SLICE_PRINT(list->row[0]->id),
                                         SLICE_PRINT(list->decision->name), what);
    struct property_verdict *verdict = property_record(proof, property, "alone", cells, property_sentence(sentence));
    struct row_list *kept = arena_alloc(proof->arena, sizeof *kept);
    if (!kept)
        return ERROR_MEMORY;
    *kept = *list;
    verdict->row = kept->row;
    verdict->row_count = list->count < PROPERTY_ROWS_MAX ? list->count : PROPERTY_ROWS_MAX;
    verdict->rows_in_all = list->count;
    return OK;
}

/* The cell that has the day; -1 outside of what the tables ask. */
static int64_t cell_of_day(const struct space_fact *fact, int64_t day)
{
    for (uint32_t c = 0; c < fact->cell_count; c++)
        if (fact->cell[c].value != RULE_UNKNOWN && fact->cell[c].value <= day && day <= fact->cell[c].end)
            return c;
    return -1;
}

static enum error keep_day(struct proof *proof, const struct space_fact *fact, const uint8_t **ret_cells)
{
    int64_t cell = fact->kind == RULE_DATE ? cell_of_day(fact, proof->day) : -1;
    uint8_t *cells = arena_alloc(proof->arena, fact->cell_count);

    if (!cells)
        return ERROR_MEMORY;
    if (cell < 0)
        return fault_set(proof->fault, ERROR_VALUE, "The tables of %.*s are not asked about that day.",
                         SLICE_PRINT(proof->set->pack));
    cells[cell] = 1;
    *ret_cells = cells;
    return OK;
}

enum error property_box(struct proof *proof, const struct space *space, const uint8_t ***ret_box)
{
    const uint8_t **box = arena_array(proof->arena, SPACE_FACTS_MAX, sizeof *box);
    int as_of = space_find_fact(space, PROPERTY_AS_OF);

    if (!box)
        return ERROR_MEMORY;
    if (as_of >= 0 && proof->day != PROPERTY_EVERY_DAY)
        TRY(keep_day(proof, &space->fact[as_of], &box[as_of]));
    *ret_box = box;
    return OK;
}
