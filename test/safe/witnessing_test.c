/* SPDX-License-Identifier: Apache-2.0 */

/* Proves that the safe believes cosignatures and nothing else that a courier brings: what holds is shown and kept, what
 * does not hold changes nothing, and what witnesses are sent is a proof from what they signed before. */

#include "oversight_asks.h"

#include <stdio.h>
#include <unistd.h>

#include "base/file.h"
#include "crypto/encode.h"
#include "ledger/cosignature.h"
#include "ledger/policy.h"
#include "safe/node.h"
#include "safe/witnessing.h"

static const struct secret_key seed_of[] = {{{1}}, {{2}}, {{3}}};
static const char *const name_of[] = {"one.example", "two.example", "three.example"};

static struct note_key witness_key(unsigned witness)
{
    uint8_t public_key[SIGN_PUBLIC_BYTES];

    sign_public(&seed_of[witness], public_key);
    return cosignature_key_make(slice_from_string(name_of[witness]), public_key);
}

static void write_policy(struct whole *whole, unsigned witnesses, const char *quorum)
{
    CLEANUP_BUFFER struct buffer text = buffer_new(4096);

    for (unsigned w = 0; w < witnesses; w++) {
        struct note_key key = witness_key(w);
        buffer_format(&text, "witness w%u ", w);
        note_key_write(&key, &text);
        buffer_byte(&text, '\n');
    }
    buffer_string(&text, quorum);
    assert_int_equal(file_replace(node_path(whole->directory, "witnesses").text, buffer_view(&text), 0600), OK);
}

#define BOTH "group both all w0 w1\nquorum both\n"

/* A padded node whose log two witnesses must cosign. */
static void witnessed_open(struct whole *whole)
{
    whole_open(whole);
    write_policy(whole, 2, BOTH);
    whole->cadence = (struct safe_cadence){.pad = 2};
    whole_reopen(whole);
    safe_tick(whole->safe);
}

static struct slice checkpoint(struct whole *whole)
{
    uint8_t log = 0;
    struct slice note;

    assert_int_equal(whole_ask(whole, PROTOCOL_CHECKPOINT, slice_of(&log, 1), &note), OK);
    struct slice kept = arena_copy(whole->arena, note);
    assert_non_null(kept.data);
    return kept;
}

/* Begins a round: the checkpoint to be cosigned. */
static struct slice begin(struct whole *whole)
{
    uint8_t log = 0;
    struct slice note;

    assert_int_equal(whole_ask(whole, PROTOCOL_COSIGN, slice_of(&log, 1), &note), OK);
    struct slice kept = arena_copy(whole->arena, note);
    assert_non_null(kept.data);
    return kept;
}

static uint64_t size_of(struct slice note)
{
    uint64_t size = 0;

    slice_cut(&note, '\n');
    assert_true(slice_to_u64(slice_cut(&note, '\n'), &size));
    return size;
}

static struct slice cosign(struct whole *whole, struct slice checkpoint, unsigned witness)
{
    CLEANUP_BUFFER struct buffer line = buffer_new(COSIGNATURE_LINE_MAX);
    struct note note;

    assert_int_equal(note_parse(checkpoint, &note), OK);
    assert_int_equal(
        cosignature_make(note.text, slice_from_string(name_of[witness]), &seed_of[witness], 1700000000, &line), OK);
    struct slice kept = arena_copy(whole->arena, buffer_view(&line));
    assert_non_null(kept.data);
    return kept;
}

static enum error hand_in(struct whole *whole, uint64_t size, struct slice lines)
{
    CLEANUP_BUFFER struct buffer payload = buffer_new(8192);

    buffer_byte(&payload, 0);
    buffer_u64(&payload, size);
    buffer_slice(&payload, lines);
    return whole_ask(whole, PROTOCOL_COSIGNED, buffer_view(&payload), NULL);
}

static bool has(struct slice note, unsigned witness)
{
    struct note_key key = witness_key(witness);
    struct note parsed;

    return note_parse(note, &parsed) == OK && cosignature_verify(&parsed, &key, NULL) == OK;
}

/* All witnesses cosign the newest checkpoint. */
static struct slice cosign_all(struct whole *whole)
{
    struct slice note = begin(whole);

    for (unsigned w = 0; w < 2; w++)
        assert_int_equal(hand_in(whole, size_of(note), cosign(whole, note, w)), OK);
    return note;
}

static void what_holds_is_shown_and_kept(void **state)
{
    struct whole whole;

    (void)state;
    witnessed_open(&whole);
    struct slice note = begin(&whole);
    assert_int_equal(hand_in(&whole, size_of(note), cosign(&whole, note, 1)), OK);
    assert_true(has(checkpoint(&whole), 1));
    assert_int_equal(hand_in(&whole, size_of(note), cosign(&whole, note, 0)), OK);
    assert_int_equal(hand_in(&whole, size_of(note), cosign(&whole, note, 0)), OK); /* twice is once */
    struct slice shown = checkpoint(&whole);
    assert_true(has(shown, 0) && has(shown, 1));
    struct note parsed;
    assert_int_equal(note_parse(shown, &parsed), OK);
    assert_int_equal(parsed.signature_count, 3);
    whole_reopen(&whole);
    assert_true(slice_equal(checkpoint(&whole), shown));
    whole_close(&whole);
}

static void too_few_are_not_enough(void **state)
{
    struct whole whole;

    (void)state;
    witnessed_open(&whole);
    struct slice note = begin(&whole);
    assert_int_equal(hand_in(&whole, size_of(note), cosign(&whole, note, 1)), OK);
    safe_tick(whole.safe);
    struct slice shown = checkpoint(&whole); /* what one alone has cosigned does not stand in front of what is new */
    assert_int_equal(size_of(shown), size_of(note) + 2);
    assert_false(has(shown, 1));
    whole_reopen(&whole);
    assert_false(has(checkpoint(&whole), 1));
    whole_close(&whole);
}

static void what_does_not_hold_changes_nothing(void **state)
{
    struct whole whole;

    (void)state;
    witnessed_open(&whole);
    struct slice before = checkpoint(&whole);
    safe_tick(whole.safe);
    struct slice note = begin(&whole);
    uint64_t size = size_of(note);
    struct slice good = cosign(&whole, note, 0), bad = arena_copy(whole.arena, good);
    char *byte = (char *)(uintptr_t)bad.data + bad.length - 20;
    *byte = *byte == 'A' ? 'B' : 'A';
    assert_int_equal(hand_in(&whole, size, bad), ERROR_SIGNATURE);
    assert_int_equal(hand_in(&whole, size, cosign(&whole, before, 0)), ERROR_SIGNATURE); /* of another tree */
    assert_int_equal(hand_in(&whole, size, cosign(&whole, note, 2)), ERROR_SIGNATURE);   /* of nobody that is known */
    assert_int_equal(hand_in(&whole, size, SLICE("200 OK\n")), ERROR_SIGNATURE);
    assert_int_equal(hand_in(&whole, size + 1, good), ERROR_CONFLICT);
    assert_true(slice_equal(checkpoint(&whole), note));
    assert_int_equal(hand_in(&whole, size, good), OK);
    whole_close(&whole);
}

static void a_round_keeps_its_checkpoint_and_the_log_goes_on(void **state)
{
    struct whole whole;

    (void)state;
    witnessed_open(&whole);
    struct slice note = begin(&whole);
    safe_tick(whole.safe);
    assert_int_equal(hand_in(&whole, size_of(note), cosign(&whole, note, 0)), OK);
    assert_int_equal(hand_in(&whole, size_of(note), cosign(&whole, note, 1)), OK);
    struct slice shown = checkpoint(&whole); /* enough have cosigned this; the newer one nobody yet */
    assert_int_equal(size_of(shown), size_of(note));
    assert_true(has(shown, 0) && has(shown, 1));
    assert_int_equal(size_of(begin(&whole)), size_of(note) + 2);
    note = cosign_all(&whole);
    assert_int_equal(size_of(checkpoint(&whole)), size_of(note));
    whole_close(&whole);
}

/* A witness that is slow answers when other rounds have begun: with it enough have cosigned the older checkpoint, but
 * that is not shown in place of a newer one. */
static void what_comes_late_counts_for_its_own_round_and_puts_nothing_back(void **state)
{
    struct slice note[WITNESSING_ROUNDS + 1];
    struct whole whole;

    (void)state;
    witnessed_open(&whole);
    for (unsigned i = 0; i <= WITNESSING_ROUNDS; i++) {
        note[i] = begin(&whole);
        if (i > 0)
            assert_int_equal(hand_in(&whole, size_of(note[i]), cosign(&whole, note[i], 0)), OK);
        safe_tick(whole.safe);
    }
    assert_int_equal(hand_in(&whole, size_of(note[0]), cosign(&whole, note[0], 0)), ERROR_CONFLICT); /* too late */
    assert_false(has(checkpoint(&whole), 0));
    const unsigned order[] = {3, 2, 7};
    const unsigned shown[] = {3, 3, 7};
    for (size_t i = 0; i < 3; i++) {
        struct slice late = note[order[i]];
        assert_int_equal(hand_in(&whole, size_of(late), cosign(&whole, late, 1)), OK);
        struct slice now = checkpoint(&whole);
        assert_int_equal(size_of(now), size_of(note[shown[i]]));
        assert_true(has(now, 0) && has(now, 1));
    }
    whole_close(&whole);
}

/* ---- the owner's files ---- */

struct told {
    uint64_t mark, interval;
    struct slice text[WITNESS_FILES];
    bool is_news;
};

/* What the courier is told who knows `mark`. */
static struct told ask_whom(struct whole *whole, uint64_t mark)
{
    CLEANUP_BUFFER struct buffer payload = buffer_new(16);
    struct slice answer;

    buffer_u64(&payload, mark);
    assert_int_equal(whole_ask(whole, PROTOCOL_WITNESSES, buffer_view(&payload), &answer), OK);
    struct reader reader = reader_of(answer);
    struct told told = {.mark = reader_u64(&reader), .interval = reader_u64(&reader)};
    told.is_news = !reader_done(&reader);
    for (size_t i = 0; told.is_news && i < WITNESS_FILES; i++)
        told.text[i] = arena_copy(whole->arena, protocol_text_read(&reader, 1u << 20));
    assert_true(reader_done(&reader));
    return told;
}

static uint64_t metric(struct whole *whole, size_t number)
{
    struct slice answer;

    assert_int_equal(whole_ask(whole, PROTOCOL_WITNESSING, SLICE(""), &answer), OK);
    return reader_u64(&(struct reader){.rest = slice_from(answer, 8 * number)});
}
enum { METRIC_WITNESSES = 0, METRIC_BEHIND = 1, METRIC_REFUSED = 5 };

static void put(struct whole *whole, const char *name, const char *text)
{
    assert_int_equal(file_replace(node_path(whole->directory, name).text, slice_from_string(text), 0600), OK);
}

static void a_policy_that_changes_is_in_force_without_a_new_start(void **state)
{
    struct whole whole;

    (void)state;
    witnessed_open(&whole);
    struct told first = ask_whom(&whole, 0);
    assert_true(first.is_news);
    assert_false(ask_whom(&whole, first.mark).is_news);
    cosign_all(&whole);
    assert_true(has(checkpoint(&whole), 0));
    write_policy(&whole, 3, "group enough 2 w0 w1 w2\nquorum enough\n");
    struct told second = ask_whom(&whole, first.mark);
    assert_true(second.is_news && second.mark != first.mark);
    assert_int_equal(times(second.text[WITNESS_POLICY], "witness "), 3);
    assert_int_equal(metric(&whole, METRIC_WITNESSES), 3);
    assert_int_equal(metric(&whole, METRIC_BEHIND), 1); /* the others have been heard under their other numbers */
    struct slice shown = checkpoint(&whole);
    assert_true(has(shown, 0) && has(shown, 1)); /* that is enough still */
    safe_tick(whole.safe);
    struct slice note = begin(&whole);
    assert_int_equal(hand_in(&whole, size_of(note), cosign(&whole, note, 2)), OK);
    write_policy(&whole, 3, "quorum w2\n");
    (void)ask_whom(&whole, 0);
    assert_false(has(checkpoint(&whole), 0)); /* what is not enough any more is not shown as such */
    note = begin(&whole);
    assert_int_equal(hand_in(&whole, size_of(note), cosign(&whole, note, 2)), OK);
    assert_true(has(checkpoint(&whole), 2));
    whole_close(&whole);
}

static void a_node_comes_to_have_witnesses_while_it_runs(void **state)
{
    const uint8_t log = 0;
    struct whole whole;

    (void)state;
    whole_open(&whole);
    assert_int_equal(whole_ask(&whole, PROTOCOL_COSIGN, slice_of(&log, 1), NULL), ERROR_NOT_FOUND);
    struct told none = ask_whom(&whole, 0);
    assert_int_equal(none.text[WITNESS_POLICY].length, 0);
    write_policy(&whole, 1, "quorum w0\n");
    assert_true(ask_whom(&whole, none.mark).is_news);
    struct slice note = begin(&whole);
    assert_int_equal(hand_in(&whole, size_of(note), cosign(&whole, note, 0)), OK);
    assert_true(has(checkpoint(&whole), 0));
    whole_close(&whole);
}

#define CERTIFICATE "-----BEGIN CERTIFICATE-----\nAA==\n-----END CERTIFICATE-----\n"

static void a_broken_file_is_an_alarm_and_the_last_good_one_stays_in_force(void **state)
{
    static const struct {
        const char *name, *good, *bad; /* NULL: the file is gone */
        size_t file;
    } rows[] = {
        {"witnesses", "quorum none\n", "quorum w9\n", WITNESS_POLICY},
        {"witnesses", "quorum none\n", "quorum none", WITNESS_POLICY}, /* half of a line */
        {"witnesses", "quorum none\n", "", WITNESS_POLICY},
        {"witnesses", "quorum none\n", NULL, WITNESS_POLICY},
        {"region", "https://region.example/\n", "region.example\n", WITNESS_REGION},
        {"region", "https://region.example/", "https://a.example/\nhttps://b.example/\n", WITNESS_REGION},
        {"region", "http://region.example\n", "http://region example\n", WITNESS_REGION},
        {"region", "http://region.example\n", "http://region.example\r\n", WITNESS_REGION},
        {"witnesses.pem", CERTIFICATE, "AA==\n", WITNESS_AUTHORITIES},
        {"witnesses.pem", CERTIFICATE, "-----BEGIN CERTIFICATE-----\nAA", WITNESS_AUTHORITIES},
        {"witnesses.pem", CERTIFICATE, "", WITNESS_AUTHORITIES},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct whole whole;
        witnessed_open(&whole);
        put(&whole, rows[i].name, rows[i].good);
        struct told good = ask_whom(&whole, 0);
        assert_true(slice_is(good.text[rows[i].file], rows[i].good));
        assert_int_equal(metric(&whole, METRIC_REFUSED), 0);
        if (rows[i].bad)
            put(&whole, rows[i].name, rows[i].bad);
        else
            assert_int_equal(unlink(node_path(whole.directory, rows[i].name).text), 0);
        for (int again = 0; again < 2; again++) {
            if (ask_whom(&whole, good.mark).is_news)
                fail_msg("row %zu: a broken file is in force", i);
            assert_int_equal(metric(&whole, METRIC_REFUSED), 1);
        }
        put(&whole, rows[i].name, rows[i].good); /* mended, as it was */
        assert_false(ask_whom(&whole, good.mark).is_news);
        assert_int_equal(metric(&whole, METRIC_REFUSED), 0);
        whole_close(&whole);
    }
}

static void a_region_and_authorities_may_go(void **state)
{
    static const struct {
        const char *name, *text;
        size_t file;
    } rows[] = {{"region", "https://region.example/\n", WITNESS_REGION},
                {"witnesses.pem", CERTIFICATE, WITNESS_AUTHORITIES}};
    struct whole whole;

    (void)state;
    witnessed_open(&whole);
    for (size_t i = 0; i < 2; i++) {
        put(&whole, rows[i].name, rows[i].text);
        struct told with = ask_whom(&whole, 0);
        assert_int_equal(unlink(node_path(whole.directory, rows[i].name).text), 0);
        struct told without = ask_whom(&whole, with.mark);
        assert_true(without.is_news);
        assert_int_equal(without.text[rows[i].file].length, 0);
        assert_int_equal(metric(&whole, METRIC_REFUSED), 0);
    }
    whole_close(&whole);
}

static void a_witness_is_sent_a_proof_from_what_it_signed_last(void **state)
{
    CLEANUP_BUFFER struct buffer payload = buffer_new(64);
    struct whole whole;
    struct slice body, line;
    struct tree_proof proof = {.count = 0};
    struct checkpoint older, newer;
    struct note note;
    size_t length;

    (void)state;
    witnessed_open(&whole);
    for (int i = 0; i < 3; i++)
        safe_tick(whole.safe);
    struct slice first = begin(&whole);
    for (int i = 0; i < 5; i++)
        safe_tick(whole.safe);
    struct slice second = begin(&whole);
    buffer_byte(&payload, 0);
    buffer_u64(&payload, size_of(first));
    buffer_u64(&payload, size_of(second));
    assert_int_equal(whole_ask(&whole, PROTOCOL_COSIGN, buffer_view(&payload), &body), OK);
    line = slice_cut(&body, '\n');
    assert_true(slice_starts_with(line, SLICE("old ")));
    while ((line = slice_cut(&body, '\n')).length > 0)
        assert_int_equal(decode_base64(line, proof.hash[proof.count++].byte, HASH_BYTES, &length), OK);
    assert_true(slice_equal(body, second));
    assert_int_equal(note_parse(first, &note), OK);
    assert_int_equal(checkpoint_parse_text(note.text, &older), OK);
    assert_int_equal(note_parse(second, &note), OK);
    assert_int_equal(checkpoint_parse_text(note.text, &newer), OK);
    assert_int_equal(tree_verify_consistency(&older.head, &newer.head, tree_proof_path(&proof)), OK);
    buffer_clear(&payload);
    buffer_byte(&payload, 0);
    buffer_u64(&payload, size_of(second) + 1); /* a witness that saw more than there is */
    buffer_u64(&payload, size_of(second));
    assert_int_equal(whole_ask(&whole, PROTOCOL_COSIGN, buffer_view(&payload), NULL), ERROR_CONFLICT);
    whole_close(&whole);
}

static void her_proof_carries_what_enough_witnesses_cosigned(void **state)
{
    CLEANUP_BUFFER struct buffer payload = buffer_new(65536);
    struct whole_person patient = whole_patient(&anna);
    struct whole whole;
    struct look_asked look;
    struct grant grant;
    struct slice text;

    (void)state;
    witnessed_open(&whole);
    struct slice facts = whole_register(&whole, &anna);
    assert_int_equal(look_at(&whole, whole_token(&whole, &NURSE), &anna, facts, &grant), OK);
    safe_tick(whole.safe);
    cosign_all(&whole);
    safe_tick(whole.safe);
    buffer_u64(&payload, grant.leaf);
    access_write(looking(&look, whole_token(&whole, &patient), &anna, facts, BIT(AUDIT)), &payload);
    assert_int_equal(whole_ask(&whole, PROTOCOL_PROOF, buffer_view(&payload), &text), OK);
    struct proof proof;
    assert_int_equal(proof_parse(text, &proof), OK);
    assert_true(has(proof.checkpoint, 0) && has(proof.checkpoint, 1));
    whole_close(&whole);
}

static void after_a_change_of_key_nothing_is_shown_that_the_new_one_did_not_sign(void **state)
{
    const uint8_t access = ROTATION_ACCESS;
    struct whole whole;

    (void)state;
    witnessed_open(&whole);
    struct slice note = cosign_all(&whole);
    assert_int_equal(whole_ask(&whole, PROTOCOL_ROTATE, slice_of(&access, 1), NULL), OK);
    struct slice shown = checkpoint(&whole);
    assert_true(size_of(shown) > size_of(note));
    assert_false(has(shown, 0));
    assert_int_equal(size_of(cosign_all(&whole)), size_of(shown));
    assert_true(has(checkpoint(&whole), 0));
    whole_close(&whole);
}

static void a_policy_that_cannot_be_read_opens_no_safe(void **state)
{
    struct whole whole;
    struct fault fault = {0};

    (void)state;
    whole_open(&whole);
    safe_close(whole.safe);
    whole.safe = NULL;
    write_policy(&whole, 1, "quorum w7\n");
    struct safe_options options = {.directory = whole.directory, .world = &whole.world};
    assert_int_not_equal(safe_open(&options, &whole.safe, &fault), OK);
    assert_true(fault.detail[0] != '\0');
    write_policy(&whole, 1, "quorum w0\n");
    assert_int_equal(safe_open(&options, &whole.safe, &fault), OK);
    whole_close(&whole);
}

static void nobody_is_asked_without_a_policy(void **state)
{
    const uint8_t log = 0;
    struct whole whole;

    (void)state;
    whole_open(&whole);
    assert_int_equal(whole_ask(&whole, PROTOCOL_COSIGN, slice_of(&log, 1), NULL), ERROR_NOT_FOUND);
    assert_int_equal(hand_in(&whole, 1, SLICE("line\n")), ERROR_NOT_FOUND);
    whole_close(&whole);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_holds_is_shown_and_kept),
        cmocka_unit_test(too_few_are_not_enough),
        cmocka_unit_test(what_does_not_hold_changes_nothing),
        cmocka_unit_test(a_round_keeps_its_checkpoint_and_the_log_goes_on),
        cmocka_unit_test(what_comes_late_counts_for_its_own_round_and_puts_nothing_back),
        cmocka_unit_test(a_policy_that_changes_is_in_force_without_a_new_start),
        cmocka_unit_test(a_node_comes_to_have_witnesses_while_it_runs),
        cmocka_unit_test(a_broken_file_is_an_alarm_and_the_last_good_one_stays_in_force),
        cmocka_unit_test(a_region_and_authorities_may_go),
        cmocka_unit_test(a_witness_is_sent_a_proof_from_what_it_signed_last),
        cmocka_unit_test(her_proof_carries_what_enough_witnesses_cosigned),
        cmocka_unit_test(after_a_change_of_key_nothing_is_shown_that_the_new_one_did_not_sign),
        cmocka_unit_test(a_policy_that_cannot_be_read_opens_no_safe),
        cmocka_unit_test(nobody_is_asked_without_a_policy),
    };
    return cmocka_run_group_tests(tests, whole_template_make, whole_template_remove);
}
