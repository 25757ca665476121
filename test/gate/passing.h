/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* A house whose gate speaks with its safe through a spy, and calls everything else through between.c; two persons and a few
 * records lie in it. */

#include <stdio.h>

#include "between.h"
#include "crypto/encode.h"
#include "gate/internal.h"
#include "spy.h"

#define BIT(drawer) (1u << DRAWER_##drawer)
#define HERS (BIT(IDENTITY) | BIT(CONTACT) | BIT(SOCIAL)) /* what PATIENT fills */
#define ANY_PATIENT (HERS | BIT(CLINICAL) | BIT(SENSITIVE))
#define ANY_OBSERVATION (BIT(CLINICAL) | BIT(CONTACT) | BIT(SENSITIVE))

extern const struct id ben, observation, deleted, encounter, other, order, clinic, nobody;
extern const struct slice passing_terms[2];
extern const struct gate_term_set passing_sets[2];

#define OBSERVATION "{\"resourceType\":\"Observation\",\"status\":\"final\"}"
#define OBSERVED "{\"resourceType\":\"Observation\",\"status\":\"final\",\"performer\":[{\"display\":\"x\"}]}"
#define ENCOUNTER                                                                                                      \
    "{\"resourceType\":\"Encounter\",\"status\":\"in-progress\",\"serviceProvider\":{\"reference\":"                   \
    "\"Organization/0000000000000000000000000000000a\"}}"

struct passing {
    struct house house;
    struct spy spy;
    struct gate_asker nurse;
    enum error error;
    struct gate_reason reason;
    struct gate_view view[8];
    size_t count;
    unsigned calls;
};

void passing_begin(struct passing *passing);
void passing_end(struct passing *passing);

/* One of some hundred places that are used in turn. */
struct gate_write_item *item_for(enum gate_method method, const char *type, const struct id *resource,
                                 const struct id *person, const char *json);
enum error write_all(struct passing *passing, const struct gate_asker *asker, struct gate_write_item *item,
                     size_t items);
enum error write_one(struct passing *passing, struct gate_write_item *item); /* by the nurse */
gate_write_done passing_written;

void read_of(struct passing *passing, struct slice type, const struct id *resource, uint64_t version, bool history,
             const struct id *under);
void scan_of(struct passing *passing, struct slice type);
void search_sets(struct passing *passing, const char *type, const struct gate_term_set *set, size_t count,
                 const struct id *match_for, const struct id *under);
void search_of(struct passing *passing, size_t count, const struct id *match_for,
               const struct id *under); /* Patients */
