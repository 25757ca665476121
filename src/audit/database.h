/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* A database of the node, opened for reading. Without a write-ahead log the file itself is read as it lies there
 * (immutable); with one, file and log are copied into the audit's private directory first, so that nothing of the node
 * is touched. Its schema may be hostile: views, triggers and virtual tables are refused before anything is asked. */

#include <sqlite3.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "base/slice.h"
#include "report.h"

struct database {
    sqlite3 *handle;
    const char *file; /* below the node's directory, for findings */
    struct report *report;
};

/* Findings go to the report. ERROR_FILE_MISSING, ERROR_CORRUPT, ERROR_IO, ERROR_DISK_FULL. */
MUST_CHECK enum error database_open(struct database *database, const char *directory, const char *file,
                                    const char *scratch, struct report *report);
void database_close(struct database *database);

/* NULL when the table is not as it should be; that is told once. */
sqlite3_stmt *database_ask(struct database *database, const char *sql) MUST_CHECK;
/* True for a row. Something else than a row or the end is told. */
bool database_next(struct database *database, sqlite3_stmt *statement);
struct slice database_bytes(sqlite3_stmt *statement, int column);
/* The number of the first row, 0 without one. */
int64_t database_number(struct database *database, const char *sql);
bool database_has_table(struct database *database, const char *table);

/* Looks at every name of every table for words that tell of status, and at the JSON of plain bodies in `plain_sql`
 * (rowid, body), which may be NULL. */
void database_scan(struct database *database, const char *plain_table, const char *plain_sql);

static inline void statement_close(sqlite3_stmt **statement)
{
    sqlite3_finalize(*statement);
    *statement = NULL;
}
#define CLEANUP_STATEMENT __attribute__((cleanup(statement_close)))
