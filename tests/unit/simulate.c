/*
 * The seeds' stories, played: the senders that Bergen's page and BarNet's tell
 * of, at their receivers, with the outcome that they tell; and what holds of
 * any simulation.  Reads etc/ of the source tree, where it is run.
 */
#include "lab/load.h"
#include "lab/study.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

static struct cell play(const char *profile, const char *receiver)
{
    struct study s = {.mxs = 2, .nprofiles = 1, .nreceivers = 1};
    struct cell c;

    load_from("etc");
    s.profiles = calloc(1, sizeof(*s.profiles));
    s.receivers = calloc(1, sizeof(*s.receivers));
    s.profiles[0] = load_profile(profile);
    s.receivers[0] = load_receiver(receiver);
    cr_assert_not_null(s.profiles[0]);
    cr_assert_not_null(s.receivers[0]);
    study_run(&s);
    c = s.cells[0];
    /* The attempts are the caller's now. */
    s.cells[0].made = NULL;
    study_release(&s);
    return c;
}

static void expect_fate(const char *profile, const char *receiver,
                        enum fate fate, unsigned attempts, int64_t delay_sec)
{
    struct cell c = play(profile, receiver);

    cr_expect_eq(c.fate, fate, "%s at %s: %s", profile, receiver,
                 fate_word(c.fate));
    cr_expect_eq(c.attempts, attempts, "%s at %s: %u attempts", profile,
                 receiver, c.attempts);
    if (fate == FATE_DELIVERED)
        cr_expect_eq(c.delay_sec, delay_sec, "%s at %s: after %lld", profile,
                     receiver, (long long)c.delay_sec);
    free(c.made);
}

Test(simulate, bergen_refuses_at_first_sight_and_takes_it_after_three_minutes)
{
    struct cell c = play("hotmail", "bergen");

    cr_assert_eq(c.fate, FATE_DELIVERED);
    cr_expect_eq(c.made[0].end.code, 421);
    cr_expect_eq(c.made[0].end.step, STEP_RCPT);
    cr_expect_str_eq(c.made[0].end.reply,
                     "4.7.1 Nice to meet you - please try again in 3 minutes");
    /* 1:01 and 2:03 are too early; 3:04 is not. */
    cr_expect_eq(c.attempts, 4);
    cr_expect_eq(c.delay_sec, 184);
    free(c.made);
}

Test(simulate, at_bergen_a_real_server_retries_and_a_spambot_does_not)
{
    expect_fate("bergen", "bergen", FATE_DELIVERED, 3, 900);
    expect_fate("fire-and-forget", "bergen", FATE_LOST, 1, 0);
}

Test(simulate, bergen_itself_retries_for_five_days_before_it_returns_a_message)
{
    struct cell c = play("bergen", "bergen");
    struct profile *p = load_profile("bergen");
    struct sender_attempt a;
    struct sender s;
    enum sender_next next;
    int64_t last;

    sender_begin(&s, p, 1, 0, 0, &a);
    do {
        last = a.at;
        next = sender_after(&s, STEP_RCPT, 421, 0, a.at, &a);
    } while (next == SENDER_RETRY);
    cr_expect_eq(next, SENDER_BOUNCED);
    cr_expect_eq(s.why, WHY_LIFETIME);
    cr_expect(last <= 5 * 86400 && last > 5 * 86400 - 7200);
    free(p);
    free(c.made);
}

Test(simulate, barnet_tells_the_seconds)
{
    struct cell c = play("postfix", "barnet");

    cr_expect_eq(c.made[0].end.code, 450);
    cr_expect_str_eq(
        c.made[0].end.reply,
        "4.7.1 <joe@example.org>: Recipient address rejected: BarNet "
        "Engineered Transit Delay -- 45 seconds");
    free(c.made);
}

Test(simulate, barnets_five_senders_end_as_its_page_tells)
{
    expect_fate("mailmax-old", "barnet", FATE_BOUNCED, 1, 0);
    expect_fate("mailmax-5.5", "barnet", FATE_DELIVERED, 2, 3 * 3600);
    expect_fate("capesoft", "barnet", FATE_BOUNCED, 1, 0);
    expect_fate("bigpond", "barnet", FATE_LOST, 1, 0);
    expect_fate("intermail", "barnet", FATE_BOUNCED, 1, 0);
}

Test(simulate, mailmax_bounces_because_it_takes_450_for_permanent)
{
    struct cell c = play("mailmax-old", "barnet");

    cr_expect_str_eq(c.why, "takes 450 at rcpt for final");
    free(c.made);
}

Test(simulate, five_minutes_delays_by_five_minutes_at_least)
{
    expect_fate("postfix", "five-minutes", FATE_DELIVERED, 3, 300);
    expect_fate("retry-at-once", "five-minutes", FATE_LOST, 6, 0);
}

Test(simulate, a_pool_is_known_by_its_domain_and_by_its_addresses_is_not)
{
    expect_fate("gmail", "tarry", FATE_DELIVERED, 2, 362);
    expect_fate("gmail", "barnet", FATE_DELIVERED, 8, 309 * 60 + 5);
}

Test(simulate, a_message_without_a_recipient_is_not_stored)
{
    struct cell c = play("ignores-replies", "five-minutes");

    cr_expect_eq(c.stored, 0);
    cr_expect_eq(c.made[0].end.step, STEP_DOT);
    free(c.made);
}

Test(simulate,
     a_callout_gets_its_answer_at_rcpt_where_null_senders_wait_at_data)
{
    expect_fate("callout", "tarry", FATE_ANSWERED, 1, 0);
    expect_fate("callout", "postgrey", FATE_ANSWERED, 2, 0);
}

/* Two good senders and a robot at the seeds' receiver. */
static struct mix_result mix(uint64_t seed, unsigned senders)
{
    static const char *const names[] = {"postfix", "gmail", "fire-and-forget"};
    struct mix_settings m = {
        .senders = senders, .days = 5, .spam_percent = 50, .mxs = 2};
    struct profile *p[3];
    struct receiver *r;
    struct mix_result out;

    m.seed = seed;
    load_from("etc");
    r = load_receiver("tarry");
    cr_assert_not_null(r);
    for (int i = 0; i < 3; i++)
        p[i] = load_profile(names[i]);
    cr_assert_eq(mix_run(&m, p, 3, r, &out), 0);
    for (int i = 0; i < 3; i++)
        free(p[i]);
    receiver_free(r);
    return out;
}

Test(mix, stops_robots_and_delivers_the_rest)
{
    struct mix_result r = mix(1, 300);

    cr_expect_gt(r.spam, 300);
    cr_expect_eq(r.spam_stored, 0);
    cr_expect_gt(r.wanted, 300);
    cr_expect_eq(r.wanted_delivered, r.wanted);
    cr_expect_eq(r.duplicates, 0);
    /* The one or the other first retry. */
    cr_expect_eq(mix_percentile(&r, 100), 362);
    cr_expect_eq(mix_within(&r, 362), r.wanted);
    mix_release(&r);
}

Test(mix, is_the_same_for_the_same_seed_and_another_for_another)
{
    struct mix_result a = mix(1, 200), b = mix(1, 200), c = mix(2, 200);

    cr_expect_eq(a.attempts, b.attempts);
    cr_expect_eq(a.wanted_delivered, b.wanted_delivered);
    cr_expect_eq(memcmp(a.delay_sec, b.delay_sec,
                        a.wanted_delivered * sizeof(*a.delay_sec)),
                 0);
    cr_expect_neq(a.attempts, c.attempts);
    mix_release(&a);
    mix_release(&b);
    mix_release(&c);
}

Test(mix, says_when_it_has_nothing_to_mix)
{
    struct mix_settings m = {.senders = 1, .days = 1, .spam_percent = 50};
    struct profile *p = load_profile("postfix");
    struct receiver *r = load_receiver("tarry");
    struct mix_result out;

    cr_expect_eq(mix_run(&m, &p, 1, r, &out), -1);
    receiver_free(r);
    free(p);
}
