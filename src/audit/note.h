/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* C2SP signed notes and verifier keys, checkpoints, and changes of a log's key (docs/formats.md), as far as an auditor
 * needs them: Ed25519, other signatures are passed over; and what witnesses put below a checkpoint (C2SP
 * tlog-cosignature). Pure; what is read may be hostile; results borrow. */

#include <stdbool.h>
#include <stdint.h>

#include "base/slice.h"
#include "crypto/hash.h"
#include "crypto/sign.h"

#define NOTE_MAX (160 * 1024)
#define VKEY_MAX 512
#define KEYS_MAX 64 /* that one log ever had and that are remembered */

struct vkey {
    struct slice name;
    uint32_t id;
    uint8_t key[SIGN_PUBLIC_BYTES];
};

bool vkey_read(struct slice text, struct vkey *ret_key);
/* A witness: its key signs cosignature/v1 with Ed25519. Keys of ML-DSA-44 are known by name; what they sign is not
 * read. */
struct cosigner {
    struct vkey key; /* of ML-DSA-44: the public key's SHA-256 */
    bool reads;
};
bool cosigner_read(struct slice text, struct cosigner *ret_cosigner);
/* The first 8 bytes of H(public key) in hexadecimal, as the public log has approvers. */
void vkey_short(const struct vkey *key, char ret_hex[16]);

struct checkpoint {
    struct slice origin;
    uint64_t size;
    struct hash root;
};

/* Is it a checkpoint, and signed by this key, whose name must be the origin? */
bool checkpoint_read(struct slice note, struct checkpoint *ret_checkpoint);
bool note_signed(struct slice note, const struct vkey *key);

/* Is each line below the text one of a signed note, and the last one whole? */
bool note_shaped(struct slice note);

/* Did this witness cosign it? With several lines of hers the worst counts; *ret_time_s is the latest that holds. */
enum cosigned { COSIGNED_NOT, COSIGNED_HOLDS, COSIGNED_UNREAD, COSIGNED_WRONG };
enum cosigned note_cosigned(struct slice note, const struct cosigner *cosigner, uint64_t *ret_time_s);

/* Signature of the old key over the change to the new one. */
bool succession_holds(struct slice old_text, struct slice new_text, struct slice signature_base64);
