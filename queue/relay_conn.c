/*
 * A connection to one address: how it begins, what the loop says of it, and
 * how it ends.  What happens in between is in relay_pump.c.
 */
#include "queue/relay_conn_parts.h"

#include "lib/log.h"
#include "queue/relay_self.h"

#include <errno.h>
#include <event2/event.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sysexits.h>

#define QUIT_SEC 2 /* for the answer to QUIT, which changes nothing */

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
    if (c->ourselves) {
        r.outcome = OUTCOME_REFUSED;
        r.step = STEP_CONNECT;
        strcpy(r.reply,
               "5.4.6 Mail for this domain would come back to this host");
    } else if (c->connecting) {
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

void relay_conn_over(struct relay_conn *c)
{
    if (c->over)
        return;
    c->over = true;
    event_del(c->readable);
    event_del(c->writable);
    event_del(c->timer);
    c->ops->over(c->arg, failure(c));
}

/* The three-way handshake is over, for good or bad. */
static void on_connected(struct relay_conn *c)
{
    socklen_t len = sizeof(c->connect_errno);
    int on = 1;

    getsockopt(c->io.fd, SOL_SOCKET, SO_ERROR, &c->connect_errno, &len);
    c->ourselves = c->connect_errno == 0 && relay_self_is(c->io.fd);
    if (c->connect_errno != 0 || c->ourselves) {
        relay_conn_over(c);
        return;
    }
    c->connecting = false;
    setsockopt(c->io.fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    event_add(c->readable, NULL);
    c->want = relay_session_start(c->session);
    relay_conn_timer(c, TIME_GREETING);
    relay_conn_pump(c);
}

static void on_readable(evutil_socket_t fd, short what, void *arg)
{
    struct relay_conn *c = arg;

    (void)fd, (void)what;
    if (c->want != RELAY_TLS)
        relay_conn_read(c);
    relay_conn_pump(c);
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
        relay_conn_over(c);
        return;
    }
    snprintf(why, sizeof(why), "Timeout (%s)",
             job_step_name(relay_session_step(c->session)));
    relay_conn_lost(c, "4.4.2", why);
    relay_conn_pump(c);
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
    c->job_ms = relay_conn_clock();
    c->session = relay_session_new(job, use, &hooks, c);
    c->connect_errno = begin_connect(c) != 0 ? errno : 0;
    c->readable =
        event_new(base, c->io.fd, EV_READ | EV_PERSIST, on_readable, c);
    c->writable = event_new(base, c->io.fd, EV_WRITE, on_writable, c);
    c->timer = evtimer_new(base, on_timer, c);
    if (c->readable == NULL || c->writable == NULL || c->timer == NULL)
        fatal(EX_OSERR, "no event for a connection");
    relay_conn_timer(c, TIME_CONNECT);
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
    c->job_ms = relay_conn_clock();
    c->message_ms = 0;
    c->message_octets = 0;
    c->want = relay_session_job(c->session, job);
    relay_conn_pump(c);
}

void relay_conn_quit(struct relay_conn *c)
{
    struct timeval tv = {.tv_sec = QUIT_SEC};

    c->want = relay_session_quit(c->session);
    c->progress = relay_session_progress(c->session);
    event_add(c->timer, &tv);
    relay_conn_pump(c);
}

void relay_conn_abandon(struct relay_conn *c, const char *why)
{
    if (!c->connecting)
        c->want = relay_session_lost(c->session, why);
    relay_conn_over(c);
}

bool relay_conn_ourselves(const struct relay_conn *c)
{
    return c->ourselves;
}

const struct job_address *relay_conn_address(const struct relay_conn *c)
{
    return &c->to;
}

bool relay_conn_tls(const struct relay_conn *c)
{
    return relay_session_has_tls(c->session);
}
