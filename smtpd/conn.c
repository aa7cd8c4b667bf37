/*
 * Connections: how one comes to be, hears of its socket, and ends with all
 * that is its own.  What it does meanwhile is in step.c.
 */
#include "lib/log.h"
#include "lib/stats.h"
#include "smtpd/server.h"

#include <event2/event.h>
#include <stdlib.h>
#include <unistd.h>

static void on_event(evutil_socket_t fd, short what, void *arg)
{
    struct conn *c = arg;

    (void)fd;
    c->io.can_read = c->io.can_read || (what & (EV_READ | EV_CLOSED));
    c->io.can_write = c->io.can_write || (what & EV_WRITE);
    c->io.hangup = c->io.hangup || (what & EV_CLOSED);
    conn_pump(c);
}

static void link_conn(struct server *s, struct conn *c)
{
    do
        c->id = ++s->last_id;
    while (s->table[c->id % CONN_MAX] != NULL);
    s->table[c->id % CONN_MAX] = c;
    c->next = s->first;
    c->link = &s->first;
    if (c->next != NULL)
        c->next->link = &c->next;
    s->first = c;
    s->connections++;
    stats_add(STAT_SESSIONS, 1);
}

struct conn *conn_new(struct server *s, int fd, const struct netaddr *client,
                      const struct netaddr *network, bool tls)
{
    struct conn *c = xcalloc(1, sizeof(*c));

    c->event = event_new(s->child->base, fd,
                         EV_READ | EV_WRITE | EV_CLOSED | EV_ET | EV_PERSIST,
                         on_event, c);
    if (c->event == NULL || event_add(c->event, NULL) != 0) {
        if (c->event != NULL)
            event_free(c->event);
        free(c);
        close(fd);
        clients_leave(s->clients, network);
        return NULL;
    }
    c->server = s;
    c->settings = s->settings;
    c->settings->users++;
    c->io.fd = fd;
    c->io.can_write = true;
    c->client = *client;
    c->network = *network;
    c->body = c->spool = -1;
    c->since = c->progress = server_now();
    link_conn(s, c);
    record_sid(c->id, c->sid, sizeof(c->sid));
    c->session = session_new(&c->settings->limits, client, c->sid);
    session_on_event(c->session, record_event, c);
    c->want = tls ? WANT_INPUT : session_start(c->session);
    if (tls && !conn_begin_tls(c)) {
        c->ending = "no memory for TLS";
        conn_free(c);
        return NULL;
    }
    house_name(c);
    conn_pump(c);
    return c;
}

void conn_free(struct conn *c)
{
    struct server *s = c->server;

    places_abort(c);
    record_connection(c, server_now());
    stats_add(STAT_SESSIONS, -1);
    event_free(c->event);
    if (c->turn != NULL)
        event_free(c->turn);
    io_close(&c->io);
    session_free(c->session);
    routes_release(&c->routes);
    clients_leave(s->clients, &c->network);
    s->table[c->id % CONN_MAX] = NULL;
    *c->link = c->next;
    if (c->next != NULL)
        c->next->link = c->link;
    s->connections--;
    settings_release(c->settings);
    free(c);
    if (s->child->stopping && s->connections == 0)
        child_exit(s->child);
}
