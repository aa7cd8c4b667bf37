/*
 * Messages in memory, see message.h.  The table grows by doubling, so that
 * finding one costs the same however many there are.
 */
#include "queue/message.h"

#include "lib/log.h"

#include <stdlib.h>

bool message_owes(const struct message *m, unsigned notify,
                  enum rcpt_state state, unsigned result_flags)
{
    if (m->null_sender || notify & NOTIFY_NEVER)
        return false;
    switch (state) {
    case RCPT_DELIVERED:
        return notify & NOTIFY_SUCCESS && !(result_flags & RESULT_DSN);
    case RCPT_REFUSED:
    case RCPT_EXPIRED:
        return notify == 0 || notify & NOTIFY_FAILURE;
    default:
        return false;
    }
}

int64_t message_earlier(int64_t at, int64_t by, int64_t now)
{
    return at - by > now ? at - by : now;
}

static void fill(struct rcpt *to, struct message *m, size_t i,
                 const struct record_rcpt *from, int64_t now)
{
    int64_t ahead = from->last > now ? from->last - now : 0;

    to->message = m;
    to->index = (uint16_t)i;
    to->next = (uint32_t)(from->next - ahead);
    to->attempts = (uint16_t)from->attempts;
    to->notify = from->notify & NOTIFY_WORDS;
    to->warned = from->warned || m->null_sender ||
                 (from->notify != 0 && !(from->notify & NOTIFY_DELAY));
    to->expanded = from->expanded;
    if (from->state == RCPT_WAITING)
        return;
    to->phase = PHASE_ENDED;
    to->owes = !from->reported &&
               message_owes(m, from->notify, from->state, from->flags);
}

struct message *message_new(const struct record *r, int64_t now)
{
    struct message *m = xcalloc(1, sizeof(*m) + r->n * sizeof(m->rcpts[0]));

    m->id = r->id;
    m->queued = (uint32_t)(r->queued < now ? r->queued : now);
    m->n = (uint16_t)r->n;
    m->null_sender = r->sender[0] == '\0';
    m->held = r->held;
    for (size_t i = 0; i < r->n; i++)
        fill(&m->rcpts[i], m, i, &r->rcpts[i], now);
    return m;
}

void message_clock_back(struct message *m, int64_t by, int64_t now)
{
    if (m->queued > now)
        m->queued = (uint32_t)now;
    for (size_t i = 0; i < m->n; i++)
        if (m->rcpts[i].next > now)
            m->rcpts[i].next =
                (uint32_t)message_earlier(m->rcpts[i].next, by, now);
}

void message_clock_forward(struct message *m, int64_t by, int64_t now)
{
    m->queued =
        m->queued + by < now ? (uint32_t)(m->queued + by) : (uint32_t)now;
}

static struct message **place(const struct messages *t, uint64_t id)
{
    uint64_t h = id * UINT64_C(0x9e3779b97f4a7c15);

    return &t->bucket[(h >> 32) % t->buckets];
}

static void grow(struct messages *t)
{
    struct messages larger = {.buckets = t->buckets > 0 ? t->buckets * 2 : 64};

    larger.bucket = xcalloc(larger.buckets, sizeof(struct message *));
    for (size_t i = 0; i < t->buckets; i++)
        while (t->bucket[i] != NULL) {
            struct message *m = t->bucket[i], **to;

            t->bucket[i] = m->next;
            to = place(&larger, m->id);
            m->next = *to;
            *to = m;
        }
    free(t->bucket);
    t->bucket = larger.bucket;
    t->buckets = larger.buckets;
}

void messages_add(struct messages *t, struct message *m)
{
    struct message **at;

    if (t->n >= t->buckets)
        grow(t);
    at = place(t, m->id);
    m->next = *at;
    *at = m;
    t->n++;
    t->recipients += m->n;
}

struct message *messages_find(const struct messages *t, uint64_t id)
{
    struct message *m = t->buckets > 0 ? *place(t, id) : NULL;

    while (m != NULL && m->id != id)
        m = m->next;
    return m;
}

void messages_drop(struct messages *t, struct message *m)
{
    struct message **at = place(t, m->id);

    while (*at != m)
        at = &(*at)->next;
    *at = m->next;
    t->n--;
    t->recipients -= m->n;
    free(m);
}

void messages_each(const struct messages *t,
                   void (*call)(struct message *, void *arg), void *arg)
{
    for (size_t i = 0; i < t->buckets; i++)
        for (struct message *m = t->bucket[i]; m != NULL; m = m->next)
            call(m, arg);
}

static int by_number(const void *a, const void *b)
{
    const uint64_t *x = a, *y = b;

    return (*x > *y) - (*x < *y);
}

uint64_t *messages_list(const struct messages *t)
{
    uint64_t *list = xcalloc(t->n + 1, sizeof(*list));
    size_t n = 0;

    for (size_t i = 0; i < t->buckets; i++)
        for (const struct message *m = t->bucket[i]; m != NULL; m = m->next)
            list[n++] = m->id;
    qsort(list, n, sizeof(*list), by_number);
    return list;
}

void messages_release(struct messages *t)
{
    for (size_t i = 0; i < t->buckets; i++)
        while (t->bucket[i] != NULL) {
            struct message *m = t->bucket[i];

            t->bucket[i] = m->next;
            free(m);
        }
    free(t->bucket);
    *t = (struct messages){0};
}

bool message_finished(const struct message *m)
{
    for (size_t i = 0; i < m->n; i++)
        if (m->rcpts[i].phase != PHASE_ENDED || m->rcpts[i].owes)
            return false;
    return m->busy == 0 && !m->reporting;
}
