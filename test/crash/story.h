/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* The stories of a node, each in a table: a step with what must be true from the moment it was confirmed until a later
 * step begins that changes it. A step in whose middle the disk failed may have happened or not; it may not have happened
 * by half. */

#include "house.h"
#include "ledger/ledger.h"

#define STORY_CHAPTERS_MAX 8
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

#define STORY_LOGS 2 /* that a witness knows */

/* What the people of a story hold in their hands: it lies in memory that outlives a process that ends. */
struct story {
    struct house_token token[STAFF];
    struct id anna, bela; /* a new id each time that somebody tries to register them, as POST draws one */
    uint8_t attempts, copies;
    uint64_t glass;
    uint64_t suspension[2];
    struct id order[2];
    unsigned reads; /* under an order, that were answered */
    uint64_t old_entry, young_entry;
    struct tree_head cosigned[STORY_LOGS]; /* the largest that the witness gave its cosignature for */
    uint64_t cosigned_s[STORY_LOGS];
    int64_t clock_s; /* when the chapter began that was told last */
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

/* Asked of a node that was opened again, whatever was confirmed. False with a sentence in `why`. */
typedef bool story_question(struct house *house, const struct story *story, char why[256]);

struct tale {
    const char *name;
    const struct story_step *step;
    size_t steps;
    unsigned chapters;       /* between two of them it is stopped and started */
    unsigned first;          /* those before it are told on a good disk: another tale has their like */
    const int64_t *begins_s; /* each chapter, after STORY_START_S */
    struct safe_cadence cadence;
    /* NULL: a node. */
    enum error (*open)(struct house *house, const char *directory, uint64_t seed, int64_t now_s);
    /* Done to the directory while nothing runs, before the chapter. May be NULL, as may all below. */
    void (*before)(const char *directory, unsigned chapter);
    story_question *at_first, *at_last;
    /* After it was closed: has what a stranger remembers a continuation there? NULL: as of a node. */
    bool (*continues)(const char *directory, const struct story *story, char why[256]);
    struct {
        size_t cuts, failures, flips; /* points in CI; flips are of each file */
    } points;
};
extern const struct tale clinic_tale, oversight_tale, order_tale, retention_tale, witness_tale;
extern const struct tale *const tales[];
extern const size_t tales_count;

#define STORY_START_S INT64_C(1700000000)
#define STORY_SEED 4711

/* Tells the steps of a chapter in `directory`. Steps that fail are tried once more when `again`. The hook is called
 * after each that was confirmed. ERROR_…: the house could not be opened. */
typedef void story_hook(void *context, size_t step);
enum error story_tell(const struct tale *tale, const char *directory, unsigned chapter, struct story *story, bool again,
                      story_hook *hook, void *context);
/* The first step of a chapter, and the step of a name. */
size_t story_first(const struct tale *tale, unsigned chapter);
size_t story_named(const struct tale *tale, const char *name);

/* Opens it again and asks for everything that was confirmed. False with a sentence when something is not as it must be.
 * With `may_refuse` an error is as good as the right answer, since the files were damaged: only a wrong answer is
 * not. */
bool story_survived(const struct tale *tale, const char *directory, const struct story *story, bool may_refuse,
                    char why[256]);
/* Whole, and a continuation of what a stranger remembers of this log (0, access; 1, public): so no entry that anybody was
 * told of is lost or another. `pruned` (may be NULL) is what the public log declared to be let go. */
bool story_log_continues(const char *directory, const struct story *story, unsigned log,
                         const struct ledger_pruned *pruned, char why[256]);
