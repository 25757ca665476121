/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* Z3, at arm's length. It runs in worker processes that this one forks: with a limit on memory and time, without a
 * file, a terminal or a socket but the one to here, and only they load it. Whatever happens to a worker (it crashes, it
 * takes too long, the module is not there), the text it was asked about is *not answered*, with the reason; never
 * proved.
 *
 * Texts go in and answers come out over a socket, both bounded. The answer is believed as far as the verdict goes: the
 * other half of each proof is the enumeration, and both must agree (second.h).
 *
 * For a process with one thread, as those that the commands are. */

#include "base/arena.h"
#include "base/error.h"
#include "base/slice.h"

#define SOLVER_WORKERS_MAX 8
#define SOLVER_TEXT_MAX ((size_t)32 << 20)
#define SOLVER_ANSWER_MAX ((size_t)1 << 20)
#define SOLVER_TIMEOUT_MS 10000

enum solver_verdict { SOLVER_UNANSWERED, SOLVER_UNSAT, SOLVER_SAT };

struct solver_query {
    struct slice text;           /* SMT-LIB 2 */
    enum solver_verdict verdict; /* UNSAT: no case breaks the claim */
    struct slice answer;         /* SAT: lines "name TAB number". UNANSWERED: why, in words */
};

struct solver_settings {
    unsigned timeout_ms; /* for one text, by the clock on the wall */
    unsigned workers;    /* 1 to SOLVER_WORKERS_MAX */
    unsigned memory_mb;  /* for each worker */
    const char *module;  /* path of the module; NULL: beside the program, or in HOSPITIUM_MODULE_DIR */
};
#define SOLVER_DEFAULTS ((struct solver_settings){.timeout_ms = SOLVER_TIMEOUT_MS, .workers = 2, .memory_mb = 1024})

struct solver;

/* Forks the workers; they load Z3 meanwhile. ERROR_MEMORY, ERROR_IO. That there is no Z3 is no error: then no query is
 * answered. */
MUST_CHECK enum error solver_start(const struct solver_settings *settings, struct solver **ret_solver);

/* Sets verdict and answer (in `arena`) of each query. Takes at most about count × timeout / workers. ERROR_MEMORY. */
MUST_CHECK enum error solver_ask(struct solver *solver, struct arena *arena, struct solver_query *query, size_t count);

/* "Z3 4.8.12.0", as a worker said it; "" before the first answer and where there is none. */
struct slice solver_version(const struct solver *solver);

void solver_stop(struct solver *solver); /* accepts NULL */

static inline void solver_stop_pointer(struct solver **solver)
{
    solver_stop(*solver);
    *solver = NULL;
}
#define CLEANUP_SOLVER __attribute__((cleanup(solver_stop_pointer)))
