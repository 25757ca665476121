/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* A connection driven from memory: no socket, no thread, time as told. Its handler keeps every exchange until the test
 * answers it, or answers at once with "METHOD path body". */

#include "server/connection.h"

struct memory {
    struct service service;
    struct connection connection;
    struct world world;
    struct buffer output;
    int64_t now_ns;
    bool answers_at_once;
    struct exchange *kept[128];
    size_t kept_count;
};

void memory_begin(struct memory *memory, struct server_limits limits, bool answers_at_once);
void memory_end(struct memory *memory);

/* Feeds in pieces of at most `piece` bytes, as long as the connection wants any, and takes all output after each.
 * Returns how many bytes were fed. */
size_t memory_feed(struct memory *memory, struct slice input, size_t piece);
void memory_take_output(struct memory *memory);
void memory_advance(struct memory *memory, int64_t ms);
/* Answers the n-th kept exchange with `text`. */
void memory_answer(struct memory *memory, size_t n, const char *text);
struct slice memory_output(const struct memory *memory);
