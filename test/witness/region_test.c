/* SPDX-License-Identifier: Apache-2.0 */

/* Proves that a region records what it cosigns once, finds it again after a start, and publishes a sum exactly once,
 * wherever keeping fails in between. */

#include "logbook.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ledger/proof.h"
#include "witness/region.h"

#define AFTER_NS ((int64_t)(1790812800 + 20 * 86400) * 1000000000) /* twenty days after 2026-Q3 */

struct bench {
    char directory[64];
    struct world world;
    struct secret_key seed, cosigning;
    struct logbook house[3];
    struct witness *witness;
    struct region *region;
    unsigned renames, fail_rename_at;
};

static int counted_rename(void *context, const char *from, const char *to)
{
    struct bench *bench = context;

    if (++bench->renames == bench->fail_rename_at) {
        errno = EIO;
        return -1;
    }
    return rename(from, to);
}

static enum error keep(void *context, struct slice origin, struct slice state)
{
    return OK;
}

static struct region_settings settings_of(struct bench *bench)
{
    struct region_settings settings = {.directory = bench->directory,
                                       .origin = SLICE("region.example/log"),
                                       .seed = &bench->seed,
                                       .world = &bench->world,
                                       .io = keeper_io_system(),
                                       .members = 3};

    settings.io.context = bench;
    settings.io.rename = counted_rename;
    return settings;
}

static void reopen(struct bench *bench)
{
    const struct region_settings settings = settings_of(bench);
    struct fault fault = {0};

    region_close(bench->region);
    bench->region = NULL;
    if (region_open(&settings, &bench->region, &fault) != OK)
        fail_msg("%s", fault.detail);
}

static int setup(void **state)
{
    static struct bench bench;
    static const char *const names[] = {"house-0/public", "house-1/public", "house-2/public"};

    bench = (struct bench){.directory = "/tmp/hospitium-region-XXXXXX", .world = world_driven(1, AFTER_NS)};
    assert_non_null(mkdtemp(bench.directory));
    memset(bench.seed.byte, 5, sizeof bench.seed.byte);
    memset(bench.cosigning.byte, 6, sizeof bench.cosigning.byte);
    const struct region_settings settings = settings_of(&bench);
    const struct witness_settings of_witness = {
        .name = SLICE("region.example"), .seed = &bench.cosigning, .world = &bench.world, .keep = keep};
    assert_int_equal(OK, region_create(&settings, NULL));
    assert_int_equal(OK, witness_new(&of_witness, &bench.witness));
    for (size_t i = 0; i < 3; i++) {
        logbook_make(&bench.house[i], names[i], (uint8_t)(30 + i));
        assert_int_equal(OK, witness_know(bench.witness, &bench.house[i].key));
    }
    reopen(&bench);
    *state = &bench;
    return 0;
}

static int teardown(void **state)
{
    struct bench *bench = *state;
    char command[128];

    region_close(bench->region);
    witness_free(bench->witness);
    snprintf(command, sizeof command, "rm -rf %s", bench->directory);
    return system(command);
}

static uint64_t entries(const struct bench *bench)
{
    return ledger_size(region_ledger(bench->region));
}

static void record(struct bench *bench, const struct logbook *house, uint64_t size)
{
    CLEANUP_BUFFER struct buffer note = buffer_new(NOTE_BYTES_MAX);

    logbook_sign(house, 0, size, &note);
    assert_int_equal(OK, region_record(bench->region, house->key.name, buffer_view(&note)));
}

static void each_checkpoint_is_recorded_once_and_found_after_a_start(void **state)
{
    struct bench *bench = *state;
    uint64_t index;

    assert_false(region_last_of(bench->region, bench->house[0].key.name, &index));
    record(bench, &bench->house[0], 3);
    record(bench, &bench->house[0], 3);
    record(bench, &bench->house[1], 3);
    record(bench, &bench->house[0], 3);
    assert_int_equal(2, entries(bench));
    record(bench, &bench->house[0], 5);
    reopen(bench);
    record(bench, &bench->house[0], 5);
    record(bench, &bench->house[1], 3);
    assert_int_equal(3, entries(bench));
    assert_true(region_last_of(bench->region, bench->house[0].key.name, &index));
    assert_int_equal(2, index);
    assert_false(region_last_of(bench->region, bench->house[2].key.name, &index));
}

static void an_entry_proves_itself_and_holds_the_houses_signature(void **state)
{
    struct bench *bench = *state;
    CLEANUP_ARENA struct arena *arena = arena_new(1u << 20);
    CLEANUP_BUFFER struct buffer text = buffer_new(PROOF_TEXT_MAX);
    uint8_t public_key[SIGN_PUBLIC_BYTES];
    struct proof_shown shown;
    struct note note;

    for (uint64_t size = 1; size < 20; size++)
        record(bench, &bench->house[size % 3], size);
    assert_int_equal(OK, region_prove(bench->region, 7, &text));
    sign_public(&bench->seed, public_key);
    struct note_key key = note_key_make(SLICE("region.example/log"), public_key);
    assert_int_equal(OK, proof_open(buffer_view(&text), &key, arena, &shown));
    assert_int_equal(OK, note_parse(shown.content, &note));
    assert_int_equal(OK, note_verify(&note, &bench->house[8 % 3].key));
    assert_int_equal(ERROR_NOT_FOUND, region_prove(bench->region, 19, &text));
}

static enum error state_counts(struct bench *bench, unsigned house, const char *node, const struct logbook *by)
{
    CLEANUP_BUFFER struct buffer note = buffer_new(NOTE_BYTES_MAX);
    char text[512];

    snprintf(text, sizeof text,
             "hospitium order counts 1\nnode %s\nperiod 2026-Q3\nasked %u\nreleased 0\nrefused 0\nlapsed 0\ntold 0\n",
             node, house);
    assert_int_equal(OK, note_sign(slice_from_string(text), by->key.name, &by->seed, &note));
    return region_take_counts(bench->region, bench->witness, buffer_view(&note));
}

static void only_a_house_speaks_for_itself(void **state)
{
    struct bench *bench = *state;

    assert_int_equal(ERROR_SIGNATURE, state_counts(bench, 1, "house-0", &bench->house[1]));
    assert_int_equal(ERROR_NOT_FOUND, state_counts(bench, 1, "house-9", &bench->house[1]));
    assert_int_equal(OK, state_counts(bench, 1, "house-1", &bench->house[1]));
    assert_int_equal(1, region_counts_waiting(bench->region));
}

/* Three statements are kept, then the sum is announced, appended, and crossed out: one rename each but for the append. */
static void a_sum_is_published_once_wherever_keeping_fails(void **state)
{
    for (unsigned at = 4; at <= 6; at++) {
        setup(state);
        struct bench *bench = *state;
        static const char *const nodes[] = {"house-0", "house-1", "house-2"};

        for (unsigned i = 0; i < 3; i++)
            assert_int_equal(OK, state_counts(bench, i, nodes[i], &bench->house[i]));
        bench->fail_rename_at = at;
        enum error first = region_tend(bench->region);
        assert_int_equal(at == 6 ? OK : ERROR_IO, first);
        reopen(bench);
        assert_int_equal(OK, region_tend(bench->region));
        assert_int_equal(1, entries(bench));
        assert_int_equal(0, region_counts_waiting(bench->region));
        reopen(bench);
        assert_int_equal(OK, region_tend(bench->region));
        assert_int_equal(1, entries(bench));
        teardown(state);
    }
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(each_checkpoint_is_recorded_once_and_found_after_a_start),
        TEST(an_entry_proves_itself_and_holds_the_houses_signature),
        TEST(only_a_house_speaks_for_itself),
        cmocka_unit_test(a_sum_is_published_once_wherever_keeping_fails),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
