/* SPDX-License-Identifier: Apache-2.0 */

/* Lawful orders: taken in when there was a route, committed to in public, released by two bodies over their very text,
 * looked at by the one officer within the release, told to the person when the seal ends, and counted right. */

#include <stdlib.h>

#include "base/file.h"
#include "crypto/encode.h"
#include "files.h"
#include "story.h"

#define TOLD_MS (2 * INT64_C(3600000))

enum order_state { ORDER_TAKEN, ORDER_RELEASED, ORDER_REFUSED };

struct lawful_order {
    char id[ID_TEXT_BYTES];
    uint64_t entry;
    int64_t taken_ms, lapses_ms, decided_ms, told_due_ms, told_ms, release_until_ms;
    enum order_state state;
    struct hash text;
    struct commitment actor;
    char organization[ID_TEXT_BYTES];
    unsigned drawers, released;
};

/* The three bodies of the file order.keys. */
struct order_keys {
    struct vkey oversight, community, health;
    bool there;
};

static struct place entry_place(const struct log_entry *entry)
{
    return PLACE_BYTES(entry->file, entry->begin, entry->end, entry->index);
}

static void fault(struct audit *audit, enum finding_kind kind, const struct log_entry *entry, const char *what)
{
    report_add(&audit->report, kind, entry_place(entry), "%s", what);
}

/* ---- texts: `name value` a line ---- */

/* The value of a line; empty when there is none, or two. */
static struct slice line_of(struct slice text, const char *name)
{
    struct slice found = slice_of("", 0);

    while (text.length > 0) {
        struct slice value = slice_cut(&text, '\n');
        if (!slice_is(slice_cut(&value, ' '), name))
            continue;
        if (found.length > 0)
            return slice_of("", 0);
        found = value;
    }
    return found;
}

/* What was signed of a note: all before its last empty line. */
static struct slice text_of_note(struct slice note)
{
    for (size_t i = note.length; i >= 2; i--)
        if (note.data[i - 1] == '\n' && note.data[i - 2] == '\n')
            return slice_of(note.data, i - 1);
    return slice_of("", 0);
}

static unsigned drawers_of(struct slice words)
{
    unsigned drawers = 0;

    while (words.length > 0) {
        int drawer = vocabulary_number(VOCABULARY_DRAWER, slice_cut(&words, ','));
        drawers |= drawer >= 0 && drawer < DRAWER_COUNT ? 1u << drawer : 0;
    }
    return drawers;
}

static unsigned drawers_in(yyjson_val *words)
{
    unsigned drawers = 0;

    for (struct json_items i = json_items(words); json_next(&i);) {
        int drawer = vocabulary_number(VOCABULARY_DRAWER, json_text(i.value));
        drawers |= drawer >= 0 && drawer < DRAWER_COUNT ? 1u << drawer : 0;
    }
    return drawers;
}

/* ---- keys and law ---- */

static const struct route *last_route(const struct audit *audit, bool with_keys, int64_t time_ns)
{
    for (size_t i = audit->told.routes.count; i > 0; i--) {
        const struct route *route = list_at(&audit->told.routes, i - 1);
        if (route->time_ns <= time_ns && (with_keys ? !route->closed : route->open || route->closed))
            return route;
    }
    return NULL;
}

static bool is_named(const struct vkey *key, const char hex[16])
{
    char own[16];

    vkey_short(key, own);
    return memcmp(own, hex, sizeof own) == 0;
}

static bool keys_are_of(const struct order_keys *keys, const struct route *route)
{
    return keys->there && route && is_named(&keys->oversight, route->oversight) &&
           is_named(&keys->community, route->community) && is_named(&keys->health, route->health);
}

/* Two of the file `approvers` signed; on a demo node nobody need. */
static bool is_approved(struct audit *audit, struct slice note)
{
    struct slice approvers;
    unsigned signers = 0;

    if (audit->node.demo)
        return true;
    if (file_take(audit->arena, audit->directory, "approvers", NOTE_MAX, &approvers) != OK)
        return false;
    while (approvers.length > 0) {
        struct vkey key;
        signers += vkey_read(slice_cut(&approvers, '\n'), &key) && note_signed(note, &key);
    }
    return signers >= 2;
}

static bool read_keys(struct audit *audit, struct order_keys *keys, struct slice note)
{
    struct slice text = text_of_note(note.length > 0 ? note : SLICE(""));
    char node[ID_TEXT_BYTES];

    if (text.length == 0) /* of a demo node: signed by nobody, so no note */
        text = note;
    encode_hex(slice_of(audit->node.id.byte, ID_BYTES), node);
    return slice_starts_with(text, SLICE("hospitium order keys 1\n")) &&
           slice_equal(line_of(text, "node"), slice_of(node, sizeof node)) &&
           vkey_read(line_of(text, "oversight"), &keys->oversight) &&
           vkey_read(line_of(text, "community"), &keys->community) && vkey_read(line_of(text, "health"), &keys->health);
}

static void judge_law(struct audit *audit, const struct order_keys *keys)
{
    struct slice law;

    if (file_take(audit->arena, audit->directory, "order.law", NOTE_MAX, &law) != OK)
        return;
    if (!keys->there || !slice_starts_with(law, SLICE("hospitium order law 1\n")) ||
        !note_signed(law, &keys->oversight) || !note_signed(law, &keys->community) || !note_signed(law, &keys->health))
        report_add(&audit->report, FINDING_ORDER_LAW, PLACE_FILE("order.law"), NULL);
}

void orders_begin(struct audit *audit)
{
    struct order_keys *keys = calloc(1, sizeof *keys);
    struct slice note;

    audit->story->orders = list_new(sizeof(struct lawful_order), ORDERS_MAX);
    audit->story->order_keys = keys;
    if (!keys)
        return;
    if (file_take(audit->arena, audit->directory, "order.keys", NOTE_MAX, &note) == OK) {
        keys->there = read_keys(audit, keys, note) && is_approved(audit, note);
        if (!keys_are_of(keys, last_route(audit, true, INT64_MAX)))
            report_add(&audit->report, FINDING_ORDER_KEYS, PLACE_FILE("order.keys"), NULL);
    }
    judge_law(audit, keys);
}

void orders_end(struct story *story)
{
    list_free(&story->orders);
    free(story->order_keys);
}

/* ---- one order ---- */

static struct lawful_order *find(struct audit *audit, struct slice id)
{
    for (size_t i = audit->story->orders.count; i > 0; i--) {
        struct lawful_order *order = list_at(&audit->story->orders, i - 1);
        if (slice_equal(id, slice_of(order->id, sizeof order->id)))
            return order;
    }
    return NULL;
}

static const struct route *route_at(struct audit *audit, const struct log_entry *entry, const struct event *event)
{
    const struct route *route = last_route(audit, false, entry->time_ns);

    if (route && route->open && event->time_ms >= route->from_s * 1000 && event->time_ms < route->until_s * 1000)
        return route;
    if (!audit->told.restored) /* else the old log told of it */
        fault(audit, FINDING_ORDER_ROUTE, entry, "no route");
    return NULL;
}

static bool is_public(const struct audit *audit, const struct hash *commitment)
{
    for (size_t i = 0; i < audit->told.commitments.count; i++)
        if (memcmp(list_at(&audit->told.commitments, i), commitment->byte, HASH_BYTES) == 0)
            return true;
    return false;
}

static void check_commitment(struct audit *audit, const struct log_entry *entry, const struct event *event)
{
    struct hash own = hash_keyed(slice_of(event->looker.nonce, NONCE_BYTES), event->looker.subject), said;
    struct slice hex = json_text_at(event->root, "commitment");

    if (hex.length != 2 * HASH_BYTES || decode_hex(hex, said.byte, HASH_BYTES) != OK || !hash_equal(&own, &said))
        fault(audit, FINDING_ORDER_COMMITMENT, entry, "another text");
    else if (!is_public(audit, &own))
        fault(audit, FINDING_ORDER_COMMITMENT, entry, "not in the public log");
}

static void take_in(struct audit *audit, const struct log_entry *entry, const struct event *event)
{
    const struct route *route = route_at(audit, entry, event);
    struct lawful_order *order = event->order.length == ID_TEXT_BYTES ? list_add(&audit->story->orders) : NULL;

    audit->report.count[COUNT_ORDERS]++;
    check_commitment(audit, entry, event);
    if (route && !(route->sectors >> event->sector & 1))
        fault(audit, FINDING_ORDER_ROUTE, entry, "the law does not name this sector");
    if (!order)
        return;
    *order = (struct lawful_order){.entry = entry->index,
                                   .taken_ms = event->time_ms,
                                   .lapses_ms = event_time(json_text_at(event->root, "until")),
                                   .told_due_ms = event_time(json_text_at(event->root, "told")),
                                   .text = hash_sha256(event->looker.subject),
                                   .actor = name_digest(event->looker.actor),
                                   .drawers = drawers_in(json_at(event->root, "drawers"))};
    memcpy(order->id, event->order.data, sizeof order->id);
    memcpy(order->organization, event->organization.data, sizeof order->organization);
}

/* Signed by both, for this node, over this order's very text, and for no more than it asks. */
static bool release_holds(struct audit *audit, const struct log_entry *entry, const struct lawful_order *order,
                          const struct event *event)
{
    const struct order_keys *keys = audit->story->order_keys;
    struct slice note = event->looker.subject, text = text_of_note(note);
    char node[ID_TEXT_BYTES], hash[2 * HASH_BYTES];

    encode_hex(slice_of(audit->node.id.byte, ID_BYTES), node);
    encode_hex(hash_slice(&order->text), hash);
    unsigned drawers = drawers_of(line_of(text, "drawers"));
    if (!slice_starts_with(text, SLICE("hospitium order release 1\n")) ||
        !slice_equal(line_of(text, "node"), slice_of(node, sizeof node)) ||
        !slice_equal(line_of(text, "order"), slice_of(order->id, sizeof order->id)) ||
        !slice_equal(line_of(text, "hash"), slice_of(hash, sizeof hash)) || drawers & ~order->drawers ||
        drawers != drawers_in(json_at(event->root, "drawers")))
        return false;
    if (!keys || !keys_are_of(keys, last_route(audit, true, entry->time_ns))) {
        audit->report.count[COUNT_ORDERS_OLD_KEYS]++;
        return true;
    }
    return note_signed(note, &keys->oversight) && note_signed(note, &keys->health);
}

static bool is_open(const struct lawful_order *order, int64_t time_ms)
{
    return order && order->state == ORDER_TAKEN && time_ms <= order->lapses_ms;
}

/* Its intake may lie in what is closed to this audit. */
static bool is_unknown(const struct audit *audit, const struct lawful_order *order)
{
    return !order && audit_is_partial(audit);
}

static void decide(struct audit *audit, const struct log_entry *entry, const struct event *event, bool release)
{
    struct lawful_order *order = find(audit, event->order);

    audit->report.count[release ? COUNT_ORDERS_RELEASED : COUNT_ORDERS_REFUSED]++;
    (void)route_at(audit, entry, event);
    if (is_unknown(audit, order))
        return;
    if (!is_open(order, event->time_ms)) {
        fault(audit, FINDING_ORDER_DECIDED, entry, "it was not open");
        return;
    }
    order->decided_ms = event->time_ms;
    order->state = release ? ORDER_RELEASED : ORDER_REFUSED;
    if (!release)
        return;
    order->released = drawers_in(json_at(event->root, "drawers"));
    order->release_until_ms = event_time(json_text_at(event->root, "until"));
    if (!release_holds(audit, entry, order, event) || order->release_until_ms > order->lapses_ms)
        fault(audit, FINDING_ORDER_RELEASE, entry, "its text or its signatures");
}

static void tell(struct audit *audit, const struct log_entry *entry, const struct event *event, bool told)
{
    struct lawful_order *order = find(audit, event->order);

    audit->report.count[COUNT_ORDERS_TOLD] += told;
    if (is_unknown(audit, order))
        return;
    if (!order || (told && (order->state != ORDER_RELEASED || order->told_ms != 0))) {
        fault(audit, FINDING_ORDER_TOLD, entry, "of no order that was released");
        return;
    }
    if (told)
        order->told_ms = event->time_ms;
    else
        order->told_due_ms = event->time_ms; /* oversight ends the seal */
}

void order_judge(struct audit *audit, const struct log_entry *entry, const struct event *event)
{
    bool intake = slice_is(event->deed, "intake"), told = slice_is(event->deed, "told");

    if (!event->permitted)
        return;
    if (!intake && !told && event->sector != SECTOR_OVERSIGHT)
        report_add(&audit->report, FINDING_OVERSIGHT_SECTOR, entry_place(entry), NULL);
    if (intake)
        take_in(audit, entry, event);
    else if (told || slice_is(event->deed, "tell"))
        tell(audit, entry, event, told);
    else if (slice_is(event->deed, "release") || slice_is(event->deed, "refuse"))
        decide(audit, entry, event, slice_is(event->deed, "release"));
    else
        fault(audit, FINDING_EVENT_SHAPE, entry, "an unknown deed");
}

/* Oversight asks, while the order is open, whether she is known; the officer reads, after and within the release. */
void order_judge_look(struct audit *audit, const struct log_entry *entry, const struct event *event)
{
    const struct lawful_order *order = find(audit, event->order);
    struct commitment actor = name_digest(event->looker.actor);

    audit->report.count[COUNT_ORDER_LOOKS]++;
    (void)route_at(audit, entry, event);
    if (is_unknown(audit, order))
        return;
    if (event->action == ACTION_MATCH) {
        /* A match has to compare, and tells no more than that she is known. */
        bool least = event->outcome <= OUTCOME_EXISTENCE && !(event->opened & ~(1u << DRAWER_IDENTITY));
        if (!is_open(order, event->time_ms) || event->sector != SECTOR_OVERSIGHT || !least)
            fault(audit, FINDING_ORDER_LOOK, entry, "a match");
    } else if (!order || order->state != ORDER_RELEASED || event->time_ms > order->release_until_ms ||
               event->opened & ~order->released || !commitment_equal(&actor, &order->actor) ||
               memcmp(event->organization.data, order->organization, sizeof order->organization) != 0) {
        fault(audit, FINDING_ORDER_LOOK, entry, "a reading");
    }
}

/* ---- at the end ---- */

/* When an order that nobody decided lapsed: at its end, or when its route closed. */
static int64_t lapsed_ms(const struct audit *audit, const struct lawful_order *order)
{
    int64_t lapsed = order->lapses_ms;

    for (size_t i = 0; i < audit->told.routes.count; i++) {
        const struct route *route = list_at(&audit->told.routes, i);
        int64_t closed = route->time_ns / 1000000;
        if (route->closed && closed >= order->taken_ms && closed < lapsed)
            return closed;
    }
    return lapsed;
}

struct counts {
    uint64_t asked, released, refused, lapsed, told;
};

static struct counts count_between(const struct audit *audit, int64_t from_ms, int64_t until_ms)
{
    const struct list *all = &audit->story->orders;
    struct counts counts = {0};

#define WITHIN(time) ((time) >= from_ms && (time) < until_ms)
    for (size_t i = 0; i < all->count; i++) {
        const struct lawful_order *order = list_at(all, i);
        counts.asked += WITHIN(order->taken_ms);
        counts.released += order->state == ORDER_RELEASED && WITHIN(order->decided_ms);
        counts.refused += order->state == ORDER_REFUSED && WITHIN(order->decided_ms);
        counts.lapsed += order->state == ORDER_TAKEN && WITHIN(lapsed_ms(audit, order));
        counts.told += order->told_ms != 0 && WITHIN(order->told_ms);
    }
#undef WITHIN
    return counts;
}

static int64_t month_ms(uint64_t year, uint64_t month)
{
    char text[32];

    snprintf(text, sizeof text, "%04u-%02u-01T00:00:00.000Z", (unsigned)(year + (month - 1) / 12) % 10000,
             (unsigned)((month - 1) % 12 + 1));
    return event_time(slice_of(text, 24));
}

/* "2026-Q4" or "2026". */
static bool period_read(struct slice period, int64_t *ret_from_ms, int64_t *ret_until_ms)
{
    uint64_t year, quarter = 0;

    if ((period.length != 4 && period.length != 7) || !slice_to_u64(slice_of(period.data, 4), &year))
        return false;
    if (period.length == 7 && (period.data[4] != '-' || period.data[5] != 'Q' ||
                               !slice_to_u64(slice_from(period, 6), &quarter) || quarter < 1 || quarter > 4))
        return false;
    *ret_from_ms = month_ms(year, quarter ? 3 * quarter - 2 : 1);
    *ret_until_ms = month_ms(year, quarter ? 3 * quarter + 1 : 13);
    return *ret_from_ms >= 0 && *ret_until_ms > *ret_from_ms;
}

static bool says(struct slice text, const char *name, uint64_t number)
{
    uint64_t said;

    return slice_to_u64(line_of(text, name), &said) && said == number;
}

static bool counts_hold(struct audit *audit, const char *path)
{
    int64_t from, until;
    struct slice note;

    if (file_read(audit->arena, path, NOTE_MAX, &note, NULL) != OK)
        return false;
    struct slice text = text_of_note(note);
    if (!slice_starts_with(text, SLICE("hospitium order counts 1\n")) || !note_signed(note, &audit->public.vkey) ||
        !slice_equal(line_of(text, "node"), audit->node.name) || !period_read(line_of(text, "period"), &from, &until))
        return false;
    struct counts counts = count_between(audit, from, until);
    return says(text, "asked", counts.asked) && says(text, "released", counts.released) &&
           says(text, "refused", counts.refused) && says(text, "lapsed", counts.lapsed) &&
           says(text, "told", counts.told);
}

void orders_judge_rest(struct audit *audit)
{
    const struct list *all = &audit->story->orders;
    int64_t access = audit->access.last_time_ns, public = audit->public.last_time_ns,
            now_ms = (access > public ? access : public) / 1000000;

    for (size_t i = 0; i < all->count; i++) {
        const struct lawful_order *order = list_at(all, i);
        audit->report.count[COUNT_ORDERS_LAPSED] += order->state == ORDER_TAKEN && lapsed_ms(audit, order) <= now_ms;
        if (order->state == ORDER_RELEASED && order->told_ms == 0 && order->told_due_ms + TOLD_MS < now_ms)
            report_add(&audit->report, FINDING_ORDER_TOLD, PLACE_ENTRY("log/access/journal", order->entry), "not told");
    }
    for (size_t i = 0; i < audit->options->counted; i++)
        if (!counts_hold(audit, audit->options->counts[i]))
            report_add(&audit->report, FINDING_ORDER_COUNTS, PLACE_FILE(audit->options->counts[i]), NULL);
}
