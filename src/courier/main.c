/* SPDX-License-Identifier: Apache-2.0 */

/* hospitium-courier DIR: what `hospitium serve` starts beside itself when DIR/witnesses is there. It ends with it.
 *
 * Before it speaks to anybody it gives up what it does not need, where the kernel has Landlock: no file of the node's
 * directory can be opened any more, so that whoever takes it over through an answer of a witness finds no vault and no
 * log to read. */

#define _GNU_SOURCE
#include <curl/curl.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "base/file.h"
#include "base/log.h"
#include "base/world.h"
#include "counts.h"
#include "exchange.h"
#include "round.h"

#define ARENA_MAX (8u << 20)
#define AUTHORITIES_MAX (1u << 20)
#define NODE_MS 10000L
#define WITNESS_MS 5000L
#define URL_BYTES_MAX 1024

struct ways {
    struct exchange *node, *outside;
    char socket[64]; /* the control socket through the descriptor of its directory: a socket's path has a short limit */
};

static enum error to_node(void *context, const char *path, struct slice body, unsigned *ret_status,
                          struct buffer *answer)
{
    const struct ways *ways = context;
    char url[128];

    snprintf(url, sizeof url, "http://localhost%s", path);
    return exchange_run(ways->node, &(struct exchange_request){url, ways->socket, body, NODE_MS}, ret_status, answer);
}

static enum error to_witness(void *context, struct slice prefix, const char *below, struct slice body,
                             unsigned *ret_status, struct buffer *answer)
{
    const struct ways *ways = context;
    char url[URL_BYTES_MAX];
    bool slash = slice_ends_with(prefix, SLICE("/"));

    if (snprintf(url, sizeof url, "%.*s%s%s", SLICE_PRINT(prefix), slash ? "" : "/", below) >= (int)sizeof url)
        return ERROR_TOO_LARGE;
    return exchange_run(ways->outside, &(struct exchange_request){url, NULL, body, WITNESS_MS}, ret_status, answer);
}

static enum error read_policy(struct arena *arena, const char *directory, const struct policy **ret_policy,
                              struct slice *ret_authorities, struct fault *fault)
{
    struct slice text;

    TRY(file_read(arena, arena_format(arena, "%s/witnesses", directory).data, POLICY_BYTES_MAX, &text, fault));
    TRY(policy_parse(text, arena, ret_policy, fault));
    enum error error = file_read(arena, arena_format(arena, "%s/witnesses.pem", directory).data, AUTHORITIES_MAX,
                                 ret_authorities, fault);
    if (error == ERROR_FILE_MISSING)
        *ret_authorities = slice_of("", 0);
    return error == ERROR_FILE_MISSING ? OK : error;
}

/* DIR/region: the region's URL, a line; there need be none. */
static enum error read_region(struct arena *arena, const char *directory, struct slice *ret_url, struct fault *fault)
{
    struct slice text = slice_of("", 0);
    enum error error = file_read(arena, arena_format(arena, "%s/region", directory).data, URL_BYTES_MAX, &text, fault);

    *ret_url = slice_cut(&text, '\n');
    return error == ERROR_FILE_MISSING ? OK : error;
}

/* Libraries, certificates and the resolver's files may be read; nothing may be written or made. */
static void give_up_files(void)
{
    static const char *const places[] = {"/etc", "/usr", "/lib", "/lib64", "/run/systemd/resolve", "/dev/null"};
    const struct landlock_ruleset_attr all = {.handled_access_fs = (LANDLOCK_ACCESS_FS_MAKE_SYM << 1) - 1};
    const uint64_t reading = LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR;
    CLEANUP_DESCRIPTOR int ruleset = (int)syscall(SYS_landlock_create_ruleset, &all, sizeof all, 0);

    for (size_t i = 0; ruleset >= 0 && i < sizeof places / sizeof *places; i++) {
        CLEANUP_DESCRIPTOR int place = open(places[i], O_PATH | O_CLOEXEC);
        struct landlock_path_beneath_attr beneath = {
            .allowed_access = i + 1 == sizeof places / sizeof *places ? LANDLOCK_ACCESS_FS_READ_FILE : reading,
            .parent_fd = place};
        if (place >= 0)
            (void)syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &beneath, 0);
    }
    bool confined = ruleset >= 0 && syscall(SYS_landlock_restrict_self, ruleset, 0) == 0;
    LOG(INFO, "courier.started", FIELD("landlock", confined));
}

static void begin(void)
{
    const struct rlimit none = {0, 0};

    prctl(PR_SET_PDEATHSIG, SIGTERM);
    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    setrlimit(RLIMIT_CORE, &none);
    log_set_process(LABEL("courier"));
}

static enum error serve(const char *directory, struct fault *fault)
{
    const struct timespec second = {.tv_sec = 1};
    CLEANUP_ARENA struct arena *arena = arena_new(ARENA_MAX);
    CLEANUP_DESCRIPTOR int place = open(directory, O_PATH | O_DIRECTORY | O_CLOEXEC);
    struct courier *courier = arena ? arena_alloc(arena, sizeof *courier) : NULL;
    struct ways ways = {0};
    struct slice authorities, region;

    if (!courier)
        return ERROR_MEMORY;
    TRY(read_policy(arena, directory, &courier->policy, &authorities, fault));
    TRY(read_region(arena, directory, &region, fault));
    snprintf(ways.socket, sizeof ways.socket, "/proc/self/fd/%d/control", place);
    TRY(exchange_new(slice_of("", 0), &ways.node));
    TRY(exchange_new(authorities, &ways.outside));
    courier->lines = (struct courier_lines){&ways, to_node, to_witness};
    give_up_files();
    enum error error = OK;
    while (error == OK && getppid() != 1) {
        error = courier_round(courier, world_stopwatch_ns() / 1000000);
        if (error == OK)
            error = courier_counts(courier, region, world_stopwatch_ns() / 1000000, (int64_t)time(NULL));
        nanosleep(&second, NULL);
    }
    exchange_free(ways.node);
    exchange_free(ways.outside);
    return error;
}

int main(int argc, char **argv)
{
    struct fault fault = {0};

    if (argc != 2) {
        fprintf(stderr, "hospitium-courier DIR is started by hospitium serve.\n");
        return 2;
    }
    begin();
    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
        return 3;
    enum error error = serve(argv[1], &fault);
    curl_global_cleanup();
    if (error == OK)
        return 0;
    LOG(ERROR, "courier.ended", FIELD_ERROR(error));
    return 3;
}
