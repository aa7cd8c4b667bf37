/* Profiles: what the text says, and every mistake by its line. */
#include "lab/profile.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char err[4096];

static struct profile *parse(const char *text)
{
    return profile_parse("etc/profiles/test.profile", text, strlen(text), err,
                         sizeof(err));
}

static struct profile *good(const char *text)
{
    struct profile *p = parse(text);

    cr_assert_not_null(p, "%s", err);
    return p;
}

Test(profile, is_named_after_its_file)
{
    struct profile *p = good("title A sender\n");

    cr_expect_str_eq(p->name, "test");
    cr_expect_str_eq(p->title, "A sender");
    free(p);
}

Test(profile, retries_4xx_and_bounces_5xx_unless_it_says_otherwise)
{
    struct profile *p = good("title x\n");

    for (int step = 0; step < STEP_COUNT; step++) {
        for (int c = CLASS_421; c <= CLASS_4XX; c++)
            cr_expect_eq(p->react[step][c], REACT_RETRY);
        cr_expect_eq(p->react[step][CLASS_5XX], REACT_BOUNCE);
        cr_expect_eq(p->react[step][CLASS_DROP], REACT_RETRY);
    }
    cr_expect_eq(p->at_end, REACT_BOUNCE);
    free(p);
}

Test(profile, reads_waits_with_repetitions_and_a_growth)
{
    struct profile *p = good("title x # a comment\n"
                             "wait 5m*2 1h\n"
                             "then times 1.5 up-to 4h\n"
                             "lifetime 5d\n");

    cr_assert_eq(p->ntimes, 3);
    cr_expect_eq(p->time_sec[1], 300);
    cr_expect_eq(p->time_sec[2], 3600);
    cr_expect_eq(p->growth, GROWTH_TIMES);
    cr_expect_eq(p->growth_percent, 150);
    cr_expect_eq(p->longest_sec, 4 * 3600);
    cr_expect_eq(p->lifetime_sec, 5 * 86400);
    free(p);
}

Test(profile, reads_times_as_they_are_published_in_minutes_and_seconds)
{
    struct profile *p = good("title x\nat 6:02 98:44\n");

    cr_expect(p->since_first);
    cr_expect_eq(p->time_sec[0], 362);
    cr_expect_eq(p->time_sec[1], 98 * 60 + 44);
    free(p);
}

Test(profile, lets_a_later_reaction_win_and_4xx_mean_all_that_begin_with_4)
{
    struct profile *p = good("title x\n"
                             "on 4xx bounce\n"
                             "on 452 at dot retry\n"
                             "on 451 at rcpt ignore\n");

    cr_expect_eq(p->react[STEP_RCPT][CLASS_450], REACT_BOUNCE);
    cr_expect_eq(p->react[STEP_RCPT][CLASS_4XX], REACT_BOUNCE);
    cr_expect_eq(p->react[STEP_DOT][CLASS_452], REACT_RETRY);
    cr_expect_eq(p->react[STEP_DATA][CLASS_452], REACT_BOUNCE);
    cr_expect_eq(p->react[STEP_RCPT][CLASS_451], REACT_IGNORE);
    free(p);
}

Test(profile, reads_pools_senders_names_and_mx)
{
    struct profile *p = good("title x\nmail spam\naddresses pool-24 7\n"
                             "names dialup\nsender new\nmx next\nat-once 3\n"
                             "jitter 15%\nend silence\nlast-step rcpt\n"
                             "attempts 9\nweight 3\n");

    cr_expect_eq(p->mail, MAIL_SPAM);
    cr_expect_eq(p->pool, POOL_NEAR);
    cr_expect_eq(p->addresses, 7);
    cr_expect_eq(p->names, NAMES_DIALUP);
    cr_expect_eq(p->sender, SENDER_NEW);
    cr_expect_eq(p->mx, MX_NEXT);
    cr_expect_eq(p->at_once, 3);
    cr_expect_eq(p->jitter_percent, 15);
    cr_expect_eq(p->at_end, REACT_SILENCE);
    cr_expect_eq(p->last_step, STEP_RCPT);
    cr_expect_eq(p->attempts, 9);
    cr_expect_eq(p->weight, 3);
    free(p);
}

Test(profile, names_file_line_and_key_of_each_mistake)
{
    static const struct {
        const char *text, *expect;
    } cases[] = {
        {"title x\nretry 5m\n", ":2: retry: unknown"},
        {"title \x1b[31mx\nwait 5m\n", ":1: line: is too long, or no text"},
        {"title \xff\nwait 5m\n", ":1: line: is too long, or no text"},
        {"title x\n\nwait five\n", ":3: wait: a time is"},
        {"title x\nwait 5m\nat 6:02\n", ":3: at: \"at\" and \"wait\""},
        {"title x\nwait 5m*0\n", ":2: wait: the number behind"},
        {"title x\nwait 5m*65\n", ":2: wait: the number behind"},
        {"title x\nwait 5m*64 1m\n", ":2: wait: too many times"},
        {"title x\nat 6:02 5:00\n", ":2: at: the times must not go back"},
        {"title x\nat 6:60\n", ":2: at: a time is"},
        {"title x\nat 4294967295:00\n", ":2: at: a time is"},
        {"title x\ntitle y\n", ":2: title: stands twice"},
        {"title x\nmail\n", ":2: mail: has no value"},
        {"title x\nmail good\n", ":2: mail: must be one of: wanted spam"},
        {"title x\non 450\n", ":2: on: must be: CODE"},
        {"title x\non 450 in rcpt retry\n", ":2: on: must be: CODE"},
        {"title x\non 250 retry\n", ":2: on: must be: CODE"},
        {"title x\non drop ignore\n", ":2: on: nobody goes on"},
        {"title x\naddresses one 2\n", ":2: addresses: one is one"},
        {"title x\naddresses many 201\n", ":2: addresses: must say how many"},
        {"title x\nwait 367d\n", ":2: wait: a time is"},
        {"title x\nat 527041:00\n", ":2: at: a time is"},
        {"title x\nattempts 100001\n", ":2: attempts: must be a number"},
        {"title x\njitter 101%\n", ":2: jitter: must be a percentage"},
        {"title x\nthen every\n", ":2: then: must be: every TIME"},
        {"title x\nthen times 2.123 \n", ":2: then: must be: every TIME"},
        {"title x\nthen every 1h\n", "then: wants a \"lifetime\""},
        {"title x\nthen every 0\nattempts 5\n", "then: no time would pass"},
        {"title x\nthen times 2\nattempts 5\n", "then: \"times\" wants a wait"},
        {"title x\nwait 5m\nthen times 0.5\nattempts 5\n",
         "then: waits cannot become shorter"},
        {"wait 5m\n", "title: is missing"},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        struct profile *p = parse(cases[i].text);

        cr_expect_null(p, "accepted: %s", cases[i].text);
        cr_expect_not_null(strstr(err, cases[i].expect), "%s -> %s",
                           cases[i].text, err);
        cr_expect_eq(strncmp(err, "etc/profiles/test.profile:", 26), 0, "%s",
                     err);
        free(p);
    }
}

Test(profile, reports_all_mistakes_at_once)
{
    cr_assert_null(parse("a\nb 1\nwait x\n"));
    cr_expect_not_null(strstr(err, ":1: a: unknown\n"));
    cr_expect_not_null(strstr(err, ":2: b: unknown\n"));
    cr_expect_not_null(strstr(err, ":3: wait: "));
}

Test(profile, survives_long_lines_zeros_and_small_room_for_mistakes)
{
    char text[5000], small[40];

    memset(text, 'x', sizeof(text));
    cr_expect_null(
        profile_parse("f", text, sizeof(text), small, sizeof(small)));
    cr_expect_lt(strlen(small), sizeof(small));
    cr_expect_null(profile_parse("f", "title\0x\n", 8, err, sizeof(err)));
    cr_expect_null(profile_parse("a b", "title x\n", 8, err, sizeof(err)));
}

Test(profile, classes_replies_by_code)
{
    cr_expect_eq(profile_class(0), CLASS_DROP);
    cr_expect_eq(profile_class(250), CLASS_SUCCESS);
    cr_expect_eq(profile_class(354), CLASS_SUCCESS);
    cr_expect_eq(profile_class(421), CLASS_421);
    cr_expect_eq(profile_class(452), CLASS_452);
    cr_expect_eq(profile_class(454), CLASS_4XX);
    cr_expect_eq(profile_class(550), CLASS_5XX);
    cr_expect_eq(profile_class(777), CLASS_DROP);
}

Test(profile, takes_the_schedule_of_our_queue_with_what_it_does_not_say)
{
    struct profile *p = good("title x\nschedule tarry\n");

    cr_expect(p->schedule);
    cr_assert_eq(p->ntimes, 5);
    cr_expect_eq(p->time_sec[4], 3600);
    cr_expect_eq(p->lifetime_sec, 5 * 86400);
    free(p);
    p = good("title x\nwait 1m\nlifetime 1h\nschedule tarry\n");
    cr_expect_eq(p->ntimes, 1);
    cr_expect_eq(p->lifetime_sec, 3600);
    free(p);
    cr_expect_null(parse("title x\nschedule tarry\njitter 5%\n"));
    cr_expect(strstr(err, "schedule: goes with") != NULL, "%s", err);
    cr_expect_null(parse("title x\nschedule of-others\n"));
}

Test(profile, waits_ten_minutes_for_the_last_reply_unless_it_says_otherwise)
{
    struct profile *p = good("title x\n");

    cr_expect_eq(p->patience_sec, 600);
    free(p);
    p = good("title x\npatience 1m\n");
    cr_expect_eq(p->patience_sec, 60);
    free(p);
    cr_expect_null(parse("title x\npatience 0\n"));
}
