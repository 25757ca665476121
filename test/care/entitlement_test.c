/* SPDX-License-Identifier: Apache-2.0 */

/* Proves promise 1 where people meet it: the better of floor and pack is answered, with the row that decided; a draft
 * never says no; and what is asked leaves nothing behind. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "care/entitlement.h"
#include "rules/model_text.h"
#include "rules/policy_edit.h"
#include "text/json.h"

#define FACTS_MAX 16

struct fixture {
    struct arena *arena;
    const struct rule_set *standard, *belgium;
    const struct entitlement *floor_only, *both;
};

static int set_up(void **state)
{
    static struct fixture f;

    f.arena = arena_new(64 << 20);
    f.standard = model_policy(f.arena, "joint-standard");
    f.belgium = model_policy(f.arena, "belgium");
    assert_int_equal(OK, entitlement_new(f.arena, f.standard, NULL, &f.floor_only, NULL));
    assert_int_equal(OK, entitlement_new(f.arena, f.standard, f.belgium, &f.both, NULL));
    *state = &f;
    return 0;
}

static int tear_down(void **state)
{
    arena_free(((struct fixture *)*state)->arena);
    return 0;
}

static size_t facts_of(const struct json *object, struct entitlement_fact *fact)
{
    size_t count = 0;

    for (struct json_items i = json_items(object); json_next(&i) && count < FACTS_MAX;)
        fact[count++] = (struct entitlement_fact){i.key, json_text(i.value)};
    return count;
}

static void the_people_of_the_belgian_pack_get_what_they_should(void **state)
{
    struct fixture *f = *state;
    const struct json *pack;
    unsigned people = 0;

    assert_int_equal(OK, json_parse(f->arena, model_file(f->arena, "policy/belgium/pack.json"), &pack, NULL));
    for (struct json_items i = json_items(json_member(pack, "personas")); json_next(&i); people++) {
        const struct json *expect = json_member(i.value, "expect");
        struct entitlement_fact fact[FACTS_MAX];
        struct entitlement_answer answer;
        if (json_kind(json_member(i.value, "decision")) != JSON_ABSENT)
            continue;
        size_t count = facts_of(json_member(i.value, "facts"), fact);
        assert_int_equal(OK, entitlement_ask(f->both, fact, count, &answer, NULL));
        if (!slice_equal(answer.access, json_text(json_member(expect, "access"))) ||
            !slice_equal(answer.may_refuse, json_text(json_member(expect, "may_refuse"))) ||
            !slice_equal(answer.charge, json_text(json_member(expect, "charge"))))
            fail_msg("%.*s: %.*s, %.*s, %.*s by %.*s", SLICE_PRINT(json_text(json_member(i.value, "who"))),
                     SLICE_PRINT(answer.access), SLICE_PRINT(answer.may_refuse), SLICE_PRINT(answer.charge),
                     SLICE_PRINT(answer.row->id));
        assert_true(answer.row->citation.source.length > 0 && answer.row->citation.text.length > 0);
    }
    assert_true(people >= 12);
}

static struct entitlement_answer ask(const struct entitlement *entitlement, const char *const (*pair)[2])
{
    struct entitlement_fact fact[FACTS_MAX];
    struct entitlement_answer answer;
    size_t count = 0;

    for (; (*pair)[0]; pair++)
        fact[count++] = (struct entitlement_fact){slice_from_string((*pair)[0]), slice_from_string((*pair)[1])};
    assert_int_equal(OK, entitlement_ask(entitlement, fact, count, &answer, NULL));
    return answer;
}

/* The story of the feverish child: the same answer to what care is due, whatever the papers. */
static void a_feverish_child_is_treated_whatever_the_papers(void **state)
{
    static const char *const statuses[] = {"undocumented", "citizen_resident", "refused_asylum", "unknown", ""};
    struct fixture *f = *state;

    for (size_t i = 0; i < sizeof statuses / sizeof statuses[0]; i++) {
        const char *const facts[][2] = {
            {"status", statuses[i]}, {"service", "child"}, {"urgency", "urgent"}, {"age_years", "4"}, {NULL, NULL}};
        struct entitlement_answer answer = ask(f->both, facts);
        assert_true(slice_is(answer.access, "AS_RESIDENT") && slice_is(answer.may_refuse, "no"));
        assert_true(slice_is(answer.access_key, "entitlement.as_resident"));
        assert_true(slice_is(answer.may_refuse_key, "answer.refuse.no"));
        assert_true(answer.decided_by == ENTITLEMENT_PACK && answer.set == f->belgium && answer.draft);
    }
}

static void the_floor_answers_where_the_pack_gives_less(void **state)
{
    static const char *const facts[][2] = {{"status", "undocumented"},
                                           {"means", "above"},
                                           {"service", "hospital_elective"},
                                           {"urgency", "deferrable"},
                                           {"age_years", "12"},
                                           {"pregnant", "no"},
                                           {NULL, NULL}};
    struct fixture *f = *state;
    struct entitlement_answer answer = ask(f->both, facts);

    assert_true(slice_is(answer.access, "AS_RESIDENT") && slice_is(answer.may_refuse, "no"));
    assert_true(answer.decided_by == ENTITLEMENT_FLOOR && answer.set == f->standard);
    assert_true(slice_is(answer.row->id, "F-02"));
    assert_true(slice_is(answer.who_helps, "CPAS") && slice_is(answer.who_helps_key, "helper.cpas"));
}

static void without_a_pack_the_floor_stands_by_itself(void **state)
{
    static const char *const facts[][2] = {{"status", "undocumented"}, {"service", "emergency"}, {NULL, NULL}};
    struct fixture *f = *state;
    struct entitlement_answer answer = ask(f->floor_only, facts);

    assert_true(slice_is(answer.access, "AS_RESIDENT") && slice_is(answer.paper, "none") && !answer.draft);
    assert_true(slice_is(answer.paper_key, "paper.none"));
}

/* Not one of all people is told no by a draft, nor to pay first. */
static void a_draft_never_says_no(void **state)
{
    static const char *const urgencies[] = {"immediate", "urgent", "deferrable", "unknown"};
    static const char *const means[] = {"below_threshold", "above", "unknown"}, *const yes_no[] = {"yes", "no",
                                                                                                   "unknown"};
    struct fixture *f = *state;
    int status = rule_set_fact(f->belgium, SLICE("status")), service = rule_set_fact(f->belgium, SLICE("service"));
    const struct rule_domain *statuses = &f->belgium->fact[status].domain,
                             *services = &f->belgium->fact[service].domain;

    for (unsigned i = 0; i < statuses->value_count * services->value_count * 4 * 3 * 3 * 3; i++) {
        unsigned rest = i;
        struct entitlement_fact fact[6] = {{SLICE("status"), statuses->value[rest % statuses->value_count]}};
        struct entitlement_answer answer;
        rest /= statuses->value_count;
        fact[1] = (struct entitlement_fact){SLICE("service"), services->value[rest % services->value_count]};
        rest /= services->value_count;
        fact[2] = (struct entitlement_fact){SLICE("urgency"), slice_from_string(urgencies[rest % 4])};
        fact[3] = (struct entitlement_fact){SLICE("means"), slice_from_string(means[rest / 4 % 3])};
        fact[4] = (struct entitlement_fact){SLICE("certificate"), slice_from_string(yes_no[rest / 12 % 3])};
        fact[5] = (struct entitlement_fact){SLICE("nomenclature"), slice_from_string(yes_no[rest / 36 % 3])};
        assert_int_equal(OK, entitlement_ask(f->both, fact, 6, &answer, NULL));
        assert_true(answer.due.access != DUE_ACCESS_NONE_FUNDED && answer.due.charge != DUE_CHARGE_PREPAY);
        if (rest % 4 != 2)
            assert_true(answer.due.access >= DUE_ACCESS_URGENT_ONLY && answer.due.may_refuse == DUE_REFUSAL_NO);
    }
}

/* Even a joint standard that was tampered with, and a pack that denies, cannot refuse what cannot wait. */
static void urgent_care_is_never_refused(void **state)
{
    static const struct edit no_floor[] = {
        {"F-01_out_access", "\"NONE_FUNDED\""}, {"F-01_out_may_refuse", "\"ask_clinician\""},
        {"F-01_out_charge", "\"PREPAY\""},      {"F-02_out_access", "\"NONE_FUNDED\""},
        {"F-99_out_charge", "\"PREPAY\""},      {NULL, NULL}};
    static const struct edit denies[] = {{"BE-01_out_access", "\"NONE_FUNDED\""},
                                         {"BE-02_out_access", "\"NONE_FUNDED\""},
                                         {"BE-02_out_charge", "\"PREPAY\""},
                                         {"BE-30_out_charge", "\"PREPAY\""},
                                         {NULL, NULL}};
    static const char *const facts[][2] = {
        {"status", "undocumented"}, {"service", "primary"}, {"urgency", "urgent"}, {"pregnant", "no"}, {NULL, NULL}};
    struct fixture *f = *state;
    const struct entitlement *entitlement;
    struct policy standard, pack;

    policy_compile(f->arena, "joint-standard", no_floor, NULL, &standard);
    policy_compile(f->arena, "belgium", denies, NULL, &pack);
    assert_int_equal(OK, entitlement_new(f->arena, standard.set, pack.set, &entitlement, NULL));
    struct entitlement_answer answer = ask(entitlement, facts);
    assert_true(answer.due.access >= DUE_ACCESS_URGENT_ONLY && answer.due.may_refuse == DUE_REFUSAL_NO);
    assert_true(answer.due.charge != DUE_CHARGE_PREPAY);
    assert_int_equal(OK, entitlement_new(f->arena, standard.set, NULL, &entitlement, NULL));
    assert_true(ask(entitlement, facts).due.access >= DUE_ACCESS_URGENT_ONLY);
    buffer_free(&standard.compiled);
    buffer_free(&pack.compiled);
}

/* The draft's own no is softened, not merely outweighed by the floor. */
static void a_draft_is_softened_even_over_a_floor_that_says_less(void **state)
{
    static const struct edit no_floor[] = {
        {"F-99_out_access", "\"NONE_FUNDED\""}, {"F-99_out_charge", "\"PREPAY\""}, {NULL, NULL}};
    static const struct edit pays_first[] = {{"BE-13_out_charge", "\"PREPAY\""}, {NULL, NULL}};
    static const char *const facts[][2] = {{"status", "undocumented"}, {"means", "above"}, {"service", "primary"},
                                           {"urgency", "deferrable"},  {"pregnant", "no"}, {"age_years", "40"},
                                           {"certificate", "unknown"}, {NULL, NULL}};
    struct fixture *f = *state;
    const struct entitlement *entitlement;
    struct policy standard, pack;

    policy_compile(f->arena, "joint-standard", no_floor, NULL, &standard);
    policy_compile(f->arena, "belgium", pays_first, NULL, &pack);
    assert_int_equal(OK, entitlement_new(f->arena, standard.set, pack.set, &entitlement, NULL));
    struct entitlement_answer answer = ask(entitlement, facts);
    assert_true(slice_is(answer.row->id, "BE-13"));
    assert_true(answer.due.access == DUE_ACCESS_ASK_CLINICIAN && answer.due.charge == DUE_CHARGE_ASK);
    buffer_free(&standard.compiled);
    buffer_free(&pack.compiled);
}

static void a_value_that_is_not_listed_is_refused(void **state)
{
    static const struct {
        const char *name, *value;
        enum error error;
    } cases[] = {{"status", "alien", ERROR_VALUE},
                 {"age_years", "-1", ERROR_VALUE},
                 {"age_years", "121", ERROR_VALUE},
                 {"age_years", "4.5", ERROR_VALUE},
                 {"age_years", "", OK},
                 {"urgency", "", OK},
                 {"shoe_size", "44", OK}};
    struct fixture *f = *state;
    struct entitlement_answer answer;
    struct slice missing = {0};

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct entitlement_fact fact[] = {{SLICE("service"), SLICE("primary")},
                                          {slice_from_string(cases[i].name), slice_from_string(cases[i].value)}};
        assert_int_equal(cases[i].error, entitlement_ask(f->both, fact, 2, &answer, &missing));
    }
    assert_int_equal(ERROR_REQUIRED, entitlement_ask(f->both, NULL, 0, &answer, &missing));
    assert_true(slice_is(missing, "service"));
}

static void a_form_can_be_made_from_the_facts(void **state)
{
    struct fixture *f = *state;
    size_t count;
    const struct rule_fact *fact = entitlement_facts(f->both, &count);
    unsigned seen = 0;

    assert_int_equal(8, count);
    for (size_t i = 0; i < count; i++)
        seen += slice_is(fact[i].name, "service") || slice_is(fact[i].name, "status");
    assert_int_equal(2, seen);
    entitlement_facts(f->floor_only, &count);
    assert_int_equal(4, count);
}

static void rule_sets_without_the_tables_are_refused(void **state)
{
    struct fixture *f = *state;
    const struct entitlement *entitlement;
    struct fault fault = {0};

    assert_int_equal(ERROR_CORRUPT, entitlement_new(f->arena, f->belgium, NULL, &entitlement, &fault));
    assert_int_equal(ERROR_CORRUPT, entitlement_new(f->arena, f->standard, f->standard, &entitlement, &fault));
    const struct rule_set *strange = model_verified(
        f->arena, "decision entitlement UNIQUE\nin status string \"a\", \"unknown\"\nout access \"LOTS\"\n"
                  "out may_refuse \"no\"\nout charge \"FREE\"\nrow R1 | - | \"LOTS\" | \"no\" | \"FREE\"\n");
    assert_int_equal(ERROR_CORRUPT, entitlement_new(f->arena, f->standard, strange, &entitlement, &fault));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_people_of_the_belgian_pack_get_what_they_should),
        cmocka_unit_test(a_feverish_child_is_treated_whatever_the_papers),
        cmocka_unit_test(the_floor_answers_where_the_pack_gives_less),
        cmocka_unit_test(without_a_pack_the_floor_stands_by_itself),
        cmocka_unit_test(a_draft_never_says_no),
        cmocka_unit_test(urgent_care_is_never_refused),
        cmocka_unit_test(a_draft_is_softened_even_over_a_floor_that_says_less),
        cmocka_unit_test(a_value_that_is_not_listed_is_refused),
        cmocka_unit_test(a_form_can_be_made_from_the_facts),
        cmocka_unit_test(rule_sets_without_the_tables_are_refused),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
