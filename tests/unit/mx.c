/* Where a domain's mail goes, decided without a name server. */
#include "resolver/mx.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

static struct mx_ours ours;
static struct mx_search m;

static void ours_are(const char *a, const char *b)
{
    const char *const all[] = {a, b};

    memset(&ours, 0, sizeof(ours));
    for (size_t i = 0; i < 2 && all[i] != NULL; i++, ours.n++)
        if (!netaddr_parse(all[i], &ours.v[i].address))
            strcpy(ours.v[i].name, all[i]);
}

static void begin(const char *domain)
{
    struct mx_question q;

    mx_init(&m, domain, &ours, 42);
    cr_assert_eq(mx_next(&m, &q), MX_ASK_MX);
}

/* Answers every question for addresses: one of IPv4, none of IPv6. */
static void answer_addresses(const char *address)
{
    struct mx_question q;
    struct netaddr a;

    while (mx_next(&m, &q) == MX_ASK_ADDRESS) {
        if (q.family == 4 && address != NULL) {
            cr_assert(netaddr_parse(address, &a));
            mx_address(&m, q.host, &a);
        }
        mx_addresses_end(
            &m, q.host, q.family,
            q.family == 4 && address != NULL ? ANSWER_OK : ANSWER_NONE, 600);
    }
    cr_assert_eq(mx_next(&m, &q), MX_DONE);
}

static enum mx verdict(void)
{
    unsigned ttl_sec;

    return mx_verdict(&m, &ttl_sec);
}

Test(mx, sorts_by_preference)
{
    begin("example.net");
    mx_record(&m, 30, "c.example.net.");
    mx_record(&m, 10, "A.example.net");
    mx_record(&m, 20, "b.example.net");
    mx_records_end(&m, ANSWER_OK, 600);
    answer_addresses("192.0.2.1");
    cr_assert_eq(verdict(), MX_FOUND);
    cr_assert_str_eq(m.hosts[0].name, "a.example.net");
    cr_assert_str_eq(m.hosts[1].name, "b.example.net");
    cr_assert_str_eq(m.hosts[2].name, "c.example.net");
}

Test(mx, puts_equals_in_another_order_by_another_chance)
{
    unsigned first[3] = {0};
    struct mx_question q;

    for (uint64_t chance = 0; chance < 300; chance++) {
        mx_init(&m, "example.net", &ours, chance * 7919);
        mx_next(&m, &q);
        mx_record(&m, 10, "a.example.net");
        mx_record(&m, 10, "b.example.net");
        mx_record(&m, 10, "c.example.net");
        mx_records_end(&m, ANSWER_OK, 600);
        first[m.hosts[0].name[0] - 'a']++;
    }
    for (int i = 0; i < 3; i++)
        cr_assert_gt(first[i], 50, "%c is first %u times of 300", 'a' + i,
                     first[i]);
}

Test(mx, keeps_the_best_sixteen_in_whatever_order_they_come)
{
    char name[32];

    begin("example.net");
    for (unsigned i = 0; i < 100; i++) {
        snprintf(name, sizeof(name), "h%u.example.net", i * 37 % 100);
        mx_record(&m, i * 37 % 100, name);
    }
    mx_records_end(&m, ANSWER_OK, 600);
    cr_assert_eq(m.n, MX_HOSTS);
    for (unsigned i = 0; i < MX_HOSTS; i++)
        cr_assert_eq(m.hosts[i].preference, i);
}

Test(mx, takes_a_domain_without_mx_for_its_own_host)
{
    begin("example.net");
    mx_records_end(&m, ANSWER_NONE, 600);
    answer_addresses("192.0.2.1");
    cr_assert_eq(verdict(), MX_FOUND);
    cr_assert_str_eq(m.hosts[0].name, "example.net");
}

Test(mx, does_not_fall_back_to_the_domain_when_the_server_failed)
{
    struct mx_question q;

    begin("example.net");
    mx_records_end(&m, ANSWER_FAILED, 0);
    cr_assert_eq(mx_next(&m, &q), MX_DONE);
    cr_assert_eq(verdict(), MX_UNKNOWN);
}

Test(mx, obeys_a_null_mx_only_when_it_is_alone)
{
    begin("example.net");
    mx_record(&m, 0, ".");
    mx_records_end(&m, ANSWER_OK, 600);
    answer_addresses(NULL);
    cr_assert_eq(verdict(), MX_NULL);
    begin("example.net");
    mx_record(&m, 0, ".");
    mx_record(&m, 10, "a.example.net");
    mx_records_end(&m, ANSWER_OK, 600);
    answer_addresses("192.0.2.1");
    cr_assert_eq(verdict(), MX_FOUND);
}

Test(mx, says_nothing_permanent_while_an_answer_is_missing)
{
    struct mx_question q;

    begin("example.net");
    cr_assert_eq(verdict(), MX_UNKNOWN);
    mx_record(&m, 10, "a.example.net");
    mx_records_end(&m, ANSWER_OK, 600);
    cr_assert_eq(mx_next(&m, &q), MX_ASK_ADDRESS);
    cr_assert_eq(verdict(), MX_UNKNOWN);
    mx_addresses_end(&m, 0, 4, ANSWER_NONE, 600);
    cr_assert_eq(verdict(), MX_UNKNOWN, "IPv6 may still come");
    cr_assert_eq(mx_next(&m, &q), MX_ASK_ADDRESS);
    mx_addresses_end(&m, 0, 6, ANSWER_NONE, 600);
    cr_assert_eq(verdict(), MX_NONE);
}

Test(mx, finds_a_host_of_which_one_family_failed)
{
    struct mx_question q;
    struct netaddr a;

    begin("example.net");
    mx_record(&m, 10, "a.example.net");
    mx_records_end(&m, ANSWER_OK, 600);
    mx_next(&m, &q);
    mx_next(&m, &q);
    netaddr_parse("2001:db8::1", &a);
    mx_address(&m, 0, &a);
    mx_addresses_end(&m, 0, 6, ANSWER_OK, 600);
    mx_addresses_end(&m, 0, 4, ANSWER_FAILED, 0);
    cr_assert_eq(verdict(), MX_FOUND);
}

Test(mx, leaves_out_us_and_all_that_are_not_better)
{
    ours_are("mx.example.org", "192.0.2.99");
    begin("example.net");
    mx_record(&m, 10, "a.example.net");
    mx_record(&m, 20, "MX.example.org.");
    mx_record(&m, 20, "b.example.net");
    mx_record(&m, 30, "c.example.net");
    mx_records_end(&m, ANSWER_OK, 600);
    answer_addresses("192.0.2.1");
    cr_assert_eq(verdict(), MX_FOUND);
    cr_assert_eq(m.n, 1);
}

Test(mx, says_so_when_we_are_the_best)
{
    ours_are("mx.example.org", "192.0.2.99");
    begin("example.net");
    mx_record(&m, 10, "mx.example.org");
    mx_record(&m, 20, "b.example.net");
    mx_records_end(&m, ANSWER_OK, 600);
    answer_addresses("192.0.2.1");
    cr_assert_eq(verdict(), MX_SELF);
    begin("example.net");
    mx_record(&m, 10, "other-name.example.org");
    mx_records_end(&m, ANSWER_OK, 600);
    answer_addresses("192.0.2.99");
    cr_assert_eq(verdict(), MX_SELF);
}

Test(mx, knows_that_a_name_that_cannot_be_asked_for_does_not_exist)
{
    struct mx_question q;

    mx_init(&m, "a..b", &ours, 1);
    cr_assert_eq(mx_next(&m, &q), MX_DONE);
    cr_assert_eq(verdict(), MX_NONE);
}

Test(mx, keeps_an_answer_within_bounds)
{
    unsigned ttl_sec;

    begin("example.net");
    mx_record(&m, 10, "a.example.net");
    mx_records_end(&m, ANSWER_OK, 1);
    answer_addresses("192.0.2.1");
    mx_verdict(&m, &ttl_sec);
    cr_assert_eq(ttl_sec, MX_MIN_SEC);
    begin("example.net");
    mx_records_end(&m, ANSWER_NONE, 86400);
    answer_addresses(NULL);
    mx_verdict(&m, &ttl_sec);
    cr_assert_eq(ttl_sec, MX_NEGATIVE_SEC);
}

Test(mx, picks_families_by_turns_and_leaves_none_out)
{
    struct mx_host h = {.of = {{.n = 3}, {.n = 1}}};
    struct netaddr a;
    unsigned families = 0, n;

    for (n = 0; n < 3; n++)
        h.of[0].v[n].family = 4;
    h.of[1].v[0].family = 6;
    for (n = 0; mx_pick(&h, n, &a); n++)
        families = families * 10 + a.family;
    cr_assert_eq(families, 6444);
    h.of[0].n = 0;
    cr_assert(mx_pick(&h, 0, &a) && a.family == 6);
    cr_assert_not(mx_pick(&h, 1, &a));
}
