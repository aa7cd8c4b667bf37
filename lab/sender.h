/*
 * The sender of one message, as a pure function of its profile: how the last
 * attempt ended and the time go in, the next attempt or the end comes out.
 * It knows no socket and no clock; chance comes from a seed, so that the same
 * seed and the same replies give the same attempts.
 *
 *   sender_begin(&s, profile, mxs, seed, now, &a)
 *   for each attempt a, at a.at:
 *       at each step: the reply's code (0: the connection was lost)
 *       while sender_goes_on(profile, step, code), the next step
 *       sender_after(&s, step, code, now, &a) != SENDER_RETRY ends it
 *
 * Times are seconds, of any epoch.
 */
#ifndef TARRY_SENDER_H
#define TARRY_SENDER_H

#include "lab/profile.h"

enum sender_next {
    SENDER_RETRY,   /* as the attempt says */
    SENDER_DONE,    /* believes it delivered, or has its answer (a probe) */
    SENDER_BOUNCED, /* gave up, and tells who wrote it */
    SENDER_SILENT   /* gave up, or believes wrongly; nobody is told */
};

/* Why it gave up. */
enum sender_why {
    WHY_REPLY,    /* the last reply (or loss): its profile says so */
    WHY_TIMES,    /* no more times in its list, or attempts allowed */
    WHY_LIFETIME, /* the next attempt would come too late */
    WHY_NOTHING   /* it did not */
};

struct sender_attempt {
    int64_t at;
    unsigned number;  /* 1, 2, ... */
    unsigned address; /* 0 to profile->addresses - 1 */
    unsigned mx;      /* 0 (the best) to mxs - 1 */
    unsigned sender;  /* which sender address: 0, or a new one each time */
};

struct sender {
    const struct profile *profile;
    unsigned mxs;
    uint64_t random; /* the state of chance */
    int64_t began;
    unsigned rounds;    /* waits so far */
    unsigned at_once;   /* retries without wait since the last wait */
    unsigned named_sec; /* the wait that the last reply named, or 0 */
    unsigned mx_tried;  /* since the last wait (MX_ALL) */
    uint64_t wait_sec;  /* the last wait, before jitter (GROWTH_TIMES) */
    struct sender_attempt last;
    enum sender_why why;
};

/* The profile must outlive the sender. mxs >= 1. */
void sender_begin(struct sender *s, const struct profile *p, unsigned mxs,
                  uint64_t seed, int64_t now, struct sender_attempt *first);

/* In the session: whether it goes on to the step after this one. */
bool sender_goes_on(const struct profile *p, enum step step, unsigned code);

/* What it says to come to that step; "" for the connection. */
void sender_command(enum step step, const char *helo, const char *from,
                    const char *to, char *out, size_t size);

/*
 * The attempt ended at that step with that code; wait_sec is what the text of
 * a 4xx names (lab/queueing.h), 0 for nothing.  now is when it ended, not
 * before the attempt's time; waits count from the attempt's time, but with
 * "schedule tarry" from its end, as the queue counts them.
 */
enum sender_next sender_after(struct sender *s, enum step step, unsigned code,
                              unsigned wait_sec, int64_t now,
                              struct sender_attempt *next);

/* A next number from a state, evenly spread over 64 bits. */
uint64_t sender_random(uint64_t *state);

#endif
