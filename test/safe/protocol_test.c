/* SPDX-License-Identifier: Apache-2.0 */

/* Proves that door and safe read what the other wrote, and that neither is shaken by bytes that nobody wrote: cut short,
 * too long, or garbled. Whatever is accepted writes back to the same bytes, so there is one form for each message. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <cmocka.h>

#include "base/world.h"
#include "safe/protocol.h"

#define FLIPS 20000

/* One of the messages: writes a sample, and reads bytes and writes them back. */
struct message {
    const char *name;
    void (*sample)(struct buffer *into);
    enum error (*again)(struct arena *arena, struct slice bytes, struct buffer *into);
};

static const struct id one = {{1, 0xff}}, two = {{2}}, three = {{3}};

static void sample_access(struct buffer *into)
{
    const struct access_target target[] = {{one, SLICE("sealed facts"), false}, {two, SLICE(""), true}};
    const struct fact_change change[] = {
        {.target = 1, .kind = FACT_CONSENT, .value = CONSENT_DENY, .organization = three, .source = two, .expires_s = 77},
        {.target = 0, .kind = FACT_RELATION, .value = RELATION_PAST, .organization = one, .source = three},
    };
    const struct access access = {
        .token = SLICE("hsp_token"), .purpose = PURPOSE_ENFORCE, .action = ACTION_ERASE, .drawers = DRAWER_ALL,
        .needed = OUTCOME_FULL, .type = SLICE("Observation"), .resource = three, .resources = 70000,
        .reason = SLICE("unconscious"), .open_glass = true, .all_or_nothing = true, .target = target, .targets = 2,
        .change = change, .changes = 2,
    };
    access_write(&access, into);
}

static enum error again_access(struct arena *arena, struct slice bytes, struct buffer *into)
{
    struct access access;

    TRY(access_read(arena, bytes, &access));
    access_write(&access, into);
    return OK;
}

static void sample_grant(struct buffer *into)
{
    struct grant_target target[2] = {
        {.drawers = 1u << DRAWER_IDENTITY | 1u << DRAWER_AUDIT, .outcome = {3, 0, 1, 2, 0, 0, 3}, .facts = SLICE("new")},
        {.facts = SLICE("")},
    };
    struct grant grant = {UINT64_MAX - 1, 1700000000, SLICE("D-21"), SLICE("Art. 9"), true, target, 2};

    memset(target[0].key[DRAWER_IDENTITY].byte, 0x11, SECRET_KEY_BYTES);
    memset(target[0].key[DRAWER_AUDIT].byte, 0x22, SECRET_KEY_BYTES);
    grant_write(&grant, into);
}

static enum error again_grant(struct arena *arena, struct slice bytes, struct buffer *into)
{
    struct grant grant;

    TRY(grant_read(arena, bytes, &grant));
    grant_write(&grant, into);
    return OK;
}

static void sample_completion(struct buffer *into)
{
    completion_write(&(struct completion){UINT64_MAX, ERROR_PRECONDITION, 12}, into);
}

static enum error again_completion(struct arena *arena, struct slice bytes, struct buffer *into)
{
    struct completion completion;

    (void)arena;
    TRY(completion_read(bytes, &completion));
    completion_write(&completion, into);
    return OK;
}

static void sample_credential(struct buffer *into)
{
    const struct credential credential = {
        .id = one, .actor = SLICE("nurse-1"), .role = ROLE_SYSTEM, .sector = SECTOR_SYSTEM, .training = TRAINING_LAPSED,
        .organization = two, .person = three, .purposes = 0x7fe, .issued_s = 1, .expires_s = INT64_MAX,
    };
    credential_write(&credential, into);
}

static enum error again_credential(struct arena *arena, struct slice bytes, struct buffer *into)
{
    struct credential credential;

    (void)arena;
    TRY(credential_read(bytes, &credential));
    credential_write(&credential, into);
    return OK;
}

static void sample_session(struct buffer *into)
{
    struct session_keys keys = {.node = one, .demo = true};

    for (unsigned s = 0; s < SECTOR_COUNT; s++)
        memset(keys.sector[s].byte, (int)s + 1, SECRET_KEY_BYTES);
    memset(keys.posting.byte, 0xee, SECRET_KEY_BYTES);
    session_keys_write(&keys, into);
}

static enum error again_session(struct arena *arena, struct slice bytes, struct buffer *into)
{
    struct session_keys keys = {0};

    (void)arena;
    TRY(session_keys_read(bytes, &keys));
    session_keys_write(&keys, into);
    return OK;
}

static const struct message messages[] = {
    {"access", sample_access, again_access},
    {"grant", sample_grant, again_grant},
    {"completion", sample_completion, again_completion},
    {"credential", sample_credential, again_credential},
    {"session keys", sample_session, again_session},
};
#define MESSAGES (sizeof messages / sizeof *messages)

/* Reads from a copy of exactly this length, so that the sanitizer sees a step past its end. */
static enum error read_exactly(const struct message *message, struct slice bytes, struct buffer *back)
{
    CLEANUP_ARENA struct arena *arena = arena_new(4u << 20);
    char *copy = malloc(bytes.length ? bytes.length : 1);

    assert_non_null(arena);
    assert_non_null(copy);
    memcpy(copy, bytes.data, bytes.length);
    enum error error = message->again(arena, slice_of(copy, bytes.length), back);
    free(copy);
    return error;
}

static void each_message_comes_back(void **state)
{
    (void)state;
    for (size_t i = 0; i < MESSAGES; i++) {
        CLEANUP_BUFFER struct buffer sent = buffer_new(1u << 20), back = buffer_new(1u << 20);
        messages[i].sample(&sent);
        if (read_exactly(&messages[i], buffer_view(&sent), &back) != OK)
            fail_msg("%s is not read", messages[i].name);
        if (!slice_equal(buffer_view(&sent), buffer_view(&back)))
            fail_msg("%s comes back changed", messages[i].name);
    }
}

static void a_message_cut_short_or_too_long_is_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < MESSAGES; i++) {
        CLEANUP_BUFFER struct buffer sent = buffer_new(1u << 20), back = buffer_new(1u << 20);
        messages[i].sample(&sent);
        buffer_byte(&sent, 0);
        for (size_t length = 0; length <= sent.length; length++) {
            enum error error = read_exactly(&messages[i], slice_of(sent.data, length), &back);
            if ((error == OK) != (length == sent.length - 1))
                fail_msg("%s of %zu bytes: %s", messages[i].name, length, error_entry(error)->name);
        }
    }
}

static void garbled_bytes_are_refused_or_mean_what_they_say(void **state)
{
    struct world world = world_driven(3, 0);

    (void)state;
    for (size_t i = 0; i < MESSAGES; i++) {
        CLEANUP_BUFFER struct buffer sent = buffer_new(1u << 20), back = buffer_new(1u << 20);
        messages[i].sample(&sent);
        for (size_t flip = 0; flip < FLIPS; flip++) {
            uint32_t random[3];
            world.random(&world, random, sizeof random);
            size_t at = random[0] % sent.length, other = random[1] % sent.length;
            char kept = sent.data[at], kept_other = sent.data[other];
            sent.data[at] = (char)(random[2] & 0xff);
            if (random[2] & 0x100)
                sent.data[other] = (char)(random[2] >> 16);
            buffer_clear(&back);
            if (read_exactly(&messages[i], buffer_view(&sent), &back) == OK &&
                !slice_equal(buffer_view(&sent), buffer_view(&back)))
                fail_msg("%s has two forms", messages[i].name);
            sent.data[other] = kept_other;
            sent.data[at] = kept;
        }
    }
}

/* A sample access with the byte at `at` replaced. */
static enum error access_with(size_t at, uint8_t byte)
{
    CLEANUP_BUFFER struct buffer sent = buffer_new(1u << 20), back = buffer_new(1u << 20);

    sample_access(&sent);
    assert_true(at < sent.length);
    sent.data[at] = (char)byte;
    return read_exactly(&messages[0], buffer_view(&sent), &back);
}

static void words_outside_their_lists_are_refused(void **state)
{
    const size_t behind_request = 4 + 9 + 8; /* the token and the number of the request */
    static const uint8_t count[] = {PURPOSE_COUNT, ACTION_COUNT, DRAWER_ALL + 1, OUTCOME_COUNT, 16};

    (void)state;
    for (size_t field = 0; field < sizeof count; field++) {
        if (access_with(behind_request + field, (uint8_t)(count[field] - 1)) != OK)
            fail_msg("the last word of field %zu is refused", field);
        if (access_with(behind_request + field, count[field]) == OK || access_with(behind_request + field, 0xff) == OK)
            fail_msg("field %zu takes a word that is not in its list", field);
    }
}

static enum error access_of(const struct access *access)
{
    CLEANUP_BUFFER struct buffer sent = buffer_new(4u << 20), back = buffer_new(4u << 20);

    access_write(access, &sent);
    assert_int_equal(buffer_check(&sent), OK);
    return read_exactly(&messages[0], buffer_view(&sent), &back);
}

static void what_is_past_a_limit_is_refused(void **state)
{
    static struct access_target target[PROTOCOL_TARGETS_MAX + 1];
    static struct fact_change change[PROTOCOL_CHANGES_MAX + 1];
    static char text[UINT16_MAX + 2];
    struct access access = {.target = target, .targets = PROTOCOL_TARGETS_MAX, .change = change,
                            .changes = PROTOCOL_CHANGES_MAX, .token = slice_of(text, PROTOCOL_TOKEN_MAX),
                            .type = slice_of(text, 64), .reason = slice_of(text, PROTOCOL_TEXT_MAX)};
    struct access past = access;

    (void)state;
    assert_int_equal(access_of(&access), OK);
    past.targets++;
    assert_int_equal(access_of(&past), ERROR_SYNTAX);
    past = access;
    past.changes++;
    assert_int_equal(access_of(&past), ERROR_SYNTAX);
    past = access;
    past.token.length++;
    assert_int_equal(access_of(&past), ERROR_SYNTAX);
    past = access;
    past.type.length++;
    assert_int_equal(access_of(&past), ERROR_SYNTAX);
    past = access;
    past.reason.length++;
    assert_int_equal(access_of(&past), ERROR_SYNTAX);
    change[0].target = PROTOCOL_TARGETS_MAX; /* speaks of a person who is not asked for */
    assert_int_equal(access_of(&access), ERROR_SYNTAX);
    change[0].target = 0;
    change[0].value = 4;
    assert_int_equal(access_of(&access), ERROR_SYNTAX);
    change[0].value = 0;
    target[0].facts = slice_of(text, UINT16_MAX + 1);
    assert_int_equal(access_of(&access), ERROR_SYNTAX);
    target[0].facts = slice_of(text, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_message_comes_back),
        cmocka_unit_test(a_message_cut_short_or_too_long_is_refused),
        cmocka_unit_test(garbled_bytes_are_refused_or_mean_what_they_say),
        cmocka_unit_test(words_outside_their_lists_are_refused),
        cmocka_unit_test(what_is_past_a_limit_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
