/* SPDX-License-Identifier: Apache-2.0 */

/* Proves that there is one text for each value: RFC 4648's own examples both ways, and nothing else is read. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "crypto/encode.h"

static void base64_is_that_of_rfc_4648(void **state)
{
    static const char *const vectors[][2] = {{"", ""},
                                             {"f", "Zg=="},
                                             {"fo", "Zm8="},
                                             {"foo", "Zm9v"},
                                             {"foob", "Zm9vYg=="},
                                             {"fooba", "Zm9vYmE="},
                                             {"foobar", "Zm9vYmFy"}};

    (void)state;
    for (size_t i = 0; i < sizeof vectors / sizeof *vectors; i++) {
        CLEANUP_BUFFER struct buffer text = buffer_new(64);
        char back[16];
        size_t length = 99;
        encode_base64(slice_from_string(vectors[i][0]), &text);
        assert_true(slice_is(buffer_view(&text), vectors[i][1]));
        assert_int_equal(decode_base64(buffer_view(&text), back, sizeof back, &length), OK);
        assert_true(slice_is(slice_of(back, length), vectors[i][0]));
    }
}

static void base64url_has_its_own_alphabet_and_no_padding(void **state)
{
    CLEANUP_BUFFER struct buffer text = buffer_new(64);
    size_t length = 0;
    char back[8];

    (void)state;
    encode_base64url(SLICE("\xfb\xff\xfe\x01"), &text);
    assert_true(slice_is(buffer_view(&text), "-__-AQ"));
    assert_int_equal(decode_base64url(SLICE("-__-AQ"), back, sizeof back, &length), OK);
    assert_true(slice_is(slice_of(back, length), "\xfb\xff\xfe\x01"));
    assert_int_equal(decode_base64url(SLICE("-__-AQ=="), back, sizeof back, &length), ERROR_SYNTAX);
    assert_int_equal(decode_base64url(SLICE("+//+AQ"), back, sizeof back, &length), ERROR_SYNTAX);
    assert_int_equal(decode_base64(SLICE("-__-AQ=="), back, sizeof back, &length), ERROR_SYNTAX);
}

static void no_other_text_is_read_as_base64(void **state)
{
    static const char *const wrong[] = {
        "Z",     "Zg",     "Zg=",    "Zg===",    "Zh==", "Zm9=", "Zm8",   " Zg==",
        "Zg== ", "Zg==\n", "Z\ng==", "Zg==Zg==", "====", "Z=g=", "Zm9v!", "Zm9v\xc3\xa9g=",
    };
    char back[64];
    size_t length;

    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        if (decode_base64(slice_from_string(wrong[i]), back, sizeof back, &length) == OK)
            fail_msg("%s", wrong[i]);
}

static void decoding_stops_at_the_room_given(void **state)
{
    char back[3] = {0, 0, 'x'};
    size_t length;

    (void)state;
    assert_int_equal(decode_base64(SLICE("Zm9v"), back, 2, &length), ERROR_SYNTAX);
    assert_int_equal(back[2], 'x');
    assert_int_equal(decode_base64(SLICE("Zm8="), back, 2, &length), OK);
}

static void hexadecimal_goes_both_ways(void **state)
{
    uint8_t bytes[256], back[256];
    char text[512];

    (void)state;
    for (unsigned i = 0; i < 256; i++)
        bytes[i] = (uint8_t)i;
    encode_hex(slice_of(bytes, 256), text);
    assert_memory_equal(text, "000102", 6);
    assert_memory_equal(text + 506, "fdfeff", 6);
    assert_int_equal(decode_hex(slice_of(text, 512), back, 256), OK);
    assert_memory_equal(bytes, back, 256);
}

static void no_other_text_is_read_as_hexadecimal(void **state)
{
    static const char *const wrong[] = {"",     "a",    "abc",  "abcd0", "abcdef", "ag00", "a/00", "a:00",
                                        "a@00", "a`00", " a00", "0x00",  "+a00",   "Ab00", "aF00", "A000"};
    uint8_t back[2];

    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        if (decode_hex(slice_from_string(wrong[i]), back, 2) != ERROR_SYNTAX)
            fail_msg("%s", wrong[i]);
    assert_int_equal(decode_hex(SLICE("ab00"), back, 2), OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(base64_is_that_of_rfc_4648),
        cmocka_unit_test(base64url_has_its_own_alphabet_and_no_padding),
        cmocka_unit_test(no_other_text_is_read_as_base64),
        cmocka_unit_test(decoding_stops_at_the_room_given),
        cmocka_unit_test(hexadecimal_goes_both_ways),
        cmocka_unit_test(no_other_text_is_read_as_hexadecimal),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
