/*
 * relay: carries messages to one server, and then is no more.
 *
 *   relay_jobs.c      queue's jobs, and the addresses of each
 *   relay_conn.c      a connection (relay_pump.c, relay_io.c, relay_tls.c)
 *   relay_session.c   what is said on it (relay_hello.c, relay_envelope.c,
 *                     relay_data.c), and what that means (relay_outcome.c)
 *   relay_reply.c     answers; relay_body.c: the message on the wire
 *
 * It reads what strangers' servers say, so it holds nothing: one message at a
 * time, read-only, of queue's choice; no file, no other address than those
 * it was given.  What a server could make of it ends with the conversation.
 *
 * Settings do not change under it: a reload stops it, and tarryd starts
 * another.
 */
#include "queue/relay.h"

#include "lib/log.h"
#include "queue/relay_jobs.h"
#include "queue/relay_self.h"
#include "queue/relay_tls.h"

#include <stdio.h>
#include <sysexits.h>
#include <unistd.h>

#define SMTP 25

static struct {
    struct conf *conf;
    char empty_root[4096];
    int queue; /* a channel that came before we serve, or -1 */
    bool started;
    unsigned short ports[SANDBOX_PORTS];
    size_t nports;
} self = {.queue = -1};

static int add_port(unsigned short port, char *err, size_t size)
{
    for (size_t i = 0; i < self.nports; i++)
        if (self.ports[i] == port)
            return 0;
    if (self.nports == SANDBOX_PORTS) {
        snprintf(err, size, "%s: route: more than %d different ports",
                 self.conf->file, SANDBOX_PORTS);
        return -1;
    }
    self.ports[self.nports++] = port;
    return 0;
}

static int read_routes(bool *verify, char *err, size_t size)
{
    *verify = false;
    if (add_port(SMTP, err, size) != 0)
        return -1;
    for (size_t i = 0; i < self.conf->queue.nroutes; i++) {
        const struct conf_route *r = &self.conf->queue.routes[i];

        *verify |= r->tls == CONF_TLS_VERIFIED;
        for (size_t j = 0; j < r->nhosts; j++)
            if (add_port(r->hosts[j].port, err, size) != 0)
                return -1;
    }
    return 0;
}

static int configure(struct child *c, struct setup *setup, char *err,
                     size_t size)
{
    bool verify;

    if (c->running)
        return 0;
    self.conf = setup->conf;
    setup->conf = NULL;
    snprintf(self.empty_root, sizeof(self.empty_root), "%s/empty",
             self.conf->state);
    if (read_routes(&verify, err, size) != 0)
        return -1;
    relay_self_prepare(self.conf);
    return relay_tls_prepare(verify, err, size);
}

static void sandbox(struct child *c, struct sandbox *s)
{
    (void)c;
    s->user = self.conf->user;
    s->root = self.empty_root;
    s->allow = ALLOW_SOCKETS;
    if (self.conf->queue.source_ipv4 != NULL ||
        self.conf->queue.source_ipv6 != NULL)
        s->allow |= ALLOW_SOURCE;
    for (size_t i = 0; i < self.nports; i++)
        s->ports[s->nports++] = self.ports[i];
}

/* To have done all there was to do is a success, also unasked. */
static void on_done(void *arg)
{
    struct child *c = arg;

    c->stopping = true;
    child_exit(c);
}

static void begin(struct child *c, int fd)
{
    self.started = true;
    relay_jobs_start(c->base, fd, on_done, c);
}

static void start(struct child *c)
{
    if (self.queue >= 0)
        begin(c, self.queue);
}

static void peer(struct child *c, enum program program, int fd)
{
    if (program != PROGRAM_QUEUE || self.started || self.queue >= 0) {
        log_warn("no use for a channel to %s", program_name(program));
        close(fd);
    } else if (c->running) {
        begin(c, fd);
    } else {
        self.queue = fd;
    }
}

static void stop(struct child *c)
{
    if (self.started)
        relay_jobs_stop();
    else
        child_exit(c);
}

const struct child_ops relay_ops = {.configure = configure,
                                    .sandbox = sandbox,
                                    .start = start,
                                    .peer = peer,
                                    .stop = stop};
