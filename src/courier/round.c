/* SPDX-License-Identifier: Apache-2.0 */
#include "round.h"

#include <stdio.h>
#include <string.h>

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

/* One question to one witness. */
struct delivery {
    struct courier *courier;
    unsigned member;
    unsigned log;
    struct courier_errand *errand;
    int64_t now_ms;
};

static struct delivery delivery_of(struct courier *courier, unsigned member, unsigned log, int64_t now_ms)
{
    return (struct delivery){courier, member, log, &courier->errand[member][log], now_ms};
}

/* 2, 4, 8 … seconds, at most ten minutes; and never more often than a witness that does answer. */
static void wait_longer(const struct delivery *delivery)
{
    struct courier_errand *errand = delivery->errand;
    unsigned doubled = errand->failures < 16 ? errand->failures : 16;
    int64_t wait = (int64_t)WAIT_FIRST_MS << doubled, interval = delivery->courier->interval_ms;

    wait = wait < WAIT_MAX_MS ? wait : WAIT_MAX_MS;
    errand->failures++;
    errand->due_ms = delivery->now_ms + (wait > interval ? wait : interval);
}

/* A witness is told by its number among the members of the policy: a name or a URL never reaches the log. */
#define TELL(level, event, delivery)                                                                                   \
    LOG(level, event, FIELD("witness", (delivery)->member + 1),                                                        \
        FIELD("public", (bool)((delivery)->log == COURIER_PUBLIC)))

static enum error ask_node(const struct courier *courier, const char *path, struct slice body, unsigned *ret_status,
                           struct buffer *answer)
{
    buffer_clear(answer);
    return courier->lines.node(courier->lines.context, path, body, ret_status, answer);
}

/* The node does not know the errand's checkpoint: it has begun anew, if that is the newest. */
static void lose_round(const struct delivery *delivery)
{
    struct courier_log *log = &delivery->courier->log[delivery->log];

    log->lost = log->lost || delivery->errand->size == log->size;
}

/* ---- what a witness says ---- */

/* The witness says that the log is not the one that it cosigned. */
static enum error report_fork(const struct delivery *delivery)
{
    CLEANUP_BUFFER struct buffer answer = buffer_new(COURIER_ANSWER_MAX);
    char path[PATH_MAX_BYTES];
    unsigned status;

    snprintf(path, sizeof path, "/control/cosigned/%s/%llu", log_name[delivery->log],
             (unsigned long long)delivery->errand->size);
    wait_longer(delivery);
    return ask_node(delivery->courier, path, SLICE(""), &status, &answer);
}

static enum error hand_back(const struct delivery *delivery, struct slice lines)
{
    CLEANUP_BUFFER struct buffer answer = buffer_new(COURIER_ANSWER_MAX);
    struct courier_errand *errand = delivery->errand;
    struct courier_log *log = &delivery->courier->log[delivery->log];
    char path[PATH_MAX_BYTES];
    unsigned status;

    if (lines.length == 0) {
        TELL(WARNING, "courier.wrong_cosignature", delivery);
        wait_longer(delivery);
        return OK;
    }
    snprintf(path, sizeof path, "/control/cosigned/%s/%llu", log_name[delivery->log], (unsigned long long)errand->size);
    TRY(ask_node(delivery->courier, path, lines, &status, &answer));
    if (status == STATUS_TAKEN) {
        errand->known = errand->size;
        errand->failures = 0;
        errand->round = errand->size == log->size ? log->round : errand->round;
    } else if (status == STATUS_CONFLICT) {
        errand->failures = 0; /* it did answer; the node has forgotten what */
        lose_round(delivery);
    } else {
        TELL(WARNING, "courier.wrong_cosignature", delivery);
        wait_longer(delivery);
    }
    return OK;
}

/* What the answer means, unless it is the size that was signed last. */
static enum error judge(const struct delivery *delivery, const struct courier_answer *answer)
{
    switch (answer->status) {
    case STATUS_OK:
        return hand_back(delivery, answer->body);
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

/* tlog-witness: a number in decimal and a newline. One that was cut short would be another number. */
static bool read_size(struct slice body, uint64_t *ret_size)
{
    if (!slice_ends_with(body, SLICE("\n")))
        return false;
    struct slice number = slice_of(body.data, body.length - 1);

    return (number.length == 1 || number.data[0] != '0') && slice_to_u64(number, ret_size);
}

/* ---- asking ---- */

/* Sends the checkpoint with a proof from what is known. */
static enum error ask_witness(const struct delivery *delivery)
{
    struct courier *courier = delivery->courier;
    struct courier_errand *errand = delivery->errand;
    CLEANUP_BUFFER struct buffer body = buffer_new(COURIER_ANSWER_MAX);
    uint64_t old = errand->known < errand->size ? errand->known : errand->size;
    char path[PATH_MAX_BYTES];
    unsigned status;

    snprintf(path, sizeof path, "/control/cosign/%s/%llu/%llu", log_name[delivery->log], (unsigned long long)old,
             (unsigned long long)errand->size);
    TRY(ask_node(courier, path, slice_of(NULL, 0), &status, &body));
    if (status != STATUS_OK) {
        lose_round(delivery);
        return OK;
    }
    if (errand->tries++ == 0)
        errand->asked_ms = delivery->now_ms;
    errand->under_way = courier->lines.post(courier->lines.context, COURIER_NUMBER(delivery->member, delivery->log),
                                            courier->policy->member[delivery->member].url, "add-checkpoint",
                                            buffer_view(&body)) == OK;
    if (!errand->under_way) {
        TELL(WARNING, "courier.witness_not_asked", delivery);
        wait_longer(delivery);
    }
    return OK;
}

static enum error begin_errand(const struct delivery *delivery)
{
    struct courier_errand *errand = delivery->errand;

    errand->size = delivery->courier->log[delivery->log].size;
    errand->tries = 0;
    return ask_witness(delivery);
}

/* It signed another size last, and says which. */
static enum error send_from(const struct delivery *delivery, uint64_t known)
{
    struct courier_errand *errand = delivery->errand;

    if (known > errand->size) {
        LOG(ERROR, "courier.witness_saw_more", FIELD("witness", delivery->member + 1), FIELD("seen", known),
            FIELD("entries", errand->size));
        return report_fork(delivery);
    }
    errand->known = known;
    if (errand->tries < TRIES)
        return ask_witness(delivery);
    TELL(WARNING, "courier.refused", delivery);
    wait_longer(delivery);
    return OK;
}

enum error courier_answered(struct courier *courier, const struct courier_answer *answer, int64_t now_ms)
{
    struct delivery delivery = delivery_of(courier, answer->number / COURIER_LOGS, answer->number % COURIER_LOGS,
                                           now_ms);
    uint64_t known;

    delivery.errand->under_way = false;
    if (answer->error != OK) {
        if (answer->error == ERROR_SIGNATURE)
            TELL(WARNING, "courier.certificate_not_trusted", &delivery);
        else
            TELL(WARNING, "courier.witness_silent", &delivery);
        wait_longer(&delivery);
        return OK;
    }
    if (answer->status == STATUS_CONFLICT && read_size(answer->body, &known))
        return send_from(&delivery, known);
    return judge(&delivery, answer);
}

/* ---- rounds ---- */

/* Whoever was asked in the middle of a round waits for the beginning of another, so that all come to be asked together;
 * but not while there is none, because the log does not grow. */
static bool is_due(const struct courier *courier, unsigned member, unsigned log, int64_t now_ms)
{
    const struct policy_member *witness = &courier->policy->member[member];
    const struct courier_errand *errand = &courier->errand[member][log];
    const struct courier_log *round = &courier->log[log];

    if (witness->needed != 0 || witness->url.length == 0 || errand->under_way || errand->round == round->round)
        return false;
    if (errand->failures > 0)
        return now_ms >= errand->due_ms;
    int64_t together = now_ms - round->began_ms < courier->interval_ms ? round->began_ms : now_ms;
    return together - errand->asked_ms >= courier->interval_ms;
}

/* The second line of a checkpoint. */
static bool size_of_note(struct slice note, uint64_t *ret_size)
{
    slice_cut(&note, '\n');
    return slice_to_u64(slice_cut(&note, '\n'), ret_size);
}

static enum error begin_round(struct courier *courier, unsigned log, int64_t now_ms)
{
    CLEANUP_BUFFER struct buffer note = buffer_new(COURIER_ANSWER_MAX);
    struct courier_log *round = &courier->log[log];
    char path[PATH_MAX_BYTES];
    unsigned status;
    uint64_t size;

    snprintf(path, sizeof path, "/control/cosign/%s", log_name[log]);
    TRY(ask_node(courier, path, slice_of(NULL, 0), &status, &note));
    if (status != STATUS_OK || !size_of_note(buffer_view(&note), &size)) {
        round->lost = true; /* the safe is away: later */
        return OK;
    }
    bool same = round->round > 0 && !round->lost && size == round->size;
    if (!same || now_ms - round->began_ms >= AGAIN_MS)
        *round = (struct courier_log){.round = round->round + 1, .size = size, .began_ms = now_ms};
    return OK;
}

static enum error round_of(struct courier *courier, unsigned log, int64_t now_ms)
{
    struct courier_log *round = &courier->log[log];

    if (round->round == 0 || round->lost || now_ms - round->began_ms >= courier->interval_ms)
        TRY(begin_round(courier, log, now_ms));
    for (unsigned m = 0; m < courier->policy->members && round->round > 0 && !round->lost; m++) {
        struct delivery delivery = delivery_of(courier, m, log, now_ms);
        if (is_due(courier, m, log, now_ms))
            TRY(begin_errand(&delivery));
    }
    return OK;
}

enum error courier_round(struct courier *courier, int64_t now_ms)
{
    for (unsigned log = 0; courier->policy && log < COURIER_LOGS; log++)
        TRY(round_of(courier, log, now_ms));
    return OK;
}

/* ---- another policy ---- */

static bool is_same(const struct policy_member *a, const struct policy_member *b)
{
    return a->needed == 0 && b->needed == 0 && note_key_same(&a->key, &b->key) && slice_equal(a->url, b->url);
}

static unsigned former_number(const struct courier *courier, const struct policy_member *member)
{
    unsigned m = 0, members = courier->policy ? courier->policy->members : 0;

    while (m < members && !is_same(member, &courier->policy->member[m]))
        m++;
    return m < members ? m : POLICY_NOBODY;
}

void courier_take_policy(struct courier *courier, const struct policy *policy)
{
    struct courier_errand former[POLICY_MEMBERS_MAX][COURIER_LOGS];

    memcpy(former, courier->errand, sizeof former);
    for (unsigned m = 0; policy && m < policy->members; m++) {
        unsigned before = former_number(courier, &policy->member[m]);
        for (unsigned log = 0; log < COURIER_LOGS; log++) {
            courier->errand[m][log] = before == POLICY_NOBODY ? (struct courier_errand){.asked_ms = COURIER_NEVER}
                                                              : former[before][log];
            courier->errand[m][log].under_way = false;
            courier->errand[m][log].round = 0;
        }
    }
    for (unsigned log = 0; log < COURIER_LOGS; log++)
        courier->log[log].lost = true; /* the safe has forgotten what was cosigned for the other policy */
    if (courier->counts_under_way)
        courier->counts_due_ms = COURIER_NEVER;
    courier->counts_under_way = false;
    courier->policy = policy;
}
