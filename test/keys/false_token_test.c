/* SPDX-License-Identifier: Apache-2.0 */

/* Proves that whatever a token or its vendor's module does instead of its work is said in words, and neither opens a
 * root nor leaves one behind that nothing opens. The module is a false one (false_token.c), so this needs no SoftHSM. */

#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/file.h"
#include "keys/pkcs11.h"
#include "keys/root.h"
#include "scratch.h"

static char module[PATH_MAX];

/* It lies beside this test, in the folder of its sources. */
static int find_module(void **state)
{
    static const char below[] = "/keys/keys-false-token.so";
    ssize_t length = readlink("/proc/self/exe", module, sizeof module - sizeof below);

    (void)state;
    if (length <= 0)
        return -1;
    module[length] = '\0';
    strcpy(strrchr(module, '/'), below);
    return file_exists(module) ? 0 : -1;
}

static struct root_sealing sealing(void)
{
    return (struct root_sealing){.kind = ROOT_PKCS11,
                                 .secret = SLICE("4321"),
                                 .module = slice_from_string(module),
                                 .token = SLICE("node"),
                                 .key = SLICE("root")};
}

struct trouble {
    const char *what;
    enum error error;
    const char *said;
};

/* Of what is asked before there is a key to work with. */
static const struct trouble with_token[] = {
    {"C_GetFunctionList=0x5", ERROR_IO, "at C_GetFunctionList (0x5)"},
    {"C_Initialize=0x30", ERROR_IO, "at C_Initialize (0x30)"},
    {"C_GetSlotList=0x5", ERROR_IO, "at C_GetSlotList"},
    {"C_GetTokenInfo=0xe0", ERROR_FILE_MISSING, "no token is labelled node"},
    {"C_OpenSession=0x30", ERROR_IO, "at C_OpenSession"},
    {"C_Login=0xa0", ERROR_SEALED, "refuses this PIN"},
    {"C_Login=0xa1", ERROR_SEALED, "refuses this PIN"},
    {"C_Login=0xa2", ERROR_SEALED, "refuses this PIN"},
    {"C_Login=0xa4", ERROR_SEALED, "is locked"},
    {"C_Login=0x5", ERROR_IO, "at C_Login"},
    {"C_Login=die", ERROR_TIMEOUT, "gave no answer"},
};

static const struct trouble with_wrapping[] = {
    {"C_FindObjectsInit=0x5", ERROR_IO, "at C_FindObjectsInit"},
    {"C_FindObjects=0x5", ERROR_IO, "at C_FindObjects"},
    {"C_EncryptInit=0x70", ERROR_UNSUPPORTED, "cannot do this (0x70)"},
    {"C_EncryptInit=0x63", ERROR_UNSUPPORTED, "cannot do this"},
    {"C_EncryptInit=0x68", ERROR_UNSUPPORTED, "cannot do this"},
    {"C_Encrypt=0x30", ERROR_IO, "at C_Encrypt"},
};

static const struct trouble with_unwrapping[] = {
    {"C_FindObjectsInit=0x5", ERROR_NOT_FOUND, "no key on the token is labelled root"},
    {"C_FindObjects=none", ERROR_NOT_FOUND, "no key on the token is labelled root"},
    {"C_DecryptInit=0x70", ERROR_UNSUPPORTED, "cannot do this"},
    {"C_Decrypt=0x40", ERROR_SEALED, "is not the one that wrapped (0x40)"},
    {"C_Decrypt=short", ERROR_SEALED, "is not the one that wrapped"},
};

static void assert_no_root_is_made(const struct trouble *trouble)
{
    WITH_SCRATCH scratch = scratch_make();
    struct world world = world_driven(4, 0);
    struct root_sealing asked = sealing();
    struct fault fault = {0};

    setenv("FALSE_TOKEN", trouble->what, 1);
    enum error error = root_create(scratch_path(&scratch, "root"), &asked, &world, &fault);
    unsetenv("FALSE_TOKEN");
    if (error != trouble->error || !strstr(fault.detail, trouble->said))
        fail_msg("%s: %d, %s", trouble->what, error, fault.detail);
    assert_false(file_exists(scratch_path(&scratch, "root")));
}

static void a_root_that_cannot_be_wrapped_is_not_made(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof with_token / sizeof *with_token; i++)
        assert_no_root_is_made(&with_token[i]);
    for (size_t i = 0; i < sizeof with_wrapping / sizeof *with_wrapping; i++)
        assert_no_root_is_made(&with_wrapping[i]);
}

static void assert_nothing_opens(const char *root, const struct trouble *trouble)
{
    static const struct secret_key untouched;
    struct secret_key key = {{0}};
    struct fault fault = {0};

    setenv("FALSE_TOKEN", trouble->what, 1);
    enum error error = root_open(root, SLICE("4321"), &key, &fault);
    unsetenv("FALSE_TOKEN");
    if (error != trouble->error || !strstr(fault.detail, trouble->said))
        fail_msg("%s: %d, %s", trouble->what, error, fault.detail);
    assert_memory_equal(&key, &untouched, sizeof key);
}

static void a_root_opens_with_a_token_that_works_and_with_no_other(void **state)
{
    WITH_SCRATCH scratch = scratch_make();
    struct world world = world_driven(4, 0);
    struct root_sealing asked = sealing();
    struct secret_key key;
    const char *root = scratch_path(&scratch, "root");

    (void)state;
    assert_int_equal(root_create(root, &asked, &world, NULL), OK);
    for (size_t i = 0; i < sizeof with_token / sizeof *with_token; i++)
        assert_nothing_opens(root, &with_token[i]);
    for (size_t i = 0; i < sizeof with_unwrapping / sizeof *with_unwrapping; i++)
        assert_nothing_opens(root, &with_unwrapping[i]);
    assert_int_equal(root_open(root, SLICE("4321"), &key, NULL), OK);
}

static void a_token_without_a_key_is_given_one(void **state)
{
    static const struct trouble refuses = {"C_GenerateKey=0x5", ERROR_IO, "at C_GenerateKey"};
    WITH_SCRATCH scratch = scratch_make();
    struct world world = world_driven(4, 0);
    struct root_sealing asked = sealing();

    (void)state;
    setenv("FALSE_TOKEN", "C_FindObjects=none", 1);
    assert_int_equal(root_create(scratch_path(&scratch, "root"), &asked, &world, NULL), OK);
    unsetenv("FALSE_TOKEN");
    /* This one has a key already, so none is made and nothing can refuse to. */
    setenv("FALSE_TOKEN", refuses.what, 1);
    assert_int_equal(root_create(scratch_path(&scratch, "other"), &asked, &world, NULL), OK);
    unsetenv("FALSE_TOKEN");
}

/* A library that is there and is no PKCS#11 module. */
static void a_library_of_something_else_is_no_module(void **state)
{
    WITH_SCRATCH scratch = scratch_make();
    struct world world = world_driven(4, 0);
    struct root_sealing asked = sealing();
    struct fault fault = {0};

    (void)state;
    asked.module = SLICE("libc.so.6");
    assert_int_equal(root_create(scratch_path(&scratch, "root"), &asked, &world, &fault), ERROR_FILE_MISSING);
    assert_non_null(strstr(fault.detail, "cannot be loaded"));
}

static void only_two_mechanisms_have_names(void **state)
{
    enum pkcs11_mechanism mechanism;

    (void)state;
    for (int m = 0; m < 2; m++) {
        struct slice word = slice_from_string(pkcs11_mechanism_word((enum pkcs11_mechanism)m));
        assert_int_equal(pkcs11_mechanism_named(word, &mechanism), OK);
        assert_int_equal(mechanism, m);
    }
    assert_int_equal(pkcs11_mechanism_named(SLICE("rot13"), &mechanism), ERROR_SYNTAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_root_that_cannot_be_wrapped_is_not_made),
        cmocka_unit_test(a_root_opens_with_a_token_that_works_and_with_no_other),
        cmocka_unit_test(a_token_without_a_key_is_given_one),
        cmocka_unit_test(a_library_of_something_else_is_no_module),
        cmocka_unit_test(only_two_mechanisms_have_names),
    };
    return cmocka_run_group_tests(tests, find_module, NULL);
}
