/* SPDX-License-Identifier: Apache-2.0 */
#include "report.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>

static const struct {
    const char *name, *sentence, *meaning;
} finding_words[FINDING_KINDS] = {
#define FINDING(name, sentence, meaning) [FINDING_##name] = {#name, sentence, meaning},
#include "findings.def"
#undef FINDING
};

static const struct {
    const char *word, *label;
} count_words[COUNT_KINDS] = {
#define COUNT(name, word, label) [COUNT_##name] = {word, label},
#include "counts.def"
#undef COUNT
};

static const char *const kind_words[PUBLIC_KINDS] = {
#define KIND(name, word) [KIND_##name] = word,
#include "kinds.def"
#undef KIND
};

enum public_kind public_kind_of(struct slice word)
{
    for (unsigned k = 0; k < PUBLIC_KINDS; k++)
        if (slice_is(word, kind_words[k]))
            return (enum public_kind)k;
    return PUBLIC_KINDS;
}

enum error report_init(struct report *report)
{
    *report = (struct report){.kept = calloc((size_t)FINDING_KINDS * REPORT_KEPT_MAX, sizeof *report->kept)};
    return report->kept ? OK : ERROR_MEMORY;
}

void report_free(struct report *report)
{
    free(report->kept);
    *report = (struct report){0};
}

void report_clear(struct report *report)
{
    struct finding *kept = report->kept;

    *report = (struct report){.kept = kept};
}

void report_add(struct report *report, enum finding_kind kind, struct place place, const char *detail, ...)
{
    uint64_t number = report->found[kind]++;

    report->faults++;
    if (number >= REPORT_KEPT_MAX)
        return;
    size_t slot = (size_t)kind * REPORT_KEPT_MAX + (size_t)number;
    struct finding *finding = &report->kept[slot];
    *finding = (struct finding){
        .kind = kind, .begin = place.begin, .end = place.end, .entry = place.entry, .row = place.row};
    snprintf(finding->file, sizeof finding->file, "%s", place.file);
    snprintf(finding->table, sizeof finding->table, "%s", place.table ? place.table : "");
    if (detail) {
        va_list arguments;
        va_start(arguments, detail);
        vsnprintf(finding->detail, sizeof finding->detail, detail, arguments);
        va_end(arguments);
    }
    report->order[report->ordered++] = slot;
}

/* ---- for people ---- */

static void write_place(const struct finding *finding, FILE *out)
{
    fprintf(out, "%s", finding->file);
    if (finding->begin != REPORT_NONE)
        fprintf(out, ", bytes %" PRIu64 " to %" PRIu64, finding->begin, finding->end);
    if (finding->table[0])
        fprintf(out, ", table %s", finding->table);
    if (finding->row != REPORT_NONE)
        fprintf(out, ", row %" PRIu64, finding->row);
    if (finding->entry != REPORT_NONE)
        fprintf(out, ", entry %" PRIu64, finding->entry);
}

static void write_finding(const struct finding *finding, FILE *out)
{
    write_place(finding, out);
    fprintf(out, ": %s", finding_words[finding->kind].sentence);
    if (finding->detail[0])
        fprintf(out, " (%s)", finding->detail);
    fprintf(out, "\n  %s\n", finding_words[finding->kind].meaning);
}

static void write_counts(const struct report *report, FILE *out)
{
    for (unsigned c = 0; c < COUNT_KINDS; c++)
        if (report->count[c] > 0)
            fprintf(out, "%10" PRIu64 "  %s\n", report->count[c], count_words[c].label);
    for (unsigned k = 0; k < PUBLIC_KINDS; k++)
        if (report->public_kind[k] > 0)
            fprintf(out, "%10" PRIu64 "  in the public log: %s\n", report->public_kind[k], kind_words[k]);
}

static void write_left_out(const struct report *report, FILE *out)
{
    for (unsigned k = 0; k < FINDING_KINDS; k++)
        if (report->found[k] > REPORT_KEPT_MAX)
            fprintf(out, "and %" PRIu64 " more of: %s\n", report->found[k] - REPORT_KEPT_MAX,
                    finding_words[k].sentence);
}

void report_write_text(const struct report *report, const struct report_head *head, FILE *out)
{
    fprintf(out, "%.*s in %s, %s. Re-derived from its files:\n", SLICE_PRINT(head->node), head->directory,
            head->with_key ? "events opened with the oversight key" : "structure only (no --oversight-key)");
    write_counts(report, out);
    for (size_t i = 0; i < report->ordered; i++)
        write_finding(&report->kept[report->order[i]], out);
    write_left_out(report, out);
    if (report->faults == 0)
        fprintf(out, "No fault was found.\n");
    else
        fprintf(out, "%" PRIu64 " fault%s found.\n", report->faults, report->faults == 1 ? " was" : "s were");
}

/* ---- for programs ---- */

static void json_text(struct slice text, FILE *out)
{
    fputc('"', out);
    for (size_t i = 0; i < text.length; i++) {
        unsigned char c = (unsigned char)text.data[i];
        if (c < ' ' || c == '"' || c == '\\' || c == 0x7F)
            fprintf(out, "\\u%04x", c);
        else
            fputc(c, out);
    }
    fputc('"', out);
}

static void json_member_text(const char *name, const char *text, FILE *out)
{
    fprintf(out, ",\"%s\":", name);
    json_text(slice_from_string(text), out);
}

static void json_member_number(const char *name, uint64_t number, FILE *out)
{
    if (number != REPORT_NONE)
        fprintf(out, ",\"%s\":%" PRIu64, name, number);
}

static void json_finding(const struct finding *finding, FILE *out)
{
    fprintf(out, "{\"fault\":\"%s\"", finding_words[finding->kind].name);
    json_member_text("file", finding->file, out);
    json_member_number("begin", finding->begin, out);
    json_member_number("end", finding->end, out);
    if (finding->table[0])
        json_member_text("table", finding->table, out);
    json_member_number("row", finding->row, out);
    json_member_number("entry", finding->entry, out);
    json_member_text("what", finding_words[finding->kind].sentence, out);
    if (finding->detail[0])
        json_member_text("detail", finding->detail, out);
    json_member_text("means", finding_words[finding->kind].meaning, out);
    fputc('}', out);
}

static void json_counts(const struct report *report, FILE *out)
{
    fprintf(out, "\"derived\":{");
    for (unsigned c = 0; c < COUNT_KINDS; c++)
        fprintf(out, "%s\"%s\":%" PRIu64, c ? "," : "", count_words[c].word, report->count[c]);
    fprintf(out, "},\"public\":{");
    for (unsigned k = 0; k < PUBLIC_KINDS; k++)
        fprintf(out, "%s\"%s\":%" PRIu64, k ? "," : "", kind_words[k], report->public_kind[k]);
    fprintf(out, "}");
}

void report_write_json(const struct report *report, const struct report_head *head, FILE *out)
{
    fprintf(out, "{\"node\":");
    json_text(head->node, out);
    fprintf(out, ",\"eventsOpened\":%s,", head->with_key ? "true" : "false");
    json_counts(report, out);
    fprintf(out, ",\"found\":%" PRIu64 ",\"faults\":[", report->faults);
    for (size_t i = 0; i < report->ordered; i++) {
        if (i)
            fputc(',', out);
        json_finding(&report->kept[report->order[i]], out);
    }
    fprintf(out, "]}\n");
}
