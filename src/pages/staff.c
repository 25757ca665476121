/* SPDX-License-Identifier: Apache-2.0 */
#include "shell.h"

/* The steps at the desk. They stand before the sign-in, so that who forgot a password can still receive somebody. */

static const enum message_id STEPS[] = {
    MESSAGE_STAFF_STEP_GREET,  MESSAGE_STAFF_STEP_NEED, MESSAGE_STAFF_STEP_PAPERS,
    MESSAGE_STAFF_STEP_ANSWER, MESSAGE_STAFF_STEP_SLIP, MESSAGE_STAFF_STEP_REFUSE,
};

enum error page_write_staff(struct buffer *out, const struct page *page)
{
    struct html html = shell_begin(out, page, MESSAGE_STAFF_TITLE, MARKUP("staff"));

    message_template(&html, "<h1>$</h1>\n<p class=\"lead\">$</p>\n<ol class=\"steps\">\n", MESSAGE_STAFF_TITLE,
                     MESSAGE_STAFF_LEAD);
    for (size_t i = 0; i < sizeof STEPS / sizeof STEPS[0]; i++)
        message_template(&html, "<li>~<span>$</span></li>\n", STEPS[i]);
    message_template(&html,
                     "</ol>\n<p class=\"actions\"><a class=\"button\" href=\"" PATH_CARE "\">$</a> "
                     "<a class=\"button quiet\" href=\"" PATH_STAFF_SIGN_IN "\">$</a></p>\n"
                     "<section class=\"notice\">\n<p>~<strong>$</strong></p>\n",
                     MESSAGE_STAFF_START, MESSAGE_SIGN_TITLE, MESSAGE_STAFF_OFFICER);
    shell_contact(&html, &page->site->record_help);
    html_markup(&html, MARKUP("</section>\n"));
    return shell_end(&html, page);
}
