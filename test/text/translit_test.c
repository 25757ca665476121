/* SPDX-License-Identifier: Apache-2.0 */

/* Proves that names of many scripts come out in Latin letters, that ASCII needs no module, and that a missing module is
 * said and not guessed around. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "module_directory.h"
#include "text/translit.h"

static void names_come_out_in_latin_letters(void **state)
{
    static const struct {
        const char *text, *latin;
    } CASE[] = {
        {"Samira HADDAD", "samira haddad"},
        {"سميرا حداد", "smyra hdad"},
        {"يوسف", "ywsf"},
        {"Юсуф", "usuf"},
        {"משה", "msh"},
        {"Νίκος", "nikos"},
        {"王小明", "wang xiao ming"},
        {"Łukasz Straße", "lukasz strasse"},
        {"\xEF\xBB\x8B\xEF\xBB\xA0\xEF\xBB\xB2", "ly"}, /* presentation forms of علي, which NFKC folds */
        {"", ""},
    };
    CLEANUP_ARENA struct arena *arena = arena_new(64 * 1024);

    (void)state;
    for (size_t i = 0; i < sizeof CASE / sizeof *CASE; i++) {
        struct slice latin;
        struct fault fault = {0};
        enum error error = translit_latin(arena, slice_from_string(CASE[i].text), &latin, &fault);
        if (error != OK)
            fail_msg("%s: %s", CASE[i].text, fault.detail);
        char ascii[64] = "";
        size_t length = 0;
        for (size_t at = 0; at < latin.length; at++)
            if ((unsigned char)latin.data[at] < 0x80)
                ascii[length++] = latin.data[at];
        assert_string_equal(CASE[i].latin, ascii);
    }
}

static void broken_and_boundless_text_is_refused(void **state)
{
    static char much[TRANSLIT_BYTES_MAX + 1];
    CLEANUP_ARENA struct arena *arena = arena_new(256 * 1024), *small = arena_new(64);
    struct slice latin;

    (void)state;
    assert_int_equal(ERROR_UTF8, translit_latin(arena, SLICE("a\xff"), &latin, NULL));
    memset(much, 'a', sizeof much);
    assert_int_equal(ERROR_TOO_LARGE, translit_latin(arena, slice_of(much, sizeof much), &latin, NULL));
    assert_int_equal(ERROR_MEMORY, translit_latin(small, slice_of(much, 1000), &latin, NULL));
}

/* U+FDFA is one character that stands for a sentence of eighteen. */
static void text_that_grows_stays_in_its_bounds(void **state)
{
    char text[3 * 1365];
    CLEANUP_ARENA struct arena *arena = arena_new(256 * 1024);
    struct slice latin = {0};

    (void)state;
    for (size_t i = 0; i < sizeof text; i += 3)
        memcpy(text + i, "\xEF\xB7\xBA", 3);
    assert_int_equal(ERROR_TOO_LARGE, translit_latin(arena, slice_of(text, sizeof text), &latin, NULL));
    assert_int_equal(OK, translit_latin(arena, slice_of(text, 3), &latin, NULL));
    assert_true(latin.length > 3);
}

/* In a child, because the module is loaded once in a process. */
static void a_missing_module_is_named(void **state)
{
    int status;
    pid_t child = fork();

    (void)state;
    if (child == 0) {
        struct arena *arena = arena_new(64 * 1024);
        struct fault fault = {0};
        struct slice latin;
        setenv("HOSPITIUM_MODULE_DIR", "/nowhere", 1);
        bool ascii_works = translit_latin(arena, SLICE("Ana"), &latin, &fault) == OK;
        bool missing = translit_latin(arena, SLICE("\xC3\x81na"), &latin, &fault) == ERROR_FILE_MISSING;
        bool named = strstr(fault.detail, "/nowhere/hospitium-icu.so") != NULL;
        arena_free(arena);
        _exit(ascii_works && missing && named ? 0 : 1);
    }
    assert_int_equal(child, waitpid(child, &status, 0));
    assert_true(WIFEXITED(status));
    assert_int_equal(0, WEXITSTATUS(status));
}

static int find_module(void **state)
{
    (void)state;
    module_directory_set();
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_missing_module_is_named), /* first: nothing is loaded yet */
        cmocka_unit_test(names_come_out_in_latin_letters),
        cmocka_unit_test(broken_and_boundless_text_is_refused),
        cmocka_unit_test(text_that_grows_stays_in_its_bounds),
    };
    return cmocka_run_group_tests(tests, find_module, NULL);
}
