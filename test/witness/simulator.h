/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* A small world of one log, three to five witnesses and two clients, driven by a seed: nothing in it happens by the
 * machine's clock or by chance. Tree, notes, witnesses and policies are the real code; the network, the clocks and the
 * disks are not.
 *
 * The log may tell two stories. Witnesses may be liars of three kinds. Messages are late, lost, out of order and
 * repeated; witnesses crash between any two steps and come back with what their disk has; clocks jump both ways. Clients
 * believe a checkpoint when k of the n witnesses have cosigned it, and pass on what they believe. */

#include "logbook.h"

#define SIMULATOR_WITNESSES_MAX 5

enum simulator_kind {
    HONEST,
    SIGNS_ANYTHING, /* cosigns whatever the log shows it */
    FORGETS,        /* its disk keeps nothing: after a crash it has never seen the log */
    ROLLS_BACK,     /* its disk says that it kept, and does so only now and then */
    SIMULATOR_KINDS
};

struct simulator_plan {
    unsigned witnesses, needed;
    enum simulator_kind kind[SIMULATOR_WITNESSES_MAX];
    unsigned branch; /* of the log's other story: where it leaves the first; 0 for an honest log */
    unsigned steps;
};

struct simulator_outcome {
    uint64_t transcript; /* of all that happened, with every byte that was answered */
    unsigned believed;   /* checkpoints by clients, each once a client */
    bool split;          /* two that were believed do not agree */
    unsigned cosignatures, refusals, crashes;
};

/* Makes what all worlds share: the log's stories, keys, policies. Call it once. */
void simulator_prepare(void);
void simulator_clean(void);
void simulator_run(uint64_t seed, const struct simulator_plan *plan, struct simulator_outcome *ret_outcome);

/* SplitMix64; moves `state`. */
uint64_t simulator_random(uint64_t *state);
