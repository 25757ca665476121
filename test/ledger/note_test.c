/* SPDX-License-Identifier: Apache-2.0 */

/* Proves that notes, checkpoints and keys are read as the C2SP specifications say, and that what they forbid is
 * refused. The known answers are the examples of signed-note and of Go's note package. */

#include "fixture.h"

#include <stdio.h>
#include <string.h>

#include "ledger/checkpoint.h"
#include "ledger/note.h"

#define FOO_KEY "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"
#define FOO_SIGNATURE                                                                                                  \
    "\xE2\x80\x94 example.com/foo "                                                                                    \
    "Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n"
#define FOO_NOTE "This is an example message.\n\n" FOO_SIGNATURE

#define GO_SECRET "PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz"
#define GO_KEY "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
#define GO_TEXT                                                                                                        \
    "If you think cryptography is the answer to your problem,\n"                                                       \
    "then you don't know what your problem is.\n"
#define GO_SIGNATURE                                                                                                   \
    "\xE2\x80\x94 PeterNeumann "                                                                                       \
    "x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"

static void the_specifications_example_verifies(void **state)
{
    struct note_key key;
    struct note note;

    assert_int_equal(OK, note_key_parse(SLICE(FOO_KEY), &key));
    assert_int_equal(OK, note_parse(SLICE(FOO_NOTE), &note));
    assert_true(slice_is(note.text, "This is an example message.\n"));
    assert_int_equal(OK, note_verify(&note, &key));
}

static void we_sign_as_go_does(void **state)
{
    CLEANUP_BUFFER struct buffer note = buffer_new(1024), text = buffer_new(1024);
    struct secret_key seed;
    struct slice name;
    struct note_key key;
    uint8_t public_key[SIGN_PUBLIC_BYTES];

    assert_int_equal(OK, note_secret_parse(SLICE(GO_SECRET), &name, &seed));
    assert_int_equal(OK, note_sign(SLICE(GO_TEXT), name, &seed, &note));
    assert_true(slice_is(buffer_view(&note), GO_TEXT "\n" GO_SIGNATURE));
    sign_public(&seed, public_key);
    key = note_key_make(name, public_key);
    note_key_write(&key, &text);
    assert_true(slice_is(buffer_view(&text), GO_KEY));
    buffer_clear(&text);
    note_secret_write(name, &seed, &text);
    assert_true(slice_is(buffer_view(&text), GO_SECRET));
}

static void bad_keys_are_refused(void **state)
{
    static const struct {
        const char *text;
        enum error error;
    } cases[] = {
        {FOO_KEY, OK},
        {"", ERROR_SYNTAX},
        {"example.com/foo", ERROR_SYNTAX},
        {"example.com/foo+530d903a", ERROR_SYNTAX},
        {"example.com/foo+530d903a+", ERROR_SYNTAX},
        {"+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k", ERROR_SYNTAX},
        {"example.com/fop+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k", ERROR_SYNTAX},
        {"example.com/foo+530D903A+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k", ERROR_SYNTAX},
        {"example.com/foo+530d903b+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k", ERROR_SYNTAX},
        {"example com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k", ERROR_SYNTAX},
        {"example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2", ERROR_SYNTAX},
        {"example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k\n", ERROR_SYNTAX},
        {"example.com/foo+530d903a+BOkyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k", ERROR_SYNTAX},
        {"example.com/foo+7c264079+BOkyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k", ERROR_UNSUPPORTED},
        {"example.com/foo+35bbf41a+AukyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k", ERROR_UNSUPPORTED},
        {"example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2kAAAA", ERROR_SYNTAX},
    };
    struct note_key key;

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        assert_int_equal(cases[i].error, note_key_parse(slice_from_string(cases[i].text), &key));
}

static void notes_that_are_none_are_refused(void **state)
{
    static const char *const cases[] = {
        "",
        "text\n",
        "text\n\n",
        "text" FOO_SIGNATURE,
        "text\n" FOO_SIGNATURE,
        "text\n\n\n\xE2\x80\x94 example.com/foo AAAAAAA=",           /* no newline at the end */
        "text\n\n- example.com/foo AAAAAAA=\n",                      /* a hyphen is no em dash */
        "text\n\n\xE2\x80\x94 example.com/foo AAAA\n",               /* no room for a key id and a signature */
        "text\n\n\xE2\x80\x94 example.com/foo\n",                    /* no signature */
        "text\n\n\xE2\x80\x94  AAAAAAA=\n",                          /* no name */
        "text\n\n\xE2\x80\x94 a+b AAAAAAA=\n",                       /* '+' in a name */
        "text\n\n\xE2\x80\x94 a\xE2\x80\x82z AAAAAAA=\n",          /* a wide space in a name */
        "text\n\n\xE2\x80\x94 a AAAAAAB=\n",                         /* bits that are lost in base64 */
        "text\n\n\xE2\x80\x94 a AAAAAAA= \n",                        /* more than a signature */
        "te\rxt\n\n\xE2\x80\x94 a AAAAAAA=\n",                       /* a control character */
        "te\xFFxt\n\n\xE2\x80\x94 a AAAAAAA=\n",                     /* not UTF-8 */
    };
    struct note note;

    assert_int_equal(OK, note_parse(SLICE("text\n\n\xE2\x80\x94 a AAAAAAA=\n"), &note));
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        if (note_parse(slice_from_string(cases[i]), &note) != ERROR_SYNTAX)
            fail_msg("case %zu was accepted", i);
    }
}

/* A line of a key that nobody here knows: right in form, wrong in every other respect. */
#define STRANGER "\xE2\x80\x94 example.com/foo AAAAAAAAAAA=\n"

static void strangers_signatures_are_ignored_and_forged_ones_condemn(void **state)
{
    struct note_key key;
    struct note note;

    assert_int_equal(OK, note_key_parse(SLICE(FOO_KEY), &key));
    assert_int_equal(OK, note_parse(SLICE("This is an example message.\n\n" STRANGER FOO_SIGNATURE STRANGER), &note));
    assert_int_equal(OK, note_verify(&note, &key));
    assert_int_equal(OK, note_parse(SLICE("This is an example message.\n\n" STRANGER), &note));
    assert_int_equal(ERROR_SIGNATURE, note_verify(&note, &key));
    assert_int_equal(OK, note_parse(SLICE("This is another message.\n\n" FOO_SIGNATURE), &note));
    assert_int_equal(ERROR_SIGNATURE, note_verify(&note, &key));

    /* Same name and key id, but a signature that does not hold, beside one that does. */
    assert_int_equal(OK, note_parse(SLICE(FOO_NOTE "\xE2\x80\x94 example.com/foo Uw2QOkn8\n"), &note));
    assert_int_equal(2, note.signature_count);
    assert_int_equal(ERROR_SIGNATURE, note_verify(&note, &key));
}

static void as_many_signatures_are_read_as_the_limit_says_and_not_one_more(void **state)
{
    CLEANUP_BUFFER struct buffer text = buffer_new(NOTE_BYTES_MAX);
    struct note_key key;
    struct note note;

    assert_int_equal(OK, note_key_parse(SLICE(FOO_KEY), &key));
    buffer_string(&text, "This is an example message.\n\n");
    assert_true(NOTE_SIGNATURES_MAX >= 16); /* signed-note */
    for (size_t i = 0; i < NOTE_SIGNATURES_MAX - 1; i++)
        buffer_string(&text, STRANGER);
    buffer_string(&text, FOO_SIGNATURE);
    assert_int_equal(OK, note_parse(buffer_view(&text), &note));
    assert_int_equal(OK, note_verify(&note, &key));
    buffer_string(&text, STRANGER);
    assert_int_equal(ERROR_SYNTAX, note_parse(buffer_view(&text), &note));
}

/* Post-quantum signatures of algorithms that are not known here, and long names: "nearly 5 kB", 16 of them. */
static void sixteen_long_signatures_of_strangers_are_passed_over(void **state)
{
    CLEANUP_BUFFER struct buffer text = buffer_new(NOTE_BYTES_MAX);
    static uint8_t signature[4995];
    static char name[600];
    struct note_key key, stranger = {.id = 7};
    struct note note;

    memset(name, 'n', sizeof name);
    stranger.name = slice_of(name, sizeof name);
    assert_int_equal(OK, note_key_parse(SLICE(FOO_KEY), &key));
    buffer_string(&text, "This is an example message.\n\n");
    for (size_t i = 0; i < 15; i++)
        note_signature_write(&stranger, slice_of(signature, sizeof signature), &text);
    buffer_string(&text, FOO_SIGNATURE);
    assert_int_equal(OK, buffer_check(&text));
    assert_int_equal(OK, note_parse(buffer_view(&text), &note));
    assert_int_equal(16, note.signature_count);
    assert_int_equal(OK, note_verify(&note, &key));
}

static void every_flipped_bit_of_a_checkpoint_is_caught(void **state)
{
    struct fixture fixture;
    fixture_make(&fixture);
    struct checkpoint checkpoint = {SLICE(FIXTURE_ORIGIN), {20852163, hash_sha256(SLICE("root"))}}, back;
    CLEANUP_BUFFER struct buffer note = buffer_new(CHECKPOINT_BYTES_MAX);

    assert_int_equal(OK, checkpoint_sign(&checkpoint, &fixture.seed, &note));
    assert_int_equal(OK, checkpoint_verify(buffer_view(&note), &fixture.key, &back));
    assert_int_equal(20852163, back.head.size);
    assert_true(hash_equal(&checkpoint.head.root, &back.head.root));
    for (size_t bit = 0; bit < note.length * 8; bit++) {
        note.data[bit / 8] ^= (char)(1 << bit % 8);
        if (checkpoint_verify(buffer_view(&note), &fixture.key, &back) == OK)
            fail_msg("bit %zu", bit);
        note.data[bit / 8] ^= (char)(1 << bit % 8);
    }
    fixture_remove(&fixture);
}

static void a_checkpoint_has_one_text(void **state)
{
    static const char root[] = "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=";
    static const struct {
        const char *origin, *size, *rest;
        enum error error;
    } cases[] = {
        {"log", "\n0\n", "\n", OK},
        {"log", "\n18446744073709551615\n", "\n", OK},
        {"log", "\n18446744073709551616\n", "\n", ERROR_SYNTAX},
        {"log", "\n00\n", "\n", ERROR_SYNTAX},
        {"log", "\n01\n", "\n", ERROR_SYNTAX},
        {"log", "\n-1\n", "\n", ERROR_SYNTAX},
        {"log", "\n+1\n", "\n", ERROR_SYNTAX},
        {"log", "\n\n", "\n", ERROR_SYNTAX},
        {"", "\n1\n", "\n", ERROR_SYNTAX},
        {"log", "\n1\n", "", ERROR_SYNTAX},
        {"log", "\n1\n", "\nextension\n", ERROR_SYNTAX},
        {"log", "\n1\n", "\n\n", ERROR_SYNTAX},
        {"log", "\n1\nAAAA", "\n", ERROR_SYNTAX},
    };
    struct checkpoint checkpoint;

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char text[256];
        snprintf(text, sizeof text, "%s%s%s%s", cases[i].origin, cases[i].size, root, cases[i].rest);
        if (cases[i].error != checkpoint_parse_text(slice_from_string(text), &checkpoint))
            fail_msg("case %zu", i);
        if (cases[i].error != OK)
            continue;
        CLEANUP_BUFFER struct buffer again = buffer_new(256);
        checkpoint_write_text(&checkpoint, &again);
        assert_true(slice_is(buffer_view(&again), text));
    }
}

/* libsodium alone would take these bytes for digits of Base64. */
static void bytes_that_are_no_text_are_no_hash(void **state)
{
    struct checkpoint checkpoint;

    assert_int_equal(ERROR_SYNTAX,
                     checkpoint_parse_text(SLICE("log\n1\nCs\xAB\xA6\x9E\x8FGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n"),
                                           &checkpoint));
}

static void another_logs_checkpoint_is_refused(void **state)
{
    struct fixture fixture;
    fixture_make(&fixture);
    struct checkpoint checkpoint = {SLICE("other.example/log"), {1, hash_sha256(SLICE("root"))}}, back;
    CLEANUP_BUFFER struct buffer text = buffer_new(1024), note = buffer_new(1024);

    /* Signed by the right key under the right name, but its text is about another log. */
    checkpoint_write_text(&checkpoint, &text);
    assert_int_equal(OK, note_sign(buffer_view(&text), SLICE(FIXTURE_ORIGIN), &fixture.seed, &note));
    assert_int_equal(ERROR_SIGNATURE, checkpoint_verify(buffer_view(&note), &fixture.key, &back));
    fixture_remove(&fixture);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_specifications_example_verifies),
        cmocka_unit_test(we_sign_as_go_does),
        cmocka_unit_test(bad_keys_are_refused),
        cmocka_unit_test(notes_that_are_none_are_refused),
        cmocka_unit_test(strangers_signatures_are_ignored_and_forged_ones_condemn),
        cmocka_unit_test(as_many_signatures_are_read_as_the_limit_says_and_not_one_more),
        cmocka_unit_test(sixteen_long_signatures_of_strangers_are_passed_over),
        cmocka_unit_test(every_flipped_bit_of_a_checkpoint_is_caught),
        cmocka_unit_test(a_checkpoint_has_one_text),
        cmocka_unit_test(bytes_that_are_no_text_are_no_hash),
        cmocka_unit_test(another_logs_checkpoint_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
