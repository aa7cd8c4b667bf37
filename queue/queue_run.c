/*
 * What is due, and whose turn it is.
 *
 *   waits --due--> ready --turn--> busy --result--> waits or ended
 *
 * A recipient waits for its time in the heap; one that is due stands in the
 * line of its destination; a destination has its turn when a relay is free.
 * A message is removed when all its recipients have ended and all reports
 * that are owed are in the queue themselves.
 */
#include "queue/queue_internal.h"

#include "lib/log.h"
#include "lib/stats.h"

#include <assert.h>
#include <event2/event.h>
#include <stdlib.h>
#include <sys/random.h>
#include <sysexits.h>
#include <time.h>

#define AT_ONCE 1000 /* recipients looked at before others have the loop */

int64_t queue_now(void)
{
    return time(NULL);
}

uint32_t queue_random(void)
{
    uint32_t n = 0;

    if (getrandom(&n, sizeof(n), GRND_NONBLOCK) != (ssize_t)sizeof(n))
        n = (uint32_t)random();
    return n;
}

static struct schedule_history history(const struct rcpt *r)
{
    return (struct schedule_history){.queued = r->message->queued,
                                     .attempts = r->attempts,
                                     .null_sender = r->message->null_sender,
                                     .warned = r->warned};
}

static void set_tick(struct queue *q)
{
    const struct timer *first = timers_first(&q->timers);
    struct timeval tv = {0};
    int64_t now = queue_now();

    if (first == NULL) {
        evtimer_del(q->tick);
        return;
    }
    if (first->at > now) {
        struct timespec exact;

        clock_gettime(CLOCK_REALTIME, &exact);
        tv.tv_sec = first->at - now - 1;
        tv.tv_usec = 999999 - exact.tv_nsec / 1000 + 1;
        if (tv.tv_sec > 3600)
            tv.tv_sec = 3600; /* in case the clock is put forward */
        if (tv.tv_usec >= 1000000) {
            tv.tv_sec++;
            tv.tv_usec -= 1000000;
        }
    }
    evtimer_add(q->tick, &tv);
}

void queue_wake(struct queue *q)
{
    event_active(q->turn, EV_TIMEOUT, 0);
}

/* It was tried, or would have been but that its host is known to be away. */
static bool was_tried(const struct rcpt *r)
{
    return r->attempts > 0 || r->destination->why != NULL;
}

/*
 * At that time, or when the sender is to be told of the delay; but of what was
 * not tried there is no delay, whatever time it is.
 */
void queue_wait(struct queue *q, struct rcpt *r, int64_t at)
{
    struct schedule_history h = history(r);
    int64_t warns = schedule_warns(&q->policy, &h);
    bool tells = warns < at && (warns > queue_now() || was_tried(r));

    queue_clock(q);
    r->phase = PHASE_WAITS;
    r->next = (uint32_t)at;
    if (r->message->held)
        return;
    timers_set(&q->timers, &r->timer, tells ? warns : at);
    if (timers_first(&q->timers) == &r->timer)
        set_tick(q);
}

void queue_take_out(struct queue *q, struct rcpt *r)
{
    timers_remove(&q->timers, &r->timer);
    if (r->phase == PHASE_READY)
        destinations_unready(&q->destinations, r);
}

void queue_ended(struct queue *q, struct rcpt *r, bool owes)
{
    queue_take_out(q, r);
    r->phase = PHASE_ENDED;
    r->owes = owes;
    r->late = false; /* the end has overtaken the news of its delay */
    if (r->destination != NULL)
        destinations_leave(&q->destinations, r);
    stats_add(STAT_WAITING, -1);
}

/* To a destination that is known to be dead: no attempt is made. */
static void postpone(struct queue *q, struct rcpt *r)
{
    const struct destination *d = r->destination;
    struct schedule_history h = history(r);
    int64_t expires = schedule_expires(&q->policy, &h), at, now = queue_now();

    if (now >= expires) {
        queue_expire(q, r->message, d);
        return;
    }
    at = (d->until > now ? d->until : now) + 1;
    queue_wait(q, r, at < expires ? at : expires);
}

void queue_postpone_all(struct queue *q, struct destination *d)
{
    struct rcpt *r;

    assert(d->active > 0); /* or it might be gone with its last recipient */
    while ((r = d->first) != NULL) {
        destinations_unready(&q->destinations, r);
        postpone(q, r);
    }
}

/* One report for all of them, not one each. */
void queue_late(struct queue *q, struct message *m)
{
    int64_t now = queue_now();

    for (size_t i = 0; i < m->n; i++) {
        struct rcpt *r = &m->rcpts[i];
        struct schedule_history h = history(r);

        if (r->phase == PHASE_ENDED || !was_tried(r) ||
            schedule_warns(&q->policy, &h) > now)
            continue;
        r->warned = r->late = true;
        if (r->phase == PHASE_WAITS)
            queue_wait(q, r, r->next);
    }
}

static void on_due(struct queue *q, struct rcpt *r, int64_t now)
{
    struct schedule_history h = history(r);
    struct message *m = r->message;

    timers_remove(&q->timers, &r->timer);
    if (schedule_warns(&q->policy, &h) <= now && was_tried(r) &&
        r->next > now) {
        queue_late(q, m);
        queue_settle(q, m);
        return;
    }
    if (r->next > now)
        queue_wait(q, r, r->next);
    else if (destinations_is_dead(r->destination, now))
        postpone(q, r);
    else
        destinations_ready(&q->destinations, r);
}

static void on_tick(evutil_socket_t fd, short what, void *arg)
{
    struct queue *q = arg;
    int64_t now = queue_now();
    const struct timer *first;

    (void)fd, (void)what;
    queue_clock(q);
    for (unsigned n = 0; n < AT_ONCE; n++) {
        first = timers_first(&q->timers);
        if (first == NULL || first->at > now)
            break;
        on_due(q, (struct rcpt *)(void *)(uintptr_t)first, now);
    }
    set_tick(q);
    queue_wake(q);
}

static void on_turn(evutil_socket_t fd, short what, void *arg)
{
    struct queue *q = arg;
    struct destination *d;

    (void)fd, (void)what;
    while (!q->stopping && q->deliver != NULL &&
           (d = destinations_turn_local(&q->destinations)) != NULL)
        queue_local_start(q, d);
    while (!q->stopping && queue_relay_idle(q) &&
           (d = destinations_turn(&q->destinations)) != NULL) {
        if (!queue_mx_known(q, d))
            destinations_end(&q->destinations, d);
        else if (!queue_relay_start(q, d))
            break;
    }
}

void queue_settle(struct queue *q, struct message *m)
{
    bool owes = false, late = false;

    if (m->busy > 0 || m->reporting)
        return;
    for (size_t i = 0; i < m->n; i++) {
        owes |= m->rcpts[i].owes;
        late |= m->rcpts[i].late;
    }
    if (owes || late) {
        queue_report(q, m, owes ? REPORT_FINAL : REPORT_DELAY);
    } else if (message_finished(m)) {
        spool_remove(q->spool, m->id);
        messages_drop(&q->messages, m);
        syncer_soon(q->syncer);
    }
}

/* From the loop: whoever ended the last job is still on the stack. */
void queue_job_ended(struct queue *q)
{
    q->busy--;
    if (q->stopping && q->busy == 0)
        event_active(q->end, EV_TIMEOUT, 0);
}

void queue_run_begin(struct queue *q)
{
    q->tick = evtimer_new(q->base, on_tick, q);
    q->turn = evtimer_new(q->base, on_turn, q);
    if (q->tick == NULL || q->turn == NULL)
        fatal(EX_OSERR, "no timer");
    queue_clock_begin(q);
    queue_load_all(q);
    queue_wake(q);
}

void queue_run_end(struct queue *q)
{
    queue_append_end(q);
    event_free(q->tick);
    event_free(q->turn);
    timers_release(&q->timers);
    messages_release(&q->messages);
    destinations_release(&q->destinations);
}
