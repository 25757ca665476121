/* SPDX-License-Identifier: Apache-2.0 */
#include "second.h"

struct second {
    struct proof *proof;
    const struct smt_source *set, *base;
    size_t claim_count;
    struct smt_claim claim[SMT_CLAIMS_MAX];
    bool taken[SMT_CLAIMS_MAX];
    size_t query_count;
    struct solver_query query[PROOF_VERDICTS_MAX];
    struct smt_text text[PROOF_VERDICTS_MAX];
    struct property_verdict *verdict[PROOF_VERDICTS_MAX]; /* of each query */
};

static enum error check_source(const struct rule_set *compiled, const struct smt_source *source, struct fault *fault)
{
    if (!source || !hash_equal(&compiled->dmn_hash, &source->dmn_hash))
        return fault_set(fault, ERROR_UNPROVED, "The rule set %.*s was not compiled from this rules.dmn.",
                         SLICE_PRINT(compiled->pack));
    return OK;
}

/* The first claim of this name that no verdict has taken: both sides go through them in one order. */
static const struct smt_claim *take_claim(struct second *second, const struct property_verdict *verdict)
{
    for (size_t c = 0; c < second->claim_count; c++) {
        const struct smt_claim *claim = &second->claim[c];
        if (second->taken[c] || claim->property != verdict->property || strcmp(claim->scope, verdict->scope) != 0)
            continue;
        second->taken[c] = true;
        return claim;
    }
    return NULL;
}

static enum error write_text(struct second *second, struct property_verdict *verdict)
{
    struct proof *proof = second->proof;
    const struct smt_claim *claim = take_claim(second, verdict);
    size_t query = second->query_count;

    if (!claim)
        return fault_set(proof->fault, ERROR_UNPROVED, "No text is made of the property %s (%s).",
                         rule_property_entry(verdict->property)->name, verdict->scope);
    TRY(smt_write(proof->arena, second->set, second->base, claim, proof->day, &second->text[query], proof->fault));
    second->query[query] = (struct solver_query){.text = second->text[query].text};
    second->verdict[query] = verdict;
    second->query_count++;
    verdict->has_text = true;
    verdict->about = claim->about;
    verdict->smt_hash = second->text[query].hash;
    return OK;
}

/* A set that claims something in its source must not lose the claim on the way. */
static enum error write_texts(struct second *second)
{
    struct proof *proof = second->proof;

    second->claim_count = smt_claims(second->set, second->base, second->claim);
    for (size_t i = 0; i < proof->count; i++)
        if (rule_property_is_of_cases(proof->verdict[i].property, slice_from_string(proof->verdict[i].scope)))
            TRY(write_text(second, &proof->verdict[i]));
    for (size_t c = 0; c < second->claim_count; c++)
        if (!second->taken[c])
            return fault_set(proof->fault, ERROR_UNPROVED, "The property %s (%s) was not gone through.",
                             rule_property_entry(second->claim[c].property)->name, second->claim[c].scope);
    return OK;
}

static void take_answer(struct second *second, size_t number)
{
    static const char *const words[] = {
        [SOLVER_UNANSWERED] = PROPERTY_UNPROVED, [SOLVER_UNSAT] = PROPERTY_PROVED, [SOLVER_SAT] = PROPERTY_REFUTED};
    struct property_verdict *verdict = second->verdict[number];
    const struct solver_query *query = &second->query[number];

    verdict->z3 = words[query->verdict];
    if (query->verdict == SOLVER_UNANSWERED)
        verdict->z3_says = query->answer;
    else if (query->verdict == SOLVER_SAT)
        verdict->z3_says = smt_describe(second->proof->arena, &second->text[number], query->answer);
}

static enum error ask(struct second *second, struct solver *solver)
{
    struct proof *proof = second->proof;

    TRY(solver_ask(solver, proof->arena, second->query, second->query_count));
    for (size_t q = 0; q < second->query_count; q++)
        take_answer(second, q);
    proof->solver = arena_copy(proof->arena, solver_version(solver));
    return proof->solver.data ? OK : ERROR_MEMORY;
}

/* What a record says that the solver said, verdict by verdict. */
static void recall(struct proof *proof, const struct json *record)
{
    static const char *const words[] = {PROPERTY_PROVED, PROPERTY_REFUTED, PROPERTY_UNPROVED};

    proof->solver = json_text(json_member(record, "solver"));
    for (struct json_items i = json_items(json_member(record, "properties"));
         json_next(&i) && i.index < proof->count;) {
        struct property_verdict *verdict = &proof->verdict[i.index];
        for (size_t w = 0; verdict->has_text && w < sizeof words / sizeof words[0]; w++)
            if (json_is(json_member(i.value, "z3"), words[w]))
                verdict->z3 = words[w];
        if (verdict->z3)
            verdict->z3_says = json_text(json_member(i.value, "z3_says"));
    }
}

enum error second_proof(const struct proof *first, const struct smt_source *set, const struct smt_source *base,
                        struct solver *solver, const struct json *record, const struct proof **ret_proof)
{
    struct second *second = arena_alloc(first->arena, sizeof *second);
    struct proof *proof = arena_alloc(first->arena, sizeof *proof);

    if (!second || !proof)
        return ERROR_MEMORY;
    *proof = *first;
    *second = (struct second){.proof = proof, .set = set, .base = first->base ? base : NULL};
    TRY(check_source(first->set, set, proof->fault));
    if (first->base)
        TRY(check_source(first->base, base, proof->fault));
    TRY(write_texts(second));
    if (solver)
        TRY(ask(second, solver));
    else if (record)
        recall(proof, record);
    *ret_proof = proof;
    return OK;
}
