/* SPDX-License-Identifier: Apache-2.0 */

/* Proves that a credential of a real node takes two different approvers over the whole of one request for this node in
 * its time, and that a line which is missing, strange or out of its range refuses all. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "crypto/sign.h"
#include "safe/approval.h"
#include "safe/node.h"

#define NOW_S 1700000000
static const struct id node = {
    {0xAA, 0xAA, 0xAA, 0xAA, 0xAA, 0xAA, 0xAA, 0xAA, 0xAA, 0xAA, 0xAA, 0xAA, 0xAA, 0xAA, 0xAA, 0xAA}};
static const struct secret_key seeds[] = {{{1}}, {{2}}, {{3}}, {{4}}};
static const char *const names[] = {"ana", "ben", "cem", "eve"};

#define HEAD "hospitium credential request 1\n"
#define REST                                                                                                           \
    "node aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\nrequest 0102030405060708090a0b0c0d0e0f10\nuntil 1700000100\n"              \
    "actor nurse-1\nrole nurse\nsector health\norganization harbour-clinic\npurpose TREAT,ETREAT\ntraining current\n"  \
    "ttl 3600\n"

/* The file of approvers: these of the four; a letter more than once stands there more than once. */
static struct approvers approvers_of(const char *who, struct buffer *text)
{
    struct approvers approvers;

    for (; *who; who++) {
        uint8_t public_key[SIGN_PUBLIC_BYTES];
        size_t i = (size_t)(*who - 'a');
        sign_public(&seeds[i], public_key);
        struct note_key key = note_key_make(slice_from_string(names[i]), public_key);
        note_key_write(&key, text);
        buffer_string(text, "\n\n"); /* empty lines count for nothing */
    }
    assert_int_equal(approvers_read(buffer_view(text), &approvers), OK);
    return approvers;
}

/* A note over the text, signed by each of these. */
static void sign_by(const char *text, const char *who, struct buffer *into)
{
    assert_int_equal(note_sign(slice_from_string(text), slice_from_string(names[*who - 'a']), &seeds[*who - 'a'], into),
                     OK);
    for (who++; *who; who++) {
        CLEANUP_BUFFER struct buffer one = buffer_new(8192);
        size_t i = (size_t)(*who - 'a');
        assert_int_equal(note_sign(slice_from_string(text), slice_from_string(names[i]), &seeds[i], &one), OK);
        buffer_slice(into, slice_from(buffer_view(&one), strlen(text) + 1));
    }
}

static enum error read_as(const char *text, const char *signers, const char *keys, struct credential *ret,
                          struct id *ret_request)
{
    CLEANUP_BUFFER struct buffer file = buffer_new(8192);
    static struct buffer note; /* what is read borrows from it */
    struct approvers approvers = approvers_of(keys, &file);
    struct id person;

    buffer_free(&note);
    note = buffer_new(16384);
    sign_by(text, signers, &note);
    return approval_read(buffer_view(&note), &approvers, &node, NOW_S, ret, &person, ret_request);
}

static void two_different_approvers_make_a_credential(void **state)
{
    static const struct {
        const char *signers, *keys;
        enum error error;
    } cases[] = {
        {"ab", "abc", OK},
        {"ca", "abc", OK},
        {"abc", "abc", OK},
        {"a", "abc", ERROR_SIGNATURE},
        {"ad", "abc", ERROR_SIGNATURE}, /* eve is none */
        {"d", "abc", ERROR_SIGNATURE},
        {"a", "aab", ERROR_SIGNATURE}, /* who is listed twice is still one */
        {"aa", "abc", ERROR_SIGNATURE},
        {"ab", "a", ERROR_SIGNATURE},
    };
    struct credential credential;
    struct id request;

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        if (read_as(HEAD REST, cases[i].signers, cases[i].keys, &credential, &request) != cases[i].error)
            fail_msg("%s of %s", cases[i].signers, cases[i].keys);
    assert_int_equal(read_as(HEAD REST, "ab", "abc", &credential, &request), OK);
    assert_int_equal(credential.role, ROLE_NURSE);
    assert_int_equal(credential.sector, SECTOR_HEALTH);
    assert_int_equal(credential.purposes, 1u << PURPOSE_TREAT | 1u << PURPOSE_ETREAT);
    assert_int_equal(credential.issued_s, NOW_S);
    assert_int_equal(credential.expires_s, NOW_S + 3600);
    assert_true(slice_is(credential.actor, "nurse-1"));
    const struct id harbour = node_organization(SLICE("harbour-clinic"));
    assert_true(id_equal(&credential.organization, &harbour));
    assert_int_equal(request.byte[15], 0x10);
}

/* One line of the request turned into another; both approvers signed it so. */
static void each_line_is_what_it_must_be_or_all_is_refused(void **state)
{
    static const struct {
        const char *from, *to;
        enum error error;
    } cases[] = {
        {"request 1\n", "request 2\n", ERROR_SYNTAX},
        {"node aaaa", "node bbbb", ERROR_VALUE}, /* another node's */
        {"node aaaa", "node aaa", ERROR_SYNTAX},
        {"request 0102", "request 01", ERROR_SYNTAX},
        {"request 0102030405060708090a0b0c0d0e0f10\n", "", ERROR_REQUIRED},
        {"until 1700000100", "until 1699999999", ERROR_TOKEN_EXPIRED},
        {"until 1700000100", "until 1700000000", OK},
        {"until 1700000100", "until never", ERROR_VALUE},
        {"ttl 3600", "ttl 0", ERROR_REQUIRED},
        {"ttl 3600", "ttl 31622400", OK},
        {"ttl 3600", "ttl 31622401", ERROR_VALUE}, /* more than a year */
        {"ttl 3600", "ttl long", ERROR_VALUE},
        {"ttl 3600\n", "", ERROR_REQUIRED},
        {"role nurse\n", "role owner\n", ERROR_VALUE},
        {"role nurse\n", "", ERROR_REQUIRED},
        {"role nurse\n", "role unknown\n", ERROR_VALUE}, /* a word, but nobody's */
        {"sector health", "sector unknown", ERROR_VALUE},
        {"purpose TREAT,ETREAT", "purpose unknown", ERROR_VALUE},
        {"sector health", "sector wealth", ERROR_VALUE},
        {"sector health\n", "", ERROR_REQUIRED},
        {"purpose TREAT,ETREAT", "purpose TREAT,FUN", ERROR_VALUE},
        {"purpose TREAT,ETREAT", "purpose ", ERROR_VALUE},
        {"purpose TREAT,ETREAT\n", "", ERROR_REQUIRED},
        {"training current", "training good", ERROR_VALUE},
        {"training current\n", "", OK},
        {"actor nurse-1\n", "", ERROR_REQUIRED},
        {"actor nurse-1", "actor 0123456789012345678901234567890123456789012345678901234567890123", OK},
        {"actor nurse-1", "actor 01234567890123456789012345678901234567890123456789012345678901234", ERROR_REQUIRED},
        {"ttl 3600", "person 0102030405060708090a0b0c0d0e0f10\nttl 3600", OK},
        {"ttl 3600", "person nobody\nttl 3600", ERROR_SYNTAX},
        {"ttl 3600", "superuser yes\nttl 3600", ERROR_SYNTAX}, /* who signed this did not sign what we read */
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        CLEANUP_BUFFER struct buffer text = buffer_new(4096);
        struct credential credential;
        struct id request;
        const char *place = strstr(HEAD REST, cases[i].from);
        assert_non_null(place);
        buffer_bytes(&text, HEAD REST, (size_t)(place - HEAD REST));
        buffer_string(&text, cases[i].to);
        buffer_string(&text, place + strlen(cases[i].from));
        buffer_byte(&text, 0);
        if (read_as(text.data, "ab", "abc", &credential, &request) != cases[i].error)
            fail_msg("%s", cases[i].to);
    }
}

static void a_house_has_no_more_approvers_than_it_can_name(void **state)
{
    CLEANUP_BUFFER struct buffer text = buffer_new(1u << 16);
    struct approvers approvers;
    uint8_t public_key[SIGN_PUBLIC_BYTES];

    (void)state;
    sign_public(&seeds[0], public_key);
    struct note_key key = note_key_make(SLICE("ana"), public_key);
    for (int i = 0; i < APPROVERS_MAX; i++) {
        note_key_write(&key, &text);
        buffer_byte(&text, '\n');
    }
    assert_int_equal(approvers_read(buffer_view(&text), &approvers), OK);
    assert_int_equal(approvers_distinct(&approvers), 1);
    CLEANUP_BUFFER struct buffer signed_by_two = buffer_new(16384);
    struct note note;
    sign_by(HEAD REST, "ab", &signed_by_two);
    assert_int_equal(note_parse(buffer_view(&signed_by_two), &note), OK);
    assert_int_equal(approvers_signed(&note, &approvers), ERROR_SIGNATURE);
    note_key_write(&key, &text);
    assert_int_equal(approvers_read(buffer_view(&text), &approvers), ERROR_SYNTAX);
    assert_int_not_equal(approvers_read(SLICE("nobody's key"), &approvers), OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(two_different_approvers_make_a_credential),
        cmocka_unit_test(each_line_is_what_it_must_be_or_all_is_refused),
        cmocka_unit_test(a_house_has_no_more_approvers_than_it_can_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
