/* SPDX-License-Identifier: Apache-2.0 */

/* Proves that a search means what FHIR R4 says, that what it does not know it refuses, and that the index can never
 * lose a match. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <cmocka.h>

#include "fhir/search.h"
#include "synthea.h"

#define ARENA_MAX (256u << 20)

static const struct json *parse(struct arena *arena, struct slice text)
{
    const struct json *root = NULL;
    if (json_parse(arena, text, &root, NULL) != OK)
        fail_msg("not JSON: %.*s", (int)(text.length < 200 ? text.length : 200), text.data);
    return root;
}

static enum error parse_search(struct arena *arena, const char *type, const char *query, struct fhir_search *search,
                               struct fault *fault)
{
    return fhir_search_parse(arena, fhir_type(slice_from_string(type)), slice_from_string(query), search, fault);
}

#define PATIENT                                                                                                        \
    "{\"resourceType\":\"Patient\",\"id\":\"p1\",\"meta\":{\"lastUpdated\":\"2024-05-07T10:00:00Z\"},"                 \
    "\"identifier\":[{\"system\":\"urn:s\",\"value\":\"a,b|c\"},{\"value\":\"77\"}],\"active\":true,"                  \
    "\"name\":[{\"family\":\"M\xc3\xbcller-Haddad\",\"given\":[\"Zo\xc3\xab\",\"Ann\"]},"                              \
    "{\"text\":\"\xd8\xb3\xd9\x85\xd9\x8a\xd8\xb1\xd8\xa9\"}],\"gender\":\"female\",\"birthDate\":\"1990-06\","        \
    "\"telecom\":[{\"system\":\"phone\",\"value\":\"555\"}],\"managingOrganization\":{\"reference\":"                  \
    "\"Organization/o1\"}}"

#define OBSERVATION                                                                                                    \
    "{\"resourceType\":\"Observation\",\"id\":\"x\",\"status\":\"final\",\"code\":{\"coding\":[{\"system\":"           \
    "\"http://loinc.org\",\"code\":\"8310-5\"},{\"system\":\"http://snomed.info/sct\",\"code\":\"386725007\"}]},"      \
    "\"subject\":{\"reference\":\"Patient/p1\"},\"encounter\":{\"reference\":\"Encounter/e1/_history/2\"},"            \
    "\"effectiveDateTime\":\"2024-05-07T10:11:12+02:00\",\"valueQuantity\":{\"value\":37.80,\"unit\":\"C\","           \
    "\"system\":\"http://unitsofmeasure.org\",\"code\":\"Cel\"},\"component\":[{\"code\":{\"coding\":["     \
    "{\"code\":\"zz\"}]}}]}"

#define ENCOUNTER                                                                                                      \
    "{\"resourceType\":\"Encounter\",\"id\":\"e\",\"status\":\"in-progress\",\"class\":{\"system\":\"urn:c\","         \
    "\"code\":\"AMB\"},\"subject\":{\"reference\":\"Patient/p1\"},\"period\":{\"start\":\"2024-05-07T08:00:00Z\"},"    \
    "\"serviceProvider\":{\"reference\":\"Organization/o1\"}}"

struct row {
    const char *type;
    const char *resource;
    const char *query;
    bool matches;
};

static const struct row rows[] = {
    {"Patient", PATIENT, "", true},
    {"Patient", OBSERVATION, "", false},
    {"Patient", PATIENT, "_id=p1", true},
    {"Patient", PATIENT, "_id=p2,p1", true},
    {"Patient", PATIENT, "_id=p2", false},
    /* strings: case, accents, start */
    {"Patient", PATIENT, "family=muller", true},
    {"Patient", PATIENT, "family=M%C3%9CLLER", true},
    {"Patient", PATIENT, "family=haddad", false},
    {"Patient", PATIENT, "family:contains=haddad", true},
    {"Patient", PATIENT, "family:exact=M%C3%BCller-Haddad", true},
    {"Patient", PATIENT, "family:exact=Muller-Haddad", false},
    {"Patient", PATIENT, "given=zoe", true},
    {"Patient", PATIENT, "given=ann&given=zoe", true},
    {"Patient", PATIENT, "given=ann&given=max", false},
    {"Patient", PATIENT, "given=max,ann", true},
    {"Patient", PATIENT, "name=%D8%B3%D9%85%D9%8A%D8%B1%D9%87", true}, /* heh for teh marbuta */
    {"Patient", PATIENT, "name=ann", true},
    {"Patient", PATIENT, "name=female", false},
    /* tokens */
    {"Patient", PATIENT, "identifier=urn:s|a%5C%2Cb%5C%7Cc", true},
    {"Patient", PATIENT, "identifier=a%5C,b%5C|c", true},
    {"Patient", PATIENT, "identifier=|77", true},
    {"Patient", PATIENT, "identifier=|a%5C,b%5C|c", false},
    {"Patient", PATIENT, "identifier=urn:s|", true},
    {"Patient", PATIENT, "identifier=urn:t|77", false},
    {"Patient", PATIENT, "gender=female", true},
    {"Patient", PATIENT, "gender=http://hl7.org/fhir/administrative-gender|female", true},
    {"Patient", PATIENT, "gender:not=male", true},
    {"Patient", PATIENT, "gender:not=female", false},
    {"Patient", PATIENT, "active=true", true},
    {"Patient", PATIENT, "active=false", false},
    {"Patient", PATIENT, "phone=555", true},
    {"Patient", PATIENT, "death-date:missing=true", true},
    {"Patient", PATIENT, "death-date:missing=false", false},
    {"Patient", PATIENT, "birthdate:missing=false", true},
    /* dates: June 1990 */
    {"Patient", PATIENT, "birthdate=1990", true},
    {"Patient", PATIENT, "birthdate=1990-06", true},
    {"Patient", PATIENT, "birthdate=1990-06-15", false},
    {"Patient", PATIENT, "birthdate=ne1990-06-15", true},
    {"Patient", PATIENT, "birthdate=ge1990-06-15", true},
    {"Patient", PATIENT, "birthdate=le1990-06-15", true},
    {"Patient", PATIENT, "birthdate=gt1990-06", false},
    {"Patient", PATIENT, "birthdate=ge1990-06", true},
    {"Patient", PATIENT, "birthdate=lt1990-06", false},
    {"Patient", PATIENT, "birthdate=gt1990-05", true},
    {"Patient", PATIENT, "birthdate=sa1990-05", true},
    {"Patient", PATIENT, "birthdate=sa1990-06-01", false},
    {"Patient", PATIENT, "birthdate=eb1990-07", true},
    {"Patient", PATIENT, "birthdate=eb1990-06-30", false},
    {"Patient", PATIENT, "birthdate=ge1980&birthdate=lt2000", true},
    {"Patient", PATIENT, "_lastUpdated=gt2024-05-07T09:59", true},
    {"Patient", PATIENT, "_lastUpdated=gt2024-05-08", false},
    {"Observation", OBSERVATION, "date=2024-05-07T08:11:12Z", true},
    {"Observation", OBSERVATION, "date=2024-05-07T08:11Z", true},
    {"Observation", OBSERVATION, "date=2024-05-07T10:11:12Z", false},
    {"Encounter", ENCOUNTER, "date=ge2030", true},  /* still open */
    {"Encounter", ENCOUNTER, "date=2024-05-07", false},
    {"Encounter", ENCOUNTER, "date=lt2024-05-07", false},
    {"Encounter", ENCOUNTER, "date=gt2024-05-08", true},
    /* references */
    {"Observation", OBSERVATION, "patient=p1", true},
    {"Observation", OBSERVATION, "patient=Patient/p1", true},
    {"Observation", OBSERVATION, "subject=p1", true},
    {"Observation", OBSERVATION, "subject:Patient=p1", true},
    {"Observation", OBSERVATION, "subject=Group/p1", false},
    {"Observation", OBSERVATION, "encounter=Encounter/e1", true},
    {"Observation", OBSERVATION, "encounter=e1", true},
    {"Observation", OBSERVATION, "encounter=e", false},
    /* codes and quantities */
    {"Observation", OBSERVATION, "code=http://loinc.org|8310-5", true},
    {"Observation", OBSERVATION, "code=http://loinc.org|386725007", false},
    {"Observation", OBSERVATION, "code=386725007", true},
    {"Observation", OBSERVATION, "code:not=8310-5", false},
    {"Observation", OBSERVATION, "combo-code=zz", true},
    {"Observation", OBSERVATION, "value-quantity=37.8", true},
    {"Observation", OBSERVATION, "value-quantity=38", true},
    {"Observation", OBSERVATION, "value-quantity=37.70", false},
    {"Observation", OBSERVATION, "value-quantity=gt37.8", false},
    {"Observation", OBSERVATION, "value-quantity=ge37.8", true},
    {"Observation", OBSERVATION, "value-quantity=lt38|http://unitsofmeasure.org|Cel", true},
    {"Observation", OBSERVATION, "value-quantity=lt38||C", true},
    {"Observation", OBSERVATION, "value-quantity=lt38|http://unitsofmeasure.org|K", false},
    {"Observation", OBSERVATION, "_count=5&_format=json&status=final&_total=accurate", true},
};

static void every_row_of_the_table_holds(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        CLEANUP_ARENA struct arena *arena = arena_new(1u << 20);
        struct fhir_search search;
        struct fault fault = {0};
        if (parse_search(arena, rows[i].type, rows[i].query, &search, &fault) != OK)
            fail_msg("%s: %s", rows[i].query, fault.detail);
        if (fhir_search_matches(&search, parse(arena, slice_from_string(rows[i].resource))) != rows[i].matches)
            fail_msg("%s?%s", rows[i].type, rows[i].query);
    }
}

static void what_is_not_known_is_refused(void **state)
{
    static const struct {
        const char *type, *query;
        enum error error;
        const char *detail;
    } bad[] = {
        {"Patient", "nickname=SECRET", ERROR_UNKNOWN_PARAMETER, "nickname"},
        {"Patient", "family:fuzzy=SECRET", ERROR_UNKNOWN_PARAMETER, "family:fuzzy"},
        {"Patient", "family:=SECRET", ERROR_UNKNOWN_PARAMETER, "family:"},
        {"Patient", "gender:exact=SECRET", ERROR_UNKNOWN_PARAMETER, "gender:exact"},
        {"Patient", "organization.name=SECRET", ERROR_UNKNOWN_PARAMETER, "organization.name"},
        {"Patient", "organization:Spaceship=SECRET", ERROR_UNKNOWN_PARAMETER, "organization"},
        {"Patient", "_has:Observation:patient:code=SECRET", ERROR_UNKNOWN_PARAMETER, "_has"},
        {"Patient", "_include=Patient:link", ERROR_UNKNOWN_PARAMETER, "_include"},
        {"Patient", "service-provider=SECRET", ERROR_UNKNOWN_PARAMETER, "service-provider"},
        {"Patient", "Mrs%20SECRET=1", ERROR_UNKNOWN_PARAMETER, "a parameter"},
        {"Patient", "birthdate=SECRET", ERROR_VALUE, "birthdate"},
        {"Patient", "birthdate=ge", ERROR_VALUE, "birthdate"},
        {"Patient", "family=", ERROR_VALUE, "family"},
        {"Patient", "family=SECRET,", OK, ""},
        {"Patient", "family=,SECRET", ERROR_VALUE, "family"},
        {"Patient", "identifier=|", ERROR_VALUE, "identifier"},
        {"Patient", "identifier=SECRET%5C", ERROR_VALUE, "identifier"},
        {"Patient", "death-date:missing=SECRET", ERROR_VALUE, "death-date"},
        {"Patient", "family=%", ERROR_VALUE, "percent"},
        {"Patient", "family=%4", ERROR_VALUE, "percent"},
        {"Patient", "family=%FF", ERROR_VALUE, "percent"},
        {"Patient", "_count=SECRET", ERROR_VALUE, "_count"},
        {"Patient", "_sort=SECRET", ERROR_VALUE, "_sort"},
        {"Patient", "_format=xml", ERROR_NOT_ACCEPTABLE, "_format"},
        {"Patient", "_summary=text", ERROR_VALUE, "_summary"},
        {"Observation", "value-quantity=SECRET", ERROR_VALUE, "value-quantity"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        CLEANUP_ARENA struct arena *arena = arena_new(1u << 20);
        struct fhir_search search;
        struct fault fault = {0};
        enum error error = parse_search(arena, bad[i].type, bad[i].query, &search, &fault);
        if (error != bad[i].error || !strstr(fault.detail, bad[i].detail) || strstr(fault.detail, "SECRET"))
            fail_msg("%s gave %s (%s)", bad[i].query, error_entry(error)->name, fault.detail);
    }
}

static void a_query_has_bounds(void **state)
{
    CLEANUP_ARENA struct arena *arena = arena_new(1u << 20);
    CLEANUP_BUFFER struct buffer many = buffer_new(1u << 16), wide = buffer_new(1u << 16);
    struct fhir_search search;

    (void)state;
    for (int i = 0; i <= FHIR_SEARCH_CRITERIA_MAX; i++)
        buffer_string(&many, "given=a&");
    buffer_string(&wide, "given=a");
    for (int i = 0; i < FHIR_SEARCH_VALUES_MAX; i++)
        buffer_string(&wide, ",a");
    buffer_byte(&many, 0);
    buffer_byte(&wide, 0);
    assert_int_equal(ERROR_TOO_COSTLY, parse_search(arena, "Patient", many.data, &search, NULL));
    assert_int_equal(ERROR_TOO_COSTLY, parse_search(arena, "Patient", wide.data, &search, NULL));
    assert_int_equal(OK, parse_search(arena, "Patient", "_count=99999999", &search, NULL));
    assert_int_equal(FHIR_SEARCH_COUNT_MAX, search.count);
    assert_int_equal(OK, parse_search(arena, "Patient", "_summary=count&_page=abc", &search, NULL));
    assert_true(search.total_only);
    assert_true(slice_is(search.page, "abc"));
}

static void a_query_says_whose_compartment_it_stays_in(void **state)
{
    static const struct {
        const char *type, *query, *person;
    } compartments[] = {
        {"Observation", "patient=1", "Patient/1"},
        {"Observation", "subject=Patient/1&code=x", "Patient/1"},
        {"Observation", "subject=1", ""},
        {"Observation", "patient=1,2", ""},
        {"Observation", "performer=Patient/1", ""},
        {"Task", "patient=Patient/7", "Patient/7"},
        {"Observation", "subject:Patient=1", "Patient/1"},
        {"Observation", "patient:missing=false", ""},
        {"QuestionnaireResponse", "patient=1", "Patient/1"},
        {"QuestionnaireResponse", "source=Patient/1", ""}, /* who answered for her */
        {"Provenance", "patient=1", "Patient/1"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof compartments / sizeof *compartments; i++) {
        CLEANUP_ARENA struct arena *arena = arena_new(1u << 20);
        struct fhir_search search;
        assert_int_equal(OK, parse_search(arena, compartments[i].type, compartments[i].query, &search, NULL));
        if (!slice_is(search.person, compartments[i].person))
            fail_msg("%s gave %.*s", compartments[i].query, SLICE_PRINT(search.person));
    }
}

static void resources_are_put_in_the_order_asked_for(void **state)
{
    CLEANUP_ARENA struct arena *arena = arena_new(1u << 20);
    const struct json *early = parse(arena, SLICE("{\"resourceType\":\"Encounter\",\"id\":\"b\",\"status\":\"x\",\""
     "period\":{\"start\":\"2020\"}}"));
    const struct json *late = parse(arena, SLICE("{\"resourceType\":\"Encounter\",\"id\":\"A\",\"status\":\"x\",\""
     "period\":{\"start\":\"2021\"}}"));
    const struct json *none = parse(arena, SLICE("{\"resourceType\":\"Encounter\",\"id\":\"c\",\"status\":\"x\"}"));
    struct fhir_search search;

    (void)state;
    assert_int_equal(OK, parse_search(arena, "Encounter", "_sort=date", &search, NULL));
    assert_true(fhir_search_compare(&search, early, late) < 0);
    assert_true(fhir_search_compare(&search, none, late) > 0);
    assert_int_equal(OK, parse_search(arena, "Encounter", "_sort=-date", &search, NULL));
    assert_true(fhir_search_compare(&search, early, late) > 0);
    assert_true(fhir_search_compare(&search, none, late) > 0);
    assert_int_equal(OK, parse_search(arena, "Encounter", "_sort=status,_id", &search, NULL));
    assert_true(fhir_search_compare(&search, late, early) < 0);
    assert_int_equal(0, fhir_search_compare(&search, late, late));
}

static bool has_term(const struct fhir_terms *terms, struct slice wanted)
{
    for (size_t i = 0; i < terms->count; i++)
        if (slice_equal(terms->term[i], wanted))
            return true;
    return false;
}

static void terms_are_written_as_promised(void **state)
{
    static const char *const expected[] = {
        "Patient.identifier=urn:s|a,b|c", "Patient.identifier=a,b|c", "Patient.identifier=77", "Patient.family^mul",
        "Patient.given^zoe", "Patient.given^ann", "Patient.birthdate=1990", "Patient.birthdate=1990-06-01",
        "Patient.organization=Organization/o1",
    };
    CLEANUP_ARENA struct arena *arena = arena_new(1u << 20);
    struct fhir_terms terms;

    (void)state;
    assert_int_equal(OK, fhir_search_terms(arena, parse(arena, SLICE(PATIENT)), &terms));
    for (size_t i = 0; i < sizeof expected / sizeof *expected; i++)
        if (!has_term(&terms, slice_from_string(expected[i])))
            fail_msg("%s is missing", expected[i]);
    assert_int_equal(sizeof expected / sizeof *expected, terms.count);
}

static void only_what_is_indexed_is_looked_up(void **state)
{
    static const struct {
        const char *type, *query;
        size_t lookups;
    } queries[] = {
        {"Encounter", "status=in-progress&service-provider=Organization/o1", 2},
        {"Encounter", "status=in-progress,planned&reason-code=x", 1},
        {"Encounter", "status:not=finished", 0},
        {"Encounter", "service-provider=o1", 0},
        {"Encounter", "date=ge2024", 0},
        {"Encounter", "date=2024-05-07", 1},
        {"Patient", "family=mu", 0},
        {"Patient", "family=mul,mu", 0},
        {"Patient", "family:contains=muller", 0},
        {"Patient", "birthdate=1990-06", 0},
        {"Patient", "identifier=urn:s|", 0},
        {"Patient", "", 0},
    };

    (void)state;
    for (size_t i = 0; i < sizeof queries / sizeof *queries; i++) {
        CLEANUP_ARENA struct arena *arena = arena_new(1u << 20);
        struct fhir_search search;
        struct fhir_lookups lookups;
        assert_int_equal(OK, parse_search(arena, queries[i].type, queries[i].query, &search, NULL));
        assert_int_equal(OK, fhir_search_lookups(arena, &search, &lookups));
        if (lookups.count != queries[i].lookups)
            fail_msg("%s has %zu lookups", queries[i].query, lookups.count);
    }
}

static bool any_term(const struct fhir_terms *terms, const struct fhir_terms *wanted)
{
    for (size_t i = 0; i < wanted->count; i++)
        if (has_term(terms, wanted->term[i]))
            return true;
    return false;
}

/* The promise between index and filter: a match has a term of every lookup. */
static size_t assert_is_found(struct arena *arena, const struct fhir_search *search, const struct json *resource)
{
    struct fhir_lookups lookups;
    struct fhir_terms terms;

    assert_int_equal(OK, fhir_search_lookups(arena, search, &lookups));
    assert_int_equal(OK, fhir_search_terms(arena, resource, &terms));
    for (size_t i = 0; i < lookups.count; i++)
        if (!any_term(&terms, &lookups.lookup[i]))
            fail_msg("a match is not in the index: %.*s", SLICE_PRINT(lookups.lookup[i].term[0]));
    return lookups.count;
}

static void the_index_never_loses_a_match_of_the_table(void **state)
{
    size_t lookups = 0;

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        CLEANUP_ARENA struct arena *arena = arena_new(1u << 20);
        struct fhir_search search;
        if (!rows[i].matches)
            continue;
        assert_int_equal(OK, parse_search(arena, rows[i].type, rows[i].query, &search, NULL));
        lookups += assert_is_found(arena, &search, parse(arena, slice_from_string(rows[i].resource)));
    }
    assert_true(lookups > 5);
}

struct hit_count {
    size_t hits, lookups;
};

/* Queries made of each resource's own terms, so that each has at least one match. */
static void search_by_own_terms(struct arena *arena, const struct json *resource, struct hit_count *count)
{
    struct fhir_terms terms;

    assert_int_equal(OK, fhir_search_terms(arena, resource, &terms));
    for (size_t i = 0; i < terms.count; i++) {
        struct slice value = terms.term[i], type = slice_cut(&value, '.');
        size_t sign = slice_find(value, '=') < value.length ? slice_find(value, '=') : slice_find(value, '^');
        CLEANUP_BUFFER struct buffer query = buffer_new(4096);
        struct fhir_search search;
        buffer_bytes(&query, value.data, sign);
        buffer_byte(&query, '=');
        for (size_t at = sign + 1; at < value.length; at++)
            buffer_format(&query, "%s%%%02x", value.data[at] == ',' ? "%5c" : "", (unsigned char)value.data[at]);
        assert_int_equal(OK, fhir_search_parse(arena, fhir_type(type), buffer_view(&query), &search, NULL));
        if (!fhir_search_matches(&search, resource))
            continue; /* a day that is not contained in itself: "1990" is filed under 1990-01-01 too */
        count->hits++;
        count->lookups += assert_is_found(arena, &search, resource);
    }
}

static void the_index_never_loses_a_match_of_synthea(void **state)
{
    struct arena *arena = arena_new(ARENA_MAX);
    const char *path[SYNTHEA_MAX];
    size_t bundles = synthea_list(arena, path);
    struct hit_count count = {0};

    (void)state;
    if (bundles == 0) {
        arena_free(arena);
        skip();
    }
    for (size_t i = 0; i < bundles && i < 6; i++) {
        CLEANUP_ARENA struct arena *own = arena_new(ARENA_MAX), *scratch = arena_new(ARENA_MAX);
        const struct json *bundle = parse(own, synthea_read(own, path[i]));
        for (struct json_items entries = json_items(json_member(bundle, "entry")); json_next(&entries);) {
            arena_reset(scratch);
            search_by_own_terms(scratch, json_member(entries.value, "resource"), &count);
        }
    }
    printf("%zu matches, %zu lookups, none lost\n", count.hits, count.lookups);
    assert_true(count.hits > 1000);
    assert_true(count.lookups > 1000);
    arena_free(arena);
}

static void links_repeat_the_query_that_was_answered(void **state)
{
    static const struct {
        const char *query, *written;
    } links[] = {
        {"", "_count=50"},
        {"_page=x&given=%20a&&_count=7", "given=%20a&_count=7"},
        {"_count=99999&_page=x", "_count=1000"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof links / sizeof *links; i++) {
        CLEANUP_ARENA struct arena *arena = arena_new(1u << 20);
        CLEANUP_BUFFER struct buffer out = buffer_new(256);
        struct fhir_search search;
        assert_int_equal(OK, parse_search(arena, "Patient", links[i].query, &search, NULL));
        fhir_search_write(&search, slice_from_string(links[i].query), &out);
        assert_true(slice_is(buffer_view(&out), links[i].written));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_row_of_the_table_holds),
        cmocka_unit_test(what_is_not_known_is_refused),
        cmocka_unit_test(a_query_has_bounds),
        cmocka_unit_test(a_query_says_whose_compartment_it_stays_in),
        cmocka_unit_test(resources_are_put_in_the_order_asked_for),
        cmocka_unit_test(terms_are_written_as_promised),
        cmocka_unit_test(only_what_is_indexed_is_looked_up),
        cmocka_unit_test(the_index_never_loses_a_match_of_the_table),
        cmocka_unit_test(the_index_never_loses_a_match_of_synthea),
        cmocka_unit_test(links_repeat_the_query_that_was_answered),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
