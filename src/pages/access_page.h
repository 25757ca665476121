/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* The person's own list of who looked at the record: when, who, why, what, with what outcome, under which rule, and the
 * proof of each line. Promise 6. It names roles and places, never staff by name: a list must not expose those who help.
 *
 * Pure; any thread. */

#include "base/vocabulary.h"
#include "page.h"

/* Whether somebody else checks it afterwards. */
enum access_review {
    ACCESS_REVIEW_NONE,
    ACCESS_REVIEW_OPEN,
    ACCESS_REVIEW_JUSTIFIED,
    ACCESS_REVIEW_UNJUSTIFIED,
    ACCESS_REVIEW_COUNT
};

/* The words of an event: on what ground, and what had to follow (access_words.def). */
enum access_basis {
    ACCESS_BASIS_UNKNOWN,
#define BASIS(name, word) ACCESS_BASIS_##name,
#define OWED(name, word)
#include "access_words.def"
#undef BASIS
#undef OWED
    ACCESS_BASIS_COUNT
};
enum access_owed {
#define BASIS(name, word)
#define OWED(name, word) ACCESS_OWED_##name,
#include "access_words.def"
#undef BASIS
#undef OWED
    ACCESS_OWED_COUNT
};
enum access_basis access_basis_of(struct slice word);
uint32_t access_owed_of(struct slice words); /* 1u << ACCESS_OWED_…, from words between spaces */

/* What a line has to do with a lawful order. */
enum access_order {
    ACCESS_ORDER_NONE,
    ACCESS_ORDER_LOOK, /* a look under one, or because of one */
    ACCESS_ORDER_CAME,
    ACCESS_ORDER_RELEASED,
    ACCESS_ORDER_TOLD, /* its term is over: she is told */
};

/* A moment on the wall clock where the person is. */
struct page_time {
    int16_t year;
    uint8_t month; /* 1 to 12 */
    uint8_t day;
    uint8_t hour;
    uint8_t minute;
};

struct access_entry {
    struct page_time when;
    enum sector sector;
    enum role role;
    struct slice place; /* the looker's organisation; may be empty */
    enum purpose purpose;
    enum action action;
    uint32_t asked;       /* 1u << DRAWER_… */
    uint32_t opened;      /* of these; nothing where the outcome is none */
    enum outcome outcome; /* what the safe decided, the most of any drawer */
    enum access_basis basis; /* of a permitted one */
    uint32_t owed;           /* 1u << ACCESS_OWED_… */
    bool broken_glass;
    enum access_order order;
    struct slice authority, law, article; /* of what became of an order */
    int64_t reads;                        /* how often it was read, of what she is told */
    bool notice;         /* she is told of it first: she has not seen it yet */
    struct slice reason; /* of a broken glass; may be empty */
    uint64_t entry;      /* line of the log */
    struct slice request; /* number to name in a question; may be empty */
    enum access_review review;
    struct slice rule;          /* name of the row that decided */
    struct slice citation;      /* its source; may be empty */
    struct slice proof_path;    /* of the file to download; empty while there is none */
    struct slice question_path; /* "I do not recognise this"; may be empty */
};

/* The most entries of one page; more are an error (ERROR_TOO_LARGE), so page through them. */
#define ACCESS_ENTRIES_MAX 100

struct access_list {
    const struct access_entry *entry; /* newest first */
    size_t count;
    uint64_t total;          /* over all pages */
    struct slice newer_path; /* empty at either end */
    struct slice older_path;
    struct page_time kept_since; /* none from after it is gone by the law's term; year 0: none at all is */
};

/* page->signed_in should be set. */
MUST_CHECK enum error page_write_access(struct buffer *out, const struct page *page, const struct access_list *list);
