/* SPDX-License-Identifier: Apache-2.0 */

/* Whatever bytes come, what is written is UTF-8 without markup, quotes, controls or direction overrides. */

#include <stdlib.h>

#include "pages/html.h"
#include "text/utf8.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(struct slice text)
{
    uint32_t c;

    while (utf8_next(&text, &c))
        if (c == '<' || c == '>' || c == '"' || c == '\'' || (c < 0x20 && c != '\t' && c != '\n') ||
            (c >= 0x202A && c <= 0x202E) || (c >= 0x2066 && c <= 0x2069))
            abort();
    if (text.length)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    CLEANUP_BUFFER struct buffer out = buffer_new(1 << 20);
    struct html html = {&out, LANGUAGE_EN};

    html_text(&html, slice_of(data, size));
    check(buffer_view(&out));
    buffer_clear(&out);
    html_address(&html, MARKUP("href"), slice_of(data, size));
    struct slice address = slice_from(buffer_view(&out), sizeof " href=\"" - 1);
    check(slice_of(address.data, address.length - 1));
    if (!slice_starts_with(address, SLICE("/")) && !slice_starts_with(address, SLICE("https://")))
        abort();
    return 0;
}
