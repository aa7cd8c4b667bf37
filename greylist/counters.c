/*
 * Counters in rings of buckets, see counters.h: 61 minutes, and 721 hours.
 *
 * A bucket belongs to the span of time whose number it carries; when a later
 * span needs its place, it is emptied.  Waiting times are kept in bins, sixteen
 * for each doubling, so that a percentile is read off within 4 % without
 * keeping the times.
 */
#include "greylist/counters.h"

#include "lib/log.h"

#include <stdlib.h>
#include <string.h>

#define MINUTES 61
#define HOURS   721
#define FINE    16         /* bins for a doubling */
#define WAITS   (1u << 20) /* longer ones count as this: twelve days */
#define BINS    (FINE + 16 * FINE + 1)

struct bucket {
    int64_t span; /* its time / sec of the ring */
    uint32_t attempts, refused, first_seen, came_back;
    uint32_t waited[BINS];
};

struct ring {
    int64_t sec;
    unsigned n;
    struct bucket *buckets;
};

struct counters {
    struct ring minutes, hours;
};

struct counters *counters_new(void)
{
    struct counters *c = xcalloc(1, sizeof(*c));

    c->minutes = (struct ring){60, MINUTES, NULL};
    c->hours = (struct ring){3600, HOURS, NULL};
    c->minutes.buckets = xcalloc(MINUTES, sizeof(struct bucket));
    c->hours.buckets = xcalloc(HOURS, sizeof(struct bucket));
    return c;
}

void counters_free(struct counters *c)
{
    if (c == NULL)
        return;
    free(c->minutes.buckets);
    free(c->hours.buckets);
    free(c);
}

/*
 * Below 16 a bin for each second; from there on the leading five bits of the
 * time and how many follow them.
 */
static unsigned bin_of(uint32_t sec)
{
    unsigned shift = 0;

    if (sec > WAITS)
        sec = WAITS;
    while (sec >> shift >= 2 * FINE)
        shift++;
    return shift * FINE + (sec >> shift);
}

/* The middle of a bin. */
static uint32_t bin_sec(unsigned bin)
{
    unsigned shift = bin < 2 * FINE ? 0 : bin / FINE - 1;
    uint32_t low = (bin - shift * FINE) << shift;

    return low + ((1u << shift) - 1) / 2;
}

/* The bucket of a time, emptied if it was an older one's; NULL: too old. */
static struct bucket *bucket_at(struct ring *r, int64_t time)
{
    int64_t span = time / r->sec;
    struct bucket *b;

    if (time < 0)
        return NULL;
    b = &r->buckets[span % r->n];
    if (b->span > span)
        return NULL;
    if (b->span < span)
        *b = (struct bucket){.span = span};
    return b;
}

static void add(struct ring *r, const struct attempt *a)
{
    struct bucket *b = bucket_at(r, a->time);

    if (b != NULL) {
        b->attempts++;
        b->refused += !a->passed;
        b->first_seen += a->decision == DECISION_NEW;
    }
    /* Or its client became free while it waited. */
    if (a->decision != DECISION_RETURNED && a->waited_sec == 0)
        return;
    b = bucket_at(r, a->time - a->waited_sec);
    if (b != NULL) {
        b->came_back++;
        b->waited[bin_of(a->waited_sec)]++;
    }
}

void counters_add(struct counters *c, const struct attempt *a)
{
    add(&c->minutes, a);
    add(&c->hours, a);
}

static void sum_bucket(const struct bucket *b, bool waits,
                       struct counters_sum *out, uint64_t waited[BINS])
{
    uint64_t missing = b->first_seen > b->came_back
                           ? (uint64_t)b->first_seen - b->came_back
                           : 0;

    out->attempts += b->attempts;
    out->refused += b->refused;
    out->first_seen += b->first_seen;
    out->came_back += b->came_back;
    if (waits)
        out->waiting += missing;
    else
        out->never_came_back += missing;
    for (unsigned i = 0; i < BINS; i++)
        waited[i] += b->waited[i];
}

/* The wait that so many of a hundred did not exceed. */
static uint32_t percentile(const uint64_t waited[BINS], uint64_t n,
                           unsigned percent)
{
    uint64_t wanted = (n * percent + 99) / 100, passed = 0;

    for (unsigned i = 0; i < BINS && n > 0; i++)
        if ((passed += waited[i]) >= wanted)
            return bin_sec(i);
    return 0;
}

void counters_sum(const struct counters *c, enum counters_span span,
                  int64_t now, uint32_t window_sec, struct counters_sum *out)
{
    static const unsigned spans[] = {MINUTES, 25, HOURS};
    const struct ring *r = span == LAST_HOUR ? &c->minutes : &c->hours;
    uint64_t waited[BINS] = {0};
    int64_t last = now / r->sec;

    memset(out, 0, sizeof(*out));
    for (unsigned i = 0; i < r->n; i++) {
        const struct bucket *b = &r->buckets[i];

        if (b->span > last - spans[span] && b->span <= last)
            sum_bucket(b, (b->span + 1) * r->sec + window_sec > now, out,
                       waited);
    }
    out->median_wait_sec = percentile(waited, out->came_back, 50);
    out->p95_wait_sec = percentile(waited, out->came_back, 95);
}
