/*
 * The relays and their conversations.  A job (queue_job.c, queue_job_end.c) is
 * one message, its recipients at one destination.
 *
 *   free --JOB--> busy --RESULT*, JOB_DONE--> free for the same destination
 *                   |                              |
 *                 died                       JOB, or END: it exits, and
 *                   |                        tarryd starts a fresh one
 *             what it owed is deferred
 *
 * Before a JOB is sent, "try" is in the record: if we die, the next one who
 * reads it knows that these recipients may have the message.
 */
#include "queue/queue_relay.h"

#include "lib/log.h"

#include <event2/event.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#define LINGER_SEC 2

static bool is_free(const struct relay *r)
{
    return r->message == NULL && !r->ending;
}

unsigned queue_relays_idle(const struct queue *q)
{
    unsigned n = 0;

    for (const struct relay *r = q->relays; r != NULL; r = r->next)
        n += is_free(r);
    return n;
}

bool queue_relay_idle(const struct queue *q)
{
    return queue_relays_idle(q) > 0;
}

static void stop_lingering(struct relay *r)
{
    evtimer_del(r->linger);
    free(r->lingers);
    r->lingers = NULL;
}

static void end_session(struct relay *r)
{
    stop_lingering(r);
    r->ending = true;
    chan_send(r->chan, MSG_END, 0, NULL, -1);
}

static void on_linger(evutil_socket_t fd, short what, void *arg)
{
    (void)fd, (void)what;
    end_session(arg);
}

/* The session stays open a moment for what may come. */
static void linger(struct relay *r, const char *domain)
{
    static const struct timeval moment = {.tv_sec = LINGER_SEC};

    r->lingers = xstrdup(domain);
    evtimer_add(r->linger, &moment);
}

/*
 * One whose session is to that domain; else a fresh one; else NULL, and one
 * that lingers for another domain is sent away to be fresh.
 */
static struct relay *choose(struct queue *q, const char *domain)
{
    struct relay *fresh = NULL, *other = NULL;

    for (struct relay *r = q->relays; r != NULL; r = r->next) {
        if (!is_free(r))
            continue;
        if (r->lingers == NULL)
            fresh = r;
        else if (strcmp(r->lingers, domain) == 0)
            return r;
        else
            other = r;
    }
    if (fresh == NULL && other != NULL)
        end_session(other);
    return fresh;
}

void queue_relays_end(struct queue *q)
{
    for (struct relay *r = q->relays; r != NULL; r = r->next)
        if (r->message == NULL && !r->ending)
            end_session(r);
}

bool queue_relay_start(struct queue *q, struct destination *d)
{
    struct relay *r = choose(q, d->name);

    if (r == NULL) {
        destinations_end(&q->destinations, d);
        return false;
    }
    if (r->lingers == NULL)
        r->jobs = 0;
    r->destination = d;
    if (queue_job_send(r, d->first->message)) {
        stop_lingering(r);
        return true;
    }
    r->destination = NULL; /* and it stays as it was */
    destinations_end(&q->destinations, d);
    return true;
}

/* Another message for the same destination, if it may have one. */
static bool go_on(struct relay *r)
{
    struct queue *q = r->q;
    const struct destination *d = r->destination;

    if (q->stopping || r->ending || d->first == NULL || d->failures > 0 ||
        r->jobs >= q->conf->queue.reuse ||
        (r->jobs >= q->conf->queue.reuse / 5 + 1 &&
         destinations_others(&q->destinations) && queue_relays_idle(q) == 0) ||
        !queue_mx_known(q, r->destination))
        return false;
    return queue_job_send(r, d->first->message);
}

/* The conversation is over. */
static void leave(struct relay *r)
{
    struct destination *d = r->destination;

    r->destination = NULL;
    destinations_end(&r->q->destinations, d);
    queue_wake(r->q);
}

static const char *take_done(struct relay *r, struct msg *m)
{
    struct queue *q = r->q;
    char why[1024];
    uint32_t open;

    if (!msg_get_u32(&m->in, &open) || !msg_get_str(&m->in, why, sizeof(why)) ||
        m->id != r->id)
        return "malformed JOB_DONE";
    for (size_t i = 0; i < r->n; i++)
        if (!r->known[i])
            return "JOB_DONE before all RESULTs";
    r->jobs++;
    queue_job_end(r);
    if (!open || !go_on(r)) {
        bool stay = open && !q->stopping && !r->ending &&
                    r->destination->first == NULL &&
                    r->jobs < q->conf->queue.reuse;

        if (stay)
            linger(r, r->destination->name);
        leave(r);
        if (!stay)
            end_session(r);
    }
    queue_job_ended(q);
    return NULL;
}

static void on_message(struct chan *c, struct msg *m, void *arg)
{
    struct relay *r = arg;
    const char *wrong = NULL;

    if (r->message == NULL) {
        wrong = "an answer that nobody asked for";
    } else if (m->type == MSG_DOT) {
        r->dot = true;
    } else if (m->type == MSG_RESULT) {
        wrong = queue_job_result(r, m);
    } else {
        wrong = take_done(r, m);
    }
    if (wrong != NULL)
        chan_violation(c, wrong);
}

static void bury(struct relay *r)
{
    queue_job_lost(r);
    queue_job_end(r);
    leave(r);
    queue_job_ended(r->q);
}

static void on_closed(struct chan *c, const char *why, void *arg)
{
    struct relay *r = arg, **at = &r->q->relays;

    if (r->message != NULL) {
        log_warn("relay ended in the middle of a job (%s)", why);
        bury(r);
    }
    while (*at != r)
        at = &(*at)->next;
    *at = r->next;
    chan_free(c);
    stop_lingering(r);
    event_free(r->linger);
    free(r);
}

void queue_relay_peer(struct queue *q, int fd)
{
    static const struct chan_ops ops = {on_message, on_closed};
    struct relay *r = xcalloc(1, sizeof(*r));

    r->q = q;
    r->chan = chan_new(q->base, fd, PROGRAM_QUEUE, PROGRAM_RELAY, &ops, r);
    chan_phase(r->chan, PHASE_RUNNING);
    r->linger = evtimer_new(q->base, on_linger, r);
    if (r->linger == NULL)
        fatal(EX_OSERR, "no timer");
    r->next = q->relays;
    q->relays = r;
    queue_wake(q);
}
