/* SPDX-License-Identifier: Apache-2.0 */

/* What allocation_test.c proves of the node, for the parts that work without one: a request from its head to its
 * answer, a step of an import, reading a log, a proof file, the shares of a key. */

#define _GNU_SOURCE
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <openssl/err.h>

#include "fhir/bundle.h"
#include "fhir/strip.h"
#include "fhir/validate.h"
#include "keys/shares.h"
#include "ledger/ledger.h"
#include "ledger/note.h"
#include "ledger/proof.h"
#include "ledger/verify.h"
#include "crypto/sign.h"
#include "image.h"
#include "memory.h"
#include "points.h"
#include "scratch.h"
#include "server/head.h"
#include "text/json.h"
#include "../server/memory.h"

#define ORIGIN SLICE("clinic.example/log/access")
#define REQUEST                                                                                                        \
    "POST /fhir/Patient?_format=json HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 10\r\n"  \
    "\r\n0123456789"
#define PATIENT                                                                                                        \
    "{\"resourceType\":\"Patient\",\"name\":[{\"family\":\"Hadad\"}],\"extension\":[{\"url\":"                         \
    "\"http://hl7.org/fhir/StructureDefinition/patient-nationality\",\"extension\":[{\"url\":\"code\","                \
    "\"valueCodeableConcept\":{\"text\":\"x\"}}]}]}"
#define BUNDLE                                                                                                         \
    "{\"resourceType\":\"Bundle\",\"type\":\"transaction\",\"entry\":[{\"fullUrl\":\"urn:uuid:1\","                    \
    "\"resource\":" PATIENT ",\"request\":{\"method\":\"POST\",\"url\":\"Patient\"}}]}"

static struct {
    struct scratch scratch;
    struct world world;
    struct secret_key seed;
    struct note_key key;
    struct ledger_settings settings;
    char log[160];
    struct arena *arena;
    struct slice proof;
} parts;

/* ---- the parts ---- */

static enum error request_is_answered(void)
{
    struct memory memory;

    memory_begin(&memory, (struct server_limits){0}, true);
    memory_feed(&memory, SLICE(REQUEST), 4096);
    bool answered = slice_starts_with(memory_output(&memory), SLICE("HTTP/1.1 200"));
    bool refused = memory_output(&memory).length == 0 || slice_starts_with(memory_output(&memory), SLICE("HTTP/1.1 5"));
    memory_end(&memory);
    return answered ? OK : refused ? ERROR_MEMORY : ERROR_COUNT;
}

static enum error resource_is_stripped(void)
{
    CLEANUP_ARENA struct arena *arena = arena_new(1u << 20);
    CLEANUP_BUFFER struct buffer into = buffer_new(65536);
    struct fhir_strip_counts counts = {0};
    const struct json *root;
    bool dropped;

    if (!arena)
        return ERROR_MEMORY;
    TRY(json_parse(arena, SLICE(PATIENT), &root, NULL));
    TRY(fhir_strip(root, &into, &counts, &dropped));
    TRY(buffer_check(&into));
    return slice_search(buffer_view(&into), SLICE("nationality")) == SIZE_MAX ? OK : ERROR_COUNT;
}

static enum error bundle_is_planned(void)
{
    CLEANUP_ARENA struct arena *arena = arena_new(1u << 20);
    const struct json *root;
    struct fhir_plan plan;

    if (!arena)
        return ERROR_MEMORY;
    TRY(json_parse(arena, SLICE(BUNDLE), &root, NULL));
    TRY(fhir_bundle_plan(arena, root, &plan, NULL));
    return plan.entries == 1 ? OK : ERROR_COUNT;
}

static enum error log_is_verified(void)
{
    struct verify_summary summary;

    return ledger_verify(parts.log, &parts.key, slice_of("", 0), NULL, NULL, &summary);
}

static enum error log_is_opened(void)
{
    struct ledger *ledger = NULL;

    TRY(ledger_open(parts.log, &parts.settings, &ledger, NULL, NULL));
    ledger_close(ledger);
    return OK;
}

static enum error proof_is_opened(void)
{
    CLEANUP_ARENA struct arena *arena = arena_new(1u << 20);
    struct proof_shown shown;

    if (!arena)
        return ERROR_MEMORY;
    return proof_open(parts.proof, &parts.key, arena, &shown);
}

static enum error key_is_split_and_combined(void)
{
    struct share share[SHARES_MAX], read[2];
    struct secret_key again;

    TRY(shares_split(&parts.seed, 3, 2, &parts.world, share));
    for (size_t i = 0; i < 2; i++) {
        CLEANUP_BUFFER_WIPE struct buffer line = buffer_new(1024);
        share_write(&share[i + 1], &line);
        TRY(buffer_check(&line));
        TRY(share_read(buffer_view(&line), &read[i]));
    }
    TRY(shares_combine(read, 2, &again, NULL));
    return memcmp(again.byte, parts.seed.byte, SECRET_KEY_BYTES) == 0 ? OK : ERROR_COUNT;
}

static const struct {
    const char *name;
    enum error (*run)(void);
} work[] = {
    {"a request is answered", request_is_answered},
    {"a resource is stripped", resource_is_stripped},
    {"a bundle is planned", bundle_is_planned},
    {"a log is verified", log_is_verified},
    {"a log is opened", log_is_opened},
    {"a proof is opened", proof_is_opened},
    {"a key is split", key_is_split_and_combined},
};
#define WORKS (sizeof work / sizeof *work)

/* ---- every allocation of each ---- */

static size_t *tried; /* survives a child */

static bool fails_well(size_t index, size_t nth, bool for_ever, bool *ret_failed, char why[256])
{
    ERR_clear_error();
    int64_t before = memory_live();
    memory_fail(nth, for_ever);
    enum error error = work[index].run();
    *ret_failed = memory_has_failed();
    memory_fail(0, false);
    ERR_clear_error();
    tried[0] += *ret_failed;
    enum error again = work[index].run();
    bool wrong = error >= ERROR_COUNT || (error != OK && !*ret_failed) || error == ERROR_CORRUPT ||
                 error == ERROR_SIGNATURE || error == ERROR_PROOF || again != OK;
    if (wrong || memory_live() != before)
        snprintf(why, 256, "allocation %zu %s: error %d, then %d, %lld are left", nth, for_ever ? "for ever" : "once",
                 error, again, (long long)(memory_live() - before));
    return why[0] == '\0';
}

static bool run_work(void *context, size_t index, char why[256])
{
    bool failed = true;

    (void)context;
    if (work[index].run() != OK)
        snprintf(why, 256, "it does not work at all");
    for (int for_ever = 0; for_ever < 2; for_ever++, failed = true)
        for (size_t nth = 1; failed && why[0] == '\0'; nth++)
            (void)fails_well(index, nth, for_ever, &failed, why);
    return why[0] == '\0';
}

static void name_work(void *context, size_t index, char name[200])
{
    (void)context;
    snprintf(name, 200, "%s", work[index].name);
}

static void every_failed_allocation_is_an_error_and_nothing_else(void **state)
{
    struct points points = {WORKS, SIZE_MAX, points_seed(), run_work, name_work, NULL};
    size_t ran;

    (void)state;
    size_t failed = points_run(&points, &ran);
    print_message("%zu parts, %zu allocations failed, %zu went wrong\n", ran, tried[0], failed);
    assert_int_equal(failed, 0);
}

static int make_parts(void **state)
{
    CLEANUP_BUFFER struct buffer text = buffer_new(65536);
    const struct ledger_entry entry = {.leaf = SLICE("{\"kind\":\"sample\"}")};
    uint8_t public_key[SIGN_PUBLIC_BYTES];
    struct ledger *ledger = NULL;
    uint64_t first;

    (void)state;
    tried = points_shared(sizeof *tried);
    parts.scratch = scratch_make();
    parts.arena = arena_new(1u << 20);
    snprintf(parts.log, sizeof parts.log, "%s/log", parts.scratch.directory);
    parts.world = world_driven(7, INT64_C(1700000000000000000));
    parts.world.random(&parts.world, parts.seed.byte, SECRET_KEY_BYTES);
    sign_public(&parts.seed, public_key);
    parts.key = note_key_make(ORIGIN, public_key);
    parts.settings = (struct ledger_settings){.origin = ORIGIN, .seed = &parts.seed, .world = &parts.world};
    if (ledger_create(parts.log, &parts.settings, &ledger, NULL) != OK)
        return -1;
    for (int i = 0; i < 300; i++)
        if (ledger_append(ledger, &entry, 1, 0, &first) != OK)
            return -1;
    if (ledger_proof_text(ledger, 5, entry.leaf, &text) != OK)
        return -1;
    parts.proof = arena_copy(parts.arena, buffer_view(&text));
    ledger_close(ledger);
    return 0;
}

static int remove_parts(void **state)
{
    (void)state;
    arena_free(parts.arena);
    scratch_remove(&parts.scratch);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_failed_allocation_is_an_error_and_nothing_else),
    };
    return cmocka_run_group_tests(tests, make_parts, remove_parts);
}
