/*
 * A cache of records, see store_recent.h.
 *
 * Each hash value has two places, the newer first, so that two records that
 * are asked for in turns do not drive each other out.
 *
 * An entry is 128 octets, two lines of the processor's cache; keys too long
 * for it are not remembered.  Keys of both tables lie side by side, since none
 * of one can be of the other.  The hash (eight octets at a time) need not
 * resist an attacker: the key itself is compared, so a collision costs a search
 * and no more.
 */
#include "greylist/store_recent.h"

#include "lib/log.h"

#include <stdlib.h>
#include <string.h>

#define ENTRY_OCTETS 128

struct entry {
    uint8_t len; /* of the key; 0: no entry */
    uint8_t value_len;
    uint8_t value[STORE_VALUE];
    char key[ENTRY_OCTETS - 2 - STORE_VALUE];
};

struct pair {
    struct entry newer, older;
};

struct recent {
    size_t n; /* a power of two */
    struct pair *pairs;
};

struct recent *recent_new(uint64_t octets)
{
    struct recent *r = xcalloc(1, sizeof(*r));

    for (r->n = 32; r->n * 2 * sizeof(*r->pairs) <= octets;)
        r->n *= 2;
    r->pairs = xcalloc(r->n, sizeof(*r->pairs));
    return r;
}

void recent_free(struct recent *r)
{
    if (r != NULL)
        free(r->pairs);
    free(r);
}

static struct pair *place(const struct recent *r, const char *key, size_t len)
{
    uint64_t h = len, eight;

    for (size_t i = 0; i < len; i += sizeof(eight)) {
        eight = 0;
        memcpy(&eight, key + i, len - i < 8 ? len - i : 8);
        h = (h ^ eight) * 0x9e3779b97f4a7c15;
        h ^= h >> 32;
    }
    return &r->pairs[h & (r->n - 1)];
}

static bool is_of(const struct entry *e, const char *key, size_t len)
{
    return len > 0 && e->len == len && memcmp(e->key, key, len) == 0;
}

bool recent_find(const struct recent *r, const char *key, size_t len,
                 uint8_t value[STORE_VALUE], size_t *value_len)
{
    const struct pair *p = place(r, key, len);
    const struct entry *e = is_of(&p->newer, key, len) ? &p->newer : &p->older;

    if (e == &p->older && !is_of(e, key, len))
        return false;
    memcpy(value, e->value, e->value_len);
    *value_len = e->value_len;
    return true;
}

void recent_set(struct recent *r, const char *key, size_t len,
                const uint8_t *value, size_t value_len)
{
    struct pair *p = place(r, key, len);
    struct entry *e = is_of(&p->older, key, len) ? &p->older : &p->newer;

    if (len > sizeof(e->key))
        return;
    if (e == &p->newer && !is_of(e, key, len))
        p->older = p->newer;
    e->len = (uint8_t)len;
    memcpy(e->key, key, len);
    e->value_len = (uint8_t)value_len;
    memcpy(e->value, value, value_len);
}

void recent_forget(struct recent *r, const char *key, size_t len)
{
    struct pair *p = place(r, key, len);

    if (is_of(&p->newer, key, len))
        p->newer.len = 0;
    if (is_of(&p->older, key, len))
        p->older.len = 0;
}

void recent_clear(struct recent *r)
{
    memset(r->pairs, 0, r->n * sizeof(*r->pairs));
}
