/* SPDX-License-Identifier: Apache-2.0 */
#include "property.h"

#include <stdarg.h>
#include <stdio.h>

void property_record(struct proof *proof, enum rule_property property, const char *scope, uint64_t cells,
                     struct slice counterexample)
{
    if (proof->count < PROOF_VERDICTS_MAX)
        proof->verdict[proof->count++] = (struct property_verdict){property, scope, counterexample.length == 0, cells,
                                                                   counterexample};
}

struct slice property_sentence(struct proof *proof, const char *who, const struct space_case *found, const char *format,
                               ...)
{
    char what[400];
    struct slice facts = space_describe(proof->arena, found);
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(what, sizeof what, format, arguments);
    va_end(arguments);
    struct slice sentence = arena_format(proof->arena, "%s with %.*s: %s", who, SLICE_PRINT(facts), what);
    /* A counterexample must never be lost to a lack of memory: an empty one would read as a proof. */
    return sentence.data && facts.data ? sentence : SLICE("a case that there is no memory to describe");
}

struct totality {
    struct proof *proof;
    struct slice counterexample;
};

static bool has_one_answer(void *context, const struct space_case *found)
{
    struct totality *totality = context;
    const struct rule_decision *rules = found->space->decision[0].rules;

    if (found->verdict[0] == OK)
        return true;
    totality->counterexample = property_sentence(
        totality->proof, "A case", found, "%.*s has %s", SLICE_PRINT(rules->name),
        found->verdict[0] == ERROR_NO_ROW ? "no row" : "two rows that disagree");
    return false;
}

/* Each table by itself, whatever might feed it: stronger than for what is ever fed. */
static enum error prove_totality(struct proof *proof)
{
    struct totality totality = {.proof = proof};
    uint64_t cells = 0;

    for (uint32_t d = 0; d < proof->set->decision_count && totality.counterexample.length == 0; d++) {
        const struct rule_decision *decision = &proof->set->decision[d];
        const struct space *space;
        uint64_t seen;
        TRY(space_make(proof->arena, &decision, 1, true, &space, proof->fault));
        TRY(space_walk(space, &SPACE_ALL, has_one_answer, &totality, &seen));
        cells += seen;
    }
    property_record(proof, PROPERTY_TOTALITY, "alone", cells, totality.counterexample);
    return OK;
}

/* Calls for each row of the set until one is found wanting; a sentence about it, or an empty slice. */
static struct slice find_row(struct proof *proof,
                             bool (*wanting)(const struct rule_set *set, const struct rule_row *row), const char *what,
                             uint64_t *ret_rows)
{
    *ret_rows = 0;
    for (uint32_t d = 0; d < proof->set->decision_count; d++) {
        const struct rule_decision *decision = &proof->set->decision[d];
        for (uint32_t r = 0; r < decision->row_count; r++, ++*ret_rows) {
            if (!wanting(proof->set, &decision->row[r]))
                continue;
            struct slice sentence = arena_format(proof->arena, "Row %.*s of %.*s %s", SLICE_PRINT(decision->row[r].id),
                                                 SLICE_PRINT(decision->name), what);
            return sentence.data ? sentence : SLICE("a row that there is no memory to name");
        }
    }
    return slice_of("", 0);
}

static bool lacks_citation(const struct rule_set *set, const struct rule_row *row)
{
    const struct rule_citation *citation = &row->citation;

    (void)set;
    return citation->source.length == 0 || citation->article.length == 0 || citation->language.length == 0 ||
           citation->text.length == 0;
}

/* Dates are written year first, so that their order is that of their letters. */
static bool leaves_gap(const struct rule_set *set, const struct rule_row *row)
{
    if (set->valid_from.length == 0 || row->valid_from.length == 0)
        return true;
    if (set->valid_to.length && slice_compare(set->valid_to, set->valid_from) <= 0)
        return true;
    if (slice_compare(row->valid_from, set->valid_from) > 0)
        return true;
    return row->valid_to.length && (set->valid_to.length == 0 || slice_compare(row->valid_to, set->valid_to) < 0);
}

enum error property_form(struct proof *proof)
{
    uint64_t rows;

    TRY(prove_totality(proof));
    struct slice uncited = find_row(proof, lacks_citation, "cites nothing.", &rows);
    property_record(proof, PROPERTY_CITATIONS, "alone", rows, uncited);
    struct slice gap = find_row(proof, leaves_gap, "is not in force for the whole term of the rule set.", &rows);
    property_record(proof, PROPERTY_NO_GAP, "alone", rows, gap);
    return OK;
}
