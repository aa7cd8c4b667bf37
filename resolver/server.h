/* A name server's address and port, as the configuration writes it. */
#ifndef TARRY_RESOLVER_SERVER_H
#define TARRY_RESOLVER_SERVER_H

#include "lib/netaddr.h"

#define SERVER_TEXT (NETADDR_TEXT + 9) /* "[" address "]:65535" */

struct server {
    struct netaddr address;
    unsigned short port;
};

/*
 * Reads "192.0.2.1", "192.0.2.1:5353", "2001:db8::1" or "[2001:db8::1]:5353";
 * the port is 53 when none is written. False when it is none of these.
 */
bool server_parse(const char *text, struct server *out);

/* Always with the port. size must be SERVER_TEXT at least. Returns out. */
char *server_text(const struct server *s, char *out, size_t size);

bool server_equal(const struct server *a, const struct server *b);

#endif
