/* SPDX-License-Identifier: Apache-2.0 */

/* hospitium-courier DIR: what `hospitium serve` starts beside itself when DIR/witnesses is there. It ends with it.
 * Whom to ask and how often it is told by the node, again and again.
 *
 * Before it speaks to anybody it gives up what it does not need, where the kernel has Landlock: no file of the node's
 * directory can be opened, so that whoever takes it over through an answer of a witness finds no vault and no
 * log to read. */

#define _GNU_SOURCE
#include <curl/curl.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/landlock.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/file.h"
#include "base/log.h"
#include "base/world.h"
#include "counts.h"
#include "exchange.h"
#include "round.h"

#define NODE_MS 10000L
#define WITNESS_MS 5000L
#define ROUND_MS 1000
#define URL_BYTES_MAX 1024
#define FILES_MAX (1u << 20)   /* what the owner says of witnesses, as the node gives it */
#define POLICY_ROOM (1u << 16) /* beside its text: what is parsed of it */

/* What the owner says of witnesses, as the safe has read it last. */
struct instructions {
    struct arena *arena;
    uint64_t mark; /* by which the safe knows what is here */
    const struct policy *policy;
    struct slice region, authorities;
};

struct ways {
    struct exchange *node, *outside;
    char socket[64]; /* the control socket through the descriptor of its directory: a socket's path has a short limit */
    struct instructions instructions;
    struct courier courier;
};

/* ---- the ways out ---- */

static enum error to_node(void *context, const char *path, struct slice body, unsigned *ret_status,
                          struct buffer *answer)
{
    const struct ways *ways = context;
    char url[128];

    snprintf(url, sizeof url, "http://localhost%s", path);
    return exchange_run(ways->node, &(struct exchange_request){url, ways->socket, body, NODE_MS}, ret_status, answer);
}

static enum error to_witness(void *context, unsigned number, struct slice prefix, const char *below, struct slice body)
{
    const struct ways *ways = context;
    char url[URL_BYTES_MAX];
    bool slash = slice_ends_with(prefix, SLICE("/"));

    if (snprintf(url, sizeof url, "%.*s%s%s", SLICE_PRINT(prefix), slash ? "" : "/", below) >= (int)sizeof url)
        return ERROR_TOO_LARGE;
    return exchange_begin(ways->outside, number, &(struct exchange_request){url, NULL, body, WITNESS_MS},
                          COURIER_ANSWER_MAX);
}

static enum error take_answers(struct ways *ways, int64_t now_ms)
{
    struct exchange_over over;

    while (exchange_over(ways->outside, &over)) {
        struct courier_answer answer = {over.number, over.error, over.status, over.body};
        if (answer.number == COURIER_NUMBER_COUNTS)
            courier_counts_answered(&ways->courier, &answer, now_ms);
        else
            TRY(courier_answered(&ways->courier, &answer, now_ms));
    }
    return OK;
}

/* ---- what the owner says ---- */

static struct slice text_read(struct reader *reader)
{
    uint32_t length = reader_u32(reader);

    return reader_bytes(reader, length);
}

/* policy ‖ region ‖ authorities, each u32 length ‖ text. An empty policy: there are no witnesses. */
static enum error read_instructions(struct reader *reader, struct instructions *instructions)
{
    struct slice text = arena_copy(instructions->arena, text_read(reader));
    struct slice region = arena_copy(instructions->arena, text_read(reader));

    instructions->authorities = arena_copy(instructions->arena, text_read(reader));
    if (reader->failed)
        return ERROR_SYNTAX;
    if (!text.data || !region.data || !instructions->authorities.data)
        return ERROR_MEMORY;
    instructions->region = slice_cut(&region, '\n');
    return text.length == 0 ? OK : policy_parse(text, instructions->arena, &instructions->policy, NULL);
}

static void take_instructions(struct ways *ways, struct instructions *instructions)
{
    bool other_region = !slice_equal(ways->instructions.region, instructions->region);

    exchange_forget(ways->outside); /* asked for by what was said before */
    exchange_trust(ways->outside, instructions->authorities);
    courier_take_policy(&ways->courier, instructions->policy);
    if (other_region)
        ways->courier.counts_due_ms = COURIER_NEVER;
    arena_free(ways->instructions.arena);
    ways->instructions = *instructions;
    LOG(INFO, "courier.instructed", FIELD("members", instructions->policy ? instructions->policy->members : 0u));
}

/* mark u64 ‖ interval u64, and what there is to say when the marks differ. Without memory the former ones stay. */
static enum error look_at_instructions(struct ways *ways)
{
    CLEANUP_BUFFER struct buffer answer = buffer_new(FILES_MAX);
    char path[64];
    unsigned status;

    snprintf(path, sizeof path, "/control/witnesses/%" PRIu64, ways->instructions.mark);
    TRY(to_node(ways, path, slice_of(NULL, 0), &status, &answer));
    struct reader reader = reader_of(buffer_view(&answer));
    struct instructions instructions = {.mark = reader_u64(&reader), .region = SLICE(""), .authorities = SLICE("")};
    uint64_t interval_s = reader_u64(&reader);
    if (status != 200 || reader.failed)
        return OK; /* the safe is away */
    ways->courier.interval_ms = (int64_t)(interval_s < INT32_MAX ? interval_s : INT32_MAX) * 1000;
    if (instructions.mark == ways->instructions.mark)
        return OK;
    instructions.arena = arena_new(FILES_MAX + POLICY_ROOM);
    if (instructions.arena && read_instructions(&reader, &instructions) == OK) {
        take_instructions(ways, &instructions);
        return OK;
    }
    arena_free(instructions.arena);
    LOG(ERROR, "courier.instructions_not_taken");
    return OK;
}

/* ---- the process ---- */

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

/* Once a second; answers as they come. */
static enum error go_round(struct ways *ways)
{
    int64_t now_ms = world_stopwatch_ns() / 1000000, next_ms = now_ms + ROUND_MS;

    TRY(look_at_instructions(ways));
    TRY(courier_round(&ways->courier, now_ms));
    TRY(courier_counts(&ways->courier, ways->instructions.region, now_ms, (int64_t)time(NULL)));
    while (now_ms < next_ms) {
        exchange_wait(ways->outside, (int)(next_ms - now_ms));
        now_ms = world_stopwatch_ns() / 1000000;
        TRY(take_answers(ways, now_ms));
    }
    return OK;
}

static enum error serve(const char *directory)
{
    CLEANUP_DESCRIPTOR int place = open(directory, O_PATH | O_DIRECTORY | O_CLOEXEC);
    static struct ways ways;

    snprintf(ways.socket, sizeof ways.socket, "/proc/self/fd/%d/control", place);
    ways.courier.lines = (struct courier_lines){&ways, to_node, to_witness};
    enum error error = exchange_new(&ways.node);
    if (error == OK)
        error = exchange_new(&ways.outside);
    give_up_files();
    while (error == OK && getppid() != 1)
        error = go_round(&ways);
    exchange_free(ways.node);
    exchange_free(ways.outside);
    arena_free(ways.instructions.arena);
    return error;
}

int main(int argc, char **argv)
{
    if (argc != 2) {
        fprintf(stderr, "hospitium-courier DIR is started by hospitium serve.\n");
        return 2;
    }
    begin();
    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
        return 3;
    enum error error = serve(argv[1]);
    curl_global_cleanup();
    if (error == OK)
        return 0;
    LOG(ERROR, "courier.ended", FIELD_ERROR(error));
    return 3;
}
