/*
 * Group commit for the spool: one thread that flushes its file system, for
 * all that came meanwhile at once.
 *
 * What is added has its data written; it is flushed, published (in the
 * thread), flushed again and given back through done() in the thread of the
 * loop.
 */
#ifndef TARRY_SYNCER_H
#define TARRY_SYNCER_H

#include <stdbool.h>

struct event_base;
struct syncer;

struct sync_item {
    struct sync_item *next;
    int error; /* errno of what failed, or 0 */
};

struct sync_ops {
    /* In the syncer's thread: makes it visible. -1 with errno. */
    int (*publish)(struct sync_item *item, void *arg);
    /* In the loop's: durable, or item->error. */
    void (*done)(struct sync_item *item, void *arg);
};

/* fd: a folder of the file system, and not the syncer's to close. */
struct syncer *syncer_new(struct event_base *base, int fd,
                          const struct sync_ops *ops, void *arg);
void syncer_add(struct syncer *s, struct sync_item *item);
/* Something else was written that should be on disk soon; asked by nobody. */
void syncer_soon(struct syncer *s);
/* When all is done, done() called for each. */
void syncer_free(struct syncer *s);

#endif
