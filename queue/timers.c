/*
 * A binary heap, see timers.h.  Every node knows its place, so that it can be
 * moved without being searched for.  Times are kept in 32 bits: until 2106.
 */
#include "queue/timers.h"

#include "lib/log.h"

#include <stdlib.h>

static void put(struct timers *t, size_t i, struct timer *timer)
{
    t->v[i] = timer;
    timer->place = (uint32_t)(i + 1);
}

static void rise(struct timers *t, size_t i)
{
    struct timer *timer = t->v[i];

    while (i > 0 && timer->at < t->v[(i - 1) / 2]->at) {
        put(t, i, t->v[(i - 1) / 2]);
        i = (i - 1) / 2;
    }
    put(t, i, timer);
}

static void sink(struct timers *t, size_t i)
{
    struct timer *timer = t->v[i];
    size_t child;

    while ((child = 2 * i + 1) < t->n) {
        if (child + 1 < t->n && t->v[child + 1]->at < t->v[child]->at)
            child++;
        if (t->v[child]->at >= timer->at)
            break;
        put(t, i, t->v[child]);
        i = child;
    }
    put(t, i, timer);
}

void timers_set(struct timers *t, struct timer *timer, int64_t at)
{
    if (timer->place == 0) {
        if (t->n == t->room) {
            t->room = t->room * 2 + 64;
            t->v = xrealloc(t->v, t->room, sizeof(struct timer *));
        }
        put(t, t->n++, timer);
    }
    timer->at = at < 0 ? 0 : at > UINT32_MAX ? UINT32_MAX : (uint32_t)at;
    rise(t, timer->place - 1);
    sink(t, timer->place - 1);
}

void timers_remove(struct timers *t, struct timer *timer)
{
    size_t i;

    if (timer->place == 0)
        return;
    i = timer->place - 1;
    timer->place = 0;
    if (i == --t->n)
        return;
    put(t, i, t->v[t->n]);
    rise(t, i);
    sink(t, t->v[i]->place - 1);
}

struct timer *timers_first(const struct timers *t)
{
    return t->n > 0 ? t->v[0] : NULL;
}

void timers_release(struct timers *t)
{
    free(t->v);
    *t = (struct timers){0};
}
