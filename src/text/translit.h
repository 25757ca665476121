/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* Text of any script in Latin letters, so that names written in different alphabets can be laid side by side.
 *
 * ICU does the work. It takes some 30 MB once its data are touched, so it lives in a module of its own,
 * hospitium-icu.so, that is loaded when text outside ASCII first comes; ASCII is done here without it. The module is
 * looked for beside the running program, or in the directory HOSPITIUM_MODULE_DIR.
 *
 * Any thread; calls that need ICU wait for each other. */

#include "base/arena.h"

#define TRANSLIT_BYTES_MAX 4096

/* NFKC, Any-Latin, Latin-ASCII, lower case (names of ICU's transforms). The result is ASCII but for a few letters that
 * ICU keeps (modifier letters, schwa). Scripts that write no vowels come out without: "سميرة" is "smyrt".
 * ERROR_TOO_LARGE: more than TRANSLIT_BYTES_MAX. ERROR_UTF8. ERROR_MEMORY. ERROR_FILE_MISSING: the module; `fault` (may
 * be NULL) says where it was looked for. */
MUST_CHECK enum error translit_latin(struct arena *arena, struct slice text, struct slice *ret_latin,
                                     struct fault *fault);
