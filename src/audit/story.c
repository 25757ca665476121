/* SPDX-License-Identifier: Apache-2.0 */
#include "story.h"

#include <stdlib.h>

#define CLOCK_MS (5 * 60 * 1000) /* an event is stamped when its batch begins, the batch when it is written */
#define HOUR_MS 3600000
#define YEAR_HOURS 8766

static struct place entry_place(const struct log_entry *entry)
{
    return PLACE_BYTES(entry->file, entry->begin, entry->end, entry->index);
}

/* ---- opening ---- */

static bool take_hour(struct audit *audit, uint32_t hour)
{
    struct story *story = audit->story;

    if (!story->has_hour || story->hour != hour) {
        story->has_hour = true;
        story->hour = hour;
        story->hour_opens = keystore_hour(audit, hour, &story->hour_key);
    }
    return story->hour_opens;
}

/* Keys of hours go with their year's: 8,766 hours. */
static bool is_destroyed(const struct audit *audit, uint32_t hour)
{
    for (size_t i = 0; i < audit->told.years.count; i++)
        if (*(const int64_t *)list_at(&audit->told.years, i) == hour / YEAR_HOURS)
            return true;
    return false;
}

static bool open_event(struct audit *audit, const struct log_entry *entry, struct event *event)
{
    uint32_t hour = 0;

    *event = (struct event){0};
    if (!event_hour(entry->sealed, &hour)) {
        report_add(&audit->report, FINDING_EVENT_SEALED, entry_place(entry), NULL);
        return false;
    }
    if (!take_hour(audit, hour) && is_destroyed(audit, hour)) {
        audit->report.count[COUNT_CLOSED]++;
        audit->story->forgotten = entry->index + 1; /* nor can its completion be followed */
        return false;
    }
    if (!audit->story->hour_opens) {
        report_add(&audit->report, FINDING_HOUR_KEY, entry_place(entry), "hour %u", hour);
        return false;
    }
    enum event_fault fault = event_open(&audit->story->hour_key, entry->leaf, entry->sealed, audit->story->room, event);
    if (fault == EVENT_HOLDS)
        return true;
    report_add(&audit->report, fault == EVENT_NOT_SHAPED ? FINDING_EVENT_SHAPE : FINDING_EVENT_SEALED,
               entry_place(entry), NULL);
    return false;
}

/* ---- what holds of every event ---- */

static void check_time(struct audit *audit, const struct log_entry *entry, const struct event *event)
{
    int64_t batch_ms = entry->time_ns / 1000000, apart = event->time_ms - batch_ms;

    if (apart > CLOCK_MS || apart < -CLOCK_MS || event->time_ms / HOUR_MS != audit->story->hour)
        report_add(&audit->report, FINDING_EVENT_TIME, entry_place(entry), NULL);
}

static void check_looker(struct audit *audit, const struct log_entry *entry, const struct event *event)
{
    struct commitment own = event_commit(event->looker.nonce, event->looker.actor);

    if (!commitment_equal(&own, &event->looked))
        report_add(&audit->report, FINDING_EVENT_LOOKER, entry_place(entry), NULL);
    if (event->kind == EVENT_ORDER && slice_is(event->deed, "told"))
        return; /* written by the safe, of who asked; her credential may be over */
    if (!credentials_used(&audit->story->credentials, event, entry->index))
        report_add(&audit->report, FINDING_CREDENTIAL_UNTOLD, entry_place(entry), "it had another role before");
    if (event->permitted && suspension_holds(audit, event))
        report_add(&audit->report, FINDING_SUSPENDED_ACTED, entry_place(entry), NULL);
}

/* ---- her list ---- */

static void check_listed(struct audit *audit, const struct log_entry *entry, const struct event *event)
{
    struct story *story = audit->story;

    for (size_t i = 0; story->listed && entry->index < story->listed_until && i < event->looker.tokens; i++) {
        sqlite3_reset(story->listed);
        sqlite3_bind_blob(story->listed, 1, event->looker.token[i].byte, ID_BYTES, SQLITE_STATIC);
        sqlite3_bind_int64(story->listed, 2, (int64_t)entry->index);
        bool listed = database_next(&audit->index, story->listed);
        int64_t until = event->looker.until_s > 0 ? event->looker.until_s : 0;
        if (!listed || sqlite3_column_int64(story->listed, 0) > until)
            report_add(&audit->report, FINDING_INDEX_LACKS, entry_place(entry), NULL);
    }
}

/* ---- printing ---- */

static void print_json(FILE *out, yyjson_val *value)
{
    char *text = value ? yyjson_val_write(value, YYJSON_WRITE_NOFLAG, NULL) : NULL;

    fputs(text ? text : "null", out);
    free(text);
}

static void print_event(FILE *out, const struct log_entry *entry, const struct event *event)
{
    static const char *const shown[] = {"actor", "nonce", "credential", "subject"};
    yyjson_val *looker = yyjson_doc_get_root(event->looker_doc);

    fprintf(out, "{\"log\":\"access\",\"entry\":%llu,\"event\":", (unsigned long long)entry->index);
    print_json(out, event->root);
    for (size_t i = 0; looker && i < sizeof shown / sizeof *shown; i++) {
        if (!json_at(looker, shown[i]))
            continue;
        fprintf(out, ",\"%s\":", shown[i]);
        print_json(out, json_at(looker, shown[i]));
    }
    fputs("}\n", out);
}

/* ---- entries ---- */

static void judge_event(struct audit *audit, const struct log_entry *entry, const struct event *event)
{
    audit->report.count[COUNT_OPENED]++;
    if (audit->events)
        print_event(audit->events, entry, event);
    uint64_t versions = vault_match(audit, entry->index, event, entry->kind);
    check_time(audit, entry, event);
    if (event->kind == EVENT_COMPLETED) {
        access_completed(audit, entry, event);
        return;
    }
    check_looker(audit, entry, event);
    check_listed(audit, entry, event);
    if (event->kind == EVENT_ACCESS)
        access_judge(audit, entry, event, versions);
    else if (event->kind == EVENT_OVERSIGHT)
        oversight_judge(audit, entry, event);
    else
        order_judge(audit, entry, event);
}

static bool is_judged(struct audit *audit, const struct log_entry *entry)
{
    if (entry->kind != LEAF_COMMITMENT || !entry->sealed_holds || !audit->has_key)
        return false;
    bool later = audit->running && entry->time_ns > audit->judged_until_ns;
    audit->report.count[COUNT_UNJUDGED] += later;
    return !later;
}

void story_entry(void *context, const struct log_entry *entry)
{
    struct audit *audit = context;
    LEFT_UNSET struct event event;

    audit->report.count[COUNT_ENTRIES]++;
    audit->report.count[COUNT_PADDING] += entry->kind == LEAF_PADDING;
    if (entry->kind == LEAF_PLAIN && !access_plain(audit, entry))
        report_add(&audit->report, FINDING_LEAF_UNKNOWN, entry_place(entry), NULL);
    if (!is_judged(audit, entry)) {
        vault_match(audit, entry->index, NULL, entry->kind);
        if (audit->has_key && entry->kind == LEAF_COMMITMENT)
            access_unread(audit, entry);
        return;
    }
    if (open_event(audit, entry, &event)) {
        judge_event(audit, entry, &event);
    } else {
        vault_match(audit, entry->index, NULL, entry->kind);
        access_unread(audit, entry);
    }
    event_free(&event);
}

enum error story_begin(struct audit *audit)
{
    struct story *story = calloc(1, sizeof *story);

    audit->story = story;
    if (!story)
        return ERROR_MEMORY;
    story->pending = list_new(sizeof(struct pending), PENDING_MAX);
    story->shortfalls = list_new(sizeof(struct shortfall), PENDING_MAX);
    story->erasures = list_new(sizeof(struct erasure), ERASURES_MAX);
    story->reviews = list_new(sizeof(struct review), REVIEWS_MAX);
    story->suspensions = list_new(sizeof(struct suspension), CASES);
    story->forgotten = audit->access.let_go;
    orders_begin(audit);
    story->judged = calloc(CASES, sizeof *story->judged);
    story->room = malloc(SEALED_EVENT_MAX);
    if (!story->judged || !story->room)
        return ERROR_MEMORY;
    if (audit->index_open && audit->has_key) {
        story->listed_until = (uint64_t)database_number(&audit->index, "SELECT next FROM progress");
        story->listed = database_ask(&audit->index,
                                     "SELECT sealed_until FROM person_entry WHERE token = $1 AND leaf = $2");
    }
    return OK;
}

void story_judge(struct audit *audit)
{
    if (!audit->has_key)
        return;
    access_judge_rest(audit);
    oversight_judge_rest(audit);
    orders_judge_rest(audit);
    credentials_judge(audit, &audit->story->credentials);
}

void story_end(struct audit *audit)
{
    struct story *story = audit->story;

    if (!story)
        return;
    list_free(&story->pending);
    list_free(&story->shortfalls);
    list_free(&story->erasures);
    list_free(&story->reviews);
    list_free(&story->suspensions);
    credentials_free(&story->credentials);
    orders_end(story);
    statement_close(&story->listed);
    secret_key_wipe(&story->hour_key);
    if (story->room)
        secret_wipe(story->room, SEALED_EVENT_MAX);
    free(story->room);
    free(story->judged);
    free(story);
    audit->story = NULL;
}
