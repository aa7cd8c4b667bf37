/*
 * Reports to senders (RFC 3461, RFC 3464).
 *
 * A report is a message like any other, with the null reverse-path, so no
 * report ever answers one; a sender at one of our own domains gets it through
 * deliver.  It is exactly once in the queue:
 *
 *   "report ID" is written into the record of the message it is about;
 *   report ID is accepted, as any message;
 *   "reported ID" is written.
 *
 * A crash between the second and the third is seen at start: ID is there.
 */
#include "queue/queue_internal.h"

#include "lib/log.h"
#include "lib/stats.h"
#include "queue/dsn.h"
#include "queue/text.h"

#include <errno.h>
#include <event2/event.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#define AGAIN_SEC 60 /* after a failure of the disk, or for want of memory */

struct report {
    struct queue *q;
    uint64_t about, id;
    enum report_kind kind;
    size_t n;
    unsigned index[];
};

static struct report *report_new(struct queue *q, const struct message *m,
                                 enum report_kind kind)
{
    struct report *r = xcalloc(1, sizeof(*r) + m->n * sizeof(r->index[0]));

    r->q = q;
    r->about = m->id;
    r->kind = kind;
    for (size_t i = 0; i < m->n; i++)
        if (kind == REPORT_FINAL ? m->rcpts[i].owes : m->rcpts[i].late)
            r->index[r->n++] = (unsigned)i;
    return r;
}

static void write_reported(FILE *out, const void *arg)
{
    const struct report *r = arg;

    record_reported(out, queue_now(), r->id);
}

static void write_report(FILE *out, const void *arg)
{
    const struct report *r = arg;

    record_report(out, queue_now(), r->id, r->kind, r->index, r->n);
}

static void on_again(evutil_socket_t fd, short what, void *arg)
{
    struct report *r = arg;
    struct message *m = messages_find(&r->q->messages, r->about);

    (void)fd, (void)what;
    if (m != NULL) {
        m->reporting = false;
        if (!r->q->stopping)
            queue_settle(r->q, m);
    }
    free(r);
}

static void again_later(struct report *r)
{
    static const struct timeval later = {.tv_sec = AGAIN_SEC};
    struct message *m = messages_find(&r->q->messages, r->about);

    if (m != NULL)
        m->reporting = true; /* and nobody else begins one meanwhile */
    if (event_base_once(r->q->base, -1, EV_TIMEOUT, on_again, r, &later) != 0)
        fatal(EX_OSERR, "no timer");
}

/* The report is in the queue, or could not be put there. */
static void on_done(struct accept *a, enum stored stored)
{
    struct report *r = a->arg;
    struct queue *q = r->q;
    struct message *m = messages_find(&q->messages, r->about);

    if (stored != STORED_OK) {
        again_later(r);
        return;
    }
    m->reporting = false;
    queue_append_kept(q, m->id, write_reported, r);
    for (size_t i = 0; i < r->n; i++) {
        struct rcpt *rcpt = &m->rcpts[r->index[i]];

        if (r->kind == REPORT_FINAL)
            rcpt->owes = false;
        else
            rcpt->late = false;
    }
    q->since_start.reports++;
    stats_add(STAT_REPORTS, 1);
    free(r);
    queue_settle(q, m);
}

/* Nobody is told at the end that it goes on, whatever the record says. */
static enum dsn_action action_of(const struct queue *q, enum report_kind kind,
                                 const struct record_rcpt *rcpt)
{
    struct address a;

    if (kind == REPORT_DELAY)
        return DSN_DELAYED;
    if (rcpt->state != RCPT_DELIVERED)
        return DSN_FAILED;
    if (rcpt->expanded)
        return DSN_EXPANDED;
    if (rcpt->notify & NOTIFY_DELIVERED)
        return DSN_DELIVERED;
    if (address_parse(rcpt->address, ADDRESS_UTF8, &a) == ADDRESS_OK &&
        queue_is_local(q, a.domain))
        return DSN_DELIVERED;
    return DSN_RELAYED;
}

/* The whole only of what failed, and is not too large. */
static bool quotes_all(const struct queue *q, const struct record *record,
                       const struct dsn_recipient *v, size_t n)
{
    bool failed = false;

    for (size_t i = 0; i < n; i++)
        failed |= v[i].action == DSN_FAILED;
    return failed && !(record->flags & JOB_RET_HDRS) &&
           record->size <= q->conf->queue.bounce;
}

/* What is known of a recipient that was never tried: why its host is away. */
static void fill_reply(const struct message *m, struct record_rcpt *rcpt,
                       unsigned index)
{
    const struct destination *d = m->rcpts[index].destination;

    if (rcpt->reply[0] == '\0' && d != NULL && d->why != NULL)
        rcpt->reply = d->why;
}

/* Writes the text into the new message. False when that fails. */
static bool compose(struct accept *a, const struct report *r,
                    const struct message *m, const struct record *record,
                    uint64_t *octets)
{
    struct queue *q = r->q;
    struct dsn_recipient *v = xcalloc(r->n, sizeof(*v));
    char id[SPOOL_NAME], original[SPOOL_NAME], *text;
    struct schedule_history h = {.queued = m->queued};
    struct dsn d = {.hostname = q->conf->hostname,
                    .id = spool_name(a->record.id, id),
                    .original = spool_name(r->about, original),
                    .random = queue_random(),
                    .now = queue_now(),
                    .expires = schedule_expires(&q->policy, &h),
                    .record = record,
                    .recipients = v,
                    .n = r->n};
    size_t len;
    FILE *out = text_open(&text, &len);
    bool fine;

    for (size_t i = 0; i < r->n; i++) {
        fill_reply(m, &record->rcpts[r->index[i]], r->index[i]);
        v[i].rcpt = &record->rcpts[r->index[i]];
        v[i].action = action_of(q, r->kind, v[i].rcpt);
        v[i].expired = v[i].rcpt->state == RCPT_EXPIRED;
    }
    d.full = quotes_all(q, record, v, r->n);
    d.body = spool_open_body(q->spool, r->about);
    if (dsn_write(out, &d))
        a->record.flags |= JOB_8BIT;
    fclose(out);
    if (d.body != -1)
        close(d.body);
    fine = spool_append(a->fd, text, len) == 0;
    *octets = len;
    free(text);
    free(v);
    return fine;
}

static void log_report(const struct report *r, const struct record *record)
{
    char name[SPOOL_NAME];
    struct log_line l;

    log_begin(&l, LOG_LEVEL_INFO, "report");
    log_str(&l, "session", record->session);
    log_str(&l, "id", spool_name(r->about, name));
    log_str(&l, "report", spool_name(r->id, name));
    log_str(&l, "to", record->sender);
    log_str(&l, "of", r->kind == REPORT_FINAL ? "the end" : "a delay");
    log_int(&l, "recipients", (int64_t)r->n);
    log_end(&l);
}

void queue_report(struct queue *q, struct message *m, enum report_kind kind)
{
    struct report *r;
    struct record *record;
    struct accept *a;
    uint64_t octets = 0;
    int fd;

    if (q->stopping)
        return; /* at the next start */
    r = report_new(q, m, kind);
    record = queue_record(q, m, &fd);
    if (record == NULL) {
        again_later(r);
        return;
    }
    a = accept_new(q, record->flags & JOB_UTF8, record->session, "", "");
    accept_recipient(a, record->sender, 0, "");
    r->id = a->record.id;
    if (accept_open(a) == STORED_OK && compose(a, r, m, record, &octets) &&
        queue_append(fd, write_report, r)) {
        log_report(r, record);
        m->reporting = true;
        accept_commit(a, octets, on_done, r);
    } else {
        accept_abort(a);
        again_later(r);
    }
    record_free(record);
    close(fd);
}

void queue_report_resume(struct queue *q, struct record *record)
{
    struct report r = {.q = q};

    for (size_t i = 0; i < record->n; i++)
        for (size_t k = 0; k < RECORD_KINDS; k++) {
            r.id = record->rcpts[i].begun[k];
            if (r.id == 0 || !spool_has(q->spool, r.id))
                continue;
            queue_append_kept(q, record->id, write_reported, &r);
            record_told(record, r.id);
        }
}
