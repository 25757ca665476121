/* SPDX-License-Identifier: Apache-2.0 */

/* The rule sets as files against what the public log says was activated: the present ones, with source and proof
 * record, and every earlier one in rules/archive, so that a look of any day can be held against the rules of that
 * day. */

#include "audit.h"
#include "base/file.h"
#include "crypto/encode.h"
#include "files.h"

#define JOINT "joint-standard"
#define SUFFIX ".rules.json"
#define FILES_MAX 4096
#define SOURCE_MAX (16u << 20)

static void hex_of(struct slice bytes, char ret_hex[65])
{
    struct hash hash = hash_sha256(bytes);

    encode_hex(hash_slice(&hash), ret_hex);
    ret_hex[64] = '\0';
}

static const struct activation *last_of(const struct audit *audit, struct slice pack)
{
    for (size_t i = audit->told.activations.count; i > 0; i--) {
        const struct activation *activation = list_at(&audit->told.activations, i - 1);
        if (slice_is(pack, activation->pack))
            return activation;
    }
    return NULL;
}

static bool is_activated(const struct audit *audit, const char *rules, bool joint)
{
    for (size_t i = 0; i < audit->told.activations.count; i++) {
        const struct activation *activation = list_at(&audit->told.activations, i);
        if (strcmp(activation->rules, rules) == 0 && (!joint || strcmp(activation->pack, JOINT) == 0))
            return true;
    }
    return false;
}

/* Kept once, loaded when it decides on access. */
static void keep(struct audit *audit, const char *file, const char *hex, struct slice bytes)
{
    for (size_t i = 0; i < audit->rules.count; i++)
        if (strcmp(((struct rules_kept *)list_at(&audit->rules, i))->hash, hex) == 0)
            return;
    struct rules_kept *kept = list_add(&audit->rules);
    if (!kept)
        return;
    snprintf(kept->hash, sizeof kept->hash, "%s", hex);
    audit->report.count[COUNT_RULE_SETS]++;
    if (is_activated(audit, hex, true) && rules_load(bytes, &kept->rules) != OK)
        report_add(&audit->report, FINDING_RULES_UNREADABLE, PLACE_FILE(file), NULL);
}

/* ---- one set that is active ---- */

static bool file_hashes_to(struct arena *arena, const struct audit *audit, const char *file, const char *hex)
{
    struct slice bytes;
    char own[65];

    if (file_take(arena, audit->directory, file, SOURCE_MAX, &bytes) != OK)
        return false;
    hex_of(bytes, own);
    return strcmp(own, hex) == 0;
}

/* The record is the one that was told, and about these rules, this model and an activated joint standard. */
static bool proof_holds(struct arena *arena, const struct audit *audit, const char *file, const char *rules,
                        const struct activation *activation)
{
    struct slice bytes;
    char base[65];

    if (!file_hashes_to(arena, audit, file, activation->proof) ||
        file_take(arena, audit->directory, file, SOURCE_MAX, &bytes) != OK)
        return false;
    CLEANUP_JSON yyjson_doc *doc = json_read(bytes);
    yyjson_val *root = yyjson_doc_get_root(doc);
    struct slice on = json_text_at(root, "base_sha256");
    snprintf(base, sizeof base, "%.*s", (int)(on.length < sizeof base ? on.length : sizeof base - 1), on.data);
    return slice_is(json_text_at(root, "rules_sha256"), rules) &&
           slice_is(json_text_at(root, "dmn_sha256"), activation->dmn) &&
           (strcmp(activation->pack, JOINT) == 0 ? on.length == 0 : is_activated(audit, base, true));
}

static void judge_active(struct arena *arena, struct audit *audit, struct slice name)
{
    const struct activation *activation = last_of(audit, name);
    char file[160], hex[65];
    struct slice bytes;

    snprintf(file, sizeof file, "rules/%.*s" SUFFIX, SLICE_PRINT(name));
    if (file_take(arena, audit->directory, file, RULES_BYTES_MAX, &bytes) != OK) {
        report_add(&audit->report, FINDING_RULES_UNREADABLE, PLACE_FILE(file), NULL);
        return;
    }
    hex_of(bytes, hex);
    if (audit->told.restored && audit->told.activations.count == 0)
        return; /* a restored node tells its rules when it first serves */
    if (!activation || strcmp(activation->rules, hex) != 0) {
        report_add(&audit->report, FINDING_RULES_CHANGED, PLACE_FILE(file), NULL);
        return;
    }
    keep(audit, file, hex, bytes);
    snprintf(file, sizeof file, "rules/%.*s.dmn", SLICE_PRINT(name));
    if (!file_hashes_to(arena, audit, file, activation->dmn))
        report_add(&audit->report, FINDING_RULES_CHANGED, PLACE_FILE(file), NULL);
    snprintf(file, sizeof file, "rules/%.*s.proof.json", SLICE_PRINT(name));
    if (!proof_holds(arena, audit, file, hex, activation))
        report_add(&audit->report, FINDING_RULES_PROOF, PLACE_FILE(file), NULL);
}

/* ---- directories ---- */

static struct slice name_of_set(const char *name)
{
    struct slice text = slice_from_string(name);

    if (!slice_ends_with(text, SLICE(SUFFIX)) || text.length > 128)
        return slice_of("", 0);
    text.length -= SLICE(SUFFIX).length;
    return text;
}

static void each_active(void *context, const char *file, bool is_directory)
{
    struct audit *audit = context;
    struct slice name = is_directory ? slice_of("", 0) : name_of_set(file);
    CLEANUP_ARENA struct arena *arena = arena_new(RULES_BYTES_MAX + 4 * (size_t)SOURCE_MAX);

    if (name.length > 0 && arena)
        judge_active(arena, audit, name);
}

/* What is archived stands under its own hash. */
static void each_archived(void *context, const char *file, bool is_directory)
{
    struct audit *audit = context;
    struct slice name = slice_from_string(file), bytes;
    CLEANUP_ARENA struct arena *arena = arena_new(RULES_BYTES_MAX + (1u << 16));
    char path[192], hex[65];

    if (is_directory || !arena || snprintf(path, sizeof path, "rules/archive/%s", file) >= (int)sizeof path)
        return;
    name = slice_cut(&name, '.');
    bool there = file_take(arena, audit->directory, path, RULES_BYTES_MAX, &bytes) == OK;
    if (there)
        hex_of(bytes, hex);
    if (!there || !slice_is(name, hex))
        report_add(&audit->report, FINDING_RULES_CHANGED, PLACE_FILE(path), NULL);
    else if (name_of_set(file).length > 0 && is_activated(audit, hex, false))
        keep(audit, path, hex, bytes);
}

static bool is_kept(const struct audit *audit, const char *hex)
{
    for (size_t i = 0; i < audit->rules.count; i++)
        if (strcmp(((const struct rules_kept *)list_at(&audit->rules, i))->hash, hex) == 0)
            return true;
    return false;
}

/* In the archive, or beside the set that is active. */
static bool proof_is_kept(const struct audit *audit, const struct activation *activation)
{
    char file[160];

    snprintf(file, sizeof file, "rules/archive/%s.proof.json", activation->proof);
    if (file_is_there(audit->directory, file))
        return true; /* and then each_archived has hashed it */
    CLEANUP_ARENA struct arena *arena = arena_new(SOURCE_MAX + (1u << 16));
    snprintf(file, sizeof file, "rules/%s.proof.json", activation->pack);
    return arena && file_hashes_to(arena, audit, file, activation->proof);
}

void ruleset_judge(struct audit *audit)
{
    if (file_list(audit->directory, "rules", FILES_MAX, each_active, audit) != OK)
        report_add(&audit->report, FINDING_RULES_UNREADABLE, PLACE_FILE("rules"), NULL);
    enum error error = file_list(audit->directory, "rules/archive", FILES_MAX, each_archived, audit);
    if (error != OK && error != ERROR_FILE_MISSING)
        report_add(&audit->report, FINDING_RULES_UNREADABLE, PLACE_FILE("rules/archive"), NULL);
    for (size_t i = 0; i < audit->told.activations.count; i++) {
        const struct activation *activation = list_at(&audit->told.activations, i);
        if (!is_kept(audit, activation->rules) || !proof_is_kept(audit, activation))
            report_add(&audit->report, FINDING_RULES_NOT_KEPT, PLACE_ENTRY("log/public/journal", activation->entry),
                       "%.16s", activation->rules);
    }
}

const struct rules *ruleset_find(const struct audit *audit, struct slice hash)
{
    for (size_t i = 0; i < audit->rules.count; i++) {
        const struct rules_kept *kept = list_at(&audit->rules, i);
        if (slice_is(hash, kept->hash))
            return kept->rules;
    }
    return NULL;
}

/* The last one that was told before the look. */
bool ruleset_was_active(const struct audit *audit, struct slice hash, int64_t time_ns)
{
    const struct activation *then = NULL;

    for (size_t i = 0; i < audit->told.activations.count; i++) {
        const struct activation *activation = list_at(&audit->told.activations, i);
        if (strcmp(activation->pack, JOINT) == 0 && activation->time_ns <= time_ns)
            then = activation;
    }
    return then && slice_is(hash, then->rules);
}
