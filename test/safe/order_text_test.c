/* SPDX-License-Identifier: Apache-2.0 */

/* Proves that the texts of a lawful order have exactly their lines, and every value exactly one form: what somebody
 * signed cannot be read in two ways, shows nothing but itself, and names one person. What is refused sets nothing. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "crypto/sign.h"
#include "safe/order.h"

#define ID_A "0123456789abcdef0123456789abcdef"
#define HASH_A ID_A ID_A
#define NOW 1700000000

/* clang-format off */
static const char *const order_lines[][2] = {
    {"node", ID_A},          {"order", ID_A},
    {"received", "1700000000"}, {"credential", ID_A},
    {"actor", "inspector-7"},   {"role", "officer"},
    {"sector", "lawenforcement"}, {"organization", ID_A},
    {"authority", "City Police"}, {"officer", "Inspector Gray"},
    {"law", "Police Act"},      {"article", "12(3)"},
    {"case", "C-2026-17"},      {"drawers", "identity,contact"},
    {"expires", "1702000000"},  {"told", "1710000000"},
    {"statute", HASH_A},        {"name", "Samirah Hadad"},
    {"born", "1991-05-17"},
};
/* clang-format on */
#define LINES (sizeof order_lines / sizeof *order_lines)

/* The order with `value` in place of the line called `name`; NULL: as it should be. */
static struct slice order_with(const char *name, const char *value)
{
    static char text[2 * ORDER_TEXT_MAX];
    int length = snprintf(text, sizeof text, "hospitium order 1\n");

    for (size_t i = 0; i < LINES; i++)
        length += snprintf(text + length, sizeof text - (size_t)length, "%s %s\n", order_lines[i][0],
                           name && strcmp(name, order_lines[i][0]) == 0 ? value : order_lines[i][1]);
    return slice_of(text, (size_t)length);
}

static void an_order_is_read_and_written_back_to_the_byte(void **state)
{
    struct order_text order;
    CLEANUP_BUFFER struct buffer text = buffer_new(ORDER_TEXT_MAX);

    (void)state;
    assert_int_equal(order_read(order_with(NULL, NULL), &order), OK);
    assert_true(slice_is(order.name, "Samirah Hadad"));
    assert_int_equal(order.role, ROLE_OFFICER);
    assert_int_equal(order.sector, SECTOR_LAWENFORCEMENT);
    assert_int_equal(order.drawers, ORDER_DRAWERS);
    order_write(&order, &text);
    assert_true(slice_equal(buffer_view(&text), order_with(NULL, NULL)));
    char small[100]; /* no room: it is told, and nothing is written behind it */
    struct buffer tight = {.data = small, .capacity = sizeof small, .maximum = sizeof small};
    order_write(&order, &tight);
    assert_int_not_equal(buffer_check(&tight), OK);
}

static void every_value_has_one_form(void **state)
{
    static const struct {
        const char *line, *value;
        enum error error;
    } cases[] = {
        {"node", "0123", ERROR_SYNTAX},
        {"node", "0123456789ABCDEF0123456789abcdef", ERROR_SYNTAX},
        {"statute", ID_A, ERROR_SYNTAX},
        {"received", "", ERROR_VALUE},
        {"received", "01", ERROR_VALUE},
        {"received", "-1", ERROR_VALUE},
        {"received", "9223372036854775807", ERROR_VALUE},
        {"received", "99999999999999999999", ERROR_VALUE},
        {"role", "nobody", ERROR_VALUE},
        {"role", "unknown", ERROR_VALUE},
        {"sector", "nowhere", ERROR_VALUE},
        {"drawers", "contact,identity", ERROR_VALUE},
        {"drawers", "identity,", ERROR_VALUE},
        {"drawers", "identity,identity", ERROR_VALUE},
        {"drawers", "sensitive", ERROR_VALUE},
        {"drawers", "nothing", ERROR_VALUE},
        {"born", "1991-5-17", ERROR_VALUE},
        {"born", "1899-05-17", ERROR_VALUE},
        {"born", "1991-05", ERROR_VALUE},
    };
    struct order_text order = {.drawers = 99};

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        enum error error = order_read(order_with(cases[i].line, cases[i].value), &order);
        if (error == OK || (cases[i].error == ERROR_VALUE && error != ERROR_VALUE))
            fail_msg("%s %s: %s", cases[i].line, cases[i].value, error_entry(error)->name);
    }
    assert_int_equal(order.drawers, 99);
    assert_int_equal(order_read(order_with("received", "0"), &order), OK);
    assert_int_equal(order.received_s, 0);
}

/* A signer must see what she signs: no control, no mark that turns the line, nothing that is not seen at all. */
static void words_show_nothing_but_themselves(void **state)
{
    static const char *const refused[] = {
        "",       " a",     "a ",     "a\x01",  "a\x7f z",       "a\xc2\x85z",     "a\xe2\x80\xa8z", "a\xe2\x80\xa9z",
        "a\"z",   "a\\z",   "a\xffz", "a\tz",   "a\xef\xbb\xbfz", "a\xd8\x9cz",     "a\xe2\x80\x8bz", "a\xe2\x80\x8fz",
        "a\xe2\x80\xaaz", "a\xe2\x80\xaez", "a\xe2\x81\xa0z", "a\xe2\x81\xafz",
    };
    static const char *const allowed[] = {"a", "\xc3\xa9t\xc3\xa9", "a\xe2\x80\x90z", "a\xe2\x80\xafz", "a\xe2\x81\xb0z",
                                          "a\xe2\x80\x8az", "\xd8\xa7\xd9\x84", "\xc2\xa7 12"};
    struct order_text order;
    char longest[ORDER_WORDS_MAX + 2];

    (void)state;
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++)
        if (order_read(order_with("authority", refused[i]), &order) != ERROR_VALUE)
            fail_msg("words %zu are taken", i);
    for (size_t i = 0; i < sizeof allowed / sizeof *allowed; i++)
        if (order_read(order_with("authority", allowed[i]), &order) != OK)
            fail_msg("words %zu are refused", i);
    memset(longest, 'w', sizeof longest);
    longest[ORDER_WORDS_MAX + 1] = '\0';
    assert_int_equal(order_read(order_with("authority", longest), &order), ERROR_VALUE);
    longest[ORDER_WORDS_MAX] = '\0';
    assert_int_equal(order_read(order_with("authority", longest), &order), OK);
}

static void a_name_is_letters_of_any_script_and_what_joins_them(void **state)
{
    static const char *const refused[] = {"", "S", "- -", "A1", "A_B", "A@B", "A[B", "A`B", "A{B", "A*", "A\xd9\xa1" /* digit */,
                                          "A\xd8\x8cZ", "A\xc3\x97Z", "A\xef\xbc\x91", "A\xe2\x98\x83", "A\x01Z"};
    static const char *const allowed[] = {"Ana Mar\xc3\xadz", "O'Neil", "O\xe2\x80\x99Neil", "Anne-Marie", "zz", "ZZ",
                                          "\xd8\xb3\xd9\x85", "\xe6\x9d\x8e\xe5\xb0\x8f"};
    struct order_text order;

    (void)state;
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++)
        if (order_read(order_with("name", refused[i]), &order) != ERROR_VALUE)
            fail_msg("%s is a name", refused[i]);
    for (size_t i = 0; i < sizeof allowed / sizeof *allowed; i++)
        if (order_read(order_with("name", allowed[i]), &order) != OK)
            fail_msg("%s is none", allowed[i]);
}

static void a_text_has_its_lines_and_no_others(void **state)
{
    static char text[2 * ORDER_TEXT_MAX];
    struct order_text order;
    struct slice whole = order_with(NULL, NULL);

    (void)state;
    memcpy(text, whole.data, whole.length);
    assert_int_equal(order_read(slice_of(text, 0), &order), ERROR_SYNTAX);
    assert_int_equal(order_read(slice_of(text, whole.length - 1), &order), ERROR_SYNTAX);
    memcpy(text + whole.length, "more\n", 5);
    assert_int_equal(order_read(slice_of(text, whole.length + 5), &order), ERROR_SYNTAX);
    text[16] = '2'; /* another form */
    assert_int_equal(order_read(slice_of(text, whole.length), &order), ERROR_SYNTAX);
    memset(text, '\n', sizeof text);
    assert_int_equal(order_read(slice_of(text, ORDER_TEXT_MAX + 1), &order), ERROR_SYNTAX);
}

/* ---- what may be asked ---- */

static void what_may_be_asked_is_checked_whatever_brought_it(void **state)
{
    const struct order_law law = {.law = SLICE("Police Act"), .article = SLICE("12(3)"), .drawers = ORDER_DRAWERS,
                                  .until_s = NOW + 300 * ORDER_DAY_S};
    struct order_text right, order;
    struct fault fault;

    (void)state;
    assert_int_equal(order_read(order_with(NULL, NULL), &right), OK);
    assert_int_equal(order_check(&right, &law, &fault), OK);
#define WRONG(change, says)                                                                                            \
    do {                                                                                                               \
        order = right;                                                                                                 \
        change;                                                                                                        \
        fault = (struct fault){0};                                                                                     \
        assert_int_equal(order_check(&order, &law, &fault), ERROR_VALUE);                                              \
        assert_non_null(strstr(fault.detail, says));                                                                   \
    } while (0)
    WRONG(order.authority = SLICE(""), "`authority`");
    WRONG(order.officer = SLICE("a\n"), "`officer`");
    WRONG(order.reference = SLICE(" "), "`case`");
    WRONG(order.law = SLICE("Other Act"), "`law`");
    WRONG(order.article = SLICE("13"), "`article`");
    WRONG(order.drawers = 0, "`drawers`");
    WRONG(order.drawers = 1u << DRAWER_CLINICAL, "`drawers`");
    WRONG(order.expires_s = order.received_s, "`expires` is over");
    WRONG(order.expires_s = order.received_s + ORDER_EXPIRES_MAX_S + 1, "90 days");
    WRONG((order.received_s = law.until_s - 5, order.expires_s = law.until_s + 1), "law's own end");
    WRONG(order.name = SLICE("*"), "`name`");
    WRONG(order.born = SLICE("1991"), "`born`");
    WRONG(order.born = SLICE("2099-01-01"), "`born`");
    WRONG(order.born = SLICE("yesterday"), "`born`");
#undef WRONG
}

/* ---- keys, law, release: signed ---- */

static const char *const names[] = {"ombud", "seat", "ministry"};

static struct secret_key seed_of(unsigned signer)
{
    struct secret_key seed;

    memset(seed.byte, (int)(1 + signer), sizeof seed.byte);
    return seed;
}

static struct order_keys keys_of(void)
{
    struct order_keys keys = {.node = {{1}}};

    for (unsigned i = 0; i < ORDER_SIGNERS; i++) {
        struct secret_key seed = seed_of(i);
        uint8_t public_key[SIGN_PUBLIC_BYTES];
        sign_public(&seed, public_key);
        keys.key[i] = note_key_make(slice_from_string(names[i]), public_key);
    }
    return keys;
}

static struct slice sign_all(struct buffer *into, struct slice text, unsigned who)
{
    buffer_clear(into);
    for (unsigned i = 0; i < ORDER_SIGNERS; i++) {
        CLEANUP_BUFFER struct buffer one = buffer_new(NOTE_BYTES_MAX);
        struct secret_key seed = seed_of(i);
        if (!(who & 1u << i))
            continue;
        assert_int_equal(note_sign(text, slice_from_string(names[i]), &seed, &one), OK);
        buffer_slice(into, into->length == 0 ? buffer_view(&one) : slice_from(buffer_view(&one), text.length + 1));
    }
    return buffer_view(into);
}

static void three_keys_of_three_names_and_three_bodies(void **state)
{
    struct order_keys keys = keys_of(), found = {.node = {{9}}}, alike;
    CLEANUP_BUFFER struct buffer text = buffer_new(ORDER_TEXT_MAX);

    (void)state;
    order_keys_write(&keys, &text);
    assert_int_equal(order_keys_read(buffer_view(&text), NULL, true, &keys.node, &found), OK);
    assert_true(note_key_same(&found.key[ORDER_COMMUNITY], &keys.key[ORDER_COMMUNITY]));
    found.node = (struct id){{9}};
    struct secret_key seed = seed_of(7);
    uint8_t public_key[SIGN_PUBLIC_BYTES];
    sign_public(&seed, public_key);
    for (int same_key = 0; same_key < 2; same_key++) {
        alike = keys;
        alike.key[ORDER_HEALTH] = same_key ? note_key_make(SLICE("other"), keys.key[ORDER_OVERSIGHT].public_key)
                                           : note_key_make(keys.key[ORDER_OVERSIGHT].name, public_key);
        buffer_clear(&text);
        order_keys_write(&alike, &text);
        assert_int_equal(order_keys_read(buffer_view(&text), NULL, true, &keys.node, &found), ERROR_VALUE);
    }
    buffer_clear(&text);
    order_keys_write(&keys, &text);
    const struct id other = {{2}};
    assert_int_equal(order_keys_read(buffer_view(&text), NULL, true, &other, &found), ERROR_VALUE);
    const struct approvers nobody = {0};
    assert_int_equal(order_keys_read(buffer_view(&text), &nobody, false, &keys.node, &found), ERROR_SYNTAX);
    CLEANUP_BUFFER struct buffer note = buffer_new(NOTE_BYTES_MAX);
    struct slice signed_text = sign_all(&note, buffer_view(&text), 7);
    assert_int_not_equal(order_keys_read(signed_text, &nobody, false, &keys.node, &found), OK);
    assert_int_equal(found.node.byte[0], 9);
    assert_int_equal(order_keys_read(signed_text, NULL, true, &keys.node, &found), OK); /* a demo may sign all the same */
}

static void a_law_holds_for_its_node_and_its_time(void **state)
{
    struct order_keys keys = keys_of();
    const struct order_law right = {.node = keys.node, .jurisdiction = SLICE("Exampleland"), .law = SLICE("Police Act"),
                                    .article = SLICE("12(3)"), .sectors = ORDER_SECTORS, .drawers = ORDER_DRAWERS,
                                    .seal_days = 180, .from_s = NOW, .until_s = NOW + ORDER_LAW_MAX_S};
    CLEANUP_BUFFER struct buffer text = buffer_new(ORDER_TEXT_MAX), note = buffer_new(NOTE_BYTES_MAX);
    struct order_law law, found = {.seal_days = 99};

    (void)state;
#define WRONG(change)                                                                                                  \
    do {                                                                                                               \
        law = right;                                                                                                   \
        change;                                                                                                        \
        buffer_clear(&text);                                                                                           \
        order_law_write(&law, &text);                                                                                  \
        assert_int_equal(order_law_read(sign_all(&note, buffer_view(&text), 7), &keys, &found), ERROR_VALUE);          \
    } while (0)
    WRONG(law.node.byte[0] ^= 1);
    WRONG(law.seal_days = 0);
    WRONG(law.until_s = law.from_s);
    WRONG(law.until_s = law.from_s + ORDER_LAW_MAX_S + 1);
    WRONG(law.sectors = 1u << SECTOR_HEALTH);
    WRONG(law.sectors = 0);
#undef WRONG
    assert_int_equal(found.seal_days, 99);
    buffer_clear(&text);
    order_law_write(&right, &text);
    for (unsigned who = 0; who < 7; who++)
        assert_int_not_equal(order_law_read(sign_all(&note, buffer_view(&text), who), &keys, &found), OK);
    assert_int_equal(order_law_read(sign_all(&note, buffer_view(&text), 7), &keys, &found), OK);
    assert_false(order_law_in_force(&found, NOW - 1));
    assert_true(order_law_in_force(&found, NOW));
    assert_true(order_law_in_force(&found, found.until_s - 1));
    assert_false(order_law_in_force(&found, found.until_s));
}

static void a_release_is_a_note_that_two_have_signed(void **state)
{
    struct order_keys keys = keys_of();
    const struct order_release release = {.node = keys.node, .drawers = 1u << DRAWER_IDENTITY, .until_s = NOW};
    CLEANUP_BUFFER struct buffer text = buffer_new(ORDER_TEXT_MAX), note = buffer_new(NOTE_BYTES_MAX);
    struct order_release found = {.until_s = 99};

    (void)state;
    order_release_write(&release, &text);
    assert_int_equal(order_release_parse(buffer_view(&text), &found), ERROR_SYNTAX);
    assert_int_equal(order_release_read(sign_all(&note, buffer_view(&text), 1), &keys, &found), ERROR_SIGNATURE);
    assert_int_equal(order_release_read(sign_all(&note, buffer_view(&text), 4), &keys, &found), ERROR_SIGNATURE);
    assert_int_equal(found.until_s, 99);
    assert_int_equal(order_release_read(sign_all(&note, buffer_view(&text), 5), &keys, &found), OK);
    assert_int_equal(found.until_s, NOW);
}

/* ---- periods ---- */

static void a_period_is_a_year_or_a_quarter_of_one(void **state)
{
    static const char *const refused[] = {"", "26", "2026-", "2026-Q", "2026-Q0", "2026-Q5", "2026-X1", "2026-Q12",
                                          "1999", "1999-Q1", "202a", "2026Q1", "02026", "2026-Qx", "2026-q1"};
    int64_t from = 99, until = 99, end;

    (void)state;
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++)
        if (order_period_read(slice_from_string(refused[i]), &from, &until))
            fail_msg("%s is a period", refused[i]);
    assert_true(from == 99 && until == 99);
    assert_true(order_period_read(SLICE("2026"), &from, &end));
    assert_int_equal(end - from, 365 * ORDER_DAY_S);
    int64_t at = from;
    for (char quarter = '1'; quarter <= '4'; quarter++) {
        const char text[] = {'2', '0', '2', '6', '-', 'Q', quarter, '\0'};
        assert_true(order_period_read(slice_from_string(text), &from, &until));
        assert_int_equal(from, at); /* without a gap */
        at = until;
    }
    assert_int_equal(at, end);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_order_is_read_and_written_back_to_the_byte),
        cmocka_unit_test(every_value_has_one_form),
        cmocka_unit_test(words_show_nothing_but_themselves),
        cmocka_unit_test(a_name_is_letters_of_any_script_and_what_joins_them),
        cmocka_unit_test(a_text_has_its_lines_and_no_others),
        cmocka_unit_test(what_may_be_asked_is_checked_whatever_brought_it),
        cmocka_unit_test(three_keys_of_three_names_and_three_bodies),
        cmocka_unit_test(a_law_holds_for_its_node_and_its_time),
        cmocka_unit_test(a_release_is_a_note_that_two_have_signed),
        cmocka_unit_test(a_period_is_a_year_or_a_quarter_of_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
