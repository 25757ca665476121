/* SPDX-License-Identifier: Apache-2.0 */

/* Proves that nothing fails in silence inside the safe: whatever call of one file to another fails while a request is
 * answered, whoever asked is told that error and nothing else, and the next request is answered. A list that looks whole
 * and is not would hide a look. */

#include "requests.h"

#include "inner_calls.h"

#define ATTEMPTS_A_NODE 60
#define NTH_MAX 12

/* ---- more requests ---- */

static void ready_list_with_a_notice(struct bench *bench)
{
    struct look_asked look;
    struct grant grant;

    assert_int_equal(whole_access(&bench->whole, breaking(bench, &look), &grant), OK);
    bench->facts = arena_copy(bench->whole.arena, grant.target[0].facts);
    ready_list(bench);
}

/* Then none of it is marked as seen. */
static void ready_list_before_an_entry(struct bench *bench)
{
    struct look_asked look;

    buffer_u64(&bench->payload, whole_entries(&bench->whole) + 100);
    access_write(looking(&look, bench->patient, &anna, SLICE(""), BIT(AUDIT)), &bench->payload);
}

static void ready_evidence_of_a_review(struct bench *bench)
{
    struct look_asked look;
    struct grant grant;

    assert_int_equal(whole_access(&bench->whole, breaking(bench, &look), &grant), OK);
    protocol_asker_write(whole_token(&bench->whole, &INES), WHOLE_REQUEST, &bench->payload);
    protocol_text_write(SLICE("an inquiry"), &bench->payload);
    for (int i = 0; i < 5; i++)
        protocol_text_write(SLICE(""), &bench->payload);
    buffer_u64(&bench->payload, grant.leaf);
}

static void ready_reviews(struct bench *bench)
{
    ready_broken_glass(bench);
    buffer_clear(&bench->payload);
    struct look_asked look;
    struct grant grant;
    assert_int_equal(whole_access(&bench->whole, breaking(bench, &look), &grant), OK);
    ready_overseer(bench);
}

static void ready_suspensions(struct bench *bench)
{
    struct slice ines = whole_token(&bench->whole, &INES);
    char name[32];

    snprintf(name, sizeof name, "somebody %u", ++bench->drawn);
    assert_int_equal(suspend_as(&bench->whole, ines, SUSPENDED_ACTOR, name, NULL), OK);
    protocol_asker_write(ines, WHOLE_REQUEST, &bench->payload);
}

static void ready_row(struct bench *bench)
{
    suspend_payload(&bench->payload, whole_token(&bench->whole, &INES), SUSPENDED_RULE, "D-28", "under investigation");
}

static void ready_approved(struct bench *bench)
{
    struct safe *safe = bench->whole.safe;
    struct arena *arena = bench->whole.arena;
    struct id request;

    CLEANUP_BUFFER struct buffer keys = buffer_new(4096);
    for (unsigned s = OVERSIGHT; s <= COMMUNITY; s++) {
        buffer_slice(&keys, vkey_of(arena, s));
        buffer_string(&keys, "\n");
    }
    assert_int_equal(approvers_read(arena_copy(arena, buffer_view(&keys)), &safe->approvers), OK);
    safe->world->random(safe->world, request.byte, ID_BYTES);
    struct slice text = arena_format(
        arena,
        "hospitium credential request 1\nnode %.*s\nrequest %.*s\nuntil %lld\nactor anna\nrole patient\n"
        "sector patient\norganization none\npurpose PATRQT\ntraining current\nttl 3600\nperson %.*s\n",
        SLICE_PRINT(hex_of(arena, id_slice(&safe->node.id))), SLICE_PRINT(hex_of(arena, id_slice(&request))),
        (long long)world_now_s(&bench->whole.world) + 100, SLICE_PRINT(hex_of(arena, id_slice(&anna))));
    buffer_slice(&bench->payload, sign_by(arena, text, 1u << OVERSIGHT | 1u << COMMUNITY));
}

static void ready_erasure(struct bench *bench)
{
    struct id person;

    bench->whole.world.random(&bench->whole.world, person.byte, sizeof person.byte);
    struct slice facts = whole_register(&bench->whole, &person);
    struct whole_person herself = whole_patient(&person);
    struct look_asked look;
    struct access *access = looking(&look, whole_token(&bench->whole, &herself), &person, facts, DRAWER_ALL);
    access->action = ACTION_ERASE;
    access->needed = OUTCOME_EXISTENCE;
    access_write(access, &bench->payload);
}

static void ready_backup(struct bench *bench)
{
    const char *directory = arena_format(bench->whole.arena, "%s.copy.%u", bench->whole.directory, ++bench->drawn).data;

    assert_int_equal(file_make_directory(directory), OK);
    buffer_string(&bench->payload, directory);
}

static void ready_marked(struct bench *bench)
{
    assert_int_equal(whole_ask(&bench->whole, PROTOCOL_REVOKE, whole_token(&bench->whole, &NURSE), NULL), OK);
    ready_token(bench);
}

/* clang-format off */
static const struct work accounts[] = {
    {"a nurse looks",               PROTOCOL_ACCESS,       ready_look,                 false},
    {"the glass is broken",         PROTOCOL_ACCESS,       ready_broken_glass,         false},
    {"a reading under an order",    PROTOCOL_ACCESS,       ready_reading,              false},
    {"a person is erased",          PROTOCOL_ACCESS,       ready_erasure,              false},
    {"what was returned is said",   PROTOCOL_COMPLETE,     ready_completion,           false},
    {"her list",                    PROTOCOL_EVENTS,       ready_list_with_a_notice,   false},
    {"her list before an entry",    PROTOCOL_EVENTS,       ready_list_before_an_entry, false},
    {"the proof of an entry",       PROTOCOL_PROOF,        ready_proof,                false},
    {"the proof of a public entry", PROTOCOL_PUBLIC_PROOF, ready_number,               false},
    {"a review is closed",          PROTOCOL_REVIEW_DONE,  ready_verdict,              true},
    {"the open reviews",            PROTOCOL_REVIEWS,      ready_reviews,              false},
    {"somebody is suspended",       PROTOCOL_SUSPEND,      ready_suspension,           false},
    {"a row is suspended",          PROTOCOL_SUSPEND,      ready_row,                  false},
    {"a suspension is lifted",      PROTOCOL_LIFT,         ready_lift,                 true},
    {"the suspensions",             PROTOCOL_SUSPENSIONS,  ready_suspensions,          false},
    {"evidence",                    PROTOCOL_EVIDENCE,     ready_evidence_of_a_review, false},
    {"what oversight has to do",    PROTOCOL_OVERSIGHT_COUNTS, nothing,                false},
    {"a token is issued",           PROTOCOL_ISSUE,        ready_credential,           false},
    {"a token of two approvers",    PROTOCOL_ISSUE_APPROVED, ready_approved,           true},
    {"a token of the node's own",   PROTOCOL_ISSUE_SYSTEM, ready_credential,           false},
    {"whose token it is",           PROTOCOL_CREDENTIAL,   ready_marked,               false},
    {"a token is withdrawn",        PROTOCOL_REVOKE,       ready_token,                false},
    {"an entry is checked",         PROTOCOL_CHECK,        ready_entry,                false},
    {"the keys are checked",        PROTOCOL_CHECK_KEYS,   nothing,                    false},
    {"a backup",                    PROTOCOL_BACKUP,       ready_backup,               true},
};

/* What may fail unsaid, and why nobody loses by it. */
static const struct {
    enum protocol_kind kind;
    enum inner_call call;
} unsaid[] = {
    {0, INNER_person_index_seen},               /* told once more is better than not at all */
    {PROTOCOL_EVENTS, INNER_writer_run_now},    /* so marks it; "before an entry" says the rest of these two */
    {PROTOCOL_EVENTS, INNER_store_run},
    {0, INNER_person_index_add},                /* the entry is durable: the next start puts it back */
    {0, INNER_person_index_add_sealed},
    {0, INNER_reviews_add},
    {PROTOCOL_BACKUP, INNER_store_one}, /* before it what is due is done, or later */
    {PROTOCOL_BACKUP, INNER_store_query},
    {PROTOCOL_BACKUP, INNER_store_end},
    {PROTOCOL_BACKUP, INNER_reviews_flush},
    {PROTOCOL_BACKUP, INNER_reviews_escalate},
    {PROTOCOL_BACKUP, INNER_buffer_check},
    {PROTOCOL_BACKUP, INNER_buffer_room},
};
/* clang-format on */

/* Of a request without an entry nothing needs room to be written down. */
static bool has_entry(enum protocol_kind kind)
{
    return kind == PROTOCOL_ACCESS || kind == PROTOCOL_EVENTS || kind == PROTOCOL_PROOF || oversight_is_deed(kind);
}

static bool may_be_unsaid(const struct work *work, enum inner_call call)
{
    if (call == INNER_arena_array || call == INNER_padding_append)
        return !has_entry(work->kind);
    for (size_t i = 0; i < sizeof unsaid / sizeof *unsaid; i++)
        if ((unsaid[i].kind == work->kind || !unsaid[i].kind) && unsaid[i].call == call)
            return unsaid[i].kind != PROTOCOL_EVENTS || work->ready != ready_list_before_an_entry;
    return false;
}

/* Whose failure means that something is not as it must be, whatever the reason: it is told as that. */
static bool is_reworded(const struct work *work, enum inner_call call)
{
    bool under_order = work->ready == ready_reading;

    return call == INNER_seal_open || call == INNER_credential_read || call == INNER_decode_hex ||
           call == INNER_date_parse || call >= INNER_buffer_room || under_order;
}

static enum error answered(struct bench *bench, enum protocol_kind kind, size_t *ret_length)
{
    CLEANUP_BUFFER struct buffer message = buffer_new(PROTOCOL_MESSAGE_MAX);

    buffer_u16(&message, 1);
    buffer_byte(&message, (uint8_t)kind);
    protocol_text_write(buffer_view(&bench->payload), &message);
    buffer_clear(&bench->whole.answer);
    *ret_length = 0;
    enum error error = safe_answer(bench->whole.safe, buffer_view(&message), &bench->whole.answer);
    bool failed = inner_end();
    inner.failed = failed;
    if (error != OK)
        return error;
    struct reader reader = reader_of(buffer_view(&bench->whole.answer));
    reader_u32(&reader);
    reader_u16(&reader);
    error = (enum error)reader_u16(&reader);
    *ret_length = protocol_text_read(&reader, PROTOCOL_MESSAGE_MAX).length;
    return error;
}

/* False when there were fewer such calls. */
static bool is_said(struct bench *bench, const struct work *work, enum inner_call call, size_t nth)
{
    size_t length;

    buffer_clear(&bench->payload);
    tokens(bench);
    work->ready(bench);
    assert_non_null(buffer_room(&bench->whole.answer, 1));
    inner_fail(call, nth, INNER_ERROR);
    enum error error = answered(bench, work->kind, &length);
    bool failed = inner.failed;
    if (!failed && error != OK)
        fail_msg("%s: %s", work->name, error_entry(error)->name);
    if (failed && error != INNER_ERROR && !(error == OK ? may_be_unsaid(work, call) : is_reworded(work, call)))
        fail_msg("%s, %s %zu: %s", work->name, inner_name[call], nth, error_entry(error)->name);
    if (failed && error != OK && length > 0 && work->kind != PROTOCOL_ACCESS)
        fail_msg("%s, %s %zu: a refusal with %zu bytes", work->name, inner_name[call], nth, length);
    enum error again = answered(bench, work->kind, &length);
    bool done = again == ERROR_CONFLICT || again == ERROR_NOT_FOUND || again == ERROR_EXISTS;
    if (failed && again != OK && !(work->once && done))
        fail_msg("%s, %s %zu: and then %s", work->name, inner_name[call], nth, error_entry(again)->name);
    return failed;
}

static void what_fails_inside_is_said(void **state)
{
    size_t all = 0;

    (void)state;
    for (size_t i = 0; i < sizeof accounts / sizeof *accounts; i++) {
        struct bench bench;
        unsigned attempts = 0;
        bench_open(&bench);
        for (enum inner_call call = 0; call < INNER_COUNT; call++)
            for (size_t nth = 1; nth <= NTH_MAX && is_said(&bench, &accounts[i], call, nth); nth++) {
                all++;
                if (++attempts % ATTEMPTS_A_NODE == 0) {
                    bench_close(&bench);
                    exact_free();
                    bench_open(&bench);
                }
            }
        bench_close(&bench);
        exact_free();
    }
    print_message("%zu failures\n", all);
    assert_true(all > 200);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_fails_inside_is_said),
    };
    return cmocka_run_group_tests(tests, whole_template_make, whole_template_remove);
}
