/* SPDX-License-Identifier: Apache-2.0 */

/* Proves that the root key comes back only to whoever has the passphrase, and that a damaged file opens nothing. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/stat.h>
#include <cmocka.h>

#include "base/file.h"
#include "crypto/seal.h"
#include "keys/root.h"
#include "scratch.h"

#define PASSPHRASE SLICE("correct horse battery")

static const struct root_sealing plain = {.kind = ROOT_PLAIN}, sealed = {.kind = ROOT_PASSPHRASE, .secret = PASSPHRASE};

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
    assert_int_equal(root_create(scratch_path(&scratch, "root"), &plain, &first, NULL), OK);
    assert_int_equal(root_create(scratch_path(&scratch, "other"), &plain, &other, NULL), OK);
    assert_int_equal(root_open(scratch_path(&scratch, "root"), SLICE(""), &root, NULL), OK);
    assert_int_equal(root_open(scratch_path(&scratch, "root"), SLICE(""), &again, NULL), OK);
    assert_int_equal(root_open(scratch_path(&scratch, "other"), SLICE(""), &another, NULL), OK);
    assert_memory_equal(&root, &again, sizeof root);
    assert_memory_not_equal(&root, &another, sizeof root);
}

static void only_the_passphrase_opens_a_sealed_root(void **state)
{
    WITH_SCRATCH scratch = scratch_make();
    CLEANUP_ARENA struct arena *arena = arena_new(1 << 16);
    struct world random = world(), twin = world();
    struct secret_key root = {{0}}, wrong = {{0}};
    struct root_about about = {0};
    struct slice text;
    char drawn[32], hex[65];

    (void)state;
    twin.random(&twin, drawn, sizeof drawn); /* the first bytes drawn are the root's */
    assert_int_equal(root_create(scratch_path(&scratch, "root"), &sealed, &random, NULL), OK);
    assert_int_equal(root_about(arena, scratch_path(&scratch, "root"), &about), OK);
    assert_int_equal(about.kind, ROOT_PASSPHRASE);
    assert_int_equal(root_open(scratch_path(&scratch, "root"), PASSPHRASE, &root, NULL), OK);
    assert_memory_equal(root.byte, drawn, sizeof drawn);
    assert_int_equal(root_open(scratch_path(&scratch, "root"), SLICE("correct horse batterz"), &wrong, NULL),
                     ERROR_SEALED);
    assert_int_equal(root_open(scratch_path(&scratch, "root"), SLICE(""), &wrong, NULL), ERROR_SEALED);

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
    assert_int_equal(root_create(scratch_path(&scratch, "root"), &plain, &random, NULL), OK);
    assert_int_equal(stat(scratch_path(&scratch, "root"), &status), 0);
    assert_int_equal(status.st_mode & 0777, 0600);
}

static void a_short_passphrase_makes_nothing(void **state)
{
    WITH_SCRATCH scratch = scratch_make();
    struct world random = world();

    (void)state;
    const struct root_sealing shorter = {.kind = ROOT_PASSPHRASE, .secret = SLICE("eleven char")};
    assert_int_equal(root_create(scratch_path(&scratch, "root"), &shorter, &random, NULL), ERROR_VALUE);
    const struct root_sealing guessable = {.kind = ROOT_CREDENTIAL, .secret = SLICE("thirty-one bytes are too few...")};
    assert_int_equal(root_create(scratch_path(&scratch, "root"), &guessable, &random, NULL), ERROR_VALUE);
    assert_false(file_exists(scratch_path(&scratch, "root")));
}

static void a_root_is_never_replaced(void **state)
{
    WITH_SCRATCH scratch = scratch_make();
    struct world random = world();
    struct secret_key before, after;

    (void)state;
    assert_int_equal(root_create(scratch_path(&scratch, "root"), &plain, &random, NULL), OK);
    assert_int_equal(root_open(scratch_path(&scratch, "root"), SLICE(""), &before, NULL), OK);
    assert_int_equal(root_create(scratch_path(&scratch, "root"), &plain, &random, NULL), ERROR_EXISTS);
    assert_int_equal(root_open(scratch_path(&scratch, "root"), SLICE(""), &after, NULL), OK);
    assert_memory_equal(&before, &after, sizeof before);
}

static void a_damaged_file_is_refused(void **state)
{
    static const char salt[] = "00112233445566778899aabbccddeeff";
    static const char *const broken[] = {
        "",
        "hospitium-root 3\nplain\n%s\n%s%s\n",
        "hospitium-root 1\nshare\n%s\n%s%s\n",
        "hospitium-root 1\nother\n%s\n%s%s\n",
        "hospitium-root 1\nplain\n%s\n%s\n",
        "hospitium-root 1\nplain\n%.30s\n%s%s\n",
        "hospitium-root 1\nplain\n%s\n%s%.31sg\n",
    };
    WITH_SCRATCH scratch = scratch_make();
    struct secret_key root;
    char text[256];

    (void)state;
    assert_int_equal(root_open(scratch_path(&scratch, "root"), SLICE(""), &root, NULL), ERROR_FILE_MISSING);
    for (size_t i = 0; i < sizeof broken / sizeof *broken; i++) {
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
        snprintf(text, sizeof text, broken[i], salt, salt, salt);
#pragma GCC diagnostic pop
        assert_int_equal(file_replace(scratch_path(&scratch, "root"), slice_from_string(text), 0600), OK);
        assert_int_equal(root_open(scratch_path(&scratch, "root"), SLICE(""), &root, NULL), ERROR_SYNTAX);
    }
    snprintf(text, sizeof text, "hospitium-root 1\nplain\n%s\n%s%s\n", salt, salt, salt);
    assert_int_equal(file_replace(scratch_path(&scratch, "root"), slice_from_string(text), 0600), OK);
    assert_int_equal(root_open(scratch_path(&scratch, "root"), SLICE(""), &root, NULL), OK);
}

/* A file of the first version, as it was written: salt 00…, root 2a… under the passphrase. */
static void a_file_of_the_first_version_opens(void **state)
{
    static const char text[] = "hospitium-root 1\npassphrase\n000102030405060708090a0b0c0d0e0f\n"
                               "6465666768696a6b6c6d6e6f707172737475767778797a7b896247f5bad7733831cf3bf7"
                               "422403307f91e62cdc9aae9c525ddca5bb99ca7671f61f4647cee4f267dc06dcce894dbd\n";
    WITH_SCRATCH scratch = scratch_make();
    CLEANUP_ARENA struct arena *arena = arena_new(1 << 16);
    struct secret_key root, wanted;
    struct root_about about;

    (void)state;
    memset(wanted.byte, 42, sizeof wanted.byte);
    assert_int_equal(file_replace(scratch_path(&scratch, "root"), slice_from_string(text), 0600), OK);
    assert_int_equal(root_open(scratch_path(&scratch, "root"), PASSPHRASE, &root, NULL), OK);
    assert_memory_equal(&root, &wanted, sizeof root);
    assert_int_equal(root_about(arena, scratch_path(&scratch, "root"), &about), OK);
    assert_false(about.has_ring);
}

static void a_credential_opens_and_another_does_not(void **state)
{
    static const struct root_sealing credential = {.kind = ROOT_CREDENTIAL,
                                                   .secret = SLICE("0123456789abcdef0123456789abcdef")};
    WITH_SCRATCH scratch = scratch_make();
    struct world random = world();
    struct secret_key first, again;

    (void)state;
    assert_int_equal(root_create(scratch_path(&scratch, "root"), &credential, &random, NULL), OK);
    assert_int_equal(root_open(scratch_path(&scratch, "root"), credential.secret, &first, NULL), OK);
    assert_int_equal(root_open(scratch_path(&scratch, "root"), credential.secret, &again, NULL), OK);
    assert_memory_equal(&first, &again, sizeof first);
    assert_int_equal(root_open(scratch_path(&scratch, "root"), SLICE("0123456789abcdef0123456789abcdeF"), &again, NULL),
                     ERROR_SEALED);
    assert_int_equal(root_open(scratch_path(&scratch, "root"), SLICE(""), &again, NULL), ERROR_SEALED);
}

/* The file without the share is noise, and so is another node's share. */
static void a_seized_box_is_shut_without_its_other_share(void **state)
{
    WITH_SCRATCH scratch = scratch_make();
    CLEANUP_BUFFER struct buffer remote = buffer_new(1024), foreign = buffer_new(1024);
    struct root_sealing sealing = {.kind = ROOT_SHARE, .share = &remote};
    struct world random = world();
    struct secret_key first = {{0}}, again = {{0}};

    (void)state;
    assert_int_equal(root_create(scratch_path(&scratch, "root"), &sealing, &random, NULL), OK);
    sealing.share = &foreign;
    assert_int_equal(root_create(scratch_path(&scratch, "other"), &sealing, &random, NULL), OK);
    assert_int_equal(root_open(scratch_path(&scratch, "root"), buffer_view(&remote), &first, NULL), OK);
    assert_int_equal(root_open(scratch_path(&scratch, "root"), SLICE(""), &again, NULL), ERROR_SEALED);
    assert_int_equal(root_open(scratch_path(&scratch, "root"), buffer_view(&foreign), &again, NULL), ERROR_SEALED);
    assert_int_equal(root_open(scratch_path(&scratch, "root"), buffer_view(&remote), &again, NULL), OK);
    assert_memory_equal(&first, &again, sizeof first);
}

/* The other way round: the file's own share does not open it. */
static void the_share_in_the_file_is_not_the_other_one(void **state)
{
    WITH_SCRATCH scratch = scratch_make();
    CLEANUP_ARENA struct arena *arena = arena_new(1 << 16);
    CLEANUP_BUFFER struct buffer remote = buffer_new(1024);
    const struct root_sealing sealing = {.kind = ROOT_SHARE, .share = &remote};
    struct world random = world();
    struct secret_key root;
    struct slice text;

    (void)state;
    assert_int_equal(root_create(scratch_path(&scratch, "root"), &sealing, &random, NULL), OK);
    assert_int_equal(file_read(arena, scratch_path(&scratch, "root"), 8192, &text, NULL), OK);
    struct slice own = slice_from(text, slice_search(text, SLICE("hospitium-share-1")));
    assert_int_equal(root_open(scratch_path(&scratch, "root"), slice_cut(&own, '\n'), &root, NULL), ERROR_SEALED);
}

/* A token's lines are read before its module is asked; what is in them may come from whoever has the disk. */
static void damaged_lines_of_a_token_ask_no_module(void **state)
{
    static const char *const lines[] = {
        "",
        "mechanism rot13\n",
        "mechanism aes-cbc-pad\niv 00\n",
        "mechanism aes-cbc-pad\niv zz%s\n",
        "mechanism aes-cbc-pad\niv 00%s\nwrapped 0\n",
    };
    WITH_SCRATCH scratch = scratch_make();
    CLEANUP_BUFFER struct buffer text = buffer_new(8192);
    struct secret_key root;
    struct fault fault = {0};

    (void)state;
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        buffer_clear(&text);
        buffer_string(&text, "hospitium-root 2\npkcs11\n00112233445566778899aabbccddeeff\n");
        for (int byte = 0; byte < SECRET_KEY_BYTES + SEAL_OVERHEAD; byte++)
            buffer_string(&text, "00");
        buffer_string(&text, "\nmodule /nowhere/module.so\ntoken t\nkey k\n");
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
        buffer_format(&text, lines[i], "112233445566778899aabbccddeeff");
#pragma GCC diagnostic pop
        assert_int_equal(file_replace(scratch_path(&scratch, "root"), buffer_view(&text), 0600), OK);
        if (root_open(scratch_path(&scratch, "root"), SLICE("4321"), &root, &fault) != ERROR_SYNTAX)
            fail_msg("%s", lines[i]);
    }
    /* More than any token wraps a key to. */
    buffer_string(&text, "x\n");
    text.length = slice_search(buffer_view(&text), SLICE("wrapped"));
    buffer_string(&text, "wrapped ");
    for (int byte = 0; byte < 1025; byte++)
        buffer_string(&text, "00");
    buffer_byte(&text, '\n');
    assert_int_equal(file_replace(scratch_path(&scratch, "root"), buffer_view(&text), 0600), OK);
    assert_int_equal(root_open(scratch_path(&scratch, "root"), SLICE("4321"), &root, &fault), ERROR_SYNTAX);
}

static void a_damaged_share_in_the_file_is_not_blamed_on_the_other(void **state)
{
    WITH_SCRATCH scratch = scratch_make();
    CLEANUP_ARENA struct arena *arena = arena_new(1 << 16);
    CLEANUP_BUFFER struct buffer remote = buffer_new(1024);
    const struct root_sealing sealing = {.kind = ROOT_SHARE, .share = &remote};
    struct world random = world();
    struct secret_key root;
    struct slice text;

    (void)state;
    assert_int_equal(root_create(scratch_path(&scratch, "root"), &sealing, &random, NULL), OK);
    assert_int_equal(file_read(arena, scratch_path(&scratch, "root"), 8192, &text, NULL), OK);
    text.length -= 20;
    char *copy = memcpy(arena_alloc(arena, text.length), text.data, text.length);
    assert_int_equal(file_replace(scratch_path(&scratch, "root"), slice_of(copy, text.length), 0600), OK);
    assert_int_not_equal(root_open(scratch_path(&scratch, "root"), buffer_view(&remote), &root, NULL), ERROR_SEALED);
    assert_int_not_equal(root_open(scratch_path(&scratch, "root"), buffer_view(&remote), &root, NULL), OK);
}

/* Labels and paths stand in lines of the file: one that would break out of its line is refused. */
static void a_label_cannot_add_a_line(void **state)
{
    WITH_SCRATCH scratch = scratch_make();
    static char longer[1025];
    struct world random = world();

    (void)state;
    memset(longer, 'a', sizeof longer);
    const struct slice bad[] = {SLICE("two\nlines"), slice_of(longer, sizeof longer)};
    for (size_t b = 0; b < 2; b++)
        for (int which = 0; which < 3; which++) {
            struct root_sealing sealing = {.kind = ROOT_PKCS11,
                                           .secret = SLICE("4321"),
                                           .module = SLICE("/nowhere.so"),
                                           .token = SLICE("t"),
                                           .key = SLICE("k")};
            *(which == 0 ? &sealing.module : which == 1 ? &sealing.token : &sealing.key) = bad[b];
            assert_int_equal(root_create(scratch_path(&scratch, "root"), &sealing, &random, NULL), ERROR_VALUE);
        }
}

/* The other share has nowhere to go: then there is no root either, or nobody could ever open it. */
static void a_share_that_finds_no_room_makes_no_root(void **state)
{
    WITH_SCRATCH scratch = scratch_make();
    CLEANUP_BUFFER struct buffer small = buffer_new(16);
    const struct root_sealing sealing = {.kind = ROOT_SHARE, .share = &small};
    struct world random = world();

    (void)state;
    assert_int_not_equal(root_create(scratch_path(&scratch, "root"), &sealing, &random, NULL), OK);
    assert_false(file_exists(scratch_path(&scratch, "root")));
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
        cmocka_unit_test(a_file_of_the_first_version_opens),
        cmocka_unit_test(a_credential_opens_and_another_does_not),
        cmocka_unit_test(a_seized_box_is_shut_without_its_other_share),
        cmocka_unit_test(the_share_in_the_file_is_not_the_other_one),
        cmocka_unit_test(damaged_lines_of_a_token_ask_no_module),
        cmocka_unit_test(a_damaged_share_in_the_file_is_not_blamed_on_the_other),
        cmocka_unit_test(a_label_cannot_add_a_line),
        cmocka_unit_test(a_share_that_finds_no_room_makes_no_root),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
