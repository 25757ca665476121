/* SPDX-License-Identifier: Apache-2.0 */

/* /api: advice on care, who looked, erasure. */

#include "accesses.h"
#include "advice.h"
#include "crypto/encode.h"
#include "fhir.h"
#include "handlers.h"
#include "reply.h"

#define ANSWER_MAX (4u << 20)
#define INPUTS_MAX 24

/* ---- what care is due ---- */

static enum error read_inputs(const struct json *body, struct advice_input *input, size_t *ret_inputs)
{
    struct json_items items = json_items(body);

    *ret_inputs = 0;
    while (json_next(&items)) {
        if (*ret_inputs == INPUTS_MAX)
            return ERROR_VALUE;
        struct slice value = json_text(items.value);
        if (json_kind(items.value) == JSON_BOOL)
            value = json_is_true(items.value) ? SLICE("true") : SLICE("false");
        input[(*ret_inputs)++] = (struct advice_input){items.key, value};
    }
    return OK;
}

static void write_warnings(struct json_writer *writer, const struct warning *warning, size_t count)
{
    json_key(writer, "warnings");
    json_begin_array(writer);
    for (size_t i = 0; i < count; i++) {
        json_begin_object(writer);
        json_member_string(writer, "id", warning[i].id);
        json_member_string(writer, "tell", warning[i].tell->text);
        json_member_string(writer, "language", warning[i].tell->language);
        json_member_string(writer, "source", warning[i].tell->source);
        json_member_string(writer, "article", warning[i].tell->article);
        json_member_string(writer, "since", warning[i].tell->since);
        json_end_object(writer);
    }
    json_end_array(writer);
}

static void write_advice(const struct advice *advice, const struct warning *warning, size_t warnings,
                         struct buffer *body)
{
    struct json_writer writer = json_writer(body);

    json_begin_object(&writer);
    json_member_string(&writer, "access", advice->access);
    json_member_string(&writer, "mayRefuse", advice->may_refuse);
    json_member_string(&writer, "charge", advice->charge);
    json_member_string(&writer, "paper", advice->paper);
    json_member_string(&writer, "whoHelps", advice->who_helps);
    json_member_string(&writer, "pack", advice->pack);
    json_member_string(&writer, "row", advice->row);
    json_key(&writer, "citation");
    json_begin_object(&writer);
    json_member_string(&writer, "source", advice->source);
    json_member_string(&writer, "article", advice->article);
    json_member_string(&writer, "text", advice->text);
    json_end_object(&writer);
    json_key(&writer, "draft");
    json_bool(&writer, advice->draft);
    write_warnings(&writer, warning, warnings);
    json_end_object(&writer);
}

void care_advice(struct call *call)
{
    struct advice_input input[INPUTS_MAX];
    struct buffer answer = buffer_new(ANSWER_MAX);
    struct advice advice;
    struct warning warning[WARNINGS_MAX];
    const struct json *body = NULL;
    size_t inputs = 0, warnings = 0;
    int64_t now_s = world_now_s(call->app->world);

    if (!call->app->care) {
        reply_error(call, ERROR_UNPROVED, NULL);
        return;
    }
    enum error error = json_parse(call->arena, call->request->body, &body, &call->fault);
    if (error == OK)
        error = read_inputs(body, input, &inputs);
    if (error == OK)
        error = advice_give(call->app->care, input, inputs, now_s, &advice, &call->fault);
    if (error == OK)
        error = advice_warn(call->app->care, input, inputs, now_s, warning, &warnings, &call->fault);
    if (error != OK) {
        reply_error(call, error, NULL);
        return;
    }
    write_advice(&advice, warning, warnings, &answer);
    reply_json(call, 200, &answer);
}

void me(struct call *call)
{
    struct buffer body = buffer_new(ANSWER_MAX);
    struct json_writer writer = json_writer(&body);
    const struct credential *credential = &call->asker.credential;

    json_begin_object(&writer);
    json_member_cstring(&writer, "role", vocabulary_word(VOCABULARY_ROLE, credential->role));
    json_member_cstring(&writer, "sector", vocabulary_word(VOCABULARY_SECTOR, credential->sector));
    if (!id_is_zero(&credential->person))
        json_member_string(&writer, "patient", call_wire(call, fhir_type(SLICE("Patient")), &credential->person));
    json_key(&writer, "expires");
    json_integer(&writer, credential->expires_s);
    json_end_object(&writer);
    reply_json(call, 200, &body);
}

/* ---- who looked ---- */

static void accesses_came(void *context, enum error error, const struct access_line *line, size_t count)
{
    struct call *call = context;
    struct buffer body = buffer_new(ANSWER_MAX);

    if (error != OK) {
        reply_error(call, error, NULL);
        return;
    }
    accesses_write(line, count, &body);
    reply_json(call, 200, &body);
}

static bool person_of_path(struct call *call, struct id *ret_person)
{
    return call_id(call, fhir_type(SLICE("Patient")), 0, ret_person);
}

void accesses(struct call *call)
{
    struct id person;

    if (person_of_path(call, &person))
        accesses_list(call, &person, accesses_came, call);
}

void own_accesses(struct call *call)
{
    accesses_list(call, &call->asker.credential.person, accesses_came, call);
}

static void proof_came(void *context, enum error error, struct slice payload)
{
    struct call *call = context;

    if (error != OK)
        reply_error(call, error, NULL);
    else
        reply_public(call, "text/plain; charset=utf-8", payload);
}

static void prove(struct call *call, const struct id *person, struct slice entry)
{
    struct gate_audit audit = {
        .asker = &call->asker, .arena = call->arena, .person = *person, .done = proof_came, .context = call};

    if (!slice_to_u64(entry, &audit.number))
        reply_error(call, ERROR_NOT_FOUND, NULL);
    else
        gate_proof(call->app->gate, &audit);
}

void access_proof(struct call *call)
{
    struct id person;

    if (person_of_path(call, &person))
        prove(call, &person, call->parameter[1]);
}

void own_access_proof(struct call *call)
{
    prove(call, &call->asker.credential.person, call->parameter[0]);
}

/* ---- erasure ---- */

static void erased(void *context, enum error error, const struct gate_reason *reason, int64_t time_ms)
{
    struct call *call = context;

    (void)time_ms;
    if (error != OK)
        reply_error(call, error, reason);
    else
        reply_empty(call, 204);
}

void erase_person(struct call *call)
{
    struct id person;

    if (!person_of_path(call, &person))
        return;
    struct gate_erase erase = {
        .asker = &call->asker, .arena = call->arena, .person = person, .done = erased, .context = call};
    gate_erase(call->app->gate, &erase);
}
