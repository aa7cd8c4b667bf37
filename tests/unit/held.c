/* For how long a mailbox is held back that failed others with it. */
#include "queue/held.h"

#include <criterion/criterion.h>
#include <stdio.h>

static struct held held;

Test(held, is_for_ten_minutes_then_for_twice_as_long)
{
    cr_expect_not(held_has(&held, "/a", 1000));
    cr_expect_eq(held_add(&held, "/a", 1000), 600);
    cr_expect(held_has(&held, "/a", 1000));
    cr_expect(held_has(&held, "/a", 1599));
    cr_expect_not(held_has(&held, "/a", 1600));
    cr_expect_not(held_has(&held, "/b", 1000));
    cr_expect_eq(held_add(&held, "/a", 2000), 1200);
    cr_expect(held_has(&held, "/a", 3199));
    cr_expect_not(held_has(&held, "/a", 3200));
    held_release(&held);
}

Test(held, is_for_eight_hours_at_most)
{
    int64_t now = 0, wait = 0;

    for (int i = 0; i < 100; i++) {
        wait = held_add(&held, "/a", now);
        now += wait;
    }
    cr_expect_eq(wait, 8 * 3600);
    held_release(&held);
}

Test(held, counts_what_failed_under_way_together_once)
{
    held_add(&held, "/a", 1000);
    cr_expect_eq(held_add(&held, "/a", 1001), 599);
    held_release(&held);
}

Test(held, is_over_when_the_mailbox_has_taken_mail)
{
    held_add(&held, "/a", 0);
    held_add(&held, "/b", 0);
    held_drop(&held, "/a");
    held_drop(&held, "/c");
    cr_expect_not(held_has(&held, "/a", 1));
    cr_expect(held_has(&held, "/b", 1));
    cr_expect_eq(held_add(&held, "/a", 1), 600);
    held_release(&held);
    cr_expect_not(held_has(&held, "/b", 1));
}

Test(held, has_room_for_the_last)
{
    char path[32];

    for (int i = 0; i < 2 * HELD_MAX; i++) {
        snprintf(path, sizeof(path), "/%d", i);
        held_add(&held, path, i);
    }
    cr_expect_eq(held.n, HELD_MAX);
    cr_expect(held_has(&held, path, 2 * HELD_MAX));
    cr_expect_not(held_has(&held, "/0", 1));
    held_release(&held);
}
