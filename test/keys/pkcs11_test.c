/* SPDX-License-Identifier: Apache-2.0 */

/* Proves with a token in software (SoftHSM) that a root sealed by a token opens with the token and its PIN and with
 * nothing less, under an AES key that never leaves it and under an RSA key. Skipped where there is no SoftHSM. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include "base/arena.h"
#include "base/file.h"
#include "keys/root.h"
#include "scratch.h"

#define PIN SLICE("4321")

static const char *const places[] = {"/usr/lib/softhsm/libsofthsm2.so", "/usr/lib64/pkcs11/libsofthsm2.so",
                                     "/usr/local/lib/softhsm/libsofthsm2.so"};

static const char *module(void)
{
    for (size_t i = 0; i < sizeof places / sizeof *places; i++)
        if (file_exists(places[i]))
            return places[i];
    return NULL;
}

/* A token of its own in the test's directory. */
static void make_token(struct scratch *scratch, const char *label)
{
    char command[512], configuration[256];

    snprintf(configuration, sizeof configuration, "directories.tokendir = %s/tokens\nlog.level = ERROR\n",
             scratch->directory);
    assert_int_equal(file_make_directory(scratch_path(scratch, "tokens")), OK);
    assert_int_equal(file_replace(scratch_path(scratch, "softhsm2.conf"), slice_from_string(configuration), 0600), OK);
    setenv("SOFTHSM2_CONF", scratch_path(scratch, "softhsm2.conf"), 1);
    snprintf(command, sizeof command,
             "softhsm2-util --init-token --free --label %s --so-pin 1234 --pin 4321 >/dev/null", label);
    assert_int_equal(system(command), 0);
}

static struct root_sealing sealing_of(struct slice pin)
{
    return (struct root_sealing){.kind = ROOT_PKCS11,
                                 .secret = pin,
                                 .module = slice_from_string(module()),
                                 .token = SLICE("node"),
                                 .key = SLICE("root of the test")};
}

static void a_root_on_a_token_wants_token_and_pin(void **state)
{
    WITH_SCRATCH scratch = scratch_make();
    CLEANUP_ARENA struct arena *arena = arena_new(1 << 16);
    struct world world = world_driven(3, 0);
    struct root_sealing sealing = sealing_of(PIN);
    struct secret_key first, again;
    struct root_about about;
    struct fault fault = {0};

    (void)state;
    if (!module())
        skip();
    make_token(&scratch, "node");
    char root[160];
    snprintf(root, sizeof root, "%s", scratch_path(&scratch, "root"));
    assert_int_equal(root_create(root, &sealing, &world, &fault), OK);
    assert_int_equal(root_open(root, PIN, &first, NULL), OK);
    assert_int_equal(root_open(root, PIN, &again, NULL), OK);
    assert_memory_equal(&first, &again, sizeof first);
    assert_int_equal(root_about(arena, root, &about), OK);
    assert_int_equal(about.kind, ROOT_PKCS11);
    assert_true(slice_is(about.token, "node"));

    assert_int_equal(root_open(root, SLICE("9999"), &again, &fault), ERROR_SEALED);
    assert_non_null(strstr(fault.detail, "PIN"));
    assert_int_equal(root_open(root, SLICE(""), &again, NULL), ERROR_SEALED);

    /* The box without its token: another token with the same label and PIN does not do. */
    WITH_SCRATCH elsewhere = scratch_make();
    make_token(&elsewhere, "other");
    assert_int_equal(root_open(root, PIN, &again, &fault), ERROR_FILE_MISSING);
    make_token(&elsewhere, "node");
    assert_int_equal(root_open(root, PIN, &again, &fault), ERROR_NOT_FOUND);
    struct root_sealing same = sealing_of(PIN);
    assert_int_equal(root_create(scratch_path(&elsewhere, "root"), &same, &world, NULL), OK);
    assert_int_equal(root_open(root, PIN, &again, &fault), ERROR_SEALED);
}

/* A key pair of 2,048 bits that was made outside: SoftHSM's own tool takes it in. */
static void an_rsa_key_on_the_token_does_too(void **state)
{
    WITH_SCRATCH scratch = scratch_make();
    struct world world = world_driven(4, 0);
    struct root_sealing sealing = sealing_of(PIN);
    struct secret_key first, again;
    char command[600];

    (void)state;
    if (!module())
        skip();
    make_token(&scratch, "node");
    snprintf(command, sizeof command,
             "openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out %s/rsa.pem 2>/dev/null && "
             "softhsm2-util --import %s/rsa.pem --token node --label 'root of the test' --id 01 --pin 4321 >/dev/null",
             scratch.directory, scratch.directory);
    assert_int_equal(system(command), 0);
    CLEANUP_ARENA struct arena *arena = arena_new(1 << 16);
    struct slice text;
    assert_int_equal(root_create(scratch_path(&scratch, "root"), &sealing, &world, NULL), OK);
    assert_int_equal(file_read(arena, scratch_path(&scratch, "root"), 8192, &text, NULL), OK);
    assert_true(slice_search(text, SLICE("mechanism rsa-oaep")) != SIZE_MAX);
    assert_int_equal(root_open(scratch_path(&scratch, "root"), PIN, &first, NULL), OK);
    assert_int_equal(root_open(scratch_path(&scratch, "root"), PIN, &again, NULL), OK);
    assert_memory_equal(&first, &again, sizeof first);
    assert_int_equal(root_open(scratch_path(&scratch, "root"), SLICE("0000"), &again, NULL), ERROR_SEALED);
}

static void a_module_that_is_none_is_said_to_be_none(void **state)
{
    WITH_SCRATCH scratch = scratch_make();
    struct world world = world_driven(4, 0);
    struct root_sealing sealing = sealing_of(PIN);
    struct fault fault = {0};

    (void)state;
    sealing.module = SLICE("/nowhere/module.so");
    assert_int_equal(root_create(scratch_path(&scratch, "root"), &sealing, &world, &fault), ERROR_FILE_MISSING);
    assert_non_null(strstr(fault.detail, "cannot be loaded"));
    assert_false(file_exists(scratch_path(&scratch, "root")));
    sealing.module = SLICE("two\nlines");
    assert_int_equal(root_create(scratch_path(&scratch, "root"), &sealing, &world, &fault), ERROR_VALUE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_root_on_a_token_wants_token_and_pin),
        cmocka_unit_test(an_rsa_key_on_the_token_does_too),
        cmocka_unit_test(a_module_that_is_none_is_said_to_be_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
