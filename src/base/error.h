/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* Errors are values. One registry (errors.def) gives each error its HTTP status, FHIR issue type, sentence and hint, so
 * that the command line, the API and the pages all say the same thing.
 *
 * Library code returns an error and never logs it; whoever handles it logs it, once. `struct fault` carries the detail
 * a person needs to find the cause ("line 12, column 4"). It must never hold a person's data. */

#include <stddef.h>

#define MUST_CHECK __attribute__((warn_unused_result))
/* A large local that is filled before it is read: not zeroed first, which the build asks for otherwise. */
#define LEFT_UNSET __attribute__((uninitialized))
#define PRINTF_LIKE(format_index, first) __attribute__((format(printf, format_index, first)))

enum error {
    OK = 0,
#define ERROR(name, http_status, fhir_issue, sentence, hint) ERROR_##name,
#include "errors.def"
#undef ERROR
    ERROR_COUNT
};

struct error_entry {
    const char *name;
    int http_status;
    const char *fhir_issue; /* http://hl7.org/fhir/issue-type */
    const char *sentence;
    const char *hint;
};

const struct error_entry *error_entry(enum error code);

#define FAULT_DETAIL_MAX 240

/* Where an error can say more than its name. `detail` may be empty. */
struct fault {
    enum error code;
    char detail[FAULT_DETAIL_MAX];
};

/* Sets code and detail (cut at FAULT_DETAIL_MAX) and returns the code. `fault` may be NULL. */
enum error fault_set(struct fault *fault, enum error code, const char *format, ...) PRINTF_LIKE(3, 4);

/* Returns early with the error of `expression`, if it has one. */
#define TRY(expression)                                                                                                \
    do {                                                                                                               \
        enum error try_error_ = (expression);                                                                          \
        if (try_error_ != OK)                                                                                          \
            return try_error_;                                                                                         \
    } while (0)
