/* SPDX-License-Identifier: Apache-2.0 */

/* The texts of lawful orders, from anywhere. What is accepted writes back to the same bytes: nothing that somebody signed
 * reads in two ways. Nothing is accepted as signed that was not: the keys here are nobody's. */

#include <stdlib.h>

#include "crypto/encode.h"
#include "safe/order.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void same(struct buffer *written, struct slice read)
{
    if (buffer_check(written) != OK || !slice_equal(buffer_view(written), read))
        abort();
    buffer_clear(written);
}

/* Of the note's text, or of all of it where it is no note. */
static struct slice text_of(struct slice input)
{
    struct note note;

    return note_parse(input, &note) == OK ? note.text : input;
}

static bool is_canonical(struct slice input)
{
    for (size_t i = 0; i < input.length; i++)
        if (input.data[i] >= 'A' && input.data[i] <= 'F')
            return false; /* hexadecimal digits are read in both cases and written in one */
    return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct approvers nobody;
    static const struct id node;
    struct slice input = slice_of(data, size);
    CLEANUP_BUFFER struct buffer written = buffer_new(2 * ORDER_TEXT_MAX);
    struct order_keys keys = {.node = node};
    struct order_release release;
    struct order_text order;
    struct order_law law = {.seal_days = 1};
    int64_t from, until;
    uint32_t drawers;

    if (order_law_read(input, &keys, &law) == OK || order_release_read(input, &keys, &release) == OK ||
        order_keys_read(input, &nobody, false, &node, &keys) == OK)
        abort();
    if (order_read(input, &order) == OK) {
        order_write(&order, &written);
        if (is_canonical(input))
            same(&written, input);
        struct fault fault = {0};
        (void)order_check(&order, &law, &fault);
    }
    buffer_clear(&written);
    if (order_release_parse(input, &release) == OK && is_canonical(input)) {
        order_release_write(&release, &written);
        same(&written, text_of(input));
    }
    if (order_keys_read(input, &nobody, true, &node, &keys) == OK)
        (void)order_law_read(input, &keys, &law);
    if (order_drawers_read(input, &drawers)) {
        order_drawers_write(drawers, &written);
        same(&written, input);
    }
    if (order_period_read(input, &from, &until) && (until <= from || until - from > ORDER_LAW_MAX_S))
        abort();
    return 0;
}
