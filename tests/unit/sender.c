/* The sender: when, from where and to whom, and when it gives up. */
#include "lab/sender.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct profile *profile(const char *text)
{
    char err[1024], whole[1024];
    struct profile *p;

    snprintf(whole, sizeof(whole), "title x\n%s", text);
    p = profile_parse("x.profile", whole, strlen(whole), err, sizeof(err));
    cr_assert_not_null(p, "%s", err);
    return p;
}

/* Deferred with 450 at RCPT for ever: the times; returns how many. */
static size_t deferred(const char *text, unsigned mxs, uint64_t seed,
                       struct sender_attempt *a, size_t max,
                       enum sender_next *end)
{
    struct profile *p = profile(text);
    struct sender s;
    size_t n = 0;

    sender_begin(&s, p, mxs, seed, 1000, &a[n]);
    do {
        n++;
        cr_assert_lt(n, max);
        *end = sender_after(&s, STEP_RCPT, 450, 0, a[n - 1].at, &a[n]);
    } while (*end == SENDER_RETRY);
    free(p);
    return n;
}

static void expect_times(const char *text, const int64_t *times, size_t n)
{
    struct sender_attempt a[64];
    enum sender_next end;
    size_t made = deferred(text, 2, 1, a, 64, &end);

    cr_expect_eq(made, n, "%s: %zu attempts", text, made);
    for (size_t i = 0; i < n && i < made; i++)
        cr_expect_eq(a[i].at - 1000, times[i], "%s: attempt %zu at %lld", text,
                     i, (long long)(a[i].at - 1000));
}
#define EXPECT_TIMES(text, ...)                        \
    expect_times(text, (const int64_t[]){__VA_ARGS__}, \
                 sizeof((const int64_t[]){__VA_ARGS__}) / sizeof(int64_t))

Test(sender, comes_at_the_times_of_its_profile)
{
    EXPECT_TIMES("", 0);
    EXPECT_TIMES("wait 5m 10m\n", 0, 300, 900);
    EXPECT_TIMES("at 6:02 29:02\n", 0, 362, 1742);
    EXPECT_TIMES("wait 60\nthen every 30\nattempts 4\n", 0, 60, 90, 120);
    EXPECT_TIMES("wait 300\nthen times 2 up-to 4000\nattempts 7\n", 0, 300, 900,
                 2100, 4500, 8500, 12500);
    EXPECT_TIMES("then square 400\nattempts 4\n", 0, 400, 1600, 3600);
    EXPECT_TIMES("at 100\nthen square 400\nattempts 4\n", 0, 100, 1600, 3600);
    EXPECT_TIMES("at 100 150\nthen every 10\nattempts 4\n", 0, 100, 150, 160);
    EXPECT_TIMES("at-once 2\nwait 60\n", 0, 0, 0, 60, 60, 60);
}

Test(sender, comes_until_its_lifetime_is_over_and_no_later)
{
    EXPECT_TIMES("then every 100\nlifetime 300\n", 0, 100, 200, 300);
    EXPECT_TIMES("then every 100\nlifetime 299\n", 0, 100, 200);
}

Test(sender, says_why_it_gives_up)
{
    struct sender_attempt a;
    struct sender s;
    struct profile *p = profile("then every 100\nlifetime 150\nend silence\n");

    sender_begin(&s, p, 1, 0, 0, &a);
    cr_expect_eq(s.why, WHY_NOTHING);
    cr_expect_eq(sender_after(&s, STEP_RCPT, 450, 0, 0, &a), SENDER_RETRY);
    cr_expect_eq(sender_after(&s, STEP_RCPT, 450, 0, 100, &a), SENDER_SILENT);
    cr_expect_eq(s.why, WHY_LIFETIME);
    free(p);
    p = profile("on 450 bounce\n");
    sender_begin(&s, p, 1, 0, 0, &a);
    cr_expect_eq(sender_after(&s, STEP_RCPT, 450, 0, 0, &a), SENDER_BOUNCED);
    cr_expect_eq(s.why, WHY_REPLY);
    free(p);
    p = profile("");
    sender_begin(&s, p, 1, 0, 0, &a);
    cr_expect_eq(sender_after(&s, STEP_RCPT, 450, 0, 0, &a), SENDER_BOUNCED);
    cr_expect_eq(s.why, WHY_TIMES);
    free(p);
}

Test(sender, turns_to_mx_hosts_as_its_profile_says)
{
    static const struct {
        const char *text;
        unsigned mx[6];
    } cases[] = {
        {"wait 60*5\nmx first\n", {0, 0, 0, 0, 0, 0}},
        {"wait 60*5\nmx last\n", {2, 2, 2, 2, 2, 2}},
        {"wait 60*5\nmx next\n", {0, 1, 2, 0, 1, 2}},
        {"wait 60*5\nmx all\n", {0, 1, 2, 0, 1, 2}},
        {"wait 60*5\nmx all\nat-once 1\n", {0, 0, 1, 1, 2, 2}},
    };
    struct sender_attempt a[64];
    enum sender_next end;

    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        cr_assert_geq(deferred(cases[i].text, 3, 0, a, 64, &end), 6);
        for (int k = 0; k < 6; k++)
            cr_expect_eq(a[k].mx, cases[i].mx[k], "%s: attempt %d: mx %u",
                         cases[i].text, k, a[k].mx);
    }
}

Test(sender, tries_all_mx_hosts_before_it_waits)
{
    struct sender_attempt a[64];
    enum sender_next end;

    cr_assert_eq(deferred("wait 60\nmx all\n", 3, 0, a, 64, &end), 6);
    cr_expect_eq(a[2].at, 1000);
    cr_expect_eq(a[3].at, 1060);
    cr_expect_eq(a[3].mx, 0);
}

Test(sender, takes_its_addresses_in_turn_and_new_senders_one_by_one)
{
    struct sender_attempt a[64];
    enum sender_next end;

    cr_assert_eq(
        deferred("wait 1*4\naddresses many 3\nsender new\n", 1, 0, a, 64, &end),
        5);
    for (unsigned i = 0; i < 5; i++) {
        cr_expect_eq(a[i].address, i % 3);
        cr_expect_eq(a[i].sender, i);
        cr_expect_eq(a[i].number, i + 1);
    }
}

Test(sender, differs_by_its_jitter_and_by_nothing_else)
{
    struct sender_attempt a[64], b[64], c[64];
    enum sender_next end;
    const char *text = "wait 1000*20\njitter 10%\n";
    size_t n = deferred(text, 1, 7, a, 64, &end), differ = 0;

    cr_assert_eq(deferred(text, 1, 7, b, 64, &end), n);
    cr_assert_eq(deferred(text, 1, 8, c, 64, &end), n);
    for (size_t i = 1; i < n; i++) {
        int64_t wait = a[i].at - a[i - 1].at;

        cr_expect(wait >= 900 && wait <= 1100, "%lld", (long long)wait);
        cr_expect_eq(a[i].at, b[i].at);
        differ += a[i].at != c[i].at;
    }
    cr_expect_gt(differ, 10);
}

Test(sender, goes_on_in_the_session_only_after_success_or_what_it_ignores)
{
    struct profile *p = profile("on 450 at rcpt ignore\nlast-step dot\n");

    cr_expect(sender_goes_on(p, STEP_MAIL, 250));
    cr_expect(sender_goes_on(p, STEP_RCPT, 450));
    cr_expect_not(sender_goes_on(p, STEP_MAIL, 450));
    cr_expect_not(sender_goes_on(p, STEP_RCPT, 451));
    cr_expect_not(sender_goes_on(p, STEP_DOT, 250));
    cr_expect_not(sender_goes_on(p, STEP_RCPT, 0));
    free(p);
}

Test(sender, knows_success_from_a_connection_lost_behind_one)
{
    struct profile *p = profile("on drop silence\n");
    struct sender_attempt a;
    struct sender s;

    sender_begin(&s, p, 1, 0, 0, &a);
    cr_expect_eq(sender_after(&s, STEP_DOT, 250, 0, 0, &a), SENDER_DONE);
    sender_begin(&s, p, 1, 0, 0, &a);
    cr_expect_eq(sender_after(&s, STEP_DATA, 354, 0, 0, &a), SENDER_SILENT);
    free(p);
}

Test(sender, never_comes_before_its_last_attempt_ended)
{
    struct profile *p = profile("wait 10\n");
    struct sender_attempt a;
    struct sender s;

    sender_begin(&s, p, 1, 0, 0, &a);
    cr_assert_eq(sender_after(&s, STEP_RCPT, 450, 0, 25, &a), SENDER_RETRY);
    cr_expect_eq(a.at, 25);
    free(p);
}

Test(sender, overflows_no_time_however_its_waits_grow)
{
    static const char *const texts[] = {
        "wait 366d\nthen times 100\nattempts 1500\njitter 100%\n",
        "then square 366d\nattempts 1500\njitter 100%\n"};
    struct sender_attempt *a = calloc(2000, sizeof(*a));
    enum sender_next end;

    for (int t = 0; t < 2; t++) {
        cr_expect_eq(deferred(texts[t], 1, 3, a, 2000, &end), 1500);
        for (int i = 1; i < 1500; i++)
            cr_expect_geq(a[i].at, a[i - 1].at);
    }
    free(a);
}

Test(sender, ends_even_if_it_is_a_machine_gun)
{
    struct sender_attempt *a = calloc(2000, sizeof(*a));
    enum sender_next end;

    cr_expect_eq(deferred("then every 1\nattempts 1500\nend silence\n", 1, 0, a,
                          2000, &end),
                 1500);
    cr_expect_eq(end, SENDER_SILENT);
    free(a);
}

/* Deferred at RCPT for ever, by replies that name that wait. */
static size_t scheduled(const char *text, unsigned wait_sec,
                        struct sender_attempt *a, size_t max,
                        enum sender_why *why)
{
    struct profile *p = profile(text);
    struct sender s;
    size_t n = 1;

    sender_begin(&s, p, 2, 5, 0, &a[0]);
    while (sender_after(&s, STEP_RCPT, 450, wait_sec, a[n - 1].at, &a[n]) ==
           SENDER_RETRY)
        cr_assert_lt(++n, max);
    *why = s.why;
    free(p);
    return n;
}

Test(sender,
     follows_the_schedule_of_our_queue_with_the_defaults_of_its_settings)
{
    static const int64_t list[] = {300, 600, 1200, 1800, 3600};
    struct sender_attempt a[300];
    enum sender_why why;
    size_t n = scheduled("schedule tarry\n", 0, a, 300, &why);

    for (size_t i = 1; i + 1 < n; i++) {
        int64_t wait = a[i].at - a[i - 1].at,
                said = list[i - 1 < 4 ? i - 1 : 4];

        cr_expect(wait >= said * 9 / 10 && wait <= said * 11 / 10, "%zu: %lld",
                  i, (long long)wait);
        cr_expect_eq(a[i].mx, 0);
    }
    cr_expect_eq(a[n - 1].at, 5 * 86400);
    cr_expect_eq(why, WHY_LIFETIME);
}

Test(sender, obeys_the_wait_that_a_reply_names_with_that_schedule_only)
{
    struct sender_attempt a[9000];
    enum sender_why why;

    scheduled("schedule tarry\n", 39, a, 9000, &why);
    cr_expect(a[1].at >= 40 && a[1].at <= 43, "%lld", (long long)a[1].at);
    scheduled("schedule tarry\n", 7200, a, 9000, &why);
    cr_expect(a[1].at > 7200 && a[1].at <= 7261, "%lld", (long long)a[1].at);
    scheduled("wait 5m\n", 39, a, 9000, &why);
    cr_expect_eq(a[1].at, 300);
}

Test(sender, follows_that_schedule_with_waits_and_a_lifetime_of_its_own)
{
    struct sender_attempt a[300];
    enum sender_why why;
    size_t n =
        scheduled("schedule tarry\nwait 100\nlifetime 1000\n", 0, a, 300, &why);

    cr_expect(a[1].at >= 90 && a[1].at <= 110);
    cr_expect_eq(a[n - 1].at, 1000);
    n = scheduled("schedule tarry\nsender null\n", 0, a, 300, &why);
    cr_expect_eq(a[n - 1].at, 86400);
}
