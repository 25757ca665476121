/* SPDX-License-Identifier: Apache-2.0 */

/* Fields of the care form and of the slip: lines "name=value" leave every choice inside its table. */

#include <stdlib.h>

#include "pages/care_pages.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice rest = slice_of(data, size);
    struct care_form form = {0};
    struct slip slip = {0};

    while (rest.length) {
        struct slice value = slice_cut(&rest, '\n');
        struct slice name = slice_cut(&value, '=');
        if (!care_form_set(&form, name, value) && !slip_set(&slip, name, value))
            continue;
    }
    for (int field = 0; field < CARE_FIELD_COUNT; field++)
        if (care_form_word(&form, (enum care_field)field)[0] == '\0')
            abort();
    if (form.age_years > CARE_AGE_MAX || (form.age_known && form.age_unreadable))
        abort();
    if (slip.when >= SLIP_WHEN_COUNT || slip.whom >= CARE_WHOM_COUNT || slip.spoken >= CARE_SPOKEN_COUNT)
        abort();
    return 0;
}
