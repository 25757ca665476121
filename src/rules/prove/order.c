/* SPDX-License-Identifier: Apache-2.0 */

/* What is claimed of two people side by side: who says less, needs more or is a child does not get less. */

#include "person.h"
#include "scene.h"

#define MAJORITY 18 /* Convention on the Rights of the Child, article 1 */

static enum error prove_missing_facts(const struct scene *scene)
{
    struct finding finding = {0};
    struct claim claim;

    TRY(scene_claim(scene, PROPERTY_MISSING_FACTS, MEASURE_ACCESS, -1, &claim));
    claim.compares = claim_is_unknown_beside;
    for (uint32_t f = 0; f < scene->space->fact_count; f++) {
        if (!space_has_unknown(&scene->space->fact[f]))
            continue;
        claim.varied = (int)f;
        TRY(claim_check(&claim, &finding));
    }
    return claim_record(&claim, &finding);
}

static int need(const struct space_fact *urgency, uint32_t cell)
{
    static const char *const words[] = {"deferrable", "urgent", "immediate"};

    for (int i = 0; i < 3; i++)
        if (slice_is(urgency->cell[cell].words, words[i]))
            return i;
    return -1;
}

static bool needs_it_more(const struct space_fact *varied, uint32_t subject, uint32_t reference)
{
    return need(varied, reference) >= 0 && need(varied, subject) > need(varied, reference);
}

static enum error prove_monotone(const struct scene *scene)
{
    static const char *const needs[] = {"deferrable", "urgent", "immediate", NULL};
    struct claim claim;
    bool known = false;

    TRY(scene_claim(scene, PROPERTY_MONOTONE_NEED, MEASURE_ACCESS, scene->urgency, &claim));
    claim.compares = needs_it_more;
    if (scene->urgency >= 0)
        TRY(claim_keep(&claim, scene->urgency, needs, &known));
    if (known)
        return claim_prove(&claim);
    scene_record_lack(scene, PROPERTY_MONOTONE_NEED,
                      SLICE("The table has no input urgency with the values immediate, urgent and deferrable."));
    return OK;
}

static bool is_beside_resident(const struct space_fact *varied, uint32_t subject, uint32_t reference)
{
    return subject != reference && slice_is(varied->cell[reference].words, "citizen_resident");
}

/* Keeps to those cells in which there is a child. */
static enum error keep_children(const struct scene *scene, struct claim *claim)
{
    const struct space_fact *age = &scene->space->fact[scene->age];
    uint8_t *cells = arena_alloc(scene->proof->arena, age->cell_count);

    if (!cells)
        return ERROR_MEMORY;
    for (uint32_t c = 0; c < age->cell_count; c++)
        cells[c] = age->cell[c].value != RULE_UNKNOWN && age->cell[c].value < MAJORITY;
    claim->box[scene->age] = cells;
    return OK;
}

static enum error prove_child_floor(const struct scene *scene, enum rule_property property, enum measure measure)
{
    struct claim claim;

    if (scene->status < 0) {
        /* A table that does not ask for status treats every child as a resident's. */
        property_record(scene->proof, property, scene->scope, 0, slice_of("", 0));
        return OK;
    }
    if (space_find_cell(&scene->space->fact[scene->status], "citizen_resident") < 0) {
        scene_record_lack(scene, property, SLICE("The table does not know the status citizen_resident."));
        return OK;
    }
    if (scene->age < 0 || !rule_kind_is_number(scene->space->fact[scene->age].kind)) {
        scene_record_lack(scene, property, SLICE("The table does not ask for age."));
        return OK;
    }
    TRY(scene_claim(scene, property, measure, scene->status, &claim));
    claim.compares = is_beside_resident;
    claim.who = PERSON_CHILD;
    TRY(keep_children(scene, &claim));
    return claim_prove(&claim);
}

enum error scene_prove_order(const struct scene *scene)
{
    TRY(prove_missing_facts(scene));
    TRY(prove_monotone(scene));
    TRY(prove_child_floor(scene, PROPERTY_CHILD_FLOOR, MEASURE_ACCESS));
    return prove_child_floor(scene, PROPERTY_CHILD_FLOOR_CHARGE, MEASURE_CHARGE);
}
