/*
 * Group commit, see syncer.h.  As in flusher.c, the thread works in rounds: a
 * round publishes what the last one flushed, flushes once, and so has made
 * durable both the names of those and the data of what came meanwhile.
 */
#include "queue/syncer.h"

#include "lib/log.h"
#include "lib/stats.h"

#include <errno.h>
#include <event2/event.h>
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sysexits.h>
#include <time.h>
#include <unistd.h>

#define SOON_NS 200000000

struct list {
    struct sync_item *first, **last;
};

struct syncer {
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t work;
    struct list added, done; /* under the lock, as all to the empty line */
    bool ending, dirty;

    int fd, wake;
    struct event *woken;
    const struct sync_ops *ops;
    void *arg;
};

static void list_init(struct list *l)
{
    l->first = NULL;
    l->last = &l->first;
}

static void append(struct list *l, struct sync_item *item)
{
    item->next = NULL;
    *l->last = item;
    l->last = &item->next;
}

static void move_all(struct list *from, struct list *to)
{
    if (from->first == NULL)
        return;
    *to->last = from->first;
    to->last = from->last;
    list_init(from);
}

static void publish(struct syncer *s, struct list *ready)
{
    for (struct sync_item *i = ready->first; i != NULL; i = i->next)
        if (i->error == 0 && s->ops->publish(i, s->arg) != 0)
            i->error = errno;
}

static void fail_all(struct list *l, int error)
{
    for (struct sync_item *i = l->first; i != NULL; i = i->next)
        if (i->error == 0)
            i->error = error;
}

/* What is ready is finished, what is fresh is ready. */
static void run_round(struct syncer *s, struct list *ready, struct list *fresh,
                      struct list *finished)
{
    publish(s, ready);
    if (syncfs(s->fd) != 0) {
        int error = errno;

        log_error("queue: syncfs: %d", error);
        fail_all(ready, error);
        fail_all(fresh, error);
    }
    move_all(ready, finished);
    move_all(fresh, ready);
}

static void hand_over(struct syncer *s, struct list *finished)
{
    uint64_t one = 1;
    ssize_t n;

    pthread_mutex_lock(&s->lock);
    move_all(finished, &s->done);
    pthread_mutex_unlock(&s->lock);
    n = write(s->wake, &one, sizeof(one));
    (void)n; /* it counts to 2^64 */
}

/*
 * Under the lock: until there is something to do.  What nobody waits for may
 * wait for more of its kind.
 */
static void await_work(struct syncer *s)
{
    struct timespec until;
    int timeout = 0;

    while (s->added.first == NULL && !s->ending && !s->dirty)
        pthread_cond_wait(&s->work, &s->lock);
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_nsec += SOON_NS;
    if (until.tv_nsec >= 1000000000) {
        until.tv_sec++;
        until.tv_nsec -= 1000000000;
    }
    while (s->added.first == NULL && !s->ending && timeout == 0)
        timeout = pthread_cond_timedwait(&s->work, &s->lock, &until);
}

static void *work(void *arg)
{
    struct syncer *s = arg;
    struct list ready, fresh, finished;
    bool dirty;

    list_init(&ready);
    list_init(&fresh);
    list_init(&finished);
    for (;;) {
        pthread_mutex_lock(&s->lock);
        if (ready.first == NULL)
            await_work(s);
        move_all(&s->added, &fresh);
        dirty = s->dirty;
        s->dirty = false;
        pthread_mutex_unlock(&s->lock);
        if (fresh.first == NULL && ready.first == NULL && !dirty)
            return NULL;
        run_round(s, &ready, &fresh, &finished);
        if (finished.first != NULL)
            hand_over(s, &finished);
    }
}

static void report_done(struct syncer *s)
{
    struct list done;
    struct sync_item *i;

    list_init(&done);
    pthread_mutex_lock(&s->lock);
    move_all(&s->done, &done);
    pthread_mutex_unlock(&s->lock);
    while ((i = done.first) != NULL) {
        done.first = i->next;
        s->ops->done(i, s->arg);
    }
}

static void on_wake(evutil_socket_t fd, short what, void *arg)
{
    uint64_t count;
    ssize_t n = read((int)fd, &count, sizeof(count));

    (void)what, (void)n; /* nothing to read: nothing is done */
    report_done(arg);
}

struct syncer *syncer_new(struct event_base *base, int fd,
                          const struct sync_ops *ops, void *arg)
{
    struct syncer *s = xcalloc(1, sizeof(*s));
    pthread_condattr_t steady;

    list_init(&s->added);
    list_init(&s->done);
    s->fd = fd;
    s->ops = ops;
    s->arg = arg;
    s->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    s->woken = event_new(base, s->wake, EV_READ | EV_PERSIST, on_wake, s);
    if (s->wake == -1 || s->woken == NULL || event_add(s->woken, NULL) != 0)
        fatal(EX_OSERR, "syncer: no event");
    /* Of a clock that nobody puts back while we wait. */
    if (pthread_condattr_init(&steady) != 0 ||
        pthread_condattr_setclock(&steady, CLOCK_MONOTONIC) != 0 ||
        pthread_mutex_init(&s->lock, NULL) != 0 ||
        pthread_cond_init(&s->work, &steady) != 0 ||
        pthread_create(&s->thread, NULL, work, s) != 0)
        fatal(EX_OSERR, "syncer: no thread");
    return s;
}

void syncer_add(struct syncer *s, struct sync_item *item)
{
    item->error = 0;
    pthread_mutex_lock(&s->lock);
    append(&s->added, item);
    pthread_cond_signal(&s->work);
    pthread_mutex_unlock(&s->lock);
}

void syncer_soon(struct syncer *s)
{
    pthread_mutex_lock(&s->lock);
    s->dirty = true;
    pthread_cond_signal(&s->work);
    pthread_mutex_unlock(&s->lock);
}

void syncer_free(struct syncer *s)
{
    pthread_mutex_lock(&s->lock);
    s->ending = true;
    pthread_cond_signal(&s->work);
    pthread_mutex_unlock(&s->lock);
    pthread_join(s->thread, NULL);
    report_done(s);
    event_free(s->woken);
    close(s->wake);
    pthread_cond_destroy(&s->work);
    pthread_mutex_destroy(&s->lock);
    free(s);
}
