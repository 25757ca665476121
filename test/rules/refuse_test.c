/* SPDX-License-Identifier: Apache-2.0 */

/* Proves that a model which is broken, hostile or outside the verified profile is refused, each departure with its
 * line, row and cell, and that compiled bytes which were touched do not load. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "model_text.h"
#include "rules/dmn/compile.h"
#include "rules/dmn/xml.h"

#define BYTES_MAX (16 << 20)
#define DMN "<definitions xmlns=\"https://www.omg.org/spec/DMN/20230324/MODEL/\" name=\"m\">\n"

static const char PACK[] =
    "{\"format\":\"hospitium-pack/1\",\"id\":\"p\",\"version\":\"1\",\"valid_from\":\"2026-01-01\","
    "\"sources\":{},\"rows\":{},\"known\":[]}";

static enum error compile(struct slice dmn, struct slice pack, struct buffer *lines, struct fault *fault)
{
    CLEANUP_ARENA struct arena *arena = arena_new((size_t)256 << 20);
    CLEANUP_BUFFER struct buffer compiled = buffer_new(BYTES_MAX);
    struct report report = {.into = lines};

    return compile_pack(arena, dmn, pack, &report, &compiled, fault);
}

static void what_is_no_model_is_refused(void **state)
{
    static const struct {
        const char *xml;
        enum error error;
    } cases[] = {
        {"", ERROR_XML},
        {"hello", ERROR_XML},
        {"<definitions>", ERROR_XML},
        {"<a/>", ERROR_SYNTAX},
        {"<definitions xmlns=\"http://example.org/\"/>", ERROR_SYNTAX},
        {DMN "</definitions>", ERROR_SYNTAX},
        {"<!DOCTYPE definitions>" DMN "</definitions>", ERROR_XML},
        {"<!DOCTYPE d [<!ENTITY a \"b\">]>" DMN "<decision name=\"&a;\"/></definitions>", ERROR_XML},
        {"<!DOCTYPE d [<!ENTITY a SYSTEM \"file:///etc/passwd\">]>" DMN
         "<decision name=\"x\">&a;</decision></definitions>",
         ERROR_XML},
        {"<!DOCTYPE d SYSTEM \"http://example.org/d.dtd\">" DMN "<decision name=\"x\"/></definitions>", ERROR_XML},
        {DMN "<decision name=\"&nosuch;\"/></definitions>", ERROR_XML},
        {DMN "<decision name=\"a\" name=\"b\"/></definitions>", ERROR_XML},
        {DMN "<decision name=\"a\"></definitions>", ERROR_XML},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        CLEANUP_BUFFER struct buffer lines = buffer_new(BYTES_MAX);
        struct fault fault = {0};
        enum error error = compile(slice_from_string(cases[i].xml), slice_from_string(PACK), &lines, &fault);
        if (error != cases[i].error)
            fail_msg("%s: %s", cases[i].xml, error_entry(error)->name);
    }
}

/* Entities that grow a thousandfold at each level: refused at the document type, before anything grows. */
static void a_bomb_of_entities_does_not_go_off(void **state)
{
    CLEANUP_BUFFER struct buffer xml = buffer_new(BYTES_MAX), lines = buffer_new(BYTES_MAX);

    (void)state;
    buffer_string(&xml, "<?xml version=\"1.0\"?><!DOCTYPE d [<!ENTITY e0 \"lol\">");
    for (int i = 1; i < 12; i++) {
        buffer_format(&xml, "<!ENTITY e%d \"", i);
        for (int k = 0; k < 10; k++)
            buffer_format(&xml, "&e%d;", i - 1);
        buffer_string(&xml, "\">");
    }
    buffer_string(&xml, "]>" DMN "<decision name=\"d\"><description>&e11;</description></decision></definitions>");
    assert_int_equal(ERROR_XML, compile(buffer_view(&xml), slice_from_string(PACK), &lines, NULL));
}

static void nesting_without_end_is_refused(void **state)
{
    CLEANUP_BUFFER struct buffer xml = buffer_new(BYTES_MAX), lines = buffer_new(BYTES_MAX);

    (void)state;
    buffer_string(&xml, DMN);
    for (int i = 0; i < 100000; i++)
        buffer_string(&xml, "<a>");
    assert_int_equal(ERROR_XML, compile(buffer_view(&xml), slice_from_string(PACK), &lines, NULL));
}

/* Each departure by itself, in an otherwise good table; `says` is part of its line in the report. */
static void each_departure_is_reported_where_it_is(void **state)
{
    static const struct {
        const char *text, *says;
    } cases[] = {
        {"decision d FIRST\nin a string \"x\", \"unknown\"\nout o \"1\"\nrow R1 | - | \"1\"\n", "hit policy FIRST"},
        {"decision d UNIQUE\nin a string\nout o \"1\"\nrow R1 | - | \"1\"\n",
         "line 3, decision \"d\", cell \"a\": the input needs a closed list"},
        {"decision d UNIQUE\nin a string \"x\", \"y\"\nout o \"1\"\nrow R1 | - | \"1\"\n", "need \"unknown\""},
        {"decision d UNIQUE\nin a boolean\nout o \"1\"\nrow R1 | - | \"1\"\n", "true and false have no unknown"},
        {"decision d UNIQUE\nin a number\nout o \"1\"\nrow R1 | - | \"1\"\n", "closed range of whole numbers"},
        {"decision d UNIQUE\nin a number null, [0..1.5]\nout o \"1\"\nrow R1 | - | \"1\"\n",
         "closed range of whole numbers"},
        {"decision d UNIQUE\nin a number null, (0..9]\nout o \"1\"\nrow R1 | - | \"1\"\n",
         "closed range of whole numbers"},
        {"decision d UNIQUE\nin a number [0..9]\nout o \"1\"\nrow R1 | - | \"1\"\n", "need null"},
        {"decision d UNIQUE\nin a date\nout o \"1\"\nrow R1 | - | \"1\"\n", "closed range of days"},
        {"decision d UNIQUE\nin a time\nout o \"1\"\nrow R1 | - | \"1\"\n", "needs a type"},
        {"decision d UNIQUE\nin a number null, [0..9]\nout o \"1\"\nrow R1 | not(5) | \"1\"\n",
         "row 1 (R1), cell \"a\": not(…) with a number says nothing of null"},
        {"decision d UNIQUE\nin a string \"x\", \"unknown\"\nout o\nrow R1 | - | \"1\"\n",
         "output needs a closed list"},
        {"decision d UNIQUE\nin a string \"x\", \"unknown\"\nout o \"1\"\nrow R1 | - | \"2\"\n",
         "line 5, decision \"d\", row 1 (R1), cell \"o\": 2 is not among"},
        {"decision d UNIQUE\nin a string \"x\", \"unknown\"\nout o \"1\"\nrow R1 | \"z\" | \"1\"\n",
         "row 1 (R1), cell \"a\": z is not among"},
        {"decision d UNIQUE\nin a number null, [0..9]\nout o \"1\"\nrow R1 | < 10 | \"1\"\n", "10 is not among"},
        {"decision d UNIQUE\nin a number null, [0..9]\nout o \"1\"\nrow R1 | < 1.5 | \"1\"\n",
         "1.5 is no whole number"},
        {"decision d UNIQUE\nin a number null, [0..9]\nout o \"1\"\nrow R1 | \"x\" | \"1\"\n", "another type"},
        {"decision d UNIQUE\nin a string \"x\", \"unknown\"\nout o \"1\"\nrow R1 | null | \"1\"\n",
         "null is not among"},
        {"decision d UNIQUE\nin a string \"x\", \"unknown\"\nout o \"1\"\nrow R1 |  | \"1\"\n", "the cell is empty"},
        {"decision d UNIQUE\nin a string \"x\", \"unknown\"\nout o \"1\"\nrow R1 | x | \"1\"\n",
         "row 1 (R1), cell \"a\": column 1: a bare word"},
        {"decision d UNIQUE\nin a string \"x\", \"unknown\"\nout o \"1\"\nrow R1 | - | 1 + 1\n",
         "cell \"o\": column 3"},
        {"decision d UNIQUE\nin a string \"x\", \"unknown\"\nout o \"1\"\nrow R1 | - | null\n", "null"},
        {"decision d UNIQUE\nin a string \"x\", \"unknown\"\nout o \"1\"\nrow R1 | - | \"1\" | \"1\"\n",
         "not one cell a column"},
        {"decision d UNIQUE\nin a string \"x\", \"unknown\"\nout o \"1\"\nrow R1 | - | \"1\"\nrow R1 | - | \"1\"\n",
         "row 2 (R1): the row's id is taken"},
        {"decision d UNIQUE\nin a string \"x\", \"unknown\"\nout o \"1\"\nrow | - | \"1\"\n", "the row has no id"},
        {"decision d PRIORITY\nin a string \"x\", \"unknown\"\nout o\nrow R1 | - | \"1\"\n", "PRIORITY needs"},
        {"decision d UNIQUE\nin d string\nout o \"1\"\nrow R1 | - | \"1\"\n", "it rests on itself"},
        {"decision d UNIQUE\nin e string\nout o \"1\"\nrow R1 | - | \"1\"\ndecision e COLLECT\nin a string \"x\", "
         "\"unknown\"\nout p \"1\"\nrow R2 | - | \"1\"\n",
         "collected list cannot feed"},
        {"decision d UNIQUE\nin a string \"x\", \"x\", \"unknown\"\nout o \"1\"\nrow R1 | - | \"1\"\n",
         "name each text once"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        CLEANUP_BUFFER struct buffer dmn = buffer_new(BYTES_MAX), pack = buffer_new(BYTES_MAX),
                                     lines = buffer_new(BYTES_MAX);
        struct fault fault = {0};
        model_write(&dmn, cases[i].text);
        model_write_pack(&pack, "");
        enum error error = compile(buffer_view(&dmn), buffer_view(&pack), &lines, &fault);
        if (error != ERROR_PROFILE || slice_search(buffer_view(&lines), slice_from_string(cases[i].says)) == SIZE_MAX)
            fail_msg("wanted \"%s\" of\n%s, got %s:\n%.*s", cases[i].says, cases[i].text, error_entry(error)->name,
                     SLICE_PRINT(buffer_view(&lines)));
    }
}

static void a_table_has_at_most_nine_inputs(void **state)
{
    CLEANUP_BUFFER struct buffer text = buffer_new(BYTES_MAX), dmn = buffer_new(BYTES_MAX),
                                 lines = buffer_new(BYTES_MAX);

    (void)state;
    buffer_string(&text, "decision d UNIQUE\n");
    for (int i = 0; i < 10; i++)
        buffer_format(&text, "in i%d string \"x\", \"unknown\"\n", i);
    buffer_string(&text, "out o \"1\"\nrow R1 | - | - | - | - | - | - | - | - | - | - | \"1\"\n");
    buffer_byte(&text, 0);
    model_write(&dmn, text.data);
    assert_int_equal(ERROR_PROFILE, compile(buffer_view(&dmn), slice_from_string(PACK), &lines, NULL));
    assert_true(slice_search(buffer_view(&lines), SLICE("has 10 inputs")) != SIZE_MAX);
}

static void all_departures_are_reported_at_once(void **state)
{
    CLEANUP_BUFFER struct buffer dmn = buffer_new(BYTES_MAX), lines = buffer_new(BYTES_MAX);
    CLEANUP_ARENA struct arena *arena = arena_new(64 << 20);
    CLEANUP_BUFFER struct buffer compiled = buffer_new(BYTES_MAX);
    struct report report = {.into = &lines};

    (void)state;
    model_write(&dmn,
                "decision d UNIQUE\nin a string \"x\", \"y\"\nin b number\nout o \"1\"\nrow R1 | \"z\" | - | \"2\"\n");
    assert_int_equal(ERROR_PROFILE,
                     compile_pack(arena, buffer_view(&dmn), slice_from_string(PACK), &report, &compiled, NULL));
    assert_int_equal(4, report.count);
}

/* Facts of one name that two tables understand differently. */
static void one_fact_has_one_list_of_values(void **state)
{
    CLEANUP_BUFFER struct buffer dmn = buffer_new(BYTES_MAX), lines = buffer_new(BYTES_MAX);
    struct fault fault = {0};

    (void)state;
    model_write(&dmn, "decision d UNIQUE\nin a string \"x\", \"unknown\"\nout o \"1\"\nrow R1 | - | \"1\"\n"
                      "decision e UNIQUE\nin a string \"x\", \"y\", \"unknown\"\nout o \"1\"\nrow R2 | - | \"1\"\n");
    assert_int_equal(ERROR_PROFILE, compile(buffer_view(&dmn), slice_from_string(PACK), &lines, &fault));
    assert_non_null(strstr(fault.detail, "two tables"));
}

static void a_pack_file_must_be_whole(void **state)
{
    static const char *const packs[] = {
        "",
        "{}",
        "[]",
        "{\"format\":\"hospitium-pack/2\"}",
        "{\"format\":\"hospitium-pack/1\"}",
        "{\"format\":\"hospitium-pack/1\",\"id\":\"p\",\"version\":\"1\"}",
        "{\"format\":\"hospitium-pack/1\",\"id\":\"p\",\"version\":\"1\",\"valid_from\":\"1.1.2026\"}",
        "{\"format\":\"hospitium-pack/"
        "1\",\"id\":\"p\",\"version\":\"1\",\"valid_from\":\"2026-01-01\",\"valid_to\":\"x\"}",
        "{\"format\":\"hospitium-pack/1\",\"id\":\"p\",\"id\":\"q\",\"version\":\"1\",\"valid_from\":\"2026-01-01\"}",
        "{\"format\":\"hospitium-pack/1\",\"id\":\"p\",\"version\":\"1\",\"valid_from\":\"2026-01-01\","
        "\"rows\":{\"R1\":{\"valid_from\":\"soon\"}}}",
    };
    CLEANUP_BUFFER struct buffer dmn = buffer_new(BYTES_MAX);

    (void)state;
    model_write(&dmn, "decision d UNIQUE\nin a string \"x\", \"unknown\"\nout o \"1\"\nrow R1 | - | \"1\"\n");
    for (size_t i = 0; i < sizeof packs / sizeof packs[0]; i++) {
        CLEANUP_BUFFER struct buffer lines = buffer_new(BYTES_MAX);
        if (compile(buffer_view(&dmn), slice_from_string(packs[i]), &lines, NULL) == OK)
            fail_msg("%s was taken", packs[i]);
    }
}

static struct slice compiled_policy(struct arena *arena, struct buffer *compiled)
{
    CLEANUP_BUFFER struct buffer lines = buffer_new(BYTES_MAX);
    struct report report = {.into = &lines};

    assert_int_equal(OK, compile_pack(arena, model_file(arena, "policy/belgium/rules.dmn"),
                                      model_file(arena, "policy/belgium/pack.json"), &report, compiled, NULL));
    return buffer_view(compiled);
}

static void compiling_twice_gives_the_same_bytes(void **state)
{
    CLEANUP_ARENA struct arena *arena = arena_new(64 << 20);
    CLEANUP_BUFFER struct buffer one = buffer_new(BYTES_MAX), two = buffer_new(BYTES_MAX);

    (void)state;
    assert_true(slice_equal(compiled_policy(arena, &one), compiled_policy(arena, &two)));
}

/* Replaces the first `from` by `to` in the compiled Belgian pack. */
static void compiled_bytes_that_make_no_sense_do_not_load(void **state)
{
    static const struct {
        const char *from, *to;
    } touched[] = {
        {"hospitium-rules/1", "hospitium-rules/2"},
        {"\"hit\":\"PRIORITY\"", "\"hit\":\"FIRST\""},
        {"\"kind\":\"text\"", "\"kind\":\"time\""},
        {"\"name\":\"means\"", "\"name\":\"status\""},
        {"\"eu_insured\"", "\"citizen_resident\""},
        {"\"number\":1,", "\"number\":99999,"},
        {"\"number\":1,", "\"number\":-1,"},
        {"\"out\":[", "\"out\":[9,"},
        {"\"out\":[1,", "\"out\":[7,"},
        {"\"out\":[1,", "\"out\":[6,"},
        {"\"from\":null", "\"from\":{\"decision\":0,\"output\":0}"},
        {"\"from\":null", "\"from\":{\"decision\":-1,\"output\":0}"},
        {"\"rows\":[\"", "\"rows\":[\"ff"},
        {"\"rows\":[\"", "\"rows\":[\"zz"},
        {"\"rows\":[\"", "\"rows\":[],\"x\":[\""},
        {"\"dmn_sha256\":\"", "\"dmn_sha256\":\"0"},
        {"\"values\":[", "\"values\":[],\"x\":["},
        {"\"decisions\":[", "\"decisions\":[],\"x\":["},
        {"\"cite\":{", "\"cite\":{},\"x\":{"},
        {"\"pack\":", "\"pack\":\"twice\",\"pack\":"},
    };
    CLEANUP_ARENA struct arena *arena = arena_new((size_t)256 << 20);
    CLEANUP_BUFFER struct buffer compiled = buffer_new(BYTES_MAX);
    struct slice good = compiled_policy(arena, &compiled);

    (void)state;
    for (size_t i = 0; i < sizeof touched / sizeof touched[0]; i++) {
        CLEANUP_BUFFER struct buffer bad = buffer_new(BYTES_MAX);
        const struct rule_set *set;
        size_t at = slice_search(good, slice_from_string(touched[i].from));
        if (at == SIZE_MAX)
            fail_msg("%s is not there", touched[i].from);
        buffer_slice(&bad, slice_of(good.data, at));
        buffer_string(&bad, touched[i].to);
        buffer_slice(&bad, slice_from(good, at + strlen(touched[i].from)));
        if (rule_set_load(arena, buffer_view(&bad), &set, NULL) == OK)
            fail_msg("%s was taken for %s", touched[i].to, touched[i].from);
    }
}

/* Every beginning of the bytes, and bytes with one bit flipped: loaded or refused, never a crash. */
static void damaged_bytes_never_crash(void **state)
{
    CLEANUP_ARENA struct arena *arena = arena_new((size_t)64 << 20);
    CLEANUP_BUFFER struct buffer compiled = buffer_new(BYTES_MAX);
    struct slice good = compiled_policy(arena, &compiled);

    (void)state;
    for (size_t i = 0; i < good.length; i += 7) {
        CLEANUP_ARENA struct arena *scratch = arena_new(8 << 20);
        const struct rule_set *set;
        char *byte = compiled.data + i;
        assert_int_not_equal(OK, rule_set_load(scratch, slice_of(good.data, i), &set, NULL));
        *byte ^= (char)(1 << (i % 7));
        if (rule_set_load(scratch, good, &set, NULL) == OK)
            assert_true(set->decision_count > 0);
        *byte ^= (char)(1 << (i % 7));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_no_model_is_refused),
        cmocka_unit_test(a_bomb_of_entities_does_not_go_off),
        cmocka_unit_test(nesting_without_end_is_refused),
        cmocka_unit_test(each_departure_is_reported_where_it_is),
        cmocka_unit_test(a_table_has_at_most_nine_inputs),
        cmocka_unit_test(all_departures_are_reported_at_once),
        cmocka_unit_test(one_fact_has_one_list_of_values),
        cmocka_unit_test(a_pack_file_must_be_whole),
        cmocka_unit_test(compiling_twice_gives_the_same_bytes),
        cmocka_unit_test(compiled_bytes_that_make_no_sense_do_not_load),
        cmocka_unit_test(damaged_bytes_never_crash),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
