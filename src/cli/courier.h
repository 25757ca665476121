/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* The courier's life (src/courier): a child of the door, started when the node has witnesses or comes to have some,
 * started again when it ends, ended with the door. Nothing waits for it. */

#include <sys/types.h>

#include "base/loop.h"

struct courier_child {
    struct loop *loop;
    const char *directory; /* borrowed */
    struct loop_watch *watch;
    int descriptor; /* of the process; -1 while there is none */
    pid_t pid;
};

/* Not before DIRECTORY/witnesses is there. What goes wrong is logged: care does not depend on it. */
void courier_child_start(struct courier_child *child, struct loop *loop, const char *directory);
void courier_child_stop(struct courier_child *child);
