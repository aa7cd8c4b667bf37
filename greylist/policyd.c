/*
 * The policy server, see policyd.h.
 *
 * A connection is a buffer of what came and was not yet a whole line, the
 * request as far as it was read, and answers that were not yet written.  All
 * three are bounded: a client that does not read its answers is not read from.
 *
 * Clients keep their connections, and a mail server has as many as it has
 * processes.  When all seats are taken, the connection that was silent the
 * longest makes room: Postfix connects again by itself.
 *
 * Speed is in system calls: what one turn of the loop answers is logged with
 * one write, and answers go out at once, without asking the loop for room.
 */
#include "greylist/policyd.h"

#include "greylist/policyd_parse.h"
#include "lib/log.h"
#include "lib/stats.h"

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <event2/listener.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <sysexits.h>
#include <unistd.h>

#define SEATS     1000
#define IDLE_SEC  1000 /* Postfix: smtpd_policy_service_max_ttl = 1000s */
#define UNREAD    (64 * 1024)
#define UNWRITTEN (64 * 1024)

struct connection {
    TAILQ_ENTRY(connection) next; /* the one silent the longest first */
    struct policyd *server;
    struct bufferevent *bev;
    struct policyd_request request;
    char told[POLICYD_INSTANCE]; /* the message that has its header */
};

struct policyd {
    struct event_base *base;
    struct decider *decider;
    struct evconnlistener *listeners[POLICYD_LISTENERS];
    size_t nlisteners;
    TAILQ_HEAD(, connection) connections;
    size_t n;
    struct event *turn; /* its end: the log is written */
    size_t nanswers;    /* of the connection that is being served */
    char answers[16 * 1024];
};

static void connection_free(struct connection *c)
{
    TAILQ_REMOVE(&c->server->connections, c, next);
    c->server->n--;
    bufferevent_free(c->bev);
    free(c);
}

static size_t unwritten(struct connection *c)
{
    return evbuffer_get_length(bufferevent_get_output(c->bev));
}

/*
 * Sends what was gathered.  The loop is only asked for what the socket does
 * not take at once.
 */
static void send_answers(struct connection *c)
{
    struct policyd *p = c->server;
    ssize_t n = 0;

    if (p->nanswers > 0 && unwritten(c) == 0)
        n = send(bufferevent_getfd(c->bev), p->answers, p->nanswers,
                 MSG_NOSIGNAL);
    if (n < 0)
        n = 0; /* full, or broken: the loop will see */
    if ((size_t)n < p->nanswers)
        bufferevent_write(c->bev, p->answers + n, p->nanswers - (size_t)n);
    p->nanswers = 0;
}

/* Each recipient that waited says so; the message needs it once. */
static bool wants_header(struct connection *c)
{
    const char *instance = c->request.instance;

    if (instance[0] != '\0' && strcmp(c->told, instance) == 0)
        return false;
    strcpy(c->told, instance);
    return true;
}

/* Gathers answers, to be sent with one system call where that is possible. */
static void put(struct connection *c, const char *text, size_t len)
{
    struct policyd *p = c->server;

    if (len > sizeof(p->answers) - p->nanswers)
        send_answers(c);
    memcpy(p->answers + p->nanswers, text, len);
    p->nanswers += len;
}

static void answer(struct connection *c)
{
    static struct judgement j;
    char text[POLICYD_ANSWER];
    struct rcpt a;
    size_t len;

    stats_add(STAT_POLICY, 1);
    if (policyd_is_question(&c->request)) {
        policyd_attempt(&c->request, &a);
        decide(
            c->server->decider, &a,
            &(struct origin){"instance", c->request.instance, c->request.helo},
            &j);
    } else {
        j.judged = JUDGED_PASS;
        j.header[0] = '\0';
    }
    len = policyd_answer(&j, j.header[0] == '\0' || wants_header(c), text);
    put(c, text, len);
}

/* Takes requests until one has no end yet, or answers pile up. */
static bool serve(struct connection *c)
{
    struct evbuffer *in = bufferevent_get_input(c->bev);
    const char *text = (const char *)evbuffer_pullup(in, -1);
    size_t left = evbuffer_get_length(in), used, all = 0;
    enum policyd_event event = POLICYD_REQUEST;

    while (event == POLICYD_REQUEST && left > 0 && unwritten(c) < UNWRITTEN) {
        event = policyd_read(&c->request, text + all, left, &used);
        all += used;
        left -= used;
        if (event == POLICYD_REQUEST) {
            answer(c);
            policyd_begin(&c->request);
        }
    }
    evbuffer_drain(in, all);
    send_answers(c);
    return event != POLICYD_BROKEN;
}

static void on_input(struct bufferevent *bev, void *arg)
{
    struct connection *c = arg;

    TAILQ_REMOVE(&c->server->connections, c, next);
    TAILQ_INSERT_TAIL(&c->server->connections, c, next);
    log_hold();
    event_active(c->server->turn, EV_TIMEOUT, 0);
    if (!serve(c)) {
        log_warn("policy: a client does not speak the protocol");
        connection_free(c);
    } else if (unwritten(c) >= UNWRITTEN) {
        bufferevent_disable(bev, EV_READ);
    }
}

/* Runs behind all connections that have something to read in this turn. */
static void on_turn(evutil_socket_t fd, short what, void *arg)
{
    (void)fd, (void)what, (void)arg;
    log_release();
}

static void on_written(struct bufferevent *bev, void *arg)
{
    struct connection *c = arg;

    if (bufferevent_get_enabled(bev) & EV_READ)
        return;
    bufferevent_enable(bev, EV_READ);
    on_input(bev, c);
}

static void on_event(struct bufferevent *bev, short what, void *arg)
{
    (void)bev, (void)what;
    connection_free(arg);
}

static void on_accept(struct evconnlistener *listener, evutil_socket_t fd,
                      struct sockaddr *sa, int len, void *arg)
{
    static const struct timeval idle = {.tv_sec = IDLE_SEC};
    struct policyd *p = arg;
    struct connection *c = xcalloc(1, sizeof(*c));

    (void)listener, (void)sa, (void)len;
    if (p->n == SEATS)
        connection_free(TAILQ_FIRST(&p->connections));
    c->server = p;
    c->bev = bufferevent_socket_new(p->base, fd, BEV_OPT_CLOSE_ON_FREE);
    if (c->bev == NULL)
        fatal(EX_OSERR, "out of memory");
    policyd_begin(&c->request);
    TAILQ_INSERT_TAIL(&p->connections, c, next);
    p->n++;
    bufferevent_setcb(c->bev, on_input, on_written, on_event, c);
    bufferevent_setwatermark(c->bev, EV_READ, 0, UNREAD);
    bufferevent_set_timeouts(c->bev, &idle, &idle);
    bufferevent_enable(c->bev, EV_READ | EV_WRITE);
}

/* The backlog holds them until a descriptor is free. */
static void on_accept_error(struct evconnlistener *listener, void *arg)
{
    struct policyd *p = arg;

    (void)listener;
    if (p->n > 0)
        connection_free(TAILQ_FIRST(&p->connections));
}

struct policyd *policyd_new(struct event_base *base, struct decider *d)
{
    struct policyd *p = xcalloc(1, sizeof(*p));

    p->base = base;
    p->decider = d;
    TAILQ_INIT(&p->connections);
    p->turn = event_new(base, -1, 0, on_turn, NULL);
    if (p->turn == NULL)
        fatal(EX_OSERR, "out of memory");
    return p;
}

static void close_listeners(struct policyd *p)
{
    for (size_t i = 0; i < p->nlisteners; i++)
        evconnlistener_free(p->listeners[i]);
    p->nlisteners = 0;
}

void policyd_free(struct policyd *p)
{
    if (p == NULL)
        return;
    policyd_stop(p);
    log_release();
    event_free(p->turn);
    free(p);
}

void policyd_listen(struct policyd *p, const int *fds, size_t n)
{
    close_listeners(p);
    for (size_t i = 0; i < n && i < POLICYD_LISTENERS; i++) {
        p->listeners[i] = evconnlistener_new(
            p->base, on_accept, p,
            LEV_OPT_CLOSE_ON_FREE | LEV_OPT_CLOSE_ON_EXEC, 0, fds[i]);
        if (p->listeners[i] == NULL)
            fatal(EX_OSERR, "policy: cannot accept");
        evconnlistener_set_error_cb(p->listeners[i], on_accept_error);
        p->nlisteners++;
    }
}

void policyd_stop(struct policyd *p)
{
    close_listeners(p);
    while (!TAILQ_EMPTY(&p->connections))
        connection_free(TAILQ_FIRST(&p->connections));
}
