/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* Where the secret comes from that opens a root: never from an argument, never from a value in the environment. Finding
 * the place and reading it are two steps, so that the door can hand over a descriptor of which it reads nothing:
 *     the file that was named ("-": standard input), else
 *     the credential of that kind in $CREDENTIALS_DIRECTORY, else
 *     the terminal.
 *
 *   kind         credential             what is read
 *   passphrase   hospitium-passphrase   text; line ends behind it do not count
 *   credential   hospitium-root         bytes as they are
 *   pkcs11       hospitium-pin          text
 *   share        hospitium-share        one line */

#include "root.h"

/* A descriptor to read from, or -1 when this kind needs nothing. ERROR_FILE_MISSING; ERROR_SEALED when there is no
 * place and nobody may be asked. */
MUST_CHECK enum error ask_place(enum root_kind kind, const char *file, bool may_ask, int *ret_descriptor,
                                struct fault *fault);

/* Reads it to its end, or a line of a terminal without echo, and closes it. `into` has ROOT_SECRET_MAX bytes; wipe it.
 * ERROR_TOO_LARGE, ERROR_IO. -1 gives an empty secret. */
MUST_CHECK enum error ask_read(enum root_kind kind, int descriptor, char *into, struct slice *ret_secret);
