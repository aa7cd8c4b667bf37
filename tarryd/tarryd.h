/*
 * The state of the parent, shared by the files of this folder, and the few
 * functions that change its phase.
 */
#ifndef TARRY_TARRYD_H
#define TARRY_TARRYD_H

#include "lib/chan.h"
#include "tarryd/backoff.h"
#include "tarryd/report.h"
#include "tarryd/settings.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct event;
struct event_base;
struct control;

enum worker_state {
    WORKER_DOWN,     /* no process; its timer says when there will be one */
    WORKER_STARTING, /* has its settings, did not yet say READY */
    WORKER_RUNNING
};

/* One of the programs; of relay there are as many as queue.relays says. */
struct worker {
    struct tarryd *t;
    enum program program;
    enum worker_state state;
    pid_t pid;           /* 0 when there is no process */
    struct chan *chan;   /* NULL from when it closed */
    int stats;           /* its page of counters, or -1 */
    unsigned unanswered; /* GOs that were not yet answered, in order */
    unsigned pings;      /* that were not yet answered */
    bool killed;         /* by workers_kill() */
    uint32_t channels[PROGRAM_COUNT]; /* their numbers, by peer */
    unsigned lost; /* of them, 1 << program: closed while both lived */
    unsigned restarts;
    int64_t since; /* when it was started (tarryd_clock) */
    struct backoff backoff;
    struct event *timer; /* down: start it; its channel closed: kill it */
};

#define WORKERS (PROGRAM_RELAY + 100) /* the most that queue.relays may be */

/* New settings on their way: see reload.c. */
struct reload {
    unsigned begun; /* how many reloads were begun */
    bool wanted;    /* another one shall begin when this one has ended */
    struct event *trigger, *bound;
    struct settings *offer; /* NULL: none is under way */
    bool watched;           /* begun by a changed file, not by somebody */
    unsigned waiting;       /* programs that did not answer, 1 << program */
    unsigned next;          /* those that are told after them */
    unsigned told;          /* programs that were given the offer */
    unsigned late;          /* programs started with the old meanwhile */
    struct report failure;
};

enum phase { STARTING, SERVING, STOPPING };

struct tarryd {
    struct event_base *base;
    const char *file; /* of the configuration */
    enum phase phase;
    int exit_code;
    int64_t started;
    int tell;                  /* daemon_tell(), or -1 */
    struct settings *settings; /* in force */
    /* By program, [PROGRAM_PARENT] is unused; relays from PROGRAM_RELAY on. */
    struct worker workers[WORKERS];
    unsigned nworkers; /* what is used of them */
    struct reload reload;
    struct control *control;
    int submit; /* the socket of tarry-sendmail */
    struct event *signals[4], *start_bound, *stop_bound, *watch, *watchdog,
        *mend;
    uint32_t channels; /* made so far */
};

struct options {
    const char *file;
    bool check_only;
    bool foreground;
};

/* All of tarryd. Returns a code of sysexits(3). */
int tarryd_run(const struct options *o);

/* Runs the programs until all have stopped; takes the control socket over. */
int tarryd_serve(struct tarryd *t, int control);

/* A program said READY for the first time; a program is gone. */
void tarryd_worker_ready(struct tarryd *t);
void tarryd_worker_gone(struct tarryd *t);

/* Ends everything in order; asked for twice, at once. */
void tarryd_stop(struct tarryd *t, int exit_code);

/* Seconds of a clock that never goes back. */
int64_t tarryd_clock(void);

#endif
