/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "story.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "crypto/encode.h"
#include "keys/ring.h"
#include "keys/root.h"
#include "safe/review.h"
#include "safe/suspension.h"

static const struct id condition = {{0xC1, 3}}, consent = {{0xC0, 4}}, encounter = {{0xE1, 5}}, later_on = {{0xCE, 6}};
static const struct whole_person INES = {ROLE_OVERSEER, SECTOR_OVERSIGHT, 1u << PURPOSE_HOPERAT, "ombud", {{0}},
                                         "ines"};

#define BIT(drawer) (1u << DRAWER_##drawer)
#define PATIENT(family, phone)                                                                                         \
    "{\"resourceType\":\"Patient\",\"name\":[{\"family\":\"" family "\"}],\"telecom\":[{\"value\":\"" phone            \
    "\"}],\"maritalStatus\":{\"text\":\"widowed\"}}"
#define CONDITION "{\"resourceType\":\"Condition\",\"code\":{\"text\":\"fever for days\"}}"
#define ENCOUNTER "{\"resourceType\":\"Encounter\",\"status\":\"in-progress\",\"class\":{\"code\":\"AMB\"}}"
#define REASON SLICE("unconscious, nobody with her")

/* ---- made and staffed ---- */

static enum error make(struct house *house, struct story *story)
{
    struct world world = world_driven(STORY_SEED, STORY_START_S * 1000000000);
    struct safe_options options = {house->directory, SLICE(""), &world, NULL};
    char directory[200];

    (void)story;
    TRY(file_make_directory(node_path(house->directory, "vault").text));
    TRY(safe_create(&options, &house->fault));
    snprintf(directory, sizeof directory, "%s", house->directory);
    return house_open(house, directory, STORY_SEED + 1, STORY_START_S + 60);
}

static enum error staff(struct house *house, struct story *story)
{
    const struct whole_person *const who[STAFF] = {&NURSE, &PHYSICIAN_ELSEWHERE, &PHYSICIAN_EMERGENCY, &INES};

    for (size_t i = 0; i < STAFF; i++)
        if (who[i])
            TRY(house_issue(house, who[i], &story->token[i]));
    return OK;
}

/* ---- records ---- */

static enum error write_one(struct house *house, const struct house_token *as, enum gate_method method,
                            const char *type, const struct id *resource, const struct id *person, const char *json)
{
    static const struct slice term[] = {{"name=hadad", 10}, {"status=here", 11}};
    struct house_write write = {method, type, json, *resource, *person, 0, 0, term, 2};

    return house_write(house, as, &write, 1);
}

static enum error sees(struct house *house, const struct house_token *as, const char *type, const struct id *resource,
                       uint64_t version, const char *text, const char **ret_why)
{
    struct house_seen seen;

    TRY(house_read(house, as, type, resource, version, &seen));
    if (seen.count == 1 && slice_search(seen.json, slice_from_string(text)) != SIZE_MAX)
        return OK;
    *ret_why = "another text is shown than was confirmed";
    return STORY_WRONG;
}

static enum error does_not_see(struct house *house, const struct house_token *as, const char *type,
                               const struct id *resource, const char **ret_why)
{
    struct house_seen seen;
    enum error error = house_read(house, as, type, resource, 0, &seen);

    if (error == ERROR_REFUSED || error == ERROR_NOT_FOUND || error == ERROR_GONE || error == ERROR_SUSPENDED)
        return OK;
    if (error != OK)
        return error;
    *ret_why = "somebody sees what she may not see any more";
    return STORY_WRONG;
}

/* A person and what she is let in with. */
static enum error add_person(struct house *house, struct story *story, const char *json, struct id *ret_person,
                             struct house_token *ret_token)
{
    struct id person = {{0xA1, ++story->attempts}};
    struct whole_person self = whole_patient(&person);

    TRY(write_one(house, &story->token[BY_NURSE], GATE_CREATE, "Patient", &person, &person, json));
    *ret_person = person;
    return house_issue(house, &self, ret_token);
}

static enum error registered(struct house *house, struct story *story)
{
    return add_person(house, story, PATIENT("Hadad", "0470"), &story->anna, &story->token[BY_ANNA]);
}
static enum error is_registered(struct house *house, const struct story *story, const char **ret_why)
{
    return sees(house, &story->token[BY_NURSE], "Patient", &story->anna, 1, "\"Hadad\"", ret_why);
}

static enum error second(struct house *house, struct story *story)
{
    return add_person(house, story, PATIENT("Szabo", "0471"), &story->bela, &story->token[BY_BELA]);
}
static enum error second_is_there(struct house *house, const struct story *story, const char **ret_why)
{
    return sees(house, &story->token[BY_NURSE], "Patient", &story->bela, 0, "\"Szabo\"", ret_why);
}

static enum error changed(struct house *house, struct story *story)
{
    return write_one(house, &story->token[BY_NURSE], GATE_UPDATE, "Patient", &story->anna, &story->anna,
                     PATIENT("Haddad", "0470"));
}
static enum error is_changed(struct house *house, const struct story *story, const char **ret_why)
{
    return sees(house, &story->token[BY_NURSE], "Patient", &story->anna, 0, "\"Haddad\"", ret_why);
}

static enum error patched(struct house *house, struct story *story)
{
    struct house_write write = {GATE_PATCH,  "Patient",   PATIENT("Haddad", "0999"),
                                story->anna, story->anna, BIT(IDENTITY) | BIT(CONTACT) | BIT(SOCIAL),
                                2,           NULL,        0};

    return house_write(house, &story->token[BY_NURSE], &write, 1);
}
static enum error is_patched(struct house *house, const struct story *story, const char **ret_why)
{
    TRY(sees(house, &story->token[BY_NURSE], "Patient", &story->anna, 0, "\"0999\"", ret_why));
    return sees(house, &story->token[BY_NURSE], "Patient", &story->anna, 0, "widowed", ret_why);
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
    TRY(sees(house, &story->token[BY_NURSE], "Condition", &condition, 0, "fever for days", ret_why));
    return sees(house, &story->token[BY_NURSE], "Encounter", &encounter, 0, "in-progress", ret_why);
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
    return write_one(house, &story->token[BY_ANNA], first ? GATE_CREATE : GATE_UPDATE, "Consent", &consent,
                     &story->anna, json);
}
static enum error consented(struct house *house, struct story *story)
{
    return consents(house, story, true);
}
static enum error elsewhere_sees(struct house *house, const struct story *story, const char **ret_why)
{
    return sees(house, &story->token[BY_ELSEWHERE], "Patient", &story->anna, 0, "Haddad", ret_why);
}

static enum error withdrew(struct house *house, struct story *story)
{
    return consents(house, story, false);
}
static enum error elsewhere_sees_nothing(struct house *house, const struct story *story, const char **ret_why)
{
    return does_not_see(house, &story->token[BY_ELSEWHERE], "Patient", &story->anna, ret_why);
}

static enum error broke_glass(struct house *house, struct story *story)
{
    return house_break_glass(house, &story->token[BY_EMERGENCY], &story->anna, REASON, &story->glass);
}

static enum error list_reviews(struct house *house, const struct house_token *token, struct slice *ret_list)
{
    CLEANUP_BUFFER struct buffer payload = buffer_new(1024);

    protocol_asker_write(slice_of(token->byte, token->length), 0, &payload);
    TRY(buffer_check(&payload));
    return house_ask(house, PROTOCOL_REVIEWS, buffer_view(&payload), ret_list);
}

static enum error reviews_open_are(struct house *house, const struct story *story, size_t expected,
                                   const char **ret_why)
{
    const struct house_token *token = &story->token[BY_OVERSEER];
    size_t count = 0;
    struct slice list;

    TRY(list_reviews(house, token, &list));
    for (size_t at; (at = slice_search(list, SLICE("\"overdue\""))) != SIZE_MAX; list = slice_from(list, at + 1))
        count++;
    *ret_why = "a review is lost, or one that was closed is open again";
    return count == expected ? OK : STORY_WRONG;
}

static enum error glass_is_reviewed_and_open(struct house *house, const struct story *story, const char **ret_why)
{
    TRY(reviews_open_are(house, story, 1, ret_why));
    return sees(house, &story->token[BY_EMERGENCY], "Patient", &story->anna, 0, "Haddad", ret_why);
}

/* The entry that opened the only review: an earlier attempt's, when that got as far as the log. */
static enum error opened_by(struct house *house, const struct story *story, uint64_t *ret_entry)
{
    const struct house_token *token = &story->token[BY_OVERSEER];
    struct slice list;

    TRY(list_reviews(house, token, &list));
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
    CLEANUP_BUFFER struct buffer payload = buffer_new(1024);
    const struct house_token *token = &story->token[BY_OVERSEER];
    struct slice answer;

    protocol_asker_write(slice_of(token->byte, token->length), 0, &payload);
    buffer_byte(&payload, SUSPENDED_ACTOR);
    protocol_text_write(slice_from_string(vocabulary_word(VOCABULARY_ROLE, ROLE_NURSE)), &payload);
    protocol_text_write(SLICE("under investigation"), &payload);
    TRY(buffer_check(&payload));
    TRY(house_ask(house, PROTOCOL_SUSPEND, buffer_view(&payload), &answer));
    struct reader reader = reader_of(answer);
    story->suspension = reader_u64(&reader);
    return OK;
}
static enum error nurse_is_suspended(struct house *house, const struct story *story, const char **ret_why)
{
    return does_not_see(house, &story->token[BY_NURSE], "Patient", &story->anna, ret_why);
}

static enum error lifted(struct house *house, struct story *story)
{
    CLEANUP_BUFFER struct buffer payload = buffer_new(1024);
    const struct house_token *token = &story->token[BY_OVERSEER];

    protocol_asker_write(slice_of(token->byte, token->length), 0, &payload);
    buffer_u64(&payload, story->suspension);
    protocol_text_write(SLICE("cleared after inquiry"), &payload);
    TRY(buffer_check(&payload));
    return house_ask(house, PROTOCOL_LIFT, buffer_view(&payload), NULL);
}

static enum error issued(struct house *house, struct story *story)
{
    static const struct whole_person clerk = {ROLE_NURSE,       SECTOR_HEALTH, 1u << PURPOSE_TREAT,
                                              "harbour-clinic", {{0}},         "temporary"};

    return house_issue(house, &clerk, &story->token[BY_WITHDRAWN]);
}
static enum error issued_sees(struct house *house, const struct story *story, const char **ret_why)
{
    return sees(house, &story->token[BY_WITHDRAWN], "Patient", &story->anna, 0, "Haddad", ret_why);
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
    TRY(does_not_see(house, &story->token[BY_NURSE], "Patient", &story->bela, ret_why));
    return does_not_see(house, &story->token[BY_BELA], "Patient", &story->bela, ret_why);
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
        TRY(sees(house, &story->token[BY_NURSE], "Condition", &(struct id){{0x70, round, 5}}, 0, "fever", ret_why));
    return OK;
}

static enum error late(struct house *house, struct story *story)
{
    return write_one(house, &story->token[BY_NURSE], GATE_CREATE, "Condition", &later_on, &story->anna, CONDITION);
}
static enum error late_is_there(struct house *house, const struct story *story, const char **ret_why)
{
    return sees(house, &story->token[BY_NURSE], "Condition", &later_on, 0, "fever", ret_why);
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
const struct story_step story_step[] = {
    {"a node is made",            0, make,           NULL,                       NULL, false},
    {"staff get credentials",     0, staff,          NULL,                       NULL, false},
    {"Anna is registered",        1, registered,     is_registered,              "the nurse is suspended", false},
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
const size_t story_steps = sizeof story_step / sizeof *story_step;

/* ---- telling ---- */

size_t story_first(unsigned chapter)
{
    size_t step = 0;

    while (step < story_steps && story_step[step].chapter < chapter)
        step++;
    return step;
}

/* A stranger asks for both checkpoints and remembers them. The node need not answer: a panic shut it. */
static void remember_checkpoints(struct house *house, struct story *story)
{
    static const char *const keys[] = {"log/access.vkey", "log/public.vkey"};
    struct slice note, vkey;

    for (uint8_t log = 0; log < 2 && house->safe && !safe_is_shut(house->safe); log++) {
        if (house_checkpoint(house, log, &note) != OK || note.length > STORY_NOTE_MAX ||
            file_read(house->arena, node_path(house->directory, keys[log]).text, 255, &vkey, NULL) != OK)
            continue;
        memcpy(story->note[log], note.data, note.length);
        story->note_length[log] = (uint16_t)note.length;
        snprintf(story->vkey[log], sizeof story->vkey[log], "%.*s", (int)vkey.length - 1, vkey.data);
    }
}

enum error story_tell(const char *directory, unsigned chapter, struct story *story, bool again, story_hook *hook,
                      void *context)
{
    struct house house = {0};
    enum error error = OK;

    snprintf(house.directory, sizeof house.directory, "%s", directory);
    if (chapter > 0)
        error = house_open(&house, directory, STORY_SEED + 10 + chapter, STORY_START_S + 60 * (1 + chapter));
    if (error != OK && again) {
        house_close(&house);
        error = house_open(&house, directory, STORY_SEED + 10 + chapter, STORY_START_S + 60 * (1 + chapter));
    }
    for (size_t i = story_first(chapter); error == OK && i < story_steps && story_step[i].chapter == chapter; i++) {
        story->begun[i] = true;
        story->error[i] = story_step[i].tell(&house, story);
        if (story->error[i] != OK && again && house.gate)
            story->error[i] = story_step[i].tell(&house, story);
        if (!house.gate) /* never made */
            break;
        if (story->error[i] != OK)
            continue;
        remember_checkpoints(&house, story);
        story->confirmed[i] = true;
        if (hook)
            hook(context, i);
    }
    house_close(&house);
    return error;
}
