/* SPDX-License-Identifier: Apache-2.0 */
#include "prove.h"

#include "rules/format.h"
#include "text/json.h"

enum error prove(struct arena *arena, const struct rule_set *set, const struct rule_set *base,
                 const struct proof **ret_proof, struct fault *fault)
{
    struct proof *proof = arena_alloc(arena, sizeof *proof);

    if (!proof)
        return ERROR_MEMORY;
    if (!set->verified || (base && !base->verified))
        return fault_set(fault, ERROR_PROFILE, "Only rule sets of the verified profile can be proved.");
    *proof = (struct proof){.arena = arena, .fault = fault, .set = set, .base = base};
    TRY(property_form(proof));
    TRY(property_care(proof));
    TRY(property_disclosure(proof));
    *ret_proof = proof;
    return OK;
}

bool prove_holds(const struct proof *proof)
{
    for (size_t i = 0; i < proof->count; i++)
        if (!proof->verdict[i].proved)
            return false;
    return true;
}

static void write_verdict(struct json_writer *json, const struct property_verdict *verdict)
{
    const struct rule_property_entry *entry = rule_property_entry(verdict->property);

    json_begin_object(json);
    json_member_cstring(json, "property", entry->name);
    json_member_cstring(json, "scope", verdict->scope);
    json_member_cstring(json, "sentence", entry->sentence);
    json_member_cstring(json, "verdict", verdict->proved ? "proved" : "refuted");
    json_key(json, "cells");
    json_integer(json, (int64_t)verdict->cells);
    if (!verdict->proved)
        json_member_string(json, "counterexample", verdict->counterexample);
    json_end_object(json);
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
    json_key(&json, "properties");
    json_begin_array(&json);
    for (size_t i = 0; i < proof->count; i++)
        write_verdict(&json, &proof->verdict[i]);
    json_end_array(&json);
    json_end_object(&json);
    buffer_byte(into, '\n');
}
