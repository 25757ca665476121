/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "writer.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/file.h"
#include "internal.h"

struct place {
    struct writer_job job;
    enum error error;
};

struct ring {
    struct place *place;
    size_t capacity;
};

/* Four counts that only grow: delivered <= finished <= published <= submitted <= delivered + capacity. The places from
 * `finished` to `published` are the writer's, all others the loop's. The lock guards these two and `closing`; moving a
 * count hands the places over. `delivered` and `submitted` are the loop's alone.
 *
 * What is submitted in one round of the loop is published at its end, together: published one by one, the first would
 * set off for the disk alone and all others would wait for the next commit. */
struct writer {
    struct store *store;
    struct loop *loop;
    struct ring ring;
    size_t delivered, submitted;
    bool publishing; /* at the end of this round */
    size_t finished, published;
    bool closing;
    pthread_mutex_t lock;
    pthread_cond_t more_published, more_finished;
    pthread_t thread;
    int event; /* tells the loop that there is something to deliver */
    struct loop_watch *watch;
};

static struct place *place_at(const struct ring *ring, size_t count)
{
    return &ring->place[count % ring->capacity];
}

/* A job that fails takes back what it wrote itself. Some faults (a full disk, no memory) make the engine take the whole
 * transaction back: then nothing of the group stands any more, which the caller sees by store_in_transaction. */
static enum error run_alone(struct store *store, const struct writer_job *job)
{
    TRY(store_savepoint(store));
    enum error error = job->run(store, job->context);
    if (!store_in_transaction(store))
        return error != OK ? error : ERROR_IO;
    if (error == OK)
        return store_savepoint_release(store);
    if (store_savepoint_rollback(store) != OK)
        store_rollback(store);
    return error;
}

static enum error run_each(struct store *store, const struct ring *ring, size_t from, size_t to)
{
    for (size_t i = from; i < to; i++) {
        struct place *place = place_at(ring, i);
        place->error = run_alone(store, &place->job);
        if (!store_in_transaction(store))
            return place->error;
    }
    return store_commit(store);
}

/* Runs the places [from, to) as one transaction. Afterwards each holds its error, and OK only if it is on the disk. */
static void run_group(struct store *store, const struct ring *ring, size_t from, size_t to)
{
    enum error error = store_begin(store);

    if (error == OK)
        error = run_each(store, ring, from, to);
    if (error == OK)
        return;
    store_rollback(store);
    for (size_t i = from; i < to; i++)
        place_at(ring, i)->error = error;
}

/* False when the writer is closing and nothing is left. */
static bool wait_for_jobs(struct writer *writer, size_t *ret_from, size_t *ret_to)
{
    pthread_mutex_lock(&writer->lock);
    while (writer->finished == writer->published && !writer->closing)
        pthread_cond_wait(&writer->more_published, &writer->lock);
    *ret_from = writer->finished;
    *ret_to = writer->published;
    pthread_mutex_unlock(&writer->lock);
    return *ret_from < *ret_to;
}

static void tell_finished(struct writer *writer, size_t to)
{
    pthread_mutex_lock(&writer->lock);
    writer->finished = to;
    pthread_cond_signal(&writer->more_finished);
    pthread_mutex_unlock(&writer->lock);
    if (eventfd_write(writer->event, 1) < 0)
        abort(); /* its count cannot overflow here, and nothing else can fail */
}

static void *write_groups(void *context)
{
    struct writer *writer = context;
    size_t from, to;

    while (wait_for_jobs(writer, &from, &to)) {
        run_group(writer->store, &writer->ring, from, to);
        tell_finished(writer, to);
        store_tidy(writer->store);
    }
    return NULL;
}

static size_t finished_by_now(struct writer *writer)
{
    pthread_mutex_lock(&writer->lock);
    size_t finished = writer->finished;
    pthread_mutex_unlock(&writer->lock);
    return finished;
}

/* Counted before the call, so that `done` finds room to submit in. */
static void deliver(struct writer *writer)
{
    size_t finished = finished_by_now(writer);

    while (writer->delivered < finished) {
        struct place place = *place_at(&writer->ring, writer->delivered++);
        if (place.job.done)
            place.job.done(place.job.context, place.error);
    }
}

static void on_event(void *context, uint32_t events)
{
    struct writer *writer = context;
    eventfd_t count;

    (void)events;
    if (eventfd_read(writer->event, &count) == 0)
        deliver(writer);
}

static void publish(void *context)
{
    struct writer *writer = context;

    writer->publishing = false;
    pthread_mutex_lock(&writer->lock);
    writer->published = writer->submitted;
    pthread_cond_signal(&writer->more_published);
    pthread_mutex_unlock(&writer->lock);
}

enum error writer_submit(struct writer *writer, struct writer_job job)
{
    if (writer->submitted - writer->delivered == writer->ring.capacity)
        return ERROR_OVERLOADED;
    if (!writer->publishing) {
        TRY(loop_defer(writer->loop, publish, writer));
        writer->publishing = true;
    }
    *place_at(&writer->ring, writer->submitted++) = (struct place){job, OK};
    return OK;
}

static void wait_until_finished(struct writer *writer)
{
    publish(writer);
    pthread_mutex_lock(&writer->lock);
    while (writer->finished < writer->published)
        pthread_cond_wait(&writer->more_finished, &writer->lock);
    pthread_mutex_unlock(&writer->lock);
}

void writer_flush(struct writer *writer)
{
    while (writer->delivered < writer->submitted) {
        wait_until_finished(writer);
        deliver(writer); /* which may submit more */
    }
    loop_defer_cancel(writer->loop, publish, writer);
}

/* Signals belong to the loop's thread. */
static enum error start_thread(struct writer *writer)
{
    sigset_t all, before;

    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int failed = pthread_create(&writer->thread, NULL, write_groups, writer);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return failed ? ERROR_MEMORY : OK;
}

static enum error start(struct writer *writer)
{
    writer->event = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (writer->event < 0)
        return ERROR_MEMORY;
    writer->watch = loop_watch(writer->loop, writer->event, EPOLLIN, on_event, writer);
    return writer->watch ? start_thread(writer) : ERROR_MEMORY;
}

static void take_apart(struct writer *writer)
{
    loop_unwatch(writer->watch);
    file_close(&writer->event);
    pthread_cond_destroy(&writer->more_finished);
    pthread_cond_destroy(&writer->more_published);
    pthread_mutex_destroy(&writer->lock);
    free(writer->ring.place);
    free(writer);
}

enum error writer_new(struct store *store, struct loop *loop, size_t jobs_max, struct writer **ret_writer)
{
    struct writer *writer = calloc(1, sizeof *writer);

    if (!writer)
        return ERROR_MEMORY;
    *writer = (struct writer){.store = store, .loop = loop, .event = -1};
    writer->ring = (struct ring){calloc(jobs_max, sizeof(struct place)), jobs_max};
    pthread_mutex_init(&writer->lock, NULL);
    pthread_cond_init(&writer->more_published, NULL);
    pthread_cond_init(&writer->more_finished, NULL);
    enum error error = writer->ring.place ? start(writer) : ERROR_MEMORY;
    if (error != OK) {
        take_apart(writer);
        return error;
    }
    *ret_writer = writer;
    return OK;
}

void writer_free(struct writer *writer)
{
    if (!writer)
        return;
    writer_flush(writer);
    pthread_mutex_lock(&writer->lock);
    writer->closing = true;
    pthread_cond_signal(&writer->more_published);
    pthread_mutex_unlock(&writer->lock);
    pthread_join(writer->thread, NULL);
    store_close(writer->store);
    take_apart(writer);
}

static enum error tell_all(const struct ring *ring)
{
    enum error first = OK;

    for (size_t i = 0; i < ring->capacity; i++) {
        struct place *place = &ring->place[i];
        if (first == OK)
            first = place->error;
        if (place->job.done)
            place->job.done(place->job.context, place->error);
    }
    return first;
}

enum error writer_run_now(struct store *store, const struct writer_job *job, size_t jobs)
{
    struct ring ring = {calloc(jobs + 1, sizeof(struct place)), jobs};

    if (!ring.place)
        return ERROR_MEMORY;
    for (size_t i = 0; i < jobs; i++)
        ring.place[i].job = job[i];
    run_group(store, &ring, 0, jobs);
    enum error error = tell_all(&ring);
    free(ring.place);
    store_tidy(store);
    return error;
}
