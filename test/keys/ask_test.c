/* SPDX-License-Identifier: Apache-2.0 */

/* Proves where what opens a root is looked for, in which order, and that a terminal never shows it. */

#define _GNU_SOURCE
#include <fcntl.h>
#include <limits.h>
#include <pty.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/file.h"
#include "keys/ask.h"
#include "scratch.h"

static const struct {
    enum root_kind kind;
    const char *credential;
} kinds[] = {
    {ROOT_PASSPHRASE, "hospitium-passphrase"},
    {ROOT_CREDENTIAL, "hospitium-root"},
    {ROOT_PKCS11, "hospitium-pin"},
    {ROOT_SHARE, "hospitium-share"},
};
#define KINDS (sizeof kinds / sizeof *kinds)

static void write_file(struct scratch *scratch, const char *name, struct slice text)
{
    assert_int_equal(file_replace(scratch_path(scratch, name), text, 0600), OK);
}

/* What is found and read; the error of either step. */
static enum error ask(enum root_kind kind, const char *file, struct buffer *into, struct fault *fault)
{
    char room[ROOT_SECRET_MAX];
    struct slice secret;
    int place;

    TRY(ask_place(kind, file, false, &place, fault));
    TRY(ask_read(kind, place, room, &secret));
    buffer_slice(into, secret);
    return OK;
}

static void assert_asked(enum root_kind kind, const char *file, const char *wanted)
{
    CLEANUP_BUFFER struct buffer found = buffer_new(ROOT_SECRET_MAX);
    struct fault fault = {0};

    if (ask(kind, file, &found, &fault) != OK)
        fail_msg("%s", fault.detail);
    assert_true(slice_is(buffer_view(&found), wanted));
}

static void a_root_in_plain_asks_for_nothing(void **state)
{
    (void)state;
    assert_asked(ROOT_PLAIN, "/nowhere", "");
}

static void each_kind_has_its_own_credential(void **state)
{
    WITH_SCRATCH scratch = scratch_make();
    struct fault fault = {0};

    (void)state;
    setenv("CREDENTIALS_DIRECTORY", scratch.directory, 1);
    for (size_t k = 0; k < KINDS; k++) {
        CLEANUP_BUFFER struct buffer found = buffer_new(ROOT_SECRET_MAX);
        assert_int_equal(ask(kinds[k].kind, NULL, &found, &fault), ERROR_SEALED);
        assert_non_null(strstr(fault.detail, kinds[k].credential)); /* it says which one would do */
        write_file(&scratch, kinds[k].credential, slice_from_string(kinds[k].credential));
        assert_asked(kinds[k].kind, NULL, kinds[k].credential);
    }
    unsetenv("CREDENTIALS_DIRECTORY");
}

static void a_named_file_comes_before_a_credential(void **state)
{
    WITH_SCRATCH scratch = scratch_make();
    CLEANUP_BUFFER struct buffer found = buffer_new(ROOT_SECRET_MAX);
    struct fault fault = {0};

    (void)state;
    setenv("CREDENTIALS_DIRECTORY", scratch.directory, 1);
    write_file(&scratch, "hospitium-passphrase", SLICE("of the service"));
    write_file(&scratch, "named", SLICE("that was named"));
    assert_asked(ROOT_PASSPHRASE, scratch_path(&scratch, "named"), "that was named");
    /* And when it is not there, the credential does not step in for it. */
    assert_int_equal(ask(ROOT_PASSPHRASE, scratch_path(&scratch, "missing"), &found, &fault), ERROR_FILE_MISSING);
    unsetenv("CREDENTIALS_DIRECTORY");
}

static void a_directory_with_too_long_a_name_holds_none(void **state)
{
    CLEANUP_BUFFER struct buffer found = buffer_new(ROOT_SECRET_MAX);
    char name[PATH_MAX + 1];

    (void)state;
    memset(name, 'a', PATH_MAX);
    name[PATH_MAX] = '\0';
    setenv("CREDENTIALS_DIRECTORY", name, 1);
    assert_int_equal(ask(ROOT_PASSPHRASE, NULL, &found, NULL), ERROR_SEALED);
    unsetenv("CREDENTIALS_DIRECTORY");
}

static void line_ends_count_in_a_random_credential_alone(void **state)
{
    WITH_SCRATCH scratch = scratch_make();

    (void)state;
    write_file(&scratch, "secret", SLICE("four words\nof mine\r\n\n"));
    for (size_t k = 0; k < KINDS; k++)
        assert_asked(kinds[k].kind, scratch_path(&scratch, "secret"),
                     kinds[k].kind == ROOT_CREDENTIAL ? "four words\nof mine\r\n\n" : "four words\nof mine");
    write_file(&scratch, "secret", SLICE("\r\n"));
    assert_asked(ROOT_PASSPHRASE, scratch_path(&scratch, "secret"), "");
}

static void what_is_too_long_or_no_file_is_refused(void **state)
{
    WITH_SCRATCH scratch = scratch_make();
    CLEANUP_BUFFER struct buffer found = buffer_new(2 * ROOT_SECRET_MAX);
    static const char many[ROOT_SECRET_MAX + 1];

    (void)state;
    write_file(&scratch, "many", slice_of(many, sizeof many));
    assert_int_equal(ask(ROOT_CREDENTIAL, scratch_path(&scratch, "many"), &found, NULL), ERROR_TOO_LARGE);
    write_file(&scratch, "many", slice_of(many, ROOT_SECRET_MAX - 1));
    assert_int_equal(ask(ROOT_CREDENTIAL, scratch_path(&scratch, "many"), &found, NULL), OK);
    assert_int_equal(found.length, ROOT_SECRET_MAX - 1);
    assert_int_equal(ask(ROOT_PASSPHRASE, scratch.directory, &found, NULL), ERROR_IO);
}

static void a_dash_is_standard_input(void **state)
{
    int pipes[2], kept = dup(0);

    (void)state;
    assert_int_equal(pipe(pipes), 0);
    assert_int_equal(write(pipes[1], "from the other side\n", 20), 20);
    close(pipes[1]);
    dup2(pipes[0], 0);
    close(pipes[0]);
    assert_asked(ROOT_PASSPHRASE, "-", "from the other side");
    dup2(kept, 0);
    close(kept);
}

/* ---- a terminal ---- */

struct told {
    enum error placed, read;
    bool echo_restored;
    char secret[64];
};

/* In a process whose terminal is the other end: asks, and tells what it got. */
static void ask_at_terminal(enum root_kind kind, int tell)
{
    char room[ROOT_SECRET_MAX];
    struct told told = {.placed = OK};
    struct termios settings;
    struct slice secret = SLICE("");
    int place;

    told.placed = ask_place(kind, NULL, true, &place, NULL);
    if (told.placed == OK)
        told.read = ask_read(kind, place, room, &secret);
    if (secret.length < sizeof told.secret)
        memcpy(told.secret, secret.data, secret.length);
    told.echo_restored = tcgetattr(0, &settings) == 0 && settings.c_lflag & ECHO;
    _exit(write(tell, &told, sizeof told) == sizeof told ? 0 : 1);
}

/* Types once the question stands there; gives what the terminal showed. */
static struct told at_terminal(enum root_kind kind, const char *question, const char *typed, char *shown, size_t room)
{
    struct told told = {.placed = ERROR_INTERNAL};
    int terminal, pipes[2], status;
    size_t seen = 0;

    assert_int_equal(pipe(pipes), 0);
    pid_t child = forkpty(&terminal, NULL, NULL, NULL);
    assert_true(child >= 0);
    if (child == 0)
        ask_at_terminal(kind, pipes[1]);
    close(pipes[1]);
    for (bool answered = false;;) {
        ssize_t got = read(terminal, shown + seen, room - 1 - seen);
        if (got <= 0)
            break;
        seen += (size_t)got;
        shown[seen] = '\0';
        if (!answered && question && strstr(shown, question)) {
            struct termios settings;
            /* The question is written before the echo is off: what is typed is flushed until then. */
            do
                assert_int_equal(tcgetattr(terminal, &settings), 0);
            while (settings.c_lflag & ECHO);
            assert_int_equal(write(terminal, typed, strlen(typed)), (ssize_t)strlen(typed));
            answered = true;
        }
    }
    assert_int_equal(read(pipes[0], &told, sizeof told), sizeof told);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    close(pipes[0]);
    close(terminal);
    return told;
}

static void a_terminal_is_asked_and_does_not_show_it(void **state)
{
    char shown[512] = "";

    (void)state;
    unsetenv("CREDENTIALS_DIRECTORY");
    struct told told = at_terminal(ROOT_PASSPHRASE, "Passphrase of the node: ", "four words nobody guesses\n", shown,
                                   sizeof shown);
    assert_int_equal(told.placed, OK);
    assert_int_equal(told.read, OK);
    assert_string_equal(told.secret, "four words nobody guesses");
    assert_null(strstr(shown, "four"));
    assert_true(told.echo_restored);
}

/* Random bytes are nothing that anybody types. */
static void a_terminal_is_not_asked_for_a_credential(void **state)
{
    char shown[512] = "";

    (void)state;
    struct told told = at_terminal(ROOT_CREDENTIAL, NULL, "", shown, sizeof shown);
    assert_int_equal(told.placed, ERROR_SEALED);
    assert_string_equal(shown, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_root_in_plain_asks_for_nothing),
        cmocka_unit_test(each_kind_has_its_own_credential),
        cmocka_unit_test(a_named_file_comes_before_a_credential),
        cmocka_unit_test(a_directory_with_too_long_a_name_holds_none),
        cmocka_unit_test(line_ends_count_in_a_random_credential_alone),
        cmocka_unit_test(what_is_too_long_or_no_file_is_refused),
        cmocka_unit_test(a_dash_is_standard_input),
        cmocka_unit_test(a_terminal_is_asked_and_does_not_show_it),
        cmocka_unit_test(a_terminal_is_not_asked_for_a_credential),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
