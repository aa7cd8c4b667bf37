/*
 * Jobs for deliver: recipients at our own domains, of reports and of mail
 * that was written on this host.  One recipient at a time:
 *
 *   CHECK --local--> OPEN, the message, COMMIT --> delivered
 *         --an alias that leaves--> a copy of it (queue_expand.c), then
 *                                   OPEN for what stays, if anything
 *         --unknown--> refused
 *         --cannot tell, or deliver is gone--> deferred
 */
#include "queue/queue_local.h"

#include "lib/child.h"
#include "lib/log.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void tell(struct local *l, enum msg_type type, const struct msg_out *out,
                 enum msg_type wants)
{
    l->wants = wants;
    chan_send(l->q->deliver, type, l->id, out, -1);
}

static struct local **find(struct queue *q, uint64_t id)
{
    struct local **at = &q->locals;

    while (*at != NULL && (*at)->id != id)
        at = &(*at)->next;
    return at;
}

void queue_local_finish(struct local *l, enum job_outcome outcome,
                        const char *reply)
{
    struct job_result result = {.outcome = outcome, .step = STEP_DOT};
    /* NOTIFY went along to that address: success is told of it alone. */
    bool passed_on = outcome == OUTCOME_DELIVERED && l->moved;
    struct queue *q = l->q;
    struct message *m = l->message;

    result.flags = passed_on ? RESULT_DSN : 0;
    snprintf(result.reply, sizeof(result.reply), "%s", reply);
    queue_result(q, l->rcpt, l->record, l->fd, &result);
    *find(q, l->id) = l->next;
    q->nlocals--;
    m->busy--;
    queue_settle(q, m);
    destinations_end(&q->destinations, l->destination);
    record_free(l->record);
    close(l->fd);
    free(l);
    queue_wake(q);
    queue_job_ended(q);
}

static void begin_check(struct local *l)
{
    static struct msg_out out;

    msg_reset(&out);
    msg_put_str(&out, l->to.local);
    msg_put_str(&out, l->to.domain);
    tell(l, MSG_CHECK, &out, MSG_CHECKED);
}

static void write_try(FILE *out, const void *arg)
{
    const struct local *l = arg;
    unsigned index = l->rcpt->index;

    record_try(out, queue_now(), &index, 1);
}

void queue_local_start(struct queue *q, struct destination *d)
{
    struct local *l = xcalloc(1, sizeof(*l));
    struct rcpt *r = d->first;

    l->q = q;
    l->record = queue_record(q, r->message, &l->fd);
    if (l->record == NULL) {
        destinations_end(&q->destinations, d);
        free(l);
        return;
    }
    destinations_unready(&q->destinations, r);
    r->phase = PHASE_BUSY;
    r->message->busy++;
    l->destination = d;
    l->message = r->message;
    l->rcpt = r;
    l->id = ++q->last_job;
    l->next = q->locals;
    q->locals = l;
    q->nlocals++;
    q->busy++;
    if (address_parse(l->record->rcpts[r->index].address,
                      ADDRESS_UTF8 | ADDRESS_POSTMASTER, &l->to) == ADDRESS_OK)
        begin_check(l);
    else
        queue_local_finish(l, OUTCOME_REFUSED, "5.1.3 This is no address");
}

void queue_local_open(struct local *l)
{
    static struct msg_out out;

    queue_append_attempt(l->fd, write_try, l);
    msg_reset(&out);
    msg_put_u32(&out, 0);
    msg_put_str(&out, l->record->session);
    msg_put_str(&out, l->record->sender);
    msg_put_u32(&out, 1);
    msg_put_str(&out, l->to.local);
    msg_put_str(&out, l->to.domain);
    msg_put_u32(&out, l->known_by);
    tell(l, MSG_OPEN, &out, MSG_OPENED);
}

static const char *checked(struct local *l, enum checked answer,
                           struct msg_in *in)
{
    switch (answer) {
    case CHECKED_LOCAL:
        queue_local_open(l);
        break;
    case CHECKED_REMOTE:
        return queue_expand(l, in);
    case CHECKED_UNKNOWN:
        queue_local_finish(l, OUTCOME_REFUSED,
                           "5.1.1 There is no such user here");
        break;
    default:
        queue_local_finish(l, OUTCOME_DEFERRED,
                           "4.3.0 The mailbox cannot be seen now");
    }
    return NULL;
}

/* The message, which is on this very disk, into deliver's file. */
static bool write_body(const struct local *l, int to)
{
    int from = spool_open_body(l->q->spool, l->message->id);
    char buf[65536];
    uint64_t total = 0;
    ssize_t n;

    if (from == -1)
        return false;
    while ((n = read(from, buf, sizeof(buf))) > 0 &&
           spool_append(to, buf, (size_t)n) == 0)
        total += (uint64_t)n;
    close(from);
    return n == 0 && total == l->record->size;
}

static void opened(struct local *l, enum stored stored, int fd)
{
    static struct msg_out out;

    if (stored != STORED_OK || fd == -1) {
        queue_local_finish(l, OUTCOME_DEFERRED,
                           stored == STORED_FULL_DISK ||
                                   stored == STORED_FULL_MAILBOX
                               ? "4.2.2 The mailbox is full"
                               : "4.3.0 The mailbox cannot be opened");
        return;
    }
    if (!write_body(l, fd)) {
        chan_send(l->q->deliver, MSG_ABORT, l->id, NULL, -1);
        queue_local_finish(l, OUTCOME_DEFERRED,
                           "4.3.1 The message could not be copied");
        return;
    }
    msg_reset(&out);
    msg_put_u64(&out, l->record->size);
    tell(l, MSG_COMMIT, &out, MSG_COMMITTED);
}

static void on_message(struct chan *c, struct msg *m, void *arg)
{
    struct local *l = *find(arg, m->id);
    const char *wrong = NULL;
    uint32_t answer;

    if (l == NULL || l->wants != m->type || !msg_get_u32(&m->in, &answer)) {
        wrong = "an answer that nobody asked for";
    } else if (m->type == MSG_CHECKED) {
        wrong = checked(l, (enum checked)answer, &m->in);
    } else if (m->type == MSG_OPENED) {
        opened(l, (enum stored)answer, m->fd);
    } else if (answer == STORED_OK) {
        queue_local_finish(l, OUTCOME_DELIVERED, "2.0.0 In its mailbox");
    } else {
        queue_local_finish(l, OUTCOME_DEFERRED,
                           "4.3.0 The mailbox could not take it");
    }
    if (m->fd != -1)
        close(m->fd);
    if (wrong != NULL)
        chan_violation(c, wrong);
}

/* deliver may have committed what it did not answer any more. */
static void disconnect(struct queue *q)
{
    struct local *l = q->locals;

    chan_free(q->deliver);
    q->deliver = NULL;
    while (l != NULL) {
        struct local *next = l->next;

        if (l->wants == MSG_COMMITTED)
            queue_local_finish(l, OUTCOME_UNKNOWN,
                               "4.3.0 The delivering program is gone");
        else if (l->wants != MSG_COUNT)
            queue_local_finish(l, OUTCOME_DEFERRED,
                               "4.3.0 The delivering program is gone");
        l = next;
    }
}

static void on_closed(struct chan *c, const char *why, void *arg)
{
    (void)c;
    log_warn("deliver is gone (%s)", why);
    child_lost(PROGRAM_DELIVER);
    disconnect(arg);
}

void queue_deliver_peer(struct queue *q, int fd)
{
    static const struct chan_ops ops = {on_message, on_closed};

    disconnect(q);
    q->deliver = chan_new(q->base, fd, PROGRAM_QUEUE, PROGRAM_DELIVER, &ops, q);
    chan_phase(q->deliver, PHASE_RUNNING);
    queue_wake(q);
}
