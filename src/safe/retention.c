/* SPDX-License-Identifier: Apache-2.0 */
#include "retention.h"

#include "base/file.h"
#include "base/log.h"
#include "crypto/encode.h"
#include "ledger/tile.h"
#include "state.h"
#include "text/json.h"

#define MARK_MAX 2048
#define SECOND_NS INT64_C(1000000000)
#define DAY_NS (86400 * SECOND_NS)
#define YEAR_NS (INT64_C(3600) * KEYSTORE_YEAR_HOURS * SECOND_NS)

static struct node_path pruned_path(const struct safe *safe)
{
    return node_path(safe->node.directory, "log/access.pruned");
}

static struct node_path term_path(const struct safe *safe)
{
    return node_path(safe->node.directory, "log/access.retention");
}

/* ---- what was declared ---- */

static enum error read_declaration(struct safe *safe, struct slice text)
{
    struct retention *retention = &safe->retention;
    const struct json *declaration;
    uint64_t before = 0;

    TRY(json_parse(safe->arena, text, &declaration, NULL));
    struct slice root = json_text(json_member(declaration, "root"));
    if (!json_is(json_member(declaration, "kind"), "log.pruned") ||
        !json_is(json_member(declaration, "log"), "access") ||
        !slice_to_u64(json_text(json_member(declaration, "minimum")), &retention->pruned.minimum) ||
        !slice_to_u64(json_text(json_member(declaration, "size")), &retention->pruned.head.size) ||
        !slice_to_u64(json_text(json_member(declaration, "before")), &before))
        return ERROR_SYNTAX;
    retention->before_s = (int64_t)before;
    return decode_hex(root, retention->pruned.head.root.byte, HASH_BYTES);
}

/* Two lines: the number in the public log, and what stands there. */
static enum error read_mark(struct safe *safe)
{
    struct slice mark, told;

    TRY(file_read(safe->arena, pruned_path(safe).text, MARK_MAX, &mark, NULL));
    struct slice number = slice_cut(&mark, '\n'), text = slice_cut(&mark, '\n');
    if (!slice_to_u64(number, &safe->retention.declaration))
        return ERROR_SYNTAX;
    TRY(ledger_read(safe->public_log, safe->retention.declaration, safe->arena, &told, NULL));
    return slice_equal(text, told) ? read_declaration(safe, text) : ERROR_CORRUPT;
}

static enum error read_term(struct safe *safe)
{
    struct slice text;
    uint64_t years = 0;

    enum error error = file_read(safe->arena, term_path(safe).text, MARK_MAX, &text, NULL);
    if (error == ERROR_FILE_MISSING)
        return OK;
    TRY(error);
    if (!slice_to_u64(slice_cut(&text, '\n'), &years))
        return ERROR_SYNTAX;
    safe->retention.declared_years = (unsigned)years;
    return OK;
}

/* What could not be read is no damage. */
static enum error bad_mark(enum error error, const char *what, struct fault *fault)
{
    return fault_set(fault, error == ERROR_MEMORY || error == ERROR_IO ? error : ERROR_CORRUPT, "%s", what);
}

enum error retention_open(struct safe *safe, struct fault *fault)
{
    safe->retention.look_ns = world_stopwatch_ns() + DAY_NS;
    enum error error = read_term(safe);
    if (error != OK)
        return bad_mark(error, "log/access.retention", fault);
    error = read_mark(safe);
    if (error == ERROR_FILE_MISSING)
        return OK;
    if (error != OK)
        return bad_mark(error, "log/access.pruned: the public log has no such declaration", fault);
    return OK;
}

/* ---- declaring ---- */

static enum error declare_term(struct safe *safe)
{
    CLEANUP_BUFFER struct buffer text = buffer_new(256), mark = buffer_new(64);
    struct retention *retention = &safe->retention;
    uint64_t index;

    buffer_format(&text, "{\"kind\":\"log.retention\",\"log\":\"access\",\"years\":%u,\"time\":%lld}", retention->years,
                  (long long)world_now_s(safe->world));
    TRY(buffer_check(&text));
    TRY(safe_publish(safe, buffer_view(&text), &index));
    buffer_format(&mark, "%u\n%llu\n", retention->years, (unsigned long long)index);
    TRY(file_replace(term_path(safe).text, buffer_view(&mark), 0644));
    retention->declared_years = retention->years;
    return OK;
}

enum error retention_begin(struct safe *safe)
{
    struct retention *retention = &safe->retention;

    if (retention->pruned.minimum > 0) { /* bundles, and segments that a crash left */
        retention->minimum = retention->pruned.minimum;
        retention->pruning = (struct ledger_pruning){0};
        retention->step = RETENTION_DROP;
    }
    return retention->years == retention->declared_years ? OK : declare_term(safe);
}

static int64_t cutoff_ns(const struct safe *safe)
{
    return safe->world->now_ns(safe->world) - (int64_t)safe->retention.years * YEAR_NS;
}

/* Everybody can read it before anything goes. */
static enum error declare(struct safe *safe)
{
    CLEANUP_BUFFER struct buffer text = buffer_new(512), mark = buffer_new(MARK_MAX);
    struct retention *retention = &safe->retention;
    struct tree_head head = ledger_head(safe->access_log);
    int64_t before_s = cutoff_ns(safe) / SECOND_NS;
    char root[2 * HASH_BYTES];
    uint64_t index;

    encode_hex(hash_slice(&head.root), root);
    buffer_format(&text,
                  "{\"kind\":\"log.pruned\",\"log\":\"access\",\"minimum\":%llu,\"size\":%llu,\"root\":\"%.*s\","
                  "\"before\":%lld,\"years\":%u}",
                  (unsigned long long)retention->minimum, (unsigned long long)head.size, (int)sizeof root, root,
                  (long long)before_s, retention->years);
    TRY(buffer_check(&text));
    TRY(safe_publish(safe, buffer_view(&text), &index));
    buffer_format(&mark, "%llu\n%.*s\n", (unsigned long long)index, SLICE_PRINT(buffer_view(&text)));
    TRY(buffer_check(&mark));
    TRY(file_replace(pruned_path(safe).text, buffer_view(&mark), 0644));
    retention->let_go = retention->minimum - retention->pruned.minimum;
    retention->pruned = (struct ledger_pruned){retention->minimum, head};
    retention->declaration = index;
    retention->before_s = before_s;
    return OK;
}

/* ---- years of keys ---- */

/* The commitment is told first: who reads it and could still open the year is told so by the node's own log. */
static enum error destroy_year(struct safe *safe, uint32_t year)
{
    CLEANUP_BUFFER struct buffer text = buffer_new(512);
    struct hash commitment = keystore_year_commitment(safe->keystore, year);
    char hex[2 * HASH_BYTES];
    uint64_t index;

    encode_hex(hash_slice(&commitment), hex);
    buffer_format(&text, "{\"kind\":\"keys.destroyed\",\"year\":%u,\"until\":%llu,\"commitment\":\"%.*s\"}", year,
                  (unsigned long long)(year + 1) * KEYSTORE_YEAR_HOURS * 3600, (int)sizeof hex, hex);
    TRY(buffer_check(&text));
    TRY(safe_publish(safe, buffer_view(&text), &index));
    TRY(keystore_destroy_year(safe->keystore, year, world_now_s(safe->world)));
    safe->retention.destroyed++;
    return OK;
}

/* One year; *ret_done when the term of the oldest is not over. */
static enum error destroy_oldest(struct safe *safe, bool *ret_done)
{
    uint64_t hour = (uint64_t)world_now_s(safe->world) / 3600;
    uint32_t year;

    enum error error = keystore_oldest_year(safe->keystore, &year);
    *ret_done = error == ERROR_NOT_FOUND || (uint64_t)(year + 1 + safe->retention.years) * KEYSTORE_YEAR_HOURS > hour;
    if (*ret_done)
        return error == ERROR_NOT_FOUND ? OK : error;
    TRY(error);
    return destroy_year(safe, year);
}

/* ---- the work ---- */

bool retention_is_working(const struct safe *safe)
{
    return safe->retention.step != RETENTION_REST;
}

void retention_start(struct safe *safe)
{
    struct retention *retention = &safe->retention;

    if (retention->years == 0 || retention->years != retention->declared_years || retention_is_working(safe))
        return;
    retention->let_go = 0;
    retention->destroyed = 0;
    retention->pruning = (struct ledger_pruning){retention->pruned.minimum / TILE_WIDTH};
    if (ledger_prunable(safe->access_log, cutoff_ns(safe), &retention->minimum) != OK)
        LOG(WARNING, "safe.not_pruned");
    else
        retention->step = retention->minimum > retention->pruned.minimum ? RETENTION_PREPARE : RETENTION_YEARS;
}

static enum error do_step(struct safe *safe)
{
    struct retention *retention = &safe->retention;
    bool done = true;

    switch (retention->step) {
    case RETENTION_PREPARE:
        TRY(ledger_prune_prepare(safe->access_log, retention->minimum, &retention->pruning, &done));
        break;
    case RETENTION_DECLARE:
        TRY(declare(safe));
        retention->pruning = (struct ledger_pruning){0};
        break;
    case RETENTION_DROP:
        TRY(ledger_prune(safe->access_log, retention->minimum, &retention->pruning, &done));
        break;
    case RETENTION_YEARS:
        if (retention->years > 0 && retention->years == retention->declared_years)
            TRY(destroy_oldest(safe, &done));
        break;
    case RETENTION_REST:
        return OK;
    }
    if (done)
        retention->step = retention->step == RETENTION_YEARS ? RETENTION_REST : retention->step + 1;
    return OK;
}

enum error retention_work(struct safe *safe)
{
    enum error error = do_step(safe);

    if (error != OK)
        safe->retention.step = RETENTION_REST; /* it is looked at again tomorrow */
    return error;
}

/* A clock that is years ahead for an hour must not cost years of the log: only what is due for as long as a day of
 * running goes by itself. */
void retention_idle(struct safe *safe)
{
    int64_t now = world_stopwatch_ns();

    if (now < safe->retention.look_ns)
        return;
    safe->retention.look_ns = now + DAY_NS;
    retention_start(safe);
}

int64_t retention_kept_since(struct safe *safe)
{
    int64_t since_s = safe->retention.before_s;
    uint32_t year;

    if (keystore_oldest_year(safe->keystore, &year) != OK || year == 0 ||
        !keystore_year_is_destroyed(safe->keystore, year - 1))
        return since_s;
    int64_t begins_s = (int64_t)year * KEYSTORE_YEAR_HOURS * 3600;
    return begins_s > since_s ? begins_s : since_s;
}

/* Begins the work or does a step of it. -> u8 whether it is done ‖ minimum u64 ‖ entries let go u64 ‖ years destroyed
 * u32. ERROR_VALUE without a term. */
enum error answer_prune(struct safe *safe, struct request *request)
{
    struct retention *retention = &safe->retention;
    bool begins = request->payload.length > 0;

    if (retention->years == 0 || retention->years != retention->declared_years)
        return ERROR_VALUE;
    if (begins)
        retention_start(safe);
    if (retention_is_working(safe))
        TRY(retention_work(safe));
    buffer_byte(&request->answer, !retention_is_working(safe));
    buffer_u64(&request->answer, ledger_minimum(safe->access_log));
    buffer_u64(&request->answer, retention->let_go);
    buffer_u32(&request->answer, retention->destroyed);
    return OK;
}

/* -> JSON, for everybody: {"log":…,"years":…,"minimum":…,"keptSince":…,"declaration":…}; the last two where something
 * is gone. */
enum error answer_retention(struct safe *safe, struct request *request)
{
    struct json_writer writer = json_writer(&request->answer);
    int64_t since_s = retention_kept_since(safe);

    json_begin_object(&writer);
    json_member_string(&writer, "log", ledger_origin(safe->access_log));
    json_key(&writer, "years");
    json_integer(&writer, safe->retention.declared_years);
    json_key(&writer, "minimum");
    json_integer(&writer, (int64_t)ledger_minimum(safe->access_log));
    if (since_s > 0) {
        json_key(&writer, "keptSince");
        json_integer(&writer, since_s);
    }
    if (safe->retention.pruned.minimum > 0) {
        json_key(&writer, "declaration");
        json_integer(&writer, (int64_t)safe->retention.declaration);
    }
    json_end_object(&writer);
    return OK;
}
