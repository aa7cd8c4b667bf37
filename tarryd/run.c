/*
 * The parent while it runs: begin, serve, stop.
 *
 * A program that fails is started again, and the rest go on.  Only at the
 * start is a failure fatal: then it is a mistake, and nobody should have to
 * find it in a loop of restarts.
 *
 * Stopping is in order: smtpd first, which ends its transactions with the
 * help of the others, then queue with its jobs, then those; whoever takes too
 * long is killed.
 */
#include "lib/log.h"
#include "lib/sandbox.h"
#include "tarryd/control.h"
#include "tarryd/daemon.h"
#include "tarryd/links.h"
#include "tarryd/notify.h"
#include "tarryd/reload.h"
#include "tarryd/watchdog.h"
#include "tarryd/workers.h"

#include <event2/event.h>
#include <signal.h>
#include <stdio.h>
#include <sysexits.h>
#include <time.h>

#define START_SEC 60
#define STOP_SEC  30
#define WATCH_SEC 10

int64_t tarryd_clock(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec;
}

static void log_ready(const struct tarryd *t)
{
    const struct conf *c = t->settings->conf;
    const char *missing = sandbox_missing();
    char listen[1024] = "";
    struct log_line l;
    size_t len = 0;

    for (size_t i = 0; i < c->nlisten && len < sizeof(listen); i++)
        len += (size_t)snprintf(listen + len, sizeof(listen) - len, "%s%s",
                                i > 0 ? "," : "", c->listen[i].text);
    log_begin(&l, LOG_LEVEL_INFO, "ready");
    log_str(&l, "hostname", c->hostname);
    log_str(&l, "listen", listen);
    if (missing != NULL)
        log_str(&l, "missing", missing);
    log_end(&l);
}

static void on_watch(evutil_socket_t fd, short what, void *arg)
{
    struct tarryd *t = arg;
    struct log_line l;
    unsigned programs;

    (void)fd, (void)what;
    daemon_syslog_again();
    if (t->phase != SERVING || t->reload.offer != NULL)
        return;
    programs = settings_changed(t->settings);
    if (programs == 0)
        return;
    log_begin(&l, LOG_LEVEL_INFO,
              programs & 1u << PROGRAM_SIGNER ? "certificate-changed"
                                              : "accounts-changed");
    log_end(&l);
    reload_files(t, programs);
}

static void serve(struct tarryd *t)
{
    static const struct timeval interval = {.tv_sec = WATCH_SEC};

    t->phase = SERVING;
    event_del(t->start_bound);
    event_add(t->watch, &interval);
    watchdog_start(t);
    log_ready(t);
    notify_ready();
    if (t->tell >= 0)
        daemon_tell(t->tell, EX_OK);
    t->tell = -1;
    reload_resume(t);
}

void tarryd_worker_ready(struct tarryd *t)
{
    if (t->phase == STARTING && workers_running(t, 0))
        serve(t);
}

static void stop_step(struct tarryd *t)
{
    if (!workers_alive(t)) {
        event_base_loopbreak(t->base);
        return;
    }
    if (t->workers[PROGRAM_SMTPD].pid > 0)
        return;
    worker_stop(&t->workers[PROGRAM_QUEUE]);
    if (t->workers[PROGRAM_QUEUE].pid > 0)
        return;
    worker_stop(&t->workers[PROGRAM_SIGNER]);
    worker_stop(&t->workers[PROGRAM_RESOLVER]);
    worker_stop(&t->workers[PROGRAM_DELIVER]);
    worker_stop(&t->workers[PROGRAM_GREYLIST]);
    workers_relieve(t);
}

void tarryd_stop(struct tarryd *t, int exit_code)
{
    static const struct timeval bound = {.tv_sec = STOP_SEC};

    if (t->phase == STOPPING) {
        workers_kill(t);
        return;
    }
    t->exit_code = exit_code;
    if (exit_code != EX_OK)
        log_error("tarryd does not start: see above");
    else
        log_info("stopping");
    notify_stopping();
    if (t->phase == STARTING)
        workers_kill(t); /* what is under way was not yet acknowledged */
    t->phase = STOPPING;
    reload_cancel(t);
    settings_close_listeners(t->settings);
    workers_settle(t);
    event_add(t->stop_bound, &bound);
    worker_stop(&t->workers[PROGRAM_SMTPD]);
    stop_step(t);
}

void tarryd_worker_gone(struct tarryd *t)
{
    if (t->phase == STOPPING)
        stop_step(t);
}

static void on_start_bound(evutil_socket_t fd, short what, void *arg)
{
    struct tarryd *t = arg;

    (void)fd, (void)what;
    for (unsigned p = PROGRAM_PARENT + 1; p < t->nworkers; p++)
        if (t->workers[p].state != WORKER_RUNNING)
            log_error("%s is not ready after %d seconds",
                      program_name(t->workers[p].program), START_SEC);
    if (workers_running(t, 1u << PROGRAM_GREYLIST))
        serve(t); /* it recovers a large store; mail passes meanwhile */
    else
        tarryd_stop(t, EX_SOFTWARE);
}

static void on_stop_bound(evutil_socket_t fd, short what, void *arg)
{
    (void)fd, (void)what;
    log_warn("not everything has ended in %d seconds: killing the rest",
             STOP_SEC);
    workers_kill(arg);
}

static void on_signal(evutil_socket_t fd, short what, void *arg)
{
    struct tarryd *t = arg;

    (void)what;
    if (fd == SIGCHLD)
        workers_reap(t);
    else if (fd == SIGHUP)
        reload_request(t);
    else
        tarryd_stop(t, EX_OK);
}

static void make_events(struct tarryd *t)
{
    static const int signals[] = {SIGCHLD, SIGHUP, SIGTERM, SIGINT};
    static const struct timeval bound = {.tv_sec = START_SEC};

    t->base = event_base_new();
    if (t->base == NULL)
        fatal(EX_OSERR, "no event loop");
    for (size_t i = 0; i < 4; i++) {
        t->signals[i] = evsignal_new(t->base, signals[i], on_signal, t);
        if (t->signals[i] == NULL || event_add(t->signals[i], NULL) != 0)
            fatal(EX_OSERR, "no event for a signal");
    }
    t->start_bound = evtimer_new(t->base, on_start_bound, t);
    t->stop_bound = evtimer_new(t->base, on_stop_bound, t);
    t->watch = event_new(t->base, -1, EV_PERSIST, on_watch, t);
    if (t->start_bound == NULL || t->stop_bound == NULL || t->watch == NULL ||
        event_add(t->start_bound, &bound) != 0)
        fatal(EX_OSERR, "no timer");
    reload_init(t);
    watchdog_init(t);
    links_init(t);
}

static void free_events(struct tarryd *t)
{
    links_release(t);
    watchdog_release(t);
    reload_release(t);
    for (size_t i = 0; i < 4; i++)
        event_free(t->signals[i]);
    event_free(t->start_bound);
    event_free(t->stop_bound);
    event_free(t->watch);
    event_base_free(t->base);
}

int tarryd_serve(struct tarryd *t, int control)
{
    make_events(t);
    t->control = control_new(t, control);
    t->started = tarryd_clock();
    workers_begin(t);
    event_base_dispatch(t->base);
    workers_release(t);
    control_free(t->control);
    free_events(t);
    return t->exit_code;
}
