/* SPDX-License-Identifier: Apache-2.0 */
#include "prove.h"

#include "rules/format.h"
#include "text/date.h"
#include "text/json.h"

enum error prove_on(struct arena *arena, const struct rule_set *set, const struct rule_set *base, int64_t day,
                    const struct proof **ret_proof, struct fault *fault)
{
    struct proof *proof = arena_alloc(arena, sizeof *proof);

    if (!proof)
        return ERROR_MEMORY;
    if (!set->verified || (base && !base->verified))
        return fault_set(fault, ERROR_PROFILE, "Only rule sets of the verified profile can be proved.");
    *proof = (struct proof){.arena = arena, .fault = fault, .set = set, .base = base, .day = day};
    TRY(property_form(proof));
    TRY(property_time(proof));
    TRY(property_care(proof));
    TRY(property_disclosure(proof));
    TRY(property_obligations(proof));
    TRY(property_law(proof));
    TRY(property_triage(proof));
    *ret_proof = proof;
    return OK;
}

enum error prove(struct arena *arena, const struct rule_set *set, const struct rule_set *base,
                 const struct proof **ret_proof, struct fault *fault)
{
    return prove_on(arena, set, base, PROPERTY_EVERY_DAY, ret_proof, fault);
}

bool prove_holds(const struct proof *proof)
{
    for (size_t i = 0; i < proof->count; i++)
        if (property_prevents(&proof->verdict[i]))
            return false;
    return true;
}

static void write_facts(struct json_writer *json, const char *name, const struct property_fact *fact, uint32_t count)
{
    json_key(json, name);
    json_begin_object(json);
    for (uint32_t f = 0; f < count; f++) {
        json_key_slice(json, fact[f].name);
        json_string(json, fact[f].value);
    }
    json_end_object(json);
}

static void write_rows(struct json_writer *json, const struct property_verdict *verdict)
{
    json_key(json, "rows");
    json_begin_array(json);
    for (uint32_t r = 0; r < verdict->row_count; r++) {
        json_begin_object(json);
        json_member_string(json, "row", verdict->row[r]->id);
        json_member_string(json, "source", verdict->row[r]->citation.source);
        json_member_string(json, "article", verdict->row[r]->citation.article);
        json_end_object(json);
    }
    json_end_array(json);
    json_key(json, "rows_in_all");
    json_integer(json, verdict->rows_in_all);
}

static void write_failure(struct json_writer *json, const struct property_verdict *verdict)
{
    json_member_string(json, "counterexample", verdict->counterexample);
    if (verdict->person_count > 0)
        write_facts(json, "person", verdict->person, verdict->person_count);
    if (verdict->beside.name.length > 0)
        write_facts(json, "beside", &verdict->beside, 1);
    write_rows(json, verdict);
}

/* What the solver said of which text. */
static void write_second(struct json_writer *json, const struct property_verdict *verdict)
{
    if (verdict->about)
        json_member_cstring(json, "decision", verdict->about);
    if (!verdict->has_text)
        return;
    json_key(json, "z3");
    if (verdict->z3)
        json_string(json, slice_from_string(verdict->z3));
    else
        json_null(json);
    /* Which case a solver finds is chance: it is told only where it is all there is to tell. */
    if (verdict->z3_says.length > 0 && (verdict->proved || strcmp(verdict->z3, PROPERTY_UNPROVED) == 0))
        json_member_string(json, "z3_says", verdict->z3_says);
    format_write_hash(json, "smt_sha256", &verdict->smt_hash);
}

static void write_verdict(struct json_writer *json, const struct property_verdict *verdict)
{
    const struct rule_property_entry *entry = rule_property_entry(verdict->property);

    json_begin_object(json);
    json_member_cstring(json, "number", entry->number);
    json_member_cstring(json, "property", entry->name);
    json_member_cstring(json, "scope", verdict->scope);
    json_member_cstring(json, "sentence", entry->sentence);
    json_member_cstring(json, "verdict", property_word(verdict));
    json_key(json, "blocks");
    json_bool(json, property_prevents(verdict) || rule_property_blocks(verdict->property));
    json_member_cstring(json, "enumeration", verdict->proved ? PROPERTY_PROVED : PROPERTY_REFUTED);
    json_key(json, "cells");
    json_integer(json, (int64_t)verdict->cells);
    write_second(json, verdict);
    if (!verdict->proved)
        write_failure(json, verdict);
    json_end_object(json);
}

/* null: no solver was asked, or none is there. */
static void write_solver(struct json_writer *json, struct slice solver)
{
    json_key(json, "solver");
    if (solver.length > 0)
        json_string(json, solver);
    else
        json_null(json);
}

/* null: of every day. A record of one day activates nothing. */
static void write_day(struct json_writer *json, int64_t day)
{
    CLEANUP_BUFFER struct buffer text = buffer_new(16);

    json_key(json, "day");
    if (day == PROPERTY_EVERY_DAY) {
        json_null(json);
        return;
    }
    date_write_day(&text, (int32_t)day);
    json_string(json, buffer_view(&text));
}

void prove_write_record(const struct proof *proof, struct buffer *into)
{
    struct json_writer json = json_writer(into);

    json_begin_object(&json);
    json_member_cstring(&json, "format", FORMAT_PROOF);
    json_member_string(&json, "pack", proof->set->pack);
    json_member_string(&json, "version", proof->set->version);
    json_member_cstring(&json, "tool", "hospitium " HOSPITIUM_VERSION);
    format_write_hash(&json, "dmn_sha256", &proof->set->dmn_hash);
    format_write_hash(&json, "rules_sha256", &proof->set->rules_hash);
    if (proof->base) {
        format_write_hash(&json, "base_sha256", &proof->base->rules_hash);
    } else {
        json_key(&json, "base_sha256");
        json_null(&json);
    }
    json_key(&json, "draft");
    json_bool(&json, proof->set->draft);
    write_day(&json, proof->day);
    write_solver(&json, proof->solver);
    json_key(&json, "properties");
    json_begin_array(&json);
    for (size_t i = 0; i < proof->count; i++)
        write_verdict(&json, &proof->verdict[i]);
    json_end_array(&json);
    json_end_object(&json);
    buffer_byte(into, '\n');
}
