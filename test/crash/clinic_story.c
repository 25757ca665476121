/* SPDX-License-Identifier: Apache-2.0 */

/* The first story: a day of a clinic, from the making of its node to its panic. */

#define _GNU_SOURCE
#include "story_parts.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/file.h"
#include "crypto/encode.h"
#include "keys/ring.h"
#include "keys/root.h"
#include "safe/review.h"
#include "safe/suspension.h"

static const struct id condition = {{0xC1, 3}}, consent = {{0xC0, 4}}, encounter = {{0xE1, 5}}, later_on = {{0xCE, 6}};
#define CONDITION "{\"resourceType\":\"Condition\",\"code\":{\"text\":\"fever for days\"}}"
#define ENCOUNTER "{\"resourceType\":\"Encounter\",\"status\":\"in-progress\",\"class\":{\"code\":\"AMB\"}}"
#define REASON SLICE("unconscious, nobody with her")

/* ---- records ---- */

static enum error second(struct house *house, struct story *story)
{
    return story_register(house, story, STORY_PATIENT("Szabo", "0471"), &story->bela, &story->token[BY_BELA]);
}
static enum error second_is_there(struct house *house, const struct story *story, const char **ret_why)
{
    return story_sees(house, &story->token[BY_NURSE], "Patient", &story->bela, 0, "\"Szabo\"", ret_why);
}

static enum error changed(struct house *house, struct story *story)
{
    return story_write(house, &story->token[BY_NURSE], GATE_UPDATE, "Patient", &story->anna, &story->anna,
                       STORY_PATIENT("Haddad", "0470"));
}
static enum error is_changed(struct house *house, const struct story *story, const char **ret_why)
{
    return story_sees(house, &story->token[BY_NURSE], "Patient", &story->anna, 0, "\"Haddad\"", ret_why);
}

static enum error patched(struct house *house, struct story *story)
{
    struct house_write write = {GATE_PATCH,  "Patient",   STORY_PATIENT("Haddad", "0999"),
                                story->anna, story->anna, STORY_BIT(IDENTITY) | STORY_BIT(CONTACT) | STORY_BIT(SOCIAL),
                                2,           NULL,        0};

    return house_write(house, &story->token[BY_NURSE], &write, 1);
}
static enum error is_patched(struct house *house, const struct story *story, const char **ret_why)
{
    TRY(story_sees(house, &story->token[BY_NURSE], "Patient", &story->anna, 0, "\"0999\"", ret_why));
    return story_sees(house, &story->token[BY_NURSE], "Patient", &story->anna, 0, "widowed", ret_why);
}

/* Two records in one transaction: both or none. */
static enum error treated(struct house *house, struct story *story)
{
    const struct house_write write[] = {
        {GATE_CREATE, "Encounter", ENCOUNTER, encounter, story->anna, 0, 0, NULL, 0},
        {GATE_CREATE, "Condition", CONDITION, condition, story->anna, 0, 0, NULL, 0},
    };

    return house_write(house, &story->token[BY_NURSE], write, 2);
}
static enum error is_treated(struct house *house, const struct story *story, const char **ret_why)
{
    TRY(story_sees(house, &story->token[BY_NURSE], "Condition", &condition, 0, "fever for days", ret_why));
    return story_sees(house, &story->token[BY_NURSE], "Encounter", &encounter, 0, "in-progress", ret_why);
}

static enum error looked_for(struct house *house, struct story *story)
{
    struct house_seen seen;

    TRY(house_search(house, &story->token[BY_NURSE], "Patient", SLICE("name=hadad"), &seen));
    story->leaf = seen.leaf;
    return OK;
}

static enum error she_looks(struct house *house, struct story *story)
{
    struct slice list;

    return house_events(house, &story->token[BY_ANNA], &story->anna, &list);
}

/* ---- consent and glass ---- */

static enum error consents(struct house *house, const struct story *story, bool first)
{
    struct id other = node_organization(SLICE("other-clinic"));
    char hex[ID_TEXT_BYTES + 1] = {0}, json[512];

    encode_hex(id_slice(&other), hex);
    snprintf(json, sizeof json,
             "{\"resourceType\":\"Consent\",\"status\":\"active\",\"provision\":{\"type\":\"%s\",\"actor\":"
             "[{\"reference\":{\"reference\":\"Organization/%.32s\"}}]}}",
             first ? "permit" : "deny", hex);
    return story_write(house, &story->token[BY_ANNA], first ? GATE_CREATE : GATE_UPDATE, "Consent", &consent,
                       &story->anna, json);
}
static enum error consented(struct house *house, struct story *story)
{
    return consents(house, story, true);
}
static enum error elsewhere_sees(struct house *house, const struct story *story, const char **ret_why)
{
    return story_sees(house, &story->token[BY_ELSEWHERE], "Patient", &story->anna, 0, "Haddad", ret_why);
}

static enum error withdrew(struct house *house, struct story *story)
{
    return consents(house, story, false);
}
static enum error elsewhere_sees_nothing(struct house *house, const struct story *story, const char **ret_why)
{
    return story_sees_not(house, &story->token[BY_ELSEWHERE], "Patient", &story->anna, ret_why);
}

static enum error broke_glass(struct house *house, struct story *story)
{
    return house_break_glass(house, &story->token[BY_EMERGENCY], &story->anna, REASON, &story->glass);
}

static enum error reviews_open_are(struct house *house, const struct story *story, size_t expected,
                                   const char **ret_why)
{
    const struct house_token *token = &story->token[BY_OVERSEER];
    size_t count = 0;
    struct slice list;

    TRY(story_list(house, PROTOCOL_REVIEWS, token, &list));
    for (size_t at; (at = slice_search(list, SLICE("\"overdue\""))) != SIZE_MAX; list = slice_from(list, at + 1))
        count++;
    *ret_why = "a review is lost, or one that was closed is open again";
    return count == expected ? OK : STORY_WRONG;
}

static enum error glass_is_reviewed_and_open(struct house *house, const struct story *story, const char **ret_why)
{
    TRY(reviews_open_are(house, story, 1, ret_why));
    return story_sees(house, &story->token[BY_EMERGENCY], "Patient", &story->anna, 0, "Haddad", ret_why);
}

/* The entry that opened the only review: an earlier attempt's, when that got as far as the log. */
static enum error opened_by(struct house *house, const struct story *story, uint64_t *ret_entry)
{
    const struct house_token *token = &story->token[BY_OVERSEER];
    struct slice list;

    TRY(story_list(house, PROTOCOL_REVIEWS, token, &list));
    size_t at = slice_search(list, SLICE("\"entry\":"));
    if (at == SIZE_MAX)
        return ERROR_NOT_FOUND;
    *ret_entry = strtoull(slice_from(list, at + 8).data, NULL, 10); /* the list goes on behind the number */
    return OK;
}

static enum error judged(struct house *house, struct story *story)
{
    CLEANUP_BUFFER struct buffer payload = buffer_new(1024);
    const struct house_token *token = &story->token[BY_OVERSEER];
    uint64_t entry;

    TRY(opened_by(house, story, &entry));
    protocol_asker_write(slice_of(token->byte, token->length), 0, &payload);
    buffer_u64(&payload, entry);
    buffer_byte(&payload, REVIEW_JUSTIFIED);
    protocol_text_write(SLICE("seen the ward's log"), &payload);
    TRY(buffer_check(&payload));
    return house_ask(house, PROTOCOL_REVIEW_DONE, buffer_view(&payload), NULL);
}
static enum error nothing_waits(struct house *house, const struct story *story, const char **ret_why)
{
    return reviews_open_are(house, story, 0, ret_why);
}

/* ---- credentials and suspensions ---- */

static enum error suspended(struct house *house, struct story *story)
{
    return story_suspend(house, &story->token[BY_OVERSEER], SUSPENDED_ACTOR,
                         vocabulary_word(VOCABULARY_ROLE, ROLE_NURSE), &story->suspension[0]);
}
static enum error nurse_is_suspended(struct house *house, const struct story *story, const char **ret_why)
{
    return story_sees_not(house, &story->token[BY_NURSE], "Patient", &story->anna, ret_why);
}

static enum error lifted(struct house *house, struct story *story)
{
    return story_lift(house, &story->token[BY_OVERSEER], story->suspension[0]);
}

static enum error issued(struct house *house, struct story *story)
{
    static const struct whole_person clerk = {ROLE_NURSE,       SECTOR_HEALTH, 1u << PURPOSE_TREAT,
                                              "harbour-clinic", {{0}},         "temporary"};

    return house_issue(house, &clerk, &story->token[BY_WITHDRAWN]);
}
static enum error issued_sees(struct house *house, const struct story *story, const char **ret_why)
{
    return story_sees(house, &story->token[BY_WITHDRAWN], "Patient", &story->anna, 0, "Haddad", ret_why);
}

static enum error revoked(struct house *house, struct story *story)
{
    const struct house_token *token = &story->token[BY_WITHDRAWN];

    return house_ask(house, PROTOCOL_REVOKE, slice_of(token->byte, token->length), NULL);
}
static enum error revoked_sees_nothing(struct house *house, const struct story *story, const char **ret_why)
{
    struct house_seen seen;
    enum error error = house_read(house, &story->token[BY_WITHDRAWN], "Patient", &story->anna, 0, &seen);

    *ret_why = "a withdrawn credential opens a record";
    return error == OK ? STORY_WRONG : OK;
}

static enum error erased(struct house *house, struct story *story)
{
    return house_erase(house, &story->token[BY_BELA], &story->bela);
}
static enum error is_gone(struct house *house, const struct story *story, const char **ret_why)
{
    TRY(story_sees_not(house, &story->token[BY_NURSE], "Patient", &story->bela, ret_why));
    return story_sees_not(house, &story->token[BY_BELA], "Patient", &story->bela, ret_why);
}

/* ---- keys, copies, rest ---- */

/* Each attempt into a directory of its own, as `hospitium backup` wants it. */
static enum error backed_up(struct house *house, struct story *story)
{
    char directory[256];

    snprintf(directory, sizeof directory, "%s/copy%u", house->directory, ++story->copies);
    return house_backup(house, directory);
}
static enum error copy_is_there(struct house *house, const struct story *story, const char **ret_why)
{
    static const char *const files[] = {"vault.db", "keys/root", "keys/ring", "access.checkpoint", "public.checkpoint"};
    char below[64];

    *ret_why = "a finished backup is not there";
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        snprintf(below, sizeof below, "copy%u/%s", story->copies, files[i]);
        if (!file_exists(node_path(house->directory, below).text))
            return STORY_WRONG;
    }
    return OK;
}

static enum error rotate(struct house *house, enum rotation which)
{
    uint8_t byte = (uint8_t)which;

    return house_ask(house, PROTOCOL_ROTATE, slice_of((const char *)&byte, 1), NULL);
}

/* Until it is done: one step would do for the few rows that are here. */
static void rest(struct house *house)
{
    for (int i = 0; i < 3; i++)
        safe_idle(house->safe);
}

static enum error new_access_key(struct house *house, struct story *story)
{
    (void)story;
    return rotate(house, ROTATION_ACCESS);
}
static enum error new_public_key(struct house *house, struct story *story)
{
    (void)story;
    return rotate(house, ROTATION_PUBLIC);
}

static enum error new_root(struct house *house, struct story *story)
{
    const struct root_sealing open_lying = {.kind = ROOT_PLAIN};
    struct world world = world_driven(77, 0);
    struct secret_key root, next;

    (void)story;
    TRY(root_open(node_path(house->directory, "keys/root").text, SLICE(""), &root, &house->fault));
    world.random(&world, next.byte, sizeof next.byte);
    TRY(root_seal(node_path(house->directory, "keys/root.next").text, &open_lying, &next, &world, &house->fault));
    TRY(ring_offer(node_path(house->directory, "keys/ring.offer").text, &root, &next, &world));
    TRY(rotate(house, ROTATION_ROOT));
    rest(house);
    return OK;
}

static enum error rested(struct house *house, struct story *story)
{
    (void)story;
    rest(house);
    return OK;
}

/* So many that the stores' logs are moved into their files. */
static enum error many(struct house *house, struct story *story)
{
    struct house_write write[6];

    for (size_t round = 0; round < 8; round++) {
        for (size_t i = 0; i < 6; i++)
            write[i] = (struct house_write){
                GATE_CREATE, "Condition", CONDITION, {{0x70, (uint8_t)round, (uint8_t)i}}, story->anna, 0, 0, NULL, 0};
        enum error error = house_write(house, &story->token[BY_NURSE], write, 6);
        if (error != OK && error != ERROR_EXISTS) /* told before and failed later on */
            return error;
    }
    return OK;
}
static enum error many_are_there(struct house *house, const struct story *story, const char **ret_why)
{
    for (uint8_t round = 0; round < 8; round += 3)
        TRY(story_sees(house, &story->token[BY_NURSE], "Condition", &(struct id){{0x70, round, 5}}, 0, "fever",
                       ret_why));
    return OK;
}

static enum error late(struct house *house, struct story *story)
{
    return story_write(house, &story->token[BY_NURSE], GATE_CREATE, "Condition", &later_on, &story->anna, CONDITION);
}
static enum error late_is_there(struct house *house, const struct story *story, const char **ret_why)
{
    return story_sees(house, &story->token[BY_NURSE], "Condition", &later_on, 0, "fever", ret_why);
}

static enum error panicked(struct house *house, struct story *story)
{
    (void)story;
    return house_ask(house, PROTOCOL_PANIC, SLICE(""), NULL);
}
static enum error is_locked(struct house *house, const struct story *story, const char **ret_why)
{
    (void)story;
    *ret_why = "the mark of the panic is gone";
    return file_exists(node_path(house->directory, SAFE_LOCKED_FILE).text) ? OK : STORY_WRONG;
}

/* clang-format off */
static const struct story_step story_step[] = {
    {"a node is made",            0, story_made,     NULL,                       NULL, false},
    {"staff get credentials",     0, story_staffed,  NULL,                       NULL, false},
    {"Anna is registered",        1, story_registered, story_is_registered,      "the nurse is suspended", false},
    {"Bela is registered",        1, second,         second_is_there,            "the nurse is suspended", false},
    {"a record is changed",       1, changed,        is_changed,                 "the nurse is suspended", false},
    {"a part is patched",         1, patched,        is_patched,                 "the nurse is suspended", false},
    {"she is treated",            1, treated,        is_treated,                 "the nurse is suspended", false},
    {"somebody searches",         1, looked_for,     NULL,                       NULL, false},
    {"she sees who looked",       1, she_looks,      NULL,                       NULL, false},
    {"she consents",              2, consented,      elsewhere_sees,             "she withdraws her consent", false},
    {"she withdraws her consent", 2, withdrew,       elsewhere_sees_nothing,     NULL, false},
    {"the glass is broken",       2, broke_glass,    glass_is_reviewed_and_open, "the look is judged", false},
    {"the look is judged",        2, judged,         nothing_waits,              "Bela is erased", false},
    {"the nurse is suspended",    3, suspended,      nurse_is_suspended,         "the suspension is lifted", false},
    {"the suspension is lifted",  3, lifted,         is_changed,                 NULL, false},
    {"a credential is issued",    3, issued,         issued_sees,                "the credential is revoked", false},
    {"the credential is revoked", 3, revoked,        revoked_sees_nothing,       NULL, false},
    {"Bela is erased",            3, erased,         is_gone,                    NULL, false},
    {"a copy is made",            3, backed_up,      copy_is_there,              NULL, false},
    {"the access log's key",      4, new_access_key, NULL,                       NULL, false},
    {"the public log's key",      4, new_public_key, NULL,                       NULL, false},
    {"a new root",                4, new_root,       is_changed,                 NULL, true},
    {"what could wait",           4, rested,         NULL,                       NULL, false},
    {"many records",              5, many,           many_are_there,             NULL, false},
    {"a late one",                5, late,           late_is_there,              NULL, false},
    {"panic",                     5, panicked,       is_locked,                  NULL, true},
};
/* clang-format on */
static const int64_t begins_s[] = {60, 120, 180, 240, 300, 360};

/* An erasure that was cut off: if her keys are gone, the log says so. Asked before anything else is. */
static bool erased_with_an_entry(struct house *house, const struct story *story, char why[256])
{
    size_t gone = story_named(&clinic_tale, "Bela is erased"), there = story_named(&clinic_tale, "Bela is registered");
    uint64_t before = story_size(slice_of(story->note[0], story->note_length[0]));
    const char *what;
    struct slice note;

    if (!story->begun[gone] || story->confirmed[gone] || !story->confirmed[there])
        return true;
    if (!story->confirmed[story_named(&clinic_tale, "the suspension is lifted")]) /* the nurse may not look */
        return true;
    if (house_checkpoint(house, 0, &note) != OK || story_size(note) > before)
        return true;
    if (story_step[there].holds(house, story, &what) == OK)
        return true;
    snprintf(why, 256, "her keys are gone without an entry");
    return false;
}

const struct tale clinic_tale = {
    .name = "a clinic",
    .step = story_step,
    .steps = sizeof story_step / sizeof *story_step,
    .chapters = 6,
    .begins_s = begins_s,
    .at_first = erased_with_an_entry,
    .points = {10000, 3600, 500},
};
