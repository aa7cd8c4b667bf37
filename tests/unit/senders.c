/*
 * What tarryctl says of senders (ctl/senders.h): which attempts make a
 * message, what is lost, what was probably wanted, and the command that is
 * given to be copied.
 */
#include "ctl/senders.h"
#include "ctl/since.h"
#include "ctl/text.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define T0   1795200000
#define MIN  60
#define HOUR 3600
#define DAY  86400
#define NOW  (T0 + 10 * DAY)

static struct senders *s;

static void begin(void)
{
    s = senders_new();
}

static void end(void)
{
    senders_release(s);
}

TestSuite(senders, .init = begin, .fini = end, .timeout = 60);

/* An attempt of a client known by its network, or by the domain in helo. */
struct row {
    int64_t sec;
    const char *client, *identity, *sender, *recipient;
    enum decision decision;
    const char *helo; /* NULL: mx.host.example */
};

#define NET1 "192.0.2.1", "192.0.2.0/24"
#define NET2 "198.51.100.1", "198.51.100.0/24"
#define NAME "192.0.2.1", "host.example"
#define TO   "alice@example.org"
#define WHOM "a@b.example", TO

static void add(const struct row *r)
{
    bool passed = r->decision >= DECISION_RETURNED;
    struct attempt a = {.time = T0 + r->sec,
                        .decision = r->decision,
                        .passed = passed,
                        .reply = passed ? 250 : 450,
                        .identity = r->identity,
                        .helo = r->helo != NULL ? r->helo : "mx.host.example",
                        .sender = r->sender,
                        .recipient = r->recipient};

    cr_assert(netaddr_parse(r->client, &a.client));
    cr_assert(senders_add(s, &a));
}

static const struct senders_question asked = {.since = T0 - DAY,
                                              .now = NOW,
                                              .delay_sec = 300,
                                              .window_sec = DAY,
                                              .auto_allow = 5};

#define ADD(...)                                                       \
    do {                                                               \
        static const struct row rows_[] = {__VA_ARGS__};               \
        for (size_t i_ = 0; i_ < sizeof(rows_) / sizeof(*rows_); i_++) \
            add(&rows_[i_]);                                           \
    } while (0)

#define JUDGE(...)                \
    do {                          \
        ADD(__VA_ARGS__);         \
        senders_judge(s, &asked); \
    } while (0)

#define COUNTS(once, waited, open, lost)                 \
    do {                                                 \
        cr_expect_eq(s->count[MESSAGE_AT_ONCE], once);   \
        cr_expect_eq(s->count[MESSAGE_WAITED], waited);  \
        cr_expect_eq(s->count[MESSAGE_UNDECIDED], open); \
        cr_expect_eq(s->count[MESSAGE_LOST], lost);      \
    } while (0)

static const struct client *client(const char *identity)
{
    for (uint32_t i = 0; i < s->nclients; i++)
        if (strcmp(senders_text(s, s->clients[i].identity), identity) == 0)
            return &s->clients[i];
    cr_assert_fail("no client %s", identity);
    return NULL;
}

static bool has_fault(const char *identity, enum fault f)
{
    uint32_t n[FAULT_COUNT];

    senders_faults(s, client(identity), n);
    return n[f] > 0;
}

Test(senders, knows_what_waited_and_what_passed_at_once)
{
    JUDGE({0, NET1, WHOM, DECISION_NEW, NULL},
          {100, NET1, WHOM, DECISION_EARLY, NULL},
          {600, NET1, WHOM, DECISION_RETURNED, NULL},
          {DAY, NET1, WHOM, DECISION_KNOWN, NULL},
          {2 * DAY, NET1, WHOM, DECISION_KNOWN, NULL});
    COUNTS(2, 1, 0, 0);
    cr_expect_eq(s->nwaits, 1);
    cr_expect_eq(s->waits[0], 600);
    cr_expect_eq(client("192.0.2.0/24")->earned, 3);
    cr_expect_eq(s->attempts, 5);
}

Test(senders, takes_a_first_attempt_that_is_out_of_sight_from_the_greylist)
{
    struct attempt a = {.time = T0,
                        .decision = DECISION_RETURNED,
                        .passed = true,
                        .waited_sec = 777,
                        .reply = 250,
                        .identity = "host.example",
                        .helo = "",
                        .sender = "a@b.example",
                        .recipient = TO};

    cr_assert(senders_add(s, &a));
    senders_judge(s, &asked);
    COUNTS(0, 1, 0, 0);
    cr_expect_eq(s->waits[0], 777);
}

Test(senders, leaves_open_what_may_still_come_back)
{
    struct senders_question early = asked;

    ADD({0, NET1, WHOM, DECISION_NEW, NULL});
    early.now = T0 + 3 * HOUR;
    senders_judge(s, &early);
    COUNTS(0, 0, 1, 0);
    cr_expect_eq(s->nlost, 0);
}

Test(senders, joins_attempts_from_another_network)
{
    JUDGE({0, NET1, WHOM, DECISION_NEW, NULL},
          {20 * MIN, NET2, WHOM, DECISION_NEW, NULL},
          {40 * MIN, NET1, WHOM, DECISION_RETURNED, NULL});
    COUNTS(0, 1, 0, 0);
    cr_expect_eq(s->waits[0], 40 * MIN);
    cr_expect(has_fault("192.0.2.0/24", FAULT_ADDRESS));
}

Test(senders, joins_senders_with_one_normal_form_and_finds_no_fault_in_them)
{
    JUDGE({0, NET1, "news-100200300-alice=example.org@b.example", TO,
           DECISION_NEW, NULL},
          {600, NET1, "news-100200301-alice=example.org@b.example", TO,
           DECISION_RETURNED, NULL});
    COUNTS(0, 1, 0, 0);
    cr_expect_not(has_fault("192.0.2.0/24", FAULT_SENDER));
}

Test(senders, joins_senders_of_one_domain_that_follow_one_another)
{
    JUDGE({0, NET1, "one@b.example", TO, DECISION_NEW, NULL},
          {HOUR, NET1, "two@b.example", TO, DECISION_NEW, NULL},
          {2 * HOUR, NET1, "three@b.example", TO, DECISION_NEW, NULL});
    COUNTS(0, 0, 0, 1);
    cr_expect(has_fault("192.0.2.0/24", FAULT_SENDER));
    cr_assert_eq(s->nlost, 1);
    cr_expect(s->lost[0].why & WHY_OTHER_SENDER);
}

Test(senders, keeps_apart_senders_who_do_not_follow_one_another)
{
    JUDGE(/* at the same time */
          {0, NET1, "one@b.example", TO, DECISION_NEW, NULL},
          {5, NET1, "two@b.example", TO, DECISION_NEW, NULL},
          /* on another day */
          {DAY, NET1, "three@b.example", TO, DECISION_NEW, NULL},
          /* another recipient */
          {DAY + HOUR, NET1, "four@b.example", "bob@example.org", DECISION_NEW,
           NULL},
          /* another client */
          {DAY + 2 * HOUR, NET2, "five@b.example", TO, DECISION_NEW, NULL},
          /* another domain */
          {DAY + HOUR, NET1, "six@c.example", TO, DECISION_NEW, NULL});
    COUNTS(0, 0, 0, 6);
}

Test(senders, keeps_apart_null_senders_of_different_clients)
{
    JUDGE({0, NET1, "", TO, DECISION_NEW, NULL},
          {HOUR, NET2, "", TO, DECISION_NEW, NULL});
    COUNTS(0, 0, 0, 2);
    cr_expect_eq(s->nlost, 0, "reports and probes are not missed");
}

Test(senders, begins_another_message_after_five_days)
{
    JUDGE({0, NET1, WHOM, DECISION_NEW, NULL},
          {4 * DAY, NET1, WHOM, DECISION_NEW, NULL},
          {6 * DAY, NET1, WHOM, DECISION_NEW, NULL});
    COUNTS(0, 0, 0, 2);
}

Test(senders, blames_nobody_for_coming_when_he_was_told_to)
{
    struct senders_question q = asked;

    ADD({0, NET1, WHOM, DECISION_NEW, NULL},
        {45, NET1, WHOM, DECISION_RETURNED, NULL},
        {0, NET2, "c@d.example", TO, DECISION_NEW, NULL},
        {30, NET2, "c@d.example", TO, DECISION_EARLY, NULL});
    q.delay_sec = 45;
    senders_judge(s, &q);
    cr_expect_not(has_fault("192.0.2.0/24", FAULT_EAGER));
    cr_expect(has_fault("198.51.100.0/24", FAULT_EAGER));
}

Test(senders, leaves_out_what_was_over_before_but_remembers_what_it_earned)
{
    struct senders_question late = asked;

    ADD({0, NET1, WHOM, DECISION_NEW, NULL},
        {600, NET1, WHOM, DECISION_RETURNED, NULL},
        {3 * DAY, NET1, "c@b.example", TO, DECISION_NEW, NULL});
    late.since = T0 + DAY;
    senders_judge(s, &late);
    COUNTS(0, 0, 0, 1);
    cr_expect_eq(s->attempts, 1);
    cr_assert_eq(s->nlost, 1);
    cr_expect(s->lost[0].why & WHY_CLIENT);
}

Test(senders, counts_attempts_in_their_order_when_a_clock_was_set_back)
{
    JUDGE({600, NET1, WHOM, DECISION_RETURNED, NULL},
          {0, NET1, WHOM, DECISION_NEW, NULL});
    COUNTS(0, 1, 0, 0);
}

/* What is lost, why, and how probable. */
struct lost_row {
    const char *name;
    int score; /* 0: not in the list */
    unsigned why;
    struct row rows[8];
};

static const struct lost_row lost_rows[] = {
    {"a bot that tries once",
     0,
     0,
     {{0, NET1, WHOM, DECISION_NEW, "192-0-2-1.dyn.isp.example"}}},
    {"a bot with a fine name", 0, 0, {{0, NET1, WHOM, DECISION_NEW, NULL}}},
    {"a bot that tries at once again",
     0,
     0,
     {{0, NET1, WHOM, DECISION_NEW, NULL},
      {9, NET1, WHOM, DECISION_EARLY, NULL}}},
    {"bots that have only the sender in common",
     0,
     0,
     {{0, NET1, WHOM, DECISION_NEW, "x.one.example"},
      {HOUR, NET2, WHOM, DECISION_NEW, "x.two.example"}}},
    {"too early, from a dial-up line",
     0,
     0,
     {{0, NET1, WHOM, DECISION_NEW, "192-0-2-1.dyn.isp.example"},
      {100, NET1, WHOM, DECISION_EARLY, "192-0-2-1.dyn.isp.example"}}},
    {"too early, from a dial-up line, in a known sender's name",
     0,
     0,
     {{0, NET2, "a@b.example", "bob@example.org", DECISION_RETURNED, NULL},
      {9, NET1, WHOM, DECISION_NEW, "192-0-2-1.dyn.isp.example"},
      {109, NET1, WHOM, DECISION_EARLY, "192-0-2-1.dyn.isp.example"}}},
    {"too early",
     4,
     WHY_EARLY | WHY_HELO,
     {{0, NET1, WHOM, DECISION_NEW, NULL},
      {100, NET1, WHOM, DECISION_EARLY, NULL}}},
    {"too early, with a verified name",
     6,
     WHY_EARLY | WHY_VERIFIED,
     {{0, NAME, WHOM, DECISION_NEW, "x"},
      {100, NAME, WHOM, DECISION_EARLY, "x"}}},
    {"too late",
     4,
     WHY_LATE | WHY_HELO,
     {{0, NET1, WHOM, DECISION_NEW, NULL},
      {2 * DAY, NET1, WHOM, DECISION_NEW, NULL}}},
    {"from a pool",
     4,
     WHY_ELSEWHERE | WHY_HELO,
     {{0, NET1, WHOM, DECISION_NEW, "out1.pool.example"},
      {HOUR, NET2, WHOM, DECISION_NEW, "out2.pool.example"}}},
    {"once, from a verified name", 0, 0, {{0, NAME, WHOM, DECISION_NEW, NULL}}},
    {"once, for the domain of its verified name",
     5,
     WHY_NEVER | WHY_VERIFIED | WHY_OWN_DOMAIN,
     {{0, NAME, "a@host.example", TO, DECISION_NEW, NULL}}},
    {"once, from who came back with other mail",
     6,
     WHY_NEVER | WHY_VERIFIED | WHY_CLIENT,
     {{0, NAME, "c@d.example", TO, DECISION_RETURNED, NULL},
      {DAY, NAME, WHOM, DECISION_NEW, NULL}}},
    {"once, from a sender whose other mail passed",
     6,
     WHY_NEVER | WHY_VERIFIED | WHY_SENDER | WHY_RECIPIENT,
     {{0, NET2, "a@b.example", "bob@example.org", DECISION_RETURNED, NULL},
      {9, NET2, "c@b.example", TO, DECISION_RETURNED, NULL},
      {DAY, NAME, WHOM, DECISION_NEW, NULL}}},
    {"mail that is free earns nothing",
     0,
     0,
     {{0, NET1, "a@b.example", "postmaster@example.org", DECISION_CLIENT, NULL},
      {DAY, NET1, WHOM, DECISION_NEW, NULL}}},
    {"lost, but a later one passed",
     0,
     0,
     {{0, NAME, "a@host.example", TO, DECISION_NEW, NULL},
      {6 * DAY, NAME, "a@host.example", TO, DECISION_NEW, NULL},
      {6 * DAY + 600, NAME, "a@host.example", TO, DECISION_RETURNED, NULL}}},
    {"in the name of ever other domains",
     0,
     0,
     {{0, NAME, "a@a.example", "b@example.org", DECISION_NEW, NULL},
      {1, NAME, "a@b.example", "c@example.org", DECISION_NEW, NULL},
      {2, NAME, "a@c.example", "d@example.org", DECISION_NEW, NULL},
      {3, NAME, "a@d.example", "e@example.org", DECISION_NEW, NULL}}},
};

Test(senders, finds_what_was_probably_wanted)
{
    for (size_t i = 0; i < sizeof(lost_rows) / sizeof(lost_rows[0]); i++) {
        const struct lost_row *l = &lost_rows[i];

        senders_release(s);
        s = senders_new();
        for (size_t k = 0; k < 8 && l->rows[k].client != NULL; k++)
            add(&l->rows[k]);
        senders_judge(s, &asked);
        cr_assert_eq(s->nlost, l->score > 0, "%s: %u", l->name, s->nlost);
        if (s->nlost == 0)
            continue;
        cr_expect_eq(s->lost[0].score, l->score, "%s: %d", l->name,
                     s->lost[0].score);
        cr_expect_eq(s->lost[0].why, l->why, "%s: %#x", l->name,
                     s->lost[0].why);
    }
}

Test(senders, puts_the_most_probable_first_and_leaves_out_who_is_free)
{
    ADD({0, NET1, WHOM, DECISION_NEW, NULL},
        {100, NET1, WHOM, DECISION_EARLY, NULL},
        {0, NAME, "a@host.example", "bob@example.org", DECISION_NEW, NULL},
        {100, NAME, "a@host.example", "bob@example.org", DECISION_EARLY, NULL},
        {0, NET2, "f@g.example", TO, DECISION_NEW, NULL},
        {100, NET2, "f@g.example", TO, DECISION_EARLY, NULL});
    senders_add_free(s, "198.51.100.0/24");
    senders_judge(s, &asked);
    cr_assert_eq(s->nlost, 2);
    cr_expect_str_eq(senders_text(s, s->clients[s->lost[0].client].identity),
                     "host.example");
    cr_expect_str_eq(senders_text(s, s->clients[s->lost[1].client].identity),
                     "192.0.2.0/24");
}

static const char *command(uint32_t auto_allow)
{
    static char out[EXEMPT_TEXT];
    struct senders_question q = asked;

    q.auto_allow = auto_allow;
    senders_judge(s, &q);
    cr_assert_eq(s->nlost, 1);
    return senders_exempt(s, &s->lost[0], "tarryctl", out) ? out : NULL;
}

Test(senders, exempts_a_client)
{
    ADD({0, NET1, WHOM, DECISION_NEW, NULL},
        {100, NET1, WHOM, DECISION_EARLY, NULL});
    cr_expect_str_eq(command(5), "tarryctl greylist allow 192.0.2.0/24");
}

Test(senders, exempts_all_networks_of_a_pool)
{
    ADD({0, NET1, WHOM, DECISION_NEW, NULL},
        {HOUR, NET2, WHOM, DECISION_NEW, NULL},
        {2 * HOUR, NET1, WHOM, DECISION_EARLY, NULL});
    cr_expect_str_eq(command(5), "tarryctl greylist allow 192.0.2.0/24 && "
                                 "tarryctl greylist allow 198.51.100.0/24");
}

Test(senders, exempts_a_triplet_where_no_client_can_be_free)
{
    ADD({0, NET1, "-o'neil`x`@b.example", TO, DECISION_NEW, NULL},
        {100, NET1, "-o'neil`x`@b.example", TO, DECISION_EARLY, NULL});
    cr_expect_str_eq(command(0),
                     "tarryctl -- greylist allow 192.0.2.0/24 "
                     "'-o'\\''neil`x`@b.example' alice@example.org");
}

Test(senders, gives_no_command_that_would_not_help)
{
    ADD({0, NET1, "one@b.example", TO, DECISION_NEW, NULL},
        {HOUR, NET1, "two@b.example", TO, DECISION_NEW, NULL});
    cr_expect_null(command(0));
}

Test(senders, gives_no_command_that_would_control_a_terminal)
{
    ADD({0, NET1, "a\033[2J@b.example", TO, DECISION_NEW, NULL},
        {100, NET1, "a\033[2J@b.example", TO, DECISION_EARLY, NULL});
    cr_expect_null(command(0));
}

Test(senders, lists_the_addresses_and_names_of_a_client)
{
    uint32_t v[2], n;

    JUDGE({0, "192.0.2.1", "192.0.2.0/24", WHOM, DECISION_NEW, "one.example"},
          {1, "192.0.2.2", "192.0.2.0/24", WHOM, DECISION_EARLY, "one.example"},
          {2, "192.0.2.3", "192.0.2.0/24", WHOM, DECISION_EARLY, "one.example"},
          {3, "192.0.2.1", "192.0.2.0/24", WHOM, DECISION_EARLY, "x"});
    n = senders_values(s, &s->clients[0], offsetof(struct tried, address), 2,
                       v);
    cr_expect_eq(n, 3);
    cr_expect_str_eq(senders_text(s, v[0]), "192.0.2.1");
    cr_expect_str_eq(senders_text(s, v[1]), "192.0.2.2");
    n = senders_values(s, &s->clients[0], offsetof(struct tried, helo), 2, v);
    cr_expect_eq(n, 2);
    n = senders_values(s, &s->clients[0], offsetof(struct tried, helo), 2, v);
    cr_expect_eq(n, 2, "each time anew");
}

Test(senders, tells_half_and_95_percent_of_the_waits)
{
    uint32_t waits[100];

    for (uint32_t i = 0; i < 100; i++)
        waits[i] = i + 1;
    cr_expect_eq(senders_wait(waits, 0, 50), 0);
    cr_expect_eq(senders_wait(waits, 1, 50), 1);
    cr_expect_eq(senders_wait(waits, 100, 50), 50);
    cr_expect_eq(senders_wait(waits, 100, 95), 95);
    cr_expect_eq(senders_wait(waits, 100, 100), 100);
    cr_expect_eq(senders_wait(waits, 3, 50), 2);
}

Test(senders, puts_waits_into_classes)
{
    static const uint32_t waits[] = {59, 60, 299, 300, 86399, 86400, 9 * DAY};
    static const uint32_t expected[SENDERS_CLASSES] = {1, 2, 1, 0, 0, 0,
                                                       0, 0, 0, 1, 2};
    uint32_t n[SENDERS_CLASSES];

    s->waits = malloc(sizeof(waits));
    memcpy(s->waits, waits, sizeof(waits));
    s->nwaits = sizeof(waits) / sizeof(waits[0]);
    senders_classify(s, n);
    for (unsigned i = 0; i < SENDERS_CLASSES; i++)
        cr_expect_eq(n[i], expected[i], "class %u: %u", i, n[i]);
}

Test(senders, judges_an_empty_history)
{
    senders_judge(s, &asked);
    COUNTS(0, 0, 0, 0);
    cr_expect_eq(s->nclients, 0);
    cr_expect_eq(s->nlost, 0);
}

Test(texts, keeps_each_once_in_one_place)
{
    struct texts *t = texts_new(1 << 20);
    uint32_t first = texts_add(t, "the first"), n[5000];
    const char *place = texts_get(t, first);
    char text[32];

    *texts_note(t, first) = 7;
    for (int i = 0; i < 5000; i++) {
        snprintf(text, sizeof(text), "text number %d", i);
        n[i] = texts_add(t, text);
        cr_assert_neq(n[i], 0);
    }
    for (int i = 0; i < 5000; i++) {
        snprintf(text, sizeof(text), "text number %d", i);
        cr_assert_eq(texts_add(t, text), n[i]);
        cr_assert_str_eq(texts_get(t, n[i]), text);
    }
    cr_expect_eq(texts_add(t, "the first"), first);
    cr_expect_eq(texts_get(t, first), place);
    cr_expect_eq(*texts_note(t, first), 7);
    texts_free(t);
}

Test(texts, takes_no_more_than_it_may)
{
    struct texts *t = texts_new(100);
    uint32_t known = texts_add(t, "short");
    char text[200] = "";

    memset(text, 'x', sizeof(text) - 1);
    cr_expect_neq(known, 0);
    cr_expect_eq(texts_add(t, text), 0);
    cr_expect_eq(texts_add(t, "short"), known);
    texts_free(t);
}

Test(since, reads_durations_and_times)
{
    static const struct {
        const char *text;
        int64_t time; /* -1: refused */
    } rows[] = {{"90", NOW - 90},
                {"90m", NOW - 5400},
                {"7d", NOW - 7 * DAY},
                {"1795286703", 1795286703},
                {"2026-11-21T18:45:03Z", 1795286703},
                {"2026-11-21T18:45:03.363Z", 1795286703},
                {"2026-11-21 18:45Z", 1795286700},
                {"2026-11-21", 1795219200},
                {"2026-11-21 18:45:03", 1795286703},
                {"", -1},
                {"yesterday", -1},
                {"2026-11-21 25:00", -1},
                {"2026-11-21 18", -1},
                {"2026-13-01", -1},
                {"2026-11-21x", -1},
                {"-5m", -1},
                {"5 m", -1}};

    setenv("TZ", "UTC", 1);
    tzset();
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        int64_t t = -1;
        bool fit = since_parse(rows[i].text, NOW, &t);

        cr_expect_eq(fit, rows[i].time >= 0, "%s", rows[i].text);
        if (fit)
            cr_expect_eq(t, rows[i].time, "%s: %lld", rows[i].text,
                         (long long)t);
    }
}

Test(text, quotes_words_for_a_shell)
{
    char out[64] = "x", small[10] = "x";

    cr_expect(text_shell("a@b.example", out, sizeof(out)));
    cr_expect(text_shell("", out, sizeof(out)));
    cr_expect(text_shell("a b'c", out, sizeof(out)));
    cr_expect_not(text_shell("a\nb", out, sizeof(out)));
    cr_expect_not(text_shell("a\xc2\x9b[J", out, sizeof(out)), "C1");
    cr_expect_not(text_shell("a\xe2\x80\xae b", out, sizeof(out)), "U+202E");
    cr_expect_not(text_shell("a\xe2\x81\xa6 b", out, sizeof(out)), "U+2066");
    cr_expect(text_shell("\xc3\xa4\xc2\xa0", out, sizeof(out)));
    cr_expect(text_shell("\xe2\x80\x93", out, sizeof(out)), "a dash");
    cr_expect_str_eq(out, "x a@b.example '' 'a b'\\''c' "
                          "'\xc3\xa4\xc2\xa0' '\xe2\x80\x93'");
    cr_expect_not(text_shell("much too long", small, sizeof(small)));
    cr_expect_str_eq(small, "x");
}

Test(text, writes_durations)
{
    char out[TEXT_DURATION];

    cr_expect_str_eq(text_duration(59, out), "59s");
    cr_expect_str_eq(text_duration(300, out), "5m");
    cr_expect_str_eq(text_duration(330, out), "5m 30s");
    cr_expect_str_eq(text_duration(DAY, out), "1d");
    cr_expect_str_eq(text_duration(DAY + 2 * HOUR, out), "1d 2h");
}
