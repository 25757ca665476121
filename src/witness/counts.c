/* SPDX-License-Identifier: Apache-2.0 */
#include "counts.h"

#include <inttypes.h>
#include <stdlib.h>
#include <time.h>

#include "checked.h"
#include "ledger/note.h"

#define NUMBER_MAX 1000000000
#define LEAF_MAX 512
#define QUARTERS 4

static const struct slice FIRST_LINE = SLICE("hospitium order counts 1");
static const char *const fields[COUNTS_FIELDS] = {"asked", "released", "refused", "lapsed", "told"};

struct waiting {
    char node[COUNTS_NAME_MAX];
    size_t node_length;
    counts_period period;
    uint64_t number[COUNTS_FIELDS];
    bool published; /* kept so that the same quarter of the same node is not counted twice */
};

struct counts {
    struct waiting *waiting;
    size_t count;
    counts_period last; /* the last quarter that was published */
    char leaf[LEAF_MAX];
    size_t leaf_length;
    counts_period closing; /* the quarter of `leaf` */
    uint64_t log_size;
};

struct counts *counts_new(void)
{
    struct counts *counts = calloc(1, sizeof *counts);

    if (!counts)
        return NULL;
    counts->waiting = calloc(COUNTS_WAITING_MAX, sizeof *counts->waiting);
    if (counts->waiting)
        return counts;
    free(counts);
    return NULL;
}

void counts_free(struct counts *counts)
{
    if (!counts)
        return;
    free(counts->waiting);
    free(counts);
}

/* ---- quarters ---- */

/* "2026-Q4" and nothing else. */
static bool parse_period(struct slice text, counts_period *ret_period)
{
    uint64_t year, quarter;

    if (text.length != 7 || !slice_to_u64(slice_of(text.data, 4), &year) || text.data[4] != '-' ||
        text.data[5] != 'Q' || !slice_to_u64(slice_from(text, 6), &quarter) || quarter < 1 || quarter > QUARTERS)
        return false;
    *ret_period = (counts_period)(year * QUARTERS + quarter - 1);
    return true;
}

static void write_period(counts_period period, struct buffer *into)
{
    buffer_format(into, "%04u-Q%u", period / QUARTERS, period % QUARTERS + 1);
}

static counts_period period_at(int64_t time_s)
{
    time_t time = (time_t)time_s;
    struct tm tm;

    if (time_s < 0 || !gmtime_r(&time, &tm))
        return 0;
    return (counts_period)((tm.tm_year + 1900) * QUARTERS + tm.tm_mon / 3);
}

/* ---- statements ---- */

static bool take(struct slice *rest, const char *word, struct slice *ret_value)
{
    if (slice_find(*rest, '\n') == rest->length)
        return false;
    struct slice line = slice_cut(rest, '\n');
    struct slice first = slice_cut(&line, ' ');
    *ret_value = line;
    return slice_is(first, word) && line.length > 0;
}

/* Decimal as it is usually written. */
static bool parse_number(struct slice text, uint64_t *ret_number)
{
    return (text.length == 1 || text.data[0] != '0') && slice_to_u64(text, ret_number) && *ret_number <= NUMBER_MAX;
}

enum error counts_statement_parse(struct slice text, struct counts_statement *ret_statement)
{
    struct counts_statement statement = {.node = slice_of("", 0)};
    struct slice rest = text, value;

    if (text.length > COUNTS_STATEMENT_MAX || !slice_equal(slice_cut(&rest, '\n'), FIRST_LINE))
        return ERROR_SYNTAX;
    if (!take(&rest, "node", &statement.node) || !note_name_allowed(statement.node) || !take(&rest, "period", &value) ||
        !parse_period(value, &statement.period))
        return ERROR_SYNTAX;
    for (size_t i = 0; i < COUNTS_FIELDS; i++)
        if (!take(&rest, fields[i], &value) || !parse_number(value, &statement.number[i]))
            return ERROR_SYNTAX;
    if (rest.length > 0)
        return ERROR_SYNTAX;
    *ret_statement = statement;
    return OK;
}

static bool is_of(const struct waiting *waiting, const struct counts_statement *statement)
{
    return waiting->period == statement->period &&
           slice_equal(slice_of(waiting->node, waiting->node_length), statement->node);
}

enum error counts_take(struct counts *counts, const struct counts_statement *statement, int64_t now_s)
{
    size_t i = 0;

    if (counts->leaf_length > 0)
        return ERROR_OVERLOADED; /* it would count as published and not be in the sum */
    if (statement->period >= period_at(now_s) || statement->period + QUARTERS <= counts->last ||
        statement->node.length > COUNTS_NAME_MAX)
        return ERROR_VALUE;
    while (i < counts->count && !is_of(&counts->waiting[i], statement))
        i++;
    if (i < counts->count && counts->waiting[i].published)
        return ERROR_CONFLICT;
    if (i == COUNTS_WAITING_MAX)
        return ERROR_TOO_MANY;
    struct waiting *waiting = &counts->waiting[i];
    memcpy(waiting->node, statement->node.data, statement->node.length);
    waiting->node_length = statement->node.length;
    waiting->period = statement->period;
    memcpy(waiting->number, statement->number, sizeof waiting->number);
    counts->count += i == counts->count;
    return OK;
}

/* ---- sums ---- */

/* Goes into a sum of `period`. */
static bool is_due(const struct waiting *waiting, counts_period period)
{
    return !waiting->published && waiting->period <= period;
}

static bool is_first_of_node(const struct counts *counts, size_t at, counts_period period)
{
    const struct waiting *waiting = &counts->waiting[at];

    for (size_t i = 0; i < at; i++)
        if (is_due(&counts->waiting[i], period) && counts->waiting[i].node_length == waiting->node_length &&
            memcmp(counts->waiting[i].node, waiting->node, waiting->node_length) == 0)
            return false;
    return true;
}

static void write_leaf(struct counts *counts, counts_period period, unsigned members, const uint64_t sum[COUNTS_FIELDS])
{
    CLEANUP_BUFFER struct buffer leaf = buffer_new(LEAF_MAX);

    buffer_string(&leaf, "{\"kind\":\"order.counts\",\"period\":\"");
    write_period(period, &leaf);
    buffer_format(&leaf, "\",\"members\":%u", members);
    for (size_t i = 0; i < COUNTS_FIELDS; i++)
        buffer_format(&leaf, ",\"%s\":%" PRIu64, fields[i], sum[i]);
    buffer_byte(&leaf, '}');
    memcpy(counts->leaf, leaf.data, leaf.length);
    counts->leaf_length = leaf.length;
    counts->closing = period;
}

bool counts_close(struct counts *counts, int64_t now_s, unsigned members, uint64_t log_size)
{
    counts_period period = period_at(now_s - COUNTS_GRACE_S);
    uint64_t sum[COUNTS_FIELDS] = {0};
    unsigned nodes = 0;

    if (period == 0 || --period <= counts->last || counts->leaf_length > 0)
        return false;
    for (size_t i = 0; i < counts->count; i++) {
        if (!is_due(&counts->waiting[i], period))
            continue;
        nodes += is_first_of_node(counts, i, period);
        for (size_t field = 0; field < COUNTS_FIELDS; field++)
            sum[field] += counts->waiting[i].number[field];
    }
    if (nodes < members)
        return false;
    write_leaf(counts, period, nodes, sum);
    counts->log_size = log_size;
    return true;
}

struct slice counts_closing(const struct counts *counts, uint64_t *ret_log_size)
{
    *ret_log_size = counts->log_size;
    return slice_of(counts->leaf, counts->leaf_length);
}

/* What was published a year before goes: nobody states such an old quarter again and is believed. */
void counts_closed(struct counts *counts)
{
    size_t kept = 0;

    for (size_t i = 0; i < counts->count; i++) {
        struct waiting *waiting = &counts->waiting[i];
        waiting->published = waiting->published || is_due(waiting, counts->closing);
        if (!waiting->published || waiting->period + QUARTERS > counts->closing)
            counts->waiting[kept++] = *waiting;
    }
    counts->count = kept;
    counts->last = counts->closing;
    counts->leaf_length = 0;
}

unsigned counts_waiting(const struct counts *counts)
{
    unsigned waiting = 0;

    for (size_t i = 0; i < counts->count; i++)
        waiting += !counts->waiting[i].published;
    return waiting;
}

/* ---- keeping ---- */

static void write_waiting(const struct waiting *waiting, struct buffer *into)
{
    buffer_format(into, "%s %.*s ", waiting->published ? "published" : "waiting", (int)waiting->node_length,
                  waiting->node);
    write_period(waiting->period, into);
    for (size_t i = 0; i < COUNTS_FIELDS; i++)
        buffer_format(into, " %" PRIu64, waiting->number[i]);
    buffer_byte(into, '\n');
}

enum error counts_write(const struct counts *counts, struct buffer *into)
{
    CLEANUP_BUFFER struct buffer text = buffer_new(COUNTS_BYTES_MAX);

    buffer_string(&text, "hospitium-witness-counts 1\nlast ");
    write_period(counts->last, &text);
    buffer_format(&text, "\nclosing %" PRIu64 " ", counts->log_size);
    write_period(counts->closing, &text);
    buffer_format(&text, " %.*s\n", (int)counts->leaf_length, counts->leaf);
    for (size_t i = 0; i < counts->count; i++)
        write_waiting(&counts->waiting[i], &text);
    TRY(buffer_check(&text));
    return checked_write(buffer_view(&text), into);
}

static bool read_waiting(struct slice line, struct waiting *waiting)
{
    struct slice state = slice_cut(&line, ' '), node = slice_cut(&line, ' '), period = slice_cut(&line, ' ');

    waiting->published = slice_is(state, "published");
    if ((!waiting->published && !slice_is(state, "waiting")) || node.length == 0 || node.length > COUNTS_NAME_MAX ||
        !parse_period(period, &waiting->period))
        return false;
    memcpy(waiting->node, node.data, node.length);
    waiting->node_length = node.length;
    for (size_t i = 0; i < COUNTS_FIELDS; i++)
        if (!slice_to_u64(slice_cut(&line, ' '), &waiting->number[i]))
            return false;
    return line.length == 0;
}

static bool read_head(struct counts *counts, struct slice *rest)
{
    struct slice last, closing;

    if (!slice_is(slice_cut(rest, '\n'), "hospitium-witness-counts 1") || !take(rest, "last", &last) ||
        !parse_period(last, &counts->last) || !take(rest, "closing", &closing))
        return false;
    struct slice size = slice_cut(&closing, ' '), period = slice_cut(&closing, ' ');
    if (!slice_to_u64(size, &counts->log_size) || !parse_period(period, &counts->closing) || closing.length > LEAF_MAX)
        return false;
    memcpy(counts->leaf, closing.data, closing.length);
    counts->leaf_length = closing.length;
    return true;
}

enum error counts_read(struct counts *counts, struct slice bytes)
{
    CLEANUP_BUFFER struct buffer again = buffer_new(COUNTS_BYTES_MAX + CHECKED_LINE_BYTES);
    struct slice rest;

    TRY(checked_parse(bytes, &rest));
    if (!read_head(counts, &rest))
        return ERROR_CORRUPT;
    for (counts->count = 0; rest.length > 0; counts->count++)
        if (counts->count == COUNTS_WAITING_MAX ||
            !read_waiting(slice_cut(&rest, '\n'), &counts->waiting[counts->count]))
            return ERROR_CORRUPT;
    /* What says the same in other bytes was not written here. */
    TRY(counts_write(counts, &again));
    return slice_equal(buffer_view(&again), bytes) ? OK : ERROR_CORRUPT;
}
