/* SPDX-License-Identifier: Apache-2.0 */
#include "report.h"

#include <stdarg.h>
#include <stdio.h>

#define SENTENCE_MAX 400

static void add_place(struct buffer *into, const struct report_place *place)
{
    buffer_format(into, "line %u", place->line);
    if (place->decision.length)
        buffer_format(into, ", decision \"%.*s\"", SLICE_PRINT(place->decision));
    if (place->row)
        buffer_format(into, ", row %u", place->row);
    if (place->row_id.length)
        buffer_format(into, " (%.*s)", SLICE_PRINT(place->row_id));
    if (place->clause.length)
        buffer_format(into, ", cell \"%.*s\"", SLICE_PRINT(place->clause));
}

void report_add(struct report *report, const struct report_place *place, const char *format, ...)
{
    char sentence[SENTENCE_MAX];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(sentence, sizeof sentence, format, arguments);
    va_end(arguments);
    report->count++;
    add_place(report->into, place);
    buffer_format(report->into, ": %s\n", sentence);
}
