/* Network addresses: text, networks, and what a client is counted under. */
#ifndef TARRY_NETADDR_H
#define TARRY_NETADDR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#define NETADDR_TEXT 46 /* INET6_ADDRSTRLEN */

/* An IPv4 address is kept as such even when it came in as ::ffff:a.b.c.d. */
struct netaddr {
    uint8_t family; /* 4 or 6; 0: none, or a UNIX socket */
    uint8_t octets[16];
};

struct netaddr netaddr_from_sockaddr(const struct sockaddr *sa);
/* Its port; 0 when it has none. */
unsigned short netaddr_port(const struct sockaddr *sa);
/* Text without port or brackets; false when it is no address. */
bool netaddr_parse(const char *text, struct netaddr *out);
/* "192.0.2.1", "2001:db8::1", or "local" for family 0. Returns out. */
char *netaddr_text(const struct netaddr *a, char *out, size_t size);
/* The address with all bits behind the prefix set to zero. */
struct netaddr netaddr_network(const struct netaddr *a, unsigned ipv4_prefix,
                               unsigned ipv6_prefix);
bool netaddr_equal(const struct netaddr *a, const struct netaddr *b);
uint64_t netaddr_hash(const struct netaddr *a, uint64_t key);

#endif
