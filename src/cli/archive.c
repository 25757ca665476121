/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "archive.h"

#include <errno.h>
#include <fcntl.h>
#include <fts.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/file.h"
#include "crypto/hash.h"
#include "safe/node.h"

#define CHUNK 65536
#define NAME_MAX_BYTES 512
#define FIRST_LINE "hospitium-backup 1\n"

struct archive {
    int descriptor;
    EVP_MD_CTX *hash;
};

static void archive_close(struct archive *archive)
{
    file_close(&archive->descriptor);
    EVP_MD_CTX_free(archive->hash);
}

static enum error archive_open(struct archive *archive, const char *path, int flags)
{
    *archive = (struct archive){.descriptor = open(path, flags | O_CLOEXEC, 0600), .hash = EVP_MD_CTX_new()};
    if (archive->descriptor < 0)
        return file_error(errno);
    if (!archive->hash || EVP_DigestInit_ex(archive->hash, EVP_sha256(), NULL) != 1)
        return ERROR_MEMORY;
    return OK;
}

static enum error put(struct archive *archive, struct slice bytes)
{
    EVP_DigestUpdate(archive->hash, bytes.data, bytes.length);
    return file_write_all(archive->descriptor, bytes.data, bytes.length);
}

static enum error put_file(struct archive *archive, const char *path, const char *name, uint64_t length)
{
    CLEANUP_BUFFER struct buffer head = buffer_new(NAME_MAX_BYTES + 16);
    CLEANUP_DESCRIPTOR int file = open(path, O_RDONLY | O_CLOEXEC);
    char chunk[CHUNK];

    if (file < 0)
        return file_error(errno);
    buffer_u16(&head, (uint16_t)strlen(name));
    buffer_string(&head, name);
    buffer_u64(&head, length);
    TRY(buffer_check(&head));
    TRY(put(archive, buffer_view(&head)));
    while (length > 0) {
        ssize_t got = read(file, chunk, length < CHUNK ? (size_t)length : CHUNK);
        if (got <= 0)
            return ERROR_IO;
        TRY(put(archive, slice_of(chunk, (size_t)got)));
        length -= (uint64_t)got;
    }
    return OK;
}

static int by_name(const FTSENT **a, const FTSENT **b)
{
    return strcmp((*a)->fts_name, (*b)->fts_name);
}

static enum error put_tree(struct archive *archive, const char *directory)
{
    char *const roots[] = {(char *)(uintptr_t)directory, NULL};
    FTS *tree = fts_open(roots, FTS_PHYSICAL | FTS_NOCHDIR, by_name);
    enum error error = tree ? OK : ERROR_IO;

    for (FTSENT *entry; error == OK && (entry = fts_read(tree));)
        if (entry->fts_info == FTS_F)
            error = put_file(archive, entry->fts_path, entry->fts_path + strlen(directory) + 1,
                             (uint64_t)entry->fts_statp->st_size);
    if (tree)
        fts_close(tree);
    return error;
}

static enum error finish(struct archive *archive)
{
    static const char end[2];
    struct hash hash;

    TRY(put(archive, slice_of(end, sizeof end)));
    EVP_DigestFinal_ex(archive->hash, hash.byte, NULL);
    TRY(file_write_all(archive->descriptor, hash.byte, HASH_BYTES));
    return fsync(archive->descriptor) < 0 ? file_error(errno) : OK;
}

enum error archive_write(const char *path, const char *directory, struct fault *fault)
{
    struct archive archive;
    enum error error = archive_open(&archive, path, O_WRONLY | O_CREAT | O_EXCL);

    if (error == OK)
        error = put(&archive, SLICE(FIRST_LINE));
    if (error == OK)
        error = put_tree(&archive, directory);
    if (error == OK)
        error = finish(&archive);
    archive_close(&archive);
    return error == OK ? OK : fault_set(fault, error, "%s", path);
}

/* ---- reading ---- */

static enum error get(struct archive *archive, void *into, size_t length)
{
    char *at = into;

    while (length > 0) {
        ssize_t got = read(archive->descriptor, at, length);
        if (got <= 0)
            return ERROR_CORRUPT;
        at += got;
        length -= (size_t)got;
    }
    return OK;
}

/* The hash is over everything but itself; nothing is unpacked before it was found right. */
static enum error check(struct archive *archive)
{
    off_t end = lseek(archive->descriptor, 0, SEEK_END);
    char chunk[CHUNK], first[sizeof FIRST_LINE - 1];
    struct hash hash, stored;

    if (end < (off_t)(sizeof first + HASH_BYTES + 2) || lseek(archive->descriptor, 0, SEEK_SET) < 0)
        return ERROR_SYNTAX;
    for (off_t left = end - HASH_BYTES; left > 0;) {
        size_t part = left < CHUNK ? (size_t)left : CHUNK;
        TRY(get(archive, chunk, part));
        EVP_DigestUpdate(archive->hash, chunk, part);
        left -= (off_t)part;
    }
    EVP_DigestFinal_ex(archive->hash, hash.byte, NULL);
    TRY(get(archive, stored.byte, HASH_BYTES));
    if (!hash_equal(&hash, &stored))
        return ERROR_CORRUPT;
    if (lseek(archive->descriptor, 0, SEEK_SET) < 0)
        return ERROR_IO;
    TRY(get(archive, first, sizeof first));
    return memcmp(first, FIRST_LINE, sizeof first) == 0 ? OK : ERROR_VERSION;
}

static bool name_is_safe(const char *name)
{
    return name[0] != '/' && !strstr(name, "..") && strlen(name) > 0;
}

static enum error unpack_bytes(struct archive *archive, const char *path, uint64_t length)
{
    CLEANUP_DESCRIPTOR int file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    char chunk[CHUNK];

    if (file < 0)
        return file_error(errno);
    while (length > 0) {
        size_t part = length < CHUNK ? (size_t)length : CHUNK;
        TRY(get(archive, chunk, part));
        TRY(file_write_all(file, chunk, part));
        length -= part;
    }
    return fsync(file) < 0 ? file_error(errno) : OK;
}

static enum error unpack_file(struct archive *archive, const char *directory, uint16_t name_length)
{
    char name[NAME_MAX_BYTES + 1];
    uint8_t length_bytes[8];

    if (name_length > NAME_MAX_BYTES)
        return ERROR_SYNTAX;
    TRY(get(archive, name, name_length));
    name[name_length] = '\0';
    TRY(get(archive, length_bytes, sizeof length_bytes));
    if (!name_is_safe(name))
        return ERROR_SYNTAX;
    struct reader reader = reader_of(slice_of(length_bytes, sizeof length_bytes));
    struct node_path path = node_path(directory, name);
    char *slash = strrchr(path.text, '/');
    *slash = '\0';
    TRY(file_make_directory(path.text));
    *slash = '/';
    return unpack_bytes(archive, path.text, reader_u64(&reader));
}

static enum error unpack(struct archive *archive, const char *directory)
{
    for (;;) {
        uint8_t bytes[2];
        TRY(get(archive, bytes, sizeof bytes));
        struct reader reader = reader_of(slice_of(bytes, sizeof bytes));
        uint16_t length = reader_u16(&reader);
        if (length == 0)
            return OK;
        TRY(unpack_file(archive, directory, length));
    }
}

enum error archive_read(const char *path, const char *directory, struct fault *fault)
{
    struct archive archive;
    enum error error = archive_open(&archive, path, O_RDONLY);

    if (error == OK)
        error = check(&archive);
    if (error == OK)
        error = unpack(&archive, directory);
    archive_close(&archive);
    return error == OK ? OK : fault_set(fault, error, "%s", path);
}
