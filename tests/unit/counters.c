/* The statistics of greylisting: an hour, a day, a month. */
#include "greylist/counters.h"

#include <criterion/criterion.h>
#include <stdlib.h>

#define T0     1700000000
#define HOUR   3600
#define DAY    86400
#define WINDOW DAY

static struct counters *counters;
static struct counters_sum sum;

static void begin(void)
{
    counters = counters_new();
}

static void end(void)
{
    counters_free(counters);
}

TestSuite(counters, .init = begin, .fini = end);

static void add(int64_t time, enum decision decision, uint32_t waited)
{
    struct attempt a = {.time = time,
                        .decision = decision,
                        .passed = decision >= DECISION_RETURNED,
                        .waited_sec = waited};

    counters_add(counters, &a);
}

static void sum_up(enum counters_span span, int64_t now)
{
    counters_sum(counters, span, now, WINDOW, &sum);
}

Test(counters, begin_at_nothing)
{
    sum_up(LAST_MONTH, T0);
    cr_expect_eq(sum.attempts, 0);
    cr_expect_eq(sum.first_seen, 0);
    cr_expect_eq(sum.median_wait_sec, 0);
}

Test(counters, tell_refused_attempts_from_those_that_passed)
{
    add(T0, DECISION_NEW, 0);
    add(T0 + 10, DECISION_EARLY, 0);
    add(T0 + 300, DECISION_RETURNED, 300);
    add(T0 + 400, DECISION_KNOWN, 0);
    add(T0 + 500, DECISION_CLIENT, 0);
    sum_up(LAST_HOUR, T0 + 600);
    cr_expect_eq(sum.attempts, 5);
    cr_expect_eq(sum.refused, 2);
    cr_expect_eq(sum.first_seen, 1);
    cr_expect_eq(sum.came_back, 1);
    cr_expect_eq(sum.waiting, 0);
    cr_expect_eq(sum.never_came_back, 0);
}

/* Its other triplets freed the client while it waited. */
Test(counters, count_who_was_freed_while_it_waited_as_back)
{
    add(T0, DECISION_NEW, 0);
    add(T0 + 200, DECISION_CLIENT, 200);
    sum_up(LAST_HOUR, T0 + 300);
    cr_expect_eq(sum.came_back, 1);
    cr_expect_eq(sum.waiting, 0);
    cr_expect_leq(abs((int)sum.median_wait_sec - 200), 8);
}

Test(counters, call_a_triplet_waiting_until_its_window_is_over)
{
    add(T0, DECISION_NEW, 0);
    sum_up(LAST_MONTH, T0 + WINDOW - 1);
    cr_expect_eq(sum.waiting, 1);
    cr_expect_eq(sum.never_came_back, 0);
    sum_up(LAST_MONTH, T0 + WINDOW + HOUR);
    cr_expect_eq(sum.waiting, 0);
    cr_expect_eq(sum.never_came_back, 1);
}

Test(counters, count_a_return_where_the_triplet_was_first_seen)
{
    add(T0, DECISION_NEW, 0);
    add(T0 + 5 * HOUR, DECISION_RETURNED, 5 * HOUR);
    sum_up(LAST_HOUR, T0 + 5 * HOUR);
    cr_expect_eq(sum.attempts, 1);
    cr_expect_eq(sum.came_back, 0, "was not first seen in the last hour");
    sum_up(LAST_DAY, T0 + 5 * HOUR);
    cr_expect_eq(sum.first_seen, 1);
    cr_expect_eq(sum.came_back, 1);
}

Test(counters, forget_what_is_older_than_their_span)
{
    add(T0, DECISION_NEW, 0);
    sum_up(LAST_HOUR, T0 + HOUR - 60);
    cr_expect_eq(sum.first_seen, 1);
    sum_up(LAST_HOUR, T0 + HOUR + 61);
    cr_expect_eq(sum.first_seen, 0);
    sum_up(LAST_DAY, T0 + 23 * HOUR);
    cr_expect_eq(sum.first_seen, 1);
    sum_up(LAST_DAY, T0 + 26 * HOUR);
    cr_expect_eq(sum.first_seen, 0);
    sum_up(LAST_MONTH, T0 + 30 * DAY);
    cr_expect_eq(sum.first_seen, 1);
    sum_up(LAST_MONTH, T0 + 30 * DAY + 2 * HOUR);
    cr_expect_eq(sum.first_seen, 0);
}

Test(counters, take_an_old_bucket_for_a_new_time)
{
    add(T0, DECISION_NEW, 0);
    add(T0 + 61 * 60, DECISION_NEW, 0);
    add(T0 + 721 * HOUR, DECISION_NEW, 0);
    add(T0, DECISION_NEW, 0); /* too late to count */
    sum_up(LAST_HOUR, T0 + 721 * HOUR);
    cr_expect_eq(sum.first_seen, 1);
    sum_up(LAST_MONTH, T0 + 721 * HOUR);
    cr_expect_eq(sum.first_seen, 2);
}

Test(counters, find_the_median_and_the_95th_percentile_within_4_percent)
{
    for (uint32_t i = 1; i <= 1000; i++) {
        add(T0 - 3600, DECISION_NEW, 0);
        add(T0 - 3600 + i * 10, DECISION_RETURNED, i * 10);
    }
    sum_up(LAST_DAY, T0 + 3 * HOUR);
    cr_expect_eq(sum.came_back, 1000);
    cr_expect_leq(abs((int)sum.median_wait_sec - 5000), 200, "%u",
                  sum.median_wait_sec);
    cr_expect_leq(abs((int)sum.p95_wait_sec - 9500), 380, "%u",
                  sum.p95_wait_sec);
}

Test(counters, know_short_and_very_long_waits)
{
    static const uint32_t waits[] = {0, 1, 15, 16, 31, 32, 1 << 20};

    for (size_t i = 0; i < sizeof(waits) / sizeof(*waits); i++) {
        end();
        begin();
        add(T0 + waits[i], DECISION_RETURNED, waits[i]);
        sum_up(LAST_MONTH, T0 + waits[i]);
        cr_expect_leq(abs((int)sum.median_wait_sec - (int)waits[i]),
                      (int)waits[i] / 25, "%u", waits[i]);
    }
    end();
    begin();
    add((int64_t)T0 + UINT32_MAX, DECISION_RETURNED, UINT32_MAX);
    sum_up(LAST_MONTH, T0);
    cr_expect_geq(sum.median_wait_sec, 1 << 20);
}
