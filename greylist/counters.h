/*
 * What greylisting did in the last hour, day and month, from attempts as they
 * happen, or as the history tells of them after a start.  Pure.
 *
 * Triplets are counted where they were first seen: one that was first seen
 * within the hour and came back since is one that came back, of those of the
 * last hour. So "never came back" is known once the retry window is over, and
 * until then a triplet is waiting.
 */
#ifndef TARRY_COUNTERS_H
#define TARRY_COUNTERS_H

#include "greylist/history.h"

enum counters_span { LAST_HOUR, LAST_DAY, LAST_MONTH, COUNTERS_SPANS };

struct counters;

struct counters *counters_new(void);    /* about 0.9M of memory */
void counters_free(struct counters *c); /* NULL is fine */

/* In any order; what is older than a month changes nothing. */
void counters_add(struct counters *c, const struct attempt *a);

struct counters_sum {
    uint64_t attempts, refused; /* of all kinds */
    uint64_t first_seen;        /* triplets */
    uint64_t came_back;         /* of them */
    uint64_t waiting;           /* of them: may still */
    uint64_t never_came_back;
    uint32_t median_wait_sec; /* of those that came back; within 4 % */
    uint32_t p95_wait_sec;
};

/*
 * An hour is the last 60 full minutes and the one that runs; a day 24 hours, a
 * month 30 days, in hours likewise.  window_sec: the policy's.
 */
void counters_sum(const struct counters *c, enum counters_span span,
                  int64_t now, uint32_t window_sec, struct counters_sum *out);

#endif
