/*
 * queue: the program that holds what is to be sent.
 *
 * Here are its settings, its sandbox and its peers; queue_internal.h says
 * where the rest is.  It opens no network socket: names are resolver's,
 * conversations are relay's, mailboxes are deliver's.
 *
 * It stops in order: no new jobs, those under way are ended or, when the
 * parent's patience is over, are found as "try" at the next start.
 */
#include "queue/queue.h"

#include "queue/prepare.h"
#include "queue/queue_internal.h"

#include "lib/log.h"

#include <errno.h>
#include <event2/event.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <unistd.h>

#define EARLY_PEERS 128
#define STOP_SEC    10 /* for what is under way */

static struct queue self;
static char folder[512];
static int listener = -1;
static struct {
    enum program program;
    int fd;
} early[EARLY_PEERS]; /* channels that came before start() */
static size_t nearly;

const char *queue_helo(const struct queue *q)
{
    return q->conf->queue.helo != NULL ? q->conf->queue.helo
                                       : q->conf->hostname;
}

static int make_folder(const struct conf *c, char *err, size_t size)
{
    const struct passwd *pw = NULL;

    if (geteuid() == 0 && c->user != NULL)
        pw = getpwnam(c->user); /* cppcheck-suppress getpwnamCalled */
    snprintf(folder, sizeof(folder), "%s/queue", c->state);
    return prepare_folder(folder, pw != NULL ? pw->pw_uid : (uid_t)-1,
                          pw != NULL ? pw->pw_gid : (gid_t)-1, err, size);
}

static void apply(struct conf *c)
{
    conf_free(self.conf);
    self.conf = c;
    self.policy = (struct schedule_policy){
        .retry_sec = c->queue.retry_sec,
        .nretry = c->queue.nretry,
        .lifetime_sec = c->queue.lifetime_sec,
        .lifetime_null_sec = c->queue.lifetime_null_sec,
        .warn_sec = c->queue.warn_sec,
    };
    self.destinations.per_destination = c->queue.per_destination;
    self.destinations.conversations = c->queue.relays;
}

/* What was thought of a destination may have changed with the settings. */
static void look_again(struct destination *d, void *arg)
{
    struct queue *q = arg;

    free(d->hosts);
    d->hosts = NULL;
    d->local = queue_is_local(q, d->name);
    destinations_line(&q->destinations, d);
}

static int configure(struct child *c, struct setup *setup, char *err,
                     size_t size)
{
    if (!c->running) {
        umask(077);
        prepare_descriptors();
        if (make_folder(setup->conf, err, size) != 0)
            return -1;
        if (setup->nlisteners > 0) {
            listener = setup->listeners[0].fd;
            setup->listeners[0].fd = -1;
        }
    }
    apply(setup->conf);
    setup->conf = NULL;
    if (c->running) {
        destinations_each(&self.destinations, look_again, &self);
        queue_wake(&self);
    }
    return 0;
}

static void sandbox(struct child *c, struct sandbox *s)
{
    (void)c;
    s->user = self.conf->user;
    s->allow = ALLOW_FILES | ALLOW_THREADS | ALLOW_ACCEPT;
    s->paths[s->npaths++] = folder;
}

static void take_peer(enum program program, int fd)
{
    switch (program) {
    case PROGRAM_SMTPD:
        queue_smtpd_peer(&self, fd);
        break;
    case PROGRAM_RESOLVER:
        queue_resolver_peer(&self, fd);
        break;
    case PROGRAM_DELIVER:
        queue_deliver_peer(&self, fd);
        break;
    case PROGRAM_RELAY:
        queue_relay_peer(&self, fd);
        break;
    default:
        log_warn("no use for a channel to %s", program_name(program));
        close(fd);
    }
}

static void start(struct child *c)
{
    self.base = c->base;
    self.spool = spool_open(folder);
    if (self.spool == NULL)
        fatal(EX_IOERR, "%s: %s", folder, strerror(errno));
    self.syncer =
        syncer_new(c->base, spool_folder(self.spool), &accept_sync, &self);
    queue_run_begin(&self);
    if (listener != -1)
        queue_submit_begin(&self, listener);
    for (size_t i = 0; i < nearly; i++)
        take_peer(early[i].program, early[i].fd);
}

static void peer(struct child *c, enum program program, int fd)
{
    if (c->running) {
        take_peer(program, fd);
    } else if (nearly < EARLY_PEERS) {
        early[nearly].program = program;
        early[nearly++].fd = fd;
    } else {
        close(fd);
    }
}

static void on_end(evutil_socket_t fd, short what, void *arg)
{
    struct child *c = arg;

    (void)fd, (void)what;
    syncer_free(self.syncer);
    event_free(self.end);
    queue_run_end(&self);
    spool_close(self.spool);
    child_exit(c);
}

static void stop(struct child *c)
{
    static const struct timeval bound = {.tv_sec = STOP_SEC};

    if (!c->running) {
        child_exit(c);
        return;
    }
    self.stopping = true;
    self.end = evtimer_new(c->base, on_end, c);
    if (self.end == NULL)
        fatal(EX_OSERR, "no timer");
    evtimer_add(self.end, &bound);
    queue_smtpd_gone(&self);
    queue_submit_end(&self);
    queue_relays_end(&self);
    if (self.busy == 0)
        event_active(self.end, EV_TIMEOUT, 0);
}

static void control(struct child *c, int fd, const char *command)
{
    (void)c;
    queue_control(&self, command, fd, true);
}

const struct child_ops queue_ops = {.configure = configure,
                                    .sandbox = sandbox,
                                    .start = start,
                                    .peer = peer,
                                    .control = control,
                                    .stop = stop};
