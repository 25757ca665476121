/* SPDX-License-Identifier: Apache-2.0 */

/* An access that names an order: whether the order speaks for it. The door's word counts for nothing here: the order,
 * its release, the law and the token are the safe's own, and each access is checked anew. Whatever is not as it should
 * be leaves the access without an order, and without one the rules refuse it.
 *
 * Must never: seal an entry that the order does not speak for; else a door could hide any look behind an order. */

#include "crypto/block.h"
#include "crypto/encode.h"
#include "state.h"

#define MATCHES_MAX 8 /* of one order: looking for one person, not through all */
#define CANDIDATES_MAX 64
#define LISTED_MAX 200

static int64_t now_s(const struct safe *safe)
{
    return safe->now_ns / 1000000000;
}

/* An order, its release and whom it binds. */
struct binding {
    struct order_row row;
    struct order_text asked;
    struct order_release release;
    struct id person; /* inside */
};

static enum error load(struct safe *safe, const struct id *id, struct binding *binding)
{
    TRY(order_book_get(&safe->orders, safe->arena, id, &binding->row));
    TRY(order_read(binding->row.text, &binding->asked));
    /* Under the law that is in force, and not under the one before. */
    return hash_equal(&binding->asked.statute, &safe->route.law.statute) ? OK : ERROR_NOT_FOUND;
}

/* The signatures are checked at each reading: who can write rows of the book cannot make a release. */
static enum error load_release(struct safe *safe, struct binding *binding)
{
    struct hash hash = hash_sha256(binding->row.text);

    if (binding->row.state != ORDER_STATE_RELEASED)
        return ERROR_NOT_FOUND;
    TRY(order_release_read(binding->row.release, &safe->route.keys, &binding->release));
    if (!hash_equal(&hash, &binding->release.hash) || !id_equal(&binding->release.node, &safe->node.id))
        return ERROR_SIGNATURE;
    struct block_cipher *cipher = block_cipher_new(&safe->keys->session.sector[SECTOR_OVERSIGHT]);
    if (!cipher)
        return ERROR_MEMORY;
    block_decrypt(cipher, binding->release.person.byte, binding->person.byte);
    block_cipher_free(cipher);
    return OK;
}

/* The officer who brought it, of the authority that she brought it from, while all of it is in force. */
static bool speaks_for(const struct safe *safe, const struct credential *credential, const struct binding *binding)
{
    const struct order_text *asked = &binding->asked;
    int64_t now = now_s(safe);

    return safe->route.law.sectors & 1u << credential->sector && credential->purposes & 1u << PURPOSE_ENFORCE &&
           credential->sector == asked->sector && slice_equal(credential->actor, asked->actor) &&
           id_equal(&credential->organization, &asked->organization) && now < binding->release.until_s &&
           now < asked->expires_s;
}

static enum error find_released(struct safe *safe, const struct credential *credential, const struct id *id,
                                struct binding *binding)
{
    if (!order_route_is_open(safe))
        return ERROR_NOT_FOUND;
    TRY(load(safe, id, binding));
    TRY(load_release(safe, binding));
    return speaks_for(safe, credential, binding) ? OK : ERROR_NOT_FOUND;
}

/* One person's own record of who she is, read and nothing else. */
static bool is_plain_reading(const struct access *access, const struct id *person)
{
    return access->action == ACTION_READ && access->targets == 1 && slice_is(access->type, "Patient") &&
           id_equal(&access->target[0].person, person) && id_equal(&access->resource, person) && !access->open_glass &&
           !access->replaces && !access->target[0].fresh && access->changes == 0 && access->needed == OUTCOME_FULL;
}

static enum error use_for_reading(struct safe *safe, struct request *request)
{
    const struct access *access = &request->access;
    struct binding binding;

    TRY(find_released(safe, &request->credential, &access->order, &binding));
    if (request->purpose != PURPOSE_ENFORCE || !is_plain_reading(access, &binding.person))
        return ERROR_NOT_FOUND;
    request->use.valid = binding.release.drawers & binding.asked.drawers & safe->route.law.drawers;
    request->use.until_s = binding.row.told_s;
    return OK;
}

static bool is_plain_match(const struct access *access)
{
    for (size_t i = 0; i < access->targets; i++)
        if (access->target[i].fresh)
            return false;
    return access->action == ACTION_MATCH && access->drawers == 1u << DRAWER_IDENTITY && access->changes == 0 &&
           !access->open_glass && !access->replaces && access->targets <= CANDIDATES_MAX &&
           access->needed == OUTCOME_EXISTENCE;
}

static enum error use_for_matching(struct safe *safe, struct request *request)
{
    struct binding binding;
    uint64_t matches;

    if (!order_route_is_open(safe) || !is_plain_match(&request->access))
        return ERROR_NOT_FOUND;
    TRY(load(safe, &request->access.order, &binding));
    TRY(order_book_looks(&safe->orders, &binding.row.id, ORDER_LOOK_MATCH, &matches));
    if (!order_row_is_open(&binding.row, now_s(safe)) || matches >= MATCHES_MAX)
        return ERROR_NOT_FOUND;
    request->use.open = true;
    request->use.until_s = binding.row.told_s;
    return OK;
}

enum error order_use(struct safe *safe, struct request *request)
{
    enum error error = OK;

    if (id_is_zero(&request->access.order))
        return OK;
    if (request->credential.sector == SECTOR_OVERSIGHT)
        error = use_for_matching(safe, request);
    else
        error = use_for_reading(safe, request);
    return error == ERROR_MEMORY || error == ERROR_IO ? error : OK;
}

enum order order_fact(const struct request *request, enum drawer drawer)
{
    if (request->use.open)
        return ORDER_OPEN;
    return request->use.valid & 1u << drawer ? ORDER_VALID : ORDER_NONE;
}

/* token text ‖ order(16) -> person(16), inside. Nobody's when there is none, so that both go the same way on. */
enum error answer_order_person(struct safe *safe, struct request *request)
{
    struct reader reader = reader_of(request->payload);
    struct slice token = protocol_text_read(&reader, PROTOCOL_TOKEN_MAX), bytes = reader_bytes(&reader, ID_BYTES);
    struct binding binding;
    struct id id, nobody;

    if (!reader_done(&reader))
        return ERROR_SYNTAX;
    enum error error = oversight_authenticate(safe, request, token);
    if (error != OK && error != ERROR_REFUSED) /* of oversight or not: it must be somebody */
        return error;
    memcpy(id.byte, bytes.data, ID_BYTES);
    safe->world->random(safe->world, nobody.byte, ID_BYTES);
    error = find_released(safe, &request->credential, &id, &binding);
    buffer_slice(&request->answer, id_slice(error == OK ? &binding.person : &nobody));
    return OK;
}

static void write_open(const struct order_row *row, uint64_t matches, struct json_writer *writer)
{
    char id[ID_TEXT_BYTES], hex[2 * HASH_BYTES];
    struct hash hash = hash_sha256(row->text);

    encode_hex(id_slice(&row->id), id);
    encode_hex(hash_slice(&hash), hex);
    json_begin_object(writer);
    json_member_string(writer, "order", slice_of(id, sizeof id));
    json_member_string(writer, "hash", slice_of(hex, sizeof hex));
    json_key(writer, "entry");
    json_integer(writer, (int64_t)row->leaf);
    json_key(writer, "expires");
    json_integer(writer, row->lapses_s);
    json_key(writer, "told");
    json_integer(writer, row->told_s);
    json_key(writer, "matches");
    json_integer(writer, (int64_t)matches);
    json_member_string(writer, "text", row->text);
    json_end_object(writer);
}

/* A token of oversight -> JSON: [{"order":…,"hash":…,"entry":…,"expires":…,"told":…,"matches":…,"text":…}], the
 * longest waiting first. */
enum error answer_orders(struct safe *safe, struct request *request)
{
    struct json_writer writer = json_writer(&request->answer);
    const struct id *id;
    size_t count;

    if (!order_route_is_open(safe))
        return ERROR_NOT_FOUND;
    if (request->error != OK)
        return request->error;
    TRY(order_book_open(&safe->orders, safe->arena, now_s(safe), LISTED_MAX, &id, &count));
    json_begin_array(&writer);
    for (size_t i = 0; i < count; i++) {
        struct order_row row;
        uint64_t matches;
        TRY(order_book_get(&safe->orders, safe->arena, &id[i], &row));
        TRY(order_book_looks(&safe->orders, &id[i], ORDER_LOOK_MATCH, &matches));
        write_open(&row, matches, &writer);
    }
    json_end_array(&writer);
    return OK;
}
