/* The attempts of a log replayed under other settings. */
#include "lab/replay.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct replay r;

/* Attempts that follow are told by Postfix. */
static bool by_postfix;

static void attempt(int64_t minute, const char *client, const char *sender,
                    bool passed)
{
    struct trace_line l = {.time = 1700000000 + 60 * minute,
                           .passed = passed,
                           .postfix = by_postfix};

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
    at = receiver_new(path, NULL, err, sizeof(err));
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

Test(replay, takes_attempts_in_the_order_of_time_however_they_are_told)
{
    struct replay_result got;

    attempt(18, "192.0.2.1", "a@a.example", true);
    attempt(30, "192.0.2.1", "a@a.example", false);
    attempt(0, "192.0.2.1", "a@a.example", false);
    replay_ready(&r);
    replay_recorded(&r, &got);
    cr_expect_eq(got.messages, 2);
    cr_expect_eq(got.delayed, 1);
    cr_expect_eq(replay_delay(&got, 100), 18 * 60);
    free(got.delays);
}

Test(replay, believes_a_policy_rather_than_the_postfix_that_asked_it)
{
    by_postfix = true;
    fill();
    cr_expect_eq(r.attempts, 6);
    cr_expect_eq(r.twice, 0);
    replay_release(&r);
    attempt(0, "192.0.2.1", "a@a.example", false);
    attempt(18, "192.0.2.1", "a@a.example", true);
    /* Before the policy was there. */
    attempt(-900, "192.0.2.1", "c@a.example", true);
    by_postfix = false;
    fill();
    cr_expect_eq(r.attempts, 7);
    cr_expect_eq(r.twice, 2);
}

static struct receiver *changed(const char *greylist, const char *changes,
                                char err[1024])
{
    char path[] = "/tmp/tarry-replay.XXXXXX";
    FILE *f = fdopen(mkstemp(path), "w");
    struct receiver *at;

    fprintf(f,
            "hostname = \"mx.example.org\"\ndomains = { \"example.org\" }\n"
            "mailboxes = \"/var/mail/%%u\"\ngreylist { %s }\n",
            greylist);
    fclose(f);
    err[0] = '\0';
    at = receiver_new(path, changes, err, 1024);
    unlink(path);
    return at;
}

Test(replay, changes_single_settings_of_a_file)
{
    char err[1024];
    struct receiver *at = changed("delay = 2h", "delay=1m,window=3h", err);

    cr_assert_not_null(at, "%s", err);
    cr_expect_eq(receiver_delay(at), 60);
    cr_expect(strstr(receiver_name(at), ",delay=1m,window=3h") != NULL);
    receiver_free(at);
    at = changed("delay = 2h", "mode=off", err);
    cr_assert_not_null(at, "%s", err);
    cr_expect_eq(receiver_delay(at), 0);
    receiver_free(at);
}

Test(replay, refuses_changes_as_the_file_would_be_refused)
{
    static const struct {
        const char *change, *says;
    } rows[] = {
        {"delay", "must be KEY=VALUE"},
        {"", "must be KEY=VALUE"},
        {"delay=soon", "delay"},
        {"ipv4-prefix=33", "ipv4-prefix"},
        {"identity=shoe", "identity"},
        {"reply=no", "with a KEY of"},
        {"delay=1m } listen=x", "must be"},
        {"window=1h", "window"},
        {"window=3h,delay=4h", "window"},
    };
    char err[1024];

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        cr_expect_null(changed("delay = 2h", rows[i].change, err), "%s",
                       rows[i].change);
        cr_expect(strstr(err, rows[i].says) != NULL, "%s: %s", rows[i].change,
                  err);
    }
}
