/*
 * Listeners and the limits that apply before a session exists; the clock that
 * ends what takes too long; reload and stop.
 *
 * A client over a limit is told 421 and costs nothing more: no session, no
 * memory, no question to anybody.
 */
#include "smtpd/server.h"
#include "lib/log.h"
#include "lib/stats.h"

#include <errno.h>
#include <event2/event.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <time.h>
#include <unistd.h>

#define LAST_SEC 25 /* of a stop: then tarryd kills us soon */
#define BURST    64 /* connections accepted before others get their turn */

time_t server_now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC_COARSE, &t);
    return t.tv_sec;
}

void settings_release(struct settings *s)
{
    if (s == NULL || --s->users > 0)
        return;
    tls_free(s->tls);
    conf_free(s->conf);
    free(s);
}

static void refuse(struct server *s, int fd, const struct netaddr *client,
                   bool tls, const char *why)
{
    char text[512];
    int n = snprintf(text, sizeof(text), "421 4.7.0 %s %s\r\n",
                     s->settings->limits.hostname, why);
    ssize_t sent = 0;

    record_refusal(client, why);
    if (!tls)
        sent = send(fd, text, (size_t)n, MSG_NOSIGNAL | MSG_DONTWAIT);
    (void)sent;
    close(fd);
}

static void welcome(struct listener *l, int fd, const struct sockaddr *sa)
{
    struct server *s = l->server;
    const struct conf *conf = s->settings->conf;
    struct netaddr client = netaddr_from_sockaddr(sa);
    struct netaddr network = netaddr_network(&client, conf->limits.ipv4_prefix,
                                             conf->limits.ipv6_prefix);

    stats_add(STAT_CONNECTIONS, 1);
    if (s->connections >= conf->limits.connections ||
        s->connections >= CONN_MAX - 1) {
        refuse(s, fd, &client, l->tls, "too many connections, try later");
    } else if (!clients_enter(s->clients, &network, conf->limits.per_client)) {
        refuse(s, fd, &client, l->tls,
               "too many connections from your network, try later");
    } else {
        conn_new(s, fd, &client, &network, l->tls);
    }
}

/* Out of descriptors or memory: no use in being woken until some are free. */
static void pause_listening(struct server *s, int error)
{
    log_error("cannot accept connections: %s", strerror(error));
    for (size_t i = 0; i < s->nlisteners; i++)
        event_del(s->listeners[i].event);
    s->paused = true;
}

static void on_accept(evutil_socket_t fd, short what, void *arg)
{
    struct listener *l = arg;
    struct sockaddr_storage sa;
    socklen_t len;
    int client;

    (void)what;
    for (int i = 0; i < BURST; i++) {
        len = sizeof(sa);
        client = accept4(fd, (struct sockaddr *)&sa, &len,
                         SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (client >= 0)
            welcome(l, client, (struct sockaddr *)&sa);
        else if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS ||
                 errno == ENOMEM) {
            pause_listening(l->server, errno);
            return;
        } else if (errno == EAGAIN) {
            return;
        } /* else: that client went away already */
    }
}

static void close_listeners(struct server *s)
{
    for (size_t i = 0; i < s->nlisteners; i++) {
        event_free(s->listeners[i].event);
        close(s->listeners[i].fd);
    }
    s->nlisteners = 0;
    s->paused = false;
}

/* Takes over the listeners of a GO; those of the last one are closed. */
void server_listen(struct server *s, struct setup *setup)
{
    const struct conf *conf = s->settings->conf;
    int on = 1;

    close_listeners(s);
    for (size_t i = 0; i < setup->nlisteners; i++) {
        struct listener *l = &s->listeners[s->nlisteners];
        unsigned index = setup->listeners[i].index;

        l->server = s;
        l->fd = setup->listeners[i].fd;
        l->tls = index < conf->nlisten && conf->listen[index].tls;
        setup->listeners[i].fd = -1;
        /* Accepted sockets inherit it: replies are small, and awaited. */
        setsockopt(l->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
        l->event = event_new(s->child->base, l->fd, EV_READ | EV_PERSIST,
                             on_accept, l);
        if (l->event == NULL)
            fatal(EX_OSERR, "no event for a listener");
        if (s->child->running)
            event_add(l->event, NULL);
        s->nlisteners++;
    }
}

static void on_tick(evutil_socket_t fd, short what, void *arg)
{
    struct server *s = arg;
    time_t now = server_now();
    struct conn *c, *next;

    (void)fd, (void)what;
    bool over = s->stopped != 0 && now - s->stopped >= LAST_SEC;

    for (c = s->first; c != NULL; c = next) {
        next = c->next; /* a tick frees no other connection than its own */
        if (over)
            conn_end(c, "4.3.2 Shutting down", "shutdown");
        else
            conn_tick(c, now);
    }
    for (size_t i = 0; s->paused && i < s->nlisteners; i++)
        event_add(s->listeners[i].event, NULL);
    s->paused = false;
}

void server_start(struct server *s)
{
    static const struct timeval second = {1, 0};

    s->tick = event_new(s->child->base, -1, EV_PERSIST, on_tick, s);
    if (s->tick == NULL || event_add(s->tick, &second) != 0)
        fatal(EX_OSERR, "no timer");
    for (size_t i = 0; i < s->nlisteners; i++)
        event_add(s->listeners[i].event, NULL);
}

/* Those in DATA may finish; the pump ends each as soon as it has. */
void server_stop(struct server *s)
{
    struct conn *c, *next;

    s->stopped = server_now();
    close_listeners(s);
    if (s->connections == 0)
        child_exit(s->child);
    for (c = s->first; c != NULL; c = next) {
        next = c->next;
        if (!session_in_data(c->session))
            conn_end(c, "4.3.2 Shutting down", "shutdown");
    }
}
