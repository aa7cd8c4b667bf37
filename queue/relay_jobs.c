/*
 * A job goes to the first address that takes it.  Until the end of the message
 * is sent, a connection that is lost is the host's fault, and before MAIL
 * whatever fails: the next address is tried (relay_hosts.c), and only when all
 * have failed are the recipients told.  When TLS fails that nobody required,
 * the same address is tried once more without.  A session kept for another job
 * that died meanwhile was no attempt: the job begins anew.
 *
 * queue may go away.  Then a message whose end was not sent is given up, and
 * what becomes of one whose end was sent is written to the log.
 */
#include "queue/relay_jobs.h"

#include "lib/chan.h"
#include "lib/log.h"
#include "queue/relay_conn.h"
#include "queue/relay_hosts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct {
    struct event_base *base;
    struct chan *queue; /* NULL: gone */
    void (*done)(void *);
    void *arg;
    bool stopping;

    bool busy; /* job and message are in use */
    uint64_t id;
    struct job job;
    int message;
    bool dotted; /* DOT was sent */
    struct relay_hosts hosts;

    struct relay_conn *conn; /* NULL: none */
    bool reused;             /* conn was there before this job */
    bool idle;               /* conn waits for a job */
    bool quitting;           /* conn waits for the answer to QUIT */
    enum relay_tls_use use;
    unsigned tls_flags; /* what the job asked for that conn was made for */
} self = {.message = -1};

static struct msg_out out;
static const struct relay_conn_ops conn_ops;

/* The connection closes, and we with it if nothing is left to do. */
static void leave(void)
{
    if (self.conn != NULL && self.idle) {
        self.idle = false;
        self.quitting = true;
        relay_conn_quit(self.conn); /* on_over() comes back here */
    } else if (self.conn == NULL) {
        self.done(self.arg);
    }
}

static void connect_now(enum relay_tls_use use)
{
    self.use = use;
    self.reused = false;
    self.tls_flags = self.job.flags & (JOB_TLS_REQUIRED | JOB_TLS_VERIFIED);
    self.conn = relay_conn_new(self.base, &self.job, self.message,
                               &self.job.addresses[self.hosts.address], use,
                               &conn_ops, NULL);
}

static void send_result(const struct job_result *r)
{
    if (self.queue == NULL)
        return;
    msg_reset(&out);
    job_result_put(&out, r);
    chan_send(self.queue, MSG_RESULT, self.id, &out, -1);
}

/* Nobody is there to tell, and it may be in the server's hands. */
static void log_unreported(const struct job_result *r)
{
    struct log_line l;

    log_begin(&l, LOG_LEVEL_WARN, "unreported");
    log_int(&l, "job", (int64_t)self.id);
    log_str(&l, "to", self.job.recipients[r->index].address);
    log_str(&l, "host", r->host);
    log_str(&l, "outcome", job_outcome_name(r->outcome));
    log_str(&l, "reply", r->reply);
    log_end(&l);
}

static void on_result(void *arg, const struct job_result *r)
{
    (void)arg;
    if (self.queue == NULL && self.dotted)
        log_unreported(r);
    send_result(r);
}

static void on_dot(void *arg)
{
    (void)arg;
    self.dotted = true;
    if (self.queue != NULL)
        chan_send(self.queue, MSG_DOT, self.id, NULL, -1);
}

static void finish_job(bool more, const char *why)
{
    close(self.message);
    self.message = -1;
    self.busy = false;
    if (self.queue != NULL) {
        msg_reset(&out);
        msg_put_u32(&out, more);
        msg_put_str(&out, why);
        chan_send(self.queue, MSG_JOB_DONE, self.id, &out, -1);
    }
    if (self.queue == NULL || self.stopping)
        leave();
}

static void on_idle(void *arg)
{
    (void)arg;
    self.idle = true;
    finish_job(!self.stopping, self.stopping ? "stopping" : "");
}

static void log_failure(const struct job_result *f)
{
    char address[NETADDR_TEXT];
    struct log_line l;

    log_begin(&l, LOG_LEVEL_INFO, "address-failed");
    log_int(&l, "job", (int64_t)self.id);
    log_str(&l, "host", f->host);
    log_str(&l, "address", netaddr_text(&f->address, address, sizeof(address)));
    log_str(&l, "step", job_step_name(f->step));
    log_str(&l, "reply", f->reply);
    log_end(&l);
}

/* An address failed, and nobody was told: another one, or the end. */
static void on_failure(const struct job_result *f, bool ourselves)
{
    bool opportunistic =
        !(self.job.flags & (JOB_TLS_REQUIRED | JOB_TLS_VERIFIED));

    log_failure(f);
    if (self.queue == NULL) {
        finish_job(false, "queue is gone");
    } else if (self.reused) {
        connect_now(RELAY_TLS_OFFERED);
    } else if (f->step == STEP_TLS && opportunistic &&
               self.use == RELAY_TLS_OFFERED) {
        connect_now(RELAY_TLS_NEVER);
    } else if (relay_hosts_next(&self.hosts, f, ourselves)) {
        connect_now(RELAY_TLS_OFFERED);
    } else {
        for (unsigned i = 0; i < self.job.nrecipients; i++) {
            self.hosts.best.index = i;
            send_result(&self.hosts.best);
        }
        finish_job(false, self.hosts.best.reply);
    }
}

static void on_over(void *arg, const struct job_result *failure)
{
    bool ourselves = relay_conn_ourselves(self.conn);
    struct job_result f; /* failure lives in the connection */

    (void)arg;
    if (failure != NULL)
        f = *failure;
    relay_conn_free(self.conn);
    self.conn = NULL;
    self.idle = false;
    if (self.busy && failure != NULL)
        on_failure(&f, ourselves);
    else if (self.busy)
        finish_job(false, "the session has ended");
    else if (self.quitting)
        leave();
}

static const struct relay_conn_ops conn_ops = {on_result, on_dot, on_idle,
                                               on_over};

/* Whether the session that is open leads where the job wants to go. */
static bool fits(const struct job *j)
{
    const struct job_address *a;

    if (self.conn == NULL || !self.idle ||
        (j->flags & (JOB_TLS_REQUIRED | JOB_TLS_VERIFIED)) != self.tls_flags)
        return false;
    a = relay_conn_address(self.conn);
    /* One that is to begin elsewhere does not take the session that is open. */
    for (unsigned i = j->first;
         i < (j->first > 0 ? j->first + 1 : j->naddresses); i++)
        if (strcmp(a->host, j->addresses[i].host) == 0 &&
            a->port == j->addresses[i].port &&
            netaddr_equal(&a->address, &j->addresses[i].address))
            return true;
    return false;
}

static void begin_job(struct msg *m)
{
    self.busy = true;
    self.id = m->id;
    self.message = m->fd;
    self.dotted = false;
    relay_hosts_begin(&self.hosts, &self.job);
    if (fits(&self.job)) {
        self.idle = false;
        self.reused = true;
        relay_conn_job(self.conn, &self.job, self.message);
        return;
    }
    relay_conn_free(self.conn);
    self.conn = NULL;
    self.idle = false;
    connect_now(RELAY_TLS_OFFERED);
}

static void on_message(struct chan *c, struct msg *m, void *arg)
{
    static struct job job;

    (void)arg;
    if (m->type == MSG_END) {
        if (self.busy)
            chan_violation(c, "END in the midst of a job");
        else
            leave();
        return;
    }
    if (self.quitting) { /* it crossed our STOP: no attempt was made */
        close(m->fd);
        return;
    }
    if (self.busy || !job_get(&m->in, &job)) {
        close(m->fd);
        chan_violation(c, "JOB malformed or out of place");
        return;
    }
    self.job = job;
    self.job.size = relay_conn_size(m->fd);
    begin_job(m);
}

static void on_closed(struct chan *c, const char *why, void *arg)
{
    (void)why, (void)arg;
    chan_free(c);
    self.queue = NULL;
    if (self.busy && !self.dotted)
        relay_conn_abandon(self.conn, "4.3.2 The queue is gone");
    else if (!self.busy)
        leave();
}

void relay_jobs_start(struct event_base *base, int fd, void (*done)(void *arg),
                      void *arg)
{
    static const struct chan_ops ops = {on_message, on_closed};

    self.base = base;
    self.done = done;
    self.arg = arg;
    self.queue = chan_new(base, fd, PROGRAM_RELAY, PROGRAM_QUEUE, &ops, NULL);
    chan_phase(self.queue, PHASE_RUNNING);
}

void relay_jobs_stop(void)
{
    self.stopping = true;
    if (!self.busy)
        leave();
}
