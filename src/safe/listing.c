/* SPDX-License-Identifier: Apache-2.0 */

/* A person's own list of who looked. What she is to be told (the obligation notify_person) heads the list, however old
 * it is, until she herself has opened it; nobody else's reading takes it off. */

#include "base/log.h"
#include "state.h"

#define EVENTS_MAX 200
#define NOTICES_MAX 50

struct listing {
    const uint64_t *leaf;
    size_t count;
};

static bool holds(const struct listing *listing, uint64_t leaf)
{
    for (size_t i = 0; i < listing->count; i++)
        if (listing->leaf[i] == leaf)
            return true;
    return false;
}

/* One line of the list, as protocol.h has it. */
static enum error write_line(struct safe *safe, const struct id *person, uint64_t leaf, bool notice,
                             struct buffer *answer)
{
    enum review_verdict verdict = REVIEW_OPEN;
    struct event_opened event;
    unsigned drawers;

    TRY(entry_open(safe, leaf, NULL, &event));
    TRY(event_drawers_of(&event, person, safe->arena, &drawers));
    enum error error = reviews_of(safe->reviews, leaf, &verdict);
    if (error != OK && error != ERROR_NOT_FOUND)
        return error;
    buffer_u64(answer, leaf);
    buffer_byte(answer, notice ? EVENT_LINE_NOTICE : 0);
    buffer_byte(answer, error == OK ? (uint8_t)(1 + verdict) : 0);
    buffer_byte(answer, (uint8_t)drawers);
    protocol_text_write(event.json, answer);
    return OK;
}

/* What is gone by the law's term is left out; the list says since when it is whole. */
static enum error write_if_kept(struct safe *safe, const struct id *person, uint64_t leaf, bool notice,
                                struct buffer *answer, size_t *written)
{
    enum error error = write_line(safe, person, leaf, notice, answer);

    *written += error == OK;
    return error == ERROR_TERM_OVER ? OK : error;
}

static enum error write_lines(struct safe *safe, const struct id *person, const struct listing *notices,
                              const struct listing *entries, struct buffer *answer)
{
    size_t start = answer->length, written = 0;

    buffer_u16(answer, 0);
    for (size_t i = 0; i < notices->count; i++)
        TRY(write_if_kept(safe, person, notices->leaf[i], true, answer, &written));
    for (size_t i = 0; i < entries->count; i++)
        if (!holds(notices, entries->leaf[i]))
            TRY(write_if_kept(safe, person, entries->leaf[i], false, answer, &written));
    buffer_u64(answer, (uint64_t)retention_kept_since(safe));
    TRY(buffer_check(answer));
    struct buffer count = {.data = answer->data + start, .capacity = 2, .maximum = 2};
    buffer_u16(&count, (uint16_t)written);
    return OK;
}

/* Lines, as protocol.h has them. The one that was just made is among them: asking is an access too. */
enum error answer_events(struct safe *safe, struct request *request)
{
    struct listing notices = {0}, entries = {0};

    if (request->error != OK)
        return request->error;
    if (request->access.targets != 1 || request->opened != 1u << DRAWER_AUDIT)
        return ERROR_REFUSED;
    const struct id *person = &request->access.target[0].person;
    if (request->index == 0)
        TRY(person_index_notices(safe->index, safe->arena, person, NOTICES_MAX, &notices.leaf, &notices.count));
    TRY(person_index_find(safe->index, safe->arena, person, request->index ? request->index : UINT64_MAX, EVENTS_MAX,
                          &entries.leaf, &entries.count));
    TRY(write_lines(safe, person, &notices, &entries, &request->answer));
    /* Told once more is better than not at all. */
    if (id_equal(person, &request->credential.person) &&
        person_index_seen(safe->index, person, notices.leaf, notices.count) != OK)
        LOG(WARNING, "safe.notices_not_marked");
    return OK;
}
