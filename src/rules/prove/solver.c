/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "solver.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/file.h"
#include "base/world.h"
#include "rules/z3_module.h"
#include "worker.h"

#define GRACE_MS 500     /* for the worker to notice by itself that its time is over */
#define LOADING_MS 10000 /* for Z3 to be loaded, on a machine that does much else */
#define NO_QUERY SIZE_MAX

struct worker {
    pid_t pid; /* 0: none */
    int socket;
    bool ready;
    size_t query; /* that it works on, or NO_QUERY */
    size_t sent;  /* of the length and the text */
    int64_t deadline_ns;
    struct buffer received;
};

struct solver {
    struct solver_settings settings;
    struct worker worker[SOLVER_WORKERS_MAX];
    char version[64];
    char absent[300]; /* why there is no Z3 */
};

/* One call of solver_ask. */
struct asking {
    struct solver *solver;
    struct arena *arena;
    struct solver_query *query;
    size_t count, next, answered;
    enum error error;
};

static int64_t after_ms(unsigned ms)
{
    return world_stopwatch_ns() + (int64_t)ms * 1000000;
}

static enum error start_worker(struct solver *solver, struct worker *worker)
{
    int pair[2];

    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0)
        return ERROR_IO;
    pid_t pid = fork();
    if (pid == 0)
        worker_run(pair[1], &solver->settings);
    close(pair[1]);
    if (pid < 0) {
        close(pair[0]);
        return ERROR_IO;
    }
    fcntl(pair[0], F_SETFL, O_NONBLOCK);
    *worker = (struct worker){.pid = pid,
                              .socket = pair[0],
                              .query = NO_QUERY,
                              .deadline_ns = after_ms(LOADING_MS),
                              .received = buffer_new(SOLVER_ANSWER_MAX + 64)};
    return OK;
}

static void end_worker(struct worker *worker)
{
    if (worker->pid <= 0)
        return;
    kill(worker->pid, SIGKILL);
    while (waitpid(worker->pid, NULL, 0) < 0 && errno == EINTR)
        continue;
    close(worker->socket);
    buffer_free(&worker->received);
    *worker = (struct worker){.socket = -1, .query = NO_QUERY};
}

enum error solver_start(const struct solver_settings *settings, struct solver **ret_solver)
{
    struct solver *solver = calloc(1, sizeof *solver);
    enum error error = OK;

    if (!solver)
        return ERROR_MEMORY;
    solver->settings = *settings;
    if (solver->settings.workers > SOLVER_WORKERS_MAX)
        solver->settings.workers = SOLVER_WORKERS_MAX;
    for (unsigned i = 0; i < solver->settings.workers && error == OK; i++)
        error = start_worker(solver, &solver->worker[i]);
    if (error != OK) {
        solver_stop(solver);
        return error;
    }
    *ret_solver = solver;
    return OK;
}

void solver_stop(struct solver *solver)
{
    if (!solver)
        return;
    for (unsigned i = 0; i < SOLVER_WORKERS_MAX; i++)
        end_worker(&solver->worker[i]);
    free(solver);
}

struct slice solver_version(const struct solver *solver)
{
    return slice_from_string(solver->version);
}

static void answer(struct asking *asking, size_t number, enum solver_verdict verdict, struct slice words)
{
    struct solver_query *query = &asking->query[number];

    query->verdict = verdict;
    query->answer = arena_copy(asking->arena, words);
    asking->answered++;
    if (!query->answer.data)
        asking->error = ERROR_MEMORY;
}

/* The worker is gone or will be: what it worked on stays unanswered. One that never came to work costs a text too, or
 * it would be started again for ever. */
static void give_up(struct asking *asking, struct worker *worker, const char *reason)
{
    size_t query = worker->query;

    if (!worker->ready && asking->next < asking->count)
        query = asking->next++;
    end_worker(worker);
    if (query != NO_QUERY)
        answer(asking, query, SOLVER_UNANSWERED, slice_from_string(reason));
}

static void send_more(struct asking *asking, struct worker *worker)
{
    const struct slice text = asking->query[worker->query].text;
    uint32_t length = (uint32_t)text.length;
    struct slice rest = worker->sent < sizeof length ? slice_from(slice_of(&length, sizeof length), worker->sent)
                                                     : slice_from(text, worker->sent - sizeof length);
    ssize_t count = send(worker->socket, rest.data, rest.length, MSG_NOSIGNAL);

    if (count > 0)
        worker->sent += (size_t)count;
    else if (count < 0 && errno != EAGAIN && errno != EINTR)
        give_up(asking, worker, "the solver's process ended");
}

static bool is_sending(const struct asking *asking, const struct worker *worker)
{
    return worker->query != NO_QUERY && worker->sent < sizeof(uint32_t) + asking->query[worker->query].text.length;
}

static void give_work(struct asking *asking, struct worker *worker)
{
    while (asking->next < asking->count && asking->query[asking->next].text.length > SOLVER_TEXT_MAX)
        answer(asking, asking->next++, SOLVER_UNANSWERED, SLICE("the text is too large"));
    if (asking->next == asking->count)
        return;
    worker->query = asking->next++;
    worker->sent = 0;
    worker->deadline_ns = after_ms(asking->solver->settings.timeout_ms + GRACE_MS);
}

static void copy_words(char *into, size_t capacity, struct slice words)
{
    size_t length = words.length < capacity ? words.length : capacity - 1;

    memcpy(into, words.data, length);
    into[length] = '\0';
}

/* A whole message: what it is, and the words. */
static void take_message(struct asking *asking, struct worker *worker, char kind, struct slice words)
{
    struct solver *solver = asking->solver;
    size_t query = worker->query;

    if (kind == WORKER_READY && !worker->ready) {
        worker->ready = true;
        copy_words(solver->version, sizeof solver->version, words);
        return;
    }
    if (kind == WORKER_ABSENT) {
        copy_words(solver->absent, sizeof solver->absent, words);
        give_up(asking, worker, solver->absent);
        return;
    }
    if (query == NO_QUERY || is_sending(asking, worker)) {
        give_up(asking, worker, "the solver's process spoke out of turn");
        return;
    }
    worker->query = NO_QUERY;
    answer(asking, query,
           kind == Z3_ANSWER_UNSAT ? SOLVER_UNSAT
           : kind == Z3_ANSWER_SAT ? SOLVER_SAT
                                   : SOLVER_UNANSWERED,
           words);
}

static void take_bytes(struct asking *asking, struct worker *worker, const char *bytes, size_t count)
{
    uint32_t length;

    buffer_bytes(&worker->received, bytes, count);
    if (buffer_check(&worker->received) != OK) {
        give_up(asking, worker, "the solver's answer is too large");
        return;
    }
    if (worker->received.length < sizeof length)
        return;
    memcpy(&length, worker->received.data, sizeof length);
    if (length == 0 || length > SOLVER_ANSWER_MAX)
        give_up(asking, worker, "the solver's answer makes no sense");
    else if (worker->received.length >= sizeof length + length) {
        const char *message = worker->received.data + sizeof length;
        take_message(asking, worker, message[0], slice_of(message + 1, length - 1));
        buffer_clear(&worker->received);
    }
}

static void receive_more(struct asking *asking, struct worker *worker)
{
    char bytes[65536];
    ssize_t count = recv(worker->socket, bytes, sizeof bytes, 0);

    if (count > 0)
        take_bytes(asking, worker, bytes, (size_t)count);
    else if (count == 0 || (errno != EAGAIN && errno != EINTR))
        give_up(asking, worker, "the solver's process ended");
}

/* A new worker in the place of a dead one, and work for an idle one. */
static void keep_manned(struct asking *asking, struct worker *worker)
{
    struct solver *solver = asking->solver;

    while (solver->absent[0] && asking->next < asking->count)
        answer(asking, asking->next++, SOLVER_UNANSWERED, slice_from_string(solver->absent));
    if (worker->pid == 0 && asking->next < asking->count && start_worker(solver, worker) != OK)
        answer(asking, asking->next++, SOLVER_UNANSWERED, SLICE("no process can be started for the solver"));
    if (worker->ready && worker->query == NO_QUERY)
        give_work(asking, worker);
}

static bool is_awaited(const struct worker *worker)
{
    return worker->pid > 0 && (worker->query != NO_QUERY || !worker->ready);
}

static void watch(struct asking *asking, struct worker *worker, short events)
{
    if (events & POLLOUT && is_sending(asking, worker))
        send_more(asking, worker);
    if (worker->pid > 0 && events & (POLLIN | POLLHUP | POLLERR))
        receive_more(asking, worker);
    if (is_awaited(worker) && world_stopwatch_ns() > worker->deadline_ns)
        give_up(asking, worker, worker->ready ? "it takes too long" : "the solver takes too long to load");
}

static void wait_for_workers(struct asking *asking)
{
    struct solver *solver = asking->solver;
    struct pollfd polled[SOLVER_WORKERS_MAX];
    int64_t wait_ms = LOADING_MS;

    for (unsigned i = 0; i < solver->settings.workers; i++) {
        struct worker *worker = &solver->worker[i];
        int64_t left_ms = (worker->deadline_ns - world_stopwatch_ns()) / 1000000 + 1;
        if (is_awaited(worker) && left_ms < wait_ms)
            wait_ms = left_ms > 0 ? left_ms : 0;
        polled[i] = (struct pollfd){.fd = worker->pid > 0 ? worker->socket : -1,
                                    .events = (short)(is_sending(asking, worker) ? POLLIN | POLLOUT : POLLIN)};
    }
    if (poll(polled, solver->settings.workers, (int)wait_ms) < 0)
        return;
    for (unsigned i = 0; i < solver->settings.workers; i++)
        watch(asking, &solver->worker[i], polled[i].revents);
}

enum error solver_ask(struct solver *solver, struct arena *arena, struct solver_query *query, size_t count)
{
    struct asking asking = {.solver = solver, .arena = arena, .query = query, .count = count};

    for (;;) {
        for (unsigned i = 0; i < solver->settings.workers; i++)
            keep_manned(&asking, &solver->worker[i]);
        if (asking.answered == count)
            return asking.error;
        wait_for_workers(&asking);
    }
}
