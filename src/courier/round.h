/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* The courier's work: each witness is shown the newest checkpoint of either log, with the proof that it continues what
 * that witness signed last, and what it answers is handed to the node (C2SP tlog-witness, add-checkpoint).
 *
 * All witnesses are asked for the same checkpoint, so that enough of them meet under one: a round of a log begins when
 * the log has grown, or after an hour, and not before `interval_ms` have passed since the last. No witness is asked for
 * a log more often than that, but for what one question needs: a 409 is answered with a better proof at once. One that
 * fails is asked again later and later, without waiting for the next round.
 *
 * Nobody waits for a witness: what is sent comes back by courier_answered, of each by itself. Waits for the node alone.
 * Answers come from an enemy as well as from a friend. One thread. */

#include "base/buffer.h"
#include "base/error.h"
#include "ledger/policy.h"

#define COURIER_ANSWER_MAX (NOTE_BYTES_MAX + 4096) /* and what is sent */

enum { COURIER_ACCESS, COURIER_PUBLIC, COURIER_LOGS };

/* What is sent has a number: of a witness's questions this one, of the counts of orders the one behind them. */
#define COURIER_NUMBER(member, log) ((member)*COURIER_LOGS + (log))
#define COURIER_NUMBER_COUNTS COURIER_NUMBER(POLICY_MEMBERS_MAX, 0)

/* The ways out. */
struct courier_lines {
    void *context;
    /* The node: GET when `body` has no data, else POST. Gives the HTTP status and appends the answer's body; an error
     * is that no whole answer came. */
    enum error (*node)(void *context, const char *path, struct slice body, unsigned *ret_status, struct buffer *answer);
    /* Begins to POST to a witness or a region and keeps nothing of what it is given. What comes of it is told later
     * under this number, which has one under way at most. */
    enum error (*post)(void *context, unsigned number, struct slice url, const char *below, struct slice body);
};

/* What comes of a post. ERROR_SIGNATURE: the certificate is not one to be trusted; any other error is that no whole
 * answer of at most COURIER_ANSWER_MAX bytes came. */
struct courier_answer {
    unsigned number;
    enum error error;
    unsigned status;
    struct slice body;
};

/* What is remembered of a witness and a log; lost with the process, and found again by asking. */
struct courier_errand {
    uint64_t known;   /* the size that it signed last, as far as is known */
    uint64_t size;    /* that it is asked for */
    uint64_t round;   /* in which it cosigned last; 0: in none */
    int64_t asked_ms; /* by the round's clock; COURIER_NEVER */
    int64_t due_ms;   /* after failures: not before then */
    unsigned failures, tries;
    bool under_way;
};
#define COURIER_NEVER (INT64_MIN / 2)

struct courier_log {
    uint64_t round; /* its number; 0: none has begun */
    uint64_t size;  /* that the witnesses are asked for */
    int64_t began_ms;
    bool lost; /* the node knows it no more */
};

struct courier {
    const struct policy *policy; /* NULL: nobody is asked */
    struct courier_lines lines;
    int64_t interval_ms;
    struct courier_log log[COURIER_LOGS];
    struct courier_errand errand[POLICY_MEMBERS_MAX][COURIER_LOGS]; /* by member number */
    int64_t counts_due_ms;                                          /* counts.h */
    bool counts_under_way;
};

/* Takes another policy, which must outlive the next one. Who stays keeps what is known of it; what is under way must
 * be forgotten by the lines, since members have other numbers now. */
void courier_take_policy(struct courier *courier, const struct policy *policy);

/* Begins what is due. ERROR_IO when the node does not answer: then there is nobody to work for. */
MUST_CHECK enum error courier_round(struct courier *courier, int64_t now_ms);

/* Of a witness's number. The same error. */
MUST_CHECK enum error courier_answered(struct courier *courier, const struct courier_answer *answer, int64_t now_ms);
