/* SPDX-License-Identifier: Apache-2.0 */

/* Proves that the texts and bytes of the log are judged rightly at the edges of what they may be: the longest, the
 * shortest, one too many, a number that overflows, memory for one of two. What is refused sets nothing. */

#include "fixture.h"

#include <stdio.h>
#include <string.h>

#include "crypto/encode.h"
#include "ledger/bundles.h"
#include "ledger/checkpoint.h"
#include "ledger/cosignature.h"
#include "ledger/policy.h"
#include "ledger/proof.h"
#include "ledger/record.h"
#include "ledger/succession.h"
#include "ledger/tile.h"
#include "published_keys.h"

#define ORIGIN SLICE("example.com/log")
#define ROOT "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I="
#define TEXT "example.com/log\n7\n" ROOT "\n"

/* ---- names and keys ---- */

static void a_name_has_no_kind_of_space_no_plus_and_at_most_200_bytes(void **state)
{
    static const char *const refused[] = {
        "",
        "a b",
        "a\tb",
        "a+b",
        "a\xFF",
        "\xC2\x85",
        "\xC2\xA0",
        "\xE1\x9A\x80",
        "\xE2\x80\x80",
        "\xE2\x80\x8A",
        "\xE2\x80\xA8",
        "\xE2\x80\xA9",
        "\xE2\x80\xAF",
        "\xE2\x81\x9F",
        "\xE3\x80\x80",
    };
    static const char *const allowed[] = {"a", "\xC3\xA9", "\xE2\x80\x8B", "\xE1\xBF\xBF", "clinic.example/log"};
    char longest[NOTE_NAME_MAX + 1];

    memset(longest, 'n', sizeof longest);
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++)
        if (note_name_allowed(slice_from_string(refused[i])))
            fail_msg("name %zu is allowed", i);
    for (size_t i = 0; i < sizeof allowed / sizeof *allowed; i++)
        if (!note_name_allowed(slice_from_string(allowed[i])))
            fail_msg("name %zu is refused", i);
    assert_true(note_name_allowed(slice_of(longest, NOTE_NAME_MAX)));
    assert_false(note_name_allowed(slice_of(longest, NOTE_NAME_MAX + 1)));
}

static struct note_key key_of(uint8_t number, struct slice name)
{
    struct secret_key seed;
    uint8_t public_key[SIGN_PUBLIC_BYTES];

    memset(seed.byte, number, sizeof seed.byte);
    sign_public(&seed, public_key);
    return note_key_make(name, public_key);
}

static void two_keys_are_the_same_only_by_their_bytes(void **state)
{
    struct note_key one = key_of(1, ORIGIN), other_name = key_of(1, SLICE("b")), two = key_of(2, ORIGIN), dsa,
                    dsa_again;

    assert_int_equal(OK, note_key_parse_any(SLICE(ML_DSA_KEY), &dsa));
    assert_int_equal(OK, note_key_parse_any(SLICE(ML_DSA_KEY), &dsa_again));
    assert_true(note_key_same(&one, &other_name));
    assert_false(note_key_same(&one, &two));
    assert_true(note_key_same(&dsa, &dsa_again));
    dsa_again.long_key.length--;
    assert_false(note_key_same(&dsa, &dsa_again));
    assert_false(note_key_same(&dsa, &one));
    assert_false(note_key_same(&one, &dsa));
}

static void a_private_key_that_is_none_sets_neither_name_nor_seed(void **state)
{
    static const char *const cases[][2] = {
        {"another word in front", "PRIVATE+KEX+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz"},
        {"a name that is none", "PRIVATE+KEY++c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz"},
        {"another key's id", "PRIVATE+KEY+PeterNeumann+c74f20a4+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz"},
        {"a byte too few", "PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDE="},
        {"no base64", "PRIVATE+KEY+PeterNeumann+c74f20a3+AYE!"},
    };
    struct secret_key seed = {{7}};
    struct slice name = SLICE("before");

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        if (note_secret_parse(slice_from_string(cases[i][1]), &name, &seed) != ERROR_SYNTAX)
            fail_msg("%s", cases[i][0]);
    assert_int_equal(
        ERROR_UNSUPPORTED, /* of a cosignature's algorithm */
        note_secret_parse(SLICE("PRIVATE+KEY+a+c74f20a3+BIEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz"), &name, &seed));
    assert_true(slice_is(name, "before"));
    assert_int_equal(7, seed.byte[0]);
}

static void a_key_longer_than_any_algorithms_is_refused(void **state)
{
    static char text[4096];
    struct note_key key;

    memset(text, 'A', sizeof text);
    memcpy(text, "a+00000000+", 11);
    assert_int_equal(ERROR_SYNTAX, note_key_parse_any(slice_of(text, sizeof text), &key));
}

/* ---- notes ---- */

static void what_is_no_text_is_not_signed(void **state)
{
    static const struct secret_key seed = {{1}};
    static const char *const texts[] = {"no newline", "a\tb\n", "\xFF\n"};
    CLEANUP_BUFFER struct buffer note = buffer_new(1024);

    assert_int_equal(ERROR_VALUE, note_sign(SLICE("text\n"), SLICE("a b"), &seed, &note));
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        assert_int_equal(ERROR_VALUE, note_sign(slice_from_string(texts[i]), ORIGIN, &seed, &note));
    assert_int_equal(0, note.length);
}

static void a_note_that_is_longer_than_the_limit_is_none(void **state)
{
    static char bytes[NOTE_BYTES_MAX + 1];
    static const char end[] = "\n\n\xE2\x80\x94 a AAAAAAA=\n";
    struct note note;

    memset(bytes, 'x', sizeof bytes);
    memcpy(bytes + NOTE_BYTES_MAX - (sizeof end - 1), end, sizeof end - 1);
    assert_int_equal(OK, note_parse(slice_of(bytes, NOTE_BYTES_MAX), &note));
    memset(bytes, 'x', sizeof bytes);
    memcpy(bytes + sizeof bytes - (sizeof end - 1), end, sizeof end - 1);
    assert_int_equal(ERROR_SYNTAX, note_parse(slice_of(bytes, sizeof bytes), &note));
}

/* A caller that changes a parsed note gets no more than a signature that does not hold. */
static void a_signature_that_is_no_base64_any_more_condemns(void **state)
{
    static const struct secret_key seed = {{1}};
    static const char *const instead[] = {"!!!!", "AAAA", ""};
    CLEANUP_BUFFER struct buffer text = buffer_new(1024);
    struct note_key key;
    uint8_t public_key[SIGN_PUBLIC_BYTES];
    struct note note;

    sign_public(&seed, public_key);
    key = note_key_make(ORIGIN, public_key);
    assert_int_equal(OK, note_sign(SLICE(TEXT), ORIGIN, &seed, &text));
    assert_int_equal(OK, note_parse(buffer_view(&text), &note));
    assert_int_equal(OK, note_verify(&note, &key));
    for (size_t i = 0; i < sizeof instead / sizeof *instead; i++) {
        note.signature[0].base64 = slice_from_string(instead[i]);
        assert_int_equal(ERROR_SIGNATURE, note_verify(&note, &key));
    }
}

static void a_checkpoint_has_a_name_and_a_root_of_32_bytes(void **state)
{
    struct checkpoint checkpoint = {.head.size = 99};

    assert_int_equal(OK, checkpoint_parse_text(SLICE(TEXT), &checkpoint));
    assert_int_equal(7, checkpoint.head.size);
    checkpoint.head.size = 99;
    assert_int_equal(ERROR_SYNTAX, checkpoint_parse_text(SLICE("a b\n7\n" ROOT "\n"), &checkpoint));
    assert_int_equal(ERROR_SYNTAX, checkpoint_parse_text(SLICE("a\n7\nAAAA\n"), &checkpoint));
    assert_int_equal(99, checkpoint.head.size);
}

/* A time that no clock has is not signed for, and a signature with it does not hold. */
static void a_cosignature_of_a_time_past_63_bits_does_not_hold(void **state)
{
    static const struct secret_key seed = {{3}};
    CLEANUP_BUFFER struct buffer text = buffer_new(4096);
    uint8_t public_key[SIGN_PUBLIC_BYTES], signature[8 + SIGNATURE_BYTES] = {0x80};
    struct note note;
    uint64_t time_s = 5;

    sign_public(&seed, public_key);
    struct note_key key = cosignature_key_make(SLICE("witness"), public_key);
    assert_int_equal(ERROR_VALUE, cosignature_make(SLICE(TEXT), SLICE("witness"), &seed, UINT64_C(1) << 63, &text));
    buffer_string(&text, TEXT "\n");
    note_signature_write(&key, slice_of(signature, sizeof signature), &text);
    assert_int_equal(OK, note_parse(buffer_view(&text), &note));
    assert_int_equal(ERROR_SIGNATURE, cosignature_verify(&note, &key, &time_s));
    assert_int_equal(5, time_s);
}

/* ---- a change of keys ---- */

struct succession_case {
    const char *find, *instead;
    enum error error;
};

static void only_the_old_key_names_its_successor_and_only_for_its_log(void **state)
{
    static const struct secret_key old_seed = {{1}}, new_seed = {{2}};
    static const struct succession_case cases[] = {
        {"\"log.key\"", "\"log.kex\"", ERROR_SYNTAX}, {"{\"kind\"", "[\"kind\"", ERROR_SYNTAX},
        {"\"new\":", "\"now\":", ERROR_SYNTAX},       {"\"old\":", "\"odd\":", ERROR_SYNTAX},
        {"\"signature\":", "\"sig\":", ERROR_SYNTAX}, {"\"signature\":\"", "\"signature\":\"AA!A", ERROR_SYNTAX},
    };
    CLEANUP_ARENA struct arena *arena = arena_new(1u << 20);
    CLEANUP_BUFFER struct buffer entry = buffer_new(4096), other = buffer_new(4096);
    uint8_t public_key[SIGN_PUBLIC_BYTES];
    struct note_key next = {.id = 99};

    sign_public(&old_seed, public_key);
    struct note_key old = note_key_make(ORIGIN, public_key),
                    elsewhere = note_key_make(SLICE("example.com/b"), public_key);
    assert_int_equal(OK, succession_write(ORIGIN, &old_seed, &new_seed, 5, &entry));
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        size_t at = slice_search(buffer_view(&entry), slice_from_string(cases[i].find));
        assert_true(at != SIZE_MAX);
        buffer_clear(&other);
        buffer_bytes(&other, entry.data, at);
        buffer_string(&other, cases[i].instead);
        buffer_slice(&other, slice_from(buffer_view(&entry), at + strlen(cases[i].find)));
        if (succession_open(arena, buffer_view(&other), &old, &next) != cases[i].error)
            fail_msg("%s", cases[i].instead);
    }
    assert_int_equal(ERROR_SIGNATURE, succession_open(arena, buffer_view(&entry), &elsewhere, &next));
    struct note_key stranger = key_of(9, ORIGIN);
    assert_int_equal(ERROR_SIGNATURE, succession_open(arena, buffer_view(&entry), &stranger, &next));
    assert_int_equal(99, next.id);
    assert_int_equal(OK, succession_open(arena, buffer_view(&entry), &old, &next));
    struct note_key wanted = key_of(2, ORIGIN);
    sign_public(&new_seed, public_key);
    wanted = note_key_make(ORIGIN, public_key);
    assert_int_equal(wanted.id, next.id);
}

static void write_key_text(const struct note_key *key, char into[256])
{
    CLEANUP_BUFFER struct buffer text = buffer_new(255);

    note_key_write(key, &text);
    snprintf(into, 256, "%.*s", SLICE_PRINT(buffer_view(&text)));
}

static void a_successor_of_another_name_or_a_short_signature_is_none(void **state)
{
    CLEANUP_ARENA struct arena *arena = arena_new(1u << 20);
    struct note_key old = key_of(1, ORIGIN), new = key_of(2, ORIGIN), foreign = key_of(2, SLICE("b")),
                    found = {.id = 99};
    char old_text[256], new_text[256], foreign_text[256], entry[1024];
    static const char zeros[] =
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA==";

    write_key_text(&old, old_text);
    write_key_text(&new, new_text);
    write_key_text(&foreign, foreign_text);
    const struct {
        const char *old, *new, *signature;
        enum error error;
    } cases[] = {
        {old_text, new_text, "AAAA", ERROR_SYNTAX},
        {old_text, foreign_text, zeros, ERROR_SIGNATURE},
        {foreign_text, new_text, zeros, ERROR_SIGNATURE},
        {old_text, new_text, zeros, ERROR_SIGNATURE},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        snprintf(entry, sizeof entry,
                 "{\"kind\":\"log.key\",\"old\":\"%s\",\"new\":\"%s\",\"time\":1,\"signature\":\"%s\"}", cases[i].old,
                 cases[i].new, cases[i].signature);
        if (succession_open(arena, slice_from_string(entry), &old, &found) != cases[i].error)
            fail_msg("case %zu", i);
    }
    assert_int_equal(99, found.id);
}

/* ---- proofs ---- */

static void a_proof_carries_at_most_64_kib_and_64_hashes(void **state)
{
    static char extra[PROOF_EXTRA_MAX + 1], text[PROOF_TEXT_MAX + 1];
    CLEANUP_BUFFER struct buffer into = buffer_new(PROOF_TEXT_MAX);
    struct tree_proof path = {.count = 1};
    struct proof proof;

    assert_int_equal(ERROR_TOO_LARGE, proof_write(slice_of(extra, sizeof extra), 0, &path, SLICE("note"), &into));
    assert_int_equal(0, into.length);
    assert_int_equal(OK, proof_write(slice_of(extra, PROOF_EXTRA_MAX), 0, &path, SLICE("note"), &into));
    assert_int_equal(OK, proof_parse(buffer_view(&into), &proof));
    buffer_clear(&into);
    assert_int_equal(OK, proof_write(SLICE(""), 3, &path, SLICE("note"), &into));
    assert_int_equal(OK, proof_parse(buffer_view(&into), &proof));
    assert_int_equal(0, proof.extra.length);
    assert_int_equal(3, proof.index);
    assert_int_equal(1, proof.path.count);
    memset(text, 'A', sizeof text);
    assert_int_equal(ERROR_TOO_LARGE, proof_parse(slice_of(text, sizeof text), &proof));
}

static void a_proof_with_more_is_refused(void **state)
{
    static char text[PROOF_TEXT_MAX];
    struct proof proof;
    int length = snprintf(text, sizeof text, "c2sp.org/tlog-proof@v1\nextra ");

    memset(text + length, 'A', PROOF_EXTRA_MAX / 3 * 4 + 8);
    length += PROOF_EXTRA_MAX / 3 * 4 + 8;
    length += snprintf(text + length, sizeof text - (size_t)length, "\nindex 0\n\nnote");
    assert_int_equal(ERROR_SYNTAX, proof_parse(slice_of(text, (size_t)length), &proof));
    assert_int_equal(ERROR_SYNTAX, proof_parse(SLICE("c2sp.org/tlog-proof@v1\nextra A\0AA\nindex 0\n\nnote"), &proof));
    assert_int_equal(ERROR_SYNTAX, proof_parse(SLICE("c2sp.org/tlog-proof@v1\nextra A-AA\nindex 0\n\nnote"), &proof));
    length = snprintf(text, sizeof text, "c2sp.org/tlog-proof@v1\nindex 0\n");
    for (unsigned i = 0; i <= TREE_PATH_MAX; i++)
        length += snprintf(text + length, sizeof text - (size_t)length, "%s\n", ROOT);
    length += snprintf(text + length, sizeof text - (size_t)length, "\nnote");
    assert_int_equal(ERROR_SYNTAX, proof_parse(slice_of(text, (size_t)length), &proof));
}

/* ---- tiles and trees ---- */

static void a_tiles_number_does_not_overflow(void **state)
{
    static const char *const cases[] = {
        "tile/0/x019/x000/x000/x000/x000/x000/000",
        "tile/0/x018/x446/x744/x073/x709/x551/616",
        "tile/0/x001/x001/x001/x001/x001/x001/x001/001",
        "tile/entries/x018/x446/x744/x073/x709/x551/615.p/255/and/so/on/and/on",
    };
    struct tile_name name = {.index = 99};

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_int_equal(ERROR_SYNTAX, tile_path_parse(slice_from_string(cases[i]), &name));
    assert_int_equal(99, name.index);
    assert_int_equal(OK, tile_path_parse(SLICE("tile/0/x018/x446/x744/x073/x709/x551/615"), &name));
    assert_true(name.index == UINT64_MAX);
}

static enum error no_node(void *context, unsigned level, uint64_t index, struct hash *ret_hash)
{
    *ret_hash = (struct hash){{(uint8_t)level, (uint8_t)index}};
    (*(unsigned *)context)++;
    return OK;
}

static void the_largest_tree_there_can_be_has_paths_of_64_hashes(void **state)
{
    unsigned asked = 0;
    struct tree_source source = {&asked, no_node};
    struct tree_proof proof;

    assert_int_equal(OK, tree_inclusion(&source, UINT64_MAX - 1, UINT64_MAX, &proof));
    assert_true(proof.count <= TREE_PATH_MAX);
    assert_int_equal(OK, tree_inclusion(&source, 0, UINT64_MAX, &proof));
    assert_int_equal(64, proof.count);
    assert_int_equal(OK, tree_consistency(&source, UINT64_C(1) << 63, UINT64_MAX, &proof));
    assert_true(proof.count <= TREE_PATH_MAX && asked > 64);
}

static void two_empty_trees_are_one_and_need_no_path(void **state)
{
    static const struct hash hash[1];
    struct tree_head empty = {0, tree_hash_empty()}, other = {0, {{1}}};

    assert_int_equal(OK, tree_verify_consistency(&empty, &empty, (struct tree_path){NULL, 0}));
    assert_int_equal(ERROR_PROOF, tree_verify_consistency(&empty, &empty, (struct tree_path){hash, 1}));
    assert_int_equal(ERROR_PROOF, tree_verify_consistency(&other, &other, (struct tree_path){NULL, 0}));
    assert_int_equal(ERROR_PROOF, tree_verify_consistency(&empty, &other, (struct tree_path){NULL, 0}));
}

/* ---- the journal's bytes ---- */

static struct buffer small(char *bytes, size_t room)
{
    return (struct buffer){.data = bytes, .capacity = room, .maximum = room};
}

static void what_does_not_fit_is_not_written_by_half(void **state)
{
    char bytes[256];
    struct ledger_entry sample = sample_entry(0), large = {SLICE("x"), slice_of(bytes, LEDGER_SEALED_MAX + 1)};
    struct segment_head head = {1, 2};

    for (size_t room = 0; room < SEGMENT_HEAD_BYTES; room++) {
        struct buffer into = small(bytes, room);
        segment_head_write(&head, ORIGIN, &into);
        assert_int_not_equal(OK, buffer_check(&into));
    }
    for (size_t room = 0; room < 200; room++) {
        struct buffer into = small(bytes, room);
        assert_int_not_equal(OK, batch_write(&sample, 1, 0, 0, &into));
    }
    struct buffer into = small(bytes, sizeof bytes);
    assert_int_equal(ERROR_TOO_LARGE, batch_write(&sample, 0, 0, 0, &into));
    assert_int_equal(ERROR_TOO_LARGE, batch_write(&large, 1, 0, 0, &into));
}

static void put_check(struct buffer *into, size_t start, struct slice also)
{
    struct hash hash = hash_sha256_parts((const struct slice[]){slice_from(buffer_view(into), start), also}, 2);

    buffer_bytes(into, hash.byte, 8);
}

/* A head whose check holds, whatever it says. */
static struct slice batch_head(struct buffer *into, uint32_t mark, uint64_t first, uint32_t count, uint32_t bytes)
{
    buffer_clear(into);
    buffer_u32(into, mark);
    buffer_u64(into, first);
    buffer_u64(into, 5);
    buffer_u32(into, count);
    buffer_u32(into, bytes);
    put_check(into, 0, slice_of("", 0));
    return buffer_view(into);
}

static void a_batch_says_only_what_can_be(void **state)
{
    const uint32_t least = RECORD_HEAD_BYTES + 1;
    const struct {
        uint64_t first;
        uint32_t mark, count, bytes;
        enum error error;
    } cases[] = {
        {0, BATCH_MARK, 1, least, OK},
        {0, BATCH_MARK + 1, 1, least, ERROR_CORRUPT},
        {0, BATCH_MARK, 0, least, ERROR_CORRUPT},
        {0, BATCH_MARK, LEDGER_BATCH_ENTRIES_MAX + 1, BATCH_RECORDS_MAX, ERROR_CORRUPT},
        {0, BATCH_MARK, 1, BATCH_RECORDS_MAX + 1, ERROR_CORRUPT},
        {0, BATCH_MARK, 2, 2 * least - 1, ERROR_CORRUPT},
        {UINT64_MAX, BATCH_MARK, 1, least, ERROR_CORRUPT},
    };
    CLEANUP_BUFFER struct buffer bytes = buffer_new(1024);
    struct batch_head head = {.count = 99};

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct slice text = batch_head(&bytes, cases[i].mark, cases[i].first, cases[i].count, cases[i].bytes);
        assert_int_equal(cases[i].error, batch_head_read(text, &head));
        assert_int_equal(ERROR_CORRUPT, batch_head_read(slice_of(text.data, text.length - 1), &head));
        assert_int_equal(cases[i].error == OK ? 0 : text.length, batch_search(text));
    }
    assert_int_equal(1, head.count); /* the one that held */
}

static void what_is_shorter_than_it_says_is_none(void **state)
{
    CLEANUP_BUFFER struct buffer bytes = buffer_new(4096);
    struct segment_head head = {1, 2}, found = {9, 9};
    struct ledger_entry sample = sample_entry(0);
    struct record record = {.leaf = SLICE("before")};
    size_t length = 99;

    segment_head_write(&head, ORIGIN, &bytes);
    assert_int_equal(ERROR_CORRUPT, segment_head_read(slice_of(bytes.data, bytes.length - 1), ORIGIN, &found));
    assert_int_equal(9, found.number);
    assert_int_equal(OK, segment_head_read(buffer_view(&bytes), ORIGIN, &found));
    buffer_clear(&bytes);
    assert_int_equal(OK, batch_write(&sample, 1, 0, 0, &bytes));
    struct slice text = slice_from(buffer_view(&bytes), BATCH_HEAD_BYTES);
    text.length -= BATCH_TAIL_BYTES;
    assert_int_equal(RECORD_HOLDS, record_read(text, 0, &record));
    record.leaf = SLICE("before");
    assert_int_equal(RECORD_BAD_HEAD_OR_LEAF, record_read(slice_of(text.data, text.length - 1), 0, &record));
    assert_true(slice_is(record.leaf, "before"));
    assert_int_equal(RECORD_BAD_HEAD_OR_LEAF, record_read(slice_of("\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 14), 0, &record));
    assert_int_equal(ERROR_CORRUPT, record_measure(slice_of(text.data, 5), &length));
    assert_int_equal(ERROR_CORRUPT, record_measure(SLICE("\0\1\0\1\0\1"), &length)); /* 65,537 sealed bytes */
    assert_int_equal(ERROR_CORRUPT, record_measure(slice_of("\0\0\0\1\0\0", 6), &length));
    assert_int_equal(ERROR_CORRUPT, record_measure(slice_of("\0\0\0\1\4\1", 6), &length)); /* 1,025 of the leaf */
    assert_int_equal(99, length);
    assert_true(batch_tail_holds(slice_of("\xE5\xD1\xBA\x7C", 4)));
    assert_false(batch_tail_holds(slice_of("\xE5\xD1\xBA\x7C\0", 5)));
    assert_false(batch_tail_holds(slice_of("\xE5\xD1\xBA", 3)));
}

/* What is 65 bytes long and begins with neither version is plain text; a commitment's first byte makes no other text
 * one. */
static void a_plain_text_of_65_bytes_is_no_commitment(void **state)
{
    CLEANUP_BUFFER struct buffer bytes = buffer_new(4096);
    char text[LEDGER_COMMITMENT_BYTES];
    struct ledger_entry entry = {slice_of(text, sizeof text), SLICE("")},
                        sealed = {slice_of(text, sizeof text), SLICE("s")};

    memset(text, 'x', sizeof text);
    assert_int_equal(OK, batch_write(&entry, 1, 0, 0, &bytes));
    assert_int_equal(ERROR_VALUE, batch_write(&sealed, 1, 0, 0, &bytes));
    text[0] = LEDGER_PADDING_VERSION;
    assert_true(ledger_is_padding(entry.leaf));
    assert_int_equal(OK, batch_write(&entry, 1, 0, 0, &bytes));
    assert_int_equal(ERROR_VALUE, batch_write(&sealed, 1, 0, 0, &bytes));
    entry.leaf.length--;
    assert_false(ledger_is_padding(entry.leaf));
    assert_int_equal(ERROR_VALUE, batch_write(&entry, 1, 0, 0, &bytes));
    text[0] = LEDGER_COMMITMENT_VERSION;
    assert_int_equal(ERROR_VALUE, batch_write(&entry, 1, 0, 0, &bytes));
}

/* ---- policies ---- */

static enum error policy_of(struct arena *arena, const char *text, const struct policy **ret_policy)
{
    struct fault fault;

    return policy_parse(slice_from_string(text), arena, ret_policy, &fault);
}

static void a_policy_has_its_limits(void **state)
{
    static char text[POLICY_BYTES_MAX + 2];
    const struct policy *policy = NULL;
    int length = snprintf(text, sizeof text, "group g any");

    for (size_t i = 0; i < POLICY_MEMBERS_MAX + 1; i++)
        length += snprintf(text + length, sizeof text - (size_t)length, " w%zu", i);
    snprintf(text + length, sizeof text - (size_t)length, "\nquorum none\n");
    CLEANUP_ARENA struct arena *arena = arena_new(1u << 20);
    assert_int_equal(ERROR_TOO_LARGE, policy_of(arena, text, &policy));
    memset(text, '\n', POLICY_BYTES_MAX + 1);
    assert_int_equal(ERROR_TOO_LARGE, policy_of(arena, text, &policy));
    assert_null(policy);
}

static void a_policy_needs_memory_for_all_of_it_or_is_none(void **state)
{
    const struct policy *policy = NULL;
    enum error error = ERROR_MEMORY;

    for (size_t room = 1024; error == ERROR_MEMORY; room += 1024) {
        CLEANUP_ARENA struct arena *arena = arena_new(room);
        assert_true(room < 1u << 20);
        error = policy_of(arena, "quorum none\n", &policy);
        assert_true(error == OK || (error == ERROR_MEMORY && !policy));
    }
    assert_int_equal(OK, error);
}

struct signer {
    struct secret_key seed;
    char key[256];
};

static struct signer signer_of(uint8_t number, bool witness, const char *name)
{
    struct signer signer;
    uint8_t public_key[SIGN_PUBLIC_BYTES];

    memset(signer.seed.byte, number, sizeof signer.seed.byte);
    sign_public(&signer.seed, public_key);
    struct note_key key = witness ? cosignature_key_make(slice_from_string(name), public_key)
                                  : note_key_make(slice_from_string(name), public_key);
    write_key_text(&key, signer.key);
    return signer;
}

static void a_witness_outside_the_quorums_group_counts_for_nothing(void **state)
{
    struct signer log = signer_of(1, false, "example.com/log"), alone = signer_of(2, true, "w/1"),
                  inside = signer_of(3, true, "w/2");
    CLEANUP_ARENA struct arena *arena = arena_new(1u << 20);
    CLEANUP_BUFFER struct buffer note = buffer_new(NOTE_BYTES_MAX);
    const struct policy *policy;
    struct policy_verdict verdict;
    char text[2048];

    snprintf(text, sizeof text,
             "log %s https://log.example\nwitness a %s\nwitness b %s https://b.example\ngroup g any b\nquorum g\n",
             log.key, alone.key, inside.key);
    assert_int_equal(OK, policy_of(arena, text, &policy));
    assert_true(slice_is(policy->log[0].url, "https://log.example"));
    assert_int_equal(OK, note_sign(SLICE(TEXT), ORIGIN, &log.seed, &note));
    assert_int_equal(OK, cosignature_make(SLICE(TEXT), SLICE("w/1"), &alone.seed, 5, &note));
    assert_int_equal(ERROR_QUORUM, policy_check(policy, NULL, buffer_view(&note), &verdict));
    assert_int_equal(1, verdict.witnesses);
    assert_int_equal(OK, cosignature_make(SLICE(TEXT), SLICE("w/2"), &inside.seed, 5, &note));
    assert_int_equal(OK, policy_check(policy, NULL, buffer_view(&note), &verdict));
    assert_int_equal(2, verdict.witnesses);
}

/* Two keys of one log: one that has not signed is passed over, one whose signature does not hold condemns. */
static void of_a_logs_two_keys_one_may_be_silent_but_none_may_lie(void **state)
{
    struct signer first = signer_of(1, false, "example.com/log"), second = signer_of(2, false, "example.com/log");
    CLEANUP_ARENA struct arena *arena = arena_new(1u << 20);
    CLEANUP_BUFFER struct buffer note = buffer_new(NOTE_BYTES_MAX);
    static const uint8_t nonsense[SIGNATURE_BYTES] = {1};
    const struct policy *policy;
    struct policy_verdict verdict;
    char text[2048];

    snprintf(text, sizeof text, "log %s\nlog %s\nquorum none\n", first.key, second.key);
    assert_int_equal(OK, policy_of(arena, text, &policy));
    assert_int_equal(OK, note_sign(SLICE(TEXT), ORIGIN, &second.seed, &note));
    assert_int_equal(OK, policy_check(policy, NULL, buffer_view(&note), &verdict));
    struct note_key key = policy->log[0].key;
    note_signature_write(&key, slice_of(nonsense, sizeof nonsense), &note);
    assert_int_equal(ERROR_SIGNATURE, policy_check(policy, NULL, buffer_view(&note), &verdict));
    buffer_clear(&note);
    assert_int_equal(OK, note_sign(SLICE(TEXT), ORIGIN, &first.seed, &note));
    uint8_t signature[SIGNATURE_BYTES];
    sign(&second.seed, SLICE(TEXT), signature);
    note_signature_write(&policy->log[1].key, slice_of(signature, sizeof signature), &note);
    assert_int_equal(OK, policy_check(policy, NULL, buffer_view(&note), &verdict)); /* both have */
}

/* ---- bundles ---- */

static void bundles_are_dropped_512_at_a_time_and_what_is_none_stays(void **state)
{
    struct fixture fixture;
    uint64_t next = 0;
    bool done = true;
    static char too_long[5000];

    fixture_make(&fixture);
    assert_int_equal(OK, bundles_drop(fixture.directory, 600 * TILE_WIDTH, &next, &done));
    assert_int_equal(512, next);
    assert_false(done);
    assert_int_equal(OK, bundles_drop(fixture.directory, 600 * TILE_WIDTH, &next, &done));
    assert_int_equal(600, next);
    assert_true(done);
    memset(too_long, 'd', sizeof too_long - 1);
    next = 0;
    assert_int_equal(ERROR_IO, bundles_drop(too_long, TILE_WIDTH, &next, &done));
    fixture_remove(&fixture);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_name_has_no_kind_of_space_no_plus_and_at_most_200_bytes),
        cmocka_unit_test(two_keys_are_the_same_only_by_their_bytes),
        cmocka_unit_test(a_private_key_that_is_none_sets_neither_name_nor_seed),
        cmocka_unit_test(a_key_longer_than_any_algorithms_is_refused),
        cmocka_unit_test(what_is_no_text_is_not_signed),
        cmocka_unit_test(a_note_that_is_longer_than_the_limit_is_none),
        cmocka_unit_test(a_signature_that_is_no_base64_any_more_condemns),
        cmocka_unit_test(a_checkpoint_has_a_name_and_a_root_of_32_bytes),
        cmocka_unit_test(a_cosignature_of_a_time_past_63_bits_does_not_hold),
        cmocka_unit_test(only_the_old_key_names_its_successor_and_only_for_its_log),
        cmocka_unit_test(a_successor_of_another_name_or_a_short_signature_is_none),
        cmocka_unit_test(a_proof_carries_at_most_64_kib_and_64_hashes),
        cmocka_unit_test(a_proof_with_more_is_refused),
        cmocka_unit_test(a_tiles_number_does_not_overflow),
        cmocka_unit_test(the_largest_tree_there_can_be_has_paths_of_64_hashes),
        cmocka_unit_test(two_empty_trees_are_one_and_need_no_path),
        cmocka_unit_test(what_does_not_fit_is_not_written_by_half),
        cmocka_unit_test(a_batch_says_only_what_can_be),
        cmocka_unit_test(what_is_shorter_than_it_says_is_none),
        cmocka_unit_test(a_plain_text_of_65_bytes_is_no_commitment),
        cmocka_unit_test(a_policy_has_its_limits),
        cmocka_unit_test(a_policy_needs_memory_for_all_of_it_or_is_none),
        cmocka_unit_test(a_witness_outside_the_quorums_group_counts_for_nothing),
        cmocka_unit_test(of_a_logs_two_keys_one_may_be_silent_but_none_may_lie),
        cmocka_unit_test(bundles_are_dropped_512_at_a_time_and_what_is_none_stays),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
