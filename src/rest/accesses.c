/* SPDX-License-Identifier: Apache-2.0 */
#include "accesses.h"

#include "crypto/encode.h"
#include "safe/review.h"
#include "text/json.h"

struct listing {
    struct call *call;
    accesses_done *done;
    void *context;
};

static size_t words(const struct json *array, struct slice *word)
{
    struct json_items items = json_items(array);
    size_t count = 0;

    while (json_next(&items) && count < DRAWER_COUNT)
        word[count++] = json_text(items.value);
    return count;
}

/* An organisation is a common resource: its name is nobody's secret. */
static struct slice place_of(struct call *call, struct slice organization)
{
    const struct json *resource;
    struct gate_view view;
    struct id id;

    if (decode_hex(organization, id.byte, ID_BYTES) != OK ||
        gate_common(call->app->gate, call->arena, SLICE("Organization"), &id, &view) != OK ||
        json_parse(call->arena, view.json, &resource, NULL) != OK)
        return slice_of("", 0);
    return json_text(json_member(resource, "name"));
}

/* What an order asks for stands there as asked; what was given under one, when she is told of it, as opened. */
static void read_order(const struct json *event, struct access_line *line)
{
    line->of_order = true;
    line->authority = json_text(json_member(event, "authority"));
    line->law = json_text(json_member(event, "law"));
    line->article = json_text(json_member(event, "article"));
    line->until = json_text(json_member(event, "until"));
    line->told = json_text(json_member(event, "told"));
    line->reads = json_text(json_member(event, "reads"));
    line->purpose = SLICE("ENFORCE");
    line->asked_count = words(json_member(event, "drawers"), line->asked);
    if (line->reads.length > 0 && !slice_is(line->reads, "0"))
        line->opened_count = words(json_member(event, "drawers"), line->opened);
    line->outcome = line->opened_count > 0 ? SLICE("FULL") : SLICE("NONE");
}

static enum error read_line(struct call *call, uint64_t entry, struct slice text, struct access_line *line)
{
    const struct json *event;

    TRY(json_parse(call->arena, text, &event, NULL));
    *line = (struct access_line){
        .entry = entry,
        .time = json_text(json_member(event, "time")),
        .role = json_text(json_member(event, "role")),
        .sector = json_text(json_member(event, "sector")),
        .purpose = json_text(json_member(event, "purpose")),
        .action = json_text(json_member(event, "action")),
        .place = place_of(call, json_text(json_member(event, "organization"))),
        .permitted = json_is(json_member(event, "decision"), "permit"),
        .outcome = json_text(json_member(event, "outcome")),
        .row = json_text(json_member(event, "row")),
        .citation = json_text(json_member(event, "citation")),
        .obligations = json_text(json_member(event, "obligations")),
        .basis = json_text(json_member(event, "basis")),
        .reason = json_text(json_member(event, "reason")),
        .request = json_text(json_member(event, "request")),
        .error = json_text(json_member(event, "error")),
        .type = json_text(json_member(event, "type")),
        .looker = json_text(json_member(event, "looker")),
        .organization = json_text(json_member(event, "organization")),
        .replaces = json_is_true(json_member(event, "replaces")),
        .resource = json_text(json_member(event, "resource")),
        .emergency = json_is_true(json_member(event, "breakGlass")),
    };
    line->asked_count = words(json_member(event, "asked"), line->asked);
    line->opened_count = words(json_member(event, "opened"), line->opened);
    line->order = json_text(json_member(event, "order"));
    if (json_is(json_member(event, "kind"), "order"))
        read_order(event, line);
    return OK;
}

/* A search across persons may have shown others and not her: then to her it is a refusal. */
static void tell_of_her_alone(unsigned opened, struct access_line *line)
{
    bool others_alone = opened == 0 && line->permitted && line->opened_count > 0;

    if (line->of_order)
        return;
    line->opened_count = 0;
    for (unsigned d = 0; d < DRAWER_COUNT; d++)
        if (opened & 1u << d)
            line->opened[line->opened_count++] = slice_from_string(vocabulary_word(VOCABULARY_DRAWER, d));
    if (!others_alone)
        return;
    line->permitted = false;
    line->basis = slice_of("", 0);
    line->outcome = slice_from_string(vocabulary_outcome(OUTCOME_NONE));
    line->error = slice_from_string(error_entry(ERROR_REFUSED)->name);
}

static enum error read_lines(struct call *call, struct slice payload, struct access_line **ret_line, size_t *ret_count)
{
    struct reader reader = reader_of(payload);
    size_t count = reader_u16(&reader);
    struct access_line *line = arena_array(call->arena, count, sizeof *line);

    if (!line)
        return ERROR_MEMORY;
    for (size_t i = 0; i < count; i++) {
        uint64_t entry = reader_u64(&reader);
        unsigned flags = reader_byte(&reader), review = reader_byte(&reader);
        unsigned opened = reader_byte(&reader);
        TRY(read_line(call, entry, protocol_text_read(&reader, PROTOCOL_MESSAGE_MAX), &line[i]));
        tell_of_her_alone(opened, &line[i]);
        line[i].notice = flags & EVENT_LINE_NOTICE;
        line[i].review = review <= REVIEW_VERDICTS ? (uint8_t)review : 0;
    }
    call->kept_since_s = (int64_t)reader_u64(&reader);
    *ret_line = line;
    *ret_count = count;
    return reader_done(&reader) ? OK : ERROR_INTERNAL;
}

static void events_came(void *context, enum error error, struct slice payload)
{
    struct listing *listing = context;
    struct access_line *line = NULL;
    size_t count = 0;

    if (error == OK)
        error = read_lines(listing->call, payload, &line, &count);
    listing->done(listing->context, error, line, count);
}

void accesses_list(struct call *call, const struct id *person, accesses_done *done, void *context)
{
    struct listing *listing = arena_alloc(call->arena, sizeof *listing);

    if (!listing) {
        done(context, ERROR_MEMORY, NULL, 0);
        return;
    }
    *listing = (struct listing){call, done, context};
    struct gate_audit audit = {
        .asker = &call->asker, .arena = call->arena, .person = *person, .done = events_came, .context = listing};
    gate_events(call->app->gate, &audit);
}

static void write_words(struct json_writer *writer, const char *name, const struct slice *word, size_t count)
{
    json_key(writer, name);
    json_begin_array(writer);
    for (size_t i = 0; i < count; i++)
        json_string(writer, word[i]);
    json_end_array(writer);
}

static void write_order(struct json_writer *writer, const struct access_line *line)
{
    if (line->order.length == 0)
        return;
    json_member_string(writer, "order", line->order);
    if (!line->of_order)
        return;
    json_member_string(writer, "authority", line->authority);
    json_member_string(writer, "law", line->law);
    json_member_string(writer, "article", line->article);
    json_member_string(writer, "until", line->until);
    json_member_string(writer, "told", line->told);
    if (line->reads.length > 0) {
        json_key(writer, "reads");
        json_raw(writer, line->reads);
    }
}

void accesses_write(const struct access_line *line, size_t count, struct buffer *into)
{
    struct json_writer writer = json_writer(into);

    json_begin_array(&writer);
    for (size_t i = 0; i < count; i++) {
        json_begin_object(&writer);
        json_key(&writer, "entry");
        json_integer(&writer, (int64_t)line[i].entry);
        json_member_string(&writer, "time", line[i].time);
        json_member_string(&writer, "role", line[i].role);
        json_member_string(&writer, "sector", line[i].sector);
        json_member_string(&writer, "place", line[i].place);
        json_member_string(&writer, "purpose", line[i].purpose);
        json_member_string(&writer, "action", line[i].action);
        write_words(&writer, "asked", line[i].asked, line[i].asked_count);
        write_words(&writer, "opened", line[i].opened, line[i].opened_count);
        json_key(&writer, "permitted");
        json_bool(&writer, line[i].permitted);
        json_member_string(&writer, "outcome", line[i].outcome);
        json_member_string(&writer, "row", line[i].row);
        json_member_string(&writer, "citation", line[i].citation);
        json_member_string(&writer, "basis", line[i].basis);
        json_member_string(&writer, "obligations", line[i].obligations);
        json_key(&writer, "emergency");
        json_bool(&writer, line[i].emergency);
        json_member_string(&writer, "reason", line[i].reason);
        json_member_cstring(&writer, "review", line[i].review ? review_verdict_word(line[i].review - 1) : "");
        json_key(&writer, "notice");
        json_bool(&writer, line[i].notice);
        json_member_string(&writer, "request", line[i].request);
        write_order(&writer, &line[i]);
        json_end_object(&writer);
    }
    json_end_array(&writer);
}
