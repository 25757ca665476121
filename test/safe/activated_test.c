/* SPDX-License-Identifier: Apache-2.0 */

/* Proves that the public log tells which rule sets are active, with the hash of each proof record, and tells each once:
 * those of the beginning and those that were activated since. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "crypto/encode.h"
#include "crypto/hash.h"
#include "ledger/proof.h"
#include "text/json.h"
#include "whole_node.h"

/* An entry of the public log, as a stranger gets it. */
static const struct json *entry_at(struct whole *whole, uint64_t index)
{
    CLEANUP_BUFFER struct buffer payload = buffer_new(8);
    struct slice text;
    struct proof proof;
    const struct json *root;
    size_t length;

    buffer_u64(&payload, index);
    assert_int_equal(OK, whole_ask(whole, PROTOCOL_PUBLIC_PROOF, buffer_view(&payload), &text));
    assert_int_equal(OK, proof_parse(text, &proof));
    char *entry = arena_alloc(whole->arena, proof.extra.length);
    assert_int_equal(OK, decode_base64(proof.extra, entry, proof.extra.length, &length));
    assert_int_equal(OK, json_parse(whole->arena, slice_of(entry, length), &root, NULL));
    return root;
}

static void must_be_told(struct whole *whole, uint64_t index, const char *pack)
{
    const struct json *entry = entry_at(whole, index);
    char below[64], hex[2 * HASH_BYTES];
    struct slice record;

    assert_true(json_is(json_member(entry, "kind"), "rules.activated"));
    assert_true(json_is(json_member(entry, "pack"), pack));
    snprintf(below, sizeof below, "rules/%s.proof.json", pack);
    assert_int_equal(OK, file_read(whole->arena, node_path(whole->directory, below).text, 1 << 20, &record, NULL));
    struct hash hash = hash_sha256(record);
    encode_hex(hash_slice(&hash), hex);
    assert_true(slice_equal(slice_of(hex, sizeof hex), json_text(json_member(entry, "proof"))));
}

static void the_beginning_tells_the_joint_standard_with_its_proof(void **state)
{
    WITH_WHOLE whole;

    (void)state;
    whole_open(&whole);
    assert_int_equal(1, whole_public_entries(&whole));
    must_be_told(&whole, 0, "joint-standard");
    assert_int_equal(OK, safe_tell_rules(whole.safe, NULL));
    assert_int_equal(1, whole_public_entries(&whole));
}

static void rules_command(const struct whole *whole, const char *what, const char *pack)
{
    int status = -1;
    pid_t child = fork();

    if (child == 0) {
        setenv("HOSPITIUM_TWIN", "7:1700000000", 1);
        execl(getenv("HOSPITIUM_BINARY"), "hospitium", "rules", what, whole->directory, pack, NULL);
        _exit(127);
    }
    assert_true(child > 0 && waitpid(child, &status, 0) == child);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

static void what_is_activated_later_is_told_once(void **state)
{
    WITH_WHOLE whole;

    (void)state;
    whole_open(&whole);
    rules_command(&whole, "activate", SOURCE_ROOT "/policy/belgium");
    whole_reopen(&whole);
    assert_int_equal(OK, safe_tell_rules(whole.safe, NULL));
    assert_int_equal(2, whole_public_entries(&whole));
    must_be_told(&whole, 1, "belgium");
    whole_reopen(&whole);
    assert_int_equal(OK, safe_tell_rules(whole.safe, NULL));
    assert_int_equal(2, whole_public_entries(&whole));
    /* Taken away and activated again: that is news. */
    rules_command(&whole, "deactivate", "belgium");
    whole_reopen(&whole);
    assert_int_equal(OK, safe_tell_rules(whole.safe, NULL));
    rules_command(&whole, "activate", SOURCE_ROOT "/policy/belgium");
    whole_reopen(&whole);
    assert_int_equal(OK, safe_tell_rules(whole.safe, NULL));
    assert_int_equal(3, whole_public_entries(&whole));
    must_be_told(&whole, 2, "belgium");
}

/* Whoever may write the directory cannot keep something from being told. */
static void a_forged_mark_suppresses_nothing(void **state)
{
    static const char FORGED[] = "0000000000000000000000000000000000000000000000000000000000000000\n";
    WITH_WHOLE whole;

    (void)state;
    whole_open(&whole);
    assert_int_equal(OK,
                     file_replace(node_path(whole.directory, "keys/activated").text, slice_from_string(FORGED), 0600));
    assert_int_equal(OK, safe_tell_rules(whole.safe, NULL));
    assert_int_equal(2, whole_public_entries(&whole));
    must_be_told(&whole, 1, "joint-standard");
}

/* The sources stay, so that the joint standard can be proved again and packs beside it. */
static void the_joint_standard_can_be_activated_again(void **state)
{
    WITH_WHOLE whole;

    (void)state;
    whole_open(&whole);
    rules_command(&whole, "activate", SOURCE_ROOT "/policy/joint-standard");
    whole_reopen(&whole);
    assert_int_equal(OK, safe_tell_rules(whole.safe, NULL));
    assert_int_equal(1, whole_public_entries(&whole)); /* the same rules and the same record: no news */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_beginning_tells_the_joint_standard_with_its_proof),
        cmocka_unit_test(what_is_activated_later_is_told_once),
        cmocka_unit_test(a_forged_mark_suppresses_nothing),
        cmocka_unit_test(the_joint_standard_can_be_activated_again),
    };
    return cmocka_run_group_tests(tests, whole_template_make, whole_template_remove);
}
