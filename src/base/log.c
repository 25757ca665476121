/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "log.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "world.h"

#define LINE_MAX_BYTES 2048

static int64_t real_now(void *context)
{
    (void)context;
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static struct {
    enum log_level level;
    const char *process;
    int64_t (*now_ns)(void *context);
    void *clock_context;
    int descriptor;
} settings = {LOG_INFO, "hospitium", real_now, NULL, 2};

void log_set_level(enum log_level level)
{
    settings.level = level;
}

void log_set_process(struct label process)
{
    settings.process = process.literal;
}

void log_set_clock(int64_t (*now_ns)(void *context), void *context)
{
    settings.now_ns = now_ns;
    settings.clock_context = context;
}

void log_set_descriptor(int descriptor)
{
    settings.descriptor = descriptor;
}

struct line {
    char text[LINE_MAX_BYTES];
    size_t length;
};

static void put(struct line *line, const char *format, ...) PRINTF_LIKE(2, 3);

static void put(struct line *line, const char *format, ...)
{
    size_t room = sizeof line->text - line->length;
    va_list arguments;

    va_start(arguments, format);
    int written = vsnprintf(line->text + line->length, room, format, arguments);
    va_end(arguments);
    if (written > 0)
        line->length += (size_t)written < room ? (size_t)written : room - 1;
}

static void put_time(struct line *line)
{
    if (!settings.now_ns)
        return;
    int64_t now = settings.now_ns(settings.clock_context);
    time_t seconds = (time_t)(now / 1000000000);
    struct tm utc;

    gmtime_r(&seconds, &utc);
    put(line, "\"time\":\"%04d-%02d-%02dT%02d:%02d:%02d.%03dZ\",", utc.tm_year + 1900, utc.tm_mon + 1, utc.tm_mday,
        utc.tm_hour, utc.tm_min, utc.tm_sec, (int)(now / 1000000 % 1000));
}

static void put_field(struct line *line, const struct log_field *field)
{
    switch (field->kind) {
    case LOG_KIND_SIGNED:
        put(line, ",\"%s\":%" PRId64, field->name, field->number);
        break;
    case LOG_KIND_UNSIGNED:
        put(line, ",\"%s\":%" PRIu64, field->name, (uint64_t)field->number);
        break;
    case LOG_KIND_BOOL:
        put(line, ",\"%s\":%s", field->name, field->number ? "true" : "false");
        break;
    case LOG_KIND_LABEL:
        put(line, ",\"%s\":\"%s\"", field->name, field->literal);
        break;
    case LOG_KIND_ERROR:
        put(line, ",\"%s\":\"%s\"", field->name, error_entry((enum error)field->number)->name);
        break;
    }
}

void log_write(enum log_level level, const char *event, const struct log_field *fields, size_t count)
{
    static const char *const level_names[] = {"debug", "info", "warning", "error"};
    struct line line = {.length = 0};

    if (level < settings.level)
        return;
    put(&line, "{");
    put_time(&line);
    put(&line, "\"process\":\"%s\",\"level\":\"%s\",\"event\":\"%s\"", settings.process, level_names[level], event);
    for (size_t i = 0; i < count; i++)
        put_field(&line, &fields[i + 1]);
    put(&line, "}\n");
    /* A log line that cannot be written has nowhere to be reported. */
    if (write(settings.descriptor, line.text, line.length) < 0)
        return;
}
