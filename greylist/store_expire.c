/*
 * Expiry of the store, a small step at a time, see store.h.
 *
 * A step ends after so many records, or when its time is over, whichever is
 * first; what it removes is one transaction that waits for no disk.  A pass
 * goes through the triplets, then the clients, then begins again.  It also
 * counts what is there, which Berkeley DB could not tell without going through
 * all of it.
 */
#include "greylist/store.h"

#include <time.h>

#define EXPIRE_NSEC 1000000 /* half of what store.h allows: then the commit */

struct expiring {
    struct store_expiry *e;
    const struct policy *p;
    int64_t now;
    int64_t until; /* monotonic nanoseconds */
};

static int64_t monotonic_nsec(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static unsigned judge(const struct store_entry *entry, void *arg)
{
    struct expiring *x = arg;
    struct store_expiry *e = x->e;
    unsigned wish = monotonic_nsec() >= x->until ? STORE_STOP : 0;

    e->seen[e->table]++;
    if (e->table == STORE_TRIPLETS
            ? !policy_expired(x->p, &entry->record, x->now)
            : !policy_client_expired(x->p, &entry->client, x->now))
        return wish;
    e->forgotten[e->table]++;
    return wish | STORE_FORGET;
}

/* Both tables were gone through. */
static void end_pass(struct store_expiry *e)
{
    for (int i = 0; i < 2; i++) {
        e->kept[i] = e->seen[i] - e->forgotten[i];
        e->seen[i] = e->forgotten[i] = 0;
    }
    e->table = STORE_TRIPLETS;
    e->passes++;
}

int store_expire(struct store *s, struct store_expiry *e,
                 const struct policy *p, int64_t now, unsigned max)
{
    struct expiring x = {e, p, now, monotonic_nsec() + EXPIRE_NSEC};

    switch (store_walk(s, e->table, &e->place, max, judge, &x)) {
    case -1:
        return -1;
    case 1:
        return 1;
    default:
        if (e->table == STORE_TRIPLETS) {
            e->table = STORE_CLIENTS;
            return 1;
        }
        end_pass(e);
        return 0;
    }
}
