/*
 * Questions of the house, each joined to its address and to its DNS questions.
 *
 * A question lives from the first id that asks for an address until its last
 * DNS question has ended.  It has been told (to all who waited) when the
 * verdict is there or when its time is over, whichever comes first; who asks
 * after that gets the cache's answer, or the same one if the cache has lost
 * it.  DNS questions cannot be taken back, so a question may outlive its
 * answer, and counts against NAMES_MAX until it ends.
 */
#include "resolver/names.h"
#include "lib/log.h"
#include "lib/stats.h"
#include "resolver/dns.h"
#include "resolver/fcrdns.h"
#include "resolver/name_cache.h"
#include "resolver/odd.h"

#include <arpa/nameser.h>
#include <assert.h>
#include <event2/event.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <sys/random.h>
#include <sysexits.h>
#include <time.h>

#define BUCKETS 256

struct waiter {
    STAILQ_ENTRY(waiter) link;
    uint64_t id;
};

struct question {
    LIST_ENTRY(question) link;
    struct names *names;
    struct fcrdns f;
    struct event *bound;
    bool told, busy;
    unsigned under_way; /* DNS questions */
    STAILQ_HEAD(waiters, waiter) waiters;
    struct asked {
        struct question *question;
        size_t index;
    } asked[FCRDNS_NAMES];
};

struct names {
    struct event_base *base;
    struct dns *dns;
    names_answer *answer;
    void *arg;
    unsigned timeout_sec;
    uint64_t key;
    struct name_cache *cache;
    size_t nquestions, nwaiters;
    struct odd odd;
    LIST_HEAD(bucket, question) buckets[BUCKETS];
};

static uint64_t now_sec(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec;
}

struct names *names_new(struct event_base *base, struct dns *dns,
                        names_answer *answer, void *arg)
{
    struct names *n = xcalloc(1, sizeof(*n));

    if (getentropy(&n->key, sizeof(n->key)) != 0)
        fatal(EX_OSERR, "no random number");
    n->base = base;
    n->dns = dns;
    n->answer = answer;
    n->arg = arg;
    n->timeout_sec = 2;
    n->cache = name_cache_new(NAMES_CACHED, n->key);
    return n;
}

void names_set_timeout(struct names *n, unsigned sec)
{
    n->timeout_sec = sec;
}

size_t names_waiting(const struct names *n)
{
    return n->nwaiters;
}

static void tell(struct names *n, uint64_t id, const struct fcrdns_verdict *v)
{
    if (v->named == NAMED_VERIFIED)
        stats_add(STAT_VERIFIED, 1);
    n->answer(id, v->named, v->name, n->arg);
}

/* Takes the waiters off, each with an answer; v NULL: without one. */
static void release(struct question *q, const struct fcrdns_verdict *v)
{
    struct waiter *w;

    while ((w = STAILQ_FIRST(&q->waiters)) != NULL) {
        STAILQ_REMOVE_HEAD(&q->waiters, link);
        q->names->nwaiters--;
        if (v != NULL)
            tell(q->names, w->id, v);
        free(w);
    }
}

/* The verdict as it is now, to the cache and to those who wait. */
static void settle(struct question *q)
{
    struct fcrdns_verdict v = fcrdns_verdict(&q->f);

    name_cache_put(q->names->cache, &q->f.client, v.named, v.name, now_sec(),
                   v.ttl_sec);
    event_del(q->bound);
    q->told = true;
    release(q, &v);
}

static void on_bound(evutil_socket_t fd, short what, void *arg)
{
    struct question *q = arg;

    (void)fd, (void)what;
    if (fcrdns_verdict(&q->f).named == NAMED_UNKNOWN)
        for (struct waiter *w = STAILQ_FIRST(&q->waiters); w != NULL;
             w = STAILQ_NEXT(w, link))
            stats_add(STAT_TIMEOUTS, 1);
    settle(q);
}

static void question_free(struct question *q)
{
    LIST_REMOVE(q, link);
    q->names->nquestions--;
    event_free(q->bound);
    free(q);
}

static void on_names(const struct answer *a, void *arg);
static void on_addresses(const struct answer *a, void *arg);

/* Asks what is next until something must be waited for; may free q. */
static void advance(struct question *q)
{
    struct fcrdns_question ask;
    enum fcrdns_next next;
    unsigned type = q->f.client.family == 4 ? ns_t_a : ns_t_aaaa;

    if (q->busy) /* an answer came at once: the loop below goes on with it */
        return;
    q->busy = true;
    while ((next = fcrdns_next(&q->f, &ask)) < FCRDNS_WAIT) {
        q->under_way++;
        if (next == FCRDNS_ASK_PTR)
            dns_ask(q->names->dns, ask.name, ns_t_ptr, on_names, q);
        else
            dns_ask(q->names->dns, ask.name, type, on_addresses,
                    &q->asked[ask.index]);
    }
    q->busy = false;
    if (next == FCRDNS_DONE)
        settle(q);
    if (q->under_way == 0)
        question_free(q);
}

static void on_names(const struct answer *a, void *arg)
{
    struct question *q = arg;
    char name[ANSWER_NAME];

    q->under_way--;
    for (size_t i = 0; i < a->n; i++)
        if (answer_name(a, &a->records[i], 0, name))
            fcrdns_name(&q->f, name);
    fcrdns_names_end(&q->f, a->status, a->ttl_sec);
    if (a->malformed)
        odd_log(&q->names->odd, &q->f.client, now_sec(), "malformed");
    else if (q->f.odd > 0)
        odd_log(&q->names->odd, &q->f.client, now_sec(),
                "a name that no host can have");
    advance(q);
}

static void on_addresses(const struct answer *a, void *arg)
{
    const struct asked *asked = arg;
    struct question *q = asked->question;
    struct netaddr found = {.family = q->f.client.family};
    size_t len = found.family == 4 ? 4 : 16;

    q->under_way--;
    for (size_t i = 0; i < a->n; i++) {
        if (a->records[i].len != len)
            continue;
        memcpy(found.octets, a->records[i].data, len);
        fcrdns_address(&q->f, asked->index, &found);
    }
    fcrdns_addresses_end(&q->f, asked->index, a->status, a->ttl_sec);
    if (a->malformed)
        odd_log(&q->names->odd, &q->f.client, now_sec(), "malformed");
    advance(q);
}

static struct bucket *bucket_of(struct names *n, const struct netaddr *a)
{
    return &n->buckets[netaddr_hash(a, n->key) % BUCKETS];
}

static struct question *find(struct names *n, const struct netaddr *client)
{
    struct question *q = LIST_FIRST(bucket_of(n, client));

    while (q != NULL && !netaddr_equal(&q->f.client, client))
        q = LIST_NEXT(q, link);
    return q;
}

static struct question *question_new(struct names *n, const struct netaddr *a)
{
    struct question *q = xcalloc(1, sizeof(*q));
    struct timeval tv = {.tv_sec = n->timeout_sec};

    q->names = n;
    fcrdns_init(&q->f, a);
    STAILQ_INIT(&q->waiters);
    for (size_t i = 0; i < FCRDNS_NAMES; i++)
        q->asked[i] = (struct asked){q, i};
    q->bound = evtimer_new(n->base, on_bound, q);
    if (q->bound == NULL || event_add(q->bound, &tv) != 0)
        fatal(EX_OSERR, "no timer");
    LIST_INSERT_HEAD(bucket_of(n, a), q, link);
    n->nquestions++;
    return q;
}

static void wait_for(struct question *q, uint64_t id)
{
    struct waiter *w = xcalloc(1, sizeof(*w));

    w->id = id;
    STAILQ_INSERT_TAIL(&q->waiters, w, link);
    q->names->nwaiters++;
}

void names_ask(struct names *n, const struct netaddr *client, uint64_t id)
{
    char name[ADDRESS_DOMAIN + 1] = "";
    struct fcrdns_verdict v = {NAMED_UNKNOWN, name, 0};
    struct question *q;

    stats_add(STAT_QUESTIONS, 1);
    if (name_cache_get(n->cache, client, now_sec(), &v.named, name)) {
        stats_add(STAT_CACHED, 1);
        tell(n, id, &v);
        return;
    }
    q = find(n, client);
    if (q != NULL && q->told) {
        v = fcrdns_verdict(&q->f);
        tell(n, id, &v);
    } else if (n->nwaiters == NAMES_WAITERS ||
               (q == NULL && n->nquestions == NAMES_MAX)) {
        tell(n, id, &v);
    } else if (q != NULL) {
        wait_for(q, id);
    } else {
        q = question_new(n, client);
        wait_for(q, id);
        advance(q);
    }
}

void names_forget(struct names *n)
{
    struct question *q;

    for (size_t i = 0; i < BUCKETS; i++)
        for (q = LIST_FIRST(&n->buckets[i]); q != NULL; q = LIST_NEXT(q, link))
            release(q, NULL);
}
