/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* pack.json: what stands beside a pack's table and is not decided by it. Who made it, for how long it holds, what each
 * row rests on, which facts are always known. The format is described in policy/README.md. */

#include "crypto/hash.h"
#include "rules/rule_set.h"
#include "text/json.h"

struct pack {
    struct slice id, version;
    bool draft; /* true unless a reviewer has signed */
    struct slice valid_from, valid_to;
    struct hash hash; /* SHA-256 of its bytes */
    const struct json *sources, *rows, *known, *warnings;
};

/* What a row of this id rests on, and when it holds; empty texts where pack.json says nothing. */
struct pack_row {
    struct rule_citation citation;
    struct slice valid_from, valid_to;
};

/* ERROR_JSON, ERROR_REQUIRED and ERROR_VALUE with the member in `fault`, ERROR_MEMORY. Views point into `arena`. */
MUST_CHECK enum error pack_read(struct arena *arena, struct slice bytes, struct pack *ret_pack, struct fault *fault);

struct pack_row pack_row(const struct pack *pack, struct slice row_id);

/* What the warning of this id tells; false when pack.json has none of that id. */
bool pack_warning(const struct pack *pack, struct slice id, struct rule_tell *ret_tell);

/* Is this fact declared as always known, so that its list needs no `unknown`? */
bool pack_knows(const struct pack *pack, struct slice fact);
