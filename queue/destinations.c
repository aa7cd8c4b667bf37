/*
 * Destinations, see destinations.h.  One exists while a recipient waits for
 * it, a conversation is under way or it is known to be dead.
 */
#include "queue/destinations.h"

#include "lib/log.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum line { LINE_PROVEN, LINE_SUSPECT, LINE_LOCAL, LINE_ASKS, LINE_NONE };

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

static void drop_unused(struct destinations *d, struct destination *x)
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
    drop_unused(d, from);
}

static void stand(struct destinations *d, struct destination *x, enum line to)
{
    struct lines *l;

    if (x->line != LINE_NONE) {
        l = &d->line[x->line];
        *(x->ahead != NULL ? &x->ahead->behind : &l->first) = x->behind;
        *(x->behind != NULL ? &x->behind->ahead : &l->last) = x->ahead;
    }
    x->ahead = x->behind = NULL;
    x->line = (uint8_t)to;
    if (to == LINE_NONE)
        return;
    l = &d->line[to];
    x->ahead = l->last;
    *(l->last != NULL ? &l->last->behind : &l->first) = x;
    l->last = x;
}

static bool is_suspect(const struct destination *x)
{
    return !x->local && (x->failures > 0 || !x->proven);
}

/* Something about it has changed. */
static void count(struct destinations *d, struct destination *x)
{
    d->suspects -= x->suspect;
    x->suspect = is_suspect(x) ? x->active : 0;
    d->suspects += x->suspect;
}

static enum line line_of(const struct destination *x)
{
    unsigned limit = x->local ? DESTINATIONS_LOCAL : x->limit;

    if (x->asking)
        return x->asked ? LINE_NONE : LINE_ASKS;
    if (x->first == NULL || x->active >= limit)
        return LINE_NONE;
    if (x->local)
        return LINE_LOCAL;
    return is_suspect(x) ? LINE_SUSPECT : LINE_PROVEN;
}

void destinations_line(struct destinations *d, struct destination *x)
{
    enum line to = line_of(x);

    if (x->line != to)
        stand(d, x, to);
}

void destinations_ready(struct destinations *d, struct rcpt *r)
{
    struct destination *x = r->destination;

    r->phase = PHASE_READY;
    r->behind = NULL;
    *(x->last != NULL ? &x->last->behind : &x->first) = r;
    x->last = r;
    destinations_line(d, x);
}

void destinations_unready(struct destinations *d, struct rcpt *r)
{
    struct destination *x = r->destination;
    struct rcpt **at = &x->first, *ahead = NULL;

    assert(r->phase == PHASE_READY);
    while (*at != r) {
        ahead = *at;
        at = &ahead->behind;
    }
    *at = r->behind;
    if (x->last == r)
        x->last = ahead;
    r->behind = NULL;
    r->phase = PHASE_WAITS;
    destinations_line(d, x);
}

/* It goes to the end of its line, if it may have more. */
static struct destination *begin(struct destinations *d, struct destination *x)
{
    x->active++;
    count(d, x);
    stand(d, x, LINE_NONE);
    destinations_line(d, x);
    return x;
}

struct destination *destinations_turn(struct destinations *d)
{
    unsigned for_suspects = d->conversations > 1 ? d->conversations / 2 : 1;
    struct destination *x = NULL;

    if (d->suspects < for_suspects)
        x = d->line[LINE_SUSPECT].first;
    if (x == NULL)
        x = d->line[LINE_PROVEN].first;
    return x != NULL ? begin(d, x) : NULL;
}

struct destination *destinations_turn_local(struct destinations *d)
{
    struct destination *x = d->line[LINE_LOCAL].first;

    return x != NULL ? begin(d, x) : NULL;
}

void destinations_end(struct destinations *d, struct destination *x)
{
    x->active--;
    count(d, x);
    destinations_line(d, x);
    drop_unused(d, x);
}

void destinations_ask(struct destinations *d, struct destination *x)
{
    x->asking = true;
    destinations_line(d, x);
}

struct destination *destinations_asks(struct destinations *d)
{
    struct destination *x = d->line[LINE_ASKS].first;

    if (x != NULL) {
        x->asked = true;
        destinations_line(d, x);
    }
    return x;
}

void destinations_ask_again(struct destinations *d, struct destination *x)
{
    x->asked = false;
    destinations_line(d, x);
}

void destinations_answered(struct destinations *d, struct destination *x)
{
    x->asking = x->asked = false;
    destinations_line(d, x);
    drop_unused(d, x);
}

bool destinations_others(const struct destinations *d)
{
    return d->line[LINE_PROVEN].first != NULL ||
           d->line[LINE_SUSPECT].first != NULL;
}

void destinations_alive(struct destinations *d, struct destination *x)
{
    x->failures = 0;
    x->proven = true;
    count(d, x);
    *proven_place(d, x->name) = hash(x->name);
    x->until = 0;
    free(x->why);
    x->why = NULL;
    if (x->limit < d->per_destination && x->limit < UINT8_MAX)
        x->limit++;
    destinations_line(d, x);
}

void destinations_dead(struct destinations *d, struct destination *x,
                       int64_t until, const char *why)
{
    char *text = xstrdup(why);

    if (x->failures < UINT16_MAX)
        x->failures++;
    count(d, x);
    *proven_place(d, x->name) = 0;
    x->until = (uint32_t)until;
    x->limit = 1;
    free(x->why);
    x->why = text;
    destinations_line(d, x);
}

bool destinations_is_dead(const struct destination *x, int64_t now)
{
    return (int64_t)x->until > now;
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
