/*
 * A client's requests, see transactions.h.
 *
 *   (none) --OPEN--> open --COMMIT--> committing --done--> (none)
 *                     |                   |
 *                   ABORT               ABORT: not published if that can
 *                     |                   |    still be helped, not answered
 *                     +----> (none) <-----+
 *
 * An ABORT may cross an answer, so one for no transaction is fine; an OPEN on
 * top of another, or a COMMIT of nothing, is not.  smtpd talks to strangers
 * and may be in their hands: what it sends is checked as if it were, and a
 * breach ends its channel.  It cannot name a file, nor reach a mailbox that
 * recipients_resolve() does not give it.
 */
#include "queue/transactions.h"

#include "lib/chan.h"
#include "lib/log.h"
#include "lib/stats.h"
#include "queue/check.h"
#include "queue/envelope.h"
#include "queue/flusher.h"
#include "queue/transaction.h"

#include <assert.h>
#include <fcntl.h>
#include <stdlib.h>

#define BUCKETS 1024

struct transactions {
    struct event_base *base;
    const struct recipients *recipients;
    const char *hostname;
    struct maildirs maildirs;
    struct held held;
    struct flusher *flusher;
    struct chan *chan;
    enum program client;
    struct transaction *bucket[BUCKETS];
    size_t count, flushing;
    void (*idle)(void *arg);
    void *idle_arg;
};

static struct transaction **find(struct transactions *t, uint64_t id)
{
    struct transaction **at = &t->bucket[id % BUCKETS];

    while (*at != NULL && (*at)->delivery->id != id)
        at = &(*at)->next;
    return at;
}

static void check_idle(struct transactions *t)
{
    void (*idle)(void *) = t->idle;

    if (idle == NULL || t->count > 0 || t->flushing > 0)
        return;
    t->idle = NULL;
    idle(t->idle_arg);
}

/* Takes a transaction out of the table; its delivery stays. */
static void unlink_transaction(struct transactions *t, struct transaction **at)
{
    struct transaction *gone = *at;

    *at = gone->next;
    t->count--;
    mailboxes_release(&gone->to);
    free(gone);
}

static void discard(struct delivery *d)
{
    delivery_discard(d);
    delivery_free(d);
    stats_add(STAT_DISCARDED, 1);
}

static void forget(struct transactions *t, struct transaction **at)
{
    struct delivery *d = (*at)->delivery;

    if ((*at)->committing)
        atomic_store_explicit(&d->cancelled, true, memory_order_relaxed);
    else
        discard(d);
    unlink_transaction(t, at);
}

static void forget_all(struct transactions *t)
{
    for (size_t i = 0; i < BUCKETS; i++)
        while (t->bucket[i] != NULL)
            forget(t, &t->bucket[i]);
}

static void answer(struct transactions *t, enum msg_type type, uint64_t id,
                   uint32_t value, int fd)
{
    static struct msg_out out;

    if (t->chan == NULL)
        return;
    msg_reset(&out);
    msg_put_u32(&out, value);
    chan_send(t->chan, type, id, &out, fd);
}

/* A failure before the flusher had it. */
static void fail(struct transactions *t, struct transaction **at,
                 enum msg_type type)
{
    struct delivery *d = (*at)->delivery;
    uint64_t id = d->id;
    enum stored stored = d->stored;

    delivery_log(d);
    if (d->failed_file != NULL) {
        maildirs_forget(&t->maildirs, d->failed_file->dir);
        transaction_hold(&t->held, d,
                         (*at)->to.v[d->failed_file - d->files]->path);
    }
    forget(t, at);
    answer(t, type, id, stored, -1);
}

/* From the flusher: all is done, or all is undone. */
static void on_done(struct delivery *d, void *arg)
{
    struct transactions *t = arg;
    struct transaction **at = find(t, d->id);

    t->flushing--;
    delivery_log(d);
    if (d->failed == NULL) {
        stats_add(STAT_DELIVERED, 1);
        stats_add(STAT_FILES, (int64_t)d->nfiles);
        for (size_t i = 0; i < d->nfiles && t->held.n > 0; i++)
            held_drop(&t->held, d->files[i].dir->path);
    } else {
        if (d->failed_file != NULL)
            transaction_hold(&t->held, d, d->failed_file->dir->path);
        for (size_t i = 0; i < d->nfiles; i++)
            maildirs_forget(&t->maildirs, d->files[i].dir);
        stats_add(STAT_DISCARDED, 1);
    }
    if (*at != NULL && (*at)->delivery == d) {
        answer(t, MSG_COMMITTED, d->id, d->stored, -1);
        unlink_transaction(t, at);
    }
    delivery_free(d);
    check_idle(t);
}

static const char *open_transaction(struct transactions *t, struct msg *m)
{
    struct transaction *x, **at = find(t, m->id);
    struct mailboxes to = {0};
    struct delivery *d;

    if (*at != NULL)
        return "OPEN on top of another";
    d = envelope_read(&m->in, t->recipients, t->hostname, &to);
    if (d == NULL) {
        mailboxes_release(&to);
        return "malformed OPEN";
    }
    d->id = m->id;
    x = xcalloc(1, sizeof(*x));
    x->delivery = d;
    x->to = to;
    *at = x;
    t->count++;
    if (transaction_begin(x, &t->maildirs, t->recipients) == 0)
        answer(t, MSG_OPENED, m->id, STORED_OK, d->fd);
    else
        fail(t, at, MSG_OPENED);
    return NULL;
}

static const char *commit_transaction(struct transactions *t, struct msg *m)
{
    struct transaction **at = find(t, m->id), *x = *at;
    uint64_t octets;

    if (!msg_get_u64(&m->in, &octets) || !msg_done(&m->in))
        return "malformed COMMIT";
    if (x == NULL || x->committing)
        return "COMMIT of nothing";
    clock_gettime(CLOCK_MONOTONIC, &x->delivery->committed);
    if (transaction_finish(x, &t->maildirs, octets) != 0) {
        fail(t, at, MSG_COMMITTED);
        return NULL;
    }
    /* Writing begins while the flusher is still busy with the last round. */
    if (x->delivery->copies > 0)
        sync_file_range(x->delivery->fd, 0, 0, SYNC_FILE_RANGE_WRITE);
    x->committing = true;
    t->flushing++;
    flusher_add(t->flusher, x->delivery);
    return NULL;
}

static const char *abort_transaction(struct transactions *t, struct msg *m)
{
    struct transaction **at = find(t, m->id);

    if (*at != NULL)
        forget(t, at);
    return NULL;
}

static void on_message(struct chan *c, struct msg *m, void *arg)
{
    struct transactions *t = arg;
    const char *wrong = NULL;

    switch (m->type) {
    case MSG_CHECK:
        wrong = check_answer(t->recipients, &t->maildirs, &t->held, c, m);
        break;
    case MSG_OPEN:
        wrong = open_transaction(t, m);
        break;
    case MSG_COMMIT:
        wrong = commit_transaction(t, m);
        break;
    default: /* MSG_ABORT: the table of messages lets nothing else through */
        wrong = abort_transaction(t, m);
    }
    if (wrong != NULL)
        chan_violation(c, wrong);
    else
        check_idle(t);
}

static void disconnect(struct transactions *t)
{
    forget_all(t);
    chan_free(t->chan);
    t->chan = NULL;
    check_idle(t);
}

static void on_closed(struct chan *c, const char *why, void *arg)
{
    log_info("%s is gone (%s)", program_name(chan_peer(c)), why);
    disconnect(arg);
}

struct transactions *transactions_new(struct event_base *base,
                                      enum program client)
{
    struct transactions *t = xcalloc(1, sizeof(*t));

    t->base = base;
    t->client = client;
    t->flusher = flusher_new(base, on_done, t);
    return t;
}

void transactions_free(struct transactions *t)
{
    assert(t->flushing == 0);
    flusher_free(t->flusher);
    forget_all(t);
    chan_free(t->chan);
    maildirs_release(&t->maildirs);
    held_release(&t->held);
    free(t);
}

void transactions_settings(struct transactions *t, const struct recipients *r,
                           const char *hostname)
{
    t->recipients = r;
    t->hostname = hostname;
}

void transactions_peer(struct transactions *t, int fd)
{
    static const struct chan_ops ops = {on_message, on_closed};

    disconnect(t);
    t->chan = chan_new(t->base, fd, PROGRAM_DELIVER, t->client, &ops, t);
    chan_phase(t->chan, PHASE_RUNNING);
}

void transactions_stop(struct transactions *t, void (*idle)(void *arg),
                       void *arg)
{
    t->idle = idle;
    t->idle_arg = arg;
    check_idle(t);
}
