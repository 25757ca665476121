/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* A node's settings: one table (settings.def) and one commented file of lines `name = value`. What is not in the file
 * has its default; what the table does not know is an error. */

#include "base/arena.h"
#include "base/error.h"
#include "base/slice.h"

enum setting_kind { SETTING_TEXT, SETTING_NUMBER };

struct setting {
    const char *name;
    enum setting_kind kind;
    long least, most;
    const char *value; /* the default */
    const char *help;
};

struct settings;

/* A missing file is all defaults. ERROR_VALUE with the line in `fault`. */
MUST_CHECK enum error settings_read(struct arena *arena, const char *path, const struct settings **ret_settings,
                                    struct fault *fault);
/* By a name of the table; aborts on any other, since that is a mistake in this program. */
struct slice settings_text(const struct settings *settings, const char *name);
long settings_number(const struct settings *settings, const char *name);

/* The commented file, with every default as a comment. */
MUST_CHECK enum error settings_write_defaults(const char *path);
