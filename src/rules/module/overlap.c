/* SPDX-License-Identifier: Apache-2.0 */

/* hospitium prove --overlaps PACK: which rows meet, which lie inside another, which never decide. */

#include "overlap.h"

#include <stdio.h>

#include "rules/prove/geometry.h"
#include "rules/prove/property.h"
#include "text/json.h"

#define PAIRS_SHOWN 200 /* of each kind and table; JSON has all that were kept */

static const char *const kinds[] = {
    [GEOMETRY_OVERLAP] = "overlap", [GEOMETRY_SUBSUMED] = "subsumed", [GEOMETRY_INSIDE] = "inside"};

struct table {
    const struct rule_decision *decision;
    struct geometry geometry;
    const uint8_t *decides; /* a byte a row */
};

static enum error measure(struct arena *arena, const struct rule_set *set, uint32_t number, struct table *ret,
                          struct fault *fault)
{
    struct proof every_day = {.arena = arena, .fault = fault, .set = set, .day = PROPERTY_EVERY_DAY};
    uint64_t cells;

    ret->decision = &set->decision[number];
    TRY(property_deciders(&every_day, ret->decision, &ret->decides, &cells));
    return geometry_make(arena, ret->decision, &ret->geometry);
}

static struct slice id_of(const struct table *table, uint32_t row)
{
    return table->decision->row[row].id;
}

/* ---- in lines ---- */

static void print_masked(const struct table *table)
{
    for (uint32_t r = 0; r < table->decision->row_count; r++) {
        if (table->decides[r])
            continue;
        int64_t cover = geometry_cover(table->decision, r);
        printf("  masked   %.*s never decides: ", SLICE_PRINT(id_of(table, r)));
        if (cover >= 0)
            printf("%.*s stands before it in all of its cases\n", SLICE_PRINT(id_of(table, (uint32_t)cover)));
        else
            printf("several rows together stand before it\n");
    }
}

static void print_pair(const struct table *table, const struct geometry_pair *pair)
{
    /* Where the first that matches decides, `row` of an overlap is the one that stands before. */
    const char *beside = table->decision->hit_policy == RULE_PRIORITY ? "before" : "and";

    printf("  %-8s %.*s %s %.*s, %s\n", kinds[pair->kind], SLICE_PRINT(id_of(table, pair->row)),
           pair->kind == GEOMETRY_OVERLAP ? beside : "in", SLICE_PRINT(id_of(table, pair->other)),
           pair->same ? "same answer" : "other answer");
}

static void print_table(const struct table *table)
{
    const struct geometry *geometry = &table->geometry;

    printf("%.*s: %u rows, %zu pairs that meet\n", SLICE_PRINT(table->decision->name), table->decision->row_count,
           geometry->pairs_in_all);
    print_masked(table);
    for (enum geometry_kind kind = GEOMETRY_OVERLAP; kind <= GEOMETRY_INSIDE; kind++) {
        size_t shown = 0, of_kind = 0;
        for (size_t i = 0; i < geometry->pair_count; i++) {
            of_kind += geometry->pair[i].kind == kind;
            if (geometry->pair[i].kind == kind && shown < PAIRS_SHOWN) {
                print_pair(table, &geometry->pair[i]);
                shown++;
            }
        }
        if (of_kind > shown)
            printf("  %-8s and %zu more\n", kinds[kind], of_kind - shown);
    }
    if (geometry->pairs_in_all > geometry->pair_count)
        printf("  and %zu more pairs that were not kept\n", geometry->pairs_in_all - geometry->pair_count);
}

/* ---- as JSON ---- */

static void write_masked(struct json_writer *json, const struct table *table)
{
    json_key(json, "masked");
    json_begin_array(json);
    for (uint32_t r = 0; r < table->decision->row_count; r++) {
        if (table->decides[r])
            continue;
        int64_t cover = geometry_cover(table->decision, r);
        json_begin_object(json);
        json_member_string(json, "row", id_of(table, r));
        json_key(json, "by");
        if (cover >= 0)
            json_string(json, id_of(table, (uint32_t)cover));
        else
            json_null(json);
        json_end_object(json);
    }
    json_end_array(json);
}

static void write_table(struct json_writer *json, const struct table *table)
{
    json_begin_object(json);
    json_member_string(json, "decision", table->decision->name);
    write_masked(json, table);
    json_key(json, "pairs_in_all");
    json_integer(json, (int64_t)table->geometry.pairs_in_all);
    json_key(json, "pairs");
    json_begin_array(json);
    for (size_t i = 0; i < table->geometry.pair_count; i++) {
        const struct geometry_pair *pair = &table->geometry.pair[i];
        json_begin_object(json);
        json_member_cstring(json, "kind", kinds[pair->kind]);
        json_member_string(json, "row", id_of(table, pair->row));
        json_member_string(json, "other", id_of(table, pair->other));
        json_key(json, "same_answer");
        json_bool(json, pair->same);
        json_end_object(json);
    }
    json_end_array(json);
    json_end_object(json);
}

enum error overlap_print(struct arena *arena, const struct rule_set *set, struct fault *fault)
{
    printf("%.*s %.*s\n", SLICE_PRINT(set->pack), SLICE_PRINT(set->version));
    for (uint32_t d = 0; d < set->decision_count; d++) {
        struct table table = {0};
        TRY(measure(arena, set, d, &table, fault));
        print_table(&table);
    }
    return OK;
}

enum error overlap_write(struct arena *arena, const struct rule_set *set, struct buffer *into, struct fault *fault)
{
    struct json_writer json = json_writer(into);

    json_begin_object(&json);
    json_member_cstring(&json, "format", "hospitium-overlaps/1");
    json_member_string(&json, "pack", set->pack);
    json_member_string(&json, "version", set->version);
    json_key(&json, "decisions");
    json_begin_array(&json);
    for (uint32_t d = 0; d < set->decision_count; d++) {
        struct table table = {0};
        TRY(measure(arena, set, d, &table, fault));
        write_table(&json, &table);
    }
    json_end_array(&json);
    json_end_object(&json);
    buffer_byte(into, '\n');
    return buffer_check(into);
}
