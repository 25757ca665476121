/* SPDX-License-Identifier: Apache-2.0 */
#include "pictogram.h"

static const struct markup PATHS[PICTOGRAM_COUNT] = {
#define PICTOGRAM(name, path) [PICTOGRAM_##name] = {path, sizeof(path) - 1},
#include "pictogram.def"
#undef PICTOGRAM
};

void pictogram_write(struct html *html, enum pictogram pictogram)
{
    if (pictogram == PICTOGRAM_NONE)
        return;
    html_markup(html, MARKUP("<svg class=\"pic\" viewBox=\"0 0 24 24\" aria-hidden=\"true\"><path d=\""));
    html_markup(html, PATHS[pictogram]);
    html_markup(html, MARKUP("\"/></svg>"));
}
