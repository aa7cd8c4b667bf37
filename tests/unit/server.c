/* Name servers as text. */
#include "resolver/server.h"

#include <criterion/criterion.h>

Test(server, reads_addresses_with_and_without_a_port)
{
    static const char *const cases[][2] = {
        {"192.0.2.1", "192.0.2.1:53"},
        {"192.0.2.1:5353", "192.0.2.1:5353"},
        {"192.0.2.1:65535", "192.0.2.1:65535"},
        {"2001:db8::1", "[2001:db8::1]:53"},
        {"[2001:db8::1]", "[2001:db8::1]:53"},
        {"[2001:db8::1]:5353", "[2001:db8::1]:5353"},
        {"[2001:db8:1111:2222:3333:4444:5555:6666]:65535",
         "[2001:db8:1111:2222:3333:4444:5555:6666]:65535"}};

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct server s;
        char text[SERVER_TEXT];

        cr_assert(server_parse(cases[i][0], &s), "%s", cases[i][0]);
        cr_assert_str_eq(server_text(&s, text, sizeof(text)), cases[i][1]);
    }
}

Test(server, refuses_all_else)
{
    static const char *const cases[] = {"",
                                        ":",
                                        ":53",
                                        "[",
                                        "[]",
                                        "[]:53",
                                        "ns.example.org",
                                        "192.0.2.1:",
                                        "192.0.2.1:0",
                                        "192.0.2.1:65536",
                                        "192.0.2.1:4294967349",
                                        "192.0.2.1:99999999999999999999",
                                        "192.0.2.1:5 3",
                                        "192.0.2.1:-1",
                                        "192.0.2.1.5:53",
                                        "[2001:db8::1",
                                        "[2001:db8::1]53",
                                        "[2001:db8::1]:",
                                        "2001:db8::1]:53",
                                        "[2001:db8::1]:53]",
                                        "fe80::1%eth0"};

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct server s;

        cr_assert(!server_parse(cases[i], &s), "%s", cases[i]);
    }
}

Test(server, tells_servers_apart_by_address_and_port)
{
    struct server a, b, c;

    server_parse("192.0.2.1:53", &a);
    server_parse("192.0.2.1", &b);
    server_parse("192.0.2.1:54", &c);
    cr_assert(server_equal(&a, &b));
    cr_assert(!server_equal(&a, &c));
}
