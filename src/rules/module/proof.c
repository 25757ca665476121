/* SPDX-License-Identifier: Apache-2.0 */
#include "proof.h"

#include <stdio.h>

#include "base/file.h"
#include "crypto/encode.h"
#include "rules/format.h"

#define RECORD_BYTES_MAX (1 << 20)
#define ROWS_SHOWN 12

/* ---- in lines ---- */

static const char *shown_word(struct slice verdict)
{
    return slice_is(verdict, "refuted")    ? "REFUTED"
           : slice_is(verdict, "proved")   ? "proved"
           : slice_is(verdict, "reported") ? "reported"
           : slice_is(verdict, "DISAGREE") ? "DISAGREE"
                                           : "unproved";
}

static void print_rows(const struct json *property)
{
    const struct json *rows = json_member(property, "rows");
    size_t count = json_count(rows);
    const char *between = "         Rows: ";
    int64_t in_all = (int64_t)count;

    if (count == 0)
        return;
    format_int64(json_text(json_member(property, "rows_in_all")), &in_all);
    for (struct json_items i = json_items(rows); json_next(&i) && i.index < ROWS_SHOWN;) {
        struct slice id = json_text(json_member(i.value, "row")), article = json_text(json_member(i.value, "article"));
        printf("%s%.*s (%.*s)", between, SLICE_PRINT(id), SLICE_PRINT(article));
        between = ", ";
    }
    if (in_all > ROWS_SHOWN)
        printf(" and %lld more", (long long)in_all - ROWS_SHOWN);
    printf(".\n");
}

/* Only where the solver adds something to what was found by going through every case. */
static void print_solver(const struct json *property)
{
    struct slice says = json_text(json_member(property, "z3_says"));

    if (json_is(json_member(property, "z3"), "unproved"))
        printf("         Z3 gives no answer: %.*s\n", SLICE_PRINT(says));
    else if (!json_is(json_member(property, "verdict"), "DISAGREE"))
        return;
    else if (says.length > 0)
        printf("         Z3 refutes it, though every case was gone through and holds: %.*s\n", SLICE_PRINT(says));
    else
        printf("         Z3 %s it. One of the two provers is wrong: report it.\n",
               json_is(json_member(property, "z3"), "proved") ? "proves" : "refutes");
}

static void print_property(const struct json *property)
{
    struct slice number = json_text(json_member(property, "number")),
                 name = json_text(json_member(property, "property"));
    struct slice scope = json_text(json_member(property, "scope")), cells = json_text(json_member(property, "cells"));
    struct slice sentence = json_text(json_member(property, "sentence"));
    struct slice failure = json_text(json_member(property, "counterexample"));

    printf("%-8s %-3.*s %-19.*s %-8.*s %11.*s cases  %.*s\n", shown_word(json_text(json_member(property, "verdict"))),
           SLICE_PRINT(number), SLICE_PRINT(name), SLICE_PRINT(scope), SLICE_PRINT(cells), SLICE_PRINT(sentence));
    if (failure.length > 0) {
        printf("         %.*s\n", SLICE_PRINT(failure));
        print_rows(property);
    }
    print_solver(property);
}

static unsigned count_of(const struct json *properties, const char *word)
{
    unsigned count = 0;

    for (struct json_items i = json_items(properties); json_next(&i);)
        count += json_is(json_member(i.value, "verdict"), word);
    return count;
}

void proof_print(const struct json *record)
{
    const struct json *properties = json_member(record, "properties");
    struct slice pack = json_text(json_member(record, "pack")), version = json_text(json_member(record, "version"));
    struct slice day = json_text(json_member(record, "day"));

    printf("%.*s %.*s%s%s%.*s\n", SLICE_PRINT(pack), SLICE_PRINT(version),
           json_is_true(json_member(record, "draft")) ? " (draft)" : "", day.length ? " on " : "", SLICE_PRINT(day));
    for (struct json_items i = json_items(properties); json_next(&i);)
        print_property(i.value);
    printf("%.*s %s: %u proved, %u reported, %u refuted, %u unproved%s.\n", SLICE_PRINT(pack),
           proof_record_holds(record) ? "holds" : "does not hold", count_of(properties, "proved"),
           count_of(properties, "reported"), count_of(properties, "refuted"), count_of(properties, "unproved"),
           count_of(properties, "DISAGREE") ? "; the two proofs DISAGREE" : "");
}

bool proof_record_holds(const struct json *record)
{
    for (struct json_items i = json_items(json_member(record, "properties")); json_next(&i);)
        if (json_is_true(json_member(i.value, "blocks")) && !json_is(json_member(i.value, "verdict"), "proved"))
            return false;
    return true;
}

/* ---- kept ---- */

struct hash proof_key(struct slice compiled, struct slice base, int64_t day)
{
    struct hash of_compiled = hash_sha256(compiled), of_base = hash_sha256(base);
    struct slice parts[] = {SLICE(FORMAT_PROOF " " HOSPITIUM_VERSION), hash_slice(&of_compiled), hash_slice(&of_base),
                            slice_of(&day, sizeof day)};

    return hash_sha256_parts(parts, sizeof parts / sizeof parts[0]);
}

static struct slice path_of(struct arena *arena, const char *folder, const struct hash *key)
{
    char hex[2 * HASH_BYTES];

    encode_hex(hash_slice(key), hex);
    return arena_format(arena, "%s/%.*s.proof", folder, (int)sizeof hex, hex);
}

/* What the solver did not answer it may answer next time. */
static bool is_whole(struct arena *arena, struct slice record)
{
    const struct json *root;

    if (json_parse(arena, record, &root, NULL) != OK)
        return false;
    for (struct json_items i = json_items(json_member(root, "properties")); json_next(&i);)
        if (json_is(json_member(i.value, "z3"), "unproved"))
            return false;
    return true;
}

/* A kept record begins with the hash of what follows, so that half a file or a flipped bit is seen. */
bool proof_find(struct arena *arena, const char *folder, const struct hash *key, struct slice *ret_record)
{
    struct slice path = path_of(arena, folder, key), content;

    if (!path.data || file_read(arena, path.data, RECORD_BYTES_MAX + HASH_BYTES, &content, NULL) != OK ||
        content.length <= HASH_BYTES)
        return false;
    struct slice record = slice_from(content, HASH_BYTES);
    struct hash hash = hash_sha256(record);
    if (!slice_equal(hash_slice(&hash), slice_of(content.data, HASH_BYTES)))
        return false;
    *ret_record = record;
    return true;
}

enum error proof_keep(struct arena *arena, const char *folder, const struct hash *key, struct slice record)
{
    CLEANUP_BUFFER struct buffer content = buffer_new(RECORD_BYTES_MAX + HASH_BYTES);
    struct slice path = path_of(arena, folder, key);
    struct hash hash = hash_sha256(record);

    if (!is_whole(arena, record))
        return OK;

    buffer_slice(&content, hash_slice(&hash));
    buffer_slice(&content, record);
    TRY(buffer_check(&content));
    if (!path.data)
        return ERROR_MEMORY;
    TRY(file_make_directory(folder));
    return file_replace_derived(path.data, buffer_view(&content), 0644);
}
