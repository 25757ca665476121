/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* An entry of the access log as the safe itself opens it: the event, and what stands beside it. */

#include "oversight_asks.h"
#include "crypto/encode.h"
#include "crypto/seal.h"
#include "safe/state.h"

struct entry_seen {
    struct slice text, beside; /* JSON */
    const struct json *event, *looker;
};

static inline struct entry_seen entry_at(struct whole *whole, uint64_t leaf)
{
    struct event_opened opened;
    struct entry_seen seen;

    assert_int_equal(entry_open(whole->safe, leaf, NULL, &opened), OK);
    seen.text = arena_copy(whole->arena, opened.json);
    seen.beside = arena_copy(whole->arena, opened.looker);
    assert_int_equal(json_parse(whole->arena, seen.text, &seen.event, NULL), OK);
    assert_int_equal(json_parse(whole->arena, seen.beside, &seen.looker, NULL), OK);
    return seen;
}

static inline struct entry_seen entry_last(struct whole *whole)
{
    return entry_at(whole, whole_entries(whole) - 1);
}
