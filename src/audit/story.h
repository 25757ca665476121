/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* What the access log tells, entry by entry, and what must be remembered on the way: accesses that wait for their
 * completion, reviews that are owed, suspensions in force, erasures. Private to the files that judge events. */

#include "audit.h"
#include "credentials.h"

/* An access whose completion is still to come. Ascending by entry. */
struct pending {
    uint64_t entry;
    struct commitment token; /* of its first person, in the index */
    uint32_t versions, resources;
    bool permitted, write, several, done;
};

/* A write of which fewer versions are stored than were; explained if its person was erased since. */
struct shortfall {
    uint64_t entry, returned, versions;
    struct commitment token;
    bool several;
};

struct erasure {
    uint8_t nonce[NONCE_BYTES];
    struct commitment person, token;
    uint64_t entry;
};

struct review {
    uint64_t entry;
    int64_t opened_ms, closed_ms; /* 0: open */
    bool of_order;
    struct commitment subject, actor;
    char organization[ID_TEXT_BYTES];
};

struct suspension {
    int64_t number;
    char what[12];
    char subject[65];
};

/* A case that was judged before: most looks are like another. */
#define CASES 4096
struct judged_case {
    struct hash key;
    enum rules_verdict verdict;
    bool set;
};

struct story {
    struct list pending, shortfalls, erasures, reviews, suspensions;
    uint64_t forgotten; /* accesses before this entry are no longer followed */
    struct credentials credentials;
    struct judged_case *judged;
    char *room;

    uint32_t hour;
    bool has_hour, hour_opens;
    struct secret_key hour_key;

    sqlite3_stmt *listed; /* is this look in her list? */
    uint64_t listed_until;
    uint64_t suspended, lifted;
    struct list orders;
    struct order_keys *order_keys;
};

MUST_CHECK enum error story_begin(struct audit *audit);
void story_end(struct audit *audit);

/* One entry of the access log (a log_visit). */
void story_entry(void *context, const struct log_entry *entry);
/* What can be said only when all was read. */
void story_judge(struct audit *audit);

/* access.c */
void access_judge(struct audit *audit, const struct log_entry *entry, const struct event *event, uint64_t versions);
/* An entry that could not be read: its completion is not held against it. */
void access_unread(struct audit *audit, const struct log_entry *entry);
void access_completed(struct audit *audit, const struct log_entry *entry, const struct event *event);
void access_judge_rest(struct audit *audit);

/* oversight.c: deeds of oversight, reviews, suspensions */
void oversight_judge(struct audit *audit, const struct log_entry *entry, const struct event *event);
void oversight_judge_rest(struct audit *audit);
void review_owed(struct audit *audit, const struct log_entry *entry, const struct event *event);
struct commitment name_digest(struct slice name);
bool suspension_holds(const struct audit *audit, const struct event *event);

/* orders.c: lawful orders, from intake to telling */
void orders_begin(struct audit *audit);
void orders_end(struct story *story);
void order_judge(struct audit *audit, const struct log_entry *entry, const struct event *event);
/* A permitted access that names an order. */
void order_judge_look(struct audit *audit, const struct log_entry *entry, const struct event *event);
void orders_judge_rest(struct audit *audit);
