/* SPDX-License-Identifier: Apache-2.0 */

/* What the safe grants, and what the gate makes of it. Proves that exactly what was granted is opened, under every obligation
 * that came with it, that what is stored carries exactly what was permitted, and that the safe is told how it ended. */

#include "passing.h"

/* ---- what is granted, and what comes of it ---- */

struct granting {
    struct passing *passing;
    enum error error; /* said in the place of the safe's */
    int targets;      /* more or fewer */
    unsigned taken;   /* drawers that are not opened */
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
    passing_begin(&passing);
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
    search_sets(&passing, "Observation", passing_sets, 1, NULL, NULL); /* about nobody: no answer is still none */
    assert_int_equal(passing.error, ERROR_INTERNAL);
    passing_end(&passing);
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
    passing_begin(&passing);
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
    passing_end(&passing);
}

#define TAG                                                                                                            \
    "\"tag\":[{\"system\":\"http://terminology.hl7.org/CodeSystem/v3-ObservationValue\",\"code\":\"SUBSETTED\"}]"

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
    passing_begin(&passing);
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
    passing_end(&passing);
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
    passing_begin(&passing);
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
    passing_end(&passing);
}

static void keys_are_wiped_when_the_request_has_ended(void **state)
{
    static const struct secret_key wiped;
    struct passing passing;

    (void)state;
    passing_begin(&passing);
    search_of(&passing, 2, NULL, NULL); /* two targets: the last key is the second's */
    assert_int_equal(passing.count, 2);
    assert_memory_equal(between.last_key, &wiped, sizeof wiped);
    read_of(&passing, SLICE("Patient"), &anna, 0, false, NULL);
    assert_int_equal(passing.error, OK);
    assert_memory_equal(between.last_key, &wiped, sizeof wiped);
    passing_end(&passing);
}

/* ---- what is stored ---- */

static void what_is_stored_carries_its_permission(void **state)
{
    static struct slice many[VAULT_TOKENS_MAX + 1];
    struct passing passing;

    (void)state;
    passing_begin(&passing);
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
    item->method = GATE_PATCH;
    item->seen = BIT(CLINICAL) | BIT(CONTACT);
    item->terms = 0;
    assert_int_equal(write_one(&passing, item), OK);
    assert_true(between.stored->write->keep_postings); /* what it did not see stays findable */
    passing.spy.count = 0;
    assert_int_equal(write_one(&passing, item_for(GATE_DELETE, "Observation", &observation, &anna, "")), OK);
    assert_true(between.stored->write->deleted);
    assert_int_equal(between.stored->write->body.length, 0);
    assert_int_equal(between.stored->write->tokens, 0);
    passing_end(&passing);
}

static void a_write_that_was_overtaken_returned_nothing(void **state)
{
    struct passing passing, second;

    (void)state;
    passing_begin(&passing);
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
                                                            passing_written, &passing});
    house_wait(&passing.house);
    assert_int_equal(passing.calls, 2);
    assert_int_equal(passing.error, ERROR_PRECONDITION);
    assert_int_equal(between.completion[1].returned, 1);
    assert_int_equal(between.completion[0].returned, 0);
    assert_int_equal(between.completion[0].error, ERROR_PRECONDITION);
    passing_end(&passing);
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
        {GATE_UPDATE, &other, 0, ERROR_NOT_FOUND},
        {GATE_PATCH, &other, 1, ERROR_NOT_FOUND},
        {GATE_DELETE, &other, 0, ERROR_NOT_FOUND},
        {GATE_UPDATE, &observation, 2, ERROR_PRECONDITION},
        {GATE_DELETE, &observation, 2, ERROR_PRECONDITION},
        {GATE_UPDATE, &deleted, 1, ERROR_PRECONDITION},
        {GATE_UPDATE, &deleted, 2, OK},
        {GATE_UPDATE, &observation, 1, OK},
        {GATE_UPDATE, &observation, 0, OK},
        {GATE_DELETE, &observation, 3, OK},
    };
    struct passing passing;

    (void)state;
    passing_begin(&passing);
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
    passing_end(&passing);
}

/* Also when it is not the first of a bundle that runs into one: then nothing of the bundle is stored. */
static void an_obstacle_of_one_is_that_of_all(void **state)
{
    struct gate_write_item item[2];
    struct passing passing;

    (void)state;
    passing_begin(&passing);
    item[0] = *item_for(GATE_UPDATE, "Observation", &observation, &anna, OBSERVED);
    item[1] = *item_for(GATE_UPDATE, "Patient", &anna, &anna, PATIENT);
    item[1].expected = 9;
    assert_int_equal(write_all(&passing, &passing.nurse, item, 2), ERROR_PRECONDITION);
    read_of(&passing, SLICE("Observation"), &observation, 0, false, NULL);
    assert_int_equal(passing.view[0].version, 1);
    passing_end(&passing);
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
    passing_begin(&passing);
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
    read_of(&passing, SLICE("Patient"), &anna, 0, false, NULL);
    assert_int_equal(passing.error, ERROR_NOT_FOUND);
    assert_int_equal(passing.count, 0);
    search_of(&passing, 2, NULL, NULL);
    assert_int_equal(passing.error, OK);
    assert_int_equal(passing.count, 0);
    passing_end(&passing);
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
    passing_begin(&passing);
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
    struct gate_write_item *last = item_for(GATE_DELETE, "Organization", &clinic, &nobody, "{}");
    assert_int_equal(write_all(&passing, &administrator, last, 1), OK);
    assert_true(between.stored->write->deleted && between.stored->write->body.length == 0);
    struct gate_write_item mixed[] = {*item_for(GATE_UPDATE, "Organization", &clinic, &nobody, "{}"),
                                      *item_for(GATE_CREATE, "Observation", &other, &anna, OBSERVATION)};
    assert_int_equal(write_all(&passing, &administrator, mixed, 2), ERROR_VALUE);
    assert_int_equal(gate_common(passing.house.gate, passing.house.whole.arena, SLICE("Organization"), &clinic, &view),
                     ERROR_GONE);
    assert_int_equal(view.version, 3);
    assert_int_equal(spied_count(&passing.spy, PROTOCOL_ACCESS), 0);
    passing_end(&passing);
}

static void all_that_is_nobodys_is_listed(void **state)
{
    static struct gate_write_item item[300];
    struct passing passing;
    struct gate_views views;

    (void)state;
    passing_begin(&passing);
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
    passing_end(&passing);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_no_grant_opens_nothing),
        cmocka_unit_test(a_refused_write_says_whether_a_part_may_be_seen),
        cmocka_unit_test(each_obligation_is_carried_out),
        cmocka_unit_test(who_is_known_is_told_without_opening_anything),
        cmocka_unit_test(keys_are_wiped_when_the_request_has_ended),
        cmocka_unit_test(what_is_stored_carries_its_permission),
        cmocka_unit_test(a_write_that_was_overtaken_returned_nothing),
        cmocka_unit_test(an_obstacle_is_told_after_the_grant),
        cmocka_unit_test(an_obstacle_of_one_is_that_of_all),
        cmocka_unit_test(what_the_vault_holds_is_not_believed_blindly),
        cmocka_unit_test(what_is_nobodys_is_written_by_the_node_and_its_administrator),
        cmocka_unit_test(all_that_is_nobodys_is_listed),
    };
    return cmocka_run_group_tests(tests, whole_template_make, whole_template_remove);
}
