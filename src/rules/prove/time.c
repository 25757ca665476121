/* SPDX-License-Identifier: Apache-2.0 */

/* That no day is left out: each row rests on a norm that is in force on every day on which the row can decide, and the
 * tables can be asked about every day of the set's term. */

#include "property.h"
#include "text/date.h"

#define FOREVER INT64_MAX

/* Days since 1970-01-01, both inclusive. */
struct term {
    int64_t from, to;
};

/* A day as written in pack.json; where nothing is, `otherwise`. */
static int64_t day_of(struct slice text, int64_t otherwise)
{
    struct date date;

    return text.length && date_parse(text, DATE_KIND_DATE, &date) == OK
               ? date_day_number(date.year, date.month, date.day)
               : otherwise;
}

static bool read_term(struct slice from, struct slice to, struct term *ret)
{
    ret->from = day_of(from, FOREVER);
    ret->to = day_of(to, FOREVER);
    return from.length > 0 && ret->from <= ret->to;
}

static struct term cut(struct term a, struct term b)
{
    return (struct term){a.from > b.from ? a.from : b.from, a.to < b.to ? a.to : b.to};
}

static bool holds(struct term row, struct term wanted)
{
    return wanted.from > wanted.to || (row.from <= wanted.from && wanted.to <= row.to);
}

static const struct rule_input *as_of_input(const struct rule_decision *decision)
{
    int input = rule_decision_input(decision, SLICE(PROPERTY_AS_OF));

    return input >= 0 && decision->input[input].domain.kind == RULE_DATE ? &decision->input[input] : NULL;
}

/* The last day of a slot. What is asked to the end of the domain is asked for as long as the set lasts. */
static struct term slot_term(const struct rule_input *as_of, uint32_t slot)
{
    return (struct term){as_of->start[slot],
                         slot + 1 < as_of->slot_count ? as_of->start[slot + 1] - 1 : as_of->domain.maximum};
}

/* Is the row's norm in force on each day of `asked` on which the row can decide? */
static bool is_in_force(const struct rule_decision *decision, uint32_t row, struct term asked)
{
    const struct rule_input *as_of = as_of_input(decision);
    struct term term;

    if (!read_term(decision->row[row].valid_from, decision->row[row].valid_to, &term))
        return false;
    if (!as_of)
        return holds(term, asked);
    for (uint32_t slot = 0; slot < as_of->slot_count - (as_of->domain.nullable ? 1 : 0); slot++)
        if (rule_input_column(decision, as_of, slot)[row / 64] >> (row % 64) & 1 &&
            !holds(term, cut(slot_term(as_of, slot), asked)))
            return false;
    return true;
}

/* Can the tables be asked about each day? The end of the domain stands for the end of a set that has none. */
static struct slice unasked_days(struct proof *proof, struct term asked)
{
    for (uint32_t d = 0; d < proof->set->decision_count; d++) {
        const struct rule_input *as_of = as_of_input(&proof->set->decision[d]);
        if (as_of && (as_of->domain.minimum > asked.from || (asked.to != FOREVER && as_of->domain.maximum < asked.to)))
            return property_sentence(arena_format(proof->arena,
                                                  "%.*s cannot be asked about every day of the rule set's term.",
                                                  SLICE_PRINT(proof->set->decision[d].name)));
    }
    return slice_of("", 0);
}

enum error property_time(struct proof *proof)
{
    struct row_list lapsed = {0};
    struct term asked;
    uint64_t rows = 0;

    if (!read_term(proof->set->valid_from, proof->set->valid_to, &asked)) {
        property_record(proof, PROPERTY_NO_GAP, "alone", 0, SLICE("The rule set has no term in which it holds."));
        return OK;
    }
    if (proof->day != PROPERTY_EVERY_DAY && (proof->day < asked.from || proof->day > asked.to)) {
        property_record(proof, PROPERTY_NO_GAP, "alone", 0, SLICE("The rule set is not in force on that day."));
        return OK;
    }
    if (proof->day != PROPERTY_EVERY_DAY)
        asked = (struct term){proof->day, proof->day};
    struct slice unasked = unasked_days(proof, asked);
    if (unasked.length) {
        property_record(proof, PROPERTY_NO_GAP, "alone", 0, unasked);
        return OK;
    }
    for (uint32_t d = 0; d < proof->set->decision_count; d++) {
        const struct rule_decision *decision = &proof->set->decision[d];
        rows += decision->row_count;
        for (uint32_t r = 0; r < decision->row_count; r++)
            if (!is_in_force(decision, r, asked))
                row_list_add(&lapsed, decision, &decision->row[r]);
    }
    return row_list_record(proof, PROPERTY_NO_GAP, rows, &lapsed, "is not in force on each day on which it decides.");
}
