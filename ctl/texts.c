/*
 * Texts, each kept once, see texts.h.
 *
 * They lie one behind the other in blocks that never move; a text's number
 * says the block and the place in it.  A table with open addressing finds
 * them: about 16 octets for each text.  So a million senders of 30 octets take
 * less than 60 MB.
 */
#include "ctl/texts.h"

#include "lib/log.h"

#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#define BLOCK  (1u << 20)
#define ALIGN  4u
#define ROOM   64 /* slots at first */
#define UNITS  (BLOCK / ALIGN)
#define BLOCKS 2048

struct texts {
    char *blocks[BLOCKS];
    size_t nblocks;
    size_t used; /* octets of the last block */
    size_t octets, max;
    struct slot {
        uint32_t text; /* its number; 0: free */
        uint32_t hash;
    } * slots;
    size_t room, n;
    uint64_t seed;
};

struct texts *texts_new(size_t max)
{
    struct texts *t = xcalloc(1, sizeof(*t));

    if (getrandom(&t->seed, sizeof(t->seed), GRND_NONBLOCK) < 0)
        t->seed = (uintptr_t)t;
    t->max = max;
    t->room = ROOM;
    t->slots = xcalloc(t->room, sizeof(*t->slots));
    return t;
}

void texts_free(struct texts *t)
{
    if (t == NULL)
        return;
    for (size_t i = 0; i < t->nblocks; i++)
        free(t->blocks[i]);
    free(t->slots);
    free(t);
}

static char *place(const struct texts *t, uint32_t text)
{
    return t->blocks[text / UNITS] + (size_t)(text % UNITS) * ALIGN;
}

const char *texts_get(const struct texts *t, uint32_t text)
{
    return place(t, text);
}

uint32_t *texts_note(struct texts *t, uint32_t text)
{
    return (uint32_t *)(void *)(place(t, text) - ALIGN);
}

static uint32_t hash(const struct texts *t, const char *text)
{
    uint64_t h = t->seed;

    for (; *text != '\0'; text++) {
        h = (h ^ (unsigned char)*text) * 0x9e3779b97f4a7c15;
        h ^= h >> 32;
    }
    return (uint32_t)h;
}

/* Where the text stands, or would stand. Few others are looked at. */
static struct slot *find(const struct texts *t, const char *text, uint32_t h)
{
    size_t i = h & (t->room - 1);

    while (t->slots[i].text != 0 &&
           (t->slots[i].hash != h || strcmp(place(t, t->slots[i].text), text)))
        i = (i + 1) & (t->room - 1);
    return &t->slots[i];
}

static void grow(struct texts *t)
{
    struct slot *old = t->slots;
    size_t room = t->room;

    t->room *= 2;
    t->slots = xcalloc(t->room, sizeof(*t->slots));
    for (size_t k = 0; k < room; k++) {
        size_t i = old[k].hash & (t->room - 1);

        while (old[k].text != 0 && t->slots[i].text != 0)
            i = (i + 1) & (t->room - 1);
        if (old[k].text != 0)
            t->slots[i] = old[k];
    }
    free(old);
}

/* Puts it behind the others. Returns its number, or 0. */
static uint32_t append(struct texts *t, const char *text)
{
    size_t len = strlen(text) + 1,
           size = ALIGN + (len + ALIGN - 1) / ALIGN * ALIGN;
    uint32_t number;

    if (size > BLOCK || t->octets + size > t->max)
        return 0;
    if (t->nblocks == 0 || BLOCK - t->used < size) {
        if (t->nblocks == BLOCKS)
            return 0;
        t->blocks[t->nblocks++] = xcalloc(1, BLOCK);
        t->used = 0;
    }
    number = (uint32_t)((t->nblocks - 1) * UNITS + (t->used + ALIGN) / ALIGN);
    memcpy(place(t, number), text, len);
    t->used += size;
    t->octets += size;
    return number;
}

uint32_t texts_add(struct texts *t, const char *text)
{
    uint32_t h = hash(t, text), number;
    struct slot *slot = find(t, text, h);

    if (slot->text != 0)
        return slot->text;
    number = append(t, text);
    if (number == 0)
        return 0;
    *slot = (struct slot){number, h};
    if (++t->n * 4 > t->room * 3)
        grow(t);
    return number;
}
