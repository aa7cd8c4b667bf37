/* Where the recipients of a transaction go. */
#include "smtpd/routes.h"

#include <criterion/criterion.h>
#include <string.h>

static struct msg_out out;
static struct routes r;
static const struct address alias = {.local = "alias", .domain = "example.org"};
static struct rcpt_params params;

/* What deliver says of a recipient that leads to n addresses elsewhere. */
static enum checked take(enum checked checked, uint32_t local, uint32_t n)
{
    struct msg_in in;

    msg_reset(&out);
    if (checked == CHECKED_REMOTE) {
        msg_put_u32(&out, local);
        msg_put_u32(&out, 12345);
        msg_put_u32(&out, n);
        for (uint32_t i = 0; i < n; i++) {
            msg_put_str(&out, "far");
            msg_put_str(&out, "remote.example");
        }
    }
    in = (struct msg_in){.data = out.data, .left = out.len};
    return routes_take(&r, checked, &in, &alias, &params);
}

Test(routes, count_a_recipient_only_when_it_is_accepted)
{
    cr_assert_eq(take(CHECKED_REMOTE, 0, 3), CHECKED_REMOTE);
    cr_assert_eq(routes_remote(&r), 0);
    cr_assert_eq(take(CHECKED_REMOTE, 1, 2), CHECKED_REMOTE);
    routes_accept(&r);
    cr_assert_eq(take(CHECKED_LOCAL, 0, 0), CHECKED_LOCAL);
    routes_accept(&r);
    cr_assert_eq(routes_remote(&r), 2);
    cr_assert_eq(routes_local(&r), 2);
    cr_assert_str_eq(r.pool, "far");
    cr_assert_str_eq(r.pool + 4, "remote.example");
    cr_assert_eq(r.len, 2 * (4 + 15));
    routes_clear(&r, true);
    cr_assert_eq(routes_remote(&r) + routes_local(&r), 0);
    routes_release(&r);
}

Test(routes, cannot_be_told_when_there_are_too_many_addresses)
{
    unsigned taken = 0;

    cr_expect_eq(take(CHECKED_REMOTE, 0, 1001), CHECKED_FAILURE);
    while (taken < 20 && take(CHECKED_REMOTE, 0, 90) == CHECKED_REMOTE) {
        routes_accept(&r);
        taken++;
    }
    cr_assert_eq(taken, 11); /* 1000 addresses at most */
    cr_assert_eq(routes_remote(&r), 990);
    /* In a transaction of its own it would do. */
    cr_expect_eq(take(CHECKED_REMOTE, 0, 90), CHECKED_TOO_MANY);
    cr_assert_eq(take(CHECKED_REMOTE, 0, 10), CHECKED_REMOTE);
    routes_release(&r);
}

Test(routes, cannot_be_told_when_they_do_not_fit_one_message_to_queue)
{
    unsigned taken = 0;

    memset(params.orcpt, 'x', DSN_ORCPT - 1);
    while (taken < 20 && take(CHECKED_REMOTE, 0, 10) == CHECKED_REMOTE) {
        routes_accept(&r);
        taken++;
    }
    cr_assert_eq(taken, 11); /* of 527 octets each, 60 KiB hold 116 */
    params.orcpt[0] = '\0';
    cr_assert_eq(take(CHECKED_REMOTE, 0, 10), CHECKED_REMOTE);
    routes_release(&r);
}

Test(routes, cannot_be_told_from_a_torn_answer)
{
    struct msg_in in;

    msg_reset(&out);
    msg_put_u32(&out, 0);
    msg_put_u32(&out, 12345);
    msg_put_u32(&out, 2);
    msg_put_str(&out, "far");
    in = (struct msg_in){.data = out.data, .left = out.len};
    cr_assert_eq(routes_take(&r, CHECKED_REMOTE, &in, &alias, &params),
                 CHECKED_FAILURE);
    routes_release(&r);
}

/* Is queue to report the success of a recipient that goes so? */
static bool told(bool reports, unsigned notify, enum checked checked,
                 uint32_t local, uint32_t n)
{
    bool is_told;

    routes_clear(&r, reports);
    params.notify = notify;
    cr_assert_eq(take(checked, local, n), checked);
    cr_assert_eq(routes_needs_queue(&r),
                 checked == CHECKED_REMOTE || r.next.told);
    is_told = r.next.told;
    routes_accept(&r);
    cr_assert_eq(routes_spooled(&r), n + is_told);
    return is_told;
}

Test(routes, have_queue_report_the_success_of_what_it_does_not_send)
{
    const unsigned success = NOTIFY_SUCCESS | NOTIFY_DELAY;

    cr_expect(told(true, success, CHECKED_LOCAL, 1, 0));
    cr_expect(told(true, success, CHECKED_REMOTE, 1, 1));
    cr_expect(told(true, success, CHECKED_REMOTE, 0, 2));
    /* One address elsewhere is asked in its stead. */
    cr_expect(!told(true, success, CHECKED_REMOTE, 0, 1));
    /* Nobody asked, or nobody can be told. */
    cr_expect(!told(true, 0, CHECKED_LOCAL, 1, 0));
    cr_expect(!told(true, NOTIFY_NEVER, CHECKED_LOCAL, 1, 0));
    cr_expect(!told(true, NOTIFY_FAILURE, CHECKED_REMOTE, 0, 2));
    cr_expect(!told(false, success, CHECKED_LOCAL, 1, 0));
    routes_release(&r);
}

Test(routes, need_no_queue_for_whom_is_refused)
{
    routes_clear(&r, true);
    params.notify = NOTIFY_SUCCESS;
    cr_assert_eq(take(CHECKED_UNKNOWN, 0, 0), CHECKED_UNKNOWN);
    cr_expect(!routes_needs_queue(&r));
    routes_release(&r);
}
