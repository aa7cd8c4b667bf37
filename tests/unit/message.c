/* Messages in memory (queue/message.c). */
#include "queue/message.h"

#include <criterion/criterion.h>
#include <stdlib.h>

#define NOW 1795000000

static struct message *load(int64_t queued, int64_t last, int64_t next)
{
    struct record_rcpt to = {.address = "b@x",
                             .orcpt = "",
                             .attempts = 1,
                             .last = last,
                             .next = next};
    struct record r = {
        .id = 1, .queued = queued, .sender = "a@b", .n = 1, .rcpts = &to};

    return message_new(&r, NOW);
}

Test(message, is_loaded_with_the_times_of_its_record)
{
    struct message *m = load(NOW - 100, NOW - 50, NOW + 250);

    cr_expect_eq(m->queued, NOW - 100);
    cr_expect_eq(m->rcpts[0].next, NOW + 250);
    free(m);
}

Test(message, believes_waits_and_not_times_that_a_clock_in_the_future_gave)
{
    struct message *m = load(NOW + 86000, NOW + 86400, NOW + 86400 + 300);

    cr_expect_eq(m->queued, NOW);
    cr_expect_eq(m->rcpts[0].next, NOW + 300);
    free(m);
}

Test(message, comes_earlier_by_as_much_as_the_clock_is_put_back)
{
    struct message *m = load(NOW - 100, NOW - 50, NOW + 300);

    m->queued = NOW;
    message_clock_back(m, 200, NOW - 200);
    cr_expect_eq(m->rcpts[0].next, NOW + 100);
    cr_expect_eq(m->queued, NOW - 200, "not in the future");
    message_clock_back(m, 1000, NOW - 200);
    cr_expect_eq(m->rcpts[0].next, NOW - 200, "at once, not in the past");
    m->queued = NOW - 100000;
    message_clock_back(m, 1000, NOW - 200);
    cr_expect_eq(m->queued, NOW - 100000, "it is not older than it is");
    free(m);
}

Test(message, is_as_old_as_it_was_when_the_clock_is_put_forward)
{
    struct message *m = load(NOW - 100, NOW - 50, NOW + 300);

    message_clock_forward(m, 86400, NOW + 86400);
    cr_expect_eq(m->queued, NOW + 86400 - 100);
    cr_expect_eq(m->rcpts[0].next, NOW + 300, "it may come early");
    message_clock_forward(m, 86400, NOW + 86400);
    cr_expect_eq(m->queued, NOW + 86400, "not in the future");
    free(m);
}
