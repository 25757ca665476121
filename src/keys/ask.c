/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "ask.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "base/file.h"

static const struct {
    const char *credential, *prompt;
} of_kind[] = {
    [ROOT_PLAIN] = {NULL, NULL},
    [ROOT_PASSPHRASE] = {"hospitium-passphrase", "Passphrase of the node: "},
    [ROOT_CREDENTIAL] = {"hospitium-root", NULL},
    [ROOT_PKCS11] = {"hospitium-pin", "PIN of the token: "},
    [ROOT_SHARE] = {"hospitium-share", "The other share, one line: "},
};

static int open_credential(const char *name)
{
    const char *directory = getenv("CREDENTIALS_DIRECTORY");
    char path[PATH_MAX];

    if (!directory || snprintf(path, sizeof path, "%s/%s", directory, name) >= (int)sizeof path)
        return -1;
    return open(path, O_RDONLY | O_CLOEXEC);
}

enum error ask_place(enum root_kind kind, const char *file, bool may_ask, int *ret_descriptor, struct fault *fault)
{
    *ret_descriptor = -1;
    if (kind == ROOT_PLAIN)
        return OK;
    if (file) {
        *ret_descriptor = strcmp(file, "-") == 0 ? fcntl(0, F_DUPFD_CLOEXEC, 3) : open(file, O_RDONLY | O_CLOEXEC);
        return *ret_descriptor >= 0 ? OK : fault_set(fault, ERROR_FILE_MISSING, "%.200s", file);
    }
    *ret_descriptor = open_credential(of_kind[kind].credential);
    if (*ret_descriptor < 0 && may_ask && of_kind[kind].prompt && isatty(0))
        *ret_descriptor = open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC);
    if (*ret_descriptor >= 0)
        return OK;
    return fault_set(fault, ERROR_SEALED, "nobody gave what opens the root key: --secret-file, or the credential %s",
                     of_kind[kind].credential);
}

static enum error read_to_end(int descriptor, bool one_line, char *into, size_t *ret_length)
{
    size_t length = 0;

    for (;;) {
        ssize_t got = read(descriptor, into + length, ROOT_SECRET_MAX - length);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return ERROR_IO;
        length += (size_t)got;
        if (got == 0 || (one_line && memchr(into, '\n', length)))
            break;
        if (length == ROOT_SECRET_MAX)
            return ERROR_TOO_LARGE;
    }
    *ret_length = length;
    return OK;
}

static enum error read_terminal(int descriptor, const char *prompt, char *into, size_t *ret_length)
{
    struct termios before, silent;

    if (tcgetattr(descriptor, &before) < 0) /* cover: only when the system fails */
        return ERROR_IO;
    silent = before;
    silent.c_lflag &= (tcflag_t) ~(unsigned)ECHO;
    silent.c_lflag |= ECHONL;
    TRY(file_write_all(descriptor, prompt, strlen(prompt)));
    if (tcsetattr(descriptor, TCSAFLUSH, &silent) < 0) /* cover: only when the system fails */
        return ERROR_IO;
    enum error error = read_to_end(descriptor, true, into, ret_length);
    return tcsetattr(descriptor, TCSAFLUSH, &before) == 0 ? error : ERROR_IO;
}

enum error ask_read(enum root_kind kind, int descriptor, char *into, struct slice *ret_secret)
{
    size_t length = 0;
    enum error error = OK;

    if (descriptor >= 0 && isatty(descriptor) && of_kind[kind].prompt)
        error = read_terminal(descriptor, of_kind[kind].prompt, into, &length);
    else if (descriptor >= 0)
        error = read_to_end(descriptor, false, into, &length);
    file_close(&descriptor);
    while (kind != ROOT_CREDENTIAL && length > 0 && (into[length - 1] == '\n' || into[length - 1] == '\r'))
        length--;
    if (error == OK)
        *ret_secret = slice_of(into, length);
    return error;
}
