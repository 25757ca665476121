/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* What a thread keeps open of ICU from one call to the next, because opening it takes far longer than using it: the
 * calendars of zones and compiled patterns. Closed when the thread ends. No thread sees another's, so nothing is
 * locked; what is kept never changes a result. */

#include <stddef.h>

enum kept { KEPT_ZONES, KEPT_PATTERNS, KEPT_COUNT };

/* This thread's block of that kind, zeroed when it is new. `close` gets it when the thread ends and closes what it
 * holds, but does not free it. NULL without memory. */
void *kept_get(enum kept kind, size_t bytes, void (*close)(void *block));
