/* SPDX-License-Identifier: Apache-2.0 */
#include "tile.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* Seven groups of three digits hold any index that a 64-bit size can have. */
#define INDEX_GROUPS_MAX 7

void tile_path_write(const struct tile_name *name, struct buffer *into)
{
    uint64_t divisor = 1;

    if (name->entries)
        buffer_string(into, "tile/entries/");
    else
        buffer_format(into, "tile/%u/", name->level);
    while (name->index / divisor >= 1000)
        divisor *= 1000;
    for (; divisor > 1; divisor /= 1000)
        buffer_format(into, "x%03" PRIu64 "/", name->index / divisor % 1000);
    buffer_format(into, "%03" PRIu64, name->index % 1000);
    if (name->width != TILE_WIDTH)
        buffer_format(into, ".p/%u", name->width);
}

void tile_path_text(const struct tile_name *name, char ret_text[TILE_PATH_MAX])
{
    struct buffer buffer = {.data = ret_text, .capacity = TILE_PATH_MAX, .maximum = TILE_PATH_MAX};

    tile_path_write(name, &buffer);
    buffer_byte(&buffer, '\0');
    assert(!buffer.failed); /* the longest name has 52 characters */
}

static bool parse_digits(struct slice digits, uint64_t *ret_value)
{
    return digits.length == 3 && slice_to_u64(digits, ret_value);
}

/* Reads "x001/x234/067", the first group not zero when there are several. */
static enum error parse_index(struct slice *rest, uint64_t *ret_index, bool *ret_partial)
{
    uint64_t index = 0, group;

    for (unsigned count = 0; count < INDEX_GROUPS_MAX; count++) {
        struct slice element = slice_cut(rest, '/');
        bool more = slice_starts_with(element, SLICE("x"));
        *ret_partial = !more && slice_ends_with(element, SLICE(".p"));
        if (*ret_partial)
            element.length -= 2;
        if (!parse_digits(slice_from(element, more ? 1 : 0), &group))
            return ERROR_SYNTAX;
        if ((more && count == 0 && group == 0) || __builtin_mul_overflow(index, 1000, &index) ||
            __builtin_add_overflow(index, group, &index))
            return ERROR_SYNTAX;
        if (!more) {
            *ret_index = index;
            return OK;
        }
    }
    return ERROR_SYNTAX;
}

static bool parse_number(struct slice text, uint64_t least, uint64_t most, uint64_t *ret_value)
{
    if (text.length == 0 || text.length > 3 || (text.length > 1 && text.data[0] == '0'))
        return false;
    return slice_to_u64(text, ret_value) && *ret_value >= least && *ret_value <= most;
}

/* What the parser is lenient about (a slash at the end, say), this is not. */
static bool writes_back(const struct tile_name *name, struct slice path)
{
    char text[TILE_PATH_MAX];

    tile_path_text(name, text);
    return slice_is(path, text);
}

enum error tile_path_parse(struct slice path, struct tile_name *ret_name)
{
    struct tile_name name = {.width = TILE_WIDTH};
    uint64_t level = 0, width = TILE_WIDTH;
    bool partial;
    struct slice rest = path;

    if (path.length >= TILE_PATH_MAX || !slice_is(slice_cut(&rest, '/'), "tile"))
        return ERROR_SYNTAX;
    struct slice kind = slice_cut(&rest, '/');
    name.entries = slice_is(kind, "entries");
    if (!name.entries && !parse_number(kind, 0, TILE_LEVELS - 1, &level))
        return ERROR_SYNTAX;
    TRY(parse_index(&rest, &name.index, &partial));
    if (partial && !parse_number(rest, 1, TILE_WIDTH - 1, &width))
        return ERROR_SYNTAX;
    name.level = (uint8_t)level;
    name.width = (uint16_t)width;
    if (!writes_back(&name, path))
        return ERROR_SYNTAX;
    *ret_name = name;
    return OK;
}

unsigned tile_width(uint64_t size, unsigned level, uint64_t index)
{
    uint64_t hashes = level < TILE_LEVELS ? size >> (8 * level) : 0;

    if (index > hashes / TILE_WIDTH)
        return 0;
    return index < hashes / TILE_WIDTH ? TILE_WIDTH : (unsigned)(hashes % TILE_WIDTH);
}

struct hash tile_fold(const struct hash *hash, unsigned height)
{
    struct hash row[TILE_WIDTH / 2];

    if (height == 0)
        return hash[0];
    for (size_t i = 0; i < (size_t)1 << height >> 1; i++)
        row[i] = tree_hash_node(&hash[2 * i], &hash[2 * i + 1]);
    for (size_t width = (size_t)1 << height >> 2; width > 0; width >>= 1) {
        for (size_t i = 0; i < width; i++)
            row[i] = tree_hash_node(&row[2 * i], &row[2 * i + 1]);
    }
    return row[0];
}

void tile_entry_write(struct slice entry, struct buffer *into)
{
    if (entry.length > UINT16_MAX) {
        into->failed = true;
        return;
    }
    buffer_u16(into, (uint16_t)entry.length);
    buffer_slice(into, entry);
}

struct slice tile_entry_read(struct reader *reader)
{
    return reader_bytes(reader, reader_u16(reader));
}
