/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* A command's line to a node: HTTP over its control socket. When the node is not running, it is started for the command
 * with the control socket alone, and stopped afterwards, so that there is one way in and not two. */

#include "base/arena.h"
#include "base/error.h"
#include "base/slice.h"

struct control;

/* ERROR_FILE_MISSING when there is no node; ERROR_LOCKED; ERROR_IO when it could not be started. */
MUST_CHECK enum error control_open(const char *directory, struct control **ret_control, struct fault *fault);
/* A node that has to be started reads what opens its root from this file. */
void control_start_with(const char *secret_file);
bool control_is_running(const char *directory);
void control_close(struct control *control); /* stops a node that was started for it; accepts NULL */

/* Posts JSON and gives the body of the answer, in the arena. An answer that is an error is one here too: its code, with
 * its detail in `fault`. */
MUST_CHECK enum error control_post(struct control *control, struct arena *arena, const char *path, struct slice body,
                                   struct slice *ret_answer, struct fault *fault);

/* The same with a token, for what an API route does. */
MUST_CHECK enum error control_get(struct control *control, struct arena *arena, const char *path, const char *token,
                                  struct slice *ret_answer, struct fault *fault);

/* Any method with a token and a body of JSON, which may be empty. */
MUST_CHECK enum error control_send(struct control *control, struct arena *arena, const char *method, const char *path,
                                   const char *token, struct slice body, struct slice *ret_answer,
                                   struct fault *fault);
