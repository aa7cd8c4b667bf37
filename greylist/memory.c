/*
 * What the greylist remembers, see memory.h.
 *
 * A timer does what takes long in steps of about two milliseconds: at first it
 * counts the history, then it forgets what is too old, pass after pass.  The
 * attempts that come while the history is counted are found at its end, and
 * counted as they come afterwards.
 */
#include "greylist/memory.h"

#include "lib/log.h"

#include <event2/event.h>
#include <stdio.h>
#include <stdlib.h>
#include <sysexits.h>
#include <time.h>

#define HISTORY_DAYS   90
#define OPEN_AGAIN_SEC 5
#define FAILING_SEC    10
#define PASS_SEC       600 /* between one pass and the next */
#define EXPIRE_USEC    50000
#define EXPIRE_RECORDS 5000
#define COUNT_USEC     1000
#define COUNT_ATTEMPTS 5000
#define MONTH_SEC      (31 * 86400)

struct memory {
    const char *directory;
    uint64_t cache_octets;
    unsigned attempts;
    struct policy policy;
    bool has_policy;
    struct store *store;
    struct history *history;
    struct counters *counters;
    struct history_place counted_to;
    bool counted;
    struct store_expiry expiry;
    struct event *timer;
};

static void wake_after(struct memory *m, long sec, long usec)
{
    struct timeval after = {.tv_sec = sec, .tv_usec = usec};

    event_add(m->timer, &after);
}

static void open_all(struct memory *m)
{
    char err[512] = "", path[4096];

    if (m->store == NULL) {
        snprintf(path, sizeof(path), "%s/store", m->directory);
        m->store = store_open(path, m->cache_octets, err, sizeof(err));
        if (m->store == NULL)
            log_error("no store, so all mail passes: %s", err);
    }
    if (m->history == NULL) {
        snprintf(path, sizeof(path), "%s/history", m->directory);
        m->history =
            history_open(path, m->attempts, HISTORY_DAYS, err, sizeof(err));
        if (m->history == NULL)
            log_error("no history of attempts: %s", err);
    }
}

static bool count_one(const struct attempt *a, void *arg)
{
    counters_add(arg, a);
    return true;
}

static void count_some(struct memory *m)
{
    m->counted =
        history_walk(m->history, &m->counted_to, time(NULL) - MONTH_SEC,
                     COUNT_ATTEMPTS, count_one, m->counters) != 1;
    wake_after(m, 0, COUNT_USEC);
}

static void forget_some(struct memory *m)
{
    switch (store_expire(m->store, &m->expiry, &m->policy, time(NULL),
                         EXPIRE_RECORDS)) {
    case 1:
        wake_after(m, 0, EXPIRE_USEC);
        break;
    case 0:
        if (m->history != NULL)
            history_trim(m->history, time(NULL));
        wake_after(m, PASS_SEC, 0);
        break;
    default:
        wake_after(m, FAILING_SEC, 0);
    }
}

static void on_timer(evutil_socket_t fd, short what, void *arg)
{
    struct memory *m = arg;

    (void)fd, (void)what;
    open_all(m);
    if (m->history != NULL && !m->counted)
        count_some(m);
    else if (m->store != NULL && m->has_policy)
        forget_some(m);
    else
        wake_after(m, OPEN_AGAIN_SEC, 0);
}

struct memory *memory_new(struct event_base *base, const char *directory,
                          uint64_t cache_octets, unsigned attempts)
{
    struct memory *m = xcalloc(1, sizeof(*m));

    m->directory = directory;
    m->cache_octets = cache_octets;
    m->attempts = attempts;
    m->counters = counters_new();
    m->timer = evtimer_new(base, on_timer, m);
    if (m->timer == NULL)
        fatal(EX_OSERR, "no timer");
    open_all(m);
    wake_after(m, 0, COUNT_USEC);
    return m;
}

void memory_free(struct memory *m)
{
    if (m == NULL)
        return;
    event_free(m->timer);
    store_close(m->store);
    history_close(m->history);
    counters_free(m->counters);
    free(m);
}

void memory_policy(struct memory *m, const struct policy *p)
{
    m->policy = *p;
    m->has_policy = true;
}

struct store *memory_store(struct memory *m)
{
    return m->store;
}

struct history *memory_history(struct memory *m)
{
    return m->history;
}

void memory_add(struct memory *m, const struct attempt *a, size_t n)
{
    if (m->history != NULL)
        (void)history_add(m->history, a, n);
    for (size_t i = 0; i < n && m->counted; i++)
        counters_add(m->counters, &a[i]);
}

const struct counters *memory_counters(const struct memory *m)
{
    return m->counted ? m->counters : NULL;
}

const struct store_expiry *memory_expiry(const struct memory *m)
{
    return &m->expiry;
}
