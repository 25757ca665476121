/* SPDX-License-Identifier: Apache-2.0 */
#include "smt.h"

#include "crypto/encode.h"
#include "rules/combine.h"
#include "rules/dmn/pack.h"
#include "rules/dmn/profile.h"
#include "rules/format.h"
#include "smt_text.h"
#include "text/date.h"

#define TEXT_BYTES_MAX ((size_t)16 << 20)

enum error smt_source_read(struct arena *arena, struct slice dmn, struct slice pack_json, struct smt_source *ret_source,
                           struct fault *fault)
{
    CLEANUP_BUFFER struct buffer lines = buffer_new(65536);
    struct report report = {.into = &lines};
    struct smt_source source = {.dmn_hash = hash_sha256(dmn)};
    struct pack pack;

    TRY(pack_read(arena, pack_json, &pack, fault));
    TRY(dmn_read(arena, dmn, &report, &source.model, fault));
    profile_check(source.model, &pack, &report);
    if (report.count > 0)
        return fault_set(fault, ERROR_PROFILE, "The model departs from the verified profile in %zu places.",
                         report.count);
    source.pack = pack.id;
    source.version = pack.version;
    source.draft = pack.draft;
    *ret_source = source;
    return OK;
}

/* ---- which claims ---- */

struct claims {
    struct smt_claim *claim;
    size_t count;
};

static void add(struct claims *claims, enum rule_property property, const char *scope, const char *about)
{
    claims->claim[claims->count++] = (struct smt_claim){property, scope, about};
}

/* In the order in which they are proved by going through every case. */
static void add_care(struct claims *claims, const char *scope, const char *about, bool draft)
{
    static const enum rule_property of_one_scene[] = {
        PROPERTY_NON_DENIAL,    PROPERTY_STATUS_BLIND,  PROPERTY_STATUS_BLIND_CHARGE, PROPERTY_EVIDENCE,
        PROPERTY_MISSING_FACTS, PROPERTY_MONOTONE_NEED, PROPERTY_CHILD_FLOOR,         PROPERTY_CHILD_FLOOR_CHARGE,
    };
    bool combined = strcmp(scope, "combined") == 0;

    for (size_t i = 0; i < sizeof of_one_scene / sizeof of_one_scene[0]; i++)
        add(claims, of_one_scene[i], scope, about);
    if (combined && draft)
        add(claims, PROPERTY_DRAFT_WIDENS, scope, about);
    if (combined)
        add(claims, PROPERTY_REFINEMENT, "alone", about);
}

static bool has(const struct smt_source *source, const char *decision)
{
    return source && dmn_decision(source->model, slice_from_string(decision)) != NULL;
}

size_t smt_claims(const struct smt_source *set, const struct smt_source *base,
                  struct smt_claim ret_claim[SMT_CLAIMS_MAX])
{
    struct claims claims = {.claim = ret_claim};

    add(&claims, PROPERTY_TOTALITY, "alone", NULL);
    if (has(set, COMBINE_FLOOR))
        add_care(&claims, "alone", COMBINE_FLOOR, set->draft);
    if (has(set, COMBINE_PACK))
        add_care(&claims, "alone", COMBINE_PACK, set->draft);
    if (has(set, COMBINE_PACK) && has(base ? base : set, COMBINE_FLOOR))
        add_care(&claims, "combined", COMBINE_PACK, set->draft);
    if (has(set, SMT_DISCLOSURE)) {
        add(&claims, PROPERTY_FIREWALL, "alone", SMT_DISCLOSURE);
        add(&claims, PROPERTY_PURPOSE, "alone", SMT_DISCLOSURE);
        add(&claims, PROPERTY_MISSING_FACTS, "alone", SMT_DISCLOSURE);
    }
    if (has(set, SMT_LAW)) {
        add(&claims, PROPERTY_FIREWALL, "alone", SMT_LAW);
        add(&claims, PROPERTY_MISSING_FACTS, "alone", SMT_LAW);
    }
    return claims.count;
}

/* ---- writing ---- */

static void write_source(struct smt *smt, const char *what, const struct smt_source *source)
{
    char hex[2 * HASH_BYTES];

    encode_hex(hash_slice(&source->dmn_hash), hex);
    buffer_format(smt->into, "; %s ", what);
    smt_comment(smt, source->pack);
    buffer_byte(smt->into, ' ');
    smt_comment(smt, source->version);
    buffer_format(smt->into, "%s, SHA-256 of its rules.dmn %.*s\n", source->draft ? " (draft)" : "", (int)sizeof hex,
                  hex);
}

static void write_heading(struct smt *smt)
{
    const struct rule_property_entry *entry = rule_property_entry(smt->claim->property);

    buffer_format(smt->into, "; %s %s, %s%s%s: %s\n", entry->number, entry->name, smt->claim->scope,
                  smt->claim->about ? ", " : "", smt->claim->about ? smt->claim->about : "", entry->sentence);
    write_source(smt, "Of", smt->set);
    if (smt->base)
        write_source(smt, "With", smt->base);
    buffer_string(smt->into, "; This text says that there is a case for which the claim does not hold.\n"
                             "; unsat: there is none. sat: the model is one.\n"
                             "(set-logic QF_LIA)\n\n");
}

void smt_write_claim(struct smt *smt)
{
    buffer_format(smt->into, "\n; ---- Not: %s\n", rule_property_entry(smt->claim->property)->sentence);
}

void smt_write_settled(struct smt *smt, bool broken, const char *why)
{
    buffer_format(smt->into, "; %s\n(assert %s)\n", why, broken ? "true" : "false");
}

/* Each table by itself, whatever might feed it: stronger than for what is ever fed. */
static enum error write_totality(struct smt *smt)
{
    int table;

    for (uint32_t d = 0; d < smt->set->model->decision_count; d++)
        TRY(smt_add_table(smt, "pack", smt->set, &smt->set->model->decision[d], true, 0, &table));
    smt_write_facts(smt);
    smt_write_tables(smt);
    smt_write_claim(smt);
    buffer_string(smt->into, "(assert (not (and true");
    for (uint32_t t = 0; t < smt->table_count; t++) {
        buffer_byte(smt->into, ' ');
        smt_write_answers(smt, (int)t);
    }
    buffer_string(smt->into, ")))\n");
    return OK;
}

static enum error write_body(struct smt *smt)
{
    if (smt->claim->property == PROPERTY_TOTALITY)
        return write_totality(smt);
    bool care = strcmp(smt->claim->about, COMBINE_FLOOR) == 0 || strcmp(smt->claim->about, COMBINE_PACK) == 0;
    return care ? smt_write_care(smt) : smt_write_disclosure(smt);
}

enum error smt_write(struct arena *arena, const struct smt_source *set, const struct smt_source *base,
                     const struct smt_claim *claim, int64_t day, struct smt_text *ret_text, struct fault *fault)
{
    CLEANUP_BUFFER struct buffer text = buffer_new(TEXT_BYTES_MAX);
    struct smt *smt = arena_alloc(arena, sizeof *smt);

    if (!smt)
        return ERROR_MEMORY;
    *smt = (struct smt){.arena = arena,
                        .fault = fault,
                        .set = set,
                        .base = base,
                        .claim = claim,
                        .day = day,
                        .into = &text,
                        .person = ""};
    write_heading(smt);
    TRY(write_body(smt));
    buffer_string(&text, "(check-sat)\n");
    TRY(buffer_check(&text));
    struct slice copy = arena_copy(arena, buffer_view(&text));
    if (!copy.data)
        return ERROR_MEMORY;
    *ret_text = (struct smt_text){copy, hash_sha256(copy), smt->fact_count, smt->fact};
    return OK;
}

struct slice smt_file_name(struct arena *arena, const struct smt_source *set, const struct smt_claim *claim)
{
    const struct rule_property_entry *entry = rule_property_entry(claim->property);
    struct slice pack = smt_symbol(arena, set->pack);

    return arena_format(arena, "%.*s-%s-%s-%s%s%s.smt2", SLICE_PRINT(pack), entry->number, entry->name, claim->scope,
                        claim->about ? "-" : "", claim->about ? claim->about : "");
}

/* ---- reading an answer ---- */

static bool find_number(struct slice answer, struct slice name, int64_t *ret_number)
{
    while (answer.length > 0) {
        struct slice line = slice_cut(&answer, '\n');
        if (slice_equal(slice_cut(&line, '\t'), name))
            return format_int64(line, ret_number);
    }
    return false;
}

static struct slice day_words(struct arena *arena, int64_t day)
{
    CLEANUP_BUFFER struct buffer words = buffer_new(16);

    date_write_day(&words, (int32_t)day);
    return arena_copy(arena, buffer_view(&words));
}

struct slice smt_value(struct arena *arena, const struct smt_fact *fact, struct slice answer)
{
    int64_t number;

    if (!find_number(answer, fact->symbol, &number))
        return slice_of("", 0);
    if (fact->type == DMN_STRING)
        return number >= 0 && number < (int64_t)fact->list->count ? fact->list->test[number].value.text
                                                                  : slice_of("", 0);
    if (fact->nullable && number == fact->minimum - 1)
        return SLICE("unknown");
    return fact->type == DMN_DATE ? day_words(arena, number) : arena_format(arena, "%lld", (long long)number);
}

struct slice smt_describe(struct arena *arena, const struct smt_text *text, struct slice answer)
{
    CLEANUP_BUFFER struct buffer words = buffer_new(8192);

    for (uint32_t f = 0; f < text->fact_count; f++) {
        struct slice value = smt_value(arena, &text->fact[f], answer);
        if (value.length > 0)
            buffer_format(&words, "%s%.*s %.*s", words.length ? ", " : "", SLICE_PRINT(text->fact[f].name),
                          SLICE_PRINT(value));
    }
    return arena_copy(arena, buffer_view(&words));
}
