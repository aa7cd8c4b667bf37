/* The decision on a client's verified name, as a table of answers. */
#include "resolver/fcrdns.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#define CLIENT "192.0.2.7"
#define OTHER  "192.0.2.8"

/* What the name servers say of one name; NULL addresses: nothing yet. */
struct reply {
    enum answer_status status;
    const char *address;
    unsigned ttl_sec;
};

static struct netaddr address(const char *text)
{
    struct netaddr a;

    cr_assert(netaddr_parse(text, &a));
    return a;
}

static struct fcrdns begun(const char *client)
{
    struct fcrdns f;
    struct fcrdns_question q;
    struct netaddr a = address(client);

    fcrdns_init(&f, &a);
    cr_assert_eq(fcrdns_next(&f, &q), FCRDNS_ASK_PTR);
    cr_assert_eq(fcrdns_next(&f, &q), FCRDNS_WAIT);
    return f;
}

/* A client whose PTR answer was this; returns how many names are asked for. */
static size_t named(struct fcrdns *f, const char *const *names, size_t n)
{
    struct fcrdns_question q;
    size_t asked = 0;

    *f = begun(CLIENT);
    for (size_t i = 0; i < n; i++)
        fcrdns_name(f, names[i]);
    fcrdns_names_end(f, ANSWER_OK, 600);
    while (fcrdns_next(f, &q) == FCRDNS_ASK_ADDRESS) {
        cr_assert_eq(q.index, asked);
        cr_assert_str_eq(q.name, f->names[asked].text);
        asked++;
    }
    return asked;
}

static void says(struct fcrdns *f, size_t i, struct reply r)
{
    if (r.address != NULL) {
        struct netaddr a = address(r.address);

        fcrdns_address(f, i, &a);
    }
    fcrdns_addresses_end(f, i, r.status, r.ttl_sec);
}

static bool done(struct fcrdns *f)
{
    struct fcrdns_question q;

    return fcrdns_next(f, &q) == FCRDNS_DONE;
}

static void expect(const struct fcrdns *f, enum named named, const char *name,
                   unsigned ttl_sec)
{
    struct fcrdns_verdict v = fcrdns_verdict(f);

    cr_assert_eq(v.named, named);
    cr_assert_str_eq(v.name, name);
    cr_assert_eq(v.ttl_sec, ttl_sec, "%u seconds, not %u", v.ttl_sec, ttl_sec);
}

static const struct reply yes = {ANSWER_OK, CLIENT, 600};
static const struct reply lie = {ANSWER_OK, OTHER, 600};
static const struct reply none = {ANSWER_NONE, NULL, 600};
static const struct reply failed = {ANSWER_FAILED, NULL, 0};

Test(fcrdns, asks_for_the_reverse_name_of_an_ipv4_address)
{
    struct fcrdns f;
    struct fcrdns_question q;
    struct netaddr a = address("192.0.2.255");

    fcrdns_init(&f, &a);
    cr_assert_eq(fcrdns_next(&f, &q), FCRDNS_ASK_PTR);
    cr_assert_str_eq(q.name, "255.2.0.192.in-addr.arpa");
}

Test(fcrdns, asks_for_the_reverse_name_of_an_ipv6_address)
{
    struct fcrdns f;
    struct fcrdns_question q;
    struct netaddr a = address("2001:db8::567:89ab");

    fcrdns_init(&f, &a);
    cr_assert_eq(fcrdns_next(&f, &q), FCRDNS_ASK_PTR);
    cr_assert_str_eq(q.name, "b.a.9.8.7.6.5.0.0.0.0.0.0.0.0.0."
                             "0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa");
    cr_assert_lt(strlen(q.name), FCRDNS_QUESTION);
}

Test(fcrdns, knows_nothing_before_the_first_answer)
{
    struct fcrdns f = begun(CLIENT);

    expect(&f, NAMED_UNKNOWN, "", FCRDNS_UNKNOWN_SEC);
}

Test(fcrdns, finds_no_name_when_there_is_no_ptr)
{
    struct fcrdns f = begun(CLIENT);

    fcrdns_names_end(&f, ANSWER_NONE, 100);
    cr_assert(done(&f));
    expect(&f, NAMED_NONE, "", 100);
}

Test(fcrdns, does_not_know_when_the_ptr_question_failed)
{
    struct fcrdns f = begun(CLIENT);

    fcrdns_names_end(&f, ANSWER_FAILED, 0);
    cr_assert(done(&f));
    expect(&f, NAMED_UNKNOWN, "", FCRDNS_UNKNOWN_SEC);
}

Test(fcrdns, verifies_a_name_that_leads_back)
{
    struct fcrdns f;

    cr_assert_eq(named(&f, (const char *[]){"Mail.Example.ORG."}, 1), 1);
    cr_assert(!done(&f));
    says(&f, 0, yes);
    cr_assert(done(&f));
    expect(&f, NAMED_VERIFIED, "mail.example.org", 600);
}

Test(fcrdns, verifies_by_any_address_of_the_name)
{
    struct fcrdns f;
    struct netaddr first = address(OTHER);

    named(&f, (const char *[]){"mail.example.org"}, 1);
    fcrdns_address(&f, 0, &first);
    says(&f, 0, yes);
    expect(&f, NAMED_VERIFIED, "mail.example.org", 600);
}

Test(fcrdns, does_not_believe_a_ptr_that_lies)
{
    struct fcrdns f;

    named(&f, (const char *[]){"mail.example.org"}, 1);
    says(&f, 0, lie);
    cr_assert(done(&f));
    expect(&f, NAMED_NONE, "", FCRDNS_NEGATIVE_SEC);
}

Test(fcrdns, does_not_believe_a_name_that_does_not_exist)
{
    struct fcrdns f;

    named(&f, (const char *[]){"mail.example.org"}, 1);
    says(&f, 0, none);
    expect(&f, NAMED_NONE, "", FCRDNS_NEGATIVE_SEC);
}

Test(fcrdns, does_not_confuse_an_ipv4_address_with_the_same_octets_of_ipv6)
{
    struct fcrdns f;
    struct netaddr a = address(CLIENT);

    named(&f, (const char *[]){"mail.example.org"}, 1);
    a.family = 6;
    fcrdns_address(&f, 0, &a);
    says(&f, 0, lie);
    expect(&f, NAMED_NONE, "", FCRDNS_NEGATIVE_SEC);
}

Test(fcrdns, verifies_an_ipv6_client)
{
    struct fcrdns f = begun("2001:db8::1");
    struct fcrdns_question q;

    fcrdns_name(&f, "six.example.org");
    fcrdns_names_end(&f, ANSWER_OK, 600);
    cr_assert_eq(fcrdns_next(&f, &q), FCRDNS_ASK_ADDRESS);
    says(&f, 0, (struct reply){ANSWER_OK, "2001:db8::1", 600});
    expect(&f, NAMED_VERIFIED, "six.example.org", 600);
}

Test(fcrdns, takes_the_third_name_when_only_that_one_leads_back)
{
    struct fcrdns f;

    cr_assert_eq(named(&f,
                       (const char *[]){"a.example", "b.example", "c.example",
                                        "d.example"},
                       4),
                 4);
    says(&f, 0, lie);
    says(&f, 1, none);
    says(&f, 2, yes);
    cr_assert(done(&f));
    expect(&f, NAMED_VERIFIED, "c.example", 600);
}

Test(fcrdns, takes_the_first_name_whichever_answer_comes_first)
{
    struct fcrdns f;

    named(&f, (const char *[]){"a.example", "b.example"}, 2);
    says(&f, 1, yes);
    cr_assert(!done(&f), "the first name may still lead back");
    says(&f, 0, yes);
    cr_assert(done(&f));
    expect(&f, NAMED_VERIFIED, "a.example", 600);
}

Test(fcrdns, does_not_wait_for_names_behind_the_one_that_leads_back)
{
    struct fcrdns f;

    named(&f, (const char *[]){"a.example", "b.example"}, 2);
    says(&f, 0, yes);
    cr_assert(done(&f));
    says(&f, 1, yes);
    expect(&f, NAMED_VERIFIED, "a.example", 600);
}

Test(fcrdns, verifies_a_name_although_the_one_before_it_failed)
{
    struct fcrdns f;

    named(&f, (const char *[]){"dead.example", "b.example"}, 2);
    says(&f, 0, failed);
    says(&f, 1, yes);
    cr_assert(done(&f));
    expect(&f, NAMED_VERIFIED, "b.example", 600);
}

Test(fcrdns, verifies_a_name_when_time_is_over_for_the_one_before_it)
{
    struct fcrdns f;

    named(&f, (const char *[]){"dead.example", "b.example"}, 2);
    says(&f, 1, yes);
    expect(&f, NAMED_VERIFIED, "b.example", 600);
}

Test(fcrdns, does_not_know_when_one_name_lies_and_one_failed)
{
    struct fcrdns f;

    named(&f, (const char *[]){"a.example", "dead.example"}, 2);
    says(&f, 0, lie);
    expect(&f, NAMED_UNKNOWN, "", FCRDNS_UNKNOWN_SEC);
    says(&f, 1, failed);
    cr_assert(done(&f));
    expect(&f, NAMED_UNKNOWN, "", FCRDNS_UNKNOWN_SEC);
}

Test(fcrdns, does_not_take_an_address_from_an_answer_that_failed)
{
    struct fcrdns f;

    named(&f, (const char *[]){"a.example"}, 1);
    says(&f, 0, (struct reply){ANSWER_FAILED, CLIENT, 600});
    expect(&f, NAMED_UNKNOWN, "", FCRDNS_UNKNOWN_SEC);
}

Test(fcrdns, asks_for_eight_of_twenty_names)
{
    struct fcrdns f;
    char text[20][16];
    const char *names[20];

    for (int i = 0; i < 20; i++) {
        snprintf(text[i], sizeof(text[i]), "n%d.example", i);
        names[i] = text[i];
    }
    cr_assert_eq(named(&f, names, 20), 8);
    for (size_t i = 0; i < 8; i++)
        says(&f, i, lie);
    cr_assert(done(&f));
    expect(&f, NAMED_NONE, "", FCRDNS_NEGATIVE_SEC);
}

Test(fcrdns, asks_once_for_a_name_given_twice)
{
    struct fcrdns f;

    cr_assert_eq(named(&f, (const char *[]){"a.example", "A.example."}, 2), 1);
}

Test(fcrdns, passes_over_names_that_no_host_can_have)
{
    static const char *const odd[] = {"",
                                      ".",
                                      "a b.example",
                                      "a\\000b.example",
                                      "a\\013\\010.example",
                                      "a\nb.example",
                                      "-a\x7f.example",
                                      "\xc3\xa4.example",
                                      "a..example",
                                      "<script>.example",
                                      "mail.example.org"};
    char longest[300];
    struct fcrdns f;

    cr_assert_eq(named(&f, odd, sizeof(odd) / sizeof(odd[0])), 1);
    cr_assert_str_eq(f.names[0].text, "mail.example.org");
    cr_assert_eq(f.odd, 10);

    memset(longest, 'a', sizeof(longest));
    longest[sizeof(longest) - 1] = '\0';
    f = begun(CLIENT);
    fcrdns_name(&f, longest);
    fcrdns_names_end(&f, ANSWER_OK, 600);
    cr_assert(done(&f));
    expect(&f, NAMED_NONE, "", FCRDNS_NEGATIVE_SEC);
}

Test(fcrdns, keeps_a_verified_name_as_long_as_both_answers_hold)
{
    static const struct {
        unsigned ptr, address, kept;
    } cases[] = {{600, 700, 600},     {700, 600, 600}, {0, 700, 60},
                 {59, 59, 60},        {60, 60, 60},    {3600, 3600, 3600},
                 {86400, 90000, 3600}};

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct fcrdns f = begun(CLIENT);
        struct fcrdns_question q;

        fcrdns_name(&f, "a.example");
        fcrdns_names_end(&f, ANSWER_OK, cases[i].ptr);
        fcrdns_next(&f, &q);
        says(&f, 0, (struct reply){ANSWER_OK, CLIENT, cases[i].address});
        expect(&f, NAMED_VERIFIED, "a.example", cases[i].kept);
    }
}

Test(fcrdns, keeps_that_there_is_no_name_for_five_minutes_at_most)
{
    static const unsigned cases[][2] = {
        {0, 60}, {60, 60}, {299, 299}, {300, 300}, {86400, 300}};

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct fcrdns f = begun(CLIENT);

        fcrdns_names_end(&f, ANSWER_NONE, cases[i][0]);
        expect(&f, NAMED_NONE, "", cases[i][1]);
    }
}
