/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol.h"

#include "text/utf8.h"

void protocol_text_write(struct slice text, struct buffer *into)
{
    buffer_u32(into, (uint32_t)text.length);
    buffer_slice(into, text);
}

struct slice protocol_text_read(struct reader *reader, size_t maximum)
{
    uint32_t length = reader_u32(reader);

    if (length > maximum)
        reader->failed = true;
    return reader_bytes(reader, reader->failed ? 0 : length);
}

void protocol_asker_write(struct slice token, uint64_t request, struct buffer *into)
{
    protocol_text_write(token, into);
    buffer_u64(into, request);
}

struct slice protocol_asker_read(struct reader *reader, uint64_t *ret_request)
{
    struct slice token = protocol_text_read(reader, PROTOCOL_TOKEN_MAX);

    *ret_request = reader_u64(reader);
    return token;
}

static void id_write(const struct id *id, struct buffer *into)
{
    buffer_bytes(into, id->byte, ID_BYTES);
}

static struct id id_read(struct reader *reader)
{
    struct id id = {{0}};
    struct slice bytes = reader_bytes(reader, ID_BYTES);

    if (bytes.data)
        memcpy(id.byte, bytes.data, ID_BYTES);
    return id;
}

static void key_write(const struct secret_key *key, struct buffer *into)
{
    buffer_bytes(into, key->byte, SECRET_KEY_BYTES);
}

static struct secret_key key_read(struct reader *reader)
{
    struct secret_key key = {{0}};
    struct slice bytes = reader_bytes(reader, SECRET_KEY_BYTES);

    if (bytes.data)
        memcpy(key.byte, bytes.data, SECRET_KEY_BYTES);
    return key;
}

/* A number that must lie in a closed list. */
static unsigned choice_read(struct reader *reader, unsigned count)
{
    unsigned value = reader_byte(reader);

    if (value >= count)
        reader->failed = true;
    return reader->failed ? 0 : value;
}

static size_t count_read(struct reader *reader, size_t maximum)
{
    size_t count = reader_u16(reader);

    if (count > maximum)
        reader->failed = true;
    return reader->failed ? 0 : count;
}

enum {
    ACCESS_OPEN_GLASS = 1,
    ACCESS_ALL_OR_NOTHING = 2,
    ACCESS_HIDE_REFUSED = 4,
    ACCESS_REPLACES = 8,
    ACCESS_FLAGS = 16
};

static void change_write(const struct fact_change *change, struct buffer *into)
{
    buffer_u16(into, change->target);
    buffer_byte(into, (uint8_t)change->kind);
    buffer_byte(into, change->value);
    id_write(&change->organization, into);
    id_write(&change->source, into);
    buffer_u64(into, (uint64_t)change->expires_s);
}

static struct fact_change change_read(struct reader *reader, size_t targets)
{
    struct fact_change change = {.target = reader_u16(reader)};

    change.kind = (enum fact_kind)choice_read(reader, FACT_BREAK_GLASS + 1);
    change.value = reader_byte(reader);
    change.organization = id_read(reader);
    change.source = id_read(reader);
    change.expires_s = (int64_t)reader_u64(reader);
    if (change.target >= targets || change.value > 3)
        reader->failed = true;
    return change;
}

void access_write(const struct access *access, struct buffer *into)
{
    protocol_text_write(access->token, into);
    buffer_u64(into, access->request);
    buffer_byte(into, (uint8_t)access->purpose);
    buffer_byte(into, (uint8_t)access->action);
    buffer_byte(into, (uint8_t)access->drawers);
    buffer_byte(into, (uint8_t)access->needed);
    buffer_byte(into,
                (uint8_t)((access->open_glass ? ACCESS_OPEN_GLASS : 0) |
                          (access->all_or_nothing ? ACCESS_ALL_OR_NOTHING : 0) |
                          (access->hide_refused ? ACCESS_HIDE_REFUSED : 0) | (access->replaces ? ACCESS_REPLACES : 0)));
    protocol_text_write(access->type, into);
    id_write(&access->resource, into);
    buffer_u32(into, access->resources);
    protocol_text_write(access->reason, into);
    id_write(&access->order, into);
    buffer_u16(into, (uint16_t)access->targets);
    for (size_t i = 0; i < access->targets; i++) {
        id_write(&access->target[i].person, into);
        protocol_text_write(access->target[i].facts, into);
        buffer_byte(into, access->target[i].fresh);
    }
    buffer_u16(into, (uint16_t)access->changes);
    for (size_t i = 0; i < access->changes; i++)
        change_write(&access->change[i], into);
}

static enum error targets_read(struct arena *arena, struct reader *reader, struct access *access)
{
    access->targets = count_read(reader, PROTOCOL_TARGETS_MAX);
    struct access_target *target = arena_array(arena, access->targets, sizeof *target);
    if (!target)
        return ERROR_MEMORY;
    for (size_t i = 0; i < access->targets; i++) {
        target[i].person = id_read(reader);
        target[i].facts = protocol_text_read(reader, UINT16_MAX);
        target[i].fresh = choice_read(reader, 2);
    }
    access->target = target;
    return OK;
}

static enum error changes_read(struct arena *arena, struct reader *reader, struct access *access)
{
    access->changes = count_read(reader, PROTOCOL_CHANGES_MAX);
    struct fact_change *change = arena_array(arena, access->changes, sizeof *change);
    if (!change)
        return ERROR_MEMORY;
    for (size_t i = 0; i < access->changes; i++)
        change[i] = change_read(reader, access->targets);
    access->change = change;
    return OK;
}

enum error access_read(struct arena *arena, struct slice payload, struct access *ret)
{
    struct reader reader = reader_of(payload);
    struct access access = {.token = protocol_text_read(&reader, PROTOCOL_TOKEN_MAX)};

    access.request = reader_u64(&reader);
    access.purpose = (enum purpose)choice_read(&reader, PURPOSE_COUNT);
    access.action = (enum action)choice_read(&reader, ACTION_COUNT);
    access.drawers = choice_read(&reader, DRAWER_ALL + 1);
    access.needed = (enum outcome)choice_read(&reader, OUTCOME_COUNT);
    unsigned flags = choice_read(&reader, ACCESS_FLAGS);
    access.open_glass = flags & ACCESS_OPEN_GLASS;
    access.all_or_nothing = flags & ACCESS_ALL_OR_NOTHING;
    access.hide_refused = flags & ACCESS_HIDE_REFUSED;
    access.replaces = flags & ACCESS_REPLACES;
    access.type = protocol_text_read(&reader, 64);
    access.resource = id_read(&reader);
    access.resources = reader_u32(&reader);
    access.reason = protocol_text_read(&reader, PROTOCOL_TEXT_MAX);
    if (!utf8_valid(access.type) || !utf8_valid(access.reason))
        return ERROR_SYNTAX; /* both go into the entry, which must stay readable */
    access.order = id_read(&reader);
    TRY(targets_read(arena, &reader, &access));
    TRY(changes_read(arena, &reader, &access));
    if (!reader_done(&reader))
        return ERROR_SYNTAX;
    *ret = access;
    return OK;
}

static void grant_target_write(const struct grant_target *target, struct buffer *into)
{
    buffer_byte(into, (uint8_t)target->drawers);
    buffer_bytes(into, target->outcome, DRAWER_COUNT);
    for (unsigned d = 0; d < DRAWER_COUNT; d++)
        if (target->drawers & 1u << d)
            key_write(&target->key[d], into);
    protocol_text_write(target->facts, into);
    buffer_byte(into, (uint8_t)target->obligations);
}

static void grant_target_read(struct reader *reader, struct grant_target *target)
{
    target->drawers = choice_read(reader, DRAWER_ALL + 1);
    struct slice outcomes = reader_bytes(reader, DRAWER_COUNT);
    if (outcomes.data)
        memcpy(target->outcome, outcomes.data, DRAWER_COUNT);
    for (unsigned d = 0; d < DRAWER_COUNT; d++)
        if (target->drawers & 1u << d)
            target->key[d] = key_read(reader);
    target->facts = protocol_text_read(reader, UINT16_MAX);
    target->obligations = choice_read(reader, OBLIGATIONS_ALL + 1);
}

void grant_write(const struct grant *grant, struct buffer *into)
{
    buffer_u64(into, grant->leaf);
    buffer_u64(into, (uint64_t)grant->time_s);
    protocol_text_write(grant->row, into);
    protocol_text_write(grant->citation, into);
    buffer_byte(into, grant->review);
    buffer_u16(into, (uint16_t)grant->targets);
    for (size_t i = 0; i < grant->targets; i++)
        grant_target_write(&grant->target[i], into);
}

enum error grant_read(struct arena *arena, struct slice payload, struct grant *ret)
{
    struct reader reader = reader_of(payload);
    struct grant grant = {.leaf = reader_u64(&reader)};

    grant.time_s = (int64_t)reader_u64(&reader);
    grant.row = arena_copy(arena, protocol_text_read(&reader, PROTOCOL_TEXT_MAX));
    grant.citation = arena_copy(arena, protocol_text_read(&reader, PROTOCOL_TEXT_MAX));
    grant.review = choice_read(&reader, 2);
    grant.targets = count_read(&reader, PROTOCOL_TARGETS_MAX);
    grant.target = arena_array(arena, grant.targets, sizeof *grant.target);
    if (!grant.target || !grant.row.data || !grant.citation.data)
        return ERROR_MEMORY;
    for (size_t i = 0; i < grant.targets; i++) {
        grant_target_read(&reader, &grant.target[i]);
        grant.target[i].facts = arena_copy(arena, grant.target[i].facts);
        if (!grant.target[i].facts.data)
            return ERROR_MEMORY;
    }
    if (!reader_done(&reader))
        return ERROR_SYNTAX;
    *ret = grant;
    return OK;
}

void completion_write(const struct completion *completion, struct buffer *into)
{
    buffer_u64(into, completion->leaf);
    buffer_u16(into, (uint16_t)completion->error);
    buffer_u32(into, completion->returned);
}

enum error completion_read(struct slice payload, struct completion *ret)
{
    struct reader reader = reader_of(payload);
    struct completion completion = {.leaf = reader_u64(&reader)};

    completion.error = (enum error)reader_u16(&reader);
    completion.returned = reader_u32(&reader);
    if (!reader_done(&reader) || (unsigned)completion.error >= ERROR_COUNT)
        return ERROR_SYNTAX;
    *ret = completion;
    return OK;
}

void credential_write(const struct credential *credential, struct buffer *into)
{
    id_write(&credential->id, into);
    buffer_byte(into, (uint8_t)credential->role);
    buffer_byte(into, (uint8_t)credential->sector);
    buffer_byte(into, (uint8_t)credential->training);
    id_write(&credential->organization, into);
    id_write(&credential->person, into);
    buffer_u32(into, credential->purposes);
    buffer_u64(into, (uint64_t)credential->issued_s);
    buffer_u64(into, (uint64_t)credential->expires_s);
    protocol_text_write(credential->actor, into);
}

enum error credential_read(struct slice payload, struct credential *ret)
{
    struct reader reader = reader_of(payload);
    struct credential credential = {.id = id_read(&reader)};

    credential.role = (enum role)choice_read(&reader, ROLE_COUNT);
    credential.sector = (enum sector)choice_read(&reader, SECTOR_COUNT);
    credential.training = (enum training)choice_read(&reader, TRAINING_COUNT);
    credential.organization = id_read(&reader);
    credential.person = id_read(&reader);
    credential.purposes = reader_u32(&reader);
    credential.issued_s = (int64_t)reader_u64(&reader);
    credential.expires_s = (int64_t)reader_u64(&reader);
    credential.actor = protocol_text_read(&reader, CREDENTIAL_ACTOR_MAX);
    if (!reader_done(&reader) || !utf8_valid(credential.actor))
        return ERROR_SYNTAX;
    *ret = credential;
    return OK;
}

void session_keys_write(const struct session_keys *keys, struct buffer *into)
{
    buffer_byte(into, PROTOCOL_VERSION);
    for (unsigned s = 0; s < SECTOR_COUNT; s++)
        key_write(&keys->sector[s], into);
    key_write(&keys->posting, into);
    id_write(&keys->node, into);
    buffer_byte(into, keys->demo);
}

enum error session_keys_read(struct slice payload, struct session_keys *ret)
{
    struct reader reader = reader_of(payload);

    if (reader_byte(&reader) != PROTOCOL_VERSION)
        return ERROR_VERSION;
    for (unsigned s = 0; s < SECTOR_COUNT; s++)
        ret->sector[s] = key_read(&reader);
    ret->posting = key_read(&reader);
    ret->node = id_read(&reader);
    ret->demo = choice_read(&reader, 2);
    return reader_done(&reader) ? OK : ERROR_SYNTAX;
}
