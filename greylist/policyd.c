/*
 * The policy server, see policyd.h: who may connect, and for how long.
 *
 * Clients keep their connections, and a mail server has as many as it has
 * processes.  When all seats are taken, the connection that was silent the
 * longest makes room: Postfix connects again by itself.
 */
#include "greylist/policyd.h"

#include "greylist/policyd_conn.h"
#include "lib/log.h"

#include <event2/event.h>
#include <event2/listener.h>
#include <stdlib.h>
#include <sysexits.h>

#define SEATS     1000
#define IDLE_SEC  1000 /* Postfix: smtpd_policy_service_max_ttl = 1000s */
#define SWEEP_SEC 60

struct policyd {
    struct event_base *base;
    struct evconnlistener *listeners[POLICYD_LISTENERS];
    size_t nlisteners;
    struct connections connections;
    struct event *sweep;
};

static void free_oldest(struct policyd *p)
{
    connection_free(TAILQ_FIRST(&p->connections.list));
}

static void on_sweep(evutil_socket_t fd, short what, void *arg)
{
    struct policyd *p = arg;

    (void)fd, (void)what;
    while (p->connections.n > 0 &&
           connection_is_idle(TAILQ_FIRST(&p->connections.list), IDLE_SEC))
        free_oldest(p);
}

static void on_accept(struct evconnlistener *listener, evutil_socket_t fd,
                      struct sockaddr *sa, int len, void *arg)
{
    struct policyd *p = arg;

    (void)listener, (void)sa, (void)len;
    if (p->connections.n == SEATS)
        free_oldest(p);
    connection_new(&p->connections, p->base, fd);
}

/* The backlog holds them until a descriptor is free. */
static void on_accept_error(struct evconnlistener *listener, void *arg)
{
    struct policyd *p = arg;

    (void)listener;
    if (p->connections.n > 0)
        free_oldest(p);
}

struct policyd *policyd_new(struct event_base *base, struct decider *d)
{
    static const struct timeval every = {.tv_sec = SWEEP_SEC};
    struct policyd *p = xcalloc(1, sizeof(*p));

    p->base = base;
    p->connections.decider = d;
    TAILQ_INIT(&p->connections.list);
    p->sweep = event_new(base, -1, EV_PERSIST, on_sweep, p);
    if (p->sweep == NULL || event_add(p->sweep, &every) != 0)
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
    event_free(p->sweep);
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
    while (p->connections.n > 0)
        free_oldest(p);
}
