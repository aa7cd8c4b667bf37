/*
 * The clock of the system may be put back while we run.  Times in the schedule
 * are then those of a clock that was ahead; but what was decided are waits, so
 * they all come earlier by as much.  A clock that is put forward makes things
 * come early by itself.
 *
 * That it was put back is seen from the clock that nobody puts.
 */
#include "queue/queue_internal.h"

#include <event2/event.h>
#include <time.h>

#define STEP_SEC 10 /* less is not worth it */

struct back {
    struct queue *q;
    int64_t by, now;
};

static void message_back(struct message *m, void *arg)
{
    const struct back *b = arg;

    message_clock_back(m, b->by, b->now);
    for (size_t i = 0; i < m->n; i++) {
        struct timer *timer = &m->rcpts[i].timer;

        if (timer->place != 0)
            timers_set(&b->q->timers, timer, timer->at - b->by);
    }
}

static void destination_back(struct destination *d, void *arg)
{
    const struct back *b = arg;

    if (d->until > b->now)
        d->until = (uint32_t)message_earlier(d->until, b->by, b->now);
}

void queue_clock(struct queue *q)
{
    struct timespec steady;
    int64_t now = queue_now(), ahead;
    struct back b = {.q = q, .now = now};

    clock_gettime(CLOCK_MONOTONIC, &steady);
    ahead = now - steady.tv_sec;
    b.by = q->ahead - ahead;
    q->ahead = ahead;
    if (b.by < STEP_SEC)
        return;
    messages_each(&q->messages, message_back, &b);
    destinations_each(&q->destinations, destination_back, &b);
    event_active(q->tick, EV_TIMEOUT, 0);
}
