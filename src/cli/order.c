/* SPDX-License-Identifier: Apache-2.0 */

/* hospitium order: what sets up a route for lawful orders, decides on one, and counts them. Texts are written here,
 * shown to those who sign, and carried from one to the other; whoever signs needs no node, and should not sit at
 * one. */

#include <stdio.h>
#include <string.h>

#include "approve.h"
#include "base/file.h"
#include "command.h"
#include "control.h"
#include "crypto/encode.h"
#include "safe/node.h"
#include "safe/order.h"
#include "text/json.h"

#define ARENA_MAX (64u << 20)
#define LAW_TEXT_MAX (16u << 20)

struct orders {
    const char *directory, *subject; /* second and third position */
    const char *oversight, *community, *health;
    const char *jurisdiction, *law, *article, *text, *sectors, *drawers, *seal, *days;
    const char *token, *reason, *person, *signed_file, *out, *key, *order, *period;
    struct arena *arena;
    struct control *control;
    struct world world;
    struct fault fault;
};

/* ---- small things ---- */

static enum error read_text_file(struct orders *o, const char *path, struct slice *ret_text)
{
    return file_read(o->arena, path, NOTE_BYTES_MAX, ret_text, &o->fault);
}

static enum error number(struct orders *o, const char *text, uint64_t most, uint64_t *ret_number)
{
    if (slice_to_u64(slice_from_string(text), ret_number) && *ret_number > 0 && *ret_number <= most)
        return OK;
    return fault_set(&o->fault, ERROR_VALUE, "%s is not 1 to %llu", text, (unsigned long long)most);
}

/* Words in any order, as bits. */
static enum error words(struct orders *o, enum vocabulary_list list, const char *text, uint32_t allowed,
                        uint32_t *ret_bits)
{
    struct slice rest = slice_from_string(text);

    for (*ret_bits = 0; rest.length > 0;) {
        struct slice word = slice_cut(&rest, ',');
        int bit = vocabulary_number(list, word);
        if (bit < 0 || !(allowed & 1u << bit))
            return fault_set(&o->fault, ERROR_VALUE, "%.*s is none of them", SLICE_PRINT(word));
        *ret_bits |= 1u << bit;
    }
    return *ret_bits ? OK : ERROR_REQUIRED;
}

static enum error write_out(struct orders *o, const struct buffer *text, const char *what)
{
    TRY(buffer_check(text));
    TRY(file_replace(o->out, buffer_view(text), 0644));
    printf("%.*s\nWrote %s. %s\n", SLICE_PRINT(buffer_view(text)), o->out, what);
    return OK;
}

static enum error open_node(struct orders *o)
{
    return control_open(o->directory, &o->control, &o->fault);
}

static enum error post(struct orders *o, const char *path, struct slice body, struct slice *ret_answer)
{
    TRY(open_node(o));
    return control_post(o->control, o->arena, path, body, ret_answer, &o->fault);
}

/* ---- the keys ---- */

static enum error read_key(struct orders *o, const char *path, struct note_key *ret_key)
{
    struct slice text;

    TRY(read_text_file(o, path, &text));
    enum error error = note_key_parse(slice_cut(&text, '\n'), ret_key);
    return error == OK ? OK : fault_set(&o->fault, error, "%s", path);
}

static enum error write_keys(struct orders *o)
{
    CLEANUP_BUFFER struct buffer text = buffer_new(ORDER_TEXT_MAX);
    struct order_keys keys;
    struct node node;

    TRY(node_load(o->directory, &node, &o->fault));
    keys.node = node.id;
    TRY(read_key(o, o->oversight, &keys.key[ORDER_OVERSIGHT]));
    TRY(read_key(o, o->community, &keys.key[ORDER_COMMUNITY]));
    TRY(read_key(o, o->health, &keys.key[ORDER_HEALTH]));
    order_keys_write(&keys, &text);
    return write_out(o, &text,
                     node.demo ? "A demo node takes it as it is." : "Two approvers sign it (hospitium approve).");
}

static enum error give(struct orders *o, const char *path, const char *said)
{
    struct slice note, answer;

    TRY(read_text_file(o, o->subject, &note));
    TRY(post(o, path, note, &answer));
    printf("%s\n", said);
    return OK;
}

static enum error give_keys(struct orders *o)
{
    return give(
        o, "/control/order-keys",
        "Taken; the public log has a hash of each. There is no route yet: that wants a law, signed by all three.");
}

/* ---- the law ---- */

static enum error fill_law(struct orders *o, struct order_law *law)
{
    struct slice statute;
    struct node node;
    uint64_t days;

    TRY(node_load(o->directory, &node, &o->fault));
    TRY(file_read(o->arena, o->text, LAW_TEXT_MAX, &statute, &o->fault));
    TRY(words(o, VOCABULARY_SECTOR, o->sectors, ORDER_SECTORS, &law->sectors));
    TRY(words(o, VOCABULARY_DRAWER, o->drawers, ORDER_DRAWERS, &law->drawers));
    TRY(number(o, o->seal, ORDER_SEAL_MAX, &law->seal_days));
    TRY(number(o, o->days, ORDER_LAW_MAX_S / ORDER_DAY_S, &days));
    law->node = node.id;
    law->jurisdiction = slice_from_string(o->jurisdiction);
    law->law = slice_from_string(o->law);
    law->article = slice_from_string(o->article);
    law->text = hash_sha256(statute);
    law->from_s = world_now_s(&o->world);
    law->until_s = law->from_s + (int64_t)days * ORDER_DAY_S;
    return OK;
}

static enum error write_law(struct orders *o)
{
    CLEANUP_BUFFER struct buffer text = buffer_new(ORDER_TEXT_MAX);
    struct order_law law = {.seal_days = 0};

    TRY(fill_law(o, &law));
    order_law_write(&law, &text);
    return write_out(o, &text, "Oversight, community and health each sign it (hospitium order sign).");
}

static enum error give_law(struct orders *o)
{
    return give(o, "/control/order-law",
                "Taken: there is a route for orders until the law's end. The public log says so.");
}

static enum error close_route(struct orders *o)
{
    struct slice answer;

    TRY(post(o, "/control/order-close", SLICE(""), &answer));
    printf("Closed: there is no route for orders, and what was open has lapsed. The public log says so.\n");
    return OK;
}

static enum error counts(struct orders *o)
{
    struct slice answer;

    TRY(post(o, "/control/order-counts", slice_from_string(o->period), &answer));
    printf("%.*s", SLICE_PRINT(answer));
    return OK;
}

/* ---- oversight ---- */

static enum error list(struct orders *o)
{
    struct slice answer;

    TRY(open_node(o));
    TRY(control_get(o->control, o->arena, "/api/orders", o->token, &answer, &o->fault));
    printf("%.*s\n", SLICE_PRINT(answer));
    return OK;
}

static enum error send(struct orders *o, const char *what, struct slice body, struct slice *ret_answer)
{
    char path[128];

    snprintf(path, sizeof path, "/api/orders/%.40s/%s", o->subject, what);
    TRY(open_node(o));
    return control_send(o->control, o->arena, "POST", path, o->token, body, ret_answer, &o->fault);
}

static enum error send_reason(struct orders *o, const char *what, const char *said)
{
    CLEANUP_BUFFER struct buffer body = buffer_new(8192);
    struct json_writer writer = json_writer(&body);
    struct slice answer;

    json_begin_object(&writer);
    json_member_cstring(&writer, "reason", o->reason);
    json_end_object(&writer);
    TRY(buffer_check(&body));
    TRY(send(o, what, buffer_view(&body), &answer));
    printf("%s\n", said);
    return OK;
}

static enum error match(struct orders *o)
{
    struct slice answer;

    TRY(send(o, "match", SLICE("{}"), &answer));
    printf("%.*s\n", SLICE_PRINT(answer));
    return OK;
}

static enum error refuse(struct orders *o)
{
    return send_reason(o, "refuse", "Refused; the officer is answered as before.");
}

static enum error tell(struct orders *o)
{
    return send_reason(o, "tell", "The person is told now.");
}

/* The order as oversight's list has it. */
static enum error find_order(struct orders *o, const struct json **ret_order)
{
    struct slice answer;

    TRY(open_node(o));
    TRY(control_get(o->control, o->arena, "/api/orders", o->token, &answer, &o->fault));
    const struct json *all;
    TRY(json_parse(o->arena, answer, &all, &o->fault));
    for (struct json_items i = json_items(all); json_next(&i);)
        if (slice_is(json_text(json_member(i.value, "order")), o->subject)) {
            *ret_order = i.value;
            return OK;
        }
    return fault_set(&o->fault, ERROR_NOT_FOUND, "no order of this id is open");
}

static enum error fill_release(struct orders *o, const struct json *order, struct order_release *release)
{
    struct node node;
    uint64_t days;

    TRY(node_load(o->directory, &node, &o->fault));
    TRY(number(o, o->days, ORDER_EXPIRES_MAX_S / ORDER_DAY_S, &days));
    TRY(words(o, VOCABULARY_DRAWER, o->drawers, ORDER_DRAWERS, &release->drawers));
    TRY(decode_hex(slice_from_string(o->person), release->person.byte, ID_BYTES));
    TRY(decode_hex(json_text(json_member(order, "order")), release->order.byte, ID_BYTES));
    TRY(decode_hex(json_text(json_member(order, "hash")), release->hash.byte, HASH_BYTES));
    release->node = node.id;
    release->until_s = world_now_s(&o->world) + (int64_t)days * ORDER_DAY_S;
    return OK;
}

/* Beside the release lies the order that its hash is of: what the signers have to read. */
static enum error write_release(struct orders *o)
{
    CLEANUP_BUFFER struct buffer text = buffer_new(ORDER_TEXT_MAX), beside = buffer_new(4096);
    struct order_release release = {.drawers = 0};
    const struct json *order;

    TRY(find_order(o, &order));
    TRY(fill_release(o, order, &release));
    buffer_format(&beside, "%s.order", o->out);
    buffer_byte(&beside, '\0');
    TRY(buffer_check(&beside));
    TRY(file_replace(beside.data, json_text(json_member(order, "text")), 0600));
    order_release_write(&release, &text);
    return write_out(o, &text, "Oversight and health each sign it with the order beside it (hospitium order sign).");
}

static enum error give_release(struct orders *o)
{
    struct slice note, answer;

    TRY(read_text_file(o, o->signed_file, &note));
    TRY(send(o, "release", note, &answer));
    printf("Released: the officer may read it until then, and the person is told when the term is over.\n");
    return OK;
}

/* ---- a signer, on a machine of her own ---- */

static const char *const signable[] = {"hospitium order law 1\n", "hospitium order release 1\n",
                                       "hospitium order keys 1\n"};
enum { SIGN_LAW, SIGN_RELEASE, SIGN_KEYS, SIGNABLE };

static struct slice line_of(struct slice text, const char *name)
{
    while (text.length > 0) {
        struct slice value = slice_cut(&text, '\n');
        if (slice_is(slice_cut(&value, ' '), name))
            return value;
    }
    return slice_of("", 0);
}

/* Nobody signs for an order that she has not before her. */
static enum error show_order(struct orders *o, struct slice release)
{
    struct order_text read;
    struct slice text;
    char hex[2 * HASH_BYTES];

    if (!o->order)
        return fault_set(&o->fault, ERROR_REQUIRED, "a release is signed with its order beside it: --order FILE");
    TRY(read_text_file(o, o->order, &text));
    TRY(order_read(text, &read));
    struct hash hash = hash_sha256(text);
    encode_hex(hash_slice(&hash), hex);
    if (!slice_equal(line_of(release, "hash"), slice_of(hex, sizeof hex)))
        return fault_set(&o->fault, ERROR_VALUE, "the release is another order's");
    printf("%.*s\n", SLICE_PRINT(text));
    return OK;
}

static enum error sign_file(struct orders *o)
{
    struct slice text, name;
    unsigned s = 0;

    TRY(read_text_file(o, o->directory, &text));
    while (s < SIGNABLE && !slice_starts_with(text, slice_from_string(signable[s])))
        s++;
    if (s == SIGNABLE)
        return fault_set(&o->fault, ERROR_SYNTAX, "this is no law, release or list of keys for orders");
    if (s == SIGN_RELEASE)
        TRY(show_order(o, text));
    TRY(approve_sign(o->arena, o->key, text, o->directory, &name, &o->fault));
    printf("%.*s\nSigned by %.*s.\n", SLICE_PRINT(text), SLICE_PRINT(name));
    return OK;
}

/* ---- the command ---- */

static bool makes_keys(const struct orders *o)
{
    return !o->subject && o->oversight && o->community && o->health && o->out;
}

static bool gives(const struct orders *o)
{
    return o->subject && !o->out;
}

static bool makes_law(const struct orders *o)
{
    return !o->subject && o->jurisdiction && o->law && o->article && o->text && o->sectors && o->drawers && o->seal &&
           o->days && o->out;
}

static bool is_plain(const struct orders *o)
{
    return !o->subject;
}

static bool has_period(const struct orders *o)
{
    return !o->subject && o->period;
}

static bool has_token(const struct orders *o)
{
    return !o->subject && o->token;
}

static bool names_order(const struct orders *o)
{
    return o->subject && o->token;
}

static bool has_reason(const struct orders *o)
{
    return names_order(o) && o->reason;
}

static bool makes_release(const struct orders *o)
{
    return names_order(o) && o->person && o->drawers && o->days && o->out;
}

static bool gives_release(const struct orders *o)
{
    return names_order(o) && o->signed_file;
}

static bool has_key(const struct orders *o)
{
    return !o->subject && o->key;
}

static const struct {
    const char *name;
    enum error (*run)(struct orders *orders);
    bool (*usable)(const struct orders *orders);
} actions[] = {
    {"keys", write_keys, makes_keys},
    {"keys", give_keys, gives},
    {"law", write_law, makes_law},
    {"law", give_law, gives},
    {"close", close_route, is_plain},
    {"counts", counts, has_period},
    {"list", list, has_token},
    {"match", match, names_order},
    {"refuse", refuse, has_reason},
    {"tell", tell, has_reason},
    {"release", write_release, makes_release},
    {"release", give_release, gives_release},
    {"sign", sign_file, has_key},
};

static int run(struct orders *o, enum error (*action)(struct orders *orders))
{
    o->world = world_real();
    o->arena = arena_new(ARENA_MAX);
    enum error error = o->arena ? action(o) : ERROR_MEMORY;
    int code = error == OK ? EXIT_DONE : command_error(error, &o->fault);

    control_close(o->control);
    arena_free(o->arena);
    return code;
}

int command_order(int argc, char **argv)
{
    struct orders o = {0};
    const struct option_spec specs[] = {
        {"oversight", &o.oversight, NULL},
        {"community", &o.community, NULL},
        {"health", &o.health, NULL},
        {"jurisdiction", &o.jurisdiction, NULL},
        {"law", &o.law, NULL},
        {"article", &o.article, NULL},
        {"text", &o.text, NULL},
        {"sectors", &o.sectors, NULL},
        {"drawers", &o.drawers, NULL},
        {"seal", &o.seal, NULL},
        {"days", &o.days, NULL},
        {"token", &o.token, NULL},
        {"reason", &o.reason, NULL},
        {"person", &o.person, NULL},
        {"signed", &o.signed_file, NULL},
        {"out", &o.out, NULL},
        {"key", &o.key, NULL},
        {"order", &o.order, NULL},
        {"period", &o.period, NULL},
    };
    const char *position[3];
    size_t positions;

    if (!command_arguments(argc, argv, specs, sizeof specs / sizeof *specs, position, 3, &positions) || positions < 2)
        return command_usage(argv[0]);
    o.directory = position[1];
    o.subject = positions == 3 ? position[2] : NULL;
    for (size_t i = 0; i < sizeof actions / sizeof *actions; i++)
        if (strcmp(position[0], actions[i].name) == 0 && actions[i].usable(&o))
            return run(&o, actions[i].run);
    return command_usage(argv[0]);
}
