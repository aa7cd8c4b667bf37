/* What a client is known by, with names as networks really give them. */
#include "greylist/identity.h"

#include <criterion/criterion.h>
#include <stdio.h>

static const struct identity_settings usual = {IDENTITY_DOMAIN, 24, 64};

static const char *identity(const struct identity_settings *s,
                            const char *address, const char *name)
{
    static char out[IDENTITY_TEXT];
    struct netaddr a = {0};

    if (address[0] != '\0')
        cr_assert(netaddr_parse(address, &a), "%s", address);
    return identity_text(s, &a, name, out);
}

Test(identity, is_the_registered_domain_of_a_verified_name)
{
    static const struct {
        const char *address, *name, *expect;
    } cases[] = {
        {"209.85.221.54", "mail-wr1-f54.google.com", "google.com"},
        {"54.240.8.31", "a8-31.smtp-out.amazonses.com", "amazonses.com"},
        {"159.135.228.4", "m228-4.mailgun.net", "mailgun.net"},
        {"198.2.133.8", "mail133-8.atl131.mandrillapp.com", "mandrillapp.com"},
        {"40.92.1.52", "mail-db3eur04on2052.outbound.protection.outlook.com",
         "outlook.com"},
        {"192.0.2.1", "MX.Example.COM", "example.com"},
        {"192.0.2.1", "mx.example.com.", "example.com"},
        {"192.0.2.1", "example.com", "example.com"},
        {"192.0.2.1", "a.b.mx.example.co.uk", "example.co.uk"},
        {"192.0.2.1", "mx1.example.unknowntld", "example.unknowntld"},
        {"192.0.2.1", "mx.someone.github.io", "someone.github.io"},
        {"192.0.2.1", "www.ck", "www.ck"},
        {"192.0.2.1", "mail-192.example.com", "example.com"},
        {"2001:db8::1", "mx.example.org", "example.org"},
        {"2001:db8::1", "mx1.example.org", "example.org"},
        {"2001:db8:0:1::25", "v6-1-25.example.org", "example.org"},
        {"192.0.2.1", "pool-3.mail.example.com", "example.com"},
        {"192.0.2.1", "mail.dyn.com", "dyn.com"},
        {"192.0.2.1", "mx.home.pl", "home.pl"},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        cr_expect_str_eq(identity(&usual, cases[i].address, cases[i].name),
                         cases[i].expect, "%s: %s", cases[i].name,
                         identity(&usual, cases[i].address, cases[i].name));
}

Test(identity, is_the_network_of_a_client_without_a_usable_name)
{
    static const struct {
        const char *address, *name, *expect;
    } cases[] = {
        {"192.0.2.77", "", "192.0.2.0/24"},
        {"192.0.2.77", "localhost", "192.0.2.0/24"},
        {"192.0.2.77", "com", "192.0.2.0/24"},
        {"192.0.2.77", "co.uk", "192.0.2.0/24"},
        {"192.0.2.77", "b.ck", "192.0.2.0/24"},
        {"192.0.2.77", "github.io", "192.0.2.0/24"},
        {"192.0.2.77", "x.compute.amazonaws.com", "192.0.2.0/24"},
        {"192.0.2.77", "not a name", "192.0.2.0/24"},
        {"192.0.2.77", "a..b", "192.0.2.0/24"},
        {"192.0.2.77", ".", "192.0.2.0/24"},
        {"::ffff:192.0.2.77", "", "192.0.2.0/24"},
        {"2001:db8:1:2:3:4:5:6", "", "2001:db8:1:2::/64"},
        {"", "", "local"},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        cr_expect_str_eq(identity(&usual, cases[i].address, cases[i].name),
                         cases[i].expect, "%s: %s", cases[i].name,
                         identity(&usual, cases[i].address, cases[i].name));
}

Test(identity, is_the_network_of_a_line_named_by_its_address)
{
    static const struct {
        const char *address, *name;
    } cases[] = {
        {"203.0.113.42", "203.0.113.42.example.net"},
        {"203.0.113.42", "42.113.0.203.example.net"},
        {"203.0.113.42", "203-0-113-42.example.net"},
        {"203.0.113.42", "host-42-113-0-203.example.net"},
        {"203.0.113.42", "c-203-0-113-42.hsd1.ma.example.net"},
        {"203.0.113.42", "ec2-203-0-113-42.example.net"},
        {"203.0.113.42", "203_0_113_42.example.net"},
        {"203.0.113.42", "ip203.0-113x42.example.net"},
        {"203.0.113.42", "203-000-113-042.example.net"},
        {"203.0.113.42", "p203000113042.example.net"},
        {"203.0.113.42", "h042113000203.example.net"},
        {"203.0.113.42", "h203011342.example.net"},
        {"203.0.113.42", "h421130203.example.net"},
        {"203.0.113.42", "host42-113.net2030.example.net"},
        {"203.0.113.42", "42-113.0-203.example.net"},
        {"203.0.113.42", "113-42.203-0.example.net"},
        {"203.0.113.42", "static-203-0-113-42.co5.example.net"},
        {"203.0.113.42", "1-203-0-113-42.9.example.net"},
        {"203.0.113.42", "pCB00712A.example.net"},
        {"203.0.113.42", "cb00712a.example.net"},
        {"203.0.113.42", "2a7100cb.example.net"},
        {"203.0.113.42", "cb-00-71-2a.example.net"},
        {"203.0.113.42", "cb.0.71.2a.example.net"},
        {"203.0.113.42", "2a-71-0-cb.example.net"},
        {"203.0.113.42", "3405803818.example.net"},
        {"1.2.3.4", "1.2.3.4.example.net"},
        {"1.2.3.4", "x4-3-2-1.example.net"},
        {"1.2.3.4", "001002003004.example.net"},
        {"1.1.1.1", "1-1-1-1.example.net"},
        {"91.64.7.9", "ip5b400709.dynamic.example.net"},
        {"203.0.113.42", "x.dyn.example.net"},
        {"203.0.113.42", "adsl.isp.example.net"},
        {"203.0.113.42", "abc.pppoe.example.net"},
        {"203.0.113.42", "dsl8120.example.net"},
        {"203.0.113.42", "113-42.pool.example.net"},
        {"203.0.113.42", "customer-42-113.example.net"},
        {"203.0.113.42", "042113.users.example.net"},
        {"2001:db8:1:2:3:4:5:6", "20010db8000100020003000400050006.a.net"},
        {"2001:db8:1:2:3:4:5:6",
         "2001-0db8-0001-0002-0003-0004-0005-0006.a.net"},
        {"2001:db8:1:2:3:4:5:6", "2001-db8-1-2-3-4-5-6.a.net"},
        {"2001:db8:1:2:3:4:5:6", "ip2001-db8-1-2-3-4-5-6.a.net"},
        {"2001:db8:1:2:3:4:5:6", "6.0.0.0.5.0.0.0.4.0.0.0.3.0.0.0.2.0.0.0.1.0."
                                 "0.0.8.b.d.0.1.0.0.2.a.net"},
        {"2001:db8:1:2:3:4:5:6", "6-5-4-3-2-1-db8-2001.a.net"},
        {"2001:db8:1:2:3:4:5:6", "p20010db800010002.a.net"},
        {"2001:db8:1:2:3:4:5:6", "2001-0db8-0001-0002.v6.a.net"},
        {"2001:db8:1:2:3:4:5:6", "x0003000400050006.a.net"},
        {"2001:db8::42", "2001-db8--42.a.net"},
        {"2001:db8::42", "2001-db8-0-0-0-0-0-42.a.net"},
        {"2001:db8::a1b2:c3d4:e5f6:1728", "a1b2c3d4e5f61728.a.net"},
        {"2001:db8::42", "x.dyn.v6.a.net"},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct netaddr a;

        cr_assert(netaddr_parse(cases[i].address, &a));
        cr_expect(identity_dynamic(&a, cases[i].name), "%s", cases[i].name);
        cr_expect(strchr(identity(&usual, cases[i].address, cases[i].name),
                         '/') != NULL,
                  "%s: %s", cases[i].name,
                  identity(&usual, cases[i].address, cases[i].name));
    }
}

Test(identity, knows_a_line_of_any_address_in_every_encoding)
{
    static const char *const forms[] = {
        "%u.%u.%u.%u.a.net", "x%u-%u-%u-%u.a.net", "%03u%03u%03u%03u.a.net",
        "h%u_%03u-%02u.%u.b.a.net", "n%02x%02x%02x%02x.a.net"};
    uint64_t r = 7;

    for (unsigned i = 0; i < 20000; i++) {
        const char *form = forms[i % 5];
        struct netaddr a = {.family = 4};
        uint8_t *o = a.octets;
        char name[128];

        r = r * UINT64_C(6364136223846793005) + 1442695040888963407;
        memcpy(o, (char *)&r + 4, 4);
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
        if (i % 2)
            snprintf(name, sizeof(name), form, o[0], o[1], o[2], o[3]);
        else
            snprintf(name, sizeof(name), form, o[3], o[2], o[1], o[0]);
        cr_assert(identity_dynamic(&a, name), "%s", name);
    }
}

Test(identity, does_not_take_other_numbers_for_the_address)
{
    static const struct {
        const char *address, *name;
    } cases[] = {
        {"203.0.113.42", "203-0-113-43.example.net"},
        {"203.0.113.42", "mx42.example.net"},
        {"203.0.113.42", "113-42.example.net"},
        {"203.0.113.42", "mail203-0-113.example.net"},
        {"203.0.113.42", "pool-41-113.example.net"},
        {"203.0.113.42", "h2030113421.example.net"},
        {"1.2.3.4", "mx1234567.example.net"},
        {"192.0.2.1", "dynamo.example.net"},
        {"192.0.2.1", "mail.example.net"},
        {"192.0.2.1", ""},
        {"2001:db8::1", "mail1.example.net"},
        {"2001:db8::1", "mail-0000000000000001.example.net"},
        {"2001:db8:1:2:3:4:5:6", "mail-6.example.net"},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct netaddr a;

        cr_assert(netaddr_parse(cases[i].address, &a));
        cr_expect_not(identity_dynamic(&a, cases[i].name), "%s", cases[i].name);
    }
}

/* RFC 6647 §5: "CIDR blocks of a size of its own choosing". */
Test(rfc6647, knows_clients_by_networks_of_a_size_to_be_chosen)
{
    static const struct identity_settings s = {IDENTITY_NETWORK, 20, 48};

    cr_expect_str_eq(identity(&s, "192.0.2.77", "mx.example.com"),
                     "192.0.0.0/20");
    cr_expect_str_eq(identity(&s, "2001:db8:1:2::1", "mx.example.com"),
                     "2001:db8:1::/48");
}

Test(identity, is_the_plain_address_if_so_set)
{
    static const struct identity_settings s = {IDENTITY_ADDRESS, 24, 64};

    cr_expect_str_eq(identity(&s, "192.0.2.77", "mx.example.com"),
                     "192.0.2.77");
    cr_expect_str_eq(identity(&s, "2001:db8::1", ""), "2001:db8::1");
}

Test(identity, is_one_for_a_pool_that_retries_from_another_network)
{
    char first[IDENTITY_TEXT];

    strcpy(first, identity(&usual, "192.0.2.7", "out7.pool-a.example.com"));
    cr_expect_str_eq(
        identity(&usual, "198.51.100.9", "out9.pool-b.example.com"), first);
}

Test(identity, fits_whatever_the_name)
{
    char name[1200];

    for (size_t len = 0; len < sizeof(name); len++) {
        memset(name, 'a', len);
        for (size_t i = 50; i < len; i += 50)
            name[i] = '.';
        name[len] = '\0';
        cr_assert_lt(strlen(identity(&usual, "192.0.2.7", name)),
                     IDENTITY_TEXT);
    }
}
