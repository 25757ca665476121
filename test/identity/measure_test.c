/* SPDX-License-Identifier: Apache-2.0 */

/* Measures the matcher on public data, and fails when it gets worse than it was: labelled name pairs (OpenSanctions'
 * name_bench), FEBRL 1 (1,000 Australian records with typing errors, 500 of them twice; names and birth dates alone are
 * used), and Arabic and Russian names beside their Latin form (Wikidata). Skipped where the data are not there. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/world.h"
#include "identity/blocking.h"
#include "identity/compare.h"
#include "module_directory.h"

/* NULL content when it is not there. */
/* skip() jumps past what cleans up by scope. */
static void skip_without(struct arena **arena)
{
    arena_free_pointer(arena);
    skip();
}

static struct slice data_file(struct arena *arena, const char *name)
{
    const char *directory = getenv("HOSPITIUM_DATA");
    char path[512];
    struct slice content = {0};

    snprintf(path, sizeof path, "%s/identity/%s", directory ? directory : SOURCE_ROOT "/../shared/data", name);
    if (file_read(arena, path, 16 * 1024 * 1024, &content, NULL) != OK)
        print_message("no %s below $HOSPITIUM_DATA or ../shared/data: skipped\n", name);
    return content;
}

/* One field of a CSV line without quoted separators in the fields that we use; quotes are dropped. */
static struct slice csv_field(struct slice *line)
{
    struct slice field;

    if (line->length > 0 && line->data[0] == '"') {
        *line = slice_from(*line, 1);
        field = slice_cut(line, '"');
        (void)slice_cut(line, ',');
        return field;
    }
    field = slice_cut(line, ',');
    while (field.length > 0 && field.data[0] == ' ')
        field = slice_from(field, 1);
    return field;
}

struct labelled {
    double score;
    bool match;
};

struct best {
    double f1, precision, recall, threshold;
};

static int descending(const void *a, const void *b)
{
    double difference = ((const struct labelled *)b)->score - ((const struct labelled *)a)->score;

    return (difference > 0) - (difference < 0);
}

/* The threshold with the best F1. `total`: how many matches there are, found or not. */
static struct best best_threshold(struct labelled *pair, size_t pairs, size_t total)
{
    struct best best = {0};
    size_t right = 0;

    qsort(pair, pairs, sizeof *pair, descending);
    for (size_t i = 0; i < pairs; i++) {
        right += pair[i].match;
        if (i + 1 < pairs && pair[i + 1].score == pair[i].score)
            continue;
        double precision = (double)right / (double)(i + 1), recall = (double)right / (double)total;
        double f1 = right ? 2 * precision * recall / (precision + recall) : 0;
        if (f1 > best.f1)
            best = (struct best){f1, precision, recall, pair[i].score};
    }
    return best;
}

enum { NAME_PAIRS_MAX = 2000 };

static void name_pairs_are_told_apart(void **state)
{
    CLEANUP_ARENA struct arena *arena = arena_new(64 * 1024 * 1024);
    struct slice rest = data_file(arena, "name-pairs.csv");
    static struct labelled pair[NAME_PAIRS_MAX];
    size_t pairs = 0, matches = 0;

    (void)state;
    if (!rest.data)
        skip_without(&arena);
    (void)slice_cut(&rest, '\n');
    int64_t compared_ns = 0;
    while (rest.length > 0 && pairs < NAME_PAIRS_MAX) {
        struct slice line = slice_cut(&rest, '\n');
        (void)csv_field(&line);
        bool is_person = slice_is(csv_field(&line), "Person");
        struct slice name_a = csv_field(&line), name_b = csv_field(&line);
        bool match = slice_is(csv_field(&line), "true");
        struct identity_name a = {0}, b = {0};
        if (!is_person)
            continue;
        assert_int_equal(OK, identity_name_add(&a, arena, name_a, NULL));
        assert_int_equal(OK, identity_name_add(&b, arena, name_b, NULL));
        int64_t start = world_stopwatch_ns();
        pair[pairs++] = (struct labelled){identity_name_compare(&a, &b).similarity, match};
        compared_ns += world_stopwatch_ns() - start;
        matches += match;
    }
    struct best best = best_threshold(pair, pairs, matches);
    print_message("name-pairs: %zu persons, F1 %.3f (precision %.3f, recall %.3f) from %.2f on; %.1f us a pair\n",
                  pairs, best.f1, best.precision, best.recall, best.threshold,
                  (double)compared_ns / (double)pairs / 1000);
    assert_true(best.f1 >= 0.80);
}

enum { FEBRL_MAX = 1100 };

struct febrl {
    size_t count;
    struct identity_person person[FEBRL_MAX];
    unsigned long entity[FEBRL_MAX];
    struct identity_terms terms[FEBRL_MAX];
};

/* rec-223-org, given name, surname, …, date of birth (YYYYMMDD) in the tenth field */
static void read_febrl(struct arena *arena, struct slice rest, struct febrl *febrl)
{
    (void)slice_cut(&rest, '\n');
    while (rest.length > 0 && febrl->count < FEBRL_MAX) {
        struct slice line = slice_cut(&rest, '\n'), field[10];
        for (size_t i = 0; i < 10; i++)
            field[i] = csv_field(&line);
        struct identity_person *person = &febrl->person[febrl->count];
        struct identity_name name = {0};
        char date[16] = "";
        febrl->entity[febrl->count] = strtoul(field[0].data + strlen("rec-"), NULL, 10);
        assert_int_equal(OK, identity_name_add(&name, arena, field[1], NULL));
        assert_int_equal(OK, identity_name_add(&name, arena, field[2], NULL));
        *person = (struct identity_person){.name = {name}, .names = name.count > 0};
        if (field[9].length == 8)
            snprintf(date, sizeof date, "%.4s-%.2s-%.2s", field[9].data, field[9].data + 4, field[9].data + 6);
        person->has_birth = date_parse(slice_from_string(date), DATE_KIND_DATE, &person->birth) == OK;
        assert_int_equal(OK, identity_blocking_terms(person, arena, &febrl->terms[febrl->count]));
        febrl->count++;
    }
}

static bool share_a_term(const struct identity_terms *a, const struct identity_terms *b)
{
    for (size_t i = 0; i < a->count; i++)
        for (size_t j = 0; j < b->count; j++)
            if (slice_equal(a->term[i].text, b->term[j].text))
                return true;
    return false;
}

static void misspelt_records_find_each_other(void **state)
{
    CLEANUP_ARENA struct arena *arena = arena_new(64 * 1024 * 1024);
    struct slice content = data_file(arena, "febrl-1.csv");
    static struct febrl febrl;
    static struct labelled pair[20000];
    size_t pairs = 0, found = 0, total = 0, certain = 0, certain_wrong = 0;

    (void)state;
    if (!content.data)
        skip_without(&arena);
    read_febrl(arena, content, &febrl);
    for (size_t i = 0; i < febrl.count; i++)
        for (size_t j = 0; j < i; j++) {
            bool match = febrl.entity[i] == febrl.entity[j];
            total += match;
            if (!share_a_term(&febrl.terms[i], &febrl.terms[j]) || pairs == sizeof pair / sizeof *pair)
                continue;
            struct identity_score score = identity_compare(&febrl.person[i], &febrl.person[j]);
            found += match;
            certain += score.grade == IDENTITY_CERTAIN;
            certain_wrong += score.grade == IDENTITY_CERTAIN && !match;
            pair[pairs++] = (struct labelled){score.probability, match};
        }
    struct best best = best_threshold(pair, pairs, total);
    print_message("febrl-1 by names and birth date: blocking recall %.3f (%zu of %zu) with %zu pairs of %zu compared; "
                  "F1 %.3f (precision %.3f, recall %.3f) from %.2f on; %zu called certain, %zu of them wrongly\n",
                  (double)found / (double)total, found, total, pairs, febrl.count * (febrl.count - 1) / 2, best.f1,
                  best.precision, best.recall, best.threshold, certain, certain_wrong);
    assert_true(found >= total * 95 / 100);
    assert_true(best.f1 >= 0.95);
    assert_int_equal(0, certain_wrong);
}

enum { SCRIPT_SAMPLE = 1000 };

/* Every 40th line: Latin, tab, foreign letters with spaces between them, tab, count. Each Latin name must be found
 * among those of all sampled lines. */
static void measure_script(const char *file, const char *script, double floor_top1)
{
    CLEANUP_ARENA struct arena *arena = arena_new(64 * 1024 * 1024);
    struct slice rest = data_file(arena, file);
    static struct identity_name latin[SCRIPT_SAMPLE], foreign[SCRIPT_SAMPLE];
    size_t count = 0, first = 0, same_skeleton = 0;

    if (!rest.data)
        skip_without(&arena);
    for (size_t line_number = 0; rest.length > 0 && count < SCRIPT_SAMPLE; line_number++) {
        struct slice line = slice_cut(&rest, '\n');
        if (line_number % 40 != 0)
            continue;
        struct slice word = slice_cut(&line, '\t'), letters = slice_cut(&line, '\t');
        CLEANUP_BUFFER struct buffer joined = buffer_new(1024);
        while (letters.length > 0)
            buffer_slice(&joined, slice_cut(&letters, ' '));
        latin[count] = foreign[count] = (struct identity_name){0};
        assert_int_equal(OK, identity_name_add(&latin[count], arena, word, NULL));
        assert_int_equal(OK, identity_name_add(&foreign[count], arena, buffer_view(&joined), NULL));
        count += latin[count].count == 1 && foreign[count].count == 1;
    }
    for (size_t i = 0; i < count; i++) {
        double own = identity_token_similarity(&foreign[i].token[0], &latin[i].token[0]);
        size_t better = 0;
        for (size_t j = 0; j < count; j++)
            better += j != i && identity_token_similarity(&foreign[i].token[0], &latin[j].token[0]) >= own;
        struct identity_skeleton a = identity_token_skeleton(&foreign[i].token[0]);
        struct identity_skeleton b = identity_token_skeleton(&latin[i].token[0]);
        first += better == 0;
        same_skeleton += strcmp(a.letter, b.letter) == 0;
    }
    print_message("%s: the right one of %zu Latin names is first for %.3f; same skeleton for %.3f\n", script, count,
                  (double)first / (double)count, (double)same_skeleton / (double)count);
    assert_true((double)first / (double)count >= floor_top1);
}

static void arabic_names_find_their_latin_form(void **state)
{
    (void)state;
    measure_script("wikidata-arabic-latin.train.tsv", "arabic", 0.85);
}

static void russian_names_find_their_latin_form(void **state)
{
    (void)state;
    measure_script("wikidata-russian-latin.train.tsv", "russian", 0.87);
}

static void hebrew_names_find_their_latin_form(void **state)
{
    (void)state;
    measure_script("wikidata-hebrew-latin.train.tsv", "hebrew", 0.78);
}

static int find_module(void **state)
{
    (void)state;
    module_directory_set();
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(name_pairs_are_told_apart),
        cmocka_unit_test(misspelt_records_find_each_other),
        cmocka_unit_test(arabic_names_find_their_latin_form),
        cmocka_unit_test(russian_names_find_their_latin_form),
        cmocka_unit_test(hebrew_names_find_their_latin_form),
    };
    return cmocka_run_group_tests(tests, find_module, NULL);
}
