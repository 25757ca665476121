/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* How many connections each address has open. IPv6 addresses count by /64, because whoever has one has all of it. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#include "base/world.h"

struct addresses;

#define ADDRESSES_NONE UINT32_MAX

/* For at most `maximum` connections. The place of an address depends on a secret, so that nobody can choose addresses
 * that lie in one chain. NULL without memory. */
struct addresses *addresses_new(size_t maximum, struct world *world) __attribute__((warn_unused_result));
void addresses_free(struct addresses *addresses); /* accepts NULL */

/* Counts one more and gives the slot to count it down with; ADDRESSES_NONE when the address has `limit` already, or
 * when there is no room. */
uint32_t addresses_enter(struct addresses *addresses, const struct sockaddr *address, size_t limit);
void addresses_leave(struct addresses *addresses, uint32_t slot); /* accepts ADDRESSES_NONE */
