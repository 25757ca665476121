/* SPDX-License-Identifier: Apache-2.0 */

/* hospitium serve: the safe first, as a process of its own, then the door. The door never reads the root key; when the
 * safe dies it starts a new one, if that can be done without a person (a demo node, a systemd credential, a file that
 * was named) and nobody has shut the node. */

#define _GNU_SOURCE
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "base/log.h"
#include "command.h"
#include "courier.h"
#include "gate/gate.h"
#include "keys/ask.h"
#include "rest/advice.h"
#include "rest/app.h"
#include "rest/published.h"
#include "safe/node.h"
#include "settings.h"

#define ADVICE_ARENA_MAX (128u << 20)
#define SETTINGS_ARENA_MAX (512u << 10)
#define LAZY_MS 500
#define RESPAWN_MS 200

enum { TWIN_DOOR = 1, TWIN_SAFE = 2 };

struct serving {
    struct node node;
    struct world world;
    struct loop *loop;
    struct safe_client *client;
    struct gate *gate;
    struct server *server;
    struct arena *arena;
    struct app app;
    const struct settings *settings;
    struct loop_watch *signals;
    const char *secret_file;
    struct courier_child courier;
    pid_t safe;
    int signal_descriptor;
    int lock;
    bool stopping;
    enum error failed;
};

struct arguments {
    const char *directory;
    const char *listen;
    const char *certificate, *key;
    const char *secret_file;
    bool control_only, unlock;
};

/* ---- what opens the root ---- */

/* A descriptor that the safe will read it from; the door reads nothing of it. */
static enum error place_of_secret(const struct serving *serving, bool may_ask, int *ret_descriptor)
{
    CLEANUP_ARENA struct arena *arena = arena_new(65536);
    struct root_about about;
    struct fault fault = {0};

    if (!arena)
        return ERROR_MEMORY;
    TRY(root_about(arena, node_path(serving->node.directory, "keys/root").text, &about));
    return ask_place(about.kind, serving->secret_file, may_ask, ret_descriptor, &fault);
}

/* After a panic nothing but a person opens the node. */
static enum error check_lock(const struct serving *serving, bool unlock, struct fault *fault)
{
    if (unlock || !file_exists(node_path(serving->node.directory, SAFE_LOCKED_FILE).text))
        return OK;
    return fault_set(fault, ERROR_SHUT, "%s", SAFE_LOCKED_FILE);
}

/* ---- the safe's life ---- */

static void safe_lost(void *context);

static enum error start_safe(struct serving *serving, bool may_ask)
{
    char program[PATH_MAX];
    int secret = -1, socket = -1, pid = 0;

    if (!command_program_path(program, sizeof program))
        return ERROR_IO;
    TRY(place_of_secret(serving, may_ask, &secret));
    TRY(safe_spawn(program, serving->node.directory, secret, &socket, &pid));
    serving->safe = pid;
    int lazy = getenv("HOSPITIUM_TWIN") ? 0 : LAZY_MS; /* a twin's messages must not depend on how long things took */
    TRY(safe_client_new(serving->loop, socket, lazy, &serving->client));
    safe_client_on_lost(serving->client, safe_lost, serving);
    return OK;
}

static void hello_again(void *context, enum error error)
{
    (void)context;
    if (error != OK)
        LOG(ERROR, "safe.no_answer", FIELD_ERROR(error));
    else
        LOG(INFO, "safe.back");
}

static void restart_safe(void *context)
{
    struct serving *serving = context;
    struct safe_client *old = serving->client;

    waitpid(serving->safe, NULL, WNOHANG);
    if (serving->stopping)
        return;
    enum error error = start_safe(serving, false);
    if (error != OK) {
        LOG(ERROR, "safe.cannot_restart", FIELD_ERROR(error));
        return; /* advice on care goes on without it */
    }
    gate_reconnect(serving->gate, serving->client);
    safe_client_free(old);
    gate_hello(serving->gate, hello_again, serving);
}

static void safe_lost(void *context)
{
    struct serving *serving = context;

    if (serving->stopping)
        return;
    if (file_exists(node_path(serving->node.directory, SAFE_LOCKED_FILE).text)) {
        LOG(WARNING, "safe.shut"); /* advice on care goes on; records wait for a person */
        return;
    }
    LOG(ERROR, "safe.lost");
    if (!serving->app.gate) { /* it never came up: it has said why on stderr */
        serving->failed = ERROR_SAFE_UNREACHABLE;
        loop_stop(serving->loop);
        return;
    }
    if (!loop_timer(serving->loop, RESPAWN_MS, restart_safe, serving))
        LOG(ERROR, "safe.cannot_restart", FIELD_ERROR(ERROR_MEMORY));
}

/* ---- start and stop ---- */

static void stopped(void *context)
{
    struct serving *serving = context;

    loop_stop(serving->loop);
}

static void stop(void *context)
{
    struct serving *serving = context;

    if (serving->stopping)
        return;
    serving->stopping = true;
    LOG(INFO, "server.stopping");
    server_stop(serving->server, stopped, serving);
}

static void signalled(void *context, uint32_t events)
{
    struct serving *serving = context;
    struct signalfd_siginfo info;

    (void)events;
    if (read(serving->signal_descriptor, &info, sizeof info) == sizeof info && serving->server)
        stop(serving);
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

static enum error open_door(struct serving *serving, const struct arguments *arguments, struct fault *fault)
{
    struct server_options options = {
        .handler = app_handle, .body_limit = app_body_limit, .context = &serving->app, .world = &serving->world};
    uint16_t port = 0;

    options.limits.arena_bytes = 512u << 20;
    options.limits.connections = (size_t)settings_number(serving->settings, "limit.connections");
    options.limits.connections_per_address = (size_t)settings_number(serving->settings,
                                                                     "limit.connections_per_address");
    serving->server = server_new(serving->loop, &options);
    if (!serving->server)
        return ERROR_MEMORY;
    TRY(server_listen_unix(serving->server, node_path(serving->node.directory, "control").text, 0600, fault));
    if (arguments->control_only)
        return OK;
    if (arguments->certificate)
        TRY(server_tls(serving->server, arguments->certificate, arguments->key, fault));
    TRY(server_listen(serving->server, arguments->listen, &port, fault));
    const char *colon = strrchr(arguments->listen, ':');
    serving->app.base_url = arena_format(serving->arena, "%s://%.*s:%u", arguments->certificate ? "https" : "http",
                                         (int)(colon - arguments->listen), arguments->listen, port);
    printf("Listening on %.*s\n", SLICE_PRINT(serving->app.base_url));
    fflush(stdout);
    return OK;
}

struct opening {
    struct serving *serving;
    const struct arguments *arguments;
    struct fault fault;
};

/* The door is open: now what speaks for the node outside. */
static void begin_outside(const struct opening *opening)
{
    struct serving *serving = opening->serving;

    if (!opening->arguments->control_only)
        courier_child_start(&serving->courier, serving->loop, serving->node.directory);
    LOG(INFO, "server.started", FIELD("tls", (bool)(opening->arguments->certificate != NULL)));
}

static void session_came(void *context, enum error error)
{
    struct opening *opening = context;
    struct serving *serving = opening->serving;

    serving->app.gate = serving->gate;
    if (error == OK && opening->arguments->unlock)
        unlink(node_path(serving->node.directory, SAFE_LOCKED_FILE).text);
    if (error == OK)
        error = open_door(serving, opening->arguments, &opening->fault);
    serving->failed = error;
    if (error != OK)
        loop_stop(serving->loop);
    else
        begin_outside(opening);
}

static struct app_words words_of(const struct settings *settings)
{
    return (struct app_words){
        .care_name = settings_text(settings, "contact.care.name"),
        .care_phone = settings_text(settings, "contact.care.phone"),
        .record_name = settings_text(settings, "contact.record.name"),
        .record_phone = settings_text(settings, "contact.record.phone"),
        .emergency_number = settings_text(settings, "emergency.number"),
        .exit_address = settings_text(settings, "exit.address"),
        .desk_language = settings_text(settings, "desk.language"),
    };
}

/* The setting, or where ./dev wasm puts them; empty where there is neither. */
static const char *check_folder(const struct settings *settings, char folder[static PATH_MAX])
{
    struct slice chosen = settings_text(settings, "check.folder");

    if (chosen.length > 0)
        snprintf(folder, PATH_MAX, "%.*s", SLICE_PRINT(chosen));
    else if (!command_share_path("build-wasm", folder, PATH_MAX))
        folder[0] = '\0';
    return folder;
}

static enum error open_node(struct serving *serving, struct opening *opening)
{
    struct fault *fault = &opening->fault;
    char folder[PATH_MAX];

    TRY(file_lock(node_path(serving->node.directory, "lock").text, &serving->lock));
    TRY(check_lock(serving, opening->arguments->unlock, fault));
    serving->secret_file = opening->arguments->secret_file;
    serving->loop = loop_new();
    serving->arena = arena_new(ADVICE_ARENA_MAX);
    if (!serving->loop || !serving->arena)
        return ERROR_MEMORY;
    TRY(settings_read(serving->arena, node_path(serving->node.directory, "settings").text, &serving->settings, fault));
    TRY(watch_signals(serving));
    TRY(start_safe(serving, true));
    struct gate_options options = {serving->node.directory, serving->loop, &serving->world, serving->client};
    TRY(gate_open(&options, &serving->gate, fault));
    serving->app = (struct app){.loop = serving->loop,
                                .world = &serving->world,
                                .base_url = SLICE("http://localhost"),
                                .name = slice_from_string(serving->node.name),
                                .directory = serving->node.directory,
                                .words = words_of(serving->settings),
                                .stop = stop,
                                .stop_context = serving,
                                .started_ns = serving->world.now_ns(&serving->world)};
    TRY(advice_load(serving->arena, serving->node.directory, &serving->app.care, fault));
    TRY(published_load(serving->arena, serving->node.directory, check_folder(serving->settings, folder),
                       &serving->app.published));
    gate_hello(serving->gate, session_came, opening);
    return loop_run(serving->loop);
}

static void close_node(struct serving *serving)
{
    serving->stopping = true;
    courier_child_stop(&serving->courier);
    server_free(serving->server);
    gate_close(serving->gate);
    safe_client_free(serving->client);
    if (serving->safe > 0)
        waitpid(serving->safe, NULL, 0);
    loop_free(serving->loop);
    arena_free(serving->arena);
    file_close(&serving->signal_descriptor);
    file_close(&serving->lock);
}

int command_serve(int argc, char **argv)
{
    struct arguments arguments = {.listen = "127.0.0.1:8080"};
    const struct option_spec options[] = {{"listen", &arguments.listen, NULL},
                                          {"tls-cert", &arguments.certificate, NULL},
                                          {"tls-key", &arguments.key, NULL},
                                          {"control-only", NULL, &arguments.control_only},
                                          {"secret-file", &arguments.secret_file, NULL},
                                          {"unlock", NULL, &arguments.unlock}};
    struct serving serving = {.signal_descriptor = -1, .lock = -1};
    struct opening opening = {.serving = &serving, .arguments = &arguments};
    size_t positions;

    if (!command_arguments(argc, argv, options, 6, &arguments.directory, 1, &positions) || positions != 1 ||
        !arguments.certificate != !arguments.key || !strchr(arguments.listen, ':'))
        return command_usage(argv[0]);
    log_set_process(LABEL("door"));
    if (arguments.control_only) /* started for one command, which says itself what happened */
        log_set_level(LOG_WARNING);
    enum error error = node_load(arguments.directory, &serving.node, &opening.fault);
    if (error == OK)
        error = command_world(serving.node.demo, TWIN_DOOR, &serving.world);
    if (error == OK)
        error = open_node(&serving, &opening);
    close_node(&serving);
    if (error == OK)
        error = serving.failed;
    return error == OK ? EXIT_DONE : command_error(error, &opening.fault);
}

/* A twin's clock stands still: its ticks are the first and the last alone, which come in both twins at the same place.
 * */
static enum error read_cadence(const char *directory, struct safe_cadence *ret_cadence, struct fault *fault)
{
    CLEANUP_ARENA struct arena *arena = arena_new(SETTINGS_ARENA_MAX);
    const struct settings *settings;

    if (!arena)
        return ERROR_MEMORY;
    TRY(settings_read(arena, node_path(directory, "settings").text, &settings, fault));
    unsigned tick_s = (unsigned)settings_number(settings, "log.tick");
    *ret_cadence = (struct safe_cadence){
        .tick_s = getenv("HOSPITIUM_TWIN") ? 0 : tick_s,
        .pad = tick_s == 0 ? 0 : (unsigned)settings_number(settings, "log.pad"),
        .serving = true,
        .segment_bytes = (uint64_t)settings_number(settings, "log.segment_mib") << 20,
        .retention_years = (unsigned)settings_number(settings, "log.retention_years"),
        .witness_interval_s = (unsigned)settings_number(settings, "witness.interval"),
        .cover = (unsigned)settings_number(settings, "order.cover"),
    };
    return OK;
}

int command_safe(int argc, char **argv)
{
    struct safe_cadence cadence = {0};
    struct fault fault = {0};
    struct world world;
    struct node node;

    if (argc != 2)
        return EXIT_USAGE;
    enum error error = node_load(argv[1], &node, &fault);
    if (error == OK)
        error = command_world(node.demo, TWIN_SAFE, &world);
    if (error == OK)
        error = read_cadence(argv[1], &cadence, &fault);
    if (error == OK)
        error = safe_main(argv[1], &world, cadence, &fault);
    return error == OK ? EXIT_DONE : command_error(error, &fault);
}
