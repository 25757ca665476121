/* SPDX-License-Identifier: Apache-2.0 */

/* Starting the safe as a process of its own, before the door opens a single socket to the world. */

#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/file.h"
#include "base/log.h"
#include "client.h"

#define PASSPHRASE_MAX 1024

static enum error write_passphrase(int pipe_end, struct slice passphrase)
{
    enum error error = file_write_all(pipe_end, passphrase.data, passphrase.length);

    close(pipe_end);
    return error;
}

/* Runs in the child between fork and exec: system calls only. */
static void become_safe(const char *program, const char *directory, int socket, int passphrase)
{
    char *const arguments[] = {(char[]){"hospitium"}, (char[]){"safe"}, (char *)(uintptr_t)directory, NULL};

    /* First out of the way of the numbers they are to have. */
    int high_socket = fcntl(socket, F_DUPFD, 10), high_passphrase = fcntl(passphrase, F_DUPFD, 10);
    if (dup2(high_socket, SAFE_SOCKET) < 0 || dup2(high_passphrase, SAFE_PASSPHRASE) < 0)
        _exit(3);
    close_range(SAFE_PASSPHRASE + 1, ~0u, 0);
    execv(program, arguments);
    _exit(3);
}

enum error safe_spawn(const char *program, const char *directory, struct slice passphrase, int *ret_socket,
                      int *ret_pid)
{
    int pair[2], secret[2];

    if (passphrase.length > PASSPHRASE_MAX)
        return ERROR_VALUE;
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0)
        return ERROR_IO;
    if (pipe2(secret, O_CLOEXEC) < 0) {
        close(pair[0]);
        close(pair[1]);
        return ERROR_IO;
    }
    pid_t child = fork();
    if (child == 0)
        become_safe(program, directory, pair[1], secret[0]);
    close(pair[1]);
    close(secret[0]);
    enum error error = write_passphrase(secret[1], passphrase);
    if (child < 0 || error != OK) {
        close(pair[0]);
        return ERROR_IO;
    }
    *ret_socket = pair[0];
    *ret_pid = child;
    return OK;
}

static enum error read_passphrase(char *into, size_t *ret_length)
{
    size_t length = 0;

    while (length < PASSPHRASE_MAX) {
        ssize_t got = read(SAFE_PASSPHRASE, into + length, PASSPHRASE_MAX - length);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return ERROR_IO;
        if (got == 0)
            break;
        length += (size_t)got;
    }
    close(SAFE_PASSPHRASE);
    *ret_length = length;
    return OK;
}

enum error safe_main(const char *directory, struct world *world, struct fault *fault)
{
    char passphrase[PASSPHRASE_MAX];
    struct safe *safe = NULL;
    size_t length = 0;

    /* No other process of the same user may read this one's memory, and no core of it is written. The terminal's
     * interrupt is for the door: the safe ends when the door hangs up, with everything written. */
    prctl(PR_SET_DUMPABLE, 0);
    signal(SIGINT, SIG_IGN);
    signal(SIGTERM, SIG_IGN);
    log_set_process(LABEL("safe"));
    TRY(read_passphrase(passphrase, &length));
    struct safe_options options = {directory, slice_of(passphrase, length), world};
    enum error error = safe_open(&options, &safe, fault);
    secret_wipe(passphrase, sizeof passphrase);
    TRY(error);
    error = safe_tell_rules(safe, fault);
    if (error == OK)
        error = safe_serve(safe, SAFE_SOCKET);
    safe_idle(safe);
    safe_close(safe);
    return error;
}
