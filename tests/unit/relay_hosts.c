/* The order of addresses, and what is told (queue/relay_hosts.c). */
#include "queue/relay_hosts.h"

#include <criterion/criterion.h>
#include <stdio.h>

static struct job job;
static struct relay_hosts h;

static void begin(unsigned n, unsigned first)
{
    job.naddresses = n;
    job.first = first;
    relay_hosts_begin(&h, &job);
}

/* The current one fails so. */
static bool next(enum job_outcome outcome, enum job_step step, bool ourselves)
{
    struct job_result r = {.outcome = outcome, .step = step};

    snprintf(r.reply, sizeof(r.reply), "%u", h.address);
    return relay_hosts_next(&h, &r, ourselves);
}

/* All that are tried when each fails at connect, and who is us at that one. */
static const char *order(unsigned us)
{
    static char out[JOB_ADDRESSES + 1];
    size_t n = 0;

    do
        out[n++] = (char)('0' + h.address);
    while (next(OUTCOME_DEFERRED, STEP_CONNECT, h.address == us) &&
           n < JOB_ADDRESSES);
    out[n] = '\0';
    return out;
}

Test(relay_hosts, are_tried_in_order_each_once)
{
    begin(1, 0);
    cr_expect_str_eq(order(9), "0");
    begin(4, 0);
    cr_expect_str_eq(order(9), "0123");
    begin(4, 2);
    cr_expect_str_eq(order(9), "2301");
    begin(4, 3);
    cr_expect_str_eq(order(9), "3012");
}

Test(relay_hosts, end_where_we_are_ourselves)
{
    begin(4, 0);
    cr_expect_str_eq(order(0), "0");
    begin(4, 0);
    cr_expect_str_eq(order(2), "012");
    begin(4, 1);
    cr_expect_str_eq(order(1), "10", "the better one is tried");
    begin(4, 1);
    cr_expect_str_eq(order(2), "120");
    begin(4, 2);
    cr_expect_str_eq(order(0), "230");
}

Test(relay_hosts, are_two_at_most_that_spoke_of_the_message)
{
    begin(5, 0);
    cr_expect(next(OUTCOME_DEFERRED, STEP_CONNECT, false));
    cr_expect(next(OUTCOME_DEFERRED, STEP_MAIL, false));
    cr_expect(next(OUTCOME_DEFERRED, STEP_GREETING, false));
    cr_expect_not(next(OUTCOME_DEFERRED, STEP_DATA, false));
}

Test(relay_hosts, are_as_many_as_there_are_that_lack_what_the_message_needs)
{
    begin(4, 0);
    cr_expect(next(OUTCOME_DEFERRED, STEP_CONNECT, false));
    for (unsigned i = 0; i < 3; i++)
        cr_expect_eq(next(OUTCOME_REFUSED, STEP_MAIL, false), i < 2);
    cr_expect_str_eq(h.best.reply, "0", "which may have it later");
}

Test(relay_hosts, have_what_gives_most_hope_told)
{
    begin(4, 0);
    next(OUTCOME_REFUSED, STEP_GREETING, false);
    next(OUTCOME_DEFERRED, STEP_CONNECT, false);
    next(OUTCOME_DEFERRED, STEP_GREETING, false);
    cr_expect_str_eq(h.best.reply, "1", "a deferral, and the best host's");
    next(OUTCOME_DEFERRED, STEP_DATA, false);
    cr_expect_str_eq(h.best.reply, "3", "one that was reached");
}
