/* SPDX-License-Identifier: Apache-2.0 */
#include "html.h"

#include "text/utf8.h"

#define REPLACEMENT 0xFFFD

void html_markup(struct html *html, struct markup markup)
{
    buffer_bytes(html->out, markup.data, markup.length);
}

/* Embeddings, overrides and isolates (Unicode Bidirectional Algorithm, 3.1.2 and 3.1.3): an unclosed one in a name
 * could turn a refusal into its opposite on the reader's screen. The marks LRM, RLM and ALM turn nothing and stay. */
static bool turns_direction(uint32_t c)
{
    return (c >= 0x202A && c <= 0x202E) || (c >= 0x2066 && c <= 0x2069);
}

/* C0 and C1 controls, line separators, tags (invisible letters), and noncharacters at the end of the plane. */
static bool is_control(uint32_t c)
{
    return (c < 0x20 && c != '\t' && c != '\n') || (c >= 0x7F && c < 0xA0) || c == 0x2028 || c == 0x2029 ||
           c == 0xFEFF || (c >= 0xE0000 && c < 0xE0080) || (c & 0xFFFE) == 0xFFFE;
}

static void put(struct buffer *out, uint32_t c)
{
    switch (c) {
    case '&':
        buffer_string(out, "&amp;");
        return;
    case '<':
        buffer_string(out, "&lt;");
        return;
    case '>':
        buffer_string(out, "&gt;");
        return;
    case '"':
        buffer_string(out, "&quot;");
        return;
    case '\'':
        buffer_string(out, "&#39;");
        return;
    default:
        if (!turns_direction(c) && !is_control(c))
            utf8_put(out, c);
    }
}

void html_text(struct html *html, struct slice text)
{
    while (text.length && !html->out->failed) {
        struct slice rest = text;
        uint32_t c;

        if (!utf8_next(&rest, &c)) {
            c = REPLACEMENT;
            rest = slice_from(text, 1);
        }
        put(html->out, c);
        text = rest;
    }
}

void html_string(struct html *html, const char *string)
{
    html_text(html, slice_from_string(string));
}

void html_isolated(struct html *html, struct slice text)
{
    html_markup(html, MARKUP("<bdi>"));
    html_text(html, text);
    html_markup(html, MARKUP("</bdi>"));
}

void html_number(struct html *html, int64_t number)
{
    buffer_format(html->out, "%lld", (long long)number);
}

void html_attribute(struct html *html, struct markup name, struct slice value)
{
    html_markup(html, MARKUP(" "));
    html_markup(html, name);
    html_markup(html, MARKUP("=\""));
    html_text(html, value);
    html_markup(html, MARKUP("\""));
}

/* Browsers read "/\host" as "//host", so a backslash is no better than a second slash. */
static bool is_safe_address(struct slice address)
{
    if (slice_starts_with(address, SLICE("https://")))
        return true;
    if (address.length == 0 || address.data[0] != '/')
        return false;
    return address.length == 1 || (address.data[1] != '/' && address.data[1] != '\\');
}

/* Control characters are refused, not dropped: "/<tab>/host" would otherwise lose its tab and become another host. */
static bool is_printable(struct slice text)
{
    for (size_t i = 0; i < text.length; i++)
        if ((unsigned char)text.data[i] <= ' ' || (unsigned char)text.data[i] >= 0x7F)
            return false;
    return true;
}

void html_address(struct html *html, struct markup name, struct slice address)
{
    html_attribute(html, name, is_safe_address(address) && is_printable(address) ? address : SLICE("/"));
}

void html_telephone(struct html *html, struct slice number)
{
    html_markup(html, MARKUP(" href=\"tel:"));
    for (size_t i = 0; i < number.length; i++) {
        char c = number.data[i];
        if ((c >= '0' && c <= '9') || (c == '+' && i == 0))
            buffer_byte(html->out, (uint8_t)c);
    }
    html_markup(html, MARKUP("\""));
}

void html_direction(struct html *html)
{
    html_attribute(html, MARKUP("lang"), slice_from_string(language_tag(html->language)));
    html_attribute(html, MARKUP("dir"), slice_from_string(language_direction(html->language)));
}
