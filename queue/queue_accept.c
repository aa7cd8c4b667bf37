/*
 * A message on its way into the spool, whoever sends it: smtpd, a user on
 * this host, or queue itself with a report.
 *
 * The steps are those of spool.c.  Until the second flush is over nobody is
 * told that it is accepted; if anything fails, nothing of it stays.
 */
#include "queue/queue_internal.h"

#include "lib/log.h"
#include "lib/stats.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct accept *accept_new(struct queue *q, unsigned flags, const char *session,
                          const char *sender, const char *envid)
{
    struct accept *a = xcalloc(1, sizeof(*a));

    a->q = q;
    a->fd = -1;
    a->record.id = spool_id(q->spool);
    a->record.queued = queue_now();
    a->record.flags = flags;
    a->record.session = xstrdup(session);
    a->record.sender = xstrdup(sender);
    a->record.envid = xstrdup(envid);
    return a;
}

static void release(const char *text)
{
    free((char *)(uintptr_t)text);
}

static void accept_free(struct accept *a)
{
    for (size_t i = 0; i < a->record.n; i++) {
        release(a->record.rcpts[i].address);
        release(a->record.rcpts[i].orcpt);
    }
    free(a->record.rcpts);
    release(a->record.session);
    release(a->record.sender);
    release(a->record.envid);
    if (a->fd != -1)
        close(a->fd);
    free(a);
}

void accept_recipient(struct accept *a, const char *address, unsigned notify,
                      const char *orcpt)
{
    struct record *r = &a->record;

    r->rcpts = xrealloc(r->rcpts, r->n + 1, sizeof(*r->rcpts));
    r->rcpts[r->n] = (struct record_rcpt){
        .address = xstrdup(address), .notify = notify, .orcpt = xstrdup(orcpt)};
    record_rcpt_begin(&r->rcpts[r->n++]);
}

enum stored accept_stored(int error)
{
    return error == 0        ? STORED_OK
           : error == ENOSPC ? STORED_FULL_DISK
           : error == EDQUOT ? STORED_FULL_DISK
                             : STORED_FAILURE;
}

static enum stored failed(const struct accept *a, const char *what, int error)
{
    char name[SPOOL_NAME];
    struct log_line l;

    log_begin(&l, LOG_LEVEL_ERROR, "not-queued");
    log_str(&l, "session", a->record.session);
    log_str(&l, "id", spool_name(a->record.id, name));
    log_str(&l, "what", what);
    log_str(&l, "error", strerror(error));
    log_end(&l);
    return accept_stored(error);
}

enum stored accept_open(struct accept *a)
{
    a->fd = spool_create(a->q->spool, a->record.id);
    if (a->fd == -1)
        return failed(a, "open", errno);
    a->made = true;
    return STORED_OK;
}

enum stored accept_link(struct accept *a, uint64_t from)
{
    if (spool_link(a->q->spool, from, a->record.id) != 0)
        return failed(a, "link", errno);
    a->made = true;
    return STORED_OK;
}

/* What was there before is another message's. */
static void discard(const struct accept *a)
{
    if (a->made)
        spool_discard(a->q->spool, a->record.id);
}

static void give_up(struct accept *a, enum stored stored)
{
    discard(a);
    if (!a->cancelled)
        a->done(a, stored);
    accept_free(a);
}

void accept_commit(struct accept *a, uint64_t octets,
                   void (*done)(struct accept *a, enum stored stored),
                   void *arg)
{
    struct stat st;

    a->done = done;
    a->arg = arg;
    a->committing = true;
    a->record.size = octets;
    if (a->fd != -1 &&
        (fstat(a->fd, &st) != 0 || (uint64_t)st.st_size != octets)) {
        give_up(a, failed(a, "not the octets that were written", EIO));
        return;
    }
    if (spool_write(a->q->spool, &a->record) != 0) {
        give_up(a, failed(a, "record", errno));
        return;
    }
    a->q->busy++;
    syncer_add(a->q->syncer, &a->item);
}

void accept_abort(struct accept *a)
{
    discard(a);
    accept_free(a);
}

static int publish(struct sync_item *item, void *arg)
{
    const struct accept *a = (const struct accept *)(const void *)item;
    struct queue *q = arg;

    return spool_publish(q->spool, a->record.id);
}

static void log_queued(const struct accept *a)
{
    const struct record *r = &a->record;
    char name[SPOOL_NAME];
    struct log_line l;

    log_begin(&l, LOG_LEVEL_INFO, "queued");
    log_str(&l, "session", r->session);
    log_str(&l, "id", spool_name(r->id, name));
    log_str(&l, "from", r->sender);
    log_int(&l, "recipients", (int64_t)r->n);
    log_int(&l, "size", (int64_t)r->size);
    log_end(&l);
}

/* From the syncer: it is ours now, or nothing of it is left. */
static void on_done(struct sync_item *item, void *arg)
{
    struct accept *a = (struct accept *)(void *)item;
    struct queue *q = arg;
    struct message *m;

    if (item->error != 0 || a->cancelled) {
        if (item->error != 0)
            failed(a, "flush", item->error);
        spool_remove(q->spool, a->record.id);
        give_up(a, accept_stored(item->error));
    } else {
        log_queued(a);
        stats_add(STAT_QUEUED, 1);
        q->since_start.accepted++;
        m = queue_load(q, &a->record);
        a->done(a, STORED_OK);
        accept_free(a);
        queue_settle(q, m); /* some may have come only to be reported */
    }
    queue_job_ended(q);
}

const struct sync_ops accept_sync = {publish, on_done};
