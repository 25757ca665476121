/* SPDX-License-Identifier: Apache-2.0 */

#include "kept.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>

struct kept_blocks {
    struct {
        void *block;
        void (*close)(void *block);
    } of[KEPT_COUNT];
};

static pthread_once_t once = PTHREAD_ONCE_INIT;
static pthread_key_t key;
static bool key_works;

static void blocks_free(void *pointer)
{
    struct kept_blocks *blocks = pointer;

    for (int kind = 0; kind < KEPT_COUNT; kind++) {
        if (blocks->of[kind].block)
            blocks->of[kind].close(blocks->of[kind].block);
        free(blocks->of[kind].block);
    }
    free(blocks);
}

static void make_key(void)
{
    key_works = pthread_key_create(&key, blocks_free) == 0;
}

static struct kept_blocks *blocks_get(void)
{
    pthread_once(&once, make_key);
    if (!key_works)
        return NULL;
    struct kept_blocks *blocks = pthread_getspecific(key);
    if (!blocks && (blocks = calloc(1, sizeof *blocks)) && pthread_setspecific(key, blocks)) {
        free(blocks);
        return NULL;
    }
    return blocks;
}

void *kept_get(enum kept kind, size_t bytes, void (*close)(void *block))
{
    struct kept_blocks *blocks = blocks_get();

    if (!blocks)
        return NULL;
    if (!blocks->of[kind].block) {
        blocks->of[kind].block = calloc(1, bytes);
        blocks->of[kind].close = close;
    }
    return blocks->of[kind].block;
}
