/* SPDX-License-Identifier: Apache-2.0 */

/* The table of built-in functions, made from builtins.def. */

#include "builtins.h"

#define ANY_NUMBER UINT8_MAX
#define FORM(fewest, greatest, ...)                                                                                    \
    {                                                                                                                  \
        .least = (fewest), .most = (greatest), .parameter = { __VA_ARGS__ }                                            \
    }
#define CHECKED(arguments, check, ...)                                                                                 \
    {                                                                                                                  \
        .least = (arguments), .most = (arguments), .parameter = {__VA_ARGS__}, .fits = (check)                         \
    }

#define BUILTIN(function, text, ...) static const struct feel_form forms_##function[] = {__VA_ARGS__};
#include "builtins.def"
#undef BUILTIN

static const struct feel_builtin builtins[] = {
#define BUILTIN(function, text, ...)                                                                                   \
    {text, forms_##function, sizeof forms_##function / sizeof forms_##function[0], feel_builtin_##function},
#include "builtins.def"
#undef BUILTIN
};

#define BUILTIN_COUNT (sizeof builtins / sizeof builtins[0])

const struct feel_builtin *feel_builtins(size_t *ret_count)
{
    *ret_count = BUILTIN_COUNT;
    return builtins;
}

int feel_builtin_find(struct slice name)
{
    for (size_t i = 0; i < BUILTIN_COUNT; i++)
        if (slice_is(name, builtins[i].name))
            return (int)i;
    return -1;
}

/* A table of names enters the built-in functions first and in order, so the number of the name says which it is; the
 * text is compared all the same. */
int feel_builtin_of(const struct feel_names *names, feel_name name)
{
    if (name == 0 || name > BUILTIN_COUNT)
        return -1;
    return slice_is(feel_names_text(names, name), builtins[name - 1].name) ? (int)name - 1 : -1;
}
