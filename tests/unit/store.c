/* The greylist's store: what it keeps, and what it survives. */
#include "greylist/store.h"

#include "greylist/store_record.h"

#include <criterion/criterion.h>
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/wait.h>
#include <unistd.h>

#define CACHE (4u << 20)
#define DAY   86400
#define T0    1700000000

static char dir[64], err[256];

static void make_folder(void)
{
    strcpy(dir, "/tmp/tarry-store-XXXXXX");
    cr_assert_not_null(mkdtemp(dir));
}

static void remove_folder(void)
{
    char command[128];

    snprintf(command, sizeof(command), "rm -rf '%s'", dir);
    cr_expect_eq(system(command), 0);
}

TestSuite(store, .init = make_folder, .fini = remove_folder, .timeout = 200);

static struct store *open_it(void)
{
    struct store *s = store_open(dir, CACHE, err, sizeof(err));

    cr_assert_not_null(s, "%s", err);
    return s;
}

static void write_triplet(struct store *s, const char *identity, unsigned n,
                          int64_t last)
{
    struct record r = {.first = last, .last = last, .refused = 1};
    char sender[40];

    snprintf(sender, sizeof(sender), "s%06u@example.com", n);
    cr_assert_eq(store_write(s, identity, sender, "r@example.org", &r, NULL),
                 0);
}

static int64_t last_of(struct store *s, const char *identity, unsigned n)
{
    struct client_record c;
    struct record r;
    char sender[40];

    snprintf(sender, sizeof(sender), "s%06u@example.com", n);
    cr_assert_eq(store_read(s, identity, sender, "r@example.org", &r, &c), 0);
    return r.last;
}

Test(store, knows_nothing_of_a_stranger)
{
    struct client_record c = {.last = 1};
    struct record r = {.last = 1};
    struct store *s = open_it();

    cr_expect_eq(store_read(s, "example.net", "a@b.c", "d@e.f", &r, &c), 0);
    cr_expect_eq(r.first, 0);
    cr_expect_eq(r.last, 0);
    cr_expect_eq(c.last, 0);
    cr_expect_eq(c.passed, 0);
    store_close(s);
}

Test(store, gives_back_what_was_written_also_after_a_restart)
{
    struct record r = {T0, T0 + 300, T0 + 299, 70000, UINT32_MAX}, got;
    struct client_record c = {T0 + 300, 200}, got_client;
    struct store *s = open_it();

    cr_expect_eq(store_write(s, "example.net", "a@b.c", "d@e.f", &r, &c), 0);
    for (int i = 0; i < 2; i++) {
        cr_expect_eq(
            store_read(s, "example.net", "a@b.c", "d@e.f", &got, &got_client),
            0);
        cr_expect_eq(got.first, r.first);
        cr_expect_eq(got.last, r.last);
        cr_expect_eq(got.passed, r.passed);
        cr_expect_eq(got.refused, r.refused);
        cr_expect_eq(got.accepted, r.accepted);
        cr_expect_eq(got_client.last, c.last);
        cr_expect_eq(got_client.passed, c.passed);
        store_close(s);
        s = open_it();
    }
    store_close(s);
}

Test(store, keeps_triplets_apart_whose_texts_join_to_the_same)
{
    struct record r = {.first = 1, .last = 1}, got;
    struct client_record c;
    struct store *s = open_it();

    cr_assert_eq(store_write(s, "n", "ab", "c", &r, NULL), 0);
    cr_assert_eq(store_read(s, "n", "a", "bc", &got, &c), 0);
    cr_expect_eq(got.last, 0);
    cr_assert_eq(store_read(s, "n", "", "", &got, &c), 0);
    cr_expect_eq(got.last, 0);
    store_close(s);
}

Test(store, writes_a_client_without_touching_the_triplet)
{
    struct record r = {.first = 1, .last = 1}, got;
    struct client_record c = {.last = 7, .passed = 3}, got_client;
    struct store *s = open_it();

    cr_assert_eq(store_write(s, "n", "a", "b", &r, NULL), 0);
    cr_assert_eq(store_write(s, "n", "a", "b", NULL, &c), 0);
    cr_assert_eq(store_read(s, "n", "a", "b", &got, &got_client), 0);
    cr_expect_eq(got.last, 1);
    cr_expect_eq(got_client.passed, 3);
    store_close(s);
}

Test(store, moves_times_that_do_not_fit_to_the_nearest_end)
{
    struct record r = {.first = -5, .last = INT64_MAX}, got;
    struct client_record c;
    struct store *s = open_it();

    cr_assert_eq(store_write(s, "n", "a", "b", &r, NULL), 0);
    cr_assert_eq(store_read(s, "n", "a", "b", &got, &c), 0);
    cr_expect_eq(got.first, 0);
    cr_expect_eq(got.last, UINT32_MAX);
    store_close(s);
}

Test(store, forgets_one_triplet_and_one_client)
{
    struct record r = {.first = 1, .last = 1}, got;
    struct client_record c = {.last = 7, .passed = 3}, got_client;
    struct store *s = open_it();

    cr_assert_eq(store_write(s, "n", "a", "b", &r, &c), 0);
    cr_expect_eq(store_forget(s, "n", "a", "x"), 0);
    cr_expect_eq(store_forget(s, "n", "a", "b"), 1);
    cr_expect_eq(store_forget(s, "n", "a", "b"), 0);
    cr_assert_eq(store_read(s, "n", "a", "b", &got, &got_client), 0);
    cr_expect_eq(got.last, 0);
    cr_expect_eq(got_client.passed, 3);
    cr_expect_eq(store_forget(s, "n", NULL, NULL), 1);
    cr_assert_eq(store_read(s, "n", "a", "b", &got, &got_client), 0);
    cr_expect_eq(got_client.passed, 0, "remembered though it was removed");
    store_close(s);
}

Test(store, refuses_a_folder_that_another_has_open)
{
    struct store *s = open_it();

    cr_expect_null(store_open(dir, CACHE, err, sizeof(err)));
    cr_expect_not_null(strstr(err, "another process has it open"), "%s", err);
    store_close(s);
}

Test(store, refuses_a_folder_that_cannot_be_made)
{
    cr_expect_null(store_open("/nonexistent/a/b", CACHE, err, sizeof(err)));
    cr_expect_not_null(strstr(err, "No such file"), "%s", err);
}

/* Walks. */

struct seen {
    char text[4096];
    unsigned n, forget_every, stop_after;
};

static unsigned see(const struct store_entry *e, void *arg)
{
    struct seen *seen = arg;
    size_t len = strlen(seen->text);

    seen->n++;
    snprintf(seen->text + len, sizeof(seen->text) - len, "%s,%s ", e->identity,
             e->sender ? e->sender : "-");
    return (seen->forget_every > 0 && seen->n % seen->forget_every == 0
                ? STORE_FORGET
                : 0) |
           (seen->n == seen->stop_after ? STORE_STOP : 0);
}

Test(store, walks_in_order_and_comes_to_an_end)
{
    struct store_place place = {0};
    struct seen seen = {0};
    struct store *s = open_it();

    write_triplet(s, "b", 2, T0);
    write_triplet(s, "a", 1, T0);
    write_triplet(s, "b", 1, T0);
    cr_expect_eq(store_walk(s, STORE_TRIPLETS, &place, 2, see, &seen), 1);
    cr_expect_str_eq(seen.text, "a,s000001@example.com b,s000001@example.com ");
    cr_expect_eq(store_walk(s, STORE_TRIPLETS, &place, 2, see, &seen), 0);
    cr_expect_eq(seen.n, 3);
    cr_expect_eq(store_walk(s, STORE_CLIENTS, &place, 2, see, &seen), 0);
    cr_expect_eq(seen.n, 3);
    store_close(s);
}

Test(store, goes_on_behind_a_record_that_was_removed_meanwhile)
{
    struct store_place place = {0};
    struct seen seen = {0};
    struct store *s = open_it();

    for (unsigned i = 1; i <= 4; i++)
        write_triplet(s, "a", i, T0);
    cr_assert_eq(store_walk(s, STORE_TRIPLETS, &place, 2, see, &seen), 1);
    cr_assert_eq(store_forget(s, "a", "s000002@example.com", "r@example.org"),
                 1);
    cr_expect_eq(store_walk(s, STORE_TRIPLETS, &place, 9, see, &seen), 0);
    cr_expect_str_eq(seen.text, "a,s000001@example.com a,s000002@example.com "
                                "a,s000003@example.com a,s000004@example.com ");
    store_close(s);
}

Test(store, removes_what_the_visitor_wants_and_stops_when_told)
{
    struct store_place place = {0};
    struct seen seen = {.forget_every = 2, .stop_after = 5};
    struct store *s = open_it();

    for (unsigned i = 1; i <= 10; i++)
        write_triplet(s, "a", i, T0);
    cr_expect_eq(store_walk(s, STORE_TRIPLETS, &place, 100, see, &seen), 1);
    cr_expect_eq(seen.n, 5);
    cr_expect_eq(last_of(s, "a", 1), T0);
    cr_expect_eq(last_of(s, "a", 2), 0);
    cr_expect_eq(last_of(s, "a", 4), 0);
    cr_expect_eq(last_of(s, "a", 6), T0);
    store_close(s);
}

Test(store, finds_the_records_of_one_identity)
{
    struct store_place place;
    struct seen seen = {.stop_after = 1};
    struct store *s = open_it();

    write_triplet(s, "a", 1, T0);
    write_triplet(s, "ab", 1, T0);
    write_triplet(s, "b", 1, T0);
    store_place_at(&place, "ab");
    cr_expect_eq(store_walk(s, STORE_TRIPLETS, &place, 9, see, &seen), 1);
    cr_expect_str_eq(seen.text, "ab,s000001@example.com ");
    store_close(s);
}

/* Expiry. */

static const struct policy policy = {.delay_sec = 300,
                                     .window_sec = DAY,
                                     .pass_sec = 36 * DAY,
                                     .touch_sec = 3600};

Test(store, expires_in_steps_what_the_policy_gives_up)
{
    struct client_record old = {.last = T0 - 60 * DAY, .passed = 1};
    struct client_record fresh = {.last = T0, .passed = 1};
    struct store_expiry e = {0};
    struct store *s = open_it();
    unsigned steps = 0;

    for (unsigned i = 0; i < 1000; i++)
        write_triplet(s, "a", i, i % 3 == 0 ? T0 - 30 * DAY : T0 - DAY);
    cr_assert_eq(store_write(s, "a", "", "", NULL, &old), 0);
    cr_assert_eq(store_write(s, "b", "", "", NULL, &fresh), 0);
    while (store_expire(s, &e, &policy, T0, 100) == 1)
        steps++;
    cr_expect_geq(steps, 10);
    cr_expect_eq(e.passes, 1);
    cr_expect_eq(e.kept[STORE_TRIPLETS], 666);
    cr_expect_eq(e.kept[STORE_CLIENTS], 1);
    cr_expect_eq(last_of(s, "a", 0), 0);
    cr_expect_eq(last_of(s, "a", 1), T0 - DAY);
    cr_expect_eq(last_of(s, "a", 999), 0);
    store_close(s);
}

Test(store, uses_the_place_of_expired_records_again)
{
    struct store_condition first = {0}, then;
    struct store *s = open_it();

    for (int round = 0; round < 20; round++) {
        struct store_expiry e = {0};

        for (unsigned i = 0; i < 5000; i++)
            write_triplet(s, "a", i * 20 + round, T0 + round * 30 * DAY);
        while (store_expire(s, &e, &policy, T0 + round * 30 * DAY, 1000) == 1)
            continue;
        store_close(s);
        s = open_it();
        if (round == 1)
            store_condition(s, &first);
    }
    store_condition(s, &then);
    cr_expect_leq(then.data_octets, first.data_octets * 3 / 2);
    store_close(s);
}

/* Damage. */

static void spoil(const char *name, long from, long octets)
{
    char path[128];
    FILE *f;

    snprintf(path, sizeof(path), "%s/%s", dir, name);
    f = fopen(path, "r+");
    cr_assert_not_null(f);
    fseek(f, from, from < 0 ? SEEK_END : SEEK_SET);
    for (long i = 0; i < octets; i++)
        fputc((int)(i * 7 + 13) & 0xff, f);
    fclose(f);
}

static unsigned damaged_files(void)
{
    DIR *d = opendir(dir);
    struct dirent *e;
    unsigned n = 0;

    /* cppcheck-suppress readdirCalled */
    while ((e = readdir(d)) != NULL)
        n += strstr(e->d_name, ".damaged-") != NULL;
    closedir(d);
    return n;
}

static void fill_and_close(unsigned n)
{
    struct store *s = open_it();

    for (unsigned i = 0; i < n; i++)
        write_triplet(s, "a", i, T0);
    store_close(s);
}

/* Whatever state the files are in: it opens, and it works. */
static void expect_it_works(void)
{
    struct store *s = open_it();

    write_triplet(s, "new", 1, T0 + 1);
    cr_expect_eq(last_of(s, "new", 1), T0 + 1);
    store_close(s);
}

Test(store, sets_a_foreign_file_aside)
{
    char path[128];
    FILE *f;

    snprintf(path, sizeof(path), "%s/triplets.db", dir);
    f = fopen(path, "w");
    for (int i = 0; i < 3000; i++)
        fputs("This is not a database.\n", f);
    fclose(f);
    expect_it_works();
    cr_expect_geq(damaged_files(), 1);
}

Test(store, sets_a_table_with_a_spoilt_first_page_aside)
{
    fill_and_close(1000);
    spoil("triplets.db", 0, 200);
    expect_it_works();
    cr_expect_geq(damaged_files(), 2);
}

Test(store, sets_a_spoilt_log_aside_and_keeps_whole_tables)
{
    struct store *s;

    fill_and_close(1000);
    spoil("log.0000000001", 0, 300);
    expect_it_works();
    cr_expect_geq(damaged_files(), 1);
    /* What was set aside does not look like a log any more. */
    s = open_it();
    cr_expect_eq(last_of(s, "new", 1), T0 + 1);
    cr_expect_eq(last_of(s, "a", 500), T0);
    store_close(s);
}

/* As it is restored from somewhere, or tidied up by somebody. */
Test(store, keeps_tables_whose_log_is_gone)
{
    struct store *s;
    char path[128];

    fill_and_close(100000);
    for (int i = 1; i < 9; i++) {
        snprintf(path, sizeof(path), "%s/log.%010d", dir, i);
        (void)unlink(path);
    }
    snprintf(path, sizeof(path), "%s/clients.db", dir);
    cr_assert_eq(unlink(path), 0);
    expect_it_works();
    s = open_it();
    cr_expect_eq(last_of(s, "a", 77777), T0);
    store_close(s);
}

/* In so small a table it is only seen when a page is to be written. */
Test(store, keeps_a_small_table_whose_log_is_gone)
{
    static const struct record w = {T0, T0, 0, 1, 0};
    char path[128];
    struct store *s;
    int failed = 0;

    fill_and_close(5);
    snprintf(path, sizeof(path), "%s/log.0000000001", dir);
    cr_assert_eq(unlink(path), 0);
    s = open_it();
    for (int i = 0; i < 600; i++) {
        if (store_write(s, "x", "y", "z", &w, NULL) == 0 && failed > 0)
            break;
        failed++;
        usleep(100000);
    }
    cr_expect_eq(last_of(s, "x", 1), 0);
    cr_expect_eq(last_of(s, "a", 3), T0);
    store_close(s);
}

Test(store, keeps_no_tables_that_are_not_whole_and_have_no_log)
{
    char path[128];

    fill_and_close(5000);
    spoil("triplets.db", 20 * 4096 + 1000, 1000);
    snprintf(path, sizeof(path), "%s/log.0000000001", dir);
    cr_assert_eq(unlink(path), 0);
    expect_it_works();
    cr_expect_geq(damaged_files(), 2);
}

Test(store, survives_a_table_cut_in_the_middle)
{
    char path[128];
    struct stat st;

    fill_and_close(5000);
    snprintf(path, sizeof(path), "%s/triplets.db", dir);
    cr_assert_eq(stat(path, &st), 0);
    cr_assert_eq(truncate(path, st.st_size / 2 + 100), 0);
    expect_it_works();
}

Test(store, survives_an_empty_table)
{
    char path[128];

    fill_and_close(100);
    snprintf(path, sizeof(path), "%s/triplets.db", dir);
    cr_assert_eq(truncate(path, 0), 0);
    expect_it_works();
}

Test(store, survives_a_log_that_ends_in_the_middle_of_a_record)
{
    fill_and_close(1000);
    spoil("log.0000000001", -50, 80);
    expect_it_works();
}

/*
 * A page in the middle is met by chance.  Meanwhile mail is let through; when
 * it was met often enough, the files are set aside.
 */
Test(store, gives_up_files_with_a_spoilt_page_after_some_failures)
{
    struct store_condition condition;
    struct client_record c;
    struct record r;
    struct store *s;

    fill_and_close(5000);
    for (long page = 2; page < 60; page++)
        spoil("triplets.db", page * 4096 + 1000, 1000);
    s = open_it();
    for (int i = 0; i < 600; i++) {
        (void)store_read(s, "a", "s002500@example.com", "r@example.org", &r,
                         &c);
        store_condition(s, &condition);
        if (condition.set_aside > 0 && condition.works)
            break;
        usleep(100000);
    }
    cr_expect_geq(condition.failures, 1);
    cr_expect_geq(condition.set_aside, 2);
    write_triplet(s, "new", 1, T0);
    cr_expect_eq(last_of(s, "new", 1), T0);
    store_close(s);
}

/* Held together. */

Test(store, shows_what_is_held_and_keeps_it_when_released)
{
    struct store *s = open_it();

    store_hold(s);
    write_triplet(s, "a", 1, T0);
    write_triplet(s, "a", 2, T0 + 1);
    cr_expect_eq(last_of(s, "a", 1), T0);
    cr_expect_eq(store_release(s), 0);
    cr_expect_eq(store_release(s), 0, "twice is fine");
    store_close(s);
    s = open_it();
    cr_expect_eq(last_of(s, "a", 1), T0);
    cr_expect_eq(last_of(s, "a", 2), T0 + 1);
    store_close(s);
}

/* As a kill -9 would. */
static void end_at_once(bool released)
{
    pid_t child = fork();

    if (child == 0) {
        struct store *s = open_it();

        write_triplet(s, "a", 1, T0);
        store_hold(s);
        write_triplet(s, "a", 1, T0 + 7);
        write_triplet(s, "a", 2, T0);
        if (released && store_release(s) != 0)
            _exit(1);
        _exit(0);
    }
    cr_assert_gt(child, 0);
    cr_assert_eq(waitpid(child, NULL, 0), child);
}

Test(store, keeps_what_was_released_when_the_process_ends)
{
    struct store *s;

    end_at_once(true);
    s = open_it();
    cr_expect_eq(last_of(s, "a", 1), T0 + 7);
    cr_expect_eq(last_of(s, "a", 2), T0);
    store_close(s);
}

Test(store, loses_all_that_is_held_when_the_process_ends_and_no_more)
{
    struct store *s;

    end_at_once(false);
    s = open_it();
    cr_expect_eq(last_of(s, "a", 1), T0);
    cr_expect_eq(last_of(s, "a", 2), 0);
    store_close(s);
}

static unsigned count_all(const struct store_entry *e, void *arg)
{
    unsigned *n = arg;

    (void)e;
    ++*n;
    return 0;
}

Test(store, walks_and_forgets_among_what_is_held)
{
    struct store_place place = {0};
    struct store *s = open_it();
    unsigned n = 0;

    write_triplet(s, "a", 1, T0);
    store_hold(s);
    write_triplet(s, "a", 2, T0);
    cr_expect_eq(store_forget(s, "a", "s000001@example.com", "r@example.org"),
                 1);
    cr_expect_eq(store_walk(s, STORE_TRIPLETS, &place, 10, count_all, &n), 0);
    cr_expect_eq(n, 1);
    cr_expect_eq(store_release(s), 0);
    cr_expect_eq(last_of(s, "a", 1), 0);
    cr_expect_eq(last_of(s, "a", 2), T0);
    store_close(s);
}

/* A file that takes what room is left, but for so many octets. */
static void take_room(const char *path, uint64_t leave)
{
    int fd = open(path, O_WRONLY | O_CREAT, 0600);
    static char block[4096];
    struct statvfs fs;

    cr_assert_geq(fd, 0);
    while (fstatvfs(fd, &fs) == 0 && fs.f_bavail * fs.f_frsize > leave)
        if (write(fd, block, sizeof(block)) <= 0)
            break;
    close(fd);
}

/* Writes until it fails, and then until it does not, for a minute at most. */
static int write_until(struct store *s, int wanted)
{
    struct record r = {.first = T0, .last = T0};
    static unsigned n;
    char sender[40];

    for (int i = 0; i < 6000; i++) {
        for (int k = 0; k < 100; k++) {
            snprintf(sender, sizeof(sender), "%u@example.com", n++);
            if (store_write(s, "n", sender, "r@example.org", &r, NULL) ==
                wanted)
                return 0;
        }
        usleep(10000);
    }
    return -1;
}

/* On a file system of 40 MiB of its own, in which so much is left. */
static void fill_the_disk(uint64_t leave)
{
    struct store_condition condition;
    char filler[128];
    struct store *s;

    if (geteuid() != 0 || mount("none", dir, "tmpfs", 0, "size=40m") != 0)
        cr_skip_test("only root can make a small file system");
    s = open_it();
    write_triplet(s, "a", 1, T0);
    snprintf(filler, sizeof(filler), "%s/filler", dir);
    take_room(filler, leave);
    cr_expect_eq(write_until(s, -1), 0, "goes on without room");
    cr_assert_eq(unlink(filler), 0);
    cr_expect_eq(write_until(s, 0), 0, "does not heal");
    cr_expect_eq(last_of(s, "a", 1), T0, "what was there is lost");
    store_condition(s, &condition);
    cr_expect(condition.works);
    cr_expect_eq(condition.set_aside, 0, "took a full disk for damage");
    store_close(s);
    s = open_it();
    cr_expect_eq(last_of(s, "a", 1), T0);
    store_close(s);
    cr_expect_eq(damaged_files(), 0);
    cr_expect_eq(umount2(dir, MNT_DETACH), 0);
}

Test(store, stops_writing_when_there_is_little_room_and_heals)
{
    fill_the_disk(1 << 20);
}

Test(store, survives_a_disk_that_is_full_at_once_and_heals)
{
    fill_the_disk(0);
}

Test(store, says_that_what_was_held_is_lost_on_a_full_disk)
{
    struct record r = {.first = T0, .last = T0};
    char filler[128], sender[40];
    struct store *s;
    int rc = 0;

    if (geteuid() != 0 || mount("none", dir, "tmpfs", 0, "size=40m") != 0)
        cr_skip_test("only root can make a small file system");
    s = open_it();
    write_triplet(s, "a", 1, T0);
    snprintf(filler, sizeof(filler), "%s/filler", dir);
    take_room(filler, 0);
    for (unsigned turn = 0; rc == 0 && turn < 1000; turn++) {
        store_hold(s);
        for (unsigned i = 0; i < 10; i++) {
            snprintf(sender, sizeof(sender), "%u@b.example", 10 * turn + i);
            (void)store_write(s, "b", sender, "r@example.org", &r, NULL);
        }
        rc = store_release(s);
    }
    cr_expect_eq(rc, -1);
    cr_assert_eq(unlink(filler), 0);
    cr_expect_eq(write_until(s, 0), 0, "does not heal");
    cr_expect_eq(last_of(s, "a", 1), T0);
    store_close(s);
    cr_expect_eq(umount2(dir, MNT_DETACH), 0);
}

Test(store, opens_on_a_full_disk_and_heals)
{
    char filler[128];
    struct store *s;

    if (geteuid() != 0 || mount("none", dir, "tmpfs", 0, "size=40m") != 0)
        cr_skip_test("only root can make a small file system");
    snprintf(filler, sizeof(filler), "%s/filler", dir);
    snprintf(err, sizeof(err), "%s/lock", dir);
    close(open(err, O_CREAT | O_WRONLY, 0600));
    take_room(filler, 0);
    s = open_it();
    cr_expect_eq(write_until(s, -1), 0);
    cr_assert_eq(unlink(filler), 0);
    cr_expect_eq(write_until(s, 0), 0, "does not heal");
    store_close(s);
    cr_expect_eq(umount2(dir, MNT_DETACH), 0);
}

/* Values. */

Test(store, reads_no_value_that_it_would_not_write)
{
    uint8_t v[STORE_VALUE + 1];
    struct record r = {1, 2, 3, 128, 5};
    struct client_record c = {1, 300};
    size_t len = store_pack_record(&r, v);

    cr_expect_eq(len, 15);
    cr_expect(store_unpack_record(v, len, &r));
    cr_expect_not(store_unpack_record(v, len - 1, &r));
    cr_expect_eq(r.first, 0);
    cr_expect_not(store_unpack_record(v, len + 1, &r));
    cr_expect_not(store_unpack_record(v, 0, &r));
    memset(v + 12, 0xff, 6);
    cr_expect_not(store_unpack_record(v, 18, &r), "a count without an end");
    len = store_pack_client(&c, v);
    cr_expect_eq(len, 6);
    cr_expect(store_unpack_client(v, len, &c));
    cr_expect_eq(c.passed, 300);
    cr_expect_not(store_unpack_client(v, len - 1, &c));
}

Test(store, reads_no_key_that_it_would_not_write)
{
    struct store_entry e;

    cr_expect(store_unpack_key(STORE_TRIPLETS, "a\0b\0c", 6, &e));
    cr_expect_str_eq(e.recipient, "c");
    cr_expect_not(store_unpack_key(STORE_TRIPLETS, "a\0b\0c", 5, &e));
    cr_expect_not(store_unpack_key(STORE_TRIPLETS, "a\0b\0c\0d", 8, &e));
    cr_expect_not(store_unpack_key(STORE_TRIPLETS, "", 0, &e));
    cr_expect(store_unpack_key(STORE_CLIENTS, "a", 2, &e));
    cr_expect_not(store_unpack_key(STORE_CLIENTS, "a\0b", 4, &e));
}
