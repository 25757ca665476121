/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* "Check on this phone": the care form once more, answered by the rules in the reader's own browser (ui/check.ts), and
 * below it the proof of these rules done again. The one page with a script; pages_headers says with which headers.
 *
 * The script finds every word that it can show in this page, so it needs no catalogue and no second visit. What is
 * chosen goes nowhere: the form has no address to send to and is of a method that sends nothing, and once the rules are
 * there the script forbids the page to load anything more. With scripts off, or where the node has no module, the page
 * leads to the ordinary form.
 *
 * Pure; any thread. */

#include "care_pages.h"
#include "rules/rule_set.h"

/* A compiled rule set as the node serves it: "/rules/belgium.json". Empty: there is none. */
struct check_set {
    struct slice rules, proof;
};

struct check_page {
    struct slice script, module; /* addresses with their version; an empty script: this node has none */
    struct check_set standard, pack;
    const struct rule_fact *fact; /* all that the rules ask for */
    size_t facts;
    struct care_notice notice;
};

MUST_CHECK enum error page_write_check(struct buffer *out, const struct page *page, const struct check_page *view);
