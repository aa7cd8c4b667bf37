/* The thread behind the store: what decisions do not wait for. */
#include "greylist/store.h"

#include <criterion/criterion.h>
#include <dirent.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#define CACHE     (4u << 20)
#define BURST     128 /* so many writes are flushed at once with that cache */
#define LOG_FILES 4   /* to be begun */

static _Thread_local bool deciding;
static atomic_uint waited, behind; /* flushes: of the loop, of the thread */

/* Counted only: thousands of them would take a slow disk minutes. */
int fdatasync(int fd)
{
    (void)fd;
    if (deciding)
        waited++;
    else
        behind++;
    return 0;
}

/* The number of the newest log file; the first is 1. */
static unsigned log_files(const char *dir)
{
    DIR *d = opendir(dir);
    const struct dirent *e;
    unsigned last = 0, n;

    while ((e = readdir(d)) != NULL)
        if (sscanf(e->d_name, "log.%u", &n) == 1 && n > last)
            last = n;
    closedir(d);
    return last;
}

static void write_some(struct store *s, uint32_t round)
{
    char sender[40];

    for (unsigned i = 0; i < BURST; i++) {
        struct record r = {.first = 1, .last = 1 + round, .refused = round};

        snprintf(sender, sizeof(sender), "s%03u@example.com", i);
        cr_assert_eq(
            store_write(s, "192.0.2.0/24", sender, "r@example.org", &r, NULL),
            0);
    }
}

/* A thread of this process that is not one of the n known; 0: none. */
static int new_thread(const int *known, int n)
{
    DIR *d = opendir("/proc/self/task");
    const struct dirent *e;
    int found = 0;

    while ((e = readdir(d)) != NULL) {
        int thread = atoi(e->d_name), i = 0;

        while (i < n && known[i] != thread)
            i++;
        if (thread != 0 && i == n)
            found = thread;
    }
    closedir(d);
    return found;
}

/* It waits for work: for the disk it would be D, for a processor R. */
static bool sleeps(int thread)
{
    char path[64], state = 0;
    FILE *f;

    snprintf(path, sizeof(path), "/proc/self/task/%d/stat", thread);
    f = fopen(path, "r");
    cr_assert_not_null(f);
    cr_assert_eq(fscanf(f, "%*d (%*[^)]) %c", &state), 1);
    fclose(f);
    return state == 'S';
}

/* Until the thread has done all it has to: a pause as mail makes them. */
static void pause_for_upkeep(int thread, unsigned before)
{
    for (int ms = 0; behind == before || !sleeps(thread); ms++) {
        struct timespec t = {.tv_nsec = 1000000};

        cr_assert_lt(ms, 20000);
        nanosleep(&t, NULL);
    }
}

Test(upkeep, begins_new_log_files_while_no_decision_waits, .timeout = 60)
{
    char dir[] = "/tmp/tarry-upkeep-XXXXXX", err[256], command[64];
    struct store *s;
    int threads[8], n = 0, thread;
    uint32_t round = 0;

    cr_assert_not_null(mkdtemp(dir));
    while (n < 8 && (threads[n] = new_thread(threads, n)) != 0)
        n++; /* those of the test's frame */
    s = store_open(dir, CACHE, err, sizeof(err));
    cr_assert_not_null(s, "%s", err);
    thread = new_thread(threads, n);
    deciding = true;
    while (log_files(dir) <= LOG_FILES) {
        unsigned before = behind;

        write_some(s, ++round);
        pause_for_upkeep(thread, before);
    }
    deciding = false;
    cr_assert_eq(waited, 0, "%u of %d", waited, LOG_FILES);
    store_close(s);
    snprintf(command, sizeof(command), "rm -rf '%s'", dir);
    cr_expect_eq(system(command), 0);
}
