/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* Bytes over one accepted socket, with or without TLS, never blocking. */

#include <openssl/ssl.h>
#include <stdbool.h>

#include "base/slice.h"

struct transport {
    int descriptor;
    SSL *tls;          /* NULL without TLS */
    bool awaits_write; /* reading waits for the socket to take bytes (a TLS handshake) */
    char *gather;      /* TRANSPORT_RECORD_BYTES shared by all transports of a thread; used while writing with TLS */
};

#define TRANSPORT_RECORD_BYTES (16 * 1024) /* the most a TLS record holds (RFC 8446, 5.1) */

enum {
    TRANSPORT_ENDED = 0, /* only from reading: the other side sends no more */
    TRANSPORT_WAIT = -1,
    TRANSPORT_GONE = -2,
};

/* Bytes read or written, or one of the above. The TLS handshake takes place inside reading. There must be room for a
 * whole TLS record, or bytes would be left inside OpenSSL, where epoll does not see them. */
ssize_t transport_read(struct transport *transport, char *into, size_t room);
ssize_t transport_write(struct transport *transport, const struct slice *piece, size_t count);

/* Says that we send no more; what still arrives is thrown away by the caller. */
void transport_shut_down(struct transport *transport);
void transport_close(struct transport *transport);
