/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* The one writer of a store, with group commit: what was submitted while the last commit was on its way to the disk
 * goes into the next one, so that an fsync is shared by all who wait for it and no thread waits for one alone.
 *
 * Serves promise 9: `done` with OK is called only when the job's rows are on the disk.
 *
 * Threads: a thread of the writer's own runs the jobs, with its own store. Everything else (submit, flush, free, and
 * every `done`) happens on the thread of the loop. `run` must touch nothing but its store and its context; from submit
 * to done the context is the writer's. */

#include "base/error.h"
#include "base/loop.h"
#include "store.h"

struct writer;

/* Called on the writer's thread inside a transaction. An error takes back what this job wrote, and nothing else. */
typedef enum error writer_run(struct store *store, void *context);

/* Called on the loop's thread, once for each job, in the order of submission. May submit. */
typedef void writer_done(void *context, enum error error);

struct writer_job {
    writer_run *run;
    writer_done *done; /* NULL when nobody waits */
    void *context;
};

/* Takes the store over (on success) and starts the thread. At most `jobs_max` are under way at once.
 * ERROR_MEMORY. */
MUST_CHECK enum error writer_new(struct store *store, struct loop *loop, size_t jobs_max, struct writer **ret_writer);

/* What is submitted in one round of the loop starts together at its end.
 * ERROR_OVERLOADED when `jobs_max` are under way, ERROR_MEMORY: nothing was taken and `done` will not be called. */
MUST_CHECK enum error writer_submit(struct writer *writer, struct writer_job job);

/* Waits until every job is on the disk, and calls their `done` here. For closing: it blocks. */
void writer_flush(struct writer *writer);

/* Flushes, ends the thread, closes the store. Accepts NULL. */
void writer_free(struct writer *writer);

/* For commands, which have no loop: runs the jobs in one transaction on the calling thread and calls their `done`.
 * The error is that of the first job that failed, or of the commit. The others are committed all the same. */
MUST_CHECK enum error writer_run_now(struct store *store, const struct writer_job *job, size_t jobs);
