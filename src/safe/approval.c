/* SPDX-License-Identifier: Apache-2.0 */
#include "approval.h"

#include "crypto/encode.h"
#include "node.h"

static const struct slice first_line = {"hospitium credential request 1", 30};
#define TTL_MAX (366u * 86400)

enum error approvers_read(struct slice text, struct approvers *ret_approvers)
{
    *ret_approvers = (struct approvers){0};
    while (text.length > 0) {
        struct slice line = slice_cut(&text, '\n');
        if (line.length == 0)
            continue;
        if (ret_approvers->count == APPROVERS_MAX)
            return ERROR_SYNTAX;
        TRY(note_key_parse(line, &ret_approvers->key[ret_approvers->count++]));
    }
    return OK;
}

/* Different keys, not different lines: one approver listed twice is still one. */
static bool is_repeated(const struct approvers *approvers, size_t index)
{
    for (size_t i = 0; i < index; i++)
        if (memcmp(approvers->key[i].public_key, approvers->key[index].public_key, SIGN_PUBLIC_BYTES) == 0)
            return true;
    return false;
}

size_t approvers_distinct(const struct approvers *approvers)
{
    size_t distinct = 0;

    for (size_t i = 0; i < approvers->count; i++)
        distinct += !is_repeated(approvers, i);
    return distinct;
}

enum error approvers_signed(const struct note *note, const struct approvers *approvers)
{
    size_t approved = 0;

    for (size_t i = 0; i < approvers->count; i++)
        approved += !is_repeated(approvers, i) && note_verify(note, &approvers->key[i]) == OK;
    return approved >= APPROVERS_NEEDED ? OK : ERROR_SIGNATURE;
}

struct reading {
    struct credential *credential;
    struct id node, request;
    struct id *wire_person;
    uint64_t until, ttl;
};

static enum error read_word(enum vocabulary_list list, struct slice value, int *ret_number)
{
    *ret_number = vocabulary_number(list, value);
    return *ret_number > 0 ? OK : ERROR_VALUE;
}

static enum error read_purposes(struct slice value, uint32_t *ret_purposes)
{
    *ret_purposes = 0;
    while (value.length > 0) {
        int purpose;
        TRY(read_word(VOCABULARY_PURPOSE, slice_cut(&value, ','), &purpose));
        *ret_purposes |= 1u << purpose;
    }
    return *ret_purposes ? OK : ERROR_VALUE;
}

static enum error read_field(struct reading *reading, struct slice name, struct slice value)
{
    struct credential *credential = reading->credential;
    int number = 0;

    if (slice_is(name, "node"))
        return decode_hex(value, reading->node.byte, ID_BYTES);
    if (slice_is(name, "request"))
        return decode_hex(value, reading->request.byte, ID_BYTES);
    if (slice_is(name, "until"))
        return slice_to_u64(value, &reading->until) ? OK : ERROR_VALUE;
    if (slice_is(name, "ttl"))
        return slice_to_u64(value, &reading->ttl) && reading->ttl <= TTL_MAX ? OK : ERROR_VALUE;
    if (slice_is(name, "person"))
        return decode_hex(value, reading->wire_person->byte, ID_BYTES);
    if (slice_is(name, "purpose"))
        return read_purposes(value, &credential->purposes);
    if (slice_is(name, "actor")) {
        credential->actor = value;
    } else if (slice_is(name, "organization")) {
        credential->organization = node_organization(value);
    } else if (slice_is(name, "role")) {
        TRY(read_word(VOCABULARY_ROLE, value, &number));
        credential->role = (enum role)number;
    } else if (slice_is(name, "sector")) {
        TRY(read_word(VOCABULARY_SECTOR, value, &number));
        credential->sector = (enum sector)number;
    } else if (slice_is(name, "training")) {
        TRY(read_word(VOCABULARY_TRAINING, value, &number));
        credential->training = (enum training)number;
    } else {
        return ERROR_SYNTAX; /* who signed something that this program does not know did not sign this */
    }
    return OK;
}

static enum error read_text(struct slice text, struct reading *reading)
{
    if (!slice_equal(slice_cut(&text, '\n'), first_line))
        return ERROR_SYNTAX;
    while (text.length > 0) {
        struct slice value = slice_cut(&text, '\n'), name = slice_cut(&value, ' ');
        TRY(read_field(reading, name, value));
    }
    const struct credential *credential = reading->credential;
    bool whole = credential->actor.length > 0 && credential->actor.length <= CREDENTIAL_ACTOR_MAX && credential->role &&
                 credential->sector && credential->purposes && reading->ttl > 0 && !id_is_zero(&reading->request);
    return whole ? OK : ERROR_REQUIRED;
}

enum error approval_read(struct slice note_bytes, const struct approvers *approvers, const struct id *node,
                         int64_t now_s, struct credential *ret_credential, struct id *ret_wire_person,
                         struct id *ret_request)
{
    struct credential credential = {.training = TRAINING_UNKNOWN};
    struct id wire_person = {{0}};
    struct reading reading = {.credential = &credential, .wire_person = &wire_person};
    struct note note;

    TRY(note_parse(note_bytes, &note));
    TRY(approvers_signed(&note, approvers));
    TRY(read_text(note.text, &reading));
    if (!id_equal(&reading.node, node))
        return ERROR_VALUE;
    if (reading.until < (uint64_t)now_s)
        return ERROR_TOKEN_EXPIRED;
    credential.issued_s = now_s;
    credential.expires_s = now_s + (int64_t)reading.ttl;
    *ret_credential = credential;
    *ret_wire_person = wire_person;
    *ret_request = reading.request;
    return OK;
}
