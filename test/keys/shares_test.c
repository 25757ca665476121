/* SPDX-License-Identifier: Apache-2.0 */

/* Proves that any k shares give the key back, that every set of k - 1 is refused and says nothing, and that a share that
 * is mistyped, foreign, doubled or forged is named. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <cmocka.h>

#include "crypto/encode.h"
#include "keys/shares.h"

static const struct secret_key key = {{3, 1, 4, 1, 5, 9, 2, 6, 0, 255}};

static void split(unsigned count, unsigned need, uint64_t seed, struct share *share)
{
    struct world world = world_driven(seed, 0);

    assert_int_equal(shares_split(&key, count, need, &world, share), OK);
}

/* The shares whose bits are set. */
static size_t chosen(const struct share *share, unsigned count, unsigned mask, struct share *ret)
{
    size_t given = 0;

    for (unsigned i = 0; i < count; i++)
        if (mask & 1u << i)
            ret[given++] = share[i];
    return given;
}

static void every_subset_opens_or_is_refused_by_its_size(void **state)
{
    (void)state;
    for (unsigned count = 2; count <= 6; count++)
        for (unsigned need = 2; need <= count; need++) {
            struct share share[SHARES_MAX], some[SHARES_MAX];
            split(count, need, 100 * count + need, share);
            for (unsigned mask = 1; mask < 1u << count; mask++) {
                struct secret_key back = {{0}};
                size_t given = chosen(share, count, mask, some);
                enum error error = shares_combine(some, given, &back, NULL);
                assert_int_equal(error, given >= need ? OK : ERROR_REQUIRED);
                const struct secret_key nothing = {{0}};
                assert_memory_equal(&back, given >= need ? &key : &nothing, sizeof key);
            }
        }
}

static void sixteen_of_sixteen_in_any_order(void **state)
{
    struct share share[SHARES_MAX], turned[SHARES_MAX];
    struct secret_key back;

    (void)state;
    split(16, 16, 5, share);
    for (unsigned i = 0; i < 16; i++)
        turned[i] = share[(7 * i + 3) % 16];
    assert_int_equal(shares_combine(turned, 16, &back, NULL), OK);
    assert_memory_equal(&back, &key, sizeof key);
}

/* Whatever the key's byte is, a share's byte takes each value equally often: chi-square over 255 degrees of freedom has
 * a mean of 255 and a deviation of 23; 400 is far outside. */
static void fewer_shares_say_nothing(void **state)
{
    static const uint8_t bytes[] = {0, 1, 255};
    struct world world = world_driven(77, 0);

    (void)state;
    for (size_t b = 0; b < sizeof bytes; b++) {
        unsigned seen[2][256] = {{0}};
        double chi[2] = {0, 0};
        struct secret_key same;
        memset(same.byte, bytes[b], sizeof same.byte);
        for (int round = 0; round < 2000; round++) {
            struct share share[SHARES_MAX];
            assert_int_equal(shares_split(&same, 3, 3, &world, share), OK);
            for (size_t at = 0; at < SECRET_KEY_BYTES; at++) {
                seen[0][share[0].value.byte[at]]++;
                seen[1][share[0].value.byte[at] ^ share[1].value.byte[at]]++;
            }
        }
        for (int which = 0; which < 2; which++) {
            for (int v = 0; v < 256; v++)
                chi[which] += (seen[which][v] - 250.0) * (seen[which][v] - 250.0) / 250.0;
            assert_true(chi[which] < 400);
        }
    }
}

static void bad_numbers_make_no_shares(void **state)
{
    static const unsigned bad[][2] = {{0, 0}, {1, 1}, {2, 1}, {2, 3}, {17, 2}, {5, 0}};
    struct share share[SHARES_MAX];
    struct world world = world_driven(1, 0);

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_int_equal(shares_split(&key, bad[i][0], bad[i][1], &world, share), ERROR_VALUE);
}

static void assert_named(const struct share *share, size_t given, const char *what)
{
    struct secret_key back = {{0}};
    struct fault fault = {0};

    assert_int_equal(shares_combine(share, given, &back, &fault), ERROR_VALUE);
    assert_non_null(strstr(fault.detail, what));
}

static void a_share_that_does_not_belong_is_named(void **state)
{
    struct share share[SHARES_MAX], other[SHARES_MAX], given[3];

    (void)state;
    split(5, 3, 1, share);
    split(5, 3, 2, other);
    memcpy(given, share, sizeof given);
    given[1] = other[1];
    assert_named(given, 3, "share 2 in place 2 is of another set");
    given[1] = share[0];
    assert_named(given, 3, "share 1 is given twice");
    given[1] = share[1];
    given[1].value.byte[31] ^= 1;
    assert_named(given, 3, "share 2 is not what the others remember");
    /* And what all of them remember falsely is still no other key. */
    memcpy(given, share, sizeof given);
    for (int i = 0; i < 3; i++)
        given[i].commitment[0] ^= 1;
    assert_named(given, 3, "another key");
}

static void nothing_comes_of_no_share(void **state)
{
    struct secret_key back = {{0}};
    struct fault fault = {0};

    (void)state;
    assert_int_equal(shares_combine(NULL, 0, &back, &fault), ERROR_REQUIRED);
    assert_non_null(strstr(fault.detail, "no share was given"));
}

/* Whatever of the splitting is another's: the name alone does not make two shares companions. */
static void shares_that_disagree_on_the_splitting_are_of_two_sets(void **state)
{
    struct share share[SHARES_MAX], given[3];

    (void)state;
    split(5, 3, 1, share);
    for (int what = 0; what < 3; what++) {
        memcpy(given, share, sizeof given);
        if (what == 0)
            given[2].count = 6;
        else if (what == 1)
            given[2].need = 2;
        else
            given[2].commitment[15] ^= 1;
        assert_named(given, 3, "share 3 in place 3 is of another set");
    }
}

/* As people type: the line broken where the paper ends, capitals, more spaces than one. */
static void a_share_is_read_as_people_type_it(void **state)
{
    CLEANUP_BUFFER struct buffer line = buffer_new(SHARE_LINE_MAX), typed = buffer_new(2 * SHARE_LINE_MAX);
    struct share share[SHARES_MAX], back;

    (void)state;
    split(5, 3, 9, share);
    share_write(&share[2], &line);
    buffer_string(&typed, "\n\t ");
    for (size_t i = 0; i + 1 < line.length; i++) {
        char c = line.data[i];
        buffer_string(&typed, c == ' ' ? " \r\n  " : (char[]){(char)(c >= 'a' && c <= 'z' ? c - 'a' + 'A' : c), 0});
    }
    buffer_string(&typed, " \n\n");
    assert_int_equal(share_read(buffer_view(&typed), &back), OK);
    assert_memory_equal(&back, &share[2], sizeof back);
    assert_int_equal(share_read(SLICE(" \n"), &back), ERROR_SYNTAX);
    assert_int_equal(share_read(SLICE("hospitium-share-2 00000000"), &back), ERROR_SYNTAX);
}

static void what_is_longer_than_any_share_is_none(void **state)
{
    char many[SHARE_LINE_MAX + 1];
    struct share back;

    (void)state;
    memset(many, '1', sizeof many);
    memcpy(many, "hospitium-share-1 ", 18);
    assert_int_equal(share_read(slice_of(many, sizeof many), &back), ERROR_SYNTAX);
}

/* Somebody who makes up a share can make its check fit, and gets no further. */
static void numbers_that_no_splitting_has_are_refused(void **state)
{
    static const char value[] = "b37faacee19a1b7a5a10b6dfc5b0f65bc34aa3ccebe8c97e078b6ab68c925f35",
                      digests[] = "d341564ee0701f50";
    static const struct {
        const char *numbers;
        enum error error;
    } cases[] = {
        {"1/2 need 2", OK},
        {"2/2 need 2", OK},
        {"0/2 need 2", ERROR_SYNTAX},
        {"3/2 need 2", ERROR_SYNTAX},
        {"01/2 need 2", ERROR_SYNTAX},
        {"1/02 need 2", ERROR_SYNTAX},
        {"1/17 need 2", ERROR_SYNTAX},
        {"1/1 need 1", ERROR_SYNTAX},
        {"1/2 need 1", ERROR_SYNTAX},
        {"1/2 need 3", ERROR_SYNTAX},
        {"1/2 needs 2", ERROR_SYNTAX},
        {"x/2 need 2", ERROR_SYNTAX},
        {"1/x need 2", ERROR_SYNTAX},
        {"1/2 need x", ERROR_SYNTAX},
    };
    struct share back;

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        CLEANUP_BUFFER struct buffer line = buffer_new(SHARE_LINE_MAX);
        char check[8];
        buffer_format(&line, "hospitium-share-1 0123456789abcdef %s %s 78eab2aa641a394a7f333135538cedc5 %s ",
                      cases[i].numbers, value, digests);
        struct hash hash = hash_sha256(buffer_view(&line));
        encode_hex(slice_of(hash.byte, 4), check);
        buffer_bytes(&line, check, sizeof check);
        if (share_read(buffer_view(&line), &back) != cases[i].error)
            fail_msg("%s", cases[i].numbers);
    }
}

/* Half a line is no share that somebody could carry away. */
static void a_line_that_does_not_fit_is_not_written(void **state)
{
    CLEANUP_BUFFER struct buffer line = buffer_new(100);
    struct share share[SHARES_MAX];

    (void)state;
    split(3, 2, 9, share);
    share_write(&share[0], &line);
    assert_int_not_equal(buffer_check(&line), OK);
}

static void a_line_comes_back(void **state)
{
    struct share share[SHARES_MAX], back;

    (void)state;
    split(16, 2, 9, share);
    for (unsigned i = 0; i < 16; i++) {
        CLEANUP_BUFFER struct buffer line = buffer_new(SHARE_LINE_MAX);
        share_write(&share[i], &line);
        assert_int_equal(buffer_check(&line), OK);
        memset(&back, 0, sizeof back);
        assert_int_equal(share_read(buffer_view(&line), &back), OK);
        assert_memory_equal(&back, &share[i], sizeof back);
    }
}

static void no_slip_of_the_pen_passes(void **state)
{
    CLEANUP_BUFFER struct buffer line = buffer_new(SHARE_LINE_MAX);
    struct share share[SHARES_MAX], back;
    char text[SHARE_LINE_MAX];

    (void)state;
    split(3, 2, 9, share);
    share_write(&share[1], &line);
    size_t length = line.length - 1;
    for (size_t at = 0; at < length; at++) {
        memcpy(text, line.data, length);
        text[at] = text[at] == '1' ? '2' : '1';
        assert_int_not_equal(share_read(slice_of(text, length), &back), OK);
        assert_int_not_equal(share_read(slice_of(line.data, at), &back), OK);
    }
    assert_int_equal(share_read(slice_of(line.data, length), &back), OK);
}

/* Shares that a second, independent program made (schoolbook multiplication, Python): the format does not change by
 * accident. */
static void old_shares_still_open(void **state)
{
    static const char *const lines[] = {
        "hospitium-share-1 0123456789abcdef 3/3 need 2 b37faacee19a1b7a5a10b6dfc5b0f65bc34aa3ccebe8c97e078b6a"
        "b68c925f35 78eab2aa641a394a7f333135538cedc5 d341564ee0701f5092020f02 b0a217dd",
        "hospitium-share-1 0123456789abcdef 1/3 need 2 9a2b97445978fcdb36539bbc439952c041cf61445958472af47926"
        "9b8d873513 78eab2aa641a394a7f333135538cedc5 d341564ee0701f5092020f02 86c4990d",
    };
    struct share share[2];
    struct secret_key back;

    (void)state;
    for (size_t i = 0; i < 2; i++)
        assert_int_equal(share_read(slice_from_string(lines[i]), &share[i]), OK);
    assert_int_equal(shares_combine(share, 2, &back, NULL), OK);
    assert_memory_equal(&back, &key, sizeof key);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_subset_opens_or_is_refused_by_its_size),
        cmocka_unit_test(sixteen_of_sixteen_in_any_order),
        cmocka_unit_test(fewer_shares_say_nothing),
        cmocka_unit_test(bad_numbers_make_no_shares),
        cmocka_unit_test(a_share_that_does_not_belong_is_named),
        cmocka_unit_test(nothing_comes_of_no_share),
        cmocka_unit_test(shares_that_disagree_on_the_splitting_are_of_two_sets),
        cmocka_unit_test(a_share_is_read_as_people_type_it),
        cmocka_unit_test(what_is_longer_than_any_share_is_none),
        cmocka_unit_test(numbers_that_no_splitting_has_are_refused),
        cmocka_unit_test(a_line_that_does_not_fit_is_not_written),
        cmocka_unit_test(a_line_comes_back),
        cmocka_unit_test(no_slip_of_the_pen_passes),
        cmocka_unit_test(old_shares_still_open),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
