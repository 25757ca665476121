/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* The process log: what the program did, never whom it did it for.
 *
 *     LOG(INFO, "server.started", FIELD("port", port), FIELD("tls", tls));
 *
 * Keeps the rule that clinical or personal text never reaches a log, by type: a field may be a number, a truth value,
 * an error or a LABEL (a literal in the source). There is no case for char *, struct slice or struct personal, so
 * logging one does not compile (test/base/log_refuses_personal_test.sh shows it).
 *
 * One JSON object a line on stderr. Only whoever handles an error logs it; library code returns it. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "error.h"

enum log_level { LOG_DEBUG, LOG_INFO, LOG_WARNING, LOG_ERROR };

/* Text that stands in the source, and so cannot be anybody's. */
struct label {
    const char *literal;
};
#define LABEL(literal) ((struct label){"" literal ""})

enum log_kind { LOG_KIND_SIGNED, LOG_KIND_UNSIGNED, LOG_KIND_BOOL, LOG_KIND_LABEL, LOG_KIND_ERROR };

struct log_field {
    const char *name;
    enum log_kind kind;
    int64_t number;
    const char *literal;
};

static inline struct log_field log_field_signed(const char *name, int64_t value)
{
    return (struct log_field){name, LOG_KIND_SIGNED, value, NULL};
}
static inline struct log_field log_field_unsigned(const char *name, uint64_t value)
{
    return (struct log_field){name, LOG_KIND_UNSIGNED, (int64_t)value, NULL};
}
static inline struct log_field log_field_bool(const char *name, bool value)
{
    return (struct log_field){name, LOG_KIND_BOOL, value, NULL};
}
static inline struct log_field log_field_label(const char *name, struct label value)
{
    return (struct log_field){name, LOG_KIND_LABEL, 0, value.literal};
}
static inline struct log_field log_field_error(const char *name, enum error value)
{
    return (struct log_field){name, LOG_KIND_ERROR, value, NULL};
}

#define FIELD(name, value)                                                                                             \
    _Generic((value), bool                                                                                             \
             : log_field_bool, int                                                                                     \
             : log_field_signed, long                                                                                  \
             : log_field_signed, long long                                                                             \
             : log_field_signed, unsigned                                                                              \
             : log_field_unsigned, unsigned long                                                                       \
             : log_field_unsigned, unsigned long long                                                                  \
             : log_field_unsigned, struct label                                                                        \
             : log_field_label)("" name "", value)

/* An error code by its name. enum error is an integer to _Generic, so it asks for its own word. */
#define FIELD_ERROR(value) log_field_error("error", value)

#define LOG(level, event, ...)                                                                                         \
    log_write(LOG_##level, "" event "", (const struct log_field[]){{0}, ##__VA_ARGS__},                                \
              sizeof((const struct log_field[]){{0}, ##__VA_ARGS__}) / sizeof(struct log_field) - 1)

void log_write(enum log_level level, const char *event, const struct log_field *fields, size_t count);

/* Lines below this level are dropped. INFO at the start. */
void log_set_level(enum log_level level);
/* Which process speaks ("door", "safe"); a literal. */
void log_set_process(struct label process);
/* Where the time of a line comes from; the real clock at the start. NULL leaves time out. */
void log_set_clock(int64_t (*now_ns)(void *context), void *context);
/* Where lines go; 2 (stderr) at the start. */
void log_set_descriptor(int descriptor);
