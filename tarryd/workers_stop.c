/*
 * Ending programs: STOP for one that may finish its work, SIGKILL for all that
 * did not, and no restart any more of one that has died.  In which order, run.c
 * says; a relay that is stopped while we serve is followed by a fresh one.
 */
#include "tarryd/workers.h"

#include <event2/event.h>
#include <signal.h>

void workers_settle(struct tarryd *t)
{
    for (unsigned p = PROGRAM_PARENT + 1; p < t->nworkers; p++)
        if (t->workers[p].pid == 0)
            event_del(t->workers[p].timer);
}

void workers_relieve(struct tarryd *t)
{
    for (unsigned p = PROGRAM_RELAY; p < t->nworkers; p++)
        worker_stop(&t->workers[p]);
}

void worker_stop(struct worker *w)
{
    if (w->chan != NULL)
        chan_send(w->chan, MSG_STOP, 0, NULL, -1);
}

void workers_kill(struct tarryd *t)
{
    for (unsigned p = PROGRAM_PARENT + 1; p < t->nworkers; p++) {
        struct worker *w = &t->workers[p];

        if (w->pid > 0 && kill(w->pid, SIGKILL) == 0)
            w->killed = true;
    }
}

bool workers_alive(const struct tarryd *t)
{
    for (unsigned p = PROGRAM_PARENT + 1; p < t->nworkers; p++)
        if (t->workers[p].pid > 0)
            return true;
    return false;
}
