/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* What translit.c and the module hospitium-icu.so agree on. The number in the symbol changes with the meaning, so
 * that a module left over from another version is not found rather than misunderstood. */

#include <stddef.h>

#define TRANSLIT_MODULE_FILE "hospitium-icu.so"
#define TRANSLIT_MODULE_SYMBOL "hospitium_transliterate_1"

enum translit_result { TRANSLIT_DONE, TRANSLIT_NO_ROOM, TRANSLIT_FAILED };

/* Writes at most `capacity` bytes of UTF-8 and their number. `text` is valid UTF-8. */
typedef enum translit_result translit_module_call(const char *text, size_t length, char *out, size_t capacity,
                                                  size_t *ret_length);
