/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* The public Synthea bundles, where they are: below $HOSPITIUM_DATA or ../shared/data. */

#include "base/arena.h"
#include "base/slice.h"

#define SYNTHEA_MAX 64

/* Paths of the bundles, sorted, so that the hospitals come first. 0, after a message, where there are none. */
size_t synthea_list(struct arena *arena, const char *path[SYNTHEA_MAX]);

/* One bundle, unpacked. Data is NULL when that failed. */
struct slice synthea_read(struct arena *arena, const char *path);
