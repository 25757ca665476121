/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* Calls that fail when a test says so: which one, the how manieth, with what. Those of this project's own code to the C
 * library, to an arena (which asks for memory once for many) and for a cipher. The linker puts them in front
 * (`unlucky_wrap` of meson.build), so what libraries and cmocka call never fails. */

#include <stdbool.h>
#include <stddef.h>

#define UNLUCKY_CALLS(CALL)                                                                                            \
    CALL(open)                                                                                                         \
    CALL(read)                                                                                                         \
    CALL(pread)                                                                                                        \
    CALL(pwrite)                                                                                                       \
    CALL(write)                                                                                                        \
    CALL(fstat)                                                                                                        \
    CALL(lstat)                                                                                                        \
    CALL(opendir)                                                                                                      \
    CALL(rename)                                                                                                       \
    CALL(unlink)                                                                                                       \
    CALL(mkdir)                                                                                                        \
    CALL(fsync)                                                                                                        \
    CALL(fallocate)                                                                                                    \
    CALL(ftruncate)                                                                                                    \
    CALL(malloc)                                                                                                       \
    CALL(calloc)                                                                                                       \
    CALL(realloc)                                                                                                      \
    CALL(arena)                                                                                                        \
    CALL(cipher)                                                                                                       \
    CALL(socketpair)                                                                                                   \
    CALL(fork)                                                                                                         \
    CALL(recv)                                                                                                         \
    CALL(send)                                                                                                         \
    CALL(poll)

enum unlucky_call {
#define CALL(name) UNLUCKY_##name,
    UNLUCKY_CALLS(CALL)
#undef CALL
        UNLUCKY_COUNT
};
extern const char *const unlucky_name[UNLUCKY_COUNT];

/* The `nth` such call from now on (from 1) fails with `error`, and with `for_ever` all after it. Error 0: it does
 * nothing and returns 0. The others go on as they are, until unlucky_end. */
void unlucky_fail(enum unlucky_call call, size_t nth, bool for_ever, int error);
/* True when one has failed. */
bool unlucky_end(void);
