/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* What the audit found: counts of what was re-derived, and findings, each with its place. Kept in memory up to
 * REPORT_KEPT_MAX of each kind (all are counted), so that a log that is wrong everywhere does not fill it.
 *
 * Must never hold a name or a text of a record: places are files, offsets, entries, rows. */

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "base/error.h"
#include "base/slice.h"

enum finding_kind {
#define FINDING(name, sentence, meaning) FINDING_##name,
#include "findings.def"
#undef FINDING
    FINDING_KINDS
};

enum count_kind {
#define COUNT(name, word, label) COUNT_##name,
#include "counts.def"
#undef COUNT
    COUNT_KINDS
};

enum public_kind {
#define KIND(name, word) KIND_##name,
#include "kinds.def"
#undef KIND
    PUBLIC_KINDS
};

#define REPORT_KEPT_MAX 20
#define REPORT_NONE UINT64_MAX

/* Where something is. `file` is relative to the node's directory; the rest is REPORT_NONE where it does not apply. */
struct place {
    const char *file;
    uint64_t begin, end; /* bytes [begin, end) */
    uint64_t entry;
    uint64_t row; /* of a database's table, or a line */
    const char *table;
};

#define PLACE_FILE(name) ((struct place){(name), REPORT_NONE, REPORT_NONE, REPORT_NONE, REPORT_NONE, NULL})
#define PLACE_ENTRY(name, index) ((struct place){(name), REPORT_NONE, REPORT_NONE, (index), REPORT_NONE, NULL})
#define PLACE_BYTES(name, from, to, index) ((struct place){(name), (from), (to), (index), REPORT_NONE, NULL})
#define PLACE_ROW(name, which, number)                                                                                 \
    ((struct place){(name), REPORT_NONE, REPORT_NONE, REPORT_NONE, (uint64_t)(number), (which)})

struct finding {
    enum finding_kind kind;
    char file[96];
    uint64_t begin, end, entry, row;
    char table[24];
    char detail[96]; /* numbers and fixed words */
};

struct report {
    struct finding *kept; /* FINDING_KINDS × REPORT_KEPT_MAX */
    uint64_t found[FINDING_KINDS];
    uint64_t order[FINDING_KINDS * REPORT_KEPT_MAX]; /* in which they came */
    size_t ordered;
    uint64_t faults;
    uint64_t count[COUNT_KINDS];
    uint64_t public_kind[PUBLIC_KINDS];
    uint64_t public_other;
};

MUST_CHECK enum error report_init(struct report *report);
void report_free(struct report *report);
void report_clear(struct report *report);

/* `detail` may be NULL. */
void report_add(struct report *report, enum finding_kind kind, struct place place, const char *detail, ...)
    PRINTF_LIKE(4, 5);

/* The kind of a public entry, or PUBLIC_KINDS. */
enum public_kind public_kind_of(struct slice word);

struct report_head {
    const char *directory;
    struct slice node;
    bool with_key;
};
void report_write_text(const struct report *report, const struct report_head *head, FILE *out);
void report_write_json(const struct report *report, const struct report_head *head, FILE *out);
