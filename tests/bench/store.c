/*
 * Measures the greylist's store in process: whole decisions (read, policy,
 * write), transactional.
 *
 *   store [RECORDS [CACHE-MEGABYTES [FOLDER]]]     1000000, 64, .
 *
 * fills an empty store in FOLDER/bench-store.PID with so many strangers (a
 * read and a write each), comes back with some of them, then as regulars,
 * then expires all; prints decisions a second, octets a record, memory, the
 * longest time that one call took, and how many waited for a flush of the log.
 * The folder is removed at the end.
 *
 * Alone, each stranger is a transaction; of several in one turn of the loop, as
 * the daemon has them when it is busy, all together are one.
 *
 * On a machine that others use, a call takes long when it must wait for a
 * processor.  The kernel tells how long that was (/proc/thread-self/schedstat),
 * and it is taken off.
 */
#include "greylist/store.h"

#include <err.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define REGULARS       1000000 /* decisions */
#define BACK           1000000 /* triplets; they lie anywhere among the others */
#define EXPIRE_STEPS   4000
#define EXPIRE_RECORDS 500
#define SLOW_NS        5000000
#define BATCH          1000
#define TURN           16    /* decisions */
#define HOT            20000 /* triplets that a small site's mail comes from */

static const struct policy policy = {.delay_sec = 300,
                                     .window_sec = 86400,
                                     .pass_sec = 36 * 86400,
                                     .auto_allow = 0,
                                     .touch_sec = 3600};
static struct store *store;
static struct worst {
    int64_t ns;
    unsigned slow; /* calls of more than 5 ms */
} reads, writes;

static _Thread_local bool deciding;
static unsigned flushes; /* that a decision waited for */

int fdatasync(int fd)
{
    flushes += deciding;
    return (int)syscall(SYS_fdatasync, fd);
}

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

/* Time that this thread waited for a processor, so far. */
static int64_t delayed(void)
{
    static int fd = -1;
    long long ran, waited = 0;
    char text[128] = "";

    if (fd < 0)
        fd = open("/proc/thread-self/schedstat", O_RDONLY);
    if (fd < 0 || pread(fd, text, sizeof(text) - 1, 0) <= 0 ||
        sscanf(text, "%lld %lld", &ran, &waited) != 2)
        return 0;
    return waited;
}

static int64_t delayed_before; /* when it was last asked for */

/* What a call took from start to now, less the waits since then. */
static void note(struct worst *w, int64_t start)
{
    int64_t took = nsec() - start, now;

    if (took <= w->ns && took <= SLOW_NS)
        return;
    now = delayed();
    took -= now - delayed_before < took ? now - delayed_before : 0;
    delayed_before = now;
    if (took > w->ns)
        w->ns = took;
    w->slow += took > SLOW_NS;
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
    int64_t start = nsec();

    memset(&client, 0, sizeof(client));
    if (store_read(store, t->identity, t->sender, t->recipient, &record,
                   NULL) != 0 ||
        (policy_needs_client(&policy, &record, now) &&
         store_read(store, t->identity, NULL, NULL, NULL, &client) != 0))
        errx(1, "cannot read");
    note(&reads, start);
    policy_decide(&policy, &record, &client, now, &out);
    if (!out.record_changed && !out.client_changed)
        return out.decision;
    start = nsec();
    if (store_write(store, t->identity, t->sender, t->recipient,
                    out.record_changed ? &out.record : NULL,
                    out.client_changed ? &out.client : NULL) != 0)
        errx(1, "cannot write");
    note(&writes, start);
    return out.decision;
}

static void release(void)
{
    int64_t start = nsec();

    if (store_release(store) != 0)
        errx(1, "cannot write");
    note(&writes, start);
}

/* What is asked, how many in a turn, and when. */
struct questions {
    uint64_t (*pick)(uint64_t i);
    unsigned turn; /* 1: each for itself */
    int64_t now;
    enum decision expected;
};

/* Decisions on some triplets, made before the clocks run. */
static void run_batch(uint64_t from, const struct questions *q, int64_t took[2])
{
    static struct triplet t[BATCH];
    int64_t start, cpu;

    for (uint64_t i = 0; i < BATCH; i++)
        make(q->pick(from + i), &t[i]);
    delayed_before = delayed();
    start = nsec();
    cpu = clock_nsec(CLOCK_THREAD_CPUTIME_ID);
    for (uint64_t i = 0; i < BATCH; i++) {
        if (q->turn > 1)
            store_hold(store);
        if (decide(&t[i], q->now) != q->expected)
            errx(1, "not the decision expected");
        if ((i + 1) % q->turn == 0)
            release();
    }
    release();
    took[0] += nsec() - start;
    took[1] += clock_nsec(CLOCK_THREAD_CPUTIME_ID) - cpu;
}

/*
 * n decisions, all of them with the outcome expected.  The second rate is of
 * this thread's own processor time: what it would be on a machine that does
 * nothing else.
 */
static void run(const char *what, uint64_t n, struct questions q)
{
    int64_t took[2] = {0, 0};

    reads = writes = (struct worst){0};
    flushes = 0;
    for (uint64_t i = 0; i < n; i += BATCH)
        run_batch(i, &q, took);
    printf("%-30s %7.0f/s (processor: %7.0f/s)  worst read %6.2f ms, "
           "write %6.2f ms, %u over 5 ms, %u flushes\n",
           what, (double)n * 1e9 / (double)took[0],
           (double)n * 1e9 / (double)took[1], (double)reads.ns / 1e6,
           (double)writes.ns / 1e6, reads.slow + writes.slow, flushes);
    fflush(stdout);
}

static uint64_t records, back;

static uint64_t pick_next(uint64_t i)
{
    return i;
}

static uint64_t pick_new(uint64_t i)
{
    return records + i;
}

static uint64_t pick_newer(uint64_t i)
{
    return 2 * records + i;
}

static uint64_t pick_hot(uint64_t i)
{
    return mix(i) % HOT;
}

static uint64_t pick_any(uint64_t i)
{
    return mix(i) % back;
}

/* Steps with pauses four times as long between them, as a daemon makes. */
static void expire(const char *what, int64_t now)
{
    struct worst step = {0};
    struct store_expiry e = {0};
    uint64_t steps = 0, seen = 0, so_far;
    int64_t start, took, total = 0;
    int more;

    flushes = 0;
    do {
        struct timespec pause = {0, 0};

        so_far = e.seen[0] + e.seen[1];
        delayed_before = delayed();
        start = nsec();
        more = store_expire(store, &e, &policy, now, EXPIRE_RECORDS);
        note(&step, start);
        took = nsec() - start;
        total += took;
        if (more > 0)
            seen += e.seen[0] + e.seen[1] - so_far;
        steps++;
        pause.tv_nsec = took * 4 < 500000000 ? took * 4 : 500000000;
        nanosleep(&pause, NULL);
    } while (more > 0 && steps < EXPIRE_STEPS);
    printf("expiry, %-22s %7.0f records/s, worst step %.2f ms, %u of %llu "
           "steps over 5 ms, %u flushes\n",
           what, (double)seen * 1e9 / (double)total, (double)step.ns / 1e6,
           step.slow, (unsigned long long)steps, flushes);
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

    run("strangers, into an empty store", records,
        (struct questions){pick_next, 1, t0, DECISION_NEW});
    print_size(records);
    run("strangers, at that size", some,
        (struct questions){pick_new, 1, t0, DECISION_NEW});
    run("strangers, 16 in a turn", some,
        (struct questions){pick_newer, TURN, t0, DECISION_NEW});
    run(back == records ? "all come back" : "a million come back", back,
        (struct questions){pick_next, 1, t0 + 300, DECISION_RETURNED});
    run("regulars, of 20000 triplets", REGULARS,
        (struct questions){pick_hot, 1, t0 + 400, DECISION_KNOWN});
    run("regulars, of all of those", REGULARS,
        (struct questions){pick_any, 1, t0 + 400, DECISION_KNOWN});
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
    back = records < BACK ? records : BACK;
    deciding = true;
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
