/*
 * Attempts become messages, and each is judged by the laboratory.  senders.h
 * says what belongs together.
 *
 * Attempts are sorted by their two, then by time; verdict_gather() parts them
 * behind each that passed.  It and the judgement go once over a group, so all
 * takes about as long as the sorting.
 *
 * The history knows a passed RCPT, not whether the message came: that counts
 * as accepted.  The judge is given senders in their normal form, since only
 * another normal form is a stranger to the greylist.
 */
#include "ctl/senders.h"

#include "lib/log.h"

#include <stdlib.h>
#include <string.h>

struct grouping {
    struct senders *s;
    struct place *singles; /* senders that tried once; by their attempt */
    size_t nsingles;
    /* Room for the attempts of a group. */
    struct seen *seen;
    const struct seen **gathered;
    bool *taken;
    size_t room;
};

static const struct tried *try_at(const struct senders *s, uint32_t i)
{
    return &s->tried[s->order[i]];
}

static void as_seen(const struct senders *s, const struct tried *t,
                    struct seen *out)
{
    *out = (struct seen){.time_ms = (int64_t)t->time * 1000,
                         .step = t->passed ? SEEN_DOT : SEEN_RCPT,
                         .code = t->passed ? 250 : t->reply,
                         .helo = senders_text(s, t->helo),
                         .sender = senders_text(s, t->normal),
                         .recipient = senders_text(s, t->recipient),
                         .message = "",
                         .reply = ""};
    if (!netaddr_parse(senders_text(s, t->address), &out->client))
        out->client.family = 0;
}

static enum message_state state_of(const struct sender_verdict *v,
                                   uint32_t waited_sec)
{
    if (v->ending == ENDING_ACCEPTED)
        return waited_sec > 0 ? MESSAGE_WAITED : MESSAGE_AT_ONCE;
    return v->ending == ENDING_WAITING ? MESSAGE_UNDECIDED : MESSAGE_LOST;
}

static void add_message(struct senders *s, const struct sender_verdict *v,
                        uint32_t first, uint32_t n)
{
    const struct tried *last = try_at(s, first + n - 1);
    struct message *m;

    if (s->nmessages == s->messages_room) {
        s->messages_room += s->messages_room / 2 + 1024;
        s->messages = xrealloc(s->messages, s->messages_room, sizeof(*m));
    }
    m = &s->messages[s->nmessages++];
    *m = (struct message){.first = first, .n = n};
    m->identity = last->passed ? last->identity : try_at(s, first)->identity;
    if (last->passed) {
        m->waited_sec = last->time - try_at(s, first)->time;
        /* The first attempt may be out of sight. */
        if (last->waited_sec > m->waited_sec)
            m->waited_sec = last->waited_sec;
    }
    m->state = (uint8_t)state_of(v, m->waited_sec);
    if (m->state == MESSAGE_UNDECIDED &&
        s->q.now - try_at(s, first)->time > SENDERS_LIFETIME)
        m->state = MESSAGE_LOST;
    for (size_t i = 0; i < v->n; i++)
        m->faults |= (uint16_t)(1u << v->findings[i].fault);
    m->old = last->time < s->q.since;
}

static void make_room(struct grouping *g, size_t n)
{
    if (n <= g->room)
        return;
    g->room = n * 2;
    g->seen = xrealloc(g->seen, g->room, sizeof(*g->seen));
    g->gathered = xrealloc(g->gathered, g->room, sizeof(struct seen *));
    g->taken = xrealloc(g->taken, g->room, sizeof(*g->taken));
}

/* The attempts order[first] and so on are of the same two. */
static void judge_group(struct grouping *g, uint32_t first, uint32_t n)
{
    struct senders *s = g->s;
    struct seen_list l = {0};
    struct verdict_case c = {
        .speed = 1, .asked_sec = s->q.delay_sec, .now_ms = s->q.now * 1000};
    struct sender_verdict v;
    uint32_t from = s->nmessages, i = 0;

    make_room(g, n);
    for (uint32_t k = 0; k < n; k++)
        as_seen(s, try_at(s, first + k), &g->seen[k]);
    memset(g->taken, 0, n * sizeof(*g->taken));
    l.v = g->seen;
    for (; i < n; i += (uint32_t)c.n) {
        while (l.n < n && g->seen[l.n].time_ms - g->seen[i].time_ms <=
                              (int64_t)SENDERS_LIFETIME * 1000)
            l.n++;
        c.n = verdict_gather(&l, i, g->taken, g->gathered);
        c.v = g->gathered;
        verdict_judge(&c, &v);
        add_message(s, &v, first + i, (uint32_t)c.n);
    }
    for (uint32_t k = s->nmessages, passed = 0; k-- > from;) {
        s->messages[k].resolved = passed > 0;
        passed += s->messages[k].state <= MESSAGE_WAITED;
    }
}

static uint64_t both(uint32_t high, uint32_t low)
{
    return (uint64_t)high << 32 | low;
}

/* A sender that tried once may be one that changes: it is judged later. */
static void take_group(struct grouping *g, uint32_t first, uint32_t n)
{
    const struct tried *t = try_at(g->s, first);

    if (n > 1 || t->passed || t->normal == g->s->null) {
        judge_group(g, first, n);
        return;
    }
    g->singles[g->nsingles++] =
        (struct place){both(t->identity, t->recipient),
                       both(senders_domain(g->s, t->normal), t->time), first};
}

static bool goes_on(const struct senders *s, const struct place *a,
                    const struct place *b)
{
    uint32_t gap = try_at(s, b->index)->time - try_at(s, a->index)->time;

    return a->key == b->key && a->sub >> 32 == b->sub >> 32 &&
           gap >= VERDICT_SOONEST && gap <= VERDICT_FIRST;
}

/* Those that follow one another get a place behind all others. */
static void take_singles(struct grouping *g)
{
    struct senders *s = g->s;
    const struct place *p = g->singles;
    uint32_t first;

    senders_sort(g->singles, g->nsingles);
    for (size_t i = 0, n; i < g->nsingles; i += n) {
        for (n = 1; i + n < g->nsingles && goes_on(s, &p[i + n - 1], &p[i + n]);
             n++)
            ;
        first = p[i].index;
        if (n > 1) {
            first = s->norder;
            for (size_t k = 0; k < n; k++)
                s->order[s->norder++] = s->order[p[i + k].index];
        }
        judge_group(g, first, (uint32_t)n);
    }
}

static struct place *sort_tried(const struct senders *s)
{
    struct place *p = xcalloc(s->ntried, sizeof(*p));

    for (uint32_t i = 0; i < s->ntried; i++) {
        const struct tried *t = &s->tried[i];
        bool null = t->normal == s->null;

        p[i] = (struct place){
            both(null ? t->identity : t->normal, t->recipient), t->time, i};
    }
    senders_sort(p, s->ntried);
    return p;
}

void senders_group(struct senders *s)
{
    struct grouping g = {.s = s};
    struct place *p = sort_tried(s);

    s->order = xcalloc(2 * (size_t)s->ntried, sizeof(*s->order));
    s->norder = s->ntried;
    for (uint32_t i = 0; i < s->ntried; i++)
        s->order[i] = p[i].index;
    g.singles = xcalloc(s->ntried, sizeof(*g.singles));
    for (uint32_t i = 0, n; i < s->ntried; i += n) {
        for (n = 1; i + n < s->ntried && p[i + n].key == p[i].key; n++)
            ;
        take_group(&g, i, n);
    }
    free(p);
    take_singles(&g);
    free(g.singles);
    free(g.seen);
    free(g.gathered);
    free(g.taken);
}
