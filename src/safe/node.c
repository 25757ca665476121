/* SPDX-License-Identifier: Apache-2.0 */
#include "node.h"

#include <stdio.h>

#include "base/arena.h"
#include "base/buffer.h"
#include "base/file.h"
#include "crypto/encode.h"
#include "crypto/hash.h"

#define FILE_MAX 1024
static const struct slice first_line = {"hospitium-node 1", 16};

struct node_path node_path(const char *directory, const char *below)
{
    struct node_path path;

    snprintf(path.text, sizeof path.text, "%s/%s", directory, below);
    return path;
}

bool node_name_allowed(struct slice name)
{
    if (name.length == 0 || name.length > NODE_NAME_MAX)
        return false;
    for (size_t i = 0; i < name.length; i++) {
        char c = name.data[i];
        if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '-'))
            return false;
    }
    return true;
}

static void put_hex(struct buffer *text, const void *bytes, size_t length)
{
    char *room = buffer_room(text, 2 * length);

    if (room)
        encode_hex(slice_of(bytes, length), room);
    buffer_byte(text, '\n');
}

enum error node_save(const struct node *node)
{
    CLEANUP_BUFFER struct buffer text = buffer_new(FILE_MAX);

    buffer_slice(&text, first_line);
    buffer_format(&text, "\n%s\n%s\n", node->name, node->demo ? "demo" : "real");
    put_hex(&text, node->id.byte, ID_BYTES);
    put_hex(&text, node->oversight, sizeof node->oversight);
    TRY(buffer_check(&text));
    return file_replace(node_path(node->directory, "node").text, buffer_view(&text), 0644);
}

enum error node_load(const char *directory, struct node *ret_node, struct fault *fault)
{
    CLEANUP_ARENA struct arena *arena = arena_new(4 * FILE_MAX);
    struct slice text;

    if (!arena)
        return ERROR_MEMORY;
    if (strlen(directory) >= NODE_PATH_MAX)
        return fault_set(fault, ERROR_VALUE, "the path is too long");
    TRY(file_read(arena, node_path(directory, "node").text, FILE_MAX, &text, fault));
    struct slice version = slice_cut(&text, '\n'), name = slice_cut(&text, '\n'), kind = slice_cut(&text, '\n');
    if (!slice_equal(version, first_line) || !node_name_allowed(name))
        return fault_set(fault, ERROR_SYNTAX, "%s/node", directory);
    struct slice id = slice_cut(&text, '\n'), oversight = slice_cut(&text, '\n');
    if (decode_hex(id, ret_node->id.byte, ID_BYTES) != OK ||
        decode_hex(oversight, ret_node->oversight, sizeof ret_node->oversight) != OK)
        return fault_set(fault, ERROR_SYNTAX, "%s/node", directory);
    snprintf(ret_node->directory, sizeof ret_node->directory, "%s", directory);
    snprintf(ret_node->name, sizeof ret_node->name, "%.*s", SLICE_PRINT(name));
    ret_node->demo = slice_is(kind, "demo");
    return OK;
}

struct id node_organization(struct slice short_name)
{
    const struct slice part[] = {SLICE("organization:"), short_name};
    struct hash hash = hash_sha256_parts(part, 2);
    struct id id;

    memcpy(id.byte, hash.byte, ID_BYTES);
    return id;
}
