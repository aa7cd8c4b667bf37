/*
 * Messages come into memory: one that was just accepted, or at start all that
 * there are.
 *
 * At start an attempt without an end is named in the log, since the server
 * may have the message; a report that was begun is looked for; and what is
 * owed is told.
 */
#include "queue/queue_internal.h"

#include "lib/log.h"
#include "lib/stats.h"

#include <sysexits.h>
#include <time.h>

/* The domain that decides where an address goes. */
static void join(struct queue *q, struct rcpt *r, const char *text)
{
    struct destination *d;
    struct address a;

    if (address_parse(text, ADDRESS_UTF8, &a) != ADDRESS_OK)
        a.domain[0] = '\0';
    d = destinations_get(&q->destinations, a.domain);
    d->local = queue_is_local(q, d->name);
    destinations_join(d, r);
}

/* What an earlier attempt found of the destination: was it reached? */
static void recall(struct queue *q, struct rcpt *r,
                   const struct record_rcpt *last)
{
    if (last->attempts > 0 && last->host[0] != '\0')
        destinations_seen(&q->destinations, r->destination, last->last,
                          last->step >= STEP_MAIL);
}

struct message *queue_load(struct queue *q, const struct record *record)
{
    struct message *m = message_new(record, queue_now());

    messages_add(&q->messages, m);
    for (size_t i = 0; i < m->n; i++) {
        struct rcpt *r = &m->rcpts[i];

        if (r->phase == PHASE_ENDED)
            continue;
        stats_add(STAT_WAITING, 1);
        join(q, r, record->rcpts[i].address);
        recall(q, r, &record->rcpts[i]);
        queue_wait(q, r, r->next);
    }
    return m;
}

static void on_found(struct record *r, void *arg)
{
    struct queue *q = arg;
    char name[SPOOL_NAME];
    struct message *m;

    for (size_t i = 0; i < r->n; i++) {
        struct log_line l;

        if (!r->rcpts[i].trying)
            continue;
        log_begin(&l, LOG_LEVEL_WARN, "duplicate-risk");
        log_str(&l, "id", spool_name(r->id, name));
        log_str(&l, "to", r->rcpts[i].address);
        log_str(&l, "why", "the end of an attempt is not known");
        log_end(&l);
    }
    queue_report_resume(q, r);
    m = queue_load(q, r);
    record_free(r);
    queue_settle(q, m);
}

void queue_load_all(struct queue *q)
{
    struct timespec before, after;
    struct log_line l;
    ssize_t n;

    clock_gettime(CLOCK_MONOTONIC, &before);
    n = spool_scan(q->spool, on_found, q);
    if (n < 0)
        fatal(EX_IOERR, "the queue cannot be read");
    clock_gettime(CLOCK_MONOTONIC, &after);
    log_begin(&l, LOG_LEVEL_INFO, "queue");
    log_int(&l, "messages", n);
    log_int(&l, "recipients", (int64_t)q->messages.recipients);
    log_int(&l, "ms",
            (after.tv_sec - before.tv_sec) * 1000 +
                (after.tv_nsec - before.tv_nsec) / 1000000);
    log_end(&l);
}
