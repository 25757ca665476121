/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* The words of vocabulary.def as numbers and back, and the drawers. What a person's data is sealed in, who asks, for
 * what and how: the same words in tokens, facts, rules, the log and the API. */

#include <stddef.h>
#include <stdint.h>

#include "slice.h"

enum vocabulary_list {
    VOCABULARY_SECTOR,
    VOCABULARY_ROLE,
    VOCABULARY_PURPOSE,
    VOCABULARY_TRAINING,
    VOCABULARY_ACTION,
    VOCABULARY_RELATION,
    VOCABULARY_CONSENT,
    VOCABULARY_BREAK_GLASS,
    VOCABULARY_ORDER,
    VOCABULARY_SELF,
    VOCABULARY_DRAWER,
    VOCABULARY_LISTS
};

/* vocabulary.c ties each constant to its word by name, so that the two cannot drift apart. */
enum sector {
    SECTOR_UNKNOWN,
    SECTOR_HEALTH,
    SECTOR_SOCIAL,
    SECTOR_COMMUNITY,
    SECTOR_PUBLICHEALTH,
    SECTOR_OVERSIGHT,
    SECTOR_PATIENT,
    SECTOR_IMMIGRATION,
    SECTOR_LAWENFORCEMENT,
    SECTOR_SYSTEM,
    SECTOR_COUNT
};
enum role {
    ROLE_UNKNOWN,
    ROLE_PHYSICIAN,
    ROLE_NURSE,
    ROLE_MIDWIFE,
    ROLE_RECEPTIONIST,
    ROLE_MEDIATOR,
    ROLE_INTERPRETER,
    ROLE_SOCIALWORKER,
    ROLE_BILLING,
    ROLE_PLANNER,
    ROLE_OVERSEER,
    ROLE_OFFICER,
    ROLE_PATIENT,
    ROLE_ADMINISTRATOR,
    ROLE_SYSTEM,
    ROLE_COUNT
};
enum purpose {
    PURPOSE_UNKNOWN,
    PURPOSE_TREAT,
    PURPOSE_ETREAT,
    PURPOSE_CAREMGT,
    PURPOSE_HPAYMT,
    PURPOSE_PATRQT,
    PURPOSE_PUBHLTH,
    PURPOSE_HRESCH,
    PURPOSE_HLEGAL,
    PURPOSE_HOPERAT,
    PURPOSE_ENFORCE,
    PURPOSE_COUNT
};
enum training { TRAINING_UNKNOWN, TRAINING_CURRENT, TRAINING_LAPSED, TRAINING_COUNT };
enum action {
    ACTION_UNKNOWN,
    ACTION_READ,
    ACTION_SEARCH,
    ACTION_MATCH,
    ACTION_REGISTER,
    ACTION_WRITE,
    ACTION_ERASE,
    ACTION_COUNT
};
enum relation { RELATION_UNKNOWN, RELATION_OPEN_ENCOUNTER, RELATION_PAST, RELATION_NONE, RELATION_COUNT };
enum consent { CONSENT_UNKNOWN, CONSENT_PERMIT, CONSENT_DENY, CONSENT_NONE, CONSENT_COUNT };
enum break_glass { BREAK_GLASS_UNKNOWN, BREAK_GLASS_ACTIVE, BREAK_GLASS_NO, BREAK_GLASS_COUNT };
enum order { ORDER_UNKNOWN, ORDER_VALID, ORDER_NONE, ORDER_OPEN, ORDER_COUNT };
enum self { SELF_UNKNOWN, SELF_YES, SELF_NO, SELF_COUNT };

/* Drawers are bits of a mask in the order they are stored in. */
enum drawer {
    DRAWER_IDENTITY,
    DRAWER_CONTACT,
    DRAWER_CLINICAL,
    DRAWER_SENSITIVE,
    DRAWER_SOCIAL,
    DRAWER_COVERAGE,
    DRAWER_AUDIT,
    DRAWER_COUNT
};
#define DRAWER_ALL ((1u << DRAWER_COUNT) - 1)

/* How much of a drawer may be seen; ordered. */
enum outcome { OUTCOME_NONE, OUTCOME_EXISTENCE, OUTCOME_SUMMARY, OUTCOME_FULL, OUTCOME_COUNT };

/* The word, or "unknown" for a number outside the list. Static. */
const char *vocabulary_word(enum vocabulary_list list, unsigned number);
const char *vocabulary_outcome(enum outcome outcome);

/* The number, or -1 when the list has no such word. */
int vocabulary_number(enum vocabulary_list list, struct slice word);
