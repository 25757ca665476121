/* SPDX-License-Identifier: Apache-2.0 */

/* What one decision costs: the shipped tables as the safe asks them, tables of growing size, and the proof of both rule
 * sets. One thread; inputs are drawn before the clock starts. CPU time; of ROUNDS rounds the best, so that other work
 * on the machine does not count.
 *
 *     bench_rules POLICY-FOLDER TABLES-FOLDER      (bench/rules/tables.py writes the tables) */

#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <dirent.h>

#include "base/file.h"
#include "base/world.h"
#include "care/entitlement.h"
#include "rules/dmn/compile.h"
#include "rules/prove/prove.h"
#include "text/json.h"

#define BYTES_MAX (64 << 20)
#define MEMORY ((size_t)1 << 30)
#define QUESTIONS 4096
#define ROUNDS 100

static void stop_on(enum error error, const struct fault *fault)
{
    if (error == OK)
        return;
    fprintf(stderr, "%s %s\n", error_entry(error)->sentence, fault->detail);
    exit(1);
}

static const struct rule_set *load_bytes(struct arena *arena, const struct buffer *compiled)
{
    const struct rule_set *set;
    struct fault fault = {0};

    stop_on(rule_set_load(arena, buffer_view(compiled), &set, &fault), &fault);
    return set;
}

static const struct rule_set *load_model(struct arena *arena, struct slice dmn)
{
    CLEANUP_BUFFER struct buffer compiled = buffer_new(BYTES_MAX), lines = buffer_new(1 << 20);
    struct report report = {.into = &lines};
    struct fault fault = {0};

    stop_on(compile_model(arena, dmn, &report, &compiled, &fault), &fault);
    return load_bytes(arena, &compiled);
}

static void compile_policy(struct arena *arena, const char *folder, const char *name, struct buffer *ret_compiled)
{
    CLEANUP_BUFFER struct buffer lines = buffer_new(1 << 20);
    struct report report = {.into = &lines};
    struct slice dmn, pack;
    struct fault fault = {0};

    stop_on(file_read(arena, arena_format(arena, "%s/%s/rules.dmn", folder, name).data, BYTES_MAX, &dmn, &fault),
            &fault);
    stop_on(file_read(arena, arena_format(arena, "%s/%s/pack.json", folder, name).data, BYTES_MAX, &pack, &fault),
            &fault);
    stop_on(compile_pack(arena, dmn, pack, &report, ret_compiled, &fault), &fault);
}

static const struct rule_set *load_policy(struct arena *arena, const char *folder, const char *name)
{
    CLEANUP_BUFFER struct buffer compiled = buffer_new(BYTES_MAX);

    compile_policy(arena, folder, name, &compiled);
    return load_bytes(arena, &compiled);
}

static uint32_t draw(struct world *world, uint32_t below)
{
    uint32_t bits;

    world->random(world, &bits, sizeof bits);
    return bits % below;
}

static void draw_facts(struct world *world, const struct rule_set *set, int64_t *fact)
{
    for (uint32_t f = 0; f < set->fact_count; f++) {
        const struct rule_domain *domain = &set->fact[f].domain;
        bool listed = domain->kind == RULE_TEXT || domain->kind == RULE_BOOLEAN;
        fact[f] = listed ? draw(world, domain->value_count) : draw(world, 121);
    }
}

static int64_t cpu_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static void report_time(const char *what, int64_t ns, uint64_t count)
{
    printf("%-52s %10.1f ns\n", what, (double)ns / (double)count);
}

static int64_t fact[QUESTIONS][RULE_FACTS_MAX];

/* {"row": N, "facts": {…}} -> the facts, and the id that the row must have. */
static struct slice read_question(struct arena *arena, const struct rule_set *set, struct slice line, int64_t *ret_fact)
{
    const struct json *root;
    struct fault fault = {0};

    stop_on(json_parse(arena, line, &root, &fault), &fault);
    for (struct json_items i = json_items(json_member(root, "facts")); json_next(&i);) {
        int known = rule_set_fact(set, i.key);
        stop_on(rule_value_of(&set->fact[known].domain, json_text(i.value), &ret_fact[known]), &fault);
    }
    return arena_format(arena, "R%.*s", SLICE_PRINT(json_text(json_member(root, "row"))));
}

static void time_chain(const struct rule_set *set, const char *name, const char *what)
{
    const struct rule_decision *decision = rule_set_decision(set, slice_from_string(name));
    struct world world = world_driven(1, 0);
    struct rule_result results[RULE_DECISIONS_MAX];
    uint64_t rows = 0;

    for (size_t i = 0; i < QUESTIONS; i++)
        draw_facts(&world, set, fact[i]);
    int64_t best = INT64_MAX;
    for (int round = 0; round < ROUNDS; round++) {
        int64_t start = cpu_ns();
        for (size_t i = 0; i < QUESTIONS; i++)
            if (rules_decide_chain(decision, fact[i], results) == OK)
                rows += results[decision->number].row != NULL;
        int64_t took = cpu_ns() - start;
        best = took < best ? took : best;
    }
    report_time(what, best, QUESTIONS);
    if (rows == 0)
        printf("no row was ever decided\n");
}

/* A table and its questions as tables.py writes them: the same that the other engines get. */
static void time_table(const char *folder, unsigned rows)
{
    CLEANUP_ARENA struct arena *arena = arena_new(MEMORY);
    struct rule_result results[RULE_DECISIONS_MAX];
    struct slice dmn, questions;
    struct fault fault = {0};
    int64_t best = INT64_MAX;
    size_t count = 0;
    bool right = true;

    stop_on(file_read(arena, arena_format(arena, "%s/table_%u.dmn", folder, rows).data, BYTES_MAX, &dmn, &fault),
            &fault);
    stop_on(file_read(arena, arena_format(arena, "%s/questions_%u.jsonl", folder, rows).data, BYTES_MAX, &questions,
                      &fault),
            &fault);
    const struct rule_set *set = load_model(arena, dmn);
    const struct rule_decision *decision = rule_set_decision(set, SLICE("d"));
    struct slice *expected = arena_array(arena, QUESTIONS, sizeof *expected);
    while (questions.length > 0 && count < QUESTIONS)
        expected[count] = read_question(arena, set, slice_cut(&questions, '\n'), fact[count]), count++;
    for (int round = 0; round < ROUNDS; round++) {
        int64_t start = cpu_ns();
        for (size_t i = 0; i < count; i++)
            right &= rules_decide_chain(decision, fact[i], results) == OK &&
                     slice_equal(results[0].row->id, expected[i]);
        int64_t took = cpu_ns() - start;
        best = took < best ? took : best;
    }
    printf("{\"engine\":\"hospitium\",\"what\":\"table %u\",\"ns\":%.1f,\"right\":%s}\n", rows,
           (double)best / (double)count, right ? "true" : "false");
}

static void time_entitlement(struct arena *arena, const struct rule_set *standard, const struct rule_set *pack)
{
    static const struct entitlement_fact asked[] = {
        {{"status", 6}, {"undocumented", 12}}, {{"service", 7}, {"child", 5}}, {{"urgency", 7}, {"urgent", 6}},
        {{"age_years", 9}, {"4", 1}},          {{"means", 5}, {"unknown", 7}}, {{"pregnant", 8}, {"no", 2}}};
    const struct entitlement *entitlement;
    struct entitlement_answer answer;
    struct fault fault = {0};

    stop_on(entitlement_new(arena, standard, pack, &entitlement, &fault), &fault);
    int64_t start = cpu_ns();
    for (int i = 0; i < 100000; i++)
        stop_on(entitlement_ask(entitlement, asked, sizeof asked / sizeof asked[0], &answer, NULL), &fault);
    report_time("what care is due (floor and pack, by words)", cpu_ns() - start, 100000);
}

static void time_proof(const struct rule_set *standard, const struct rule_set *pack)
{
    CLEANUP_ARENA struct arena *arena = arena_new(MEMORY);
    const struct proof *proof;
    struct fault fault = {0};
    uint64_t cells = 0;

    int64_t start = cpu_ns();
    stop_on(prove(arena, standard, NULL, &proof, &fault), &fault);
    for (size_t i = 0; i < proof->count; i++)
        cells += proof->verdict[i].cells;
    stop_on(prove(arena, pack, standard, &proof, &fault), &fault);
    for (size_t i = 0; i < proof->count; i++)
        cells += proof->verdict[i].cells;
    printf("%-52s %10.1f ms for %llu cases\n", "proof of the joint standard and the Belgian pack",
           (double)(cpu_ns() - start) / 1e6, (unsigned long long)cells);
}

/* Every pack of the folder, loaded together. */
static void report_memory(const char *folder)
{
    CLEANUP_ARENA struct arena *arena = arena_new(MEMORY), *names = arena_new(1 << 20);
    DIR *packs = opendir(folder);
    size_t bytes = 0;
    unsigned count = 0;

    for (struct dirent *entry; packs && (entry = readdir(packs));) {
        if (entry->d_name[0] == '.' || entry->d_type != DT_DIR)
            continue;
        CLEANUP_ARENA struct arena *scratch = arena_new(MEMORY), *own = arena_new(MEMORY);
        CLEANUP_BUFFER struct buffer compiled = buffer_new(BYTES_MAX);
        compile_policy(scratch, folder, entry->d_name, &compiled);
        load_bytes(own, &compiled);
        bytes += arena_high_water(own);
        count++;
    }
    if (packs)
        closedir(packs);
    printf("%-52s %10.2f MB\n", arena_format(names, "memory of all %u sets, loaded", count).data, (double)bytes / 1e6);
}

int main(int argc, char **argv)
{
    CLEANUP_ARENA struct arena *arena = arena_new(MEMORY);
    static const unsigned sizes[] = {10, 1000, 16369};

    if (argc != 3) {
        fprintf(stderr, "usage: bench_rules POLICY-FOLDER TABLES-FOLDER\n");
        return 2;
    }
    const struct rule_set *standard = load_policy(arena, argv[1], "joint-standard");
    const struct rule_set *pack = load_policy(arena, argv[1], "belgium");
    time_chain(standard, "disclosure", "disclosure of a drawer (standing, disclosure)");
    time_chain(standard, "obligations", "the same with obligations");
    time_chain(standard, "care_floor", "care floor");
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++)
        time_table(argv[2], sizes[i]);
    time_entitlement(arena, standard, pack);
    time_proof(standard, pack);
    report_memory(argv[1]);
    return 0;
}
