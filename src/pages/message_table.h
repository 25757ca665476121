/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* The shape of the tables that tools/make-catalogue writes. */

#include "message.h"

struct message_entry {
    const char *name;
    enum pictogram pictogram;
    uint8_t arguments;
    uint8_t plural; /* number of the argument that chooses the form, from 1; 0 when there is one form */
    /* UTF-8 in which bytes 1 to MESSAGE_ARGUMENTS_MAX stand for arguments. A form that the language lacks is NULL. */
    const char *text[LANGUAGE_COUNT][PLURAL_COUNT];
};

extern const struct message_entry message_table[MESSAGE_COUNT];
extern const unsigned message_unreviewed[LANGUAGE_COUNT];
