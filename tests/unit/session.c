/*
 * The session's contract that dialogues cannot see: wants, memory, the trace
 * field. What it says is in tests/dialogue.
 */
#include "smtpd/session.h"
#include "smtpd/server.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct session_limits limits = {.hostname = "mx.example.org",
                                       .message = 1000,
                                       .recipients = 100,
                                       .errors = 20,
                                       .received = 100,
                                       .starttls = true,
                                       .dsn = true};
static struct netaddr client;
static struct session *s;

static void make(void)
{
    netaddr_parse("192.0.2.1", &client);
    s = session_new(&limits, &client, "sid");
    session_start(s);
}

static void drop(void)
{
    session_free(s);
}

/* Gives the session text, and forgets what it says. */
static enum want say(const char *text)
{
    static char buf[8192];
    size_t len = strlen(text), used, n;
    enum want want;

    memcpy(buf, text, len);
    want = session_input(s, buf, len, &used);
    cr_assert_eq(used, len, "%s", text);
    session_output(s, &n);
    session_output_written(s, n);
    return want;
}

static void recipient(const char *to)
{
    static const struct verdict pass = {.judged = JUDGED_PASS};
    char line[420];

    snprintf(line, sizeof(line), "RCPT TO:<%s>\r\n", to);
    cr_assert_eq(say(line), WANT_CHECK);
    cr_assert_eq(session_checked(s, CHECKED_LOCAL), WANT_VERDICT);
    cr_assert_eq(session_verdict(s, &pass), WANT_INPUT);
    say("");
}

/* The trace header of a message from here on. */
static const char *trace(const char *name)
{
    static char text[2048];
    size_t len;

    cr_assert_eq(say("DATA\r\n"), WANT_OPEN);
    cr_assert_eq(session_opened(s, STORED_OK, name, 1795276828), WANT_WRITE);
    memcpy(text, session_body(s, &len), sizeof(text) - 1);
    text[len] = '\0';
    return text;
}

Test(session, wants_a_check_then_a_verdict_then_a_place, .init = make,
     .fini = drop)
{
    size_t len;

    say("EHLO c.example\r\nMAIL FROM:<a@b.example>\r\n");
    recipient("x@example.org");
    trace(NULL);
    cr_assert_eq(session_written(s, STORED_OK), WANT_INPUT);
    cr_assert_eq(say("hello\r\n"), WANT_WRITE);
    cr_assert(strncmp(session_body(s, &len), "hello\n", 6) == 0 && len == 6);
    cr_assert_eq(session_written(s, STORED_OK), WANT_INPUT);
    cr_assert_eq(say(".\r\n"), WANT_COMMIT);
    cr_assert(session_in_data(s));
    cr_assert_eq(session_committed(s, STORED_OK), WANT_INPUT);
    cr_assert_not(session_in_transaction(s));
}

Test(session, writes_the_received_field_of_rfc_5321_4_4, .init = make,
     .fini = drop)
{
    say("EHLO c.example\r\nMAIL FROM:<a@b.example>\r\n");
    recipient("x@example.org");
    cr_assert_str_eq(trace("mail.c.example"),
                     "Received: from c.example (mail.c.example [192.0.2.1])\n"
                     "\tby mx.example.org with ESMTP\n"
                     "\tid sid\n"
                     "\tfor <x@example.org>; "
                     "Sat, 21 Nov 2026 16:00:28 +0000\n");
}

Test(session, names_no_recipient_in_it_when_there_are_several, .init = make,
     .fini = drop)
{
    say("EHLO c.example\r\nMAIL FROM:<a@b.example>\r\n");
    recipient("x@example.org");
    recipient("y@example.org");
    cr_assert_null(strstr(trace(NULL), "example.org>"));
}

Test(session, gives_its_place_up_before_it_ends, .init = make, .fini = drop)
{
    say("EHLO c.example\r\nMAIL FROM:<a@b.example>\r\n");
    recipient("x@example.org");
    trace(NULL);
    session_written(s, STORED_OK);
    cr_assert_eq(session_end(s, "4.3.2 Shutting down"), WANT_ABORT);
    cr_assert_eq(session_aborted(s), WANT_CLOSE);
    cr_assert_str_eq(session_ending(s), "4.3.2 Shutting down");
}

Test(session, holds_no_more_memory_than_it_says, .init = make, .fini = drop)
{
    char long_name[120];

    memset(long_name, 'd', sizeof(long_name));
    for (int i = 40; i < 119; i += 40)
        long_name[i] = '.';
    long_name[119] = '\0';
    say("EHLO c.example\r\nMAIL FROM:<a@b.example>\r\n");
    for (int i = 0; i < 100; i++) {
        char to[320];

        snprintf(to, sizeof(to), "%064d@%.119s.%.119s", i, long_name,
                 long_name);
        recipient(to);
    }
    cr_assert_eq(session_recipient_count(s), 100);
    cr_assert(session_memory(&limits) <= 160 * 1024, "%zu",
              session_memory(&limits));
}

Test(session, names_connections_so_that_they_sort_by_time)
{
    char a[16], b[16];

    record_sid((uint64_t)1795276828000 << 20, a, sizeof(a));
    record_sid(((uint64_t)1795276828001 << 20) + 5, b, sizeof(b));
    cr_assert_eq(strlen(a), 13);
    cr_assert(strcmp(a, b) < 0, "%s %s", a, b);
}

Test(session, does_not_count_a_pause_before_the_data)
{
    struct pace p = {0};

    pace_take(&p, false, false, 30, 1000); /* RCPT, and then a long silence */
    pace_take(&p, false, true, 6, 1200);   /* DATA */
    cr_assert_not(pace_is_slow(&p, 1201, 100));
    pace_take(&p, true, true, 500, 1210);
    pace_take(&p, true, true, 500, 1220);
    cr_assert_eq(p.octets, 1000);
    cr_assert_not(pace_is_slow(&p, 1260, 100));
    cr_assert(pace_is_slow(&p, 1261, 100));
    pace_take(&p, true, false, 5, 1262); /* its end */
    cr_assert_eq(p.octets, 0);
}

Test(session, judges_the_rate_of_data_only_after_a_minute)
{
    struct pace p = {.since = 1000};

    cr_assert_not(pace_is_slow(&p, 1060, 100));
    p.octets = 6099;
    cr_assert(pace_is_slow(&p, 1061, 100));
    p.octets = 6100;
    cr_assert_not(pace_is_slow(&p, 1061, 100));
    p.octets = 0;
    cr_assert_not(pace_is_slow(&p, 1600, 0));
}
