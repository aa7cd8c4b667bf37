/*
 * Jobs of queue, one at a time: the addresses of each in order, the session
 * kept for the next, the outcome of each recipient told.
 */
#ifndef TARRY_QUEUE_RELAY_JOBS_H
#define TARRY_QUEUE_RELAY_JOBS_H

#include <stdbool.h>

struct event_base;

/* queue at the other end of fd. done() once, when there is nothing left. */
void relay_jobs_start(struct event_base *base, int fd, void (*done)(void *arg),
                      void *arg);

/* Finishes the job under way, then takes no more. */
void relay_jobs_stop(void);

#endif
