/* SPDX-License-Identifier: Apache-2.0 */

/* Which rule sets were active stands in the public log, each with the hash of its proof record: so a stranger can ask
 * for the record of any day and check it. Told when the safe begins to serve, once for each set and record: rule sets
 * are activated while no safe runs.
 *
 * What was told is kept in DIR/keys/activated, a line a set, keyed: whoever may write the node's directory can have
 * something told twice and nothing left out. */

#include <stdio.h>

#include "base/file.h"
#include "crypto/encode.h"
#include "rules/rule_set.h"
#include "rulesets.h"
#include "state.h"
#include "text/json.h"

#define TOLD_MAX (1u << 20)

struct telling {
    struct safe *safe;
    struct fault *fault;
    const struct rule_set *joint;
    struct slice before; /* lines of what was told before */
    struct buffer now;   /* lines of what is active now */
    bool new;
};

static struct node_path told_path(const struct safe *safe)
{
    return node_path(safe->node.directory, "keys/activated");
}

static void write_hex(struct json_writer *json, const char *name, const struct hash *hash)
{
    char hex[2 * HASH_BYTES];

    encode_hex(hash_slice(hash), hex);
    json_member_string(json, name, slice_of(hex, sizeof hex));
}

static enum error tell(struct safe *safe, const struct rule_set *set, const struct hash *record)
{
    CLEANUP_BUFFER struct buffer text = buffer_new(LEDGER_LEAF_MAX);
    struct json_writer json = json_writer(&text);
    uint64_t index;

    json_begin_object(&json);
    json_member_cstring(&json, "kind", "rules.activated");
    json_member_string(&json, "pack", set->pack);
    json_member_string(&json, "version", set->version);
    write_hex(&json, "rules", &set->rules_hash);
    write_hex(&json, "dmn", &set->dmn_hash);
    write_hex(&json, "proof", record);
    json_end_object(&json);
    TRY(buffer_check(&text));
    return safe_publish(safe, buffer_view(&text), &index);
}

static bool has_line(struct slice lines, struct slice wanted)
{
    while (lines.length > 0)
        if (slice_equal(slice_cut(&lines, '\n'), wanted))
            return true;
    return false;
}

/* One line for this set with this record: a keyed hash, in hexadecimal. */
static void mark(const struct safe *safe, const struct rule_set *set, const struct hash *record,
                 char ret_hex[2 * HASH_BYTES])
{
    uint8_t pair[2 * HASH_BYTES];

    memcpy(pair, set->rules_hash.byte, HASH_BYTES);
    memcpy(pair + HASH_BYTES, record->byte, HASH_BYTES);
    struct hash hash = hash_keyed(secret_key_slice(&safe->keys->activated), slice_of(pair, sizeof pair));
    encode_hex(hash_slice(&hash), ret_hex);
}

static enum error tell_if_new(void *context, const char *name)
{
    struct telling *telling = context;
    struct safe *safe = telling->safe;
    const struct rule_set *set;
    struct hash record;
    char line[2 * HASH_BYTES];

    TRY(rulesets_load_proved(safe->rules_arena, safe->node.directory, name, telling->joint, &set, &record,
                             telling->fault));
    mark(safe, set, &record, line);
    buffer_slice(&telling->now, slice_of(line, sizeof line));
    buffer_byte(&telling->now, '\n');
    if (has_line(telling->before, slice_of(line, sizeof line)))
        return OK;
    telling->new = true;
    return tell(safe, set, &record);
}

static enum error tell_all(struct telling *telling)
{
    struct safe *safe = telling->safe;
    enum error error = file_read(safe->rules_arena, told_path(safe).text, TOLD_MAX, &telling->before, NULL);

    if (error != OK && error != ERROR_FILE_MISSING)
        return error;
    TRY(tell_if_new(telling, RULESETS_JOINT));
    TRY(rulesets_load(safe->rules_arena, safe->node.directory, RULESETS_JOINT, NULL, &telling->joint, telling->fault));
    TRY(rulesets_packs(safe->node.directory, tell_if_new, telling));
    TRY(buffer_check(&telling->now));
    bool same = slice_equal(telling->before, buffer_view(&telling->now));
    return same && !telling->new ? OK : file_replace(told_path(safe).text, buffer_view(&telling->now), 0600);
}

enum error safe_tell_rules(struct safe *safe, struct fault *fault)
{
    struct telling telling = {.safe = safe, .fault = fault, .now = buffer_new(TOLD_MAX)};
    enum error error = tell_all(&telling);

    buffer_free(&telling.now);
    /* Emergencies are served on a full disk too. What was not told is told the next time. */
    return error == ERROR_DISK_FULL ? OK : error;
}
