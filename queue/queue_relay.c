/*
 * Jobs for relay: one message, its recipients at one destination.
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
#include "queue/queue_internal.h"

#include "lib/log.h"

#include <errno.h>
#include <event2/event.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#define LINGER_SEC 2
#define LOST_SEC   1

struct relay {
    struct relay *next;
    struct queue *q;
    struct chan *chan;
    struct destination *destination; /* of its session, while it has a job */
    unsigned jobs;                   /* done in this session */
    bool ending;
    /* Its session is open and idle, for this domain; until the timer ends. */
    char *lingers;
    struct event *linger;
    /* The job; message is NULL when there is none. */
    struct message *message;
    struct record *record;
    int fd; /* of the record */
    uint64_t id;
    bool dot;     /* the end of the message may have been sent */
    bool reached; /* it came as far as to speak of this message */
    bool failed;  /* it did not */
    int64_t stay_away;
    char why[JOB_REPLY];
    size_t n;
    uint16_t index[JOB_RECIPIENTS];
    bool known[JOB_RECIPIENTS];
};

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

/* Those of the message that are ready for the destination. */
static void gather(struct relay *r, struct message *m, struct destination *d)
{
    struct queue *q = r->q;

    r->n = 0;
    for (size_t i = 0; i < m->n && r->n < JOB_RECIPIENTS; i++) {
        struct rcpt *rcpt = &m->rcpts[i];

        if (rcpt->destination != d || rcpt->phase != PHASE_READY)
            continue;
        destinations_unready(&q->destinations, rcpt);
        rcpt->phase = PHASE_BUSY;
        r->known[r->n] = false;
        r->index[r->n++] = (uint16_t)i;
    }
}

/* Back to where they were. */
static void give_back(struct relay *r, size_t from)
{
    for (size_t i = from; i < r->n; i++)
        destinations_ready(&r->q->destinations,
                           &r->message->rcpts[r->index[i]]);
    r->n = from;
}

static void fill_recipients(const struct relay *r, struct job *job)
{
    job->nrecipients = (unsigned)r->n;
    for (size_t i = 0; i < r->n; i++) {
        const struct record_rcpt *from = &r->record->rcpts[r->index[i]];
        struct job_recipient *to = &job->recipients[i];

        snprintf(to->address, sizeof(to->address), "%s", from->address);
        snprintf(to->orcpt, sizeof(to->orcpt), "%s", from->orcpt);
        to->notify = from->notify;
    }
}

static void fill_job(const struct relay *r, struct job *job)
{
    const struct queue *q = r->q;
    const struct record *record = r->record;

    memset(job, 0, offsetof(struct job, recipients));
    job->flags = record->flags;
    job->size = record->size;
    job_times_default(job->times_ms);
    job->minimum_rate = q->conf->limits.minimum_rate;
    snprintf(job->helo, sizeof(job->helo), "%s", queue_helo(q));
    if (q->conf->queue.source_ipv4 != NULL)
        netaddr_parse(q->conf->queue.source_ipv4, &job->source4);
    if (q->conf->queue.source_ipv6 != NULL)
        netaddr_parse(q->conf->queue.source_ipv6, &job->source6);
    snprintf(job->sender, sizeof(job->sender), "%s", record->sender);
    snprintf(job->envid, sizeof(job->envid), "%s", record->envid);
    queue_mx_fill(q, r->destination, job);
    fill_recipients(r, job);
}

static void write_try(FILE *out, const void *arg)
{
    const struct relay *r = arg;
    unsigned list[JOB_RECIPIENTS];

    for (size_t i = 0; i < r->n; i++)
        list[i] = r->index[i];
    record_try(out, queue_now(), list, r->n);
}

/* As many recipients as fit one message of the channel. */
static void put_job(struct relay *r, struct msg_out *out)
{
    static struct job job;

    fill_job(r, &job);
    for (;;) {
        msg_reset(out);
        job_put(out, &job);
        if (!out->overflow || r->n == 1)
            return;
        give_back(r, r->n / 2);
        job.nrecipients = (unsigned)r->n;
    }
}

static void forget_job(struct relay *r)
{
    record_free(r->record);
    close(r->fd);
    r->record = NULL;
    r->message = NULL;
}

/* False when there is no job after all. */
static bool send_job(struct relay *r, struct message *m)
{
    static struct msg_out out;
    struct queue *q = r->q;
    int body;

    r->record = queue_record(q, m, &r->fd);
    if (r->record == NULL)
        return false;
    body = spool_open_body(q->spool, m->id);
    if (body == -1) {
        record_free(r->record);
        close(r->fd);
        spool_set_aside(q->spool, m->id, strerror(errno));
        record_free(queue_record(q, m, &r->fd)); /* NULL: it is gone */
        return false;
    }
    r->message = m;
    r->id = ++q->last_job;
    r->dot = r->reached = r->failed = false;
    r->stay_away = 0;
    gather(r, m, r->destination);
    put_job(r, &out);
    queue_append(r->fd, write_try, r);
    m->busy++;
    q->busy++;
    chan_send(r->chan, MSG_JOB, r->id, &out, body);
    close(body);
    return true;
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
    stop_lingering(r);
    r->destination = d;
    if (send_job(r, d->first->message))
        return true;
    r->destination = NULL;
    destinations_end(&q->destinations, d);
    end_session(r);
    return true;
}

static struct rcpt *rcpt_of(const struct relay *r, size_t i)
{
    return &r->message->rcpts[r->index[i]];
}

/* Not even the beginning of the session came about. */
static bool before_mail(const struct job_result *result)
{
    return result->step < STEP_MAIL;
}

static void note_result(struct relay *r, const struct job_result *result)
{
    if (!before_mail(result)) {
        r->reached = true;
    } else if (result->outcome == OUTCOME_DEFERRED) {
        r->failed = true;
        snprintf(r->why, sizeof(r->why), "%s", result->reply);
    }
}

static const char *take_result(struct relay *r, struct msg *m)
{
    static struct job_result result;

    if (!job_result_get(&m->in, &result) || m->id != r->id ||
        result.index >= r->n || r->known[result.index])
        return "a RESULT that cannot be";
    r->known[result.index] = true;
    rcpt_of(r, result.index)->lost = false;
    note_result(r, &result);
    queue_result(r->q, rcpt_of(r, result.index), r->record, r->fd, &result);
    if (rcpt_of(r, result.index)->phase == PHASE_WAITS)
        r->stay_away = rcpt_of(r, result.index)->next;
    return NULL;
}

/* What the job says of its destination. */
static void judge(struct relay *r)
{
    struct queue *q = r->q;
    struct destination *d = r->destination;
    int64_t until, now = queue_now();

    if (r->reached) {
        destinations_alive(&q->destinations, d);
        return;
    }
    if (!r->failed)
        return;
    until = now + schedule_delay(&q->policy, d->failures + 1u, queue_random());
    if (r->stay_away > 0 && r->stay_away < until)
        until = r->stay_away;
    destinations_dead(&q->destinations, d, until, r->why);
    queue_postpone_all(q, d);
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
    return send_job(r, d->first->message);
}

static void end_job(struct relay *r)
{
    struct message *m = r->message;
    struct queue *q = r->q;

    judge(r);
    forget_job(r);
    m->busy--;
    queue_settle(q, m);
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
    end_job(r);
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
        wrong = take_result(r, m);
    } else {
        wrong = take_done(r, m);
    }
    if (wrong != NULL)
        chan_violation(c, wrong);
}

/*
 * It ended: what it did not tell is tried again.  Once at once, if nothing
 * can have been sent: it may have been told to stop just then.  A message that
 * ends every relay waits like any other that is deferred.
 */
static void bury(struct relay *r)
{
    struct job_result result = {
        .outcome = r->dot ? OUTCOME_UNKNOWN : OUTCOME_DEFERRED,
        .step = r->dot ? STEP_DOT : STEP_MAIL,
        .reply = "4.3.0 The sending program ended before its time"};

    for (size_t i = 0; i < r->n; i++) {
        struct rcpt *rcpt = rcpt_of(r, i);

        if (r->known[i])
            continue;
        if (r->dot || rcpt->lost) {
            queue_result(r->q, rcpt, r->record, r->fd, &result);
        } else {
            rcpt->lost = true;
            queue_wait(r->q, rcpt, queue_now() + LOST_SEC);
        }
    }
    end_job(r);
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
