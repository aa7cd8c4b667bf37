/*
 * Setters of the queue: its times, its names and addresses, and the routes.
 *
 * A route has a title, the domain that it is for, and several may stand in a
 * file, each domain once.  Where it leads is "[192.0.2.1]:25",
 * "[2001:db8::1]:25" or "mail.example.net:587"; brackets mean an address, and
 * without a port it is 25.  No name is looked up here.
 */
#include "lib/address.h"
#include "lib/conf_internal.h"
#include "lib/log.h"
#include "lib/netaddr.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SMTP_PORT 25

void conf_set_retry(struct conf_reading *r, const struct conf_item *item)
{
    struct conf *c = r->conf;
    unsigned sec;

    if (conf_duration(item->text, &sec) != 0 || sec < item->option->min ||
        sec > item->option->max) {
        conf_wrong(r, item,
                   "'%.80s' is not a duration of 1s to 7d; write 5m or 1h",
                   item->text);
        return;
    }
    c->queue.retry_sec = xrealloc(c->queue.retry_sec, c->queue.nretry + 1,
                                  sizeof(*c->queue.retry_sec));
    c->queue.retry_sec[c->queue.nretry++] = sec;
}

void conf_set_helo(struct conf_reading *r, const struct conf_item *item)
{
    if (!address_is_hostname(item->text, strlen(item->text)))
        conf_wrong(r, item, "'%.80s' is not a host name", item->text);
    else
        r->conf->queue.helo = xstrdup(item->text);
}

/* The row's least value says of which family it must be. */
void conf_set_source(struct conf_reading *r, const struct conf_item *item)
{
    char **field = (char **)(void *)((char *)r->conf + item->option->offset);
    struct netaddr a;

    if (!netaddr_parse(item->text, &a) || a.family != item->option->min)
        conf_wrong(r, item, "'%.80s' is not an IPv%u address", item->text,
                   (unsigned)item->option->min);
    else
        *field = xstrdup(item->text);
}

/* The route of the item's section, begun if this is the first of it. */
static struct conf_route *route_of(struct conf_reading *r,
                                   const struct conf_item *item)
{
    struct conf *c = r->conf;
    char domain[ADDRESS_DOMAIN + 1] = "*";
    struct conf_route *route;

    if (strcmp(item->title, "*") != 0 &&
        !conf_domain(item->title, domain, sizeof(domain))) {
        conf_wrong(r, item,
                   "'%.80s' is not a domain; write route \"example.com\", or "
                   "route \"*\" for all others",
                   item->title);
        return NULL;
    }
    for (size_t i = 0; i < c->queue.nroutes; i++)
        if (strcmp(c->queue.routes[i].domain, domain) == 0)
            return &c->queue.routes[i];
    c->queue.routes = xrealloc(c->queue.routes, c->queue.nroutes + 1,
                               sizeof(*c->queue.routes));
    route = &c->queue.routes[c->queue.nroutes++];
    *route = (struct conf_route){.domain = xstrdup(domain)};
    return route;
}

static bool read_port(const char *text, unsigned short *port)
{
    char *end;
    unsigned long n = strtoul(text, &end, 10);

    if (strspn(text, "0123456789") == 0 || *end != '\0' || n == 0 || n > 65535)
        return false;
    *port = (unsigned short)n;
    return true;
}

/* Takes the text apart where it stands. */
static bool read_host(char *text, struct conf_route_host *out)
{
    char *end = text;
    struct netaddr a;

    out->port = SMTP_PORT;
    out->numeric = text[0] == '[';
    if (out->numeric) {
        text++;
        end = strchr(text, ']');
        if (end == NULL)
            return false;
        *end++ = '\0';
        if (!netaddr_parse(text, &a) || (*end != '\0' && *end != ':'))
            return false;
    } else {
        end = strchr(text, ':');
        if (end == NULL)
            end = text + strlen(text);
    }
    if (*end == ':') {
        *end = '\0';
        if (!read_port(end + 1, &out->port))
            return false;
    }
    if (!out->numeric &&
        (!address_is_hostname(text, strlen(text)) || netaddr_parse(text, &a)))
        return false;
    out->host = xstrdup(text);
    return true;
}

void conf_set_route_to(struct conf_reading *r, const struct conf_item *item)
{
    struct conf_route *route = route_of(r, item);
    struct conf_route_host host;
    char *text;

    if (route == NULL)
        return;
    if (route->nhosts == CONF_ROUTE_HOSTS) {
        conf_wrong(r, item, "route \"%.80s\" has too many hosts", item->title);
        return;
    }
    text = xstrdup(item->text);
    if (read_host(text, &host))
        route->hosts[route->nhosts++] = host;
    else
        conf_wrong(r, item,
                   "'%.80s' leads nowhere; write \"[192.0.2.1]:25\" or "
                   "\"mail.example.net:25\"",
                   item->text);
    free(text);
}

void conf_set_route_tls(struct conf_reading *r, const struct conf_item *item)
{
    static const char *const names[] = {[CONF_TLS_MAY] = "may",
                                        [CONF_TLS_REQUIRED] = "required",
                                        [CONF_TLS_VERIFIED] = "verified"};
    struct conf_route *route = route_of(r, item);

    for (unsigned i = 0; route != NULL && i < 3; i++)
        if (strcmp(item->text, names[i]) == 0) {
            route->tls = (enum conf_tls)i;
            return;
        }
    if (route != NULL)
        conf_wrong(r, item, "'%.80s' is none of may, required and verified",
                   item->text);
}
