/* SPDX-License-Identifier: Apache-2.0 */

/* hospitium prove: what holds of a rule set; who gains and loses by a new version; which rows overlap. */

#include "rules/prove/prove.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/file.h"
#include "beside.h"
#include "command.h"
#include "difference.h"
#include "overlap.h"
#include "proof.h"
#include "rules/combine.h"
#include "rules/prove/second.h"
#include "text/date.h"

#define PACKS_MAX 64
#define OUTPUT_BYTES_MAX (64 << 20)
#define RECORD_BYTES_MAX (1 << 20)
#define MEMORY_MAX ((size_t)1 << 30)
#define SECONDS_MAX 3600

struct options {
    const char *pack[PACKS_MAX];
    size_t pack_count;
    const char *base, *record, *replay, *cache, *on, *smt, *timeout;
    int64_t day;
    bool json, overlaps;
    struct solver_settings settings;
    struct solver *solver; /* NULL: for a replay */
};

/* One rule set as it is proved: what it was compiled to, and what it stands on. */
struct subject {
    struct slice compiled, base_compiled;
    const struct rule_set *set;
    const struct rule_set *base;           /* the joint standard; NULL for the joint standard itself */
    const struct rule_set *previous;       /* the version that --base names, when it is of the same kind */
    struct smt_source source, base_source; /* what a solver is told of set and base */
};

static const char USAGE[] =
    "usage: hospitium prove PACK… [--base PACK] [--on DATE] [--cache DIR] [--json] [--record F] [--replay F]\n"
    "                       [--smt DIR] [--timeout SECONDS]\n"
    "       hospitium prove --overlaps PACK… [--json]\n"
    "A PACK is a folder with rules.dmn and pack.json; a record is of one pack, and of every day.\n"
    "--base: the joint standard to prove a pack with. If it is an older version of the PACK itself (both have\n"
    "entitlement, or both are joint standards), who gains and who loses by the change is said instead.\n"
    "--replay: goes through every case again and compares; what Z3 said is taken from the record F.\n"
    "--smt: writes the text that Z3 is given of each property, for any other solver. --timeout: of one text (10).\n"
    "Exit 0: all holds that must, or nobody loses. 1: something does not hold, or somebody loses.\n";

/* ---- options ---- */

static bool take_option(int argc, char **argv, int *at, const char *name, const char **ret)
{
    if (strcmp(argv[*at], name) != 0 || *at + 1 >= argc)
        return false;
    *ret = argv[++*at];
    return true;
}

static bool take_flag(const char *argument, const char *name, bool *ret)
{
    if (strcmp(argument, name) != 0)
        return false;
    return *ret = true;
}

static bool read_day(struct options *options)
{
    struct date date;

    options->day = PROPERTY_EVERY_DAY;
    if (!options->on)
        return true;
    if (date_parse(slice_from_string(options->on), DATE_KIND_DATE, &date) != OK || date.precision != DATE_DAY)
        return false;
    options->day = date_day_number(date.year, date.month, date.day);
    return true;
}

static bool read_timeout(struct options *options)
{
    uint64_t seconds;

    options->settings = SOLVER_DEFAULTS;
    if (!options->timeout)
        return true;
    if (!slice_to_u64(slice_from_string(options->timeout), &seconds) || seconds == 0 || seconds > SECONDS_MAX)
        return false;
    options->settings.timeout_ms = (unsigned)seconds * 1000;
    return true;
}

/* A record is of one pack and of every day, and proving again means to prove again. */
static bool is_consistent(const struct options *options)
{
    bool single = options->record || options->replay;

    if (options->overlaps && (single || options->base || options->on || options->cache || options->smt))
        return false;
    return options->pack_count > 0 && (!single || (options->pack_count == 1 && !options->on)) &&
           !(options->replay && options->cache);
}

static bool parse_options(int argc, char **argv, struct options *options)
{
    for (int i = 1; i < argc; i++) {
        if (take_option(argc, argv, &i, "--base", &options->base) ||
            take_option(argc, argv, &i, "--record", &options->record) ||
            take_option(argc, argv, &i, "--replay", &options->replay) ||
            take_option(argc, argv, &i, "--cache", &options->cache) ||
            take_option(argc, argv, &i, "--smt", &options->smt) ||
            take_option(argc, argv, &i, "--timeout", &options->timeout) ||
            take_option(argc, argv, &i, "--on", &options->on) || take_flag(argv[i], "--json", &options->json) ||
            take_flag(argv[i], "--overlaps", &options->overlaps))
            continue;
        if (argv[i][0] == '-' || options->pack_count == PACKS_MAX)
            return false;
        options->pack[options->pack_count++] = argv[i];
    }
    return read_day(options) && read_timeout(options) && is_consistent(options);
}

/* ---- what is proved ---- */

static enum error load_pack(struct arena *arena, const char *path, struct slice *ret_compiled,
                            const struct rule_set **ret_set, struct fault *fault)
{
    CLEANUP_BUFFER struct buffer compiled = buffer_new(RULE_SET_BYTES_MAX);

    TRY(command_compile(arena, path, &compiled, fault));
    *ret_compiled = arena_copy(arena, buffer_view(&compiled));
    return ret_compiled->data ? rule_set_load(arena, *ret_compiled, ret_set, fault) : ERROR_MEMORY;
}

/* What a solver is told, from the files themselves. Only what keeps to the profile is proved at all. */
static enum error load_source(struct arena *arena, const char *path, const struct rule_set *set,
                              struct smt_source *ret_source, struct fault *fault)
{
    struct slice dmn, pack;

    if (!set->verified)
        return OK;
    TRY(command_read_pack(arena, path, &dmn, &pack, fault));
    return smt_source_read(arena, dmn, pack, ret_source, fault);
}

static const struct rule_decision *care_table(const struct rule_set *set)
{
    const struct rule_decision *pack = rule_set_decision(set, SLICE(COMBINE_PACK));

    return pack ? pack : rule_set_decision(set, SLICE(COMBINE_FLOOR));
}

/* The same joint standard, named for all packs, is no older version of itself. */
static bool is_previous(const struct rule_set *set, const struct rule_set *named)
{
    const struct rule_decision *own = care_table(set), *other = care_table(named);

    return own && other && slice_equal(own->name, other->name) &&
           (slice_is(own->name, COMBINE_PACK) || !hash_equal(&set->rules_hash, &named->rules_hash));
}

static enum error load_named_base(struct arena *arena, const struct options *options, struct subject *subject,
                                  struct fault *fault)
{
    const struct rule_set *named;
    struct slice compiled;

    TRY(load_pack(arena, options->base, &compiled, &named, fault));
    if (!care_table(named))
        return fault_set(fault, ERROR_VALUE, "The base %.*s is neither a joint standard nor an older version.",
                         SLICE_PRINT(named->pack));
    if (is_previous(subject->set, named)) {
        subject->previous = named;
    } else if (rule_set_decision(subject->set, SLICE(COMBINE_PACK))) {
        subject->base = named;
        subject->base_compiled = compiled;
        return load_source(arena, options->base, named, &subject->base_source, fault);
    }
    return OK;
}

/* A jurisdiction's pack is proved together with the joint standard: the one named, or the one beside it. */
static enum error load_base(struct arena *arena, const struct options *options, const char *path,
                            struct subject *subject, struct fault *fault)
{
    if (options->base)
        return load_named_base(arena, options, subject, fault);
    if (!rule_set_decision(subject->set, SLICE(COMBINE_PACK)))
        return OK;
    struct slice beside = arena_format(arena, "%s/../joint-standard", path);
    if (!beside.data)
        return ERROR_MEMORY;
    if (!file_exists(beside.data))
        return fault_set(fault, ERROR_FILE_MISSING, "The joint standard is not beside the pack: name it with --base.");
    TRY(load_pack(arena, beside.data, &subject->base_compiled, &subject->base, fault));
    return load_source(arena, beside.data, subject->base, &subject->base_source, fault);
}

/* ---- proving ---- */

/* Proving again must give the same record, from the first byte to the last. */
static int compare(const char *path, struct slice old, struct slice record)
{
    if (slice_equal(old, record))
        return EXIT_DONE;
    fprintf(stderr,
            "hospitium prove: Proving again does not give the record %s. Compare it with the output of --json.\n",
            path);
    return EXIT_NO;
}

static enum error write_record(struct arena *arena, const struct proof *proof, struct slice *ret_record)
{
    CLEANUP_BUFFER struct buffer record = buffer_new(RECORD_BYTES_MAX);

    prove_write_record(proof, &record);
    TRY(buffer_check(&record));
    *ret_record = arena_copy(arena, buffer_view(&record));
    return ret_record->data ? OK : ERROR_MEMORY;
}

/* By going through every case, and by the solver or, in its place, what a record says of it. */
static enum error make_record(struct arena *arena, const struct options *options, const struct subject *subject,
                              const struct json *old, struct slice *ret_record, struct fault *fault)
{
    const struct proof *first, *proof;

    TRY(prove_on(arena, subject->set, subject->base, options->day, &first, fault));
    TRY(second_proof(first, &subject->source, &subject->base_source, options->solver, old, &proof));
    return write_record(arena, proof, ret_record);
}

static enum error replay(struct arena *arena, const struct options *options, const struct subject *subject,
                         struct slice *ret_record, int *ret_code, struct fault *fault)
{
    const struct json *root;
    struct slice old;

    TRY(file_read(arena, options->replay, RECORD_BYTES_MAX, &old, fault));
    TRY(json_parse(arena, old, &root, fault));
    TRY(make_record(arena, options, subject, root, ret_record, fault));
    *ret_code = compare(options->replay, old, *ret_record);
    return OK;
}

static enum error find_record(struct arena *arena, const struct options *options, const struct subject *subject,
                              struct slice *ret_record, struct fault *fault)
{
    if (!options->cache)
        return make_record(arena, options, subject, NULL, ret_record, fault);
    struct hash key = proof_key(subject->compiled, subject->base_compiled, options->day);
    if (proof_find(arena, options->cache, &key, ret_record))
        return OK;
    TRY(make_record(arena, options, subject, NULL, ret_record, fault));
    return proof_keep(arena, options->cache, &key, *ret_record);
}

/* The texts, a file a property. */
static enum error write_texts(struct arena *arena, const struct options *options, const struct subject *subject,
                              struct fault *fault)
{
    const struct smt_source *base = subject->base ? &subject->base_source : NULL;
    struct smt_claim claim[SMT_CLAIMS_MAX];
    size_t count = smt_claims(&subject->source, base, claim);

    TRY(file_make_directory(options->smt));
    for (size_t i = 0; i < count; i++) {
        struct smt_text text;
        struct slice name = smt_file_name(arena, &subject->source, &claim[i]);
        struct slice path = arena_format(arena, "%s/%.*s", options->smt, SLICE_PRINT(name));
        if (!name.data || !path.data)
            return ERROR_MEMORY;
        TRY(smt_write(arena, &subject->source, base, &claim[i], options->day, &text, fault));
        TRY(file_replace_derived(path.data, text.text, 0644));
    }
    return OK;
}

static enum error prove_subject(struct arena *arena, const struct options *options, const struct subject *subject,
                                int *ret_code, struct fault *fault)
{
    const struct json *root;
    struct slice record;

    if (options->replay)
        TRY(replay(arena, options, subject, &record, ret_code, fault));
    else
        TRY(find_record(arena, options, subject, &record, fault));
    if (options->smt)
        TRY(write_texts(arena, options, subject, fault));
    TRY(json_parse(arena, record, &root, fault));
    if (options->json)
        printf("%.*s", SLICE_PRINT(record));
    else
        proof_print(root);
    if (options->record)
        TRY(file_replace(options->record, record, 0644));
    if (*ret_code == EXIT_DONE && !proof_record_holds(root))
        *ret_code = EXIT_NO;
    return OK;
}

/* ---- the other questions ---- */

static enum error compare_subject(struct arena *arena, const struct options *options, const struct subject *subject,
                                  int *ret_code, struct fault *fault)
{
    CLEANUP_BUFFER struct buffer json = buffer_new(OUTPUT_BYTES_MAX);
    struct changes changes;

    if (options->record || options->replay || options->smt)
        return fault_set(fault, ERROR_VALUE, "A comparison of two versions has no record.");
    TRY(change_find(arena, care_table(subject->previous), care_table(subject->set), options->day, &changes, fault));
    if (options->json) {
        difference_write(&changes, subject->previous, subject->set, &json);
        TRY(buffer_check(&json));
        printf("%.*s", SLICE_PRINT(buffer_view(&json)));
    } else {
        difference_print(&changes, subject->previous, subject->set);
    }
    *ret_code = difference_harms(&changes) ? EXIT_NO : EXIT_DONE;
    return OK;
}

static enum error show_overlaps(struct arena *arena, const struct options *options, const struct rule_set *set,
                                struct fault *fault)
{
    CLEANUP_BUFFER struct buffer json = buffer_new(OUTPUT_BYTES_MAX);

    if (!options->json)
        return overlap_print(arena, set, fault);
    TRY(overlap_write(arena, set, &json, fault));
    printf("%.*s", SLICE_PRINT(buffer_view(&json)));
    return OK;
}

/* Of a triage chart: what its colours lead to under the rules on care beside it. */
static enum error show_beside(struct arena *arena, const char *path, const struct rule_set *set, int *ret_code,
                              struct fault *fault)
{
    bool holds;

    TRY(beside_print(arena, path, set, &holds, fault));
    if (*ret_code == EXIT_DONE && !holds)
        *ret_code = EXIT_NO;
    return OK;
}

static enum error answer_path(struct arena *arena, const struct options *options, const char *path, int *ret_code,
                              struct fault *fault)
{
    struct subject subject = {0};

    *ret_code = EXIT_DONE;
    TRY(load_pack(arena, path, &subject.compiled, &subject.set, fault));
    if (options->overlaps)
        return show_overlaps(arena, options, subject.set, fault);
    TRY(load_base(arena, options, path, &subject, fault));
    TRY(load_source(arena, path, subject.set, &subject.source, fault));
    if (subject.previous)
        return compare_subject(arena, options, &subject, ret_code, fault);
    TRY(prove_subject(arena, options, &subject, ret_code, fault));
    return options->json ? OK : show_beside(arena, path, subject.set, ret_code, fault);
}

static int answer(const struct options *options, const char *path)
{
    CLEANUP_ARENA struct arena *arena = arena_new(MEMORY_MAX);
    struct fault fault = {0};
    int code = EXIT_DONE;

    enum error error = arena ? answer_path(arena, options, path, &code, &fault) : ERROR_MEMORY;
    if (error == OK)
        return code;
    code = command_fail("prove", error, &fault);
    return error == ERROR_PROFILE ? EXIT_NO : code;
}

/* `policy/` followed by a star names the README too. */
static bool is_no_pack(const struct options *options, const char *path)
{
    struct stat status;

    return options->pack_count > 1 && !slice_ends_with(slice_from_string(path), SLICE(".dmn")) &&
           stat(path, &status) == 0 && S_ISREG(status.st_mode);
}

int command_prove(int argc, char **argv)
{
    struct options options = {0};
    int code = EXIT_DONE;

    if (!parse_options(argc, argv, &options)) {
        fprintf(stderr, "%s", USAGE);
        return EXIT_USAGE;
    }
    CLEANUP_SOLVER struct solver *solver = NULL;
    enum error error = options.replay || options.overlaps ? OK : solver_start(&options.settings, &solver);
    if (error != OK)
        return command_fail("prove", error, NULL);
    options.solver = solver;
    for (size_t i = 0; i < options.pack_count; i++) {
        if (is_no_pack(&options, options.pack[i]))
            continue;
        int pack_code = answer(&options, options.pack[i]);
        code = pack_code > code ? pack_code : code;
    }
    return fflush(stdout) == 0 ? code : command_fail("prove", ERROR_IO, NULL);
}
