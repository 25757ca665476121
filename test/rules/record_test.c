/* SPDX-License-Identifier: Apache-2.0 */

/* Proves that a node takes a rule set only with a record that is about exactly these bytes and leaves nothing out. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "both.h"
#include "model_text.h"
#include "policy_edit.h"

#define MEMORY ((size_t)256 << 20)

struct pair {
    struct arena *arena;
    const struct rule_set *standard, *pack;
    struct buffer standard_record, pack_record;
};

static void write_record(struct arena *arena, const struct both *set, const struct both *base, struct buffer *into)
{
    *into = buffer_new(1 << 20);
    prove_write_record(both_prove(arena, set, base), into);
}

static int set_up(void **state)
{
    static struct pair pair;

    pair.arena = arena_new(MEMORY);
    struct both standard = both_policy(pair.arena, "joint-standard"), pack = both_policy(pair.arena, "belgium");
    pair.standard = standard.set;
    pair.pack = pack.set;
    write_record(pair.arena, &standard, NULL, &pair.standard_record);
    write_record(pair.arena, &pack, &standard, &pair.pack_record);
    *state = &pair;
    return 0;
}

static int tear_down(void **state)
{
    struct pair *pair = *state;

    buffer_free(&pair->standard_record);
    buffer_free(&pair->pack_record);
    arena_free(pair->arena);
    return both_end(NULL);
}

static enum error verify(struct pair *pair, const struct rule_set *set, const struct rule_set *base, struct slice bytes)
{
    struct rule_record record;

    return rule_record_verify(pair->arena, set, base, bytes, &record, NULL);
}

static void a_true_record_is_taken(void **state)
{
    struct pair *pair = *state;
    struct rule_record record;

    assert_int_equal(OK, rule_record_verify(pair->arena, pair->pack, pair->standard, buffer_view(&pair->pack_record),
                                            &record, NULL));
    assert_true(hash_equal(&record.rules_hash, &pair->pack->rules_hash));
    assert_true(record.has_base && slice_starts_with(record.tool, SLICE("hospitium ")));
    assert_int_equal(OK, verify(pair, pair->standard, NULL, buffer_view(&pair->standard_record)));
}

static const char PACK[] = "{\"format\":\"hospitium-pack/1\",\"id\":\"joint-standard\",\"version\":\"1\","
                           "\"valid_from\":\"2026-01-01\",\"known\":[\"drawer\",\"service\"]}";

static void a_record_of_other_rules_is_refused(void **state)
{
    struct pair *pair = *state;
    struct policy other;

    assert_int_equal(ERROR_UNPROVED, verify(pair, pair->standard, NULL, buffer_view(&pair->pack_record)));
    assert_int_equal(ERROR_UNPROVED, verify(pair, pair->pack, pair->standard, buffer_view(&pair->standard_record)));
    /* One cell changed, even harmlessly: other bytes, so other rules. */
    policy_compile(pair->arena, "joint-standard", (struct edit[]){{"D-40_drawer", "\"identity\""}, {NULL, NULL}}, NULL,
                   &other);
    assert_int_equal(ERROR_UNPROVED, verify(pair, other.set, NULL, buffer_view(&pair->standard_record)));
    /* The pack's record stands on the joint standard that it was proved with. */
    assert_int_equal(ERROR_UNPROVED, verify(pair, pair->pack, other.set, buffer_view(&pair->pack_record)));
    assert_int_equal(ERROR_UNPROVED, verify(pair, pair->pack, NULL, buffer_view(&pair->pack_record)));
    buffer_free(&other.compiled);
    /* The same tables with other citations are other rules too. */
    policy_compile(pair->arena, "joint-standard", NULL, PACK, &other);
    assert_true(hash_equal(&other.set->dmn_hash, &pair->standard->dmn_hash));
    assert_int_equal(ERROR_UNPROVED, verify(pair, other.set, NULL, buffer_view(&pair->standard_record)));
    buffer_free(&other.compiled);
}

static void a_record_that_was_touched_is_refused(void **state)
{
    static const struct {
        const char *from, *to;
    } touched[] = {
        {"\"verdict\":\"proved\"", "\"verdict\":\"refuted\""},
        {"\"verdict\":\"proved\"", "\"verdict\":\"timeout\""},
        {"\"enumeration\":\"proved\"", "\"enumeration\":\"refuted\""},
        {"\"enumeration\":\"proved\"", "\"x\":\"proved\""},
        {"\"z3\":\"proved\"", "\"z3\":\"unproved\""},
        {"\"z3\":\"proved\"", "\"z3\":null"},
        {"\"z3\":\"proved\"", "\"x\":\"proved\""},
        {"\"smt_sha256\":\"", "\"smt_sha256\":\"0"},
        {"\"smt_sha256\":", "\"x\":"},
        {"\"property\":\"non-denial\"", "\"property\":\"other\""},
        {"\"property\":\"firewall\"", "\"property\":\"citations\""},
        {"\"property\":\"purpose-limitation\"", "\"property\":\"x\",\"y\":\"purpose-limitation\""},
        {"\"properties\":[", "\"properties\":[],\"x\":["},
        {"\"properties\":[", "\"properties\":[{\"property\":\"firewall\",\"verdict\":\"refuted\"},"},
        {"\"properties\":[", "\"properties\":[{\"property\":\"refinement\",\"verdict\":\"DISAGREE\"},"},
        {"hospitium-proof/2", "hospitium-proof/1"},
        {"\"day\":null", "\"day\":\"2026-10-01\""},
        {"\"day\":null", "\"days\":null"},
        {"\"property\":\"non-denial\",\"scope\":\"alone\",", "\"property\":\"monotone-in-need\",\"scope\":\"alone\","},
        {"\"base_sha256\":null",
         "\"base_sha256\":\"0000000000000000000000000000000000000000000000000000000000000000\""},
        {"\"rules_sha256\":\"", "\"rules_sha256\":\"zz"},
        {"\"dmn_sha256\":\"", "\"x\":\""},
        {"{", "[{"},
    };
    struct pair *pair = *state;
    struct slice good = buffer_view(&pair->standard_record);

    for (size_t i = 0; i < sizeof touched / sizeof touched[0]; i++) {
        CLEANUP_BUFFER struct buffer bad = buffer_new(1 << 20);
        size_t at = slice_search(good, slice_from_string(touched[i].from));
        assert_int_not_equal(SIZE_MAX, at);
        buffer_slice(&bad, slice_of(good.data, at));
        buffer_string(&bad, touched[i].to);
        buffer_slice(&bad, slice_from(good, at + strlen(touched[i].from)));
        if (verify(pair, pair->standard, NULL, buffer_view(&bad)) == OK)
            fail_msg("%s passed for %s", touched[i].to, touched[i].from);
    }
}

static void a_record_that_says_refuted_is_refused(void **state)
{
    static const struct edit leaks[] = {{"D-02_out_outcome", "\"FULL\""}, {NULL, NULL}};
    struct pair *pair = *state;
    struct buffer record;
    struct policy policy;

    policy_compile(pair->arena, "joint-standard", leaks, NULL, &policy);
    struct both leaking = both_read(pair->arena, policy.dmn, policy.pack);
    write_record(pair->arena, &leaking, NULL, &record);
    assert_int_equal(ERROR_UNPROVED, verify(pair, policy.set, NULL, buffer_view(&record)));
    buffer_free(&record);
    buffer_free(&policy.compiled);
}

/* Going through every case is not enough, and neither is a solver alone. */
static void a_record_of_one_proof_is_refused(void **state)
{
    struct pair *pair = *state;
    CLEANUP_BUFFER struct buffer record = buffer_new(1 << 20);
    const struct proof *first;

    assert_int_equal(OK, prove(pair->arena, pair->standard, NULL, &first, NULL));
    assert_true(prove_holds(first));
    prove_write_record(first, &record);
    assert_int_equal(ERROR_UNPROVED, verify(pair, pair->standard, NULL, buffer_view(&record)));
}

/* What is only reported may fail: real law fails some of it. */
static void a_record_that_reports_is_taken(void **state)
{
    struct pair *pair = *state;

    assert_true(slice_search(buffer_view(&pair->pack_record), SLICE("\"verdict\":\"reported\",\"blocks\":false")) !=
                SIZE_MAX);
    assert_int_equal(OK, verify(pair, pair->pack, pair->standard, buffer_view(&pair->pack_record)));
}

/* A pack's law about data is proved too, or the pack is not taken. */
static void a_record_without_the_firewall_of_the_law_is_refused(void **state)
{
    static const char FIREWALL[] = "\"property\":\"firewall\"";
    struct pair *pair = *state;
    CLEANUP_BUFFER struct buffer bad = buffer_new(1 << 20);
    struct slice rest = buffer_view(&pair->pack_record);
    unsigned found = 0;

    for (size_t at; (at = slice_search(rest, slice_from_string(FIREWALL))) != SIZE_MAX; found++) {
        buffer_slice(&bad, slice_of(rest.data, at));
        buffer_string(&bad, "\"property\":\"evidence\"");
        rest = slice_from(rest, at + strlen(FIREWALL));
    }
    buffer_slice(&bad, rest);
    assert_int_equal(1, found);
    assert_int_equal(ERROR_UNPROVED, verify(pair, pair->pack, pair->standard, buffer_view(&bad)));
}

static void rules_outside_the_profile_cannot_be_proved(void **state)
{
    struct pair *pair = *state;
    const struct rule_set *open = model_open(pair->arena, "decision d UNIQUE\nin x number\nout o\nrow R1 | - | 1\n");
    const struct proof *proof;

    assert_int_equal(ERROR_PROFILE, prove(pair->arena, open, NULL, &proof, NULL));
    assert_int_equal(ERROR_UNPROVED, verify(pair, open, NULL, buffer_view(&pair->standard_record)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_true_record_is_taken),
        cmocka_unit_test(a_record_of_other_rules_is_refused),
        cmocka_unit_test(a_record_that_was_touched_is_refused),
        cmocka_unit_test(a_record_that_says_refuted_is_refused),
        cmocka_unit_test(a_record_of_one_proof_is_refused),
        cmocka_unit_test(a_record_that_reports_is_taken),
        cmocka_unit_test(a_record_without_the_firewall_of_the_law_is_refused),
        cmocka_unit_test(rules_outside_the_profile_cannot_be_proved),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
