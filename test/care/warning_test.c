/* SPDX-License-Identifier: Apache-2.0 */

/* Proves that a person can be told before she decides: every warning of every pack that has some comes through
 * compiling with its words and its source, on the days that it holds; and that a set which warns without words, or
 * has words where nobody would see them, is refused. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "care/warning.h"
#include "rules/dmn/compile.h"
#include "rules/model_text.h"
#include "text/json.h"

#define BYTES_MAX (16 << 20)

static struct arena *arena;

static int set_up(void **state)
{
    (void)state;
    arena = arena_new((size_t)256 << 20);
    return arena ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    arena_free(arena);
    return 0;
}

static size_t ask(const struct rule_set *pack, const char *step, const char *as_of, struct warning *warning)
{
    const struct entitlement_fact fact[] = {{SLICE("step"), slice_from_string(step)},
                                            {SLICE("as_of"), slice_from_string(as_of)}};
    size_t count = 99;

    assert_int_equal(OK, warning_ask(pack, fact, 2, warning, &count, NULL));
    return count;
}

static void what_no_step_is_named_for_gives_all_that_is_known(void **state)
{
    struct warning warning[WARNINGS_MAX];

    (void)state;
    assert_int_equal(3, ask(model_policy(arena, "germany"), "unknown", "2026-11-22", warning));
    assert_true(slice_is(warning[0].id, "voucher_is_reported"));
    assert_true(slice_search(warning[0].tell->text, SLICE("Ask a clearing centre")) != SIZE_MAX);
    assert_true(slice_is(warning[0].tell->source, "Aufenthaltsgesetz (AufenthG)"));
    assert_true(slice_is(warning[0].tell->article, "section 87(2)"));
    assert_true(slice_is(warning[0].tell->language, "en") && slice_is(warning[0].tell->since, "2015-05-12"));
    assert_true(slice_is(warning[0].row->id, "DE-W01"));
    assert_int_equal(2, ask(model_policy(arena, "usa"), "", "2026-11-22", warning));
}

static void a_step_gives_only_what_is_known_against_it(void **state)
{
    const struct rule_set *germany = model_policy(arena, "germany");
    struct warning warning[WARNINGS_MAX];

    (void)state;
    assert_int_equal(0, ask(germany, "see_clinician", "2026-11-22", warning));
    assert_int_equal(2, ask(germany, "ask_office_for_voucher", "2026-11-22", warning));
    assert_int_equal(2, ask(germany, "hospital_bills_office", "2026-11-22", warning));
    assert_true(slice_is(warning[0].id, "secrecy_has_exceptions"));
}

static void a_warning_is_told_from_the_day_on_which_it_holds(void **state)
{
    const struct rule_set *france = model_policy(arena, "france");
    struct warning warning[WARNINGS_MAX];

    (void)state;
    assert_int_equal(0, ask(france, "unknown", "2026-02-07", warning));
    assert_int_equal(1, ask(france, "unknown", "2026-02-08", warning));
    assert_true(slice_is(warning[0].id, "visa_officers_see_ame"));
}

static void a_day_that_is_always_asked_for_is_named_when_it_is_missing(void **state)
{
    struct slice missing = slice_of("", 0);
    struct warning warning[WARNINGS_MAX];
    size_t count;

    (void)state;
    assert_int_equal(ERROR_REQUIRED, warning_ask(model_policy(arena, "france"), NULL, 0, warning, &count, &missing));
    assert_true(slice_is(missing, "as_of"));
}

static void a_pack_without_warnings_and_no_pack_at_all_have_none(void **state)
{
    const struct rule_set *belgium = model_policy(arena, "belgium");
    struct warning warning[WARNINGS_MAX];

    (void)state;
    assert_int_equal(0, ask(belgium, "unknown", "2026-11-22", warning));
    assert_int_equal(0, ask(NULL, "unknown", "2026-11-22", warning));
    assert_false(warning_rests_on(belgium, SLICE("step")) || warning_rests_on(NULL, SLICE("step")));
    assert_true(warning_rests_on(model_policy(arena, "germany"), SLICE("step")));
    assert_false(warning_rests_on(model_policy(arena, "germany"), SLICE("status")));
}

/* Every word of `from` becomes `to`. */
static struct slice replaced(struct slice text, const char *from, const char *to)
{
    struct buffer out = buffer_new(BYTES_MAX);

    for (size_t at; (at = slice_search(text, slice_from_string(from))) != SIZE_MAX;) {
        buffer_slice(&out, slice_of(text.data, at));
        buffer_string(&out, to);
        text = slice_from(text, at + strlen(from));
    }
    buffer_slice(&out, text);
    struct slice copy = arena_copy(arena, buffer_view(&out));
    buffer_free(&out);
    return copy;
}

static enum error compile_germany(const char *from, const char *to, struct slice *ret_compiled, struct buffer *lines,
                                  struct fault *fault)
{
    CLEANUP_BUFFER struct buffer compiled = buffer_new(BYTES_MAX);
    struct slice pack = replaced(model_file(arena, "policy/germany/pack.json"), from, to);
    struct report report = {.into = lines};

    TRY(compile_pack(arena, model_file(arena, "policy/germany/rules.dmn"), pack, &report, &compiled, fault));
    *ret_compiled = arena_copy(arena, buffer_view(&compiled));
    return OK;
}

static void a_pack_that_warns_without_words_is_refused(void **state)
{
    static const struct {
        const char *from, *to, *says;
        enum error error;
    } cases[] = {
        {"\"voucher_is_reported\"", "\"another\"", "what voucher_is_reported tells", ERROR_PROFILE},
        {"\"warnings\"", "\"cautions\"", "what secrecy_has_exceptions tells", ERROR_PROFILE},
        {"\"since\": \"2009-10-31\"", "\"since\": \"2009\"", "`secrecy_has_exceptions` needs", ERROR_VALUE},
        {"\"article\": \"section 11(3)\", \"since\"", "\"since\"", "`offices_compare_records` needs", ERROR_VALUE},
        {"\"source\": \"AUFENTHG\"", "\"source\": \"NOWHERE\"", "needs tell", ERROR_VALUE},
        {"\"tell\"", "\"say\"", "needs tell", ERROR_VALUE},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        CLEANUP_BUFFER struct buffer lines = buffer_new(BYTES_MAX);
        struct fault fault = {0};
        struct slice compiled;
        enum error error = compile_germany(cases[i].from, cases[i].to, &compiled, &lines, &fault);
        struct slice said = error == ERROR_PROFILE ? buffer_view(&lines) : slice_from_string(fault.detail);
        if (error != cases[i].error || slice_search(said, slice_from_string(cases[i].says)) == SIZE_MAX)
            fail_msg("%s: %s, %.*s", cases[i].from, error_entry(error)->name, SLICE_PRINT(said));
    }
}

static void compiled_bytes_whose_words_were_touched_do_not_load(void **state)
{
    static const struct {
        const char *from, *to;
    } cases[] = {
        {"\"tell\":{", "\"told\":{"}, /* a warning that tells nothing */
        {"\"tell\":{\"text\":", "\"tell\":{\"texts\":"},
        {"\"tell\":{", "\"tell\":\"x\",\"told\":{"},
        {"\"language\":\"en\",\"source\":\"Auf", "\"language\":\"\",\"source\":\"Auf"},
        {"\"language\":\"en\",\"source\":\"Auf", "\"language\":\"e n\",\"source\":\"Auf"},
        {"\"out\":[0]", "\"tell\":{\"text\":\"a\",\"language\":\"en\",\"source\":\"a\",\"article\":\"a\","
                        "\"since\":\"2026-01-01\"},\"out\":[0]"}, /* words on a row that is no warning */
    };
    CLEANUP_BUFFER struct buffer lines = buffer_new(BYTES_MAX);
    const struct rule_set *set;
    struct slice compiled;

    (void)state;
    assert_int_equal(OK, compile_germany("none of this", "", &compiled, &lines, NULL));
    assert_int_equal(OK, rule_set_load(arena, compiled, &set, NULL));
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct slice touched = replaced(compiled, cases[i].from, cases[i].to);
        assert_false(slice_equal(touched, compiled));
        assert_int_equal(ERROR_CORRUPT, rule_set_load(arena, touched, &set, NULL));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_no_step_is_named_for_gives_all_that_is_known),
        cmocka_unit_test(a_step_gives_only_what_is_known_against_it),
        cmocka_unit_test(a_warning_is_told_from_the_day_on_which_it_holds),
        cmocka_unit_test(a_day_that_is_always_asked_for_is_named_when_it_is_missing),
        cmocka_unit_test(a_pack_without_warnings_and_no_pack_at_all_have_none),
        cmocka_unit_test(a_pack_that_warns_without_words_is_refused),
        cmocka_unit_test(compiled_bytes_whose_words_were_touched_do_not_load),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
