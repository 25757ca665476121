/* SPDX-License-Identifier: Apache-2.0 */

/* Somebody who owns a demo node's root key and its signing keys, and writes a log anew: for planting faults that no check of
 * bytes can find. Changes what it is told to, seals and hashes everything again, and signs a new checkpoint.
 *
 *     insider DIR access|public CHANGE…
 *     CHANGE = event N OLD NEW | beside N OLD NEW | actor N NAME | move N TO | drop N | text N OLD NEW
 *            | plain N TEXT | repeat N TIMES | swap N | letgo | letgomore
 *
 * `letgo` writes the access log in small segments, declares its older ones in the public log and lets them go; `letgomore`
 * lets go without a true declaration. `event` and `beside` replace text in the event and in what stands beside it, `actor` gives a look another name with a
 * commitment that fits, `text` changes a plain entry (of the public log). `plain` puts a text in an entry's place, `repeat`
 * puts as many of the same behind it, `swap` leaves the sealed event and commits to another. */

#define _GNU_SOURCE
#include <ftw.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "crypto/encode.h"
#include "crypto/hash.h"
#include "keys/keystore.h"
#include "keys/ring.h"
#include "keys/root.h"
#include "ledger/ledger.h"
#include "safe/event.h"
#include "safe/node.h"

#define ENTRIES_MAX 4096
#define ARENA_MAX (256u << 20)

struct entry {
    struct slice leaf, sealed; /* as they were */
    bool opened;
    uint32_t hour;
    struct slice nonce, event, beside;
};

struct insider {
    struct arena *arena;
    struct world world;
    struct node node;
    struct ring *ring;
    struct keystore *keystore;
    enum ring_use use;
    char path[512], fresh[512], origin[256];
    struct entry entry[ENTRIES_MAX];
    size_t count;
    bool let_go, declare;
};

static void must(enum error error, const char *what)
{
    if (error == OK)
        return;
    fprintf(stderr, "insider: %s: %s\n", what, error_entry(error)->sentence);
    exit(1);
}

static struct slice replace(struct arena *arena, struct slice text, const char *old, const char *new)
{
    size_t at = slice_search(text, slice_from_string(old));

    if (at == SIZE_MAX)
        must(ERROR_NOT_FOUND, old);
    return arena_format(arena, "%.*s%s%.*s", (int)at, text.data, new, SLICE_PRINT(slice_from(text, at + strlen(old))));
}

static void open_keys(struct insider *insider, const char *directory)
{
    CLEANUP_KEY struct secret_key root;

    must(root_open(node_path(directory, "keys/root").text, slice_of("", 0), &root, NULL), "root");
    must(ring_open(node_path(directory, "keys/ring").text, &root, false, &insider->world, &insider->ring, NULL),
         "ring");
    must(keystore_open(node_path(directory, "keys/keys.db").text, insider->ring, &insider->world, &insider->keystore,
                       NULL),
         "keys.db");
}

/* The new public log stands still at the time of its first batch, since rules must be told before they are used. */
static int64_t first_time(const char *path)
{
    char file[600], head[28 + 36];
    FILE *journal;

    snprintf(file, sizeof file, "%s/journal/000000", path);
    journal = fopen(file, "rb");
    if (!journal || fread(head, 1, sizeof head, journal) != sizeof head)
        must(ERROR_IO, "journal");
    fclose(journal);
    struct reader reader = reader_of(slice_of(head + 28 + 4 + 8, 8));
    return (int64_t)reader_u64(&reader);
}

static void open_entry(struct insider *insider, struct entry *entry)
{
    CLEANUP_KEY struct secret_key key;
    struct event_opened event;

    if (entry->sealed.length == 0)
        return;
    must(event_hour(entry->sealed, &entry->hour), "hour");
    must(keystore_hour_find(insider->keystore, entry->hour, &key), "hour's key");
    must(event_open(&key, entry->sealed, insider->arena, &event), "event");
    entry->opened = true;
    entry->nonce = slice_of(event.plain.data, EVENT_NONCE_BYTES);
    entry->event = event.json;
    entry->beside = event.looker;
}

static struct ledger_settings settings_of(struct insider *insider)
{
    return (struct ledger_settings){.origin = slice_from_string(insider->origin),
                                    .seed = ring_key(insider->ring, insider->use),
                                    .world = &insider->world};
}

static void read_log(struct insider *insider)
{
    struct ledger_settings settings = settings_of(insider);
    CLEANUP_LEDGER struct ledger *ledger = NULL;

    must(ledger_open(insider->path, &settings, &ledger, NULL, NULL), "log");
    insider->count = ledger_size(ledger);
    for (size_t i = 0; i < insider->count; i++) {
        must(ledger_read(ledger, i, insider->arena, &insider->entry[i].leaf, &insider->entry[i].sealed), "entry");
        open_entry(insider, &insider->entry[i]);
    }
}

/* ---- changes ---- */

static struct entry *entry_at(struct insider *insider, const char *number)
{
    uint64_t index;

    if (!slice_to_u64(slice_from_string(number), &index) || index >= insider->count)
        must(ERROR_NOT_FOUND, number);
    return &insider->entry[index];
}

static char *hex_of(struct slice bytes)
{
    static char hex[65];

    encode_hex(bytes, hex);
    hex[2 * bytes.length] = '\0';
    return hex;
}

/* The value of a member whose value is a text. */
static const char *member(struct arena *arena, struct slice json, const char *name)
{
    char key[64];
    int length = snprintf(key, sizeof key, "\"%s\":\"", name);
    size_t at = slice_search(json, slice_of(key, (size_t)length));

    if (at == SIZE_MAX)
        must(ERROR_NOT_FOUND, name);
    struct slice rest = slice_from(json, at + (size_t)length), value = slice_cut(&rest, '"');
    return arena_format(arena, "%.*s", SLICE_PRINT(value)).data;
}

static void change_actor(struct insider *insider, struct entry *entry, const char *name)
{
    uint8_t nonce[EVENT_NONCE_BYTES];

    must(decode_hex(slice_from_string(member(insider->arena, entry->beside, "nonce")), nonce, sizeof nonce), "nonce");
    struct hash commitment = hash_keyed(slice_of(nonce, sizeof nonce), slice_from_string(name));
    entry->event = replace(insider->arena, entry->event, member(insider->arena, entry->event, "looker"),
                           hex_of(slice_of(commitment.byte, ID_BYTES)));
    entry->beside = replace(insider->arena, entry->beside, member(insider->arena, entry->beside, "actor"), name);
}

static void move(struct insider *insider, const char *from, const char *to)
{
    size_t source = (size_t)(entry_at(insider, from) - insider->entry),
           target = (size_t)(entry_at(insider, to) - insider->entry);
    struct entry moved = insider->entry[source];

    memmove(&insider->entry[source], &insider->entry[source + 1], (insider->count - source - 1) * sizeof moved);
    memmove(&insider->entry[target + 1], &insider->entry[target], (insider->count - target - 1) * sizeof moved);
    insider->entry[target] = moved;
}

static void drop(struct insider *insider, struct entry *entry)
{
    size_t index = (size_t)(entry - insider->entry);

    memmove(entry, entry + 1, (insider->count - index - 1) * sizeof *entry);
    insider->count--;
}

static void repeat(struct insider *insider, struct entry *entry, const char *times)
{
    size_t index = (size_t)(entry - insider->entry);
    uint64_t more;

    if (!slice_to_u64(slice_from_string(times), &more) || more > ENTRIES_MAX - insider->count)
        must(ERROR_TOO_LARGE, times);
    memmove(entry + 1 + more, entry + 1, (insider->count - index - 1) * sizeof *entry);
    for (uint64_t i = 1; i <= more; i++)
        entry[i] = *entry;
    insider->count += more;
}

/* Its leaf is kept as it is but for the hash of the event: the first byte after the version. */
static void swap(struct insider *insider, struct entry *entry)
{
    struct slice leaf = arena_copy(insider->arena, entry->leaf);

    if (!entry->opened || !leaf.data)
        must(ERROR_NOT_FOUND, "event");
    ((char *)(uintptr_t)leaf.data)[1] ^= 1;
    entry->leaf = leaf;
    entry->opened = false;
}

/* How many words the change takes. */
static int change(struct insider *insider, char **word, int words)
{
    struct arena *arena = insider->arena;
    bool numbered = words > 1 && strncmp(word[0], "letgo", 5) != 0;
    struct entry *entry = numbered ? entry_at(insider, word[1]) : NULL;

    if (strncmp(word[0], "letgo", 5) == 0) {
        insider->let_go = true;
        insider->declare = word[0][5] == '\0';
        return 1;
    }
    if (words >= 2 && strcmp(word[0], "drop") == 0)
        return drop(insider, entry), 2;
    if (words >= 2 && strcmp(word[0], "swap") == 0)
        return swap(insider, entry), 2;
    if (words >= 3 && strcmp(word[0], "repeat") == 0)
        return repeat(insider, entry, word[2]), 3;
    if (words >= 3 && strcmp(word[0], "plain") == 0)
        return *entry = (struct entry){.leaf = slice_from_string(word[2])}, 3;
    if (words >= 3 && strcmp(word[0], "move") == 0)
        return move(insider, word[1], word[2]), 3;
    if (words >= 3 && strcmp(word[0], "actor") == 0)
        return change_actor(insider, entry, word[2]), 3;
    if (words >= 4 && strcmp(word[0], "event") == 0)
        entry->event = replace(arena, entry->event, word[2], word[3]);
    else if (words >= 4 && strcmp(word[0], "beside") == 0)
        entry->beside = replace(arena, entry->beside, word[2], word[3]);
    else if (words >= 4 && strcmp(word[0], "text") == 0)
        entry->leaf = replace(arena, entry->leaf, word[2], word[3]);
    else
        must(ERROR_USAGE, word[0]);
    return 4;
}

/* ---- writing anew ---- */

static void append(struct insider *insider, struct ledger *ledger, const struct entry *entry)
{
    CLEANUP_BUFFER struct buffer sealed = buffer_new(1u << 20), plain = buffer_new(1u << 20);
    CLEANUP_KEY struct secret_key key;
    uint8_t leaf[LEDGER_COMMITMENT_BYTES];
    struct ledger_entry written = {entry->leaf, entry->sealed};
    struct hash event_hash;
    uint64_t index;

    if (entry->opened) {
        must(keystore_hour_find(insider->keystore, entry->hour, &key), "hour's key");
        buffer_slice(&plain, entry->nonce);
        buffer_slice(&plain, entry->event);
        event_seal(&key, entry->hour, &insider->world, buffer_view(&plain), entry->beside, &sealed, &event_hash);
        ledger_commitment(&event_hash, buffer_view(&sealed), leaf);
        written = (struct ledger_entry){slice_of(leaf, sizeof leaf), buffer_view(&sealed)};
    }
    must(ledger_append(ledger, &written, 1, 0, &index), "append");
}

/* Only what lies left of whole tiles may go: some seconds later a tile of padding follows. */
static void pad(struct insider *insider, struct ledger *ledger)
{
    static uint8_t leaf[2 * 256][LEDGER_COMMITMENT_BYTES];
    uint64_t index;

    world_advance(&insider->world, INT64_C(1000000000));
    for (size_t i = 0; i < 2 * 256; i++) {
        leaf[i][0] = LEDGER_PADDING_VERSION;
        must(ledger_append(ledger, &(struct ledger_entry){.leaf = slice_of(leaf[i], sizeof *leaf)}, 1, 0, &index),
             "pad");
    }
}

/* What a node declares before it lets go (docs/formats.md). */
static void declare(struct insider *insider, uint64_t minimum, const struct tree_head *head)
{
    CLEANUP_BUFFER struct buffer text = buffer_new(512);
    CLEANUP_LEDGER struct ledger *public = NULL;
    struct ledger_settings settings = {.seed = ring_key(insider->ring, RING_SIGN_PUBLIC), .world = &insider->world};
    char path[600], origin[300];
    uint64_t index;

    snprintf(path, sizeof path, "%.*s/public", (int)(strlen(insider->path) - strlen("/access")), insider->path);
    snprintf(origin, sizeof origin, "%s/public", insider->node.name);
    settings.origin = slice_from_string(origin);
    must(ledger_open(path, &settings, &public, NULL, NULL), "public log");
    buffer_format(
        &text,
        "{\"kind\":\"log.pruned\",\"log\":\"access\",\"minimum\":%llu,\"size\":%llu,\"root\":\"%s\",\"before\":1,"
        "\"years\":1}",
        (unsigned long long)minimum, (unsigned long long)head->size,
        hex_of(insider->declare ? hash_slice(&head->root) : SLICE("another root, of 32 bytes, no mo")));
    must(ledger_append(public, &(struct ledger_entry){.leaf = buffer_view(&text)}, 1, 0, &index), "declaration");
    must(ledger_publish(public), "publish");
}

static void let_go(struct insider *insider, struct ledger *ledger)
{
    struct ledger_pruning pruning = {0};
    struct tree_head head = ledger_head(ledger);
    uint64_t minimum = 0;
    bool done = false;

    must(ledger_prunable(ledger, insider->world.now_ns(&insider->world), &minimum), "prunable");
    while (!done)
        must(ledger_prune_prepare(ledger, minimum, &pruning, &done), "prepare");
    declare(insider, minimum, &head);
    pruning = (struct ledger_pruning){0};
    for (done = false; !done;)
        must(ledger_prune(ledger, minimum, &pruning, &done), "let go");
}

static void write_log(struct insider *insider)
{
    struct ledger_settings settings = settings_of(insider);
    CLEANUP_LEDGER struct ledger *ledger = NULL;

    settings.segment_bytes = insider->let_go ? 8192 : 0;
    must(ledger_create(insider->fresh, &settings, &ledger, NULL), "new log");
    for (size_t i = 0; i < insider->count; i++)
        append(insider, ledger, &insider->entry[i]);
    if (insider->let_go)
        pad(insider, ledger);
    must(ledger_publish(ledger), "publish");
    if (insider->let_go)
        let_go(insider, ledger);
}

static int remove_one(const char *path, const struct stat *status, int type, struct FTW *place)
{
    (void)status;
    (void)type;
    (void)place;
    return remove(path);
}

int main(int argc, char **argv)
{
    struct insider *insider = calloc(1, sizeof *insider);

    if (argc < 4 || !insider || sodium_init() < 0 || !(insider->arena = arena_new(ARENA_MAX)))
        return 2;
    insider->use = strcmp(argv[2], "access") == 0 ? RING_SIGN_ACCESS : RING_SIGN_PUBLIC;
    snprintf(insider->path, sizeof insider->path, "%s/log/%s", argv[1], argv[2]);
    snprintf(insider->fresh, sizeof insider->fresh, "%s/log/anew", argv[1]);
    struct world now = world_real();
    bool access = insider->use == RING_SIGN_ACCESS;
    insider->world = world_driven((uint64_t)getpid(), access ? now.now_ns(&now) : first_time(insider->path));
    must(node_load(argv[1], &insider->node, NULL), "node");
    snprintf(insider->origin, sizeof insider->origin, "%s/%s", insider->node.name, argv[2]);
    open_keys(insider, argv[1]);
    read_log(insider);
    for (int i = 3; i < argc;)
        i += change(insider, argv + i, argc - i);
    write_log(insider);
    nftw(insider->path, remove_one, 16, FTW_DEPTH | FTW_PHYS);
    if (rename(insider->fresh, insider->path) != 0)
        must(ERROR_IO, "rename");
    keystore_close(insider->keystore);
    ring_close(insider->ring);
    arena_free(insider->arena);
    free(insider);
    return 0;
}
