/*
 * The programs as processes.
 *
 * A program that is started gets a channel to us, new channels to its peers,
 * whose other ends go to those peers, and the settings in force; it answers
 * READY.  One that dies is named in the log and started again after a wait
 * (backoff.c).  One whose channel closes is as good as dead: it is given a
 * moment to die by itself, so that its own reason is seen, then killed.
 */
#include "tarryd/workers.h"
#include "lib/log.h"
#include "lib/stats.h"
#include "tarryd/links.h"
#include "tarryd/reload.h"
#include "tarryd/spawn.h"
#include "tarryd/watchdog.h"

#include <errno.h>
#include <event2/event.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <unistd.h>

#define LAST_MOMENT_SEC 2

static void set_timer(struct worker *w, unsigned sec)
{
    struct timeval tv = {.tv_sec = sec};

    if (event_add(w->timer, &tv) != 0)
        fatal(EX_OSERR, "no timer");
}

/* PONG, LOST; or READY or REFUSED: the answer to the oldest GO without one. */
static void on_message(struct chan *c, struct msg *m, void *arg)
{
    struct worker *w = arg;
    char why[4097] = "";

    if (m->type == MSG_PONG || m->type == MSG_LOST) {
        if (!(m->type == MSG_PONG ? watchdog_answered(w) : links_lost(w, m)))
            chan_violation(c, "an answer out of place");
        return;
    }
    if (w->unanswered == 0 ||
        (m->type == MSG_REFUSED && (!msg_get_str(&m->in, why, sizeof(why)) ||
                                    w->state != WORKER_RUNNING))) {
        chan_violation(c, "an answer out of place");
        return;
    }
    w->unanswered--;
    if (w->state == WORKER_STARTING) {
        w->state = WORKER_RUNNING;
        chan_phase(c, PHASE_RUNNING);
        tarryd_worker_ready(w->t);
    }
    if (w->unanswered == 0 && w->program != PROGRAM_RELAY)
        reload_answer(w->t, w->program, m->type == MSG_REFUSED ? why : NULL);
}

static void on_closed(struct chan *c, const char *why, void *arg)
{
    struct worker *w = arg;

    (void)why; /* a violation is in the log; an end of file means a death */
    chan_free(c);
    w->chan = NULL;
    if (w->pid > 0)
        set_timer(w, LAST_MOMENT_SEC);
}

/* -1: the environment failed; errno says how. */
static int launch(struct worker *w)
{
    static const struct chan_ops ops = {on_message, on_closed};
    int pair[2] = {-1, -1};

    w->since = tarryd_clock();
    w->stats = stats_create();
    if (w->stats < 0 ||
        socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0)
        return -1;
    w->pid = spawn(w->program, pair[1], w->stats);
    close(pair[1]);
    if (w->pid < 0) {
        w->pid = 0;
        close(pair[0]);
        return -1;
    }
    w->chan =
        chan_new(w->t->base, pair[0], PROGRAM_PARENT, w->program, &ops, w);
    w->state = WORKER_STARTING;
    w->unanswered = w->pings = w->lost = 0;
    return 0;
}

/* The socket of tarry-sendmail, to a queue that has none yet. */
static int send_submit(struct worker *w)
{
    static struct msg_out out;

    if (w->program != PROGRAM_QUEUE || w->state != WORKER_STARTING)
        return 0;
    msg_reset(&out);
    msg_put_u32(&out, 0);
    return chan_send(w->chan, MSG_LISTEN, 0, &out, w->t->submit);
}

void worker_offer(struct worker *w, const struct settings *s)
{
    if (settings_send(s, w->chan) != 0 || send_submit(w) != 0 ||
        chan_send(w->chan, MSG_GO, 0, NULL, -1) != 0) {
        log_error("%s: the settings cannot be sent", program_name(w->program));
        kill(w->pid, SIGKILL);
    }
    w->unanswered++;
}

static void release(struct worker *w)
{
    chan_free(w->chan);
    w->chan = NULL;
    if (w->stats >= 0)
        close(w->stats);
    w->stats = -1;
    w->pid = 0;
    w->state = WORKER_DOWN;
}

static void again_later(struct worker *w)
{
    struct log_line l;
    unsigned delay = backoff_delay(&w->backoff, w->since, tarryd_clock());

    log_begin(&l, LOG_LEVEL_WARN, "restart");
    log_str(&l, "child", program_name(w->program));
    log_int(&l, "after-seconds", delay);
    log_end(&l);
    w->restarts++;
    set_timer(w, delay);
}

/* One relay that has done its work makes room for the next. */
static bool is_relieved(const struct worker *w, int status)
{
    return w->program == PROGRAM_RELAY && WIFEXITED(status) &&
           WEXITSTATUS(status) == 0;
}

static void restart(struct worker *w)
{
    if (launch(w) != 0) {
        log_error("cannot start %s: %s", program_name(w->program),
                  strerror(errno));
        release(w);
        again_later(w);
        return;
    }
    links_renew(w);
    worker_offer(w, w->t->settings);
    if (w->program != PROGRAM_RELAY)
        reload_missed(w->t, w->program);
}

static void on_timer(evutil_socket_t fd, short what, void *arg)
{
    struct worker *w = arg;

    (void)fd, (void)what;
    if (w->pid > 0)
        kill(w->pid, SIGKILL);
    else if (w->t->phase == SERVING)
        restart(w);
}

/* The programs that there are one of, and the relays. */
static void name_workers(struct tarryd *t)
{
    t->nworkers = PROGRAM_RELAY + t->settings->conf->queue.relays;
    for (unsigned p = PROGRAM_PARENT + 1; p < t->nworkers; p++) {
        struct worker *w = &t->workers[p];

        w->t = t;
        w->program = (enum program)(p < PROGRAM_RELAY ? p : PROGRAM_RELAY);
        w->stats = -1;
        w->timer = evtimer_new(t->base, on_timer, w);
        if (w->timer == NULL)
            fatal(EX_OSERR, "no timer");
    }
}

void workers_begin(struct tarryd *t)
{
    name_workers(t);
    for (unsigned p = PROGRAM_PARENT + 1; p < t->nworkers; p++)
        if (launch(&t->workers[p]) != 0)
            fatal(EX_OSERR, "cannot start %s: %s",
                  program_name(t->workers[p].program), strerror(errno));
    links_make(t);
    for (unsigned p = PROGRAM_PARENT + 1; p < t->nworkers; p++)
        worker_offer(&t->workers[p], t->settings);
}

static void log_end_of(const struct worker *w, int status)
{
    bool expected = w->t->phase == STOPPING && WIFEXITED(status) &&
                    WEXITSTATUS(status) == 0;
    struct log_line l;
    char signal_name[32];

    log_begin(&l, expected ? LOG_LEVEL_INFO : LOG_LEVEL_ERROR,
              expected ? "child-stopped" : "child-died");
    log_str(&l, "child", program_name(w->program));
    log_int(&l, "pid", w->pid);
    if (WIFSIGNALED(status)) {
        const char *name = sigabbrev_np(WTERMSIG(status));

        snprintf(signal_name, sizeof(signal_name), "SIG%s",
                 name != NULL ? name : "?");
        log_str(&l, "signal", signal_name);
    } else {
        log_int(&l, "exit", WEXITSTATUS(status));
    }
    log_end(&l);
}

static void bury(struct worker *w, int status)
{
    bool relieved = is_relieved(w, status);

    /* At a start that fails, only who failed is worth a line. */
    if (!relieved && !(w->killed && w->t->exit_code != EX_OK))
        log_end_of(w, status);
    event_del(w->timer);
    release(w);
    if (relieved && w->t->phase != STOPPING) {
        restart(w);
        return;
    }
    if (w->program != PROGRAM_RELAY)
        reload_answer(w->t, w->program, "died");
    if (w->t->phase == STARTING)
        tarryd_stop(w->t, WIFEXITED(status) && WEXITSTATUS(status) != 0
                              ? WEXITSTATUS(status)
                              : EX_SOFTWARE);
    if (w->t->phase == SERVING)
        again_later(w);
    tarryd_worker_gone(w->t);
}

void workers_reap(struct tarryd *t)
{
    pid_t pid;
    int status;

    while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
        for (unsigned p = PROGRAM_PARENT + 1; p < t->nworkers; p++)
            if (t->workers[p].pid == pid)
                bury(&t->workers[p], status);
}

bool workers_running(const struct tarryd *t, unsigned excused)
{
    for (unsigned p = PROGRAM_PARENT + 1; p < t->nworkers; p++)
        if (t->workers[p].state != WORKER_RUNNING &&
            !(excused & 1u << t->workers[p].program))
            return false;
    return true;
}

void workers_release(struct tarryd *t)
{
    for (unsigned p = PROGRAM_PARENT + 1; p < t->nworkers; p++) {
        release(&t->workers[p]);
        event_free(t->workers[p].timer);
    }
}
