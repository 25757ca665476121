/* SPDX-License-Identifier: Apache-2.0 */

/* Proves that a proof file alone convinces, and that a file that was touched does not: not one of its bytes may change
 * without the proof failing or saying something else that the log does not hold. */

#include "fixture.h"

#include <string.h>

#include "ledger/proof.h"

struct case_file {
    struct fixture fixture;
    struct buffer text;
};

/* The text of a proof for entry 5 of 12: once plain, once a commitment to an event. */
static void make(struct case_file *file, bool commitment)
{
    struct ledger_entry entry = {SLICE("{\"type\":\"release\"}"), SLICE("")};
    CLEANUP_BUFFER struct buffer extra = buffer_new(1024);
    uint8_t leaf[LEDGER_COMMITMENT_BYTES];
    uint64_t index;

    fixture_make(&file->fixture);
    file->text = buffer_new(PROOF_TEXT_MAX);
    struct ledger *ledger = fixture_create(&file->fixture);
    append_until(ledger, 5, 5);
    if (commitment) {
        struct slice content = SLICE("0123456789abcdef0123456789abcdefa nurse looked"), sealed = SLICE("sealed bytes");
        struct hash event_hash = hash_sha256(content), sealed_hash = hash_sha256(sealed);
        ledger_commitment(&event_hash, sealed, leaf);
        entry = (struct ledger_entry){slice_of(leaf, sizeof leaf), sealed};
        buffer_slice(&extra, hash_slice(&sealed_hash));
        buffer_slice(&extra, content);
    } else {
        buffer_slice(&extra, entry.leaf);
    }
    assert_int_equal(OK, ledger_append(ledger, &entry, 1, 0, &index));
    append_until(ledger, 12, 3);
    assert_int_equal(OK, ledger_proof_text(ledger, index, buffer_view(&extra), &file->text));
    ledger_close(ledger);
}

static void undo(struct case_file *file)
{
    buffer_free(&file->text);
    fixture_remove(&file->fixture);
}

static void a_proof_file_shows_its_entry(void **state)
{
    for (int commitment = 0; commitment < 2; commitment++) {
        struct case_file file;
        struct proof_shown shown;
        make(&file, commitment);
        assert_int_equal(OK, proof_open(buffer_view(&file.text), &file.fixture.key, file.fixture.arena, &shown));
        assert_int_equal(5, shown.index);
        assert_int_equal(12, shown.head.size);
        assert_int_equal(commitment, shown.commitment);
        assert_true(commitment ? slice_ends_with(shown.content, SLICE("a nurse looked"))
                               : slice_is(shown.content, "{\"type\":\"release\"}"));
        undo(&file);
    }
}

static void no_byte_of_a_proof_file_can_change(void **state)
{
    for (int commitment = 0; commitment < 2; commitment++) {
        struct case_file file;
        struct proof_shown shown;
        make(&file, commitment);
        for (size_t bit = 0; bit < 8 * file.text.length; bit++) {
            arena_reset(file.fixture.arena);
            file.text.data[bit / 8] ^= (char)(1 << bit % 8);
            if (proof_open(buffer_view(&file.text), &file.fixture.key, file.fixture.arena, &shown) == OK)
                fail_msg("bit %zu", bit);
            file.text.data[bit / 8] ^= (char)(1 << bit % 8);
        }
        for (size_t length = 0; length < file.text.length; length++) {
            struct slice cut = slice_of(file.text.data, length);
            assert_int_not_equal(OK, proof_open(cut, &file.fixture.key, file.fixture.arena, &shown));
        }
        undo(&file);
    }
}

static void another_logs_key_does_not_accept_it(void **state)
{
    struct case_file file;
    struct proof_shown shown;
    static const struct secret_key other = {{9}};
    uint8_t public_key[SIGN_PUBLIC_BYTES];

    make(&file, true);
    sign_public(&other, public_key);
    struct note_key key = note_key_make(SLICE(FIXTURE_ORIGIN), public_key);
    assert_int_equal(ERROR_SIGNATURE, proof_open(buffer_view(&file.text), &key, file.fixture.arena, &shown));
    undo(&file);
}

static void broken_files_are_refused(void **state)
{
    static const char *const cases[] = {
        "",
        "c2sp.org/tlog-proof@v1",
        "c2sp.org/tlog-proof@v1\n",
        "c2sp.org/tlog-proof@v2\nindex 0\n\n",
        "c2sp.org/tlog-proof@v1\nindex 00\n\n",
        "c2sp.org/tlog-proof@v1\nindex -1\n\n",
        "c2sp.org/tlog-proof@v1\nindex 18446744073709551616\n\n",
        "c2sp.org/tlog-proof@v1\nindex 0\n",
        "c2sp.org/tlog-proof@v1\nindex 0\nAAAA\n\n",
        "c2sp.org/tlog-proof@v1\nindex 0\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU\n\n",
        "c2sp.org/tlog-proof@v1\nextra \nindex 0\n\n",
        "c2sp.org/tlog-proof@v1\nextra AA\nindex 0\n\n",
        "c2sp.org/tlog-proof@v1\nextra A A=\nindex 0\n\n",
        "c2sp.org/tlog-proof@v1\nextra AAAA\nextra AAAA\nindex 0\n\n",
        "c2sp.org/tlog-proof@v1\nindex 0\nextra AAAA\n\n",
    };
    struct proof proof;

    assert_int_equal(OK, proof_parse(SLICE("c2sp.org/tlog-proof@v1\nextra AAAA\nindex 0\n\nnote"), &proof));
    assert_true(slice_is(proof.checkpoint, "note"));
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        if (proof_parse(slice_from_string(cases[i]), &proof) != ERROR_SYNTAX)
            fail_msg("case %zu was accepted", i);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_proof_file_shows_its_entry),
        cmocka_unit_test(no_byte_of_a_proof_file_can_change),
        cmocka_unit_test(another_logs_key_does_not_accept_it),
        cmocka_unit_test(broken_files_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
