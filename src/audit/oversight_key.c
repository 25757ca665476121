/* SPDX-License-Identifier: Apache-2.0 */

/* The oversight body's private key as it is kept: 64 hexadecimal digits (a demo node's file), or a PEM that openssl
 * wrote, PKCS #8 unencrypted (RFC 8410): a fixed head of 16 bytes and the 32 of the key. */

#include "audit.h"
#include "crypto/encode.h"

#define PEM_BEGIN SLICE("-----BEGIN PRIVATE KEY-----\n")
#define DER_BYTES (16 + SECRET_KEY_BYTES)

/* SEQUENCE { INTEGER 0, SEQUENCE { OID 1.3.101.110 (X25519) }, OCTET STRING { OCTET STRING (32) } } */
static const uint8_t der_head[16] = {0x30, 0x2E, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06,
                                     0x03, 0x2B, 0x65, 0x6E, 0x04, 0x22, 0x04, 0x20};

static enum error read_pem(struct slice text, struct secret_key *ret_key)
{
    uint8_t der[DER_BYTES];
    struct slice rest = slice_from(text, PEM_BEGIN.length);
    size_t length = 0;

    enum error error = decode_base64(slice_cut(&rest, '\n'), der, sizeof der, &length);
    if (error == OK && (length != sizeof der || memcmp(der, der_head, sizeof der_head) != 0))
        error = ERROR_SYNTAX;
    if (error == OK)
        memcpy(ret_key->byte, der + sizeof der_head, SECRET_KEY_BYTES);
    secret_wipe(der, sizeof der);
    return error;
}

enum error oversight_key_read(struct slice text, struct secret_key *ret_key)
{
    if (slice_starts_with(text, PEM_BEGIN))
        return read_pem(text, ret_key);
    while (text.length > 0 && (text.data[text.length - 1] == '\n' || text.data[text.length - 1] == ' '))
        text.length--;
    return decode_hex(text, ret_key->byte, SECRET_KEY_BYTES);
}
