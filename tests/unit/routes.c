/* Where the recipients of a transaction go. */
#include "smtpd/routes.h"

#include <criterion/criterion.h>
#include <string.h>

static struct msg_out out;
static struct routes r;

/* What deliver says of a recipient that leads to n addresses elsewhere. */
static enum checked take(enum checked checked, uint32_t local, uint32_t n)
{
    struct msg_in in;

    msg_reset(&out);
    if (checked == CHECKED_REMOTE) {
        msg_put_u32(&out, local);
        msg_put_u32(&out, n);
        for (uint32_t i = 0; i < n; i++) {
            msg_put_str(&out, "far");
            msg_put_str(&out, "remote.example");
        }
    }
    in = (struct msg_in){.data = out.data, .left = out.len};
    return routes_take(&r, checked, &in);
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
    routes_clear(&r);
    cr_assert_eq(routes_remote(&r) + routes_local(&r), 0);
    routes_release(&r);
}

Test(routes, cannot_be_told_when_there_are_too_many_addresses)
{
    unsigned taken = 0;

    while (taken < 10 && take(CHECKED_REMOTE, 0, 1000) == CHECKED_REMOTE) {
        routes_accept(&r);
        taken++;
    }
    cr_assert_eq(taken, 3); /* of 19 octets each, 60 KiB hold 3233 */
    cr_assert_eq(routes_remote(&r), 3000);
    routes_release(&r);
}

Test(routes, cannot_be_told_from_a_torn_answer)
{
    struct msg_in in;

    msg_reset(&out);
    msg_put_u32(&out, 0);
    msg_put_u32(&out, 2);
    msg_put_str(&out, "far");
    in = (struct msg_in){.data = out.data, .left = out.len};
    cr_assert_eq(routes_take(&r, CHECKED_REMOTE, &in), CHECKED_FAILURE);
    routes_release(&r);
}
