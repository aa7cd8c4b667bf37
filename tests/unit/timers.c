/* The heap of times (queue/timers.c). */
#include "queue/timers.h"

#include <criterion/criterion.h>
#include <stdlib.h>

#define N 5000

Test(timers, gives_what_is_due_first_whatever_was_moved_or_taken_out)
{
    static struct timer timer[N];
    struct timers t = {0};
    struct timer *first;
    uint32_t last = 0;
    size_t n = 0;

    srandom(1);
    for (size_t i = 0; i < N; i++)
        timers_set(&t, &timer[i], random() % 1000);
    for (size_t i = 0; i < N; i += 3)
        timers_set(&t, &timer[i], random() % 1000);
    for (size_t i = 0; i < N; i += 7)
        timers_remove(&t, &timer[i]);
    while ((first = timers_first(&t)) != NULL) {
        cr_assert_geq(first->at, last);
        cr_assert_neq((first - timer) % 7, 0);
        last = first->at;
        timers_remove(&t, first);
        n++;
    }
    cr_expect_eq(n, N - (N + 6) / 7);
    timers_remove(&t, &timer[1]);
    timers_release(&t);
}

Test(timers, keeps_times_within_32_bits)
{
    struct timer a = {0}, b = {0};
    struct timers t = {0};

    timers_set(&t, &a, INT64_MAX);
    timers_set(&t, &b, -5);
    cr_expect_eq(a.at, UINT32_MAX);
    cr_expect_eq(b.at, 0);
    cr_expect_eq(timers_first(&t), &b);
    timers_release(&t);
}
