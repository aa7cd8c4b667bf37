/*
 * The shell of the client session.
 *
 * One event for reading, always; one for writing, when something waits; one
 * timer.  The timer begins anew when the session makes progress, which is a
 * whole reply, or room for octets of the message, but never the octets of a
 * reply: a server that drips gets no more time than one that is silent.  In
 * the message a minimum rate is asked for, after a third of the time for a
 * block, and the envelope has a time for all of it together.
 *
 * What cannot be written any more is not an error yet: the server may have
 * said why before it closed, and that is read first.
 */
#include "queue/relay_conn.h"

#include "lib/log.h"
#include "queue/relay_io.h"
#include "queue/relay_tls.h"

#include <errno.h>
#include <event2/event.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sysexits.h>
#include <time.h>
#include <unistd.h>

#define BURST    16 /* reads in one go before other events get their turn */
#define QUIT_SEC 2  /* for the answer to QUIT, which changes nothing */

struct relay_conn {
    const struct job *job;
    struct job_address to;
    int message;
    off_t offset;
    const struct relay_conn_ops *ops;
    void *arg;
    struct relay_io io;
    struct relay_session *session;
    enum relay_want want;
    bool connecting;
    int connect_errno; /* 0: none yet */
    bool deaf;         /* it takes no more octets */
    bool idle, over;
    uint64_t progress;
    int64_t job_ms, message_ms; /* when they began; 0: not yet */
    uint64_t message_octets;    /* written */
    struct event *readable, *writable, *timer;
};

static int64_t now_ms(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static void set_timer(struct relay_conn *c, enum job_time time)
{
    unsigned ms = c->job->times_ms[time];
    struct timeval tv = {.tv_sec = ms / 1000, .tv_usec = ms % 1000 * 1000};

    if (event_add(c->timer, &tv) != 0)
        fatal(EX_OSERR, "no timer");
}

static void lost(struct relay_conn *c, const char *code, const char *why)
{
    char text[256];

    snprintf(text, sizeof(text), "%s %s", code, why);
    c->want = relay_session_lost(c->session, text);
}

static void on_result(void *arg, const struct job_result *r)
{
    struct relay_conn *c = arg;
    struct job_result whole = *r;

    memcpy(whole.host, c->to.host, sizeof(whole.host));
    whole.address = c->to.address;
    c->ops->result(c->arg, &whole);
}

static void on_dot(void *arg)
{
    struct relay_conn *c = arg;

    c->ops->dot(c->arg);
}

static const struct job_result *failure(struct relay_conn *c)
{
    static struct job_result r;
    const struct job_result *f = relay_session_failure(c->session);

    memset(&r, 0, sizeof(r));
    if (c->connecting) {
        r.outcome = OUTCOME_DEFERRED;
        r.step = STEP_CONNECT;
        snprintf(
            r.reply, sizeof(r.reply), "4.4.1 %s",
            strerror(c->connect_errno != 0 ? c->connect_errno : ETIMEDOUT));
    } else if (f != NULL) {
        r = *f;
    } else {
        return NULL;
    }
    memcpy(r.host, c->to.host, sizeof(r.host));
    r.address = c->to.address;
    return &r;
}

/* Told once, and last: the owner may free us. */
static void tell_over(struct relay_conn *c)
{
    if (c->over)
        return;
    c->over = true;
    event_del(c->readable);
    event_del(c->writable);
    event_del(c->timer);
    c->ops->over(c->arg, failure(c));
}

static void judge_time(struct relay_conn *c)
{
    const unsigned *times = c->job->times_ms;
    int64_t now = now_ms(), spent = now - c->message_ms;

    if (c->message_ms == 0) {
        if (c->job_ms != 0 && now - c->job_ms > times[TIME_ENVELOPE])
            lost(c, "4.4.2", "The server is too slow with the envelope");
    } else if (spent > times[TIME_BLOCK] / 3 &&
               relay_session_time(c->session) == TIME_BLOCK &&
               c->message_octets * 1000 <
                   (uint64_t)c->job->minimum_rate * (uint64_t)spent) {
        lost(c, "4.4.2", "The server is too slow with the message");
    }
}

static void watch_time(struct relay_conn *c)
{
    uint64_t progress = relay_session_progress(c->session);

    if (progress == c->progress || c->want >= RELAY_IDLE)
        return;
    c->progress = progress;
    judge_time(c);
    set_timer(c, relay_session_time(c->session));
}

static size_t pending(const struct relay_conn *c)
{
    size_t len;

    relay_session_output(c->session, &len);
    return len;
}

static void write_out(struct relay_conn *c)
{
    const char *out;
    size_t len;
    ssize_t n;

    while (!c->deaf &&
           (out = relay_session_output(c->session, &len), len > 0)) {
        n = relay_io_write(&c->io, out, len);
        if (n == IO_AGAIN)
            return;
        if (n < 0) {
            c->deaf = true;
            return;
        }
        if (c->message_ms != 0)
            c->message_octets += (uint64_t)n;
        c->want = relay_session_written(c->session, (size_t)n);
    }
}

static void feed_message(struct relay_conn *c)
{
    static char buf[RELAY_PIECE];
    ssize_t n = pread(c->message, buf, sizeof(buf), c->offset);
    char next;

    if (c->message_ms == 0)
        c->message_ms = now_ms();
    if (n < 0) {
        log_error("the message cannot be read: %s", strerror(errno));
        lost(c, "4.3.0", "The message cannot be read here");
        return;
    }
    c->offset += n;
    c->want = relay_session_body(
        c->session, buf, (size_t)n,
        (size_t)n < sizeof(buf) || pread(c->message, &next, 1, c->offset) == 0);
}

/* False while it must wait for the socket. */
static bool start_tls(struct relay_conn *c)
{
    bool verify = c->job->flags & JOB_TLS_VERIFIED;
    int done;

    if (c->io.ssl == NULL)
        c->io.ssl = relay_tls_new(c->io.fd, c->to.host, verify);
    if (c->io.ssl == NULL) {
        lost(c, "4.7.0", "TLS: OpenSSL fails");
        return true;
    }
    done = relay_io_handshake(&c->io);
    if (done == 1)
        c->want = relay_session_tls(c->session);
    else if (done == IO_ERROR)
        lost(c, verify ? "4.7.5" : "4.7.0", c->io.error);
    return done != IO_AGAIN;
}

/* Reads until there is no more, or the session does not want any. */
static void read_in(struct relay_conn *c)
{
    char buf[16 * 1024];

    for (int i = 0; i < BURST && c->want != RELAY_CLOSE; i++) {
        ssize_t n = relay_io_read(&c->io, buf, sizeof(buf));

        if (n == IO_AGAIN)
            return;
        if (n > 0)
            c->want = relay_session_input(c->session, buf, (size_t)n);
        else
            lost(c, "4.4.2",
                 n == 0 ? "The server closed the connection" : c->io.error);
        if (c->want == RELAY_TLS)
            return;
    }
    event_active(c->readable, EV_READ, 0); /* there may be more in TLS */
}

static void watch_socket(struct relay_conn *c)
{
    if ((pending(c) > 0 && !c->deaf) || c->io.wants_write)
        event_add(c->writable, NULL);
    else
        event_del(c->writable);
}

/* Does what can be done now. May free c. */
static void pump(struct relay_conn *c)
{
    for (;;) {
        write_out(c);
        if (pending(c) > 0)
            break;
        if (c->want == RELAY_BODY)
            feed_message(c);
        else if (c->want == RELAY_TLS && start_tls(c))
            continue;
        else
            break;
    }
    watch_time(c);
    if (c->want == RELAY_CLOSE) {
        tell_over(c);
        return;
    }
    watch_socket(c);
    if (c->want == RELAY_IDLE && !c->idle) {
        c->idle = true;
        event_del(c->timer); /* how long to be idle is for others to say */
        c->ops->idle(c->arg);
    }
}

/* The three-way handshake is over, for good or bad. */
static void on_connected(struct relay_conn *c)
{
    socklen_t len = sizeof(c->connect_errno);
    int on = 1;

    getsockopt(c->io.fd, SOL_SOCKET, SO_ERROR, &c->connect_errno, &len);
    if (c->connect_errno != 0) {
        tell_over(c);
        return;
    }
    c->connecting = false;
    setsockopt(c->io.fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    event_add(c->readable, NULL);
    c->want = relay_session_start(c->session);
    pump(c);
}

static void on_readable(evutil_socket_t fd, short what, void *arg)
{
    struct relay_conn *c = arg;

    (void)fd, (void)what;
    if (c->want != RELAY_TLS)
        read_in(c);
    pump(c);
}

static void on_writable(evutil_socket_t fd, short what, void *arg)
{
    struct relay_conn *c = arg;

    (void)fd, (void)what;
    if (c->connecting)
        on_connected(c);
    else
        on_readable(fd, what, arg); /* TLS may have waited to read */
}

static void on_timer(evutil_socket_t fd, short what, void *arg)
{
    struct relay_conn *c = arg;
    char why[64];

    (void)fd, (void)what;
    if (c->connecting) {
        tell_over(c);
        return;
    }
    snprintf(why, sizeof(why), "Timeout (%s)",
             job_step_name(relay_session_step(c->session)));
    lost(c, "4.4.2", why);
    pump(c);
}

static socklen_t socket_address(const struct netaddr *a, unsigned short port,
                                struct sockaddr_storage *out)
{
    struct sockaddr_in *in4 = (struct sockaddr_in *)out;
    struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)out;

    memset(out, 0, sizeof(*out));
    if (a->family == 4) {
        in4->sin_family = AF_INET;
        in4->sin_port = htons(port);
        memcpy(&in4->sin_addr, a->octets, 4);
        return sizeof(*in4);
    }
    in6->sin6_family = AF_INET6;
    in6->sin6_port = htons(port);
    memcpy(&in6->sin6_addr, a->octets, 16);
    return sizeof(*in6);
}

static int begin_connect(struct relay_conn *c)
{
    const struct netaddr *to = &c->to.address;
    const struct netaddr *from =
        to->family == 4 ? &c->job->source4 : &c->job->source6;
    struct sockaddr_storage address;
    socklen_t len;

    c->io.fd = socket(to->family == 4 ? AF_INET : AF_INET6,
                      SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (c->io.fd < 0)
        return -1;
    if (from->family != 0) {
        len = socket_address(from, 0, &address);
        if (bind(c->io.fd, (struct sockaddr *)&address, len) != 0)
            return -1;
    }
    len = socket_address(to, c->to.port, &address);
    if (connect(c->io.fd, (struct sockaddr *)&address, len) != 0 &&
        errno != EINPROGRESS)
        return -1;
    return 0;
}

struct relay_conn *relay_conn_new(struct event_base *base,
                                  const struct job *job, int message,
                                  const struct job_address *to,
                                  enum relay_tls_use use,
                                  const struct relay_conn_ops *ops, void *arg)
{
    static const struct relay_hooks hooks = {on_result, on_dot};
    struct relay_conn *c = xcalloc(1, sizeof(*c));

    c->job = job;
    c->message = message;
    c->to = *to;
    c->ops = ops;
    c->arg = arg;
    c->want = RELAY_READ;
    c->connecting = true;
    c->job_ms = now_ms();
    c->session = relay_session_new(job, use, &hooks, c);
    c->connect_errno = begin_connect(c) != 0 ? errno : 0;
    c->readable =
        event_new(base, c->io.fd, EV_READ | EV_PERSIST, on_readable, c);
    c->writable = event_new(base, c->io.fd, EV_WRITE, on_writable, c);
    c->timer = evtimer_new(base, on_timer, c);
    if (c->readable == NULL || c->writable == NULL || c->timer == NULL)
        fatal(EX_OSERR, "no event for a connection");
    set_timer(c, TIME_CONNECT);
    if (c->connect_errno != 0)
        event_active(c->timer, EV_TIMEOUT, 0);
    else
        event_add(c->writable, NULL);
    return c;
}

void relay_conn_free(struct relay_conn *c)
{
    if (c == NULL)
        return;
    event_free(c->readable);
    event_free(c->writable);
    event_free(c->timer);
    relay_io_close(&c->io);
    relay_session_free(c->session);
    free(c);
}

void relay_conn_job(struct relay_conn *c, const struct job *job, int message)
{
    c->job = job;
    c->message = message;
    c->offset = 0;
    c->idle = false;
    c->job_ms = now_ms();
    c->message_ms = 0;
    c->message_octets = 0;
    c->want = relay_session_job(c->session, job);
    pump(c);
}

void relay_conn_quit(struct relay_conn *c)
{
    struct timeval tv = {.tv_sec = QUIT_SEC};

    c->want = relay_session_quit(c->session);
    c->progress = relay_session_progress(c->session);
    event_add(c->timer, &tv);
    pump(c);
}

void relay_conn_abandon(struct relay_conn *c, const char *why)
{
    if (!c->connecting)
        c->want = relay_session_lost(c->session, why);
    tell_over(c);
}

const struct job_address *relay_conn_address(const struct relay_conn *c)
{
    return &c->to;
}

bool relay_conn_tls(const struct relay_conn *c)
{
    return relay_session_has_tls(c->session);
}
