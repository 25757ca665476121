/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* The credentials that looked, by their ids, in a table that grows to CREDENTIALS_MAX. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/id.h"

struct audit;
struct event;

struct used {
    struct id id;
    int role, sector;
    int64_t first_ms, last_ms;
    uint64_t entry_plus_one; /* its first; 0: an empty slot */
};

struct credentials {
    struct used *slot;
    size_t slots, count;
    bool full;
};

/* False when the same credential had another role or sector before. */
bool credentials_used(struct credentials *all, const struct event *event, uint64_t entry);
void credentials_judge(struct audit *audit, struct credentials *all);
void credentials_free(struct credentials *all);
