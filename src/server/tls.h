/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* What our TLS is: versions, ciphers, certificate. */

#include <openssl/ssl.h>

#include "base/error.h"

/* TLS 1.2 and 1.3 with forward secrecy and authenticated encryption only, ALPN "http/1.1", no renegotiation, no
 * compression. Sessions resume from our own memory for an hour at most, never from tickets: so there is no ticket key
 * whose theft would open recorded sessions. ERROR_FILE_MISSING, ERROR_SYNTAX, ERROR_MEMORY. */
MUST_CHECK enum error tls_context_new(const char *certificate_file, const char *key_file, SSL_CTX **ret_context,
                                      struct fault *fault);
