/* SPDX-License-Identifier: Apache-2.0 */

/* Proves what a text means as a value of an input, to the last digit; that a care table is taken only with the words that
 * combining knows; and which properties must stand in a proof record of which set. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "rules/combine.h"
#include "rules/record.h"
#include "rules/rule_set.h"

static const struct slice colours[] = {{"red", 3}, {"green", 5}};
#define LIMIT (INT64_C(1) << 61)

static const struct rule_domain whole = {.kind = RULE_INTEGER, .minimum = -120, .maximum = 120, .nullable = true},
                                sure = {.kind = RULE_INTEGER, .minimum = -120, .maximum = 120},
                                wide = {.kind = RULE_INTEGER, .minimum = -LIMIT, .maximum = LIMIT},
                                decimal = {.kind = RULE_DECIMAL, .scale = 2, .minimum = -LIMIT, .maximum = LIMIT},
                                fine = {.kind = RULE_DECIMAL, .scale = 9, .minimum = -LIMIT, .maximum = LIMIT},
                                day = {.kind = RULE_DATE, .minimum = 0, .maximum = 20000, .nullable = true},
                                closed = {.kind = RULE_TEXT, .value = colours, .value_count = 2},
                                open = {.kind = RULE_TEXT, .value = colours, .value_count = 2, .open = true};

#define NO_VALUE INT64_MAX

static void a_text_is_the_value_that_it_says_or_none(void **state)
{
    static const struct {
        const struct rule_domain *domain;
        const char *text;
        int64_t value;
    } cases[] = {
        {&whole, "12", 12},
        {&whole, "-120", -120},
        {&whole, "121", NO_VALUE},
        {&whole, "-121", NO_VALUE},
        {&whole, "1.0", 1},
        {&whole, "1.5", NO_VALUE},
        {&whole, "1.", NO_VALUE},
        {&whole, ".", NO_VALUE},
        {&whole, "", NO_VALUE},
        {&whole, "-", NO_VALUE},
        {&whole, "1x", NO_VALUE},
        {&whole, "1.x", NO_VALUE},
        {&whole, "+1", NO_VALUE},
        {&whole, "1e1", NO_VALUE},
        {&whole, "unknown", RULE_UNKNOWN},
        {&sure, "unknown", NO_VALUE},
        {&wide, "2305843009213693951", LIMIT - 1},
        {&wide, "2305843009213693952", NO_VALUE},
        {&wide, "9223372036854775807", NO_VALUE},
        {&wide, "9223372036854775808", NO_VALUE},
        {&wide, "92233720368547758070", NO_VALUE},
        {&decimal, "1.5", 300},
        {&decimal, "-1.50", -300},
        {&decimal, ".05", 10},
        {&decimal, "1.505", 301},
        {&decimal, "1.500", 300},
        {&decimal, "-1.509", -301},
        {&fine, "9000000000.5", NO_VALUE},
        {&fine, "99999999999", NO_VALUE},
        {&day, "1970-01-02", 1},
        {&day, "1969-12-31", NO_VALUE},
        {&day, "2024-10-04", 20000},
        {&day, "2024-10-05", NO_VALUE},
        {&day, "2024-10", NO_VALUE},
        {&day, "2024-02-30", NO_VALUE},
        {&day, "unknown", RULE_UNKNOWN},
        {&closed, "green", 1},
        {&closed, "blue", NO_VALUE},
        {&closed, "unknown", NO_VALUE},
        {&open, "blue", 2},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        int64_t value = NO_VALUE;
        enum error error = rule_value_of(cases[i].domain, slice_from_string(cases[i].text), &value);
        if (value != cases[i].value || (error == OK) != (cases[i].value != NO_VALUE))
            fail_msg("case %zu, \"%s\": %lld", i, cases[i].text, (long long)value);
    }
}

/* ---- care tables ---- */

#define WORD(text)                                                                                                     \
    {                                                                                                                  \
        text, sizeof text - 1                                                                                          \
    }
static const struct slice access[] = {WORD("FULL"), WORD("NONE_FUNDED")}, odd[] = {WORD("FULL"), WORD("PERHAPS")},
                          refusal[] = {WORD("no"), WORD("ask_clinician")}, charge[] = {WORD("PREPAY"), WORD("FREE")},
                          many[] = {WORD("no"), WORD("ask_clinician"), WORD("yes")};

#define OUTPUT(its_name, words, its_count)                                                                             \
    {                                                                                                                  \
        .name = WORD(its_name), .kind = RULE_TEXT, .value = (words), .value_count = (its_count)                        \
    }

static void a_care_table_has_the_words_that_are_known(void **state)
{
    static const struct rule_output right[] = {OUTPUT("access", access, 2), OUTPUT("may_refuse", refusal, 2),
                                               OUTPUT("charge", charge, 2)},
                                    strange[] = {OUTPUT("access", odd, 2), OUTPUT("may_refuse", refusal, 2),
                                                 OUTPUT("charge", charge, 2)},
                                    crowded[] = {OUTPUT("access", access, 2), OUTPUT("may_refuse", many, 3),
                                                 OUTPUT("charge", charge, 2)};
    static const struct {
        const struct rule_output *output;
        uint32_t outputs;
        enum rule_hit_policy hit;
        const char *says;
    } cases[] = {
        {right, 3, RULE_PRIORITY, NULL},
        {right, 3, RULE_COLLECT, "must give one answer"},
        {right, 2, RULE_PRIORITY, "lacks a usable output charge"},
        {strange, 3, RULE_PRIORITY, "not in its list: PERHAPS"},
        {crowded, 3, RULE_PRIORITY, "lacks a usable output may_refuse"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const struct rule_decision decision = {.name = SLICE("entitlement"),
                                               .hit_policy = cases[i].hit,
                                               .output = cases[i].output,
                                               .output_count = cases[i].outputs};
        struct care_table table;
        struct fault fault = {0};
        enum error error = combine_table(&decision, &table, &fault);
        if ((error == OK) != !cases[i].says || (cases[i].says && !strstr(fault.detail, cases[i].says)))
            fail_msg("case %zu: %s", i, fault.detail);
        if (error == OK) {
            assert_int_equal(table.access_of[0], DUE_ACCESS_COUNT - 1);
            assert_int_equal(table.access_of[1], 0);
            assert_string_equal(combine_charge_word((enum due_charge)table.charge_of[0]), "PREPAY");
            assert_string_equal(combine_refusal_word((enum due_refusal)table.refusal_of[1]), "ask_clinician");
        }
    }
}

/* ---- which properties a set must have ---- */

#define BIT(property) (UINT32_C(1) << PROPERTY_##property)

static void a_set_must_have_the_properties_of_its_decisions(void **state)
{
    static const uint32_t care = BIT(NON_DENIAL) | BIT(STATUS_BLIND) | BIT(STATUS_BLIND_CHARGE) | BIT(CHILD_FLOOR) |
                                 BIT(CHILD_FLOOR_CHARGE) | BIT(MONOTONE_NEED) | BIT(EVIDENCE) | BIT(MISSING_FACTS);
    const struct {
        const char *decision;
        bool draft;
        uint32_t claimed;
    } cases[] = {
        {COMBINE_PACK, false, care | BIT(REFINEMENT)},
        {COMBINE_PACK, true, care | BIT(REFINEMENT) | BIT(DRAFT_WIDENS)},
        {COMBINE_FLOOR, true, care},
        {"disclosure", false, BIT(FIREWALL) | BIT(PURPOSE) | BIT(MISSING_FACTS)},
        {"disclosure_law", false, BIT(FIREWALL) | BIT(MISSING_FACTS)},
        {"warning", false, BIT(FIREWALL)},
        {"obligations", false, BIT(OBLIGATIONS)},
        {"something", false, 0},
    };
    const uint32_t by_decision = care | BIT(REFINEMENT) | BIT(DRAFT_WIDENS) | BIT(FIREWALL) | BIT(PURPOSE) |
                                 BIT(OBLIGATIONS);

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const struct rule_decision decision = {.name = slice_from_string(cases[i].decision)};
        const struct rule_set set = {.decision = &decision, .decision_count = 1, .draft = cases[i].draft};
        uint32_t claimed = 0;
        for (int p = 0; p < PROPERTY_COUNT; p++)
            claimed |= rule_property_applies((enum rule_property)p, &set) ? UINT32_C(1) << p : 0;
        if ((claimed & by_decision) != cases[i].claimed)
            fail_msg("%s: %x for %x", cases[i].decision, claimed & by_decision, cases[i].claimed);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_text_is_the_value_that_it_says_or_none),
        cmocka_unit_test(a_care_table_has_the_words_that_are_known),
        cmocka_unit_test(a_set_must_have_the_properties_of_its_decisions),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
