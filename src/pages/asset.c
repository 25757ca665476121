/* SPDX-License-Identifier: Apache-2.0 */
#include "asset.h"

const struct asset *asset_find(struct slice path)
{
    for (size_t i = 0; i < asset_count; i++)
        if (slice_is(path, asset_table[i].path))
            return &asset_table[i];
    return NULL;
}
