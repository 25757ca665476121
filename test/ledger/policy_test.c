/* SPDX-License-Identifier: Apache-2.0 */

/* Proves that policies are read as tlog-policy says, that what it forbids is refused with the line, and that a
 * checkpoint is believed exactly when a log of the policy signed it and its quorum cosigned it. */

#include "fixture.h"

#include <stdio.h>
#include <string.h>

#include "ledger/cosignature.h"
#include "ledger/policy.h"
#include "published_keys.h"

#define WITNESSES 6
#define ORIGIN "example.com/log"
#define ROOT "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I="
#define TEXT ORIGIN "\n7\n" ROOT "\n"

/* Seeds and vkeys of one log and six witnesses, the same in every run. */
struct people {
    struct secret_key log, witness[WITNESSES];
    char log_key[128], key[WITNESSES][128], name[WITNESSES][32];
    struct arena *arena;
};

static void seed_of(uint8_t number, struct secret_key *ret_seed)
{
    memset(ret_seed->byte, number, sizeof ret_seed->byte);
}

static void write_vkey(const struct note_key *key, char into[static 128])
{
    CLEANUP_BUFFER struct buffer text = buffer_new(127);

    note_key_write(key, &text);
    assert_int_equal(OK, buffer_check(&text));
    snprintf(into, 128, "%.*s", SLICE_PRINT(buffer_view(&text)));
}

static void people_make(struct people *people)
{
    uint8_t public_key[SIGN_PUBLIC_BYTES];
    struct note_key key;

    people->arena = arena_new(8u << 20);
    seed_of(1, &people->log);
    sign_public(&people->log, public_key);
    key = note_key_make(SLICE(ORIGIN), public_key);
    write_vkey(&key, people->log_key);
    for (size_t i = 0; i < WITNESSES; i++) {
        seed_of((uint8_t)(10 + i), &people->witness[i]);
        sign_public(&people->witness[i], public_key);
        snprintf(people->name[i], sizeof people->name[i], "witness.example/%zu", i);
        key = cosignature_key_make(slice_from_string(people->name[i]), public_key);
        write_vkey(&key, people->key[i]);
    }
}

static int setup(void **state)
{
    static struct people people;

    people_make(&people);
    *state = &people;
    return 0;
}

static int teardown(void **state)
{
    struct people *people = *state;

    arena_free(people->arena);
    return 0;
}

/* A text in which $L is the log's key and $0 to $5 those of the witnesses, so that tables stay readable. */
static struct slice with_keys(const struct people *people, const char *text)
{
    CLEANUP_BUFFER struct buffer filled = buffer_new(POLICY_BYTES_MAX);

    for (const char *at = text; *at; at++) {
        if (*at != '$')
            buffer_byte(&filled, (uint8_t)*at);
        else if (*++at == 'L')
            buffer_string(&filled, people->log_key);
        else
            buffer_string(&filled, people->key[*at - '0']);
    }
    return arena_copy(people->arena, buffer_view(&filled));
}

/* The specification's example. */
#define EXAMPLE                                                                                                        \
    "# who must have seen it\n"                                                                                        \
    "log $L\n\n"                                                                                                       \
    "witness X1 $0\nwitness X2 $1 https://x2.example/\nwitness X3 $2\n"                                                \
    "group X-witnesses 2 X1 X2 X3\n\n"                                                                                 \
    "witness Y1 $3\nwitness Y2 $4\nwitness Y3 $5\n"                                                                    \
    "group Y-witnesses any Y1 Y2 Y3\n\n"                                                                               \
    "group X-and-Y all X-witnesses Y-witnesses\n"                                                                      \
    "  \tquorum\tX-and-Y  \n"

static const struct policy *policy_of(const struct people *people, const char *text)
{
    const struct policy *policy = NULL;
    struct fault fault = {0};

    if (policy_parse(with_keys(people, text), people->arena, &policy, &fault) != OK)
        fail_msg("%s", fault.detail);
    return policy;
}

static void the_specifications_example_is_read(void **state)
{
    const struct policy *policy = policy_of(*state, EXAMPLE);

    assert_int_equal(1, policy->logs);
    assert_int_equal(9, policy->members);
    assert_true(slice_is(policy->member[1].url, "https://x2.example/"));
    assert_int_equal(0, policy->member[0].url.length);
    assert_int_equal(2, policy->member[3].needed);
    assert_int_equal(3, policy->member[2].group);
    assert_int_equal(1, policy->member[7].needed);
    assert_int_equal(2, policy->member[8].needed);
    assert_int_equal(8, policy->quorum);
}

/* All 64 subsets of the six witnesses, beside the rule in words: two of the first three, one of the others. */
static void the_quorum_is_what_the_rule_says_for_every_subset(void **state)
{
    const struct policy *policy = policy_of(*state, EXAMPLE);
    static const unsigned member[WITNESSES] = {0, 1, 2, 4, 5, 6};

    for (unsigned subset = 0; subset < 64; subset++) {
        bool cosigned[POLICY_MEMBERS_MAX] = {false};
        for (unsigned i = 0; i < WITNESSES; i++)
            cosigned[member[i]] = (subset >> i & 1) != 0;
        bool expected = __builtin_popcount(subset & 7) >= 2 && (subset & 070) != 0;
        if (policy_quorum(policy, cosigned) != expected)
            fail_msg("subset %02x", subset);
    }
}

static void what_the_specification_forbids_is_refused_with_its_line(void **state)
{
    static const struct {
        const char *text;
        enum error error;
        const char *detail;
    } cases[] = {
        {"", ERROR_SYNTAX, "there is no quorum line"},
        {"log $L\n", ERROR_SYNTAX, "there is no quorum line"},
        {"quorum none\nquorum none\n", ERROR_VALUE, "line 2: there is a quorum already"},
        {"witness a $0\nquorum b\n", ERROR_VALUE, "line 2: the quorum is not defined"},
        {"quorum a\nwitness a $0\n", ERROR_VALUE, "line 1: the quorum is not defined"},
        {"witness a $0\ngroup g any a\nquorum g", ERROR_SYNTAX, "line 3: the last line does not end"},
        {"\n# words\n\t \nwhat none\n", ERROR_SYNTAX, "line 4: a line begins with"},
        {"quorum none\r\n", ERROR_SYNTAX, "line 1: there is a control"},
        {"# \x7F\nquorum none\n", ERROR_SYNTAX, "line 1: there is a control"},
        {"quorum\n", ERROR_SYNTAX, "line 1: it should be: quorum"},
        {"quorum none none\n", ERROR_SYNTAX, "line 1: it should be: quorum"},
        {"log\nquorum none\n", ERROR_SYNTAX, "line 1: it should be: log"},
        {"log $L a b\nquorum none\n", ERROR_SYNTAX, "line 1: it should be: log"},
        {"log nonsense\nquorum none\n", ERROR_SYNTAX, "line 1: this is no public key"},
        {"log $L\nlog $L\nquorum none\n", ERROR_VALUE, "line 2: another log has this key"},
        {"witness a\nquorum none\n", ERROR_SYNTAX, "line 1: it should be: witness"},
        {"witness a $0\nwitness a $1\nquorum a\n", ERROR_VALUE, "line 2: this name is taken"},
        {"witness a $0\nwitness b $0\nquorum a\n", ERROR_VALUE, "line 2: another witness has this key"},
        {"witness none $0\nquorum none\n", ERROR_VALUE, "line 1: `none` is taken"},
        {"witness a $L\nquorum a\n", ERROR_UNSUPPORTED, "line 1: a witness has a key for cosignatures"},
        {"witness a $0\ngroup a any a\nquorum a\n", ERROR_VALUE, "line 2: this name is taken"},
        {"witness a $0\ngroup g any b\nquorum g\n", ERROR_VALUE, "line 2: a member is not defined"},
        {"witness a $0\ngroup g any g\nquorum g\n", ERROR_VALUE, "line 2: a member is not defined"},
        {"witness a $0\ngroup g any none\nquorum g\n", ERROR_VALUE, "line 2: a member is not defined"},
        {"witness a $0\ngroup g any a a\nquorum g\n", ERROR_VALUE, "line 2: a member is in a group already"},
        {"witness a $0\ngroup g any a\ngroup h any a\nquorum g\n", ERROR_VALUE, "line 3: a member is in a group"},
        {"witness a $0\ngroup g any\nquorum g\n", ERROR_SYNTAX, "line 2: it should be: group"},
        {"witness a $0\ngroup g 0 a\nquorum g\n", ERROR_VALUE, "line 2: a group needs"},
        {"witness a $0\ngroup g 2 a\nquorum g\n", ERROR_VALUE, "line 2: a group needs"},
        {"witness a $0\ngroup g 01 a\nquorum g\n", ERROR_VALUE, "line 2: a group needs"},
        {"witness a $0\ngroup g -1 a\nquorum g\n", ERROR_VALUE, "line 2: a group needs"},
        {"witness a $0\ngroup g some a\nquorum g\n", ERROR_VALUE, "line 2: a group needs"},
        {"witness a $0\ngroup g 4294967297 a\nquorum g\n", ERROR_VALUE, "line 2: a group needs"},
        {"log example.com/foo+35bbf41a+AukyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k\nquorum none\n", ERROR_UNSUPPORTED,
         "line 1: a key of an algorithm"},
    };
    const struct people *people = *state;

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const struct policy *policy = NULL;
        struct fault fault = {0};
        enum error error = policy_parse(with_keys(people, cases[i].text), people->arena, &policy, &fault);
        if (error != cases[i].error || strncmp(fault.detail, cases[i].detail, strlen(cases[i].detail)) != 0)
            fail_msg("case %zu: %d, %s", i, error, fault.detail);
    }
}

static void as_many_as_the_specification_recommends_are_taken_and_too_many_are_not(void **state)
{
    const struct people *people = *state;
    CLEANUP_BUFFER struct buffer text = buffer_new(POLICY_BYTES_MAX);
    const struct policy *policy = NULL;
    struct fault fault = {0};
    uint8_t public_key[SIGN_PUBLIC_BYTES] = {0};
    char line[160];

    for (unsigned i = 0; i < 65; i++) {
        for (int kind = 0; kind < 2; kind++) {
            public_key[0] = (uint8_t)i;
            struct note_key key = kind ? cosignature_key_make(SLICE("w"), public_key)
                                       : note_key_make(SLICE("l"), public_key);
            char vkey[128];
            write_vkey(&key, vkey);
            snprintf(line, sizeof line, kind ? "witness w%2$u %1$s\n" : "log %s\n", vkey, i);
            if (i < 64)
                buffer_string(&text, line);
        }
    }
    for (unsigned i = 0; i < 64; i++)
        buffer_format(&text, "group g%u any w%u%s", i, i, i == 63 ? "" : "\n");
    for (unsigned i = 0; i < 63; i++)
        buffer_format(&text, " g%u", i);
    buffer_string(&text, "\nquorum g63\n");
    assert_int_equal(OK, policy_parse(buffer_view(&text), people->arena, &policy, &fault));
    assert_int_equal(64, policy->logs);
    assert_int_equal(128, policy->members);

    size_t length = text.length;
    buffer_string(&text, line); /* a witness more */
    assert_int_equal(ERROR_TOO_LARGE, policy_parse(buffer_view(&text), people->arena, &policy, &fault));
    text.length = length;
    buffer_string(&text, "log ");
    buffer_string(&text, people->log_key);
    buffer_byte(&text, '\n');
    assert_int_equal(ERROR_TOO_LARGE, policy_parse(buffer_view(&text), people->arena, &policy, &fault));
}

/* ---- checkpoints ---- */

/* A checkpoint signed by the log and cosigned by the witnesses whose bits are set. */
static struct slice cosigned_note(const struct people *people, const char *text, unsigned witnesses)
{
    CLEANUP_BUFFER struct buffer note = buffer_new(NOTE_BYTES_MAX);

    assert_int_equal(OK, note_sign(slice_from_string(text), SLICE(ORIGIN), &people->log, &note));
    for (unsigned i = 0; i < WITNESSES; i++)
        if (witnesses >> i & 1)
            assert_int_equal(OK, cosignature_make(slice_from_string(text), slice_from_string(people->name[i]),
                                                  &people->witness[i], 1000 + i, &note));
    return arena_copy(people->arena, buffer_view(&note));
}

static void a_checkpoint_is_believed_when_its_quorum_cosigned(void **state)
{
    const struct policy *policy = policy_of(*state, EXAMPLE);
    struct policy_verdict verdict;

    assert_int_equal(OK, policy_check(policy, NULL, cosigned_note(*state, TEXT, 1 + 2 + 32), &verdict));
    assert_int_equal(7, verdict.checkpoint.head.size);
    assert_int_equal(3, verdict.witnesses);
    assert_true(verdict.cosigned[0] && verdict.cosigned[1] && !verdict.cosigned[2] && verdict.cosigned[6]);
    assert_int_equal(1005, verdict.time_s[6]);
    assert_int_equal(ERROR_QUORUM, policy_check(policy, NULL, cosigned_note(*state, TEXT, 1 + 32), &verdict));
    assert_int_equal(2, verdict.witnesses);
    assert_int_equal(ERROR_QUORUM, policy_check(policy, NULL, cosigned_note(*state, TEXT, 7), &verdict));
    assert_int_equal(ERROR_QUORUM, policy_check(policy, NULL, cosigned_note(*state, TEXT, 0), &verdict));
}

/* As many as a policy may name, each with a name as long as one may be, all below one checkpoint. */
static void a_checkpoint_that_every_witness_of_the_largest_policy_cosigned_is_read(void **state)
{
    enum { ALL = POLICY_MEMBERS_MAX - 1 };
    const struct people *people = *state;
    CLEANUP_BUFFER struct buffer text = buffer_new(POLICY_BYTES_MAX), note = buffer_new(NOTE_BYTES_MAX);
    const struct policy *policy;
    struct policy_verdict verdict;
    char name[NOTE_NAME_MAX];

    memset(name, 'w', sizeof name);
    buffer_format(&text, "log %s\n", people->log_key);
    assert_int_equal(OK, note_sign(SLICE(TEXT), SLICE(ORIGIN), &people->log, &note));
    for (unsigned i = 0; i < ALL; i++) {
        uint8_t public_key[SIGN_PUBLIC_BYTES];
        struct secret_key seed;
        seed_of((uint8_t)(100 + i), &seed);
        sign_public(&seed, public_key);
        struct note_key key = cosignature_key_make(slice_of(name, sizeof name), public_key);
        buffer_format(&text, "witness %u ", i);
        note_key_write(&key, &text);
        buffer_byte(&text, '\n');
        assert_int_equal(OK, cosignature_make(SLICE(TEXT), slice_of(name, sizeof name), &seed, 1000, &note));
    }
    buffer_string(&text, "group g all");
    for (unsigned i = 0; i < ALL; i++)
        buffer_format(&text, " %u", i);
    buffer_string(&text, "\nquorum g\n");
    assert_int_equal(OK, policy_parse(buffer_view(&text), people->arena, &policy, NULL));
    assert_int_equal(OK, policy_check(policy, NULL, buffer_view(&note), &verdict));
    assert_int_equal(ALL, verdict.witnesses);
}

static void the_same_witness_twice_counts_once(void **state)
{
    const struct people *people = *state;
    const struct policy *policy = policy_of(people, "log $L\nwitness a $0\nwitness b $1\ngroup g 2 a b\nquorum g\n");
    CLEANUP_BUFFER struct buffer note = buffer_new(NOTE_BYTES_MAX);
    struct policy_verdict verdict;

    buffer_slice(&note, cosigned_note(people, TEXT, 1));
    assert_int_equal(
        OK, cosignature_make(SLICE(TEXT), slice_from_string(people->name[0]), &people->witness[0], 5000, &note));
    assert_int_equal(ERROR_QUORUM, policy_check(policy, NULL, buffer_view(&note), &verdict));
    assert_int_equal(1, verdict.witnesses);
    assert_int_equal(5000, verdict.time_s[0]);
}

static void a_bad_cosignature_condemns_a_checkpoint_that_has_enough_good_ones(void **state)
{
    const struct people *people = *state;
    const struct policy *policy = policy_of(people, "log $L\nwitness a $0\nwitness b $1\ngroup g any a b\nquorum g\n");
    struct slice note = cosigned_note(people, TEXT, 3);
    struct policy_verdict verdict;

    assert_int_equal(OK, policy_check(policy, NULL, note, &verdict));
    char *bytes = arena_alloc(people->arena, note.length);
    memcpy(bytes, note.data, note.length);
    bytes[note.length - 20] ^= 1;
    assert_int_equal(ERROR_SIGNATURE, policy_check(policy, NULL, slice_of(bytes, note.length), &verdict));
}

static void only_a_log_of_the_policy_speaks_and_only_for_its_origin(void **state)
{
    const struct people *people = *state;
    const struct policy *none = policy_of(people, "quorum none\n");
    const struct policy *other = policy_of(people, "log " LITEWITNESS_LOG "\nquorum none\n");
    const struct policy *both = policy_of(people, "log " LITEWITNESS_LOG "\nlog $L\nquorum none\n");
    struct slice note = cosigned_note(people, TEXT, 0);
    struct policy_verdict verdict;
    struct note_key key;

    assert_int_equal(ERROR_SIGNATURE, policy_check(none, NULL, note, &verdict));
    assert_int_equal(ERROR_SIGNATURE, policy_check(other, NULL, note, &verdict));
    assert_int_equal(OK, policy_check(both, NULL, note, &verdict));
    assert_int_equal(ERROR_SIGNATURE,
                     policy_check(both, NULL, cosigned_note(people, "other\n7\n" ROOT "\n", 0), &verdict));
    /* A key that is given beside the policy stands in for its logs. */
    assert_int_equal(OK, note_key_parse(slice_from_string(people->log_key), &key));
    assert_int_equal(OK, policy_check(none, &key, note, &verdict));
    assert_int_equal(OK, note_key_parse(SLICE(LITEWITNESS_LOG), &key));
    assert_int_equal(ERROR_SIGNATURE, policy_check(both, &key, note, &verdict));
}

static void a_witness_of_ml_dsa_is_named_and_never_counted(void **state)
{
    const struct people *people = *state;
    CLEANUP_BUFFER struct buffer note = buffer_new(NOTE_BYTES_MAX);
    static const uint8_t signature[8 + 2420];
    const struct policy *policy = policy_of(people, "log $L\nwitness a $0\nwitness pq " ML_DSA_KEY
                                                    "\ngroup g all a pq\nquorum g\n");
    struct policy_verdict verdict;

    buffer_slice(&note, cosigned_note(people, TEXT, 1));
    assert_int_equal(ERROR_QUORUM, policy_check(policy, NULL, buffer_view(&note), &verdict));
    note_signature_write(&policy->member[1].key, slice_of(signature, sizeof signature), &note);
    assert_int_equal(ERROR_UNSUPPORTED, policy_check(policy, NULL, buffer_view(&note), &verdict));
    assert_true(verdict.unread);
    assert_int_equal(1, verdict.witnesses);
}

static void a_proof_is_believed_under_a_policy(void **state)
{
    const struct people *people = *state;
    const struct policy *policy = policy_of(people, EXAMPLE);
    CLEANUP_BUFFER struct buffer text = buffer_new(NOTE_BYTES_MAX), proof = buffer_new(PROOF_TEXT_MAX);
    struct tree_frontier frontier = {0};
    struct hash leaf = tree_hash_leaf(SLICE("{\"kind\":\"an.entry\"}"));
    struct tree_proof path = {.count = 0};
    struct policy_verdict verdict;
    struct proof_shown shown;
    static const struct {
        unsigned witnesses;
        enum error error;
    } cases[] = {{077, OK}, {013, OK}, {007, ERROR_QUORUM}, {070, ERROR_QUORUM}};

    tree_frontier_append(&frontier, &leaf);
    struct checkpoint checkpoint = {SLICE(ORIGIN), tree_frontier_head(&frontier)};
    checkpoint_write_text(&checkpoint, &text);
    buffer_byte(&text, '\0');
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        buffer_clear(&proof);
        assert_int_equal(OK, proof_write(SLICE("{\"kind\":\"an.entry\"}"), 0, &path,
                                         cosigned_note(people, text.data, cases[i].witnesses), &proof));
        assert_int_equal(cases[i].error,
                         policy_open_proof(policy, NULL, buffer_view(&proof), people->arena, &verdict, &shown));
    }
    assert_true(slice_is(shown.content, "{\"kind\":\"an.entry\"}"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_specifications_example_is_read),
        cmocka_unit_test(the_quorum_is_what_the_rule_says_for_every_subset),
        cmocka_unit_test(what_the_specification_forbids_is_refused_with_its_line),
        cmocka_unit_test(as_many_as_the_specification_recommends_are_taken_and_too_many_are_not),
        cmocka_unit_test(a_checkpoint_is_believed_when_its_quorum_cosigned),
        cmocka_unit_test(a_checkpoint_that_every_witness_of_the_largest_policy_cosigned_is_read),
        cmocka_unit_test(the_same_witness_twice_counts_once),
        cmocka_unit_test(a_bad_cosignature_condemns_a_checkpoint_that_has_enough_good_ones),
        cmocka_unit_test(only_a_log_of_the_policy_speaks_and_only_for_its_origin),
        cmocka_unit_test(a_witness_of_ml_dsa_is_named_and_never_counted),
        cmocka_unit_test(a_proof_is_believed_under_a_policy),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
