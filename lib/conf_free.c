/*
 * Giving settings back: the counterpart of the setters (conf_value.c,
 * conf_names.c, conf_socket.c, conf_queue.c).  Each field that one of them
 * allocates is freed here, also of settings that were only read in part.
 */
#include "lib/conf.h"

#include <stdlib.h>

static void free_strings(struct strings *s)
{
    for (size_t i = 0; i < s->n; i++)
        free(s->v[i]);
    free(s->v);
}

static void free_queue(struct conf *c)
{
    free(c->queue.retry_sec);
    free_strings(&c->queue.relay_domains);
    free(c->queue.helo);
    free(c->queue.source_ipv4);
    free(c->queue.source_ipv6);
    free(c->queue.socket);
    for (size_t i = 0; i < c->queue.nroutes; i++) {
        struct conf_route *route = &c->queue.routes[i];

        free(route->domain);
        for (size_t j = 0; j < route->nhosts; j++)
            free(route->hosts[j].host);
    }
    free(c->queue.routes);
}

static void free_listeners(struct conf_listen *l, size_t n)
{
    for (size_t i = 0; i < n; i++)
        free(l[i].text);
    free(l);
}

void conf_free(struct conf *c)
{
    if (c == NULL)
        return;
    free(c->file);
    free(c->hostname);
    free_listeners(c->listen, c->nlisten);
    free(c->user);
    free(c->state);
    free_strings(&c->domains);
    free(c->mailboxes);
    free(c->aliases);
    free(c->postmaster);
    free(c->detail_separator);
    free_strings(&c->tls.certificates);
    free_strings(&c->tls.keys);
    free_strings(&c->resolver.servers);
    free_strings(&c->greylist.reply);
    free(c->greylist.url);
    free_strings(&c->greylist.exempt_clients);
    free_strings(&c->greylist.exempt_senders);
    free_strings(&c->greylist.exempt_recipients);
    free_strings(&c->greylist.only_recipients);
    free_listeners(c->policy.listen, c->policy.nlisten);
    free(c->control.socket);
    free_queue(c);
    free(c);
}
