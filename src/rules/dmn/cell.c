/* SPDX-License-Identifier: Apache-2.0 */
#include "cell.h"

#include "rules/format.h"
#include "text/date.h"

#define NUMBER_DIGITS_MAX 17

struct parser {
    struct arena *arena;
    struct slice text;
    size_t at;
    struct fault *fault;
};

static enum error refuse(const struct parser *parser, const char *why)
{
    return fault_set(parser->fault, ERROR_SYNTAX, "column %zu: %s", parser->at + 1, why);
}

static void skip_space(struct parser *parser)
{
    while (parser->at < parser->text.length && memchr(" \t\r\n", parser->text.data[parser->at], 4))
        parser->at++;
}

static struct slice rest(const struct parser *parser)
{
    return slice_from(parser->text, parser->at);
}

static char peek(const struct parser *parser)
{
    return parser->at < parser->text.length ? parser->text.data[parser->at] : '\0';
}

static bool take(struct parser *parser, const char *token)
{
    skip_space(parser);
    if (!slice_starts_with(rest(parser), slice_from_string(token)))
        return false;
    parser->at += strlen(token);
    return true;
}

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || (unsigned char)c >= 0x80;
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* A word of FEEL, not merely the beginning of a longer name. */
static bool take_word(struct parser *parser, const char *word)
{
    skip_space(parser);
    struct slice left = rest(parser);
    size_t length = strlen(word);

    if (!slice_starts_with(left, slice_from_string(word)))
        return false;
    if (left.length > length && (is_letter(left.data[length]) || is_digit(left.data[length])))
        return false;
    parser->at += length;
    return true;
}

/* DMN 1.5, 10.3.1.2, grammar rule 35 (string literal): the escapes that need no Unicode arithmetic. */
static char unescaped(char c)
{
    switch (c) {
    case '"':
    case '\\':
    case '\'':
        return c;
    case 'n':
        return '\n';
    case 't':
        return '\t';
    case 'r':
        return '\r';
    default:
        return '\0';
    }
}

static enum error parse_string(struct parser *parser, struct cell_value *ret)
{
    char *content = arena_alloc(parser->arena, parser->text.length);
    size_t length = 0;

    if (!content)
        return ERROR_MEMORY;
    for (parser->at++; peek(parser) != '"'; parser->at++) {
        if (parser->at >= parser->text.length)
            return refuse(parser, "a text lacks its closing quotation mark");
        char c = peek(parser);
        if (c == '\\') {
            parser->at++;
            c = unescaped(peek(parser));
            if (c == '\0')
                return refuse(parser, "this escape in a text is not supported");
        }
        content[length++] = c;
    }
    parser->at++;
    *ret = (struct cell_value){.kind = CELL_STRING, .text = slice_of(content, length)};
    return OK;
}

static size_t count_digits(const struct parser *parser, size_t from)
{
    size_t count = 0;

    while (from + count < parser->text.length && is_digit(parser->text.data[from + count]))
        count++;
    return count;
}

/* The digits before and behind the point as one whole number. */
static enum error number_digits(struct parser *parser, struct slice whole, struct slice fraction, bool negative,
                                struct cell_value *ret)
{
    int64_t digits = 0;

    if (whole.length + fraction.length > NUMBER_DIGITS_MAX || fraction.length > FORMAT_SCALE_MAX)
        return refuse(parser, "a number has too many digits (17, of them 9 behind the point)");
    for (size_t i = 0; i < whole.length; i++)
        digits = digits * 10 + (whole.data[i] - '0');
    for (size_t i = 0; i < fraction.length; i++)
        digits = digits * 10 + (fraction.data[i] - '0');
    *ret = (struct cell_value){CELL_NUMBER, slice_of("", 0), negative ? -digits : digits, (uint8_t)fraction.length};
    return OK;
}

static enum error parse_number(struct parser *parser, struct cell_value *ret)
{
    bool negative = take(parser, "-");

    skip_space(parser);
    struct slice whole = slice_of(parser->text.data + parser->at, count_digits(parser, parser->at));
    struct slice fraction = slice_of("", 0);
    parser->at += whole.length;
    /* `1..5` is a range: its first point begins no fraction. */
    size_t behind_point = count_digits(parser, parser->at + 1);
    if (peek(parser) == '.' && behind_point > 0) {
        fraction = slice_of(parser->text.data + parser->at + 1, behind_point);
        parser->at += 1 + behind_point;
    }
    if (whole.length + fraction.length == 0)
        return refuse(parser, "a number is expected");
    while (whole.length > 0 && whole.data[0] == '0')
        whole = slice_from(whole, 1);
    while (fraction.length > 0 && fraction.data[fraction.length - 1] == '0')
        fraction.length--;
    TRY(number_digits(parser, whole, fraction, negative, ret));
    /* One text for each number, so that equal numbers are equal texts. */
    ret->text = arena_format(parser->arena, "%s%.*s%s%.*s", ret->digits < 0 ? "-" : "",
                             SLICE_PRINT(whole.length ? whole : SLICE("0")), fraction.length ? "." : "",
                             SLICE_PRINT(fraction));
    return ret->text.data ? OK : ERROR_MEMORY;
}

/* `"2026-05-01"` behind `@` or inside `date(…)`. */
static enum error parse_day(struct parser *parser, struct cell_value *ret)
{
    struct cell_value text;
    struct date date;

    skip_space(parser);
    if (peek(parser) != '"')
        return refuse(parser, "a day such as \"2026-05-01\" is expected");
    TRY(parse_string(parser, &text));
    if (date_parse(text.text, DATE_KIND_DATE, &date) != OK || date.precision != DATE_DAY)
        return refuse(parser, "a day such as \"2026-05-01\" is expected");
    *ret = (struct cell_value){CELL_DATE, text.text, date_day_number(date.year, date.month, date.day), 0};
    return OK;
}

static enum error parse_date_call(struct parser *parser, struct cell_value *ret)
{
    if (!take(parser, "("))
        return refuse(parser, "`(` is expected behind date");
    TRY(parse_day(parser, ret));
    return take(parser, ")") ? OK : refuse(parser, "date(…) lacks its closing bracket");
}

static enum error parse_literal(struct parser *parser, struct cell_value *ret)
{
    skip_space(parser);
    char c = peek(parser);

    if (c == '"')
        return parse_string(parser, ret);
    if (is_digit(c) || c == '-' || c == '.')
        return parse_number(parser, ret);
    if (take(parser, "@"))
        return parse_day(parser, ret);
    if (take_word(parser, "date"))
        return parse_date_call(parser, ret);
    if (take_word(parser, "true"))
        *ret = (struct cell_value){.kind = CELL_BOOLEAN, .text = SLICE("true"), .digits = 1};
    else if (take_word(parser, "false"))
        *ret = (struct cell_value){.kind = CELL_BOOLEAN, .text = SLICE("false")};
    else if (take_word(parser, "null"))
        *ret = (struct cell_value){.kind = CELL_NULL, .text = SLICE("null")};
    else if (is_letter(c))
        return refuse(parser, "a bare word: texts stand in quotation marks, names and functions are not supported");
    else
        return refuse(parser, "a literal is expected");
    return OK;
}

static int compare_numbers(const struct cell_value *a, const struct cell_value *b)
{
    __int128 left = a->digits, right = b->digits;

    for (int i = a->scale; i < FORMAT_SCALE_MAX; i++)
        left *= 10;
    for (int i = b->scale; i < FORMAT_SCALE_MAX; i++)
        right *= 10;
    return (left > right) - (left < right);
}

static enum error parse_range(struct parser *parser, struct cell_test *ret)
{
    struct cell_test test = {.relation = CELL_WITHIN, .low_open = peek(parser) != '['};

    parser->at++;
    TRY(parse_literal(parser, &test.value));
    if (!take(parser, ".."))
        return refuse(parser, "`..` is expected in a range");
    TRY(parse_literal(parser, &test.high));
    skip_space(parser);
    char end = peek(parser);
    if (end != ']' && end != ')' && end != '[')
        return refuse(parser, "a range ends with ], ) or [");
    parser->at++;
    test.high_open = end != ']';
    if (!cell_is_number(test.value.kind) || test.high.kind != test.value.kind)
        return refuse(parser, "the ends of a range must be two numbers or two dates");
    if (compare_numbers(&test.value, &test.high) > 0)
        return refuse(parser, "the range ends before it begins");
    *ret = test;
    return OK;
}

static bool take_relation(struct parser *parser, enum cell_relation *ret)
{
    static const struct {
        const char *token;
        enum cell_relation relation;
    } relations[] = {{"<=", CELL_AT_MOST}, {">=", CELL_AT_LEAST}, {"<", CELL_LESS}, {">", CELL_GREATER}};

    for (size_t i = 0; i < sizeof relations / sizeof relations[0]; i++) {
        if (take(parser, relations[i].token)) {
            *ret = relations[i].relation;
            return true;
        }
    }
    return false;
}

static enum error parse_test(struct parser *parser, struct cell_test *ret)
{
    *ret = (struct cell_test){.relation = CELL_EQUAL};
    skip_space(parser);
    if (memchr("[](", peek(parser), 3))
        return parse_range(parser, ret);
    if (!take_relation(parser, &ret->relation))
        return parse_literal(parser, &ret->value);
    TRY(parse_literal(parser, &ret->value));
    return cell_is_number(ret->value.kind)
               ? OK
               : refuse(parser, "only numbers and dates can be compared with <, <=, > and >=");
}

static enum error parse_list(struct parser *parser, struct cell_tests *ret)
{
    size_t most = 1;

    for (size_t i = parser->at; i < parser->text.length; i++)
        most += parser->text.data[i] == ',';
    if (most > CELL_TESTS_MAX)
        return refuse(parser, "a cell has too many tests");
    struct cell_test *test = arena_array(parser->arena, most, sizeof *test);
    if (!test)
        return ERROR_MEMORY;
    do {
        TRY(parse_test(parser, &test[ret->count]));
        ret->count++;
    } while (take(parser, ","));
    ret->test = test;
    return OK;
}

static enum error expect_end(struct parser *parser)
{
    skip_space(parser);
    return parser->at == parser->text.length ? OK : refuse(parser, "this is not supported in a cell");
}

static bool is_dash(struct slice text)
{
    struct parser parser = {.text = text};

    return take(&parser, "-") && expect_end(&parser) == OK;
}

enum error cell_parse_tests(struct arena *arena, struct slice text, struct cell_tests *ret, struct fault *fault)
{
    struct parser parser = {arena, text, 0, fault};
    struct cell_tests tests = {0};

    skip_space(&parser);
    /* Editors leave a cell empty where the table does not care, like `-`; the profile wants it written. */
    tests.empty = parser.at == text.length;
    if (tests.empty || is_dash(text)) {
        *ret = tests;
        return OK;
    }
    tests.negated = take_word(&parser, "not");
    if (tests.negated && !take(&parser, "("))
        return refuse(&parser, "`(` is expected behind not");
    TRY(parse_list(&parser, &tests));
    if (tests.negated && !take(&parser, ")"))
        return refuse(&parser, "not(…) lacks its closing bracket");
    TRY(expect_end(&parser));
    *ret = tests;
    return OK;
}

enum error cell_parse_value(struct arena *arena, struct slice text, struct cell_value *ret, struct fault *fault)
{
    struct parser parser = {arena, text, 0, fault};
    struct cell_value value;

    TRY(parse_literal(&parser, &value));
    TRY(expect_end(&parser));
    *ret = value;
    return OK;
}
