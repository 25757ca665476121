/* SPDX-License-Identifier: Apache-2.0 */
#include "review.h"

#include <stdlib.h>

#include "store/writer.h"

#define DAY_SECONDS 86400
#define COVERS_SECONDS 3600 /* looks of one subject that one review covers: as long as glass stays broken */

/* The ladder: what becomes of a look that nobody reviews. Public entries say how many, never whose. */
static const struct {
    unsigned days;
    const char *kind; /* of the entry in the public log */
} ladder[] = {
    {7, "review.overdue"}, /* the promised time is over: strangers learn that it was missed */
    {14, "review.shut"},   /* who broke the glass cannot look through any until somebody has looked at it */
};
#define RUNGS (sizeof ladder / sizeof *ladder)
enum { RUNG_OVERDUE, RUNG_SHUT };

static const char *const verdicts[REVIEW_VERDICTS] = {
    [REVIEW_OPEN] = "open", [REVIEW_JUSTIFIED] = "justified", [REVIEW_NOT_JUSTIFIED] = "not justified"};

const char *review_verdict_word(enum review_verdict verdict)
{
    return verdicts[verdict];
}

bool review_verdict_read(struct slice word, enum review_verdict *ret_verdict)
{
    for (unsigned v = REVIEW_JUSTIFIED; v < REVIEW_VERDICTS; v++)
        if (slice_is(word, verdicts[v])) {
            *ret_verdict = (enum review_verdict)v;
            return true;
        }
    return false;
}

static const struct store_migration migrations[] = {
    {1, "looks", /* the table itself is older than this room of the house: person_index.c made it */
     "ALTER TABLE review ADD COLUMN kind INTEGER NOT NULL DEFAULT 1;"
     "ALTER TABLE review ADD COLUMN subject BLOB;"
     "ALTER TABLE review ADD COLUMN actor BLOB;"
     "ALTER TABLE review ADD COLUMN verdict INTEGER NOT NULL DEFAULT 0;"
     "ALTER TABLE review ADD COLUMN rung INTEGER NOT NULL DEFAULT 0;" /* that the public log tells of */
     "CREATE INDEX review_subject ON review (subject, opened) WHERE closed IS NULL;" /* read by each look to review */
     "CREATE INDEX review_actor ON review (actor, opened) WHERE closed IS NULL;"     /* read by who breaks the glass */
     "CREATE TABLE review_look (" /* read by a person's own view: how the review of an entry stands */
     " leaf INTEGER NOT NULL PRIMARY KEY,"
     " review INTEGER NOT NULL"
     ");"
     "CREATE INDEX review_look_review ON review_look (review);" /* read by the list of reviews: how many looks */
     "INSERT INTO review_look (leaf, review) SELECT leaf, leaf FROM review;"},
};

enum {
    COVERING,
    OPEN,
    LOOK_ADD,
    LIST,
    DECIDE,
    IS_OPEN,
    OF_LOOK,
    GLASS_SHUT,
    OLDEST_GLASS,
    COUNT,
    UNTOLD,
    TOLD,
    REVIEW_CLEAR,
    LOOK_CLEAR,
    STATEMENTS
};

/* What was read under an order (kind 5, REVIEW_ORDER) is reviewed like the rest, and is in no number that the public
 * sees: one place's orders are not to be counted from outside. */
static const struct store_statement statement[STATEMENTS] = {
    [COVERING] = {"review_covering", STORE_ROUTE_LOCAL, STORE_READ,
                  "SELECT leaf FROM review WHERE subject = $1 AND closed IS NULL AND opened > $2 ORDER BY leaf DESC"
                  " LIMIT 1"},
    [OPEN] = {"review_open", STORE_ROUTE_LOCAL, STORE_WRITE,
              "INSERT INTO review (leaf, opened, due, kind, subject, actor) VALUES ($1, $2, $3, $4, $5, $6)"
              " ON CONFLICT DO NOTHING"},
    [LOOK_ADD] = {"review_look_add", STORE_ROUTE_LOCAL, STORE_WRITE,
                  "INSERT INTO review_look (leaf, review) VALUES ($1, $2) ON CONFLICT DO NOTHING"},
    [LIST] = {"review_list", STORE_ROUTE_LOCAL, STORE_READ,
              "SELECT leaf, opened, due, (SELECT count(*) FROM review_look WHERE review = review.leaf)"
              " FROM review WHERE closed IS NULL ORDER BY opened, leaf LIMIT $1"},
    [DECIDE] = {"review_decide", STORE_ROUTE_LOCAL, STORE_WRITE,
                "UPDATE review SET closed = $2, reviewer = $3, verdict = $4 WHERE leaf = $1 AND closed IS NULL"},
    [IS_OPEN] = {"review_is_open", STORE_ROUTE_LOCAL, STORE_READ,
                 "SELECT 1 FROM review WHERE leaf = $1 AND closed IS NULL"},
    [OF_LOOK] = {"review_of_look", STORE_ROUTE_LOCAL, STORE_READ,
                 "SELECT verdict FROM review WHERE leaf = (SELECT review FROM review_look WHERE leaf = $1)"},
    [GLASS_SHUT] = {"review_glass_shut", STORE_ROUTE_LOCAL, STORE_READ,
                    "SELECT 1 FROM review WHERE actor = $1 AND closed IS NULL AND kind = 1 AND opened <= $2 LIMIT 1"},
    [OLDEST_GLASS] = {"review_oldest_glass", STORE_ROUTE_LOCAL, STORE_READ,
                      "SELECT coalesce(min(opened), 9223372036854775807) FROM review"
                      " WHERE closed IS NULL AND kind = 1"},
    [COUNT] = {"review_count", STORE_ROUTE_LOCAL, STORE_READ,
               "SELECT count(*) FROM review WHERE closed IS NULL AND opened <= $1 AND kind <> 5"},
    [UNTOLD] = {"review_untold", STORE_ROUTE_LOCAL, STORE_READ,
                "SELECT count(*) FROM review WHERE closed IS NULL AND opened <= $1 AND rung < $2 AND kind <> 5"},
    [TOLD] = {"review_told", STORE_ROUTE_LOCAL, STORE_WRITE,
              "UPDATE review SET rung = $2 WHERE closed IS NULL AND opened <= $1 AND rung < $2"},
    [REVIEW_CLEAR] = {"review_clear", STORE_ROUTE_LOCAL, STORE_WRITE, "DELETE FROM review"},
    [LOOK_CLEAR] = {"review_look_clear", STORE_ROUTE_LOCAL, STORE_WRITE, "DELETE FROM review_look"},
};

const struct store_schema review_schema = {"review", migrations, 1, statement, STATEMENTS};

static int64_t opened_before(int64_t now_s, unsigned rung)
{
    return now_s - (int64_t)ladder[rung].days * DAY_SECONDS;
}

static enum error read_oldest(struct reviews *reviews)
{
    CLEANUP_CURSOR struct store_cursor cursor = {0};

    TRY(store_one(reviews->store, &statement[OLDEST_GLASS], NULL, 0, &cursor));
    reviews->oldest_glass_s = store_column_integer(&cursor, 0);
    return OK;
}

enum error reviews_open(struct store *store, struct reviews *ret_reviews)
{
    *ret_reviews = (struct reviews){.store = store, .pending = calloc(LOOKS_PENDING, sizeof *ret_reviews->pending)};
    return ret_reviews->pending ? read_oldest(ret_reviews) : ERROR_MEMORY;
}

void reviews_close(struct reviews *reviews)
{
    enum error error = reviews_flush(reviews);
    (void)error; /* what was not written is put back from the log when the safe opens again */
    free(reviews->pending);
    *reviews = (struct reviews){0};
}

enum error reviews_add(struct reviews *reviews, const struct look *look)
{
    if (reviews->count == LOOKS_PENDING)
        TRY(reviews_flush(reviews));
    reviews->pending[reviews->count++] = *look;
    return OK;
}

static enum error covering(struct store *store, const struct look *look, uint64_t *ret_review)
{
    CLEANUP_CURSOR struct store_cursor cursor = {0};

    TRY(store_one(store, &statement[COVERING],
                  STORE_VALUES(store_blob(slice_of(look->subject, ID_BYTES)),
                               store_integer(look->time_s - COVERS_SECONDS)),
                  &cursor));
    *ret_review = (uint64_t)store_column_integer(&cursor, 0);
    return OK;
}

static enum error write_look(struct store *store, const struct look *look)
{
    uint64_t review = look->leaf;
    enum error error = covering(store, look, &review);

    if (error == ERROR_NOT_FOUND)
        error = store_run(store, &statement[OPEN],
                          STORE_VALUES(store_integer((int64_t)look->leaf), store_integer(look->time_s),
                                       store_integer(look->time_s + (int64_t)ladder[RUNG_OVERDUE].days * DAY_SECONDS),
                                       store_integer(look->kind), store_blob(slice_of(look->subject, ID_BYTES)),
                                       store_blob(slice_of(look->actor, ID_BYTES))),
                          NULL);
    TRY(error);
    return store_run(store, &statement[LOOK_ADD],
                     STORE_VALUES(store_integer((int64_t)look->leaf), store_integer((int64_t)review)), NULL);
}

static enum error write_looks(struct store *store, void *context)
{
    const struct reviews *reviews = context;

    for (size_t i = 0; i < reviews->count; i++)
        TRY(write_look(store, &reviews->pending[i]));
    return OK;
}

enum error reviews_flush(struct reviews *reviews)
{
    struct writer_job job = {.run = write_looks, .context = reviews};

    if (reviews->count == 0)
        return OK;
    TRY(store_derived(reviews->store, true));
    enum error error = writer_run_now(reviews->store, &job, 1);
    TRY(store_derived(reviews->store, false));
    TRY(error);
    reviews->count = 0;
    return read_oldest(reviews);
}

static unsigned rung_of(int64_t opened_s, int64_t now_s)
{
    unsigned rung = 0;

    while (rung < RUNGS && opened_s <= opened_before(now_s, rung))
        rung++;
    return rung;
}

enum error reviews_list(struct reviews *reviews, struct arena *arena, int64_t now_s, size_t maximum,
                        const struct review **ret_review, size_t *ret_count)
{
    CLEANUP_CURSOR struct store_cursor cursor = {0};
    struct review *review = arena_array(arena, maximum, sizeof *review);
    size_t count = 0;

    if (!review)
        return ERROR_MEMORY;
    TRY(reviews_flush(reviews));
    TRY(store_query(reviews->store, &statement[LIST], STORE_VALUES(store_integer((int64_t)maximum)), &cursor));
    while (store_next(&cursor)) {
        struct review *next = &review[count++];
        *next = (struct review){.leaf = (uint64_t)store_column_integer(&cursor, 0),
                                .opened_s = store_column_integer(&cursor, 1),
                                .due_s = store_column_integer(&cursor, 2),
                                .looks = (uint64_t)store_column_integer(&cursor, 3)};
        next->rung = rung_of(next->opened_s, now_s);
    }
    *ret_review = review;
    *ret_count = count;
    return store_end(&cursor);
}

struct deciding {
    uint64_t leaf;
    enum review_verdict verdict;
    const struct id *reviewer;
    int64_t now_s;
};

static enum error write_verdict(struct store *store, void *context)
{
    const struct deciding *deciding = context;
    int64_t changed = 0;

    TRY(store_run(store, &statement[DECIDE],
                  STORE_VALUES(store_integer((int64_t)deciding->leaf), store_integer(deciding->now_s),
                               store_blob(id_slice(deciding->reviewer)), store_integer(deciding->verdict)),
                  &changed));
    return changed == 1 ? OK : ERROR_NOT_FOUND;
}

enum error reviews_decide(struct reviews *reviews, uint64_t leaf, enum review_verdict verdict,
                          const struct id *reviewer, int64_t now_s)
{
    struct deciding deciding = {leaf, verdict, reviewer, now_s};

    TRY(reviews_flush(reviews));
    TRY(writer_run_now(reviews->store, &(struct writer_job){.run = write_verdict, .context = &deciding}, 1));
    return read_oldest(reviews);
}

enum error reviews_is_open(struct reviews *reviews, uint64_t leaf, bool *ret_open)
{
    CLEANUP_CURSOR struct store_cursor cursor = {0};

    TRY(reviews_flush(reviews));
    enum error error = store_one(reviews->store, &statement[IS_OPEN], STORE_VALUES(store_integer((int64_t)leaf)),
                                 &cursor);
    *ret_open = error == OK;
    return error == ERROR_NOT_FOUND ? OK : error;
}

enum error reviews_of(struct reviews *reviews, uint64_t leaf, enum review_verdict *ret_verdict)
{
    CLEANUP_CURSOR struct store_cursor cursor = {0};

    TRY(reviews_flush(reviews));
    TRY(store_one(reviews->store, &statement[OF_LOOK], STORE_VALUES(store_integer((int64_t)leaf)), &cursor));
    int64_t verdict = store_column_integer(&cursor, 0);
    *ret_verdict = verdict > 0 && verdict < REVIEW_VERDICTS ? (enum review_verdict)verdict : REVIEW_OPEN;
    return OK;
}

/* Most nodes have nothing that waits so long: then breaking the glass asks no table. */
enum error reviews_glass_is_shut(struct reviews *reviews, const uint8_t actor[ID_BYTES], int64_t now_s, bool *ret_shut)
{
    CLEANUP_CURSOR struct store_cursor cursor = {0};
    int64_t before = opened_before(now_s, RUNG_SHUT);

    *ret_shut = false;
    if (reviews->oldest_glass_s > before)
        return OK;
    enum error error = store_one(reviews->store, &statement[GLASS_SHUT],
                                 STORE_VALUES(store_blob(slice_of(actor, ID_BYTES)), store_integer(before)), &cursor);
    *ret_shut = error == OK;
    return error == ERROR_NOT_FOUND ? OK : error;
}

enum error reviews_count(struct reviews *reviews, int64_t now_s, unsigned rung, uint64_t *ret_count)
{
    CLEANUP_CURSOR struct store_cursor cursor = {0};
    int64_t before = rung == 0 ? INT64_MAX : opened_before(now_s, rung - 1);

    TRY(reviews_flush(reviews));
    TRY(store_one(reviews->store, &statement[COUNT], STORE_VALUES(store_integer(before)), &cursor));
    *ret_count = (uint64_t)store_column_integer(&cursor, 0);
    return OK;
}

struct told {
    int64_t opened_before;
    unsigned rung;
};

static enum error write_told(struct store *store, void *context)
{
    const struct told *told = context;

    return store_run(store, &statement[TOLD],
                     STORE_VALUES(store_integer(told->opened_before), store_integer(told->rung)), NULL);
}

static enum error count_untold(struct reviews *reviews, const struct told *told, uint64_t *ret_count)
{
    CLEANUP_CURSOR struct store_cursor cursor = {0};

    TRY(store_one(reviews->store, &statement[UNTOLD],
                  STORE_VALUES(store_integer(told->opened_before), store_integer(told->rung)), &cursor));
    *ret_count = (uint64_t)store_column_integer(&cursor, 0);
    return OK;
}

enum error reviews_escalate(struct reviews *reviews, int64_t now_s, review_tell *tell, void *context)
{
    for (unsigned rung = 0; rung < RUNGS; rung++) {
        struct told told = {opened_before(now_s, rung), rung + 1};
        uint64_t count = 0;
        TRY(count_untold(reviews, &told, &count));
        if (count == 0)
            continue;
        TRY(tell(context, ladder[rung].kind, ladder[rung].days, count));
        TRY(writer_run_now(reviews->store, &(struct writer_job){.run = write_told, .context = &told}, 1));
    }
    return OK;
}

enum error review_forget(struct store *store)
{
    TRY(store_run(store, &statement[REVIEW_CLEAR], NULL, 0, NULL));
    return store_run(store, &statement[LOOK_CLEAR], NULL, 0, NULL);
}
