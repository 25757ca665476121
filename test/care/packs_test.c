/* SPDX-License-Identifier: Apache-2.0 */

/* Proves that each pack under policy/ compiles, says what its people are promised, and says by itself what is missing
 * from it. The people stand in pack.json: at least twenty a pack, among them the edge of every number. A person may be
 * `like` another one, but for the facts given. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <dirent.h>
#include <stdio.h>

#include "care/entitlement.h"
#include "rules/dmn/answer.h"
#include "rules/model_text.h"
#include "text/json.h"

#define FACTS_MAX 32
#define PERSONAS_MIN 20

struct trial {
    struct arena *arena;
    const char *name;
    const struct rule_set *set;
    const struct json *personas;
    const struct entitlement *entitlement; /* together with the joint standard; NULL: the pack has none */
};

static struct slice say(const struct json *value, const char *member)
{
    return json_text(json_member(value, member));
}

static void expect_word(const struct trial *trial, const struct json *persona, const char *what, struct slice got)
{
    const struct json *expected = json_member(json_member(persona, "expect"), what);

    if (json_kind(expected) != JSON_ABSENT && !slice_equal(json_text(expected), got))
        fail_msg("%s, %.*s: %s is %.*s, expected %.*s", trial->name, SLICE_PRINT(say(persona, "who")), what,
                 SLICE_PRINT(got), SLICE_PRINT(json_text(expected)));
}

static void try_entitlement(const struct trial *trial, const struct json *persona)
{
    struct entitlement_fact fact[FACTS_MAX];
    struct entitlement_answer answer;
    struct slice missing = slice_of("", 0);
    size_t count = 0;

    for (struct json_items i = json_items(json_member(persona, "facts")); json_next(&i) && count < FACTS_MAX;)
        fact[count++] = (struct entitlement_fact){i.key, json_text(i.value)};
    if (entitlement_ask(trial->entitlement, fact, count, &answer, &missing) != OK)
        fail_msg("%s, %.*s: a fact is wrong or missing (%.*s)", trial->name, SLICE_PRINT(say(persona, "who")),
                 SLICE_PRINT(missing));
    expect_word(trial, persona, "access", answer.access);
    expect_word(trial, persona, "may_refuse", answer.may_refuse);
    expect_word(trial, persona, "charge", answer.charge);
    expect_word(trial, persona, "paper", answer.paper);
    expect_word(trial, persona, "who_helps", answer.who_helps);
    expect_word(trial, persona, "row", answer.row->id);
    expect_word(trial, persona, "charge_row", answer.charge_row->id);
}

/* The expected members, or the one expected value where the result is a single one or a list. */
static bool as_expected(const struct json *expect, const struct json *result)
{
    for (struct json_items i = json_items(expect); json_next(&i);)
        if (!json_equal(i.value, json_kind(result) == JSON_OBJECT ? json_member_slice(result, i.key) : result))
            return false;
    return true;
}

static const struct json *find_persona(const struct trial *trial, struct slice who)
{
    for (struct json_items i = json_items(trial->personas); json_next(&i);)
        if (slice_equal(say(i.value, "who"), who))
            return i.value;
    fail_msg("%s: nobody is %.*s", trial->name, SLICE_PRINT(who));
    return NULL;
}

/* Her own facts, and those of whom she is like. */
static void write_facts(const struct trial *trial, const struct json *persona, struct buffer *into)
{
    const struct json *own = json_member(persona, "facts"), *other = NULL;
    struct json_writer json = json_writer(into);
    struct slice like = say(persona, "like");

    if (like.length > 0)
        other = json_member(find_persona(trial, like), "facts");
    json_begin_object(&json);
    for (struct json_items i = json_items(other); json_next(&i);)
        if (json_kind(json_member_slice(own, i.key)) == JSON_ABSENT) {
            json_key_slice(&json, i.key);
            json_value(&json, i.value);
        }
    for (struct json_items i = json_items(own); json_next(&i);) {
        json_key_slice(&json, i.key);
        json_value(&json, i.value);
    }
    json_end_object(&json);
}

/* Any other table is asked by itself; `expect` then names its outputs, with a list for what is collected. */
static void try_table(const struct trial *trial, const struct json *persona, struct slice name)
{
    CLEANUP_BUFFER struct buffer facts = buffer_new(1 << 16), answer = buffer_new(1 << 16);
    const struct rule_decision *decision = NULL;
    const struct json *result;
    enum error verdict = OK;
    struct fault fault = {0};

    write_facts(trial, persona, &facts);
    if (answer_decision(trial->set, name, &decision, &fault) != OK ||
        answer_json(trial->arena, decision, buffer_view(&facts), false, &answer, &verdict, &fault) != OK ||
        json_parse(trial->arena, buffer_view(&answer), &result, &fault) != OK)
        fail_msg("%s, %.*s: %s", trial->name, SLICE_PRINT(say(persona, "who")), fault.detail);
    if (!as_expected(json_member(persona, "expect"), result))
        fail_msg("%s, %.*s: %.*s", trial->name, SLICE_PRINT(say(persona, "who")), SLICE_PRINT(buffer_view(&answer)));
}

static void try_persona(const struct trial *trial, const struct json *persona)
{
    struct slice decision = say(persona, "decision");

    assert_true(say(persona, "who").length > 0);
    assert_true(json_count(json_member(persona, "expect")) > 0);
    if (trial->entitlement && (decision.length == 0 || slice_is(decision, COMBINE_PACK)))
        try_entitlement(trial, persona);
    else
        try_table(trial, persona, decision);
}

static void try_pack(struct arena *arena, const struct rule_set *joint, const char *name)
{
    struct trial trial = {.arena = arena, .name = name, .set = model_policy(arena, name)};
    struct slice path = arena_format(arena, "policy/%s/pack.json", name);
    const struct json *pack;
    unsigned people = 0;

    assert_int_equal(OK, json_parse(arena, model_file(arena, path.data), &pack, NULL));
    assert_true(slice_is(say(pack, "id"), name));
    trial.personas = json_member(pack, "personas");
    if (rule_set_decision(trial.set, SLICE(COMBINE_PACK)))
        assert_int_equal(OK, entitlement_new(arena, joint, trial.set, &trial.entitlement, NULL));
    for (struct json_items i = json_items(trial.personas); json_next(&i); people++)
        try_persona(&trial, i.value);
    if (people < PERSONAS_MIN)
        fail_msg("%s has %u personas, %d are needed", name, people, PERSONAS_MIN);
    if (trial.set->draft && json_count(json_member(pack, "gaps")) == 0)
        fail_msg("%s is a draft and lists no gap", name);
}

static void every_pack_keeps_its_promises_to_its_people(void **state)
{
    CLEANUP_ARENA struct arena *arena = arena_new((size_t)256 << 20);
    const struct rule_set *joint = model_policy(arena, "joint-standard");
    DIR *folder = opendir(SOURCE_ROOT "/policy");
    unsigned packs = 0;

    (void)state;
    assert_non_null(folder);
    for (struct dirent *entry; (entry = readdir(folder));) {
        if (entry->d_name[0] == '.' || entry->d_type == DT_REG)
            continue;
        try_pack(arena, joint, entry->d_name);
        packs++;
    }
    closedir(folder);
    assert_true(packs >= 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(every_pack_keeps_its_promises_to_its_people)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
