/* SPDX-License-Identifier: Apache-2.0 */

/* Statements of order counts from anybody, and what a region kept of them from a damaged disk, with a check that fits.
 * What is published is a sum over enough houses, and everything that is written can be read again. */

#include <stdlib.h>

#include "witness/checked.h"
#include "witness/counts.h"

#define LATE_S 4000000000
#define MEMBERS 3

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool holds)
{
    if (!holds)
        abort();
}

static void write_and_read(const struct counts *counts)
{
    CLEANUP_BUFFER struct buffer first = buffer_new(COUNTS_BYTES_MAX + CHECKED_LINE_BYTES);
    struct counts *again = counts_new();

    if (again && counts_write(counts, &first) == OK)
        must(counts_read(again, buffer_view(&first)) == OK);
    counts_free(again);
}

static void publish(struct counts *counts)
{
    unsigned waiting = counts_waiting(counts);
    uint64_t log_size;

    if (counts_closing(counts, &log_size).length > 0)
        counts_closed(counts);
    if (!counts_close(counts, LATE_S, MEMBERS, 7))
        return;
    must(waiting >= MEMBERS && counts_closing(counts, &log_size).length > 0 && log_size == 7);
    write_and_read(counts);
    counts_closed(counts);
    must(counts_closing(counts, &log_size).length == 0);
    must(!counts_close(counts, LATE_S, MEMBERS, 8)); /* once a quarter */
}

static void try_kept(struct counts *counts, struct slice input)
{
    CLEANUP_BUFFER struct buffer checked = buffer_new(COUNTS_BYTES_MAX + CHECKED_LINE_BYTES);

    if (checked_write(input, &checked) != OK || counts_read(counts, buffer_view(&checked)) != OK)
        return;
    publish(counts);
    write_and_read(counts);
}

static void try_statement(struct counts *counts, struct slice input)
{
    struct counts_statement statement;

    if (counts_statement_parse(input, &statement) != OK)
        return;
    if (counts_take(counts, &statement, LATE_S) == OK) {
        must(counts_waiting(counts) == 1);
        must(!counts_close(counts, LATE_S, MEMBERS, 0));
    }
    write_and_read(counts);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct counts *statements = counts_new(), *kept = counts_new();

    if (statements && kept) {
        try_statement(statements, slice_of(data, size));
        try_kept(kept, slice_of(data, size));
    }
    counts_free(statements);
    counts_free(kept);
    return 0;
}
