/* SPDX-License-Identifier: Apache-2.0 */

/* What is asked of the gate besides a single read: searches across persons and matches, glass, lists and proofs, what
 * belongs to nobody, backups and checks; and what becomes of it when the safe answers with rubbish. */

#include <stdio.h>
#include <stdlib.h>
#include <sqlite3.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "crypto/encode.h"
#include "house.h"

static const struct whole_person ADMINISTRATOR = {ROLE_ADMINISTRATOR, SECTOR_HEALTH, 1u << PURPOSE_HOPERAT,
                                                  "harbour-clinic",   {{0}},         NULL};

/* ---- searches ---- */

static struct id numbered(unsigned number)
{
    return (struct id){{0xB0, (uint8_t)(number >> 8), (uint8_t)number}};
}

/* A person known by some terms. */
static void register_with(struct house *house, const struct gate_asker *nurse, const struct id *person,
                          const char *family, const struct slice *term, size_t terms)
{
    char json[256];

    snprintf(json, sizeof json, "{\"resourceType\":\"Patient\",\"name\":[{\"family\":\"%s\"}]}", family);
    struct gate_write_item item = item_of(GATE_CREATE, "Patient", person, json);
    item.person = *person;
    item.term = term;
    item.terms = terms;
    assert_int_equal(write_as(house, nurse, &item), OK);
}

static struct seen search_as(struct house *house, const struct gate_asker *asker, const struct gate_term_set *set,
                             size_t sets, bool any_set, const struct id *match_for)
{
    struct seen seen = {.house = house};

    house->waiting++;
    gate_search(house->gate, &(struct gate_search){.asker = asker,
                                                   .arena = house->whole.arena,
                                                   .type = SLICE("Patient"),
                                                   .set = set,
                                                   .sets = sets,
                                                   .any_set = any_set,
                                                   .match_for = match_for,
                                                   .done = read_done,
                                                   .context = &seen});
    house_wait(house);
    assert_int_equal(seen.calls, 1);
    return seen;
}

#define NAMED(name) SLICE("family=" name)
#define BORN(day) SLICE("birth=" day)

static void terms_of_a_set_are_or_and_sets_are_and(void **state)
{
    const struct slice hadad[] = {NAMED("hadad"), BORN("1990")}, haddad[] = {NAMED("haddad"), BORN("1990")},
                       tesfay[] = {NAMED("tesfay"), BORN("1985")};
    const struct slice both[] = {NAMED("hadad"), NAMED("haddad"), NAMED("hadad")}, year[] = {BORN("1990")},
                       other_year[] = {BORN("1985")}, nobody[] = {NAMED("nobody")};
    const struct {
        struct gate_term_set set[2];
        size_t sets;
        bool any;
        size_t found;
    } cases[] = {
        {{{both, 3}}, 1, false, 2},
        {{{both, 3}, {year, 1}}, 2, false, 2},
        {{{year, 1}, {both, 1}}, 2, false, 1},
        {{{both, 3}, {other_year, 1}}, 2, false, 0},
        {{{other_year, 1}, {both, 3}}, 2, false, 0},
        {{{both, 3}, {other_year, 1}}, 2, true, 3},
        {{{nobody, 1}, {other_year, 1}}, 2, true, 1},
        {{{other_year, 1}, {nobody, 1}}, 2, true, 1},
        {{{nobody, 1}}, 1, false, 0},
    };
    struct house house;

    (void)state;
    house_open(&house);
    struct gate_asker nurse = asker_of(&house, &NURSE);
    struct id person[] = {numbered(1), numbered(2), numbered(3)};
    register_with(&house, &nurse, &person[0], "Hadad", hadad, 2);
    register_with(&house, &nurse, &person[1], "Haddad", haddad, 2);
    register_with(&house, &nurse, &person[2], "Tesfay", tesfay, 2);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct seen seen = search_as(&house, &nurse, cases[i].set, cases[i].sets, cases[i].any, NULL);
        if (seen.error != OK || seen.count != cases[i].found)
            fail_msg("case %zu: %zu found, error %d", i, seen.count, seen.error);
    }
    house_close(&house);
}

/* Who may see nobody gets no list, not even an empty one; who may not see her gets one without her. */
static void a_search_finds_whom_the_asker_may_see(void **state)
{
    const struct slice hadad[] = {NAMED("hadad")};
    const struct gate_term_set set = {hadad, 1};
    struct house house;

    (void)state;
    house_open(&house);
    struct gate_asker nurse = asker_of(&house, &NURSE), elsewhere = asker_of(&house, &PHYSICIAN_ELSEWHERE),
                      officer = asker_of(&house, &OFFICER);
    register_with(&house, &nurse, &anna, "Hadad", hadad, 1);
    uint64_t before = whole_entries(&house.whole);
    assert_int_equal(search_as(&house, &elsewhere, &set, 1, false, NULL).error, OK);
    assert_int_equal(search_as(&house, &elsewhere, &set, 1, false, NULL).count, 0);
    assert_int_equal(search_as(&house, &officer, &set, 1, false, NULL).error, ERROR_REFUSED);
    assert_true(whole_entries(&house.whole) >= before + 3); /* each of them is in the log */
    struct gate_write_item gone = item_of(GATE_DELETE, "Patient", &anna, "");
    assert_int_equal(write_as(&house, &nurse, &gone), OK);
    assert_int_equal(search_as(&house, &nurse, &set, 1, false, NULL).count, 0);
    house_close(&house);
}

/* Candidates' identity alone, by the care relation with the person matched for, who is not her own candidate. */
static void a_match_shows_identities_to_who_cares_for_her(void **state)
{
    const struct slice hadad[] = {NAMED("hadad")};
    const struct gate_term_set set = {hadad, 1};
    struct house house;
    struct id other = numbered(1);

    (void)state;
    house_open(&house);
    struct gate_asker nurse = asker_of(&house, &NURSE), elsewhere = asker_of(&house, &PHYSICIAN_ELSEWHERE);
    register_with(&house, &nurse, &anna, "Hadad", hadad, 1);
    register_with(&house, &nurse, &other, "Haddad", hadad, 1);
    struct seen seen = search_as(&house, &nurse, &set, 1, true, &anna);
    assert_int_equal(seen.error, OK);
    assert_int_equal(seen.count, 1);
    assert_true(id_equal(&seen.view.inside, &other));
    assert_int_equal(seen.view.drawers, 1u << DRAWER_IDENTITY);
    assert_int_equal(search_as(&house, &elsewhere, &set, 1, true, &anna).error, ERROR_REFUSED);
    house_close(&house);
}

static void too_many_candidates_are_refused_before_anybody_is_decided_on(void **state)
{
    const struct slice common[] = {NAMED("common")};
    const struct gate_term_set set = {common, 1};
    struct house house;

    (void)state;
    house_open(&house);
    struct gate_asker nurse = asker_of(&house, &NURSE);
    for (unsigned i = 0; i <= PROTOCOL_TARGETS_MAX; i++) {
        struct id person = numbered(i + 1);
        register_with(&house, &nurse, &person, "Common", common, 1);
        if (i == PROTOCOL_TARGETS_MAX - 1)
            assert_int_equal(search_as(&house, &nurse, &set, 1, false, NULL).count, PROTOCOL_TARGETS_MAX);
    }
    struct seen seen = search_as(&house, &nurse, &set, 1, false, NULL);
    assert_int_equal(seen.error, ERROR_TOO_COSTLY);
    assert_int_equal(seen.count, 0);
    house_close(&house);
}

/* Each of them makes a new block of facts, each on the one before; the vault takes one. What it then holds is neither the
 * newest that was made nor the one before that, and must not be taken for an old one that somebody brought back. */
static void of_many_who_change_a_fact_at_once_nobody_is_locked_out(void **state)
{
    static const struct id encounter = {{0xEE}};
    struct written written[4];
    struct gate_write_item item[4];
    struct house house;
    char json[256], organization[ID_TEXT_BYTES + 1] = {0};

    (void)state;
    house_open(&house);
    struct gate_asker nurse = asker_of(&house, &NURSE);
    register_anna(&house, &nurse);
    struct id harbour = node_organization(SLICE("harbour-clinic"));
    encode_hex(id_slice(&harbour), organization);
    snprintf(json, sizeof json,
             "{\"resourceType\":\"Encounter\",\"status\":\"in-progress\",\"class\":{\"code\":\"AMB\"},"
             "\"serviceProvider\":{\"reference\":\"Organization/%s\"}}",
             organization);
    struct gate_write_item first = item_of(GATE_CREATE, "Encounter", &encounter, json);
    assert_int_equal(write_as(&house, &nurse, &first), OK);
    house.waiting = 4;
    for (int i = 0; i < 4; i++) {
        item[i] = item_of(GATE_UPDATE, "Encounter", &encounter, json);
        written[i] = (struct written){.house = &house};
        gate_write(house.gate, &(struct gate_write){&nurse, house.whole.arena, &item[i], 1, write_done, &written[i]});
    }
    house_wait(&house);
    int stored = 0;
    for (int i = 0; i < 4; i++) {
        stored += written[i].error == OK;
        assert_true(written[i].error == OK || written[i].error == ERROR_PRECONDITION);
    }
    assert_int_equal(stored, 1);
    assert_int_equal(read_as(&house, &nurse, "Patient", &anna, 0).error, OK);
    world_advance(&house.whole.world, INT64_C(25) * 3600 * 1000000000); /* the relation of who registered her is over */
    nurse = asker_of(&house, &NURSE);
    assert_int_equal(read_as(&house, &nurse, "Patient", &anna, 0).error, OK);
    house_close(&house);
}

static void an_id_of_another_type_is_not_there(void **state)
{
    struct house house;

    (void)state;
    house_open(&house);
    struct gate_asker nurse = asker_of(&house, &NURSE), elsewhere = asker_of(&house, &PHYSICIAN_ELSEWHERE);
    register_anna(&house, &nurse);
    assert_int_equal(read_as(&house, &nurse, "Observation", &anna, 0).error, ERROR_NOT_FOUND);
    assert_int_equal(read_as(&house, &elsewhere, "Observation", &anna, 0).error,
                     read_as(&house, &elsewhere, "Observation", &(struct id){{0xDD}}, 0).error);
    assert_int_equal(read_as(&house, &nurse, "Patient", &anna, 9).error, ERROR_NOT_FOUND);
    house_close(&house);
}

/* ---- glass, lists, proofs ---- */

struct told {
    struct house *house;
    enum error error;
    bool review;
    size_t length;
};

static void glass_done(void *context, enum error error, const struct gate_reason *reason, int64_t time_ms)
{
    struct told *told = context;

    (void)time_ms;
    told->error = error;
    told->review = reason->review;
    house_answered(told->house);
}

static struct told break_glass(struct house *house, const struct gate_asker *asker, const char *reason)
{
    struct told told = {.house = house};

    house->waiting = 1;
    gate_break_glass(house->gate, &(struct gate_glass){.asker = asker,
                                                       .arena = house->whole.arena,
                                                       .person = anna,
                                                       .reason = slice_from_string(reason),
                                                       .done = glass_done,
                                                       .context = &told});
    house_wait(house);
    return told;
}

static void list_came(void *context, enum error error, struct slice payload)
{
    struct told *told = context;

    told->error = error;
    told->length = payload.length;
    house_answered(told->house);
}

static struct told ask_audit(struct house *house, const struct gate_asker *asker, uint64_t number,
                             void (*ask)(struct gate *gate, const struct gate_audit *audit))
{
    struct told told = {.house = house};

    house->waiting = 1;
    ask(house->gate, &(struct gate_audit){asker, house->whole.arena, anna, number, list_came, &told});
    house_wait(house);
    return told;
}

static void broken_glass_opens_an_hour_and_is_on_her_list(void **state)
{
    struct whole_person patient = whole_patient(&anna);
    struct house house;

    (void)state;
    house_open(&house);
    struct gate_asker nurse = asker_of(&house, &NURSE), emergency = asker_of(&house, &PHYSICIAN_EMERGENCY),
                      self = asker_of(&house, &patient);
    register_anna(&house, &nurse);
    assert_int_equal(read_as(&house, &emergency, "Patient", &anna, 0).error, ERROR_REFUSED);
    assert_int_equal(break_glass(&house, &emergency, "xx").error, ERROR_REASON);
    assert_int_equal(read_as(&house, &emergency, "Patient", &anna, 0).error, ERROR_REFUSED);
    struct told told = break_glass(&house, &emergency, "unconscious at the quay");
    assert_int_equal(told.error, OK);
    assert_true(told.review);
    assert_int_equal(read_as(&house, &emergency, "Patient", &anna, 0).error, OK);
    world_advance(&house.whole.world, INT64_C(3601) * 1000000000);
    assert_int_not_equal(read_as(&house, &emergency, "Patient", &anna, 0).error, OK);

    /* Hers alone to list and to prove. */
    self = asker_of(&house, &patient);
    told = ask_audit(&house, &self, 0, gate_events);
    assert_int_equal(told.error, OK);
    assert_true(told.length > 500);
    uint64_t last = whole_entries(&house.whole) - 1;
    assert_int_equal(ask_audit(&house, &self, last, gate_proof).error, OK);
    assert_int_equal(ask_audit(&house, &self, last + 1000, gate_proof).error, ERROR_NOT_FOUND);
    struct gate_asker other = asker_of(&house, &PHYSICIAN_ELSEWHERE);
    assert_int_equal(ask_audit(&house, &other, 0, gate_events).error, ERROR_REFUSED);
    assert_int_equal(ask_audit(&house, &other, last, gate_proof).error, ERROR_REFUSED);
    house_close(&house);
}

/* ---- what belongs to nobody ---- */

static void what_belongs_to_nobody_is_for_all_and_written_by_few(void **state)
{
    static const struct id clinic = {{0xE1}};
    struct house house;
    struct gate_view view;
    struct gate_views views;

    (void)state;
    house_open(&house);
    struct gate_asker nurse = asker_of(&house, &NURSE), administrator = asker_of(&house, &ADMINISTRATOR);
    struct gate_write_item item = item_of(GATE_CREATE, "Organization", &clinic,
                                          "{\"resourceType\":\"Organization\",\"name\":\"Harbour\"}");
    item.person = (struct id){{0}};
    assert_int_equal(write_as(&house, &nurse, &item), ERROR_REFUSED);
    assert_int_equal(gate_common(house.gate, house.whole.arena, SLICE("Organization"), &clinic, &view),
                     ERROR_NOT_FOUND);
    assert_int_equal(write_as(&house, &administrator, &item), OK);
    assert_int_equal(gate_common(house.gate, house.whole.arena, SLICE("Organization"), &clinic, &view), OK);
    assert_int_not_equal(slice_search(view.json, SLICE("Harbour")), SIZE_MAX);
    assert_int_equal(gate_common_all(house.gate, house.whole.arena, SLICE("Organization"), &views), OK);
    assert_int_equal(views.count, 1);
    item.method = GATE_DELETE;
    assert_int_equal(write_as(&house, &administrator, &item), OK);
    assert_int_equal(gate_common(house.gate, house.whole.arena, SLICE("Organization"), &clinic, &view), ERROR_GONE);
    assert_int_equal(gate_common_all(house.gate, house.whole.arena, SLICE("Organization"), &views), OK);
    assert_int_equal(views.count, 0);

    /* In one go with something of a person neither is written. */
    struct gate_write_item mixed[] = {
        item_of(GATE_UPDATE, "Organization", &clinic, "{\"resourceType\":\"Organization\"}"),
        item_of(GATE_CREATE, "Patient", &anna, PATIENT)};
    struct written written = {.house = &house};
    mixed[0].person = (struct id){{0}};
    house.waiting = 1;
    gate_write(house.gate, &(struct gate_write){&administrator, house.whole.arena, mixed, 2, write_done, &written});
    house_wait(&house);
    assert_int_not_equal(written.error, OK);
    assert_int_equal(gate_common(house.gate, house.whole.arena, SLICE("Organization"), &clinic, &view), ERROR_GONE);
    house_close(&house);
}

/* ---- the node as a whole ---- */

static void whole_done(void *context, enum error error)
{
    struct told *told = context;

    told->error = error;
    house_answered(told->house);
}

static void note_finding(void *context, struct slice line)
{
    struct told *told = context;

    print_message("%.*s\n", SLICE_PRINT(line));
    told->length++;
}

static struct told check(struct house *house)
{
    struct told told = {.house = house};

    house->waiting = 1;
    gate_check(house->gate, &(struct gate_check){note_finding, whole_done, &told}, house->whole.arena);
    house_wait(house);
    return told;
}

static enum error back_up(struct house *house, const char *directory)
{
    struct told told = {.house = house};

    house->waiting = 1;
    gate_backup(house->gate, &(struct gate_backup){directory, whole_done, &told}, house->whole.arena);
    house_wait(house);
    return told.error;
}

static void behind(struct house *house, const char *sql)
{
    sqlite3 *database = NULL;
    char path[160];

    snprintf(path, sizeof path, "%s/vault/vault.db", house->whole.directory);
    assert_int_equal(sqlite3_open(path, &database), SQLITE_OK);
    assert_int_equal(sqlite3_exec(database, sql, NULL, NULL, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_close(database), SQLITE_OK);
}

/* A version without an entry, and one that points to a refusal. */
static void a_version_that_no_entry_permits_is_found(void **state)
{
    struct house house;
    char sql[128];

    (void)state;
    house_open(&house);
    struct gate_asker nurse = asker_of(&house, &NURSE), officer = asker_of(&house, &OFFICER);
    register_anna(&house, &nurse);
    assert_int_equal(read_as(&house, &officer, "Patient", &anna, 0).error, ERROR_REFUSED);
    uint64_t refusal = whole_entries(&house.whole) - 1;
    assert_int_equal(check(&house).error, OK);
    snprintf(sql, sizeof sql, "UPDATE version SET leaf = %llu", (unsigned long long)refusal);
    behind(&house, sql);
    struct told told = check(&house);
    assert_int_equal(told.error, ERROR_CORRUPT);
    assert_int_equal(told.length, 1);
    behind(&house, "UPDATE version SET leaf = 5000");
    told = check(&house);
    assert_int_equal(told.error, ERROR_CORRUPT);
    assert_int_equal(told.length, 1);
    house_close(&house);
}

static void a_backup_has_a_place_of_its_own(void **state)
{
    struct house house;
    char place[160];
    struct stat status;

    (void)state;
    house_open(&house);
    snprintf(place, sizeof place, "%s/backup", house.whole.directory);
    assert_int_equal(back_up(&house, place), OK);
    static const char *const parts[] = {"vault.db", "keys.db", "index.db", "access.checkpoint", "public.checkpoint"};
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        snprintf(place, sizeof place, "%s/backup/%s", house.whole.directory, parts[i]);
        assert_int_equal(stat(place, &status), 0);
    }
    snprintf(place, sizeof place, "%s/node/backup", house.whole.directory); /* a file stands there */
    assert_int_not_equal(back_up(&house, place), OK);
    house_close(&house);
}

/* ---- a safe that answers with rubbish ---- */

struct rubbish {
    struct loop *loop;
    int socket;
    uint16_t error;
    struct slice payload;
};

/* One message with one answer, whatever was asked. */
static void answer_rubbish(void *context)
{
    struct rubbish *rubbish = context;
    CLEANUP_BUFFER struct buffer message = buffer_new(4096);
    char asked[65536];

    if (recv(rubbish->socket, asked, sizeof asked, MSG_DONTWAIT) < 0) { /* the question is not there yet */
        assert_non_null(loop_timer(rubbish->loop, 1, answer_rubbish, rubbish));
        return;
    }
    buffer_u32(&message, (uint32_t)(2 + 2 + 4 + rubbish->payload.length));
    buffer_u16(&message, 1);
    buffer_u16(&message, rubbish->error);
    protocol_text_write(rubbish->payload, &message);
    assert_int_equal(write(rubbish->socket, message.data, message.length), (ssize_t)message.length);
}

static void identified(void *context, enum error error, const struct credential *credential)
{
    struct told *told = context;

    told->error = error;
    told->length = credential->actor.length;
    house_answered(told->house);
}

/* What each call ends with when the safe answers so. */
static void rubbish_opens_nothing(void **state)
{
    static const struct {
        uint16_t error;
        struct slice payload;
    } answers[] = {{OK, {"", 0}}, {OK, {"rubbish", 7}}, {ERROR_REFUSED, {"rubbish", 7}}, {60000, {"", 0}}};
    struct house house;

    (void)state;
    house_open(&house);
    struct gate_asker nurse = asker_of(&house, &NURSE);
    register_anna(&house, &nurse);
    for (size_t i = 0; i < sizeof answers / sizeof *answers; i++)
        for (int call = 0; call < 7; call++) {
            struct safe_client *liar = NULL;
            struct told told = {.house = &house};
            int pair[2];
            assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
            assert_int_equal(safe_client_new(house.loop, pair[0], 0, &liar), OK);
            gate_reconnect(house.gate, liar);
            struct rubbish rubbish = {house.loop, pair[1], answers[i].error, answers[i].payload};
            assert_non_null(loop_timer(house.loop, 1, answer_rubbish, &rubbish));
            struct gate_write_item item = item_of(GATE_UPDATE, "Patient", &anna, PATIENT);
            if (call == 0) {
                struct seen seen = read_as(&house, &nurse, "Patient", &anna, 0);
                told.error = seen.error;
                assert_int_equal(seen.count, 0);
            } else if (call == 1) {
                told.error = write_as(&house, &nurse, &item);
            } else if (call == 2) {
                told = break_glass(&house, &nurse, "unconscious at the quay");
            } else if (call == 3) {
                house.waiting = 1;
                gate_hello(house.gate, whole_done, &told);
                house_wait(&house);
            } else if (call == 4) {
                char place[160];
                snprintf(place, sizeof place, "%s/rubbish-%zu", house.whole.directory, i);
                told.error = back_up(&house, place);
            } else if (call == 5) {
                house.waiting = 1;
                gate_identify(house.gate, house.whole.arena, SLICE("hsp1_unseen"), identified, &told);
                house_wait(&house);
                assert_int_equal(told.length, 0);
            } else {
                /* Findings are what the safe says they are; a list that ends in its middle is no finding more. */
                if (answers[i].error == OK)
                    told.error = ERROR_INTERNAL;
                else
                    told = check(&house);
            }
            if (told.error == OK)
                fail_msg("answer %zu, call %d is taken for an answer", i, call);
            gate_reconnect(house.gate, house.client);
            house.waiting = 1;
            gate_hello(house.gate, whole_done, &told);
            house_wait(&house);
            assert_int_equal(told.error, OK);
            safe_client_free(liar);
            close(pair[1]);
        }
    struct seen seen = read_as(&house, &nurse, "Patient", &anna, 0);
    assert_int_equal(seen.error, OK);
    assert_int_equal(seen.view.version, 1);
    house_close(&house);
}

/* A node that was shut on purpose says so, and keeps no key to turn an id with. */
static void a_gate_that_was_shut_says_so(void **state)
{
    struct house house;
    struct told told = {.house = &house};

    (void)state;
    house_open(&house);
    struct gate_asker nurse = asker_of(&house, &NURSE);
    register_anna(&house, &nurse);
    struct id before = gate_wire_id(house.gate, SECTOR_HEALTH, &anna);
    gate_shut(house.gate);
    struct id after = gate_wire_id(house.gate, SECTOR_HEALTH, &anna);
    assert_memory_not_equal(&before, &after, sizeof before);
    assert_int_equal(read_as(&house, &nurse, "Patient", &anna, 0).error, ERROR_SHUT);
    house.waiting = 1;
    gate_identify(house.gate, house.whole.arena, nurse.token, identified, &told);
    house_wait(&house);
    assert_int_equal(told.error, ERROR_SHUT);
    house_close(&house);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(terms_of_a_set_are_or_and_sets_are_and),
        cmocka_unit_test(a_search_finds_whom_the_asker_may_see),
        cmocka_unit_test(a_match_shows_identities_to_who_cares_for_her),
        cmocka_unit_test(too_many_candidates_are_refused_before_anybody_is_decided_on),
        cmocka_unit_test(of_many_who_change_a_fact_at_once_nobody_is_locked_out),
        cmocka_unit_test(an_id_of_another_type_is_not_there),
        cmocka_unit_test(broken_glass_opens_an_hour_and_is_on_her_list),
        cmocka_unit_test(what_belongs_to_nobody_is_for_all_and_written_by_few),
        cmocka_unit_test(a_version_that_no_entry_permits_is_found),
        cmocka_unit_test(a_backup_has_a_place_of_its_own),
        cmocka_unit_test(rubbish_opens_nothing),
        cmocka_unit_test(a_gate_that_was_shut_says_so),
    };
    return cmocka_run_group_tests(tests, whole_template_make, whole_template_remove);
}
