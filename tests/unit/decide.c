/* Decisions of one turn of the loop: remembered together, answered then. */
#include "greylist/decide.h"

#include "greylist/settings.h"

#include <criterion/criterion.h>
#include <event2/event.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>

#define MANY 300 /* more than are remembered at once */

static char dir[64];
static struct event_base *base;
static struct judge_settings *settings;
static struct decider decider;

static struct heard {
    uint64_t id;
    const void *asker;
    bool more;
    enum judged judged;
    enum judge_reason reason;
    enum decision decision;
    uint64_t remembered; /* attempts in the history, by then */
} heard[MANY];
static size_t nheard;

static void hear(const struct origin *o, const struct judgement *j, bool more)
{
    struct history *h = memory_history(decider.memory);

    cr_assert_lt(nheard, MANY);
    heard[nheard++] = (struct heard){.id = o->id,
                                     .asker = o->asker,
                                     .more = more,
                                     .judged = j->judged,
                                     .reason = j->reason,
                                     .decision = j->outcome.decision,
                                     .remembered = history_count(h)};
}

static void make_settings(void)
{
    static const char text[] = "hostname = \"mx.example.org\"\n"
                               "domains = { \"example.org\" }\n"
                               "mailboxes = \"/var/mail/%d/%u\"\n";
    char err[1024];
    struct conf *c =
        conf_parse("tarry.conf", text, strlen(text), err, sizeof(err));

    cr_assert_not_null(c, "%s", err);
    settings = settings_new(c, NULL, 0, err, sizeof(err));
    cr_assert_not_null(settings, "%s", err);
    conf_free(c);
}

static void setup(void)
{
    nheard = 0;
    strcpy(dir, "/tmp/tarry-decide-XXXXXX");
    cr_assert_not_null(mkdtemp(dir));
    base = event_base_new();
    make_settings();
}

static void teardown(void)
{
    char command[128];

    decide_release(&decider);
    memory_free(decider.memory);
    settings_free(settings);
    event_base_free(base);
    (void)umount2(dir, MNT_DETACH);
    snprintf(command, sizeof(command), "rm -rf '%s'", dir);
    cr_expect_eq(system(command), 0);
}

TestSuite(decide, .init = setup, .fini = teardown, .timeout = 60);

static void begin(void)
{
    decider.settings = settings;
    decider.memory = memory_new(base, dir, 4 << 20, 1000);
    memory_policy(decider.memory, &settings->policy);
    decide_init(&decider, base);
}

/* A question about a sender of that number, whose client has that name. */
static void ask_as(const char *name, unsigned sender, uint64_t id, void *asker)
{
    struct address from = {.domain = "client.example"};
    struct address to = {.local = "alice", .domain = "example.org"};
    struct rcpt a = {.name = name, .sender = &from, .recipient = &to};

    /* Letters: digits are left out of a sender's normal form. */
    for (int i = 0; i < 3; i++, sender /= 26)
        from.local[i] = (char)('a' + sender % 26);
    netaddr_parse("192.0.2.7", &a.client);
    decide(&decider, &a,
           &(struct origin){.key = "sid",
                            .name = "x",
                            .helo = "client.example",
                            .asker = asker,
                            .id = id,
                            .answer = hear});
}

static void ask(unsigned sender, uint64_t id, void *asker)
{
    ask_as("", sender, id, asker);
}

static void turn(void)
{
    cr_assert_eq(event_base_loop(base, EVLOOP_NONBLOCK), 0);
}

static enum decision decision_as(const char *name)
{
    ask_as(name, 1, 0, NULL);
    turn();
    return heard[nheard - 1].decision;
}

Test(decide, knows_a_regular_whose_name_is_not_to_be_had)
{
    settings->policy.delay_sec = 0;
    begin();
    cr_expect_eq(decision_as("mx.client.example"), DECISION_NEW);
    cr_expect_eq(decision_as("mx.client.example"), DECISION_RETURNED);
    cr_expect_eq(decision_as(""), DECISION_KNOWN);
    cr_expect_eq(decision_as("mx.client.example"), DECISION_KNOWN);
}

Test(decide, forgets_a_client_by_its_name)
{
    struct store *s;

    settings->policy.delay_sec = 0;
    begin();
    cr_expect_eq(decision_as("mx.client.example"), DECISION_NEW);
    cr_expect_eq(decision_as("mx.client.example"), DECISION_RETURNED);
    s = memory_store(decider.memory);
    cr_expect_eq(store_forget(s, "client.example", "baa@client.example",
                              "alice@example.org"),
                 1);
    cr_expect_eq(decision_as("mx.client.example"), DECISION_NEW);
}

Test(decide, knows_a_regular_that_got_a_name)
{
    settings->policy.delay_sec = 0;
    begin();
    cr_expect_eq(decision_as(""), DECISION_NEW);
    cr_expect_eq(decision_as("mx.client.example"), DECISION_RETURNED);
    cr_expect_eq(decision_as("mx.client.example"), DECISION_KNOWN);
    cr_expect_eq(decision_as(""), DECISION_KNOWN);
}

Test(decide, knows_a_regular_that_once_waited_under_its_name)
{
    settings->policy.delay_sec = 0;
    begin();
    cr_expect_eq(decision_as("mx.client.example"), DECISION_NEW);
    cr_expect_eq(decision_as(""), DECISION_NEW);
    cr_expect_eq(decision_as(""), DECISION_RETURNED);
    settings->policy.delay_sec = 3600;
    cr_expect_eq(decision_as("mx.client.example"), DECISION_KNOWN);
}

Test(decide, answers_at_the_end_of_the_turn_in_order)
{
    int one, two;

    begin();
    ask(1, 10, &one);
    ask(2, 11, &one);
    ask(3, 12, &two);
    cr_expect_eq(nheard, 0);
    turn();
    cr_assert_eq(nheard, 3);
    for (unsigned i = 0; i < 3; i++) {
        cr_expect_eq(heard[i].id, 10 + i);
        cr_expect_eq(heard[i].judged, JUDGED_DEFER);
        cr_expect_eq(heard[i].asker, i < 2 ? &one : &two);
    }
    cr_expect(heard[0].more);
    cr_expect_not(heard[1].more);
    cr_expect_not(heard[2].more);
    turn();
    cr_expect_eq(nheard, 3);
}

Test(decide, remembers_all_of_a_turn_before_the_first_answer)
{
    begin();
    for (unsigned i = 0; i < 5; i++)
        ask(i, i, NULL);
    decide_finish(&decider);
    cr_assert_eq(nheard, 5);
    cr_expect_eq(heard[0].remembered, 5);
}

Test(decide, knows_in_a_turn_what_was_asked_in_it)
{
    begin();
    ask(7, 0, NULL);
    ask(7, 1, NULL);
    turn();
    cr_assert_eq(nheard, 2);
    cr_expect_eq(heard[0].decision, DECISION_NEW);
    cr_expect_eq(heard[1].decision, DECISION_EARLY);
}

Test(decide, answers_however_many_come_in_a_turn)
{
    begin();
    for (unsigned i = 0; i < MANY; i++)
        ask(i, i, NULL);
    turn();
    cr_assert_eq(nheard, MANY);
    for (unsigned i = 0; i < MANY; i++)
        cr_expect_eq(heard[i].id, i);
    cr_expect_eq(history_count(memory_history(decider.memory)), MANY);
}

/* Nothing is left for what is written from now on. */
static void fill_the_disk(void)
{
    static char block[4096];
    char path[128];
    int fd;

    snprintf(path, sizeof(path), "%s/filler", dir);
    fd = open(path, O_WRONLY | O_CREAT, 0600);
    cr_assert_geq(fd, 0);
    while (write(fd, block, sizeof(block)) > 0)
        continue;
    close(fd);
}

static bool failed(void)
{
    struct store_condition c;

    store_condition(memory_store(decider.memory), &c);
    return c.failures > 0;
}

Test(decide, lets_a_whole_turn_through_that_cannot_be_written)
{
    if (geteuid() != 0 || mount("none", dir, "tmpfs", 0, "size=40m") != 0)
        cr_skip_test("only root can make a small file system");
    begin();
    fill_the_disk();
    /* The last block of the log has room for a few turns. */
    for (unsigned i = 0; i < 10 && !failed(); i++) {
        nheard = 0;
        for (unsigned k = 0; k < 10; k++)
            ask(10 * i + k, k, NULL);
        turn();
        cr_assert_eq(nheard, 10);
    }
    cr_expect(failed());
    for (unsigned k = 0; k < 10; k++) {
        cr_expect_eq(heard[k].judged, JUDGED_PASS, "%u", k);
        cr_expect_eq(heard[k].reason, REASON_STORE, "%u", k);
    }
}
