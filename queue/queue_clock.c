/*
 * The clock of the system may be put while we run.  What was decided are
 * waits, and what counts is for how long a message has been here.  So when the
 * clock is put back, times in the schedule come earlier by as much.  When it
 * is put forward, they come early by themselves; but no message has grown
 * older: a machine that starts with a clock of last year must not give up in
 * one moment what it has held for ten minutes.
 *
 * That it was put is seen from the clock that nobody puts.
 */
#include "queue/queue_internal.h"

#include <event2/event.h>
#include <stdlib.h>
#include <time.h>

#define STEP_SEC 10 /* less is not worth it */

struct step {
    struct queue *q;
    int64_t by, now; /* by: seconds back, or forward */
};

static void message_back(struct message *m, void *arg)
{
    const struct step *b = arg;

    message_clock_back(m, b->by, b->now);
    for (size_t i = 0; i < m->n; i++) {
        struct timer *timer = &m->rcpts[i].timer;

        if (timer->place != 0)
            timers_set(&b->q->timers, timer, timer->at - b->by);
    }
}

static void destination_back(struct destination *d, void *arg)
{
    const struct step *b = arg;

    if (d->until > b->now)
        d->until = (uint32_t)message_earlier(d->until, b->by, b->now);
    free(d->hosts); /* they might hold too long */
    d->hosts = NULL;
}

static void message_forward(struct message *m, void *arg)
{
    const struct step *f = arg;

    message_clock_forward(m, f->by, f->now);
}

/* How far the clock is ahead of the one that nobody puts. */
static int64_t ahead(void)
{
    struct timespec steady;

    clock_gettime(CLOCK_MONOTONIC, &steady);
    return queue_now() - steady.tv_sec;
}

void queue_clock_begin(struct queue *q)
{
    q->ahead = ahead();
}

void queue_clock(struct queue *q)
{
    int64_t was = q->ahead;
    struct step s = {.q = q, .now = queue_now()};

    q->ahead = ahead();
    if (q->ahead >= was + STEP_SEC) {
        s.by = q->ahead - was;
        messages_each(&q->messages, message_forward, &s);
    } else if (q->ahead <= was - STEP_SEC) {
        s.by = was - q->ahead;
        messages_each(&q->messages, message_back, &s);
        destinations_each(&q->destinations, destination_back, &s);
        event_active(q->tick, EV_TIMEOUT, 0);
    }
}
