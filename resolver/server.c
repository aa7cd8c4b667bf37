/*
 * Name servers as text.
 *
 * Only addresses: a name server given by its name would need a name server.
 * An IPv6 address with a port stands in brackets (RFC 3986 §3.2.2), because
 * "2001:db8::1:53" is an address itself.
 */
#include "resolver/server.h"

#include <stdio.h>
#include <string.h>

#define PORT 53

static bool port_parse(const char *text, unsigned short *port)
{
    unsigned n = 0;

    if (*text == '\0' || strspn(text, "0123456789") != strlen(text))
        return false;
    for (; *text != '\0' && n <= 65535; text++)
        n = 10 * n + (unsigned)(*text - '0');
    *port = (unsigned short)n;
    return n >= 1 && n <= 65535;
}

bool server_parse(const char *text, struct server *out)
{
    char address[NETADDR_TEXT];
    bool bracket = text[0] == '[';
    const char *colon = strrchr(text, ':');
    const char *end = bracket ? strchr(text, ']') : colon;
    size_t len;

    out->port = PORT;
    if (!bracket && netaddr_parse(text, &out->address))
        return true;
    if (end == NULL)
        return false;
    len = (size_t)(end - text) - bracket;
    if (len >= sizeof(address))
        return false;
    memcpy(address, text + bracket, len);
    address[len] = '\0';
    if (!netaddr_parse(address, &out->address))
        return false;
    if (bracket && end[1] == '\0')
        return true;
    /* What is left is a port: behind "]:", or behind an IPv4 address. */
    if (bracket ? end[1] != ':' : out->address.family != 4)
        return false;
    return port_parse(end + 1 + bracket, &out->port);
}

char *server_text(const struct server *s, char *out, size_t size)
{
    char address[NETADDR_TEXT];

    netaddr_text(&s->address, address, sizeof(address));
    snprintf(out, size, s->address.family == 6 ? "[%s]:%u" : "%s:%u", address,
             s->port);
    return out;
}

bool server_equal(const struct server *a, const struct server *b)
{
    return a->port == b->port && netaddr_equal(&a->address, &b->address);
}
