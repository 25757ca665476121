/* SPDX-License-Identifier: Apache-2.0 */
#include "shell.h"

/* Errors in plain words. The registry's sentences are for who runs the node; a person at a desk needs to know what to
 * do next, whom to call, and above all that no error refuses care. */

struct explanation {
    enum message_id heading;
    enum message_id about;
};

static struct explanation explain(int http_status)
{
    switch (http_status) {
    case 401:
        return (struct explanation){MESSAGE_PROBLEM_SIGN, MESSAGE_PROBLEM_SIGN_ABOUT};
    case 403:
        return (struct explanation){MESSAGE_PROBLEM_REFUSED, MESSAGE_PROBLEM_REFUSED_ABOUT};
    case 404:
    case 405:
    case 410:
        return (struct explanation){MESSAGE_PROBLEM_MISSING, MESSAGE_PROBLEM_MISSING_ABOUT};
    case 408:
    case 429:
    case 503:
    case 507:
        return (struct explanation){MESSAGE_PROBLEM_BUSY, MESSAGE_PROBLEM_BUSY_ABOUT};
    default:
        break;
    }
    if (http_status >= 400 && http_status < 500)
        return (struct explanation){MESSAGE_PROBLEM_INPUT, MESSAGE_PROBLEM_INPUT_ABOUT};
    return (struct explanation){MESSAGE_PROBLEM_BROKEN, MESSAGE_PROBLEM_BROKEN_ABOUT};
}

enum error page_write_problem(struct buffer *out, const struct page *page, enum error error, struct slice request_id)
{
    struct explanation explanation = explain(error_entry(error)->http_status);
    struct html html = shell_begin(out, page, MESSAGE_PROBLEM_TITLE, MARKUP("message"));

    message_template(&html, "<h1>$</h1>\n<p class=\"lead\">$</p>\n", explanation.heading, explanation.about);
    message_template(&html,
                     "<p class=\"actions\"><a class=\"button\" href=\"" PATH_HOME "\">$</a> "
                     "<a class=\"button quiet\" href=\"" PATH_CARE "\">$</a></p>\n",
                     MESSAGE_PROBLEM_HOME, MESSAGE_HOME_CARE);
    shell_contact(&html, &page->site->care_help);
    if (request_id.length) {
        html_markup(&html, MARKUP("<p class=\"small\">"));
        message_write_with(&html, MESSAGE_PROBLEM_NUMBER, message_text(request_id));
        html_markup(&html, MARKUP("</p>\n"));
    }
    return shell_end(&html, page);
}
