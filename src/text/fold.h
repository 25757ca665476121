/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* Text made comparable: FHIR R4 asks string search to ignore case and accents. Covers Latin, Greek, Cyrillic and the
 * usual variants of Arabic and Persian letters; other scripts pass as they are. No substitute for matching names across
 * alphabets, which is identity's. Pure. */

#include "base/buffer.h"

/* Appends `text` (valid UTF-8) in small letters, without accents and vowel marks, runs of white space as one space. */
void fold(struct slice text, struct buffer *into);
