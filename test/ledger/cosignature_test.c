/* SPDX-License-Identifier: Apache-2.0 */

/* Proves that cosignatures are made and read as tlog-cosignature says, and that keys of all three algorithms are told
 * apart. The known answer was computed by another program (Python's hashlib and libsodium's own signing) from the key
 * that torchwood published and the checkpoint of the specification. */

#include "fixture.h"

#include <string.h>

#include "crypto/encode.h"
#include "ledger/checkpoint.h"
#include "ledger/cosignature.h"
#include "published_keys.h"

#define TIME 1679315147
#define TEXT "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n"
#define WITNESS "example.com/witness"
#define WITNESS_KEY WITNESS "+10a1c019+BGSEitir7W6FmBs7OHWyUrh2frtLAvcDrKOx5xu9ao5Q"
#define LINE                                                                                                           \
    "\xE2\x80\x94 " WITNESS " EKHAGQAAAABkGFDLTNoErpaFYoIjxSg1oJ6wS+ZgVHSd9KzgUVie5EgN4+xyT4Krxt1jLqJ0MhEs9ruPoxFVPPK" \
    "vVikwV7Gp4/vDAA==\n"
/* The two lines of the specification's example; their keys are not published. */
#define LOG_LINE                                                                                                       \
    "\xE2\x80\x94 example.com/behind-the-sofa "                                                                        \
    "Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=\n"
#define OTHER_LINE                                                                                                     \
    "\xE2\x80\x94 witness.example.com/w1 "                                                                             \
    "jWbPPwAAAABkGFDLEZMHwSRaJNiIDoe9DYn/zXcrtPHeolMI5OWXEhZCB9dlrDJsX3b2oyin1nPZqhf5nNo0xUe+mbIUBkBIfZ+qnA==\n"

static struct secret_key witness_seed(void)
{
    struct secret_key seed;

    assert_int_equal(OK, decode_hex(SLICE(LITEWITNESS_SEED), seed.byte, sizeof seed.byte));
    return seed;
}

static struct note_key witness_key(void)
{
    struct note_key key;

    assert_int_equal(OK, note_key_parse_any(SLICE(WITNESS_KEY), &key));
    return key;
}

static enum error verify(const char *bytes, const struct note_key *key, uint64_t *ret_time_s)
{
    struct note note;

    assert_int_equal(OK, note_parse(slice_from_string(bytes), &note));
    return cosignature_verify(&note, key, ret_time_s);
}

static void a_cosignature_is_made_as_another_program_makes_it(void **state)
{
    CLEANUP_BUFFER struct buffer line = buffer_new(COSIGNATURE_LINE_MAX), vkey = buffer_new(512);
    struct secret_key seed = witness_seed();
    uint8_t public_key[SIGN_PUBLIC_BYTES];

    assert_int_equal(OK, cosignature_make(SLICE(TEXT), SLICE(WITNESS), &seed, TIME, &line));
    assert_true(slice_is(buffer_view(&line), LINE));
    sign_public(&seed, public_key);
    struct note_key key = cosignature_key_make(SLICE(WITNESS), public_key);
    note_key_write(&key, &vkey);
    assert_true(slice_is(buffer_view(&vkey), WITNESS_KEY));
}

static void a_cosignature_among_others_is_found_and_says_when(void **state)
{
    struct note_key key = witness_key();
    uint64_t time_s = 0;

    assert_int_equal(OK, verify(TEXT "\n" LOG_LINE OTHER_LINE LINE, &key, &time_s));
    assert_int_equal(TIME, time_s);
    assert_int_equal(OK, verify(TEXT "\n" LINE, &key, NULL));
    assert_int_equal(ERROR_SIGNATURE, verify(TEXT "\n" LOG_LINE OTHER_LINE, &key, NULL));
}

/* Time, text and signature are all vouched for; name and key id say whose it is. */
static void every_flipped_bit_of_a_cosigned_note_is_caught(void **state)
{
    char bytes[] = TEXT "\n" LINE;
    struct note_key key = witness_key();
    struct note note;

    for (size_t bit = 0; bit < 8 * (sizeof bytes - 1); bit++) {
        bytes[bit / 8] ^= (char)(1 << bit % 8);
        if (note_parse(slice_of(bytes, sizeof bytes - 1), &note) == OK && cosignature_verify(&note, &key, NULL) == OK)
            fail_msg("bit %zu", bit);
        bytes[bit / 8] ^= (char)(1 << bit % 8);
    }
}

static void a_cosignature_and_a_signature_by_one_key_do_not_stand_for_each_other(void **state)
{
    CLEANUP_BUFFER struct buffer note_bytes = buffer_new(1024);
    struct secret_key seed = witness_seed();
    struct note_key cosigner = witness_key(), signer = note_key_make(SLICE(WITNESS), cosigner.public_key);
    struct note note;

    assert_true(note_key_same(&cosigner, &signer));
    assert_int_not_equal(cosigner.id, signer.id);
    assert_int_equal(OK, note_sign(SLICE(TEXT), SLICE(WITNESS), &seed, &note_bytes));
    assert_int_equal(OK, note_parse(buffer_view(&note_bytes), &note));
    assert_int_equal(OK, note_verify(&note, &signer));
    assert_int_equal(ERROR_SIGNATURE, cosignature_verify(&note, &cosigner, NULL));
    assert_int_equal(ERROR_UNSUPPORTED, cosignature_verify(&note, &signer, NULL));
    assert_int_equal(ERROR_UNSUPPORTED, note_verify(&note, &cosigner));
}

static void only_checkpoints_are_cosigned_and_only_in_time(void **state)
{
    static const struct {
        const char *text, *name;
        uint64_t time_s;
        enum error error;
    } cases[] = {
        {TEXT, WITNESS, 1, OK},
        {TEXT "an extension of another's log\n", WITNESS, 1, OK},
        {TEXT, WITNESS, INT64_MAX, OK},
        {TEXT, WITNESS, (uint64_t)INT64_MAX + 1, ERROR_VALUE},
        {TEXT, WITNESS, 0, ERROR_VALUE},
        {TEXT, "a witness", 1, ERROR_VALUE},
        {TEXT "\n", WITNESS, 1, ERROR_VALUE},
        {"example.com/behind-the-sofa\n", WITNESS, 1, ERROR_VALUE},
        {"hospitium credential request 1\n", WITNESS, 1, ERROR_VALUE},
    };
    struct secret_key seed = witness_seed();

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        CLEANUP_BUFFER struct buffer line = buffer_new(COSIGNATURE_LINE_MAX);
        enum error error = cosignature_make(slice_from_string(cases[i].text), slice_from_string(cases[i].name), &seed,
                                            cases[i].time_s, &line);
        if (error != cases[i].error)
            fail_msg("case %zu: %d", i, error);
    }
}

static void the_latest_of_two_cosignatures_counts_and_one_bad_one_condemns(void **state)
{
    CLEANUP_BUFFER struct buffer bytes = buffer_new(2048);
    struct secret_key seed = witness_seed();
    struct note_key key = witness_key();
    struct note note;
    uint64_t time_s;

    buffer_string(&bytes, TEXT "\n");
    assert_int_equal(OK, cosignature_make(SLICE(TEXT), SLICE(WITNESS), &seed, TIME + 7, &bytes));
    buffer_string(&bytes, LINE);
    assert_int_equal(OK, note_parse(buffer_view(&bytes), &note));
    assert_int_equal(OK, cosignature_verify(&note, &key, &time_s));
    assert_int_equal(TIME + 7, time_s);

    bytes.data[bytes.length - 30] ^= 1; /* one letter of the last signature for another */
    assert_int_equal(OK, note_parse(buffer_view(&bytes), &note));
    assert_int_equal(ERROR_SIGNATURE, cosignature_verify(&note, &key, NULL));
}

/* tlog-witness: "the timestamp MUST NOT be zero". Signed well, and still none. */
static void a_cosignature_of_no_time_is_none(void **state)
{
    static const uint64_t times[] = {0, 1, INT64_MAX, (uint64_t)INT64_MAX + 1};
    struct secret_key seed = witness_seed();
    struct note_key key = witness_key();

    for (size_t i = 0; i < 4; i++) {
        CLEANUP_BUFFER struct buffer message = buffer_new(1024), line = buffer_new(1024), signature = buffer_new(72);
        uint8_t bytes[SIGNATURE_BYTES];
        enum error expected = i == 1 || i == 2 ? OK : ERROR_SIGNATURE;
        buffer_format(&message, "cosignature/v1\ntime %llu\n" TEXT, (unsigned long long)times[i]);
        sign(&seed, buffer_view(&message), bytes);
        buffer_u64(&signature, times[i]);
        buffer_bytes(&signature, bytes, sizeof bytes);
        note_signature_write(&key, buffer_view(&signature), &line);
        assert_int_equal(expected, cosignature_accept(SLICE(TEXT), buffer_view(&line), &key, NULL, NULL));
    }
}

static void of_an_answer_only_the_lines_of_the_witness_that_was_asked_are_taken(void **state)
{
    static const struct {
        const char *lines;
        enum error error;
    } cases[] = {
        {LINE, OK},
        {OTHER_LINE LINE, OK},
        {OTHER_LINE, ERROR_SIGNATURE},
        {"", ERROR_SYNTAX},
        {"OK\n", ERROR_SYNTAX},
        {"\n" LINE, ERROR_SYNTAX},
        {LINE "\n" LINE, ERROR_SYNTAX},
        {"another\n1\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n\n" LINE, ERROR_SYNTAX},
    };
    struct note_key key = witness_key();

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        CLEANUP_BUFFER struct buffer taken = buffer_new(COSIGNATURE_LINE_MAX);
        uint64_t time_s = 0;
        enum error error = cosignature_accept(SLICE(TEXT), slice_from_string(cases[i].lines), &key, &time_s, &taken);
        if (error != cases[i].error || (error == OK) != slice_is(buffer_view(&taken), LINE))
            fail_msg("case %zu: %d", i, error);
    }
}

static void keys_of_every_algorithm_are_read_and_written_back(void **state)
{
    static const struct {
        const char *text;
        enum note_algorithm algorithm;
    } cases[] = {
        {LITEWITNESS_LOG, NOTE_ED25519},
        {REMORA_KEY, NOTE_COSIGNATURE},
        {ML_DSA_KEY, NOTE_ML_DSA_44},
    };
    struct note_key key, short_only;

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        CLEANUP_BUFFER struct buffer back = buffer_new(4096);
        assert_int_equal(OK, note_key_parse_any(slice_from_string(cases[i].text), &key));
        assert_int_equal(cases[i].algorithm, key.algorithm);
        note_key_write(&key, &back);
        assert_true(slice_is(buffer_view(&back), cases[i].text));
        assert_int_equal(i == 0 ? OK : ERROR_UNSUPPORTED,
                         note_key_parse(slice_from_string(cases[i].text), &short_only));
    }
}

/* A key of ML-DSA-44 is known by its name and id; its signatures are neither believed nor stumbled over. */
static void a_signature_of_ml_dsa_is_carried_and_not_believed(void **state)
{
    CLEANUP_BUFFER struct buffer bytes = buffer_new(NOTE_BYTES_MAX);
    static const uint8_t signature[8 + 2420];
    struct note_key key, witness = witness_key();
    struct note note;

    assert_int_equal(OK, note_key_parse_any(SLICE(ML_DSA_KEY), &key));
    buffer_string(&bytes, TEXT "\n");
    for (int i = 0; i < 15; i++)
        note_signature_write(&key, slice_of(signature, sizeof signature), &bytes);
    buffer_string(&bytes, LINE);
    assert_int_equal(OK, note_parse(buffer_view(&bytes), &note));
    assert_int_equal(16, note.signature_count);
    assert_int_equal(OK, cosignature_verify(&note, &witness, NULL));
    assert_int_equal(ERROR_UNSUPPORTED, cosignature_verify(&note, &key, NULL));
    assert_int_equal(ERROR_UNSUPPORTED, note_verify(&note, &key));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_cosignature_is_made_as_another_program_makes_it),
        cmocka_unit_test(a_cosignature_among_others_is_found_and_says_when),
        cmocka_unit_test(every_flipped_bit_of_a_cosigned_note_is_caught),
        cmocka_unit_test(a_cosignature_and_a_signature_by_one_key_do_not_stand_for_each_other),
        cmocka_unit_test(only_checkpoints_are_cosigned_and_only_in_time),
        cmocka_unit_test(the_latest_of_two_cosignatures_counts_and_one_bad_one_condemns),
        cmocka_unit_test(a_cosignature_of_no_time_is_none),
        cmocka_unit_test(of_an_answer_only_the_lines_of_the_witness_that_was_asked_are_taken),
        cmocka_unit_test(keys_of_every_algorithm_are_read_and_written_back),
        cmocka_unit_test(a_signature_of_ml_dsa_is_carried_and_not_believed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
