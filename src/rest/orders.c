/* SPDX-License-Identifier: Apache-2.0 */

/* /api/orders: lawful orders, while there is a route for them (routes.def). Here words are read and passed on; who may
 * do any of it, and what an order opens, is the safe's to say.
 *
 * Must never: answer an officer in two ways before a release. Whoever the person is, whatever oversight does, whether
 * there is such an order at all: the bytes are the same, and they cost the same two questions to the safe. */

#include "crypto/encode.h"
#include "fhir.h"
#include "handlers.h"
#include "reply.h"
#include "text/date.h"

#define BODY_MAX (1u << 20)
#define PAYLOAD_MAX (32u << 10)

static bool read_order(struct call *call, struct id *ret_order)
{
    if (decode_hex(call->parameter[0], ret_order->byte, ID_BYTES) == OK)
        return true;
    reply_error(call, ERROR_NOT_FOUND, NULL);
    return false;
}

/* What the safe says of an error, if it says something. */
static void reply_said(struct call *call, enum error error, struct slice payload)
{
    if (payload.length > 0)
        reply_fault(call, error, "%.*s", SLICE_PRINT(payload));
    else
        reply_error(call, error, NULL);
}

static void reply_not_held(struct call *call, const struct id *order)
{
    struct buffer body = buffer_new(512);
    char hex[ID_TEXT_BYTES];

    encode_hex(id_slice(order), hex);
    buffer_format(&body, "{\"order\":\"%.*s\",\"answer\":\"not held / not releasable\"}", (int)sizeof hex, hex);
    reply_json(call, 200, &body);
}

/* ---- intake ---- */

static const char *const texts[] = {"authority", "officer", "law", "article", "case", "name", "born"};
enum { NAME = 5, BORN, TEXTS };

struct intake {
    struct slice text[TEXTS];
    struct buffer drawers; /* "identity,contact" */
    int64_t expires_s;
};

static bool read_drawers(const struct json *value, struct buffer *into)
{
    if (json_kind(value) != JSON_ARRAY)
        return false;
    for (struct json_items i = json_items(value); json_next(&i);) {
        buffer_string(into, into->length ? "," : "");
        buffer_slice(into, json_text(i.value));
    }
    return buffer_check(into) == OK;
}

static bool read_expires(const struct json *value, int64_t *ret_expires_s)
{
    struct date date;

    if (date_parse_search(json_text(value), &date) != OK || date.precision < DATE_DAY)
        return false;
    *ret_expires_s = date_interval(date).from / 1000;
    return true;
}

static bool read_member(struct slice name, const struct json *value, struct intake *intake)
{
    if (slice_is(name, "drawers"))
        return read_drawers(value, &intake->drawers);
    if (slice_is(name, "expires"))
        return read_expires(value, &intake->expires_s);
    for (size_t i = 0; i < TEXTS; i++)
        if (slice_is(name, texts[i])) {
            intake->text[i] = json_text(value);
            return json_kind(value) == JSON_STRING;
        }
    return false;
}

static enum error read_intake(struct call *call, struct intake *intake)
{
    const struct json *body;

    TRY(json_parse(call->arena, call->request->body, &body, &call->fault));
    if (json_kind(body) != JSON_OBJECT)
        return fault_set(&call->fault, ERROR_VALUE, "an order is an object");
    for (struct json_items i = json_items(body); json_next(&i);)
        if (!read_member(i.key, i.value, intake))
            return fault_set(&call->fault, ERROR_VALUE, "`%.*s` is not known here, or not so",
                             (int)(i.key.length < 32 ? i.key.length : 32), i.key.data);
    return OK;
}

static void write_intake(struct call *call, const struct intake *intake, struct buffer *payload)
{
    buffer_byte(payload, ORDER_INTAKE);
    protocol_asker_write(call->asker.token, call->asker.request, payload);
    for (size_t i = 0; i < NAME; i++)
        protocol_text_write(intake->text[i], payload);
    protocol_text_write(buffer_view(&intake->drawers), payload);
    buffer_u64(payload, (uint64_t)intake->expires_s);
    protocol_text_write(intake->text[NAME], payload);
    protocol_text_write(intake->text[BORN], payload);
}

static void taken_in(void *context, enum error error, struct slice payload)
{
    struct call *call = context;
    struct id order;

    if (error == OK && payload.length != ID_BYTES)
        error = ERROR_INTERNAL;
    if (error != OK) {
        reply_said(call, error, payload);
        return;
    }
    memcpy(order.byte, payload.data, ID_BYTES);
    reply_not_held(call, &order);
}

void order_intake(struct call *call)
{
    CLEANUP_BUFFER_WIPE struct buffer payload = buffer_new(PAYLOAD_MAX);
    struct intake intake = {.drawers = buffer_new(256)};
    enum error error = read_intake(call, &intake);

    if (error == OK) {
        write_intake(call, &intake, &payload);
        error = buffer_check(&payload) == OK ? OK : ERROR_TOO_LARGE;
    }
    buffer_free(&intake.drawers);
    if (error != OK)
        reply_error(call, error, NULL);
    else
        safe_call(gate_client(call->app->gate), PROTOCOL_ORDER, buffer_view(&payload), taken_in, call);
}

/* ---- the officer's answer ---- */

struct answering {
    struct call *call;
    struct id order;
};

static void reply_released(struct call *call, const struct id *order, const struct gate_view *view)
{
    struct buffer body = buffer_new(BODY_MAX);
    struct json_writer writer = json_writer(&body);
    char hex[ID_TEXT_BYTES];

    encode_hex(id_slice(order), hex);
    json_begin_object(&writer);
    json_member_string(&writer, "order", slice_of(hex, sizeof hex));
    json_member_cstring(&writer, "answer", "released");
    json_key(&writer, "person");
    json_raw(&writer, view->json);
    json_end_object(&writer);
    reply_json(call, 200, &body);
}

static void order_was_read(void *context, enum error error, const struct gate_views *views)
{
    struct answering *answering = context;

    if (error == OK && views->count == 1)
        reply_released(answering->call, &answering->order, &views->view[0]);
    else if (error == OK || error == ERROR_REFUSED || error == ERROR_NOT_FOUND || error == ERROR_GONE)
        reply_not_held(answering->call, &answering->order);
    else
        reply_error(answering->call, error, NULL);
}

/* Hers, or nobody's: the reading is asked for all the same. */
static void person_came(void *context, enum error error, struct slice payload)
{
    struct answering *answering = context;
    struct call *call = answering->call;

    if (error == OK && payload.length != ID_BYTES)
        error = ERROR_INTERNAL;
    if (error != OK) {
        reply_error(call, error, NULL);
        return;
    }
    struct gate_read read = {.asker = &call->asker,
                             .arena = call->arena,
                             .type = SLICE("Patient"),
                             .order = &answering->order,
                             .done = order_was_read,
                             .context = answering};
    memcpy(read.resource.byte, payload.data, ID_BYTES);
    gate_read(call->app->gate, &read);
}

void order_answer(struct call *call)
{
    CLEANUP_BUFFER struct buffer payload = buffer_new(1024);
    struct answering *answering = arena_alloc(call->arena, sizeof *answering);

    if (!answering) {
        reply_error(call, ERROR_MEMORY, NULL);
        return;
    }
    answering->call = call;
    if (!read_order(call, &answering->order))
        return;
    protocol_text_write(call->asker.token, &payload);
    buffer_slice(&payload, id_slice(&answering->order));
    safe_call(gate_client(call->app->gate), PROTOCOL_ORDER_PERSON, buffer_view(&payload), person_came, answering);
}

/* ---- oversight ---- */

static void list_came(void *context, enum error error, struct slice payload)
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

static void ask_open(struct call *call, void (*came)(void *context, enum error error, struct slice payload),
                     void *context)
{
    CLEANUP_BUFFER struct buffer payload = buffer_new(4096);

    protocol_asker_write(call->asker.token, call->asker.request, &payload);
    safe_call(gate_client(call->app->gate), PROTOCOL_ORDERS, buffer_view(&payload), came, context);
}

void orders_open(struct call *call)
{
    ask_open(call, list_came, call);
}

static void decided(void *context, enum error error, struct slice payload)
{
    if (error != OK)
        reply_said(context, error, payload);
    else
        reply_empty(context, 204);
}

static void send_decision(struct call *call, enum order_verb verb, struct slice words)
{
    CLEANUP_BUFFER struct buffer payload = buffer_new(PAYLOAD_MAX);
    struct id order;

    if (!read_order(call, &order))
        return;
    buffer_byte(&payload, (uint8_t)verb);
    protocol_asker_write(call->asker.token, call->asker.request, &payload);
    buffer_slice(&payload, id_slice(&order));
    protocol_text_write(words, &payload);
    if (buffer_check(&payload) != OK)
        reply_error(call, ERROR_TOO_LARGE, NULL);
    else
        safe_call(gate_client(call->app->gate), PROTOCOL_ORDER, buffer_view(&payload), decided, call);
}

/* The note as it was signed. */
void order_release(struct call *call)
{
    send_decision(call, ORDER_RELEASE, call->request->body);
}

static void send_reason(struct call *call, enum order_verb verb)
{
    const struct json *body;
    enum error error = json_parse(call->arena, call->request->body, &body, &call->fault);

    if (error != OK)
        reply_error(call, error, NULL);
    else
        send_decision(call, verb, json_text(json_member(body, "reason")));
}

void order_refuse(struct call *call)
{
    send_reason(call, ORDER_REFUSE);
}

void order_tell(struct call *call)
{
    send_reason(call, ORDER_TELL);
}

/* ---- is the person known? ---- */

struct matching {
    struct call *call;
    struct id order;
};

/* Whose name and birth date have the same terms: found by tokens, since existence opens nothing to compare. */
static void matched(void *context, enum error error, const struct gate_views *views)
{
    struct matching *matching = context;
    struct call *call = matching->call;
    struct buffer body = buffer_new(BODY_MAX);
    struct json_writer writer = json_writer(&body);

    if (error != OK) {
        reply_error(call, error, &views->reason);
        return;
    }
    json_begin_array(&writer);
    for (size_t i = 0; i < views->count; i++) {
        json_begin_object(&writer);
        json_member_string(&writer, "person", call_wire(call, fhir_type(SLICE("Patient")), &views->view[i].inside));
        json_end_object(&writer);
    }
    json_end_array(&writer);
    reply_json(call, 200, &body);
}

/* `name` and `born` are lines of the order's text. */
static struct slice line_of(struct slice text, const char *name)
{
    while (text.length > 0) {
        struct slice value = slice_cut(&text, '\n');
        if (slice_is(slice_cut(&value, ' '), name))
            return value;
    }
    return slice_of("", 0);
}

static enum error patient_of(struct call *call, struct slice text, const struct json **ret_patient)
{
    CLEANUP_BUFFER_WIPE struct buffer json = buffer_new(4096);
    struct json_writer writer = json_writer(&json);

    json_begin_object(&writer);
    json_member_cstring(&writer, "resourceType", "Patient");
    json_key(&writer, "name");
    json_begin_array(&writer);
    json_begin_object(&writer);
    json_member_string(&writer, "text", line_of(text, "name"));
    json_end_object(&writer);
    json_end_array(&writer);
    json_member_string(&writer, "birthDate", line_of(text, "born"));
    json_end_object(&writer);
    TRY(buffer_check(&json));
    struct slice kept = arena_copy(call->arena, buffer_view(&json));
    return kept.data ? json_parse(call->arena, kept, ret_patient, NULL) : ERROR_MEMORY;
}

/* Those of the terms that begin so, at the front of what is left. */
static struct gate_term_set take(struct fhir_terms *terms, struct slice *room, const char *beginning)
{
    struct gate_term_set set = {room, 0};

    for (size_t i = 0; i < terms->count; i++)
        if (slice_starts_with(terms->term[i], slice_from_string(beginning)))
            room[set.count++] = terms->term[i];
    return set;
}

/* Two of her names and the day of her birth; a name and the year instead of what there is not. */
static enum error choose_terms(struct call *call, const struct json *patient, struct gate_term_set set[2])
{
    static const char *const wanted[] = {"match^names|", "match^born|"}, *const instead = "match^name|";
    struct fhir_terms terms;

    TRY(match_terms(call->arena, patient, &terms));
    for (size_t i = 0; i < 2; i++) {
        struct slice *room = arena_array(call->arena, terms.count + 1, sizeof *room);
        if (!room)
            return ERROR_MEMORY;
        set[i] = take(&terms, room, wanted[i]);
        if (set[i].count == 0)
            set[i] = take(&terms, room, instead);
    }
    return OK;
}

static enum error look_for(struct matching *matching, struct slice text)
{
    struct call *call = matching->call;
    struct gate_term_set *set = arena_array(call->arena, 2, sizeof *set);
    const struct json *patient;

    if (!set)
        return ERROR_MEMORY;
    TRY(patient_of(call, text, &patient));
    TRY(choose_terms(call, patient, set));
    struct gate_search search = {.asker = &call->asker,
                                 .arena = call->arena,
                                 .type = SLICE("Patient"),
                                 .set = set,
                                 .sets = 2,
                                 .order = &matching->order,
                                 .done = matched,
                                 .context = matching};
    gate_search(call->app->gate, &search);
    return OK;
}

static enum error find_text(struct matching *matching, struct slice payload, struct slice *ret_text)
{
    struct slice wanted = matching->call->parameter[0], list = arena_copy(matching->call->arena, payload);
    const struct json *orders;

    if (!list.data)
        return ERROR_MEMORY;
    TRY(json_parse(matching->call->arena, list, &orders, NULL));
    for (struct json_items i = json_items(orders); json_next(&i);)
        if (slice_equal(json_text(json_member(i.value, "order")), wanted)) {
            *ret_text = json_text(json_member(i.value, "text"));
            return OK;
        }
    return ERROR_NOT_FOUND;
}

static void open_came(void *context, enum error error, struct slice payload)
{
    struct matching *matching = context;
    struct slice text;

    if (error == OK)
        error = find_text(matching, payload, &text);
    if (error == OK)
        error = look_for(matching, text);
    if (error != OK)
        reply_error(matching->call, error, NULL);
}

void order_match(struct call *call)
{
    struct matching *matching = arena_alloc(call->arena, sizeof *matching);

    if (!matching) {
        reply_error(call, ERROR_MEMORY, NULL);
        return;
    }
    *matching = (struct matching){.call = call};
    if (read_order(call, &matching->order))
        ask_open(call, open_came, matching);
}
