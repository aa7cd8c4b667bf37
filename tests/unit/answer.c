/* Reading DNS messages: what answers, what does not, and what is broken. */
#include "resolver/answer.h"

#include <arpa/nameser.h>
#include <criterion/criterion.h>
#include <string.h>

#define QUESTION "7.2.0.192.in-addr.arpa"

struct message {
    size_t len;
    unsigned char data[65536];
};

static struct message m;

static void put16(unsigned v)
{
    m.data[m.len++] = (unsigned char)(v >> 8);
    m.data[m.len++] = (unsigned char)v;
}

static void put_name(const char *name)
{
    while (*name != '\0') {
        size_t n = strcspn(name, ".");

        m.data[m.len++] = (unsigned char)n;
        memcpy(m.data + m.len, name, n);
        m.len += n;
        name += n + (name[n] == '.');
    }
    m.data[m.len++] = 0;
}

/* A message with one question. */
static void begin(unsigned rcode, unsigned answers, unsigned authorities,
                  const char *name, unsigned type)
{
    m.len = 0;
    put16(0x1234);
    put16(0x8180 | rcode);
    put16(1);
    put16(answers);
    put16(authorities);
    put16(0);
    put_name(name);
    put16(type);
    put16(ns_c_in);
}

/* A record up to its data; returns where the length of the data stands. */
static size_t record(const char *owner, unsigned type, unsigned long ttl_sec)
{
    put_name(owner);
    put16(type);
    put16(ns_c_in);
    put16((unsigned)(ttl_sec >> 16));
    put16((unsigned)(ttl_sec & 0xffff));
    put16(0);
    return m.len - 2;
}

static void end(size_t length_at)
{
    ns_put16((unsigned)(m.len - length_at - 2), m.data + length_at);
}

static void named_record(const char *owner, unsigned type,
                         unsigned long ttl_sec, const char *target)
{
    size_t at = record(owner, type, ttl_sec);

    put_name(target);
    end(at);
}

static void soa(unsigned long ttl_sec, unsigned long minimum)
{
    size_t at = record("2.0.192.in-addr.arpa", ns_t_soa, ttl_sec);

    put_name("ns.example");
    put_name("admin.example");
    for (int i = 0; i < 4; i++) {
        put16(0);
        put16(1);
    }
    put16((unsigned)(minimum >> 16));
    put16((unsigned)(minimum & 0xffff));
    end(at);
}

static struct answer answer(const char *name, unsigned type)
{
    struct answer a;

    answer_read(&a, m.data, m.len, name, type);
    return a;
}

static void expect_name(const struct answer *a, size_t i, const char *name)
{
    char text[ANSWER_NAME];

    cr_assert_lt(i, a->n);
    cr_assert(answer_name(a, &a->records[i], 0, text));
    cr_assert_str_eq(text, name);
}

Test(answer, reads_names_in_their_order)
{
    struct answer a;

    begin(ns_r_noerror, 2, 0, QUESTION, ns_t_ptr);
    named_record(QUESTION, ns_t_ptr, 700, "b.example");
    named_record("7.2.0.192.IN-ADDR.arpa", ns_t_ptr, 600, "a.example");
    a = answer(QUESTION, ns_t_ptr);
    cr_assert_eq(a.status, ANSWER_OK);
    cr_assert_eq(a.n, 2);
    cr_assert_eq(a.ttl_sec, 600);
    expect_name(&a, 0, "b.example");
    expect_name(&a, 1, "a.example");
}

Test(answer, follows_aliases)
{
    struct answer a;

    begin(ns_r_noerror, 3, 0, QUESTION, ns_t_ptr);
    named_record(QUESTION, ns_t_cname, 300, "7.0/25.2.0.192.in-addr.arpa");
    named_record("7.0/25.2.0.192.in-addr.arpa", ns_t_cname, 900, "x.example");
    named_record("x.example", ns_t_ptr, 600, "mail.example");
    a = answer(QUESTION, ns_t_ptr);
    cr_assert_eq(a.status, ANSWER_OK);
    cr_assert_eq(a.n, 1);
    cr_assert_eq(a.ttl_sec, 300);
    expect_name(&a, 0, "mail.example");
}

Test(answer, stops_at_an_alias_to_itself)
{
    struct answer a;

    begin(ns_r_noerror, 1, 0, QUESTION, ns_t_ptr);
    named_record(QUESTION, ns_t_cname, 300, QUESTION);
    a = answer(QUESTION, ns_t_ptr);
    cr_assert_eq(a.status, ANSWER_NONE);
}

Test(answer, leaves_out_records_of_other_names_and_types)
{
    struct answer a;

    begin(ns_r_noerror, 3, 0, QUESTION, ns_t_ptr);
    named_record("8.2.0.192.in-addr.arpa", ns_t_ptr, 1, "other.example");
    named_record(QUESTION, ns_t_ns, 1, "ns.example");
    named_record(QUESTION, ns_t_ptr, 600, "mail.example");
    a = answer(QUESTION, ns_t_ptr);
    cr_assert_eq(a.n, 1);
    cr_assert_eq(a.ttl_sec, 600);
    expect_name(&a, 0, "mail.example");
}

Test(answer, leaves_out_records_of_another_class)
{
    struct answer a;
    size_t class_at;

    begin(ns_r_noerror, 1, 0, "a.example", ns_t_ptr);
    class_at = m.len + strlen("a.example") + 4;
    named_record("a.example", ns_t_ptr, 600, "mail.example");
    ns_put16(ns_c_chaos, m.data + class_at);
    a = answer("a.example", ns_t_ptr);
    cr_assert_eq(a.status, ANSWER_NONE);
}

Test(answer, says_none_when_the_name_does_not_exist)
{
    struct answer a;

    begin(ns_r_nxdomain, 0, 1, QUESTION, ns_t_ptr);
    soa(900, 200);
    a = answer(QUESTION, ns_t_ptr);
    cr_assert_eq(a.status, ANSWER_NONE);
    cr_assert_eq(a.ttl_sec, 200);
}

Test(answer, keeps_none_no_longer_than_the_soa_record_lives)
{
    begin(ns_r_noerror, 0, 1, QUESTION, ns_t_ptr);
    soa(100, 200);
    cr_assert_eq(answer(QUESTION, ns_t_ptr).ttl_sec, 100);
}

Test(answer, gives_no_time_to_none_without_an_soa_record)
{
    struct answer a;

    begin(ns_r_noerror, 0, 0, QUESTION, ns_t_ptr);
    a = answer(QUESTION, ns_t_ptr);
    cr_assert_eq(a.status, ANSWER_NONE);
    cr_assert_eq(a.ttl_sec, 0);
}

Test(answer, fails_on_every_other_code)
{
    for (unsigned rcode = 0; rcode < 16; rcode++) {
        struct answer a;

        begin(rcode, 1, 0, QUESTION, ns_t_ptr);
        named_record(QUESTION, ns_t_ptr, 600, "mail.example");
        a = answer(QUESTION, ns_t_ptr);
        cr_assert_eq(a.status, rcode == ns_r_noerror    ? ANSWER_OK
                               : rcode == ns_r_nxdomain ? ANSWER_NONE
                                                        : ANSWER_FAILED);
        cr_assert(!a.malformed);
    }
}

Test(answer, reads_a_negative_time_as_none)
{
    begin(ns_r_noerror, 1, 0, QUESTION, ns_t_ptr);
    named_record(QUESTION, ns_t_ptr, 0x80000000ul, "mail.example");
    cr_assert_eq(answer(QUESTION, ns_t_ptr).ttl_sec, 0);
}

Test(answer, refuses_a_message_cut_anywhere)
{
    begin(ns_r_noerror, 1, 0, QUESTION, ns_t_ptr);
    named_record(QUESTION, ns_t_ptr, 600, "mail.example");
    for (size_t whole = m.len--; m.len > 0; m.len--) {
        struct answer a = answer(QUESTION, ns_t_ptr);

        cr_assert_eq(a.status, ANSWER_FAILED, "%zu of %zu", m.len, whole);
        cr_assert(a.malformed);
        cr_assert_eq(a.n, 0);
    }
}

Test(answer, refuses_an_owner_that_points_at_itself)
{
    struct answer a;
    size_t owner;

    begin(ns_r_noerror, 1, 0, QUESTION, ns_t_ptr);
    owner = m.len;
    put16((unsigned)(0xc000 | owner));
    put16(ns_t_ptr);
    put16(ns_c_in);
    put16(0);
    put16(600);
    put16(0);
    a = answer(QUESTION, ns_t_ptr);
    cr_assert_eq(a.status, ANSWER_FAILED);
    cr_assert(a.malformed);
}

Test(answer, gives_no_name_for_data_that_loop_or_leave_the_message)
{
    static const unsigned pointers[] = {0, 0x3fff};
    char name[ANSWER_NAME];

    for (size_t i = 0; i < 2; i++) {
        struct answer a;
        size_t at;

        begin(ns_r_noerror, 1, 0, QUESTION, ns_t_ptr);
        at = record(QUESTION, ns_t_ptr, 600);
        put16(0xc000 | (pointers[i] != 0 ? pointers[i] : (unsigned)m.len));
        end(at);
        a = answer(QUESTION, ns_t_ptr);
        cr_assert_eq(a.n, 1);
        cr_assert(!answer_name(&a, &a.records[0], 0, name));
        cr_assert(!answer_name(&a, &a.records[0], 2, name));
    }
}

Test(answer, escapes_odd_octets_of_a_name)
{
    struct answer a;
    size_t at;

    begin(ns_r_noerror, 1, 0, QUESTION, ns_t_ptr);
    at = record(QUESTION, ns_t_ptr, 600);
    memcpy(m.data + m.len,
           "\x05"
           "a\r\n.\0",
           7);
    m.len += 7;
    end(at);
    a = answer(QUESTION, ns_t_ptr);
    expect_name(&a, 0, "a\\013\\010\\.\\000");
}

Test(answer, looks_at_a_bounded_number_of_records)
{
    struct answer a;

    begin(ns_r_noerror, 1000, 0, "a.example", ns_t_ptr);
    for (int i = 0; i < 1000; i++)
        named_record("a.example", ns_t_ptr, i < ANSWER_RECORDS ? 600 : 1, "b");
    a = answer("a.example", ns_t_ptr);
    cr_assert_eq(a.status, ANSWER_OK);
    cr_assert_eq(a.n, ANSWER_RECORDS);
    cr_assert_eq(a.ttl_sec, 600);
}

Test(answer, refuses_more_octets_than_a_message_can_have)
{
    static unsigned char big[70000];
    struct answer a;

    answer_read(&a, big, sizeof(big), QUESTION, ns_t_ptr);
    cr_assert(a.malformed);
}
