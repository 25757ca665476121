/* SPDX-License-Identifier: Apache-2.0 */

/* Proves that patterns are XPath's and nothing of ICU's own, and that no pattern can hang. Cases marked F&O stand in XQuery
 * and XPath Functions and Operators 3.1, 5.6; TCK in the DMN compatibility kit, 0067, 1109 and 1111. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/buffer.h"
#include "rules/feel/pattern.h"

#define ARENA_MAX ((size_t)64 << 20)

struct match_case {
    const char *text, *pattern, *flags;
    bool matches;
};

static void check_matches(const struct match_case *cases, size_t count)
{
    CLEANUP_ARENA struct arena *arena = arena_new(ARENA_MAX);

    for (size_t i = 0; i < count; i++) {
        bool matches = !cases[i].matches;
        enum error error = pattern_matches(arena, slice_from_string(cases[i].text), slice_from_string(cases[i].pattern),
                                           slice_from_string(cases[i].flags), &matches);
        if (error != OK || matches != cases[i].matches)
            fail_msg("\"%s\" in \"%s\" with \"%s\": error %d, %d", cases[i].pattern, cases[i].text, cases[i].flags,
                     error, matches);
    }
}

#define CHECK_MATCHES(cases) check_matches(cases, sizeof cases / sizeof cases[0])

static void patterns_match_as_in_xpath(void **state)
{
    static const struct match_case cases[] = {
        {"abracadabra", "bra", "", true},    /* F&O */
        {"abracadabra", "^a.*a$", "", true}, /* F&O */
        {"abracadabra", "^bra", "", false},  /* F&O */
        {"", "", "", true},
        {"abc", "", "", true},
        {"abc", "x|", "", true},
        {"abc", "^()$", "", false},
        {"a", "a[^b]", "", false}, /* TCK */
        {"a ", "a[^b]", "", true}, /* TCK */
        {"aaa", "^a{3}$", "", true},
        {"aaa", "^a{4,}$", "", false},
        {"aaa", "^a{1,2}$", "", false},
        {"abab", "^(ab)\\1$", "", true},
        {"abba", "^(a)(b)\\2\\1$", "", true},
        {"aa1", "^(a)\\11$", "", true}, /* one group: \1, then a 1 */
        {"a\nb", "a.b", "", false},
        {"a\rb", "a.b", "", false}, /* TCK */
        {"a\xc2\x85"
         "b",
         "a.b", "", true}, /* only U+000A and U+000D end a line */
        {"a\xe2\x80\xa8"
         "b",
         "a.b", "", true},
        {"a\n", "a$", "", false}, /* `$` is the very end */
        {"\xf0\x9f\x98\x80", "^.$", "", true},
        {"\xf0\x9f\x98\x80", "^[\xf0\x9f\x98\x80-\xf0\x9f\x98\x8f]$", "", true},
        {"a.b", "^a\\.b$", "", true},
        {"a-b^c$d", "^a\\-b\\^c\\$d$", "", true},
        {"\t\n\r", "^\\t\\n\\r$", "", true},
        {"#=!<>:,&~'\"%@`/;_ ", "^#=!<>:,&~'\"%@`/;_ $", "", true}, /* no signs in XPath */
    };

    (void)state;
    CHECK_MATCHES(cases);
}

static void flags_are_those_of_xpath(void **state)
{
    static const struct match_case cases[] = {
        {"a\nb", "a.b", "s", true},
        {"a\rb", "^a.b$", "s", true},
        {"a\nb", "^b", "", false},
        {"a\nb", "^b", "m", true},
        {"a\rb", "^b", "m", false},
        {"a\nb", "a$", "m", true},
        {"a\n", "\\n^", "m", false},         /* F&O: not behind a last newline */
        {"\nabcd\ndefg\n", "^$", "m", true}, /* TCK */
        {"HELLO", "hello", "i", true},
        {"\xe2\x84\xaa", "k", "i", true}, /* TCK: the Kelvin sign */
        {"aA", "(a)\\1", "i", true},      /* TCK */
        {"aA", "(a)\\1", "", false},
        {"a", "[A-Z-[IO]]", "i", true},  /* F&O */
        {"i", "[A-Z-[IO]]", "i", false}, /* F&O */
        {"I", "[A-Z-[IO]]", "i", false}, /* F&O */
        {"Q", "[^q]", "i", false},       /* F&O: [^Q] */
        {"q", "[^Q]", "i", false},
        {"a", "\\p{Lu}", "i", false}, /* F&O: categories do not change */
        {"a", "[\\p{Lu}]", "i", false},
        {"ss", "^\xc3\x9f$", "i", false},                              /* one character is never two */
        {"hello world", "hello\\ sworld", "x", true},                  /* F&O, TCK */
        {"helloworld", "hello world", "x", true},                      /* F&O */
        {"hello world", "hello world", "x", false},                    /* F&O */
        {"hello world", "hello[ ]world", "x", true},                   /* F&O */
        {"hello world", " hello[ ]world", "x", true},                  /* TCK */
        {"hello world", "\\p{ I s B a s i c L a t i n }+", "x", true}, /* TCK */
        {"a]b c", "a[\\] ]b[ ]c", "x", true},
        {"a[bc", "a\\[b c", "x", true},
        {"12.3.4", "3.4", "q", true},
        {"12.3.4", "3x4", "q", false},
        {"a\\b[", "\\b[", "q", true},
        {"A.B", "a.b", "qi", true},
        {"AxB", "a.b", "qi", false},
        {"a b", "a b", "qx", true}, /* F&O: q takes x, s, m away */
        {"abc", "ABC", "smix", true},
        {"abc", "b", "ssii", true},
    };

    (void)state;
    CHECK_MATCHES(cases);
}

static void classes_are_those_of_xml_schema(void **state)
{
    static const struct match_case cases[] = {
        {"e", "^[a-z-[aeiou]]$", "", false},
        {"f", "^[a-z-[aeiou]]$", "", true},
        {"e", "^[a-z-[^aeiou]]$", "", true},
        {"c", "^[a-z-[b-d-[c]]]$", "", true},
        {"d", "^[a-z-[b-d-[c]]]$", "", false},
        {"5", "^[^a-z-[5]]$", "", false},
        {"6", "^[^a-z-[5]]$", "", true},
        {"-", "^[a-]$", "", true},
        {"-", "^[-a]$", "", true},
        {"-", "^[^-a]$", "", false},
        {"-", "^[a--[b]]$", "", true},
        {"-", "^[\\w-]$", "", true},
        {"-", "^[-]$", "", true},
        {"^", "^[a^]$", "", true},
        {"&", "^[a&&b]$", "", true}, /* no intersection in XPath */
        {"$", "^[$.*+?(){}|]$", "", true},
        {"]", "^[\\]]$", "", true},
        {"\\", "^[\\\\]$", "", true},
        {"x", "^[\\d\\s]$", "", false},
        {"7", "^[\\d\\s]$", "", true},
        {"\xd9\xa3", "^\\d$", "", true},  /* Arabic-Indic three */
        {"\xc2\xa0", "^\\s$", "", false}, /* XML's four spaces only */
        {"\x0c", "^\\S$", "", true},
        {"_", "^\\w$", "", false}, /* punctuation, in Unicode */
        {"$", "^\\w$", "", true},  /* a symbol */
        {"_", "^\\W$", "", true},
        {"_", "^\\i$", "", true},
        {"7", "^\\i$", "", false},
        {"7", "^\\c$", "", true},
        {"-", "^[\\c]$", "", true},
        {"-", "^\\I$", "", true},
        {" ", "^\\C$", "", true},
        {"\xce\xb1", "^\\p{IsGreek}$", "", true},
        {"\xce\xb1", "^\\P{IsBasicLatin}$", "", true},
        {"\xc3\xa9", "^\\p{IsLatin-1Supplement}$", "", true},
        {"\xe2\x83\x90", "^\\p{IsCombiningMarksforSymbols}$", "", true},
        {"A", "^\\p{Lu}$", "", true},
        {"A", "^\\P{L}$", "", false},
        {"A", "^[^\\p{Ll}\\d]$", "", true},
        {"a\nb", "a[^b]b", "", true},
    };

    (void)state;
    CHECK_MATCHES(cases);
}

/* Each is refused, whether or not ICU knows it. */
static void what_xpath_does_not_have_is_refused(void **state)
{
    static const char *const patterns[] = {
        "(",
        ")",
        "(a",
        "a)",
        "[",
        "[a",
        "]",
        "a]",
        "{",
        "}",
        "a{",
        "a{2",
        "a{,2}",
        "a{2,1}",
        "a{x}",
        "a{-1}",
        "a{2}{3}",
        "*",
        "+a",
        "?",
        "(*a)",
        "a|*",
        "a**",
        "a++",
        "a*+",
        "a?+",
        "a{2}+",
        "a???",
        "(?=a)",
        "(?!a)",
        "(?<=a)",
        "(?<!a)",
        "(?>a)",
        "(?i)a",
        "(?i:a)",
        "(?<n>a)",
        "(?#c)",
        "(?P<n>a)",
        "\\b",
        "\\B",
        "\\A",
        "\\z",
        "\\Z",
        "\\G",
        "\\Q.\\E",
        "\\x41",
        "\\x{41}",
        "\\u0041",
        "\\U00000041",
        "\\N{SPACE}",
        "\\cA\\e",
        "\\e",
        "\\f",
        "\\a",
        "\\v",
        "\\h",
        "\\R",
        "\\X",
        "\\K",
        "\\k<n>",
        "\\0",
        "\\01",
        "\\1",
        "\\3",
        "(.)\\3",
        "(a\\1)",
        "\\1(a)",
        "(?:a)\\1",
        "\\",
        "a\\",
        "\\ ",
        "\\-\\_",
        "\\/",
        "\\\"",
        "\\p",
        "\\pL",
        "\\p{",
        "\\p{}",
        "\\p{X}",
        "\\p{Cs}",
        "\\p{Greek}",
        "\\p{IsNowhere}",
        "\\p{Is}",
        "\\p{lu}",
        "\\p{^Lu}",
        "\\p{L}}",
        "\\p{IsGreek",
        "\\p{Is Greek}",
        "[]",
        "[^]",
        "[]a]",
        "[a[b]]",
        "[b-a]",
        "[a-\\d]",
        "[\\d-a]",
        "[a-c-e]",
        "[a--]",
        "[-[a]]",
        "[^-[a]]",
        "[a-[b]c]",
        "[a-[b]",
        "[a-[]]",
        "[a\\1]",
        "(asd)[asd\\1]",
        "[asd\\0]",
        "[\\b]",
        "[\\x41]",
        "[\\u0041]",
        "[[:alpha:]]",
        "[a\\]",
        "\xff",
        "[\xc3]",
        "[a-\xf0\x9f]",
        "\xed\xa0\x80",
    };
    static const char *const flags[] = {"p", "X", " ", "g", "S", "s m", "u", "\xc3\xa9"};
    bool matches = false;

    (void)state;
    for (size_t i = 0; i < sizeof patterns / sizeof patterns[0]; i++)
        if (pattern_matches(NULL, SLICE("a"), slice_from_string(patterns[i]), SLICE(""), &matches) != ERROR_VALUE)
            fail_msg("\"%s\" was taken", patterns[i]);
    for (size_t i = 0; i < sizeof flags / sizeof flags[0]; i++)
        assert_int_equal(pattern_matches(NULL, SLICE("a"), SLICE("a"), slice_from_string(flags[i]), &matches),
                         ERROR_VALUE);
    assert_int_equal(pattern_matches(NULL, SLICE("\xc3"), SLICE("a"), SLICE(""), &matches), ERROR_VALUE);
}

static void replacements_are_those_of_xpath(void **state)
{
    static const struct {
        const char *text, *pattern, *replacement, *flags, *result; /* NULL: refused */
    } cases[] = {
        {"abracadabra", "bra", "*", "", "a*cada*"},               /* F&O */
        {"abracadabra", "a.*a", "*", "", "*"},                    /* F&O */
        {"abracadabra", "a.*?a", "*", "", "*c*bra"},              /* F&O */
        {"abracadabra", "a", "", "", "brcdbr"},                   /* F&O */
        {"abracadabra", "a(.)", "a$1$1", "", "abbraccaddabbra"},  /* F&O */
        {"abracadabra", ".*?", "$1", "", NULL},                   /* F&O: matches the empty text */
        {"AAAA", "A+", "b", "", "b"},                             /* F&O */
        {"AAAA", "A+?", "b", "", "bbbb"},                         /* F&O */
        {"darted", "^(.*?)d(.*)$", "$1c$2", "", "carted"},        /* F&O */
        {"abcd", "(ab)|(a)", "[1=$1][2=$2]", "", "[1=ab][2=]cd"}, /* F&O */
        {"0123456789", "(\\d{3})(\\d{3})(\\d{4})", "($1) $2-$3", "", "(012) 345-6789"}, /* TCK */
        {"facetiously", "[iouy]", "[$0]", "", "facet[i][o][u]sl[y]"},                   /* TCK */
        {"a b c d ", "[a-z]", "#", "x", "# # # # "},                                    /* TCK */
        {"abc", "[A-Z]", "#", "i", "###"},                                              /* TCK */
        {"abc", ".^[d-z]*", "smix", "", "abc"},                                         /* TCK */
        {"a\\b\\c", "\\", "\\\\", "q", "a\\\\b\\\\c"}, /* F&O: q, so the replacement too */
        {"a/b/c", "/", "$", "q", "a$b$c"},             /* F&O */
        {"abc", "(b)", "[$12]", "", "a[b2]c"},
        {"abc", "(b)", "[$9]", "", "a[]c"},
        {"abc", "b", "\\$1\\\\", "", "a$1\\c"},
        {"abc", "b", "$", "", NULL},
        {"abc", "b", "$x", "", NULL},
        {"abc", "b", "\\", "", NULL},
        {"abc", "b", "\\n", "", NULL},
        {"abc", "z", "$x", "", NULL}, /* also where nothing matches */
        {"abc", "b|", "x", "", NULL},
        {"abc", "^", "x", "", NULL},
        {"abc", "x*", "y", "", NULL},
        {"", "a", "b", "", ""},
        {"\xf0\x9f\x98\x80z\xf0\x9f\x98\x80", "z", "\xf0\x9f\x98\x81", "",
         "\xf0\x9f\x98\x80\xf0\x9f\x98\x81\xf0\x9f\x98\x80"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        CLEANUP_ARENA struct arena *arena = arena_new(ARENA_MAX);
        struct slice result = {0};
        enum error error = pattern_replace(arena, slice_from_string(cases[i].text), slice_from_string(cases[i].pattern),
                                           slice_from_string(cases[i].replacement), slice_from_string(cases[i].flags),
                                           &result);
        if (error != (cases[i].result ? OK : ERROR_VALUE) || (!error && !slice_is(result, cases[i].result)))
            fail_msg("\"%s\" by \"%s\" in \"%s\": error %d, \"%.*s\"", cases[i].pattern, cases[i].replacement,
                     cases[i].text, error, SLICE_PRINT(result));
    }
}

static void texts_are_split_between_matches(void **state)
{
    static const struct {
        const char *text, *delimiter, *pieces; /* NULL: refused */
    } cases[] = {
        {"a;b;c;;", ";", "<a><b><c><><>"},  /* TCK */
        {"foo,bar", ",", "<foo><bar>"},     /* TCK */
        {"John Doe", "\\s", "<John><Doe>"}, /* DMN 1.5, table 75 */
        {"abc", ";", "<abc>"},
        {"", ";", "<>"},
        {";", ";", "<><>"},
        {"a1b22c", "\\d+", "<a><b><c>"},
        {"\xc3\xa9;\xf0\x9f\x98\x80", ";", "<\xc3\xa9><\xf0\x9f\x98\x80>"},
        {"abc", "", NULL},
        {"abc", "x*", NULL},
        {"abc", "(", NULL},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        CLEANUP_ARENA struct arena *arena = arena_new(ARENA_MAX);
        CLEANUP_BUFFER struct buffer written = buffer_new(1 << 10);
        struct slice *pieces = NULL;
        size_t count = 0;
        enum error error = pattern_split(arena, slice_from_string(cases[i].text), slice_from_string(cases[i].delimiter),
                                         &pieces, &count);
        for (size_t p = 0; p < count; p++)
            buffer_format(&written, "<%.*s>", SLICE_PRINT(pieces[p]));
        if (error != (cases[i].pieces ? OK : ERROR_VALUE) ||
            (!error && !slice_is(buffer_view(&written), cases[i].pieces)))
            fail_msg("\"%s\" at \"%s\": error %d, %.*s", cases[i].text, cases[i].delimiter, error,
                     SLICE_PRINT(buffer_view(&written)));
    }
}

static void case_is_mapped_as_unicode_has_it(void **state)
{
    static const struct {
        const char *text, *upper, *lower;
    } cases[] = {
        {"", "", ""},
        {"aBc4", "ABC4", "abc4"}, /* TCK */
        {"stra\xc3\x9f"
         "e",
         "STRASSE",
         "stra\xc3\x9f"
         "e"},
        {"I\xc4\xb0i", "I\xc4\xb0I", "ii\xcc\x87i"}, /* no Turkish, whatever the machine's language */
        {"\xce\xa3\xce\x91\xce\xa3", "\xce\xa3\xce\x91\xce\xa3", "\xcf\x83\xce\xb1\xcf\x82"}, /* a final sigma */
        {"\xf0\x90\x90\xa8", "\xf0\x90\x90\x80", "\xf0\x90\x90\xa8"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        CLEANUP_ARENA struct arena *arena = arena_new(ARENA_MAX);
        struct slice upper = {0}, lower = {0};
        assert_int_equal(pattern_upper(arena, slice_from_string(cases[i].text), &upper), OK);
        assert_int_equal(pattern_lower(arena, slice_from_string(cases[i].text), &lower), OK);
        if (!slice_is(upper, cases[i].upper) || !slice_is(lower, cases[i].lower))
            fail_msg("%s: %.*s, %.*s", cases[i].text, SLICE_PRINT(upper), SLICE_PRINT(lower));
    }
}

/* `count` times the same text. */
static void repeat(struct buffer *into, const char *text, int count)
{
    while (count-- > 0)
        buffer_string(into, text);
}

static void costly_patterns_end(void **state)
{
    static const struct {
        const char *pattern;
        int letters;
    } cases[] = {
        {"(a+)+b", 40},        {"(a|aa)+$b", 60},
        {"((a*)*)*b", 40},     {"a(.{0,9000}b)?", 1 << 20},
        {".*.*.*.*.*b", 2000}, {"(((a{1000}){1000}){1000}){1000}", 100000},
        {"(.*)*\\1b", 200},
    };
    CLEANUP_ARENA struct arena *arena = arena_new(ARENA_MAX);

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        CLEANUP_BUFFER struct buffer text = buffer_new(1 << 21);
        struct slice result = {0};
        repeat(&text, "a", cases[i].letters);
        enum error error = pattern_replace(arena, buffer_view(&text), slice_from_string(cases[i].pattern), SLICE("x"),
                                           SLICE(""), &result);
        if (error != ERROR_TOO_COSTLY)
            fail_msg("%s: error %d", cases[i].pattern, error);
    }
}

/* A pattern that is kept from call to call begins each with all its steps. */
static void steps_are_counted_by_call(void **state)
{
    CLEANUP_BUFFER struct buffer text = buffer_new(1 << 10);
    bool matches = true;

    (void)state;
    repeat(&text, "a", 18);
    for (int i = 0; i < 100; i++)
        assert_int_equal(pattern_matches(NULL, buffer_view(&text), SLICE("(a+)+b"), SLICE(""), &matches), OK);
    assert_false(matches);
}

static void large_patterns_and_results_are_refused(void **state)
{
    CLEANUP_ARENA struct arena *arena = arena_new(ARENA_MAX), *small = arena_new(1000);
    CLEANUP_BUFFER struct buffer text = buffer_new(8 << 20), pattern = buffer_new(1 << 20), open = buffer_new(1 << 20),
                                 classes = buffer_new(1 << 20), sets = buffer_new(1 << 20);
    struct slice result = {0}, *pieces = NULL;
    size_t count = 0;
    bool matches = false;

    (void)state;
    repeat(&pattern, "b", 8193);
    assert_int_equal(pattern_matches(arena, SLICE("a"), buffer_view(&pattern), SLICE(""), &matches), ERROR_TOO_COSTLY);
    repeat(&open, "(?:", 2000);
    assert_int_equal(pattern_matches(arena, SLICE("a"), buffer_view(&open), SLICE(""), &matches), ERROR_TOO_COSTLY);
    repeat(&sets, "\\w", 251);
    assert_int_equal(pattern_matches(arena, SLICE("a"), buffer_view(&sets), SLICE(""), &matches), ERROR_TOO_COSTLY);
    repeat(&classes, "[a-", 100);
    assert_int_equal(pattern_matches(arena, SLICE("a"), buffer_view(&classes), SLICE(""), &matches), ERROR_TOO_COSTLY);
    assert_int_equal(pattern_matches(arena, SLICE("a"), SLICE("a{65536}"), SLICE(""), &matches), ERROR_TOO_COSTLY);
    repeat(&text, "a", 1 << 20);
    assert_int_equal(pattern_replace(arena, buffer_view(&text), SLICE("a"), buffer_view(&pattern), SLICE(""), &result),
                     ERROR_TOO_COSTLY);
    assert_int_equal(pattern_split(arena, buffer_view(&text), SLICE("a"), &pieces, &count), ERROR_TOO_COSTLY);
    assert_int_equal(pattern_replace(small, buffer_view(&text), SLICE("b"), SLICE(""), SLICE(""), &result),
                     ERROR_MEMORY);
    assert_int_equal(pattern_upper(small, buffer_view(&text), &result), ERROR_MEMORY);
    repeat(&text, "a", 4 << 20);
    assert_int_equal(pattern_matches(arena, buffer_view(&text), SLICE("b"), SLICE(""), &matches), ERROR_TOO_COSTLY);
    assert_null(result.data);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(patterns_match_as_in_xpath),       cmocka_unit_test(flags_are_those_of_xpath),
        cmocka_unit_test(classes_are_those_of_xml_schema),  cmocka_unit_test(what_xpath_does_not_have_is_refused),
        cmocka_unit_test(replacements_are_those_of_xpath),  cmocka_unit_test(texts_are_split_between_matches),
        cmocka_unit_test(case_is_mapped_as_unicode_has_it), cmocka_unit_test(costly_patterns_end),
        cmocka_unit_test(steps_are_counted_by_call),        cmocka_unit_test(large_patterns_and_results_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
