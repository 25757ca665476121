/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* What several stories tell, and what they ask. */

#include "safe/suspension.h"
#include "story.h"
#include "text/json.h"

#define STORY_BIT(drawer) (1u << DRAWER_##drawer)
#define STORY_PATIENT(family, phone)                                                                                   \
    "{\"resourceType\":\"Patient\",\"name\":[{\"family\":\"" family "\"}],\"telecom\":[{\"value\":\"" phone            \
    "\"}],\"maritalStatus\":{\"text\":\"widowed\"}}"

/* ---- steps ---- */

enum error story_made(struct house *house, struct story *story);
enum error story_staffed(struct house *house, struct story *story);
enum error story_registered(struct house *house, struct story *story); /* Anna, by the nurse */
enum error story_is_registered(struct house *house, const struct story *story, const char **ret_why);

/* ---- deeds ---- */

MUST_CHECK enum error story_write(struct house *house, const struct house_token *as, enum gate_method method,
                                  const char *type, const struct id *resource, const struct id *person,
                                  const char *json);
/* A person and what she is let in with. */
MUST_CHECK enum error story_register(struct house *house, struct story *story, const char *json, struct id *ret_person,
                                     struct house_token *ret_token);
/* What oversight is shown under this kind. */
MUST_CHECK enum error story_list(struct house *house, enum protocol_kind kind, const struct house_token *as,
                                 struct slice *ret_list);
MUST_CHECK enum error story_suspend(struct house *house, const struct house_token *as, enum suspended what,
                                    const char *subject, uint64_t *ret_number);
MUST_CHECK enum error story_lift(struct house *house, const struct house_token *as, uint64_t number);

/* ---- questions ---- */

MUST_CHECK enum error story_sees(struct house *house, const struct house_token *as, const char *type,
                                 const struct id *resource, uint64_t version, const char *text, const char **ret_why);
MUST_CHECK enum error story_sees_not(struct house *house, const struct house_token *as, const char *type,
                                     const struct id *resource, const char **ret_why);
/* The second line of a checkpoint: the size of the tree. */
uint64_t story_size(struct slice note);
/* Everything that the public log says, in the house's arena. */
MUST_CHECK enum error story_public_log(struct house *house, struct slice *ret_text);
size_t story_times(struct slice text, const char *word);

/* Every event that the access log holds, as oversight opens it, oldest first; each says who looked. */
typedef enum error story_visit(void *context, const struct json *event, const struct json *looker);
MUST_CHECK enum error story_visit_log(struct house *house, story_visit *visit, void *context);
