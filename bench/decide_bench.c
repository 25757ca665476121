/* SPDX-License-Identifier: Apache-2.0 */

/* What one gate decision costs: the joint standard of a node, asked as the safe asks it for each drawer.
 *
 *     bench_decide NODE-DIRECTORY      prints nanoseconds a decision: the median of the rounds
 *
 * The questions differ, so that neither the branches nor the cache know the answer: half are anybody asking for anything,
 * half are a nurse who treats, with every state of relation, consent and broken glass. */

#include <stdio.h>
#include <stdlib.h>

#include "base/world.h"
#include "safe/decider.h"
#include "safe/rulesets.h"

#define RULES_MAX (256u << 20)
enum { QUESTIONS = 4096, ROUNDS = 101 };

static struct decider_facts question[QUESTIONS];

static void stop_on(enum error error, const struct fault *fault)
{
    if (error == OK)
        return;
    fprintf(stderr, "%s %s\n", error_entry(error)->sentence, fault->detail);
    exit(1);
}

static unsigned draw(struct world *world, unsigned below)
{
    uint32_t bits;

    world->random(world, &bits, sizeof bits);
    return bits % below;
}

static void draw_questions(void)
{
    struct world world = world_driven(1, 0);

    for (size_t i = 0; i < QUESTIONS; i++) {
        question[i] = (struct decider_facts){
            .sector = draw(&world, SECTOR_COUNT),
            .role = draw(&world, ROLE_COUNT),
            .purpose = draw(&world, PURPOSE_COUNT),
            .training = draw(&world, TRAINING_COUNT),
            .action = draw(&world, ACTION_COUNT),
            .drawer = draw(&world, DRAWER_COUNT),
            .relation = draw(&world, RELATION_COUNT),
            .consent = draw(&world, CONSENT_COUNT),
            .break_glass = draw(&world, BREAK_GLASS_COUNT),
            .order = draw(&world, ORDER_COUNT),
            .self = draw(&world, SELF_COUNT),
        };
        if (i % 2 == 0)
            continue;
        question[i].sector = SECTOR_HEALTH;
        question[i].role = ROLE_NURSE;
        question[i].purpose = PURPOSE_TREAT;
        question[i].training = TRAINING_CURRENT;
        question[i].action = ACTION_READ;
    }
}

static int by_size(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

    return (x > y) - (x < y);
}

int main(int count, char **argument)
{
    CLEANUP_ARENA struct arena *arena = arena_new(RULES_MAX);
    static int64_t took[ROUNDS];
    const struct rule_set *set;
    struct decider *decider;
    struct fault fault = {0};
    size_t permitted = 0;

    if (count != 2 || !arena)
        return fputs("bench_decide NODE-DIRECTORY\n", stderr), 2;
    stop_on(rulesets_load(arena, argument[1], RULESETS_JOINT, NULL, &set, &fault), &fault);
    stop_on(decider_new(arena, set, &decider, &fault), &fault);
    draw_questions();
    for (size_t round = 0; round < ROUNDS; round++) {
        int64_t start = world_stopwatch_ns();
        for (size_t i = 0; i < QUESTIONS; i++)
            permitted += decider_decide(decider, &question[i]).outcome != OUTCOME_NONE;
        took[round] = world_stopwatch_ns() - start;
    }
    qsort(took, ROUNDS, sizeof took[0], by_size);
    printf("%.0f ns a decision; %.1f %% of the questions open something\n", (double)took[ROUNDS / 2] / QUESTIONS,
           100.0 * (double)permitted / (ROUNDS * QUESTIONS));
    return 0;
}
