/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* A directory for one test's files and a small schema to try the store with. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "store/store.h"
#include "store/writer.h"

struct fixture {
    char directory[64];
    char path[96];
};

struct fixture fixture_make(void);
void fixture_remove(struct fixture *fixture);
/* A path beside the store; valid until the next call. */
const char *fixture_beside(const struct fixture *fixture, const char *name);

#define WITH_FIXTURE __attribute__((cleanup(fixture_remove))) struct fixture

enum sample {
    ITEM_INSERT,
    ITEM_GET,
    ITEM_COUNT,
    ITEM_SUM,
    ITEM_ALL,
    ITEM_RENUMBER,
    PART_INSERT,
    SAMPLE_COUNT
};
extern const struct store_statement SAMPLE[SAMPLE_COUNT];
extern const struct store_schema SAMPLE_SCHEMA;
extern const struct store_schema *const SAMPLE_SCHEMAS[1];

struct store *sample_open(const struct fixture *fixture);
struct store *sample_open_reader(const struct fixture *fixture);

/* A job that inserts one item. */
struct insert {
    int64_t id;
    enum error error; /* of `done`; ERROR_COUNT before */
};
enum error insert_run(struct store *store, void *context);
void insert_done(void *context, enum error error);

/* In a transaction of its own. */
enum error sample_insert(struct store *store, int64_t id);
int64_t sample_count(struct store *store);
