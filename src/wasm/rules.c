/* SPDX-License-Identifier: Apache-2.0 */

/* What the WebAssembly module exports. One thread, one module instance a page.
 *
 *     room(n)              where to write n bytes of input: the last room is what the next call reads
 *     set_hash()           the room holds the SHA-256 of the compiled bytes that come next
 *     load(slot)           the room holds compiled bytes; slot 0 the joint standard, 1 a jurisdiction's pack
 *     decide(slot, name)   the room holds `NAME\n{facts}`: that decision's answer
 *     ask()                the room holds {facts}: what care is due, of both together
 *     prove_again(slot)    the proof record of what is loaded there, by enumeration
 *     answer(), answer_length()   the JSON of the last call, or the error's sentence
 *
 * Calls return 0, or the number of an error (base/errors.def). */

#include <stdlib.h>

#include "care/entitlement.h"
#include "crypto/secret.h"
#include "host.h"
#include "rules/dmn/answer.h"
#include "rules/prove/prove.h"
#include "text/json.h"

#define EXPORT(name) __attribute__((export_name(name), used))

#define SLOTS 2
#define ROOM_MAX (64u << 20)
#define MEMORY_MAX ((size_t)512 << 20)
#define FACTS_MAX 64

static struct {
    char *room;
    size_t room_length;
    uint8_t hash[HASH_BYTES];
    struct arena *arena[SLOTS], *scratch;
    const struct rule_set *set[SLOTS];
    struct buffer answer;
} module;

static struct slice room_bytes(void)
{
    return slice_of(module.room, module.room_length);
}

static enum error say(enum error error, const struct fault *fault)
{
    if (error == OK)
        return OK;
    buffer_clear(&module.answer);
    buffer_format(&module.answer, "%s %s", error_entry(error)->sentence, fault->detail);
    return error;
}

/* Memory of one call; wiped, for it held what somebody said. */
static struct arena *scratch(void)
{
    if (!module.scratch)
        module.scratch = arena_new(MEMORY_MAX);
    else
        arena_wipe(module.scratch);
    if (module.answer.maximum == 0)
        module.answer = buffer_new(ROOM_MAX);
    buffer_clear(&module.answer);
    return module.scratch;
}

EXPORT("room") void *wasm_room(size_t length)
{
    secret_wipe(module.room, module.room_length);
    free(module.room);
    module.room = length <= ROOM_MAX ? calloc(1, length + 1) : NULL;
    module.room_length = module.room ? length : 0;
    return module.room;
}

EXPORT("set_hash") int wasm_set_hash(void)
{
    if (module.room_length != HASH_BYTES)
        return ERROR_VALUE;
    memcpy(module.hash, module.room, HASH_BYTES);
    return OK;
}

EXPORT("load") int wasm_load(unsigned slot)
{
    struct fault fault = {0};

    if (slot >= SLOTS)
        return ERROR_VALUE;
    scratch();
    arena_free(module.arena[slot]);
    module.set[slot] = NULL;
    module.arena[slot] = arena_new(MEMORY_MAX);
    if (!module.arena[slot])
        return ERROR_MEMORY;
    host_set_hash(room_bytes(), module.hash);
    return say(rule_set_load(module.arena[slot], room_bytes(), &module.set[slot], &fault), &fault);
}

EXPORT("decide") int wasm_decide(unsigned slot)
{
    const struct rule_decision *decision;
    struct arena *arena = scratch();
    struct slice facts = room_bytes(), name = slice_cut(&facts, '\n');
    enum error verdict = OK;
    struct fault fault = {0};

    if (slot >= SLOTS || !module.set[slot] || !arena)
        return say(ERROR_REQUIRED, &fault);
    enum error error = answer_decision(module.set[slot], name, &decision, &fault);
    if (error == OK)
        error = answer_json(arena, decision, facts, false, &module.answer, &verdict, &fault);
    return say(error == OK ? verdict : error, &fault);
}

static size_t read_facts(const struct json *object, struct entitlement_fact *fact)
{
    size_t count = 0;

    for (struct json_items i = json_items(object); json_next(&i) && count < FACTS_MAX;)
        fact[count++] = (struct entitlement_fact){i.key, json_text(i.value)};
    return count;
}

static void write_due(const struct entitlement_answer *due)
{
    struct json_writer json = json_writer(&module.answer);

    json_begin_object(&json);
    json_member_string(&json, "access", due->access);
    json_member_string(&json, "may_refuse", due->may_refuse);
    json_member_string(&json, "charge", due->charge);
    json_member_string(&json, "paper", due->paper);
    json_member_string(&json, "who_helps", due->who_helps);
    json_member_string(&json, "pack", due->set->pack);
    json_member_string(&json, "row", due->row->id);
    json_member_string(&json, "charge_row", due->charge_row->id);
    json_member_string(&json, "source", due->row->citation.source);
    json_member_string(&json, "article", due->row->citation.article);
    json_member_string(&json, "text", due->row->citation.text);
    json_key(&json, "draft");
    json_bool(&json, due->draft);
    json_end_object(&json);
}

static enum error ask(struct arena *arena, struct fault *fault)
{
    struct entitlement_fact fact[FACTS_MAX];
    const struct entitlement *entitlement;
    struct entitlement_answer due;
    const struct json *facts;
    struct slice missing = slice_of("", 0);

    TRY(json_parse(arena, room_bytes(), &facts, fault));
    TRY(entitlement_new(arena, module.set[0], module.set[1], &entitlement, fault));
    enum error error = entitlement_ask(entitlement, fact, read_facts(facts, fact), &due, &missing);
    if (error != OK)
        return fault_set(fault, error, "input %.*s", SLICE_PRINT(missing));
    write_due(&due);
    return buffer_check(&module.answer);
}

EXPORT("ask") int wasm_ask(void)
{
    struct arena *arena = scratch();
    struct fault fault = {0};

    if (!module.set[0] || !arena)
        return say(ERROR_REQUIRED, &fault);
    enum error error = ask(arena, &fault);
    arena_wipe(arena);
    return say(error, &fault);
}

EXPORT("prove_again") int wasm_prove_again(unsigned slot)
{
    const struct rule_set *base = slot > 0 ? module.set[0] : NULL;
    struct arena *arena = scratch();
    const struct proof *proof;
    struct fault fault = {0};

    if (slot >= SLOTS || !module.set[slot] || !arena)
        return say(ERROR_REQUIRED, &fault);
    enum error error = prove(arena, module.set[slot], base, &proof, &fault);
    if (error == OK)
        prove_write_record(proof, &module.answer);
    return say(error, &fault);
}

EXPORT("answer") const void *wasm_answer(void)
{
    return buffer_view(&module.answer).data;
}

EXPORT("answer_length") size_t wasm_answer_length(void)
{
    return buffer_view(&module.answer).length;
}
