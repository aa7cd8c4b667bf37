/*
 * resolver: asks every DNS question of the house.
 *
 * smtpd sends the address of a client (NAME) and gets its verified name
 * (NAMED); queue sends a domain (MX) and gets the hosts that take its mail
 * (MX_FOUND).  The answers of strangers' name servers are parsed here and
 * nowhere else: in a process that sees no message, opens no file once it
 * serves, and speaks to name servers only.  What it tells are addresses, and
 * host names of letters, digits, hyphens, dots and underscores.
 *
 * It never makes smtpd wait longer than the configured time, and when it
 * cannot tell it says so: that a client has no name is only ever said by the
 * name servers in charge.
 */
#include "lib/child.h"
#include "lib/log.h"
#include "resolver/dns.h"
#include "resolver/exchangers.h"
#include "resolver/names.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

static struct dns *dns;
static struct names *names;
static struct exchangers *exchangers;
/* By program, SMTPD and QUEUE; and their channels that came before we serve. */
static struct chan *peers[PROGRAM_COUNT];
static int peer_fds[PROGRAM_COUNT];
static struct child *self;
static char empty_root[4096];
static unsigned short ports[SANDBOX_PORTS]; /* that the sandbox allows */
static size_t nports;

/* After a stop only those are served who wait already. */
static void leave_if_done(void)
{
    if (self->stopping && names_waiting(names) == 0 &&
        exchangers_waiting(exchangers) == 0)
        child_exit(self);
}

static void on_answer(uint64_t id, enum named named, const char *name,
                      void *arg)
{
    static struct msg_out out;

    (void)arg;
    msg_reset(&out);
    msg_put_u32(&out, named);
    msg_put_str(&out, name);
    chan_send(peers[PROGRAM_SMTPD], MSG_NAMED, id, &out, -1);
    leave_if_done();
}

static bool read_address(struct msg_in *in, struct netaddr *client)
{
    uint32_t family;

    memset(client, 0, sizeof(*client));
    msg_get_u32(in, &family);
    if (family != 4 && family != 6)
        return false;
    client->family = (uint8_t)family;
    msg_get_mem(in, client->octets, family == 4 ? 4 : 16);
    return msg_done(in);
}

static void on_message(struct chan *ch, struct msg *m, void *arg)
{
    struct netaddr client;

    (void)arg;
    if (m->type == MSG_MX) {
        if (!exchangers_ask(exchangers, ch, m))
            chan_violation(ch, "MX malformed");
        leave_if_done();
    } else if (read_address(&m->in, &client)) {
        names_ask(names, &client, m->id);
    } else {
        chan_violation(ch, "NAME without an address");
    }
}

static void forget(enum program program)
{
    chan_free(peers[program]);
    peers[program] = NULL;
    if (program == PROGRAM_SMTPD)
        names_forget(names);
    else
        exchangers_forget(exchangers);
}

static void on_closed(struct chan *ch, const char *why, void *arg)
{
    enum program program = chan_peer(ch);

    (void)arg;
    log_info("%s is gone (%s)", program_name(program), why);
    forget(program);
    leave_if_done();
}

static void open_peer(struct child *c, enum program program, int fd)
{
    static const struct chan_ops ops = {on_message, on_closed};

    forget(program);
    peers[program] = chan_new(c->base, fd, c->self, program, &ops, NULL);
    chan_phase(peers[program], PHASE_RUNNING);
}

/* Nothing is read from a peer before the sandbox is closed. */
static void peer(struct child *c, enum program program, int fd)
{
    if (program != PROGRAM_SMTPD && program != PROGRAM_QUEUE) {
        log_warn("%s has no questions", program_name(program));
        close(fd);
    } else if (c->running) {
        open_peer(c, program, fd);
    } else {
        if (peer_fds[program] > 0)
            close(peer_fds[program]);
        peer_fds[program] = fd;
    }
}

static void start(struct child *c)
{
    for (unsigned p = 0; p < PROGRAM_COUNT; p++)
        if (peer_fds[p] > 0)
            open_peer(c, (enum program)p, peer_fds[p]);
}

static void stop(struct child *c)
{
    (void)c;
    leave_if_done();
}

static int read_servers(const struct conf *conf, struct server *servers,
                        char *err, size_t size)
{
    const struct strings *s = &conf->resolver.servers;

    if (s->n > DNS_SERVERS) {
        snprintf(err, size, "%s: servers: more than %d", conf->file,
                 DNS_SERVERS);
        return -1;
    }
    for (size_t i = 0; i < s->n; i++) {
        if (server_parse(s->v[i], &servers[i]))
            continue;
        snprintf(err, size, "%s: servers: %s: not an address", conf->file,
                 s->v[i]);
        return -1;
    }
    return 0;
}

static void log_servers(bool configured)
{
    size_t n;
    const struct server *s = dns_servers(dns, &n);
    char text[DNS_SERVERS * (SERVER_TEXT + 1)], one[SERVER_TEXT];
    size_t used = 0;
    struct log_line l;

    for (size_t i = 0; i < n; i++)
        used += (size_t)snprintf(text + used, sizeof(text) - used, "%s%s",
                                 i > 0 ? " " : "",
                                 server_text(&s[i], one, sizeof(one)));
    log_begin(&l, LOG_LEVEL_INFO, "servers");
    log_str(&l, "from", configured ? "configuration" : "resolv.conf");
    log_str(&l, "servers", text);
    log_end(&l);
}

/* The sandbox lets us connect to the ports of the first servers only. */
static int check_ports(const struct server *servers, size_t n, char *err,
                       size_t size)
{
    for (size_t i = 0; i < n; i++) {
        size_t k = 0;

        while (k < nports && ports[k] != servers[i].port)
            k++;
        if (k < nports)
            continue;
        snprintf(err, size,
                 "resolver.servers: port %u is new: restart tarryd for that",
                 servers[i].port);
        return -1;
    }
    return 0;
}

static int configure(struct child *c, struct setup *setup, char *err,
                     size_t size)
{
    struct server servers[DNS_SERVERS];
    size_t n = setup->conf->resolver.servers.n;

    if (read_servers(setup->conf, servers, err, size) != 0)
        return -1;
    if (c->running && check_ports(servers, n, err, size) != 0)
        return -1;
    if (!c->running) {
        self = c;
        dns = dns_new(c->base);
        names = names_new(c->base, dns, on_answer, NULL);
        exchangers = exchangers_new(c->base, dns);
    }
    dns_set_servers(dns, servers, n);
    names_set_timeout(names, setup->conf->resolver.timeout_sec);
    log_servers(n > 0);
    return 0;
}

static void sandbox(struct child *c, struct sandbox *s)
{
    size_t n;
    const struct server *servers = dns_servers(dns, &n);

    snprintf(empty_root, sizeof(empty_root), "%s/empty", c->setup.conf->state);
    s->user = c->setup.conf->user;
    s->root = empty_root;
    s->allow = ALLOW_SOCKETS;
    for (size_t i = 0; i < n && s->nports < SANDBOX_PORTS; i++)
        s->ports[s->nports++] = servers[i].port;
    memcpy(ports, s->ports, sizeof(ports));
    nports = s->nports;
}

int main(void)
{
    static const struct child_ops ops = {.configure = configure,
                                         .sandbox = sandbox,
                                         .start = start,
                                         .peer = peer,
                                         .stop = stop};

    return child_run(PROGRAM_RESOLVER, &ops);
}
