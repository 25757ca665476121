/* SPDX-License-Identifier: Apache-2.0 */

/* What is done with a lawful order: it is taken in from an officer, and oversight releases, refuses or tells. Each is
 * an entry of the access log, refused ones too, durable before it is answered. Taking in touches no record and finds
 * out nothing; a release is the signatures of two bodies over this order's hash, and opens nothing by itself: the rules
 * decide on each reading (order_look.c).
 *
 * Must never: decide twice; bind an order to a person for whom not both bodies have signed; put off when she is told.
 * */

#include "crypto/block.h"
#include "order_inside.h"
#include "text/utf8.h"

#define PER_CREDENTIAL 4 /* orders a day */
#define PER_AUTHORITY 12
#define RELEASE_MAX 8192

static int64_t now_s(const struct safe *safe)
{
    return safe->now_ns / 1000000000;
}

bool order_is_deed(enum protocol_kind kind)
{
    return kind == PROTOCOL_ORDER;
}

static void keyed(const struct safe *safe, const char *use, struct slice value, uint8_t ret_keyed[ID_BYTES])
{
    const struct slice part[] = {slice_from_string(use), value};
    struct hash hash = hash_sha256_parts(part, 2);
    struct hash named = hash_keyed(secret_key_slice(&safe->keys->order), hash_slice(&hash));

    memcpy(ret_keyed, named.byte, ID_BYTES);
}

/* ---- what is asked ---- */

/* authority ‖ officer ‖ law ‖ article ‖ case ‖ drawers, texts ‖ expires u64 ‖ name ‖ born, texts. An empty word is not
 * allowed, and says so later; a drawer that is none is none. */
static void read_intake(struct reader *reader, struct order_deed *deed)
{
    struct order_text *asked = &deed->asked;

    asked->authority = protocol_text_read(reader, PROTOCOL_TEXT_MAX);
    asked->officer = protocol_text_read(reader, PROTOCOL_TEXT_MAX);
    asked->law = protocol_text_read(reader, PROTOCOL_TEXT_MAX);
    asked->article = protocol_text_read(reader, PROTOCOL_TEXT_MAX);
    asked->reference = protocol_text_read(reader, PROTOCOL_TEXT_MAX);
    if (!order_drawers_read(protocol_text_read(reader, PROTOCOL_TEXT_MAX), &asked->drawers))
        asked->drawers = 0;
    asked->expires_s = (int64_t)(reader_u64(reader) & INT64_MAX);
    asked->name = protocol_text_read(reader, PROTOCOL_TEXT_MAX);
    asked->born = protocol_text_read(reader, PROTOCOL_TEXT_MAX);
}

/* id(16) ‖ words text */
static void read_decision(struct reader *reader, struct order_deed *deed)
{
    struct slice id = reader_bytes(reader, ID_BYTES);

    if (id.data)
        memcpy(deed->id.byte, id.data, ID_BYTES);
    deed->words = protocol_text_read(reader, RELEASE_MAX);
}

/* ---- may it be done ---- */

static enum error check_limits(struct safe *safe, struct order_deed *deed)
{
    uint64_t credential, authority;

    TRY(order_book_recent(&safe->orders, &deed->row, now_s(safe) - ORDER_DAY_S, &credential, &authority));
    return credential >= PER_CREDENTIAL || authority >= PER_AUTHORITY ? ERROR_TOO_MANY : OK;
}

static enum error write_asked(struct safe *safe, struct order_deed *deed)
{
    CLEANUP_BUFFER_WIPE struct buffer text = buffer_new(ORDER_TEXT_MAX);

    order_write(&deed->asked, &text);
    TRY(buffer_check(&text));
    deed->row.text = arena_copy(safe->arena, buffer_view(&text));
    return deed->row.text.data ? OK : ERROR_MEMORY;
}

static void fill_asked(struct safe *safe, const struct request *request, struct order_text *asked)
{
    const struct credential *credential = &request->credential;

    asked->node = safe->node.id;
    safe->world->random(safe->world, asked->order.byte, ID_BYTES);
    asked->received_s = now_s(safe);
    asked->credential = credential->id;
    asked->actor = credential->actor;
    asked->role = credential->role;
    asked->sector = credential->sector;
    asked->organization = credential->organization;
    asked->told_s = asked->received_s + (int64_t)safe->route.law.seal_days * ORDER_DAY_S;
    asked->statute = safe->route.law.statute;
}

void order_row_fill(const struct safe *safe, const struct order_text *asked, struct order_row *row)
{
    row->id = asked->order;
    row->received_s = asked->received_s;
    row->lapses_s = asked->expires_s;
    row->told_s = asked->told_s;
    keyed(safe, "credential", id_slice(&asked->credential), row->credential);
    keyed(safe, "authority", id_slice(&asked->organization), row->authority);
}

static enum error prepare_intake(struct safe *safe, struct request *request)
{
    struct order_deed *deed = request->order;
    uint8_t *nonce = arena_alloc(safe->arena, EVENT_NONCE_BYTES);

    if (!nonce)
        return ERROR_MEMORY;
    fill_asked(safe, request, &deed->asked);
    deed->id = deed->asked.order;
    TRY(order_check(&deed->asked, &safe->route.law, &deed->fault));
    order_row_fill(safe, &deed->asked, &deed->row);
    TRY(check_limits(safe, deed));
    safe->world->random(safe->world, nonce, EVENT_NONCE_BYTES);
    deed->row.nonce = slice_of(nonce, EVENT_NONCE_BYTES);
    return write_asked(safe, deed);
}

/* The row of an order that is open, and what it says. */
static enum error find_open(struct safe *safe, struct order_deed *deed)
{
    TRY(order_book_get(&safe->orders, safe->arena, &deed->id, &deed->row));
    if (!order_row_is_open(&deed->row, now_s(safe)))
        return fault_set(&deed->fault, ERROR_CONFLICT, "the order is decided already, or has lapsed");
    return order_read(deed->row.text, &deed->asked);
}

static enum error prepare_refuse(struct safe *safe, struct request *request)
{
    struct order_deed *deed = request->order;

    TRY(oversight_check_words(deed->words));
    TRY(find_open(safe, deed));
    deed->row.state = ORDER_STATE_REFUSED;
    return OK;
}

static enum error person_of(struct safe *safe, const struct order_release *release, struct id *ret_person)
{
    struct block_cipher *cipher = block_cipher_new(&safe->keys->session.sector[SECTOR_OVERSIGHT]);

    if (!cipher)
        return ERROR_MEMORY;
    block_decrypt(cipher, release->person.byte, ret_person->byte);
    block_cipher_free(cipher);
    return OK;
}

/* Signed for this node, this order to the letter, and no more than it asks for. */
static enum error check_release(const struct safe *safe, struct order_deed *deed)
{
    const struct order_release *release = &deed->release;
    struct hash hash = hash_sha256(deed->row.text);
    const struct {
        bool holds;
        const char *sentence;
    } demands[] = {
        {id_equal(&release->node, &safe->node.id), "the release is another node's"},
        {id_equal(&release->order, &deed->id) && hash_equal(&release->hash, &hash), "the release is another order's"},
        {!(release->drawers & ~deed->asked.drawers), "the release opens more than the order asks for"},
        {!(release->drawers & ~safe->route.law.drawers), "the release opens more than the law names"},
        {release->until_s > now_s(safe), "the release is over"},
        {release->until_s <= deed->row.lapses_s, "the release lasts longer than the order"},
    };

    for (size_t i = 0; i < sizeof demands / sizeof *demands; i++)
        if (!demands[i].holds)
            return fault_set(&deed->fault, ERROR_VALUE, "%s", demands[i].sentence);
    return OK;
}

static enum error prepare_release(struct safe *safe, struct request *request)
{
    struct order_deed *deed = request->order;
    struct keystore_person known;
    struct id person;

    TRY(find_open(safe, deed));
    TRY(order_release_read(deed->words, &safe->route.keys, &deed->release));
    TRY(check_release(safe, deed));
    TRY(person_of(safe, &deed->release, &person));
    if (keystore_person(safe->keystore, &person, 0, &known, NULL) != OK)
        return fault_set(&deed->fault, ERROR_VALUE, "the release names nobody who is known here");
    person_index_token(safe->index, &person, deed->row.person);
    deed->row.state = ORDER_STATE_RELEASED;
    deed->row.release = deed->words;
    return OK;
}

/* Of any order, as long as she has not been told. */
static enum error prepare_tell(struct safe *safe, struct request *request)
{
    struct order_deed *deed = request->order;

    TRY(oversight_check_words(deed->words));
    TRY(order_book_get(&safe->orders, safe->arena, &deed->id, &deed->row));
    if (deed->row.told_s <= now_s(safe))
        return fault_set(&deed->fault, ERROR_CONFLICT, "its term is over already");
    return order_read(deed->row.text, &deed->asked);
}

static const struct {
    const char *action;
    void (*read)(struct reader *reader, struct order_deed *deed);
    enum error (*prepare)(struct safe *safe, struct request *request);
    bool by_officer;
} verbs[ORDER_VERBS] = {
    [ORDER_INTAKE] = {"intake", read_intake, prepare_intake, true},
    [ORDER_REFUSE] = {"refuse", read_decision, prepare_refuse, false},
    [ORDER_RELEASE] = {"release", read_decision, prepare_release, false},
    [ORDER_TELL] = {"tell", read_decision, prepare_tell, false},
};

static bool may_ask(const struct safe *safe, const struct credential *credential)
{
    return safe->route.law.sectors & 1u << credential->sector && credential->purposes & 1u << PURPOSE_ENFORCE;
}

/* ERROR_REFUSED: it is known who, and she may not. */
static enum error authenticate(struct safe *safe, struct request *request, struct slice token)
{
    enum error error = oversight_authenticate(safe, request, token);

    if (!verbs[request->order->verb].by_officer || (error != OK && error != ERROR_REFUSED))
        return error;
    return may_ask(safe, &request->credential) ? OK : ERROR_REFUSED;
}

/* ---- the entry ---- */

static struct event_order event_of(struct safe *safe, const struct request *request, const uint8_t *nonce)
{
    const struct order_deed *deed = request->order;
    bool decided = request->error == OK && deed->verb != ORDER_INTAKE;

    return (struct event_order){
        .time_ns = safe->now_ns,
        .credential = &request->credential,
        .request = deed->request,
        .action = verbs[deed->verb].action,
        .order = &deed->id,
        .words = decided && deed->verb != ORDER_RELEASE ? deed->words : slice_of("", 0),
        .looker_nonce = nonce,
        .error = request->error,
    };
}

void order_event_law(const struct order_text *asked, uint32_t drawers, int64_t until_s, int64_t told_s,
                     struct event_order *event)
{
    event->authority = asked->authority;
    event->law = asked->law;
    event->article = asked->article;
    event->drawers = drawers;
    event->until_s = until_s;
    event->told_s = told_s;
}

/* The nonce of an intake is what its commitment opens with. */
static enum error write_entry(struct safe *safe, struct request *request)
{
    CLEANUP_BUFFER_WIPE struct buffer beside = buffer_new(EVENT_BYTES_MAX);
    struct order_deed *deed = request->order;
    uint8_t nonce[EVENT_NONCE_BYTES], looker_nonce[EVENT_NONCE_BYTES];
    bool good = request->error == OK, intake = good && deed->verb == ORDER_INTAKE,
         released = good && deed->verb == ORDER_RELEASE;
    struct hash commitment = hash_keyed(deed->row.nonce, deed->row.text);

    safe->world->random(safe->world, looker_nonce, sizeof looker_nonce);
    if (intake)
        memcpy(looker_nonce, deed->row.nonce.data, sizeof looker_nonce);
    struct event_order event = event_of(safe, request, looker_nonce);
    struct event_looker looker = {.credential = &request->credential, .nonce = looker_nonce, .order = &deed->id};
    if (intake) {
        event.commitment = &commitment;
        order_event_law(&deed->asked, deed->asked.drawers, deed->asked.expires_s, deed->row.told_s, &event);
        looker.subject = deed->row.text;
    } else if (released) {
        order_event_law(&deed->asked, deed->release.drawers, deed->release.until_s, deed->row.told_s, &event);
        looker.subject = deed->row.release;
        looker.token = (const uint8_t(*)[ID_BYTES]) & deed->row.person;
        looker.tokens = 1;
        looker.until_s = deed->row.told_s;
        looker.intake_entry = &deed->row.leaf;
    }
    event_write_looker(&looker, &beside);
    TRY(buffer_check(&beside));
    TRY(entry_begin(safe, request, nonce));
    event_write_order(&event, &request->plain);
    return entry_seal(safe, request, buffer_view(&beside));
}

static enum error read_deed(struct request *request, struct slice *ret_token)
{
    struct reader reader = reader_of(request->payload);
    unsigned verb = reader_byte(&reader);

    *ret_token = protocol_asker_read(&reader, &request->order->request);
    if (reader.failed || verb < ORDER_INTAKE || verb >= ORDER_VERBS)
        return ERROR_SYNTAX;
    request->order->verb = (enum order_verb)verb;
    verbs[verb].read(&reader, request->order);
    return reader_done(&reader) ? OK : ERROR_SYNTAX;
}

void order_prepare(struct safe *safe, struct request *request)
{
    struct slice token;

    request->order = arena_alloc(safe->arena, sizeof *request->order);
    request->error = request->order ? OK : ERROR_MEMORY;
    if (request->error == OK)
        *request->order = (struct order_deed){.row = {.nonce = SLICE(""), .text = SLICE("")}};
    if (request->error == OK)
        request->error = read_deed(request, &token);
    if (request->error == OK && !order_route_is_open(safe))
        request->error = ERROR_NOT_FOUND; /* there is nothing here that could be asked, and nobody to write down */
    if (request->error == OK && safe->route.busy)
        request->error = ERROR_OVERLOADED;
    if (request->error != OK)
        return;
    request->error = authenticate(safe, request, token);
    if (request->error != OK && request->error != ERROR_REFUSED && request->error != ERROR_SUSPENDED)
        return;
    safe->route.busy = request;
    if (request->error == OK)
        request->error = utf8_valid(request->order->words) ? verbs[request->order->verb].prepare(safe, request)
                                                           : ERROR_UTF8;
    enum error written = write_entry(safe, request);
    if (written != OK)
        request->error = written;
}

/* ---- after the entry is durable ---- */

static enum error keep_release(struct safe *safe, const struct order_row *row, uint64_t leaf)
{
    TRY(order_book_decide(&safe->orders, row));
    TRY(person_index_add_sealed(safe->index, row->person, row->leaf, &row->id, row->told_s));
    return person_index_add_sealed(safe->index, row->person, leaf, &row->id, row->told_s);
}

enum error order_keep_told_early(struct safe *safe, const struct id *id, int64_t time_s)
{
    TRY(order_book_tell(&safe->orders, id, time_s));
    return person_index_unseal(safe->index, id, time_s);
}

static enum error keep_deed(struct safe *safe, struct request *request)
{
    struct order_deed *deed = request->order;

    deed->row.decided_s = now_s(safe);
    switch (deed->verb) {
    case ORDER_INTAKE:
        deed->row.leaf = request->grant.leaf;
        return order_book_add(&safe->orders, &deed->row);
    case ORDER_REFUSE:
        return order_book_decide(&safe->orders, &deed->row);
    case ORDER_RELEASE:
        return keep_release(safe, &deed->row, request->grant.leaf);
    default:
        return order_keep_told_early(safe, &deed->id, now_s(safe));
    }
}

enum error order_keep(struct safe *safe, struct request *request)
{
    enum error error = OK;

    if (request->error != OK)
        return OK;
    if (request->kind == PROTOCOL_ORDER)
        error = keep_deed(safe, request);
    else if (request->use.until_s)
        error = order_book_look(&safe->orders, &request->access.order, request->grant.leaf,
                                request->use.open ? ORDER_LOOK_MATCH : ORDER_LOOK_READ);
    request->error = error;
    return error;
}

static enum error commit(struct safe *safe, const struct order_deed *deed)
{
    struct hash commitment = hash_keyed(deed->row.nonce, deed->row.text);

    TRY(order_publish_commitment(safe, &commitment));
    return order_book_committed(&safe->orders, &deed->id);
}

/* -> the order's id; of an error, what is wrong in words. */
enum error answer_order(struct safe *safe, struct request *request)
{
    const struct order_deed *deed = request->order;

    if (safe->route.busy == request)
        safe->route.busy = NULL;
    if (request->error != OK) {
        buffer_string(&request->answer, deed ? deed->fault.detail : "");
        return request->error;
    }
    if (deed->verb == ORDER_INTAKE)
        TRY(commit(safe, deed));
    buffer_slice(&request->answer, id_slice(&deed->id));
    return OK;
}
