/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* Who is given what care: one care table alone, or a pack together with the floor, combined by the very code that
 * combines them when a person asks. */

#include "claim.h"
#include "rules/combine.h"

struct scene {
    struct proof *proof;
    const char *scope;
    const struct space *space;
    struct care_table floor, pack; /* without a decision: not in this scene */
    int floor_at, pack_at;         /* decisions of the space, or -1 */
    int urgency, status, age;      /* facts of the space, or -1 */
};

/* `floor` or `pack` may be NULL. ERROR_CORRUPT (a table without the words of care), ERROR_PROFILE, ERROR_MEMORY. */
MUST_CHECK enum error scene_make(struct proof *proof, const char *scope, const struct rule_decision *floor,
                                 const struct rule_decision *pack, struct scene *ret_scene);

bool scene_answers(const struct scene *scene, const struct space_case *found);
struct care_due scene_due(const struct scene *scene, const struct space_case *found);

/* What is compared: how much care; who pays; care and whether it may be refused. */
enum measure { MEASURE_ACCESS, MEASURE_CHARGE, MEASURE_CARE };

/* A claim of this scene about two people who differ in `varied`, compared by `measure`, of all that proof->day leaves;
 * of one person when the caller sets `broken`. The claim points to `scene`. */
MUST_CHECK enum error scene_claim(const struct scene *scene, enum rule_property property, enum measure measure,
                                  int varied, struct claim *ret_claim);

/* That nobody whom the claim's box has is denied care: access, no refusal, no paying first. The caller sets the box. */
MUST_CHECK enum error scene_claim_non_denial(const struct scene *scene, enum rule_property property,
                                             struct claim *ret_claim);

/* Records that the table lacks the words which the property speaks of: it is refuted, not passed over. */
void scene_record_lack(const struct scene *scene, enum rule_property property, struct slice what);

/* Adds: "row DE-07 gives NONE_FUNDED"; in a combined scene with the floor's row. */
void scene_write_gift(const struct scene *scene, struct buffer *into, const struct space_case *found,
                      enum measure measure);

/* The kinds of properties, each with a file of its own. */
MUST_CHECK enum error scene_prove_urgent(const struct scene *scene);
MUST_CHECK enum error scene_prove_order(const struct scene *scene);
