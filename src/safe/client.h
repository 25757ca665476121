/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* The door's end of the line to the safe. A call returns at once; what is called in one round of the loop travels as
 * one message, and while two messages are under way everything else waits to go together in the next. No thread waits.
 *
 * When the safe is gone, every call under way and every new one ends with ERROR_SAFE_UNREACHABLE, and nothing is opened
 * until a new safe has been started. Everything belongs to the loop's thread. */

#include "base/loop.h"
#include "protocol.h"
#include "safe.h"

struct safe_client;

/* `payload` is borrowed for the call. */
typedef void safe_done(void *context, enum error error, struct slice payload);

/* Over a connected socket, which is taken over. `lazy_ms` is how long a call that nobody waits for may lie before it is
 * sent by itself; 0: until the next other call. */
MUST_CHECK enum error safe_client_new(struct loop *loop, int socket, int lazy_ms, struct safe_client **ret_client);

/* A safe in this process, for commands on a node that is not running. Borrows the safe. */
MUST_CHECK enum error safe_client_local(struct loop *loop, struct safe *safe, struct safe_client **ret_client);

/* Ends every call that is under way. Accepts NULL. */
void safe_client_free(struct safe_client *client);

/* `done` is called from the loop, once, always. NULL for a call that nobody waits for. */
void safe_call(struct safe_client *client, enum protocol_kind kind, struct slice payload, safe_done *done,
               void *context);

bool safe_client_alive(const struct safe_client *client);

/* Called once from the loop when the safe is lost. */
void safe_client_on_lost(struct safe_client *client, loop_call *lost, void *context);

/* Everything from now on ends with ERROR_SHUT instead: the node was shut on purpose. */
void safe_client_shut(struct safe_client *client);

/* Starts `program safe DIRECTORY` as a child with one end of a socket pair, and gives the other. The child reads what
 * opens the root from the descriptor `secret` (taken over; -1: it needs nothing), of which nothing is read here: the
 * process that has the network never holds it. */
MUST_CHECK enum error safe_spawn(const char *program, const char *directory, int secret, int *ret_socket, int *ret_pid);

/* The child's side: reads the secret, opens everything, gives up what it does not need (sandbox.h) and serves the
 * socket. What `hospitium safe DIRECTORY` runs. */
#define SAFE_SOCKET 3
#define SAFE_SECRET 4
MUST_CHECK enum error safe_main(const char *directory, struct world *world, struct safe_cadence cadence,
                                struct fault *fault);
