/* SPDX-License-Identifier: Apache-2.0 */
#include "smt_text.h"

#include "text/date.h"

#define UNKNOWN "unknown"

static enum error no_domain(struct smt *smt, const struct dmn_clause *clause)
{
    return fault_set(smt->fault, ERROR_PROFILE, "The input %.*s has no closed list of values.",
                     SLICE_PRINT(clause->name));
}

/* One range, and null beside it where unknown is allowed. */
static enum error number_domain(struct smt *smt, const struct dmn_clause *clause, struct smt_fact *domain)
{
    size_t ranges = 0;

    for (size_t i = 0; i < clause->allowed.count; i++) {
        const struct cell_test *test = &clause->allowed.test[i];
        if (test->value.kind == CELL_NULL) {
            domain->nullable = true;
            continue;
        }
        if (test->relation != CELL_WITHIN || test->value.scale || test->high.scale)
            return no_domain(smt, clause);
        domain->minimum = test->value.digits;
        domain->maximum = test->high.digits;
        ranges++;
    }
    return ranges == 1 ? OK : no_domain(smt, clause);
}

/* A column without a list of its own has that of the output which feeds it. */
static const struct dmn_clause *clause_with_list(const struct dmn_model *model, const struct dmn_clause *clause)
{
    struct dmn_feed feed;

    if (clause->allowed.count > 0 || !dmn_feeder(model, clause->name, &feed) || feed.output == DMN_NO_OUTPUT)
        return clause;
    return &model->decision[feed.decision].output[feed.output];
}

enum error smt_domain(struct smt *smt, const struct dmn_model *model, const struct dmn_clause *clause,
                      struct smt_fact *ret_domain)
{
    const struct dmn_clause *listed = clause_with_list(model, clause);
    struct smt_fact domain = {
        .name = clause->name, .type = listed->type, .symbol = smt_symbol(smt->arena, clause->name)};

    if (!domain.symbol.data)
        return ERROR_MEMORY;
    if (listed->allowed.count == 0 || listed->allowed.negated)
        return no_domain(smt, clause);
    /* A feeding output may leave its type open: its list says it. */
    if (domain.type == DMN_UNTYPED && listed->allowed.test[0].value.kind == CELL_STRING)
        domain.type = DMN_STRING;
    domain.list = &listed->allowed;
    if (domain.type == DMN_NUMBER || domain.type == DMN_DATE)
        TRY(number_domain(smt, listed, &domain));
    else if (domain.type != DMN_STRING)
        return no_domain(smt, clause);
    *ret_domain = domain;
    return OK;
}

int smt_find_value(const struct smt_fact *domain, struct slice value)
{
    for (size_t i = 0; domain->type == DMN_STRING && i < domain->list->count; i++)
        if (slice_equal(domain->list->test[i].value.text, value))
            return (int)i;
    return -1;
}

static bool is_same_domain(const struct smt_fact *a, const struct smt_fact *b)
{
    if (a->type != b->type)
        return false;
    if (a->type != DMN_STRING)
        return a->minimum == b->minimum && a->maximum == b->maximum && a->nullable == b->nullable;
    for (size_t i = 0; i < a->list->count; i++)
        if (smt_find_value(b, a->list->test[i].value.text) < 0)
            return false;
    return a->list->count == b->list->count;
}

enum error smt_add_fact(struct smt *smt, const struct smt_fact *domain, int *ret_fact)
{
    for (uint32_t f = 0; f < smt->fact_count; f++) {
        if (!slice_equal(smt->fact[f].name, domain->name))
            continue;
        *ret_fact = (int)f;
        return is_same_domain(&smt->fact[f], domain)
                   ? OK
                   : fault_set(smt->fault, ERROR_PROFILE, "The fact %.*s has other values in two tables.",
                               SLICE_PRINT(domain->name));
    }
    bool alone = smt->claim->property == PROPERTY_TOTALITY;
    if (smt->fact_count == (alone ? SMT_FACTS_MAX : RULE_FACTS_MAX))
        return fault_set(smt->fault, ERROR_PROFILE, "There are too many facts.");
    *ret_fact = (int)smt->fact_count;
    smt->fact[smt->fact_count++] = *domain;
    return OK;
}

int smt_find_fact(const struct smt *smt, const char *name)
{
    for (uint32_t f = 0; f < smt->fact_count; f++)
        if (slice_is(smt->fact[f].name, name))
            return (int)f;
    return -1;
}

bool smt_has_unknown(const struct smt_fact *fact)
{
    return fact->type == DMN_STRING ? smt_find_value(fact, SLICE(UNKNOWN)) >= 0 : fact->nullable;
}

/* ---- writing ---- */

static void write_day(struct smt *smt, int64_t day)
{
    date_write_day(smt->into, (int32_t)day);
    buffer_format(smt->into, " (%lld)", (long long)day);
}

static void write_range_words(struct smt *smt, const struct smt_fact *fact)
{
    if (fact->type == DMN_DATE) {
        buffer_string(smt->into, "a day from ");
        write_day(smt, fact->minimum);
        buffer_string(smt->into, " to ");
        write_day(smt, fact->maximum);
        buffer_string(smt->into, ", counted from 1970-01-01");
    } else {
        buffer_format(smt->into, "a whole number from %lld to %lld", (long long)fact->minimum,
                      (long long)fact->maximum);
    }
    if (fact->nullable)
        buffer_format(smt->into, ", or %lld: not known", (long long)fact->minimum - 1);
}

static void write_declaration(struct smt *smt, const struct smt_fact *fact)
{
    bool is_list = fact->type == DMN_STRING;
    int64_t least = is_list ? 0 : fact->minimum - (fact->nullable ? 1 : 0);

    buffer_string(smt->into, "; ");
    smt_comment(smt, fact->name);
    buffer_string(smt->into, smt->person[0] ? " of the second person: " : ": ");
    if (is_list)
        buffer_format(smt->into, "one of %zu values", fact->list->count);
    else
        write_range_words(smt, fact);
    buffer_format(smt->into, "\n(declare-const |%s%.*s| Int)\n(assert (<= ", smt->person, SLICE_PRINT(fact->symbol));
    smt_number(smt, least);
    buffer_format(smt->into, " |%s%.*s| ", smt->person, SLICE_PRINT(fact->symbol));
    smt_number(smt, is_list ? (int64_t)fact->list->count - 1 : fact->maximum);
    buffer_string(smt->into, "))\n");
}

static void write_value(struct smt *smt, const struct smt_fact *fact, struct slice value, int64_t number)
{
    struct slice symbol = smt_symbol(smt->arena, value);

    buffer_format(smt->into, "(define-fun |%s%.*s = %.*s| () Bool (= |%s%.*s| ", smt->person, SLICE_PRINT(fact->symbol),
                  SLICE_PRINT(symbol), smt->person, SLICE_PRINT(fact->symbol));
    smt_number(smt, number);
    buffer_string(smt->into, "))\n");
}

void smt_write_values(struct smt *smt, const struct smt_fact *fact)
{
    if (fact->type == DMN_STRING)
        for (size_t i = 0; i < fact->list->count; i++)
            write_value(smt, fact, fact->list->test[i].value.text, (int64_t)i);
    else if (fact->nullable)
        write_value(smt, fact, SLICE(UNKNOWN), fact->minimum - 1);
}

static void write_fact(struct smt *smt, const struct smt_fact *fact)
{
    write_declaration(smt, fact);
    smt_write_values(smt, fact);
    if (smt->day != SMT_EVERY_DAY && slice_is(fact->name, SMT_DAY)) {
        buffer_format(smt->into, "(assert (= |%s%.*s| ", smt->person, SLICE_PRINT(fact->symbol));
        smt_number(smt, smt->day);
        buffer_string(smt->into, "))\n");
    }
}

void smt_write_facts(struct smt *smt)
{
    for (uint32_t f = 0; f < smt->fact_count; f++)
        if (smt->person[0] == '\0' || smt_varies(smt, f))
            write_fact(smt, &smt->fact[f]);
}

const char *smt_person_of(const struct smt *smt, int fact)
{
    return smt_varies(smt, (uint32_t)fact) ? smt->person : "";
}

void smt_write_is(struct smt *smt, int fact, const char *value)
{
    const struct smt_fact *which = fact >= 0 ? &smt->fact[fact] : NULL;
    bool is_value = which && (smt_find_value(which, slice_from_string(value)) >= 0 ||
                              (which->nullable && slice_is(SLICE(UNKNOWN), value)));

    if (is_value)
        buffer_format(smt->into, "|%s%.*s = %s|", smt_person_of(smt, fact), SLICE_PRINT(which->symbol), value);
    else
        buffer_string(smt->into, "false");
}

void smt_write_is_one(struct smt *smt, int fact, const char *const *values)
{
    buffer_string(smt->into, "(or false");
    for (; *values; values++) {
        buffer_byte(smt->into, ' ');
        smt_write_is(smt, fact, *values);
    }
    buffer_byte(smt->into, ')');
}

bool smt_has_values(const struct smt *smt, int fact, const char *const *values)
{
    for (; *values; values++)
        if (fact < 0 || smt_find_value(&smt->fact[fact], slice_from_string(*values)) < 0)
            return false;
    return true;
}
