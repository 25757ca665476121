/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* A whole demo node, made by `hospitium init` itself, with its safe opened in this process on a clock and a randomness
 * that the test drives. The node is made once a group of tests and copied for each. */

#include <sys/resource.h>

#include "base/arena.h"
#include "base/world.h"
#include "safe/node.h"
#include "safe/protocol.h"
#include "safe/safe.h"

#define WHOLE_START_S INT64_C(1700000000) /* when the node was made */
#define WHOLE_OPENED_S (WHOLE_START_S + 7200)

/* Group set-up and tear-down for cmocka. $HOSPITIUM_TEST_NODE, when it is set, is such a node that was made before
 * (tools/mutate, which runs the same tests many times over). */
int whole_template_make(void **state);
int whole_template_remove(void **state);
/* Where the template lies: DIRECTORY/node is the node that was made. */
const char *whole_template_directory(void);

/* The number that the door gave a deed's request, as tests have it. */
#define WHOLE_REQUEST UINT64_C(0x9c41f0e2b7a3d518)

struct whole {
    char directory[96];
    struct world world;
    struct safe *safe;
    struct safe_cadence cadence; /* from the next whole_reopen on; none at first: the log grows as it happens */
    struct arena *arena;         /* of the test: what is returned lives here */
    struct buffer answer;        /* of the last message */
};

/* Fills in place: the safe keeps a pointer to the world. */
void whole_open(struct whole *whole);
void whole_close(struct whole *whole);
/* As after a crash or a restart. */
void whole_reopen(struct whole *whole);
#define WITH_WHOLE __attribute__((cleanup(whole_close))) struct whole

/* No file may grow beyond this many bytes while it holds: what a full disk does, without needing one. RLIM_INFINITY ends
 * it. */
void whole_files_may_grow_to(rlim_t bytes);

/* Sends a message of one request. The payload of the answer lives until the next message. */
/* A list of oversight: the payload is who asks. */
MUST_CHECK enum error whole_list(struct whole *whole, enum protocol_kind kind, struct slice token,
                                 struct slice *ret_payload);
MUST_CHECK enum error whole_ask(struct whole *whole, enum protocol_kind kind, struct slice payload,
                                struct slice *ret_payload);

struct whole_person {
    enum role role;
    enum sector sector;
    uint32_t purposes;
    const char *organization; /* short name */
    struct id person;         /* of a patient */
    const char *actor;        /* her name; NULL: one of her role and organisation */
};
extern const struct whole_person NURSE, PHYSICIAN_EMERGENCY, PHYSICIAN_ELSEWHERE, OVERSEER, OFFICER, CLERK;
struct whole_person whole_patient(const struct id *person);

/* A token of an hour. */
struct slice whole_token(struct whole *whole, const struct whole_person *person);

/* The access through the protocol and back. `grant` lives in the arena. */
MUST_CHECK enum error whole_access(struct whole *whole, const struct access *access, struct grant *ret_grant);

/* Entries in the access log and in the public log now. */
uint64_t whole_entries(struct whole *whole);
uint64_t whole_public_entries(struct whole *whole);

/* What this process has allocated and not given back. Nought without AddressSanitizer, since what the C library keeps for
 * itself would count too. */
size_t whole_memory(void);

/* Registers a person as a nurse of harbour-clinic; gives her sealed facts. */
struct slice whole_register(struct whole *whole, const struct id *person);
