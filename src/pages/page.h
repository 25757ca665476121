/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* What all pages share, and the pages that show nothing of anybody: the first page, the one for staff, sign-in, errors.
 *
 * A page is a pure function: a description of what to show goes in, HTML comes out into a bounded buffer. Pages do no
 * I/O, ask nobody, and decide nothing; who may see what is settled before (gate). They work without JavaScript.
 *
 * Slices are borrowed for the call and escaped; they may come from an enemy. Each function returns ERROR_TOO_LARGE when
 * the page did not fit (PAGE_BYTES_MAX is room enough for all), and then the buffer must not be sent. Any thread. */

#include "base/buffer.h"
#include "language.h"

#define PAGE_BYTES_MAX (512 * 1024)
#define PAGE_MEDIA_TYPE "text/html; charset=utf-8"

/* Where the pages stand and where their forms post to. The wiring serves exactly these. */
#define PATH_HOME "/"
#define PATH_CARE "/care"               /* GET the form */
#define PATH_CARE_ANSWER "/care/answer" /* POST care_form_set's fields: the answer, or the form again */
#define PATH_CARE_SLIP "/care/slip"     /* POST slip_set's fields */
#define PATH_CHECK "/rules"             /* GET the form that is answered on the phone; below it the rules themselves */
#define PATH_ACCESS "/access"           /* GET, signed in as the person */
#define PATH_STAFF "/staff"
#define PATH_SIGN_IN "/sign-in"             /* GET; POST `code` */
#define PATH_STAFF_SIGN_IN "/staff/sign-in" /* GET; POST `code` */
#define PATH_SIGN_OUT "/sign-out"           /* POST */

/* Somebody who answers the telephone. An empty name leaves the contact out. */
struct page_contact {
    struct slice name;
    struct slice phone;
};

/* The same for all pages of a node; made once at start. */
struct page_site {
    struct slice name;               /* of the node, "Harbour clinics" */
    struct slice emergency_number;   /* "112" */
    struct slice exit_address;       /* https, a harmless site: where "Leave quickly" goes */
    enum language desk_language;     /* of the staff: the second language of answers and slips */
    struct page_contact care_help;   /* whom to call about care */
    struct page_contact record_help; /* whom to talk to about looks at a record: not those who looked */
};

struct page {
    const struct page_site *site;
    enum language language;
    struct slice path; /* for the language switch; empty where GET would not give this page again */
    bool signed_in;    /* shows the button to sign out */
};

MUST_CHECK enum error page_write_home(struct buffer *out, const struct page *page);
MUST_CHECK enum error page_write_staff(struct buffer *out, const struct page *page);

/* `for_staff` chooses the words; `failed`: the code sent before was not valid. The code is never shown again. */
struct page_sign_in {
    bool for_staff;
    bool failed;
};
MUST_CHECK enum error page_write_sign_in(struct buffer *out, const struct page *page, const struct page_sign_in *view);

/* The page for an error, also 404. It says in plain words what happened and whom to call, and that care is not refused
 * by it. `request_id` may be empty. */
MUST_CHECK enum error page_write_problem(struct buffer *out, const struct page *page, enum error error,
                                         struct slice request_id);
