/* SPDX-License-Identifier: Apache-2.0 */

/* Proves that a witness answers add-checkpoint as tlog-witness says, status by status, that it keeps before it says,
 * never vouches for less than before, and that its time never runs back. */

#include "logbook.h"

#include <stdio.h>
#include <string.h>

#include "crypto/encode.h"
#include "ledger/published_keys.h"

#define NAME "witness.example/w1"
#define START_S 1800000000

/* What the witness keeps stays here; `fail` answers the next calls instead. */
struct bench {
    struct logbook log, other;
    struct world world;
    struct secret_key seed;
    struct witness *witness;
    struct buffer kept, recorded;
    unsigned keeps, records, splits;
    enum error fail_keep, fail_record;
    bool cosigned_before_kept;
};

static enum error keep(void *context, struct slice origin, struct slice state)
{
    struct bench *bench = context;

    bench->keeps++;
    if (bench->fail_keep != OK)
        return bench->fail_keep;
    buffer_clear(&bench->kept);
    buffer_slice(&bench->kept, state);
    return OK;
}

static enum error record(void *context, struct slice origin, struct slice note)
{
    struct bench *bench = context;

    bench->records++;
    if (bench->fail_record != OK)
        return bench->fail_record;
    buffer_clear(&bench->recorded);
    buffer_slice(&bench->recorded, note);
    return OK;
}

static void split(void *context, struct slice origin, struct slice kept, struct slice other)
{
    struct bench *bench = context;
    struct note first, second;

    bench->splits++;
    assert_int_equal(OK, note_parse(kept, &first));
    assert_int_equal(OK, note_parse(other, &second));
    assert_int_equal(OK, note_verify(&first, &bench->log.key));
    assert_int_equal(OK, note_verify(&second, &bench->log.key));
    assert_false(slice_equal(first.text, second.text));
}

static void start(struct bench *bench)
{
    const struct witness_settings settings = {.name = SLICE(NAME),
                                              .seed = &bench->seed,
                                              .world = &bench->world,
                                              .context = bench,
                                              .keep = keep,
                                              .record = record,
                                              .split = split};

    assert_int_equal(OK, witness_new(&settings, &bench->witness));
    assert_int_equal(OK, witness_know(bench->witness, &bench->log.key));
    if (bench->kept.length > 0)
        assert_int_equal(OK, witness_recall(bench->witness, buffer_view(&bench->kept)));
}

static void restart(struct bench *bench)
{
    witness_free(bench->witness);
    start(bench);
}

static int setup(void **state)
{
    static struct bench bench;

    bench = (struct bench){.world = world_driven(1, (int64_t)START_S * 1000000000),
                           .kept = buffer_new(STATE_BYTES_MAX),
                           .recorded = buffer_new(STATE_BYTES_MAX)};
    logbook_make(&bench.log, "clinic.example/access", 1);
    logbook_make(&bench.other, "other.example/access", 2);
    memset(bench.seed.byte, 7, sizeof bench.seed.byte);
    start(&bench);
    *state = &bench;
    return 0;
}

static int teardown(void **state)
{
    struct bench *bench = *state;

    witness_free(bench->witness);
    buffer_free(&bench->kept);
    buffer_free(&bench->recorded);
    return 0;
}

/* Asks and gives back what was answered; `answer` may be NULL. */
static enum witness_answer ask(struct bench *bench, struct slice request, struct buffer *answer)
{
    CLEANUP_BUFFER struct buffer body = buffer_new(4096);
    enum witness_answer result = witness_add_checkpoint(bench->witness, request, &body);

    if (answer) {
        buffer_clear(answer);
        buffer_slice(answer, buffer_view(&body));
    }
    return result;
}

static enum witness_answer offer(struct bench *bench, unsigned branch, uint64_t older, uint64_t size)
{
    CLEANUP_BUFFER struct buffer request = buffer_new(REQUEST_BYTES_MAX);

    logbook_request(&bench->log, branch, older, size, &request);
    return ask(bench, buffer_view(&request), NULL);
}

/* ---- the matrix ---- */

static void a_log_that_only_grows_is_cosigned_and_the_line_verifies(void **state)
{
    struct bench *bench = *state;
    static const struct {
        uint64_t older, size;
    } steps[] = {{0, 0}, {0, 1}, {1, 1}, {1, 2}, {2, 7}, {7, 7}, {7, 8}, {8, 21}, {21, 40}};

    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
        CLEANUP_BUFFER struct buffer request = buffer_new(REQUEST_BYTES_MAX), answer = buffer_new(4096);
        CLEANUP_BUFFER struct buffer note = buffer_new(NOTE_BYTES_MAX);
        struct note_key key = witness_key(bench->witness);
        struct note parsed;
        uint64_t time_s;

        world_advance(&bench->world, 1000000000);
        logbook_request(&bench->log, 0, steps[i].older, steps[i].size, &request);
        assert_int_equal(WITNESS_COSIGNED, ask(bench, buffer_view(&request), &answer));
        logbook_sign(&bench->log, 0, steps[i].size, &note);
        assert_int_equal(OK, note_parse(buffer_view(&note), &parsed));
        assert_int_equal(OK, cosignature_accept(parsed.text, buffer_view(&answer), &key, &time_s, NULL));
        assert_int_equal(START_S + i + 1, time_s);
        assert_true(slice_equal(buffer_view(&bench->recorded), buffer_view(&note)));
    }
}

/* A request cut, or with something in it exchanged. */
static struct slice changed(struct buffer *room, struct slice request, const char *from, const char *to)
{
    size_t at = slice_search(request, slice_from_string(from));

    assert_true(at != SIZE_MAX);
    buffer_clear(room);
    buffer_slice(room, slice_of(request.data, at));
    buffer_string(room, to);
    buffer_slice(room, slice_from(request, at + strlen(from)));
    return buffer_view(room);
}

#define HASH_LINE "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n"

/* From 3 to 7 entries, with one thing wrong. */
static void every_fault_has_its_status(void **state)
{
    static const struct {
        const char *from, *to;
        enum witness_answer answer;
    } cases[] = {
        {"old 3\n", "old 3\n\n", WITNESS_MALFORMED}, /* the checkpoint begins with a hash */
        {"old 3\n", "", WITNESS_MALFORMED},
        {"old 3\n", "old\n", WITNESS_MALFORMED},
        {"old 3\n", "old 03\n", WITNESS_MALFORMED},
        {"old 3\n", "old -3\n", WITNESS_MALFORMED},
        {"old 3\n", "old 3 \n", WITNESS_MALFORMED},
        {"old 3\n", "old 3\r\n", WITNESS_MALFORMED},
        {"old 3\n", "Old 3\n", WITNESS_MALFORMED},
        {"old 3\n", "old 18446744073709551616\n", WITNESS_MALFORMED},
        {"old 3\n", "old 3\nAAAA\n", WITNESS_MALFORMED},
        {"old 3\n", "old 3\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\n", WITNESS_MALFORMED},   /* no padding */
        {"old 3\n", "old 3\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA==\n", WITNESS_MALFORMED}, /* more of it */
        {"old 3\n", "old 3\n-AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n",
         WITNESS_MALFORMED}, /* the other alphabet */
        {"old 3\n", "old 3\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAB=\n",
         WITNESS_MALFORMED}, /* bits that are lost */
        {"old 3\n", "old 3\nAAAAAAAAAAAAAAAAAAAAA AAAAAAAAAAAAAAAAAAAAAA=\n", WITNESS_MALFORMED}, /* a space */
        {"old 3\n", "old 3\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\r\n",
         WITNESS_MALFORMED}, /* the end of a line of another system */
        {"old 3\n", "old 3\n AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n", WITNESS_MALFORMED}, /* a space before */
        {"old 3\n", "old 8\n", WITNESS_MALFORMED},
        {"\n\n", "\n", WITNESS_MALFORMED},
        {"\n7\n", "\n07\n", WITNESS_MALFORMED},
        {"\n7\n", "\nseven\n", WITNESS_MALFORMED},
        {"clinic.example/access\n7", "nobody.example/access\n7", WITNESS_UNKNOWN},
        {"\n7\n", "\n8\n", WITNESS_UNSIGNED},
        {"\xE2\x80\x94 clinic", "\xE2\x80\x94 hospital", WITNESS_UNSIGNED},
        {"old 3\n", "old 0\n", WITNESS_STALE},
        {"old 3\n", "old 2\n", WITNESS_STALE},
        {"old 3\n", "old 7\n", WITNESS_STALE},
        {"old 3\n", "old 3\n" HASH_LINE, WITNESS_INCONSISTENT},
    };
    struct bench *bench = *state;
    CLEANUP_BUFFER struct buffer request = buffer_new(REQUEST_BYTES_MAX), room = buffer_new(2 * REQUEST_BYTES_MAX);
    CLEANUP_BUFFER struct buffer answer = buffer_new(4096);

    assert_int_equal(WITNESS_COSIGNED, offer(bench, 0, 0, 3));
    logbook_request(&bench->log, 0, 3, 7, &request);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct slice bad = changed(&room, buffer_view(&request), cases[i].from, cases[i].to);
        enum witness_answer got = ask(bench, bad, &answer);
        if (got != cases[i].answer)
            fail_msg("case %zu: %d", i, got);
        assert_true(slice_is(buffer_view(&answer), got == WITNESS_STALE ? "3\n" : ""));
    }
    assert_int_equal(1, bench->keeps);
    assert_int_equal(WITNESS_COSIGNED, ask(bench, buffer_view(&request), &answer));
}

static void a_request_cut_anywhere_is_malformed_or_unsigned(void **state)
{
    struct bench *bench = *state;
    CLEANUP_BUFFER struct buffer request = buffer_new(REQUEST_BYTES_MAX);

    assert_int_equal(WITNESS_COSIGNED, offer(bench, 0, 0, 3));
    logbook_request(&bench->log, 0, 3, 7, &request);
    for (size_t length = 0; length < request.length; length++) {
        enum witness_answer answer = ask(bench, slice_of(request.data, length), NULL);
        if (answer != WITNESS_MALFORMED && answer != WITNESS_UNSIGNED)
            fail_msg("%zu bytes: %d", length, answer);
    }
}

static void sixty_three_hashes_are_read_and_sixty_four_are_malformed(void **state)
{
    struct bench *bench = *state;
    CLEANUP_BUFFER struct buffer note = buffer_new(NOTE_BYTES_MAX), request = buffer_new(REQUEST_BYTES_MAX);
    struct tree_proof proof = {.count = 64};

    assert_int_equal(WITNESS_COSIGNED, offer(bench, 0, 0, 3));
    logbook_sign(&bench->log, 0, 7, &note);
    assert_int_equal(OK, request_write(3, &proof, buffer_view(&note), &request));
    assert_int_equal(WITNESS_MALFORMED, ask(bench, buffer_view(&request), NULL));
    buffer_clear(&request);
    proof.count = 63;
    assert_int_equal(OK, request_write(3, &proof, buffer_view(&note), &request));
    assert_int_equal(WITNESS_INCONSISTENT, ask(bench, buffer_view(&request), NULL));
}

static void another_story_is_refused_and_the_proof_of_it_is_kept(void **state)
{
    struct bench *bench = *state;

    assert_int_equal(WITNESS_COSIGNED, offer(bench, 0, 0, 7));
    assert_int_equal(WITNESS_INCONSISTENT, offer(bench, 2, 7, 9));
    assert_int_equal(0, bench->splits); /* a proof that does not hold may be anybody's */
    assert_int_equal(WITNESS_INCONSISTENT, offer(bench, 2, 7, 7));
    assert_int_equal(1, bench->splits);
    assert_int_equal(WITNESS_STALE, offer(bench, 2, 2, 7));
    assert_int_equal(2, bench->splits);
    assert_int_equal(WITNESS_STALE, offer(bench, 0, 2, 7));
    assert_int_equal(2, bench->splits); /* old news is no other story */
    assert_int_equal(WITNESS_COSIGNED, offer(bench, 0, 7, 9));
}

static void the_empty_tree_has_one_root_and_needs_no_proof(void **state)
{
    struct bench *bench = *state;
    CLEANUP_BUFFER struct buffer note = buffer_new(NOTE_BYTES_MAX), request = buffer_new(REQUEST_BYTES_MAX);
    const struct checkpoint wrong = {bench->log.key.name, {0, hash_sha256(SLICE("no empty tree"))}};
    struct tree_proof proof = {.count = 0};

    assert_int_equal(OK, checkpoint_sign(&wrong, &bench->log.seed, &note));
    assert_int_equal(OK, request_write(0, &proof, buffer_view(&note), &request));
    assert_int_equal(WITNESS_INCONSISTENT, ask(bench, buffer_view(&request), NULL));

    buffer_clear(&note);
    buffer_clear(&request);
    proof.count = 1;
    logbook_sign(&bench->log, 0, 5, &note);
    assert_int_equal(OK, request_write(0, &proof, buffer_view(&note), &request));
    assert_int_equal(WITNESS_INCONSISTENT, ask(bench, buffer_view(&request), NULL));
    assert_int_equal(WITNESS_COSIGNED, offer(bench, 0, 0, 0));
    assert_int_equal(WITNESS_COSIGNED, offer(bench, 0, 0, 5));
}

/* One bad line of a known key makes the note malformed, whatever good ones stand beside it; lines of strangers do not
 * matter; and each key that a log has will do. */
static void signatures_are_judged_as_signed_note_says(void **state)
{
    struct bench *bench = *state;
    CLEANUP_BUFFER struct buffer request = buffer_new(REQUEST_BYTES_MAX), stranger = buffer_new(1024);
    struct logbook second;

    logbook_request(&bench->log, 0, 0, 3, &request);
    size_t length = request.length;
    static const uint8_t zeros[SIGNATURE_BYTES];
    note_signature_write(&bench->log.key, slice_of(zeros, sizeof zeros), &request);
    assert_int_equal(WITNESS_UNSIGNED, ask(bench, buffer_view(&request), NULL));
    request.length = length;
    note_signature_write(&bench->other.key, slice_of(zeros, sizeof zeros), &request);
    assert_int_equal(WITNESS_COSIGNED, ask(bench, buffer_view(&request), NULL));

    logbook_make(&second, "clinic.example/access", 3);
    buffer_clear(&request);
    logbook_request(&second, 0, 3, 4, &request);
    assert_int_equal(WITNESS_UNSIGNED, ask(bench, buffer_view(&request), NULL));
    assert_int_equal(OK, witness_know(bench->witness, &second.key));
    assert_int_equal(WITNESS_COSIGNED, ask(bench, buffer_view(&request), NULL));
    assert_int_equal(1, witness_logs(bench->witness));
}

static void extension_lines_are_cosigned_with_the_rest(void **state)
{
    struct bench *bench = *state;
    CLEANUP_BUFFER struct buffer text = buffer_new(1024), note = buffer_new(NOTE_BYTES_MAX);
    CLEANUP_BUFFER struct buffer request = buffer_new(REQUEST_BYTES_MAX), answer = buffer_new(1024);
    const struct checkpoint checkpoint = {bench->log.key.name, logbook_head(&bench->log, 0, 3)};
    struct note_key key = witness_key(bench->witness);
    struct tree_proof proof = {.count = 0};

    checkpoint_write_text(&checkpoint, &text);
    buffer_string(&text, "an extension\n");
    assert_int_equal(OK, note_sign(buffer_view(&text), bench->log.key.name, &bench->log.seed, &note));
    assert_int_equal(OK, request_write(0, &proof, buffer_view(&note), &request));
    assert_int_equal(WITNESS_COSIGNED, ask(bench, buffer_view(&request), &answer));
    assert_int_equal(OK, cosignature_accept(buffer_view(&text), buffer_view(&answer), &key, NULL, NULL));
}

/* ---- keeping ---- */

static void the_roll_back_race_of_the_specification_ends_in_a_conflict(void **state)
{
    struct bench *bench = *state;
    CLEANUP_BUFFER struct buffer a = buffer_new(REQUEST_BYTES_MAX), b = buffer_new(REQUEST_BYTES_MAX);
    CLEANUP_BUFFER struct buffer body = buffer_new(4096);
    struct witness_offer offer_a, offer_b;

    assert_int_equal(WITNESS_COSIGNED, offer(bench, 0, 0, 1));
    logbook_request(&bench->log, 0, 1, 3, &a);
    logbook_request(&bench->log, 0, 1, 5, &b);
    assert_int_equal(WITNESS_COSIGNED, witness_consider(bench->witness, buffer_view(&a), &offer_a, &body));
    assert_int_equal(WITNESS_COSIGNED, witness_consider(bench->witness, buffer_view(&b), &offer_b, &body));
    assert_int_equal(WITNESS_COSIGNED, witness_cosign(bench->witness, &offer_b, &body));
    buffer_clear(&body);
    assert_int_equal(WITNESS_STALE, witness_cosign(bench->witness, &offer_a, &body));
    assert_true(slice_is(buffer_view(&body), "5\n"));
    assert_int_equal(5, witness_log_at(bench->witness, 0).head.size);
    restart(bench);
    assert_int_equal(5, witness_log_at(bench->witness, 0).head.size);
}

static void what_cannot_be_kept_is_not_cosigned(void **state)
{
    struct bench *bench = *state;

    assert_int_equal(WITNESS_COSIGNED, offer(bench, 0, 0, 3));
    bench->fail_keep = ERROR_DISK_FULL;
    assert_int_equal(WITNESS_NOT_KEPT, offer(bench, 0, 3, 5));
    assert_int_equal(3, witness_log_at(bench->witness, 0).head.size);
    bench->fail_keep = OK; /* room again */
    assert_int_equal(WITNESS_COSIGNED, offer(bench, 0, 3, 5));

    bench->fail_keep = ERROR_IO;
    assert_int_equal(WITNESS_NOT_KEPT, offer(bench, 0, 5, 6));
    bench->fail_keep = OK; /* but nobody knows what is on the disk */
    assert_int_equal(WITNESS_NOT_KEPT, offer(bench, 0, 5, 6));
    assert_true(witness_is_shut(bench->witness));
    restart(bench);
    assert_int_equal(WITNESS_COSIGNED, offer(bench, 0, 5, 6));
}

static void what_cannot_be_recorded_is_not_cosigned_until_it_is(void **state)
{
    struct bench *bench = *state;

    bench->fail_record = ERROR_DISK_FULL;
    assert_int_equal(WITNESS_NOT_KEPT, offer(bench, 0, 0, 3));
    assert_int_equal(WITNESS_STALE, offer(bench, 0, 0, 3));
    assert_int_equal(WITNESS_NOT_KEPT, offer(bench, 0, 3, 3));
    bench->fail_record = OK;
    assert_int_equal(WITNESS_COSIGNED, offer(bench, 0, 3, 3));
    assert_int_equal(3, bench->records);
}

static void a_restarted_witness_goes_on_where_it_was(void **state)
{
    struct bench *bench = *state;

    assert_int_equal(WITNESS_COSIGNED, offer(bench, 0, 0, 7));
    restart(bench);
    assert_int_equal(WITNESS_STALE, offer(bench, 2, 0, 3));
    assert_int_equal(WITNESS_INCONSISTENT, offer(bench, 2, 7, 9));
    assert_int_equal(WITNESS_COSIGNED, offer(bench, 0, 7, 9));
}

static void its_time_never_runs_back(void **state)
{
    struct bench *bench = *state;

    assert_int_equal(WITNESS_COSIGNED, offer(bench, 0, 0, 3));
    world_advance(&bench->world, -(int64_t)86400 * 1000000000);
    assert_int_equal(WITNESS_COSIGNED, offer(bench, 0, 3, 4));
    assert_int_equal(START_S, witness_log_at(bench->witness, 0).time_s);
    restart(bench);
    assert_int_equal(WITNESS_COSIGNED, offer(bench, 0, 4, 5));
    assert_int_equal(START_S, witness_log_at(bench->witness, 0).time_s);
    assert_int_equal(1, witness_counts(bench->witness)->clock_back);
    world_advance(&bench->world, (int64_t)86401 * 1000000000);
    assert_int_equal(WITNESS_COSIGNED, offer(bench, 0, 5, 6));
    assert_int_equal(START_S + 1, witness_log_at(bench->witness, 0).time_s);
}

static void who_repeats_a_checkpoint_costs_one_write_a_second(void **state)
{
    struct bench *bench = *state;

    assert_int_equal(WITNESS_COSIGNED, offer(bench, 0, 0, 3));
    for (int i = 0; i < 100; i++)
        assert_int_equal(WITNESS_COSIGNED, offer(bench, 0, 3, 3));
    assert_int_equal(1, bench->keeps);
    world_advance(&bench->world, 1000000000);
    assert_int_equal(WITNESS_COSIGNED, offer(bench, 0, 3, 3));
    assert_int_equal(2, bench->keeps);
}

static void every_flipped_bit_of_what_was_kept_is_refused(void **state)
{
    struct bench *bench = *state;
    CLEANUP_BUFFER struct buffer kept = buffer_new(STATE_BYTES_MAX);

    assert_int_equal(WITNESS_COSIGNED, offer(bench, 0, 0, 3));
    buffer_slice(&kept, buffer_view(&bench->kept));
    for (size_t bit = 0; bit < 8 * kept.length; bit++) {
        kept.data[bit / 8] ^= (char)(1 << bit % 8);
        if (witness_recall(bench->witness, buffer_view(&kept)) == OK)
            fail_msg("bit %zu", bit);
        kept.data[bit / 8] ^= (char)(1 << bit % 8);
    }
    for (size_t length = 0; length < kept.length; length++)
        assert_int_equal(ERROR_CORRUPT, witness_recall(bench->witness, slice_of(kept.data, length)));
    assert_int_equal(OK, witness_recall(bench->witness, buffer_view(&kept)));
}

/* A state that is whole, but not one that this witness could have left. */
static void a_state_of_another_witness_is_refused(void **state)
{
    struct bench *bench = *state;
    CLEANUP_BUFFER struct buffer foreign = buffer_new(STATE_BYTES_MAX);

    memset(bench->seed.byte, 8, sizeof bench->seed.byte);
    restart(bench);
    assert_int_equal(WITNESS_COSIGNED, offer(bench, 0, 0, 3));
    buffer_slice(&foreign, buffer_view(&bench->kept));
    buffer_clear(&bench->kept);
    memset(bench->seed.byte, 7, sizeof bench->seed.byte);
    restart(bench);
    assert_int_equal(ERROR_CORRUPT, witness_recall(bench->witness, buffer_view(&foreign)));
}

static void a_log_of_an_unread_algorithm_and_too_many_keys_are_refused(void **state)
{
    struct bench *bench = *state;
    struct note_key key;

    assert_int_equal(OK, note_key_parse_any(SLICE(ML_DSA_KEY), &key));
    assert_int_equal(ERROR_UNSUPPORTED, witness_know(bench->witness, &key));
    for (uint8_t i = 0; i < 4; i++) {
        struct logbook again;
        logbook_make(&again, "clinic.example/access", (uint8_t)(100 + i));
        assert_int_equal(i < 3 ? OK : ERROR_TOO_MANY, witness_know(bench->witness, &again.key));
    }
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(a_log_that_only_grows_is_cosigned_and_the_line_verifies),
        TEST(every_fault_has_its_status),
        TEST(a_request_cut_anywhere_is_malformed_or_unsigned),
        TEST(sixty_three_hashes_are_read_and_sixty_four_are_malformed),
        TEST(another_story_is_refused_and_the_proof_of_it_is_kept),
        TEST(the_empty_tree_has_one_root_and_needs_no_proof),
        TEST(signatures_are_judged_as_signed_note_says),
        TEST(extension_lines_are_cosigned_with_the_rest),
        TEST(the_roll_back_race_of_the_specification_ends_in_a_conflict),
        TEST(what_cannot_be_kept_is_not_cosigned),
        TEST(what_cannot_be_recorded_is_not_cosigned_until_it_is),
        TEST(a_restarted_witness_goes_on_where_it_was),
        TEST(its_time_never_runs_back),
        TEST(who_repeats_a_checkpoint_costs_one_write_a_second),
        TEST(every_flipped_bit_of_what_was_kept_is_refused),
        TEST(a_state_of_another_witness_is_refused),
        TEST(a_log_of_an_unread_algorithm_and_too_many_keys_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
