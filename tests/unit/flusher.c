/* Group commit: everything is answered, everything is shared. */
#include "queue/flusher.h"

#include "lib/log.h"
#include "lib/stats.h"

#include <criterion/criterion.h>
#include <dirent.h>
#include <event2/event.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static char folder[64], box[128];
static int stats;
static unsigned stored, refused;
static pthread_mutex_t disk = PTHREAD_MUTEX_INITIALIZER; /* held: it stalls */

/* In the place of the C library's. */
int syncfs(int fd)
{
    pthread_mutex_lock(&disk);
    pthread_mutex_unlock(&disk);
    return (int)syscall(SYS_syncfs, fd);
}

static void setup(void)
{
    strcpy(folder, "/tmp/tarry-flusher-XXXXXX");
    cr_assert_not_null(mkdtemp(folder));
    snprintf(box, sizeof(box), "%s/box", folder);
    stats = stats_create();
    stats_use(stats);
}

static void teardown(void)
{
    char command[128];

    close(stats);
    snprintf(command, sizeof(command), "rm -r '%s'", folder);
    cr_assert_eq(system(command), 0);
}

TestSuite(flusher, .init = setup, .fini = teardown);

static unsigned count(const char *part)
{
    char path[160];
    unsigned n = 0;
    struct dirent *e;
    DIR *dir;

    snprintf(path, sizeof(path), "%s/%s", box, part);
    dir = opendir(path);
    cr_assert_not_null(dir);
    while ((e = readdir(dir)) != NULL)
        n += e->d_name[0] != '.';
    closedir(dir);
    return n;
}

static struct delivery *new_delivery(void)
{
    struct mailbox m = {
        .path = box, .uid = getuid(), .gid = getgid(), .make = true};
    struct delivery *d = xcalloc(1, sizeof(*d));

    d->sender = xstrdup("");
    d->nfiles = 1;
    d->from = -1;
    d->files = xcalloc(1, sizeof(*d->files));
    d->files[0].delivered_to = xstrdup("joe@a.example");
    d->files[0].dir = maildir_open(&m);
    maildir_name("host", d->files[0].name);
    cr_assert_eq(delivery_begin(d, NULL), 0);
    return d;
}

static void on_done(struct delivery *d, void *arg)
{
    struct event_base *base = arg;

    stored += d->failed == NULL;
    refused += d->failed != NULL;
    delivery_free(d);
    if (base != NULL)
        event_base_loopbreak(base);
}

Test(flusher, makes_every_message_visible_and_reports_it)
{
    struct event_base *base = event_base_new();
    struct flusher *f = flusher_new(base, on_done, base);

    for (unsigned i = 0; i < 10; i++) {
        flusher_add(f, new_delivery());
        while (stored <= i)
            event_base_dispatch(base);
        cr_expect_eq(count("new"), i + 1);
        cr_expect_eq(count("tmp"), 0);
    }
    flusher_free(f);
    event_base_free(base);
}

Test(flusher, shares_flushes_among_a_hundred_messages)
{
    struct event_base *base = event_base_new();
    struct flusher *f = flusher_new(base, on_done, NULL);
    struct delivery *all[100];
    uint64_t counters[STAT_COUNT];

    for (unsigned i = 0; i < 100; i++)
        all[i] = new_delivery();
    pthread_mutex_lock(&disk); /* the first flush lasts until all have come */
    for (unsigned i = 0; i < 100; i++)
        flusher_add(f, all[i]);
    pthread_mutex_unlock(&disk);
    flusher_free(f);
    cr_expect_eq(stored, 100);
    cr_expect_eq(count("new"), 100);
    cr_expect_eq(count("tmp"), 0);
    cr_assert_eq(stats_read(stats, counters), 0);
    cr_expect_gt(counters[STAT_FLUSHES], 0);
    cr_expect_leq(counters[STAT_FLUSHES], 3, "%u flushes",
                  (unsigned)counters[STAT_FLUSHES]);
    event_base_free(base);
}

Test(flusher, leaves_nothing_of_what_fails_and_stores_the_rest)
{
    struct event_base *base = event_base_new();
    struct flusher *f = flusher_new(base, on_done, NULL);

    for (unsigned i = 0; i < 9; i++) {
        struct delivery *d = new_delivery();

        if (i % 3 == 0) {
            /* A file of that name in new/: it must not be replaced. */
            close(maildir_create(d->files[0].dir, "x"));
            cr_assert_eq(renameat(d->files[0].dir->tmp, "x",
                                  d->files[0].dir->new, d->files[0].name),
                         0);
        }
        flusher_add(f, d);
    }
    flusher_free(f);
    cr_expect_eq(stored, 6);
    cr_expect_eq(refused, 3);
    cr_expect_eq(count("tmp"), 0);
    cr_expect_eq(count("new"), 9);
    event_base_free(base);
}

Test(flusher, does_not_publish_what_was_cancelled)
{
    struct event_base *base = event_base_new();
    struct flusher *f = flusher_new(base, on_done, NULL);
    struct delivery *d = new_delivery();

    atomic_store(&d->cancelled, true);
    flusher_add(f, d);
    flusher_free(f);
    cr_expect_eq(refused, 1);
    cr_expect_eq(count("tmp") + count("new"), 0);
    event_base_free(base);
}
