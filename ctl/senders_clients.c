/*
 * Messages become clients, by identity; see senders.h.
 *
 * What a client has earned counts over all that was read, the rest only over
 * messages that are not old.  Mail that passed because its client, sender or
 * recipient is free earns nothing: it says nothing of the client.
 */
#include "ctl/senders.h"

#include "lib/log.h"

#include <stdlib.h>
#include <string.h>

#define STAMPS (UINT32_MAX / 2) /* no number of a text is as large */

static void sort_messages(struct senders *s)
{
    struct place *p = xcalloc(s->nmessages, sizeof(*p));
    struct message *sorted = xcalloc(s->nmessages, sizeof(*sorted));

    for (uint32_t i = 0; i < s->nmessages; i++)
        p[i] = (struct place){s->messages[i].identity, 0, i};
    senders_sort(p, s->nmessages);
    for (uint32_t i = 0; i < s->nmessages; i++)
        sorted[i] = s->messages[p[i].index];
    free(s->messages);
    s->messages = sorted;
    s->messages_room = s->nmessages;
    free(p);
}

static bool has_earned(const struct senders *s, const struct message *m)
{
    enum decision d = senders_try(s, m, m->n - 1)->decision;

    return m->state <= MESSAGE_WAITED &&
           (d == DECISION_RETURNED || d == DECISION_KNOWN);
}

static void count(struct senders *s, struct client *c, const struct message *m)
{
    uint32_t first = senders_try(s, m, 0)->time,
             last = senders_try(s, m, m->n - 1)->time;

    c->earned += has_earned(s, m);
    if (m->old)
        return;
    c->shown++;
    c->count[m->state]++;
    s->count[m->state]++;
    if (last > c->last)
        c->last = last;
    s->attempts += m->n;
    if (s->since == 0 || first < s->since)
        s->since = first;
    s->nwaits += m->state == MESSAGE_WAITED;
}

static int by_messages(const void *a, const void *b)
{
    const struct client *x = a, *y = b;

    if (x->shown != y->shown)
        return x->shown > y->shown ? -1 : 1;
    if (x->last != y->last)
        return x->last > y->last ? -1 : 1;
    return (x->first > y->first) - (x->first < y->first);
}

static void gather_waits(struct senders *s)
{
    uint32_t n = 0;

    s->waits = xcalloc(s->nwaits, sizeof(*s->waits));
    for (uint32_t i = 0; i < s->nmessages; i++)
        if (!s->messages[i].old && s->messages[i].state == MESSAGE_WAITED)
            s->waits[n++] = s->messages[i].waited_sec;
    senders_sort_waits(s->waits, s->nwaits);
}

void senders_count(struct senders *s)
{
    uint32_t n = 0;

    sort_messages(s);
    for (uint32_t i = 0; i < s->nmessages; i++)
        n += i == 0 || s->messages[i].identity != s->messages[i - 1].identity;
    s->clients = xcalloc(n + 1, sizeof(*s->clients));
    for (uint32_t i = 0; i < s->nmessages; i++) {
        const struct message *m = &s->messages[i];

        if (i == 0 || m->identity != s->messages[i - 1].identity)
            s->clients[s->nclients++] =
                (struct client){.identity = m->identity, .first = i};
        s->clients[s->nclients - 1].n++;
        count(s, &s->clients[s->nclients - 1], m);
    }
    qsort(s->clients, s->nclients, sizeof(*s->clients), by_messages);
    gather_waits(s);
}

void senders_faults(const struct senders *s, const struct client *c,
                    uint32_t out[FAULT_COUNT])
{
    memset(out, 0, FAULT_COUNT * sizeof(*out));
    for (uint32_t i = 0; i < c->n; i++) {
        const struct message *m = &s->messages[c->first + i];

        for (unsigned f = 0; f < FAULT_COUNT && !m->old; f++)
            out[f] += m->faults >> f & 1u;
    }
}

/* A text's note says when it was seen last; nobody else needs notes now. */
uint32_t senders_values(struct senders *s, const struct client *c,
                        size_t offset, uint32_t max, uint32_t *out)
{
    uint32_t n = 0, stamp = STAMPS + ++s->stamp;

    for (uint32_t i = 0; i < c->n; i++) {
        const struct message *m = &s->messages[c->first + i];

        for (uint32_t k = 0; k < m->n && !m->old; k++) {
            uint32_t text, *note;

            memcpy(&text, (const char *)senders_try(s, m, k) + offset,
                   sizeof(text));
            note = texts_note(s->texts, text);
            if (*note != stamp && n < max)
                out[n] = text;
            n += *note != stamp;
            *note = stamp;
        }
    }
    return n;
}
