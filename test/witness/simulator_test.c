/* SPDX-License-Identifier: Apache-2.0 */

/* Proves that nobody is shown two histories: in many small worlds with lying logs, lying witnesses, a bad network,
 * crashes and jumping clocks, no two checkpoints that clients believe contradict each other, as long as fewer witnesses
 * lie than any two quorums have in common. And that the simulator would notice: with one liar more, or with disks that
 * do not keep what they say, split views happen.
 *
 * HOSPITIUM_SIM_RUNS says how many worlds; HOSPITIUM_SIM_SEED where to begin. A failure names its seed. */

#include "simulator.h"

#include <stdio.h>
#include <stdlib.h>

#if defined __SANITIZE_ADDRESS__
#define RUNS 1500
#define RUNS_FOR_A_FAULT 300
#else
#define RUNS 100000
#define RUNS_FOR_A_FAULT 1500
#endif
#define STEPS 192

static uint64_t number_of(const char *name, uint64_t otherwise)
{
    uint64_t number;

    return slice_to_u64(slice_from_string(getenv(name)), &number) ? number : otherwise;
}

/* n witnesses, a quorum of more than half, and `liars` of them anywhere. */
static void plan_people(struct simulator_plan *plan, uint64_t *random, unsigned liars, enum simulator_kind kind)
{
    for (unsigned i = 0; i < plan->witnesses; i++)
        plan->kind[i] = HONEST;
    while (liars > 0) {
        unsigned who = (unsigned)(simulator_random(random) % plan->witnesses);
        if (plan->kind[who] != HONEST)
            continue;
        plan->kind[who] = kind != HONEST ? kind
                                         : (enum simulator_kind)(1 + simulator_random(random) % (SIMULATOR_KINDS - 1));
        liars--;
    }
}

static struct simulator_plan plan_of(uint64_t seed)
{
    uint64_t random = seed ^ 0x5EED;
    struct simulator_plan plan = {.steps = STEPS};

    plan.witnesses = (unsigned)(3 + simulator_random(&random) % 3);
    unsigned least = plan.witnesses / 2 + 1;
    plan.needed = (unsigned)(least + simulator_random(&random) % (plan.witnesses - least + 1));
    plan.branch = (unsigned)(simulator_random(&random) % LOGBOOK_BRANCHES);
    unsigned common = 2 * plan.needed - plan.witnesses; /* any two quorums have so many in common */
    plan_people(&plan, &random, (unsigned)(simulator_random(&random) % common), HONEST);
    return plan;
}

static void nobody_believes_two_stories_while_liars_are_fewer_than_quorums_have_in_common(void **state)
{
    uint64_t runs = number_of("HOSPITIUM_SIM_RUNS", RUNS), first = number_of("HOSPITIUM_SIM_SEED", 1);
    uint64_t believed = 0, cosignatures = 0, refusals = 0, crashes = 0, transcript = 0, forked = 0;

    for (uint64_t seed = first; seed < first + runs; seed++) {
        struct simulator_plan plan = plan_of(seed);
        struct simulator_outcome outcome;
        simulator_run(seed, &plan, &outcome);
        if (outcome.split)
            fail_msg("seed %llu: two stories were believed", (unsigned long long)seed);
        believed += outcome.believed;
        cosignatures += outcome.cosignatures;
        refusals += outcome.refusals;
        crashes += outcome.crashes;
        forked += plan.branch > 0;
        transcript ^= outcome.transcript;
    }
    printf("%llu worlds, %llu with a log of two stories: %llu cosignatures, %llu refusals, %llu crashes, "
           "%llu checkpoints believed, none against another; transcript %016llx\n",
           (unsigned long long)runs, (unsigned long long)forked, (unsigned long long)cosignatures,
           (unsigned long long)refusals, (unsigned long long)crashes, (unsigned long long)believed,
           (unsigned long long)transcript);
    assert_true(believed > runs / 2); /* refusing all would be safe and of no use */
    assert_true(refusals > runs);
}

/* In how many worlds do two stories get believed? */
static unsigned splits(unsigned witnesses, unsigned needed, unsigned liars, enum simulator_kind kind)
{
    struct simulator_plan plan = {.witnesses = witnesses, .needed = needed, .steps = STEPS};
    unsigned found = 0;

    for (uint64_t seed = 1; seed <= RUNS_FOR_A_FAULT; seed++) {
        uint64_t random = seed;
        struct simulator_outcome outcome;
        plan.branch = (unsigned)(1 + simulator_random(&random) % (LOGBOOK_BRANCHES - 1));
        plan_people(&plan, &random, liars, kind);
        simulator_run(seed, &plan, &outcome);
        found += outcome.split;
    }
    return found;
}

static void with_as_many_liars_as_quorums_have_in_common_two_stories_are_believed(void **state)
{
    static const struct {
        unsigned witnesses, needed;
    } cases[] = {{3, 2}, {4, 3}, {5, 3}, {5, 4}};

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        unsigned common = 2 * cases[i].needed - cases[i].witnesses;
        unsigned at_the_bound = splits(cases[i].witnesses, cases[i].needed, common, SIGNS_ANYTHING);
        unsigned below = splits(cases[i].witnesses, cases[i].needed, common - 1, SIGNS_ANYTHING);
        printf("%u of %u: %u of %u worlds split with %u liars, %u with one fewer\n", cases[i].needed,
               cases[i].witnesses, at_the_bound, RUNS_FOR_A_FAULT, common, below);
        assert_true(at_the_bound > 0);
        assert_int_equal(0, below);
    }
}

/* The same witnesses, told by their disks that a state was kept which was not: after a crash they vouch for another
 * story in good faith. This is what keeping before answering is for. */
static void with_disks_that_do_not_keep_before_the_answer_two_stories_are_believed(void **state)
{
    unsigned rolled_back = splits(3, 2, 3, ROLLS_BACK), forgot = splits(3, 2, 3, FORGETS),
             kept = splits(3, 2, 0, HONEST);

    printf(
        "2 of 3: %u of %u worlds split with disks that keep late, %u with disks that keep nothing, %u with disks that "
        "keep\n",
        rolled_back, RUNS_FOR_A_FAULT, forgot, kept);
    assert_true(rolled_back > 0);
    assert_true(forgot > 0);
    assert_int_equal(0, kept);
}

static void the_same_seed_tells_the_same_story(void **state)
{
    unsigned same = 0;

    for (uint64_t seed = 1; seed <= 200; seed++) {
        struct simulator_plan plan = plan_of(seed);
        struct simulator_outcome first, again, other;
        simulator_run(seed, &plan, &first);
        simulator_run(seed + 1000, &plan, &other);
        simulator_run(seed, &plan, &again);
        assert_memory_equal(&first, &again, sizeof first);
        same += first.transcript == other.transcript;
    }
    assert_int_equal(0, same);
}

static int setup(void **state)
{
    simulator_prepare();
    return 0;
}

static int teardown(void **state)
{
    simulator_clean();
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_same_seed_tells_the_same_story),
        cmocka_unit_test(with_as_many_liars_as_quorums_have_in_common_two_stories_are_believed),
        cmocka_unit_test(with_disks_that_do_not_keep_before_the_answer_two_stories_are_believed),
        cmocka_unit_test(nobody_believes_two_stories_while_liars_are_fewer_than_quorums_have_in_common),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
