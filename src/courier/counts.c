/* SPDX-License-Identifier: Apache-2.0 */
#include "counts.h"

#include <stdio.h>
#include <time.h>

#include "base/log.h"

#define DAY_MS INT64_C(86400000)
#define AGAIN_MS 600000 /* when the region did not answer */

void courier_period(int64_t now_s, char ret_period[COURIER_PERIOD_BYTES])
{
    time_t moment = (time_t)now_s;
    struct tm now;

    gmtime_r(&moment, &now);
    int quarter = now.tm_mon / 3; /* of those before this one in its year */
    unsigned year = (unsigned)(now.tm_year + 1900 - (quarter == 0)) % 10000;
    snprintf(ret_period, COURIER_PERIOD_BYTES, "%04u-Q%u", year, quarter == 0 ? 4u : (unsigned)quarter % 4);
}

/* 200: taken. 409: that quarter is published already. */
void courier_counts_answered(struct courier *courier, const struct courier_answer *answer, int64_t now_ms)
{
    courier->counts_under_way = false;
    if (answer->error == OK && (answer->status == 200 || answer->status == 409))
        return;
    if (answer->error == ERROR_SIGNATURE)
        LOG(WARNING, "courier.region_certificate_not_trusted");
    else if (answer->error != OK)
        LOG(WARNING, "courier.region_silent");
    else
        LOG(WARNING, "courier.region_refused", FIELD("status", answer->status));
    courier->counts_due_ms = now_ms + AGAIN_MS;
}

enum error courier_counts(struct courier *courier, struct slice region, int64_t now_ms, int64_t now_s)
{
    CLEANUP_BUFFER struct buffer statement = buffer_new(COURIER_ANSWER_MAX);
    const struct courier_lines *lines = &courier->lines;
    char period[COURIER_PERIOD_BYTES];
    unsigned status = 0;

    if (region.length == 0 || courier->counts_under_way || now_ms < courier->counts_due_ms)
        return OK;
    courier->counts_due_ms = now_ms + DAY_MS;
    courier_period(now_s, period);
    TRY(lines->node(lines->context, "/control/order-counts", slice_from_string(period), &status, &statement));
    if (status != 200) {
        LOG(WARNING, "courier.no_counts", FIELD("status", status));
        return OK;
    }
    courier->counts_under_way = true;
    enum error error = lines->post(lines->context, COURIER_NUMBER_COUNTS, region, "add-order-counts",
                                   buffer_view(&statement));
    if (error != OK)
        courier_counts_answered(courier, &(struct courier_answer){COURIER_NUMBER_COUNTS, error, 0, SLICE("")}, now_ms);
    return OK;
}
