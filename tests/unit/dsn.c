/* Reports to senders (queue/dsn.c, dsn_text.c). */
#include "queue/dsn.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static struct record_rcpt rcpts[] = {
    {.address = "b@example.com",
     .orcpt = "rfc822;B+2Bx@example.com",
     .state = RCPT_REFUSED,
     .last = 1795000100,
     .flags = RESULT_REMOTE,
     .host = "mx.example.com",
     .reply = "550-5.1.1 no such user\n550 5.1.1 go away"},
    {.address = "c@example.com",
     .orcpt = "",
     .state = RCPT_EXPIRED,
     .last = 1795000100,
     .attempts = 9,
     .host = "",
     .reply = "4.4.1 Connection refused"},
    {.address = "d@example.com",
     .orcpt = "",
     .state = RCPT_DELIVERED,
     .flags = RESULT_REMOTE,
     .host = "mx",
     .reply = "250 2.0.0 ok"},
};

static struct record record = {.queued = 1795000000,
                               .sender = "a@example.org",
                               .envid = "QQ+2D1",
                               .n = 3,
                               .rcpts = rcpts};

static int original(const char *text)
{
    int fd = memfd_create("original", MFD_CLOEXEC);

    cr_assert_eq(write(fd, text, strlen(text)), (ssize_t)strlen(text));
    return fd;
}

#define MESSAGE "Subject: hi\nFrom: a\n\nbody\n--=_1.00000007--\n"

/* The whole report; *eight: what dsn_write() returned. */
static char *report(const struct dsn_recipient *v, size_t n, bool full,
                    const char *message, bool *eight)
{
    struct dsn d = {.hostname = "mx.example.org",
                    .id = "1",
                    .original = "ABC",
                    .random = 0xfeed,
                    .now = 1795000200,
                    .expires = 1795432000,
                    .record = &record,
                    .body = original(message),
                    .full = full,
                    .recipients = v,
                    .n = n};
    char *text = NULL;
    size_t len;
    FILE *out = open_memstream(&text, &len);

    *eight = dsn_write(out, &d);
    fclose(out);
    close(d.body);
    return text;
}

#define HAS(text, part)   cr_expect_not_null(strstr(text, part), "%s", text)
#define LACKS(text, part) cr_expect_null(strstr(text, part), "%s", text)

Test(dsn, tells_people_and_programs_of_a_failure)
{
    struct dsn_recipient v[] = {{DSN_FAILED, &rcpts[0], false},
                                {DSN_FAILED, &rcpts[1], true}};
    bool eight;
    char *t = report(v, 2, true, MESSAGE, &eight);

    HAS(t, "\nFrom: Mail Delivery System <MAILER-DAEMON@mx.example.org>\n");
    HAS(t, "\nTo: <a@example.org>\n");
    HAS(t, "\nAuto-Submitted: auto-replied\n");
    HAS(t, "multipart/report; report-type=delivery-status;");
    HAS(t, "\n    <b@example.com>\n        mx.example.com said: 550-5.1.1 no");
    HAS(t, "given up after 9 attempts");
    HAS(t,
        "\nOriginal-Envelope-Id: QQ-1\nReporting-MTA: dns; mx.example.org\n");
    HAS(t, "\nOriginal-Recipient: rfc822;B+x@example.com\n"
           "Final-Recipient: rfc822; b@example.com\nAction: failed\n"
           "Status: 5.1.1\nRemote-MTA: dns; mx.example.com\n"
           "Diagnostic-Code: smtp; 550-5.1.1 no such user\n"
           "    550 5.1.1 go away\n");
    HAS(t, "\nFinal-Recipient: rfc822; c@example.com\nAction: failed\n"
           "Status: 5.4.7\n");
    HAS(t, "\nContent-Type: message/rfc822\n");
    HAS(t, "\n\nSubject: hi\nFrom: a\n\nbody\n");
    cr_expect_not(eight);
    free(t);
}

Test(dsn, quotes_only_the_header_where_it_is_told_to)
{
    struct dsn_recipient v[] = {{DSN_FAILED, &rcpts[0], false}};
    bool eight;
    char *t = report(v, 1, false, MESSAGE, &eight);

    HAS(t, "\nContent-Type: text/rfc822-headers\n");
    HAS(t, "\nSubject: hi\nFrom: a\n");
    LACKS(t, "\nbody\n");
    free(t);
}

Test(dsn, tells_of_a_delay_until_when_it_goes_on)
{
    struct dsn_recipient v[] = {{DSN_DELAYED, &rcpts[1], false}};
    bool eight;
    char *t = report(v, 1, false, MESSAGE, &eight);

    HAS(t, "\nAction: delayed\nStatus: 4.4.1\n");
    HAS(t, "\nWill-Retry-Until: ");
    HAS(t, "you need not send it again");
    free(t);
}

Test(dsn, tells_of_success_and_of_what_was_only_passed_on)
{
    struct dsn_recipient v[] = {{DSN_RELAYED, &rcpts[2], false}};
    bool eight;
    char *t = report(v, 1, false, MESSAGE, &eight);

    HAS(t, "\nAction: relayed\nStatus: 2.0.0\n");
    free(t);
    v[0].action = DSN_DELIVERED;
    t = report(v, 1, false, MESSAGE, &eight);
    HAS(t, "\nAction: delivered\nStatus: 2.0.0\n");
    free(t);
}

Test(dsn, ends_at_its_own_boundary_only)
{
    struct dsn_recipient v[] = {{DSN_FAILED, &rcpts[0], false}};
    bool eight;
    char *t = report(v, 1, true, MESSAGE, &eight), *end;

    end = strstr(t, "\n--=_1.0000feed--\n");
    cr_assert_not_null(end);
    cr_expect_str_eq(end, "\n--=_1.0000feed--\n");
    free(t);
}

Test(dsn, says_that_it_has_octets_above_127)
{
    struct dsn_recipient v[] = {{DSN_FAILED, &rcpts[0], false}};
    bool eight;
    char *t =
        report(v, 1, true, "Subject: x\n\nGr\xc3\xbc\xc3\x9f\x65\n", &eight);

    cr_expect(eight);
    HAS(t, "message/rfc822\nContent-Description: the message\n"
           "Content-Transfer-Encoding: 8bit\n");
    free(t);
    t = report(v, 1, false, "Subject: x\n\nGr\xc3\xbc\xc3\x9f\x65\n", &eight);
    cr_expect_not(eight, "not in what is quoted");
    free(t);
}

Test(dsn, lets_no_reply_break_out_of_its_field)
{
    struct record_rcpt evil = rcpts[0];
    struct dsn_recipient v[] = {{DSN_FAILED, &evil, false}};
    static char reply[3000];
    bool eight;
    char *t;

    memset(reply, 'x', sizeof(reply) - 1);
    memcpy(reply, "550 \r\nAction: delivered\n\n--=_1\r", 31);
    evil.reply = reply;
    t = report(v, 1, false, MESSAGE, &eight);
    LACKS(t, "\nAction: delivered");
    LACKS(t, "\r");
    for (char *line = strtok(t, "\n"); line != NULL; line = strtok(NULL, "\n"))
        cr_expect_leq(strlen(line), 998);
    free(t);
}

Test(dsn, finds_the_status_in_a_reply)
{
    static const struct {
        const char *reply;
        enum dsn_action action;
        const char *status;
    } samples[] = {
        {"550 5.7.1 no", DSN_FAILED, "5.7.1"},
        {"550-5.7.26 no\n550 x", DSN_FAILED, "5.7.26"},
        {"550 no", DSN_FAILED, "5.0.0"},
        {"550 4.7.1 confused", DSN_FAILED, "5.0.0"},
        {"450 4.7.1 later", DSN_DELAYED, "4.7.1"},
        {"4.4.2 timeout", DSN_DELAYED, "4.4.2"},
        {"550 5.7.1234 no", DSN_FAILED, "5.0.0"},
        {"550 5.7", DSN_FAILED, "5.0.0"},
        {"", DSN_FAILED, "5.0.0"},
        {"250 ok", DSN_RELAYED, "2.0.0"},
    };
    char status[16];

    for (size_t i = 0; i < sizeof(samples) / sizeof(samples[0]); i++) {
        dsn_status(samples[i].reply, samples[i].action, false, status);
        cr_expect_str_eq(status, samples[i].status, "%s: %s", samples[i].reply,
                         status);
    }
}
