/* Distributions of delays: exact points, few enough, and whole. */
#include "lab/delays.h"

#include <criterion/criterion.h>

static struct delays d;

Test(delays, has_a_point_for_each_time_and_what_came_at_once)
{
    static const int64_t sec[] = {0, 0, 60, 300, 300};

    delays_make(&d, 10, 0, sec, 5);
    cr_assert_eq(d.n, 3);
    cr_expect_eq(d.of, 10);
    cr_expect(d.v[0].sec == 0 && d.v[0].arrived == 2);
    cr_expect(d.v[1].sec == 60 && d.v[1].arrived == 3);
    cr_expect(d.v[2].sec == 300 && d.v[2].arrived == 5);
    delays_make(&d, 10, 4, sec + 2, 3);
    cr_assert_eq(d.n, 3);
    cr_expect(d.v[0].sec == 0 && d.v[0].arrived == 4);
    cr_expect(d.v[2].sec == 300 && d.v[2].arrived == 7);
    delays_make(&d, 10, 4, sec, 5);
    cr_assert_eq(d.n, 3);
    cr_expect(d.v[0].sec == 0 && d.v[0].arrived == 6);
}

Test(delays, leaves_points_out_of_many_and_ends_where_all_have_arrived)
{
    static int64_t sec[100000];

    for (int n = 400; n <= 100000; n *= 5) {
        for (int i = 0; i < n; i++)
            sec[i] = i / 2;
        delays_make(&d, 200000, 7, sec, (size_t)n);
        cr_assert_leq(d.n, DELAYS_POINTS + 1);
        cr_assert_gt(d.n, 100);
        for (size_t i = 1; i < d.n; i++) {
            cr_expect_gt(d.v[i].sec, d.v[i - 1].sec);
            cr_expect_eq(d.v[i].arrived, 2 * (size_t)d.v[i].sec + 2 + 7);
            cr_expect_leq(d.v[i].arrived - d.v[i - 1].arrived,
                          (size_t)n / DELAYS_POINTS + 3);
        }
        cr_expect_eq(d.v[d.n - 1].arrived, (size_t)n + 7);
    }
}

Test(delays, are_none_where_nothing_arrived)
{
    json_t *j;

    delays_make(&d, 0, 0, NULL, 0);
    cr_expect_eq(d.n, 0);
    j = delays_json(&d);
    cr_expect_eq(json_array_size(j), 0);
    json_decref(j);
}
