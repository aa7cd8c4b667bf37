/* The attempt history: what it keeps, and for how long. */
#include "greylist/history.h"

#include <criterion/criterion.h>
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define T0  1700000000
#define DAY 86400

static char dir[64], err[256];

static void make_folder(void)
{
    strcpy(dir, "/tmp/tarry-history-XXXXXX");
    cr_assert_not_null(mkdtemp(dir));
}

static void remove_folder(void)
{
    char command[128];

    snprintf(command, sizeof(command), "rm -rf '%s'", dir);
    cr_expect_eq(system(command), 0);
}

TestSuite(history, .init = make_folder, .fini = remove_folder, .timeout = 60);

static struct history *open_it(uint64_t attempts, unsigned days)
{
    struct history *h = history_open(dir, attempts, days, err, sizeof(err));

    cr_assert_not_null(h, "%s", err);
    return h;
}

static struct attempt attempt(int64_t time, const char *sender)
{
    struct attempt a = {.time = time,
                        .decision = DECISION_NEW,
                        .reply = 450,
                        .identity = "192.0.2.0/24",
                        .helo = "mail.example.com",
                        .sender = sender,
                        .recipient = "r@example.org"};

    cr_assert(netaddr_parse("192.0.2.1", &a.client));
    return a;
}

static void add(struct history *h, int64_t time, unsigned from, unsigned n)
{
    char sender[32];

    for (unsigned i = from; i < from + n; i++) {
        struct attempt a = attempt(time, sender);

        snprintf(sender, sizeof(sender), "%u", i);
        cr_assert_eq(history_add(h, &a, 1), 0);
    }
}

struct seen {
    unsigned n, stop_at;
    unsigned first, last; /* senders are numbers */
};

static bool see(const struct attempt *a, void *arg)
{
    struct seen *seen = arg;
    unsigned number = (unsigned)atoi(a->sender);

    if (seen->n++ == 0)
        seen->first = number;
    else if (number != seen->last + 1)
        cr_expect(false, "%u follows %u", number, seen->last);
    seen->last = number;
    return seen->n != seen->stop_at;
}

static struct seen see_all(struct history *h)
{
    struct history_place place = {0};
    struct seen seen = {0};

    cr_expect_eq(history_walk(h, &place, 0, UINT32_MAX, see, &seen), 0);
    return seen;
}

static bool compare(const struct attempt *a, void *arg)
{
    const struct attempt *b = arg;

    cr_expect_eq(a->time, b->time);
    cr_expect_eq(a->decision, b->decision);
    cr_expect_eq(a->passed, b->passed);
    cr_expect_eq(a->reply, b->reply);
    cr_expect_eq(a->waited_sec, b->waited_sec);
    cr_expect(netaddr_equal(&a->client, &b->client));
    cr_expect_str_eq(a->identity, b->identity);
    cr_expect_str_eq(a->helo, b->helo);
    cr_expect_str_eq(a->sender, b->sender);
    cr_expect_str_eq(a->recipient, b->recipient);
    return true;
}

Test(history, gives_back_every_part_of_an_attempt)
{
    struct attempt a = {.time = T0,
                        .decision = DECISION_RETURNED,
                        .passed = true,
                        .reply = 250,
                        .waited_sec = 4000000000,
                        .identity = "",
                        .helo = "[IPv6:2001:db8::1]",
                        .sender = "<>",
                        .recipient = "\xc3\xa4@example.org"};
    struct history_place place = {0};
    struct history *h = open_it(100, 10);

    cr_assert(netaddr_parse("2001:db8::1", &a.client));
    cr_assert_eq(history_add(h, &a, 1), 0);
    cr_expect_eq(history_walk(h, &place, 0, 10, compare, &a), 0);
    history_close(h);
    h = open_it(100, 10);
    place = (struct history_place){0};
    cr_expect_eq(history_count(h), 1);
    cr_expect_eq(history_walk(h, &place, 0, 10, compare, &a), 0);
    history_close(h);
}

Test(history, cuts_texts_that_are_too_long)
{
    static char text[2 * HISTORY_TEXT];
    struct history *h = open_it(100, 10);
    struct attempt a;

    memset(text, '1', sizeof(text) - 1);
    a = attempt(T0, text);
    a.identity = a.helo = a.recipient = text;
    cr_assert_eq(history_add(h, &a, 1), 0);
    cr_expect_eq(see_all(h).n, 1);
    history_close(h);
}

Test(history, adds_many_at_once_in_order)
{
    static char senders[500][HISTORY_TEXT];
    static struct attempt many[500];
    struct history *h = open_it(160, 10);
    struct seen seen;

    for (unsigned i = 0; i < 500; i++) {
        /* Long enough that one write does not hold them all. */
        snprintf(senders[i], sizeof(senders[i]), "%u %0400d", i, 0);
        many[i] = attempt(T0, senders[i]);
    }
    cr_assert_eq(history_add(h, many, 500), 0);
    seen = see_all(h);
    cr_expect_eq(seen.last, 499);
    cr_expect_eq(seen.n, history_count(h));
    cr_expect(seen.n <= 160 && seen.n >= 150, "%u", seen.n);
    history_close(h);
    h = open_it(160, 10);
    cr_expect_eq(see_all(h).n, seen.n);
    history_close(h);
}

Test(history, never_keeps_more_attempts_than_it_should)
{
    struct history *h = open_it(160, 10);
    struct seen seen;

    for (unsigned i = 0; i < 1000; i++) {
        add(h, T0 + i, i, 1);
        cr_assert_leq(history_count(h), 160);
    }
    seen = see_all(h);
    cr_expect_eq(seen.n, history_count(h));
    cr_expect_geq(seen.n, 150);
    cr_expect_eq(seen.last, 999);
    history_close(h);
}

Test(history, never_keeps_them_longer_than_it_should)
{
    struct history *h = open_it(1000, 16);
    struct seen seen;

    for (unsigned i = 0; i < 60; i++)
        add(h, T0 + i * DAY / 2, i, 1);
    seen = see_all(h);
    cr_expect_eq(seen.last, 59);
    cr_expect_geq(seen.first, 59 - 2 * 18);
    cr_expect_leq(seen.first, 59 - 2 * 15);
    history_trim(h, T0 + 100 * DAY);
    cr_expect_leq(see_all(h).n, 3);
    history_close(h);
}

Test(history, walks_in_steps_and_sees_what_is_added_meanwhile)
{
    struct history_place place = {0};
    struct seen seen = {.stop_at = 12};
    struct history *h = open_it(160, 10);

    add(h, T0, 0, 25);
    cr_expect_eq(history_walk(h, &place, 0, 7, see, &seen), 1);
    cr_expect_eq(seen.n, 7);
    cr_expect_eq(history_walk(h, &place, 0, 100, see, &seen), 1);
    cr_expect_eq(seen.n, 12, "does not stop when told");
    cr_expect_eq(history_walk(h, &place, 0, 100, see, &seen), 0);
    cr_expect_eq(seen.n, 25);
    add(h, T0, 25, 25);
    cr_expect_eq(history_walk(h, &place, 0, 100, see, &seen), 0);
    cr_expect_eq(seen.n, 50);
    history_close(h);
}

Test(history, goes_on_with_the_oldest_when_its_place_was_removed)
{
    struct history_place place = {0};
    struct seen seen = {0};
    struct history *h = open_it(160, 10);

    add(h, T0, 0, 20);
    cr_assert_eq(history_walk(h, &place, 0, 5, see, &seen), 1);
    add(h, T0, 20, 500);
    seen.n = 0;
    cr_expect_eq(history_walk(h, &place, 0, 1000, see, &seen), 0);
    cr_expect_eq(seen.n, history_count(h));
    history_close(h);
}

Test(history, leaves_out_files_that_are_older_than_asked)
{
    struct history_place place = {0};
    struct seen seen = {0};
    struct history *h = open_it(160, 10);

    add(h, T0, 0, 50);
    add(h, T0 + 100, 50, 50);
    cr_expect_eq(history_walk(h, &place, T0 + 50, 1000, see, &seen), 0);
    cr_expect_geq(seen.first, 40);
    cr_expect_eq(seen.last, 99);
    history_close(h);
}

static void newest(char *path, size_t size)
{
    struct dirent **e;
    int n = scandir(dir, &e, NULL, alphasort);

    cr_assert_gt(n, 3);
    snprintf(path, size, "%s/%s", dir, e[n - 2]->d_name); /* then "lock" */
    while (n > 0)
        free(e[--n]);
    free(e);
}

Test(history, cuts_off_half_an_attempt_and_goes_on_behind_the_last_whole_one)
{
    struct history *h = open_it(160, 10);
    char path[512];
    struct stat st;

    add(h, T0, 0, 25);
    history_close(h);
    newest(path, sizeof(path));
    cr_assert_eq(stat(path, &st), 0);
    cr_assert_eq(truncate(path, st.st_size - 5), 0);
    h = open_it(160, 10);
    cr_expect_eq(history_count(h), 24);
    add(h, T0, 24, 6);
    cr_expect_eq(see_all(h).n, 30);
    history_close(h);
}

Test(history, believes_no_attempt_whose_sum_is_wrong)
{
    struct history *h = open_it(160, 10);
    char path[512];
    struct stat st;
    int fd;

    add(h, T0, 0, 25);
    history_close(h);
    newest(path, sizeof(path));
    cr_assert_eq(stat(path, &st), 0);
    fd = open(path, O_WRONLY);
    cr_assert_eq(pwrite(fd, "X", 1, st.st_size - 10), 1);
    close(fd);
    h = open_it(160, 10);
    cr_expect_eq(history_count(h), 24);
    history_close(h);
}

Test(history, sets_a_foreign_file_aside)
{
    char path[128];
    FILE *f;
    struct history *h;

    snprintf(path, sizeof(path), "%s/attempts.0000000001", dir);
    f = fopen(path, "w");
    fputs("something else", f);
    fclose(f);
    h = open_it(160, 10);
    add(h, T0, 0, 1);
    cr_expect_eq(see_all(h).n, 1);
    history_close(h);
}

Test(history, refuses_a_folder_that_another_has_open)
{
    struct history *h = open_it(160, 10);

    cr_expect_null(history_open(dir, 160, 10, err, sizeof(err)));
    cr_expect_not_null(strstr(err, "another process"), "%s", err);
    history_close(h);
}
