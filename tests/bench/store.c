/*
 * Measures the greylist's store in process: whole decisions (read, policy,
 * write), transactional.
 *
 *   store [RECORDS [CACHE-MEGABYTES [FOLDER]]]     1000000, 64, .
 *
 * fills an empty store in FOLDER/bench-store.PID with so many strangers (a
 * read and a write each), comes back with some of them, then as regulars,
 * then expires all; prints decisions a second, octets a record, memory, and
 * the longest time that one call took.  The folder is removed at the end.
 */
#include "greylist/store.h"

#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#define REGULARS       1000000 /* decisions */
#define EXPIRE_STEPS   4000
#define EXPIRE_RECORDS 500
#define SLOW_NS        5000000
#define BATCH          1000
#define HOT            20000 /* triplets that a small site's mail comes from */

static const struct policy policy = {.delay_sec = 300,
                                     .window_sec = 86400,
                                     .pass_sec = 36 * 86400,
                                     .auto_allow = 0,
                                     .touch_sec = 3600};
static struct store *store;
static int64_t worst_read_ns, worst_write_ns;
static unsigned slow; /* calls of more than 5 ms */

static int64_t clock_nsec(clockid_t clock)
{
    struct timespec t;

    clock_gettime(clock, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static int64_t nsec(void)
{
    return clock_nsec(CLOCK_MONOTONIC);
}

static uint64_t mix(uint64_t x)
{
    x += 0x9e3779b97f4a7c15;
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9;
    x = (x ^ (x >> 27)) * 0x94d049bb133111eb;
    return x ^ (x >> 31);
}

struct triplet {
    char identity[64], sender[64], recipient[64];
};

/* Strangers come from everywhere: about seven triplets a network. */
static void make(uint64_t i, struct triplet *t)
{
    uint64_t h = mix(i), net = mix(i / 7);

    snprintf(t->identity, sizeof(t->identity), "%u.%u.%u.0/24",
             (unsigned)(net & 255), (unsigned)(net >> 8 & 255),
             (unsigned)(net >> 16 & 255));
    snprintf(t->sender, sizeof(t->sender), "user%06u@example%05u.com",
             (unsigned)(h % 1000000), (unsigned)((h >> 20) % 100000));
    snprintf(t->recipient, sizeof(t->recipient), "person%04u@example.org",
             (unsigned)((h >> 40) % 10000));
}

static enum decision decide(const struct triplet *t, int64_t now)
{
    struct client_record client;
    struct record record;
    struct outcome out;
    int64_t start = nsec(), took;

    if (store_read(store, t->identity, t->sender, t->recipient, &record,
                   &client) != 0)
        errx(1, "cannot read");
    if ((took = nsec() - start) > worst_read_ns)
        worst_read_ns = took;
    slow += took > SLOW_NS;
    policy_decide(&policy, &record, &client, now, &out);
    if (!out.record_changed && !out.client_changed)
        return out.decision;
    start = nsec();
    if (store_write(store, t->identity, t->sender, t->recipient,
                    out.record_changed ? &out.record : NULL,
                    out.client_changed ? &out.client : NULL) != 0)
        errx(1, "cannot write");
    if ((took = nsec() - start) > worst_write_ns)
        worst_write_ns = took;
    slow += took > SLOW_NS;
    return out.decision;
}

/* Decisions on some triplets, made before the clocks run. */
static void run_batch(uint64_t from, uint64_t (*pick)(uint64_t), int64_t now,
                      enum decision expected, int64_t took[2])
{
    static struct triplet t[BATCH];
    int64_t start, cpu;

    for (uint64_t i = 0; i < BATCH; i++)
        make(pick(from + i), &t[i]);
    start = nsec();
    cpu = clock_nsec(CLOCK_THREAD_CPUTIME_ID);
    for (uint64_t i = 0; i < BATCH; i++)
        if (decide(&t[i], now) != expected)
            errx(1, "not the decision expected");
    took[0] += nsec() - start;
    took[1] += clock_nsec(CLOCK_THREAD_CPUTIME_ID) - cpu;
}

/*
 * n decisions on what pick gives, all of them with the outcome expected.  The
 * second rate is of this thread's own processor time: what it would be on a
 * machine that does nothing else.
 */
static void run(const char *what, uint64_t n, uint64_t (*pick)(uint64_t),
                int64_t now, enum decision expected)
{
    int64_t took[2] = {0, 0};

    worst_read_ns = worst_write_ns = 0;
    slow = 0;
    for (uint64_t i = 0; i < n; i += BATCH)
        run_batch(i, pick, now, expected, took);
    printf("%-30s %7.0f/s (processor: %7.0f/s)  worst read %6.2f ms, "
           "write %6.2f ms, %u over 5 ms\n",
           what, (double)n * 1e9 / (double)took[0],
           (double)n * 1e9 / (double)took[1], (double)worst_read_ns / 1e6,
           (double)worst_write_ns / 1e6, slow);
    fflush(stdout);
}

static uint64_t records;

static uint64_t pick_next(uint64_t i)
{
    return i;
}

static uint64_t pick_new(uint64_t i)
{
    return records + i;
}

static uint64_t pick_hot(uint64_t i)
{
    return mix(i) % HOT;
}

static uint64_t pick_any(uint64_t i)
{
    return mix(i) % records;
}

/* Steps with pauses four times as long between them, as a daemon makes. */
static void expire(const char *what, int64_t now)
{
    int64_t before, took, worst = 0, total = 0;
    struct store_expiry e = {0};
    uint64_t steps = 0, seen = 0, so_far;
    int more;

    slow = 0;
    do {
        struct timespec pause = {0, 0};

        so_far = e.seen[0] + e.seen[1];
        before = nsec();
        more = store_expire(store, &e, &policy, now, EXPIRE_RECORDS);
        took = nsec() - before;
        if (took > worst)
            worst = took;
        slow += took > SLOW_NS;
        total += took;
        if (more > 0)
            seen += e.seen[0] + e.seen[1] - so_far;
        steps++;
        pause.tv_nsec = took * 4 < 500000000 ? took * 4 : 500000000;
        nanosleep(&pause, NULL);
    } while (more > 0 && steps < EXPIRE_STEPS);
    printf("expiry, %-22s %7.0f records/s, worst step %.2f ms, %u of %llu "
           "steps over 5 ms\n",
           what, (double)seen * 1e9 / (double)total, (double)worst / 1e6, slow,
           (unsigned long long)steps);
    fflush(stdout);
}

static void print_size(uint64_t n)
{
    struct store_condition c;
    struct rusage usage;

    store_condition(store, &c);
    getrusage(RUSAGE_SELF, &usage);
    printf("%.1f octets a record on disk, logs %.1f MB, memory %.1f MB\n",
           (double)c.data_octets / (double)n, (double)c.log_octets / 1e6,
           (double)usage.ru_maxrss / 1e3);
    fflush(stdout);
}

static void measure(void)
{
    uint64_t some = records / 10 < 300000 ? records / 10 : 300000;
    int64_t t0 = 1700000000;

    run("strangers, into an empty store", records, pick_next, t0, DECISION_NEW);
    print_size(records);
    run("strangers, at that size", some, pick_new, t0, DECISION_NEW);
    run("all come back", records, pick_next, t0 + 300, DECISION_RETURNED);
    run("regulars, of 20000 triplets", REGULARS, pick_hot, t0 + 400,
        DECISION_KNOWN);
    run("regulars, of all triplets", REGULARS, pick_any, t0 + 400,
        DECISION_KNOWN);
    expire("nothing to remove:", t0 + 400);
    expire("all to be removed:", t0 + 50 * 86400);
    print_size(records);
}

int main(int argc, char **argv)
{
    unsigned long megabytes = argc > 2 ? strtoul(argv[2], NULL, 10) : 64;
    const char *folder = argc > 3 ? argv[3] : ".";
    char dir[4096], command[4200], error[256];

    records = argc > 1 ? strtoull(argv[1], NULL, 10) : 1000000;
    snprintf(dir, sizeof(dir), "%s/bench-store.%ld", folder, (long)getpid());
    store = store_open(dir, (uint64_t)megabytes << 20, error, sizeof(error));
    if (store == NULL || records < 2 * HOT)
        errx(1, "%s", store == NULL ? error : "too few records");
    printf("%llu records, cache %lu MB\n", (unsigned long long)records,
           megabytes);
    measure();
    store_close(store);
    snprintf(command, sizeof(command), "rm -r '%s'", dir);
    return system(command) == 0 ? 0 : 1;
}
