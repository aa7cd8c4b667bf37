/* Exemption lists: what matches, what is refused, how long it takes. */
#include "greylist/exempt.h"

#include <criterion/criterion.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static char err[8192];

static struct exempt *list(enum exempt_kind kind, const char *text)
{
    struct exempt *e = exempt_new(kind);

    cr_assert(exempt_add_text(e, "list", text, strlen(text), err, sizeof(err)),
              "%s", err);
    exempt_seal(e);
    return e;
}

/* The line that matches, or 0. */
static unsigned client_line(const struct exempt *e, const char *address,
                            const char *name)
{
    struct netaddr a;
    const struct exempt_entry *found;

    cr_assert(netaddr_parse(address, &a), "%s", address);
    found = exempt_client(e, &a, name);
    return found != NULL ? found->line : 0;
}

static unsigned address_line(const struct exempt *e, const char *text)
{
    struct address a;
    const struct exempt_entry *found;

    cr_assert_eq(address_parse(text,
                               ADDRESS_NULL | ADDRESS_POSTMASTER | ADDRESS_UTF8,
                               &a),
                 ADDRESS_OK, "%s", text);
    found = exempt_address(e, &a, NULL);
    return found != NULL ? found->line : 0;
}

Test(exempt, finds_clients_by_address_network_and_name)
{
    struct exempt *e = list(EXEMPT_CLIENTS, "# own networks\n" /* 1 */
                                            "192.0.2.1\n"      /* 2 */
                                            "198.51.100.0/24\r\n"
                                            "  198.51.100.128/25  \n"
                                            "2001:db8::/32\n"
                                            "2001:db9::1\n"
                                            "\n"
                                            "MX.example.com\n" /* 8 */
                                            ".example.net\n"
                                            "/^out[0-9]+\\.(a|b)\\.example$/\n"
                                            "203.0.113.0/24");
    static const struct {
        const char *address, *name;
        unsigned line;
    } cases[] = {
        {"192.0.2.1", "", 2},
        {"::ffff:192.0.2.1", "", 2},
        {"192.0.2.0", "", 0},
        {"192.0.2.2", "", 0},
        {"198.51.100.0", "", 3},
        {"198.51.100.127", "", 3},
        {"198.51.100.128", "", 4},
        {"198.51.100.255", "", 4},
        {"198.51.101.0", "", 0},
        {"198.51.99.255", "", 0},
        {"203.0.113.255", "", 11},
        {"203.0.114.0", "", 0},
        {"2001:db8::", "", 5},
        {"2001:db8:ffff:ffff:ffff:ffff:ffff:ffff", "", 5},
        {"2001:db9::", "", 0},
        {"2001:db9::1", "", 6},
        {"10.0.0.1", "mx.example.com", 8},
        {"10.0.0.1", "Mx.Example.COM", 8},
        {"10.0.0.1", "mx2.example.com", 0},
        {"10.0.0.1", "a.mx.example.com", 0},
        {"10.0.0.1", "example.net", 9},
        {"10.0.0.1", "a.example.net", 9},
        {"10.0.0.1", "a.b.c.example.net", 9},
        {"10.0.0.1", "badexample.net", 0},
        {"10.0.0.1", "example.net.evil.example", 0},
        {"10.0.0.1", "out7.b.example", 10},
        {"10.0.0.1", "OUT7.B.example", 10},
        {"10.0.0.1", "out.b.example", 0},
        {"10.0.0.1", "out7.b.example.evil", 0},
        {"10.0.0.1", "", 0},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        cr_expect_eq(client_line(e, cases[i].address, cases[i].name),
                     cases[i].line, "%s %s: %u", cases[i].address,
                     cases[i].name,
                     client_line(e, cases[i].address, cases[i].name));
    exempt_free(e);
}

Test(exempt, finds_senders_by_address_and_domain)
{
    struct exempt *e = list(EXEMPT_SENDERS, "Joe@Example.org\n"
                                            "example.com\n"
                                            "@example.net\n"
                                            ".example.edu\n"
                                            "<>\n"
                                            "ann+shop@a.example\n"
                                            "\"a b\"@a.example\n"
                                            "j\xc3\xb6rg@a.example\n"
                                            "@[192.0.2.1]\n");
    static const struct {
        const char *sender;
        unsigned line;
    } cases[] = {
        {"joe@example.org", 1},       {"JOE@example.ORG", 1},
        {"joe+list@example.org", 1},  {"joey@example.org", 0},
        {"ann@example.org", 0},       {"any@example.com", 2},
        {"any@a.example.com", 0},     {"any@example.net", 3},
        {"any@example.edu", 4},       {"any@a.b.example.edu", 4},
        {"any@xexample.edu", 0},      {"", 5},
        {"ann+shop@a.example", 6},    {"ann@a.example", 0},
        {"ann+x@a.example", 0},       {"\"A b\"@a.example", 7},
        {"j\xc3\xb6rg@a.example", 8}, {"x@[192.0.2.1]", 9},
        {"x@[192.0.2.2]", 0},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        cr_expect_eq(address_line(e, cases[i].sender), cases[i].line, "%s: %u",
                     cases[i].sender, address_line(e, cases[i].sender));
    exempt_free(e);
}

Test(exempt, finds_a_sender_behind_its_tags_by_its_normal_form)
{
    struct exempt *e = list(EXEMPT_SENDERS, "joe@example.org");
    struct address a;

    address_parse("prvs=0123abcdef=joe@example.org", 0, &a);
    cr_assert_null(exempt_address(e, &a, NULL));
    cr_assert_not_null(exempt_address(e, &a, "joe@example.org"));
    exempt_free(e);
}

Test(exempt, finds_recipients_also_by_local_part)
{
    struct exempt *e = list(EXEMPT_RECIPIENTS, "postmaster\n"
                                               "abuse@\n"
                                               "joe@example.org\n"
                                               "example.net\n");
    static const struct {
        const char *recipient;
        unsigned line;
    } cases[] = {
        {"postmaster", 1},
        {"PostMaster", 1},
        {"postmaster@example.org", 1},
        {"Abuse@example.org", 2},
        {"abusex@example.org", 0},
        {"joe@example.org", 3},
        {"joe+x@example.org", 3},
        {"joe@example.com", 0},
        {"ann@example.net", 4},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        cr_expect_eq(address_line(e, cases[i].recipient), cases[i].line,
                     "%s: %u", cases[i].recipient,
                     address_line(e, cases[i].recipient));
    exempt_free(e);
}

/* RFC 6647 §5: "specific IP addresses or network blocks". */
Test(rfc6647, lets_named_addresses_and_networks_always_pass)
{
    struct exempt *e = list(EXEMPT_CLIENTS, "192.0.2.1\n2001:db8::/32");

    cr_assert(client_line(e, "192.0.2.1", ""));
    cr_assert(client_line(e, "2001:db8::25", ""));
    cr_assert_not(client_line(e, "192.0.2.2", ""));
    exempt_free(e);
}

Test(exempt, says_which_entry_matched)
{
    struct exempt *e = exempt_new(EXEMPT_RECIPIENTS);
    const struct exempt_entry *found;
    struct address a;

    cr_assert(exempt_add(e, "tarry.conf", 17, "Postmaster", err, sizeof(err)));
    cr_assert(exempt_add_text(e, "file", "#\nabuse\n", 8, err, sizeof(err)));
    exempt_seal(e);
    cr_assert_eq(exempt_count(e), 2);
    address_parse("postmaster@a.example", 0, &a);
    found = exempt_address(e, &a, NULL);
    cr_assert_str_eq(found->file, "tarry.conf");
    cr_assert_eq(found->line, 17);
    cr_assert_str_eq(found->text, "Postmaster");
    address_parse("abuse@a.example", 0, &a);
    found = exempt_address(e, &a, NULL);
    cr_assert_str_eq(found->file, "file");
    cr_assert_eq(found->line, 2);
    exempt_free(e);
}

Test(exempt, names_the_first_of_two_entries_alike)
{
    struct exempt *e = list(EXEMPT_CLIENTS, "192.0.2.0/24\nmx.example.com\n"
                                            "192.0.2.0/24\nMX.example.com\n");

    cr_assert_eq(client_line(e, "192.0.2.9", ""), 1);
    cr_assert_eq(client_line(e, "10.0.0.1", "mx.example.com"), 2);
    exempt_free(e);
}

Test(exempt, matches_nobody_when_empty)
{
    struct exempt *c = list(EXEMPT_CLIENTS, "# nobody\n\n");
    struct exempt *r = list(EXEMPT_RECIPIENTS, "");

    cr_assert_eq(client_line(c, "192.0.2.1", "mx.example.com"), 0);
    cr_assert_eq(address_line(r, "postmaster"), 0);
    cr_assert_eq(exempt_count(c) + exempt_count(r), 0);
    exempt_free(c);
    exempt_free(r);
}

Test(exempt, refuses_what_has_no_clear_meaning)
{
    static const struct {
        enum exempt_kind kind;
        const char *text, *err;
    } cases[] = {
        {EXEMPT_CLIENTS, "192.0.2", "is no address"},
        {EXEMPT_CLIENTS, "192.0.2.256", "is no address"},
        {EXEMPT_CLIENTS, "2001:db8:::", "is no address"},
        {EXEMPT_CLIENTS, "192.0.2.0/33", "more bits than the 32"},
        {EXEMPT_CLIENTS, "2001:db8::/129", "more bits than the 128"},
        {EXEMPT_CLIENTS, "192.0.2.1/24", "the network is 192.0.2.0/24"},
        {EXEMPT_CLIENTS, "192.0.2.0/", "is no network"},
        {EXEMPT_CLIENTS, "/^mx[.]a$", "is no /regex/"},
        {EXEMPT_CLIENTS, "192.0.2.0/2x", "is no network"},
        {EXEMPT_CLIENTS, "192.0.2.0/-1", "is no network"},
        {EXEMPT_CLIENTS, "192.0.2.0/255.255.255.0", "is no network"},
        {EXEMPT_CLIENTS, "/etc/tarry/more", "is no /regex/"},
        {EXEMPT_CLIENTS, "localhost", "is no full host name"},
        {EXEMPT_CLIENTS, "*.example.com", "is neither"},
        {EXEMPT_CLIENTS, "joe@example.com", "is neither"},
        {EXEMPT_CLIENTS, "a.example b.example", "more than one word"},
        {EXEMPT_CLIENTS, "a.example # why", "lines of their own"},
        {EXEMPT_CLIENTS, "//", "is a regex of no"},
        {EXEMPT_CLIENTS, "/(/", "is no regex"},
        {EXEMPT_CLIENTS, "/a++++++++++++++++++++++++++++++++/", "more than 8"},
        {EXEMPT_CLIENTS, "/(a)\\1/", "back-reference"},
        {EXEMPT_CLIENTS, "/a{2,9}/", "count in braces"},
        {EXEMPT_SENDERS, "postmaster", "is no domain and no address"},
        {EXEMPT_SENDERS, "joe@", "is no domain and no address"},
        {EXEMPT_SENDERS, "joe@a..b", "is no address"},
        {EXEMPT_SENDERS, "@", "is no domain"},
        {EXEMPT_SENDERS, ".", "is no domain"},
        {EXEMPT_SENDERS, ".a..b", "is no domain"},
        {EXEMPT_SENDERS, "a@b@c.example", "is no address"},
        {EXEMPT_SENDERS, "<joe@a.example>", "is no address"},
        {EXEMPT_RECIPIENTS, "<>", "is no local part"},
        {EXEMPT_RECIPIENTS, "joe ann", "more than one word"},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct exempt *e = exempt_new(cases[i].kind);

        cr_expect_not(exempt_add(e, "f", 3, cases[i].text, err, sizeof(err)),
                      "%s", cases[i].text);
        cr_expect(strncmp(err, "f:3: '", 6) == 0 &&
                      strstr(err, cases[i].err) != NULL,
                  "%s: %s", cases[i].text, err);
        exempt_free(e);
    }
}

Test(exempt, reports_every_mistake_with_its_line)
{
    static const char text[] = "192.0.2.1\n192.0.2\n# 3\n\nx y\nb.example\nnul"
                               "\0.example\n";
    struct exempt *e = exempt_new(EXEMPT_CLIENTS);

    cr_assert_not(
        exempt_add_text(e, "f", text, sizeof(text) - 1, err, sizeof(err)));
    cr_assert_eq(strncmp(err, "f:2: ", 5), 0);
    cr_assert_not_null(strstr(err, "\nf:5: "));
    cr_assert_not_null(strstr(err, "\nf:7: "));
    cr_assert_null(strstr(err, "f:6: "));
    exempt_free(e);
}

Test(exempt, stops_at_twenty_mistakes)
{
    struct exempt *e = exempt_new(EXEMPT_CLIENTS);
    char text[200];

    memset(text, '\n', sizeof(text));
    for (size_t i = 0; i < sizeof(text); i += 2)
        text[i] = '?';
    cr_assert_not(exempt_add_text(e, "f", text, 200, err, sizeof(err)));
    cr_assert_not_null(strstr(err, "f:20:"));
    cr_assert_null(strstr(err, "f:21:"));
    exempt_free(e);
}

Test(exempt, refuses_more_regexes_than_are_quick)
{
    struct exempt *e = exempt_new(EXEMPT_CLIENTS);

    for (unsigned i = 0; i < EXEMPT_REGEXES; i++)
        cr_assert(exempt_add(e, "f", i, "/x/", err, sizeof(err)));
    cr_assert_not(exempt_add(e, "f", 99, "/x/", err, sizeof(err)));
    exempt_free(e);
}

static uint32_t random_u32(void)
{
    static uint64_t seed = 3;

    seed = seed * UINT64_C(6364136223846793005) + 1442695040888963407;
    return (uint32_t)(seed >> 32);
}

Test(exempt, agrees_with_a_search_of_all_networks)
{
    static struct {
        uint32_t start, mask;
    } nets[500];
    struct exempt *e = exempt_new(EXEMPT_CLIENTS);
    char text[64];

    for (unsigned i = 0; i < 500; i++) {
        unsigned prefix = 4 + random_u32() % 29;

        nets[i].mask = UINT32_MAX << (32 - prefix);
        nets[i].start = (random_u32() & 0x3f0f00ffu) & nets[i].mask;
        snprintf(text, sizeof(text), "%u.%u.%u.%u/%u", nets[i].start >> 24,
                 nets[i].start >> 16 & 255, nets[i].start >> 8 & 255,
                 nets[i].start & 255, prefix);
        cr_assert(exempt_add(e, "f", i, text, err, sizeof(err)), "%s", err);
    }
    exempt_seal(e);
    for (unsigned k = 0; k < 20000; k++) {
        uint32_t x = random_u32() & 0x3f0f00ffu, best = 0;
        const struct exempt_entry *found;
        struct netaddr a = {4,
                            {(uint8_t)(x >> 24), (uint8_t)(x >> 16),
                             (uint8_t)(x >> 8), (uint8_t)x}};
        bool any = false;

        for (unsigned i = 0; i < 500; i++)
            if ((x & nets[i].mask) == nets[i].start &&
                (!any || nets[i].mask >= best)) {
                any = true;
                best = nets[i].mask;
            }
        found = exempt_client(e, &a, "");
        cr_assert_eq(found != NULL, any);
        cr_assert(found == NULL || nets[found->line].mask == best);
    }
    exempt_free(e);
}

static double since(const struct timespec *start)
{
    struct timespec now;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)(now.tv_sec - start->tv_sec) * 1e9 +
           (double)(now.tv_nsec - start->tv_nsec);
}

#define QUESTIONS 200000

Test(exempt, matches_ten_thousand_entries_in_less_than_a_microsecond)
{
    struct exempt *c = exempt_new(EXEMPT_CLIENTS);
    struct exempt *s = exempt_new(EXEMPT_SENDERS);
    struct address a = {.local = "joe.user"};
    struct timespec start;
    char text[64];
    double client_ns, sender_ns;
    unsigned found = 0;

    for (unsigned i = 0; i < 10000; i++) {
        snprintf(text, sizeof(text),
                 i % 2 ? "10.%u.%u.0/24" : ".d%u.h%u.example", i >> 8 & 255,
                 i & 255);
        cr_assert(exempt_add(c, "f", i, text, err, sizeof(err)), "%s", err);
        snprintf(text, sizeof(text),
                 i % 2 ? "u%u@d%u.example" : ".d%u.h%u.example", i, i % 100);
        cr_assert(exempt_add(s, "f", i, text, err, sizeof(err)), "%s", err);
    }
    exempt_seal(c);
    exempt_seal(s);
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &start);
    for (unsigned i = 0; i < QUESTIONS; i++) {
        struct netaddr n = {4, {(uint8_t)(9 + i % 3), (uint8_t)(i >> 8), 7, 1}};

        found += exempt_client(c, &n, "mx1.mail.example.org") != NULL;
    }
    client_ns = since(&start) / QUESTIONS;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &start);
    for (unsigned i = 0; i < QUESTIONS; i++) {
        a.domain[0] = (char)('a' + i % 26);
        strcpy(a.domain + 1, "1.mail.example.org");
        found += exempt_address(s, &a, NULL) != NULL;
    }
    sender_ns = since(&start) / QUESTIONS;
    cr_log_info("10000 entries: %.0f ns a client, %.0f ns a sender", client_ns,
                sender_ns);
    printf("# 10000 entries: %.0f ns a client, %.0f ns a sender\n", client_ns,
           sender_ns);
    cr_assert_gt(found, 0);
#if defined(__SANITIZE_ADDRESS__) || defined(__clang__)
    cr_assert_lt(client_ns + sender_ns, 50000.0);
#else
    cr_assert_lt(client_ns, 1000.0);
    cr_assert_lt(sender_ns, 1000.0);
#endif
    exempt_free(c);
    exempt_free(s);
}
