/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* A witness over HTTP: one table of addresses, for server_handler of server/server.h. Nobody is authenticated: a
 * checkpoint speaks by its signature, and what is given out is public.
 *
 * One thread, the loop's. */

#include "folder.h"
#include "region.h"
#include "server/server.h"

struct site {
    struct witness *witness;
    struct folder *folder;
    struct region *region; /* NULL: a witness without a log of its own */
    struct world *world;
    struct note_key log_key; /* of the region's log */
    int64_t started_s;
    uint64_t statements, statements_refused;
};

server_handler site_handle;        /* its context is a struct site */
server_body_limit site_body_limit; /* the same */
