/* SPDX-License-Identifier: Apache-2.0 */

/* What is proved of care: the table alone, and the table together with the floor, by the very code that combines
 * them. */

#include "property.h"
#include "rules/combine.h"

struct scene {
    struct proof *proof;
    const char *scope;
    const struct space *space;
    struct care_table floor, pack; /* without a decision: not in this scene */
    int floor_at, pack_at;         /* decisions of the space, or -1 */
    int urgency, status;           /* facts of the space, or -1 */
    int varied;                    /* the fact that changes fastest */
    enum due_access first, best;   /* of the cases that differ in `varied` alone */
    enum due_access at_unknown;
    struct slice counterexample;
};

static bool can_wait(const struct scene *scene, const struct space_case *found)
{
    return scene->urgency >= 0 &&
           slice_is(scene->space->fact[scene->urgency].cell[found->cell[scene->urgency]].words, "deferrable");
}

static bool is_decided(const struct scene *scene, const struct space_case *found)
{
    return (scene->floor_at < 0 || found->verdict[scene->floor_at] == OK) &&
           (scene->pack_at < 0 || found->verdict[scene->pack_at] == OK);
}

static struct care_due due_in(const struct scene *scene, const struct space_case *found)
{
    struct care_due floor, pack;

    if (scene->floor_at >= 0)
        floor = combine_due(&scene->floor, &found->result[scene->floor_at]);
    if (scene->pack_at >= 0)
        pack = combine_due(&scene->pack, &found->result[scene->pack_at]);
    if (scene->pack_at < 0)
        return floor;
    if (scene->floor_at < 0)
        return pack;
    if (scene->proof->set->draft)
        pack = combine_soften_draft(pack);
    return combine_care(floor, pack, can_wait(scene, found));
}

static bool refute(struct scene *scene, const struct space_case *found, const char *what, enum due_access access)
{
    int at = scene->pack_at >= 0 ? scene->pack_at : scene->floor_at;
    const struct rule_row *row = found->verdict[at] == OK ? found->result[at].row : NULL;

    scene->counterexample = property_sentence(scene->proof, "A person", found, "%s (access %s, row %.*s).", what,
                                              combine_access_word(access), SLICE_PRINT(row ? row->id : SLICE("none")));
    return false;
}

static bool is_not_denied(void *context, const struct space_case *found)
{
    struct scene *scene = context;

    if (!is_decided(scene, found))
        return refute(scene, found, "gets no answer", DUE_ACCESS_NONE_FUNDED);
    struct care_due due = due_in(scene, found);
    if (due.access < DUE_ACCESS_URGENT_ONLY)
        return refute(scene, found, "is refused or delayed though it may not be able to wait", due.access);
    if (due.may_refuse != DUE_REFUSAL_NO)
        return refute(scene, found, "may be refused though it may not be able to wait", due.access);
    if (due.charge == DUE_CHARGE_PREPAY)
        return refute(scene, found, "must pay first though it may not be able to wait", due.access);
    return true;
}

/* Cases that differ in the varied fact alone come one after the other, from its cell 0 on. */
static bool is_same_access(void *context, const struct space_case *found)
{
    struct scene *scene = context;

    if (!is_decided(scene, found))
        return refute(scene, found, "gets no answer", DUE_ACCESS_NONE_FUNDED);
    struct care_due due = due_in(scene, found);
    if (found->cell[scene->varied] == 0)
        scene->first = due.access;
    return due.access == scene->first || refute(scene, found, "gets other care than with another status", due.access);
}

static bool unknown_is_best(void *context, const struct space_case *found)
{
    struct scene *scene = context;
    const struct space_fact *varied = &scene->space->fact[scene->varied];
    uint32_t cell = found->cell[scene->varied];

    if (!is_decided(scene, found))
        return refute(scene, found, "gets no answer", DUE_ACCESS_NONE_FUNDED);
    enum due_access access = due_in(scene, found).access;
    if (cell == 0 || access > scene->best)
        scene->best = access;
    if (slice_is(varied->cell[cell].words, "unknown"))
        scene->at_unknown = access;
    if (cell + 1 == varied->cell_count && scene->at_unknown < scene->best)
        return refute(scene, found, "would get less if this last fact were not known", scene->at_unknown);
    return true;
}

static bool has_no_denial(void *context, const struct space_case *found)
{
    struct scene *scene = context;

    if (!is_decided(scene, found))
        return refute(scene, found, "gets no answer", DUE_ACCESS_NONE_FUNDED);
    struct care_due due = due_in(scene, found), floor = combine_due(&scene->floor, &found->result[scene->floor_at]);
    if (due.access < floor.access || due.access == DUE_ACCESS_NONE_FUNDED || due.may_refuse > floor.may_refuse ||
        due.charge == DUE_CHARGE_PREPAY)
        return refute(scene, found, "gets less than the joint standard from a draft", due.access);
    return true;
}

static const char *const may_not_wait[] = {"immediate", "urgent", "unknown", NULL};

/* The visits look at urgency themselves: whether a need can wait. */
static uint64_t looked_at(const struct scene *scene)
{
    return scene->urgency >= 0 ? UINT64_C(1) << scene->urgency : 0;
}

/* The walk over what may not be able to wait. False: the table does not even know the words, and proves nothing. */
static bool urgent_tour(const struct scene *scene, int last, struct space_tour *ret)
{
    if (scene->urgency < 0)
        return false;
    uint64_t cells = space_cells_named(&scene->space->fact[scene->urgency], may_not_wait);
    *ret = (struct space_tour){.last = last, .only = scene->urgency, .cells = cells, .seen = looked_at(scene)};
    return __builtin_popcountll(cells) == 3;
}

static enum error prove_urgent(struct scene *scene, enum rule_property property, int varied, space_visit *visit)
{
    struct space_tour tour;
    uint64_t cells = 0;

    scene->counterexample = slice_of("", 0);
    scene->varied = varied;
    if (!urgent_tour(scene, varied, &tour))
        scene->counterexample = SLICE("The table has no input urgency with the values immediate, urgent and unknown.");
    else
        TRY(space_walk(scene->space, &tour, visit, scene, &cells));
    property_record(scene->proof, property, scene->scope, cells, scene->counterexample);
    return OK;
}

static enum error prove_status_blind(struct scene *scene)
{
    if (scene->status >= 0)
        return prove_urgent(scene, PROPERTY_STATUS_BLIND, scene->status, is_same_access);
    /* A table that does not ask for status cannot depend on it. */
    property_record(scene->proof, PROPERTY_STATUS_BLIND, scene->scope, 0, slice_of("", 0));
    return OK;
}

static enum error prove_missing_facts(struct scene *scene)
{
    uint64_t cells = 0;

    scene->counterexample = slice_of("", 0);
    for (uint32_t f = 0; f < scene->space->fact_count && scene->counterexample.length == 0; f++) {
        struct space_tour tour = {.last = (int)f, .only = -1, .seen = looked_at(scene)};
        uint64_t seen;
        if (!space_has_unknown(&scene->space->fact[f]))
            continue;
        scene->varied = (int)f;
        TRY(space_walk(scene->space, &tour, unknown_is_best, scene, &seen));
        cells += seen;
    }
    property_record(scene->proof, PROPERTY_MISSING_FACTS, scene->scope, cells, scene->counterexample);
    return OK;
}

static enum error prove_draft(struct scene *scene)
{
    struct space_tour tour = {.last = -1, .only = -1, .seen = looked_at(scene)};
    uint64_t cells;

    scene->counterexample = slice_of("", 0);
    TRY(space_walk(scene->space, &tour, has_no_denial, scene, &cells));
    property_record(scene->proof, PROPERTY_DRAFT_WIDENS, scene->scope, cells, scene->counterexample);
    return OK;
}

static enum error set_scene(struct scene *scene, const struct rule_decision *floor, const struct rule_decision *pack)
{
    const struct rule_decision *decisions[2];
    uint32_t count = 0;

    if (floor) {
        decisions[count++] = floor;
        TRY(combine_table(floor, &scene->floor, scene->proof->fault));
    }
    if (pack) {
        decisions[count++] = pack;
        TRY(combine_table(pack, &scene->pack, scene->proof->fault));
    }
    TRY(space_make(scene->proof->arena, decisions, count, false, &scene->space, scene->proof->fault));
    scene->floor_at = floor ? space_find_decision(scene->space, floor) : -1;
    scene->pack_at = pack ? space_find_decision(scene->space, pack) : -1;
    scene->urgency = space_find_fact(scene->space, COMBINE_URGENCY);
    scene->status = space_find_fact(scene->space, "status");
    return OK;
}

static enum error prove_scene(struct proof *proof, const char *scope, const struct rule_decision *floor,
                              const struct rule_decision *pack)
{
    struct scene scene = {.proof = proof, .scope = scope};

    TRY(set_scene(&scene, floor, pack));
    TRY(prove_urgent(&scene, PROPERTY_NON_DENIAL, -1, is_not_denied));
    TRY(prove_status_blind(&scene));
    TRY(prove_missing_facts(&scene));
    return floor && pack && proof->set->draft ? prove_draft(&scene) : OK;
}

enum error property_care(struct proof *proof)
{
    const struct rule_decision *own_floor = rule_set_decision(proof->set, SLICE(COMBINE_FLOOR));
    const struct rule_decision *pack = rule_set_decision(proof->set, SLICE(COMBINE_PACK));
    const struct rule_decision *floor = own_floor;

    if (proof->base)
        floor = rule_set_decision(proof->base, SLICE(COMBINE_FLOOR));
    if (own_floor)
        TRY(prove_scene(proof, "alone", own_floor, NULL));
    if (pack)
        TRY(prove_scene(proof, "alone", NULL, pack));
    return pack && floor ? prove_scene(proof, "combined", floor, pack) : OK;
}
