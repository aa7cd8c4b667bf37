/*
 * The cache of verified names: a hash table with chains, whose entries also
 * form one list in the order of their last use.
 *
 * All entries lie in one array, made at the start (about 330 octets each; the
 * system gives a page when it is first written), so that the cache never
 * allocates while it works.  An entry holds from the second it was put in
 * until its end; if the clock is before the first or past the second, it does
 * not: a clock that is set back makes the cache forget, never lie.
 */
#include "resolver/name_cache.h"
#include "lib/log.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

struct entry {
    TAILQ_ENTRY(entry) use; /* the most recent first */
    LIST_ENTRY(entry) chain;
    struct netaddr address;
    enum named named;
    uint64_t from_sec, until_sec;
    char name[ADDRESS_DOMAIN + 1];
};

struct name_cache {
    size_t max, used;
    uint64_t key;
    struct entry *entries;
    TAILQ_HEAD(order, entry) order;
    LIST_HEAD(bucket, entry) * buckets; /* as many as entries */
};

struct name_cache *name_cache_new(size_t max, uint64_t key)
{
    struct name_cache *c = xcalloc(1, sizeof(*c));

    assert(max > 0);
    c->max = max;
    c->key = key;
    c->entries = xcalloc(max, sizeof(*c->entries));
    c->buckets = xcalloc(max, sizeof(*c->buckets));
    TAILQ_INIT(&c->order);
    return c;
}

void name_cache_free(struct name_cache *c)
{
    if (c == NULL)
        return;
    free(c->entries);
    free(c->buckets);
    free(c);
}

static struct bucket *bucket_of(struct name_cache *c, const struct netaddr *a)
{
    return &c->buckets[netaddr_hash(a, c->key) % c->max];
}

static struct entry *find(struct name_cache *c, const struct netaddr *a)
{
    struct entry *e = LIST_FIRST(bucket_of(c, a));

    while (e != NULL && !netaddr_equal(&e->address, a))
        e = LIST_NEXT(e, chain);
    return e;
}

static void used_now(struct name_cache *c, struct entry *e)
{
    TAILQ_REMOVE(&c->order, e, use);
    TAILQ_INSERT_HEAD(&c->order, e, use);
}

/* A place for a new address, in its bucket and first in the order. */
static struct entry *place(struct name_cache *c, const struct netaddr *a)
{
    struct entry *e;

    if (c->used < c->max) {
        e = &c->entries[c->used++];
        TAILQ_INSERT_HEAD(&c->order, e, use);
    } else {
        e = TAILQ_LAST(&c->order, order);
        LIST_REMOVE(e, chain);
        used_now(c, e);
    }
    e->address = *a;
    LIST_INSERT_HEAD(bucket_of(c, a), e, chain);
    return e;
}

void name_cache_put(struct name_cache *c, const struct netaddr *a,
                    enum named named, const char *name, uint64_t now_sec,
                    unsigned ttl_sec)
{
    struct entry *e = find(c, a);

    assert(strlen(name) < sizeof(e->name));
    if (e == NULL)
        e = place(c, a);
    else
        used_now(c, e);
    e->named = named;
    e->from_sec = now_sec;
    e->until_sec = now_sec + ttl_sec;
    strcpy(e->name, name);
}

bool name_cache_get(struct name_cache *c, const struct netaddr *a,
                    uint64_t now_sec, enum named *named,
                    char name[ADDRESS_DOMAIN + 1])
{
    struct entry *e = find(c, a);

    if (e == NULL || now_sec < e->from_sec || now_sec >= e->until_sec)
        return false;
    used_now(c, e);
    *named = e->named;
    strcpy(name, e->name);
    return true;
}

size_t name_cache_count(const struct name_cache *c)
{
    return c->used;
}
