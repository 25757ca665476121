/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* The whole story of a node in a table: each step with what must be true from the moment it was confirmed until a later
 * step begins that changes it. A step in whose middle the disk failed may have happened or not; it may not have
 * happened by half. */

#include "house.h"

#define STORY_CHAPTERS 6
#define STORY_STEPS_MAX 48
#define STORY_NOTE_MAX 700

enum story_staff {
    BY_NURSE,
    BY_ELSEWHERE,
    BY_EMERGENCY,
    BY_OVERSEER,
    BY_ANNA,
    BY_BELA,
    BY_SYSTEM,
    BY_WITHDRAWN,
    STAFF
};

/* What the people of the story hold in their hands: it lies in memory that outlives a process that ends. */
struct story {
    struct house_token token[STAFF];
    struct id anna, bela; /* a new id each time that somebody tries to register them, as POST draws one */
    uint8_t attempts, copies;
    uint64_t glass;
    uint64_t suspension;
    bool begun[STORY_STEPS_MAX], confirmed[STORY_STEPS_MAX];
    enum error error[STORY_STEPS_MAX];
    uint64_t leaf; /* the newest entry that somebody was told of */
    /* The checkpoint that a stranger asked for after the last confirmed step of all,
     * and the keys that she had then. */
    char note[2][STORY_NOTE_MAX], vkey[2][256];
    uint16_t note_length[2];
};

/* What a step answers when the node says something else than was confirmed. */
#define STORY_WRONG ERROR_COUNT

struct story_step {
    const char *name;
    unsigned chapter;
    enum error (*tell)(struct house *house, struct story *story);
    /* OK when it is as it was confirmed; STORY_WRONG when `ret_why` says what is not. NULL: opening is all. */
    enum error (*holds)(struct house *house, const struct story *story, const char **ret_why);
    const char *until; /* the step that ends it; NULL: for good */
    bool once;         /* cut off, it is finished by opening the node again and not by asking again */
};
extern const struct story_step story_step[];
extern const size_t story_steps;

#define STORY_START_S INT64_C(1700000000)
#define STORY_SEED 4711

/* Tells the steps of a chapter on the node in `directory`. Steps that fail are tried once more when `again`. The hook
 * is called after each that was confirmed. ERROR_…: the house could not be opened. */
typedef void story_hook(void *context, size_t step);
enum error story_tell(const char *directory, unsigned chapter, struct story *story, bool again, story_hook *hook,
                      void *context);
/* The first step of a chapter. */
size_t story_first(unsigned chapter);

/* Opens the node again and asks for everything that was confirmed. False with a sentence when something is not as it
 * must be. With `may_refuse` an error is as good as the right answer, since the files were damaged: only a wrong answer
 * is not. */
bool story_survived(const char *directory, const struct story *story, bool may_refuse, char why[256]);
