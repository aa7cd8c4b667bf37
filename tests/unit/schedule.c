/* The retry schedule (queue/schedule.c), and five days of it. */
#include "queue/schedule.h"
#include "queue/wait_text.h"

#include <criterion/criterion.h>
#include <stdlib.h>

#define DAY (24 * 3600)

static const unsigned list[] = {300, 600, 1200, 1800, 3600};
static const struct schedule_policy policy = {.retry_sec = list,
                                              .nretry = 5,
                                              .lifetime_sec = 5 * DAY,
                                              .lifetime_null_sec = DAY,
                                              .warn_sec = 4 * 3600};

static int64_t after(unsigned attempts, unsigned wait, int64_t now,
                     uint32_t random)
{
    struct schedule_history h = {.queued = 0, .attempts = attempts};
    int64_t at = -1;

    cr_assert_eq(
        schedule_after(&policy, &h, OUTCOME_DEFERRED, wait, now, random, &at),
        SCHEDULE_RETRY);
    return at;
}

Test(schedule, follows_the_list_then_its_last_value_with_a_tenth_of_jitter)
{
    srandom(1);
    for (unsigned n = 1; n < 40; n++) {
        unsigned nominal = list[n <= 5 ? n - 1 : 4];
        unsigned low = UINT32_MAX, high = 0;

        for (unsigned i = 0; i < 2000; i++) {
            int64_t at = after(n, 0, 1000, (uint32_t)random()) - 1000;

            low = at < low ? (unsigned)at : low;
            high = at > high ? (unsigned)at : high;
        }
        cr_expect_eq(low, nominal * 9 / 10, "%u: %u", n, low);
        cr_expect_eq(high, nominal * 11 / 10, "%u: %u", n, high);
    }
}

Test(schedule, gives_the_same_for_the_same_chance)
{
    cr_expect_eq(after(3, 0, 500, 12345), after(3, 0, 500, 12345));
}

Test(schedule, comes_no_earlier_than_the_wait_in_a_reply_and_soon_after)
{
    static const unsigned waits[] = {39, 45, 180, 300, 3600};

    for (unsigned i = 0; i < 5; i++)
        for (unsigned random = 0; random < 5000; random += 7) {
            int64_t at = after(1, waits[i], 0, random);

            cr_expect_gt(at, waits[i]);
            cr_expect_leq(at, waits[i] + waits[i] / 10 + 1);
            cr_expect_leq(at, waits[i] + 61);
        }
}

Test(schedule, believes_a_wait_within_bounds_only)
{
    cr_expect_geq(after(1, 1, 0, 0), SCHEDULE_WAIT_MIN);
    cr_expect_leq(after(1, 30 * DAY, 0, 0), SCHEDULE_WAIT_MAX + 61);
    /* A server that always says "in a minute" does not get us every minute. */
    cr_expect_lt(after(SCHEDULE_WAIT_TRUST, 60, 0, 0), 100);
    cr_expect_geq(after(SCHEDULE_WAIT_TRUST + 1, 60, 0, 0), 3240);
    /* But a longer one than the list's is still obeyed. */
    cr_expect_geq(after(20, 7200, 0, 0), 7200);
}

Test(schedule, never_takes_a_deferral_for_a_refusal)
{
    struct schedule_history h = {.attempts = 1000};
    int64_t at;

    for (int64_t now = 0; now < 5 * DAY; now += 601)
        cr_assert_eq(
            schedule_after(&policy, &h, OUTCOME_DEFERRED, 0, now, 7, &at),
            SCHEDULE_RETRY);
    cr_expect_eq(schedule_after(&policy, &h, OUTCOME_UNKNOWN, 0, 1, 7, &at),
                 SCHEDULE_RETRY);
    cr_expect_eq(
        schedule_after(&policy, &h, OUTCOME_DEFERRED, 0, 5 * DAY, 7, &at),
        SCHEDULE_EXPIRE);
}

Test(schedule, bounces_what_is_refused_at_once)
{
    struct schedule_history h = {.attempts = 1};
    int64_t at;

    cr_expect_eq(schedule_after(&policy, &h, OUTCOME_REFUSED, 300, 1, 7, &at),
                 SCHEDULE_BOUNCE);
    cr_expect_eq(
        schedule_after(&policy, &h, OUTCOME_DELIVERED, 0, 9 * DAY, 7, &at),
        SCHEDULE_DONE);
}

Test(schedule, tries_once_more_when_the_lifetime_is_just_over)
{
    cr_expect_eq(after(50, 0, 5 * DAY - 10, 0), 5 * DAY);
}

Test(schedule, gives_up_a_null_sender_after_a_day)
{
    struct schedule_history h = {.attempts = 1, .null_sender = true};
    int64_t at;

    cr_expect_eq(
        schedule_after(&policy, &h, OUTCOME_DEFERRED, 0, DAY - 1, 7, &at),
        SCHEDULE_RETRY);
    cr_expect_eq(schedule_after(&policy, &h, OUTCOME_DEFERRED, 0, DAY, 7, &at),
                 SCHEDULE_EXPIRE);
    cr_expect_eq(schedule_warns(&policy, &h), INT64_MAX);
}

Test(schedule, warns_once)
{
    struct schedule_history h = {.queued = 100};

    cr_expect_eq(schedule_warns(&policy, &h), 100 + 4 * 3600);
    h.warned = true;
    cr_expect_eq(schedule_warns(&policy, &h), INT64_MAX);
}

/* The sins of the senders in the seeds: a server that greylists sees none. */
static unsigned tries_until(const char *reply, unsigned opens_sec, int64_t *at)
{
    struct schedule_history h = {0};
    enum schedule_verdict v;

    for (*at = 0;;) {
        int64_t now = *at;

        h.attempts++;
        if (now >= opens_sec)
            return h.attempts;
        v = schedule_after(&policy, &h, OUTCOME_DEFERRED, wait_text(reply), now,
                           (uint32_t)random(), at);
        cr_assert_eq(v, SCHEDULE_RETRY, "bounced: MailMax, CapeSoft");
        cr_assert_gt(*at, now, "tried at once");
        cr_assert_leq(*at - now, 4 * 3600, "hours apart: MailMax 5.5");
        cr_assert_lt(h.attempts, 10);
    }
}

Test(schedule, passes_the_greylisters_of_the_seeds_at_the_second_attempt)
{
    int64_t at;

    cr_expect_eq(tries_until("421-Nice to meet you - please try again in 3 "
                             "minutes",
                             180, &at),
                 2, "one attempt only: Bigpond; no retry: InterMail");
    cr_expect_leq(at, 200);
    cr_expect_eq(tries_until("450 Recipient address rejected: BarNet "
                             "Engineered Transit Delay -- 39 seconds",
                             39, &at),
                 2);
    cr_expect_leq(at, 45);
    cr_expect_eq(tries_until("450 Greylisting in effect. Please try again to "
                             "send this e-mail in 5 minutes.",
                             300, &at),
                 2);
    cr_expect_leq(at, 331);
}

/*
 * Five days with a server that does what it likes: every recipient comes to
 * exactly one end, and none before its time.
 */
Test(schedule, brings_every_recipient_to_one_end_in_five_days)
{
    enum { N = 3000 };
    unsigned ends[4] = {0};

    srandom(5);
    for (unsigned i = 0; i < N; i++) {
        struct schedule_history h = {.queued = i, .null_sender = i % 5 == 0};
        int64_t at = i, expires = schedule_expires(&policy, &h);
        enum schedule_verdict v = SCHEDULE_RETRY;

        while (v == SCHEDULE_RETRY) {
            int64_t now = at;
            long luck = random() % 100;
            enum job_outcome o = i % 7 == 0  ? OUTCOME_DEFERRED
                                 : luck == 0 ? OUTCOME_REFUSED
                                 : luck < 4  ? OUTCOME_DELIVERED
                                 : luck < 10 ? OUTCOME_UNKNOWN
                                             : OUTCOME_DEFERRED;

            h.attempts++;
            v = schedule_after(&policy, &h, o, luck % 3 ? 0 : 60, now,
                               (uint32_t)random(), &at);
            cr_assert(v != SCHEDULE_RETRY || (at > now && at <= expires));
            cr_assert(v != SCHEDULE_EXPIRE || now >= expires);
            cr_assert_lt(h.attempts, 200);
        }
        ends[v]++;
    }
    cr_expect_eq(
        ends[SCHEDULE_DONE] + ends[SCHEDULE_BOUNCE] + ends[SCHEDULE_EXPIRE], N);
    cr_expect_geq(ends[SCHEDULE_EXPIRE], N / 7);
    cr_expect_gt(ends[SCHEDULE_BOUNCE], 0);
}
