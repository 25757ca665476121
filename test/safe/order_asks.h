/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* What the tests of lawful orders share: three signers, a law, an order, a release, on a whole node. */

#include "crypto/block.h"
#include "crypto/encode.h"
#include "crypto/hash.h"
#include "oversight_asks.h"
#include "safe/order.h"
#include "text/json.h"

#define DAYS(n) ((n) * ORDER_DAY_S)
#define START WHOLE_OPENED_S

enum { OVERSIGHT, COMMUNITY, HEALTH, STRANGER, SIGNERS };
static const char *const signer_names[SIGNERS] = {"ombud", "seat", "ministry", "stranger"};

static inline struct secret_key seed_of(unsigned signer)
{
    struct secret_key seed;

    memset(seed.byte, (int)(0x41 + signer), sizeof seed.byte);
    return seed;
}

static inline struct slice vkey_of(struct arena *arena, unsigned signer)
{
    CLEANUP_BUFFER struct buffer text = buffer_new(1024);
    struct secret_key seed = seed_of(signer);
    uint8_t public_key[SIGN_PUBLIC_BYTES];

    sign_public(&seed, public_key);
    struct note_key key = note_key_make(slice_from_string(signer_names[signer]), public_key);
    note_key_write(&key, &text);
    return arena_copy(arena, buffer_view(&text));
}

/* Signed by each whose bit is set. */
static inline struct slice sign_by(struct arena *arena, struct slice text, unsigned who)
{
    CLEANUP_BUFFER struct buffer note = buffer_new(NOTE_BYTES_MAX);

    for (unsigned s = 0; s < SIGNERS; s++) {
        CLEANUP_BUFFER struct buffer one = buffer_new(NOTE_BYTES_MAX);
        struct secret_key seed = seed_of(s);
        if (!(who & 1u << s))
            continue;
        assert_int_equal(note_sign(text, slice_from_string(signer_names[s]), &seed, &one), OK);
        buffer_slice(&note, note.length == 0 ? buffer_view(&one) : slice_from(buffer_view(&one), text.length + 1));
    }
    return arena_copy(arena, note.length ? buffer_view(&note) : text);
}
#define ALL_THREE (1u << OVERSIGHT | 1u << COMMUNITY | 1u << HEALTH)
#define BOTH (1u << OVERSIGHT | 1u << HEALTH)

static inline struct id node_of(struct whole *whole)
{
    struct node node;

    assert_int_equal(node_load(whole->directory, &node, NULL), OK);
    return node.id;
}

static inline struct slice hex_of(struct arena *arena, struct slice bytes)
{
    char hex[2 * HASH_BYTES];

    encode_hex(bytes, hex);
    return arena_copy(arena, slice_of(hex, 2 * bytes.length));
}

static inline enum error set_up(struct whole *whole, enum order_setup what, struct slice text, struct slice *ret)
{
    CLEANUP_BUFFER struct buffer payload = buffer_new(NOTE_BYTES_MAX + 16);

    buffer_byte(&payload, (uint8_t)what);
    buffer_slice(&payload, text);
    return whole_ask(whole, PROTOCOL_ORDER_SETUP, buffer_view(&payload), ret);
}

static inline struct slice keys_text(struct whole *whole, unsigned oversight, unsigned community, unsigned health)
{
    struct id node = node_of(whole);

    return arena_format(whole->arena, "hospitium order keys 1\nnode %.*s\noversight %.*s\ncommunity %.*s\nhealth %.*s\n",
                        SLICE_PRINT(hex_of(whole->arena, id_slice(&node))),
                        SLICE_PRINT(vkey_of(whole->arena, oversight)), SLICE_PRINT(vkey_of(whole->arena, community)),
                        SLICE_PRINT(vkey_of(whole->arena, health)));
}

struct law_said {
    const char *sectors, *drawers;
    int64_t seal, from_s, until_s;
};
static const struct law_said LAW = {"immigration,lawenforcement", "identity,contact", 180, START - 10,
                                    START + DAYS(300)};

static inline struct slice law_text(struct whole *whole, const struct law_said *law)
{
    struct id node = node_of(whole);
    struct hash text = hash_sha256(SLICE("the law"));

    return arena_format(whole->arena,
                        "hospitium order law 1\nnode %.*s\njurisdiction Exampleland\nlaw Police Act\narticle 12(3)\n"
                        "text %.*s\nsectors %s\ndrawers %s\nseal %lld\nfrom %lld\nuntil %lld\n",
                        SLICE_PRINT(hex_of(whole->arena, id_slice(&node))),
                        SLICE_PRINT(hex_of(whole->arena, hash_slice(&text))), law->sectors, law->drawers,
                        (long long)law->seal, (long long)law->from_s, (long long)law->until_s);
}

static inline void open_route_by(struct whole *whole, const struct law_said *law)
{
    assert_int_equal(set_up(whole, ORDER_SETUP_KEYS, keys_text(whole, OVERSIGHT, COMMUNITY, HEALTH), NULL), OK);
    assert_int_equal(
        set_up(whole, ORDER_SETUP_LAW, sign_by(whole->arena, law_text(whole, law), ALL_THREE), NULL), OK);
}

static inline void open_route(struct whole *whole)
{
    open_route_by(whole, &LAW);
}

static inline bool route_is_there(struct whole *whole)
{
    struct slice answer;

    assert_int_equal(whole_ask(whole, PROTOCOL_ORDER_ROUTE, SLICE(""), &answer), OK);
    struct reader reader = reader_of(answer);
    int64_t now = world_now_s(&whole->world), from = (int64_t)reader_u64(&reader), until = (int64_t)reader_u64(&reader);
    return from <= now && now < until;
}

/* ---- asking ---- */

static const struct whole_person INSPECTOR = {ROLE_OFFICER, SECTOR_LAWENFORCEMENT, 1u << PURPOSE_ENFORCE, "city-police",
                                              {{0}}, "inspector-7"};
static const struct whole_person COUNSEL = {ROLE_OVERSEER, SECTOR_OVERSIGHT, 1u << PURPOSE_HLEGAL, "ombud", {{0}},
                                            "ines"};

struct asking {
    const char *authority, *officer, *law, *article, *reference, *drawers, *name, *born;
    int64_t expires_s;
};
static const struct asking ASKING = {"City Police", "Inspector Gray", "Police Act", "12(3)",  "C-2026-17",
                                     "identity",    "Samirah Hadad",  "1991-05-17", START + DAYS(30)};

static inline enum error ask_as(struct whole *whole, struct slice token, const struct asking *asking, struct id *ret_id,
                                struct slice *ret_words)
{
    CLEANUP_BUFFER struct buffer payload = buffer_new(65536);
    const char *const before[] = {asking->authority, asking->officer,   asking->law,
                                  asking->article,   asking->reference, asking->drawers};
    struct slice answer = SLICE("");

    buffer_byte(&payload, ORDER_INTAKE);
    protocol_asker_write(token, WHOLE_REQUEST, &payload);
    for (size_t i = 0; i < 6; i++)
        protocol_text_write(slice_from_string(before[i]), &payload);
    buffer_u64(&payload, (uint64_t)asking->expires_s);
    protocol_text_write(slice_from_string(asking->name), &payload);
    protocol_text_write(slice_from_string(asking->born), &payload);
    enum error error = whole_ask(whole, PROTOCOL_ORDER, buffer_view(&payload), &answer);
    if (error == OK && ret_id) {
        assert_int_equal(answer.length, ID_BYTES);
        memcpy(ret_id->byte, answer.data, ID_BYTES);
    }
    if (ret_words)
        *ret_words = arena_copy(whole->arena, answer);
    return error;
}

static inline struct id ask(struct whole *whole)
{
    struct id id = {{0}};

    assert_int_equal(ask_as(whole, whole_token(whole, &INSPECTOR), &ASKING, &id, NULL), OK);
    return id;
}

static inline enum error decide_as(struct whole *whole, struct slice token, enum order_verb verb, const struct id *id,
                                   struct slice words, struct slice *ret_answer)
{
    CLEANUP_BUFFER struct buffer payload = buffer_new(NOTE_BYTES_MAX);
    struct slice answer = SLICE("");

    buffer_byte(&payload, (uint8_t)verb);
    protocol_asker_write(token, WHOLE_REQUEST, &payload);
    buffer_slice(&payload, id_slice(id));
    protocol_text_write(words, &payload);
    enum error error = whole_ask(whole, PROTOCOL_ORDER, buffer_view(&payload), &answer);
    if (ret_answer)
        *ret_answer = arena_copy(whole->arena, answer);
    return error;
}

static inline enum error decide(struct whole *whole, enum order_verb verb, const struct id *id, struct slice words)
{
    return decide_as(whole, whole_token(whole, &COUNSEL), verb, id, words, NULL);
}

/* What oversight is told of the open orders. */
static inline const struct json *open_orders(struct whole *whole)
{
    struct slice token = whole_token(whole, &COUNSEL), answer;
    const struct json *list;

    assert_int_equal(whole_list(whole, PROTOCOL_ORDERS, token, &answer), OK);
    assert_int_equal(json_parse(whole->arena, arena_copy(whole->arena, answer), &list, NULL), OK);
    return list;
}

static inline const struct json *listed(struct whole *whole, const struct id *id)
{
    struct slice hex = hex_of(whole->arena, id_slice(id));

    for (struct json_items i = json_items(open_orders(whole)); json_next(&i);)
        if (slice_equal(json_text(json_member(i.value, "order")), hex))
            return i.value;
    return NULL;
}

/* Her id as oversight sees it. */
static inline struct id for_oversight(struct whole *whole, const struct id *inside)
{
    struct session_keys keys;
    struct slice payload;
    struct id wire;

    assert_int_equal(whole_ask(whole, PROTOCOL_HELLO, SLICE(""), &payload), OK);
    assert_int_equal(session_keys_read(payload, &keys), OK);
    struct block_cipher *cipher = block_cipher_new(&keys.sector[SECTOR_OVERSIGHT]);
    block_encrypt(cipher, inside->byte, wire.byte);
    block_cipher_free(cipher);
    return wire;
}

static inline struct order_release release_of(struct whole *whole, const struct id *order, const struct id *person)
{
    struct order_release release = {.node = node_of(whole),
                                    .order = *order,
                                    .person = for_oversight(whole, person),
                                    .drawers = BIT(IDENTITY),
                                    .until_s = world_now_s(&whole->world) + DAYS(10)};
    const struct json *asked = listed(whole, order);

    if (asked)
        assert_int_equal(decode_hex(json_text(json_member(asked, "hash")), release.hash.byte, HASH_BYTES), OK);
    return release;
}

static inline struct slice note_of(struct whole *whole, const struct order_release *release, unsigned who)
{
    CLEANUP_BUFFER struct buffer text = buffer_new(ORDER_TEXT_MAX);

    order_release_write(release, &text);
    return sign_by(whole->arena, buffer_view(&text), who);
}

static inline void release(struct whole *whole, const struct id *order, const struct id *person)
{
    struct order_release said = release_of(whole, order, person);

    assert_int_equal(decide(whole, ORDER_RELEASE, order, note_of(whole, &said, BOTH)), OK);
}

static inline struct access *reading_under(struct look_asked *look, struct slice token, const struct id *order,
                                           const struct id *person, struct slice facts)
{
    struct access *access = looking(look, token, person, facts, ORDER_DRAWERS);

    access->order = *order;
    return access;
}

static inline enum error read_under(struct whole *whole, struct slice token, const struct id *order,
                                    const struct id *person, struct slice facts, struct grant *ret_grant)
{
    struct look_asked look;

    return whole_access(whole, reading_under(&look, token, order, person, facts), ret_grant);
}

/* Her list, as JSON lines, in the arena: each event, and whether she is told of it first. */
struct line {
    const struct json *event;
    uint64_t leaf;
    bool notice;
};
static inline size_t list_of(struct whole *whole, const struct id *person, struct line *line, size_t maximum)
{
    CLEANUP_BUFFER struct buffer payload = buffer_new(65536);
    struct whole_person herself = whole_patient(person);
    struct slice token = whole_token(whole, &herself), answer;
    struct look_asked look;

    buffer_u64(&payload, 0);
    access_write(looking(&look, token, person, SLICE(""), BIT(AUDIT)), &payload);
    look.access.type = SLICE("AuditEvent");
    assert_int_equal(whole_ask(whole, PROTOCOL_EVENTS, buffer_view(&payload), &answer), OK);
    struct reader reader = reader_of(arena_copy(whole->arena, answer));
    size_t count = reader_u16(&reader);
    assert_true(count <= maximum);
    for (size_t i = 0; i < count; i++) {
        line[i].leaf = reader_u64(&reader);
        line[i].notice = reader_byte(&reader) & EVENT_LINE_NOTICE;
        reader_byte(&reader); /* of its review */
        reader_byte(&reader); /* drawers of hers */
        assert_int_equal(
            json_parse(whole->arena, protocol_text_read(&reader, PROTOCOL_MESSAGE_MAX), &line[i].event, NULL), OK);
    }
    return count;
}

/* How many lines of her list speak of an order. */
static inline size_t told_of(struct whole *whole, const struct id *person)
{
    struct line line[200];
    size_t count = list_of(whole, person, line, 200), told = 0;

    for (size_t i = 0; i < count; i++)
        told += json_member(line[i].event, "order") != NULL;
    return told;
}

static inline void pass(struct whole *whole, int64_t seconds)
{
    for (; seconds > 0; seconds -= DAYS(1)) {
        world_advance(&whole->world, (seconds < DAYS(1) ? seconds : DAYS(1)) * 1000000000);
        safe_idle(whole->safe);
    }
}
