/*
 * A connection of the receiver: libevent around the pure session.
 *
 * Replies pass through one door, put_output(), where they may be held back:
 * then nothing is read either until they are written, as a slow server's
 * client has to wait.  A connection is closed when all is written: one that is
 * dropped to order, too, whose client still gets the replies before the drop.
 */
#include "lab/receive.h"

#include "lib/log.h"

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#define IDLE_SEC 300

struct conn_io {
    struct bufferevent *socket;
    struct evbuffer *held;
    struct event *timer;
    enum want want;
    bool fails_tls; /* 220 was said to STARTTLS */
    bool closing;
};

static void pump(struct guest_conn *c);

static void arm(struct guest_conn *c)
{
    double sec = c->pace_sec / c->trap->book.seen.speed;
    struct timeval t = {.tv_sec = (time_t)sec};

    t.tv_usec = (suseconds_t)((sec - (double)t.tv_sec) * 1e6);
    event_add(c->io->timer, &t);
}

static bool is_held(const struct guest_conn *c)
{
    return evbuffer_get_length(c->io->held) > 0;
}

static void put_output(struct guest_conn *c)
{
    size_t len;
    const char *text = session_output(c->session, &len);

    if (len == 0)
        return;
    house_replies(c, text, len);
    if (c->pace == PACE_NONE) {
        bufferevent_write(c->io->socket, text, len);
    } else {
        if (!is_held(c))
            arm(c);
        evbuffer_add(c->io->held, text, len);
    }
    session_output_written(c->session, len);
}

static void close_now(struct guest_conn *c)
{
    house_end(c);
    conn_free(c);
}

/* Closes when all is written. */
static void close_later(struct guest_conn *c)
{
    c->io->closing = true;
    bufferevent_disable(c->io->socket, EV_READ);
    if (!is_held(c) &&
        evbuffer_get_length(bufferevent_get_output(c->io->socket)) == 0)
        close_now(c);
}

static void on_timer(evutil_socket_t fd, short what, void *arg)
{
    struct guest_conn *c = arg;
    size_t all = evbuffer_get_length(c->io->held);

    (void)fd, (void)what;
    evbuffer_remove_buffer(c->io->held, bufferevent_get_output(c->io->socket),
                           c->pace == PACE_TARPIT ? 1 : all);
    if (is_held(c))
        arm(c);
    else if (!c->io->closing)
        pump(c);
}

/* False when the rest of a line is missing. */
static bool take_input(struct guest_conn *c)
{
    struct evbuffer *in = bufferevent_get_input(c->io->socket);
    size_t used = 0, len = evbuffer_get_length(in);

    if (len == 0)
        return false;
    c->io->want =
        session_input(c->session, (char *)evbuffer_pullup(in, -1), len, &used);
    /* The body lies in the buffer until it is written. */
    while (c->io->want == WANT_WRITE)
        c->io->want = house_answer(c, c->io->want);
    evbuffer_drain(in, used);
    return used > 0 || c->io->want != WANT_INPUT;
}

/* The client's hello is answered with what is no TLS. */
static void fail_tls(struct guest_conn *c)
{
    static const char noise[] = "This is no TLS.\r\n";
    struct evbuffer *in = bufferevent_get_input(c->io->socket);

    if (evbuffer_get_length(in) == 0)
        return;
    evbuffer_drain(in, evbuffer_get_length(in));
    bufferevent_write(c->io->socket, noise, sizeof(noise) - 1);
    close_later(c);
}

static void pump(struct guest_conn *c)
{
    while (!is_held(c)) {
        switch (c->io->want) {
        case WANT_INPUT:
        case WANT_FLUSH:
            put_output(c);
            if (is_held(c) || !take_input(c))
                return;
            break;
        case WANT_TLS:
            put_output(c);
            house_tls(c);
            c->io->fails_tls = true;
            fail_tls(c);
            return;
        case WANT_CLOSE:
            put_output(c);
            close_later(c);
            return;
        default:
            /* Replies so far are of this transaction, not of the next. */
            put_output(c);
            if (is_held(c))
                return;
            c->io->want = house_answer(c, c->io->want);
        }
    }
}

static void on_read(struct bufferevent *socket, void *arg)
{
    struct guest_conn *c = arg;

    (void)socket;
    if (c->io->fails_tls)
        fail_tls(c);
    else
        pump(c);
}

static void on_written(struct bufferevent *socket, void *arg)
{
    struct guest_conn *c = arg;

    (void)socket;
    if (c->io->closing && !is_held(c))
        close_now(c);
}

/* Timeout, end of input, error. */
static void on_change(struct bufferevent *socket, short what, void *arg)
{
    struct guest_conn *c = arg;

    if ((what & BEV_EVENT_TIMEOUT) != 0 && is_held(c)) {
        bufferevent_enable(socket, EV_READ); /* it is we who are slow */
        return;
    }
    if ((what & BEV_EVENT_TIMEOUT) != 0 && !c->io->closing) {
        c->io->want = session_end(c->session, "4.4.2 Timeout");
        pump(c);
        return;
    }
    close_now(c);
}

void conn_new(struct trap *r, unsigned mx, evutil_socket_t fd,
              const struct netaddr *client)
{
    static unsigned long sessions;
    struct guest_conn *c = xcalloc(1, sizeof(*c));
    struct timeval idle = {.tv_sec = IDLE_SEC};
    char id[32];

    c->trap = r;
    c->mx = mx;
    c->client = *client;
    c->io = xcalloc(1, sizeof(*c->io));
    c->io->socket = bufferevent_socket_new(r->base, fd, BEV_OPT_CLOSE_ON_FREE);
    c->io->held = evbuffer_new();
    c->io->timer = evtimer_new(r->base, on_timer, c);
    if (c->io->socket == NULL || c->io->held == NULL || c->io->timer == NULL)
        fatal(EX_OSERR, "no memory");
    c->next = r->connections;
    c->link = &r->connections;
    if (c->next != NULL)
        c->next->link = &c->next;
    r->connections = c;
    house_begin(c);
    snprintf(id, sizeof(id), "lab%lu", ++sessions);
    c->session = session_new(&c->limits, client, id);
    bufferevent_setcb(c->io->socket, on_read, on_written, on_change, c);
    bufferevent_set_timeouts(c->io->socket, &idle, &idle);
    bufferevent_enable(c->io->socket, EV_READ | EV_WRITE);
    c->io->want = session_start(c->session);
    pump(c);
}

void conn_free(struct guest_conn *c)
{
    *c->link = c->next;
    if (c->next != NULL)
        c->next->link = c->link;
    event_free(c->io->timer);
    evbuffer_free(c->io->held);
    bufferevent_free(c->io->socket);
    session_free(c->session);
    free(c->io);
    free(c);
}
