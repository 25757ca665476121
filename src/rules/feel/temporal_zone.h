/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* Named zones, and the units that the files temporal*.c share. For them alone. */

#include "temporal.h"

#define SECONDS_PER_DAY 86400
#define NANOSECONDS_PER_SECOND 1000000000
#define NANOSECONDS_PER_DAY ((__int128)SECONDS_PER_DAY * NANOSECONDS_PER_SECOND)
#define ZONE_OFFSET_MAX (14 * 3600) /* XML Schema 1.1 part 2, 3.3.7.1 */
#define ZONE_NAME_MAX 63

/* Is it a zone that ICU knows, written as the zone database has it? */
bool zone_known(struct slice name);

/* Seconds east of UTC of a zone, at a second since 1970-01-01T00:00:00 that is in UTC, or local time. Of a local time
 * that there is twice it is the first, of one that there is not the offset before the gap. 0 when ICU has no memory. */
int32_t zone_offset(struct slice name, int64_t second, bool local);
