/*
 * Network addresses.  IPv4-mapped IPv6 addresses are the IPv4 address that
 * they stand for, so that one client has one identity on any listener.
 */
#include "lib/netaddr.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

static struct netaddr from_in6(const struct in6_addr *a)
{
    struct netaddr n = {0};

    if (IN6_IS_ADDR_V4MAPPED(a)) {
        n.family = 4;
        memcpy(n.octets, a->s6_addr + 12, 4);
    } else {
        n.family = 6;
        memcpy(n.octets, a->s6_addr, 16);
    }
    return n;
}

struct netaddr netaddr_from_sockaddr(const struct sockaddr *sa)
{
    struct netaddr n = {0};

    if (sa->sa_family == AF_INET) {
        struct sockaddr_in in;

        memcpy(&in, sa, sizeof(in));
        n.family = 4;
        memcpy(n.octets, &in.sin_addr, 4);
    } else if (sa->sa_family == AF_INET6) {
        struct sockaddr_in6 in6;

        memcpy(&in6, sa, sizeof(in6));
        n = from_in6(&in6.sin6_addr);
    }
    return n;
}

unsigned short netaddr_port(const struct sockaddr *sa)
{
    struct sockaddr_in in;
    struct sockaddr_in6 in6;

    if (sa->sa_family == AF_INET) {
        memcpy(&in, sa, sizeof(in));
        return ntohs(in.sin_port);
    }
    if (sa->sa_family == AF_INET6) {
        memcpy(&in6, sa, sizeof(in6));
        return ntohs(in6.sin6_port);
    }
    return 0;
}

bool netaddr_parse(const char *text, struct netaddr *out)
{
    struct in6_addr a6;

    memset(out, 0, sizeof(*out));
    if (inet_pton(AF_INET, text, out->octets) == 1) {
        out->family = 4;
        return true;
    }
    if (inet_pton(AF_INET6, text, &a6) == 1) {
        *out = from_in6(&a6);
        return true;
    }
    return false;
}

/* Each decision writes some: inet_ntop(3) takes five times as long. */
static void ipv4_text(const uint8_t octets[4], char out[INET_ADDRSTRLEN])
{
    for (int i = 0; i < 4; i++) {
        unsigned n = octets[i];

        if (n >= 100)
            *out++ = (char)('0' + n / 100);
        if (n >= 10)
            *out++ = (char)('0' + n / 10 % 10);
        *out++ = (char)('0' + n % 10);
        *out++ = i < 3 ? '.' : '\0';
    }
}

char *netaddr_text(const struct netaddr *a, char *out, size_t size)
{
    if (a->family == 0)
        snprintf(out, size, "local");
    else if (a->family == 4 && size >= INET_ADDRSTRLEN)
        ipv4_text(a->octets, out);
    else if (inet_ntop(a->family == 4 ? AF_INET : AF_INET6, a->octets, out,
                       (socklen_t)size) == NULL)
        out[0] = '\0';
    return out;
}

struct netaddr netaddr_network(const struct netaddr *a, unsigned ipv4_prefix,
                               unsigned ipv6_prefix)
{
    struct netaddr n = *a;
    unsigned bits = a->family == 4 ? ipv4_prefix : ipv6_prefix;

    for (unsigned i = 0; i < sizeof(n.octets); i++) {
        unsigned keep = bits > 8 * i ? bits - 8 * i : 0;

        if (keep < 8)
            n.octets[i] &= (uint8_t)(0xff00u >> keep);
    }
    return n;
}

bool netaddr_equal(const struct netaddr *a, const struct netaddr *b)
{
    return a->family == b->family &&
           memcmp(a->octets, b->octets, sizeof(a->octets)) == 0;
}

/* FNV-1a over key and address; the key makes the buckets unpredictable. */
uint64_t netaddr_hash(const struct netaddr *a, uint64_t key)
{
    uint64_t h = 0xcbf29ce484222325u ^ key;

    h = (h ^ a->family) * 0x100000001b3u;
    for (size_t i = 0; i < sizeof(a->octets); i++)
        h = (h ^ a->octets[i]) * 0x100000001b3u;
    return h ^ h >> 29;
}
