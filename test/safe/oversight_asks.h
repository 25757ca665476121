/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* What the tests of oversight share: one look, one broken glass, one suspension, on a whole node. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "safe/review.h"
#include "safe/suspension.h"
#include "whole_node.h"

#define BIT(drawer) (1u << DRAWER_##drawer)
#define DAY_NS (INT64_C(86400) * 1000000000)

static const struct id anna = {{0xA1, 1}}, bela = {{0xB1, 2}};
static const struct whole_person INES = {ROLE_OVERSEER, SECTOR_OVERSIGHT, 1u << PURPOSE_HOPERAT, "ombud", {{0}},
                                         "ines"};

struct look_asked {
    struct access access;
    struct access_target target;
};

static inline struct access *looking(struct look_asked *look, struct slice token, const struct id *person,
                                     struct slice facts, unsigned drawers)
{
    look->target = (struct access_target){.person = *person, .facts = facts};
    look->access = (struct access){.token = token,
                                   .action = ACTION_READ,
                                   .drawers = drawers,
                                   .needed = OUTCOME_FULL,
                                   .type = SLICE("Patient"),
                                   .resource = *person,
                                   .target = &look->target,
                                   .targets = 1};
    return &look->access;
}

static inline enum error look_at(struct whole *whole, struct slice token, const struct id *person, struct slice facts,
                                 struct grant *ret_grant)
{
    struct look_asked look;

    return whole_access(whole, looking(&look, token, person, facts, BIT(IDENTITY) | BIT(CLINICAL)), ret_grant);
}

static inline enum error break_glass_of(struct whole *whole, struct slice token, const struct id *person,
                                        struct slice facts, struct slice reason, struct grant *ret_grant)
{
    struct look_asked look;
    struct access *access = looking(&look, token, person, facts, BIT(IDENTITY) | BIT(CLINICAL));

    access->open_glass = true;
    access->reason = reason;
    return whole_access(whole, access, ret_grant);
}
#define REASON SLICE("unconscious, nobody with her")

static inline void suspend_payload(struct buffer *payload, struct slice token, enum suspended what, const char *subject,
                                   const char *reason)
{
    protocol_asker_write(token, WHOLE_REQUEST, payload);
    buffer_byte(payload, (uint8_t)what);
    protocol_text_write(slice_from_string(subject), payload);
    protocol_text_write(slice_from_string(reason), payload);
}

static inline enum error suspend_as(struct whole *whole, struct slice token, enum suspended what, const char *subject,
                                    uint64_t *ret_number)
{
    CLEANUP_BUFFER struct buffer payload = buffer_new(4096);
    struct slice answer = SLICE("");

    suspend_payload(&payload, token, what, subject, "under investigation");
    enum error error = whole_ask(whole, PROTOCOL_SUSPEND, buffer_view(&payload), &answer);
    if (error == OK && ret_number) {
        struct reader reader = reader_of(answer);
        *ret_number = reader_u64(&reader);
    }
    return error;
}

static inline enum error lift_as(struct whole *whole, struct slice token, uint64_t number)
{
    CLEANUP_BUFFER struct buffer payload = buffer_new(4096);

    protocol_asker_write(token, WHOLE_REQUEST, &payload);
    buffer_u64(&payload, number);
    protocol_text_write(SLICE("cleared after inquiry"), &payload);
    return whole_ask(whole, PROTOCOL_LIFT, buffer_view(&payload), NULL);
}

static inline enum error judge_as(struct whole *whole, struct slice token, uint64_t entry, enum review_verdict verdict,
                                  const char *note)
{
    CLEANUP_BUFFER struct buffer payload = buffer_new(4096);

    protocol_asker_write(token, WHOLE_REQUEST, &payload);
    buffer_u64(&payload, entry);
    buffer_byte(&payload, (uint8_t)verdict);
    protocol_text_write(slice_from_string(note), &payload);
    return whole_ask(whole, PROTOCOL_REVIEW_DONE, buffer_view(&payload), NULL);
}

static inline size_t times(struct slice text, const char *word)
{
    size_t count = 0;

    for (size_t at; (at = slice_search(text, slice_from_string(word))) != SIZE_MAX; text = slice_from(text, at + 1))
        count++;
    return count;
}

/* What oversight asks for: filters of evidence.c, empty ones let everything through. */
struct evidence_wanted {
    const char *actor, *rule, *from, *to;
    uint64_t next;
};

/* A page of evidence; lives until the next message. */
static inline struct slice evidence_page(struct whole *whole, struct slice token, struct evidence_wanted wanted,
                                         enum error expected)
{
    CLEANUP_BUFFER struct buffer payload = buffer_new(4096);
    const char *const filters[] = {wanted.actor, NULL, wanted.rule, wanted.from, wanted.to};
    struct slice answer = SLICE("");

    protocol_asker_write(token, WHOLE_REQUEST, &payload);
    protocol_text_write(SLICE("complaint 12"), &payload);
    for (size_t i = 0; i < sizeof filters / sizeof *filters; i++)
        protocol_text_write(filters[i] ? slice_from_string(filters[i]) : SLICE(""), &payload);
    buffer_u64(&payload, wanted.next);
    assert_int_equal(whole_ask(whole, PROTOCOL_EVIDENCE, buffer_view(&payload), &answer), expected);
    return answer;
}

/* The list of open reviews, in the arena. */
static inline struct slice reviews_json(struct whole *whole)
{
    struct slice list;

    struct slice token = whole_token(whole, &INES);
    assert_int_equal(whole_list(whole, PROTOCOL_REVIEWS, token, &list), OK);
    return arena_copy(whole->arena, list);
}

static inline size_t open_reviews(struct whole *whole)
{
    return times(reviews_json(whole), "\"overdue\"");
}

/* Everything that the public log says. */
static inline struct slice public_log(struct whole *whole)
{
    CLEANUP_BUFFER struct buffer text = buffer_new(1u << 20);
    uint64_t size = whole_public_entries(whole);

    for (uint64_t bundle = 0; bundle * 256 < size; bundle++) {
        CLEANUP_BUFFER struct buffer payload = buffer_new(64);
        uint64_t width = size - bundle * 256;
        struct slice bytes;
        buffer_byte(&payload, 1);
        buffer_byte(&payload, 255);
        buffer_u64(&payload, bundle);
        buffer_u16(&payload, (uint16_t)(width < 256 ? width : 256));
        assert_int_equal(whole_ask(whole, PROTOCOL_TILE, buffer_view(&payload), &bytes), OK);
        buffer_slice(&text, bytes);
    }
    return arena_copy(whole->arena, buffer_view(&text));
}
