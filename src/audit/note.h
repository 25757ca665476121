/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* C2SP signed notes and verifier keys, checkpoints, and changes of a log's key (docs/formats.md), as far as an auditor
 * needs them: Ed25519, other signatures are passed over. Pure; what is read may be hostile; results borrow. */

#include <stdbool.h>
#include <stdint.h>

#include "base/slice.h"
#include "crypto/hash.h"
#include "crypto/sign.h"

#define NOTE_MAX 65536
#define VKEY_MAX 512
#define KEYS_MAX 64 /* that one log ever had and that are remembered */

struct vkey {
    struct slice name;
    uint32_t id;
    uint8_t key[SIGN_PUBLIC_BYTES];
};

bool vkey_read(struct slice text, struct vkey *ret_key);
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

/* Signature of the old key over the change to the new one. */
bool succession_holds(struct slice old_text, struct slice new_text, struct slice signature_base64);
