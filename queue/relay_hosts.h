/*
 * Which address of a job is tried, and what is told when none was good
 * (RFC 5321 §5.1).  Pure.
 *
 * The addresses are tried in their order, from job->first; those in front of
 * it come last.  Behind one where we ourselves are, none is tried.  Of the
 * hosts that answered MAIL and then were lost, there are RELAY_HOSTS_SPOKEN at
 * most: it may be the message that they do not bear.
 */
#ifndef TARRY_QUEUE_RELAY_HOSTS_H
#define TARRY_QUEUE_RELAY_HOSTS_H

#include "queue/job.h"

#define RELAY_HOSTS_SPOKEN 2

struct relay_hosts {
    const struct job *job;
    unsigned address; /* the index being tried */
    unsigned end;     /* none from here on */
    bool wrapped;     /* it is one in front of job->first */
    unsigned spoken;
    bool failed;            /* best is set: */
    struct job_result best; /* what gives most hope */
};

void relay_hosts_begin(struct relay_hosts *h, const struct job *job);
/* The address failed: goes to the next, or false when there is none. */
bool relay_hosts_next(struct relay_hosts *h, const struct job_result *failure,
                      bool ourselves);

#endif
