/* SPDX-License-Identifier: Apache-2.0 */
#include "care_form.h"
#include "shell.h"

#include <strings.h>

/* The answer, on the screen only. The one who asks and the one at the desk read the same lines side by side, each in
 * their language. Printed, the page shows nothing of the answer: paper is what the slip is for. */

struct word_entry {
    const char *word;
    enum message_id label;
};

static const struct word_entry ENTITLEMENTS[CARE_ENTITLEMENT_COUNT] = {
    [CARE_ENTITLEMENT_ASK_CLINICIAN] = {"ask_clinician", MESSAGE_ENTITLEMENT_ASK_CLINICIAN},
    [CARE_ENTITLEMENT_FULL] = {"full", MESSAGE_ENTITLEMENT_FULL},
    [CARE_ENTITLEMENT_AS_RESIDENT] = {"as_resident", MESSAGE_ENTITLEMENT_AS_RESIDENT},
    [CARE_ENTITLEMENT_BASKET] = {"basket", MESSAGE_ENTITLEMENT_BASKET},
    [CARE_ENTITLEMENT_ESSENTIAL] = {"essential", MESSAGE_ENTITLEMENT_ESSENTIAL},
    [CARE_ENTITLEMENT_URGENT_ONLY] = {"urgent_only", MESSAGE_ENTITLEMENT_URGENT_ONLY},
    [CARE_ENTITLEMENT_NONE_FUNDED] = {"none_funded", MESSAGE_ENTITLEMENT_NONE_FUNDED},
};

static const struct word_entry CHARGES[CARE_CHARGE_COUNT] = {
    [CARE_CHARGE_ASK] = {"ask", MESSAGE_CHARGE_ASK},
    [CARE_CHARGE_FREE] = {"free", MESSAGE_CHARGE_FREE},
    [CARE_CHARGE_COPAY] = {"copay", MESSAGE_CHARGE_COPAY},
    [CARE_CHARGE_BILL_LATER] = {"bill_later", MESSAGE_CHARGE_BILL_LATER},
    [CARE_CHARGE_PREPAY] = {"prepay", MESSAGE_CHARGE_PREPAY},
    [CARE_CHARGE_PROVIDER_REIMBURSED] = {"provider_reimbursed", MESSAGE_CHARGE_PROVIDER_REIMBURSED},
};

static const struct word_entry PAPERS[CARE_PAPER_COUNT] = {
    [CARE_PAPER_NONE] = {"none", MESSAGE_PAPER_NONE},
    [CARE_PAPER_MEDICAL_CERTIFICATE] = {"medical_certificate", MESSAGE_PAPER_MEDICAL_CERTIFICATE},
    [CARE_PAPER_STP_CODE] = {"stp_code", MESSAGE_PAPER_STP_CODE},
    [CARE_PAPER_TREATMENT_VOUCHER] = {"treatment_voucher", MESSAGE_PAPER_TREATMENT_VOUCHER},
    [CARE_PAPER_AME_CARD] = {"ame_card", MESSAGE_PAPER_AME_CARD},
    [CARE_PAPER_CONTRACTED_PROVIDER] = {"contracted_provider", MESSAGE_PAPER_CONTRACTED_PROVIDER},
    [CARE_PAPER_IFHP_DOCUMENT] = {"ifhp_document", MESSAGE_PAPER_IFHP_DOCUMENT},
};

static const struct word_entry HELPERS[CARE_HELPER_COUNT] = {
    [CARE_HELPER_DESK] = {"none", MESSAGE_HELPER_DESK},
    [CARE_HELPER_SOCIAL_SERVICE] = {"social_service", MESSAGE_HELPER_SOCIAL_SERVICE},
    [CARE_HELPER_MEDIATOR] = {"mediator", MESSAGE_HELPER_MEDIATOR},
    [CARE_HELPER_CLINICIAN] = {"clinician", MESSAGE_HELPER_CLINICIAN},
    [CARE_HELPER_LEGAL_AID] = {"legal_aid", MESSAGE_HELPER_LEGAL_AID},
};

/* The index of the word, in either case; `count` when it is not there. */
static unsigned find_word(const struct word_entry *table, unsigned count, struct slice word)
{
    for (unsigned i = 0; i < count; i++)
        if (strlen(table[i].word) == word.length && strncasecmp(table[i].word, word.data, word.length) == 0)
            return i;
    return count;
}

bool care_entitlement_read(struct slice word, enum care_entitlement *ret_value)
{
    unsigned found = find_word(ENTITLEMENTS, CARE_ENTITLEMENT_COUNT, word);

    if (found < CARE_ENTITLEMENT_COUNT)
        *ret_value = (enum care_entitlement)found;
    return found < CARE_ENTITLEMENT_COUNT;
}

bool care_charge_read(struct slice word, enum care_charge *ret_value)
{
    unsigned found = find_word(CHARGES, CARE_CHARGE_COUNT, word);

    if (found < CARE_CHARGE_COUNT)
        *ret_value = (enum care_charge)found;
    return found < CARE_CHARGE_COUNT;
}

bool care_paper_read(struct slice word, enum care_paper *ret_value)
{
    unsigned found = find_word(PAPERS, CARE_PAPER_COUNT, word);

    if (found < CARE_PAPER_COUNT)
        *ret_value = (enum care_paper)found;
    return found < CARE_PAPER_COUNT;
}

bool care_helper_read(struct slice word, enum care_helper *ret_value)
{
    unsigned found = find_word(HELPERS, CARE_HELPER_COUNT, word);

    if (found < CARE_HELPER_COUNT)
        *ret_value = (enum care_helper)found;
    return found < CARE_HELPER_COUNT;
}

/* The floor once more, at the last door: only care that is known to be able to wait can be refused or paid for first.
 * */
static bool can_wait(const struct care_answer *answer)
{
    return answer->urgency == CARE_URGENCY_DEFERRABLE;
}

static bool is_guaranteed(const struct care_answer *answer)
{
    return !answer->ask_clinician || !can_wait(answer);
}

static enum message_id verdict(const struct care_answer *answer)
{
    if (!is_guaranteed(answer))
        return MESSAGE_VERDICT_ASK;
    switch (answer->urgency) {
    case CARE_URGENCY_DEFERRABLE:
        return MESSAGE_VERDICT_DUE;
    case CARE_URGENCY_URGENT:
        return MESSAGE_VERDICT_SOON;
    case CARE_URGENCY_IMMEDIATE:
        return MESSAGE_VERDICT_NOW;
    default:
        return MESSAGE_VERDICT_CLINICIAN;
    }
}

static enum message_id charge(const struct care_answer *answer)
{
    bool too_early = answer->charge == CARE_CHARGE_PREPAY && !can_wait(answer);

    return too_early ? MESSAGE_CHARGE_BILL_LATER : CHARGES[answer->charge].label;
}

static void write_line(struct html *html, enum message_id label, enum message_id text)
{
    message_template(html, "<div><dt>$</dt><dd>$</dd></div>\n", label, text);
}

static void write_paper(struct html *html, const struct care_answer *answer)
{
    if (answer->paper_other.length == 0) {
        write_line(html, MESSAGE_ANSWER_PAPER, PAPERS[answer->paper].label);
        return;
    }
    message_template(html, "<div><dt>$</dt><dd>", MESSAGE_ANSWER_PAPER);
    message_write_with(html, MESSAGE_PAPER_OTHER, message_text(answer->paper_other));
    html_markup(html, MARKUP("</dd></div>\n"));
}

static void write_helper(struct html *html, const struct care_answer *answer)
{
    if (answer->helper_other.length == 0) {
        write_line(html, MESSAGE_ANSWER_HELP, HELPERS[answer->helper].label);
        return;
    }
    message_template(html, "<div><dt>$</dt><dd>", MESSAGE_ANSWER_HELP);
    html_isolated(html, answer->helper_other);
    html_markup(html, MARKUP("</dd></div>\n"));
}

static void write_column(struct buffer *out, enum language language, const struct page *page,
                         const struct care_answer *answer)
{
    struct html html = {out, language};

    html_markup(&html, MARKUP("<section class=\"card column\""));
    html_direction(&html);
    message_template(&html, ">\n<h2 class=\"verdict\">~<span>$</span></h2>\n<dl>\n", verdict(answer));
    write_line(&html, MESSAGE_ANSWER_REFUSE,
               is_guaranteed(answer) ? MESSAGE_ANSWER_REFUSE_NO : MESSAGE_ANSWER_REFUSE_ASK);
    write_line(&html, MESSAGE_ANSWER_COST, charge(answer));
    write_line(&html, MESSAGE_ANSWER_COVERED, ENTITLEMENTS[answer->entitlement].label);
    write_paper(&html, answer);
    write_helper(&html, answer);
    html_markup(&html, MARKUP("</dl>\n"));
    shell_contact(&html, &page->site->care_help);
    html_markup(&html, MARKUP("</section>\n"));
}

/* Citations are written as the law does, in its own language and direction. */
static void write_rule(struct html *html, const struct care_answer *answer)
{
    message_template(html, "<section class=\"rule\">\n<dl>\n<div><dt>$</dt><dd>", MESSAGE_ANSWER_RULE);
    message_write_with(html, MESSAGE_ANSWER_RULE_ROW, message_text(answer->row), message_text(answer->pack));
    message_template(html, "</dd></div>\n<div><dt>$</dt><dd>", MESSAGE_ANSWER_CITATION);
    html_isolated(html, answer->citation);
    html_markup(html, MARKUP("</dd></div>\n</dl>\n"));
    if (answer->draft)
        message_template(html, "<p class=\"small\">$</p>\n", MESSAGE_ANSWER_DRAFT);
    html_markup(html, MARKUP("</section>\n"));
}

static void write_hidden(struct html *html, struct markup name, unsigned value)
{
    html_markup(html, MARKUP("<input type=\"hidden\" name=\""));
    html_markup(html, name);
    html_markup(html, MARKUP("\" value=\""));
    html_number(html, value);
    html_markup(html, MARKUP("\">\n"));
}

/* The slip's form carries what the slip says, and nothing that led to it. */
static void write_slip_form(struct html *html, const struct care_answer *answer)
{
    struct slip slip;

    if (!slip_from_answer(answer, &slip))
        return;
    html_markup(html, MARKUP("<form method=\"post\" action=\"" PATH_CARE_SLIP "\" class=\"make-slip\">\n"));
    write_hidden(html, MARKUP("when"), slip.when);
    write_hidden(html, MARKUP("whom"), slip.whom);
    write_hidden(html, MARKUP("spoken"), slip.spoken);
    message_template(html, "<button class=\"button\">~$</button>\n", MESSAGE_ANSWER_SLIP);
    message_template(html, "<p class=\"hint\">$</p>\n</form>\n", MESSAGE_ANSWER_SLIP_ABOUT);
}

enum error page_write_care_answer(struct buffer *out, const struct page *page, const struct care_answer *answer)
{
    enum language desk = page->site->desk_language;
    struct html html = shell_begin(out, page, MESSAGE_ANSWER_TITLE, MARKUP("answer"));

    message_template(&html,
                     "<p class=\"on-paper\">$</p>\n<div class=\"on-screen\">\n<h1 class=\"spoken\">$</h1>\n"
                     "<div class=\"columns\">\n",
                     MESSAGE_ANSWER_SCREEN, MESSAGE_ANSWER_TITLE);
    write_column(out, page->language, page, answer);
    if (desk != page->language)
        write_column(out, desk, page, answer);
    html_markup(&html, MARKUP("</div>\n"));
    write_slip_form(&html, answer);
    message_template(&html, "<p class=\"notice\">~<span>$</span></p>\n", MESSAGE_ANSWER_KEPT);
    write_rule(&html, answer);
    message_template(&html, "<p><a class=\"button quiet\" href=\"" PATH_CARE "\">$</a></p>\n</div>\n",
                     MESSAGE_ANSWER_AGAIN);
    return shell_end(&html, page);
}
