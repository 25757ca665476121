/* SPDX-License-Identifier: Apache-2.0 */
#include "round.h"

#include <stdio.h>

#include "base/log.h"

#define PATH_MAX_BYTES 96
#define TRIES 3 /* from nothing known: told the size, proved from there, and once more if it moved meanwhile */
#define WAIT_FIRST_MS 2000
#define WAIT_MAX_MS 600000
#define AGAIN_MS 3600000 /* a log that does not grow is cosigned anew, so that its checkpoint does not look old */

enum status {
    STATUS_OK = 200,
    STATUS_TAKEN = 204,
    STATUS_UNKNOWN = 404,
    STATUS_FORBIDDEN = 403,
    STATUS_CONFLICT = 409,
    STATUS_FORK = 422
};

static const char *const log_name[COURIER_LOGS] = {"access", "public"};

/* One delivery under way. */
struct delivery {
    struct courier *courier;
    unsigned member;
    unsigned log;
    uint64_t size;
    int64_t now_ms;
};

static struct courier_witness *state_of(const struct delivery *delivery)
{
    return &delivery->courier->witness[delivery->member];
}

static void wait_longer(const struct delivery *delivery)
{
    struct courier_witness *witness = state_of(delivery);
    unsigned doubled = witness->failures < 16 ? witness->failures : 16;
    int64_t wait = (int64_t)WAIT_FIRST_MS << doubled;

    witness->failures++;
    witness->due_ms = delivery->now_ms + (wait < WAIT_MAX_MS ? wait : WAIT_MAX_MS);
}

/* A witness is told by its number among the members of the policy: a name or a URL never reaches the log. */
#define TELL(level, event, delivery)                                                                                   \
    LOG(level, event, FIELD("witness", (delivery)->member + 1),                                                        \
        FIELD("public", (bool)((delivery)->log == COURIER_PUBLIC)))

static enum error ask_node(const struct delivery *delivery, const char *path, struct slice body, unsigned *ret_status,
                           struct buffer *answer)
{
    const struct courier_lines *lines = &delivery->courier->lines;

    buffer_clear(answer);
    return lines->node(lines->context, path, body, ret_status, answer);
}

/* The witness says that the log is not the one that it cosigned. */
static enum error report_fork(const struct delivery *delivery)
{
    CLEANUP_BUFFER struct buffer answer = buffer_new(COURIER_ANSWER_MAX);
    char path[PATH_MAX_BYTES];
    unsigned status;

    snprintf(path, sizeof path, "/control/cosigned/%s/%llu", log_name[delivery->log],
             (unsigned long long)delivery->size);
    wait_longer(delivery);
    return ask_node(delivery, path, SLICE(""), &status, &answer);
}

static enum error hand_back(const struct delivery *delivery, struct slice lines)
{
    CLEANUP_BUFFER struct buffer answer = buffer_new(COURIER_ANSWER_MAX);
    struct courier_witness *witness = state_of(delivery);
    char path[PATH_MAX_BYTES];
    unsigned status;

    if (lines.length == 0) {
        TELL(WARNING, "courier.wrong_cosignature", delivery);
        wait_longer(delivery);
        return OK;
    }
    snprintf(path, sizeof path, "/control/cosigned/%s/%llu", log_name[delivery->log],
             (unsigned long long)delivery->size);
    TRY(ask_node(delivery, path, lines, &status, &answer));
    if (status == STATUS_TAKEN) {
        witness->known[delivery->log] = delivery->size;
        witness->cosigned_ms[delivery->log] = delivery->now_ms;
        witness->failures = 0;
    } else if (status != STATUS_CONFLICT) {
        TELL(WARNING, "courier.wrong_cosignature", delivery);
        wait_longer(delivery);
    }
    return OK;
}

/* What the answer means, unless it is the size that was signed last. */
static enum error judge(const struct delivery *delivery, unsigned status, struct slice body)
{
    switch (status) {
    case STATUS_OK:
        return hand_back(delivery, body);
    case STATUS_FORK:
        TELL(ERROR, "courier.fork", delivery);
        return report_fork(delivery);
    case STATUS_UNKNOWN:
        TELL(WARNING, "courier.log_unknown_to_witness", delivery);
        break;
    case STATUS_FORBIDDEN:
        TELL(WARNING, "courier.signature_not_accepted", delivery);
        break;
    default:
        TELL(WARNING, "courier.refused", delivery);
    }
    wait_longer(delivery);
    return OK;
}

/* False when the 409 does not say a size. */
static bool read_size(struct slice body, uint64_t *ret_size)
{
    struct slice line = slice_cut(&body, '\n');

    return body.length == 0 && slice_to_u64(line, ret_size);
}

/* Sends the checkpoint with a proof from `old`. *ret_again: the witness signed another size last and said which. */
static enum error send_from(const struct delivery *delivery, uint64_t *old, bool *ret_again)
{
    const struct courier_lines *lines = &delivery->courier->lines;
    CLEANUP_BUFFER struct buffer body = buffer_new(COURIER_ANSWER_MAX), answer = buffer_new(COURIER_ANSWER_MAX);
    char path[PATH_MAX_BYTES];
    unsigned status;

    *ret_again = false;
    snprintf(path, sizeof path, "/control/cosign/%s/%llu/%llu", log_name[delivery->log], (unsigned long long)*old,
             (unsigned long long)delivery->size);
    TRY(ask_node(delivery, path, slice_of(NULL, 0), &status, &body));
    if (status != STATUS_OK)
        return OK; /* the round is over: the next one has a newer checkpoint */
    if (lines->witness(lines->context, delivery->courier->policy->member[delivery->member].url, "add-checkpoint",
                       buffer_view(&body), &status, &answer) != OK) {
        TELL(WARNING, "courier.witness_silent", delivery);
        wait_longer(delivery);
        return OK;
    }
    if (status != STATUS_CONFLICT || !read_size(buffer_view(&answer), old))
        return judge(delivery, status, buffer_view(&answer));
    *ret_again = *old <= delivery->size;
    if (*ret_again)
        return OK;
    LOG(ERROR, "courier.witness_saw_more", FIELD("witness", delivery->member + 1), FIELD("seen", *old),
        FIELD("entries", delivery->size));
    return report_fork(delivery);
}

static enum error deliver(const struct delivery *delivery)
{
    uint64_t old = state_of(delivery)->known[delivery->log];
    bool again = true;

    if (old > delivery->size)
        old = delivery->size;
    for (int i = 0; again && i < TRIES; i++)
        TRY(send_from(delivery, &old, &again));
    if (again)
        wait_longer(delivery);
    return OK;
}

static bool is_due(const struct courier_witness *witness, unsigned log, uint64_t size, int64_t now_ms)
{
    bool signed_it = witness->known[log] == size && witness->cosigned_ms[log] != 0;

    return now_ms >= witness->due_ms && !(signed_it && now_ms - witness->cosigned_ms[log] < AGAIN_MS);
}

/* The second line of a checkpoint. */
static bool size_of_note(struct slice note, uint64_t *ret_size)
{
    slice_cut(&note, '\n');
    return slice_to_u64(slice_cut(&note, '\n'), ret_size);
}

static enum error round_of(struct courier *courier, unsigned log, int64_t now_ms)
{
    CLEANUP_BUFFER struct buffer note = buffer_new(COURIER_ANSWER_MAX);
    struct delivery delivery = {.courier = courier, .log = log, .now_ms = now_ms};
    char path[PATH_MAX_BYTES];
    unsigned status;

    snprintf(path, sizeof path, "/control/cosign/%s", log_name[log]);
    TRY(ask_node(&delivery, path, slice_of(NULL, 0), &status, &note));
    if (status != STATUS_OK || !size_of_note(buffer_view(&note), &delivery.size))
        return OK; /* the safe is away: later */
    for (delivery.member = 0; delivery.member < courier->policy->members; delivery.member++) {
        const struct policy_member *member = &courier->policy->member[delivery.member];
        if (member->needed == 0 && member->url.length > 0 && is_due(state_of(&delivery), log, delivery.size, now_ms))
            TRY(deliver(&delivery));
    }
    return OK;
}

enum error courier_round(struct courier *courier, int64_t now_ms)
{
    for (unsigned log = 0; log < COURIER_LOGS; log++)
        TRY(round_of(courier, log, now_ms));
    return OK;
}
