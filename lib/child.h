/*
 * What every program started by tarryd does alike: it takes its settings,
 * files, listeners and peers from the parent over descriptor 3, closes the
 * sandbox behind it, serves, reloads and stops.
 *
 *   parent: CONFIG FILE* LISTEN* PEER* GO -> configure(), sandbox, start()
 *           (child: READY)  ... CONFIG FILE* LISTEN* GO -> configure()
 *           (TRY in place of the first GO: are these settings fine?)
 *           PEER at any time, when a peer was restarted  ... STOP -> stop()
 *           PING at any time (child: PONG)
 *
 * Descriptor 4 is the page of counters (lib/stats.h), descriptor 2 the log.
 */
#ifndef TARRY_CHILD_H
#define TARRY_CHILD_H

#include "lib/chan.h"
#include "lib/conf.h"
#include "lib/sandbox.h"

#define CHILD_FD_PARENT 3
#define CHILD_FD_STATS  4
#define SETUP_FILES     64
#define SETUP_LISTENERS 32

struct event_base;

/* One GO's worth. Descriptors are closed after configure() unless set to -1. */
struct setup {
    struct conf *conf; /* set to NULL to keep it; else freed */
    size_t nfiles, nlisteners;
    struct setup_file {
        enum file_kind kind;
        unsigned index; /* in its list in conf */
        int fd;
        char path[256];
    } files[SETUP_FILES];
    struct setup_listener {
        unsigned index; /* in conf->listen */
        int fd;
    } listeners[SETUP_LISTENERS];
};

struct child {
    enum program self;
    struct event_base *base;
    struct chan *parent;
    bool trying;  /* the settings are only looked at: leave no trace */
    bool running; /* the first GO is in force */
    bool stopping;
    const struct child_ops *ops;
    struct setup setup;
    uint32_t channels[PROGRAM_COUNT]; /* numbers of those to peers */
};

struct child_ops {
    /*
     * Settings, at first (child->running is false, and files may still be
     * opened) and at each reload.  Returns -1 with a text in err to refuse
     * them: fatal at first, later the old settings stay.
     */
    int (*configure)(struct child *, struct setup *, char *err, size_t size);
    /* What the sandbox must still allow, asked once after configure(). */
    void (*sandbox)(struct child *, struct sandbox *);
    /* In the sandbox now: serve. NULL if there is nothing to do. */
    void (*start)(struct child *);
    /* A channel to a peer, ours to keep; it replaces one that closed. */
    void (*peer)(struct child *, enum program peer, int fd);
    /* A connection of the administrator, ours to keep, and its command. */
    void (*control)(struct child *, int fd, const char *command);
    /* Finish what is under way, then child_exit(). */
    void (*stop)(struct child *);
};

/* Runs until child_exit(); the value is for exit(3). */
int child_run(enum program program, const struct child_ops *ops);

/*
 * The channel to a peer closed.  If the peer lives (one of us found the other
 * in error), the parent makes a new one.
 */
void child_lost(enum program peer);

/* Leaves the loop, with success. */
void child_exit(struct child *c);

#endif
