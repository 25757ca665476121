/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* What is known of a person for deciding, and nothing else: which organisation cares for her now, what she consented
 * to, whose glass is broken. One sealed block a person; the vault stores it beside the record that changed it, the
 * safe alone opens and makes it, so that the door can neither invent a fact nor bring back an old one (the version is
 * in the seal, and the safe knows which version is current).
 *
 *     format u8 ‖ version u64 ‖ seal(facts key, bound to format, person and version, count u16 ‖ count × fact) */

#include "base/arena.h"
#include "crypto/seal.h"
#include "protocol.h"

#define FACTS_MAX 256

struct fact {
    enum fact_kind kind;
    uint8_t value;
    struct id organization; /* of break-glass: the credential it was opened with */
    struct id source;
    int64_t expires_s; /* 0: never */
};

struct facts {
    uint64_t version; /* 0: nothing was ever stated */
    size_t count;
    struct fact fact[FACTS_MAX];
};

/* An empty block gives version 0 and no facts. ERROR_SEALED when it is not this person's or was touched. */
MUST_CHECK enum error facts_open(const struct secret_key *key, const struct id *person, struct slice block,
                                 struct facts *ret);

/* Appends the block of facts->version. */
void facts_seal(const struct secret_key *key, struct world *world, const struct id *person, const struct facts *facts,
                struct buffer *into);

/* Takes in a change: replaces the fact with the same kind and source, drops what has expired. ERROR_TOO_MANY. */
MUST_CHECK enum error facts_change(struct facts *facts, const struct fact_change *change, int64_t now_s);

/* Takes out every permission that she gave; denials stay. */
void facts_drop_permissions(struct facts *facts);

/* What the rules are asked with. An open encounter outweighs a past one; a denial outweighs a permission, and what is
 * said of the organisation itself outweighs what is said of all. */
enum relation facts_relation(const struct facts *facts, const struct id *organization, int64_t now_s);
enum consent facts_consent(const struct facts *facts, const struct id *organization, int64_t now_s);
enum break_glass facts_break_glass(const struct facts *facts, const struct id *credential, int64_t now_s);
