/* SPDX-License-Identifier: Apache-2.0 */
#include "format.h"

#include "crypto/encode.h"

static const char *const kinds[] = {[RULE_TEXT] = "text",
                                    [RULE_BOOLEAN] = "boolean",
                                    [RULE_INTEGER] = "integer",
                                    [RULE_DECIMAL] = "decimal",
                                    [RULE_DATE] = "date"};
static const char *const hit_policies[] = {
    [RULE_UNIQUE] = "UNIQUE", [RULE_ANY] = "ANY", [RULE_PRIORITY] = "PRIORITY", [RULE_COLLECT] = "COLLECT"};

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

const char *format_kind(enum rule_kind kind)
{
    return kinds[kind];
}

const char *format_hit_policy(enum rule_hit_policy policy)
{
    return hit_policies[policy];
}

bool format_kind_of(struct slice text, enum rule_kind *ret_kind)
{
    for (unsigned i = 0; i < COUNT(kinds); i++) {
        if (slice_is(text, kinds[i])) {
            *ret_kind = i;
            return true;
        }
    }
    return false;
}

bool format_hit_policy_of(struct slice text, enum rule_hit_policy *ret_policy)
{
    for (unsigned i = 0; i < COUNT(hit_policies); i++) {
        if (slice_is(text, hit_policies[i])) {
            *ret_policy = i;
            return true;
        }
    }
    return false;
}

bool format_int64(struct slice text, int64_t *ret_number)
{
    bool negative = slice_starts_with(text, SLICE("-"));
    uint64_t digits;

    if (!slice_to_u64(slice_from(text, negative ? 1 : 0), &digits) || digits > INT64_MAX)
        return false;
    *ret_number = negative ? -(int64_t)digits : (int64_t)digits;
    return true;
}

void format_write_hash(struct json_writer *json, const char *name, const struct hash *hash)
{
    char hex[2 * HASH_BYTES];

    encode_hex(hash_slice(hash), hex);
    json_member_string(json, name, slice_of(hex, sizeof hex));
}
