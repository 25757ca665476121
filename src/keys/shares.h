/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* Shamir's secret sharing of one 32-byte key over GF(256) (A. Shamir, "How to share a secret", CACM 22, 1979): any k of
 * n shares give the key back, and k - 1 say nothing about it. The field is that of AES: x^8 + x^4 + x^3 + x + 1.
 *
 * A share is one line that can be printed, read aloud and typed:
 *     hospitium-share-1 SET NUMBER/N need K VALUE KEY OTHERS CHECK
 * SET (8 bytes, hexadecimal) names the splitting; VALUE is the share; KEY is a commitment to what was split; OTHERS has
 * four bytes of a hash of each share of the set, so that a share that is wrong or foreign can be named; CHECK finds a
 * slip of the pen. The commitments are hashes of 32 random bytes: who has fewer than k shares cannot turn them round.
 *
 * Arithmetic takes the same time and touches the same memory whatever the key is: no tables, no branches on it. */

#include "base/buffer.h"
#include "base/world.h"
#include "crypto/hash.h"
#include "crypto/secret.h"

#define SHARES_MAX 16
#define SHARE_SET_BYTES 8
#define SHARE_COMMITMENT_BYTES 16
#define SHARE_DIGEST_BYTES 4
#define SHARE_LINE_MAX 512

struct share {
    uint8_t set[SHARE_SET_BYTES];
    uint8_t number, count, need; /* 1 <= number <= count <= SHARES_MAX, 1 < need <= count */
    struct secret_key value;
    uint8_t commitment[SHARE_COMMITMENT_BYTES];
    uint8_t digest[SHARES_MAX][SHARE_DIGEST_BYTES];
};

/* Fills `count` shares. ERROR_VALUE unless 2 <= need <= count <= SHARES_MAX. */
MUST_CHECK enum error shares_split(const struct secret_key *key, unsigned count, unsigned need, struct world *world,
                                   struct share ret_share[SHARES_MAX]);

/* Gives the key back from `given` shares in any order. With fewer than `need`: ERROR_REQUIRED. ERROR_VALUE with the
 * share's number in `fault` when one is of another set, is there twice, or is not what the others remember of it. */
MUST_CHECK enum error shares_combine(const struct share *share, size_t given, struct secret_key *ret_key,
                                     struct fault *fault);

/* The line, with its newline. Give it a buffer that is wiped. */
void share_write(const struct share *share, struct buffer *into);
/* As it was printed, or typed again from paper: broken into lines, with more spaces, in capitals. ERROR_SYNTAX when it
 * is no share; ERROR_CORRUPT when its check does not fit. */
MUST_CHECK enum error share_read(struct slice typed, struct share *ret_share);
