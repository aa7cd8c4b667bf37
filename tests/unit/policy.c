/* The greylist policy: every limit to the second, and RFC 6647 §5 by name. */
#include "greylist/policy.h"

#include <criterion/criterion.h>

#define T0   INT64_C(1700000000)
#define DAY  86400
#define WEEK (7 * DAY)

static const struct policy usual = {
    .delay_sec = 300, .window_sec = DAY, .pass_sec = 36 * DAY, .auto_allow = 5};
static const struct record nothing;
static const struct client_record nobody;
static const struct record waiting = {.first = T0, .last = T0, .refused = 1};
static const struct record passed = {
    .first = T0 - 400, .last = T0, .passed = T0, .refused = 1, .accepted = 1};

static struct outcome decide(const struct policy *p, struct record r,
                             struct client_record c, int64_t now)
{
    struct outcome out;

    policy_decide(p, &r, &c, now, &out);
    return out;
}

Test(policy, decides_at_every_limit_to_the_second)
{
    static const struct {
        const char *name;
        const struct record *record;
        int64_t after;
        enum decision expect;
        bool pass;
        uint32_t wait_sec, waited_sec;
    } cases[] = {
        {"first sight", &nothing, 0, DECISION_NEW, false, 300, 0},
        {"at once again", &waiting, 0, DECISION_EARLY, false, 300, 0},
        {"delay - 1", &waiting, 299, DECISION_EARLY, false, 1, 0},
        {"delay", &waiting, 300, DECISION_RETURNED, true, 0, 300},
        {"delay + 1", &waiting, 301, DECISION_RETURNED, true, 0, 301},
        {"window - 1", &waiting, DAY - 1, DECISION_RETURNED, true, 0, DAY - 1},
        {"window", &waiting, DAY, DECISION_RETURNED, true, 0, DAY},
        {"window + 1", &waiting, DAY + 1, DECISION_NEW, false, 300, 0},
        {"passed", &passed, 0, DECISION_KNOWN, true, 0, 0},
        {"pass - 1", &passed, 36 * DAY - 1, DECISION_KNOWN, true, 0, 0},
        {"pass", &passed, 36 * DAY, DECISION_KNOWN, true, 0, 0},
        {"pass + 1", &passed, 36 * DAY + 1, DECISION_NEW, false, 300, 0},
        {"clock back 1", &waiting, -1, DECISION_EARLY, false, 300, 0},
        {"clock back a year", &waiting, -365 * DAY, DECISION_EARLY, false, 300,
         0},
        {"clock back, passed", &passed, -365 * DAY, DECISION_KNOWN, true, 0, 0},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct outcome o =
            decide(&usual, *cases[i].record, nobody, T0 + cases[i].after);

        cr_expect_eq(o.decision, cases[i].expect, "%s", cases[i].name);
        cr_expect_eq(o.pass, cases[i].pass, "%s", cases[i].name);
        cr_expect_eq(o.wait_sec, cases[i].wait_sec, "%s", cases[i].name);
        cr_expect_eq(o.waited_sec, cases[i].waited_sec, "%s", cases[i].name);
    }
}

Test(policy, never_resets_the_clock_for_an_early_retry)
{
    struct record r = nothing;

    for (int64_t t = 0; t < 300; t += 10) {
        struct outcome o = decide(&usual, r, nobody, T0 + t);

        cr_assert_not(o.pass);
        cr_assert_eq(o.wait_sec, 300 - t);
        cr_assert_eq(o.record.first, T0);
        r = o.record;
    }
    cr_assert_eq(r.refused, 30);
    cr_assert(decide(&usual, r, nobody, T0 + 300).pass);
}

Test(policy, waits_no_longer_than_the_delay_after_the_clock_went_back)
{
    struct outcome o = decide(&usual, waiting, nobody, T0 - 5000);

    cr_assert_eq(o.wait_sec, 300);
    o = decide(&usual, o.record, nobody, T0 - 4701);
    cr_assert_eq(o.wait_sec, 1);
    o = decide(&usual, o.record, nobody, T0 - 4700);
    cr_assert_eq(o.decision, DECISION_RETURNED);
}

Test(policy, begins_anew_when_the_window_is_over)
{
    struct record r = {.first = T0, .last = T0 + 40, .refused = 9};
    struct outcome o = decide(&usual, r, nobody, T0 + DAY + 1);

    cr_assert_eq(o.record.first, T0 + DAY + 1);
    cr_assert_eq(o.record.refused, 1);
    cr_assert_eq(o.record.passed, 0);
}

Test(policy, forgets_what_a_triplet_had_when_it_was_idle_too_long)
{
    struct outcome o = decide(&usual, passed, nobody, T0 + 36 * DAY + 1);

    cr_assert_eq(o.record.accepted, 0);
    cr_assert_eq(o.record.passed, 0);
    cr_assert_eq(o.record.first, T0 + 36 * DAY + 1);
}

Test(policy, keeps_when_a_triplet_first_passed_and_counts_its_uses)
{
    struct outcome o = decide(&usual, passed, nobody, T0 + DAY);

    cr_assert_eq(o.record.passed, T0);
    cr_assert_eq(o.record.last, T0 + DAY);
    cr_assert_eq(o.record.accepted, 2);
    cr_assert(o.record_changed);
}

Test(policy, refuses_once_even_with_no_delay_and_names_a_second)
{
    static const struct policy p = {.window_sec = DAY, .pass_sec = WEEK};
    struct outcome o = decide(&p, nothing, nobody, T0);

    cr_assert_not(o.pass);
    cr_assert_eq(o.wait_sec, 1);
    cr_assert(decide(&p, o.record, nobody, T0).pass);
}

Test(policy, survives_the_ends_of_its_numbers)
{
    static const int64_t times[] = {INT64_MIN, -1, 1, T0, INT64_MAX};
    static const uint32_t most = UINT32_MAX;
    static const struct policy p = {most, most, most, 1, most};

    for (size_t i = 0; i < 5 * 5 * 5 * 5; i++) {
        struct record r = {.first = times[i % 5],
                           .last = times[i / 5 % 5],
                           .passed = i % 2 ? times[i / 25 % 5] : 0,
                           .refused = most,
                           .accepted = most};
        struct client_record c = {times[i / 5 % 5], i % 3 ? most : 0};
        int64_t now = times[i / 125];
        struct outcome o = decide(i % 7 ? &p : &usual, r, c, now);

        cr_expect(o.pass || (o.wait_sec >= 1 && o.wait_sec <= most));
        cr_expect(o.record.refused > 0 && o.record.accepted != 1);
        cr_expect(!o.client_changed || o.client.passed > 0);
        policy_expired(&p, &r, now);
        policy_client_expired(&p, &c, now);
    }
}

Test(policy, frees_a_client_after_enough_different_triplets)
{
    struct client_record c = nobody;

    for (unsigned i = 0; i < 5; i++) {
        cr_assert_not(decide(&usual, nothing, c, T0 + 299).pass, "%u", i);
        c = decide(&usual, waiting, c, T0 + 300).client;
        cr_assert_eq(c.passed, i + 1);
    }
    cr_assert_eq(decide(&usual, nothing, c, T0 + 301).decision,
                 DECISION_CLIENT);
    cr_assert(decide(&usual, nothing, c, T0 + 301).pass);
}

Test(policy, does_not_count_further_uses_of_a_triplet_for_its_client)
{
    struct client_record c = {.last = T0, .passed = 1};

    for (int i = 0; i < 10; i++)
        c = decide(&usual, passed, c, T0 + i).client;
    cr_assert_eq(c.passed, 1);
    cr_assert_eq(c.last, T0 + 9);
}

Test(policy, forgets_a_free_client_that_was_idle_too_long)
{
    struct client_record c = {.last = T0, .passed = 5};
    struct outcome o;

    cr_assert(decide(&usual, nothing, c, T0 + 36 * DAY).pass);
    cr_assert_not(decide(&usual, nothing, c, T0 + 36 * DAY + 1).pass);
    o = decide(&usual,
               (struct record){.first = T0 + 36 * DAY, .last = T0, 0, 1, 0}, c,
               T0 + 36 * DAY + 301);
    cr_assert_eq(o.client.passed, 1);
}

Test(policy, leaves_no_record_of_triplets_of_a_free_client)
{
    struct client_record c = {.last = T0 - 10, .passed = 5};
    struct outcome o = decide(&usual, nothing, c, T0);

    cr_assert_not(o.record_changed);
    cr_assert(o.client_changed);
    cr_assert_eq(o.client.last, T0);
}

Test(policy, lets_a_waiting_triplet_pass_early_when_its_client_became_free)
{
    struct client_record c = {.last = T0, .passed = 5};
    struct outcome o = decide(&usual, waiting, c, T0 + 1);

    cr_assert_eq(o.decision, DECISION_CLIENT);
    cr_assert(o.record_changed);
    cr_assert_eq(o.record.passed, T0 + 1);
    cr_assert_eq(o.waited_sec, 1);
    cr_assert_eq(o.client.passed, 5);
}

Test(policy, stores_a_use_only_when_the_last_stored_is_old)
{
    struct policy p = usual;
    struct client_record c = {.last = T0, .passed = 2};
    struct outcome o;

    p.touch_sec = 3600;
    o = decide(&p, passed, c, T0 + 3599);
    cr_assert_not(o.record_changed || o.client_changed);
    o = decide(&p, passed, c, T0 + 3600);
    cr_assert(o.record_changed && o.client_changed);
    o = decide(&p, passed, c, T0 - 1);
    cr_assert(o.record_changed && o.client_changed);
}

Test(policy, keeps_longer_what_is_stored_less_often)
{
    struct policy p = usual;
    int64_t end = T0 + 36 * DAY + 3600;

    p.touch_sec = 3600;
    cr_assert(decide(&p, passed, nobody, end).pass);
    cr_assert_not(decide(&p, passed, nobody, end + 1).pass);
    cr_assert_not(policy_expired(&p, &passed, end));
    cr_assert(policy_expired(&p, &passed, end + 1));
}

/* RFC 6647 §5, item by item; the sections say where it gives the reason. */

Test(rfc6647, defers_a_triplet_that_it_has_not_seen)
{
    struct outcome o = decide(&usual, nothing, nobody, T0);

    cr_assert_eq(o.decision, DECISION_NEW);
    cr_assert_not(o.pass);
}

Test(rfc6647, lets_further_mail_of_a_client_pass_after_one_retry_if_so_set)
{
    struct policy p = usual;
    struct outcome o;

    p.auto_allow = 1;
    o = decide(&p, waiting, nobody, T0 + 300);
    cr_assert_eq(o.decision, DECISION_RETURNED);
    cr_assert_eq(decide(&p, nothing, o.client, T0 + 301).decision,
                 DECISION_CLIENT);
}

Test(rfc6647, frees_no_client_if_so_set)
{
    struct policy p = usual;
    struct client_record c = {.last = T0, .passed = UINT32_MAX};

    p.auto_allow = 0;
    cr_assert_not(decide(&p, nothing, c, T0).pass);
}

Test(rfc6647, takes_retries_between_a_minute_and_a_day)
{
    struct policy p = usual;

    p.delay_sec = 60;
    cr_assert_not(decide(&p, waiting, nobody, T0 + 59).pass);
    cr_assert(decide(&p, waiting, nobody, T0 + 60).pass);
    cr_assert(decide(&p, waiting, nobody, T0 + DAY).pass);
}

Test(rfc6647, takes_a_retry_after_the_range_for_a_new_message)
{
    struct outcome o = decide(&usual, waiting, nobody, T0 + DAY + 1);

    cr_assert_eq(o.decision, DECISION_NEW);
    cr_assert_eq(o.record.first, T0 + DAY + 1);
}

Test(rfc6647, keeps_idle_records_for_a_week_at_least)
{
    static const struct policy hasty = {
        .delay_sec = 1, .window_sec = 60, .pass_sec = 60, .auto_allow = 1};
    struct client_record c = {.last = T0, .passed = 1};

    cr_assert_not(policy_expired(&hasty, &waiting, T0 + WEEK));
    cr_assert(policy_expired(&hasty, &waiting, T0 + WEEK + 1));
    cr_assert_not(policy_expired(&hasty, &passed, T0 + WEEK));
    cr_assert(policy_expired(&hasty, &passed, T0 + WEEK + 1));
    cr_assert_not(policy_client_expired(&hasty, &c, T0 + WEEK));
    cr_assert(policy_client_expired(&hasty, &c, T0 + WEEK + 1));
}

Test(rfc6647, forgets_records_without_recent_traffic)
{
    struct client_record c = {.last = T0, .passed = 1};

    cr_assert_not(policy_expired(&usual, &passed, T0 + 36 * DAY));
    cr_assert(policy_expired(&usual, &passed, T0 + 36 * DAY + 1));
    cr_assert(policy_expired(&usual, &waiting, T0 + WEEK + 1));
    cr_assert_not(policy_client_expired(&usual, &c, T0 + 36 * DAY));
    cr_assert(policy_client_expired(&usual, &c, T0 + 36 * DAY + 1));
}

Test(rfc6647, keeps_a_regular_for_as_long_as_it_writes)
{
    struct record r = passed;

    for (int64_t t = T0; t < T0 + 3650 * (int64_t)DAY; t += 36 * DAY) {
        struct outcome o = decide(&usual, r, nobody, t);

        cr_assert_eq(o.decision, DECISION_KNOWN);
        r = o.record;
    }
}

/*
 * The model: no records, only the list of all that happened, searched anew
 * for each attempt.
 */
#define ROUNDS   60
#define ATTEMPTS 600
#define CLIENTS  3
#define TRIPLETS 4

static struct event {
    int64_t at;
    unsigned client, triplet;
    enum decision decision;
    bool own; /* passed on its own account, or while it was waiting */
} history[ATTEMPTS];

/* When the triplet itself was last let through, or -1. */
static int64_t last_pass(size_t n, unsigned client, unsigned triplet)
{
    while (n-- > 0)
        if (history[n].client == client && history[n].triplet == triplet &&
            history[n].own)
            return history[n].at;
    return -1;
}

/* When the wait that counts now began, or -1. */
static int64_t series_start(const struct policy *p, size_t n, unsigned client,
                            unsigned triplet, int64_t now)
{
    int64_t start = -1;

    for (size_t i = 0; i < n; i++) {
        const struct event *e = &history[i];

        if (e->client != client || e->triplet != triplet)
            continue;
        if (e->decision == DECISION_NEW)
            start = e->at;
        else if (e->own)
            start = -1;
    }
    return start >= 0 && now - start <= p->window_sec ? start : -1;
}

static bool model_free(const struct policy *p, size_t n, unsigned client,
                       int64_t now)
{
    unsigned count = 0;
    int64_t last = -1;

    for (size_t i = 0; i < n; i++) {
        const struct event *e = &history[i];

        if (e->client != client || e->decision == DECISION_NEW ||
            e->decision == DECISION_EARLY)
            continue;
        if (last >= 0 && e->at - last > p->pass_sec)
            count = 0;
        count += e->decision == DECISION_RETURNED;
        last = count > 0 ? e->at : -1;
    }
    return p->auto_allow > 0 && count >= p->auto_allow &&
           now - last <= p->pass_sec;
}

static struct event model(const struct policy *p, size_t n, unsigned client,
                          unsigned triplet, int64_t now)
{
    int64_t pass = last_pass(n, client, triplet);
    int64_t start = series_start(p, n, client, triplet, now);
    struct event e = {now, client, triplet, DECISION_NEW, start >= 0};

    if (pass >= 0 && now - pass <= p->pass_sec) {
        e.decision = DECISION_KNOWN;
        e.own = true;
    } else if (start >= 0 && now - start >= p->delay_sec) {
        e.decision = DECISION_RETURNED;
    } else if (model_free(p, n, client, now)) {
        e.decision = DECISION_CLIENT;
    } else {
        e.decision = start >= 0 ? DECISION_EARLY : DECISION_NEW;
        e.own = false;
    }
    return e;
}

static uint64_t seed;

static uint32_t random_below(uint32_t n)
{
    seed = seed * UINT64_C(6364136223846793005) + 1442695040888963407;
    return (uint32_t)(seed >> 33) % n;
}

/* Mostly short steps, some as long as a limit, to the second. */
static int64_t random_step(const struct policy *p)
{
    switch (random_below(12)) {
    case 0:
        return (int64_t)p->window_sec - 1 + random_below(3);
    case 1:
        return random_below(8) ? 1 : (int64_t)p->pass_sec - 1 + random_below(3);
    case 2:
    case 3:
    case 4:
        return (int64_t)p->delay_sec - 1 + random_below(3);
    default:
        return random_below(p->delay_sec);
    }
}

static void play_round(const struct policy *p)
{
    static struct record records[CLIENTS][TRIPLETS];
    static struct client_record clients[CLIENTS];
    int64_t now = T0;

    memset(records, 0, sizeof(records));
    memset(clients, 0, sizeof(clients));
    for (size_t n = 0; n < ATTEMPTS; n++) {
        unsigned c = random_below(CLIENTS), t = random_below(TRIPLETS);
        struct outcome o;

        now += random_step(p);
        if (policy_expired(p, &records[c][t], now) && random_below(2))
            records[c][t] = nothing;
        if (policy_client_expired(p, &clients[c], now) && random_below(2))
            clients[c] = nobody;
        o = decide(p, records[c][t], clients[c], now);
        history[n] = model(p, n, c, t, now);
        cr_assert_eq(o.decision, history[n].decision, "attempt %zu", n);
        cr_assert_eq(o.pass, o.decision >= DECISION_RETURNED);
        cr_assert(o.pass || (o.wait_sec >= 1 && o.wait_sec <= p->delay_sec));
        if (o.record_changed)
            records[c][t] = o.record;
        if (o.client_changed)
            clients[c] = o.client;
    }
}

Test(policy, decides_the_same_whatever_a_client_is_that_it_does_not_need)
{
    struct policy p = usual;
    unsigned needless = 0;

    seed = 21;
    p.touch_sec = 3600;
    for (unsigned i = 0; i < 100000; i++) {
        struct record r = {T0 - random_below(3 * DAY),
                           T0 - random_below(2 * p.touch_sec),
                           random_below(2) ? T0 - DAY : 0, 1, 1};
        struct client_record c = {T0 - random_below(80 * DAY), random_below(9)};
        int64_t now = T0 + (int64_t)random_below(60 * DAY) - DAY;
        struct outcome o, other;

        if (random_below(2))
            now = T0 + random_below(p.touch_sec) - p.touch_sec / 2;
        if (policy_needs_client(&p, &r, now))
            continue;
        o = decide(&p, r, c, now);
        other = decide(&p, r, nobody, now);
        cr_assert_eq(o.decision, other.decision);
        cr_assert_not(o.client_changed || other.client_changed);
        cr_assert_not(o.record_changed || other.record_changed);
        needless++;
    }
    cr_assert_gt(needless, 1000);
}

/* A passes at 0, B a second later; only A is used, until just before its use
 * would be stored for the second time. */
Test(policy, forgets_no_client_before_its_time_when_uses_are_not_stored)
{
    struct policy p = usual;
    struct record a = {T0 - 300, T0, T0, 1, 1};
    struct client_record c = {.last = T0 + 1, .passed = 5};
    int64_t last = T0 + 2 * 3600 - 1;
    struct outcome o;

    p.touch_sec = 3600;
    o = decide(&p, a, c, T0 + 3600);
    cr_assert(o.record_changed && o.client_changed);
    a = o.record;
    c = o.client;
    o = decide(&p, a, c, last);
    cr_assert_not(o.record_changed || o.client_changed);
    cr_assert_eq(decide(&p, nothing, c, last + 36 * DAY).decision,
                 DECISION_CLIENT);
}

Test(policy, agrees_with_a_simple_model_in_36000_random_attempts)
{
    unsigned seen[5] = {0};

    seed = 20;
    for (unsigned i = 0; i < ROUNDS; i++) {
        struct policy p = {.delay_sec = 1 + random_below(600),
                           .pass_sec = WEEK + random_below(30 * DAY),
                           .auto_allow = random_below(6)};

        p.window_sec = p.delay_sec + random_below(DAY);
        play_round(&p);
        for (size_t n = 0; n < ATTEMPTS; n++)
            seen[history[n].decision]++;
    }
    for (size_t i = 0; i < 5; i++)
        cr_assert_gt(seen[i], 100, "decision %zu seen %u times", i, seen[i]);
}
