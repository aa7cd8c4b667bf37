/*
 * When a recipient is tried again, and when it is given up (RFC 5321
 * §4.5.4.1).  Pure: history, outcome, now and chance in, a decision out.
 */
#ifndef TARRY_SCHEDULE_H
#define TARRY_SCHEDULE_H

#include "queue/job.h"

/* A wait that a reply names is believed between these. */
#define SCHEDULE_WAIT_MIN 10
#define SCHEDULE_WAIT_MAX (24 * 3600)
/* So often it also makes us come earlier than the list would. */
#define SCHEDULE_WAIT_TRUST 6

struct schedule_policy {
    const unsigned *retry_sec; /* at least one; then the last again */
    size_t nretry;
    unsigned lifetime_sec, lifetime_null_sec;
    unsigned warn_sec; /* 0: never */
};

struct schedule_history {
    int64_t queued;
    unsigned attempts; /* made, this one included */
    bool null_sender;
    bool warned;
};

enum schedule_verdict {
    SCHEDULE_DONE,   /* delivered */
    SCHEDULE_BOUNCE, /* refused for good */
    SCHEDULE_EXPIRE, /* deferred once too often */
    SCHEDULE_RETRY   /* at the time given */
};

/*
 * After an attempt.  wait_sec is what the reply names, 0 for nothing.  Only
 * OUTCOME_REFUSED bounces: a recipient that was deferred is tried until its
 * lifetime is over, and the last time when it is just over.
 */
enum schedule_verdict schedule_after(const struct schedule_policy *p,
                                     const struct schedule_history *h,
                                     enum job_outcome outcome,
                                     unsigned wait_sec, int64_t now,
                                     uint32_t random, int64_t *at);

/* The wait after that many attempts, 10 % about what the list says. */
unsigned schedule_delay(const struct schedule_policy *p, unsigned attempts,
                        uint32_t random);

int64_t schedule_expires(const struct schedule_policy *p,
                         const struct schedule_history *h);
/* When the sender is to be told of the delay; INT64_MAX for never. */
int64_t schedule_warns(const struct schedule_policy *p,
                       const struct schedule_history *h);

#endif
