/* SPDX-License-Identifier: Apache-2.0 */
#include "care_form.h"
#include "care_words.h"
#include "shell.h"

/* The answer, on the screen only. The one who asks and the one at the desk read the same lines side by side, each in
 * their language. Printed, the page shows nothing of the answer: paper is what the slip is for. */

/* The floor once more, at the last door: only care that is known to be able to wait can be refused or paid first. */
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

    return too_early ? MESSAGE_CHARGE_BILL_LATER : care_word_label(CARE_LIST_CHARGE, answer->charge);
}

static void write_line(struct html *html, enum message_id label, enum message_id text)
{
    message_template(html, "<div><dt>$</dt><dd>$</dd></div>\n", label, text);
}

static void write_paper(struct html *html, const struct care_answer *answer)
{
    if (answer->paper_other.length == 0) {
        write_line(html, MESSAGE_ANSWER_PAPER, care_word_label(CARE_LIST_PAPER, answer->paper));
        return;
    }
    message_template(html, "<div><dt>$</dt><dd>", MESSAGE_ANSWER_PAPER);
    message_write_with(html, MESSAGE_PAPER_OTHER, message_text(answer->paper_other));
    html_markup(html, MARKUP("</dd></div>\n"));
}

static void write_helper(struct html *html, const struct care_answer *answer)
{
    if (answer->helper_other.length == 0) {
        write_line(html, MESSAGE_ANSWER_HELP, care_word_label(CARE_LIST_HELPER, answer->helper));
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
    write_line(&html, MESSAGE_ANSWER_COVERED, care_word_label(CARE_LIST_ENTITLEMENT, answer->entitlement));
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
