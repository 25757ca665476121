/* SPDX-License-Identifier: Apache-2.0 */

/* Proves that a second program, which shares no code with this one, says yes and no where the auditor does: builds
 * tools/verify-log and runs it over a log, over damaged copies of it, and over proofs. Skipped without Go. */

#define _GNU_SOURCE
#include "fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "ledger/proof.h"
#include "ledger/verify.h"

#define TOOL SOURCE_ROOT "/tools/verify-log"

static char verifier[128] = "/tmp/hospitium-verify-log-XXXXXX";
static bool built;

static int run(const char *format, ...) __attribute__((format(printf, 1, 2)));

static int run(const char *format, ...)
{
    char command[1024];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(command, sizeof command, format, arguments);
    va_end(arguments);
    int status = system(command);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static int build(void **state)
{
    if (!mkdtemp(verifier) || run("command -v go >/dev/null") != 0 ||
        run("test -d /usr/share/gocode/src/golang.org/x/mod") != 0) {
        print_message("no go, or no golang-golang-x-mod-dev: skipped\n");
        return 0;
    }
    built = run("%s/build %s/verify-log", TOOL, verifier) == 0;
    return built ? 0 : -1;
}

static int clean(void **state)
{
    return run("rm -rf %s", verifier);
}

static void need_go(void)
{
    if (!built)
        skip();
}

static void key_text(const struct fixture *fixture, char text[256])
{
    struct buffer buffer = {.data = text, .capacity = 256, .maximum = 256};

    note_key_write(&fixture->key, &buffer);
    buffer_byte(&buffer, '\0');
    assert_int_equal(OK, buffer_check(&buffer));
}

static int verify_directory(const struct fixture *fixture)
{
    char key[256];

    key_text(fixture, key);
    return run("%s/verify-log dir %s '%s' >/dev/null", verifier, fixture->log, key);
}

static void both_accept_logs_of_every_shape(void **state)
{
    static const uint64_t sizes[] = {0, 1, 2, 255, 256, 257, 513, 66000};

    need_go();
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        struct fixture fixture;
        struct verify_summary summary;
        fixture_make(&fixture);
        struct ledger *ledger = fixture_create(&fixture);
        append_until(ledger, sizes[i], 250);
        ledger_close(ledger);
        assert_int_equal(0, verify_directory(&fixture));
        assert_int_equal(OK, ledger_verify(fixture.log, &fixture.key, slice_of("", 0), NULL, NULL, &summary));
        fixture_remove(&fixture);
    }
}

/* Flips are spread over each file that the second program reads; it does not know the journal. */
static void both_refuse_damaged_files(void **state)
{
    static const char *const files[] = {"checkpoint", "tile/0/000", "tile/0/001.p/44", "tile/1/000.p/1",
                                        "tile/entries/000", "tile/entries/001.p/44"};
    struct fixture fixture;
    struct verify_summary summary;

    need_go();
    fixture_make(&fixture);
    struct ledger *ledger = fixture_create(&fixture);
    append_until(ledger, 300, 64);
    ledger_close(ledger);
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        struct slice content = read_whole(&fixture, fixture_path(&fixture, files[i]));
        for (size_t at = 0; at < content.length; at += 1 + content.length / 5) {
            ((char *)(uintptr_t)content.data)[at] ^= 4;
            write_whole(fixture_path(&fixture, files[i]), content);
            assert_int_equal(1, verify_directory(&fixture));
            assert_int_equal(ERROR_CORRUPT,
                             ledger_verify(fixture.log, &fixture.key, slice_of("", 0), NULL, NULL, &summary));
            ((char *)(uintptr_t)content.data)[at] ^= 4;
        }
        write_whole(fixture_path(&fixture, files[i]), content);
    }
    assert_int_equal(0, verify_directory(&fixture));
    fixture_remove(&fixture);
}

/* The file "proof" of the log's directory, against the text in the file `event` if there is one. */
static int verify_proof(const struct fixture *fixture, const char *event)
{
    char key[256];

    key_text(fixture, key);
    if (!event)
        event = "";
    return run("cd %s && %s/verify-log proof proof '%s' %s >/dev/null", fixture->log, verifier, key, event);
}

/* Does the log continue checkpoint file `older` up to checkpoint file `newer`? */
static int verify_growth(const struct fixture *fixture, const char *older, const char *newer)
{
    char key[256];

    key_text(fixture, key);
    return run("cd %s && %s/verify-log consistency %s %s . '%s' >/dev/null", fixture->log, verifier, older, newer, key);
}

static void proofs_are_judged_alike(void **state)
{
    struct fixture fixture;
    char key[256];
    CLEANUP_BUFFER struct buffer extra = buffer_new(1024), text = buffer_new(PROOF_TEXT_MAX);
    struct slice content = SLICE("0123456789abcdef0123456789abcdefa nurse looked"), sealed = SLICE("sealed bytes");
    struct hash event_hash = hash_sha256(content), sealed_hash = hash_sha256(sealed);
    uint8_t leaf[LEDGER_COMMITMENT_BYTES];
    uint64_t index;

    need_go();
    fixture_make(&fixture);
    key_text(&fixture, key);
    struct ledger *ledger = fixture_create(&fixture);
    append_until(ledger, 260, 64);
    ledger_commitment(&event_hash, sealed, leaf);
    struct ledger_entry entry = {slice_of(leaf, sizeof leaf), sealed};
    assert_int_equal(OK, ledger_append(ledger, &entry, 1, 0, &index));
    append_until(ledger, 300, 64);
    buffer_slice(&extra, hash_slice(&sealed_hash));
    buffer_slice(&extra, content);
    assert_int_equal(OK, ledger_proof_text(ledger, index, buffer_view(&extra), &text));
    ledger_close(ledger);
    write_whole(fixture_path(&fixture, "proof"), buffer_view(&text));
    write_whole(fixture_path(&fixture, "event"), SLICE("a nurse looked\n"));
    assert_int_equal(0, verify_proof(&fixture, NULL));
    assert_int_equal(0, verify_proof(&fixture, "event"));
    write_whole(fixture_path(&fixture, "event"), SLICE("nobody looked\n"));
    assert_int_equal(1, verify_proof(&fixture, "event"));
    for (size_t at = 0; at < text.length; at += 53) {
        text.data[at] ^= 2;
        write_whole(fixture_path(&fixture, "proof"), buffer_view(&text));
        assert_int_equal(1, verify_proof(&fixture, NULL));
        text.data[at] ^= 2;
    }
    assert_int_equal(2, run("%s/verify-log proof %s/nowhere '%s' 2>/dev/null", verifier, fixture.log, key));
    assert_int_equal(2, run("%s/verify-log 2>/dev/null", verifier));
    fixture_remove(&fixture);
}

static void a_checkpoint(struct fixture *fixture, struct ledger *ledger, const char *name)
{
    CLEANUP_BUFFER struct buffer note = buffer_new(1024);

    assert_int_equal(OK, ledger_checkpoint(ledger, &note));
    write_whole(fixture_path(fixture, name), buffer_view(&note));
}

static void growth_is_judged_alike(void **state)
{
    struct fixture fixture, forged;

    need_go();
    fixture_make(&fixture);
    fixture_make(&forged); /* the same key, another history */
    struct ledger *ledger = fixture_create(&fixture), *other = fixture_create(&forged);
    struct ledger_entry entry = {SLICE("another beginning"), SLICE("")};
    uint64_t index;
    append_until(ledger, 290, 64);
    a_checkpoint(&fixture, ledger, "older");
    assert_int_equal(OK, ledger_append(other, &entry, 1, 0, &index));
    append_until(other, 290, 64);
    a_checkpoint(&fixture, other, "forged");
    append_until(ledger, 600, 64);
    a_checkpoint(&fixture, ledger, "newer");
    ledger_close(ledger);
    ledger_close(other);
    assert_int_equal(0, verify_growth(&fixture, "older", "newer"));
    assert_int_equal(1, verify_growth(&fixture, "forged", "newer"));
    assert_int_equal(1, verify_growth(&fixture, "newer", "older"));
    fixture_remove(&fixture);
    fixture_remove(&forged);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(both_accept_logs_of_every_shape),
        cmocka_unit_test(both_refuse_damaged_files),
        cmocka_unit_test(proofs_are_judged_alike),
        cmocka_unit_test(growth_is_judged_alike),
    };
    return cmocka_run_group_tests(tests, build, clean);
}
