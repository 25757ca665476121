/* SPDX-License-Identifier: Apache-2.0 */

/* An event is read strictly: by the members that its kind has, each once; its time is a real one; and it opens with its
 * own hour's key and as its own leaf says, or not at all. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "audit/event.h"
#include "base/world.h"
#include "crypto/hash.h"

#define ACCESS                                                                                                         \
    "{\"kind\":\"access\",\"time\":\"2026-11-22T00:27:32.286Z\",\"looker\":\"00112233445566778899aabbccddeeff\","      \
    "\"role\":\"nurse\",\"sector\":\"health\",\"organization\":\"00112233445566778899aabbccddeeff\",\"purpose\":"      \
    "\"TREAT\",\"action\":\"read\",\"persons\":[\"00112233445566778899aabbccddeeff\"],\"type\":\"Patient\",\"asked\":" \
    "[\"identity\"],\"opened\":[\"identity\"],\"decision\":\"permit\",\"outcome\":\"FULL\",\"row\":\"D-13\","          \
    "\"citation\":\"c\",\"basis\":\"self\",\"rules\":\"r\",\"obligations\":\"log\""
#define BESIDE                                                                                                         \
    "{\"actor\":\"nurse-1\",\"nonce\":\"00112233445566778899aabbccddeeff\",\"credential\":"                            \
    "\"00112233445566778899aabbccddeeff\",\"index\":[\"00112233445566778899aabbccddeeff\"]}"

static bool reads(const char *json, const char *beside)
{
    struct event event = {.json = slice_from_string(json), .looker_json = slice_from_string(beside)};
    bool read = event_read(&event);

    event_free(&event);
    return read;
}

static void an_event_has_the_members_of_its_kind_and_each_once(void **state)
{
    (void)state;
    assert_true(reads(ACCESS "}", BESIDE));
    assert_true(reads(ACCESS ",\"reason\":\"pale\"}", BESIDE));
    assert_false(reads(ACCESS ",\"colour\":\"red\"}", BESIDE));
    assert_false(reads(ACCESS ",\"row\":\"D-10\"}", BESIDE));      /* two programs could take another one each */
    assert_false(reads(ACCESS ",\"error\":\"REFUSED\"}", BESIDE)); /* permitted, and refused */
    assert_false(reads(ACCESS "}", "{}"));
    assert_false(reads(ACCESS "}", ""));
    assert_false(reads("{\"kind\":\"rumour\"}", ""));
    assert_true(reads("{\"kind\":\"completed\",\"time\":\"2026-11-22T00:27:32.286Z\",\"accesses\":[]}", ""));
}

#define ASKED(kind)                                                                                                    \
    "{\"kind\":\"" kind "\",\"time\":\"2026-11-22T00:27:32.286Z\",\"looker\":\"00112233445566778899aabbccddeeff\","    \
    "\"role\":\"overseer\",\"sector\":\"oversight\",\"organization\":\"00112233445566778899aabbccddeeff\","            \
    "\"action\":\"refuse\",\"decision\":\"permit\""

/* As the door writes it, or not at all; of every kind that somebody asks for. */
static void the_number_of_a_request_is_sixteen_digits_of_base_16(void **state)
{
    static const char *const kinds[] = {ACCESS, ASKED("oversight"), ASKED("order")};
    static const struct {
        const char *member;
        bool reads;
    } rows[] = {{"", true},
                {",\"request\":\"9c41f0e2b7a3d518\"", true},
                {",\"request\":\"9c41f0e2b7a3d51\"", false},
                {",\"request\":\"9c41f0e2b7a3d5180\"", false},
                {",\"request\":\"9C41F0E2B7A3D518\"", false},
                {",\"request\":\"\"", false},
                {",\"request\":11259375", false},
                {",\"request\":null", false}};

    (void)state;
    for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++)
        for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
            char json[2048];
            snprintf(json, sizeof json, "%s%s}", kinds[k], rows[i].member);
            if (reads(json, BESIDE) != rows[i].reads)
                fail_msg("%s", json);
        }
}

static void times_are_read_exactly(void **state)
{
    static const struct {
        const char *text;
        int64_t ms;
    } times[] = {{"1970-01-01T00:00:00.000Z", 0},
                 {"2000-02-29T12:00:00.001Z", INT64_C(951825600001)},
                 {"2026-11-22T00:27:32.286Z", INT64_C(1795307252286)},
                 {"2100-03-01T00:00:00.000Z", INT64_C(4107542400000)},
                 {"2026-11-22T00:27:32Z", INT64_C(1795307252000)},
                 {"2026-11-22T00:27:32.Z", -1},
                 {"2026-11-22T00:27:32+", -1},
                 {"2026-13-22T00:27:32.286Z", -1},
                 {"2026-11-22T24:27:32.286Z", -1},
                 {"2026-11-22T00:27:32.286+", -1},
                 {"2026-1a-22T00:27:32.286Z", -1}};

    (void)state;
    for (size_t i = 0; i < sizeof times / sizeof *times; i++)
        assert_int_equal(event_time(slice_from_string(times[i].text)), times[i].ms);
}

/* As the format says: what an event looks like on the disk. */
static size_t seal_event(const struct secret_key *key, uint8_t *leaf, char *sealed)
{
    static const char *const json = ACCESS "}", *const beside = BESIDE;
    uint8_t bound[10] = {'e', 'v', 'e', 'n', 't', 1, 0, 7, 0, 0};
    struct world world = world_driven(1, 0);
    CLEANUP_BUFFER struct buffer whole = buffer_new(4096);
    uint8_t nonce[NONCE_BYTES] = {5};

    buffer_bytes(&whole, nonce, sizeof nonce);
    buffer_u32(&whole, (uint32_t)strlen(json));
    buffer_string(&whole, json);
    buffer_string(&whole, beside);
    while (whole.length % 128)
        buffer_byte(&whole, ' ');
    memcpy(sealed, "\1\0\7\0\0", 5);
    seal(key, &world, slice_of(bound, sizeof bound), buffer_view(&whole), sealed + 5);
    size_t length = 5 + whole.length + SEAL_OVERHEAD;
    struct hash event = hash_sha256_parts(
                    (const struct slice[]){slice_of(nonce, sizeof nonce), slice_from_string(json)}, 2),
                bytes = hash_sha256(slice_of(sealed, length));
    leaf[0] = 1;
    memcpy(leaf + 1, event.byte, HASH_BYTES);
    memcpy(leaf + 1 + HASH_BYTES, bytes.byte, HASH_BYTES);
    return length;
}

static void an_event_opens_with_its_own_key_as_its_own_leaf(void **state)
{
    static char room[SEALED_EVENT_MAX], sealed[8192];
    struct secret_key key = {{3}}, other = {{4}};
    uint8_t leaf[65];
    struct event event;

    (void)state;
    size_t length = seal_event(&key, leaf, sealed);
    assert_int_equal(event_open(&key, slice_of(leaf, 65), slice_of(sealed, length), room, &event), EVENT_HOLDS);
    assert_true(slice_is(event.looker.actor, "nurse-1"));
    assert_int_equal(event.role, ROLE_NURSE);
    event_free(&event);
    assert_int_equal(event_open(&other, slice_of(leaf, 65), slice_of(sealed, length), room, &event), EVENT_NOT_SEALED);
    sealed[4] ^= 1; /* another hour */
    assert_int_equal(event_open(&key, slice_of(leaf, 65), slice_of(sealed, length), room, &event), EVENT_NOT_SEALED);
    sealed[4] ^= 1;
    leaf[7] ^= 1;
    assert_int_equal(event_open(&key, slice_of(leaf, 65), slice_of(sealed, length), room, &event), EVENT_NOT_OF_LEAF);
    assert_int_equal(event_open(&key, slice_of(leaf, 65), slice_of(sealed, 40), room, &event), EVENT_NOT_SEALED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_event_has_the_members_of_its_kind_and_each_once),
        cmocka_unit_test(the_number_of_a_request_is_sixteen_digits_of_base_16),
        cmocka_unit_test(times_are_read_exactly),
        cmocka_unit_test(an_event_opens_with_its_own_key_as_its_own_leaf),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
