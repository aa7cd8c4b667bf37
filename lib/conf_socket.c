/*
 * Setters for listeners and name servers: numeric addresses with ports.
 *
 * Forms: 192.0.2.1:25, [2001:db8::1]:25; for a name server the port may be
 * left out, and then the brackets too.  Names are refused: what a program
 * listens on or asks must not depend on a name server.
 */
#include "lib/conf_internal.h"
#include "lib/log.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/un.h>

#define DNS_PORT 53

union endpoint {
    struct sockaddr_storage storage;
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
};

enum endpoint_error { ENDPOINT_OK, ENDPOINT_ADDRESS, ENDPOINT_PORT };

/* Reads digits only, 1 to 65535. */
static enum endpoint_error port(const char *text, in_port_t *out)
{
    unsigned long n;

    if (strspn(text, "0123456789") != strlen(text) || strlen(text) > 5)
        return ENDPOINT_PORT;
    n = strtoul(text, NULL, 10);
    if (n == 0 || n > 65535)
        return ENDPOINT_PORT;
    *out = htons((in_port_t)n);
    return ENDPOINT_OK;
}

/* Cuts text into host and port; the port is NULL when there is none. */
static bool split(char *text, char **host, char **port_text)
{
    char *end;

    *host = text;
    *port_text = NULL;
    if (text[0] == '[') {
        *host = text + 1;
        end = strchr(text, ']');
        if (end == NULL || (end[1] != '\0' && end[1] != ':'))
            return false;
        *end++ = '\0';
    } else {
        end = strchr(text, ':');
        if (end == NULL || strchr(end + 1, ':') != NULL)
            return true; /* IPv6 without brackets has no port */
    }
    if (*end == ':') {
        *end = '\0';
        *port_text = end + 1;
    }
    return true;
}

/* default_port 0: there must be one. */
static enum endpoint_error endpoint(const char *text, in_port_t default_port,
                                    union endpoint *out)
{
    char copy[64], *host, *port_text;
    in_port_t number = htons(default_port);
    bool brackets = text[0] == '[';

    memset(out, 0, sizeof(*out));
    if (strlen(text) >= sizeof(copy) ||
        !split(strcpy(copy, text), &host, &port_text))
        return ENDPOINT_ADDRESS;
    if (inet_pton(AF_INET6, host, &out->v6.sin6_addr) == 1)
        out->storage.ss_family = AF_INET6;
    else if (!brackets && inet_pton(AF_INET, host, &out->v4.sin_addr) == 1)
        out->storage.ss_family = AF_INET;
    else
        return ENDPOINT_ADDRESS;
    if (port_text == NULL ? default_port == 0
                          : port(port_text, &number) != ENDPOINT_OK)
        return ENDPOINT_PORT;
    if (out->storage.ss_family == AF_INET6)
        out->v6.sin6_port = number;
    else
        out->v4.sin_port = number;
    return ENDPOINT_OK;
}

static bool same(const struct conf_listen *a, const struct conf_listen *b)
{
    return a->address_len == b->address_len &&
           memcmp(&a->address, &b->address, a->address_len) == 0;
}

static void add_listener(struct conf_reading *r, const struct conf_item *item,
                         const struct conf_listen *l, struct conf_listen **list,
                         size_t *n)
{
    for (size_t i = 0; i < *n; i++)
        if (same(&(*list)[i], l)) {
            conf_wrong(r, item, "'%.80s' has the address and port of '%.80s'",
                       item->text, (*list)[i].text);
            return;
        }
    *list = xrealloc(*list, *n + 1, sizeof(**list));
    (*list)[*n] = *l;
    (*list)[(*n)++].text = xstrdup(item->text);
}

static void take_endpoint(struct conf_listen *l, const union endpoint *e)
{
    l->address = e->storage;
    l->address_len =
        e->storage.ss_family == AF_INET6 ? sizeof(e->v6) : sizeof(e->v4);
}

void conf_set_listen(struct conf_reading *r, const struct conf_item *item)
{
    struct conf_listen l = {.tls = strncmp(item->text, "tls://", 6) == 0};
    union endpoint e;

    switch (endpoint(item->text + (l.tls ? 6 : 0), 0, &e)) {
    case ENDPOINT_ADDRESS:
        conf_wrong(r, item,
                   "'%.80s' is not a numeric address with a port; write "
                   "0.0.0.0:25, [::]:25 or tls://0.0.0.0:465",
                   item->text);
        break;
    case ENDPOINT_PORT:
        conf_wrong(r, item,
                   "'%.80s' has no port of 1 to 65535; write it as in "
                   "0.0.0.0:25 or [::]:25",
                   item->text);
        break;
    case ENDPOINT_OK:
        take_endpoint(&l, &e);
        add_listener(r, item, &l, &r->conf->listen, &r->conf->nlisten);
        break;
    }
}

/* "unix:/path", or a numeric address and a port. */
void conf_set_policy_listen(struct conf_reading *r,
                            const struct conf_item *item)
{
    struct conf *c = r->conf;
    struct conf_listen l = {0};
    struct sockaddr_un sun = {.sun_family = AF_UNIX};
    union endpoint e;

    if (strncmp(item->text, "unix:/", 6) == 0 &&
        strlen(item->text + 5) < sizeof(sun.sun_path)) {
        strcpy(sun.sun_path, item->text + 5);
        memcpy(&l.address, &sun, sizeof(sun));
        l.address_len = sizeof(sun);
    } else if (endpoint(item->text, 0, &e) == ENDPOINT_OK) {
        take_endpoint(&l, &e);
    } else {
        conf_wrong(r, item,
                   "'%.80s' is neither a numeric address with a port nor a "
                   "socket; write 127.0.0.1:10023 or unix:/run/tarry/policy",
                   item->text);
        return;
    }
    add_listener(r, item, &l, &c->policy.listen, &c->policy.nlisten);
}

void conf_set_server(struct conf_reading *r, const struct conf_item *item)
{
    char host[INET6_ADDRSTRLEN], text[INET6_ADDRSTRLEN + 8];
    union endpoint e;

    if (endpoint(item->text, DNS_PORT, &e) != ENDPOINT_OK) {
        conf_wrong(r, item,
                   "'%.80s' is not a numeric address, with or without a port; "
                   "write 192.0.2.53, 127.0.0.1:5353 or [2001:db8::53]:53",
                   item->text);
        return;
    }
    if (e.storage.ss_family == AF_INET6)
        snprintf(text, sizeof(text), "[%s]:%u",
                 inet_ntop(AF_INET6, &e.v6.sin6_addr, host, sizeof(host)),
                 ntohs(e.v6.sin6_port));
    else
        snprintf(text, sizeof(text), "%s:%u",
                 inet_ntop(AF_INET, &e.v4.sin_addr, host, sizeof(host)),
                 ntohs(e.v4.sin_port));
    conf_append(&r->conf->resolver.servers, text);
}
