/* SPDX-License-Identifier: Apache-2.0 */
#include "event.h"

#include "base/buffer.h"
#include "crypto/encode.h"
#include "crypto/hash.h"

#define FORMAT 1
#define PADDING 128
#define LEAF_BYTES 65

/* ---- opening ---- */

bool event_hour(struct slice sealed, uint32_t *ret_hour)
{
    struct reader reader = reader_of(sealed);
    uint8_t format = reader_byte(&reader);

    *ret_hour = reader_u32(&reader);
    return format == FORMAT && !reader.failed && reader.rest.length >= SEAL_OVERHEAD + PADDING &&
           (reader.rest.length - SEAL_OVERHEAD) % PADDING == 0 && reader.rest.length <= SEALED_EVENT_MAX;
}

static struct slice trim(struct slice text)
{
    while (text.length > 0 && text.data[text.length - 1] == ' ')
        text.length--;
    return text;
}

/* nonce ‖ length ‖ event ‖ looker ‖ spaces. */
static bool split(struct slice whole, struct slice leaf, struct event *event)
{
    struct reader reader = reader_of(whole);
    struct slice nonce = reader_bytes(&reader, NONCE_BYTES);
    uint32_t length = reader_u32(&reader);

    event->json = reader_bytes(&reader, length);
    event->looker_json = trim(reader.rest);
    if (reader.failed)
        return false;
    memcpy(event->nonce, nonce.data, NONCE_BYTES);
    struct hash hash = hash_sha256_parts((const struct slice[]){nonce, event->json}, 2);
    return leaf.length == LEAF_BYTES && memcmp(leaf.data + 1, hash.byte, HASH_BYTES) == 0;
}

enum event_fault event_open(const struct secret_key *hour_key, struct slice leaf, struct slice sealed, char *room,
                            struct event *ret_event)
{
    uint8_t bound[] = {'e', 'v', 'e', 'n', 't', FORMAT, 0, 0, 0, 0};
    uint32_t hour;

    *ret_event = (struct event){0};
    if (!event_hour(sealed, &hour))
        return EVENT_NOT_SEALED;
    memcpy(bound + 6, sealed.data + 1, sizeof hour);
    struct slice bytes = slice_from(sealed, 1 + sizeof hour);
    if (seal_open(hour_key, slice_of(bound, sizeof bound), bytes, room) != OK)
        return EVENT_NOT_SEALED;
    if (!split(slice_of(room, bytes.length - SEAL_OVERHEAD), leaf, ret_event))
        return EVENT_NOT_OF_LEAF;
    return event_read(ret_event) ? EVENT_HOLDS : EVENT_NOT_SHAPED;
}

struct commitment event_commit(const uint8_t nonce[NONCE_BYTES], struct slice value)
{
    struct hash hash = hash_keyed(slice_of(nonce, NONCE_BYTES), value);
    struct commitment commitment;

    memcpy(commitment.byte, hash.byte, sizeof commitment.byte);
    return commitment;
}

/* ---- time ---- */

static bool digits(struct slice text, size_t at, size_t count, int64_t *ret_number)
{
    uint64_t number = 0;

    if (!slice_to_u64(slice_of(text.data + at, count), &number))
        return false;
    *ret_number = (int64_t)number;
    return true;
}

/* Days since 1970 in the Gregorian calendar (proleptic), by counting from 1 March of year 0. */
static int64_t days_of(int64_t year, int64_t month, int64_t day)
{
    int64_t shifted = month > 2 ? year : year - 1, since_march = (month + 9) % 12;

    return 365 * shifted + shifted / 4 - shifted / 100 + shifted / 400 + (153 * since_march + 2) / 5 + day - 1 - 719468;
}

int64_t event_time(struct slice text)
{
    static const char shape[] = "dddd-dd-ddTdd:dd:dd.dddZ";
    int64_t year, month, day, hour, minute, second, ms = 0;
    bool fraction = text.length == sizeof shape - 1; /* left out when it is zero */

    if (!fraction && text.length != sizeof "dddd-dd-ddTdd:dd:ddZ" - 1)
        return -1;
    for (size_t i = 0; i + 1 < text.length; i++)
        if (shape[i] != 'd' && text.data[i] != shape[i])
            return -1;
    if (text.data[text.length - 1] != 'Z')
        return -1;
    if (!digits(text, 0, 4, &year) || !digits(text, 5, 2, &month) || !digits(text, 8, 2, &day) ||
        !digits(text, 11, 2, &hour) || !digits(text, 14, 2, &minute) || !digits(text, 17, 2, &second) ||
        (fraction && !digits(text, 20, 3, &ms)))
        return -1;
    if (year < 1970 || month < 1 || month > 12 || day < 1 || day > 31 || hour > 23 || minute > 59 || second > 60)
        return -1;
    return (((days_of(year, month, day) * 24 + hour) * 60 + minute) * 60 + second) * 1000 + ms;
}

/* ---- the members that each kind has ---- */

#define MEMBERS_MAX 32

static const char *const members[EVENT_KINDS][MEMBERS_MAX] = {
    [EVENT_ACCESS] = {"kind",     "time",    "looker", "role",        "sector",     "organization", "purpose",
                      "action",   "persons", "type",   "resource",    "resources",  "replaces",     "asked",
                      "request",  "reason",  "opened", "decision",    "outcome",    "error",        "row",
                      "citation", "basis",   "rules",  "obligations", "breakGlass", "order",        "openedOf"},
    [EVENT_COMPLETED] = {"kind", "time", "accesses"},
    [EVENT_OVERSIGHT] = {"kind", "time", "looker", "role", "sector", "organization", "action", "request", "decision",
                         "error", "what", "subject", "number", "verdict", "words"},
    [EVENT_ORDER] = {"kind", "time", "looker", "role", "sector", "organization", "action", "request", "decision",
                     "error", "order", "commitment", "authority", "law", "article", "drawers", "until", "told", "words",
                     "reads"},
};
static const char *const beside[MEMBERS_MAX] = {"actor",  "nonce",   "credential", "index", "told",
                                                "review", "subject", "order",      "until", "intake",
                                                "commitment"};
static const char *const kinds[EVENT_KINDS] = {[EVENT_ACCESS] = "access",
                                               [EVENT_COMPLETED] = "completed",
                                               [EVENT_OVERSIGHT] = "oversight",
                                               [EVENT_ORDER] = "order"};

static unsigned member_number(const char *const *known, struct slice name)
{
    for (unsigned m = 0; m < MEMBERS_MAX && known[m]; m++)
        if (slice_is(name, known[m]))
            return m;
    return MEMBERS_MAX;
}

static bool members_known(yyjson_val *object, const char *const *known)
{
    uint64_t seen = 0;

    if (!yyjson_is_obj(object))
        return false;
    for (struct json_items i = json_items(object); json_next(&i);) {
        unsigned member = member_number(known, json_text(i.name));
        if (member == MEMBERS_MAX || seen >> member & 1)
            return false;
        seen |= UINT64_C(1) << member;
    }
    return true;
}

/* ---- values ---- */

static bool read_bytes(struct slice hex, void *into, size_t length)
{
    return hex.length == 2 * length && decode_hex(hex, into, length) == OK;
}

static bool read_list(yyjson_val *array, struct commitment *into, size_t *ret_count)
{
    if (!yyjson_is_arr(array) || yyjson_arr_size(array) > EVENT_PERSONS_MAX)
        return false;
    for (struct json_items i = json_items(array); json_next(&i);)
        if (!read_bytes(json_text(i.value), into[i.index].byte, ID_BYTES))
            return false;
    *ret_count = yyjson_arr_size(array);
    return true;
}

static bool read_drawers(yyjson_val *array, unsigned *ret_mask)
{
    *ret_mask = 0;
    if (!yyjson_is_arr(array))
        return false;
    for (struct json_items i = json_items(array); json_next(&i);) {
        int drawer = vocabulary_number(VOCABULARY_DRAWER, json_text(i.value));
        if (drawer < 0 || drawer >= DRAWER_COUNT)
            return false;
        *ret_mask |= 1u << drawer;
    }
    return true;
}

/* Of several persons: the places of those of whom each drawer was opened. */
static bool read_opened_of(const struct event *event, yyjson_val *object)
{
    unsigned drawers = 0;

    for (struct json_items i = json_items(object); json_next(&i);) {
        int drawer = vocabulary_number(VOCABULARY_DRAWER, json_text(i.name));
        if (drawer < 0 || drawer >= DRAWER_COUNT || !yyjson_is_arr(i.value) || yyjson_arr_size(i.value) == 0)
            return false;
        drawers |= 1u << drawer;
        for (struct json_items place = json_items(i.value); json_next(&place);)
            if (!yyjson_is_uint(place.value) || yyjson_get_uint(place.value) >= event->persons)
                return false;
    }
    return !object || drawers == event->opened;
}

static int read_outcome(struct slice word)
{
    for (int o = 0; o < OUTCOME_COUNT; o++)
        if (slice_is(word, vocabulary_outcome((enum outcome)o)))
            return o;
    return -1;
}

static bool read_decision(struct event *event)
{
    struct slice decision = json_text_at(event->root, "decision");

    event->permitted = slice_is(decision, "permit");
    event->error = json_text_at(event->root, "error");
    return event->permitted ? event->error.length == 0 : slice_is(decision, "deny") && event->error.length > 0;
}

/* The door's number, of what came through a door. */
static bool read_request(const struct event *event)
{
    uint8_t number[8];

    return !json_at(event->root, "request") || read_bytes(json_text_at(event->root, "request"), number, sizeof number);
}

static bool read_asker(struct event *event)
{
    event->role = vocabulary_number(VOCABULARY_ROLE, json_text_at(event->root, "role"));
    event->sector = vocabulary_number(VOCABULARY_SECTOR, json_text_at(event->root, "sector"));
    event->organization = json_text_at(event->root, "organization");
    return event->role >= 0 && event->sector >= 0 && event->organization.length == ID_TEXT_BYTES &&
           read_bytes(json_text_at(event->root, "looker"), event->looked.byte, ID_BYTES) && read_request(event) &&
           read_decision(event);
}

static bool read_review(struct looker *looker, yyjson_val *review)
{
    looker->review_kind = -1;
    if (!review)
        return true;
    looker->review_kind = json_number_at(review, "kind");
    return looker->review_kind > 0 &&
           read_bytes(json_text_at(review, "subject"), looker->review_subject.byte, ID_BYTES);
}

static bool read_looker(struct event *event)
{
    struct looker *looker = &event->looker;

    event->looker_doc = json_read(event->looker_json);
    yyjson_val *root = yyjson_doc_get_root(event->looker_doc);
    if (!event->looker_doc || !members_known(root, beside))
        return false;
    looker->actor = json_text_at(root, "actor");
    looker->subject = json_text_at(root, "subject");
    looker->order = json_text_at(root, "order");
    looker->until_s = json_number_at(root, "until");
    return read_bytes(json_text_at(root, "nonce"), looker->nonce, NONCE_BYTES) &&
           read_bytes(json_text_at(root, "credential"), looker->credential.byte, ID_BYTES) &&
           read_list(json_at(root, "index"), looker->token, &looker->tokens) &&
           read_review(looker, json_at(root, "review"));
}

static bool read_asked(struct event *event)
{
    yyjson_val *root = event->root;
    struct slice action = json_text_at(root, "action"), resource = json_text_at(root, "resource");

    event->purpose = vocabulary_number(VOCABULARY_PURPOSE, json_text_at(root, "purpose"));
    event->break_glass_action = slice_is(action, "break-glass");
    event->action = event->break_glass_action ? ACTION_READ : vocabulary_number(VOCABULARY_ACTION, action);
    event->type = json_text_at(root, "type");
    event->reason = json_text_at(root, "reason");
    event->resources = json_number_at(root, "resources");
    event->replaces = yyjson_is_true(json_at(root, "replaces"));
    event->has_resource = resource.length > 0;
    return event->purpose >= 0 && event->action >= 0 && read_drawers(json_at(root, "asked"), &event->asked) &&
           read_list(json_at(root, "persons"), event->person, &event->persons) &&
           (!event->has_resource || read_bytes(resource, event->resource.byte, ID_BYTES));
}

static bool read_decided(struct event *event)
{
    yyjson_val *root = event->root;

    event->row = json_text_at(root, "row");
    event->citation = json_text_at(root, "citation");
    event->basis = json_text_at(root, "basis");
    event->rules = json_text_at(root, "rules");
    event->obligations = json_text_at(root, "obligations");
    event->break_glass = yyjson_is_true(json_at(root, "breakGlass"));
    event->outcome = read_outcome(json_text_at(root, "outcome"));
    event->order = json_text_at(root, "order");
    return event->outcome >= 0 && read_drawers(json_at(root, "opened"), &event->opened) &&
           read_opened_of(event, json_at(root, "openedOf"));
}

static bool read_access(struct event *event)
{
    return read_asker(event) && read_asked(event) && read_decided(event) && read_looker(event) &&
           event->looker.tokens == event->persons;
}

static bool read_oversight(struct event *event)
{
    event->deed = json_text_at(event->root, "action");
    event->what = json_text_at(event->root, "what");
    event->verdict = json_text_at(event->root, "verdict");
    event->words = json_text_at(event->root, "words");
    event->number = json_number_at(event->root, "number");
    return read_asker(event) && read_looker(event) && event->deed.length > 0;
}

static bool read_order(struct event *event)
{
    event->deed = json_text_at(event->root, "action");
    event->order = json_text_at(event->root, "order");
    return read_asker(event) && read_looker(event) && event->deed.length > 0;
}

static bool read_completed(struct event *event)
{
    return yyjson_is_arr(json_at(event->root, "accesses")) && event->looker_json.length == 0;
}

static bool (*const read_kind[EVENT_KINDS])(struct event *) = {[EVENT_ACCESS] = read_access,
                                                               [EVENT_COMPLETED] = read_completed,
                                                               [EVENT_OVERSIGHT] = read_oversight,
                                                               [EVENT_ORDER] = read_order};

bool event_read(struct event *event)
{
    event->doc = json_read(event->json);
    event->root = yyjson_doc_get_root(event->doc);
    if (!event->doc || !yyjson_is_obj(event->root))
        return false;
    struct slice kind = json_text_at(event->root, "kind");
    unsigned k = 0;
    while (k < EVENT_KINDS && !slice_is(kind, kinds[k]))
        k++;
    if (k == EVENT_KINDS || !members_known(event->root, members[k]))
        return false;
    event->kind = (enum event_kind)k;
    event->time_ms = event_time(json_text_at(event->root, "time"));
    return event->time_ms >= 0 && read_kind[k](event);
}

void event_free(struct event *event)
{
    yyjson_doc_free(event->doc);
    yyjson_doc_free(event->looker_doc);
    event->doc = event->looker_doc = NULL;
}
