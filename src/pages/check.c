/* SPDX-License-Identifier: Apache-2.0 */
#include "check.h"

#include "care_form.h"
#include "shell.h"

static void write_set(struct html *html, struct markup rules, struct markup proof, const struct check_set *set)
{
    if (set->rules.length == 0)
        return;
    html_address(html, rules, set->rules);
    html_address(html, proof, set->proof);
}

/* Hidden until the rules are there; the way to the ordinary form stands there until then, and for good if they never
 * come. `method=dialog` outside a dialog sends nothing (HTML, form submission algorithm), even without the script. */
static void write_form(struct html *html, const struct check_page *view)
{
    static const struct care_form empty;

    html_markup(html, MARKUP("<div id=\"check\" hidden"));
    html_address(html, MARKUP("data-module"), view->module);
    write_set(html, MARKUP("data-standard"), MARKUP("data-standard-proof"), &view->standard);
    write_set(html, MARKUP("data-pack"), MARKUP("data-pack-proof"), &view->pack);
    html_attribute(html, MARKUP("data-service-unknown"), slice_from_string(care_form_word(&empty, CARE_FIELD_SERVICE)));
    html_markup(html, MARKUP(">\n<form method=\"dialog\" autocomplete=\"off\">\n"));
    care_form_write_questions(html, &empty, false);
    check_write_facts(html, view->fact, view->facts);
    message_template(
        html,
        "<p class=\"problem\" id=\"problem\" role=\"alert\" hidden></p>\n"
        "<p class=\"actions\"><button class=\"button\">$</button>\n"
        "<button class=\"button quiet\" type=\"reset\">$</button></p>\n</form>\n"
        "<p class=\"on-paper\">$</p>\n<div class=\"on-screen\" id=\"answer\" aria-live=\"polite\"></div>\n",
        MESSAGE_CARE_SEND, MESSAGE_ANSWER_AGAIN, MESSAGE_ANSWER_SCREEN);
    message_template(
        html,
        "<section class=\"prove\" id=\"prove\">\n<h2>~<span>$</span></h2>\n<p>$</p>\n"
        "<p class=\"actions\"><button class=\"button quiet\" type=\"button\">$</button></p>\n"
        "<div role=\"status\" id=\"prove-summary\"></div>\n<div id=\"prove-sets\"></div>\n</section>\n</div>\n",
        MESSAGE_PROVE_HEADING, MESSAGE_PROVE_ABOUT, MESSAGE_PROVE_RUN);
}

static void write_ordinary(struct html *html, enum message_id why)
{
    message_template(html,
                     "<div class=\"talk\" id=\"ordinary\">\n<p>$</p>\n"
                     "<p><a class=\"button\" href=\"" PATH_CARE "\">~$</a></p>\n</div>\n",
                     why, MESSAGE_CHECK_ORDINARY);
}

enum error page_write_check(struct buffer *out, const struct page *page, const struct check_page *view)
{
    struct html html = shell_begin(out, page, MESSAGE_CARE_TITLE, MARKUP("ask"));
    bool served = view->script.length > 0;

    message_template(&html, "<h1>$</h1>\n", MESSAGE_CHECK_HEADING);
    if (served)
        message_template(&html, "<p class=\"lead\">$</p>\n<p class=\"notice\">~<span>$</span></p>\n",
                         MESSAGE_CHECK_LEAD, MESSAGE_CHECK_PROMISE);
    care_warning_write(&html, page, &view->notice);
    write_ordinary(&html, served ? MESSAGE_CHECK_WITHOUT : MESSAGE_CHECK_ABSENT);
    if (served) {
        write_form(&html, view);
        check_write_templates(&html, page);
        html_markup(&html, MARKUP("<script type=\"module\""));
        html_address(&html, MARKUP("src"), view->script);
        html_markup(&html, MARKUP("></script>\n"));
    }
    return shell_end(&html, page);
}
