/* What the two files of the faster clock share, see clock.c. */
#ifndef TARRY_TESTS_SENDERS_CLOCK_H
#define TARRY_TESTS_SENDERS_CLOCK_H

#include <stdbool.h>
#include <sys/time.h>
#include <time.h>

#define SECOND 1000000000LL

extern long long fast_speed;

/* When the clock began to be faster; false: a clock of the processor. */
bool fast_epoch(clockid_t clock, long long *epoch);
/* The real moment of one by the faster clock, both in nanoseconds. */
long long fast_slow_down(long long ns, long long epoch);

/* How long to wait in truth, if it is to be so long by the faster clock. */
long long fast_wait(long long ns);

static inline long long from_spec(const struct timespec *t)
{
    return t->tv_sec * SECOND + t->tv_nsec;
}

static inline long long from_val(const struct timeval *t)
{
    return t->tv_sec * SECOND + t->tv_usec * 1000LL;
}

static inline struct timespec to_spec(long long ns)
{
    return (struct timespec){.tv_sec = ns / SECOND, .tv_nsec = ns % SECOND};
}

static inline struct timeval to_val(long long ns)
{
    return (struct timeval){.tv_sec = ns / SECOND,
                            .tv_usec = ns % SECOND / 1000};
}

#endif
