/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* Tests stand one folder below the program and its modules. */

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static inline void module_directory_set(void)
{
    char path[PATH_MAX];
    ssize_t length = readlink("/proc/self/exe", path, sizeof path - 1);

    if (length <= 0)
        return;
    path[length] = '\0';
    *strrchr(path, '/') = '\0';
    *strrchr(path, '/') = '\0';
    setenv("HOSPITIUM_MODULE_DIR", path, 0);
}
