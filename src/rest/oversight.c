/* SPDX-License-Identifier: Apache-2.0 */

/* /api for the oversight body: suspensions, reviews, evidence. Who may do any of this is the safe's to say; here words
 * are read and answers passed on. */

#include "handlers.h"
#include "reply.h"
#include "safe/review.h"
#include "safe/suspension.h"
#include "text/json.h"

static void json_came(void *context, enum error error, struct slice payload)
{
    struct call *call = context;
    struct buffer body = buffer_new(PROTOCOL_MESSAGE_MAX);

    if (error != OK) {
        reply_error(call, error, NULL);
        return;
    }
    buffer_slice(&body, payload);
    reply_json(call, 200, &body);
}

static void deed_done(void *context, enum error error, struct slice payload)
{
    struct call *call = context;

    (void)payload;
    if (error == OK)
        gate_forget_askers(call->app->gate);
    if (error != OK)
        reply_error(call, error, NULL);
    else
        reply_empty(call, 204);
}

/* The body of a deed: an object, or nothing. */
static bool read_body(struct call *call, const struct json **ret_body)
{
    enum error error = json_parse(call->arena, call->request->body, ret_body, &call->fault);

    if (error == OK && json_kind(*ret_body) != JSON_OBJECT)
        error = ERROR_VALUE;
    if (error != OK)
        reply_error(call, error, NULL);
    return error == OK;
}

static bool read_number(struct call *call, uint64_t *ret_number)
{
    if (slice_to_u64(call->parameter[0], ret_number))
        return true;
    reply_error(call, ERROR_NOT_FOUND, NULL);
    return false;
}

static void ask_list(struct call *call, enum protocol_kind kind)
{
    CLEANUP_BUFFER struct buffer payload = buffer_new(4096);

    protocol_asker_write(call->asker.token, call->asker.request, &payload);
    safe_call(gate_client(call->app->gate), kind, buffer_view(&payload), json_came, call);
}

/* ---- reviews ---- */

void reviews(struct call *call)
{
    ask_list(call, PROTOCOL_REVIEWS);
}

void review_done(struct call *call)
{
    CLEANUP_BUFFER struct buffer payload = buffer_new(4096);
    enum review_verdict verdict;
    const struct json *body;
    uint64_t entry;

    if (!read_number(call, &entry) || !read_body(call, &body))
        return;
    if (!review_verdict_read(json_text(json_member(body, "verdict")), &verdict)) {
        reply_fault(call, ERROR_VALUE, "`verdict` is justified or not justified");
        return;
    }
    struct slice note = json_text(json_member(body, "note"));
    if (note.length > PROTOCOL_TEXT_MAX) {
        reply_fault(call, ERROR_TOO_LARGE, "a `note` of at most %d bytes", PROTOCOL_TEXT_MAX);
        return;
    }
    protocol_asker_write(call->asker.token, call->asker.request, &payload);
    buffer_u64(&payload, entry);
    buffer_byte(&payload, (uint8_t)verdict);
    protocol_text_write(note, &payload);
    safe_call(gate_client(call->app->gate), PROTOCOL_REVIEW_DONE, buffer_view(&payload), deed_done, call);
}

/* ---- suspensions ---- */

void suspensions(struct call *call)
{
    ask_list(call, PROTOCOL_SUSPENSIONS);
}

static void suspended(void *context, enum error error, struct slice payload)
{
    struct call *call = context;
    struct buffer body = buffer_new(256);
    struct reader reader = reader_of(payload);
    uint64_t number = reader_u64(&reader);

    if (error != OK) {
        reply_error(call, error, NULL);
        return;
    }
    gate_forget_askers(call->app->gate);
    buffer_format(&body, "{\"number\":%llu}", (unsigned long long)number);
    reply_json(call, 201, &body);
}

/* Exactly one of actor, credential and rule. */
static enum error read_subject(const struct json *body, enum suspended *ret_what, struct slice *ret_subject)
{
    unsigned named = 0;

    for (unsigned w = SUSPENDED_ACTOR; w < SUSPENDED_COUNT; w++) {
        const struct json *subject = json_member(body, suspended_word((enum suspended)w));
        if (!subject)
            continue;
        named++;
        *ret_what = (enum suspended)w;
        *ret_subject = json_text(subject);
    }
    return named == 1 && ret_subject->length <= SUSPENSION_SUBJECT_MAX ? OK : ERROR_VALUE;
}

void suspend(struct call *call)
{
    CLEANUP_BUFFER struct buffer payload = buffer_new(4096);
    const struct json *body;
    struct slice subject;
    enum suspended what;

    if (!read_body(call, &body))
        return;
    struct slice reason = json_text(json_member(body, "reason"));
    if (read_subject(body, &what, &subject) != OK || reason.length > PROTOCOL_TEXT_MAX) {
        reply_fault(call, ERROR_VALUE, "one of actor, credential and rule, of at most %d bytes, and a reason",
                    SUSPENSION_SUBJECT_MAX);
        return;
    }
    protocol_asker_write(call->asker.token, call->asker.request, &payload);
    buffer_byte(&payload, (uint8_t)what);
    protocol_text_write(subject, &payload);
    protocol_text_write(reason, &payload);
    safe_call(gate_client(call->app->gate), PROTOCOL_SUSPEND, buffer_view(&payload), suspended, call);
}

void suspension_lift(struct call *call)
{
    CLEANUP_BUFFER struct buffer payload = buffer_new(4096);
    const struct json *body;
    uint64_t number;

    if (!read_number(call, &number) || !read_body(call, &body))
        return;
    struct slice reason = json_text(json_member(body, "reason"));
    if (reason.length > PROTOCOL_TEXT_MAX) {
        reply_fault(call, ERROR_TOO_LARGE, "a reason of at most %d bytes", PROTOCOL_TEXT_MAX);
        return;
    }
    protocol_asker_write(call->asker.token, call->asker.request, &payload);
    buffer_u64(&payload, number);
    protocol_text_write(reason, &payload);
    safe_call(gate_client(call->app->gate), PROTOCOL_LIFT, buffer_view(&payload), deed_done, call);
}

/* ---- evidence ---- */

enum { ABOUT, ACTOR, CREDENTIAL, RULE, FROM, TO, FILTERS };

/* In the order of the message (safe/evidence.c). */
static const struct {
    const char *name;
    size_t maximum;
} filters[FILTERS] = {
    [ABOUT] = {"about", PROTOCOL_TEXT_MAX}, [ACTOR] = {"actor", CREDENTIAL_ACTOR_MAX},
    [CREDENTIAL] = {"credential", ID_TEXT_BYTES}, [RULE] = {"rule", SUSPENSION_SUBJECT_MAX},
    [FROM] = {"from", 32},                  [TO] = {"to", 32},
};

static enum error read_filter(struct slice name, struct slice value, struct slice *filter, uint64_t *next)
{
    if (slice_is(name, "next"))
        return slice_to_u64(value, next) ? OK : ERROR_VALUE;
    for (size_t i = 0; i < FILTERS; i++)
        if (slice_is(name, filters[i].name)) {
            filter[i] = value;
            return value.length <= filters[i].maximum ? OK : ERROR_VALUE;
        }
    return ERROR_UNKNOWN_PARAMETER;
}

static enum error read_filters(struct call *call, struct slice *filter, uint64_t *next)
{
    struct slice rest = call->request->query, name, value;

    while (rest.length > 0) {
        TRY(http_query_next(&rest, call->arena, &name, &value));
        enum error error = read_filter(name, value, filter, next);
        if (error != OK)
            return fault_set(&call->fault, error, "%.*s", (int)(name.length < 32 ? name.length : 32), name.data);
    }
    return OK;
}

void evidence(struct call *call)
{
    CLEANUP_BUFFER struct buffer payload = buffer_new(4096);
    struct slice filter[FILTERS] = {{"", 0}, {"", 0}, {"", 0}, {"", 0}, {"", 0}, {"", 0}};
    uint64_t next = 0;
    enum error error = read_filters(call, filter, &next);

    if (error != OK) {
        reply_error(call, error, NULL);
        return;
    }
    protocol_asker_write(call->asker.token, call->asker.request, &payload);
    for (size_t i = 0; i < FILTERS; i++)
        protocol_text_write(filter[i], &payload);
    buffer_u64(&payload, next);
    safe_call(gate_client(call->app->gate), PROTOCOL_EVIDENCE, buffer_view(&payload), json_came, call);
}
