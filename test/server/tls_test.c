/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE

/* Proves with OpenSSL's own client what our TLS accepts and what it does not, and that the server behind it behaves as
 * it does without. Certificates are made on the spot. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#include "site.h"

#define REQUEST "GET /who HTTP/1.1\r\nHost: a\r\n\r\n"

static const struct server_limits no_limits = {0};
static char folder[] = "/tmp/hospitium-tls-test.XXXXXX";
static char first_certificate[64], first_key[64], second_certificate[64], second_key[64];

/* ---- certificates ---- */

static void write_pem(const char *path, EVP_PKEY *key, X509 *certificate)
{
    FILE *file = fopen(path, "w");

    assert_non_null(file);
    int written = certificate ? PEM_write_X509(file, certificate)
                              : PEM_write_PrivateKey(file, key, NULL, NULL, 0, NULL, NULL);
    assert_int_equal(1, written);
    fclose(file);
}

static void make_certificate(const char *name, const char *certificate_path, const char *key_path)
{
    EVP_PKEY *key = EVP_EC_gen("P-256");
    X509 *certificate = X509_new();
    X509_NAME *subject = X509_get_subject_name(certificate);

    X509_set_version(certificate, 2);
    ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1);
    X509_gmtime_adj(X509_getm_notBefore(certificate), -3600);
    X509_gmtime_adj(X509_getm_notAfter(certificate), 3600);
    X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC, (const unsigned char *)name, -1, -1, 0);
    X509_set_issuer_name(certificate, subject);
    X509_set_pubkey(certificate, key);
    assert_true(X509_sign(certificate, key, EVP_sha256()) > 0);
    write_pem(certificate_path, key, certificate);
    write_pem(key_path, key, NULL);
    X509_free(certificate);
    EVP_PKEY_free(key);
}

static int make_files(void **state)
{
    assert_non_null(mkdtemp(folder));
    snprintf(first_certificate, sizeof first_certificate, "%s/first.pem", folder);
    snprintf(first_key, sizeof first_key, "%s/first.key", folder);
    snprintf(second_certificate, sizeof second_certificate, "%s/second.pem", folder);
    snprintf(second_key, sizeof second_key, "%s/second.key", folder);
    make_certificate("first", first_certificate, first_key);
    make_certificate("second", second_certificate, second_key);
    return 0;
}

static int remove_files(void **state)
{
    unlink(first_certificate);
    unlink(first_key);
    unlink(second_certificate);
    unlink(second_key);
    return rmdir(folder);
}

static void listen_with_tls(struct site *site)
{
    struct fault fault = {0};

    if (server_tls(site->server, first_certificate, first_key, &fault) != OK ||
        server_listen(site->server, "127.0.0.1:0", &site->port, &fault) != OK)
        fail_msg("%s", fault.detail);
}

/* ---- a client ---- */

struct client {
    SSL_CTX *context;
    SSL *tls;
    int socket;
    bool connected;
};

struct wish {
    int version;         /* exactly this one; 0: any */
    const char *ciphers; /* for TLS 1.2 and older; NULL: all that OpenSSL can */
    const char *protocol; /* ALPN, with its length in front */
    SSL_SESSION *session;
};

static struct client connect_tls(const struct site *site, struct wish wish)
{
    struct client client = {.context = SSL_CTX_new(TLS_client_method()), .socket = dial(site->port)};

    SSL_CTX_set_security_level(client.context, 0);
    SSL_CTX_set_min_proto_version(client.context, wish.version ? wish.version : TLS1_VERSION);
    SSL_CTX_set_max_proto_version(client.context, wish.version);
    SSL_CTX_set_cipher_list(client.context, wish.ciphers ? wish.ciphers : "ALL");
    client.tls = SSL_new(client.context);
    if (wish.protocol)
        SSL_set_alpn_protos(client.tls, (const unsigned char *)wish.protocol, (unsigned)strlen(wish.protocol));
    if (wish.session)
        SSL_set_session(client.tls, wish.session);
    SSL_set_fd(client.tls, client.socket);
    client.connected = SSL_connect(client.tls) == 1;
    return client;
}

static void disconnect(struct client *client)
{
    if (client->connected)
        SSL_shutdown(client->tls);
    SSL_free(client->tls);
    SSL_CTX_free(client->context);
    close(client->socket);
}

/* Reads until `count` answers are there, or the server closes. */
static void hear_tls(struct client *client, struct transcript *transcript, size_t count)
{
    transcript->length = 0;
    while (answers_in(transcript) < count) {
        int got = SSL_read(client->tls, transcript->data + transcript->length,
                           (int)(TRANSCRIPT_BYTES - transcript->length));
        if (got <= 0)
            return;
        transcript->length += (size_t)got;
    }
}

static bool is_served(struct client *client)
{
    struct transcript heard;

    if (!client->connected || SSL_write(client->tls, REQUEST, sizeof REQUEST - 1) <= 0)
        return false;
    hear_tls(client, &heard, 1);
    return slice_is(body_of(&heard, 0), "127.0.0.1 tls=1 unix=0 uid=-1");
}

/* ---- what is spoken ---- */

static void only_current_versions_and_ciphers_are_spoken(void **state)
{
    static const struct {
        const char *title;
        struct wish wish;
        bool served;
    } rows[] = {
        {"TLS 1.0", {.version = TLS1_VERSION}, false},
        {"TLS 1.1", {.version = TLS1_1_VERSION}, false},
        {"TLS 1.2", {.version = TLS1_2_VERSION}, true},
        {"TLS 1.3", {.version = TLS1_3_VERSION}, true},
        {"AES-GCM", {.version = TLS1_2_VERSION, .ciphers = "ECDHE-ECDSA-AES128-GCM-SHA256"}, true},
        {"ChaCha20", {.version = TLS1_2_VERSION, .ciphers = "ECDHE-ECDSA-CHACHA20-POLY1305"}, true},
        {"CBC", {.version = TLS1_2_VERSION, .ciphers = "ECDHE-ECDSA-AES128-SHA256"}, false},
        {"SHA-1", {.version = TLS1_2_VERSION, .ciphers = "ECDHE-ECDSA-AES128-SHA"}, false},
        {"no forward secrecy", {.version = TLS1_2_VERSION, .ciphers = "AES128-GCM-SHA256"}, false},
        {"no encryption", {.version = TLS1_2_VERSION, .ciphers = "eNULL"}, false},
        {"no certificate", {.version = TLS1_2_VERSION, .ciphers = "aNULL"}, false},
        {"ALPN http/1.1", {.protocol = "\x02h2\x08http/1.1"}, true},
        {"ALPN h2 only", {.protocol = "\x02h2"}, false},
    };
    struct site site;
    int faults = 0;

    site_start(&site, no_limits, listen_with_tls);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct client client = connect_tls(&site, rows[i].wish);
        if (is_served(&client) != rows[i].served) {
            print_error("%s: %s\n", rows[i].title, rows[i].served ? "not served" : "served");
            faults++;
        }
        disconnect(&client);
    }
    assert_int_equal(0, faults);
    site_stop(&site);
}

static void sessions_are_resumed(void **state)
{
    static const int versions[] = {TLS1_2_VERSION, TLS1_3_VERSION};
    struct site site;

    site_start(&site, no_limits, listen_with_tls);
    for (size_t i = 0; i < 2; i++) {
        struct client client = connect_tls(&site, (struct wish){.version = versions[i]});
        assert_true(is_served(&client));
        SSL_SESSION *session = SSL_get1_session(client.tls);
        disconnect(&client);
        client = connect_tls(&site, (struct wish){.version = versions[i], .session = session});
        assert_true(is_served(&client));
        assert_int_equal(1, SSL_session_reused(client.tls));
        disconnect(&client);
        SSL_SESSION_free(session);
    }
    site_stop(&site);
}

/* ---- the server behind it ---- */

static void requests_over_tls_keep_their_order_and_their_bytes(void **state)
{
    struct site site;
    struct transcript heard;
    char body[40000], head[128];

    for (size_t i = 0; i < sizeof body; i++)
        body[i] = (char)('a' + i % 26);
    snprintf(head, sizeof head, "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: %zu\r\n\r\n", sizeof body);
    site_start(&site, no_limits, listen_with_tls);
    struct client client = connect_tls(&site, (struct wish){0});
    for (size_t i = 0; head[i]; i++) /* each byte in a record of its own */
        assert_int_equal(1, SSL_write(client.tls, head + i, 1));
    assert_int_equal(sizeof body, SSL_write(client.tls, body, sizeof body));
    static const char more[] = "GET /after/50 HTTP/1.1\r\nHost: a\r\n\r\nGET /b HTTP/1.1\r\nHost: a\r\n\r\n";
    assert_int_equal(sizeof more - 1, SSL_write(client.tls, more, sizeof more - 1));
    hear_tls(&client, &heard, 3);
    assert_true(slice_equal(body_of(&heard, 0), slice_of(body, sizeof body)));
    assert_true(slice_is(body_of(&heard, 1), "/after/50"));
    assert_true(slice_is(body_of(&heard, 2), "GET /b"));
    disconnect(&client);
    site_stop(&site);
}

/* More requests in one record than may be in flight: what had to wait is not forgotten. */
static void what_came_in_one_record_is_all_answered(void **state)
{
    struct site site;
    struct transcript heard;
    struct buffer input = buffer_new(1 << 16);

    for (int i = 0; i < 300; i++)
        buffer_string(&input, "GET /b HTTP/1.1\r\nHost: a\r\n\r\n");
    site_start(&site, (struct server_limits){.pipelined = 2}, listen_with_tls);
    struct client client = connect_tls(&site, (struct wish){0});
    assert_int_equal(input.length, SSL_write(client.tls, input.data, (int)input.length));
    hear_tls(&client, &heard, 300);
    assert_int_equal(300, answers_in(&heard));
    disconnect(&client);
    buffer_free(&input);
    site_stop(&site);
}

static void a_large_answer_over_tls_arrives_whole(void **state)
{
    struct site site;
    static const char request[] = "GET /big/5000000 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
    static char all[5001000];
    int length = 0, got;

    site_start(&site, no_limits, listen_with_tls);
    struct client client = connect_tls(&site, (struct wish){0});
    SSL_write(client.tls, request, sizeof request - 1);
    pause_ms(100); /* until the socket is full */
    while ((got = SSL_read(client.tls, all + length, (int)sizeof all - length)) > 0)
        length += got;
    assert_int_equal(SSL_ERROR_ZERO_RETURN, SSL_get_error(client.tls, got)); /* a farewell, not a cut */
    size_t head = slice_search(slice_of(all, (size_t)length), SLICE("\r\n\r\n")) + 4;
    assert_int_equal(5000000, (size_t)length - head);
    for (size_t i = 0; i < 5000000; i++) {
        if (all[head + i] != (char)('a' + i % 26))
            fail_msg("byte %zu is wrong", i);
    }
    disconnect(&client);
    site_stop(&site);
}

static void plain_http_to_a_tls_port_gets_nothing(void **state)
{
    struct site site;
    struct transcript heard;

    site_start(&site, no_limits, listen_with_tls);
    int client = dial(site.port);
    say(client, SLICE(REQUEST));
    listen_to(client, &heard, 2000);
    assert_true(heard.ended);
    assert_int_equal(0, answers_in(&heard));
    assert_int_equal(0, atomic_load(&site.handled));
    close(client);
    site_stop(&site);
}

static void a_handshake_that_stalls_is_given_up(void **state)
{
    struct site site;
    struct transcript heard;

    site_start(&site, (struct server_limits){.head_ms = 200}, listen_with_tls);
    int client = dial(site.port);
    say(client, SLICE("\x16\x03\x01"));
    listen_to(client, &heard, 2000);
    assert_true(heard.ended);
    close(client);
    site_stop(&site);
}

/* ---- certificates ---- */

static void listen_and_renew(struct site *site)
{
    listen_with_tls(site);
    assert_int_equal(OK, server_tls(site->server, second_certificate, second_key, NULL));
}

static void a_renewed_certificate_is_shown_to_new_connections(void **state)
{
    struct site site;
    char name[16] = "";

    site_start(&site, no_limits, listen_and_renew);
    struct client client = connect_tls(&site, (struct wish){0});
    assert_true(is_served(&client));
    X509 *certificate = SSL_get1_peer_certificate(client.tls);
    X509_NAME_get_text_by_NID(X509_get_subject_name(certificate), NID_commonName, name, sizeof name);
    assert_string_equal("second", name);
    X509_free(certificate);
    disconnect(&client);
    site_stop(&site);
}

static void certificates_that_cannot_be_used_are_errors(void **state)
{
    struct loop *loop = loop_new();
    struct server *server = server_new(loop, &(struct server_options){0});
    struct fault fault = {0};

    assert_int_equal(ERROR_FILE_MISSING, server_tls(server, "/nowhere/a.pem", first_key, &fault));
    assert_int_equal(ERROR_FILE_MISSING, server_tls(server, first_certificate, "/nowhere/a.key", &fault));
    assert_int_equal(ERROR_SYNTAX, server_tls(server, first_key, first_key, &fault));
    assert_int_equal(ERROR_SYNTAX, server_tls(server, first_certificate, first_certificate, &fault));
    assert_int_equal(ERROR_SYNTAX, server_tls(server, first_certificate, second_key, &fault));
    assert_true(strstr(fault.detail, second_key) != NULL);
    assert_int_equal(OK, server_tls(server, first_certificate, first_key, &fault));
    server_free(server);
    loop_free(loop);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_current_versions_and_ciphers_are_spoken),
        cmocka_unit_test(sessions_are_resumed),
        cmocka_unit_test(requests_over_tls_keep_their_order_and_their_bytes),
        cmocka_unit_test(what_came_in_one_record_is_all_answered),
        cmocka_unit_test(a_large_answer_over_tls_arrives_whole),
        cmocka_unit_test(plain_http_to_a_tls_port_gets_nothing),
        cmocka_unit_test(a_handshake_that_stalls_is_given_up),
        cmocka_unit_test(a_renewed_certificate_is_shown_to_new_connections),
        cmocka_unit_test(certificates_that_cannot_be_used_are_errors),
    };
    return cmocka_run_group_tests(tests, make_files, remove_files);
}
