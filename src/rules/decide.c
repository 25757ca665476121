/* SPDX-License-Identifier: Apache-2.0 */

/* Deciding: each input's slot names a set of rows; the rows that match are the intersection. */

#include "rule_set.h"
#include "text/date.h"

/* The last interval that begins at or before `value`. A branch that cannot be foretold costs more than the step itself,
 * so there is none but the loop's. */
static int64_t interval_of(const struct rule_input *input, int64_t value)
{
    const int64_t *from = input->start;
    uint32_t count = input->slot_count - (input->domain.nullable ? 1 : 0);

    while (count > 1) {
        uint32_t half = count / 2;
        from += from[half] <= value ? half : 0;
        count -= half;
    }
    return from - input->start;
}

static int64_t number_slot(const struct rule_input *input, int64_t value)
{
    if (value == RULE_UNKNOWN)
        return input->domain.nullable ? (int64_t)input->slot_count - 1 : -1;
    if (value < input->domain.minimum || value > input->domain.maximum)
        return -1;
    return interval_of(input, value);
}

int64_t rule_input_slot(const struct rule_input *input, int64_t value)
{
    if (rule_kind_is_number(input->domain.kind))
        return number_slot(input, value);
    if (value == RULE_UNKNOWN)
        return input->domain.unknown;
    return value >= 0 && value < (int64_t)input->slot_count ? value : -1;
}

static uint64_t matching_word(const struct rule_decision *decision, const struct rule_result *result, uint32_t word)
{
    uint64_t rows = ~UINT64_C(0);

    for (uint32_t i = 0; i < decision->input_count; i++)
        rows &= rule_input_column(decision, &decision->input[i], result->slot[i])[word];
    return rows;
}

static const struct rule_row *row_at(const struct rule_decision *decision, uint32_t word, uint64_t rows)
{
    return &decision->row[word * 64 + (uint32_t)__builtin_ctzll(rows)];
}

static bool same_outputs(const struct rule_decision *decision, const struct rule_row *a, const struct rule_row *b)
{
    return memcmp(a->output, b->output, decision->output_count * sizeof a->output[0]) == 0;
}

static bool agrees(const struct rule_decision *decision, const struct rule_row *decided, const struct rule_row *other)
{
    return decision->hit_policy == RULE_ANY && same_outputs(decision, decided, other);
}

/* PRIORITY: rows stand best first, so the first that matches decides. UNIQUE and ANY look at the rest as well. */
static enum error pick_one(const struct rule_decision *decision, struct rule_result *result)
{
    const struct rule_row *decided = NULL;

    for (uint32_t word = 0; word < decision->words; word++) {
        for (uint64_t rows = matching_word(decision, result, word); rows; rows &= rows - 1) {
            const struct rule_row *row = row_at(decision, word, rows);
            if (decided && !agrees(decision, decided, row))
                return ERROR_ROWS_DISAGREE;
            if (!decided)
                decided = row;
            if (decision->hit_policy == RULE_PRIORITY)
                goto done;
        }
    }
done:
    if (!decided)
        return ERROR_NO_ROW;
    result->row = decided;
    for (uint32_t i = 0; i < decision->output_count; i++)
        result->output[i] = decided->output[i];
    return OK;
}

static enum error collect(const struct rule_decision *decision, struct rule_result *result)
{
    memset(result->collected, 0, sizeof result->collected);
    for (uint32_t word = 0; word < decision->words; word++) {
        for (uint64_t rows = matching_word(decision, result, word); rows; rows &= rows - 1) {
            const struct rule_row *row = row_at(decision, word, rows);
            for (uint32_t i = 0; i < decision->output_count; i++)
                result->collected[i] |= UINT64_C(1) << row->output[i];
            if (!result->row) {
                result->row = row;
                memcpy(result->output, row->output, decision->output_count * sizeof row->output[0]);
            }
        }
    }
    return OK;
}

static enum error decide_slots(const struct rule_decision *decision, struct rule_result *result)
{
    return decision->hit_policy == RULE_COLLECT ? collect(decision, result) : pick_one(decision, result);
}

static bool find_slot(const struct rule_input *input, int64_t value, uint32_t *ret_slot)
{
    int64_t slot = rule_input_slot(input, value);

    *ret_slot = (uint32_t)slot;
    return slot >= 0;
}

enum error rules_decide(const struct rule_decision *decision, const int64_t *value, struct rule_result *ret_result)
{
    ret_result->row = NULL;
    for (uint32_t i = 0; i < decision->input_count; i++)
        if (!find_slot(&decision->input[i], value[i], &ret_result->slot[i]))
            return ERROR_VALUE;
    return decide_slots(decision, ret_result);
}

static int64_t value_for(const struct rule_input *input, const int64_t *fact, const struct rule_result *results)
{
    return input->fact >= 0 ? fact[input->fact]
                            : input->fed_value[results[input->fed_decision].output[input->fed_output]];
}

static enum error decide_fed(const struct rule_decision *decision, const int64_t *fact, struct rule_result *results)
{
    struct rule_result *result = &results[decision->number];

    result->row = NULL;
    for (uint32_t i = 0; i < decision->input_count; i++) {
        const struct rule_input *input = &decision->input[i];
        if (!find_slot(input, value_for(input, fact, results), &result->slot[i]))
            return ERROR_VALUE;
    }
    return decide_slots(decision, result);
}

enum error rules_decide_chain(const struct rule_decision *decision, const int64_t *fact,
                              struct rule_result *ret_results)
{
    ret_results[decision->number].row = NULL;
    /* Feeders have lower numbers, so each is decided before whatever it feeds. */
    for (uint32_t chain = decision->chain; chain; chain &= chain - 1)
        TRY(decide_fed(&decision->set->decision[__builtin_ctz(chain)], fact, ret_results));
    return OK;
}

bool rule_row_matched(const struct rule_decision *decision, const struct rule_result *result,
                      const struct rule_row *row)
{
    uint32_t number = (uint32_t)(row - decision->row);

    return matching_word(decision, result, number / 64) >> (number % 64) & 1;
}

const struct rule_decision *rule_set_decision(const struct rule_set *set, struct slice name)
{
    for (uint32_t i = 0; i < set->decision_count; i++)
        if (slice_equal(set->decision[i].name, name))
            return &set->decision[i];
    return NULL;
}

int rule_set_fact(const struct rule_set *set, struct slice name)
{
    for (uint32_t i = 0; i < set->fact_count; i++)
        if (slice_equal(set->fact[i].name, name))
            return (int)i;
    return -1;
}

int rule_decision_input(const struct rule_decision *decision, struct slice name)
{
    for (uint32_t i = 0; i < decision->input_count; i++)
        if (slice_equal(decision->input[i].name, name))
            return (int)i;
    return -1;
}

int rule_decision_output(const struct rule_decision *decision, struct slice name)
{
    for (uint32_t i = 0; i < decision->output_count; i++)
        if (slice_equal(decision->output[i].name, name))
            return (int)i;
    return -1;
}

int rule_output_value(const struct rule_output *output, struct slice name)
{
    for (uint32_t i = 0; i < output->value_count; i++)
        if (slice_equal(output->value[i], name))
            return (int)i;
    return -1;
}

static enum error text_value(const struct rule_domain *domain, struct slice text, int64_t *ret_value)
{
    for (uint32_t i = 0; i < domain->value_count; i++) {
        if (slice_equal(domain->value[i], text)) {
            *ret_value = i;
            return OK;
        }
    }
    if (!domain->open)
        return ERROR_VALUE;
    *ret_value = domain->value_count;
    return OK;
}

/* A decimal number in plain notation, as its digits before and after the point. */
struct decimal_text {
    bool negative;
    struct slice whole, fraction;
};

static bool all_digits(struct slice text)
{
    for (size_t i = 0; i < text.length; i++)
        if (text.data[i] < '0' || text.data[i] > '9')
            return false;
    return true;
}

static bool split_decimal(struct slice text, struct decimal_text *ret)
{
    struct decimal_text split = {.negative = slice_starts_with(text, SLICE("-"))};
    struct slice rest = slice_from(text, split.negative ? 1 : 0);
    bool has_point = slice_find(rest, '.') < rest.length;

    split.whole = slice_cut(&rest, '.');
    split.fraction = rest;
    if (!all_digits(split.whole) || !all_digits(split.fraction) || split.whole.length + split.fraction.length == 0 ||
        (has_point && split.fraction.length == 0))
        return false;
    *ret = split;
    return true;
}

static bool push_digit(int64_t *number, char digit)
{
    return !__builtin_mul_overflow(*number, 10, number) && !__builtin_add_overflow(*number, digit - '0', number);
}

/* |v| × 10^scale, cut; `ret_rest` says whether anything was cut off. False on overflow. */
static bool scale_up(const struct decimal_text *text, unsigned scale, int64_t *ret_number, bool *ret_rest)
{
    int64_t number = 0;

    for (size_t i = 0; i < text->whole.length; i++)
        if (!push_digit(&number, text->whole.data[i]))
            return false;
    for (size_t i = 0; i < scale; i++)
        if (!push_digit(&number, i < text->fraction.length ? text->fraction.data[i] : '0'))
            return false;
    *ret_rest = false;
    for (size_t i = scale; i < text->fraction.length; i++)
        *ret_rest |= text->fraction.data[i] != '0';
    *ret_number = number;
    return true;
}

static enum error number_value(const struct rule_domain *domain, struct slice text, int64_t *ret_value)
{
    struct decimal_text split;
    int64_t number;
    bool rest;

    if (!split_decimal(text, &split) || !scale_up(&split, domain->scale, &number, &rest) || number > INT64_MAX / 4)
        return ERROR_VALUE;
    if (domain->kind == RULE_INTEGER && rest)
        return ERROR_VALUE;
    if (domain->kind == RULE_DECIMAL)
        number = 2 * number + rest;
    number = split.negative ? -number : number;
    if (number < domain->minimum || number > domain->maximum)
        return ERROR_VALUE;
    *ret_value = number;
    return OK;
}

static enum error date_value(const struct rule_domain *domain, struct slice text, int64_t *ret_value)
{
    struct date date;

    if (date_parse(text, DATE_KIND_DATE, &date) != OK || date.precision != DATE_DAY)
        return ERROR_VALUE;
    int64_t day = date_day_number(date.year, date.month, date.day);
    if (day < domain->minimum || day > domain->maximum)
        return ERROR_VALUE;
    *ret_value = day;
    return OK;
}

enum error rule_value_of(const struct rule_domain *domain, struct slice text, int64_t *ret_value)
{
    if (domain->kind == RULE_TEXT || domain->kind == RULE_BOOLEAN)
        return text_value(domain, text, ret_value);
    if (slice_is(text, "unknown") && domain->nullable) {
        *ret_value = RULE_UNKNOWN;
        return OK;
    }
    return domain->kind == RULE_DATE ? date_value(domain, text, ret_value) : number_value(domain, text, ret_value);
}
