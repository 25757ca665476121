/* SPDX-License-Identifier: Apache-2.0 */

/* Evidence for oversight: the events that fit what is asked, with who looked and the offline proof of each, so that
 * they can be judged where the node is not trusted. A page goes through at most SCANNED_MAX entries and holds at most
 * SHOWN_MAX of them, so that asking never holds up care; `next` says where the following page begins. */

#include "state.h"
#include "text/json.h"

#define SCANNED_MAX 1000
#define SHOWN_MAX 50
#define TIME_MAX 40

struct sought {
    struct slice actor, credential, rule; /* empty: any */
    struct slice from, to;                /* instants or days as text, so that they compare as text; empty: open */
    uint64_t next;
};

/* asker ‖ what is looked for text ‖ actor ‖ credential ‖ rule ‖ from ‖ to, texts ‖ next u64 */
static enum error read_sought(struct slice payload, struct sought *sought)
{
    struct reader reader = reader_of(payload);
    uint64_t request;

    protocol_asker_read(&reader, &request);
    protocol_text_read(&reader, PROTOCOL_TEXT_MAX);
    sought->actor = protocol_text_read(&reader, CREDENTIAL_ACTOR_MAX);
    sought->credential = protocol_text_read(&reader, ID_TEXT_BYTES);
    sought->rule = protocol_text_read(&reader, SUSPENSION_SUBJECT_MAX);
    sought->from = protocol_text_read(&reader, TIME_MAX);
    sought->to = protocol_text_read(&reader, TIME_MAX);
    sought->next = reader_u64(&reader);
    return reader_done(&reader) ? OK : ERROR_SYNTAX;
}

static bool fits(struct slice wanted, const struct json *found)
{
    return wanted.length == 0 || slice_equal(wanted, json_text(found));
}

/* A day as `to` takes in all of that day. */
static bool in_time(const struct sought *sought, struct slice time)
{
    bool begun = sought->from.length == 0 || slice_compare(time, sought->from) >= 0;

    return begun &&
           (sought->to.length == 0 || slice_compare(time, sought->to) <= 0 || slice_starts_with(time, sought->to));
}

static enum error is_sought(struct safe *safe, const struct sought *sought, const struct event_opened *opened,
                            bool *ret_fits)
{
    const struct json *event, *looker = NULL;

    TRY(json_parse(safe->arena, opened->json, &event, NULL));
    if (opened->looker.length > 0)
        TRY(json_parse(safe->arena, opened->looker, &looker, NULL));
    *ret_fits = looker && in_time(sought, json_text(json_member(event, "time"))) &&
                fits(sought->actor, json_member(looker, "actor")) &&
                fits(sought->credential, json_member(looker, "credential")) &&
                fits(sought->rule, json_member(event, "row"));
    return OK;
}

/* The persons' tokens are the safe's own affair and stay here. */
enum error evidence_write_looker(struct safe *safe, struct json_writer *writer, struct slice text)
{
    static const char *const told[] = {"actor", "nonce", "credential", "subject"};
    const struct json *looker;

    TRY(json_parse(safe->arena, text, &looker, NULL));
    json_key(writer, "looker");
    json_begin_object(writer);
    for (size_t i = 0; i < sizeof told / sizeof *told; i++)
        if (json_member(looker, told[i]))
            json_member_value(writer, told[i], json_member(looker, told[i]));
    json_end_object(writer);
    return OK;
}

static enum error write_shown(struct safe *safe, struct json_writer *writer, uint64_t leaf, struct slice sealed,
                              const struct event_opened *event)
{
    CLEANUP_BUFFER struct buffer proof = buffer_new(8 * EVENT_BYTES_MAX);
    enum review_verdict verdict;

    TRY(entry_proof(safe, leaf, sealed, event, &proof));
    enum error reviewed = reviews_of(safe->reviews, leaf, &verdict);
    if (reviewed != OK && reviewed != ERROR_NOT_FOUND)
        return reviewed;
    json_begin_object(writer);
    json_key(writer, "entry");
    json_integer(writer, (int64_t)leaf);
    json_key(writer, "event");
    json_raw(writer, event->json);
    TRY(evidence_write_looker(safe, writer, event->looker));
    if (reviewed == OK)
        json_member_cstring(writer, "review", review_verdict_word(verdict));
    json_member_string(writer, "proof", buffer_view(&proof));
    json_end_object(writer);
    return OK;
}

/* An entry of nobody's (padding, an old log's checkpoint) or of a year whose key is destroyed is passed over; one that
 * cannot be opened for another reason is not, since what was left out could be what is sought. */
static enum error look_at(struct safe *safe, const struct sought *sought, uint64_t leaf, struct json_writer *writer,
                          size_t *shown)
{
    struct event_opened event;
    struct slice sealed;
    bool fitting = false;

    enum error error = entry_open(safe, leaf, &sealed, &event);
    if (error == ERROR_NOT_FOUND || error == ERROR_TERM_OVER)
        return OK;
    TRY(error);
    TRY(is_sought(safe, sought, &event, &fitting));
    *shown += fitting;
    return fitting ? write_shown(safe, writer, leaf, sealed, &event) : OK;
}

/* -> JSON: {"log":…,"rules":…,"size":n,"keptSince":seconds,"next":n,"entries":[{"entry":…,"event":{…},"looker":{…},
 * "review":…,"proof":…}]}, oldest first; no "next" on the last page, no "keptSince" while nothing is gone. */
enum error answer_evidence(struct safe *safe, struct request *request)
{
    struct json_writer writer = json_writer(&request->answer);
    uint64_t size = ledger_size(safe->access_log);
    struct sought sought;
    size_t shown = 0;

    if (request->error != OK)
        return request->error;
    TRY(read_sought(request->payload, &sought));
    uint64_t minimum = ledger_minimum(safe->access_log);
    uint64_t leaf = sought.next > minimum ? sought.next : minimum; /* same, with >=: they are equal then */
    json_begin_object(&writer);
    json_member_string(&writer, "log", ledger_origin(safe->access_log));
    json_member_string(&writer, "rules", slice_of(safe->rules_hash, sizeof safe->rules_hash));
    json_key(&writer, "size");
    json_integer(&writer, (int64_t)size);
    if (retention_kept_since(safe) > 0) { /* by the declared term; the public log says so */
        json_key(&writer, "keptSince");
        json_integer(&writer, retention_kept_since(safe));
    }
    json_key(&writer, "entries");
    json_begin_array(&writer);
    /* same, leaf < size with <=: behind the last entry is none */
    for (size_t scanned = 0; leaf < size && scanned < SCANNED_MAX && shown < SHOWN_MAX; leaf++, scanned++)
        TRY(look_at(safe, &sought, leaf, &writer, &shown));
    json_end_array(&writer);
    if (leaf < size) {
        json_key(&writer, "next");
        json_integer(&writer, (int64_t)leaf);
    }
    json_end_object(&writer);
    return OK;
}
