/* SPDX-License-Identifier: Apache-2.0 */
#include "shares.h"

#include "crypto/encode.h"

#define CHECK_BYTES 4
static const struct slice first_word = {"hospitium-share-1", 17};

/* ---- GF(256), in constant time ---- */

static uint8_t multiply(uint8_t a, uint8_t b)
{
    unsigned product = 0, shifted = a;

    for (int bit = 0; bit < 8; bit++) {
        product ^= shifted & (0u - (b >> bit & 1u));
        shifted = (shifted << 1) ^ (0x11bu & (0u - (shifted >> 7 & 1u)));
    }
    return (uint8_t)product;
}

/* a^254, which is the inverse; 0 stays 0. */
static uint8_t invert(uint8_t a)
{
    uint8_t square = multiply(a, a), product = square;

    for (int i = 0; i < 6; i++) {
        square = multiply(square, square);
        product = multiply(product, square);
    }
    return product;
}

/* ---- what shares remember ---- */

static void commit(const struct share *share, const struct secret_key *key, uint8_t ret[SHARE_COMMITMENT_BYTES])
{
    const struct slice part[] = {SLICE("hospitium shared key 1\n"), slice_of(share->set, sizeof share->set),
                                 secret_key_slice(key)};
    struct hash hash = hash_sha256_parts(part, 3);

    memcpy(ret, hash.byte, SHARE_COMMITMENT_BYTES);
}

static void digest(const struct share *share, uint8_t ret[SHARE_DIGEST_BYTES])
{
    const struct slice part[] = {SLICE("hospitium share 1\n"), slice_of(share->set, sizeof share->set),
                                 slice_of(&share->number, 1), secret_key_slice(&share->value)};
    struct hash hash = hash_sha256_parts(part, 4);

    memcpy(ret, hash.byte, SHARE_DIGEST_BYTES);
}

/* ---- split ---- */

/* Byte `at` of every share: a polynomial of degree need - 1 whose value at 0 is the key's byte. */
static void split_byte(const struct secret_key *key, size_t at, const uint8_t *coefficient, struct share *share)
{
    for (unsigned i = 0; i < share->count; i++) {
        uint8_t sum = 0;
        for (unsigned c = share->need - 1u; c > 0; c--)
            sum = multiply(sum ^ coefficient[c - 1], share[i].number);
        share[i].value.byte[at] = sum ^ key->byte[at];
    }
}

enum error shares_split(const struct secret_key *key, unsigned count, unsigned need, struct world *world,
                        struct share ret_share[SHARES_MAX])
{
    uint8_t coefficient[SHARES_MAX], set[SHARE_SET_BYTES];

    if (need < 2 || need > count || count > SHARES_MAX)
        return ERROR_VALUE;
    world->random(world, set, sizeof set);
    for (unsigned i = 0; i < count; i++) {
        ret_share[i] = (struct share){.number = (uint8_t)(i + 1), .count = (uint8_t)count, .need = (uint8_t)need};
        memcpy(ret_share[i].set, set, sizeof set);
    }
    for (size_t at = 0; at < SECRET_KEY_BYTES; at++) {
        world->random(world, coefficient, need - 1);
        split_byte(key, at, coefficient, ret_share);
    }
    secret_wipe(coefficient, sizeof coefficient);
    for (unsigned i = 0; i < count; i++) {
        commit(&ret_share[i], key, ret_share[i].commitment);
        for (unsigned other = 0; other < count; other++)
            digest(&ret_share[other], ret_share[i].digest[other]);
    }
    return OK;
}

/* ---- combine ---- */

static bool same_set(const struct share *a, const struct share *b)
{
    return memcmp(a->set, b->set, sizeof a->set) == 0 && a->count == b->count && a->need == b->need &&
           memcmp(a->commitment, b->commitment, sizeof a->commitment) == 0;
}

/* How many of the given shares remember this one as it is. */
static size_t vouched_by(const struct share *share, size_t given, const struct share *one)
{
    uint8_t own[SHARE_DIGEST_BYTES];
    size_t vouched = 0;

    digest(one, own);
    for (size_t i = 0; i < given; i++)
        vouched += memcmp(share[i].digest[one->number - 1], own, sizeof own) == 0;
    return vouched;
}

/* How many shares are of the same splitting: whoever is with the fewest is foreign. */
static size_t companions(const struct share *share, size_t given, const struct share *one)
{
    size_t same = 0;

    for (size_t i = 0; i < given; i++)
        same += same_set(&share[i], one);
    return same;
}

/* A share that is with no more than half of those given is the foreign one: of two that differ, both are named. */
static enum error check_shares(const struct share *share, size_t given, struct fault *fault)
{
    for (size_t i = 0; i < given; i++) {
        if (companions(share, given, &share[i]) * 2 <= given)
            return fault_set(fault, ERROR_VALUE, "share %u in place %zu is of another set", share[i].number, i + 1);
        for (size_t j = 0; j < i; j++) /* these are of one set, or would have been named before */
            if (share[j].number == share[i].number)
                return fault_set(fault, ERROR_VALUE, "share %u is given twice", share[i].number);
    }
    for (size_t i = 0; i < given; i++)
        if (vouched_by(share, given, &share[i]) * 2 <= given)
            return fault_set(fault, ERROR_VALUE, "share %u is not what the others remember of it", share[i].number);
    return OK;
}

/* The weight of share i in the value at 0: the product of x_j / (x_j + x_i). Numbers of shares are no secret. */
static uint8_t weight(const struct share *share, size_t need, size_t i)
{
    uint8_t above = 1, below = 1;

    for (size_t j = 0; j < need; j++) {
        if (j == i)
            continue;
        above = multiply(above, share[j].number);
        below = multiply(below, share[j].number ^ share[i].number);
    }
    return multiply(above, invert(below));
}

enum error shares_combine(const struct share *share, size_t given, struct secret_key *ret_key, struct fault *fault)
{
    CLEANUP_KEY struct secret_key key = {{0}};
    uint8_t commitment[SHARE_COMMITMENT_BYTES];

    if (given == 0)
        return fault_set(fault, ERROR_REQUIRED, "no share was given");
    TRY(check_shares(share, given, fault));
    if (given < share->need)
        return fault_set(fault, ERROR_REQUIRED, "%zu shares of the %u that are needed", given, share->need);
    for (size_t i = 0; i < share->need; i++) {
        uint8_t factor = weight(share, share->need, i);
        for (size_t at = 0; at < SECRET_KEY_BYTES; at++)
            key.byte[at] ^= multiply(factor, share[i].value.byte[at]);
    }
    commit(share, &key, commitment);
    if (memcmp(commitment, share->commitment, sizeof commitment) != 0)
        return fault_set(fault, ERROR_VALUE, "the shares fit one another and give another key than was split");
    *ret_key = key;
    return OK;
}

/* ---- lines ---- */

static void put_hex(struct buffer *into, const void *bytes, size_t length)
{
    char *room = buffer_room(into, 2 * length);

    if (room)
        encode_hex(slice_of(bytes, length), room);
}

static void check_of(struct slice before, uint8_t ret[CHECK_BYTES])
{
    struct hash hash = hash_sha256(before);

    memcpy(ret, hash.byte, CHECK_BYTES);
}

void share_write(const struct share *share, struct buffer *into)
{
    uint8_t check[CHECK_BYTES];
    size_t start = into->length;

    buffer_slice(into, first_word);
    buffer_byte(into, ' ');
    put_hex(into, share->set, sizeof share->set);
    buffer_format(into, " %u/%u need %u ", share->number, share->count, share->need);
    put_hex(into, share->value.byte, sizeof share->value.byte);
    buffer_byte(into, ' ');
    put_hex(into, share->commitment, sizeof share->commitment);
    buffer_byte(into, ' ');
    put_hex(into, share->digest, (size_t)share->count * SHARE_DIGEST_BYTES);
    buffer_byte(into, ' ');
    if (into->failed)
        return;
    check_of(slice_of(into->data + start, into->length - start), check);
    put_hex(into, check, sizeof check);
    buffer_byte(into, '\n');
}

static bool small_number(struct slice text, unsigned least, unsigned most, uint8_t *ret)
{
    uint64_t value;

    if (!slice_to_u64(text, &value) || value < least || value > most || text.data[0] == '0')
        return false;
    *ret = (uint8_t)value;
    return true;
}

static enum error read_fields(struct slice rest, struct share *share)
{
    struct slice set = slice_cut(&rest, ' '), number = slice_cut(&rest, '/'), count = slice_cut(&rest, ' ');
    struct slice word = slice_cut(&rest, ' '), need = slice_cut(&rest, ' '), value = slice_cut(&rest, ' ');
    struct slice commitment = slice_cut(&rest, ' '), digests = slice_cut(&rest, ' ');

    if (!slice_is(word, "need") || !small_number(count, 2, SHARES_MAX, &share->count) ||
        !small_number(number, 1, share->count, &share->number) || !small_number(need, 2, share->count, &share->need))
        return ERROR_SYNTAX;
    TRY(decode_hex(set, share->set, sizeof share->set));
    TRY(decode_hex(value, share->value.byte, sizeof share->value.byte));
    TRY(decode_hex(commitment, share->commitment, sizeof share->commitment));
    return decode_hex(digests, share->digest, (size_t)share->count * SHARE_DIGEST_BYTES);
}

/* What was typed from paper: line ends and several spaces stand for one space, capitals for small letters. */
static enum error as_one_line(struct slice typed, struct buffer *into)
{
    for (size_t i = 0; i < typed.length; i++) {
        char c = typed.data[i];
        bool space = c == ' ' || c == '\t' || c == '\r' || c == '\n';
        if (!space)
            buffer_byte(into, (uint8_t)(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c));
        else if (into->length > 0 && into->data[into->length - 1] != ' ')
            buffer_byte(into, ' ');
    }
    while (into->length > 0 && into->data[into->length - 1] == ' ')
        into->length--;
    return into->failed ? ERROR_SYNTAX : OK;
}

static enum error read_line(struct slice line, struct share *ret_share)
{
    struct share share = {.number = 0};
    uint8_t check[CHECK_BYTES], wanted[CHECK_BYTES];
    struct slice rest = line;

    if (line.length < 2 * CHECK_BYTES || !slice_equal(slice_cut(&rest, ' '), first_word))
        return ERROR_SYNTAX;
    TRY(decode_hex(slice_from(line, line.length - 2 * CHECK_BYTES), wanted, sizeof wanted));
    check_of(slice_of(line.data, line.length - 2 * CHECK_BYTES), check);
    if (memcmp(check, wanted, sizeof check) != 0)
        return ERROR_CORRUPT;
    enum error error = read_fields(rest, &share);
    if (error == OK)
        *ret_share = share;
    secret_wipe(&share, sizeof share);
    return error;
}

enum error share_read(struct slice typed, struct share *ret_share)
{
    CLEANUP_BUFFER_WIPE struct buffer line = buffer_new(SHARE_LINE_MAX);

    TRY(as_one_line(typed, &line));
    return read_line(buffer_view(&line), ret_share);
}
