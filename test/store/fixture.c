/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "fixture.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

struct fixture fixture_make(void)
{
    struct fixture fixture = {.directory = "/tmp/hospitium-store-XXXXXX"};

    assert_non_null(mkdtemp(fixture.directory));
    snprintf(fixture.path, sizeof fixture.path, "%s/store", fixture.directory);
    return fixture;
}

void fixture_remove(struct fixture *fixture)
{
    DIR *directory = opendir(fixture->directory);

    for (struct dirent *entry = readdir(directory); entry; entry = readdir(directory))
        unlinkat(dirfd(directory), entry->d_name, 0);
    closedir(directory);
    rmdir(fixture->directory);
}

const char *fixture_beside(const struct fixture *fixture, const char *name)
{
    static char path[128];

    snprintf(path, sizeof path, "%s/%s", fixture->directory, name);
    return path;
}

static const struct store_migration SAMPLE_MIGRATION[] = {
    {1, "items",
     "CREATE TABLE item (id INTEGER PRIMARY KEY, body BLOB NOT NULL, number INTEGER NOT NULL CHECK (number >= 0))"
     " STRICT;"
     "CREATE INDEX item_number ON item (number);"},
    {2, "parts",
     "CREATE TABLE part (id INTEGER PRIMARY KEY, item INTEGER NOT NULL REFERENCES item (id), note TEXT) STRICT"},
};

const struct store_statement SAMPLE[SAMPLE_COUNT] = {
    [ITEM_INSERT] = {"item_insert", STORE_ROUTE_PERSON, STORE_WRITE,
                     "INSERT INTO item (id, body, number) VALUES ($1, $2, $3)"},
    [ITEM_GET] = {"item_get", STORE_ROUTE_PERSON, STORE_READ, "SELECT body, number FROM item WHERE id = $1"},
    [ITEM_COUNT] = {"item_count", STORE_ROUTE_BROADCAST, STORE_READ, "SELECT count(*) FROM item"},
    [ITEM_SUM] = {"item_sum", STORE_ROUTE_BROADCAST, STORE_READ, "SELECT sum(length(body)) FROM item"},
    /* The parameters stand in the other order on purpose. */
    [ITEM_ALL] = {"item_all", STORE_ROUTE_BROADCAST, STORE_READ,
                  "SELECT id FROM item WHERE id <= $2 AND id >= $1 ORDER BY id"},
    [ITEM_RENUMBER] = {"item_renumber", STORE_ROUTE_PERSON, STORE_WRITE, "UPDATE item SET number = $2 WHERE id >= $1"},
    [PART_INSERT] = {"part_insert", STORE_ROUTE_PERSON, STORE_WRITE,
                     "INSERT INTO part (id, item, note) VALUES ($1, $2, $3)"},
};

const struct store_schema SAMPLE_SCHEMA = {"sample", SAMPLE_MIGRATION, 2, SAMPLE, SAMPLE_COUNT};
const struct store_schema *const SAMPLE_SCHEMAS[1] = {&SAMPLE_SCHEMA};

struct store *sample_open(const struct fixture *fixture)
{
    struct store *store = NULL;

    assert_int_equal(OK, store_open(fixture->path, SAMPLE_SCHEMAS, 1, &store, NULL));
    return store;
}

struct store *sample_open_reader(const struct fixture *fixture)
{
    struct store *store = NULL;

    assert_int_equal(OK, store_open_reader(fixture->path, SAMPLE_SCHEMAS, 1, &store, NULL));
    return store;
}

enum error insert_run(struct store *store, void *context)
{
    const struct insert *insert = context;
    static const char BODY[2048];

    return store_run(store, &SAMPLE[ITEM_INSERT],
                     STORE_VALUES(store_integer(insert->id), store_blob(slice_of(BODY, sizeof BODY)),
                                  store_integer(insert->id)),
                     NULL);
}

void insert_done(void *context, enum error error)
{
    struct insert *insert = context;

    insert->error = error;
}

enum error sample_insert(struct store *store, int64_t id)
{
    struct insert insert = {id, ERROR_COUNT};

    return writer_run_now(store, &(struct writer_job){insert_run, insert_done, &insert}, 1);
}

int64_t sample_count(struct store *store)
{
    CLEANUP_CURSOR struct store_cursor cursor = {0};

    assert_int_equal(OK, store_one(store, &SAMPLE[ITEM_COUNT], NULL, 0, &cursor));
    return store_column_integer(&cursor, 0);
}
