/* SPDX-License-Identifier: Apache-2.0 */

/* hospitium verify: one proof file, checked without a node. Whose word counts is said by a key, or by a policy, which
 * also says how many witnesses must have seen the log. With the proof of a region, the checkpoint below the entry must
 * itself be an entry of the region's log: so the entry is proved to one checkpoint for all houses. */

#include "verify.h"

#include <stdio.h>
#include <time.h>

#include "base/file.h"
#include "command.h"
#include "ledger/policy.h"
#include "ledger/proof.h"

#define ARENA_MAX (8u << 20)
#define KEY_FILE_MAX 4096
#define EVENT_NONCE 16

enum error verify_read_key(struct arena *arena, const char *path, struct note_key *ret_key, struct fault *fault)
{
    struct slice text;

    TRY(file_read(arena, path, KEY_FILE_MAX, &text, fault));
    while (text.length > 0 && text.data[text.length - 1] == '\n')
        text.length--;
    enum error error = note_key_parse(text, ret_key);
    return error == OK ? OK : fault_set(fault, error, "%.200s", path);
}

struct verifying {
    struct arena *arena;
    const char *proof, *key, *policy, *region, *region_key;
    struct note_key log;
    struct slice text;
};

static void print_entry(struct slice origin, const struct proof_shown *shown)
{
    struct slice content = slice_from(shown->content, shown->commitment ? EVENT_NONCE : 0);

    printf("This is entry %llu of the log %.*s:\n%.*s\n", (unsigned long long)shown->index, SLICE_PRINT(origin),
           SLICE_PRINT(content));
}

static void print_witnesses(const struct policy *policy, const struct policy_verdict *verdict)
{
    for (unsigned i = 0; i < policy->members; i++) {
        char when[32] = "an unknown time";
        time_t time_s = (time_t)verdict->time_s[i];
        struct tm tm;

        if (!verdict->cosigned[i])
            continue;
        if (gmtime_r(&time_s, &tm))
            strftime(when, sizeof when, "%Y-%m-%dT%H:%M:%SZ", &tm);
        printf("Witness %.*s saw this log at %s.\n", SLICE_PRINT(policy->member[i].name), when);
    }
}

static enum error by_policy(struct verifying *verifying, struct fault *fault)
{
    const struct note_key *log = verifying->key ? &verifying->log : NULL;
    const struct policy *policy;
    struct policy_verdict *verdict = arena_alloc(verifying->arena, sizeof *verdict);
    struct proof_shown shown;
    struct slice text;

    if (!verdict)
        return ERROR_MEMORY;
    TRY(file_read(verifying->arena, verifying->policy, POLICY_BYTES_MAX, &text, fault));
    TRY(policy_parse(text, verifying->arena, &policy, fault));
    enum error error = policy_open_proof(policy, log, verifying->text, verifying->arena, verdict, &shown);
    if (error == ERROR_QUORUM)
        return fault_set(fault, error, "%u of its witnesses have", verdict->witnesses);
    if (error == ERROR_SIGNATURE && !log && policy->logs == 0)
        return fault_set(fault, error, "the policy names no log; give its key with --key");
    TRY(error);
    print_entry(verdict->checkpoint.origin, &shown);
    print_witnesses(policy, verdict);
    return OK;
}

static enum error by_key(struct verifying *verifying)
{
    struct proof_shown shown;

    TRY(proof_open(verifying->text, &verifying->log, verifying->arena, &shown));
    print_entry(verifying->log.name, &shown);
    return OK;
}

/* The region's entry is the checkpoint that the proof of the house ends in. */
static enum error by_region(struct verifying *verifying, struct fault *fault)
{
    struct note_key region;
    struct proof house;
    struct proof_shown shown;
    struct note checkpoint, entry;
    struct slice text;

    TRY(verify_read_key(verifying->arena, verifying->region_key, &region, fault));
    TRY(file_read(verifying->arena, verifying->region, PROOF_TEXT_MAX, &text, fault));
    enum error error = proof_open(text, &region, verifying->arena, &shown);
    if (error != OK)
        return fault_set(fault, error, "%.200s", verifying->region);
    TRY(proof_parse(verifying->text, &house));
    TRY(note_parse(house.checkpoint, &checkpoint));
    if (shown.commitment || note_parse(shown.content, &entry) != OK || !slice_equal(entry.text, checkpoint.text))
        return fault_set(fault, ERROR_PROOF, "the region's entry is another checkpoint than the one of this proof");
    printf("Its checkpoint is entry %llu of the log %.*s.\n", (unsigned long long)shown.index,
           SLICE_PRINT(region.name));
    return OK;
}

static enum error verify(struct verifying *verifying, struct fault *fault)
{
    if (verifying->key)
        TRY(verify_read_key(verifying->arena, verifying->key, &verifying->log, fault));
    TRY(file_read(verifying->arena, verifying->proof, PROOF_TEXT_MAX, &verifying->text, fault));
    TRY(verifying->policy ? by_policy(verifying, fault) : by_key(verifying));
    return verifying->region ? by_region(verifying, fault) : OK;
}

int command_verify(int argc, char **argv)
{
    CLEANUP_ARENA struct arena *arena = arena_new(ARENA_MAX);
    struct verifying verifying = {.arena = arena};
    const struct option_spec specs[] = {{"key", &verifying.key, NULL},
                                        {"policy", &verifying.policy, NULL},
                                        {"region", &verifying.region, NULL},
                                        {"region-key", &verifying.region_key, NULL}};
    struct fault fault = {0};
    size_t positions;

    if (!command_arguments(argc, argv, specs, 4, &verifying.proof, 1, &positions) || positions != 1 ||
        (!verifying.key && !verifying.policy) || !verifying.region != !verifying.region_key)
        return command_usage(argv[0]);
    enum error error = arena ? verify(&verifying, &fault) : ERROR_MEMORY;
    return error == OK ? EXIT_DONE : command_error(error, &fault);
}
