/*
 * The table of destinations, see destinations.h.  One is in it while a
 * recipient waits for it, a conversation is under way, or its hosts are asked
 * for.  Longer than that lasts only that it was reached, as a hash of its name
 * in a place that others may take: at worst one counts as unknown again.
 */
#include "queue/destinations_parts.h"

#include "lib/log.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

static size_t hash(const char *name)
{
    size_t h = 5381;

    while (*name != '\0')
        h = h * 33 + (unsigned char)*name++;
    return h;
}

/* Where its hash is, if it was reached lately. */
static size_t *proven_place(struct destinations *d, const char *name)
{
    return &d->proven[hash(name) % DESTINATIONS_PROVEN];
}

void destinations_remember(struct destinations *d, const struct destination *x,
                           bool reached)
{
    *proven_place(d, x->name) = reached ? hash(x->name) : 0;
}

static void grow(struct destinations *d)
{
    size_t buckets = d->buckets > 0 ? d->buckets * 2 : 64;
    struct destination **bucket =
        xcalloc(buckets, sizeof(struct destination *));

    for (size_t i = 0; i < d->buckets; i++)
        while (d->bucket[i] != NULL) {
            struct destination *x = d->bucket[i];

            d->bucket[i] = x->next;
            x->next = bucket[hash(x->name) % buckets];
            bucket[hash(x->name) % buckets] = x;
        }
    free(d->bucket);
    d->bucket = bucket;
    d->buckets = buckets;
}

struct destination *destinations_get(struct destinations *d, const char *name)
{
    struct destination *x, **at;
    size_t size = strlen(name) + 1;

    if (d->n >= d->buckets)
        grow(d);
    at = &d->bucket[hash(name) % d->buckets];
    for (x = *at; x != NULL; x = x->next)
        if (strcmp(x->name, name) == 0)
            return x;
    x = xcalloc(1, sizeof(*x) + size);
    memcpy(x->name, name, size);
    x->limit = 1;
    x->line = LINE_NONE;
    x->proven = *proven_place(d, name) == hash(name);
    x->next = *at;
    *at = x;
    d->n++;
    return x;
}

void destinations_drop_unused(struct destinations *d, struct destination *x)
{
    struct destination **at = &d->bucket[hash(x->name) % d->buckets];

    if (x->users > 0 || x->active > 0 || x->asking)
        return;
    assert(x->first == NULL && x->line == LINE_NONE);
    while (*at != x)
        at = &(*at)->next;
    *at = x->next;
    d->n--;
    free(x->hosts);
    free(x->why);
    free(x);
}

void destinations_join(struct destination *to, struct rcpt *r)
{
    r->destination = to;
    to->users++;
}

void destinations_leave(struct destinations *d, struct rcpt *r)
{
    struct destination *from = r->destination;

    r->destination = NULL;
    from->users--;
    destinations_drop_unused(d, from);
}

void destinations_each(const struct destinations *d,
                       void (*call)(struct destination *, void *arg), void *arg)
{
    for (size_t i = 0; i < d->buckets; i++)
        for (struct destination *x = d->bucket[i]; x != NULL; x = x->next)
            call(x, arg);
}

void destinations_release(struct destinations *d)
{
    for (size_t i = 0; i < d->buckets; i++)
        while (d->bucket[i] != NULL) {
            struct destination *x = d->bucket[i];

            d->bucket[i] = x->next;
            free(x->hosts);
            free(x->why);
            free(x);
        }
    free(d->bucket);
    *d = (struct destinations){0};
}
