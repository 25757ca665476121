/* SPDX-License-Identifier: Apache-2.0 */

/* Proves that a request for which memory or a call of the system fails, whichever and wherever, is refused and discloses
 * nothing, and that the safe goes on: the next one is answered. */

#include "order_asks.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/file.h"
#include "ledger/cosignature.h"
#include "ledger/verify.h"
#include "unlucky.h"

#define ATTEMPTS_A_NODE 40
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

static void write_policy(struct bench *bench)
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

static void bench_open(struct bench *bench)
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

static void tokens(struct bench *bench)
{
    struct whole_person herself = whole_patient(&anna);

    bench->counsel = whole_token(&bench->whole, &COUNSEL);
    bench->officer = whole_token(&bench->whole, &INSPECTOR);
    bench->patient = whole_token(&bench->whole, &herself);
}

static void bench_close(struct bench *bench)
{
    buffer_free(&bench->payload);
    whole_close(&bench->whole);
}

/* ---- requests ---- */

static void intake(struct bench *bench)
{
    const char *const words[] = {ASKING.authority, ASKING.officer,   ASKING.law,
                                 ASKING.article,   ASKING.reference, ASKING.drawers};

    buffer_byte(&bench->payload, ORDER_INTAKE);
    protocol_text_write(bench->officer, &bench->payload);
    for (size_t i = 0; i < 6; i++)
        protocol_text_write(slice_from_string(words[i]), &bench->payload);
    buffer_u64(&bench->payload, (uint64_t)(world_now_s(&bench->whole.world) + DAYS(20)));
    protocol_text_write(slice_from_string(ASKING.name), &bench->payload);
    protocol_text_write(slice_from_string(ASKING.born), &bench->payload);
}

static void new_order(struct bench *bench)
{
    struct asking asking = ASKING;

    world_advance(&bench->whole.world, DAYS(1) * 1000000000); /* they are few a day */
    tokens(bench);
    asking.expires_s = world_now_s(&bench->whole.world) + DAYS(20);
    assert_int_equal(ask_as(&bench->whole, bench->officer, &asking, &bench->order, NULL), OK);
}

static void released_order(struct bench *bench)
{
    new_order(bench);
    release(&bench->whole, &bench->order, &anna);
}

static void ready_intake(struct bench *bench)
{
    world_advance(&bench->whole.world, DAYS(1) * 1000000000);
    tokens(bench);
    intake(bench);
}

static void verb(struct bench *bench, enum order_verb verb, struct slice words)
{
    buffer_byte(&bench->payload, (uint8_t)verb);
    protocol_text_write(bench->counsel, &bench->payload);
    buffer_slice(&bench->payload, id_slice(&bench->order));
    protocol_text_write(words, &bench->payload);
}

static void ready_refuse(struct bench *bench)
{
    new_order(bench);
    verb(bench, ORDER_REFUSE, SLICE("not serious"));
}

static void ready_release(struct bench *bench)
{
    new_order(bench);
    struct order_release said = release_of(&bench->whole, &bench->order, &anna);
    verb(bench, ORDER_RELEASE, note_of(&bench->whole, &said, BOTH));
}

static void ready_tell(struct bench *bench)
{
    released_order(bench);
    verb(bench, ORDER_TELL, SLICE("she may know"));
}

static void ready_person(struct bench *bench)
{
    released_order(bench);
    protocol_text_write(bench->officer, &bench->payload);
    buffer_slice(&bench->payload, id_slice(&bench->order));
}

static void ready_orders(struct bench *bench)
{
    new_order(bench);
    buffer_slice(&bench->payload, bench->counsel);
}

static void ready_reading(struct bench *bench)
{
    struct look_asked look;

    released_order(bench);
    access_write(reading_under(&look, bench->officer, &bench->order, &anna, bench->facts), &bench->payload);
}

static void ready_match(struct bench *bench)
{
    struct access_target target[2] = {{.person = anna}, {.person = anna}};

    new_order(bench);
    struct access access = {.token = bench->counsel, .action = ACTION_MATCH, .drawers = BIT(IDENTITY),
                            .needed = OUTCOME_EXISTENCE, .type = SLICE("Patient"), .order = bench->order,
                            .target = target, .targets = 2, .purpose = PURPOSE_UNKNOWN};
    access_write(&access, &bench->payload);
}

static void ready_list(struct bench *bench)
{
    struct look_asked look;

    tokens(bench);
    buffer_u64(&bench->payload, 0);
    access_write(looking(&look, bench->patient, &anna, SLICE(""), BIT(AUDIT)), &bench->payload);
}

static void ready_keys(struct bench *bench)
{
    buffer_byte(&bench->payload, ORDER_SETUP_KEYS);
    buffer_slice(&bench->payload, keys_text(&bench->whole, OVERSIGHT, COMMUNITY, HEALTH));
}

static void ready_law(struct bench *bench)
{
    buffer_byte(&bench->payload, ORDER_SETUP_LAW);
    buffer_slice(&bench->payload, sign_by(bench->whole.arena, law_text(&bench->whole, &LAW), ALL_THREE));
}

static void ready_close(struct bench *bench)
{
    assert_int_equal(
        set_up(&bench->whole, ORDER_SETUP_LAW, sign_by(bench->whole.arena, law_text(&bench->whole, &LAW), ALL_THREE), NULL),
        OK);
    buffer_byte(&bench->payload, ORDER_SETUP_CLOSE);
}

static void ready_counts(struct bench *bench)
{
    buffer_byte(&bench->payload, ORDER_SETUP_COUNTS);
    buffer_string(&bench->payload, "2022");
}

static void ready_begin(struct bench *bench)
{
    safe_tick(bench->whole.safe);
    buffer_byte(&bench->payload, 0);
}

static uint64_t begun(struct bench *bench)
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

static void ready_submission(struct bench *bench)
{
    uint64_t size = begun(bench);

    buffer_byte(&bench->payload, 0);
    buffer_u64(&bench->payload, 3);
    buffer_u64(&bench->payload, size);
}

static void ready_cosigned(struct bench *bench)
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

static void nothing(struct bench *bench)
{
    (void)bench;
}

static void ready_prune(struct bench *bench)
{
    for (int i = 0; i < 12; i++) /* each attempt does a step; then there is more again */
        safe_tick(bench->whole.safe);
    world_advance(&bench->whole.world, (TERM + 1) * YEAR_NS);
    for (int i = 0; i < 12; i++)
        safe_tick(bench->whole.safe);
    buffer_string(&bench->payload, "begin");
}

/* ---- everyday requests ---- */

static void ready_look(struct bench *bench)
{
    struct look_asked look;
    struct slice nurse = whole_token(&bench->whole, &NURSE);

    access_write(looking(&look, nurse, &anna, bench->facts, BIT(IDENTITY) | BIT(CLINICAL)), &bench->payload);
}

static void ready_registration(struct bench *bench)
{
    struct id person;

    bench->whole.world.random(&bench->whole.world, person.byte, sizeof person.byte);
    struct access_target target = {.person = person, .fresh = true};
    struct access access = {.token = whole_token(&bench->whole, &NURSE), .action = ACTION_WRITE, .needed = OUTCOME_FULL,
                            .drawers = BIT(IDENTITY) | BIT(CLINICAL), .type = SLICE("Patient"), .resource = person,
                            .resources = 1, .all_or_nothing = true, .target = &target, .targets = 1};
    access_write(&access, &bench->payload);
}

static struct access *breaking(struct bench *bench, struct look_asked *look)
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

static void ready_broken_glass(struct bench *bench)
{
    struct look_asked look;

    access_write(breaking(bench, &look), &bench->payload);
}

static void ready_verdict(struct bench *bench)
{
    struct look_asked look;
    struct grant grant;

    assert_int_equal(whole_access(&bench->whole, breaking(bench, &look), &grant), OK);
    protocol_text_write(whole_token(&bench->whole, &INES), &bench->payload);
    buffer_u64(&bench->payload, grant.leaf);
    buffer_byte(&bench->payload, REVIEW_JUSTIFIED);
    protocol_text_write(SLICE("seen the ward's log"), &bench->payload);
}

static void ready_suspension(struct bench *bench)
{
    char name[32];

    snprintf(name, sizeof name, "somebody %u", ++bench->drawn);
    suspend_payload(&bench->payload, whole_token(&bench->whole, &INES), SUSPENDED_ACTOR, name, "under investigation");
}

static void ready_lift(struct bench *bench)
{
    struct slice ines = whole_token(&bench->whole, &INES);
    uint64_t number;
    char name[32];

    snprintf(name, sizeof name, "somebody %u", ++bench->drawn);
    assert_int_equal(suspend_as(&bench->whole, ines, SUSPENDED_ACTOR, name, &number), OK);
    protocol_text_write(ines, &bench->payload);
    buffer_u64(&bench->payload, number);
    protocol_text_write(SLICE("cleared after inquiry"), &bench->payload);
}

static void ready_overseer(struct bench *bench)
{
    buffer_slice(&bench->payload, whole_token(&bench->whole, &INES));
}

static void ready_evidence(struct bench *bench)
{
    protocol_text_write(whole_token(&bench->whole, &INES), &bench->payload);
    protocol_text_write(SLICE("an inquiry"), &bench->payload);
    for (int i = 0; i < 5; i++)
        protocol_text_write(SLICE(""), &bench->payload);
    buffer_u64(&bench->payload, 0);
}

static void ready_credential(struct bench *bench)
{
    struct credential credential = {.actor = SLICE("a nurse"), .role = ROLE_NURSE, .sector = SECTOR_HEALTH,
                                    .organization = node_organization(SLICE("harbour-clinic")),
                                    .purposes = 1u << PURPOSE_TREAT, .expires_s = 3600};

    credential_write(&credential, &bench->payload);
}

static void ready_token(struct bench *bench)
{
    buffer_slice(&bench->payload, whole_token(&bench->whole, &NURSE));
}

static void ready_proof(struct bench *bench)
{
    struct look_asked look;
    struct grant grant;

    assert_int_equal(look_at(&bench->whole, whole_token(&bench->whole, &NURSE), &anna, bench->facts, &grant), OK);
    safe_tick(bench->whole.safe);
    buffer_u64(&bench->payload, grant.leaf);
    access_write(looking(&look, bench->patient, &anna, bench->facts, BIT(AUDIT)), &bench->payload);
}

static void ready_number(struct bench *bench)
{
    buffer_u64(&bench->payload, 1);
}

static void ready_entry(struct bench *bench)
{
    struct grant grant;

    assert_int_equal(look_at(&bench->whole, whole_token(&bench->whole, &NURSE), &anna, bench->facts, &grant), OK);
    buffer_u64(&bench->payload, grant.leaf);
}

static void ready_log(struct bench *bench)
{
    buffer_byte(&bench->payload, 0);
}

static void ready_rotation(struct bench *bench)
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
    {"what a witness says",             PROTOCOL_COSIGNED,     ready_cosigned,   false},
    {"how the witnesses are doing",     PROTOCOL_WITNESSING,   nothing,          false},
    {"how long the log is kept",        PROTOCOL_RETENTION,    nothing,          false},
    {"old entries are let go",          PROTOCOL_PRUNE,        ready_prune,      false},
    {"a nurse looks",                   PROTOCOL_ACCESS,       ready_look,       false},
    {"a person is registered",          PROTOCOL_ACCESS,       ready_registration, true},
    {"the glass is broken",             PROTOCOL_ACCESS,       ready_broken_glass, false},
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

/* ---- every failure of each ---- */

/* The error of the one request; the answer of a refusal says at most what is wrong. */
static enum error answered(struct bench *bench, const struct work *work, struct slice message)
{
    buffer_clear(&bench->whole.answer);
    enum error error = safe_answer(bench->whole.safe, message, &bench->whole.answer);
    if (error != OK)
        return error;
    struct reader reader = reader_of(buffer_view(&bench->whole.answer));
    reader_u32(&reader);
    assert_int_equal(reader_u16(&reader), 1);
    error = (enum error)reader_u16(&reader);
    struct slice payload = protocol_text_read(&reader, PROTOCOL_MESSAGE_MAX);
    assert_true(reader_done(&reader));
    if (error != OK && payload.length > 0 && work->kind != PROTOCOL_ORDER && work->kind != PROTOCOL_ACCESS)
        fail_msg("%s: a refusal with %zu bytes", work->name, payload.length);
    if (error != OK && payload.length > 0 && work->kind == PROTOCOL_ACCESS) {
        struct grant grant;
        assert_int_equal(grant_read(bench->whole.arena, payload, &grant), OK);
        for (size_t i = 0; i < grant.targets; i++)
            assert_int_equal(grant.target[i].drawers, 0); /* and no key */
    }
    return error;
}

static bool is_memory(enum unlucky_call call)
{
    return call == UNLUCKY_malloc || call == UNLUCKY_calloc || call == UNLUCKY_realloc || call == UNLUCKY_arena ||
           call == UNLUCKY_cipher;
}

/* False when there were fewer such calls. */
static bool fails_well(struct bench *bench, const struct work *work, enum unlucky_call call, size_t nth)
{
    CLEANUP_BUFFER struct buffer message = buffer_new(PROTOCOL_MESSAGE_MAX);

    buffer_clear(&bench->payload);
    tokens(bench);
    work->ready(bench);
    assert_int_equal(buffer_check(&bench->payload), OK);
    buffer_u16(&message, 1);
    buffer_byte(&message, (uint8_t)work->kind);
    protocol_text_write(buffer_view(&bench->payload), &message);
    assert_non_null(buffer_room(&bench->whole.answer, 1));
    unlucky_fail(call, nth, false, EIO);
    enum error error = answered(bench, work, buffer_view(&message));
    bool failed = unlucky_end();
    if (!failed && error != OK)
        fail_msg("%s: %s", work->name, error_entry(error)->name);
    if (error != OK && error != (is_memory(call) ? ERROR_MEMORY : ERROR_IO) && error != ERROR_REFUSED)
        fail_msg("%s, %s %zu: %s", work->name, unlucky_name[call], nth, error_entry(error)->name);
    enum error again = answered(bench, work, buffer_view(&message));
    bool done = again == ERROR_CONFLICT || again == ERROR_NOT_FOUND || again == ERROR_EXISTS;
    if (failed && again != OK && !(work->once && done))
        fail_msg("%s, %s %zu: and then %s", work->name, unlucky_name[call], nth, error_entry(again)->name);
    return failed;
}

static void every_failure_refuses_and_discloses_nothing(void **state)
{
    static const enum unlucky_call calls[] = {UNLUCKY_arena,  UNLUCKY_malloc, UNLUCKY_calloc, UNLUCKY_realloc,
                                              UNLUCKY_cipher, UNLUCKY_pwrite, UNLUCKY_pread,  UNLUCKY_rename,
                                              UNLUCKY_open,   UNLUCKY_unlink};
    size_t all = 0;

    (void)state;
    for (size_t i = 0; i < sizeof works / sizeof *works; i++) {
        struct bench bench;
        unsigned attempts = 0;
        bench_open(&bench);
        for (size_t j = 0; j < sizeof calls / sizeof *calls; j++)
            for (size_t nth = 1; nth <= ATTEMPTS_A_NODE && fails_well(&bench, &works[i], calls[j], nth); nth++) {
                all++;
                if (++attempts % ATTEMPTS_A_NODE == 0) {
                    bench_close(&bench);
                    bench_open(&bench);
                }
            }
        bench_close(&bench);
    }
    print_message("%zu failures\n", all);
    assert_true(all > 200);
}

/* ---- opening, and what is due ---- */

static const enum unlucky_call memory_and_files[] = {UNLUCKY_arena, UNLUCKY_malloc, UNLUCKY_calloc, UNLUCKY_realloc,
                                                     UNLUCKY_open,  UNLUCKY_pread,  UNLUCKY_read,   UNLUCKY_fstat};

/* With a released order, a cosigned checkpoint, a term: all there is to be read. */
static void everything(struct bench *bench)
{
    bench_open(bench);
    tokens(bench);
    released_order(bench);
    buffer_clear(&bench->payload);
    ready_cosigned(bench);
    assert_int_equal(whole_ask(&bench->whole, PROTOCOL_COSIGNED, buffer_view(&bench->payload), NULL), OK);
}

static void a_safe_that_could_not_be_opened_lost_nothing(void **state)
{
    struct bench bench;
    struct grant grant;
    size_t all = 0;

    (void)state;
    everything(&bench);
    struct slice facts = whole_register(&bench.whole, &bela);
    for (size_t j = 0; j < sizeof memory_and_files / sizeof *memory_and_files; j++) {
        bool failed = true;
        for (size_t nth = 1; failed; nth++) {
            struct safe_options options = {
                .directory = bench.whole.directory, .world = &bench.whole.world, .cadence = bench.whole.cadence};
            struct fault fault = {0};
            enum unlucky_call call = memory_and_files[j];
            safe_close(bench.whole.safe);
            bench.whole.safe = NULL;
            unlucky_fail(call, nth, false, EIO);
            enum error error = safe_open(&options, &bench.whole.safe, &fault);
            failed = unlucky_end();
            all += failed;
            if (error != OK && (!failed || error != (is_memory(call) ? ERROR_MEMORY : ERROR_IO)))
                fail_msg("%s %zu: %s (%s)", unlucky_name[call], nth, error_entry(error)->name, fault.detail);
            if (error == OK)
                continue;
            assert_null(bench.whole.safe);
            assert_int_equal(safe_open(&options, &bench.whole.safe, &fault), OK);
        }
    }
    print_message("%zu failures while opening\n", all);
    whole_reopen(&bench.whole);
    assert_true(route_is_there(&bench.whole));
    assert_int_equal(look_at(&bench.whole, whole_token(&bench.whole, &NURSE), &bela, facts, &grant), OK);
    bench_close(&bench);
}

/* She is told when it is due, or a little later, and once. */
static void what_is_due_and_fails_is_made_up_for(void **state)
{
    static const enum unlucky_call calls[] = {UNLUCKY_arena, UNLUCKY_malloc, UNLUCKY_pwrite, UNLUCKY_rename, UNLUCKY_pread};
    size_t all = 0;

    (void)state;
    for (size_t j = 0; j < sizeof calls / sizeof *calls; j++) {
        bool failed = true;
        for (size_t nth = 1; failed && nth < 20; nth++) {
            struct bench bench;
            everything(&bench);
            assert_int_equal(told_of(&bench.whole, &anna), 0);
            world_advance(&bench.whole.world, DAYS(190) * 1000000000);
            (void)whole_token(&bench.whole, &NURSE);
            unlucky_fail(calls[j], nth, false, EIO);
            safe_idle(bench.whole.safe);
            failed = unlucky_end();
            all += failed;
            for (int i = 0; i < 3; i++) {
                world_advance(&bench.whole.world, INT64_C(600) * 1000000000);
                (void)whole_token(&bench.whole, &NURSE);
                safe_idle(bench.whole.safe);
            }
            size_t told = told_of(&bench.whole, &anna);
            whole_reopen(&bench.whole);
            safe_idle(bench.whole.safe);
            if (told < 3 || told != told_of(&bench.whole, &anna))
                fail_msg("%s %zu: %zu lines", unlucky_name[calls[j]], nth, told);
            bench_close(&bench);
        }
    }
    print_message("%zu failures of what is due\n", all);
    assert_true(all > 10);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_failure_refuses_and_discloses_nothing),
        cmocka_unit_test(a_safe_that_could_not_be_opened_lost_nothing),
        cmocka_unit_test(what_is_due_and_fails_is_made_up_for),
    };
    return cmocka_run_group_tests(tests, whole_template_make, whole_template_remove);
}
