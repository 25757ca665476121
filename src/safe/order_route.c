/* SPDX-License-Identifier: Apache-2.0 */

/* The route for lawful orders, which is not there. It comes into being with two files: the keys of three bodies, which
 * two approvers have signed for this node, and a law that all three have signed, for a year at most. When either is
 * missing, changed, another node's or over, there is no route, and nothing else here opens one.
 *
 * While there is one, the public log gets a commitment for each order and at random times one for nothing, so that
 * neither number nor hour of orders shows. What closes is told, and what is due to a person is told to her. */

#include "base/file.h"
#include "base/log.h"
#include "crypto/encode.h"
#include "state.h"
#include "text/date.h"

#define ROUTE_ARENA_MAX (1u << 20)
#define COVER_DEFAULT 4
#define AGAIN_S 60 /* after something that could not be done */
#define DAY_MINUTES 1440
#define UNCOMMITTED_MAX 64
#define COMMITMENTS_BACK 512 /* entries of the public log that are looked at after a crash */

static int64_t now_s(const struct safe *safe)
{
    return safe->now_ns / 1000000000;
}

static struct node_path path_of(const struct safe *safe, const char *below)
{
    return node_path(safe->node.directory, below);
}

bool order_route_is_open(const struct safe *safe)
{
    return safe->route.has_law && order_law_in_force(&safe->route.law, now_s(safe));
}

/* ---- the two files ---- */

/* Who may write the node's directory must not be able to put other keys there. */
static void seal_keys(const struct safe *safe, struct slice note, char ret_hex[2 * HASH_BYTES])
{
    struct hash seal = hash_keyed(secret_key_slice(&safe->keys->order), note);

    encode_hex(hash_slice(&seal), ret_hex);
}

static enum error load_keys(struct safe *safe)
{
    struct order_route *route = &safe->route;
    struct slice note, seal;
    char hex[2 * HASH_BYTES];

    TRY(file_read(route->arena, path_of(safe, "order.keys").text, NOTE_BYTES_MAX, &note, NULL));
    TRY(file_read(route->arena, path_of(safe, "keys/order.keys").text, 256, &seal, NULL));
    seal_keys(safe, note, hex);
    if (!slice_equal(seal, slice_of(hex, sizeof hex)))
        return ERROR_SEALED;
    TRY(order_keys_read(note, &safe->approvers, safe->node.demo, &safe->node.id, &route->keys));
    route->has_keys = true;
    return OK;
}

static enum error load_law(struct safe *safe)
{
    struct order_route *route = &safe->route;
    struct slice note;

    TRY(file_read(route->arena, path_of(safe, "order.law").text, NOTE_BYTES_MAX, &note, NULL));
    TRY(order_law_read(note, &route->keys, &route->law));
    route->has_law = true;
    return OK;
}

/* Whatever is wrong closes the route and nothing but the route: care does not wait for it. */
static enum error load_files(struct safe *safe)
{
    struct order_route *route = &safe->route;

    if (!route->arena)
        route->arena = arena_new(ROUTE_ARENA_MAX);
    if (!route->arena)
        return ERROR_MEMORY;
    arena_reset(route->arena);
    route->has_keys = route->has_law = false;
    enum error error = load_keys(safe);
    if (error == OK)
        error = load_law(safe);
    if (error != OK && error != ERROR_FILE_MISSING)
        LOG(WARNING, "safe.no_order_route", FIELD_ERROR(error));
    return error == ERROR_MEMORY ? error : OK;
}

/* ---- what the public log says of it ---- */

static void write_keys(struct json_writer *writer, const struct order_keys *keys)
{
    json_key(writer, "keys");
    json_begin_object(writer);
    for (unsigned s = 0; s < ORDER_SIGNERS; s++) {
        struct hash hash = hash_sha256(slice_of(keys->key[s].public_key, SIGN_PUBLIC_BYTES));
        char hex[16];
        encode_hex(slice_of(hash.byte, sizeof hex / 2), hex);
        json_member_string(writer, order_signer_word((enum order_signer)s), slice_of(hex, sizeof hex));
    }
    json_end_object(writer);
}

static void write_words(struct json_writer *writer, const char *name, enum vocabulary_list list, uint32_t bits)
{
    json_key(writer, name);
    json_begin_array(writer);
    for (unsigned b = 0; b < 32; b++)
        if (bits & 1u << b)
            json_cstring(writer, vocabulary_word(list, b));
    json_end_array(writer);
}

static void write_number(struct json_writer *writer, const char *name, int64_t number)
{
    json_key(writer, name);
    json_integer(writer, number);
}

static void write_law(struct json_writer *writer, const struct order_law *law)
{
    char text[2 * HASH_BYTES];

    encode_hex(hash_slice(&law->text), text);
    json_member_string(writer, "jurisdiction", law->jurisdiction);
    json_member_string(writer, "law", law->law);
    json_member_string(writer, "article", law->article);
    json_member_string(writer, "text", slice_of(text, sizeof text));
    write_words(writer, "sectors", VOCABULARY_SECTOR, law->sectors);
    write_words(writer, "drawers", VOCABULARY_DRAWER, law->drawers);
    write_number(writer, "seal", (int64_t)law->seal_days);
    write_number(writer, "from", law->from_s);
    write_number(writer, "until", law->until_s);
}

/* `why` of a route that closes. */
static enum error publish(struct safe *safe, const char *route, const char *why)
{
    CLEANUP_BUFFER struct buffer text = buffer_new(LEDGER_LEAF_MAX);
    struct json_writer writer = json_writer(&text);
    uint64_t index;

    json_begin_object(&writer);
    json_member_cstring(&writer, "kind", "order.route");
    json_member_cstring(&writer, "route", route);
    write_number(&writer, "time", now_s(safe));
    if (why)
        json_member_cstring(&writer, "why", why);
    else if (strcmp(route, "open") == 0)
        write_law(&writer, &safe->route.law);
    if (!why)
        write_keys(&writer, &safe->route.keys);
    json_end_object(&writer);
    TRY(buffer_check(&text));
    return safe_publish(safe, buffer_view(&text), &index);
}

/* What was open closes, and what was asked under it lapses. */
static enum error close_told(struct safe *safe, const char *why)
{
    static const uint8_t none[HASH_BYTES];

    TRY(order_book_lapse(&safe->orders, now_s(safe)));
    TRY(publish(safe, "closed", why));
    return order_book_set_route(&safe->orders, none);
}

/* Tells what has changed since it was last told: also what a crash, or a hand in the directory, has changed. */
static enum error tell_changes(struct safe *safe)
{
    static const uint8_t none[HASH_BYTES];
    const struct order_route *route = &safe->route;
    uint8_t told[HASH_BYTES];

    TRY(order_book_route(&safe->orders, told));
    bool was_open = memcmp(told, none, HASH_BYTES) != 0;
    bool same = route->has_law && memcmp(told, route->law.statute.byte, HASH_BYTES) == 0;
    bool over = route->has_law && now_s(safe) >= route->law.until_s;
    if (was_open && (!same || over)) {
        TRY(close_told(safe, same ? "sunset" : route->has_law ? "replaced" : "withdrawn"));
        same = false;
    }
    if (!route->has_law || over || same)
        return OK;
    TRY(publish(safe, "open", NULL));
    return order_book_set_route(&safe->orders, route->law.statute.byte);
}

/* ---- commitments ---- */

static void write_commitment(const struct hash *commitment, struct buffer *text)
{
    char hex[2 * HASH_BYTES];

    encode_hex(hash_slice(commitment), hex);
    buffer_format(text, "{\"kind\":\"commitment\",\"commitment\":\"%.*s\"}", (int)sizeof hex, hex);
}

enum error order_publish_commitment(struct safe *safe, const struct hash *commitment)
{
    CLEANUP_BUFFER struct buffer text = buffer_new(256);
    uint64_t index;

    write_commitment(commitment, &text);
    TRY(buffer_check(&text));
    return safe_publish(safe, buffer_view(&text), &index);
}

static enum error is_public(struct safe *safe, const struct hash *commitment, bool *ret_public)
{
    CLEANUP_BUFFER struct buffer text = buffer_new(256);
    uint64_t size = ledger_size(safe->public_log), leaf = size > COMMITMENTS_BACK ? size - COMMITMENTS_BACK : 0;

    write_commitment(commitment, &text);
    *ret_public = false;
    for (; leaf < size && !*ret_public; leaf++) {
        struct slice found;
        TRY(ledger_read(safe->public_log, leaf, safe->arena, &found, NULL));
        *ret_public = slice_equal(found, buffer_view(&text));
    }
    return OK;
}

/* After a crash between an order's entry and its commitment. One that is there twice would show that it is no cover. */
static enum error commit_what_is_not(struct safe *safe)
{
    const struct id *id;
    size_t count;

    TRY(order_book_uncommitted(&safe->orders, safe->arena, UNCOMMITTED_MAX, &id, &count));
    for (size_t i = 0; i < count; i++) {
        struct order_row row;
        bool is_there;
        TRY(order_book_get(&safe->orders, safe->arena, &id[i], &row));
        struct hash commitment = hash_keyed(row.nonce, row.text);
        TRY(is_public(safe, &commitment, &is_there));
        if (!is_there)
            TRY(order_publish_commitment(safe, &commitment));
        TRY(order_book_committed(&safe->orders, &id[i]));
    }
    return OK;
}

/* Each minute is as likely as any other, whatever came before: what orders would look like that nobody times. */
static int64_t draw_cover(struct safe *safe)
{
    uint64_t likely = (UINT64_C(1) << 32) * safe->route.cover_per_day / DAY_MINUTES;
    int64_t minutes = 0;
    uint32_t drawn[2];

    do {
        safe->world->random(safe->world, drawn, sizeof drawn);
        minutes++;
    } while (drawn[0] >= likely);
    return now_s(safe) + minutes * 60 - 60 + drawn[1] % 60 + 1;
}

/* Cover that fell into hours in which the safe did not run is not made up for: it would come all at once. */
static enum error give_cover(struct safe *safe)
{
    struct order_route *route = &safe->route;
    struct hash nothing;

    if (!order_route_is_open(safe)) {
        route->next_cover_s = 0;
        return OK;
    }
    if (route->next_cover_s > 0 && now_s(safe) >= route->next_cover_s) {
        safe->world->random(safe->world, nothing.byte, HASH_BYTES);
        TRY(order_publish_commitment(safe, &nothing));
        route->next_cover_s = 0;
    }
    if (route->next_cover_s == 0)
        route->next_cover_s = draw_cover(safe);
    return OK;
}

/* ---- opening, and what is due ---- */

enum error order_route_load(struct safe *safe)
{
    safe->orders = (struct order_book){person_index_store(safe->index), &safe->keys->order, safe->world};
    if (safe->route.cover_per_day == 0)
        safe->route.cover_per_day = COVER_DEFAULT;
    return load_files(safe);
}

static int64_t earlier(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

/* The law's beginning and end, the next cover, the next person to be told. */
static enum error find_wake(struct safe *safe)
{
    struct order_route *route = &safe->route;
    int64_t due;

    TRY(order_book_next_due(&safe->orders, &due));
    if (route->has_law && now_s(safe) < route->law.from_s)
        due = earlier(due, route->law.from_s);
    else if (order_route_is_open(safe))
        due = earlier(due, earlier(route->law.until_s, route->next_cover_s));
    route->wake_s = due;
    return OK;
}

void order_idle(struct safe *safe)
{
    enum error error = tell_changes(safe);

    if (error == OK)
        error = commit_what_is_not(safe);
    if (error == OK)
        error = give_cover(safe);
    if (error == OK)
        error = order_tell_due(safe);
    if (error == OK)
        error = find_wake(safe);
    if (error == OK)
        return;
    safe->route.wake_s = now_s(safe) + AGAIN_S;
    LOG(WARNING, "safe.orders_put_off", FIELD_ERROR(error));
}

int order_wait_ms(const struct safe *safe, int most_ms)
{
    int64_t left = safe->route.wake_s - world_now_s(safe->world);

    return left <= 0 ? 0 : left < most_ms / 1000 ? (int)left * 1000 : most_ms;
}

/* -> from i64 ‖ until i64 */
enum error answer_order_route(struct safe *safe, struct request *request)
{
    const struct order_route *route = &safe->route;

    buffer_u64(&request->answer, route->has_law ? (uint64_t)route->law.from_s : 0);
    buffer_u64(&request->answer, route->has_law ? (uint64_t)route->law.until_s : 0);
    return OK;
}

/* ---- setting up ---- */

/* Durably: a crash must not open again what was closed. */
static enum error remove_law(const struct safe *safe)
{
    return file_remove(path_of(safe, "order.law").text);
}

/* A law that other keys have signed is none any more. */
static enum error take_keys(struct safe *safe, struct slice note, struct buffer *answer)
{
    struct order_keys keys;
    char hex[2 * HASH_BYTES];

    (void)answer;
    TRY(order_keys_read(note, &safe->approvers, safe->node.demo, &safe->node.id, &keys));
    TRY(remove_law(safe));
    seal_keys(safe, note, hex);
    TRY(file_replace(path_of(safe, "keys/order.keys").text, slice_of(hex, sizeof hex), 0600));
    TRY(file_replace(path_of(safe, "order.keys").text, note, 0644));
    TRY(load_files(safe));
    TRY(tell_changes(safe));
    return publish(safe, "keys", NULL);
}

static enum error take_law(struct safe *safe, struct slice note, struct buffer *answer)
{
    struct order_law law;

    (void)answer;
    if (!safe->route.has_keys) /* there are none, or they could not be read the last time */
        TRY(load_files(safe));
    if (!safe->route.has_keys)
        return ERROR_REQUIRED;
    TRY(order_law_read(note, &safe->route.keys, &law));
    if (now_s(safe) >= law.until_s)
        return ERROR_TOKEN_EXPIRED;
    TRY(file_replace(path_of(safe, "order.law").text, note, 0644));
    TRY(load_files(safe));
    return tell_changes(safe);
}

/* Closing needs nobody's signature. */
static enum error close_route(struct safe *safe, struct slice nothing, struct buffer *answer)
{
    (void)answer;
    if (nothing.length > 0)
        return ERROR_SYNTAX;
    TRY(remove_law(safe));
    TRY(load_files(safe));
    return tell_changes(safe);
}

/* Of a period that is over: a sum that still grows says when. */
static enum error count(struct safe *safe, struct slice period, struct buffer *answer)
{
    CLEANUP_BUFFER struct buffer text = buffer_new(1024);
    uint64_t number[ORDER_COUNTS];
    int64_t from_s, until_s;

    if (!order_period_read(period, &from_s, &until_s) || until_s > now_s(safe))
        return ERROR_VALUE;
    TRY(order_book_counts(&safe->orders, from_s, until_s, number));
    buffer_format(&text, "hospitium order counts 1\nnode %s\nperiod %.*s\n", safe->node.name, SLICE_PRINT(period));
    for (unsigned c = 0; c < ORDER_COUNTS; c++)
        buffer_format(&text, "%s %llu\n", order_count_word((enum order_count)c), (unsigned long long)number[c]);
    TRY(buffer_check(&text));
    return note_sign(buffer_view(&text), ledger_origin(safe->public_log), &safe->keys->sign_public, answer);
}

enum error answer_order_setup(struct safe *safe, struct request *request)
{
    static enum error (*const setups[])(struct safe * safe, struct slice text, struct buffer * answer) = {
        [ORDER_SETUP_KEYS] = take_keys,
        [ORDER_SETUP_LAW] = take_law,
        [ORDER_SETUP_CLOSE] = close_route,
        [ORDER_SETUP_COUNTS] = count,
    };
    struct reader reader = reader_of(request->payload);
    unsigned setup = reader_byte(&reader);

    if (reader.failed || setup < ORDER_SETUP_KEYS || setup > ORDER_SETUP_COUNTS)
        return ERROR_SYNTAX;
    return setups[setup](safe, reader.rest, &request->answer);
}
