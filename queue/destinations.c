/*
 * Whose turn it is among the destinations, see destinations.h.
 *
 *   no mail --ready--> in line --turn--> a conversation, in line for more
 *   in line --its hosts are not known--> asking --answered--> in line
 *
 * A destination stands in one line at most, and where that is follows from
 * what is known of it: whoever changes that calls destinations_line().
 */
#include "queue/destinations_parts.h"

#include "lib/log.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

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
    d->failing -= x->failing;
    x->failing = x->failures > 0 ? x->suspect : 0;
    d->failing += x->failing;
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
    if (x->failures > 0)
        return LINE_DEAD;
    return x->proven ? LINE_PROVEN : LINE_NEW;
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
    r->ahead = x->last;
    r->behind = NULL;
    *(x->last != NULL ? &x->last->behind : &x->first) = r;
    x->last = r;
    destinations_line(d, x);
}

void destinations_unready(struct destinations *d, struct rcpt *r)
{
    struct destination *x = r->destination;

    assert(r->phase == PHASE_READY);
    *(r->ahead != NULL ? &r->ahead->behind : &x->first) = r->behind;
    *(r->behind != NULL ? &r->behind->ahead : &x->last) = r->ahead;
    r->ahead = r->behind = NULL;
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

static struct destination *first_suspect(const struct destinations *d)
{
    unsigned n = d->conversations;
    unsigned for_suspects = n > 1 ? n / 2 : 1, for_dead = n > 3 ? n / 3 : 1;
    struct destination *new = d->line[LINE_NEW].first;
    struct destination *dead = d->line[LINE_DEAD].first;

    if (d->suspects >= for_suspects)
        return NULL;
    if (d->failing >= for_dead || (for_suspects == 1 && new != NULL))
        return new;
    return dead != NULL ? dead : new;
}

struct destination *destinations_turn(struct destinations *d)
{
    struct destination *x = first_suspect(d);

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
    destinations_drop_unused(d, x);
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
    destinations_drop_unused(d, x);
}

bool destinations_others(const struct destinations *d)
{
    return d->line[LINE_PROVEN].first != NULL ||
           d->line[LINE_NEW].first != NULL || d->line[LINE_DEAD].first != NULL;
}

void destinations_alive(struct destinations *d, struct destination *x)
{
    x->failures = 0;
    x->proven = true;
    count(d, x);
    destinations_remember(d, x, true);
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
    destinations_remember(d, x, false);
    x->until = (uint32_t)until;
    x->limit = 1;
    free(x->why);
    x->why = text;
    destinations_line(d, x);
}

void destinations_seen(struct destinations *d, struct destination *x,
                       int64_t time, bool reached)
{
    if (time < x->seen)
        return;
    x->seen = (uint32_t)time;
    x->failures = !reached;
    x->proven = reached;
    destinations_remember(d, x, reached);
    destinations_line(d, x);
}

bool destinations_is_dead(const struct destination *x, int64_t now)
{
    return (int64_t)x->until > now;
}
