/* SPDX-License-Identifier: Apache-2.0 */
#include "passing.h"

const struct id ben = {{0xB2}}, observation = {{0x0B}}, deleted = {{0xDE}}, encounter = {{0xEE}}, other = {{0x77}},
                order = {{0x0D}}, clinic = {{0xE1}}, nobody = {{0}};
const struct slice passing_terms[2] = {{"family=hadad", 12}, {"family=haddad", 13}};
const struct gate_term_set passing_sets[2] = {{passing_terms, 1}, {passing_terms + 1, 1}};

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
    for (size_t i = 0; i < views->count; i++)
        passing->view[i] = views->view[i];
    passing->count = views->count;
    passing->reason = views->reason;
    ended(passing, error);
}

void passing_written(void *context, enum error error, const struct gate_reason *reason, int64_t time_ms)
{
    struct passing *passing = context;

    (void)time_ms;
    passing->reason = *reason;
    ended(passing, error);
}

struct gate_write_item *item_for(enum gate_method method, const char *type, const struct id *resource,
                                 const struct id *person, const char *json)
{
    static struct gate_write_item item[600];
    static size_t at;

    item[at = (at + 1) % 600] = item_of(method, type, resource, json);
    item[at].person = *person;
    return &item[at];
}

enum error write_all(struct passing *passing, const struct gate_asker *asker, struct gate_write_item *item,
                     size_t items)
{
    passing->calls = 0;
    passing->house.waiting = 1;
    gate_write(passing->house.gate,
               &(struct gate_write){asker, passing->house.whole.arena, item, items, passing_written, passing});
    house_wait(&passing->house);
    assert_int_equal(passing->calls, 1);
    return passing->error;
}

enum error write_one(struct passing *passing, struct gate_write_item *item)
{
    return write_all(passing, &passing->nurse, item, 1);
}

void passing_begin(struct passing *passing)
{
    *passing = (struct passing){0};
    between_reset();
    house_open(&passing->house);
    passing->nurse = asker_of(&passing->house, &NURSE);
    passing->nurse.request = 77;
    passing->nurse.purpose = PURPOSE_TREAT;
    struct gate_write_item *her = item_for(GATE_CREATE, "Patient", &anna, &anna, PATIENT);
    her->term = passing_terms;
    her->terms = 1;
    assert_int_equal(write_one(passing, her), OK);
    her = item_for(GATE_CREATE, "Patient", &ben, &ben, PATIENT);
    her->term = passing_terms + 1;
    her->terms = 1;
    assert_int_equal(write_one(passing, her), OK);
    assert_int_equal(write_one(passing, item_for(GATE_CREATE, "Observation", &observation, &anna, OBSERVED)), OK);
    assert_int_equal(write_one(passing, item_for(GATE_CREATE, "Observation", &deleted, &anna, OBSERVATION)), OK);
    assert_int_equal(write_one(passing, item_for(GATE_DELETE, "Observation", &deleted, &anna, "")), OK);
    spy_begin(&passing->spy, &passing->house);
}

void passing_end(struct passing *passing)
{
    between_reset();
    spy_end(&passing->spy);
    house_close(&passing->house);
}

void read_of(struct passing *passing, struct slice type, const struct id *resource, uint64_t version, bool history,
             const struct id *under)
{
    passing->calls = 0;
    passing->count = 0;
    passing->spy.count = 0;
    passing->house.waiting = 1;
    gate_read(passing->house.gate, &(struct gate_read){&passing->nurse, passing->house.whole.arena, type, *resource,
                                                       version, history, under, views_came, passing});
    house_wait(&passing->house);
    assert_int_equal(passing->calls, 1);
}

void scan_of(struct passing *passing, struct slice type)
{
    passing->spy.count = 0;
    passing->house.waiting = 1;
    gate_scan(passing->house.gate, &(struct gate_scan){&passing->nurse, passing->house.whole.arena, anna, type,
                                                       OUTCOME_SUMMARY, ACTION_READ, views_came, passing});
    house_wait(&passing->house);
}

void search_sets(struct passing *passing, const char *type, const struct gate_term_set *set, size_t count,
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

void search_of(struct passing *passing, size_t count, const struct id *match_for, const struct id *under)
{
    search_sets(passing, "Patient", passing_sets, count, match_for, under);
}
