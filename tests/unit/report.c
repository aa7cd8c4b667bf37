#include "tarryd/report.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

static char seen[64][64];
static size_t nseen;

static void see(const char *text)
{
    if (nseen < 64)
        snprintf(seen[nseen++], sizeof(seen[0]), "%s", text);
}

Test(report, is_empty_at_first)
{
    static struct report r;

    cr_assert(report_empty(&r));
    report_each(&r, see);
    cr_assert_eq(nseen, 0);
}

Test(report, tells_its_lines_one_by_one_and_can_tell_them_again)
{
    static struct report r;

    report_mistake(&r, "a.conf", "state", "%s: no", "/x");
    report_add(&r, "two\nthree\n");
    report_each(&r, see);
    report_each(&r, see);
    cr_assert_eq(nseen, 6);
    cr_assert_str_eq(seen[0], "a.conf: state: /x: no");
    cr_assert_str_eq(seen[1], "two");
    cr_assert_str_eq(seen[5], "three");
}

Test(report, cuts_what_does_not_fit_and_stays_a_string)
{
    static struct report r;

    for (int i = 0; i < 10000; i++)
        report_add(&r, "a line of some length");
    cr_assert_lt(r.len, sizeof(r.text));
    cr_assert_eq(strlen(r.text), r.len);
    cr_assert_eq(r.text[r.len - 1], '\n');
}
