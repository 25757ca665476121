/* SPDX-License-Identifier: Apache-2.0 */

/* An access: permitted with a purpose, by a rule that was in force and whose cells fit; or refused, and then nothing
 * was opened. Its completion, the versions that it stored, and erasures. */

#include <stdlib.h>

#include "story.h"

static struct place entry_place(const struct log_entry *entry)
{
    return PLACE_BYTES(entry->file, entry->begin, entry->end, entry->index);
}

/* ---- the rule ---- */

/* What may have been decided on: a new person is registered, and who replaces something must be able to read it. */
static unsigned actions_of(const struct event *event)
{
    unsigned actions = 1u << event->action;

    if (event->action == ACTION_WRITE)
        actions |= 1u << ACTION_REGISTER | (event->replaces ? 1u << ACTION_READ : 0);
    return actions;
}

static struct hash key_of(const struct event *event, unsigned actions)
{
    unsigned numbers[] = {
        (unsigned)event->role, (unsigned)event->sector,  (unsigned)event->purpose, actions,
        event->asked,          (unsigned)event->outcome, event->break_glass,       event->order.length > 0};
    const struct slice part[] = {
        slice_of(numbers, sizeof numbers), event->rules, SLICE("\0"), event->row, SLICE("\0"), event->basis};

    return hash_sha256_parts(part, sizeof part / sizeof *part);
}

static enum rules_verdict judge_case(struct audit *audit, const struct rules *rules, const struct event *event)
{
    unsigned actions = actions_of(event);
    struct hash key = key_of(event, actions);
    struct judged_case *judged = &audit->story->judged[(key.byte[0] | key.byte[1] << 8) % CASES];
    struct rules_case asked = {.role = event->role,
                               .sector = event->sector,
                               .purpose = event->purpose,
                               .actions = actions,
                               .drawers = event->asked,
                               .basis = event->basis,
                               .glass = event->break_glass,
                               .ordered = event->order.length > 0,
                               .row = event->row,
                               .outcome = event->outcome};

    if (!judged->set || !hash_equal(&judged->key, &key))
        *judged = (struct judged_case){key, rules_judge(rules, &asked), true};
    return judged->verdict;
}

static void check_rule(struct audit *audit, const struct log_entry *entry, const struct event *event)
{
    const struct rules *rules = ruleset_find(audit, event->rules);
    struct place place = entry_place(entry);

    if (!ruleset_was_active(audit, event->rules, entry->time_ns))
        report_add(&audit->report, FINDING_ACCESS_RULES, place, NULL);
    if (!rules)
        return; /* told once, of the rule set */
    if (!rules_cites(rules, event->row, event->citation)) {
        report_add(&audit->report, FINDING_ACCESS_ROW, place, NULL);
        return;
    }
    enum rules_verdict verdict = judge_case(audit, rules, event);
    if (verdict == RULES_NO_CELLS)
        report_add(&audit->report, FINDING_ACCESS_CELLS, place, NULL);
    else if (verdict == RULES_NO_OUTCOME)
        report_add(&audit->report, FINDING_ACCESS_OUTCOME, place, NULL);
}

/* ---- broken glass ---- */

static bool owes(const struct event *event, const char *obligation)
{
    struct slice rest = event->obligations;

    while (rest.length > 0)
        if (slice_is(slice_cut(&rest, ' '), obligation))
            return true;
    return false;
}

static void check_glass(struct audit *audit, const struct log_entry *entry, const struct event *event)
{
    if (event->break_glass_action) {
        audit->report.count[COUNT_GLASS]++;
        if (event->reason.length == 0)
            report_add(&audit->report, FINDING_GLASS_REASON, entry_place(entry), NULL);
    }
    if ((event->break_glass || event->break_glass_action) &&
        (!owes(event, "review") || !owes(event, "notify_person") || event->looker.review_kind < 1))
        report_add(&audit->report, FINDING_GLASS_OBLIGATIONS, entry_place(entry), NULL);
}

/* ---- permitted, refused ---- */

static void note_erasure(struct audit *audit, const struct log_entry *entry, const struct event *event)
{
    audit->report.count[COUNT_ERASURES]++;
    for (size_t i = 0; i < event->persons; i++) {
        struct erasure *erasure = list_add(&audit->story->erasures);
        if (!erasure)
            return;
        *erasure = (struct erasure){.person = event->person[i], .token = event->looker.token[i], .entry = entry->index};
        memcpy(erasure->nonce, event->nonce, NONCE_BYTES);
    }
}

/* A search that nobody answers to opens nothing and is decided by no row. */
static bool found_nobody(const struct event *event)
{
    return event->opened == 0 && event->persons == 0 && event->row.length == 0 &&
           (event->action == ACTION_SEARCH || event->action == ACTION_READ);
}

static void judge_permitted(struct audit *audit, const struct log_entry *entry, const struct event *event)
{
    audit->report.count[COUNT_PERMITTED]++;
    if (event->purpose == PURPOSE_UNKNOWN || event->role == ROLE_UNKNOWN || event->sector == SECTOR_UNKNOWN)
        report_add(&audit->report, FINDING_ACCESS_PURPOSE, entry_place(entry), NULL);
    if (!found_nobody(event))
        check_rule(audit, entry, event);
    check_glass(audit, entry, event);
    if (event->order.length > 0)
        order_judge_look(audit, entry, event);
    if (event->action == ACTION_ERASE)
        note_erasure(audit, entry, event);
}

static void judge_refused(struct audit *audit, const struct log_entry *entry, const struct event *event)
{
    audit->report.count[COUNT_REFUSED]++;
    if (event->opened != 0)
        report_add(&audit->report, FINDING_REFUSED_OPENED, entry_place(entry), NULL);
}

/* Those that are done make room; when that is not enough, the older half is no longer followed. */
static void compact(struct story *story)
{
    size_t kept = 0;

    for (size_t i = 0; i < story->pending.count; i++) {
        const struct pending *pending = list_at(&story->pending, i);
        bool old = story->pending.count == PENDING_MAX && i < story->pending.count / 2 && !pending->done;
        if (old)
            story->forgotten = pending->entry + 1;
        if (!pending->done && !old)
            memmove(list_at(&story->pending, kept++), pending, sizeof *pending);
    }
    story->pending.count = kept;
}

static void await(struct audit *audit, const struct log_entry *entry, const struct event *event, uint64_t versions)
{
    struct story *story = audit->story;

    if (story->pending.count == PENDING_MAX)
        compact(story);
    struct pending *pending = list_add(&story->pending);
    if (!pending)
        return;
    *pending = (struct pending){.entry = entry->index,
                                .versions = (uint32_t)versions,
                                .resources = event->resources > 0 ? (uint32_t)event->resources : 0,
                                .permitted = event->permitted,
                                .write = event->action == ACTION_WRITE,
                                .several = event->looker.tokens > 1};
    if (event->looker.tokens > 0)
        pending->token = event->looker.token[0];
}

void access_unread(struct audit *audit, const struct log_entry *entry)
{
    struct story *story = audit->story;

    if (story->pending.count == PENDING_MAX)
        compact(story);
    struct pending *pending = list_add(&story->pending);
    if (pending)
        *pending = (struct pending){.entry = entry->index, .permitted = true};
}

void access_judge(struct audit *audit, const struct log_entry *entry, const struct event *event, uint64_t versions)
{
    if (event->permitted)
        judge_permitted(audit, entry, event);
    else
        judge_refused(audit, entry, event);
    if (event->looker.review_kind > 0)
        review_owed(audit, entry, event);
    if (event->action == ACTION_WRITE && versions > (uint64_t)(event->resources > 0 ? event->resources : 0))
        report_add(&audit->report, FINDING_VERSION_COUNT, entry_place(entry), "%llu stored, %lld permitted",
                   (unsigned long long)versions, (long long)event->resources);
    await(audit, entry, event, versions);
}

/* ---- completions ---- */

static struct pending *find_pending(struct story *story, uint64_t entry)
{
    size_t low = 0, high = story->pending.count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        const struct pending *pending = list_at(&story->pending, middle);
        if (pending->entry < entry)
            low = middle + 1;
        else
            high = middle;
    }
    struct pending *found = low < story->pending.count ? list_at(&story->pending, low) : NULL;
    return found && found->entry == entry ? found : NULL;
}

static void compare_versions(struct audit *audit, const struct log_entry *entry, const struct pending *pending,
                             uint64_t returned)
{
    if (pending->versions > returned) {
        report_add(&audit->report, FINDING_VERSION_COUNT, PLACE_ENTRY(entry->file, pending->entry),
                   "%u stored, %llu completed", pending->versions, (unsigned long long)returned);
    } else if (pending->versions < returned) {
        struct shortfall *shortfall = list_add(&audit->story->shortfalls);
        if (shortfall)
            *shortfall = (struct shortfall){pending->entry, returned, pending->versions, pending->token,
                                            pending->several};
    }
}

static void complete(struct audit *audit, const struct log_entry *entry, yyjson_val *item)
{
    int64_t number = json_number_at(item, "entry"), returned = json_number_at(item, "returned");
    bool failed = json_text_at(item, "error").length > 0;
    struct pending *pending = number >= 0 ? find_pending(audit->story, (uint64_t)number) : NULL;

    if (number >= 0 && (uint64_t)number < audit->story->forgotten)
        return;
    if (!pending || pending->done || returned < 0 || (uint64_t)number >= entry->index) {
        report_add(&audit->report, FINDING_COMPLETION, entry_place(entry), "of entry %lld", (long long)number);
        return;
    }
    pending->done = true;
    audit->report.count[COUNT_COMPLETED]++;
    if (!pending->permitted && returned > 0)
        report_add(&audit->report, FINDING_REFUSED_OPENED, PLACE_ENTRY(entry->file, pending->entry),
                   "its completion returned %lld", (long long)returned);
    if (pending->write)
        compare_versions(audit, entry, pending, failed ? 0 : (uint64_t)returned);
}

void access_completed(struct audit *audit, const struct log_entry *entry, const struct event *event)
{
    yyjson_val *list = json_at(event->root, "accesses");

    for (struct json_items i = json_items(list); json_next(&i);)
        complete(audit, entry, i.value);
}

/* ---- at the end ---- */

static bool was_erased(const struct story *story, const struct shortfall *shortfall)
{
    for (size_t i = 0; i < story->erasures.count; i++) {
        const struct erasure *erasure = list_at(&story->erasures, i);
        if (erasure->entry > shortfall->entry &&
            (shortfall->several || commitment_equal(&erasure->token, &shortfall->token)))
            return true;
    }
    return false;
}

static void judge_shortfalls(struct audit *audit)
{
    for (size_t i = 0; audit->vault_open && i < audit->story->shortfalls.count; i++) {
        const struct shortfall *shortfall = list_at(&audit->story->shortfalls, i);
        if (!was_erased(audit->story, shortfall))
            report_add(&audit->report, FINDING_VERSION_COUNT, PLACE_ENTRY("log/access/journal", shortfall->entry),
                       "%llu stored, %llu completed", (unsigned long long)shortfall->versions,
                       (unsigned long long)shortfall->returned);
    }
}

/* Who was erased stands in the entry as a commitment: whoever has an id can test it. */
static void test_person(void *context, const struct id *person, int64_t row)
{
    struct audit *audit = context;

    for (size_t i = 0; i < audit->story->erasures.count; i++) {
        const struct erasure *erasure = list_at(&audit->story->erasures, i);
        struct commitment own = event_commit(erasure->nonce, slice_of(person->byte, ID_BYTES));
        struct place place = PLACE_ROW("keys/keys.db", "person_key", row);
        place.entry = erasure->entry;
        if (commitment_equal(&own, &erasure->person))
            report_add(&audit->report, FINDING_PERSON_BACK, place, NULL);
    }
}

static int by_token(const void *a, const void *b)
{
    const struct erasure *left = a, *right = b;

    return memcmp(&left->token, &right->token, sizeof left->token);
}

/* Who is erased again, so that the door can finish what was cut off, is one person. */
static uint64_t erased_persons(struct list *erasures)
{
    uint64_t persons = 0;

    list_sort(erasures, by_token);
    for (size_t i = 0; i < erasures->count; i++)
        persons += i == 0 || by_token(list_at(erasures, i - 1), list_at(erasures, i)) != 0;
    return persons;
}

void access_judge_rest(struct audit *audit)
{
    uint64_t told = audit->told.destroyed.count - audit->told.years.count,
             permitted = erased_persons(&audit->story->erasures);

    judge_shortfalls(audit);
    if (audit->keys_open && audit->story->erasures.count > 0)
        keystore_persons(audit, test_person, audit);
    if (audit_is_partial(audit) ? told < permitted : told != permitted)
        report_add(&audit->report, FINDING_ERASURES_COUNT, PLACE_FILE("log/public/journal"),
                   "%llu permitted, %llu told", (unsigned long long)permitted, (unsigned long long)told);
}
