/* SPDX-License-Identifier: Apache-2.0 */
#include "facts.h"

#define FACT_BYTES (1 + 1 + ID_BYTES + ID_BYTES + 8)
#define BLOCK_MAX (2 + FACTS_MAX * FACT_BYTES)

#define FORMAT 1

struct binding {
    char bytes[32];
    size_t length;
};

static struct binding binding_of(const struct id *person, uint64_t version)
{
    struct binding binding = {.length = 0};
    struct buffer into = {.data = binding.bytes, .capacity = sizeof binding.bytes, .maximum = sizeof binding.bytes};

    buffer_string(&into, "facts");
    buffer_byte(&into, FORMAT);
    buffer_slice(&into, id_slice(person));
    buffer_u64(&into, version);
    binding.length = into.length;
    return binding;
}

static void reader_id(struct reader *reader, struct id *ret_id)
{
    struct slice bytes = reader_bytes(reader, ID_BYTES);

    if (bytes.length == ID_BYTES)
        memcpy(ret_id->byte, bytes.data, ID_BYTES);
}

static struct fact fact_read(struct reader *reader)
{
    struct fact fact = {.kind = (enum fact_kind)reader_byte(reader), .value = reader_byte(reader)};

    reader_id(reader, &fact.organization);
    reader_id(reader, &fact.source);
    fact.expires_s = (int64_t)reader_u64(reader);
    return fact;
}

static enum error facts_parse(struct slice plain, struct facts *facts)
{
    struct reader reader = reader_of(plain);

    facts->count = reader_u16(&reader);
    if (facts->count > FACTS_MAX)
        return ERROR_SEALED;
    for (size_t i = 0; i < facts->count; i++)
        facts->fact[i] = fact_read(&reader);
    return reader_done(&reader) ? OK : ERROR_SEALED;
}

enum error facts_open(const struct secret_key *key, const struct id *person, struct slice block, struct facts *ret)
{
    struct reader reader = reader_of(block);
    LEFT_UNSET uint8_t plain[BLOCK_MAX];

    ret->version = 0;
    ret->count = 0;
    if (block.length == 0)
        return OK;
    if (reader_byte(&reader) != FORMAT)
        return ERROR_SEALED;
    ret->version = reader_u64(&reader);
    if (reader.rest.length > BLOCK_MAX + SEAL_OVERHEAD)
        return ERROR_SEALED;
    struct binding binding = binding_of(person, ret->version);
    TRY(seal_open(key, slice_of(binding.bytes, binding.length), reader.rest, plain));
    return facts_parse(slice_of(plain, reader.rest.length - SEAL_OVERHEAD), ret);
}

void facts_seal(const struct secret_key *key, struct world *world, const struct id *person, const struct facts *facts,
                struct buffer *into)
{
    CLEANUP_BUFFER struct buffer plain = buffer_new(BLOCK_MAX);
    struct binding binding = binding_of(person, facts->version);

    buffer_u16(&plain, (uint16_t)facts->count);
    for (size_t i = 0; i < facts->count; i++) {
        const struct fact *fact = &facts->fact[i];
        buffer_byte(&plain, (uint8_t)fact->kind);
        buffer_byte(&plain, fact->value);
        buffer_bytes(&plain, fact->organization.byte, ID_BYTES);
        buffer_bytes(&plain, fact->source.byte, ID_BYTES);
        buffer_u64(&plain, (uint64_t)fact->expires_s);
    }
    buffer_depends(into, &plain); /* half a block would close her record for good */
    buffer_byte(into, FORMAT);
    buffer_u64(into, facts->version);
    void *room = buffer_room(into, plain.length + SEAL_OVERHEAD);
    if (room)
        seal(key, world, slice_of(binding.bytes, binding.length), buffer_view(&plain), room);
}

static bool expired(const struct fact *fact, int64_t now_s)
{
    return fact->expires_s != 0 && fact->expires_s <= now_s;
}

/* One past encounter with an organisation tells as much as a hundred: a long life must not fill the block. */
static bool says_the_same(const struct fact *fact, const struct fact_change *change)
{
    return change->kind == FACT_RELATION && fact->kind == FACT_RELATION && change->value == RELATION_PAST &&
           fact->value == RELATION_PAST && id_equal(&fact->organization, &change->organization);
}

static void drop_replaced(struct facts *facts, const struct fact_change *change, int64_t now_s)
{
    size_t kept = 0;

    for (size_t i = 0; i < facts->count; i++) {
        const struct fact *fact = &facts->fact[i];
        bool replaced = fact->kind == change->kind && id_equal(&fact->source, &change->source);
        if (!replaced && !says_the_same(fact, change) && !expired(fact, now_s))
            facts->fact[kept++] = *fact;
    }
    facts->count = kept;
}

enum error facts_change(struct facts *facts, const struct fact_change *change, int64_t now_s)
{
    drop_replaced(facts, change, now_s);
    if (facts->count == FACTS_MAX)
        return ERROR_TOO_MANY;
    facts->fact[facts->count++] = (struct fact){change->kind, change->value, change->organization, change->source,
                                                change->expires_s};
    return OK;
}

void facts_drop_permissions(struct facts *facts)
{
    size_t kept = 0;

    for (size_t i = 0; i < facts->count; i++)
        if (facts->fact[i].kind != FACT_CONSENT || facts->fact[i].value != CONSENT_PERMIT)
            facts->fact[kept++] = facts->fact[i];
    facts->count = kept;
}

enum relation facts_relation(const struct facts *facts, const struct id *organization, int64_t now_s)
{
    enum relation relation = RELATION_NONE;

    for (size_t i = 0; i < facts->count; i++) {
        const struct fact *fact = &facts->fact[i];
        if (fact->kind != FACT_RELATION || !id_equal(&fact->organization, organization))
            continue;
        if (fact->value == RELATION_OPEN_ENCOUNTER && !expired(fact, now_s))
            return RELATION_OPEN_ENCOUNTER;
        relation = RELATION_PAST;
    }
    return relation;
}

static enum consent consent_for(const struct facts *facts, const struct id *organization, int64_t now_s)
{
    enum consent consent = CONSENT_NONE;

    for (size_t i = 0; i < facts->count; i++) {
        const struct fact *fact = &facts->fact[i];
        if (fact->kind != FACT_CONSENT || expired(fact, now_s) || !id_equal(&fact->organization, organization))
            continue;
        if (fact->value == CONSENT_DENY)
            return CONSENT_DENY;
        if (fact->value == CONSENT_PERMIT)
            consent = CONSENT_PERMIT;
    }
    return consent;
}

enum consent facts_consent(const struct facts *facts, const struct id *organization, int64_t now_s)
{
    static const struct id everyone;
    enum consent own = consent_for(facts, organization, now_s);

    return own != CONSENT_NONE ? own : consent_for(facts, &everyone, now_s);
}

enum break_glass facts_break_glass(const struct facts *facts, const struct id *credential, int64_t now_s)
{
    for (size_t i = 0; i < facts->count; i++) {
        const struct fact *fact = &facts->fact[i];
        if (fact->kind == FACT_BREAK_GLASS && fact->value == BREAK_GLASS_ACTIVE && !expired(fact, now_s) &&
            id_equal(&fact->organization, credential))
            return BREAK_GLASS_ACTIVE;
    }
    return BREAK_GLASS_NO;
}
