/* SPDX-License-Identifier: Apache-2.0 */
#include "error.h"

#include <stdarg.h>
#include <stdio.h>

static const struct error_entry entries[ERROR_COUNT] = {
    [OK] = {"OK", 200, "informational", "Done.", ""},
#define ERROR(name, http_status, fhir_issue, sentence, hint)                                                           \
    [ERROR_##name] = {#name, http_status, fhir_issue, sentence, hint},
#include "errors.def"
#undef ERROR
};

const struct error_entry *error_entry(enum error code)
{
    if ((unsigned)code >= ERROR_COUNT)
        code = ERROR_INTERNAL;
    return &entries[code];
}

enum error fault_set(struct fault *fault, enum error code, const char *format, ...)
{
    if (!fault)
        return code;

    va_list arguments;
    va_start(arguments, format);
    vsnprintf(fault->detail, sizeof fault->detail, format, arguments);
    va_end(arguments);
    fault->code = code;
    return code;
}
