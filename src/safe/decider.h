/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* Decides on an access by the active disclosure rules, and by nothing else. Unknown words of the vocabulary reach the
 * tables as `unknown`; when no row decides, or the tables fail in any way, the outcome is NONE: closed is the only way
 * to fail. */

#include "base/arena.h"
#include "base/buffer.h"
#include "base/vocabulary.h"
#include "protocol.h"
#include "rules/rule_set.h"

struct decider;

/* The rules must have the decisions `disclosure` and `obligations` and know every word of the vocabulary.
 * ERROR_PROFILE with the missing word in `fault`, ERROR_MEMORY. `set` must outlive the decider, as must the arena. */
MUST_CHECK enum error decider_new(struct arena *arena, const struct rule_set *set, struct decider **ret_decider,
                                  struct fault *fault);

struct decider_facts {
    enum sector sector;
    enum role role;
    enum purpose purpose;
    enum training training;
    enum action action;
    enum drawer drawer;
    enum relation relation;
    enum consent consent;
    enum break_glass break_glass;
    enum order order;
    enum self self;
};

struct decision {
    enum outcome outcome;
    unsigned obligations; /* bits of enum obligation */
    struct slice row;     /* static as long as the rules are */
    struct slice citation;
    struct slice article;
};

/* A row that oversight has suspended decides NONE where it would have decided, and no other row steps in: below one
 * that refuses often stands one that permits, so a suspension could open what the row kept shut. What must follow a
 * look follows all the same. A row that the table of disclosure does not have closes nothing. */
void decider_suspend(struct decider *decider, struct slice row, bool suspended);
bool decider_has_row(const struct decider *decider, struct slice row);

struct decision decider_decide(const struct decider *decider, const struct decider_facts *facts);

/* On what ground a permitted access stands: "self", "vital_interest", "care_relation", "consent", "past_care",
 * "order", or "task" for what a role is there for (public health, oversight, the node's own commands). Static. */
struct slice decider_basis(const struct decider_facts *facts);

/* "log notify_person", for the event. Appends to `into`. */
void decider_obligations_write(unsigned obligations, struct buffer *into);
