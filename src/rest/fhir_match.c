/* SPDX-License-Identifier: Apache-2.0 */

/* Patient/$match: is the person who is in care here known already? The parameter `resource` is a Patient of this
 * server whom the asker's house cares for now; the rules permit a match by that relation alone. The answer holds
 * identities with a score and a grade, and never where anybody was seen: only the identity drawer is opened. */

#include <stdlib.h>

#include "fhir.h"
#include "fhir/bundle.h"
#include "identity/compare.h"

#define BODY_MAX (8u << 20)
#define COUNT_MAX 20

struct matching {
    struct call *call;
    struct id subject;
    bool only_certain;
    uint64_t count;
    struct identity_person *wanted;
};

struct candidate {
    const struct gate_view *view;
    struct identity_score score;
};

static int by_score(const void *a, const void *b)
{
    const struct candidate *left = a, *right = b;

    if (left->score.probability != right->score.probability)
        return left->score.probability < right->score.probability ? 1 : -1;
    return memcmp(left->view->inside.byte, right->view->inside.byte, ID_BYTES);
}

static enum error compare(struct matching *matching, const struct gate_views *views, struct candidate *candidate,
                          size_t *ret_count)
{
    struct call *call = matching->call;
    struct identity_person *other = arena_alloc(call->arena, sizeof *other);
    size_t count = 0;

    if (!other)
        return ERROR_MEMORY;
    for (size_t i = 0; i < views->count; i++) {
        const struct json *patient;
        TRY(json_parse(call->arena, views->view[i].json, &patient, NULL));
        TRY(identity_person_from_patient(patient, call->arena, other, NULL));
        struct identity_score score = identity_compare(matching->wanted, other);
        if (score.grade == IDENTITY_CERTAINLY_NOT || (matching->only_certain && score.grade != IDENTITY_CERTAIN))
            continue;
        candidate[count++] = (struct candidate){&views->view[i], score};
    }
    qsort(candidate, count, sizeof *candidate, by_score);
    /* ITI-119: several that are certain are possibly different people, and certain is then none of them. */
    if (matching->only_certain && count > 1)
        count = 0;
    *ret_count = count < matching->count ? count : matching->count;
    return OK;
}

static void write_candidate(struct call *call, struct fhir_bundle_writer *writer, const struct candidate *candidate)
{
    struct slice id = call_wire(call, fhir_type(SLICE("Patient")), &candidate->view->inside);
    struct slice url = arena_format(call->arena, "%.*s/fhir/Patient/%.*s", SLICE_PRINT(call->app->base_url),
                                    SLICE_PRINT(id));

    fhir_bundle_match(writer, url, candidate->view->json, candidate->score.probability,
                      identity_grade_code(candidate->score.grade));
}

static void reply_candidates(struct call *call, const struct candidate *candidate, size_t count)
{
    struct buffer body = buffer_new(BODY_MAX);
    struct fhir_bundle_head head = {.type = FHIR_SEARCHSET,
                                    .total = (int64_t)count,
                                    .timestamp_ms = call->app->world->now_ns(call->app->world) / 1000000};
    struct fhir_bundle_writer writer = fhir_bundle_begin(&body, &head);

    for (size_t i = 0; i < count; i++)
        write_candidate(call, &writer, &candidate[i]);
    fhir_bundle_end(&writer);
    enum error error = buffer_check(&body);
    struct slice json = arena_copy(call->arena, buffer_view(&body));
    buffer_wipe(&body);
    if (error != OK || !json.data)
        reply_error(call, error != OK ? error : ERROR_MEMORY, NULL);
    else
        reply_fhir(call, 200, &(struct reply_resource){.json = json});
}

static void matched(void *context, enum error error, const struct gate_views *views)
{
    struct matching *matching = context;
    struct call *call = matching->call;
    struct candidate *candidate = arena_array(call->arena, views->count, sizeof *candidate);
    size_t count = 0;

    if (error == OK)
        error = candidate ? compare(matching, views, candidate, &count) : ERROR_MEMORY;
    if (error != OK)
        reply_error(call, error, &views->reason);
    else
        reply_candidates(call, candidate, count);
}

static enum error look_for(struct matching *matching, const struct json *patient)
{
    struct call *call = matching->call;
    struct gate_term_set *set = arena_alloc(call->arena, sizeof *set);
    struct fhir_terms terms;

    matching->wanted = arena_alloc(call->arena, sizeof *matching->wanted);
    if (!set || !matching->wanted)
        return ERROR_MEMORY;
    TRY(identity_person_from_patient(patient, call->arena, matching->wanted, &call->fault));
    TRY(match_terms(call->arena, patient, &terms));
    *set = (struct gate_term_set){terms.term, terms.count};
    struct gate_search search = {.asker = &call->asker,
                                 .arena = call->arena,
                                 .type = SLICE("Patient"),
                                 .set = set,
                                 .sets = 1,
                                 .match_for = &matching->subject,
                                 .done = matched,
                                 .context = matching};
    gate_search(call->app->gate, &search);
    return OK;
}

static enum error read_parameters(struct matching *matching, const struct json *body, const struct json **ret_patient)
{
    struct json_items items = json_items(json_member(body, "parameter"));

    *ret_patient = json_is(json_member(body, "resourceType"), "Patient") ? body : NULL;
    while (json_next(&items)) {
        struct slice name = json_text(json_member(items.value, "name"));
        if (slice_is(name, "resource"))
            *ret_patient = json_member(items.value, "resource");
        else if (slice_is(name, "onlyCertainMatches"))
            matching->only_certain = json_is_true(json_member(items.value, "valueBoolean"));
        else if (slice_is(name, "count") &&
                 !slice_to_u64(json_text(json_member(items.value, "valueInteger")), &matching->count))
            return fault_set(&matching->call->fault, ERROR_VALUE, "count");
    }
    if (!*ret_patient)
        return fault_set(&matching->call->fault, ERROR_REQUIRED, "a parameter `resource` that is a Patient");
    if (matching->count == 0 || matching->count > COUNT_MAX)
        matching->count = COUNT_MAX;
    struct slice id = json_text(json_member(*ret_patient, "id"));
    struct slice reference = arena_format(matching->call->arena, "Patient/%.*s", SLICE_PRINT(id));
    if (!reference_inside(matching->call, reference, &matching->subject))
        return fault_set(&matching->call->fault, ERROR_REQUIRED,
                         "resource.id: the record of the person who is in care here");
    return OK;
}

void fhir_match(struct call *call)
{
    struct matching *matching = arena_alloc(call->arena, sizeof *matching);
    const struct json *body = NULL, *patient = NULL;

    if (!matching) {
        reply_error(call, ERROR_MEMORY, NULL);
        return;
    }
    *matching = (struct matching){.call = call};
    enum error error = json_parse(call->arena, call->request->body, &body, &call->fault);
    if (error == OK)
        error = read_parameters(matching, body, &patient);
    if (error == OK)
        error = look_for(matching, patient);
    if (error != OK)
        reply_error(call, error, NULL);
}
