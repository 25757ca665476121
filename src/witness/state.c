/* SPDX-License-Identifier: Apache-2.0 */
#include "state.h"

#include <inttypes.h>

#include "checked.h"
#include "crypto/encode.h"

enum error state_write(const struct state *state, struct buffer *into)
{
    CLEANUP_BUFFER struct buffer text = buffer_new(STATE_BYTES_MAX);

    buffer_format(&text, "hospitium-witness-state 1\norigin %.*s\nsize %" PRIu64 "\nroot ", SLICE_PRINT(state->origin),
                  state->head.size);
    encode_base64(hash_slice(&state->head.root), &text);
    buffer_format(&text, "\ntime %" PRIu64 "\n\n", state->time_s);
    buffer_slice(&text, state->note);
    TRY(buffer_check(&text));
    return checked_write(buffer_view(&text), into);
}

static bool take(struct slice *rest, struct slice word, struct slice *ret_value)
{
    if (!slice_starts_with(*rest, word) || slice_find(*rest, '\n') == rest->length)
        return false;
    *ret_value = slice_from(slice_cut(rest, '\n'), word.length);
    return true;
}

static enum error parse_lines(struct slice rest, struct state *ret_state)
{
    struct slice size, root, time, nothing;
    size_t length;

    if (!take(&rest, SLICE("hospitium-witness-state 1"), &nothing) || nothing.length > 0 ||
        !take(&rest, SLICE("origin "), &ret_state->origin) || !take(&rest, SLICE("size "), &size) ||
        !take(&rest, SLICE("root "), &root) || !take(&rest, SLICE("time "), &time) ||
        !take(&rest, SLICE(""), &nothing) || nothing.length > 0)
        return ERROR_CORRUPT;
    if (!slice_to_u64(size, &ret_state->head.size) || !slice_to_u64(time, &ret_state->time_s) ||
        decode_base64(root, ret_state->head.root.byte, HASH_BYTES, &length) != OK || length != HASH_BYTES)
        return ERROR_CORRUPT;
    ret_state->note = rest;
    return OK;
}

/* One state has one form: what says the same in other bytes was not written here. */
static bool is_as_written(const struct state *state, struct slice bytes)
{
    CLEANUP_BUFFER struct buffer again = buffer_new(STATE_BYTES_MAX + CHECKED_LINE_BYTES);

    return state_write(state, &again) == OK && slice_equal(buffer_view(&again), bytes);
}

enum error state_parse(struct slice bytes, struct state *ret_state)
{
    struct slice text;
    struct state state;

    if (bytes.length > STATE_BYTES_MAX + CHECKED_LINE_BYTES)
        return ERROR_CORRUPT;
    TRY(checked_parse(bytes, &text));
    TRY(parse_lines(text, &state));
    if (!is_as_written(&state, bytes))
        return ERROR_CORRUPT;
    *ret_state = state;
    return OK;
}
