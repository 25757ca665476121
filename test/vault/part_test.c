/* SPDX-License-Identifier: Apache-2.0 */

/* Proves that a sealed part is one person's, one type's, one resource's, one version's and one drawer's, so that whoever
 * has the disk cannot pass one off as another; and that a body that is no body is refused. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "vault/part.h"

static const struct secret_key key = {{1}}, other_key = {{2}};
static const struct id anna = {{1}}, bela = {{2}}, record = {{3}}, other_record = {{4}};
static const struct part_place place = {&anna, {"Observation", 11}, &record};

static struct part sealed(struct arena *arena, enum drawer drawer, uint64_t version, struct slice plain)
{
    struct world world = world_driven(6, 0);
    struct part part;

    assert_int_equal(part_seal(arena, &world, &key, &place, drawer, version, plain, &part), OK);
    return part;
}

static void a_part_comes_back(void **state)
{
    CLEANUP_ARENA struct arena *arena = arena_new(1u << 20);
    struct part part = sealed(arena, DRAWER_CLINICAL, 7, SLICE("finding"));
    struct slice plain;

    (void)state;
    assert_int_equal(part_open(arena, &key, &place, &part, &plain), OK);
    assert_true(slice_is(plain, "finding"));
    assert_true(slice_search(part.sealed, SLICE("finding")) == SIZE_MAX);
}

static void a_part_in_anothers_place_does_not_open(void **state)
{
    const struct part_place others[] = {{&bela, {"Observation", 11}, &record},
                                        {&anna, {"Observation", 11}, &other_record},
                                        {&anna, {"Condition", 9}, &record},
                                        {&anna, {"Observatio", 10}, &record}};
    CLEANUP_ARENA struct arena *arena = arena_new(1u << 20);
    struct part part = sealed(arena, DRAWER_CLINICAL, 7, SLICE("finding")), moved = part;
    struct slice plain;

    (void)state;
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(part_open(arena, &key, &others[i], &part, &plain), ERROR_SEALED);
    assert_int_equal(part_open(arena, &other_key, &place, &part, &plain), ERROR_SEALED);
    moved.drawer = DRAWER_CONTACT;
    assert_int_equal(part_open(arena, &key, &place, &moved, &plain), ERROR_SEALED);
    moved = part;
    moved.version = 6;
    assert_int_equal(part_open(arena, &key, &place, &moved, &plain), ERROR_SEALED);
}

static void a_touched_or_cut_part_does_not_open(void **state)
{
    CLEANUP_ARENA struct arena *arena = arena_new(1u << 20);
    struct part part = sealed(arena, DRAWER_CLINICAL, 7, SLICE("finding"));
    char *bytes = (char *)(uintptr_t)part.sealed.data;
    struct slice plain;

    (void)state;
    for (size_t i = 0; i < part.sealed.length; i++) {
        struct part cut = {part.drawer, part.version, slice_of(bytes, i)};
        assert_int_equal(part_open(arena, &key, &place, &cut, &plain), ERROR_SEALED);
        bytes[i] ^= 1;
        assert_int_equal(part_open(arena, &key, &place, &part, &plain), ERROR_SEALED);
        bytes[i] ^= 1;
    }
}

static struct buffer body_of(struct arena *arena)
{
    struct part_body body = {.has = {[DRAWER_IDENTITY] = true, [DRAWER_AUDIT] = true}};
    struct buffer bytes = buffer_new(4096);

    body.part[DRAWER_IDENTITY] = sealed(arena, DRAWER_IDENTITY, 2, SLICE("name"));
    body.part[DRAWER_AUDIT] = sealed(arena, DRAWER_AUDIT, 5, SLICE(""));
    part_body_write(&body, &bytes);
    assert_int_equal(buffer_check(&bytes), OK);
    return bytes;
}

static void a_body_keeps_each_part_with_its_own_version(void **state)
{
    CLEANUP_ARENA struct arena *arena = arena_new(1u << 20);
    CLEANUP_BUFFER struct buffer bytes = body_of(arena);
    struct part_body body;
    struct slice plain;

    (void)state;
    assert_int_equal(part_body_read(buffer_view(&bytes), &body), OK);
    assert_int_equal(part_body_mask(&body), 1u << DRAWER_IDENTITY | 1u << DRAWER_AUDIT);
    assert_int_equal(body.part[DRAWER_IDENTITY].version, 2);
    assert_int_equal(body.part[DRAWER_AUDIT].version, 5);
    assert_int_equal(part_open(arena, &key, &place, &body.part[DRAWER_IDENTITY], &plain), OK);
    assert_true(slice_is(plain, "name"));
}

static void a_body_cut_short_is_refused_wherever_it_is_cut(void **state)
{
    CLEANUP_ARENA struct arena *arena = arena_new(1u << 20);
    CLEANUP_BUFFER struct buffer bytes = body_of(arena);
    const size_t first = 1 + 1 + 8 + 4 + 4 + SEAL_OVERHEAD; /* a whole body of one part ends here */
    struct part_body body;

    (void)state;
    for (size_t length = 0; length < bytes.length; length++)
        if ((part_body_read(slice_of(bytes.data, length), &body) == OK) != (length == first || length == 1))
            fail_msg("%zu bytes", length);
}

static void a_drawer_stands_once_and_must_exist(void **state)
{
    CLEANUP_BUFFER struct buffer bytes = buffer_new(256);
    struct part_body body;

    (void)state;
    for (unsigned drawer = 0; drawer <= UINT8_MAX; drawer++) {
        buffer_clear(&bytes);
        buffer_byte(&bytes, PART_FORMAT);
        buffer_byte(&bytes, (uint8_t)drawer);
        buffer_u64(&bytes, 1);
        buffer_u32(&bytes, 0);
        assert_int_equal(part_body_read(buffer_view(&bytes), &body), drawer < DRAWER_COUNT ? OK : ERROR_CORRUPT);
        buffer_byte(&bytes, (uint8_t)drawer);
        buffer_u64(&bytes, 2);
        buffer_u32(&bytes, 0);
        assert_int_equal(part_body_read(buffer_view(&bytes), &body), ERROR_CORRUPT);
    }
    bytes.data[0] = PART_FORMAT + 1;
    assert_int_equal(part_body_read(slice_of(bytes.data, 1), &body), ERROR_CORRUPT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_part_comes_back),
        cmocka_unit_test(a_part_in_anothers_place_does_not_open),
        cmocka_unit_test(a_touched_or_cut_part_does_not_open),
        cmocka_unit_test(a_body_keeps_each_part_with_its_own_version),
        cmocka_unit_test(a_body_cut_short_is_refused_wherever_it_is_cut),
        cmocka_unit_test(a_drawer_stands_once_and_must_exist),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
