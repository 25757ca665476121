/* SPDX-License-Identifier: Apache-2.0 */
#include "tls.h"

#include <openssl/err.h>
#include <string.h>

#include "base/file.h"

/* For TLS 1.2; those of 1.3 are all sound. RFC 9325, 4.2. */
#define CIPHERS                                                                                                        \
    "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:"                         \
    "ECDHE-RSA-AES256-GCM-SHA384:ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305"
#define SESSIONS_MAX 4096
#define SESSION_SECONDS 3600

static const unsigned char protocol[] = "\x08http/1.1";

/* RFC 7301, 3.2: who offers protocols but not ours is told so, instead of being served one it did not ask for. */
static int select_protocol(SSL *tls, const unsigned char **ret_protocol, unsigned char *ret_length,
                           const unsigned char *offered, unsigned offered_length, void *context)
{
    unsigned char *chosen;

    if (SSL_select_next_proto(&chosen, ret_length, protocol, sizeof protocol - 1, offered, offered_length) !=
        OPENSSL_NPN_NEGOTIATED)
        return SSL_TLSEXT_ERR_ALERT_FATAL;
    *ret_protocol = chosen;
    return SSL_TLSEXT_ERR_OK;
}

/* A key under a passphrase would make OpenSSL ask the terminal of a server that has none. */
static int no_passphrase(char *into, int size, int writing, void *context)
{
    return -1;
}

static bool configure(SSL_CTX *context)
{
    static const unsigned char session_context[] = "hospitium";

    SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_NO_TICKET |
                                     SSL_OP_CLEANSE_PLAINTEXT | SSL_OP_PRIORITIZE_CHACHA |
                                     SSL_OP_CIPHER_SERVER_PREFERENCE);
    SSL_CTX_set_mode(context,
                     SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_RELEASE_BUFFERS);
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_SERVER);
    SSL_CTX_sess_set_cache_size(context, SESSIONS_MAX);
    SSL_CTX_set_timeout(context, SESSION_SECONDS);
    SSL_CTX_set_alpn_select_cb(context, select_protocol, NULL);
    SSL_CTX_set_default_passwd_cb(context, no_passphrase);
    return SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION) == 1 &&
           SSL_CTX_set_cipher_list(context, CIPHERS) == 1 && SSL_CTX_set_num_tickets(context, 1) == 1 &&
           SSL_CTX_set_session_id_context(context, session_context, sizeof session_context - 1) == 1;
}

static enum error load(SSL_CTX *context, const char *certificate_file, const char *key_file, struct fault *fault)
{
    if (!file_exists(certificate_file))
        return fault_set(fault, ERROR_FILE_MISSING, "the certificate %s", certificate_file);
    if (!file_exists(key_file))
        return fault_set(fault, ERROR_FILE_MISSING, "the key %s", key_file);
    if (SSL_CTX_use_certificate_chain_file(context, certificate_file) != 1)
        return fault_set(fault, ERROR_SYNTAX, "%s is not a certificate chain in PEM", certificate_file);
    if (SSL_CTX_use_PrivateKey_file(context, key_file, SSL_FILETYPE_PEM) != 1)
        return fault_set(fault, ERROR_SYNTAX, "%s is not the certificate's key in PEM, without a passphrase", key_file);
    if (SSL_CTX_check_private_key(context) != 1)
        return fault_set(fault, ERROR_SYNTAX, "%s is not the certificate's key", key_file);
    return OK;
}

enum error tls_context_new(const char *certificate_file, const char *key_file, SSL_CTX **ret_context,
                           struct fault *fault)
{
    SSL_CTX *context = SSL_CTX_new(TLS_server_method());

    if (!context || !configure(context)) {
        SSL_CTX_free(context);
        return fault_set(fault, ERROR_MEMORY, "OpenSSL could not be set up");
    }
    enum error error = load(context, certificate_file, key_file, fault);
    ERR_clear_error();
    if (error != OK) {
        SSL_CTX_free(context);
        return error;
    }
    *ret_context = context;
    return OK;
}
