/* SPDX-License-Identifier: Apache-2.0 */

/* What the door passes on for oversight: what is to be suspended, lifted, judged, handed out as evidence. The door may
 * be anybody's. Input: a byte (which deed), then its payload. A suspension that is taken is kept sealed, read back, and
 * told as JSON; each deed makes an event that is JSON. */

#include "scratch_file.h"

#include "safe/evidence.c"
#include "safe/oversight.c"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct credential overseer = {.actor = {"ombud", 5}, .role = ROLE_OVERSEER, .sector = SECTOR_OVERSIGHT};

static struct safe *small_safe(void)
{
    static struct safe safe;
    static struct safe_keys keys;
    static struct world world;

    if (!safe.arena) {
        world = world_driven(1, INT64_C(1700000000000000000));
        safe.world = &world;
        safe.now_ns = INT64_C(1700000000000000000);
        safe.arena = arena_new(8u << 20);
        safe.keys = &keys;
        if (!safe.arena || person_index_open(scratch_path(), &keys.index, &safe.index, NULL) != OK)
            abort();
        safe.reviews = person_index_reviews(safe.index);
        if (suspensions_open(person_index_store(safe.index), &keys.oversight, safe.arena, &safe.suspensions) != OK)
            abort();
    }
    arena_reset(safe.arena);
    return &safe;
}

static void assert_json(struct safe *safe, struct buffer *text)
{
    const struct json *json;

    if (buffer_check(text) == OK && json_parse(safe->arena, buffer_view(text), &json, NULL) != OK)
        abort();
}

/* Rows of rules want rules, which are not here. */
static void suspend_and_lift(struct safe *safe, struct request *request)
{
    CLEANUP_BUFFER struct buffer text = buffer_new(1u << 16);
    struct json_writer writer = json_writer(&text);
    struct suspension_told told;

    if (request->deed.what == SUSPENDED_RULE || prepare_suspend(safe, request) != OK)
        return;
    if (!request->deed.is_new || keep_suspension(safe, request) != OK)
        abort(); /* nothing is in force before; what was begun can be kept */
    if (suspensions_told(&safe->suspensions, safe->arena, request->deed.number, &told) != OK ||
        !slice_equal(told.subject, request->deed.subject) || !slice_equal(told.reason, request->deed.words))
        abort();
    write_suspension(safe, &writer, &told);
    assert_json(safe, &text);
    struct credential hit = {.actor = request->deed.subject};
    if (request->deed.what == SUSPENDED_ACTOR && !suspensions_hold(&safe->suspensions, &hit))
        abort();
    if (suspensions_lift(&safe->suspensions, request->deed.number, 1) != OK || safe->suspensions.count != 0)
        abort();
}

static void write_event(struct safe *safe, const struct request *request, const char *action)
{
    static const uint8_t nonce[EVENT_NONCE_BYTES];
    CLEANUP_BUFFER struct buffer text = buffer_new(EVENT_BYTES_MAX), beside = buffer_new(EVENT_BYTES_MAX);
    const struct deed *deed = &request->deed;
    const struct event_looker looker = {.credential = &overseer, .nonce = nonce, .subject = deed->subject};
    const struct event_deed event = {.credential = &overseer,
                                     .request = deed->request,
                                     .action = action,
                                     .what = deed->what ? suspended_word(deed->what) : NULL,
                                     .subject = deed->subject,
                                     .number = deed->number,
                                     .verdict = deed->verdict ? review_verdict_word(deed->verdict) : NULL,
                                     .words = deed->words,
                                     .looker_nonce = nonce};

    event_write_deed(&event, &text);
    assert_json(safe, &text);
    event_write_looker(&looker, &beside);
    assert_json(safe, &beside);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct safe *safe = small_safe();
    static struct request request;
    struct slice token;
    struct sought sought;

    if (size < 1)
        return 0;
    request = (struct request){.kind = deeds[data[0] % DEEDS].kind, .payload = slice_of(data + 1, size - 1)};
    struct reader reader = reader_of(request.payload);
    if (deeds[data[0] % DEEDS].read(&reader, &request.deed, &token) != OK)
        return 0;
    if (!utf8_valid(request.deed.subject) || !utf8_valid(request.deed.words))
        return 0; /* as oversight_prepare does */
    write_event(safe, &request, deeds[data[0] % DEEDS].action);
    if (request.kind == PROTOCOL_SUSPEND)
        suspend_and_lift(safe, &request);
    else if (request.kind == PROTOCOL_EVIDENCE)
        (void)!read_sought(request.payload, &sought);
    else
        (void)!deeds[data[0] % DEEDS].prepare(safe, &request);
    return 0;
}
