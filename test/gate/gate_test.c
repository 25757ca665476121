/* SPDX-License-Identifier: Apache-2.0 */

/* The gate against a whole safe in this process. Proves that what was written comes back, that somebody who may see a
 * part sees that part and leaves the rest as it is, that two who write at once do not lose a version, and that without the
 * safe nothing opens. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>
#include <cmocka.h>

#include "crypto/encode.h"
#include "house.h"

#define BIT(drawer) (1u << DRAWER_##drawer)

static void what_was_written_is_read(void **state)
{
    struct house house;

    (void)state;
    house_open(&house);
    struct gate_asker nurse = asker_of(&house, &NURSE);
    register_anna(&house, &nurse);
    struct seen seen = read_as(&house, &nurse, "Patient", &anna, 0);
    assert_int_equal(seen.error, OK);
    assert_true(shows(&seen, "Hadad") && shows(&seen, "0470") && shows(&seen, "widowed"));
    assert_false(seen.view.partial);
    assert_false(shows(&seen, "SUBSETTED"));

    struct gate_write_item again = item_of(GATE_UPDATE, "Patient", &anna,
                                           "{\"resourceType\":\"Patient\",\"name\":[{\"family\":\"Haddad\"}]}");
    assert_int_equal(write_as(&house, &nurse, &again), OK);
    assert_int_equal(again.version, 2);
    seen = read_as(&house, &nurse, "Patient", &anna, 0);
    assert_true(shows(&seen, "Haddad") && !shows(&seen, "0470"));
    seen = read_as(&house, &nurse, "Patient", &anna, 1);
    assert_true(shows(&seen, "0470"));
    house_close(&house);
}

static void what_is_at_rest_is_not_readable(void **state)
{
    struct house house;
    char command[256];

    (void)state;
    house_open(&house);
    struct gate_asker nurse = asker_of(&house, &NURSE);
    register_anna(&house, &nurse);
    snprintf(command, sizeof command, "grep -rqaE 'Hadad|widowed' %s", house.whole.directory);
    assert_int_not_equal(system(command), 0);
    snprintf(command, sizeof command, "grep -rqa 'Patient' %s/vault", house.whole.directory);
    assert_int_equal(system(command), 0); /* grep would have found it */
    house_close(&house);
}

static void nobody_else_sees_her_or_learns_that_she_is_there(void **state)
{
    static const struct id unknown = {{0xDD}};
    const struct whole_person *const others[] = {&PHYSICIAN_ELSEWHERE, &PHYSICIAN_EMERGENCY, &OFFICER, &OVERSEER};
    struct house house;

    (void)state;
    house_open(&house);
    struct gate_asker nurse = asker_of(&house, &NURSE);
    register_anna(&house, &nurse);
    for (size_t i = 0; i < 4; i++) {
        struct gate_asker other = asker_of(&house, others[i]);
        struct seen hers = read_as(&house, &other, "Patient", &anna, 0);
        struct seen nobodys = read_as(&house, &other, "Patient", &unknown, 0);
        assert_int_equal(hers.error, ERROR_REFUSED);
        assert_int_equal(nobodys.error, ERROR_REFUSED);
        assert_int_equal(hers.count, 0);
    }
    house_close(&house);
}

static void a_part_is_shown_as_a_part(void **state)
{
    struct house house;

    (void)state;
    house_open(&house);
    struct gate_asker nurse = asker_of(&house, &NURSE), clerk = asker_of(&house, &CLERK);
    register_anna(&house, &nurse);
    struct seen seen = read_as(&house, &clerk, "Patient", &anna, 0);
    assert_int_equal(seen.error, OK);
    assert_true(seen.view.partial);
    assert_int_equal(seen.view.drawers, BIT(IDENTITY) | BIT(CONTACT));
    assert_true(shows(&seen, "Hadad") && shows(&seen, "0470") && shows(&seen, "SUBSETTED"));
    assert_false(shows(&seen, "widowed"));
    house_close(&house);
}

static void who_sees_a_part_cannot_replace_the_whole(void **state)
{
    struct house house;

    (void)state;
    house_open(&house);
    struct gate_asker nurse = asker_of(&house, &NURSE), clerk = asker_of(&house, &CLERK);
    register_anna(&house, &nurse);
    struct gate_write_item item = item_of(GATE_UPDATE, "Patient", &anna,
                                          "{\"resourceType\":\"Patient\",\"name\":[{\"family\":\"Other\"}]}");
    assert_int_equal(write_as(&house, &clerk, &item), ERROR_PARTIAL_VIEW);
    item.method = GATE_DELETE;
    assert_int_equal(write_as(&house, &clerk, &item), ERROR_PARTIAL_VIEW);
    struct seen seen = read_as(&house, &nurse, "Patient", &anna, 0);
    assert_int_equal(seen.view.version, 1);
    assert_true(shows(&seen, "Hadad") && shows(&seen, "widowed"));
    house_close(&house);
}

static void a_patch_leaves_what_was_not_seen_as_it_is(void **state)
{
    struct house house;

    (void)state;
    house_open(&house);
    struct gate_asker nurse = asker_of(&house, &NURSE), clerk = asker_of(&house, &CLERK);
    register_anna(&house, &nurse);
    struct gate_write_item item = item_of(GATE_PATCH, "Patient", &anna,
                                          "{\"resourceType\":\"Patient\",\"name\":[{\"family\":\"Hadad\"}],"
                                          "\"telecom\":[{\"value\":\"0999\"}]}");
    item.seen = BIT(IDENTITY) | BIT(CONTACT);
    item.expected = 1;
    assert_int_equal(write_as(&house, &clerk, &item), OK);
    struct seen seen = read_as(&house, &nurse, "Patient", &anna, 0);
    assert_int_equal(seen.view.version, 2);
    assert_true(shows(&seen, "0999") && shows(&seen, "widowed") && !shows(&seen, "0470"));

    /* And once more over the carried part, which was sealed in version 1. */
    item.expected = 2;
    assert_int_equal(write_as(&house, &clerk, &item), OK);
    seen = read_as(&house, &nurse, "Patient", &anna, 0);
    assert_true(shows(&seen, "widowed"));
    house_close(&house);
}

static void a_patch_does_not_write_over_what_was_not_seen(void **state)
{
    struct house house;

    (void)state;
    house_open(&house);
    struct gate_asker nurse = asker_of(&house, &NURSE), clerk = asker_of(&house, &CLERK);
    register_anna(&house, &nurse);
    struct gate_write_item item = item_of(GATE_PATCH, "Patient", &anna,
                                          "{\"resourceType\":\"Patient\",\"name\":[{\"family\":\"Hadad\"}],"
                                          "\"maritalStatus\":{\"text\":\"married\"}}");
    item.seen = BIT(IDENTITY);
    assert_int_equal(write_as(&house, &clerk, &item), ERROR_REFUSED);      /* may not write that drawer at all */
    assert_int_equal(write_as(&house, &nurse, &item), ERROR_PARTIAL_VIEW); /* may, but has not seen it */
    struct seen seen = read_as(&house, &nurse, "Patient", &anna, 0);
    assert_true(shows(&seen, "widowed") && !shows(&seen, "married"));
    house_close(&house);
}

static void a_version_that_is_not_current_is_refused(void **state)
{
    struct house house;

    (void)state;
    house_open(&house);
    struct gate_asker nurse = asker_of(&house, &NURSE);
    register_anna(&house, &nurse);
    struct gate_write_item item = item_of(GATE_UPDATE, "Patient", &anna, PATIENT);
    item.expected = 2;
    assert_int_equal(write_as(&house, &nurse, &item), ERROR_PRECONDITION);
    item.expected = 1;
    assert_int_equal(write_as(&house, &nurse, &item), OK);
    item.method = GATE_CREATE;
    assert_int_equal(write_as(&house, &nurse, &item), ERROR_EXISTS);
    house_close(&house);
}

static void of_two_who_write_at_once_one_is_told(void **state)
{
    struct house house;

    (void)state;
    house_open(&house);
    struct gate_asker nurse = asker_of(&house, &NURSE);
    register_anna(&house, &nurse);
    struct written first = {.house = &house}, second = {.house = &house};
    struct gate_write_item one = item_of(GATE_UPDATE, "Patient", &anna,
                                         "{\"resourceType\":\"Patient\",\"name\":[{\"family\":\"First\"}]}");
    struct gate_write_item two = item_of(GATE_UPDATE, "Patient", &anna,
                                         "{\"resourceType\":\"Patient\",\"name\":[{\"family\":\"Second\"}]}");
    house.waiting = 2;
    gate_write(house.gate, &(struct gate_write){&nurse, house.whole.arena, &one, 1, write_done, &first});
    gate_write(house.gate, &(struct gate_write){&nurse, house.whole.arena, &two, 1, write_done, &second});
    house_wait(&house);
    assert_int_equal(first.error, OK);
    assert_int_equal(second.error, ERROR_PRECONDITION);
    struct seen seen = read_as(&house, &nurse, "Patient", &anna, 0);
    assert_int_equal(seen.view.version, 2);
    assert_true(shows(&seen, "First"));
    house_close(&house);
}

static void a_consent_lets_in_and_its_end_keeps_out(void **state)
{
    static const struct id consent = {{0xC0, 1}};
    struct whole_person patient = whole_patient(&anna);
    struct house house;
    char json[512], organization[ID_TEXT_BYTES];

    (void)state;
    house_open(&house);
    struct gate_asker nurse = asker_of(&house, &NURSE), self = asker_of(&house, &patient);
    struct gate_asker elsewhere = asker_of(&house, &PHYSICIAN_ELSEWHERE);
    register_anna(&house, &nurse);
    struct id other = node_organization(SLICE("other-clinic"));
    encode_hex(id_slice(&other), organization);
    for (int round = 0; round < 2; round++) {
        const char *type = round == 0 ? "permit" : "deny";
        snprintf(json, sizeof json,
                 "{\"resourceType\":\"Consent\",\"status\":\"active\",\"provision\":{\"type\":\"%s\",\"actor\":"
                 "[{\"reference\":{\"reference\":\"Organization/%.32s\"}}]}}",
                 type, organization);
        struct gate_write_item item = item_of(round == 0 ? GATE_CREATE : GATE_UPDATE, "Consent", &consent, json);
        assert_int_equal(write_as(&house, &self, &item), OK);
        struct seen seen = read_as(&house, &elsewhere, "Patient", &anna, 0);
        assert_int_equal(seen.error, round == 0 ? OK : ERROR_REFUSED);
        if (round == 0)
            assert_true(shows(&seen, "Hadad") && !shows(&seen, "0470") && !shows(&seen, "widowed"));
    }
    house_close(&house);
}

/* A record that names places wherever it can: in elements of the contact drawer, in references deep inside, and, since
 * its code is sensitive, all of it in the one drawer where no drawer keeps places apart. */
#define CONDITION(system, code)                                                                                        \
    "{\"resourceType\":\"Condition\",\"meta\":{\"source\":\"urn:harbour-system\"},"                                    \
    "\"identifier\":[{\"system\":\"urn:harbour-numbers\",\"value\":\"7\"}],"                                           \
    "\"code\":{\"coding\":[{\"system\":\"" system "\",\"code\":\"" code "\"}],\"text\":\"what she has\"},"             \
    "\"asserter\":{\"display\":\"Dr. Harbour\"},\"recorder\":{\"display\":\"Nurse Harbour\"},"                         \
    "\"extension\":[{\"url\":\"urn:x\",\"valueReference\":{\"reference\":\"Location/harbour-ward\"}},"                 \
    "{\"url\":\"urn:y\",\"valueString\":\"kept words\"}],\"onsetDateTime\":\"2026-01-01\"}"

static struct seen summary_as(struct house *house, const struct gate_asker *asker, const char *type)
{
    struct seen seen = {.house = house};

    house->waiting++;
    gate_scan(house->gate, &(struct gate_scan){.asker = asker,
                                               .arena = house->whole.arena,
                                               .person = anna,
                                               .type = slice_from_string(type),
                                               .needed = OUTCOME_SUMMARY,
                                               .action = ACTION_READ,
                                               .done = read_done,
                                               .context = &seen});
    house_wait(house);
    return seen;
}

static void consent_to_elsewhere(struct house *house, const struct gate_asker *nurse)
{
    static const struct id consent = {{0xC0, 1}};
    struct id elsewhere = node_organization(SLICE("other-clinic"));
    char json[512], hex[ID_TEXT_BYTES + 1] = {0};

    encode_hex(id_slice(&elsewhere), hex);
    snprintf(
        json, sizeof json,
        "{\"resourceType\":\"Consent\",\"status\":\"active\",\"scope\":{\"coding\":[{\"code\":\"patient-privacy\"}]},"
        "\"provision\":{\"type\":\"permit\",\"actor\":[{\"role\":{\"coding\":[{\"code\":\"PRCP\"}]},"
        "\"reference\":{\"reference\":\"Organization/%s\"}}]}}",
        hex);
    struct gate_write_item item = item_of(GATE_CREATE, "Consent", &consent, json);
    assert_int_equal(write_as(house, nurse, &item), OK);
}

/* The obligations redact_location and subset, as the gate carries them out whatever a handler does. */
static void what_is_less_than_the_whole_says_so_and_not_where(void **state)
{
    static const struct id condition = {{0x0C, 1}};
    static const char *const places[] = {"harbour", "Harbour", "identifier", "asserter", "recorder"};
    struct house house;

    (void)state;
    house_open(&house);
    struct gate_asker nurse = asker_of(&house, &NURSE), elsewhere = asker_of(&house, &PHYSICIAN_ELSEWHERE);
    register_anna(&house, &nurse);
    consent_to_elsewhere(&house, &nurse);
    struct gate_write_item item = item_of(GATE_CREATE, "Condition", &condition,
                                          CONDITION("http://snomed.info/sct", "38341003"));
    assert_int_equal(write_as(&house, &nurse, &item), OK);

    struct seen whole = read_as(&house, &nurse, "Condition", &condition, 0);
    assert_int_equal(whole.error, OK);
    for (size_t i = 0; i < sizeof places / sizeof *places; i++)
        assert_true(shows(&whole, places[i])); /* so that the test below can find them */
    assert_false(whole.view.partial);

    struct seen part = summary_as(&house, &elsewhere, "Condition");
    assert_int_equal(part.error, OK);
    assert_int_equal(part.count, 1);
    assert_true(part.view.partial && shows(&part, "SUBSETTED"));
    assert_true(shows(&part, "what she has") && shows(&part, "kept words") && shows(&part, "2026-01-01"));
    for (size_t i = 0; i < sizeof places / sizeof *places; i++)
        if (shows(&part, places[i]))
            fail_msg("%s in %.*s", places[i], SLICE_PRINT(part.view.json));
    house_close(&house);
}

static void an_erased_person_cannot_be_read_by_anybody(void **state)
{
    struct whole_person patient = whole_patient(&anna);
    struct house house;

    (void)state;
    house_open(&house);
    struct gate_asker nurse = asker_of(&house, &NURSE), self = asker_of(&house, &patient);
    register_anna(&house, &nurse);
    struct written erased = {.house = &house};
    house.waiting = 1;
    gate_erase(house.gate, &(struct gate_erase){&self, house.whole.arena, anna, write_done, &erased});
    house_wait(&house);
    assert_int_equal(erased.error, OK);
    assert_int_not_equal(read_as(&house, &nurse, "Patient", &anna, 0).error, OK);
    assert_int_not_equal(read_as(&house, &self, "Patient", &anna, 0).error, OK);
    house_close(&house);
}

static void hang_up(void *context)
{
    close(*(int *)context);
}

static void when_the_safe_is_lost_nothing_opens(void **state)
{
    struct safe_client *remote = NULL;
    struct house house;
    int pair[2];

    (void)state;
    house_open(&house);
    struct gate_asker nurse = asker_of(&house, &NURSE);
    register_anna(&house, &nurse);
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
    assert_int_equal(safe_client_new(house.loop, pair[0], 0, &remote), OK);
    gate_reconnect(house.gate, remote);
    assert_non_null(loop_timer(house.loop, 5, hang_up, &pair[1])); /* with the question on its way */
    struct seen seen = read_as(&house, &nurse, "Patient", &anna, 0);
    assert_int_equal(seen.error, ERROR_SAFE_UNREACHABLE);
    assert_int_equal(seen.count, 0);
    assert_false(safe_client_alive(remote));
    seen = read_as(&house, &nurse, "Patient", &anna, 0);
    assert_int_equal(seen.error, ERROR_SAFE_UNREACHABLE);
    struct gate_write_item item = item_of(GATE_UPDATE, "Patient", &anna, PATIENT);
    assert_int_equal(write_as(&house, &nurse, &item), ERROR_SAFE_UNREACHABLE);

    gate_reconnect(house.gate, house.client);
    safe_client_free(remote);
    seen = read_as(&house, &nurse, "Patient", &anna, 0);
    assert_int_equal(seen.error, OK);
    assert_int_equal(seen.view.version, 1);
    house_close(&house);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_written_is_read),
        cmocka_unit_test(what_is_at_rest_is_not_readable),
        cmocka_unit_test(nobody_else_sees_her_or_learns_that_she_is_there),
        cmocka_unit_test(a_part_is_shown_as_a_part),
        cmocka_unit_test(who_sees_a_part_cannot_replace_the_whole),
        cmocka_unit_test(a_patch_leaves_what_was_not_seen_as_it_is),
        cmocka_unit_test(a_patch_does_not_write_over_what_was_not_seen),
        cmocka_unit_test(a_version_that_is_not_current_is_refused),
        cmocka_unit_test(of_two_who_write_at_once_one_is_told),
        cmocka_unit_test(a_consent_lets_in_and_its_end_keeps_out),
        cmocka_unit_test(what_is_less_than_the_whole_says_so_and_not_where),
        cmocka_unit_test(an_erased_person_cannot_be_read_by_anybody),
        cmocka_unit_test(when_the_safe_is_lost_nothing_opens),
    };
    return cmocka_run_group_tests(tests, whole_template_make, whole_template_remove);
}
