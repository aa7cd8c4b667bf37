/*
 * The only user of c-ares.
 *
 * Forged answers.  A stranger who cannot see a question must guess its number
 * and its port to answer in the server's place.  c-ares 1.18 numbers questions
 * at random, but sends all that are under way at a time from one socket.  So
 * we hold LANES channels of it, and a question goes out on the one with the
 * least under way: c-ares closes the socket of a channel that has become idle,
 * and up to LANES questions at a time have a fresh random port each; beyond
 * that they share.  (c-ares itself refuses answers with another number,
 * another question, or from another address.)
 *
 * Files.  ares_init_options() reads some; nothing else may, in the sandbox.
 * So all channels are made at the start, and ares_query() is the only way to
 * ask: it knows neither /etc/hosts nor a search list.
 */
#include "resolver/dns.h"
#include "lib/log.h"

#include <ares.h>
#include <arpa/nameser.h>
#include <event2/event.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <sysexits.h>
#include <unistd.h>

#define LANES       32
#define FIRST_MS    500
#define TRIES       4
#define UDP_OCTETS  1232 /* what passes unfragmented anywhere */
#define RANDOM_FILE "/dev/urandom"

_Static_assert(DNS_LIFE_MS == FIRST_MS * ((1 << TRIES) - 1), "as promised");

struct socket {
    LIST_ENTRY(socket) link;
    int fd;
    struct event *event;
};

struct lane {
    struct dns *dns;
    ares_channel channel;
    struct event *timer;
    unsigned under_way;
    LIST_HEAD(sockets, socket) sockets;
};

struct dns {
    struct event_base *base;
    bool deaf; /* servers are changing: nothing can be asked now */
    size_t nsystem, nservers;
    struct server system[DNS_SERVERS], servers[DNS_SERVERS];
    struct lane lanes[LANES];
};

struct question {
    struct lane *lane;
    unsigned type;
    dns_callback *callback;
    void *arg;
    char name[];
};

/* Wakes up when c-ares next has something to repeat or give up. */
static void set_timer(struct lane *l)
{
    struct timeval tv;

    if (ares_timeout(l->channel, NULL, &tv) == NULL)
        event_del(l->timer);
    else
        event_add(l->timer, &tv);
}

static void on_timer(evutil_socket_t fd, short what, void *arg)
{
    struct lane *l = arg;

    (void)fd, (void)what;
    ares_process_fd(l->channel, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
    set_timer(l);
}

static void on_socket(evutil_socket_t fd, short what, void *arg)
{
    struct lane *l = arg;

    ares_process_fd(l->channel, (what & EV_READ) ? fd : ARES_SOCKET_BAD,
                    (what & EV_WRITE) ? fd : ARES_SOCKET_BAD);
    set_timer(l);
}

static struct socket *find_socket(struct lane *l, int fd)
{
    struct socket *s = LIST_FIRST(&l->sockets);

    while (s != NULL && s->fd != fd)
        s = LIST_NEXT(s, link);
    return s;
}

/* c-ares says what it waits for on a socket; nothing: about to close it. */
static void on_state(void *arg, ares_socket_t fd, int readable, int writable)
{
    struct lane *l = arg;
    struct socket *s = find_socket(l, fd);
    short what = (short)((readable ? EV_READ : 0) | (writable ? EV_WRITE : 0));

    if (s != NULL) {
        event_free(s->event);
    } else if (what != 0) {
        s = xcalloc(1, sizeof(*s));
        s->fd = fd;
        LIST_INSERT_HEAD(&l->sockets, s, link);
    }
    if (what != 0) {
        s->event = event_new(l->dns->base, fd, (short)(what | EV_PERSIST),
                             on_socket, l);
        if (s->event == NULL || event_add(s->event, NULL) != 0)
            fatal(EX_OSERR, "no event for a socket");
    } else if (s != NULL) {
        LIST_REMOVE(s, link);
        free(s);
    }
}

static void lane_init(struct lane *l, struct dns *d)
{
    struct ares_options o = {.flags = ARES_FLAG_EDNS,
                             .timeout = FIRST_MS,
                             .tries = TRIES,
                             .ednspsz = UDP_OCTETS,
                             .lookups = (char[]){"b"},
                             .sock_state_cb = on_state,
                             .sock_state_cb_data = l};
    int status =
        ares_init_options(&l->channel, &o,
                          ARES_OPT_FLAGS | ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES |
                              ARES_OPT_EDNSPSZ | ARES_OPT_LOOKUPS |
                              ARES_OPT_DOMAINS | ARES_OPT_SOCK_STATE_CB);

    if (status != ARES_SUCCESS)
        fatal(EX_OSERR, "c-ares: %s", ares_strerror(status));
    l->dns = d;
    l->timer = evtimer_new(d->base, on_timer, l);
    if (l->timer == NULL)
        fatal(EX_OSERR, "no timer");
}

/* What resolv.conf named, or 127.0.0.1 if it names nothing. */
static void read_system(struct dns *d)
{
    struct ares_addr_port_node *list = NULL;

    if (ares_get_servers_ports(d->lanes[0].channel, &list) != ARES_SUCCESS)
        fatal(EX_OSERR, "c-ares knows no name servers");
    for (struct ares_addr_port_node *s = list;
         s != NULL && d->nsystem < DNS_SERVERS; s = s->next) {
        struct server *out = &d->system[d->nsystem++];

        out->address.family = s->family == AF_INET ? 4 : 6;
        memcpy(out->address.octets, &s->addr, s->family == AF_INET ? 4 : 16);
        out->port = (unsigned short)(s->udp_port != 0 ? s->udp_port : 53);
    }
    ares_free_data(list);
}

struct dns *dns_new(struct event_base *base)
{
    struct dns *d = xcalloc(1, sizeof(*d));

    /* Without it c-ares falls back to rand(3), and says nothing. */
    if (access(RANDOM_FILE, R_OK) != 0)
        fatal(EX_OSFILE, "%s cannot be read", RANDOM_FILE);
    if (ares_library_init(ARES_LIB_INIT_ALL) != ARES_SUCCESS)
        fatal(EX_OSERR, "c-ares cannot start");
    d->base = base;
    for (size_t i = 0; i < LANES; i++)
        lane_init(&d->lanes[i], d);
    read_system(d);
    dns_set_servers(d, NULL, 0);
    return d;
}

void dns_free(struct dns *d)
{
    if (d == NULL)
        return;
    d->deaf = true;
    for (size_t i = 0; i < LANES; i++) {
        ares_destroy(d->lanes[i].channel);
        event_free(d->lanes[i].timer);
    }
    ares_library_cleanup();
    free(d);
}

static bool same_servers(const struct dns *d, const struct server *s, size_t n)
{
    for (size_t i = 0; i < n && i < d->nservers; i++)
        if (!server_equal(&d->servers[i], &s[i]))
            return false;
    return n == d->nservers;
}

static void lane_set_servers(struct lane *l)
{
    struct ares_addr_port_node nodes[DNS_SERVERS];
    const struct dns *d = l->dns;

    memset(nodes, 0, sizeof(nodes));
    for (size_t i = 0; i < d->nservers; i++) {
        const struct server *s = &d->servers[i];

        nodes[i].next = i + 1 < d->nservers ? &nodes[i + 1] : NULL;
        nodes[i].family = s->address.family == 4 ? AF_INET : AF_INET6;
        memcpy(&nodes[i].addr, s->address.octets,
               s->address.family == 4 ? 4 : 16);
        nodes[i].udp_port = nodes[i].tcp_port = s->port;
    }
    if (ares_set_servers_ports(l->channel, nodes) != ARES_SUCCESS)
        fatal(EX_SOFTWARE, "c-ares refuses the name servers");
}

void dns_set_servers(struct dns *d, const struct server *servers, size_t n)
{
    if (n == 0) {
        servers = d->system;
        n = d->nsystem;
    }
    if (same_servers(d, servers, n))
        return;
    d->nservers = n < DNS_SERVERS ? n : DNS_SERVERS;
    memcpy(d->servers, servers, d->nservers * sizeof(*servers));
    d->deaf = true;
    for (size_t i = 0; i < LANES; i++) {
        ares_cancel(d->lanes[i].channel);
        lane_set_servers(&d->lanes[i]);
        set_timer(&d->lanes[i]);
    }
    d->deaf = false;
}

const struct server *dns_servers(const struct dns *d, size_t *n)
{
    *n = d->nservers;
    return d->servers;
}

static void on_answer(void *arg, int status, int timeouts, unsigned char *abuf,
                      int alen)
{
    struct question *q = arg;
    struct answer a = {.status = ANSWER_FAILED};

    (void)timeouts;
    if (abuf != NULL)
        answer_read(&a, abuf, (size_t)alen, q->name, q->type);
    else if (status == ARES_ENOTFOUND) /* a name that may not be asked for */
        a.status = ANSWER_NONE;
    q->callback(&a, q->arg);
    /* Only now: what the answer led to should go out on another lane. */
    q->lane->under_way--;
    free(q);
}

static struct lane *idlest(struct dns *d)
{
    struct lane *best = &d->lanes[0];

    for (size_t i = 1; i < LANES && best->under_way > 0; i++)
        if (d->lanes[i].under_way < best->under_way)
            best = &d->lanes[i];
    return best;
}

void dns_ask(struct dns *d, const char *name, unsigned type,
             dns_callback *callback, void *arg)
{
    static const struct answer failed = {.status = ANSWER_FAILED};
    struct lane *l = idlest(d);
    struct question *q;

    if (d->deaf) {
        callback(&failed, arg);
        return;
    }
    q = xcalloc(1, sizeof(*q) + strlen(name) + 1);
    q->lane = l;
    q->type = type;
    q->callback = callback;
    q->arg = arg;
    strcpy(q->name, name);
    l->under_way++;
    ares_query(l->channel, name, ns_c_in, (int)type, on_answer, q);
    set_timer(l);
}
