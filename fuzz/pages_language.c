/* SPDX-License-Identifier: Apache-2.0 */

/* Choosing a language never reads past its input and always gives one that we have. */

#include <stdlib.h>

#include "pages/language.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice header = slice_of(data, size);
    struct slice parameter = slice_cut(&header, '\n');
    struct slice cookie = slice_cut(&header, '\n');

    if (language_choose(parameter, cookie, header) >= LANGUAGE_COUNT)
        abort();
    return 0;
}
