/* SPDX-License-Identifier: Apache-2.0 */

/* Two lines as FEEL numbers: what is read stays within its digits through every operation, is written so that it is read
 * back, and the laws that hold for rounded numbers hold. */

#include <stdlib.h>

#include "rules/feel/number.h"

#define INPUT_MAX 4096

static void require(bool condition)
{
    if (!condition)
        abort();
}

static void require_number(struct number a)
{
    CLEANUP_BUFFER struct buffer written = buffer_new(INPUT_MAX);
    struct number read = {0};
    int64_t value = 0;

    require(a.coefficient < (unsigned __int128)10000000000000000000U * 1000000000000000U);
    require(a.exponent >= NUMBER_EXPONENT_MIN && a.exponent <= NUMBER_EXPONENT_MAX);
    require(a.coefficient || !a.negative);
    number_write(&written, a);
    require(number_parse(buffer_view(&written), &read) == OK && number_compare(a, read) == 0);
    if (number_to_int(a, &value))
        require(number_is_whole(a) && number_compare(number_of(value), a) == 0);
}

static void laws(struct number a, struct number b)
{
    struct number one = {0}, other = {0};

    require(number_compare(a, b) == -number_compare(b, a));
    require(number_add(a, b, &one) == number_add(b, a, &other) && number_compare(one, other) == 0);
    require(number_multiply(a, b, &one) == number_multiply(b, a, &other) && number_compare(one, other) == 0);
    require(number_subtract(a, a, &one) == OK && number_is_zero(one));
    if (number_modulo(a, b, &one) == OK)
        require(number_compare(number_absolute(one), number_absolute(b)) <= 0);
    for (int rounding = NUMBER_HALF_EVEN; rounding <= NUMBER_CEILING; rounding++)
        if (number_round(a, b.exponent, (enum number_rounding)rounding, &one) == OK)
            require_number(one);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t length);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t length)
{
    static enum error (*const of_one[])(struct number, struct number *) = {number_square_root, number_exponential,
                                                                           number_logarithm};
    static enum error (*const of_two[])(struct number, struct number, struct number *) = {
        number_add, number_subtract, number_multiply, number_divide, number_modulo, number_power};
    struct slice rest = slice_of(data, length), first = slice_cut(&rest, '\n');
    struct number a = {0}, b = {0};

    if (length > INPUT_MAX || number_parse(first, &a) != OK || number_parse(rest, &b) != OK)
        return 0;
    require_number(a);
    require_number(b);
    for (size_t i = 0; i < sizeof of_one / sizeof of_one[0]; i++) {
        struct number result = {0};
        if (of_one[i](a, &result) == OK)
            require_number(result);
    }
    for (size_t i = 0; i < sizeof of_two / sizeof of_two[0]; i++) {
        struct number result = {0};
        if (of_two[i](a, b, &result) == OK)
            require_number(result);
    }
    laws(a, b);
    return 0;
}
