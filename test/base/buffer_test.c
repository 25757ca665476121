/* SPDX-License-Identifier: Apache-2.0 */

/* Proves that a failed write or read stays failed, so that a caller who checks once at the end has checked all. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/buffer.h"

static void what_is_written_is_read(void **state)
{
    CLEANUP_BUFFER struct buffer buffer = buffer_new(4096);

    (void)state;
    buffer_byte(&buffer, 0xfe);
    buffer_u16(&buffer, 0x0102);
    buffer_u32(&buffer, 0x03040506);
    buffer_u64(&buffer, UINT64_C(0x0708090a0b0c0d0e));
    buffer_string(&buffer, "text");
    buffer_format(&buffer, "%s=%d", "n", 5);
    assert_int_equal(buffer_check(&buffer), OK);
    assert_memory_equal(buffer.data, "\xfe\1\2\3\4\5\6\7\x8\x9\xa\xb\xc\xd\xetextn=5", 22); /* big-endian */
    struct reader reader = reader_of(buffer_view(&buffer));
    assert_int_equal(reader_byte(&reader), 0xfe);
    assert_int_equal(reader_u16(&reader), 0x0102);
    assert_int_equal(reader_u32(&reader), 0x03040506);
    assert_int_equal(reader_u64(&reader), UINT64_C(0x0708090a0b0c0d0e));
    assert_false(reader_done(&reader));
    assert_true(slice_is(reader_bytes(&reader, 7), "textn=5"));
    assert_true(reader_done(&reader));
}

static void a_write_past_the_maximum_fails_for_good(void **state)
{
    CLEANUP_BUFFER struct buffer buffer = buffer_new(10);

    (void)state;
    buffer_string(&buffer, "12345678");
    buffer_u32(&buffer, 1);
    assert_int_equal(buffer_check(&buffer), ERROR_TOO_LARGE);
    buffer_byte(&buffer, 'x'); /* would fit */
    buffer_string(&buffer, "");
    assert_null(buffer_room(&buffer, 1));
    assert_int_equal(buffer.length, 8);
    assert_int_equal(buffer_check(&buffer), ERROR_TOO_LARGE);
    buffer_clear(&buffer);
    assert_int_equal(buffer_check(&buffer), OK);
    buffer_string(&buffer, "1234567890");
    assert_int_equal(buffer_check(&buffer), OK);
    assert_null(buffer_room(&buffer, SIZE_MAX));
}

static void a_buffer_grows_to_its_maximum_and_keeps_its_content(void **state)
{
    CLEANUP_BUFFER struct buffer buffer = buffer_new(100000);

    (void)state;
    for (unsigned i = 0; i < 50000; i++)
        buffer_u16(&buffer, (uint16_t)i);
    assert_int_equal(buffer_check(&buffer), OK);
    struct reader reader = reader_of(buffer_view(&buffer));
    for (unsigned i = 0; i < 50000; i++)
        assert_int_equal(reader_u16(&reader), (uint16_t)i);
    assert_true(reader_done(&reader));
    buffer_byte(&buffer, 0);
    assert_int_equal(buffer_check(&buffer), ERROR_TOO_LARGE);
    buffer_wipe(&buffer);
    assert_null(buffer.data);
    buffer_byte(&buffer, 'a');
    assert_true(slice_is(buffer_view(&buffer), "a"));
}

static void a_read_past_the_end_fails_for_good(void **state)
{
    static const uint8_t bytes[] = {1, 2, 3};
    static const size_t widths[] = {4, 8, 5, SIZE_MAX};

    (void)state;
    for (size_t i = 0; i < 4; i++) {
        struct reader reader = reader_of(slice_of(bytes, 3));
        if (i == 0)
            assert_int_equal(reader_u32(&reader), 0);
        else if (i == 1)
            assert_int_equal(reader_u64(&reader), 0);
        else
            assert_int_equal(reader_bytes(&reader, widths[i]).length, 0);
        assert_true(reader.failed);
        assert_int_equal(reader_byte(&reader), 0); /* would be there */
        assert_int_equal(reader_u16(&reader), 0);
        assert_null(reader_bytes(&reader, 0).data);
        assert_false(reader_done(&reader));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_written_is_read),
        cmocka_unit_test(a_write_past_the_maximum_fails_for_good),
        cmocka_unit_test(a_buffer_grows_to_its_maximum_and_keeps_its_content),
        cmocka_unit_test(a_read_past_the_end_fails_for_good),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
