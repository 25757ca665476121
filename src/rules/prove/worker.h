/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* The child's side of solver.h: gives up what it does not need, loads Z3, answers texts until the socket ends.
 *
 * On the socket, numbers are u32 in the order of this machine, since both ends are one program:
 *     to the worker:    length, text
 *     from the worker:  length, one byte (WORKER_… or enum z3_answer), the rest in words
 * The first message from the worker says who it is (WORKER_READY, the version) or why it cannot serve
 * (WORKER_ABSENT). */

#include "solver.h"

#define WORKER_READY 'v'
#define WORKER_ABSENT 'x'

_Noreturn void worker_run(int socket, const struct solver_settings *settings);
