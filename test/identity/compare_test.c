/* SPDX-License-Identifier: Apache-2.0 */

/* Proves promise 7 as far as a first matcher can: one woman is found under the spellings that clerks of three countries
 * gave her, and twins, sisters and strangers are not taken for one. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "identity/blocking.h"
#include "identity/compare.h"
#include "module_directory.h"

static struct identity_person person(const char *name, const char *birth, enum identity_gender gender)
{
    CLEANUP_ARENA struct arena *arena = arena_new(64 * 1024);
    struct identity_person made = {.gender = gender};
    struct fault fault = {0};

    if (identity_person_add_name(&made, arena, slice_from_string(name), &fault) != OK)
        fail_msg("%s: %s", name, fault.detail);
    made.has_birth = birth && date_parse(slice_from_string(birth), DATE_KIND_DATE, &made.birth) == OK;
    return made;
}

static struct identity_score compare(const char *name_a, const char *birth_a, const char *name_b, const char *birth_b)
{
    struct identity_person a = person(name_a, birth_a, IDENTITY_GENDER_UNKNOWN);
    struct identity_person b = person(name_b, birth_b, IDENTITY_GENDER_UNKNOWN);
    struct identity_score score = identity_compare(&a, &b), mirrored = identity_compare(&b, &a);

    assert_true(score.grade == mirrored.grade);
    assert_true(score.probability >= 0 && score.probability <= 1);
    return score;
}

struct row {
    const char *name_a, *birth_a, *name_b, *birth_b;
};

static void expect_between(const struct row *row, size_t rows, enum identity_grade least, enum identity_grade most)
{
    for (size_t i = 0; i < rows; i++) {
        struct identity_score score = compare(row[i].name_a, row[i].birth_a, row[i].name_b, row[i].birth_b);
        if (score.grade < least || score.grade > most)
            fail_msg("%s %s / %s %s: %s, %.3f (name %.1f bits, similarity %.2f; birth %.1f bits)", row[i].name_a,
                     row[i].birth_a ? row[i].birth_a : "?", row[i].name_b, row[i].birth_b ? row[i].birth_b : "?",
                     identity_grade_code(score.grade), score.probability, score.name_bits, score.name_similarity,
                     score.birth_bits);
    }
}

#define EXPECT_BETWEEN(rows, least, most) expect_between(rows, sizeof(rows) / sizeof *(rows), least, most)

static void one_woman_is_found_under_every_spelling(void **state)
{
    static const struct row SAME[] = {
        {"Samira Haddad", "1990", "سميرة حداد", "1990"},
        {"Samira Haddad", "1990", "Samirah Hadad", "1990"},
        {"Samira Haddad", "1990-05-17", "Haddad, Samira", "1990"},
        {"Samira Haddad", "1990-05-17", "Samira bint Yusuf al-Haddad", "1990-05-17"},
        {"Samira Haddad", "1990-05-17", "سميرة يوسف الحدّاد", "1990-05-17"},
        {"Abd al-Rahman Othman", "1985-03-02", "Abdurrahman Osman", "1985-02-03"},
        {"Abdullah Youssef", "1985-03-02", "عبد الله يوسف", "1985-03-02"},
        {"Mohammed Hussein", "1985-03-02", "محمد حسين", "1985-03-02"},
        {"Oksana Shevchenko", "1979-11-30", "Оксана Шевченко", "1979-11-30"},
        {"Chadia Benali", "1990-05-17", "Shadia Ben Ali", "1990-05-17"},
        {"Wang Xiaoming", "1990-05-17", "王小明", "1990-05-17"},
        {"Nguyen Van Le", "1990-05-17", "Le Van Nguyen", "1990-05-17"},
        {"Reza Karimi", "1984-06-01", "Reza Karimi", "1363"}, /* the Solar Hijri year as it stands on the paper */
    };
    static const struct row WORTH_A_LOOK[] = {
        {"Reza Karimi", "1984", "رضا کریمی", "1363"},
        {"Oksana Shevchenko", NULL, "Оксана Шевченко", NULL},
    };

    (void)state;
    EXPECT_BETWEEN(SAME, IDENTITY_PROBABLE, IDENTITY_CERTAIN);
    EXPECT_BETWEEN(WORTH_A_LOOK, IDENTITY_POSSIBLE, IDENTITY_CERTAIN);
}

static void the_same_name_and_day_is_certain(void **state)
{
    static const struct row SAME[] = {
        {"Samira Haddad", "1990-05-17", "SAMIRA HADDAD", "1990-05-17"},
        {"Samira Haddad", "1990-05-17", "Haddad Samirah", "1990-05-17"},
    };

    (void)state;
    EXPECT_BETWEEN(SAME, IDENTITY_CERTAIN, IDENTITY_CERTAIN);
}

static void strangers_are_not_taken_for_one(void **state)
{
    static const struct row STRANGERS[] = {
        {"Samira Haddad", "1990-05-17", "Fatima Karimi", "1990-05-17"},
        {"Samira Haddad", "1990", "Leila Mansour", "1990"},
        {"Samira Haddad", "1990-05-17", "Samira Haddad", "1961-02-09"},
        {"سميرة حداد", "1990-05-17", "ليلى منصور", "1990-05-17"},
        {"Oksana Shevchenko", "1979-11-30", "سميرة حداد", "1979-11-30"},
    };

    (void)state;
    EXPECT_BETWEEN(STRANGERS, IDENTITY_CERTAINLY_NOT, IDENTITY_CERTAINLY_NOT);
}

static void twins_and_sisters_are_never_certain(void **state)
{
    static const struct row SIBLINGS[] = {
        {"Samira Haddad", "1990-05-17", "Leila Haddad", "1990-05-17"},
        {"Hassan Ali", "1990-05-17", "Hussein Ali", "1990-05-17"},
        {"Samir Haddad", "1990-05-17", "Samira Haddad", "1990-05-17"},
        {"Samira Yusuf Haddad", "1990-05-17", "Leila Yusuf Haddad", "1990-05-17"},
        {"Amira Yusuf Ahmad Haddad", "1990-05-17", "Samar Yusuf Ahmad Haddad", "1990-05-17"},
        {"حسن علي", "1990-05-17", "Hussein Ali", "1990-05-17"},
    };

    (void)state;
    EXPECT_BETWEEN(SIBLINGS, IDENTITY_CERTAINLY_NOT, IDENTITY_PROBABLE);
    struct identity_score twins = compare("Samira Haddad", "1990-05-17", "Leila Haddad", "1990-05-17");
    assert_true(twins.grade <= IDENTITY_POSSIBLE);
}

static void a_default_birthday_says_little(void **state)
{
    struct identity_score real = compare("Samira Haddad", "1990-05-17", "Samira Haddad", "1990-05-17");
    struct identity_score chosen = compare("Samira Haddad", "1990-01-01", "Samira Haddad", "1990-01-01");
    struct identity_score against = compare("Samira Haddad", "1990-05-17", "Samira Haddad", "1990-01-01");
    struct identity_score near = compare("Samira Haddad", "1991-05-17", "Samira Haddad", "1990-01-01");

    (void)state;
    assert_true(chosen.birth_bits <= real.birth_bits / 2);
    assert_true(chosen.grade < IDENTITY_CERTAIN);
    assert_true(against.birth_bits > 0);
    assert_true(near.birth_bits >= 0);
}

static void an_estimate_is_a_placeholder_too(void **state)
{
    struct identity_person a = person("Samira Haddad", "1990-07-01", IDENTITY_GENDER_UNKNOWN);
    struct identity_person b = person("Samira Haddad", "1991-05-17", IDENTITY_GENDER_UNKNOWN);

    (void)state;
    assert_true(identity_compare(&a, &b).birth_bits < 0);
    a.birth_provenance = DATE_ESTIMATED;
    assert_true(identity_compare(&a, &b).birth_bits >= 0);
}

static void a_different_gender_forbids_certainty(void **state)
{
    struct identity_person a = person("Samir Haddad", "1990-05-17", IDENTITY_GENDER_MALE);
    struct identity_person b = person("Samir Haddad", "1990-05-17", IDENTITY_GENDER_FEMALE);

    (void)state;
    assert_true(identity_compare(&a, &b).grade < IDENTITY_CERTAIN);
    b.gender = IDENTITY_GENDER_MALE;
    assert_true(identity_compare(&a, &b).grade == IDENTITY_CERTAIN);
}

static void an_empty_person_is_nobody(void **state)
{
    struct identity_person empty = {0}, samira = person("Samira Haddad", "1990-05-17", IDENTITY_GENDER_FEMALE);

    (void)state;
    assert_true(identity_compare(&empty, &samira).grade == IDENTITY_CERTAINLY_NOT);
    assert_true(identity_compare(&empty, &empty).grade == IDENTITY_CERTAINLY_NOT);
}

static void a_patient_is_read_with_all_its_names(void **state)
{
    static const char PATIENT[] =
        "{\"resourceType\":\"Patient\",\"gender\":\"female\",\"birthDate\":\"1990-05-17\",\"name\":["
        "{\"use\":\"official\",\"family\":\"Haddad\",\"given\":[\"Samira\",\"Yusuf\"]},"
        "{\"text\":\"\u0633\u0645\u064a\u0631\u0629 \u062d\u062f\u0627\u062f\"},{\"use\":\"old\"}]}";
    CLEANUP_ARENA struct arena *arena = arena_new(64 * 1024);
    const struct json *patient;
    struct identity_person read;

    (void)state;
    assert_int_equal(OK, json_parse(arena, slice_from_string(PATIENT), &patient, NULL));
    assert_int_equal(OK, identity_person_from_patient(patient, arena, &read, NULL));
    assert_int_equal(2, read.names);
    assert_int_equal(3, read.name[0].count);
    assert_int_equal(2, read.name[1].count);
    assert_int_equal(IDENTITY_GENDER_FEMALE, read.gender);
    assert_true(read.has_birth && read.birth.year == 1990 && read.birth.precision == DATE_DAY);
}

static void a_patient_that_says_nothing_is_read_too(void **state)
{
    static const char *const PATIENT[] = {
        "{}", "[]", "{\"name\":7,\"birthDate\":[],\"gender\":{}}", "{\"name\":[1,{\"given\":\"x\",\"family\":[]}]}",
        "{\"birthDate\":\"yesterday\",\"name\":[{\"given\":[null,\"\",\"  ,;\"]}]}",
    };
    CLEANUP_ARENA struct arena *arena = arena_new(64 * 1024);

    (void)state;
    for (size_t i = 0; i < sizeof PATIENT / sizeof *PATIENT; i++) {
        const struct json *patient;
        struct identity_person read;
        assert_int_equal(OK, json_parse(arena, slice_from_string(PATIENT[i]), &patient, NULL));
        assert_int_equal(OK, identity_person_from_patient(patient, arena, &read, NULL));
        assert_int_equal(0, read.names);
        assert_false(read.has_birth);
    }
}

static void a_name_without_end_is_cut_and_says_so(void **state)
{
    CLEANUP_ARENA struct arena *arena = arena_new(64 * 1024);
    char text[4096];
    struct identity_name name = {0}, same = {0};

    (void)state;
    for (size_t i = 0; i < sizeof text; i++)
        text[i] = i % 6 == 5 ? ' ' : (char)('a' + (i * i) % 26);
    assert_int_equal(OK, identity_name_add(&name, arena, slice_of(text, sizeof text), NULL));
    assert_int_equal(IDENTITY_TOKENS_MAX, name.count);
    assert_true(name.cut);
    assert_int_equal(OK, identity_name_add(&same, arena, slice_of(text, 6 * IDENTITY_TOKENS_MAX), NULL));
    assert_false(same.cut);
    assert_true(identity_name_compare(&name, &same).similarity > 0.99); /* twelve by twelve */
}

static void the_best_assignment_is_found(void **state)
{
    CLEANUP_ARENA struct arena *arena = arena_new(64 * 1024);
    struct identity_name a = {0}, b = {0};

    (void)state;
    /* Taking the nearest first would give Mariam to Maryam and leave Marina with nothing like her. */
    assert_int_equal(OK, identity_name_add(&a, arena, SLICE("Marina Maryam Haddad"), NULL));
    assert_int_equal(OK, identity_name_add(&b, arena, SLICE("Haddad Yusuf Maryam Marina"), NULL));
    struct identity_name_evidence evidence = identity_name_compare(&a, &b);
    assert_int_equal(3, evidence.assigned);
    assert_true(evidence.weakest > 0.999);
    assert_true(evidence.similarity < 1); /* Yusuf is left over */
}

static void broken_text_is_refused(void **state)
{
    CLEANUP_ARENA struct arena *arena = arena_new(64 * 1024);
    struct identity_name name = {0};

    (void)state;
    assert_int_equal(ERROR_UTF8, identity_name_add(&name, arena, SLICE("Sam\xffira"), NULL));
}

static bool share_a_term(const struct identity_person *a, const struct identity_person *b)
{
    CLEANUP_ARENA struct arena *arena = arena_new(64 * 1024);
    struct identity_terms terms_a, terms_b;

    assert_int_equal(OK, identity_blocking_terms(a, arena, &terms_a));
    assert_int_equal(OK, identity_blocking_terms(b, arena, &terms_b));
    for (size_t i = 0; i < terms_a.count; i++)
        for (size_t j = 0; j < terms_b.count; j++)
            if (slice_equal(terms_a.term[i].text, terms_b.term[j].text))
                return true;
    return false;
}

static void who_is_one_shares_a_term(void **state)
{
    static const struct row SHARED[] = {
        {"Samira Haddad", NULL, "سميرة حداد", NULL},
        {"Samira Haddad", "1990", "Samirah", "1990-01-01"},
        {"Samira Haddad", "1990-05-07", "Leyla", "1990-07-05"},
        {"Abdurrahman Yousefi", NULL, "يوسفي عبد الرحمن", NULL},
    };
    static const struct row NOT_SHARED[] = {
        {"Samira Haddad", "1990-05-17", "Fatima Karimi", "1990-05-18"},
        {"Samira Haddad", "1990-01-01", "Fatima Karimi", "1990-01-01"},
        {"Samira Haddad", "1990-05-17", "Samira Karimi", "1991-05-17"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof SHARED / sizeof *SHARED; i++) {
        struct identity_person a = person(SHARED[i].name_a, SHARED[i].birth_a, IDENTITY_GENDER_UNKNOWN);
        struct identity_person b = person(SHARED[i].name_b, SHARED[i].birth_b, IDENTITY_GENDER_UNKNOWN);
        if (!share_a_term(&a, &b))
            fail_msg("%s / %s share none", SHARED[i].name_a, SHARED[i].name_b);
    }
    for (size_t i = 0; i < sizeof NOT_SHARED / sizeof *NOT_SHARED; i++) {
        struct identity_person a = person(NOT_SHARED[i].name_a, NOT_SHARED[i].birth_a, IDENTITY_GENDER_UNKNOWN);
        struct identity_person b = person(NOT_SHARED[i].name_b, NOT_SHARED[i].birth_b, IDENTITY_GENDER_UNKNOWN);
        if (share_a_term(&a, &b))
            fail_msg("%s / %s share one", NOT_SHARED[i].name_a, NOT_SHARED[i].name_b);
    }
}

static int find_module(void **state)
{
    (void)state;
    module_directory_set();
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_woman_is_found_under_every_spelling),
        cmocka_unit_test(the_same_name_and_day_is_certain),
        cmocka_unit_test(strangers_are_not_taken_for_one),
        cmocka_unit_test(twins_and_sisters_are_never_certain),
        cmocka_unit_test(a_default_birthday_says_little),
        cmocka_unit_test(an_estimate_is_a_placeholder_too),
        cmocka_unit_test(a_different_gender_forbids_certainty),
        cmocka_unit_test(an_empty_person_is_nobody),
        cmocka_unit_test(a_patient_is_read_with_all_its_names),
        cmocka_unit_test(a_patient_that_says_nothing_is_read_too),
        cmocka_unit_test(a_name_without_end_is_cut_and_says_so),
        cmocka_unit_test(the_best_assignment_is_found),
        cmocka_unit_test(broken_text_is_refused),
        cmocka_unit_test(who_is_one_shares_a_term),
    };
    return cmocka_run_group_tests(tests, find_module, NULL);
}
