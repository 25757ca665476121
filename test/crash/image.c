/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "image.h"

#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define FILES_MAX 512
#define NAMES_MAX 512
#define PENDING_MAX 4096
#define SECTOR 512
#define FOLDER UINT32_MAX

struct content {
    unsigned char *byte;
    size_t length, room;
};

struct file {
    uint32_t number;
    struct content now, synced;
    const struct disk_operation *pending[PENDING_MAX]; /* since it was synced */
    size_t count;
};

struct name {
    char text[DISK_NAME_MAX];
    uint32_t file; /* place in image.file, or FOLDER */
};

struct names {
    struct name name[NAMES_MAX];
    size_t count;
};

struct image {
    char rules[256];
    struct file *file[FILES_MAX];
    size_t files;
    struct names now, durable;
    const struct disk_operation *pending[PENDING_MAX]; /* changes of names that no folder's sync has made durable */
    uint32_t named[PENDING_MAX];                       /* of a rename or a link: which file it was */
    size_t count;
    const struct disk_operation *last;
};

const char *image_cut_word(enum image_cut cut)
{
    static const char *const word[CUT_KINDS] = {"killed", "lost",      "names only", "bytes only",
                                                "torn",   "reordered", "scattered"};

    return word[cut];
}

/* ---- chance: SplitMix64, so that a point is told by its seed ---- */

static uint64_t chance(uint64_t *state, uint64_t out_of)
{
    uint64_t z = *state += 0x9e3779b97f4a7c15u;

    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return (z ^ (z >> 31)) % out_of;
}

/* ---- bytes ---- */

static void content_resize(struct content *content, size_t length)
{
    if (length > content->room) {
        content->room = 2 * length;
        content->byte = realloc(content->byte, content->room);
        if (!content->byte)
            abort();
    }
    if (length > content->length)
        memset(content->byte + content->length, 0, length - content->length);
    content->length = length;
}

static void content_put(struct content *content, size_t at, const unsigned char *data, size_t length)
{
    if (at + length > content->length)
        content_resize(content, at + length);
    memcpy(content->byte + at, data, length);
}

static void content_copy(struct content *to, const struct content *from)
{
    content_resize(to, from->length);
    if (from->length)
        memcpy(to->byte, from->byte, from->length);
}

static void apply(struct content *content, const struct disk_operation *operation)
{
    if (operation->kind == DISK_WRITE)
        content_put(content, operation->offset, operation->data, operation->length);
    else
        content_resize(content, operation->offset);
}

/* Those sectors of a write that `kept` says. */
static void apply_sectors(struct content *content, const struct disk_operation *operation, uint64_t *state,
                          size_t first_sectors, bool scattered)
{
    size_t done = 0, sector = 0;

    while (done < operation->length) {
        size_t piece = SECTOR - (operation->offset + done) % SECTOR;
        if (piece > operation->length - done)
            piece = operation->length - done;
        if (scattered ? chance(state, 2) == 0 : sector < first_sectors)
            content_put(content, operation->offset + done, operation->data + done, piece);
        done += piece;
        sector++;
    }
}

static size_t sectors_of(const struct disk_operation *operation)
{
    return (operation->offset % SECTOR + operation->length + SECTOR - 1) / SECTOR;
}

static void content_after(const struct image *image, const struct file *file, enum image_cut cut, uint64_t *state,
                          struct content *into)
{
    bool all = cut == CUT_KILLED || cut == CUT_BYTES ||
               (cut == CUT_TORN && (!image->last || image->last->kind != DISK_WRITE));
    size_t pivot = file->count ? chance(state, file->count + 1) : 0;

    content_copy(into, all ? &file->now : &file->synced);
    if (all || cut == CUT_LOST || cut == CUT_NAMES)
        return;
    for (size_t i = 0; i < file->count; i++) {
        const struct disk_operation *operation = file->pending[i];
        bool write = operation->kind == DISK_WRITE;
        if (cut == CUT_TORN && operation == image->last)
            apply_sectors(into, operation, state, chance(state, sectors_of(operation)), false);
        else if (cut == CUT_TORN || (cut == CUT_REORDERED && i >= pivot) || (!write && chance(state, 2) == 0))
            apply(into, operation);
        else if (cut == CUT_SCATTERED && write && chance(state, 4) != 0)
            apply_sectors(into, operation, state, 0, true);
    }
}

/* ---- names ---- */

static struct name *find(struct names *names, const char *text)
{
    for (size_t i = 0; i < names->count; i++)
        if (strcmp(names->name[i].text, text) == 0)
            return &names->name[i];
    return NULL;
}

static void set(struct names *names, const char *text, uint32_t file)
{
    struct name *name = find(names, text);

    if (!name) {
        if (names->count == NAMES_MAX)
            abort();
        name = &names->name[names->count++];
        snprintf(name->text, sizeof name->text, "%s", text);
    }
    name->file = file;
}

static void drop(struct names *names, const char *text)
{
    struct name *name = find(names, text);

    if (name)
        *name = names->name[--names->count];
}

static uint32_t place_of(struct image *image, uint32_t number)
{
    for (uint32_t i = 0; i < image->files; i++)
        if (image->file[i]->number == number)
            return i;
    if (image->files == FILES_MAX)
        abort();
    image->file[image->files] = calloc(1, sizeof *image->file[0]);
    image->file[image->files]->number = number;
    return (uint32_t)image->files++;
}

/* The new name is the file's whether or not the folder of the old one was synced. */
static void change_names(struct image *image, struct names *names, const struct disk_operation *operation,
                         uint32_t file)
{
    switch (operation->kind) {
    case DISK_CREATE:
        set(names, operation->name, place_of(image, operation->file));
        break;
    case DISK_MAKE_FOLDER:
        set(names, operation->name, FOLDER);
        break;
    case DISK_RENAME:
        drop(names, operation->name);
        set(names, operation->other, file);
        break;
    case DISK_LINK:
        set(names, operation->other, file);
        break;
    default:
        drop(names, operation->name);
    }
}

static void parent_of(const char *name, char parent[DISK_NAME_MAX])
{
    const char *slash = strrchr(name, '/');

    snprintf(parent, DISK_NAME_MAX, "%.*s", slash ? (int)(slash - name) : 0, name);
}

static void folder_of(const struct disk_operation *operation, char folder[DISK_NAME_MAX])
{
    parent_of(operation->other[0] ? operation->other : operation->name, folder);
}

static void sync_folder(struct image *image, const char *synced)
{
    char folder[DISK_NAME_MAX];
    size_t left = 0;

    for (size_t i = 0; i < image->count; i++) {
        folder_of(image->pending[i], folder);
        if (strcmp(folder, synced) == 0) {
            change_names(image, &image->durable, image->pending[i], image->named[i]);
        } else {
            image->named[left] = image->named[i];
            image->pending[left++] = image->pending[i];
        }
    }
    image->count = left;
}

/* ---- telling ---- */

static void pend(const struct disk_operation **pending, size_t *count, const struct disk_operation *operation)
{
    if (*count == PENDING_MAX)
        abort();
    pending[(*count)++] = operation;
}

static void tell_names(struct image *image, const struct disk_operation *operation)
{
    const struct name *name = find(&image->now, operation->name);

    image->named[image->count] = name ? name->file : FOLDER;
    change_names(image, &image->now, operation, image->named[image->count]);
    pend(image->pending, &image->count, operation);
}

void image_tell(struct image *image, const struct disk_operation *operation)
{
    struct file *file;

    image->last = operation;
    switch (operation->kind) {
    case DISK_WRITE:
    case DISK_TRUNCATE:
        file = image->file[place_of(image, operation->file)];
        apply(&file->now, operation);
        pend(file->pending, &file->count, operation);
        break;
    case DISK_SYNC:
        file = image->file[place_of(image, operation->file)];
        content_copy(&file->synced, &file->now);
        file->count = 0;
        break;
    case DISK_SYNC_FOLDER:
        sync_folder(image, operation->name);
        break;
    case DISK_ALLOCATE:
        break;
    default:
        tell_names(image, operation);
    }
}

/* ---- reading and writing ---- */

static struct {
    struct image *image;
    size_t prefix;
} reading; /* nftw passes no context */

static void read_content(const char *path, size_t length, struct content *into)
{
    int descriptor = open(path, O_RDONLY | O_CLOEXEC);

    content_resize(into, length);
    if (descriptor < 0 || read(descriptor, into->byte, length) != (ssize_t)length)
        abort();
    close(descriptor);
}

static int read_one(const char *path, const struct stat *status, int type, struct FTW *walk)
{
    const char *name = path + reading.prefix;
    size_t length = strlen(name);

    (void)walk;
    if (*name == '\0' || strncmp(name, "rules", 5) == 0)
        return 0;
    if (type == FTW_D || type == FTW_DP) {
        set(&reading.image->now, name, FOLDER);
    } else if (type == FTW_F && strcmp(name + length - 4, "lock") != 0 && strcmp(name + length - 4, "-shm") != 0) {
        uint32_t place = place_of(reading.image, disk_file_of(name));
        struct file *file = reading.image->file[place];
        read_content(path, (size_t)status->st_size, &file->now);
        content_copy(&file->synced, &file->now);
        set(&reading.image->now, name, place);
    }
    return 0;
}

struct image *image_read(const char *directory)
{
    struct image *image = calloc(1, sizeof *image);

    snprintf(image->rules, sizeof image->rules, "%s/rules", directory);
    reading.image = image;
    reading.prefix = strlen(directory) + 1;
    if (nftw(directory, read_one, 16, FTW_PHYS) != 0)
        abort();
    image->durable = image->now;
    return image;
}

struct image *image_of(const char *directory)
{
    disk_watch(directory, false);
    struct image *image = image_read(directory);
    disk_rest();
    return image;
}

void image_free(struct image *image)
{
    for (size_t i = 0; i < image->files; i++) {
        free(image->file[i]->now.byte);
        free(image->file[i]->synced.byte);
        free(image->file[i]);
    }
    free(image);
}

/* Each folder's changes up to one of them. */
static void names_after(struct image *image, enum image_cut cut, uint64_t *state, struct names *into)
{
    struct names stopped = {0};
    char folder[DISK_NAME_MAX];

    if (cut != CUT_SCATTERED) {
        *into = cut == CUT_LOST || cut == CUT_BYTES ? image->durable : image->now;
        return;
    }
    *into = image->durable;
    for (size_t i = 0; i < image->count; i++) {
        folder_of(image->pending[i], folder);
        if (find(&stopped, folder))
            continue;
        if (chance(state, 3) == 0)
            set(&stopped, folder, FOLDER);
        else
            change_names(image, into, image->pending[i], image->named[i]);
    }
}

static void write_content(const char *path, const struct content *content)
{
    int descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

    /* In a folder that is lost itself. */
    if (descriptor < 0)
        return;
    if (content->length > 0 && write(descriptor, content->byte, content->length) != (ssize_t)content->length)
        abort();
    close(descriptor);
}

static int by_name(const void *a, const void *b)
{
    return strcmp(((const struct name *)a)->text, ((const struct name *)b)->text);
}

void image_write(const struct image *image, enum image_cut cut, uint64_t seed, const char *directory)
{
    struct content content = {0};
    struct names names;
    char path[512];

    names_after((struct image *)(uintptr_t)image, cut, &seed, &names);
    qsort(names.name, names.count, sizeof *names.name, by_name); /* a folder before what is in it */
    image_remove(directory);                                     /* what a point that died left there */
    if (mkdir(directory, 0700) != 0)
        abort();
    snprintf(path, sizeof path, "%s/rules", directory);
    if (symlink(image->rules, path) != 0)
        abort();
    for (size_t i = 0; i < names.count; i++) {
        snprintf(path, sizeof path, "%s/%s", directory, names.name[i].text);
        if (names.name[i].file == FOLDER) {
            (void)mkdir(path, 0700);
            continue;
        }
        content_after(image, image->file[names.name[i].file], cut, &seed, &content);
        write_content(path, &content);
    }
    free(content.byte);
}

size_t image_files(const struct image *image)
{
    return image->now.count;
}

const char *image_name(const struct image *image, size_t index)
{
    return image->now.name[index].text;
}

size_t image_length(const struct image *image, size_t index)
{
    uint32_t file = image->now.name[index].file;

    return file == FOLDER ? 0 : image->file[file]->now.length;
}

void image_flip(struct image *image, size_t index, size_t at, unsigned char mask)
{
    image->file[image->now.name[index].file]->now.byte[at] ^= mask;
}

static int remove_one(const char *path, const struct stat *status, int type, struct FTW *walk)
{
    (void)status, (void)type, (void)walk;
    return remove(path);
}

void image_remove(const char *directory)
{
    nftw(directory, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}
