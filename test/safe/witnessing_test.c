/* SPDX-License-Identifier: Apache-2.0 */

/* Proves that the safe believes cosignatures and nothing else that a courier brings: what holds is shown and kept, what
 * does not hold changes nothing, and what witnesses are sent is a proof from what they signed before. */

#include "oversight_asks.h"

#include <stdio.h>

#include "base/file.h"
#include "crypto/encode.h"
#include "ledger/cosignature.h"
#include "ledger/policy.h"
#include "safe/node.h"

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
    assert_int_equal(hand_in(&whole, size_of(note), cosign(&whole, note, 0)), ERROR_CONFLICT);
    note = cosign_all(&whole);
    assert_int_equal(size_of(checkpoint(&whole)), size_of(note));
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
        cmocka_unit_test(a_witness_is_sent_a_proof_from_what_it_signed_last),
        cmocka_unit_test(her_proof_carries_what_enough_witnesses_cosigned),
        cmocka_unit_test(after_a_change_of_key_nothing_is_shown_that_the_new_one_did_not_sign),
        cmocka_unit_test(a_policy_that_cannot_be_read_opens_no_safe),
        cmocka_unit_test(nobody_is_asked_without_a_policy),
    };
    return cmocka_run_group_tests(tests, whole_template_make, whole_template_remove);
}
