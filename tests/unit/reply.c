/* Replies: verdicts of several lines, codes, and what ends a session. */
#include "smtpd/session.h"

#include <criterion/criterion.h>
#include <string.h>

static struct session_limits limits = {.hostname = "mx.example.org",
                                       .message = 1000,
                                       .recipients = 100,
                                       .errors = 3,
                                       .received = 100};
static struct session *s;

static const char *said(void)
{
    static char text[SESSION_OUTPUT + 1];
    size_t len;
    const char *out = session_output(s, &len);

    memcpy(text, out, len);
    text[len] = '\0';
    session_output_written(s, len);
    return text;
}

static enum want say(const char *line)
{
    char buf[512];
    size_t used;

    strcpy(buf, line);
    return session_input(s, buf, strlen(buf), &used);
}

static void make(void)
{
    struct netaddr client;

    netaddr_parse("192.0.2.1", &client);
    s = session_new(&limits, &client, "sid");
    session_start(s);
    say("EHLO c\r\nMAIL FROM:<a@b.example>\r\n");
    said();
    cr_assert_eq(say("RCPT TO:<x@example.org>\r\n"), WANT_CHECK);
    session_checked(s, CHECKED_LOCAL);
}

static void drop(void)
{
    session_free(s);
}

static enum want verdict(const char *reply)
{
    struct verdict v = {.judged = JUDGED_DEFER};

    strcpy(v.reply, reply);
    return session_verdict(s, &v);
}

Test(reply, joins_the_lines_of_a_verdict_with_hyphens, .init = make,
     .fini = drop)
{
    cr_assert_eq(verdict("450 4.7.1 one\n450 4.7.1 two"), WANT_INPUT);
    cr_assert_str_eq(said(), "450-4.7.1 one\r\n450 4.7.1 two\r\n");
}

Test(reply, closes_after_a_verdict_of_421, .init = make, .fini = drop)
{
    cr_assert_eq(verdict("421 4.7.1 later"), WANT_CLOSE);
}

Test(reply, replaces_a_verdict_that_is_no_reply, .init = make, .fini = drop)
{
    static const char *const bad[] = {"", "later", "250 2.1.5 ok",
                                      "450 4.7.1 one\n451 4.7.1 two",
                                      "450 4.7.1 one\n"};

    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        verdict(bad[i]);
        cr_assert_str_eq(said(), "451 4.7.1 Please try again later\r\n", "%s",
                         bad[i]);
        say("RCPT TO:<x@example.org>\r\n");
        session_checked(s, CHECKED_LOCAL);
    }
}

Test(reply, cuts_a_line_at_512_octets_and_lets_no_octet_out_that_is_not_ascii,
     .init = make, .fini = drop)
{
    char line[700] = "450 4.7.1 \xc3\xa9";
    const char *text;

    memset(line + 12, 'x', sizeof(line) - 13);
    line[sizeof(line) - 1] = '\0';
    verdict(line);
    text = said();
    cr_assert_eq(strlen(text), 512);
    cr_assert(strncmp(text, "450 4.7.1 ??xxx", 15) == 0, "%.20s", text);
}

Test(reply, counts_5xx_and_no_4xx_as_errors, .init = make, .fini = drop)
{
    for (int i = 0; i < 10; i++) {
        cr_assert_eq(verdict("450 4.7.1 later"), WANT_INPUT);
        said();
        say("RCPT TO:<x@example.org>\r\n");
        session_checked(s, CHECKED_LOCAL);
    }
    verdict("450 4.7.1 later");
    cr_assert_eq(say("NONSENSE\r\n"), WANT_INPUT);
    cr_assert_eq(say("NONSENSE\r\n"), WANT_INPUT);
    cr_assert_eq(say("NONSENSE\r\n"), WANT_CLOSE);
    cr_assert_not_null(strstr(said(), "421 4.7.0 Too many errors"));
}
