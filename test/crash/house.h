/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* A whole node in this process, safe, gate and vault, that can fail: nothing here asserts, every call says how it
 * ended. The rule sets are read and proved once by the product's own code and then kept, since no crash touches them
 * and reading them is most of what opening a node costs (house_rules.c). */

#include "base/loop.h"
#include "gate/gate.h"
#include "safe/safe.h"
#include "whole_node.h"

struct house {
    char directory[200];
    struct world world;
    struct safe *safe;
    struct arena *arena;
    struct loop *loop;
    struct safe_client *client;
    struct gate *gate;
    struct buffer answer; /* of the safe, until the next question */
    unsigned waiting;
    struct fault fault;      /* of opening */
    struct keeping *keeping; /* a witness instead of a node (witness_story.c) */
    void (*close_keeping)(struct keeping *keeping);
};

/* `cadence` may be NULL: the log grows as it happens. */
MUST_CHECK enum error house_open(struct house *house, const char *directory, uint64_t seed, int64_t now_s,
                                 const struct safe_cadence *cadence);
void house_close(struct house *house); /* also of one that did not open */
/* The safe is reached from here and not by the gate. */
MUST_CHECK enum error house_ask(struct house *house, enum protocol_kind kind, struct slice payload,
                                struct slice *ret_payload);

struct house_token {
    uint16_t length;
    char byte[PROTOCOL_TOKEN_MAX];
};
MUST_CHECK enum error house_issue(struct house *house, const struct whole_person *person, struct house_token *ret);
MUST_CHECK enum error house_asker(struct house *house, const struct house_token *token, struct gate_asker *ret_asker);

/* One call, waited for. What comes back lives in the house's arena. */
struct house_write {
    enum gate_method method;
    const char *type, *json;
    struct id resource, person;
    unsigned seen;
    uint64_t expected;
    const struct slice *term;
    size_t terms;
};
MUST_CHECK enum error house_write(struct house *house, const struct house_token *as, const struct house_write *write,
                                  size_t count);

struct house_seen {
    struct slice json;
    uint64_t version, leaf;
    size_t count;
};
MUST_CHECK enum error house_read(struct house *house, const struct house_token *as, const char *type,
                                 const struct id *resource, uint64_t version, struct house_seen *ret_seen);
/* Under a lawful order; oversight's search for its person, which shows no text. */
MUST_CHECK enum error house_read_under(struct house *house, const struct house_token *as, const struct id *order,
                                       const struct id *person, struct house_seen *ret_seen);
MUST_CHECK enum error house_match(struct house *house, const struct house_token *as, const struct id *order,
                                  struct slice term, struct house_seen *ret_seen);
MUST_CHECK enum error house_search(struct house *house, const struct house_token *as, const char *type,
                                   struct slice term, struct house_seen *ret_seen);
MUST_CHECK enum error house_scan(struct house *house, const struct house_token *as, const struct id *person,
                                 struct house_seen *ret_seen);
MUST_CHECK enum error house_events(struct house *house, const struct house_token *as, const struct id *person,
                                   struct slice *ret_list);
MUST_CHECK enum error house_proof(struct house *house, const struct house_token *as, const struct id *person,
                                  uint64_t leaf, struct slice *ret_text);
MUST_CHECK enum error house_break_glass(struct house *house, const struct house_token *as, const struct id *person,
                                        struct slice reason, uint64_t *ret_leaf);
MUST_CHECK enum error house_erase(struct house *house, const struct house_token *as, const struct id *person);
MUST_CHECK enum error house_backup(struct house *house, const char *directory);
/* `finding` gets the first line that is found. */
MUST_CHECK enum error house_check(struct house *house, char finding[160]);
/* The signed checkpoint of the access log (0) or of the public one (1). */
MUST_CHECK enum error house_checkpoint(struct house *house, uint8_t log, struct slice *ret_note);
