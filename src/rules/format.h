/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* The words of the two formats that rules are kept in: compiled sets (`.rules.json`) and proof records (`.proof.json`).
 * One place for who writes them and who reads them. */

#include "rule_set.h"
#include "text/json.h"

#define FORMAT_RULES "hospitium-rules/1"
#define FORMAT_PROOF "hospitium-proof/2"

#define FORMAT_SCALE_MAX 9                   /* decimals of a number in a cell */
#define FORMAT_NUMBER_MAX (INT64_C(1) << 61) /* largest size of a number as rule_value_of gives it */

const char *format_kind(enum rule_kind kind);
bool format_kind_of(struct slice text, enum rule_kind *ret_kind);
const char *format_hit_policy(enum rule_hit_policy policy);
bool format_hit_policy_of(struct slice text, enum rule_hit_policy *ret_policy); /* DMN's own words: UNIQUE, … */

/* Decimal digits with an optional minus; false when it is anything else or does not fit. */
bool format_int64(struct slice text, int64_t *ret_number);

/* A member whose value is the hash in hexadecimal. */
void format_write_hash(struct json_writer *json, const char *name, const struct hash *hash);
