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

#define REGULARS 1000000 /* decisions */
#define HOT      20000   /* triplets that a small site's mail comes from */

static const struct policy policy = {.delay_sec = 300,
                                     .window_sec = 86400,
                                     .pass_sec = 36 * 86400,
                                     .auto_allow = 0,
                                     .touch_sec = 3600};
static struct store *store;
static int64_t worst_read_ns, worst_write_ns;

static int64_t nsec(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
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

static enum decision decide(uint64_t i, int64_t now)
{
    struct client_record client;
    struct record record;
    struct outcome out;
    struct triplet t;
    int64_t start, took;

    make(i, &t);
    start = nsec();
    if (store_read(store, t.identity, t.sender, t.recipient, &record,
                   &client) != 0)
        errx(1, "cannot read");
    if ((took = nsec() - start) > worst_read_ns)
        worst_read_ns = took;
    policy_decide(&policy, &record, &client, now, &out);
    if (!out.record_changed && !out.client_changed)
        return out.decision;
    start = nsec();
    if (store_write(store, t.identity, t.sender, t.recipient,
                    out.record_changed ? &out.record : NULL,
                    out.client_changed ? &out.client : NULL) != 0)
        errx(1, "cannot write");
    if ((took = nsec() - start) > worst_write_ns)
        worst_write_ns = took;
    return out.decision;
}

static void report(const char *what, uint64_t n, int64_t start)
{
    double sec = (double)(nsec() - start) / 1e9;

    printf("%-36s %9.0f decisions/s   worst read %6.2f ms, write %6.2f ms\n",
           what, (double)n / sec, (double)worst_read_ns / 1e6,
           (double)worst_write_ns / 1e6);
    fflush(stdout);
    worst_read_ns = worst_write_ns = 0;
}

/* n decisions on what i gives, all of them with the outcome expected. */
static void run(const char *what, uint64_t n, uint64_t (*pick)(uint64_t),
                int64_t now, enum decision expected)
{
    int64_t start = nsec();

    for (uint64_t i = 0; i < n; i++)
        if (decide(pick(i), now) != expected)
            errx(1, "%s: not the decision expected", what);
    report(what, n, start);
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

static void expire_all(int64_t now)
{
    struct store_expiry e = {0};
    int64_t start = nsec(), before, took, worst = 0;
    uint64_t steps = 0;
    int more;

    do {
        before = nsec();
        more = store_expire(store, &e, &policy, now, 1000);
        if ((took = nsec() - before) > worst)
            worst = took;
        steps++;
    } while (more > 0);
    printf("expiry: %llu steps, %.1f s, worst step %.2f ms, %llu kept\n",
           (unsigned long long)steps, (double)(nsec() - start) / 1e9,
           (double)worst / 1e6, (unsigned long long)e.kept[0]);
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
    expire_all(t0 + 400);
    expire_all(t0 + 50 * 86400);
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
