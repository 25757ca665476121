/* SPDX-License-Identifier: Apache-2.0 */

/* Starting the safe as a process of its own, before the door opens a single socket to the world. */

#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/file.h"
#include "base/log.h"
#include "client.h"
#include "keys/ask.h"
#include "sandbox.h"

/* Runs in the child between fork and exec: system calls only. */
static void become_safe(const char *program, const char *directory, int socket, int secret)
{
    char *const arguments[] = {(char[]){"hospitium"}, (char[]){"safe"}, (char *)(uintptr_t)directory, NULL};

    if (secret < 0)
        secret = open("/dev/null", O_RDONLY | O_CLOEXEC);
    /* First out of the way of the numbers they are to have. */
    int high_socket = fcntl(socket, F_DUPFD, 10), high_secret = fcntl(secret, F_DUPFD, 10);
    if (dup2(high_socket, SAFE_SOCKET) < 0 || dup2(high_secret, SAFE_SECRET) < 0)
        _exit(3);
    close_range(SAFE_SECRET + 1, ~0u, 0);
    execv(program, arguments);
    _exit(3);
}

enum error safe_spawn(const char *program, const char *directory, int secret, int *ret_socket, int *ret_pid)
{
    int pair[2];

    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0) {
        file_close(&secret);
        return ERROR_IO;
    }
    pid_t child = fork();
    if (child == 0)
        become_safe(program, directory, pair[1], secret);
    close(pair[1]);
    file_close(&secret);
    if (child < 0) {
        close(pair[0]);
        return ERROR_IO;
    }
    *ret_socket = pair[0];
    *ret_pid = child;
    return OK;
}

/* What opens the root is in this process from here to the end of the function and never again. */
static enum error open_with_secret(struct safe_options *options, struct safe **ret_safe, struct fault *fault)
{
    CLEANUP_ARENA struct arena *arena = arena_new(65536);
    char room[ROOT_SECRET_MAX];
    struct root_about about;
    struct slice secret;

    if (!arena)
        return ERROR_MEMORY;
    enum error error = root_about(arena, node_path(options->directory, "keys/root").text, &about);
    if (error != OK)
        return fault_set(fault, error, "the root key cannot be read");
    error = ask_read(about.kind, SAFE_SECRET, room, &secret);
    if (error == OK) {
        options->passphrase = secret;
        error = safe_open(options, ret_safe, fault);
        options->passphrase = slice_of("", 0);
    }
    secret_wipe(room, sizeof room);
    return error;
}

enum error safe_main(const char *directory, struct world *world, struct safe_cadence cadence, struct fault *fault)
{
    struct safe_options options = {.directory = directory, .world = world, .cadence = cadence};
    struct safe *safe = NULL;

    /* The terminal's interrupt is for the door: the safe ends when the door hangs up, with everything written. */
    signal(SIGINT, SIG_IGN);
    signal(SIGTERM, SIG_IGN);
    sandbox_begin();
    log_set_process(LABEL("safe"));
    TRY(open_with_secret(&options, &safe, fault));
    enum error error = safe_tell_rules(safe, fault);
    if (error == OK) {
        sandbox_enter(directory);
        error = safe_begin(safe);
    }
    if (error == OK) {
        safe_tick(safe); /* nobody has been shown anything since the last one, whenever that was */
        error = safe_serve(safe, SAFE_SOCKET);
    }
    if (safe_is_shut(safe))
        _exit(0); /* closing would write and sign, and there is nothing left to sign with */
    safe_tick(safe);
    safe_idle(safe);
    safe_close(safe);
    return error;
}
