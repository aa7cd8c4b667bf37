#include "tarryd/backoff.h"

#include <criterion/criterion.h>

Test(backoff, restarts_at_once_after_the_first_death)
{
    struct backoff b = {0};

    cr_assert_eq(backoff_delay(&b, 100, 100), 0);
}

Test(backoff, doubles_from_one_second_to_sixty)
{
    static const unsigned want[] = {0, 1, 2, 4, 8, 16, 32, 60, 60, 60};
    struct backoff b = {0};

    for (size_t i = 0; i < sizeof(want) / sizeof(want[0]); i++)
        cr_assert_eq(backoff_delay(&b, 100, 101), want[i], "death %zu", i);
}

Test(backoff, stays_at_sixty_for_ever)
{
    struct backoff b = {0};

    for (int i = 0; i < 100000; i++)
        backoff_delay(&b, 0, 1);
    cr_assert_eq(backoff_delay(&b, 0, 1), 60);
}

Test(backoff, begins_afresh_when_the_program_has_run_for_a_minute)
{
    struct backoff b = {0};

    for (int i = 0; i < 5; i++)
        backoff_delay(&b, 0, 59);
    cr_assert_eq(backoff_delay(&b, 1000, 1060), 0);
    cr_assert_eq(backoff_delay(&b, 1060, 1061), 1);
}

Test(backoff, does_not_forgive_a_second_too_early)
{
    struct backoff b = {0};

    backoff_delay(&b, 0, 0);
    cr_assert_eq(backoff_delay(&b, 1000, 1059), 1);
}
