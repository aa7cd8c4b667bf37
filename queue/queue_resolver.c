/*
 * Questions to resolver for the mail hosts of a destination, and its answers.
 *
 * Only so many questions are under way; the others stand in line.  An answer
 * is kept with its destination for as long as it holds, but at least a
 * moment, so that a burst of mail is one question.  What is said of
 * a whole domain (it takes no mail, it is ourselves) is said to every
 * recipient that is ready for it.
 */
#include "queue/queue_mx.h"

#include "lib/child.h"
#include "lib/log.h"

#define HOLDS_MIN 10
#define AT_ONCE   1000 /* messages, before others have the loop */

/* The name in a route, which stands alone; NULL when there is none. */
static const struct conf_route_host *named(const struct conf_route *route)
{
    for (size_t i = 0; route != NULL && i < route->nhosts; i++)
        if (!route->hosts[i].numeric)
            return &route->hosts[i];
    return NULL;
}

static bool is_our_port(const struct conf *c, unsigned short port)
{
    for (size_t i = 0; i < c->nlisten; i++)
        if (netaddr_port((const struct sockaddr *)&c->listen[i].address) ==
            port)
            return true;
    return false;
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

static void put_question(struct queue *q, struct question *question,
                         struct destination *d)
{
    const struct conf_route_host *host = named(queue_mx_route(q, d->name));
    static struct msg_out out;

    question->of = d;
    question->id = ++q->last_question;
    msg_reset(&out);
    msg_put_str(&out, host != NULL ? host->host : d->name);
    if (host == NULL || is_our_port(q->conf, host->port))
        put_ourselves(q->conf, &out);
    else /* a filter on this host, say */
        msg_put_u32(&out, 0);
    chan_send(q->resolver, MSG_MX, question->id, &out, -1);
}

/* As many as may be under way; without resolver, when it is back. */
static void put_questions(struct queue *q)
{
    struct destination *d;

    for (size_t i = 0; q->resolver != NULL && i < QUEUE_QUESTIONS; i++) {
        if (q->questions[i].of != NULL)
            continue;
        d = destinations_asks(&q->destinations);
        if (d == NULL)
            return;
        put_question(q, &q->questions[i], d);
    }
}

void queue_mx_ask(struct queue *q, struct destination *d)
{
    destinations_ask(&q->destinations, d);
    put_questions(q);
}

/*
 * Of every recipient that is ready, message by message, but of so many only;
 * it stays while it is "asking", and is asked for again for the others.
 */
static void say_all(struct queue *q, struct destination *d,
                    enum job_outcome outcome, const char *reply)
{
    for (unsigned n = 0; n < AT_ONCE && d->first != NULL; n++)
        queue_own_results(q, d->first->message, d, outcome, STEP_CONNECT,
                          reply);
}

/*
 * With verified TLS the certificate must be that of the name in the route: the
 * names in the answer are only as true as the name server that told them.
 */
static size_t read_hosts(struct msg_in *in, uint32_t n,
                         const struct conf_route *route,
                         struct job_address v[JOB_ADDRESSES])
{
    const struct conf_route_host *to = named(route);
    size_t kept = 0;

    for (uint32_t i = 0; i < n; i++) {
        struct job_address a = {.port = to != NULL ? to->port : 25};
        uint32_t preference, family;

        if (!msg_get_str(in, a.host, sizeof(a.host)) ||
            !msg_get_u32(in, &preference) || !msg_get_u32(in, &family) ||
            (family != 4 && family != 6) ||
            !msg_get_mem(in, a.address.octets, family == 4 ? 4 : 16))
            return 0;
        a.address.family = (uint8_t)family;
        if (to != NULL && route->tls == CONF_TLS_VERIFIED)
            snprintf(a.host, sizeof(a.host), "%s", to->host);
        if (kept < JOB_ADDRESSES)
            v[kept++] = a;
    }
    return kept;
}

static void take_hosts(struct queue *q, struct destination *d,
                       struct msg_in *in, uint32_t holds, uint32_t n)
{
    static struct job_address v[JOB_ADDRESSES];
    const struct conf_route *route = queue_mx_route(q, d->name);
    size_t kept = read_hosts(in, n, route, v);

    if (kept == 0) {
        say_all(q, d, OUTCOME_DEFERRED, "4.4.3 Its hosts are not known");
        return;
    }
    queue_mx_keep(d, v, kept,
                  queue_now() + (holds < HOLDS_MIN        ? HOLDS_MIN
                                 : holds > QUEUE_MX_HOLDS ? QUEUE_MX_HOLDS
                                                          : holds),
                  route != NULL ? route->tls : CONF_TLS_MAY);
}

/* What is said where there are no hosts. */
static const struct {
    enum job_outcome outcome;
    const char *reply;
} no_hosts[] = {
    [MX_NULL] = {OUTCOME_REFUSED, "5.1.10 This domain takes no mail (null MX)"},
    [MX_NONE] = {OUTCOME_REFUSED,
                 "5.1.2 There is no such domain, or it has no mail host"},
    [MX_SELF] = {OUTCOME_REFUSED,
                 "5.4.6 Mail for this domain would come back to this host"},
    [MX_UNKNOWN] = {OUTCOME_DEFERRED,
                    "4.4.3 No name server knows the mail hosts now"},
};

/* The destination that a question is of, which is answered now; or NULL. */
static struct destination *answered(struct queue *q, uint64_t id)
{
    for (size_t i = 0; i < QUEUE_QUESTIONS; i++) {
        struct destination *d = q->questions[i].of;

        if (d == NULL || q->questions[i].id != id)
            continue;
        q->questions[i].of = NULL;
        return d;
    }
    return NULL;
}

static void on_message(struct chan *c, struct msg *m, void *arg)
{
    struct queue *q = arg;
    struct destination *d;
    uint32_t mx, holds, n;

    if (!msg_get_u32(&m->in, &mx) || mx > MX_UNKNOWN ||
        !msg_get_u32(&m->in, &holds) || !msg_get_u32(&m->in, &n)) {
        chan_violation(c, "malformed MX_FOUND");
        return;
    }
    d = answered(q, m->id);
    if (d == NULL)
        return;
    if (mx == MX_FOUND)
        take_hosts(q, d, &m->in, holds, n);
    else
        say_all(q, d, no_hosts[mx].outcome, no_hosts[mx].reply);
    destinations_answered(&q->destinations, d);
    put_questions(q);
    queue_wake(q);
}

/* What was asked is asked again. */
static void forget_questions(struct queue *q)
{
    for (size_t i = 0; i < QUEUE_QUESTIONS; i++)
        if (q->questions[i].of != NULL) {
            destinations_ask_again(&q->destinations, q->questions[i].of);
            q->questions[i].of = NULL;
        }
}

static void on_closed(struct chan *c, const char *why, void *arg)
{
    struct queue *q = arg;

    log_warn("resolver is gone (%s)", why);
    child_lost(PROGRAM_RESOLVER);
    chan_free(c);
    q->resolver = NULL;
    forget_questions(q);
}

void queue_resolver_peer(struct queue *q, int fd)
{
    static const struct chan_ops ops = {on_message, on_closed};

    chan_free(q->resolver);
    forget_questions(q);
    q->resolver =
        chan_new(q->base, fd, PROGRAM_QUEUE, PROGRAM_RESOLVER, &ops, q);
    chan_phase(q->resolver, PHASE_RUNNING);
    put_questions(q);
}
