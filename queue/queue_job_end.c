/*
 * The end of a job: what relay says of its recipients, what a relay that died
 * did not say, and what both mean for the destination.
 *
 * relay reads what strangers say: a result that cannot be, or that comes
 * twice, ends it.
 */
#include "queue/queue_relay.h"

#include <unistd.h>

#define LOST_SEC 1

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

const char *queue_job_result(struct relay *r, struct msg *m)
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

/*
 * It ended: what it did not tell is tried again.  Once at once, if nothing
 * can have been sent: it may have been told to stop just then.  A message that
 * ends every relay waits like any other that is deferred.
 */
void queue_job_lost(struct relay *r)
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
}

static void forget(struct relay *r)
{
    record_free(r->record);
    close(r->fd);
    r->record = NULL;
    r->message = NULL;
}

void queue_job_end(struct relay *r)
{
    struct message *m = r->message;
    struct queue *q = r->q;

    judge(r);
    forget(r);
    m->busy--;
    queue_settle(q, m);
}
