/* SPDX-License-Identifier: Apache-2.0 */
#include "block.h"

#include <openssl/evp.h>
#include <stdlib.h>

struct block_cipher {
    EVP_CIPHER_CTX *encrypt;
    EVP_CIPHER_CTX *decrypt;
};

static EVP_CIPHER_CTX *context_new(const struct secret_key *key, int encrypt)
{
    EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();

    if (!context)
        return NULL;
    if (EVP_CipherInit_ex(context, EVP_aes_256_ecb(), NULL, key->byte, NULL, encrypt) != 1) {
        EVP_CIPHER_CTX_free(context);
        return NULL;
    }
    EVP_CIPHER_CTX_set_padding(context, 0);
    return context;
}

struct block_cipher *block_cipher_new(const struct secret_key *key)
{
    struct block_cipher *cipher = calloc(1, sizeof *cipher);

    if (!cipher)
        return NULL;
    cipher->encrypt = context_new(key, 1);
    cipher->decrypt = context_new(key, 0);
    if (!cipher->encrypt || !cipher->decrypt) {
        block_cipher_free(cipher);
        return NULL;
    }
    return cipher;
}

void block_cipher_free(struct block_cipher *cipher)
{
    if (!cipher)
        return;
    EVP_CIPHER_CTX_free(cipher->encrypt);
    EVP_CIPHER_CTX_free(cipher->decrypt);
    free(cipher);
}

/* A block cipher without padding or chaining cannot fail on a whole block; if it ever did, going on would hand out a
 * wrong id. */
static void one_block(EVP_CIPHER_CTX *context, const uint8_t *in, uint8_t *out)
{
    int length = 0;

    if (EVP_CipherUpdate(context, out, &length, in, BLOCK_ID_BYTES) != 1 || length != BLOCK_ID_BYTES)
        abort();
}

void block_encrypt(struct block_cipher *cipher, const uint8_t in[BLOCK_ID_BYTES], uint8_t out[BLOCK_ID_BYTES])
{
    one_block(cipher->encrypt, in, out);
}

void block_decrypt(struct block_cipher *cipher, const uint8_t in[BLOCK_ID_BYTES], uint8_t out[BLOCK_ID_BYTES])
{
    one_block(cipher->decrypt, in, out);
}
