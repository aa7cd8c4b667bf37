/*
 * Messages of a log played against settings, see replay.h.
 *
 * Attempts of different messages meet at the receiver in the order of time: a
 * heap holds the next attempt of each message.  Two at the same second come in
 * the order of the log.
 */
#include "lab/replay.h"

#include "lib/log.h"

#include <stdlib.h>
#include <string.h>

#define LIFETIME (5 * 86400)
#define MAY_COME (4 * 3600) /* it is not given up before */

struct next {
    int64_t time;
    size_t message, attempt;
};

struct heap {
    struct next *v; /* room for one a message */
    size_t n;
};

static bool before(const struct next *a, const struct next *b)
{
    return a->time != b->time ? a->time < b->time : a->message < b->message;
}

static void push(struct heap *h, struct next x)
{
    size_t i = h->n++;

    for (; i > 0 && before(&x, &h->v[(i - 1) / 2]); i = (i - 1) / 2)
        h->v[i] = h->v[(i - 1) / 2];
    h->v[i] = x;
}

static struct next pop(struct heap *h)
{
    struct next top = h->v[0], x = h->v[--h->n];
    size_t i = 0, child;

    while ((child = 2 * i + 1) < h->n) {
        if (child + 1 < h->n && before(&h->v[child + 1], &h->v[child]))
            child++;
        if (!before(&h->v[child], &x))
            break;
        h->v[i] = h->v[child];
        i = child;
    }
    h->v[i] = x;
    return top;
}

/* A sender that asks for leave to send the message, and leaves. */
static const struct profile asker = {.addresses = 1, .last_step = STEP_DATA};

static bool asks(struct receiver *at, const struct replay_message *m,
                 const struct next *x)
{
    size_t i = x->attempt < m->ntries ? x->attempt : m->ntries - 1;
    struct visit v = {.now = x->time,
                      .client = m->tries[i].client,
                      .name = m->tries[i].name,
                      .helo = "replay.example",
                      .from = m->sender,
                      .to = m->recipient,
                      .profile = &asker};
    struct visit_end end;

    receiver_visit(at, &v, &end);
    return end.code > 0 && end.code < 400;
}

/* The wait before an attempt that the log does not have. */
static unsigned usual_wait(const struct replay *r,
                           const struct replay_message *m)
{
    int64_t wait = r->wait_sec;

    if (m->ntries > 1)
        wait = m->tries[m->ntries - 1].time - m->tries[m->ntries - 2].time;
    return wait > 60 ? (unsigned)wait : 60;
}

/* When it comes again; false when it does not. */
static bool come_again(const struct replay *r, const struct next *was,
                       struct next *next)
{
    const struct replay_message *m = &r->messages[was->message];

    *next = *was;
    next->attempt++;
    if (next->attempt < m->ntries) {
        next->time = m->tries[next->attempt].time;
        return true;
    }
    next->time = was->time + usual_wait(r, m);
    return m->passed && next->time - m->tries[0].time <= LIFETIME;
}

static void give_up(const struct replay *r, const struct next *last,
                    struct replay_result *out)
{
    if (r->messages[last->message].passed)
        out->lost++;
    else if (r->end - last->time < MAY_COME)
        out->waiting++;
    else
        out->stopped++;
}

static void deliver(const struct replay_message *m, const struct next *x,
                    struct replay_result *out)
{
    int64_t delay = x->time - m->tries[0].time;

    if (x->attempt == 0) {
        out->at_once++;
        return;
    }
    out->delays[out->delayed++] = delay > 0 ? delay : 0;
    out->guessed += x->attempt >= m->ntries;
}

static int by_size(const void *a, const void *b)
{
    const int64_t *x = a, *y = b;

    return (*x > *y) - (*x < *y);
}

static void begin(const struct replay *r, struct replay_result *out)
{
    memset(out, 0, sizeof(*out));
    out->messages = r->n;
    out->delays = xcalloc(r->n + 1, sizeof(*out->delays));
}

static void finish(struct replay_result *out)
{
    qsort(out->delays, out->delayed, sizeof(*out->delays), by_size);
}

void replay_run(const struct replay *r, struct receiver *at,
                struct replay_result *out)
{
    struct heap h = {.v = xcalloc(r->n + 1, sizeof(struct next))};

    begin(r, out);
    for (size_t i = 0; i < r->n; i++)
        push(&h, (struct next){r->messages[i].tries[0].time, i, 0});
    while (h.n > 0) {
        struct next x = pop(&h), next;

        out->attempts++;
        if (asks(at, &r->messages[x.message], &x))
            deliver(&r->messages[x.message], &x, out);
        else if (come_again(r, &x, &next))
            push(&h, next);
        else
            give_up(r, &x, out);
    }
    free(h.v);
    finish(out);
}

void replay_recorded(const struct replay *r, struct replay_result *out)
{
    begin(r, out);
    for (size_t i = 0; i < r->n; i++) {
        const struct replay_message *m = &r->messages[i];
        struct next last = {m->tries[m->ntries - 1].time, i, m->ntries - 1};

        out->attempts += m->ntries;
        if (m->passed)
            deliver(m, &last, out);
        else
            give_up(r, &last, out);
    }
    finish(out);
}

int64_t replay_delay(const struct replay_result *r, unsigned percent)
{
    size_t i = r->delayed * percent / 100;

    if (r->delayed == 0)
        return 0;
    return r->delays[i < r->delayed ? i : r->delayed - 1];
}
