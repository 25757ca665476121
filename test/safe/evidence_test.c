/* SPDX-License-Identifier: Apache-2.0 */

/* Proves that evidence is what it says: exactly the entries that a second reading of the whole log finds, each with all
 * of its event, with who looked, with how its review stands and with its proof, and nothing of the safe's own names; page
 * by page to the end, also where the beginning is gone. And that a list or a proof is of one person and of nothing more. */

#include "entries.h"

#include <stdio.h>
#include <string.h>

#define PAGE_SHOWN 50
#define PAGE_SCANNED 1000
#define SECOND_NS INT64_C(1000000000)
#define YEAR_NS (INT64_C(8766) * 3600 * SECOND_NS)

static const struct whole_person *const EMERGENCY = &PHYSICIAN_EMERGENCY;

struct filter {
    struct slice actor, credential, rule, from, to;
    uint64_t next;
};

static enum error ask(struct whole *whole, const struct filter *filter, struct slice *ret_answer)
{
    CLEANUP_BUFFER struct buffer payload = buffer_new(4096);
    struct slice answer = SLICE("");

    protocol_asker_write(whole_token(whole, &INES), WHOLE_REQUEST, &payload);
    protocol_text_write(SLICE("complaint 12"), &payload);
    const struct slice texts[] = {filter->actor, filter->credential, filter->rule, filter->from, filter->to};
    for (size_t i = 0; i < 5; i++)
        protocol_text_write(texts[i], &payload);
    buffer_u64(&payload, filter->next);
    enum error error = whole_ask(whole, PROTOCOL_EVIDENCE, buffer_view(&payload), &answer);
    *ret_answer = arena_copy(whole->arena, answer);
    return error;
}

static const struct json *page_of(struct whole *whole, const struct filter *filter)
{
    const struct json *page;
    struct slice answer;

    assert_int_equal(ask(whole, filter, &answer), OK);
    assert_int_equal(json_parse(whole->arena, answer, &page, NULL), OK);
    return page;
}

static uint64_t number(const struct json *object, const char *name)
{
    uint64_t value;

    assert_true(slice_to_u64(json_text(json_member(object, name)), &value));
    return value;
}

/* The names of an object's members in their order, with commas. */
static struct slice names_of(struct whole *whole, const struct json *object)
{
    CLEANUP_BUFFER struct buffer names = buffer_new(4096);

    for (struct json_items i = json_items(object); json_next(&i);) {
        buffer_string(&names, i.index ? "," : "");
        buffer_slice(&names, i.key);
    }
    return arena_copy(whole->arena, buffer_view(&names));
}

/* ---- a second reading ---- */

struct story {
    struct slice facts, credential, subject;
    uint64_t glass, covered, judged; /* entries */
    struct slice middle, middle_second;
};

static struct slice id_text(struct whole *whole, struct slice token)
{
    struct credential credential;
    struct slice payload;
    char hex[ID_TEXT_BYTES];

    assert_int_equal(whole_ask(whole, PROTOCOL_CREDENTIAL, token, &payload), OK);
    assert_int_equal(credential_read(payload, &credential), OK);
    encode_hex(id_slice(&credential.id), hex);
    return arena_copy(whole->arena, slice_of(hex, sizeof hex));
}

static void complete(struct whole *whole, uint64_t leaf)
{
    CLEANUP_BUFFER struct buffer payload = buffer_new(64);
    struct completion completion = {.leaf = leaf, .returned = 1};

    completion_write(&completion, &payload);
    assert_int_equal(whole_ask(whole, PROTOCOL_COMPLETE, buffer_view(&payload), NULL), OK);
}

static struct slice break_glass(struct whole *whole, const struct id *person, struct slice facts, uint64_t *ret_leaf)
{
    struct grant grant;

    assert_int_equal(break_glass_of(whole, whole_token(whole, EMERGENCY), person, facts, REASON, &grant), OK);
    *ret_leaf = grant.leaf;
    return arena_copy(whole->arena, grant.target[0].facts);
}

static void tell_story(struct whole *whole, struct story *story)
{
    struct grant grant;

    story->facts = whole_register(whole, &anna);
    struct slice others = whole_register(whole, &bela), nurse = whole_token(whole, &NURSE);
    story->credential = id_text(whole, nurse);
    assert_int_equal(look_at(whole, nurse, &anna, story->facts, &grant), OK);
    complete(whole, grant.leaf);
    world_advance(&whole->world, 40 * SECOND_NS);
    assert_int_equal(look_at(whole, whole_token(whole, &NURSE), &anna, story->facts, &grant), OK);
    story->middle = json_text(json_member(entry_at(whole, grant.leaf).event, "time"));
    story->middle_second = slice_of(story->middle.data, strlen("2023-11-14T22:13:20"));
    assert_int_equal(look_at(whole, whole_token(whole, &PHYSICIAN_ELSEWHERE), &anna, story->facts, &grant),
                     ERROR_REFUSED);
    world_advance(&whole->world, 3600 * SECOND_NS);
    story->facts = break_glass(whole, &anna, story->facts, &story->glass);
    world_advance(&whole->world, DAY_NS);
    break_glass(whole, &bela, others, &story->judged);
    assert_int_equal(judge_as(whole, whole_token(whole, &INES), story->judged, REVIEW_NOT_JUSTIFIED, "she was awake"),
                     OK);
    assert_int_equal(suspend_as(whole, whole_token(whole, &INES), SUSPENDED_ACTOR, "karla", NULL), OK);
}

static bool is(const struct json *value, struct slice wanted)
{
    struct slice text = json_text(value);

    return wanted.length == 0 || (text.length == wanted.length && memcmp(text.data, wanted.data, wanted.length) == 0);
}

/* Instants have one length, so that they compare like what they say; a shorter `to` takes in all that begins with it. */
static bool is_expected(const struct entry_seen *seen, const struct filter *filter)
{
    struct slice time = json_text(json_member(seen->event, "time"));
    bool late = filter->from.length == 0 || memcmp(time.data, filter->from.data, filter->from.length) >= 0;
    bool early = filter->to.length == 0 || memcmp(time.data, filter->to.data, filter->to.length) <= 0;

    return late && early && is(json_member(seen->looker, "actor"), filter->actor) &&
           is(json_member(seen->looker, "credential"), filter->credential) &&
           is(json_member(seen->event, "row"), filter->rule);
}

static const char *review_of(const struct story *story, uint64_t leaf)
{
    return leaf == story->glass ? "open" : leaf == story->judged ? "not justified" : NULL;
}

static void assert_shown_whole(struct whole *whole, const struct story *story, const struct json *shown,
                               const struct entry_seen *seen, uint64_t leaf)
{
    CLEANUP_BUFFER struct buffer event = buffer_new(65536);
    const char *review = review_of(story, leaf);
    bool has_subject = json_member(seen->looker, "subject") != NULL;

    assert_int_equal(number(shown, "entry"), leaf);
    json_write(&event, json_member(shown, "event"));
    assert_true(slice_equal(buffer_view(&event), seen->text));
    assert_true(slice_is(names_of(whole, shown), review ? "entry,event,looker,review,proof" : "entry,event,looker,proof"));
    const struct json *looker = json_member(shown, "looker");
    assert_true(
        slice_is(names_of(whole, looker), has_subject ? "actor,nonce,credential,subject" : "actor,nonce,credential"));
    for (struct json_items i = json_items(looker); json_next(&i);)
        assert_true(json_equal(i.value, json_member_slice(seen->looker, i.key)));
    if (review)
        assert_true(json_is(json_member(shown, "review"), review));
    assert_true(slice_starts_with(json_text(json_member(shown, "proof")), SLICE("c2sp.org/tlog-proof@v1\n")));
}

/* How many there were. */
static size_t assert_finds_what_is_there(struct whole *whole, const struct story *story, const struct filter *filter)
{
    const struct json *page = page_of(whole, filter);
    struct json_items shown = json_items(json_member(page, "entries"));
    uint64_t size = number(page, "size");
    size_t found = 0;

    assert_int_equal(size, whole_entries(whole)); /* with the asking itself */
    for (uint64_t leaf = filter->next; leaf < size; leaf++) {
        struct event_opened opened;
        if (entry_open(whole->safe, leaf, NULL, &opened) != OK || opened.looker.length == 0)
            continue; /* completions: nobody's */
        struct entry_seen seen = entry_at(whole, leaf);
        if (!is_expected(&seen, filter))
            continue;
        assert_true(json_next(&shown));
        assert_shown_whole(whole, story, shown.value, &seen, leaf);
        found++;
    }
    assert_false(json_next(&shown));
    assert_true(slice_is(names_of(whole, page), "log,rules,size,entries"));
    assert_true(json_is(json_member(page, "log"), "north/access"));
    assert_true(slice_equal(json_text(json_member(page, "rules")),
                            slice_of(whole->safe->rules_hash, sizeof whole->safe->rules_hash)));
    return found;
}

#define FILTERS (4 * 2 * 3 * 4 * 5)

static struct filter filter_of(const struct story *story, size_t i)
{
    const struct slice actors[] = {SLICE(""), SLICE("nurse@harbour-clinic"), SLICE("ines"), SLICE("nurse")};
    const struct slice credentials[] = {SLICE(""), story->credential};
    const struct slice rules[] = {SLICE(""), SLICE("D-33"), SLICE("D-28")};
    const struct slice from[] = {SLICE(""), story->middle, SLICE("2023-11-15"), SLICE("2024")};
    const struct slice to[] = {SLICE(""), story->middle, story->middle_second, SLICE("2023-11-15"), SLICE("2000")};

    return (struct filter){actors[i % 4], credentials[i / 4 % 2], rules[i / 8 % 3], from[i / 24 % 4], to[i / 96], i % 7};
}

static void evidence_is_what_a_second_reading_finds(void **state)
{
    struct whole whole;
    struct story story = {0};

    (void)state;
    whole_open(&whole);
    tell_story(&whole, &story);
    size_t all = 0, most = 0;
    for (size_t i = 0; i < FILTERS; i++) {
        struct filter filter = filter_of(&story, i);
        whole_reopen(&whole); /* the clock of the test goes on by seconds alone */
        size_t found = assert_finds_what_is_there(&whole, &story, &filter);
        all += found;
        most = found > most ? found : most;
        if (i % 24 == 23) { /* the askings themselves become many, and a page shows fifty */
            whole_close(&whole);
            whole_open(&whole);
            tell_story(&whole, &story);
        }
    }
    assert_true(all > 100 && most >= 10);
    whole_close(&whole);
}

/* ---- pages ---- */

static void many_looks(struct whole *whole, struct slice facts, size_t count)
{
    CLEANUP_BUFFER struct buffer message = buffer_new(PROTOCOL_MESSAGE_MAX), look = buffer_new(16384);
    struct look_asked asked;

    access_write(looking(&asked, whole_token(whole, &NURSE), &anna, facts, BIT(IDENTITY)), &look);
    buffer_u16(&message, (uint16_t)count);
    for (size_t i = 0; i < count; i++) {
        buffer_byte(&message, PROTOCOL_ACCESS);
        protocol_text_write(buffer_view(&look), &message);
    }
    buffer_clear(&whole->answer);
    assert_int_equal(safe_answer(whole->safe, buffer_view(&message), &whole->answer), OK);
}

static void a_page_goes_through_a_thousand_entries_and_shows_fifty(void **state)
{
    struct whole whole;

    (void)state;
    whole_open(&whole);
    struct slice facts = whole_register(&whole, &anna);
    many_looks(&whole, facts, PROTOCOL_BATCH_MAX);
    struct filter nobodys = {.actor = SLICE("nobody")}, hers = {.actor = SLICE("nurse@harbour-clinic")};
    const struct json *page = page_of(&whole, &nobodys);
    assert_int_equal(number(page, "next"), PAGE_SCANNED);
    assert_int_equal(json_count(json_member(page, "entries")), 0);
    nobodys.next = whole_entries(&whole) + 1 - PAGE_SCANNED; /* with this asking, a thousand are left */
    page = page_of(&whole, &nobodys);
    assert_null(json_member(page, "next"));
    nobodys.next = whole_entries(&whole) - PAGE_SCANNED; /* one more than that */
    uint64_t end = nobodys.next + PAGE_SCANNED;
    page = page_of(&whole, &nobodys);
    assert_int_equal(number(page, "next"), end);
    page = page_of(&whole, &hers);
    assert_int_equal(json_count(json_member(page, "entries")), PAGE_SHOWN);
    /* All of her looks, each once, page after page. */
    size_t all = 0;
    uint64_t before = 0;
    for (bool more = true; more;) {
        page = page_of(&whole, &hers);
        for (struct json_items i = json_items(json_member(page, "entries")); json_next(&i); all++) {
            assert_true(all == 0 || number(i.value, "entry") > before);
            before = number(i.value, "entry");
        }
        more = json_member(page, "next") != NULL;
        hers.next = more ? number(page, "next") : 0;
    }
    assert_int_equal(all, PROTOCOL_BATCH_MAX + 1); /* with the registration */
    const uint64_t behind[] = {whole_entries(&whole) + 1, whole_entries(&whole) + 100, UINT64_MAX};
    for (size_t i = 0; i < 3; i++) {
        struct filter filter = {.next = behind[i]};
        page = page_of(&whole, &filter);
        assert_int_equal(json_count(json_member(page, "entries")), 0);
        assert_null(json_member(page, "next"));
    }
    whole_close(&whole);
}

/* ---- what is gone by its term ---- */

static void prune(struct whole *whole)
{
    struct slice answer;

    for (bool begins = true, done = false; !done; begins = false) {
        assert_int_equal(whole_ask(whole, PROTOCOL_PRUNE, begins ? SLICE("begin") : SLICE(""), &answer), OK);
        done = answer.data[0];
    }
}

static void where_the_beginning_is_gone_the_rest_is_shown_and_said_since_when(void **state)
{
    struct whole whole;
    uint64_t gone, kept;

    (void)state;
    whole_open(&whole);
    whole.cadence = (struct safe_cadence){.pad = 1024, .segment_bytes = 8000, .retention_years = 3};
    whole_reopen(&whole);
    assert_int_equal(safe_begin(whole.safe), OK);
    struct slice facts = whole_register(&whole, &anna);
    break_glass(&whole, &anna, facts, &gone);
    for (int i = 0; i < 3; i++)
        safe_tick(whole.safe);
    world_advance(&whole.world, 5 * YEAR_NS);
    struct slice others = whole_register(&whole, &bela);
    break_glass(&whole, &bela, others, &kept);
    prune(&whole);
    uint64_t minimum = ledger_minimum(whole.safe->access_log);
    assert_true(minimum > PAGE_SCANNED && minimum > gone && minimum <= kept);
    struct filter all = {0};
    const struct json *page = page_of(&whole, &all);
    assert_true(slice_is(names_of(&whole, page), json_member(page, "next") ? "log,rules,size,keptSince,entries,next"
                                                                          : "log,rules,size,keptSince,entries"));
    assert_int_equal(number(page, "keptSince"), retention_kept_since(whole.safe));
    assert_true(json_member(page, "next") == NULL || number(page, "next") > minimum);
    /* The review of what is gone cannot be judged any more, and hides no other. */
    struct slice list = reviews_json(&whole);
    assert_int_equal(times(list, "\"overdue\""), 1);
    assert_int_equal(times(list, arena_format(whole.arena, "{\"entry\":%llu,", (unsigned long long)kept).data), 1);
    assert_int_equal(judge_as(&whole, whole_token(&whole, &INES), gone, REVIEW_JUSTIFIED, "long ago"), ERROR_TERM_OVER);
    whole_close(&whole);
}

/* An hour's key that is not there, and no year was destroyed: damage, and no term. */
static void a_key_that_is_lost_is_not_taken_for_a_term_that_is_over(void **state)
{
    struct whole whole;
    struct secret_key key;
    struct slice answer;
    struct filter all = {0};
    uint8_t sealed[EVENT_NONCE_BYTES + SEAL_OVERHEAD + 5] = {1, 0, 0, 0, 9};
    uint8_t leaf[LEDGER_COMMITMENT_BYTES] = {0};
    uint64_t index;

    (void)state;
    whole_open(&whole);
    assert_int_equal(entry_hour_key(whole.safe, 9, &key), ERROR_SEALED);
    ledger_commitment(&(struct hash){{1}}, slice_of(sealed, sizeof sealed), leaf);
    struct ledger_entry entry = {slice_of(leaf, sizeof leaf), slice_of(sealed, sizeof sealed)};
    assert_int_equal(ledger_append(whole.safe->access_log, &entry, 1, 0, &index), OK);
    assert_int_equal(ask(&whole, &all, &answer), ERROR_SEALED); /* and not what there is besides */
    whole_close(&whole);
}

/* ---- one person, one drawer ---- */

static enum error list_or_proof(struct whole *whole, enum protocol_kind kind, const struct whole_person *who,
                                unsigned drawers, size_t targets, uint64_t leaf)
{
    CLEANUP_BUFFER struct buffer payload = buffer_new(65536);
    struct access_target target[2] = {{.person = anna}, {.person = bela}};
    struct look_asked look;
    struct access *access = looking(&look, who ? whole_token(whole, who) : SLICE("nobody's"), &anna, SLICE(""), drawers);

    access->target = target;
    access->targets = targets;
    buffer_u64(&payload, leaf);
    access_write(access, &payload);
    return whole_ask(whole, kind, buffer_view(&payload), NULL);
}

static void a_list_and_a_proof_are_of_one_person_and_of_nothing_else(void **state)
{
    const struct whole_person patient = whole_patient(&anna), other = whole_patient(&bela);
    const struct {
        const struct whole_person *who;
        unsigned drawers;
        size_t targets;
        enum error error;
    } cases[] = {
        {&patient, BIT(AUDIT), 1, OK},
        {&INES, BIT(AUDIT), 1, OK},
        {NULL, BIT(AUDIT), 1, ERROR_UNAUTHENTICATED},
        {&other, BIT(AUDIT), 1, ERROR_REFUSED},
        {&NURSE, BIT(AUDIT), 1, ERROR_REFUSED},
        {&patient, BIT(AUDIT) | BIT(IDENTITY), 1, ERROR_REFUSED},
        {&patient, BIT(IDENTITY), 1, ERROR_REFUSED},
        {&INES, BIT(AUDIT), 2, ERROR_REFUSED},
        {&INES, BIT(AUDIT), 0, ERROR_REFUSED},
    };
    struct whole whole;
    struct grant grant;

    (void)state;
    whole_open(&whole);
    struct slice facts = whole_register(&whole, &anna), others = whole_register(&whole, &bela);
    assert_int_equal(look_at(&whole, whole_token(&whole, &NURSE), &anna, facts, &grant), OK);
    uint64_t hers = grant.leaf;
    assert_int_equal(look_at(&whole, whole_token(&whole, &NURSE), &bela, others, &grant), OK);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        for (int proof = 0; proof < 2; proof++)
            assert_int_equal(list_or_proof(&whole, proof ? PROTOCOL_PROOF : PROTOCOL_EVENTS, cases[i].who,
                                           cases[i].drawers, cases[i].targets, hers),
                             cases[i].error);
    assert_int_equal(list_or_proof(&whole, PROTOCOL_PROOF, &patient, BIT(AUDIT), 1, grant.leaf), ERROR_NOT_FOUND);
    assert_int_equal(list_or_proof(&whole, PROTOCOL_PROOF, &patient, BIT(AUDIT), 1, UINT64_MAX), ERROR_NOT_FOUND);
    /* Who is suspended hears that, and not that the rules are against it. */
    assert_int_equal(suspend_as(&whole, whole_token(&whole, &INES), SUSPENDED_ACTOR, "patient@none", NULL), OK);
    for (int proof = 0; proof < 2; proof++)
        assert_int_equal(
            list_or_proof(&whole, proof ? PROTOCOL_PROOF : PROTOCOL_EVENTS, &patient, BIT(AUDIT), 1, hers),
            ERROR_SUSPENDED);
    whole_close(&whole);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(evidence_is_what_a_second_reading_finds),
        cmocka_unit_test(a_page_goes_through_a_thousand_entries_and_shows_fifty),
        cmocka_unit_test(where_the_beginning_is_gone_the_rest_is_shown_and_said_since_when),
        cmocka_unit_test(a_key_that_is_lost_is_not_taken_for_a_term_that_is_over),
        cmocka_unit_test(a_list_and_a_proof_are_of_one_person_and_of_nothing_else),
    };

    return cmocka_run_group_tests(tests, whole_template_make, whole_template_remove);
}
