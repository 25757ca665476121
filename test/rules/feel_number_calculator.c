/* SPDX-License-Identifier: Apache-2.0 */

/* A calculator on standard input, one line `operation a b` a result, so that another program can check FEEL's numbers:
 * feel_number_decimal_test.py. */

#include <stdio.h>

#include "rules/feel/number.h"

typedef enum error operation(struct number a, struct number b, struct number *ret);

static enum error root(struct number a, struct number b, struct number *ret)
{
    (void)b;
    return number_square_root(a, ret);
}

static enum error exponential(struct number a, struct number b, struct number *ret)
{
    (void)b;
    return number_exponential(a, ret);
}

static enum error logarithm(struct number a, struct number b, struct number *ret)
{
    (void)b;
    return number_logarithm(a, ret);
}

#define ROUND(name, rounding)                                                                                          \
    static enum error name(struct number a, struct number b, struct number *ret)                                       \
    {                                                                                                                  \
        int64_t scale = 0;                                                                                             \
        return number_to_int(b, &scale) ? number_round(a, scale, rounding, ret) : ERROR_VALUE;                         \
    }

ROUND(half_even, NUMBER_HALF_EVEN)
ROUND(half_up, NUMBER_HALF_UP)
ROUND(half_down, NUMBER_HALF_DOWN)
ROUND(up, NUMBER_UP)
ROUND(down, NUMBER_DOWN)
ROUND(floor_, NUMBER_FLOOR)
ROUND(ceiling, NUMBER_CEILING)

static const struct {
    const char *name;
    operation *run;
} operations[] = {
    {"add", number_add},
    {"subtract", number_subtract},
    {"multiply", number_multiply},
    {"divide", number_divide},
    {"modulo", number_modulo},
    {"power", number_power},
    {"root", root},
    {"exp", exponential},
    {"ln", logarithm},
    {"ROUND_HALF_EVEN", half_even},
    {"ROUND_HALF_UP", half_up},
    {"ROUND_HALF_DOWN", half_down},
    {"ROUND_UP", up},
    {"ROUND_DOWN", down},
    {"ROUND_FLOOR", floor_},
    {"ROUND_CEILING", ceiling},
};

static enum error calculate(struct slice line, struct number *ret)
{
    struct slice name = slice_cut(&line, ' '), first = slice_cut(&line, ' ');
    struct number a = {0}, b = {0};

    TRY(number_parse(first, &a));
    TRY(number_parse(line, &b));
    for (size_t i = 0; i < sizeof operations / sizeof operations[0]; i++)
        if (slice_is(name, operations[i].name))
            return operations[i].run(a, b, ret);
    return ERROR_USAGE;
}

int main(void)
{
    char line[512];

    while (fgets(line, sizeof line, stdin)) {
        CLEANUP_BUFFER struct buffer written = buffer_new(256);
        struct number result = {0};
        enum error error = calculate(slice_of(line, strcspn(line, "\n")), &result);
        if (error == ERROR_USAGE)
            return 2;
        if (error == OK)
            number_write(&written, result);
        printf("%.*s\n", SLICE_PRINT(error == OK ? buffer_view(&written) : SLICE("error")));
    }
    return 0;
}
