/*
 * Where a destination is: its route, or what resolver finds.
 *
 * An answer is kept with its destination for as long as it holds, but at
 * least a moment, so that a burst of mail is one question.  What is said of
 * a whole domain (it takes no mail, it is ourselves) is said to every
 * recipient that is ready for it.
 */
#include "queue/queue_internal.h"

#include "lib/child.h"
#include "lib/log.h"

#include <stdlib.h>
#include <string.h>

#define HOLDS_MIN 10
#define HOLDS_MAX 600

struct destination_hosts {
    int64_t until;
    enum conf_tls tls;
    size_t n;
    struct job_address v[];
};

bool queue_is_local(const struct queue *q, const char *domain)
{
    const struct strings *ours = &q->conf->domains;

    for (size_t i = 0; i < ours->n; i++)
        if (strcmp(ours->v[i], domain) == 0)
            return true;
    return domain[0] == '\0';
}

static const struct conf_route *route_of(const struct queue *q,
                                         const char *domain)
{
    const struct conf_route *all = NULL;

    for (size_t i = 0; i < q->conf->queue.nroutes; i++) {
        const struct conf_route *route = &q->conf->queue.routes[i];

        if (strcmp(route->domain, domain) == 0)
            return route;
        if (strcmp(route->domain, "*") == 0)
            all = route;
    }
    return all;
}

static void keep(struct destination *d, const struct job_address *v, size_t n,
                 int64_t until, enum conf_tls tls)
{
    struct destination_hosts *h = xcalloc(1, sizeof(*h) + n * sizeof(*v));

    h->until = until;
    h->tls = tls;
    h->n = n;
    memcpy(h->v, v, n * sizeof(*v));
    free(d->hosts);
    d->hosts = h;
}

/* "[192.0.2.1]" and "[IPv6:2001:db8::1]" need no resolver. */
static bool keep_literal(struct destination *d)
{
    struct job_address a = {.port = 25};
    char text[NETADDR_TEXT];
    const char *start = d->name + 1;
    size_t len = strlen(d->name);

    if (d->name[0] != '[')
        return false;
    if (strncasecmp(start, "ipv6:", 5) == 0)
        start += 5;
    snprintf(text, sizeof(text), "%.*s", (int)(d->name + len - 1 - start),
             start);
    if (!netaddr_parse(text, &a.address))
        return false;
    snprintf(a.host, sizeof(a.host), "%s", text);
    keep(d, &a, 1, INT64_MAX, CONF_TLS_MAY);
    return true;
}

/* A route of addresses only needs none either. */
static bool keep_route(struct destination *d, const struct conf_route *route)
{
    struct job_address v[CONF_ROUTE_HOSTS] = {0};

    for (size_t i = 0; i < route->nhosts; i++) {
        const struct conf_route_host *h = &route->hosts[i];

        if (!h->numeric || !netaddr_parse(h->host, &v[i].address))
            return false;
        snprintf(v[i].host, sizeof(v[i].host), "%s", h->host);
        v[i].port = h->port;
    }
    keep(d, v, route->nhosts, queue_now() + HOLDS_MAX, route->tls);
    return true;
}

/* A name to ask for: that of the route, else the domain's own. */
static const char *name_to_ask(const struct conf_route *route,
                               const struct destination *d)
{
    if (route != NULL)
        for (size_t i = 0; i < route->nhosts; i++)
            if (!route->hosts[i].numeric)
                return route->hosts[i].host;
    return d->name;
}

/* Our own names and addresses: an exchanger that is one of them is us. */
static void put_ourselves(const struct conf *c, struct msg_out *out)
{
    const char *own[2 + SETUP_LISTENERS];
    static char text[SETUP_LISTENERS][NETADDR_TEXT];
    uint32_t n = 0;

    own[n++] = c->hostname;
    if (c->queue.helo != NULL)
        own[n++] = c->queue.helo;
    for (size_t i = 0; i < c->nlisten && i < SETUP_LISTENERS; i++) {
        struct netaddr a = netaddr_from_sockaddr(
            (const struct sockaddr *)&c->listen[i].address);
        struct netaddr any = {.family = a.family};

        if (!netaddr_equal(&a, &any))
            own[n++] = netaddr_text(&a, text[i], sizeof(text[i]));
    }
    msg_put_u32(out, n);
    for (uint32_t i = 0; i < n; i++)
        msg_put_str(out, own[i]);
}

static void ask(struct queue *q, struct destination *d, const char *name)
{
    static struct msg_out out;

    d->asking = true;
    destinations_line(&q->destinations, d);
    if (q->resolver == NULL)
        return; /* when it is back */
    msg_reset(&out);
    msg_put_str(&out, name);
    put_ourselves(q->conf, &out);
    chan_send(q->resolver, MSG_MX, (uint64_t)(uintptr_t)d, &out, -1);
}

bool queue_mx_known(struct queue *q, struct destination *d)
{
    const struct conf_route *route = route_of(q, d->name);

    if (d->hosts != NULL && d->hosts->until > queue_now())
        return true;
    if (route != NULL ? keep_route(d, route) : keep_literal(d))
        return true;
    if (!d->asking)
        ask(q, d, name_to_ask(route, d));
    return false;
}

void queue_mx_fill(const struct queue *q, const struct destination *d,
                   struct job *job)
{
    const struct destination_hosts *h = d->hosts;

    (void)q;
    job->naddresses = (unsigned)h->n;
    memcpy(job->addresses, h->v, h->n * sizeof(h->v[0]));
    if (h->tls == CONF_TLS_REQUIRED)
        job->flags |= JOB_TLS_REQUIRED;
    if (h->tls == CONF_TLS_VERIFIED)
        job->flags |= JOB_TLS_REQUIRED | JOB_TLS_VERIFIED;
}

/* Of every recipient that is ready; it stays while it is "asking". */
static void say_all(struct queue *q, struct destination *d,
                    enum job_outcome outcome, const char *reply)
{
    while (d->first != NULL)
        queue_own_result(q, d->first, outcome, STEP_CONNECT, reply);
}

static size_t read_hosts(struct msg_in *in, uint32_t n, unsigned short port,
                         struct job_address v[JOB_ADDRESSES])
{
    size_t kept = 0;

    for (uint32_t i = 0; i < n; i++) {
        struct job_address a = {.port = port};
        uint32_t preference, family;

        if (!msg_get_str(in, a.host, sizeof(a.host)) ||
            !msg_get_u32(in, &preference) || !msg_get_u32(in, &family) ||
            (family != 4 && family != 6) ||
            !msg_get_mem(in, a.address.octets, family == 4 ? 4 : 16))
            return 0;
        a.address.family = (uint8_t)family;
        if (kept < JOB_ADDRESSES)
            v[kept++] = a;
    }
    return kept;
}

static void take_answer(struct queue *q, struct destination *d, enum mx mx,
                        struct msg_in *in, uint32_t holds, uint32_t n)
{
    static struct job_address v[JOB_ADDRESSES];
    const struct conf_route *route = route_of(q, d->name);
    unsigned short port = 25;
    size_t kept;

    switch (mx) {
    case MX_FOUND:
        for (size_t i = 0; route != NULL && i < route->nhosts; i++)
            if (!route->hosts[i].numeric)
                port = route->hosts[i].port;
        kept = read_hosts(in, n, port, v);
        if (kept > 0)
            keep(d, v, kept,
                 queue_now() + (holds < HOLDS_MIN   ? HOLDS_MIN
                                : holds > HOLDS_MAX ? HOLDS_MAX
                                                    : holds),
                 route != NULL ? route->tls : CONF_TLS_MAY);
        else
            say_all(q, d, OUTCOME_DEFERRED, "4.4.3 Its hosts are not known");
        break;
    case MX_NULL:
        say_all(q, d, OUTCOME_REFUSED,
                "5.1.10 This domain takes no mail (null MX)");
        break;
    case MX_NONE:
        say_all(q, d, OUTCOME_REFUSED,
                "5.1.2 There is no such domain, or it has no mail host");
        break;
    case MX_SELF:
        say_all(q, d, OUTCOME_REFUSED,
                "5.4.6 Mail for this domain would come back to this host");
        break;
    case MX_UNKNOWN:
        say_all(q, d, OUTCOME_DEFERRED,
                "4.4.3 No name server knows the mail hosts now");
    }
}

struct search {
    uint64_t key;
    struct destination *found;
};

static void compare(struct destination *d, void *arg)
{
    struct search *s = arg;

    if ((uint64_t)(uintptr_t)d == s->key && d->asking)
        s->found = d;
}

static void on_message(struct chan *c, struct msg *m, void *arg)
{
    struct queue *q = arg;
    struct search s = {.key = m->id};
    uint32_t mx, holds, n;

    destinations_each(&q->destinations, compare, &s);
    if (!msg_get_u32(&m->in, &mx) || mx > MX_UNKNOWN ||
        !msg_get_u32(&m->in, &holds) || !msg_get_u32(&m->in, &n)) {
        chan_violation(c, "malformed MX_FOUND");
        return;
    }
    if (s.found == NULL)
        return;
    take_answer(q, s.found, (enum mx)mx, &m->in, holds, n);
    destinations_answered(&q->destinations, s.found);
    queue_wake(q);
}

static void on_closed(struct chan *c, const char *why, void *arg)
{
    struct queue *q = arg;

    log_warn("resolver is gone (%s)", why);
    chan_free(c);
    q->resolver = NULL;
}

static void ask_again(struct destination *d, void *arg)
{
    struct queue *q = arg;

    if (d->asking)
        ask(q, d, name_to_ask(route_of(q, d->name), d));
}

void queue_resolver_peer(struct queue *q, int fd)
{
    static const struct chan_ops ops = {on_message, on_closed};

    chan_free(q->resolver);
    q->resolver =
        chan_new(q->base, fd, PROGRAM_QUEUE, PROGRAM_RESOLVER, &ops, q);
    chan_phase(q->resolver, PHASE_RUNNING);
    destinations_each(&q->destinations, ask_again, q);
}
