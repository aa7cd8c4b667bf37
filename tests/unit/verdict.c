/*
 * The judgement of senders (lab/verdict.c), the seeds' senders among them:
 * MailMax, CapeSoft, Bigpond and InterMail as BarNet's administrator saw them,
 * and the retries that the pages of Bergen and of the five minutes expect.
 */
#include "lab/verdict.h"

#include <criterion/criterion.h>
#include <string.h>

#define ROWS 40
#define MIN  60
#define HOUR 3600
#define DAY  86400

struct row {
    int64_t sec;
    enum seen_step step;
    unsigned code;
    const char *client, *sender;
    unsigned mx;
    bool insists;
};

#define DEFER(sec)                                \
    {                                             \
        sec, SEEN_RCPT, 450, NULL, NULL, 0, false \
    }
#define ACCEPT(sec)                              \
    {                                            \
        sec, SEEN_DOT, 250, NULL, NULL, 0, false \
    }
#define TOLD(sec)                                          \
    {                                                      \
        sec, SEEN_REPORT_FAILED, 250, NULL, NULL, 0, false \
    }
#define DELAYED(sec)                                        \
    {                                                       \
        sec, SEEN_REPORT_DELAYED, 250, NULL, NULL, 0, false \
    }

struct story {
    const char *name;
    bool blind; /* reports are not seen */
    int64_t now;
    const char *word;
    size_t cited[2];
    struct row rows[ROWS];
};

/* When the receiver was not running. */
static struct seen_gap gap;

static const struct story stories[] = {
    /* The seeds. */
    {"MailMax before 5.5",
     false,
     DAY,
     "takes-4xx-for-5xx",
     {0, 1},
     {DEFER(0), TOLD(2)}},
    {"CapeSoft Mailer",
     false,
     DAY,
     "takes-4xx-for-5xx",
     {0, 1},
     {DEFER(0), TOLD(1)}},
    {"MailMax 5.5, accepted at its retry",
     false,
     DAY,
     "conforming",
     {0, 0},
     {DEFER(0), ACCEPT(3 * HOUR)}},
    {"MailMax 5.5, never accepted",
     false,
     DAY,
     "gives-up-early",
     {0, 3},
     {DEFER(0), DEFER(3 * HOUR), DEFER(6 * HOUR), TOLD(6 * HOUR + 1)}},
    {"Bigpond", false, 5 * DAY, "silent-loss", {0, 0}, {DEFER(0)}},
    {"InterMail", true, 5 * DAY, "never-came-back", {0, 0}, {DEFER(0)}},
    {"a decent server as Bergen sees it",
     false,
     4 * DAY,
     "conforming",
     {0, 0},
     {DEFER(0), ACCEPT(15 * MIN)}},
    {"a misconfigured server of the five minutes",
     false,
     DAY,
     "conforming",
     {0, 0},
     {DEFER(0), ACCEPT(4 * HOUR)}},
    /* Giving up. */
    {"told of a delay only",
     false,
     DAY,
     "conforming",
     {0, 0},
     {DEFER(0), DEFER(HOUR), DELAYED(4 * HOUR), ACCEPT(5 * HOUR)}},
    {"may still come back", false, 3 * HOUR, "undecided", {0, 0}, {DEFER(0)}},
    {"waits longer each time",
     false,
     25 * HOUR,
     "undecided",
     {0, 0},
     {DEFER(0), DEFER(4 * HOUR), DEFER(16 * HOUR)}},
    {"comes all the time, but only with TLS, which fails",
     false,
     9 * HOUR,
     "undecided",
     {0, 0},
     {DEFER(0),
      {HOUR, SEEN_TLS, 220, NULL, NULL, 0, false},
      {8 * HOUR, SEEN_TLS, 220, NULL, NULL, 0, false}}},
    {"ten hours after a wait of four",
     false,
     14 * HOUR,
     "undecided",
     {0, 0},
     {DEFER(0), DEFER(4 * HOUR)}},
    {"fourteen hours after waits of eight, and of a minute for the other host",
     false,
     30 * HOUR,
     "undecided",
     {0, 0},
     {DEFER(0),
      DEFER(HOUR),
      DEFER(9 * HOUR),
      DEFER(16 * HOUR),
      {16 * HOUR + MIN, SEEN_RCPT, 450, NULL, NULL, 1, false}}},
    {"told too early, and came again",
     false,
     2 * HOUR,
     "undecided",
     {0, 0},
     {DEFER(0), TOLD(2), DEFER(HOUR)}},
    {"five days, then told",
     false,
     9 * DAY,
     "conforming",
     {0, 0},
     {DEFER(0), DEFER(2 * HOUR), DEFER(DAY), DEFER(2 * DAY), DEFER(3 * DAY),
      DEFER(4 * DAY), TOLD(5 * DAY)}},
    {"four days since it was queued, a minute before the first attempt",
     false,
     9 * DAY,
     "conforming",
     {0, 0},
     {DEFER(0), DEFER(2 * HOUR), DEFER(DAY), DEFER(2 * DAY), DEFER(3 * DAY),
      TOLD(4 * DAY - MIN)}},
    {"five days, and silent",
     false,
     9 * DAY,
     "silent-loss",
     {5, 5},
     {DEFER(0), DEFER(2 * HOUR), DEFER(DAY), DEFER(2 * DAY), DEFER(3 * DAY),
      DEFER(4 * DAY)}},
    {"half an hour, unseen",
     true,
     DAY,
     "gives-up-early",
     {0, 3},
     {DEFER(0), DEFER(6 * MIN), DEFER(12 * MIN), DEFER(32 * MIN)}},
    {"a report may be given up early",
     true,
     DAY,
     "conforming",
     {0, 0},
     {{0, SEEN_RCPT, 450, NULL, "<>", 0, false},
      {HOUR, SEEN_RCPT, 450, NULL, "<>", 0, false}}},
    {"refused for good, and told",
     false,
     DAY,
     "conforming",
     {0, 0},
     {{0, SEEN_RCPT, 550, NULL, NULL, 0, false}, TOLD(1)}},
    /* Retrying. */
    {"after a 5xx",
     false,
     DAY,
     "retries-after-5xx",
     {0, 1},
     {{0, SEEN_RCPT, 550, NULL, NULL, 0, false}, ACCEPT(HOUR)}},
    {"at once", false, DAY, "too-eager", {0, 1}, {DEFER(0), ACCEPT(59)}},
    {"after a minute",
     false,
     DAY,
     "conforming",
     {0, 0},
     {DEFER(0), ACCEPT(60)}},
    {"thirteen times in an hour",
     false,
     DAY,
     "too-eager",
     {0, 12},
     {DEFER(0), DEFER(240), DEFER(480), DEFER(720), DEFER(960), DEFER(1200),
      DEFER(1440), DEFER(1680), DEFER(1920), DEFER(2160), DEFER(2400),
      DEFER(2640), ACCEPT(2880)}},
    {"after five hours",
     false,
     DAY,
     "too-slow",
     {0, 1},
     {DEFER(0), ACCEPT(5 * HOUR)}},
    {"after more than a day",
     false,
     3 * DAY,
     "too-slow",
     {1, 2},
     {DEFER(0), DEFER(HOUR), ACCEPT(3 * HOUR + DAY)}},
    {"once a day, when its queue is run",
     false,
     3 * DAY,
     "conforming",
     {0, 0},
     {DEFER(0), DEFER(HOUR), ACCEPT(HOUR + DAY + MIN)}},
    {"every six hours",
     false,
     3 * DAY,
     "conforming",
     {0, 0},
     {DEFER(0), DEFER(HOUR), DEFER(7 * HOUR), ACCEPT(13 * HOUR)}},
    {"twice",
     false,
     DAY,
     "sends-twice",
     {1, 2},
     {DEFER(0), ACCEPT(HOUR), ACCEPT(2 * HOUR)}},
    {"after no answer to the dot",
     false,
     DAY,
     "conforming",
     {0, 0},
     {{0, SEEN_DOT, 0, NULL, NULL, 0, false}, ACCEPT(HOUR)}},
    {"at once in plain, as TLS failed",
     false,
     DAY,
     "conforming",
     {0, 0},
     {{0, SEEN_TLS, 220, NULL, NULL, 0, false}, ACCEPT(1)}},
    /* Where from, whereto, as whom. */
    {"from its neighbour",
     false,
     DAY,
     "conforming",
     {0, 0},
     {DEFER(0), {HOUR, SEEN_DOT, 250, "192.0.2.200", NULL, 0, false}}},
    {"from another network",
     false,
     DAY,
     "changes-address",
     {0, 1},
     {DEFER(0), {HOUR, SEEN_DOT, 250, "198.51.100.1", NULL, 0, false}}},
    {"as somebody else",
     false,
     DAY,
     "changes-sender",
     {0, 1},
     {DEFER(0), {HOUR, SEEN_DOT, 250, NULL, "b@client.example", 0, false}}},
    {"spelt differently",
     false,
     DAY,
     "conforming",
     {0, 0},
     {DEFER(0), {HOUR, SEEN_DOT, 250, NULL, "A@Client.Example", 0, false}}},
    {"each host in its order",
     false,
     DAY,
     "conforming",
     {0, 0},
     {DEFER(0),
      {1, SEEN_RCPT, 450, NULL, NULL, 1, false},
      DEFER(HOUR),
      {HOUR + 1, SEEN_DOT, 250, NULL, NULL, 1, false}}},
    {"the backup first",
     false,
     DAY,
     "wrong-mx",
     {0, 0},
     {{0, SEEN_RCPT, 450, NULL, NULL, 1, false}, ACCEPT(HOUR)}},
    {"all hosts at once, then told",
     false,
     DAY,
     "takes-4xx-for-5xx",
     {1, 2},
     {DEFER(0), {1, SEEN_RCPT, 450, NULL, NULL, 1, false}, TOLD(3)}},
    {"the message in spite of all",
     false,
     DAY,
     "ignores-rcpt-replies",
     {0, 0},
     {{0, SEEN_RCPT, 450, NULL, NULL, 0, true}, ACCEPT(HOUR)}},
};

static void judge(const struct story *s, double speed,
                  struct sender_verdict *out)
{
    static struct seen seen[ROWS];
    static const struct seen *v[ROWS];
    struct verdict_case c = {.v = v,
                             .speed = speed,
                             .sees_reports = !s->blind,
                             .now_ms =
                                 (int64_t)((double)s->now * 1000 / speed)};

    for (; c.n < ROWS && s->rows[c.n].step + s->rows[c.n].code > 0; c.n++) {
        const struct row *r = &s->rows[c.n];

        seen[c.n] =
            (struct seen){.time_ms = (int64_t)((double)r->sec * 1000 / speed),
                          .mx = r->mx,
                          .step = r->step,
                          .code = r->code,
                          .insists = r->insists,
                          .sender = r->sender ? r->sender : "a@client.example"};
        netaddr_parse(r->client ? r->client : "192.0.2.1", &seen[c.n].client);
        v[c.n] = &seen[c.n];
    }
    c.gaps = &gap;
    c.ngaps = gap.to_ms > 0;
    verdict_judge(&c, out);
}

static void expect(const struct story *s, const struct sender_verdict *v)
{
    cr_expect_str_eq(verdict_word(v), s->word, "%s: %s", s->name,
                     verdict_word(v));
    if (v->n == 0)
        return;
    cr_expect_eq(v->findings[0].cited[0], s->cited[0], "%s", s->name);
    if (s->cited[1] != s->cited[0])
        cr_expect_eq(v->findings[0].cited[1], s->cited[1], "%s", s->name);
}

Test(verdict, judges_senders_by_what_they_did)
{
    struct sender_verdict v;

    for (size_t i = 0; i < sizeof(stories) / sizeof(stories[0]); i++) {
        judge(&stories[i], 1, &v);
        expect(&stories[i], &v);
    }
}

Test(verdict, judges_the_same_when_the_clock_runs_faster)
{
    struct sender_verdict v;

    for (size_t i = 0; i < sizeof(stories) / sizeof(stories[0]); i++) {
        judge(&stories[i], 20, &v);
        expect(&stories[i], &v);
    }
}

Test(verdict, finds_every_fault_of_a_sender_and_the_gravest_first)
{
    static const struct story s = {.now = DAY,
                                   .rows = {DEFER(0),
                                            {1, SEEN_RCPT, 450, "198.51.100.1",
                                             "b@client.example", 0, true}}};
    static const enum fault faults[] = {FAULT_SILENT,  FAULT_EARLY,
                                        FAULT_IGNORES, FAULT_EAGER,
                                        FAULT_SENDER,  FAULT_ADDRESS};
    struct sender_verdict v;

    judge(&s, 1, &v);
    cr_assert_eq(v.n, sizeof(faults) / sizeof(faults[0]));
    for (size_t i = 0; i < v.n; i++)
        cr_expect_eq(v.findings[i].fault, faults[i]);
}

Test(verdict, blames_nobody_for_a_time_that_nobody_watched)
{
    static const struct {
        struct story s;
        int64_t from, to;
        const char *watched;
    } rows[] = {
        {{.name = "a long wait",
          .word = "conforming",
          .now = 3 * DAY,
          .rows = {DEFER(0), DEFER(5 * MIN), ACCEPT(3 * DAY)}},
         10 * MIN,
         3 * DAY - 10 * MIN,
         "too-slow"},
        {{.name = "a silence",
          .word = "undecided",
          .now = 3 * DAY,
          .rows = {DEFER(0)}},
         MIN,
         3 * DAY - HOUR,
         "silent-loss"},
        {{.name = "only the backup",
          .word = "conforming",
          .now = DAY,
          .rows = {DEFER(0), {2 * HOUR, SEEN_DOT, 250, NULL, NULL, 1, false}}},
         MIN,
         2 * HOUR - MIN,
         "wrong-mx"},
    };
    struct sender_verdict v;

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        judge(&rows[i].s, 1, &v);
        cr_expect_str_eq(verdict_word(&v), rows[i].watched, "%s",
                         rows[i].s.name);
        gap = (struct seen_gap){rows[i].from * 1000, rows[i].to * 1000};
        judge(&rows[i].s, 1, &v);
        cr_expect_str_eq(verdict_word(&v), rows[i].s.word, "%s",
                         rows[i].s.name);
        gap.to_ms = 0;
    }
}

Test(verdict, says_something_of_every_fault)
{
    for (int i = 0; i < FAULT_COUNT; i++) {
        const struct fault_text *t = &fault_texts[i];

        cr_expect(t->word && t->meaning && t->rule && t->advice, "%d", i);
    }
}

static void see(struct seen_list *l, int64_t sec, const char *recipient,
                enum seen_step step, const char *message)
{
    struct seen s = {.time_ms = sec * 1000,
                     .step = step,
                     .code = step == SEEN_DOT ? 250 : 450,
                     .helo = "",
                     .sender = "a@client.example",
                     .recipient = recipient,
                     .message = message,
                     .reply = ""};
    seen_add(l, &s);
}

Test(verdict, gathers_the_attempts_of_one_message)
{
    struct seen_list l = {0};
    const struct seen *v[8];
    bool taken[8] = {false};

    see(&l, 0, "x@example.org", SEEN_RCPT, "");
    see(&l, 1, "y@example.org", SEEN_RCPT, "");
    see(&l, 2, "X@example.org", SEEN_DOT, "<1@client.example>");
    see(&l, 3, "x@example.org", SEEN_RCPT, "");
    see(&l, 4, "x@example.org", SEEN_DOT, "<2@client.example>");
    see(&l, 5, "x@example.org", SEEN_DOT, "<2@client.example>");
    cr_expect_eq(verdict_gather(&l, 0, taken, v), 2);
    cr_expect_eq(v[1], &l.v[2]);
    cr_expect_eq(verdict_gather(&l, 1, taken, v), 1);
    cr_expect_eq(verdict_gather(&l, 3, taken, v), 3, "sent twice");
    seen_release(&l);
}
