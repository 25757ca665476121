/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* Between a house's gate and its safe: writes down what the gate asks, and changes what it is answered. */

#include "house.h"

struct spied {
    enum protocol_kind kind;
    struct slice payload;
    struct access access;         /* of PROTOCOL_ACCESS, PROTOCOL_EVENTS and PROTOCOL_PROOF */
    struct completion completion; /* of PROTOCOL_COMPLETE */
};

/* May put another error and another payload in the place of what the safe says. */
typedef void spy_answer(void *context, const struct spied *asked, enum error *error, struct slice *payload);

#define SPIED_MAX 64

struct spy {
    struct house *house;
    struct safe_client *client;
    struct loop_watch *watch;
    int safe_end;
    struct buffer in;
    struct spied said[SPIED_MAX]; /* in the arena of the house */
    size_t count;
    spy_answer *answer; /* NULL: the safe's own */
    void *context;
};

/* From now on the gate of the house speaks through the spy. */
void spy_begin(struct spy *spy, struct house *house);
void spy_end(struct spy *spy);     /* before the house is closed; it speaks with its safe again */
void spy_hang_up(struct spy *spy); /* the safe is gone, as the gate sees it */

/* What was asked of a kind, the n-th from 0; fails the test when there is none. */
const struct spied *spied(struct spy *spy, enum protocol_kind kind, size_t n);
size_t spied_count(const struct spy *spy, enum protocol_kind kind);
