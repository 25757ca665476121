/* SPDX-License-Identifier: Apache-2.0 */

/* The key store's rows, as far as they can be judged without its root: their form, the keys of hours that are sealed to
 * oversight, and what was destroyed against what the public log tells. */

#include <stdlib.h>

#include "audit.h"

#define FILE_NAME "keys/keys.db"
#define WRAPPED_BYTES (SECRET_KEY_BYTES + SEAL_OVERHEAD)
#define ROW_BYTES (1 + WRAPPED_BYTES * (1 + DRAWER_COUNT))
#define BOX_BYTES (SECRET_KEY_BYTES + SEAL_BOX_OVERHEAD)

static struct place row_of(const char *table, int64_t row)
{
    return PLACE_ROW(FILE_NAME, table, row);
}

void keystore_persons(struct audit *audit, keystore_person *each, void *context)
{
    CLEANUP_STATEMENT sqlite3_stmt *all = database_ask(&audit->keys, "SELECT person FROM person_key ORDER BY person");

    for (int64_t number = 1; database_next(&audit->keys, all); number++) {
        struct slice bytes = database_bytes(all, 0);
        struct id person = {{0}};
        if (bytes.length == ID_BYTES)
            memcpy(person.byte, bytes.data, ID_BYTES);
        each(context, &person, number);
    }
}

static void check_rows(struct audit *audit)
{
    CLEANUP_STATEMENT sqlite3_stmt *all = database_ask(
        &audit->keys, "SELECT person, wrapped, facts_version, facts_confirmed FROM person_key"
                      " ORDER BY person");
    CLEANUP_STATEMENT sqlite3_stmt *record =
        audit->vault_open ? database_ask(&audit->vault, "SELECT 1 FROM version WHERE person = $1 LIMIT 1") : NULL;

    for (int64_t number = 1; database_next(&audit->keys, all); number++) {
        struct slice person = database_bytes(all, 0), wrapped = database_bytes(all, 1);
        audit->report.count[COUNT_PERSONS]++;
        if (person.length != ID_BYTES || wrapped.length != ROW_BYTES || wrapped.data[0] != 1 ||
            sqlite3_column_int64(all, 3) > sqlite3_column_int64(all, 2))
            report_add(&audit->report, FINDING_KEY_ROW, row_of("person_key", number), NULL);
        if (!record)
            continue;
        sqlite3_reset(record);
        sqlite3_bind_value(record, 1, sqlite3_column_value(all, 0));
        audit->report.count[COUNT_PERSONS_EMPTY] += !database_next(&audit->vault, record);
    }
}

/* ---- hours ---- */

static bool open_box(struct audit *audit, struct slice box, struct secret_key *ret_key)
{
    return box.length == BOX_BYTES && seal_box_open(audit->node.oversight, &audit->oversight, box, ret_key->byte) == OK;
}

static void check_hours(struct audit *audit)
{
    CLEANUP_STATEMENT sqlite3_stmt *all = database_ask(
        &audit->keys, "SELECT hour, under_year, to_oversight FROM hour_key ORDER BY hour");

    while (database_next(&audit->keys, all)) {
        CLEANUP_KEY struct secret_key key;
        struct slice under_year = database_bytes(all, 1), box = database_bytes(all, 2);
        bool form = box.length == BOX_BYTES && under_year.length == WRAPPED_BYTES;
        audit->report.count[COUNT_HOURS]++;
        if (!form || (audit->has_key && !open_box(audit, box, &key)))
            report_add(&audit->report, FINDING_HOUR_KEY, row_of("hour_key", sqlite3_column_int64(all, 0)), NULL);
    }
}

bool keystore_hour(struct audit *audit, uint32_t hour, struct secret_key *ret_key)
{
    if (!audit->keys_open || !audit->has_key)
        return false;
    CLEANUP_STATEMENT sqlite3_stmt *one = database_ask(&audit->keys,
                                                       "SELECT to_oversight FROM hour_key WHERE hour = $1");
    if (one)
        sqlite3_bind_int64(one, 1, hour);
    return database_next(&audit->keys, one) && open_box(audit, database_bytes(one, 0), ret_key);
}

/* ---- what was destroyed ---- */

static int by_bytes(const void *a, const void *b)
{
    return memcmp(a, b, HASH_BYTES); /* as public_settle sorted them */
}

static void check_untold(struct audit *audit, bool *told)
{
    CLEANUP_STATEMENT sqlite3_stmt *all = database_ask(&audit->keys,
                                                       "SELECT commitment FROM destroyed ORDER BY commitment");
    const struct list *public = &audit->told.destroyed;

    for (int64_t number = 1; database_next(&audit->keys, all); number++) {
        struct slice commitment = database_bytes(all, 0);
        audit->report.count[COUNT_DESTROYED]++;
        const struct hash *found = public->count > 0 && commitment.length == HASH_BYTES
                                       ? bsearch(commitment.data, public->items, public->count, HASH_BYTES, by_bytes)
                                       : NULL;
        if (found)
            told[found - (const struct hash *)public->items] = true;
        else if (!audit->told.restored) /* else the old log told it */
            report_add(&audit->report, FINDING_DESTROYED_UNTOLD, row_of("destroyed", number), NULL);
    }
}

static void check_destroyed(struct audit *audit)
{
    const struct list *public = &audit->told.destroyed;
    bool *told = calloc(public->count + 1, sizeof *told);
    int64_t lost = 0;

    if (!told)
        return;
    check_untold(audit, told);
    for (size_t i = 0; i < public->count; i++)
        lost += !told[i];
    free(told);
    if (lost > 0)
        report_add(&audit->report, FINDING_DESTROYED_LOST, row_of("destroyed", REPORT_NONE), "%lld of them",
                   (long long)lost);
}

void keystore_judge(struct audit *audit)
{
    database_scan(&audit->keys, NULL, NULL);
    check_rows(audit);
    check_hours(audit);
    check_destroyed(audit);
}
