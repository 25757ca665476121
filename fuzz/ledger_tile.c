/* SPDX-License-Identifier: Apache-2.0 */

/* Tile paths from anywhere write back to the same text; bundles from anywhere are read to their end. */

#include <stdlib.h>

#include "ledger/tile.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice input = slice_of(data, size);
    struct tile_name name;

    if (tile_path_parse(input, &name) == OK) {
        CLEANUP_BUFFER struct buffer written = buffer_new(TILE_PATH_MAX);
        tile_path_write(&name, &written);
        if (!slice_equal(buffer_view(&written), input) || name.width == 0 || name.width > TILE_WIDTH)
            abort();
    }
    struct reader reader = reader_of(input);
    size_t read = 0;
    while (reader.rest.length > 0 && !reader.failed)
        read += 2 + tile_entry_read(&reader).length;
    if (!reader.failed && read != size)
        abort();
    return 0;
}
