/* SPDX-License-Identifier: Apache-2.0 */

/* Proves that the root key comes back only to whoever has the passphrase, and that a damaged file opens nothing. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/stat.h>
#include <cmocka.h>

#include "base/file.h"
#include "keys/root.h"
#include "scratch.h"

#define PASSPHRASE SLICE("correct horse battery")

static struct world world(void)
{
    return world_driven(11, 0);
}

static void a_plain_root_comes_back(void **state)
{
    WITH_SCRATCH scratch = scratch_make();
    struct world first = world(), other = world_driven(12, 0);
    struct secret_key root, again, another;

    (void)state;
    assert_int_equal(root_create(scratch_path(&scratch, "root"), ROOT_PLAIN, SLICE(""), &first), OK);
    assert_int_equal(root_create(scratch_path(&scratch, "other"), ROOT_PLAIN, SLICE(""), &other), OK);
    assert_int_equal(root_open(scratch_path(&scratch, "root"), SLICE(""), &root), OK);
    assert_int_equal(root_open(scratch_path(&scratch, "root"), SLICE(""), &again), OK);
    assert_int_equal(root_open(scratch_path(&scratch, "other"), SLICE(""), &another), OK);
    assert_memory_equal(&root, &again, sizeof root);
    assert_memory_not_equal(&root, &another, sizeof root);
}

static void only_the_passphrase_opens_a_sealed_root(void **state)
{
    WITH_SCRATCH scratch = scratch_make();
    CLEANUP_ARENA struct arena *arena = arena_new(1 << 16);
    struct world random = world(), twin = world();
    struct secret_key root = {{0}}, wrong = {{0}};
    enum root_kind kind = ROOT_PLAIN;
    struct slice text;
    char drawn[32], hex[65];

    (void)state;
    twin.random(&twin, drawn, sizeof drawn); /* the first bytes drawn are the root's */
    assert_int_equal(root_create(scratch_path(&scratch, "root"), ROOT_PASSPHRASE, PASSPHRASE, &random), OK);
    assert_int_equal(root_kind_of(scratch_path(&scratch, "root"), &kind), OK);
    assert_int_equal(kind, ROOT_PASSPHRASE);
    assert_int_equal(root_open(scratch_path(&scratch, "root"), PASSPHRASE, &root), OK);
    assert_memory_equal(root.byte, drawn, sizeof drawn);
    assert_int_equal(root_open(scratch_path(&scratch, "root"), SLICE("correct horse batterz"), &wrong), ERROR_SEALED);
    assert_int_equal(root_open(scratch_path(&scratch, "root"), SLICE(""), &wrong), ERROR_SEALED);

    /* And the file does not hold it in the open. */
    assert_int_equal(file_read(arena, scratch_path(&scratch, "root"), 4096, &text, NULL), OK);
    for (size_t i = 0; i < sizeof drawn; i++)
        snprintf(hex + 2 * i, 3, "%02x", (unsigned char)drawn[i]);
    assert_true(slice_search(text, slice_of(hex, 64)) == SIZE_MAX);
}

static void the_file_is_for_its_owner_alone(void **state)
{
    WITH_SCRATCH scratch = scratch_make();
    struct world random = world();
    struct stat status;

    (void)state;
    assert_int_equal(root_create(scratch_path(&scratch, "root"), ROOT_PLAIN, SLICE(""), &random), OK);
    assert_int_equal(stat(scratch_path(&scratch, "root"), &status), 0);
    assert_int_equal(status.st_mode & 0777, 0600);
}

static void a_short_passphrase_makes_nothing(void **state)
{
    WITH_SCRATCH scratch = scratch_make();
    struct world random = world();

    (void)state;
    assert_int_equal(root_create(scratch_path(&scratch, "root"), ROOT_PASSPHRASE, SLICE("eleven char"), &random),
                     ERROR_VALUE);
    assert_false(file_exists(scratch_path(&scratch, "root")));
}

static void a_root_is_never_replaced(void **state)
{
    WITH_SCRATCH scratch = scratch_make();
    struct world random = world();
    struct secret_key before, after;

    (void)state;
    assert_int_equal(root_create(scratch_path(&scratch, "root"), ROOT_PLAIN, SLICE(""), &random), OK);
    assert_int_equal(root_open(scratch_path(&scratch, "root"), SLICE(""), &before), OK);
    assert_int_equal(root_create(scratch_path(&scratch, "root"), ROOT_PLAIN, SLICE(""), &random), ERROR_EXISTS);
    assert_int_equal(root_open(scratch_path(&scratch, "root"), SLICE(""), &after), OK);
    assert_memory_equal(&before, &after, sizeof before);
}

static void a_damaged_file_is_refused(void **state)
{
    static const char salt[] = "00112233445566778899aabbccddeeff";
    static const char *const broken[] = {
        "", "hospitium-root 2\nplain\n%s\n%s%s\n", "hospitium-root 1\nother\n%s\n%s%s\n",
        "hospitium-root 1\nplain\n%s\n%s\n", "hospitium-root 1\nplain\n%.30s\n%s%s\n",
        "hospitium-root 1\nplain\n%s\n%s%.31sg\n",
    };
    WITH_SCRATCH scratch = scratch_make();
    struct secret_key root;
    char text[256];

    (void)state;
    assert_int_equal(root_open(scratch_path(&scratch, "root"), SLICE(""), &root), ERROR_FILE_MISSING);
    for (size_t i = 0; i < sizeof broken / sizeof *broken; i++) {
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
        snprintf(text, sizeof text, broken[i], salt, salt, salt);
#pragma GCC diagnostic pop
        assert_int_equal(file_replace(scratch_path(&scratch, "root"), slice_from_string(text), 0600), OK);
        assert_int_equal(root_open(scratch_path(&scratch, "root"), SLICE(""), &root), ERROR_SYNTAX);
    }
    snprintf(text, sizeof text, "hospitium-root 1\nplain\n%s\n%s%s\n", salt, salt, salt);
    assert_int_equal(file_replace(scratch_path(&scratch, "root"), slice_from_string(text), 0600), OK);
    assert_int_equal(root_open(scratch_path(&scratch, "root"), SLICE(""), &root), OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_plain_root_comes_back),
        cmocka_unit_test(only_the_passphrase_opens_a_sealed_root),
        cmocka_unit_test(the_file_is_for_its_owner_alone),
        cmocka_unit_test(a_short_passphrase_makes_nothing),
        cmocka_unit_test(a_root_is_never_replaced),
        cmocka_unit_test(a_damaged_file_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
