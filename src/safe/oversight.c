/* SPDX-License-Identifier: Apache-2.0 */

/* What the oversight body does: suspends and lifts, judges a look, asks for evidence. Each of these is an entry of the
 * access log like any look, refused ones too, made durable before it is answered; what the public may know of it goes
 * into the public log: that something was suspended, never who.
 *
 * Must never: let anybody judge a look of her own, or of the house that she works in; hold back a suspension until it
 * is on the disk (it is in force when it is read). */

#include "crypto/encode.h"
#include "state.h"
#include "text/json.h"
#include "text/utf8.h"
#include "token.h"

#define REVIEWS_MAX 200
#define WORDS_MIN 3 /* of a reason or a note */

static int64_t now_s(const struct safe *safe)
{
    return safe->now_ns / 1000000000;
}

bool oversight_is_deed(enum protocol_kind kind)
{
    return kind == PROTOCOL_SUSPEND || kind == PROTOCOL_LIFT || kind == PROTOCOL_REVIEW_DONE ||
           kind == PROTOCOL_EVIDENCE || kind == PROTOCOL_REVIEWS || kind == PROTOCOL_SUSPENSIONS ||
           kind == PROTOCOL_ORDERS;
}

enum error oversight_authenticate(struct safe *safe, struct request *request, struct slice token)
{
    bool revoked = false;

    TRY(token_open(&safe->keys->token, token, now_s(safe), request->credential_room, &request->credential));
    TRY(person_index_revoked(safe->index, &request->credential.id, &revoked));
    if (revoked)
        return ERROR_UNAUTHENTICATED;
    if (suspensions_hold(&safe->suspensions, &request->credential))
        return ERROR_SUSPENDED;
    return request->credential.sector == SECTOR_OVERSIGHT ? OK : ERROR_REFUSED;
}

/* ---- what is asked ---- */

enum error oversight_check_words(struct slice words)
{
    size_t letters = 0;

    if (words.length > PROTOCOL_TEXT_MAX)
        return ERROR_VALUE;
    for (size_t i = 0; i < words.length; i++)
        letters += (unsigned char)words.data[i] > ' ';
    return letters >= WORDS_MIN ? OK : ERROR_REQUIRED;
}

/* asker ‖ what u8 ‖ subject text ‖ reason text */
static enum error read_suspend(struct reader *reader, struct deed *deed, struct slice *ret_token)
{
    *ret_token = protocol_asker_read(reader, &deed->request);
    deed->what = (enum suspended)reader_byte(reader);
    deed->subject = protocol_text_read(reader, SUSPENSION_SUBJECT_MAX);
    deed->words = protocol_text_read(reader, PROTOCOL_TEXT_MAX);
    return reader_done(reader) && deed->what >= SUSPENDED_ACTOR && deed->what < SUSPENDED_COUNT ? OK : ERROR_SYNTAX;
}

/* asker ‖ number u64 ‖ reason text */
static enum error read_lift(struct reader *reader, struct deed *deed, struct slice *ret_token)
{
    *ret_token = protocol_asker_read(reader, &deed->request);
    deed->number = reader_u64(reader);
    deed->words = protocol_text_read(reader, PROTOCOL_TEXT_MAX);
    return reader_done(reader) ? OK : ERROR_SYNTAX;
}

/* asker ‖ entry u64 ‖ verdict u8 ‖ note text */
static enum error read_verdict(struct reader *reader, struct deed *deed, struct slice *ret_token)
{
    *ret_token = protocol_asker_read(reader, &deed->request);
    deed->number = reader_u64(reader);
    deed->verdict = (enum review_verdict)reader_byte(reader);
    deed->words = protocol_text_read(reader, PROTOCOL_TEXT_MAX);
    return reader_done(reader) && deed->verdict > REVIEW_OPEN && deed->verdict < REVIEW_VERDICTS ? OK : ERROR_SYNTAX;
}

/* asker ‖ what is looked for text ‖ …: the rest is read when it is answered (evidence.c). */
static enum error read_evidence(struct reader *reader, struct deed *deed, struct slice *ret_token)
{
    *ret_token = protocol_asker_read(reader, &deed->request);
    deed->subject = protocol_text_read(reader, PROTOCOL_TEXT_MAX);
    return reader->failed ? ERROR_SYNTAX : OK;
}

/* Lists: the asker and nothing else. They name staff, and the reasons staff gave: reading them is a look too. */
static enum error read_list(struct reader *reader, struct deed *deed, struct slice *ret_token)
{
    *ret_token = protocol_asker_read(reader, &deed->request);
    return reader_done(reader) ? OK : ERROR_SYNTAX;
}

/* ---- may she, and what becomes of it ---- */

static enum error prepare_suspend(struct safe *safe, struct request *request)
{
    struct deed *deed = &request->deed;
    struct id id;

    TRY(oversight_check_words(deed->words));
    if (deed->what == SUSPENDED_CREDENTIAL && decode_hex(deed->subject, id.byte, ID_BYTES) != OK)
        return ERROR_VALUE;
    /* A row that does not exist would be a suspension that closes nothing. */
    if (deed->what == SUSPENDED_RULE && !decider_has_row(safe->decider, deed->subject))
        return ERROR_NOT_FOUND;
    safe->world->random(safe->world, deed->commitment.byte, ID_BYTES);
    TRY(suspensions_begin(&safe->suspensions, deed->what, deed->subject, &deed->number, &deed->is_new));
    struct suspension *begun = suspensions_find(&safe->suspensions, deed->number);
    if (begun->owed) /* strangers may know it by that already */
        deed->commitment = begun->commitment;
    else
        begun->commitment = deed->commitment;
    if (deed->what == SUSPENDED_RULE)
        decider_suspend(safe->decider, deed->subject, true);
    return OK;
}

/* In force until it is on the disk that it is not. */
static enum error prepare_lift(struct safe *safe, struct request *request)
{
    struct suspension_told told;

    TRY(oversight_check_words(request->deed.words));
    TRY(suspensions_told(&safe->suspensions, safe->arena, request->deed.number, &told));
    request->deed.what = told.what;
    request->deed.subject = told.subject;
    request->deed.commitment = told.commitment;
    return OK;
}

static bool is_looker(const struct request *request, const struct json *event, const struct json *looker)
{
    struct slice house = json_text(json_member(event, "organization"));
    char own[ID_TEXT_BYTES];

    encode_hex(id_slice(&request->credential.organization), own);
    return slice_equal(json_text(json_member(looker, "actor")), request->credential.actor) ||
           slice_equal(house, slice_of(own, sizeof own));
}

/* By somebody else: neither in the name of who looked nor from her house. */
static enum error prepare_verdict(struct safe *safe, struct request *request)
{
    const struct json *event, *looker;
    struct event_opened opened;
    bool open = false;

    TRY(oversight_check_words(request->deed.words));
    TRY(reviews_is_open(safe->reviews, request->deed.number, &open));
    if (!open)
        return ERROR_NOT_FOUND;
    TRY(entry_open(safe, request->deed.number, NULL, &opened));
    TRY(json_parse(safe->arena, opened.json, &event, NULL));
    TRY(json_parse(safe->arena, opened.looker, &looker, NULL));
    return is_looker(request, event, looker) ? ERROR_OWN_LOOK : OK;
}

static enum error prepare_evidence(struct safe *safe, struct request *request)
{
    (void)safe;
    return oversight_check_words(request->deed.subject);
}

static enum error prepare_list(struct safe *safe, struct request *request)
{
    (void)safe;
    (void)request;
    return OK;
}

static const struct {
    enum protocol_kind kind;
    const char *action;
    enum error (*read)(struct reader *reader, struct deed *deed, struct slice *ret_token);
    enum error (*prepare)(struct safe *safe, struct request *request);
} deeds[] = {
    {PROTOCOL_SUSPEND, "suspend", read_suspend, prepare_suspend},
    {PROTOCOL_LIFT, "lift", read_lift, prepare_lift},
    {PROTOCOL_REVIEW_DONE, "review", read_verdict, prepare_verdict},
    {PROTOCOL_EVIDENCE, "evidence", read_evidence, prepare_evidence},
    {PROTOCOL_REVIEWS, "reviews", read_list, prepare_list},
    {PROTOCOL_SUSPENSIONS, "suspensions", read_list, prepare_list},
    {PROTOCOL_ORDERS, "orders", read_list, prepare_list},
};
#define DEEDS (sizeof deeds / sizeof *deeds)

static enum error write_entry(struct safe *safe, struct request *request, const char *action)
{
    CLEANUP_BUFFER struct buffer beside = buffer_new(EVENT_BYTES_MAX);
    uint8_t nonce[EVENT_NONCE_BYTES], looker_nonce[EVENT_NONCE_BYTES];
    const struct deed *deed = &request->deed;

    safe->world->random(safe->world, looker_nonce, sizeof looker_nonce);
    struct event_looker looker = {.credential = &request->credential, .nonce = looker_nonce, .subject = deed->subject};
    if (request->kind == PROTOCOL_SUSPEND && request->error == OK)
        looker.commitment = &deed->commitment;
    event_write_looker(&looker, &beside);
    TRY(buffer_check(&beside));
    struct event_deed event = {
        .time_ns = safe->now_ns,
        .credential = &request->credential,
        .request = deed->request,
        .action = action,
        .what = suspended_word(deed->what),
        .subject = deed->subject,
        .number = deed->number,
        .verdict = deed->verdict ? review_verdict_word(deed->verdict) : NULL,
        .words = deed->words,
        .looker_nonce = looker_nonce,
        .error = request->error,
    };
    TRY(entry_begin(safe, request, nonce));
    event_write_deed(&event, &request->plain);
    return entry_seal(safe, request, buffer_view(&beside));
}

/* What a deed that is not in the log has begun. */
static void take_back(struct safe *safe, struct request *request)
{
    if (!request->deed.is_new)
        return;
    request->deed.is_new = false;
    bool out_of_force = suspensions_take_back(&safe->suspensions, request->deed.number);
    if (out_of_force && request->deed.what == SUSPENDED_RULE)
        decider_suspend(safe->decider, request->deed.subject, false);
}

void oversight_prepare(struct safe *safe, struct request *request)
{
    struct reader reader = reader_of(request->payload);
    struct slice token = slice_of("", 0);
    size_t d = 0;

    while (deeds[d].kind != request->kind)
        d++;
    request->error = deeds[d].read(&reader, &request->deed, &token);
    if (request->error != OK)
        return;
    request->error = oversight_authenticate(safe, request, token);
    /* Nobody is known to have asked, or somebody of whom nothing was asked yet: as with an access. */
    if (request->error != OK && request->error != ERROR_REFUSED && request->error != ERROR_SUSPENDED)
        return;
    if (!utf8_valid(request->deed.subject) || !utf8_valid(request->deed.words)) {
        request->error = ERROR_UTF8;
        return;
    }
    if (request->error == OK)
        request->error = deeds[d].prepare(safe, request);
    enum error written = write_entry(safe, request, deeds[d].action);
    if (written != OK) {
        take_back(safe, request);
        request->error = written;
    }
}

/* ---- after the entry is durable ---- */

void oversight_commitment(const struct suspension_told *told, char ret_hex[ID_TEXT_BYTES])
{
    struct hash hash = hash_keyed(id_slice(&told->commitment), told->subject);

    encode_hex(slice_of(hash.byte, ID_BYTES), ret_hex);
}

/* Of a rule its name, since rules are public; of a person or a credential a commitment that only oversight opens. */
enum error oversight_publish(struct safe *safe, const char *kind, const struct suspension_told *told, int64_t time_s)
{
    CLEANUP_BUFFER struct buffer text = buffer_new(LEDGER_LEAF_MAX);
    struct json_writer writer = json_writer(&text);
    char commitment[ID_TEXT_BYTES];
    uint64_t index;

    oversight_commitment(told, commitment);
    json_begin_object(&writer);
    json_member_cstring(&writer, "kind", kind);
    json_key(&writer, "time");
    json_integer(&writer, time_s);
    json_member_cstring(&writer, "what", suspended_word(told->what));
    if (told->what == SUSPENDED_RULE)
        json_member_string(&writer, "rule", told->subject);
    else
        json_member_string(&writer, "commitment", slice_of(commitment, sizeof commitment));
    json_end_object(&writer);
    TRY(buffer_check(&text));
    return safe_publish(safe, buffer_view(&text), &index);
}

/* Once, however often it has to be asked for. */
static enum error publish_once(struct safe *safe, const char *kind, const struct deed *deed, bool *told)
{
    struct suspension_told text = {.what = deed->what, .subject = deed->subject, .commitment = deed->commitment};

    if (*told)
        return OK;
    TRY(oversight_publish(safe, kind, &text, now_s(safe)));
    *told = true;
    return OK;
}

static enum error keep_suspension(struct safe *safe, struct request *request)
{
    const struct deed *deed = &request->deed;
    struct suspension_told told = {.number = deed->number,
                                   .what = deed->what,
                                   .subject = deed->subject,
                                   .reason = deed->words,
                                   .by = request->credential.actor,
                                   .commitment = deed->commitment,
                                   .since_s = now_s(safe)};

    return suspensions_keep(&safe->suspensions, safe->world, &told);
}

/* The public log first: what is in force was told, also when it has to be asked for twice. */
static enum error carry_out_suspend(struct safe *safe, struct request *request)
{
    struct suspension *begun = suspensions_find(&safe->suspensions, request->deed.number);

    TRY(request->error);
    if (!request->deed.is_new)
        return OK;
    if (!begun) /* cover: nothing ends it between its entry and this */
        return ERROR_NOT_FOUND;
    TRY(publish_once(safe, "suspended", &request->deed, &begun->told));
    return keep_suspension(safe, request);
}

/* -> number u64. */
enum error answer_suspend(struct safe *safe, struct request *request)
{
    enum error error = carry_out_suspend(safe, request);

    if (error == OK) {
        buffer_u64(&request->answer, request->deed.number);
    } else if (request->deed.is_new && request->durable) { /* the log says that it is suspended, so it is */
        suspensions_owe(&safe->suspensions, request->deed.number);
        safe->index_behind = true;
    } else {
        take_back(safe, request);
    }
    return error;
}

static enum error carry_out_lift(struct safe *safe, const struct deed *deed)
{
    struct suspension *held = suspensions_find(&safe->suspensions, deed->number);

    if (!held) /* by another lift of the same message */
        return ERROR_NOT_FOUND;
    TRY(publish_once(safe, "suspension.lifted", deed, &held->lift_told));
    TRY(suspensions_lift(&safe->suspensions, deed->number, now_s(safe)));
    if (deed->what == SUSPENDED_RULE)
        decider_suspend(safe->decider, deed->subject, false);
    return OK;
}

enum error answer_lift(struct safe *safe, struct request *request)
{
    const struct deed *deed = &request->deed;

    if (request->error != OK)
        return request->error;
    enum error error = carry_out_lift(safe, deed);
    safe->index_behind |= error != OK && error != ERROR_NOT_FOUND; /* the log says that it is lifted */
    return error;
}

void oversight_close_rows(struct safe *safe)
{
    for (size_t i = 0; i < safe->suspensions.count; i++) {
        const struct suspension *suspension = &safe->suspensions.in_force[i];
        if (suspension->what == SUSPENDED_RULE)
            decider_suspend(safe->decider, slice_of(suspension->subject, suspension->length), true);
    }
}

static void write_suspension(struct safe *safe, struct json_writer *writer, const struct suspension_told *told)
{
    char commitment[ID_TEXT_BYTES];

    oversight_commitment(told, commitment);
    json_begin_object(writer);
    json_key(writer, "number");
    json_integer(writer, (int64_t)told->number);
    json_member_cstring(writer, "what", suspended_word(told->what));
    json_member_string(writer, "subject", told->subject);
    json_member_string(writer, "reason", told->reason);
    json_member_string(writer, "by", told->by);
    json_key(writer, "since");
    json_integer(writer, told->since_s);
    json_member_string(writer, "commitment", slice_of(commitment, sizeof commitment));
    /* Rules that were activated since may no longer have the row. */
    json_key(writer, "closes");
    json_bool(writer, told->what != SUSPENDED_RULE || decider_has_row(safe->decider, told->subject));
    json_end_object(writer);
}

/* An asker -> JSON: [{"number":…,"what":…,"subject":…,"reason":…,"by":…,"since":…,"commitment":…,"closes":…}] */
enum error answer_suspensions(struct safe *safe, struct request *request)
{
    struct json_writer writer = json_writer(&request->answer);

    if (request->error != OK)
        return request->error;
    json_begin_array(&writer);
    for (size_t i = 0; i < safe->suspensions.count; i++) {
        const struct suspension *held = &safe->suspensions.in_force[i];
        struct suspension_told told = {
            .number = held->number, .what = held->what, .subject = slice_of(held->subject, held->length)};
        if (!held->owed) /* of those there is no more than that */
            TRY(suspensions_told(&safe->suspensions, safe->arena, held->number, &told));
        write_suspension(safe, &writer, &told);
    }
    json_end_array(&writer);
    return OK;
}

/* ---- reviews ---- */

static enum error write_review(struct safe *safe, struct json_writer *writer, const struct review *review,
                               const struct event_opened *event)
{
    json_begin_object(writer);
    json_key(writer, "entry");
    json_integer(writer, (int64_t)review->leaf);
    json_key(writer, "opened");
    json_integer(writer, review->opened_s);
    json_key(writer, "due");
    json_integer(writer, review->due_s);
    json_key(writer, "overdue");
    json_bool(writer, review->due_s < now_s(safe));
    json_key(writer, "rung");
    json_integer(writer, review->rung);
    json_key(writer, "looks");
    json_integer(writer, (int64_t)review->looks);
    json_key(writer, "event");
    json_raw(writer, event->json);
    TRY(evidence_write_looker(safe, writer, event->looker));
    json_end_object(writer);
    return OK;
}

/* An asker -> JSON: [{"entry":…,"opened":…,"due":…,"overdue":…,"rung":…,"looks":…,"event":{…},"looker":{…}}], the
 * longest waiting first. */
enum error answer_reviews(struct safe *safe, struct request *request)
{
    struct json_writer writer = json_writer(&request->answer);
    const struct review *review;
    size_t count;

    if (request->error != OK)
        return request->error;
    TRY(reviews_list(safe->reviews, safe->arena, now_s(safe), REVIEWS_MAX, &review, &count));
    json_begin_array(&writer);
    for (size_t i = 0; i < count; i++) {
        struct event_opened event;
        enum error error = entry_open(safe, review[i].leaf, NULL, &event);
        if (error == ERROR_TERM_OVER) /* gone by the law's term: nobody can judge it any more */
            continue;
        TRY(error);
        TRY(write_review(safe, &writer, &review[i], &event));
    }
    json_end_array(&writer);
    return OK;
}

enum error answer_review_done(struct safe *safe, struct request *request)
{
    if (request->error != OK)
        return request->error;
    return reviews_decide(safe->reviews, request->deed.number, request->deed.verdict, &request->credential.id,
                          now_s(safe));
}

/* -> open u64 ‖ overdue u64 ‖ shut u64 ‖ suspensions u64. Numbers alone, which /metrics shows to everybody. */
enum error answer_oversight_counts(struct safe *safe, struct request *request)
{
    for (unsigned rung = 0; rung <= 2; rung++) {
        uint64_t count;
        TRY(reviews_count(safe->reviews, now_s(safe), rung, &count));
        buffer_u64(&request->answer, count);
    }
    buffer_u64(&request->answer, safe->suspensions.count);
    return OK;
}

static enum error tell_public(void *context, const char *kind, unsigned days, uint64_t count)
{
    CLEANUP_BUFFER struct buffer text = buffer_new(LEDGER_LEAF_MAX);
    struct safe *safe = context;
    uint64_t index;

    buffer_format(&text, "{\"kind\":\"%s\",\"time\":%lld,\"days\":%u,\"count\":%llu}", kind, (long long)now_s(safe),
                  days, (unsigned long long)count);
    TRY(buffer_check(&text));
    return safe_publish(safe, buffer_view(&text), &index);
}

/* The clock of the last batch may be long ago: nobody may have asked since. */
enum error oversight_escalate(struct safe *safe)
{
    int64_t now_ns = safe->world->now_ns(safe->world);

    if (now_ns > safe->now_ns) /* same, with >=: it is that already */
        safe->now_ns = now_ns;
    return reviews_escalate(safe->reviews, now_s(safe), tell_public, safe);
}
