/*
 * Programs that live but do not answer.
 *
 * Each is asked over its channel several times in limits.hang, and answers
 * from its event loop; one that owes as many answers is stuck, and whoever
 * waits for it would wait for ever.  It is killed; its death is then treated
 * as any other (workers.c).
 *
 * What is counted are questions, not seconds: when the whole machine stood
 * still, or we did, nobody is to blame.  A program that has not yet said READY
 * is left alone: to recover a store may take its time.
 */
#include "tarryd/watchdog.h"
#include "lib/log.h"

#include <event2/event.h>
#include <signal.h>
#include <sysexits.h>

#define QUESTIONS 6 /* in limits.hang */

static void log_hang(const struct worker *w, unsigned sec)
{
    struct log_line l;

    log_begin(&l, LOG_LEVEL_ERROR, "child-hangs");
    log_str(&l, "child", program_name(w->program));
    log_int(&l, "pid", w->pid);
    log_int(&l, "seconds", sec);
    log_end(&l);
}

static void ask(struct worker *w)
{
    if (w->state != WORKER_RUNNING || w->chan == NULL || w->pid == 0)
        return;
    if (w->pings == QUESTIONS) {
        log_hang(w, w->t->settings->conf->limits.hang_sec);
        kill(w->pid, SIGKILL);
    }
    if (w->pings <= QUESTIONS) {
        w->pings++;
        chan_send(w->chan, MSG_PING, 0, NULL, -1);
    }
}

/* As often as the settings in force say now. */
static void set_timer(struct tarryd *t)
{
    unsigned usec = t->settings->conf->limits.hang_sec * 1000000 / QUESTIONS;
    struct timeval tv = {usec / 1000000, usec % 1000000};

    if (event_add(t->watchdog, &tv) != 0)
        fatal(EX_OSERR, "no timer");
}

static void on_timer(evutil_socket_t fd, short what, void *arg)
{
    struct tarryd *t = arg;

    (void)fd, (void)what;
    for (unsigned p = PROGRAM_PARENT + 1; p < t->nworkers; p++)
        ask(&t->workers[p]);
    set_timer(t);
}

bool watchdog_answered(struct worker *w)
{
    if (w->pings == 0)
        return false;
    w->pings--;
    return true;
}

void watchdog_init(struct tarryd *t)
{
    t->watchdog = evtimer_new(t->base, on_timer, t);
    if (t->watchdog == NULL)
        fatal(EX_OSERR, "no timer");
}

void watchdog_release(struct tarryd *t)
{
    event_free(t->watchdog);
}

void watchdog_start(struct tarryd *t)
{
    set_timer(t);
}
