/* The programs as processes: started, connected, buried, started again. */
#ifndef TARRY_WORKERS_H
#define TARRY_WORKERS_H

#include "tarryd/tarryd.h"

/* Starts all programs, with t->settings. */
void workers_begin(struct tarryd *t);

/* Sends the settings to one with a channel, as a whole, and GO. */
void worker_offer(struct worker *w, const struct settings *s);

/* SIGCHLD: takes care of all that died. */
void workers_reap(struct tarryd *t);

/* No more restarts. */
void workers_settle(struct tarryd *t);
/* Each relay ends what it does; a fresh one has the settings in force. */
void workers_relieve(struct tarryd *t);
void worker_stop(struct worker *w);         /* STOP, if there is anybody */
void workers_kill(struct tarryd *t);        /* SIGKILL */
bool workers_alive(const struct tarryd *t); /* a process is left */
/* Each of them is, but those excused (1 << program). */
bool workers_running(const struct tarryd *t, unsigned excused);
void workers_release(struct tarryd *t);

#endif
