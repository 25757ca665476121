/* SPDX-License-Identifier: Apache-2.0 */

/* What is claimed of the form of a rule set: every case has one answer, every row cites something, every row decides
 * something. */

#include "claim.h"
#include "geometry.h"

static bool lacks_answer(const struct claim *claim, const struct space_case *found)
{
    return found->verdict[claim->blamed] != OK;
}

static void tell_lack(const struct claim *claim, struct buffer *into, const struct space_case *subject,
                      const struct space_case *reference)
{
    (void)reference;
    buffer_format(into, "%.*s has %s", SLICE_PRINT(claim->space->decision[claim->blamed].rules->name),
                  subject->verdict[claim->blamed] == ERROR_NO_ROW ? "no row" : "two rows that disagree");
}

/* Each table by itself, whatever might feed it: stronger than for what is ever fed. */
static enum error prove_totality(struct proof *proof)
{
    struct claim claim = {.proof = proof,
                          .property = PROPERTY_TOTALITY,
                          .scope = "alone",
                          .who = "A case",
                          .varied = -1,
                          .broken = lacks_answer,
                          .tell = tell_lack};
    struct finding finding = {0};

    for (uint32_t d = 0; d < proof->set->decision_count && finding.failure.counterexample.length == 0; d++) {
        const struct rule_decision *decision = &proof->set->decision[d];
        TRY(space_make(proof->arena, &decision, 1, true, &claim.space, proof->fault));
        TRY(property_box(proof, claim.space, &claim.box));
        finding.blamed = NULL;
        TRY(claim_check(&claim, &finding));
    }
    return claim_record(&claim, &finding);
}

static bool lacks_citation(const struct rule_row *row)
{
    const struct rule_citation *citation = &row->citation;

    return citation->source.length == 0 || citation->article.length == 0 || citation->language.length == 0 ||
           citation->text.length == 0;
}

static enum error prove_citations(struct proof *proof)
{
    struct row_list wanting = {0};
    uint64_t rows = 0;

    for (uint32_t d = 0; d < proof->set->decision_count; d++) {
        const struct rule_decision *decision = &proof->set->decision[d];
        rows += decision->row_count;
        for (uint32_t r = 0; r < decision->row_count; r++)
            if (lacks_citation(&decision->row[r]))
                row_list_add(&wanting, decision, &decision->row[r]);
    }
    return row_list_record(proof, PROPERTY_CITATIONS, rows, &wanting, "cites nothing.");
}

#define CHAIN_FACTS_MAX 24 /* a decision that rests on more is taken by itself: whatever might feed it */

static bool note_decider(void *context, const struct space_case *found)
{
    uint8_t *decides = context;
    uint32_t last = found->space->decision_count - 1; /* feeders stand before it */

    if (found->verdict[last] == OK)
        decides[found->result[last].row - found->space->decision[last].rules->row] = 1;
    return true;
}

enum error property_deciders(struct proof *proof, const struct rule_decision *decision, const uint8_t **ret_decides,
                             uint64_t *ret_cells)
{
    struct space_tour tour = {.last = -1, .rows = true};
    const struct space *space;
    uint8_t *decides = arena_alloc(proof->arena, decision->row_count);

    if (!decides)
        return ERROR_MEMORY;
    *ret_decides = decides;
    *ret_cells = 0;
    if (decision->hit_policy == RULE_PRIORITY) {
        bool isolated = __builtin_popcountll(decision->chain_facts) > CHAIN_FACTS_MAX;
        TRY(space_make(proof->arena, &decision, 1, isolated, &space, proof->fault));
        return space_walk(space, &tour, note_decider, decides, ret_cells);
    }
    /* Under the other policies every row that matches decides, and a row matches if each of its cells can. */
    for (uint32_t r = 0; r < decision->row_count; r++)
        decides[r] = geometry_is_possible(decision, r);
    return OK;
}

/* Claimed of all days together: a row of another day is not dead on this one. */
static enum error prove_no_dead_row(struct proof *proof)
{
    struct row_list dead = {0};
    uint64_t cells = 0;

    for (uint32_t d = 0; d < proof->set->decision_count; d++) {
        const struct rule_decision *decision = &proof->set->decision[d];
        const uint8_t *decides;
        uint64_t seen;
        TRY(property_deciders(proof, decision, &decides, &seen));
        cells += seen;
        for (uint32_t r = 0; r < decision->row_count; r++)
            if (!decides[r])
                row_list_add(&dead, decision, &decision->row[r]);
    }
    const char *what = "decides no case: several rows together stand before it in all of them.";
    if (dead.count > 0) {
        int64_t cover = geometry_cover(dead.decision, (uint32_t)(dead.row[0] - dead.decision->row));
        struct slice sentence = arena_format(proof->arena, "decides no case: row %.*s stands before it in all of them.",
                                             SLICE_PRINT(cover < 0 ? SLICE("") : dead.decision->row[cover].id));
        if (!sentence.data)
            return ERROR_MEMORY;
        what = cover < 0 ? what : sentence.data;
    }
    return row_list_record(proof, PROPERTY_NO_DEAD_ROW, cells, &dead, what);
}

enum error property_form(struct proof *proof)
{
    TRY(prove_totality(proof));
    TRY(prove_citations(proof));
    return proof->day == PROPERTY_EVERY_DAY ? prove_no_dead_row(proof) : OK;
}
