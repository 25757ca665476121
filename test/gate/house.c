/* SPDX-License-Identifier: Apache-2.0 */
#include "house.h"

#include "crypto/encode.h"

const struct id anna = {{0xA1, 7}};

void house_answered(struct house *house)
{
    assert_true(house->waiting > 0);
    if (--house->waiting == 0)
        loop_stop(house->loop);
}

void house_wait(struct house *house)
{
    if (house->waiting > 0)
        assert_int_equal(loop_run(house->loop), OK);
    assert_int_equal(house->waiting, 0);
}

static void greeted(void *context, enum error error)
{
    assert_int_equal(error, OK);
    house_answered(context);
}

void house_open(struct house *house)
{
    *house = (struct house){0};
    whole_open(&house->whole);
    house->loop = loop_new();
    assert_int_equal(safe_client_local(house->loop, house->whole.safe, &house->client), OK);
    struct gate_options options = {house->whole.directory, house->loop, &house->whole.world, house->client};
    assert_int_equal(gate_open(&options, &house->gate, NULL), OK);
    house->waiting = 1;
    gate_hello(house->gate, greeted, house);
    house_wait(house);
}

void house_close(struct house *house)
{
    gate_close(house->gate);
    safe_client_free(house->client);
    loop_free(house->loop);
    whole_close(&house->whole);
}

struct gate_asker asker_of(struct house *house, const struct whole_person *person)
{
    struct gate_asker asker = {.token = whole_token(&house->whole, person)};
    struct slice payload;

    assert_int_equal(whole_ask(&house->whole, PROTOCOL_CREDENTIAL, asker.token, &payload), OK);
    struct slice kept = arena_copy(house->whole.arena, payload);
    assert_int_equal(credential_read(kept, &asker.credential), OK);
    return asker;
}

void write_done(void *context, enum error error, const struct gate_reason *reason, int64_t time_ms)
{
    struct written *written = context;

    (void)reason;
    (void)time_ms;
    written->error = error;
    written->calls++;
    house_answered(written->house);
}

struct gate_write_item item_of(enum gate_method method, const char *type, const struct id *resource, const char *json)
{
    return (struct gate_write_item){.method = method,
                                    .type = slice_from_string(type),
                                    .resource = *resource,
                                    .person = anna,
                                    .json = slice_from_string(json)};
}

enum error write_as(struct house *house, const struct gate_asker *asker, struct gate_write_item *item)
{
    struct written written = {.house = house};

    house->waiting++;
    gate_write(house->gate, &(struct gate_write){asker, house->whole.arena, item, 1, write_done, &written});
    house_wait(house);
    assert_int_equal(written.calls, 1);
    return written.error;
}

void read_done(void *context, enum error error, const struct gate_views *views)
{
    struct seen *seen = context;

    seen->error = error;
    seen->count = views->count;
    if (views->count > 0)
        seen->view = views->view[0];
    seen->calls++;
    house_answered(seen->house);
}

struct seen read_as(struct house *house, const struct gate_asker *asker, const char *type, const struct id *resource,
                    uint64_t version)
{
    struct seen seen = {.house = house};

    house->waiting++;
    gate_read(house->gate, &(struct gate_read){.asker = asker,
                                               .arena = house->whole.arena,
                                               .type = slice_from_string(type),
                                               .resource = *resource,
                                               .version = version,
                                               .done = read_done,
                                               .context = &seen});
    house_wait(house);
    assert_int_equal(seen.calls, 1);
    return seen;
}

bool shows(const struct seen *seen, const char *text)
{
    return slice_search(seen->view.json, slice_from_string(text)) != SIZE_MAX;
}

void register_anna(struct house *house, const struct gate_asker *nurse)
{
    struct gate_write_item item = item_of(GATE_CREATE, "Patient", &anna, PATIENT);

    assert_int_equal(write_as(house, nurse, &item), OK);
    assert_int_equal(item.version, 1);
}
