/* Jobs and results as payloads: what goes in comes out, and nothing else. */
#include "queue/job.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

static struct job in, back;
static struct msg_out out;

static void fill(void)
{
    memset(&in, 0, sizeof(in));
    job_times_default(in.times_ms);
    in.flags = JOB_TLS_REQUIRED | JOB_8BIT;
    in.size = 1ull << 40;
    in.minimum_rate = 100;
    strcpy(in.helo, "me.example.com");
    strcpy(in.sender, "\"a b\"@example.com");
    strcpy(in.envid, "abc+2B");
    cr_assert(netaddr_parse("192.0.2.1", &in.source4));
    in.naddresses = 2;
    for (unsigned i = 0; i < 2; i++) {
        strcpy(in.addresses[i].host, "mx.example.net");
        cr_assert(netaddr_parse(i == 0 ? "192.0.2.2" : "2001:db8::2",
                                &in.addresses[i].address));
        in.addresses[i].port = 25;
    }
    in.first = 1;
    in.nrecipients = 2;
    strcpy(in.recipients[0].address, "bob@example.net");
    in.recipients[0].notify = NOTIFY_SUCCESS | NOTIFY_DELAY;
    strcpy(in.recipients[0].orcpt, "rfc822;bob@example.net");
    strcpy(in.recipients[1].address, "carol@example.net");
}

static bool through(void)
{
    struct msg_in i;

    msg_reset(&out);
    job_put(&out, &in);
    i = (struct msg_in){.data = out.data, .left = out.len};
    return job_get(&i, &back);
}

Test(job, comes_back_as_it_went)
{
    fill();
    cr_assert(through());
    cr_assert_eq(memcmp(&in, &back, sizeof(in)), 0);
}

Test(job, is_refused_when_any_octet_is_missing)
{
    struct msg_in i;

    fill();
    cr_assert(through());
    for (size_t n = 0; n < out.len; n++) {
        i = (struct msg_in){.data = out.data, .left = n};
        cr_assert_not(job_get(&i, &back), "%zu octets", n);
    }
}

Test(job, is_refused_when_something_follows)
{
    struct msg_in i;

    fill();
    through();
    msg_put_u32(&out, 0);
    i = (struct msg_in){.data = out.data, .left = out.len};
    cr_assert_not(job_get(&i, &back));
}

/* Each line breaks one thing; b is put back before the next. */
#define BREAKS(change)                           \
    do {                                         \
        fill();                                  \
        change;                                  \
        cr_assert_not(through(), "%s", #change); \
    } while (0)

Test(job, is_refused_when_it_could_speak_for_itself)
{
    BREAKS(strcpy(in.helo, "me\r\nRSET"));
    BREAKS(strcpy(in.helo, "me SIZE"));
    BREAKS(in.helo[0] = '\0');
    BREAKS(strcpy(in.sender, "a@b\r\nRCPT TO:<x@y>"));
    BREAKS(strcpy(in.sender, "a@b\n"));
    BREAKS(strcpy(in.envid, "a b"));
    BREAKS(strcpy(in.envid, "a\rb"));
    BREAKS(strcpy(in.recipients[1].address, "a@b\r"));
    BREAKS(strcpy(in.recipients[1].orcpt, "rfc822;a b"));
    BREAKS(strcpy(in.addresses[1].host, "mx x"));
}

Test(job, is_refused_when_it_leads_nowhere)
{
    BREAKS(in.naddresses = 0);
    BREAKS(in.first = in.naddresses);
    BREAKS(in.nrecipients = 0);
    BREAKS(in.addresses[0].port = 0);
    BREAKS(in.addresses[0].address.family = 0);
    BREAKS(in.addresses[0].address.family = 5);
    BREAKS(in.source4.family = 7);
    BREAKS(in.recipients[0].address[0] = '\0');
}

Test(job, overflows_with_more_than_a_message_holds)
{
    fill();
    in.nrecipients = JOB_RECIPIENTS;
    for (unsigned i = 0; i < JOB_RECIPIENTS; i++) {
        memset(in.recipients[i].address, 'a', ADDRESS_TEXT - 1);
        memset(in.recipients[i].orcpt, 'b', DSN_ORCPT - 1);
    }
    msg_reset(&out);
    job_put(&out, &in);
    cr_assert(out.overflow);
}

static struct job_result result, result_back;

static bool result_through(void)
{
    struct msg_in i;

    msg_reset(&out);
    job_result_put(&out, &result);
    cr_assert_leq(out.len, msg_table[MSG_RESULT].max);
    i = (struct msg_in){.data = out.data, .left = out.len};
    return job_result_get(&i, &result_back);
}

Test(job, has_results_that_come_back_as_they_went)
{
    result = (struct job_result){.index = 3,
                                 .outcome = OUTCOME_UNKNOWN,
                                 .step = STEP_DOT,
                                 .flags = RESULT_TLS,
                                 .host = "mx.example.net",
                                 .reply = "250-a\n250 b"};
    netaddr_parse("2001:db8::1", &result.address);
    cr_assert(result_through());
    cr_assert_eq(memcmp(&result, &result_back, sizeof(result)), 0);
    memset(result.reply, 'x', JOB_REPLY - 1);
    cr_assert(result_through(), "the longest reply");
}

Test(job, has_results_that_are_refused_when_a_server_could_have_made_them_up)
{
    result = (struct job_result){.reply = "250 a\r"};
    cr_assert_not(result_through());
    result = (struct job_result){.reply = "250 \x1b[2J"};
    cr_assert_not(result_through());
    result = (struct job_result){.host = "mx\xff"};
    cr_assert_not(result_through());
    result = (struct job_result){.outcome = (enum job_outcome)4};
    cr_assert_not(result_through());
    result = (struct job_result){.step = STEP_COUNT};
    cr_assert_not(result_through());
}

Test(job, has_the_times_of_rfc_5321)
{
    unsigned ms[TIME_COUNT];

    job_times_default(ms);
    for (unsigned i = 0; i < TIME_COUNT; i++)
        cr_assert_gt(ms[i], 0, "time %u", i);
    cr_assert_geq(ms[TIME_GREETING], 300000);
    cr_assert_geq(ms[TIME_MAIL], 300000);
    cr_assert_geq(ms[TIME_RCPT], 300000);
    cr_assert_geq(ms[TIME_DATA], 120000);
    cr_assert_geq(ms[TIME_BLOCK], 180000);
    cr_assert_geq(ms[TIME_DOT], 600000);
}

/* Hosts by their letters, "aab"; the last attempt ended at one of them. */
static unsigned behind(const char *hosts, const char *host, unsigned attempts)
{
    memset(&in, 0, sizeof(in));
    for (; *hosts != '\0'; hosts++)
        in.addresses[in.naddresses++].host[0] = *hosts;
    return job_behind(&in, host, attempts);
}

Test(job, goes_on_behind_a_host)
{
    cr_expect_eq(behind("abc", "a", 1), 1);
    cr_expect_eq(behind("abc", "b", 1), 2);
    cr_expect_eq(behind("abc", "c", 1), 0, "and begins anew");
    cr_expect_eq(behind("aabbc", "a", 1), 2, "all its addresses");
    cr_expect_eq(behind("aabb", "b", 1), 0);
    cr_expect_eq(behind("a", "a", 7), 0);
    cr_expect_eq(behind("abc", "z", 3), 0, "one that is no more");
    cr_expect_eq(behind("", "a", 3), 0);
}

Test(job, takes_another_address_each_time_where_there_is_one_host)
{
    for (unsigned i = 0; i < 6; i++)
        cr_expect_eq(behind("aaa", "a", i), i % 3);
}
