/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* What the safe gives up once it has opened everything: from then on it can read and write below its node's directory,
 * use the descriptors that it has, and nothing else. No network, no other file, no other program, no other process's
 * memory, no core dump. Whoever takes the safe over through a fault in it can answer falsely; he cannot carry a key out
 * by any way but the one socket.
 *
 *   limits     no core dump, not dumpable, no new privileges, what is in memory stays there where the limit allows
 *   network    a namespace of its own with nothing in it, where the kernel lets us; the filter refuses sockets anyway
 *   Landlock   files outside the directory, where the kernel has it (each version gives what it can)
 *   seccomp    a list of system calls that are allowed; any other answers EPERM. Not a kill: a C library that begins to
 *              use a new call must not shut a clinic, and an intruder gains nothing by EPERM. Another architecture's
 *              calls kill.
 *
 * What could not be had is one line in the process log and never an error. */

#include "base/error.h"

enum {
    SANDBOX_NETWORK = 1,  /* has a network namespace of its own */
    SANDBOX_LANDLOCK = 2, /* sees only its directory */
    SANDBOX_SECCOMP = 4,
    SANDBOX_LOCKED = 8, /* all memory locked */
};

/* Before anything secret is read. */
void sandbox_begin(void);

/* For the process from now on, irrevocably. Gives what could be had. */
unsigned sandbox_enter(const char *directory);
