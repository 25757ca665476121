/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "transport.h"

#include <errno.h>
#include <openssl/err.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#define PIECES_MAX 64

static ssize_t failure(void)
{
    return errno == EAGAIN || errno == EINTR ? TRANSPORT_WAIT : TRANSPORT_GONE;
}

/* An end without close_notify counts as an error to OpenSSL 3, and so to us: the request may have been cut off. */
static ssize_t tls_failure(struct transport *transport, int result)
{
    switch (SSL_get_error(transport->tls, result)) {
    case SSL_ERROR_WANT_READ:
        return TRANSPORT_WAIT;
    case SSL_ERROR_WANT_WRITE:
        transport->awaits_write = true;
        return TRANSPORT_WAIT;
    case SSL_ERROR_ZERO_RETURN:
        return TRANSPORT_ENDED;
    default:
        return TRANSPORT_GONE;
    }
}

static ssize_t tls_read(struct transport *transport, char *into, size_t room)
{
    size_t got;

    ERR_clear_error();
    transport->awaits_write = false;
    int result = SSL_read_ex(transport->tls, into, room, &got);
    return result == 1 ? (ssize_t)got : tls_failure(transport, result);
}

ssize_t transport_read(struct transport *transport, char *into, size_t room)
{
    if (transport->tls)
        return tls_read(transport, into, room);
    ssize_t got = recv(transport->descriptor, into, room, 0);
    return got >= 0 ? got : failure();
}

/* Head and body go into one record: small ones each would cost the client a decryption and betray the parts' sizes. */
static ssize_t tls_write(struct transport *transport, const struct slice *piece, size_t count)
{
    size_t length = 0, written;

    for (size_t i = 0; i < count && length < TRANSPORT_RECORD_BYTES; i++) {
        size_t room = TRANSPORT_RECORD_BYTES - length;
        size_t part = piece[i].length < room ? piece[i].length : room;
        memcpy(transport->gather + length, piece[i].data, part);
        length += part;
    }
    ERR_clear_error();
    int result = SSL_write_ex(transport->tls, transport->gather, length, &written);
    ssize_t answer = result == 1 ? (ssize_t)written : tls_failure(transport, result);
    explicit_bzero(transport->gather, length);
    return answer == TRANSPORT_ENDED ? TRANSPORT_GONE : answer;
}

ssize_t transport_write(struct transport *transport, const struct slice *piece, size_t count)
{
    struct iovec vector[PIECES_MAX];
    struct msghdr message = {.msg_iov = vector};

    if (transport->tls)
        return tls_write(transport, piece, count);
    while (message.msg_iovlen < count && message.msg_iovlen < PIECES_MAX) {
        const struct slice *next = &piece[message.msg_iovlen];
        vector[message.msg_iovlen++] = (struct iovec){(void *)(uintptr_t)next->data, next->length};
    }
    ssize_t sent = sendmsg(transport->descriptor, &message, MSG_NOSIGNAL);
    return sent >= 0 ? sent : failure();
}

void transport_shut_down(struct transport *transport)
{
    if (transport->tls && SSL_is_init_finished(transport->tls)) {
        ERR_clear_error();
        SSL_shutdown(transport->tls); /* one-sided: we do not wait for the other's close_notify */
    }
    shutdown(transport->descriptor, SHUT_WR);
}

void transport_close(struct transport *transport)
{
    SSL_free(transport->tls);
    close(transport->descriptor);
    transport->tls = NULL;
    transport->descriptor = -1;
}
