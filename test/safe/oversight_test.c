/* SPDX-License-Identifier: Apache-2.0 */

/* Proves that oversight closes at once and never opens: a suspension counts for the very next request, survives a
 * crash, is told in public without a name, and whoever it stops leaves an entry. */

#include "oversight_asks.h"

#include <stdio.h>

#include "crypto/encode.h"

static void a_suspended_actor_is_refused_with_every_credential(void **state)
{
    struct whole whole;
    struct grant grant;
    uint64_t number;

    (void)state;
    whole_open(&whole);
    struct slice facts = whole_register(&whole, &anna), nurse = whole_token(&whole, &NURSE);
    struct slice ines = whole_token(&whole, &INES);
    assert_int_equal(look_at(&whole, nurse, &anna, facts, &grant), OK);
    assert_int_equal(suspend_as(&whole, ines, SUSPENDED_ACTOR, "nurse@harbour-clinic", &number), OK);
    uint64_t before = whole_entries(&whole);
    assert_int_equal(look_at(&whole, nurse, &anna, facts, &grant), ERROR_SUSPENDED);
    assert_int_equal(grant.targets, 0);
    assert_int_equal(whole_entries(&whole), before + 1);
    assert_int_equal(look_at(&whole, whole_token(&whole, &NURSE), &anna, facts, &grant), ERROR_SUSPENDED); /* later */
    assert_int_equal(whole_ask(&whole, PROTOCOL_CREDENTIAL, nurse, NULL), ERROR_SUSPENDED);
    assert_int_equal(look_at(&whole, whole_token(&whole, &CLERK), &anna, facts, &grant), OK); /* not her */
    whole_reopen(&whole);
    assert_int_equal(look_at(&whole, nurse, &anna, facts, &grant), ERROR_SUSPENDED);
    assert_int_equal(lift_as(&whole, ines, number), OK);
    assert_int_equal(look_at(&whole, nurse, &anna, facts, &grant), OK);
    assert_int_equal(lift_as(&whole, ines, number), ERROR_NOT_FOUND);
    whole_reopen(&whole);
    assert_int_equal(look_at(&whole, nurse, &anna, facts, &grant), OK);
    whole_close(&whole);
}

static void a_suspended_credential_is_refused_and_another_of_the_same_actor_is_not(void **state)
{
    struct whole whole;
    struct credential credential;
    struct slice payload;
    struct grant grant;
    char id[ID_TEXT_BYTES + 1] = {0};

    (void)state;
    whole_open(&whole);
    struct slice facts = whole_register(&whole, &anna), nurse = whole_token(&whole, &NURSE);
    assert_int_equal(whole_ask(&whole, PROTOCOL_CREDENTIAL, nurse, &payload), OK);
    assert_int_equal(credential_read(payload, &credential), OK);
    encode_hex(id_slice(&credential.id), id);
    assert_int_equal(suspend_as(&whole, whole_token(&whole, &INES), SUSPENDED_CREDENTIAL, id, NULL), OK);
    assert_int_equal(look_at(&whole, nurse, &anna, facts, &grant), ERROR_SUSPENDED);
    assert_int_equal(look_at(&whole, whole_token(&whole, &NURSE), &anna, facts, &grant), OK);
    whole_close(&whole);
}

/* Suspension and look in one message: the look behind it is stopped, the look before it is not. */
static void a_suspension_counts_for_the_next_request_of_the_same_message(void **state)
{
    CLEANUP_BUFFER struct buffer message = buffer_new(65536), look = buffer_new(16384), suspend = buffer_new(4096);
    struct whole whole;
    struct look_asked asked;
    enum error error[3];

    (void)state;
    whole_open(&whole);
    struct slice facts = whole_register(&whole, &anna), nurse = whole_token(&whole, &NURSE);
    access_write(looking(&asked, nurse, &anna, facts, BIT(IDENTITY)), &look);
    suspend_payload(&suspend, whole_token(&whole, &INES), SUSPENDED_ACTOR, "nurse@harbour-clinic", "stolen telephone");
    buffer_u16(&message, 3);
    buffer_byte(&message, PROTOCOL_ACCESS);
    protocol_text_write(buffer_view(&look), &message);
    buffer_byte(&message, PROTOCOL_SUSPEND);
    protocol_text_write(buffer_view(&suspend), &message);
    buffer_byte(&message, PROTOCOL_ACCESS);
    protocol_text_write(buffer_view(&look), &message);
    buffer_clear(&whole.answer);
    assert_int_equal(safe_answer(whole.safe, buffer_view(&message), &whole.answer), OK);
    struct reader reader = reader_of(buffer_view(&whole.answer));
    reader_u32(&reader);
    reader_u16(&reader);
    for (size_t i = 0; i < 3; i++) {
        error[i] = (enum error)reader_u16(&reader);
        protocol_text_read(&reader, PROTOCOL_MESSAGE_MAX);
    }
    assert_int_equal(error[0], OK);
    assert_int_equal(error[1], OK);
    assert_int_equal(error[2], ERROR_SUSPENDED);
    whole_close(&whole);
}

static void a_suspended_row_decides_none_and_no_other_steps_in(void **state)
{
    struct whole whole;
    struct grant grant;
    uint64_t number;

    (void)state;
    whole_open(&whole);
    struct slice facts = whole_register(&whole, &anna), physician = whole_token(&whole, &PHYSICIAN_EMERGENCY);
    struct slice ines = whole_token(&whole, &INES);
    assert_int_equal(suspend_as(&whole, ines, SUSPENDED_RULE, "D-28", &number), OK);
    assert_int_equal(break_glass_of(&whole, physician, &anna, facts, REASON, &grant), ERROR_REFUSED);
    whole_reopen(&whole);
    assert_int_equal(break_glass_of(&whole, physician, &anna, facts, REASON, &grant), ERROR_REFUSED);
    assert_int_equal(lift_as(&whole, ines, number), OK);
    assert_int_equal(break_glass_of(&whole, physician, &anna, facts, REASON, &grant), OK);

    /* The firewall's own rows, and the row that says no to a denial: suspended, they open nothing. */
    assert_int_equal(suspend_as(&whole, ines, SUSPENDED_RULE, "D-02", NULL), OK);
    assert_int_equal(suspend_as(&whole, ines, SUSPENDED_RULE, "D-01", NULL), OK);
    assert_int_equal(suspend_as(&whole, ines, SUSPENDED_RULE, "D-33", NULL), OK);
    assert_int_equal(look_at(&whole, whole_token(&whole, &OFFICER), &anna, facts, &grant), ERROR_REFUSED);
    assert_int_equal(look_at(&whole, whole_token(&whole, &PHYSICIAN_ELSEWHERE), &anna, facts, &grant), ERROR_REFUSED);
    whole_close(&whole);
}

static void what_cannot_be_suspended_is_refused_in_words(void **state)
{
    static const struct {
        enum suspended what;
        const char *subject, *reason;
        enum error error;
    } cases[] = {
        {SUSPENDED_RULE, "D-77", "under investigation", ERROR_NOT_FOUND},
        {SUSPENDED_RULE, "O-01", "under investigation", ERROR_NOT_FOUND}, /* logging is not a row of disclosure */
        {SUSPENDED_CREDENTIAL, "no-id", "under investigation", ERROR_VALUE},
        /* As a token's id is never written: it would hold nobody. */
        {SUSPENDED_CREDENTIAL, "ABCDEF00112233445566778899aabbcc", "under investigation", ERROR_VALUE},
        {SUSPENDED_ACTOR, "", "under investigation", ERROR_VALUE},
        {SUSPENDED_ACTOR, "karla", "", ERROR_REQUIRED},
        {SUSPENDED_ACTOR, "karla", "  \t ", ERROR_REQUIRED},
        {SUSPENDED_ACTOR, "karla\xff", "under investigation", ERROR_UTF8},
        {0, "karla", "under investigation", ERROR_SYNTAX},
        {9, "karla", "under investigation", ERROR_SYNTAX},
    };
    struct whole whole;

    (void)state;
    whole_open(&whole);
    struct slice ines = whole_token(&whole, &INES), list;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        CLEANUP_BUFFER struct buffer payload = buffer_new(4096);
        suspend_payload(&payload, ines, cases[i].what, cases[i].subject, cases[i].reason);
        assert_int_equal(whole_ask(&whole, PROTOCOL_SUSPEND, buffer_view(&payload), NULL), cases[i].error);
    }
    for (size_t i = 0; i < SUSPENSIONS_MAX; i++) {
        char actor[32];
        snprintf(actor, sizeof actor, "actor-%zu", i);
        assert_int_equal(suspend_as(&whole, ines, SUSPENDED_ACTOR, actor, NULL), OK);
    }
    assert_int_equal(suspend_as(&whole, ines, SUSPENDED_ACTOR, "one-more", NULL), ERROR_TOO_MANY);
    assert_int_equal(suspend_as(&whole, ines, SUSPENDED_ACTOR, "actor-7", NULL), OK); /* is so already */
    assert_int_equal(whole_list(&whole, PROTOCOL_SUSPENSIONS, ines, &list), OK);
    assert_int_equal(times(list, "\"number\""), SUSPENSIONS_MAX);
    whole_close(&whole);
}

static void only_oversight_that_is_neither_suspended_nor_withdrawn_suspends(void **state)
{
    const struct whole_person *const others[] = {&NURSE, &PHYSICIAN_EMERGENCY, &OFFICER, &CLERK};
    struct whole whole;

    (void)state;
    whole_open(&whole);
    uint64_t before = whole_entries(&whole);
    for (size_t i = 0; i < 4; i++) {
        struct slice token = whole_token(&whole, others[i]);
        assert_int_equal(suspend_as(&whole, token, SUSPENDED_ACTOR, "ines", NULL), ERROR_REFUSED);
        assert_int_equal(whole_list(&whole, PROTOCOL_SUSPENSIONS, token, NULL), ERROR_REFUSED);
    }
    assert_int_equal(whole_entries(&whole), before + 8); /* trying is written down */
    struct slice ines = whole_token(&whole, &INES), overseer = whole_token(&whole, &OVERSEER);
    assert_int_equal(suspend_as(&whole, overseer, SUSPENDED_ACTOR, "ines", NULL), OK);
    assert_int_equal(suspend_as(&whole, ines, SUSPENDED_ACTOR, "overseer@ombud", NULL), ERROR_SUSPENDED);
    assert_int_equal(lift_as(&whole, ines, 1), ERROR_SUSPENDED); /* nobody lifts her own */
    assert_int_equal(whole_list(&whole, PROTOCOL_REVIEWS, ines, NULL), ERROR_SUSPENDED);
    assert_int_equal(whole_ask(&whole, PROTOCOL_REVOKE, overseer, NULL), OK);
    assert_int_equal(lift_as(&whole, overseer, 1), ERROR_UNAUTHENTICATED);
    assert_int_equal(whole_list(&whole, PROTOCOL_REVIEWS, overseer, NULL), ERROR_UNAUTHENTICATED);
    whole_close(&whole);
}

/* The lists name staff and the reasons that staff gave. They do not hold what would join the looks at one person. */
static void who_reads_the_lists_of_oversight_is_written_down_too(void **state)
{
    static const struct id person = {{0xA1}};
    struct whole whole;
    struct slice list;

    (void)state;
    whole_open(&whole);
    struct slice facts = whole_register(&whole, &person), ines = whole_token(&whole, &INES);
    struct grant grant;
    assert_int_equal(break_glass_of(&whole, whole_token(&whole, &PHYSICIAN_EMERGENCY), &person, facts, REASON, &grant),
                     OK);
    uint64_t before = whole_entries(&whole);
    assert_int_equal(whole_list(&whole, PROTOCOL_REVIEWS, ines, &list), OK);
    assert_int_not_equal(slice_search(list, SLICE("\"actor\"")), SIZE_MAX);
    assert_int_equal(slice_search(list, SLICE("\"index\"")), SIZE_MAX);
    assert_int_equal(whole_list(&whole, PROTOCOL_SUSPENSIONS, ines, NULL), OK);
    assert_int_equal(whole_entries(&whole), before + 2);
    assert_int_equal(whole_list(&whole, PROTOCOL_REVIEWS, SLICE("nobody's"), NULL), ERROR_UNAUTHENTICATED);
    assert_int_equal(whole_entries(&whole), before + 2); /* strangers do not fill the log */
    whole_close(&whole);
}

static void the_public_log_tells_that_and_not_who(void **state)
{
    struct whole whole;
    uint64_t number;

    (void)state;
    whole_open(&whole);
    struct slice ines = whole_token(&whole, &INES);
    assert_int_equal(suspend_as(&whole, ines, SUSPENDED_ACTOR, "nurse@harbour-clinic", &number), OK);
    assert_int_equal(suspend_as(&whole, ines, SUSPENDED_RULE, "D-28", NULL), OK);
    assert_int_equal(lift_as(&whole, ines, number), OK);
    struct slice log = public_log(&whole);
    assert_int_equal(times(log, "\"suspended\""), 2);
    assert_int_equal(times(log, "\"suspension.lifted\""), 1);
    assert_int_equal(times(log, "\"rule\":\"D-28\""), 1);
    assert_int_equal(times(log, "nurse@"), 0);
    assert_int_equal(times(log, "ines"), 0);
    /* The two of one suspension have one commitment, so that strangers see what was lifted. */
    size_t at = slice_search(log, SLICE("\"commitment\":\""));
    char commitment[ID_TEXT_BYTES + 1] = {0};
    memcpy(commitment, log.data + at + 14, ID_TEXT_BYTES);
    assert_int_equal(times(log, commitment), 2);
    whole_close(&whole);
}

/* ---- evidence ---- */

static struct slice evidence(struct whole *whole, struct slice token, const char *actor, const char *rule,
                             const char *from, const char *to, uint64_t next, enum error expected)
{
    struct evidence_wanted wanted = {actor, rule, from, to, next};

    return arena_copy(whole->arena, evidence_page(whole, token, wanted, expected));
}

static void evidence_has_names_and_proofs_and_asking_is_an_entry(void **state)
{
    struct whole whole;
    struct grant grant;

    (void)state;
    whole_open(&whole);
    struct slice facts = whole_register(&whole, &anna), ines = whole_token(&whole, &INES);
    assert_int_equal(look_at(&whole, whole_token(&whole, &NURSE), &anna, facts, &grant), OK);
    assert_int_equal(look_at(&whole, whole_token(&whole, &PHYSICIAN_ELSEWHERE), &anna, facts, &grant), ERROR_REFUSED);
    uint64_t before = whole_entries(&whole);
    struct slice found = evidence(&whole, ines, "physician@other-clinic", "", "", "", 0, OK);
    assert_int_equal(whole_entries(&whole), before + 1);
    assert_int_equal(times(found, "\"proof\":\"c2sp.org/tlog-proof"), 1);
    assert_int_equal(times(found, "\"actor\":\"physician@other-clinic\""), 1);
    assert_int_equal(times(found, "\"index\""), 0); /* the safe's own names of persons stay inside */
    assert_int_equal(times(evidence(&whole, ines, "", "D-33", "", "", 0, OK), "\"proof\""), 1);
    assert_int_equal(times(evidence(&whole, ines, "nobody", "", "", "", 0, OK), "\"proof\""), 0);
    assert_int_equal(times(evidence(&whole, ines, "", "", "2000-01-01", "2000-12-31", 0, OK), "\"proof\""), 0);
    assert_true(times(evidence(&whole, ines, "", "", "2023-11-14", "2023-11-15", 0, OK), "\"proof\"") > 3);
    /* Her own asking is in it, with what she asked for beside her name. */
    assert_true(times(evidence(&whole, ines, "ines", "", "", "", 0, OK), "\"subject\":\"complaint 12\"") > 1);
    evidence(&whole, whole_token(&whole, &NURSE), "", "", "", "", 0, ERROR_REFUSED);
    whole_close(&whole);
}

static void evidence_comes_in_pages(void **state)
{
    struct whole whole;
    struct grant grant;

    (void)state;
    whole_open(&whole);
    struct slice facts = whole_register(&whole, &anna), nurse = whole_token(&whole, &NURSE);
    struct slice ines = whole_token(&whole, &INES);
    for (size_t i = 0; i < 70; i++)
        assert_int_equal(look_at(&whole, nurse, &anna, facts, &grant), OK);
    struct slice first = evidence(&whole, ines, "nurse@harbour-clinic", "", "", "", 0, OK);
    assert_int_equal(times(first, "\"proof\""), 50);
    size_t at = slice_search(first, SLICE("\"next\":"));
    assert_true(at != SIZE_MAX);
    struct slice digits = slice_from(first, at + 7);
    uint64_t next = 0;
    assert_true(slice_to_u64(slice_cut(&digits, '}'), &next));
    struct slice second = evidence(&whole, ines, "nurse@harbour-clinic", "", "", "", next, OK);
    assert_int_equal(times(second, "\"proof\""), 21); /* with the registration */
    assert_true(slice_search(second, SLICE("\"next\"")) == SIZE_MAX);
    assert_int_equal(times(evidence(&whole, ines, "", "", "", "", UINT64_MAX, OK), "\"proof\""), 0);
    whole_close(&whole);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_suspended_actor_is_refused_with_every_credential),
        cmocka_unit_test(a_suspended_credential_is_refused_and_another_of_the_same_actor_is_not),
        cmocka_unit_test(a_suspension_counts_for_the_next_request_of_the_same_message),
        cmocka_unit_test(a_suspended_row_decides_none_and_no_other_steps_in),
        cmocka_unit_test(what_cannot_be_suspended_is_refused_in_words),
        cmocka_unit_test(only_oversight_that_is_neither_suspended_nor_withdrawn_suspends),
        cmocka_unit_test(who_reads_the_lists_of_oversight_is_written_down_too),
        cmocka_unit_test(the_public_log_tells_that_and_not_who),
        cmocka_unit_test(evidence_has_names_and_proofs_and_asking_is_an_entry),
        cmocka_unit_test(evidence_comes_in_pages),
    };

    return cmocka_run_group_tests(tests, whole_template_make, whole_template_remove);
}
