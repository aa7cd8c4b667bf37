/* Logs read (lab/trace.c), and replayed under other settings. */
#include "lab/replay.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define TARRY                                                        \
    "2026-11-21T18:45:03.363Z greylist[29]: event=greylist sid=1m7 " \
    "client=192.0.2.1 identity="
#define POSTGREY "Nov 21 18:45:03 mx postgrey[12]: "

Test(trace, reads_the_lines_of_a_tarryd_and_a_postgrey)
{
    static const struct {
        const char *line;
        int64_t time;
        const char *client, *name, *sender, *recipient;
        bool passed;
    } rows[] = {
        {TARRY "192.0.2.0/24 from=a@b.example to=x@example.org "
               "decision=defer reason=new wait=300\n",
         1795286703, "192.0.2.1", "", "a@b.example", "x@example.org", false},
        {TARRY "b.example from=\"\" to=x@example.org decision=pass "
               "reason=returned waited=300\n",
         1795286703, "192.0.2.1", "b.example", "", "x@example.org", true},
        {TARRY "192.0.2.1 from=\"\\\"a to=evil\\\"@b.example\" "
               "to=x@example.org decision=pass reason=known\n",
         1795286703, "192.0.2.1", "", "\"a to=evil\"@b.example",
         "x@example.org", true},
        {"2026-11-21T19:45:03+01:00 mx greylist[29]: event=greylist sid=1 "
         "client=2001:db8::1 identity=2001:db8::/64 from=a@b.example "
         "to=x@example.org decision=pass reason=known\n",
         1795286703, "2001:db8::1", "", "a@b.example", "x@example.org", true},
        {POSTGREY "action=greylist, reason=new, client_name=unknown, "
                  "client_address=192.0.2.1, sender=a@b.example, "
                  "recipient=x@example.org\n",
         1795286703, "192.0.2.1", "", "a@b.example", "x@example.org", false},
        {POSTGREY "4F2A: action=pass, reason=triplet found, delay=312, "
                  "client_name=m.b.example, client_address=192.0.2.1, "
                  "recipient=x@example.org\n",
         1795286703, "192.0.2.1", "m.b.example", "", "x@example.org", true},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct trace_reader r = {.year = 2026};
        struct trace_line l;
        struct netaddr client;
        char text[ADDRESS_TEXT] = "";

        cr_assert_eq(trace_read(&r, rows[i].line, &l), TRACE_ATTEMPT, "%zu", i);
        cr_expect_eq(l.time, rows[i].time, "%zu", i);
        netaddr_parse(rows[i].client, &client);
        cr_expect(netaddr_equal(&client, &l.client));
        cr_expect_str_eq(l.name, rows[i].name);
        if (l.sender.domain[0] != '\0')
            address_text(&l.sender, text, sizeof(text));
        cr_expect_str_eq(text, rows[i].sender);
        cr_expect_str_eq(address_text(&l.recipient, text, sizeof(text)),
                         rows[i].recipient);
        cr_expect_eq(l.passed, rows[i].passed, "%zu", i);
    }
}

Test(trace, passes_over_what_is_no_attempt_and_tells_what_it_cannot_read)
{
    static const struct {
        const char *line;
        enum trace_kind kind;
    } rows[] = {
        {"", TRACE_OTHER},
        {"nothing\n", TRACE_OTHER},
        {"2026-11-21T18:45:03.363Z smtpd[2]: event=rcpt to=x@example.org\n",
         TRACE_OTHER},
        {"Nov 21 18:45:03 mx postfix/smtpd[1]: reject: from=<x: action=pass, "
         "client_address=192.0.2.1, sender=a@b.example, recipient=x@b.example>",
         TRACE_OTHER},
        {POSTGREY "cleaning up old logs...\n", TRACE_OTHER},
        {TARRY "192.0.2.0/24 from=a@b.example to=@ decision=pass\n",
         TRACE_UNFIT},
        {TARRY "192.0.2.0/24 from=a@b.example", TRACE_UNFIT},
        {POSTGREY "action=pass, client_name=x, client_address=192.0.2.1\n",
         TRACE_UNFIT},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct trace_reader r = {.year = 2026};
        struct trace_line l;

        cr_expect_eq(trace_read(&r, rows[i].line, &l), rows[i].kind, "%s",
                     rows[i].line);
    }
}

Test(trace, knows_that_a_year_has_ended)
{
    struct trace_reader r = {.year = 2025};
    struct trace_line l;
    int64_t before;

    trace_read(&r,
               "Dec 31 23:59:59 mx postgrey[1]: action=pass, client_address="
               "192.0.2.1, recipient=x@example.org\n",
               &l);
    cr_expect_eq(trace_read(&r,
                            "Dec 31 23:59:59 mx postgrey[1]: action=pass, "
                            "reason=x, client_address=192.0.2.1, "
                            "recipient=x@example.org\n",
                            &l),
                 TRACE_ATTEMPT);
    before = l.time;
    trace_read(&r,
               "Jan  1 00:00:01 mx postgrey[1]: action=pass, reason=x, "
               "client_address=192.0.2.1, recipient=x@example.org\n",
               &l);
    cr_expect_eq(l.time, before + 2);
}

static struct replay r;

static void attempt(int64_t minute, const char *client, const char *sender,
                    bool passed)
{
    struct trace_line l = {.time = 1700000000 + 60 * minute, .passed = passed};

    netaddr_parse(client, &l.client);
    address_parse(sender, 0, &l.sender);
    address_parse("x@example.org", 0, &l.recipient);
    replay_add(&r, &l);
}

static struct replay_result run(const char *greylist)
{
    char path[] = "/tmp/tarry-replay.XXXXXX", err[1024] = "";
    struct replay_result result;
    struct receiver *at;
    FILE *f = fdopen(mkstemp(path), "w");

    fprintf(f,
            "hostname = \"mx.example.org\"\ndomains = { \"example.org\" }\n"
            "mailboxes = \"/var/mail/%%u\"\ngreylist { %s }\n",
            greylist);
    fclose(f);
    at = receiver_new(path, err, sizeof(err));
    unlink(path);
    cr_assert_not_null(at, "%s", err);
    replay_run(&r, at, &result);
    receiver_free(at);
    return result;
}

/* Ten minutes of delay, /24, as the log was made. */
static void fill(void)
{
    attempt(0, "192.0.2.1", "a@a.example", false);
    attempt(1, "198.51.100.1", "spam@b.example", false);
    attempt(6, "192.0.2.2", "a@a.example", false);
    attempt(18, "192.0.2.3", "a@a.example", true);
    attempt(60, "192.0.2.1", "a@a.example", true);
    attempt(600, "203.0.113.1", "late@c.example", false);
    replay_ready(&r);
}

Test(replay, tells_what_the_log_tells, .init = fill)
{
    struct replay_result got;

    replay_recorded(&r, &got);
    cr_expect_eq(got.messages, 4);
    cr_expect_eq(got.attempts, 6);
    cr_expect_eq(got.at_once, 1);
    cr_expect_eq(got.delayed, 1);
    cr_expect_eq(got.stopped, 1);
    cr_expect_eq(got.waiting, 1);
    cr_expect_eq(replay_delay(&got, 50), 18 * 60);
    free(got.delays);
}

Test(replay, shows_what_a_shorter_delay_would_have_spared, .init = fill)
{
    struct replay_result got = run("auto-allow = 0 delay = 5m");

    cr_expect_eq(got.attempts, 5);
    cr_expect_eq(got.at_once, 1);
    cr_expect_eq(got.delayed, 1);
    cr_expect_eq(got.guessed, 0);
    cr_expect_eq(replay_delay(&got, 100), 6 * 60);
    free(got.delays);
}

Test(replay, guesses_on_where_the_log_ends, .init = fill)
{
    struct replay_result got = run("auto-allow = 0 delay = 35m");

    /* At 30 and 42 minutes, after its own wait of 12. */
    cr_expect_eq(got.guessed, 1);
    cr_expect_eq(replay_delay(&got, 100), 42 * 60);
    cr_expect_eq(got.stopped, 1);
    free(got.delays);
}

Test(replay, shows_that_a_pool_is_lost_to_whole_addresses, .init = fill)
{
    struct replay_result got =
        run("auto-allow = 0 delay = 10m identity = address");

    /* Each address is new; only the last one is guessed to go on. */
    cr_expect_eq(got.delayed, 1);
    cr_expect_eq(got.guessed, 1);
    cr_expect_eq(replay_delay(&got, 100), 30 * 60);
    free(got.delays);
}

Test(replay, shows_all_taken_at_once_without_greylisting, .init = fill)
{
    struct replay_result got = run("auto-allow = 0 mode = off");

    cr_expect_eq(got.at_once, 4);
    cr_expect_eq(got.delayed + got.stopped + got.waiting, 0);
    free(got.delays);
}

Test(replay, counts_as_lost_who_would_come_too_late, .init = fill)
{
    struct replay_result got = run("auto-allow = 0 delay = 2m window = 3m");

    cr_expect_eq(got.lost, 2);
    cr_expect_eq(got.at_once + got.delayed, 0);
    free(got.delays);
}

Test(replay, plays_attempts_in_the_order_of_time)
{
    struct replay_result got;

    attempt(0, "192.0.2.1", "a@a.example", false);
    attempt(10, "192.0.2.1", "b@a.example", false);
    attempt(18, "192.0.2.1", "a@a.example", true);
    attempt(30, "192.0.2.1", "b@a.example", true);
    attempt(40, "192.0.2.1", "c@a.example", true);
    replay_ready(&r);
    got = run("auto-allow = 1 delay = 15m");
    /* The second came before the first had freed its client. */
    cr_expect_eq(got.delayed, 2);
    cr_expect_eq(got.at_once, 1);
    free(got.delays);
}
