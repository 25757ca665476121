/* SPDX-License-Identifier: Apache-2.0 */
#include "publishing.h"

#include "base/log.h"
#include "state.h"

static struct ledger *log_of(const struct safe *safe, unsigned log)
{
    return log == LOG_ACCESS ? safe->access_log : safe->public_log;
}

/* Is the log shown as it grows? The access log is where padding is switched off (a demo node, a test). */
static bool grows_openly(const struct safe *safe, unsigned log)
{
    return log == LOG_PUBLIC || safe->padding.least == 0;
}

uint64_t publishing_size(const struct safe *safe, unsigned log)
{
    struct slice note;

    if (grows_openly(safe, log))
        return ledger_size(log_of(safe, log));
    return ledger_published(safe->access_log, &note).size;
}

enum error publishing_newest(struct safe *safe, unsigned log, struct buffer *ret_note)
{
    struct slice note;

    if (grows_openly(safe, log))
        return ledger_checkpoint(log_of(safe, log), ret_note);
    ledger_published(safe->access_log, &note);
    buffer_slice(ret_note, note);
    return buffer_check(ret_note);
}

enum error publishing_checkpoint(struct safe *safe, unsigned log, struct buffer *ret_note)
{
    uint64_t size = publishing_size(safe, log);
    struct tree_head head;
    struct slice cosigned = witnessing_enough(safe, log, size, &head);

    buffer_slice(ret_note, cosigned);
    if (cosigned.length > 0)
        return buffer_check(ret_note);
    TRY(publishing_newest(safe, log, ret_note));
    buffer_slice(ret_note, witnessing_lines(safe, log, size));
    return buffer_check(ret_note);
}

enum error publishing_proof(struct safe *safe, unsigned log, uint64_t leaf, struct slice extra, struct buffer *ret_text)
{
    struct slice published;
    struct ledger *ledger = log_of(safe, log);
    struct tree_head head = ledger_published(ledger, &published), enough = {0};
    struct slice cosigned = witnessing_enough(safe, log, publishing_size(safe, log), &enough);

    if (cosigned.length > 0 && leaf < enough.size)
        return ledger_proof_text_under(ledger, leaf, extra, enough.size, cosigned, ret_text);
    if (grows_openly(safe, log) || leaf >= head.size)
        return ledger_proof_text(ledger, leaf, extra, ret_text);
    return ledger_proof_text_under(ledger, leaf, extra, head.size, published, ret_text);
}

/* A whole tick at once: when the safe begins and ends, when its keys have changed, and in tests. */
void safe_tick(struct safe *safe)
{
    if (safe->shut)
        return;
    while (padding_is_filling(safe)) /* the one before */
        (void)padding_fill(safe);
    padding_begin(safe);
    while (padding_is_filling(safe))
        (void)padding_fill(safe);
}
