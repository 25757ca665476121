/* SPDX-License-Identifier: Apache-2.0 */
#include "record.h"

#include "combine.h"
#include "crypto/encode.h"
#include "format.h"
#include "text/json.h"

static const struct rule_property_entry entries[PROPERTY_COUNT] = {
    [PROPERTY_TOTALITY] = {"P1", "totality", "Every case has an answer, and only one."},
    [PROPERTY_NON_DENIAL] = {"P2", "non-denial",
                             "Care that cannot wait, or may not be able to, is never refused or delayed."},
    [PROPERTY_STATUS_BLIND] = {"P3", "status-blind", "What care is due when it cannot wait does not depend on status."},
    [PROPERTY_MISSING_FACTS] = {"P7", "missing-facts",
                                "A fact that is not known resolves to the more protective outcome."},
    [PROPERTY_FIREWALL] =
        {"P8", "firewall",
         "Immigration control and policing get nothing without a valid order, and with one no more than who one person "
         "is and how she is reached; an order that is open shows only whether she is known."},
    [PROPERTY_PURPOSE] = {"P9", "purpose-limitation", "A drawer opens only for a purpose that it belongs to."},
    [PROPERTY_OBLIGATIONS] =
        {"P8o", "obligations",
         "Every look is logged; broken glass is told, reviewed and ends; a part is marked as one."},
    [PROPERTY_CITATIONS] = {"P11", "citations", "Every row cites what it rests on."},
    [PROPERTY_NO_GAP] = {"P12", "no-gap-in-time",
                         "Every row rests on a norm in force on each day that it decides, and no day is left out."},
    [PROPERTY_DRAFT_WIDENS] = {"P5a", "draft-widens",
                               "What no reviewer has signed can only add to the joint standard."},
    [PROPERTY_TRIAGE_MONOTONE] = {"T1", "triage-monotone", "Another sign or a worse measure never lowers the colour."},
    [PROPERTY_TRIAGE_ASSESSED] = {"T2", "triage-assessed",
                                  "Nobody is green while something is not known that could change it."},
    [PROPERTY_TRIAGE_URGENT] = {"T3", "triage-urgent",
                                "Red is immediate, yellow is urgent, and no colour says that care can be put off."},
    [PROPERTY_STATUS_BLIND_CHARGE] = {"P3c", "status-blind-charge",
                                      "Who pays when care cannot wait does not depend on status."},
    [PROPERTY_CHILD_FLOOR] = {"P4", "child-floor", "A child gets no less care than a resident would."},
    [PROPERTY_CHILD_FLOOR_CHARGE] = {"P4c", "child-floor-charge", "A child's care costs no more than a resident's."},
    [PROPERTY_REFINEMENT] = {"P5", "refinement", "The pack by itself gives nobody less than the joint standard."},
    [PROPERTY_MONOTONE_NEED] = {"P6", "monotone-in-need", "Who needs care more urgently never gets less of it."},
    [PROPERTY_EVIDENCE] = {"P7e", "evidence", "Fewer papers never mean less care when it cannot wait."},
    [PROPERTY_NO_DEAD_ROW] = {"P10", "no-dead-row", "Every row decides some case."},
};

const struct rule_property_entry *rule_property_entry(enum rule_property property)
{
    return &entries[property];
}

static bool has_decision(const struct rule_set *set, const char *name)
{
    return rule_set_decision(set, slice_from_string(name)) != NULL;
}

bool rule_property_applies(enum rule_property property, const struct rule_set *set)
{
    bool pack = has_decision(set, COMBINE_PACK);
    bool care = pack || has_decision(set, COMBINE_FLOOR);
    bool disclosure = has_decision(set, "disclosure"), law = has_decision(set, "disclosure_law");

    switch (property) {
    case PROPERTY_NON_DENIAL:
    case PROPERTY_STATUS_BLIND:
    case PROPERTY_STATUS_BLIND_CHARGE:
    case PROPERTY_CHILD_FLOOR:
    case PROPERTY_CHILD_FLOOR_CHARGE:
    case PROPERTY_MONOTONE_NEED:
    case PROPERTY_EVIDENCE:
        return care;
    case PROPERTY_REFINEMENT:
        return pack;
    case PROPERTY_FIREWALL:
        return disclosure || law || has_decision(set, "warning");
    case PROPERTY_PURPOSE:
        return disclosure;
    case PROPERTY_OBLIGATIONS:
        return has_decision(set, "obligations");
    case PROPERTY_MISSING_FACTS:
        return care || disclosure || law;
    case PROPERTY_DRAFT_WIDENS:
        return pack && set->draft;
    case PROPERTY_TRIAGE_MONOTONE:
    case PROPERTY_TRIAGE_ASSESSED:
    case PROPERTY_TRIAGE_URGENT:
        return has_decision(set, "triage");
    default:
        return true;
    }
}

bool rule_property_is_of_cases(enum rule_property property, struct slice scope)
{
    switch (property) {
    case PROPERTY_CITATIONS:
    case PROPERTY_NO_GAP:
    case PROPERTY_NO_DEAD_ROW:
    /* Gone through, and not told to the solver yet: lists of obligations; charts of sixty facts, table by table. */
    case PROPERTY_OBLIGATIONS:
    case PROPERTY_TRIAGE_MONOTONE:
    case PROPERTY_TRIAGE_ASSESSED:
    case PROPERTY_TRIAGE_URGENT:
        return false;
    default:
        return !slice_is(scope, "warning");
    }
}

static enum error read_hash(const struct json *value, struct hash *ret_hash, struct fault *fault)
{
    if (decode_hex(json_text(value), ret_hash->byte, HASH_BYTES) != OK)
        return fault_set(fault, ERROR_UNPROVED, "The proof record lacks a hash.");
    return OK;
}

static bool has_hash(const struct json *value)
{
    struct hash hash;

    return decode_hex(json_text(value), hash.byte, HASH_BYTES) == OK;
}

/* By going through every case, and where it is about cases by a solver too. */
static bool is_proved_twice(const struct json *verdict, enum rule_property property)
{
    bool of_cases = rule_property_is_of_cases(property, json_text(json_member(verdict, "scope")));

    return json_is(json_member(verdict, "verdict"), "proved") &&
           json_is(json_member(verdict, "enumeration"), "proved") &&
           (!of_cases ||
            (json_is(json_member(verdict, "z3"), "proved") && has_hash(json_member(verdict, "smt_sha256"))));
}

static bool proved_in(const struct json *properties, enum rule_property property)
{
    bool proved = false;

    for (struct json_items i = json_items(properties); json_next(&i);) {
        if (!json_is(json_member(i.value, "property"), entries[property].name))
            continue;
        /* Named twice, each time must hold: a refutation cannot hide behind a proof. */
        if (!is_proved_twice(i.value, property))
            return false;
        proved = true;
    }
    return proved;
}

/* Where the two proofs contradict each other one of the provers is wrong, whatever the property. */
static bool has_contradiction(const struct json *properties)
{
    for (struct json_items i = json_items(properties); json_next(&i);)
        if (json_is(json_member(i.value, "verdict"), "DISAGREE"))
            return true;
    return false;
}

static enum error check_properties(const struct rule_set *set, const struct json *properties, struct fault *fault)
{
    if (has_contradiction(properties))
        return fault_set(fault, ERROR_UNPROVED, "The two proofs of the rule set %.*s contradict each other.",
                         SLICE_PRINT(set->pack));
    for (enum rule_property property = 0; property < PROPERTY_BLOCKING_COUNT; property++)
        if (rule_property_applies(property, set) && !proved_in(properties, property))
            return fault_set(fault, ERROR_UNPROVED, "The property `%s` of the rule set %.*s is not proved.",
                             entries[property].name, SLICE_PRINT(set->pack));
    return OK;
}

static enum error check_hashes(const struct rule_record *record, const struct rule_set *set,
                               const struct rule_set *base, struct fault *fault)
{
    if (!hash_equal(&record->rules_hash, &set->rules_hash) || !hash_equal(&record->dmn_hash, &set->dmn_hash))
        return fault_set(fault, ERROR_UNPROVED, "The proof record is about other rules than those of %.*s.",
                         SLICE_PRINT(set->pack));
    if (record->has_base != (base != NULL) || (base && !hash_equal(&record->base_hash, &base->rules_hash)))
        return fault_set(fault, ERROR_UNPROVED, "The rule set %.*s was proved beside another joint standard.",
                         SLICE_PRINT(set->pack));
    return OK;
}

static enum error read_record(struct arena *arena, const struct json *root, struct rule_record *record,
                              struct fault *fault)
{
    const struct json *base = json_member(root, "base_sha256");

    if (!json_is(json_member(root, "format"), FORMAT_PROOF))
        return fault_set(fault, ERROR_VERSION, "The proof record is not of the format %s.", FORMAT_PROOF);
    TRY(read_hash(json_member(root, "dmn_sha256"), &record->dmn_hash, fault));
    TRY(read_hash(json_member(root, "rules_sha256"), &record->rules_hash, fault));
    if (json_kind(json_member(root, "day")) != JSON_NULL)
        return fault_set(fault, ERROR_UNPROVED, "The proof record is not about every day.");
    record->has_base = json_kind(base) == JSON_STRING;
    if (record->has_base)
        TRY(read_hash(base, &record->base_hash, fault));
    record->tool = arena_copy(arena, json_text(json_member(root, "tool")));
    return record->tool.data ? OK : ERROR_MEMORY;
}

enum error rule_record_verify(struct arena *arena, const struct rule_set *set, const struct rule_set *base,
                              struct slice record, struct rule_record *ret_record, struct fault *fault)
{
    const struct json *root;
    struct rule_record read = {.record_hash = hash_sha256(record)};

    if (!set->verified)
        return fault_set(fault, ERROR_UNPROVED, "The rule set %.*s does not keep to the verified profile.",
                         SLICE_PRINT(set->pack));
    TRY(json_parse(arena, record, &root, fault));
    TRY(read_record(arena, root, &read, fault));
    TRY(check_hashes(&read, set, base, fault));
    TRY(check_properties(set, json_member(root, "properties"), fault));
    *ret_record = read;
    return OK;
}
