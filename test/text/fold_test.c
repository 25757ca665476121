/* SPDX-License-Identifier: Apache-2.0 */

/* Proves that words which a reader takes for the same are found as the same, and that folding twice changes nothing. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "text/fold.h"
#include "text/utf8.h"

static const struct {
    const char *text, *folded;
} rows[] = {
    {"", ""},
    {"  Mrs \t ANN\n", "mrs ann"},
    {"Łukasz Żółkiewski", "lukasz zolkiewski"},
    {"Nguyễn Thị Hương", "nguyen thi huong"},
    {"Ștefan Țurcanu", "stefan turcanu"},
    {"Mu\xcc\x88ller", "muller"}, /* u with a combining mark */
    {"ÆØÅ Straße Þór Œuvre", "aeoa strasse thor oeuvre"},
    {"Оксана ЁЛКИН", "оксана елкин"},
    {"ΣΟΦΙΑ", "σοφια"},
    {"سَمِيرَة", "سميره"},
    {"سميرة", "سميره"},
    {"أحمد", "احمد"},
    {"کریمی", "كريمي"},
    {"محـــمد", "محمد"},
    {"ሰላም", "ሰላም"},
    {"သီရိ", "သီရိ"},
};

static void every_row_of_the_table_holds(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        CLEANUP_BUFFER struct buffer once = buffer_new(256), twice = buffer_new(256);
        fold(slice_from_string(rows[i].text), &once);
        if (!slice_is(buffer_view(&once), rows[i].folded))
            fail_msg("%s became %.*s", rows[i].text, SLICE_PRINT(buffer_view(&once)));
        fold(buffer_view(&once), &twice);
        assert_true(slice_equal(buffer_view(&once), buffer_view(&twice)));
    }
}

static void whatever_comes_in_utf8_comes_out(void **state)
{
    CLEANUP_BUFFER struct buffer letter = buffer_new(16), folded = buffer_new(64), again = buffer_new(64);

    (void)state;
    for (uint32_t point = 1; point < 0x11000; point++) {
        buffer_clear(&letter);
        buffer_clear(&folded);
        buffer_clear(&again);
        utf8_put(&letter, point);
        fold(buffer_view(&letter), &folded);
        fold(buffer_view(&folded), &again);
        if (!utf8_valid(buffer_view(&folded)) || !slice_equal(buffer_view(&folded), buffer_view(&again)))
            fail_msg("U+%04X", point);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_row_of_the_table_holds),
        cmocka_unit_test(whatever_comes_in_utf8_comes_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
