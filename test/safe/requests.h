/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* Every kind of request that a safe answers, on a node that has everything: how each is made ready, as often as one
 * likes. */

#include <stdio.h>

#include "base/file.h"
#include "ledger/cosignature.h"
#include "order_asks.h"

#define TERM 3
#define YEAR_NS (INT64_C(8766) * 3600 * 1000000000)

struct bench {
    struct whole whole;
    struct slice facts; /* anna's */
    struct id order;
    unsigned drawn;
    struct slice counsel, officer, patient;
    struct buffer payload;
};

/* ---- a node with everything ---- */

static const struct secret_key witness_seed = {{7}};

static inline void write_policy(struct bench *bench)
{
    CLEANUP_BUFFER struct buffer text = buffer_new(4096);
    uint8_t public_key[SIGN_PUBLIC_BYTES];

    sign_public(&witness_seed, public_key);
    struct note_key key = cosignature_key_make(SLICE("w.example"), public_key);
    buffer_string(&text, "witness w ");
    note_key_write(&key, &text);
    buffer_string(&text, "\ngroup g any w\nquorum g\n");
    assert_int_equal(file_replace(node_path(bench->whole.directory, "witnesses").text, buffer_view(&text), 0600), OK);
}

static inline void bench_open(struct bench *bench)
{
    *bench = (struct bench){.payload = buffer_new(65536)};
    whole_open(&bench->whole);
    write_policy(bench);
    bench->whole.cadence = (struct safe_cadence){.pad = 16, .segment_bytes = 8000, .retention_years = TERM};
    whole_reopen(&bench->whole);
    assert_int_equal(safe_begin(bench->whole.safe), OK);
    safe_tick(bench->whole.safe);
    bench->facts = whole_register(&bench->whole, &anna);
    open_route(&bench->whole);
}

static inline void tokens(struct bench *bench)
{
    struct whole_person herself = whole_patient(&anna);

    bench->counsel = whole_token(&bench->whole, &COUNSEL);
    bench->officer = whole_token(&bench->whole, &INSPECTOR);
    bench->patient = whole_token(&bench->whole, &herself);
}

static inline void bench_close(struct bench *bench)
{
    buffer_free(&bench->payload);
    whole_close(&bench->whole);
}

/* ---- requests ---- */

static inline void intake(struct bench *bench)
{
    const char *const words[] = {ASKING.authority, ASKING.officer,   ASKING.law,
                                 ASKING.article,   ASKING.reference, ASKING.drawers};

    buffer_byte(&bench->payload, ORDER_INTAKE);
    protocol_asker_write(bench->officer, WHOLE_REQUEST, &bench->payload);
    for (size_t i = 0; i < 6; i++)
        protocol_text_write(slice_from_string(words[i]), &bench->payload);
    buffer_u64(&bench->payload, (uint64_t)(world_now_s(&bench->whole.world) + DAYS(20)));
    protocol_text_write(slice_from_string(ASKING.name), &bench->payload);
    protocol_text_write(slice_from_string(ASKING.born), &bench->payload);
}

static inline void new_order(struct bench *bench)
{
    struct asking asking = ASKING;

    world_advance(&bench->whole.world, DAYS(1) * 1000000000); /* they are few a day */
    tokens(bench);
    asking.expires_s = world_now_s(&bench->whole.world) + DAYS(20);
    assert_int_equal(ask_as(&bench->whole, bench->officer, &asking, &bench->order, NULL), OK);
}

static inline void released_order(struct bench *bench)
{
    new_order(bench);
    release(&bench->whole, &bench->order, &anna);
}

static inline void ready_intake(struct bench *bench)
{
    world_advance(&bench->whole.world, DAYS(1) * 1000000000);
    tokens(bench);
    intake(bench);
}

static inline void verb(struct bench *bench, enum order_verb verb, struct slice words)
{
    buffer_byte(&bench->payload, (uint8_t)verb);
    protocol_asker_write(bench->counsel, WHOLE_REQUEST, &bench->payload);
    buffer_slice(&bench->payload, id_slice(&bench->order));
    protocol_text_write(words, &bench->payload);
}

static inline void ready_refuse(struct bench *bench)
{
    new_order(bench);
    verb(bench, ORDER_REFUSE, SLICE("not serious"));
}

static inline void ready_release(struct bench *bench)
{
    new_order(bench);
    struct order_release said = release_of(&bench->whole, &bench->order, &anna);
    verb(bench, ORDER_RELEASE, note_of(&bench->whole, &said, BOTH));
}

static inline void ready_tell(struct bench *bench)
{
    released_order(bench);
    verb(bench, ORDER_TELL, SLICE("she may know"));
}

static inline void ready_person(struct bench *bench)
{
    released_order(bench);
    protocol_text_write(bench->officer, &bench->payload);
    buffer_slice(&bench->payload, id_slice(&bench->order));
}

static inline void ready_orders(struct bench *bench)
{
    new_order(bench);
    protocol_asker_write(bench->counsel, WHOLE_REQUEST, &bench->payload);
}

static inline void ready_reading(struct bench *bench)
{
    struct look_asked look;

    released_order(bench);
    access_write(reading_under(&look, bench->officer, &bench->order, &anna, bench->facts), &bench->payload);
}

static inline void ready_match(struct bench *bench)
{
    struct access_target target[2] = {{.person = anna}, {.person = anna}};

    new_order(bench);
    struct access access = {.token = bench->counsel,
                            .action = ACTION_MATCH,
                            .drawers = BIT(IDENTITY),
                            .needed = OUTCOME_EXISTENCE,
                            .type = SLICE("Patient"),
                            .order = bench->order,
                            .target = target,
                            .targets = 2,
                            .purpose = PURPOSE_UNKNOWN};
    access_write(&access, &bench->payload);
}

static inline void ready_list(struct bench *bench)
{
    struct look_asked look;

    tokens(bench);
    buffer_u64(&bench->payload, 0);
    access_write(looking(&look, bench->patient, &anna, SLICE(""), BIT(AUDIT)), &bench->payload);
}

static inline void ready_keys(struct bench *bench)
{
    buffer_byte(&bench->payload, ORDER_SETUP_KEYS);
    buffer_slice(&bench->payload, keys_text(&bench->whole, OVERSIGHT, COMMUNITY, HEALTH));
}

static inline void ready_law(struct bench *bench)
{
    buffer_byte(&bench->payload, ORDER_SETUP_LAW);
    buffer_slice(&bench->payload, sign_by(bench->whole.arena, law_text(&bench->whole, &LAW), ALL_THREE));
}

static inline void ready_close(struct bench *bench)
{
    assert_int_equal(set_up(&bench->whole, ORDER_SETUP_LAW,
                            sign_by(bench->whole.arena, law_text(&bench->whole, &LAW), ALL_THREE), NULL),
                     OK);
    buffer_byte(&bench->payload, ORDER_SETUP_CLOSE);
}

static inline void ready_counts(struct bench *bench)
{
    buffer_byte(&bench->payload, ORDER_SETUP_COUNTS);
    buffer_string(&bench->payload, "2022");
}

static inline void ready_begin(struct bench *bench)
{
    safe_tick(bench->whole.safe);
    buffer_byte(&bench->payload, 0);
}

static inline void ready_mark(struct bench *bench)
{
    buffer_u64(&bench->payload, 0);
}

static inline uint64_t begun(struct bench *bench)
{
    const uint8_t log = 0;
    struct slice note;
    uint64_t size = 0;

    safe_tick(bench->whole.safe);
    assert_int_equal(whole_ask(&bench->whole, PROTOCOL_COSIGN, slice_of(&log, 1), &note), OK);
    slice_cut(&note, '\n');
    assert_true(slice_to_u64(slice_cut(&note, '\n'), &size));
    return size;
}

static inline void ready_submission(struct bench *bench)
{
    uint64_t size = begun(bench);

    buffer_byte(&bench->payload, 0);
    buffer_u64(&bench->payload, 3);
    buffer_u64(&bench->payload, size);
}

static inline void ready_cosigned(struct bench *bench)
{
    const uint8_t log = 0;
    struct slice note;
    struct note parsed;
    uint64_t size = begun(bench);

    assert_int_equal(whole_ask(&bench->whole, PROTOCOL_COSIGN, slice_of(&log, 1), &note), OK);
    assert_int_equal(note_parse(note, &parsed), OK);
    buffer_byte(&bench->payload, 0);
    buffer_u64(&bench->payload, size);
    assert_int_equal(cosignature_make(parsed.text, SLICE("w.example"), &witness_seed, 1700000000, &bench->payload), OK);
}

static inline void nothing(struct bench *bench)
{
    (void)bench;
}

static inline void ready_prune(struct bench *bench)
{
    for (int i = 0; i < 12; i++) /* each attempt does a step; then there is more again */
        safe_tick(bench->whole.safe);
    world_advance(&bench->whole.world, (TERM + 1) * YEAR_NS);
    for (int i = 0; i < 12; i++)
        safe_tick(bench->whole.safe);
    buffer_string(&bench->payload, "begin");
}

/* ---- everyday requests ---- */

static inline void ready_look(struct bench *bench)
{
    struct look_asked look;
    struct slice nurse = whole_token(&bench->whole, &NURSE);

    access_write(looking(&look, nurse, &anna, bench->facts, BIT(IDENTITY) | BIT(CLINICAL)), &bench->payload);
}

#define MANY 24

/* An answer that does not fit into what is taken for it at first. */
static inline void ready_looks(struct bench *bench)
{
    struct access_target target[MANY];

    for (size_t i = 0; i < MANY; i++)
        target[i] = (struct access_target){.person = anna, .facts = bench->facts};
    struct access access = {.token = whole_token(&bench->whole, &NURSE),
                            .action = ACTION_SEARCH,
                            .drawers = BIT(IDENTITY) | BIT(CLINICAL),
                            .needed = OUTCOME_FULL,
                            .type = SLICE("Patient"),
                            .target = target,
                            .targets = MANY};
    access_write(&access, &bench->payload);
}

static inline void ready_registration(struct bench *bench)
{
    struct id person;

    bench->whole.world.random(&bench->whole.world, person.byte, sizeof person.byte);
    struct access_target target = {.person = person, .fresh = true};
    struct access access = {.token = whole_token(&bench->whole, &NURSE),
                            .action = ACTION_WRITE,
                            .needed = OUTCOME_FULL,
                            .drawers = BIT(IDENTITY) | BIT(CLINICAL),
                            .type = SLICE("Patient"),
                            .resource = person,
                            .resources = 1,
                            .all_or_nothing = true,
                            .target = &target,
                            .targets = 1};
    access_write(&access, &bench->payload);
}

static inline struct access *breaking(struct bench *bench, struct look_asked *look)
{
    struct whole_person physician = PHYSICIAN_EMERGENCY;
    char name[32];

    snprintf(name, sizeof name, "physician %u", ++bench->drawn); /* a review of its own */
    physician.actor = name;
    struct access *access = looking(look, whole_token(&bench->whole, &physician), &anna, bench->facts,
                                    BIT(IDENTITY) | BIT(CLINICAL));
    access->open_glass = true;
    access->reason = REASON;
    return access;
}

static inline void ready_broken_glass(struct bench *bench)
{
    struct look_asked look;

    access_write(breaking(bench, &look), &bench->payload);
}

static inline void ready_verdict(struct bench *bench)
{
    struct look_asked look;
    struct grant grant;

    assert_int_equal(whole_access(&bench->whole, breaking(bench, &look), &grant), OK);
    protocol_asker_write(whole_token(&bench->whole, &INES), WHOLE_REQUEST, &bench->payload);
    buffer_u64(&bench->payload, grant.leaf);
    buffer_byte(&bench->payload, REVIEW_JUSTIFIED);
    protocol_text_write(SLICE("seen the ward's log"), &bench->payload);
}

static inline void ready_suspension(struct bench *bench)
{
    char name[32];

    snprintf(name, sizeof name, "somebody %u", ++bench->drawn);
    suspend_payload(&bench->payload, whole_token(&bench->whole, &INES), SUSPENDED_ACTOR, name, "under investigation");
}

static inline void ready_lift(struct bench *bench)
{
    struct slice ines = whole_token(&bench->whole, &INES);
    uint64_t number;
    char name[32];

    snprintf(name, sizeof name, "somebody %u", ++bench->drawn);
    assert_int_equal(suspend_as(&bench->whole, ines, SUSPENDED_ACTOR, name, &number), OK);
    protocol_asker_write(ines, WHOLE_REQUEST, &bench->payload);
    buffer_u64(&bench->payload, number);
    protocol_text_write(SLICE("cleared after inquiry"), &bench->payload);
}

static inline void ready_overseer(struct bench *bench)
{
    protocol_asker_write(whole_token(&bench->whole, &INES), WHOLE_REQUEST, &bench->payload);
}

static inline void ready_evidence(struct bench *bench)
{
    protocol_asker_write(whole_token(&bench->whole, &INES), WHOLE_REQUEST, &bench->payload);
    protocol_text_write(SLICE("an inquiry"), &bench->payload);
    for (int i = 0; i < 5; i++)
        protocol_text_write(SLICE(""), &bench->payload);
    buffer_u64(&bench->payload, 0);
}

static inline void ready_credential(struct bench *bench)
{
    struct credential credential = {.actor = SLICE("a nurse"),
                                    .role = ROLE_NURSE,
                                    .sector = SECTOR_HEALTH,
                                    .organization = node_organization(SLICE("harbour-clinic")),
                                    .purposes = 1u << PURPOSE_TREAT,
                                    .expires_s = 3600};

    credential_write(&credential, &bench->payload);
}

static inline void ready_token(struct bench *bench)
{
    buffer_slice(&bench->payload, whole_token(&bench->whole, &NURSE));
}

static inline void ready_proof(struct bench *bench)
{
    struct look_asked look;
    struct grant grant;

    assert_int_equal(look_at(&bench->whole, whole_token(&bench->whole, &NURSE), &anna, bench->facts, &grant), OK);
    safe_tick(bench->whole.safe);
    buffer_u64(&bench->payload, grant.leaf);
    access_write(looking(&look, bench->patient, &anna, bench->facts, BIT(AUDIT)), &bench->payload);
}

static inline void ready_number(struct bench *bench)
{
    buffer_u64(&bench->payload, 1);
}

static inline void ready_entry(struct bench *bench)
{
    struct grant grant;

    assert_int_equal(look_at(&bench->whole, whole_token(&bench->whole, &NURSE), &anna, bench->facts, &grant), OK);
    buffer_u64(&bench->payload, grant.leaf);
}

static inline void ready_completion(struct bench *bench)
{
    struct grant grant;

    assert_int_equal(look_at(&bench->whole, whole_token(&bench->whole, &NURSE), &anna, bench->facts, &grant), OK);
    completion_write(&(struct completion){grant.leaf, OK, 1}, &bench->payload);
}

static inline void ready_log(struct bench *bench)
{
    buffer_byte(&bench->payload, 0);
}

static inline void ready_rotation(struct bench *bench)
{
    world_advance(&bench->whole.world, DAYS(31) * 1000000000); /* the key before is forgotten by then */
    (void)whole_token(&bench->whole, &NURSE);                  /* who asks moves the clock */
    safe_idle(bench->whole.safe);
    buffer_byte(&bench->payload, ROTATION_PUBLIC);
}

/* clang-format off */
static const struct work {
    const char *name;
    enum protocol_kind kind;
    void (*ready)(struct bench *bench);
    bool once; /* who does it again is told that it is done */
} works[] = {
    {"an order comes in",               PROTOCOL_ORDER,        ready_intake,     false},
    {"an order is refused",             PROTOCOL_ORDER,        ready_refuse,     true},
    {"an order is released",            PROTOCOL_ORDER,        ready_release,    true},
    {"a person is told early",          PROTOCOL_ORDER,        ready_tell,       true},
    {"whose record an order opens",     PROTOCOL_ORDER_PERSON, ready_person,     false},
    {"the open orders",                 PROTOCOL_ORDERS,       ready_orders,     false},
    {"a reading under an order",        PROTOCOL_ACCESS,       ready_reading,    false},
    {"a match under an order",          PROTOCOL_ACCESS,       ready_match,      false},
    {"her list",                        PROTOCOL_EVENTS,       ready_list,       false},
    {"the keys of three",               PROTOCOL_ORDER_SETUP,  ready_keys,       false},
    {"the law of three",                PROTOCOL_ORDER_SETUP,  ready_law,        false},
    {"the route is closed",             PROTOCOL_ORDER_SETUP,  ready_close,      false},
    {"counts of a year",                PROTOCOL_ORDER_SETUP,  ready_counts,     false},
    {"a round of witnesses begins",     PROTOCOL_COSIGN,       ready_begin,      false},
    {"what a witness is sent",          PROTOCOL_COSIGN,       ready_submission, false},
    {"whom to ask",                     PROTOCOL_WITNESSES,    ready_mark,       false},
    {"what a witness says",             PROTOCOL_COSIGNED,     ready_cosigned,   false},
    {"how the witnesses are doing",     PROTOCOL_WITNESSING,   nothing,          false},
    {"how long the log is kept",        PROTOCOL_RETENTION,    nothing,          false},
    {"old entries are let go",          PROTOCOL_PRUNE,        ready_prune,      false},
    {"a nurse looks",                   PROTOCOL_ACCESS,       ready_look,       false},
    {"a nurse looks for many",          PROTOCOL_ACCESS,       ready_looks,      false},
    {"a person is registered",          PROTOCOL_ACCESS,       ready_registration, true},
    {"the glass is broken",             PROTOCOL_ACCESS,       ready_broken_glass, false},
    {"what was returned is said",       PROTOCOL_COMPLETE,     ready_completion, false},
    {"a review is closed",              PROTOCOL_REVIEW_DONE,  ready_verdict,    true},
    {"the open reviews",                PROTOCOL_REVIEWS,      ready_overseer,   false},
    {"somebody is suspended",           PROTOCOL_SUSPEND,      ready_suspension, false},
    {"a suspension is lifted",          PROTOCOL_LIFT,         ready_lift,       true},
    {"the suspensions",                 PROTOCOL_SUSPENSIONS,  ready_overseer,   false},
    {"evidence",                        PROTOCOL_EVIDENCE,     ready_evidence,   false},
    {"what oversight has to do",        PROTOCOL_OVERSIGHT_COUNTS, nothing,      false},
    {"a token is issued",               PROTOCOL_ISSUE,        ready_credential, false},
    {"whose token it is",               PROTOCOL_CREDENTIAL,   ready_token,      false},
    {"a token is withdrawn",            PROTOCOL_REVOKE,       ready_token,      false},
    {"the proof of an entry",           PROTOCOL_PROOF,        ready_proof,      false},
    {"the proof of a public entry",     PROTOCOL_PUBLIC_PROOF, ready_number,     false},
    {"the checkpoint",                  PROTOCOL_CHECKPOINT,   ready_log,        false},
    {"an entry is checked",             PROTOCOL_CHECK,        ready_entry,      false},
    {"the keys are checked",            PROTOCOL_CHECK_KEYS,   nothing,          false},
    {"the keys of a session",           PROTOCOL_HELLO,        nothing,          false},
    {"a log's key is changed",          PROTOCOL_ROTATE,       ready_rotation,   true},
};
/* clang-format on */
