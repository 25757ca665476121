/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* An event of the access log: opened with its hour's key, held against its leaf, and read strictly: a member that its
 * kind does not have, or that stands twice, makes it unreadable, since two programs could read it in two ways.
 *
 *     sealed = u8 1 ‖ hour u32 ‖ seal(hour's key, bound to "event" ‖ u8 1 ‖ hour u32,
 *                                     nonce(16) ‖ u32 length ‖ event, JSON ‖ who looked, JSON ‖ spaces to 128)
 *     leaf   = u8 1 ‖ H(nonce ‖ event) ‖ H(sealed)
 *
 * Pure. Every byte may be hostile: whoever owns a node can seal what he likes. */

#include <stdint.h>

#include "base/id.h"
#include "base/vocabulary.h"
#include "crypto/seal.h"
#include "json.h"

#define NONCE_BYTES 16
#define SEALED_EVENT_MAX (64 * 1024)
#define EVENT_PERSONS_MAX 256

enum event_kind { EVENT_ACCESS, EVENT_COMPLETED, EVENT_OVERSIGHT, EVENT_ORDER, EVENT_KINDS };

struct commitment {
    uint8_t byte[ID_BYTES];
};

/* Who looked, from beside the event. */
struct looker {
    struct slice actor, subject, order;
    uint8_t nonce[NONCE_BYTES];
    struct id credential;
    struct commitment token[EVENT_PERSONS_MAX];
    size_t tokens;
    int64_t review_kind; /* -1: none */
    int64_t until_s;     /* of a lawful order: when her list shows the entry; -1: at once */
    struct commitment review_subject;
};

struct event {
    enum event_kind kind;
    yyjson_doc *doc, *looker_doc; /* own the texts */
    yyjson_val *root;
    struct slice json, looker_json;
    uint8_t nonce[NONCE_BYTES];
    int64_t time_ms;

    struct commitment looked; /* "looker" */
    struct looker looker;
    int role, sector, purpose, action; /* of the vocabulary; -1: no such word */
    bool break_glass_action, permitted, replaces, break_glass;
    struct slice organization, type, row, citation, basis, rules, obligations, reason, error, order;
    struct commitment person[EVENT_PERSONS_MAX];
    size_t persons;
    bool has_resource;
    struct commitment resource;
    int64_t resources; /* -1: not said */
    unsigned asked, opened;
    int outcome; /* enum outcome, -1 */

    /* of oversight */
    struct slice deed, what, verdict, words;
    int64_t number;
};

enum event_fault { EVENT_HOLDS, EVENT_NOT_SEALED, EVENT_NOT_OF_LEAF, EVENT_NOT_SHAPED };

/* The hour that sealed bytes name; false when they cannot be an event. */
bool event_hour(struct slice sealed, uint32_t *ret_hour);

/* Opens and reads. `room` holds SEALED_EVENT_MAX bytes and must outlive the event. When EVENT_NOT_SHAPED, what could be
 * read of `json` is still there. Free with event_free, whatever comes out. */
enum event_fault event_open(const struct secret_key *hour_key, struct slice leaf, struct slice sealed, char *room,
                            struct event *ret_event) MUST_CHECK;
/* Reads JSON that was opened elsewhere (and for the fuzzer). */
bool event_read(struct event *event) MUST_CHECK;
void event_free(struct event *event);

/* 16 bytes of BLAKE2b keyed with the nonce. */
struct commitment event_commit(const uint8_t nonce[NONCE_BYTES], struct slice value);
static inline bool commitment_equal(const struct commitment *a, const struct commitment *b)
{
    return memcmp(a->byte, b->byte, sizeof a->byte) == 0;
}

/* Milliseconds since 1970 of "2026-11-22T00:27:32.286Z", or of "2026-11-22T00:27:32Z"; -1 when it is anything else. */
int64_t event_time(struct slice text);
