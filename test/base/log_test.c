/* SPDX-License-Identifier: Apache-2.0 */

/* Proves the shape of a line of the process log: one JSON object, whole, with the time it was given. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/log.h"
#include "base/world.h"

static int64_t fixed_time(void *context)
{
    (void)context;
    return INT64_C(1700000000) * 1000000000 + 42000000;
}

static int line[2];

static int open_pipe(void **state)
{
    (void)state;
    if (pipe(line) != 0)
        return -1;
    log_set_descriptor(line[1]);
    log_set_clock(fixed_time, NULL);
    log_set_process(LABEL("door"));
    return 0;
}

static int close_pipe(void **state)
{
    (void)state;
    log_set_descriptor(2);
    log_set_level(LOG_INFO);
    close(line[0]);
    close(line[1]);
    return 0;
}

/* What was written since the last call. */
static const char *said(void)
{
    static char text[4096];

    LOG(ERROR, "mark"); /* so that reading does not wait for ever */
    ssize_t length = read(line[0], text, sizeof text - 1);
    assert_true(length > 0);
    text[length] = '\0';
    char *mark = strstr(text, "{\"time\":\"2023-11-14T22:13:20.042Z\",\"process\":\"door\",\"level\":\"error\",\"event\":\"mark\"}\n");
    assert_non_null(mark);
    *mark = '\0';
    return text;
}

static void a_line_is_one_object_with_its_fields(void **state)
{
    (void)state;
    LOG(INFO, "server.started", FIELD("port", 8080), FIELD("tls", (bool)true), FIELD("mode", LABEL("demo")),
        FIELD("least", INT64_MIN), FIELD("most", UINT64_MAX), FIELD_ERROR(ERROR_DISK_FULL));
    assert_string_equal(said(), "{\"time\":\"2023-11-14T22:13:20.042Z\",\"process\":\"door\",\"level\":\"info\","
                                "\"event\":\"server.started\",\"port\":8080,\"tls\":true,\"mode\":\"demo\","
                                "\"least\":-9223372036854775808,\"most\":18446744073709551615,"
                                "\"error\":\"DISK_FULL\"}\n");
}

static void what_is_below_the_level_is_not_written(void **state)
{
    (void)state;
    LOG(DEBUG, "quiet");
    assert_string_equal(said(), "");
    log_set_level(LOG_WARNING);
    LOG(INFO, "quiet");
    LOG(WARNING, "loud");
    assert_non_null(strstr(said(), "\"level\":\"warning\",\"event\":\"loud\"}\n"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_line_is_one_object_with_its_fields, open_pipe, close_pipe),
        cmocka_unit_test_setup_teardown(what_is_below_the_level_is_not_written, open_pipe, close_pipe),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
