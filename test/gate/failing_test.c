/* SPDX-License-Identifier: Apache-2.0 */

/* Whatever the gate calls may fail, at each of its calls, one after the other. Proves that the caller is told so, once
 * and with that error, that nothing is shown or stored then, and that whoever comes next is served. */

#include <stdio.h>

#include "between.h"
#include "gate/internal.h"
#include "house.h"

struct failing {
    struct house house;
    struct gate_asker nurse, self, administrator;
    struct arena *arena; /* of the request */
    char directory[160];
    unsigned calls, round;
    enum error error;
    size_t count; /* what was shown, or found */
};

static const struct whole_person ADMINISTRATOR = {ROLE_ADMINISTRATOR, SECTOR_HEALTH, 1u << PURPOSE_HOPERAT,
                                                  "harbour-clinic",   {{0}},         NULL};
static const struct id encounter = {{0xEE}}, deleted = {{0xDE}}, clinic = {{0xE1}}, order = {{0x0D}};
static const struct slice terms[] = {{"family=hadad", 12}, {"birth=1990", 10}};
static const struct gate_term_set sets[] = {{terms, 2}, {terms + 1, 1}};

static void ended(struct failing *failing, enum error error, size_t count)
{
    failing->calls++;
    failing->error = error;
    failing->count = count;
    if (failing->house.waiting > 0)
        house_answered(&failing->house);
}

static void views_came(void *context, enum error error, const struct gate_views *views)
{
    ended(context, error, views->count);
}

static void was_written(void *context, enum error error, const struct gate_reason *reason, int64_t time_ms)
{
    (void)reason;
    (void)time_ms;
    ended(context, error, 0);
}

static void bytes_came(void *context, enum error error, struct slice payload)
{
    ended(context, error, payload.length);
}

static void credential_came(void *context, enum error error, const struct credential *credential)
{
    ended(context, error, error == OK ? 0 : credential->actor.length);
}

static void was_done(void *context, enum error error)
{
    ended(context, error, 0);
}

/* ---- every request ---- */

#define GATE failing->house.gate
#define ARENA failing->arena

static void read_as_of(struct failing *failing, const char *type, const struct id *resource, uint64_t version,
                       bool history, const struct id *under)
{
    gate_read(GATE, &(struct gate_read){&failing->nurse, ARENA, slice_from_string(type), *resource, version, history,
                                        under, views_came, failing});
}

static void read_her(struct failing *failing)
{
    read_as_of(failing, "Patient", &anna, 0, false, NULL);
}

static void read_version(struct failing *failing)
{
    read_as_of(failing, "Patient", &anna, 1, false, NULL);
}

static void read_history(struct failing *failing)
{
    read_as_of(failing, "Patient", &anna, 0, true, NULL);
}

static void read_deleted(struct failing *failing)
{
    read_as_of(failing, "Observation", &deleted, 0, false, NULL);
}

static void read_nothing(struct failing *failing)
{
    read_as_of(failing, "Observation", &order, 0, false, NULL);
}

static void read_under_order(struct failing *failing)
{
    read_as_of(failing, "Patient", &anna, 0, false, &order);
}

static void scan_of(struct failing *failing, const char *type)
{
    gate_scan(GATE, &(struct gate_scan){&failing->nurse, ARENA, anna, slice_from_string(type), OUTCOME_FULL,
                                        ACTION_READ, views_came, failing});
}

static void scan_all(struct failing *failing)
{
    scan_of(failing, "");
}

static void scan_type(struct failing *failing)
{
    scan_of(failing, "Patient");
}

static void search_of(struct failing *failing, bool any, const struct id *match_for, const struct id *under)
{
    gate_search(GATE, &(struct gate_search){&failing->nurse, ARENA, SLICE("Patient"), sets, 2, any, match_for, under,
                                            views_came, failing});
}

static void search_both(struct failing *failing)
{
    search_of(failing, false, NULL, NULL);
}

static void search_either(struct failing *failing)
{
    search_of(failing, true, NULL, NULL);
}

static void match_her(struct failing *failing)
{
    search_of(failing, true, &anna, NULL);
}

static void search_under_order(struct failing *failing)
{
    search_of(failing, true, NULL, &order);
}

static void read_clinic(struct failing *failing)
{
    struct gate_view view;

    ended(failing, gate_common(GATE, ARENA, SLICE("Organization"), &clinic, &view), 0);
}

static void read_clinics(struct failing *failing)
{
    struct gate_views views = {0};

    ended(failing, gate_common_all(GATE, ARENA, SLICE("Organization"), &views), views.count);
}

static void whose_is_it(struct failing *failing)
{
    struct id person;

    ended(failing, gate_person_of(GATE, ARENA, &anna, &person), 0);
}

static struct gate_write_item item;

static void write_item(struct failing *failing, const struct gate_asker *asker)
{
    gate_write(GATE, &(struct gate_write){asker, ARENA, &item, 1, was_written, failing});
}

static void create_her(struct failing *failing)
{
    struct id person = {{0xB0, (uint8_t)failing->round}}; /* keys made for nobody are not given to the next */

    item = item_of(GATE_CREATE, "Patient", &person, PATIENT);
    item.person = person;
    item.term = terms;
    item.terms = 2;
    write_item(failing, &failing->nurse);
}

static void update_her(struct failing *failing)
{
    item = item_of(GATE_UPDATE, "Patient", &anna, PATIENT);
    item.term = terms;
    item.terms = 2;
    write_item(failing, &failing->nurse);
}

static void patch_her(struct failing *failing)
{
    item = item_of(GATE_PATCH, "Patient", &anna, PATIENT);
    item.seen = 1u << DRAWER_IDENTITY | 1u << DRAWER_CONTACT | 1u << DRAWER_SOCIAL;
    write_item(failing, &failing->nurse);
}

static void write_encounter(struct failing *failing)
{
    item = item_of(GATE_CREATE, "Encounter", &encounter,
                   "{\"resourceType\":\"Encounter\",\"status\":\"in-progress\",\"class\":{\"code\":\"AMB\"}}");
    write_item(failing, &failing->nurse);
}

static void delete_encounter(struct failing *failing)
{
    item = item_of(GATE_DELETE, "Encounter", &encounter, "");
    write_item(failing, &failing->nurse);
}

static void write_again_after_deletion(struct failing *failing)
{
    item = item_of(GATE_UPDATE, "Observation", &deleted, "{\"resourceType\":\"Observation\",\"status\":\"final\"}");
    write_item(failing, &failing->nurse);
}

static void write_clinic(struct failing *failing)
{
    item = item_of(GATE_UPDATE, "Organization", &clinic, "{\"resourceType\":\"Organization\",\"name\":\"Quay\"}");
    item.person = (struct id){{0}};
    write_item(failing, &failing->administrator);
}

static void list_looks(struct failing *failing)
{
    gate_events(GATE, &(struct gate_audit){&failing->self, ARENA, anna, 0, bytes_came, failing});
}

static void prove_look(struct failing *failing)
{
    uint64_t last = whole_entries(&failing->house.whole) - 1;

    gate_proof(GATE, &(struct gate_audit){&failing->self, ARENA, anna, last, bytes_came, failing});
}

static void open_glass(struct failing *failing)
{
    gate_break_glass(GATE, &(struct gate_glass){&failing->nurse, ARENA, anna, SLICE("unconscious at the quay"),
                                                was_written, failing});
}

static void identify(struct failing *failing)
{
    gate_forget_askers(GATE);
    gate_identify(GATE, ARENA, failing->nurse.token, credential_came, failing);
}

static void note_finding(void *context, struct slice line)
{
    (void)context;
    print_message("%.*s\n", SLICE_PRINT(line));
    fail();
}

static void check_all(struct failing *failing)
{
    gate_check(GATE, &(struct gate_check){note_finding, was_done, failing}, ARENA);
}

static void back_up(struct failing *failing)
{
    snprintf(failing->directory, sizeof failing->directory, "%s/backup-%u", failing->house.whole.directory,
             failing->round);
    gate_backup(GATE, &(struct gate_backup){failing->directory, was_done, failing}, ARENA);
}

static void greet(struct failing *failing)
{
    gate_hello(GATE, was_done, failing);
}

static void open_another(struct failing *failing)
{
    struct house *house = &failing->house;
    struct gate_options options = {house->whole.directory, house->loop, &house->whole.world, house->client};
    struct gate *other = NULL;
    enum error error = gate_open(&options, &other, NULL);

    assert_true((error == OK) == (other != NULL));
    gate_close(other);
    ended(failing, error, 0);
}

static void mark_restored(struct failing *failing)
{
    ended(failing, gate_mark_restored(failing->house.whole.directory, NULL), 0);
}

static void erase_her(struct failing *failing)
{
    gate_erase(GATE, &(struct gate_erase){&failing->self, ARENA, anna, was_written, failing});
}

static void take_minimum(struct failing *failing)
{
    struct slice left;

    ended(failing, gate_minimum(ARENA, SLICE("Patient"), SLICE(PATIENT), &left), 0);
}

static void redact(struct failing *failing)
{
    struct slice left;

    ended(failing, gate_redact_location(ARENA, SLICE("Patient"), SLICE(PATIENT), &left), 0);
}

static const struct {
    const char *name;
    void (*make)(struct failing *failing);
    enum error end;   /* when nothing fails */
    bool reads_parts; /* a part that cannot be read is no reason to ask for less: the question goes on without it */
} requests[] = {
    {"create", create_her, OK, false},
    {"read", read_her, OK, true},
    {"read of a version", read_version, OK, true},
    {"history", read_history, OK, true},
    {"read of what is deleted", read_deleted, ERROR_GONE, true},
    {"read of what is not there", read_nothing, ERROR_REFUSED, false},
    {"read under an order", read_under_order, OK, true},
    {"scan of all", scan_all, OK, true},
    {"scan of a type", scan_type, OK, false},
    {"search for both", search_both, OK, false},
    {"search for either", search_either, OK, false},
    {"match", match_her, OK, false},
    {"search under an order", search_under_order, ERROR_REFUSED, false},
    {"clinic", read_clinic, OK, false},
    {"clinics", read_clinics, OK, false},
    {"whose", whose_is_it, OK, false},
    {"update", update_her, OK, false},
    {"patch", patch_her, OK, false},
    {"encounter", write_encounter, OK, false},
    {"deletion", delete_encounter, OK, false},
    {"update of what is deleted", write_again_after_deletion, OK, true},
    {"clinic's update", write_clinic, OK, false},
    {"looks", list_looks, OK, false},
    {"proof", prove_look, OK, false},
    {"glass", open_glass, OK, false},
    {"identify", identify, OK, false},
    {"check", check_all, OK, false},
    {"backup", back_up, OK, false},
    {"hello", greet, OK, false},
    {"open", open_another, OK, false},
    {"mark", mark_restored, OK, false},
    {"minimum", take_minimum, OK, false},
    {"redaction", redact, OK, false},
    {"erase", erase_her, OK, false},
};

/* An access to a person, which the safe decides on. */
static bool is_access(size_t number)
{
    static void (*const others[])(struct failing * failing) = {read_clinic,  read_clinics,  whose_is_it,  write_clinic,
                                                               identify,     check_all,     back_up,      greet,
                                                               open_another, mark_restored, take_minimum, redact};

    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        if (requests[number].make == others[i])
            return false;
    return true;
}

static const struct {
    const char *name;
    enum error error;
} failures[] = {
    {"malloc", ERROR_MEMORY},          {"calloc", ERROR_MEMORY},     {"arena_alloc", ERROR_MEMORY},
    {"arena_array", ERROR_MEMORY},     {"arena_copy", ERROR_MEMORY}, {"block_cipher_new", ERROR_MEMORY},
    {"buffer_check", ERROR_MEMORY},    {"json_parse", ERROR_MEMORY}, {"secret_pool_new", ERROR_MEMORY},
    {"secret_take", ERROR_MEMORY},     {"part_seal", ERROR_MEMORY},  {"part_open", ERROR_SEALED},
    {"part_body_read", ERROR_CORRUPT},
};

static enum error error_of(const char *name)
{
    for (size_t i = 0; i < sizeof failures / sizeof *failures; i++)
        if (strcmp(failures[i].name, name) == 0)
            return failures[i].error;
    return ERROR_IO;
}

/* What the gate may do without: a part's drawers are asked for by its type when it cannot be read; without an answer
 * there is no route for orders. */
static bool may_be_missed(struct failing *failing, size_t number)
{
    if (strcmp(between.failed, "part_body_read") == 0)
        return requests[number].reads_parts;
    return requests[number].make == greet && !gate_has_order_route(GATE) &&
           (strcmp(between.failed, "malloc") == 0 || strcmp(between.failed, "safe_call") == 0);
}

static void make(struct failing *failing, size_t number, size_t nth)
{
    failing->calls = 0;
    failing->house.waiting = 1;
    failing->arena = arena_new(64u << 20);
    assert_non_null(failing->arena);
    between_fail(nth);
    requests[number].make(failing);
    if (failing->calls == 0)
        house_wait(&failing->house);
    failing->house.waiting = 0;
    arena_free(failing->arena);
    if (failing->calls != 1)
        fail_msg("%s: told %u times", requests[number].name, failing->calls);
}

static void fail_each(struct failing *failing, size_t number)
{
    for (size_t nth = 1; nth < 200; nth++) {
        failing->round++;
        make(failing, number, nth);
        const char *failed = between.failed;
        enum error error = failing->error;
        if (!failed) {
            if (error != requests[number].end)
                fail_msg("%s ends with %s", requests[number].name, error_entry(error)->name);
            return;
        }
        bool missed = error == requests[number].end && may_be_missed(failing, number);
        if (error != error_of(failed) && !missed)
            fail_msg("%s, call %zu (%s): %s", requests[number].name, nth, failed, error_entry(error)->name);
        if (!missed && failing->count != 0)
            fail_msg("%s, call %zu (%s): something is shown", requests[number].name, nth, failed);
        between_fail(0);
    }
    fail_msg("%s never ends", requests[number].name);
}

static void prepare(struct failing *failing)
{
    struct whole_person patient = whole_patient(&anna);
    struct house *house = &failing->house;

    between_reset();
    house_open(house);
    failing->nurse = asker_of(house, &NURSE);
    failing->self = asker_of(house, &patient);
    failing->administrator = asker_of(house, &ADMINISTRATOR);
    item = item_of(GATE_CREATE, "Patient", &anna, PATIENT);
    item.term = terms;
    item.terms = 2;
    assert_int_equal(write_as(house, &failing->nurse, &item), OK);
    item = item_of(GATE_CREATE, "Observation", &deleted, "{\"resourceType\":\"Observation\",\"status\":\"final\"}");
    assert_int_equal(write_as(house, &failing->nurse, &item), OK);
    item = item_of(GATE_DELETE, "Observation", &deleted, "");
    assert_int_equal(write_as(house, &failing->nurse, &item), OK);
    item = item_of(GATE_CREATE, "Organization", &clinic, "{\"resourceType\":\"Organization\"}");
    item.person = (struct id){{0}};
    assert_int_equal(write_as(house, &failing->administrator, &item), OK);
}

static void each_call_that_fails_ends_the_request_with_its_error(void **state)
{
    struct failing failing = {.error = OK};

    (void)state;
    prepare(&failing);
    for (size_t i = 0; i < sizeof requests / sizeof *requests; i++)
        fail_each(&failing, i);
    house_close(&failing.house);
}

static unsigned calls(void)
{
    unsigned sum = 0;

    for (size_t i = 0; i < sizeof between.calls / sizeof *between.calls; i++)
        sum += between.calls[i];
    return sum;
}

static void every_access_ends(struct failing *failing, enum error error)
{
    memset(between.calls, 0, sizeof between.calls);
    for (size_t i = 0; i < sizeof requests / sizeof *requests; i++) {
        if (!is_access(i))
            continue;
        make(failing, i, 0);
        if (failing->error != error || failing->count != 0 || calls() != 0)
            fail_msg("%s ends with %s after %u calls", requests[i].name, error_entry(failing->error)->name, calls());
    }
}

static void an_access_that_cannot_be_asked_for_ends_at_once(void **state)
{
    struct failing failing = {.error = OK};
    struct gate *greeted;

    (void)state;
    prepare(&failing);
    struct house *house = &failing.house;
    struct gate_options options = {house->whole.directory, house->loop, &house->whole.world, house->client};
    greeted = house->gate;
    assert_int_equal(gate_open(&options, &house->gate, NULL), OK);
    every_access_ends(&failing, ERROR_SAFE_UNREACHABLE);
    gate_close(house->gate);
    house->gate = greeted;

    struct slice nurse = failing.nurse.token, self = failing.self.token;
    char *long_token = calloc(1, 9u << 20);
    assert_non_null(long_token);
    failing.nurse.token = failing.self.token = slice_of(long_token, 9u << 20);
    every_access_ends(&failing, ERROR_TOO_LARGE);
    free(long_token);
    failing.nurse.token = nurse, failing.self.token = self;

    gate_shut(house->gate);
    every_access_ends(&failing, ERROR_SHUT);
    gate_close(NULL);
    house_close(house);
    assert_int_equal(between.ciphers, 0); /* no key outlives the gate */
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(each_call_that_fails_ends_the_request_with_its_error),
                                       cmocka_unit_test(an_access_that_cannot_be_asked_for_ends_at_once)};

    return cmocka_run_group_tests(tests, whole_template_make, whole_template_remove);
}
