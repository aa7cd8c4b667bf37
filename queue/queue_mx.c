/*
 * Where a destination is, as far as it is known without asking: its route,
 * the address that it is, or what resolver said (queue_resolver.c) for as long
 * as that holds.
 */
#include "queue/queue_mx.h"

#include "lib/log.h"

#include <stdlib.h>
#include <string.h>

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

const struct conf_route *queue_mx_route(const struct queue *q,
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

void queue_mx_keep(struct destination *d, const struct job_address *v, size_t n,
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
    queue_mx_keep(d, &a, 1, INT64_MAX, CONF_TLS_MAY);
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
    queue_mx_keep(d, v, route->nhosts, queue_now() + QUEUE_MX_HOLDS,
                  route->tls);
    return true;
}

bool queue_mx_known(struct queue *q, struct destination *d)
{
    const struct conf_route *route = queue_mx_route(q, d->name);

    if (d->hosts != NULL && d->hosts->until > queue_now())
        return true;
    if (route != NULL ? keep_route(d, route) : keep_literal(d))
        return true;
    if (!d->asking)
        queue_mx_ask(q, d);
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
