/* SPDX-License-Identifier: Apache-2.0 */
#include "shell.h"

/* The first page: what this is, three choices, what is promised. It fits with its style into the first flight of a slow
 * connection (14 KB compressed; tested). */

/* What stands on each of the three choices. */
#define DOOR "~<span><b>$</b> <span>$</span></span>"

enum error page_write_home(struct buffer *out, const struct page *page)
{
    struct html html = shell_begin(out, page, MESSAGE_HOME_TITLE, MARKUP("home"));

    message_template(&html, "<h1>$</h1>\n<p class=\"lead\">$</p>\n", MESSAGE_HOME_HEADING, MESSAGE_HOME_LEAD);
    message_template(&html,
                     "<ul class=\"doors\">\n"
                     "<li><a class=\"door first\" href=\"" PATH_CARE "\">" DOOR "</a></li>\n"
                     "<li><a class=\"door\" href=\"" PATH_ACCESS "\">" DOOR "</a></li>\n"
                     "<li><a class=\"door\" href=\"" PATH_STAFF "\">" DOOR "</a></li>\n</ul>\n",
                     MESSAGE_HOME_CARE, MESSAGE_HOME_CARE_ABOUT, MESSAGE_HOME_ACCESS, MESSAGE_HOME_ACCESS_ABOUT,
                     MESSAGE_HOME_STAFF, MESSAGE_HOME_STAFF_ABOUT);
    message_template(&html,
                     "<section class=\"promises\">\n<h2>$</h2>\n<ul>\n<li>~<span>$</span></li>\n"
                     "<li>~<span>$</span></li>\n<li>~<span>$</span></li>\n<li>~<span>$</span></li>\n</ul>\n"
                     "</section>\n",
                     MESSAGE_HOME_PROMISES, MESSAGE_SITE_PROMISE, MESSAGE_HOME_PROMISE_STATUS,
                     MESSAGE_HOME_PROMISE_TRACE, MESSAGE_HOME_PROMISE_ORDER);
    message_template(&html, "<section>\n<h2>$</h2>\n", MESSAGE_HOME_CALL);
    shell_contact(&html, &page->site->care_help);
    shell_contact(&html, &page->site->record_help);
    message_template(&html, "</section>\n<section>\n<h2>$</h2>\n<p>$</p>\n</section>\n", MESSAGE_HOME_SHARED,
                     MESSAGE_HOME_SHARED_ABOUT);
    return shell_end(&html, page);
}
