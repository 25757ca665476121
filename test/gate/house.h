/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* A gate against a whole safe in this process, with calls that are made and waited for. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "gate/gate.h"
#include "whole_node.h"

extern const struct id anna; /* whom the stories are about */

struct house {
    struct whole whole;
    struct loop *loop;
    struct safe_client *client;
    struct gate *gate;
    unsigned waiting; /* calls under way */
};

void house_open(struct house *house);
void house_close(struct house *house);
void house_answered(struct house *house); /* from a callback: one call less is under way */
void house_wait(struct house *house);     /* until none is */

struct gate_asker asker_of(struct house *house, const struct whole_person *person);

struct written {
    struct house *house;
    enum error error;
    unsigned calls;
};
gate_write_done write_done; /* into a struct written */
struct gate_write_item item_of(enum gate_method method, const char *type, const struct id *resource, const char *json);
enum error write_as(struct house *house, const struct gate_asker *asker, struct gate_write_item *item);

struct seen {
    struct house *house;
    enum error error;
    struct gate_view view; /* the first */
    size_t count;
    unsigned calls;
};
gate_read_done read_done; /* into a struct seen */
struct seen read_as(struct house *house, const struct gate_asker *asker, const char *type, const struct id *resource,
                    uint64_t version);
bool shows(const struct seen *seen, const char *text);

#define PATIENT                                                                                                        \
    "{\"resourceType\":\"Patient\",\"name\":[{\"family\":\"Hadad\"}],\"telecom\":[{\"value\":\"0470\"}],"              \
    "\"maritalStatus\":{\"text\":\"widowed\"}}"
void register_anna(struct house *house, const struct gate_asker *nurse);
