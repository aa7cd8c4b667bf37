/*
 * Making a job for relay: which recipients of a message, and what relay must
 * know of them.
 *
 * A job has as many recipients as are ready for its destination, within what
 * one message of the channel can hold; the others stay in line.  "try" is in
 * the record before the job is sent.
 */
#include "queue/queue_relay.h"

#include "lib/log.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#define SAME_HOST 4 /* attempts at one that defers the recipient */

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

/*
 * The last attempt reached a host that would not have the message: the next
 * one begins with another.  A recipient that is deferred may be greylisted
 * there, and come back; but not for ever.
 */
static bool is_hosts_fault(const struct record_rcpt *r)
{
    bool of_recipient = r->step == STEP_RCPT && r->flags & RESULT_REMOTE &&
                        strncmp(r->reply, "421", 3) != 0;

    return r->step >= STEP_MAIL && (!of_recipient || r->attempts >= SAME_HOST);
}

static void fill_job(const struct relay *r, struct job *job)
{
    const struct queue *q = r->q;
    const struct record *record = r->record;
    const struct record_rcpt *last = &record->rcpts[r->index[0]];

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
    if (is_hosts_fault(last))
        job->first = job_behind(job, last->host, last->attempts);
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

bool queue_job_send(struct relay *r, struct message *m)
{
    static struct msg_out out;
    struct queue *q = r->q;
    int body;

    r->record = queue_record(q, m, &r->fd);
    if (r->record == NULL)
        return false;
    body = spool_open_body(q->spool, m->id);
    if (body == -1) {
        queue_unreadable(q, m, errno);
        record_free(r->record);
        close(r->fd);
        return false;
    }
    r->message = m;
    r->id = ++q->last_job;
    r->dot = r->reached = r->failed = false;
    r->stay_away = 0;
    gather(r, m, r->destination);
    put_job(r, &out);
    queue_append_attempt(r->fd, write_try, r);
    m->busy++;
    q->busy++;
    chan_send(r->chan, MSG_JOB, r->id, &out, body);
    close(body);
    return true;
}
