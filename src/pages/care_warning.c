/* SPDX-License-Identifier: Apache-2.0 */
#include "care_form.h"
#include "shell.h"

static bool any_foreign(const struct html *html, const struct care_notice *notice)
{
    for (size_t i = 0; i < notice->count; i++)
        if (!slice_is(notice->warning[i].language, language_tag(html->language)))
            return true;
    return false;
}

/* In the language that it is written in: a machine's translation of such a sentence could endanger somebody. */
static void write_warning(struct html *html, const struct care_warning *warning)
{
    html_markup(html, MARKUP("<li>\n<p"));
    html_attribute(html, MARKUP("lang"), warning->language);
    html_markup(html, MARKUP(" dir=\"auto\">"));
    html_text(html, warning->text);
    html_markup(html, MARKUP("</p>\n<p class=\"small\">"));
    message_write_with(html, MESSAGE_WARNING_SOURCE, message_text(warning->source), message_text(warning->article),
                       message_text(warning->since));
    html_markup(html, MARKUP("</p>\n</li>\n"));
}

void care_warning_write(struct html *html, const struct page *page, const struct care_notice *notice)
{
    if (notice->count == 0)
        return;
    message_template(html, "<section class=\"before\">\n<h2>~<span>$</span></h2>\n<p>$</p>\n", MESSAGE_WARNING_HEADING,
                     MESSAGE_WARNING_ABOUT);
    if (any_foreign(html, notice))
        message_template(html, "<p>$</p>\n", MESSAGE_WARNING_UNTRANSLATED);
    html_markup(html, MARKUP("<ul>\n"));
    for (size_t i = 0; i < notice->count; i++)
        write_warning(html, &notice->warning[i]);
    html_markup(html, MARKUP("</ul>\n"));
    shell_contact(html, &page->site->care_help);
    html_markup(html, MARKUP("</section>\n"));
}
