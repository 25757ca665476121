/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* Memory that runs out where a test says: this program's own malloc, calloc, realloc … and mmap stand in front of the C
 * library's (and of the address sanitizer's), so that each allocation is counted and the n-th fails: the product's,
 * SQLite's, libsodium's and the C library's own alike. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The `nth` allocation from now on fails, and all after it when `for_ever`. 0: none, the count goes on. */
void memory_fail(size_t nth, bool for_ever);
void memory_lasts(void);      /* no more of it fails; what has failed is still known */
size_t memory_count(void);    /* since then */
bool memory_has_failed(void); /* since then */
/* May a failure pass for damage? SQLite says so of a sector that cannot be read; of memory it may not be said. */
extern const bool memory_like_damage;
int64_t memory_live(void); /* allocations that nobody has given back */
