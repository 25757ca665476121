/* SPDX-License-Identifier: Apache-2.0 */

/* The engine's result codes as our errors, in one table, and the one result that must end the process. */

#include <errno.h>
#include <stdlib.h>

#include "internal.h"

static enum error of_constraint(int extended)
{
    switch (extended) {
    case SQLITE_CONSTRAINT_PRIMARYKEY:
    case SQLITE_CONSTRAINT_UNIQUE:
    case SQLITE_CONSTRAINT_ROWID:
        return ERROR_EXISTS;
    case SQLITE_CONSTRAINT_FOREIGNKEY:
        return ERROR_CONFLICT;
    default:
        return ERROR_VALUE;
    }
}

/* A commit writes to the log alone, and of its failure SQLite keeps the number only there. */
static int errno_of_log(sqlite3 *database)
{
    sqlite3_file *log = NULL;
    int number = 0;

    sqlite3_file_control(database, "main", SQLITE_FCNTL_JOURNAL_POINTER, &log);
    if (log && log->pMethods)
        log->pMethods->xFileControl(log, SQLITE_FCNTL_LAST_ERRNO, &number);
    return number;
}

/* SQLite knows a full disk only by ENOSPC; a quota and a limit on file size mean the same to us. */
static enum error of_failed_io(sqlite3 *database, int result)
{
    int number = result == SQLITE_IOERR_WRITE ? errno_of_log(database) : sqlite3_system_errno(database);

    return number == ENOSPC || number == EDQUOT || number == EFBIG ? ERROR_DISK_FULL : ERROR_IO;
}

static enum error of_result(sqlite3 *database, int result)
{
    switch (result & 0xff) {
    case SQLITE_OK:
    case SQLITE_ROW:
    case SQLITE_DONE:
        return OK;
    case SQLITE_FULL:
        return ERROR_DISK_FULL;
    case SQLITE_IOERR:
        return of_failed_io(database, result);
    case SQLITE_CANTOPEN:
    case SQLITE_PERM:
    case SQLITE_READONLY:
        return ERROR_IO;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
    case SQLITE_FORMAT:
        return ERROR_CORRUPT;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return ERROR_LOCKED;
    case SQLITE_NOMEM:
        return ERROR_MEMORY;
    case SQLITE_TOOBIG:
        return ERROR_TOO_LARGE;
    case SQLITE_CONSTRAINT:
        return of_constraint(result);
    default:
        return ERROR_INTERNAL;
    }
}

enum error store_result(struct store *store, int result, const char *what)
{
    /* The kernel may have dropped the pages that it could not write and call them clean: the next fsync would say OK
     * about data that is lost. */
    if (result == SQLITE_IOERR_FSYNC || result == SQLITE_IOERR_DIR_FSYNC)
        abort();

    enum error error = of_result(store->database, result);
    if (error != OK)
        fault_set(&store->fault, error, "%s: %s (%d)", what, sqlite3_errstr(result), result);
    return error;
}

const struct fault *store_fault(const struct store *store)
{
    return &store->fault;
}
