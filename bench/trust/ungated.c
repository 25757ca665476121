/* SPDX-License-Identifier: Apache-2.0 */

/* The read of a Patient without its promise: the same server, the same vault, the same sealed drawers opened and joined,
 * but no credential, no facts, no rules, no entry and no second process. What `./dev bench trust` measures a gated read
 * against. It takes the keys of a stopped demo node, which lie there in plain, and holds those of one person.
 *
 *     ungated DIRECTORY PORT PERSON        GET /fhir/Patient/PERSON, until SIGTERM
 *
 * This is the very thing that the product must not be able to do; it is built for the bench alone. */

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/signalfd.h>

#include "crypto/encode.h"
#include "crypto/seal.h"
#include "gate/internal.h"
#include "keys/keystore.h"
#include "keys/ring.h"
#include "keys/root.h"
#include "server/server.h"

struct run {
    struct loop *loop;
    struct server *server;
    struct gate gate;
    struct grant_target grant;
    struct id person;
};

static void stop_at(const char *what, enum error error)
{
    fprintf(stderr, "ungated: %s: %s\n", what, error_entry(error)->sentence);
    exit(3);
}

static enum error read_patient(struct run *run, const struct http_request *request, struct gate_view *ret_view)
{
    struct arena *arena = request->arena;
    struct vault_version version;
    struct id wire, inside, person;
    struct slice type;

    if (request->segments != 3)
        return ERROR_NOT_FOUND;
    TRY(decode_hex(request->segment[2], wire.byte, ID_BYTES));
    block_decrypt(run->gate.cipher[SECTOR_HEALTH], wire.byte, inside.byte);
    TRY(vault_snapshot_begin(run->gate.vault));
    enum error error = vault_locate(run->gate.vault, arena, &inside, &person, &type);
    if (error == OK)
        error = vault_read(run->gate.vault, arena, &person, type, &inside, &version);
    vault_snapshot_end(run->gate.vault);
    TRY(error);
    return gate_view_open(&run->gate, arena, SECTOR_HEALTH, &version, &run->grant, ret_view);
}

static void answer(void *context, struct exchange *exchange)
{
    static const struct http_header header[] = {{SLICE("content-type"), SLICE("application/fhir+json")},
                                                {SLICE("cache-control"), SLICE("no-store")},
                                                {SLICE("etag"), SLICE("W/\"1\"")},
                                                {SLICE("x-content-type-options"), SLICE("nosniff")}};
    const struct http_request *request = exchange_request(exchange);
    struct gate_view view;

    if (read_patient(context, request, &view) != OK)
        exchange_respond(exchange, 404, NULL, 0, SLICE("not found\n"));
    else
        exchange_respond_parts(exchange, 200, header, 4, &view.json, 1);
}

/* Everything that the safe would keep to itself. */
static void take_keys(struct run *run, const char *directory, struct world *world, const char *wire_text)
{
    struct secret_key root;
    struct ring *ring;
    struct keystore *keystore;
    struct keystore_person person;
    struct fault fault = {0};
    struct id wire;

    enum error error = root_open(node_path(directory, "keys/root").text, slice_of("", 0), &root, NULL);
    if (error != OK)
        stop_at("the root key", error);
    error = ring_open(node_path(directory, "keys/ring").text, &root, false, world, &ring, &fault);
    if (error != OK)
        stop_at("the ring", error);
    run->gate.cipher[SECTOR_HEALTH] = block_cipher_new(ring_key(ring, RING_SECTOR + SECTOR_HEALTH));
    if (!run->gate.cipher[SECTOR_HEALTH] || decode_hex(slice_from_string(wire_text), wire.byte, ID_BYTES) != OK)
        stop_at("the person", ERROR_VALUE);
    block_decrypt(run->gate.cipher[SECTOR_HEALTH], wire.byte, run->person.byte);
    error = keystore_open(node_path(directory, "keys/keys.db").text, ring, world, &keystore, &fault);
    if (error == OK)
        error = keystore_person(keystore, &run->person, DRAWER_ALL, &person, run->grant.key);
    if (error != OK)
        stop_at("the key store", error);
    run->grant.drawers = 1u << DRAWER_IDENTITY | 1u << DRAWER_CONTACT;
    keystore_close(keystore);
    ring_close(ring);
}

static void terminated(void *context, uint32_t events)
{
    loop_stop(context);
}

int main(int argc, char **argv)
{
    static struct run run;
    struct world world = world_real();
    struct server_options options = {.handler = answer, .context = &run};
    struct fault fault = {0};
    char address[32];
    sigset_t signals;

    if (argc != 4)
        return fputs("ungated DIRECTORY PORT PERSON\n", stderr), 2;
    take_keys(&run, argv[1], &world, argv[3]);
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigprocmask(SIG_BLOCK, &signals, NULL);
    snprintf(address, sizeof address, "127.0.0.1:%s", argv[2]);
    run.loop = loop_new();
    run.server = run.loop ? server_new(run.loop, &options) : NULL;
    run.gate.world = &world;
    enum error error = run.server ? vault_open(node_path(argv[1], "vault/vault.db").text, run.loop, &run.gate.vault, &fault)
                                  : ERROR_MEMORY;
    if (error != OK)
        stop_at("the vault", error);
    struct loop_watch *watch = loop_watch(run.loop, signalfd(-1, &signals, SFD_CLOEXEC), EPOLLIN, terminated, run.loop);
    if (!watch || server_listen(run.server, address, NULL, &fault) != OK || loop_run(run.loop) != OK)
        stop_at("the server", ERROR_IO);
    server_free(run.server);
    vault_close(run.gate.vault);
    loop_free(run.loop);
    return 0;
}
