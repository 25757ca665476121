/* SPDX-License-Identifier: Apache-2.0 */

/* Proves that the two engines say the same: the compiled one, which reads cells by a small parser of its own and decides
 * by bit sets, and the general one, which parses all of FEEL and evaluates trees: on every decision of every pack, with
 * random facts, unknown ones among them. drg_differential_test does the same on random tables. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <dirent.h>
#include <stdio.h>

#include "base/world.h"
#include "model_text.h"
#include "rules/dmn/answer.h"
#include "rules/drg/answer.h"
#include "text/date.h"
#include "text/json.h"

#define QUESTIONS_A_DECISION 400

struct pair {
    struct arena *arena, *scratch;
    const struct rule_set *set;
    const struct drg_model *model;
    struct world *world;
};

static uint32_t draw(struct world *world, uint64_t below)
{
    uint64_t bits;

    world->random(world, &bits, sizeof bits);
    return (uint32_t)(bits % below);
}

static void read_general(struct pair *pair, struct slice dmn)
{
    CLEANUP_BUFFER struct buffer lines = buffer_new(1 << 20);
    struct report report = {.into = &lines};
    struct fault fault = {0};

    if (drg_read(pair->arena, &dmn, 1, &report, &pair->model, &fault) != OK)
        fail_msg("%s", fault.detail);
    assert_int_equal(0, buffer_view(&lines).length);
}

/* Near a breakpoint of some table of the set as often as anywhere else. */
static int64_t draw_number(struct pair *pair, const struct rule_fact *fact)
{
    const struct rule_domain *domain = &fact->domain;

    for (uint32_t d = 0; d < pair->set->decision_count && draw(pair->world, 2); d++) {
        const struct rule_decision *decision = &pair->set->decision[d];
        int at = rule_decision_input(decision, fact->name);
        if (at < 0)
            continue;
        const struct rule_input *input = &decision->input[at];
        int64_t near = input->start[draw(pair->world, input->slot_count - domain->nullable)] - draw(pair->world, 2);
        return near < domain->minimum ? domain->minimum : near;
    }
    return domain->minimum + draw(pair->world, (uint64_t)(domain->maximum - domain->minimum) + 1);
}

static void write_fact(struct pair *pair, const struct rule_fact *fact, struct json_writer *json)
{
    CLEANUP_BUFFER struct buffer day = buffer_new(32);

    json_key_slice(json, fact->name);
    if (!rule_kind_is_number(fact->domain.kind)) {
        json_string(json, fact->domain.value[draw(pair->world, fact->domain.value_count)]);
        return;
    }
    if (fact->domain.nullable && draw(pair->world, 4) == 0) {
        json_null(json);
        return;
    }
    int64_t number = draw_number(pair, fact);
    if (fact->domain.kind == RULE_DATE) {
        date_write_day(&day, (int32_t)number);
        json_string(json, buffer_view(&day));
    } else {
        json_integer(json, number);
    }
}

static void write_facts(struct pair *pair, const struct rule_decision *decision, struct buffer *into)
{
    struct json_writer json = json_writer(into);

    json_begin_object(&json);
    for (uint32_t f = 0; f < pair->set->fact_count; f++)
        if (decision->chain_facts >> f & 1)
            write_fact(pair, &pair->set->fact[f], &json);
    json_end_object(&json);
}

static void compare(struct pair *pair, const struct rule_decision *decision)
{
    CLEANUP_BUFFER struct buffer facts = buffer_new(1 << 16), compiled = buffer_new(1 << 16),
                                 general = buffer_new(1 << 16);
    struct drg_question question;
    struct fault fault = {0};
    enum error verdict;
    struct slice notes;
    bool is_null;

    arena_reset(pair->scratch);
    write_facts(pair, decision, &facts);
    assert_int_equal(OK, answer_json(pair->scratch, decision, buffer_view(&facts), false, &compiled, &verdict, &fault));
    if (drg_ask(pair->scratch, pair->model, decision->name, &question, &fault) != OK ||
        drg_answer(pair->scratch, &question, buffer_view(&facts), 0, &general, &is_null, &notes, &fault) != OK)
        fail_msg("%.*s: %s", SLICE_PRINT(buffer_view(&facts)), fault.detail);
    /* DMN says null where nothing was collected (8.2.10), a compiled set the empty list. */
    if (decision->hit_policy == RULE_COLLECT && is_null && slice_is(buffer_view(&compiled), "[]"))
        return;
    if (!slice_equal(buffer_view(&compiled), buffer_view(&general)))
        fail_msg("%.*s of %.*s with %.*s: compiled %.*s, general %.*s", SLICE_PRINT(decision->name),
                 SLICE_PRINT(pair->set->pack), SLICE_PRINT(buffer_view(&facts)), SLICE_PRINT(buffer_view(&compiled)),
                 SLICE_PRINT(buffer_view(&general)));
}

static void both_engines_agree_on_every_pack(void **state)
{
    struct world world = world_driven(20261001, 0);
    DIR *folder = opendir(SOURCE_ROOT "/policy");
    unsigned decisions = 0;

    (void)state;
    assert_non_null(folder);
    for (struct dirent *entry; (entry = readdir(folder));) {
        if (entry->d_name[0] == '.' || entry->d_type == DT_REG)
            continue;
        CLEANUP_ARENA struct arena *arena = arena_new(256 << 20), *scratch = arena_new(16 << 20);
        struct pair pair = {.arena = arena, .scratch = scratch, .world = &world};
        pair.set = model_policy(arena, entry->d_name);
        read_general(&pair, model_file(arena, arena_format(arena, "policy/%s/rules.dmn", entry->d_name).data));
        for (uint32_t d = 0; d < pair.set->decision_count; d++, decisions++)
            for (int q = 0; q < QUESTIONS_A_DECISION; q++)
                compare(&pair, &pair.set->decision[d]);
    }
    closedir(folder);
    assert_true(decisions >= 13);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(both_engines_agree_on_every_pack),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
