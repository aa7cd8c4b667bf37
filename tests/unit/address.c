/* Mail addresses: what is one, what it means, how it is written back. */
#include "lib/address.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

struct row {
    const char *text;
    unsigned flags;
    enum address_error error;
    const char *local, *domain;
};

static void check(const struct row *r)
{
    struct address a;
    size_t used = 0;
    enum address_error e =
        address_path(r->text, strlen(r->text), r->flags, &a, &used);

    cr_assert_eq(e, r->error, "%s: %s", r->text, address_error_text(e));
    if (e != ADDRESS_OK)
        return;
    cr_assert_str_eq(a.local, r->local, "%s: local %s", r->text, a.local);
    cr_assert_str_eq(a.domain, r->domain, "%s: domain %s", r->text, a.domain);
}

#define ROWS(rows)                                              \
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) \
    check(&rows[i])

Test(address, keeps_the_case_of_local_parts_and_not_of_domains)
{
    static const struct row rows[] = {
        {"<Alice@Example.ORG>", 0, ADDRESS_OK, "Alice", "example.org"},
        {"<a@b.example.>", 0, ADDRESS_OK, "a", "b.example"},
        {"<a_b@under_score.example>", 0, ADDRESS_OK, "a_b",
         "under_score.example"},
    };
    ROWS(rows);
}

Test(address, reads_and_ignores_source_routes)
{
    static const struct row rows[] = {
        {"<@a.example:u@d.example>", 0, ADDRESS_OK, "u", "d.example"},
        {"<@a.example,@b.example:u@d>", 0, ADDRESS_OK, "u", "d"},
        {"<@a.example u@d>", 0, ADDRESS_SYNTAX, "", ""},
        {"<@a.example,u@d>", 0, ADDRESS_SYNTAX, "", ""},
        {"<@a.example:>", 0, ADDRESS_SYNTAX, "", ""},
    };
    ROWS(rows);
}

Test(address, takes_quotes_off_and_puts_them_back)
{
    static const struct row rows[] = {
        {"<\"a b\"@d.example>", 0, ADDRESS_OK, "a b", "d.example"},
        {"<\"a\\\"b\\\\\"@d.example>", 0, ADDRESS_OK, "a\"b\\", "d.example"},
        {"<\"plain\"@d.example>", 0, ADDRESS_OK, "plain", "d.example"},
        {"<\"a@d.example>", 0, ADDRESS_SYNTAX, "", ""},
        {"<\"\"@d.example>", 0, ADDRESS_SYNTAX, "", ""},
        {"<\"a\\\">", 0, ADDRESS_SYNTAX, "", ""},
        {"<\"a\tb\"@d>", 0, ADDRESS_SYNTAX, "", ""},
    };
    struct address a;
    char text[ADDRESS_TEXT];
    size_t used;

    ROWS(rows);
    for (size_t i = 0; i < 2; i++) {
        address_path(rows[i].text, strlen(rows[i].text), 0, &a, &used);
        address_text(&a, text, sizeof(text));
        cr_assert(strncmp(text, rows[i].text + 1, strlen(text)) == 0, "%s",
                  text);
    }
    address_parse("plain@d.example", 0, &a);
    cr_assert_str_eq(address_text(&a, text, sizeof(text)), "plain@d.example");
}

Test(address, knows_null_senders_and_bare_postmasters_where_they_may_be)
{
    static const struct row rows[] = {
        {"<>", ADDRESS_NULL, ADDRESS_OK, "", ""},
        {"<>", 0, ADDRESS_SYNTAX, "", ""},
        {"<PostMaster>", ADDRESS_POSTMASTER, ADDRESS_OK, "PostMaster", ""},
        {"<postmaster>", 0, ADDRESS_NO_DOMAIN, "", ""},
        {"<alice>", ADDRESS_POSTMASTER, ADDRESS_NO_DOMAIN, "", ""},
    };
    ROWS(rows);
}

Test(address, reads_address_literals_strictly)
{
    static const struct row rows[] = {
        {"<a@[192.0.2.1]>", 0, ADDRESS_OK, "a", "[192.0.2.1]"},
        {"<a@[IPv6:2001:DB8::1]>", 0, ADDRESS_OK, "a", "[ipv6:2001:db8::1]"},
        {"<a@[192.0.2]>", 0, ADDRESS_SYNTAX, "", ""},
        {"<a@[192.0.2.1>", 0, ADDRESS_SYNTAX, "", ""},
        {"<a@[]>", 0, ADDRESS_SYNTAX, "", ""},
    };
    ROWS(rows);
}

Test(address, refuses_what_is_no_address)
{
    static const struct row rows[] = {
        {"a@b", 0, ADDRESS_SYNTAX, "", ""},
        {"<a@b", 0, ADDRESS_SYNTAX, "", ""},
        {"<@>", 0, ADDRESS_SYNTAX, "", ""},
        {"<a@>", 0, ADDRESS_SYNTAX, "", ""},
        {"<@b>", 0, ADDRESS_SYNTAX, "", ""},
        {"<.a@b>", 0, ADDRESS_SYNTAX, "", ""},
        {"<a.@b>", 0, ADDRESS_SYNTAX, "", ""},
        {"<a..b@c>", 0, ADDRESS_SYNTAX, "", ""},
        {"<a b@c>", 0, ADDRESS_NO_DOMAIN, "", ""},
        {"<a@b..c>", 0, ADDRESS_SYNTAX, "", ""},
        {"<a@-b>", 0, ADDRESS_SYNTAX, "", ""},
        {"<a@b c>", 0, ADDRESS_SYNTAX, "", ""},
        {"<a@b@c>", 0, ADDRESS_SYNTAX, "", ""},
        {"", 0, ADDRESS_SYNTAX, "", ""},
        {"<", 0, ADDRESS_SYNTAX, "", ""},
    };
    ROWS(rows);
}

Test(address, takes_utf8_only_when_it_was_asked_for_and_well_formed)
{
    static const struct row rows[] = {
        {"<\xc3\xa9@d.example>", 0, ADDRESS_NOT_ASCII, "", ""},
        {"<\xc3\xa9@d.example>", ADDRESS_UTF8, ADDRESS_OK, "\xc3\xa9",
         "d.example"},
        {"<a@\xc3\xa9.example>", ADDRESS_UTF8, ADDRESS_OK, "a",
         "\xc3\xa9.example"},
        {"<\xc3@d>", ADDRESS_UTF8, ADDRESS_SYNTAX, "", ""},
        {"<\xc0\xaf@d>", ADDRESS_UTF8, ADDRESS_SYNTAX, "", ""},
        {"<\xed\xa0\x80@d>", ADDRESS_UTF8, ADDRESS_SYNTAX, "", ""},
        {"<\xf5\x80\x80\x80@d>", ADDRESS_UTF8, ADDRESS_SYNTAX, "", ""},
        {"<\xc2\x85@d>", ADDRESS_UTF8, ADDRESS_SYNTAX, "", ""},
    };
    ROWS(rows);
}

Test(address, holds_what_rfc_5321_4_5_3_1_wants_held_and_no_more)
{
    char text[600], local[70], domain[300];
    struct address a;
    size_t used;

    memset(local, 'l', sizeof(local));
    memset(domain, 0, sizeof(domain));
    for (int i = 0; i < 255; i++)
        domain[i] = i % 64 == 63 ? '.' : 'd';
    snprintf(text, sizeof(text), "<%.64s@%.255s>", local, domain);
    cr_assert_eq(address_path(text, strlen(text), 0, &a, &used), ADDRESS_OK);
    cr_assert_eq(used, strlen(text));
    snprintf(text, sizeof(text), "<%.65s@d>", local);
    cr_assert_eq(address_path(text, strlen(text), 0, &a, &used),
                 ADDRESS_LONG_LOCAL);
    domain[255] = 'd';
    snprintf(text, sizeof(text), "<a@%s>", domain);
    cr_assert_eq(address_path(text, strlen(text), 0, &a, &used),
                 ADDRESS_LONG_DOMAIN);
}

Test(address, says_how_much_of_the_line_was_the_path)
{
    struct address a;
    size_t used = 0;

    cr_assert_eq(address_path("<a@b> SIZE=1", 12, 0, &a, &used), ADDRESS_OK);
    cr_assert_eq(used, 5);
}

Test(address, tells_host_names_from_what_may_not_stand_in_a_header)
{
    cr_assert(address_is_hostname("mx-1.example.org", 16));
    cr_assert(address_is_hostname("a_b", 3));
    cr_assert_not(address_is_hostname("", 0));
    cr_assert_not(address_is_hostname("a b", 3));
    cr_assert_not(address_is_hostname("a\nb", 3));
    cr_assert_not(address_is_hostname("a..b", 4));
    cr_assert_not(address_is_hostname("a\0b", 3));
    cr_assert_not(address_is_hostname("(x)", 3));
}
