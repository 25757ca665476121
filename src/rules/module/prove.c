/* SPDX-License-Identifier: Apache-2.0 */

/* hospitium prove PACK… [--base PACK] [--json] [--record F] [--replay F] */

#include "rules/prove/prove.h"

#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "command.h"
#include "rules/combine.h"

#define PACKS_MAX 64
#define RECORD_BYTES_MAX (1 << 20)
#define MEMORY_MAX ((size_t)1 << 30)

struct options {
    const char *pack[PACKS_MAX];
    size_t pack_count;
    const char *base, *record, *replay;
    bool json;
};

static bool take_option(int argc, char **argv, int *at, const char *name, const char **ret)
{
    if (strcmp(argv[*at], name) != 0 || *at + 1 >= argc)
        return false;
    *ret = argv[++*at];
    return true;
}

static bool parse_options(int argc, char **argv, struct options *options)
{
    for (int i = 1; i < argc; i++) {
        if (take_option(argc, argv, &i, "--base", &options->base) ||
            take_option(argc, argv, &i, "--record", &options->record) ||
            take_option(argc, argv, &i, "--replay", &options->replay))
            continue;
        if (strcmp(argv[i], "--json") == 0)
            options->json = true;
        else if (argv[i][0] != '-' && options->pack_count < PACKS_MAX)
            options->pack[options->pack_count++] = argv[i];
        else
            return false;
    }
    bool single = options->record || options->replay;
    return options->pack_count > 0 && (!single || options->pack_count == 1);
}

static enum error load_pack(struct arena *arena, const char *path, const struct rule_set **ret_set, struct fault *fault)
{
    CLEANUP_BUFFER struct buffer compiled = buffer_new(RULE_SET_BYTES_MAX);

    TRY(command_compile(arena, path, &compiled, fault));
    return rule_set_load(arena, buffer_view(&compiled), ret_set, fault);
}

/* A jurisdiction's pack is proved together with the joint standard: the one named, or the one beside it. */
static enum error load_base(struct arena *arena, const struct options *options, const char *path,
                            const struct rule_set *set, const struct rule_set **ret_base, struct fault *fault)
{
    *ret_base = NULL;
    if (!rule_set_decision(set, SLICE(COMBINE_PACK)))
        return OK;
    if (options->base)
        return load_pack(arena, options->base, ret_base, fault);
    struct slice beside = arena_format(arena, "%s/../joint-standard", path);
    if (!beside.data)
        return ERROR_MEMORY;
    if (!file_exists(beside.data))
        return fault_set(fault, ERROR_FILE_MISSING, "The joint standard is not beside the pack: name it with --base.");
    return load_pack(arena, beside.data, ret_base, fault);
}

static void print_verdict(const struct property_verdict *verdict)
{
    const struct rule_property_entry *entry = rule_property_entry(verdict->property);

    const char *word = property_word(verdict);
    printf("%-8s %-3s %-18s %-8s %12llu cases  %s\n", strcmp(word, "refuted") == 0 ? "REFUTED" : word, entry->number,
           entry->name, verdict->scope, (unsigned long long)verdict->cells, entry->sentence);
    if (!verdict->proved)
        printf("         %.*s\n", SLICE_PRINT(verdict->counterexample));
}

static void print_proof(const struct proof *proof, const struct buffer *record, bool json)
{
    if (json) {
        printf("%.*s", SLICE_PRINT(buffer_view(record)));
        return;
    }
    printf("%.*s %.*s%s\n", SLICE_PRINT(proof->set->pack), SLICE_PRINT(proof->set->version),
           proof->set->draft ? " (draft)" : "");
    for (size_t i = 0; i < proof->count; i++)
        print_verdict(&proof->verdict[i]);
}

/* Proving the same bytes again must give the same record. */
static int replay(struct arena *arena, const char *path, const struct buffer *record)
{
    struct fault fault = {0};
    struct slice old;
    enum error error = file_read(arena, path, RECORD_BYTES_MAX, &old, &fault);

    if (error != OK)
        return command_fail("prove", error, &fault);
    if (slice_equal(old, buffer_view(record)))
        return EXIT_DONE;
    fprintf(stderr,
            "hospitium prove: Proving again does not give the record %s. Compare it with the output of --json.\n",
            path);
    return EXIT_NO;
}

static int keep_record(struct arena *arena, const struct options *options, const struct buffer *record)
{
    if (options->record) {
        enum error error = file_replace(options->record, buffer_view(record), 0644);
        if (error != OK)
            return command_fail("prove", error, NULL);
    }
    return options->replay ? replay(arena, options->replay, record) : EXIT_DONE;
}

static enum error prove_path(struct arena *arena, const struct options *options, const char *path,
                             const struct proof **ret_proof, struct fault *fault)
{
    const struct rule_set *set, *base;

    TRY(load_pack(arena, path, &set, fault));
    TRY(load_base(arena, options, path, set, &base, fault));
    return prove(arena, set, base, ret_proof, fault);
}

static int prove_pack(const struct options *options, const char *path)
{
    CLEANUP_ARENA struct arena *arena = arena_new(MEMORY_MAX);
    CLEANUP_BUFFER struct buffer record = buffer_new(RECORD_BYTES_MAX);
    const struct proof *proof;
    struct fault fault = {0};

    enum error error = arena ? prove_path(arena, options, path, &proof, &fault) : ERROR_MEMORY;
    if (error != OK) {
        int code = command_fail("prove", error, &fault);
        return error == ERROR_PROFILE ? EXIT_NO : code;
    }
    prove_write_record(proof, &record);
    if (buffer_check(&record) != OK)
        return command_fail("prove", ERROR_TOO_LARGE, NULL);
    print_proof(proof, &record, options->json);
    int code = keep_record(arena, options, &record);
    return code == EXIT_DONE && !prove_holds(proof) ? EXIT_NO : code;
}

int command_prove(int argc, char **argv)
{
    struct options options = {0};
    int code = EXIT_DONE;

    if (!parse_options(argc, argv, &options)) {
        fprintf(stderr, "usage: hospitium prove PACK… [--base PACK] [--json] [--record F] [--replay F]\n"
                        "A PACK is a folder with rules.dmn and pack.json; a record is of one pack.\n");
        return EXIT_USAGE;
    }
    for (size_t i = 0; i < options.pack_count; i++) {
        int pack_code = prove_pack(&options, options.pack[i]);
        code = pack_code > code ? pack_code : code;
    }
    return fflush(stdout) == 0 ? code : command_fail("prove", ERROR_IO, NULL);
}
