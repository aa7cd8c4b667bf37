/* What deliver and queue are told of a transaction. */
#include "smtpd/handover.h"

#include "queue/job.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

static struct session_limits limits = {.hostname = "mx.example.org",
                                       .message = 1000,
                                       .recipients = 100,
                                       .errors = 20,
                                       .received = 100,
                                       .dsn = true};
static struct netaddr client;
static struct session *s;
static struct routes r;
static struct msg_out out;
static struct msg_in in;

static enum want say(const char *line)
{
    char buf[1024];
    size_t used, len = (size_t)snprintf(buf, sizeof(buf), "%s\r\n", line);
    enum want want = session_input(s, buf, len, &used);

    session_output(s, &len);
    session_output_written(s, len);
    return want;
}

/* A recipient that leads to n addresses elsewhere, and here if it is local. */
static void recipient(const char *line, uint32_t local, uint32_t n)
{
    static const struct verdict pass = {.judged = JUDGED_PASS};
    enum checked checked = n > 0 ? CHECKED_REMOTE : CHECKED_LOCAL;

    cr_assert_eq(say(line), WANT_CHECK);
    msg_reset(&out);
    if (n > 0) {
        msg_put_u32(&out, local);
        msg_put_u32(&out, 12345);
        msg_put_u32(&out, n);
    }
    for (uint32_t i = 0; i < n; i++) {
        msg_put_str(&out, i == 0 ? "far" : "away");
        msg_put_str(&out, "remote.example");
    }
    in = (struct msg_in){.data = out.data, .left = out.len};
    cr_assert_eq(routes_take(&r, checked, &in, session_recipient(s),
                             session_recipient_params(s)),
                 checked);
    session_checked(s, checked);
    session_verdict(s, &pass);
    routes_accept(&r);
}

static void make(void)
{
    s = session_new(&limits, &client, "sid");
    session_start(s);
    say("EHLO c.example");
    routes_clear(&r, true);
}

static void drop(void)
{
    session_free(s);
    routes_release(&r);
}

static void expect_u32(uint32_t expected)
{
    uint32_t v;

    cr_assert(msg_get_u32(&in, &v));
    cr_expect_eq(v, expected, "%u, not %u", v, expected);
}

static void expect_str(const char *expected)
{
    char text[1024];

    cr_assert(msg_get_str(&in, text, sizeof(text)));
    cr_expect_str_eq(text, expected);
}

static void expect(const char *local, const char *domain, uint32_t notify,
                   const char *orcpt)
{
    expect_str(local);
    expect_str(domain);
    expect_u32(notify);
    expect_str(orcpt);
}

Test(handover, tells_queue_what_was_asked, .init = make, .fini = drop)
{
    say("MAIL FROM:<a@b.example> RET=HDRS ENVID=x BODY=8BITMIME");
    recipient("RCPT TO:<bob@example.org> NOTIFY=SUCCESS,DELAY "
              "ORCPT=rfc822;Bob@example.org",
              1, 0);
    recipient("RCPT TO:<one@example.org> NOTIFY=SUCCESS ORCPT=rfc822;o@x", 0,
              1);
    recipient("RCPT TO:<two@example.org> NOTIFY=SUCCESS", 0, 2);
    recipient("RCPT TO:<both@example.org> NOTIFY=SUCCESS,FAILURE", 1, 1);
    recipient("RCPT TO:<quiet@example.org> NOTIFY=NEVER", 1, 1);
    recipient("RCPT TO:<plain@example.org>", 1, 0);
    msg_reset(&out);
    handover_spool(&out, s, &r);
    in = (struct msg_in){.data = out.data, .left = out.len};
    expect_u32(JOB_RET_HDRS | JOB_8BIT);
    expect_str("sid");
    expect_str("a@b.example");
    expect_str("x");
    expect_u32(8);
    expect("bob", "example.org",
           NOTIFY_SUCCESS | NOTIFY_DELAY | NOTIFY_DELIVERED,
           "rfc822;Bob@example.org");
    expect("far", "remote.example", NOTIFY_SUCCESS, "rfc822;o@x");
    expect("far", "remote.example", NOTIFY_NEVER, "");
    expect("away", "remote.example", NOTIFY_NEVER, "");
    expect("two", "example.org", NOTIFY_SUCCESS | NOTIFY_EXPANDED, "");
    expect("far", "remote.example", NOTIFY_FAILURE, "");
    expect("both", "example.org",
           NOTIFY_SUCCESS | NOTIFY_FAILURE | NOTIFY_EXPANDED, "");
    expect("far", "remote.example", NOTIFY_NEVER, "");
    cr_expect(msg_done(&in));
}

Test(handover, tells_deliver_what_stays, .init = make, .fini = drop)
{
    say("MAIL FROM:<> RET=FULL");
    recipient("RCPT TO:<one@example.org> NOTIFY=SUCCESS", 0, 1);
    recipient("RCPT TO:<both@example.org>", 1, 1);
    recipient("RCPT TO:<bob@example.org> NOTIFY=NEVER", 1, 0);
    msg_reset(&out);
    handover_open(&out, s, &r);
    in = (struct msg_in){.data = out.data, .left = out.len};
    expect_u32(0);
    expect_str("sid");
    expect_str("");
    expect_u32(2);
    expect_str("both");
    expect_str("example.org");
    expect_u32(12345);
    expect_str("bob");
    expect_str("example.org");
    expect_u32(0);
    cr_expect(msg_done(&in));
}
