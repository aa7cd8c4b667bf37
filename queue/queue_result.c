/*
 * What became of a recipient: written into the record first, then acted upon
 * in memory, so that what is forgotten in a crash is at most known twice.
 *
 * A recipient that was the last of its message, with nobody to be told, needs
 * no line: the record goes as a whole (S3 -> S1 in spool.c).
 */
#include "queue/queue_internal.h"

#include "lib/log.h"
#include "lib/stats.h"
#include "queue/wait_text.h"

#include <unistd.h>

#define AGAIN_SEC 60 /* after a failure of the disk */

struct line {
    int64_t now, next;
    unsigned rcpt;
    const struct job_result *result;
    const char *event;
};

static void write_result(FILE *out, const void *arg)
{
    const struct line *l = arg;

    record_result(out, l->now, l->rcpt, l->next, l->result);
}

static void write_event(FILE *out, const void *arg)
{
    const struct line *l = arg;

    record_event(out, l->now, l->event, l->rcpt);
}

static void log_result(const struct record *record, const struct rcpt *r,
                       const struct job_result *result, int64_t next)
{
    char name[SPOOL_NAME], address[NETADDR_TEXT];
    struct log_line l;

    log_begin(&l,
              result->outcome == OUTCOME_DELIVERED ? LOG_LEVEL_INFO
                                                   : LOG_LEVEL_WARN,
              job_outcome_name(result->outcome));
    log_str(&l, "session", record->session);
    log_str(&l, "id", spool_name(record->id, name));
    log_str(&l, "to", record->rcpts[r->index].address);
    if (result->host[0] != '\0')
        log_str(&l, "host", result->host);
    if (result->address.family != 0)
        log_str(&l, "address",
                netaddr_text(&result->address, address, sizeof(address)));
    log_str(&l, "step", job_step_name(result->step));
    log_int(&l, "attempt", r->attempts);
    log_int(&l, "delay", queue_now() - record->queued);
    if (next != 0)
        log_int(&l, "next", next - queue_now());
    log_str(&l, "reply", result->reply);
    log_end(&l);
    if (result->outcome != OUTCOME_UNKNOWN)
        return;
    log_begin(&l, LOG_LEVEL_WARN, "duplicate-risk");
    log_str(&l, "id", name);
    log_str(&l, "to", record->rcpts[r->index].address);
    log_str(&l, "why", "the answer to the end of the message was lost");
    log_end(&l);
}

/* The last of its message to end, and nobody to be told. */
static bool is_last(const struct rcpt *r)
{
    const struct message *m = r->message;

    if (m->reporting)
        return false;
    for (size_t i = 0; i < m->n; i++)
        if (&m->rcpts[i] != r &&
            (m->rcpts[i].phase != PHASE_ENDED || m->rcpts[i].owes))
            return false;
    return true;
}

static void count(struct queue *q, enum job_outcome outcome)
{
    switch (outcome) {
    case OUTCOME_DELIVERED:
        stats_add(STAT_SENT, 1);
        q->since_start.delivered++;
        break;
    case OUTCOME_REFUSED:
        stats_add(STAT_BOUNCED, 1);
        q->since_start.refused++;
        break;
    default:
        stats_add(STAT_DEFERRED, 1);
        q->since_start.deferred++;
    }
}

static void end(struct queue *q, struct rcpt *r, int fd, const struct line *l,
                enum rcpt_state state, unsigned flags)
{
    void (*lines)(FILE *, const void *) =
        l->result != NULL ? write_result : write_event;
    bool owes = message_owes(r->message, r->notify, state, flags);

    if (!owes && is_last(r)) {
        spool_remove_record(q->spool, r->message->id);
    } else if (state == RCPT_DELIVERED) {
        queue_append_kept(q, r->message->id, lines, l);
    } else if (!queue_append(fd, lines, l)) {
        /* Not written, so not so: the sender must not be told before. */
        queue_wait(q, r, l->now + AGAIN_SEC);
        return;
    }
    syncer_soon(q->syncer);
    queue_ended(q, r, owes);
}

/* Deferred for the last time: the record has why, then that it is over. */
static void expire(struct queue *q, struct rcpt *r, int fd,
                   const struct record *record, struct line *l)
{
    char name[SPOOL_NAME];
    struct log_line log;

    log_begin(&log, LOG_LEVEL_WARN, "expired");
    log_str(&log, "session", record->session);
    log_str(&log, "id", spool_name(record->id, name));
    log_str(&log, "to", record->rcpts[r->index].address);
    log_int(&log, "attempts", r->attempts);
    log_end(&log);
    q->since_start.expired++;
    stats_add(STAT_BOUNCED, 1);
    if (l->result != NULL)
        queue_append_attempt(fd, write_result, l);
    l->result = NULL;
    l->event = "expired";
    end(q, r, fd, l, RCPT_EXPIRED, 0);
}

void queue_result(struct queue *q, struct rcpt *r, const struct record *record,
                  int fd, const struct job_result *result)
{
    struct schedule_history h = {.null_sender = r->message->null_sender};
    struct line l = {.now = queue_now(), .rcpt = r->index, .result = result};
    enum schedule_verdict verdict;

    queue_clock(q); /* or what is new might seem to be old */
    h.queued = r->message->queued;
    h.attempts = r->attempts < UINT16_MAX ? ++r->attempts : r->attempts;
    h.warned = r->warned;
    verdict = schedule_after(&q->policy, &h, result->outcome,
                             result->outcome == OUTCOME_DEFERRED &&
                                     result->flags & RESULT_REMOTE
                                 ? wait_text(result->reply)
                                 : 0,
                             l.now, queue_random(), &l.next);
    count(q, result->outcome);
    log_result(record, r, result, verdict == SCHEDULE_RETRY ? l.next : 0);
    switch (verdict) {
    case SCHEDULE_DONE:
        end(q, r, fd, &l, RCPT_DELIVERED, result->flags);
        break;
    case SCHEDULE_BOUNCE:
        end(q, r, fd, &l, RCPT_REFUSED, result->flags);
        break;
    case SCHEDULE_EXPIRE:
        expire(q, r, fd, record, &l);
        break;
    case SCHEDULE_RETRY:
        queue_append_attempt(fd, write_result, &l);
        syncer_soon(q->syncer);
        if (schedule_warns(&q->policy, &h) <= l.now)
            queue_late(q, r->message);
        queue_wait(q, r, l.next);
    }
}

void queue_own_results(struct queue *q, struct message *m,
                       const struct destination *d, enum job_outcome outcome,
                       enum job_step step, const char *reply)
{
    struct job_result result = {.outcome = outcome, .step = step};
    struct record *record;
    int fd;

    snprintf(result.reply, sizeof(result.reply), "%s", reply);
    record = queue_record(q, m, &fd);
    if (record == NULL)
        return;
    for (size_t i = 0; i < m->n; i++) {
        struct rcpt *r = &m->rcpts[i];

        if (r->destination != d || r->phase != PHASE_READY)
            continue;
        queue_take_out(q, r);
        queue_result(q, r, record, fd, &result);
    }
    record_free(record);
    close(fd);
    queue_settle(q, m);
}

void queue_expire(struct queue *q, struct message *m,
                  const struct destination *d)
{
    struct job_result why = {.outcome = OUTCOME_DEFERRED};
    struct record *record;
    int fd;

    /* What to say of a recipient that was never tried. */
    snprintf(why.reply, sizeof(why.reply), "%s", d->why != NULL ? d->why : "");
    record = queue_record(q, m, &fd);
    if (record == NULL)
        return;
    for (size_t i = 0; i < m->n; i++) {
        struct rcpt *r = &m->rcpts[i];
        struct line l = {.now = queue_now(), .rcpt = r->index};

        if (r->destination != d || r->phase == PHASE_BUSY)
            continue;
        queue_take_out(q, r);
        if (r->attempts == 0)
            l.result = &why;
        expire(q, r, fd, record, &l);
    }
    record_free(record);
    close(fd);
    queue_settle(q, m);
}
