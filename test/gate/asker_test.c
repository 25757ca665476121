/* SPDX-License-Identifier: Apache-2.0 */

/* Who asks, and what the gate remembers of it. Proves that a token is remembered for a minute and never past its end, that
 * nobody is taken for somebody else, that what the safe does not vouch for is nobody, and that a gate which was not
 * greeted, or was shut, knows nobody and says why. */

#include <stdio.h>

#include "gate/internal.h"
#include "spy.h"

struct asking {
    struct house *house;
    enum error error;
    struct credential credential;
    char actor[CREDENTIAL_ACTOR_MAX + 1];
    unsigned calls;
};

static void was_identified(void *context, enum error error, const struct credential *credential)
{
    struct asking *asking = context;

    asking->error = error;
    asking->credential = *credential;
    snprintf(asking->actor, sizeof asking->actor, "%.*s", SLICE_PRINT(credential->actor));
    asking->calls++;
    house_answered(asking->house);
}

static struct asking who_is(struct house *house, struct slice token)
{
    struct asking asking = {.house = house};

    house->waiting++;
    gate_identify(house->gate, house->whole.arena, token, was_identified, &asking);
    house_wait(house);
    assert_int_equal(asking.calls, 1);
    return asking;
}

static void pass(struct house *house, int64_t seconds)
{
    world_advance(&house->whole.world, seconds * 1000000000);
}

static void a_token_is_remembered_for_a_minute(void **state)
{
    struct house house;
    struct spy spy;

    (void)state;
    house_open(&house);
    spy_begin(&spy, &house);
    struct slice token = whole_token(&house.whole, &NURSE);
    for (int round = 0; round < 2; round++) {
        struct asking asking = who_is(&house, token);
        assert_int_equal(asking.error, OK);
        assert_int_equal(asking.credential.role, ROLE_NURSE);
        assert_string_not_equal(asking.actor, "");
        assert_int_equal(spied_count(&spy, PROTOCOL_CREDENTIAL), 1);
    }
    pass(&house, 59);
    assert_int_equal(who_is(&house, token).error, OK);
    assert_int_equal(spied_count(&spy, PROTOCOL_CREDENTIAL), 1);
    pass(&house, 1);
    assert_int_equal(who_is(&house, token).error, OK);
    assert_int_equal(spied_count(&spy, PROTOCOL_CREDENTIAL), 2);
    gate_forget_askers(house.gate);
    assert_int_equal(who_is(&house, token).error, OK);
    assert_int_equal(spied_count(&spy, PROTOCOL_CREDENTIAL), 3);
    spy_end(&spy);
    house_close(&house);
}

static void a_token_is_not_remembered_past_its_end(void **state)
{
    struct house house;
    struct spy spy;

    (void)state;
    house_open(&house);
    spy_begin(&spy, &house);
    struct slice token = whole_token(&house.whole, &NURSE);
    int64_t left = who_is(&house, token).credential.expires_s - world_now_s(&house.whole.world);
    pass(&house, left - 20);
    assert_int_equal(who_is(&house, token).error, OK);
    pass(&house, 19);
    assert_int_equal(who_is(&house, token).error, OK);
    assert_int_equal(spied_count(&spy, PROTOCOL_CREDENTIAL), 2);
    pass(&house, 1);
    assert_int_not_equal(who_is(&house, token).error, OK);
    assert_int_equal(spied_count(&spy, PROTOCOL_CREDENTIAL), 3);
    spy_end(&spy);
    house_close(&house);
}

/* More tokens than there are places: some fall where the nurse's lies. */
static void nobody_is_taken_for_somebody_else(void **state)
{
    struct house house;
    struct spy spy;
    char token[32];

    (void)state;
    house_open(&house);
    struct slice hers = whole_token(&house.whole, &NURSE);
    assert_int_equal(who_is(&house, hers).error, OK);
    spy_begin(&spy, &house);
    spy_hang_up(&spy);
    for (int i = 0; i < 8 * GATE_CREDENTIALS; i++) {
        snprintf(token, sizeof token, "%d", i);
        struct asking asking = who_is(&house, slice_from_string(token));
        assert_int_equal(asking.error, ERROR_SAFE_UNREACHABLE);
        assert_int_equal(asking.credential.role, 0);
        assert_string_equal(asking.actor, "");
    }
    assert_int_equal(who_is(&house, slice_of("", 0)).error, ERROR_SAFE_UNREACHABLE);
    assert_int_equal(who_is(&house, hers).error, OK);
    spy_end(&spy);
    house_close(&house);
}

/* What a safe that was taken over may say of any token. */
struct saying {
    size_t actor; /* bytes */
    enum error error;
    bool nonsense;
    struct buffer payload;
};

static void say_credential(void *context, const struct spied *asked, enum error *error, struct slice *payload)
{
    static const char name[CREDENTIAL_ACTOR_MAX + 1] =
        "nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn";
    struct saying *saying = context;
    struct credential credential = {.actor = slice_of(name, saying->actor),
                                    .role = ROLE_NURSE,
                                    .sector = SECTOR_HEALTH,
                                    .expires_s = WHOLE_OPENED_S + 100000};

    if (asked->kind != PROTOCOL_CREDENTIAL)
        return;
    buffer_clear(&saying->payload);
    credential_write(&credential, &saying->payload);
    *error = saying->error;
    *payload = saying->nonsense ? SLICE("nonsense") : buffer_view(&saying->payload);
}

static void only_what_fits_is_remembered(void **state)
{
    static const struct {
        size_t token, actor;
        bool remembered;
    } cases[] = {
        {1, 1, true},
        {PROTOCOL_TOKEN_MAX, CREDENTIAL_ACTOR_MAX, true},
        {PROTOCOL_TOKEN_MAX + 1, 1, false},
    };
    char token[PROTOCOL_TOKEN_MAX + 1];

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct saying saying = {.actor = cases[i].actor, .payload = buffer_new(4096)};
        struct house house;
        struct spy spy;
        house_open(&house);
        spy_begin(&spy, &house);
        spy.answer = say_credential;
        spy.context = &saying;
        memset(token, 'n', sizeof token); /* like the actor, so that one running over into the other is no other token */
        for (int round = 0; round < 2; round++) {
            struct asking asking = who_is(&house, slice_of(token, cases[i].token));
            assert_int_equal(asking.error, OK);
            assert_int_equal(strlen(asking.actor), cases[i].actor);
        }
        assert_int_equal(spied_count(&spy, PROTOCOL_CREDENTIAL), cases[i].remembered ? 1 : 2);
        spy_end(&spy);
        house_close(&house);
        buffer_free(&saying.payload);
    }
}

static void what_the_safe_does_not_vouch_for_is_nobody_and_is_not_remembered(void **state)
{
    static const struct {
        enum error said;
        bool nonsense;
        enum error comes; /* ERROR_COUNT: any but OK */
    } cases[] = {{ERROR_TOKEN_EXPIRED, false, ERROR_TOKEN_EXPIRED},
                 {ERROR_UNAUTHENTICATED, true, ERROR_UNAUTHENTICATED},
                 {OK, true, ERROR_COUNT}};
    struct house house;
    struct spy spy;

    (void)state;
    house_open(&house);
    spy_begin(&spy, &house);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct saying saying = {
            .actor = 1, .error = cases[i].said, .nonsense = cases[i].nonsense, .payload = buffer_new(4096)};
        struct slice token = slice_from_string(i == 0 ? "a" : i == 1 ? "b" : "c");
        spy.answer = say_credential;
        spy.context = &saying;
        struct asking asking = who_is(&house, token);
        if (cases[i].comes == ERROR_COUNT)
            assert_int_not_equal(asking.error, OK);
        else
            assert_int_equal(asking.error, cases[i].comes);
        saying.error = OK, saying.nonsense = false;
        size_t before = spied_count(&spy, PROTOCOL_CREDENTIAL);
        assert_int_equal(who_is(&house, token).error, OK);
        assert_int_equal(spied_count(&spy, PROTOCOL_CREDENTIAL), before + 1);
        buffer_free(&saying.payload);
    }
    spy_end(&spy);
    house_close(&house);
}

/* ---- greeting and shutting ---- */

struct greeting {
    struct house *house;
    enum error said;
    struct slice payload; /* in the place of the keys, when it has any */
    enum error error;
};

static void answer_hello(void *context, const struct spied *asked, enum error *error, struct slice *payload)
{
    const struct greeting *greeting = context;

    if (asked->kind != PROTOCOL_HELLO)
        return;
    *error = greeting->said;
    if (greeting->payload.length)
        *payload = greeting->payload;
}

static void was_greeted(void *context, enum error error)
{
    struct greeting *greeting = context;

    greeting->error = error;
    house_answered(greeting->house);
}

static void a_gate_that_was_not_greeted_knows_nobody(void **state)
{
    struct house house;
    struct spy spy;

    (void)state;
    house_open(&house);
    gate_close(house.gate);
    struct gate_options options = {house.whole.directory, house.loop, &house.whole.world, house.client};
    assert_int_equal(gate_open(&options, &house.gate, NULL), OK);
    struct slice token = whole_token(&house.whole, &NURSE);
    spy_begin(&spy, &house);
    struct greeting greetings[] = {{&house, ERROR_SEALED, SLICE(""), OK}, {&house, OK, SLICE("nonsense"), OK}};
    for (size_t i = 0; i < 2; i++) {
        spy.answer = answer_hello;
        spy.context = &greetings[i];
        house.waiting = 1;
        gate_hello(house.gate, was_greeted, &greetings[i]);
        house_wait(&house);
        assert_int_not_equal(greetings[i].error, OK);
        assert_int_equal(spied_count(&spy, PROTOCOL_ORDER_ROUTE), 0);
        assert_int_equal(who_is(&house, token).error, ERROR_SAFE_UNREACHABLE);
        assert_int_equal(gate_unready(house.gate), ERROR_SAFE_UNREACHABLE);
    }
    assert_int_equal(greetings[0].error, ERROR_SEALED);
    spy.answer = NULL;
    house.waiting = 1;
    gate_hello(house.gate, was_greeted, &greetings[0]);
    house_wait(&house);
    assert_int_equal(greetings[0].error, OK);
    assert_int_equal(who_is(&house, token).error, OK);
    spy_end(&spy);
    house_close(&house);
}

static void a_gate_that_was_shut_knows_nobody_and_its_ids_lead_nowhere(void **state)
{
    struct house house;

    (void)state;
    house_open(&house);
    struct slice token = whole_token(&house.whole, &NURSE);
    assert_int_equal(who_is(&house, token).error, OK);
    struct id wire = gate_wire_id(house.gate, SECTOR_HEALTH, &anna);
    struct id inside = gate_inside_id(house.gate, SECTOR_HEALTH, &wire);
    assert_true(id_equal(&inside, &anna));
    gate_shut(house.gate);
    assert_int_equal(who_is(&house, token).error, ERROR_SHUT);
    for (enum sector sector = 0; sector < SECTOR_COUNT; sector++) {
        inside = gate_inside_id(house.gate, sector, &wire);
        assert_false(id_equal(&inside, &anna));
    }
    house_close(&house);
}

/* An id of a type that has no drawers stays as it is: it is nobody's here. */
static void only_ids_of_types_that_are_kept_are_turned(void **state)
{
    struct house house;
    struct id inside = {{0}};

    (void)state;
    house_open(&house);
    struct gate_translation translation = {house.gate, SECTOR_HEALTH};
    struct id wire = gate_wire_id(house.gate, SECTOR_HEALTH, &anna);
    assert_false(gate_translate_inward(&translation, SLICE("Organization"), &wire, &inside));
    assert_true(id_is_zero(&inside));
    assert_true(gate_translate_inward(&translation, SLICE("Patient"), &wire, &inside));
    assert_true(id_equal(&inside, &anna));
    house_close(&house);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_token_is_remembered_for_a_minute),
        cmocka_unit_test(a_token_is_not_remembered_past_its_end),
        cmocka_unit_test(nobody_is_taken_for_somebody_else),
        cmocka_unit_test(only_what_fits_is_remembered),
        cmocka_unit_test(what_the_safe_does_not_vouch_for_is_nobody_and_is_not_remembered),
        cmocka_unit_test(a_gate_that_was_not_greeted_knows_nobody),
        cmocka_unit_test(a_gate_that_was_shut_knows_nobody_and_its_ids_lead_nowhere),
        cmocka_unit_test(only_ids_of_types_that_are_kept_are_turned),
    };
    return cmocka_run_group_tests(tests, whole_template_make, whole_template_remove);
}
