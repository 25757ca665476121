/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* Reads a file forwards through a window, so that a walk over gigabytes takes a fixed amount of memory. One thread. */

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "base/slice.h"

/* Fits the longest record. */
#define CURSOR_WINDOW (128 * 1024)

struct cursor {
    int descriptor; /* borrowed */
    uint64_t at;    /* where the next peek begins */
    size_t ahead;   /* how many bytes a read fetches at least */
    bool failed;    /* reading failed: what peek refused may be there */
    uint64_t window_at;
    size_t window_length;
    uint8_t *window; /* CURSOR_WINDOW bytes, kept over cursor_place */
};

MUST_CHECK enum error cursor_init(struct cursor *cursor); /* ERROR_MEMORY */
void cursor_free(struct cursor *cursor);

/* Forgets what was read and stands at `at` of the file. `ahead` is small for one record, CURSOR_WINDOW for a walk. */
void cursor_place(struct cursor *cursor, int descriptor, uint64_t at, size_t ahead);

/* The next `length` bytes (at most CURSOR_WINDOW) without moving on; valid until the next peek. False when the file has
 * fewer, or reading failed. */
bool cursor_peek(struct cursor *cursor, size_t length, struct slice *ret_bytes) MUST_CHECK;
