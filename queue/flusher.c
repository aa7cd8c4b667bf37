/*
 * Group commit.  One thread works in rounds, and a round does two things
 * with one flush of each file system concerned:
 *
 *   published   messages whose data the last round flushed are moved to new/;
 *   fresh       messages that came meanwhile have their data in tmp/.
 *
 * After the flush the published are durable under their final names, and
 * answered; the fresh are published by the next round, which begins at once.
 * So data are on disk before the name in new/ appears, and the name is on
 * disk before smtpd hears of it; and however many messages arrive during a
 * flush, they share the next.
 *
 * A flush is syncfs(2), for one message as for a hundred: fdatasync(2) and
 * fsync(2) of single files were no faster for one message at a time, and far
 * slower for many.  It also flushes the names of a Maildir just made, and
 * whatever other programs left to be written on that file system.  It tells of
 * errors of writing back since its descriptor was opened (Linux 5.8).  Hence
 * the descriptor taken is the one opened first among those of the round: opened
 * before any of its data were written.
 */
#include "queue/flusher.h"

#include "lib/log.h"
#include "lib/stats.h"

#include <errno.h>
#include <event2/event.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sysexits.h>
#include <unistd.h>

struct list {
    struct delivery *first, **last;
};

/* A file system concerned in a round. */
struct filesystem {
    dev_t dev;
    const struct maildir *by; /* through whose descriptor */
    int error;
};

struct flusher {
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t work;
    struct list added, done; /* under the lock */
    bool ending;             /* under the lock */
    struct filesystem *fs;   /* the thread's, from here on */
    size_t nfs, room;
    int wake; /* an eventfd: done has grown */
    struct event *woken;
    flusher_done *report;
    void *arg;
};

static void list_init(struct list *l)
{
    l->first = NULL;
    l->last = &l->first;
}

static void append(struct list *l, struct delivery *d)
{
    d->next = NULL;
    *l->last = d;
    l->last = &d->next;
}

static struct delivery *take_first(struct list *l)
{
    struct delivery *d = l->first;

    if (d != NULL && (l->first = d->next) == NULL)
        l->last = &l->first;
    return d;
}

static void move_all(struct list *from, struct list *to)
{
    if (from->first == NULL)
        return;
    *to->last = from->first;
    to->last = from->last;
    list_init(from);
}

static struct filesystem *find_fs(struct flusher *f, dev_t dev)
{
    for (size_t i = 0; i < f->nfs; i++)
        if (f->fs[i].dev == dev)
            return &f->fs[i];
    return NULL;
}

static void note_fs(struct flusher *f, const struct maildir *dir)
{
    struct filesystem *fs = find_fs(f, dir->dev);

    if (fs != NULL) {
        if (dir->serial < fs->by->serial)
            fs->by = dir;
        return;
    }
    if (f->nfs == f->room) {
        f->room += 8;
        f->fs = xrealloc(f->fs, f->room, sizeof(*f->fs));
    }
    f->fs[f->nfs++] = (struct filesystem){.dev = dir->dev, .by = dir};
}

static void flush(struct flusher *f, const struct list *published,
                  const struct list *fresh)
{
    const struct list *lists[2] = {published, fresh};

    f->nfs = 0;
    for (size_t l = 0; l < 2; l++)
        for (struct delivery *d = lists[l]->first; d != NULL; d = d->next)
            for (size_t i = 0; i < d->nfiles; i++)
                note_fs(f, d->files[i].dir);
    for (size_t i = 0; i < f->nfs; i++) {
        f->fs[i].error = syncfs(f->fs[i].by->tmp) == 0 ? 0 : errno;
        stats_add(STAT_FLUSHES, 1);
    }
    for (size_t l = 0; l < 2; l++)
        for (struct delivery *d = lists[l]->first; d != NULL; d = d->next)
            for (size_t i = 0; i < d->nfiles; i++) {
                int error = find_fs(f, d->files[i].dir->dev)->error;

                if (error != 0)
                    delivery_fail(d, "syncfs", &d->files[i], error);
            }
}

/* Takes out of a list what failed, or what nobody wants any more. */
static void drop_failed(struct list *l, struct list *finished)
{
    struct list all = {0};
    struct delivery *d;

    list_init(&all);
    move_all(l, &all);
    while ((d = take_first(&all)) != NULL) {
        if (d->failed != NULL)
            delivery_discard(d);
        append(d->failed != NULL ? finished : l, d);
    }
}

static bool unwanted(struct delivery *d)
{
    if (atomic_load_explicit(&d->cancelled, memory_order_relaxed))
        delivery_fail(d, "cancelled", NULL, 0);
    return d->failed != NULL;
}

/* Both lists change hands: fresh becomes ready, ready becomes finished. */
static void run_round(struct flusher *f, struct list *ready, struct list *fresh,
                      struct list *finished)
{
    struct delivery *d;

    for (d = ready->first; d != NULL; d = d->next)
        if (!unwanted(d))
            delivery_publish(d);
    for (d = fresh->first; d != NULL; d = d->next)
        if (!unwanted(d))
            delivery_copy(d);
    drop_failed(ready, finished);
    drop_failed(fresh, finished);
    flush(f, ready, fresh);
    drop_failed(ready, finished);
    drop_failed(fresh, finished);
    move_all(ready, finished);
    move_all(fresh, ready);
}

static void hand_over(struct flusher *f, struct list *finished)
{
    uint64_t one = 1;
    ssize_t n;

    pthread_mutex_lock(&f->lock);
    move_all(finished, &f->done);
    pthread_mutex_unlock(&f->lock);
    n = write(f->wake, &one, sizeof(one));
    (void)n; /* it counts to 2^64 */
}

static void *work(void *arg)
{
    struct flusher *f = arg;
    struct list ready, fresh, finished;

    list_init(&ready);
    list_init(&fresh);
    list_init(&finished);
    for (;;) {
        pthread_mutex_lock(&f->lock);
        while (f->added.first == NULL && ready.first == NULL && !f->ending)
            pthread_cond_wait(&f->work, &f->lock);
        move_all(&f->added, &fresh);
        pthread_mutex_unlock(&f->lock);
        if (fresh.first == NULL && ready.first == NULL)
            return NULL;
        run_round(f, &ready, &fresh, &finished);
        if (finished.first != NULL)
            hand_over(f, &finished);
    }
}

/* In the thread of the loop. */
static void report_done(struct flusher *f)
{
    struct list done;
    struct delivery *d;

    list_init(&done);
    pthread_mutex_lock(&f->lock);
    move_all(&f->done, &done);
    pthread_mutex_unlock(&f->lock);
    while ((d = take_first(&done)) != NULL)
        f->report(d, f->arg);
}

static void on_wake(evutil_socket_t fd, short what, void *arg)
{
    uint64_t count;
    ssize_t n = read((int)fd, &count, sizeof(count));

    (void)what, (void)n; /* nothing to read: nothing is done */
    report_done(arg);
}

struct flusher *flusher_new(struct event_base *base, flusher_done *done,
                            void *arg)
{
    struct flusher *f = xcalloc(1, sizeof(*f));

    list_init(&f->added);
    list_init(&f->done);
    f->report = done;
    f->arg = arg;
    f->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    f->woken = event_new(base, f->wake, EV_READ | EV_PERSIST, on_wake, f);
    if (f->wake == -1 || f->woken == NULL || event_add(f->woken, NULL) != 0)
        fatal(EX_OSERR, "flusher: no event");
    if (pthread_mutex_init(&f->lock, NULL) != 0 ||
        pthread_cond_init(&f->work, NULL) != 0 ||
        pthread_create(&f->thread, NULL, work, f) != 0)
        fatal(EX_OSERR, "flusher: no thread");
    return f;
}

void flusher_add(struct flusher *f, struct delivery *d)
{
    pthread_mutex_lock(&f->lock);
    append(&f->added, d);
    pthread_cond_signal(&f->work);
    pthread_mutex_unlock(&f->lock);
}

void flusher_free(struct flusher *f)
{
    pthread_mutex_lock(&f->lock);
    f->ending = true;
    pthread_cond_signal(&f->work);
    pthread_mutex_unlock(&f->lock);
    pthread_join(f->thread, NULL);
    report_done(f);
    event_free(f->woken);
    close(f->wake);
    pthread_cond_destroy(&f->work);
    pthread_mutex_destroy(&f->lock);
    free(f->fs);
    free(f);
}
