/* SPDX-License-Identifier: Apache-2.0 */

/* What is proved of care: of the table alone, of the table together with the floor, of the two beside each other. */

#include "scene.h"

static const struct rule_row *pack_row(const struct scene *scene, const struct space_case *found)
{
    return found->verdict[scene->pack_at] == OK ? found->result[scene->pack_at].row : NULL;
}

static struct care_due floor_due(const struct scene *scene, const struct space_case *found)
{
    return combine_due(&scene->floor, &found->result[scene->floor_at]);
}

static void tell_beside_floor(const struct scene *scene, struct buffer *into, const struct space_case *found,
                              struct care_due due)
{
    claim_write_row(into, pack_row(scene, found));
    if (!scene_answers(scene, found)) {
        buffer_string(into, " gives no answer");
        return;
    }
    struct care_due floor = floor_due(scene, found);
    bool same = floor.access == due.access;
    buffer_format(into, " gives %s%s%s where the joint standard gives %s%s%s", combine_access_word(due.access),
                  same ? ", " : "", same ? combine_charge_word(due.charge) : "", combine_access_word(floor.access),
                  same ? ", " : "", same ? combine_charge_word(floor.charge) : "");
    claim_write_citation(into, pack_row(scene, found));
}

static bool is_below_floor(const struct claim *claim, const struct space_case *found)
{
    const struct scene *scene = claim->context;

    if (!scene_answers(scene, found))
        return true;
    return combine_due(&scene->pack, &found->result[scene->pack_at]).access < floor_due(scene, found).access;
}

static void tell_below_floor(const struct claim *claim, struct buffer *into, const struct space_case *subject,
                             const struct space_case *reference)
{
    const struct scene *scene = claim->context;

    (void)reference;
    tell_beside_floor(scene, into, subject, combine_due(&scene->pack, &subject->result[scene->pack_at]));
}

/* The pack by itself, beside the floor: neither is combined with the other. */
static enum error prove_refinement(const struct scene *both)
{
    struct scene scene = *both;
    struct claim claim;

    scene.scope = "alone";
    TRY(scene_claim(&scene, PROPERTY_REFINEMENT, MEASURE_ACCESS, -1, &claim));
    claim.seen = 0;
    claim.broken = is_below_floor;
    claim.tell = tell_below_floor;
    return claim_prove(&claim);
}

static bool takes_away(const struct claim *claim, const struct space_case *found)
{
    const struct scene *scene = claim->context;

    if (!scene_answers(scene, found))
        return true;
    struct care_due due = scene_due(scene, found), floor = floor_due(scene, found);
    return due.access < floor.access || due.access == DUE_ACCESS_NONE_FUNDED || due.may_refuse > floor.may_refuse ||
           due.charge == DUE_CHARGE_PREPAY;
}

static void tell_taken_away(const struct claim *claim, struct buffer *into, const struct space_case *subject,
                            const struct space_case *reference)
{
    const struct scene *scene = claim->context;

    (void)reference;
    buffer_string(into, "gets less than the joint standard from a draft; ");
    tell_beside_floor(scene, into, subject,
                      scene_answers(scene, subject) ? scene_due(scene, subject) : (struct care_due){0});
}

static enum error prove_draft(const struct scene *scene)
{
    struct claim claim;

    TRY(scene_claim(scene, PROPERTY_DRAFT_WIDENS, MEASURE_ACCESS, -1, &claim));
    claim.broken = takes_away;
    claim.tell = tell_taken_away;
    return claim_prove(&claim);
}

static enum error prove_scene(struct proof *proof, const char *scope, const struct rule_decision *floor,
                              const struct rule_decision *pack)
{
    struct scene scene;

    TRY(scene_make(proof, scope, floor, pack, &scene));
    TRY(scene_prove_urgent(&scene));
    TRY(scene_prove_order(&scene));
    if (!floor || !pack)
        return OK;
    if (proof->set->draft)
        TRY(prove_draft(&scene));
    return prove_refinement(&scene);
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
