/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* The pictograms of pictogram.def, as inline SVG. They are decoration to a screen reader: the word is always beside
 * them. */

#include "html.h"

enum pictogram {
    PICTOGRAM_NONE,
#define PICTOGRAM(name, path) PICTOGRAM_##name,
#include "pictogram.def"
#undef PICTOGRAM
    PICTOGRAM_COUNT
};

/* Writes nothing for PICTOGRAM_NONE. */
void pictogram_write(struct html *html, enum pictogram pictogram);
