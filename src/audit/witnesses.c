/* SPDX-License-Identifier: Apache-2.0 */

/* What witnesses say of a log: log/NAME.cosigned, and the checkpoints that Ines remembers, under the policy in
 * DIR/witnesses or one of her own (--policy). Each line of a witness that is known must hold over the very text, be of
 * a time that can be, and enough must be there. A checkpoint that they cosigned is one that the log must have gone
 * through, so that a log that was written anew is found without anybody's memory but theirs.
 *
 * Must never take a line that it cannot verify for one that holds. Promise 5. */

#include <time.h>

#include "audit.h"
#include "base/file.h"
#include "files.h"

#define SECOND_NS INT64_C(1000000000)
#define CLOCKS_APART_S 3600 /* the witness's clock is not the node's */

/* ---- what is there ---- */

static enum error take_own_policy(struct audit *audit, struct policy *policy, struct fault *fault)
{
    struct slice text;
    unsigned line;

    TRY(file_read(audit->arena, audit->options->policy, POLICY_MAX, &text, fault));
    if (!policy_read(text, policy, &line))
        return fault_set(fault, ERROR_SYNTAX, "%s, line %u, is no policy", audit->options->policy, line);
    audit->policy = policy;
    return OK;
}

enum error witnesses_take_policy(struct audit *audit, struct fault *fault)
{
    struct policy *policy = arena_alloc(audit->arena, sizeof *policy);
    struct slice text;
    unsigned line = 0;

    if (!policy)
        return ERROR_MEMORY;
    if (audit->options->policy)
        return take_own_policy(audit, policy, fault);
    enum error error = file_take(audit->arena, audit->directory, "witnesses", POLICY_MAX, &text);
    if (error == ERROR_FILE_MISSING)
        return OK;
    if (error == OK && policy_read(text, policy, &line)) {
        audit->policy = policy;
        return OK;
    }
    struct place place = PLACE_FILE("witnesses");
    place.row = line > 0 ? line : REPORT_NONE;
    report_add(&audit->report, FINDING_WITNESSES_FILE, place, NULL);
    return OK;
}

void witnesses_take(struct audit *audit, struct log *log)
{
    struct log_mark *mark = &log->cosigned;
    char file[64];

    snprintf(file, sizeof file, "log/%s.cosigned", log->name);
    enum error error = file_take(audit->arena, audit->directory, file, NOTE_MAX, &mark->note);
    if (error == ERROR_FILE_MISSING)
        return;
    log->has_cosigned = error == OK && note_shaped(mark->note) && checkpoint_read(mark->note, &mark->checkpoint) &&
                        slice_equal(mark->checkpoint.origin, log->origin);
    if (!log->has_cosigned)
        report_add(&audit->report, FINDING_COSIGNED_NOTE, PLACE_FILE(file), "it cannot be read");
}

/* ---- what it is worth ---- */

/* Who cosigned is counted; `unread` has also those whose algorithm is not read. */
struct heard {
    bool cosigned[POLICY_MEMBERS], unread[POLICY_MEMBERS];
};

static bool can_be(const struct log_mark *mark, uint64_t time_s)
{
    int64_t written_s = mark->met ? mark->time_ns / SECOND_NS : 0;

    return (int64_t)time_s >= written_s - CLOCKS_APART_S && (int64_t)time_s <= (int64_t)time(NULL) + CLOCKS_APART_S;
}

static void hear(struct audit *audit, const struct log_mark *mark, const char *file, unsigned number,
                 struct heard *heard)
{
    const struct policy_member *witness = &audit->policy->member[number];
    uint64_t time_s = 0;

    enum cosigned cosigned = note_cosigned(mark->note, &witness->cosigner, &time_s);
    heard->cosigned[number] = cosigned == COSIGNED_HOLDS;
    heard->unread[number] = cosigned == COSIGNED_HOLDS || cosigned == COSIGNED_UNREAD;
    audit->report.count[COUNT_COSIGNATURES_UNREAD] += cosigned == COSIGNED_UNREAD;
    if (cosigned == COSIGNED_WRONG)
        report_add(&audit->report, FINDING_COSIGNATURE, PLACE_FILE(file), "witness %u of the policy", number + 1);
    if (cosigned != COSIGNED_HOLDS)
        return;
    if (can_be(mark, time_s))
        audit->report.count[COUNT_COSIGNATURES]++;
    else
        report_add(&audit->report, FINDING_COSIGNATURE_TIME, PLACE_FILE(file), "witness %u of the policy, at %llu",
                   number + 1, (unsigned long long)time_s);
}

static struct heard hear_all(struct audit *audit, const struct log_mark *mark, const char *file)
{
    struct heard heard = {0};

    for (unsigned i = 0; i < audit->policy->members; i++)
        if (audit->policy->member[i].is_witness)
            hear(audit, mark, file, i, &heard);
    return heard;
}

static void judge_log(struct audit *audit, const struct log *log)
{
    struct report *report = &audit->report;
    char file[64];

    snprintf(file, sizeof file, "log/%s/journal", log->name);
    for (size_t i = 0; audit->policy && i < log->remembered_count; i++)
        hear_all(audit, &log->remembered[i], file);
    if (!audit->policy || !log->has_cosigned) {
        report->count[COUNT_UNWITNESSED]++;
        return;
    }
    snprintf(file, sizeof file, "log/%s.cosigned", log->name);
    struct heard heard = hear_all(audit, &log->cosigned, file);
    bool enough = policy_enough(audit->policy, heard.cosigned);
    report->count[enough && log->cosigned.met ? COUNT_WITNESSED : COUNT_UNWITNESSED]++;
    if (!enough && !policy_enough(audit->policy, heard.unread))
        report_add(report, FINDING_QUORUM, PLACE_FILE(file), NULL);
}

void witnesses_judge(struct audit *audit)
{
    judge_log(audit, &audit->access);
    judge_log(audit, &audit->public);
}
