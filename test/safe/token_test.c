/* SPDX-License-Identifier: Apache-2.0 */

/* Proves that only the safe makes tokens: one that was touched, cut, sealed under another key or for another use is
 * nobody's, and one that has expired is told apart. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <cmocka.h>

#include "crypto/encode.h"
#include "safe/token.h"

static const struct token_keys key = {.now = {{1}}}, other_key = {.now = {{2}}};

static struct credential nurse(void)
{
    return (struct credential){.id = {{5}},
                               .actor = SLICE("nurse-1"),
                               .role = ROLE_NURSE,
                               .sector = SECTOR_HEALTH,
                               .training = TRAINING_CURRENT,
                               .organization = {{6}},
                               .purposes = 1u << PURPOSE_TREAT,
                               .issued_s = 1000,
                               .expires_s = 2000};
}

static struct buffer token_of(const struct credential *credential)
{
    struct buffer token = buffer_new(1024);
    struct world world = world_driven(4, 0);

    token_seal(&key, &world, credential, &token);
    assert_int_equal(buffer_check(&token), OK);
    return token;
}

static enum error open_token(struct slice token, int64_t now_s)
{
    uint8_t room[PROTOCOL_TOKEN_MAX];
    struct credential credential;

    return token_open(&key, token, now_s, room, &credential);
}

static void a_token_says_what_was_certified(void **state)
{
    struct credential certified = nurse(), back;
    CLEANUP_BUFFER struct buffer token = token_of(&certified);
    uint8_t room[PROTOCOL_TOKEN_MAX];

    (void)state;
    assert_int_equal(token_open(&key, buffer_view(&token), 1999, room, &back), OK);
    assert_true(slice_is(back.actor, "nurse-1"));
    assert_int_equal(back.role, ROLE_NURSE);
    assert_int_equal(back.sector, SECTOR_HEALTH);
    assert_int_equal(back.purposes, 1u << PURPOSE_TREAT);
    assert_int_equal(back.expires_s, 2000);
    assert_true(id_equal(&back.id, &certified.id));
    assert_true(id_equal(&back.organization, &certified.organization));
}

static void a_token_ends_when_it_expires(void **state)
{
    struct credential certified = nurse();
    CLEANUP_BUFFER struct buffer token = token_of(&certified);

    (void)state;
    assert_int_equal(open_token(buffer_view(&token), 1999), OK);
    assert_int_equal(open_token(buffer_view(&token), 2000), ERROR_TOKEN_EXPIRED);
    assert_int_equal(open_token(buffer_view(&token), INT64_MAX), ERROR_TOKEN_EXPIRED);
}

static void a_touched_token_is_nobodys(void **state)
{
    struct credential certified = nurse();
    CLEANUP_BUFFER struct buffer token = token_of(&certified);

    (void)state;
    for (size_t i = 0; i < token.length; i++) {
        for (unsigned bit = 0; bit < 8; bit++) {
            token.data[i] = (char)(token.data[i] ^ 1 << bit);
            assert_int_equal(open_token(buffer_view(&token), 1500), ERROR_UNAUTHENTICATED);
            token.data[i] = (char)(token.data[i] ^ 1 << bit);
        }
    }
}

static void a_cut_or_lengthened_token_is_nobodys(void **state)
{
    struct credential certified = nurse();
    CLEANUP_BUFFER struct buffer token = token_of(&certified);
    size_t whole = token.length;

    (void)state;
    buffer_string(&token, "A");
    for (size_t length = 0; length <= token.length; length++)
        assert_int_equal(open_token(slice_of(token.data, length), 1500), length == whole ? OK : ERROR_UNAUTHENTICATED);
}

static void bytes_sealed_for_another_use_are_no_token(void **state)
{
    CLEANUP_BUFFER struct buffer plain = buffer_new(1024), token = buffer_new(1024);
    struct credential certified = nurse();
    struct world world = world_driven(4, 0);
    uint8_t sealed[512];

    (void)state;
    credential_write(&certified, &plain);
    for (int use = 0; use < 2; use++) {
        buffer_clear(&token);
        seal(&key.now, &world, use == 0 ? SLICE("facts") : SLICE("token1"), buffer_view(&plain), sealed);
        buffer_string(&token, "hsp1_");
        encode_base64url(slice_of(sealed, plain.length + SEAL_OVERHEAD), &token);
        assert_int_equal(open_token(buffer_view(&token), 1500), use == 0 ? ERROR_UNAUTHENTICATED : OK);
    }
}

static void another_nodes_token_is_nobodys(void **state)
{
    struct credential certified = nurse(), back;
    CLEANUP_BUFFER struct buffer token = token_of(&certified);
    uint8_t room[PROTOCOL_TOKEN_MAX];

    (void)state;
    assert_int_equal(token_open(&other_key, buffer_view(&token), 1500, room, &back), ERROR_UNAUTHENTICATED);
}

static void the_longest_actor_fits(void **state)
{
    char actor[CREDENTIAL_ACTOR_MAX];
    struct credential certified = nurse();

    (void)state;
    memset(actor, 'a', sizeof actor);
    certified.actor = slice_of(actor, sizeof actor);
    CLEANUP_BUFFER struct buffer token = token_of(&certified);
    assert_true(token.length <= PROTOCOL_TOKEN_MAX);
    assert_int_equal(open_token(buffer_view(&token), 1500), OK);
}

/* After a change of the root: what was given out is taken for a while, and what is made is made with the new key. */
static void tokens_of_before_a_change_are_taken_while_their_key_is_kept(void **state)
{
    const struct token_keys changed = {.now = {{2}}, .before = {{1}}, .has_before = true};
    const struct token_keys forgotten = {.now = {{2}}, .before = {{1}}};
    struct credential certified = nurse(), back;
    CLEANUP_BUFFER struct buffer token = token_of(&certified), new = buffer_new(1024);
    uint8_t room[PROTOCOL_TOKEN_MAX];
    struct world world = world_driven(4, 0);

    (void)state;
    assert_int_equal(token_open(&changed, buffer_view(&token), 1500, room, &back), OK);
    assert_true(slice_is(back.actor, "nurse-1"));
    assert_int_equal(token_open(&changed, buffer_view(&token), 2000, room, &back), ERROR_TOKEN_EXPIRED);
    assert_int_equal(token_open(&forgotten, buffer_view(&token), 1500, room, &back), ERROR_UNAUTHENTICATED);
    token_seal(&changed, &world, &certified, &new);
    assert_int_equal(token_open(&key, buffer_view(&new), 1500, room, &back), ERROR_UNAUTHENTICATED);
    assert_int_equal(token_open(&other_key, buffer_view(&new), 1500, room, &back), OK);
}

/* A token seen before costs less, and says no more than it does; whatever is short, empty or another is nobody's. */
static void a_token_seen_again_says_the_same_until_it_expires(void **state)
{
    CLEANUP_BUFFER struct buffer token = buffer_new(1024);
    static const char *const others[] = {"", "a", "ab", "abc", "abcd", "hsp1_"};
    struct credential certified = nurse(), back;
    struct world world = world_driven(6, 0);
    struct token_cache *cache = token_cache_new();
    char room[PROTOCOL_TOKEN_MAX];

    (void)state;
    assert_non_null(cache);
    token_seal(&key, &world, &certified, &token);
    for (int round = 0; round < 3; round++) {
        assert_int_equal(token_open_again(cache, &key, buffer_view(&token), 1500, room, &back), OK);
        assert_true(id_equal(&back.id, &certified.id));
        assert_int_equal(back.role, certified.role);
        for (size_t i = 0; i < sizeof others / sizeof *others; i++)
            assert_int_equal(token_open_again(cache, &key, slice_from_string(others[i]), 1500, room, &back),
                             ERROR_UNAUTHENTICATED);
    }
    for (uint64_t seed = 0; seed < 8; seed++) { /* some of the cut ones lie where the whole one is remembered */
        struct world other = world_driven(100 + seed, 0);
        buffer_clear(&token);
        token_seal(&key, &other, &certified, &token);
        for (size_t length = 0; length < token.length; length++) {
            assert_int_equal(token_open_again(cache, &key, buffer_view(&token), 1500, room, &back), OK);
            assert_int_equal(token_open_again(cache, &key, slice_of(token.data, length), 1500, room, &back),
                             ERROR_UNAUTHENTICATED);
        }
    }
    static char endless[1 << 20] = "hsp1_AAAA"; /* what is no token is not kept either */
    assert_int_equal(token_open_again(cache, &key, slice_of(endless, sizeof endless), 1500, room, &back),
                     ERROR_UNAUTHENTICATED);
    assert_int_equal(token_open_again(cache, &key, buffer_view(&token), certified.expires_s, room, &back),
                     ERROR_TOKEN_EXPIRED);
    token_cache_clear(cache);
    assert_int_equal(token_open_again(cache, &other_key, buffer_view(&token), 1500, room, &back),
                     ERROR_UNAUTHENTICATED);
    token_cache_free(cache);
    token_cache_free(NULL);
}

/* One place of the cache as it lies in memory: what somebody would write over it who could write beside his own. */
struct lying_place {
    size_t length, plain_length;
    char token[PROTOCOL_TOKEN_MAX], plain[PROTOCOL_TOKEN_MAX];
};

static void a_token_too_long_plants_none_beside_itself(void **state)
{
    struct {
        char own[2 * PROTOCOL_TOKEN_MAX];
        struct lying_place beside[3];
    } endless;
    CLEANUP_BUFFER struct buffer plain = buffer_new(PROTOCOL_TOKEN_MAX);
    struct credential wished = nurse(), back;
    struct token_cache *cache = token_cache_new();
    char room[PROTOCOL_TOKEN_MAX], *last = (char *)&endless + sizeof endless - 1, planted[] = "hsp1_planted?";
    const size_t length = sizeof planted - 1;

    (void)state;
    assert_non_null(cache);
    credential_write(&wished, &plain);
    for (char letter = 'a'; letter <= 'b'; letter++) {
        planted[length - 1] = letter;
        memset(&endless, 'A', sizeof endless);
        memcpy(endless.own, planted, 5);
        for (size_t i = 0; i < 3; i++) {
            endless.beside[i].length = length, endless.beside[i].plain_length = plain.length;
            memcpy(endless.beside[i].token, planted, length);
            memcpy(endless.beside[i].plain, plain.data, plain.length);
        }
        for (int place = 0; place < 128; place++) {
            *last = (char)place;
            assert_int_equal(
                token_open_again(cache, &key, slice_of((char *)&endless, sizeof endless), 1500, room, &back),
                ERROR_UNAUTHENTICATED);
            assert_int_equal(token_open_again(cache, &key, slice_of(planted, length), 1500, room, &back),
                             ERROR_UNAUTHENTICATED);
        }
    }
    token_cache_free(cache);
}

static size_t pages_of_this_process(void)
{
    FILE *file = fopen("/proc/self/statm", "r");
    size_t pages = 0;

    assert_non_null(file);
    assert_int_equal(fscanf(file, "%zu", &pages), 1);
    fclose(file);
    return pages;
}

static void a_cache_that_is_freed_gives_its_memory_back(void **state)
{
    size_t before = 0;

    (void)state;
    for (int i = 0; i < 256; i++) {
        struct token_cache *cache = token_cache_new();
        assert_non_null(cache);
        token_cache_free(cache);
        if (i == 0)
            before = pages_of_this_process();
    }
    assert_true(pages_of_this_process() < before + 2000); /* of 255 caches it would be more than 6,000 */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_token_says_what_was_certified),
        cmocka_unit_test(a_token_ends_when_it_expires),
        cmocka_unit_test(a_touched_token_is_nobodys),
        cmocka_unit_test(a_cut_or_lengthened_token_is_nobodys),
        cmocka_unit_test(bytes_sealed_for_another_use_are_no_token),
        cmocka_unit_test(another_nodes_token_is_nobodys),
        cmocka_unit_test(the_longest_actor_fits),
        cmocka_unit_test(tokens_of_before_a_change_are_taken_while_their_key_is_kept),
        cmocka_unit_test(a_token_too_long_plants_none_beside_itself),
        cmocka_unit_test(a_cache_that_is_freed_gives_its_memory_back),
        cmocka_unit_test(a_token_seen_again_says_the_same_until_it_expires),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
