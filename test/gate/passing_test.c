/* SPDX-License-Identifier: Apache-2.0 */

/* What passes between the gate, the safe and the vault. Proves that each request asks for exactly what it needs, that
 * exactly what was granted is opened, under every obligation that came with it, that what is stored carries exactly what
 * was permitted, and that the safe is told how it ended. */

#include <stdio.h>

#include "between.h"
#include "crypto/encode.h"
#include "gate/internal.h"
#include "spy.h"

#define BIT(drawer) (1u << DRAWER_##drawer)
#define HERS (BIT(IDENTITY) | BIT(CONTACT) | BIT(SOCIAL)) /* what PATIENT fills */
#define ANY_PATIENT (HERS | BIT(CLINICAL) | BIT(SENSITIVE))
#define ANY_OBSERVATION (BIT(CLINICAL) | BIT(CONTACT) | BIT(SENSITIVE))

static const struct id ben = {{0xB2}}, observation = {{0x0B}}, deleted = {{0xDE}}, encounter = {{0xEE}},
                       other = {{0x77}}, order = {{0x0D}}, clinic = {{0xE1}}, nobody = {{0}};
static const struct slice terms[] = {{"family=hadad", 12}, {"family=haddad", 13}};
static const struct gate_term_set sets[] = {{terms, 1}, {terms + 1, 1}};

#define OBSERVATION "{\"resourceType\":\"Observation\",\"status\":\"final\"}"
#define OBSERVED "{\"resourceType\":\"Observation\",\"status\":\"final\",\"performer\":[{\"display\":\"x\"}]}"
#define ENCOUNTER                                                                                                      \
    "{\"resourceType\":\"Encounter\",\"status\":\"in-progress\",\"serviceProvider\":{\"reference\":"                   \
    "\"Organization/0000000000000000000000000000000a\"}}"

struct passing {
    struct house house;
    struct spy spy;
    struct gate_asker nurse;
    enum error error;
    struct gate_reason reason;
    struct gate_view view[8];
    size_t count;
    unsigned calls;
};

static void ended(struct passing *passing, enum error error)
{
    passing->error = error;
    passing->calls++;
    house_answered(&passing->house);
}

static void views_came(void *context, enum error error, const struct gate_views *views)
{
    struct passing *passing = context;

    assert_true(views->count <= 8);
    memcpy(passing->view, views->view, views->count * sizeof *views->view);
    passing->count = views->count;
    passing->reason = views->reason;
    ended(passing, error);
}

static void was_written(void *context, enum error error, const struct gate_reason *reason, int64_t time_ms)
{
    struct passing *passing = context;

    (void)time_ms;
    passing->reason = *reason;
    ended(passing, error);
}

static struct gate_write_item *item_for(enum gate_method method, const char *type, const struct id *resource,
                                        const struct id *person, const char *json)
{
    static struct gate_write_item item[600];
    static size_t at;

    item[at = (at + 1) % 600] = item_of(method, type, resource, json);
    item[at].person = *person;
    return &item[at];
}

static enum error write_all(struct passing *passing, const struct gate_asker *asker, struct gate_write_item *item,
                        size_t items)
{
    passing->calls = 0;
    passing->house.waiting = 1;
    gate_write(passing->house.gate,
               &(struct gate_write){asker, passing->house.whole.arena, item, items, was_written, passing});
    house_wait(&passing->house);
    assert_int_equal(passing->calls, 1);
    return passing->error;
}

static enum error write_one(struct passing *passing, struct gate_write_item *item)
{
    return write_all(passing, &passing->nurse, item, 1);
}

static void begin(struct passing *passing)
{
    *passing = (struct passing){0};
    between_reset();
    house_open(&passing->house);
    passing->nurse = asker_of(&passing->house, &NURSE);
    passing->nurse.request = 77;
    passing->nurse.purpose = PURPOSE_TREAT;
    struct gate_write_item *her = item_for(GATE_CREATE, "Patient", &anna, &anna, PATIENT);
    her->term = terms;
    her->terms = 1;
    assert_int_equal(write_one(passing, her), OK);
    her = item_for(GATE_CREATE, "Patient", &ben, &ben, PATIENT);
    her->term = terms + 1;
    her->terms = 1;
    assert_int_equal(write_one(passing, her), OK);
    assert_int_equal(write_one(passing, item_for(GATE_CREATE, "Observation", &observation, &anna, OBSERVED)), OK);
    assert_int_equal(write_one(passing, item_for(GATE_CREATE, "Observation", &deleted, &anna, OBSERVATION)), OK);
    assert_int_equal(write_one(passing, item_for(GATE_DELETE, "Observation", &deleted, &anna, "")), OK);
    spy_begin(&passing->spy, &passing->house);
}

static void end(struct passing *passing)
{
    between_reset();
    spy_end(&passing->spy);
    house_close(&passing->house);
}

/* ---- what is asked of the safe ---- */

static void read_of(struct passing *passing, struct slice type, const struct id *resource, uint64_t version,
                    bool history, const struct id *under)
{
    passing->calls = 0;
    passing->count = 0;
    passing->spy.count = 0;
    passing->house.waiting = 1;
    gate_read(passing->house.gate,
              &(struct gate_read){&passing->nurse, passing->house.whole.arena, type, *resource, version, history, under,
                                  views_came, passing});
    house_wait(&passing->house);
    assert_int_equal(passing->calls, 1);
}

static void scan_of(struct passing *passing, struct slice type)
{
    passing->spy.count = 0;
    passing->house.waiting = 1;
    gate_scan(passing->house.gate, &(struct gate_scan){&passing->nurse, passing->house.whole.arena, anna, type,
                                                       OUTCOME_SUMMARY, ACTION_READ, views_came, passing});
    house_wait(&passing->house);
}

static void search_sets(struct passing *passing, const char *type, const struct gate_term_set *set, size_t count,
                        const struct id *match_for, const struct id *under)
{
    passing->spy.count = 0;
    passing->count = 0;
    passing->house.waiting = 1;
    gate_search(passing->house.gate,
                &(struct gate_search){&passing->nurse, passing->house.whole.arena, slice_from_string(type), set, count,
                                      true, match_for, under, views_came, passing});
    house_wait(&passing->house);
}

static void search_of(struct passing *passing, size_t count, const struct id *match_for, const struct id *under)
{
    search_sets(passing, "Patient", sets, count, match_for, under);
}

static void expect(struct passing *passing, const char *what, const struct access *wanted, const struct id *person)
{
    const struct access *asked = &spied(&passing->spy, PROTOCOL_ACCESS, 0)->access;
    bool same = slice_equal(asked->token, passing->nurse.token) && asked->request == 77 &&
                asked->purpose == PURPOSE_TREAT && asked->action == wanted->action &&
                asked->drawers == wanted->drawers && asked->needed == wanted->needed &&
                slice_equal(asked->type, wanted->type) && id_equal(&asked->resource, &wanted->resource) &&
                asked->resources == wanted->resources && id_equal(&asked->order, &wanted->order) &&
                asked->all_or_nothing == wanted->all_or_nothing && asked->replaces == wanted->replaces &&
                asked->hide_refused == wanted->hide_refused && asked->targets == wanted->targets &&
                asked->changes == wanted->changes && !asked->open_glass;

    if (!same)
        fail_msg("%s asks for action %d, drawers %x, %zu targets, %zu changes, replaces %d", what, asked->action,
                 asked->drawers, asked->targets, asked->changes, asked->replaces);
    for (size_t i = 0; i < asked->targets; i++)
        if (!id_equal(&asked->target[i].person, &person[i]) || asked->target[i].fresh != wanted->target[i].fresh)
            fail_msg("%s asks of another person, or as if she were new, or not", what);
}

static const struct access_target known[2], fresh[1] = {{.fresh = true}};

static void a_question_asks_for_exactly_what_it_needs(void **state)
{
#define PATIENTS SLICE("Patient")
#define OBSERVATIONS SLICE("Observation")
    struct passing passing;
    struct access of = {.action = ACTION_READ, .needed = OUTCOME_FULL, .type = PATIENTS, .target = known, .targets = 1};

    (void)state;
    begin(&passing);
    of.resource = anna, of.drawers = HERS;
    read_of(&passing, PATIENTS, &anna, 0, false, NULL);
    expect(&passing, "a read", &of, &anna);
    read_of(&passing, PATIENTS, &anna, 1, false, NULL);
    expect(&passing, "a read of a version", &of, &anna);
    read_of(&passing, PATIENTS, &anna, 0, true, NULL);
    expect(&passing, "a history", &of, &anna);
    of.drawers = ANY_PATIENT;
    read_of(&passing, PATIENTS, &anna, 9, false, NULL);
    assert_int_equal(passing.error, ERROR_NOT_FOUND);
    of.drawers = HERS; /* those it has ever used */
    expect(&passing, "a read of a version that is not there", &of, &anna);
    of.order = order, of.drawers = BIT(IDENTITY) | BIT(CONTACT);
    read_of(&passing, PATIENTS, &anna, 0, false, &order);
    expect(&passing, "a read under an order", &of, &anna);

    of.order = nobody, of.type = OBSERVATIONS;
    of.resource = observation, of.drawers = BIT(CLINICAL) | BIT(CONTACT);
    read_of(&passing, OBSERVATIONS, &observation, 0, false, NULL);
    expect(&passing, "an observation", &of, &anna);
    of.resource = deleted, of.drawers = BIT(CLINICAL);
    read_of(&passing, OBSERVATIONS, &deleted, 0, false, NULL);
    assert_int_equal(passing.error, ERROR_GONE);
    expect(&passing, "one that was deleted", &of, &anna);
    read_of(&passing, OBSERVATIONS, &deleted, 0, true, NULL);
    assert_int_equal(passing.error, OK); /* what it was is there, its end included */
    assert_int_equal(passing.count, 2);
    expect(&passing, "its history", &of, &anna);
    of.resource = other, of.drawers = ANY_OBSERVATION;
    read_of(&passing, OBSERVATIONS, &other, 0, false, NULL);
    expect(&passing, "one that is not there", &of, &other);
    of.resource = observation, of.drawers = ANY_PATIENT, of.type = PATIENTS;
    read_of(&passing, PATIENTS, &observation, 0, false, NULL);
    expect(&passing, "one of another type", &of, &observation);

    of.resource = nobody, of.needed = OUTCOME_SUMMARY, of.type = OBSERVATIONS, of.drawers = ANY_OBSERVATION;
    scan_of(&passing, OBSERVATIONS);
    expect(&passing, "a scan", &of, &anna);
    of.type = SLICE(""), of.drawers = ANY_PATIENT;
    scan_of(&passing, SLICE(""));
    expect(&passing, "a scan of all", &of, &anna);
    of.type = PATIENTS, of.action = ACTION_SEARCH, of.needed = OUTCOME_FULL, of.hide_refused = true, of.targets = 2;
    search_of(&passing, 2, NULL, NULL);
    expect(&passing, "a search", &of, (struct id[]){anna, ben});
    assert_int_equal(passing.count, 2);
    of.action = ACTION_MATCH, of.needed = OUTCOME_EXISTENCE, of.hide_refused = false, of.drawers = BIT(IDENTITY);
    search_of(&passing, 2, &ben, NULL);
    expect(&passing, "a match", &of, (struct id[]){ben, anna});
    assert_int_equal(passing.count, 1);
    of.order = order;
    search_of(&passing, 2, NULL, &order);
    expect(&passing, "a search under an order", &of, (struct id[]){anna, ben});

    /* Whoever has two that are found is asked about once; what was not found, about nobody. */
    for (uint8_t i = 0; i < 2; i++) {
        struct gate_write_item *item = item_for(GATE_CREATE, "Observation", &(struct id){{0x50, i}}, &anna,
                                                OBSERVATION);
        item->term = terms;
        item->terms = 1;
        assert_int_equal(write_one(&passing, item), OK);
    }
    of = (struct access){.action = ACTION_SEARCH,
                         .needed = OUTCOME_FULL,
                         .type = OBSERVATIONS,
                         .drawers = ANY_OBSERVATION,
                         .hide_refused = true,
                         .target = known,
                         .targets = 1};
    search_sets(&passing, "Observation", sets, 1, NULL, NULL);
    expect(&passing, "a search of observations", &of, &anna);
    assert_int_equal(passing.count, 2);
    of.targets = 0;
    search_sets(&passing, "Observation", sets + 1, 1, NULL, NULL);
    expect(&passing, "a search that finds nothing", &of, NULL);
    assert_int_equal(passing.error, OK);
    end(&passing);
}

static void a_write_asks_for_exactly_what_it_needs(void **state)
{
    static const struct {
        enum gate_method method;
        const char *type;
        const struct id *resource, *person;
        const char *json;
        unsigned seen, drawers;
        bool replaces, fresh;
        size_t changes;
    } cases[] = {
        {GATE_CREATE, "Patient", &other, &other, PATIENT, 0, HERS, false, true, 0},
        {GATE_CREATE, "Observation", &other, &other, OBSERVATION, 0, BIT(CLINICAL), false, false, 0},
        {GATE_CREATE, "Observation", &other, &anna, OBSERVED, 0, BIT(CLINICAL) | BIT(CONTACT), false, false, 0},
        {GATE_CREATE, "Patient", &other, &anna, PATIENT, 0, HERS, false, false, 0},
        {GATE_CREATE, "Observation", &other, &anna, "{\"resourceType\":\"Observation\"}", 0, ANY_OBSERVATION, false,
         false, 0},
        {GATE_UPDATE, "Observation", &observation, &anna, OBSERVATION, 0, BIT(CLINICAL) | BIT(CONTACT), true, false, 0},
        {GATE_UPDATE, "Observation", &deleted, &anna, "{\"resourceType\":\"Observation\"}", 0, BIT(CLINICAL), true,
         false, 0},
        {GATE_UPDATE, "Patient", &anna, &anna, PATIENT, 0, HERS, true, false, 0},
        {GATE_PATCH, "Observation", &observation, &anna, OBSERVATION, BIT(CLINICAL), BIT(CLINICAL), true, false, 0},
        {GATE_PATCH, "Observation", &observation, &anna, OBSERVATION, BIT(CONTACT), BIT(CLINICAL) | BIT(CONTACT), true,
         false, 0},
        {GATE_DELETE, "Observation", &observation, &anna, "", 0, BIT(CLINICAL) | BIT(CONTACT), true, false, 0},
        {GATE_DELETE, "Observation", &other, &anna, "", 0, ANY_OBSERVATION, true, false, 0},
        {GATE_CREATE, "Encounter", &encounter, &anna, ENCOUNTER, 0, BIT(CLINICAL) | BIT(CONTACT), false, false, 1},
        {GATE_UPDATE, "Encounter", &other, &anna, ENCOUNTER, 0, BIT(CLINICAL) | BIT(CONTACT), true, false, 0},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct access of = {.action = ACTION_WRITE,
                            .needed = OUTCOME_FULL,
                            .type = slice_from_string(cases[i].type),
                            .resource = *cases[i].resource,
                            .resources = 1,
                            .all_or_nothing = true,
                            .drawers = cases[i].drawers,
                            .replaces = cases[i].replaces,
                            .target = cases[i].fresh ? fresh : known,
                            .targets = 1,
                            .changes = cases[i].changes};
        struct passing passing;
        char what[16];
        begin(&passing);
        struct gate_write_item *item = item_for(cases[i].method, cases[i].type, cases[i].resource, cases[i].person,
                                                cases[i].json);
        item->seen = cases[i].seen;
        (void)write_one(&passing, item);
        snprintf(what, sizeof what, "write %zu", i);
        expect(&passing, what, &of, cases[i].person);
        end(&passing);
    }
}

static void a_bundle_is_one_question_about_all_of_it(void **state)
{
    struct gate_write_item item[3];
    struct access of = {.action = ACTION_WRITE,
                        .needed = OUTCOME_FULL,
                        .type = SLICE("Bundle"),
                        .resources = 3,
                        .all_or_nothing = true,
                        .drawers = BIT(CLINICAL) | BIT(CONTACT),
                        .target = known,
                        .targets = 2,
                        .changes = 1};
    struct passing passing;

    (void)state;
    begin(&passing);
    item[0] = *item_for(GATE_CREATE, "Observation", &other, &anna, OBSERVED);
    item[1] = *item_for(GATE_CREATE, "Encounter", &encounter, &ben, ENCOUNTER);
    item[2] = *item_for(GATE_CREATE, "Observation", &(struct id){{0x78}}, &anna, OBSERVATION);
    assert_int_equal(write_all(&passing, &passing.nurse, item, 3), OK);
    expect(&passing, "a bundle", &of, (struct id[]){anna, ben});
    assert_int_equal(spied(&passing.spy, PROTOCOL_ACCESS, 0)->access.change[0].target, 1);
    assert_int_equal(between.completion[0].returned, 3);
    assert_int_equal(between.stored->writes, 3);
    assert_int_equal(between.stored->facts_writes, 1); /* of whom a fact changed */
    assert_true(id_equal(&between.stored->facts[0].person, &ben));
    end(&passing);
}

static void too_much_at_once_is_refused_before_it_is_asked(void **state)
{
    static struct gate_write_item item[PROTOCOL_CHANGES_MAX + 1];
    struct passing passing;

    (void)state;
    begin(&passing);
    for (int more = 0; more < 2; more++) {
        for (size_t i = 0; i < PROTOCOL_TARGETS_MAX + (size_t)more; i++) {
            struct id person = {{0xC0, (uint8_t)(i >> 8), (uint8_t)i}};
            item[i] = *item_for(GATE_CREATE, "Observation", &person, &person, OBSERVATION);
        }
        passing.spy.count = 0;
        enum error error = write_all(&passing, &passing.nurse, item, PROTOCOL_TARGETS_MAX + (size_t)more);
        assert_int_equal(error == ERROR_TOO_COSTLY, more);
        assert_int_equal(spied_count(&passing.spy, PROTOCOL_ACCESS), !more);
    }
    for (int more = 0; more < 2; more++) {
        for (size_t i = 0; i < PROTOCOL_CHANGES_MAX + (size_t)more; i++)
            item[i] = *item_for(GATE_CREATE, "Encounter", &(struct id){{0xC0, (uint8_t)(i >> 8), (uint8_t)i}}, &anna,
                                ENCOUNTER);
        passing.spy.count = 0;
        enum error error = write_all(&passing, &passing.nurse, item, PROTOCOL_CHANGES_MAX + (size_t)more);
        assert_int_equal(error == ERROR_TOO_COSTLY, more);
        assert_int_equal(spied_count(&passing.spy, PROTOCOL_ACCESS), !more);
    }
    assert_int_equal(write_all(&passing, &passing.nurse, item, 0), ERROR_MEMORY); /* nothing is no write */
    passing.spy.count = 0;
    between.cut = true;
    search_of(&passing, 1, NULL, NULL);
    assert_int_equal(passing.error, ERROR_TOO_COSTLY);
    assert_int_equal(spied_count(&passing.spy, PROTOCOL_ACCESS), 0);
    end(&passing);
}

/* ---- what is granted, and what comes of it ---- */

struct granting {
    struct passing *passing;
    enum error error;   /* said in the place of the safe's */
    int targets;        /* more or fewer */
    unsigned taken;     /* drawers that are not opened */
    unsigned obligations;
    uint8_t outcome[3]; /* of identity, a target, when it is not 0 */
    struct slice payload;
    bool replaced; /* by that payload */
};

static void grant_otherwise(void *context, const struct spied *asked, enum error *error, struct slice *payload)
{
    static struct grant_target target[8];
    struct granting *granting = context;
    struct arena *arena = granting->passing->house.whole.arena;
    CLEANUP_BUFFER struct buffer made = buffer_new(1u << 20);
    struct grant grant;

    if (asked->kind != PROTOCOL_ACCESS)
        return;
    *error = granting->error;
    if (granting->replaced) {
        *payload = granting->payload;
        return;
    }
    assert_int_equal(grant_read(arena, *payload, &grant), OK);
    memset(target, 0, sizeof target);
    for (size_t i = 0; i < grant.targets; i++) {
        target[i] = grant.target[i];
        target[i].drawers &= ~granting->taken;
        target[i].obligations = granting->obligations;
        if (i < 3 && granting->outcome[0])
            target[i].outcome[DRAWER_IDENTITY] = granting->outcome[i];
    }
    grant.target = target;
    grant.targets = (size_t)((int)grant.targets + granting->targets);
    grant_write(&grant, &made);
    *payload = arena_copy(arena, buffer_view(&made));
}

static void lie(struct passing *passing, struct granting *granting)
{
    granting->passing = passing;
    passing->spy.answer = grant_otherwise;
    passing->spy.context = granting;
}

/* Of the answer that the request ends with, too. */
static void what_is_no_grant_opens_nothing(void **state)
{
    static const struct {
        struct granting granting;
        enum error read, written;
    } cases[] = {
        {{.error = OK, .replaced = true, .payload = {"", 0}}, ERROR_INTERNAL, ERROR_INTERNAL},
        {{.error = OK, .replaced = true, .payload = {"rubbish", 7}}, ERROR_SYNTAX, ERROR_SYNTAX},
        {{.error = ERROR_REFUSED, .replaced = true, .payload = {"rubbish", 7}}, ERROR_REFUSED, ERROR_REFUSED},
        {{.error = ERROR_SUSPENDED, .replaced = true, .payload = {"", 0}}, ERROR_SUSPENDED, ERROR_SUSPENDED},
        {{.targets = 1}, ERROR_INTERNAL, ERROR_INTERNAL},
        {{.targets = -1}, ERROR_INTERNAL, ERROR_INTERNAL},
        {{.error = ERROR_REFUSED, .targets = 1}, ERROR_REFUSED, ERROR_PARTIAL_VIEW},
        {{.error = ERROR_REFUSED}, ERROR_REFUSED, ERROR_PARTIAL_VIEW},
        {{.taken = DRAWER_ALL}, ERROR_NOT_FOUND, ERROR_INTERNAL},
        {{.taken = BIT(SOCIAL)}, OK, ERROR_INTERNAL},
        {{.taken = BIT(AUDIT)}, OK, OK},
    };
    struct passing passing;

    (void)state;
    begin(&passing);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct granting granting = cases[i].granting;
        lie(&passing, &granting);
        between.opened = 0;
        read_of(&passing, SLICE("Patient"), &anna, 0, false, NULL);
        if (passing.error != cases[i].read || (passing.error != OK && (passing.count || between.opened)))
            fail_msg("read %zu ends with %s", i, error_entry(passing.error)->name);
        enum error error = write_one(&passing, item_for(GATE_UPDATE, "Patient", &anna, &anna, PATIENT));
        if (error != cases[i].written)
            fail_msg("write %zu ends with %s", i, error_entry(error)->name);
    }
    passing.spy.answer = NULL;
    read_of(&passing, SLICE("Patient"), &anna, 0, false, NULL);
    assert_int_equal(passing.view[0].version, 2);
    struct granting silent = {.replaced = true, .payload = SLICE("")};
    lie(&passing, &silent);
    search_sets(&passing, "Observation", sets, 1, NULL, NULL); /* about nobody: no answer is still none */
    assert_int_equal(passing.error, ERROR_INTERNAL);
    end(&passing);
}

/* Who saw a part and would replace the whole is told so; else a refusal says nothing of what is there. */
static void a_refused_write_says_whether_a_part_may_be_seen(void **state)
{
    static const struct {
        enum gate_method method;
        uint8_t outcome;
        enum error error;
    } cases[] = {
        {GATE_UPDATE, OUTCOME_FULL, ERROR_PARTIAL_VIEW}, {GATE_DELETE, OUTCOME_FULL, ERROR_PARTIAL_VIEW},
        {GATE_PATCH, OUTCOME_FULL, ERROR_REFUSED},       {GATE_UPDATE, OUTCOME_SUMMARY, ERROR_REFUSED},
        {GATE_DELETE, OUTCOME_SUMMARY, ERROR_REFUSED},
    };
    struct passing passing;

    (void)state;
    begin(&passing);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        CLEANUP_BUFFER struct buffer made = buffer_new(1u << 16);
        struct grant_target target = {.outcome = {cases[i].outcome}};
        grant_write(&(struct grant){.target = &target, .targets = 1}, &made);
        struct granting granting = {.error = ERROR_REFUSED, .replaced = true, .payload = buffer_view(&made)};
        lie(&passing, &granting);
        unsigned before = between.calls[PROTOCOL_COMPLETE];
        enum error error = write_one(&passing, item_for(cases[i].method, "Patient", &anna, &anna, PATIENT));
        if (error != cases[i].error)
            fail_msg("write %zu ends with %s", i, error_entry(error)->name);
        assert_int_equal(passing.reason.partly, cases[i].outcome == OUTCOME_FULL);
        assert_int_equal(between.calls[PROTOCOL_COMPLETE], before); /* nothing was begun */
    }
    end(&passing);
}

#define TAG "\"tag\":[{\"system\":\"http://terminology.hl7.org/CodeSystem/v3-ObservationValue\",\"code\":\"SUBSETTED\"}]"

static void each_obligation_is_carried_out(void **state)
{
    static const struct {
        unsigned obligations, taken;
        bool partial, shows_phone, shows_social, shows_id;
    } cases[] = {
        {0, 0, false, true, true, true},
        {OBLIGATION_LOG | OBLIGATION_NOTIFY | OBLIGATION_REVIEW | OBLIGATION_EXPIRE, 0, false, true, true, true},
        {OBLIGATION_SUBSET, 0, true, true, true, true},
        {0, BIT(SOCIAL), true, true, false, true},
        {OBLIGATION_REDACT_LOCATION, 0, false, false, true, true},
        {OBLIGATION_MINIMUM, 0, false, true, false, false},
        {OBLIGATION_MINIMUM | OBLIGATION_REDACT_LOCATION, 0, false, true, false, false},
    };
    struct passing passing;

    (void)state;
    begin(&passing);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct granting granting = {.obligations = cases[i].obligations, .taken = cases[i].taken};
        lie(&passing, &granting);
        read_of(&passing, SLICE("Patient"), &anna, 0, false, NULL);
        assert_int_equal(passing.error, OK);
        struct seen seen = {.view = passing.view[0]};
        bool minimum = cases[i].obligations & OBLIGATION_MINIMUM;
        if (seen.view.partial != cases[i].partial || shows(&seen, TAG) != (cases[i].partial || minimum) ||
            shows(&seen, "0470") != cases[i].shows_phone || shows(&seen, "widowed") != cases[i].shows_social ||
            shows(&seen, "\"id\":") != cases[i].shows_id || !shows(&seen, "Hadad"))
            fail_msg("case %zu: %.*s", i, SLICE_PRINT(seen.view.json));
        assert_int_equal(seen.view.drawers, HERS & ~cases[i].taken);
        const struct completion *completion = &between.completion[0];
        assert_int_equal(completion->returned, 1);
        assert_int_equal(completion->error, OK);
        assert_int_equal(completion->leaf, passing.reason.leaf);
    }
    end(&passing);
}

static void who_is_known_is_told_without_opening_anything(void **state)
{
    static const struct {
        uint8_t outcome[3];
        size_t count;
    } cases[] = {
        {{OUTCOME_EXISTENCE, OUTCOME_EXISTENCE - 1}, 1},
        {{OUTCOME_SUMMARY, OUTCOME_FULL}, 2},
        {{OUTCOME_EXISTENCE - 1, OUTCOME_EXISTENCE}, 1},
    };
    struct passing passing;

    (void)state;
    begin(&passing);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct granting granting = {.outcome = {cases[i].outcome[0], cases[i].outcome[1]}};
        uint8_t with_targets[2] = {cases[i].outcome[0], cases[i].outcome[1]};
        CLEANUP_BUFFER struct buffer made = buffer_new(1u << 16);
        struct grant_target target[2] = {{.outcome = {with_targets[0]}}, {.outcome = {with_targets[1]}}};
        grant_write(&(struct grant){.target = target, .targets = 2}, &made);
        granting.replaced = true;
        granting.payload = buffer_view(&made);
        lie(&passing, &granting);
        between.opened = 0;
        search_of(&passing, 2, NULL, &order);
        assert_int_equal(passing.error, OK);
        assert_int_equal(passing.count, cases[i].count);
        assert_int_equal(between.opened, 0);
        assert_true(id_equal(&passing.view[0].inside, cases[i].outcome[0] >= OUTCOME_EXISTENCE ? &anna : &ben));
        assert_true(passing.view[0].partial && passing.view[0].json.length == 0);
    }
    end(&passing);
}

static void keys_are_wiped_when_the_request_has_ended(void **state)
{
    static const struct secret_key wiped;
    struct passing passing;

    (void)state;
    begin(&passing);
    search_of(&passing, 2, NULL, NULL); /* two targets: the last key is the second's */
    assert_int_equal(passing.count, 2);
    assert_memory_equal(between.last_key, &wiped, sizeof wiped);
    read_of(&passing, SLICE("Patient"), &anna, 0, false, NULL);
    assert_int_equal(passing.error, OK);
    assert_memory_equal(between.last_key, &wiped, sizeof wiped);
    end(&passing);
}

/* ---- what is stored ---- */

static void what_is_stored_carries_its_permission(void **state)
{
    static struct slice many[VAULT_TOKENS_MAX + 1];
    struct passing passing;

    (void)state;
    begin(&passing);
    for (size_t i = 0; i <= VAULT_TOKENS_MAX; i++)
        many[i] = slice_of("0123456789", 1 + i % 10);
    struct gate_write_item *item = item_for(GATE_UPDATE, "Observation", &observation, &anna, OBSERVED);
    item->term = many;
    for (item->terms = 0; item->terms <= VAULT_TOKENS_MAX + 1; item->terms += item->terms == 0 ? VAULT_TOKENS_MAX : 1) {
        passing.spy.count = 0;
        assert_int_equal(write_one(&passing, item), OK);
        const struct vault_write *write = between.stored->write;
        assert_int_equal(write->tokens, item->terms > VAULT_TOKENS_MAX ? VAULT_TOKENS_MAX : item->terms);
        assert_int_equal(write->leaf, passing.reason.leaf);
        assert_int_equal(write->version, write->expected + 1);
        assert_false(write->keep_postings || write->deleted);
        assert_int_equal(between.stored->facts_writes, 0);
        const struct completion *completion = &between.completion[0];
        assert_int_equal(completion->returned, 1);
        assert_int_equal(completion->leaf, write->leaf);
    }
    passing.spy.count = 0;
    assert_int_equal(write_one(&passing, item_for(GATE_DELETE, "Observation", &observation, &anna, "")), OK);
    assert_true(between.stored->write->deleted);
    assert_int_equal(between.stored->write->body.length, 0);
    assert_int_equal(between.stored->write->tokens, 0);
    end(&passing);
}

static void a_write_that_was_overtaken_returned_nothing(void **state)
{
    struct passing passing, second;

    (void)state;
    begin(&passing);
    struct gate_write_item *item[2];
    second = passing;
    for (int i = 0; i < 2; i++) {
        item[i] = item_for(GATE_UPDATE, "Observation", &observation, &anna, OBSERVED);
        struct passing *whose = i == 0 ? &passing : &second;
        whose->calls = 0;
    }
    passing.spy.count = 0;
    passing.house.waiting = 2;
    for (int i = 0; i < 2; i++)
        gate_write(passing.house.gate, &(struct gate_write){&passing.nurse, passing.house.whole.arena, item[i], 1,
                                                            was_written, &passing});
    house_wait(&passing.house);
    assert_int_equal(passing.calls, 2);
    assert_int_equal(passing.error, ERROR_PRECONDITION);
    assert_int_equal(between.completion[1].returned, 1);
    assert_int_equal(between.completion[0].returned, 0);
    assert_int_equal(between.completion[0].error, ERROR_PRECONDITION);
    end(&passing);
}

/* What the write would run into is told only to whom it would be permitted. */
static void an_obstacle_is_told_after_the_grant(void **state)
{
    static const struct {
        enum gate_method method;
        const struct id *resource;
        uint64_t expected;
        enum error error;
    } cases[] = {
        {GATE_UPDATE, &other, 0, ERROR_NOT_FOUND},       {GATE_PATCH, &other, 1, ERROR_NOT_FOUND},
        {GATE_DELETE, &other, 0, ERROR_NOT_FOUND},       {GATE_UPDATE, &observation, 2, ERROR_PRECONDITION},
        {GATE_DELETE, &observation, 2, ERROR_PRECONDITION}, {GATE_UPDATE, &deleted, 1, ERROR_PRECONDITION},
        {GATE_UPDATE, &deleted, 2, OK},                  {GATE_UPDATE, &observation, 1, OK},
        {GATE_UPDATE, &observation, 0, OK},              {GATE_DELETE, &observation, 3, OK},
    };
    struct passing passing;

    (void)state;
    begin(&passing);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct gate_write_item *item = item_for(cases[i].method, "Observation", cases[i].resource, &anna, OBSERVED);
        item->expected = cases[i].expected;
        passing.spy.count = 0;
        enum error error = write_one(&passing, item);
        if (error != cases[i].error)
            fail_msg("write %zu ends with %s", i, error_entry(error)->name);
        const struct completion *completion = &between.completion[0];
        assert_int_equal(completion->error, error);
        assert_int_equal(completion->returned, error == OK);
        struct granting granting = {.error = ERROR_REFUSED, .taken = DRAWER_ALL, .replaced = true};
        if (error == OK)
            continue;
        lie(&passing, &granting);
        assert_int_equal(write_one(&passing, item), ERROR_REFUSED);
        passing.spy.answer = NULL;
    }
    end(&passing);
}

static void unreadable(enum error *error, struct vault_version *version)
{
    version->body = SLICE("damaged");
    (void)error;
}

static void gone(enum error *error, struct vault_version *version)
{
    version->deleted = id_equal(&version->person, &anna);
    (void)error;
}

static void of_another(enum error *error, struct vault_version *version)
{
    version->person = other;
    (void)error;
}

static void missing(enum error *error, struct vault_version *version)
{
    (void)version;
    *error = ERROR_NOT_FOUND;
}

static void what_the_vault_holds_is_not_believed_blindly(void **state)
{
    struct passing passing;

    (void)state;
    begin(&passing);
    between.read = unreadable;
    read_of(&passing, SLICE("Patient"), &anna, 0, false, NULL);
    assert_int_equal(passing.error, ERROR_CORRUPT);
    assert_int_equal(passing.count, 0);
    search_of(&passing, 2, NULL, NULL);
    assert_int_equal(passing.error, ERROR_CORRUPT);
    between.read = gone;
    search_of(&passing, 2, NULL, NULL);
    assert_int_equal(passing.error, OK);
    assert_int_equal(passing.count, 1);
    assert_true(id_equal(&passing.view[0].person, &ben));
    between.read = of_another;
    between.opened = 0;
    read_of(&passing, SLICE("Patient"), &anna, 0, false, NULL);
    assert_int_equal(passing.error, ERROR_NOT_FOUND);
    search_of(&passing, 2, NULL, NULL);
    assert_int_equal(passing.count, 0);
    assert_int_equal(between.opened, 0);
    between.read = missing;
    search_of(&passing, 2, NULL, NULL);
    assert_int_equal(passing.error, OK);
    assert_int_equal(passing.count, 0);
    end(&passing);
}

static void what_is_nobodys_is_written_by_the_node_and_its_administrator(void **state)
{
    static const struct {
        enum sector sector;
        enum role role;
        enum error error;
    } cases[] = {
        {SECTOR_HEALTH, ROLE_NURSE, ERROR_REFUSED},
        {SECTOR_SYSTEM, ROLE_NURSE, OK},
        {SECTOR_HEALTH, ROLE_ADMINISTRATOR, OK},
        {SECTOR_OVERSIGHT, ROLE_OVERSEER, ERROR_REFUSED},
    };
    struct passing passing;
    struct gate_view view;
    uint64_t version = 0;

    (void)state;
    begin(&passing);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct gate_write_item *item = item_for(version ? GATE_UPDATE : GATE_CREATE, "Organization", &clinic, &nobody,
                                                "{\"resourceType\":\"Organization\"}");
        struct gate_asker asker = passing.nurse;
        asker.credential.sector = cases[i].sector;
        asker.credential.role = cases[i].role;
        assert_int_equal(write_all(&passing, &asker, item, 1), cases[i].error);
        if (cases[i].error == OK)
            assert_int_equal(item->version, ++version);
    }
    struct gate_asker administrator = passing.nurse;
    administrator.credential.role = ROLE_ADMINISTRATOR;
    struct gate_write_item mixed[] = {*item_for(GATE_UPDATE, "Organization", &clinic, &nobody, "{}"),
                                      *item_for(GATE_CREATE, "Observation", &other, &anna, OBSERVATION)};
    assert_int_equal(write_all(&passing, &administrator, mixed, 2), ERROR_VALUE);
    assert_int_equal(gate_common(passing.house.gate, passing.house.whole.arena, SLICE("Organization"), &clinic, &view),
                     OK);
    assert_int_equal(view.version, 2);
    assert_int_equal(spied_count(&passing.spy, PROTOCOL_ACCESS), 0);
    end(&passing);
}

static void all_that_is_nobodys_is_listed(void **state)
{
    static struct gate_write_item item[300];
    struct passing passing;
    struct gate_views views;

    (void)state;
    begin(&passing);
    struct gate_asker administrator = passing.nurse;
    administrator.credential.role = ROLE_ADMINISTRATOR;
    for (size_t i = 0; i < 300; i++)
        item[i] = *item_for(GATE_CREATE, "Organization", &(struct id){{0x60, (uint8_t)(i >> 8), (uint8_t)i}}, &nobody,
                            "{\"resourceType\":\"Organization\"}");
    assert_int_equal(write_all(&passing, &administrator, item, 300), OK);
    struct arena *arena = arena_new(1u << 20);
    assert_int_equal(gate_common_all(passing.house.gate, arena, SLICE("Organization"), &views), OK);
    assert_int_equal(views.count, 300);
    for (size_t i = 0; i < 300; i++) {
        assert_true(slice_is(views.view[i].json, "{\"resourceType\":\"Organization\"}"));
        assert_int_equal(views.view[i].inside.byte[2], i % 256);
    }
    arena_free(arena);
    end(&passing);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_question_asks_for_exactly_what_it_needs),
        cmocka_unit_test(a_write_asks_for_exactly_what_it_needs),
        cmocka_unit_test(a_bundle_is_one_question_about_all_of_it),
        cmocka_unit_test(too_much_at_once_is_refused_before_it_is_asked),
        cmocka_unit_test(what_is_no_grant_opens_nothing),
        cmocka_unit_test(a_refused_write_says_whether_a_part_may_be_seen),
        cmocka_unit_test(each_obligation_is_carried_out),
        cmocka_unit_test(who_is_known_is_told_without_opening_anything),
        cmocka_unit_test(keys_are_wiped_when_the_request_has_ended),
        cmocka_unit_test(what_is_stored_carries_its_permission),
        cmocka_unit_test(a_write_that_was_overtaken_returned_nothing),
        cmocka_unit_test(an_obstacle_is_told_after_the_grant),
        cmocka_unit_test(what_the_vault_holds_is_not_believed_blindly),
        cmocka_unit_test(all_that_is_nobodys_is_listed),
        cmocka_unit_test(what_is_nobodys_is_written_by_the_node_and_its_administrator),
    };
    return cmocka_run_group_tests(tests, whole_template_make, whole_template_remove);
}
