/* SPDX-License-Identifier: Apache-2.0 */
#include "shell.h"

/* Signing in with a code from the desk, or a token of the staff. The code goes into a POST body, is never put back into
 * the page, and no browser is to remember it: phones are shared. */

static void write_form(struct html *html, const struct page_sign_in *view)
{
    html_markup(html, MARKUP("<form method=\"post\" class=\"stack\""));
    html_attribute(html, MARKUP("action"), view->for_staff ? SLICE(PATH_STAFF_SIGN_IN) : SLICE(PATH_SIGN_IN));
    message_template(html, ">\n<label for=\"code\">$</label>\n", MESSAGE_SIGN_CODE);
    html_markup(html, MARKUP("<input id=\"code\" name=\"code\" type=\"text\" dir=\"ltr\" required autocomplete=\"off\" "
                             "autocapitalize=\"none\" spellcheck=\"false\" maxlength=\"4096\""));
    if (view->failed)
        html_markup(html, MARKUP(" aria-invalid=\"true\" aria-describedby=\"problem\""));
    message_template(html, ">\n<p><button class=\"button\">$</button></p>\n</form>\n", MESSAGE_SIGN_SEND);
}

enum error page_write_sign_in(struct buffer *out, const struct page *page, const struct page_sign_in *view)
{
    struct html html = shell_begin(out, page, MESSAGE_SIGN_TITLE, MARKUP("sign"));

    message_template(&html, "<h1>~$</h1>\n<p class=\"lead\">$</p>\n", MESSAGE_SIGN_TITLE,
                     view->for_staff ? MESSAGE_SIGN_STAFF : MESSAGE_SIGN_PERSON);
    if (view->failed)
        message_template(&html, "<p class=\"problem\" id=\"problem\" role=\"alert\">$</p>\n", MESSAGE_SIGN_PROBLEM);
    write_form(&html, view);
    if (!view->for_staff) {
        message_template(&html, "<section>\n<p>$</p>\n", MESSAGE_SIGN_LOST);
        shell_contact(&html, &page->site->record_help);
        html_markup(&html, MARKUP("</section>\n"));
    }
    return shell_end(&html, page);
}
