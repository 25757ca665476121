/* SPDX-License-Identifier: Apache-2.0 */
#include "mutant.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdio.h>

#include "base/buffer.h"
#include "text/date.h"

#define MUTANTS_MAX 40000
#define CELL_BYTES_MAX 4000
#define LIST_MAX 64

struct maker {
    struct arena *arena;
    struct slice dmn;
    struct mutant *mutant;
    uint32_t count;
    struct mutant cell; /* being changed */
    struct slice old;   /* its text, unescaped */
};

static void add(struct maker *maker, struct slice text)
{
    CLEANUP_BUFFER struct buffer escaped = buffer_new(CELL_BYTES_MAX);

    if (slice_equal(text, maker->old))
        return;
    for (size_t i = 0; i < text.length; i++)
        buffer_string(&escaped, text.data[i] == '<'   ? "&lt;"
                                : text.data[i] == '>' ? "&gt;"
                                                      : (char[]){text.data[i], '\0'});
    assert_true(maker->count < MUTANTS_MAX);
    maker->mutant[maker->count] = maker->cell;
    maker->mutant[maker->count++].text = arena_copy(maker->arena, buffer_view(&escaped));
}

/* ---- texts ---- */

/* The quoted values of a cell such as `"a", "b"` or `not("a")`. */
static uint32_t read_list(struct slice text, struct slice *value)
{
    uint32_t count = 0;

    while (count < LIST_MAX && slice_find(text, '"') < text.length) {
        text = slice_from(text, slice_find(text, '"') + 1);
        value[count++] = slice_cut(&text, '"');
    }
    return count;
}

static bool has(const struct slice *value, uint32_t count, struct slice wanted)
{
    for (uint32_t i = 0; i < count; i++)
        if (slice_equal(value[i], wanted))
            return true;
    return false;
}

/* The list without value `dropped`, and with `added`. */
static void add_list(struct maker *maker, bool is_not, const struct slice *value, uint32_t count, uint32_t dropped,
                     struct slice added)
{
    CLEANUP_BUFFER struct buffer text = buffer_new(CELL_BYTES_MAX);
    const char *between = "";

    buffer_string(&text, is_not ? "not(" : "");
    for (uint32_t i = 0; i <= count; i++) {
        struct slice next = i < count ? value[i] : added;
        if (i == dropped || next.length == 0)
            continue;
        buffer_format(&text, "%s\"%.*s\"", between, SLICE_PRINT(next));
        between = ", ";
    }
    buffer_string(&text, is_not ? ")" : "");
    if (*between)
        add(maker, buffer_view(&text));
}

static void change_text_input(struct maker *maker, const struct rule_domain *domain)
{
    struct slice value[LIST_MAX];
    uint32_t count = read_list(maker->old, value);
    bool is_not = slice_starts_with(maker->old, SLICE("not("));

    if (count > 0)
        add(maker, SLICE("-"));
    for (uint32_t i = 0; i < count; i++)
        add_list(maker, is_not, value, count, i, slice_of("", 0));
    for (uint32_t i = 0; i < domain->value_count; i++)
        if (!has(value, count, domain->value[i]))
            add_list(maker, is_not, value, count, UINT32_MAX, domain->value[i]);
}

/* ---- numbers and days ---- */

static size_t number_length(struct slice text)
{
    size_t length = 0;

    while (length < text.length && text.data[length] >= '0' && text.data[length] <= '9')
        length++;
    return length;
}

static void replace(struct maker *maker, size_t at, size_t length, struct slice by)
{
    add(maker, arena_format(maker->arena, "%.*s%.*s%.*s", (int)at, maker->old.data, SLICE_PRINT(by),
                            SLICE_PRINT(slice_from(maker->old, at + length))));
}

static void change_numbers(struct maker *maker)
{
    for (size_t at = 0; at < maker->old.length; at++) {
        size_t length = number_length(slice_from(maker->old, at));
        uint64_t number;
        if (!slice_to_u64(slice_of(maker->old.data + at, length), &number))
            continue;
        replace(maker, at, length, arena_format(maker->arena, "%llu", (unsigned long long)number + 1));
        if (number > 0)
            replace(maker, at, length, arena_format(maker->arena, "%llu", (unsigned long long)number - 1));
        at += length;
    }
}

static void change_days(struct maker *maker)
{
    for (size_t at = 0; at + 10 <= maker->old.length; at++) {
        struct date date;
        if (date_parse(slice_of(maker->old.data + at, 10), DATE_KIND_DATE, &date) != OK)
            continue;
        for (int off = -1; off <= 1; off += 2) {
            CLEANUP_BUFFER struct buffer day = buffer_new(16);
            date_write_day(&day, date_day_number(date.year, date.month, date.day) + off);
            replace(maker, at, 10, buffer_view(&day));
        }
        at += 9;
    }
}

static void change_number_input(struct maker *maker, const struct rule_domain *domain)
{
    if (slice_is(maker->old, "-")) {
        if (domain->kind == RULE_INTEGER) {
            add(maker, SLICE("< 18"));
            add(maker, SLICE(">= 18"));
        }
        return;
    }
    add(maker, SLICE("-"));
    if (domain->kind == RULE_DATE) {
        change_days(maker);
        return;
    }
    change_numbers(maker);
    if (slice_starts_with(maker->old, SLICE("null, ")))
        add(maker, slice_from(maker->old, 6));
    else if (domain->nullable)
        add(maker, arena_format(maker->arena, "null, %.*s", SLICE_PRINT(maker->old)));
}

/* ---- the file ---- */

static struct slice unescaped(struct arena *arena, struct slice text)
{
    CLEANUP_BUFFER struct buffer into = buffer_new(CELL_BYTES_MAX);

    while (text.length > 0) {
        bool less = slice_starts_with(text, SLICE("&lt;")), more = slice_starts_with(text, SLICE("&gt;"));
        buffer_byte(&into, (uint8_t)(less ? '<' : more ? '>' : text.data[0]));
        text = slice_from(text, less || more ? 4 : 1);
    }
    return arena_copy(arena, buffer_view(&into));
}

static const struct rule_decision *decision_of(const struct rule_set *set, struct slice row)
{
    for (uint32_t d = 0; d < set->decision_count; d++)
        for (uint32_t r = 0; r < set->decision[d].row_count; r++)
            if (slice_equal(set->decision[d].row[r].id, row))
                return &set->decision[d];
    fail_msg("there is no row %.*s", SLICE_PRINT(row));
    return NULL;
}

static void change_cell(struct maker *maker, const struct rule_decision *decision)
{
    uint32_t column = maker->cell.column;

    if (column >= decision->input_count) {
        const struct rule_output *output = &decision->output[column - decision->input_count];
        for (uint32_t v = 0; v < output->value_count; v++)
            add(maker, arena_format(maker->arena, "\"%.*s\"", SLICE_PRINT(output->value[v])));
    } else if (rule_kind_is_number(decision->input[column].domain.kind)) {
        change_number_input(maker, &decision->input[column].domain);
    } else {
        change_text_input(maker, &decision->input[column].domain);
    }
}

/* Moves `at` behind the next `wanted` before `end`; false when there is none. */
static bool seek(struct slice dmn, const char *wanted, size_t end, size_t *at)
{
    size_t found = slice_search(slice_of(dmn.data + *at, end - *at), slice_from_string(wanted));

    if (found == SIZE_MAX)
        return false;
    *at += found + strlen(wanted);
    return true;
}

static void change_row(struct maker *maker, const struct rule_decision *decision, size_t at, size_t end)
{
    struct slice cells = slice_of(maker->dmn.data, end);

    for (uint32_t column = 0; column < decision->input_count + decision->output_count; column++) {
        assert_true(seek(cells, column < decision->input_count ? "<inputEntry" : "<outputEntry", end, &at));
        assert_true(seek(cells, "<text>", end, &at));
        size_t from = at;
        assert_true(seek(cells, "</text>", end, &at));
        maker->cell.column = column;
        maker->cell.from = from;
        maker->cell.length = at - strlen("</text>") - from;
        maker->old = unescaped(maker->arena, slice_of(cells.data + from, maker->cell.length));
        change_cell(maker, decision);
    }
}

struct mutants mutants_of(struct arena *arena, struct slice dmn, const struct rule_set *set)
{
    struct maker maker = {.arena = arena, .dmn = dmn};
    size_t at = 0;

    maker.mutant = arena_array(arena, MUTANTS_MAX, sizeof *maker.mutant);
    assert_non_null(maker.mutant);
    while (seek(dmn, "<rule id=\"", dmn.length, &at)) {
        struct slice rest = slice_from(dmn, at);
        size_t end = at;
        maker.cell.row = slice_cut(&rest, '"');
        assert_true(seek(dmn, "</rule>", dmn.length, &end));
        change_row(&maker, decision_of(set, maker.cell.row), at, end);
    }
    return (struct mutants){maker.mutant, maker.count};
}

struct slice mutant_apply(struct arena *arena, struct slice dmn, const struct mutant *mutant)
{
    return arena_format(arena, "%.*s%.*s%.*s", (int)mutant->from, dmn.data, SLICE_PRINT(mutant->text),
                        SLICE_PRINT(slice_from(dmn, mutant->from + mutant->length)));
}
