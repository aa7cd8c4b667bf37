/* Network addresses. */
#include "lib/netaddr.h"

#include <criterion/criterion.h>
#include <netinet/in.h>
#include <string.h>

static const char *network(const char *text, unsigned v4, unsigned v6)
{
    static char out[NETADDR_TEXT];
    struct netaddr a;

    cr_assert(netaddr_parse(text, &a), "%s", text);
    a = netaddr_network(&a, v4, v6);
    return netaddr_text(&a, out, sizeof(out));
}

Test(netaddr, cuts_an_address_to_its_network)
{
    cr_assert_str_eq(network("192.0.2.255", 24, 64), "192.0.2.0");
    cr_assert_str_eq(network("192.0.2.255", 32, 64), "192.0.2.255");
    cr_assert_str_eq(network("192.0.2.255", 31, 64), "192.0.2.254");
    cr_assert_str_eq(network("192.0.2.255", 0, 64), "0.0.0.0");
    cr_assert_str_eq(network("2001:db8:1:2:3::4", 24, 64), "2001:db8:1:2::");
    cr_assert_str_eq(network("2001:db8:1:ffff::", 24, 49), "2001:db8:1:8000::");
}

Test(netaddr, takes_a_mapped_address_for_the_ipv4_address_that_it_is)
{
    struct sockaddr_in6 in6 = {.sin6_family = AF_INET6};
    struct netaddr a, b;

    memcpy(in6.sin6_addr.s6_addr,
           "\0\0\0\0\0\0\0\0\0\0\xff\xff\xc0\x00\x02\x01", 16);
    a = netaddr_from_sockaddr((struct sockaddr *)&in6);
    cr_assert(netaddr_parse("192.0.2.1", &b));
    cr_assert(netaddr_equal(&a, &b));
    cr_assert_eq(netaddr_hash(&a, 7), netaddr_hash(&b, 7));
}

Test(netaddr, knows_the_port_of_either_family_and_none_of_others)
{
    struct sockaddr_in in = {.sin_family = AF_INET, .sin_port = htons(2525)};
    struct sockaddr_in6 in6 = {.sin6_family = AF_INET6,
                               .sin6_port = htons(65535)};
    struct sockaddr other = {.sa_family = AF_UNIX};

    cr_assert_eq(netaddr_port((struct sockaddr *)&in), 2525);
    cr_assert_eq(netaddr_port((struct sockaddr *)&in6), 65535);
    cr_assert_eq(netaddr_port(&other), 0);
}

Test(netaddr, refuses_what_is_no_address)
{
    struct netaddr a;

    cr_assert_not(netaddr_parse("", &a));
    cr_assert_not(netaddr_parse("192.0.2", &a));
    cr_assert_not(netaddr_parse("192.0.2.1:25", &a));
    cr_assert_not(netaddr_parse("[::1]", &a));
    cr_assert_not(netaddr_parse("example.org", &a));
}
