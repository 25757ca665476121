/* SPDX-License-Identifier: Apache-2.0 */

/* What oversight does and what is owed to it: reviews by somebody else within seven days or told in public, suspensions
 * that hold from the entry that says so. */

#include <stdlib.h>

#include "crypto/encode.h"
#include "story.h"

#define DAY_MS INT64_C(86400000)
#define DUE_MS (7 * DAY_MS)
#define TOLD_MS (2 * INT64_C(3600000)) /* a node that nobody asks looks once an hour */
#define REVIEW_OF_ORDER 5
#define COVERS_S 3600 /* one review covers the looks of an hour */

static struct place entry_place(const struct log_entry *entry)
{
    return PLACE_BYTES(entry->file, entry->begin, entry->end, entry->index);
}

struct commitment name_digest(struct slice name)
{
    static const uint8_t no_nonce[NONCE_BYTES];

    return event_commit(no_nonce, name);
}

/* ---- reviews ---- */

/* Is there an open review of the same that was opened less than an hour before? */
static bool is_covered(const struct story *story, const struct event *event)
{
    int64_t since = event->time_ms / 1000 - COVERS_S;

    for (size_t i = story->reviews.count; i > 0; i--) {
        const struct review *review = list_at(&story->reviews, i - 1);
        if (review->opened_ms / 1000 <= since)
            return false;
        bool open = review->closed_ms == 0 || review->closed_ms >= event->time_ms;
        if (open && commitment_equal(&review->subject, &event->looker.review_subject))
            return true;
    }
    return false;
}

void review_owed(struct audit *audit, const struct log_entry *entry, const struct event *event)
{
    if (is_covered(audit->story, event))
        return;
    struct review *review = list_add(&audit->story->reviews);
    if (!review)
        return;
    *review = (struct review){.entry = entry->index,
                              .opened_ms = event->time_ms,
                              .of_order = event->looker.review_kind == REVIEW_OF_ORDER,
                              .subject = event->looker.review_subject,
                              .actor = name_digest(event->looker.actor)};
    memcpy(review->organization, event->organization.data, sizeof review->organization);
}

static struct review *find_review(struct story *story, int64_t entry)
{
    size_t low = 0, high = story->reviews.count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (((struct review *)list_at(&story->reviews, middle))->entry < (uint64_t)entry)
            low = middle + 1;
        else
            high = middle;
    }
    struct review *found = low < story->reviews.count ? list_at(&story->reviews, low) : NULL;
    return found && found->entry == (uint64_t)entry ? found : NULL;
}

static void judge_verdict(struct audit *audit, const struct log_entry *entry, const struct event *event)
{
    struct review *review = find_review(audit->story, event->number);
    struct commitment judge = name_digest(event->looker.actor);

    if (!review && audit_is_partial(audit))
        return; /* of what is closed to this audit */
    if (!review || review->closed_ms != 0 || event->verdict.length == 0) {
        report_add(&audit->report, FINDING_REVIEW_STRANGE, entry_place(entry), "of entry %lld",
                   (long long)event->number);
        return;
    }
    review->closed_ms = event->time_ms;
    audit->report.count[COUNT_REVIEWS_DONE]++;
    if (commitment_equal(&judge, &review->actor) ||
        slice_equal(event->organization, slice_of(review->organization, sizeof review->organization)))
        report_add(&audit->report, FINDING_REVIEW_OWN, entry_place(entry), "of entry %lld", (long long)event->number);
}

/* ---- suspensions ---- */

bool suspension_holds(const struct audit *audit, const struct event *event)
{
    const struct list *all = &audit->story->suspensions;
    char credential[ID_TEXT_BYTES];

    encode_hex(slice_of(event->looker.credential.byte, ID_BYTES), credential);
    for (size_t i = 0; i < all->count; i++) {
        const struct suspension *suspension = list_at(all, i);
        struct slice what = slice_from_string(suspension->what);
        struct slice whom = slice_is(what, "actor")        ? event->looker.actor
                            : slice_is(what, "credential") ? slice_of(credential, sizeof credential)
                            : event->kind == EVENT_ACCESS  ? event->row
                                                           : slice_of("", 0);
        if (whom.length > 0 && slice_is(whom, suspension->subject))
            return true;
    }
    return false;
}

static struct suspension *find_suspension(struct story *story, int64_t number)
{
    for (size_t i = 0; i < story->suspensions.count; i++) {
        struct suspension *suspension = list_at(&story->suspensions, i);
        if (suspension->number == number)
            return suspension;
    }
    return NULL;
}

static void begin_suspension(struct audit *audit, const struct log_entry *entry, const struct event *event)
{
    struct story *story = audit->story;

    if (find_suspension(story, event->number))
        return; /* said again */
    story->suspended++;
    audit->report.count[COUNT_SUSPENSIONS]++;
    struct suspension *suspension = list_add(&story->suspensions);
    if (!suspension)
        return;
    suspension->number = event->number;
    snprintf(suspension->what, sizeof suspension->what, "%.11s", event->what.length ? event->what.data : "");
    if (event->looker.subject.length < sizeof suspension->subject)
        memcpy(suspension->subject, event->looker.subject.data, event->looker.subject.length);
    struct commitment own = event_commit(event->looker.nonce, event->looker.subject);
    char hex[ID_TEXT_BYTES];
    encode_hex(slice_of(own.byte, ID_BYTES), hex);
    if (!slice_equal(json_text_at(event->root, "subject"), slice_of(hex, sizeof hex)))
        report_add(&audit->report, FINDING_EVENT_LOOKER, entry_place(entry), "whom it suspends");
}

static void lift_suspension(struct audit *audit, const struct event *event)
{
    struct story *story = audit->story;
    struct suspension *suspension = find_suspension(story, event->number);

    if (!suspension && !audit_is_partial(audit))
        return; /* said again */
    story->lifted++;
    if (!suspension)
        return; /* from before a restore */
    *suspension = *(struct suspension *)list_at(&story->suspensions, story->suspensions.count - 1);
    story->suspensions.count--;
}

/* ---- deeds ---- */

void oversight_judge(struct audit *audit, const struct log_entry *entry, const struct event *event)
{
    if (!event->permitted)
        return;
    if (event->sector != SECTOR_OVERSIGHT)
        report_add(&audit->report, FINDING_OVERSIGHT_SECTOR, entry_place(entry), NULL);
    if (slice_is(event->deed, "suspend"))
        begin_suspension(audit, entry, event);
    else if (slice_is(event->deed, "lift"))
        lift_suspension(audit, event);
    else if (slice_is(event->deed, "review"))
        judge_verdict(audit, entry, event);
    else if (slice_is(event->deed, "evidence"))
        audit->report.count[COUNT_EVIDENCE]++;
    else if (!slice_is(event->deed, "reviews") && !slice_is(event->deed, "suspensions") &&
             !slice_is(event->deed, "orders")) /* lists that were read */
        report_add(&audit->report, FINDING_EVENT_SHAPE, entry_place(entry), "an unknown deed");
}

/* ---- at the end ---- */

/* Up to when the logs tell anything. */
static int64_t last_told_ms(const struct audit *audit)
{
    int64_t access = audit->access.last_time_ns, public = audit->public.last_time_ns;

    return (access > public ? access : public) / 1000000;
}

static void judge_reviews(struct audit *audit)
{
    const struct list *all = &audit->story->reviews;
    uint64_t late = 0, due = 0, told = audit->told.overdue;

    for (size_t i = 0; i < all->count; i++) {
        const struct review *review = list_at(all, i);
        int64_t until = review->closed_ms ? review->closed_ms : last_told_ms(audit);
        audit->report.count[COUNT_REVIEWS_OPEN] += review->closed_ms == 0;
        if (review->of_order) /* one place's orders are in no number that the public sees */
            continue;
        due += review->opened_ms / 1000 * 1000 + DUE_MS <= until + 1000;
        if (until <= review->opened_ms + DUE_MS + TOLD_MS)
            continue;
        audit->report.count[COUNT_REVIEWS_OVERDUE]++;
        if (++late > told)
            report_add(&audit->report, FINDING_REVIEW_OVERDUE, PLACE_ENTRY("log/access/journal", review->entry), NULL);
    }
    if (told > due && !audit_is_partial(audit))
        report_add(&audit->report, FINDING_OVERDUE_COUNT, PLACE_FILE("log/public/journal"), "%llu told, %llu were due",
                   (unsigned long long)told, (unsigned long long)due);
}

void oversight_judge_rest(struct audit *audit)
{
    const struct story *story = audit->story;
    uint64_t suspended = audit->report.public_kind[KIND_SUSPENDED],
             lifted = audit->report.public_kind[KIND_SUSPENSION_LIFTED];

    judge_reviews(audit);
    bool fewer = suspended < story->suspended || lifted<story->lifted, more = suspended> story->suspended ||
                 lifted > story->lifted;
    if (fewer || (more && !audit_is_partial(audit)))
        report_add(&audit->report, FINDING_SUSPENSIONS_COUNT, PLACE_FILE("log/public/journal"),
                   "%llu and %llu lifted, told %llu and %llu", (unsigned long long)story->suspended,
                   (unsigned long long)story->lifted, (unsigned long long)suspended, (unsigned long long)lifted);
}
