/* SPDX-License-Identifier: Apache-2.0 */

/* Reading compiled bytes. Whoever wrote them may be an enemy, so every number is checked before it is used as an index,
 * and a set that loads can be decided on without further checks. */

#include "rule_set.h"

#include "crypto/encode.h"
#include "format.h"
#include "text/decimal.h"
#include "text/json.h"

struct loader {
    struct arena *arena;
    struct fault *fault;
    struct rule_set *set;
    struct rule_decision *decision; /* being read */
    struct rule_fact *fact;
};

/* Says where the bytes are wrong. */
static enum error wrong(struct loader *loader, const char *what)
{
    const struct slice name = loader->decision ? loader->decision->name : SLICE("rule set");
    return fault_set(loader->fault, ERROR_CORRUPT, "The compiled rules are wrong at %.*s: %s.", SLICE_PRINT(name),
                     what);
}

static enum error read_text(struct loader *loader, const struct json *value, struct slice *ret)
{
    if (json_kind(value) != JSON_STRING)
        return wrong(loader, "a text is missing");
    *ret = arena_copy(loader->arena, json_text(value));
    return ret->data ? OK : ERROR_MEMORY;
}

/* Text, or empty where there is null. */
static enum error read_optional_text(struct loader *loader, const struct json *value, struct slice *ret)
{
    if (json_kind(value) == JSON_NULL) {
        *ret = slice_of("", 0);
        return OK;
    }
    return read_text(loader, value, ret);
}

static enum error read_number(struct loader *loader, const struct json *value, int64_t *ret)
{
    if (json_kind(value) != JSON_NUMBER || !format_int64(json_text(value), ret))
        return wrong(loader, "a whole number is missing");
    return OK;
}

static enum error read_below(struct loader *loader, const struct json *value, size_t limit, uint32_t *ret)
{
    int64_t number = 0;

    TRY(read_number(loader, value, &number));
    if (number < 0 || (uint64_t)number >= limit)
        return wrong(loader, "a number is out of range");
    *ret = (uint32_t)number;
    return OK;
}

static enum error read_hash(struct loader *loader, const struct json *value, struct hash *ret)
{
    if (decode_hex(json_text(value), ret->byte, HASH_BYTES) != OK)
        return wrong(loader, "a hash is missing");
    return OK;
}

/* How many items an array has; an error unless between `least` and `most`. */
static enum error read_count(struct loader *loader, const struct json *array, size_t least, size_t most, uint32_t *ret)
{
    if (json_kind(array) != JSON_ARRAY || json_count(array) < least || json_count(array) > most)
        return wrong(loader, "a list is missing or has the wrong length");
    *ret = (uint32_t)json_count(array);
    return OK;
}

static bool has_duplicates(const struct slice *text, uint32_t count)
{
    for (uint32_t i = 1; i < count; i++)
        for (uint32_t k = 0; k < i; k++)
            if (slice_equal(text[i], text[k]))
                return true;
    return false;
}

static enum error read_texts(struct loader *loader, const struct json *array, const struct slice **ret,
                             uint32_t *ret_count)
{
    uint32_t count = 0;

    TRY(read_count(loader, array, 1, RULE_VALUES_MAX, &count));
    struct slice *text = arena_array(loader->arena, count, sizeof *text);
    if (!text)
        return ERROR_MEMORY;
    for (struct json_items i = json_items(array); json_next(&i);)
        TRY(read_text(loader, i.value, &text[i.index]));
    if (has_duplicates(text, count))
        return wrong(loader, "a value is listed twice");
    *ret = text;
    *ret_count = count;
    return OK;
}

static int32_t index_of_unknown(const struct rule_domain *domain)
{
    for (uint32_t i = 0; i < domain->value_count; i++)
        if (slice_is(domain->value[i], "unknown"))
            return (int32_t)i;
    return -1;
}

bool rule_kind_is_number(enum rule_kind kind)
{
    return kind == RULE_INTEGER || kind == RULE_DECIMAL || kind == RULE_DATE;
}

static enum error read_number_domain(struct loader *loader, const struct json *json, struct rule_domain *domain)
{
    uint32_t scale = 0;

    TRY(read_number(loader, json_member(json, "min"), &domain->minimum));
    TRY(read_number(loader, json_member(json, "max"), &domain->maximum));
    TRY(read_below(loader, json_member(json, "scale"), FORMAT_SCALE_MAX + 1, &scale));
    domain->scale = (uint8_t)scale;
    domain->nullable = json_is_true(json_member(json, "nullable"));
    domain->unknown = -1;
    /* The ends keep clear of the 64-bit limits, so that one more or one less never overflows. */
    if (domain->minimum < -FORMAT_NUMBER_MAX || domain->maximum > FORMAT_NUMBER_MAX ||
        domain->minimum > domain->maximum)
        return wrong(loader, "the range of a number is impossible");
    return OK;
}

static enum error read_domain(struct loader *loader, const struct json *json, struct rule_domain *domain)
{
    if (!format_kind_of(json_text(json_member(json, "kind")), &domain->kind))
        return wrong(loader, "the kind of an input is unknown");
    if (rule_kind_is_number(domain->kind))
        return read_number_domain(loader, json, domain);
    TRY(read_texts(loader, json_member(json, "values"), &domain->value, &domain->value_count));
    domain->open = json_is_true(json_member(json, "open"));
    domain->unknown = index_of_unknown(domain);
    return OK;
}

static enum error read_starts(struct loader *loader, const struct json *array, struct rule_input *input)
{
    uint32_t count;

    TRY(read_count(loader, array, 1, RULE_VALUES_MAX, &count));
    int64_t *start = arena_array(loader->arena, count, sizeof *start);
    if (!start)
        return ERROR_MEMORY;
    for (struct json_items i = json_items(array); json_next(&i);) {
        TRY(read_number(loader, i.value, &start[i.index]));
        if (i.index > 0 && start[i.index] <= start[i.index - 1])
            return wrong(loader, "breakpoints do not ascend");
    }
    if (start[0] != input->domain.minimum || start[count - 1] > input->domain.maximum)
        return wrong(loader, "breakpoints leave the range");
    input->start = start;
    input->slot_count = count + (input->domain.nullable ? 1 : 0);
    return OK;
}

static enum error read_slots(struct loader *loader, const struct json *json, struct rule_input *input)
{
    if (rule_kind_is_number(input->domain.kind))
        return read_starts(loader, json_member(json, "start"), input);
    input->slot_count = input->domain.value_count + (input->domain.open ? 1 : 0);
    return OK;
}

/* Bits are written as bytes, row r at bit r % 8 of byte r / 8. No bit may stand for a row that is not there. */
static enum error read_bits(struct loader *loader, struct slice hex, uint64_t *words)
{
    const struct rule_decision *decision = loader->decision;
    size_t bytes = (decision->row_count + 7) / 8;

    if (hex.length != 2 * bytes)
        return wrong(loader, "a bit set has the wrong length");
    for (size_t i = 0; i < bytes; i++) {
        uint8_t byte;
        if (decode_hex(slice_of(hex.data + 2 * i, 2), &byte, 1) != OK)
            return wrong(loader, "a bit set is broken");
        words[i / 8] |= (uint64_t)byte << (i % 8 * 8);
    }
    if (decision->row_count % 64 && words[decision->words - 1] >> (decision->row_count % 64))
        return wrong(loader, "a bit set names a row that is not there");
    return OK;
}

static enum error read_columns(struct loader *loader, const struct json *array, struct rule_input *input)
{
    size_t words = loader->decision->words;
    uint64_t *column = arena_array(loader->arena, input->slot_count * words, sizeof *column);

    if (!column)
        return ERROR_MEMORY;
    if (json_kind(array) != JSON_ARRAY || json_count(array) != input->slot_count)
        return wrong(loader, "an input lacks bit sets");
    for (struct json_items i = json_items(array); json_next(&i);)
        TRY(read_bits(loader, json_text(i.value), column + i.index * words));
    input->column = column;
    return OK;
}

/* Each value of the feeding output must be a value here: a chain can then never leave a domain half-way. */
static enum error map_feed(struct loader *loader, struct rule_input *input)
{
    const struct rule_decision *feeder = &loader->set->decision[input->fed_decision];
    const struct rule_output *output = &feeder->output[input->fed_output];
    int64_t *value = arena_array(loader->arena, output->value_count, sizeof *value);

    if (!value)
        return ERROR_MEMORY;
    for (uint32_t i = 0; i < output->value_count; i++)
        if (rule_value_of(&input->domain, output->value[i], &value[i]) != OK)
            return wrong(loader, "a value that is fed in is outside the input's values");
    input->fed_value = value;
    return OK;
}

static enum error read_feed(struct loader *loader, const struct json *json, struct rule_input *input)
{
    uint32_t number = 0;

    TRY(read_below(loader, json_member(json, "decision"), loader->decision->number, &number));
    const struct rule_decision *feeder = &loader->set->decision[number];
    if (feeder->hit_policy == RULE_COLLECT)
        return wrong(loader, "a list feeds an input");
    TRY(read_below(loader, json_member(json, "output"), feeder->output_count, &input->fed_output));
    input->fed_decision = (int32_t)number;
    return map_feed(loader, input);
}

static bool same_domain(const struct rule_domain *a, const struct rule_domain *b)
{
    if (a->kind != b->kind || a->open != b->open || a->nullable != b->nullable || a->scale != b->scale ||
        a->value_count != b->value_count || a->minimum != b->minimum || a->maximum != b->maximum)
        return false;
    for (uint32_t i = 0; i < a->value_count; i++)
        if (!slice_equal(a->value[i], b->value[i]))
            return false;
    return true;
}

static enum error join_fact(struct loader *loader, struct rule_input *input)
{
    int known = rule_set_fact(loader->set, input->name);

    if (known >= 0) {
        if (!same_domain(&loader->fact[known].domain, &input->domain))
            return wrong(loader, "the same fact has other values in two tables");
        input->fact = known;
        return OK;
    }
    if (loader->set->fact_count == RULE_FACTS_MAX)
        return wrong(loader, "there are too many facts");
    input->fact = (int32_t)loader->set->fact_count++;
    loader->fact[input->fact] = (struct rule_fact){input->name, input->domain};
    return OK;
}

static enum error read_input(struct loader *loader, const struct json *json, struct rule_input *input)
{
    const struct json *feed = json_member(json, "from");

    input->fact = input->fed_decision = -1;
    TRY(read_text(loader, json_member(json, "name"), &input->name));
    if (rule_decision_input(loader->decision, input->name) >= 0)
        return wrong(loader, "an input stands twice");
    TRY(read_domain(loader, json, &input->domain));
    TRY(read_slots(loader, json, input));
    TRY(read_columns(loader, json_member(json, "rows"), input));
    return json_kind(feed) == JSON_OBJECT ? read_feed(loader, feed, input) : join_fact(loader, input);
}

/* What a decision rests on through this input: the fact, or all that its feeder rests on. */
static void extend_chain(struct loader *loader, const struct rule_input *input)
{
    struct rule_decision *decision = loader->decision;

    if (input->fact >= 0) {
        decision->chain_facts |= UINT64_C(1) << input->fact;
        return;
    }
    const struct rule_decision *feeder = &loader->set->decision[input->fed_decision];
    decision->chain |= feeder->chain;
    decision->chain_facts |= feeder->chain_facts;
}

static enum error read_inputs(struct loader *loader, const struct json *array)
{
    uint32_t count;

    TRY(read_count(loader, array, 1, RULE_INPUTS_MAX, &count));
    struct rule_input *input = arena_array(loader->arena, count, sizeof *input);
    if (!input)
        return ERROR_MEMORY;
    loader->decision->input = input;
    for (struct json_items i = json_items(array); json_next(&i);) {
        TRY(read_input(loader, i.value, &input[i.index]));
        extend_chain(loader, &input[i.index]);
        loader->decision->input_count++;
    }
    return OK;
}

/* Whoever writes a result as JSON copies numbers and truth values as they stand. */
static bool fits_kind(enum rule_kind kind, struct slice value)
{
    struct decimal number;

    if (kind == RULE_BOOLEAN)
        return slice_is(value, "true") || slice_is(value, "false");
    return kind == RULE_TEXT || decimal_parse(value, &number) == OK;
}

static enum error read_output(struct loader *loader, const struct json *json, struct rule_output *output)
{
    TRY(read_text(loader, json_member(json, "name"), &output->name));
    if (!format_kind_of(json_text(json_member(json, "kind")), &output->kind) || output->kind == RULE_INTEGER ||
        output->kind == RULE_DATE)
        return wrong(loader, "the kind of an output is unknown");
    output->ordered = json_is_true(json_member(json, "ordered"));
    TRY(read_texts(loader, json_member(json, "values"), &output->value, &output->value_count));
    for (uint32_t i = 0; i < output->value_count; i++)
        if (!fits_kind(output->kind, output->value[i]))
            return wrong(loader, "an output's value is not of its kind");
    if (loader->decision->hit_policy == RULE_COLLECT && output->value_count > RULE_COLLECTED_MAX)
        return wrong(loader, "an output that is collected has too many values");
    return OK;
}

static enum error read_outputs(struct loader *loader, const struct json *array)
{
    TRY(read_count(loader, array, 1, RULE_OUTPUTS_MAX, &loader->decision->output_count));
    struct rule_output *output = arena_array(loader->arena, loader->decision->output_count, sizeof *output);
    if (!output)
        return ERROR_MEMORY;
    loader->decision->output = output;
    for (struct json_items i = json_items(array); json_next(&i);)
        TRY(read_output(loader, i.value, &output[i.index]));
    return OK;
}

static enum error read_citation(struct loader *loader, const struct json *json, struct rule_citation *citation)
{
    TRY(read_text(loader, json_member(json, "source"), &citation->source));
    TRY(read_text(loader, json_member(json, "article"), &citation->article));
    TRY(read_text(loader, json_member(json, "language"), &citation->language));
    return read_text(loader, json_member(json, "text"), &citation->text);
}

/* The shape of a language tag (BCP 47), for it goes into pages. */
static bool is_language(struct slice text)
{
    for (size_t i = 0; i < text.length; i++) {
        char c = text.data[i];
        if (!(c >= 'a' && c <= 'z') && !(c >= 'A' && c <= 'Z') && !(c >= '0' && c <= '9') && c != '-')
            return false;
    }
    return text.length >= 2 && text.length <= RULE_LANGUAGE_BYTES_MAX;
}

static enum error read_tell(struct loader *loader, const struct json *json, const struct rule_tell **ret_tell)
{
    struct rule_tell *tell = arena_alloc(loader->arena, sizeof *tell);

    if (!tell)
        return ERROR_MEMORY;
    TRY(read_text(loader, json_member(json, "text"), &tell->text));
    TRY(read_text(loader, json_member(json, "language"), &tell->language));
    TRY(read_text(loader, json_member(json, "source"), &tell->source));
    TRY(read_text(loader, json_member(json, "article"), &tell->article));
    TRY(read_text(loader, json_member(json, "since"), &tell->since));
    if (tell->text.length == 0 || tell->text.length > RULE_TELL_BYTES_MAX)
        return wrong(loader, "what a warning tells is empty or too long");
    if (!is_language(tell->language))
        return wrong(loader, "the language of a warning is none");
    *ret_tell = tell;
    return OK;
}

/* A warning that says nothing to the person would be none; words in any other place nobody would see. */
static enum error check_tell(struct loader *loader, const struct rule_row *row)
{
    const struct rule_decision *decision = loader->decision;
    bool warns = slice_is(decision->name, RULE_WARNING) &&
                 !slice_is(decision->output[0].value[row->output[0]], RULE_WARNING_NONE);

    if (row->tell && !warns)
        return wrong(loader, "a row that is no warning tells something");
    if (!row->tell && warns && loader->set->verified)
        return wrong(loader, "a warning tells nothing");
    return OK;
}

static enum error read_row_outputs(struct loader *loader, const struct json *array, struct rule_row *row)
{
    const struct rule_decision *decision = loader->decision;
    uint16_t *output = arena_array(loader->arena, decision->output_count, sizeof *output);

    if (!output)
        return ERROR_MEMORY;
    if (json_kind(array) != JSON_ARRAY || json_count(array) != decision->output_count)
        return wrong(loader, "a row lacks outputs");
    for (struct json_items i = json_items(array); json_next(&i);) {
        uint32_t value;
        TRY(read_below(loader, i.value, decision->output[i.index].value_count, &value));
        output[i.index] = (uint16_t)value;
    }
    row->output = output;
    return OK;
}

static enum error read_row(struct loader *loader, const struct json *json, struct rule_row *row)
{
    TRY(read_text(loader, json_member(json, "id"), &row->id));
    TRY(read_below(loader, json_member(json, "number"), RULE_ROWS_MAX + 1, &row->number));
    TRY(read_citation(loader, json_member(json, "cite"), &row->citation));
    TRY(read_optional_text(loader, json_member(json, "valid_from"), &row->valid_from));
    TRY(read_optional_text(loader, json_member(json, "valid_to"), &row->valid_to));
    TRY(read_row_outputs(loader, json_member(json, "out"), row));
    if (json_kind(json_member(json, "tell")) != JSON_ABSENT)
        TRY(read_tell(loader, json_member(json, "tell"), &row->tell));
    return check_tell(loader, row);
}

/* Rows of a PRIORITY table stand best first, then as written; deciding relies on it. */
static bool in_order(const struct rule_decision *decision, const struct rule_row *a, const struct rule_row *b)
{
    for (uint32_t i = 0; decision->hit_policy == RULE_PRIORITY && i < decision->output_count; i++)
        if (decision->output[i].ordered && a->output[i] != b->output[i])
            return a->output[i] < b->output[i];
    return a->number < b->number;
}

static enum error read_rows(struct loader *loader, const struct json *array)
{
    struct rule_decision *decision = loader->decision;
    struct rule_row *row = arena_array(loader->arena, decision->row_count, sizeof *row);

    if (!row)
        return ERROR_MEMORY;
    decision->row = row;
    for (struct json_items i = json_items(array); json_next(&i);) {
        TRY(read_row(loader, i.value, &row[i.index]));
        if (i.index > 0 && !in_order(decision, &row[i.index - 1], &row[i.index]))
            return wrong(loader, "rows are out of order");
    }
    return OK;
}

static enum error read_decision(struct loader *loader, const struct json *json)
{
    struct rule_decision *decision = loader->decision;

    TRY(read_text(loader, json_member(json, "name"), &decision->name));
    if (rule_set_decision(loader->set, decision->name))
        return wrong(loader, "a decision's name is taken");
    if (!format_hit_policy_of(json_text(json_member(json, "hit")), &decision->hit_policy))
        return wrong(loader, "the hit policy is unknown");
    TRY(read_count(loader, json_member(json, "rows"), 1, RULE_ROWS_MAX, &decision->row_count));
    decision->words = (decision->row_count + 63) / 64;
    TRY(read_outputs(loader, json_member(json, "outputs")));
    TRY(read_rows(loader, json_member(json, "rows")));
    return read_inputs(loader, json_member(json, "inputs"));
}

static enum error read_decisions(struct loader *loader, const struct json *array)
{
    uint32_t count = 0;

    TRY(read_count(loader, array, 1, RULE_DECISIONS_MAX, &count));
    struct rule_decision *decision = arena_array(loader->arena, count, sizeof *decision);
    loader->fact = arena_array(loader->arena, RULE_FACTS_MAX, sizeof *loader->fact);
    if (!decision || !loader->fact)
        return ERROR_MEMORY;
    loader->set->decision = decision;
    loader->set->fact = loader->fact;
    for (struct json_items i = json_items(array); json_next(&i);) {
        loader->decision = &decision[i.index];
        loader->decision->set = loader->set;
        loader->decision->number = (uint32_t)i.index;
        loader->decision->chain = UINT32_C(1) << i.index;
        TRY(read_decision(loader, i.value));
        loader->set->decision_count++;
    }
    return OK;
}

static enum error read_head(struct loader *loader, const struct json *root)
{
    struct rule_set *set = loader->set;

    TRY(read_text(loader, json_member(root, "pack"), &set->pack));
    TRY(read_text(loader, json_member(root, "version"), &set->version));
    TRY(read_hash(loader, json_member(root, "dmn_sha256"), &set->dmn_hash));
    TRY(read_hash(loader, json_member(root, "pack_sha256"), &set->pack_hash));
    TRY(read_optional_text(loader, json_member(root, "valid_from"), &set->valid_from));
    TRY(read_optional_text(loader, json_member(root, "valid_to"), &set->valid_to));
    set->verified = json_is(json_member(root, "profile"), "verified");
    /* Only an explicit false says that a reviewer has signed. */
    const struct json *draft = json_member(root, "draft");
    set->draft = json_kind(draft) != JSON_BOOL || json_is_true(draft);
    return OK;
}

static enum error load(struct arena *arena, struct arena *scratch, struct slice bytes, const struct rule_set **ret_set,
                       struct fault *fault)
{
    const struct json *root;
    struct loader loader = {.arena = arena, .fault = fault, .set = arena_alloc(arena, sizeof *loader.set)};

    if (!loader.set)
        return ERROR_MEMORY;
    TRY(json_parse(scratch, bytes, &root, fault));
    if (!json_is(json_member(root, "format"), FORMAT_RULES))
        return fault_set(fault, ERROR_VERSION, "The compiled rules are not of the format %s.", FORMAT_RULES);
    TRY(read_head(&loader, root));
    TRY(read_decisions(&loader, json_member(root, "decisions")));
    loader.set->rules_hash = hash_sha256(bytes);
    *ret_set = loader.set;
    return OK;
}

enum error rule_set_load(struct arena *arena, struct slice bytes, const struct rule_set **ret_set, struct fault *fault)
{
    if (bytes.length > RULE_SET_BYTES_MAX)
        return fault_set(fault, ERROR_TOO_LARGE, "A compiled rule set has at most %d bytes.", RULE_SET_BYTES_MAX);
    CLEANUP_ARENA struct arena *scratch = arena_new(16 * bytes.length + (1 << 20));
    return scratch ? load(arena, scratch, bytes, ret_set, fault) : ERROR_MEMORY;
}
