/* SPDX-License-Identifier: Apache-2.0 */

/* Bodies made by hand, by the format that splice.h describes. Proves that an id goes where its table says, up to the edges of
 * the sections, that damage is told, and that a resource of every drawer is joined in their order or not at all. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "gate/splice.h"

static struct splice_header header_of(void)
{
    return (struct splice_header){
        .type = SLICE("Patient"), .wire_id = {{0xab, 0xcd}}, .version = 7, .last_updated_ms = 1715076672123};
}

struct part_text {
    const char *section[4];
    const uint32_t offset[2]; /* of ids, in the text */
    uint32_t ids;
};

static struct slice body_of(struct arena *arena, const struct part_text *part)
{
    static const struct id id = {{0xab}};
    CLEANUP_BUFFER struct buffer body = buffer_new(1u << 16);

    buffer_byte(&body, 1);
    buffer_u32(&body, part->ids);
    for (uint32_t i = 0; i < part->ids; i++) {
        buffer_u32(&body, part->offset[i]);
        buffer_slice(&body, id_slice(&id));
    }
    for (int i = 0; i < 3; i++)
        buffer_u32(&body, (uint32_t)strlen(part->section[i]));
    for (int i = 0; i < 4; i++)
        buffer_string(&body, part->section[i]);
    return arena_copy(arena, buffer_view(&body));
}

#define ZEROS "00000000000000000000000000000000"
#define SHOWN "ab000000000000000000000000000000"
#define HEAD(version)                                                                                                  \
    "{\"resourceType\":\"Patient\",\"id\":\"abcd0000000000000000000000000000\",\"meta\":{\"versionId\":\"" version     \
    "\",\"lastUpdated\":\"2024-05-07T10:11:12.123Z\""

/* An id that stands up to the last byte of its section belongs there, one that begins at its end to the next, and one
 * that hangs over is damage, whichever section it is. */
static void an_id_belongs_to_the_section_that_it_stands_in(void **state)
{
    static const struct {
        struct part_text part;
        const char *joined; /* NULL: damaged */
    } cases[] = {
        {{{ZEROS, "", "", ""}, {0}, 1}, HEAD("7") "," SHOWN "}}"},
        {{{"x", "", "", ZEROS}, {1}, 1}, HEAD("7") ",x}," SHOWN "}"},
        {{{"x", "", "", ZEROS ZEROS}, {1, 33}, 2}, HEAD("7") ",x}," SHOWN SHOWN "}"},
        {{{"x", ZEROS, "", ""}, {1}, 1}, HEAD("7") ",x,\"tag\":[" SHOWN "]}}"},
        {{{"", "", ZEROS, "y"}, {0}, 1}, HEAD("7") ",\"security\":[" SHOWN "]},y}"},
        {{{ZEROS, "", "", ZEROS}, {1}, 1}, NULL},
        {{{"", ZEROS, "", ZEROS}, {1}, 1}, NULL},
        {{{"", "", ZEROS, ZEROS}, {1}, 1}, NULL},
        {{{"", "", "", ZEROS}, {1}, 1}, NULL},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        CLEANUP_ARENA struct arena *arena = arena_new(1u << 20);
        CLEANUP_BUFFER struct buffer out = buffer_new(1u << 16);
        struct splice_header header = header_of();
        struct splice_bodies bodies = {{body_of(arena, &cases[i].part)}};
        enum error error = splice_join(&header, &bodies, NULL, NULL, &out);
        if (error != (cases[i].joined ? OK : ERROR_CORRUPT))
            fail_msg("case %zu: %s", i, error_entry(error)->name);
        if (cases[i].joined && !slice_is(buffer_view(&out), cases[i].joined))
            fail_msg("case %zu: %.*s", i, SLICE_PRINT(buffer_view(&out)));
    }
}

static void the_ids_of_a_body_are_those_of_its_table(void **state)
{
    static const struct part_text two = {{"", "", "", ZEROS ZEROS}, {0, 32}, 2};
    CLEANUP_ARENA struct arena *arena = arena_new(1u << 20);
    struct slice body = body_of(arena, &two);
    struct id id = {{0}};

    (void)state;
    assert_int_equal(splice_reference_count(body), 2);
    assert_int_equal(splice_reference(body, 1, &id), OK);
    assert_int_equal(id.byte[0], 0xab);
    assert_int_equal(splice_reference(body, 2, &id), ERROR_CORRUPT);
    assert_int_equal(splice_reference(body, SIZE_MAX, &id), ERROR_CORRUPT);
    assert_int_equal(splice_reference(slice_of(body.data, 3), 0, &id), ERROR_CORRUPT);
    assert_int_equal(splice_reference(slice_of(body.data, 1 + 4 + 2 * 20 + 5), 0, &id), ERROR_CORRUPT);
    assert_int_equal(splice_reference_count(slice_of(body.data, 3)), 0);
}

/* Every drawer has something; room for less than all of it is no room. */
static void a_resource_of_all_drawers_is_joined_in_their_order(void **state)
{
    static const struct part_text part = {{"m", "t", "s", ZEROS}, {3}, 1};
    static const char whole[] = HEAD(
        "18446744073709551615") ",m,m,m,m,m,m,m,\"tag\":[t,t,t,t,t,t,t,"
                                "{\"system\":\"http://terminology.hl7.org/CodeSystem/v3-ObservationValue\",\"code\":"
                                "\"SUBSETTED\"}],\"security\":[s,s,s,s,s,s,s]}," SHOWN "," SHOWN "," SHOWN "," SHOWN
                                "," SHOWN "," SHOWN "," SHOWN "}";
    CLEANUP_ARENA struct arena *arena = arena_new(1u << 20);
    struct splice_header header = header_of();
    struct splice_bodies bodies;

    (void)state;
    header.version = UINT64_MAX;
    header.subsetted = true;
    for (unsigned d = 0; d < DRAWER_COUNT; d++)
        bodies.body[d] = body_of(arena, &part);
    for (size_t room = 0; room < sizeof whole; room++) {
        CLEANUP_BUFFER struct buffer out = buffer_new(room);
        enum error error = splice_join(&header, &bodies, NULL, NULL, &out);
        if (error != (room == sizeof whole - 1 ? OK : ERROR_TOO_LARGE))
            fail_msg("room for %zu: %s", room, error_entry(error)->name);
        if (error == OK && !slice_is(buffer_view(&out), whole))
            fail_msg("%.*s", SLICE_PRINT(buffer_view(&out)));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_id_belongs_to_the_section_that_it_stands_in),
        cmocka_unit_test(the_ids_of_a_body_are_those_of_its_table),
        cmocka_unit_test(a_resource_of_all_drawers_is_joined_in_their_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
