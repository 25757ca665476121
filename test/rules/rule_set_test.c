/* SPDX-License-Identifier: Apache-2.0 */

/* Proves of compiled bytes, which may come from an enemy, that each thing that could be wrong in them is found before
 * anything is decided by them, and said by name. One whole set; one edit a case. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/buffer.h"
#include "rules/rule_set.h"

#define HASH "0000000000000000000000000000000000000000000000000000000000000000"
#define CITE "\"cite\":{\"source\":\"Act\",\"article\":\"1\",\"language\":\"en\",\"text\":\"Because.\"}"

/* Two tables, of which the first feeds the second: numbers, truth values and decimals, a fact that both ask for, an
 * order of rows, a warning with words. */
static const char whole[] =
    "{\"format\":\"hospitium-rules/1\",\"profile\":\"verified\",\"pack\":\"p\",\"version\":\"1\",\"draft\":false,"
    "\"valid_from\":null,\"valid_to\":\"2030-01-01\",\"dmn_sha256\":\"" HASH "\",\"pack_sha256\":\"" HASH "\","
    "\"decisions\":[{\"name\":\"stage\",\"hit\":\"PRIORITY\",\"outputs\":["
    "{\"name\":\"level\",\"kind\":\"text\",\"ordered\":true,\"values\":[\"high\",\"low\"]},"
    "{\"name\":\"due\",\"kind\":\"boolean\",\"ordered\":false,\"values\":[\"true\",\"false\"]},"
    "{\"name\":\"price\",\"kind\":\"decimal\",\"ordered\":false,\"values\":[\"1.5\",\"-2\"]}],"
    "\"rows\":[{\"id\":\"S1\",\"number\":2,\"out\":[0,0,0]," CITE ",\"valid_from\":null,\"valid_to\":null},"
    "{\"id\":\"S2\",\"number\":1,\"out\":[1,1,1]," CITE ",\"valid_from\":null,\"valid_to\":null}],"
    "\"inputs\":[{\"name\":\"age\",\"kind\":\"integer\",\"min\":0,\"max\":120,\"scale\":0,\"nullable\":true,"
    "\"start\":[0,18],\"from\":null,\"rows\":[\"01\",\"02\",\"03\"]},"
    "{\"name\":\"place\",\"kind\":\"text\",\"values\":[\"here\",\"there\"],\"open\":true,\"from\":null,"
    "\"rows\":[\"03\",\"03\",\"03\"]}]},"
    "{\"name\":\"warning\",\"hit\":\"COLLECT\",\"outputs\":["
    "{\"name\":\"warning\",\"kind\":\"text\",\"ordered\":false,\"values\":[\"none_known\",\"told\"]}],"
    "\"rows\":[{\"id\":\"W1\",\"number\":1,\"out\":[0]," CITE ",\"valid_from\":null,\"valid_to\":null},"
    "{\"id\":\"W2\",\"number\":2,\"out\":[1]," CITE ",\"valid_from\":null,\"valid_to\":null,\"tell\":"
    "{\"text\":\"Ask first.\",\"language\":\"en-GB\",\"source\":\"Act\",\"article\":\"2\",\"since\":\"2020-01-01\"}}],"
    "\"inputs\":[{\"name\":\"level\",\"kind\":\"text\",\"values\":[\"high\",\"low\",\"unknown\"],\"open\":false,"
    "\"from\":{\"decision\":0,\"output\":0},\"rows\":[\"01\",\"02\",\"03\"]},"
    "{\"name\":\"place\",\"kind\":\"text\",\"values\":[\"here\",\"there\"],\"open\":true,\"from\":null,"
    "\"rows\":[\"03\",\"03\",\"03\"]},"
    "{\"name\":\"age\",\"kind\":\"integer\",\"min\":0,\"max\":120,\"scale\":0,\"nullable\":true,"
    "\"start\":[0],\"from\":null,\"rows\":[\"03\",\"03\"]}]}]}";

static enum error load_text(struct slice text, struct fault *fault)
{
    CLEANUP_ARENA struct arena *arena = arena_new(16u << 20);
    const struct rule_set *set;

    return rule_set_load(arena, text, &set, fault);
}

/* The whole set with the first `from` behind `after` turned into `to`. */
static void edit(const char *after, const char *from, const char *to, struct buffer *into)
{
    const char *start = strstr(whole, after);
    const char *place = start ? strstr(start, from) : NULL;

    if (!place)
        fail_msg("the set has no %s behind %s", from, after);
    else {
        buffer_bytes(into, whole, (size_t)(place - whole));
        buffer_string(into, to);
        buffer_string(into, place + strlen(from));
    }
}

static const struct {
    const char *after, *from, *to, *says;
} cases[] = {
    /* the head */
    {"", "hospitium-rules/1", "hospitium-rules/9", "not of the format"},
    {"", "\"pack\":\"p\"", "\"pack\":7", "rule set: a text is missing"},
    {"dmn", HASH, "00", "a hash is missing"},
    {"", "\"valid_from\":null", "\"valid_from\":3", "a text is missing"},
    {"", "\"decisions\":[", "\"decisions\":[],\"rest\":[", "a list is missing or has the wrong length"},
    {"", "\"decisions\":[", "\"decisions\":7,\"rest\":[", "a list is missing or has the wrong length"},
    /* a decision */
    {"", "\"hit\":\"PRIORITY\"", "\"hit\":\"FIRST\"", "stage: the hit policy is unknown"},
    {"W2", "\"rows\"", "\"rowz\"", "an input lacks bit sets"},
    {"COLLECT", "\"rows\":[", "\"rows\":[],\"rest\":[", "a list is missing or has the wrong length"},
    {"{\"name\":\"warning\",\"hit\"", "\"name\":\"warning\"", "\"name\":\"stage\"", "a decision's name is taken"},
    /* outputs */
    {"", "\"outputs\":[", "\"outputs\":[],\"rest\":[", "a list is missing or has the wrong length"},
    {"\"level\"", "\"kind\":\"text\"", "\"kind\":\"integer\"", "the kind of an output is unknown"},
    {"\"level\"", "\"kind\":\"text\"", "\"kind\":\"date\"", "the kind of an output is unknown"},
    {"\"level\"", "\"kind\":\"text\"", "\"kind\":\"list\"", "the kind of an output is unknown"},
    {"\"level\"", "[\"high\",\"low\"]", "[\"high\",\"high\"]", "a value is listed twice"},
    {"\"level\"", "[\"high\",\"low\"]", "[]", "a list is missing or has the wrong length"},
    {"\"level\"", "[\"high\",\"low\"]", "[\"high\",2]", "a text is missing"},
    {"\"due\"", "\"false\"]", "\"no\"]", "an output's value is not of its kind"},
    {"\"price\"", "\"-2\"", "\"two\"", "an output's value is not of its kind"},
    /* rows */
    {"S1", "\"number\":2", "\"number\":2.5", "a whole number is missing"},
    {"S1", "\"number\":2", "\"number\":-1", "a number is out of range"},
    {"S1", "\"number\":2", "\"number\":9223372036854775808", "a whole number is missing"},
    {"S1", "\"number\":2", "\"number\":\"2\"", "a whole number is missing"},
    {"S1", "[0,0,0]", "[0,0]", "a row lacks outputs"},
    {"S1", "[0,0,0]", "7", "a row lacks outputs"},
    {"S1", "[0,0,0]", "[0,0,2]", "a number is out of range"},
    {"S1", "\"article\":\"1\"", "\"article\":1", "a text is missing"},
    {"S1", "[0,0,0]", "[1,0,0]", "rows are out of order"}, /* the worse one first, and as written later */
    {"S2", "[1,1,1]", "[0,1,1]", "rows are out of order"},
    {"W1", "\"valid_to\":null}",
     "\"valid_to\":null,\"tell\":{\"text\":\"x\",\"language\":\"en\",\"source\":\"\","
     "\"article\":\"\",\"since\":\"\"}}",
     "a row that is no warning tells something"},
    {"S1", "\"valid_to\":null}",
     "\"valid_to\":null,\"tell\":{\"text\":\"x\",\"language\":\"en\",\"source\":\"\","
     "\"article\":\"\",\"since\":\"\"}}",
     "a row that is no warning tells something"},
    {"W2", "\"tell\"", "\"told\"", "a warning tells nothing"},
    {"W2", "\"tell\":{", "\"tell\":7,\"x\":{", "a text is missing"},
    {"W2", "Ask first.", "", "what a warning tells is empty or too long"},
    {"W2", "\"en-GB\"", "\"e\"", "the language of a warning is none"},
    {"W2", "\"en-GB\"", "\"en\\\"><script>\"", "the language of a warning is none"},
    {"W2", "\"en-GB\"", "\"en_GB\"", "the language of a warning is none"},
    {"W2", "\"en-GB\"", "\"en/GB\"", "the language of a warning is none"},
    {"W2", "\"en-GB\"", "\"en[GB\"", "the language of a warning is none"},
    {"W2", "\"en-GB\"", "\"en{GB\"", "the language of a warning is none"},
    {"W2", "\"en-GB\"", "\"en:GB\"", "the language of a warning is none"},
    {"W2", "\"en-GB\"", "\"en-GB-oxendict-and-much-more-than-any-tag\"", "the language of a warning is none"},
    /* inputs */
    {"\"inputs\"", "\"kind\":\"integer\"", "\"kind\":\"colour\"", "the kind of an input is unknown"},
    {"\"inputs\"", "\"min\":0", "\"min\":121", "the range of a number is impossible"},
    {"\"inputs\"", "\"min\":0", "\"min\":-2305843009213693953", "the range of a number is impossible"},
    {"\"inputs\"", "\"max\":120", "\"max\":2305843009213693953", "the range of a number is impossible"},
    {"\"inputs\"", "\"scale\":0", "\"scale\":10", "a number is out of range"},
    {"\"inputs\"", "[0,18]", "[0,0]", "breakpoints do not ascend"},
    {"\"inputs\"", "[0,18]", "[1,18]", "breakpoints leave the range"},
    {"\"inputs\"", "[0,18]", "[0,121]", "breakpoints leave the range"},
    {"\"inputs\"", "[0,18]", "[]", "a list is missing or has the wrong length"},
    {"\"inputs\"", "\"01\"", "\"0100\"", "a bit set has the wrong length"},
    {"\"inputs\"", "\"01\"", "\"0g\"", "a bit set is broken"},
    {"\"inputs\"", "\"01\"", "\"04\"", "a bit set names a row that is not there"},
    {"\"inputs\"", "[\"01\",\"02\",\"03\"]", "[\"01\",\"02\"]", "an input lacks bit sets"},
    {"\"inputs\"", "\"name\":\"place\"", "\"name\":\"age\"", "an input stands twice"},
    {"\"inputs\"", "\"inputs\":[", "\"inputs\":[],\"rest\":[", "a list is missing or has the wrong length"},
    /* a feed */
    {"\"from\":{", "\"decision\":0", "\"decision\":1", "a number is out of range"}, /* itself, or a later one */
    {"\"from\":{", "\"output\":0", "\"output\":3", "a number is out of range"},
    {"", "[\"high\",\"low\",\"unknown\"]", "[\"high\",\"lower\",\"unknown\"]", "a value that is fed in is outside"},
    {"", "\"hit\":\"PRIORITY\"", "\"hit\":\"COLLECT\"", "out of order"},
    /* the same fact in two tables */
    {"\"output\":0}", "\"kind\":\"text\"", "\"kind\":\"boolean\"", "the same fact has other values in two tables"},
    {"\"output\":0}", "[\"here\",\"there\"]", "[\"here\",\"where\"]", "the same fact has other values"},
    {"\"output\":0}", "[\"here\",\"there\"],\"open\":true,\"from\":null,\"rows\":[\"03\",",
     "[\"here\"],\"open\":true,\"from\":null,\"rows\":[", "the same fact has other values"},
    {"\"output\":0}", "\"open\":true,\"from\":null,\"rows\":[\"03\",", "\"open\":false,\"from\":null,\"rows\":[",
     "the same fact has other values"},
    {"\"output\":0}", "\"nullable\":true,\"start\":[0],\"from\":null,\"rows\":[\"03\",",
     "\"nullable\":false,\"start\":[0],\"from\":null,\"rows\":[", "the same fact has other values"},
    {"\"output\":0}", "\"scale\":0", "\"scale\":1", "the same fact has other values"},
    {"\"output\":0}", "\"min\":0,\"max\":120,\"scale\":0,\"nullable\":true,\"start\":[0]",
     "\"min\":-1,\"max\":120,\"scale\":0,\"nullable\":true,\"start\":[-1]", "the same fact has other values"},
    {"\"output\":0}", "\"max\":120", "\"max\":119", "the same fact has other values"},
};

static void a_whole_set_is_taken(void **state)
{
    struct fault fault = {0};

    (void)state;
    if (load_text(slice_from_string(whole), &fault) != OK)
        fail_msg("%s", fault.detail);
}

static void each_thing_that_is_wrong_is_found_and_named(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        CLEANUP_BUFFER struct buffer text = buffer_new(2 * sizeof whole);
        struct fault fault = {0};
        edit(cases[i].after, cases[i].from, cases[i].to, &text);
        if (load_text(buffer_view(&text), &fault) == OK || !strstr(fault.detail, cases[i].says))
            fail_msg("%s for %s: said \"%s\"", cases[i].to, cases[i].from, fault.detail);
    }
}

static void whoever_did_not_sign_is_a_draft(void **state)
{
    static const struct {
        const char *draft;
        bool is_draft;
    } drafts[] = {{"\"draft\":false", false},
                  {"\"draft\":true", true},
                  {"\"draft\":null", true},
                  {"\"draft\":\"false\"", true},
                  {"\"draught\":false", true}};

    (void)state;
    for (size_t i = 0; i < sizeof drafts / sizeof *drafts; i++) {
        CLEANUP_ARENA struct arena *arena = arena_new(16u << 20);
        CLEANUP_BUFFER struct buffer text = buffer_new(2 * sizeof whole);
        const struct rule_set *set;
        edit("", "\"draft\":false", drafts[i].draft, &text);
        assert_int_equal(rule_set_load(arena, buffer_view(&text), &set, NULL), OK);
        assert_int_equal(set->draft, drafts[i].is_draft);
    }
}

/* A set that is not verified may warn without words: nobody is shown it. */
static void only_a_verified_set_must_tell(void **state)
{
    CLEANUP_BUFFER struct buffer text = buffer_new(2 * sizeof whole);

    (void)state;
    edit("W2", "\"tell\"", "\"told\"", &text);
    struct slice once = buffer_view(&text);
    memcpy(text.data + slice_search(once, SLICE("verified")), "screened", 8);
    assert_int_equal(load_text(buffer_view(&text), NULL), OK);
}

static void a_list_that_is_collected_feeds_nothing(void **state)
{
    CLEANUP_BUFFER struct buffer text = buffer_new(2 * sizeof whole);
    struct fault fault = {0};

    (void)state;
    edit("", "\"hit\":\"PRIORITY\"", "\"hit\":\"COLLECT\"", &text);
    struct slice view = buffer_view(&text);
    memcpy(text.data + slice_search(view, SLICE("\"number\":2")), "\"number\":0", 10);
    assert_int_equal(load_text(buffer_view(&text), &fault), ERROR_CORRUPT);
    assert_non_null(strstr(fault.detail, "a list feeds an input"));
}

/* ---- limits ---- */

static void begin_set(struct buffer *text)
{
    buffer_string(
        text,
        "{\"format\":\"hospitium-rules/1\",\"profile\":\"verified\",\"pack\":\"\",\"version\":\"\",\"draft\":true,"
        "\"valid_from\":null,\"valid_to\":null,\"dmn_sha256\":\"" HASH "\",\"pack_sha256\":\"" HASH "\","
        "\"decisions\":[");
}

static void add_decision(struct buffer *text, unsigned number, unsigned inputs, unsigned values)
{
    buffer_format(text,
                  "%s{\"name\":\"d%u\",\"hit\":\"COLLECT\",\"outputs\":[{\"name\":\"o\",\"kind\":\"text\","
                  "\"ordered\":false,\"values\":[",
                  number ? "," : "", number);
    for (unsigned v = 0; v < values; v++)
        buffer_format(text, "%s\"v%u\"", v ? "," : "", v);
    buffer_string(text, "]}],\"rows\":[{\"id\":\"r\",\"number\":1,\"out\":[0]," CITE ",\"valid_from\":null,"
                        "\"valid_to\":null}],\"inputs\":[");
    for (unsigned i = 0; i < inputs; i++)
        buffer_format(text,
                      "%s{\"name\":\"f%u.%u\",\"kind\":\"text\",\"values\":[\"x\"],\"open\":false,\"from\":null,"
                      "\"rows\":[\"01\"]}",
                      i ? "," : "", number, i);
    buffer_string(text, "]}");
}

static void facts_and_collected_values_have_a_bound(void **state)
{
    CLEANUP_BUFFER struct buffer text = buffer_new(4u << 20);
    struct fault fault = {0};

    (void)state;
    for (unsigned facts = RULE_FACTS_MAX; facts <= RULE_FACTS_MAX + 1; facts++) {
        buffer_clear(&text);
        begin_set(&text);
        for (unsigned done = 0, number = 0; done < facts; number++) {
            unsigned inputs = facts - done < 8 ? facts - done : 8;
            add_decision(&text, number, inputs, 1);
            done += inputs;
        }
        buffer_string(&text, "]}");
        assert_int_equal(load_text(buffer_view(&text), &fault), facts > RULE_FACTS_MAX ? ERROR_CORRUPT : OK);
    }
    assert_non_null(strstr(fault.detail, "there are too many facts"));
    for (unsigned values = RULE_COLLECTED_MAX; values <= RULE_COLLECTED_MAX + 1; values++) {
        buffer_clear(&text);
        begin_set(&text);
        add_decision(&text, 0, 1, values);
        buffer_string(&text, "]}");
        assert_int_equal(load_text(buffer_view(&text), &fault), values > RULE_COLLECTED_MAX ? ERROR_CORRUPT : OK);
    }
    assert_non_null(strstr(fault.detail, "too many values"));
}

/* At every place where room is asked for: it is said, and nothing half-read is handed out. */
static void a_set_that_finds_no_room_is_not_taken(void **state)
{
    size_t refused = 0;

    (void)state;
    for (size_t room = 0;; room += 16) {
        CLEANUP_ARENA struct arena *arena = arena_new(room);
        const struct rule_set *set = NULL;
        enum error error = rule_set_load(arena, slice_from_string(whole), &set, NULL);
        if (error == OK)
            break;
        assert_int_equal(error, ERROR_MEMORY);
        assert_null(set);
        refused++;
    }
    assert_true(refused > 100);
}

static void a_set_has_a_largest_size(void **state)
{
    char *many = calloc(1, RULE_SET_BYTES_MAX + 1);

    (void)state;
    assert_non_null(many);
    assert_int_equal(load_text(slice_of(many, RULE_SET_BYTES_MAX + 1), NULL), ERROR_TOO_LARGE);
    free(many);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_whole_set_is_taken),
        cmocka_unit_test(each_thing_that_is_wrong_is_found_and_named),
        cmocka_unit_test(whoever_did_not_sign_is_a_draft),
        cmocka_unit_test(only_a_verified_set_must_tell),
        cmocka_unit_test(a_list_that_is_collected_feeds_nothing),
        cmocka_unit_test(facts_and_collected_values_have_a_bound),
        cmocka_unit_test(a_set_that_finds_no_room_is_not_taken),
        cmocka_unit_test(a_set_has_a_largest_size),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
