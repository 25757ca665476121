/* SPDX-License-Identifier: Apache-2.0 */

/* What the gate asks of its safe. Proves that each request asks for exactly what it needs, about exactly whom it concerns,
 * and that what is too much is refused before anybody is asked. */

#include "passing.h"

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
    passing_begin(&passing);
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

    passing_end(&passing);
}

static void a_search_asks_for_exactly_what_it_needs(void **state)
{
    struct passing passing;
    struct access of = {.action = ACTION_READ, .target = known, .targets = 1};

    (void)state;
    passing_begin(&passing);
    of.needed = OUTCOME_SUMMARY, of.type = OBSERVATIONS, of.drawers = ANY_OBSERVATION;
    scan_of(&passing, OBSERVATIONS);
    expect(&passing, "a scan", &of, &anna);
    assert_int_equal(write_one(&passing, item_for(GATE_CREATE, "Consent", &other, &anna,
                                                  "{\"resourceType\":\"Consent\",\"status\":\"draft\"}")),
                     OK);
    scan_of(&passing, OBSERVATIONS);
    expect(&passing, "a scan beside a consent", &of, &anna);
    of.type = SLICE(""), of.drawers = ANY_PATIENT | BIT(AUDIT);
    scan_of(&passing, SLICE(""));
    expect(&passing, "a scan of all", &of, &anna);
    of.type = PATIENTS, of.drawers = ANY_PATIENT, of.action = ACTION_SEARCH, of.needed = OUTCOME_FULL,
    of.hide_refused = true, of.targets = 2;
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
        item->term = passing_terms;
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
    search_sets(&passing, "Observation", passing_sets, 1, NULL, NULL);
    expect(&passing, "a search of observations", &of, &anna);
    assert_int_equal(passing.count, 2);
    of.targets = 0;
    search_sets(&passing, "Observation", passing_sets + 1, 1, NULL, NULL);
    expect(&passing, "a search that finds nothing", &of, NULL);
    assert_int_equal(passing.error, OK);
    passing_end(&passing);
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
        passing_begin(&passing);
        struct gate_write_item *item = item_for(cases[i].method, cases[i].type, cases[i].resource, cases[i].person,
                                                cases[i].json);
        item->seen = cases[i].seen;
        (void)write_one(&passing, item);
        snprintf(what, sizeof what, "write %zu", i);
        expect(&passing, what, &of, cases[i].person);
        passing_end(&passing);
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
    passing_begin(&passing);
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
    passing_end(&passing);
}

static void what_is_there_is_not_created_again(void **state)
{
    struct passing passing;

    (void)state;
    passing_begin(&passing);
    assert_int_equal(write_one(&passing, item_for(GATE_CREATE, "Observation", &observation, &anna, OBSERVATION)),
                     ERROR_EXISTS);
    assert_int_equal(spied_count(&passing.spy, PROTOCOL_ACCESS), 0);
    passing_end(&passing);
}

/* What belongs to nobody is written by itself: beside something of hers it is asked about like a person, and refused. */
static void nobody_is_no_person(void **state)
{
    struct access of = {.action = ACTION_WRITE,
                        .needed = OUTCOME_FULL,
                        .type = SLICE("Bundle"),
                        .resources = 2,
                        .all_or_nothing = true,
                        .drawers = BIT(CLINICAL),
                        .target = known,
                        .targets = 2};
    struct gate_write_item item[2];
    struct passing passing;

    (void)state;
    passing_begin(&passing);
    item[0] = *item_for(GATE_CREATE, "Observation", &other, &anna, OBSERVATION);
    item[1] = *item_for(GATE_CREATE, "Observation", &clinic, &nobody, OBSERVATION);
    assert_int_not_equal(write_all(&passing, &passing.nurse, item, 2), OK);
    expect(&passing, "a bundle with something of nobody's", &of, (struct id[]){anna, nobody});
    passing_end(&passing);
}

static void too_much_at_once_is_refused_before_it_is_asked(void **state)
{
    static struct gate_write_item item[PROTOCOL_CHANGES_MAX + 1];
    struct passing passing;

    (void)state;
    passing_begin(&passing);
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
    passing_end(&passing);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_question_asks_for_exactly_what_it_needs),
        cmocka_unit_test(a_search_asks_for_exactly_what_it_needs),
        cmocka_unit_test(a_write_asks_for_exactly_what_it_needs),
        cmocka_unit_test(a_bundle_is_one_question_about_all_of_it),
        cmocka_unit_test(what_is_there_is_not_created_again),
        cmocka_unit_test(nobody_is_no_person),
        cmocka_unit_test(too_much_at_once_is_refused_before_it_is_asked),
    };
    return cmocka_run_group_tests(tests, whole_template_make, whole_template_remove);
}
