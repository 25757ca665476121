/* SPDX-License-Identifier: Apache-2.0 */

/* The vault's rows: versions follow one another, bodies have a part of their own, ids and search tokens lead where they
 * should, and each version fits the entry that it names. Bodies stay sealed: what a record says is for nobody here. */

#include "audit.h"
#include "base/buffer.h"

#define FILE_NAME "vault/vault.db"
#define BODY_FORMAT 1
#define PART_HEAD (1 + 8 + 4)

static struct place row_of(const char *table, int64_t row)
{
    return PLACE_ROW(FILE_NAME, table, row);
}

static bool is_zero(struct slice id)
{
    for (size_t i = 0; i < id.length; i++)
        if (id.data[i] != 0)
            return false;
    return true;
}

/* ---- bodies ---- */

struct body {
    bool readable, own; /* own: has a part that was sealed in this version */
    unsigned own_drawers;
};

/* u8 1 ‖ parts of (drawer u8 ‖ version u64 ‖ u32 length ‖ sealed) */
static struct body read_body(struct slice bytes, int64_t version)
{
    struct reader reader = reader_of(bytes);
    struct body body = {.readable = reader_byte(&reader) == BODY_FORMAT};
    unsigned seen = 0;

    while (body.readable && reader.rest.length > 0) {
        unsigned drawer = reader_byte(&reader);
        uint64_t sealed_in = reader_u64(&reader);
        uint32_t length = reader_u32(&reader);
        (void)reader_bytes(&reader, length);
        body.readable = !reader.failed && drawer < DRAWER_COUNT && !(seen & 1u << drawer) && length >= SEAL_OVERHEAD &&
                        sealed_in > 0 && sealed_in <= (uint64_t)version;
        if (!body.readable)
            break;
        seen |= 1u << drawer;
        if (sealed_in == (uint64_t)version) {
            body.own = true;
            body.own_drawers |= 1u << drawer;
        }
    }
    return body;
}

/* ---- one resource after the other ---- */

struct version_row {
    int64_t row, version, current, leaf, deleted;
    struct slice person, type, id, body;
};

static struct version_row version_of(sqlite3_stmt *statement)
{
    return (struct version_row){.row = sqlite3_column_int64(statement, 0),
                                .person = database_bytes(statement, 1),
                                .type = database_bytes(statement, 2),
                                .id = database_bytes(statement, 3),
                                .version = sqlite3_column_int64(statement, 4),
                                .current = sqlite3_column_int64(statement, 5),
                                .leaf = sqlite3_column_int64(statement, 6),
                                .deleted = sqlite3_column_int64(statement, 7),
                                .body = database_bytes(statement, 8)};
}
#define VERSION_COLUMNS "rowid, person, type, id, version, current, leaf, deleted, body"

/* The resource that the walk stands on. */
struct standing {
    char key[16 + 16 + 64];
    size_t key_length;
    int64_t row, version, current;
};

static void count_version(struct audit *audit, const struct version_row *row)
{
    if (is_zero(row->person))
        audit->report.count[COUNT_VERSIONS_COMMON]++;
    else if (row->leaf >= RESTORED_LEAF)
        audit->report.count[COUNT_VERSIONS_OLD]++;
    else
        audit->report.count[COUNT_VERSIONS]++;
    if (row->leaf < 0)
        report_add(&audit->report, FINDING_VERSION_NO_ENTRY, row_of("version", row->row), NULL);
}

static void check_body(struct audit *audit, const struct version_row *row)
{
    if (is_zero(row->person))
        return;
    struct body body = read_body(row->body, row->version);
    bool holds = row->deleted ? row->body.length == 0 : body.readable && body.own;
    if (!holds)
        report_add(&audit->report, FINDING_VERSION_BODY, row_of("version", row->row), NULL);
}

static void leave_resource(struct audit *audit, const struct standing *standing)
{
    if (standing->key_length == 0)
        return;
    audit->report.count[COUNT_RESOURCES]++;
    if (standing->current != 1)
        report_add(&audit->report, FINDING_VERSION_ORDER, row_of("version", standing->row),
                   "the last version is not the current one");
}

static void check_locator(struct audit *audit, sqlite3_stmt *locate, const struct version_row *row)
{
    if (!locate)
        return;
    sqlite3_reset(locate);
    sqlite3_bind_blob(locate, 1, row->id.data, (int)row->id.length, SQLITE_TRANSIENT);
    if (!database_next(&audit->vault, locate) || !slice_equal(database_bytes(locate, 0), row->person) ||
        !slice_equal(database_bytes(locate, 1), row->type))
        report_add(&audit->report, FINDING_LOCATOR, row_of("version", row->row), NULL);
}

static bool same_resource(const struct standing *standing, const struct version_row *row, struct standing *next)
{
    struct buffer key = {.data = next->key, .capacity = sizeof next->key, .maximum = sizeof next->key};

    buffer_slice(&key, row->person);
    buffer_slice(&key, row->id);
    buffer_slice(&key, row->type);
    next->key_length = key.length;
    return slice_equal(slice_of(standing->key, standing->key_length), slice_of(next->key, next->key_length));
}

static void walk_resources(struct audit *audit)
{
    CLEANUP_STATEMENT sqlite3_stmt *all = database_ask(
        &audit->vault, "SELECT " VERSION_COLUMNS " FROM version ORDER BY person, type, id, version");
    CLEANUP_STATEMENT sqlite3_stmt *locate = database_ask(&audit->vault,
                                                          "SELECT person, type FROM locator WHERE id = $1");
    struct standing standing = {.key_length = 0};

    while (database_next(&audit->vault, all)) {
        struct version_row row = version_of(all);
        struct standing next = {.row = row.row, .version = row.version, .current = row.current};
        bool same = same_resource(&standing, &row, &next);
        count_version(audit, &row);
        check_body(audit, &row);
        if (!same) {
            leave_resource(audit, &standing);
            check_locator(audit, locate, &row);
        }
        if (row.version != (same ? standing.version + 1 : 1) || (same && standing.current != 0))
            report_add(&audit->report, FINDING_VERSION_ORDER, row_of("version", row.row), NULL);
        standing = next;
    }
    leave_resource(audit, &standing);
}

/* ---- what leads to resources ---- */

static void check_locators(struct audit *audit)
{
    int64_t lost = database_number(&audit->vault,
                                   "SELECT count(*) FROM locator AS l WHERE NOT EXISTS (SELECT 1 FROM version AS v"
                                   " WHERE v.person = l.person AND v.type = l.type AND v.id = l.id)");

    if (lost > 0)
        report_add(&audit->report, FINDING_LOCATOR, row_of("locator", REPORT_NONE), "%lld lead to nothing",
                   (long long)lost);
}

static bool lists_token(struct slice tokens, struct slice token)
{
    for (size_t at = 0; at + token.length <= tokens.length; at += token.length)
        if (memcmp(tokens.data + at, token.data, token.length) == 0)
            return true;
    return false;
}

static void check_postings(struct audit *audit)
{
    CLEANUP_STATEMENT sqlite3_stmt *all = database_ask(
        &audit->vault, "SELECT p.token, d.tokens, (SELECT 1 FROM version AS v WHERE v.person = p.person AND v.type ="
                       " p.type AND v.id = p.id AND v.current = 1) FROM posting AS p LEFT JOIN posted AS d"
                       " ON d.person = p.person AND d.type = p.type AND d.id = p.id ORDER BY p.token");

    for (int64_t number = 1; database_next(&audit->vault, all); number++) {
        struct slice token = database_bytes(all, 0), listed = database_bytes(all, 1);
        bool there = sqlite3_column_int64(all, 2) == 1;
        audit->report.count[COUNT_POSTINGS]++;
        if (token.length == 0 || !there || !lists_token(listed, token))
            report_add(&audit->report, FINDING_POSTING, row_of("posting", number), "counted by token");
    }
}

/* A token that a resource lists, and that is not there: searches would miss it. */
static void check_posted(struct audit *audit)
{
    CLEANUP_STATEMENT sqlite3_stmt *all = database_ask(
        &audit->vault, "SELECT person, type, id, tokens FROM posted ORDER BY person, type, id");
    CLEANUP_STATEMENT sqlite3_stmt *one = database_ask(
        &audit->vault, "SELECT 1 FROM posting WHERE token = $1 AND type = $2 AND person = $3 AND id = $4");

    for (int64_t number = 1; one && database_next(&audit->vault, all); number++) {
        struct slice tokens = database_bytes(all, 3);
        for (size_t at = 0; at + ID_BYTES <= tokens.length; at += ID_BYTES) {
            sqlite3_reset(one);
            sqlite3_bind_blob(one, 1, tokens.data + at, ID_BYTES, SQLITE_STATIC);
            sqlite3_bind_value(one, 2, sqlite3_column_value(all, 1));
            sqlite3_bind_value(one, 3, sqlite3_column_value(all, 0));
            sqlite3_bind_value(one, 4, sqlite3_column_value(all, 2));
            if (!database_next(&audit->vault, one))
                report_add(&audit->report, FINDING_POSTING, row_of("posted", number),
                           "a token is listed and not there");
        }
    }
}

/* ---- persons ---- */

static void check_persons(struct audit *audit)
{
    CLEANUP_STATEMENT sqlite3_stmt *all = database_ask(
        &audit->vault,
        "SELECT person, min(rowid) FROM version WHERE person <> zeroblob(16) GROUP BY person ORDER BY person");
    CLEANUP_STATEMENT sqlite3_stmt *key = audit->keys_open
                                              ? database_ask(&audit->keys, "SELECT 1 FROM person_key WHERE person = $1")
                                              : NULL;

    while (key && database_next(&audit->vault, all)) {
        sqlite3_reset(key);
        sqlite3_bind_value(key, 1, sqlite3_column_value(all, 0));
        if (!database_next(&audit->keys, key))
            report_add(&audit->report, FINDING_PERSON_NO_KEYS, row_of("version", sqlite3_column_int64(all, 1)), NULL);
    }
}

/* u8 1 ‖ version u64 ‖ sealed; the safe knows the last version that it made and the last that was confirmed. */
static bool facts_known(sqlite3_stmt *key, struct slice sealed)
{
    struct reader reader = reader_of(sealed);
    uint8_t format = reader_byte(&reader);
    uint64_t version = reader_u64(&reader);

    return format == 1 && reader.rest.length >= SEAL_OVERHEAD &&
           ((int64_t)version == sqlite3_column_int64(key, 0) || (int64_t)version == sqlite3_column_int64(key, 1));
}

static void check_facts(struct audit *audit)
{
    CLEANUP_STATEMENT sqlite3_stmt *all = database_ask(&audit->vault,
                                                       "SELECT person, sealed FROM facts ORDER BY person");
    CLEANUP_STATEMENT sqlite3_stmt *key =
        audit->keys_open
            ? database_ask(&audit->keys, "SELECT facts_version, facts_confirmed FROM person_key WHERE person = $1")
            : NULL;

    for (int64_t number = 1; key && database_next(&audit->vault, all); number++) {
        sqlite3_reset(key);
        sqlite3_bind_value(key, 1, sqlite3_column_value(all, 0));
        if (!database_next(&audit->keys, key))
            report_add(&audit->report, FINDING_PERSON_NO_KEYS, row_of("facts", number), NULL);
        else if (!facts_known(key, database_bytes(all, 1)))
            report_add(&audit->report, FINDING_FACTS_OLD, row_of("facts", number), NULL);
    }
}

void vault_judge(struct audit *audit)
{
    database_scan(&audit->vault, "version", "SELECT rowid, body FROM version WHERE person = zeroblob(16)");
    walk_resources(audit);
    check_locators(audit);
    check_postings(audit);
    check_posted(audit);
    check_persons(audit);
    check_facts(audit);
}

/* ---- versions against entries ---- */

static bool has_person(const struct event *event, struct slice person)
{
    struct commitment own = event_commit(event->nonce, person);

    for (size_t i = 0; i < event->persons; i++)
        if (commitment_equal(&own, &event->person[i]))
            return true;
    return false;
}

static bool fits_resource(const struct event *event, const struct version_row *row)
{
    if (!event->has_resource)
        return slice_is(event->type, "Bundle");
    struct commitment own = event_commit(event->nonce, row->id);
    return commitment_equal(&own, &event->resource) && slice_equal(event->type, row->type);
}

static void check_against(struct audit *audit, const struct version_row *row, const struct event *event,
                          enum leaf_kind kind)
{
    struct place place = row_of("version", row->row);

    place.entry = (uint64_t)row->leaf;
    if (kind != LEAF_COMMITMENT) {
        report_add(&audit->report, FINDING_VERSION_NOT_PERMITTED, place, NULL);
        return;
    }
    if (!event)
        return;
    if (event->kind != EVENT_ACCESS || !event->permitted || event->action != ACTION_WRITE)
        report_add(&audit->report, FINDING_VERSION_NOT_PERMITTED, place, NULL);
    else if (!has_person(event, row->person))
        report_add(&audit->report, FINDING_VERSION_PERSON, place, NULL);
    else if (!fits_resource(event, row))
        report_add(&audit->report, FINDING_VERSION_RESOURCE, place, NULL);
    else if (read_body(row->body, row->version).own_drawers & ~event->opened)
        report_add(&audit->report, FINDING_VERSION_DRAWER, place, NULL);
}

void vault_walk_begin(struct audit *audit)
{
    if (!audit->vault_open)
        return;
    audit->by_entry = database_ask(&audit->vault,
                                   "SELECT leaf, rowid FROM version WHERE leaf >= 0 AND leaf < 4611686018427387904"
                                   " AND person <> zeroblob(16) ORDER BY leaf, rowid");
    audit->by_row = database_ask(&audit->vault, "SELECT " VERSION_COLUMNS " FROM version WHERE rowid = $1");
    audit->has_next = database_next(&audit->vault, audit->by_entry);
}

static void no_entry(struct audit *audit)
{
    struct place place = row_of("version", sqlite3_column_int64(audit->by_entry, 1));

    place.entry = (uint64_t)sqlite3_column_int64(audit->by_entry, 0);
    if (place.entry < audit->access.let_go) {
        audit->report.count[COUNT_VERSIONS_LET_GO]++;
        audit->report.count[COUNT_VERSIONS]--;
        return;
    }
    report_add(&audit->report, FINDING_VERSION_NO_ENTRY, place, NULL);
}

uint64_t vault_match(struct audit *audit, uint64_t leaf, const struct event *event, enum leaf_kind kind)
{
    uint64_t matched = 0;

    while (audit->has_next && (uint64_t)sqlite3_column_int64(audit->by_entry, 0) <= leaf) {
        if ((uint64_t)sqlite3_column_int64(audit->by_entry, 0) < leaf) {
            no_entry(audit);
        } else if (audit->by_row) {
            sqlite3_reset(audit->by_row);
            sqlite3_bind_int64(audit->by_row, 1, sqlite3_column_int64(audit->by_entry, 1));
            if (database_next(&audit->vault, audit->by_row)) {
                struct version_row row = version_of(audit->by_row);
                check_against(audit, &row, event, kind);
            }
            matched++;
        }
        audit->has_next = database_next(&audit->vault, audit->by_entry);
    }
    return matched;
}

void vault_walk_end(struct audit *audit)
{
    for (; audit->has_next; audit->has_next = database_next(&audit->vault, audit->by_entry))
        no_entry(audit);
    statement_close(&audit->by_entry);
    statement_close(&audit->by_row);
}
