/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* The texts of a lawful order (docs/formats.md, "Orders"): the keys of the three who may open the route, the law that
 * they sign, one order, and its release. This is the narrowest way into a record that the product has, so each text has
 * exactly its lines, in their order, each once, and every value is bounded and canonical: what somebody signed cannot
 * be read in two ways. Nothing here decides; nothing here touches a record.
 *
 * Pure; any thread. What is read borrows the text, which may come from an enemy. */

#include "approval.h"
#include "base/vocabulary.h"
#include "crypto/hash.h"
#include "ledger/note.h"

#define ORDER_TEXT_MAX 4096
#define ORDER_WORDS_MAX 120 /* bytes of a line's words */
#define ORDER_DRAWERS (1u << DRAWER_IDENTITY | 1u << DRAWER_CONTACT)
#define ORDER_SECTORS (1u << SECTOR_LAWENFORCEMENT | 1u << SECTOR_IMMIGRATION)
#define ORDER_DAY_S INT64_C(86400)
#define ORDER_LAW_MAX_S (366 * ORDER_DAY_S)    /* sunset every year */
#define ORDER_EXPIRES_MAX_S (90 * ORDER_DAY_S) /* of one order */
#define ORDER_SEAL_MAX 366                     /* days until she is told */

enum order_signer { ORDER_OVERSIGHT, ORDER_COMMUNITY, ORDER_HEALTH, ORDER_SIGNERS };
const char *order_signer_word(enum order_signer signer);

struct order_keys {
    struct id node;
    struct note_key key[ORDER_SIGNERS];
};
void order_keys_write(const struct order_keys *keys, struct buffer *into);
/* Signed by two approvers of the node; by nobody where `free` (a demo node, which issues credentials freely too).
 * ERROR_SYNTAX, ERROR_SIGNATURE, ERROR_VALUE: another node's, or two keys alike. */
MUST_CHECK enum error order_keys_read(struct slice note, const struct approvers *approvers, bool free,
                                      const struct id *node, struct order_keys *ret_keys);

struct order_law {
    struct id node;
    struct slice jurisdiction, law, article;
    struct hash text;   /* of the law */
    uint32_t sectors;   /* bits of enum sector that may ask */
    uint32_t drawers;   /* bits of enum drawer that may be asked */
    uint64_t seal_days; /* until she is told */
    int64_t from_s, until_s;
    struct hash statute; /* SHA-256 of the note's text: what orders under it name */
};
void order_law_write(const struct order_law *law, struct buffer *into);
/* Signed by all three. ERROR_SYNTAX, ERROR_SIGNATURE, ERROR_VALUE: another node's, longer than a year, or empty. */
MUST_CHECK enum error order_law_read(struct slice note, const struct order_keys *keys, struct order_law *ret_law);
bool order_law_in_force(const struct order_law *law, int64_t now_s);

struct order_text {
    struct id node, order;
    int64_t received_s;
    struct id credential; /* of who brought it */
    struct slice actor;
    enum role role;
    enum sector sector;
    struct id organization;
    struct slice authority, officer, law, article, reference;
    uint32_t drawers;
    int64_t expires_s;
    int64_t told_s; /* when she is told, whatever becomes of it; never later */
    struct hash statute;
    struct slice name, born; /* the one person */
};
void order_write(const struct order_text *order, struct buffer *into);
MUST_CHECK enum error order_read(struct slice text, struct order_text *ret_order);
/* May this be asked under this law now? ERROR_VALUE with the sentence in `fault`. */
MUST_CHECK enum error order_check(const struct order_text *order, const struct order_law *law, struct fault *fault);

struct order_release {
    struct id node, order;
    struct hash hash; /* of the order's text */
    struct id person; /* as oversight's sector sees her */
    uint32_t drawers;
    int64_t until_s;
};
void order_release_write(const struct order_release *release, struct buffer *into);
/* Signed by oversight's key and by health's, which are two. ERROR_SYNTAX, ERROR_SIGNATURE. */
MUST_CHECK enum error order_release_read(struct slice note, const struct order_keys *keys,
                                         struct order_release *ret_release);
/* Of a note whose signatures were checked before. */
MUST_CHECK enum error order_release_parse(struct slice note, struct order_release *ret_release);

/* "identity,contact": words of the two drawers, each once, in the order of the vocabulary. False for anything else. */
bool order_drawers_read(struct slice words, uint32_t *ret_drawers);
void order_drawers_write(uint32_t drawers, struct buffer *into);

/* "2026-Q4", or "2026": from ≤ t < until. False for anything else. */
bool order_period_read(struct slice text, int64_t *ret_from_s, int64_t *ret_until_s);
