/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "control.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/file.h"
#include "command.h"
#include "safe/node.h"
#include "text/json.h"

#define ANSWER_MAX (256u << 20)
#define START_TRIES 400
#define START_WAIT_US 25000

struct control {
    char path[NODE_PATH_MAX];
    pid_t child; /* a node started for this command; 0: it was running */
};

/* The socket's path can be longer than a socket address: reached through the descriptor of its directory. */
static int connect_to(const char *directory)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    CLEANUP_DESCRIPTOR int place = open(directory, O_PATH | O_DIRECTORY | O_CLOEXEC);
    int descriptor = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    snprintf(address.sun_path, sizeof address.sun_path, "/proc/self/fd/%d/control", place);
    if (place < 0 || descriptor < 0 || connect(descriptor, (struct sockaddr *)&address, sizeof address) < 0)
        file_close(&descriptor);
    return descriptor;
}

static const char *secret_file; /* for a node that is started for this command */

void control_start_with(const char *file)
{
    secret_file = file;
}

bool control_is_running(const char *directory)
{
    CLEANUP_DESCRIPTOR int descriptor = connect_to(directory);

    return descriptor >= 0;
}

static pid_t start_node(const char *directory)
{
    char program[PATH_MAX];

    if (!command_program_path(program, sizeof program))
        return -1;
    pid_t child = fork();
    if (child != 0)
        return child;
    int nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);
    dup2(nowhere, 1);
    execl(program, "hospitium", "serve", directory, "--control-only", secret_file ? "--secret-file" : (char *)NULL,
          secret_file, (char *)NULL);
    _exit(EXIT_FAULT);
}

static enum error wait_until_ready(struct control *control)
{
    for (int i = 0; i < START_TRIES; i++) {
        int descriptor = connect_to(control->path);
        if (descriptor >= 0) {
            file_close(&descriptor);
            return OK;
        }
        if (waitpid(control->child, NULL, WNOHANG) == control->child) {
            control->child = 0;
            return ERROR_IO; /* it has said why */
        }
        usleep(START_WAIT_US);
    }
    return ERROR_TIMEOUT;
}

enum error control_open(const char *directory, struct control **ret_control, struct fault *fault)
{
    struct control *control = calloc(1, sizeof *control);
    struct node node;

    if (!control)
        return ERROR_MEMORY;
    snprintf(control->path, sizeof control->path, "%s", directory);
    enum error error = node_load(directory, &node, fault);
    int descriptor = error == OK ? connect_to(directory) : -1;
    if (error == OK && descriptor < 0) {
        control->child = start_node(directory);
        error = control->child > 0 ? wait_until_ready(control) : ERROR_IO;
        if (error != OK)
            fault_set(fault, error, "the node could not be started for this command");
    }
    file_close(&descriptor);
    if (error != OK) {
        control_close(control);
        return error;
    }
    *ret_control = control;
    return OK;
}

void control_close(struct control *control)
{
    if (!control)
        return;
    if (control->child > 0) {
        CLEANUP_ARENA struct arena *arena = arena_new(1u << 20);
        struct slice answer;
        if (!arena || control_post(control, arena, "/control/stop", SLICE("{}"), &answer, NULL) != OK)
            kill(control->child, SIGTERM);
        while (waitpid(control->child, NULL, 0) < 0 && errno == EINTR)
            continue;
    }
    free(control);
}

static enum error read_all(int descriptor, struct buffer *into)
{
    for (;;) {
        char *room = buffer_room(into, 65536);
        if (!room)
            return ERROR_TOO_LARGE;
        ssize_t got = read(descriptor, room, 65536);
        into->length -= 65536 - (got > 0 ? (size_t)got : 0);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return ERROR_IO;
        if (got == 0)
            return OK;
    }
}

static enum error error_named(struct slice name)
{
    for (unsigned e = 1; e < ERROR_COUNT; e++)
        if (slice_is(name, error_entry((enum error)e)->name))
            return (enum error)e;
    return ERROR_INTERNAL;
}

/* An OperationOutcome does not carry our name for it: the first with this status and issue type is close enough. */
static enum error error_like(uint64_t status, struct slice issue)
{
    for (unsigned e = 1; e < ERROR_COUNT; e++)
        if ((uint64_t)error_entry((enum error)e)->http_status == status &&
            slice_is(issue, error_entry((enum error)e)->fhir_issue))
            return (enum error)e;
    return ERROR_INTERNAL;
}

static enum error read_problem(struct arena *arena, uint64_t status, struct slice body, struct fault *fault)
{
    const struct json *problem;

    if (json_parse(arena, body, &problem, NULL) != OK)
        return ERROR_INTERNAL;
    struct slice detail = json_text(json_member(problem, "detail"));
    if (json_member(problem, "code"))
        return fault_set(fault, error_named(json_text(json_member(problem, "code"))), "%.*s", SLICE_PRINT(detail));
    return fault_set(fault, error_like(status, json_text(json_path(problem, "issue.code"))), "%.*s",
                     SLICE_PRINT(json_text(json_path(problem, "issue.diagnostics"))));
}

static enum error read_answer(struct arena *arena, struct slice answer, struct slice *ret_body, struct fault *fault)
{
    size_t head = slice_search(answer, SLICE("\r\n\r\n"));
    uint64_t status;

    if (head == SIZE_MAX || answer.length < 12 || !slice_to_u64(slice_of(answer.data + 9, 3), &status))
        return ERROR_IO;
    *ret_body = arena_copy(arena, slice_from(answer, head + 4));
    if (!ret_body->data)
        return ERROR_MEMORY;
    return status < 400 ? OK : read_problem(arena, status, *ret_body, fault);
}

static enum error exchange(struct control *control, struct arena *arena, struct slice head, struct slice body,
                           struct slice *ret_answer, struct fault *fault)
{
    CLEANUP_DESCRIPTOR int descriptor = connect_to(control->path);
    CLEANUP_BUFFER struct buffer answer = buffer_new(ANSWER_MAX);

    if (descriptor < 0)
        return ERROR_IO;
    TRY(file_write_all(descriptor, head.data, head.length));
    TRY(file_write_all(descriptor, body.data, body.length));
    TRY(read_all(descriptor, &answer));
    return read_answer(arena, buffer_view(&answer), ret_answer, fault);
}

enum error control_post(struct control *control, struct arena *arena, const char *path, struct slice body,
                        struct slice *ret_answer, struct fault *fault)
{
    struct slice head = arena_format(arena,
                                     "POST %s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
                                     "Content-Type: application/json\r\nContent-Length: %zu\r\n\r\n",
                                     path, body.length);

    return head.data ? exchange(control, arena, head, body, ret_answer, fault) : ERROR_MEMORY;
}

enum error control_get(struct control *control, struct arena *arena, const char *path, const char *token,
                       struct slice *ret_answer, struct fault *fault)
{
    struct slice head = arena_format(arena,
                                     "GET %s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
                                     "Authorization: Bearer %s\r\n\r\n",
                                     path, token);

    return head.data ? exchange(control, arena, head, slice_of("", 0), ret_answer, fault) : ERROR_MEMORY;
}

enum error control_send(struct control *control, struct arena *arena, const char *method, const char *path,
                        const char *token, struct slice body, struct slice *ret_answer, struct fault *fault)
{
    struct slice head = arena_format(arena,
                                     "%s %s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
                                     "Authorization: Bearer %s\r\nContent-Type: application/json\r\n"
                                     "Content-Length: %zu\r\n\r\n",
                                     method, path, token, body.length);

    return head.data ? exchange(control, arena, head, body, ret_answer, fault) : ERROR_MEMORY;
}
