/* SPDX-License-Identifier: Apache-2.0 */
#include "scene.h"

static bool can_wait(const struct scene *scene, const struct space_case *found)
{
    return scene->urgency >= 0 &&
           slice_is(scene->space->fact[scene->urgency].cell[found->cell[scene->urgency]].words, "deferrable");
}

bool scene_answers(const struct scene *scene, const struct space_case *found)
{
    return (scene->floor_at < 0 || found->verdict[scene->floor_at] == OK) &&
           (scene->pack_at < 0 || found->verdict[scene->pack_at] == OK);
}

struct care_due scene_due(const struct scene *scene, const struct space_case *found)
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

enum error scene_make(struct proof *proof, const char *scope, const struct rule_decision *floor,
                      const struct rule_decision *pack, struct scene *ret_scene)
{
    struct scene scene = {.proof = proof, .scope = scope};
    const struct rule_decision *decisions[2];
    uint32_t count = 0;

    if (floor) {
        decisions[count++] = floor;
        TRY(combine_table(floor, &scene.floor, proof->fault));
    }
    if (pack) {
        decisions[count++] = pack;
        TRY(combine_table(pack, &scene.pack, proof->fault));
    }
    TRY(space_make(proof->arena, decisions, count, false, &scene.space, proof->fault));
    scene.floor_at = floor ? space_find_decision(scene.space, floor) : -1;
    scene.pack_at = pack ? space_find_decision(scene.space, pack) : -1;
    scene.urgency = space_find_fact(scene.space, COMBINE_URGENCY);
    scene.status = space_find_fact(scene.space, "status");
    scene.age = space_find_fact(scene.space, "age_years");
    *ret_scene = scene;
    return OK;
}

/* ---- claims ---- */

static struct claim_fare fare(const struct claim *claim, const struct space_case *found, enum measure measure)
{
    const struct scene *scene = claim->context;
    struct claim_fare fare = {.answered = scene_answers(scene, found)};

    if (!fare.answered)
        return fare;
    struct care_due due = scene_due(scene, found);
    fare.scale[0] = measure == MEASURE_CHARGE ? -(int)due.charge : (int)due.access;
    fare.scale[1] = measure == MEASURE_CARE ? -(int)due.may_refuse : 0;
    return fare;
}

static struct claim_fare fare_by_access(const struct claim *claim, const struct space_case *found)
{
    return fare(claim, found, MEASURE_ACCESS);
}

static struct claim_fare fare_by_charge(const struct claim *claim, const struct space_case *found)
{
    return fare(claim, found, MEASURE_CHARGE);
}

static struct claim_fare fare_by_care(const struct claim *claim, const struct space_case *found)
{
    return fare(claim, found, MEASURE_CARE);
}

static const struct rule_row *row_at(const struct space_case *found, int decision)
{
    return decision >= 0 && found->verdict[decision] == OK ? found->result[decision].row : NULL;
}

void scene_write_gift(const struct scene *scene, struct buffer *into, const struct space_case *found,
                      enum measure measure)
{
    const struct rule_row *pack = row_at(found, scene->pack_at), *floor = row_at(found, scene->floor_at);
    bool both = scene->pack_at >= 0 && scene->floor_at >= 0;

    claim_write_row(into, scene->pack_at >= 0 ? pack : floor);
    if (both)
        buffer_format(into, " with %.*s of the joint standard", SLICE_PRINT(floor ? floor->id : SLICE("no row")));
    if (!scene_answers(scene, found)) {
        buffer_string(into, " gives no answer");
        return;
    }
    struct care_due due = scene_due(scene, found);
    buffer_format(into, " gives %s",
                  measure == MEASURE_CHARGE ? combine_charge_word(due.charge) : combine_access_word(due.access));
    if (measure == MEASURE_CARE)
        buffer_format(into, " (may refuse: %s)", combine_refusal_word(due.may_refuse));
}

static enum measure measure_of(const struct claim *claim)
{
    return claim->fare == fare_by_charge ? MEASURE_CHARGE : claim->fare == fare_by_care ? MEASURE_CARE : MEASURE_ACCESS;
}

/* Two people: "row X gives A where row Y gives B with status citizen_resident (source, article)". */
static void tell_both(const struct claim *claim, struct buffer *into, const struct space_case *subject,
                      const struct space_case *reference)
{
    const struct scene *scene = claim->context;
    const struct space_fact *varied = &claim->space->fact[claim->varied];

    scene_write_gift(scene, into, subject, measure_of(claim));
    if (reference) {
        buffer_string(into, " where ");
        scene_write_gift(scene, into, reference, measure_of(claim));
        buffer_format(into, " with %.*s %.*s", SLICE_PRINT(varied->name),
                      SLICE_PRINT(varied->cell[reference->cell[claim->varied]].words));
    }
    claim_write_citation(into, row_at(subject, claim->blamed));
}

enum error scene_claim(const struct scene *scene, enum rule_property property, enum measure measure, int varied,
                       struct claim *ret_claim)
{
    static struct claim_fare (*const fares[])(const struct claim *, const struct space_case *) = {
        [MEASURE_ACCESS] = fare_by_access, [MEASURE_CHARGE] = fare_by_charge, [MEASURE_CARE] = fare_by_care};

    *ret_claim = (struct claim){
        .proof = scene->proof,
        .property = property,
        .scope = scene->scope,
        .who = "A person",
        .space = scene->space,
        .seen = scene->urgency >= 0 ? UINT64_C(1) << scene->urgency : 0, /* whether a need can wait */
        .blamed = scene->pack_at >= 0 ? scene->pack_at : scene->floor_at,
        .context = scene,
        .varied = varied,
        .fare = fares[measure],
        .tell = tell_both,
    };
    return property_box(scene->proof, scene->space, &ret_claim->box);
}

void scene_record_lack(const struct scene *scene, enum rule_property property, struct slice what)
{
    property_record(scene->proof, property, scene->scope, 0, what);
}
