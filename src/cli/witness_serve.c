/* SPDX-License-Identifier: Apache-2.0 */

/* hospitium witness serve: one process, one loop. It ends rather than cosign when it cannot know what it has vouched
 * for. */

#define _GNU_SOURCE
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "base/file.h"
#include "base/log.h"
#include "command.h"
#include "safe/node.h"
#include "sealing.h"
#include "witness.h"
#include "witness/site.h"

#define ARENA_MAX (1u << 20)
#define TEND_MS 1000
#define CONNECTIONS_PER_ADDRESS 64

struct arguments {
    const char *directory, *listen, *certificate, *key, *secret_file;
};

struct serving {
    struct arguments arguments;
    struct arena *arena;
    struct world world;
    struct folder_about about;
    struct slice origin; /* of a region's log */
    struct witness_keys keys;
    struct site site;
    struct loop *loop;
    struct server *server;
    struct loop_watch *signals;
    int signal_descriptor;
    enum error failed;
    struct fault fault;
};

/* ---- stopping ---- */

static void stopped(void *context)
{
    struct serving *serving = context;

    loop_stop(serving->loop);
}

static void stop(struct serving *serving, enum error error)
{
    serving->failed = error;
    server_stop(serving->server, stopped, serving);
}

static void signalled(void *context, uint32_t events)
{
    struct serving *serving = context;
    struct signalfd_siginfo info;

    (void)events;
    if (read(serving->signal_descriptor, &info, sizeof info) == sizeof info)
        stop(serving, OK);
}

static enum error watch_signals(struct serving *serving)
{
    sigset_t set;

    sigemptyset(&set);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGTERM);
    if (sigprocmask(SIG_BLOCK, &set, NULL) < 0)
        return ERROR_IO;
    serving->signal_descriptor = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    if (serving->signal_descriptor < 0)
        return ERROR_IO;
    serving->signals = loop_watch(serving->loop, serving->signal_descriptor, EPOLLIN, signalled, serving);
    return serving->signals ? OK : ERROR_MEMORY;
}

/* ---- once a second ---- */

static enum error tend_once(struct serving *serving)
{
    struct site *site = &serving->site;

    if (folder_has_news(site->folder))
        TRY(folder_teach(site->folder, site->witness, &serving->fault));
    enum error error = site->region ? region_tend(site->region) : OK;
    if (error != OK)
        LOG(ERROR, "witness.region_not_tended", FIELD_ERROR(error)); /* nothing that was given out hangs on it */
    return OK;
}

static void tend(void *context)
{
    struct serving *serving = context;

    enum error error = tend_once(serving);
    if (error == OK && !loop_timer(serving->loop, TEND_MS, tend, serving))
        error = ERROR_MEMORY;
    if (error == OK)
        return;
    LOG(ERROR, "witness.ends", FIELD_ERROR(error));
    stop(serving, error);
}

/* ---- starting ---- */

/* Wraps the folder's call, so that what is kept and what a region records have one context. */
static enum error keep(void *context, struct slice origin, struct slice state)
{
    const struct site *site = context;
    enum error error = folder_keep(site->folder, origin, state);

    if (error != OK)
        LOG(ERROR, "witness.not_kept", FIELD_ERROR(error));
    return error;
}

static enum error record(void *context, struct slice origin, struct slice note)
{
    const struct site *site = context;
    enum error error = region_record(site->region, origin, note);

    if (error != OK)
        LOG(ERROR, "witness.not_recorded", FIELD_ERROR(error));
    return error;
}

static void split(void *context, struct slice origin, struct slice kept, struct slice other)
{
    const struct site *site = context;

    LOG(ERROR, "witness.split_view");
    folder_split(site->folder, origin, kept, other);
}

static enum error open_region(struct serving *serving)
{
    const struct region_settings settings = {.directory = serving->arguments.directory,
                                             .origin = serving->origin,
                                             .seed = &serving->keys.log,
                                             .world = &serving->world,
                                             .io = keeper_io_system(),
                                             .members = serving->about.members};
    uint8_t public_key[SIGN_PUBLIC_BYTES];

    sign_public(&serving->keys.log, public_key);
    serving->site.log_key = note_key_make(serving->origin, public_key);
    return region_open(&settings, &serving->site.region, &serving->fault);
}

static enum error open_witness(struct serving *serving)
{
    struct witness_settings settings = {.name = serving->about.name,
                                        .seed = &serving->keys.cosigning,
                                        .world = &serving->world,
                                        .context = &serving->site,
                                        .keep = keep,
                                        .split = split};
    struct keeper_io io = keeper_io_system();

    TRY(folder_open(serving->arguments.directory, &io, &serving->site.folder));
    if (serving->about.region) {
        settings.record = record;
        settings.record_bytes_max = LEDGER_LEAF_MAX;
        TRY(open_region(serving));
    }
    TRY(witness_new(&settings, &serving->site.witness));
    return folder_teach(serving->site.folder, serving->site.witness, &serving->fault);
}

static enum error open_keys(struct serving *serving)
{
    CLEANUP_KEY struct secret_key root;

    TRY(root_ask(serving->arguments.directory, serving->arguments.secret_file, &root, &serving->fault));
    witness_keys_derive(&root, &serving->keys);
    return OK;
}

static enum error open_server(struct serving *serving)
{
    struct server_options options = {.handler = site_handle,
                                     .body_limit = site_body_limit,
                                     .context = &serving->site,
                                     .world = &serving->world,
                                     .limits = {.connections_per_address = CONNECTIONS_PER_ADDRESS}};
    const struct arguments *arguments = &serving->arguments;
    const char *colon = strrchr(arguments->listen, ':');
    uint16_t port = 0;

    serving->server = server_new(serving->loop, &options);
    if (!serving->server)
        return ERROR_MEMORY;
    if (arguments->certificate)
        TRY(server_tls(serving->server, arguments->certificate, arguments->key, &serving->fault));
    TRY(server_listen(serving->server, arguments->listen, &port, &serving->fault));
    printf("Listening on %s://%.*s:%u\n", arguments->certificate ? "https" : "http", (int)(colon - arguments->listen),
           arguments->listen, port);
    fflush(stdout);
    return OK;
}

static enum error run(struct serving *serving)
{
    serving->world = world_real();
    serving->arena = arena_new(ARENA_MAX);
    serving->loop = loop_new();
    if (!serving->arena || !serving->loop)
        return ERROR_MEMORY;
    TRY(folder_about_read(serving->arena, serving->arguments.directory, &serving->about, &serving->fault));
    serving->origin = witness_log_origin(serving->arena, serving->about.name);
    TRY(open_keys(serving));
    TRY(open_witness(serving));
    serving->site.world = &serving->world;
    serving->site.started_s = world_now_s(&serving->world);
    TRY(watch_signals(serving));
    TRY(open_server(serving));
    if (!loop_timer(serving->loop, TEND_MS, tend, serving))
        return ERROR_MEMORY;
    LOG(INFO, "witness.started", FIELD("logs", witness_logs(serving->site.witness)),
        FIELD("region", serving->about.region));
    TRY(loop_run(serving->loop));
    return serving->failed;
}

static void close_all(struct serving *serving)
{
    server_free(serving->server);
    region_close(serving->site.region);
    witness_free(serving->site.witness);
    folder_close(serving->site.folder);
    loop_free(serving->loop);
    arena_free(serving->arena);
    file_close(&serving->signal_descriptor);
    witness_keys_wipe(&serving->keys);
}

int witness_serve(int argc, char **argv)
{
    struct serving serving = {.arguments.listen = "127.0.0.1:8081", .signal_descriptor = -1};
    struct arguments *arguments = &serving.arguments;
    const struct option_spec options[] = {{"listen", &arguments->listen, NULL},
                                          {"tls-cert", &arguments->certificate, NULL},
                                          {"tls-key", &arguments->key, NULL},
                                          {"secret-file", &arguments->secret_file, NULL}};
    size_t positions;

    if (!command_arguments(argc, argv, options, 4, &arguments->directory, 1, &positions) || positions != 1 ||
        !arguments->certificate != !arguments->key || !strchr(arguments->listen, ':'))
        return command_usage("witness");
    log_set_process(LABEL("witness"));
    enum error error = run(&serving);
    close_all(&serving);
    return error == OK ? EXIT_DONE : command_error(error, &serving.fault);
}
