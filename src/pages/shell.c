/* SPDX-License-Identifier: Apache-2.0 */
#include "shell.h"

#include "asset_names.h"

/* The tessera hospitalis: a token broken in two, whose halves fit only each other. */
#define LOGO                                                                                                           \
    "<svg class=\"logo\" viewBox=\"0 0 32 32\" aria-hidden=\"true\">"                                                  \
    "<path class=\"one\" d=\"M14.5 3.1A13 13 0 0 0 14.3 28.9L16.3 24 11 19 16.8 13.7 11.6 8.6Z"                        \
    "M7.3 14.2a1.8 1.8 0 1 0 0 3.6 1.8 1.8 0 0 0 0-3.6Z\"/>"                                                           \
    "<path class=\"two\" d=\"M17.2 3.1A13 13 0 0 1 17 28.9L19 24 13.7 19 19.5 13.7 14.3 8.6Z"                          \
    "M24.7 14.2a1.8 1.8 0 1 0 0 3.6 1.8 1.8 0 0 0 0-3.6Z\"/></svg>"

/* Longer than any path that the pages themselves make. */
#define ADDRESS_BYTES_MAX 1024

/* The same page in another language. */
static void write_language_link(struct html *html, struct slice path, enum language language)
{
    CLEANUP_BUFFER struct buffer address = buffer_new(ADDRESS_BYTES_MAX);
    struct html other = {html->out, language};

    buffer_slice(&address, path);
    buffer_string(&address, slice_find(path, '?') < path.length ? "&" : "?");
    buffer_string(&address, LANGUAGE_PARAMETER "=");
    buffer_string(&address, language_tag(language));
    html_markup(html, MARKUP("<li><a"));
    html_address(html, MARKUP("href"), buffer_view(&address));
    html_attribute(html, MARKUP("hreflang"), slice_from_string(language_tag(language)));
    html_direction(&other);
    if (language == html->language)
        html_markup(html, MARKUP(" aria-current=\"true\""));
    html_markup(html, MARKUP(">"));
    html_string(html, language_own_name(language));
    html_markup(html, MARKUP("</a></li>"));
}

static void write_languages(struct html *html, struct slice path)
{
    if (path.length == 0)
        return;
    message_template(html, "<nav class=\"languages\" aria-label=\"$\"><ul>", MESSAGE_SITE_LANGUAGES);
    for (int i = 0; i < LANGUAGE_COUNT; i++)
        write_language_link(html, path, (enum language)i);
    html_markup(html, MARKUP("</ul></nav>\n"));
}

static void write_head(struct html *html, enum message_id title)
{
    html_markup(html, MARKUP("<!doctype html>\n<html"));
    html_direction(html);
    message_template(html,
                     ">\n<head>\n<meta charset=\"utf-8\">\n<title>$</title>\n"
                     "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
                     "<meta name=\"color-scheme\" content=\"light dark\">\n"
                     "<link rel=\"stylesheet\" href=\"" ASSET_STYLE_PATH "\">\n"
                     "<link rel=\"icon\" type=\"image/svg+xml\" href=\"" ASSET_ICON_PATH "\">\n</head>\n",
                     title);
}

/* The way out stands on every page at the same place, and works without a script. It cannot clean the history, which
 * the first page says. */
static void write_banner(struct html *html, const struct page *page)
{
    html_markup(html, MARKUP("<header class=\"banner\">\n<a class=\"brand\" href=\"" PATH_HOME "\">" LOGO "<span>"));
    html_isolated(html, page->site->name);
    message_template(html, "</span><span class=\"spoken\">, $</span></a>\n<a class=\"exit\"", MESSAGE_SITE_HOME);
    html_address(html, MARKUP("href"), page->site->exit_address);
    message_template(html, " rel=\"noreferrer noopener\">~$</a>\n", MESSAGE_SITE_EXIT);
    write_languages(html, page->path);
    html_markup(html, MARKUP("</header>\n"));
}

struct html shell_begin(struct buffer *out, const struct page *page, enum message_id title, struct markup layout)
{
    struct html html = {out, page->language};

    write_head(&html, title);
    html_markup(&html, MARKUP("<body class=\""));
    html_markup(&html, layout);
    message_template(&html, "\">\n<a class=\"skip\" href=\"#content\">$</a>\n", MESSAGE_SITE_SKIP);
    write_banner(&html, page);
    html_markup(&html, MARKUP("<main id=\"content\" tabindex=\"-1\">\n"));
    return html;
}

void shell_contact(struct html *html, const struct page_contact *contact)
{
    if (contact->name.length == 0)
        return;
    html_markup(html, MARKUP("<p class=\"contact\">"));
    pictogram_write(html, PICTOGRAM_PHONE);
    html_markup(html, MARKUP("<span>"));
    message_write_with(html, MESSAGE_CONTACT_CALL, message_text(contact->name), message_phone(contact->phone));
    html_markup(html, MARKUP("</span></p>\n"));
}

static void write_sign_out(struct html *html)
{
    message_template(html,
                     "<form class=\"sign-out\" method=\"post\" action=\"" PATH_SIGN_OUT "\">"
                     "<button class=\"quiet\">$</button></form>\n",
                     MESSAGE_SIGN_OUT);
}

enum error shell_end(struct html *html, const struct page *page)
{
    if (page->signed_in)
        write_sign_out(html);
    html_markup(html, MARKUP("</main>\n<footer class=\"foot\">\n"));
    message_template(html, "<p class=\"promise\">~<strong>$</strong></p>\n<p>", MESSAGE_SITE_PROMISE);
    message_write_with(html, MESSAGE_SITE_EMERGENCY, message_phone(page->site->emergency_number));
    html_markup(html, MARKUP("</p>\n"));
    if (message_count_unreviewed(html->language) > 0)
        message_template(html, "<p class=\"small\">$</p>\n", MESSAGE_SITE_DRAFT);
    html_markup(html, MARKUP("</footer>\n</body>\n</html>\n"));
    return buffer_check(html->out);
}
