/* SPDX-License-Identifier: Apache-2.0 */

/* Proves that what is taken apart into drawers comes back whole, digit for digit, and that a view of some drawers shows
 * nothing of the others. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <cmocka.h>

#include "crypto/encode.h"
#include "gate/splice.h"
#include "synthea.h"

#define ARENA_MAX (256u << 20)

static const struct json *parse(struct arena *arena, struct slice text)
{
    const struct json *root = NULL;
    struct fault fault = {0};

    if (json_parse(arena, text, &root, &fault) != OK)
        fail_msg("%.*s: %s", (int)(text.length < 2000 ? text.length : 2000), text.data, fault.detail);
    return root;
}

static struct splice_bodies split(struct arena *arena, const struct json *resource)
{
    struct splice_bodies bodies = {0};
    enum error error = splice_split(arena, resource, json_text(json_member(resource, "resourceType")), NULL, NULL,
                                    &bodies);

    if (error != OK)
        fail_msg("split: %s", error_entry(error)->name);
    return bodies;
}

static struct splice_header header_of(const struct json *resource)
{
    return (struct splice_header){.type = json_text(json_member(resource, "resourceType")),
                                  .wire_id = {{0xab, 0xcd}},
                                  .version = 7,
                                  .last_updated_ms = 1715076672123};
}

static struct slice join(struct arena *arena, const struct splice_header *header, const struct splice_bodies *bodies)
{
    CLEANUP_BUFFER struct buffer out = buffer_new(16u << 20);

    assert_int_equal(OK, splice_join(header, bodies, NULL, NULL, &out));
    struct slice copy = arena_copy(arena, buffer_view(&out));
    assert_non_null(copy.data);
    return copy;
}

/* The resource as the header must bring it back: the same but for id and the two members of meta that the server sets.
 * */
static const struct json *expected(struct arena *arena, const struct json *resource)
{
    CLEANUP_BUFFER struct buffer meta = buffer_new(1u << 20), whole = buffer_new(16u << 20);
    const struct json_edit server[] = {{SLICE("versionId"), SLICE("\"7\"")},
                                       {SLICE("lastUpdated"), SLICE("\"2024-05-07T10:11:12.123Z\"")}};

    json_write_edited(&meta, json_member(resource, "meta"), server, 2);
    const struct json_edit edit[] = {{SLICE("id"), SLICE("\"abcd0000000000000000000000000000\"")},
                                     {SLICE("meta"), buffer_view(&meta)}};
    json_write_edited(&whole, resource, edit, 2);
    return parse(arena, buffer_view(&whole));
}

static void assert_comes_back_whole(struct arena *arena, const struct json *resource)
{
    struct splice_bodies bodies = split(arena, resource);
    struct splice_header header = header_of(resource);
    struct slice joined = join(arena, &header, &bodies);

    if (!json_equal(parse(arena, joined), expected(arena, resource)))
        fail_msg("came back as %.*s", SLICE_PRINT(joined));
}

#define ID_A "0123456789abcdef0123456789abcdef"
#define ID_B "ffffffffffffffffffffffffffffff00"

#define PATIENT                                                                                                        \
    "{\"resourceType\":\"Patient\",\"id\":\"x\",\"meta\":{\"versionId\":\"1\",\"lastUpdated\":\"2001-01-01T00:00:00Z\",\"profile\":[\"http://p\"],"             \
    "\"tag\":[{\"code\":\"t1\"}],\"security\":[{\"code\":\"s1\"}]},"                                                   \
    "\"name\":[{\"family\":\"\xd8\xad\xd8\xaf\xd8\xa7\xd8\xaf\",\"given\":[\"q\\\"\\u0001\"]}],"                       \
    "\"_birthDate\":{\"extension\":[{\"url\":\"u\",\"valueDecimal\":37.80}]},\"birthDate\":\"1990\","                  \
    "\"telecom\":[{\"value\":\"+1\"}],\"address\":[{\"city\":\"Here\"}],\"maritalStatus\":{\"text\":\"m\"},"           \
    "\"generalPractitioner\":[{\"reference\":\"Organization/" ID_B "\"}],"                                             \
    "\"link\":[{\"other\":{\"reference\":\"Patient/" ID_A "\"},\"type\":\"seealso\"}]}"

static void a_resource_comes_back_whole(void **state)
{
    static const char *const resources[] = {
        PATIENT,
        "{\"resourceType\":\"Patient\"}",
        "{\"resourceType\":\"Patient\",\"meta\":{}}",
        "{\"resourceType\":\"Observation\",\"status\":\"final\",\"code\":{\"text\":\"t\"},\"valueQuantity\":{\"value\":"
        "37.800000000000000000001},\"subject\":{\"reference\":\"Patient/" ID_A "\"},\"encounter\":{\"reference\":"
        "\"Encounter/" ID_B "/_history/3\"},\"performer\":[{\"reference\":\"Practitioner/" ID_A "\"}]}",
        "{\"resourceType\":\"Encounter\",\"status\":\"finished\",\"class\":{\"code\":\"AMB\"},\"serviceProvider\":"
        "{\"reference\":\"Organization/" ID_A "\"},\"contained\":[{\"resourceType\":\"Location\",\"id\":\"l\"}]}",
        "{\"resourceType\":\"Claim\",\"total\":{\"value\":1E2}}",
    };

    (void)state;
    for (size_t i = 0; i < sizeof resources / sizeof *resources; i++) {
        CLEANUP_ARENA struct arena *arena = arena_new(1u << 20);
        assert_comes_back_whole(arena, parse(arena, slice_from_string(resources[i])));
    }
}

static void a_patient_without_content_still_joins(void **state)
{
    CLEANUP_ARENA struct arena *arena = arena_new(1u << 20);
    struct splice_bodies nothing = {0};
    struct splice_header header = header_of(parse(arena, SLICE("{\"resourceType\":\"Patient\"}")));

    (void)state;
    assert_true(slice_is(join(arena, &header, &nothing),
                         "{\"resourceType\":\"Patient\",\"id\":\"abcd0000000000000000000000000000\",\"meta\":"
                         "{\"versionId\":\"7\",\"lastUpdated\":\"2024-05-07T10:11:12.123Z\"}}"));
}

static void labels_of_the_gate_join_those_of_the_resource(void **state)
{
    CLEANUP_ARENA struct arena *arena = arena_new(1u << 20);
    const struct json *patient = parse(arena, SLICE(PATIENT));
    struct splice_bodies bodies = split(arena, patient);
    struct splice_header header = header_of(patient);

    (void)state;
    header.subsetted = true;
    header.tags = SLICE("{\"code\":\"t2\"}");
    header.security = SLICE("{\"code\":\"s2\"},{\"code\":\"s3\"}");
    const struct json *meta = json_member(parse(arena, join(arena, &header, &bodies)), "meta");
    assert_int_equal(3, json_count(json_member(meta, "tag")));
    assert_int_equal(3, json_count(json_member(meta, "security")));
    assert_true(json_is(json_path(meta, "tag.code"), "t1"));
    assert_true(json_is(json_path(meta, "security.code"), "s1"));
    assert_true(json_is(json_path(meta, "profile"), "http://p"));
}

static bool flip(void *context, struct slice type, const struct id *wire, struct id *ret_inside)
{
    if (slice_is(type, "Organization"))
        return false;
    for (size_t i = 0; i < ID_BYTES; i++)
        ret_inside->byte[i] = wire->byte[i] ^ 0xff;
    ++*(size_t *)context;
    return true;
}

static void flip_back(void *context, const struct id *inside, struct id *ret_wire)
{
    (void)flip(context, SLICE(""), inside, ret_wire);
}

static void ids_are_kept_apart_from_the_text(void **state)
{
    CLEANUP_ARENA struct arena *arena = arena_new(1u << 20);
    CLEANUP_BUFFER struct buffer out = buffer_new(1u << 20);
    const struct json *patient = parse(arena, SLICE(PATIENT));
    struct splice_header header = header_of(patient);
    struct splice_bodies bodies;
    size_t calls = 0;
    struct id id;

    (void)state;
    assert_int_equal(OK, splice_split(arena, patient, SLICE("Patient"), flip, &calls, &bodies));
    assert_int_equal(1, calls); /* the organisation's is nobody's secret */
    assert_int_equal(1, splice_reference_count(bodies.body[DRAWER_IDENTITY]));
    assert_int_equal(0, splice_reference_count(bodies.body[DRAWER_CONTACT]));
    assert_int_equal(OK, splice_reference(bodies.body[DRAWER_IDENTITY], 0, &id));
    assert_int_equal(0xfe, id.byte[0]);
    assert_int_equal(SIZE_MAX, slice_search(bodies.body[DRAWER_IDENTITY], SLICE(ID_A)));
    assert_true(slice_search(bodies.body[DRAWER_CONTACT], SLICE(ID_B)) != SIZE_MAX);

    assert_int_equal(OK, splice_join(&header, &bodies, flip_back, &calls, &out));
    assert_true(json_equal(parse(arena, buffer_view(&out)), expected(arena, patient)));
}

static void only_local_references_are_ids(void **state)
{
    static const char *const others[] = {
        "Patient/0123456789ABCDEF0123456789abcdef",
        "Patient/0123456789abcdef0123456789abcde",
        "/" ID_A,
        "#" ID_A,
        "http://other/Patient/" ID_A,
        "Patient/" ID_A "0",
        "urn:uuid:" ID_A,
        "Patient?identifier=" ID_A,
        "Patient/" ID_A "#x",
        ID_A ID_B,
        "Patient/",
        "Patient/A123456789abcdef0123456789abcdef",
        "Patient/F123456789abcdef0123456789abcdef",
        "Patient/" ID_A "/history/1",
        "Patient/" ID_A "/_history/1#",
        "Patient/" ID_A "/_history/\\u0000",
        "Pat@ent/" ID_A,
        "Pat[ent/" ID_A,
        "Pat`ent/" ID_A,
        "Pat{ent/" ID_A,
        "Pat1ent/" ID_A,
        "Pat\\u0000ent/" ID_A,
        "Patient/" ID_A "/_history/" ID_A ID_A "000000000000000", /* 129 bytes */
    };

    (void)state;
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        CLEANUP_ARENA struct arena *arena = arena_new(1u << 20);
        struct slice text = arena_format(arena, "{\"resourceType\":\"Condition\",\"subject\":{\"reference\":\"%s\"}}",
                                         others[i]);
        struct splice_bodies bodies = split(arena, parse(arena, text));
        if (splice_reference_count(bodies.body[DRAWER_CLINICAL]) != 0)
            fail_msg("%s was taken for an id", others[i]);
        assert_comes_back_whole(arena, parse(arena, text));
    }
}

static void only_what_is_called_a_reference_is_one(void **state)
{
    CLEANUP_ARENA struct arena *arena = arena_new(1u << 20);
    struct splice_bodies bodies = split(
        arena, parse(arena, SLICE("{\"resourceType\":\"Condition\",\"note\":[{\"text\":\"Patient/" ID_A "\"}]}")));

    (void)state;
    assert_int_equal(splice_reference_count(bodies.body[DRAWER_CLINICAL]), 0);
}

static void a_reference_to_a_version_or_of_any_letters_is_local(void **state)
{
    static const char *const locals[] = {
        "AZaz/" ID_A,
        "Patient/" ID_A "/_history/0123456789-._",
        "Patient/" ID_A "/_history/abcxyzABCXYZ",
        "Patient/" ID_A "/_history/" ID_A ID_A "00000000000000", /* 128 bytes */
    };

    (void)state;
    for (size_t i = 0; i < sizeof locals / sizeof *locals; i++) {
        CLEANUP_ARENA struct arena *arena = arena_new(1u << 20);
        struct slice text = arena_format(arena, "{\"resourceType\":\"Condition\",\"subject\":{\"reference\":\"%s\"}}",
                                         locals[i]);
        struct splice_bodies bodies = split(arena, parse(arena, text));
        if (splice_reference_count(bodies.body[DRAWER_CLINICAL]) != 1)
            fail_msg("%s was not taken for an id", locals[i]);
        assert_comes_back_whole(arena, parse(arena, text));
    }
}

#define BIT(drawer) (1u << DRAWER_##drawer)

/* Which drawers a resource may use: what a search asks for, whatever is stored. */
static void a_type_says_which_drawers_it_may_use(void **state)
{
    static const struct {
        const char *type;
        unsigned mask;
    } cases[] = {
        {"Patient", BIT(IDENTITY) | BIT(CONTACT) | BIT(CLINICAL) | BIT(SENSITIVE) | BIT(SOCIAL)},
        {"RelatedPerson", BIT(CONTACT)},
        {"Condition", BIT(CLINICAL) | BIT(CONTACT) | BIT(SENSITIVE)},
        {"ServiceRequest", BIT(CLINICAL) | BIT(CONTACT) | BIT(SENSITIVE) | BIT(COVERAGE)},
        {"Coverage", BIT(COVERAGE)},
        {"AuditEvent", BIT(AUDIT)},
        {"Spaceship", 0},
        {"", 0},
    };
    enum drawer drawer;

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct slice type = slice_from_string(cases[i].type);
        if (splice_type_mask(type) != cases[i].mask)
            fail_msg("%s: %x", cases[i].type, splice_type_mask(type));
        assert_int_equal(splice_drawer(type, SLICE("none"), &drawer), cases[i].mask != 0);
    }
    assert_true(splice_drawer(SLICE("AuditEvent"), SLICE(""), &drawer)); /* the last line of the table */
    assert_int_equal(drawer, DRAWER_AUDIT);
    assert_true(splice_drawer(SLICE("Patient"), SLICE("_address"), &drawer));
    assert_int_equal(drawer, DRAWER_CONTACT);
}

static void what_is_contained_is_as_closed_as_what_it_tells(void **state)
{
    static const struct {
        const char *resource;
        unsigned mask;
    } cases[] = {
        {"{\"resourceType\":\"Encounter\",\"contained\":[{\"resourceType\":\"Organization\"}]}", BIT(CONTACT)},
        {"{\"resourceType\":\"Encounter\",\"contained\":[{\"resourceType\":\"Medication\"}]}", BIT(CLINICAL)},
        {"{\"resourceType\":\"Encounter\",\"contained\":[{\"resourceType\":\"Medication\"},"
         "{\"resourceType\":\"Endpoint\"}]}",
         BIT(CONTACT)},
        {"{\"resourceType\":\"Coverage\",\"contained\":[{\"resourceType\":\"Organization\"}]}", BIT(COVERAGE)},
        {"{\"resourceType\":\"Patient\",\"contained\":[{\"resourceType\":\"Medication\"}]}", BIT(CONTACT)},
        {"{\"resourceType\":\"Encounter\",\"diagnosis\":[{\"resourceType\":\"Organization\"}]}", BIT(CLINICAL)},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        CLEANUP_ARENA struct arena *arena = arena_new(1u << 20);
        struct splice_bodies bodies = split(arena, parse(arena, slice_from_string(cases[i].resource)));
        if (splice_mask(&bodies) != cases[i].mask)
            fail_msg("%s: %x", cases[i].resource, splice_mask(&bodies));
    }
}

/* One canary in each element; a view of some drawers must show theirs and no other. */
static void a_view_shows_nothing_of_the_other_drawers(void **state)
{
    static const char *const shapes[] = {
        "{\"resourceType\":\"Patient\",\"name\":\"%0\",\"_name\":\"%0\",\"telecom\":\"%1\",\"address\":\"%1\","
        "\"_address\":\"%1\",\"contact\":\"%1\",\"deceasedBoolean\":\"%2\",\"text\":\"%3\",\"extension\":\"%4\","
        "\"maritalStatus\":\"%4\",\"birthDate\":\"%0\",\"gender\":\"%0\",\"managingOrganization\":\"%1\","
        "\"meta\":{\"profile\":\"%0\",\"tag\":[\"%0\"],\"security\":[\"%0\"]}}",
        "{\"resourceType\":\"Encounter\",\"status\":\"%2\",\"location\":\"%1\",\"serviceProvider\":\"%1\","
        "\"participant\":\"%1\",\"reasonCode\":\"%2\",\"contained\":[{\"resourceType\":\"Organization\",\"name\":\""
        "%1\"}]}",
        "{\"resourceType\":\"MedicationRequest\",\"insurance\":\"%5\",\"requester\":\"%1\",\"medication\":\"%2\"}",
        "{\"resourceType\":\"Condition\",\"code\":{\"coding\":[{\"system\":\"http://snomed.info/sct\",\"code\":\""
        "7200002\"}"
        "]},\"recorder\":\"%3\",\"note\":\"%3\",\"meta\":{\"profile\":\"%3\"}}",
        "{\"resourceType\":\"Consent\",\"status\":\"%6\",\"organization\":\"%6\"}",
        "{\"resourceType\":\"QuestionnaireResponse\",\"item\":\"%4\",\"author\":\"%1\"}",
    };

    (void)state;
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++)
        for (unsigned mask = 0; mask <= DRAWER_ALL; mask++) {
            CLEANUP_ARENA struct arena *arena = arena_new(1u << 20);
            const struct json *resource = parse(arena, slice_from_string(shapes[i]));
            struct splice_bodies bodies = split(arena, resource);
            struct splice_header header = header_of(resource);
            for (unsigned drawer = 0; drawer < DRAWER_COUNT; drawer++)
                if (!(mask & 1u << drawer))
                    bodies.body[drawer] = slice_of(NULL, 0);
            struct slice view = join(arena, &header, &bodies);
            (void)parse(arena, view);
            for (unsigned drawer = 0; drawer < DRAWER_COUNT; drawer++) {
                char canary[] = {'%', (char)('0' + drawer), 0};
                bool stored = slice_search(slice_from_string(shapes[i]), slice_from_string(canary)) != SIZE_MAX;
                bool shown = slice_search(view, slice_from_string(canary)) != SIZE_MAX;
                if (shown != (stored && mask & 1u << drawer))
                    fail_msg("drawers %02x of %s gave %.*s", mask, shapes[i], SLICE_PRINT(view));
            }
        }
}

static void sensitive_codes_move_the_whole_resource(void **state)
{
    static const struct {
        const char *resource;
        bool sensitive;
    } rows[] = {
        {"{\"resourceType\":\"Condition\",\"code\":{\"coding\":[{\"system\":\"http://hl7.org/fhir/sid/icd-10\",\""
         "code\":\"F32.1\"}]}}",
         true},
        {"{\"resourceType\":\"Condition\",\"code\":{\"coding\":[{\"system\":\"http://hl7.org/fhir/sid/icd-10-cm\",\""
         "code\":\"T74.11XA\"}]}}",
         true},
        {"{\"resourceType\":\"Condition\",\"code\":{\"coding\":[{\"system\":\"http://hl7.org/fhir/sid/icd-10\",\""
         "code\":\"J06.9\"}]}}",
         false},
        {"{\"resourceType\":\"Condition\",\"code\":{\"coding\":[{\"system\":\"http://example.org\",\"code\":\""
         "F32.1\"}]}}",
         false},
        {"{\"resourceType\":\"Encounter\",\"reasonCode\":[{\"coding\":[{\"system\":\"http://snomed.info/sct\",\""
         "code\":\"706893006\"}]}]}",
         true},
        {"{\"resourceType\":\"Observation\",\"component\":[{\"code\":{\"coding\":[{\"code\":\"44261-6\",\"system\""
         ":\"http://loinc.org\"}]}}]}",
         true},
        {"{\"resourceType\":\"Observation\",\"meta\":{\"security\":[{\"system\":\"http"
         "://terminology.hl7.org/CodeSystem/v3-ActCode\",\"code\":\"SDV\"}]}}",
         true},
        {"{\"resourceType\":\"Observation\",\"code\":{\"coding\":[{\"system\":\"http://snomed.info/sct\",\"code\":\""
         "86406008x\"}]}}",
         false},
        {"{\"resourceType\":\"Observation\",\"code\":{\"coding\":[{\"system\":\"http://snomed.info/sct\",\"code\":"
         "86406008}]}}",
         true}, /* however it is written */
        {"{\"resourceType\":\"Claim\",\"diagnosis\":[{\"diagnosisCodeableConcept\":{\"coding\":[{\"system\":\"http"
         "://hl7.org/fhir/sid/icd-10\",\"code\":\"F32\"}]}}]}",
         false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        CLEANUP_ARENA struct arena *arena = arena_new(1u << 20);
        const struct json *resource = parse(arena, slice_from_string(rows[i].resource));
        struct splice_bodies bodies = split(arena, resource);
        bool moved = splice_mask(&bodies) == 1u << DRAWER_SENSITIVE;
        if (moved != rows[i].sensitive ||
            splice_is_sensitive(resource, json_text(json_member(resource, "resourceType"))) != rows[i].sensitive)
            fail_msg("%s", rows[i].resource);
    }
}

static void a_partial_view_cannot_be_written_back(void **state)
{
    CLEANUP_ARENA struct arena *arena = arena_new(1u << 20);
    const struct json *patient = parse(arena, SLICE(PATIENT));
    struct splice_bodies bodies = split(arena, patient);
    struct splice_header header = header_of(patient);

    (void)state;
    header.subsetted = true;
    bodies.body[DRAWER_CONTACT] = slice_of(NULL, 0);
    const struct json *view = parse(arena, join(arena, &header, &bodies));
    assert_int_equal(ERROR_PARTIAL_VIEW, splice_split(arena, view, SLICE("Patient"), NULL, NULL, &bodies));
    assert_int_equal(ERROR_UNKNOWN_TYPE, splice_split(arena, view, SLICE("Spaceship"), NULL, NULL, &bodies));
    assert_false(splice_is_sensitive(view, SLICE("Spaceship")));
}

/* Without the tag it would pass for the whole, and could be written back as that. */
static void a_partial_view_whose_tags_have_no_room_is_an_error(void **state)
{
    CLEANUP_ARENA struct arena *arena = arena_new(1u << 20);
    CLEANUP_BUFFER struct buffer out = buffer_new(4u * SPLICE_TEXT_MAX);
    const struct json *patient = parse(arena, SLICE(PATIENT));
    struct splice_bodies bodies = split(arena, patient);
    struct splice_header header = header_of(patient);
    char *more = test_calloc(1, SPLICE_TEXT_MAX);

    (void)state;
    header.subsetted = true;
    header.tags = slice_of(more, SPLICE_TEXT_MAX);
    assert_int_equal(ERROR_TOO_LARGE, splice_join(&header, &bodies, NULL, NULL, &out));
    test_free(more);
}

/* Every shortening, and every byte changed: an error or some JSON, never a read past the end (the sanitizers watch). */
static void a_damaged_body_is_never_read_past_its_end(void **state)
{
    CLEANUP_ARENA struct arena *arena = arena_new(16u << 20);
    const struct json *patient = parse(arena, SLICE(PATIENT));
    struct splice_bodies bodies = split(arena, patient);
    struct splice_header header = header_of(patient);
    struct slice good = bodies.body[DRAWER_IDENTITY];
    size_t corrupt = 0;

    (void)state;
    for (size_t i = 0; i < 2 * good.length; i++) {
        CLEANUP_BUFFER struct buffer out = buffer_new(1u << 20);
        size_t length = i < good.length ? i : good.length;
        char *copy = test_malloc(length ? length : 1);
        memcpy(copy, good.data, length);
        if (i >= good.length)
            copy[i - good.length] ^= 0x80;
        bodies.body[DRAWER_IDENTITY] = slice_of(copy, length);
        if (length)
            corrupt += splice_join(&header, &bodies, NULL, NULL, &out) == ERROR_CORRUPT;
        test_free(copy);
    }
    assert_true(corrupt > 40);
}

static size_t check_bundle(struct slice text)
{
    CLEANUP_ARENA struct arena *arena = arena_new(ARENA_MAX), *scratch = arena_new(ARENA_MAX);
    size_t count = 0;

    for (struct json_items entries = json_items(json_member(parse(arena, text), "entry")); json_next(&entries);) {
        const struct json *resource = json_member(entries.value, "resource");
        enum drawer drawer;
        if (!splice_drawer(json_text(json_member(resource, "resourceType")), SLICE("id"), &drawer))
            continue; /* nobody's: an organisation, a medication */
        arena_reset(scratch);
        assert_comes_back_whole(scratch, resource);
        count++;
    }
    return count;
}

static void every_synthea_resource_comes_back_whole(void **state)
{
    struct arena *arena = arena_new(ARENA_MAX);
    const char *path[SYNTHEA_MAX];
    size_t bundles = synthea_list(arena, path), resources = 0;

    (void)state;
    if (bundles == 0) {
        arena_free(arena);
        skip();
    }
    for (size_t i = 0; i < bundles; i++) {
        CLEANUP_ARENA struct arena *own = arena_new(ARENA_MAX);
        struct slice text = synthea_read(own, path[i]);
        assert_non_null(text.data);
        resources += check_bundle(text);
    }
    printf("%zu resources of %zu bundles split and joined\n", resources, bundles);
    arena_free(arena);
    assert_true(resources > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_resource_comes_back_whole),
        cmocka_unit_test(a_patient_without_content_still_joins),
        cmocka_unit_test(labels_of_the_gate_join_those_of_the_resource),
        cmocka_unit_test(ids_are_kept_apart_from_the_text),
        cmocka_unit_test(only_local_references_are_ids),
        cmocka_unit_test(only_what_is_called_a_reference_is_one),
        cmocka_unit_test(a_reference_to_a_version_or_of_any_letters_is_local),
        cmocka_unit_test(a_type_says_which_drawers_it_may_use),
        cmocka_unit_test(what_is_contained_is_as_closed_as_what_it_tells),
        cmocka_unit_test(a_view_shows_nothing_of_the_other_drawers),
        cmocka_unit_test(sensitive_codes_move_the_whole_resource),
        cmocka_unit_test(a_partial_view_cannot_be_written_back),
        cmocka_unit_test(a_partial_view_whose_tags_have_no_room_is_an_error),
        cmocka_unit_test(a_damaged_body_is_never_read_past_its_end),
        cmocka_unit_test(every_synthea_resource_comes_back_whole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
