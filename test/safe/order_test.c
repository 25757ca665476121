/* SPDX-License-Identifier: Apache-2.0 */

/* Proves that the route for lawful orders is as narrow as it is said to be: it is not there until three have signed; it
 * finds out nothing for who asks; it opens who one person is and how she is reached, to the one officer, under the one
 * release that two bodies signed; and she is told. Whatever is wrong, late, another's or a door's lie opens nothing. */

#include "order_asks.h"

#include "base/file.h"

#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- the route ---- */

static void there_is_no_route_until_three_have_signed(void **state)
{
    struct whole whole;

    (void)state;
    whole_open(&whole);
    struct slice keys = keys_text(&whole, OVERSIGHT, COMMUNITY, HEALTH), law = law_text(&whole, &LAW);
    uint64_t entries = whole_entries(&whole), public = whole_public_entries(&whole);
    struct slice officer = whole_token(&whole, &INSPECTOR);
    assert_false(route_is_there(&whole));
    assert_int_equal(ask_as(&whole, officer, &ASKING, NULL, NULL), ERROR_NOT_FOUND);
    assert_int_equal(whole_entries(&whole), entries); /* as if it had not been asked */
    assert_int_equal(set_up(&whole, ORDER_SETUP_LAW, sign_by(whole.arena, law, ALL_THREE), NULL), ERROR_REQUIRED);
    assert_int_equal(set_up(&whole, ORDER_SETUP_KEYS, keys, NULL), OK);
    assert_false(route_is_there(&whole));
    for (unsigned who = 0; who < 1u << SIGNERS; who++)
        if ((who & ALL_THREE) != ALL_THREE)
            assert_int_not_equal(set_up(&whole, ORDER_SETUP_LAW, sign_by(whole.arena, law, who), NULL), OK);
    assert_false(route_is_there(&whole));
    assert_int_equal(ask_as(&whole, officer, &ASKING, NULL, NULL), ERROR_NOT_FOUND);
    assert_int_equal(set_up(&whole, ORDER_SETUP_LAW, sign_by(whole.arena, law, ALL_THREE), NULL), OK);
    assert_true(route_is_there(&whole));
    struct slice log = public_log(&whole);
    assert_int_equal(times(log, "\"order.route\",\"route\":\"keys\""), 1);
    assert_int_equal(times(log, "\"order.route\",\"route\":\"open\""), 1);
    assert_int_equal(times(log, "\"law\":\"Police Act\",\"article\":\"12(3)\""), 1);
    assert_int_equal(whole_public_entries(&whole), public + 3); /* a token, keys, the law */
    assert_int_equal(ask_as(&whole, officer, &ASKING, NULL, NULL), OK);
    whole_close(&whole);
}

static void a_law_that_is_not_as_it_must_be_opens_nothing(void **state)
{
    static const struct {
        struct law_said law;
        enum error error;
    } cases[] = {
        {{"lawenforcement", "identity", 180, START, START + DAYS(367)}, ERROR_VALUE}, /* longer than a year */
        {{"lawenforcement", "identity", 367, START, START + DAYS(100)}, ERROR_VALUE}, /* told too late */
        {{"lawenforcement", "identity", 0, START, START + DAYS(100)}, ERROR_VALUE},
        {{"lawenforcement", "identity", 180, START, START}, ERROR_VALUE},
        {{"lawenforcement", "identity", 180, START - DAYS(100), START - DAYS(1)}, ERROR_TOKEN_EXPIRED},
        {{"health", "identity", 180, START, START + DAYS(100)}, ERROR_VALUE},
        {{"lawenforcement,immigration", "identity", 180, START, START + DAYS(100)}, ERROR_VALUE}, /* not canonical */
        {{"lawenforcement", "clinical", 180, START, START + DAYS(100)}, ERROR_VALUE},
        {{"lawenforcement", "identity,sensitive", 180, START, START + DAYS(100)}, ERROR_VALUE},
        {{"lawenforcement", "", 180, START, START + DAYS(100)}, ERROR_VALUE},
        {{"lawenforcement", "identity\nnode 00", 180, START, START + DAYS(100)}, ERROR_SYNTAX},
    };
    struct whole whole;

    (void)state;
    whole_open(&whole);
    assert_int_equal(set_up(&whole, ORDER_SETUP_KEYS, keys_text(&whole, OVERSIGHT, COMMUNITY, HEALTH), NULL), OK);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct slice note = sign_by(whole.arena, law_text(&whole, &cases[i].law), ALL_THREE);
        assert_int_equal(set_up(&whole, ORDER_SETUP_LAW, note, NULL), cases[i].error);
        assert_false(route_is_there(&whole));
    }
    /* Another node's law, well signed; and one letter changed after signing. */
    struct slice text = law_text(&whole, &LAW);
    char *other = arena_alloc(whole.arena, text.length);
    memcpy(other, text.data, text.length);
    other[28] = other[28] == '0' ? '1' : '0'; /* of the node's id */
    assert_int_equal(
        set_up(&whole, ORDER_SETUP_LAW, sign_by(whole.arena, slice_of(other, text.length), ALL_THREE), NULL),
        ERROR_VALUE);
    struct slice note = sign_by(whole.arena, text, ALL_THREE);
    char *changed = arena_alloc(whole.arena, note.length);
    memcpy(changed, note.data, note.length);
    changed[slice_search(note, SLICE("seal 180")) + 5] = '3';
    assert_int_equal(set_up(&whole, ORDER_SETUP_LAW, slice_of(changed, note.length), NULL), ERROR_SIGNATURE);
    assert_false(route_is_there(&whole));
    whole_close(&whole);
}

static void three_keys_are_three(void **state)
{
    struct whole whole;

    (void)state;
    whole_open(&whole);
    assert_int_equal(set_up(&whole, ORDER_SETUP_KEYS, keys_text(&whole, OVERSIGHT, OVERSIGHT, HEALTH), NULL),
                     ERROR_VALUE);
    assert_int_equal(set_up(&whole, ORDER_SETUP_KEYS, keys_text(&whole, OVERSIGHT, COMMUNITY, OVERSIGHT), NULL),
                     ERROR_VALUE);
    assert_int_equal(set_up(&whole, ORDER_SETUP_KEYS, keys_text(&whole, OVERSIGHT, COMMUNITY, COMMUNITY), NULL),
                     ERROR_VALUE);
    assert_int_equal(set_up(&whole, ORDER_SETUP_KEYS, SLICE("hospitium order keys 1\n"), NULL), ERROR_SYNTAX);
    struct slice keys = keys_text(&whole, OVERSIGHT, COMMUNITY, HEALTH);
    char *other = arena_alloc(whole.arena, keys.length);
    memcpy(other, keys.data, keys.length);
    other[29] = other[29] == '0' ? '1' : '0'; /* another node's */
    assert_int_equal(set_up(&whole, ORDER_SETUP_KEYS, slice_of(other, keys.length), NULL), ERROR_VALUE);
    /* New keys end what the old ones have signed. */
    open_route(&whole);
    assert_true(route_is_there(&whole));
    assert_int_equal(set_up(&whole, ORDER_SETUP_KEYS, keys_text(&whole, STRANGER, COMMUNITY, HEALTH), NULL), OK);
    assert_false(route_is_there(&whole));
    assert_int_equal(times(public_log(&whole), "\"why\":\"withdrawn\""), 1);
    assert_int_equal(set_up(&whole, ORDER_SETUP_LAW, sign_by(whole.arena, law_text(&whole, &LAW), ALL_THREE), NULL),
                     ERROR_SIGNATURE);
    /* For good: the old keys, given again, bring no law back. */
    assert_int_equal(set_up(&whole, ORDER_SETUP_KEYS, keys_text(&whole, OVERSIGHT, COMMUNITY, HEALTH), NULL), OK);
    assert_false(route_is_there(&whole));
    whole_close(&whole);
}

/* Who can write the node's directory opens nothing by it. */
static void a_file_that_was_changed_closes_the_route_and_nothing_else(void **state)
{
    struct whole whole;
    struct grant grant;
    char path[128], other[128];

    (void)state;
    whole_open(&whole);
    struct slice facts = whole_register(&whole, &anna);
    open_route(&whole);
    snprintf(path, sizeof path, "%s/order.keys", whole.directory);
    snprintf(other, sizeof other, "%s/order.law", whole.directory);
    struct law_said longer = LAW; /* another law, well signed by other keys, whose list is well formed */
    longer.seal = 366;
    struct slice keys = keys_text(&whole, STRANGER, COMMUNITY, HEALTH);
    struct slice law = sign_by(whole.arena, law_text(&whole, &longer), 1u << STRANGER | 1u << COMMUNITY | 1u << HEALTH);
    assert_int_equal(file_replace(path, keys, 0644), OK);
    assert_int_equal(file_replace(other, law, 0644), OK);
    whole_reopen(&whole);
    assert_false(route_is_there(&whole));
    assert_int_equal(look_at(&whole, whole_token(&whole, &NURSE), &anna, facts, &grant), OK);
    safe_idle(whole.safe);
    assert_int_equal(times(public_log(&whole), "\"route\":\"closed\""), 1); /* strangers see that it closed */
    whole_close(&whole);
}

static void the_route_is_gone_after_a_year_at_most(void **state)
{
    struct whole whole;
    struct grant grant;

    (void)state;
    whole_open(&whole);
    struct slice facts = whole_register(&whole, &anna);
    open_route(&whole);
    pass(&whole, DAYS(280));
    struct asking late = ASKING;
    late.expires_s = START + DAYS(299);
    struct id id, open;
    struct slice officer = whole_token(&whole, &INSPECTOR);
    assert_int_equal(ask_as(&whole, officer, &late, &id, NULL), OK);
    assert_int_equal(ask_as(&whole, officer, &late, &open, NULL), OK);
    late.expires_s = START + DAYS(301); /* after the law's end */
    assert_int_equal(ask_as(&whole, officer, &late, NULL, NULL), ERROR_VALUE);
    struct order_release said = release_of(&whole, &id, &anna);
    said.until_s = START + DAYS(299);
    assert_int_equal(decide(&whole, ORDER_RELEASE, &id, note_of(&whole, &said, BOTH)), OK);
    assert_int_equal(read_under(&whole, whole_token(&whole, &INSPECTOR), &id, &anna, facts, &grant), OK);
    world_advance(&whole.world, DAYS(20) * 1000000000); /* the safe slept */
    assert_false(route_is_there(&whole));
    assert_int_equal(read_under(&whole, whole_token(&whole, &INSPECTOR), &id, &anna, facts, &grant), ERROR_REFUSED);
    assert_int_equal(ask_as(&whole, whole_token(&whole, &INSPECTOR), &ASKING, NULL, NULL), ERROR_NOT_FOUND);
    assert_int_equal(decide(&whole, ORDER_REFUSE, &open, SLICE("too late")), ERROR_NOT_FOUND);
    safe_idle(whole.safe);
    assert_int_equal(times(public_log(&whole), "\"why\":\"sunset\""), 1);
    /* Renewal wants three new signatures, and revives nothing. */
    struct law_said next = {LAW.sectors, LAW.drawers, 180, START + DAYS(300), START + DAYS(600)};
    assert_int_not_equal(set_up(&whole, ORDER_SETUP_LAW, sign_by(whole.arena, law_text(&whole, &next), BOTH), NULL),
                         OK);
    assert_int_equal(set_up(&whole, ORDER_SETUP_LAW, sign_by(whole.arena, law_text(&whole, &next), ALL_THREE), NULL),
                     OK);
    assert_true(route_is_there(&whole));
    assert_int_equal(read_under(&whole, whole_token(&whole, &INSPECTOR), &id, &anna, facts, &grant), ERROR_REFUSED);
    assert_null(listed(&whole, &open));
    whole_close(&whole);
}

static void a_law_that_is_replaced_or_withdrawn_ends_what_was_open(void **state)
{
    struct whole whole;
    struct grant grant;

    (void)state;
    whole_open(&whole);
    struct slice facts = whole_register(&whole, &anna);
    open_route(&whole);
    struct id released = ask(&whole), open = ask(&whole);
    release(&whole, &released, &anna);
    struct law_said next = LAW;
    next.seal = 90;
    assert_int_equal(set_up(&whole, ORDER_SETUP_LAW, sign_by(whole.arena, law_text(&whole, &next), ALL_THREE), NULL),
                     OK);
    struct slice officer = whole_token(&whole, &INSPECTOR);
    assert_int_equal(read_under(&whole, officer, &released, &anna, facts, &grant), ERROR_REFUSED);
    assert_int_equal(decide(&whole, ORDER_REFUSE, &open, SLICE("not serious")), ERROR_CONFLICT);
    assert_int_equal(times(public_log(&whole), "\"why\":\"replaced\""), 1);
    assert_int_equal(set_up(&whole, ORDER_SETUP_CLOSE, SLICE(""), NULL), OK);
    assert_false(route_is_there(&whole));
    assert_int_equal(times(public_log(&whole), "\"why\":\"withdrawn\""), 1);
    whole_close(&whole);
}

/* ---- intake ---- */

static void what_does_not_name_one_person_under_the_law_is_refused_in_words(void **state)
{
    static const struct {
        size_t member;
        const char *value;
        const char *says;
    } cases[] = {
#define AT(member) offsetof(struct asking, member)
        {AT(name), "", "`name`"},
        {AT(name), "*", "`name`"},
        {AT(name), "Samirah *", "`name`"},
        {AT(name), "Sam%", "`name`"},
        {AT(name), "Sam?rah Hadad", "`name`"},
        {AT(name), "Samirah Hadad, Anna Haddad", "`name`"},
        {AT(name), "Samirah Hadad; Anna", "`name`"},
        {AT(name), "Samirah Hadad / Anna", "`name`"},
        {AT(name), "Samirah & Anna", "`name`"},
        {AT(name), "سميرة حداد، آنا", "`name`"},
        {AT(name), "Ｓamirah＊", "`name`"},
        {AT(name), "Samirah 1234", "`name`"},
        {AT(name), "8de8a44a62ef10f6", "`name`"},
        {AT(name), "S", "`name`"},
        {AT(name), "Samirah\nname Anna", "`name`"},
        {AT(born), "", "`born`"},
        {AT(born), "1991", "`born`"},
        {AT(born), "1991-05", "`born`"},
        {AT(born), "1991-02-30", "`born`"},
        {AT(born), "2099-01-01", "`born`"},
        {AT(authority), "", "`authority`"},
        {AT(authority), "City\nPolice", "`authority`"},
        {AT(authority), "City \u202ePolice", "`authority`"},
        {AT(officer), " ", "`officer`"},
        {AT(reference), "", "`case`"},
        {AT(law), "Another Act", "`law`"},
        {AT(article), "13", "`article`"},
        {AT(drawers), "", "`drawers`"},
        {AT(drawers), "clinical", "`drawers`"},
        {AT(drawers), "identity,clinical", "`drawers`"},
        {AT(drawers), "identity,identity", "`drawers`"},
    };
    static const int64_t expiries[] = {START - 1, START + DAYS(91), INT64_MAX};
    struct whole whole;

    (void)state;
    whole_open(&whole);
    open_route(&whole);
    struct slice officer = whole_token(&whole, &INSPECTOR);
    uint64_t public = whole_public_entries(&whole), entries = whole_entries(&whole);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct asking asking = ASKING;
        struct slice words;
        *(const char **)(void *)((char *)&asking + cases[i].member) = cases[i].value;
        enum error error = ask_as(&whole, officer, &asking, NULL, &words);
        if (error != ERROR_VALUE || !slice_starts_with(words, slice_from_string(cases[i].says)))
            fail_msg("case %zu: %d %.*s", i, (int)error, SLICE_PRINT(words));
    }
    for (size_t i = 0; i < sizeof expiries / sizeof *expiries; i++) {
        struct asking asking = ASKING;
        struct slice words;
        asking.expires_s = expiries[i];
        assert_int_equal(ask_as(&whole, officer, &asking, NULL, &words), ERROR_VALUE);
        assert_true(slice_starts_with(words, SLICE("`expires`")));
    }
    assert_int_equal(whole_public_entries(&whole), public); /* what was no order is committed to nothing */
    assert_int_equal(whole_entries(&whole),
                     entries + sizeof cases / sizeof *cases + 3); /* that it was tried is written */
    assert_int_equal(json_count(open_orders(&whole)), 0);
    whole_close(&whole);
}

static void only_those_whom_the_law_names_may_ask(void **state)
{
    static const struct whole_person
        immigration = {ROLE_OFFICER, SECTOR_IMMIGRATION, 1u << PURPOSE_ENFORCE, "border-office", {{0}}, "guard-1"},
        other_purpose = {ROLE_OFFICER, SECTOR_LAWENFORCEMENT, 1u << PURPOSE_TREAT, "city-police", {{0}}, "inspector-7"},
        health = {ROLE_PHYSICIAN, SECTOR_HEALTH, 1u << PURPOSE_ENFORCE, "harbour-clinic", {{0}}, "doctor"};
    const struct whole_person *const others[] = {&immigration, &other_purpose, &health, &NURSE, &COUNSEL};
    struct law_said police_alone = LAW;
    struct whole whole;

    (void)state;
    police_alone.sectors = "lawenforcement";
    whole_open(&whole);
    open_route_by(&whole, &police_alone);
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        assert_int_equal(ask_as(&whole, whole_token(&whole, others[i]), &ASKING, NULL, NULL), ERROR_REFUSED);
    struct slice token = whole_token(&whole, &INSPECTOR);
    assert_int_equal(whole_list(&whole, PROTOCOL_ORDERS, token, NULL), ERROR_REFUSED); /* officers list nothing */
    assert_int_equal(ask_as(&whole, token, &ASKING, NULL, NULL), OK);
    assert_int_equal(suspend_as(&whole, whole_token(&whole, &INES), SUSPENDED_ACTOR, "inspector-7", NULL), OK);
    assert_int_equal(ask_as(&whole, token, &ASKING, NULL, NULL), ERROR_SUSPENDED);
    whole_close(&whole);
}

static void orders_are_few_for_each_officer_and_each_authority(void **state)
{
    struct whole whole;
    unsigned taken = 0;

    (void)state;
    whole_open(&whole);
    open_route(&whole);
    struct slice one = whole_token(&whole, &INSPECTOR);
    for (int i = 0; i < 8; i++)
        taken += ask_as(&whole, one, &ASKING, NULL, NULL) == OK;
    assert_int_equal(taken, 4);
    assert_int_equal(ask_as(&whole, one, &ASKING, NULL, NULL), ERROR_TOO_MANY);
    for (int i = 0; i < 20; i++) /* as many credentials as you like: the authority is the same */
        taken += ask_as(&whole, whole_token(&whole, &INSPECTOR), &ASKING, NULL, NULL) == OK;
    assert_int_equal(taken, 12);
    world_advance(&whole.world, (DAYS(1) + 60) * 1000000000);
    assert_int_equal(ask_as(&whole, whole_token(&whole, &INSPECTOR), &ASKING, NULL, NULL), OK);
    whole_close(&whole);
}

/* Two in one message do not both count as the last that is allowed, and nothing is decided twice. */
static void one_message_holds_one_deed_about_orders(void **state)
{
    CLEANUP_BUFFER struct buffer message = buffer_new(65536), refuse = buffer_new(4096);
    struct whole whole;

    (void)state;
    whole_open(&whole);
    open_route(&whole);
    struct id id = ask(&whole);
    buffer_byte(&refuse, ORDER_REFUSE);
    protocol_asker_write(whole_token(&whole, &COUNSEL), WHOLE_REQUEST, &refuse);
    buffer_slice(&refuse, id_slice(&id));
    protocol_text_write(SLICE("not serious"), &refuse);
    buffer_u16(&message, 2);
    for (int i = 0; i < 2; i++) {
        buffer_byte(&message, PROTOCOL_ORDER);
        protocol_text_write(buffer_view(&refuse), &message);
    }
    buffer_clear(&whole.answer);
    assert_int_equal(safe_answer(whole.safe, buffer_view(&message), &whole.answer), OK);
    struct reader reader = reader_of(buffer_view(&whole.answer));
    reader_u32(&reader);
    reader_u16(&reader);
    assert_int_equal(reader_u16(&reader), OK);
    protocol_text_read(&reader, 4096);
    assert_int_equal(reader_u16(&reader), ERROR_OVERLOADED);
    assert_int_equal(decide(&whole, ORDER_REFUSE, &id, SLICE("not serious")), ERROR_CONFLICT);
    whole_close(&whole);
}

static struct slice commitment_of(struct whole *whole, const struct id *id)
{
    struct slice evidence = evidence_page(whole, whole_token(whole, &INES), (struct evidence_wanted){.next = 0}, OK);
    const struct json *page;

    assert_int_equal(json_parse(whole->arena, arena_copy(whole->arena, evidence), &page, NULL), OK);
    for (struct json_items i = json_items(json_member(page, "entries")); json_next(&i);) {
        const struct json *event = json_member(i.value, "event"), *looker = json_member(i.value, "looker");
        uint8_t nonce[16];
        if (!slice_equal(json_text(json_member(event, "order")), hex_of(whole->arena, id_slice(id))) ||
            !json_is(json_member(event, "action"), "intake"))
            continue;
        assert_int_equal(decode_hex(json_text(json_member(looker, "nonce")), nonce, sizeof nonce), OK);
        struct hash commitment = hash_keyed(slice_of(nonce, sizeof nonce), json_text(json_member(looker, "subject")));
        struct slice hex = hex_of(whole->arena, hash_slice(&commitment));
        assert_true(slice_equal(hex, json_text(json_member(event, "commitment"))));
        return hex;
    }
    fail_msg("no intake among the evidence");
    return SLICE("");
}

static void an_order_is_committed_to_in_public_at_once_and_oversight_can_open_it(void **state)
{
    struct whole whole;

    (void)state;
    whole_open(&whole);
    open_route(&whole);
    uint64_t before = whole_public_entries(&whole);
    struct slice officer = whole_token(&whole, &INSPECTOR);
    struct id id;
    assert_int_equal(ask_as(&whole, officer, &ASKING, &id, NULL), OK);
    assert_int_equal(whole_public_entries(&whole), before + 2); /* the token's own, then the commitment */
    struct slice log = public_log(&whole), commitment = commitment_of(&whole, &id);
    struct slice line = arena_format(whole.arena, "{\"kind\":\"commitment\",\"commitment\":\"%.*s\"}",
                                     SLICE_PRINT(commitment));
    assert_true(slice_search(log, line) != SIZE_MAX);
    assert_true(slice_search(log, SLICE("Hadad")) == SIZE_MAX);
    whole_close(&whole);
}

static void cover_is_drawn_as_often_as_was_set_and_looks_the_same(void **state)
{
    struct whole whole;

    (void)state;
    whole_open(&whole);
    pass(&whole, DAYS(1));
    assert_int_equal(times(public_log(&whole), "\"commitment\""), 0); /* where there is no route there is no cover */
    open_route(&whole);
    for (int hour = 0; hour < 40 * 24 * 6; hour++) {
        world_advance(&whole.world, INT64_C(600) * 1000000000);
        safe_idle(whole.safe);
    }
    size_t cover = times(public_log(&whole), "{\"kind\":\"commitment\",\"commitment\":\"");
    if (cover < 110 || cover > 210) /* 160 in 40 days; four times the root of that */
        fail_msg("%zu commitments in 40 days", cover);
    assert_int_equal(set_up(&whole, ORDER_SETUP_CLOSE, SLICE(""), NULL), OK);
    size_t closed = times(public_log(&whole), "\"commitment\":");
    pass(&whole, DAYS(10));
    assert_int_equal(times(public_log(&whole), "\"commitment\":"), closed);
    whole_close(&whole);
}

/* ---- release and reading ---- */

static void a_release_wants_two_signatures_on_this_very_order(void **state)
{
    struct whole whole;
    struct slice words;

    (void)state;
    whole_open(&whole);
    (void)whole_register(&whole, &anna);
    open_route(&whole);
    struct id id = ask(&whole), other = ask(&whole);
    struct order_release said = release_of(&whole, &id, &anna), bad;
    for (unsigned who = 0; who < 1u << SIGNERS; who++)
        if ((who & BOTH) != BOTH)
            assert_int_not_equal(decide(&whole, ORDER_RELEASE, &id, note_of(&whole, &said, who)), OK);
#define WRONG(change, error)                                                                                           \
    do {                                                                                                               \
        bad = said;                                                                                                    \
        change;                                                                                                        \
        assert_int_equal(                                                                                              \
            decide_as(&whole, whole_token(&whole, &COUNSEL), ORDER_RELEASE, &id, note_of(&whole, &bad, BOTH), &words), \
            error);                                                                                                    \
    } while (0)
    WRONG(bad.node.byte[0] ^= 1, ERROR_VALUE);
    WRONG(bad.order = other, ERROR_VALUE);
    WRONG(bad.hash.byte[31] ^= 1, ERROR_VALUE);
    WRONG(bad.hash = release_of(&whole, &other, &anna).hash, ERROR_VALUE);
    WRONG(bad.drawers = BIT(IDENTITY) | BIT(CONTACT), ERROR_VALUE); /* it asked for identity alone */
    WRONG(bad.until_s = world_now_s(&whole.world), ERROR_VALUE);
    WRONG(bad.until_s = START + DAYS(31), ERROR_VALUE);
    WRONG(bad.person.byte[3] ^= 1, ERROR_VALUE); /* nobody */
    WRONG(bad.person = anna, ERROR_VALUE);       /* the id inside is not the one that oversight sees */
    struct slice note = note_of(&whole, &said, BOTH);
    assert_int_equal(decide(&whole, ORDER_RELEASE, &other, note), ERROR_VALUE);
    struct slice nurse = whole_token(&whole, &NURSE), officer = whole_token(&whole, &INSPECTOR);
    assert_int_equal(decide_as(&whole, nurse, ORDER_RELEASE, &id, note, NULL), ERROR_REFUSED);
    assert_int_equal(decide_as(&whole, officer, ORDER_RELEASE, &id, note, NULL), ERROR_REFUSED);
    assert_int_equal(decide(&whole, ORDER_RELEASE, &id, note), OK);
    assert_int_equal(decide(&whole, ORDER_RELEASE, &id, note), ERROR_CONFLICT); /* once */
    assert_int_equal(decide(&whole, ORDER_REFUSE, &id, SLICE("after all no")), ERROR_CONFLICT);
    assert_int_equal(decide(&whole, ORDER_REFUSE, &other, SLICE("not serious")), OK);
    struct order_release late = said;
    late.order = other;
    assert_int_equal(decide(&whole, ORDER_RELEASE, &other, note_of(&whole, &late, BOTH)), ERROR_CONFLICT);
    struct id unknown = {{7}};
    assert_int_equal(decide(&whole, ORDER_REFUSE, &unknown, SLICE("no such")), ERROR_NOT_FOUND);
    whole_close(&whole);
}

static void an_order_opens_who_she_is_and_nothing_else(void **state)
{
    struct asking both = ASKING;
    struct whole whole;
    struct grant grant;
    struct id id;

    (void)state;
    both.drawers = "identity,contact";
    whole_open(&whole);
    struct slice facts = whole_register(&whole, &anna), facts_of_bela = whole_register(&whole, &bela);
    open_route(&whole);
    struct slice officer = whole_token(&whole, &INSPECTOR);
    assert_int_equal(ask_as(&whole, officer, &both, &id, NULL), OK);
    assert_int_equal(read_under(&whole, officer, &id, &anna, facts, &grant), ERROR_REFUSED); /* undecided */
    struct order_release said = release_of(&whole, &id, &anna);
    said.drawers = BIT(IDENTITY) | BIT(CONTACT);
    assert_int_equal(decide(&whole, ORDER_RELEASE, &id, note_of(&whole, &said, BOTH)), OK);
    assert_int_equal(read_under(&whole, officer, &id, &anna, facts, &grant), OK);
    assert_int_equal(grant.target[0].drawers, BIT(IDENTITY) | BIT(CONTACT));
    assert_true(slice_is(grant.row, "D-01"));
    assert_int_equal(grant.target[0].obligations, OBLIGATION_LOG | OBLIGATION_REVIEW | OBLIGATION_SUBSET |
                                                      OBLIGATION_MINIMUM | OBLIGATION_TELL_AFTER_TERM);

    struct look_asked look;
    struct access *access = reading_under(&look, officer, &id, &anna, facts);
    access->drawers = DRAWER_ALL;
    assert_int_equal(whole_access(&whole, access, &grant), OK);
    assert_int_equal(grant.target[0].drawers, BIT(IDENTITY) | BIT(CONTACT));
    for (unsigned d = 0; d < DRAWER_COUNT; d++) {
        access->drawers = 1u << d;
        enum error wanted = 1u << d & ORDER_DRAWERS ? OK : ERROR_REFUSED;
        assert_int_equal(whole_access(&whole, access, &grant), wanted);
    }
    access->drawers = ORDER_DRAWERS;
    struct id none = {{0}};
    access->order = none;
    assert_int_equal(whole_access(&whole, access, &grant), ERROR_REFUSED);
    access->order = id;

#define REFUSED(change)                                                                                                \
    do {                                                                                                               \
        access = reading_under(&look, officer, &id, &anna, facts);                                                     \
        change;                                                                                                        \
        assert_int_equal(whole_access(&whole, access, &grant), ERROR_REFUSED);                                         \
    } while (0)
    REFUSED(access->action = ACTION_SEARCH);
    REFUSED(access->action = ACTION_WRITE);
    REFUSED(access->action = ACTION_ERASE);
    REFUSED(access->action = ACTION_REGISTER);
    REFUSED(access->type = SLICE("Observation"));
    REFUSED(access->type = SLICE("Appointment"));
    REFUSED(access->resource = bela);
    REFUSED(access->order.byte[0] ^= 1);
    REFUSED((access->open_glass = true, access->reason = REASON));
    REFUSED((look.target = (struct access_target){.person = bela, .facts = facts_of_bela}));
    struct access_target two[] = {{.person = anna, .facts = facts}, {.person = bela, .facts = facts_of_bela}};
    REFUSED((access->target = two, access->targets = 2));
    assert_int_equal(read_under(&whole, officer, &id, &bela, facts_of_bela, &grant), ERROR_REFUSED);

    /* A release of less than was asked opens less. */
    assert_int_equal(ask_as(&whole, officer, &both, &id, NULL), OK);
    release(&whole, &id, &bela);
    assert_int_equal(read_under(&whole, officer, &id, &bela, facts_of_bela, &grant), OK);
    assert_int_equal(grant.target[0].drawers, BIT(IDENTITY));
    whole_close(&whole);
}

static void an_order_serves_the_officer_who_brought_it_and_no_other(void **state)
{
    static const struct whole_person
        colleague = {ROLE_OFFICER, SECTOR_LAWENFORCEMENT, 1u << PURPOSE_ENFORCE, "city-police", {{0}}, "inspector-8"},
        elsewhere = {ROLE_OFFICER, SECTOR_LAWENFORCEMENT, 1u << PURPOSE_ENFORCE, "border-police", {{0}}, "inspector-7"},
        migration = {ROLE_OFFICER, SECTOR_IMMIGRATION, 1u << PURPOSE_ENFORCE, "city-police", {{0}}, "inspector-7"},
        doctor = {ROLE_PHYSICIAN, SECTOR_HEALTH, 1u << PURPOSE_ENFORCE, "city-police", {{0}}, "inspector-7"},
        two = {ROLE_OFFICER, SECTOR_LAWENFORCEMENT, 1u << PURPOSE_ENFORCE | 1u << PURPOSE_TREAT, "city-police",
               {{0}},        "inspector-7"};
    const struct whole_person *const others[] = {&colleague, &elsewhere, &migration, &doctor, &COUNSEL, &INES, &two};
    struct whole whole;
    struct grant grant;

    (void)state;
    whole_open(&whole);
    struct slice facts = whole_register(&whole, &anna);
    open_route(&whole);
    struct id id = ask(&whole);
    release(&whole, &id, &anna);
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        struct slice token = whole_token(&whole, others[i]);
        struct look_asked look;
        struct access *access = reading_under(&look, token, &id, &anna, facts);
        if (others[i] == &two)
            access->purpose = PURPOSE_TREAT; /* she says that she comes to treat */
        assert_int_equal(whole_access(&whole, access, &grant), ERROR_REFUSED);
    }
    struct slice token = whole_token(&whole, &INSPECTOR);
    assert_int_equal(read_under(&whole, token, &id, &anna, facts, &grant), OK); /* another token of hers does */
    assert_int_equal(whole_ask(&whole, PROTOCOL_REVOKE, token, NULL), OK);
    assert_int_equal(read_under(&whole, token, &id, &anna, facts, &grant), ERROR_UNAUTHENTICATED);
    uint64_t number;
    struct slice ines = whole_token(&whole, &INES);
    assert_int_equal(suspend_as(&whole, ines, SUSPENDED_RULE, "D-01", &number), OK);
    token = whole_token(&whole, &INSPECTOR);
    assert_int_equal(read_under(&whole, token, &id, &anna, facts, &grant), ERROR_REFUSED);
    assert_int_equal(lift_as(&whole, ines, number), OK);
    assert_int_equal(read_under(&whole, token, &id, &anna, facts, &grant), OK);
    world_advance(&whole.world, DAYS(11) * 1000000000); /* the release is over, the order is not */
    assert_int_equal(read_under(&whole, whole_token(&whole, &INSPECTOR), &id, &anna, facts, &grant), ERROR_REFUSED);
    whole_close(&whole);
}

static void whose_record_it_is_is_said_to_that_officer_alone(void **state)
{
    struct whole whole;
    struct id id, seen;

    (void)state;
    whole_open(&whole);
    (void)whole_register(&whole, &anna);
    open_route(&whole);
    id = ask(&whole);
    for (int released = 0; released < 2; released++) {
        const struct whole_person *const askers[] = {&INSPECTOR, &NURSE, &COUNSEL, &OFFICER};
        for (size_t i = 0; i < 4; i++) {
            CLEANUP_BUFFER struct buffer payload = buffer_new(1024);
            struct slice answer;
            protocol_text_write(whole_token(&whole, askers[i]), &payload);
            buffer_slice(&payload, id_slice(&id));
            assert_int_equal(whole_ask(&whole, PROTOCOL_ORDER_PERSON, buffer_view(&payload), &answer), OK);
            assert_int_equal(answer.length, ID_BYTES);
            memcpy(seen.byte, answer.data, ID_BYTES);
            assert_int_equal(id_equal(&seen, &anna), released && i == 0);
        }
        if (!released)
            release(&whole, &id, &anna);
    }
    whole_close(&whole);
}

/* ---- looking for her ---- */

static enum error match_under(struct whole *whole, const struct whole_person *who, const struct id *order,
                              const struct id *person, size_t persons, struct grant *ret_grant)
{
    struct access_target target[100] = {{.fresh = false}};

    for (size_t i = 0; i < persons; i++)
        target[i].person = person[i < 2 ? i : 0];
    struct access access = {.token = whole_token(whole, who),
                            .action = ACTION_MATCH,
                            .drawers = BIT(IDENTITY),
                            .needed = OUTCOME_EXISTENCE,
                            .type = SLICE("Patient"),
                            .order = *order,
                            .target = target,
                            .targets = persons,
                            .purpose = PURPOSE_UNKNOWN};
    return whole_access(whole, &access, ret_grant);
}

static void oversight_looks_for_the_person_of_an_open_order_and_for_nobody_else(void **state)
{
    const struct id both[] = {anna, bela};
    struct whole whole;
    struct grant grant;

    (void)state;
    whole_open(&whole);
    (void)whole_register(&whole, &anna);
    (void)whole_register(&whole, &bela);
    open_route(&whole);
    struct id id = ask(&whole), none = {{9}};
    assert_int_equal(match_under(&whole, &COUNSEL, &none, both, 2, &grant), ERROR_REFUSED);
    assert_int_equal(match_under(&whole, &INES, &id, both, 2, &grant), ERROR_REFUSED); /* another purpose */
    assert_int_equal(match_under(&whole, &NURSE, &id, both, 2, &grant), ERROR_REFUSED);
    assert_int_equal(match_under(&whole, &INSPECTOR, &id, both, 2, &grant), ERROR_REFUSED);
    assert_int_equal(match_under(&whole, &INSPECTOR, &id, both, 0, &grant), ERROR_REFUSED);
    assert_int_equal(match_under(&whole, &COUNSEL, &none, both, 0, &grant), ERROR_REFUSED);
    assert_int_equal(match_under(&whole, &COUNSEL, &id, both, 65, &grant), ERROR_REFUSED); /* too many candidates */
    assert_int_equal(match_under(&whole, &COUNSEL, &id, both, 2, &grant), OK);
    assert_int_equal(grant.target[1].outcome[DRAWER_IDENTITY], OUTCOME_EXISTENCE);
    for (size_t i = 0; i < 2; i++) { /* that they are known, and no key */
        static const struct secret_key none_of[DRAWER_COUNT];
        assert_int_equal(grant.target[i].drawers, 0);
        assert_memory_equal(grant.target[i].key, none_of, sizeof none_of);
    }
    assert_int_equal(match_under(&whole, &COUNSEL, &id, both, 0, &grant), OK);
    for (int i = 0; i < 6; i++)
        assert_int_equal(match_under(&whole, &COUNSEL, &id, both, 2, &grant), OK);
    assert_int_equal(match_under(&whole, &COUNSEL, &id, both, 2, &grant), ERROR_REFUSED); /* eight are enough */
    struct id second = ask(&whole);
    assert_int_equal(decide(&whole, ORDER_REFUSE, &second, SLICE("not serious")), OK);
    assert_int_equal(match_under(&whole, &COUNSEL, &second, both, 2, &grant), ERROR_REFUSED); /* it is decided */
    whole_close(&whole);
}

/* ---- sealed, then told ---- */

static void she_is_told_when_the_term_is_over_and_not_before(void **state)
{
    struct whole whole;
    struct grant grant;
    struct line line[64];

    (void)state;
    whole_open(&whole);
    struct slice facts = whole_register(&whole, &anna);
    open_route(&whole);
    struct id id = ask(&whole);
    release(&whole, &id, &anna);
    struct slice officer = whole_token(&whole, &INSPECTOR);
    assert_int_equal(read_under(&whole, officer, &id, &anna, facts, &grant), OK);
    uint64_t read_leaf = grant.leaf;
    assert_int_equal(read_under(&whole, officer, &id, &anna, facts, &grant), OK);
    assert_int_equal(told_of(&whole, &anna), 0);
    pass(&whole, DAYS(179));
    assert_int_equal(told_of(&whole, &anna), 0);
    whole_reopen(&whole);
    assert_int_equal(told_of(&whole, &anna), 0);
    pass(&whole, DAYS(1) - 60);
    assert_int_equal(told_of(&whole, &anna), 0);
    pass(&whole, 120);
    assert_int_equal(told_of(&whole, &anna), 5); /* asked, released, read twice, told */
    bool found = false;
    for (size_t i = 0, count = list_of(&whole, &anna, line, 64); i < count; i++)
        found |= line[i].leaf == read_leaf;
    assert_true(found);
    whole_close(&whole);
}

static void what_she_is_told_says_who_under_which_law_and_what(void **state)
{
    struct whole whole;
    struct grant grant;
    struct line line[64];

    (void)state;
    whole_open(&whole);
    struct slice facts = whole_register(&whole, &anna);
    open_route(&whole);
    struct id id = ask(&whole);
    release(&whole, &id, &anna);
    assert_int_equal(read_under(&whole, whole_token(&whole, &INSPECTOR), &id, &anna, facts, &grant), OK);
    pass(&whole, DAYS(181));
    assert_true(list_of(&whole, &anna, line, 64) > 4);
    assert_true(line[0].notice); /* on top */
    assert_true(json_is(json_member(line[0].event, "kind"), "order"));
    assert_true(json_is(json_member(line[0].event, "action"), "told"));
    assert_true(json_is(json_member(line[0].event, "role"), "officer"));
    assert_true(json_is(json_member(line[0].event, "sector"), "lawenforcement"));
    assert_true(json_is(json_member(line[0].event, "authority"), "City Police"));
    assert_true(json_is(json_member(line[0].event, "law"), "Police Act"));
    assert_true(json_is(json_member(line[0].event, "article"), "12(3)"));
    assert_true(slice_is(json_text(json_member(line[0].event, "reads")), "1"));
    struct json_items drawers = json_items(json_member(line[0].event, "drawers"));
    assert_true(json_next(&drawers) && slice_is(json_text(drawers.value), "identity") && !json_next(&drawers));
    list_of(&whole, &anna, line, 64);
    assert_false(line[0].notice); /* she has seen it */
    assert_int_equal(told_of(&whole, &anna), 4);
    /* Officer and case are oversight's, not the list's. */
    for (size_t i = 0, n = list_of(&whole, &anna, line, 64); i < n; i++) {
        CLEANUP_BUFFER struct buffer text = buffer_new(65536);
        struct json_writer writer = json_writer(&text);
        json_value(&writer, line[i].event);
        assert_int_equal(times(buffer_view(&text), "inspector-7"), 0);
        assert_int_equal(times(buffer_view(&text), "Gray"), 0);
        assert_int_equal(times(buffer_view(&text), "C-2026-17"), 0);
    }
    whole_close(&whole);
}

/* Off on that day, index lost on that day, or both: she is told, once. */
static void she_is_told_also_when_the_node_was_off_or_lost_its_index(void **state)
{
    for (int lose = 0; lose < 2; lose++) {
        struct whole whole;
        struct grant grant;
        char path[128];

        (void)state;
        whole_open(&whole);
        struct slice facts = whole_register(&whole, &anna);
        (void)whole_register(&whole, &bela);
        open_route(&whole);
        struct id id = ask(&whole), refused = ask(&whole), lapsed = ask(&whole);
        (void)lapsed;
        release(&whole, &id, &anna);
        assert_int_equal(decide(&whole, ORDER_REFUSE, &refused, SLICE("not serious")), OK);
        assert_int_equal(read_under(&whole, whole_token(&whole, &INSPECTOR), &id, &anna, facts, &grant), OK);
        for (int crash = 0; crash < 3; crash++) {
            safe_close(whole.safe);
            whole.safe = NULL;
            snprintf(path, sizeof path, "%s/log/index.db", whole.directory);
            if (lose)
                assert_int_equal(unlink(path), 0);
            world_advance(&whole.world, (crash == 1 ? DAYS(250) : DAYS(1)) * 1000000000);
            whole_reopen(&whole);
            safe_idle(whole.safe);
            assert_int_equal(told_of(&whole, &anna), crash == 0 ? 0 : 4);
        }
        assert_int_equal(told_of(&whole, &bela), 0);
        assert_int_equal(times(public_log(&whole), "\"commitment\":"), 3); /* each order once, no cover in between */
        whole_close(&whole);
    }
}

static void oversight_ends_the_seal_early_and_nobody_prolongs_it(void **state)
{
    struct whole whole;
    struct grant grant;

    (void)state;
    whole_open(&whole);
    struct slice facts = whole_register(&whole, &anna);
    open_route(&whole);
    struct id id = ask(&whole);
    release(&whole, &id, &anna);
    struct slice officer = whole_token(&whole, &INSPECTOR);
    assert_int_equal(read_under(&whole, officer, &id, &anna, facts, &grant), OK);
    assert_int_equal(decide_as(&whole, officer, ORDER_TELL, &id, SLICE("please do"), NULL), ERROR_REFUSED);
    assert_int_equal(decide(&whole, ORDER_TELL, &id, SLICE("")), ERROR_REQUIRED);
    assert_int_equal(told_of(&whole, &anna), 0);
    assert_int_equal(decide(&whole, ORDER_TELL, &id, SLICE("the case is closed")), OK);
    safe_idle(whole.safe);
    assert_int_equal(told_of(&whole, &anna), 4);
    assert_int_equal(decide(&whole, ORDER_TELL, &id, SLICE("once more")), ERROR_CONFLICT);
    /* What is read from now on is not sealed again. */
    assert_int_equal(read_under(&whole, officer, &id, &anna, facts, &grant), OK);
    assert_int_equal(told_of(&whole, &anna), 5);
    /* A law with a longer seal prolongs nothing that was asked under the one before. */
    struct id second = ask(&whole);
    release(&whole, &second, &anna);
    struct law_said longer = LAW;
    longer.seal = 366;
    assert_int_equal(set_up(&whole, ORDER_SETUP_LAW, sign_by(whole.arena, law_text(&whole, &longer), ALL_THREE), NULL),
                     OK);
    size_t before = told_of(&whole, &anna);
    pass(&whole, DAYS(181));
    assert_int_equal(told_of(&whole, &anna), before + 3);
    whole_close(&whole);
}

/* Naming an order hides nothing that the order does not speak for. */
static void a_door_cannot_hide_a_look_behind_an_order(void **state)
{
    struct whole whole;
    struct grant grant;
    struct look_asked look;

    (void)state;
    whole_open(&whole);
    struct slice facts = whole_register(&whole, &anna), facts_of_bela = whole_register(&whole, &bela);
    open_route(&whole);
    struct id id = ask(&whole), undecided = ask(&whole);
    release(&whole, &id, &anna);
    struct slice nurse = whole_token(&whole, &NURSE), officer = whole_token(&whole, &INSPECTOR);
    struct access *access = looking(&look, nurse, &anna, facts, BIT(IDENTITY));
    access->order = id;
    assert_int_equal(whole_access(&whole, access, &grant), OK); /* her own right, and on the list */
    assert_int_equal(told_of(&whole, &anna), 1);
    assert_int_equal(read_under(&whole, officer, &undecided, &anna, facts, &grant), ERROR_REFUSED);
    assert_int_equal(told_of(&whole, &anna), 2);
    assert_int_equal(read_under(&whole, officer, &id, &bela, facts_of_bela, &grant), ERROR_REFUSED);
    assert_int_equal(told_of(&whole, &bela), 1);
    access = reading_under(&look, officer, &id, &anna, facts);
    access->type = SLICE("Observation");
    assert_int_equal(whole_access(&whole, access, &grant), ERROR_REFUSED);
    assert_int_equal(told_of(&whole, &anna), 3);
    access = reading_under(&look, officer, &id, &anna, facts);
    access->action = ACTION_SEARCH;
    assert_int_equal(whole_access(&whole, access, &grant), ERROR_REFUSED);
    assert_int_equal(told_of(&whole, &anna), 4);
    struct whole_person both_purposes = INSPECTOR;
    both_purposes.purposes |= 1u << PURPOSE_TREAT;
    access = reading_under(&look, whole_token(&whole, &both_purposes), &id, &anna, facts);
    access->purpose = PURPOSE_TREAT;
    assert_int_equal(whole_access(&whole, access, &grant), ERROR_REFUSED);
    assert_int_equal(told_of(&whole, &anna), 5);
    whole_close(&whole);
}

static void a_reading_is_reviewed_and_in_no_number_that_the_public_sees(void **state)
{
    struct whole whole;
    struct grant grant;
    struct slice counts;

    (void)state;
    whole_open(&whole);
    struct slice facts = whole_register(&whole, &anna);
    open_route(&whole);
    struct id id = ask(&whole);
    release(&whole, &id, &anna);
    assert_int_equal(open_reviews(&whole), 0);
    assert_int_equal(read_under(&whole, whole_token(&whole, &INSPECTOR), &id, &anna, facts, &grant), OK);
    assert_int_equal(open_reviews(&whole), 1);
    assert_int_equal(whole_ask(&whole, PROTOCOL_OVERSIGHT_COUNTS, SLICE(""), &counts), OK);
    struct reader reader = reader_of(counts);
    assert_int_equal(reader_u64(&reader), 0);
    pass(&whole, DAYS(15));
    assert_int_equal(times(public_log(&whole), "review."), 0);
    whole_close(&whole);
}

/* ---- counts ---- */

/* WHOLE_OPENED_S lies in 2023-Q4; the four orders end in 2024. */
static void counts_are_signed_and_of_a_period_that_is_over(void **state)
{
    struct whole whole;
    struct slice note_bytes, vkey;
    struct note note;
    struct note_key key;
    char path[128];

    (void)state;
    whole_open(&whole);
    (void)whole_register(&whole, &anna);
    open_route(&whole);
    struct id first = ask(&whole), second = ask(&whole), third = ask(&whole);
    (void)third;
    release(&whole, &first, &anna);
    assert_int_equal(decide(&whole, ORDER_REFUSE, &second, SLICE("not serious")), OK);
    assert_int_equal(set_up(&whole, ORDER_SETUP_COUNTS, SLICE("2023-Q4"), NULL), ERROR_VALUE);
    for (const char *const *bad =
             (const char *const[]){"", "2023", "2023-Q5", "2023-Q0", "23-Q4", "2023-Q44", "x", NULL};
         *bad; bad++)
        assert_int_equal(set_up(&whole, ORDER_SETUP_COUNTS, slice_from_string(*bad), NULL), ERROR_VALUE);
    pass(&whole, DAYS(190));
    assert_int_equal(set_up(&whole, ORDER_SETUP_COUNTS, SLICE("2023-Q4"), &note_bytes), OK);
    assert_int_equal(note_parse(note_bytes, &note), OK);
    assert_true(
        slice_equal(note.text, SLICE("hospitium order counts 1\nnode north\nperiod 2023-Q4\nasked 3\nreleased 1\n"
                                     "refused 1\nlapsed 1\ntold 0\n")));
    snprintf(path, sizeof path, "%s/log/public.vkey", whole.directory);
    FILE *file = fopen(path, "r");
    char text[512];
    assert_non_null(file);
    vkey = slice_of(text, fread(text, 1, sizeof text, file));
    fclose(file);
    assert_int_equal(note_key_parse(slice_cut(&vkey, '\n'), &key), OK);
    assert_true(slice_is(key.name, "north/public"));
    assert_int_equal(note_verify(&note, &key), OK);
    pass(&whole, DAYS(60));
    assert_int_equal(set_up(&whole, ORDER_SETUP_COUNTS, SLICE("2024-Q2"), &note_bytes), OK);
    assert_true(slice_search(note_bytes, SLICE("asked 0\nreleased 0\nrefused 0\nlapsed 0\ntold 1\n")) != SIZE_MAX);
    assert_int_equal(set_up(&whole, ORDER_SETUP_COUNTS, SLICE("2023"), &note_bytes), OK);
    assert_true(slice_search(note_bytes, SLICE("asked 3\nreleased 1\nrefused 1\nlapsed 1\ntold 0\n")) != SIZE_MAX);
    whole_close(&whole);
}

/* ---- the texts ---- */

static void an_order_is_read_as_it_was_written_and_in_no_other_way(void **state)
{
    static const char text[] =
        "hospitium order 1\nnode 00112233445566778899aabbccddeeff\norder 00112233445566778899aabbccddeefe\n"
        "received 1700007200\ncredential 00112233445566778899aabbccddee01\nactor inspector-7\nrole officer\n"
        "sector lawenforcement\norganization 00112233445566778899aabbccddee02\nauthority City Police\n"
        "officer Inspector Gray\nlaw Police Act\narticle 12(3)\ncase C-17\ndrawers identity,contact\n"
        "expires 1702007200\ntold 1715559200\n"
        "statute 00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff\nname Samirah Hadad\nborn "
        "1991-05-17\n";
    CLEANUP_BUFFER struct buffer again = buffer_new(ORDER_TEXT_MAX);
    struct order_text order;
    struct slice whole = slice_from_string(text);

    (void)state;
    assert_int_equal(order_read(whole, &order), OK);
    order_write(&order, &again);
    assert_true(slice_equal(buffer_view(&again), whole));
    for (size_t cut = 0; cut < whole.length; cut++)
        assert_int_not_equal(order_read(slice_of(text, cut), &order), OK);
    for (size_t at = 0; at < whole.length; at++) { /* a line twice, a line more, a space more: none of it is read */
        char spoiled[sizeof text + 1];
        memcpy(spoiled, text, at);
        spoiled[at] = '\n';
        memcpy(spoiled + at + 1, text + at, sizeof text - at);
        assert_int_not_equal(order_read(slice_of(spoiled, whole.length + 1), &order), OK);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(there_is_no_route_until_three_have_signed),
        cmocka_unit_test(a_law_that_is_not_as_it_must_be_opens_nothing),
        cmocka_unit_test(three_keys_are_three),
        cmocka_unit_test(a_file_that_was_changed_closes_the_route_and_nothing_else),
        cmocka_unit_test(the_route_is_gone_after_a_year_at_most),
        cmocka_unit_test(a_law_that_is_replaced_or_withdrawn_ends_what_was_open),
        cmocka_unit_test(what_does_not_name_one_person_under_the_law_is_refused_in_words),
        cmocka_unit_test(only_those_whom_the_law_names_may_ask),
        cmocka_unit_test(orders_are_few_for_each_officer_and_each_authority),
        cmocka_unit_test(one_message_holds_one_deed_about_orders),
        cmocka_unit_test(an_order_is_committed_to_in_public_at_once_and_oversight_can_open_it),
        cmocka_unit_test(cover_is_drawn_as_often_as_was_set_and_looks_the_same),
        cmocka_unit_test(a_release_wants_two_signatures_on_this_very_order),
        cmocka_unit_test(an_order_opens_who_she_is_and_nothing_else),
        cmocka_unit_test(an_order_serves_the_officer_who_brought_it_and_no_other),
        cmocka_unit_test(whose_record_it_is_is_said_to_that_officer_alone),
        cmocka_unit_test(oversight_looks_for_the_person_of_an_open_order_and_for_nobody_else),
        cmocka_unit_test(she_is_told_when_the_term_is_over_and_not_before),
        cmocka_unit_test(what_she_is_told_says_who_under_which_law_and_what),
        cmocka_unit_test(she_is_told_also_when_the_node_was_off_or_lost_its_index),
        cmocka_unit_test(oversight_ends_the_seal_early_and_nobody_prolongs_it),
        cmocka_unit_test(a_door_cannot_hide_a_look_behind_an_order),
        cmocka_unit_test(a_reading_is_reviewed_and_in_no_number_that_the_public_sees),
        cmocka_unit_test(counts_are_signed_and_of_a_period_that_is_over),
        cmocka_unit_test(an_order_is_read_as_it_was_written_and_in_no_other_way),
    };

    return cmocka_run_group_tests(tests, whole_template_make, whole_template_remove);
}
