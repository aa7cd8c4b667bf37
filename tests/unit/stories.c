/*
 * What the seeds' three pages say of their receivers, attempt by attempt, at
 * etc/examples; tests/unit/simulate.c has what they say of senders.  And a
 * receiver that answers too late for a sender with too little patience.
 */
#include "lab/load.h"
#include "lab/study.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MINUTE 60

static struct receiver *at(const char *name)
{
    struct receiver *r;

    load_from("etc");
    r = load_receiver(name);
    cr_assert_not_null(r);
    return r;
}

/* One attempt of a client of that name, or ""; what it was told last. */
static struct visit_end attempt_of(struct receiver *r, const char *name,
                                   int64_t sec, const char *client,
                                   const char *from, const char *to)
{
    static const struct profile plain = {.addresses = 1,
                                         .last_step = STEP_DOT,
                                         .patience_sec = PROFILE_PATIENCE};
    struct visit v = {.now = 1700000000 + sec,
                      .name = name,
                      .helo = "sender.example",
                      .from = from,
                      .to = to,
                      .profile = &plain};
    struct visit_end end;

    netaddr_parse(client, &v.client);
    receiver_visit(r, &v, &end);
    return end;
}

static struct visit_end attempt(struct receiver *r, int64_t sec,
                                const char *client, const char *from,
                                const char *to)
{
    return attempt_of(r, "", sec, client, from, to);
}

static bool taken(struct receiver *r, int64_t sec, const char *client,
                  const char *from, const char *to)
{
    struct visit_end end = attempt(r, sec, client, from, to);

    cr_expect_eq(end.stored, end.code == 250);
    return end.stored;
}

Test(stories, bergen_says_421_at_first_sight_and_takes_it_after_three_minutes)
{
    struct receiver *r = at("bergen");
    struct visit_end end =
        attempt(r, 0, "198.51.100.1", "a@a.example", "joe@example.org");

    cr_expect_eq(end.code, 421);
    cr_expect_not(
        taken(r, 179, "198.51.100.1", "a@a.example", "joe@example.org"));
    cr_expect(taken(r, 180, "198.51.100.1", "a@a.example", "joe@example.org"));
    receiver_free(r);
}

Test(stories, bergen_takes_all_further_mail_of_that_host_with_no_further_delay)
{
    struct receiver *r = at("bergen");

    attempt(r, 0, "198.51.100.1", "a@a.example", "joe@example.org");
    cr_assert(
        taken(r, 3 * MINUTE, "198.51.100.1", "a@a.example", "joe@example.org"));
    cr_expect(
        taken(r, 4 * MINUTE, "198.51.100.1", "b@b.example", "ann@example.org"));
    cr_expect_not(
        taken(r, 4 * MINUTE, "203.0.113.1", "a@a.example", "joe@example.org"));
    receiver_free(r);
}

Test(stories, bergen_always_takes_mail_to_its_contact)
{
    struct receiver *r = at("bergen");

    cr_expect(taken(r, 0, "198.51.100.1", "broken@a.example",
                    "greylisting@example.org"));
    receiver_free(r);
}

Test(stories, barnet_counts_the_seconds_down)
{
    struct receiver *r = at("barnet");
    struct visit_end end;

    end = attempt(r, 0, "144.140.71.41", "x@big.example", "joe@example.org");
    cr_expect_eq(end.code, 450);
    cr_expect(strstr(end.reply, "Transit Delay -- 45 seconds") != NULL);
    end = attempt(r, 6, "144.140.71.41", "x@big.example", "joe@example.org");
    cr_expect(strstr(end.reply, "Transit Delay -- 39 seconds") != NULL);
    cr_expect(
        taken(r, 45, "144.140.71.41", "x@big.example", "joe@example.org"));
    receiver_free(r);
}

Test(stories, barnet_refuses_each_new_combination_of_address_sender_recipient)
{
    struct receiver *r = at("barnet");

    attempt(r, 0, "198.51.100.1", "a@a.example", "joe@example.org");
    cr_assert(taken(r, 60, "198.51.100.1", "a@a.example", "joe@example.org"));
    cr_expect_not(
        taken(r, 61, "198.51.100.2", "a@a.example", "joe@example.org"));
    cr_expect_not(
        taken(r, 61, "198.51.100.1", "b@a.example", "joe@example.org"));
    cr_expect_not(
        taken(r, 61, "198.51.100.1", "a@a.example", "ann@example.org"));
    receiver_free(r);
}

Test(stories, five_minutes_says_so_and_takes_the_retry_of_any_time_behind_it)
{
    static const int64_t retries[] = {5, 15, 60, 4 * 60};
    struct receiver *r = at("five-minutes");

    for (size_t i = 0; i < 4; i++) {
        char from[32];
        struct visit_end end;

        snprintf(from, sizeof(from), "%c@a.example", (char)('a' + i));
        end = attempt(r, 0, "198.51.100.1", from, "joe@example.org");
        cr_expect_str_eq(end.reply,
                         "4.7.1 Greylisting in effect. Please try again to "
                         "send this e-mail in 5 minutes.");
        cr_expect_not(taken(r, 1, "198.51.100.1", from, "joe@example.org"));
        cr_expect(taken(r, retries[i] * MINUTE, "198.51.100.1", from,
                        "joe@example.org"));
    }
    receiver_free(r);
}

Test(stories, five_minutes_takes_what_it_knows_at_once_from_then_on)
{
    struct receiver *r = at("five-minutes");

    attempt(r, 0, "198.51.100.1", "a@a.example", "joe@example.org");
    cr_assert(
        taken(r, 5 * MINUTE, "198.51.100.1", "a@a.example", "joe@example.org"));
    for (int day = 1; day < 100; day += 30)
        cr_expect(taken(r, day * 86400, "198.51.100.1", "a@a.example",
                        "joe@example.org"));
    receiver_free(r);
}

Test(stories, who_is_known_to_break_or_asked_for_it_never_waits)
{
    static const char *const receivers[] = {"bergen", "barnet", "five-minutes"};

    for (size_t i = 0; i < 3; i++) {
        struct receiver *r = at(receivers[i]);

        cr_expect(attempt_of(r, "gizmo06ps.bigpond.com", 0, "144.140.71.41",
                             "x@bigpond.com", "joe@example.org")
                      .stored,
                  "%s", receivers[i]);
        /* Not for the name that it says, but for one that is verified. */
        cr_expect_not(attempt_of(r, "", 0, "144.140.71.41", "x@bigpond.com",
                                 "joe@example.org")
                          .stored);
        receiver_free(r);
    }
}

/* One message of a sender, at a receiver that answers the dot so late. */
static struct cell late(const char *profile, unsigned sec)
{
    struct study s = {
        .mxs = 2, .nprofiles = 1, .nreceivers = 1, .answer_sec = sec};
    struct cell c;

    load_from("etc");
    s.profiles = calloc(1, sizeof(*s.profiles));
    s.receivers = calloc(1, sizeof(*s.receivers));
    s.profiles[0] = load_profile(profile);
    s.receivers[0] = at("five-minutes");
    study_run(&s);
    c = s.cells[0];
    free(c.made);
    s.cells[0].made = NULL;
    study_release(&s);
    return c;
}

Test(stories, a_reply_too_late_for_its_sender_makes_duplicates)
{
    struct cell c = late("impatient", 120);

    cr_expect_eq(c.fate, FATE_DELIVERED);
    /* Once deferred, then each attempt of four days is a copy. */
    cr_expect_eq(c.stored, c.attempts - 1);
    cr_expect_gt(c.stored, 90);
    cr_expect_str_eq(
        c.why, "98 copies: it does not wait for the reply to its message");
}

Test(stories, a_late_reply_is_no_harm_to_who_waits_as_the_standard_says)
{
    cr_expect_eq(late("impatient", 60).stored, 1);
    cr_expect_eq(late("postfix", 600).stored, 1);
    cr_expect_gt(late("postfix", 601).stored, 1);
}

Test(stories, our_queue_comes_back_when_barnet_and_bergen_say_it_may)
{
    static const struct {
        const char *receiver;
        int64_t least, most;
    } rows[] = {
        {"barnet", 46, 50}, {"bergen", 181, 199}, {"spamd", 1500, 4000}};

    for (size_t i = 0; i < 3; i++) {
        struct study s = {.mxs = 2, .nprofiles = 1, .nreceivers = 1};
        const struct cell *c;

        s.profiles = calloc(1, sizeof(*s.profiles));
        s.receivers = calloc(1, sizeof(*s.receivers));
        s.receivers[0] = at(rows[i].receiver);
        s.profiles[0] = load_profile("tarry");
        study_run(&s);
        c = study_cell(&s, 0, 0);
        cr_expect_eq(c->fate, FATE_DELIVERED);
        cr_expect(c->delay_sec >= rows[i].least && c->delay_sec <= rows[i].most,
                  "%s: %lld", rows[i].receiver, (long long)c->delay_sec);
        study_release(&s);
    }
}
