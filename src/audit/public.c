/* SPDX-License-Identifier: Apache-2.0 */

/* The public log: each entry is of a kind that the formats name; what it says is kept, to be held against everything
 * else. */

#include <string.h>

#include "audit.h"
#include "crypto/encode.h"

static void keep_text(char *into, size_t room, struct slice text)
{
    snprintf(into, room, "%.*s", (int)(text.length < room ? text.length : room - 1), text.data);
}

static bool take_activation(struct audit *audit, yyjson_val *root, const struct log_entry *entry)
{
    struct activation *activation = list_add(&audit->told.activations);

    if (!activation)
        return true;
    activation->time_ns = entry->time_ns;
    activation->entry = entry->index;
    keep_text(activation->pack, sizeof activation->pack, json_text_at(root, "pack"));
    keep_text(activation->rules, sizeof activation->rules, json_text_at(root, "rules"));
    keep_text(activation->dmn, sizeof activation->dmn, json_text_at(root, "dmn"));
    keep_text(activation->proof, sizeof activation->proof, json_text_at(root, "proof"));
    return activation->pack[0] && json_text_at(root, "rules").length == 64 && json_text_at(root, "dmn").length == 64 &&
           json_text_at(root, "proof").length == 64;
}

static bool take_issued(struct audit *audit, yyjson_val *root)
{
    struct issued issued = {.role = vocabulary_number(VOCABULARY_ROLE, json_text_at(root, "role")),
                            .sector = vocabulary_number(VOCABULARY_SECTOR, json_text_at(root, "sector")),
                            .from_s = json_number_at(root, "issued"),
                            .until_s = json_number_at(root, "expires")};

    if (issued.role <= 0 || issued.sector <= 0 || issued.from_s < 0 || issued.until_s < issued.from_s)
        return false;
    struct issued *kept = list_add(&audit->told.issued);
    if (kept)
        *kept = issued;
    return true;
}

static bool take_commitment(struct list *list, yyjson_val *root)
{
    struct hash commitment;
    struct slice hex = json_text_at(root, "commitment");

    if (hex.length != 2 * HASH_BYTES || decode_hex(hex, commitment.byte, HASH_BYTES) != OK)
        return false;
    struct hash *kept = list_add(list);
    if (kept)
        *kept = commitment;
    return true;
}

/* The first of its kind is what the log began with. */
static bool take_approvers(struct audit *audit, yyjson_val *root)
{
    yyjson_val *keys = json_at(root, "keys");

    if (!yyjson_is_arr(keys))
        return false;
    if (audit->told.has_approvers)
        return true;
    audit->told.has_approvers = true;
    for (struct json_items i = json_items(keys); json_next(&i);) {
        struct slice hex = json_text(i.value);
        char *kept = list_add(&audit->told.approvers);
        if (hex.length != 16)
            return false;
        if (kept)
            memcpy(kept, hex.data, 16);
    }
    return true;
}

bool public_json_is_succession(struct audit *audit, yyjson_val *root, uint64_t entry)
{
    struct slice old = arena_copy(audit->arena, json_text_at(root, "old")),
                 new = arena_copy(audit->arena, json_text_at(root, "new"));
    struct succession *succession = list_add(&audit->told.successions);

    if (!succession || !old.data || !new.data)
        return true; /* full: told at the end (run.c) */
    *succession = (struct succession){
        .old = old, .new = new, .holds = succession_holds(old, new, json_text_at(root, "signature")), .entry = entry};
    return old.length > 0 && new.length > 0;
}

/* Of a year of audit keys, not of a person. */
static bool take_year(struct audit *audit, yyjson_val *root)
{
    int64_t year = json_number_at(root, "year");

    if (!json_at(root, "year"))
        return true;
    int64_t *kept = list_add(&audit->told.years);
    if (kept)
        *kept = year;
    return year >= 0;
}

/* The last declaration counts. */
static bool take_pruned(struct audit *audit, yyjson_val *root)
{
    struct log *log = &audit->access;
    int64_t minimum = json_number_at(root, "minimum"), size = json_number_at(root, "size");
    struct slice hex = json_text_at(root, "root");

    if (!slice_is(json_text_at(root, "log"), "access") || minimum < (int64_t)log->let_go || size < minimum ||
        hex.length != 2 * HASH_BYTES || decode_hex(hex, log->declared.checkpoint.root.byte, HASH_BYTES) != OK)
        return false;
    log->let_go = (uint64_t)minimum;
    log->declared.checkpoint.size = (uint64_t)size;
    return true;
}

static uint32_t bits_of(enum vocabulary_list list, yyjson_val *words)
{
    uint32_t bits = 0;

    for (struct json_items i = json_items(words); json_next(&i);) {
        int number = vocabulary_number(list, json_text(i.value));
        bits |= number >= 0 && number < 32 ? UINT32_C(1) << number : 0;
    }
    return bits;
}

static bool take_key(yyjson_val *keys, const char *name, char into[16])
{
    struct slice hex = json_text_at(keys, name);

    if (hex.length == 16)
        memcpy(into, hex.data, 16);
    return hex.length == 16;
}

static bool take_route(struct audit *audit, yyjson_val *root, const struct log_entry *entry)
{
    struct slice what = json_text_at(root, "route");
    yyjson_val *keys = json_at(root, "keys");
    struct route route = {.time_ns = entry->time_ns,
                          .open = slice_is(what, "open"),
                          .closed = slice_is(what, "closed"),
                          .from_s = json_number_at(root, "from"),
                          .until_s = json_number_at(root, "until"),
                          .sectors = bits_of(VOCABULARY_SECTOR, json_at(root, "sectors")),
                          .drawers = bits_of(VOCABULARY_DRAWER, json_at(root, "drawers"))};

    bool named = take_key(keys, "oversight", route.oversight) && take_key(keys, "community", route.community) &&
                 take_key(keys, "health", route.health);
    struct route *kept = list_add(&audit->told.routes);
    if (kept)
        *kept = route;
    return route.closed ||
           (named && (route.open ? route.from_s >= 0 && route.until_s > route.from_s : slice_is(what, "keys")));
}

static bool take_count(yyjson_val *root, uint64_t *count)
{
    int64_t number = json_number_at(root, "count");

    *count += number > 0 ? (uint64_t)number : 0;
    return number > 0;
}

static bool take(struct audit *audit, enum public_kind kind, yyjson_val *root, const struct log_entry *entry)
{
    struct public_story *told = &audit->told;

    switch (kind) {
    case KIND_RULES_ACTIVATED:
        return take_activation(audit, root, entry);
    case KIND_CREDENTIAL_ISSUED:
        return take_issued(audit, root);
    case KIND_KEYS_DESTROYED:
        return take_commitment(&told->destroyed, root) && take_year(audit, root);
    case KIND_LOG_PRUNED:
        return take_pruned(audit, root);
    case KIND_COMMITMENT:
        return take_commitment(&told->commitments, root);
    case KIND_ORDER_ROUTE:
        return take_route(audit, root, entry);
    case KIND_APPROVERS:
        return take_approvers(audit, root);
    case KIND_LOG_KEY:
        return public_json_is_succession(audit, root, entry->index);
    case KIND_REVIEW_OVERDUE:
        return take_count(root, &told->overdue);
    default:
        return true;
    }
}

/* A log that was restored begins with the old one's checkpoint; who signed it is judged later. */
static bool is_first_note(struct log *log, const struct log_entry *entry, struct arena *arena)
{
    struct checkpoint old;

    if (entry->index != 0 || !checkpoint_read(entry->leaf, &old) || !slice_equal(old.origin, log->origin))
        return false;
    log->first = arena_copy(arena, entry->leaf);
    return log->first.data != NULL;
}

void public_entry(void *context, const struct log_entry *entry)
{
    struct audit *audit = context;
    struct place place = PLACE_BYTES(entry->file, entry->begin, entry->end, entry->index);

    audit->report.count[COUNT_PUBLIC_ENTRIES]++;
    if (is_first_note(&audit->public, entry, audit->arena)) {
        audit->told.restored = true;
        return;
    }
    CLEANUP_JSON yyjson_doc *doc = entry->kind == LEAF_PLAIN ? json_read(entry->leaf) : NULL;
    yyjson_val *root = yyjson_doc_get_root(doc);
    enum public_kind kind = public_kind_of(json_text_at(root, "kind"));
    if (kind == PUBLIC_KINDS || !take(audit, kind, root, entry)) {
        audit->report.public_other++;
        report_add(&audit->report, FINDING_PUBLIC_SHAPE, place, NULL);
        return;
    }
    audit->report.public_kind[kind]++;
    if (audit->events)
        fprintf(audit->events, "{\"log\":\"public\",\"entry\":%llu,\"event\":%.*s}\n", (unsigned long long)entry->index,
                SLICE_PRINT(entry->leaf));
}

static int by_hash(const void *a, const void *b)
{
    return memcmp(a, b, HASH_BYTES);
}

static int by_year(const void *a, const void *b)
{
    int64_t one = *(const int64_t *)a, other = *(const int64_t *)b;

    return (one > other) - (one < other);
}

/* What was destroyed is counted by what it is a commitment to: a node that stopped between telling and noting that it
 * told tells once more, and telling twice makes no erasure of somebody else look told. */
void public_settle(struct audit *audit)
{
    struct public_story *told = &audit->told;

    list_sort(&told->destroyed, by_hash);
    list_sort(&told->years, by_year);
    audit->report.count[COUNT_DESTROYED_AGAIN] = list_distinct(&told->destroyed);
    list_distinct(&told->years);
}

/* ---- the access log's plain entries ---- */

bool access_plain(struct audit *audit, const struct log_entry *entry)
{
    if (is_first_note(&audit->access, entry, audit->arena))
        return true;
    CLEANUP_JSON yyjson_doc *doc = json_read(entry->leaf);
    yyjson_val *root = yyjson_doc_get_root(doc);
    return slice_is(json_text_at(root, "kind"), "log.key") && public_json_is_succession(audit, root, entry->index);
}
