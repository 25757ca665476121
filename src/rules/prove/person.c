/* SPDX-License-Identifier: Apache-2.0 */
#include "person.h"

#include "text/date.h"

#define MAJORITY 18      /* Convention on the Rights of the Child, article 1 */
#define EXCEPTIONS_MAX 6 /* "status not a or b": so many are named instead of all others */
#define AGE "age_years"

static uint32_t count_in(const struct space_fact *fact, const uint8_t *cells)
{
    uint32_t count = 0;

    for (uint32_t c = 0; c < fact->cell_count; c++)
        count += !cells || cells[c];
    return count;
}

static bool is_unknown(const struct space_fact *fact, uint32_t cell)
{
    return slice_is(fact->cell[cell].words, "unknown");
}

static uint32_t first_of(const struct space_fact *fact, const uint8_t *cells)
{
    uint32_t cell = 0;

    while (cell + 1 < fact->cell_count && !cells[cell])
        cell++;
    return cell;
}

static void write_value(struct buffer *into, const struct space_fact *fact, int64_t value)
{
    if (fact->kind == RULE_DATE)
        date_write_day(into, (int32_t)value);
    else
        buffer_format(into, "%lld", (long long)value);
}

/* Neighbouring intervals become one; the unknown stands last. */
static void write_intervals(struct buffer *into, const struct space_fact *fact, const uint8_t *cells)
{
    const char *between = "";

    for (uint32_t c = 0; c < fact->cell_count; c++) {
        uint32_t last = c;
        if (!cells[c])
            continue;
        buffer_string(into, between);
        between = " or ";
        if (is_unknown(fact, c)) {
            buffer_string(into, "unknown");
            continue;
        }
        while (last + 1 < fact->cell_count && cells[last + 1] && !is_unknown(fact, last + 1))
            last++;
        write_value(into, fact, fact->cell[c].value);
        if (fact->cell[last].end != fact->cell[c].value) {
            buffer_string(into, " to ");
            write_value(into, fact, fact->cell[last].end);
        }
        c = last;
    }
}

/* Do the values speak for themselves? Not where the unknown is among them. */
static bool is_plain(const struct space_fact *fact, const uint8_t *cells)
{
    int unknown = space_find_cell(fact, "unknown");

    return (slice_is(fact->name, "status") || slice_is(fact->name, "service") || slice_is(fact->name, "urgency")) &&
           (unknown < 0 || !cells[unknown]);
}

static void write_texts(struct buffer *into, const struct space_fact *fact, const uint8_t *cells)
{
    uint32_t count = count_in(fact, cells);
    bool except = fact->cell_count > 3 && fact->cell_count - count <= EXCEPTIONS_MAX && 2 * count > fact->cell_count;
    const char *between = except ? " not " : is_plain(fact, cells) ? "" : " ";

    if (*between)
        buffer_slice(into, fact->name);
    for (uint32_t c = 0; c < fact->cell_count; c++) {
        if (!cells[c] != except)
            continue;
        buffer_format(into, "%s%.*s", between, SLICE_PRINT(fact->cell[c].words));
        between = " or ";
    }
}

static bool write_pregnant(struct buffer *into, const struct space_fact *fact, const uint8_t *cells)
{
    static const struct {
        const char *value, *words;
    } words[] = {{"yes", "pregnant"}, {"no", "not pregnant"}, {"unknown", "perhaps pregnant"}};

    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (count_in(fact, cells) != 1 || !slice_is(fact->cell[first_of(fact, cells)].words, words[i].value))
            continue;
        buffer_string(into, words[i].words);
        return true;
    }
    return false;
}

void person_write_fact(struct buffer *into, const struct space_fact *fact, const uint8_t *cells)
{
    if (slice_is(fact->name, "pregnant") && write_pregnant(into, fact, cells))
        return;
    if (!rule_kind_is_number(fact->kind)) {
        write_texts(into, fact, cells);
        return;
    }
    if (fact->kind == RULE_DATE)
        buffer_string(into, "on a day of ");
    else
        buffer_format(into, "%.*s ", SLICE_PRINT(fact->name));
    write_intervals(into, fact, cells);
}

/* Who is of an age that the cells allow: "A child of 8". False: the age has to be said as a fact. */
static bool write_age(struct buffer *into, const struct space_fact *fact, const uint8_t *cells, const char *who)
{
    bool child = true, adult = true, said_child = strcmp(who, PERSON_CHILD) == 0;
    const struct space_cell *first = &fact->cell[first_of(fact, cells)];
    bool one = count_in(fact, cells) == 1 && !slice_is(first->words, "unknown");
    int64_t child_end = first->end < MAJORITY ? first->end : MAJORITY - 1;

    for (uint32_t c = 0; c < fact->cell_count; c++) {
        if (!cells[c])
            continue;
        child = child && !is_unknown(fact, c) && (said_child || fact->cell[c].end < MAJORITY);
        adult = adult && !is_unknown(fact, c) && fact->cell[c].value >= MAJORITY;
    }
    if (child && one)
        buffer_format(into, PERSON_CHILD " of %lld", (long long)(first->value + child_end) / 2);
    else if (child)
        buffer_string(into, PERSON_CHILD);
    else if (one)
        buffer_format(into, "%s of %lld", who,
                      (long long)(first->value < MAJORITY && first->end >= MAJORITY ? MAJORITY : first->value));
    else if (adult)
        buffer_string(into, "An adult");
    return child || one || adult;
}

void person_write(struct buffer *into, const struct space *space, space_box *box, const char *who)
{
    int age = space_find_fact(space, AGE);
    bool aged = *who && age >= 0 && count_in(&space->fact[age], box[age]) < space->fact[age].cell_count &&
                write_age(into, &space->fact[age], box[age], who);
    const char *between = *who ? ", " : "";

    if (!aged)
        buffer_string(into, who);
    for (uint32_t f = 0; f < space->fact_count; f++) {
        const struct space_fact *fact = &space->fact[f];
        if ((aged && (int)f == age) || count_in(fact, box[f]) == fact->cell_count)
            continue;
        buffer_string(into, between);
        person_write_fact(into, fact, box[f]);
        between = ", ";
    }
}
