/* SPDX-License-Identifier: Apache-2.0 */

/* Memory that runs out in the middle of a request, at every place where the gate asks for some: the caller is told once,
 * gets nothing, and whoever comes next is served. Arenas of every size from nothing to enough. */

#include <stdio.h>

#include "house.h"

#define STEP 48 /* at first */
#define FINE_STEPS 1000
#define WIDE_STEP 16384 /* a search takes room for all that it could find at once */
#define STEPS_MAX 1100

struct crowded {
    struct house house;
    struct gate_asker nurse, self;
    struct arena *arena; /* of the request: smaller than it needs */
    unsigned calls;
    enum error error;
};

static void ended(struct crowded *crowded, enum error error)
{
    crowded->calls++;
    crowded->error = error;
    house_answered(&crowded->house);
}

static void views_came(void *context, enum error error, const struct gate_views *views)
{
    if (error != OK)
        assert_int_equal(views->count, 0);
    ended(context, error);
}

static void was_written(void *context, enum error error, const struct gate_reason *reason, int64_t time_ms)
{
    (void)reason;
    (void)time_ms;
    ended(context, error);
}

static void bytes_came(void *context, enum error error, struct slice payload)
{
    (void)payload;
    ended(context, error);
}

static void credential_came(void *context, enum error error, const struct credential *credential)
{
    if (error != OK)
        assert_int_equal(credential->actor.length, 0);
    ended(context, error);
}

typedef void request(struct crowded *crowded);

static void read_her(struct crowded *crowded)
{
    gate_read(crowded->house.gate, &(struct gate_read){.asker = &crowded->nurse,
                                                       .arena = crowded->arena,
                                                       .type = SLICE("Patient"),
                                                       .resource = anna,
                                                       .done = views_came,
                                                       .context = crowded});
}

static void read_history(struct crowded *crowded)
{
    gate_read(crowded->house.gate, &(struct gate_read){.asker = &crowded->nurse,
                                                       .arena = crowded->arena,
                                                       .type = SLICE("Patient"),
                                                       .resource = anna,
                                                       .history = true,
                                                       .done = views_came,
                                                       .context = crowded});
}

static void scan_her(struct crowded *crowded)
{
    gate_scan(crowded->house.gate, &(struct gate_scan){.asker = &crowded->nurse,
                                                       .arena = crowded->arena,
                                                       .person = anna,
                                                       .type = SLICE(""),
                                                       .needed = OUTCOME_FULL,
                                                       .action = ACTION_READ,
                                                       .done = views_came,
                                                       .context = crowded});
}

static const struct slice terms[] = {{"family=hadad", 12}};
static const struct gate_term_set sets[] = {{terms, 1}, {terms, 1}};

static void search_her(struct crowded *crowded)
{
    gate_search(crowded->house.gate, &(struct gate_search){.asker = &crowded->nurse,
                                                           .arena = crowded->arena,
                                                           .type = SLICE("Patient"),
                                                           .set = sets,
                                                           .sets = 2,
                                                           .any_set = true,
                                                           .done = views_came,
                                                           .context = crowded});
}

static void update_her(struct crowded *crowded)
{
    static struct gate_write_item item;

    item = item_of(GATE_UPDATE, "Patient", &anna, PATIENT);
    item.term = terms;
    item.terms = 1;
    gate_write(crowded->house.gate,
               &(struct gate_write){&crowded->nurse, crowded->arena, &item, 1, was_written, crowded});
}

static void write_her_encounter(struct crowded *crowded)
{
    static const struct id encounter = {{0xEE}};
    static struct gate_write_item item;

    item = item_of(GATE_CREATE, "Encounter", &encounter,
                   "{\"resourceType\":\"Encounter\",\"status\":\"in-progress\",\"class\":{\"code\":\"AMB\"}}");
    gate_write(crowded->house.gate,
               &(struct gate_write){&crowded->nurse, crowded->arena, &item, 1, was_written, crowded});
}

static void list_looks(struct crowded *crowded)
{
    gate_events(crowded->house.gate,
                &(struct gate_audit){&crowded->self, crowded->arena, anna, 0, bytes_came, crowded});
}

static void prove_look(struct crowded *crowded)
{
    gate_proof(crowded->house.gate, &(struct gate_audit){&crowded->self, crowded->arena, anna, 1, bytes_came, crowded});
}

static void open_glass(struct crowded *crowded)
{
    gate_break_glass(crowded->house.gate, &(struct gate_glass){.asker = &crowded->nurse,
                                                               .arena = crowded->arena,
                                                               .person = anna,
                                                               .reason = SLICE("unconscious at the quay"),
                                                               .done = was_written,
                                                               .context = crowded});
}

static void identify(struct crowded *crowded)
{
    gate_forget_askers(crowded->house.gate);
    gate_identify(crowded->house.gate, crowded->arena, crowded->nurse.token, credential_came, crowded);
}

static const struct {
    const char *name;
    request *make;
} requests[] = {
    {"read", read_her},     {"history", read_history}, {"scan", scan_her},
    {"search", search_her}, {"update", update_her},    {"encounter", write_her_encounter},
    {"looks", list_looks},  {"proof", prove_look},     {"glass", open_glass},
    {"identify", identify},
};

static size_t bytes_of(unsigned step)
{
    return step < FINE_STEPS ? (size_t)step * STEP : FINE_STEPS * STEP + (size_t)(step - FINE_STEPS) * WIDE_STEP;
}

/* Grows until the request goes through; what it ends with before is no success and no crash. */
static void grow(struct crowded *crowded, const char *name, request *make)
{
    unsigned refused = 0;

    for (unsigned step = 0; step < STEPS_MAX; step++) {
        crowded->arena = arena_new(bytes_of(step));
        crowded->calls = 0;
        crowded->house.waiting = 1;
        make(crowded);
        house_wait(&crowded->house);
        assert_int_equal(crowded->calls, 1);
        arena_free(crowded->arena);
        bool room = crowded->error != ERROR_MEMORY && crowded->error != ERROR_TOO_LARGE;
        if (room) {
            if (refused == 0)
                fail_msg("%s takes no memory", name);
            return;
        }
        refused++;
    }
    fail_msg("%s never has enough", name);
}

static void who_has_no_room_is_told_and_the_next_is_served(void **state)
{
    struct whole_person patient = whole_patient(&anna);
    struct crowded crowded = {.error = OK};

    (void)state;
    house_open(&crowded.house);
    crowded.nurse = asker_of(&crowded.house, &NURSE);
    crowded.self = asker_of(&crowded.house, &patient);
    struct gate_write_item item = item_of(GATE_CREATE, "Patient", &anna, PATIENT);
    item.term = terms;
    item.terms = 1;
    assert_int_equal(write_as(&crowded.house, &crowded.nurse, &item), OK);
    for (size_t i = 0; i < sizeof requests / sizeof *requests; i++) {
        grow(&crowded, requests[i].name, requests[i].make);
        struct seen seen = read_as(&crowded.house, &crowded.nurse, "Patient", &anna, 0);
        if (seen.error != OK)
            fail_msg("after %s: %d", requests[i].name, seen.error);
        assert_int_equal(seen.error, OK);
        assert_true(shows(&seen, "Hadad"));
    }
    house_close(&crowded.house);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(who_has_no_room_is_told_and_the_next_is_served)};
    return cmocka_run_group_tests(tests, whole_template_make, whole_template_remove);
}
